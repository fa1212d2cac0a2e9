"""What every command shares: where words go, and how they end."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from smsplan.errors import InputError, nearest
from smsplan.outputs import is_stdin, is_stdout

if TYPE_CHECKING:
    from rich.console import Console

    from smsplan.planning.plans import Plan


# No table is drawn in fewer columns; what is drawn where nobody knows how many there are.
_NARROWEST, _UNKNOWN = 20, 80


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


def plain(error: UnicodeError) -> tuple[str | bytes, int]:
    r"""Show what the terminal's encoding does not have: bars as ``#``, minus as ``-``, else codes.

    >>> plain(UnicodeEncodeError("ascii", "−█é😀", 0, 4, ""))
    ('-#\\xe9\\U0001f600', 4)
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    shown = "".join(
        "-"
        if character in "−–"
        else "#"
        if "▀" <= character <= "▟"
        else character.encode("ascii", "backslashreplace").decode()
        for character in error.object[error.start : error.end]
    )
    return shown, error.end


def write_everywhere() -> None:
    """Let stdout take every character, whatever the encoding of the terminal is."""
    codecs.register_error("smsplan.terminal", plain)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="smsplan.terminal")


def write_json(schema: str | None, data: dict[str, Any], *, beside: bool = False) -> None:
    """Write a JSON object to stdout (``beside`` rows, to stderr), of ours with its schema."""
    # Escaped where the terminal's encoding may not have a character; it says the same.
    stream = sys.stderr if beside else sys.stdout
    utf_8 = codecs.lookup(stream.encoding or "ascii").name == "utf-8"
    whole = data if schema is None else {"schema": schema, **data}
    typer.echo(json.dumps(whole, ensure_ascii=not utf_8, indent=2), err=beside)


def open_plan(path: str) -> Plan:
    """Open a saved plan, and say what is to be said of it."""
    from smsplan.planning.plans import Plan

    made = Plan.open(path)
    for warning in made.warnings:
        say(f"warning: {warning}")
    return made


def rows_on_stdout(*outputs: str | None) -> bool:
    """Whether rows go to stdout, where nothing else may then go."""
    return any(path is not None and is_stdout(path) for path in outputs)


def check_stdin(**read: str | None) -> None:
    """Refuse to read stdin twice; the names are those of arguments and options."""
    names = [name for name, path in read.items() if path is not None and is_stdin(path)]
    if len(names) > 1:
        listed = " and ".join(f"--{name}" if name.islower() else name for name in names)
        raise InputError(
            f"{listed.replace('_', '-')} are both standard input; put one of them in a file"
        )


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


def read_numbers(path: str, what: str) -> list[str]:
    """Return the numbers of a file, one a line; empty lines are left out."""
    return [line.strip() for line in read_text(path, what).splitlines() if line.strip()]


def read_json(path: str) -> Any:
    """Return what a JSON file holds, or stdin for ``-``."""
    try:
        return json.loads(read_text(path, "JSON file"))
    except ValueError:
        raise InputError(f"'{path}' is not JSON; fix it") from None


def name_unknown(payload: Any, *, update: bool = False) -> None:
    """Warn of fields of a request, or of an update, that the API ignores."""
    from smsplan.api.batches import known_fields, unknown_fields

    if not isinstance(payload, dict):
        return
    for name in unknown_fields(payload, update=update):
        hint = nearest(name, known_fields(payload, update=update), "the API's own are in its docs")
        say(f"warning: the API does not know field '{name}' and ignores it; {hint}")


def read_body(path: str) -> str:
    """Return the text of a file; one line break at its end is dropped."""
    return read_text(path, "body file").removesuffix("\n").removesuffix("\r")


def stdout(*, beside: bool = False) -> Console:
    """Return rich's way to stdout; that its reader has gone is told as anywhere else.

    ``beside`` rows on stdout: to stderr.
    """
    from rich.console import Console

    class Stdout(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    made = Stdout(highlight=False, stderr=beside)
    # COLUMNS=0, and terminals that do not know how wide they are, would show nothing.
    if made.width < _NARROWEST:
        made = Stdout(highlight=False, stderr=beside, width=_UNKNOWN)
    return made


def write_result(result: object) -> None:
    """Write a result of ``insight`` to stdout, in colour where somebody is looking."""
    if not sys.stdout.isatty():
        typer.echo(str(result))
        return
    from smsplan.display.views import as_rich

    stdout().print(as_rich(result))


def day(text: str | None) -> date | None:
    """Read the day of ``--on``."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write it like 2026-12-01", param_hint="--on") from None


def pairs(items: Sequence[str], option: str) -> dict[str, str]:
    """Read ``name=value`` options."""
    out = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"'{item}' is not name=value", param_hint=option)
        out[name] = value
    return out


def whole(items: Sequence[str], option: str) -> dict[str, int]:
    """Read ``name=number`` options."""
    try:
        return {name: int(text) for name, text in pairs(items, option).items()}
    except ValueError:
        raise typer.BadParameter(
            "write PARAMETER=CHARACTERS, such as name=12", param_hint=option
        ) from None


def needs(what: str, **given: object) -> None:
    """Refuse options, by their names, that were given and say nothing without something else."""
    for name, value in given.items():
        if value:
            option = f"--{name.replace('_', '-')}"
            raise typer.BadParameter(f"says nothing without {what}", param_hint=option)


def text_of(text: str, option: str, instead: str) -> str:
    """Return a text that was typed; the name of a file is meant as the file."""
    is_file = False
    with contextlib.suppress(OSError, ValueError):  # too long for a name, or no name at all
        is_file = Path(text).is_file()
    if is_file:
        raise InputError(
            f"{option} takes a text, and '{text}' is a file; give its text with {instead}"
        )
    return text


def named_texts(
    texts: Sequence[str], option: str, files: Sequence[str], file_option: str
) -> dict[str, str]:
    """Read several bodies, each with its name: ``name=text``, and behind them ``name=file``."""
    found, paths = pairs(texts, option), pairs(files, file_option)
    if len(found) + len(paths) < len(texts) + len(files) or found.keys() & paths.keys():
        raise InputError(
            f"two bodies have the same name; give each its own: {option} A=... {option} B=..."
        )
    for name, text in found.items():
        text_of(text, option, f"{file_option} {name}={text}")
    return found | {name: read_body(path) for name, path in paths.items()}


@contextmanager
def progress_bar(
    recipients: str, *, beside: bool = False
) -> Iterator[Callable[[int], None] | None]:
    """A progress bar on stderr, where somebody may be looking; none ``beside`` rows on stdout."""
    if not sys.stderr.isatty() or (beside and sys.stdout.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from smsplan.lists.files import rows_about

    columns = (
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=rows_about(recipients))
        start = time.monotonic()

        def done(rows: int) -> None:
            rate = rows / max(time.monotonic() - start, 1e-9)
            bar.update(task, completed=rows, description=f"{rows:,} rows, {rate:,.0f} a second")

        yield done
