"""One row of a rate card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from smsplan.errors import InputError
from smsplan.ratecards.costs import EXACT

# ISO 3166-1 alpha-2, and the three that have numbers of their own without being in it: AC, TA, XK.
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW AC TA XK"
)
COUNTRIES = frozenset(_CODES.split())
OTHER_NAMES = {"UK": "GB", "EL": "GR"}

KINDS = ("base", "surcharge", "reject", "failed", "fixed")
PERS = ("part", "message")
CHARGED = ("submitted", "delivered")

COLUMNS = (
    "country",
    "prefix",
    "mccmnc",
    "operator",
    "sender_type",
    "kind",
    "per",
    "charge_on",
    "price",
    "currency",
    "tier_from",
    "valid_from",
    "valid_to",
    "source",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One row of a card. An empty key matches every number.

    ``price`` in ``currency`` (ISO 4217) for one part, or for a whole message (``per``). ``mccmnc``
    is the operator (ITU-T E.212, zeros kept); ``operator`` is its name, which counts where there is
    no code. ``kind``: a ``base`` price; a ``surcharge`` on it; a
    ``reject``, which says that no message can be sent (its price counts for nothing); what
    ``failed`` messages cost; a ``fixed`` fee, once a bill. ``charge_on``: ``submitted`` or
    ``delivered``, where a card prices both. ``tier_from``: the parts (messages) of a month after
    which the price holds. ``line`` is where it stands in its file; two rates that differ in it
    alone are equal.

    >>> Rate(country="GB", price=Decimal("0.034"), currency="GBP").cost(3)
    Decimal('0.102')
    """

    country: str = ""
    prefix: str = ""
    mccmnc: str = ""
    operator: str = ""
    sender_type: str = ""
    kind: str = "base"
    per: str = "part"
    charge_on: str = ""
    price: Decimal
    currency: str
    tier_from: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    line: int | None = field(default=None, compare=False)

    @property
    def network(self) -> str:
        """The operator as rows are told apart by it: its code, else its name."""
        return self.mccmnc or self.operator

    def cost(self, parts: int) -> Decimal:
        """Return what a message of so many billed parts costs, exactly; one of no parts, nothing.

        Raises :class:`~smsplan.errors.InputError` for fewer than 0 parts.
        """
        if parts < 0:
            raise InputError(f"a message cannot have {parts} parts; pass 0 or more")
        units = parts if self.per == "part" else min(parts, 1)
        return EXACT.multiply(self.price, Decimal(units))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: the fields that say something, the price and days as text."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: str(value) if isinstance(value, date | Decimal) else value
            for name, value in given.items()
            if value not in (None, "")
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Rate:
        """Read what :meth:`to_dict` wrote."""
        days = {
            name: date.fromisoformat(data[name])
            for name in ("valid_from", "valid_to")
            if name in data
        }
        currency = data.get("currency", "")
        return cls(**{**data, **days, "currency": currency, "price": _decimal(data["price"])})


_decimal = lru_cache(maxsize=4096)(Decimal)


def decimals(price: Decimal) -> int:
    """Return the number of decimals of a price, as written."""
    exponent = price.as_tuple()[2]
    assert isinstance(exponent, int), "a card's prices are finite"
    return -exponent if exponent < 0 else 0


def cells_of(rate: Rate, price: Decimal) -> tuple[str, ...]:
    """Return the cells of a row, in the order of ``COLUMNS``."""
    return (
        rate.country or ("" if rate.prefix else "*"),
        rate.prefix,
        rate.mccmnc,
        rate.operator,
        rate.sender_type,
        rate.kind,
        rate.per,
        rate.charge_on,
        "" if rate.kind == "reject" else format(price, "f"),
        rate.currency,
        str(rate.tier_from) if rate.tier_from else "",
        "" if rate.valid_from is None else rate.valid_from.isoformat(),
        "" if rate.valid_to is None else rate.valid_to.isoformat(),
        rate.source,
    )


def quoted(cell: str) -> str:
    """Return a cell as it stands in a CSV file."""
    # Not by csv.writer: it leaves a lone carriage return, which ends a line, without quotes.
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",\r\n]', cell) else cell
