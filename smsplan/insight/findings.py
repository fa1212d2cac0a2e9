"""The reasons behind a plan's total: at most five, dearest first, as data and as sentences."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsplan.encoding import Encoding, culprits, part_capacity
from smsplan.errors import Note, Problem
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.bulk.kernel import Kernel
    from smsplan.bulk.prices import PriceTable
    from smsplan.insight.summary import Summary

MAX_FINDINGS = 5
NEAR_UNITS = 3
_PROBLEMS = {
    Problem.INVALID_NUMBER: "the number is not one the API takes",
    Problem.UNENCODABLE_TEXT: "the text cannot be encoded",
    Problem.VALUE_TOO_LONG: "a parameter's value is too long",
    Problem.UNMATCHED_PARAMETER: "a parameter has no value and no default",
    Problem.OVER_255_PARTS: "the text needs more than 255 parts",
    Problem.EXCEEDED_PARTS_LIMIT: "the text exceeds max_number_of_message_parts",
    Problem.DUPLICATE_RECIPIENT: "an earlier row has the same number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason, with its figures.

    ``kind`` is ``unicode``, ``near_boundary``, ``not_sent``, ``numbers`` or ``looks_national``.
    ``rows`` it concerns, ``parts`` and ``cost`` that it adds (null: no price is known).
    ``places`` are ``template`` or ``parameter NAME``; ``characters`` counts messages by character.
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
