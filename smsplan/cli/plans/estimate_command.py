"""``smsplan estimate``: what a campaign will be, from a sample, or before there is a list."""

from __future__ import annotations

from typing import Any, Literal

import typer

from smsplan.cli import options
from smsplan.cli.console import check_stdin, needs, pairs, read_body, text_of, whole, write_json
from smsplan.cli.plans.rates_options import terms
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
    transliterate: list[str] = options.TRANSLITERATE,
    truncate_concat: bool = options.TRUNCATE_CONCAT,
    max_number_of_message_parts: int = options.MAX_NUMBER_OF_MESSAGE_PARTS,
    duplicates: Literal["flag", "keep"] = options.DUPLICATES,
    region: str = options.REGION,
    rates: str = options.RATES,
    price: str = options.PRICE,
    on: str = options.ON,
    sender_type: str = options.SENDER_TYPE,
    charge_on: str = options.CHARGE_ON,
    operators: str = options.OPERATORS,
    mix: list[str] = options.MIX,
    used: list[str] = options.USED,
    exchange: list[str] = options.EXCHANGE,
    mixed_currencies: bool = options.MIXED_CURRENCIES,
    profile: str = typer.Option(None, help="A profile of the API: its name, or a file."),
    encoding: str = options.ENCODING,
    confidence: str = typer.Option("95%", help="How often the interval holds."),
    as_json: bool = options.JSON,
) -> None:
    """Estimate messages, parts and cost, with an interval; for the exact answer: smsplan plan."""
    from smsplan.planning.estimates import estimate

    if (body is None) == (body_file is None):
        raise typer.BadParameter("give --body or --body-file", param_hint="--body")
    check_stdin(RECIPIENTS=recipients, body_file=body_file)
    text = read_body(body_file) if body_file is not None else text_of(body, "--body", "--body-file")
    common: dict[str, Any] = {
        "rates": terms(
            rates,
            price,
            sender_type=sender_type,
            on=on,
            charge_on=charge_on,
            operators=operators,
            mix=mix,
            used=used,
            exchange=exchange,
            mixed_currencies=mixed_currencies,
        ),
        "profile": profile,
        "confidence": confidence,
        "limits": whole(limit, "--limit"),
        "substitute": substitute,
        "transliterate": transliterate,
        "truncate_concat": truncate_concat,
        "max_number_of_message_parts": max_number_of_message_parts,
    }
    if recipients is None:
        needs(
            "a list",
            fraction=fraction != "1%",
            to=to != "to",
            default=default,
            column=column,
            duplicates=duplicates != "flag",
            region=region,
            encoding=encoding,
        )
        if messages is None:
            raise InputError("name a list, or say --messages and a --length for each parameter")
        lengths = {
            name: int(value) if value.isdecimal() else value
            for name, value in pairs(length, "--length").items()
        }
        made = estimate(text, lengths=lengths, messages=messages, country=country, **common)
    else:
        needs("leaving the list out", length=length, messages=messages, country=country)
        made = estimate(
            recipients,
            text,
            fraction=fraction,
            to=to,
            defaults=pairs(default, "--default"),
            columns=pairs(column, "--column"),
            duplicates=duplicates,
            region=region,
            encoding=encoding,
            **common,
        )
    if as_json:
        write_json("smsplan.estimate/1", made.to_dict())
    else:
        typer.echo(str(made))
