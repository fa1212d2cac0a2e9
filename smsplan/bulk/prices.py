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
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.bulk.ranges import COUNTRIES, DIGITS, POWERS, scaled
from smsplan.bulk.words import words
from smsplan.ratecards import Charge, Cost

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
    """What numbers cost by country and prefix, one entry of each field a place.

    ``countries`` and ``prefixes`` are the keys (``""``: any), ``charges`` what messages cost there,
    with at most ``scale`` decimals. No two places have the same keys.

    >>> from smsplan.pricing.tables import price_table
    >>> table = price_table({"GB": "0.034 GBP", "+1": "0.010 GBP"})
    >>> found = table.lookup(pa.array(["447700900123", "15550100123", "33", None]),
    ...                      pa.array(["GB", "US", "FR", None]))
    >>> found.tolist()
    [0, 1, -1, -1]
    >>> table.totals(found, np.array([2, 2, 2, 0])).amounts["GBP"]
    Decimal('0.088')
    """

    countries: tuple[str, ...]
    prefixes: tuple[str, ...]
    charges: tuple[Charge, ...]
    scale: int
    _tree: _Tree = field(init=False, repr=False, compare=False)
    _ends: dict[str, _End] = field(init=False, repr=False, compare=False)
    _seen: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", _Tree.of(self.countries, self.prefixes))
        ends = {name: _End.of(name, self.charges, self.scale) for name in ("low", "high")}
        object.__setattr__(self, "_ends", ends)
        object.__setattr__(self, "_seen", [0])

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices, in alphabetical order."""
        return tuple(sorted({charge.currency for charge in self.charges} - {""}))

    @property
    def is_ranged(self) -> bool:
        """Whether an operator may decide what a message costs."""
        return any(len(charge.outcomes) > 1 for charge in self.charges)

    def rejected(self, rows: _Rows) -> npt.NDArray[np.bool_] | None:
        """Return which rows cannot be sent to; None where there are none anywhere."""
        if not any(charge.rejected for charge in self.charges):
            return None
        refused = np.array([*(charge.rejected for charge in self.charges), False])
        found: npt.NDArray[np.bool_] = refused[rows]
        return found

    def lookup(self, recipients: pa.Array, countries: pa.Array) -> _Rows:
        """Return the place of each number, -1 where there is none.

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
        """Return the place of each number, -1 where there is none.

        ``keys`` are the digits behind a 1, or 0; ``countries`` places in ``ranges.COUNTRIES``.
        """
        if self._tree.direct is None and len(keys) and self._seen[0] < _WORTH_TABLES:
            self._seen[0] += len(keys)
            if self._seen[0] >= _WORTH_TABLES:
                object.__setattr__(self, "_tree", self._tree.with_tables())
        return self._tree.find(keys, countries)

    def price_array(self, rows: _Rows) -> pa.Array:
        """Return the price of a part (of a message) as ``decimal128(38, scale)``.

        Null for -1, where the operator decides, and where both are charged.
        """
        prices = [charge.price for charge in self.charges]
        known = np.array([*(price is not None for price in prices), False])[rows]
        scaled_ = [_scaled(price or Decimal(0), self.scale) for price in prices]
        if max(scaled_, default=0) > _INT64_MAX:
            pairs = zip(prices, scaled_, strict=True)
            given = [None if price is None else self._decimal(whole) for price, whole in pairs]
            shown = pa.array(given, self._type)
            return shown.take(pa.array(rows, mask=rows < 0))
        return self._decimals(np.array([*scaled_, 0], dtype=np.int64)[rows], known)

    def currency_array(self, rows: _Rows) -> pa.Array:
        """Return the currencies of rows as words, null for -1 and where nothing can be sent."""
        names = self.currencies
        at = {name: place for place, name in enumerate(names)}
        places = np.array([*(at.get(charge.currency, -1) for charge in self.charges), -1], np.int16)
        return words(places[rows], names)

    def cost_array(
        self, rows: _Rows, parts: npt.NDArray[Any], end: Literal["low", "high"] = "high"
    ) -> pa.Array:
        """Return what messages of so many billed parts cost at least or at most, null for -1.

        ``decimal128(38, scale)``; exact for up to 10**6 parts a message.
        """
        lines = self._ends[end]
        parts = np.asarray(parts, dtype=np.int64)
        largest = lines.largest * max(1, int(parts.max(initial=0)))
        if largest > _INT64_MAX or (lines.crosses is not None and lines.crosses[rows].any()):
            # Rare: more digits than an int64 has, or an operator that is dearer for short messages
            # only. Each pair of place and parts is computed once.
            pairs, place = np.unique(np.stack([rows, parts]), axis=1, return_inverse=True)
            costs = [
                None if row < 0 else getattr(self.charges[row], end)(count)
                for row, count in pairs.T.tolist()
            ]
            whole = [
                None if cost is None else self._decimal(_scaled(cost, self.scale)) for cost in costs
            ]
            return pa.array(whole, self._type).take(pa.array(place.reshape(-1)))
        costs_ = lines.part[rows] * parts
        if lines.message is not None:
            costs_ += np.where(parts > 0, lines.message[rows], 0)
        return self._decimals(costs_, rows >= 0)

    def ranged(self, rows: _Rows) -> npt.NDArray[np.bool_]:
        """Return where the operator decides the cost."""
        several = np.array([*(len(charge.outcomes) > 1 for charge in self.charges), False])
        found: npt.NDArray[np.bool_] = several[rows]
        return found

    def _decimals(self, scaled: _Ints, known: npt.NDArray[np.bool_]) -> pa.Array:
        """Return scaled integers as decimals, null where not known."""
        # A decimal128 is a little-endian integer of 128 bits: the number, and its sign.
        halves = np.empty((len(scaled), 2), dtype="<i8")
        halves[:, 0] = scaled
        np.right_shift(scaled, 63, out=halves[:, 1])
        valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
        return pa.Array.from_buffers(self._type, len(scaled), [valid, pa.py_buffer(halves)])

    def totals(self, rows: _Rows, parts: npt.NDArray[Any]) -> Cost:
        """Return the exact cost of all messages; those without a price or a part do not count.

        Messages are counted for each place and number of parts, and then multiplied.
        """
        billed = (rows >= 0) & (parts > 0)
        width = int(np.max(parts, initial=0)) + 1
        mixed = rows[billed].astype(np.int64) * width + parts[billed]
        total = Cost()
        for key, count in zip(*np.unique(mixed, return_counts=True), strict=True):
            total += self.charges[int(key) // width].cost(int(key) % width, int(count))
        return total

    def cost(self, row: int, parts: int, messages: int) -> Cost:
        """Return what messages of so many billed parts cost at a place."""
        return self.charges[row].cost(parts, messages)

    def _decimal(self, scaled: int) -> Decimal:
        return _decimal(scaled, self.scale)

    @property
    def _type(self) -> pa.DataType:
        return pa.decimal128(38, self.scale)


class _End(NamedTuple):
    """The least or the most of each place, times ``10 ** scale``: for a part, and a message.

    ``message`` is None where no price is for one; ``crosses`` says where the outcome that is least
    (most) depends on the number of parts, None where nowhere.
    """

    part: _Ints
    message: _Ints | None
    crosses: npt.NDArray[np.bool_] | None
    largest: int

    @classmethod
    def of(cls, name: str, charges: tuple[Charge, ...], scale: int) -> _End:
        pick = min if name == "low" else max
        lines: list[tuple[int, int]] = []
        crosses = []
        for charge in charges:
            both = [
                (_scaled(part, scale), _scaled(message, scale)) for part, message in charge.outcomes
            ]
            best = pick(part for part, _ in both), pick(message for _, message in both)
            crosses.append(best not in both)
            lines.append(best)
        largest = max((part + message for part, message in lines), default=0)
        if largest > _INT64_MAX:
            lines = [(0, 0)] * len(lines)
        part = np.array([*(line[0] for line in lines), 0], np.int64)
        message = np.array([*(line[1] for line in lines), 0], np.int64)
        return cls(
            part,
            message if message.any() else None,
            np.array([*crosses, False]) if any(crosses) else None,
            largest,
        )


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


def _scaled(price: Decimal, scale: int) -> int:
    """Return ``price * 10 ** scale``: by fractions, so exact in any decimal context."""
    scaled = Fraction(price) * 10**scale
    assert scaled.denominator == 1, "the scale holds every decimal"
    whole: int = scaled.numerator
    return whole


def _decimal(scaled: int, scale: int) -> Decimal:
    """Return ``scaled / 10 ** scale``: made from text, so exact in any decimal context."""
    return Decimal(f"{scaled}E-{scale}")
