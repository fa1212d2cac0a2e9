"""``smsplan reconcile``: a saved plan beside its delivery reports or its invoice."""

from __future__ import annotations

import sys

import typer

from smsplan.cli import options
from smsplan.cli.console import open_plan, rows_on_stdout, stdout, write_json
from smsplan.outputs import check_distinct


def write_reconciliation(
    plan: str = options.PLAN,
    reports: str = typer.Argument(..., help="Delivery reports (JSON, CSV) or an invoice (CSV)."),
    rates: str = typer.Option(None, help="The rate card: the price of the reported operator."),
    mixed_currencies: bool = typer.Option(False, help="The rate card has several currencies."),
    output: str = typer.Option(None, help="Write both sides of every message: .csv, .parquet."),
    as_json: bool = options.JSON,
) -> None:
    """Compare what was planned with what was reported or invoiced, and say why it differs.

    Exit code 3: something differs.
    """
    from smsplan.ratecards import RateCard

    reads = {"the plan": plan, "the file of reports": reports, "the rate card": rates}
    check_distinct({"--output": output}, reads)
    card = None if rates is None else RateCard.read(rates, mixed_currencies=mixed_currencies)
    found = open_plan(plan).reconcile(reports, rates=card, output=output)
    beside = rows_on_stdout(output)
    if as_json:
        write_json("smsplan.reconciliation/1", found.to_dict(), beside=beside)
    elif sys.stdout.isatty():
        from smsplan.display.text import reconciliation_table

        stdout(beside=beside).print(reconciliation_table(found))
    else:
        typer.echo(str(found), err=beside)
    if found.differences:
        raise typer.Exit(3)
