"""Whatever types columns have: the list is planned, or an error names the column and its type."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from smsplan import InputError, Plan, compare, estimate, plan

TO = ["447700900123", "447700900124", "447700900123", "12"]
# Longer than a view holds itself, on a boundary of parts, missing, and short.
TEXTS = ["\u2019" * 135, None, "é" * 161, "a"]
BODY = "${a}"


def words(kind: Any) -> pa.Array:
    """The texts as a dictionary whose words are of some type."""
    return pa.DictionaryArray.from_arrays(
        pa.array([0, None, 1, 2], pa.uint16()), pa.array([TEXTS[0], *TEXTS[2:]], kind)
    )


def runs(kind: Any, ends: Any) -> pa.Array:
    """The texts as runs, each of one, and a row before that is sliced off."""
    values = pa.array(["x", *TEXTS], kind)
    return pa.RunEndEncodedArray.from_arrays(pa.array(range(1, 6), ends), values).slice(1)


SAME: dict[str, pa.Array] = {
    "string": pa.array(TEXTS),
    "large_string": pa.array(TEXTS, pa.large_string()),
    "string_view": pa.array(TEXTS, pa.string_view()),
    "a slice of views": pa.array(["x" * 40, *TEXTS], pa.string_view()).slice(1),
    "dictionary": words(pa.string()),
    "dictionary of views": words(pa.string_view()),
    "dictionary of large texts": words(pa.large_string()),
    "runs": runs(pa.string(), pa.int16()),
    "long runs": runs(pa.string(), pa.int64()),
    "runs of views": runs(pa.string_view(), pa.int32()),
    "JSON": pa.ExtensionArray.from_storage(pa.json_(), pa.array(TEXTS)),
    "JSON in views": pa.ExtensionArray.from_storage(
        pa.json_(pa.string_view()), pa.array(TEXTS, pa.string_view())
    ),
}
DECIMALS = [decimal.Decimal("1.50"), None, decimal.Decimal("-2.00"), decimal.Decimal("10.25")]
# What is no text and no number, and may stand beside them.
OTHER: dict[str, pa.Array] = {
    "binary_view": pa.array([b"\xff" * 20, None, b"", b"a"], pa.binary_view()),
    "large_binary": pa.array([b"\xff", None, b"", b"a"], pa.large_binary()),
    "list_view": pa.array([["a"], None, [], ["b", None]], pa.list_view(pa.string_view())),
    "large_list_view": pa.array([["a"], None, [], ["b"]], pa.large_list_view(pa.string())),
    "list of views": pa.array([["a"], None, [], ["b"]], pa.list_(pa.string_view())),
    "runs of lists": pa.RunEndEncodedArray.from_arrays(
        pa.array([1, 4], pa.int32()), pa.array([["a"], None])
    ),
    "struct of views": pa.array([{"x": "a"}, None, {}, {}], pa.struct([("x", pa.string_view())])),
    "map of views": pa.array([[("x", "a")], None, [], []], pa.map_(pa.string(), pa.string_view())),
    "interval": pa.array([pa.MonthDayNano([1, 2, 3]), None, None, None]),
    "duration": pa.array([dt.timedelta(1), None, None, None]),
    "dense union": pa.UnionArray.from_dense(
        pa.array([0, 1, 0, 1], pa.int8()), pa.array([0, 0, 1, 1], pa.int32()),
        [pa.array([1, 2]), pa.array(["x", "y"])]),
    "sparse union": pa.UnionArray.from_sparse(
        pa.array([0, 1, 0, 1], pa.int8()), [pa.array([1] * 4), pa.array(["x"] * 4)]),
    "uuid": pa.array([bytes(range(240, 256)), None, None, None], pa.uuid()),
    "bool8": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, None, 0, 1], pa.int8())),
    "opaque": pa.ExtensionArray.from_storage(
        pa.opaque(pa.binary_view(), "bit", "other"), pa.array([b"\xff"] * 4, pa.binary_view())),
}  # fmt: skip


def own(rows: Any, name: str) -> list[Any]:
    """One of our columns, of rows of any kind."""
    if isinstance(rows, list):
        return [row[name] for row in rows]
    return [*rows[name].to_pylist()] if isinstance(rows, pa.Table) else [*rows[name]]


def everything(made: Plan) -> dict[str, Any]:
    """What a plan says, by all who read its rows again."""
    return {
        "summary": made.summary.to_dict(),
        "rows": own(made.rows, "number_of_parts"),
        "explain": made.explain().to_dict(),
        "characters": made.characters().to_dict(),
        "lengths": made.by_length().to_dict(),
        "assumptions": made.assumptions().to_dict(),
        "worst": own(made.worst(2), "recipient"),
        "batches": [batch.to_dict() for batch in made.batches(client_reference="c")],
    }


def table(column: Any) -> pa.Table:
    """A list of this column."""
    return pa.table({"to": TO, "a": column})


def full(recipients: Any, body: str = BODY, **more: Any) -> dict[str, Any]:
    """Plan, and ask everything."""
    defaults = {"a": "you"} if "${a}" in body else None
    return everything(plan(recipients, body, defaults=defaults, rates="0.03 GBP", **more))


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What a plan of plain texts says."""
    return full(table(pa.array(TEXTS)))


