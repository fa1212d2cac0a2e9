"""Which characters make messages Unicode, what each costs, and what replacing it would save."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smsplan.encoding.names import character_name, code_points
from smsplan.encoding.scripts import plain_name, script
from smsplan.encoding.substitution import Level
from smsplan.ratecards import Cost
from smsplan.showing import Shown, plotted
from smsplan.totals.plan_view import Planned
from smsplan.totals.shares import Share
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame
from smsplan.whatif.dissection import CulpritSums, Sent, Sum, place_names, sent, weight

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from smsplan.kernel.octets import Ints
    from smsplan.kernel.prices import PriceTable
    from smsplan.ratecards.terms import Ladder
    from smsplan.totals.tabular import Frame
    from smsplan.whatif.anatomy import Anatomist

_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterShare:
    """A character outside GSM in one place (``template`` or ``parameter 'name'``).

    A letter and a mark that belong together are one ``character``, of several code points.
    ``share_parts`` of all of them add up to the Unicode step of the waterfall. ``saved_alone``:
    what is saved (parts and money) were it, in this place, replaced and nothing else;
    ``saved_together``: its share of what replacing all that can be saves, before tiers. ``kind`` is
    the class of the change: ``composed`` where a letter and its mark become one character.
    """

    character: str
    code_point: str
    name: str
    place: str
    rows: int
    share_parts: Fraction
    share_cost: Share | None
    replacement: str
    level: Level
    kind: str
    saved_alone_parts: int
    saved_alone_cost: Cost | None
    saved_together_parts: Fraction
    saved_together_cost: Share | None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "character": self.character,
            "code_point": self.code_point,
            "name": self.name,
            "place": self.place,
            "rows": self.rows,
            "share_parts": str(self.share_parts),
            "share_cost": _money(self.share_cost),
            "replacement": self.replacement,
            "level": self.level,
            "kind": self.kind,
            "saved_alone_parts": self.saved_alone_parts,
            "saved_alone_cost": _money(self.saved_alone_cost),
            "saved_together_parts": str(self.saved_together_parts),
            "saved_together_cost": _money(self.saved_together_cost),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptShare:
    """Characters without a replacement, by script (``Cyrillic``, ``Common``: emoji) and place.

    ``label`` is the script in plain words; ``script`` is Unicode's name of it.
    """

    script: str
    place: str
    characters: int
    examples: str
    rows: int
    share_parts: Fraction
    share_cost: Share | None

    @property
    def label(self) -> str:
        """What the characters are, in plain words: ``Common`` are emoji, symbols, punctuation."""
        return plain_name(self.script)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "script": self.script,
            "place": self.place,
            "characters": self.characters,
            "examples": self.examples,
            "rows": self.rows,
            "share_parts": str(self.share_parts),
            "share_cost": _money(self.share_cost),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Characters(Shown):
    """The characters of a plan that force Unicode, dearest first.

    ``characters`` have a replacement, ``scripts`` are those that have none. ``parts`` is the
    Unicode step of the waterfall; ``saved_together`` is what the same plan with
    ``substitute="lossy"`` bills less for these messages. A saving may be negative: three
    dots are longer than an ellipsis. Without prices every cost is null.
    """

    characters: tuple[CharacterShare, ...]
    scripts: tuple[ScriptShare, ...]
    parts: int
    saved_together_parts: int
    saved_together_cost: Cost | None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it by matplotlib, on ``ax`` or on a new figure; returns the axes."""
        return plotted("plots.plot_characters", self, ax)

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return both lists as one pandas DataFrame, whose shares add up to the Unicode step.

        First a row for each of ``characters``, then one for each of ``scripts``, with None for
        what only the others have; ``characters`` is how many there are in a row. Shares of parts
        are Fractions. Money is exact, what is expected, in ``currency``, which is named where
        amounts are in several; ``bounds`` adds ``..._low`` and ``..._high``.
        """
        columns = {
            "character": ANY, "code_point": ANY, "name": ANY, "script": ANY, "place": ANY,
            "characters": COUNT, "examples": ANY, "rows": COUNT, "share_parts": ANY,
            "share_cost": MONEY, "replacement": ANY, "level": ANY, "saved_alone_parts": COUNT,
            "saved_alone_cost": MONEY, "saved_together_parts": ANY, "saved_together_cost": MONEY,
            "currency": CURRENCY,
        }  # fmt: skip
        rows: list[dict[str, Any]] = [
            {
                "character": one.character, "code_point": one.code_point, "name": one.name,
                "script": script(one.character[0]), "place": one.place, "characters": 1,
                "examples": None, "rows": one.rows, "share_parts": one.share_parts,
                "share_cost": one.share_cost, "replacement": one.replacement, "level": one.level,
                "saved_alone_parts": one.saved_alone_parts,
                "saved_alone_cost": one.saved_alone_cost,
                "saved_together_parts": one.saved_together_parts,
                "saved_together_cost": one.saved_together_cost,
            }
            for one in self.characters
        ]  # fmt: skip
        nothing = None if self.saved_together_cost is None else Cost()
        rows += [
            {
                "character": None, "code_point": None, "name": None, "script": each.script,
                "place": each.place, "characters": each.characters, "examples": each.examples,
                "rows": each.rows, "share_parts": each.share_parts, "share_cost": each.share_cost,
                "replacement": None, "level": None, "saved_alone_parts": 0,
                "saved_alone_cost": nothing, "saved_together_parts": Fraction(0),
                "saved_together_cost": nothing,
            }
            for each in self.scripts
        ]  # fmt: skip
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; exact shares are fractions as text."""
        return {
            "characters": [one.to_dict() for one in self.characters],
            "scripts": [one.to_dict() for one in self.scripts],
            "parts": self.parts,
            "saved_together_parts": self.saved_together_parts,
            "saved_together_cost": _money(self.saved_together_cost),
        }


