"""A plan's cost in the columns of FOCUS 1.0, for the tools that add up everything one pays for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from smsplan.errors import InputError
from smsplan.ratecards import Cost
from smsplan.ratecards.costs import rounded

if TYPE_CHECKING:
    from smsplan.insight.summary import Summary

_DECIMALS = 18
_MONEY = pa.decimal128(38, _DECIMALS)
_TIME = pa.timestamp("s", tz="UTC")
SCHEMA = pa.schema(
    [
        ("BilledCost", _MONEY),
        ("EffectiveCost", _MONEY),
        ("ListCost", _MONEY),
        ("BillingCurrency", pa.string()),
        ("BillingPeriodStart", _TIME),
        ("BillingPeriodEnd", _TIME),
        ("ChargePeriodStart", _TIME),
        ("ChargePeriodEnd", _TIME),
        ("ChargeCategory", pa.string()),
        ("ChargeDescription", pa.string()),
        ("ConsumedQuantity", pa.int64()),
        ("ConsumedUnit", pa.string()),
        ("ProviderName", pa.string()),
        ("PublisherName", pa.string()),
        ("InvoiceIssuerName", pa.string()),
        ("ServiceCategory", pa.string()),
        ("ServiceName", pa.string()),
        ("x_CostLow", _MONEY),
        ("x_CostHigh", _MONEY),
        ("x_Messages", pa.int64()),
    ]
)


def focus(summary: Summary, *, provider: str, begin: datetime, end: datetime) -> pa.Table:
    """Return the cost of a plan: see :meth:`smsplan.planner.Plan.focus`."""
    for name, at in (("begin", begin), ("end", end)):
        if not isinstance(at, datetime) or at.tzinfo is None:
            raise InputError(f"{name}: give a time with its zone, such as 2026-12-01T00:00:00Z")
    if begin >= end:
        raise InputError("begin lies behind end; change one of them")
    common = {
        **dict.fromkeys(("BillingPeriodStart", "ChargePeriodStart"), begin.astimezone(UTC)),
        **dict.fromkeys(("BillingPeriodEnd", "ChargePeriodEnd"), end.astimezone(UTC)),
        **dict.fromkeys(("ProviderName", "PublisherName", "InvoiceIssuerName"), provider),
        "ServiceCategory": "Other",
        "ServiceName": "SMS",
    }
    rows: list[dict[str, Any]] = []
    for price in summary.prices:
        what = {
            "ChargeCategory": "Usage",
            "ChargeDescription": f"SMS parts to {price.place}",
            "ConsumedQuantity": price.count.parts,
            "ConsumedUnit": "Parts",
            "x_Messages": price.count.messages,
        }
        rows += [{**common, **what, **amounts} for amounts in _amounts(price.count.cost)]
    for line in summary.lines:
        fee = line.text.startswith("fixed fee")
        what = {
            "ChargeCategory": "Purchase" if fee else "Adjustment",
            "ChargeDescription": line.text,
        }
        rows += [{**common, **what, **amounts} for amounts in _amounts(line.cost)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _amounts(cost: Cost) -> list[dict[str, Any]]:
    out = []
    for currency in cost.high:
        expected = rounded(cost.expected[currency], _DECIMALS)
        out.append(
            {
                **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost"), expected),
                "BillingCurrency": currency,
                "x_CostLow": cost.low[currency],
                "x_CostHigh": cost.high[currency],
            }
        )
    return out
