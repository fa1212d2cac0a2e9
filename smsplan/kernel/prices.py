"""Prices as the kernel knows them: number and country to the id of a row, and exact sums over ids.

:class:`PriceTable` gives what :meth:`smsplan.ratecards.RateCard.rate` gives, for a whole column;
a property test holds the one to the other. It knows no rate cards: ``pricing.tables`` makes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.kernel.dictionaries import words
from smsplan.kernel.numbers.prefixes import PrefixTree
from smsplan.kernel.numbers.ranges import COUNTRIES, DIGITS
from smsplan.kernel.octets import counted
from smsplan.ratecards import Charge, Cost

# A table of so many entries at most, where one is made of pairs that may not occur.
_DENSE_ENTRIES = 10**6
# So many numbers that are looked up are worth the tables of a tree.
_WORTH_TABLES = 50_000

_Ints = npt.NDArray[np.int64]
_Rows = npt.NDArray[np.int32]


@dataclass(frozen=True)
class PriceTable:
    """What numbers cost by country and prefix, one entry of each field a place.

    ``countries`` and ``prefixes`` are the keys (``""``: any), ``charges`` what messages cost there,
    with at most ``scale`` decimals. No two places have the same keys. Places that differ in their
    rows alone have one of the ``distinct`` charges, by ``kinds``.

    >>> from smsplan.kernel.price_tables import price_table
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
    charges: Sequence[Charge]
    distinct: tuple[Charge, ...] = field(repr=False, compare=False)
    kinds: Sequence[int] = field(repr=False, compare=False)
    scale: int
    _tree: PrefixTree = field(init=False, repr=False, compare=False)
    _seen: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tree", PrefixTree.of(self.countries, self.prefixes))
        object.__setattr__(self, "_seen", [0])

    @cached_property
    def _kind(self) -> npt.NDArray[np.int32]:
        """The kind of charge of every place, and at the end, for -1, one behind the last."""
        return np.append(np.asarray(self.kinds, np.int32), np.int32(len(self.distinct)))

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """The currencies of the prices, in alphabetical order."""
        return tuple(sorted({charge.currency for charge in self.distinct} - {""}))

    @property
    def nothing(self) -> Cost:
        """What a plan costs that sends nothing: 0, in the currencies of the prices."""
        return Cost(dict.fromkeys(self.currencies, Decimal(0)))

    @cached_property
    def is_ranged(self) -> bool:
        """Whether an operator may decide what a message costs."""
        return any(len(charge.outcomes) > 1 for charge in self.distinct)

    @cached_property
    def rejects(self) -> bool:
        """Whether there are numbers to which nothing can be sent."""
        return any(charge.rejected for charge in self.distinct)

    def rejected(self, rows: _Rows) -> npt.NDArray[np.bool_]:
        """Return to which rows nothing can be sent."""
        refused = np.array([*(charge.rejected for charge in self.distinct), False])
        found: npt.NDArray[np.bool_] = refused[self._kind[rows]]
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
        table, known = self._price_table
        kinds = self._kind[rows]
        return self._decimals(table, kinds, known[kinds])

    @cached_property
    def _price_table(self) -> tuple[npt.NDArray[np.void], npt.NDArray[np.bool_]]:
        """The price of a part of every kind, as decimals are in memory, and where there is one."""
        prices = [*(charge.price for charge in self.distinct), None]
        known = np.array([price is not None for price in prices])
        return _octets([_scaled(price or Decimal(0), self.scale) for price in prices]), known

    def currency_array(self, rows: _Rows) -> pa.Array:
        """Return the currencies of rows as words, null for -1 and where nothing can be sent."""
        names = self.currencies
        at = {name: place for place, name in enumerate(names)}
        places = np.array(
            [*(at.get(charge.currency, -1) for charge in self.distinct), -1], np.int16
        )
        return words(places[self._kind[rows]], names)

    def cost_arrays(self, rows: _Rows, parts: npt.NDArray[Any]) -> tuple[Any, Any, Any]:
        """Return what messages of so many billed parts cost: exactly, at least and at most.

        ``decimal128(38, scale)``, null for -1; the first also where the other two differ. Exact for
        up to 10**6 parts a message.
        """
        # Messages are few kinds: each pair of charge and parts is computed once, then looked up.
        width = int(np.max(parts, initial=0)) + 1
        pairs = self._kind[rows].astype(np.int64) * width + parts
        if (len(self.distinct) + 1) * width <= _DENSE_ENTRIES:
            used = at = np.flatnonzero(np.bincount(pairs))
        else:
            used, pairs = np.unique(pairs, return_inverse=True)
            at = np.arange(len(used))
        ends = [self._ends(int(pair) // width, int(pair) % width) for pair in used]
        known = rows >= 0
        top = _spread(_octets([most for _, most in ends]), at)
        high = self._decimals(top, pairs, known)
        if all(least == most for least, most in ends):
            return high, high, high
        low = self._decimals(_spread(_octets([least for least, _ in ends]), at), pairs, known)
        sure = _spread(np.array([least == most for least, most in ends]), at)
        shared = [pa.py_buffer(_bits(known & sure[pairs])), high.buffers()[1]]
        return pa.Array.from_buffers(high.type, len(pairs), shared), low, high

    def _ends(self, kind: int, parts: int) -> tuple[int, int]:
        """Return the least and the most that a message costs, times ``10 ** scale``."""
        if kind == len(self.distinct):
            return 0, 0
        charge = self.distinct[kind]
        high = _scaled(charge.high(parts), self.scale)
        return (high if len(charge.outcomes) == 1 else _scaled(charge.low(parts), self.scale)), high

    def _decimals(
        self, table: npt.NDArray[np.void], places: Any, known: npt.NDArray[np.bool_]
    ) -> pa.Array:
        """Look decimals up by their places, null where not known."""
        valid = None if known.all() else pa.py_buffer(_bits(known))
        kind = pa.decimal128(38, self.scale)
        return pa.Array.from_buffers(kind, len(places), [valid, pa.py_buffer(table.take(places))])

    def totals(self, rows: _Rows, parts: npt.NDArray[Any]) -> Cost:
        """Return the exact cost of all messages; those without a price or a part do not count.

        Messages are counted for each place and number of parts, and then multiplied.
        """
        billed = (rows >= 0) & (parts > 0)
        width = int(np.max(parts, initial=0)) + 1
        mixed = self._kind[rows[billed]].astype(np.int64) * width + parts[billed]
        used, counts = counted(mixed)
        total = Cost()
        for key, count in zip(used, counts, strict=True):
            total += self.distinct[int(key) // width].cost(int(key) % width, int(count))
        return total

    def more(self, rows: _Rows, parts: npt.NDArray[Any], fewer: npt.NDArray[Any]) -> Cost:
        """Return what messages cost more than they would with fewer parts: a difference of totals.

        Both numbers of parts of each kind of message are looked up, and then multiplied.
        """
        width = max(int(np.max(parts, initial=0)), int(np.max(fewer, initial=0))) + 1
        mixed = (self._kind[rows].astype(np.int64) * width + parts) * width + fewer
        after, before = Cost(), Cost()
        for key, count in zip(*counted(mixed), strict=True):
            kind, pair = divmod(int(key), width * width)
            after += self.distinct[kind].cost(pair // width, int(count))
            before += self.distinct[kind].cost(pair % width, int(count))
        return after - before

    def cost(self, row: int, parts: int, messages: int) -> Cost:
        """Return what messages of so many billed parts cost at a place."""
        charge: Charge = self.distinct[self._kind[row]]
        return charge.cost(parts, messages)


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


def _bits(known: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    return np.packbits(known, bitorder="little")


def _spread(values: npt.NDArray[Any], places: _Ints) -> npt.NDArray[Any]:
    """Put values at their places, and nothing between them."""
    out = np.zeros(int(places.max(initial=-1)) + 1, values.dtype)
    out[places] = values
    return out


def _octets(scaled: Sequence[int]) -> npt.NDArray[np.void]:
    """Return integers as decimals are in memory: 128 bits, little-endian."""
    octets = b"".join(value.to_bytes(16, "little", signed=True) for value in scaled)
    return np.frombuffer(octets, "V16")
