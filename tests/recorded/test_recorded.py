"""What commands print, the public names, and plans that were saved before: none of it is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smsplan import Plan
from tests.recorded.session import NAMES, OUTPUTS, PLANS, TOTALS, names, session


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run the session once."""
    return session(tmp_path_factory.mktemp("session"))


def test_every_command(printed: dict[str, str]) -> None:
    """Each command that is recorded is run, and no other."""
    assert {path.stem for path in OUTPUTS.glob("*.txt")} == set(printed)


@pytest.mark.parametrize("path", sorted(OUTPUTS.glob("*.txt")), ids=lambda path: path.stem)
def test_output(path: Path, printed: dict[str, str]) -> None:
    """A command prints what it printed; ``python -m tests.recorded`` takes over what is meant."""
    assert printed[path.stem] == path.read_text("utf-8")


def test_names() -> None:
    """The public names and their parameters are those that are recorded."""
    assert names() == NAMES.read_text("utf-8")


@pytest.mark.parametrize(("name", "total"), json.loads(TOTALS.read_text("utf-8")).items())
def test_saved_plans(name: str, total: str) -> None:
    """A plan that earlier code saved opens, with the same totals."""
    made = Plan.open(PLANS / name)
    assert str(made) == total
    assert len(made.rows) == made.summary.rows
