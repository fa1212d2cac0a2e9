"""Texts of Parquet files that repeat are planned as dictionaries: faster, and nobody can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from smsplan import Plan, plan
from smsplan.lists import parquet_files
from smsplan.lists.frames import open_source
from smsplan.lists.parquet_files import compact
from smsplan.lists.source import own_octets
from smsplan.writing import writers as sinks
from smsplan.writing.writers import sink

NAMES = ["Ana", "Łukasz", "", None, "José €", "x" * 200]


def _recipients(rows: int) -> pa.Table:
    names = [NAMES[row % len(NAMES)] for row in range(rows)]
    # Few values at first, and so many later that the writer gives its dictionary up.
    ids = [str(row % 3) if row < rows // 2 else f"{row:01000}" for row in range(rows)]
    numbers = [f"+44791{row:07}" if row % 7 else "12" for row in range(rows)]
    return pa.table(
        {
            "to": numbers,
            "name": pa.array(names, pa.string()),
            "large": pa.array(names, pa.large_string()),
            "own": pa.array(names).dictionary_encode(),
            "id": ids,
            "amount": pa.array(range(rows), pa.int16()),
        }
    )


@pytest.fixture(scope="module")
def recipients(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, Path]:
    """A table, and its file of several row groups that are no multiple of a batch."""
    table = _recipients(6_000)
    path = tmp_path_factory.mktemp("compact") / "in.parquet"
    pa.parquet.write_table(table, path, row_group_size=2_500)
    return table, path


def _plan(recipients: Any, **more: Any) -> Plan:
    return plan(recipients, "Hi ${name} ${id}!", defaults={"name": "you"}, rates="0.03 GBP", **more)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_same_as_frames(recipients: tuple[pa.Table, Path], tmp_path: Path, ending: str) -> None:
    """The rows of a file, written, are those of a frame, and the caller's types stay."""
    table, path = recipients
    expected = _plan(table)
    made = _plan(path, output=tmp_path / f"out.{ending}", rejects=tmp_path / "rejects.parquet")
    assert made.summary.to_dict() == expected.summary.to_dict()
    wanted = expected.rows
    if ending == "parquet":
        written = pa.parquet.read_table(tmp_path / "out.parquet")
        assert written.schema.remove_metadata().types[:6] == table.schema.types
        assert written.to_pylist() == wanted.to_pylist()
        assert made.rows.to_pylist() == wanted.to_pylist()
        assert made.rows.schema.types == wanted.schema.types
    else:
        _plan(table, output=tmp_path / "frame.csv")
        assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "frame.csv").read_bytes()
    rejects = pa.parquet.read_table(tmp_path / "rejects.parquet")
    assert rejects.schema.types[:6] == table.schema.types
    assert rejects.to_pylist() == [row for row in wanted.to_pylist() if row["problem"]]


def test_repeating_texts_are_dictionaries(recipients: tuple[pa.Table, Path]) -> None:
    """Columns of few values in every row group are given as dictionaries, the numbers never."""
    source = compact(open_source(recipients[1]), {"to"})
    kinds = next(source.batches()).schema
    found = [field.name for field in kinds if pa.types.is_dictionary(field.type)]
    assert found == ["name", "own"]
    assert source.schema.field("name").type == pa.string()


@pytest.mark.parametrize("values", [1_000, 1_000_000])
@pytest.mark.parametrize("group", [1_000, 70_000])
def test_batches_of_like_size(values: int, group: int, tmp_path: Path) -> None:
    """Whatever the row groups: as many rows at once as so many octets hold, in their order."""
    rows = 210_000
    # The later ones are longer.
    column = pa.array([f"{row % values:0{10 + row // 70_000 * 10}}" for row in range(rows)])
    table = pa.table({str(place): column for place in range(12)})
    pa.parquet.write_table(table, tmp_path / "in.parquet", row_group_size=group)
    source = compact(open_source(tmp_path / "in.parquet"), ())
    batches = list(source.batches())
    assert max(own_octets(batch) for batch in batches) <= 1.1 * parquet_files._OCTETS
    assert len(batches) <= 16
    texts = pa.table(
        {
            name: pa.chunked_array([batch.column(name).cast(pa.string()) for batch in batches])
            for name in table.column_names
        }
    )
    assert texts.equals(table)


