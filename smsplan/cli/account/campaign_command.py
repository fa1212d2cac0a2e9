"""``smsplan campaign``: send a saved plan safely, and see where it stands."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from smsplan.cli import options
from smsplan.cli.account.batches_command import connected
from smsplan.cli.console import (
    name_unknown,
    open_plan,
    read_json,
    read_numbers,
    read_text,
    say,
    write_json,
)
from smsplan.errors import InputError
from smsplan.plurals import counted

if TYPE_CHECKING:
    from smsplan.live.campaigns import Campaign

app = typer.Typer(
    help="Send a plan so that nobody gets it twice: create, send, status, cancel, update, "
    "feedback, reports."
)

_JOURNAL = typer.Argument(..., help="The campaign's journal, a file.")
_SILENCE = 30.0


@app.command("create")
def create_campaign(
    plan: str = options.PLAN,
    journal: str = typer.Argument(..., help="The journal to write; there must be none yet."),
    hold: float = typer.Option(600, help="Seconds that each batch is created ahead."),
    settle: float = typer.Option(
        120, help="Seconds until the service lists what it accepted, at most."
    ),
    rate: str = typer.Option(
        None, help="Send in portions at this rate, such as '30 recipients/s'."
    ),
    start: datetime = typer.Option(None, help="With --rate: when to begin, in UTC."),
    client_reference: str = typer.Option(None, help="What the references of batches begin with."),
    callback_url: str = typer.Option(None, help="Where delivery reports are posted."),
    delivery_report: str = typer.Option("per_recipient", help="Which delivery reports to ask for."),
    max_cost: list[str] = typer.Option(
        [], help="Refuse above this cost: '500 EUR'. Repeatable, one for each currency."
    ),
    max_parts: int = typer.Option(None, min=0, help="Refuse above so many parts."),
    max_messages: int = typer.Option(None, min=0, help="Refuse above so many messages."),
) -> None:
    """Write the journal of a campaign; nothing is sent."""
    from datetime import UTC

    from smsplan.live.campaigns import Campaign

    made = open_plan(plan)
    schedule = None
    if rate is not None:
        begin = datetime.now(UTC) if start is None else start.replace(tzinfo=UTC)
        schedule = made.schedule(rate, start=begin)
    guard = {"max_cost": max_cost or None, "max_parts": max_parts, "max_messages": max_messages}
    with Campaign.create(
        made,
        journal,
        hold=hold,
        settle=settle,
        schedule=schedule,
        guard=guard,
        plan_file=plan,
        client_reference=client_reference,
        callback_url=callback_url,
        delivery_report=delivery_report,
    ) as campaign:
        say(
            f"wrote {journal}: {counted(campaign.messages, 'message')}, "
            f"{counted(campaign.parts, 'part')}; nothing is sent yet: "
            f"smsplan campaign send {journal}"
        )


@app.command("send")
def send_campaign(
    journal: str = _JOURNAL,
    yes: bool = typer.Option(False, "--yes", help="Send without asking."),
    verification: str = typer.Option(
        None, help="What smsplan verify --output wrote: the profile is that of the account."
    ),
    unverified: bool = typer.Option(
        False, help="Send although the plan's profile was never verified on the account."
    ),
    resend: bool = typer.Option(
        False, help="Send unresolved requests again, which may send them twice."
    ),
    requests_per_second: float = typer.Option(None, min=0.01, help="Calls a second at most."),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """Send what is not sent yet; interrupted, the same command goes on."""
    from smsplan.live.campaigns import Campaign

    with Campaign.open(journal) as campaign, connected(credentials, requests_per_second) as api:
        if verification is not None:
            _note(campaign, verification)
        if not yes:
            _confirm(campaign.messages)

        with _progress(campaign.messages) as (progress, waiting):
            status = campaign.send(
                api, unverified=unverified, resend=resend, progress=progress, waiting=waiting
            )
        _show(status, as_json=as_json)
    if not status.done:
        sys.exit(3)


def _now_and_then(words: Callable[[int], str]) -> Callable[[int], None]:
    """Return what says where it stands, twice a minute at most."""
    last = time.monotonic()

    def progress(count: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _SILENCE:
            last = time.monotonic()
            say(words(count))

    return progress


@contextmanager
def _progress(messages: int) -> Iterator[tuple[Callable[[int], None], Callable[[float], None]]]:
    """A bar of accepted recipients and a countdown on stderr; one line a wait in a log."""
    why = "a batch was created again; it is looked for once more before it goes out"
    if not sys.stderr.isatty():
        said: list[float] = []

        def once(left: float) -> None:
            # A wait begins where more is left than when it was last heard of.
            if not said or left > said[-1]:
                say(f"{why}: in {left:,.0f} seconds")
            said[:] = [left]

        yield _now_and_then(lambda accepted: f"{accepted:,} recipients accepted so far"), once
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("sending", total=messages)

        def progress(accepted: int) -> None:
            words = f"{accepted:,} of {messages:,} recipients accepted"
            bar.update(task, completed=accepted, description=words)

        def waiting(left: float) -> None:
            minutes, seconds = divmod(int(left), 60)
            bar.update(task, description=f"{why} ({minutes}:{seconds:02})")

        yield progress, waiting


def _note(campaign: Campaign, path: str) -> None:
    """Note a verification of the plan's profile; one that differs is refused."""
    text = read_text(path, "verification")
    try:
        data = json.loads(text)
        profile, differences = dict(data["profile"]), len(data["differences"])
    except (ValueError, KeyError, TypeError):
        raise InputError(
            f"'{path}' is no verification; write one: smsplan verify PLAN --output FILE"
        ) from None
    campaign.set_verified(profile, differences)


