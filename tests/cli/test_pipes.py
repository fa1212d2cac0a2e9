"""Lists from standard input and pipes, and rows to standard output, with nothing between them."""

from __future__ import annotations

import csv
import gc
import gzip
import io
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from smsplan import InputError
from smsplan.cli import app

ROOT = Path(__file__).parents[2]
LIST = "to,name\n+447700900123,Ana\n+447700900124,Żoë\n12,Bo\n"
ROWS = [dict(row) for row in csv.DictReader(io.StringIO(LIST))]
COMMAND = [sys.executable, "-m", "smsplan"]
PLAN = ["plan", "-", "--body", "Hi ${name}", "--no-assumptions"]


def run(*words: str, stdin: bytes = b"") -> Any:
    """Run the command in this process, which is faster; an error is raised."""
    done = CliRunner().invoke(app, words, input=stdin)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def process(*words: str, stdin: bytes = b"", cwd: Path | None = None, **more: Any) -> Any:
    """Run the command as in a pipe."""
    return subprocess.run(
        [*COMMAND, *words],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"},
        timeout=120,
        check=False,
        **more,
    )


def packed(kind: str, octets: bytes) -> bytes:
    """Octets in a packed stream."""
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, kind) as stream:
        stream.write(octets)
    made: bytes = out.getvalue().to_pybytes()
    return made


def parquet() -> bytes:
    """The list as Parquet."""
    out = pa.BufferOutputStream()
    pa.parquet.write_table(pa.Table.from_pylist(ROWS), out)
    made: bytes = out.getvalue().to_pybytes()
    return made


def workbook() -> bytes:
    """The list as a workbook."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for line in csv.reader(io.StringIO(LIST)):
        book.active.append(line)
    book.save(out)
    return out.getvalue()


LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
KINDS: dict[str, Callable[[], bytes]] = {
    "csv": LIST.encode,
    "csv with a mark": lambda: LIST.encode("utf-8-sig"),
    "semicolons": lambda: LIST.replace(",", ";").encode(),
    "tabs": lambda: LIST.replace(",", "\t").encode(),
    "csv.gz": lambda: gzip.compress(LIST.encode()),
    "csv.zst": lambda: packed("zstd", LIST.encode()),
    "jsonl": LINES.encode,
    "jsonl behind spaces": lambda: f"\n\n  {LINES}".encode("utf-8-sig"),
    "jsonl.gz": lambda: gzip.compress(LINES.encode()),
    "jsonl.zst": lambda: packed("zstd", LINES.encode()),
    "parquet": parquet,
    "workbook": workbook,
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_by_their_first_octets(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind of list, from standard input, gives the rows that its file gives."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = run(*PLAN, "--output", "-", stdin=KINDS[kind]())
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["name"] for row in rows] == ["Ana", "Żoë", "Bo"]
    assert [row["problem"] for row in rows] == ["", "", "invalid_number"]
    assert "3 rows" in done.stderr
    del done
    gc.collect()
    assert not any(tmp_path.iterdir())


def test_other_encodings() -> None:
    """The first character is told by the encoding that is named."""
    for text in (LIST, LINES):
        done = run(*PLAN, "--json", "--encoding", "utf-16", stdin=text.encode("utf-16"))
        assert json.loads(done.stdout)["rows"] == 3
    with pytest.raises(InputError, match="--encoding"):
        run(*PLAN, "--encoding", "rot13", stdin=LIST.encode())


@pytest.mark.parametrize(
    ("source", "target"),
    [("-", "-"), ("/dev/stdin", "/dev/stdout"), ("/dev/fd/0", "/proc/self/fd/1")],
)
def test_names_of_both(source: str, target: str, tmp_path: Path) -> None:
    """However they are called: the rows on stdout, the summary on stderr, and no file."""
    words = ["plan", source, "--body", "Hi ${name}", "--output", target]
    done = process(*words, stdin=LIST.encode(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "people.csv"
    path.write_text(LIST)
    run("plan", str(path), "--body", "Hi ${name}", "--output", str(tmp_path / "out.csv"))
    assert done.stdout == (tmp_path / "out.csv").read_bytes()
    assert b"3 rows" in done.stderr
    assert b"1 open question" in done.stderr
    assert b"wrote the" not in done.stderr


def test_stdin_and_stdout_that_are_files(tmp_path: Path) -> None:
    """A shell's < and > are no pipes; a file that is read is not appended to."""
    path, out = tmp_path / "people.csv", tmp_path / "out.csv"
    path.write_text(LIST)
    with path.open("rb") as stdin, out.open("wb") as stdout:
        words = [*COMMAND, *PLAN, "--output", "-"]
        subprocess.run(words, stdin=stdin, stdout=stdout, check=True, cwd=ROOT)
    assert len(out.read_text().splitlines()) == 4
    with path.open("ab") as stdout:
        words = [*COMMAND, "plan", str(path), "--body", "Hi", "--output", "-"]
        done = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, cwd=ROOT)
    assert done.returncode == 1
    assert b"is also the input" in done.stderr
    assert path.read_text() == LIST


