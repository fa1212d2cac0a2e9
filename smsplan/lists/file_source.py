"""What every kind of file has in common."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow.fs

from smsplan.errors import InputError, OutputError
from smsplan.lists.column_types import plain_batch, plain_schema
from smsplan.outputs import is_stream, same_file

BLOCK = 1 << 20
# What one row may have: octets of a CSV file, characters of JSON Lines.
MAX_ROW = 1 << 28
MAX_COLUMNS = 100_000
_PIECE = 1 << 16
# What stands in a text for octets that are none of its encoding, and in UTF-8 for it.
BAD_TEXT = "\udc80"


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn what goes wrong in the surroundings into one error that names the file."""
    try:
        yield
    except (InputError, OutputError):
        raise
    except PermissionError:
        raise OutputError(f"'{path}' may not be read; check its permissions") from None
    except FileNotFoundError:
        raise InputError(f"no file '{path}'; check the path") from None


class FileSource:
    """A file; with ``skip``, what cannot be read of it is marked, or listed in ``unread``.

    It is read more than once (the header, types, duplicates, the rows of a plan without output),
    and must be the same each time: whatever else happens, its size, its time and its place on the
    disk are compared at both ends of each pass.
    """

    kind: str
    columns: tuple[str, ...]
    replayable = True
    in_memory = False

    def __init__(self, path: str, filesystem: Any, place: str, *, skip: bool) -> None:
        self.path: str | None = path
        # What has to live as long as this source does.
        self.kept: object = None
        self.unread: list[str] = []
        self._name = path
        self._filesystem = filesystem
        self._place = place
        self._files = [place]
        self._before = self._state()
        self._skip = skip

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns (None: all) in order; at least one, if empty.

        Raises InputError where the file is not what it was when it was opened.
        """
        names = list(self.columns if columns is None else columns)
        with self.unchanged():
            rows = 0
            for batch in self._read(names):
                rows += batch.num_rows
                yield plain_batch(batch)
            known = self._known_rows()
            if known not in (None, rows):
                # A library may take what is cut off for the end.
                raise InputError(
                    f"'{self._name}' says that it has {known:,} rows, and {rows:,} were read: it "
                    "is damaged, or cut off; export or copy it again"
                )

    def _read(self, names: list[str]) -> Iterator[Any]:
        """Yield batches of these columns as the file has them."""
        raise NotImplementedError

    @property
    def schema(self) -> Any:
        """The schema of all columns as they travel, with metadata."""
        return plain_schema(self._own_schema())

    def _own_schema(self) -> Any:
        """Return the schema of the file."""
        raise NotImplementedError

    def _known_rows(self) -> int | None:
        """Return the number of rows where the file says it."""
        return None

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Raise InputError where the file changes while it is read, or has since it was opened."""
        self._compare()
        try:
            yield
        except InputError:
            # What a change makes of it is no fault of the file.
            self._compare()
            raise
        self._compare()

    def _compare(self) -> None:
        if self._state() != self._before:
            raise InputError(
                f"'{self._name}' has changed since it was opened: something writes to it; plan "
                "again when it is complete, or plan a copy"
            )

    def _state(self) -> list[tuple[Any, ...]]:
        """Return what tells the present files from changed ones."""
        if isinstance(self._filesystem, pyarrow.fs.LocalFileSystem):
            return [_local_state(file) for file in self._files]
        every = self._filesystem.get_file_info(self._files)
        return [(info.path, info.size, info.mtime_ns) for info in every]

    def digest(self) -> str:
        """Return what tells the octets of this source from any others."""
        total = hashlib.sha256()
        with self.unchanged():
            for file in self._files:
                with self._filesystem.open_input_stream(file, compression=None) as stream:
                    one = hashlib.sha256()
                    while octets := stream.read(BLOCK):
                        one.update(octets)
                total.update(f"{file.removeprefix(self._place)} {one.hexdigest()}\n".encode())
        return total.hexdigest()

    def would_read(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file that is written there would be one of this source's own."""
        if is_stream(path) or not isinstance(self._filesystem, pyarrow.fs.LocalFileSystem):
            return False
        return any(same_file(path, file) for file in self._files)

    def attach(self, ours: Any) -> Any:
        """Files have no frame: their rows stream."""
        raise NotImplementedError

    def _leave(self, what: str) -> None:
        """List what cannot be read; a source may be read more than once."""
        if what not in self.unread:
            self.unread.append(what)


def _local_state(file: str) -> tuple[Any, ...]:
    try:
        found = os.stat(file)  # noqa: PTH116
    except OSError:
        return (file,)
    return file, found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino


class PackedSource(FileSource):
    """A file of text that may be compressed."""

    def __init__(
        self,
        path: str,
        filesystem: Any,
        place: str,
        packed: str | None,
        encoding: str,
        *,
        skip: bool,
    ) -> None:
        super().__init__(path, filesystem, place, skip=skip)
        self._packed = packed
        self._encoding = _encoding(encoding)

    def _not_in_encoding(self) -> InputError:
        return InputError(
            f"'{self._name}' is not {self._encoding.upper()}; name its encoding, such as "
            "encoding='cp1252' (--encoding cp1252)"
        )

    @property
    def _not_whole(self) -> str:
        return f"is no whole {self._packed} file" if self._packed else "cannot be read to its end"

    def _octets(self) -> OctetStream:
        """Open the file as octets."""
        with reading(self._name):
            stream = self._filesystem.open_input_stream(self._place, compression=self._packed)
        return UpToFault(stream) if self._skip else OctetStream(stream)

    def _text(self, octets: OctetStream, *, newline: str | None) -> Any:
        """Read octets as text; the byte order mark is dropped."""
        encoding = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
        errors = "smsplan" if self._skip else "strict"
        return io.TextIOWrapper(
            io.BufferedReader(octets, BLOCK), encoding, newline=newline, errors=errors
        )


def _encoding(name: str) -> str:
    """Return the name that Python gives an encoding of files."""
    try:
        # Python's codecs are also ciphers and packers, of which ``encode`` knows none.
        "a".encode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError, TypeError):
        found = ""
    if not found or found.replace("-", "_") in _NOT_OF_FILES:
        raise InputError(
            f"'{name}' is no encoding of files; use encoding='utf-8', 'cp1252', 'utf-16' or "
            "another that your program writes (--encoding)"
        )
    return found


