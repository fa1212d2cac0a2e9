"""What forces Unicode, as numbers: a code point for itself, and what only its neighbours explain.

``e`` and a mark are one culprit, which the composed letter stands in for; a Greek letter has a
stand-in in one word and none in another. Such kinds have numbers behind the code points.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from smsplan.encoding.gsm7 import tables
from smsplan.encoding.look_alikes import GREEK, GREEK_CAPITAL, LOOK_ALIKES
from smsplan.encoding.substitution import Change, Level, stand_in, stand_ins
from smsplan.kernel.octets import Ints, Mask
from smsplan.kernel.texts.look_alikes import any_of, in_words, risky

_FIRST = 0x110000
_MOST = 1 << 21


class CulpritKind(NamedTuple):
    """Characters that force Unicode together, and what stands in for them: null, nothing does."""

    original: str
    replacement: str | None = None
    level: Level | None = None
    kind: str | None = None


class Token(NamedTuple):
    """A culprit of a text: where, its number, and the change that its stand-in is."""

    position: int
    number: int
    change: Change | None


class Kinds:
    """The kinds of a plan and their numbers; sizes are what replacing one changes in a text.

    >>> kinds = Kinds()
    >>> [kinds.of(each.number)[1:3] for each in kinds.tokens("e\\u0301ж”", "\\u0301ж”")]
    [('é', 'safe'), (None, None), ('"', 'safe')]
    """

    def __init__(self) -> None:
        self._known: list[CulpritKind] = []
        self._numbers: dict[CulpritKind, int] = {}

    def of(self, number: int) -> CulpritKind:
        """Return the kind of a number."""
        return _of_character(chr(number)) if number < _FIRST else self._known[number - _FIRST]

    def _number(self, kind: CulpritKind) -> int:
        if len(kind.original) == 1 and _of_character(kind.original) == kind:
            return ord(kind.original)
        if kind not in self._numbers:
            if _FIRST + len(self._known) == _MOST:
                # No list of names has a million of them.
                return ord(kind.original[-1])
            self._numbers[kind] = _FIRST + len(self._known)
            self._known.append(kind)
        return self._numbers[kind]

    def tokens(self, text: str, outside: Collection[str]) -> Iterator[Token]:
        """Yield the culprits of a text; ``outside`` are the characters that force Unicode."""
        at = {
            place: each
            for each in stand_ins(text)
            for place in range(each.change.position, each.change.position + len(each.change[1]))
        }
        last: Change | None = None
        for position, character in enumerate(text):
            if character not in outside:
                continue
            if position not in at:
                yield Token(position, self._number(CulpritKind(character)), None)
                continue
            change, level = at[position]
            if change is not last:
                kind = CulpritKind(change.original, change.replacement, level, change.kind)
                yield Token(position, self._number(kind), change)
            last = change

    def replaceable(self, numbers: Ints) -> Mask:
        """Say for which numbers there is a stand-in."""
        mask: Mask = self._table(numbers)[:, 0] > 0
        return mask

    def sizes(self, numbers: Ints) -> tuple[Ints, Ints, Ints]:
        """Return how many characters, wide ones and pairs each replacement adds to a text."""
        table = self._table(numbers)
        return table[:, 1], table[:, 2], table[:, 3]

    def _table(self, numbers: Ints) -> Ints:
        distinct, at = np.unique(numbers, return_inverse=True)
        rows = [_sizes(self.of(number)) for number in distinct.tolist()]
        table: Ints = np.array(rows, np.int64).reshape(-1, 4)[at]
        return table


def _of_character(character: str) -> CulpritKind:
    found = stand_in(character)
    if found is None:
        return CulpritKind(character)
    return CulpritKind(character, found.change.replacement, found.level, found.change.kind)


def _sizes(kind: CulpritKind) -> tuple[int, int, int, int]:
    if kind.replacement is None:
        return 0, 0, 0, 0
    wide = tables().wide.findall
    old, new = kind.original, kind.replacement
    return (
        1,
        len(new) - len(old),
        len(wide(new)) - len(wide(old)),
        -sum(each > "\uffff" for each in old),
    )


def contextual(texts: Any) -> Any:
    """Mark texts of which a character does not say for itself what stands in for it."""
    return pc.match_substring_regex(texts, _pattern())


@cache
def _pattern() -> str:
    """Build the pattern; it finds too many texts rather than too few."""
    kinds = {each: entry.kind for each, entry in LOOK_ALIKES.items()}
    capitals = [each for each, kind in kinds.items() if kind == GREEK_CAPITAL]
    small = any_of(each for each, kind in kinds.items() if kind == GREEK)
    dropped = any_of(each for each, entry in LOOK_ALIKES.items() if not entry.replacement)
    alphabet = [each for each in tables().septets if each > "\x7f"]
    look_latin, strange = any_of(capitals), in_words([*capitals, *alphabet])
    foreign = in_words([*kinds, *alphabet])
    run = in_words(())
    return "|".join(
        [
            risky(),
            # A mark behind what it may compose with, or be taken from.
            r"(?:^|[^\p{L}\p{M}]|\p{Latin}|\p{Greek})\p{M}",
            # A capital in a word that is not safe, a letter in one that stays.
            f"{look_latin}{run}*{strange}|{strange}{run}*{look_latin}",
            f"{small}{run}*{foreign}|{foreign}{run}*{small}",
            rf"{dropped}[^\x00-\x7f]|[^\x00-\x7f]{dropped}",
        ]
    )
