"""Workbooks that another library wrote."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from smsplan import InputError, plan

BODY = "Hi ${name}"


def workbook(path: Path, sheets: dict[str, list[list[Any]]], hidden: tuple[str, ...] = ()) -> Path:
    """Write one."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


PEOPLE: list[list[Any]] = [
    [],
    ["to", "name", "size"],
    [447700900123, "Ana", 1],
    ["+447700900124", None, 2],
    [],
    [447700900125, 7, 3],
    [4.477e20, "Bo", None],
]


def test_what_the_cells_show(tmp_path: Path) -> None:
    """Whole numbers are their digits, empty cells missing; rows without anything are no rows."""
    path = workbook(tmp_path / "a.xlsx", {"People": PEOPLE, "Notes": [["x"]]}, ("Notes",))
    made = plan(path, BODY, bodies=True)
    rows = made.rows.to_pylist()
    assert [row["recipient"] for row in rows] == [
        "447700900123", "447700900124", "447700900125", None
    ]  # fmt: skip
    assert [row["problem"] for row in rows] == [
        None, "unmatched_parameter", None, "invalid_number"
    ]  # fmt: skip
    assert [row["body"] for row in rows] == ["Hi Ana", "Hi ${name}", "Hi 7", "Hi Bo"]
    assert not any("repaired" in (row["note"] or "") for row in rows)
    # The same rows in a file.
    written = plan(path, BODY, bodies=True, output=tmp_path / "out.csv").rows.to_pylist()
    assert [row["body"] for row in written] == [row["body"] for row in rows]
    assert [row["size"] for row in written] == ["1", "2", "3", None]


def test_which_sheet(tmp_path: Path) -> None:
    """Of several sheets one is named; none is guessed."""
    path = workbook(tmp_path / "a.xlsx", {"One": PEOPLE, "Two": [["to"], ["+447700900123"]]})
    with pytest.raises(InputError, match=r"has the sheets 'One', 'Two'; name one: .*a.xlsx#One"):
        plan(path, "Hi")
    assert plan(f"{path}#Two", "Hi").messages == 1
    with pytest.raises(InputError, match="no sheet 'Three'; it has 'One', 'Two'"):
        plan(f"{path}#Three", "Hi")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "empty sheet"),
        ([["to", "name"]], "no rows"),
        ([["to", None, "name"], ["1", "2", "3"]], "no name for column 2"),
        ([["to", "to"], ["1", "2"]], "more than once"),
        ([["to", "name"], ["1", dt.date(2026, 1, 2)]], "column 'name'"),
        ([["to", "name"], ["1", 1.5]], "column 'name'"),
    ],
)
def test_bad_sheets(rows: list[list[Any]], message: str, tmp_path: Path) -> None:
    """As for any other file."""
    path = workbook(tmp_path / "a.xlsx", {"People": rows})
    with pytest.raises(InputError, match=message):
        plan(path, BODY)


def test_no_workbook(tmp_path: Path) -> None:
    """Something else under its name."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\3\4 Zebulon")
    with pytest.raises(InputError, match="no whole workbook") as caught:
        plan(path, BODY)
    assert "Zebulon" not in str(caught.value)


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    path = workbook(tmp_path / "a.xlsx", {"People": PEOPLE})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(InputError, match=r"pip install 'smsplan\[xlsx\]'"):
        plan(path, BODY)
