"""What takes too long for every day: kills, little memory, long texts, campaigns, accounts.

    python -m benchmarks.soak

Each line says what was done; anything wrong ends it with a traceback.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from benchmarks.child import GROUP
from benchmarks.measure import ROOT, THREE
from benchmarks.people import BODY, DEFAULTS, people
from smsplan import Profile, plan

ROWS, KILLS = 10_000_000, 20
LIMIT = 3 * 2**29  # octets of addresses: 1.5 GiB


def command(source: Path, target: str, *more: str) -> list[str]:
    """Return a plan as a command."""
    defaults = [f"--default={key}={value}" for key, value in DEFAULTS.items()]
    words = ["plan", str(source), "--body", BODY, *defaults, "--price", "0.034 GBP", "--output"]
    return [sys.executable, "-m", "smsplan", *words, target, *more]


def kills(source: Path, place: Path) -> None:
    """SIGKILL at random moments; every run goes on, and the end is the same octets."""
    whole = place / "whole"
    subprocess.run(command(source, f"{whole}/"), cwd=ROOT, check=True, capture_output=True)
    broken = place / "broken"
    chance = random.Random(7)
    done = survived = 0
    parts = []
    while done < KILLS:
        process = subprocess.Popen(
            command(source, f"{broken}/", "--resume"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(chance.uniform(0.3, 7))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            done += 1
            parts.append(len(list(broken.glob("*.parquet"))))
        else:
            assert process.returncode == 0, "a resumed run failed"
            _same(whole, broken)
            survived += 1
            for file in broken.iterdir():
                file.unlink()
    subprocess.run(command(source, f"{broken}/", "--resume"), cwd=ROOT, check=True,
                   capture_output=True)  # fmt: skip
    _same(whole, broken)
    print(f"{done} kills, {survived + 1} runs that ended: the same octets in every part file; "
          f"part files after each kill: {parts}")  # fmt: skip


def _same(one: Path, other: Path) -> None:
    parts = sorted(path.name for path in one.glob("*.parquet"))
    assert parts, "no part files"
    assert parts == sorted(path.name for path in other.glob("*.parquet"))
    for name in parts:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    left = [path.name for path in other.iterdir() if path.name.endswith(".part")]
    assert not left, f"half files are left: {left}"


def little_memory(source: Path, place: Path) -> None:
    """Ten million rows in 1.5 GiB of addresses, libraries and stacks of threads included."""
    for duplicates in ("keep", "flag"):
        target = place / f"{duplicates}.parquet"
        start = time.perf_counter()
        subprocess.run(
            command(source, str(target), "--duplicates", duplicates),
            cwd=ROOT,
            check=True,
            capture_output=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT)),
        )
        rows = pa.parquet.ParquetFile(target).metadata.num_rows
        assert rows == ROWS, rows
        print(f"{rows:,} rows in 1.5 GiB, duplicates {duplicates}: "
              f"{time.perf_counter() - start:.1f} s")  # fmt: skip


def much_text(place: Path) -> None:
    """Over 2 GiB in one column: as a frame of one chunk, and from a file."""
    known = pa.array(["a" * 3_000, "é" * 1_500, "ж" * 1_500, "€" * 1_000], pa.large_string())
    rows = 800_000
    text = known.take(pa.array([row % 4 for row in range(rows)]))
    assert text.nbytes > 2**31
    to = pa.array([f"+44791{number:07}" for number in range(rows)])
    table = pa.table({"to": to, "text": text})
    expected = [("GSM", 3_000, 20), ("GSM", 1_500, 10), ("UNICODE", 1_500, 23), ("GSM", 2_000, 14)]
    source, target = place / "long.parquet", place / "long-planned.parquet"
    pa.parquet.write_table(table, source, row_group_size=GROUP)
    long = Profile(value_limit=None)
    made = plan(table, "${text}", duplicates="keep", profile=long)
    plan(source, "${text}", duplicates="keep", profile=long, output=target)
    for planned in (made.rows, pa.parquet.read_table(target, columns=list(THREE))):
        for row, one in enumerate(expected):
            kinds = planned.take(pa.array(range(row, rows, 4))).group_by(list(THREE)).aggregate([])
            found = [tuple(kind[name] for name in THREE) for kind in kinds.to_pylist()]
            assert found == [one], (found, one)
    print(f"{rows:,} rows with {text.nbytes / 2**30:.2f} GiB of text in one column, frame and file")


def tests(file: str, name: str, variable: str, count: int) -> None:
    """Run a test that CI runs on few cases on many."""
    start = time.perf_counter()
    words = ["-m", "pytest", "-q", "--numprocesses", "2", file, "-k", name]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, variable: str(count)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    print(f"{done.stdout.strip().splitlines()[-1]}: {file}, {variable}={count}, "
          f"{time.perf_counter() - start:.0f} s")  # fmt: skip


def main() -> None:
    """Do it all."""
    tests("tests/sinch/test_campaigns.py", "killed", "SMSPLAN_CAMPAIGNS", 200)
    tests(
        "tests/sinch/test_calibration.py", "random_profiles or sandboxes", "SMSPLAN_PROFILES", 200
    )
    tests("tests/sinch/test_calibration.py", "disguise", "SMSPLAN_DISGUISES", 200)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = place / "in.parquet"
        pa.parquet.write_table(people(ROWS).plain, source, row_group_size=GROUP)
        little_memory(source, place)
        kills(source, place)
        for path in place.glob("*.parquet"):
            path.unlink()
        much_text(place)


if __name__ == "__main__":
    main()
