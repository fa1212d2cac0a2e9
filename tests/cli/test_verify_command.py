"""``smsplan verify`` against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smsplan import Profile, plan
from smsplan.cli import app
from smsplan.sandbox import running
from tests.cli.test_documentation import documented
from tests.sinch.disguises import behind


@pytest.mark.parametrize("value", ["unicode", "gsm"])
def test_verify(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agreement ends with 0, a difference with 3; file, JSON and replay are the same."""
    path, out, record = (str(tmp_path / name) for name in ("p.parquet", "v.json", "r.jsonl"))
    plan(["+447700900123"], "ç").save(path)
    profile = Profile.from_dict({"small_c_cedilla": value})
    with running(profile=profile) as sandbox:
        monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
        monkeypatch.setenv("SINCH_API_TOKEN", sandbox.token)
        monkeypatch.setenv("SINCH_BASE_URL", sandbox.url)
        done = CliRunner().invoke(app, ["verify", path, "--output", out, "--record", record])
    code = 0 if value == "unicode" else 3
    assert done.exit_code == code
    assert ("small_c_cedilla = gsm" in done.stdout) == (code == 3)
    written = json.loads(Path(out).read_text())
    assert set(written) == documented("smsplan.verification/1")
    assert Profile.from_dict(written["profile"]) == Profile()
    again = CliRunner().invoke(app, ["verify", path, "--replay", record, "--json"])
    assert again.exit_code == code
    assert [each["field"] for each in json.loads(again.stdout)["differences"]] == [
        each["field"] for each in written["differences"] if each["field"] != "body"
    ]
    nowhere = ["verify", path, "--replay", record, "--output", str(tmp_path / "no" / "v.json")]
    assert "--output" in str(CliRunner().invoke(app, nowhere).exception)


def test_blocked_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that may do nothing is an error that says so, and no difference."""
    path = str(tmp_path / "p.parquet")
    plan([f"+4477009001{place:02}" for place in range(20)], "Hi").save(path)
    blocked = json.dumps({"code": "blocked_account", "text": "Blocked."}).encode()
    with behind(lambda *_: (403, "application/json", blocked)), running() as sandbox:
        monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
        monkeypatch.setenv("SINCH_API_TOKEN", sandbox.token)
        monkeypatch.setenv("SINCH_BASE_URL", sandbox.url)
        done = CliRunner().invoke(app, ["verify", path])
    assert done.stdout == ""
    assert "403, blocked_account (the account is blocked)" in str(done.exception)
