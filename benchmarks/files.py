"""Files through, every side in a process of its own, with the most memory that it had."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks.child import GROUP
from benchmarks.measure import Run, child, children
from benchmarks.people import BODY, People, hostile


def files(run: Run, data: People) -> None:
    """Parquet, CSV, memory, and processes for long texts."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _parquet(run, data, place)
        _csv(run, data, place)
        if not run.quick:
            _jobs(run, place)


def _parquet(run: Run, data: People, place: Path) -> None:
    rows = data.plain.num_rows
    source, planned = place / "in.parquet", place / "planned.parquet"
    pa.parquet.write_table(data.plain, source, row_group_size=GROUP)
    child("plan", source, planned)
    rounds = 1 if run.quick else 3
    for cores, name in ((1, "one core"), (2, "two cores")):
        taken = children(
            {
                "copy that writes the same columns": (
                    "copy", source, place / "copy.parquet", planned),
                "plan": ("plan", source, planned),
                "plan, duplicates flagged": ("plan", source, place / "flag.parquet", "flag"),
            },
            rounds,
            cores,
        )  # fmt: skip
        run.section(f"Parquet to Parquet, {rows:,} rows, {name}", "seconds", "times the copy",
                    "most memory, MB")  # fmt: skip
        plain = taken["copy that writes the same columns"].seconds
        for what, took in taken.items():
            run.line(
                what, f"{took.seconds:.2f}", f"{took.seconds / plain:.2f}", f"{took.peak:,.0f}"
            )
    made = pa.parquet.ParquetFile(planned)
    run.check("rows of the Parquet file", made.metadata.num_rows == rows)
    group = min(1, made.num_row_groups - 1)
    some = pa.Table.from_batches(
        [next(pa.parquet.ParquetFile(source).iter_batches(GROUP, row_groups=[group]))]
    )
    run.check_sample("Parquet to Parquet", made.read_row_group(group), some, BODY)
    if not run.quick:
        _growth(run, data, place)


def _growth(run: Run, data: People, place: Path) -> None:
    """Time and memory from a million to ten, and the curve from ten thousand."""
    run.section("Parquet to Parquet, growth", "seconds", "ns a row", "most memory, MB")
    every = [10**power for power in range(4, 8) if 10**power <= data.plain.num_rows]
    for how in ("keep", "flag"):
        for rows in every:
            source = place / f"in{rows}.parquet"
            if not source.exists():
                pa.parquet.write_table(data.plain.slice(0, rows), source, row_group_size=GROUP)
            name = f"{how}, {rows:,} rows"
            took = children({name: ("plan", source, place / "out.parquet", how)}, 3)[name]
            run.line(name, f"{took.seconds:.2f}", f"{took.seconds / rows * 1e9:,.0f}",
                     f"{took.peak:,.0f}")  # fmt: skip
            if how == "keep":
                run.curves.setdefault("Parquet to Parquet", {})[rows] = took.seconds


def _csv(run: Run, data: People, place: Path) -> None:
    few = data.plain.slice(0, min(data.plain.num_rows, 1_000_000))
    source, planned = place / "in.csv", place / "out.csv"
    pa.csv.write_csv(few, source)
    taken = children(
        {
            "csv.DictReader loop": ("loop", source, place / "loop.csv"),
            "plan": ("plan", source, planned),
        },
        1 if run.quick else 3,
    )
    run.section(f"CSV to CSV, {few.num_rows:,} rows", "seconds", "times the loop",
                "most memory, MB")  # fmt: skip
    loop = taken["csv.DictReader loop"].seconds
    for what, took in taken.items():
        run.line(what, f"{took.seconds:.2f}", f"{loop / took.seconds:.1f}", f"{took.peak:,.0f}")
    types = pa.csv.ConvertOptions(
        column_types={name: pa.string() for name in ("to", "name", "city")},
        strings_can_be_null=False,
    )
    made = pa.csv.read_csv(planned, convert_options=types)
    run.check("rows of the CSV file", made.num_rows == few.num_rows)
    run.check_sample("CSV to CSV", made, few, BODY)


def _jobs(run: Run, place: Path) -> None:
    """Long texts in several processes: plain ones, and such as take the kernel long."""
    rows = 500_000
    run.section(f"{rows:,} texts, two cores", "--jobs 1, s", "--jobs 2, s", "times faster")
    for kind in ("free text of three parts, accents in it", "clusters"):
        source = place / "texts.parquet"
        pa.parquet.write_table(hostile(kind, rows), source, row_group_size=GROUP)
        words: dict[str, Sequence[str | Path]] = {
            f"{jobs}": ("texts", source, place / f"texts{jobs}.parquet", str(jobs))
            for jobs in (1, 2)
        }
        one, two = (took.seconds for took in children(words, 3).values())
        run.line(kind, f"{one:.2f}", f"{two:.2f}", f"{one / two:.2f}")
        both = [pa.parquet.read_table(place / f"texts{jobs}.parquet") for jobs in (1, 2)]
        run.check(f"rows of two processes, {kind}", both[0].equals(both[1]))
