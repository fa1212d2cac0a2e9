"""Files out, one class a format: whole or not at all.

A format that is added is a class here, and its place in ``_FORMATS``.
"""

from __future__ import annotations

import base64
import gzip
import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from smsplan.errors import InputError
from smsplan.lists.seals import SealedFile
from smsplan.lists.source import Source, own_octets
from smsplan.outputs import METADATA_KEY, check_target, is_stream, whole_file
from smsplan.writing.csv_lines import Lines

# Rows of a row group in the Parquet files that are written, and octets of them in memory.
GROUP_ROWS, GROUP_OCTETS = 1 << 18, 1 << 25


class Sink(ABC):
    """A file that is being written: one class a format, which its ``endings`` choose.

    ``metadata`` may be set until it is closed, and is left out where the format has no place for
    it. ``guarded`` counts the cells that got an apostrophe. Of a format that ``lists/`` reads, a
    plan's rows are ``read_back`` when somebody asks for them; of any other they are planned again.
    """

    name: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]
    for_spreadsheets: ClassVar[bool] = False
    read_back: ClassVar[bool] = False

    def __init__(self, file: BinaryIO, path: Path, schema: Any, how: Manner) -> None:
        self.metadata: dict[str, str] = {}
        self._schema = schema

    @property
    def guarded(self) -> int:
        """Cells that were changed for spreadsheets."""
        return 0

    @abstractmethod
    def write(self, batch: Any) -> None:
        """Append a batch."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left."""

    @abstractmethod
    def discard(self) -> None:
        """Leave nothing open, whatever is lost by it."""

    @abstractmethod
    def _write_alone(self, field: Any, rows: Any | None) -> None:
        """Write one column to nowhere."""

    @contextmanager
    def _naming(self, rows: Any | None) -> Iterator[None]:
        """Name the column that a file of this kind cannot hold, for its type or for its rows."""
        try:
            yield
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
            for field in self._schema:
                try:
                    self._write_alone(field, rows)
                except pa.ArrowException:
                    raise InputError(
                        f"column '{field.name}' holds values of type {field.type}, which a "
                        f"{self.name} file cannot hold; convert it to text, or leave it out"
                    ) from None
            raise


class ParquetSink(Sink):
    """Parquet, in row groups of several batches: readers skip and compress by row groups."""

    name = "Parquet"
    endings = (".parquet", ".pq")
    read_back = True

    def __init__(self, file: BinaryIO, path: Path, schema: Any, how: Manner) -> None:
        super().__init__(file, path, schema, how)
        self._file = SealedFile(file)
        self._words = how.words
        # Batches of the next row group, their rows, and what they take in memory.
        self._waiting: list[Any] = []
        self._rows = self._size = 0
        self._pool = pa.default_memory_pool()
        with self._naming(None):
            self._parquet = pa.parquet.ParquetWriter(
                self._file,
                schema,
                compression="zstd",
                store_schema=False,
                write_page_checksum=True,
                # Looking for repeated values where there are none is lost time.
                use_dictionary=[name for name in schema.names if name not in how.unique],
                # Readers skip row groups by them; texts in any order let none be skipped.
                write_statistics=[
                    name for name in schema.names if name not in {*how.unique, *how.words}
                ],
            )

    def write(self, batch: Any) -> None:
        """Append a batch to the row group, which is written when it is large enough."""
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._size += own_octets(batch)
        if self._rows >= GROUP_ROWS or self._size >= GROUP_OCTETS:
            self._write_group()

    def _write_group(self) -> None:
        if self._waiting:
            columns = list(zip(*(batch.columns for batch in self._waiting), strict=True))
            self._waiting, self._rows, self._size = [], 0, 0
            group = pa.table([_one_dictionary(chunks) for chunks in columns], self._schema)
            del columns
            with self._naming(group):
                self._parquet.write_table(group, row_group_size=max(group.num_rows, 1))
            del group
            if self._pool.backend_name != "system":
                # A pool of its own keeps what it got; the system's would search long for it.
                self._pool.release_unused()

    def close(self) -> None:
        """Write what is left, the metadata and the seal."""
        self._write_group()
        self._parquet.add_key_value_metadata(
            {**_described(self._schema, self._words), **self.metadata}
        )
        self._file.hold()
        self._parquet.close()
        self._file.seal()

    def discard(self) -> None:
        """Leave nothing open, whatever is lost by it."""
        self._file.dropped = True
        with suppress(OSError, ValueError, pa.ArrowException):
            self._parquet.close()

    def _write_alone(self, field: Any, rows: Any | None) -> None:
        schema = pa.schema([field])
        with pa.parquet.ParquetWriter(pa.BufferOutputStream(), schema) as writer:
            if rows is not None:
                writer.write_table(rows.select([field.name]))


class CsvSink(Sink):
    """CSV, packed where the name says so."""

    name = "CSV"
    endings = (".csv", ".csv.gz")
    for_spreadsheets = True
    read_back = True

    def __init__(self, file: BinaryIO, path: Path, schema: Any, how: Manner) -> None:
        super().__init__(file, path, schema, how)
        self._lines = Lines(guard=how.guard)
        self._octets: Any = file
        if path.name.lower().endswith(".gz"):
            self._octets = gzip.GzipFile(fileobj=file, mode="wb", mtime=0)
        self._octets.write(self._lines.header(schema.names))

    @property
    def guarded(self) -> int:
        """Cells that got an apostrophe."""
        return self._lines.guarded

    def write(self, batch: Any) -> None:
        """Append a batch."""
        if batch.num_rows:
            with self._naming(pa.Table.from_batches([batch])):
                lines = self._lines.of(batch)
            self._octets.write(lines)

    def close(self) -> None:
        """End what is packed."""
        if isinstance(self._octets, gzip.GzipFile):
            self._octets.close()

    def discard(self) -> None:
        """Leave that to the file."""

    def _write_alone(self, field: Any, rows: Any | None) -> None:
        for batch in rows.select([field.name]).to_batches() if rows is not None else ():
            Lines(guard=False).of(batch)


