"""Bad files: one clear error that names the place and the next step, and nothing else."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smsplan import InputError, OutputError, Plan, plan

SECRET = "Zebulon"
NUMBER = "+447700900123"


def parquet(**columns: Any) -> bytes:
    """A Parquet file as octets."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


GOOD = parquet(to=[NUMBER] * 1000, name=[SECRET + str(n) for n in range(1000)])
INVALID_TEXT = parquet(
    to=pa.array([NUMBER.encode()], pa.binary()),
    name=pa.array([b"\xff" + SECRET.encode()], pa.binary()),
)


def not_utf8_parquet() -> bytes:
    """A text column whose octets are no UTF-8."""
    raw = pa.array([b"\xff" + SECRET.encode()], pa.binary())
    text = pa.StringArray.from_buffers(1, raw.buffers()[1], raw.buffers()[2])
    return parquet(to=[NUMBER], name=text)


ROW = f"{NUMBER},{SECRET}\n".encode()
HEAD = b"to,name\n"

BAD: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.csv", b"", "is empty"),
    "header-only": ("a.csv", HEAD, "no rows"),
    "header-without-line-end": ("a.csv", b"to,name", "no rows"),
    "blank-first-line": ("a.csv", b"\n" + HEAD + ROW, "first line"),
    "too-many-fields": ("a.csv", HEAD + ROW + NUMBER.encode() + b",a,b\n", "line 3: 3 fields"),
    "too-few-fields": ("a.csv", HEAD + ROW + NUMBER.encode() + b"\n", "line 3: 1 field"),
    "ragged-far-down": ("a.csv", HEAD + ROW * 9000 + b"x,y,z\n", "line 9002: 3 fields"),
    "latin-1": ("a.csv", HEAD + NUMBER.encode() + b",Zebulon\xe9\n", "--encoding cp1252"),
    "latin-1-far-down": ("a.csv", HEAD + ROW * 90000 + b"x,\xe9\n", "--encoding cp1252"),
    "utf-16": ("a.csv", (HEAD + ROW).decode().encode("utf-16"), "--encoding"),
    "nul-header": ("a.csv", b"\0\0\0\0" * 9, "no CSV"),
    "same-name-twice": ("a.csv", b"to,to\n" + ROW, "'to' more than once"),
    "no-name": ("a.csv", b"to,\n" + ROW, "no name for column 2"),
    "open-quote": ("a.csv", HEAD + ROW * 10 + b'x,"' + ROW * 10, "quote"),
    "missing-column": ("a.csv", b"phone,name\n" + ROW, "no column 'to'"),
    "not-gzip": ("a.csv.gz", HEAD + ROW, "gzip"),
    "cut-gzip": ("a.csv.gz", gzip.compress(HEAD + ROW * 5000)[:-20], "gzip"),
    "no-parquet": ("a.parquet", HEAD + ROW, "no whole Parquet file"),
    "cut-parquet": ("a.parquet", GOOD[:-100], "no whole Parquet file"),
    "damaged-parquet": ("a.parquet", GOOD[:200] + b"x" * 50 + GOOD[250:], "no whole Parquet"),
    "parquet-not-utf-8": ("a.parquet", not_utf8_parquet(), "not UTF-8"),
    "parquet-missing-column": ("a.parquet", parquet(phone=[NUMBER], name=["a"]), "no column 'to'"),
    "no-json": ("a.jsonl", b'{"to": "1", "name": "a"}\n{"to": Zebulon}\n', "line 2"),
    "json-list": ("a.jsonl", b'["Zebulon"]\n', "line 1"),
    "json-array-file": ("a.jsonl", b'[\n{"to": "Zebulon"}\n]\n', "line 1"),
    "json-nested": ("a.jsonl", b'{"to": "1", "name": {"first": "Zebulon"}}\n', "column 'name'"),
    "json-not-utf-8": ("a.jsonl", b'{"to": "1", "name": "\xff"}\n', "not UTF-8"),
    "json-empty": ("a.jsonl", b"\n\n", "no lines"),
    "json-boolean": ("a.jsonl", b'{"to": "1", "name": true}\n', "column 'name' holds booleans"),
    "no-ending": ("recipients", HEAD + ROW, "no ending"),
    "spreadsheet": ("a.xlsx", b"PK\3\4", "no whole workbook"),
}


@pytest.mark.parametrize("output", [None, "out.parquet", "out.csv"])
@pytest.mark.parametrize("label", BAD)
def test_bad_file(label: str, output: str | None, tmp_path: Path) -> None:
    """The error names the file or column and the fault, quotes no row, and leaves nothing."""
    name, content, message = BAD[label]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        plan(path, "Hi ${name}", output=None if output is None else tmp_path / output)
    text = str(caught.value)
    assert message in text
    assert name in text or "column" in text
    assert SECRET not in text
    assert SECRET not in repr(caught.value.__cause__)
    assert [left.name for left in tmp_path.iterdir()] == [name]


