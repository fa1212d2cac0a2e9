"""What the whole decides about a row: whether it is a duplicate, and what it costs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.bulk.duplicates import Duplicates
from smsplan.bulk.kernel import NOTE_PLACES, NOTE_TEXTS, PROBLEMS
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
# For the totals: the row of the rate card, and whether a dry run would count the row.
HIDDEN = ("rate", "counted")

# What no other row and no price has a say in.
_KERNEL_DECIDES = frozenset(
    {"recipient", "encoding", "units", "number_of_parts", "country", "body"}
)
_DUPLICATE = PROBLEMS.index(Problem.DUPLICATE_RECIPIENT)
_UNPRICED = note_bit(Note.UNPRICED)
_NOTE_BITS = np.array(
    [sum(note_bit(note) for note in NOTES if note in text.split(";")) for text in NOTE_TEXTS] + [0],
    np.int16,
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
    counted = accepted[problem]
    if duplicates is not None:
        keys = columns["key"].to_numpy()
        repeated = duplicates.flag(keys, problem < 0, counted)
        if repeated.sent.any():
            problem = np.where(repeated.sent, np.int8(_DUPLICATE), problem)
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
    names = [*COLUMNS, "body", *HIDDEN]
    return pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)


def price_columns(columns: dict[str, Any], prices: PriceTable | None) -> dict[str, Any]:
    """Price planned rows: price, currency, cost, rate, and note with or without unpriced.

    What is not sent costs 0, what is sent and has no price costs null: not known.
    """
    sendable = columns["sendable"]
    rows = len(sendable)
    noted = _NOTE_BITS[places(columns["note"], NOTE_TEXTS)]
    if prices is None:
        return {
            "price": pa.nulls(rows, pa.decimal128(38, 4)),
            "currency": pa.nulls(rows, pa.dictionary(pa.int8(), pa.string())),
            "cost": pa.nulls(rows, pa.decimal128(38, 4)),
            "note": _notes(columns["note"], noted, np.zeros(rows, dtype=bool)),
            "rate": pa.array(np.full(rows, -1, np.int32)),
        }
    keys = columns["key"].to_numpy() if "key" in columns else recipient_keys(columns["recipient"])
    found = prices.find(keys, places(columns["country"], COUNTRIES))
    parts = columns["billed_parts"].to_numpy(zero_copy_only=False)
    sent = sendable.to_numpy(zero_copy_only=False)
    cost = prices.cost_array(found, parts)
    if not sent.all():
        cost = pc.if_else(sendable, cost, pa.scalar(0, pa.int64()).cast(cost.type))
    return {
        "price": prices.price_array(found),
        "currency": prices.currency_array(found),
        "cost": cost,
        "note": _notes(columns["note"], noted, sent & (found < 0)),
        "rate": pa.array(found),
    }


def recipient_keys(recipients: Any) -> npt.NDArray[np.int64]:
    """Return the integers that tell numbers apart: the digits behind a 1, 0 where there is none."""
    one, nothing = (pa.scalar(text, pa.large_string()) for text in ("1", ""))
    joined = pc.binary_join_element_wise(one, recipients.cast(pa.large_string()), nothing)
    keys: npt.NDArray[np.int64] = pc.fill_null(pc.cast(joined, pa.int64()), 0).to_numpy(
        zero_copy_only=False
    )
    return keys


def _notes(column: Any, noted: npt.NDArray[np.int16], unpriced: npt.NDArray[np.bool_]) -> Any:
    """Set or take away the last of the notes."""
    new = noted & ~np.int16(_UNPRICED)
    if unpriced.any():
        new = new | np.where(unpriced, np.int16(_UNPRICED), np.int16(0))
    if pa.types.is_dictionary(column.type) and np.array_equal(new, noted):
        return column
    return words(NOTE_PLACES[new], NOTE_TEXTS)