@contextmanager
def planned_or_named(kind: str = "") -> Iterator[None]:
    """Allow an error that names the column, and its type where there is one."""
    named: list[str] = []
    try:
        yield
    except InputError as error:
        named.append(str(error))
    assert all("column 'a'" in text and kind in text for text in named)


@pytest.mark.parametrize("kind", SAME)
def test_texts_of_every_type(kind: str, expected: dict[str, Any], tmp_path: Path) -> None:
    """A text is a text: as a table, a stream, a file, and back from what was written."""
    data = table(SAME[kind])
    assert full(data) == expected
    assert full(pa.RecordBatchReader.from_batches(data.schema, data.to_batches())) == expected
    for ending in ("parquet", "csv"):
        output = tmp_path / f"out.{ending}"
        assert full(data, output=output, rejects=tmp_path / "rejects.csv") == expected
    assert everything(Plan.open(tmp_path / "out.parquet")) == expected
    assert (
        compare(data, {"a": BODY}, defaults={"a": "you"}).variants[0].summary.parts
        == (expected["summary"]["parts"])
    )
    assert (
        estimate(data, BODY, defaults={"a": "you"}, fraction="100%").parts.expected
        == (expected["summary"]["parts"])
    )
    try:
        pa.parquet.write_table(data, tmp_path / "in.parquet")
    except pa.ArrowNotImplementedError:
        return
    for how in ("stop", "skip"):
        assert full(tmp_path / "in.parquet", on_error=how) == expected
    (tmp_path / "in").mkdir()
    (tmp_path / "in.parquet").rename(tmp_path / "in" / "a.parquet")
    assert full(tmp_path / "in") == expected


@pytest.mark.parametrize("kind", ["string_view", "runs", "dictionary of views"])
def test_numbers_of_every_type(kind: str) -> None:
    """The column of numbers, too."""
    column = {
        "string_view": pa.array(TO, pa.string_view()),
        "runs": pa.RunEndEncodedArray.from_arrays(pa.array([1, 2, 3, 4], pa.int32()), pa.array(TO)),
        "dictionary of views": pa.DictionaryArray.from_arrays(
            pa.array([0, 1, 0, 2], pa.int8()),
            pa.array([TO[0], TO[1], TO[3]], pa.string_view()),
        ),
    }[kind]
    made = plan(pa.table({"to": column}), "Hi")
    assert made.summary.to_dict() == plan(TO, "Hi").summary.to_dict()


@pytest.mark.parametrize("kind", ["decimal32", "decimal64", "decimal128", "decimal256"])
def test_decimals(kind: str) -> None:
    """A small decimal is written as a large one."""
    types = {"decimal32": 9, "decimal64": 18, "decimal128": 38, "decimal256": 76}
    column = pa.array(DECIMALS, getattr(pa, kind)(types[kind], 2))
    made = plan(table(column), "${a}", defaults={"a": "none"}, bodies=True, duplicates="keep")
    assert made.rows.column("body").to_pylist() == ["1.50", "none", "-2.00", "10.25"]


@pytest.mark.parametrize("kind", OTHER)
def test_what_is_no_text(kind: str, tmp_path: Path) -> None:
    """As a value or a number it is an error that names it; beside them it is let through."""
    data = table(OTHER[kind])
    with pytest.raises(InputError, match="column 'a' holds"):
        full(data)
    with pytest.raises(InputError, match="column 'to' holds"):
        plan(pa.table({"to": OTHER[kind]}), "Hi")
    assert full(data, "Hi")["summary"]["rows"] == 4
    for ending in ("parquet", "csv"):
        with planned_or_named(OTHER[kind].type.__class__.__name__ and "type"):
            full(data, "Hi", output=tmp_path / f"out.{ending}", rejects=tmp_path / "r.csv")
        with planned_or_named("type"):
            plan(data, "Hi").save(tmp_path / f"saved.{ending}")
    left = {path.name for path in tmp_path.iterdir()}
    assert not [name for name in left if name.endswith(".part")]


def test_the_frame_stays_as_it_is() -> None:
    """Our columns are added to the caller's own, whose types nobody changes."""
    data = table(SAME["string_view"])
    rows = plan(data, BODY, defaults={"a": "you"}).rows
    assert rows.schema.field("a").type == pa.string_view()
    frame = pl.DataFrame({"to": TO, "a": TEXTS})
    assert plan(frame, BODY, defaults={"a": "you"}).rows.select(frame.columns).equals(frame)


