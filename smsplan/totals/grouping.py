"""Rows that have the same integers in several columns, counted or added up together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from smsplan.kernel.octets import Ints

# Columns whose values together are at most so many are counted without sorting.
_DENSE = 1 << 16


def grouped(columns: Sequence[Any], amounts: Ints | None = None) -> Iterator[tuple[int, ...]]:
    """Yield each distinct row of the columns, and the sum of its amounts (None: how many rows).

    Columns are integers of -1 or more, amounts too small for their sum to pass 2**53.

    >>> list(grouped([np.array([1, -1, 1]), np.array([7, 7, 7])]))
    [(-1, 7, 1), (1, 7, 2)]
    >>> list(grouped([np.array([1, -1, 1])], np.array([5, 6, -7])))
    [(-1, 6), (1, -2)]
    """
    rows = len(columns[0])
    if not rows:
        return
    radices = [int(column.max()) + 2 for column in columns]
    size = 1
    for radix in radices:
        size *= radix
    if size >= 1 << 62:
        yield from _many(columns, amounts)
        return
    mixed = np.zeros(rows, np.int64)
    for column, radix in zip(columns, radices, strict=True):
        mixed *= radix
        mixed += column
        mixed += 1
    if size <= max(_DENSE, 2 * rows):
        counts = np.bincount(mixed)
        keys = np.flatnonzero(counts)
        # Sums of integers below 2**53 are exact in floats.
        sums = counts[keys] if amounts is None else np.bincount(mixed, weights=amounts)[keys]
    else:
        keys, places, counts = np.unique(mixed, return_inverse=True, return_counts=True)
        sums = counts if amounts is None else np.bincount(places, weights=amounts)
    parts = []
    for radix in reversed(radices):
        parts.append((keys % radix - 1).tolist())
        keys = keys // radix
    yield from zip(*reversed(parts), sums.astype(np.int64).tolist(), strict=True)


def _many(columns: Sequence[Any], amounts: Ints | None) -> Iterator[tuple[int, ...]]:
    """As :func:`grouped`, where the columns do not fit one integer."""
    keys, places = np.unique(np.stack(columns), axis=1, return_inverse=True)
    sums = np.bincount(places.ravel(), weights=amounts).astype(np.int64)
    yield from zip(*(part.tolist() for part in keys), sums.tolist(), strict=True)
