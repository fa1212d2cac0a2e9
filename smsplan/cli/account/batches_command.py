"""``smsplan batches``: the batches of an account, one operation a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from smsplan.cli import options
from smsplan.cli.console import name_unknown, read_json, read_numbers, safe, say, write_json
from smsplan.errors import InputError
from smsplan.plurals import counted

if TYPE_CHECKING:
    from smsplan.sinch import SentBatch, SinchApi

app = typer.Typer(help="The batches of an account: list, get, update, replace, cancel, feedback.")


@contextmanager
def connected(
    credentials: str | None, requests_per_second: float | None = None
) -> Iterator[SinchApi]:
    """Connect to the account of the environment, or of a file."""
    from smsplan.sinch import Credentials, SinchApi

    given = (
        Credentials.from_environment()
        if credentials is None
        else Credentials.from_file(credentials)
    )
    with SinchApi(given, requests_per_second=requests_per_second) as api:
        yield api


def as_dict(sent: SentBatch) -> dict[str, Any]:
    """Return a batch as ``smsplan.batch/1`` has it."""
    return {
        "id": sent.id,
        "canceled": sent.canceled,
        "created_at": None if sent.created_at is None else sent.created_at.isoformat(),
        "modified_at": None if sent.modified_at is None else sent.modified_at.isoformat(),
        "batch": sent.batch.to_dict(),
    }


def _write(sent: SentBatch, *, as_json: bool) -> None:
    if as_json:
        write_json("smsplan.batch/1", as_dict(sent))
    else:
        show(sent)


def show(sent: SentBatch) -> None:
    """Write a batch to stdout, but for what belongs to its recipients."""
    request = sent.batch.to_dict()
    to = request.pop("to")
    typer.echo(f"{sent.id}{' (cancelled)' if sent.canceled else ''}: {len(to):,} in 'to'")
    for name, value in request.items():
        # Values of parameters belong to people: how many there are is enough here.
        if name == "parameters":
            value = ", ".join(f"{key} ({len(values):,} values)" for key, values in value.items())
        typer.echo(f"  {name}: {safe(str(value))}")


@app.command("list")
def list_batches(
    since: str = typer.Option(None, help="From this time or day on; 24 hours ago by default."),
    until: str = typer.Option(None, help="Before this time or day."),
    sender: str = typer.Option(None, "--from", help="Of these originators, parted by commas."),
    client_reference: str = typer.Option(None, help="With this reference."),
    page: int = typer.Option(0, min=0, help="The page, from 0."),
    page_size: int = typer.Option(30, min=1, max=100, help="Batches of a page."),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """List batches, newest first."""
    start, end = (_day(text) for text in (since, until))
    with connected(credentials) as api:
        found = api.list(
            page=page,
            page_size=page_size,
            from_=tuple(filter(None, (sender or "").split(","))),
            start_date=start,
            end_date=end,
            client_reference=client_reference,
        )
    if as_json:
        batches = [as_dict(each) for each in found.batches]
        write_json(
            "smsplan.batches/1", {"page": found.page, "count": found.count, "batches": batches}
        )
        return
    for each in found.batches:
        at = "" if each.created_at is None else f"{each.created_at:%Y-%m-%d %H:%M:%S}"
        state = "cancelled" if each.canceled else ""
        reference = safe(each.batch.client_reference or "")
        typer.echo(f"{each.id}  {at}  {len(each.batch.to):>5,} to  {state:9}  {reference}".rstrip())
    say(f"{len(found.batches):,} of {counted(found.count, 'batch', 'batches')}")


def _day(text: str | None) -> datetime | None:
    from smsplan.api.batches import parse_time

    if text is None:
        return None
    try:
        return parse_time(text if "T" in text.upper() else f"{text}T00:00:00")
    except ValueError:
        raise typer.BadParameter("write it like 2026-12-01 or 2026-12-01T09:00:00Z") from None


@app.command("get")
def get_batch(
    batch_id: str = typer.Argument(..., help="The id of the batch."),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """Retrieve a batch."""
    with connected(credentials) as api:
        _write(api.retrieve(batch_id), as_json=as_json)


@app.command("update")
def update_batch(
    batch_id: str = typer.Argument(..., help="The id of the batch."),
    changes: str = options.CHANGES,
    difference: bool = typer.Option(False, help="Only say what it would change in parts."),
    price: str = typer.Option(None, help="With --difference: one price, such as '0.034 GBP'."),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """Change some fields of a batch that is not dispatched; null resets a field."""
    from smsplan.api.batches import TextUpdate

    payload = read_json(changes)
    name_unknown(payload, update=True)
    update = TextUpdate.from_dict(payload)
    with connected(credentials) as api:
        if difference:
            _difference(api.retrieve(batch_id).batch, update, price, as_json=as_json)
        else:
            _write(api.update(batch_id, update), as_json=as_json)


@app.command("replace")
def replace_batch(
    batch_id: str = typer.Argument(..., help="The id of the batch."),
    batch: str = typer.Argument(..., help="A JSON file with the new batch; - is stdin."),
    difference: bool = typer.Option(False, help="Only say what it would change in parts."),
    price: str = typer.Option(None, help="With --difference: one price, such as '0.034 GBP'."),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """Give a batch all fields anew; what is left out returns to its default."""
    from smsplan.api.batches import batch_from_dict

    payload = read_json(batch)
    name_unknown(payload)
    new = batch_from_dict(payload)
    with connected(credentials) as api:
        if difference:
            _difference(api.retrieve(batch_id).batch, new, price, as_json=as_json)
        else:
            _write(api.replace(batch_id, new), as_json=as_json)


@app.command("cancel")
def cancel_batch(
    batch_id: str = typer.Argument(..., help="The id of the batch."),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """Cancel a batch: what is not delivered yet will not be."""
    with connected(credentials) as api:
        _write(api.cancel(batch_id), as_json=as_json)


@app.command("feedback")
def send_feedback(
    batch_id: str = typer.Argument(..., help="The id of the batch."),
    recipients: str = typer.Argument(
        None, help="A file of numbers, one a line, that were reached; - is stdin."
    ),
    everybody: bool = typer.Option(False, "--all", help="All recipients of the batch."),
    credentials: str = options.CREDENTIALS,
) -> None:
    """Say which recipients a message of the batch reached."""
    if (recipients is None) != everybody:
        raise typer.BadParameter("name a file of numbers, or say --all", param_hint="RECIPIENTS")
    numbers: list[str] = []
    if recipients is not None:
        numbers = read_numbers(recipients, "list of numbers")
        if not numbers:
            raise InputError("the list of numbers is empty; for all recipients say --all")
    with connected(credentials) as api:
        api.feedback(batch_id, numbers)
    say("accepted")


def _difference(batch: Any, change: Any, price: str | None, *, as_json: bool) -> None:
    from smsplan.api.differences import difference

    made = difference(batch, change, rates=price)
    if as_json:
        write_json("smsplan.difference/1", made.to_dict())
        return
    typer.echo(str(made))
