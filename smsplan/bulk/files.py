"""A file or a folder of recipients by the ending of its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet

from smsplan.bulk.csv_files import CsvSource
from smsplan.bulk.file_base import PackedSource
from smsplan.bulk.frames import Source
from smsplan.bulk.json_files import JsonSource
from smsplan.bulk.parquet_files import FolderSource, ParquetSource, parquet_files
from smsplan.bulk.workbooks import ENDINGS, WorkbookSource
from smsplan.errors import InputError

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
    if info.size == 0:
        raise InputError(f"'{text}' is empty; export it again")
    name = text.lower()
    if name.endswith(ENDINGS):
        return WorkbookSource(text, filesystem, place, None)
    packed = _PACKED.get(Path(name).suffix)
    kind = _KINDS.get(Path(Path(name).stem if packed else name).suffix)
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
    try:
        filesystem, place = _filesystem(text)
        info = filesystem.get_file_info(place)
        if info.type == pa.fs.FileType.Directory:
            files = parquet_files(filesystem, place)
            counts = (pa.parquet.read_metadata(file, filesystem=filesystem) for file in files)
            return int(sum(count.num_rows for count in counts))
        name = text.lower()
        if _KINDS.get(Path(name).suffix) == "parquet":
            return int(pa.parquet.read_metadata(place, filesystem=filesystem).num_rows)
        if name.endswith(ENDINGS):
            return None
        with filesystem.open_input_file(place) as file:
            packed = _PACKED.get(Path(name).suffix)
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
