"""``smsplan lint``: what is wrong with message templates, before anybody sends them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from smsplan.api.conditions import Conditions
from smsplan.cli import options
from smsplan.cli.console import needs, safe, say, text_of, write_json
from smsplan.cli.plans.rates_options import Rates, terms
from smsplan.message import Message, of_parameters
from smsplan.plurals import counted
from smsplan.recipients import Reading

if TYPE_CHECKING:
    from smsplan.cli.plans.lint_config import LintConfig
    from smsplan.linting.linter import Complaint, FixedText
    from smsplan.planning.plans import Plan
    from smsplan.ratecards import Terms

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


@options.having(Message, Reading, Rates, Conditions, without=("body_by", "duplicates", "on_error"))
def lint_templates(
    templates: list[str] = typer.Argument(
        None, help="Files with one template each, folders of them, or - for stdin."
    ),
    body: list[str] = typer.Option([], help="A template as text, in single quotes. Repeatable."),
    select: list[str] = typer.Option(
        [], help="Ask these rules only: SMS101 or SMS1,SMS2. Repeatable."
    ),
    ignore: list[str] = typer.Option([], help="Do not ask these rules. Repeatable."),
    fix: bool = typer.Option(False, "--fix", help="Make the safe fixes, in the files."),
    output_format: Literal["text", "json", "github"] = typer.Option(
        "text", "--format", help="text, json, or github: annotations of a workflow."
    ),
    fail_on: Literal["error", "warning", "info"] = typer.Option(
        None, help="The lowest severity that ends with exit code 3; else warning."
    ),
    syntax: str = typer.Option(None, help=options.SYNTAX_HELP),
    max_parts: int = typer.Option(None, min=1, help="How many parts a message may take."),
    max_cost: list[str] = typer.Option(
        [], help="The budget, with --recipients and prices: '500 EUR'. Repeatable."
    ),
    opt_out: list[str] = typer.Option(
        [], help="A word of which one has to be there, such as STOP. Repeatable."
    ),
    config: str = typer.Option(
        None, help="A TOML file with [tool.smsplan.lint]; else pyproject.toml, upwards."
    ),
    recipients: str = typer.Option(None, help="A list: rules over the messages to it, too."),
    explain: str = typer.Option(None, help="Explain a rule, or all whose codes begin so, and end."),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json."),
    **given: Any,
) -> None:
    """Find what makes templates expensive or wrong: characters, length, parameters, limits.

    Exit code 3: there are problems of the severity of --fail-on or above; 0: none. The rules are
    in docs/lint.md.
    """
    if explain is not None:
        _explain(explain, as_json or output_format == "json")
        return
    if not templates and not body:
        raise typer.BadParameter("name a file, or give --body", param_hint="TEMPLATES")
    own = {
        name: given.pop(name)
        for name in ("defaults", "truncate_concat", "profile")
        if name in given
    }
    if recipients is None:
        needs("--recipients", **options.typed(given))
    card = terms(given)
    asked: dict[str, Any] = {
        "select": _codes(select, "--select"),
        "ignore": _codes(ignore, "--ignore"),
        "syntax": syntax,
        "max_parts": max_parts,
        "max_cost": max_cost or None,
        "opt_out": opt_out or None,
        **own,
    }
    defaults = asked.pop("defaults", {})
    settings = {name: value for name, value in asked.items() if value is not None}
    wanted = _Asked(settings, defaults, recipients, given, card)
    results = []
    for source in _sources(templates or [], body, config):
        results.append(Result(source, _look(source, wanted, fix=fix)))
    if fix:
        for result in results:
            _write(result)
    _show(results, "json" if as_json else output_format, fix=fix)
    if any(result.fails(fail_on) for result in results):
        raise typer.Exit(3)


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template and where it is from; ``path`` is None where it is no file."""

    name: str
    path: Path | None
    text: str
    config: LintConfig
    mark: str = ""  # a byte order mark
    end: str = ""  # the last line break, which is no part of the template


