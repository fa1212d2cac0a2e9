"""What whole columns of numbers are: valid, fictitious or neither, and of which country.

The generated ranges say for every prefix which numbers of digits behind it are valid, so a number
is graded by finding its range. The first seven digits find it in a table; only where they do not
decide are all digits searched. Equal to ``numbers.grade`` and ``numbers.country`` number by number.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from smsplan.kernel.octets import Ints, Mask
from smsplan.numbers._ranges import RANGES

# Digits of a padded number: what a 64-bit integer always holds.
DIGITS = 18
POWERS = 10 ** np.arange(DIGITS + 1, dtype=np.int64)
# Shorter numbers may belong to the country of a shorter prefix: they are read one by one.
FEWEST_DIGITS = 8
_FIRST = 7
_CELL = 10 ** (DIGITS - _FIRST)
# The table takes 20 MB and some milliseconds: not for a few numbers.
_WORTH_A_TABLE = 50_000

COUNTRIES: tuple[str, ...] = tuple(sorted({kind[2] for kind in RANGES if kind[2]}))
"""ISO 3166 codes; a country travels as its place here, -1 where none is known."""


class Ranges:
    """Finds the range of each number; kinds are places in ``RANGES``."""

    def __init__(self) -> None:
        pairs = sorted(
            (int(start.ljust(DIGITS, "0")), kind)
            for kind, (*_, starts) in enumerate(RANGES)
            for start in starts.split()
        )
        self._starts = np.array([start for start, _ in pairs], np.int64)
        self._kinds = np.array([kind for _, kind in pairs], np.int16)
        self._table: npt.NDArray[np.int16] | None = None
        self._seen = 0
        places = {name: place for place, name in enumerate(COUNTRIES)}
        self.valid = np.array([kind[0] for kind in RANGES], np.int64)
        self.fictitious = np.array([kind[1] for kind in RANGES], np.int64)
        self.country = np.array([places.get(kind[2], -1) for kind in RANGES], np.int16)
        self.trunk = np.array([kind[3] for kind in RANGES])

    def find(self, numbers: Ints, lengths: Ints) -> npt.NDArray[np.int16]:
        """Return the kind of range of each number of 8 to 18 digits."""
        self._seen += len(numbers)
        if self._table is None and self._seen < _WORTH_A_TABLE:
            return self._search(numbers * POWERS[DIGITS - lengths])
        if self._table is None:
            self._table = self._first_digits()
        kinds = self._table[scaled(numbers, lengths, _FIRST)]
        open_ = np.flatnonzero(kinds < 0)
        if len(open_):
            kinds[open_] = self._search(numbers[open_] * POWERS[DIGITS - lengths[open_]])
        return kinds

    def _search(self, padded: Ints) -> npt.NDArray[np.int16]:
        return self._kinds[np.searchsorted(self._starts, padded, side="right") - 1]

    def _first_digits(self) -> npt.NDArray[np.int16]:
        """The kind of all numbers with these first digits; -1 where they are of several."""
        first = -(-self._starts // _CELL)
        table = np.repeat(self._kinds, np.diff(first, append=10**_FIRST))
        table[self._starts[self._starts % _CELL != 0] // _CELL] = -1
        return table


@cache
def ranges() -> Ranges:
    """Return the ranges, read once."""
    return Ranges()


def has(masks: Ints, kinds: npt.NDArray[Any], lengths: Ints) -> Mask:
    """Whether the mask of a kind has the bit of a number of digits."""
    marked: Mask = (masks[kinds] >> lengths & 1).astype(bool)
    return marked


def scaled(numbers: Ints, lengths: Ints, digits: int) -> Ints:
    """Return the first digits of each number, which has at least so many."""
    shortest, longest = int(lengths.min(initial=DIGITS)), int(lengths.max(initial=0))
    if shortest == longest:
        # By a scalar the division is a multiplication.
        out: Ints = numbers // POWERS[shortest - digits]
        return out
    out = np.empty_like(numbers)
    for length in np.flatnonzero(np.bincount(lengths)).tolist():
        rows = np.flatnonzero(lengths == length)
        out[rows] = numbers[rows] // POWERS[length - digits]
    return out
