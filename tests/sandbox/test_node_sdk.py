"""The official Node SDK, unmodified, with both kinds of credentials."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from smsplan.sandbox import running

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("every_operation.mjs")
# The client of SMS alone asks for the whole SDK too, to say its version.
PACKAGES = ("@sinch/sms@1.4.0", "@sinch/sdk-core@1.4.0")


@pytest.fixture(scope="session")
def node_folder() -> Path:
    """Install the SDK once for this checkout, in a folder that git ignores."""
    if shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed")
    folder = ROOT / "build" / "node"
    if not (folder / "node_modules/@sinch/sdk-core").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", ".", *PACKAGES],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=300,
        )
    return folder


@pytest.mark.parametrize("credentials", ["service plan", "project"])
def test_every_operation(node_folder: Path, credentials: str) -> None:
    """Send, dry run, retrieve, update, replace, feedback, cancel, list; groups and reports."""
    script = shutil.copy(SCRIPT, node_folder)
    with running(project_id="project", key_id="key", key_secret="secret") as sandbox:
        given = [sandbox.url, sandbox.token, *(["project"] * (credentials == "project"))]
        ran = subprocess.run(
            ["node", script, *given], capture_output=True, text=True, check=False, timeout=60
        )
    assert ran.returncode == 0, ran.stderr
    saw = json.loads(ran.stdout)
    assert saw["retrieved"] == saw["made"]
    assert saw["dryRun"]["per_recipient"] == [
        {"recipient": "447700900123", "number_of_parts": 1, "body": "Hi there!", "encoding": "GSM"}
    ]
    assert saw["updated"]["to"] == ["447700900123", "447700900222"]
    assert (saw["replaced"]["id"], saw["replaced"]["body"]) == (saw["made"]["id"], "Other")
    assert saw["cancelled"]["canceled"] is True
    assert saw["listed"] == [saw["made"]["id"]]
    assert saw["report"]["statuses"][0]["recipients"] == ["447700900123"]
    assert saw["one"]["status"] == "Delivered"
