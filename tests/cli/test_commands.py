"""The command line: results on stdout, messages on stderr, exit codes that mean something."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str, stdin: str = "", cwd: Path | None = None, **variables: str) -> Any:
    """Run the command as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "smsplan", *arguments],
        input=stdin.encode("utf-8"),
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100", **variables},
        timeout=120,
        check=False,
    )


def out(done: Any) -> str:
    """Standard output as text, after a success."""
    assert done.returncode == 0, done.stderr.decode()
    return str(done.stdout.decode())


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """The example list, in a folder of its own."""
    path = tmp_path / "people.csv"
    path.write_bytes(run("example").stdout)
    return path


def test_example_to_plan(people: Path) -> None:
    """The README's first steps: an example list, planned, with its rows in a file."""
    planned = people.with_name("planned.parquet")
    done = run(
        *("plan", str(people), "--to", "phone", "--column", "name=first_name"),
        *("--default", "name=there", "--body", "Hi ${name}!", "--region", "GB"),
        *("--price", "0.034 GBP", "--output", str(planned), "--json"),
    )
    data = json.loads(out(done))
    assert data["schema"] == "smsplan.plan/1"
    assert (data["rows"], data["messages"]) == (12, 10)
    assert data["problems"] == {"invalid_number": 1, "duplicate_recipient": 1}
    assert planned.exists()
    assert b"wrote the rows" in done.stderr
    text = out(run("plan", str(people), "--to", "phone", "--body", "Hi"))
    assert text.startswith("12 rows · 10 messages · 10 parts · no rates given")


def test_output_csv_and_rejects(people: Path) -> None:
    """Rows and rejects as CSV; together they hold every row."""
    good, bad = people.with_name("good.csv"), people.with_name("bad.csv")
    out(
        run(
            *("plan", str(people), "--to", "phone", "--body", "Hi", "--region", "GB"),
            *("--output", str(good), "--rejects", str(bad)),
        )
    )
    assert len(good.read_text().splitlines()) == 13
    assert len(bad.read_text().splitlines()) == 3
    assert sorted(path.name for path in people.parent.iterdir()) == [
        "bad.csv",
        "good.csv",
        "people.csv",
    ]


def test_shell_ate_the_parameter(people: Path) -> None:
    """A body without parameters where one was meant is explained; --no-parameters insists."""
    arguments = ("plan", str(people), "--to", "phone", "--column", "name=first_name")
    done = run(*arguments, "--body", "Hi !")
    assert done.returncode == 1
    assert b"single quotes" in done.stderr
    assert b"$<>" in done.stderr
    out(run(*arguments, "--body", "Hi !", "--no-parameters"))
    out(run(*arguments, "--default", "name=x", "--body", "Hi $<name>!", "--syntax", "$<>"))


def test_body_file(people: Path) -> None:
    """One line break at the end of a body file belongs to the editor, not to the text."""
    body = people.with_name("body.txt")
    body.write_text("Hi\n\n", encoding="utf-8")
    rows = people.with_name("rows.csv")
    out(
        run(
            *("plan", str(people), "--to", "phone", "--body-file", str(body)),
            *("--output", str(rows), "--bodies"),
        )
    )
    assert '"Hi\n"' in rows.read_text()


def test_dry_run() -> None:
    """The API's JSON, field for field; with recipients when asked for."""
    batch = json.dumps({"to": ["+12017777777"], "body": "Hi ${n}", "parameters": {"n": {}}})
    assert json.loads(out(run("dry-run", "-", stdin=batch))) == {
        "number_of_recipients": 1,
        "number_of_messages": 1,
    }
    answer = json.loads(out(run("dry-run", "-", "--per-recipient", stdin=batch)))
    assert answer["per_recipient"] == [
        {
            "recipient": "12017777777",
            "number_of_parts": 1,
            "body": "Hi ${n}",
            "encoding": "GSM",
        }
    ]


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        ('{"to": ["+1"], "body": "a"}', "syntax_invalid_parameter_format"),
        ('{"to": [], "body": "a"}', "syntax_constraint_violation"),
        ("not json", "syntax_invalid_json"),
        ("[]", "syntax_invalid_json"),
        ('{"to": ["15551231234"], "body": "\\ud83d"}', "syntax_invalid_json"),
        ('{"to": ["01FC66621VHDBN119Z8PMV1QPU"], "body": "a"}', "unknown_group"),
        ("[" * 100_000, "syntax_invalid_json"),
    ],
)
def test_refused_batches(batch: str, code: str) -> None:
    """A batch that the API would refuse: its error on stdout, exit code 1."""
    done = run("dry-run", "-", stdin=batch)
    assert done.returncode == 1
    assert json.loads(done.stdout)["code"] == code
    assert b"Traceback" not in done.stderr


def test_groups_and_unknown_fields(tmp_path: Path) -> None:
    """Group members come from a file; a field that the API does not know is named."""
    members = tmp_path / "members.txt"
    members.write_text("+15551231234\n+15551256344\n")
    group = "01FC66621VHDBN119Z8PMV1QPU"
    batch = json.dumps({"to": [group], "body": "a", "truncate_concatt": True})
    done = run("dry-run", "-", "--group", f"{group}={members}", stdin=batch)
    assert json.loads(out(done))["number_of_recipients"] == 2
    assert b"did you mean 'truncate_concat'?" in done.stderr


