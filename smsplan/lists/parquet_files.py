"""Parquet files, and folders of them, batch by batch."""

from __future__ import annotations

import copy
import fnmatch
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet

from smsplan.errors import InputError, OutputError
from smsplan.kernel.unreadable_rows import MARK, empty_rows, without_bad_text
from smsplan.lists.file_source import BLOCK, FileSource, reading, unique_columns
from smsplan.lists.seals import is_sealed
from smsplan.lists.source import Source, one_batch, own_octets
from smsplan.outputs import same_file

# A column is worth a dictionary where a chunk of it has so many octets a row at most, and beside
# the places of its values, so many octets of values.
_PER_ROW, _PLACE, _VALUES = 6.5, 3, 1 << 20
# A batch has so many rows at most and at least, and about so many octets at most.
BATCH_ROWS, _FEWEST, _OCTETS = 1 << 16, 1 << 10, 1 << 24
# Of so many row groups.
_GROUPS = 64


class ParquetSource(FileSource):
    """One Parquet file, read by row groups."""

    kind = "parquet"

    def __init__(self, path: str, filesystem: Any, place: str, *, skip: bool) -> None:
        super().__init__(path, filesystem, place, skip=skip)
        self._repeating: list[str] = []
        # Whether its footer was written by us, and is what was written.
        self.sealed = is_sealed(filesystem, place, path)
        with self._file() as file:
            # Metadata that was added after the schema stands beside it.
            added = dict(file.metadata.metadata or {})
            added.pop(b"ARROW:schema", None)
            self._schema = file.schema_arrow.with_metadata(added or None)
            self._rows = rows = int(file.metadata.num_rows)
        self.columns = unique_columns(self._schema.names, path)
        if rows == 0 and not self.columns:
            raise InputError(f"'{path}' has no columns; export it again")

    def _own_schema(self) -> Any:
        """The Arrow schema, with metadata."""
        return self._schema

    @contextmanager
    def _file(self) -> Iterator[Any]:
        with reading(self._name):
            try:
                with pa.parquet.ParquetFile(
                    self._place,
                    filesystem=self._filesystem,
                    read_dictionary=self._repeating,
                    pre_buffer=False,
                    buffer_size=BLOCK,
                    page_checksum_verification=True,
                ) as file:
                    yield file
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"'{self._name}' is no whole Parquet file: it is damaged, or cut off; export "
                    "or copy it again"
                ) from None

    def compact(self, unique: Collection[str]) -> ParquetSource:
        """Return the same file, which gives texts that repeat as the dictionaries they are in.

        They are read, measured and written once for each distinct value of a row group. Columns
        whose values hardly repeat, and the ``unique`` ones, are left as they are.
        """
        out = copy.copy(self)
        if self._rows and not self._skip:
            with self._file() as file:
                repeating = _repeating(file.metadata)
            out._repeating = [
                field.name
                for field in self._schema
                if pa.types.is_string(field.type) and field.name in repeating - set(unique)
            ]
        return out

    def _known_rows(self) -> int:
        return self._rows

    def _read(self, names: list[str]) -> Iterator[Any]:
        with self._file() as file:
            empty = True
            for batch in self._skipping(file) if self._skip else self._strict(file, names):
                empty = False
                yield batch.select([*names, MARK] if self._skip else names)
            if empty:
                fields = [self._schema.field(name) for name in names]
                yield pa.RecordBatch.from_pylist([], pa.schema(fields))

    def _strict(self, file: Any, names: list[str]) -> Iterator[Any]:
        rows = _batch_rows(file, names)
        # Others plan and write meanwhile: threads for columns take memory, and save no time.
        for batch in _joined(file.iter_batches(rows, columns=names, use_threads=False), rows):
            _check_text(batch, self._name)
            yield batch

    def _skipping(self, file: Any) -> Iterator[Any]:
        """Yield every column: a row that is unreadable is so whatever is asked for."""
        for group in range(file.num_row_groups):
            batches = file.iter_batches(BATCH_ROWS, row_groups=[group])
            yield from _whole(batches, self._schema, file.metadata.row_group(group).num_rows)


