"""Folders of part files: the same octets whatever interrupts the work, and nothing mixed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from smsplan import InputError, Plan, plan
from smsplan.lists import parquet_files as files
from smsplan.writing import part_folders as folders

ROWS = 3_000
BODY = "Hello ${name}, it is ready."


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Recipients with gaps, Unicode and duplicates, in row groups that no part ends with."""
    chance = random.Random(3)
    names = ["Ana", "Иван", None, "a" * 150, "[x]"]
    table = pa.table(
        {
            "to": [f"+4477009{chance.randrange(2_500):05}" for _ in range(ROWS)],
            "name": chance.choices(names, k=ROWS),
        }
    )
    path = tmp_path / "people.parquet"
    pa.parquet.write_table(table, path, row_group_size=170)
    return path


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 500 rows, read by 170."""
    monkeypatch.setattr(folders, "PART_ROWS", 500)
    monkeypatch.setattr(files, "BATCH_ROWS", 170)


def octets(folder: Path) -> dict[str, str]:
    """A digest of every part file."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.parquet"))
    }


def run(source: Path, output: Path, *, resume: bool = False, stop_at: int | None = None) -> Plan:
    """Plan into a folder; stop when so many rows were read."""

    def progress(rows: int) -> None:
        if stop_at is not None and rows >= stop_at:
            raise KeyboardInterrupt

    return plan(source, BODY, rates="0.03 GBP", output=f"{output}/", resume=resume,
                progress=progress)  # fmt: skip


def test_a_folder_is_the_plan_of_a_file(source: Path, tmp_path: Path) -> None:
    """The same rows and totals as in one file; the manifest counts them."""
    made = run(source, tmp_path / "out")
    whole = plan(source, BODY, rates="0.03 GBP", output=tmp_path / "out.parquet")
    assert made.rows.equals(whole.rows)
    assert made.summary == whole.summary
    opened = Plan.open(tmp_path / "out")
    assert (opened.summary, opened.settings) == (whole.summary, whole.settings)
    assert opened.rows.equals(whole.rows)
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text())
    assert [part["rows"] for part in manifest["parts"]] == [500] * 6
    assert manifest["complete"]


@pytest.mark.parametrize("stop_at", [1, 600, 1_400, 2_999])
def test_resumed_to_the_same_octets(source: Path, tmp_path: Path, stop_at: int) -> None:
    """Interrupted and resumed: part files and totals of an uninterrupted run."""
    whole = run(source, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(source, tmp_path / "out", stop_at=stop_at)
    assert not list((tmp_path / "out").glob(".*.part")) if (tmp_path / "out").exists() else True
    if (tmp_path / "out").exists():
        with pytest.raises(InputError, match="not complete"):
            Plan.open(tmp_path / "out")
    made = run(source, tmp_path / "out", resume=True)
    assert octets(tmp_path / "out") == octets(tmp_path / "whole")
    assert made.summary == whole.summary
    assert run(source, tmp_path / "out", resume=True).summary == whole.summary


def test_killed_at_any_moment(source: Path, tmp_path: Path) -> None:
    """SIGKILL, several times over: nothing is lost, nothing is there twice."""
    run(source, tmp_path / "whole")
    code = (
        "import sys; from smsplan.lists import parquet_files as files\n"
        "from smsplan.writing import part_folders as folders\n"
        "folders.PART_ROWS, files.BATCH_ROWS = 500, 170\n"
        "from smsplan import plan\n"
        f"plan(sys.argv[1], {BODY!r}, rates='0.03 GBP', output=sys.argv[2], resume=True)\n"
    )
    chance = random.Random(7)
    arguments = [sys.executable, "-c", code, str(source), f"{tmp_path / 'out'}/"]
    for _ in range(5):
        child = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
        time.sleep(0.3 + 0.4 * chance.random())
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    subprocess.run(arguments, check=True)
    assert octets(tmp_path / "out") == octets(tmp_path / "whole")
    assert not list((tmp_path / "out").glob(".*"))


def test_nothing_is_mixed(source: Path, tmp_path: Path) -> None:
    """A folder goes on with what it was begun with, or not at all."""
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run(source, out, stop_at=1_400)
    with pytest.raises(InputError, match=r"not empty.*--resume"):
        run(source, out)
    with pytest.raises(InputError, match="the options changed"):
        plan(source, BODY + "!", rates="0.03 GBP", output=f"{out}/", resume=True)
    with pytest.raises(InputError, match="the rate card changed"):
        plan(source, BODY, rates="0.04 GBP", output=f"{out}/", resume=True)
    first = next(out.glob("part-*.parquet"))
    saved = first.read_bytes()
    first.write_bytes(saved[:-1] + b"x")
    with pytest.raises(InputError, match="is not what was written"):
        run(source, out, resume=True)
    first.write_bytes(saved)
    table = pa.parquet.read_table(source)
    pa.parquet.write_table(table.slice(1), source)
    with pytest.raises(InputError, match="the source changed"):
        run(source, out, resume=True)


def test_faults_of_a_call(source: Path, tmp_path: Path) -> None:
    """A folder in no folder, rejects beside parts, a resume into a file, a frame."""
    with pytest.raises(OSError, match="make it first"):
        run(source, tmp_path / "missing" / "out")
    with pytest.raises(InputError, match="filter the folder's rows"):
        plan(source, BODY, output=f"{tmp_path}/out/", rejects=tmp_path / "r.csv")
    with pytest.raises(InputError, match="ends with /"):
        plan(source, BODY, output=tmp_path / "out.parquet", resume=True)
    with pytest.raises(InputError, match="resume a plan of a file"):
        plan(["+447700900123"], "Hi", output=f"{tmp_path}/out/", resume=True)


def test_a_folder_within_what_is_read(source: Path) -> None:
    """Parts must not be read as recipients by the next run."""
    for output in (source.parent / "out", source.parent):
        with pytest.raises(InputError, match="in the folder that is read"):
            plan(source.parent, BODY, output=f"{output}/")


def test_no_rows(tmp_path: Path) -> None:
    """A list of nobody is one part of no rows."""
    path = tmp_path / "nobody.parquet"
    pa.parquet.write_table(pa.table({"to": pa.array([], pa.string())}), path)
    made = plan(path, "Hi", output=f"{tmp_path}/out/")
    assert made.rows.num_rows == 0
    assert Plan.open(tmp_path / "out").summary.rows == 0