def test_segment() -> None:
    """Encoding, units, parts and the characters that force Unicode, as text and as JSON."""
    text = out(run("segment", "a“b"))
    assert "UNICODE · 3 code units · 1 part · room for 67 more" in text
    assert "U+201C LEFT DOUBLE QUOTATION MARK at 1" in text
    data = json.loads(out(run("segment", "a" * 161, "--json")))
    assert data["schema"] == "smsplan.segment/1"
    assert [part["units"] for part in data["parts"]] == [153, 8]
    assert "2 parts" in out(run("segment", "-", stdin="a" * 161 + "\n"))
    assert json.loads(out(run("segment", "ş" * 71, "--languages", "tr", "--json")))["locking"] == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("segment",), 2),
        (("nothing",), 2),
        (("plan", "x.csv"), 2),
        (("plan", "x.csv", "--body", "a", "--body-file", "b"), 2),
        (("plan", "x.csv", "--body", "a"), 1),
        (("plan", "x.csv", "--body", "a", "--column", "name"), 2),
        (("dry-run", "x.json"), 1),
        (("segment", "a", "--boundary", "half"), 2),
        (("segment", "a" * 39016), 1),
        (("--version",), 0),
        (("--help",), 0),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    """0 done, 1 the input is at fault, 2 usage; never a traceback."""
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_surroundings(people: Path) -> None:
    """4: the place to write to is at fault, which is found before planning."""
    done = run(
        *("plan", str(people), "--to", "phone", "--body", "a"),
        *("--output", str(people.parent / "none" / "x.parquet")),
    )
    assert done.returncode == 4
    assert b"make it first" in done.stderr


def test_full_disk(people: Path) -> None:
    """A file that cannot grow: exit code 4, and nothing is left of it."""
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "sys.argv = ['smsplan', *sys.argv[1:]];"
        "from smsplan.cli import main; main()"
    )
    for name in ("full.parquet", "full.csv"):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                script,
                "plan",
                str(people),
                "--to",
                "phone",
                "--body",
                "a" * 900,
                "--bodies",
                "--output",
                str(people.with_name(name)),
            ],
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False,
        )
        assert done.returncode == 4, done.stderr.decode()
        assert b"nothing is left of it" in done.stderr
        assert [path.name for path in people.parent.iterdir()] == ["people.csv"]


def test_hostile_content_reaches_no_terminal(tmp_path: Path) -> None:
    """Control sequences and markup in texts, names and file names are shown, not obeyed."""
    name = "\x1b[31mred\x1b[0m [bold]x[/bold]"
    path = tmp_path / "list.csv"
    path.write_text(f'to,name\n+447700900123,"{name}"\n', encoding="utf-8")
    for done in (
        run("plan", str(path), "--body", "Hi ${name}"),
        run("segment", name),
        run("plan", str(tmp_path / "\x1b[2Jmissing.csv"), "--body", "a"),
        run("plan", str(path), "--body", "a", "--to", "\x1b[2J"),
    ):
        assert b"\x1b" not in done.stdout + done.stderr
    assert "[bold]x" in out(run("segment", name))


def test_formulas_in_csv(tmp_path: Path) -> None:
    """Values stay; for spreadsheets, and among rejects, what one would run gets an apostrophe."""
    path, rows, bad = (tmp_path / name for name in ("list.csv", "rows.csv", "bad.csv"))
    path.write_text('to,name\n+447700900123,"=1+1"\nnone,"=2+2"\n', encoding="utf-8")
    arguments = ("plan", str(path), "--body", "Hi ${name}", "--output", str(rows))
    out(run(*arguments))
    assert rows.read_text().splitlines()[1].startswith("+447700900123,=1+1,447700900123")
    done = run(*arguments, "--for-spreadsheets")
    out(done)
    assert rows.read_text().splitlines()[1].startswith("+447700900123,'=1+1,447700900123")
    assert b"2 cells that a spreadsheet would run" in done.stderr
    done = run(*arguments, "--rejects", str(bad))
    out(done)
    assert bad.read_text().splitlines()[1].startswith("none,'=2+2,")
    assert b"1 cell that a spreadsheet would run" in done.stderr
    assert "=2+2" in rows.read_text()
    assert "'" not in rows.read_text()