def test_row_groups_of_like_size(tmp_path: Path) -> None:
    """A row group is closed by its octets: with many columns, after fewer rows."""
    rows = 60_000
    schema = pa.schema([(str(place), pa.string()) for place in range(50)])
    column = pa.array([f"{row:>30}" for row in range(rows)])
    batch = pa.RecordBatch.from_arrays([column] * 50, schema=schema)
    with sink(tmp_path / "out.parquet", schema) as out:
        for start in range(0, rows, 1_000):
            out.write(batch.slice(start, 1_000))
    metadata = pa.parquet.ParquetFile(tmp_path / "out.parquet").metadata
    most = 1.1 * sinks.GROUP_OCTETS / (50 * 34)
    groups = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    assert sum(groups) == rows
    assert 0.5 * most < max(groups) < most


@pytest.mark.parametrize("ordered", [False, True])
def test_only_dictionaries_that_differ_are_unified(ordered: bool, tmp_path: Path) -> None:
    """Chunks with equal dictionaries stay as they are; others get one, with every value."""
    first, second = pa.array(["a", "b"]), pa.array(["b", "c"])
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array([0, None, 1]), words, ordered=ordered)
        for words in (first, pa.array(["a", "b"]), second, first)
    ]
    same = sinks._one_dictionary(chunks[:2])
    assert [chunk.indices for chunk in same.chunks] == [chunk.indices for chunk in chunks[:2]]
    made = sinks._one_dictionary(chunks)
    assert made.type == chunks[0].type
    assert all(chunk.dictionary.equals(made.chunk(0).dictionary) for chunk in made.chunks)
    assert made.to_pylist() == [value for chunk in chunks for value in chunk.to_pylist()]
    schema = pa.schema([("a", chunks[0].type)])
    with sink(tmp_path / "out.parquet", schema) as out:
        for chunk in chunks:
            out.write(pa.RecordBatch.from_arrays([chunk], schema=schema))
    assert pa.parquet.read_table(tmp_path / "out.parquet")["a"].to_pylist() == made.to_pylist()


def test_output_keeps_dictionaries_small(recipients: tuple[pa.Table, Path], tmp_path: Path) -> None:
    """A column of a few values is written with a dictionary, also over several row groups."""
    _plan(recipients[1], output=tmp_path / "out.parquet")
    metadata = pa.parquet.ParquetFile(tmp_path / "out.parquet").metadata
    for group in range(metadata.num_row_groups):
        column = metadata.row_group(group).column(1)
        assert column.path_in_schema == "name"
        assert column.has_dictionary_page
        assert column.total_uncompressed_size < 10_000


def test_rejects_do_not_keep_dictionaries(tmp_path: Path) -> None:
    """The few rows that are not sent are written without the dictionaries of all the others."""
    rows = 4_000
    table = pa.table(
        {
            "to": ["12" if row == 0 else f"+44791{row:07}" for row in range(rows)],
            "name": [f"{'n' * 500}{row // 4}" for row in range(rows)],
        }
    )
    pa.parquet.write_table(table, tmp_path / "in.parquet")
    plan(tmp_path / "in.parquet", "Hi ${name}", rejects=tmp_path / "rejects.parquet")
    assert (tmp_path / "rejects.parquet").stat().st_size < 20_000


def test_no_rows(tmp_path: Path) -> None:
    """A file without row groups is planned as any other."""
    pa.parquet.write_table(_recipients(0), tmp_path / "in.parquet")
    assert pa.parquet.ParquetFile(tmp_path / "in.parquet").metadata.num_row_groups <= 1
    with pa.parquet.ParquetWriter(tmp_path / "none.parquet", _recipients(0).schema):
        pass
    for name in ("in.parquet", "none.parquet"):
        made = _plan(tmp_path / name, output=tmp_path / "out.parquet")
        assert made.summary.rows == 0
        assert pa.parquet.read_table(tmp_path / "out.parquet").num_rows == 0


@pytest.mark.parametrize("words", [["a", None], [None], [None, "b", None]])
def test_null_in_a_dictionary(words: list[str | None], tmp_path: Path) -> None:
    """Parquet knows no null as a word; the rows that have it have no value."""
    places = pa.array([0, None, len(words) - 1], pa.int8())
    column = pa.DictionaryArray.from_arrays(places, pa.array(words, pa.string()))
    table = pa.table({"to": ["+447700900123"] * 3, "name": column})
    made = plan(table, "Hi ${name}", defaults={"name": ""}, output=tmp_path / "out.parquet")
    assert made.rows.column("name").to_pylist() == [words[0], None, words[-1]]
