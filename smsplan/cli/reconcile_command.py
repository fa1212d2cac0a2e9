"""``smsplan reconcile``: a saved plan beside its delivery reports or its invoice."""

from __future__ import annotations

import sys

import typer

from smsplan.cli import options
from smsplan.cli.console import stdout, write_json


def write_reconciliation(
    plan: str = options.PLAN,
    reports: str = typer.Argument(..., help="Delivery reports (JSON, CSV) or an invoice (CSV)."),
    rates: str = typer.Option(None, help="The rate card: the price of the reported operator."),
    mixed_currencies: bool = options.MIXED_CURRENCIES,
    output: str = typer.Option(None, help="Write both sides of every message: .csv, .parquet."),
    as_json: bool = options.JSON,
) -> None:
    """Compare what was planned with what was reported or invoiced, and say why it differs.

    Exit code 3: something differs.
    """
    from smsplan.planner import Plan
    from smsplan.ratecards import RateCard

    card = None if rates is None else RateCard.read(rates, mixed_currencies=mixed_currencies)
    found = Plan.open(plan).reconcile(reports, rates=card, output=output)
    if as_json:
        write_json("smsplan.reconciliation/1", found.to_dict())
    elif sys.stdout.isatty():
        from smsplan.display.text import reconciliation_table

        stdout().print(reconciliation_table(found))
    else:
        typer.echo(str(found))
    if found.differences:
        raise typer.Exit(3)
