"""``smsplan batches`` against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from smsplan.cli import app
from smsplan.sandbox import Sandbox
from smsplan.sinch import ApiError
from tests.cli.test_documentation import documented

LATER = "2100-01-01T00:00:00Z"


def run(*arguments: str, given: Any = None) -> Any:
    """Run a command that succeeds, and return its JSON."""
    text = None if given is None else json.dumps(given)
    result = CliRunner().invoke(app, ["batches", *arguments, "--json"], input=text)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_commands(account: Sandbox, tmp_path: Path) -> None:
    """Replace, get, update, list, feedback and cancel, and what a change would change."""
    import httpx

    made = httpx.post(
        f"{account.url}/xms/v1/demo/batches",
        json={"to": ["447700900123"], "body": "a" * 160, "send_at": LATER,
              "client_reference": "march"},
        headers={"Authorization": f"Bearer {account.token}"},
    ).json()  # fmt: skip
    id_ = made["id"]
    found = run("get", id_)
    assert found["batch"]["body"] == "a" * 160
    assert set(found) == documented("smsplan.batch/1")
    change = {"body": "a" * 161, "to_add": ["447700900124"]}
    would = run("update", id_, "-", "--difference", "--price", "0.034 GBP", given=change)
    assert (would["messages"], would["parts"]) == (1, 3)
    assert set(would) == documented("smsplan.difference/1")
    assert would["cost"]["amounts"] == {"GBP": "0.102"}
    assert run("get", id_)["batch"]["body"] == "a" * 160
    assert run("update", id_, "-", given=change)["batch"]["to"] == ["447700900123", "447700900124"]
    new = {"to": ["447700900123"], "body": "Hi", "send_at": LATER, "feedback_enabled": True}
    assert run("replace", id_, "-", given=new)["batch"]["body"] == "Hi"
    listed = run("list")
    assert [each["id"] for each in listed["batches"]] == [id_]
    assert set(listed) == documented("smsplan.batches/1")
    plain = CliRunner().invoke(app, ["batches", "list"])
    assert id_ in plain.stdout
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("447700900123\n")
    for arguments in (["feedback", id_, str(numbers)], ["feedback", id_, "--all"]):
        assert CliRunner().invoke(app, ["batches", *arguments]).exit_code == 0
    assert run("cancel", id_)["canceled"] is True


def test_usage(account: Sandbox, tmp_path: Path) -> None:
    """Feedback on nobody is not taken for feedback on all."""
    empty = tmp_path / "numbers.txt"
    empty.write_text("\n")
    assert CliRunner().invoke(app, ["batches", "feedback", "x"]).exit_code == 2
    result = CliRunner().invoke(app, ["batches", "feedback", "x", str(empty)])
    assert "--all" in str(result.exception)


def test_unknown_fields_are_named(account: Sandbox) -> None:
    """A field that the API ignores is named: else nothing would change, and nothing be said."""
    for command, batch, hint in (
        ("update", {"to": ["447700900124"], "to_ad": []}, "did you mean 'to_add'?"),
        ("replace", {"to": ["447700900124"], "body": "Hi", "send_att": ""}, "mean 'send_at'?"),
    ):
        given = json.dumps(batch)
        result = CliRunner().invoke(app, ["batches", command, "unknown", "-"], input=given)
        assert hint in result.stderr


def test_unknown_batch(account: Sandbox) -> None:
    """An error of the API ends the command."""
    result = CliRunner().invoke(app, ["batches", "get", "unknown"])
    assert isinstance(result.exception, ApiError)
    assert result.exception.status == 404
