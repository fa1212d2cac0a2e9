"""FOCUS columns: rows that add up to the plan, with the names of the specification."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from smsplan import InputError, Rate, RateCard, plan

PERIOD = {"begin": datetime(2026, 12, 1, tzinfo=UTC), "end": datetime(2027, 1, 1, tzinfo=UTC)}


def test_rows_add_up() -> None:
    """By currency, the rows are the cost of the plan: messages, tiers and fees."""
    card = RateCard([
        Rate(country="GB", price=Decimal("0.04"), currency="GBP"),
        Rate(country="GB", price=Decimal("0.03"), currency="GBP", tier_from=3),
        Rate(country="GB", kind="fixed", price=Decimal(5), currency="GBP"),
        Rate(country="US", price=Decimal("0.008"), currency="USD"),
        Rate(country="US", mccmnc="310410", kind="surcharge", price=Decimal("0.001"),
             currency="USD"),
        Rate(country="US", mccmnc="310260", kind="surcharge", price=Decimal("0.002"),
             currency="USD"),
        Rate(country="US", mccmnc="311480", kind="surcharge", price=Decimal("0.002"),
             currency="USD"),
    ], mixed_currencies=True)  # fmt: skip
    people = ["+447700900123", "+447700900124", "+12025550123", "+33612345678"]
    made = plan(people, "a" * 161, rates=card)
    rows = made.focus(provider="ours", **PERIOD).to_pylist()
    for currency in ("GBP", "USD"):
        mine = [row for row in rows if row["BillingCurrency"] == currency]
        assert sum(row["x_CostLow"] for row in mine) == made.cost.low[currency]
        assert sum(row["x_CostHigh"] for row in mine) == made.cost.high[currency]
        billed = Fraction(sum(row["BilledCost"] for row in mine))
        assert abs(billed - made.cost.expected[currency]) < Fraction(1, 10**17)
    assert [row["ChargeCategory"] for row in rows] == ["Usage", "Usage", "Adjustment", "Purchase"]
    usage = [row for row in rows if row["ChargeCategory"] == "Usage"]
    assert sum(row["ConsumedQuantity"] for row in usage) == made.parts - 2
    assert {row["ConsumedUnit"] for row in usage} == {"Parts"}
    with pytest.raises(InputError, match="begin lies behind end"):
        made.focus(provider="ours", begin=PERIOD["end"], end=PERIOD["begin"])
    with pytest.raises(InputError, match="give a time with its zone"):
        made.focus(provider="ours", begin=datetime(2026, 1, 1), end=PERIOD["end"])
