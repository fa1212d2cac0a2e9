"""What a shorter or longer text would cost, over the real recipients: step curves of parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from smsplan.errors import InputError
from smsplan.plurals import counted
from smsplan.ratecards import Cost
from smsplan.showing import Shown, plotted
from smsplan.totals.plan_view import Planned
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from smsplan.ratecards.terms import Ladder
    from smsplan.totals.tabular import Frame
    from smsplan.whatif.step_counts import Changes

_Pair = tuple[Fraction, Fraction]
# Behind so many letters every message has more than 255 parts.
MOST_LONGER = 39_015
# What would cut more than this share of the fixed text, or of the values, is true and no advice.
_TEXT_CUT, _VALUES_CUT = Fraction(1, 4), Fraction(1, 20)


@dataclass(frozen=True, slots=True)
class Point:
    """One length: ``characters`` of a curve, and the messages, parts and cost that it gives."""

    characters: int
    messages: int
    parts: int
    cost: Cost | None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; ``cost`` is null without rates."""
        return {
            "characters": self.characters,
            "messages": self.messages,
            "parts": self.parts,
            "cost": None if self.cost is None else self.cost.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points in order of ``characters``, one for every number of them.

    Of the template: characters (code points) cut from (negative) or added at (positive) the end of
    its last fixed text, before the words of the opt-out where it has them; 0 is the plan. Of a
    parameter: the most characters that its value may have;
    the last point, where no value is cut, is the plan.
    """

    points: tuple[Point, ...]

    @property
    def steps(self) -> tuple[Point, ...]:
        """The points at which parts or messages differ from the point before; and the first."""
        first, *_ = self.points
        return (
            first,
            *(
                point
                for before, point in pairwise(self.points)
                if (before.parts, before.messages) != (point.parts, point.messages)
            ),
        )

    def at(self, characters: int) -> Point:
        """Return one point. Raises InputError where the curve does not have it."""
        first, last = self.points[0].characters, self.points[-1].characters
        if not first <= characters <= last:
            raise InputError(
                f"the curve has no point for {characters} characters; use {first} to {last}"
            )
        return self.points[characters - first]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"points": [point.to_dict() for point in self.points]}


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultSaving:
    """What is saved were a parameter's default sent instead, in those rows where that saves a part.

    ``rows`` in which it does, and the parts and money that they save.
    """

    parameter: str
    rows: int
    parts: int
    cost: Cost | None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; ``cost`` is null without rates."""
        return {
            "parameter": self.parameter,
            "rows": self.rows,
            "parts": self.parts,
            "cost": None if self.cost is None else self.cost.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSaving:
    """What is saved were values of a parameter cut to ``characters``; ``values`` of them would be.

    Of the limits that cut one value in 20 at most it is the one that saves most.
    """

    parameter: str
    characters: int
    values: int
    parts: int
    cost: Cost | None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; ``cost`` is null without rates."""
        return {
            "parameter": self.parameter,
            "characters": self.characters,
            "values": self.values,
            "parts": self.parts,
            "cost": None if self.cost is None else self.cost.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Lengths(Shown):
    """Curves of a plan: of its template and each parameter; what limits and defaults would save.

    ``limits`` and ``defaults`` that save most come first; ``sentences`` begin with what is worth
    most.
    """

    template: Curve
    parameters: Mapping[str, Curve]
    limits: tuple[LimitSaving, ...] = ()
    defaults: tuple[DefaultSaving, ...]
    sentences: tuple[str, ...]

    def plot(self, ax: Axes | None = None, *, parameter: str | None = None) -> Axes:
        """Draw the template's curve, or a ``parameter``'s, by matplotlib; returns the axes."""
        return plotted("plots.plot_lengths", self, ax, parameter=parameter)

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return the points of every curve as a pandas DataFrame, the template's first.

        ``parameter`` is None for the template. ``unpriced`` counts messages without a price.
        ``cost`` is exact, what is expected, in ``currency``, which is named where amounts are in
        several; ``bounds`` adds ``cost_low`` and ``cost_high``.
        """
        columns = {
            "parameter": ANY,
            "characters": COUNT,
            "messages": COUNT,
            "parts": COUNT,
            "cost": MONEY,
            "unpriced": COUNT,
            "currency": CURRENCY,
        }
        curves: list[tuple[str | None, Curve]] = [(None, self.template), *self.parameters.items()]
        rows = (
            {
                "parameter": name,
                "characters": point.characters,
                "messages": point.messages,
                "parts": point.parts,
                "cost": point.cost,
                "unpriced": point.messages if point.cost is None else point.cost.unpriced,
            }
            for name, curve in curves
            for point in curve.points
        )
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "template": self.template.to_dict(),
            "parameters": {key: curve.to_dict() for key, curve in self.parameters.items()},
            "limits": [saving.to_dict() for saving in self.limits],
            "defaults": [saving.to_dict() for saving in self.defaults],
            "sentences": list(self.sentences),
        }


def lengths(plan: Planned, *, longer: int = 160) -> Lengths:
    """Compute the curves of a plan: :meth:`Plan.by_length`."""
    import numpy as np

    from smsplan.whatif.alterations import Alterations

    if not isinstance(longer, int) or not 0 <= longer <= MOST_LONGER:
        raise InputError(f"longer={longer!r} characters; use 0 to {MOST_LONGER}")
    altered = Alterations(plan.settings, longer)
    places = _Places(plan)
    for theirs, ours in plan.batches():
        sent = ours.column("sendable")
        if sent.true_count < len(sent):
            theirs, ours = theirs.filter(sent), ours.filter(sent)
        billed = ours.column("billed_parts").to_numpy().astype(np.int64)
        altered.add(theirs, places.of(ours), billed)
    tally = altered.tally
    template = Curve(points=tuple(places.points(tally.template, altered.points)))
    parameters = {
        key: Curve(points=tuple(places.points(tally.parameter(key), range(longest + 1))))
        for key, longest in tally.longest.items()
    }
    now = template.at(0)
    worth = _Worth(now.cost)
    counts = Counter(_counts(tally.template, -altered.points.start))
    savings = []
    for key, (rows, parts) in tally.saved.items():
        moved = counts.copy()
        moved.update(_counts(tally.defaults[key], 0))
        cost = _saved(now, places.point({kind: many for kind, many in moved.items() if many}))
        savings.append(DefaultSaving(parameter=key, rows=rows, parts=parts, cost=cost))
    limits = [
        limit
        for key, curve in parameters.items()
        if (limit := _limit(key, curve, worth, tally.lengths[key].tolist())) is not None
    ]
    for some in (savings, limits):
        some.sort(key=lambda saving: worth(saving.cost, saving.parts), reverse=True)
    most_cut = int(_fixed(plan) * _TEXT_CUT)
    place = "before the opt-out" if altered.keeps else "at the end of the last fixed text"
    return Lengths(
        template=template,
        parameters=parameters,
        limits=tuple(limits),
        defaults=tuple(savings),
        sentences=tuple(
            _sentences(
                template,
                parameters,
                limits,
                savings,
                worth,
                most_cut=most_cut,
                place=place,
                defaults=plan.settings.message.defaults,
            )
        ),
    )


class _Places:
    """What decides the price of a message: the place in the table, and its country for fees."""

    def __init__(self, plan: Planned) -> None:
        self._prices = plan.prices
        self._terms = plan.terms if plan.terms is not None and plan.terms.has_lines else None
        self._known: dict[tuple[int, str | None], int] = {}
        self._kinds: list[tuple[int, str | None]] = []
        self._costs: dict[tuple[tuple[int, int], int], Cost] = {}

    def of(self, ours: Any) -> Any:
        """Number what decides the price of each row."""
        import numpy as np

        from smsplan.kernel.dictionaries import places
        from smsplan.kernel.numbers.ranges import COUNTRIES

        mixed = ours.column("rate").to_numpy().astype(np.int64)
        mixed = (mixed + 1) << 16
        if self._terms is not None:
            mixed |= places(ours.column("country"), COUNTRIES).astype(np.int64) + 1
        kinds, at = np.unique(mixed, return_inverse=True)
        numbers = []
        for kind in kinds.tolist():
            country = (kind & 0xFFFF) - 1
            named = (kind >> 16) - 1, COUNTRIES[country] if country >= 0 else None
            if named not in self._known:
                self._known[named] = len(self._kinds)
                self._kinds.append(named)
            numbers.append(self._known[named])
        return np.array(numbers, np.int64)[at]

    def points(self, changes: Changes, characters: range) -> Iterator[Point]:
        """Yield a point for each number of characters."""
        counts = changes.counts()
        at, now = next(counts, (None, {}))
        point = Point(0, 0, 0, None if self._prices is None else self._prices.nothing)
        for place, number in enumerate(characters):
            if place == at:
                point = self.point(now)
                at, now = next(counts, (None, {}))
            yield replace(point, characters=number)

    def point(self, counts: Mapping[tuple[int, int], int]) -> Point:
        """Return what messages by place and parts add up to."""
        messages = sum(counts.values())
        parts = sum(parts * count for (_, parts), count in counts.items())
        return Point(0, messages, parts, None if self._prices is None else self._cost(counts))

    def _cost(self, counts: Mapping[tuple[int, int], int]) -> Cost:
        assert self._prices is not None, "there are prices"
        total = Cost() if any(counts.values()) else self._prices.nothing
        units: Counter[Ladder] = Counter()
        countries = set()
        for (place, parts), count in counts.items():
            rate, country = self._kinds[place]
            total += self._of(place, parts, count)
            countries.add(country)
            if self._terms is not None and rate >= 0:
                for ladder in self._prices.charges[rate].tiered:
                    units[ladder] += ladder.units(parts, count)
        if self._terms is not None:
            total = sum((line.cost for line in self._terms.lines(units, countries)), total)
        return total

    def _of(self, place: int, parts: int, count: int) -> Cost:
        key = (place, parts), count
        if key not in self._costs:
            rate, _ = self._kinds[place]
            assert self._prices is not None, "there are prices"
            self._costs[key] = (
                Cost(unpriced=count) if rate < 0 else self._prices.cost(rate, parts, count)
            )
        return self._costs[key]


def _counts(changes: Changes, last: int) -> dict[tuple[int, int], int]:
    """Return the messages by place and parts at a point."""
    found: dict[tuple[int, int], int] = {}
    for point, counts in changes.counts():
        if point > last:
            break
        found = dict(counts)
    return found


class _Worth:
    """What a saving is worth beside others: money where there is one currency, then parts."""

    def __init__(self, cost: Cost | None) -> None:
        names = () if cost is None else cost.currencies
        self._currency = names[0] if len(names) == 1 else None

    def __call__(self, cost: Cost | None, parts: int, characters: int = 1) -> _Pair:
        money = Fraction(0)
        if cost is not None and self._currency is not None:
            money = cost.expected.get(self._currency, money)
        return money / characters, Fraction(parts, characters)


def _fixed(plan: Planned) -> int:
    """Return the characters of fixed text that the shortest body has."""
    bodies = plan.settings.message.templates.values()
    return min(sum(map(len, each.literals)) for each in bodies)


class _Advice(NamedTuple):
    """What to do, what that saves and in which rows; ``harmless``: names stay as they are."""

    what: str
    cost: Cost | None
    parts: int
    rows: str = ""
    harmless: bool = True


def _sentences(
    template: Curve,
    parameters: Mapping[str, Curve],
    limits: Sequence[LimitSaving],
    savings: Sequence[DefaultSaving],
    worth: _Worth,
    *,
    most_cut: int,
    place: str,
    defaults: Mapping[str, str],
) -> Iterator[str]:
    """Say what is worth most, what calls people something else behind it, then how much room.

    ``most_cut`` characters of the text may be advised to go, at the ``place`` that is named.
    """
    now = template.at(0)
    found: list[_Advice] = []
    best = _steepest(template, now, worth, least=-most_cut)
    if best is not None:
        what = f"cut {counted(-best.characters, 'character')} {place}"
        found.append(_Advice(what, _saved(now, best), now.parts - best.parts))
    for limit in limits:
        what = f"at most {counted(limit.characters, 'character')} in '{limit.parameter}'"
        rows = f", {counted(limit.values, 'value')} cut"
        found.append(_Advice(what, limit.cost, limit.parts, rows))
    for saving in savings:
        if saving.parts:
            instead = f"write '{defaults[saving.parameter]}' instead of '{saving.parameter}'"
            what, rows = f"{instead} where that saves a part", counted(saving.rows, "message")
            advice = _Advice(what, saving.cost, saving.parts, f", in {rows}", harmless=False)
            found.append(advice)
    # Sorting is stable: where two are worth the same, the text is shortened before the values.
    found.sort(key=lambda each: (each.harmless, worth(each.cost, each.parts)), reverse=True)
    for each in found:
        yield f"{each.what}: {_less(each.cost, each.parts)}{each.rows}"
    if not found:
        every = (point for curve in (template, *parameters.values()) for point in curve.points)
        saves = any(point.parts < now.parts for point in every)
        yield (
            "nothing is saved by cutting up to a quarter of the text, or one value in 20"
            if saves
            else "nothing can be saved by a shorter text"
        )
    if now.messages and len(template.points) > -template.points[0].characters + 1:
        yield _room(template, now)


def _steepest(curve: Curve, now: Point, worth: _Worth, *, least: int) -> Point | None:
    """Return the point that saves most for each character less; of several the shortest text.

    It has ``least`` characters or more.
    """
    best, most = None, (Fraction(0), Fraction(0))
    for point in curve.points:
        fewer = now.characters - point.characters
        if point.characters < least or fewer <= 0 or point.parts >= now.parts:
            continue
        slope = worth(_saved(now, point), now.parts - point.parts, fewer)
        if best is None or slope > most:
            best, most = point, slope
    return best


def _limit(
    parameter: str, curve: Curve, worth: _Worth, lengths: Sequence[int]
) -> LimitSaving | None:
    """Return what the best limit of a parameter saves; ``lengths`` are values by their characters.

    It cuts a small share of the values; of several that save as much it cuts the fewest.
    """
    best, most = None, (Fraction(0), Fraction(0))
    now, cut = curve.points[-1], 0
    allowed = sum(lengths) * _VALUES_CUT
    # From the longest on; a value of no characters is none.
    for point in reversed(curve.points[1:-1]):
        cut += lengths[point.characters + 1]
        if cut > allowed:
            break
        cost, parts = _saved(now, point), now.parts - point.parts
        saved = worth(cost, parts)
        if parts > 0 and saved > most:
            most = saved
            best = LimitSaving(
                parameter=parameter, characters=point.characters, values=cut, parts=parts, cost=cost
            )
    return best


def _saved(now: Point, point: Point) -> Cost | None:
    return None if now.cost is None or point.cost is None else now.cost - point.cost


def _less(cost: Cost | None, parts: int, word: str = "less") -> str:
    """Say what is saved: money first, where there is any."""
    many = f"{parts:,} part{'s' * (parts != 1)}"
    if cost is None or not any(cost.expected.values()):
        return f"{many} {word}"
    return f"{cost.brief} {word} ({many})"


def _room(curve: Curve, now: Point) -> str:
    """Say how many characters more cost nothing, or what the first one costs."""
    longer = curve.points[now.characters - curve.points[0].characters :]
    free = 0
    for point in longer[1:]:
        if (point.messages, point.parts, point.cost) != (now.messages, now.parts, now.cost):
            break
        free = point.characters
    if free == len(longer) - 1:
        return f"room for at least {free:,} more character{'s' * (free != 1)} at no cost"
    if free:
        return f"room for {free:,} more character{'s' * (free != 1)} at no cost"
    point = longer[1]
    said = []
    if point.parts > now.parts or point.messages == now.messages:
        cost = None if now.cost is None or point.cost is None else point.cost - now.cost
        said.append(_less(cost, point.parts - now.parts, "more"))
    if lost := now.messages - point.messages:
        said.append(f"{lost:,} message{'s' * (lost != 1)} not sent: too many parts")
    return f"one more character: {', '.join(said)}"
