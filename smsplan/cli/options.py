"""Options of commands: those of groups are declared there (``smsplan.keywords``), others here."""

from __future__ import annotations

import functools
import inspect
import keyword
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import Field
from typing import Any, Literal, NamedTuple

import typer
from typer.core import TyperCommand

from smsplan.cli.console import pairs, whole
from smsplan.keywords import Option, default_of, options

RECIPIENTS = typer.Argument(
    ...,
    help="CSV, JSON Lines (also .gz, .zst), Parquet, a workbook, a folder, a pattern, - (stdin).",
)
PLAN_OR_NOT = typer.Argument(None, help="A saved plan: Parquet, or a folder of part files.")
PLAN = typer.Argument(..., help="A saved plan: Parquet, or a folder of part files.")
SYNTAX_HELP = (
    "How the text writes parameters, beside ${name}: '$<>', which no shell touches, or as other "
    "tools do: '{{}}', '(())', '*||*', '%%', '[]', '<%=%>'."
)
PRICE = typer.Option(None, help="One price for all, such as '0.034 GBP'.")
PROFILE = typer.Option("current", help="Name of a profile, or a TOML file.")
CREDENTIALS = typer.Option(
    None, help="A file of the account's keys that nobody else can read; or SINCH_... variables."
)
CHANGES = typer.Argument(..., help="A JSON file with the fields that change; - is stdin.")
JSON = typer.Option(False, "--json", help="Write JSON.")


# The options of groups, as they are typed, by the names of their fields.
_TYPED: dict[str, str] = {}


def typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options that were given under the names that people type."""
    return {_TYPED[name]: value for name, value in given.items()}


class _OnTheCommandLine(NamedTuple):
    """An option of a group as a parameter of a command, and what its value means in Python."""

    parameter: inspect.Parameter
    meant: Callable[[Any], Any]


class Grouped(TyperCommand):
    """A command whose help lists its options group by group."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write a table for the arguments, and one for each group."""
        tables: dict[str, list[tuple[str, str]]] = {}
        for each in self.get_params(ctx):
            record = each.get_help_record(ctx)
            if record is not None:
                panel = getattr(each, "rich_help_panel", None)
                other = "Arguments" if each.param_type_name == "argument" else "Options"
                tables.setdefault(panel or other, []).append(record)
        # What every command has comes last.
        last = tables.pop("Options", [])
        for name, records in [*tables.items(), ("Options", last)]:
            with formatter.section(name):
                formatter.write_dl(records)


def having(
    *groups: type, without: Collection[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of these groups; it is called with those that were given.

    They come under the names of their fields, as Python takes them: what was not given is not
    there, so that its default is in one place.
    """
    found = {
        each.name: _on_the_command_line(each, said, _title(group))
        for group in groups
        for each, said in options(group).values()
        if not said.python_only and each.name not in without
    }

    def give(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        every = [*own, *(each.parameter for each in found.values())]

        @functools.wraps(command)
        def called(**values: Any) -> None:
            # Told by the default, not by truth: 0 parts and an empty text are given.
            given = {
                name: meant(value)
                for name, (parameter, meant) in found.items()
                if not (
                    (value := values.pop(parameter.name)) is None or value is False or value == []
                )
            }
            command(**values, **given)

        # Typer reads both: names and defaults here, types there.
        called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [each.replace(kind=each.KEYWORD_ONLY) for each in every]
        )
        called.__annotations__ = {each.name: each.annotation for each in every}
        return called

    return give


def _title(group: type) -> str:
    return (group.__doc__ or "").splitlines()[0].rstrip(".")


def _on_the_command_line(each: Field[Any], said: Option, panel: str) -> _OnTheCommandLine:
    """Make an option of the command line of a field, by the type as it is written there."""
    kind, default = str(each.type), default_of(each)
    name = said.name or each.name.replace("_", "-")
    option = f"--{name}"
    _TYPED[each.name] = name
    sentence = said.sentence
    of_python: Any = str
    meant: Callable[[Any], Any] = _as_it_is
    if kind.startswith("bool"):
        of_python = bool
        meant = functools.partial(bool.__ne__, default)
    elif "Mapping[" in kind or "Sequence[" in kind or "Collection[" in kind:
        of_python, sentence = list[str], f"{sentence} Repeatable."
        meant = tuple
        if "Mapping[" in kind:
            meant = functools.partial(whole if "int" in kind else pairs, option=option)
    elif literal := re.match(r"Literal\[([^]]*)\]", kind):
        of_python = Literal[tuple(re.findall(r"[\w.,]+", literal[1].replace(", ", " ")))]
    elif re.match(r"int( \| None)?$", kind):
        of_python = int
    if (default and of_python in (str, int)) or ("Literal" in kind and default):
        sentence = f"{sentence} Default: {default}."
    shown = typer.Option(
        [] if of_python == list[str] else False if of_python is bool else None,
        option,
        help=sentence,
        metavar=said.form or _form(name, of_python),
        min=said.least,
        rich_help_panel=panel,
        show_default=False,
    )
    parameter = inspect.Parameter(
        name.replace("-", "_") + "_" * keyword.iskeyword(name),
        inspect.Parameter.KEYWORD_ONLY,
        default=shown,
        annotation=of_python,
    )
    return _OnTheCommandLine(parameter, meant)


def _as_it_is(value: Any) -> Any:
    return value


def _form(name: str, of_python: Any) -> str | None:
    """How a value is written: a number, or the last word of the option's name."""
    if of_python in (str, int):
        return "N" if of_python is int else name.rpartition("-")[2].upper()
    return None
