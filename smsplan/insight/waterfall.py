"""From "every message one GSM part" to the bill: which step makes how many parts, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smsplan.ratecards import Cost
from smsplan.showing import Shown, plotted
from smsplan.totals.plan_view import Planned
from smsplan.totals.shares import Share
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame
from smsplan.whatif.dissection import CulpritSums, Sent, Sum, place_names, sent, weight

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from smsplan.kernel.octets import Ints
    from smsplan.totals.tabular import Frame
    from smsplan.whatif.anatomy import Anatomist, Anatomy

# The steps in their order; a row of a plan takes the ones of its encoding.
STEPS = {
    "one_part": "every message one part",
    "fixed_text": "fixed text",
    "parameters": "values of parameters",
    "extension": "extension characters",
    "boundary": "room lost at boundaries",
    "unicode": "characters outside GSM",
    "unicode_boundary": "room lost at boundaries, Unicode",
    "substitution": "look-alikes replaced",
    "truncation": "cut to one part",
    "beside": "tiers, allowances, fees",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What a step is due to, and its share of the step's parts and money, exact.

    ``place`` is ``template`` or ``parameter 'name'``, ``character`` the one at fault where the step
    is about characters (else empty).
    """

    place: str
    character: str
    parts: Fraction
    cost: Share | None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "place": self.place,
            "character": self.character,
            "parts": str(self.parts),
            "cost": None if self.cost is None else self.cost.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``rows`` that it changes, the ``parts`` it adds (negative: it saves them)."""

    kind: str
    rows: int
    parts: int
    cost: Share | None
    causes: tuple[Cause, ...] = ()

    @property
    def label(self) -> str:
        """The step in words."""
        return STEPS[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "kind": self.kind,
            "label": self.label,
            "rows": self.rows,
            "parts": self.parts,
            "cost": None if self.cost is None else self.cost.to_dict(),
            "causes": [cause.to_dict() for cause in self.causes],
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Waterfall(Shown):
    """The steps of a plan; their parts add up to its parts, their money to its cost.

    A step that changes no message is left out. Without prices ``cost`` of steps and causes is null.
    """

    steps: tuple[Step, ...]
    messages: int
    parts: int
    cost: Cost
    priced: bool

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it by matplotlib, on ``ax`` or on a new figure; returns the axes."""
        return plotted("plots.plot_waterfall", self, ax)

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return the steps as a pandas DataFrame; their parts and money add up to the plan's.

        ``cost`` is exact, what is expected, in ``currency``, which is named where amounts are in
        several; ``bounds`` adds ``cost_low`` and ``cost_high``.
        """
        columns = {
            "kind": ANY,
            "label": ANY,
            "rows": COUNT,
            "parts": COUNT,
            "cost": MONEY,
            "currency": CURRENCY,
        }
        rows = (
            {
                "kind": step.kind,
                "label": step.label,
                "rows": step.rows,
                "parts": step.parts,
                "cost": step.cost,
            }
            for step in self.steps
        )
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; exact shares are fractions as text."""
        return {
            "steps": [step.to_dict() for step in self.steps],
            "messages": self.messages,
            "parts": self.parts,
            "cost": self.cost.to_dict(),
            "priced": self.priced,
        }


def waterfall(plan: Planned) -> Waterfall:
    """Take a plan's parts and cost apart: :meth:`Plan.explain`."""
    from smsplan.whatif.anatomy import Anatomist

    anatomist = Anatomist(plan.settings)
    tally = _Tally(anatomist)
    for some in sent(plan, anatomist):
        tally.add(some)
    summary = plan.summary
    steps = tally.steps(plan)
    if summary.lines:
        beside = Share.of(sum((line.cost for line in summary.lines), Cost()))
        steps.append(Step("beside", 0, 0, beside))
    return Waterfall(
        steps=tuple(steps),
        messages=summary.messages,
        parts=summary.parts,
        cost=summary.cost,
        priced=summary.priced,
    )


