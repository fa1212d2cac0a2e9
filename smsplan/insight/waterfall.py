"""From "every message one GSM part" to the bill: which step makes how many parts, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smsplan.insight.planned import Planned
from smsplan.insight.shares import Share
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The steps of a plan; their parts add up to its parts, their money to its cost."""

    steps: tuple[Step, ...]
    messages: int
    parts: int
    cost: Cost
    priced: bool

    def __str__(self) -> str:
        from smsplan.display.views import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.views import as_html

        return as_html(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it by matplotlib, on ``ax`` or on a new figure; returns the axes."""
        from smsplan.display.plots import plot_waterfall

        return plot_waterfall(self, ax)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; exact shares are fractions as text."""
        raise NotImplementedError


def waterfall(plan: Planned) -> Waterfall:
    """Take a plan's parts and cost apart: :meth:`Plan.explain`."""
    raise NotImplementedError
