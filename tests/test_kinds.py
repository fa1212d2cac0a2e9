"""The same plan from every kind of frame and file; the caller's own columns come back untouched."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smsplan import InputError, Plan, Profile, plan
from smsplan.reports import Report

ROWS: list[dict[str, Any]] = [
    {"to": "+447700900123", "name": "Ana", "code": "007"},
    {"to": "0044 7700 900124", "name": "Małgorzata", "code": "1"},
    {"to": "07700900125", "name": None, "code": ""},
    {"to": "+447700900123", "name": "Ana", "code": 'x,"y"\nz'},
    {"to": None, "name": "NA", "code": "null"},
    {"to": "n/a", "name": "", "code": "+1"},
]
NAMES = ["to", "name", "code"]
OURS = [
    *("recipient", "encoding", "units", "number_of_parts", "sendable", "billed_parts"),
    *("country", "price", "currency", "cost", "problem", "note"),
]
OPTIONS: dict[str, Any] = {
    "message": "Hi ${name}, " + "a" * 60,
    "defaults": {"name": "there"},
    "region": "GB",
    "rates": {"GB": "0.034 GBP"},
}


def csv_text(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    """Missing is empty, the empty text is quoted."""

    def cell(value: str | None) -> str:
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    lines = [delimiter.join(cell(row[name]) for name in NAMES) for row in rows]
    return "\r\n".join([delimiter.join(NAMES), *lines]) + "\r\n"


def table() -> pa.Table:
    """The rows as Arrow text."""
    return pa.Table.from_pylist(ROWS, schema=pa.schema([(name, pa.string()) for name in NAMES]))


def source(kind: str, folder: Path) -> Any:
    """The rows as a kind of frame or file."""
    frame = table()
    match kind:
        case "dicts":
            return [dict(row) for row in ROWS]
        case "pandas":
            return pd.DataFrame(ROWS)
        case "pandas-object":
            return pd.DataFrame(ROWS, dtype=object)
        case "pandas-arrow":
            return frame.to_pandas(types_mapper=pd.ArrowDtype)
        case "pandas-category":
            return pd.DataFrame(ROWS).astype("category")
        case "polars":
            return pl.DataFrame(ROWS)
        case "pyarrow":
            return frame
        case "dictionary":
            return pa.table({name: frame[name].dictionary_encode() for name in NAMES})
        case "chunked":
            return pa.concat_tables([frame.slice(0, 2), frame.slice(2, 0), frame.slice(2)])
        case "duckdb":
            return duckdb.from_arrow(frame)
        case "stream":
            return pa.RecordBatchReader.from_batches(frame.schema, frame.to_batches(2))
        case "csv" | "semicolon" | "bom":
            path = folder / "rows.csv"
            text = csv_text(ROWS, ";" if kind == "semicolon" else ",")
            path.write_bytes(text.encode("utf-8-sig" if kind == "bom" else "utf-8"))
            return path
        case "csv.gz":
            path = folder / "rows.csv.gz"
            path.write_bytes(gzip.compress(csv_text(ROWS).encode()))
            return path
        case "parquet":
            path = folder / "rows.parquet"
            pq.write_table(frame, path, row_group_size=2)
            return str(path)
        case "jsonl":
            path = folder / "rows.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
            return path
        case "folder":
            path = folder / "parts"
            for part, rows in (("a", slice(0, 2)), ("b", slice(2, 6))):
                (path / f"wave={part}").mkdir(parents=True, exist_ok=True)
                piece = frame.slice(rows.start, rows.stop - rows.start)
                pq.write_table(piece, path / f"wave={part}" / "0.parquet")
            return path
        case "uri":
            path = folder / "rows.parquet"
            pq.write_table(frame, path)
            return path.as_uri()
    raise AssertionError(kind)


KINDS = [
    *("dicts", "pandas", "pandas-object", "pandas-arrow", "pandas-category", "polars", "pyarrow"),
    *("dictionary", "chunked", "duckdb", "stream", "csv", "semicolon", "bom", "csv.gz", "parquet"),
    *("jsonl", "folder", "uri"),
]


def plain(frame: Any) -> list[dict[str, Any]]:
    """Rows of any kind of frame as dicts, missing as None."""
    if isinstance(frame, list):
        return list(frame)
    if isinstance(frame, pl.DataFrame):
        return list(frame.to_dicts())
    if isinstance(frame, pa.Table):
        return list(frame.to_pylist())
    return [
        {
            name: None if value is None or value is pd.NA or value != value else value
            for name, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_same_plan(kind: str, tmp_path: Path) -> None:
    """Rows, totals and reasons do not depend on what the recipients come in."""
    wanted = plan(table(), **OPTIONS)
    made = plan(source(kind, tmp_path), **OPTIONS)
    rows = plain(made.rows)
    assert [{name: row[name] for name in OURS} for row in rows] == [
        {name: row[name] for name in OURS} for row in plain(wanted.rows)
    ]
    assert [{name: row[name] for name in NAMES} for row in rows] == ROWS
    assert made.summary == wanted.summary
    assert sum(row["cost"] for row in rows) == made.cost.amounts["GBP"]
    if kind == "folder":
        assert [row["wave"] for row in rows] == ["a", "a", "b", "b", "b", "b"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_output_is_the_same_plan(kind: str, ending: str, tmp_path: Path) -> None:
    """Streamed to a file, read back from it: the same rows and totals."""
    wanted = plan(table(), **OPTIONS)
    path = tmp_path / f"planned.{ending}"
    made = plan(source(kind, tmp_path), **OPTIONS, output=path)
    assert made.summary == wanted.summary
    rows = plain(made.rows)
    assert [{name: row[name] for name in [*NAMES, *OURS]} for row in rows] == plain(wanted.rows)
    if ending == "parquet":
        again = Plan.open(path)
        assert again.summary == made.summary
        assert plain(again.rows) == rows
        assert again.settings == made.settings
        assert type(again.rows) is type(made.rows)


@pytest.mark.parametrize("kind", KINDS)
def test_price_worst_and_save(kind: str, tmp_path: Path) -> None:
    """Everything that takes a plan works, whatever it was made from."""
    made = plan(source(kind, tmp_path), **OPTIONS)
    dearer = made.price({"GB": "0.10 EUR"})
    (tmp_path / "direct").mkdir()
    direct = plan(source(kind, tmp_path / "direct"), **{**OPTIONS, "rates": {"GB": "0.10 EUR"}})
    assert dearer.summary == direct.summary
    assert plain(dearer.rows) == plain(direct.rows)
    worst = plain(made.worst(2))
    assert [row["name"] for row in worst] == ["Małgorzata", None]
    made.save(tmp_path / "saved.parquet")
    again = Plan.open(tmp_path / "saved.parquet")
    assert again.summary == made.summary
    assert plain(again.rows) == plain(made.rows)
    assert again.price({"GB": "0.10 EUR"}).summary == direct.summary


def test_pandas_comes_back_untouched() -> None:
    """Index, dtypes, order, attributes and the frame itself stay as they were."""
    frame = pd.DataFrame(
        {
            "to": ["+447700900123", "+447700900124"],
            "when": pd.to_datetime(["2026-01-01", "2026-01-02"]),
            "things": [[1], {"a": 2}],
            "share": np.array([0.5, np.nan], dtype="float32"),
        },
        index=pd.MultiIndex.from_tuples([("a", 1), ("a", 1)]),
    )
    before = frame.copy(deep=True)
    rows = plan(frame, "Hi", rates="0.01 USD").rows
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(rows[list(frame.columns)], frame)
    assert list(rows.columns) == [*frame.columns, *OURS]
    assert rows["units"].dtype.kind == "i"
    assert rows["sendable"].dtype == bool
    assert str(rows["cost"].dtype).startswith("decimal128")
    assert rows["recipient"].dtype == pd.DataFrame({"x": ["a"]})["x"].dtype


@pytest.mark.parametrize(
    ("numbers", "recipient", "note"),
    [
        (pd.array([447700900123, None], dtype="Int64"), "447700900123", "fictitious"),
        (np.array([447700900123.0, np.nan]), "447700900123", "repaired;fictitious"),
        (np.array([447700900123.0, np.nan], dtype="float32"), None, None),
        (np.array([4.477009e11, 1.5]), "447700900000", "repaired;fictitious"),
        (["447700900123.0", ""], "447700900123", "repaired;fictitious"),
        (["4.4770E+11", ""], None, None),
        (["4.47700900123E+11", ""], "447700900123", "repaired;fictitious"),
        (np.array([447700900123, 5], dtype="uint64"), "447700900123", "fictitious"),
    ],
)
def test_numbers_as_numbers(numbers: Any, recipient: str | None, note: str | None) -> None:
    """A float is repaired where every digit is there; else nobody gets a stranger's message."""
    for frame in (
        pd.DataFrame({"to": numbers}),
        pd.DataFrame({"to": pd.Series(list(numbers), dtype=object)}),
    ):
        first = plain(plan(frame, "Hi").rows)[0]
        assert (first["recipient"], first["note"]) == (recipient, note)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1, 2], "Hi 1"),
        (np.array([1.0, np.nan]), "Hi 1"),
        (pd.array([1, None], dtype="Int64"), "Hi 1"),
        (["007", "x"], "Hi 007"),
        (pd.Series([5, "x"], dtype=object), "Hi 5"),
        (pd.Series([5.0, "x"], dtype=object), "Hi 5"),
        (pd.Categorical(["b", "a"]), "Hi b"),
    ],
)
def test_values(values: Any, text: str) -> None:
    """Integers print as digits, and so do whole floats; text is as it is."""
    frame = pd.DataFrame({"to": ["+447700900123", "+447700900124"], "n": values})
    rows = plain(plan(frame, "Hi ${n}", defaults={"n": "?"}, bodies=True).rows)
    assert rows[0]["body"] == text