def row_steps(anatomist: Anatomist, found: Anatomy, billed: Ints) -> dict[str, Ints]:
    """Return the parts that each step adds to each message; they add up to what is billed."""
    import numpy as np

    fixed = anatomist.dense(found.fixed, gsm=True)
    plain = anatomist.dense(found.chars, gsm=True)
    dense = np.where(
        found.gsm,
        anatomist.dense(found.units, gsm=True),
        anatomist.dense(found.units, gsm=False),
    )
    alphabet, lost = dense - plain, found.parts - dense
    return {
        "one_part": np.ones_like(fixed),
        "fixed_text": fixed - 1,
        "parameters": plain - fixed,
        "extension": alphabet * found.gsm,
        "boundary": lost * found.gsm,
        "unicode": alphabet * ~found.gsm,
        "unicode_boundary": lost * ~found.gsm,
        "substitution": found.after - found.parts,
        "truncation": billed - found.after,
    }


class _Tally:
    """Adds up the steps of messages, and what they are due to."""

    def __init__(self, anatomist: Anatomist) -> None:
        self._anatomist = anatomist
        self._names = place_names(anatomist.keys)
        self._rows: Counter[str] = Counter()
        self._sums: dict[str, Sum] = {}
        self._causes: dict[str, dict[str, Sum]] = {}
        self._culprits = CulpritSums()

    def add(self, some: Sent) -> None:
        """Take some messages in."""
        import numpy as np

        from smsplan.totals.grouping import grouped

        found = some.anatomy
        for kind, parts in row_steps(self._anatomist, found, some.billed).items():
            rows = np.flatnonzero(parts)
            if not len(rows):
                continue
            self._rows[kind] += len(rows)
            groups = [
                (rate, billed, 1, amount)
                for rate, billed, amount in grouped(
                    [some.rate[rows], some.billed[rows]], parts[rows]
                )
            ]
            self._sums.setdefault(kind, Sum()).add(groups)
            match kind:
                case "fixed_text":
                    name = "template" if found.body is None else f"template '{found.body}'"
                    self._cause(kind, name).add(groups)
                case "parameters":
                    # What joins two line breaks may leave values of no characters: alike then.
                    weights = found.sizes[1:, rows]
                    weights = np.where(weights.sum(axis=0) == 0, 1, weights)
                    self._by_place(some, kind, parts, rows, weights, found.places[1:])
                case "extension":
                    self._by_place(some, kind, parts, rows, found.wide[:, rows], found.places)
                case "unicode":
                    self._culprits.add(some, parts)

    def _by_place(
        self,
        some: Sent,
        kind: str,
        parts: Ints,
        rows: Ints,
        weights: Ints,
        places: tuple[int, ...],
    ) -> None:
        """Share each row's parts out by the weights of places."""
        from smsplan.totals.grouping import grouped

        kinds = [some.rate[rows], some.billed[rows], weights.sum(axis=0)]
        for place, each in zip(places, weights, strict=True):
            if each.any():
                self._cause(kind, self._names[place]).add(grouped(kinds, parts[rows] * each))

    def _cause(self, kind: str, place: str) -> Sum:
        return self._causes.setdefault(kind, {}).setdefault(place, Sum())

    def steps(self, plan: Planned) -> list[Step]:
        """Return the steps that change something, in their order."""
        made = []
        for kind in STEPS:
            if kind not in self._sums:
                continue
            found = [(place, "", each) for place, each in self._causes.get(kind, {}).items()]
            if kind == "unicode":
                # The same character may have a stand-in in one word and none in another.
                sums: dict[tuple[str, str], Sum] = {}
                for (place, point), each in self._culprits.sums.items():
                    key = self._names[place], self._anatomist.kinds.of(point).original
                    total = sums.setdefault(key, Sum())
                    total.add((*of, amount) for of, amount in each.amounts.items())
                found = [(*key, each) for key, each in sums.items()]
            causes = (
                Cause(place, character, each.parts, each.cost(plan.prices))
                for place, character, each in found
            )
            whole = self._sums[kind]
            made.append(
                Step(
                    kind,
                    self._rows[kind],
                    int(whole.parts),
                    whole.cost(plan.prices),
                    tuple(
                        sorted(
                            (cause for cause in causes if cause.parts),
                            key=lambda cause: (
                                *(-each for each in weight(cause.cost, cause.parts)),
                                cause.place,
                                cause.character,
                            ),
                        )
                    ),
                )
            )
        return made