def _groups(metadata: Any) -> list[Any]:
    """Return row groups of a file, of which there may be thousands: some of them."""
    every = metadata.num_row_groups
    return [metadata.row_group(group) for group in range(0, every, max(1, every // _GROUPS))]


def _repeating(metadata: Any) -> set[str]:
    """Say which columns have few values beside their rows, by what their chunks take.

    That is the places of the values and, once each, the values: these are handed out with every
    batch, so there must be few of them, in every row group.
    """
    groups = _groups(metadata)
    return {
        metadata.row_group(0).column(place).path_in_schema
        for place in range(metadata.num_columns)
        if all(
            group.column(place).total_uncompressed_size
            <= min(_PER_ROW * group.num_rows, _PLACE * group.num_rows + _VALUES)
            for group in groups
        )
    }


def _batch_rows(file: Any, names: list[str]) -> int:
    """Return how many rows a batch may have, so that it takes so much memory at most."""
    first = next(file.iter_batches(_FEWEST, columns=names, use_threads=False), None)
    if first is None or not first.num_rows:
        return BATCH_ROWS
    # As its first rows have them: written once for each value, a column takes more than its chunk.
    # Or as the chunks have them, in which longer values may follow.
    octets = own_octets(first) / first.num_rows
    for group in _groups(file.metadata):
        columns = (group.column(place) for place in range(group.num_columns))
        taken = sum(
            column.total_uncompressed_size
            for column in columns
            if column.path_in_schema in names or column.path_in_schema.split(".")[0] in names
        )
        octets = max(octets, taken / max(group.num_rows, 1))
    # A power of two: parts of a plan hold so many batches, and none is cut.
    return min(BATCH_ROWS, max(_FEWEST, 1 << int(_OCTETS / max(octets, 1)).bit_length() - 1))


def _joined(batches: Iterator[Any], rows: int) -> Iterator[Any]:
    """Join small batches, which end with their row groups, to such of at most so many rows."""
    waiting: list[Any] = []
    ready = 0
    for batch in batches:
        if ready + batch.num_rows > rows or 2 * batch.num_rows > rows:
            yield from _one(waiting)
            waiting, ready = [], 0
        waiting.append(batch)
        ready += batch.num_rows
    yield from _one(waiting)


def _one(batches: list[Any]) -> Iterator[Any]:
    if len(batches) > 1:
        yield one_batch(pa.Table.from_batches(batches))
    else:
        yield from batches


def _whole(batches: Iterator[Any], schema: Any, rows: int) -> Iterator[Any]:
    """Yield so many rows: those that can be read up to a fault, and empty ones behind it."""
    done = 0
    while done < rows:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError):
            batch = None
        if batch is None:
            for start in range(done, rows, BATCH_ROWS):
                yield empty_rows(schema, min(BATCH_ROWS, rows - start))
            return
        done += batch.num_rows
        if batch.num_rows:
            yield without_bad_text(batch)


def compact(source: Source, unique: Collection[str]) -> Source:
    """Return a source that may give dictionaries for texts, where that is faster."""
    return source.compact(unique) if isinstance(source, ParquetSource) else source


def parquet_files(filesystem: Any, folder: str, pattern: str | None = None) -> list[str]:
    """Return the Parquet files of a folder and those below it, but for hidden ones.

    With a pattern such as ``part-*.parquet``, the files of the folder itself that match it.
    """
    if pattern is not None:
        selector = pa.fs.FileSelector(folder, allow_not_found=True)
        return sorted(
            info.path
            for info in filesystem.get_file_info(selector)
            if info.type == pa.fs.FileType.File and fnmatch.fnmatchcase(info.base_name, pattern)
        )
    selector = pa.fs.FileSelector(folder, recursive=True)
    return sorted(
        info.path
        for info in filesystem.get_file_info(selector)
        if info.type == pa.fs.FileType.File
        and info.path.lower().endswith((".parquet", ".pq"))
        and not any(part.startswith(("_", ".")) for part in Path(info.path[len(folder) :]).parts)
    )


class FolderSource(FileSource):
    """A folder of Parquet files, or those of a pattern, in the order of their names.

    Partition columns survive.
    """

    kind = "folder"

    def __init__(
        self,
        path: str,
        filesystem: Any,
        place: str,
        pattern: str | None = None,
        *,
        files: list[str] | None = None,
        skip: bool,
    ) -> None:
        self._pattern = pattern
        found = partial(parquet_files, filesystem, place, pattern)
        self._listed = found if files is None else partial(list, files)
        super().__init__(path, filesystem, place, skip=skip)
        files = self._files = self._listed()
        if not files:
            raise InputError(
                f"folder '{path}' has no Parquet files; name a file or another folder"
                if pattern is None
                else f"no file matches '{path}'; check the path"
            )
        if any(not file.lower().endswith((".parquet", ".pq")) for file in files):
            raise InputError(
                f"'{path}' matches files that are not Parquet; name one file, or use *.parquet"
            )
        self._before = self._state()
        if skip:
            files = self._openable(files)
        with self._guard():
            self._dataset = pa.dataset.dataset(
                files,
                format=pa.dataset.ParquetFileFormat(
                    default_fragment_scan_options=pa.dataset.ParquetFragmentScanOptions(
                        page_checksum_verification=True,
                        # Else the whole of a row group is in memory.
                        pre_buffer=False,
                        use_buffered_stream=True,
                        buffer_size=BLOCK,
                    )
                ),
                filesystem=filesystem,
                partitioning=pa.dataset.HivePartitioning.discover(infer_dictionary=False),
                partition_base_dir=place,
            )
        self.columns = unique_columns(self._dataset.schema.names, path)

    def _state(self) -> list[tuple[Any, ...]]:
        return [*super()._state(), *((file,) for file in self._listed())]

    def _known_rows(self) -> int:
        with self._guard():
            return sum(fragment.metadata.num_rows for fragment in self._dataset.get_fragments())

    def would_read(self, path: str | os.PathLike[str]) -> bool:
        """As for a file; also where a folder, or a pattern, takes up new files."""
        if super().would_read(path):
            return True
        if not isinstance(self._filesystem, pa.fs.LocalFileSystem):
            return False
        target = Path(path).resolve()
        if self._pattern is not None:
            beside = same_file(target.parent, self._place)
            return beside and fnmatch.fnmatchcase(target.name, self._pattern)
        return any(same_file(folder, self._place) for folder in target.parents)

    def _openable(self, files: list[str]) -> list[str]:
        """Leave out the files whose number of rows cannot be known."""
        whole = []
        for file in files:
            try:
                pa.parquet.read_metadata(file, filesystem=self._filesystem)
                whole.append(file)
            except (pa.ArrowException, OSError):
                shown = file.removeprefix(self._place).lstrip("/")
                self._leave(f"file '{shown}' of '{self._name}': it is no whole Parquet file")
        return whole or files

    def _own_schema(self) -> Any:
        """The Arrow schema, with partition columns."""
        return self._dataset.schema

    @contextmanager
    def _guard(self) -> Iterator[None]:
        with reading(self._name):
            try:
                yield
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"folder '{self._name}' has a file that is no whole Parquet file, which may be "
                    "damaged, or files with different columns; export it again"
                ) from None

    def _read(self, names: list[str]) -> Iterator[Any]:
        """Yield batches file by file."""
        empty = True
        with self._guard():
            for batch in self._skipping() if self._skip else self._strict(names):
                empty = False
                yield batch.select([*names, MARK]) if self._skip else batch
        if empty:
            fields = [self._dataset.schema.field(name) for name in names]
            yield pa.RecordBatch.from_pylist([], pa.schema(fields))

    def _strict(self, names: list[str]) -> Iterator[Any]:
        for fragment in self._dataset.get_fragments():
            self._check_file(fragment.path)
            for batch in self._batches(fragment, names):
                if batch.num_rows:
                    _check_text(batch, self._name)
                    yield batch

    def _check_file(self, file: str) -> None:
        """Look at a file before it is read."""

    def _skipping(self) -> Iterator[Any]:
        schema = self._dataset.schema
        for fragment in self._dataset.get_fragments():
            for group in fragment.split_by_row_group(schema=schema):
                rows = sum(info.num_rows for info in group.row_groups)
                yield from _whole(self._batches(group, schema.names), schema, rows)

    def _batches(self, fragment: Any, names: list[str]) -> Iterator[Any]:
        batches: Iterator[Any] = fragment.to_batches(
            schema=self._dataset.schema,
            columns=names,
            batch_size=BATCH_ROWS,
            batch_readahead=1,
            fragment_readahead=1,
            use_threads=False,
        )
        return batches


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
