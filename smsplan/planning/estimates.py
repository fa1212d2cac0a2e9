"""Estimates: what a campaign will be, from a sample of the list, or before there is a list.

An estimate is no plan: it has no rows, and says how sure it is. A plan of a million recipients
takes a second; estimate where the list is larger than patience, or not yet made.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from itertools import product
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from smsplan.api.conditions import Conditions
from smsplan.errors import Faults, InputError, Note, packages_needed
from smsplan.kernel.settings import RowSettings
from smsplan.keywords import chosen, takes
from smsplan.message import Message
from smsplan.planning.first_names import NAMES, names
from smsplan.ratecards import Cost, Terms
from smsplan.ratecards.costs import MINOR_UNITS, amount_text, rounded
from smsplan.recipients import Reading
from smsplan.showing import Shown
from smsplan.templates import Template
from smsplan.totals.summary import RowGroup, Summary, SummaryTally
from smsplan.totals.tabular import ANY, frame

if TYPE_CHECKING:
    from typing import Unpack

    import pyarrow as pa

    from smsplan._keywords import CampaignKeywords
    from smsplan.kernel.prices import PriceTable
    from smsplan.lists.source import Source
    from smsplan.totals.tabular import Frame

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
            {
                "figure": figure,
                "currency": currency,
                "low": each.low,
                "expected": each.expected,
                "high": each.high,
            }
            for figure, currency, each in figures
        )
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


@packages_needed()
@takes(Message, Reading, Conditions, renamed={"body": "message"})
def estimate(
    recipients: Any,
    message: Any = None,
    *,
    fraction: str | None = None,
    lengths: Mapping[str, str | int | Sequence[str]] | None = None,
    messages: int | None = None,
    country: str | None = None,
    confidence: str = "95%",
    seed: int = 0,
    **options: Unpack[CampaignKeywords],
) -> Estimate:
    """Estimate a campaign from a random sample of the list, or without one.

    ``estimate(recipients, message, fraction="1%")`` plans a sample of the list, at least 1,000
    rows, and adds up what it stands for. Numbers that are listed twice are looked for in the whole
    list. Tiers, allowances and fees are those of the whole campaign. A sample that is the whole
    list gives what :func:`smsplan.plan` gives.

    ``estimate(message, lengths={"name": "tr", "city": 12}, messages=1_000_000)`` needs no list:
    each parameter is a language, whose names are drawn from small statistics of ours; a length
    in characters of the GSM alphabet; or values of your own, all equally frequent. ``country`` says
    where the messages go, for ``rates``.

    {options}

    Raises :class:`~smsplan.errors.InputError` where it cannot be meant.

    >>> made = estimate("Hi ${name}! " + "x" * 145, lengths={"name": "tr"}, messages=1_000_000)
    >>> made.parts.low > 1_000_000
    True
    """
    share = _share(confidence, "confidence")
    if not 0 < share < 1:
        raise InputError(f"confidence={confidence!r}: write a share below 100 %: '95%'")
    if lengths is not None:
        if message is not None or messages is None or fraction is not None:
            raise InputError(
                "without a list give estimate(text, lengths={...}, messages=...), and no fraction"
            )
        return _without_a_list(recipients, lengths, messages, country, share, seed, options)
    if message is None or messages is not None or country is not None:
        raise InputError(
            "give a list and a text: estimate(recipients, message, fraction='1%'); or a text, "
            "lengths= and messages= where there is no list"
        )
    part = _share(fraction or "1%", "fraction")
    if not 0 < part <= 1:
        raise InputError(f"fraction={fraction!r}: write a share up to 100 %: '1%'")
    return _of_a_list(recipients, message, part, share, seed, options)


def _share(text: str, what: str) -> Fraction:
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*", text if isinstance(text, str) else "")
    if found is None:
        raise InputError(f"{what}={text!r}: write a share as text, such as '1%'")
    return Fraction(found[1]) / 100


# --- from some messages to all of them ----------------------------------------------------------


class Reach(NamedTuple):
    """A sum over all rows: at least, expected, at most; exact fractions."""

    low: Fraction
    expected: Fraction
    high: Fraction


# What rows come to (such as their parts), and how many there are of each.
_Values = Sequence[tuple[int, int]]


class _Spread(Protocol):
    """Says what a sum over all rows is, from the values of those that were looked at."""

    def __call__(self, values: _Values, most: int | None = None) -> Reach:
        """Return the sum over all rows; it is known to be no more than ``most``."""


def _estimate(
    tally: SummaryTally,
    spread: _Spread,
    *,
    rows: int,
    sample: int,
    terms: Terms | None,
    confidence: Fraction,
    remarks: Sequence[str] = (),
    of_a_list: bool = True,
) -> Estimate:
    """Turn the summary of some rows into an estimate of all: weights first, then tiers and fees."""
    seen = tally.summary()
    exact = of_a_list and sample == rows
    sent = [(int(group.problem is None), count) for group, count in tally.groups.items()]
    billed = [(group.billed, count) for group, count in tally.groups.items()]
    cost: dict[str, Interval] = {}
    if terms is not None:
        priced = [seen.cost, *map(tally.cost_of, tally.groups)]
        for currency in sorted({name for each in priced for name in each.currencies}):
            decimals = max(MINOR_UNITS.get(currency, 2), terms.scale if exact else 0)
            reach = _cost(tally, seen, spread, currency, Fraction(rows, seen.rows), terms.scale)
            cost[currency] = _interval(reach, decimals)
        remarks = [*remarks, *([] if exact else _unseen_fees(terms, seen.countries))]
    return Estimate(
        rows=rows,
        sample=sample,
        confidence=confidence,
        messages=_interval(spread(sent, rows)),
        parts=_interval(spread(billed)),
        cost=cost,
        unpriced=Fraction(seen.cost.unpriced, seen.messages)
        if terms is not None and seen.messages
        else Fraction(0),
        remarks=tuple(remarks),
        of_a_list=of_a_list,
    )


def _interval(of: Reach, decimals: int = 0) -> Interval:
    return Interval(
        rounded(of.low, decimals, "ROUND_FLOOR"),
        rounded(of.expected, decimals),
        rounded(of.high, decimals, "ROUND_CEILING"),
    )


def _cost(
    tally: SummaryTally,
    seen: Summary,
    spread: _Spread,
    currency: str,
    weight: Fraction,
    scale: int,
) -> Reach:
    """Return what all messages cost in a currency, with tiers and fees.

    ``weight`` is how many rows each row stands for, ``scale`` how many decimals prices have.
    """

    def lines(share: Fraction) -> Fraction:
        added = sum((line.cost for line in tally.lines(weight * share)), Cost())
        return added.expected.get(currency, Fraction(0))

    def listed(end: str) -> Reach:
        amounts = [
            (Fraction(getattr(tally.cost_of(group), end).get(currency, 0)), count)
            for group, count in tally.groups.items()
        ]
        found = spread([(int(amount * 10**scale), count) for amount, count in amounts])
        return Reach(*(each / 10**scale for each in found))

    def end(at: Fraction, expected: Fraction) -> Fraction:
        # So much more or less than expected is sent, and reaches its own tiers.
        return at + lines(at / expected if expected else Fraction(1))

    least, most = listed("low"), listed("high")
    low, high = end(least.low, least.expected), end(most.high, most.expected)
    messages = seen.messages_cost.expected.get(currency, Fraction(0))
    expected = messages * weight + lines(Fraction(1))
    return Reach(min(low, expected), expected, max(high, expected))


def _unseen_fees(terms: Terms, countries: Mapping[str | None, object]) -> list[str]:
    """Say which fees are owed only if something is sent to a country that was not seen."""
    unseen = {rate.country for rate in terms.card.rates if rate.kind == "fixed" and rate.country}
    named = ", ".join(sorted(unseen - {country or "" for country in countries}))
    return [f"not counted: fixed fees of {named}, where the sample has no message"] if named else []


# --- a sample of a list -----------------------------------------------------------------------


def _of_a_list(
    recipients: Any,
    message: Any,
    fraction: Fraction,
    confidence: Fraction,
    seed: int,
    options: Mapping[str, Any],
) -> Estimate:
    from smsplan.planning.opening import open_list
    from smsplan.planning.pipeline import Pipeline

    faults, said = Faults(), None
    with faults.of():
        said = Message.of(message, options)
    source, reading, profile = open_list(recipients, options, faults)
    faults.end()
    assert said is not None
    terms = None if (rates := options.get("rates")) is None else Terms.of(rates)
    settings = RowSettings(message=said, reading=reading, profile=profile)
    pipeline = Pipeline(settings.for_list(source.columns), terms)
    tally = SummaryTally(pipeline.settings.profile, pipeline.prices, terms)
    rows, sample, repeated = _sampled(source, pipeline.settings, fraction, seed)
    for settled in pipeline.settled(sample, None if sample.num_rows == rows else repeated):
        tally.add(settled)
    return _estimate(
        tally,
        _Sampled(rows, sample.num_rows, confidence),
        rows=rows,
        sample=sample.num_rows,
        terms=terms,
        confidence=confidence,
    )


def _sampled(
    source: Source, settings: RowSettings, fraction: Fraction, seed: int
) -> tuple[int, pa.Table, Any]:
    """Return how many rows there are, a random sample of them, and which of it are repeated.

    The sample is in the order of the list. A row is repeated where an earlier one of the whole list
    has the same number.
    """
    import numpy as np
    import pyarrow as pa

    from smsplan.kernel.duplicates import duplicates_of, keys_of

    chance = np.random.default_rng(seed)
    duplicates = duplicates_of(source, settings) if settings.reading.duplicates == "flag" else None
    kept: pa.Table | None = None
    drawn, repeated = np.zeros(0), np.zeros(0, bool)
    rows = 0
    for batch in source.batches([name for name in settings.needed if name in source.columns]):
        lot, again = chance.random(batch.num_rows), np.zeros(batch.num_rows, bool)
        rows += batch.num_rows
        if duplicates is not None:
            keys = keys_of(batch, settings)
            (flags,) = duplicates.flag(keys, [keys > 0], [keys > 0])
            again = flags.sent
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
        repeated = np.concatenate([repeated[old], again[lot <= limit]])
        drawn = np.concatenate([drawn[old], lot[lot <= limit]])
    assert kept is not None, "a source has at least one batch"
    if not rows:
        raise InputError("the list is empty; there is nothing to estimate")
    return rows, kept, repeated


class _Sampled:
    """The spread of a random sample without replacement."""

    def __init__(self, rows: int, sample: int, confidence: Fraction) -> None:
        self._rows, self._sample = rows, sample
        self._quantile = Fraction(_student(float(confidence), max(sample - 1, 1)))

    def __call__(self, values: _Values, most: int | None = None) -> Reach:
        """Sums are of whole numbers, so exact; the square root and the quantile are not."""
        count, total = self._sample, sum(value * rows for value, rows in values)
        expected = Fraction(total, count) * self._rows
        if count == self._rows:
            return Reach(expected, expected, expected)
        # Four rows more, two of the least and two of the most: of what is rare a sample has few or
        # none, and its own spread would be too sure of that (Agresti and Coull's interval).
        least, top = min(value for value, _ in values), max(value for value, _ in values)
        if top == least and most is None:
            top += max(top, 1)
        more = [*values, (least, 2), (top, 2)]
        size = count + 4
        middle = Fraction(sum(value * rows for value, rows in more), size)
        squares = sum(value * value * rows for value, rows in more)
        variance = (squares - size * middle**2) / (size - 1)
        left = variance / count * (1 - Fraction(count, self._rows))
        reach = _root(left) * self._quantile * self._rows
        # What was seen is certain; what is expected lies between.
        low = max(min(middle * self._rows - reach, expected), Fraction(total))
        high = max(middle * self._rows + reach, expected)
        return Reach(low, expected, high if most is None else min(high, Fraction(most)))


def _root(of: Fraction) -> Fraction:
    return Fraction(_SQUARE.sqrt(_SQUARE.divide(Decimal(of.numerator), Decimal(of.denominator))))


def _student(confidence: float, degrees: int) -> float:
    """Return the two-sided quantile of Student's t: Cornish and Fisher's expansion."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


