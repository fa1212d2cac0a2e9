"""Files in, batch by batch.

Everything in a CSV file is text: an empty unquoted field is missing, ``""`` is a value. Messages of
libraries may quote a row's content, so they are replaced by the place and the next step.
"""

from __future__ import annotations

import codecs
import copy
import csv
import fnmatch
import gzip
import hashlib
import io
import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet

from smsplan.bulk.frames import BATCH_ROWS, Source
from smsplan.errors import InputError, OutputError

_BLOCK = 1 << 20
_MAX_BLOCK = 1 << 28
# A column is worth a dictionary where each value of a row group stands in it so often.
_REPEATS = 3
_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_PACKED = {".gz": "gzip", ".zst": "zstd"}
_KNOWN = ".csv or .jsonl (also .gz, .zst), .parquet, a folder of Parquet files or a pattern of them"


def open_file(path: str | os.PathLike[str], *, encoding: str = "utf-8") -> Source:
    """Open a file or a folder by its ending; InputError where it is not what it says."""
    text = os.fspath(path)
    if not text:
        raise InputError("the path of the recipients is empty; name a file")
    filesystem, place = _filesystem(text)
    info = filesystem.get_file_info(place)
    if info.type == pa.fs.FileType.NotFound and set(text) & set("*?["):
        return _matching_files(text, filesystem, place)
    if info.type == pa.fs.FileType.NotFound:
        raise InputError(f"no file '{text}'; check the path")
    if info.type == pa.fs.FileType.Directory:
        return FolderSource(text, filesystem, place)
    if info.size == 0:
        raise InputError(f"'{text}' is empty; export it again")
    name = text.lower()
    packed = _PACKED.get(Path(name).suffix)
    kind = _KINDS.get(Path(Path(name).stem if packed else name).suffix)
    if kind == "csv":
        return CsvSource(text, filesystem, place, packed, encoding)
    if kind == "jsonl":
        return JsonSource(text, filesystem, place, packed, encoding)
    if kind == "parquet" and packed is None:
        return ParquetSource(text, filesystem, place)
    raise InputError(f"'{text}' has no ending that says what it is; use {_KNOWN}")


def _matching_files(text: str, filesystem: Any, place: str) -> FolderSource:
    """Open the Parquet files that a pattern such as ``part-*.parquet`` names."""
    folder, pattern = place.rsplit("/", 1)
    selector = pa.fs.FileSelector(folder, allow_not_found=True)
    files = sorted(
        info.path
        for info in filesystem.get_file_info(selector)
        if info.type == pa.fs.FileType.File and fnmatch.fnmatchcase(info.base_name, pattern)
    )
    if not files:
        raise InputError(f"no file matches '{text}'; check the path")
    strange = [path for path in files if not path.lower().endswith((".parquet", ".pq"))]
    if strange:
        raise InputError(
            f"'{text}' matches files that are not Parquet; name one file, or use *.parquet"
        )
    return FolderSource(text, filesystem, folder, files)


