"""Which characters make messages Unicode, what each costs, and what replacing it would save."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smsplan.encoding.substitution import Level
from smsplan.insight.planned import Planned
from smsplan.insight.shares import Share
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterShare:
    """A character outside GSM in one place (``template`` or ``parameter 'name'``).

    ``share_parts`` of all of them add up to the Unicode step of the waterfall. ``saved_alone``:
    what is saved (parts and money) were it, in this place, replaced and nothing else;
    ``saved_together``: its share of what is saved were every character with a replacement replaced.
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
    saved_alone_parts: int
    saved_alone_cost: Cost | None
    saved_together_parts: Fraction
    saved_together_cost: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptShare:
    """Characters without a replacement, by script (``Cyrillic``, ``Common``: emoji) and place."""

    script: str
    place: str
    characters: int
    examples: str
    rows: int
    share_parts: Fraction
    share_cost: Share | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Characters:
    """The characters of a plan that force Unicode, dearest first."""

    characters: tuple[CharacterShare, ...]
    scripts: tuple[ScriptShare, ...]
    parts: int
    saved_together_parts: int
    saved_together_cost: Cost | None

    def __str__(self) -> str:
        from smsplan.display.views import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.views import as_html

        return as_html(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it by matplotlib, on ``ax`` or on a new figure; returns the axes."""
        from smsplan.display.plots import plot_characters

        return plot_characters(self, ax)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; exact shares are fractions as text."""
        raise NotImplementedError


def characters(plan: Planned) -> Characters:
    """Say which characters make messages Unicode: :meth:`Plan.characters`."""
    raise NotImplementedError
