"""Frames of Arrow: pyarrow tables, and polars frames, which are their like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from smsplan.kernel.cells import OBJECTS, as_text
from smsplan.lists.source import Frame, batch_of, naming, slices, unique


@dataclass(slots=True)
class ArrowSource(Frame):
    """A pyarrow Table, or a polars frame, which is one."""

    frame: Any
    kind: str
    path: str | None = None
    replayable: bool = True
    in_memory: bool = True
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = self.frame.columns if self.kind == "polars" else self.frame.column_names
        self.columns = unique(names)

    def _table(self, columns: Sequence[str] | None) -> Any:
        chosen = self.frame if columns is None else self.frame.select(list(columns))
        if self.kind != "polars":
            return chosen
        for name, dtype in chosen.schema.items():
            with naming(name, str(dtype)):
                # Of Python's objects polars gives away their addresses.
                if str(dtype) == "Object":
                    raise TypeError
                chosen.select(name)[:0].to_arrow()
        return chosen.to_arrow()

    def _read(self, columns: Sequence[str] | None) -> Iterator[Any]:
        """Yield batches of the table, without copying where it is in one piece."""
        names = self.columns if columns is None else tuple(columns)
        rows = self.frame.height if self.kind == "polars" else self.frame.num_rows
        table = self._table(names) if names else None
        for part in slices(rows):
            if table is None:
                yield batch_of([], (), part.stop - part.start)
                continue
            piece = table.slice(part.start, part.stop - part.start)
            arrays = [_one_chunk(column) for column in piece.columns]
            yield pa.RecordBatch.from_arrays(arrays, schema=piece.schema)

    def attach(self, ours: Any) -> Any:
        """Append our columns."""
        if self.kind == "polars":
            import polars as pl

            return self.frame.hstack(pl.DataFrame(pl.from_arrow(ours)).get_columns())
        table = self.frame
        for place, column in enumerate(table.schema):
            if column.type.equals(OBJECTS):
                texts = [as_text(chunk) for chunk in table.column(place).chunks]
                table = table.set_column(place, column.name, pa.chunked_array(texts, pa.string()))
        for name in ours.column_names:
            table = table.append_column(ours.schema.field(name), ours[name])
        return table


def _one_chunk(column: Any) -> Any:
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.num_chunks == 0:
        return pa.array([], column.type)
    # Dictionaries of several chunks may differ.
    return column.unify_dictionaries().combine_chunks()
