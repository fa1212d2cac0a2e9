"""``smsplan audit``: what is wrong with the numbers of a plan or a list, and what it wastes."""

from __future__ import annotations

import os
from typing import Any, Literal

import typer

from smsplan.cli import options
from smsplan.cli.console import progress_bar, say, write_json, write_result
from smsplan.cli.plans.rates_options import terms
from smsplan.errors import InputError

# What a list is planned with that has no text yet: one part in any encoding.
ONE_PART = "."


def audit_list(
    recipients: str = typer.Argument(
        ..., help="A saved plan (Parquet, a folder), or a list: CSV, JSON Lines, a workbook ..."
    ),
    to: str = typer.Option(None, help="The column of numbers of a list. Default: to."),
    region: str = options.REGION,
    duplicates: Literal["flag", "keep"] = typer.Option(
        None, help="Of a list: flag (send once, the default) or keep (send every row)."
    ),
    rates: str = options.RATES,
    price: str = options.PRICE,
    on: str = options.ON,
    sender_type: str = options.SENDER_TYPE,
    charge_on: str = options.CHARGE_ON,
    operators: str = options.OPERATORS,
    mix: list[str] = options.MIX,
    exchange: list[str] = options.EXCHANGE,
    mixed_currencies: bool = options.MIXED_CURRENCIES,
    profile: str = typer.Option(None, help="Name of a profile, or a TOML file. Default: current."),
    encoding: str = options.ENCODING,
    as_json: bool = options.JSON,
) -> None:
    """Say what is wrong with recipients, and what it wastes; a list is priced at one part each."""
    # As for a plan: a limited process does not have the addresses that Arrow's own pool takes.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from smsplan.lists.frames import open_source
    from smsplan.planning.planner import plan
    from smsplan.planning.plans import saved_plan

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
    given: dict[str, Any] = {
        "to": to,
        "region": region,
        "duplicates": duplicates,
        "profile": profile,
        "encoding": encoding,
    }
    said = {name: value for name, value in given.items() if value is not None}
    source = open_source(recipients, encoding=encoding)
    made = saved_plan(source)
    if made is not None:
        if said:
            listed = ", ".join(f"--{name}" for name in said)
            raise InputError(f"a saved plan was read with its own options; leave out {listed}")
        for warning in made.warnings:
            say(f"warning: {warning}")
        if card is not None:
            made = made.price(card)
    else:
        with progress_bar(recipients) as progress:
            said.pop("encoding", None)  # the source has it
            made = plan(source, ONE_PART, rates=card, progress=progress, **said)
        say("a list has no text: every message is taken as one part")
    found = made.audit()
    if as_json:
        write_json("smsplan.audit/1", found.to_dict())
    else:
        write_result(found)
