"""Alterations of messages of which sums do not decide: the kernel plans them, once for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from smsplan.kernel.cells import text_cells
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.octets import Ints
from smsplan.whatif.step_counts import Changes, StepTally
from smsplan.whatif.template_edits import Wording

# No key has a name like that; without parameters a batch has no column else.
_NO_KEY = " "


class AlteredRows:
    """Counts alterations of the distinct rows of a batch: slow, and right whatever the profile."""

    def __init__(self, wording: Wording, points: range) -> None:
        self._wording = wording
        self._points = points
        # Two keys may have one column, and alterations of one of them do not concern the other.
        columns = {key: key for key in wording.settings.reading.columns}
        reading = replace(wording.settings.reading, columns=columns)
        self._settings = replace(wording.settings, reading=reading, bodies=False)
        self._kernels: dict[int, Kernel] = {}

    def add(
        self,
        batch: pa.RecordBatch,
        places: Ints,
        billed: Ints,
        longest: Mapping[str, int],
        tally: StepTally,
    ) -> None:
        """Count the alterations of rows that are sent; ``longest`` are the values of each key."""
        settings = self._wording.settings
        texts = {
            key: text_cells(batch.column(name), name).text.cast(pa.large_string())
            for key, name in settings.reading.columns.items()
        }
        mixed = np.zeros(batch.num_rows, np.int64)
        for text in texts.values():
            codes = text.dictionary_encode(null_encoding="encode").indices.to_numpy()
            _, mixed = np.unique(mixed * (int(codes.max()) + 1) + codes, return_inverse=True)
        radix = int(places.max()) + 1
        kinds, first, rows = np.unique(
            mixed * radix + places, return_index=True, return_counts=True
        )
        _, row, pair = np.unique(kinds // radix, return_index=True, return_inverse=True)
        one = first[row]
        values = {key: text.take(pa.array(one)) for key, text in texts.items()}
        place = kinds % radix

        def follow(changes: Changes, along: Iterator[Ints]) -> None:
            before = np.zeros(len(one), np.int64)
            for point, parts in enumerate(along):
                at = np.full(len(pair), point)
                changes.move(at, place, before[pair], parts[pair], rows)
                before = parts

        follow(
            tally.template,
            (_billed(self._longer(point), values, len(one)) for point in self._points),
        )
        for key in self._wording.keys:
            follow(
                tally.parameter(key),
                (self._limited(key, most, values, len(one)) for most in range(longest[key] + 1)),
            )
            if key in settings.message.defaults:
                absent = {**values, key: pa.nulls(len(one), pa.large_string())}
                parts = _billed(self._longer(0), absent, len(one))
                parts = np.where(parts == 0, billed[one], parts)
                tally.save(key, place, billed[one][pair], parts[pair], rows)

    def _longer(self, characters: int) -> Kernel:
        if characters not in self._kernels:
            settings = self._settings.saying(body=self._wording.longer(characters))
            self._kernels[characters] = Kernel(settings, numbers=False)
        return self._kernels[characters]

    def _limited(self, key: str, most: int, values: Mapping[str, Any], rows: int) -> Ints:
        """Cut the values of a key, and its default."""
        if most == 0:
            # A limit is of one character at least.
            empty = pa.array([""] * rows, pa.large_string())
            return _billed(self._longer(0), {**values, key: empty}, rows)
        limits = {**self._settings.message.limits}
        limits[key] = min(most, limits.get(key, most))
        settings = self._settings.saying(body=self._wording.template, limits=limits)
        return _billed(Kernel(settings, numbers=False), values, rows)


def _billed(kernel: Kernel, values: Mapping[str, Any], rows: int) -> Ints:
    """Return the billed parts of rows with these values; 0 where nothing would be sent."""
    every = {_NO_KEY: pa.nulls(rows), **values}
    batch = pa.RecordBatch.from_arrays(list(every.values()), names=list(every))
    billed: Ints = kernel(batch).column("billed_parts").to_numpy().astype(np.int64)
    return billed
