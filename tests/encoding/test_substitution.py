"""Substitution: every character of the list, every promise, and prose that stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unicodedata import category, name, normalize

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan import InputError, Substitution, segment, substitute
from smsplan.encoding import culprits, measure
from smsplan.encoding.look_alikes import LOOK_ALIKES, is_latin
from smsplan.encoding.substitution import of_character, replaced, replacements, stand_ins
from smsplan.encoding.ucs2 import shortened

LEVELS = ["safe", "lossy"]
PIECES = [
    *("aé€ \n12“…①ΑαΩяş😀ﬁ½²ệàΠθμ\u0302\u0301\u00a0\u2028"),
    *("\x85\x93\x96\x9aÃâ\x80\x99\x0b\x00\u200b\u200d\ufe0f"),
    "e\u0301",
    "A\u030a",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from(sorted(LOOK_ALIKES)), max_size=200).map(
    "".join
)


VECTORS = Path(__file__).parents[1] / "vectors" / "substitutions.jsonl"
CASES = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_vectors(case: dict[str, str], level: Any) -> None:
    """What a level makes of a text, by what ``why`` names; and it makes it once."""
    made = replaced(case["text"], level)
    assert made == case[level], case["why"]
    assert replaced(made, level) == made
    partial = Substitution(level, "always", partial=True).apply(case["text"] + " " + "x" * 140)
    assert partial.text == made + " " + "x" * 140
    # All or nothing: in a text that is long enough, where it all becomes GSM.
    long = case["text"] + " " + "x" * 140
    gsm = measure(made).encoding == "GSM"
    assert substitute(long, level).text == (made + " " + "x" * 140 if gsm else long)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("character", sorted(LOOK_ALIKES))
def test_every_character_of_the_list(character: str, level: Any) -> None:
    """With it a text has two parts; replaced, where the level does, one of the GSM alphabet."""
    text = "a" * 100 + " " + character + " b"
    made = substitute(text, level)
    if measure(of_character(character, level)).encoding == "GSM":
        assert segment(made.text).encoding == "GSM"
        assert len(made.changes) == 1
        assert (made.before.number_of_parts, made.after.number_of_parts) == (2, 1)
    else:
        assert made.text == text
    assert substitute(made.text, level).text == made.text


def test_every_level_has_what_the_list_says() -> None:
    """What is listed is replaced: the safe ones by ``safe``, all of them by ``lossy``."""
    for character, entry in LOOK_ALIKES.items():
        assert of_character(character, "lossy") != character
        assert (of_character(character, "safe") != character) or not entry.safe


def test_every_latin_letter_loses_its_marks() -> None:
    """Of every Latin letter with an ASCII base that Unicode has, precomposed or not."""
    letters = [chr(point) for point in range(0xC0, 0x1_0000)]
    letters = [each for each in letters if name(each, "").startswith("LATIN")]
    found = 0
    for letter in letters:
        marked = normalize("NFD", letter)
        if not (marked != letter and marked[0].isascii() and marked[0].isalpha()):
            continue
        if not culprits(letter):
            continue
        found += 1
        for text in (letter, marked):
            made = replaced(f"A{text}B", "lossy")
            # The letter that stays has that base, and no mark that it had not.
            left = normalize("NFD", made)
            assert not culprits(made), letter
            assert left[1].lower() == marked[0].lower(), letter
            assert set(left[2:-1]) <= set(marked[1:]), letter
            assert substitute(f"A{text}B " + "x" * 100, "lossy").changes, letter
    assert found > 450


def test_marks_of_other_scripts_stay() -> None:
    """Every other letter that is one with a mark is left, as NFC has it: が, й, آ, ὦ, क़."""
    found = 0
    for point in range(0x370, 0x1_0000):
        letter = chr(point)
        marked = normalize("NFD", letter)
        if marked == letter or normalize("NFC", letter) in LOOK_ALIKES or is_latin(marked[0]):
            continue
        if not category(marked[0]).startswith("L"):
            continue
        found += 1
        for text in (letter, marked):
            assert replaced(f"{text} “", "lossy") == normalize("NFC", letter) + ' "', letter
    assert found > 11_000


WORDS = st.lists(st.sampled_from([*"ΑΒΓΔΕΘΠΣΩάέήίαβγδθλμπσςφχψωabcABCéşžяжия", "\u0301"]),
                 min_size=1, max_size=8).map("".join)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.sampled_from(LEVELS))
def test_no_word_becomes_two_scripts(words: list[str], level: Any) -> None:
    """A word with Greek letters becomes all of the alphabet and one script to the eye, or stays."""
    for old, new in zip(words, replaced(" ".join(words), level).split(" "), strict=True):
        if not regex.search(r"\p{Script=Greek}", old):
            continue
        greek = [each for each in normalize("NFC", old) if regex.match(r"\p{Script=Greek}", each)]
        left = [each for each in new if regex.match(r"\p{Script=Greek}", each)]
        if left == greek:
            continue
        assert not culprits(new), (old, new)
        assert not (left and any(each.islower() for each in new)), (old, new)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_stand_in_is_what_a_level_does(text: str) -> None:
    """A proposal is a change of its level that leaves GSM; every culprit that goes has one."""
    found = stand_ins(text)
    for each in found:
        assert each.change in replacements(text, each.level)
        assert not culprits(each.change.replacement)
    if not culprits(replaced(text, "lossy")):
        reached = {
            place
            for each in found
            for place in range(each.change.position, each.change.position + len(each.change[1]))
        }
        assert {culprit.position for culprit in culprits(text)} <= reached


@settings(max_examples=400, deadline=None)
@given(
    TEXTS, st.sampled_from(LEVELS), st.sampled_from(["saves", "always"]), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_what_is_promised(text: str, level: str, when: str, partial: bool, above: bool) -> None:
    """Never more parts, fewer where it shall save; idempotent; the changes are all there is."""
    how = {"partial": partial, "above_one_part": above}
    made = substitute(text, level, when, **how)  # type: ignore[arg-type]
    before, after = segment(text), segment(made.text)
    assert made.before.number_of_parts == len(before.parts)
    assert made.after.number_of_parts == len(after.parts)
    if not made.changes:
        assert made.text == text
        return
    assert len(after.parts) <= len(before.parts) - (when == "saves")
    assert partial or after.encoding == "GSM"
    assert not above or len(before.parts) > 1
    built, done = "", 0
    for change in made.changes:
        assert text[change.position :].startswith(change.original)
        built += text[done : change.position] + change.replacement
        done = change.position + len(change.original)
    assert built + text[done:] == made.text
    again = substitute(made.text, level, when, **how)  # type: ignore[arg-type]
    assert again.text == made.text


@pytest.mark.parametrize(
    "prose",
    [
        "Καλημέρα κόσμε, η παραγγελία σας είναι έτοιμη. ΑΘΗΝΑ, ΠΑΡΑΓΓΕΛΙΑ ΝΟ 5" + " κ" * 40,
        "Здравствуйте, ваш заказ готов к выдаче в магазине на улице Ленина",
        "Merhaba Ayşe, siparişiniz hazır. İyi günler dileriz, Çağla ve ekibi" + "!" * 40,
    ],
)
def test_prose_is_unharmed(prose: str) -> None:
    """Greek, Cyrillic and Turkish stay as they are written in ``safe``."""
    assert substitute(prose, "safe", "always").text == prose


def test_particular_cases() -> None:
    """One space for a no-break space, a word of Greek capitals, combining characters, symbols."""
    pad = "a" * 80
    assert substitute(f"10\u00a0km{pad}").text == f"10 km{pad}"
    assert substitute(f"e\u0301{pad}\u2019").text == f"é{pad}'"
    assert substitute(f"{pad}“\u0301").text == f"{pad}“\u0301"
    assert substitute(f"\u0301{pad}“").changes == ()
    # Alone NFC is enough, and is reported as what it is.
    (change,) = substitute(f"{pad}e\u0300").changes
    assert (change.original, change.replacement, change.kind) == ("e\u0300", "è", "composed")
    assert substitute(f"ΝΙΚΕ{pad}").text == f"NIKE{pad}"
    assert substitute(f"ΝΙΚη{pad}").text == f"ΝΙΚη{pad}"
    assert substitute(f"Ayşe{pad}").text == f"Ayşe{pad}"
    assert substitute(f"Ayşe{pad}", "lossy").text == f"Ayse{pad}"
    # Three characters for one are counted before anything is changed.
    dots = "…" * 66
    assert substitute(dots).text == dots
    assert substitute(f"“{pad}😀").changes == ()
    assert substitute(f"“{pad}😀", "safe", "always", partial=True).text == f'"{pad}😀'
    assert substitute("“Hi”", when="always").text == '"Hi"'
    assert substitute("“Hi”", when="always", above_one_part=True).text == "“Hi”"
    with pytest.raises(InputError, match="'safe' or 'lossy'"):
        substitute("x", "off")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'saves' or 'always'"):
        substitute("x", when="never")  # type: ignore[arg-type]


def test_targets_are_in_the_alphabet() -> None:
    """Whatever stands in is GSM, of a space one space, and no invisible character leaves any."""
    for character, entry in LOOK_ALIKES.items():
        # What was read wrongly is what it is, and then replaced as such.
        assert not culprits(entry.replacement) or "\x80" <= character <= "\x9f"
        assert not culprits(of_character(character, "lossy"))
        assert entry.kind != "space" or entry.replacement in (" ", "\n")
        assert (entry.replacement == "") == (entry.kind == "invisible") or not entry.safe


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(LEVELS))
def test_replaced_is_what_always_replaces(text: str, level: str) -> None:
    """Replacing without counting changes what a policy could; a second time changes nothing."""
    made = replaced(text, level)  # type: ignore[arg-type]
    assert replaced(made, level) == made  # type: ignore[arg-type]
    always = substitute(text, level, "always", partial=True)  # type: ignore[arg-type]
    assert always.text in (text, made)


def test_a_substitution_counts_as_it_is_told() -> None:
    """Where a text is billed by another rule, that rule says what saves."""
    text = "“" + "a" * 69
    assert Substitution().apply(text).changes == ()

    def dear(text: str) -> object:
        made = measure(text)
        return made._replace(number_of_parts=2 if made.encoding == "UNICODE" else 1)

    assert Substitution().apply(text, dear).text == '"' + "a" * 69  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'safe' or 'lossy'"):
        Substitution.of("off")  # type: ignore[arg-type]


@given(
    st.lists(st.sampled_from(["a", "e\u0301", "👨‍👩‍👧", "\r\n", "🇩🇪"]), max_size=8),
    st.integers(1, 9),
)
def test_a_value_is_cut_between_clusters(clusters: list[str], most: int) -> None:
    """The longest start of whole clusters; of a first one that is longer, its code points."""
    text, whole = "".join(clusters), ""
    for cluster in clusters:
        if len(whole + cluster) > most:
            break
        whole += cluster
    assert shortened(text, most) == (whole or text[:most])
