"""A rate card: which of its rows applies to a number, and what a message then costs, exactly.

Pure and scalar; what prices many recipients at once is made from a card by
:mod:`smsplan.pricing.tables` and held to this module by a property test.

**Which row applies.** A row applies when all its filled keys match: ``country`` (ISO 3166 alpha-2)
and ``prefix`` (the first digits of the number). Of the rows that apply the most specific wins: the
longest prefix, then a country before none; a row with neither is the default.

**What a card may say.** A row carries what a full rate card has (:class:`Rate`), and this version
refuses, rather than ignores, what it cannot apply: rows by operator (``mccmnc``), of another
``kind`` than ``base``, and tiers. A card may have prices by sender and by date: then
:meth:`RateCard.terms` says for which sender and day, and without it such a card prices nothing.
Two rows of the same keys whose days overlap are refused.

**Columns.** ``price``, and at least one of ``country`` and ``prefix``; ``currency``, unless every
price names its own (``0.034 GBP``). Others of the canonical names are read where they are there.
A column that is none of these is left alone, unless its name is nearly one of them (``curency``)
or is known to decide a price (``operator``, ``tier_from``) and has a value. Should another such
column tell rows apart, those rows look the same without it, and the same rows are an error.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
    Overflow,
)
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from smsplan.errors import InputError
from smsplan.tables import is_binary, lines_of

# Contexts of our own: the caller's may have any precision, rounding and traps.
_EXACT = Context(
    prec=1000,
    rounding=ROUND_HALF_UP,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[Inexact, InvalidOperation, Overflow],
)
_ROUNDED = _EXACT.copy()
_ROUNDED.traps[Inexact] = False

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
_OTHER_NAMES = {"UK": "GB", "EL": "GR"}

# ISO 4217: the currencies whose minor unit is not a hundredth, by its number of decimals.
_CURRENCIES_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_MINOR_UNITS = {
    code: decimals for decimals, codes in _CURRENCIES_BY_DECIMALS.items() for code in codes.split()
}

# So that the cost of 10**6 parts still fits a decimal of 38 digits.
_MAX_WHOLE, _MAX_DECIMALS = 12, 18
# E.164: a number has at most 15 digits.
_MAX_PREFIX = 15

_KINDS = ("base", "surcharge", "failed", "fixed")
_PERS = ("part", "message")

_COLUMNS = (
    "country",
    "prefix",
    "mccmnc",
    "sender_type",
    "kind",
    "per",
    "price",
    "currency",
    "valid_from",
    "valid_to",
    "source",
)
# Columns that decide a price in other people's cards and of which this version can apply nothing.
_DECISIVE = (
    "tier_from",
    "charge_on",
    "mcc",
    "mnc",
    "operator",
    "network",
    "carrier",
    "number_type",
)
_HARMLESS = {"tier_from": re.compile(r"0(\.0+)?"), "charge_on": re.compile(r"submit(ted)?")}

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
_ISO_4217 = frozenset(_CURRENCY_CODES.split())

_SHOWN_FAULTS = 50
# Where a whole file is written in another way, one need not mend every price.
_HINT = ", or say how prices are written: decimal=',' or '.' (--decimal)"


@dataclass(frozen=True, slots=True)
class CardFault:
    """One fault of a rate card: ``line`` of the file (None: not of a file, or of no one line)."""

    line: int | None
    text: str

    def __str__(self) -> str:
        return self.text if self.line is None else f"line {self.line}: {self.text}"


class RateCardError(InputError):
    """A rate card cannot be used; ``faults`` has every reason, in the order of lines.

    ``path`` is the file, None where the card is none. The message shows the first 50.
    """

    def __init__(self, faults: Iterable[CardFault], path: str | None = None) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line or 0))
        self.path = path
        name = "the rate card" if path is None else f"rate card '{path}'"
        if len(self.faults) == 1:
            message = f"{name}: {self.faults[0]}"
        else:
            shown = [str(fault) for fault in self.faults[:_SHOWN_FAULTS]]
            if len(self.faults) > _SHOWN_FAULTS:
                shown.append(f"and {len(self.faults) - _SHOWN_FAULTS:,} more; mend these first")
            message = "\n  ".join([f"{name} has {len(self.faults):,} faults:", *shown])
        super().__init__(message)

    def __reduce__(self) -> tuple[type[RateCardError], tuple[tuple[CardFault, ...], str | None]]:
        return RateCardError, (self.faults, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One row of a card. An empty key matches every number.

    ``price`` in ``currency`` (ISO 4217) for one part, or for a whole message (``per``). ``line`` is
    where it stands in its file; two rates that differ in it alone are equal.

    >>> Rate(country="GB", price=Decimal("0.034"), currency="GBP").cost(3)
    Decimal('0.102')
    """

    country: str = ""
    prefix: str = ""
    mccmnc: str = ""
    sender_type: str = ""
    kind: str = "base"
    per: str = "part"
    price: Decimal
    currency: str
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""
    line: int | None = field(default=None, compare=False)

    def cost(self, parts: int) -> Decimal:
        """Return what a message of so many billed parts costs, exactly; one of no parts, nothing.

        Raises :class:`~smsplan.errors.InputError` for fewer than 0 parts.
        """
        if parts < 0:
            raise InputError(f"a message cannot have {parts} parts; pass 0 or more")
        units = parts if self.per == "part" else min(parts, 1)
        return _EXACT.multiply(self.price, Decimal(units))