def test_a_pipe_of_another_name(tmp_path: Path) -> None:
    """What a shell makes of <(...) and >(...)."""
    read, write = os.pipe()
    os.write(write, LINES.encode())
    os.close(write)
    done = process("plan", f"/dev/fd/{read}", "--body", "Hi", "--json", pass_fds=[read])
    os.close(read)
    assert json.loads(done.stdout)["rows"] == 3
    path = tmp_path / "people.csv"
    path.write_text(LIST)
    read, write = os.pipe()
    words = ["plan", str(path), "--body", "Hi", "--rejects", f"/dev/fd/{write}", "--json"]
    done = process(*words, pass_fds=[write])
    os.close(write)
    assert json.loads(done.stdout)["messages"] == 2
    assert len(os.read(read, 1 << 16).splitlines()) == 2
    os.close(read)


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "-", "--body", "Hi", "--json"],
        ["compare", "-", "--body", "A=Hi", "--body", "B=Hello", "--json"],
        ["estimate", "-", "--body", "Hi", "--json"],
        ["audit", "-", "--json"],
        ["lint", "--body", "Hi", "--recipients", "-", "--json"],
    ],
    ids=lambda words: words[0],
)
def test_every_command_that_takes_a_list(words: list[str], tmp_path: Path) -> None:
    """From standard input as from a file."""
    path = tmp_path / "people.csv"
    path.write_text(LIST)
    named = run(*[str(path) if word == "-" else word for word in words])
    done = run(*words, stdin=LIST.encode())
    assert done.exit_code == named.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(named.stdout)


def test_a_saved_plan_from_standard_input(tmp_path: Path) -> None:
    """Whoever opens one, and audit, which takes it or a list."""
    path = tmp_path / "people.csv"
    path.write_text(LIST)
    saved = tmp_path / "plan.parquet"
    run("plan", str(path), "--body", "Hi", "--output", str(saved))
    octets = saved.read_bytes()
    for words in (["explain", "-"], ["audit", "-"], ["lengths", "-"], ["assumptions", "-"]):
        done = run(*words, "--json", stdin=octets)
        named = run(words[0], str(saved), "--json")
        assert json.loads(done.stdout) == json.loads(named.stdout)


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "-", "--body-file", "-"],
        ["plan", "/dev/stdin", "--body-file", "-"],
        ["compare", "-", "--body-file", "A=-", "--body", "B=Hi"],
        ["estimate", "-", "--body-file", "-"],
    ],
)
def test_it_is_read_once(words: list[str]) -> None:
    """Two that want it are an error that names them."""
    with pytest.raises(InputError, match="RECIPIENTS and --body-file are both standard input"):
        run(*words, stdin=LIST.encode())


