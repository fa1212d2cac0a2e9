"""``smsplan dry-run``: what the API would answer to a batch."""

from __future__ import annotations

import json
from typing import Any

import typer

from smsplan.cli import options
from smsplan.cli.console import name_unknown, needs, pairs, read_numbers, read_text, say, write_json


def dry_run_file(
    batch: str = typer.Argument(..., help="The batch as JSON: a file, or - for stdin."),
    per_recipient: bool = typer.Option(False, "--per-recipient", help="Add the recipients."),
    number_of_recipients: int = typer.Option(100, help="How many recipients to add, 0 to 1000."),
    profile: str = options.PROFILE,
    group: list[str] = typer.Option(
        [], help="ID=FILE: members of a group, one number a line. Repeatable."
    ),
    rates: str = typer.Option(None, help="A rate card: the cost is shown on stderr."),
    price: str = options.PRICE,
    max_cost: list[str] = typer.Option(
        [], help="Exit with 3 above this cost: '5 EUR'. Repeatable, one for each currency."
    ),
    max_parts: int = options.MAX_PARTS,
    max_parts_per_message: int = options.MAX_PARTS_PER_MESSAGE,
    max_problems: str = typer.Option(
        None, help="Exit with 3 above so many recipients that get nothing: 1 or '1%'."
    ),
    no_unicode: bool = options.NO_UNICODE,
    as_json: bool = typer.Option(False, "--json", help="The same: the answer is JSON anyway."),
) -> None:
    """Print the API's answer to a dry run; a batch that it would refuse: its error, exit code 1."""
    from smsplan.dryruns import dry_run
    from smsplan.errors import RequestRefused
    from smsplan.limits import Limits

    given: dict[str, Any] = {
        "max_cost": max_cost or None,
        "max_parts": max_parts,
        "max_parts_per_message": max_parts_per_message,
        "max_problems": max_problems,
        "allow_unicode": False if no_unicode else None,
    }
    limits = {name: value for name, value in given.items() if value is not None}
    Limits(**limits)
    if not per_recipient:
        needs("--per-recipient", number_of_recipients=number_of_recipients != 100)
    text = read_text(batch, "batch")
    groups = {
        name: read_numbers(path, "group file") for name, path in pairs(group, "--group").items()
    }
    try:
        payload = _payload(text)
        name_unknown(payload)
        answer = dry_run(
            payload,
            per_recipient=per_recipient,
            number_of_recipients=number_of_recipients,
            profile=profile,
            groups=groups,
            rates=rates or price,
        )
    except RequestRefused as refused:
        write_json(None, refused.to_dict())
        for fault in refused.faults:
            say(f"error: {fault.text} ({fault.code})")
        raise typer.Exit(1) from None
    write_json(None, answer.to_dict())
    if rates or price:
        say(f"cost: {answer.cost}")
    if limits:
        answer.check(**limits)


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
