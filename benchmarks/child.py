"""One thing in a process of its own: ``python -m benchmarks.child plan|copy|loop SOURCE TARGET``.

Prints its seconds, libraries loaded, and the most memory that the process had.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from benchmarks import peers
from benchmarks.people import BODY, DEFAULTS, RATES
from smsplan import plan

GROUP = 1 << 18


def plan_file(source: str, target: str, duplicates: str = "keep", jobs: str = "1") -> None:
    """Plan a file into a file, all columns."""
    how: Any = duplicates
    plan(source, BODY, defaults=DEFAULTS, duplicates=how, rates=RATES, output=target,
         jobs=int(jobs))  # fmt: skip


def texts(source: str, target: str, jobs: str) -> None:
    """Plan texts that are already rendered, in so many processes."""
    plan(source, "${text}", duplicates="keep", rates=RATES, output=target, jobs=int(jobs))


def copy(source: str, target: str, like: str, rows: str = str(GROUP)) -> None:
    """Read the same columns, so many rows at once, and write a plan's, ours as constants."""
    schema = pa.parquet.read_schema(like).remove_metadata()
    first = next(pa.parquet.ParquetFile(like).iter_batches(1 << 10))
    with pa.parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in pa.parquet.ParquetFile(source).iter_batches(int(rows)):
            zeros = pa.array(np.zeros(batch.num_rows, np.int64))
            columns = [
                batch.column(field.name)
                if field.name in batch.schema.names
                else pa.array([first.column(field.name)[0].as_py()], field.type).take(zeros)
                for field in schema
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def loop(source: str, target: str) -> None:
    """``csv.DictReader`` to ``csv.DictWriter``."""
    prices = {"44": Decimal("0.034"), "49": Decimal("0.07"), "33": Decimal("0.06")}
    peers.csv_loop(Path(source), Path(target), BODY, prices)


def main() -> None:
    """Do what the command line says."""
    what, *words = sys.argv[1:]
    doers: dict[str, Callable[..., None]] = {
        "plan": plan_file,
        "texts": texts,
        "copy": copy,
        "loop": loop,
    }
    # Libraries are loaded by the first plan of a process: a quarter of a second, whatever follows.
    plan([{"to": "+447911123456", "name": "Ana", "city": "Leeds"}], BODY, rates=RATES)
    start = time.perf_counter()
    doers[what](*words)
    seconds = time.perf_counter() - start
    with Path("/proc/self/status").open() as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "peak": peak / 1024}))


if __name__ == "__main__":
    main()
