"""Columns of a few known words, as places in a tuple; -1 is null. Columns of notes, as bits."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.errors import Note
from smsplan.kernel.octets import Bits, counted


@lru_cache(256)
def _dictionary(texts: tuple[str, ...]) -> pa.Array:
    return pa.array(texts, pa.string())


def words(at: npt.NDArray[Any], texts: tuple[str, ...]) -> pa.Array:
    """Return a column of texts from their places.

    >>> import numpy as np
    >>> words(np.array([0, -1, 1], np.int8), ("a", "b")).to_pylist()
    ['a', None, 'b']
    """
    missing = at < 0
    indices = pa.array(at, mask=missing if missing.any() else None)
    return pa.DictionaryArray.from_arrays(indices, _dictionary(texts))


def indices_of(array: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """Return the place of each value in its dictionary, -1 where it is missing.

    A caller's own dictionary may be counted in any integer, also without a sign.
    """
    found: npt.NDArray[np.int64] = pc.fill_null(array.indices.cast(pa.int64()), -1).to_numpy(
        zero_copy_only=False
    )
    return found


def places(column: Any, texts: tuple[str, ...]) -> npt.NDArray[Any]:
    """Return the places of a column's texts, also of a column that was read from a file."""
    if pa.types.is_dictionary(column.type):
        indices, known = column.indices, column.dictionary
        if known is not _dictionary(texts) and not known.equals(_dictionary(texts)):
            column = column.cast(known.type)
            indices = pc.index_in(column.cast(pa.string()), _dictionary(texts))
    else:
        indices = pc.index_in(column.cast(pa.string()), _dictionary(texts))
    if indices.null_count:
        indices = pc.fill_null(indices, -1)
    found: npt.NDArray[Any] = indices.to_numpy(zero_copy_only=False)
    return found


def note_words(bits: Bits) -> pa.Array:
    """Return a column of notes as people read them; of all combinations it has those that occur.

    >>> note_words(np.array([0, 3, 1], np.int32)).to_pylist()
    [None, 'repaired;national', 'repaired']
    """
    kinds, _ = counted(bits)
    kinds = kinds[kinds > 0]
    at = np.searchsorted(kinds, bits).astype(np.int16)
    at[bits == 0] = -1
    return words(at, tuple(map(Note.joined, kinds.tolist())))


def note_bits(column: Any) -> Bits:
    """Return the bits of a column of notes: the kernel's, a plan's, or one read from a file.

    >>> note_bits(pa.array(["national", None, "repaired;new"])).tolist()
    [2, 0, 1]
    """
    if pa.types.is_integer(column.type):
        bits: Bits = column.to_numpy()
    else:
        texts = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        known = np.array([*map(Note.bits, texts.dictionary.to_pylist()), 0], np.int32)
        at = pc.fill_null(texts.indices.cast(pa.int64()), -1)
        bits = known[at.to_numpy(zero_copy_only=False)]
    return bits