class RateCard:
    """Prices by country and prefix of the number; immutable, equal by content, not by order.

    Made by :meth:`read` or :meth:`of`, or from rates. Raises :class:`RateCardError` with all faults
    together. Prices in more than one currency are a fault unless ``mixed_currencies`` says that
    they are meant.

    >>> card = RateCard.of({"+44": "0.034 GBP", "+447": "0.040 GBP", "*": "0.10 GBP"})
    >>> card.price("447700900123", 2)
    Decimal('0.080')
    >>> card.rate("15550100123").price
    Decimal('0.10')
    """

    __slots__ = ("_by_country", "_index", "_longest", "_open", "rates")

    rates: tuple[Rate, ...]
    _index: dict[tuple[str, str], Rate]
    _longest: int
    _by_country: bool
    _open: str

    def __init__(self, rates: Iterable[Rate], *, mixed_currencies: bool = False) -> None:
        kept = tuple(rates)
        faults = _faults([_Row(rate) for rate in kept], mixed_currencies)
        if not kept:
            faults.append(CardFault(None, "it has no prices; add at least one"))
        if faults:
            raise RateCardError(faults)
        set_ = object.__setattr__
        set_(self, "rates", kept)
        set_(self, "_index", {(rate.prefix, rate.country): rate for rate in kept})
        set_(self, "_longest", max(len(rate.prefix) for rate in kept))
        set_(self, "_by_country", any(rate.country for rate in kept))
        set_(self, "_open", _open_choices(kept))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a RateCard cannot be changed: '{name}'")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a RateCard cannot be changed: '{name}'")

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.rates,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RateCard):
            return NotImplemented
        return frozenset(self.rates) == frozenset(other.rates)

    def __hash__(self) -> int:
        return hash(frozenset(self.rates))

    def __repr__(self) -> str:
        mixed = ", mixed_currencies=True" if len(self.currencies) > 1 else ""
        return f"RateCard({list(self.rates)!r}{mixed})"

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        columns: Mapping[str, str] | None = None,
        decimal: Literal[".", ","] | None = None,
        mixed_currencies: bool = False,
    ) -> RateCard:
        """Read a card from CSV (UTF-8; comma, semicolon or tab), a workbook or Parquet.

        ``book.xlsx#Sheet`` names a sheet. The module says which columns there are; of a file with
        others, ``columns`` maps those names to the file's, and no other column is read:
        ``columns={"country": "ISO", "price": "Price (EUR)"}``. A currency in the name of the price
        column counts where no column has it. ``decimal`` says how prices are written, ``1.234,5``
        (``","``) or ``1,234.5`` (``"."``); without it a price with a comma is a fault.

        Raises :class:`RateCardError` with every fault of the file, each with its line.
        """
        name = os.fsdecode(path)
        if decimal not in (None, ".", ","):
            raise InputError(f"decimal={decimal!r}: write '.' or ','")
        wanted = _mapped_names(columns)
        try:
            lines = lines_of(name) if is_binary(name) else _lines(_text(Path(name)), wanted)
            rows, faults = _parsed(lines, wanted, decimal, merged=is_binary(name))
        except InputError as error:
            if not isinstance(error, RateCardError):
                raise RateCardError([CardFault(None, str(error))], name) from None
            raise RateCardError(error.faults, name) from None
        return cls._made(rows, faults, mixed_currencies, name)

    @classmethod
    def _made(
        cls,
        rows: list[_Row],
        faults: list[CardFault],
        mixed_currencies: bool,
        path: str | None = None,
    ) -> RateCard:
        faults = [*faults, *_faults(rows, mixed_currencies)]
        if faults:
            raise RateCardError(faults, path)
        return cls((row.rate for row in rows), mixed_currencies=mixed_currencies)

    @classmethod
    def of(
        cls,
        value: RateCard | Mapping[str, str] | str | os.PathLike[str],
        *,
        mixed_currencies: bool = False,
    ) -> RateCard:
        """Make a card of what stands for one.

        A card; a path to CSV; one price for every number (``"0.034 GBP"``); or a mapping of
        countries (``GB``), prefixes (``+44``) and the default (``*``) to such prices.

        >>> RateCard.of("0.034 GBP").rates
        (Rate(country='', ..., price=Decimal('0.034'), currency='GBP', ...),)
        """
        if isinstance(value, RateCard):
            return value
        if isinstance(value, str) and _is_price(value):
            return cls._made(*_from_mapping({"*": value}, named=False), mixed_currencies)
        if isinstance(value, str | os.PathLike) and os.fspath(value):
            return cls.read(value, mixed_currencies=mixed_currencies)
        if isinstance(value, Mapping) and value:
            return cls._made(*_from_mapping(value, named=True), mixed_currencies)
        hint = _not_text(value) or (
            "it is empty"
            if isinstance(value, str | Mapping)
            else "it is of no kind that holds prices"
        )
        raise RateCardError(
            [
                CardFault(
                    None,
                    f"{hint}; give a RateCard, the path of a CSV file, a price such as "
                    "'0.034 GBP', or a mapping such as {'GB': '0.034 GBP', '*': '0.10 GBP'}",
                )
            ]
        )

    def terms(self, *, sender_type: str | None = None, on: date | None = None) -> RateCard:
        """Return the prices of one sender on one day: what goes wherever rates go.

        A row that names the ``sender_type`` goes before one that names none, with the same keys.
        Rows that are not valid ``on`` the day are left out. Raises
        :class:`~smsplan.errors.InputError` where the card does not know the sender, or has no
        price that is valid on the day.

        >>> card = RateCard([
        ...     Rate(country="US", price=Decimal("0.0079"), currency="USD"),
        ...     Rate(country="US", sender_type="toll_free", price=Decimal("0.007"), currency="USD"),
        ... ])
        >>> card.terms(sender_type="toll-free").price("12025550123", 1)
        Decimal('0.007')
        """
        rows = [
            rate
            for rate in self.rates
            if on is None or ((rate.valid_from or date.min) <= on <= (rate.valid_to or date.max))
        ]
        if not rows:
            raise InputError(f"no price of the card is valid on {on}; take the card of that day")
        if sender_type is not None:
            known = sorted({_sender(rate.sender_type) for rate in self.rates} - {""})
            wanted = _sender(sender_type)
            if known and wanted not in known:
                raise InputError(
                    f"the card has no sender type '{sender_type}'; it has {', '.join(known)}"
                )
            rows = list(_of_sender(rows, wanted, dated=on is not None))
            if not rows:
                day = "" if on is None else f" on {on}"
                raise InputError(f"the card has no price for '{sender_type}'{day}; add one")
        settled = RateCard(rows, mixed_currencies=True)
        settled.check_settled()
        return settled

    def check_settled(self) -> None:
        """Raise InputError where a sender or a day is yet to be chosen: see :meth:`terms`."""
        if self._open:
            raise InputError(self._open)

    def rate(self, number: str, *, country: str | None = None) -> Rate | None:
        """Return the row that applies to a number, None where there is none.

        ``number`` is written as the API takes it; ``country`` is computed from it where it is not
        given (``""``: not known). What is not a number has no price. Raises
        :class:`~smsplan.errors.InputError` where the card has prices by sender or by date.
        """
        self.check_settled()
        if not (number.isascii() and number.isdigit()):
            from smsplan.numbers import normalise

            digits = normalise(number)
            if digits is None:
                return None
            number = digits
        if country is None:
            country = self._country(number)
        # The spec's order: the longest prefix, then a filled country before an empty one.
        for size in range(min(self._longest, len(number)), -1, -1):
            for key in (country, ""):
                rate = self._index.get((number[:size], key))
                if rate is not None:
                    return rate
        return None

    def price(self, number: str, parts: int) -> Decimal | None:
        """Return what a message of so many parts costs, exactly; None where no row applies."""
        rate = self.rate(number)
        return None if rate is None else rate.cost(parts)

    def _country(self, number: str) -> str:
        if not self._by_country:
            return ""
        from smsplan.numbers import country

        return country(number) or ""

    @property
    def scale(self) -> int:
        """The largest number of decimals of a price, as written."""
        return max(_decimals(rate.price) for rate in self.rates)

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices, in alphabetical order."""
        return tuple(sorted({rate.currency for rate in self.rates}))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the content: equal for equal cards, whatever the order of their rows."""
        rows = sorted(_cells(rate, _EXACT.normalize(rate.price)) for rate in self.rates)
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def to_csv(self) -> str:
        r"""Return the card as CSV text that :meth:`read` reads back.

        >>> print(RateCard.of("0.034 GBP").to_csv(), end="")
        country,prefix,mccmnc,sender_type,kind,per,price,currency,valid_from,valid_to,source
        *,,,,base,part,0.034,GBP,,,
        """
        rows = [_COLUMNS, *(_cells(rate, rate.price) for rate in self.rates)]
        return "".join(",".join(map(_quoted, row)) + "\n" for row in rows)


