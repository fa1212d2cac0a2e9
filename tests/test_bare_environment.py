"""A small service needs `regex` alone: ``pip install --no-deps smsplan regex``."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

HEAVY = ["narwhals", "numpy", "pandas", "pyarrow", "rich", "tomli_w", "typer"]

SMALL_JOB = """
from decimal import Decimal
import smsplan

assert smsplan.segment("Ana, \\u20ac5 off").number_of_parts == 1
assert smsplan.truncate("x" * 161) == "x" * 160
assert smsplan.Template("Hi ${name}").expand({"name": "Ana"}).text == "Hi Ana"
batch = smsplan.TextBatch(
    to=("+447700900123",),
    body="Hi ${name}",
    parameters={"name": {"default": "there"}},
)
assert smsplan.dry_run(batch).number_of_messages == 1
card = smsplan.RateCard.of({"GB": "0.034 GBP", "*": "0.10 GBP"})
assert card.price("447700900123", 2) == Decimal("0.068")
"""


def run(python: Path | str, code: str, folder: Path) -> str:
    """Run the code in a process of its own, away from the checkout."""
    done = subprocess.run(
        [str(python), "-I", "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(python: Path | str, code: str, folder: Path) -> set[str]:
    """Return which of the heavy packages the code loads."""
    report = f"\nimport json, sys; print(json.dumps([n for n in {HEAVY} if n in sys.modules]))"
    return set(json.loads(run(python, code + report, folder)))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel and `regex`, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    python = next(folder.glob("[bS]*/python*"))
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check",
         "--python", str(python), "install", "--no-deps", str(wheel), "regex"],
        check=True,
    )  # fmt: skip
    return python


def test_single_messages_need_regex_alone(bare: Path, tmp_path: Path) -> None:
    """Segments, templates, batches, dry runs and prices work where nothing else is installed."""
    installed = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    assert set(run(bare, installed, tmp_path).split()) == {"smsplan", "regex"}
    run(bare, SMALL_JOB, tmp_path)
    run(bare, "import smsplan; smsplan.lint('Hi ${name}', defaults={'name': 'you'})", tmp_path)


def test_what_needs_more_says_what_to_install(bare: Path, tmp_path: Path) -> None:
    """Without pyarrow, plan() is an ImportError that names the package."""
    code = (
        "import smsplan\n"
        "try: smsplan.plan(['+447700900123'], 'Hi')\n"
        "except ImportError as error: print(error)"
    )
    assert "pyarrow" in run(bare, code, tmp_path)


def test_single_messages_load_nothing_heavy(tmp_path: Path) -> None:
    """Where everything is installed, the same small job still loads none of it."""
    assert loaded(sys.executable, SMALL_JOB, tmp_path) == set()


def test_import_loads_nothing_heavy(tmp_path: Path) -> None:
    """``import smsplan`` loads no frames, no arrays, no command line."""
    assert loaded(sys.executable, "import smsplan", tmp_path) == set()


def test_import_takes_milliseconds(tmp_path: Path) -> None:
    """``import smsplan`` takes less than 100 ms of the processor, the best of three."""
    code = (
        "import time; start = time.process_time(); import smsplan;"
        "print(time.process_time() - start)"
    )
    assert min(float(run(sys.executable, code, tmp_path)) for _ in range(3)) < 0.1
