"""A saved plan in which a bit is another is an error, or says what it did: never something else."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from smsplan import InputError, Plan, plan
from smsplan.outputs import METADATA_KEY

BODY = "Hi ${name}, ${code}!"
ROWS = 600


def recipients() -> pa.Table:
    """Texts that repeat and such that do not, numbers, nulls, faults."""
    chance = random.Random(5)
    return pa.table(
        {
            "to": [f"+44770090{row:04}" if row % 40 else "12" for row in range(ROWS)],
            "name": [chance.choice([None, "Ana", "Bo", "Zoë", "Łukasz"]) for _ in range(ROWS)],
            "code": [str(chance.random()) for _ in range(ROWS)],
            "age": pa.array([chance.choice([None, 7, 70]) for _ in range(ROWS)], pa.int16()),
        }
    )


def everything(path: Path) -> tuple[Any, ...]:
    """All that a plan says, as often as somebody asks."""
    made = Plan.open(path)
    rows = made.rows
    return (
        made.summary.to_dict(),
        made.settings.to_dict(),
        None if made.terms is None else made.terms.to_dict(),
        rows.to_pylist(),
        rows.schema.remove_metadata().to_string(),
        made.explain().to_dict(),
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan in one file, of several row groups."""
    folder = tmp_path_factory.mktemp("saved")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("smsplan.writing.writers.GROUP_ROWS", 200)
        patch.setattr("smsplan.lists.source.BATCH_ROWS", 200)
        how: dict[str, Any] = {"defaults": {"name": "you"}, "rates": {"GB": "0.03 GBP"}}
        plan(recipients(), BODY, **how, output=folder / "plan.parquet")
        patch.setattr("smsplan.writing.part_folders.PART_ROWS", 250)
        plan(recipients(), BODY, **how, output=f"{folder}/plan/")
    return folder / "plan.parquet"


def headers(path: Path) -> list[int]:
    """The places of the headers of the pages, which have no checksum."""
    metadata = pa.parquet.ParquetFile(path).metadata
    out: set[int] = set()
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            one = metadata.row_group(group).column(column)
            for start in (one.dictionary_page_offset, one.data_page_offset):
                out |= set(range(start or 4, (start or 4) + 40))
    return sorted(out)


def flipped(octets: bytes, place: int, bit: int) -> bytes:
    """The octets with one bit that is another."""
    out = bytearray(octets)
    out[place] ^= 1 << bit
    return bytes(out)


WHERE: dict[str, tuple[int, Callable[[Path, bytes], list[int]]]] = {
    "anywhere": (150, lambda path, octets: list(range(len(octets)))),
    "headers of pages": (150, lambda path, octets: headers(path)),
    "the footer": (
        150,
        lambda path, octets: list(
            range(len(octets) - 8 - int.from_bytes(octets[-8:-4], "little"), len(octets))
        ),
    ),
    "the seal and the end": (100, lambda path, octets: list(range(len(octets) - 60, len(octets)))),
}


@pytest.mark.parametrize("where", WHERE)
def test_a_bit_of_a_file(where: str, saved: Path, tmp_path: Path) -> None:
    """550 bits in all: an error that says that the file is damaged, or the same plan."""
    octets = saved.read_bytes()
    expected = everything(saved)
    count, places = WHERE[where]
    chance = random.Random(where)
    path = tmp_path / "plan.parquet"
    errors = []
    for place in chance.choices(places(saved, octets), k=count):
        path.write_bytes(flipped(octets, place, chance.randrange(8)))
        try:
            found = everything(path)
        except InputError as error:
            errors.append(str(error))
        else:
            assert found == expected, place
    assert all("damaged" in error for error in errors)
    # In a header there is much that nobody reads.
    assert len(errors) > count * (0.2 if where == "headers of pages" else 0.9)


def test_a_bit_of_a_folder(saved: Path, tmp_path: Path) -> None:
    """200 bits of the manifest and the parts: whatever is asked for first."""
    folder = saved.with_suffix("")
    expected = everything(folder)
    copy = tmp_path / "plan"
    copy.mkdir()
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(files) == ["_manifest.json", *(f"part-0000{n}.parquet" for n in range(3))]
    for name, octets in files.items():
        (copy / name).write_bytes(octets)
    chance = random.Random(6)
    errors = []
    for _ in range(200):
        name = chance.choice(list(files))
        octets = flipped(files[name], chance.randrange(len(files[name])), chance.randrange(8))
        (copy / name).write_bytes(octets)
        try:
            assert everything(copy) == expected
        except InputError as error:
            errors.append(str(error))
        (copy / name).write_bytes(files[name])
    assert all("damaged" in error for error in errors)
    assert len(errors) > 180


@pytest.mark.parametrize("change", ["cut", "longer", "zeros", "swapped", "another part"])
def test_more_than_a_bit(change: str, saved: Path, tmp_path: Path) -> None:
    """Pieces that are cut off, lost, in each other's places, or of another plan."""
    octets = saved.read_bytes()
    path = tmp_path / "plan.parquet"
    middle = len(octets) // 3
    made = {
        "cut": octets[: -len(octets) // 4],
        "longer": octets + b"\0" * 512,
        "zeros": octets[:middle] + b"\0" * 512 + octets[middle + 512 :],
        "swapped": octets[:middle] + octets[middle + 512 : middle + 1024]
        + octets[middle : middle + 512] + octets[middle + 1024 :],
        "another part": b"",
    }[change]  # fmt: skip
    if change == "another part":
        path = tmp_path / "plan"
        path.mkdir()
        for file in saved.with_suffix("").iterdir():
            (path / file.name).write_bytes(file.read_bytes())
        one, two = path / "part-00000.parquet", path / "part-00001.parquet"
        one.write_bytes(two.read_bytes())
    else:
        path.write_bytes(made)
    with pytest.raises(InputError, match="damaged"):
        everything(path)


def test_a_file_that_is_beside_the_parts(saved: Path, tmp_path: Path) -> None:
    """Rows that somebody puts in the folder are none of the plan's."""
    folder = tmp_path / "plan"
    folder.mkdir()
    for file in saved.with_suffix("").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "more.parquet").write_bytes(saved.read_bytes())
    assert everything(folder) == everything(saved.with_suffix(""))
    (folder / "part-00002.parquet").unlink()
    with pytest.raises(InputError, match=r"no file|damaged"):
        everything(folder)


