"""The door: whatever the caller has, in batches of Arrow; and the same kind of frame out again.

A frame's columns are converted only where a plan reads them, and never on the way out: ours are
added to the caller's own. No library is imported to find out what an object is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from smsplan.errors import InputError
from smsplan.kernel.cells import objects
from smsplan.lists.arrow_frames import ArrowSource
from smsplan.lists.column_types import plain_schema, plain_table
from smsplan.lists.file_source import FileSource
from smsplan.lists.source import (
    NOT_ARROW,
    Frame,
    Source,
    batch_of,
    naming,
    slices,
    unique,
)


def open_source(recipients: Any, *, encoding: str | None = None, skip: bool = False) -> Source:
    """Find out what the recipients are and how to read them; InputError says what would do.

    ``encoding`` is that of a file of text (None: UTF-8). With ``skip``, what cannot be read of a
    file is marked or listed: see ``unreadable``.
    """
    if isinstance(recipients, FileSource):
        return recipients
    if isinstance(recipients, (str, os.PathLike)):
        from smsplan.lists.files import open_file

        return open_file(recipients, encoding=encoding, skip=skip)
    if encoding is not None:
        raise InputError(
            f"encoding='{encoding}' is for files of text, and {type(recipients).__name__} has text "
            "that is decoded; leave it out"
        )
    if skip:
        raise InputError(
            f"on_error='skip' is for files, and {type(recipients).__name__} is in memory; leave it "
            "out"
        )
    if _is(recipients, "pandas", "DataFrame"):
        return PandasSource(recipients)
    if _is(recipients, "pandas", "Series"):
        name = "to" if recipients.name is None else str(recipients.name)
        return _numbers(recipients.tolist(), name)
    if _is(recipients, "polars", "LazyFrame") or _is(recipients, "narwhals", "LazyFrame"):
        raise InputError("the recipients are a LazyFrame; call .collect() first")
    if _is(recipients, "polars", "Series"):
        return _numbers(recipients.to_list(), recipients.name or "to")
    if _is(recipients, "narwhals", "DataFrame"):
        return open_source(recipients.to_native())
    if _is(recipients, "polars", "DataFrame"):
        return ArrowSource(recipients, "polars")
    if isinstance(recipients, pa.RecordBatch):
        return ArrowSource(pa.Table.from_batches([recipients]), "pyarrow")
    if isinstance(recipients, pa.Table):
        return ArrowSource(recipients, "pyarrow")
    if _is(recipients, "duckdb", "DuckDBPyRelation"):
        return ArrowSource(_stream(recipients).read_all(), "pyarrow")
    if hasattr(recipients, "__arrow_c_stream__"):
        return StreamSource(recipients)
    if isinstance(recipients, (list, tuple)):
        return _from_list(list(recipients))
    raise InputError(
        f"recipients cannot be read from {type(recipients).__name__}; pass a pandas, polars or "
        "pyarrow frame, a list of dicts or of numbers, or the path of a file"
    )


def _is(value: Any, module: str, name: str) -> bool:
    """Whether a value is of this class, without importing the library for it."""
    loaded = sys.modules.get(module)
    cls = getattr(loaded, name, None)
    return cls is not None and isinstance(value, cls)


@dataclass(slots=True)
class PandasSource(Frame):
    """A pandas frame; object columns travel cell by cell, the others as Arrow takes them."""

    frame: Any
    kind: str = "pandas"
    path: str | None = None
    replayable: bool = True
    in_memory: bool = True
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = unique(list(self.frame.columns))

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        if columns is None:
            yield from ArrowSource(self._table(), "pyarrow").batches()
            return
        names = tuple(columns)
        places = [self.columns.index(name) for name in names]
        for part in slices(len(self.frame)):
            rows = part.stop - part.start
            arrays = [self._array(place, part) for place in places]
            yield batch_of(arrays, names, rows)

    def _table(self) -> Any:
        """Everything, index included, as it is written to files."""
        try:
            return pa.Table.from_pandas(self.frame)
        except NOT_ARROW:
            for place, name in enumerate(self.columns):
                series = self.frame.iloc[:, place]
                with naming(name, str(series.dtype)):
                    pa.Array.from_pandas(series)
            with naming("index", str(self.frame.index.dtype)):
                raise

    def _array(self, place: int, part: slice) -> Any:
        series = self.frame.iloc[part, place]
        values = series.cat.categories if series.dtype.name == "category" else series
        if values.dtype == object and not _texts_alone(values):
            return objects(series.tolist(), self.columns[place])
        try:
            array = pa.Array.from_pandas(series)
        except NOT_ARROW:
            return objects(series.tolist(), self.columns[place])
        return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array

    def attach(self, ours: Any) -> Any:
        """Append our columns; the index and the caller's columns stay as they are."""
        import pandas as pd

        added = to_pandas(ours, self.frame.index)
        return pd.concat([self.frame, added], axis=1)