# For names of hosts, source code and mail; and those of which the machine says what they are.
_NOT_OF_FILES = {
    "charmap",
    "idna",
    "mbcs",
    "oem",
    "punycode",
    "raw_unicode_escape",
    "unicode_escape",
    "undefined",
    "utf_7",
}


def _marked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BAD_TEXT, error.end


codecs.register_error("smsplan", _marked)


class OctetStream(io.RawIOBase):
    """An Arrow input stream as Python's."""

    fault: Exception | None = None

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """No."""
        return False

    def read(self, size: int = -1) -> bytes:
        """Return up to so many octets; none at the end."""
        octets: bytes = self._stream.read(None if size < 0 else size)
        return octets

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
        super().close()


class UpToFault(OctetStream):
    """A stream that ends where it cannot be read any further; ``fault`` says why."""

    def read(self, size: int = -1) -> bytes:
        """Return up to so many octets; none at the end."""
        pieces: list[bytes] = []
        left = size
        while self.fault is None and left:
            try:
                # The octets of a piece that has the fault are lost.
                piece = self._stream.read(min(left, _PIECE) if size > 0 else _PIECE)
            except OSError as error:
                self.fault = error
                break
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)


def unique_columns(names: Sequence[str], path: str) -> tuple[str, ...]:
    """Check the names of a file's columns."""
    if len(names) > MAX_COLUMNS:
        raise InputError(
            f"'{path}' has more than {MAX_COLUMNS:,} columns; write a row for each recipient"
        )
    blank = [str(place) for place, name in enumerate(names, 1) if not name]
    if blank:
        raise InputError(
            f"'{path}': the header has no name for column {', '.join(blank)}; name every column"
        )
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        listed = ", ".join(f"'{name}'" for name in twice)
        raise InputError(f"'{path}': the header names {listed} more than once; rename the columns")
    return tuple(names)
