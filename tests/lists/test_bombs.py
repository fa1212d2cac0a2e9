"""Small files that would fill the memory: a row has a bound, and so has what is read ahead."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from smsplan import InputError, plan

NUMBER = "447700900123"


def packed(path: Path, text: bytes) -> Path:
    """Write a file, packed as its name says."""
    with pa.output_stream(path) as out:
        out.write(text)
    return path


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a test reaches."""
    for name in ("csv_files.MAX_ROW", "json_files.MAX_ROW"):
        monkeypatch.setattr(f"smsplan.lists.{name}", 1 << 16)
    for name in ("csv_files.BLOCK", "json_files.BLOCK"):
        monkeypatch.setattr(f"smsplan.lists.{name}", 1 << 12)
    monkeypatch.setattr("smsplan.lists.json_files._MAX_VALUES", 1 << 10)


ROW = f'{{"to": "{NUMBER}", "name": "Ana"}}\n'
LINES = {
    "open lists": "[" * 100_000,
    "open objects": '{"a":' * 30_000,
    "one text": f'{{"to": "{NUMBER}", "name": "{"x" * 100_000}"}}\n',
    "one text without an end": f'{{"to": "{NUMBER}", "name": "{"x" * 100_000}',
    "spaces": " " * 100_000 + ROW,
    "lists in a row": f'{{"to": "{NUMBER}", "name": [{"[]," * 10_000}[]]}}\n',
    "keys in a row": "{" + ",".join(f'"k{n}": 1' for n in range(4_000)) + "}\n",
}


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
@pytest.mark.parametrize("kind", LINES)
def test_a_line_that_is_too_long(kind: str, ending: str, tmp_path: Path) -> None:
    """The error names the line; with on_error="skip" what stands before it is planned."""
    path = packed(tmp_path / f"a.{ending}", (ROW * 3 + LINES[kind]).encode())
    with pytest.raises(InputError, match=r"line 4: it has a line of more than 0 MiB, or of more"):
        plan(path, "Hi", output=tmp_path / "out.csv")
    assert [left.name for left in tmp_path.iterdir()] == [path.name]
    made = plan(path, "Hi ${name}", on_error="skip", duplicates="keep")
    assert made.summary.messages == 3
    assert "from line 4 on" in made.warnings[0]


@pytest.mark.usefixtures("_few")
def test_long_lines_below_the_bound(tmp_path: Path) -> None:
    """A line of many blocks is one, wherever blocks end."""
    for size in (4_000, 4_050, 4_096, 4_097, 8_192, 60_000):
        lines = [json.dumps({"to": NUMBER, "name": "x" * n}) for n in (size, 1, size - 1, size + 1)]
        path = packed(tmp_path / "a.jsonl", "\r\n".join(lines).encode())
        rows = plan(path, "Hi", duplicates="keep").rows
        lengths = [len(name) for name in rows.column("name").to_pylist()]
        assert lengths == [size, 1, size - 1, size + 1]


@pytest.mark.usefixtures("_few")
def test_a_csv_row_that_is_too_long(tmp_path: Path) -> None:
    """As it was: CSV has the same bound."""
    path = packed(tmp_path / "a.csv.gz", f"to,name\n{NUMBER},{'x' * 300_000}\n".encode())
    with pytest.raises(InputError, match="has a row of more than 0 MiB"):
        plan(path, "Hi")


def test_many_long_lines_are_planned_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is of so much text at most, whatever its number of rows."""
    monkeypatch.setattr("smsplan.lists.json_files._BATCH_SIZE", 10_000)
    path = packed(tmp_path / "a.jsonl", (ROW * 5_000).encode())
    seen: list[int] = []
    made = plan(path, "Hi", duplicates="keep", progress=seen.append)
    assert made.summary.rows == 5_000
    assert max(after - before for before, after in zip([0, *seen], seen, strict=False)) < 300


def test_a_key_for_each_recipient(tmp_path: Path) -> None:
    """Numbers as keys would make a column of each: an error, before the memory is full."""
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"{number}": "Ana"}}\n' for number in range(100_001)))
    with pytest.raises(InputError, match=r"more than 100,000 columns; write a row for each"):
        plan(path, "Hi")
    path = tmp_path / "a.csv"
    path.write_text("to," + ",".join(map(str, range(100_001))) + "\n1\n")
    with pytest.raises(InputError, match="more than 100,000 columns"):
        plan(path, "Hi")


def test_a_real_bomb(tmp_path: Path) -> None:
    """400 MiB in one line, in a file of 400 KiB: the process never holds them."""
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", 1) as file:
        for _ in range(400):
            file.write(b"[" * (1 << 20))
    code = (
        "import sys, smsplan\n"
        "try: smsplan.plan(sys.argv[1], 'Hi')\n"
        "except smsplan.InputError as error: print(error)\n"
        # getrusage would count what the tests had before they made this process.
        "status = open('/proc/self/status').read()\n"
        "print(status.partition('VmHWM:')[2].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    said, peak = done.stdout.splitlines()
    assert "more than 256 MiB" in said
    assert int(peak) < 500 * 1024
