"""The digest by which damage to a file of ours is noticed: in front of the footer of Parquet.

The pages of a Parquet file have checksums, which are compared as they are read. Its footer, which
says where they are and what they mean, has none, nor have the metadata in it: a plan's text, prices
and totals. Their digest stands between the last page and the footer, where no reader looks.
"""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO

import pyarrow as pa

from smsplan.errors import InputError

_MARK = b"smsplan\x01"
_SIZE = len(_MARK) + hashlib.sha256().digest_size
# The length of the footer and Parquet's own mark.
_END = 8


class SealedFile:
    """What a writer of Parquet gets for a file: the end of what it writes is sealed.

    Where writing fails, what it ends with is ``dropped``, so that it is no whole file.
    """

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = 0
        self._held: list[bytes] | None = None
        self.dropped = False

    def write(self, octets: Any) -> int:
        """Write octets; keep them back at the end."""
        size = len(octets)
        self._written += size
        if self._held is not None:
            self._held.append(bytes(octets))
        elif not self.dropped:
            self._file.write(octets)
        return size

    def hold(self) -> None:
        """Keep back what comes from now on: the footer."""
        self._held = []

    def seal(self) -> None:
        """Write what was kept back, with its digest in front of it."""
        octets = b"".join(self._held or ())
        start = len(octets) - _END - int.from_bytes(octets[-_END:-4], "little")
        footer = octets[start:]
        self._file.write(octets[:start] + _MARK + hashlib.sha256(footer).digest() + footer)

    def tell(self) -> int:
        """Return how many octets were written."""
        return self._written

    def flush(self) -> None:
        """Leave that to the file."""

    def close(self) -> None:
        """Leave that to the file."""


def is_sealed(filesystem: Any, place: str, name: str) -> bool:
    """Whether a file has a seal; raises InputError where its footer is not what was sealed."""
    try:
        with filesystem.open_input_file(place) as file:
            size = file.size()
            if size < _SIZE + _END:
                return False
            file.seek(size - _END)
            length = int.from_bytes(file.read(4), "little") + _END
            if size < length + _SIZE:
                return False
            file.seek(size - length - _SIZE)
            seal, footer = file.read(_SIZE), file.read(length)
    except (OSError, pa.ArrowException):
        return False  # who reads the file says so
    if not seal.startswith(_MARK):
        return False
    if seal[len(_MARK) :] != hashlib.sha256(footer).digest():
        raise InputError(f"'{name}' is damaged: its footer is not what was written; plan again")
    return True
