"""Words of other scripts in Latin letters: a named standard for each language, as a table.

``el``: ELOT 743 (transcription, as in Greek passports and on road signs; UN 1987), without accents.
``uk``: resolution 55 of the Cabinet of Ministers of Ukraine, 27 January 2010 (UN 2012).
``bg``: the Transliteration Act of Bulgaria, 2009 (UN 2012).
``ru``: ICAO Doc 9303, part 3, section 6 B: what passports and bank cards have since 2014, so that
it is how people know their names written; its letters need no context.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple
from unicodedata import normalize

import regex

from smsplan.errors import InputError

Language = Literal["el", "ru", "uk", "bg"]


class Standard(NamedTuple):
    """How a language is written in Latin letters.

    ``letters`` are one a letter; ``rules`` come before them, each a pattern of several letters or
    of a place in the word (``^``, ``$``), in lower case.
    """

    script: str
    letters: Mapping[str, str]
    rules: Sequence[tuple[str, str]] = ()


def _letters(text: str) -> dict[str, str]:
    """Read ``а a, щ shch``; a letter without anything behind it is left out in Latin."""
    pairs = (each.split() for each in text.split(","))
    return {letter: "".join(latin) for letter, *latin in pairs}


_SHARED = """
    а a, б b, в v, д d, е e, ж zh, з z, к k, л l, м m, н n, о o, п p, р r, с s, т t, у u, ф f, ц ts,
    ч ch, ш sh
"""
# A diaeresis, or an accent on the first vowel, parts a pair of vowels: those are letters alone.
_V_OR_F = [
    (f"{vowels}[υύ]{before}", latin)
    for vowels, first in (("α", "a"), ("ε", "e"), ("η", "i"))
    for before, latin in (("(?=[βγδζλμνραεηιουωάέήίόύώϊϋΐΰ])", f"{first}v"), ("", f"{first}f"))
]
STANDARDS: Mapping[str, Standard] = {
    "el": Standard(
        "Greek",
        _letters(
            "α a, ά a, β v, γ g, δ d, ε e, έ e, ζ z, η i, ή i, θ th, ι i, ί i, ϊ i, ΐ i, κ k, λ l,"
            "μ m, ν n, ξ x, ο o, ό o, π p, ρ r, σ s, ς s, τ t, υ y, ύ y, ϋ y, ΰ y, φ f, χ ch, ψ ps,"
            "ω o, ώ o"
        ),
        [
            *_V_OR_F,
            ("ο[υύ]", "ou"),
            ("γγ", "ng"),
            ("γξ", "nx"),
            ("γχ", "nch"),
            ("^μπ", "b"),
            ("μπ$", "b"),
        ],
    ),
    "ru": Standard(
        "Cyrillic",
        _letters(
            f"{_SHARED}, г g, ё e, и i, й i, х kh, щ shch, ъ ie, ы y, ь, э e, ю iu, я ia",
        ),
    ),
    "uk": Standard(
        "Cyrillic",
        _letters(
            f"{_SHARED}, г h, ґ g, є ie, и y, і i, ї i, й i, х kh, щ shch, ь, ю iu, я ia, ', ’, ʼ"
        ),
        [("^є", "ye"), ("^ї", "yi"), ("^й", "y"), ("^ю", "yu"), ("^я", "ya"), ("зг", "zgh")],
    ),
    "bg": Standard(
        "Cyrillic",
        _letters(f"{_SHARED}, г g, и i, й y, х h, щ sht, ъ a, ь y, ю yu, я ya"),
        [("^българия$", "bulgaria"), ("ия$", "ia")],
    ),
}
LANGUAGES = tuple(STANDARDS)
# A run of Greek or Cyrillic letters and their marks. An apostrophe between Cyrillic letters belongs
# to it, as in Ukrainian; behind a Greek one it stands for letters that are left out: "σ'αγαπώ".
_RUN = regex.compile(
    r"(?:[\p{Script=Greek}&&\p{L}][\p{M}&&\p{Script=Inherited}]*\u00ad?"
    r"|[\p{Script=Cyrillic}&&\p{L}][\p{M}&&\p{Script=Inherited}]*"
    r"(?:\u00ad|['’ʼ](?=\p{Script=Cyrillic}))?)*"
    r"[\p{Script=Greek}\p{Script=Cyrillic}&&\p{L}][\p{M}&&\p{Script=Inherited}]*",
    regex.V1,
)
_SCRIPT = {name: regex.compile(rf"\p{{Script={name}}}") for name in ("Greek", "Cyrillic")}


def checked(languages: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the languages; InputError where there is no standard for one.

    >>> checked("el"), checked(["uk", "ru"]), checked(None)
    (('el',), ('uk', 'ru'), ())
    """
    named = (languages,) if isinstance(languages, str) else tuple(languages or ())
    unknown = [name for name in named if name not in STANDARDS]
    if unknown:
        *most, last = (f"'{name}'" for name in LANGUAGES)
        raise InputError(
            f"transliterate cannot be {', '.join(map(repr, unknown))}; use {', '.join(most)} "
            f"or {last}"
        )
    return tuple(dict.fromkeys(named))


