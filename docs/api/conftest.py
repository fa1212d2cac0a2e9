"""Runs the pages of the API whole: Python and command lines, in order, against one sandbox each."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

import smsplan
from smsplan.sandbox import running

INDEX = Path(__file__).with_name("index.md")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A command may go on behind "> ", as bash shows it; what follows, up to the next, is its output.
_COMMAND = re.compile(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", re.MULTILINE)
_END = "-- end --"
_SECONDS = 60.0


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Take a page whole, in place of its doctests alone."""
    found = yield
    if file_path.suffix == ".md":
        return [Page.from_parent(parent, path=file_path)]
    return found


class Page(pytest.File):
    """A page."""

    def collect(self) -> Iterator[pytest.Item]:
        """Return the one test that it is: its examples build upon each other."""
        yield Examples.from_parent(self, name=self.path.name)


class Examples(pytest.Item):
    """The examples of a page, with an account in the environment and an empty folder."""

    def runtest(self) -> None:
        """Run them; all that differ are reported."""
        test = _Parser().get_doctest(
            self.path.read_text(encoding="utf-8"), {}, self.path.name, str(self.path), 0
        )
        if self.path != INDEX:
            test.examples[:0] = _set_up()
        runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
        report: list[str] = []
        with (
            running() as sandbox,
            tempfile.TemporaryDirectory() as folder,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setenv("SINCH_BASE_URL", sandbox.url)
            patch.setenv("SINCH_SERVICE_PLAN_ID", sandbox.service_plan_id)
            patch.setenv("SINCH_API_TOKEN", sandbox.token)
            patch.chdir(folder)
            with _Shell() as shell:
                test.globs["_shell"] = shell
                runner.run(test, out=report.append, clear_globs=False)
                for name in {"api", "http"} & test.globs.keys():
                    test.globs[name].close()
        if report:
            pytest.fail("".join(report), pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the page."""
        return self.path, 0, self.path.name


def _set_up() -> list[doctest.Example]:
    """The Python of the index's set-up, whose names every page has."""
    section = INDEX.read_text(encoding="utf-8").split("\n## Set-up\n")[1].split("\n## ")[0]
    return doctest.DocTestParser().get_examples(section)


class _Parser(doctest.DocTestParser):
    """Reads command lines as examples too."""

    def get_examples(self, string: str, name: str = "<string>") -> list[doctest.Example]:
        found = super().get_examples(string, name)
        for block in _CONSOLE.finditer(string):
            for command in _COMMAND.finditer(string, block.start(1), block.end(1)):
                line = string.count("\n", 0, command.start())
                source = f"_shell({command[1].replace(chr(10) + '> ', chr(10))!r})\n"
                found.append(doctest.Example(source, command[2], lineno=line))
        return sorted(found, key=lambda example: example.lineno)


class _Shell:
    """A bash that goes on from command to command, in which ``smsplan`` is this checkout."""

    def __enter__(self) -> _Shell:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(smsplan.__file__).parents[1]),
                "COLUMNS": "100",
            },
        )
        self._write(f'smsplan() {{ "{sys.executable}" -m smsplan "$@"; }}')
        return self

    def __exit__(self, *_: Any) -> None:
        self._bash.communicate()

    def __call__(self, command: str) -> None:
        """Run a command and print what it writes; an exit code that is not 0 ends it."""
        self._write(f"{{ {command}}} </dev/null; code=$?; echo; echo '{_END}'$code")
        assert self._bash.stdout is not None
        lines: list[str] = []
        watch = threading.Timer(_SECONDS, self._bash.kill)
        watch.start()
        for line in self._bash.stdout:
            if line.startswith(_END):
                code = line.removeprefix(_END).strip()
                break
            lines.append(line)
        else:
            raise EOFError(f"the shell has ended, or the command took over {_SECONDS} seconds")
        watch.cancel()
        print("".join(lines).rstrip("\n"))
        if code != "0":
            print(f"(exit code {code})")

    def _write(self, text: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{text}\n")
        self._bash.stdin.flush()
