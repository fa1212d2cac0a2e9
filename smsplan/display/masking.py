"""What is put for a value where a page is given away; for a number: ``numbers.masking``.

A masked value has the characters of its text by their kind, so that a message that is drawn with it
takes the same room: what it says is gone, what it costs is seen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from smsplan.encoding import Encoding
from smsplan.encoding.segmentation import Languages, measure
from smsplan.errors import UnencodableText
from smsplan.numbers import HIDDEN
from smsplan.totals.common_characters import PEOPLE
from smsplan.totals.findings import told

if TYPE_CHECKING:
    from smsplan.insight.characters import Characters
    from smsplan.insight.waterfall import Waterfall
    from smsplan.totals.finding import Finding

# In the place of a character outside GSM: one code unit, and two; of a letter of two septets.
_HIDDEN, _WIDE_HIDDEN, _TWO_SEPTETS = "◆", "\U0001d5d1", "€"


def masker(languages: Languages = (), *, common: Collection[str] = ()) -> Callable[[str], str]:
    """Return what masks a value: letters, digits; what costs more stays where many people have it.

    ``common`` are the characters outside GSM, and the letters of national tables, that may be
    shown: those of five people or more. Letters outside GSM are shown where they stand among at
    least twice as many others; else the value itself could be read by them.

    >>> mask = masker(common="łАн’")
    >>> mask("Małgorzata 12"), mask("Анна"), mask("O’Neil [€]"), mask("İŞ"), mask("Aşkim")
    ('Xxłxxxxxxx 00', '◆◆◆◆', 'X’Xxxx [€]', '◆◆', 'X◆xxx')
    """

    def kind(character: str) -> str:
        try:
            found = measure(character, languages=languages)
        except UnencodableText:
            return "foreign"
        if found.encoding is Encoding.UNICODE:
            return "foreign"
        return "wide" if found.units > 1 else "plain"

    def mask(value: str) -> str:
        kinds = {character: kind(character) for character in set(value)}
        letters = [one for one in value if _is_letter(one)]
        foreign = sum(kinds[one] == "foreign" for one in letters)
        readable = foreign * 3 > len(letters)

        def masked(character: str) -> str:
            kind, letter = kinds[character], _is_letter(character)
            if kind == "foreign":
                if character in common and not (letter and readable):
                    return character
                return _WIDE_HIDDEN if character > "\uffff" else _HIDDEN
            if not letter:
                return character
            if kind == "wide":
                return character if character in common else _TWO_SEPTETS
            if unicodedata.category(character)[0] == "N":
                return "0"
            return "X" if character.isupper() else "x"

        return "".join(map(masked, value))

    return mask


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def masked_characters(made: Characters, common: Collection[str]) -> Characters:
    """Hide which characters of values they are, where few people have them; figures stay.

    Of characters without a look-alike no examples are left: they would be the letters of somebody's
    name, side by side.
    """
    return replace(
        made,
        characters=tuple(
            one
            if one.place == TEMPLATE or _of_many(one.character, one.rows, common)
            else replace(one, character=_HIDDEN, code_point="", name=_OTHER, replacement=_HIDDEN)
            for one in made.characters
        ),
        scripts=tuple(
            each if each.place == TEMPLATE else replace(each, examples=HIDDEN)
            for each in made.scripts
        ),
    )


TEMPLATE = "template"
_OTHER = "a character of fewer than five people"


def _of_many(character: str, rows: int, common: Collection[str]) -> bool:
    return rows >= PEOPLE and set(character) <= set(common)


def masked_sentence(finding: Finding, common: Collection[str]) -> str:
    """Say a finding without the characters that few people have, and without their values."""
    allowed = {character for character in finding.characters if character in common}
    if finding.places == (TEMPLATE,):
        allowed = set(finding.characters)
    return told(finding, allowed)


def masked_waterfall(made: Waterfall, common: Collection[str]) -> Waterfall:
    """Hide which characters of values are causes, where few people have them."""
    return replace(
        made,
        steps=tuple(
            replace(
                step,
                causes=tuple(
                    cause
                    if cause.place == TEMPLATE or set(cause.character) <= set(common)
                    else replace(cause, character=_HIDDEN)
                    for cause in step.causes
                ),
            )
            for step in made.steps
        ),
    )
