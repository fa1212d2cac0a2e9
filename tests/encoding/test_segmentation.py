"""Segmentation: properties that hold for every text, and the rules beside the vectors."""

from __future__ import annotations

import copy
import math
import pickle
import time
import unicodedata
from collections.abc import Callable
from typing import Any, Literal

import grapheme
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan import (
    Encoding,
    InputError,
    TooManyParts,
    UnencodableText,
    explain,
    segment,
    substitute,
    truncate,
)
from smsplan.encoding import Boundary, cut, measure
from smsplan.encoding.alphabets import LANGUAGES, LOCKING, SINGLE_SHIFT, UNASSIGNED
from smsplan.encoding.gsm7 import decode, pack, tables, unpack
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.substitution import auto_encode
from smsplan.encoding.ucs2 import clusters

GSM = "".join(tables().septets)
WIDE = "^{}\\[~]|€\f"
CLUSTERS = ["e\u0301", "👨\u200d👩\u200d👧", "🇸🇪", "👍🏽", "\r\n", "1\ufe0f\u20e3"]

gsm_texts = st.text(st.sampled_from(GSM + WIDE * 8), max_size=700)
unicode_texts = st.lists(
    st.one_of(st.sampled_from(["я", "a", "😀", "中", *CLUSTERS]), st.characters(codec="utf-8")),
    max_size=300,
).map("".join)
long_runs = st.builds(
    lambda head, middle, tail: head + middle + tail,
    st.integers(60, 330).map(lambda n: "a" * n),
    st.sampled_from([*WIDE, *CLUSTERS, "😀", ""]),
    st.integers(0, 330).map(lambda n: "b" * n),
)
# One cluster about as long as a part, anywhere.
long_clusters = st.builds(
    lambda head, marks, tail: "я" * head + "e" + "\u0301" * marks + tail,
    st.integers(0, 80),
    st.integers(60, 150),
    st.sampled_from(["", "я", "😀ы" * 40]),
)
texts = st.one_of(gsm_texts, unicode_texts, long_runs, long_clusters)


def greedy(text: str, boundary: str) -> list[str]:
    """Cut by the book: one unbreakable piece after the other into parts."""
    gsm = all(character in GSM for character in text)
    width = (lambda c: 2 if c in WIDE else 1) if gsm else (lambda c: 2 if ord(c) > 0xFFFF else 1)
    alone, room = (160, 153) if gsm else (70, 67)
    if sum(map(width, text)) <= alone:
        return [text]
    pieces = regex.findall(r"\X", text) if boundary == "grapheme" and not gsm else list(text)
    parts, left = [""], room
    for piece in pieces:
        size = sum(map(width, piece))
        for unit in [piece] if size <= room else list(piece):
            if sum(map(width, unit)) > left and parts[-1]:
                parts.append("")
                left = room
            parts[-1] += unit
            left -= sum(map(width, unit))
    return parts


@settings(max_examples=400)
@given(texts, st.sampled_from(["pair", "grapheme"]))
def test_parts_are_greedy(text: str, boundary: Boundary) -> None:
    """Counting by bounds and cutting locally equal filling parts piece after piece.

    Grapheme clusters stay whole in Unicode messages, unless one is longer than a part.
    """
    made = segment(text, boundary=boundary)
    assert [part.text for part in made.parts] == greedy(text, boundary)
    assert made.number_of_parts == len(made.parts)


@given(texts)
def test_dense_is_the_quotient(text: str) -> None:
    """`dense` counts ceil(units / capacity)."""
    made = segment(text, boundary="dense")
    alone, room = (160, 153) if made.encoding is Encoding.GSM else (70, 67)
    assert made.number_of_parts == (1 if made.units <= alone else math.ceil(made.units / room))


@given(texts, st.sampled_from([8, 16]))
def test_parts_decode_to_the_text(text: str, bits: int) -> None:
    """What a receiver unpacks from every part, joined, is the text; every part fits 140 octets."""
    made = segment(text, reference_bits=bits, reference=7)  # type: ignore[arg-type]
    seen = ""
    for part in made.parts:
        assert len(part.user_data) <= 140
        payload = part.user_data[len(part.udh) :]
        if made.encoding is Encoding.UNICODE:
            seen += payload.decode("utf-16-be")
            assert part.udl == len(part.user_data)
            continue
        fill = -8 * len(part.udh) % 7
        assert part.septets == unpack(payload, part.units, fill)
        assert part.udl == math.ceil(8 * len(part.udh) / 7) + part.units
        seen += decode(part.septets)
    assert seen == text


