"""``smsplan assumptions``, and the last line of ``smsplan plan``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smsplan import plan
from smsplan.cli import app
from smsplan.cli.plans import plan_command
from smsplan.errors import InputError
from tests.cli.test_documentation import documented

LINE = "1 open question of the API changes this plan: 1 to 2 parts, GBP 0.04 to GBP 0.08."


@pytest.fixture
def recipients(tmp_path: Path) -> str:
    """A file of one recipient."""
    path = tmp_path / "people.csv"
    path.write_text("to,name\n+447700900123,François\n", encoding="utf-8")
    return str(path)


def options(recipients: str) -> list[str]:
    """What is planned: a text that ``ç`` makes Unicode, of two parts."""
    body = "${name}" + "x" * 100
    return ["plan", recipients, "--body", body, "--price", "0.04 GBP", "--from", "Shop"]


def test_json(recipients: str, tmp_path: Path) -> None:
    """``--json`` writes what Python has, with its schema and the documented keys."""
    path = str(tmp_path / "planned.parquet")
    made = plan(recipients, "${name}" + "x" * 100, rates="0.04 GBP", from_="Shop", output=path)
    done = CliRunner().invoke(app, ["assumptions", path, "--json"])
    data = json.loads(done.stdout)
    assert done.exit_code == 0
    assert set(data) == documented("smsplan.assumptions/1")
    assert data.pop("schema") == "smsplan.assumptions/1"
    assert data == made.assumptions().to_dict()
    assert data["sentence"] == LINE


def test_text(recipients: str, tmp_path: Path) -> None:
    """Without it the sentence comes first, then a table for each question and its dry run."""
    path = str(tmp_path / "planned.parquet")
    plan(recipients, "${name}" + "x" * 100, rates="0.04 GBP", from_="Shop", output=path)
    done = CliRunner().invoke(app, ["assumptions", path])
    assert done.exit_code == 0
    assert done.stdout.startswith(LINE)
    assert "small_c_cedilla" in done.stdout
    assert '"to": ["+447700900123"]' in done.stdout


def test_a_plan_has_to_be_named() -> None:
    """Without a plan the error says what to write."""
    done = CliRunner().invoke(app, ["assumptions"])
    assert isinstance(done.exception, InputError)
    assert "smsplan assumptions planned.parquet" in str(done.exception)


def test_plan_asks(recipients: str) -> None:
    """``smsplan plan`` ends with the sentence and has it in JSON; an option leaves it out."""
    shown = " ".join(CliRunner().invoke(app, options(recipients)).stdout.split())
    assert shown.endswith(LINE)
    done = CliRunner().invoke(app, [*options(recipients), "--json"])
    assert json.loads(done.stdout)["assumptions"] == LINE
    done = CliRunner().invoke(app, [*options(recipients), "--json", "--no-assumptions"])
    assert json.loads(done.stdout)["assumptions"] == ""


def test_plan_of_very_many_rows_says_that_it_did_not_ask(
    recipients: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above a million rows there is no second look, and a remark says how to have one."""
    monkeypatch.setattr(plan_command, "ASKED_ROWS", 0)
    done = CliRunner().invoke(app, options(recipients))
    assert "open question" not in done.stdout
    assert "smsplan assumptions" in done.stderr
