"""What the options about the text say: the message that a command plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from smsplan.cli.console import named_texts, read_body, text_of
from smsplan.cli.options import SYNTAX_HELP
from smsplan.errors import InputError
from smsplan.keywords import option, taken
from smsplan.message import Message
from smsplan.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Message: what is said."""

    body: str | None = option(None, "The text, in single quotes: 'Hi ${name}'.", form="TEXT")
    body_file: str | None = option(
        None, "A UTF-8 file with the text; one line break at its end is dropped.", form="FILE"
    )
    body_for: Sequence[str] = option(
        (), "One of several bodies, with --body-by; * is for other values.", form="VALUE=TEXT"
    )
    body_file_for: Sequence[str] = option(
        (), "One of several bodies, in a file.", form="VALUE=FILE"
    )
    syntax: str = option("${}", SYNTAX_HELP)
    no_parameters: bool = option(False, "The body has no parameters and is meant so.")


def message(given: dict[str, Any]) -> Message:
    """Take the options of the message out of those that were given; return the message.

    With ``--no-parameters`` what is said of parameters is left out, columns included.
    """
    text = Text(**taken(given, Text))
    own = taken(given, Message)
    several = bool(text.body_for or text.body_file_for)
    if [text.body is None, text.body_file is None, not several].count(False) != 1:
        raise typer.BadParameter("give --body, --body-file or --body-for", param_hint="--body")
    if several != ("body_by" in own):
        raise typer.BadParameter("give --body-by and --body-for together", param_hint="--body-by")
    if text.no_parameters:
        for name in ("defaults", "limits"):
            own.pop(name, None)
        given.pop("columns", None)
    if several:
        texts = named_texts(text.body_for, "--body-for", text.body_file_for, "--body-file-for")
        bodies: Any = {name: Template(each, syntax=text.syntax) for name, each in texts.items()}
    elif text.body is not None:
        bodies = Template(text_of(text.body, "--body", "--body-file"), syntax=text.syntax)
    else:
        bodies = Template(read_body(text.body_file or "-"), syntax=text.syntax)
    made = Message(bodies, **own)
    if text.no_parameters and made.parameters:
        raise InputError("the body has parameters; leave --no-parameters out")
    return made


def by_value(texts: Mapping[str, Template]) -> dict[str, dict[str, Template]]:
    """Return the bodies of ``NAME:VALUE`` by their names, and those by the values.

    >>> by_value({"A:en": Template("Hi"), "A:*": Template("Hej")})["A"].keys()
    dict_keys(['en', '*'])
    """
    made: dict[str, dict[str, Template]] = {}
    for name, text in texts.items():
        own, colon, value = name.partition(":")
        if not colon:
            raise InputError(f"--body '{name}=...': with --body-by write '{name}:VALUE=...'")
        made.setdefault(own, {})[value] = text
    return made
