"""Of several rows of a number, the first that can be sent is sent.

A stage beside the kernel, because it alone needs to remember rows. It holds the numbers as sorted
runs of 64-bit integers, eight octets a number, merged like the runs of a log-structured tree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Flags(NamedTuple):
    """Which rows repeat a recipient that is sent to, and which a dry run counts."""

    sent: Mask
    counted: Mask


class Duplicates:
    """Remembers recipients batch by batch in row order: those sent to, and those counted.

    A dry run counts a number once, by the first of its rows that the API would accept, which need
    not be one that is sent (405, 411); with ``merged=False`` it counts every row.
    """

    def __init__(self, *, merged: bool = True) -> None:
        self._merged = merged
        self._sent = _Seen()
        self._counted: _Seen | None = None

    def flag(self, keys: Numbers, sendable: Mask, counted: Mask) -> Flags:
        """Return the flags of a batch: of the sendable and of the counted rows."""
        if self._counted is None and self._merged and not np.array_equal(sendable, counted):
            # Until now the same rows were sent and counted.
            self._counted = self._sent.copy()
        sent = self._sent.repeated(keys, sendable)
        if not self._merged:
            return Flags(sent, counted)
        if self._counted is None:
            return Flags(sent, counted & ~sent)
        return Flags(sent, counted & ~self._counted.repeated(keys, counted))


class _Seen:
    """Numbers seen so far, as sorted runs of which there are only logarithmically many."""

    def __init__(self) -> None:
        self._runs: list[Numbers] = []

    def copy(self) -> _Seen:
        """Return another that has seen the same."""
        other = _Seen()
        other._runs = list(self._runs)
        return other

    def repeated(self, keys: Numbers, asked: Mask) -> Mask:
        """Return which of the rows asked for were seen before, and remember the others."""
        flags = np.zeros(len(keys), dtype=bool)
        rows = np.flatnonzero(asked)
        if not len(rows):
            return flags
        new, first = np.unique(keys[rows], return_index=True)
        known = np.zeros(len(new), dtype=bool)
        for run in self._runs:
            # clip: a number above the whole run points one past its end.
            known |= run[np.searchsorted(run, new).clip(max=len(run) - 1)] == new
        repeated = np.ones(len(rows), dtype=bool)
        repeated[first[~known]] = False
        flags[rows] = repeated
        self._remember(new[~known])
        return flags

    def _remember(self, run: Numbers) -> None:
        """Merge runs of like size."""
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        if len(run):
            self._runs.append(run)