def _filesystem(text: str) -> tuple[Any, str]:
    if "://" in text:
        try:
            filesystem, place = pa.fs.FileSystem.from_uri(text)
        except (pa.ArrowException, OSError, ValueError):
            raise InputError(f"'{text}' is no address that can be read; check it") from None
        return filesystem, place
    return pa.fs.LocalFileSystem(), str(Path(text).absolute())


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Turn what goes wrong in the surroundings into one error that names the file."""
    try:
        yield
    except (InputError, OutputError):
        raise
    except PermissionError:
        raise OutputError(f"'{path}' may not be read; check its permissions") from None
    except FileNotFoundError:
        raise InputError(f"no file '{path}'; check the path") from None


class _FileSource:
    """What every file has in common."""

    kind: str
    replayable = True
    in_memory = False

    def __init__(self, path: str, filesystem: Any, place: str) -> None:
        self.path: str | None = path
        self._name = path
        self._filesystem = filesystem
        self._place = place
        self._files = [place]

    def digest(self) -> str:
        """Return what tells the octets of this source from any others."""
        total = hashlib.sha256()
        for file in self._files:
            with self._filesystem.open_input_stream(file) as stream:
                one = hashlib.sha256()
                while octets := stream.read(_BLOCK):
                    one.update(octets)
            total.update(f"{file.removeprefix(self._place)} {one.hexdigest()}\n".encode())
        return total.hexdigest()

    def attach(self, ours: Any) -> Any:
        """Files have no frame: their rows stream."""
        raise NotImplementedError

    def _open(self, packed: str | None) -> Any:
        with _reading(self._name):
            return self._filesystem.open_input_stream(self._place, compression=packed)


class ParquetSource(_FileSource):
    """One Parquet file, read by row groups."""

    kind = "parquet"

    def __init__(self, path: str, filesystem: Any, place: str) -> None:
        super().__init__(path, filesystem, place)
        self._repeating: list[str] = []
        with self._file() as file:
            # Metadata that was added after the schema stands beside it.
            added = dict(file.metadata.metadata or {})
            added.pop(b"ARROW:schema", None)
            self._schema = file.schema_arrow.with_metadata(added or None)
            self._rows = rows = file.metadata.num_rows
        self.columns = _unique_columns(self._schema.names, path)
        if rows == 0 and not self.columns:
            raise InputError(f"'{path}' has no columns; export it again")

    @property
    def schema(self) -> Any:
        """The Arrow schema, with metadata."""
        return self._schema

    @contextmanager
    def _file(self) -> Iterator[Any]:
        with _reading(self._name):
            try:
                with pa.parquet.ParquetFile(
                    self._place,
                    filesystem=self._filesystem,
                    read_dictionary=self._repeating,
                    pre_buffer=False,
                    buffer_size=_BLOCK,
                ) as file:
                    yield file
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"'{self._name}' is no whole Parquet file; export or copy it again"
                ) from None

    def compact(self, unique: Collection[str]) -> ParquetSource:
        """Return the same file, which gives texts that repeat as the dictionaries they are in.

        They are read, measured and written once for each distinct value of a row group. A column
        whose first values hardly repeat, and the ``unique`` ones, are left as they are.
        """
        out = copy.copy(self)
        texts = [
            field.name
            for field in self._schema
            if pa.types.is_string(field.type) and field.name not in unique
        ]
        if not (texts and self._rows):
            return out
        out._repeating = texts
        with out._file() as file:
            first = next(file.iter_batches(BATCH_ROWS, columns=texts))
            rows = max(file.metadata.row_group(0).num_rows, first.num_rows)
        out._repeating = [
            name for name in texts if len(first.column(name).dictionary) * _REPEATS <= rows
        ]
        return out

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns."""
        names = list(self.columns if columns is None else columns)
        with self._file() as file:
            empty = True
            for batch in file.iter_batches(BATCH_ROWS, columns=names):
                empty = False
                _check_text(batch, self._name)
                yield batch.select(names)
            if empty:
                fields = [self._schema.field(name) for name in names]
                yield pa.RecordBatch.from_pylist([], pa.schema(fields))


def compact(source: Source, unique: Collection[str]) -> Source:
    """Return a source that may give dictionaries for texts, where that is faster."""
    return source.compact(unique) if isinstance(source, ParquetSource) else source


def _parquet_files(filesystem: Any, folder: str) -> list[str]:
    """Return the Parquet files of a folder and those below it, but for hidden ones."""
    selector = pa.fs.FileSelector(folder, recursive=True)
    return sorted(
        info.path
        for info in filesystem.get_file_info(selector)
        if info.type == pa.fs.FileType.File
        and info.path.lower().endswith((".parquet", ".pq"))
        and not any(part.startswith(("_", ".")) for part in Path(info.path[len(folder) :]).parts)
    )


