"""Shapes of texts: what counting and cutting need to know of them, and nothing else.

A shape has one octet a character: its class, and whether a grapheme cluster begins before it. Texts
of one shape take the same and can be cut at the same places, so a list of a million names has a few
hundred shapes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.encoding import ucs2
from smsplan.kernel.cells import text_cells
from smsplan.kernel.octets import Bytes, Ints, Mask, Octets
from smsplan.kernel.texts.cluster_cuts import clear
from smsplan.kernel.texts.octet_classes import (
    ASTRAL,
    CONTINUATION,
    FIELD,
    NARROW,
    OUTSIDE,
    REMOVED,
    WIDE,
    Classes,
)
from smsplan.kernel.texts.parts import CharacterColumn

CLASS = 7
OPENS = 8  # a grapheme cluster begins before the character
_LETTER = 0x40  # so that a shape is a text as well, which Arrow can tell apart
_OUTSIDE = 1 << 3 * FIELD
_CR, _LF, _SPACE = 0x0D, 0x0A, 0x20

# What a character of each class adds to a packed size; that one is outside is added once a text.
_SIZES = np.zeros(8, np.int64)
_SIZES[[NARROW, WIDE, OUTSIDE, ASTRAL]] = 1
_SIZES[WIDE] += 1 << FIELD
_SIZES[ASTRAL] += 1 << 2 * FIELD


class Shapes(NamedTuple):
    """The shapes of a column: ``codes`` says of each row which it has, ``octets`` what they are.

    The last shape is that of the text for rows without a value.
    """

    codes: Ints
    octets: Octets

    @property
    def missing(self) -> int:
        """The shape of what stands for a missing value."""
        return len(self.octets) - 1


def shapes_of(
    array: Any, column: str, absent: str, classes: Classes, *, limit: int | None = None
) -> Shapes:
    """Find the shapes of a column of values; ``absent`` is the text where there is none.

    All of them are cut to ``limit`` characters.

    >>> import pyarrow as pa
    >>> from smsplan import Profile
    >>> found = shapes_of(pa.array(["Ana", "Zoé", "Иво", None]), "a", "x", Classes(Profile()))
    >>> found.codes.tolist(), len(found.octets)
    ([0, 0, 1, 2], 3)
    """
    values, index, missing = _values(array, column)
    used = ~missing
    if index is not None:
        used = np.bincount(index[~missing], minlength=len(values)).astype(bool)
    octets = Octets.of(values)
    sizes = classes.sizes(octets)
    # Plain values, as nearly all are, are told apart by their length alone.
    special = used & (sizes >= 1 << FIELD)
    special |= used & _with_hidden(octets, classes)
    plain = used & ~special
    lengths = np.flatnonzero(np.bincount(sizes[plain])) if plain.any() else np.zeros(0, np.int64)
    code = np.zeros(max(len(values), 1), np.int64)
    code[: len(values)][plain] = np.searchsorted(lengths, sizes[plain])
    parts = [np.full(int(lengths.sum()), NARROW | OPENS, np.uint8)]
    counts = [lengths]
    at = np.flatnonzero(special)
    if len(at):
        encoded = _shapes(values.take(pa.array(at)), classes).array().dictionary_encode()
        code[at] = len(lengths) + encoded.indices.to_numpy()
        known = Octets.of(encoded.dictionary)
        parts.append(known.data - np.uint8(_LETTER))
        counts.append(known.lengths)
    last = shape_of(absent, classes)
    parts.append(last)
    counts.append(np.array([len(last)]))
    every = np.concatenate(counts)
    codes = code if index is None else code[index]
    codes = np.where(missing, len(every) - 1, codes[: len(missing)])
    found = Octets(np.concatenate(parts), _ends(every))
    return Shapes(codes, found if limit is None else _shortened(found, limit))


def _shortened(octets: Octets, limit: int) -> Octets:
    """Cut every shape to so many characters."""
    ends, starts = cut_places(octets)
    begins = octets.offsets[:-1]
    lengths = ends[starts + np.minimum(octets.lengths, limit)] - begins
    return Octets(octets.data[ranges(begins, lengths)], _ends(lengths))


def ranges(starts: Ints, lengths: Ints) -> Ints:
    """Return the numbers of all ranges, one behind the other.

    >>> ranges(np.array([3, 10]), np.array([2, 1])).tolist()
    [3, 4, 10]
    """
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return numbers


def shape_of(text: str, classes: Classes) -> Bytes:
    """Return the shape of one text."""
    array = pa.array([text], pa.large_string())
    return _shapes(array, classes).data - np.uint8(_LETTER)


def prefix_sizes(octets: Octets) -> tuple[Ints, Ints]:
    """Return the packed sizes of every prefix of every shape, and where those of each begin."""
    kinds = octets.data & CLASS
    sizes = np.zeros(len(kinds) + 1, np.int64)
    np.cumsum(_SIZES[kinds], out=sizes[1:])
    outside = np.zeros(len(kinds) + 1, np.int64)
    np.cumsum((kinds == OUTSIDE) | (kinds == ASTRAL), out=outside[1:])
    ends, starts = cut_places(octets)
    shape = np.repeat(np.arange(len(octets)), octets.lengths + 1)
    base = octets.offsets[:-1][shape]
    taken = sizes[ends] - sizes[base]
    taken |= np.minimum(outside[ends] - outside[base], 1) << 3 * FIELD
    return taken, starts


def cut_places(octets: Octets) -> tuple[Ints, Ints]:
    """Return where every prefix of every shape ends in the octets, and where those of each begin.

    A prefix of n characters ends where the last whole cluster within them does, or within the first
    one, as :func:`smsplan.encoding.ucs2.shortened` has it. That of no characters is one too.
    """
    lengths = octets.lengths
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths + 1, out=starts[1:])
    shape = np.repeat(np.arange(len(lengths)), lengths + 1)
    # The place of each prefix's end; between clusters it is one, else the one before stands.
    place = np.arange(starts[-1]) - shape
    opens = np.append(octets.data & OPENS, np.uint8(OPENS)) > 0
    border = opens[place]
    # The first cluster ends where another one, or the text, does.
    firsts, lasts = octets.offsets[:-1], octets.offsets[1:]
    begins = np.flatnonzero(opens)
    behind = begins[np.minimum(np.searchsorted(begins, firsts, side="right"), len(begins) - 1)]
    border |= place <= np.minimum(behind, lasts)[shape]
    border[starts[1:] - 1] = True  # everything
    ends: Ints = np.maximum.accumulate(np.where(border, place, 0))
    return ends, starts[:-1]


def _values(array: Any, column: str) -> tuple[Any, Ints | None, Mask]:
    """Return the texts of a column, where each row's is among them, and which rows have none."""
    kind = array.type
    if pa.types.is_dictionary(kind) and len(array.dictionary) > 2 * len(array):
        # A small slice of a large dictionary: only the values in it.
        array = array.cast(kind.value_type)
    if not pa.types.is_dictionary(kind) or not pa.types.is_dictionary(array.type):
        texts = text_cells(array, column).text
        return texts, None, _mask(texts.is_null())
    values = text_cells(array.dictionary, column).text
    places = array.indices
    missing = _mask(places.is_null())
    index = pc.fill_null(places, 0).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    if values.null_count:
        missing = missing | _mask(values.is_null())[index]
    return values, index, missing


