"""``smsplan explain``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from smsplan import batch_from_dict, plan
from smsplan.cli import app
from smsplan.errors import InputError
from smsplan.sandbox import Sandbox
from smsplan.sinch import SinchApi
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
    assert all(word in done.stdout.lower() for word in ("left", "double", "quotation"))


def test_a_plan_has_to_be_named() -> None:
    """Without a plan the error says what to write."""
    done = CliRunner().invoke(app, ["explain"])
    assert isinstance(done.exception, InputError)
    assert "smsplan explain planned.parquet" in str(done.exception)


def send(**batch: Any) -> str:
    """Send a batch to the account of the environment, and return its id."""
    with SinchApi() as api:
        return api.send(batch_from_dict(batch)).id


def test_a_batch_of_the_account(account: Sandbox) -> None:
    """``--batch`` retrieves, and says what the batch is, what a dry run says of it, and why."""
    batch = {
        "to": ["447700900123", "447700900124", "447700900125"],
        "body": "“Hi” ${name}" + "x" * 100,
        "parameters": {
            "name": {"447700900123": "Zaneta", "default": "you", "447700900199": "Secret"},
            "nmae": {"default": "?"},
        },
    }
    done = CliRunner().invoke(app, ["explain", "--batch", send(**batch), "--price", "1 GBP"])
    assert done.exit_code == 0, done.output
    assert "GBP 6.00" in done.stdout
    assert "characters outside GSM" in done.stdout
    assert "parameter 'nmae' of the batch stands nowhere" in done.stderr
    assert "for 1 number that the batch does not text" in done.stderr
    for private in ("Zaneta", "Secret", "447700900"):
        assert private not in done.output
    again = CliRunner().invoke(app, ["explain", "--batch", send(**batch), "--json"])
    data = json.loads(again.stdout)
    assert set(data) == documented("smsplan.explained_batch/1")
    assert data["dry_run"] == {"number_of_recipients": 3, "number_of_messages": 6}
    assert set(data["waterfall"]) == documented("smsplan.waterfall/1")
    assert len(data["warnings"]) == 2


def test_a_batch_to_a_group(account: Sandbox, tmp_path: Path) -> None:
    """The members of a group are not in the batch: they are asked for, and taken from a file."""
    import httpx

    groups = f"{account.url}/xms/v1/demo/groups"
    headers = {"Authorization": f"Bearer {account.token}"}
    made = httpx.post(groups, json={"members": ["447700900123"]}, headers=headers).json()
    id_ = send(to=[made["id"], "447700900124"], body="Hi")
    done = CliRunner().invoke(app, ["explain", "--batch", id_])
    assert isinstance(done.exception, InputError)
    assert f"--group {made['id']}=FILE" in str(done.exception)
    members = tmp_path / "members.txt"
    members.write_text("447700900123\n447700900124\n")
    group = f"{made['id']}={members}"
    done = CliRunner().invoke(app, ["explain", "--batch", id_, "--group", group, "--json"])
    assert json.loads(done.stdout)["plan"]["messages"] == 2


def test_a_batch_that_is_not_text(account: Sandbox) -> None:
    """Of a binary batch there is a dry run and nothing to explain."""
    id_ = send(to=["447700900123"], body="SGk=", udh="06050423f423f4", type="mt_binary")
    done = CliRunner().invoke(app, ["explain", "--batch", id_])
    assert done.exit_code == 0, done.output
    assert "number_of_recipients: 1, number_of_messages: 1" in done.stdout
    found = CliRunner().invoke(app, ["explain", "--batch", id_, "--json"])
    assert set(json.loads(found.stdout)) == {"schema", "batch", "dry_run"}


def test_a_plan_or_a_batch() -> None:
    """Both at once is an error of usage."""
    assert CliRunner().invoke(app, ["explain", "a.parquet", "--batch", "x"]).exit_code == 2