@pytest.mark.parametrize(
    "values",
    [
        [1.5, 2.0],
        [True, False],
        pd.to_datetime(["2026-01-01", "2026-01-02"]),
        pd.Series([1.5, "x"], dtype=object),
        pd.Series([True, "x"], dtype=object),
        [b"a", b"b"],
        [[1], [2]],
        pd.Series([pd.Timestamp("2026-01-01").date(), None], dtype=object),
    ],
)
def test_ambiguous_values(values: Any) -> None:
    """What can be written in many ways raises once and names the column."""
    frame = pd.DataFrame({"to": ["+447700900123", "+447700900124"], "amount": values})
    with pytest.raises(InputError, match="column 'amount' holds"):
        plan(frame, "Hi ${amount}")


def test_lists_of_numbers() -> None:
    """Numbers alone: text, integers, a pandas or a polars column."""
    for numbers in (
        ["+447700900123", "+447700900124"],
        [447700900123, 447700900124],
        pd.Series(["+447700900123", "+447700900124"], name="phone"),
        pl.Series("phone", ["+447700900123", "+447700900124"]),
        ("+447700900123", 447700900124),
    ):
        made = plan(numbers, "Hi")
        assert made.messages == 2
        assert made.rows["recipient"].to_pylist() == ["447700900123", "447700900124"]
    assert plan([], "Hi").messages == 0


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"to": [], "name": []}),
        pl.DataFrame({"to": [], "name": []}, schema={"to": pl.String, "name": pl.String}),
        pa.table({"to": pa.array([], pa.string()), "name": pa.array([], pa.null())}),
    ],
    ids=["pandas", "polars", "pyarrow"],
)
def test_empty_frames(frame: Any, tmp_path: Path) -> None:
    """No rows are a plan of no messages, with every column, in memory and in a file."""
    made = plan(frame, "Hi ${name}", rates="0.01 USD", output=tmp_path / "x.parquet")
    assert (made.messages, made.parts, made.summary.rows) == (0, 0, 0)
    assert True
    assert len(plain(plan(frame, "Hi ${name}").rows)) == 0
    assert Plan.open(tmp_path / "x.parquet").messages == 0


