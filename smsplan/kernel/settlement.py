"""What the whole decides about a row: rejected, a duplicate, and what it costs.

:func:`settle` is the one place of this rule. Plans, comparisons, plans that are priced again, other
answers of the API and the cluster all call it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.errors import Note, Problem
from smsplan.kernel.columns import PLAN_COLUMNS, names
from smsplan.kernel.dictionaries import note_bits, note_words, places, words
from smsplan.kernel.duplicates import Flags
from smsplan.kernel.kernel import ENCODINGS, PROBLEMS, Judged
from smsplan.kernel.numbers.ranges import COUNTRIES
from smsplan.kernel.octets import Bits, Ints, Mask
from smsplan.kernel.prices import PriceTable

RANGE = tuple(name for name in names(ranged=True) if name not in names())
# For the totals: the row of the rate card, and whether a dry run would count the row.
HIDDEN = ("rate", "counted")

DUPLICATE = PROBLEMS.index(Problem.DUPLICATE_RECIPIENT)
REJECTED = PROBLEMS.index(Problem.REJECTED_BY_RATE_CARD)
_UNPRICED = np.int32(Note.UNPRICED.bit)


class Flagging(Protocol):
    """What knows duplicates: ``SharedDuplicates``, or what flagged rows say."""

    def flag(self, keys: Ints, sendable: Sequence[Mask], counted: Sequence[Mask]) -> list[Flags]:
        """Return the flags of a batch for each body."""


class AsFlagged(NamedTuple):
    """Duplicates as they are known: which rows of a batch repeat a recipient that is sent to."""

    repeated: Mask

    def flag(self, keys: Ints, sendable: Sequence[Mask], counted: Sequence[Mask]) -> list[Flags]:
        """As :meth:`SharedDuplicates.flag`."""
        return [
            Flags(self.repeated & sent, count & ~self.repeated)
            for sent, count in zip(sendable, counted, strict=True)
        ]


class Settled(NamedTuple):
    """What totals are made of: rows as places in ENCODINGS, COUNTRIES and PROBLEMS."""

    encoding: npt.NDArray[Any]
    parts: npt.NDArray[Any]
    billed: npt.NDArray[Any]
    country: npt.NDArray[Any]
    problem: npt.NDArray[Any]
    note: Bits
    # The row of the rate card, -1 for none; whether a dry run would count the row.
    rate: npt.NDArray[Any]
    counted: npt.NDArray[Any]
    units: npt.NDArray[Any]

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> Settled:
        """Take them from a batch that was settled."""
        rows = judged(batch)
        return cls(
            encoding=rows.encoding,
            parts=rows.parts,
            billed=rows.billed,
            country=places(batch.column("country"), COUNTRIES),
            problem=rows.problem,
            note=rows.note,
            rate=batch.column("rate").to_numpy(),
            counted=batch.column("counted").to_numpy(zero_copy_only=False),
            units=rows.units,
        )


def judged(batch: pa.RecordBatch) -> Judged:
    """Take what the kernel said of rows from its columns, or from those of a plan."""
    return Judged(
        encoding=places(batch.column("encoding"), ENCODINGS).astype(np.int8, copy=False),
        units=batch.column("units").to_numpy(),
        parts=batch.column("number_of_parts").to_numpy(),
        billed=batch.column("billed_parts").to_numpy(zero_copy_only=False),
        problem=places(batch.column("problem"), PROBLEMS).astype(np.int8, copy=False),
        note=note_bits(batch.column("note")),
    )


def settle(
    keys: Ints,
    countries: npt.NDArray[Any],
    bodies: Sequence[Judged],
    *,
    duplicates: Flagging | None,
    prices: PriceTable | None,
    accepted: Mask,
) -> list[Settled]:
    """Decide about the rows of some numbers, for each body: reject, flag duplicates, then price.

    In this order: of the rows of a number to which nothing can be sent none is a duplicate. The
    rows of a plan are settled like the kernel's; their duplicates are known, so ``duplicates`` may
    be None. ``keys`` are the digits of the numbers behind a 1, ``countries`` places in COUNTRIES;
    ``accepted`` says of every problem, and at its end of none, whether a dry run counts the row.
    """
    rate = np.full(len(keys), -1, np.int32) if prices is None else prices.find(keys, countries)
    problems = [rows.problem for rows in bodies]
    if prices is not None and prices.rejects:
        refused = prices.rejected(rate)
        problems = [
            np.where(refused & ((of < 0) | (of == DUPLICATE)), np.int8(REJECTED), of)
            for of in problems
        ]
    counted = [accepted[of] for of in problems]
    if duplicates is not None:
        flags = duplicates.flag(keys, [of < 0 for of in problems], counted)
        problems = [
            np.where(each.sent, np.int8(DUPLICATE), of) if each.sent.any() else of
            for each, of in zip(flags, problems, strict=True)
        ]
        counted = [each.counted for each in flags]
    out = []
    for rows, problem, count in zip(bodies, problems, counted, strict=True):
        sent, note, billed = problem < 0, rows.note, rows.billed
        if problem is not rows.problem:
            note, billed = np.where(sent, note, np.int32(0)), np.where(sent, billed, np.int32(0))
        unpriced = np.zeros(len(keys), bool) if prices is None else sent & (rate < 0)
        out.append(
            Settled(
                encoding=rows.encoding,
                parts=rows.parts,
                billed=billed,
                country=countries,
                problem=problem,
                note=_with_unpriced(note, unpriced),
                rate=rate,
                counted=count,
                units=rows.units,
            )
        )
    return out


def _with_unpriced(note: Bits, unpriced: Mask) -> Bits:
    """Set, or take away, the note that there is no price."""
    if not unpriced.any() and not (note & _UNPRICED).any():
        return note
    return note & ~_UNPRICED | np.where(unpriced, _UNPRICED, np.int32(0))


def settled_rows(
    planned: pa.RecordBatch,
    *,
    duplicates: Flagging | None,
    prices: PriceTable | None,
    accepted: Mask,
) -> tuple[pa.RecordBatch, Settled]:
    """Settle a batch of the kernel's, or of a plan's; return a plan's columns, and what they say.

    Notes are bits still. What is not sent costs 0, what is sent and has no price costs null: not
    known. Where operators decide, ``cost`` is null, and ``RANGE`` says between what it lies.
    """
    columns = dict(zip(planned.schema.names, planned.columns, strict=True))
    key = columns["key"].to_numpy() if "key" in columns else recipient_keys(columns["recipient"])
    before = judged(planned)
    (rows,) = settle(
        key,
        places(columns["country"], COUNTRIES),
        [before],
        duplicates=duplicates,
        prices=prices,
        accepted=accepted,
    )
    sent = rows.problem < 0
    columns["sendable"] = sendable = pa.array(sent)
    columns["counted"] = pa.array(rows.counted)
    columns["rate"] = pa.array(rows.rate)
    if rows.problem is not before.problem:
        columns["problem"] = words(rows.problem, PROBLEMS)
        columns["billed_parts"] = pa.array(rows.billed)
    columns["note"] = pa.array(rows.note)
    if prices is None:
        unknown = pa.nulls(len(sent), pa.decimal128(38, 4))
        columns.update(dict.fromkeys(("price", "cost", *RANGE), unknown))
        columns["currency"] = pa.nulls(len(sent), pa.dictionary(pa.int8(), pa.string()))
    else:
        columns["price"] = prices.price_array(rows.rate)
        columns["currency"] = prices.currency_array(rows.rate)
        costs = prices.cost_arrays(rows.rate, rows.billed)
        for name, cost in zip(("cost", *RANGE), costs, strict=True):
            nothing = pa.scalar(0).cast(cost.type)
            columns[name] = cost if sent.all() else pc.if_else(sendable, cost, nothing)
    made = [name for name in (*PLAN_COLUMNS, *HIDDEN) if name in columns]
    return pa.RecordBatch.from_arrays([columns[name] for name in made], names=made), rows


def in_words(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows as people and files have them: notes are words, not bits."""
    at = rows.schema.get_field_index("note")
    if at < 0:
        return rows
    return rows.set_column(at, "note", note_words(note_bits(rows.column(at))))


def names_with(prices: PriceTable | None, *, bodies: bool) -> tuple[str, ...]:
    """Return the columns of a plan by these prices."""
    return names(ranged=prices is not None and prices.is_ranged, bodies=bodies)


def recipient_keys(recipients: Any) -> npt.NDArray[np.int64]:
    """Return the integers that tell numbers apart: the digits behind a 1, 0 where there is none."""
    one, nothing = (pa.scalar(text, pa.large_string()) for text in ("1", ""))
    joined = pc.binary_join_element_wise(one, recipients.cast(pa.large_string()), nothing)
    keys: npt.NDArray[np.int64] = pc.fill_null(pc.cast(joined, pa.int64()), 0).to_numpy(
        zero_copy_only=False
    )
    return keys
