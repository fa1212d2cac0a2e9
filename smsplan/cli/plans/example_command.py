"""``smsplan example``: a small list to try things on."""

from __future__ import annotations

import sys

import typer

from smsplan.cli.console import write_json


def example(
    as_json: bool = typer.Option(False, "--json", help="Wrap the CSV text in JSON."),
) -> None:
    """Write a small example list (CSV, invented people) to stdout."""
    from smsplan.example_data import EXAMPLE_CSV

    if as_json:
        write_json("smsplan.example/1", {"csv": EXAMPLE_CSV})
        return
    sys.stdout.buffer.write(EXAMPLE_CSV.encode())
    sys.stdout.flush()
