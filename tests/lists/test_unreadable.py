"""``on_error="skip"``: every row of a damaged file comes out, or its range is named."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan import InputError, Plan, plan

NUMBER = "+447700900123"
BODY = "Hi ${name}"


def skipping(path: Path, **how: Any) -> Plan:
    """Plan what can be read."""
    return plan(path, BODY, defaults={"name": ""}, on_error="skip", duplicates="keep", **how)


def problems(made: Plan) -> list[str | None]:
    """The problem of each row."""
    return [row["problem"] for row in made.rows.to_pylist()]


def csv_line(row: int, kind: str) -> tuple[bytes, str | None]:
    """A line, and what is wrong with it."""
    number = f"+4477009{row:05}"
    match kind:
        case "long":
            return f"{number},a,b\n".encode(), "unreadable"
        case "short":
            return f"{number}\n".encode(), "unreadable"
        case "octets":
            return number.encode() + b",Zo\xeb\n", "unreadable"
        case "lines":
            return f'{number},"a\n""b"\n'.encode(), None
        case "blank":
            return f"\n{number},a\n".encode(), None
    return f"{number},Zoë\n".encode(), None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["good", "long", "short", "octets", "lines", "blank"]), max_size=30),
    st.sampled_from([40, 80, 1 << 22]),
)
def test_csv_rows_keep_their_places(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[str], block: int
) -> None:
    """Whatever lies between them, and however the file is cut into blocks."""
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    lines = [csv_line(row, kind) for row, kind in enumerate([*kinds, "good"])]
    path.write_bytes(b"to,name\n" + b"".join(line for line, _ in lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smsplan.lists.csv_files.BLOCK", block // 4)
        made = skipping(path)
    assert problems(made) == [problem for _, problem in lines]
    for row, (read, (_, problem)) in enumerate(zip(made.rows.to_pylist(), lines, strict=True)):
        assert read["to"] == (None if problem else f"+4477009{row:05}")
        assert (read["recipient"] is None) == (problem is not None)
    assert made.warnings == ()
    assert made.summary.problems.get("unreadable", 0) == sum(p is not None for _, p in lines)
    # A row is unreadable whatever is asked for.
    units = plan(path, BODY, select=["problem"], on_error="skip", duplicates="keep").rows
    assert [row["problem"] for row in units.to_pylist()] == problems(made)


def test_the_default_names_the_line(tmp_path: Path) -> None:
    """Lines are counted as an editor counts them."""
    path = tmp_path / "a.csv"
    path.write_bytes(b'to,name\n\n1,"a\nb\n"\n\n2,b\n3,c,d\n')
    with pytest.raises(InputError, match="line 8: 3 fields where the header has 2"):
        plan(path, BODY)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8"])
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_octets_of_no_character(encoding: str, kind: str, tmp_path: Path) -> None:
    """The row with octets that the encoding does not have, and no other."""
    path = tmp_path / f"a.{kind}"
    texts = ["ä", "BAD", "ü"]
    lines = [
        f"{NUMBER},{text}" if kind == "csv" else json.dumps({"to": NUMBER, "name": text})
        for text in texts
    ]
    whole = "\n".join((["to,name"] if kind == "csv" else []) + lines).encode(encoding)
    bad = {"cp1252": b"B\x81D", "utf-8": b"B\xffD", "utf-16": b"B\0\0\xd8D\0"}
    good = "BAD".encode("utf-16-le" if encoding == "utf-16" else encoding)
    path.write_bytes(whole.replace(good, bad[encoding]))
    with pytest.raises(InputError):
        plan(path, BODY, encoding=encoding)
    made = skipping(path, encoding=encoding)
    assert problems(made) == [None, "unreadable", None]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_cut_file_names_what_is_missing(kind: str, tmp_path: Path) -> None:
    """Rows up to the fault are planned, the last one not, which may be cut; the range is listed."""
    chance = random.Random(3)
    names = [str(chance.random()) for _ in range(20_000)]
    if kind == "csv":
        text = "to,name\n" + "".join(f"{NUMBER},{name}\n" for name in names)
    else:
        text = "".join(json.dumps({"to": NUMBER, "name": name}) + "\n" for name in names)
    packed = gzip.compress(text.encode())
    path = tmp_path / f"a.{kind}.gz"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(InputError, match="whole gzip"):
        plan(path, BODY)
    out = tmp_path / "out"
    made = skipping(path, output=f"{out}/")
    rows = made.rows.to_pylist()
    assert 5_000 < len(rows) < 20_000
    assert [row["name"] for row in rows] == names[: len(rows)]
    assert made.summary.messages == len(rows)
    what = f"row {len(rows) + 1:,} under" if kind == "csv" else f"line {len(rows) + 1:,} on"
    (warning,) = made.warnings
    assert what in warning
    manifest = json.loads((out / "_manifest.json").read_text())
    assert manifest["unread"] == [warning.removeprefix("not read: ")]
    assert manifest["rows"] == len(rows)


def test_an_open_quote_names_what_it_swallows(tmp_path: Path) -> None:
    """The rows before it are planned."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"to,name\n" + b"1,a\n" * 9 + b'1,"a\n' + b"1,a\n" * 9)
    made = skipping(path)
    assert made.rows.num_rows == 9
    assert "row 10 under the header on: it has a quote that is not closed" in made.warnings[0]
    # A quote inside a field is none.
    path.write_bytes(b'to,name\n1,a"\n')
    assert skipping(path).warnings == ()


