"""Of several rows of a number, the first that can be sent is sent.

A stage beside the kernel, because it alone needs to remember rows. It holds the numbers as sorted
runs of 64-bit integers, eight octets a number, merged like the runs of a log-structured tree. Above
a million or two it looks through the whole column once, by partitions on disk, and from then on
remembers only numbers that do come again.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from smsplan.errors import OutputError
from smsplan.kernel.cells import number_cells
from smsplan.kernel.numbers.msisdns import read_all

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.kernel.settings import RowSettings

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# So many numbers are remembered before the column is looked through. Of a file, where memory is
# what counts: 8 MB of them; of a frame, which is in memory anyway, as many as are still faster.
OF_A_FILE, OF_A_FRAME = 1_000_000, 2_000_000
_PARTITIONS = 64
# Numbers that wait in memory to be written to their partitions.
_WAITING = 1 << 18


class Flags(NamedTuple):
    """Which rows repeat a recipient that is sent to, and which a dry run counts."""

    sent: Mask
    counted: Mask


class Duplicates:
    """Remembers recipients batch by batch in row order: those sent to, and those counted.

    A dry run counts a number once, by the first of its rows that the API would accept, which need
    not be one that is sent (405, 411); with ``merged=False`` it counts every row.
    """

    def __init__(
        self,
        *,
        merged: bool = True,
        column: Callable[[], Iterable[Numbers]] | None = None,
        remembered: int = OF_A_FRAME,
    ) -> None:
        """``column`` reads all keys once more, batch by batch; None where that cannot be done."""
        again = None if column is None else cache(lambda: repeated_keys(column()))
        self._merged = merged
        self._sent = _Seen(again, remembered)
        self._counted: _Seen | None = None

    def copy(self) -> Duplicates:
        """Return another that remembers the same."""
        other = copy.copy(self)
        other._sent = self._sent.copy()
        other._counted = None if self._counted is None else self._counted.copy()
        return other

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


class SharedDuplicates:
    """The duplicates of several bodies, looked for once as long as the same rows are sent."""

    def __init__(self, duplicates: Duplicates, bodies: int) -> None:
        self._groups = [(duplicates, list(range(bodies)))]

    def flag(self, keys: Numbers, sendable: Sequence[Mask], counted: Sequence[Mask]) -> list[Flags]:
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


class ReadAgain(Protocol):
    """Recipients whose numbers can be read before they are planned, if ``replayable``."""

    path: str | None
    replayable: bool

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[Any]:
        """Yield batches of these columns."""


def duplicates_of(source: ReadAgain, settings: RowSettings, bodies: int = 1) -> SharedDuplicates:
    """Return what remembers the recipients of a source, for plans of one body or of several."""

    def column() -> Iterator[Numbers]:
        return (keys_of(batch, settings) for batch in source.batches([settings.reading.to]))

    own = Duplicates(
        merged=settings.profile.duplicates == "merged",
        column=column if source.replayable else None,
        remembered=OF_A_FRAME if source.path is None else OF_A_FILE,
    )
    return SharedDuplicates(own, bodies)


def keys_of(batch: pa.RecordBatch, settings: RowSettings) -> Numbers:
    """Read the column of numbers alone: their digits behind a 1, 0 where there is no number."""
    cells = number_cells(batch.column(settings.reading.to), settings.reading.to)
    return read_all(cells, settings.reading.region, settings.profile).keys


class _Seen:
    """Numbers seen so far, as sorted runs of which there are only logarithmically many."""

    def __init__(self, again: Callable[[], Numbers] | None, remembered: int) -> None:
        self._runs: list[Numbers] = []
        self._again = again
        self._remembered = remembered
        # All numbers that come more than once, when they are known: no other is remembered.
        self._candidates: Numbers | None = None

    def copy(self) -> _Seen:
        """Return another that has seen the same."""
        other = _Seen(self._again, self._remembered)
        other._runs = list(self._runs)
        other._candidates = self._candidates
        return other

    def repeated(self, keys: Numbers, asked: Mask) -> Mask:
        """Return which of the rows asked for were seen before, and remember the others."""
        flags = np.zeros(len(keys), dtype=bool)
        rows = np.flatnonzero(asked)
        if self._candidates is not None:
            rows = rows[among(self._candidates, keys[rows])]
        if not len(rows):
            return flags
        new, first = np.unique(keys[rows], return_index=True)
        known = np.zeros(len(new), dtype=bool)
        for run in self._runs:
            known |= among(run, new)
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
        if self._again is not None and sum(map(len, self._runs)) > self._remembered:
            self._candidates, self._again = self._again(), None
            left = [run[among(self._candidates, run)] for run in self._runs]
            self._runs = [run for run in left if len(run)]


def among(run: Numbers, keys: Numbers) -> Mask:
    """Return which keys are in a sorted run."""
    if not len(run):
        return np.zeros(len(keys), dtype=bool)
    # clip: a number above the whole run points one past its end.
    found: Mask = run[np.searchsorted(run, keys).clip(max=len(run) - 1)] == keys
    return found


def repeated_keys(batches: Iterable[Numbers]) -> Numbers:
    """Return, sorted, the keys that come more than once; what they are sorted in is on disk.

    >>> repeated_keys([np.array([5, 7]), np.array([7, 0, 0, 9, 5])]).tolist()
    [5, 7]
    """
    with ExitStack() as stack:
        try:
            # Files without a name: nothing is left, whatever ends the process.
            files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(_PARTITIONS)]
            waiting: list[Numbers] = []
            for keys in batches:
                waiting.append(keys[keys > 0])
                if sum(map(len, waiting)) >= _WAITING:
                    _spill(np.concatenate(waiting), files)
                    waiting = []
            if waiting:
                _spill(np.concatenate(waiting), files)
            found = []
            for file in files:
                file.seek(0)
                run = np.frombuffer(file.read(), np.int64)
                run = np.sort(run)
                found.append(np.unique(run[1:][run[1:] == run[:-1]]))
            return np.sort(np.concatenate(found))
        except OSError as error:
            raise OutputError(
                f"duplicates need room in the folder for temporary files: {error.strerror}; name "
                "another one with TMPDIR, or plan with duplicates='keep'"
            ) from None


def _spill(keys: Numbers, files: list[Any]) -> None:
    """Append keys to the files of their partitions; equal keys meet in one."""
    mixed = keys.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    partition = (mixed >> np.uint64(58)).astype(np.uint8)
    order = np.argsort(partition, kind="stable")
    ends = np.cumsum(np.bincount(partition, minlength=_PARTITIONS))
    for file, part in zip(files, np.split(keys[order], ends[:-1]), strict=True):
        file.write(part.tobytes())
