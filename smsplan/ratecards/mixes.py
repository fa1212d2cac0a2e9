"""Which share of a country's messages goes to which operator: learnt from reports, or given."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from smsplan.errors import InputError
from smsplan.ratecards.rate import COUNTRIES

# Stands for every operator that is not named.
OTHERS = "*"


@dataclass(frozen=True, slots=True)
class OperatorMix:
    """Messages by operator in each country; ``*`` is any other operator.

    ``basis`` says of each country where that is from: ``reports`` or ``given``. ``first`` and
    ``last`` are the days of the reports (empty: not reported), ``unknown`` how many reports named
    no operator, or none of a known country.

    >>> mix = OperatorMix.of({"US": {"310410": "40%", "*": "60%"}})
    >>> mix.shares("US")
    {'310410': Fraction(2, 5), '*': Fraction(3, 5)}
    """

    counts: Mapping[str, Mapping[str, Fraction]]
    basis: Mapping[str, str]
    first: str = ""
    last: str = ""
    unknown: int = 0

    def __post_init__(self) -> None:
        counts = {
            country: MappingProxyType(dict(sorted(operators.items())))
            for country, operators in sorted(self.counts.items())
        }
        object.__setattr__(self, "counts", MappingProxyType(counts))
        object.__setattr__(self, "basis", MappingProxyType(dict(sorted(self.basis.items()))))

    @classmethod
    def of(cls, value: OperatorMix | Mapping[str, Mapping[str, int | str]]) -> OperatorMix:
        """Make a mix of counts (whole numbers) or of shares (``"40%"``, together 100 %).

        Raises :class:`~smsplan.errors.InputError` where it is none.
        """
        if isinstance(value, OperatorMix):
            return value
        if not isinstance(value, Mapping):
            raise InputError("mix: give such as {'US': {'310410': '40%', '*': '60%'}}")
        counts = {country: _given(country, operators) for country, operators in value.items()}
        return cls(counts, dict.fromkeys(counts, "given"))

    @classmethod
    def from_reports(cls, path: str | os.PathLike[str]) -> OperatorMix:
        """Learn the mix from past delivery reports of recipients, JSON or CSV.

        Every report with an operator counts once, whatever became of the message. The country is
        the number's: numbers move between operators, not between countries.
        """
        from smsplan.numbers import country
        from smsplan.reports import read_reports

        counts: dict[str, Counter[str]] = {}
        first = last = ""
        unknown = 0
        for report in read_reports(path):
            place = country(report.recipient)
            if place is None or not re.fullmatch(r"[0-9]{5,6}", report.operator):
                unknown += 1
                continue
            counts.setdefault(place, Counter())[report.operator] += 1
            day = report.at[:10]
            if day:
                first, last = min(first or day, day), max(last, day)
        if not counts:
            raise InputError(
                f"no report in '{os.fspath(path)}' names the operator of a number; operators are "
                "in the delivery reports of recipients (per_recipient, or GET /delivery_reports)"
            )
        fractions = {
            place: {operator: Fraction(count) for operator, count in operators.items()}
            for place, operators in counts.items()
        }
        return cls(fractions, dict.fromkeys(fractions, "reports"), first, last, unknown)

    def __or__(self, other: object) -> OperatorMix:
        """Take the countries that this mix does not know from another."""
        if not isinstance(other, OperatorMix):
            return NotImplemented
        return OperatorMix(
            {**other.counts, **self.counts},
            {**other.basis, **self.basis},
            min(filter(None, (self.first, other.first)), default=""),
            max(self.last, other.last),
            self.unknown + other.unknown,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        counts = {country: dict(operators) for country, operators in self.counts.items()}
        return OperatorMix, (counts, dict(self.basis), self.first, self.last, self.unknown)

    def __hash__(self) -> int:
        return hash(tuple(self.counts))

    def shares(self, country: str) -> dict[str, Fraction] | None:
        """Return the share of each operator, together 1; None where the country is not known."""
        operators = self.counts.get(country)
        if operators is None:
            return None
        whole = sum(operators.values(), Fraction(0))
        return {
            operator: count / whole
            for operator, count in sorted(
                operators.items(), key=lambda item: (item[0] == OTHERS, item[0])
            )
        }

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; counts as text."""
        return {
            "countries": {
                country: {
                    "basis": self.basis[country],
                    "operators": {name: str(count) for name, count in operators.items()},
                }
                for country, operators in self.counts.items()
            },
            "first": self.first,
            "last": self.last,
            "unknown": self.unknown,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> OperatorMix:
        """Read what :meth:`to_dict` wrote."""
        countries = data["countries"]
        return cls(
            {
                country: {name: Fraction(count) for name, count in each["operators"].items()}
                for country, each in countries.items()
            },
            {country: each["basis"] for country, each in countries.items()},
            data["first"],
            data["last"],
            data["unknown"],
        )


def _given(country: object, operators: object) -> dict[str, Fraction]:
    if country not in COUNTRIES:
        raise InputError(f"mix: {country!r} is no code of ISO 3166; write such as 'US'")
    if not isinstance(operators, Mapping) or not operators:
        raise InputError(f"mix: '{country}' has no operators; write such as {{'310410': '40%'}}")
    counts: dict[str, Fraction] = {}
    percent = 0
    for operator, value in operators.items():
        if not isinstance(operator, str) or not operator.strip():
            raise InputError(
                f"mix: {operator!r} in '{country}' is no operator; write its 5 or 6 digits "
                "(MCCMNC), its name where the card has names, or '*' for all others"
            )
        text = value.replace(" ", "") if isinstance(value, str) else ""
        if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,18})?%", text):
            percent += 1
            counts[str(operator)] = Fraction(text[:-1])
        elif type(value) is int and value >= 0:
            counts[str(operator)] = Fraction(value)
        else:
            raise InputError(
                f"mix: {operator!r} in '{country}' is {value!r}; write a whole number of messages, "
                "or a share as text: '40%'"
            )
    whole = sum(counts.values(), Fraction(0))
    if percent and (percent < len(counts) or whole != 100):
        raise InputError(
            f"mix: the shares in '{country}' add up to {float(whole):g} and not to 100 %; add '*' "
            "for all others"
        )
    if not whole:
        raise InputError(f"mix: '{country}' has no messages; leave it out")
    return counts