def test_faults_of_what_is_read() -> None:
    """Nothing, nothing but a header, and a bad row: by a name that people know."""
    for octets, said in (
        (b"", "'standard input' is empty"),
        (b"to,name\n", "'standard input' has a header and no rows"),
        (b"to,name\n1,2\n3,4,5\n", "'standard input', line 3: 3 fields"),
        (b'[{"to": "1"}]', "'standard input', line 1: not one JSON object"),
        (b'{"to": "1"}\n{', "'standard input', line 2: not one JSON object"),
        (b"PAR1 and no more", "'standard input' is no whole Parquet file"),
        (b"\x1f\x8b and no more", "'standard input' is no whole gzip file"),
    ):
        with pytest.raises(InputError, match=re.escape(said)):
            run("plan", "-", "--body", "Hi", stdin=octets)


def test_no_room_for_what_is_read() -> None:
    """It is kept in the folder for temporary files, while it is read."""
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    code += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    code += "from smsplan.cli import main; sys.argv = ['smsplan', 'plan', '-', '--body', 'Hi']; "
    done = subprocess.run(
        [sys.executable, "-c", f"{code}main()"], input=LIST.encode() * 1000, capture_output=True
    )
    assert done.returncode == 4
    assert b"needs room in the folder for temporary files" in done.stderr
    assert b"TMPDIR" in done.stderr


def test_json_beside_rows() -> None:
    """With --json the summary is JSON on stderr, alone."""
    done = run(*PLAN, "--json", "--output", "-", stdin=LIST.encode())
    assert json.loads(done.stderr)["rows"] == 3
    assert done.stdout.startswith("to,name,recipient")


def test_rejects_to_stdout() -> None:
    """They may go there too, guarded as always; not both."""
    text = LIST + "13,=1+1\n"
    done = run(*PLAN, "--rejects", "-", stdin=text.encode())
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["name"] for row in rows] == ["Bo", "'=1+1"]
    with pytest.raises(InputError, match="are the same file"):
        run(*PLAN, "--rejects", "-", "--output", "/dev/stdout", stdin=text.encode())


def test_reconcile_to_stdout(tmp_path: Path) -> None:
    """Rows on stdout, what they say on stderr."""
    path, saved = tmp_path / "people.csv", tmp_path / "plan.parquet"
    path.write_text(LIST)
    run("plan", str(path), "--body", "Hi", "--output", str(saved))
    report = {"recipient": "447700900123", "number_of_message_parts": 1, "status": "Delivered"}
    (tmp_path / "reports.json").write_text(json.dumps(report))
    words = ["reconcile", str(saved), str(tmp_path / "reports.json"), "--output", "-"]
    done = run(*words)
    assert done.stdout.startswith("row,recipient,encoding")
    assert len(list(csv.reader(io.StringIO(done.stdout)))) >= 2
    assert done.stderr.strip()
    done = run(*words, "--json")
    assert json.loads(done.stderr)["schema"] == "smsplan.reconciliation/1"


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    """Head, and nothing is said of it."""
    path = tmp_path / "people.csv"
    path.write_text("to\n" + "".join(f"4477009{row:05}\n" for row in range(300_000)))
    words = [*COMMAND, "plan", str(path), "--body", "Hi", "--output", "-"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b"to,recipient")
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


def terminal(words: list[str], *, stdout: bool) -> tuple[bytes, bytes]:
    """Run a command with stderr, and perhaps stdout, on a terminal; return stdout and the rest."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *words], stdout=theirs if stdout else subprocess.PIPE, stderr=theirs, cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as running:  # fmt: skip
        os.close(theirs)
        shown = bytearray()
        piped = b"" if running.stdout is None else running.stdout.read()
        while True:
            try:
                octets = os.read(ours, 1 << 16)
            except OSError:
                break
            if not octets:
                break
            shown += octets
    os.close(ours)
    return piped, bytes(shown)


def test_progress_and_rows(tmp_path: Path) -> None:
    """A bar on the terminal leaves piped rows alone, and rows on the terminal have no bar."""
    path = tmp_path / "people.csv"
    path.write_text(LIST)
    words = ["plan", str(path), "--body", "Hi", "--output", "-"]
    piped, shown = terminal(words, stdout=False)
    assert piped == process(*words).stdout
    assert b"\x1b[" in shown
    _, shown = terminal(words, stdout=True)
    assert b"rows, " not in shown
    assert piped.replace(b"\r\n", b"\n") in shown.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
