"""What a shorter or longer text would cost, over the real recipients: step curves of parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsplan.insight.planned import Planned
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Point:
    """One length: ``characters`` of a curve, and the messages, parts and cost that it gives."""

    characters: int
    messages: int
    parts: int
    cost: Cost | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Points in order of ``characters``.

    Of the template: characters cut from (negative) or added at (positive) the end of its last fixed
    text; 0 is the plan. Of a parameter: the most characters that its value may have; the last
    point, where no value is cut, is the plan.
    """

    points: tuple[Point, ...]

    @property
    def steps(self) -> tuple[Point, ...]:
        """The points at which parts or messages differ from the point before; and the first."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultSaving:
    """What is saved were a parameter's default sent instead, in those rows where that saves a part.

    ``rows`` in which it does, and the parts and money that they save.
    """

    parameter: str
    rows: int
    parts: int
    cost: Cost | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Curves of a plan: of its template, of each parameter; and what defaults would save."""

    template: Curve
    parameters: Mapping[str, Curve]
    defaults: tuple[DefaultSaving, ...]
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        from smsplan.display.views import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.views import as_html

        return as_html(self)

    def plot(self, ax: Axes | None = None, *, parameter: str | None = None) -> Axes:
        """Draw the template's curve, or a ``parameter``'s, by matplotlib; returns the axes."""
        from smsplan.display.plots import plot_lengths

        return plot_lengths(self, ax, parameter=parameter)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        raise NotImplementedError


def lengths(plan: Planned, *, longer: int = 160) -> Lengths:
    """Compute the curves of a plan: :meth:`Plan.by_length`."""
    raise NotImplementedError
