"""``smsplan compare``: several texts over one list, and which is cheaper for whom."""

from __future__ import annotations

import os
from typing import Literal

import typer

from smsplan.cli.console import pairs, progress_bar, read_body, say, write_json, write_result
from smsplan.cli.rates_options import terms
from smsplan.errors import InputError


def compare_bodies(
    recipients: str = typer.Argument(
        ..., help="CSV, JSON Lines (also .gz, .zst), Parquet, a workbook, a folder, a pattern."
    ),
    body: list[str] = typer.Option(
        [], help="NAME=TEXT, in single quotes: A='Hi ${name}'. Repeatable; the first is the base."
    ),
    body_file: list[str] = typer.Option(
        [], help="NAME=FILE with a text, behind those of --body. Repeatable."
    ),
    alternative: list[str] = typer.Option(
        [], help="NAME=PRICE of a message by another channel: mms='0.022 USD'. Repeatable."
    ),
    to: str = typer.Option("to", help="The column of numbers."),
    column: list[str] = typer.Option([], help="PARAMETER=COLUMN. Repeatable."),
    default: list[str] = typer.Option([], help="PARAMETER=TEXT for missing values. Repeatable."),
    region: str = typer.Option(None, help="Read national numbers of this country, such as GB."),
    sender: str = typer.Option(None, "--from", help="The originator."),
    rates: str = typer.Option(None, help="A rate card: CSV, a workbook or Parquet."),
    price: str = typer.Option(None, help="One price for all, such as '0.034 GBP'."),
    on: str = typer.Option(None, help="The day whose prices hold, such as 2026-12-01."),
    sender_type: str = typer.Option(None, help="The sender whose prices hold, such as 10dlc."),
    charge_on: str = typer.Option(None, help="submitted or delivered, where the card has both."),
    operators: str = typer.Option(None, help="Delivery reports: how operators share the messages."),
    mix: list[str] = typer.Option(
        [], help="COUNTRY:OPERATOR=SHARE, 'US:310410=40%', '*' for the others. Repeatable."
    ),
    used: list[str] = typer.Option(
        [], help="PRICE=COUNT sent this month before, for tiers: 'US=120000'. Repeatable."
    ),
    exchange: list[str] = typer.Option(
        [], help="CURRENCY=RATE of the day of --on, 'EUR=1.08 USD'. Repeatable."
    ),
    mixed_currencies: bool = typer.Option(False, help="The rate card has several currencies."),
    truncate_concat: bool = typer.Option(False, help="Cut every message to one part."),
    max_number_of_message_parts: int = typer.Option(
        None, min=1, help="Do not send longer messages."
    ),
    duplicates: Literal["flag", "keep"] = typer.Option(
        "flag", help="flag: send once; keep: send every row."
    ),
    syntax: Literal["${}", "$<>"] = typer.Option(
        "${}", help="'$<>' takes $<name>, which no shell touches."
    ),
    profile: str = typer.Option("current", help="Name of a profile, or a TOML file."),
    encoding: str = typer.Option("utf-8", help="Encoding of a CSV file, such as cp1252."),
    as_json: bool = typer.Option(False, "--json", help="Write the comparison as JSON."),
) -> None:
    """Compare texts over one list: parts and cost of each, for whom it is shorter or longer."""
    # As for a plan: a limited process does not have the addresses that Arrow's own pool takes.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from smsplan.planner import compare
    from smsplan.templates import Template

    if rates is not None and price is not None:
        raise typer.BadParameter("give --rates or --price", param_hint="--rates")
    texts = pairs(body, "--body")
    files = pairs(body_file, "--body-file")
    if len(texts) + len(files) < len(body) + len(body_file) or texts.keys() & files.keys():
        raise InputError(
            "two bodies have the same name; give each its own: --body A=... --body B=..."
        )
    texts |= {name: read_body(path) for name, path in files.items()}
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
