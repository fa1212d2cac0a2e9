"""``smsplan explain``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smsplan import plan
from smsplan.cli import app
from smsplan.errors import InputError
from tests.cli.test_documentation import documented


@pytest.fixture
def planned(tmp_path: Path) -> str:
    """A saved plan of a dear message."""
    path = str(tmp_path / "planned.parquet")
    people = [{"to": "+447700900123", "name": "Żaneta"}]
    plan(people, "“Hi” ${name}" + "x" * 100, rates="0.04 GBP").save(path)
    return path


def test_json_is_both_results(planned: str) -> None:
    """``--json`` writes the waterfall and the characters, each with its schema."""
    done = CliRunner().invoke(app, ["explain", planned, "--json"])
    data = json.loads(done.stdout)
    assert done.exit_code == 0
    assert set(data) == documented("smsplan.explain/1")
    assert set(data["waterfall"]) == documented("smsplan.waterfall/1")
    assert set(data["characters"]) == documented("smsplan.characters/1")
    assert sum(step["parts"] for step in data["waterfall"]["steps"]) == 2
    assert {each["character"] for each in data["characters"]["characters"]} == {"“", "”", "Ż"}


def test_text_is_both_results(planned: str) -> None:
    """Without it, both are tables: the steps, then the characters by name."""
    done = CliRunner().invoke(app, ["explain", planned])
    assert done.exit_code == 0
    assert "characters outside GSM" in done.stdout
    assert "left double" in done.stdout.lower()


def test_a_plan_has_to_be_named() -> None:
    """Without a plan the error says what to write."""
    done = CliRunner().invoke(app, ["explain"])
    assert isinstance(done.exception, InputError)
    assert "smsplan explain planned.parquet" in str(done.exception)
