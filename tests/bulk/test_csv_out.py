"""CSV output by whole columns is what Python's csv module reads back, guarded cell by cell."""

from __future__ import annotations

import csv
import random
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from smsplan.bulk.lines import is_formula
from smsplan.bulk.sinks import sink

CELLS = ["", "a", "=1+1", "+447700900123", "+1+1", "-5", "-a", "@x", "\tx", "a,b", 'say "hi"',
         "line\nbreak", "\r", " edge", "edge ", "\u00a0x", "x\u3000", "я", "\uff1d1", "\uff0b1a",
         "+44 (0)7700/9", "'", "é", "+"]  # fmt: skip


@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize("dictionary", [True, False])
def test_read_back(tmp_path: Path, dictionary: bool, numbers: bool) -> None:
    """Every cell comes back; formulas behind an apostrophe, and as many as are counted."""
    chance = random.Random(5)
    known = [cell for cell in CELLS if set(cell) <= set("+0123456789 ().-/")] if numbers else CELLS
    for rows in (1, 3, 200):
        cells = [chance.choice([None, *known]) for _ in range(rows)]
        column = pa.array(cells, pa.string())
        if dictionary:
            column = column.dictionary_encode()
        batch = pa.RecordBatch.from_arrays(
            [column, pa.array(range(rows)), pa.array([["x"]] * rows)], names=["a,b", "n", "l"]
        )
        path = tmp_path / "out.csv"
        with sink(path, batch.schema, guard=True) as out:
            out.write(batch)
        with path.open(newline="", encoding="utf-8") as file:
            read = list(csv.reader(file))
        assert read[0] == ["a,b", "n", "l"]
        expected = ["'" + cell if cell and is_formula(cell) else cell or "" for cell in cells]
        assert [line[0] for line in read[1:]] == expected
        assert [line[1] for line in read[1:]] == [str(row) for row in range(rows)]
        assert out.guarded == sum(cell is not None and is_formula(cell) for cell in cells)
        # Missing is nothing, the empty text is "".
        lines = path.read_bytes().count(b'"",')
        assert lines >= sum(cell == "" for cell in cells)


def test_columns_of_few_values(tmp_path: Path) -> None:
    """Columns whose rows are of few kinds are written as any others, whatever their values."""
    chance = random.Random(6)
    whole = 1 << 63
    columns: dict[str, list[object]] = {
        "word": [None, "", "=a", 'q"', "é"],
        "small": [None, 0, -1, 7],
        "flag": [None, True, False],
        "money": [None, Decimal("0.034"), Decimal("-1.000"), Decimal("12345678901.000")],
        "huge": [None, Decimal(10**30), Decimal(-(10**30))],
        "wide": [None, 1 - whole, whole - 1],
        "unsigned": [None, 2 * whole - 1, 0],
        "none": [None],
        "float": [None, 0.5, 1e300],
    }
    kinds = {
        "word": pa.dictionary(pa.int8(), pa.string()),
        "small": pa.int16(),
        "flag": pa.bool_(),
        "money": pa.decimal128(20, 3),
        "huge": pa.decimal128(38, 2),
        "wide": pa.int64(),
        "unsigned": pa.uint64(),
        "none": pa.decimal128(38, 4),
        "float": pa.float64(),
    }
    for rows in (1, 2, 500):
        for _ in range(20):
            names = [chance.choice(list(columns)) for _ in range(chance.randint(1, 9))]
            made = [
                pa.array([chance.choice(columns[name]) for _ in range(rows + 2)], kinds[name])
                for name in names
            ]
            batch = pa.RecordBatch.from_arrays(
                made, names=[f"{name}{place}" for place, name in enumerate(names)]
            ).slice(1, rows)
            path = tmp_path / "out.csv"
            with sink(path, batch.schema, guard=True) as out:
                out.write(batch)
            with path.open(newline="", encoding="utf-8") as file:
                read = list(csv.reader(file))[1:]
            expected = [
                [cell or "" for cell in column.cast(pa.string()).to_pylist()]
                for column in batch.columns
            ]
            guarded = sum(cell == "=a" for column in expected for cell in column)
            assert out.guarded == guarded
            rows_read = [line or [""] for line in read]
            assert rows_read == [
                [cell.replace("=a", "'=a") for cell in line] for line in zip(*expected, strict=True)
            ]
