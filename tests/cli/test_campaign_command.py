"""``smsplan campaign`` against the sandbox, from a saved plan to its reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from smsplan import plan
from smsplan.cli import app
from smsplan.errors import InputError, PlanRejected
from smsplan.sandbox import running
from tests.cli.test_documentation import documented


def run(*arguments: str) -> Any:
    """Run a command of a campaign."""
    return CliRunner().invoke(app, ["campaign", *arguments])


def test_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create, send, status, update, feedback, reports and cancel."""
    file, journal, output = (str(tmp_path / name) for name in ("p.parquet", "c.db", "r.csv"))
    plan([f"+4477009001{n:02}" for n in range(20)], "Hello!", rates="0.03 GBP").save(file)
    with running() as sandbox:
        monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
        monkeypatch.setenv("SINCH_API_TOKEN", sandbox.token)
        monkeypatch.setenv("SINCH_BASE_URL", sandbox.url)
        refused = run("create", file, journal, "--max-cost", "0.10 GBP")
        assert isinstance(refused.exception, PlanRejected)
        assert run("create", file, journal).exit_code == 0
        asked = run("send", journal, "--unverified")
        assert isinstance(asked.exception, InputError)
        assert "--yes" in str(asked.exception)
        unverified = run("send", journal, "--yes")
        assert "--unverified" in str(unverified.exception)
        assert not sandbox.inspect()["batches"]
        checked = str(tmp_path / "verification.json")
        made = CliRunner().invoke(app, ["verify", file, "--output", checked])
        assert made.exit_code == 0, made.output
        wrong = tmp_path / "wrong.json"
        wrong.write_text("{}")
        other = json.loads(Path(checked).read_text(encoding="utf-8"))
        content: Any
        for content in (other | {"differences": [{}]}, other | {"profile": {}}, []):
            wrong.write_text(json.dumps(content))
            refused = run("send", journal, "--yes", "--verification", str(wrong))
            assert isinstance(refused.exception, InputError)
        assert not sandbox.inspect()["batches"]
        sent = run("send", journal, "--yes", "--verification", checked, "--json")
        assert sent.exit_code == 0
        data = json.loads(sent.stdout)
        assert set(data) == documented("smsplan.campaign/1")
        assert (data["done"], data["recipients"]["accepted"]) == (True, 20)
        assert "accepted: 1 batch, 20 recipients" in run("status", journal).stdout
        header, line = run("status", journal, "--batches").stdout.splitlines()
        assert header == "reference,batch_id,state,recipients,send_at"
        (batch,) = sandbox.inspect()["batches"]
        assert line.startswith(f"{batch['client_reference']},{batch['id']},accepted,20,20")
        change = tmp_path / "change.json"
        change.write_text('{"callback_url": "https://example.com/hook"}')
        assert run("update", journal, str(change)).exit_code == 0
        assert sandbox.inspect()["batches"][0]["callback_url"] == "https://example.com/hook"
        sandbox.advance(700)
        assert run("feedback", journal, "--all").exit_code == 0
        assert run("reports", journal, output).exit_code == 0
        made = CliRunner().invoke(app, ["reconcile", file, output])
        assert made.exit_code == 0, made.output
        assert run("cancel", journal).exit_code == 0
        assert "cancelled: 1 batch" in run("status", journal).stdout
