"""What something costs: by currency, exactly, and as a range where the operator decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal

from smsplan.errors import InputError
from smsplan.plurals import counted
from smsplan.showing import drawn

# Contexts of our own: the caller's may have any precision, rounding and traps.
EXACT = Context(
    prec=1000,
    rounding=ROUND_HALF_UP,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[Inexact, InvalidOperation, Overflow],
)
ROUNDED = EXACT.copy()
ROUNDED.traps[Inexact] = False

# ISO 4217: the currencies whose minor unit is not a hundredth, by its number of decimals.
_CURRENCIES_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_UNITS = {
    code: decimals for decimals, codes in _CURRENCIES_BY_DECIMALS.items() for code in codes.split()
}


# The codes of ISO 4217 that prices are given in: what tells EUR from SMS in a column's name.
_CURRENCY_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR "
    "FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD "
    "JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT "
    "MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
    "QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF "
    "XPF YER ZAR ZMW ZWG"
)
# So many decimals of a fraction are written, where it ends within them.
_DIGITS = 8
ISO_4217 = frozenset(_CURRENCY_CODES.split())


Rounding = Literal["half_up", "half_even", "half_down", "up", "down", "ceiling", "floor"]
_ROUNDINGS: dict[str, str] = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "half_down": ROUND_HALF_DOWN,
    "up": ROUND_UP,
    "down": ROUND_DOWN,
    "ceiling": ROUND_CEILING,
    "floor": ROUND_FLOOR,
}
# What ``expected`` may rest on, the surest first.
BASES = ("reports", "given", "default row", "mean")
_BASIS_WORDS = {
    "reports": "operators as in delivery reports",
    "given": "operators as given",
    "default row": "default row of the card",
    "mean": "mean of the operators",
}


@dataclass(frozen=True, slots=True, repr=False, init=False)
class Cost:
    """Amounts by currency, never converted; ``unpriced`` counts messages without a price.

    ``low`` and ``high`` are bounds, exact. They are one amount unless prices differ by operator,
    which no number tells. ``expected`` lies between, an exact fraction; ``basis`` says on what it
    rests: ``reports`` (operators of past delivery reports), ``given`` (operators as the user said),
    ``default row`` (of the card) or ``mean`` (of the operators), each that was used.

    >>> total = Cost({"GBP": Decimal("431.896")}) + Cost({"EUR": Decimal("0.034")}, unpriced=2)
    >>> print(total)
    EUR 0.034 + GBP 431.90, 2 messages without a price
    >>> total.amounts["GBP"]
    Decimal('431.896')
    >>> print(Cost.between("USD", low=Decimal(2), expected=Fraction(7, 3), high=Decimal(3),
    ...                    basis="mean"))
    USD 2.00 to 3.00, expected 2.33 (mean of the operators)
    """

    low: Mapping[str, Decimal]
    expected: Mapping[str, Fraction]
    high: Mapping[str, Decimal]
    unpriced: int
    basis: tuple[str, ...]

    def __init__(self, amounts: Mapping[str, Decimal] = MappingProxyType({}), unpriced: int = 0):
        given: Mapping[str, object] = amounts
        for currency, amount in given.items():
            if not isinstance(amount, Decimal) or not amount.is_finite():
                raise InputError(
                    f"the amount in '{currency}' is not a finite Decimal; make it one from text"
                )
        exact = dict(sorted(amounts.items()))
        expected = {currency: Fraction(amount) for currency, amount in exact.items()}
        self._set(exact, expected, exact, unpriced, ())

    @classmethod
    def between(
        cls, currency: str, *, low: Decimal, expected: Fraction, high: Decimal, basis: str
    ) -> Cost:
        """Return a cost that is known within bounds."""
        assert low <= expected <= high, "what is expected lies between"
        return cls._of({currency: low}, {currency: expected}, {currency: high}, 0, (basis,))

    @classmethod
    def _of(
        cls,
        low: Mapping[str, Decimal],
        expected: Mapping[str, Fraction],
        high: Mapping[str, Decimal],
        unpriced: int,
        basis: tuple[str, ...],
    ) -> Cost:
        made = object.__new__(cls)
        made._set(low, expected, high, unpriced, basis)
        return made

    def _set(
        self,
        low: Mapping[str, Decimal],
        expected: Mapping[str, Fraction],
        high: Mapping[str, Decimal],
        unpriced: int,
        basis: tuple[str, ...],
    ) -> None:
        for name, value in (("low", low), ("expected", expected), ("high", high)):
            ordered: Mapping[str, Any] = {key: value[key] for key in sorted(value)}
            object.__setattr__(self, name, MappingProxyType(ordered))
        object.__setattr__(self, "unpriced", unpriced)
        object.__setattr__(self, "basis", tuple(word for word in BASES if word in basis))

    @property
    def is_exact(self) -> bool:
        """Whether low, expected and high are the same; messages without a price do not count."""
        return self.low == self.high

    @property
    def amounts(self) -> Mapping[str, Decimal]:
        """The exact amounts. Raises InputError where there is a range: see ``is_exact``."""
        if not self.is_exact:
            raise InputError(
                "the cost depends on the operators of the numbers and is no single amount; use "
                "cost.low, cost.expected and cost.high"
            )
        return self.high

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies in alphabetical order."""
        return tuple(self.high)

    @property
    def currency(self) -> str | None:
        """The currency, where there is one; None where there is none, or amounts in several."""
        return next(iter(self.high)) if len(self.high) == 1 else None

    def rounded(
        self, decimals: int | None = None, rounding: Rounding = "half_up"
    ) -> dict[str, Decimal]:
        """Return what is expected, rounded once; ``decimals=None`` is the currency's minor unit.

        >>> Cost({"GBP": Decimal("0.125"), "JPY": Decimal("0.5")}).rounded(rounding="half_even")
        {'GBP': Decimal('0.12'), 'JPY': Decimal('0')}
        """
        if rounding not in _ROUNDINGS:
            raise InputError(f"rounding='{rounding}': use one of {', '.join(_ROUNDINGS)}")
        return {
            currency: rounded(
                amount,
                MINOR_UNITS.get(currency, 2) if decimals is None else decimals,
                _ROUNDINGS[rounding],
            )
            for currency, amount in self.expected.items()
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.to_dict(),)

    def __hash__(self) -> int:
        return hash((tuple(self.low.items()), tuple(self.high.items()), self.unpriced))

    def __add__(self, other: object) -> Cost:
        if not isinstance(other, Cost):
            return NotImplemented
        low, expected, high = dict(self.low), dict(self.expected), dict(self.high)
        for mine, theirs in ((low, other.low), (high, other.high)):
            for currency, amount in theirs.items():
                mine[currency] = EXACT.add(mine.get(currency, Decimal(0)), amount)
        for currency, share in other.expected.items():
            expected[currency] = expected.get(currency, Fraction(0)) + share
        return self._of(
            low, expected, high, self.unpriced + other.unpriced, self.basis + other.basis
        )

    def __sub__(self, other: object) -> Cost:
        """Return what the same messages cost less: each bound against its own."""
        if not isinstance(other, Cost):
            return NotImplemented
        zero = Decimal(0)
        names = {*self.high, *other.high}
        ends = {
            name: sorted(
                EXACT.subtract(mine.get(name, zero), theirs.get(name, zero))
                for mine, theirs in ((self.low, other.low), (self.high, other.high))
            )
            for name in names
        }
        nothing = Fraction(0)
        return self._of(
            {name: low for name, (low, _) in ends.items()},
            {
                name: self.expected.get(name, nothing) - other.expected.get(name, nothing)
                for name in names
            },
            {name: high for name, (_, high) in ends.items()},
            self.unpriced - other.unpriced,
            self.basis + other.basis,
        )

    def __str__(self) -> str:
        messages = counted(self.unpriced, "message")
        if not self.high:
            return f"no price for {messages}" if self.unpriced else "nothing"
        total = " + ".join(map(self._range, self.high))
        if self.basis and not self.is_exact:
            total += f" ({', '.join(_BASIS_WORDS[word] for word in self.basis)})"
        return f"{total}, {messages} without a price" if self.unpriced else total

    def _repr_html_(self) -> str:
        return drawn("messages.cost_html", self)

    @property
    def brief(self) -> str:
        """As text for the cell of a table: bounds alone, no remark.

        >>> Cost({"GBP": Decimal("1.5")}, unpriced=3).brief
        'GBP 1.50'
        """
        cells = [self._range(currency, brief=True) for currency in self.high]
        return " + ".join(cells) or ("no price" if self.unpriced else "nothing")

    def _range(self, currency: str, *, brief: bool = False) -> str:
        low, high = self.low[currency], self.high[currency]
        if low == high:
            return shown(currency, high)
        # Below one unit every digit of a price counts, and where rounding hides the difference.
        close = shown(currency, low) == shown(currency, high)
        decimals = MINOR_UNITS.get(currency, 2)
        expected = self.expected[currency]
        if close or -1 < expected < 1:
            decimals = max(decimals, 8)
        first, last, middle = (
            amount_text(currency, amount, exact=close)
            for amount in (low, high, rounded(expected, decimals))
        )
        return f"{currency} {first} to {last}" + ("" if brief else f", expected {middle}")

    def __repr__(self) -> str:
        unpriced = f", unpriced={self.unpriced}" if self.unpriced else ""
        if self.is_exact:
            return f"Cost({dict(self.high)!r}{unpriced})"
        return f"<Cost {self}>"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: amounts as text, with all their digits.

        ``amounts`` is null where there are ``ranges``; ``exactly`` is ``expected`` as a fraction.
        """
        if self.is_exact:
            return {"amounts": _texts(self.high), "unpriced": self.unpriced}
        return {
            "amounts": None,
            "unpriced": self.unpriced,
            "ranges": {
                currency: {
                    "low": format(self.low[currency], "f"),
                    "expected": format(rounded(self.expected[currency], 8), "f"),
                    "high": format(self.high[currency], "f"),
                    "exactly": str(self.expected[currency]),
                }
                for currency in self.high
            },
            "basis": list(self.basis),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Cost:
        """Read what :meth:`to_dict` wrote."""
        if data["amounts"] is not None:
            amounts = {currency: Decimal(amount) for currency, amount in data["amounts"].items()}
            return cls(amounts, data["unpriced"])
        ranges = data["ranges"].items()
        return cls._of(
            {currency: Decimal(ends["low"]) for currency, ends in ranges},
            {currency: Fraction(ends["exactly"]) for currency, ends in ranges},
            {currency: Decimal(ends["high"]) for currency, ends in ranges},
            data["unpriced"],
            tuple(data["basis"]),
        )


def _rebuilt(data: dict[str, Any]) -> Cost:
    return Cost.from_dict(data)


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: format(amount, "f") for currency, amount in amounts.items()}


def rounded(amount: Fraction, decimals: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Round a fraction once: the digits behind those that are asked for decide, all of them.

    >>> rounded(Fraction(2, 3), 2), rounded(Fraction(-1, 8), 2)
    (Decimal('0.67'), Decimal('-0.13'))
    """
    # Two digits more, the last one odd where anything is left: no rounding mode is deceived by it.
    whole, left = divmod(abs(amount.numerator) * 10 ** (decimals + 2), amount.denominator)
    whole = whole * 10 + (1 if left else 0)
    sign = 1 if amount < 0 else 0
    near = Decimal((sign, tuple(map(int, str(whole))), -(decimals + 3)))
    context = ROUNDED.copy()
    context.rounding = rounding
    return near.quantize(Decimal((0, (1,), -decimals)), context=context)


