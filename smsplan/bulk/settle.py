"""What the whole decides about a row: whether it is a duplicate, and what it costs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.bulk.duplicates import Duplicates
from smsplan.bulk.kernel import ENCODINGS, NOTE_PLACES, NOTE_TEXTS, PROBLEMS
from smsplan.bulk.msisdns import NOTES, note_bit
from smsplan.bulk.prices import PriceTable
from smsplan.bulk.ranges import COUNTRIES
from smsplan.bulk.words import places, words
from smsplan.errors import Note, Problem

COLUMNS = (
    "recipient",
    "encoding",
    "units",
    "number_of_parts",
    "sendable",
    "billed_parts",
    "country",
    "price",
    "currency",
    "cost",
    "problem",
    "note",
)
# Where operators decide the cost: behind it.
RANGE = ("cost_low", "cost_high")
# For the totals: the row of the rate card, and whether a dry run would count the row.
HIDDEN = ("rate", "counted")

# What no other row and no price has a say in.
_KERNEL_DECIDES = frozenset(
    {"recipient", "encoding", "units", "number_of_parts", "country", "body"}
)
DUPLICATE = PROBLEMS.index(Problem.DUPLICATE_RECIPIENT)
REJECTED = PROBLEMS.index(Problem.REJECTED_BY_RATE_CARD)
_UNPRICED = note_bit(Note.UNPRICED)
_NOTE_BITS = np.array(
    [sum(note_bit(note) for note in NOTES if note in text.split(";")) for text in NOTE_TEXTS] + [0],
    np.int16,
)


class Settled(NamedTuple):
    """What totals are made of: rows as places in ENCODINGS, COUNTRIES, PROBLEMS and NOTE_TEXTS."""

    encoding: npt.NDArray[Any]
    parts: npt.NDArray[Any]
    billed: npt.NDArray[Any]
    country: npt.NDArray[Any]
    problem: npt.NDArray[Any]
    note: npt.NDArray[Any]
    # The row of the rate card, -1 for none; whether a dry run would count the row.
    rate: npt.NDArray[Any]
    counted: npt.NDArray[Any]
    units: npt.NDArray[Any]

    @classmethod
    def of(cls, batch: pa.RecordBatch) -> Settled:
        """Take them from a batch that was settled."""
        return cls(
            encoding=places(batch.column("encoding"), ENCODINGS),
            parts=batch.column("number_of_parts").to_numpy(),
            billed=batch.column("billed_parts").to_numpy(),
            country=places(batch.column("country"), COUNTRIES),
            problem=places(batch.column("problem"), PROBLEMS),
            note=places(batch.column("note"), NOTE_TEXTS),
            rate=batch.column("rate").to_numpy(),
            counted=batch.column("counted").to_numpy(zero_copy_only=False),
            units=batch.column("units").to_numpy(),
        )


def settle(
    planned: pa.RecordBatch,
    *,
    duplicates: Duplicates | None,
    prices: PriceTable | None,
    accepted: npt.NDArray[np.bool_],
    only: Collection[str] | None = None,
) -> pa.RecordBatch:
    """Turn the kernel's rows into a plan's: flag duplicates, then price what is left.

    ``accepted`` says of every problem, and at its end of none, whether a dry run counts the row.
    ``only``: the columns that are asked for; where the kernel has them all, nothing is to be done.
    """
    columns = dict(zip(planned.schema.names, planned.columns, strict=True))
    if only is not None and _KERNEL_DECIDES.issuperset(only):
        return planned.select(list(only))
    problem = places(columns["problem"], PROBLEMS)
    if prices is not None and prices.rejects:
        # First: of the rows of a number to which nothing can be sent none is a duplicate.
        found = prices.find(columns["key"].to_numpy(), places(columns["country"], COUNTRIES))
        refused = prices.rejected(found) & (problem < 0)
        problem = np.where(refused, np.int8(REJECTED), problem)
        columns["problem"] = words(problem, PROBLEMS)
    counted = accepted[problem]
    if duplicates is not None:
        keys = columns["key"].to_numpy()
        repeated = duplicates.flag(keys, problem < 0, counted)
        if repeated.sent.any():
            problem = np.where(repeated.sent, np.int8(DUPLICATE), problem)
            columns["problem"] = words(problem, PROBLEMS)
        counted = repeated.counted
    sendable = problem < 0
    columns["sendable"] = pa.array(sendable)
    columns["counted"] = pa.array(counted)
    if not sendable.all():
        billed = columns["billed_parts"].to_numpy()
        columns["billed_parts"] = pa.array(np.where(sendable, billed, np.int32(0)))
        noted = places(columns["note"], NOTE_TEXTS)
        columns["note"] = words(np.where(sendable, noted, np.int16(-1)), NOTE_TEXTS)
    columns.update(price_columns(columns, prices))
    names = [*COLUMNS, *RANGE, "body", *HIDDEN]
    return pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)


def names_with(prices: PriceTable | None) -> tuple[str, ...]:
    """Return the columns of a plan by these prices, without the body."""
    if prices is None or not prices.is_ranged:
        return COLUMNS
    behind = COLUMNS.index("cost") + 1
    return (*COLUMNS[:behind], *RANGE, *COLUMNS[behind:])


def price_columns(columns: dict[str, Any], prices: PriceTable | None) -> dict[str, Any]:
    """Price planned rows: price, currency, cost, rate, and note with or without unpriced.

    What is not sent costs 0, what is sent and has no price costs null: not known. A number that the
    rate card rejects is not sent to. Where operators decide, ``cost`` is null, and the columns of
    ``RANGE`` say between what it lies.
    """
    sendable = columns["sendable"]
    rows = len(sendable)
    if prices is None:
        noted = _NOTE_BITS[places(columns["note"], NOTE_TEXTS)]
        unknown = pa.nulls(rows, pa.decimal128(38, 4))
        return {
            "price": unknown,
            "currency": pa.nulls(rows, pa.dictionary(pa.int8(), pa.string())),
            **dict.fromkeys(("cost", *RANGE), unknown),
            "note": _notes(columns["note"], noted, np.zeros(rows, dtype=bool)),
            "rate": pa.array(np.full(rows, -1, np.int32)),
        }
    keys = columns["key"].to_numpy() if "key" in columns else recipient_keys(columns["recipient"])
    found = prices.find(keys, places(columns["country"], COUNTRIES))
    sent = sendable.to_numpy(zero_copy_only=False)
    rejected = prices.rejected(found)
    changed: dict[str, Any] = {}
    if (rejected & sent).any():
        changed = _rejected(columns, rejected & sent)
        columns = {**columns, **changed}
        sendable, sent = columns["sendable"], sent & ~rejected
    noted = _NOTE_BITS[places(columns["note"], NOTE_TEXTS)]
    parts = columns["billed_parts"].to_numpy(zero_copy_only=False)

    def of_sent(cost: Any) -> Any:
        return cost if sent.all() else pc.if_else(sendable, cost, pa.scalar(0).cast(cost.type))

    cost, least, most = map(of_sent, prices.cost_arrays(found, parts))
    return {
        **changed,
        "price": prices.price_array(found),
        "currency": prices.currency_array(found),
        "cost": cost,
        "cost_low": least,
        "cost_high": most,
        "note": _notes(columns["note"], noted, sent & (found < 0)),
        "rate": pa.array(found),
    }


def _rejected(columns: dict[str, Any], rejected: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Leave out the rows that the rate card rejects."""
    problem = np.where(rejected, np.int8(REJECTED), places(columns["problem"], PROBLEMS))
    billed = columns["billed_parts"].to_numpy(zero_copy_only=False)
    noted = places(columns["note"], NOTE_TEXTS)
    return {
        "problem": words(problem, PROBLEMS),
        "sendable": pa.array(problem < 0),
        "billed_parts": pa.array(np.where(rejected, np.int32(0), billed)),
        "note": words(np.where(rejected, np.int16(-1), noted), NOTE_TEXTS),
    }


