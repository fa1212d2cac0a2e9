"""Where the rows of a plan are: beside the caller's frame, in a file, or to be planned again.

Every store hands out batches of the caller's columns, with ours beside them, and puts the whole
together in the caller's kind of frame when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from smsplan.kernel.cells import as_text
from smsplan.lists import frames
from smsplan.lists.source import Source, one_batch

Pair = tuple[pa.RecordBatch, pa.RecordBatch]
Change = Callable[[pa.RecordBatch], pa.RecordBatch]


class RowStore(Protocol):
    """A plan's rows, wherever they are."""

    def batches(self, columns: Sequence[str] | None) -> Iterator[Pair]:
        """Yield batches of the caller's columns asked for (None: all), each with ours beside it."""

    def native(self, change: Change, chosen: Sequence[int] | None = None) -> Any:
        """Return the caller's kind of frame, ours changed on the way; ``chosen`` rows only."""


@dataclass(frozen=True, slots=True)
class FrameRows:
    """The caller's frame, and our columns in memory beside it."""

    source: Source
    ours: pa.Table

    def batches(self, columns: Sequence[str] | None) -> Iterator[Pair]:
        """Yield both sides, cut at the same rows."""
        start = 0
        for theirs in self.source.batches(columns):
            part = self.ours.slice(start, theirs.num_rows)
            yield theirs, one_batch(part)
            start += theirs.num_rows

    def native(self, change: Change, chosen: Sequence[int] | None = None) -> Any:
        """Append our columns to the caller's frame, which is not converted."""
        changed = [change(batch) for batch in _batches(self.ours)]
        ours = pa.Table.from_batches(changed).unify_dictionaries()
        frame = self.source.attach(frames.plain(ours, self.source.kind))
        return frame if chosen is None else frames.take(frame, chosen)


@dataclass(frozen=True, slots=True)
class FileRows:
    """Rows that stream from somewhere: a saved plan, or a file that is planned once more."""

    stream: Callable[[Sequence[str] | None], Iterator[Pair]]
    kind: str = "pyarrow"

    def batches(self, columns: Sequence[str] | None) -> Iterator[Pair]:
        """Read, and where needed plan, the file."""
        return self.stream(columns)

    def native(self, change: Change, chosen: Sequence[int] | None = None) -> Any:
        """Return a pyarrow Table, or the kind of frame that was saved."""
        pairs = [(theirs, change(ours)) for theirs, ours in _only(self.stream(None), chosen)]
        theirs = pa.Table.from_batches([shown(pair[0]) for pair in pairs])
        ours = pa.Table.from_batches([pair[1] for pair in pairs]).unify_dictionaries()
        if chosen is not None:
            order = pa.array(sorted(range(len(chosen)), key=lambda place: chosen[place]))
            back = pc.array_sort_indices(order)
            theirs, ours = theirs.take(back), ours.take(back)
        return frames.from_arrow(theirs, frames.plain(ours, self.kind), self.kind)


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """Rows whose columns of ours are computed anew on the way, such as by another rate card."""

    base: RowStore
    change: Change

    def batches(self, columns: Sequence[str] | None) -> Iterator[Pair]:
        """Yield the base's batches, ours changed."""
        return ((theirs, self.change(ours)) for theirs, ours in self.base.batches(columns))

    def native(self, change: Change, chosen: Sequence[int] | None = None) -> Any:
        """As the base does, with both changes."""
        return self.base.native(lambda ours: change(self.change(ours)), chosen)


def _batches(table: pa.Table) -> list[pa.RecordBatch]:
    """Return a table's batches; at least one."""
    return table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]


def beside(theirs: pa.RecordBatch, ours: pa.RecordBatch) -> pa.RecordBatch:
    """Put the caller's columns and ours in one batch."""
    theirs = shown(theirs)
    return pa.RecordBatch.from_arrays(
        [*theirs.columns, *ours.columns],
        schema=pa.schema([*theirs.schema, *ours.schema], metadata=theirs.schema.metadata),
    )


def shown(theirs: pa.RecordBatch) -> pa.RecordBatch:
    """The caller's columns as they are written: cells of several types as text."""
    columns = [as_text(column) for column in theirs.columns]
    fields = [
        field.with_type(column.type) for field, column in zip(theirs.schema, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(
        columns, schema=pa.schema(fields, metadata=theirs.schema.metadata)
    )


def _only(pairs: Iterator[Pair], chosen: Sequence[int] | None) -> Iterator[Pair]:
    """Keep the chosen rows, in the order of the file."""
    if chosen is None:
        yield from pairs
        return
    wanted, start = sorted(chosen), 0
    for theirs, ours in pairs:
        here = pa.array(
            [row - start for row in wanted if start <= row < start + ours.num_rows], pa.int64()
        )
        yield theirs.take(here), ours.take(here)
        start += ours.num_rows