def test_json_lines(tmp_path: Path) -> None:
    """A line that is no object is one row."""
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"to": "{NUMBER}"}}\n\n[1]\n{{"to": \n{{"to": "{NUMBER}", "name": "a"}}\n')
    assert problems(skipping(path)) == [None, "unreadable", "unreadable", None]


def damaged(path: Path, column: int, group: int) -> None:
    """Write over the pages of a column in a row group."""
    chunk = pa.parquet.read_metadata(path).row_group(group).column(column)
    octets = bytearray(path.read_bytes())
    start = chunk.data_page_offset + 40
    octets[start : start + 200] = b"\xff" * 200
    path.write_bytes(octets)


def table(rows: int) -> pa.Table:
    """Some recipients, whose columns nothing can be packed of."""
    chance = random.Random(1)
    return pa.table(
        {
            "to": [f"+4477009{row:05}" for row in range(rows)],
            "name": [chance.randbytes(20).hex() for _ in range(rows)],
            "other": [chance.random() for _ in range(rows)],
        },
        schema=pa.schema(
            [
                pa.field("to", pa.string(), nullable=False),
                pa.field("name", pa.large_string()),
                pa.field("other", pa.float64()),
            ]
        ),
    )


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("output", [None, "out.parquet", "out.csv"])
def test_a_damaged_row_group(column: int, output: str | None, tmp_path: Path) -> None:
    """Its rows are known from the end of the file, also where only another column is damaged."""
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(table(900), path, row_group_size=300, compression="zstd")
    damaged(path, column, 1)
    if output is not None:
        with pytest.raises(InputError, match="whole Parquet"):
            plan(path, BODY, output=tmp_path / output)
    made = skipping(path, output=None if output is None else tmp_path / output)
    found = problems(made)
    assert found == [None] * 300 + ["unreadable"] * 300 + [None] * 300
    assert made.rows.column("to").to_pylist()[600:] == table(900).column("to").to_pylist()[600:]
    assert made.summary.rows == 900
    flagged = plan(path, BODY, on_error="skip")
    assert flagged.summary.problems == {"unreadable": 300}


def test_damaged_text(tmp_path: Path) -> None:
    """Only the rows whose text is no UTF-8, in plain columns and in dictionaries."""
    path = tmp_path / "a.parquet"
    octets = pa.array([b"Ana", b"\xff", b"Bo", None, b"\xc3"])
    plain = octets.view(pa.string())
    encoded = octets.dictionary_encode()
    words = pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.view(pa.string()))
    for column in (plain, words):
        pa.parquet.write_table(pa.table({"to": [NUMBER] * 5, "name": column}), path)
        made = skipping(path, output=tmp_path / "out.parquet")
        assert problems(made) == [None, "unreadable", None, None, "unreadable"]
        assert made.rows.column("name").to_pylist() == ["Ana", None, "Bo", None, None]


def test_a_folder_with_a_file_that_is_none(tmp_path: Path) -> None:
    """Its rows are not known, so it is listed; the others are planned, damaged groups and all."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a", "b", "c"):
        pa.parquet.write_table(table(600), folder / f"{name}.parquet", row_group_size=300)
    (folder / "a.parquet").write_bytes(b"nothing")
    damaged(folder / "c.parquet", 0, 1)
    with pytest.raises(InputError):
        plan(folder, BODY)
    made = skipping(folder)
    assert problems(made) == [None] * 900 + ["unreadable"] * 300
    (warning,) = made.warnings
    assert "file 'a.parquet'" in warning


def test_skipping_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resumed folder is the same folder, and what to do about faults may not change."""
    monkeypatch.setattr("smsplan.writing.part_folders.PART_ROWS", 250)
    path = tmp_path / "a.parquet"
    pa.parquet.write_table(table(900), path, row_group_size=300)
    damaged(path, 0, 1)
    skipping(path, output=f"{tmp_path}/whole/")

    def stop(rows: int) -> None:
        if rows > 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        skipping(path, output=f"{tmp_path}/cut/", progress=stop)
    with pytest.raises(InputError, match="faults of the source"):
        plan(
            path,
            BODY,
            defaults={"name": ""},
            duplicates="keep",
            output=f"{tmp_path}/cut/",
            resume=True,
        )
    skipping(path, output=f"{tmp_path}/cut/", resume=True)
    one, two = (
        {file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
        for name in ("whole", "cut")
    )
    assert one == two


def test_workers_see_the_marks(tmp_path: Path) -> None:
    """Processes plan unreadable rows as one does."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"to,name\n" + f"{NUMBER},a\n{NUMBER}\n".encode() * 20)
    assert problems(skipping(path, jobs=2)) == [None, "unreadable"] * 20


def test_only_two_ways() -> None:
    """A word that is neither is refused."""
    with pytest.raises(InputError, match="on_error"):
        plan([NUMBER], "Hi", on_error="ignore")  # type: ignore[arg-type]