def amount_text(currency: str, amount: Decimal | Fraction, *, exact: bool = False) -> str:
    """Write an amount as every table, sentence and ``str`` of ours does: thousands apart.

    It is rounded half up to the minor unit of its currency, for itself: amounts that add up may
    differ from their total in the last digit. Below one unit, or where it is ``exact``, every digit
    counts and is written; of a fraction that never ends, or after eight digits, two digits more
    than the minor unit.

    >>> amount_text("GBP", Decimal("1283.1849")), amount_text("JPY", Decimal("1283.5"))
    ('1,283.18', '1,284')
    >>> amount_text("GBP", Decimal("-0.0680")), amount_text("GBP", Decimal("1.0350"), exact=True)
    ('-0.068', '1.035')
    >>> amount_text("GBP", Fraction(2, 3)), amount_text("GBP", Fraction(5, 3))
    ('0.6667', '1.67')
    """
    decimals = MINOR_UNITS.get(currency, 2)
    if isinstance(amount, Fraction):
        ends = 10**_DIGITS % amount.denominator == 0
        amount = rounded(amount, _DIGITS if ends else decimals + 2 * (-1 < amount < 1))
    if not exact and not (amount and -1 < amount < 1):
        amount = amount.quantize(Decimal((0, (1,), -decimals)), context=ROUNDED)
    whole, _, fraction = format(amount or amount.copy_abs(), ",f").partition(".")
    fraction = fraction.rstrip("0").ljust(decimals, "0")
    return f"{whole}.{fraction}" if fraction else whole


def shown(currency: str, amount: Decimal | Fraction) -> str:
    """Write an amount with its currency."""
    return f"{currency} {amount_text(currency, amount)}"
