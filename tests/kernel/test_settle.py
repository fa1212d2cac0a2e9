"""Rejects, duplicates and prices against a plain loop over the rows, in the order promised."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from smsplan import Problem, Rate, RateCard
from smsplan.errors import Note
from smsplan.kernel.dictionaries import note_words, words
from smsplan.kernel.duplicates import Duplicates, SharedDuplicates
from smsplan.kernel.kernel import PROBLEMS, Judged
from smsplan.kernel.numbers.ranges import COUNTRIES
from smsplan.kernel.price_tables import price_table
from smsplan.kernel.settlement import DUPLICATE, REJECTED, Settled, in_words, settle, settled_rows

CARD = RateCard([
    Rate(country="GB", price=Decimal("0.04"), currency="GBP"),
    Rate(country="US", kind="reject", price=Decimal(0), currency=""),
    Rate(country="US", prefix="1202", price=Decimal("0.01"), currency="USD"),
], mixed_currencies=True)  # fmt: skip
# Few enough to come again; the French have no price, and most Americans are rejected.
PEOPLE = {"447700900123": "GB", "447700900124": "GB", "12025550123": "US", "13055550123": "US",
          "33612345678": "FR"}  # fmt: skip
ROWS = 60
# What the kernel may have said, and what a plan that is priced again has besides.
BY_ROW = (Problem.INVALID_NUMBER, Problem.UNMATCHED_PARAMETER, Problem.EXCEEDED_PARTS_LIMIT)


class Row:
    """One row as the kernel, or a plan, has it."""

    def __init__(self, chance: random.Random, *, again: bool) -> None:
        self.number = chance.choice(list(PEOPLE))
        self.parts = chance.randint(1, 4)
        known = [None] * 4 + [*BY_ROW, *([Problem.DUPLICATE_RECIPIENT] if again else [])]
        self.problem: str | None = chance.choice(known)
        self.note = None if self.problem else Note.joined(chance.randrange(1 << len(Note)))
        self.billed = 0 if self.problem else self.parts


def judged(rows: Sequence[Row]) -> Judged:
    """Rows as columns."""
    problems = [PROBLEMS.index(row.problem) if row.problem else -1 for row in rows]
    parts = np.array([row.parts for row in rows], np.int32)
    return Judged(
        encoding=np.zeros(len(rows), np.int8),
        units=parts * 100,
        parts=parts,
        billed=np.array([row.billed for row in rows], np.int32),
        problem=np.array(problems, np.int8),
        note=np.array([Note.bits(row.note) for row in rows], np.int32),
    )


class Expected:
    """The definition for one body: reject, then flag duplicates, then price."""

    def __init__(self, *, rates: RateCard | None, flag: bool, accepted: Sequence[bool]) -> None:
        self._terms = None if rates is None else rates.terms()
        self._flag, self._accepted = flag, accepted
        self._sent: set[str] = set()
        self._counted: set[str] = set()

    def __call__(self, row: Row) -> tuple[Any, ...]:
        """Return problem, note, billed parts, whether it is counted, and its price."""
        charge = None if self._terms is None else self._terms.charge(row.number)
        problem = row.problem
        if charge is not None and charge.rejected and problem in (None, PROBLEMS[DUPLICATE]):
            problem = PROBLEMS[REJECTED]
        counted = self._accepted[PROBLEMS.index(problem) if problem else -1]
        if self._flag:
            if problem is None and row.number in self._sent:
                problem = PROBLEMS[DUPLICATE]
            elif problem is None:
                self._sent.add(row.number)
            again, counts = row.number in self._counted, counted
            counted = counts and not again
            if counts:
                self._counted.add(row.number)
        notes = [] if problem or not row.note else row.note.split(";")
        notes = [note for note in notes if note != Note.UNPRICED]
        if problem is None and self._terms is not None and charge is None:
            notes.append(Note.UNPRICED)
        price = charge.price if charge is not None else None
        return problem, ";".join(notes) or None, 0 if problem else row.billed, counted, price


def found(settled: Settled, prices: Any) -> list[tuple[Any, ...]]:
    """What was settled, row by row."""
    none = [None] * len(settled.rate)
    price = none if prices is None else prices.price_array(settled.rate).to_pylist()
    return list(
        zip(
            words(settled.problem, PROBLEMS).to_pylist(),
            note_words(settled.note).to_pylist(),
            settled.billed.tolist(),
            settled.counted.tolist(),
            price,
            strict=True,
        )
    )


@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize("rates", [None, CARD, RateCard.of({"GB": "0.04 GBP"})])
@pytest.mark.parametrize("seed", range(6))
def test_as_a_loop_over_the_rows(seed: int, rates: RateCard | None, flag: bool) -> None:
    """Whatever the kernel said, of one body or two, in one batch or two."""
    chance = random.Random(seed)
    accepted = [chance.random() < 0.7 for _ in PROBLEMS]
    prices = None if rates is None else price_table(rates)
    duplicates = SharedDuplicates(Duplicates(), 2) if flag else None
    loops = [Expected(rates=rates, flag=flag, accepted=[*accepted, True]) for _ in range(2)]
    for _ in range(2):
        bodies = [[Row(chance, again=not flag) for _ in range(ROWS)] for _ in loops]
        for one, other in zip(*bodies, strict=True):
            other.number = one.number
        numbers = [row.number for row in bodies[0]]
        made = settle(
            np.array([int("1" + number) for number in numbers]),
            np.array([COUNTRIES.index(PEOPLE[number]) for number in numbers]),
            [judged(rows) for rows in bodies],
            duplicates=duplicates,
            prices=prices,
            accepted=np.array([*accepted, True]),
        )
        for rows, settled, expected in zip(bodies, made, loops, strict=True):
            assert found(settled, prices) == [expected(row) for row in rows]


def test_columns_of_a_plan() -> None:
    """What is not sent costs 0, what has no price costs null, and the rest parts times price."""
    rows = [Row(random.Random(seed), again=False) for seed in range(ROWS)]
    columns = judged(rows)
    batch = pa.RecordBatch.from_pydict({
        "recipient": pa.array([row.number for row in rows]),
        "encoding": pa.array(["GSM"] * ROWS).dictionary_encode(),
        "units": pa.array(columns.units),
        "number_of_parts": pa.array(columns.parts),
        "billed_parts": pa.array(columns.billed),
        "country": pa.array([PEOPLE[row.number] for row in rows]).dictionary_encode(),
        "problem": words(columns.problem, PROBLEMS),
        "note": note_words(columns.note),
        "key": pa.array([int("1" + row.number) for row in rows]),
    })  # fmt: skip
    accepted = np.ones(len(PROBLEMS) + 1, bool)
    planned, _ = settled_rows(
        batch, duplicates=SharedDuplicates(Duplicates(), 1), prices=price_table(CARD),
        accepted=accepted,
    )  # fmt: skip
    loop = Expected(rates=CARD, flag=True, accepted=accepted.tolist())
    for row, made in zip(rows, in_words(planned).to_pylist(), strict=True):
        problem, note, billed, counted, price = loop(row)
        cost = Decimal(0) if problem else None if price is None else billed * price
        wanted = {"problem": problem, "note": note, "billed_parts": billed, "counted": counted,
                  "price": price, "cost": cost, "sendable": problem is None}  # fmt: skip
        assert {name: made[name] for name in wanted} == wanted
