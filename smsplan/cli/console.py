"""What every command shares: where words go, and how they end."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import typer

from smsplan.errors import InputError


def safe(text: str) -> str:
    """Return a text that no terminal acts upon; line breaks stay."""
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode()
        for character in text.encode("utf-8", "backslashreplace").decode()
    )


def say(text: str) -> None:
    """Write a message to stderr."""
    typer.echo(safe(text), err=True)


def fail(text: str, code: int) -> NoReturn:
    """Write one error to stderr and end with a code."""
    say(f"error: {text}")
    sys.exit(code)


def write_json(schema: str, data: dict[str, Any]) -> None:
    """Write one of our JSON objects to stdout, with its versioned schema."""
    typer.echo(json.dumps({"schema": schema, **data}, ensure_ascii=False, indent=2))


def read_text(path: str, what: str) -> str:
    """Return a small UTF-8 file, or stdin for ``-``."""
    try:
        if path == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"no {what} '{path}'; check the path") from None
    except IsADirectoryError:
        raise InputError(f"{what} '{path}' is a folder; name a file") from None
    except UnicodeDecodeError:
        raise InputError(f"{what} '{path}' is not UTF-8; save it as UTF-8") from None


def day(text: str | None) -> date | None:
    """Read the day of ``--on``."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it like 2026-12-01", param_hint="--on") from None


def pairs(items: list[str], option: str) -> dict[str, str]:
    """Read ``name=value`` options."""
    out = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"'{item}' is not name=value", param_hint=option)
        out[name] = value
    return out