# --- before there is a list ---------------------------------------------------------------------


def _without_a_list(
    message: Any,
    lengths: Mapping[str, str | int | Sequence[str]],
    messages: int,
    country: str | None,
    confidence: Fraction,
    seed: int,
    options: Mapping[str, Any],
) -> Estimate:
    from smsplan.api.profiles import Profile
    from smsplan.kernel.price_tables import price_table
    from smsplan.planning.planner import plan

    if type(messages) is not int or messages < 1:
        raise InputError(f"messages={messages!r} is no number of 1 or more; write one")
    given = {**options}
    rates = given.pop("rates", None)
    of_a_list = chosen(given, Reading)
    if of_a_list:
        raise InputError(f"{', '.join(of_a_list)}: there is no list to read; leave it out")
    said = Message.of(message, given)
    template = said.template
    _check_lengths(lengths, template)
    terms = None if rates is None else Terms.of(rates)
    prices = None if terms is None else price_table(terms)
    rate = -1 if prices is None else _place_of(prices, country)
    if prices is not None and rate >= 0 and prices.charges[rate].rejected:
        raise InputError(f"the rate card rejects numbers of '{country or 'no country'}'")
    values = {name: _values(name, lengths[name]) for name in template.parameters}
    texts, weights = _texts(values, seed)
    people = [{"to": "+447700900123", **text} for text in texts] or [{"to": "+447700900123"}]
    profile = Profile.of(options.get("profile"))
    made = plan(people, said, duplicates="keep", profile=profile)
    tally = SummaryTally(profile, prices, terms)
    different = Counter[RowGroup]()
    for row, weight in zip(made.rows, weights, strict=True):
        group = RowGroup(
            row["encoding"],
            row["number_of_parts"],
            row["billed_parts"],
            country,
            row["problem"],
            Note.bits(row["note"]),
            rate,
            counted=True,
        )
        different[group] += weight
    tally.count(different)
    languages = sorted({v for v in lengths.values() if isinstance(v, str)})
    remarks = ["values are taken to be as given; your own list may differ by more than that"]
    if languages:
        count = sum(len(names(language)) for language in languages)
        remarks = [
            f"names are taken to be as in small statistics of {', '.join(languages)} ({count} "
            "names); your own list may differ by more than the interval says"
        ]
    return _estimate(
        tally,
        _Drawn(messages, confidence),
        rows=messages,
        sample=len(texts) or 1,
        terms=terms,
        confidence=confidence,
        remarks=remarks,
        of_a_list=False,
    )


