"""``smsplan schedule``: when a saved plan goes out, and what would expire before."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from smsplan.cli import options
from smsplan.cli.console import open_plan, pairs, say, stdout, write_json
from smsplan.errors import InputError

if TYPE_CHECKING:
    from smsplan.money.schedules import Schedule
    from smsplan.planning.plans import Plan

RATE = typer.Option(None, help="What the account lets through: '30 recipients/s', '3 parts/s'.")
START = typer.Option(None, help="When it begins, with a zone: 2026-12-01T09:00:00-05:00; else now.")
QUIET = typer.Option(
    [], help="Quiet hours of the recipients: 21:00-08:00, US=21:00-08:00, us_federal. Repeatable."
)
SENDER = typer.Option(None, help="A published limit in place of --rate: us_toll_free.")
CAP = typer.Option(None, min=1, help="The most a day, in the unit of the rate.")
CAP_ZONE = typer.Option("America/Los_Angeles", help="At whose midnight a day begins.")
EXPIRE = typer.Option(72, min=1, max=72, help="Hours after which what waits is given up.")
PRESETS = typer.Option(None, help="A file of limits of your own (TOML).")


def write_schedule(
    plan: str = options.PLAN,
    rate: str = RATE,
    start: str = START,
    quiet_hours: list[str] = QUIET,
    sender: str = SENDER,
    daily_cap: int = CAP,
    cap_zone: str = CAP_ZONE,
    expire_after: int = EXPIRE,
    presets: str = PRESETS,
    as_json: bool = options.JSON,
) -> None:
    """Say when the messages of a plan go out: how long it takes, in which hours, what expires.

    Exit code 3: there are recipients to whom nothing can be sent.
    """
    made = schedule_of(
        open_plan(plan),
        rate=rate,
        start=start,
        quiet_hours=quiet_hours,
        sender=sender,
        daily_cap=daily_cap,
        cap_zone=cap_zone,
        expire_after=expire_after,
        presets=presets,
    )
    if as_json:
        write_json("smsplan.schedule/1", made.to_dict())
    elif sys.stdout.isatty():
        from smsplan.display.text import schedule_table

        stdout().print(schedule_table(made))
    else:
        typer.echo(str(made))
    if made.unscheduled:
        say(f"{made.unscheduled:,} recipients are not scheduled")
        raise typer.Exit(3)


def schedule_of(
    plan: Plan, *, start: str | None, quiet_hours: list[str], expire_after: int, **given: Any
) -> Schedule:
    """Return the schedule that the options ask for."""
    begin = datetime.now().astimezone()
    if start is not None:
        try:
            begin = datetime.fromisoformat(start)
        except ValueError:
            raise InputError(
                f"--start '{start}' is no time; write 2026-12-01T09:00:00-05:00"
            ) from None
    hours = [
        pairs([each], "--quiet-hours") if "=" in each else each for each in quiet_hours
    ] or None
    return plan.schedule(
        start=begin, quiet_hours=hours, expire_after=timedelta(hours=expire_after), **given
    )
