"""Columns of a few known words, as places in a tuple; -1 is null."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


@cache
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
