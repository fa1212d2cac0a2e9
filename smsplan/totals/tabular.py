"""Results as pandas frames: a row for each line of a table, with exact values.

Whole numbers are ``int64``, times ``datetime64[us, UTC]``; everything else is ``object``, with None
for what is not known. Money is what :data:`MONEY` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from smsplan.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    Frame: TypeAlias = pd.DataFrame

COUNT, TIME, ANY = "int64", "datetime64[us, UTC]", "object"
# What an amount is in: None where a row has none.
CURRENCY = "currency"
# A cost or a share of one: what is expected, and with ``bounds`` the least and the most beside it.
# A column is Decimal throughout, or Fraction where one of its values is no decimal number.
MONEY = "money"
Columns: TypeAlias = Mapping[str, str]


class Amounts(Protocol):
    """What a cost and a share of one have in common: amounts by currency."""

    @property
    def low(self) -> Mapping[str, Any]:
        """The least."""

    @property
    def expected(self) -> Mapping[str, Any]:
        """What is expected."""

    @property
    def high(self) -> Mapping[str, Any]:
        """The most."""


def frame(
    columns: Columns,
    rows: Iterable[Mapping[str, Any]],
    *,
    currency: str | None = None,
    bounds: bool = False,
) -> Frame:
    """Return rows as a frame with these columns, whether there are rows or not.

    Money is in ``currency``, which may be left out where no row has amounts in several. Raises
    InputError where one has, or where nothing is in ``currency``.
    """
    import pandas as pd

    every = [*rows]
    money = [name for name, kind in columns.items() if kind == MONEY]
    own = _currencies([[row[name] for name in money] for row in every], currency) if money else []
    made: dict[str, Any] = {}
    for name, kind in columns.items():
        if kind == MONEY:
            cells = [row[name] for row in every]
            made[name] = _series(_amounts(cells, own, "expected"), ANY)
            if bounds:
                made[f"{name}_low"] = _series(_amounts(cells, own, "low"), ANY)
                made[f"{name}_high"] = _series(_amounts(cells, own, "high"), ANY)
        elif kind == CURRENCY:
            made[name] = _series(own, ANY)
        else:
            made[name] = _series([row[name] for row in every], kind)
    return pd.DataFrame(made, columns=list(made))


def _series(values: Sequence[Any], kind: Any) -> Any:
    import pandas as pd

    if kind == TIME:
        return pd.to_datetime(list(values), utc=True).as_unit("us")
    return pd.Series(list(values), dtype=kind)


def _currencies(rows: Sequence[Sequence[Amounts | None]], named: str | None) -> list[str | None]:
    """Return what the money of each row is in."""
    found = [
        sorted({name for cost in costs if cost is not None for name in cost.high}) for costs in rows
    ]
    known = sorted({name for names in found for name in names})
    if named is not None:
        if known and named not in known:
            raise InputError(f"nothing is in '{named}'; name one of {', '.join(known)}")
        return [named if known else None] * len(found)
    if several := next((names for names in found if len(names) > 1), None):
        raise InputError(
            f"money is in {' and '.join(several)}; name the one: to_frame(currency='{several[0]}')"
        )
    only = known[0] if len(known) == 1 else None
    return [names[0] if names else only for names in found]


def _amounts(
    costs: Sequence[Amounts | None], currencies: Sequence[str | None], end: str
) -> list[Any]:
    """Return amounts of one type; None where there is none, 0 where nothing is to pay."""
    found = [_amount(*each, end) for each in zip(costs, currencies, strict=True)]
    if any(isinstance(each, Fraction) for each in found):
        return [None if each is None else Fraction(each) for each in found]
    return found


def _amount(cost: Amounts | None, currency: str | None, end: str) -> Decimal | Fraction | None:
    if cost is None:
        return None
    if currency is None or currency not in cost.high:
        # Where nothing has a price, nothing is known.
        return None if getattr(cost, "unpriced", 0) and not cost.high else Decimal(0)
    exact = cost.low[currency] == cost.high[currency]
    amount: Decimal | Fraction = (cost.high if exact else getattr(cost, end))[currency]
    return amount if isinstance(amount, Decimal) else decimal_or_fraction(amount)


def decimal_or_fraction(amount: Fraction) -> Decimal | Fraction:
    """Return a fraction as a Decimal where it is a decimal number.

    >>> decimal_or_fraction(Fraction(17, 500)), decimal_or_fraction(Fraction(1, 3))
    (Decimal('0.034'), Fraction(1, 3))
    """
    left, scale = amount.denominator, 0
    for prime in (2, 5):
        power = 0
        while left % prime == 0:
            left //= prime
            power += 1
        scale = max(scale, power)
    if left != 1:
        return amount
    # From text: no context rounds it.
    return Decimal(f"{(amount * 10**scale).numerator}E-{scale}")
