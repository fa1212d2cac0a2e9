"""``smsplan audit``: what is wrong with the numbers of a plan or a list, and what it wastes."""

from __future__ import annotations

import os
from typing import Literal

import typer

from smsplan.cli.console import progress_bar, say, write_json, write_result
from smsplan.cli.rates_options import terms
from smsplan.errors import InputError

# What a list is planned with that has no text yet: one part in any encoding.
ONE_PART = "."


def audit_list(
    recipients: str = typer.Argument(
        ..., help="A saved plan (Parquet, a folder), or a list: CSV, JSON Lines, a workbook ..."
    ),
    to: str = typer.Option(None, help="The column of numbers of a list. Default: to."),
    region: str = typer.Option(None, help="Read national numbers of this country, such as GB."),
    duplicates: Literal["flag", "keep"] = typer.Option(
        None, help="Of a list: flag (send once, the default) or keep (send every row)."
    ),
    rates: str = typer.Option(None, help="A rate card: CSV, a workbook or Parquet."),
    price: str = typer.Option(None, help="One price for all, such as '0.034 GBP'."),
    on: str = typer.Option(None, help="The day whose prices hold, such as 2026-12-01."),
    sender_type: str = typer.Option(None, help="The sender whose prices hold, such as 10dlc."),
    charge_on: str = typer.Option(None, help="submitted or delivered, where the card has both."),
    operators: str = typer.Option(None, help="Delivery reports: how operators share the messages."),
    mix: list[str] = typer.Option(
        [], help="COUNTRY:OPERATOR=SHARE, 'US:310410=40%', '*' for the others. Repeatable."
    ),
    exchange: list[str] = typer.Option(
        [], help="CURRENCY=RATE of the day of --on, 'EUR=1.08 USD'. Repeatable."
    ),
    mixed_currencies: bool = typer.Option(False, help="The rate card has several currencies."),
    profile: str = typer.Option(None, help="Name of a profile, or a TOML file. Default: current."),
    encoding: str = typer.Option(None, help="Encoding of a CSV file, such as cp1252."),
    as_json: bool = typer.Option(False, "--json", help="Write the audit as JSON."),
) -> None:
    """Say what is wrong with recipients, and what it wastes; a list is priced at one part each."""
    # As for a plan: a limited process does not have the addresses that Arrow's own pool takes.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from smsplan.planner import Plan, is_saved_plan, plan

    if rates is not None and price is not None:
        raise typer.BadParameter("give --rates or --price", param_hint="--rates")
    card = terms(
        rates,
        price,
        sender_type=sender_type,
        on=on,
        charge_on=charge_on,
        operators=operators,
        mix=mix,
        used=[],
        exchange=exchange,
        mixed_currencies=mixed_currencies,
    )
    given = {"to": to, "region": region, "duplicates": duplicates, "profile": profile,
             "encoding": encoding}  # fmt: skip
    said = {name: value for name, value in given.items() if value is not None}
    if is_saved_plan(recipients):
        if said:
            listed = ", ".join(f"--{name}" for name in said)
            raise InputError(f"a saved plan was read with its own options; leave out {listed}")
        made = Plan.open(recipients)
        if card is not None:
            made = made.price(card)
    else:
        with progress_bar(recipients) as progress:
            made = plan(recipients, ONE_PART, rates=card, progress=progress, **said)
        say("a list has no text: every message is taken as one part")
    found = made.audit()
    if as_json:
        write_json("smsplan.audit/1", found.to_dict())
    else:
        write_result(found)
