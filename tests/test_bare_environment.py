"""A small service needs `regex` alone: ``pip install --no-deps smsplan regex``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from smsplan import __version__
from smsplan.cli import app
from smsplan.errors import PACKAGES

HEAVY = sorted(PACKAGES - {"regex"})

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


SAYS = r"this needs '(\w+)', which is not installed; pip install smsplan\n"
CALLS = [
    "smsplan.plan(['+447700900123'], 'Hi')",
    "smsplan.compare(['+447700900123'], {'a': 'Hi', 'b': 'Ho'})",
    "smsplan.estimate(['+447700900123'], 'Hi', fraction='1%')",
    "smsplan.plan_batch(smsplan.TextBatch(to=('+447700900123',), body='Hi'))",
    "smsplan.Schedule",
    "smsplan.Profile().to_toml()",
    "smsplan.RateCard.read('rates.parquet')",
    "str(smsplan.explain('Hi'))",
]


@pytest.mark.parametrize("call", CALLS)
def test_what_needs_more_says_what_to_install(bare: Path, tmp_path: Path, call: str) -> None:
    """What needs a package that is missing is one line that names it, and an ImportError."""
    (tmp_path / "rates.parquet").write_bytes(b"PAR1")
    code = (
        "import smsplan\n"
        f"try: {call}\n"
        "except ImportError as error: print(error); assert isinstance(error, smsplan.SmsplanError)"
    )
    found = re.fullmatch(SAYS, run(bare, code, tmp_path))
    assert found
    assert found[1] in HEAVY


def ran(bare: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command of the bare environment."""
    command = bare.with_name("smsplan" + bare.suffix)
    return subprocess.run([str(command), *words], capture_output=True, text=True, check=False)


def test_the_bare_command(bare: Path, tmp_path: Path) -> None:
    """It tells its version; whatever else it is asked, it says what to install, in one line."""
    done = ran(bare, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"smsplan {__version__}\n", "")
    module = "runpy.run_module('smsplan', run_name='__main__')"
    assert run(bare, f"import runpy, sys; sys.argv[1:] = ['--version']; {module}", tmp_path) == (
        done.stdout
    )
    names = [command.name for command in app.registered_commands]
    assert "plan" in names
    for words in ((), ("--help",), ("rates", "check", "x"), *((str(name),) for name in names)):
        done = ran(bare, *words)
        assert done.returncode == 4
        assert re.fullmatch("error: " + SAYS, done.stderr), (words, done.stderr)
        assert done.stdout == ""


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """Where one package alone is missing, commands that need it name that, and no other module."""
    (tmp_path / "list.csv").write_text("to\n+447700900123\n")
    code = (
        "import sys; sys.modules['pyarrow'] = None; from smsplan.__main__ import main;"
        "sys.argv[1:] = ['plan', 'list.csv', '--body', 'Hi']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    said = "this needs 'pyarrow', which is not installed; pip install smsplan"
    assert (done.returncode, done.stderr) == (4, f"error: {said}\n")


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