def is_written_in(character: str, languages: Iterable[str]) -> bool:
    """Whether a character is of the script of one of the languages.

    >>> is_written_in("ж", ["el"]), is_written_in("ж", ["ru"])
    (False, True)
    """
    return any(_SCRIPT[STANDARDS[name].script].match(character) for name in languages)


def transliterations(text: str, languages: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return where each word of the languages is, and what it is in Latin letters.

    A text is in the first of the languages of a script whose alphabet has all of its letters; where
    there is none each word is. A word with a letter that none has stays.

    >>> transliterations("У Києві", ["ru", "uk"])
    [(0, 1, 'U'), (2, 7, 'Kyievi')]
    """
    runs = [(*match.span(), _plain(match[0])) for match in _RUN.finditer(text)]
    found = []
    for script in dict.fromkeys(STANDARDS[name].script for name in languages):
        able = [name for name in languages if STANDARDS[name].script == script]
        of = [run for run in runs if _SCRIPT[script].match(run[2])]
        whole = _first(able, "".join(word for *_, word in of))
        for start, end, word in of:
            name = whole or _first(able, word)
            if name is not None:
                found.append((start, end, in_latin(word, name)))
    return sorted(found)


def _first(languages: Iterable[str], text: str) -> str | None:
    letters = set(text.lower())
    return next((name for name in languages if letters <= STANDARDS[name].letters.keys()), None)


# What is written for the reader only: soft hyphens, and stress on Cyrillic letters.
_LEFT_OUT = str.maketrans("ѐѝЀЍ", "еиЕИ", "\u00ad\u0300\u0301")


def _plain(word: str) -> str:
    """Compose a word; leave out stress, and the accents that only ancient Greek has."""
    return "".join(map(_monotonic, normalize("NFC", word).translate(_LEFT_OUT)))


def _monotonic(letter: str) -> str:
    marked = normalize("NFD", letter)
    if not _SCRIPT["Greek"].match(marked[0]):
        return letter
    kept = "\u0308" * ("\u0308" in marked)
    kept += "\u0301" * bool({"\u0300", "\u0301", "\u0342"} & set(marked))
    return normalize("NFC", marked[0] + kept)


def in_latin(word: str, language: str) -> str:
    """Return a word in Latin letters, capitals as they were.

    >>> in_latin("Αύγουστος", "el"), in_latin("ΘΕΣΣΑΛΟΝΙΚΗ", "el"), in_latin("Щербаков", "ru")
    ('Avgoustos', 'THESSALONIKI', 'Shcherbakov')
    """
    pattern, latin = _rules(language)
    capitals = len(word) > 1 and word.isupper()
    out, done = [], 0
    for match in pattern.finditer(word.lower()):
        new = latin[match.lastindex or 0]
        old = word[match.start() : match.end()]
        done = match.end()
        out.append(new.upper() if capitals else new.capitalize() if old[0].isupper() else new)
    assert done == len(word)
    return "".join(out)


@cache
def _rules(language: str) -> tuple[regex.Pattern[str], list[str]]:
    standard = STANDARDS[language]
    every = [*standard.rules, *standard.letters.items()]
    pattern = "|".join(f"({old})" for old, _ in every)
    return regex.compile(pattern), ["", *(new for _, new in every)]
