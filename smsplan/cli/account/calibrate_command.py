"""``smsplan calibrate``: the profile of an account, found by asking it."""

from __future__ import annotations

import typer

from smsplan.cli import options
from smsplan.cli.account.batches_command import connected
from smsplan.cli.console import safe, say, write_json


def calibrate_account(
    output: str = typer.Option(..., "--output", "-o", help="Write the profile: a TOML file."),
    number: list[str] = typer.Option(
        [],
        help="A number to ask about, twice or more; nothing is sent. Fictitious ones by default; "
        "an account in test mode may only name verified ones.",
    ),
    sender: str = typer.Option(
        None, "--from", help="An originator, where the account has no default."
    ),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """Ask the account what it makes of every open question, by some forty free dry runs.

    ``plan --profile FILE`` uses what is written. Exit code 3: some answer fits no value of any
    switch; the file has what is decided all the same.
    """
    from smsplan.live.calibrating.calibration import NUMBERS, write
    from smsplan.sinch import calibrate

    with connected(credentials) as api:
        found = calibrate(api, numbers=number or NUMBERS, from_=sender, region=api.region)
    write(found, output)
    if as_json:
        write_json("smsplan.calibration/1", found.to_dict())
    else:
        typer.echo(safe(str(found)))
        say(f"written: {output}; plan with --profile {output}")
    if found.contradictions:
        raise typer.Exit(3)
