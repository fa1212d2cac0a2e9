"""``smsplan compare``: several texts over one list, and which is cheaper for whom."""

from __future__ import annotations

import os
from typing import Literal

import typer

from smsplan.cli import options
from smsplan.cli.console import (
    check_stdin,
    named_texts,
    pairs,
    progress_bar,
    say,
    whole,
    write_json,
    write_result,
)
from smsplan.cli.plans.rates_options import terms


def compare_bodies(
    recipients: str = options.RECIPIENTS,
    body: list[str] = typer.Option(
        [], help="NAME=TEXT, in single quotes: A='Hi ${name}'. Repeatable; the first is the base."
    ),
    body_file: list[str] = typer.Option(
        [], help="NAME=FILE with a text, behind those of --body. Repeatable."
    ),
    alternative: list[str] = typer.Option(
        [], help="NAME=PRICE of a message by another channel: mms='0.022 USD'. Repeatable."
    ),
    to: str = options.TO,
    column: list[str] = options.COLUMN,
    default: list[str] = options.DEFAULT,
    limit: list[str] = options.LIMIT,
    substitute: Literal["safe", "lossy"] = options.SUBSTITUTE,
    transliterate: list[str] = options.TRANSLITERATE,
    region: str = options.REGION,
    sender: str = options.SENDER,
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
    truncate_concat: bool = options.TRUNCATE_CONCAT,
    max_number_of_message_parts: int = options.MAX_NUMBER_OF_MESSAGE_PARTS,
    duplicates: Literal["flag", "keep"] = options.DUPLICATES,
    syntax: str = options.SYNTAX,
    profile: str = options.PROFILE,
    encoding: str = options.ENCODING,
    as_json: bool = options.JSON,
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
    card = terms(
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
    )
    with progress_bar(recipients) as progress:
        made = compare(
            recipients,
            {name: Template(text, syntax=syntax) for name, text in texts.items()},
            alternatives=pairs(alternative, "--alternative"),
            to=to,
            columns=pairs(column, "--column"),
            defaults=pairs(default, "--default"),
            limits=whole(limit, "--limit"),
            substitute=substitute,
            transliterate=transliterate,
            region=region,
            from_=sender,
            truncate_concat=truncate_concat,
            max_number_of_message_parts=max_number_of_message_parts,
            duplicates=duplicates,
            rates=card,
            profile=profile,
            encoding=encoding,
            progress=progress,
        )
    for warning in made.warnings:
        say(f"warning: {warning}")
    if as_json:
        write_json("smsplan.comparison/1", made.to_dict())
    else:
        write_result(made)
