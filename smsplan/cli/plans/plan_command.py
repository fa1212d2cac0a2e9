"""``smsplan plan``: a list of recipients and a text in, parts, cost and reasons out."""

from __future__ import annotations

import os
from typing import Any, Literal

import typer

from smsplan.cli import options
from smsplan.cli.console import (
    check_stdin,
    named_texts,
    pairs,
    progress_bar,
    read_body,
    rows_on_stdout,
    say,
    stdout,
    text_of,
    whole,
    write_json,
)
from smsplan.cli.plans.rates_options import terms
from smsplan.outputs import check_distinct, is_stdout

# Of more rows a second look would take longer than one waits for a remark.
ASKED_ROWS = 1_000_000


def plan_file(
    recipients: str = options.RECIPIENTS,
    body: str = typer.Option(None, help="The text, in single quotes: 'Hi ${name}'."),
    body_file: str = typer.Option(
        None, help="A UTF-8 file with the text; one line break at its end is dropped."
    ),
    body_by: str = typer.Option(None, help="The column whose value chooses among several bodies."),
    body_for: list[str] = typer.Option(
        [], help="VALUE=TEXT, one of several bodies; * is for other values. Repeatable."
    ),
    body_file_for: list[str] = typer.Option(
        [], help="VALUE=FILE, one of several bodies, in a file. Repeatable."
    ),
    to: str = options.TO,
    column: list[str] = options.COLUMN,
    default: list[str] = options.DEFAULT,
    limit: list[str] = options.LIMIT,
    substitute: Literal["safe", "lossy"] = options.SUBSTITUTE,
    transliterate: list[str] = options.TRANSLITERATE,
    region: str = options.REGION,
    sender: str = options.SENDER,
    rates: str = options.RATES,
    price: str = options.PRICE,
    on: str = options.ON,
    sender_type: str = options.SENDER_TYPE,
    charge_on: str = options.CHARGE_ON,
    operators: str = options.OPERATORS,
    mix: list[str] = options.MIX,
    used: list[str] = options.USED,
    exchange: list[str] = options.EXCHANGE,
    mixed_currencies: bool = options.MIXED_CURRENCIES,
    output: str = typer.Option(
        None, help="Write the rows: .parquet, .csv, .csv.gz, a folder: DIR/, or - (CSV, stdout)."
    ),
    resume: bool = typer.Option(False, help="Go on where a run into the folder was interrupted."),
    rejects: str = typer.Option(
        None, help="Write the rows that are not sent; yours alone to read."
    ),
    truncate_concat: bool = options.TRUNCATE_CONCAT,
    max_number_of_message_parts: int = options.MAX_NUMBER_OF_MESSAGE_PARTS,
    duplicates: Literal["flag", "keep"] = options.DUPLICATES,
    bodies: bool = typer.Option(False, help="Add the texts to the rows."),
    syntax: str = options.SYNTAX,
    no_parameters: bool = typer.Option(False, help="The body has no parameters and is meant so."),
    profile: str = options.PROFILE,
    encoding: str = options.ENCODING,
    prefix: str = typer.Option("", help="Put before the names of the columns that are added."),
    for_spreadsheets: bool = typer.Option(
        False, help="Put an apostrophe before CSV cells that a spreadsheet would run."
    ),
    on_error: Literal["stop", "skip"] = typer.Option(
        "stop", help="Where the file cannot be read: stop, or skip and list the rows."
    ),
    jobs: int = typer.Option(1, min=1, help="Processes to plan in; pays for long Unicode texts."),
    max_cost: list[str] = typer.Option(
        [], help="Exit with 3 above this cost: '500 EUR'. Repeatable, one for each currency."
    ),
    max_parts: int = options.MAX_PARTS,
    max_messages: int = typer.Option(None, min=0, help="Exit with 3 above so many messages."),
    max_parts_per_message: int = options.MAX_PARTS_PER_MESSAGE,
    max_unpriced: str = typer.Option(
        None, help="Exit with 3 above so many messages without a price: 100 or '1%'."
    ),
    max_problems: str = typer.Option(
        None, help="Exit with 3 above so many rows that are not sent: 100 or '1%'."
    ),
    no_unicode: bool = options.NO_UNICODE,
    only_country: list[str] = typer.Option(
        [], help="Exit with 3 where a message goes elsewhere: GB. Repeatable."
    ),
    no_assumptions: bool = typer.Option(
        False, help="Do not ask which open questions of the API change the plan."
    ),
    as_json: bool = options.JSON,
) -> None:
    """Plan a text to a list: messages, parts and cost by country, why, and which rows fail."""
    # Arrow's own pool reserves a gigabyte of addresses, which a limited process does not have; it
    # reads this once, when it is imported.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from smsplan.errors import InputError, PlanRejected
    from smsplan.limits import Limits
    from smsplan.planning.planner import plan
    from smsplan.templates import Template

    several = bool(body_for or body_file_for)
    if [body is None, body_file is None, not several].count(False) != 1:
        raise typer.BadParameter("give --body, --body-file or --body-for", param_hint="--body")
    if several != (body_by is not None):
        raise typer.BadParameter("give --body-by and --body-for together", param_hint="--body-by")
    if body is not None:
        text_of(body, "--body", "--body-file")
    check_stdin(RECIPIENTS=recipients, body_file=body_file)
    reads = {
        "the input": recipients,
        "the body file": body_file,
        "the rate card": rates,
        "the file of --operators": operators,
        "the profile": profile,
    }
    check_distinct({"--output": output, "--rejects": rejects}, reads)
    beside = rows_on_stdout(output, rejects)
    if body_file is not None:
        body = read_body(body_file)
    texts = named_texts(body_for, "--body-for", body_file_for, "--body-file-for")
    bodies_by = {value: Template(text, syntax=syntax) for value, text in texts.items()}
    template = Template(body or "", syntax=syntax)
    columns, defaults = pairs(column, "--column"), pairs(default, "--default")
    lengths = whole(limit, "--limit")
    if no_parameters:
        if any(each.parameters for each in (template, *bodies_by.values())):
            raise InputError("the body has parameters; leave --no-parameters out")
        columns, defaults, lengths = {}, {}, {}
    limits: dict[str, Any] = {
        "max_cost": max_cost or None,
        "max_parts": max_parts,
        "max_messages": max_messages,
        "max_parts_per_message": max_parts_per_message,
        "max_unpriced": max_unpriced,
        "max_problems": max_problems,
        "allow_unicode": not no_unicode,
        "countries": only_country or None,
    }
    Limits(**limits)  # before anything is planned
    card = terms(
        rates,
        price,
        sender_type=sender_type,
        on=on,
        charge_on=charge_on,
        operators=operators,
        mix=mix,
        used=used,
        exchange=exchange,
        mixed_currencies=mixed_currencies,
    )
    with progress_bar(recipients, beside=beside) as progress:
        made = plan(
            recipients,
            bodies_by or template,
            body_by=body_by,
            to=to,
            columns=columns,
            defaults=defaults,
            limits=lengths,
            substitute=substitute,
            transliterate=transliterate,
            region=region,
            from_=sender,
            truncate_concat=truncate_concat,
            max_number_of_message_parts=max_number_of_message_parts,
            duplicates=duplicates,
            rates=card,
            profile=profile,
            bodies=bodies,
            output=output,
            rejects=rejects,
            prefix=prefix,
            encoding=encoding,
            for_spreadsheets=for_spreadsheets,
            progress=progress,
            resume=resume,
            jobs=jobs,
            on_error=on_error,
        )
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
