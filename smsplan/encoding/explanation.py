"""Why a text takes what it takes: character by character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from smsplan.encoding.names import character_name, code_points
from smsplan.encoding.segmentation import Encoding, Segmentation, measure, segment
from smsplan.encoding.substitution import (
    Level,
    StandIn,
    Substituted,
    changed,
    stand_ins,
    substitute,
)
from smsplan.showing import drawn


class Explained(NamedTuple):
    """One character of a text.

    ``position`` counts code points from 0, ``part`` parts from 1. ``units`` are those of the
    message's encoding. ``replacement`` is what the GSM alphabet has in its place, of a ``level``
    and a ``kind`` (null: nothing, or none is needed): for a character and for a mark that belong
    together the one that they compose to. ``parts_if_replaced`` is how many parts the text would
    have were every such character, and nothing else, replaced.
    """

    position: int
    character: str
    name: str
    code_point: str
    units: int
    part: int
    forces_unicode: bool
    replacement: str | None = None
    level: Level | None = None
    parts_if_replaced: int | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text, character by character; ``safe`` and ``lossy`` are what substitution would make."""

    segmentation: Segmentation
    characters: tuple[Explained, ...]
    safe: Substituted
    lossy: Substituted

    def __str__(self) -> str:
        return drawn("text.explanation_text", self)

    def _repr_html_(self) -> str:
        return drawn("messages.explanation_html", self)


def explain(text: str) -> Explanation:
    """Say of every character of a text what it is, what it takes, and what it does.

    >>> made = explain("Hi “you”")
    >>> first = made.characters[3]
    >>> first.name, first.code_point, first.units, first.forces_unicode, first.replacement
    ('LEFT DOUBLE QUOTATION MARK', 'U+201C', 1, True, '"')
    >>> last = explain("Zoe\\u0301").characters[-1]
    >>> last.code_point, last.replacement, last.level, last.kind
    ('U+0301', 'é', 'safe', 'composed')
    """
    made = segment(text)
    forcing = {culprit.position for culprit in made.culprits}
    found = stand_ins(text)
    # What stands in for each place, and the parts were all alike replaced.
    at = {
        place: each
        for each in found
        for place in range(each.change.position, each.change.position + len(each.change.original))
    }
    alike: dict[tuple[str, str], list[StandIn]] = {}
    for each in found:
        alike.setdefault(each.change[1:3], []).append(each)
    parts = {
        key: measure(changed(text, [each.change for each in some])).number_of_parts
        for key, some in alike.items()
    }
    gsm = made.encoding is Encoding.GSM
    out = []
    position = 0
    for number, part in enumerate(made.parts, start=1):
        for character in part.text:
            forces = position in forcing
            instead = at.get(position) if forces else None
            # The extension table is what has two septets; a surrogate pair two code units.
            units = measure(character).units if gsm else 1 + (character > "\uffff")
            one = Explained(
                position,
                character,
                character_name(character),
                code_points(character),
                units,
                number,
                forces,
            )
            if instead is not None:
                _, original, replacement, kind = instead.change
                one = one._replace(
                    replacement=replacement,
                    level=instead.level,
                    parts_if_replaced=parts[original, replacement],
                    kind=kind,
                )
            out.append(one)
            position += 1
    return Explanation(made, tuple(out), substitute(text), substitute(text, "lossy"))
