"""Why a text takes what it takes: character by character."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.segmentation import Encoding, Segmentation, measure, segment
from smsplan.encoding.substitution import (
    GREEK_CAPITAL,
    Level,
    Substituted,
    replacements,
    substitute,
)
from smsplan.errors import packages_needed


class Explained(NamedTuple):
    """One character of a text.

    ``position`` counts code points from 0, ``part`` parts from 1. ``units`` are those of the
    message's encoding. ``replacement`` is what the GSM alphabet has instead (null: nothing, or none
    is needed), of a ``level``: ``lossy`` also where a Greek capital stands in a Greek word;
    ``parts_if_replaced`` is how many parts the text would have were every such character, and
    nothing else, replaced.
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


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text, character by character; ``safe`` and ``lossy`` are what substitution would make."""

    segmentation: Segmentation
    characters: tuple[Explained, ...]
    safe: Substituted
    lossy: Substituted

    def __str__(self) -> str:
        with packages_needed():
            from smsplan.display.text import explanation_text

        return explanation_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.messages import explanation_html

        return explanation_html(self)


def explain(text: str) -> Explanation:
    """Say of every character of a text what it is, what it takes, and what it does.

    >>> made = explain("Hi “you”")
    >>> first = made.characters[3]
    >>> first.name, first.code_point, first.units, first.forces_unicode, first.replacement
    ('LEFT DOUBLE QUOTATION MARK', 'U+201C', 1, True, '"')
    """
    made = segment(text)
    forcing = {culprit.position for culprit in made.culprits}
    safe = {change.position for change in replacements(text, "safe")} if forcing else frozenset()
    gsm = made.encoding is Encoding.GSM
    alone: dict[str, tuple[str | None, Level | None, int | None]] = {}
    out = []
    position = 0
    for number, part in enumerate(made.parts, start=1):
        for character in part.text:
            forces = position in forcing
            if forces and character not in alone:
                alone[character] = _alone(text, character)
            replacement, level, parts = alone[character] if forces else (None, None, None)
            if (
                level == "safe"
                and position not in safe
                and LOOK_ALIKES[character].kind == GREEK_CAPITAL
            ):
                level = "lossy"
            # The extension table is what has two septets; a surrogate pair two code units.
            units = measure(character).units if gsm else 1 + (character > "\uffff")
            out.append(
                Explained(
                    position,
                    character,
                    character_name(character),
                    f"U+{ord(character):04X}",
                    units,
                    number,
                    forces,
                    replacement,
                    level,
                    parts,
                )
            )
            position += 1
    return Explanation(made, tuple(out), substitute(text), substitute(text, "lossy"))


def _alone(text: str, character: str) -> tuple[str | None, Level | None, int | None]:
    entry = LOOK_ALIKES.get(character)
    if entry is None:
        return None, None, None
    replaced = text.replace(character, entry.replacement)
    level: Level = "safe" if entry.safe else "lossy"
    return entry.replacement, level, measure(replaced).number_of_parts


# Control characters have no name of their own in Unicode.
_CONTROLS = {"\n": "LINE FEED", "\r": "CARRIAGE RETURN", "\t": "CHARACTER TABULATION",
             "\f": "FORM FEED", "\x1b": "ESCAPE", "\x00": "NULL"}  # fmt: skip


def character_name(character: str) -> str:
    """Return a character's name in Unicode, a usual one where it has none.

    >>> character_name("…"), character_name("\\t")
    ('HORIZONTAL ELLIPSIS', 'CHARACTER TABULATION')
    """
    return _CONTROLS.get(character) or unicodedata.name(character, "") or "no name"