def without_seal(path: Path, target: Path, *, format: int) -> None:
    """Write a plan as versions without checksums did."""
    said = dict(pa.parquet.read_metadata(path).metadata)
    data = {**json.loads(said[METADATA_KEY.encode()]), "format": format}
    del said[b"ARROW:schema"]
    said[METADATA_KEY.encode()] = json.dumps(data).encode()
    table = pa.parquet.read_table(path).replace_schema_metadata(said)
    pa.parquet.write_table(table, target)


def test_plans_of_older_versions(saved: Path, tmp_path: Path) -> None:
    """Without checksums a plan opens and says so; one that has lost them does not open."""
    path = tmp_path / "old.parquet"
    without_seal(saved, path, format=2)
    assert everything(path)[:4] == everything(saved)[:4]
    (warning,) = Plan.open(path).warnings
    assert "without checksums" in warning
    assert Plan.open(saved).warnings == ()
    for format in (1, 3, 4):
        without_seal(saved, path, format=format)
        with pytest.raises(InputError, match="is damaged, or was saved by another version"):
            Plan.open(path)


def test_pages_have_checksums(saved: Path) -> None:
    """Other readers notice damage, too."""
    octets = bytearray(saved.read_bytes())
    column = pa.parquet.ParquetFile(saved).metadata.row_group(1).column(2)
    octets[column.data_page_offset + column.total_compressed_size - 9] ^= 1
    with pytest.raises(OSError, match=r"CRC|checksum"):
        pa.parquet.read_table(pa.BufferReader(bytes(octets)), page_checksum_verification=True)


def test_the_seal_is_that_of_the_footer(saved: Path) -> None:
    """SHA-256 of the footer, its length and Parquet's mark, in front of it."""
    octets = saved.read_bytes()
    start = len(octets) - 8 - int.from_bytes(octets[-8:-4], "little")
    assert octets[start - 32 : start] == hashlib.sha256(octets[start:]).digest()


BROKEN: dict[str, str | bytes] = {
    "a brace": "{",
    "a list": "[]",
    "nothing": "",
    "an empty plan": '{"complete": true, "plan": {}}',
    "no octets of UTF-8": b"\xff\xfe",
    "open lists": "[" * 100_000,
    "a number": "7",
    "null": "null",
    "a plan of lists": '{"of": [], "complete": true, "rows": 0, "parts": [], "unread": [], '
    '"plan": []}',
    "parts elsewhere": '{"of": {}, "complete": true, "rows": 1, "unread": [], "plan": {}, '
    '"parts": [{"name": "../part-00000.parquet", "rows": 1, "sha256": ""}]}',
    "no sum": '{"of": {}, "complete": true, "rows": 2, "unread": [], "plan": {}, '
    '"parts": [{"name": "part-00000.parquet", "rows": 1, "sha256": ""}]}',
}
COMMANDS = [
    ["explain", "DIR"],
    ["audit", "DIR"],
    ["report", "DIR", "-o", "out.html"],
    ["requests", "DIR", "--output", "out"],
    ["lengths", "DIR"],
    ["assumptions", "DIR"],
    ["schedule", "DIR", "--rate", "1 recipients/s", "--start", "2026-12-01T10:00:00Z"],
    ["reconcile", "DIR", "reports.json"],
    ["verify", "DIR", "--replay", "none.jsonl"],
    ["campaign", "create", "DIR", "journal.db"],
]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_manifest(kind: str, saved: Path, tmp_path: Path) -> None:
    """The error says that it cannot be read, whoever opens it."""
    folder = tmp_path / "plan"
    folder.mkdir()
    for file in saved.with_suffix("").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    content = BROKEN[kind]
    manifest = folder / "_manifest.json"
    manifest.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=r"manifest of folder .* cannot be read"):
        Plan.open(folder)
    source = tmp_path / "in.parquet"
    pa.parquet.write_table(recipients(), source)
    with pytest.raises(InputError, match=r"manifest of folder .* cannot be read"):
        plan(source, BODY, output=folder, resume=True)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_broken_manifest_in_every_command(
    command: list[str], saved: Path, tmp_path: Path
) -> None:
    """Exit code 1, one line, and nothing is written."""
    folder = tmp_path / "plan"
    folder.mkdir()
    for file in saved.with_suffix("").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "_manifest.json").write_text('{"complete": true, "plan": {}}')
    (tmp_path / "reports.json").write_text("[]")
    words = [str(folder) if word == "DIR" else word for word in command]
    done = subprocess.run(
        [sys.executable, "-m", "smsplan", *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert "cannot be read" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"plan", "reports.json"}


def test_a_manifest_that_is_a_folder(saved: Path, tmp_path: Path) -> None:
    """Nobody takes the folder for mere recipients."""
    folder = tmp_path / "plan"
    (folder / "_manifest.json").mkdir(parents=True)
    (folder / "part-00000.parquet").write_bytes(saved.read_bytes())
    with pytest.raises(InputError, match=r"manifest of folder .* cannot be read"):
        Plan.open(folder)
