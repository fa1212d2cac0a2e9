"""One reason behind a total, as data and as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smsplan.ratecards import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason, with its figures.

    ``kind`` is ``looks_national``, ``mojibake`` (UTF-8 read as something else), ``no_values``
    (``#N/A``, ``NULL``), ``escapes`` (``&amp;``), ``link_cut`` (between two parts), ``unicode``,
    ``near_boundary``, ``opt_out_cut``, ``not_sent`` or ``numbers``. ``rows`` it concerns, ``parts``
    and ``cost`` that it adds (null: no price is known). ``places`` are ``template``,
    ``parameter NAME`` or ``default of NAME``; ``characters`` counts messages by character.
    ``details["quoted"]`` is what the sentence quotes of values.
    """

    kind: str
    sentence: str
    rows: int
    parts: int = 0
    cost: Cost | None = None
    places: tuple[str, ...] = ()
    characters: Mapping[str, int] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "kind": self.kind,
            "sentence": self.sentence,
            "rows": self.rows,
            "parts": self.parts,
            "cost": None if self.cost is None else self.cost.to_dict(),
            "places": list(self.places),
            "characters": dict(self.characters),
            "details": dict(self.details),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """Read what :meth:`to_dict` wrote."""
        cost = None if data["cost"] is None else Cost.from_dict(data["cost"])
        return cls(**{**data, "cost": cost, "places": tuple(data["places"])})