@dataclass(frozen=True, slots=True, repr=False)
class Cost:
    """Exact amounts by currency, never converted; ``unpriced`` counts messages without a price.

    >>> total = Cost({"GBP": Decimal("431.896")}) + Cost({"EUR": Decimal("0.034")}, unpriced=2)
    >>> print(total)
    EUR 0.034 + GBP 431.90, 2 messages without a price
    >>> total.amounts["GBP"]
    Decimal('431.896')
    """

    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0

    def __post_init__(self) -> None:
        given: Mapping[str, object] = self.amounts
        for currency, amount in given.items():
            if not isinstance(amount, Decimal) or not amount.is_finite():
                raise InputError(
                    f"the amount in '{currency}' is not a finite Decimal; make it one from text"
                )
        ordered = MappingProxyType(dict(sorted(self.amounts.items())))
        object.__setattr__(self, "amounts", ordered)

    def __reduce__(self) -> tuple[type[Cost], tuple[dict[str, Decimal], int]]:
        return Cost, (dict(self.amounts), self.unpriced)

    def __hash__(self) -> int:
        return hash((tuple(self.amounts.items()), self.unpriced))

    def __add__(self, other: object) -> Cost:
        if not isinstance(other, Cost):
            return NotImplemented
        amounts = dict(self.amounts)
        for currency, amount in other.amounts.items():
            amounts[currency] = _EXACT.add(amounts.get(currency, Decimal(0)), amount)
        return Cost(amounts, self.unpriced + other.unpriced)

    def __str__(self) -> str:
        messages = f"{self.unpriced:,} message{'' if self.unpriced == 1 else 's'}"
        if not self.amounts:
            return f"no price for {messages}" if self.unpriced else "no price"
        total = " + ".join(_shown(*item) for item in self.amounts.items())
        return f"{total}, {messages} without a price" if self.unpriced else total

    def __repr__(self) -> str:
        unpriced = f", unpriced={self.unpriced}" if self.unpriced else ""
        return f"Cost({dict(self.amounts)!r}{unpriced})"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: amounts as text, with all their digits."""
        amounts = {currency: format(amount, "f") for currency, amount in self.amounts.items()}
        return {"amounts": amounts, "unpriced": self.unpriced}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Cost:
        """Read what :meth:`to_dict` wrote."""
        amounts = {currency: Decimal(amount) for currency, amount in data["amounts"].items()}
        return cls(amounts, data["unpriced"])


def _shown(currency: str, amount: Decimal) -> str:
    """Round half up to the minor unit; below one unit every digit counts and is shown."""
    decimals = _MINOR_UNITS.get(currency, 2)
    if amount and -1 < amount < 1:
        whole, _, fraction = format(amount, "f").partition(".")
        fraction = fraction.rstrip("0").ljust(decimals, "0")
        return f"{currency} {whole}.{fraction}"
    return f"{currency} {amount.quantize(Decimal((0, (1,), -decimals)), context=_ROUNDED):f}"


def _rebuilt(rates: tuple[Rate, ...]) -> RateCard:
    return RateCard(rates, mixed_currencies=True)


def _decimals(price: Decimal) -> int:
    exponent = price.as_tuple().exponent
    assert isinstance(exponent, int), "a card's prices are finite"
    return max(0, -exponent)


def _cells(rate: Rate, price: Decimal) -> tuple[str, ...]:
    """Return the cells of a row, in the order of ``_COLUMNS``."""
    return (
        rate.country or ("" if rate.prefix else "*"),
        rate.prefix,
        rate.mccmnc,
        rate.sender_type,
        rate.kind,
        rate.per,
        format(price, "f"),
        rate.currency,
        "" if rate.valid_from is None else rate.valid_from.isoformat(),
        "" if rate.valid_to is None else rate.valid_to.isoformat(),
        rate.source,
    )


def _quoted(cell: str) -> str:
    # Not by csv.writer: it leaves a lone carriage return, which ends a line, without quotes.
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",\r\n]', cell) else cell


# --- what can be wrong with rates -----------------------------------------------------------------


class _Row(NamedTuple):
    """A rate to be checked: its fields that could not be read, and where it stands."""

    rate: Rate
    unread: tuple[str, ...] = ()
    place: str = ""


def _faults(rows: list[_Row], mixed_currencies: bool) -> list[CardFault]:
    """Find what is wrong with rates, one by one and together; unread fields are known already."""
    faults = []
    checked: list[_Row] = []
    for index, row in enumerate(rows, start=1):
        rate, place = row.rate, row.place
        if rate.line is not None:
            place = f"line {rate.line}"
        elif not place and len(rows) > 1:
            place = f"rate {index}"
        wrong = [(name, text) for name, text in _rate_faults(rate) if name not in row.unread]
        unusable = (*row.unread, *(name for name, _ in wrong))
        checked.append(_Row(rate, unusable, place))
        faults += [_at(checked[-1], text) for _, text in wrong]
    faults += _same_keys(checked)
    if not mixed_currencies:
        faults += _mixed_currencies(checked)
    return faults


def _at(row: _Row, text: str) -> CardFault:
    """Say where: a fault with a line shows it by itself."""
    line = row.rate.line
    return CardFault(line, f"{row.place}: {text}" if line is None and row.place else text)


def _rate_faults(rate: Rate) -> Iterator[tuple[str, str]]:
    """Yield field and text of what one rate has that a card cannot use."""
    if rate.country and rate.country not in COUNTRIES:
        yield "country", _country_fault(rate.country)
    if rate.prefix and not re.fullmatch(r"[0-9]+", rate.prefix):
        yield "prefix", "prefix is not made of digits; write the first digits of the numbers: '44'"
    elif len(rate.prefix) > _MAX_PREFIX:
        yield "prefix", f"prefix has over {_MAX_PREFIX} digits, as no number has; shorten it"
    elif rate.prefix.startswith("00"):
        yield "prefix", "prefix begins with 00, as no number does; write it without: 44 for 0044"
    if rate.mccmnc:
        yield (
            "mccmnc",
            "mccmnc is filled, but the operator of a number is not known offline and this version "
            "has no prices by operator; keep one row a country, with an empty mccmnc",
        )
    if rate.kind not in _KINDS:
        yield "kind", f"kind is none of {', '.join(_KINDS)}; use 'base' or remove the row"
    elif rate.kind != "base":
        yield (
            "kind",
            f"kind is '{rate.kind}', but this version has base prices only; add it to the base "
            "price or remove the row",
        )
    if rate.per not in _PERS:
        yield "per", "per is neither 'part' nor 'message'; use one of them"
    price: object = rate.price
    if not isinstance(price, Decimal):
        yield "price", f"{_not_text(price) or 'price is not a Decimal'}; use Decimal('0.034')"
    elif not price.is_finite():
        yield "price", "price is not a finite number; write it like 0.034 or remove the row"
    elif price < 0:
        yield "price", "price is negative; write 0 or more"
    elif price >= 10**_MAX_WHOLE or _decimals(price) > _MAX_DECIMALS:
        yield (
            "price",
            f"price has over {_MAX_WHOLE} digits before the point or over {_MAX_DECIMALS} behind "
            "it; shorten it",
        )
    if not re.fullmatch(r"[A-Z]{3}", rate.currency):
        yield "currency", _currency_fault(rate.currency)
    if rate.valid_from and rate.valid_to and rate.valid_from > rate.valid_to:
        yield "valid_from", "valid_from lies after valid_to; change one of them"


def _country_fault(country: str) -> str:
    text = "country is not a code of ISO 3166 (two letters)"
    if country in _OTHER_NAMES:
        return f"country '{country}' is not a code of ISO 3166; write '{_OTHER_NAMES[country]}'"
    if country.upper() in COUNTRIES:
        return f"{text}; write '{country.upper()}'"
    if re.fullmatch(r"[A-Z]{2}", country):
        return f"country '{country}' is not a code of ISO 3166; write one, or '*' for the default"
    return f"{text}; write one such as 'GB', or '*' for the default"


def _currency_fault(currency: str) -> str:
    if not currency:
        return "currency is empty; write a code of ISO 4217 such as 'GBP'"
    if re.fullmatch(r"[A-Z]{2}[a-z]", currency):
        return (
            "currency ends in a small letter, which stands for a hundredth (pence); write the "
            f"price in whole units and '{currency.upper()}'"
        )
    return "currency is not a code of ISO 4217 (three letters); write one such as 'GBP'"


def _sender(text: str) -> str:
    """Return a sender type as it is compared: ``Toll-free`` is ``toll_free``."""
    return re.sub(r"[\s-]+", "_", text.strip().casefold())


def _of_sender(rates: Iterable[Rate], sender: str, *, dated: bool) -> Iterator[Rate]:
    """Yield the rows that apply to one sender: those that name it before those that name none."""
    by_key: dict[tuple[str, str], tuple[list[Rate], list[Rate]]] = {}
    for rate in rates:
        named, any_ = by_key.setdefault((rate.country, rate.prefix), ([], []))
        if rate.sender_type:
            if _sender(rate.sender_type) == sender:
                named.append(rate)
        else:
            any_.append(rate)
    for named, any_ in by_key.values():
        days = [{(rate.valid_from, rate.valid_to) for rate in some} for some in (named, any_)]
        if named and any_ and not dated and days[0] != days[1]:
            raise InputError(
                f"the card's prices for '{sender}' are not valid on the same days as those for any "
                "sender; say the day as well: card.terms(sender_type=, on=) (--on)"
            )
        for rate in named or any_:
            yield replace(rate, sender_type="")


def _same_keys(rows: list[_Row]) -> Iterator[CardFault]:
    """Find rows that no number could tell apart on some day."""
    before: dict[tuple[str, str, str], list[_Row]] = {}
    for row in rows:
        rate = row.rate
        # A row with another of these is refused anyway, and not because it looks the same.
        if not {"country", "prefix", "mccmnc", "kind", "valid_from", "valid_to"}.isdisjoint(
            row.unread
        ):
            continue
        others = before.setdefault((rate.country, rate.prefix, _sender(rate.sender_type)), [])
        for other in others:
            if not _overlap(rate, other.rate):
                continue
            if (rate.valid_from, rate.valid_to) == (other.rate.valid_from, other.rate.valid_to):
                step = "remove one of them"
            else:
                step = "give the older one a valid_to, the day before the other begins"
            sender = ", prefix and sender type" if rate.sender_type else " and prefix"
            yield _at(
                row,
                f"the same country{sender} as {other.place}: two rows that no number could tell "
                f"apart; {step}",
            )
            break
        others.append(row)


def _overlap(one: Rate, other: Rate) -> bool:
    """Whether there is a day on which both are valid."""
    begin = max(one.valid_from or date.min, other.valid_from or date.min)
    return begin <= min(one.valid_to or date.max, other.valid_to or date.max)


def _open_choices(rates: Collection[Rate]) -> str:
    """Say what has to be chosen before a card prices anything; empty where nothing is open."""
    senders = sorted({_sender(rate.sender_type) for rate in rates} - {""})
    begin = max(rate.valid_from or date.min for rate in rates) if rates else date.min
    end = min(rate.valid_to or date.max for rate in rates) if rates else date.max
    days = begin > end
    if not senders and not days:
        return ""
    said, call, options = [], [], []
    if senders:
        said.append(f"prices by sender type ({', '.join(senders)})")
        call.append(f"sender_type='{senders[0]}'")
        options.append(f"--sender-type {senders[0]}")
    if days:
        said.append("prices by date")
        call.append(f"on=date({begin.year}, {begin.month}, {begin.day})")
        options.append(f"--on {begin}")
    return (
        f"the rate card has {' and '.join(said)}; say which: rates=card.terms({', '.join(call)}) "
        f"({' '.join(options)})"
    )


def _mixed_currencies(rows: list[_Row]) -> Iterator[CardFault]:
    first: dict[str, _Row] = {}
    for row in rows:
        if "currency" not in row.unread:
            first.setdefault(row.rate.currency, row)
    if len(first) > 1:
        yield _at(
            list(first.values())[1],
            f"the card mixes currencies ({', '.join(sorted(first))}); make a card of each, or "
            "pass mixed_currencies=True to RateCard.read or RateCard.of if that is meant",
        )


# --- text to rates --------------------------------------------------------------------------------


class _Unreadable(Exception):
    """Text that is not what its field holds; the message is the text of the fault."""


def _price(text: str, decimal: str | None = None) -> Decimal:
    """Read a price, exactly as written; ``decimal`` is the mark before its decimals, if known."""
    if decimal is not None:
        thousands = "." if decimal == "," else ","
        marks = re.escape(thousands) + r"\u00a0\u202f '’"
        grouped = rf"[0-9]{{1,3}}(?:[{marks}][0-9]{{3}})+(?:{re.escape(decimal)}[0-9]*)?"
        if re.fullmatch(grouped, text):
            text = re.sub(f"[{marks}]", "", text)
        if decimal == "," and "." not in text:
            text = text.replace(",", ".")
    if re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text):
        return Decimal(text)
    if not text:
        raise _Unreadable(
            "price is empty; write it like 0.034, or remove the row: no price is not 0"
        )
    if re.fullmatch(r"0?,[0-9]{1,18}|[0-9]{1,12},([0-9]{1,2}|[0-9]{4,18})", text):
        raise _Unreadable(f"price has a decimal comma; write {text.replace(',', '.')}{_HINT}")
    if re.fullmatch(r"[0-9]{1,12},[0-9]{3}", text):
        point, none = text.replace(",", "."), text.replace(",", "")
        raise _Unreadable(f"price has a comma; write {point} or {none}, whichever is meant{_HINT}")
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,18}", text):
        raise _Unreadable(
            f"price has commas between thousands; write {text.replace(',', '')}{_HINT}"
        )
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,18}", text):
        plain = text.replace(".", "").replace(",", ".")
        raise _Unreadable(f"price has a decimal comma; write {plain}{_HINT}")
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{0,9})?[eE][-+]?[0-9]", text):
        raise _Unreadable(f"price has an exponent; write {Decimal(text):f}")
    if re.fullmatch(r"[-−][0-9.,]+", text):
        raise _Unreadable("price is negative; write 0 or more")
    if text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        raise _Unreadable("price is not a number (nan or inf); write it like 0.034")
    if re.search(r"[$€£¥]", text):
        raise _Unreadable("price has a currency symbol; write the code of ISO 4217: 0.034 GBP")
    raise _Unreadable("price is not a decimal number; write it like 0.034")


def _split(text: str) -> tuple[str, str]:
    """Split ``0.034 GBP``, ``GBP 0.034`` or ``0.034GBP`` into price and currency (or ``""``)."""
    pieces = text.split()
    if len(pieces) > 1:
        if pieces[-1].isalpha() and pieces[-1].lower() not in ("nan", "inf"):
            return " ".join(pieces[:-1]), pieces[-1]
        if pieces[0].isalpha():
            return " ".join(pieces[1:]), pieces[0]
    glued = re.fullmatch(r"(.*[0-9.,])([A-Za-z]{3})", text)
    return (glued[1], glued[2]) if glued else (text, "")


def _is_price(text: str) -> bool:
    """Whether text that stands for a card is meant as a price, not as a file."""
    text = text.strip()
    if re.search(r"[/\\]|\.[A-Za-z]\w*$", text):
        return False
    return bool(re.match(r"[-+−$€£¥]?\s*[.,]?[0-9]|[A-Za-z]{3}\s+[-+−]?[.,]?[0-9]", text)) or bool(
        re.fullmatch(r"\S+\s+[A-Z]{3}", text)
    )


def _upper(currency: str) -> str:
    """Read ``gbp`` as GBP; ``GBp`` is left alone, for it is pence."""
    return currency.upper() if currency.islower() else currency


def _not_text(value: object) -> str | None:
    """Say what is wrong with a price that is no text."""
    if isinstance(value, float):
        return "the price is a float, which cannot hold most prices exactly: write it as text"
    if isinstance(value, int | Decimal):
        return "the price is a number without a currency: write both as text"
    return None


def _from_mapping(mapping: Mapping[str, str], *, named: bool) -> tuple[list[_Row], list[CardFault]]:
    """Read countries, prefixes and ``*`` to prices, as far as they can be read."""
    rows: list[_Row] = []
    faults: list[CardFault] = []
    for key, value in mapping.items():
        rate, wrong = _from_item(key, value)
        place = f"'{key}'" if named else ""
        rows.append(_Row(rate, tuple(name for name, _ in wrong), place))
        faults += [_at(rows[-1], text) for _, text in wrong if text]
    return rows, faults


def _from_item(key: object, value: object) -> tuple[Rate, list[tuple[str, str]]]:
    """Read one entry; with field and text of each fault, no text where another one says it."""
    wrong: list[tuple[str, str]] = []
    country = prefix = currency = ""
    price = Decimal(0)
    name = key.strip() if isinstance(key, str) else ""
    if not name:
        step = "write a country 'GB', a prefix '+44', or '*' for the default"
        wrong.append(("country", f"the key is not text or empty; {step}"))
    elif re.fullmatch(r"\+?[0-9]+", name):
        prefix = name.removeprefix("+")
    elif name != "*":
        country = name.upper()
    if isinstance(value, str):
        text, currency = _split(value.strip())
        try:
            price = _price(text)
        except _Unreadable as error:
            wrong.append(("price", str(error)))
        if not currency:
            text = "the price has no currency; write it like '0.034 GBP'"
            wrong.append(("currency", "" if "price" in dict(wrong) else text))
    else:
        hint = _not_text(value) or "the price is not text: write it"
        wrong += [("price", f"{hint}: '0.034 GBP'"), ("currency", "")]
    rate = Rate(country=country, prefix=prefix, price=price, currency=_upper(currency))
    return rate, wrong


def money(text: object, what: str) -> tuple[Decimal, str]:
    """Read an amount with its currency, such as ``500 EUR``; ``what`` names it in the error.

    Raises :class:`~smsplan.errors.InputError` where it is none.

    >>> money("500 EUR", "max_cost")
    (Decimal('500'), 'EUR')
    """
    rate, wrong = _from_item("*", text)
    faults = [fault for _, fault in wrong if fault]
    faults += [fault for name, fault in _rate_faults(rate) if name not in dict(wrong)]
    if faults:
        said = "; ".join(fault.replace("price", "amount") for fault in faults)
        raise InputError(f"{what}: {said.replace('0.034 GBP', '500 EUR')}")
    return rate.price, rate.currency


def _fault(text: str, line: int | None = None) -> RateCardError:
    return RateCardError([CardFault(line, text)])


def _text(path: Path) -> str:
    """Read a file, or say why not."""
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        step = "check the name, or give a price such as '0.034 GBP'"
        raise _fault(f"there is no such file; {step}") from None
    except IsADirectoryError:
        raise _fault("this is a folder; name the CSV file in it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise _fault(f"the file cannot be read ({reason}); check its name and rights") from None
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise _fault("the file is not UTF-8 text; save it as CSV in UTF-8", line) from None
    if not text.strip():
        raise _fault("the file is empty; it needs a line of column names and rows of prices")
    return text


def _mapped_names(columns: Mapping[str, str] | None) -> dict[str, str] | None:
    """Check a mapping of our names to the file's; returns the file's names to ours."""
    if columns is None:
        return None
    for name in columns:
        if name not in _COLUMNS:
            close = difflib.get_close_matches(name, _COLUMNS, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"use {', '.join(_COLUMNS)}"
            raise InputError(f"columns: a rate card has no '{name}'; {hint}")
    if len(set(columns.values())) < len(columns):
        raise InputError("columns: two names are mapped to one column; map each to its own")
    return {theirs: ours for ours, theirs in columns.items()}


def _renamed(header: list[str], wanted: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return our names of a file's columns (empty: not read), and what is wrong with them."""
    written = [name.strip() for name in header]
    faults = []
    for theirs, ours in wanted.items():
        if theirs not in written:
            folded = {name.casefold(): name for name in written}
            close = difflib.get_close_matches(theirs.casefold(), folded, n=1)
            listed = ", ".join(f"'{name}'" for name in written if name)
            hint = f"did you mean '{folded[close[0]]}'?" if close else f"there are {listed}"
            faults.append(f"no column '{theirs}' for {ours}; {hint}")
    return [wanted.get(name, "") for name in written], faults


