"""Write docs/cli.md from the command's own help: ``python docs/make_cli.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from smsplan.cli import app

HEAD = """# Command line

Written by `docs/make_cli.py` from the command's own help.

Results go to stdout, progress and messages to stderr. What `--json` writes is documented in
[JSON](json.md).

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | the input is at fault: a file, column, template, card; one message with the next step |
| 2 | usage |
| 3 | the answer is no: a limit is breached, something was found or differs |
| 4 | surroundings: disk, folder, memory |
| 70 | an internal error, which is a mistake of smsplan |
| 130 | interrupted |
"""


def reference() -> str:
    """Return the text of docs/cli.md."""
    command: Any = get_command(app)
    return HEAD + "".join(_commands("smsplan", command))


def _commands(name: str, group: Any) -> Iterator[str]:
    """Describe the commands of a group, those of groups within it behind them."""
    for own, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield f"\n## {name} {own}\n\n{command.help.strip()}\n"
            yield from _commands(f"{name} {own}", command)
        else:
            yield _command(f"{name} {own}", command)


def _command(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    usage = " ".join([name, *map(_place, arguments), "[OPTIONS]"])
    lines = [f"\n## {name}\n", command.help.strip(), f"\n```\n{usage}\n```\n"]
    tables: dict[str, list[str]] = {
        "": [f"| `{one.name.upper()}` | {_cell(one.help)} |" for one in arguments]
    }
    for one in options:
        if one.name != "help":
            form = f" {one.metavar}" if one.metavar else ""
            names = ", ".join(f"`{option}{form}`" for option in one.opts)
            row = f"| {names} | {_cell(one.help or '')}{_default(one)} |"
            tables.setdefault(getattr(one, "rich_help_panel", None) or "Options", []).append(row)
    for name, rows in tables.items():
        if rows:
            lines += [f"**{name}**\n"] if name and len(tables) > 2 else []
            lines += ["| | |", "|---|---|", *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def _place(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(option: Any) -> str:
    if option.default in (None, "", False, []) or callable(option.default):
        return ""
    return f" Default: `{option.default}`."


if __name__ == "__main__":
    Path(__file__).with_name("cli.md").write_text(reference(), encoding="utf-8")
