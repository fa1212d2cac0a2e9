"""The checks themselves: a planted mistake fails, so that a green run means something."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

WRONG_ARROWS = [
    pytest.param("errors.py", "import smsplan.templates", id="a foundation knows a room above it"),
    pytest.param("batches.py", "import smsplan.ratecards", id="two rooms that must not know"),
    pytest.param("templates.py", "import smsplan.api.dryruns", id="a template knows the dry run"),
    pytest.param(
        "ratecards/card.py", "def late():\n    import smsplan.kernel.kernel", id="inside a function"
    ),
    pytest.param("dryruns.py", "import pyarrow", id="a heavy package where regex alone will do"),
    pytest.param("attic.py", "", id="a module that has no place in the house"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the copy of the package in ``folder``."""
    code = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the package and its configuration."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "smsplan", tmp_path / "smsplan")
    return tmp_path


def test_the_arrows_of_the_house_hold(copy: Path) -> None:
    """Every import of the package points down."""
    answer = lint_imports(copy)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(("module", "line"), WRONG_ARROWS)
def test_a_planted_wrong_import_is_found(copy: Path, module: str, line: str) -> None:
    """An import that points up, sideways or out is a broken contract that names the module."""
    with (copy / "smsplan" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    answer = lint_imports(copy)
    assert answer.returncode == 1
    assert module.removesuffix(".py").replace("/", ".") in answer.stdout.replace("BROKEN", "")
    assert "BROKEN" in answer.stdout or "exhaustive" in answer.stdout


SKIPS = """
import pytest
@pytest.mark.skip(reason="no Java here")
def test_java(): pass
@pytest.mark.xfail(reason="known")
def test_known(): assert False
def test_fine(): pass
"""


@pytest.fixture
def hooks(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a test folder of its own under the hooks of this one."""
    for name in ("CI", "COV_CORE_SOURCE", "COV_CORE_CONFIG", "COV_CORE_DATAFILE"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    return pytester


def test_what_could_not_run_is_named_last(hooks: pytest.Pytester) -> None:
    """``--closing-line`` ends with the reasons of the skips; a known failure is not one of them."""
    hooks.makepyfile(SKIPS)
    result = hooks.runpytest_subprocess("--closing-line")
    assert result.ret == 0
    assert result.outlines[-1] == "could not run here: no Java here (1)"


def test_nothing_left_out_is_said_too(hooks: pytest.Pytester) -> None:
    """``--closing-line`` says so when everything ran."""
    hooks.makepyfile("def test_fine(): pass")
    result = hooks.runpytest_subprocess("--closing-line")
    assert result.ret == 0
    assert result.outlines[-1] == "all checks ran"


def test_a_broken_run_claims_nothing(hooks: pytest.Pytester) -> None:
    """A run that stopped before its tests does not say that all checks ran."""
    hooks.makepyfile("import nowhere")
    result = hooks.runpytest_subprocess("--closing-line")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "all checks ran" not in result.outlines


def test_a_skip_in_ci_fails(hooks: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """With CI=true a skipped test fails the run, whatever its reason; a known failure does not."""
    monkeypatch.setenv("CI", "true")
    hooks.makepyfile(SKIPS)
    result = hooks.runpytest_subprocess()
    result.assert_outcomes(passed=1, xfailed=1, errors=1)
    assert "skipped in CI: no Java here" in result.stdout.str()


def test_a_skipped_module_in_ci_fails(
    hooks: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With CI=true a module that skips itself fails the run too."""
    monkeypatch.setenv("CI", "true")
    hooks.makepyfile('import pytest; pytest.skip("no cluster", allow_module_level=True)')
    result = hooks.runpytest_subprocess()
    assert result.ret != 0
    assert "skipped in CI: no cluster" in result.stdout.str()


def test_a_skip_needs_a_reason(hooks: pytest.Pytester) -> None:
    """A skip without a reason fails everywhere."""
    hooks.makepyfile("import pytest\n@pytest.mark.skip\ndef test_lazy(): pass")
    hooks.runpytest_subprocess().assert_outcomes(errors=1)
