"""``smsplan explain``: where the parts and the money of a saved plan come from."""

from __future__ import annotations

import typer

from smsplan.cli.console import write_json, write_result
from smsplan.errors import InputError


def explain_plan(
    plan: str = typer.Argument(None, help="A saved plan: Parquet, or a folder of part files."),
    as_json: bool = typer.Option(False, "--json", help="Write JSON."),
) -> None:
    """Say why a plan costs what it costs: step by step, and which characters are at fault."""
    from smsplan.planner import Plan

    if plan is None:
        raise InputError("nothing to explain; name a saved plan: smsplan explain planned.parquet")
    made = Plan.open(plan)
    waterfall, characters = made.explain(), made.characters()
    if as_json:
        write_json(
            "smsplan.explain/1",
            {
                "waterfall": {"schema": "smsplan.waterfall/1", **waterfall.to_dict()},
                "characters": {"schema": "smsplan.characters/1", **characters.to_dict()},
            },
        )
        return
    write_result(waterfall)
    typer.echo()
    write_result(characters)
