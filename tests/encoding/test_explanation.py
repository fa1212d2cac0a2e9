"""Explanations: what is said of every character is what ``segment`` says of the text."""

from __future__ import annotations

import re
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan import explain, segment
from smsplan.encoding import culprits
from smsplan.encoding.substitution import of_character

# What becomes of these depends on what stands beside them.
NEIGHBOURS = "\u200b\u0301"
TEXTS = st.text(
    st.sampled_from([*"abc€[ü\n", "“", "ş", "я", "😀", "\u200b", "\t", "\u0301", "\x93"]),
    max_size=400,
)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_every_character(text: str) -> None:
    """Characters, units, parts, culprits and what a replacement alone would do."""
    made, expected = explain(text), segment(text)
    assert "".join(each.character for each in made.characters) == text
    assert [each.position for each in made.characters] == list(range(len(text)))
    for number, part in enumerate(expected.parts, start=1):
        mine = [each for each in made.characters if each.part == number]
        assert "".join(each.character for each in mine) == part.text
        assert sum(each.units for each in mine) == part.units
    assert [each.position for each in made.characters if each.forces_unicode] == [
        culprit.position for culprit in expected.culprits
    ]
    for each in made.characters:
        if not each.forces_unicode:
            assert each.replacement is None
        elif not set(text[each.position : each.position + 2]) & set(NEIGHBOURS):
            # By itself it becomes what it becomes here; without it, the rest is as it was.
            safe, lossy = (of_character(each.character, level) for level in ("safe", "lossy"))
            instead = next((new for new in (safe, lossy) if not culprits(new)), None)
            assert each.replacement == instead
            if instead is not None:
                replaced = re.sub(rf"{each.character}(?!\u0301)", instead, text)
                assert each.parts_if_replaced == len(segment(replaced).parts)
    assert str(made)


def test_what_is_shown() -> None:
    """Counts, names and what would help; control characters of a text are escaped."""
    shown = str(explain("Hi “you” € " + "a" * 70 + "\x1b[31m😀"))
    for words in ("UNICODE", "LEFT DOUBLE QUOTATION", "U+201C", "GRINNING FACE"):
        assert words in shown
    assert "\x1b" not in shown
    assert "substitute(level='safe'): 1 part instead of 2, 2 changes" in str(
        explain("“" + "a" * 80 + "”")
    )


def test_greek_capitals_by_their_words() -> None:
    """A Greek capital is a safe replacement only in a word that is otherwise of the alphabet."""
    made = explain("\u039a\u03b1\u03bb\u03ae, \u039fK \u03a0\u03b1\u039d")
    found = {each.position: (each.replacement, each.level) for each in made.characters}
    assert found[0] == ("K", "lossy")
    assert found[6] == ("O", "safe")
    # All of its word is Greek to the eye, or none is.
    assert found[9] == found[11] == (None, None)


@pytest.mark.parametrize("letter", "éèàìòùåäöüñÅÄÖÉÑÜÇ")
def test_a_decomposed_letter_has_the_composed_one(letter: str) -> None:
    """The mark that makes it Unicode is answered by the letter of the alphabet, and the saving."""
    made = explain("Zo" + normalize("NFD", letter) + " " + "x" * 80)
    (each,) = [one for one in made.characters if one.forces_unicode]
    assert (each.replacement, each.level, each.kind) == (letter, "safe", "composed")
    assert (made.segmentation.number_of_parts, each.parts_if_replaced) == (2, 1)
    assert f"'{letter}' (safe," in str(made)
    assert f"{letter} (safe, composed)" in made._repr_html_()


def test_marks_on_different_letters() -> None:
    """Each mark is answered by what it composes to where it stands."""
    made = explain("e\u0301 a\u0301 \u0438\u0301 \u0301")
    found = [(one.replacement, one.level) for one in made.characters if one.character == "\u0301"]
    assert found == [("é", "safe"), ("a", "lossy"), (None, None), (None, None)]
