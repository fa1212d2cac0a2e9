"""``smsplan calibrate`` against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smsplan import Profile
from smsplan.cli import app
from smsplan.sandbox import running
from tests.cli.test_documentation import documented


def test_calibrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is the account's profile, and a plan takes it."""
    truth = Profile(small_c_cedilla="gsm", body_limit=None)
    path, people = tmp_path / "profile.toml", tmp_path / "people.csv"
    with running(profile=truth) as sandbox:
        monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
        monkeypatch.setenv("SINCH_API_TOKEN", sandbox.token)
        monkeypatch.setenv("SINCH_BASE_URL", sandbox.url)
        done = CliRunner().invoke(app, ["calibrate", "-o", str(path), "--json"])
        nowhere = CliRunner().invoke(app, ["calibrate", "-o", str(tmp_path / "no" / "p.toml")])
    assert done.exit_code == 0, done.output
    assert set(json.loads(done.stdout)) == documented("smsplan.calibration/1")
    assert Profile.of(path) == truth
    assert "cannot be written" in str(nowhere.exception)
    people.write_text("to\n+447700900123\n")
    planned = CliRunner().invoke(
        app, ["plan", str(people), "--body", "ç", "--profile", str(path), "--json"]
    )
    assert set(json.loads(planned.stdout)["encodings"]) == {"GSM"}
