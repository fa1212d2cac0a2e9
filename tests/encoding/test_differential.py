"""The encoding core against encoders that nobody here wrote.

Known deviations of the others are listed with their reason, and strictly: one that disappears fails
here too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import gsm0338
import gsmcodecs
import pygsm7
import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st
from smspdudecoder.codecs import GSM as PduGsm
from smspdudecoder.codecs import UCS2 as PduUcs2

from smsplan import Encoding, segment
from smsplan.encoding.alphabets import LOCKING, SINGLE_SHIFT
from smsplan.encoding.gsm7 import decode, pack, tables

ALPHABET = "".join(tables().septets)
gsm_texts = st.text(st.sampled_from(ALPHABET + "^{}\\[~]|€\f" * 5), max_size=500)
any_texts = st.one_of(gsm_texts, st.text(st.characters(codec="utf-8"), max_size=400))


def gsm0338_septets(text: str) -> bytes:
    """PyPI gsm0338."""
    return bytes(gsm0338.Codec().encode(text)[0])


def smsutil_septets(text: str) -> bytes:
    """PyPI smsutil."""
    return bytes(smsutil.codecs.GSM0338Codec().encode(text)[0])


def gsmcodecs_septets(text: str) -> bytes:
    """PyPI gsmcodecs."""
    return bytes(gsmcodecs.Codec(0, 0).encode(text)[0])


# These two encode ESC as itself: the septet that leads to the extension table, no character.
ENCODE_ESC = {"gsm0338_septets", "smsutil_septets"}
ENCODERS = [gsm0338_septets, smsutil_septets, gsmcodecs_septets]


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.__name__)
def test_every_character(encoder: Callable[[str], bytes]) -> None:
    """Every code point of the first two planes in use: the same septets, or refused by both."""
    septets = dict(tables().septets)
    if encoder.__name__ in ENCODE_ESC:
        septets["\x1b"] = b"\x1b"
    for number in (*range(0x11000), sys.maxunicode):
        if 0xD800 <= number < 0xE000:
            continue
        character = chr(number)
        try:
            theirs: bytes | None = encoder(character)
        except (UnicodeError, KeyError, ValueError):
            theirs = None
        assert septets.get(character) == theirs, f"U+{number:04X}"


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.__name__)
@given(text=gsm_texts)
def test_septets(encoder: Callable[[str], bytes], text: str) -> None:
    """The septets of whole texts."""
    assert tables().encode(text) == encoder(text)


@given(gsm_texts.filter(bool))
def test_packing(text: str) -> None:
    """The packed octets of a message without header, by two more encoders."""
    packed = pack(tables().encode(text)).hex().upper()
    assert pygsm7.encode_gsm7(text) == packed
    assert PduGsm.encode(text) == packed


@given(gsm_texts.filter(bool))
def test_user_data_is_read(text: str) -> None:
    """A decoder reads what a message of one part carries."""
    made = segment(text)
    if made.number_of_parts == 1:
        octets = made.parts[0].user_data.hex()
        assert pygsm7.decode_gsm7(octets, made.units) == text


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=100))
def test_unicode_user_data_is_read(text: str) -> None:
    """A decoder reads Unicode parts, behind the header."""
    made = segment(text)
    if made.encoding is Encoding.UNICODE:
        payload = b"".join(part.user_data[len(part.udh) :] for part in made.parts)
        assert PduUcs2.decode(payload.hex()) == text


@given(any_texts.filter(bool))
def test_parts(text: str) -> None:
    """Smsutil cuts texts into the same parts, of the same size (ESC aside: see above)."""
    text = text.replace("\x1b", "")
    theirs = smsutil.split(text)
    made = segment(text)
    assert [part.content for part in theirs.parts] == [part.text for part in made.parts]
    width = 1 if made.encoding is Encoding.GSM else 2
    assert [part.bytes for part in theirs.parts] == [width * part.units for part in made.parts]


# gsmcodecs has the apostrophe at 0x2C in ten tables, and so no comma; its Kannada table has the
# standard's typing error at 0x24.
DEVIATIONS = {**{key: {","} for key in range(4, 14)}, 7: {",", "\u0ca1", "\u0caa"}}


@pytest.mark.parametrize("language", sorted(LOCKING))
def test_locking_tables(language: int) -> None:
    """Every cell of every locking table, by gsmcodecs; its known deviations are all there are."""
    theirs = gsmcodecs.Codec(language, 0)
    deviations = {
        character
        for character, code in tables(language, 0).septets.items()
        if len(code) == 1 and _encoded(theirs, character) != code
    }
    assert deviations == DEVIATIONS.get(language, set())


@pytest.mark.parametrize("language", sorted(SINGLE_SHIFT))
def test_single_shift_tables(language: int) -> None:
    """Every cell of every single shift table, decoded by gsmcodecs."""
    theirs = gsmcodecs.Codec(language, language)
    for code, character in SINGLE_SHIFT[language].items():
        assert theirs.decode(bytes((0x1B, code)))[0] == character
        assert decode(bytes((0x1B, code)), 0, language) == character


def _encoded(codec: gsmcodecs.Codec, character: str) -> bytes | None:
    try:
        return bytes(codec.encode(character)[0])
    except UnicodeEncodeError:
        return None
