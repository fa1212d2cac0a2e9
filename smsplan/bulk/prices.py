"""Prices as the kernel knows them: number and country to the id of a row, and exact sums over ids.

:class:`PriceTable` gives what :meth:`smsplan.ratecards.RateCard.rate` gives, for a whole column;
a property test holds the one to the other. It knows no rate cards: ``pricing.tables`` makes it.

The prefixes form a tree, in which the parent of a prefix is the longest other one that begins it,
and the root is the empty prefix: rows by country, and the default. Padded with zeros to the same
width, the numbers below a prefix are an interval, so one binary search over the ends of all
intervals finds the longest prefix of a number; rows that do not fit it go up the tree together.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.bulk.ranges import COUNTRIES, DIGITS, POWERS, scaled
from smsplan.bulk.words import words
from smsplan.ratecards import Cost

_INT64_MAX = 2**63 - 1
# Digits of a number that are looked at: what an int64 always holds. No prefix is longer.
_DIGITS = DIGITS
# Tables of at most 10**7 and 10**6 entries, made when so many numbers have been looked up.
_DIRECT_DIGITS = 7
_DENSE_ENTRIES = 10**6
_WORTH_TABLES = 50_000

_Ints = npt.NDArray[np.int64]
_Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The rows of a card, one entry of each field a row.

    ``countries`` and ``prefixes`` are the keys (``""``: any), ``scaled`` the price times
    ``10 ** scale``, ``per`` is ``part`` or ``message``, ``currency`` is ISO 4217. No two rows have
    the same keys.

    >>> table = PriceTable(countries=("GB", ""), prefixes=("", "1"), scaled=(34, 10), scale=3,
    ...                    per=("part", "message"), currency=("GBP", "USD"))
    >>> found = table.lookup(pa.array(["447700900123", "15550100123", "33", None]),
    ...                      pa.array(["GB", "US", "FR", None]))
    >>> found.tolist()
    [0, 1, -1, -1]
    >>> table.totals(found, np.array([2, 2, 2, 0]))
    {'GBP': Decimal('0.068'), 'USD': Decimal('0.010')}
    """

    countries: tuple[str, ...]
    prefixes: tuple[str, ...]
    scaled: tuple[int, ...]
    scale: int
    per: tuple[str, ...]
    currency: tuple[str, ...]
    _tree: _Tree = field(init=False, repr=False, compare=False)
    _seen: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", _Tree.of(self.countries, self.prefixes))
        object.__setattr__(self, "_seen", [0])

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices, in alphabetical order."""
        return tuple(sorted(set(self.currency)))

    def lookup(self, recipients: pa.Array, countries: pa.Array) -> _Rows:
        """Return the row that applies to each number, -1 where none does.

        ``recipients`` are digits, ``countries`` their ISO 3166 codes; null is not known. A null or
        empty number has no price.
        """
        texts = pc.fill_null(_strings(recipients), "")
        if (pc.max(pc.binary_length(texts)).as_py() or 0) > DIGITS:
            texts = pc.utf8_slice_codeunits(texts, 0, DIGITS)
        one, nothing = (pa.scalar(text, texts.type) for text in ("1", ""))
        keys = pc.cast(pc.binary_join_element_wise(one, texts, nothing), pa.int64()).to_numpy()
        known = pa.array(COUNTRIES, pa.string())
        places = pc.index_in(_strings(countries).cast(pa.string()), known)
        return self.find(
            np.where(keys == 1, 0, keys), pc.fill_null(places, -1).to_numpy(zero_copy_only=False)
        )

    def find(self, keys: _Ints, countries: npt.NDArray[Any]) -> _Rows:
        """Return the row that applies to each number, -1 where none does.

        ``keys`` are the digits behind a 1, or 0; ``countries`` places in ``ranges.COUNTRIES``.
        """
        if self._tree.direct is None and len(keys) and self._seen[0] < _WORTH_TABLES:
            self._seen[0] += len(keys)
            if self._seen[0] >= _WORTH_TABLES:
                object.__setattr__(self, "_tree", self._tree.with_tables())
        return self._tree.find(keys, countries)

    def price_array(self, rows: _Rows) -> pa.Array:
        """Return the prices of rows as ``decimal128(38, scale)``, null for -1."""
        if max(map(abs, self.scaled), default=0) > _INT64_MAX:
            prices = [_decimal(price, self.scale) for price in self.scaled]
            return _taken(pa.array(prices, self._type), rows)
        return self._decimals(np.array([*self.scaled, 0], dtype=np.int64)[rows], rows >= 0)

    def currency_array(self, rows: _Rows) -> pa.Array:
        """Return the currencies of rows as words, null for -1."""
        names = self.currencies
        places = np.array([*map(names.index, self.currency), -1], np.int16)
        return words(places[rows], names)

    def cost_array(self, rows: _Rows, parts: npt.NDArray[Any]) -> pa.Array:
        """Return what messages of so many billed parts cost, null for rows -1.

        ``decimal128(38, scale)``; exact for up to 10**6 parts a message.
        """
        units = self._units(rows, parts)
        largest = max(map(abs, self.scaled), default=0) * max(1, int(units.max(initial=0)))
        if largest > _INT64_MAX:
            # Rare: more digits than an int64 has. Each pair of row and units is computed once.
            pairs, place = np.unique(np.stack([rows, units]), axis=1, return_inverse=True)
            costs = [
                None if row < 0 else _decimal(self.scaled[row] * count, self.scale)
                for row, count in pairs.T.tolist()
            ]
            return pa.array(costs, self._type).take(pa.array(place.reshape(-1)))
        return self._decimals(np.array([*self.scaled, 0], dtype=np.int64)[rows] * units, rows >= 0)

    def _decimals(self, scaled: _Ints, known: npt.NDArray[np.bool_]) -> pa.Array:
        """Return scaled integers as decimals, null where not known."""
        # A decimal128 is a little-endian integer of 128 bits: the number, and its sign.
        halves = np.empty((len(scaled), 2), dtype="<i8")
        halves[:, 0] = scaled
        np.right_shift(scaled, 63, out=halves[:, 1])
        valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
        return pa.Array.from_buffers(self._type, len(scaled), [valid, pa.py_buffer(halves)])

    def totals(self, rows: _Rows, parts: npt.NDArray[Any]) -> dict[str, Decimal]:
        """Return the exact cost of all messages by currency; those without a price do not count.

        Only currencies in which something is billed. Units are counted for each row of the card as
        integers, and then multiplied.
        """
        counts = np.zeros(len(self.scaled), dtype=np.int64)
        known = rows >= 0
        np.add.at(counts, rows[known], self._units(rows, parts)[known])
        sums: dict[str, int] = {}
        for row in np.flatnonzero(counts).tolist():
            currency = self.currency[row]
            sums[currency] = sums.get(currency, 0) + self.scaled[row] * int(counts[row])
        return {currency: _decimal(sums[currency], self.scale) for currency in sorted(sums)}

    def cost(self, row: int, parts: int, messages: int) -> Cost:
        """Return what messages of so many billed parts cost by a row."""
        units = messages * (min(parts, 1) if self.per[row] == "message" else parts)
        return Cost({self.currency[row]: _decimal(self.scaled[row] * units, self.scale)})

    def _units(self, rows: _Rows, parts: npt.NDArray[Any]) -> _Ints:
        """Return what is billed: parts, or one a message with any."""
        units: _Ints = np.asarray(parts, dtype=np.int64)
        if "message" in self.per:
            whole = np.array([*(per == "message" for per in self.per), False])
            units = np.where(whole[rows], np.minimum(units, 1), units)
        return units

    @property
    def _type(self) -> pa.DataType:
        return pa.decimal128(38, self.scale)


@dataclass(frozen=True, slots=True)
class _Tree:
    """The prefixes as a tree; node 0 is the empty prefix.

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

    def with_tables(self) -> _Tree:
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
    def of(cls, countries: tuple[str, ...], prefixes: tuple[str, ...]) -> _Tree:
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


def _strings(array: pa.Array) -> pa.Array:
    """Decode dictionaries, and give an array of nothing but nulls a type."""
    plain = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    return array if plain else array.cast(pa.large_string())


def _ints(array: pa.Array) -> _Ints:
    whole: _Ints = pc.fill_null(array, 0).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return whole


def _taken(values: pa.Array, rows: _Rows) -> pa.Array:
    return values.take(pa.array(rows, mask=rows < 0))


def _decimal(scaled: int, scale: int) -> Decimal:
    """Return ``scaled / 10 ** scale``: made from text, so exact in any decimal context."""
    return Decimal(f"{scaled}E-{scale}")