def _confirm(messages: int) -> None:
    """Ask for the number of messages, so that nobody sends by habit."""
    if not sys.stdin.isatty():
        raise InputError("sending asks first; from a job, say --yes")
    typed = typer.prompt(
        f"{counted(messages, 'message')} will be sent; type that number to go on", err=True
    )
    if typed.replace(",", "").replace(" ", "") != str(messages):
        raise InputError("that is another number; nothing was sent")


@app.command("status")
def show_status(
    journal: str = _JOURNAL,
    left_out: bool = typer.Option(False, help="Write the recipients that the API refused."),
    batches: bool = typer.Option(False, help="Write every batch as CSV: its id, state, send_at."),
    as_json: bool = options.JSON,
) -> None:
    """Say where a campaign stands."""
    from smsplan.live.campaigns import Campaign

    with Campaign.open(journal) as campaign:
        if left_out:
            for recipient, code in campaign.left_out():
                typer.echo(f"{recipient},{code}")
            return
        if batches:
            table = csv.writer(sys.stdout, lineterminator="\n")
            table.writerow(("reference", "batch_id", "state", "recipients", "send_at"))
            for one in campaign.batches():
                at = "" if one.send_at is None else one.send_at.isoformat()
                table.writerow((one.reference, one.batch_id, one.state, one.recipients, at))
            return
        _show(campaign.status(), as_json=as_json)


@app.command("cancel")
def cancel_campaign(
    journal: str = _JOURNAL,
    credentials: str = options.CREDENTIALS,
) -> None:
    """Stop a campaign: what is not delivered yet will not be, and nothing more is sent."""
    from smsplan.live.campaigns import Campaign

    with Campaign.open(journal) as campaign, connected(credentials) as api:
        said = _now_and_then(lambda count: f"cancelled {_batches(count)}; looking for lost ones")
        say(f"cancelled {_batches(campaign.cancel(api, progress=said))}")


@app.command("update")
def update_campaign(
    journal: str = _JOURNAL,
    changes: str = options.CHANGES,
    credentials: str = options.CREDENTIALS,
) -> None:
    """Change fields of every batch that was accepted, such as send_at."""
    from smsplan.api.batches import TextUpdate
    from smsplan.live.campaigns import Campaign

    payload = read_json(changes)
    name_unknown(payload, update=True)
    update = TextUpdate.from_dict(payload)
    with Campaign.open(journal) as campaign, connected(credentials) as api:
        say(f"updated {_batches(campaign.update(api, update))}")


@app.command("feedback")
def send_feedback(
    journal: str = _JOURNAL,
    recipients: str = typer.Argument(None, help="A file of numbers, one a line; none: --all."),
    everybody: bool = typer.Option(False, "--all", help="All recipients of the campaign."),
    credentials: str = options.CREDENTIALS,
) -> None:
    """Say which recipients the messages of a campaign reached."""
    from smsplan.live.campaigns import Campaign

    if (recipients is None) != everybody:
        raise typer.BadParameter("name a file of numbers, or say --all", param_hint="RECIPIENTS")
    numbers = None
    if recipients is not None:
        numbers = read_numbers(recipients, "list of numbers")
        if not numbers:
            raise InputError("the list of numbers is empty; for all recipients say --all")
    with Campaign.open(journal) as campaign, connected(credentials) as api:
        say(f"accepted for {_batches(campaign.feedback(api, numbers))}")


@app.command("reports")
def write_reports(
    journal: str = _JOURNAL,
    output: str = typer.Argument(..., help="The CSV file to write."),
    credentials: str = options.CREDENTIALS,
) -> None:
    """Fetch the delivery reports of a campaign, for smsplan reconcile."""
    from smsplan.live.campaigns import Campaign

    with Campaign.open(journal) as campaign, connected(credentials) as api:
        say(f"wrote {counted(campaign.reports(api, output), 'report')} to {output}")


def _batches(number: int) -> str:
    return counted(number, "batch", "batches")


def _show(status: Any, *, as_json: bool) -> None:
    if as_json:
        write_json("smsplan.campaign/1", status.to_dict())
    else:
        typer.echo(str(status))
