"""RecordBatch to RecordBatch: what each recipient gets, equal to ``dryruns.py`` row by row.

The kernel sees one batch and no other row: what needs the whole (duplicates, prices, totals) is a
stage of its own behind it. Numbers and texts are planned as whole columns; the few rows that a
column cannot decide are planned one by one, by the reference itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.dryruns import MAX_PARTS, ComposedMessage, Composer
from smsplan.encoding import Encoding
from smsplan.errors import Note, Problem, UnencodableText
from smsplan.kernel.cells import number_cells, text_cells
from smsplan.kernel.dictionaries import words
from smsplan.kernel.numbers.msisdns import Msisdns, read_all
from smsplan.kernel.numbers.ranges import COUNTRIES
from smsplan.kernel.octets import Bits, Ints, Mask
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.texts.composing import Known, TextKernel
from smsplan.kernel.texts.measures import Reasons, Texts
from smsplan.kernel.unreadable_rows import marks

ENCODINGS = tuple(map(str, Encoding))
PROBLEMS = tuple(map(str, Problem))
_WORDS = pa.dictionary(pa.int8(), pa.string())
_COUNTRIES = pa.dictionary(pa.int16(), pa.string())

SCHEMA = pa.schema(
    [
        pa.field("recipient", pa.large_string()),
        pa.field("encoding", _WORDS),
        pa.field("units", pa.int32(), nullable=False),
        pa.field("number_of_parts", pa.int32(), nullable=False),
        # What is billed if no other stage stops the row.
        pa.field("billed_parts", pa.int32(), nullable=False),
        pa.field("country", _COUNTRIES),
        pa.field("problem", _WORDS),
        # Bits; ``settlement.in_words`` makes words of them.
        pa.field("note", pa.int32(), nullable=False),
        pa.field("body", pa.large_string()),
        # The digits of the number behind a 1, 0 where there is none: for the stages behind.
        pa.field("key", pa.int64(), nullable=False),
    ]
)


class Judged(NamedTuple):
    """What a batch's rows are: encoding and problem as places in their texts, -1 for none."""

    encoding: npt.NDArray[np.int8]
    units: npt.NDArray[np.int32]
    parts: npt.NDArray[np.int32]
    # What is billed if no other stage stops the row.
    billed: npt.NDArray[np.int32]
    problem: npt.NDArray[np.int8]
    note: Bits