def test_one_shot_streams() -> None:
    """A stream is planned once; a LazyFrame says what to do."""
    reader = source("stream", Path())
    assert plan(reader, **OPTIONS).messages == 3
    with pytest.raises(InputError, match="collect"):
        plan(pl.LazyFrame(ROWS), "Hi")
    for wrong in (5, None, object(), {"to": ["+447700900123"]}, [["+447700900123"]]):
        with pytest.raises(InputError, match=r"pass|one dict"):
            plan(wrong, "Hi")


def test_select() -> None:
    """Only the columns that are asked for; halves have no totals, and say so."""
    made = plan(table(), **OPTIONS, select=("encoding", "number_of_parts"))
    assert made.rows.column_names == [*NAMES, "encoding", "number_of_parts"]
    with pytest.raises(InputError, match="without select"):
        _ = made.summary
    full = plan(table(), **OPTIONS, select=("cost", "problem"))
    assert full.rows.column_names == [*NAMES, "cost", "problem"]
    assert full.messages == 3
    questions: list[Callable[[], Any]] = [
        full.explain,
        full.characters,
        full.by_length,
        full.audit,
        full.assumptions,
        full.worst,
        lambda: full.price("0.05 GBP"),
        lambda: list(full.batches()),
        lambda: full.reconcile([Report(recipient="447700900123", status="Delivered", code=0)]),
        lambda: full.schedule("1 parts/s", start=datetime(2026, 12, 1, tzinfo=UTC)),
    ]
    for question in questions:
        with pytest.raises(InputError, match=r"selected columns only.*without select"):
            question()
    with pytest.raises(InputError, match="did you mean 'country'"):
        plan(table(), **OPTIONS, select=("cuntry",))


