"""The types in which columns travel: every other that says the same is turned into one of them.

Sources bring what their libraries know: views and lists of views, runs, small decimals, JSON. Few
kernels of Arrow take those, so each batch is made plain where it comes in, and nowhere else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from smsplan.errors import InputError


def plain_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch of plain columns, which is the same one where it has no others.

    Raises InputError, which names the column and its type, where there is no way to make it plain.

    >>> views = pa.array(["a", None], pa.string_view())
    >>> plain_batch(pa.record_batch({"name": views})).schema.field("name").type
    DataType(large_string)
    """
    wanted = plain_schema(batch.schema)
    if wanted is batch.schema or wanted.equals(batch.schema):
        return batch
    columns = []
    for column, field in zip(batch.columns, wanted, strict=True):
        try:
            columns.append(_plain(column, field.type))
        except (pa.ArrowException, ValueError, TypeError):
            raise InputError(
                f"column '{field.name}' holds values of type {column.type}, which cannot be read; "
                "convert it to text"
            ) from None
    return pa.RecordBatch.from_arrays(columns, schema=wanted)


@lru_cache(64)
def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema of :func:`plain_batch`."""
    return pa.schema([_plain_field(field) for field in schema], schema.metadata)


def plain_table(table: pa.Table) -> pa.Table:
    """Return a table of plain columns."""
    batches = [plain_batch(batch) for batch in table.to_batches()]
    return pa.Table.from_batches(batches, plain_schema(table.schema))


def _plain_field(field: pa.Field) -> pa.Field:
    return field.with_type(_plain_type(field.type))


def _plain_type(kind: Any) -> Any:
    types = pa.types
    if types.is_string_view(kind):
        return pa.large_string()
    if types.is_binary_view(kind):
        return pa.large_binary()
    if types.is_run_end_encoded(kind):
        return _plain_type(kind.value_type)
    if types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _plain_type(kind.value_type), kind.ordered)
    if types.is_list_view(kind) or types.is_list(kind):
        return pa.list_(_plain_field(kind.value_field))
    if types.is_large_list_view(kind) or types.is_large_list(kind):
        return pa.large_list(_plain_field(kind.value_field))
    if types.is_fixed_size_list(kind):
        return pa.list_(_plain_field(kind.value_field), kind.list_size)
    if types.is_struct(kind):
        return pa.struct([_plain_field(field) for field in kind])
    if types.is_map(kind):
        return pa.map_(_plain_field(kind.key_field), _plain_field(kind.item_field))
    if types.is_decimal(kind) and kind.bit_width < 128:
        return pa.decimal128(kind.precision, kind.scale)
    if isinstance(kind, pa.BaseExtensionType):
        storage = _plain_type(kind.storage_type)
        # The text of JSON is what it says; of other extensions that is not known.
        is_text = kind.extension_name == "arrow.json"
        return storage if is_text or not storage.equals(kind.storage_type) else kind
    return kind


def _plain(array: Any, kind: Any) -> Any:
    if array.type.equals(kind):
        return array
    if pa.types.is_run_end_encoded(array.type):
        ends = array.run_ends.to_numpy(zero_copy_only=False)
        run = np.searchsorted(ends, array.offset + np.arange(len(array)), side="right")
        return _plain(array.values, kind).take(pa.array(run))
    if pa.types.is_dictionary(array.type):
        words = _plain(array.dictionary, kind.value_type)
        return pa.DictionaryArray.from_arrays(array.indices, words, ordered=kind.ordered)
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage, kind)
    # Arrow's cast of views of lists makes arrays that are not whole.
    if "list_view" not in str(array.type):
        try:
            return array.cast(kind)
        except pa.ArrowNotImplementedError:
            pass
    # Slow, and always right.
    return pa.array(array.to_pylist(), kind)
