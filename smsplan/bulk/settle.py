"""What the whole decides about a row: whether it is a duplicate, and what it costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.bulk.duplicates import Duplicates
from smsplan.bulk.prices import PriceTable
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


def settle(
    planned: pa.RecordBatch, *, duplicates: Duplicates | None, prices: PriceTable | None
) -> pa.RecordBatch:
    """Turn the kernel's rows into a plan's: flag duplicates, then price what is left."""
    columns = dict(zip(planned.schema.names, planned.columns, strict=True))
    if duplicates is not None:
        flags = duplicates.flag(
            columns["recipient"], columns["problem"].is_null().to_numpy(zero_copy_only=False)
        )
        columns["problem"] = pc.if_else(
            pa.array(flags), Problem.DUPLICATE_RECIPIENT.value, columns["problem"]
        )
    sendable = columns["problem"].is_null()
    columns["sendable"] = sendable
    nothing = pa.scalar(0, pa.int32())
    columns["billed_parts"] = pc.if_else(sendable, columns["billed_parts"], nothing)
    columns["note"] = pc.if_else(sendable, columns["note"], pa.scalar(None, pa.string()))
    columns.update(price_columns(columns, prices))
    names = [*COLUMNS, "body"]
    return pa.RecordBatch.from_arrays([columns[name] for name in names], names=names)


def price_columns(columns: dict[str, Any], prices: PriceTable | None) -> dict[str, Any]:
    """Price planned rows: the columns price, currency, cost, and note with or without unpriced.

    What is not sent costs 0, what is sent and has no price costs null: not known.
    """
    sendable = columns["sendable"]
    if prices is None:
        rows = len(sendable)
        return {
            "price": pa.nulls(rows, pa.decimal128(38, 4)),
            "currency": pa.nulls(rows, pa.string()),
            "cost": pa.nulls(rows, pa.decimal128(38, 4)),
            "note": _note(columns["note"], np.zeros(rows, dtype=bool)),
        }
    found = prices.lookup(columns["recipient"], columns["country"])
    parts = columns["billed_parts"].to_numpy(zero_copy_only=False)
    sent = sendable.to_numpy(zero_copy_only=False)
    cost = prices.cost_array(found, parts)
    zero = pa.scalar(0, pa.int64()).cast(cost.type)
    return {
        "price": prices.price_array(found),
        "currency": prices.currency_array(found),
        "cost": pc.if_else(sendable, cost, zero),
        "note": _note(columns["note"], sent & (found < 0)),
    }


def _note(note: pa.Array, unpriced: Any) -> pa.Array:
    """Set or take away the last of the notes."""
    word = Note.UNPRICED.value
    bare = pc.replace_substring_regex(note, rf";?{word}$", "")
    bare = pc.if_else(pc.equal(bare, ""), pa.scalar(None, pa.string()), bare)
    marked = pc.coalesce(pc.binary_join_element_wise(bare, word, ";"), word)
    return pc.if_else(pa.array(unpriced), marked, bare)
