"""Explanations: what is said of every character is what ``segment`` says of the text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan import explain, segment
from smsplan.encoding.look_alikes import LOOK_ALIKES

TEXTS = st.text(st.sampled_from([*"abc€[ü\n", "“", "ş", "я", "😀", "\u200b", "\t"]), max_size=400)


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
        entry = LOOK_ALIKES.get(each.character)
        if not each.forces_unicode or entry is None:
            assert each.replacement is None
            continue
        replaced = text.replace(each.character, entry.replacement)
        assert (each.replacement, each.parts_if_replaced) == (
            entry.replacement, len(segment(replaced).parts),
        )  # fmt: skip
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
    made = explain("\u039a\u03b1\u03bb\u03ae, \u039fK")
    found = {each.position: (each.replacement, each.level) for each in made.characters}
    assert found[0] == ("K", "lossy")
    assert found[6] == ("O", "safe")
