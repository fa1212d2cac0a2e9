"""CSV output by whole columns is what Python's csv module reads back, guarded cell by cell."""

from __future__ import annotations

import csv
import io
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from smsplan import InputError, plan
from smsplan.writing.csv_lines import is_formula
from smsplan.writing.writers import sink

CELLS = ["", "a", "=1+1", "+447700900123", "+1+1", "-5", "-a", "@x", "\tx", "a,b", 'say "hi"',
         "line\nbreak", "\r", " edge", "edge ", "\u00a0x", "x\u3000", "я", "\uff1d1", "\uff0b1a",
         "+44 (0)7700/9", "'", "é", "+", "\n", "\n=1+1", "\r\n@x", " =1+1", "\t\t-a", "\n5", " +44",
         "\n+44 7700", " -a", "\u00a0=1", "\u3000@x", "\ufeff=1", "\u200b+a", "\x1f=1", "\x7f=1",
         "\u2028=1", "\u200e=1", " ", "\u00a0", "x=1", "x\n=1", "-1+1", "£=1", "あ=1"]  # fmt: skip


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


# OWASP, CSV Injection: = + - @, tab, carriage return, line feed, and their full-width forms; with
# what is blank, or not seen, before them.
OWASP = {
    "=1+1": True, "+1+a": True, "-a": True, "@SUM(A1)": True, "\t": True, "\r": True, "\n": True,
    "\n=1+1": True, "\r\n=1+1": True, "\t=1": True, " =1": True, "\u00a0=1": True, "\u2003@a": True,
    "\ufeff=1": True, "\u200b=1": True, "\x00=1": True, "\n \t\r=1": True, "\n7": True, "＝1": True,
    " ＠a": True, "＋a": True, "－a": True, "=": True, "@": True, "-=1": True, "+\n=1": True,
    "+447700900123": False, "+44 (0)7700 900123": False, " +44 7700": False, "-5": False,
    "": False, " ": False, "a=1": False, "'=1": False, '"=1"': False, "5-a": False, "a\n=1": False,
    ",=1": False, "(+a)": False, "\u00a0": False, "–a": False, "Zoë": False,
}  # fmt: skip


@pytest.mark.parametrize("text", OWASP)
def test_formulas(text: str, tmp_path: Path) -> None:
    """What a sheet would run is guarded as a cell, as a word, and as the name of a column."""
    assert is_formula(text) == OWASP[text]
    expected = f"'{text}" if OWASP[text] else text
    column = pa.array([text, "x"], pa.string())
    for cells in (column, column.dictionary_encode(), column.cast(pa.large_string())):
        batch = pa.RecordBatch.from_arrays([cells, pa.array([1, 2])], names=[text, "n"])
        for guard in (True, False):
            path = tmp_path / "out.csv"
            with sink(path, batch.schema, guard=guard) as out:
                out.write(batch)
            assert out.guarded == 2 * (OWASP[text] and guard)
            read = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
            shown = expected if guard else text
            if "\0" not in text:
                assert read == [[shown, "n"], [shown, "1"], ["x", "2"]]


def test_names_of_columns(tmp_path: Path) -> None:
    """The header too, of an output for spreadsheets and of rejects; the plan reads its list."""
    path = tmp_path / "in.csv"
    path.write_text("to,=cmd,@x\n+447700900123,=1+1,a\n12,b,\n")
    out, rejects = tmp_path / "out.csv", tmp_path / "rejects.csv"
    columns = {"a": "=cmd", "b": "@x"}
    how: dict[str, Any] = {"columns": columns, "defaults": {"b": ""}, "output": out}
    made = plan(path, "Hi ${a} ${b}", **how, rejects=rejects, for_spreadsheets=True)
    for written in (out, rejects):
        names = next(csv.reader(written.read_text().splitlines()))
        assert names[:3] == ["to", "'=cmd", "'@x"]
    assert made.warnings[-1].startswith("5 cells that a spreadsheet would run")
    assert made.rows.column("=cmd").to_pylist() == ["=1+1", "b"]
    assert [batch.parameters for batch in made.batches()] == [
        {"a": {"447700900123": "=1+1"}, "b": {"447700900123": "a"}}
    ]
    plain = plan(path, "Hi ${a} ${b}", **how)
    assert next(csv.reader(out.read_text().splitlines()))[:3] == ["to", "=cmd", "@x"]
    assert plain.explain().to_dict() == made.explain().to_dict()
    stream = pa.RecordBatchReader.from_batches(plain.rows.schema, plain.rows.to_batches())
    once = plan(stream, "Hi ${a}", columns={"a": "=cmd"}, output=out, for_spreadsheets=True,
                prefix="p_")  # fmt: skip
    with pytest.raises(InputError, match="can be read once only"):
        once.explain()


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
