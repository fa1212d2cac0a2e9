"""Spark on the cores of this machine, beside a plan of a file and a copy by Spark."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from benchmarks.child import GROUP
from benchmarks.measure import THREE, Run, alternate
from benchmarks.people import BODY, DEFAULTS, RATES, People
from smsplan import plan

ROWS = 1_000_000


def cluster(run: Run, data: People) -> None:
    """A million rows, read from Parquet, planned and handed to a sink that takes them all."""
    if shutil.which("java") is None:
        print("Spark is not measured: no java here", file=sys.stderr)
        return
    os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
    from pyspark.sql import SparkSession

    from smsplan.cluster import spark

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(1 << 16))
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.parquet", Path(folder) / "out.parquet"
        table = data.plain.slice(0, ROWS)
        pa.parquet.write_table(table, source, row_group_size=GROUP)
        frame = session.read.parquet(str(source))
        planned = spark.plan(frame, BODY, defaults=DEFAULTS, rates=RATES)
        constants = frame.mapInArrow(_constants(planned.schema), planned.schema)
        taken = alternate(
            {
                "plan of a file, two cores, written": lambda: plan(
                    source, BODY, defaults=DEFAULTS, duplicates="keep", rates=RATES, output=target
                ),
                "Spark: copy that adds the same columns as constants": lambda: _drain(constants),
                "Spark: plan": lambda: _drain(planned),
                "Spark: plan, added up on the cluster": lambda: spark.totals(planned).collect(),
            },
            run.rounds,
        )
        made = planned.select("to", "name", "city", *THREE).toArrow()
        run.check_sample("Spark", made, made.select(["to", "name", "city"]), BODY)
        local = plan(table, BODY, defaults=DEFAULTS, duplicates="keep", rates=RATES)
        totals = spark.totals(planned).collect()
        run.check("parts on the cluster", sum(row["parts"] for row in totals) == local.parts)
    session.stop()
    run.section(f"Spark local[2], {table.num_rows:,} rows, warm", "seconds", "times the local plan")
    first = next(iter(taken.values()))
    for name, seconds in taken.items():
        run.line(name, f"{seconds:.2f}", f"{seconds / first:.2f}")


def _drain(frame: Any) -> None:
    frame.write.format("noop").mode("overwrite").save()


def _constants(schema: Any) -> Any:
    """Return a copy that gives the columns of a plan, each one value: what Spark itself costs."""
    from decimal import Decimal

    kinds = {"string": "447911123456", "integer": 1, "boolean": True}
    values = {
        field.name: None if field.name in ("problem", "note") else
        kinds.get(field.dataType.typeName(), Decimal("0.034"))
        for field in schema.fields
    }  # fmt: skip
    types = {
        field.name: pa.decimal128(38, field.dataType.scale)
        if field.dataType.typeName() == "decimal"
        else {"string": pa.string(), "integer": pa.int32(), "boolean": pa.bool_()}[
            field.dataType.typeName()
        ]
        for field in schema.fields
    }

    def copy(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            added = [
                pa.repeat(pa.scalar(values[name], types[name]), batch.num_rows)
                for name in values
                if name not in batch.schema.names
            ]
            yield pa.RecordBatch.from_arrays([*batch.columns, *added], names=list(values))

    return copy