def test_prefix_and_clashes() -> None:
    """A column of ours that is there already is one error that offers a prefix."""
    frame = table().append_column("country", pa.array(["x"] * 6))
    with pytest.raises(InputError, match=r"already have columns 'country'.*prefix="):
        plan(frame, **OPTIONS)
    made = plan(frame, **OPTIONS, prefix="p_")
    assert made.rows["country"].to_pylist() == ["x"] * 6
    assert made.rows["p_country"].to_pylist()[:2] == ["GB", "GB"]
    assert made.price({"GB": "1 GBP"}).rows["p_cost"].to_pylist()[0] == 1
    assert len(made.worst(3)) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"to": "phone"}, "no column 'phone' for the numbers; there are 'to'"),
        ({"message": "Hi ${nmae}", "defaults": {}}, "did you mean 'name'"),
        ({"message": "Hi ${nmae}"}, "'name' is not a parameter of the body"),
        ({"columns": {"name": "nam"}}, "did you mean 'name'"),
        ({"columns": {"nam": "name"}}, "'nam' is not a parameter of the body"),
        ({"defaults": {"name": 5}}, "is not text"),
        ({"message": "Hi"}, "single quotes"),
        ({"region": "UK"}, "region 'UK' is not known; did you mean 'GB'"),
        ({"profile": "curent"}, "did you mean 'current'"),
        ({"duplicates": "drop"}, "use 'flag' or 'keep'"),
        ({"max_number_of_message_parts": 0}, "1 or more"),
        ({"rates": "0.034"}, "currency"),
        ({"rates": 0.034}, "text"),
        ({"from_": "a name that is too long"}, "the API would refuse"),
    ],
)
def test_faults_of_a_call(change: dict[str, Any], message: str) -> None:
    """Each wrong argument is one error that names it and the next step."""
    with pytest.raises(InputError, match=message):
        plan(table(), **{**OPTIONS, **change})


def test_digits_that_a_json_number_does_not_have(tmp_path: Path) -> None:
    """4.4770E+11 stands for ten thousand million numbers, whatever JSON makes of it."""
    path = tmp_path / "numbers.jsonl"
    path.write_text('{"to":4.4770E+11}\n{"to":447700900123.0}\n{"to":4.47700900124E11}\n')
    made = plan(path, "Hi").rows.to_pylist()
    assert [row["recipient"] for row in made] == [None, "447700900123", "447700900124"]
    assert [row["problem"] for row in made] == ["invalid_number", None, None]


def test_cells_of_several_types_in_json_lines(tmp_path: Path) -> None:
    """A bad cell is a bad row: the others of its column are planned."""
    path = tmp_path / "numbers.jsonl"
    path.write_text(
        '{"to":"+447700900123"}\n{"to":447700900124.0}\n{"to":true}\n{"to":[1]}\n{"to":NaN}\n'
    )
    output = tmp_path / "out.parquet"
    made = plan(path, "Hi", output=output).rows
    assert made["recipient"].to_pylist() == ["447700900123", "447700900124", None, None, None]
    assert made["to"].to_pylist() == ["+447700900123", "447700900124", "true", "[1]", None]


def test_a_minus_sign_is_no_dash() -> None:
    """The API ignores dashes in text; a number below zero is nobody's."""
    for values in ([-447700900123], [-447700900123.0], [-447700900123, "x"]):
        assert plan(values, "Hi").rows["problem"][0].as_py() == "invalid_number"


def test_a_list_of_numbers_comes_back_as_it_was() -> None:
    """Cells of several types come back as their text."""
    made = plan([447700900123, 447700900126.5, "x"], "Hi").rows
    assert made["to"].to_pylist() == ["447700900123", "447700900126.5", "x"]