def _check_lengths(lengths: Mapping[str, Any], template: Template) -> None:
    """Refuse where a parameter has no lengths, or lengths no parameter."""
    missing = sorted(set(template.parameters) - set(lengths))
    strange = sorted(set(lengths) - set(template.parameters))
    if missing or strange:
        said = f"no entry for '{missing[0]}'" if missing else f"'{strange[0]}' is no parameter"
        raise InputError(
            f"lengths: {said}; the body has {', '.join(template.parameters) or 'none'}"
        )


class _Drawn:
    """The spread of messages that are drawn from known values, each as often as its weight says."""

    def __init__(self, messages: int, confidence: Fraction) -> None:
        self._messages = messages
        self._quantile = Fraction(NormalDist().inv_cdf((1 + float(confidence)) / 2))

    def __call__(self, values: _Values, most: int | None = None) -> Reach:
        """Return the sum over all messages."""
        whole = sum(weight for _, weight in values)
        mean = Fraction(sum(value * weight for value, weight in values), whole)
        square = Fraction(sum(value * value * weight for value, weight in values), whole)
        reach = self._quantile * _root((square - mean**2) * self._messages)
        expected = mean * self._messages
        high = expected + reach
        return Reach(
            max(expected - reach, Fraction(0)),
            expected,
            high if most is None else min(high, Fraction(most)),
        )


def _place_of(prices: PriceTable, country: str | None) -> int:
    """Return the place of what messages to a country cost, -1 for none.

    A number of which its calling code is all that is known; without a country, not even that.
    """
    import numpy as np

    from smsplan.kernel.numbers.ranges import COUNTRIES
    from smsplan.numbers.numbering import REGIONS, plan

    if country is not None and country not in COUNTRIES:
        raise InputError(f"country='{country}' is no country of ISO 3166; write one such as 'GB'")
    at = -1 if country is None else COUNTRIES.index(country)
    digits = plan(country).calling_code if country in REGIONS else ""
    (found,) = prices.find(np.array([int("1" + digits)]), np.array([at]))
    return int(found)


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
