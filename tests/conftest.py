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


Report = pytest.TestReport | pytest.CollectReport


def _reason(report: Report) -> str | None:
    """Why something was skipped; None where it was not."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return None
    longrepr = report.longrepr
    reason = str(longrepr[2] if isinstance(longrepr, tuple) else longrepr)
    return reason.removeprefix("Skipped: ").removeprefix("Skipped").strip()


def _judge_skip(report: Report) -> None:
    """A skip in CI, or without a reason, is a failure."""
    reason = _reason(report)
    if reason is None:
        return
    if reason in {"", "unconditional skip"}:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped without a reason; add reason='...'"
    elif IN_CI:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: skipped in CI: {reason}; .ci/run must install it"


def _count(report: Report) -> None:
    reason = _reason(report)
    if reason is not None:
        _not_run[reason] = _not_run.get(reason, 0) + 1


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what was not run: here, since tests may run in other processes."""
    _count(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Count modules that were not run."""
    _count(report)


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
    worker = hasattr(session.config, "workerinput")
    if ended and not worker and session.config.getoption("--closing-line"):
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
