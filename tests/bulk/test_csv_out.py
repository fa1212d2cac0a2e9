"""CSV output by whole columns is what Python's csv module reads back, guarded cell by cell."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pyarrow as pa
import pytest

from smsplan.bulk.files import is_formula, sink

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
        with sink(path, batch.schema) as out:
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
