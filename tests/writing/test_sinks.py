"""Output is whole or not there, whenever the stop comes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow as pa
import pytest

from smsplan import outputs, plan
from smsplan.writing import writers as sinks
from smsplan.writing.part_folders import Folder, folder_sink
from smsplan.writing.writers import CsvSink, ParquetSink, sink

BATCH = pa.RecordBatch.from_pydict({"to": ["+447700900123"], "parts": [1]})


def _write(path: Path) -> None:
    with sink(path, BATCH.schema) as out:
        out.write(BATCH)


def _write_folder(path: Path) -> None:
    with folder_sink(Folder(path, {}, resume=False), BATCH.schema, (), {}) as out:
        out.write(BATCH)


def _stopped_at(place: int, function: Any, path: Path) -> bool:
    """Run a function with Ctrl-C at the n-th line of what writes files; False if it ended."""
    lines = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if frame.f_code.co_filename not in (sinks.__file__, outputs.__file__):
            return None
        # What cleans up is not stopped: a second Ctrl-C is another matter.
        if event == "line" and sys.exc_info()[0] is not KeyboardInterrupt:
            lines += 1
            if lines == place:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(path)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


# A file whose ``with`` is the line of the stop is closed by the interpreter, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("name", "write"),
    [("out.csv", _write), ("out.csv.gz", _write), ("out.parquet", _write), ("d", _write_folder)],
)
def test_stopped_at_every_line(tmp_path: Path, name: str, write: Any) -> None:
    """Whichever line is the last, there is the whole file or no trace of it."""
    stops = 0
    for place in range(1, 1000):
        room = tmp_path / str(place)
        room.mkdir()
        stopped = _stopped_at(place, write, room / name)
        left = {path.name for path in room.rglob("*")}
        assert not {each for each in left if each.endswith(".part")}, place
        if not stopped:
            break
        stops += 1
    assert stops > 10
    assert left == ({name} if write is _write else {name, "_manifest.json", "part-00000.parquet"})


class Unread(CsvSink):
    """A format that nothing reads."""

    name = "unread"
    endings = (".unread", ".unread.gz")
    read_back = False


def test_a_format_that_is_written_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A format is one class: where no list is read of it, rows are planned again."""
    monkeypatch.setattr("smsplan.writing.writers._FORMATS", (ParquetSink, CsvSink, Unread))
    source = tmp_path / "list.csv"
    source.write_text("to,n\n+447700900123,Ana\n12,Bo\n")
    made = plan(source, "Hi ${n}", output=tmp_path / "plan.unread")
    assert (tmp_path / "plan.unread").read_text().startswith("to,n,recipient,")
    assert made.rows.equals(plan(source, "Hi ${n}", output=tmp_path / "plan.parquet").rows)
