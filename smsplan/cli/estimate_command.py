"""``smsplan estimate``: what a campaign will be, from a sample, or before there is a list."""

from __future__ import annotations

from typing import Any, Literal

import typer

from smsplan.cli import options
from smsplan.cli.console import check_stdin, pairs, read_body, whole, write_json
from smsplan.errors import InputError


def write_estimate(
    recipients: str = typer.Argument(
        None, help="A list, - for standard input; none where there is none yet."
    ),
    body: str = typer.Option(None, help="The text, with ${name} for parameters."),
    body_file: str = typer.Option(None, help="A file with the text; - for standard input."),
    fraction: str = typer.Option("1%", help="The share of the list that is looked at."),
    length: list[str] = typer.Option(
        [], help="PARAMETER=LANGUAGE or =LENGTH, where there is no list. Repeatable."
    ),
    messages: int = typer.Option(None, help="How many, where there is no list."),
    country: str = typer.Option(None, help="Where to, where there is no list: GB."),
    to: str = options.TO,
    default: list[str] = options.DEFAULT,
    column: list[str] = options.COLUMN,
    limit: list[str] = options.LIMIT,
    substitute: Literal["safe", "lossy"] = options.SUBSTITUTE,
    truncate_concat: bool = options.TRUNCATE_CONCAT,
    max_number_of_message_parts: int = options.MAX_NUMBER_OF_MESSAGE_PARTS,
    duplicates: Literal["flag", "keep"] = options.DUPLICATES,
    region: str = options.REGION,
    rates: str = options.RATES,
    price: str = options.PRICE,
    profile: str = typer.Option(None, help="A profile of the API: its name, or a file."),
    confidence: str = typer.Option("95%", help="How often the interval holds."),
    as_json: bool = options.JSON,
) -> None:
    """Estimate messages, parts and cost, with an interval; for the exact answer: smsplan plan."""
    from smsplan.estimates import estimate

    if (body is None) == (body_file is None):
        raise typer.BadParameter("give --body or --body-file", param_hint="--body")
    if rates is not None and price is not None:
        raise typer.BadParameter("give --rates or --price", param_hint="--rates")
    text = body
    check_stdin(RECIPIENTS=recipients, body_file=body_file)
    if body_file is not None:
        text = read_body(body_file)
    common: dict[str, Any] = {
        "rates": rates or price,
        "profile": profile,
        "confidence": confidence,
        "limits": whole(limit, "--limit"),
        "substitute": substitute,
        "truncate_concat": truncate_concat,
        "max_number_of_message_parts": max_number_of_message_parts,
    }
    if recipients is None:
        if messages is None:
            raise InputError("name a list, or say --messages and a --length for each parameter")
        lengths = {
            name: int(value) if value.isdecimal() else value
            for name, value in pairs(length, "--length").items()
        }
        made = estimate(text, lengths=lengths, messages=messages, country=country, **common)
    else:
        made = estimate(
            recipients,
            text,
            fraction=fraction,
            to=to,
            defaults=pairs(default, "--default"),
            columns=pairs(column, "--column"),
            duplicates=duplicates,
            region=region,
            **common,
        )
    if as_json:
        write_json("smsplan.estimate/1", made.to_dict())
    else:
        typer.echo(str(made))
