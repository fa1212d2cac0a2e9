"""Tables for notebooks: self-contained, everything escaped, readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from smsplan.display.figures import (
    NONE,
    difference,
    dry_run_line,
    money,
    money_of,
    reconciliation_head,
    schedule_head,
    signed,
    summary_head,
)
from smsplan.display.markup import head, listed, page, table
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from smsplan.money.reconciliation import Reconciliation, Side
    from smsplan.money.schedules import Schedule
    from smsplan.totals.summary import Count, Summary


def summary_html(summary: Summary) -> str:
    """Return a summary as HTML: head, tables side by side, findings, what is open."""
    tables = []
    if summary.messages:
        lengths = {str(length): count for length, count in summary.lengths.items()}
        countries = {country or "unknown": count for country, count in summary.countries.items()}
        for name, counts in (
            ("encoding", summary.encodings),
            ("parts per message", lengths),
            ("country", countries),
        ):
            tables.append(_counts(name, counts, priced=summary.priced))
    if summary.lines:
        lines = ([line.text, money(line.cost)] for line in summary.lines)
        tables.append(table("", ["in the total beside the messages", "cost"], lines))
    tables += [
        table("", [name, "rows"], ([key, f"{rows:,}"] for key, rows in counts.items()))
        for name, counts in (("problem", summary.problems), ("note", summary.notes))
        if counts
    ]
    findings = listed((finding.sentence for finding in summary.findings), ordered=True)
    return page(
        head(summary_head(summary)),
        f'<div class="sp-tables">{"".join(tables)}</div>',
        f"<p>{dry_run_line(summary)}</p>",
        findings,
    )


def schedule_html(schedule: Schedule) -> str:
    """Return a schedule as HTML."""
    from smsplan.display.text import schedule_remarks, zones_text

    rows = (
        [
            f"{portion.begin:%Y-%m-%d %H:%M:%S}",
            f"{portion.end:%Y-%m-%d %H:%M:%S}",
            f"{portion.recipients:,}",
            f"{portion.parts:,}",
            zones_text(schedule.groups[portion.group].zones),
        ]
        for portion in schedule.portions
    )
    header = ["from (UTC)", "until", "recipients", "parts", "time zones"]
    return page(
        head(schedule_head(schedule)),
        table("", header, rows, texts=(0, 1, 4)),
        listed(schedule_remarks(schedule)),
    )


def reported(found: Reconciliation, side: Side) -> str:
    """Return how many messages were reported; an invoice does not say."""
    return f"{side.reported:,}" if found.total.reported else NONE


def reconciliation_html(found: Reconciliation) -> str:
    """Return what was planned beside what was reported, and how they differ."""
    sides = [(name or "unknown", side) for name, side in found.countries.items()]
    both = table(
        "",
        ["country", "messages", "reported", "parts", "reported", "cost", "reported"],
        (
            [
                name,
                f"{side.messages:,}",
                reported(found, side),
                f"{side.parts:,}",
                f"{side.reported_parts:,}",
                money_of(side.cost),
                money(side.reported_cost),
            ]
            for name, side in [*sides, ("total", found.total)]
        ),
    )
    statuses = table(
        "",
        ["status (code)", "reports"],
        ([name, f"{count:,}"] for name, count in found.statuses.items()),
    )
    differences = table(
        "",
        ["difference", "messages", "parts", "amount", "why"],
        (
            [
                each.kind,
                f"{each.messages:,}",
                signed(each.parts),
                difference(Cost(each.amounts)),
                each.text,
            ]
            for each in found.differences
        ),
        texts=(0, 4),
    )
    return page(
        head(reconciliation_head(found)),
        both,
        statuses if found.statuses else "",
        differences if found.differences else "",
        listed(found.remarks),
    )


def _counts(title: str, counts: Mapping[str, Count], *, priced: bool) -> str:
    header = [title, "messages", "parts"] + (["cost"] if priced else [])
    return table(
        "",
        header,
        (
            [name, f"{count.messages:,}", f"{count.parts:,}", money_of(count.cost)][: len(header)]
            for name, count in counts.items()
        ),
    )