def test_the_dry_run_counts_a_number_once() -> None:
    """Also where none of its rows is sent, and where the first is not (405)."""
    frame = [{"to": "+447700900123", "n": None}, {"to": "00447700900123", "n": None}]
    answer = plan(frame, "Hi ${n}").dry_run()
    assert (answer.number_of_recipients, answer.number_of_messages) == (1, 1)
    frame[1]["n"] = "Ana"
    made = plan(frame, "Hi ${n}")
    assert made.messages == 1
    assert made.dry_run().number_of_recipients == 1
    counted = plan(frame, "Hi ${n}", profile=Profile(duplicates="counted"))
    assert counted.dry_run().number_of_recipients == 2


def test_near_a_boundary_is_counted_from_the_cuts() -> None:
    """Pairs that are not cut push units on: 1,380 septets in ten parts are 12 over, not 3."""
    frame = [{"to": "+447700900123"}]
    kinds = [finding.kind for finding in plan(frame, "€" * 690).findings]
    assert "near_boundary" not in kinds
    kinds = [finding.kind for finding in plan(frame, "€" * 76 * 9 + "aa").findings]
    assert "near_boundary" in kinds


def test_the_cause_of_a_message_that_was_cut() -> None:
    """The encoding was chosen before the cut, so its cause is found before the cut."""
    rows = [{"to": "+447700900123", "n": "😀"}]
    made = plan(rows, "a" * 160 + "${n}", truncate_concat=True)
    (cause,) = made.characters().scripts
    assert (cause.place, cause.examples) == ("parameter 'n'", "😀")
    # It costs no part, so it is no reason for the total.
    assert "unicode" not in [finding.kind for finding in made.findings]


def test_packed_files_and_patterns(tmp_path: Path) -> None:
    """.zst and .gz of CSV and JSON Lines, and a pattern of Parquet files, in order."""
    numbers = [f"+4477009{n:05}" for n in range(300)]
    texts = {
        "people.csv": "to\n" + "\n".join(numbers) + "\n",
        "people.jsonl": "".join(json.dumps({"to": number}) + "\n" for number in numbers),
    }
    expected = [number[1:] for number in numbers]
    for name, text in texts.items():
        for ending, packing in ((".gz", "gzip"), (".zst", "zstd")):
            path = tmp_path / (name + ending)
            with pa.output_stream(path, compression=packing) as out:
                out.write(text.encode())
            assert plan(path, "Hi").rows["recipient"].to_pylist() == expected
    for place in range(3):
        part = pa.table({"to": numbers[place * 100 : place * 100 + 100]})
        pa.parquet.write_table(part, tmp_path / f"part-{place}.parquet")
    assert plan(tmp_path / "part-*.parquet", "Hi").rows["recipient"].to_pylist() == expected
    with pytest.raises(InputError, match="no file matches"):
        plan(tmp_path / "nothing-*.parquet", "Hi")
    with pytest.raises(InputError, match="not Parquet"):
        plan(tmp_path / "p*", "Hi")
    (tmp_path / "cut.csv.zst").write_bytes((tmp_path / "people.csv.zst").read_bytes()[:-9])
    with pytest.raises(InputError, match=r"cut\.csv\.zst"):
        plan(tmp_path / "cut.csv.zst", "Hi")


def test_other_readers_get_text(tmp_path: Path) -> None:
    """Words are written as dictionaries and declared as text; the caller's types survive."""
    frame = pd.DataFrame(
        {
            "to": ["+447700900123", "+12025550123"],
            "kind": pd.Categorical(["a", "b"]),
            "when": pd.to_datetime(["2026-01-01", "2026-07-01"]).tz_localize("Europe/Berlin"),
        },
        index=pd.Index([7, 9], name="id"),
    )
    path = tmp_path / "planned.parquet"
    plan(frame, "Hi", rates="0.03 GBP", output=path)
    read = pd.read_parquet(path)
    assert read.index.tolist() == [7, 9]
    assert read["kind"].dtype == "category"
    assert read["when"].dtype == frame["when"].dtype
    for name in ("encoding", "country", "currency", "problem", "note", "recipient"):
        assert read[name].dtype == "str", name
    assert pl.read_parquet(path)["country"].dtype == pl.String
    assert duckdb.read_parquet(str(path)).select("country").fetchall() == [("GB",), ("US",)]
    assert Plan.open(path).rows["country"].tolist() == ["GB", "US"]