def _texts_alone(values: Any) -> bool:
    """Whether objects are texts, or missing: Arrow takes them as they are."""
    import pandas as pd

    return pd.api.types.infer_dtype(values, skipna=True) == "string"


@dataclass(slots=True)
class ListSource(Frame):
    """A list of dicts: a key that a dict lacks is a missing value."""

    rows: list[dict[str, Any]]
    kind: str = "dicts"
    path: str | None = None
    replayable: bool = True
    in_memory: bool = True
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = unique(list(dict.fromkeys(key for row in self.rows for key in row)))

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        if columns is None:
            yield from ArrowSource(self._table(), "pyarrow").batches()
            return
        names = tuple(columns)
        for part in slices(len(self.rows)):
            rows = self.rows[part]
            arrays = [objects((row.get(name) for row in rows), name) for name in names]
            yield batch_of(arrays, names, len(rows))

    def _table(self) -> Any:
        """Everything, as it is written to files."""
        columns = {}
        for name in self.columns:
            values = [row.get(name) for row in self.rows]
            kinds = sorted({type(value).__name__ for value in values if value is not None})
            with naming(name, " and ".join(kinds)):
                columns[name] = pa.array(values)
        return pa.table(columns)

    def attach(self, ours: Any) -> Any:
        """Return new dicts: the caller's keys, then ours."""
        added = ours.to_pylist()
        return [{**row, **more} for row, more in zip(self.rows, added, strict=True)]


def _from_list(values: list[Any]) -> Source:
    if all(isinstance(value, Mapping) for value in values) and values:
        return ListSource([dict(value) for value in values])
    if any(isinstance(value, (Mapping, list, tuple, set)) for value in values):
        raise InputError(
            "the list holds neither dicts alone nor numbers alone; pass one dict a recipient, or "
            "one number a recipient"
        )
    return _numbers(values, "to")


def _numbers(values: list[Any], name: str) -> Source:
    kinds = {type(value) for value in values if value is not None}
    try:
        if len(kinds) > 1 and kinds != {int, float}:
            raise TypeError
        column = pa.array(values, from_pandas=True)
    except NOT_ARROW:
        column = objects(values, name)
    return ArrowSource(pa.table({name: column}), "numbers")


@dataclass(slots=True)
class StreamSource(Frame):
    """Any other Arrow stream, read once."""

    stream: Any
    kind: str = "pyarrow"
    path: str | None = None
    replayable: bool = False
    in_memory: bool = False
    columns: tuple[str, ...] = field(init=False)
    _reader: Any = field(init=False)

    def __post_init__(self) -> None:
        self._reader = _stream(self.stream)
        self.columns = unique(self._reader.schema.names)

    @property
    def schema(self) -> Any:
        """The schema of all columns as they travel."""
        return plain_schema(self._reader.schema)

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        """Yield the stream's batches; InputError the second time."""
        if self._reader is None:
            raise InputError(
                "the recipients are a stream that can be read once only; pass a Table "
                "(pyarrow.table(...)) or a file to read them again"
            )
        reader, self._reader = self._reader, None
        empty = True
        for batch in reader:
            table = pa.Table.from_batches([batch])
            for part in slices(batch.num_rows):
                empty = False
                piece = table.slice(part.start, part.stop - part.start)
                chosen = piece if columns is None else piece.select(list(columns))
                yield from chosen.combine_chunks().to_batches() or [
                    pa.RecordBatch.from_pylist([], chosen.schema)
                ]
        if empty:
            schema = reader.schema
            names = schema.names if columns is None else list(columns)
            yield pa.RecordBatch.from_pylist([], pa.schema([schema.field(n) for n in names]))

    def attach(self, ours: Any) -> Any:
        """Streams have no frame: a plan reads them into a Table first."""
        raise NotImplementedError