class FolderSource(_FileSource):
    """A folder of Parquet files in the order of their names; partition columns survive."""

    kind = "folder"

    def __init__(
        self, path: str, filesystem: Any, place: str, files: list[str] | None = None
    ) -> None:
        super().__init__(path, filesystem, place)
        files = _parquet_files(filesystem, place) if files is None else files
        if not files:
            raise InputError(f"folder '{path}' has no Parquet files; name a file or another folder")
        self._files = files
        with self._guard():
            self._dataset = pa.dataset.dataset(
                files,
                format="parquet",
                filesystem=filesystem,
                partitioning=pa.dataset.HivePartitioning.discover(infer_dictionary=False),
                partition_base_dir=place,
            )
        self.columns = _unique_columns(self._dataset.schema.names, path)

    @property
    def schema(self) -> Any:
        """The Arrow schema, with partition columns."""
        return self._dataset.schema

    @contextmanager
    def _guard(self) -> Iterator[None]:
        with _reading(self._name):
            try:
                yield
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"folder '{self._name}' has a file that is no whole Parquet file, or files "
                    "with different columns; export it again"
                ) from None

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns, file by file."""
        names = list(self.columns if columns is None else columns)
        empty = True
        with self._guard():
            for fragment in self._dataset.get_fragments():
                for batch in fragment.to_batches(
                    schema=self._dataset.schema,
                    columns=names,
                    batch_size=BATCH_ROWS,
                    use_threads=False,
                ):
                    if batch.num_rows:
                        empty = False
                        _check_text(batch, self._name)
                        yield batch
        if empty:
            fields = [self._dataset.schema.field(name) for name in names]
            yield pa.RecordBatch.from_pylist([], pa.schema(fields))


class CsvSource(_FileSource):
    """A CSV file: comma, semicolon or tab, found from the header; every field is text."""

    kind = "csv"

    def __init__(
        self, path: str, filesystem: Any, place: str, packed: str | None, encoding: str
    ) -> None:
        super().__init__(path, filesystem, place)
        self._packed = packed
        self._encoding = _codec(encoding)
        header = self._header()
        self._delimiter = _delimiter(header, path)
        names = next(csv.reader([header], delimiter=self._delimiter))
        self.columns = _unique_columns([name.strip() for name in names], path)

    @property
    def schema(self) -> Any:
        """Text, every column."""
        return pa.schema([pa.field(name, pa.string()) for name in self.columns])

    def _text(self) -> Any:
        """The file as text; the byte order mark is dropped."""
        stream = self._open(self._packed)
        encoding = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
        return io.TextIOWrapper(io.BufferedReader(_Raw(stream), _BLOCK), encoding, newline="")

    def _header(self) -> str:
        with self._faults(), self._text() as text:
            line = text.readline(_BLOCK)
            if "\0" in line:
                raise InputError(f"'{self._name}' is no CSV file; export it as CSV")
            # A quoted name may hold a line break.
            while line.count('"') % 2 and len(line) < _BLOCK and (more := text.readline(_BLOCK)):
                line += more
            if not line.strip():
                raise InputError(f"'{self._name}' has no header in its first line; add one")
            rest = "\n"
            while rest and not rest.strip():
                rest = text.read(_BLOCK)
            if not rest:
                raise InputError(f"'{self._name}' has a header and no rows; export it again")
        return str(line).rstrip("\r\n")

    @contextmanager
    def _faults(self) -> Iterator[None]:
        with _reading(self._name):
            try:
                yield
            except UnicodeDecodeError:
                raise self._not_in_encoding() from None
            except (gzip.BadGzipFile, EOFError):
                raise InputError(
                    f"'{self._name}' is no whole gzip file; export or copy it again"
                ) from None
            except OSError as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"'{self._name}' cannot be read to its end; export or copy it again"
                ) from None
            except csv.Error:
                raise InputError(
                    f"'{self._name}' has a line that is no CSV; export it again"
                ) from None

    def _not_in_encoding(self) -> InputError:
        return InputError(
            f"'{self._name}' is not {self._encoding.upper()}; name its encoding, such as "
            "encoding='cp1252' (--encoding cp1252)"
        )

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns."""
        names = list(self.columns if columns is None else columns)
        sent = 0
        for block in (_BLOCK << 2, _MAX_BLOCK):
            try:
                start = 0
                for batch in self._read(names, block):
                    # Rows that went out before a row was too long for the smaller block.
                    new = batch.slice(max(sent - start, 0))
                    start += batch.num_rows
                    if new.num_rows or not start:
                        sent += new.num_rows
                        yield new
                return
            except _RowTooLong:
                continue
        raise InputError(
            f"'{self._name}' has a row of more than {_MAX_BLOCK >> 20} MiB, or a quote that is not "
            "closed; mend that row"
        )

    def _read(self, names: list[str], block: int) -> Iterator[Any]:
        ragged: list[tuple[int, int]] = []

        def refuse(row: Any) -> str:
            ragged.append((row.number or 0, row.actual_columns))
            return "error"

        with self._faults():
            # Arrow checks UTF-8 itself when it makes texts of it.
            plain = self._encoding == "utf-8"
            stream = _Utf8(self._open(self._packed)) if plain else _Recoded(self._text())
            try:
                reader = pa.csv.open_csv(
                    pa.PythonFile(stream, mode="r"),
                    read_options=pa.csv.ReadOptions(
                        use_threads=False,
                        block_size=block,
                        column_names=list(self.columns),
                        skip_rows=0,
                    ),
                    parse_options=pa.csv.ParseOptions(
                        delimiter=self._delimiter,
                        newlines_in_values=True,
                        invalid_row_handler=refuse,
                        ignore_empty_lines=len(self.columns) > 1,
                    ),
                    convert_options=pa.csv.ConvertOptions(
                        column_types=dict.fromkeys(self.columns, pa.string()),
                        null_values=[""],
                        strings_can_be_null=True,
                        quoted_strings_can_be_null=False,
                        include_columns=names or None,
                    ),
                )
                first = True
                for batch in reader:
                    if first:
                        # The header is read as a row, so that its names are ours.
                        batch, first = batch.slice(1), False
                    yield from _small(batch.select(names), BATCH_ROWS)
                if stream.quotes % 2:
                    self._check_quotes()
            except pa.ArrowInvalid as error:
                if stream.fault is not None:
                    raise stream.fault from None
                if "invalid UTF8" in str(error):
                    raise self._not_in_encoding() from None
                if ragged:
                    number, found = ragged[0]
                    raise InputError(
                        f"'{self._name}', line {number}: {found} fields where the header has "
                        f"{len(self.columns)}; mend the row, or quote fields that hold the "
                        f"delimiter '{self._delimiter}'"
                    ) from None
                if "straddling" in str(error) or "too large" in str(error).lower():
                    raise _RowTooLong from None
                raise InputError(
                    f"'{self._name}' has a row that is no CSV; export it again"
                ) from None

    def _check_quotes(self) -> None:
        """Tell a quote inside a field from one that swallows the rest of the file."""
        limit = csv.field_size_limit(1 << 30)
        try:
            with self._text() as text:
                for _ in csv.reader(text, delimiter=self._delimiter, strict=True):
                    pass
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise InputError(
                    f"'{self._name}' has a quote that is not closed, so that a field runs to the "
                    "end of the file; close or remove it"
                ) from None
        finally:
            csv.field_size_limit(limit)


