"""Substitution: every character of the list, every promise, and prose that stays as it is."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan import InputError, Substitution, segment, substitute
from smsplan.encoding import culprits, measure
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.substitution import replaced
from smsplan.encoding.ucs2 import shortened

LEVELS = ["safe", "lossy"]
PIECES = [*"aé€ \n", "\u0302", "“", "…", "\u00a0", "e\u0301", "\u0301", "Α", "α", "я", "ş", "😀",
          "\u200b", "①", "Å", "ﬁ", "\u2028", "Ω"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from(sorted(LOOK_ALIKES)), max_size=200).map(
    "".join
)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("character", sorted(LOOK_ALIKES))
def test_every_character_of_the_list(character: str, level: str) -> None:
    """With it a text has two parts; replaced, where the level does, one of the GSM alphabet."""
    # Some compose to another of the list.
    entry = LOOK_ALIKES.get(normalize("NFC", character), LOOK_ALIKES[character])
    text = "a" * 100 + character + " b"
    made = substitute(text, level)  # type: ignore[arg-type]
    composed = normalize("NFC", "a" * 100 + character + " b")
    if level == "lossy" or entry.safe or segment(composed).encoding == "GSM":
        assert segment(made.text).encoding == "GSM"
        assert len(made.changes) == 1
        assert (made.before.number_of_parts, made.after.number_of_parts) == (2, 1)
    else:
        assert made.text == text
    assert substitute(made.text, level).text == made.text  # type: ignore[arg-type]


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
    for entry in LOOK_ALIKES.values():
        assert not culprits(entry.replacement)
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