@given(texts)
def test_measure_is_segment(text: str) -> None:
    """Counting and building agree, and a segmentation is a value."""
    made = segment(text)
    assert measure(text)[:3] == (made.encoding, made.units, made.number_of_parts)
    assert eval(repr(made), {"segment": segment}) == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert copy.copy(made) == made
    assert 0 <= made.free_units <= 160
    last = made.parts[-1]
    alone, room = (160, 153) if made.encoding is Encoding.GSM else (70, 67)
    assert made.free_units == (alone if len(made.parts) == 1 else room) - last.units


@given(st.binary(max_size=200), st.integers(0, 6))
def test_packing_returns(octets: bytes, fill: int) -> None:
    """Unpacking returns what was packed, behind any fill bits."""
    septets = bytes(octet & 0x7F for octet in octets)
    assert unpack(pack(septets, fill), len(septets), fill) == septets


@pytest.mark.parametrize("single", SINGLE_SHIFT)
@pytest.mark.parametrize("locking", LOCKING)
def test_every_pair_of_tables_returns(locking: int, single: int) -> None:
    """Every character of a pair of tables is encoded and decoded back."""
    pair = tables(locking, single)
    text = "".join(pair.septets)
    assert decode(pair.encode(text), locking, single) == text
    assert UNASSIGNED not in text


def test_decoding_rules() -> None:
    """ESC ESC is a space, ESC and an undefined code the main table's character."""
    assert decode(bytes((0x1B, 0x1B))) == " "
    assert decode(bytes((0x1B, 0x41))) == "A"
    assert decode(b"a\x1b") == "a "
    assert decode(bytes((0x1B, 0x65)), 0, 12) == "€"
    assert "€" not in {c for c, code in tables(12, 12).septets.items() if code[-1] == 0x65}


def test_tables_by_number() -> None:
    """Tables asked for are used and named in the header; what they lack is Unicode without."""
    turkish = segment("ışğ", locking=1, single_shift=1)
    assert turkish.parts[0].udh == bytes.fromhex("06240101250101")
    plain = segment("a", locking=1)
    assert (plain.encoding, plain.parts[0].udh) == (Encoding.GSM, bytes.fromhex("03250101"))
    other = segment("я", locking=1)
    assert (other.encoding, other.parts[0].udh, other.locking) == (Encoding.UNICODE, b"", 0)
    for wrong in ({"locking": 2}, {"locking": 14}, {"single_shift": -1}):
        with pytest.raises(InputError, match="shift table"):
            segment("a", **wrong)  # type: ignore[arg-type]


def test_languages_take_the_cheapest() -> None:
    """Fewest parts; then fewest headers; then the lowest number."""
    plain = segment("a" * 160, languages="all")
    assert (plain.locking, plain.single_shift, plain.number_of_parts) == (0, 0, 1)
    # 80 letters of two septets in a single shift are 160 > 155; one septet in the locking table.
    assert segment("ş" * 100, languages=("tr",)).locking == 1
    both = segment("ş" * 71, languages=("tr", "es"))
    assert (both.locking, both.single_shift, both.number_of_parts) == (0, 1, 1)
    assert segment("ş" * 71).number_of_parts == 2
    # 81 euro signs: 162 septets in the extension table, 81 in the Turkish locking table.
    assert segment("€" * 81, languages=("tr",)).locking == 1
    # The locking table of one language with the single shift table of another.
    mixed = segment("ş" * 60 + "௦" * 10, languages=("tr", "ta"))
    assert (mixed.locking, mixed.single_shift, mixed.units) == (1, 11, 80)
    with pytest.raises(InputError, match="no national table"):
        segment("a", languages=("xx",))
    with pytest.raises(InputError, match="exclude each other"):
        segment("a", languages=("tr",), locking=1)


@given(st.text(st.sampled_from("aşıáçक€ñ{😀"), max_size=200), st.sampled_from([*LANGUAGES, "all"]))
def test_languages_by_trying(text: str, language: str) -> None:
    """No allowed pair of tables is cheaper than the one taken."""
    languages = "all" if language == "all" else (language,)
    made = segment(text, languages=languages)
    numbers = LANGUAGES.values() if language == "all" else [LANGUAGES[language]]
    tried = [segment(text)] + [
        segment(text, locking=locking, single_shift=single)
        for locking in {0, *numbers} & LOCKING.keys()
        for single in {0, *numbers}
        if locking or single
    ]
    assert made.number_of_parts == min(one.number_of_parts for one in tried)


