"""What insight reads of a plan: its rows once more, batch by batch, and what they were made by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.kernel.prices import PriceTable
    from smsplan.kernel.settings import RowSettings
    from smsplan.ratecards import Terms
    from smsplan.totals.summary import Summary


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan as insight sees it.

    ``batches`` yields, each time it is called, all rows in order: a batch of the caller's columns
    that the plan reads (``settings.needed``), and one of ours beside it, without a prefix: the
    columns of a plan, ``cost_low``, ``cost_high`` and ``rate``, the place of each row in ``prices``
    (-1: no price); ``note`` has bits. ``prices`` and ``terms``, which they were made of, are None
    where no rates were given.
    """

    settings: RowSettings
    prices: PriceTable | None
    summary: Summary
    batches: Callable[[], Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]]
    terms: Terms | None = None
