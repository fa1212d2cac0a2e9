"""Which rows of a plan are at fault where it is above a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.errors import Note
from smsplan.kernel.dictionaries import note_bits, places
from smsplan.kernel.kernel import ENCODINGS
from smsplan.limits import Limits, RowKind


def at_fault(
    batches: Callable[[], Iterable[pa.RecordBatch]], limits: Limits, rows: RowKind
) -> Iterator[int]:
    """Yield the rows of a kind, counted from 1; ``batches`` gives our columns, without a prefix."""
    start = 1
    for batch in batches():
        found = _mask(batch, limits, rows)
        for row in np.flatnonzero(found).tolist():
            yield start + row
        start += batch.num_rows


def _mask(batch: pa.RecordBatch, limits: Limits, rows: RowKind) -> Any:
    sent = pc.is_null(batch.column("problem")).to_numpy(zero_copy_only=False)
    match rows:
        case RowKind.PROBLEM:
            return ~sent
        case RowKind.LONG:
            most = limits.max_parts_per_message or 0
            return sent & (batch.column("number_of_parts").to_numpy(zero_copy_only=False) > most)
        case RowKind.UNPRICED:
            return sent & (note_bits(batch.column("note")) & Note.UNPRICED.bit != 0)
        case RowKind.UNICODE:
            unicode = ENCODINGS.index("UNICODE")
            return sent & (places(batch.column("encoding"), ENCODINGS) == unicode)
        case _:
            known = pa.array(sorted(limits.countries or ()), pa.string())
            countries = batch.column("country").cast(pa.string())
            return sent & ~pc.is_in(countries, known).to_numpy(zero_copy_only=False)