def test_culprits_with_national_tables() -> None:
    """Only what the allowed tables lack forces Unicode."""
    assert [c.character for c in segment("aşя").culprits] == ["ş", "я"]
    assert segment("aşя", locking=1).culprits == (("я", 2),)
    assert segment("aşя", languages=("tr",)).culprits == (("я", 2),)
    assert segment("aş", languages="all").culprits == ()
    asked = segment("aşя", languages=["tr"])
    assert repr(asked) == "segment('aşя', languages=('tr',))"
    assert pickle.loads(pickle.dumps(asked)) == asked != segment("aşя")


def test_errors() -> None:
    """Lone surrogates and more than 255 parts are errors that carry their figures."""
    with pytest.raises(UnencodableText) as lone:
        segment("ab\udc00")
    assert pickle.loads(pickle.dumps(lone.value)).position == 2
    with pytest.raises(TooManyParts) as many:
        segment("я" * 17086)
    assert pickle.loads(pickle.dumps(many.value)).number_of_parts == 256
    assert segment("a" * 39015).number_of_parts == 255
    for wrong in (
        {"boundary": "half"},
        {"reference_bits": 12},
        {"reference": 256},
        {"reference": -1},
    ):
        with pytest.raises(InputError, match="use "):
            segment("a", **wrong)
    with pytest.raises(InputError, match="cuts a pair"):
        _ = segment("a" * 152 + "€" * 5, boundary="dense").parts
    with pytest.raises(AttributeError, match="immutable"):
        segment("a").units = 2


@pytest.mark.parametrize("wrong", [None, 3, float("nan"), b"Hi", ["Hi"]])
def test_what_is_no_text(wrong: Any) -> None:
    """A missing value of a table is no text, and is refused by name by all that takes one."""
    for call in (segment, explain, substitute, measure, lambda text: truncate(text, parts=1),
                 lambda text: segment(text, boundary="grapheme")):  # fmt: skip
        with pytest.raises(InputError, match=f"the text is {type(wrong).__name__}, not text"):
            call(wrong)


