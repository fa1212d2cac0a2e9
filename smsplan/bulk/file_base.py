"""What every kind of file has in common."""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from smsplan.errors import InputError, OutputError

BLOCK = 1 << 20
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
    """A file; with ``skip``, what cannot be read of it is marked, or listed in ``unread``."""

    kind: str
    replayable = True
    in_memory = False

    def __init__(self, path: str, filesystem: Any, place: str, *, skip: bool) -> None:
        self.path: str | None = path
        self.unread: list[str] = []
        self._name = path
        self._filesystem = filesystem
        self._place = place
        self._files = [place]
        self._skip = skip

    def digest(self) -> str:
        """Return what tells the octets of this source from any others."""
        total = hashlib.sha256()
        for file in self._files:
            with self._filesystem.open_input_stream(file, compression=None) as stream:
                one = hashlib.sha256()
                while octets := stream.read(BLOCK):
                    one.update(octets)
            total.update(f"{file.removeprefix(self._place)} {one.hexdigest()}\n".encode())
        return total.hexdigest()

    def attach(self, ours: Any) -> Any:
        """Files have no frame: their rows stream."""
        raise NotImplementedError

    def _leave(self, what: str) -> None:
        """List what cannot be read; a source may be read more than once."""
        if what not in self.unread:
            self.unread.append(what)


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
        try:
            self._encoding = codecs.lookup(encoding).name
        except LookupError:
            raise InputError(
                f"unknown encoding '{encoding}'; use utf-8, cp1252, utf-16 ..."
            ) from None

    @property
    def _not_whole(self) -> str:
        return f"is no whole {self._packed} file" if self._packed else "cannot be read to its end"

    def _octets(self) -> Octets:
        """Open the file as octets."""
        with reading(self._name):
            stream = self._filesystem.open_input_stream(self._place, compression=self._packed)
        return UpToFault(stream) if self._skip else Octets(stream)

    def _text(self, octets: Octets, *, newline: str | None) -> Any:
        """Read octets as text; the byte order mark is dropped."""
        encoding = "utf-8-sig" if self._encoding == "utf-8" else self._encoding
        errors = "smsplan" if self._skip else "strict"
        return io.TextIOWrapper(
            io.BufferedReader(octets, BLOCK), encoding, newline=newline, errors=errors
        )


def _marked(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BAD_TEXT, error.end


codecs.register_error("smsplan", _marked)


class Octets(io.RawIOBase):
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


class UpToFault(Octets):
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
