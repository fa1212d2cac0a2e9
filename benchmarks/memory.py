"""The most memory that a plan of a wide list takes, beside a copy that writes the same columns."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from benchmarks.measure import Run, child

# A plan takes so many times the memory of the copy at most.
MOST = 1.3
# How many values the columns have: one each row, a thousand, or half of the columns so.
KINDS = ("unique", "repeated", "half of each")
_VALUES = 1_000
# What the copy reads and writes at once: as pyarrow does where nothing is said.
_AT_ONCE = 1 << 16
_ROWS, _QUICK_ROWS = 2_000_000, 400_000


def memory(run: Run) -> None:
    """Columns of few values and of many, in small and in large row groups."""
    quick = run.quick
    rows = _QUICK_ROWS if quick else _ROWS
    run.section(f"Parquet to Parquet, {rows:,} rows: columns, values, rows of a row group",
                "copy, most memory, MB", "plan, most memory, MB", "times the copy",
                "times its seconds")  # fmt: skip
    for columns in (20,) if quick else (4, 20, 50):
        for kind in KINDS[-1:] if quick else KINDS:
            for group in (10_000, 1_000_000):
                _line(run, rows, columns, kind, group)


def _line(run: Run, rows: int, columns: int, kind: str, group: int) -> None:
    what = f"{columns} columns, {kind}, {group:,}"
    with tempfile.TemporaryDirectory() as folder:
        source, planned = Path(folder) / "in.parquet", Path(folder) / "planned.parquet"
        write(source, rows, columns, kind, group)
        plan = child("plan", source, planned)
        copy = child("copy", source, Path(folder) / "copy.parquet", planned, str(_AT_ONCE))
        run.check(f"rows of {what}", pa.parquet.ParquetFile(planned).metadata.num_rows == rows)
    times = plan.peak / copy.peak
    run.line(what, f"{copy.peak:,.0f}", f"{plan.peak:,.0f}", f"{times:.2f}",
             f"{plan.seconds / copy.seconds:.2f}")  # fmt: skip
    run.check(f"memory of {what}: {times:.2f} times a copy's", times <= MOST)


def write(path: Path, rows: int, columns: int, kind: str, group: int) -> None:
    """Write a list of so many columns, the first three of which are number, name and city."""
    names = ["to", "name", "city", *(f"column{place}" for place in range(3, columns))]
    schema = pa.schema([(name, pa.string()) for name in names])
    with pa.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, group):
            at = np.arange(start, min(start + group, rows))
            table = [_column(place, at, kind) for place in range(columns)]
            writer.write_table(pa.table(table, schema), group)


def _column(place: int, at: np.typing.NDArray[np.int64], kind: str) -> pa.Array:
    if not place:
        return pc.binary_join_element_wise("+44", pa.array(at + 7_911_000_000).cast("string"), "")
    unique = kind == "unique" or (kind == "half of each" and place % 2)
    # Multiplied by a prime, so that neighbours differ.
    values = (at * 2_654_435_761 + place) % (10**10 + 19 if unique else _VALUES)
    return pc.binary_join_element_wise(f"value {place} ", pa.array(values).cast("string"), "")
