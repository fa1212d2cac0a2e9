"""A file or a folder of recipients by the ending of its name."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet

from smsplan.errors import InputError
from smsplan.lists.csv_files import CsvSource
from smsplan.lists.file_source import FileSource, PackedSource
from smsplan.lists.json_files import JsonSource
from smsplan.lists.parquet_files import FolderSource, ParquetSource, parquet_files
from smsplan.lists.source import Source
from smsplan.lists.spooled_input import Spooled
from smsplan.lists.workbooks import ENDINGS, WorkbookSource
from smsplan.outputs import is_stdin

_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_SAMPLE = 1 << 22
_PACKED = {".gz": "gzip", ".zst": "zstd"}
_KNOWN = (
    ".csv or .jsonl (also .gz, .zst), .parquet, .xlsx, "
    "a folder of Parquet files or a pattern of them"
)


def open_file(
    path: str | os.PathLike[str], *, encoding: str | None = None, skip: bool = False
) -> Source:
    """Open a file or a folder by its ending; InputError where it is not what it says.

    ``encoding`` is that of a file of text (None: UTF-8). With ``skip``, what cannot be read of it
    is marked or listed: see ``unreadable``.
    """
    source = _opened(path, "utf-8" if encoding is None else encoding, skip=skip)
    if encoding is not None and not isinstance(source, PackedSource):
        raise InputError(
            f"encoding='{encoding}' (--encoding) is for files of text; leave it out: "
            f"'{os.fspath(path)}' says itself how it is encoded"
        )
    return source


def _opened(path: str | os.PathLike[str], encoding: str, *, skip: bool) -> Source:
    text = os.fspath(path)
    if not text:
        raise InputError("the path of the recipients is empty; name a file")
    if is_pipe(text):
        return _open_spooled(text, encoding, skip=skip)
    filesystem, place = _filesystem(text)
    info = filesystem.get_file_info(place)
    if info.type == pa.fs.FileType.NotFound and "#" in text:
        book, _, sheet = text.partition("#")
        if book.lower().endswith(ENDINGS):
            filesystem, place = _filesystem(book)
            return WorkbookSource(book, filesystem, place, sheet)
    if info.type == pa.fs.FileType.NotFound and set(text) & set("*?["):
        folder, _, pattern = place.rpartition("/")
        return FolderSource(text, filesystem, folder, pattern, skip=skip)
    if info.type == pa.fs.FileType.NotFound:
        raise InputError(f"no file '{text}'; check the path")
    if info.type == pa.fs.FileType.Directory:
        return FolderSource(text, filesystem, place, skip=skip)
    return _open_one(text, filesystem, place, text, encoding, skip=skip)


def is_pipe(path: str | os.PathLike[str]) -> bool:
    """Whether a path is no file, and what comes from it comes once, such as standard input."""
    if is_stdin(path):
        return True
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _open_spooled(text: str, encoding: str, *, skip: bool) -> Source:
    """Open what is no file from a file of its own, whose kind its name says, or its octets."""
    spooled = Spooled(text)
    named = text if _kind_of(text)[0] else spooled.named_by_content(encoding)
    local = pa.fs.LocalFileSystem()
    source = _open_one(spooled.name, local, spooled.place, named, encoding, skip=skip)
    source.kept = spooled
    return source


def _kind_of(name: str) -> tuple[str | None, str | None]:
    """Return the kind of file that a name says, and how it is packed."""
    path = Path(name.lower())
    if path.name.endswith(ENDINGS):
        return "workbook", None
    packed = _PACKED.get(path.suffix)
    return _KINDS.get(Path(path.stem).suffix if packed else path.suffix), packed


def _open_one(
    text: str, filesystem: Any, place: str, named: str, encoding: str, *, skip: bool
) -> FileSource:
    """Open one file, which is of the kind that a name says."""
    if filesystem.get_file_info(place).size == 0:
        raise InputError(f"'{text}' is empty; export it again")
    kind, packed = _kind_of(named)
    if kind == "workbook":
        return WorkbookSource(text, filesystem, place, None)
    if kind == "csv":
        return CsvSource(text, filesystem, place, packed, encoding, skip=skip)
    if kind == "jsonl":
        return JsonSource(text, filesystem, place, packed, encoding, skip=skip)
    if kind == "parquet" and packed is None:
        return ParquetSource(text, filesystem, place, skip=skip)
    raise InputError(f"'{text}' has no ending that says what it is; use {_KNOWN}")


def rows_about(path: str | os.PathLike[str]) -> int | None:
    """Say about how many rows a file or folder has, without reading it; None where nobody knows.

    Parquet files say it; of a text the beginning is looked at.
    """
    text = os.fspath(path)
    if is_pipe(text):
        return None
    try:
        filesystem, place = _filesystem(text)
        info = filesystem.get_file_info(place)
        if info.type == pa.fs.FileType.Directory:
            files = parquet_files(filesystem, place)
            counts = (pa.parquet.read_metadata(file, filesystem=filesystem) for file in files)
            return int(sum(count.num_rows for count in counts))
        kind, packed = _kind_of(text)
        if kind == "parquet":
            return int(pa.parquet.read_metadata(place, filesystem=filesystem).num_rows)
        if kind == "workbook":
            return None
        with filesystem.open_input_file(place) as file:
            stream = pa.CompressedInputStream(file, packed) if packed else file
            lines = stream.read(_SAMPLE).count(b"\n")
            # What was read of the file itself, which may be compressed.
            return int(lines * info.size / file.tell())
    except (InputError, pa.ArrowException, OSError, ZeroDivisionError):
        return None


def _filesystem(text: str) -> tuple[Any, str]:
    if "://" in text:
        try:
            filesystem, place = pa.fs.FileSystem.from_uri(text)
        except (pa.ArrowException, OSError, ValueError):
            raise InputError(f"'{text}' is no address that can be read; check it") from None
        return filesystem, place
    return pa.fs.LocalFileSystem(), str(Path(text).absolute())
