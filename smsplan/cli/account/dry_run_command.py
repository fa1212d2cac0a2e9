"""``smsplan dry-run``: what the API would answer to a batch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

from smsplan.cli import options
from smsplan.cli.account.batches_command import connected
from smsplan.cli.console import (
    name_unknown,
    needs,
    pairs,
    read_numbers,
    read_text,
    safe,
    say,
    write_json,
)
from smsplan.limits import Limits

if TYPE_CHECKING:
    from smsplan.sinch import LiveDryRun


@options.having(Limits, without=("max_messages", "max_unpriced", "countries"))
def dry_run_file(
    batch: str = typer.Argument(..., help="The batch as JSON: a file, or - for stdin."),
    per_recipient: bool = typer.Option(False, "--per-recipient", help="Add the recipients."),
    number_of_recipients: int = typer.Option(
        None, help="How many recipients to add, 0 to 1000; 100 by default, with --live all."
    ),
    live: bool = typer.Option(
        False, "--live", help="Ask the account, and say where its answer differs; nothing is sent."
    ),
    credentials: str = options.CREDENTIALS,
    profile: str = options.PROFILE,
    group: list[str] = typer.Option(
        [], help="ID=FILE: members of a group, one number a line. Repeatable."
    ),
    rates: str = typer.Option(None, help="A rate card: the cost is shown on stderr."),
    price: str = options.PRICE,
    as_json: bool = typer.Option(
        False, "--json", help="With --live: write JSON; without, the answer is JSON anyway."
    ),
    **limits: Any,
) -> None:
    """Print the API's answer to a dry run; a batch that it would refuse: its error, exit code 1.

    With --live it is the account's answer, and exit code 3 where it differs from ours.
    """
    from smsplan.api.dryruns import dry_run
    from smsplan.errors import RequestRefused

    if not live:
        needs("--live", credentials=credentials)
    if not (live or per_recipient):
        needs("--per-recipient or --live", number_of_recipients=number_of_recipients is not None)
    Limits(**limits)
    text = read_text(batch, "batch")
    groups = {
        name: read_numbers(path, "group file") for name, path in pairs(group, "--group").items()
    }
    found = answer = None
    try:
        payload = _payload(text)
        name_unknown(payload)
        if live and isinstance(payload, dict):
            # What is refused here may be accepted there, and the other way round.
            found = _ask(payload, credentials, number_of_recipients, profile, groups)
        answer = dry_run(
            payload,
            per_recipient=per_recipient,
            number_of_recipients=100 if number_of_recipients is None else number_of_recipients,
            profile=profile,
            groups=groups,
            rates=rates or price,
        )
    except RequestRefused as refused:
        if found is None:
            write_json(None, refused.to_dict())
            for fault in refused.faults:
                say(f"error: {fault.text} ({fault.code})")
            raise typer.Exit(1) from None
    if found is not None:
        _show(found, per_recipient=per_recipient, as_json=as_json)
    elif answer is not None:
        write_json(None, answer.to_dict())
    if answer is not None:
        for warning in answer.warnings:
            say(f"warning: {warning}")
        if rates or price:
            say(f"cost: {answer.cost}")
        if limits:
            answer.check(**limits)
    if found is not None and not found.agrees:
        raise typer.Exit(3)
    if found is not None and found.answer is None:
        raise typer.Exit(1)


def _ask(
    payload: dict[str, Any],
    credentials: str | None,
    number_of_recipients: int | None,
    profile: str,
    groups: dict[str, list[str]],
) -> LiveDryRun:
    """Ask the account."""
    from smsplan.sinch import live_dry_run

    listed = {} if number_of_recipients is None else {"number_of_recipients": number_of_recipients}
    with connected(credentials) as api:
        return live_dry_run(payload, api, profile=profile, groups=groups, **listed)


def _show(found: LiveDryRun, *, per_recipient: bool, as_json: bool) -> None:
    """Write the account's answer, and where it differs."""
    made = found.to_dict()
    if not per_recipient:
        for answer in (made["answer"], made["computed"]):
            answer.pop("per_recipient", None)
    if as_json:
        write_json("smsplan.live_dry_run/1", made)
    else:
        write_json(None, made["answer"])
        typer.echo(safe(str(found)))


def _payload(text: str) -> Any:
    from smsplan.errors import Fault, RequestRefused

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        place = f" in line {line}" if line else ""
        fault = Fault("syntax_invalid_json", "", f"The request is not valid JSON{place}.")
        raise RequestRefused((fault,)) from None
