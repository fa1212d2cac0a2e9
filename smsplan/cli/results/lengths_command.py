"""``smsplan lengths``: what a shorter or longer text would cost, over the recipients of a plan."""

from __future__ import annotations

import typer

from smsplan.cli import options
from smsplan.cli.console import open_plan, write_json, write_result


def write_lengths(
    plan: str = options.PLAN,
    longer: int = typer.Option(160, min=0, help="How many characters more are looked at."),
    as_json: bool = options.JSON,
) -> None:
    """Say what characters less, or more, would change; for the text and for each parameter."""
    found = open_plan(plan).by_length(longer=longer)
    if as_json:
        write_json("smsplan.lengths/1", found.to_dict())
    else:
        write_result(found)