def _stream(value: Any) -> Any:
    try:
        return pa.RecordBatchReader.from_stream(value)
    except NOT_ARROW as error:
        raise InputError(
            f"the recipients have a column of a type that Arrow does not know ({error}); convert "
            "it to text"
        ) from None


def to_pandas(ours: Any, index: Any) -> Any:
    """Our columns as pandas: text as its default dtype, counts as integers, money as Arrow's."""
    import pandas as pd

    def dtype(kind: Any) -> Any:
        return pd.ArrowDtype(kind) if pa.types.is_decimal(kind) else None

    frame = ours.to_pandas(types_mapper=dtype)
    frame.index = index
    return frame


def plain(ours: Any, kind: str) -> Any:
    """Our columns with words as text: what a frame has, whatever they were in memory."""
    # What pandas keeps its text in.
    text_type = pa.large_string() if kind == "pandas" else pa.string()
    for place, column in enumerate(ours.schema):
        if pa.types.is_dictionary(column.type):
            chunks = [_decoded(chunk, text_type) for chunk in ours.column(place).chunks]
            text = pa.chunked_array(chunks, text_type)
            ours = ours.set_column(place, column.name, text)
    return ours


def _decoded(words: Any, kind: Any) -> Any:
    """Return words as text; most batches have one and the same in every row, or none."""
    if words.null_count == len(words):
        return pa.nulls(len(words), kind)
    if not words.null_count:
        ends = pc.min_max(words.indices)
        if ends["min"] == ends["max"]:
            return pa.repeat(words.dictionary[ends["min"].as_py()].cast(kind), len(words))
    return words.cast(kind)


def from_arrow(theirs: Any, ours: Any, kind: str) -> Any:
    """Return a kind of frame from the caller's columns and ours, both Tables."""
    if kind == "pandas":
        try:
            frame = theirs.to_pandas()
        except (TypeError, ValueError):
            # What pandas said of a type when it was saved, and does not read again.
            frame = theirs.to_pandas(ignore_metadata=True)
        return PandasSource(frame).attach(ours)
    if kind == "dicts":
        return ListSource(theirs.to_pylist()).attach(ours)
    if kind == "polars":
        import polars as pl

        return ArrowSource(pl.DataFrame(pl.from_arrow(theirs)), "polars").attach(ours)
    return ArrowSource(theirs, "pyarrow").attach(ours)


def take(frame: Any, rows: Sequence[int]) -> Any:
    """Return these rows of any kind of frame, in this order."""
    if isinstance(frame, list):
        return [frame[row] for row in rows]
    if isinstance(frame, pa.Table):
        return plain_table(frame).take(pa.array(rows, pa.int64()))
    if _is(frame, "pandas", "DataFrame"):
        return _with_plain_types(frame).iloc[list(rows)]
    return frame[list(rows)]


def _with_plain_types(frame: Any) -> Any:
    """Return a pandas frame whose columns of Arrow's types are plain ones: pandas takes no view."""
    import pandas as pd

    out = frame.copy(deep=False)
    for name, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.ArrowDtype):
            column = pa.table({"": pa.Array.from_pandas(frame[name])})
            if not plain_schema(column.schema).equals(column.schema):
                plain = pd.arrays.ArrowExtensionArray(plain_table(column).column(0))
                out[name] = pd.Series(plain, index=frame.index)
    return out
