"""``smsplan estimate``: what a campaign will be, from a sample, or before there is a list."""

from __future__ import annotations

from typing import Any

import typer

from smsplan.api.conditions import Conditions
from smsplan.cli import options
from smsplan.cli.console import check_stdin, needs, pairs, write_json
from smsplan.cli.plans.body_options import Text, message
from smsplan.cli.plans.rates_options import Rates, terms
from smsplan.errors import InputError
from smsplan.keywords import chosen
from smsplan.message import Message
from smsplan.recipients import Reading


@options.having(Text, Message, Reading, Rates, Conditions)
def write_estimate(
    recipients: str = typer.Argument(
        None, help="A list, - for standard input; none where there is none yet."
    ),
    fraction: str = typer.Option(None, help="The share of the list that is looked at; else 1%."),
    length: list[str] = typer.Option(
        [],
        help="What a parameter holds, where there is no list. Repeatable.",
        metavar="PARAMETER=LANGUAGE|LENGTH",
    ),
    messages: int = typer.Option(None, help="How many, where there is no list."),
    country: str = typer.Option(None, help="Where to, where there is no list: GB."),
    confidence: str = typer.Option("95%", help="How often the interval holds."),
    as_json: bool = options.JSON,
    **given: Any,
) -> None:
    """Estimate messages, parts and cost, with an interval; for the exact answer: smsplan plan."""
    from smsplan.planning.estimates import estimate

    check_stdin(RECIPIENTS=recipients, body_file=given.get("body_file"))
    said = message(given)
    card = terms(given)
    common: dict[str, Any] = {"rates": card, "confidence": confidence}
    if recipients is None:
        needs("a list", fraction=fraction, **options.typed(chosen(given, Reading)))
        if messages is None:
            raise InputError("name a list, or say --messages and a --length for each parameter")
        lengths = {
            name: int(value) if value.isdecimal() else value
            for name, value in pairs(length, "--length").items()
        }
        made = estimate(
            said, lengths=lengths, messages=messages, country=country, **common, **given
        )
    else:
        needs("leaving the list out", length=length, messages=messages, country=country)
        made = estimate(recipients, said, fraction=fraction, **common, **given)
    if as_json:
        write_json("smsplan.estimate/1", made.to_dict())
    else:
        typer.echo(str(made))
