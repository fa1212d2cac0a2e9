"""Replacing look-alikes of GSM characters."""

from __future__ import annotations

from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.segmentation import culprits

AUTO_ENCODING = {
    ord(character): entry.replacement
    for character, entry in LOOK_ALIKES.items()
    if entry.auto_encoding
}


def auto_encode(text: str, *, partial: bool = False) -> str:
    """Replace what a provider's Auto Encoding replaces: the look-alikes on its list.

    All or nothing: the text stays as it is where something outside the GSM alphabet would be left,
    such as an emoji; ``partial`` replaces what it can.

    >>> auto_encode("“Hi”"), auto_encode("“Hi” \\U0001f600")
    ('"Hi"', '“Hi” 😀')
    """
    replaced = text.translate(AUTO_ENCODING)
    return replaced if partial or not culprits(replaced) else text
