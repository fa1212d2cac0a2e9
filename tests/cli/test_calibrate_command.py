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
from tests.sinch.disguises import Disguise, behind


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


@pytest.mark.parametrize("words", [{}, {"GSM": "GSM7", "UNICODE": "UCS2"}])
def test_what_fits_nothing(
    words: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fits no value is said first, and is exit code 3; what is decided is written."""
    disguise = Disguise(0)
    disguise.words, disguise.case, disguise.format = words, str, "spring"
    path = tmp_path / "profile.toml"
    with behind(disguise), running(profile=Profile(value_limit=160)) as sandbox:
        monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
        monkeypatch.setenv("SINCH_API_TOKEN", sandbox.token)
        monkeypatch.setenv("SINCH_BASE_URL", sandbox.url)
        done = CliRunner().invoke(app, ["calibrate", "-o", str(path)])
    assert done.exit_code == (3 if words else 0), done.output
    assert done.stdout.startswith("The account's answer fits no value") == bool(words)
    assert f"written: {path}" in done.stderr
    vocabulary = {name: [word] for name, word in words.items()}
    assert Profile.of(path) == Profile(value_limit=160, vocabulary=vocabulary)