class Kernel:
    """Plans one batch of recipients at a time; the same input gives the same output anywhere.

    ``row_loop`` counts the rows that were planned one by one.
    """

    def __init__(self, settings: RowSettings, *, numbers: bool = True, texts: bool = True) -> None:
        self.settings = settings
        self.row_loop = 0
        self._with_numbers = numbers
        self._with_texts = texts
        self._composer = Composer(
            settings.message.template,
            settings.profile,
            truncate_concat=settings.message.truncate_concat,
            max_number_of_message_parts=settings.message.max_number_of_message_parts,
            substitution=settings.message.substitution,
            limits=settings.message.limits,
        )
        self.texts = TextKernel(settings, self._composer)
        self.keys = self.texts.keys
        self._by: dict[str, Kernel] = {}
        if settings.message.body_by is not None:
            self._by = {
                value: Kernel(settings.of_body(value), numbers=False)
                for value in settings.message.templates
            }
            self.keys = tuple(
                dict.fromkeys(key for kernel in self._by.values() for key in kernel.keys)
            )

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Plan a batch that has the columns ``settings.needed``; returns the columns of SCHEMA.

        A kernel without numbers or without texts leaves the columns of that half empty.
        """
        numbers = self.read(batch)
        self.row_loop += numbers.alone
        if not self._with_texts:
            return self._without_texts(numbers)
        return self.planned(numbers, self.compose_all(batch), marks(batch))

    def read(self, batch: pa.RecordBatch) -> Msisdns:
        """Read the numbers of a batch."""
        if self._with_numbers:
            cells = number_cells(batch.column(self.settings.reading.to), self.settings.reading.to)
            return read_all(cells, self.settings.reading.region, self.settings.profile)
        rows = batch.num_rows
        return Msisdns(
            pa.nulls(rows, pa.large_string()),
            np.zeros(rows, np.int64),
            np.full(rows, -1, np.int16),
            np.zeros(rows, np.int32),
        )

    def compose_all(self, batch: pa.RecordBatch, known: Known | None = None) -> Texts:
        """Compose the messages of a batch, each value's body for itself.

        ``known``: see :class:`TextKernel`.
        """
        if self._by:
            made = Texts.blank(batch.num_rows, bodies=self.settings.bodies)
            made.no_body[:] = True
            for rows, kernel in self.groups(batch):
                before = kernel.row_loop
                made.scatter(rows, kernel.compose_all(batch.take(pa.array(rows))))
                self.row_loop += kernel.row_loop - before
            return made
        before = self.texts.looped
        texts = self.texts(batch, known)
        self.row_loop += self.texts.looped - before
        alone = np.flatnonzero(texts.alone)
        if len(alone):
            self.row_loop += len(alone)
            self._one_by_one(batch, alone, texts)
        return texts

    @property
    def each(self) -> tuple[Kernel, ...]:
        """The kernels of the bodies; this one where there is one body."""
        return tuple(self._by.values()) or (self,)

    def groups(self, batch: pa.RecordBatch) -> Iterator[tuple[Ints, Kernel]]:
        """Yield the rows of each body; rows whose value has none are in no group."""
        name = self.settings.message.body_by
        if name is None:
            yield np.arange(batch.num_rows), self
            return
        known = pa.array(list(self._by), pa.large_string())
        column = text_cells(batch.column(name), name).text
        chosen = pc.fill_null(pc.index_in(column, known), -1).to_numpy(zero_copy_only=False)
        if "*" in self._by:
            chosen = np.where(chosen < 0, list(self._by).index("*"), chosen)
        for place, kernel in enumerate(self._by.values()):
            rows = np.flatnonzero(chosen == place)
            if len(rows):
                yield rows, kernel

    def _one_by_one(self, batch: pa.RecordBatch, rows: Ints, texts: Texts) -> None:
        """Compose some rows by the reference."""
        bodies = []
        values = self.values(batch.take(pa.array(rows)))
        for row, (each, unencodable) in zip(rows.tolist(), values, strict=True):
            message = None if unencodable else self.compose(each)
            texts.put(row, message)
            bodies.append(None if message is None else message.text)
        if self.settings.bodies:
            texts.bodies = pc.replace_with_mask(
                texts.bodies, pa.array(texts.alone), pa.array(bodies, pa.large_string())
            )

    @property
    def bodies(self) -> Mapping[str, Kernel]:
        """The kernel of each of several bodies (``body_by``), by the value that chooses it."""
        return self._by

    def reasons(self, batch: pa.RecordBatch, known: Known | None = None) -> Reasons:
        """Say why the messages of these rows are Unicode; places are of ``keys``."""
        if self._by:
            merged = Reasons.blank(batch.num_rows)
            for rows, kernel in self.groups(batch):
                some = kernel.reasons(batch.take(pa.array(rows)))
                order = [self.keys.index(key) for key in kernel.keys]
                merged = merged.with_rows(rows, some, order)
            return merged
        return self.texts.reasons(batch, known)

    def last_units(self, batch: pa.RecordBatch, *, gsm: bool) -> Ints:
        """Return the units in the last part of messages of one encoding."""
        if not self._by:
            return self.texts.last_units(batch, gsm=gsm)
        units = np.zeros(batch.num_rows, np.int64)
        for rows, kernel in self.groups(batch):
            units[rows] = kernel.last_units(batch.take(pa.array(rows)), gsm=gsm)
        return units

    def compose(self, values: dict[str, str]) -> ComposedMessage | None:
        """Compose one message by the reference; None where its text cannot be encoded."""
        with suppress(UnencodableText):
            return self._composer({**self.settings.message.defaults, **values})
        return None

    def sent(
        self, batch: pa.RecordBatch, values: list[tuple[dict[str, str], bool]]
    ) -> list[str | None]:
        """Return what the texts of rows with these values are replaced by; null: nothing is."""
        if self.settings.message.substitution is None:
            return [None] * batch.num_rows
        texts, alone = self.texts.sent(batch)
        for row in np.flatnonzero(alone).tolist():
            own, unencodable = values[row]
            if not unencodable:
                texts[row] = self._composer.sent({**self.settings.message.defaults, **own})
        return texts

    def values(self, batch: pa.RecordBatch) -> list[tuple[dict[str, str], bool]]:
        """The values of each row, absent ones left out, and whether one cannot be encoded."""
        keys = [
            key
            for key in self.settings.message.template.parameters
            if key in self.settings.reading.columns
        ]
        cells = [
            text_cells(
                batch.column(self.settings.reading.columns[key]), self.settings.reading.columns[key]
            )
            for key in keys
        ]
        out: list[tuple[dict[str, str], bool]] = [({}, False) for _ in range(batch.num_rows)]
        for key, cell in zip(keys, cells, strict=True):
            texts, marks = cell.text.to_pylist(), cell.unencodable.to_pylist()
            for row, (text, mark) in enumerate(zip(texts, marks, strict=True)):
                values, unencodable = out[row]
                if text is not None:
                    values[key] = text
                out[row] = values, unencodable or mark
        return out

    def planned(self, numbers: Msisdns, texts: Texts, unreadable: Mask) -> pa.RecordBatch:
        """Find problems and notes, and make the columns."""
        made = self.judged(numbers, texts, unreadable)
        bodies = texts.bodies
        if bodies is None:
            bodies = pa.nulls(len(made.problem), pa.large_string())
        elif (made.encoding < 0).any():
            bodies = pc.if_else(pa.array(made.encoding < 0), None, bodies)
        return pa.RecordBatch.from_arrays(
            [
                numbers.recipients,
                words(made.encoding, ENCODINGS),
                pa.array(made.units),
                pa.array(made.parts),
                pa.array(made.billed),
                words(numbers.countries, COUNTRIES),
                words(made.problem, PROBLEMS),
                pa.array(made.note),
                bodies,
                pa.array(numbers.keys),
            ],
            schema=SCHEMA,
        )

    def judged(self, numbers: Msisdns, texts: Texts, unreadable: Mask) -> Judged:
        """Find problems and notes."""
        limit = self.settings.message.max_number_of_message_parts
        problems: list[tuple[Problem, Mask]] = [
            (Problem.UNREADABLE, unreadable),
            (Problem.INVALID_NUMBER, (numbers.keys == 0) & self._with_numbers),
            (Problem.NO_BODY, texts.no_body),
            (Problem.UNENCODABLE_TEXT, texts.unencodable),
            (Problem.VALUE_TOO_LONG, texts.too_long),
            (Problem.UNMATCHED_PARAMETER, texts.unmatched),
            (Problem.OVER_255_PARTS, texts.billed > MAX_PARTS),
        ]
        if limit is not None:
            problems.append((Problem.EXCEEDED_PARTS_LIMIT, texts.billed > limit))
        problem = np.full(len(texts.gsm), -1, np.int8)
        for code, mask in reversed(problems):
            if mask.any():
                problem[mask] = PROBLEMS.index(code)
        sent = problem < 0
        notes = numbers.notes
        for note, mask in (
            (Note.DEFAULT_USED, texts.default_used),
            (Note.SHORTENED, texts.shortened),
            (Note.SUBSTITUTED, texts.substituted),
            (Note.TRUNCATED, texts.truncated),
        ):
            if mask.any():
                notes = notes | np.where(mask, np.int32(note.bit), np.int32(0))
        encoding = np.where(texts.gsm, np.int8(0), np.int8(1))
        units, parts = texts.units, texts.parts
        nothing = texts.unencodable | texts.no_body | unreadable
        if nothing.any():
            encoding[nothing] = -1
            units, parts = (np.where(nothing, 0, counts) for counts in (units, parts))
        billed = texts.billed
        if not sent.all():
            notes, billed = np.where(sent, notes, np.int32(0)), np.where(sent, billed, 0)
        return Judged(
            encoding=encoding,
            units=units.astype(np.int32),
            parts=parts.astype(np.int32),
            billed=billed.astype(np.int32),
            problem=problem,
            note=notes,
        )

    def _without_texts(self, numbers: Msisdns) -> pa.RecordBatch:
        rows = len(numbers.keys)
        columns: dict[str, Any] = {
            "recipient": numbers.recipients,
            "country": words(numbers.countries, COUNTRIES),
            "key": pa.array(numbers.keys),
        }
        for field in SCHEMA:
            if field.name not in columns:
                columns[field.name] = (
                    pa.nulls(rows, field.type)
                    if field.nullable
                    else pa.array(np.zeros(rows, np.int32))
                )
        return pa.RecordBatch.from_arrays([columns[name] for name in SCHEMA.names], schema=SCHEMA)