@dataclass(frozen=True, slots=True)
class Result:
    """A template and what was found in it."""

    source: TemplateSource
    found: FixedText

    def fails(self, fail_on: str | None) -> bool:
        """Whether something is left of the severity that is asked for, or above."""
        from smsplan.linting.rules import SEVERITIES

        least = fail_on or self.source.config.fail_on
        worse = [*SEVERITIES][: [*SEVERITIES].index(least) + 1]  # type: ignore[arg-type]
        return any(one.severity in worse for one in self.found.left)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line says; it goes before the configuration."""

    settings: Mapping[str, Any]
    defaults: Mapping[str, str]
    recipients: str | None
    # How the list is read, and what the message is besides what the rules know.
    options: Mapping[str, Any]
    rates: Terms | None

    def settings_for(self, source: TemplateSource) -> dict[str, Any]:
        """Return the settings of the rules for one template."""
        from smsplan.linting.rules import RULES

        made = {**source.config.settings, **self.settings}
        made["defaults"] = {**source.config.settings.get("defaults", {}), **self.defaults}
        if source.path is not None:
            left_out = source.config.ignored(source.path)
            # Whole codes: nothing that is selected is longer.
            made["ignore"] = [
                *made.get("ignore", ()),
                *(code for code in RULES if code.startswith(left_out)),
            ]
        return made

    def plan(self, text: str, settings: Mapping[str, Any]) -> Plan | None:
        """Plan a template to the recipients, where there are any and the API would take it."""
        from smsplan.linting.linter import lint
        from smsplan.planning.planner import plan
        from smsplan.templates import Template

        refused = {**settings, "select": ["SMS001", "SMS401"], "ignore": []}
        if self.recipients is None or lint(text, **refused):
            return None
        template = Template(text, syntax=settings.get("syntax", "${}"))
        named: dict[str, Any] = {"defaults": settings["defaults"], **self.options}
        for key in ("defaults", "limits", "columns"):
            if key in named:
                named[key] = of_parameters(named[key], template.parameters)
        return plan(
            self.recipients,
            template,
            truncate_concat=settings.get("truncate_concat", False),
            rates=self.rates,
            profile=settings.get("profile"),
            **named,
        )


def _codes(given: list[str], option: str) -> list[str] | None:
    from smsplan.errors import InputError
    from smsplan.linting.rules import check_codes

    codes = [code.strip() for item in given for code in item.split(",")]
    try:
        check_codes(codes, "it")
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return codes or None


def _sources(
    templates: Sequence[str], bodies: Sequence[str], config: str | None
) -> list[TemplateSource]:
    """Read every template, or say of all that cannot be read why."""
    from smsplan.cli.plans import lint_config
    from smsplan.errors import InputError

    find = functools.cache(lint_config.find)
    fixed = None if config is None else lint_config.read(Path(config))
    here = fixed or find(Path.cwd())
    sources: list[TemplateSource] = []
    faults: list[str] = []
    for number, text in enumerate(bodies, start=1):
        text_of(text, "--body", "the file without --body")
        if not text.isprintable() and text != text.encode("utf-8", "replace").decode():
            faults.append("--body is not UTF-8; pass it as UTF-8, or in a file")
        name = "<body>" if len(bodies) == 1 else f"<body {number}>"
        sources.append(TemplateSource(name, None, text, here))
    for path, named in _paths(templates, fixed, find):
        try:
            if path is None:
                text, mark, end = _parse(sys.stdin.buffer.read())
                sources.append(TemplateSource("<stdin>", None, text, here, mark, end))
            else:
                chosen = fixed or find(path.parent.absolute())
                if not chosen.excludes(path):
                    text, mark, end = _parse(path.read_bytes())
                    sources.append(TemplateSource(named, path, text, chosen, mark, end))
        except FileNotFoundError:
            faults.append(f"no template '{named}'; check the path")
        except UnicodeDecodeError:
            faults.append(f"template '{named}' is not UTF-8; save it as UTF-8")
        except OSError as error:
            faults.append(f"template '{named}' cannot be read: {error.strerror}; check the file")
    if faults:
        raise InputError("\n".join(faults))
    return sources


def _paths(
    templates: Iterable[str], fixed: LintConfig | None, find: Any
) -> Iterator[tuple[Path | None, str]]:
    """Yield each file, with its name as given, once; None is stdin."""
    seen = set()
    for name in templates:
        path = Path(name)
        every = [path]
        if name != "-" and path.is_dir():
            every = [*(fixed or find(path.absolute())).templates(path)]
        for one in every:
            if str(one) not in seen:
                seen.add(str(one))
                yield (None if name == "-" else one), str(one)


def _parse(data: bytes) -> tuple[str, str, str]:
    """Return the template of a file, its byte order mark and its last line break, if any."""
    text = data.decode("utf-8")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    end = next((one for one in ("\r\n", "\n", "\r") if text.endswith(one)), "")
    return text.removesuffix(end), mark, end


def _look(source: TemplateSource, asked: _Asked, *, fix: bool) -> FixedText:
    from smsplan.errors import InputError
    from smsplan.linting.linter import FixedText, fix_text, lint

    settings = asked.settings_for(source)
    of_file = source.path is not None
    text = source.text
    try:
        done: tuple[Complaint, ...] = ()
        if fix:
            text, done, _ = fix_text(text, of_file=of_file, **settings)
        # As ``plan --body-file`` reads it.
        seen = text.replace("\r\n", "\n").replace("\r", "\n") if of_file else text
        return FixedText(text, done, lint(seen, plan=asked.plan(seen, settings), **settings))
    except InputError as error:
        raise InputError(f"{source.name}: {error}") from None


def _write(result: Result) -> None:
    """Put a fixed template in the place of the file, whole or not at all."""
    from smsplan.outputs import whole_file

    source, text = result.source, result.found.text
    if source.path is None or text == source.text:
        return
    with whole_file(source.path) as file:
        file.write(f"{source.mark}{text}{source.end}".encode())


def _show(results: Sequence[Result], output_format: str, *, fix: bool) -> None:
    if output_format == "json":
        _show_json(results)
        return
    texts = [result for result in results if fix and result.source.path is None]
    # What is fixed is the result where it is no file.
    write = functools.partial(_say, err=bool(texts))
    for result in results:
        for one in result.found.done:
            write(f"{_at(result, one)}: fixed {one.code} {one.name}, now {one.fix!r}")
        for one in result.found.left:
            if output_format == "github":
                write(annotation(result.source.name, one))
            else:
                fixable = " [--fix]" if one.fix is not None else ""
                write(f"{_at(result, one)}: {one.severity} {one.code} {one.message}{fixable}")
    for result in texts:
        # As a file would have it, whatever the encoding of the terminal is.
        typer.echo((result.found.text + result.source.end).encode(), nl=not result.source.end)
    say(_closing(results))


def _say(line: str, *, err: bool = False) -> None:
    """Write one line, whatever the name of a file has in it."""
    typer.echo(safe(line).replace("\n", "\\n"), err=err)


def _at(result: Result, one: Complaint) -> str:
    return f"{result.source.name}:{one.line}:{one.column}"


def _closing(results: Sequence[Result]) -> str:

    left = [one for result in results for one in result.found.left]
    done = sum(len(result.found.done) for result in results)
    faulty = sum(bool(result.found.left) for result in results)
    said = [f"fixed {done:,}"] if done else []
    if left:
        where = f"in {faulty:,} of {counted(len(results), 'template')}"
        said.append(f"{counted(len(left), 'complaint')} {where}")
        fixable = sum(one.fix is not None for one in left)
        if fixable:
            said.append(f"{fixable:,} can be fixed with --fix")
    else:
        said.append(f"nothing to complain of in {counted(len(results), 'template')}")
    return "; ".join(said)


def annotation(name: str, one: Complaint) -> str:
    """Return a complaint as a workflow command of GitHub Actions, on one line.

    >>> from smsplan.linting.linter import lint
    >>> annotation("a,b.txt", lint("Hi ${name}")[0])[:66]
    '::notice file=a%2Cb.txt,line=1,endLine=1,col=4,endColumn=11,title='
    """
    places = {"file": name, "line": one.line, "endLine": one.end_line}
    if one.line == one.end_line:
        places |= {"col": one.column, "endColumn": one.end_column}
    places["title"] = f"{one.code} {one.name}"
    listed = ",".join(
        f"{key}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for key, value in places.items()
    )
    return f"::{_LEVELS[one.severity]} {listed}::{_escaped(one.message)}"


def _escaped(text: str) -> str:
    text = "".join(one if one in "\r\n" else safe(one) for one in text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _show_json(results: Sequence[Result]) -> None:
    write_json(
        "smsplan.lint/1",
        {
            "templates": len(results),
            "complaints": [
                {"file": result.source.name, **one.to_dict()}
                for result in results
                for one in result.found.left
            ],
            "mended": [
                {"file": result.source.name, **one.to_dict()}
                for result in results
                for one in result.found.done
            ],
            "texts": {
                result.source.name: result.found.text
                for result in results
                if result.source.path is None
            },
        },
    )


def _explain(beginning: str, as_json: bool) -> None:
    from smsplan.linting.rules import RULES, check_codes

    _codes([beginning], "--explain")
    check_codes([beginning], "--explain")
    found = [rule for code, rule in sorted(RULES.items()) if code.startswith(beginning)]
    if as_json:
        keys = ("code", "name", "severity", "fixable", "title", "why")
        # Half a surrogate pair is in no JSON that others can read.
        listed = [
            {key: getattr(rule, key) for key in keys}
            | {
                key: getattr(rule, key).encode("utf-8", "backslashreplace").decode()
                for key in ("example", "counterexample")
            }
            for rule in found
        ]
        write_json("smsplan.rules/1", {"rules": listed})
        return
    for rule in found:
        fixed = ", fixed by --fix" if rule.fixable else ""
        _say(f"{rule.code} {rule.name} ({rule.severity}{fixed}): {rule.title}")
        if len(found) == 1:
            _say(f"  {rule.why}")
            _say(f"  complains of: {rule.example!a}")
            _say(f"  not of: {rule.counterexample!a}")
