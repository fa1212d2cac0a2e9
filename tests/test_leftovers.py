"""Damaged texts against vectors whose reasons are standards and what services have sent."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan import lint
from smsplan.planning.first_names import NAMES
from smsplan.templates.leftovers import NO_VALUES, escapes, undone
from smsplan.templates.links import links
from smsplan.templates.mojibake import misread, repaired

VECTORS = Path(__file__).parent / "vectors"
CASES = [json.loads(line) for line in (VECTORS / "damaged.jsonl").read_text("utf-8").splitlines()]


def of(kind: str) -> Any:
    """The cases of a kind, by their labels."""
    return [pytest.param(case, id=case["label"]) for case in CASES if case["kind"] == kind]


@pytest.mark.parametrize("case", of("mojibake"))
def test_mojibake(case: dict[str, Any]) -> None:
    """What was read wrongly is told, with what was meant; what is right is left alone."""
    text, meant = case["text"], case["meant"]
    assert repaired(text) == (text if meant is None else meant), case["reason"]
    assert {one.encoding for one in misread(text)} == ({case["encoding"]} if meant else set())
    assert ("SMS116" in [one.code for one in lint(text)]) == (meant is not None)


@pytest.mark.parametrize("case", of("escape"))
def test_escapes(case: dict[str, Any]) -> None:
    """Escapes are found in order, and undone as their standard says."""
    assert [one.text for one in escapes(case["text"])] == case["found"], case["reason"]
    assert undone(case["text"]) == case["meant"]
    assert ("SMS604" in [one.code for one in lint(case["text"])]) == bool(case["found"])


@pytest.mark.parametrize("case", of("value"))
def test_values(case: dict[str, Any]) -> None:
    """A value is none only where it is exactly one of the list, each of which has a reason."""
    assert (case["text"] in NO_VALUES) == case["no_value"], case["reason"]
    assert all(NO_VALUES.values())


def texts(found: Any) -> Iterator[str]:
    """Every text in a vector, however deep."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for each in found.values():
            yield from texts(each)
    elif isinstance(found, list):
        for each in found:
            yield from texts(each)


def right() -> list[str]:
    """Names, and the texts of the other vectors that no dice made: they are as they should be."""
    every: list[str] = [name for names in NAMES.values() for name in names.split(", ")]
    for path in sorted(VECTORS.glob("*.jsonl")):
        if path.name not in ("damaged.jsonl", "pdu-vectors.jsonl"):
            for line in path.read_text("utf-8").splitlines():
                case = json.loads(line)
                if not case.get("category", "").startswith("fuzz"):
                    every += texts(case)
    return every


def test_nothing_else_is_mojibake() -> None:
    """No text of the other vectors, in many languages, is taken for it, in no case of letters."""
    every = right()
    assert len(every) > 1000
    for text in every:
        if re.search("[\x80-\x9f]", text):
            continue  # controls that nobody writes: such a text is damaged
        for each in (text, text.upper(), text.title()):
            assert misread(each) == (), each


@given(st.sampled_from("éèáàäöüñçãõâêôîßøåæœłżśćęąńźčřšžůěďťňőűğışțș"), st.integers(0, 2))
def test_every_accent_in_a_word(letter: str, times: int) -> None:
    """A small letter with an accent in a word comes back, however often it was read wrongly."""
    text = meant = f"xa{letter}ny"
    for _ in range(times):
        text = text.encode().decode("latin-1")
    assert repaired(text) == meant


@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_every_name_comes_back(codec: str) -> None:
    """Names of all languages that were read wrongly are as they were.

    Of another script than Latin two letters at least: one alone may be meant.
    """
    for name in (name for names in NAMES.values() for name in names.split(", ")):
        if len(name) == 1:
            continue
        try:
            wrong = name.encode().decode(codec)
        except UnicodeDecodeError:
            continue  # Windows-1252 has no character there
        assert repaired(wrong) == name


@given(st.text())
def test_repairing_ends(text: str) -> None:
    """What is repaired has nothing left to repair; places follow each other in the text."""
    made = repaired(text)
    assert misread(made) == ()
    found = misread(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= one.start < one.end <= len(text) for one in found)


@given(st.text("\\nrtux0dDeE39&#;ampquot<br/>p%2CA=_? ", max_size=30))
def test_escapes_are_where_they_say(text: str) -> None:
    """Each escape is the text at its place, and undoing never fails."""
    for one in escapes(text):
        assert text[one.start : one.end] == one.text
    undone(text).encode()


def test_long_texts_take_no_time() -> None:
    """A long text of beginnings of everything is looked at in a moment."""
    chosen = random.Random(7)
    begun = time.process_time()
    text = "".join(
        chosen.choices(["Ã", "©", "â€", "\\", "&", "<br", "%2", "=C3", "w.", "a/", " "], k=20_000)
    )
    misread(text)
    list(escapes(text))
    links(text)
    links("a." * 20_000)
    links("http://" + "." * 20_000)
    list(escapes("\\" * 20_000))
    list(escapes("a\\" * 20_000))
    list(escapes("=C3=A9" * 5_000 + "=?a?q?" * 5_000 + "<a " * 5_000))
    assert time.process_time() - begun < 2
