"""How many parts each message takes, exactly: bounds first, and a walk where they differ.

Without a pair to split, every closed part is full or one unit short, so that
ceil(units / room) <= parts <= min(ceil(units / (room - 1)), ceil((units + pairs) / room)).
Only messages whose bounds differ have to be looked at, all of them together, part by part.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smsplan.kernel.octets import Bytes, Ints, Mask, Octets
from smsplan.kernel.texts.octet_classes import ASTRAL, CONTINUATION, NARROW, OUTSIDE, REMOVED, WIDE


class Room(NamedTuple):
    """Units that a message holds alone, and each of several parts."""

    alone: int
    part: int


class CharacterColumn:
    """The characters of some texts in a row: where each begins, and the units before it.

    ``first`` and ``last`` are the places of the first character of each text and of the one behind
    its last; ``units`` counts from the first text on.
    """

    __slots__ = ("_kinds", "_pairs", "_units", "first", "last", "octets", "starts")

    def __init__(self, octets: Octets, kinds: Bytes, pairs: Mask) -> None:
        begins = (kinds != CONTINUATION) & (kinds != REMOVED)
        borders = octets.ranks(begins, octets.offsets)
        self.octets = octets
        self.starts = np.flatnonzero(begins)
        self._kinds = kinds
        self.first, self.last = borders[:-1], borders[1:]
        self._pairs = pairs[self.starts]
        self._units: Ints | None = None

    @property
    def units(self) -> Ints:
        """The units before each character, and at the end those of all."""
        if self._units is None:
            self._units = _before(1 + self._pairs.view(np.int8))
        return self._units

    def of(self, texts: Ints) -> CharacterColumn:
        """Return some of the texts."""
        some = copy(self)
        some.first, some.last = self.first[texts], self.last[texts]
        return some

    def with_pairs(self, pairs: Mask) -> CharacterColumn:
        """Return the same texts where other characters take two units."""
        other = copy(self)
        other._pairs, other._units = pairs, None
        return other

    def sums(self, mask: Mask) -> Ints:
        """Return how many characters of each text are marked."""
        marked = np.flatnonzero(mask)
        sums: Ints = np.searchsorted(marked, self.last) - np.searchsorted(marked, self.first)
        return sums

    def at_or_before(self, units: Ints) -> Ints:
        """Return the last character that begins at or before a unit."""
        places: Ints = np.searchsorted(self.units, units, side="right") - 1
        return places

    def outside(self) -> Ints:
        """Return the places of characters outside the alphabet."""
        kinds = self._kinds[self.starts]
        places: Ints = np.flatnonzero((kinds == OUTSIDE) | (kinds == ASTRAL))
        return places

    def points(self, places: Ints | slice) -> Ints:
        """Return the code points of characters, from their octets."""
        data = self.octets.data
        at = self.starts[places]
        lead = data[at]
        points: Ints = lead.astype(np.int64)
        # Only what is above ASCII has more octets than one.
        long = np.flatnonzero(lead >= 0xC0)
        lead, at = lead[long], at[long]
        longer = lead & np.int64(0x1F)
        for step, least in ((1, 0xC0), (2, 0xE0), (3, 0xF0)):
            on = np.flatnonzero(lead >= least)
            longer[on] = longer[on] << 6 | data[at[on] + step] & 0x3F
        # Of a lead of four octets, 0x1F leaves one bit too many.
        points[long] = longer & 0x1FFFFF
        return points


def code_points(octets: Octets) -> Ints:
    """Return the code points of all texts, one behind the other."""
    kinds = np.where(octets.data & 0xC0 == 0x80, np.uint8(CONTINUATION), np.uint8(NARROW))
    return CharacterColumn(octets, kinds, np.zeros(len(kinds), bool)).points(slice(None))


def _before(counts: npt.NDArray[np.int8]) -> Ints:
    """Return the sum before each place, and at the end the sum of all."""
    sums = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=sums[1:])
    return sums


def pairs_of(kinds: Bytes, octets: Octets, gsm: Mask, *, utf16: bool = True) -> Mask:
    """Mark the first octets of characters of two units, by the encoding of each text."""
    wide: Mask = kinds == WIDE
    if gsm.all():
        return wide
    astral: Mask = (kinds == ASTRAL) & utf16
    if not gsm.any():
        return astral
    mixed: Mask = np.where(np.repeat(gsm, octets.lengths), wide, astral)
    return mixed


def count(
    units: Ints,
    pairs: Ints,
    room: Room,
    *,
    dense: bool,
    walk: Callable[[Ints], Ints] | None,
) -> Ints:
    """Return the number of parts of messages of one encoding.

    ``walk`` is given the places of the messages that have to be walked, and returns their parts.
    """
    parts = np.ones(len(units), np.int64)
    several = np.flatnonzero(units > room.alone)
    if not len(several):
        return parts
    size = units[several]
    low = -(-size // room.part)
    parts[several] = low
    if dense:
        return parts
    high = np.minimum(-(-size // (room.part - 1)), -(-(size + pairs[several]) // room.part))
    doubt = several[low != high]
    if len(doubt) and walk is not None:
        parts[doubt] = walk(doubt)
    return parts


class Walk(NamedTuple):
    """Parts of each text, and the units in its last one."""

    parts: Ints
    last_units: Ints


def walked(
    characters: CharacterColumn, room: int, check: Callable[[Ints, Ints], None] | None = None
) -> Walk:
    """Cut all texts together, the n-th parts at once; a cut never goes through a pair.

    ``check`` is given the texts and the characters before which they are cut.
    """
    base = characters.units[characters.first]
    end = characters.units[characters.last] - base
    position = np.zeros(len(base), np.int64)
    parts = np.ones(len(base), np.int64)
    active = np.flatnonzero(end > room)
    while len(active):
        at = characters.at_or_before(base[active] + position[active] + room)
        if check is not None:
            check(active, at)
        position[active] = characters.units[at] - base[active]
        parts[active] += 1
        active = active[end[active] - position[active] > room]
    return Walk(parts, end - position)
