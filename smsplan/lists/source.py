"""Recipients in batches of Arrow, wherever they come from: the protocol, and what frames share."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import pyarrow as pa

from smsplan.errors import InputError
from smsplan.lists.column_types import plain_batch, plain_schema

BATCH_ROWS = 131_072


def own_octets(batch: Any) -> int:
    """Return what a batch takes in memory, but for the words of dictionaries: batches share them.

    >>> own_octets(pa.record_batch({"a": pa.array(["word"] * 4).dictionary_encode()}))
    16
    """
    return sum(
        (column.indices if pa.types.is_dictionary(column.type) else column).nbytes
        for column in batch.columns
    )


class Source(Protocol):
    """Recipients, from wherever they come.

    ``kind`` names the frame or file; ``replayable`` is False where they can be read once only;
    ``in_memory`` is True where the rows of a plan belong beside a frame.
    """

    kind: str
    path: str | None
    replayable: bool
    in_memory: bool
    columns: tuple[str, ...]

    @property
    def unread(self) -> Sequence[str]:
        """What was left out because nobody knows how many rows it is."""

    @property
    def schema(self) -> Any:
        """The Arrow schema, with metadata."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns (None: all) in order; at least one, if empty."""

    def attach(self, ours: Any) -> Any:
        """Return the caller's frame with our columns (a Table) appended, as the same kind."""

    def digest(self) -> str:
        """Return what tells the octets of a file from any others."""

    def would_read(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file that is written there would be one of this source's own."""


# What libraries raise for values that are none of Arrow's; text with a lone surrogate is a
# ValueError, an integer of more than 64 bits an ArithmeticError.
NOT_ARROW = (pa.ArrowException, ValueError, TypeError, ArithmeticError)


@contextmanager
def naming(column: str, kind: str) -> Iterator[None]:
    """Name the column whose values no file can hold."""
    try:
        yield
    except NOT_ARROW:
        raise InputError(
            f"column '{column}' holds values ({kind}) that no file can hold: of several types, of "
            "one that Arrow does not have, or text with a lone surrogate; convert it to text, or "
            "leave it out of what is written"
        ) from None


def unique(names: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of a frame's columns, each once."""
    texts = tuple(str(name) for name in names)
    twice = sorted(name for name, count in Counter(texts).items() if count > 1)
    if twice:
        listed = ", ".join(f"'{name}'" for name in twice)
        raise InputError(f"the recipients have several columns named {listed}; rename them")
    return texts


def slices(rows: int) -> Iterator[slice]:
    """Yield the rows of each batch; at least one, if empty."""
    for start in range(0, max(rows, 1), BATCH_ROWS):
        yield slice(start, min(start + BATCH_ROWS, rows))


def batch_of(arrays: list[Any], names: Sequence[str], rows: int) -> Any:
    """Return a batch of arrays; one without columns keeps its number of rows."""
    if not arrays:
        return pa.RecordBatch.from_struct_array(
            pa.StructArray.from_arrays([], fields=[], mask=None)
            if not rows
            else pa.array([{}] * rows, pa.struct([]))
        )
    return pa.RecordBatch.from_arrays(arrays, names=list(names))


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table as one batch, which has no rows where the table has none."""
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)


class Frame:
    """What frames have in common: no octets of a file to tell them apart by."""

    __slots__ = ()

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns; only these are converted."""
        return map(plain_batch, self._read(columns))

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        """Yield batches as the frame has them."""
        raise NotImplementedError

    @property
    def schema(self) -> Any:
        """The schema of all columns as they travel."""
        return plain_schema(next(self._read(None)).schema)

    @property
    def unread(self) -> Sequence[str]:
        """Nothing: a frame is whole."""
        return ()

    def digest(self) -> str:
        """Frames have none; see ``path``."""
        raise NotImplementedError

    def would_read(self, path: str | os.PathLike[str]) -> bool:
        """Frames are in no file."""
        return False
