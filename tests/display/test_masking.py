"""Masked values take the room of the real ones, and cannot be read."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from smsplan import segment
from smsplan.display.masking import masker
from smsplan.errors import TooManyParts
from smsplan.numbers import masked_number

TEXT = st.text(
    st.characters(blacklist_categories=["Cs"]) | st.sampled_from("aZ09€[łяçÅ ’\U0001f600")
)


@given(TEXT)
def test_the_same_room(value: str) -> None:
    """Encoding, units and parts stay as they are, and masking twice is masking once."""
    mask = masker()
    masked = mask(value)
    try:
        real, shown = segment(value), segment(masked)
    except TooManyParts:
        return
    assert (real.encoding, real.units) == (shown.encoding, shown.units)
    assert [part.units for part in real.parts] == [part.units for part in shown.parts]
    assert len(masked) == len(value)
    assert mask(masked) == masked


@given(TEXT)
def test_letters_are_gone(value: str) -> None:
    """No GSM letter or digit of one septet is left; of other letters at most a third of all."""
    masked = masker()(value)
    letters = [each for each in value if unicodedata.category(each)[0] in "LMN"]
    kept = 0
    for before, after in zip(value, masked, strict=True):
        if unicodedata.category(before)[0] not in "LMN":
            assert after == before
        elif before == after and before not in "xX0◆\U0001d5d1":
            kept += 1
            assert segment(before).encoding == "UNICODE"
    assert kept * 3 <= len(letters)


def test_numbers() -> None:
    """Of a number the country and two digits are left; of what is too short for that nothing."""
    assert masked_number("447700900123", "GB") == "GB ••• 23"
    assert masked_number("447700900123", None) == "••• 23"
    assert masked_number("123456", "GB") == "GB •••"
    assert masked_number(None, None) == "•••"
