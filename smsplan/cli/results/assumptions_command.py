"""``smsplan assumptions``: which open questions of the API change a saved plan."""

from __future__ import annotations

from smsplan.cli import options
from smsplan.cli.console import open_plan, write_json, write_result
from smsplan.errors import InputError


def write_assumptions(
    plan: str = options.PLAN_OR_NOT,
    as_json: bool = options.JSON,
) -> None:
    """Say which open questions of the API change a plan, and the free dry runs that decide them."""
    if plan is None:
        raise InputError(
            "no plan to ask about; name a saved one: smsplan assumptions planned.parquet"
        )
    found = open_plan(plan).assumptions()
    if as_json:
        write_json("smsplan.assumptions/1", found.to_dict())
    else:
        write_result(found)
