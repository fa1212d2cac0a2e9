"""Planning in several processes gives what planning in one gives."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from smsplan import InputError, OutputError, Profile, plan

_TEXTS = ("", "Ana", "Zoë €[]", "Жан", "😀" * 40, "a" * 300, "x" * 159 + "€", "ç\r\n", None)


def _recipients(rows: int) -> list[dict[str, Any]]:
    chance = random.Random(7)
    return [
        {
            "to": chance.choice((f"+4477009{row:05}", f"07700 9{row:05}", "12", None)),
            "name": chance.choice(_TEXTS),
            "language": chance.choice(("en", "ru", "xx", None)),
        }
        for row in range(rows)
    ]


@pytest.mark.parametrize("kind", ["dicts", "category", "arrow", "dictionary"])
def test_same_rows_and_reasons(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds the recipients, cut into batches that the workers share."""
    monkeypatch.setattr("smsplan.lists.source.BATCH_ROWS", 300)
    rows = _recipients(2000)
    frames: dict[str, Any] = {
        "dicts": rows,
        "category": pd.DataFrame(rows).astype({"name": "category"}),
        "arrow": pa.Table.from_pylist(rows),
    }
    table = frames["arrow"]
    encoded = table.column("name").dictionary_encode()
    frames["dictionary"] = table.set_column(1, "name", encoded)
    bodies = {"en": "Hello ${name}, x" * 8, "ru": "Привет ${name}"}
    how: dict[str, Any] = {"body_by": "language", "region": "GB", "rates": "0.034 GBP"}
    how |= {"bodies": True, "profile": Profile().replace(line_breaks="crlf_to_lf")}
    one, two = (plan(frames[kind], bodies, jobs=jobs, **how) for jobs in (1, 2))
    assert one.summary.to_dict() == two.summary.to_dict()
    assert one.stats == two.stats
    assert one.stats is not None
    assert one.stats.row_loop > 0, "some rows leave the path that plans whole columns"
    assert any(finding.kind == "unicode" for finding in two.findings)
    if isinstance(one.rows, pd.DataFrame):
        pd.testing.assert_frame_equal(one.rows, two.rows)
    else:
        assert one.rows == two.rows


def test_files(tmp_path: Path) -> None:
    """The same octets are written."""
    path = tmp_path / "in.parquet"
    pa.parquet.write_table(pa.Table.from_pylist(_recipients(500)), path, row_group_size=100)
    made = [tmp_path / f"{jobs}.parquet" for jobs in (1, 3)]
    for jobs, output in zip((1, 3), made, strict=True):
        plan(path, "Hello ${name}", defaults={"name": "you"}, output=output, jobs=jobs)
    assert made[0].read_bytes() == made[1].read_bytes()


def test_selected_columns() -> None:
    """A half that is not asked for is not made by a worker either."""
    rows = _recipients(50)
    names = ("units", "number_of_parts")
    one, two = (plan(rows, "Hi ${name}", select=names, jobs=jobs).rows for jobs in (1, 2))
    assert one == two


def test_refused_input_is_an_input_error() -> None:
    """What a worker refuses reads as if there were none."""
    table = pa.table({"to": [["+447700900123"]]})
    with pytest.raises(InputError) as alone:
        plan(table, "Hello")
    with pytest.raises(InputError) as shared:
        plan(table, "Hello", jobs=2)
    assert str(alone.value) == str(shared.value)


def test_a_killed_worker_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is half-written, nothing hangs, and no process is left."""
    monkeypatch.setattr("smsplan.lists.source.BATCH_ROWS", 100)
    started: list[subprocess.Popen[bytes]] = []

    class Spied(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **how: Any) -> None:
            super().__init__(*args, **how)
            started.append(self)

    monkeypatch.setattr("smsplan.cluster.processes.subprocess.Popen", Spied)

    def progress(rows: int) -> None:
        if rows >= 200:
            started[0].kill()

    output = tmp_path / "out.parquet"
    with pytest.raises(OutputError, match="a worker process ended with code"):
        plan(
            _recipients(20_000), "Hi ${name}", defaults={"name": ""}, output=output, jobs=2,
            progress=progress,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    assert len(started) == 2
    assert all(process.poll() is not None for process in started)


@pytest.mark.parametrize("jobs", [0, -1])
def test_no_jobs_are_refused(jobs: int) -> None:
    """A number of processes is one at least."""
    with pytest.raises(InputError, match="jobs"):
        plan(["+447700900123"], "Hello", jobs=jobs)
