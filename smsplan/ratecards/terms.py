"""Terms: which prices hold for a sender, a day and a mix of operators, and what that costs."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, overload

from smsplan.errors import InputError
from smsplan.plurals import counted
from smsplan.ratecards.card import RateCard
from smsplan.ratecards.costs import EXACT, Cost
from smsplan.ratecards.faults import MAX_DECIMALS, chosen, sender_name
from smsplan.ratecards.garbage import search_put_off
from smsplan.ratecards.mixes import OTHERS, OperatorMix
from smsplan.ratecards.rate import Rate, decimals
from smsplan.ratecards.reading import is_price, money

# Rows of one price: country, prefix, operator, and whether it is a surcharge.
Key = tuple[str, str, str, bool]
# Where rows of a card stand: country and prefix.
Place = tuple[str, str]
_NO_PRICE = Decimal(0)


class Ladder(NamedTuple):
    """Rows that are one price: its tiers in order, most often a single one."""

    rates: tuple[Rate, ...]

    @property
    def listed(self) -> Rate:
        """The first tier that costs anything: what rows of a plan are priced at."""
        if len(self.rates) == 1:
            return self.rates[0]
        return next((rate for rate in self.rates if rate.price), self.rates[0])

    @property
    def name(self) -> str:
        """How a user names it: ``US``, ``+44``, ``US 310410``, ``*``."""
        rate = self.rates[0]
        keys = [rate.country, f"+{rate.prefix}" if rate.prefix else "", rate.network]
        return " ".join(filter(None, keys)) or "*"

    def units(self, parts: int, messages: int) -> int:
        """Return what is billed of messages of so many parts each."""
        return messages * (min(parts, 1) if self.rates[0].per == "message" else parts)


class Outcome(NamedTuple):
    """What a message costs with one operator: for each part, and for the message as a whole."""

    part: Decimal
    message: Decimal

    def cost(self, parts: int) -> Decimal:
        """Return what a message of so many parts costs."""
        return EXACT.add(
            EXACT.multiply(self.part, Decimal(parts)),
            EXACT.multiply(self.message, Decimal(min(parts, 1))),
        )


@dataclass(frozen=True, slots=True)
class Charge:
    """What messages to some numbers cost.

    ``outcomes`` are the distinct ones that an operator may bring, one where none decides.
    ``expected`` are the price of a part and of a message on the ``basis`` (empty: one outcome).
    ``rejected``: nothing can be sent to them. ``base`` and ``surcharges`` are the prices of which
    one applies, ``currency`` is theirs.
    """

    currency: str
    outcomes: tuple[Outcome, ...]
    expected: tuple[Fraction, Fraction]
    basis: str
    rejected: bool
    base: tuple[Ladder, ...]
    surcharges: tuple[Ladder, ...]

    @property
    def price(self) -> Decimal | None:
        """The price of a part, or of a message; None where the operator decides, or both count."""
        if self.rejected or len(self.outcomes) > 1:
            return None
        part, message = self.outcomes[0]
        return part if not message else message if not part else None

    @property
    def tiered(self) -> tuple[Ladder, ...]:
        """The prices with tiers; they apply whatever the operator."""
        return tuple(ladder for ladder in (*self.base, *self.surcharges) if len(ladder.rates) > 1)

    def low(self, parts: int) -> Decimal:
        """Return the least that a message of so many parts costs."""
        return min(outcome.cost(parts) for outcome in self.outcomes)

    def high(self, parts: int) -> Decimal:
        """Return the most that a message of so many parts costs."""
        return max(outcome.cost(parts) for outcome in self.outcomes)

    def cost(self, parts: int, messages: int = 1) -> Cost:
        """Return what messages of so many parts each cost, before tiers."""
        if self.rejected:
            return Cost()
        low, high = (
            EXACT.multiply(end, Decimal(messages)) for end in (self.low(parts), self.high(parts))
        )
        if low == high:
            return Cost({self.currency: high})
        part, message = self.expected
        expected = (part * parts + message * min(parts, 1)) * messages
        return Cost.between(self.currency, low=low, expected=expected, high=high, basis=self.basis)


class Charges(Sequence[Charge]):
    """What messages cost at some ``places``.

    Those of places that have the same price differ in the rows that they name alone: ``distinct``
    has one of each, and ``kinds`` says which a place has.
    """

    def __init__(
        self,
        places: tuple[Place, ...],
        distinct: tuple[Charge, ...],
        kinds: Sequence[int],
        ladders: tuple[Ladder, ...] = (),
    ) -> None:
        self.places, self.distinct, self.kinds = places, distinct, kinds
        self._ladders = ladders

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Charges):
            return NotImplemented
        return self.places == other.places and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self.places)

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Charge: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Charge]: ...
    def __getitem__(self, at: int | slice) -> Charge | Sequence[Charge]:
        if isinstance(at, slice):
            return [self[place] for place in range(*at.indices(len(self)))]
        charge = self.distinct[self.kinds[at]]
        return replace(charge, base=(self._ladders[at],)) if self._ladders else charge


@dataclass(frozen=True, slots=True)
class CostLine:
    """A line of a total beside its messages: a tier, an allowance, a fee."""

    text: str
    cost: Cost

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"text": self.text, "cost": self.cost.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CostLine:
        """Read what :meth:`to_dict` wrote."""
        return cls(data["text"], Cost.from_dict(data["cost"]))


class Terms:
    """The prices that hold: one sender, one day, one mix of operators; made by ``card.terms()``.

    ``card`` has the rows that are left, ``mix`` the operators, ``used`` what was sent before in
    this month, by the name of a price (``US``, ``+44``, ``*``). ``exchanged`` says by which rates
    prices were converted.

    >>> card = RateCard([
    ...     Rate(country="US", price=Decimal("0.0079"), currency="USD"),
    ...     Rate(country="US", mccmnc="310410", kind="surcharge", price=Decimal("0.0035"),
    ...          currency="USD"),
    ... ])
    >>> print(card.terms().charge("12025550123").cost(2))
    USD 0.0158 to 0.0228, expected 0.0228 (mean of the operators)
    >>> print(card.terms(mix={"US": {"310410": 1, "*": 3}}).charge("12025550123").cost(2))
    USD 0.0158 to 0.0228, expected 0.01755 (operators as given)
    """

    @search_put_off()
    def __init__(
        self,
        card: RateCard,
        *,
        mix: OperatorMix | Mapping[str, Mapping[str, int | str]] | None = None,
        used: int | Mapping[str, int] = 0,
        exchanged: str = "",
    ) -> None:
        card.check_settled()
        self.card = card
        # What is made of them once, for all who price by them: ``pricing.tables``.
        self.table: Any = None
        self.mix = None if mix is None else OperatorMix.of(mix)
        self.exchanged = exchanged
        ladders: dict[Key, list[Rate]] = {}
        for rate in card.rates:
            if rate.kind in ("base", "reject", "surcharge"):
                key = (rate.country, rate.prefix, rate.network, rate.kind == "surcharge")
                ladders.setdefault(key, []).append(rate)
        self._ladders = {
            key: Ladder(
                (rates[0],)
                if len(rates) == 1
                else tuple(sorted(rates, key=lambda rate: rate.tier_from))
            )
            for key, rates in ladders.items()
        }
        self._at: dict[Place, list[Key]] = {}
        for key in self._ladders:
            self._at.setdefault(key[:2], []).append(key)
        self._sizes = sorted({len(prefix) for _, prefix in self._at}, reverse=True)
        self._by_country = any(country for country, _ in self._at)
        self._resolved: dict[tuple[str, tuple[Place, ...], str | None], Charge | None] = {}
        self.used = self._checked(used)
        if self.mix is not None or any(key[2] for key in self._ladders):
            for place in self.places():
                self.at(*place)

    @classmethod
    def of(cls, value: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str]) -> Terms:
        """Make terms of what stands for rates: terms, a card, or what :meth:`RateCard.of` takes."""
        if isinstance(value, Terms):
            return value
        if isinstance(value, str) and is_price(value):
            return _of_price(value)
        return RateCard.of(value)._as_terms()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Terms):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"<Terms of {len(self.card.rates):,} rows, {', '.join(self.currencies)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.card, self.mix, dict(self.used), self.exchanged)

    @property
    def _identity(self) -> tuple[Any, ...]:
        mix = None if self.mix is None else json.dumps(self.mix.to_dict())
        return self.card, mix, sorted(self.used.items()), self.exchanged

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: every row of the card, the mix, and what was used."""
        return {
            "rates": [rate.to_dict() for rate in self.card.rates],
            "mix": None if self.mix is None else self.mix.to_dict(),
            "used": dict(self.used),
            "exchanged": self.exchanged,
        }

    @classmethod
    @search_put_off()
    def from_dict(cls, data: Mapping[str, Any]) -> Terms:
        """Read what :meth:`to_dict` wrote."""
        card = RateCard(map(Rate.from_dict, data["rates"]), mixed_currencies=True)
        mix = None if data["mix"] is None else OperatorMix.from_dict(data["mix"])
        return cls(card, mix=mix, used=data["used"], exchanged=data["exchanged"])

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices, in alphabetical order."""
        return self.card.currencies

    @property
    def scale(self) -> int:
        """The largest number of decimals of a price, as written."""
        return self.card.scale

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the content: the card's own where there is nothing else."""
        if self.mix is None and not self.used and not self.exchanged:
            return self.card.digest
        identity = [self.card.digest, *self._identity[1:]]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()

    @cached_property
    def is_ranged(self) -> bool:
        """Whether what a message costs may depend on the operator of the number."""
        return not self._is_plain and any(
            charge is not None and len(charge.outcomes) > 1
            for charge in (self.at(*place) for place in self.places())
        )

    @cached_property
    def _is_plain(self) -> bool:
        """Whether each row is the whole price at its place: no operators, surcharges or mix."""
        return self.mix is None and not any(key[2] or key[3] for key in self._ladders)

    def charges(self) -> Charges:
        """Return what messages cost at every place that has a price: :meth:`places`, :meth:`at`."""
        if not self._is_plain:
            found = [(place, self.at(*place)) for place in self.places()]
            priced = [(place, charge) for place, charge in found if charge is not None]
            every = tuple(charge for _, charge in priced)
            return Charges(tuple(place for place, _ in priced), every, range(len(every)))
        # Half a million prefixes, of which none has a say at another's place, share a few prices.
        kinds: dict[Any, int] = {}
        distinct: list[Charge] = []
        of_place = []
        for ladder in self._ladders.values():
            rate = ladder.rates[0]
            # As it is written: 0.10 is not 0.1 where it is shown.
            alike = str(rate.price), rate.per, rate.kind, rate.currency
            kind = kinds.setdefault(alike if len(ladder.rates) == 1 else ladder, len(distinct))
            if kind == len(distinct):
                distinct.append(_plain_charge(ladder))
            of_place.append(kind)
        places = tuple(key[:2] for key in self._ladders)
        return Charges(places, tuple(distinct), of_place, tuple(self._ladders.values()))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What these prices assume, as sentences."""
        out = []
        failed = sum(rate.kind == "failed" for rate in self.card.rates)
        if failed:
            rows = counted(failed, "row")
            out.append(
                f"every message is assumed to be delivered: {rows} of kind 'failed' left out"
            )
        if self.exchanged:
            out.append(f"prices are converted: {self.exchanged}")
        if self.mix is not None and "reports" in self.mix.basis.values():
            count = sum(
                sum(operators.values())
                for country, operators in self.mix.counts.items()
                if self.mix.basis[country] == "reports"
            )
            days = f" from {self.mix.first} to {self.mix.last}" if self.mix.first else ""
            out.append(f"operators are those of {int(count):,} delivery reports{days}")
        return tuple(out)

    # --- which row applies ------------------------------------------------------------------------

    def charge(
        self, number: str, *, country: str | None = None, operator: str | None = None
    ) -> Charge | None:
        """Return what messages to a number cost, None where there is no price.

        ``number`` is written as the API takes it; ``country`` is computed from it where it is not
        given (``""``: not known). ``operator`` is that of the number, where it is known: then there
        is one outcome. What is not a number has no price.
        """
        if not (number.isascii() and number.isdigit()):
            from smsplan.numbers import normalise

            digits = normalise(number)
            if digits is None:
                return None
            number = digits
        if country is None:
            country = self._country(number)
        places = tuple(
            (key, number[:size])
            for size in self._sizes
            if size <= len(number)
            for key in dict.fromkeys((country, ""))
            if (key, number[:size]) in self._at
        )
        return self._charge(country, places, operator)

    def _country(self, number: str) -> str:
        if not self._by_country and self.mix is None:
            return ""
        from smsplan.numbers import country

        return country(number) or ""

    def at(self, country: str, prefix: str) -> Charge | None:
        """Return what a number of a country costs of which a prefix is all that rows know."""
        return (
            self.charge(prefix, country=country)
            if prefix
            else self._charge(
                country,
                tuple((key, "") for key in dict.fromkeys((country, "")) if (key, "") in self._at),
            )
        )

    def _charge(
        self, country: str, places: tuple[Place, ...], operator: str | None = None
    ) -> Charge | None:
        """Resolve the rows at some places, the most specific first."""
        mixed = country if self.mix is not None and country in self.mix.counts else ""
        known = ("" if operator else mixed, places, operator)
        if known not in self._resolved:
            self._resolved[known] = self._resolve(*known)
        return self._resolved[known]

    def _resolve(self, country: str, places: tuple[Place, ...], only: str | None) -> Charge | None:
        # The first of each operator is the most specific: the longest prefix, then with a country.
        first: dict[tuple[str, bool], Ladder] = {}
        for place in places:
            for key in self._at[place]:
                first.setdefault((key[2], key[3]), self._ladders[key])
        operators = sorted({operator for operator, _ in first} - {""})
        wanted = [*operators, ""] if only is None else [only if only in operators else ""]
        found: dict[str, tuple[Ladder, Ladder | None]] = {}
        for operator in wanted:
            base = first.get((operator, False)) or first.get(("", False))
            if base is not None:
                found[operator] = base, first.get((operator, True)) or first.get(("", True))
        if not found:
            return None
        outcomes = {operator: _outcome(*ladders) for operator, ladders in found.items()}
        charge = self._bare(found, outcomes)
        if country or charge.basis:
            # Also of one outcome: the mix may name an operator that has no price.
            expected, basis = self._expected(country, first, operators, outcomes)
            if charge.basis:
                return replace(charge, expected=expected, basis=basis)
        return charge

    def _bare(
        self,
        found: Mapping[str, tuple[Ladder, Ladder | None]],
        outcomes: Mapping[str, Outcome],
    ) -> Charge:
        base = tuple(dict.fromkeys(ladder for ladder, _ in found.values()))
        extra = tuple(dict.fromkeys(ladder for _, ladder in found.values() if ladder is not None))
        # Under a reject nothing is charged: a surcharge beside it has no say in the currency.
        priced = [
            ladder
            for pair in found.values()
            if pair[0].listed.kind != "reject"
            for ladder in pair
            if ladder is not None
        ]
        currencies = {ladder.listed.currency: ladder for ladder in priced}
        if len(currencies) > 1:
            places = " and ".join(_place(ladder) for ladder in currencies.values())
            raise InputError(
                f"the rate card prices one number in {' and '.join(sorted(currencies))} "
                f"({places}); give these rows one currency, or convert them: "
                "card.terms(exchange=, on=)"
            )
        distinct = tuple(dict.fromkeys(outcomes.values()))
        only = distinct[0]
        charge = Charge(
            currency=next(iter(currencies), ""),
            outcomes=distinct,
            expected=(Fraction(only.part), Fraction(only.message)),
            basis="mean" if len(distinct) > 1 else "",
            rejected=not priced,
            base=base,
            surcharges=extra,
        )
        for ladders in (base, extra):
            sometimes = ladders is extra and any(ladder is None for _, ladder in found.values())
            tiers = next((ladder for ladder in ladders if len(ladder.rates) > 1), None)
            if tiers is not None and (len(ladders) > 1 or sometimes):
                raise InputError(
                    f"the rate card has tiers ({_place(tiers)}) among prices by operator: how many "
                    "parts count towards them is not known; give it one row, without tiers"
                )
        return charge

    def _expected(
        self,
        country: str,
        first: Mapping[tuple[str, bool], Ladder],
        operators: list[str],
        outcomes: Mapping[str, Outcome],
    ) -> tuple[tuple[Fraction, Fraction], str]:
        """Weigh the outcomes: by the mix, by the row for the others, or all alike."""
        shares = self.mix.shares(country) if self.mix is not None and country else None
        if shares is not None and self.mix is not None:
            weights: dict[str, Fraction] = {}
            first_operators = {name for name, _ in first}
            for operator, share in shares.items():
                key = operator if operator in outcomes and operator != OTHERS else ""
                known = operator in first_operators or operator == OTHERS
                if key not in outcomes or not (known or operator.isdecimal()):
                    who = "other operators" if operator == OTHERS else f"operator {operator}"
                    raise InputError(
                        f"the mix has {who} of {country}, for which the rate card has no price; "
                        "add a row for it, or one without an operator"
                    )
                weights[key] = weights.get(key, Fraction(0)) + share
            basis = self.mix.basis[country]
        elif ("", False) in first and (
            ("", True) in first or not any(surcharge for _, surcharge in first)
        ):
            weights, basis = {"": Fraction(1)}, "default row"
        else:
            named = [operator for operator in operators if operator in outcomes]
            weights, basis = dict.fromkeys(named, Fraction(1, len(named))), "mean"
        part = sum(
            (Fraction(outcomes[key].part) * share for key, share in weights.items()), Fraction(0)
        )
        message = sum(
            (Fraction(outcomes[key].message) * share for key, share in weights.items()), Fraction(0)
        )
        return (part, message), basis

    def places(self) -> tuple[Place, ...]:
        """Return every country and prefix at which numbers may cost something of their own.

        A number costs what :meth:`at` says of the place with the longest prefix that begins it, of
        these the one with its country, else the one without.
        """
        from smsplan.numbers.numbering import countries_of

        out = dict.fromkeys(self._at)
        if self.mix is not None:
            # A country with a mix of its own differs from its neighbours under the same prefix.
            out.update(dict.fromkeys((country, "") for country in self.mix.counts))
        several = self.mix is not None or any(key[2] or key[3] for key in self._ladders)
        if several:
            # Rows at one place apply together with those at places around it.
            for _, prefix in list(self._at):
                for country in countries_of(prefix) if prefix else ():
                    if any((country, prefix[:size]) in out for size in range(len(prefix))):
                        out.setdefault((country, prefix))
        return tuple(out)

    # --- what it costs ----------------------------------------------------------------------------

    def rate(self, number: str, *, country: str | None = None) -> Rate | None:
        """Return the row of the base price, None where there is none.

        Raises :class:`~smsplan.errors.InputError` where the operator decides: see :meth:`charge`.
        """
        charge = self.charge(number, country=country)
        if charge is None:
            return None
        if len(charge.base) > 1:
            raise InputError("the price depends on the operator of the number; use charge()")
        return charge.base[0].listed

    def price(self, number: str, parts: int) -> Decimal | None:
        """Return what a message of so many parts costs, exactly; None where no row applies.

        Raises :class:`~smsplan.errors.InputError` where the operator decides: see :meth:`charge`.
        """
        charge = self.charge(number)
        if charge is None:
            return None
        if parts < 0:
            raise InputError(f"a message cannot have {parts} parts; pass 0 or more")
        if len(charge.outcomes) > 1:
            raise InputError("the price depends on the operator of the number; use charge()")
        return charge.outcomes[0].cost(parts)

    def _checked(self, used: int | Mapping[str, int]) -> dict[str, int]:
        """Give what was sent before to the prices with tiers."""
        tiered = [ladder for ladder in self._ladders.values() if len(ladder.rates) > 1]
        names = sorted({ladder.name for ladder in tiered})
        if isinstance(used, Mapping):
            given = dict(used)
        elif not used:
            given = {}
        elif len(names) == 1:
            given = {names[0]: used}
        else:
            listed = ", ".join(names) or "none"
            raise InputError(
                f"used={used}: the card has tiers at {listed}; say for which, such as "
                f"used={{'{names[0] if names else 'US'}': {used}}}"
            )
        for name, count in given.items():
            if name not in names:
                raise InputError(
                    f"used: the card has no tiers at '{name}'; it has {', '.join(names) or 'none'}"
                )
            if type(count) is not int or count < 0:
                raise InputError(f"used: {count!r} for '{name}' is no whole number of 0 or more")
        return {name: count for name, count in given.items() if count}

    @cached_property
    def has_lines(self) -> bool:
        """Whether a total may have lines beside its messages: see :meth:`lines`."""
        tiered = any(len(ladder.rates) > 1 for ladder in self._ladders.values())
        return tiered or any(rate.kind == "fixed" for rate in self.card.rates)

    def lines(
        self, units: Mapping[Ladder, int], countries: Iterable[str | None]
    ) -> tuple[CostLine, ...]:
        """Return the lines of a total beside its messages: tiers, allowances, fixed fees.

        ``units`` are what is billed by each price with tiers (:attr:`Charge.tiered`), ``countries``
        those of the messages: a fee of a country counts where anything is sent to it.
        """
        out = []
        for key, ladder in self._ladders.items():
            if len(ladder.rates) > 1 and units.get(ladder):
                out += self._tiers(ladder, units[ladder], surcharge=key[3])
        there = set(countries)
        for rate in self.card.rates:
            if rate.kind == "fixed" and (rate.country in there if rate.country else there):
                what = f" ({rate.source})" if rate.source else ""
                text = f"fixed fee{f' {rate.country}' if rate.country else ''}{what}"
                out.append(CostLine(text, Cost({rate.currency: rate.price})))
        return tuple(out)

    def _tiers(self, ladder: Ladder, units: int, *, surcharge: bool) -> list[CostLine]:
        """Return what each tier changes against the listed price, from what was used on."""
        listed, used = ladder.listed, self.used.get(ladder.name, 0)
        end = used + units
        what = "messages" if listed.per == "message" else "parts"
        out = []
        ends = [
            *(rate.tier_from for rate in ladder.rates[1:]),
            max(end, ladder.rates[-1].tier_from),
        ]
        for rate, until in zip(ladder.rates, ends, strict=True):
            count = min(end, until) - max(used, rate.tier_from)
            if count <= 0 or rate.price == listed.price:
                continue
            change = EXACT.multiply(EXACT.subtract(rate.price, listed.price), Decimal(count))
            name = f"{ladder.name} surcharge" if surcharge else ladder.name
            text = (
                f"{name}: {count:,} {what} free"
                if not rate.price
                else f"{name}: {count:,} {what} at {rate.price:f} from {rate.tier_from:,} on"
            )
            out.append(CostLine(text, Cost({rate.currency: change})))
        return out


@lru_cache(maxsize=64)
def _of_price(text: str) -> Terms:
    """Make terms of one price: a service says the same one a million times."""
    return RateCard.of(text)._as_terms()


def _outcome(base: Ladder, surcharge: Ladder | None) -> Outcome:
    part = message = _NO_PRICE
    if base.listed.kind != "reject":
        for ladder in (base, surcharge):
            if ladder is None:
                continue
            rate = ladder.listed
            if rate.per == "part":
                part = EXACT.add(part, rate.price)
            else:
                message = EXACT.add(message, rate.price)
    return Outcome(part, message)


def _plain_charge(ladder: Ladder) -> Charge:
    """Return what messages cost where one price is all there is."""
    rate = ladder.listed
    rejected = rate.kind == "reject"
    outcome = _outcome(ladder, None)
    return Charge(
        currency="" if rejected else rate.currency,
        outcomes=(outcome,),
        expected=(Fraction(outcome.part), Fraction(outcome.message)),
        basis="",
        rejected=rejected,
        base=(ladder,),
        surcharges=(),
    )


def _place(ladder: Ladder) -> str:
    line = ladder.rates[0].line
    return ladder.name if line is None else f"line {line}"


def _remade(
    card: RateCard, mix: OperatorMix | None, used: Mapping[str, int], exchanged: str
) -> Terms:
    return Terms(card, mix=mix, used=used, exchanged=exchanged)


def settled_terms(
    card: RateCard,
    *,
    sender_type: str | None,
    on: date | None,
    charge_on: str | None,
    mix: OperatorMix | Mapping[str, Mapping[str, int | str]] | None,
    used: int | Mapping[str, int],
    exchange: Mapping[str, str] | None,
) -> Terms:
    """Choose the rows of a card that hold: see :meth:`RateCard.terms`."""
    if on is not None and type(on) is not date:
        raise InputError(f"on={on!r} is no day; pass datetime.date(2026, 12, 1)")
    rows = [
        rate
        for rate in card.rates
        if on is None or ((rate.valid_from or date.min) <= on <= (rate.valid_to or date.max))
    ]
    if not rows:
        raise InputError(f"no price of the card is valid on {on}; take the card of that day")
    if sender_type is not None:
        known = sorted({sender_name(rate.sender_type) for rate in card.rates} - {""})
        wanted = sender_name(sender_type)
        if known and wanted not in known:
            raise InputError(
                f"the card has no sender type '{sender_type}'; it has {', '.join(known)}"
            )
        rows = list(chosen(rows, "sender_type", wanted, dated=on is not None))
    if charge_on is not None:
        if charge_on not in ("submitted", "delivered"):
            raise InputError(f"charge_on='{charge_on}': write 'submitted' or 'delivered'")
        rows = list(chosen(rows, "charge_on", charge_on, dated=on is not None))
    if not rows:
        day = "" if on is None else f" on {on}"
        who = f" for '{sender_type}'" if sender_type is not None else f" for '{charge_on}'"
        raise InputError(f"the card has no price{who}{day}; add one")
    exchanged = ""
    if exchange:
        rows, exchanged = _exchanged(rows, exchange, on)
    settled = card if rows == [*card.rates] else RateCard(rows, mixed_currencies=True)
    return Terms(settled, mix=mix, used=used, exchanged=exchanged)


def _exchanged(
    rows: Collection[Rate], exchange: Mapping[str, str], on: date | None
) -> tuple[list[Rate], str]:
    """Convert prices, exactly, and say by which rates."""
    if on is None:
        raise InputError("exchange: rates are those of a day; say which: card.terms(on=date(...))")
    known: dict[str, tuple[Decimal, str]] = {}
    for currency, text in exchange.items():
        amount, target = money(text, f"exchange of {currency}")
        if not amount or currency == target:
            raise InputError(f"exchange: '{text}' is no rate of {currency}; write such as 1.08 USD")
        known[currency] = amount, target
    strange = sorted(set(known) - {rate.currency for rate in rows})
    if strange:
        raise InputError(f"exchange: the card has no prices in {strange[0]}; leave it out")
    both = sorted({target for _, target in known.values()} & set(known))
    if both:
        raise InputError(f"exchange: {both[0]} is converted and converted to; convert to one")
    out = []
    for rate in rows:
        if rate.currency in known:
            amount, target = known[rate.currency]
            price = EXACT.multiply(rate.price, amount)
            if decimals(price) > MAX_DECIMALS:
                raise InputError(
                    f"exchange: a price in {rate.currency} gets over {MAX_DECIMALS} decimals; give "
                    "a rate with fewer"
                )
            rate = replace(rate, price=price, currency=target)
        out.append(rate)
    said = ", ".join(f"1 {name} = {amount:f} {to}" for name, (amount, to) in known.items())
    return out, f"{said} ({on})"