def test_light_start() -> None:
    """Help and single texts import neither pandas nor pyarrow."""
    code = (
        "import sys; from smsplan.cli import app; from typer.testing import CliRunner;"
        "r = CliRunner().invoke(app, ['segment', 'a']); assert r.exit_code == 0, r.output;"
        "assert not {'pandas', 'pyarrow', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_broken_pipe(people: Path) -> None:
    """A reader that has seen enough is no error."""
    done = subprocess.run(
        f"{sys.executable} -m smsplan segment {'a' * 30000} | head -c 10",
        shell=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.stderr == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_in_the_middle(tmp_path: Path, number: signal.Signals) -> None:
    """Terminated or interrupted: a message or none, the exit code of the signal, no file left."""
    source = tmp_path / "people.csv"
    with source.open("w") as file:
        file.write("to,name\n")
        file.writelines(f"+44791{n:07},{'я' * 50}{n}\n" for n in range(600_000))
    child = subprocess.Popen(
        [sys.executable, "-m", "smsplan", "plan", str(source), "--body", "Hi ${name}",
         "--output", str(tmp_path / "out.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(".out.csv.*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(number)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == (143 if number == signal.SIGTERM else 130)
    assert b"Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_compare(people: Path) -> None:
    """Two texts over one list: the second is shorter, and a file may hold one of them."""
    text = people.with_name("b.txt")
    text.write_text("Hi ${name}\n", encoding="utf-8")
    words = (
        *("compare", str(people), "--to", "phone", "--column", "name=first_name"),
        *("--default", "name=there", "--region", "GB", "--body", "A=Hi ${name} \u2013 " + "x" * 70),
        *("--body-file", f"B={text}", "--price", "0.034 GBP", "--alternative", "mms=0.05 GBP"),
    )
    data = json.loads(out(run(*words, "--json")))
    assert data["schema"] == "smsplan.comparison/1"
    assert data["cheapest"] == "B"
    assert [each["body"][:2] for each in data["variants"]] == ["Hi", "Hi"]
    assert data["variants"][1]["body"] == "Hi ${name}"
    assert [each["alternatives"][0]["messages"] for each in data["variants"]] == [10, 0]
    assert "'B' costs least" in out(run(*words))


def test_compare_refuses_one_name_twice(people: Path) -> None:
    """Of two bodies of one name neither is dropped in silence."""
    done = run("compare", str(people), "--to", "phone", "--body", "A=Hi", "--body", "A=Ho")
    assert done.returncode == 1
    assert b"the same name" in done.stderr


def test_audit(people: Path) -> None:
    """A list is audited at one part a message; a saved plan as it was planned, or by new prices."""
    words = ("audit", str(people), "--to", "phone", "--region", "GB", "--price", "0.034 GBP")
    done = run(*words, "--json")
    listed = json.loads(out(done))
    assert listed["schema"] == "smsplan.audit/1"
    assert listed["rows"] == 12
    assert listed["saved"]["amounts"] == {"GBP": "0.034"}
    assert b"one part" in done.stderr
    assert "nobody" in out(run(*words))
    planned = people.with_name("planned.parquet")
    out(run(*("plan", str(people), "--to", "phone", "--region", "GB", "--body", "x" * 161),
            *("--price", "0.034 GBP", "--output", str(planned))))  # fmt: skip
    saved = json.loads(out(run("audit", str(planned), "--json")))
    assert saved["saved"]["amounts"] == {"GBP": "0.068"}
    again = json.loads(out(run("audit", str(planned), "--price", "1 EUR", "--json")))
    assert again["saved"]["amounts"] == {"EUR": "2"}
    refused = run("audit", str(planned), "--to", "phone")
    assert refused.returncode == 1
    assert b"leave out --to" in refused.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_every_terminal_can_show_it(people: Path, encoding: str) -> None:
    """Characters that a terminal's encoding does not have are escaped; JSON and data stay right."""
    body = "Hi “${name}” – ž😀"
    planned = str(people.with_name("planned.parquet"))
    asked = ("--to", "phone", "--column", "name=first_name", "--default", "name=you")
    commands: list[tuple[str, ...]] = [
        ("plan", str(people), *asked, "--body", body, "--price", "0.034 GBP", "--output", planned),
        ("explain", planned),
        ("lengths", planned),
        ("assumptions", planned),
        ("audit", str(people), "--to", "phone", "--region", "GB"),
        ("compare", str(people), *asked, "--body", f"A={body}", "--body", "B=Hi…"),
        ("segment", body),
    ]
    for command in commands:
        done = run(*command, PYTHONIOENCODING=encoding)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.decode(encoding if encoding == "latin-1" else "utf-8")
    written = run("segment", body, "--json", PYTHONIOENCODING=encoding).stdout
    assert "".join(part["text"] for part in json.loads(written)["parts"]) == body
    batch = json.dumps({"to": ["+447700900123"], "body": body})
    answer = json.loads(
        run("dry-run", "-", "--per-recipient", stdin=batch, PYTHONIOENCODING=encoding).stdout
    )
    assert answer["per_recipient"][0]["body"] == body
    fixed = run("lint", "--fix", "-", stdin=body, PYTHONIOENCODING=encoding).stdout
    assert fixed.decode().rstrip("\n") == 'Hi "${name}" - ž😀'


@pytest.mark.parametrize(
    "arguments", [("segment", "a" * 500), ("segment", "Hi", "--json"), ("example",), ("--version",)]
)
def test_a_reader_that_has_seen_enough(arguments: tuple[str, ...]) -> None:
    """Where the reader of a pipe has gone, as ``head`` does, a command ends well and in silence."""
    with subprocess.Popen(
        [sys.executable, "-m", "smsplan", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")
