"""``smsplan lengths``: the curves of a saved plan."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from smsplan import InputError, plan
from smsplan.cli import app
from tests.cli.test_documentation import documented


def test_lengths(tmp_path: Path) -> None:
    """The command says what the plan says, as text and as JSON with the documented keys."""
    made = plan([{"to": "+447700900123", "name": "Maximiliana"}], "Hi ${name}" + "x" * 150,
                rates="0.034 GBP")  # fmt: skip
    path = tmp_path / "plan.parquet"
    made.save(path)
    shown = CliRunner().invoke(app, ["lengths", str(path)])
    assert shown.exit_code == 0
    assert made.by_length().sentences[0] in " ".join(shown.stdout.split())
    data = json.loads(CliRunner().invoke(app, ["lengths", str(path), "--json"]).stdout)
    assert set(data) == documented("smsplan.lengths/1")
    assert data["template"] == made.by_length().to_dict()["template"]


def test_longer(tmp_path: Path) -> None:
    """``--longer`` says where the curve of the text ends, up to what no message has room for."""
    path = tmp_path / "plan.parquet"
    plan(["+447700900123"], "Hi!").save(path)
    shown = CliRunner().invoke(app, ["lengths", str(path), "--longer", "2", "--json"])
    points = json.loads(shown.stdout)["template"]["points"]
    assert [point["characters"] for point in points] == [-3, -2, -1, 0, 1, 2]
    refused = CliRunner().invoke(app, ["lengths", str(path), "--longer", "39016"])
    assert isinstance(refused.exception, InputError)
    assert "use 0 to 39015" in str(refused.exception)
