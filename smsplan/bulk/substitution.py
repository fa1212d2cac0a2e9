"""Look-alikes in whole columns: ``encoding.substitution``, for texts that it replaces one by one.

What a character becomes depends on its neighbours in few cases only: combining marks and what NFC
composes. A text without them, once its pieces are composed, is replaced character by character, so
its pieces can be replaced instead of it. The others are left to the reference.
"""

from __future__ import annotations

from functools import cache
from unicodedata import combining, decomposition, is_normalized

import numpy as np
import numpy.typing as npt
import regex

from smsplan.bulk.octets import Ints, Mask, Octets, distinct
from smsplan.bulk.parts import Characters
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.substitution import GREEK_CAPITAL, Level

# What a character outside the alphabet says about the texts that it stands in.
PLAIN = 1  # it is replaced, whatever stands around it
STAYS = 2  # it is in every text that the level makes of this one
OTHER = 4  # not replaced, and it stays where nothing in the text is MOVES
GREEK = 8  # a Greek capital: replaced where all of its word is of the alphabet, or becomes so
MOVES = 16  # what becomes of it, or of a neighbour, depends on what stands there
_KNOWN = 128

_MARK = regex.compile(r"\p{M}")
# What canonical composition makes of two characters is below this, and so are they.
_LAST_COMPOSED = 0x1D200


class Table:
    """The characters of a level: which of them decide, and what stands in for those that do not.

    >>> Table.of("safe").text("“a” – b")
    '"a" - b'
    """

    @staticmethod
    @cache
    def of(level: Level) -> Table:
        """Return the table of a level."""
        return Table(level)

    def __init__(self, level: Level) -> None:
        self._replaced = {
            ord(character): entry.replacement
            for character, entry in LOOK_ALIKES.items()
            if (entry.safe or level == "lossy")
        }
        self._plain = {
            point: replacement
            for point, replacement in self._replaced.items()
            if not _moves(chr(point))
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
        if ord(character) in self._plain:
            return GREEK if LOOK_ALIKES[character].kind == GREEK_CAPITAL else PLAIN
        kind = MOVES if _moves(character) else OTHER
        first, second = _composing()
        if (
            ord(character) not in self._replaced
            and is_normalized("NFC", character)
            and character not in first
            and character not in second
        ):
            kind = (kind & MOVES) | STAYS
        return kind

    def text(self, text: str) -> str:
        """Replace what is PLAIN or GREEK in one text."""
        return text.translate(self._plain)

    def texts(self, characters: Characters) -> Octets:
        """Replace what is PLAIN or GREEK in many texts."""
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
    with a mark has one still. A Greek capital goes where its word does, and here every word goes.
    """
    done: Mask = kinds & (MOVES | OTHER | STAYS) == 0
    return done


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
