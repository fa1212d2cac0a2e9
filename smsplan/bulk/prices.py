"""Prices as the bulk stages know them: which row applies to a number, and what so many parts cost.

A :class:`PriceTable` holds no card: keys, whole numbers of the smallest unit, and currencies. It is
made from a card in ``pricing``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Rows of prices: ``keys`` are (prefix, country), the empty text matching everything.

    ``units`` are prices times 10 to the ``scale``; ``per_message`` tells which rows are for a whole
    message rather than a part. The longest prefix wins, then a filled country.
    """

    keys: tuple[tuple[str, str], ...]
    units: tuple[int, ...]
    scale: int
    per_message: tuple[bool, ...]
    currencies: tuple[str, ...]

    def lookup(self, recipients: Any, countries: Any) -> Rows:
        """Return the row of each recipient (digits; null: none), -1 where no row applies."""
        found = np.full(len(recipients), -1, dtype=np.int32)
        if not len(recipients):
            return found
        known = pc.fill_null(countries, "").cast(pa.string())
        digits = recipients.cast(pa.string())
        # Least specific first, so that the most specific has the last word.
        for length, by_country in sorted({(len(prefix), bool(c)) for prefix, c in self.keys}):
            rows = [
                row
                for row, (prefix, country) in enumerate(self.keys)
                if (len(prefix), bool(country)) == (length, by_country)
            ]
            key = pc.utf8_slice_codeunits(digits, 0, length)
            if by_country:
                key = pc.binary_join_element_wise(key, known, "|")
            values = pa.array(
                ["|".join(self.keys[row]) if by_country else self.keys[row][0] for row in rows],
                pa.string(),
            )
            places = pc.index_in(key, value_set=values, skip_nulls=True).fill_null(-1)
            places = places.to_numpy(zero_copy_only=False)
            hit = places >= 0
            found[hit] = np.array(rows, dtype=np.int32)[places[hit]]
        found[recipients.is_null().to_numpy(zero_copy_only=False)] = -1
        return found

    def price_array(self, rows: Rows) -> Any:
        """Return each row's price as decimal128(38, scale); null where there is none."""
        return self._decimals([int(unit) for unit in self.units], rows)

    def currency_array(self, rows: Rows) -> Any:
        """Return each row's currency; null where there is no price."""
        return pa.array(self.currencies, pa.string()).take(_places(rows))

    def cost_array(self, rows: Rows, parts: npt.NDArray[Any]) -> Any:
        """Return price times parts as decimal128(38, scale), exactly; null without a price."""
        billed = np.where(np.array(self.per_message, dtype=bool)[rows], np.minimum(parts, 1), parts)
        many = pa.array(billed.astype(np.int64)).cast(pa.decimal128(19, 0))
        price = self._decimals([int(unit) for unit in self.units], rows, precision=18)
        return pc.multiply(price, many).cast(pa.decimal128(38, self.scale))

    def totals(self, rows: Rows, parts: npt.NDArray[Any]) -> dict[str, Decimal]:
        """Return the exact total by currency; rows without a price count nothing."""
        priced = rows >= 0
        rows, parts = rows[priced], parts[priced]
        billed = np.where(np.array(self.per_message, dtype=bool)[rows], np.minimum(parts, 1), parts)
        counts = np.zeros(len(self.keys), dtype=np.int64)
        np.add.at(counts, rows, billed)
        sums: dict[str, int] = {}
        for row in np.flatnonzero(np.bincount(rows, minlength=len(self.keys))):
            currency = self.currencies[row]
            sums[currency] = sums.get(currency, 0) + self.units[row] * int(counts[row])
        return {
            currency: Decimal((total < 0, tuple(map(int, str(abs(total)))), -self.scale))
            for currency, total in sums.items()
        }

    def _decimals(self, units: list[int], rows: Rows, precision: int = 38) -> Any:
        kind = pa.decimal128(precision, self.scale)
        values = [
            Decimal((unit < 0, tuple(map(int, str(abs(unit)))), -self.scale)) for unit in units
        ]
        return pa.array(values, kind).take(_places(rows))


def _places(rows: Rows) -> Any:
    return pa.array(rows, mask=rows < 0)
