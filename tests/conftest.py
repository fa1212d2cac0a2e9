"""What holds for every test: one hypothesis profile, and no skip that nobody hears of."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# The same examples at every run in CI, fresh ones at every other; no deadline on shared machines.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "local")

_not_run: dict[str, int] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--closing-line``, for ``make test``."""
    parser.addoption(
        "--closing-line", action="store_true", help="end with a line that names what was not run"
    )


def _judge_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Count a skip by its reason; one in CI, or without a reason, is a failure."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    longrepr = report.longrepr
    reason = str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
    reason = reason.removeprefix("Skipped: ").removeprefix("Skipped").strip()
    if reason in {"", "unconditional skip"}:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped without a reason; add reason='...'"
    elif IN_CI:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped in CI: {reason}; .ci/run must install it"
    else:
        _not_run[reason] = _not_run.get(reason, 0) + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the skips of tests."""
    report = yield
    _judge_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the skips of whole modules."""
    report = yield
    _judge_skip(report)
    return report


def pytest_sessionstart() -> None:
    """Forget what another session in this process did not run."""
    _not_run.clear()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None]:
    """Print the closing line, below everything else, unless the run was broken off."""
    yield
    ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if ended and session.config.getoption("--closing-line"):
        left = "; ".join(f"{reason} ({count})" for reason, count in sorted(_not_run.items()))
        print(f"could not run here: {left}" if left else "all checks ran")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this checkout, built once."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built
