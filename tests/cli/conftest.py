"""What several commands are tested with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from smsplan.cli import app
from smsplan.errors import SmsplanError
from smsplan.sandbox import Sandbox, running


def options_of(words: Sequence[str]) -> set[str]:
    """Return the options of the command that a line begins with."""
    command: Any = typer.main.get_command(app)
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    return {"--help", "--version", *known}


@pytest.fixture(autouse=True)
def errors_name_what_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at every error of every command in these tests: the options that it names exist.

    They are those of the command that prints it, or of the one that it names, in full.
    """
    invoke = CliRunner.invoke

    def looked_at(self: CliRunner, app: Any, args: Any = None, **more: Any) -> Any:
        done = invoke(self, app, args, **more)
        if isinstance(done.exception, SmsplanError):
            said = str(done.exception)
            other = re.findall(r"smsplan ((?:[a-z-]+ )+)((?:[^-;:,(]|-(?!-))*)(--[a-z-]+)", said)
            for command, _, option in other:
                assert option in options_of(command.split()), said
            named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", said))
            named -= {option for *_, option in other}
            assert named <= options_of(list(args or ())), said
        return done

    monkeypatch.setattr(CliRunner, "invoke", looked_at)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Run a sandbox, and have the environment lead to it."""
    with running() as sandbox:
        monkeypatch.setenv("SINCH_SERVICE_PLAN_ID", "demo")
        monkeypatch.setenv("SINCH_API_TOKEN", sandbox.token)
        monkeypatch.setenv("SINCH_BASE_URL", sandbox.url)
        yield sandbox
