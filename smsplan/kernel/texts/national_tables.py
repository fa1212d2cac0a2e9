"""National tables for whole columns: the cheapest allowed pair for each text. TS 23.038 6.2.1.2.

As ``encoding`` does one text at a time: pairs in the order of their headers, the first with the
fewest parts; a pair that needs one part, or no escape, cannot be beaten by a later one.
"""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smsplan.encoding import Encoding, part_capacity
from smsplan.encoding.gsm7 import Tables, allowed_tables
from smsplan.kernel.octets import Ints, Mask
from smsplan.kernel.texts import parts as counting
from smsplan.kernel.texts.parts import CharacterColumn, Room

_NARROW, _WIDE, _OUTSIDE = range(3)
# No table has a character beyond the BMP: they all stand for the last one in it.
_LAST = 0xFFFF


class Best(NamedTuple):
    """What the cheapest pair takes; ``gsm`` is false where no pair has all characters."""

    gsm: Mask
    units: Ints
    parts: Ints


@cache
def _classes(pair: Tables, form_feed: bool) -> npt.NDArray[np.uint8]:
    table = np.full(_LAST + 1, _OUTSIDE, np.uint8)
    for character, code in pair.septets.items():
        table[ord(character)] = _NARROW if len(code) == 1 else _WIDE
    if not form_feed:
        table[ord("\f")] = _OUTSIDE
    return table


def cheapest(
    characters: CharacterColumn,
    languages: tuple[str, ...] | str,
    *,
    reference_bits: int,
    dense: bool,
    form_feed: bool,
) -> Best:
    """Measure texts with every allowed pair that has their characters."""
    points = np.minimum(characters.points(slice(None)), _LAST)
    length = characters.last - characters.first
    best = Best(
        np.zeros(len(length), bool), np.zeros(len(length), np.int64), np.ones(len(length), np.int64)
    )
    open_ = np.ones(len(length), bool)
    for pair in allowed_tables(languages):
        kinds = _classes(pair, form_feed).take(points)
        fits = np.flatnonzero(open_ & (characters.sums(kinds == _OUTSIDE) == 0))
        if not len(fits):
            continue
        wide = characters.sums(kinds == _WIDE)[fits]
        units = length[fits] + wide
        alone, part = (
            part_capacity(
                Encoding.GSM,
                parts=count,
                reference_bits=reference_bits,
                locking=pair.locking,
                single_shift=pair.single_shift,
            )
            for count in (1, 2)
        )
        number = counting.count(
            units,
            wide,
            Room(alone, part),
            dense=dense,
            walk=partial(_walk, characters, kinds == _WIDE, fits, part),
        )
        fewer = ~best.gsm[fits] | (number < best.parts[fits])
        rows = fits[fewer]
        best.gsm[rows], best.units[rows], best.parts[rows] = True, units[fewer], number[fewer]
        open_[fits[(number == 1) | (wide == 0)]] = False
    return best


def _walk(characters: CharacterColumn, wide: Mask, fits: Ints, part: int, doubt: Ints) -> Ints:
    return counting.walked(characters.with_pairs(wide).of(fits[doubt]), part).parts


def lacking(characters: CharacterColumn, languages: tuple[str, ...] | str) -> Ints:
    """Return the characters outside the allowed pair that lacks the fewest of their text."""
    points = np.minimum(characters.points(slice(None)), _LAST)
    every = np.repeat(np.arange(len(characters.first)), characters.last - characters.first)
    fewest = np.full(len(characters.first), np.iinfo(np.int64).max)
    outside = np.zeros(len(points), bool)
    for pair in allowed_tables(languages):
        missing = _classes(pair, True).take(points) == _OUTSIDE
        count = characters.sums(missing)
        better = count < fewest
        fewest = np.minimum(count, fewest)
        outside = np.where(better[every], missing, outside)
    places: Ints = np.flatnonzero(outside)
    return places
