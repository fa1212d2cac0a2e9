"""Shares of a cost: exact fractions, by currency and bound, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from smsplan.ratecards import Cost
from smsplan.ratecards.costs import MINOR_UNITS, rounded, shown

Amounts = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a cost by currency: at least, expected, at most; exact, and it may be negative.

    >>> half = Share.of(Cost({"GBP": Decimal("0.05")}), Fraction(1, 3))
    >>> half.expected["GBP"], (half + half + half).expected["GBP"]
    (Fraction(1, 60), Fraction(1, 20))
    """

    low: Amounts = field(default_factory=dict)
    expected: Amounts = field(default_factory=dict)
    high: Amounts = field(default_factory=dict)

    @classmethod
    def of(cls, cost: Cost, part: Fraction | int = 1) -> Share:
        """Return a part of a cost."""
        return cls(
            *(
                {currency: Fraction(amount) * part for currency, amount in amounts.items()}
                for amounts in (cost.low, cost.expected, cost.high)
            )
        )

    def __add__(self, other: Share) -> Share:
        return Share(
            _sum(self.low, other.low),
            _sum(self.expected, other.expected),
            _sum(self.high, other.high),
        )

    def __neg__(self) -> Share:
        return Share(*(_times(each, -1) for each in (self.low, self.expected, self.high)))

    def __sub__(self, other: Share) -> Share:
        return self + -other

    def __mul__(self, part: Fraction | int) -> Share:
        return Share(*(_times(each, part) for each in (self.low, self.expected, self.high)))

    @property
    def is_exact(self) -> bool:
        """Whether low, expected and high are the same."""
        return self.low == self.high

    def rounded(self) -> dict[str, Decimal]:
        """Return what is expected, each currency rounded half up to its minor unit."""
        return {
            currency: rounded(amount, MINOR_UNITS.get(currency, 2))
            for currency, amount in self.expected.items()
        }

    def __str__(self) -> str:
        """Write what is expected."""
        return " + ".join(shown(*each) for each in self.expected.items()) or "0"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: exact fractions as text, such as ``1/60``."""
        return {
            name: {currency: str(amount) for currency, amount in getattr(self, name).items()}
            for name in ("low", "expected", "high")
        }


def _sum(one: Amounts, other: Amounts) -> dict[str, Fraction]:
    return {
        currency: one.get(currency, Fraction(0)) + other.get(currency, Fraction(0))
        for currency in sorted({*one, *other})
    }


def _times(amounts: Amounts, part: Fraction | int) -> dict[str, Fraction]:
    return {currency: amount * part for currency, amount in amounts.items()}


def largest_remainder(shares: Sequence[Fraction], decimals: int = 0) -> list[Decimal]:
    """Round shares so that they add up to their rounded sum: the largest remainders go up.

    >>> largest_remainder([Fraction(1, 3)] * 3)
    [Decimal('1'), Decimal('0'), Decimal('0')]
    >>> largest_remainder([Fraction(5, 3), Fraction(-2, 3)], 1)
    [Decimal('1.7'), Decimal('-0.7')]
    """
    scaled = [share * 10**decimals for share in shares]
    floors = [share.numerator // share.denominator for share in scaled]
    total = rounded(sum(shares, Fraction(0)), decimals)
    missing = int(total.scaleb(decimals)) - sum(floors)
    order = sorted(range(len(shares)), key=lambda place: (floors[place] - scaled[place], place))
    for place in order[:missing]:
        floors[place] += 1
    return [Decimal(floor).scaleb(-decimals) for floor in floors]