def _with_hidden(octets: Octets, classes: Classes) -> Mask:
    """Mark texts with characters that are plain and matter to a cut: CR, and what is removed."""
    marked = octets.data == _CR
    for octet in classes.removed:
        marked |= octets.data == octet
    rows = np.zeros(len(octets), bool)
    if marked.any():
        rows[octets.rows_of(np.flatnonzero(marked))] = True
    return rows


def _shapes(texts: Any, classes: Classes) -> Octets:
    """Return the shape of every text, as letters."""
    octets = Octets.of(texts)
    kinds = classes.of(octets)
    removed = kinds == REMOVED
    # Removed characters count for a cut, so here they are some.
    characters = CharacterColumn(
        octets, np.where(removed, NARROW, kinds), np.zeros(len(kinds), bool)
    )
    begins = kinds != CONTINUATION
    points = characters.points(slice(None))
    opens = np.ones(len(points), bool)
    before, after = points[:-1], points[1:]
    # GB3 to GB5: a break on both sides of a control character, but within CR LF.
    control = (before < _SPACE) | (after < _SPACE)
    opens[1:] = clear(before, after) | control & ((before != _CR) | (after != _LF))
    filled = np.flatnonzero(characters.last > characters.first)
    opens[characters.first[filled]] = True
    unclear = np.flatnonzero(~opens)
    if len(unclear):
        rows = np.searchsorted(characters.first[filled], unclear, side="right") - 1
        for row in np.unique(filled[rows]).tolist():
            first, last = characters.first[row], characters.last[row]
            opens[first:last] = False
            text = texts[row].as_py()
            opens[first + np.array([start for start, _ in ucs2.clusters(text)])] = True
    shapes = kinds[begins] + np.uint8(_LETTER) + OPENS * opens.view(np.uint8)
    return Octets(shapes, octets.ranks(begins, octets.offsets))


def _ends(lengths: npt.NDArray[np.int64]) -> Ints:
    ends = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def _mask(array: Any) -> Mask:
    mask: Mask = array.to_numpy(zero_copy_only=False)
    return mask
