"""What stands for a value where a page is given away; for a number: ``numbers.masking``.

A masked value has the characters of its text by their kind, so that a message that is drawn with it
takes the same room: what it says is gone, what it costs is seen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from smsplan.encoding import Encoding
from smsplan.encoding.segmentation import Languages, measure
from smsplan.errors import UnencodableText

# In the place of a letter outside GSM: one code unit, and two.
_LETTER, _WIDE_LETTER = "◆", "\U0001d5d1"


def masker(languages: Languages = ()) -> Callable[[str], str]:
    """Return what masks a value: letters, digits; of other characters those that cost more stay.

    Letters outside GSM are shown where they stand among at least twice as many others; else the
    value itself could be read by them.

    >>> mask = masker()
    >>> mask("Małgorzata 12"), mask("Анна"), mask("O’Neil [€]"), mask("İŞ")
    ('Xxłxxxxxxx 00', '◆◆◆◆', 'X’Xxxx [€]', '◆◆')
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
        letters = [one for one in value if unicodedata.category(one)[0] in "LMN"]
        foreign = sum(kinds[one] == "foreign" for one in letters)
        readable = foreign * 3 > len(letters)
        return "".join(_masked(one, kinds[one], readable=readable) for one in value)

    return mask


def _masked(character: str, kind: str, *, readable: bool) -> str:
    category = unicodedata.category(character)
    if category[0] not in "LMN":
        return character
    if kind == "foreign":
        if not readable:
            return character
        return _WIDE_LETTER if character > "\uffff" else _LETTER
    if kind == "wide":
        return character
    if category[0] == "N":
        return "0"
    return "X" if character.isupper() else "x"