class _RowTooLong(Exception):
    """A row did not fit in a block."""


class _Raw(io.RawIOBase):
    """An Arrow input stream as Python's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Utf8:
    """A stream of UTF-8 octets for Arrow; remembers the fault that stopped it, counts quotes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._first = True
        self.quotes = 0
        self.fault: Exception | None = None
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` octets; fewer only at the end."""
        try:
            octets = self._more(size)
            if self._first:
                self._first = False
                if octets.startswith(codecs.BOM_UTF8):
                    octets = octets[len(codecs.BOM_UTF8) :] + self._more(len(codecs.BOM_UTF8))
        except (UnicodeError, OSError, EOFError) as error:
            self.fault = error
            raise
        # To find the first takes much less time than to count.
        if b'"' in octets:
            self.quotes += octets.count(b'"')
        return octets

    def _more(self, size: int) -> bytes:
        octets: bytes = self._stream.read(None if size < 0 else size)
        return octets

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """No."""
        return False

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        self._stream.close()


class _Recoded(_Utf8):
    """A text of another encoding as UTF-8."""

    def __init__(self, text: Any) -> None:
        super().__init__(text)
        self._rest = b""

    def _more(self, size: int) -> bytes:
        while size < 0 or len(self._rest) < size:
            more = self._stream.read(_BLOCK)
            if not more:
                break
            self._rest += more.encode()
        if size < 0:
            size = len(self._rest)
        out, self._rest = self._rest[:size], self._rest[size:]
        return out


class JsonSource(_FileSource):
    """JSON Lines: one object a line; a key that a line lacks is missing."""

    kind = "jsonl"

    def __init__(
        self, path: str, filesystem: Any, place: str, packed: str | None, encoding: str
    ) -> None:
        super().__init__(path, filesystem, place)
        self._packed = packed
        self._encoding = _codec(encoding)
        kinds: dict[str, set[type]] = {}
        rows = 0
        for row in self._objects():
            rows += 1
            for name, value in row.items():
                kinds.setdefault(name, set()).add(type(value))
        if not rows:
            raise InputError(f"'{path}' has no lines; export it again")
        self._types = {name: _json_type(found) for name, found in kinds.items()}
        self.columns = _unique_columns(list(kinds), path)

    @property
    def schema(self) -> Any:
        """The types of the values over the whole file."""
        return pa.schema([pa.field(name, self._types[name]) for name in self.columns])

    def _objects(self) -> Iterator[dict[str, Any]]:
        encoding = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
        with _reading(self._name):
            raw = io.BufferedReader(_Raw(self._open(self._packed)), _BLOCK)
            number = 0
            try:
                with io.TextIOWrapper(raw, encoding) as text:
                    for line in text:
                        number += 1
                        if not line.strip():
                            continue
                        row = json.loads(line, parse_float=_json_float)
                        if not isinstance(row, dict):
                            raise ValueError
                        yield row
            except UnicodeDecodeError:
                raise InputError(
                    f"'{self._name}' is not {self._encoding.upper()}; name its encoding"
                ) from None
            except (ValueError, RecursionError):
                raise InputError(
                    f"'{self._name}', line {number}: not one JSON object; mend the line"
                ) from None
            except (OSError, EOFError) as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"'{self._name}' cannot be read to its end; export or copy it again"
                ) from None

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns; numbers and text as the lines have them."""
        names = list(self.columns if columns is None else columns)
        rows: list[dict[str, Any]] = []
        for row in self._objects():
            rows.append(row)
            if len(rows) == BATCH_ROWS:
                yield self._batch(rows, names)
                rows = []
        if rows:
            yield self._batch(rows, names)

    def _batch(self, rows: list[dict[str, Any]], names: list[str]) -> Any:
        from smsplan.bulk.cells import objects

        arrays = []
        for name in names:
            values = [row.get(name) for row in rows]
            kind = self._types[name]
            try:
                if pa.types.is_struct(kind):
                    raise TypeError
                arrays.append(pa.array(values, kind))
            except (UnicodeEncodeError, TypeError, pa.ArrowException):
                arrays.append(objects(values, name))
        return pa.RecordBatch.from_arrays(arrays, names=names)


def _json_type(kinds: set[type]) -> Any:
    """The Arrow type of a column by what its values are; cell by cell where they are mixed."""
    from smsplan.bulk.cells import OBJECTS

    known = kinds - {type(None)}
    if known == {int}:
        return pa.int64()
    if known and known <= {int, float}:
        return pa.float64()
    if known == {bool}:
        return pa.bool_()
    return pa.string() if known <= {str} else OBJECTS


def _json_float(text: str) -> float:
    """Read a number; one whose exponent stands for digits that are not there is marked."""
    from smsplan.bulk.cells import Lossy

    mantissa, _, exponent = text.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    return Lossy(text) if exponent and int(exponent) > digits else float(text)


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise InputError(f"unknown encoding '{encoding}'; use utf-8, cp1252, utf-16 ...") from None


def _delimiter(header: str, path: str) -> str:
    counts = {mark: len(next(csv.reader([header], delimiter=mark))) for mark in ",;\t"}
    return max(counts, key=lambda mark: counts[mark])


def _unique_columns(names: Sequence[str], path: str) -> tuple[str, ...]:
    blank = [str(place) for place, name in enumerate(names, 1) if not name]
    if blank:
        raise InputError(
            f"'{path}': the header has no name for column {', '.join(blank)}; name every column"
        )
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        listed = ", ".join(f"'{name}'" for name in twice)
        raise InputError(f"'{path}': the header names {listed} more than once; rename the columns")
    return tuple(names)


def _small(batch: Any, rows: int) -> Iterator[Any]:
    for start in range(0, max(batch.num_rows, 1), rows):
        yield batch.slice(start, rows)


def _check_text(batch: Any, path: str) -> None:
    """Parquet text is read without a look at its octets: those that are no UTF-8 end here."""
    try:
        for column in batch.columns:
            octets = column.buffers()[-1] if _is_text(column.type) else None
            # Arrow looks text by text; ASCII octets are right wherever a text begins.
            if octets is None or not octets.to_pybytes().isascii():
                column.validate(full=True)
    except pa.ArrowInvalid:
        raise InputError(
            f"'{path}' has text that is not UTF-8; write it with a tool that checks"
        ) from None


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
