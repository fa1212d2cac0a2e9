"""Estimates: what a campaign will be, from a sample of the list, or before there is a list.

An estimate is no plan: it has no rows, and says how sure it is. A plan of a million recipients
takes a second; estimate where the list is larger than patience, or not yet made.
"""

from __future__ import annotations

import math
import os
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import product
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from smsplan.errors import InputError
from smsplan.insight.shown import Shown
from smsplan.name_statistics import NAMES, names
from smsplan.ratecards import Charge, RateCard, Terms
from smsplan.ratecards.costs import MINOR_UNITS, amount_text, rounded
from smsplan.tabular import ANY, frame
from smsplan.templates import Template

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.tabular import Frame

# At least so many rows are looked at, or all of them.
FEWEST = 1000
# So many texts are made where there is no list, unless there are fewer different ones.
_TEXTS = 20_000
_SQUARE = Context(prec=50)


@dataclass(frozen=True, slots=True)
class Interval:
    """An amount that is estimated, and between what it lies with the confidence of the estimate."""

    low: Decimal
    expected: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Estimate(Shown):
    """What a campaign will be; it has no rows and cannot be saved as a plan.

    ``messages`` and ``parts`` are intervals, ``cost`` is one by currency: where operators decide
    prices, from the lowest to the highest that they bring. ``confidence`` is a share, ``sample`` is
    how many of ``rows`` rows (texts) were looked at; a whole list is exact (``is_exact``).
    ``unpriced`` is the estimated share of messages without a price. ``of_a_list`` is False where
    there was none. ``remarks`` say what an estimate does not see.
    """

    rows: int
    sample: int
    confidence: Fraction
    messages: Interval
    parts: Interval
    cost: Mapping[str, Interval]
    unpriced: Fraction
    remarks: tuple[str, ...] = ()
    of_a_list: bool = True

    @property
    def is_exact(self) -> bool:
        """Whether the whole list was looked at."""
        return self.of_a_list and self.sample == self.rows

    @property
    def head(self) -> str:
        """The estimate in one line."""
        return f"{_count(self.messages)} messages · {_count(self.parts)} parts" + "".join(
            f" · {_money(name, each)}" for name, each in self.cost.items()
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands below it: messages without a price, how sure it is, ``remarks``."""
        seen = f"{self.sample:,} of {self.rows:,} rows"
        if not self.of_a_list:
            seen = f"{self.sample:,} different texts"
        sure = f"{float(100 * self.confidence):g} % confidence, from {seen}"
        without = f"about {float(100 * self.unpriced):.3g} % of them without a price"
        return (
            *([without] if self.unpriced else ()),
            "of the whole list: exact" if self.is_exact else sure,
            *self.remarks,
        )

    def __str__(self) -> str:
        return "\n".join([self.head, *self.notes])

    def to_frame(self) -> Frame:
        """Return a pandas DataFrame with a row for messages, for parts, and for each currency.

        ``figure`` is ``messages``, ``parts`` or ``cost``; ``currency`` is None but for cost; the
        ends are Decimals.
        """
        columns = {"figure": ANY, "currency": ANY, "low": ANY, "expected": ANY, "high": ANY}
        figures: list[tuple[str, str | None, Interval]] = [
            ("messages", None, self.messages),
            ("parts", None, self.parts),
            *(("cost", name, each) for name, each in self.cost.items()),
        ]
        rows = (
            {"figure": figure, "currency": currency, "low": each.low, "expected": each.expected,
             "high": each.high}
            for figure, currency, each in figures
        )  # fmt: skip
        return frame(columns, rows)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; numbers that are estimated are text."""

        def interval(of: Interval) -> dict[str, str]:
            return {name: format(getattr(of, name), "f") for name in ("low", "expected", "high")}

        return {
            "rows": self.rows,
            "sample": self.sample,
            "confidence": str(self.confidence),
            "messages": interval(self.messages),
            "parts": interval(self.parts),
            "cost": {name: interval(each) for name, each in self.cost.items()},
            "unpriced": str(self.unpriced),
            "remarks": list(self.remarks),
        }


def estimate(
    recipients: Any,
    body: str | Template | None = None,
    *,
    fraction: str | None = None,
    lengths: Mapping[str, str | int | Sequence[str]] | None = None,
    messages: int | None = None,
    country: str | None = None,
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
    confidence: str = "95%",
    seed: int = 0,
    **options: Any,
) -> Estimate:
    """Estimate a campaign from a random sample of the list, or without one.

    ``estimate(recipients, body, fraction="1%")`` plans a sample of the list, at least 1,000 rows,
    and adds up what it stands for. ``options`` are those of :func:`smsplan.plan`.

    ``estimate(body, lengths={"name": "tr", "city": 12}, messages=1_000_000)`` needs no list: each
    parameter is a language, whose names are drawn from small statistics of ours; a length in
    characters of the GSM alphabet; or values of your own, all equally frequent. ``country`` says
    where the messages go, for ``rates``.

    Raises :class:`~smsplan.errors.InputError` where it cannot be meant.

    >>> made = estimate("Hi ${name}! " + "x" * 145, lengths={"name": "tr"}, messages=1_000_000)
    >>> made.parts.low > 1_000_000
    True
    """
    share = _share(confidence, "confidence")
    if not 0 < share < 1:
        raise InputError(f"confidence={confidence!r}: write a share below 100 %: '95%'")
    if lengths is not None:
        if body is not None or messages is None or fraction is not None:
            raise InputError(
                "without a list give estimate(body, lengths={...}, messages=...), and no fraction"
            )
        return _without_a_list(recipients, lengths, messages, country, rates, share, seed, options)
    if body is None or messages is not None or country is not None:
        raise InputError(
            "give a list and a body: estimate(recipients, body, fraction='1%'); or a body, "
            "lengths= and messages= where there is no list"
        )
    part = _share(fraction or "1%", "fraction")
    if not 0 < part <= 1:
        raise InputError(f"fraction={fraction!r}: write a share up to 100 %: '1%'")
    return _of_a_list(recipients, body, part, rates, share, seed, options)


def _share(text: str, what: str) -> Fraction:
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*", text if isinstance(text, str) else "")
    if found is None:
        raise InputError(f"{what}={text!r}: write a share as text, such as '1%'")
    return Fraction(found[1]) / 100


# --- a sample of a list -----------------------------------------------------------------------


def _of_a_list(
    recipients: Any,
    body: str | Template,
    fraction: Fraction,
    rates: Any,
    confidence: Fraction,
    seed: int,
    options: dict[str, Any],
) -> Estimate:
    from smsplan.planner import plan

    for name in ("output", "rejects", "resume", "select", "prefix"):
        if name in options:
            raise InputError(f"{name}: an estimate has no rows; plan the list for them")
    reading = {name: options.pop(name) for name in ("encoding",) if name in options}
    rows, sample = _sampled(recipients, fraction, seed, reading)
    flagged = options.pop("duplicates", "keep") == "flag"
    terms = None if rates is None else Terms.of(rates)
    made = plan(sample, body, rates=terms, duplicates="keep", **options)
    remarks = ["numbers that are listed twice are not seen in a sample, and count as two"]
    if sample.num_rows == rows:
        remarks = []
        if flagged:
            remarks = ["numbers that are listed twice count as two"]
    ours = made.rows
    sent = [problem is None for problem in ours["problem"].to_pylist()]
    parts = ours["billed_parts"].to_pylist()
    ends = ("cost_low", "cost_high") if terms is not None and terms.is_ranged else ("cost", "cost")
    scale = 0 if terms is None else terms.scale
    spread = _Spread(rows, len(parts), confidence)
    cost: dict[str, Interval] = {}
    unpriced = 0
    if terms is not None:
        low, high = (ours[name].to_pylist() for name in ends)
        currencies = ours["currency"].to_pylist()
        unpriced = sum(amount is None for amount in high)
        for currency in sorted({name for name in currencies if name is not None}):
            columns = [
                [
                    int(Fraction(amount) * 10**scale)
                    if amount is not None and name == currency
                    else 0
                    for amount, name in zip(column, currencies, strict=True)
                ]
                for column in (low, high)
            ]
            low_end, high_end = (spread.of(column, scale, currency) for column in columns)
            middle = (low_end.expected + high_end.expected) / 2
            cost[currency] = Interval(low_end.low, middle, high_end.high)
        if any(terms.lines({}, [None])) or any(
            charge is not None and charge.tiered
            for charge in (terms.at(*place) for place in terms.places())
        ):
            remarks.append("tiers and fixed fees are not in an estimate; plan the list for them")
    messages = sum(sent)
    return Estimate(
        rows=rows,
        sample=len(parts),
        confidence=confidence,
        messages=spread.of([int(goes) for goes in sent], most=rows),
        parts=spread.of(parts),
        cost=cost,
        unpriced=Fraction(unpriced, messages) if messages else Fraction(0),
        remarks=tuple(remarks),
    )


def _sampled(
    recipients: Any, fraction: Fraction, seed: int, reading: Mapping[str, Any]
) -> tuple[int, pa.Table]:
    """Return how many rows there are, and a random sample of them, in their order."""
    import numpy as np
    import pyarrow as pa

    from smsplan.bulk.frames import open_source

    chance = np.random.default_rng(seed)
    source = open_source(recipients, **reading)
    kept: pa.Table | None = None
    drawn = np.zeros(0)
    rows = 0
    for batch in source.batches(None):
        lot = chance.random(batch.num_rows)
        rows += batch.num_rows
        # The rows below the share, and at least the lowest thousand of all.
        limit = float(fraction)
        both = np.concatenate([drawn, lot])
        if len(both) > FEWEST:
            limit = max(limit, float(np.partition(both, FEWEST - 1)[FEWEST - 1]))
        else:
            limit = 1.0
        new = pa.Table.from_batches([batch]).filter(pa.array(lot <= limit))
        old = drawn <= limit
        kept = new if kept is None else pa.concat_tables([kept.filter(pa.array(old)), new])
        drawn = np.concatenate([drawn[old], lot[lot <= limit]])
    assert kept is not None, "a source has at least one batch"
    if not rows:
        raise InputError("the list is empty; there is nothing to estimate")
    return rows, kept


class _Spread:
    """Turns the values of a sample into the total of all rows, with its interval."""

    def __init__(self, rows: int, sample: int, confidence: Fraction) -> None:
        self.rows, self.sample = rows, sample
        self.degrees = max(sample - 1, 1)
        self.quantile = _student(float(confidence), self.degrees)

    def of(
        self,
        values: list[int],
        scale: int = 0,
        currency: str | None = None,
        most: int | None = None,
    ) -> Interval:
        """Return the interval of the sum over all rows of what the sample has, times 10**-scale.

        It is known to be no more than ``most``.

        Sums are of whole numbers, so exact; the square root and the quantile are not.
        """
        count, total = self.sample, sum(values)
        decimals = 0 if currency is None else max(MINOR_UNITS.get(currency, 2), 2)
        mean = Fraction(total, count)
        expected = mean * self.rows / 10**scale
        if count == self.rows:
            exact = rounded(expected, max(scale, decimals))
            return Interval(exact, exact, exact)
        # Four rows more, two of the least and two of the most: of what is rare a sample has few or
        # none, and its own spread would be too sure of that (Agresti and Coull's interval).
        least, top = min(values), max(values)
        if top == least and most is None:
            top += max(top, 1)
        extra = [least, least, top, top]
        size = count + len(extra)
        middle = Fraction(total + sum(extra), size)
        squares = sum(value * value for value in values) + sum(value * value for value in extra)
        variance = (squares - size * middle**2) / (size - 1)
        left = variance / count * (1 - Fraction(count, self.rows))
        root = _SQUARE.sqrt(_SQUARE.divide(Decimal(left.numerator), Decimal(left.denominator)))
        reach = Fraction(root) * Fraction(self.quantile) * self.rows / 10**scale
        centre = middle * self.rows / 10**scale
        # What was seen is certain; what is expected lies between.
        low = max(min(centre - reach, expected), Fraction(total) / 10**scale)
        high = max(centre + reach, expected)
        return Interval(
            rounded(low, decimals, "ROUND_FLOOR"),
            rounded(expected, decimals),
            rounded(high if most is None else min(high, Fraction(most)), decimals, "ROUND_CEILING"),
        )


def _student(confidence: float, degrees: int) -> float:
    """Return the two-sided quantile of Student's t: Cornish and Fisher's expansion."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


# --- before there is a list ---------------------------------------------------------------------


def _charge(terms: Terms, country: str | None) -> Charge | None:
    """What messages to a country cost: by its code, or by its calling code where rows have both."""
    from smsplan.numbers.numbering import REGIONS, plan

    found = terms.at(country or "", "")
    if found is None and country in REGIONS:
        found = terms.at(country, plan(country).calling_code)
    return found


def _without_a_list(
    body: str | Template,
    lengths: Mapping[str, str | int | Sequence[str]],
    messages: int,
    country: str | None,
    rates: Any,
    confidence: Fraction,
    seed: int,
    options: dict[str, Any],
) -> Estimate:
    from smsplan.planner import plan

    if type(messages) is not int or messages < 1:
        raise InputError(f"messages={messages!r} is no number of 1 or more; write one")
    template = body if isinstance(body, Template) else Template(body)
    missing = sorted(set(template.parameters) - set(lengths))
    strange = sorted(set(lengths) - set(template.parameters))
    if missing or strange:
        said = f"no entry for '{missing[0]}'" if missing else f"'{strange[0]}' is no parameter"
        raise InputError(
            f"lengths: {said}; the body has {', '.join(template.parameters) or 'none'}"
        )
    values = {name: _values(name, lengths[name]) for name in template.parameters}
    texts, weights = _texts(values, seed)
    people = [{"to": "+447700900123", **text} for text in texts] or [{"to": "+447700900123"}]
    made = plan(people, template, duplicates="keep", **options)
    parts = [row["billed_parts"] for row in made.rows]
    whole = sum(weights)
    mean = Fraction(sum(w * p for w, p in zip(weights, parts, strict=True)), whole)
    square = Fraction(sum(w * p * p for w, p in zip(weights, parts, strict=True)), whole)
    z = Fraction(NormalDist().inv_cdf((1 + float(confidence)) / 2))
    left = square - mean**2
    root = Fraction(
        _SQUARE.sqrt(_SQUARE.divide(Decimal(left.numerator * messages), Decimal(left.denominator)))
    )
    ends = (mean * messages - z * root, mean * messages, mean * messages + z * root)
    cost: dict[str, Interval] = {}
    unpriced = Fraction(0)
    if rates is not None:
        charge = _charge(Terms.of(rates), country)
        if charge is not None and charge.rejected:
            raise InputError(f"the rate card rejects numbers of '{country or 'no country'}'")
        if charge is None:
            unpriced = Fraction(1)
        else:
            # What so many parts cost is a line in them: a part's price, and a message's.
            low, high = ([Fraction(end(n)) for n in (1, 2)] for end in (charge.low, charge.high))
            per = [(line[1] - line[0], 2 * line[0] - line[1]) for line in (low, high)]
            money = [
                part * parts_ + message * messages
                for (part, message), parts_ in zip(
                    (per[0], per[1]), (ends[0], ends[2]), strict=True
                )
            ]
            middle = sum(
                (part * ends[1] + message * messages for part, message in per), Fraction(0)
            )
            decimals = MINOR_UNITS.get(charge.currency, 2)
            cost[charge.currency] = Interval(
                rounded(money[0], decimals, "ROUND_FLOOR"),
                rounded(middle / 2, decimals),
                rounded(money[1], decimals, "ROUND_CEILING"),
            )
    languages = sorted({v for v in lengths.values() if isinstance(v, str)})
    remarks = ["values are taken to be as given; your own list may differ by more than that"]
    if languages:
        count = sum(len(names(language)) for language in languages)
        remarks = [
            f"names are taken to be as in small statistics of {', '.join(languages)} ({count} "
            "names); your own list may differ by more than the interval says"
        ]
    number = Decimal(messages)
    return Estimate(
        rows=messages,
        sample=len(texts) or 1,
        confidence=confidence,
        messages=Interval(number, number, number),
        parts=Interval(
            rounded(ends[0], 0, "ROUND_FLOOR"),
            rounded(ends[1], 0),
            rounded(ends[2], 0, "ROUND_CEILING"),
        ),
        cost=cost,
        unpriced=unpriced,
        remarks=tuple(remarks),
        of_a_list=False,
    )


def _values(name: str, given: str | int | Sequence[str]) -> list[tuple[str, int]]:
    """Return the values of a parameter with their weights."""
    if isinstance(given, str):
        if given not in NAMES:
            raise InputError(
                f"lengths: no statistics of the language '{given}' for '{name}'; there are "
                f"{', '.join(sorted(NAMES))}; or give a length, or values of your own"
            )
        return names(given)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 1600:
        return [("x" * given, 1)]
    if isinstance(given, Sequence) and given and all(isinstance(each, str) for each in given):
        return [(each, 1) for each in given]
    raise InputError(
        f"lengths: '{name}' is neither a language, nor a length from 0 to 1,600, nor a list of "
        "values"
    )


def _texts(
    values: Mapping[str, list[tuple[str, int]]], seed: int
) -> tuple[list[dict[str, str]], list[int]]:
    """Return the values of texts, all that there are or a random choice, with their weights."""
    keys = list(values)
    if math.prod(len(each) for each in values.values()) <= _TEXTS:
        texts, weights = [], []
        for chosen in product(*values.values()):
            texts.append({key: value for key, (value, _) in zip(keys, chosen, strict=True)})
            weights.append(math.prod(weight for _, weight in chosen))
        return texts, weights
    chance = random.Random(seed)
    drawn = {
        key: chance.choices([v for v, _ in each], [w for _, w in each], k=_TEXTS)
        for key, each in values.items()
    }
    return [{key: drawn[key][n] for key in keys} for n in range(_TEXTS)], [1] * _TEXTS


def _count(of: Interval) -> str:
    if of.low == of.high:
        return f"{of.expected:,}"
    return f"{of.low:,} to {of.high:,} (about {of.expected:,})"


def _money(currency: str, of: Interval) -> str:
    low, expected, high = (amount_text(currency, each) for each in (of.low, of.expected, of.high))
    if of.low == of.high:
        return f"{currency} {expected}"
    return f"{currency} {low} to {high} (about {expected})"
