"""Files out: Parquet or CSV, whole or not at all."""

from __future__ import annotations

import base64
import gzip
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from smsplan.errors import InputError
from smsplan.lists.seals import SealedFile
from smsplan.lists.source import Source, own_octets
from smsplan.outputs import check_target, is_stream, whole_file
from smsplan.writing.csv_lines import Lines

# Rows of a row group in the Parquet files that are written, and octets of them in memory.
GROUP_ROWS, GROUP_OCTETS = 1 << 18, 1 << 25
_PARQUET = (".parquet", ".pq")


def check_output(path: str | os.PathLike[str]) -> None:
    """Refuse, before anything is planned, what could not be written in the end."""
    _kind(path)
    check_target(path)


def is_csv(path: str | os.PathLike[str]) -> bool:
    """Whether rows written to this path are CSV, as in what has no name: standard output."""
    name = os.fspath(path).lower()
    named = name.endswith((".csv", ".csv.gz"))
    return named or (is_stream(path) and not name.endswith(_PARQUET))


def _kind(path: str | os.PathLike[str]) -> str:
    if os.fspath(path).lower().endswith(_PARQUET):
        return "parquet"
    if is_csv(path):
        return "csv"
    raise InputError(f"output '{path}' has no ending that says what to write; use .parquet or .csv")


class Sink:
    """A file that is being written; ``metadata`` may be set until it is closed (Parquet)."""

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        schema: Any,
        guard: bool,
        unique: Collection[str],
        words: Mapping[str, Any],
    ) -> None:
        self.metadata: dict[str, str] = {}
        self._schema = schema
        self._lines = Lines(guard=guard)
        self._kind = _kind(path)
        self._file = SealedFile(file)
        self._parquet: Any = None
        self._words = words
        # Batches of the next row group, their rows, and what they take in memory.
        self._waiting: list[Any] = []
        self._rows = self._size = 0
        self._pool = pa.default_memory_pool()
        self._octets: Any = None
        if self._kind == "parquet":
            with self._naming(None):
                self._parquet = pa.parquet.ParquetWriter(
                    self._file,
                    schema,
                    compression="zstd",
                    store_schema=False,
                    write_page_checksum=True,
                    # Looking for repeated values where there are none is lost time.
                    use_dictionary=[name for name in schema.names if name not in unique],
                    # Readers skip row groups by them; texts in any order let none be skipped.
                    write_statistics=[
                        name for name in schema.names if name not in {*unique, *words}
                    ],
                )
        else:
            self._octets = file
            if path.name.lower().endswith(".gz"):
                self._octets = gzip.GzipFile(fileobj=file, mode="wb", mtime=0)
            self._octets.write(self._lines.header(schema.names))

    @property
    def guarded(self) -> int:
        """Cells of a CSV file that got an apostrophe."""
        return self._lines.guarded

    def write(self, batch: Any) -> None:
        """Append a batch."""
        if self._parquet is not None:
            self._waiting.append(batch)
            self._rows += batch.num_rows
            self._size += own_octets(batch)
            if self._rows >= GROUP_ROWS or self._size >= GROUP_OCTETS:
                self._write_group()
            return
        if batch.num_rows:
            with self._naming(pa.Table.from_batches([batch])):
                lines = self._lines.of(batch)
            self._octets.write(lines)

    def _write_group(self) -> None:
        """Write a row group of several batches: readers skip and compress by row groups."""
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
                        f"{'CSV' if self._kind == 'csv' else 'Parquet'} file cannot hold; convert "
                        "it to text, or leave it out"
                    ) from None
            raise

    def _write_alone(self, field: Any, rows: Any | None) -> None:
        """Write one column to nowhere."""
        schema = pa.schema([field])
        if self._kind == "csv":
            for batch in rows.select([field.name]).to_batches() if rows is not None else ():
                Lines(guard=False).of(batch)
            return
        with pa.parquet.ParquetWriter(pa.BufferOutputStream(), schema) as writer:
            if rows is not None:
                writer.write_table(rows.select([field.name]))

    def close(self) -> None:
        """Write what is left."""
        if self._parquet is not None:
            self._write_group()
            self.metadata.update(_described(self._schema, self._words))
            self._parquet.add_key_value_metadata(self.metadata)
            self._file.hold()
            self._parquet.close()
            self._file.seal()
        elif isinstance(self._octets, gzip.GzipFile):
            self._octets.close()

    def discard(self) -> None:
        """Leave nothing open, whatever is lost by it."""
        self._file.dropped = True
        with suppress(OSError, ValueError, pa.ArrowException):
            if self._parquet is not None:
                self._parquet.close()


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
    """Write Parquet or CSV by the ending: whole, under its name, or not at all.

    ``guard``: a CSV file is for spreadsheets, and text that one would run as a formula gets an
    apostrophe before it. ``private``: a new file is its owner's alone. ``unique`` names columns
    whose values hardly repeat, ``words`` the types of those whose dictionary is a matter of
    writing: so their readers get them.
    """
    check_output(path)
    with whole_file(path, private=private) as file:
        out: Sink | None = None
        try:
            out = Sink(file, Path(path), schema, guard, unique, words)
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
    """Return the metadata by which Arrow's readers get the types of a schema, words as text."""
    fields = [field.with_type(words.get(field.name, field.type)) for field in schema]
    shown = pa.schema(fields, metadata=schema.metadata)
    own = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
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
