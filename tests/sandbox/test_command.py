"""``smsplan sandbox``: the first line is its address; secrets stay out of what it prints."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
from typer.testing import CliRunner

from smsplan.cli import app
from smsplan.errors import InputError
from smsplan.sandbox.settings import SWITCHES, Settings, settings_of

COMMAND = [sys.executable, "-m", "smsplan", "sandbox", "--port", "0"]


def test_command() -> None:
    """It answers on this machine only, shows a token that it made, and ends with Ctrl-C."""
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        token = process.stderr.readline().split("token ")[1].split(";")[0]
        answer = httpx.post(
            f"{url}/xms/v1/demo/batches",
            json={"to": ["+447700900123"], "body": "a secret text"},
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert "secret text" not in said
    assert "447700900123" not in said


def test_given_token_is_not_shown() -> None:
    """A token of the environment is never printed."""
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SMSPLAN_SANDBOX_TOKEN": "mine-alone"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert "mine-alone" not in said
    assert "$SMSPLAN_SANDBOX_TOKEN" in said


def test_port_in_use() -> None:
    """A port that is taken is named, with the next step."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = subprocess.run(
            [*COMMAND[:-1], port], capture_output=True, text=True, check=False, timeout=60
        )
    assert ran.returncode == 4
    assert f"port {port}" in ran.stderr
    assert "--port 0" in ran.stderr


def test_usage() -> None:
    """Half a key is refused."""
    result = CliRunner().invoke(app, ["sandbox", "--project-id", "p"])
    assert result.exit_code == 2


def test_settings() -> None:
    """Every switch that no dry run tells can be set; what is none is refused."""
    words = {"default_callback": "false", "default_originator": "Shop", "smart_encoding": "false",
             "update_order": "remove_first", "second_cancel": "not_found",
             "replace_dispatched": "accepted"}  # fmt: skip
    assert set(words) == set(SWITCHES)
    table = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    made, plain = Settings(**settings_of(words)), Settings()
    for name, text in words.items():
        assert getattr(made, name) != getattr(plain, name)
        assert f"`{name}`" in table
        assert text == "Shop" or f"`{text}`" in table
    for wrong, said in (
        ("token=x", "no setting 'token'"),
        ("smart_encoding=no", "use true or false"),
        ("update_order=x", "use 'add_first', 'remove_first'"),
    ):
        done = CliRunner().invoke(app, ["sandbox", "--setting", wrong])
        assert isinstance(done.exception, InputError)
        assert said in str(done.exception)
