"""``smsplan explain``: where the parts and the money of a saved plan, or of a batch, come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from smsplan.cli import options
from smsplan.cli.console import (
    needs,
    open_plan,
    pairs,
    read_numbers,
    say,
    stdout,
    write_json,
    write_result,
)
from smsplan.errors import InputError

if TYPE_CHECKING:
    from smsplan.planning.plans import Plan


def explain_plan(
    plan: str = options.PLAN_OR_NOT,
    batch: str = typer.Option(None, help="Instead: the id of a batch of the account."),
    profile: str = typer.Option("current", help="With --batch: name of a profile, or TOML file."),
    group: list[str] = typer.Option(
        [], help="With --batch: ID=FILE, members of a group, one number a line. Repeatable."
    ),
    rates: str = typer.Option(None, help="With --batch: a rate card."),
    price: str = typer.Option(None, help="With --batch: one price, such as '0.034 GBP'."),
    credentials: str = typer.Option(
        None, help="With --batch: a file of the account's keys; or SINCH_... variables."
    ),
    as_json: bool = options.JSON,
) -> None:
    """Say why a plan costs what it costs: step by step, and which characters are at fault.

    With --batch the batch is retrieved from the account, and its dry run is made here.
    """
    if batch is not None:
        if plan is not None:
            raise typer.BadParameter("name a saved plan or a --batch, not both", param_hint="PLAN")
        _explain_batch(batch, profile, group, rates or price, credentials, as_json=as_json)
        return
    needs(
        "--batch",
        profile=profile != "current",
        group=group,
        rates=rates,
        price=price,
        credentials=credentials,
    )

    if plan is None:
        raise InputError(
            "nothing to explain; name a saved plan: smsplan explain planned.parquet, "
            "or a batch of the account: smsplan explain --batch ID"
        )
    made = open_plan(plan)
    if as_json:
        write_json("smsplan.explain/1", _reasons(made))
    else:
        _write_reasons(made)


def _reasons(made: Plan) -> dict[str, Any]:
    return {
        "waterfall": {"schema": "smsplan.waterfall/1", **made.explain().to_dict()},
        "characters": {"schema": "smsplan.characters/1", **made.characters().to_dict()},
    }


def _write_reasons(made: Plan) -> None:
    write_result(made.explain())
    typer.echo()
    write_result(made.characters())


def _explain_batch(
    batch_id: str,
    profile: str,
    group: list[str],
    prices: str | None,
    credentials: str | None,
    *,
    as_json: bool,
) -> None:
    from smsplan.api.batches import TextBatch
    from smsplan.api.dryruns import dry_run
    from smsplan.cli.account.batches_command import as_dict, connected, show
    from smsplan.planning.batch_plans import plan_batch

    groups = {
        name: read_numbers(path, "group file") for name, path in pairs(group, "--group").items()
    }
    with connected(credentials) as api:
        sent = api.retrieve(batch_id)
    made = None
    if isinstance(sent.batch, TextBatch):
        made = plan_batch(sent.batch, profile=profile, groups=groups, rates=prices)
    answer = dry_run(sent.batch, profile=profile, groups=groups)
    for warning in () if made is None else made.warnings:
        say(f"warning: {warning}")
    if as_json:
        found: dict[str, Any] = {"batch": as_dict(sent), "dry_run": answer.to_dict()}
        if made is not None:
            found |= {"plan": made.summary.to_dict(), "warnings": [*made.warnings]}
            found |= _reasons(made)
        write_json("smsplan.explained_batch/1", found)
        return
    show(sent)
    typer.echo()
    if made is None:
        typer.echo(
            f"number_of_recipients: {answer.number_of_recipients:,}, "
            f"number_of_messages: {answer.number_of_messages:,}"
        )
        return
    from smsplan.display.text import summary_table

    stdout().print(summary_table(made.summary))
    typer.echo()
    _write_reasons(made)