def recipient_keys(recipients: Any) -> npt.NDArray[np.int64]:
    """Return the integers that tell numbers apart: the digits behind a 1, 0 where there is none."""
    one, nothing = (pa.scalar(text, pa.large_string()) for text in ("1", ""))
    joined = pc.binary_join_element_wise(one, recipients.cast(pa.large_string()), nothing)
    keys: npt.NDArray[np.int64] = pc.fill_null(pc.cast(joined, pa.int64()), 0).to_numpy(
        zero_copy_only=False
    )
    return keys


def unpriced_notes(
    note: npt.NDArray[np.int16], unpriced: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int16]:
    """Return the places of the notes of rows, of which some have no price."""
    if not unpriced.any():
        return note
    return np.where(unpriced, NOTE_PLACES[_NOTE_BITS[note] | np.int16(_UNPRICED)], note)


def _notes(column: Any, noted: npt.NDArray[np.int16], unpriced: npt.NDArray[np.bool_]) -> Any:
    """Set or take away the last of the notes."""
    new = noted & ~np.int16(_UNPRICED)
    if unpriced.any():
        new = new | np.where(unpriced, np.int16(_UNPRICED), np.int16(0))
    if pa.types.is_dictionary(column.type) and np.array_equal(new, noted):
        return column
    return words(NOTE_PLACES[new], NOTE_TEXTS)