_FORMATS: tuple[type[Sink], ...] = (ParquetSink, CsvSink)


def _format(path: str | os.PathLike[str]) -> type[Sink]:
    """Return what writes a file of this name; CSV where that has none, such as standard output."""
    for made in _FORMATS:
        if os.fspath(path).lower().endswith(made.endings):
            return made
    if is_stream(path):
        return CsvSink
    listed = " or ".join(made.endings[0] for made in _FORMATS)
    raise InputError(f"output '{path}' has no ending that says what to write; use {listed}")


def check_output(path: str | os.PathLike[str]) -> None:
    """Refuse, before anything is planned, what could not be written in the end."""
    _format(path)
    check_target(path)


def is_for_spreadsheets(path: str | os.PathLike[str]) -> bool:
    """Whether what is written to this path is what spreadsheets open and run, such as CSV."""
    return _format(path).for_spreadsheets


class Manner(NamedTuple):
    """How rows are written: see :func:`sink`."""

    guard: bool
    unique: Collection[str]
    words: Mapping[str, Any]


@contextmanager
def sink(
    path: str | os.PathLike[str],
    schema: Any,
    *,
    guard: bool = False,
    private: bool = False,
    unique: Collection[str] = (),
    words: Mapping[str, Any] = {},
) -> Iterator[Sink]:
    """Write rows in the format of the ending: whole, under its name, or not at all.

    ``guard``: a file for spreadsheets is for them, and text that one would run as a formula gets an
    apostrophe before it. ``private``: a new file is its owner's alone. ``unique`` names columns
    whose values hardly repeat, ``words`` the types of those whose dictionary is a matter of
    writing: so their readers get them.
    """
    check_output(path)
    with whole_file(path, private=private) as file:
        out: Sink | None = None
        try:
            out = _format(path)(file, Path(path), schema, Manner(guard, unique, words))
            yield out
            out.close()
        except BaseException:
            if out is not None:
                out.discard()
            raise


def _one_dictionary(chunks: Sequence[Any]) -> Any:
    """Return the chunks of a column with one dictionary, or its writer gives dictionaries up.

    To unify takes as long as to hash all their values: only those that differ are.
    """
    kind = chunks[0].type
    if not pa.types.is_dictionary(kind):
        return pa.chunked_array(chunks)
    runs: list[list[Any]] = []
    for chunk in map(_without_null_words, chunks):
        if runs and runs[-1][-1].dictionary.equals(chunk.dictionary):
            runs[-1].append(chunk)
        else:
            runs.append([chunk])
    if len(runs) == 1:
        return pa.chunked_array(runs[0])
    joined = [
        _with_words(pa.concat_arrays([chunk.indices for chunk in run]), run[0].dictionary, kind)
        for run in runs
    ]
    return pa.chunked_array(joined).unify_dictionaries()


def _without_null_words(array: Any) -> Any:
    """Return the same values where null is no entry of the dictionary: Parquet takes none."""
    if not array.dictionary.null_count:
        return array
    words = array.dictionary
    known = words.drop_null()
    missing = pc.is_null(words.take(array.indices))
    places = pc.if_else(missing, pa.scalar(None, array.indices.type), array.indices)
    return _with_words(places, words.fill_null(known[0]) if len(known) else known, array.type)


def _with_words(places: Any, words: Any, kind: Any) -> Any:
    return pa.DictionaryArray.from_arrays(places, words, ordered=kind.ordered, safe=False)


def _described(schema: Any, words: Mapping[str, Any]) -> dict[str, str]:
    """Return the metadata by which Arrow's readers get the types of a schema, words as text.

    With those of the list, unless it is a plan itself: what that says of itself is not of this one.
    """
    fields = [field.with_type(words.get(field.name, field.type)) for field in schema]
    shown = pa.schema(fields, metadata=schema.metadata)
    own = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    own.pop(METADATA_KEY, None)
    return {**own, "ARROW:schema": base64.b64encode(shown.serialize()).decode()}


def compacted(source: Source, given: Any) -> dict[str, Any]:
    """Return the types of the source's columns that are given as dictionaries and are none."""
    return {
        field.name: source.schema.field(field.name).type
        for field in given
        if pa.types.is_dictionary(field.type)
        and not pa.types.is_dictionary(source.schema.field(field.name).type)
    }


def restored(rows: Any, types: Mapping[str, Any]) -> Any:
    """Give columns their types again."""
    schema = restored_schema(rows.schema, types)
    columns = [
        column.cast(field.type) if field.name in types else column
        for column, field in zip(rows.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def restored_schema(schema: Any, types: Mapping[str, Any]) -> Any:
    """Return the schema of :func:`restored`."""
    fields = [field.with_type(types.get(field.name, field.type)) for field in schema]
    return pa.schema(fields, schema.metadata)
