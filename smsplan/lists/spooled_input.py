"""What is no file, such as standard input: it is put in one, and its first octets say of what kind.

Lists are read more than once (types, duplicates, the line of a bad row), and Parquet from its end.
The file is in the folder for temporary files and its owner's alone; it goes with its last reader.
"""

from __future__ import annotations

import codecs
import os
import re
import shutil
import sys
import tempfile
import weakref
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from smsplan.errors import InputError, OutputError
from smsplan.lists.file_source import BLOCK
from smsplan.outputs import is_stdin

_HEAD = 1 << 14
_PACKED = {b"\x1f\x8b": (".gz", "gzip"), b"\x28\xb5\x2f\xfd": (".zst", "zstd")}
_BINARY = {b"PAR1": ".parquet", b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}


class Spooled:
    """A file of what there was to read; ``name`` is what people call it, ``place`` where it is."""

    def __init__(self, path: str) -> None:
        self.name = "standard input" if is_stdin(path) else path
        try:
            descriptor, self.place = tempfile.mkstemp(prefix="smsplan-")
            weakref.finalize(self, _remove, self.place)
            with os.fdopen(descriptor, "wb") as file, _opened(path) as source:
                shutil.copyfileobj(source, file, BLOCK)
        except OSError as error:
            raise OutputError(
                f"'{self.name}' needs room in the folder for temporary files: {error.strerror}; "
                "name another one with TMPDIR, or name a file"
            ) from None

    def named_by_content(self, encoding: str) -> str:
        """Return a name of a file whose ending says what it is, by its first octets."""
        with Path(self.place).open("rb") as file:
            head = file.read(_HEAD)
        for magic, ending in _BINARY.items():
            if head.startswith(magic):
                return f"list{ending}"
        for magic, (packed, kind) in _PACKED.items():
            if head.startswith(magic):
                return f"list{_text_ending(self._unpacked(kind), encoding)}{packed}"
        return f"list{_text_ending(head, encoding)}"

    def _unpacked(self, kind: str) -> bytes:
        # What is damaged says so to whoever reads it.
        with suppress(OSError), pa.input_stream(self.place, compression=kind) as stream:
            octets: bytes = stream.read(_HEAD)
            return octets
        return b""


def _opened(path: str) -> AbstractContextManager[BinaryIO]:
    if not is_stdin(path):
        return Path(path).open("rb")
    source: BinaryIO | None = getattr(sys.stdin, "buffer", None)
    if source is None:
        raise InputError("there is no standard input to read; name a file")
    return nullcontext(source)


def _remove(place: str) -> None:
    with suppress(OSError):
        os.unlink(place)  # noqa: PTH108


def _text_ending(head: bytes, encoding: str) -> str:
    """Tell JSON Lines from CSV: an object begins with a brace; a list of objects is no CSV, too."""
    try:
        text = codecs.decode(head, encoding, "ignore")
    except (LookupError, ValueError, TypeError):
        return ".csv"  # whose reader says what is wrong with the encoding
    return ".jsonl" if re.match(r"\s*(\{|\[\s*[\[{])", text.lstrip("\ufeff")) else ".csv"