def characters(plan: Planned) -> Characters:
    """Say which characters make messages Unicode: :meth:`Plan.characters`."""
    from smsplan.whatif.anatomy import Anatomist

    anatomist = Anatomist(plan.settings)
    tally = _Tally(anatomist, _Tiers(plan), saves=not plan.settings.message.truncate_concat)
    for some in sent(plan, anatomist):
        tally.add(some)
    return tally.result(plan)


class _Tiers:
    """What a plan has beside its messages; what is saved moves it, from the last tier on."""

    def __init__(self, plan: Planned) -> None:
        self._terms = plan.terms
        self._ladders = [] if plan.prices is None else [one.tiered for one in plan.prices.charges]
        self._tiered = any(self._ladders)
        self._units: Counter[Ladder] = Counter()

    def add(self, some: Sent) -> None:
        """Take all messages in."""
        from smsplan.totals.grouping import grouped

        if self._tiered:
            for rate, billed, messages in grouped([some.rate, some.billed]):
                self._move(self._units, rate, billed, messages)

    def saved(self, messages: Mapping[tuple[int, int, int], int]) -> Cost:
        """Return what the lines cost less where messages take other parts."""
        if not self._tiered or self._terms is None:
            return Cost()
        units = self._units.copy()
        for (rate, before, after), count in messages.items():
            self._move(units, rate, before, -count)
            self._move(units, rate, after, count)
        # Fees are owed either way; they are of countries, of which none is asked.
        now, then = (
            sum((line.cost for line in self._terms.lines(each, ())), Cost())
            for each in (self._units, units)
        )
        return now - then

    def _move(self, units: Counter[Ladder], rate: int, billed: int, messages: int) -> None:
        for ladder in self._ladders[rate] if rate >= 0 else ():
            units[ladder] += ladder.units(billed, messages)


@dataclass(slots=True)
class _Saved:
    """Messages by their place in the prices, their parts, and those that they would have."""

    messages: Counter[tuple[int, int, int]] = field(default_factory=Counter)

    def add(self, groups: Iterable[tuple[int, ...]]) -> None:
        for rate, before, after, messages in groups:
            self.messages[rate, before, after] += messages

    @property
    def parts(self) -> int:
        return sum((before - after) * rows for (_, before, after), rows in self.messages.items())

    def cost(self, prices: PriceTable | None, tiers: _Tiers) -> Cost | None:
        if prices is None:
            return None
        total = tiers.saved(self.messages)
        for (rate, before, after), rows in self.messages.items():
            if rate >= 0:
                total += prices.cost(rate, before, rows) - prices.cost(rate, after, rows)
        return total


