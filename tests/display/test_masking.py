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


COMMON = st.sets(st.sampled_from("łяç’\U0001f600")).map(frozenset)


@given(TEXT, COMMON)
def test_the_same_room(value: str, common: frozenset[str]) -> None:
    """Encoding, units and parts stay as they are, and masking twice is masking once."""
    mask = masker(common=common)
    masked = mask(value)
    try:
        real, shown = segment(value), segment(masked)
    except TooManyParts:
        return
    assert (real.encoding, real.units) == (shown.encoding, shown.units)
    assert [part.units for part in real.parts] == [part.units for part in shown.parts]
    assert len(masked) == len(value)
    assert mask(masked) == masked


@given(TEXT, COMMON)
def test_letters_are_gone(value: str, common: frozenset[str]) -> None:
    """No GSM letter or digit is left; of characters outside GSM those that many have.

    Of these letters at most a third of all.
    """
    masked = masker(common=common)(value)
    letters = [each for each in value if unicodedata.category(each)[0] in "LMN"]
    kept = 0
    for before, after in zip(value, masked, strict=True):
        letter = unicodedata.category(before)[0] in "LMN"
        outside = segment(before).encoding == "UNICODE"
        if outside:
            assert after in ("◆", "\U0001d5d1") or after in common
        elif not letter:
            assert after == before
        if letter and before == after and before not in "xX0\U0001d5d1":
            kept += 1
            assert outside
    assert kept * 3 <= len(letters)


def test_letters_of_national_tables() -> None:
    """A letter that a national table has is one too: two septets are two septets."""
    mask = masker(("tr",))
    assert (
        segment(mask("ışık"), languages=("tr",)).units == segment("ışık", languages=("tr",)).units
    )
    assert not set("ış") & set(mask("ışık"))
    assert masker(("tr",), common="ış")("ışık") == "ışıx"


def test_numbers() -> None:
    """Of a number the country and two digits are left; of what is too short for that nothing."""
    assert masked_number("447700900123", "GB") == "GB ••• 23"
    assert masked_number("447700900123", None) == "••• 23"
    assert masked_number("123456", "GB") == "GB •••"
    assert masked_number(None, None) == "•••"
