"""Text that was UTF-8 and was read as something else: ``ZoÃ©`` for ``Zoé``.

A letter of UTF-8 is two octets or more, each of which is a character of its own in Windows-1252. A
run of such characters that is UTF-8 again may still be meant: ``AMANHÃ…``, ``VÝŠKA``, ``«café…»``.
So a run counts only where nobody would write it, which depends on what stands around it.

``ftfy`` does the same for whole texts. Of single names, which is what lists have, it leaves more as
they are: Ayşe, Oğuz, Tuğba, Håkan, which Windows-1252 had read, and takes ``«MAÇÃ»`` for damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple
from unicodedata import category


class Misread(NamedTuple):
    """A place from ``start`` to ``end``, what was ``meant`` there, and as what it was read."""

    start: int
    end: int
    meant: str
    encoding: str


def _characters(codec: str) -> dict[str, int]:
    """The characters of the octets from 0x80 on; what has none is the control of that number."""
    made = {}
    for octet in range(0x80, 0x100):
        try:
            made[bytes([octet]).decode(codec)] = octet
        except UnicodeDecodeError:
            made[chr(octet)] = octet
    return made


class _Reading(NamedTuple):
    """A wrong reading: the octet of each character, and what finds runs that may be UTF-8."""

    name: str
    octets: dict[str, int]
    runs: re.Pattern[str]


def _reading(name: str, codec: str, *, controls: bool = False) -> _Reading:
    octets = _characters(codec)
    if controls:
        octets = {**{chr(octet): octet for octet in range(0x80, 0xA0)}, **octets}

    def those(least: int, most: int) -> str:
        return "".join(re.escape(one) for one, octet in octets.items() if least <= octet <= most)

    more = f"[{those(0x80, 0xBF)}]"
    # RFC 3629: how many octets follow the first.
    runs = (
        f"[{those(0xC2, 0xDF)}]{more}|[{those(0xE0, 0xEF)}]{more}{{2}}"
        f"|[{those(0xF0, 0xF4)}]{more}{{3}}"
    )
    return _Reading(name, octets, re.compile(runs))


_WINDOWS = _reading("Windows-1252", "cp1252", controls=True)
# Of these only Latin letters and marks are looked for: their first octet is a root sign, a line.
_OTHERS = (
    _reading("Mac OS Roman", "mac_roman"),
    _reading("code page 850", "cp850"),
    _reading("code page 437", "cp437"),
)
# What Windows-1252 does not have, and passes on as it is.
_NOT_IN_WINDOWS = set("\x81\x8d\x8f\x90\x9d")

# What may stand behind a capital with an accent in text that is right.
_BEHIND_CAPITALS = set("‘’“”‹›«»…–—•™®°·†‡\u00a0¹²³ªº")
_IN_FORMULAS = set("∞±≤≥∂∑∏π∫Ω≠µ")
# First octets of the letters of scripts: one such letter may be two of ours, two are not.
_SCRIPTS = ({0xCE, 0xCF}, {0xD0, 0xD1, 0xD2, 0xD3}, {0xD7}, {0xD8, 0xD9, 0xDA, 0xDB})
# General Punctuation, currencies, letter-like, arrows, mathematics, symbols and dingbats (E2 xx).
_SYMBOLS = {0x80, 0x82, 0x84, 0x86, 0x88, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D}


# What is quoted of a word, to either side.
_WORD = 30


class _Run(NamedTuple):
    start: int
    end: int
    octets: bytes
    meant: str


def misread(text: str) -> tuple[Misread, ...]:
    """Return the places of a text that look like UTF-8 read as something else.

    >>> [one.meant for one in misread("ZoÃ© and FranÃ§ois")], misread("Zoé")
    (['é', 'ç'], ())
    >>> misread("Jos√©")[0].encoding
    'Mac OS Roman'
    """
    if text.isascii():
        return ()
    return tuple(_windows(text)) or next(
        filter(None, (tuple(_other(text, reading)) for reading in _OTHERS)), ()
    )


def repaired(text: str) -> str:
    """Return a text as it was meant, also where it was read wrongly more than once.

    >>> repaired("Itâ€™s ZoÃ©"), repaired("ZoÃƒÂ©"), repaired("AMANHÃ…")
    ('It’s Zoé', 'Zoé', 'AMANHÃ…')
    """
    # Each time there are fewer characters.
    while found := misread(text):
        for one in reversed(found):
            text = text[: one.start] + one.meant + text[one.end :]
    return text


def word_at(text: str, at: int) -> tuple[int, int]:
    """Return where the word begins and ends that stands at a place; of a long one a piece.

    >>> text = "Hi ZoÃ©, it is"
    >>> start, end = word_at(text, 5)
    >>> text[start:end]
    'ZoÃ©,'
    """
    begins, ends = at, at + 1
    while begins > max(0, at - _WORD) and not text[begins - 1].isspace():
        begins -= 1
    while ends < min(len(text), at + _WORD) and not text[ends].isspace():
        ends += 1
    return begins, ends


def _runs(text: str, reading: _Reading) -> Iterator[_Run]:
    for match in reading.runs.finditer(text):
        octets = bytes(reading.octets[one] for one in match[0])
        try:
            meant = octets.decode()
        except UnicodeDecodeError:
            continue
        # A control is half of a letter that was read wrongly twice: behind the other half.
        half = reading.octets.get(text[match.start() - 1 : match.start()], 0) >= 0xC2
        if category(meant) not in ("Cc", "Cn", "Co") or ("\x80" <= meant <= "\x9f" and half):
            yield _Run(match.start(), match.end(), octets, meant)


def _windows(text: str) -> Iterator[Misread]:
    runs = list(_runs(text, _WINDOWS))
    sure = {run for run in runs if _is_sure(text, run)}
    for one, other in pairwise(runs):
        if one.end == other.start and _one_script(text, one, other):
            sure |= {one, other}
    if not sure:
        return
    # Beside what is sure, also what may be.
    kinds = {_kind(run) for run in sure}
    for run in runs:
        if run in sure or _kind(run) in kinds:
            written = set(text[run.start : run.end])
            latin = any("\x80" <= one <= "\x9f" for one in written - _NOT_IN_WINDOWS)
            encoding = "ISO 8859-1" if latin else _WINDOWS.name
            yield Misread(run.start, run.end, run.meant, encoding)


def _kind(run: _Run) -> int:
    """Say which runs are told by the same rule."""
    lead = run.octets[0]
    if _is_latin(run):
        return -1
    return next((place for place, leads in enumerate(_SCRIPTS) if lead in leads), lead)


def _is_latin(run: _Run) -> bool:
    """Whether it is a Latin letter with an accent, or a sign, of two octets."""
    lead, second = run.octets[:2]
    # Latin-1 Supplement and Latin Extended-A; Romanian Ș and Ț; Vietnamese Ơ and Ư.
    return (
        lead <= 0xC5
        or (lead == 0xC8 and 0x98 <= second <= 0x9B)
        or (lead == 0xC6 and second in (0xA0, 0xA1, 0xAF, 0xB0))
    )


def _is_sure(text: str, run: _Run) -> bool:
    """Whether nobody would write a run, looked at alone."""
    lead, second = run.octets[:2]
    if lead >= 0xF0:
        return lead == 0xF0 and second in (0x9D, 0x9F, 0xA0)  # letters in costume, emoji, Chinese
    if lead == 0xE2:
        return second in _SYMBOLS
    if lead == 0xEF:
        return run.meant in "\ufeff\ufe0f\ufffd"
    behind = text[run.end - 1]
    before, after = _around(text, run)
    if lead == 0xE1 and second in (0xBA, 0xBB):  # Vietnamese
        return behind not in _BEHIND_CAPITALS or (before.isalpha() and after.isalpha())
    if not _is_latin(run):
        return False
    if behind not in _BEHIND_CAPITALS:
        return True
    if before.islower() or before.isdigit():
        return True
    if behind == "\u00a0":
        return lead <= 0xC3 and not before.isupper()
    if not after.isalpha():
        return False
    # A word in capitals may go on, or another may follow.
    return not (before.isupper() and (behind == "…" or (behind == "’" and after in "Ss")))


def _one_script(text: str, one: _Run, other: _Run) -> bool:
    """Whether two runs, side by side, are letters of one script that is not Latin."""
    leads = {one.octets[0], other.octets[0]}
    if any(leads <= script for script in _SCRIPTS):
        return True
    letters = all(
        0xE0 <= run.octets[0] <= 0xF0 and run.octets[0] != 0xE2 and category(run.meant)[0] in "LM"
        for run in (one, other)
    )
    # An accent, and two marks of punctuation behind it, are three octets too.
    return letters and any(
        not set(text[run.start + 1 : run.end]) <= _BEHIND_CAPITALS for run in (one, other)
    )


def _other(text: str, reading: _Reading) -> Iterator[Misread]:
    runs = [run for run in _runs(text, reading) if _is_latin(run) or run.octets[:2] == b"\xe2\x80"]
    if any(_is_sure_elsewhere(text, run) for run in runs):
        for run in runs:
            yield Misread(run.start, run.end, run.meant, reading.name)


def _is_sure_elsewhere(text: str, run: _Run) -> bool:
    before, after = _around(text, run)
    in_formula = text[run.end - 1] in _IN_FORMULAS
    if not 0xC3 <= run.octets[0] <= 0xC5:
        return run.octets[0] == 0xE2
    if before.isalpha():
        return after.islower() or not in_formula
    return run.octets[0] == 0xC3 and after.islower() and not in_formula


def _around(text: str, run: _Run) -> tuple[str, str]:
    return text[run.start - 1 : run.start], text[run.end : run.end + 1]
