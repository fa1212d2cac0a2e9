"""Transliteration: official spellings, which language a text is in, and that it is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsplan import InputError, Substitution, substitute
from smsplan.encoding import culprits, measure
from smsplan.encoding.substitution import replaced
from smsplan.encoding.transliteration import LANGUAGES, STANDARDS

VECTORS = Path(__file__).parents[1] / "vectors" / "transliterations.jsonl"
CASES = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
PAD = " " + "x" * 80


@pytest.mark.parametrize("case", CASES, ids=[f"{c['language']} {c['text']}" for c in CASES])
def test_official_spellings(case: dict[str, str]) -> None:
    """A word becomes what the standard makes of it, as one change that is said."""
    text, latin = case["text"], case["latin"]
    for before, behind in (("", PAD), ("x Σ ", PAD), ("“", "”"), ("Δ-", ", Γ")):
        whole = before + text + behind
        quoted = before.replace("“", '"') + latin + behind.replace("”", '"')
        assert replaced(whole, "safe", [case["language"]]) == quoted, case["why"]
    made = substitute(text + PAD, transliterate=case["language"])
    assert made.text == latin + PAD
    assert {change.kind for change in made.changes} == {"transliterated"}
    assert made.after.encoding == "GSM"


def test_only_what_is_asked_for() -> None:
    """Without its language a word stays; and where no part is saved, all does."""
    text = "Παρασκευή, пятница" + PAD
    assert substitute(text, "lossy").changes == ()
    assert substitute(text, transliterate="el").changes == ()
    assert substitute(text, transliterate=["el", "ru"]).text == "Paraskevi, piatnitsa" + PAD
    assert substitute("Παρασκευή", transliterate="el").changes == ()
    assert substitute(text + "😀", transliterate=["el", "ru"]).changes == ()


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("вулиця Хрещатик, Київ", ["ru", "uk"], "vulytsia Khreshchatyk, Kyiv"),
        ("улица Хрещатик", ["ru", "uk"], "ulitsa Khreshchatik"),
        ("улица Хрещатик", ["uk", "ru"], "ulytsa Khreshchatyk"),
        ("Олексій и Сыктывкар", ["ru", "uk"], "Oleksii i Syktyvkar"),
        ("Ђорђе, Київ", ["uk"], "Ђорђе, Kyiv"),
        ("Јован", ["ru", "uk", "bg"], "Јован"),
        ("м'яч 'слово'", ["uk"], "miach 'slovo'"),
        ("ΣΩΣ “Αθήνα”", ["el"], 'ΣΩΣ "Athina"'),
    ],
)
def test_which_language(text: str, languages: list[str], expected: str) -> None:
    """The first that has all letters of the text, else of the word; a word that none has stays."""
    assert replaced(text, "safe", languages) == expected


def test_languages_are_checked() -> None:
    """A language without a standard is an error that lists those with one."""
    with pytest.raises(InputError, match="'sr'; use 'el', 'ru', 'uk' or 'bg'"):
        substitute("x", transliterate=("el", "sr"))
    assert Substitution(transliterate="el") == Substitution(transliterate=["el"])
    assert Substitution.of(None, ["uk"]) == Substitution("safe", transliterate=("uk",))
    assert Substitution.of("lossy", ()) == Substitution("lossy")


ALPHABET = "".join(sorted({letter for each in STANDARDS.values() for letter in each.letters}))


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from(ALPHABET + ALPHABET.upper() + " -aZ\u0301\u00ad“"), max_size=40),
    st.lists(st.sampled_from(LANGUAGES), unique=True, min_size=1),
)
@example("Ά'Α", ["el"])
@example("А'Α", ["el", "ru"])
def test_any_text(text: str, languages: list[str]) -> None:
    """What is transliterated is ASCII, what is not stays; a second time changes nothing."""
    made = replaced(text, "safe", languages)
    assert replaced(made, "safe", languages) == made
    how: Any = Substitution("safe", "always", partial=True, transliterate=languages)
    for change in how.apply(text).changes:
        if change.kind == "transliterated":
            assert change.replacement.isascii()
            assert culprits(change.original)
    assert measure(made).number_of_parts
