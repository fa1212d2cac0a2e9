"""Which rows of a column have characters that some profile treats in its own way.

A scan at the speed of memory, in bits: a row without a bit is the same text, or of the same length,
whatever the switches that the bit stands for.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import regex

from smsplan.api.profiles import REPLACING
from smsplan.encoding.substitution import AUTO_ENCODING
from smsplan.kernel.octets import Bytes, Octets, distinct

Bits = npt.NDArray[np.uint16]

FORM_FEED, LOOK_ALIKE, ASTRAL, DOLLAR, JOINER, EXTENSION = (1 << place for place in range(6))
# By the switch that has something else for a character.
REPLACED = {name: 1 << place for place, name in enumerate(REPLACING, 6)}
# Of no character: for whoever looks at more than characters.
SPARE = 1 << 14
assert max(REPLACED.values()) < SPARE
_UNKNOWN = 1 << 15
_BLOCK = 1 << 17

_POINTS = {
    FORM_FEED: {0x0C},
    LOOK_ALIKE: set(AUTO_ENCODING),
    DOLLAR: {ord("$")},
    EXTENSION: set(map(ord, "\f^{}\\[~]|€")),
    **{
        bit: {ord(old[0]) for replaced in REPLACING[name].values() for old in replaced}
        for name, bit in REPLACED.items()
    },
}
# UAX #29, GB3 to GB13: every cluster of several characters has one of these classes in it. A line
# feed has not: it is alone unless a carriage return stands before it.
_JOINER = regex.compile(
    r"[\p{GCB=CR}\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=L}\p{GCB=V}"
    r"\p{GCB=T}\p{GCB=Regional_Indicator}]"
)


def _bits_of(point: int) -> int:
    bits = sum(bit for bit, points in _POINTS.items() if point in points)
    if point > 0xFFFF:
        bits |= ASTRAL
    return bits | JOINER if _JOINER.match(chr(point)) else bits


@cache
def _table() -> Bits:
    """The bits of every code point; those above ASCII are looked up when they are first seen."""
    table = np.full(0x110000, _UNKNOWN, np.uint16)
    table[:0x80] = [_bits_of(point) for point in range(0x80)]
    return table


@cache
def _first_octets() -> bytes:
    """What octets are looked at: characters of ASCII that have bits, and the first of others."""
    marks = np.zeros(256, np.uint8)
    marks[:0x80] = _table()[:0x80] > 0
    marks[0xC0:] = 1
    return marks.tobytes()


def bits(octets: Octets) -> Bits:
    """Return the bits of every row.

    >>> import pyarrow as pa
    >>> bits(Octets.of(pa.array(["plain é", "a$b", "😀"]))).tolist() == [0, DOLLAR, ASTRAL]
    True
    """
    rows = np.zeros(len(octets), np.uint16)
    at = _marked(octets.data)
    if len(at):
        found = _looked_up(_points(octets.data, at))
        some = np.flatnonzero(found)
        if len(some):
            np.bitwise_or.at(rows, octets.rows_of(at[some]), found[some])
    return rows


def _marked(data: Bytes) -> npt.NDArray[np.intp]:
    """Return the places of octets to look at; block by block, so that copies stay in the cache."""
    found = []
    for start in range(0, len(data), _BLOCK):
        marks = data[start : start + _BLOCK].tobytes().translate(_first_octets())
        at = np.flatnonzero(np.frombuffer(marks, bool))
        if len(at):
            found.append(at + start)
    return np.concatenate(found) if found else np.zeros(0, np.intp)


def text_bits(text: str) -> int:
    """Return the bits of one text."""
    every = 0
    for character in set(text):
        every |= _bits_of(ord(character))
    return every


def _points(data: Bytes, at: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """Return the code points that begin at these octets."""
    lead = data[at].astype(np.int64)
    points = lead.copy()
    for least, mask, more in ((0xC0, 0x1F, 1), (0xE0, 0x0F, 2), (0xF0, 0x07, 3)):
        chosen = np.flatnonzero(lead >= least)
        if not len(chosen):
            break
        longer = lead[chosen] & mask
        for step in range(1, more + 1):
            # A text behind a null may break off.
            longer = longer << 6 | data.take(at[chosen] + step, mode="clip") & 0x3F
        points[chosen] = longer
    return points.clip(max=0x10FFFF)


def _looked_up(points: npt.NDArray[np.int64]) -> Bits:
    table = _table()
    found: Bits = table[points]
    new = found == _UNKNOWN
    if new.any():
        for point in distinct(points[new]).tolist():
            table[point] = _bits_of(point)
        found = table[points]
    return found
