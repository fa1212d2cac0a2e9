"""Rows of a file that cannot be read: they keep their places, empty and marked.

Where the number of such rows is known, each comes out with the problem ``unreadable``; a column
that no file can have says which they are, from the reader to the kernel. Where it is not known, the
source names the range in ``unread``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from smsplan.kernel.octets import Ints, Mask

MARK = "\0unreadable"


def with_gaps(batch: Any, places: Ints) -> Any:
    """Put empty rows in a batch, so that they stand at these places, which ascend."""
    total = batch.num_rows + len(places)
    gaps = np.zeros(total, bool)
    gaps[places] = True
    return _taken(batch, np.cumsum(~gaps) - 1, gaps)


def emptied(batch: Any, rows: Mask) -> Any:
    """Empty some rows of a batch."""
    return _taken(batch, np.arange(batch.num_rows), rows)


def _taken(batch: Any, at: Ints, gaps: Mask) -> Any:
    if MARK in batch.schema.names:
        before = marks(batch)
        gaps = gaps | before[at] if batch.num_rows else gaps
        batch = unmarked(batch)
    # Whether there is a gap or not: the columns of all batches are alike.
    batch = _nullable(batch)
    if gaps.any():
        batch = batch.take(pa.array(at, pa.int64(), mask=gaps))
    return batch.append_column(MARK, pa.array(gaps))


def empty_rows(schema: Any, rows: int) -> Any:
    """Return so many empty rows of these columns."""
    columns = [pa.nulls(rows, field.type) for field in schema]
    fields = [field.with_nullable(True) for field in schema]
    batch = pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields, schema.metadata))
    return batch.append_column(MARK, pa.array(np.ones(rows, bool)))


def _nullable(batch: Any) -> Any:
    fields = [field.with_nullable(True) for field in batch.schema]
    schema = pa.schema(fields, batch.schema.metadata)
    return pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def marks(batch: Any) -> Mask:
    """Say which rows of a batch are marked."""
    at = batch.schema.get_field_index(MARK)
    if at < 0:
        return np.zeros(batch.num_rows, bool)
    mask: Mask = batch.column(at).to_numpy(zero_copy_only=False)
    return mask


def unmarked(batch: Any) -> Any:
    """Take the marks away."""
    return batch.drop_columns([MARK]) if MARK in batch.schema.names else batch


def without_bad_text(batch: Any) -> Any:
    """Empty the rows that have a text whose octets are no UTF-8."""
    bad = np.zeros(batch.num_rows, bool)
    columns = list(batch.columns)
    for place, column in enumerate(columns):
        if pa.types.is_dictionary(column.type):
            # Parquet takes no null in a dictionary; these rows are emptied.
            values, wrong = _mended(column.dictionary, "")
            if wrong is not None:
                used = column.indices.fill_null(0).to_numpy(zero_copy_only=False)
                bad |= wrong[used] & column.is_valid().to_numpy(zero_copy_only=False)
                columns[place] = pa.DictionaryArray.from_arrays(column.indices, values)
        else:
            columns[place], wrong = _mended(column, None)
            if wrong is not None:
                bad |= wrong
    return emptied(pa.RecordBatch.from_arrays(columns, schema=batch.schema), bad)


def _mended(texts: Any, instead: str | None) -> tuple[Any, Mask | None]:
    """Replace the texts that are no UTF-8, and say which these were (None: none)."""
    kind = _BINARY.get(texts.type)
    if kind is None:
        return texts, None
    octets = texts.view(kind)
    try:
        # Arrow looks at the octets when it casts them.
        return octets.cast(texts.type), None
    except pa.ArrowInvalid:
        known = octets.to_pylist()
        wrong = np.array([value is not None and not _is_utf8(value) for value in known])
        whole = [instead if mark else value for value, mark in zip(known, wrong, strict=True)]
        return pa.array(whole, kind).cast(texts.type), wrong


_BINARY = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True
