"""Of several rows of a number, the first that can be sent is sent.

A stage beside the kernel, because it alone needs to remember rows. It holds the numbers as sorted
runs of 64-bit integers, eight octets a number, merged like the runs of a log-structured tree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]


class Duplicates:
    """Remembers the recipients that were sent to, batch by batch in row order."""

    def __init__(self) -> None:
        self._runs: list[Numbers] = []

    def flag(self, recipients: pa.Array, sendable: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return which of the sendable rows repeat a recipient of an earlier sendable row."""
        flags = np.zeros(len(recipients), dtype=bool)
        rows = np.flatnonzero(sendable)
        if not len(rows):
            return flags
        numbers = _as_integers(recipients.take(pa.array(rows)))
        new, first = np.unique(numbers, return_index=True)
        repeated = np.ones(len(rows), dtype=bool)
        known = np.zeros(len(new), dtype=bool)
        for run in self._runs:
            # clip: a number above the whole run points one past its end.
            places = np.searchsorted(run, new).clip(max=len(run) - 1)
            known |= run[places] == new
        repeated[first[~known]] = False
        flags[rows] = repeated
        self._remember(new[~known])
        return flags

    def _remember(self, run: Numbers) -> None:
        """Merge runs of like size, so that there are only logarithmically many."""
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        if len(run):
            self._runs.append(run)


def _as_integers(digits: pa.Array) -> Numbers:
    # A leading 1 keeps 0123 and 123 apart; a profile allows at most 18 digits, so 19 fit.
    prefixed = pc.binary_join_element_wise("1", digits.cast(pa.string()), "")
    numbers: Numbers = pc.cast(prefixed, pa.int64()).to_numpy(zero_copy_only=False)
    return numbers
