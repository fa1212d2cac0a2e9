"""The cluster gives the rows that one machine gives, however Spark cuts its batches."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from smsplan import InputError, plan

if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17", allow_module_level=True)
pyspark = pytest.importorskip("pyspark", reason="Spark needs pyspark")

from smsplan.cluster import spark  # noqa: E402

# Of pyspark itself; what is used here does not go through pandas.
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")

BODY = "Hello ${name}, welcome to ${city}!"
DEFAULTS = {"city": "town"}
RATES = {"GB": "0.034 GBP", "*": "0.1 GBP"}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A small local cluster that cuts batches of seven rows."""
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        made = (
            SparkSession.builder.master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", "7")
            .getOrCreate()
        )
        yield made
        made.stop()


def people() -> pa.Table:
    """Numbers good, bad and repeated, names in and outside the alphabet, gaps."""
    names = ["Ana", "Иван", "José", None, "[x]", "😀", "a" * 200]
    numbers = ["+447700900123", "+12025550123", "x", "00447700900124", "+4915112345678"]
    return pa.table(
        {
            "row": list(range(60)),
            "to": [numbers[n % 5] if n % 3 else f"+4477009{n:05}" for n in range(60)],
            "name": [names[n % 7] for n in range(60)],
            "city": ["Leeds" if n % 2 else None for n in range(60)],
        }
    )


def rows(frame: Any) -> list[dict[str, Any]]:
    """The rows of a Spark frame in the order of the caller's."""
    return [row.asDict() for row in frame.orderBy("row").collect()]


@pytest.mark.parametrize("duplicates", ["keep", "flag"])
def test_the_same_rows_as_local(session: Any, duplicates: Any) -> None:
    """Every column of every row, with duplicates kept and with them flagged by an order."""
    frame = people()
    local = plan(frame.to_pylist(), BODY, defaults=DEFAULTS, rates=RATES, bodies=True,
                 duplicates=duplicates)  # fmt: skip
    order_by = "row" if duplicates == "flag" else None
    cut = session.createDataFrame(frame).repartition(3)
    made = spark.plan(cut, BODY, defaults=DEFAULTS, rates=RATES, bodies=True,
                      duplicates=duplicates, order_by=order_by)  # fmt: skip
    assert rows(made) == local.rows
    totals = spark.totals(made).collect()
    assert sum(row["rows"] for row in totals) == 60
    assert sum(row["messages"] for row in totals) == local.messages
    assert sum(row["parts"] for row in totals) == local.parts
    assert {"GBP": sum(row["cost"] for row in totals if row["currency"])} == local.cost.amounts


def test_the_page_about_it(session: Any) -> None:
    """What docs/cluster.md shows for Spark runs as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    frame = session.createDataFrame(people()).withColumnRenamed("to", "phone")
    names: dict[str, Any] = {"people": frame, "rates": RATES}
    exec(code, names)
    assert names["planned"].count() == 60
    assert sum(row["rows"] for row in names["by_kind"].collect()) == 60


def test_faults_at_once(session: Any) -> None:
    """What is wrong with the arguments is said before Spark does anything."""
    frame = session.createDataFrame(people())
    with pytest.raises(InputError, match="order_by"):
        spark.plan(frame, BODY, defaults=DEFAULTS, duplicates="flag")
    with pytest.raises(InputError, match="did you mean 'name'"):
        spark.plan(frame, "Hi ${nam}")
    with pytest.raises(InputError, match="no column 'phone'"):
        spark.plan(frame, BODY, defaults=DEFAULTS, to="phone")
    with pytest.raises(InputError, match="already have columns 'note'"):
        spark.plan(frame.withColumnRenamed("row", "note"), BODY, defaults=DEFAULTS)
