"""JSON Lines: one object a line; a key that a line lacks is missing.

A file may be made to fill the memory, by a line or by what is in it: both have bounds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from smsplan.errors import InputError, OutputError
from smsplan.kernel.cells import OBJECTS, Lossy, objects
from smsplan.kernel.unreadable_rows import emptied
from smsplan.lists.file_source import (
    BAD_TEXT,
    BLOCK,
    MAX_COLUMNS,
    MAX_ROW,
    PackedSource,
    reading,
    unique_columns,
)
from smsplan.lists.source import BATCH_ROWS

# Characters of the lines of a batch, and values of one line, which are objects of Python.
_BATCH_SIZE = 1 << 24
_MAX_VALUES = 1 << 20


class JsonSource(PackedSource):
    """A file of JSON Lines."""

    kind = "jsonl"

    def __init__(self, *place: Any, skip: bool) -> None:
        super().__init__(*place, skip=skip)
        kinds: dict[str, set[type]] = {}
        rows = 0
        with self.unchanged():
            for row, _ in self._objects():
                rows += 1
                for name, value in (row or {}).items():
                    kinds.setdefault(name, set()).add(type(value))
                if len(kinds) > MAX_COLUMNS:
                    break
        if not rows:
            raise InputError(f"'{self._name}' has no lines; export it again")
        self._types = {name: _json_type(found) for name, found in kinds.items()}
        self.columns = unique_columns(list(kinds), self._name)

    def _own_schema(self) -> Any:
        """The types of the values over the whole file."""
        return pa.schema([pa.field(name, self._types[name]) for name in self.columns])

    def _objects(self) -> Iterator[tuple[dict[str, Any] | None, int]]:
        """Yield the objects and their sizes; None stands for a line that is skipped."""
        with reading(self._name):
            number = 0
            octets = self._octets()
            # What cannot be read to its end may end in the midst of a line: one is held back.
            held: list[tuple[dict[str, Any] | None, int]] = []
            try:
                with self._text(octets, newline=None) as text:
                    for line in _lines(text):
                        number += 1
                        if not line or line.isspace():
                            continue
                        yield from held
                        held = [(self._object(line), len(line))]
            except _TooMuch:
                number += 1
                what = (
                    f"has a line of more than {MAX_ROW >> 20} MiB, or of more than "
                    f"{_MAX_VALUES:,} values"
                )
                if not self._skip:
                    raise InputError(
                        f"'{self._name}', line {number}: it {what}; write one object a line"
                    ) from None
                yield from held
                self._leave(f"'{self._name}' from line {number:,} on: it {what}")
                return
            except UnicodeError:
                raise self._not_in_encoding() from None
            except (ValueError, RecursionError):
                raise InputError(
                    f"'{self._name}', line {number}: not one JSON object; fix the line"
                ) from None
            except OSError as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"'{self._name}' {self._not_whole}; export or copy it again"
                ) from None
            if octets.fault is None:
                yield from held
            else:
                self._leave(f"'{self._name}' from line {number:,} on: it {self._not_whole}")

    def _object(self, line: str) -> dict[str, Any] | None:
        try:
            row = json.loads(line, parse_float=_json_float)
            if isinstance(row, dict) and not (self._skip and BAD_TEXT in line):
                return row
        except (ValueError, RecursionError):
            if not self._skip:
                raise
        if self._skip:
            return None
        raise ValueError

    def _read(self, names: list[str]) -> Iterator[Any]:
        """Numbers and text as the lines have them."""
        rows: list[dict[str, Any] | None] = []
        total = 0
        for row, size in self._objects():
            rows.append(row)
            total += size
            if len(rows) == BATCH_ROWS or total >= _BATCH_SIZE:
                yield self._batch(rows, names)
                rows, total = [], 0
        if rows:
            yield self._batch(rows, names)

    def _batch(self, rows: list[dict[str, Any] | None], names: list[str]) -> Any:
        arrays = []
        for name in names:
            values = [None if row is None else row.get(name) for row in rows]
            kind = self._types[name]
            try:
                if pa.types.is_struct(kind):
                    raise TypeError
                arrays.append(pa.array(values, kind))
            except (UnicodeEncodeError, TypeError, pa.ArrowException):
                arrays.append(objects(values, name))
        batch = pa.RecordBatch.from_arrays(arrays, names=names)
        return emptied(batch, np.array([row is None for row in rows])) if self._skip else batch


class _TooMuch(Exception):
    """A line would fill the memory."""


def _lines(text: Any) -> Iterator[str]:
    """Yield lines of so many characters and values at most."""
    while line := text.readline(BLOCK):
        if len(line) == BLOCK and not line.endswith("\n"):
            pieces, size = [line], len(line)
            while more := text.readline(BLOCK):
                pieces.append(more)
                size += len(more)
                if size > MAX_ROW:
                    raise _TooMuch
                if more.endswith("\n"):
                    break
            # No more values than marks before them: some of these may be inside a text.
            if sum(piece.count(mark) for piece in pieces for mark in ",[{") > _MAX_VALUES:
                raise _TooMuch
            line = "".join(pieces)
        yield line


def _json_type(kinds: set[type]) -> Any:
    """The Arrow type of a column by what its values are; cell by cell where they are mixed."""
    known = kinds - {type(None)}
    if known == {int}:
        return pa.int64()
    if known and known <= {int, float}:
        return pa.float64()
    if known == {bool}:
        return pa.bool_()
    return pa.string() if known <= {str} else OBJECTS


def _json_float(text: str) -> float:
    """Read a number; one whose exponent stands for digits that are not there is marked."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    return Lossy(text) if exponent and int(exponent) > digits else float(text)
