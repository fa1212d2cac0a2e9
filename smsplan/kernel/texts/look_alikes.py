"""Look-alikes in whole columns: ``encoding.substitution``, for texts that it replaces one by one.

What a character becomes depends on its neighbours in few cases only: combining marks, what NFC
composes, words of other scripts, what shows nothing. A text without them, once its pieces are
composed, is replaced character by character, so its pieces can be replaced instead of it. Of the
others those that are risky are left to the reference.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from unicodedata import combining, decomposition, is_normalized

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
import regex

from smsplan.encoding.gsm7 import tables
from smsplan.encoding.look_alikes import GREEK, GREEK_CAPITAL, LOOK_ALIKES, MISREAD, NUMBER_FORM
from smsplan.encoding.substitution import SHARED_MARK, TONAL, TONES, Level, of_character
from smsplan.encoding.transliteration import is_written_in
from smsplan.kernel.octets import Ints, Mask, Octets, distinct
from smsplan.kernel.texts.parts import CharacterColumn

# What a character outside the alphabet says about the texts that it stands in.
PLAIN = 1  # it is replaced, whatever stands around it
STAYS = 2  # it is in every text that the level makes of this one
OTHER = 4  # not replaced, and it stays where nothing in the text is MOVES
CONTEXT = (
    8  # what becomes of it depends on its word or its neighbours; where all else goes, it goes
)
MOVES = 16  # what becomes of it, or of a neighbour, depends on what stands there
TONE = 32  # a letter of a language of tones: marks that the alphabet has go too
_KNOWN = 128

_MARK = regex.compile(r"\p{M}")
_GREEK = regex.compile(r"\p{Script=Greek}")
_is_gsm = tables().text
# What canonical composition makes of two characters is below this, and so are they.
_LAST_COMPOSED = 0x1D200


class Table:
    """The characters of a level: which of them decide, and what stands in for those that do not.

    >>> Table.of("safe").text("“a” – b")
    '"a" - b'
    """

    @staticmethod
    @cache
    def of(level: Level, languages: tuple[str, ...] = ()) -> Table:
        """Return the table of a level; words of ``languages`` are transliterated."""
        return Table(level, languages)

    def __init__(self, level: Level, languages: tuple[str, ...]) -> None:
        self._languages = languages
        self._tonal = TONAL if level == "lossy" else None
        self._replaced = {
            ord(character): new
            for character in LOOK_ALIKES
            if (new := of_character(character, level)) != character
        }
        self._plain = {
            point: new
            for point, new in self._replaced.items()
            if not _moves(chr(point)) and _is_gsm(new)
        }
        self._kinds = np.zeros(0x110000, np.uint8)
        points = sorted(self._plain)
        octets = [self._plain[point].encode() for point in points]
        self._points = np.array(points)
        self._lengths = np.array(list(map(len, octets)))
        width = int(self._lengths.max())
        joined = b"".join(text.ljust(width) for text in octets)
        self._octets = np.frombuffer(joined, np.uint8).reshape(-1, width)

    def kinds(self, points: Ints) -> npt.NDArray[np.uint8]:
        """Return what each code point, which is outside the alphabet, says about its text."""
        found = self._kinds[points]
        if not found.all():
            for point in distinct(points[found == 0]).tolist():
                self._kinds[point] = _KNOWN | self._kind(chr(point))
            found = self._kinds[points]
        return found & np.uint8(_KNOWN - 1)

    def _kind(self, character: str) -> int:
        if is_written_in(character, self._languages):
            return MOVES
        if ord(character) in self._plain:
            tone = TONE if self._tonal is not None and self._tonal.match(character) else 0
            return tone | (CONTEXT if _context(character) else PLAIN)
        if ord(character) in self._replaced and not _moves(character):
            # It becomes something, and that is outside the alphabet too.
            return STAYS | CONTEXT
        kind = MOVES if _moves(character) else OTHER
        first, second = _composing()
        if (
            ord(character) not in self._replaced
            and is_normalized("NFC", character)
            and character not in first
            and character not in second
            # It may be taken from a Latin letter.
            and not (self._tonal is not None and SHARED_MARK.match(character))
        ):
            kind = (kind & MOVES) | STAYS
        return kind

    def text(self, text: str) -> str:
        """Replace what is PLAIN or CONTEXT in one text."""
        return text.translate(self._plain)

    def texts(self, characters: CharacterColumn) -> Octets:
        """Replace what is PLAIN or CONTEXT in many texts."""
        octets = characters.octets
        places = characters.outside()
        points = characters.points(places)
        at = np.searchsorted(self._points, points).clip(max=len(self._points) - 1)
        plain = self._points[at] == points
        at, starts = at[plain], characters.starts[places[plain]]
        lead = octets.data[starts]
        old = 1 + (lead >= 0xC0).astype(np.int64) + (lead >= 0xE0) + (lead >= 0xF0)
        new = self._lengths[at]
        grown = np.zeros(len(starts) + 1, np.int64)
        np.cumsum(new - old, out=grown[1:])
        # Octets that are not replaced move as they are; the replacements fill the gaps.
        kept = _all_but(len(octets.data), starts, old)
        targets = starts + grown[:-1]
        free = _all_but(len(octets.data) + int(grown[-1]), targets, new)
        data = np.empty(len(free), np.uint8)
        data[free] = octets.data[kept]
        for step in range(self._octets.shape[1]):
            on = np.flatnonzero(new > step)
            data[targets[on] + step] = self._octets[at[on], step]
        return Octets(data, octets.offsets + grown[np.searchsorted(starts, octets.offsets)])


def _all_but(size: int, starts: Ints, lengths: Ints) -> Mask:
    """Mark all octets but so many from each start on."""
    mask = np.ones(size, bool)
    for step in range(int(lengths.max(initial=0))):
        mask[starts[lengths > step] + step] = False
    return mask


def settled(kinds: npt.NDArray[np.uint8]) -> Mask:
    """Whether all that is outside the alphabet goes, alike in every text of which all goes.

    Of pieces that NFC has composed: what it composes is in one piece then, for a piece that begins
    with a mark has one still.
    """
    done: Mask = kinds & (MOVES | OTHER | STAYS | CONTEXT) == 0
    return done


def settled_whole(kinds: npt.NDArray[np.uint8]) -> Mask:
    """As :func:`settled`, of whole texts that are not risky: what shows nothing goes then."""
    done: Mask = kinds & (MOVES | OTHER | STAYS) == 0
    return done


def toneless(texts: Any) -> Any:
    """Take the marks of tones that the alphabet has from texts."""
    for old, new in TONES.items():
        texts = pc.replace_substring(texts, chr(old), chr(new))
    return texts


def _context(character: str) -> bool:
    kind = LOOK_ALIKES[character].kind
    dropped = not LOOK_ALIKES[character].replacement
    return dropped or kind in (GREEK, GREEK_CAPITAL, MISREAD, NUMBER_FORM) or character == "\x85"


def any_of(characters: Iterable[str]) -> str:
    """Return the class of characters, as RE2 writes it.

    >>> print(any_of("“a"))
    [\\x{61}\\x{201c}]
    """
    return f"[{_listed(characters)}]"


def in_words(but: Iterable[str]) -> str:
    """Return the class of what may be in a word, but for some: letters, and all beyond ASCII.

    Quotes and the like part words.
    """
    # RE2 has no difference of classes.
    return f"[^\\x00-@\\[-`{{-\\x7f{_listed({*but, *_parting()})}]"


def _listed(characters: Iterable[str]) -> str:
    return "".join(f"\\x{{{ord(each):x}}}" for each in sorted(characters))


@cache
def _parting() -> frozenset[str]:
    return frozenset(
        each
        for each, entry in LOOK_ALIKES.items()
        if entry.safe and entry.replacement and not any(map(str.isalpha, entry.replacement))
    )


@cache
def risky() -> str:
    """Return the pattern of composed texts whose characters may not be replaced one by one.

    It finds too many rather than too few: the reference decides.
    """
    becomes = {each: of_character(each, "lossy") for each in LOOK_ALIKES}
    becomes |= {each: each for each in tables().septets}
    greek = {each for each, new in becomes.items() if _GREEK.search(new)}
    kinds = {each: entry.kind for each, entry in LOOK_ALIKES.items()}
    borrowed = {each for each, kind in kinds.items() if kind in (GREEK, GREEK_CAPITAL)}
    capitals = greek | {each for each in borrowed if becomes[each].isupper()}
    capitals |= set(map(chr, range(ord("A"), ord("Z") + 1)))
    other, own, ten = in_words(capitals), any_of(capitals), any_of(greek)
    latin = in_words(())[:-1] + r"\p{Greek}]"
    numbers = any_of(each for each, kind in kinds.items() if kind == NUMBER_FORM)
    controls = any_of([*(each for each in kinds if each < " " and not becomes[each]), "\x85"])
    return "|".join(
        [
            # Greek capitals of the alphabet, with a letter that is no capital, in a word.
            f"{ten}{own}*{other}|{other}{own}*{ten}",
            # A small letter that becomes one of them.
            any_of(each for each in greek if not each.isupper()),
            # The micro sign.
            r"(?:^|[^\p{L}])\x{3bc}(?:$|[^\p{L}])",
            rf"{latin}\p{{Greek}}*\x{{3bc}}|\x{{3bc}}\p{{Greek}}*{latin}",
            rf"[0-9\x{{80}}-\x{{10ffff}}]{numbers}",
            controls,
            r"[\xc2\xc3][\x80-\x9f]|\xe2[\x80-\x84][\x80-\xbf]",
        ]
    )


def _moves(character: str) -> bool:
    """Whether what becomes of a text with this character depends on more than the character."""
    return bool(
        _MARK.match(character)
        or combining(character)
        or not is_normalized("NFC", character)
        or character in _composing()[1]
    )


@cache
def _composing() -> tuple[frozenset[str], frozenset[str]]:
    """Return the characters that NFC may compose with one behind, and with one before them."""
    # Hangul composes by rule: a leading consonant and a vowel, the syllable and a final consonant.
    first = {*map(chr, range(0x1100, 0x1113)), *map(chr, range(0xAC00, 0xD7A4, 28))}
    second = {*map(chr, range(0x1161, 0x1176)), *map(chr, range(0x11A8, 0x11C3))}
    for point in range(0xC0, _LAST_COMPOSED):
        parts = decomposition(chr(point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            first.add(chr(int(parts[0], 16)))
            second.add(chr(int(parts[1], 16)))
    return frozenset(first), frozenset(second)
