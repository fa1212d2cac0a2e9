"""Several bodies over the same recipients: numbers are read once, texts once for each body.

What one number is to another (duplicates) and to a rate card is asked once where it is the same for
several bodies. Of each body comes what totals are made of, as ``settle`` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from smsplan.bulk.duplicates import OF_A_FILE, OF_A_FRAME, Duplicates, Flags
from smsplan.bulk.frames import Source
from smsplan.bulk.kernel import Judged, Kernel
from smsplan.bulk.msisdns import Msisdns
from smsplan.bulk.octets import Ints, Mask
from smsplan.bulk.options import Options
from smsplan.bulk.pipeline import ahead
from smsplan.bulk.prices import PriceTable
from smsplan.bulk.settle import DUPLICATE, REJECTED, Settled, unpriced_notes
from smsplan.bulk.texts import Known
from smsplan.bulk.unreadable import marks


class Composed(NamedTuple):
    """A batch of recipients, its numbers, and what the kernel says of it for each body."""

    batch: pa.RecordBatch
    numbers: Msisdns
    judged: Sequence[Judged]


class Variants:
    """Plans one source under several options that differ in the body alone."""

    def __init__(
        self,
        source: Source,
        options: Sequence[Options],
        prices: PriceTable | None,
        accepted: Mask,
    ) -> None:
        """``accepted``: see ``settle``."""
        self.kernels = [Kernel(each) for each in options]
        self._source = source
        self._first = options[0]
        self._prices = prices
        self._accepted = accepted
        self._duplicates = None
        if self._first.duplicates == "flag":
            duplicates = Duplicates(
                merged=self._first.profile.duplicates == "merged",
                column=self._keys if source.replayable else None,
                remembered=OF_A_FRAME if source.path is None else OF_A_FILE,
            )
            self._duplicates = Shared(duplicates, len(options))

    def __iter__(self) -> Iterator[tuple[pa.RecordBatch, list[Settled]]]:
        """Yield each batch of the source, and what its rows are for each body."""
        every = [self._first.to, *(name for one in self.kernels for name in one.options.needed)]
        needed = [name for name in dict.fromkeys(every) if name in self._source.columns]
        batches = self._source.batches(needed)
        composed = self._composed(ahead(batches) if self._source.path else batches)
        # As for a plan: not of a caller's stream, which may know no thread but the caller's.
        own = self._source.in_memory or (self._source.path and pa.cpu_count() > 2)
        for each in ahead(composed) if own else composed:
            yield each.batch, self._settled(each)

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

    def _keys(self) -> Iterator[Ints]:
        """Read the column of numbers alone."""
        for batch in self._source.batches([self._first.to]):
            yield self.kernels[0].read(batch).keys

    def _settled(self, each: Composed) -> list[Settled]:
        """Flag duplicates and find prices, as ``settle`` does, for every body."""
        keys, countries = each.numbers.keys, each.numbers.countries
        rate, refused = np.full(len(keys), -1, np.int32), None
        if self._prices is not None:
            rate = self._prices.find(keys, countries)
            # Before duplicates: of the rows of a number to which nothing can be sent none is one.
            refused = self._prices.rejected(rate) if self._prices.rejects else None
        problems = [one.problem for one in each.judged]
        if refused is not None:
            problems = [
                np.where(refused & (problem < 0), np.int8(REJECTED), problem)
                for problem in problems
            ]
        counted = [self._accepted[problem] for problem in problems]
        if self._duplicates is not None:
            sendable = [problem < 0 for problem in problems]
            flags = self._duplicates.flag(keys, sendable, counted)
            problems = [
                np.where(flag.sent, np.int8(DUPLICATE), problem)
                for flag, problem in zip(flags, problems, strict=True)
            ]
            counted = [flag.counted for flag in flags]
        out = []
        for one, problem, count in zip(each.judged, problems, counted, strict=True):
            sent = problem < 0
            note = np.where(sent, one.note, np.int16(-1))
            if self._prices is not None:
                note = unpriced_notes(note, sent & (rate < 0))
            out.append(
                Settled(
                    encoding=one.encoding,
                    parts=one.parts,
                    billed=np.where(sent, one.billed, np.int32(0)),
                    country=countries,
                    problem=problem,
                    note=note,
                    rate=rate,
                    counted=count,
                    units=one.units,
                )
            )
        return out


class Shared:
    """The duplicates of several bodies, looked for once as long as the same rows are sent."""

    def __init__(self, duplicates: Duplicates, bodies: int) -> None:
        self._groups = [(duplicates, list(range(bodies)))]

    def flag(self, keys: Ints, sendable: Sequence[Mask], counted: Sequence[Mask]) -> list[Flags]:
        """Return the flags of a batch for each body: those of :meth:`Duplicates.flag`."""
        found: dict[int, Flags] = {}
        groups = []
        for duplicates, members in self._groups:
            alike = _alike(members, sendable, counted)
            # Before anything is flagged: up to here they have seen the same.
            copies = [duplicates, *(duplicates.copy() for _ in alike[1:])]
            for own, some in zip(copies, alike, strict=True):
                flags = own.flag(keys, sendable[some[0]], counted[some[0]])
                found.update(dict.fromkeys(some, flags))
                groups.append((own, some))
        self._groups = groups
        return [found[place] for place in range(len(sendable))]


def _alike(members: list[int], *masks: Sequence[Mask]) -> list[list[int]]:
    """Put those together of which the same rows are sent and counted."""
    groups: list[list[int]] = []
    for member in members:
        for group in groups:
            if all(np.array_equal(mask[member], mask[group[0]]) for mask in masks):
                group.append(member)
                break
        else:
            groups.append([member])
    return groups
