"""``smsplan plan``: a list of recipients and a text in, parts, cost and reasons out."""

from __future__ import annotations

import os
from typing import Any

import typer

from smsplan.api.conditions import Conditions
from smsplan.cli import options
from smsplan.cli.console import (
    check_stdin,
    progress_bar,
    rows_on_stdout,
    say,
    stdout,
    write_json,
)
from smsplan.cli.plans.body_options import Text, message
from smsplan.cli.plans.rates_options import Rates, terms
from smsplan.errors import PlanRejected
from smsplan.keywords import taken
from smsplan.limits import Limits
from smsplan.message import Message
from smsplan.outputs import check_distinct, is_stdout
from smsplan.planning.options import Outputs, Run
from smsplan.recipients import Reading

# Of more rows a second look would take longer than one waits for a remark.
ASKED_ROWS = 1_000_000


@options.having(Text, Message, Reading, Rates, Conditions, Outputs, Limits, Run)
def plan_file(
    recipients: str = options.RECIPIENTS,
    no_assumptions: bool = typer.Option(
        False,
        "--no-assumptions",
        help="Do not ask which open questions of the API change the plan.",
    ),
    as_json: bool = options.JSON,
    **given: Any,
) -> None:
    """Plan a text to a list: messages, parts and cost by country, why, and which rows fail.

    smsplan plan people.csv --body 'Hi ${name}!' --to phone --region GB --rates rates.csv
    """
    # Arrow's own pool reserves a gigabyte of addresses, which a limited process does not have; it
    # reads this once, when it is imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from smsplan.planning.planner import plan

    output, rejects = given.get("output"), given.get("rejects")
    check_stdin(RECIPIENTS=recipients, body_file=given.get("body_file"))
    reads = {
        "the input": recipients,
        "the body file": given.get("body_file"),
        "the rate card": given.get("rates"),
        "the file of --operators": given.get("operators"),
        "the profile": given.get("profile"),
    }
    check_distinct({"--output": output, "--rejects": rejects}, reads)
    beside = rows_on_stdout(output, rejects)
    said = message(given)
    limits = taken(given, Limits)
    Limits(**limits)  # before anything is planned
    card = terms(given)
    with progress_bar(recipients, beside=beside) as progress:
        made = plan(recipients, said, rates=card, progress=progress, **given)
    for warning in made.warnings:
        say(f"warning: {warning}")
    rejected = None
    try:
        made.check(**limits)
    except PlanRejected as error:
        rejected = error
    open_questions = ""
    if not no_assumptions:
        if made.summary.rows <= ASKED_ROWS:
            open_questions = made.assumptions().sentence
        else:
            say(
                "open questions of the API may change this plan; they are not asked of more than "
                f"{ASKED_ROWS:,} rows: save it with --output, then smsplan assumptions says which"
            )
    if as_json:
        breaches = {"breaches": []} if rejected is None else rejected.to_dict()
        data = {
            **made.summary.to_dict(),
            "assumptions": open_questions,
            "warnings": list(made.warnings),
            **breaches,
        }
        write_json("smsplan.plan/1", data, beside=beside)
    else:
        from rich.text import Text

        from smsplan.display.text import summary_table

        console = stdout(beside=beside)
        console.print(summary_table(made.summary))
        if open_questions:
            console.print(Text(f"\n{open_questions}"))
    for path, what in ((output, "rows"), (rejects, "rows that are not sent")):
        if path is not None and not is_stdout(path):
            say(f"wrote the {what} to {path}")
    if rejected is not None:
        raise rejected
