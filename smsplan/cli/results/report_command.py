"""``smsplan report``: a saved plan as one page that one forwards."""

from __future__ import annotations

import typer

from smsplan.cli import options
from smsplan.cli.console import open_plan, say


def write_page(
    plan: str = options.PLAN,
    output: str = typer.Option(..., "--output", "-o", help="The page to write: report.html."),
    show_recipients: bool = typer.Option(
        False, help="Show numbers and values of recipients; they are masked otherwise."
    ),
    title: str = typer.Option(None, help="What stands above it: the campaign's name."),
) -> None:
    """Write one page about a plan: what it costs, why, and what would make it cheaper.

    Self-contained, for somebody without Python; it asks no network.
    """
    open_plan(plan).report(output, show_recipients=show_recipients, title=title)
    masked = "numbers and values are shown" if show_recipients else "numbers and values are masked"
    say(f"wrote the report to {output}; {masked}")
