"""Counts of messages along a line of points, kept as what changes from one point to the next.

A curve of a million messages has few steps: most messages take as many parts at a point as at the
one before. So only changes are stored, and the counts of a point are the sum of all up to it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from smsplan.kernel.octets import Ints

# Of parts (255 at most, 0: nothing is sent), points and places, one integer.
_PARTS, _POINTS = 9, 24
_SMALL = 1 << 16


class Changes:
    """Messages by place and number of parts, point by point.

    A place is what decides a price. ``messages`` added at a point are there at all later ones too.

    >>> changes = Changes()
    >>> changes.move(*map(np.array, ([0], [7], [0], [2], [10])))
    >>> changes.move(*map(np.array, ([3], [7], [2], [1], [4])))
    >>> [(point, dict(counts)) for point, counts in changes.counts()]
    [(0, {(7, 2): 10}), (3, {(7, 2): 6, (7, 1): 4})]
    """

    def __init__(self) -> None:
        self._keys: list[Ints] = []
        self._counts: list[Ints] = []
        self._waiting = 0

    def move(self, points: Ints, places: Ints, old: Ints, new: Ints, messages: Ints) -> None:
        """From these points on, messages have another number of parts; 0: they are not sent."""
        moved = np.flatnonzero(old != new)
        if not len(moved):
            return
        base = (places[moved] << _POINTS | points[moved]) << _PARTS
        for parts, sign in ((old[moved], -1), (new[moved], 1)):
            sent = np.flatnonzero(parts)
            self._keys.append(base[sent] | parts[sent])
            self._counts.append(sign * messages[moved][sent])
            self._waiting += len(sent)
        if self._waiting > _SMALL:
            self._settle()

    def _settle(self) -> None:
        """Add up what is known of the same point, place and parts."""
        keys, where = np.unique(np.concatenate(self._keys), return_inverse=True)
        sums = np.zeros(len(keys), np.int64)
        np.add.at(sums, where, np.concatenate(self._counts))
        kept = np.flatnonzero(sums)
        self._keys, self._counts = [keys[kept]], [sums[kept]]
        self._waiting = 0

    def counts(self) -> Iterator[tuple[int, dict[tuple[int, int], int]]]:
        """Yield each point at which something changes, and the messages by place and parts."""
        if not self._keys:
            return
        self._settle()
        (keys,), (changes,) = self._keys, self._counts
        parts = keys & (1 << _PARTS) - 1
        points = keys >> _PARTS & (1 << _POINTS) - 1
        places = keys >> _PARTS + _POINTS
        order = np.argsort(points, kind="stable")
        now: dict[tuple[int, int], int] = {}
        rows = zip(
            *(each[order].tolist() for each in (points, places, parts, changes)), strict=True
        )
        last = None
        for point, place, count, change in rows:
            if last is not None and point != last:
                yield last, now
            last = point
            now[place, count] = now.get((place, count), 0) + change
            if not now[place, count]:
                del now[place, count]
        if last is not None:
            yield last, now


class StepTally:
    """What alterations of a plan would be: of the template, of each parameter, with its default.

    ``template`` counts characters from the most that are cut on; ``parameters`` from 0 to the
    ``longest`` value, and ``lengths`` are how many values there are of each number of characters.
    ``saved`` are the rows in which a default would save parts, and these parts; ``defaults`` how
    messages would move.
    """

    def __init__(self) -> None:
        self.template = Changes()
        self.parameters: dict[str, Changes] = {}
        self.longest: dict[str, int] = {}
        self.lengths: dict[str, Ints] = {}
        self.defaults: dict[str, Changes] = {}
        self.saved: dict[str, tuple[int, int]] = {}

    def begin(self, key: str, *, has_default: bool) -> None:
        """Begin a curve, of which no row may come to be counted."""
        self.parameters.setdefault(key, Changes())
        self.longest.setdefault(key, 0)
        self.lengths.setdefault(key, np.zeros(1, np.int64))
        if has_default:
            self.saved.setdefault(key, (0, 0))
            self.defaults.setdefault(key, Changes())

    def parameter(self, key: str) -> Changes:
        """Return the curve of a parameter."""
        return self.parameters[key]

    def reach(self, key: str, lengths: Ints) -> None:
        """Note how long values are."""
        counts = np.bincount(lengths, minlength=len(self.lengths[key]))
        counts[: len(self.lengths[key])] += self.lengths[key]
        self.lengths[key] = counts
        self.longest[key] = len(counts) - 1

    def save(self, key: str, places: Ints, old: Ints, new: Ints, messages: Ints) -> None:
        """Note what a default would save: where a message would have fewer parts."""
        less = np.flatnonzero(new < old)
        rows, parts = self.saved[key]
        rows += int(messages[less].sum())
        parts += int(((old - new) * messages)[less].sum())
        self.saved[key] = rows, parts
        nothing = np.zeros(len(less), np.int64)
        self.defaults[key].move(nothing, places[less], old[less], new[less], messages[less])
