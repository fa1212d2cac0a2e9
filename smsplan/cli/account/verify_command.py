"""``smsplan verify``: a saved plan checked against the account's own dry runs."""

from __future__ import annotations

import json

import typer

from smsplan.cli import options
from smsplan.cli.account.batches_command import connected
from smsplan.cli.console import open_plan, safe, write_json
from smsplan.errors import OutputError
from smsplan.outputs import check_distinct, whole_file

_SCHEMA = "smsplan.verification/1"


def verify_plan(
    plan: str = options.PLAN,
    sample: int = typer.Option(200, min=1, help="How many rows to ask about."),
    seed: int = typer.Option(0, help="Another number chooses other rows."),
    profile: str = typer.Option(
        None, help="Name of a profile, or a TOML file; the plan's where none is given."
    ),
    output: str = typer.Option(None, help="Write the result as JSON: what sending asks for."),
    record: str = typer.Option(
        None, help="Write the exchanges as JSON lines, with fictitious numbers and no texts."
    ),
    record_bodies: bool = typer.Option(False, help="With --record: texts and values too."),
    replay: str = typer.Option(None, help="A file of --record answers instead of the account."),
    credentials: str = options.CREDENTIALS,
    as_json: bool = options.JSON,
) -> None:
    """Ask the account about a sample of a plan, by dry runs, and say where it answers otherwise.

    Exit code 3: something differs.
    """
    from smsplan.live.asking import DryRuns
    from smsplan.sinch import Replay, Verification, verify

    check_distinct({"--output": output, "--record": record}, {"the plan": plan})
    opened = open_plan(plan)

    def ask(api: DryRuns) -> Verification:
        return verify(
            opened,
            api,
            sample,
            profile=profile,
            seed=seed,
            record=record,
            record_bodies=record_bodies,
        )

    if replay is not None:
        found = ask(Replay(replay))
    else:
        with connected(credentials) as api:
            found = ask(api)
    if output is not None:
        text = json.dumps({"schema": _SCHEMA, **found.to_dict()}, ensure_ascii=False, indent=2)
        try:
            with whole_file(output, private=True) as out:
                out.write(f"{text}\n".encode())
        except OutputError as error:
            raise OutputError(f"{error}; name another --output") from None
    if as_json:
        write_json(_SCHEMA, found.to_dict())
    else:
        typer.echo(safe(str(found)))
    if not found.agrees:
        raise typer.Exit(3)
