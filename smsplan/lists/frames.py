"""The door: whatever the caller has, in batches of Arrow; and the same kind of frame out again.

A frame's columns are converted only where a plan reads them, and never on the way out: ours are
added to the caller's own. No library is imported to find out what an object is.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from smsplan.errors import InputError
from smsplan.kernel.cells import OBJECTS, as_text, objects
from smsplan.lists.column_types import plain_batch, plain_schema, plain_table
from smsplan.lists.file_source import FileSource

BATCH_ROWS = 131_072


def own_octets(batch: Any) -> int:
    """Return what a batch takes in memory, but for the words of dictionaries: batches share them.

    >>> own_octets(pa.record_batch({"a": pa.array(["word"] * 4).dictionary_encode()}))
    16
    """
    return sum(
        (column.indices if pa.types.is_dictionary(column.type) else column).nbytes
        for column in batch.columns
    )


class Source(Protocol):
    """Recipients, from wherever they come.

    ``kind`` names the frame or file; ``replayable`` is False where they can be read once only;
    ``in_memory`` is True where the rows of a plan belong beside a frame.
    """

    kind: str
    path: str | None
    replayable: bool
    in_memory: bool
    columns: tuple[str, ...]

    @property
    def unread(self) -> Sequence[str]:
        """What was left out because nobody knows how many rows it is."""

    @property
    def schema(self) -> Any:
        """The Arrow schema, with metadata."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns (None: all) in order; at least one, if empty."""

    def attach(self, ours: Any) -> Any:
        """Return the caller's frame with our columns (a Table) appended, as the same kind."""

    def digest(self) -> str:
        """Return what tells the octets of a file from any others."""

    def would_read(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file that is written there would be one of this source's own."""


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


# What libraries raise for values that are none of Arrow's; text with a lone surrogate is a
# ValueError, an integer of more than 64 bits an ArithmeticError.
_NOT_ARROW = (pa.ArrowException, ValueError, TypeError, ArithmeticError)


@contextmanager
def _naming(column: str, kind: str) -> Iterator[None]:
    """Name the column whose values no file can hold."""
    try:
        yield
    except _NOT_ARROW:
        raise InputError(
            f"column '{column}' holds values ({kind}) that no file can hold: of several types, of "
            "one that Arrow does not have, or text with a lone surrogate; convert it to text, or "
            "leave it out of what is written"
        ) from None


def _is(value: Any, module: str, name: str) -> bool:
    """Whether a value is of this class, without importing the library for it."""
    loaded = sys.modules.get(module)
    cls = getattr(loaded, name, None)
    return cls is not None and isinstance(value, cls)


def _unique(names: Sequence[Any]) -> tuple[str, ...]:
    texts = tuple(str(name) for name in names)
    twice = sorted(name for name, count in Counter(texts).items() if count > 1)
    if twice:
        listed = ", ".join(f"'{name}'" for name in twice)
        raise InputError(f"the recipients have several columns named {listed}; rename them")
    return texts


def _slices(rows: int) -> Iterator[slice]:
    for start in range(0, max(rows, 1), BATCH_ROWS):
        yield slice(start, min(start + BATCH_ROWS, rows))


def _batch(arrays: list[Any], names: Sequence[str], rows: int) -> Any:
    if not arrays:
        # A batch without columns must keep its number of rows.
        return pa.RecordBatch.from_struct_array(
            pa.StructArray.from_arrays([], fields=[], mask=None)
            if not rows
            else pa.array([{}] * rows, pa.struct([]))
        )
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


class _Frame:
    """What frames have in common: no octets of a file to tell them apart by."""

    __slots__ = ()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns; only these are converted."""
        return map(plain_batch, self._read(columns))

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        """Yield batches as the frame has them."""
        raise NotImplementedError

    @property
    def schema(self) -> Any:
        """The schema of all columns as they travel."""
        return plain_schema(next(self._read(None)).schema)

    @property
    def unread(self) -> Sequence[str]:
        """Nothing: a frame is whole."""
        return ()

    def digest(self) -> str:
        """Frames have none; see ``path``."""
        raise NotImplementedError

    def would_read(self, path: str | os.PathLike[str]) -> bool:
        """Frames are in no file."""
        return False


@dataclass(slots=True)
class PandasSource(_Frame):
    """A pandas frame; object columns travel cell by cell, the others as Arrow takes them."""

    frame: Any
    kind: str = "pandas"
    path: str | None = None
    replayable: bool = True
    in_memory: bool = True
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = _unique(list(self.frame.columns))

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        if columns is None:
            yield from ArrowSource(self._table(), "pyarrow").batches()
            return
        names = tuple(columns)
        places = [self.columns.index(name) for name in names]
        for part in _slices(len(self.frame)):
            rows = part.stop - part.start
            arrays = [self._array(place, part) for place in places]
            yield _batch(arrays, names, rows)

    def _table(self) -> Any:
        """Everything, index included, as it is written to files."""
        try:
            return pa.Table.from_pandas(self.frame)
        except _NOT_ARROW:
            for place, name in enumerate(self.columns):
                series = self.frame.iloc[:, place]
                with _naming(name, str(series.dtype)):
                    pa.Array.from_pandas(series)
            with _naming("index", str(self.frame.index.dtype)):
                raise

    def _array(self, place: int, part: slice) -> Any:
        series = self.frame.iloc[part, place]
        values = series.cat.categories if series.dtype.name == "category" else series
        if values.dtype == object and not _texts_alone(values):
            return objects(series.tolist(), self.columns[place])
        try:
            array = pa.Array.from_pandas(series)
        except _NOT_ARROW:
            return objects(series.tolist(), self.columns[place])
        return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array

    def attach(self, ours: Any) -> Any:
        """Append our columns; the index and the caller's columns stay as they are."""
        import pandas as pd

        added = to_pandas(ours, self.frame.index)
        return pd.concat([self.frame, added], axis=1)


@dataclass(slots=True)
class ArrowSource(_Frame):
    """A pyarrow Table, or a polars frame, which is one."""

    frame: Any
    kind: str
    path: str | None = None
    replayable: bool = True
    in_memory: bool = True
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = self.frame.columns if self.kind == "polars" else self.frame.column_names
        self.columns = _unique(names)

    def _table(self, columns: Sequence[str] | None) -> Any:
        chosen = self.frame if columns is None else self.frame.select(list(columns))
        if self.kind != "polars":
            return chosen
        for name, dtype in chosen.schema.items():
            with _naming(name, str(dtype)):
                # Of Python's objects polars gives away their addresses.
                if str(dtype) == "Object":
                    raise TypeError
                chosen.select(name)[:0].to_arrow()
        return chosen.to_arrow()

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        """Yield batches of the table, without copying where it is in one piece."""
        names = self.columns if columns is None else tuple(columns)
        rows = self.frame.height if self.kind == "polars" else self.frame.num_rows
        table = self._table(names) if names else None
        for part in _slices(rows):
            if table is None:
                yield _batch([], (), part.stop - part.start)
                continue
            piece = table.slice(part.start, part.stop - part.start)
            arrays = [_one_chunk(column) for column in piece.columns]
            yield pa.RecordBatch.from_arrays(arrays, schema=piece.schema)

    def attach(self, ours: Any) -> Any:
        """Append our columns."""
        if self.kind == "polars":
            import polars as pl

            return self.frame.hstack(pl.DataFrame(pl.from_arrow(ours)).get_columns())
        table = self.frame
        for place, column in enumerate(table.schema):
            if column.type.equals(OBJECTS):
                texts = [as_text(chunk) for chunk in table.column(place).chunks]
                table = table.set_column(place, column.name, pa.chunked_array(texts, pa.string()))
        for name in ours.column_names:
            table = table.append_column(ours.schema.field(name), ours[name])
        return table


def _texts_alone(values: Any) -> bool:
    """Whether objects are texts, or missing: Arrow takes them as they are."""
    import pandas as pd

    return pd.api.types.infer_dtype(values, skipna=True) == "string"


def _one_chunk(column: Any) -> Any:
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.num_chunks == 0:
        return pa.array([], column.type)
    # Dictionaries of several chunks may differ.
    return column.unify_dictionaries().combine_chunks()


@dataclass(slots=True)
class ListSource(_Frame):
    """A list of dicts: a key that a dict lacks is a missing value."""

    rows: list[dict[str, Any]]
    kind: str = "dicts"
    path: str | None = None
    replayable: bool = True
    in_memory: bool = True
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = _unique(list(dict.fromkeys(key for row in self.rows for key in row)))

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        if columns is None:
            yield from ArrowSource(self._table(), "pyarrow").batches()
            return
        names = tuple(columns)
        for part in _slices(len(self.rows)):
            rows = self.rows[part]
            arrays = [objects((row.get(name) for row in rows), name) for name in names]
            yield _batch(arrays, names, len(rows))

    def _table(self) -> Any:
        """Everything, as it is written to files."""
        columns = {}
        for name in self.columns:
            values = [row.get(name) for row in self.rows]
            kinds = sorted({type(value).__name__ for value in values if value is not None})
            with _naming(name, " and ".join(kinds)):
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
    except _NOT_ARROW:
        column = objects(values, name)
    return ArrowSource(pa.table({name: column}), "numbers")


@dataclass(slots=True)
class StreamSource(_Frame):
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
        self.columns = _unique(self._reader.schema.names)

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
            for part in _slices(batch.num_rows):
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
    except _NOT_ARROW as error:
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
