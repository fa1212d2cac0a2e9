"""``smsplan compare``: several texts over one list, and which is cheaper for whom."""

from __future__ import annotations

import os
from typing import Any

import typer

from smsplan.api.conditions import Conditions
from smsplan.cli import options
from smsplan.cli.console import (
    check_stdin,
    named_texts,
    pairs,
    progress_bar,
    say,
    write_json,
    write_result,
)
from smsplan.cli.plans.body_options import by_value
from smsplan.cli.plans.rates_options import Rates, terms
from smsplan.message import Message
from smsplan.recipients import Reading


@options.having(Message, Reading, Rates, Conditions)
def compare_bodies(
    recipients: str = options.RECIPIENTS,
    body: list[str] = typer.Option(
        [],
        help="NAME=TEXT, in single quotes: A='Hi ${name}'; with --body-by NAME:VALUE=TEXT. "
        "Repeatable; the first is the base.",
        metavar="NAME=TEXT",
    ),
    body_file: list[str] = typer.Option(
        [], help="As --body, with a file. Repeatable.", metavar="NAME=FILE"
    ),
    alternative: list[str] = typer.Option(
        [],
        help="The price of a message by another channel: mms='0.022 USD'. Repeatable.",
        metavar="NAME=PRICE",
    ),
    syntax: str = typer.Option("${}", help=options.SYNTAX_HELP),
    as_json: bool = options.JSON,
    **given: Any,
) -> None:
    """Compare texts over one list: parts and cost of each, for whom it is shorter or longer."""
    # As for a plan: a limited process does not have the addresses that Arrow's own pool takes.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from smsplan.planning.planner import compare
    from smsplan.templates import Template

    from_stdin = any(each.partition("=")[2] == "-" for each in body_file)
    check_stdin(RECIPIENTS=recipients, body_file="-" if from_stdin else None)
    texts = named_texts(body, "--body", body_file, "--body-file")
    if not texts:
        raise typer.BadParameter("give --body or --body-file", param_hint="--body")
    templates = {name: Template(text, syntax=syntax) for name, text in texts.items()}
    card = terms(given)
    with progress_bar(recipients) as progress:
        made = compare(
            recipients,
            by_value(templates) if "body_by" in given else templates,
            alternatives=pairs(alternative, "--alternative"),
            rates=card,
            progress=progress,
            **given,
        )
    for warning in made.warnings:
        say(f"warning: {warning}")
    if as_json:
        write_json("smsplan.comparison/1", made.to_dict())
    else:
        write_result(made)