def _currency_of(name: str) -> str:
    """Find the one currency in the name of a column, such as ``Price (EUR)``."""
    found = [word for word in re.findall(r"[A-Z]{3}", name) if word in _ISO_4217]
    return found[0] if len(found) == 1 else ""


def _parsed(
    lines: Iterator[tuple[int, list[str]]],
    wanted: dict[str, str] | None = None,
    decimal: str | None = None,
    *,
    merged: bool = False,
) -> tuple[list[_Row], list[CardFault]]:
    """Read the rows of a file: the rates as far as they could be read, and what could not.

    ``merged``: of a workbook, where a column without a name is one whose name is merged away.
    """
    number, header = next(lines, (1, []))
    if not any(header):
        raise _fault("the file is empty; it needs a line of column names and rows of prices")
    unmapped: list[str] = []
    if wanted is None:
        names = [re.sub(r"[\s-]+", "_", name.strip().lower()) for name in header]
    else:
        names, unmapped = _renamed(header, wanted)
    as_written = dict(zip(names, (name.strip() for name in header), strict=True))
    faults = [CardFault(number, fault) for fault in unmapped or _header_faults(names, as_written)]
    named = _currency_of(as_written.get("price", "")) if "currency" not in names else ""
    rows: list[_Row] = []
    if faults:
        raise RateCardError(faults)
    seen = False
    # Columns with values and no name, and the first line with one.
    unnamed: dict[int, int] = {}
    for line, cells in lines:
        seen = True
        if len(cells) != len(names):
            faults.append(
                CardFault(
                    line,
                    f"it has {len(cells)} cells and the first line {len(names)}; make them as "
                    "many, and put a cell with a comma, also a decimal one, in quotes",
                )
            )
            continue
        for place, (name, cell) in enumerate(zip(header, cells, strict=True), start=1):
            if merged and cell.strip() and not name.strip():
                unnamed.setdefault(place, line)
        values = dict(zip(names, cells, strict=True))
        if named:
            values["currency"] = named
        rate, wrong = _row(values, line, decimal)
        faults += [CardFault(line, text) for _, text in wrong]
        rows.append(_Row(rate, tuple(name for name, _ in wrong)))
    faults += [
        CardFault(
            line,
            f"column {place} has values and no name; name every column in line {number} (is a cell "
            "merged there?) or remove it",
        )
        for place, line in unnamed.items()
    ]
    if not seen:
        raise _fault("there are column names and no rows below them; add the prices")
    if "currency" not in names and rows and all(not row.rate.currency for row in rows):
        # One fault for the file instead of the same one in every line.
        without = [fault for fault in faults if "no currency" not in fault.text]
        missing = (
            "no column 'currency', none in the name of the price column, and no price that names "
            "one; add the column"
        )
        return rows, [CardFault(number, missing), *without]
    return rows, faults


