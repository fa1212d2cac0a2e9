"""``smsplan audit``: what is wrong with the numbers of a plan or a list, and what it wastes."""

from __future__ import annotations

import os
from typing import Any

import typer

from smsplan.api.conditions import Conditions
from smsplan.cli import options
from smsplan.cli.console import progress_bar, say, write_json, write_result
from smsplan.cli.plans.rates_options import Rates, terms
from smsplan.errors import InputError
from smsplan.recipients import Reading

# What a list is planned with that has no text yet: one part in any encoding.
ONE_PART = "."


@options.having(Reading, Rates, Conditions, without=("columns", "used", "on_error"))
def audit_list(
    recipients: str = typer.Argument(
        ..., help="A saved plan (Parquet, a folder), or a list: CSV, JSON Lines, a workbook ..."
    ),
    as_json: bool = options.JSON,
    **given: Any,
) -> None:
    """Say what is wrong with recipients, and what it wastes; a list is priced at one part each."""
    # As for a plan: a limited process does not have the addresses that Arrow's own pool takes.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from smsplan.lists.frames import open_source
    from smsplan.planning.planner import plan
    from smsplan.planning.plans import saved_plan

    card = terms(given)
    source = open_source(recipients, encoding=given.get("encoding"))
    made = saved_plan(source)
    if made is not None:
        if given:
            listed = ", ".join(f"--{name}" for name in options.typed(given))
            raise InputError(f"a saved plan was read with its own options; leave out {listed}")
        for warning in made.warnings:
            say(f"warning: {warning}")
        if card is not None:
            made = made.price(card)
    else:
        with progress_bar(recipients) as progress:
            given.pop("encoding", None)  # the source has it
            made = plan(source, ONE_PART, rates=card, progress=progress, **given)
        say("a list has no text: every message is taken as one part")
    found = made.audit()
    if as_json:
        write_json("smsplan.audit/1", found.to_dict())
    else:
        write_result(found)
