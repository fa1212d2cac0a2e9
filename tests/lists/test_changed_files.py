"""A list that something writes to while it is read is an error, and nothing is left of the plan."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from smsplan import InputError, compare, plan
from smsplan.lists import file_source as file_base

ROWS = 4_000
BODY = "Hi ${name}"
CHANGED = "has changed since it was opened"


def table(rows: int) -> pa.Table:
    """Recipients, each with another name."""
    return pa.table(
        {
            "to": [f"+44791{row:07}" for row in range(rows)],
            "name": [f"name {row * 7919 % rows} of {row}" for row in range(rows)],
        }
    )


def content(kind: str, rows: int) -> bytes:
    """A file of some kind with so many rows."""
    data = table(rows).to_pylist()
    if kind == "csv":
        return ("to,name\n" + "".join(f"{row['to']},{row['name']}\n" for row in data)).encode()
    if kind == "csv.gz":
        return gzip.compress(content("csv", rows), 1)
    if kind == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in data).encode()
    out = pa.BufferOutputStream()
    pa.parquet.write_table(table(rows), out, row_group_size=200)
    octets: bytes = out.getvalue().to_pybytes()
    return octets


def rewritten(path: Path, kind: str) -> None:
    """Put a shorter list in the place of the longer one, in the same file."""
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(content(kind, ROWS // 3))


def replaced(path: Path, kind: str) -> None:
    """Give the name to another file of the same size and time."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def grown(path: Path, kind: str) -> None:
    """Append to the file."""
    with path.open("ab") as file:
        file.write(content(kind, ROWS)[-30:])


def cut(to: Callable[[int], int]) -> Callable[[Path, str], None]:
    """Cut the file off."""
    return lambda path, kind: os.truncate(path, to(path.stat().st_size))


CHANGES: dict[str, Callable[[Path, str], None]] = {
    "cut to 1,000 octets": cut(lambda size: 1_000),
    "cut to half": cut(lambda size: size // 2),
    "cut by one octet": cut(lambda size: size - 1),
    "rewritten": rewritten,
    "replaced": replaced,
    "grown": grown,
    "deleted": lambda path, kind: path.unlink(),
}
KINDS = ["parquet", "csv", "csv.gz", "jsonl", "folder", "pattern"]


class Case:
    """A list of some kind in a folder of its own, and the file of it that changes."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = "parquet" if kind in ("folder", "pattern") else kind
        self.folder = folder / "in"
        self.folder.mkdir()
        self.path = self.folder / f"a.{self.kind}"
        self.path.write_bytes(content(self.kind, ROWS))
        self.list = {"folder": self.folder, "pattern": self.folder / "*.parquet"}.get(
            kind, self.path
        )
        if kind in ("folder", "pattern"):
            (self.folder / "b.parquet").write_bytes(content("parquet", 1_000))


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """One of each kind, of many batches."""
    for module in ("csv_files", "json_files", "parquet_files"):
        monkeypatch.setattr(f"smsplan.lists.{module}.BATCH_ROWS", 100)
    monkeypatch.setattr("smsplan.lists.csv_files.BLOCK", 1 << 10)
    return Case(request.param, tmp_path)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("output", [None, "out.parquet", "out/"])
def test_during_the_run(case: Case, change: str, output: str | None, tmp_path: Path) -> None:
    """Whatever happens to the file: an error that says so, and no output."""

    def progress(rows: int) -> None:
        if rows == 100:
            CHANGES[change](case.path, case.kind)

    target = None if output is None else f"{tmp_path}/{output}"
    with pytest.raises(InputError, match=CHANGED):
        plan(case.list, BODY, output=target, progress=progress)
    left = {path.name for path in tmp_path.rglob("*")} - {
        path.name for path in case.folder.iterdir()
    }
    assert left - {"in", "out", "_manifest.json"} == set()


@pytest.mark.parametrize("change", CHANGES)
def test_behind_the_run(case: Case, change: str) -> None:
    """A plan without output reads its list again, and says when that is another."""
    made = plan(case.list, BODY)
    assert len(made.rows) == made.summary.rows
    CHANGES[change](case.path, case.kind)
    questions: list[Callable[[], Any]] = [made.explain, made.by_length, lambda: made.worst(3)]
    for question in questions:
        with pytest.raises(InputError, match=CHANGED):
            question()


def test_the_pass_of_duplicates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list is read twice where duplicates are looked for: both times the same."""
    monkeypatch.setattr("smsplan.kernel.duplicates.OF_A_FILE", 100)
    monkeypatch.setattr("smsplan.lists.parquet_files.BATCH_ROWS", 100)
    path = tmp_path / "a.parquet"
    path.write_bytes(content("parquet", ROWS))
    real = pa.parquet.ParquetFile.iter_batches

    def iter_batches(self: Any, *given: Any, columns: list[str], **more: Any) -> Any:
        if columns == ["to"]:
            os.utime(path)
        return real(self, *given, columns=columns, **more)

    monkeypatch.setattr(pa.parquet.ParquetFile, "iter_batches", iter_batches)
    with pytest.raises(InputError, match=CHANGED):
        plan(path, BODY, output=tmp_path / "out.parquet")
    assert [left.name for left in tmp_path.iterdir()] == ["a.parquet"]


def test_a_file_that_appears(case: Case) -> None:
    """A folder, or a pattern, that has another file at the end was not read whole."""
    made = plan(case.list, BODY)
    (case.folder / "c.parquet").write_bytes(content("parquet", 10))
    if case.list == case.path:
        assert len(made.rows) == ROWS
        return
    with pytest.raises(InputError, match=CHANGED):
        made.explain()


def test_every_comparison(case: Case) -> None:
    """Also several texts over one list."""

    def progress(rows: int) -> None:
        if rows == 100:
            CHANGES["rewritten"](case.path, case.kind)

    with pytest.raises(InputError, match=CHANGED):
        compare(case.list, {"a": BODY, "b": "Hello ${name}"}, progress=progress)


def test_fewer_rows_than_the_footer_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that stops early is found out, whatever the file's size and time say."""
    path = tmp_path / "a.parquet"
    path.write_bytes(content("parquet", ROWS))
    real = pa.parquet.ParquetFile.iter_batches
    monkeypatch.setattr("smsplan.lists.parquet_files.BATCH_ROWS", 100)
    monkeypatch.setattr(
        pa.parquet.ParquetFile,
        "iter_batches",
        lambda *given, **more: iter([next(real(*given, **more))]),
    )
    with pytest.raises(InputError, match="says that it has 4,000 rows, and 100 were read"):
        plan(path, BODY)


def test_a_workbook_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook is read at once; what changes it before the last octet is an error."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["to", "name"], ["447700900123", "Ana"]):
        book.active.append(row)
    book.save(path)
    assert plan(path, BODY).messages == 1
    real = file_base.reading

    def reading(name: str) -> Any:
        grown(path, "csv")
        return real(name)

    monkeypatch.setattr("smsplan.lists.workbooks.reading", reading)
    with pytest.raises(InputError, match=CHANGED):
        plan(path, BODY)