def _lines(text: str, wanted: Mapping[str, str] | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that have anything in them, each with the line on which it begins."""
    first = next(line for line in text.splitlines() if line.strip())
    names = _COLUMNS if wanted is None else [name.lower() for name in wanted]
    delimiter = max(",;\t", key=lambda mark: _known(first, mark, names))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        step = "close the quotes or double those inside a cell"
        raise _fault(f"a cell with quotes cannot be read; {step}", line) from None


def _known(header: str, delimiter: str, names: Collection[str]) -> int:
    """Count the column names that a delimiter finds."""
    return sum(name.strip(' "').lower() in names for name in header.split(delimiter))


def _header_faults(names: list[str], as_written: dict[str, str]) -> list[str]:
    faults = []
    strange = [name for name in names if name and name not in _COLUMNS and name not in _DECISIVE]
    first = "name the columns in the first line"
    if "price" not in names:
        faults.append(f"no column 'price'; {_meant('price', strange, as_written) or first}")
    if "country" not in names and "prefix" not in names:
        guess = _meant("country", strange, as_written) or _meant("prefix", strange, as_written)
        faults.append(f"no column 'country' and none 'prefix'; {guess or first}")
    for name in sorted({name for name in names if name in _COLUMNS and names.count(name) > 1}):
        faults.append(f"the column '{name}' is there twice; remove one")
    if faults:
        return faults
    for name in strange:
        # A misspelt column that is not required would go unread and the rows be priced without it.
        for meant in difflib.get_close_matches(name, _COLUMNS, n=1, cutoff=0.82):
            if meant not in names:
                faults.append(
                    f"unknown column '{as_written[name]}'; did you mean '{meant}'? rename or "
                    "remove it"
                )
    return faults


def _meant(name: str, strange: list[str], as_written: dict[str, str]) -> str | None:
    close = difflib.get_close_matches(name, strange, n=1)
    return f"did you mean '{as_written[close[0]]}'? rename it" if close else None


def _row(
    cells: dict[str, str], line: int, decimal: str | None = None
) -> tuple[Rate, list[tuple[str, str]]]:
    """Read a row; with field and text of each fault, for which a stand-in is in the rate."""
    get = {name: cells.get(name, "").strip() for name in _COLUMNS}
    wrong: list[tuple[str, str]] = []
    text, own = _split(get["price"])
    price = Decimal(0)
    try:
        price = _price(text, decimal)
    except _Unreadable as error:
        wrong.append(("price", str(error)))
    named, own = _upper(get["currency"]), _upper(own)
    if named and own and named != own:
        wrong.append(("currency", "price and currency name two currencies; remove the wrong one"))
    elif not named and not own and "currency" not in cells:
        wrong.append(("currency", "price has no currency; write it like '0.034 GBP'"))
    dates: dict[str, date | None] = {}
    for name in ("valid_from", "valid_to"):
        try:
            dates[name] = date.fromisoformat(get[name]) if get[name] else None
        except ValueError:
            dates[name] = None
            wrong.append((name, f"{name} is not a date; write it like 2026-04-01"))
    prefix = get["prefix"].removeprefix("+")
    if get["prefix"] and not prefix:
        wrong.append(("prefix", "prefix has no digits; write them behind the +"))
    country = get["country"].upper()
    for name in _DECISIVE:
        value = cells.get(name, "").strip().lower()
        if value and not (name in _HARMLESS and _HARMLESS[name].fullmatch(value)):
            wrong.append(
                (
                    name,
                    f"'{name}' has a value, but this version cannot choose a price by it; keep the "
                    "rows that hold for all and empty the column",
                )
            )
    rate = Rate(
        country="" if country == "*" else country,
        prefix=prefix,
        mccmnc=get["mccmnc"],
        sender_type=get["sender_type"],
        kind=get["kind"].lower() or "base",
        per=get["per"].lower() or "part",
        price=price,
        currency=named or own,
        valid_from=dates["valid_from"],
        valid_to=dates["valid_to"],
        source=cells.get("source", ""),
        line=line,
    )
    return rate, wrong
