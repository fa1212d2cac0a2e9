"""Several bodies over the same recipients: numbers are read once, texts once for each body.

What one number is to another (duplicates) and to a rate card is asked once where it is the same for
several bodies. Of each body comes what totals are made of, as ``settle`` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from smsplan.kernel.duplicates import duplicates_of
from smsplan.kernel.kernel import Judged, Kernel
from smsplan.kernel.numbers.msisdns import Msisdns
from smsplan.kernel.octets import Mask
from smsplan.kernel.prices import PriceTable
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.settlement import Settled, settle
from smsplan.kernel.texts.composing import Known
from smsplan.kernel.unreadable_rows import marks
from smsplan.lists.source import Source
from smsplan.lists.threads import ahead


class Composed(NamedTuple):
    """A batch of recipients, its numbers, and what the kernel says of it for each body."""

    batch: pa.RecordBatch
    numbers: Msisdns
    judged: Sequence[Judged]


class Variants:
    """Plans one source under several settings that differ in the body alone."""

    def __init__(
        self,
        source: Source,
        settings: Sequence[RowSettings],
        prices: PriceTable | None,
        accepted: Mask,
    ) -> None:
        """``accepted``: see ``settle``."""
        self.kernels = [Kernel(each) for each in settings]
        self._source = source
        self._first = settings[0]
        self._prices = prices
        self._accepted = accepted
        self._duplicates = None
        if self._first.reading.duplicates == "flag":
            self._duplicates = duplicates_of(source, self._first, len(settings))

    def __iter__(self) -> Iterator[tuple[pa.RecordBatch, list[Settled]]]:
        """Yield each batch of the source, and what its rows are for each body."""
        every = [
            self._first.reading.to,
            *(name for one in self.kernels for name in one.settings.needed),
        ]
        needed = [name for name in dict.fromkeys(every) if name in self._source.columns]
        batches = self._source.batches(needed)
        composed = self._composed(ahead(batches) if self._source.path else batches)
        # As for a plan: not of a caller's stream, which may know no thread but the caller's.
        own = self._source.in_memory or (self._source.path and pa.cpu_count() > 2)
        for each in ahead(composed) if own else composed:
            settled = settle(
                each.numbers.keys,
                each.numbers.countries,
                each.judged,
                duplicates=self._duplicates,
                prices=self._prices,
                accepted=self._accepted,
            )
            yield each.batch, settled

    def _composed(self, batches: Iterable[pa.RecordBatch]) -> Iterator[Composed]:
        for batch in batches:
            numbers = self.kernels[0].read(batch)
            unreadable = marks(batch)
            known: Known = {}
            judged = [
                kernel.judged(numbers, kernel.compose_all(batch, known), unreadable)
                for kernel in self.kernels
            ]
            yield Composed(batch, numbers, judged)