class _Tally:
    """Adds up what characters cost, and what edits would save."""

    def __init__(self, anatomist: Anatomist, tiers: _Tiers, *, saves: bool) -> None:
        self._anatomist = anatomist
        self._tiers = tiers
        self._saves = saves
        self._names = place_names(anatomist.keys)
        self._parts = 0
        self._shares = CulpritSums()
        self._rows: Counter[tuple[int, int]] = Counter()
        self._script_rows: Counter[tuple[str, int]] = Counter()
        self._alone: dict[tuple[int, int], _Saved] = {}
        self._together = _Saved()
        # What is saved together, by the parts before and after: shared out by culprits.
        self._together_shares: dict[tuple[int, int], dict[tuple[int, int], Sum]] = {}
        self._scripts: dict[int, int] = {}
        self._script_names: list[str] = []

    def add(self, some: Sent) -> None:
        """Take some messages in."""
        import numpy as np

        from smsplan.totals.grouping import grouped

        self._tiers.add(some)
        found = some.anatomy
        own, common = found.culprits, found.common
        shared = int(np.count_nonzero(found.shared))
        if not len(own.rows) and not (len(common.rows) and shared):
            return
        step = self._step(found)
        self._parts += int(step.sum())
        self._shares.add(some, step)
        for place, point, rows in grouped([own.places, own.points]):
            self._rows[place, point] += rows
        if shared:
            for point in common.points.tolist():
                self._rows[0, point] += shared
        self._add_scripts(some, shared)
        if self._saves:
            self._add_savings(some)

    def _step(self, found: Any) -> Ints:
        """The Unicode step of the waterfall."""
        import numpy as np

        rows = np.flatnonzero(~found.gsm)
        step = np.zeros(len(found.gsm), np.int64)
        dense = self._anatomist.dense
        step[rows] = dense(found.units[rows], gsm=False) - dense(found.chars[rows], gsm=True)
        return step

    def _add_scripts(self, some: Sent, shared: int) -> None:
        """Count the messages that have characters of a script and no replacement in a place."""
        import numpy as np

        from smsplan.kernel.octets import distinct
        from smsplan.totals.grouping import grouped

        own, common = some.anatomy.culprits, some.anatomy.common
        points, at = np.unique(own.points, return_inverse=True)
        numbers = np.array([self._script(point) for point in points.tolist()], np.int64)[at]
        left = np.flatnonzero(numbers >= 0)
        if len(left):
            # Each script once for a row and place.
            places = int(own.places.max()) + 1
            keys = distinct(
                (numbers[left] * places + own.places[left]) * len(some.rate) + own.rows[left]
            )
            keys //= len(some.rate)
            for number, place, rows in grouped([keys // places, keys % places]):
                self._script_rows[self._script_names[number], place] += rows
        if shared:
            for number in {self._script(point) for point in common.points.tolist()} - {-1}:
                self._script_rows[self._script_names[number], 0] += shared

    def _script(self, point: int) -> int:
        """The number of a character's script; -1 where it has a replacement."""
        if point not in self._scripts:
            number = -1
            kind = self._anatomist.kinds.of(point)
            if kind.replacement is None:
                name = script(kind.original)
                if name not in self._script_names:
                    self._script_names.append(name)
                number = self._script_names.index(name)
            self._scripts[point] = number
        return self._scripts[point]

    def _add_savings(self, some: Sent) -> None:
        import numpy as np

        from smsplan.totals.grouping import grouped

        for edit in some.anatomy.replaced_alone():
            at = edit.rows
            for place, point, *group in grouped(
                [edit.places, edit.points, some.rate[at], some.billed[at], edit.parts]
            ):
                self._alone.setdefault((place, point), _Saved()).add([tuple(group)])
        rows, parts = some.anatomy.replaced_together()
        groups = list(grouped([some.rate[rows], some.billed[rows], parts]))
        self._together.add(groups)
        for before, after in {(before, after) for _, before, after, _ in groups}:
            # One message each, to be weighed by what it saves.
            one = np.zeros(len(some.billed), np.int64)
            one[rows[(some.billed[rows] == before) & (parts == after)]] = 1
            sums = CulpritSums()
            sums.sums = self._together_shares.setdefault((before, after), {})
            sums.add(some, one, self._anatomist.kinds.replaceable)

    def result(self, plan: Planned) -> Characters:
        """Return both lists, dearest first."""
        shown = []
        grouped: dict[tuple[str, int], Sum] = {}
        for (place, point), rows in self._rows.items():
            share = self._shares.sums.get((place, point), Sum())
            if self._script(point) < 0:
                shown.append(self._character(plan, place, point, rows, share))
                continue
            key = self._script_names[self._script(point)], place
            total = grouped.setdefault(key, Sum())
            total.add((*kind, amount) for kind, amount in share.amounts.items())
        scripts = [self._group(plan, *key, share) for key, share in grouped.items()]
        return Characters(
            characters=tuple(
                sorted(
                    shown,
                    key=lambda one: (*_dearest(one), one.place, one.character),
                )
            ),
            scripts=tuple(sorted(scripts, key=lambda one: (*_dearest(one), one.place, one.script))),
            parts=self._parts,
            saved_together_parts=self._together.parts,
            saved_together_cost=self._together.cost(plan.prices, self._tiers),
        )

    def _character(
        self, plan: Planned, place: int, point: int, rows: int, share: Sum
    ) -> CharacterShare:
        kind = self._anatomist.kinds.of(point)
        assert kind.replacement is not None
        assert kind.level is not None
        assert kind.kind is not None
        alone = self._alone.get((place, point), _Saved())
        together_parts, together_cost = self._together_share(plan, place, point)
        return CharacterShare(
            character=kind.original,
            code_point=code_points(kind.original),
            name=character_name(kind.original),
            place=self._names[place],
            rows=rows,
            share_parts=share.parts,
            share_cost=share.cost(plan.prices),
            replacement=kind.replacement,
            level=kind.level,
            kind=kind.kind,
            saved_alone_parts=alone.parts,
            saved_alone_cost=alone.cost(plan.prices, self._tiers),
            saved_together_parts=together_parts,
            saved_together_cost=together_cost,
        )

    def _together_share(
        self, plan: Planned, place: int, point: int
    ) -> tuple[Fraction, Share | None]:
        parts, cost = Fraction(), Share()
        for (before, after), sums in self._together_shares.items():
            found = sums.get((place, point))
            if found is None:
                continue
            parts += found.parts * (before - after)
            for (rate, _, of), messages in found.amounts.items():
                if plan.prices is not None and rate >= 0:
                    saved = plan.prices.cost(rate, before, 1) - plan.prices.cost(rate, after, 1)
                    cost += Share.of(saved, Fraction(messages, of))
        return parts, None if plan.prices is None else cost

    def _group(self, plan: Planned, name: str, place: int, share: Sum) -> ScriptShare:
        kinds = self._anatomist.kinds
        found = [
            (-rows, kinds.of(point).original)
            for (at, point), rows in self._rows.items()
            if at == place
            and self._script(point) >= 0
            and self._script_names[self._script(point)] == name
        ]
        return ScriptShare(
            script=name,
            place=self._names[place],
            characters=len(found),
            examples="".join(original for _, original in sorted(found)[:_EXAMPLES]),
            rows=self._script_rows[name, place],
            share_parts=share.parts,
            share_cost=share.cost(plan.prices),
        )


def _dearest(one: CharacterShare | ScriptShare) -> tuple[Any, ...]:
    return (*(-each for each in weight(one.share_cost, one.share_parts)), -one.rows)


def _money(cost: Cost | Share | None) -> dict[str, Any] | None:
    return None if cost is None else cost.to_dict()