def test_missing_file_and_folder(tmp_path: Path) -> None:
    """A file that is not there, and a folder without Parquet."""
    with pytest.raises(InputError, match="no file"):
        plan(tmp_path / "none.csv", "Hi")
    with pytest.raises(InputError, match="no Parquet files"):
        plan(tmp_path, "Hi")
    with pytest.raises(InputError, match="no address"):
        plan("s4://bucket/key.csv", "Hi")


def test_folder_with_a_bad_file(tmp_path: Path) -> None:
    """One broken file of a folder is an error that names the folder."""
    (tmp_path / "a.parquet").write_bytes(GOOD)
    (tmp_path / "b.parquet").write_bytes(GOOD[:-9])
    with pytest.raises(InputError, match="no whole Parquet file"):
        plan(tmp_path, "Hi ${name}")


@pytest.mark.parametrize(
    ("output", "error", "message"),
    [
        ("none/x.parquet", OutputError, "make it first"),
        ("x.xls", InputError, "use .parquet or .csv"),
        ("in.csv", InputError, "also the input"),
        ("link.csv", InputError, "also the input"),
        (".", (InputError, OutputError), "ending|folder"),
    ],
)
def test_bad_output(output: str, error: Any, message: str, tmp_path: Path) -> None:
    """What cannot be written is refused before anything is read."""
    path = tmp_path / "in.csv"
    path.write_bytes(HEAD + ROW)
    (tmp_path / "link.csv").symlink_to(path)
    before = path.read_bytes()
    with pytest.raises(error, match=message):
        plan(path, "Hi", output=tmp_path / output)
    assert path.read_bytes() == before
    assert sorted(left.name for left in tmp_path.iterdir()) == ["in.csv", "link.csv"]


def test_an_old_output_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    """A failing plan leaves the file that was there before."""
    good, out = tmp_path / "good.csv", tmp_path / "out.csv"
    good.write_bytes(HEAD + ROW)
    plan(good, "Hi", output=out)
    before = out.read_bytes()
    good.write_bytes(HEAD + ROW * 70000 + b"x,y,z\n")
    with pytest.raises(InputError):
        plan(good, "Hi", output=out)
    assert out.read_bytes() == before
    assert sorted(left.name for left in tmp_path.iterdir()) == ["good.csv", "out.csv"]


class Full(io.RawIOBase):
    """A file on a disk that is full after some octets."""

    def __init__(self, room: int) -> None:
        self.room = room

    def writable(self) -> bool:
        """Yes, for a while."""
        return True

    def write(self, data: Any) -> int:
        """Take octets while there is room."""
        self.room -= len(data)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return len(data)


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.csv.gz"])
def test_full_disk(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is the surroundings' fault, and nothing is left of the output."""
    path = tmp_path / "in.csv"
    path.write_bytes(HEAD + ROW * 30000)
    real: Callable[..., Any] = os.fdopen

    def full(descriptor: int, mode: str) -> Any:
        real(descriptor, mode).close()
        return Full(500)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OutputError, match="No space left on device; nothing is left of it"):
        plan(path, "Hi ${name}", output=tmp_path / name)
    assert [left.name for left in tmp_path.iterdir()] == ["in.csv"]


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C in the middle leaves nothing."""
    path = tmp_path / "in.csv"
    path.write_bytes(HEAD + ROW * 5)

    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan(path, "Hi", output=tmp_path / "out.csv", rejects=tmp_path / "no.csv", progress=stop)
    assert [left.name for left in tmp_path.iterdir()] == ["in.csv"]


def test_odd_but_good_csv(tmp_path: Path) -> None:
    """Quoted names, blank lines, line breaks in fields, one column, other encodings, tabs."""
    cases = {
        "quoted.csv": b'"to","name"\r\n+447700900123,"a\r\nb"\r\n',
        "blank.csv": HEAD + ROW + b"\n" + ROW,
        "tab.tsv": b"to\tname\n+447700900123\tx\n",
        "semicolon.csv": b"to;name\n+447700900123;x, y\n",
        "long.csv": HEAD + NUMBER.encode() + b"," + b"x" * 3_000_000 + b"\n",
        "spaces.csv": b" to , name \n+447700900123,x\n",
    }
    for name, content in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        made = plan(path, "Hi ${name}", duplicates="keep")
        assert made.summary.rows == (2 if name == "blank.csv" else 1), name
        assert made.rows["to"].to_pylist()[0] == NUMBER
    one = tmp_path / "one.csv"
    one.write_bytes(b"to\n+447700900123\n\n+447700900124\n")
    assert plan(one, "Hi").rows["problem"].to_pylist() == [None, "invalid_number", None]
    for encoding in ("cp1252", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes("to,name\n+447700900123,Zoé\n".encode(encoding))
        rows = plan(path, "Hi ${name}", encoding=encoding, bodies=True).rows
        assert rows["body"].to_pylist() == ["Hi Zoé"]


def test_not_a_saved_plan(tmp_path: Path) -> None:
    """Plan.open says what a file is not."""
    path = tmp_path / "x.parquet"
    path.write_bytes(GOOD)
    with pytest.raises(InputError, match="not a saved plan"):
        Plan.open(path)
