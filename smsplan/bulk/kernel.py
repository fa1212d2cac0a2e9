"""RecordBatch to RecordBatch: what each recipient gets, equal to ``dryruns.py`` row by row.

The kernel sees one batch and no other row: what needs the whole (duplicates, prices, totals) is a
stage of its own behind it. It takes the caller's columns as they come and gives one row a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import repeat
from typing import Any, NamedTuple

import pyarrow as pa

from smsplan.batches import msisdn
from smsplan.bulk.cells import number_cells, text_cells
from smsplan.bulk.options import Options
from smsplan.dryruns import Composer, Message
from smsplan.errors import Note, Problem, UnencodableText
from smsplan.numbers import Grade, country, grade, read

SCHEMA = pa.schema(
    [
        pa.field("recipient", pa.string()),
        pa.field("encoding", pa.string()),
        pa.field("units", pa.int32(), nullable=False),
        pa.field("number_of_parts", pa.int32(), nullable=False),
        # What is billed if no other stage stops the row.
        pa.field("billed_parts", pa.int32(), nullable=False),
        pa.field("country", pa.string()),
        pa.field("problem", pa.string()),
        pa.field("note", pa.string()),
        pa.field("body", pa.large_string()),
    ]
)


class _Number(NamedTuple):
    """What a cell of the number column stands for."""

    recipient: str | None
    country: str | None
    notes: tuple[Note, ...]


class Kernel:
    """Plans one batch of recipients at a time; the same input gives the same output anywhere."""

    def __init__(self, options: Options, *, numbers: bool = True, texts: bool = True) -> None:
        self.options = options
        self._with_numbers = numbers
        self._with_texts = texts
        self.parameters = options.template.parameters
        self._composer = Composer(
            options.template,
            options.profile,
            truncate_concat=options.truncate_concat,
            max_number_of_message_parts=options.max_number_of_message_parts,
        )

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Plan a batch that has the columns ``options.needed``; returns the columns of SCHEMA.

        A kernel without numbers or without texts leaves the columns of that half empty.
        """
        rows = [
            self._row(number, values)
            for number, values in zip(self._numbers(batch), self._values(batch), strict=True)
        ]
        columns: tuple[Any, ...] = tuple(zip(*rows, strict=True)) or ((),) * len(SCHEMA)
        return pa.RecordBatch.from_arrays(
            [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)],
            schema=SCHEMA,
        )

    def texts(self, batch: pa.RecordBatch) -> Iterator[tuple[dict[str, str], Message] | None]:
        """The values and the message of each row; None where the text cannot be encoded."""
        for values, unencodable in self._values(batch):
            yield None if unencodable else (values, self._compose(values))

    def parts(self, text: str) -> int:
        """Return the number of parts of a text, by the plan's profile."""
        return self._composer.measure(text).number_of_parts

    def _compose(self, values: dict[str, str]) -> Message:
        return self._composer({**self.options.defaults, **values})

    def _numbers(self, batch: pa.RecordBatch) -> Iterator[_Number]:
        if not self._with_numbers:
            yield from repeat(_Number(None, None, ()), batch.num_rows)
            return
        cells = number_cells(batch.column(self.options.to), self.options.to)
        for text, repaired in zip(cells.text.to_pylist(), cells.repaired.to_pylist(), strict=True):
            yield self._number(text, repaired)

    def _number(self, text: str | None, repaired: bool) -> _Number:
        if text is None:
            return _Number(None, None, ())
        reading = read(text, region=self.options.region)
        recipient = None
        if reading.msisdn is not None:
            recipient = msisdn(reading.msisdn, self.options.profile)
        if recipient is None:
            return _Number(None, None, ())
        notes = []
        if repaired or reading.repaired:
            notes.append(Note.REPAIRED)
        if reading.national:
            notes.append(Note.NATIONAL)
        elif recipient.startswith("0"):
            notes.append(Note.LOOKS_NATIONAL)
        match grade(recipient):
            case Grade.FICTITIOUS:
                notes.append(Note.FICTITIOUS)
            case Grade.POSSIBLE | Grade.INVALID:
                notes.append(Note.DOUBTFUL)
        return _Number(recipient, country(recipient), tuple(notes))

    def _values(self, batch: pa.RecordBatch) -> Iterator[tuple[dict[str, str], bool]]:
        """The values of each row, absent ones left out, and whether one cannot be encoded."""
        keys = [key for key in self.parameters if key in self.options.columns and self._with_texts]
        cells = [
            text_cells(batch.column(self.options.columns[key]), self.options.columns[key])
            for key in keys
        ]
        if not cells:
            yield from repeat(({}, False), batch.num_rows)
            return
        texts = [cell.text.to_pylist() for cell in cells]
        marks = [cell.unencodable.to_pylist() for cell in cells]
        for row, bad in zip(zip(*texts, strict=True), zip(*marks, strict=True), strict=True):
            yield (
                {key: text for key, text in zip(keys, row, strict=True) if text is not None},
                any(bad),
            )

    def _row(self, number: _Number, cells: tuple[dict[str, str], bool]) -> tuple[Any, ...]:
        if not self._with_texts:
            return (number.recipient, None, 0, 0, 0, number.country, None, None, None)
        values, unencodable = cells
        invalid = Problem.INVALID_NUMBER if number.recipient is None else None
        message = None
        if not unencodable:
            with suppress(UnencodableText):
                message = self._compose(values)
        if message is None:
            problem: Problem | None = invalid or Problem.UNENCODABLE_TEXT
            return (number.recipient, None, 0, 0, 0, number.country, problem, None, None)
        problem = invalid or self._too_long(values) or message.problem
        return (
            number.recipient,
            message.encoding,
            message.units,
            message.number_of_parts,
            0 if problem else message.billed_parts,
            number.country,
            problem,
            None if problem else self._note(number, values, message),
            message.text if self.options.bodies else None,
        )

    def _too_long(self, values: dict[str, str]) -> Problem | None:
        limit = self.options.profile.value_limit
        if limit is None:
            return None
        wide = self.options.profile.length_unit == "utf16"
        for value in values.values():
            length = len(value)
            if wide and 2 * length > limit:
                length += sum(character > "\uffff" for character in value)
            if length > limit:
                return Problem.VALUE_TOO_LONG
        return None

    def _note(self, number: _Number, values: dict[str, str], message: Message) -> str | None:
        notes = list(number.notes)
        if any(key not in values for key in self.options.columns):
            notes.append(Note.DEFAULT_USED)
        if message.substituted:
            notes.append(Note.SUBSTITUTED)
        if message.truncated:
            notes.append(Note.TRUNCATED)
        return ";".join(notes) or None