@pytest.mark.parametrize("view", [False, True])
def test_streams_of_other_libraries(view: bool, expected: dict[str, Any]) -> None:
    """Both polars and DuckDB hand out views, one always, the other where it is asked to."""
    frame = pl.DataFrame({"to": TO, "a": TEXTS})
    assert pa.table(frame).schema.field("a").type == pa.string_view()
    assert full(frame) == expected
    assert full(pa.table(frame)) == expected
    assert full(pa.RecordBatchReader.from_stream(frame)) == expected
    assert full(frame.with_columns(pl.col("a").cast(pl.Categorical))) == expected
    assert full(pa.table(frame.with_columns(pl.col("a").cast(pl.Categorical)))) == expected
    with duckdb.connect() as connection:
        connection.execute(f"SET arrow_output_version='{'1.5' if view else '1.0'}'")
        connection.execute(f"SET produce_arrow_string_view={str(view).lower()}")
        connection.register("people", table(pa.array(TEXTS)))
        assert full(connection.sql("select * from people")) == expected


class Odd:
    """No library knows it."""


PANDAS: dict[str, Callable[[], Any]] = {
    "complex": lambda: pd.Series([complex(1), complex(2)]),
    "complex64": lambda: pd.Series(np.array([1, 2], np.complex64)),
    "longdouble": lambda: pd.Series(np.array([1, 2], np.longdouble)),
    "category of complex": lambda: pd.Series(pd.Categorical([1j, 2j])),
    "category of periods": lambda: pd.Series(pd.Categorical(pd.period_range("2024", periods=2))),
    "category of tuples": lambda: pd.Series(pd.Categorical([(1, 2), (2, 3)])),
    "period": lambda: pd.Series(pd.period_range("2024-01", periods=2, freq="M")),
    "interval": lambda: pd.Series(pd.interval_range(0, 2)),
    "timedelta": lambda: pd.Series(pd.to_timedelta([1, 2])),
    "objects": lambda: pd.Series([Odd(), Odd()]),
    "complex objects": lambda: pd.Series([1j, "a"], dtype=object),
    "sets": lambda: pd.Series([{1}, {2}]),
    "octets": lambda: pd.Series([b"\xff", b"b"]),
    "arrays": lambda: pd.Series([np.array([1]), np.array([2])]),
    "void": lambda: pd.Series([np.void(b"a"), np.void(b"b")]),
}


@pytest.mark.filterwarnings("ignore:The argument 'infer_datetime_format'")
@pytest.mark.parametrize("kind", PANDAS)
def test_pandas_types(kind: str, tmp_path: Path) -> None:
    """A column of another type is an error that names it, in a frame and in a list of dicts."""
    series = PANDAS[kind]()
    dicts = [{"to": to, "a": value} for to, value in zip(TO, series.tolist(), strict=False)]
    for data in (pd.DataFrame({"to": TO[:2], "a": series}), dicts):
        with pytest.raises(InputError, match="column 'a' holds"):
            full(data)
        assert plan(data, "Hi").messages == 2
        for ending in ("parquet", "csv"):
            with planned_or_named():
                full(data, "Hi", output=tmp_path / f"out.{ending}")
    with pytest.raises(InputError, match=r"column 'a' holds|neither dicts alone nor numbers"):
        plan(series.rename("a"), "Hi", rates="0.03 GBP").check(max_problems="0")


def test_large_integers(tmp_path: Path) -> None:
    """More than 64 bits: digits as a value, and an error that names the column where written."""
    frame = pd.DataFrame({"to": TO[:2], "a": pd.Series([10**30, 1], dtype=object)})
    for data in (frame, frame.to_dict("records")):
        assert full(data)["summary"]["messages"] == 2
        with pytest.raises(InputError, match=re.escape("column 'a' holds values (")):
            plan(data, "Hi", output=tmp_path / "out.parquet")
    assert plan([10**30, 447700900123], "Hi").messages == 1


def test_views_in_pandas() -> None:
    """Where pandas takes no rows of a column of views, worst() does."""
    views = pd.Series(TEXTS, dtype=pd.ArrowDtype(pa.string_view()))
    made = plan(pd.DataFrame({"to": TO, "a": views}), BODY, defaults={"a": "you"})
    assert made.worst(1)["a"].tolist() == [TEXTS[0]]


def test_polars_types(tmp_path: Path) -> None:
    """Types that only polars has are named, and let through where nobody looks at them."""
    for column in (
        pl.Series("a", [Odd(), Odd()], dtype=pl.Object),
        pl.Series("a", [1, 2], dtype=pl.Int128),
    ):
        frame = pl.DataFrame({"to": TO[:2]}).with_columns(column)
        assert full(frame, "Hi")["summary"]["messages"] == 2
        named = f"column 'a' holds values .{column.dtype}"
        with pytest.raises(InputError, match=named):
            full(frame)
        with pytest.raises(InputError, match=named):
            full(frame, "Hi", output=tmp_path / "out.parquet")
    stream = pl.DataFrame({"to": TO[:2]}).with_columns(pl.Series("a", [1, 2], dtype=pl.Int128))

    class Stream:
        def __arrow_c_stream__(self, requested: Any = None) -> Any:
            return stream.__arrow_c_stream__(requested)

    with pytest.raises(InputError, match="a type that Arrow does not know"):
        plan(Stream(), "Hi")
