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

from smsplan.bulk.ranges import COUNTRIES, DIGITS, POWERS, scaled

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
        width = max(map(len, prefixes), default=0)
        assert width <= _DIGITS, "a prefix is not longer than what is looked at"
        # A prefix sorts before those that it begins.
        distinct = ["", *sorted({prefix for prefix in prefixes if prefix})]
        starts = {0: 0}
        parents = [0] * len(distinct)
        above = [(0, 10**width)]  # the nodes around the present one, with their ends
        for node, prefix in enumerate(distinct[1:], start=1):
            span = 10 ** (width - len(prefix))
            start = int(prefix) * span
            while above[-1][1] <= start:
                _, end = above.pop()
                starts[end] = above[-1][0]
            parents[node] = above[-1][0]
            starts[start] = node
            above.append((node, start + span))
        while len(above) > 1:
            _, end = above.pop()
            starts[end] = above[-1][0]
        places = {prefix: node for node, prefix in enumerate(distinct)}
        named = tuple(sorted({country for country in countries if country}))
        numbers = {country: number for number, country in enumerate(named, start=1)}
        plain = np.full(len(distinct), -1, dtype=np.int32)
        keyed = {_INT64_MAX: -1}  # a key that is larger than any: every search ends within
        for row, (country, prefix) in enumerate(zip(countries, prefixes, strict=True)):
            if country:
                keyed[places[prefix] * (len(named) + 1) + numbers[country]] = row
            else:
                plain[places[prefix]] = row
        ends = sorted(starts)
        keys = sorted(keyed)
        return cls(
            width=width,
            starts=np.array(ends, dtype=np.int64),
            nodes=np.array([starts[end] for end in ends], dtype=np.int64),
            sizes=np.array([len(prefix) for prefix in distinct], dtype=np.int64),
            parents=np.array(parents, dtype=np.int64),
            countries=named,
            plain=plain,
            keys=np.array(keys, dtype=np.int64),
            rows=np.array([keyed[key] for key in keys], dtype=np.int32),
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
