"""``smsplan rates``: look at a rate card before it prices anything."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from smsplan.cli import options
from smsplan.cli.console import day, needs, pairs, safe, say, write_json
from smsplan.recipients import Reading

if TYPE_CHECKING:
    from smsplan.ratecards import RateCard, Terms

app = typer.Typer(help="Look at a rate card.", no_args_is_help=True, rich_markup_mode=None)

_CARD = typer.Argument(..., help="CSV, a workbook (book.xlsx#Sheet) or Parquet.")
_COLUMN = typer.Option(
    [], help="NAME=COLUMN: where the card has another name, 'price=Price (EUR)'. Repeatable."
)
_DECIMAL = typer.Option(None, help="The mark before the decimals of its prices: . or ,")
_CURRENCY = typer.Option(None, help="The currency of a card that names none, such as USD.")
_MIXED = typer.Option(False, help="The card has several currencies.")


def _read(
    card: str, column: list[str], decimal: Any, currency: str | None, mixed_currencies: bool
) -> RateCard:
    from smsplan.ratecards import RateCard

    columns = pairs(column, "--column") or None
    return RateCard.read(
        card,
        columns=columns,
        decimal=decimal,
        currency=currency,
        mixed_currencies=mixed_currencies,
    )


@app.command("check", cls=options.Grouped)
@options.having(Reading, without=("columns", "duplicates", "on_error"))
def check(
    card: str = _CARD,
    recipients: str = typer.Argument(None, help="A list, to count whom it has no price for."),
    column: list[str] = _COLUMN,
    decimal: Literal[".", ","] = _DECIMAL,
    currency: str = _CURRENCY,
    mixed_currencies: bool = _MIXED,
    on: str = typer.Option(None, help="The day of sending, such as 2026-12-01; else today."),
    sender_type: str = typer.Option(None, help="The sender whose prices count, such as 10dlc."),
    as_json: bool = options.JSON,
    **reading: Any,
) -> None:
    """Say what a card has, every fault, what is out of date, and who has no price.

    Exit code 1: the card has faults. 3: prices that are not valid on the day, or recipients without
    a price.
    """
    sending = day(on) or date.today()
    known = _read(card, column, decimal, currency, mixed_currencies)
    late = [r for r in known.rates if r.valid_to is not None and r.valid_to < sending]
    early = [r for r in known.rates if r.valid_from is not None and r.valid_from > sending]
    report: dict[str, Any] = {
        "rows": len(known.rates),
        "currencies": list(known.currencies),
        "countries": len({rate.country for rate in known.rates if rate.country}),
        "day": sending.isoformat(),
        "no_longer_valid": [rate.line for rate in late],
        "not_yet_valid": [rate.line for rate in early],
        "recipients": None,
        "without_a_price": None,
    }
    if recipients is not None:
        valid = known.terms(sender_type=sender_type, on=sending)
        report.update(_unpriced(valid, recipients, **reading))
    else:
        needs("a list", **options.typed(reading))
    if as_json:
        write_json("smsplan.rates/1", report)
    else:
        for line in _sentences(card, report):
            typer.echo(safe(line))
    if late or early or report["without_a_price"]:
        raise typer.Exit(3)


def _unpriced(card: Terms, recipients: str, **reading: Any) -> dict[str, Any]:
    """Count recipients that have no price by country; every row of a number counts once."""
    from smsplan.planning.planner import plan

    summary = plan(recipients, "-", rates=card, **reading).summary
    found = {
        country or "": count.cost.unpriced
        for country, count in summary.countries.items()
        if count.cost.unpriced
    }
    return {"recipients": summary.messages, "without_a_price": found}


def _sentences(card: str, report: dict[str, Any]) -> list[str]:
    lines = [
        f"{card}: {report['rows']:,} rows, {report['countries']:,} countries, "
        f"{', '.join(report['currencies'])}"
    ]
    for key, words in (("no_longer_valid", "no longer valid"), ("not_yet_valid", "not yet valid")):
        if places := report[key]:
            shown = ", ".join(str(line) for line in places[:10]) + (", …" if places[10:] else "")
            lines.append(f"{len(places):,} rows are {words} on {report['day']}: lines {shown}")
    if report["recipients"] is not None:
        missing = report["without_a_price"]
        if missing:
            listed = ", ".join(
                f"{country or 'unknown'} {count:,}"
                for country, count in sorted(missing.items(), key=lambda item: -item[1])
            )
            lines.append(
                f"{sum(missing.values()):,} of {report['recipients']:,} recipients have no price: "
                f"{listed}"
            )
        else:
            lines.append(f"all {report['recipients']:,} recipients have a price")
    return lines


@app.command("convert")
def convert(
    card: str = _CARD,
    output: str = typer.Argument(..., help="The CSV file to write."),
    column: list[str] = _COLUMN,
    decimal: Literal[".", ","] = _DECIMAL,
    currency: str = _CURRENCY,
    mixed_currencies: bool = _MIXED,
) -> None:
    """Write a card in the columns that every command reads, prices digit for digit."""
    from smsplan.errors import InputError
    from smsplan.outputs import whole_file

    target = Path(output)
    if target.exists():
        raise InputError(f"'{target}' is there already; name a new file")
    known = _read(card, column, decimal, currency, mixed_currencies)
    with whole_file(target) as file:
        file.write(known.to_csv().encode())
    say(f"wrote {len(known.rates):,} rows to {target}")
