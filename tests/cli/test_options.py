"""Options: every one that is given does something, and errors name those of their command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import smsplan
from smsplan import InputError, PlanRejected, estimate, plan
from smsplan.cli import app

LIST = "to,name\n+447700900123,Ana\n"


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder with lists, cards, texts and a saved plan of every kind that errors need."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(LIST)
    (tmp_path / "latin.csv").write_bytes("to,name\n+447700900123,Zoë\n".encode("cp1252"))
    (tmp_path / "national.csv").write_text("phone,name\n02071234567,Ana\n")
    (tmp_path / "body.txt").write_text("Hi ${name}")
    (tmp_path / "comma.csv").write_text('country,price,currency\nGB,"0,04",GBP\nUS,"0,01",GBP\n')
    (tmp_path / "bare.csv").write_text("country,price\nGB,0.04\n")
    (tmp_path / "senders.csv").write_text(
        "country,price,currency,sender_type\nGB,0.04,GBP,10dlc\nGB,0.05,GBP,toll-free\n"
    )
    (tmp_path / "card.json").write_text('{"a": 1}')
    plan("list.csv", "Hi ${name}", output="planned.parquet")
    return tmp_path


# What a person may type, and of which the answer names an option.
FAULTS = [
    "plan latin.csv --body Hi",
    "plan list.csv --body 'Hi ${nmae}'",
    "plan list.csv --body Hi --default name=x",
    "plan national.csv --body Hi",
    "plan list.csv --body Hi --limit name=2",
    "plan list.csv --body Hi --rates comma.csv",
    "plan list.csv --body Hi --rates bare.csv",
    "plan list.csv --body Hi --rates senders.csv",
    "plan list.csv --body Hi --rates card.json",
    "plan list.csv --body Hi --max-cost '6,000 EUR'",
    "plan list.csv --body Hi --price '6,000 EUR'",
    "plan list.csv --body Hi --output out.parquet --for-spreadsheets",
    "plan planned.parquet --body Hi",
    "plan planned.parquet --body Hi --encoding cp1252",
    "plan list.csv --body body.txt",
    "plan list.csv --body-by name --body-for 'Ana=body.txt'",
    "compare list.csv --body A=body.txt",
    "compare latin.csv --body A=Hi",
    "compare list.csv --body A='Hi ${nmae}'",
    "compare list.csv --body A=Hi --default name=x",
    "compare list.csv --body A=Hi --limit name=2",
    "compare list.csv --body A=Hi --rates comma.csv",
    "compare list.csv --body A=Hi --rates senders.csv",
    "compare list.csv --body A=Hi --alternative mms='0.02 EUR'",
    "compare list.csv --body A=Hi --price '1 GBP' --alternative mms='0.02 EUR'",
    "estimate latin.csv --body Hi",
    "estimate list.csv --body 'Hi ${nmae}'",
    "estimate list.csv --body Hi --default name=x",
    "estimate list.csv --body Hi --limit name=2",
    "estimate list.csv --body Hi --rates comma.csv",
    "estimate list.csv --body Hi --rates senders.csv",
    "estimate list.csv --body body.txt",
    "estimate --body Hi",
    "audit latin.csv",
    "audit national.csv",
    "audit list.csv --rates comma.csv",
    "audit list.csv --rates senders.csv",
    "lint --body Hi --recipients latin.csv",
    "lint --body Hi --recipients national.csv",
    "lint --body 'Hi ${nmae}' --recipients list.csv",
    "lint --body Hi --recipients list.csv --rates comma.csv",
    "lint --body Hi --recipients list.csv --rates senders.csv",
    "lint --body body.txt",
    "rates check comma.csv",
    "rates check bare.csv",
    "rates check senders.csv latin.csv",
    "rates check card.json",
    "rates convert comma.csv out.csv",
    "reconcile planned.parquet list.csv --rates comma.csv",
    "explain list.csv",
    "lengths list.csv",
    "schedule list.csv --rate '1 parts/s'",
    "schedule planned.parquet --rate '1 parts/s' --quiet-hours 21:00-8:00 --quiet-hours 22:00-8:00",
    "requests planned.parquet --output r --start 2026-12-01T09:00:00Z",
]


@pytest.mark.parametrize("line", FAULTS)
def test_errors_name_options_of_their_command(line: str, there: Path) -> None:
    """What an error tells a person to type exists where it is typed: see ``options_of``."""
    words = [word.strip("'").replace("='", "=") for word in re.findall(r"[^\s']*'[^']*'|\S+", line)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code not in (0, 70), done.output
    assert isinstance(done.exception, (SystemExit, smsplan.SmsplanError)), done.exception


def test_every_option_that_the_package_names_exists() -> None:
    """Options in messages, help and reasons are those of at least one command."""
    root = Path(smsplan.__file__).parent
    command = typer.main.get_command(app)
    known = {"--version", "--help", *_all(command)}
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8").replace("pip install --no-deps", "")
        for found in re.finditer(r"[\s(`'\"](--[a-z][a-z-]+)", text):
            if not path.name.startswith("playground"):
                assert found[1] in known, f"{path.name}: {found[1]}"


def _all(command: Any) -> set[str]:
    inner = getattr(command, "commands", {})
    if inner:
        return {name for each in inner.values() for name in _all(each)}
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)}


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("estimate --body Hi --messages 5 --fraction 2%", "--fraction"),
        ("estimate --body Hi --messages 5 --region GB", "--region"),
        ("estimate list.csv --body Hi --messages 5", "--messages"),
        ("estimate list.csv --body Hi --country GB", "--country"),
        ("explain planned.parquet --rates comma.csv", "--rates"),
        ("explain planned.parquet --profile account.toml", "--profile"),
        ("lint --body Hi --to phone", "--to"),
        ("rates check senders.csv --to phone", "--to"),
        ("requests planned.parquet --output r --daily-cap 5", "--daily-cap"),
        ("requests planned.parquet --output r --leave-out", "--leave-out"),
    ],
)
def test_an_option_that_says_nothing_is_refused(line: str, option: str, there: Path) -> None:
    """What cannot apply is an error that says why, and nothing is done."""
    done = CliRunner().invoke(app, line.split())
    assert done.exit_code == 2
    assert option in done.output
    assert "says nothing without" in re.sub(r"\s+", " ", done.output.replace("│", " "))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"encoding": "UNICODE"}, "encoding='UNICODE' is for files of text"),
        ({"encoding": "utf-8"}, "leave it out"),
        ({"on_error": "skip"}, "on_error='skip' is for files"),
        ({"for_spreadsheets": True}, "for a CSV output"),
    ],
)
def test_arguments_that_cannot_apply(given: dict[str, object], said: str) -> None:
    """As options: of a frame there is no encoding, and nothing that cannot be read."""
    with pytest.raises(InputError, match=re.escape(said)):
        plan([{"to": "+447700900123"}], "Hi", **given)  # type: ignore[arg-type]


def test_encodings_reach_every_command(there: Path) -> None:
    """Each command whose error asks for the encoding takes it."""
    for line in (
        "plan latin.csv --body Hi",
        "audit latin.csv",
        "estimate latin.csv --body Hi",
        "compare latin.csv --body A=Hi",
        "lint --body Hi --recipients latin.csv",
    ):
        done = CliRunner().invoke(app, [*line.split(), "--encoding", "cp1252"])
        assert done.exit_code in (0, 3), done.output
    done = CliRunner().invoke(
        app,
        [
            "rates",
            "check",
            "senders.csv",
            "latin.csv",
            "--sender-type",
            "10dlc",
            "--encoding",
            "cp1252",
        ],
    )
    assert done.exit_code == 0, done.output
    assert estimate("latin.csv", "Hi", encoding="cp1252").rows == 1


def test_bodies_in_files(there: Path) -> None:
    """``--body-file-for`` reads the text of a choice from a file."""
    done = CliRunner().invoke(
        app,
        ["plan", "list.csv", "--body-by", "name", "--body-file-for", "Ana=body.txt", "--bodies",
         "--output", "out.csv"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Hi Ana" in Path("out.csv").read_text()


def test_quiet_hours_are_repeatable(there: Path) -> None:
    """Hours for all, a preset and hours by country go together."""
    done = CliRunner().invoke(
        app,
        ["schedule", "planned.parquet", "--rate", "1 parts/s", "--quiet-hours", "21:00-08:00",
         "--quiet-hours", "us_federal", "--quiet-hours", "FR=20:00-09:00"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("option", ["--max-parts", "--max-messages", "--max-parts-per-message"])
def test_zero_is_a_limit(tmp_path: Path, option: str) -> None:
    """``--max-parts 0`` allows nothing: what is given is not told from what is not by its truth."""
    path = tmp_path / "list.csv"
    path.write_text("to\n+447700900123\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["plan", str(path), "--body", "Hi", option, "0"])
    assert isinstance(done.exception, PlanRejected)
    assert option.removeprefix("--").replace("-", "_") in str(done.exception)
