"""The longest prefix of a whole column of numbers.

The prefixes form a tree, in which the parent of a prefix is the longest other one that begins it,
and the root is the empty prefix: rows by country, and the default. Padded with zeros to the same
width, the numbers below a prefix are an interval, so one binary search over the ends of all
intervals finds the longest prefix of a number; rows that do not fit it go up the tree together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from smsplan.kernel.numbers.ranges import COUNTRIES, DIGITS, POWERS, scaled

_INT64_MAX = 2**63 - 1
# Digits of a number that are looked at: what an int64 always holds. No prefix is longer.
_DIGITS = DIGITS
# Tables of at most 10**7 and 10**6 entries.
_DIRECT_DIGITS = 7
_DENSE_ENTRIES = 10**6

_Ints = npt.NDArray[np.int64]
_Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PrefixTree:
    """The prefixes as a tree; node 0 is the empty prefix. It finds rows by number and country.

    ``starts`` are the ends of the intervals, in order, and ``nodes`` the node from each to the
    next; ``sizes`` the digits of each node and ``parents`` the node above it. ``plain`` has the row
    without a country of each node, ``keys`` and ``rows`` those with one: the key is
    ``node * (number of countries + 1) + place of the country, from 1``.
    """

    width: int
    starts: _Ints
    nodes: _Ints
    sizes: _Ints
    parents: _Ints
    countries: tuple[str, ...]
    plain: _Rows
    keys: _Ints
    rows: _Rows
    # The number of each of ``ranges.COUNTRIES`` among ``countries``, and at its end 0 for none.
    numbers: _Ints
    # Where they are small enough: the node of every number of ``width`` digits, and the row of
    # every node and country.
    direct: _Ints | None = None
    dense: _Rows | None = None

    def with_tables(self) -> PrefixTree:
        """Return the tree with its tables: for many numbers, not for a few."""
        direct = dense = None
        if self.width <= _DIRECT_DIGITS:
            direct = np.repeat(self.nodes, np.diff(self.starts, append=10**self.width))
        width = len(self.countries) + 1
        if len(self.sizes) * width <= _DENSE_ENTRIES:
            node, country = np.divmod(np.arange(len(self.sizes) * width), width)
            dense = self._upwards(node, country, np.full(len(node), _DIGITS))
        return replace(self, direct=direct, dense=dense)

    @classmethod
    def of(cls, countries: tuple[str, ...], prefixes: tuple[str, ...]) -> PrefixTree:
        """Build the tree of the keys of a card."""
        sizes = np.fromiter(map(len, prefixes), np.int64, len(prefixes))
        width = int(sizes.max(initial=0))
        assert width <= _DIGITS, "a prefix is not longer than what is looked at"
        digits = np.fromiter((int(prefix or 0) for prefix in prefixes), np.int64, len(prefixes))
        # A node is an interval: where it starts, and its digits, which order those of one start.
        start, size = np.append(0, digits * POWERS[width - sizes]), np.append(0, sizes)
        order = np.lexsort((size, start))
        start, size = start[order], size[order]
        distinct = np.append(True, (np.diff(start) > 0) | (np.diff(size) != 0))
        at = np.empty(len(order), np.int64)
        at[order] = np.cumsum(distinct) - 1
        start, size, at = start[distinct], size[distinct], at[1:]
        node, end = np.arange(len(start)), start + POWERS[width - size]
        parents = _parents(start, size, width)
        # At a start is the longest prefix of it; at an end, where no other starts, what is around
        # the shortest of those that end there.
        last = np.flatnonzero(np.append(np.diff(start) > 0, True))
        outer = np.lexsort((size, end))
        outer = outer[np.append(True, np.diff(end[outer]) > 0)]
        outer = outer[(outer > 0) & ~np.isin(end[outer], start)]
        points = np.concatenate([start[last], end[outer]])
        order = np.argsort(points)
        named = tuple(sorted({country for country in countries if country}))
        numbers = {country: number for number, country in enumerate(named, start=1)}
        country = np.fromiter((numbers.get(name, 0) for name in countries), np.int64, len(at))
        rows = np.arange(len(at), dtype=np.int32)
        plain = np.full(len(start), -1, dtype=np.int32)
        plain[at[country == 0]] = rows[country == 0]
        # Behind them a key that is larger than any: every search ends within.
        keyed = np.append((at * (len(named) + 1) + country)[country > 0], _INT64_MAX)
        of_key = np.append(rows[country > 0], -1).astype(np.int32)
        by_key = np.argsort(keyed)
        return cls(
            width=width,
            starts=points[order],
            nodes=np.concatenate([node[last], parents[outer]])[order],
            sizes=size,
            parents=parents,
            countries=named,
            plain=plain,
            keys=keyed[by_key],
            rows=of_key[by_key],
            numbers=np.array([*(numbers.get(name, 0) for name in COUNTRIES), 0], np.int64),
        )

    def find(self, keys: _Ints, places: npt.NDArray[Any]) -> _Rows:
        """Return the row of each number, -1 where there is none."""
        sizes = np.searchsorted(POWERS, keys, side="right") - 1
        country = self.numbers[places]
        some = keys > 0
        nodes = self._longest(keys, sizes)
        if self.dense is not None:
            found: _Rows = self.dense[nodes * (len(self.countries) + 1) + country]
            if not some.all():
                found[~some] = -1
            short = np.flatnonzero(some & (sizes < self.width))
        else:
            found = np.full(len(sizes), -1, dtype=np.int32)
            short = np.flatnonzero(some)
        # A short number can lie in the interval of a prefix that has more digits.
        if len(short):
            found[short] = self._upwards(nodes[short], country[short], sizes[short])
        return found

    def _upwards(self, node: _Ints, country: _Ints, sizes: _Ints) -> _Rows:
        """Go up the tree until a row applies."""
        found = np.full(len(node), -1, dtype=np.int32)
        pending = np.arange(len(node))
        while len(pending):
            key = node * (len(self.countries) + 1) + country[pending]
            place = np.searchsorted(self.keys, key)
            row = np.where(self.keys[place] == key, self.rows[place], self.plain[node])
            row[self.sizes[node] > sizes[pending]] = -1
            found[pending] = row
            up = (row < 0) & (node > 0)
            pending, node = pending[up], self.parents[node[up]]
        return found

    def _longest(self, keys: _Ints, sizes: _Ints) -> _Ints:
        """Return the node of the longest prefix, of each number padded with zeros."""
        if not self.width or not len(sizes):
            return np.zeros(len(sizes), dtype=np.int64)
        numbers = np.where(keys > 0, keys - POWERS[sizes], 0)
        if int(sizes.min()) > self.width:
            padded = scaled(numbers, sizes, self.width)
        else:
            padded = numbers * POWERS[np.maximum(self.width - sizes, 0)]
            padded //= POWERS[np.maximum(sizes - self.width, 0)]
        if self.direct is not None:
            return self.direct[padded]
        return self.nodes[np.searchsorted(self.starts, padded, side="right") - 1]


def _parents(start: _Ints, size: _Ints, width: int) -> _Ints:
    """Return the longest other prefix that begins each: from the shortest on, the last one found.

    Nodes are in the order of their starts, and of their sizes where these are the same.
    """
    parents = np.zeros(len(start), np.int64)
    for fewer in np.unique(size)[1:-1]:
        some = np.flatnonzero(size == fewer)
        longer = np.flatnonzero(size > fewer)
        span = POWERS[width - fewer]
        begun = start[longer] // span * span
        place = np.searchsorted(start[some], begun).clip(max=len(some) - 1)
        found = start[some[place]] == begun
        parents[longer[found]] = some[place[found]]
    return parents
