"""``smsplan requests``: a saved plan as the API's requests, a JSON file each."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from smsplan.cli import options
from smsplan.cli.console import needs, open_plan, say
from smsplan.cli.results import schedule_command
from smsplan.plurals import counted


def write_requests(
    plan: str = options.PLAN,
    output: str = typer.Option(..., help="A new folder: one JSON file for each request."),
    size: int = typer.Option(1000, min=1, max=1000, help="The most recipients of a request."),
    delivery_report: str = typer.Option("full", help="As the API takes it; none for no reports."),
    feedback: bool = typer.Option(True, help="Set feedback_enabled."),
    client_reference: str = typer.Option(None, help="Followed by the number of the request."),
    callback_url: str = typer.Option(None, help="Where reports are sent."),
    send_at: str = typer.Option(None, help="When, such as 2026-12-01T10:00:00Z."),
    expire_at: str = typer.Option(None, help="Until when it is tried."),
    rate: str = schedule_command.RATE,
    start: str = schedule_command.START,
    quiet_hours: list[str] = schedule_command.QUIET,
    sender_limit: str = schedule_command.SENDER,
    daily_cap: int = schedule_command.CAP,
    cap_zone: str = schedule_command.CAP_ZONE,
    expire_after: int = schedule_command.EXPIRE,
    presets: str = schedule_command.PRESETS,
    leave_out: bool = typer.Option(False, help="Leave out who cannot be scheduled."),
) -> None:
    """Write the requests that send a plan: every row once, at most 1,000 recipients to each.

    With a rate each gets its send_at and expire_at, as smsplan schedule says.
    """
    from smsplan.errors import InputError, OutputError
    from smsplan.outputs import private_folder, private_opener

    made = open_plan(plan)
    target = Path(output)
    if target.exists():
        raise InputError(f"'{target}' is there already; name a new folder")
    if not target.parent.is_dir():
        raise OutputError(f"no folder '{target.parent}' for '{target}'; make it first")
    when = None
    if rate is not None or sender_limit is not None:
        when = schedule_command.schedule_of(
            made,
            rate=rate,
            start=start,
            quiet_hours=quiet_hours,
            sender=sender_limit,
            daily_cap=daily_cap,
            cap_zone=cap_zone,
            expire_after=expire_after,
            presets=presets,
        )
    else:
        needs(
            "--rate or --sender-limit",
            start=start,
            quiet_hours=quiet_hours,
            daily_cap=daily_cap,
            presets=presets,
            leave_out=leave_out,
        )
    batches = made.batches(
        schedule=when,
        unscheduled="leave_out" if leave_out else "refuse",
        size=size,
        delivery_report=delivery_report,
        feedback_enabled=feedback,
        client_reference=client_reference,
        callback_url=callback_url,
        send_at=send_at,
        expire_at=expire_at,
    )
    number = recipients = 0
    with private_folder(target) as part:
        for number, batch in enumerate(batches, start=1):
            text = json.dumps(batch.to_dict(), ensure_ascii=False, indent=1)
            name = part / f"batch-{number:06}.json"
            with open(name, "xb", opener=private_opener) as file:
                file.write(f"{text}\n".encode())
            recipients += len(batch.to)
    say(f"wrote {counted(number, 'request')}, {counted(recipients, 'recipient')}, to {target}")
