"""What can be wrong with the rows of a rate card, one by one and together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from smsplan.errors import InputError
from smsplan.ratecards.rate import CHARGED, COUNTRIES, KINDS, OTHER_NAMES, PERS, Rate, decimals

# So that the cost of 10**6 parts still fits a decimal of 38 digits.
MAX_WHOLE, MAX_DECIMALS = 12, 18
_TOO_MUCH = Decimal(10**MAX_WHOLE)
_CURRENCY = re.compile(r"[A-Z]{3}").fullmatch
# E.164: a number has at most 15 digits.
MAX_PREFIX = 15
_SHOWN_FAULTS = 50


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
                shown.append(f"and {len(self.faults) - _SHOWN_FAULTS:,} more; fix these first")
            message = "\n  ".join([f"{name} has {len(self.faults):,} faults:", *shown])
        super().__init__(message)

    def __reduce__(self) -> tuple[type[RateCardError], tuple[tuple[CardFault, ...], str | None]]:
        return RateCardError, (self.faults, self.path)


class Row(NamedTuple):
    """A rate to be checked: its fields that could not be read, and where it stands."""

    rate: Rate
    unread: tuple[str, ...] = ()
    place: str = ""

    @property
    def shown(self) -> str:
        """Where it stands: its line, or its place."""
        return self.place if self.rate.line is None else f"line {self.rate.line}"


def faults_of(rows: list[Row], mixed_currencies: bool) -> list[CardFault]:
    """Find what is wrong with rates, one by one and together; unread fields are known already."""
    faults = []
    checked: list[Row] = []
    for index, row in enumerate(rows, start=1):
        wrong = [each for each in rate_faults(row.rate) if each[0] not in row.unread]
        if wrong:
            row = row._replace(unread=(*row.unread, *(name for name, _ in wrong)))
        if row.rate.line is None and not row.place and len(rows) > 1:
            row = row._replace(place=f"rate {index}")
        checked.append(row)
        faults += [fault_at(row, text) for _, text in wrong]
    faults += _same_keys(checked)
    if not mixed_currencies:
        faults += _mixed_currencies(checked)
    return faults


def fault_at(row: Row, text: str) -> CardFault:
    """Say where: a fault with a line shows it by itself."""
    line = row.rate.line
    return CardFault(line, f"{row.place}: {text}" if line is None and row.place else text)


def rate_faults(rate: Rate) -> Iterator[tuple[str, str]]:
    """Yield field and text of what one rate has that a card cannot use."""
    if rate.country and rate.country not in COUNTRIES:
        yield "country", _country_fault(rate.country)
    if rate.prefix and not (rate.prefix.isascii() and rate.prefix.isdigit()):
        yield "prefix", "prefix is not made of digits; write the first digits of the numbers: '44'"
    elif len(rate.prefix) > MAX_PREFIX:
        yield "prefix", f"prefix has over {MAX_PREFIX} digits, as no number has; shorten it"
    elif rate.prefix.startswith("00"):
        yield "prefix", "prefix begins with 00, as no number does; write it without: 44 for 0044"
    if rate.mccmnc and not re.fullmatch(r"[0-9]{5,6}", rate.mccmnc):
        yield (
            "mccmnc",
            "mccmnc is not the 5 or 6 digits of an operator; write them with all zeros: 23415",
        )
    elif rate.network and not rate.country and not rate.prefix:
        yield "country", "the row has an operator and no country; fill the country"
    if rate.kind not in KINDS:
        yield "kind", f"kind is none of {', '.join(KINDS)}; use 'base' or remove the row"
    elif rate.kind in ("fixed", "failed") and (rate.prefix or rate.network):
        yield "kind", f"a row of kind '{rate.kind}' goes by country alone; empty the other keys"
    if rate.per not in PERS:
        yield "per", "per is neither 'part' nor 'message'; use one of them"
    if rate.charge_on and rate.charge_on not in CHARGED:
        yield "charge_on", "charge_on is neither 'submitted' nor 'delivered'; use one or empty it"
    if type(rate.tier_from) is not int or rate.tier_from < 0:
        yield "tier_from", "tier_from is no whole number of 0 or more; write one"
    elif rate.tier_from and rate.kind not in ("base", "surcharge"):
        yield "tier_from", f"a row of kind '{rate.kind}' has no tiers; empty tier_from"
    price: object = rate.price
    if not isinstance(price, Decimal):
        yield "price", f"{not_text(price) or 'price is not a Decimal'}; use Decimal('0.034')"
    elif not price.is_finite():
        yield "price", "price is not a finite number; write it like 0.034 or remove the row"
    elif price < 0:
        yield "price", "price is negative; write 0 or more"
    elif price >= _TOO_MUCH or decimals(price) > MAX_DECIMALS:
        yield (
            "price",
            f"price has over {MAX_WHOLE} digits before the point or over {MAX_DECIMALS} behind "
            "it; shorten it",
        )
    if rate.kind == "reject" and not rate.currency:
        pass
    elif not _CURRENCY(rate.currency):
        yield "currency", _currency_fault(rate.currency)
    if rate.valid_from and rate.valid_to and rate.valid_from > rate.valid_to:
        yield "valid_from", "valid_from lies after valid_to; change one of them"


def _country_fault(country: str) -> str:
    text = "country is not a code of ISO 3166 (two letters)"
    if country in OTHER_NAMES:
        return f"country '{country}' is not a code of ISO 3166; write '{OTHER_NAMES[country]}'"
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


def sender_name(text: str) -> str:
    """Return a sender type as it is compared: ``Toll-free`` is ``toll_free``."""
    return re.sub(r"[\s-]+", "_", text.strip().casefold()) if text else ""


Group = tuple[str, str, str, str]


def _group(rate: Rate) -> Group:
    """What tells the rows of a card apart but for sender, way of charging, tier and day."""
    kind = "base" if rate.kind == "reject" else rate.kind
    return rate.country, rate.prefix, rate.network, kind


def chosen(
    rates: Iterable[Rate], name: Literal["sender_type", "charge_on"], wanted: str, *, dated: bool
) -> Iterator[Rate]:
    """Yield the rows that apply to one choice: those that name it before those that name none."""
    by_group: dict[Group, tuple[list[Rate], list[Rate]]] = {}
    for rate in rates:
        named, any_ = by_group.setdefault(_group(rate), ([], []))
        value = sender_name(getattr(rate, name))
        if value == wanted:
            named.append(rate)
        elif not value:
            any_.append(rate)
    for named, any_ in by_group.values():
        days = [{(rate.valid_from, rate.valid_to) for rate in some} for some in (named, any_)]
        if named and any_ and not dated and days[0] != days[1]:
            who = "sender" if name == "sender_type" else "way of charging"
            raise InputError(
                f"the card's prices for '{wanted}' are not valid on the same days as those for any "
                f"{who}; say the day as well: card.terms({name}=, on=) (--on)"
            )
        for rate in named or any_:
            yield (
                replace(rate, sender_type="")
                if name == "sender_type"
                else replace(rate, charge_on="")
            )


_KEYS = frozenset(
    {
        "country",
        "prefix",
        "mccmnc",
        "operator",
        "kind",
        "charge_on",
        "tier_from",
        "valid_from",
        "valid_to",
    }
)


def _same_keys(rows: list[Row]) -> Iterator[CardFault]:
    """Find rows that no number could tell apart on some day, and tiers that are no ladder."""
    before: dict[tuple[Group, str, str], list[Row]] = {}
    # A row in which one of these cannot be read is refused anyway, not because it looks the same.
    for row in rows:
        if row.unread and not _KEYS.isdisjoint(row.unread):
            continue
        rate = row.rate
        key = (_group(rate), sender_name(rate.sender_type), rate.charge_on)
        others = before.setdefault(key, [])
        for other in others:
            if rate.tier_from != other.rate.tier_from or not overlap(rate, other.rate):
                continue
            if (rate.valid_from, rate.valid_to) == (other.rate.valid_from, other.rate.valid_to):
                step = "remove one of them"
            else:
                step = "give the older one a valid_to, the day before the other begins"
            names = [
                "country",
                "prefix",
                *(["operator"] if rate.network else []),
                *(["sender type"] if rate.sender_type else []),
            ]
            listed = ", ".join(names[:-1]) + " and " + names[-1]
            yield fault_at(
                row,
                f"the same {listed} as {other.shown}: two rows that no number could tell apart; "
                f"{step}",
            )
            break
        others.append(row)
    for ladder in before.values():
        if len(ladder) > 1 or ladder[0].rate.tier_from:
            yield from _no_ladder(ladder)


def _no_ladder(rows: list[Row]) -> Iterator[CardFault]:
    """Find tiers without a first one, and tiers that count or are paid in another way."""
    for row in rows:
        rate = row.rate
        if not rate.tier_from:
            continue
        first = next(
            (each for each in rows if not each.rate.tier_from and overlap(rate, each.rate)), None
        )
        if first is None:
            yield fault_at(
                row,
                f"a tier from {rate.tier_from:,}, and no row with the same keys for what comes "
                "before; add one with tier_from 0",
            )
        elif (first.rate.per, first.rate.currency, first.rate.kind) != (
            rate.per,
            rate.currency,
            rate.kind,
        ):
            yield fault_at(
                row, f"a tier that differs from {first.shown} in more than its price; fix one"
            )


def overlap(one: Rate, other: Rate) -> bool:
    """Whether there is a day on which both are valid."""
    begin = max(one.valid_from or date.min, other.valid_from or date.min)
    return begin <= min(one.valid_to or date.max, other.valid_to or date.max)


def open_choices(rates: Collection[Rate]) -> str:
    """Say what has to be chosen before a card prices anything; empty where nothing is open."""
    senders = sorted({sender_name(rate.sender_type) for rate in rates} - {""})
    charges = sorted({rate.charge_on for rate in rates} - {""}, reverse=True)
    begin = max((rate.valid_from or date.min for rate in rates), default=date.min)
    end = min((rate.valid_to or date.max for rate in rates), default=date.max)
    said, call, options = [], [], []
    if senders:
        said.append(f"prices by sender type ({', '.join(senders)})")
        call.append(f"sender_type='{senders[0]}'")
        options.append(f"--sender-type {senders[0]}")
    if len(charges) > 1:
        said.append("prices by what is charged for (submitted, delivered)")
        call.append(f"charge_on='{charges[0]}'")
        options.append(f"--charge-on {charges[0]}")
    if begin > end:
        said.append("prices by date")
        call.append(f"on=date({begin.year}, {begin.month}, {begin.day})")
        options.append(f"--on {begin}")
    if not said:
        return ""
    return (
        f"the rate card has {' and '.join(said)}; say which: rates=card.terms({', '.join(call)}) "
        f"({' '.join(options)})"
    )


def _mixed_currencies(rows: list[Row]) -> Iterator[CardFault]:
    first: dict[str, Row] = {}
    for row in rows:
        if "currency" not in row.unread and row.rate.kind != "reject":
            first.setdefault(row.rate.currency, row)
    if len(first) > 1:
        yield fault_at(
            list(first.values())[1],
            f"the card mixes currencies ({', '.join(sorted(first))}); make a card of each, or "
            "pass mixed_currencies=True to RateCard.read or RateCard.of if that is meant",
        )


def not_text(value: object) -> str | None:
    """Say what is wrong with a price that is no text."""
    if isinstance(value, float):
        return "the price is a float, which cannot hold most prices exactly: write it as text"
    if isinstance(value, int | Decimal):
        return "the price is a number without a currency: write both as text"
    return None
