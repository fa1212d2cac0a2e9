"""Counting rows that are alike, against a Counter."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from smsplan.totals.grouping import grouped


@pytest.mark.parametrize("most", [2, 1_000, 10**6, 10**12])
def test_equal_to_a_counter(most: int) -> None:
    """Few kinds, many, and columns that do not fit one integer: counts and sums are exact."""
    chance = np.random.default_rng(most)
    columns = [chance.integers(-1, most, 5_000) for _ in range(3)]
    columns[0][:3_000], columns[1][:3_000], columns[2][:3_000] = 1, -1, 0
    amounts = chance.integers(-(10**9), 10**9, 5_000)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    counts = Counter(rows)
    sums: Counter[tuple[int, ...]] = Counter()
    for row, amount in zip(rows, amounts.tolist(), strict=True):
        sums[row] += amount
    assert {(*key, count) for key, count in counts.items()} == set(grouped(columns))
    assert {(*key, total) for key, total in sums.items()} == set(grouped(columns, amounts))


def test_nothing() -> None:
    """No rows have no groups."""
    assert list(grouped([np.zeros(0, np.int64)])) == []