HOSTILE: dict[str, Callable[[int], str]] = {
    "marks": lambda size: "e" + "\u0301" * size,
    "joiners": lambda size: "👨\u200d" * (size // 2),
    "flags": lambda size: "🇸🇪" * (size // 2),
    "conjuncts": lambda size: "क\u094d" * (size // 2),
    "escapes": lambda size: "€" * size,
    "late": lambda size: "a" * size + "я",
}


def seconds(text: str) -> float:
    """Processor time of everything that walks over a text, the best of three."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        for boundary in ("pair", "grapheme", "dense"):
            measure(text, gsm_boundary=boundary, unicode_boundary=boundary)
            for order in ("before", "after"):
                cut(text, parts=10_000, order=order, suffix="…", unicode_boundary=boundary)
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_are_fast(kind: str) -> None:
    """Time grows with the text, not with its square: sixteen times the text, not 256 the time."""
    assert seconds(HOSTILE[kind](48_000)) < 64 * max(seconds(HOSTILE[kind](3_000)), 1e-3)


def longest(text: str, suffix: str, parts: int, boundary: str, forced: Encoding | None) -> str:
    """The longest prefix that fits with its suffix, by trying every length."""
    kept_whole: set[int] = set()
    if boundary == "grapheme":
        for match in regex.finditer(r"\X", text):
            if len(match.group().encode("utf-16-be")) // 2 <= 67:
                kept_whole.update(range(match.start() + 1, match.end()))
    for length in range(len(text), -1, -1):
        gsm = forced is None and all(character in GSM for character in text[:length] + suffix)
        if length in kept_whole and not gsm:
            continue
        made = text[:length] + suffix
        counted = measure(made, gsm_boundary=boundary, unicode_boundary=boundary, encoding=forced)
        if counted.number_of_parts <= parts:
            return made
    raise AssertionError("the suffix alone does not fit")


@settings(max_examples=400)
@given(
    texts,
    st.integers(1, 3),
    st.sampled_from(["pair", "grapheme", "dense"]),
    st.sampled_from(["", "...", "€", "…", "😀"]),
    st.sampled_from(["before", "after"]),
)
def test_truncate_is_the_longest_prefix(
    text: str,
    parts: int,
    boundary: Boundary,
    suffix: str,
    encoding: Literal["before", "after"],
) -> None:
    """Truncation against the definition: every prefix tried, the longest that fits."""
    made = truncate(text, parts=parts, boundary=boundary, suffix=suffix, encoding=encoding)
    whole = measure(text, gsm_boundary=boundary, unicode_boundary=boundary)
    if whole.number_of_parts <= parts:
        assert made == text
        return
    forced = None
    if encoding == "before" and any(character not in GSM for character in text + suffix):
        forced = Encoding.UNICODE
    assert made == longest(text, suffix, parts, boundary, forced)


@given(st.text(st.sampled_from("aşıçक€{😀"), max_size=400), st.sampled_from(["before", "after"]))
def test_cut_with_national_tables(text: str, order: str) -> None:
    """The tables of the whole text stay (before), or those of the prefix decide (after)."""
    made = cut(text, order=order, languages=("tr",), reference_bits=16)
    whole = measure(text, languages=("tr",), reference_bits=16)
    if whole.number_of_parts == 1:
        assert made == text
        return

    def one_part(prefix: str) -> bool:
        if order == "after":
            return measure(prefix, languages=("tr",)).number_of_parts == 1
        if whole.encoding is Encoding.UNICODE:
            return measure(prefix, encoding=Encoding.UNICODE).number_of_parts == 1
        septets = len(tables(whole.locking, whole.single_shift).encode(prefix))
        return septets <= {0: 160, 1: 155, 2: 152}[bool(whole.locking) + bool(whole.single_shift)]

    assert made == next(
        text[:length] for length in range(len(text), -1, -1) if one_part(text[:length])
    )


def test_truncate_examples() -> None:
    """The suffix only when something was cut; it counts; a pair is never cut in half."""
    assert truncate("a" * 160, suffix="...") == "a" * 160
    assert truncate("a" * 159 + "€") == "a" * 159
    assert truncate("я" * 69 + "😀") == "я" * 69
    assert truncate("a" * 160 + "😀") == "a" * 70
    assert truncate("a" * 160 + "😀", encoding="after") == "a" * 160
    assert truncate("я" * 67 + "👨\u200d👩\u200d👧", boundary="grapheme") == "я" * 67
    for wrong in (0, 256, True, "1"):
        with pytest.raises(InputError, match="parts cannot be"):
            truncate("a", parts=wrong)  # type: ignore[arg-type]
    # A Unicode suffix makes the message Unicode, whichever order.
    assert truncate("a" * 161, suffix="…") == "a" * 69 + "…"
    assert truncate("a" * 161, suffix="…", encoding="after") == "a" * 69 + "…"
    # One cluster longer than a part is cut; what is before it is not given up.
    assert truncate("я" * 9 + "e" + "\u0301" * 99, boundary="grapheme")[-1] == "\u0301"
    assert truncate("a" * 200, suffix="b" * 160) == "b" * 160
    for encoding in ("before", "after"):
        with pytest.raises(InputError, match="suffix alone"):
            truncate("a" * 200, suffix="b" * 161, encoding=encoding)
    with pytest.raises(UnencodableText):
        truncate("\ud83d")


@given(
    st.lists(
        st.tuples(st.sampled_from([*CLUSTERS, "क\u094d", "я", "\u0301"]), st.integers(1, 150)),
        max_size=6,
    )
)
def test_clusters_are_those_of_the_whole_text(runs: list[tuple[str, int]]) -> None:
    """Looking at windows of a text finds the clusters of the text."""
    text = "".join(piece * times for piece, times in runs)
    assert list(clusters(text)) == [match.span() for match in regex.finditer(r"\X", text)]


@given(unicode_texts)
def test_clusters_by_a_second_opinion(text: str) -> None:
    """`grapheme` finds the same clusters, Indic scripts and newer emoji aside."""
    text = "".join(c for c in text if c.isascii() or c in "".join(CLUSTERS) + "яж中😀")
    text = text.replace("\u200d", "") if "\u200d" in text and "👨" not in text else text
    assert [text[slice(*span)] for span in clusters(text)] == list(grapheme.graphemes(text))


def test_look_alikes() -> None:
    """Every replacement is in the alphabet, and none stands for a character of it."""
    assert len(LOOK_ALIKES) > 1_800
    assert sum(entry.safe for entry in LOOK_ALIKES.values()) > 250
    for character, entry in LOOK_ALIKES.items():
        assert character not in GSM, unicodedata.name(character, "?")
        # What was decoded wrongly is what it is, whether the alphabet has that or not.
        if not "\x80" <= character <= "\x9f":
            assert set(entry.replacement) <= set(GSM), unicodedata.name(character, "?")


def test_auto_encoding() -> None:
    """All or nothing, unless partial."""
    assert auto_encode("“a”") == '"a"'
    assert auto_encode("“я”") == "“я”"
    assert auto_encode("“я”", partial=True) == '"я"'
