"""Tables for notebooks: self-contained, everything escaped, readable in light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from smsplan.display.figures import count, grouped
from smsplan.display.markup import head, listed, page, table

if TYPE_CHECKING:
    from smsplan.insight.summary import Count, Summary
    from smsplan.pricing.reconcile import Reconciliation, Side
    from smsplan.pricing.schedule import Schedule
    from smsplan.ratecards import Cost


def summary_html(summary: Summary) -> str:
    """Return a summary as HTML: head, tables side by side, findings, what is open."""
    cost = grouped(str(summary.cost)) if summary.priced else "no rates given"
    title = (
        f"{summary.rows:,} rows · {summary.messages:,} messages · {summary.parts:,} parts · {cost}"
    )
    tables = []
    if summary.messages:
        lengths = {str(length): count for length, count in summary.lengths.items()}
        countries = {country or "unknown": count for country, count in summary.countries.items()}
        for name, counts in (
            ("encoding", summary.encodings),
            ("parts a message", lengths),
            ("country", countries),
        ):
            tables.append(_counts(name, counts, priced=summary.priced))
    if summary.lines:
        lines = ([line.text, grouped(line.cost.brief)] for line in summary.lines)
        tables.append(table("", ["in the total beside the messages", "cost"], lines))
    tables += [
        table("", [name, "rows"], ([key, f"{rows:,}"] for key, rows in counts.items()))
        for name, counts in (("problem", summary.problems), ("note", summary.notes))
        if counts
    ]
    dry_run = (
        f"The API's dry run: {summary.dry_run_recipients:,} recipients, "
        f"{summary.dry_run_messages:,} messages (its word for parts)."
    )
    findings = listed((finding.sentence for finding in summary.findings), ordered=True)
    return page(
        head(title),
        f'<div class="sp-tables">{"".join(tables)}</div>',
        f"<p>{dry_run}</p>",
        findings,
        f"<p>{escape(summary.assumptions)}</p>" if summary.assumptions else "",
    )


def schedule_html(schedule: Schedule) -> str:
    """Return a schedule as HTML."""
    from smsplan.display.text import schedule_head, schedule_remarks, zones_text

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
    return f"{side.reported:,}" if found.total.reported else "–"


def reconciliation_html(found: Reconciliation) -> str:
    """Return what was planned beside what was reported, and how they differ."""
    sides = [(name or "unknown", side) for name, side in found.countries.items()]
    both = table(
        "",
        ["country", "messages", "reported", "parts", "reported", "cost", "reported"],
        (
            [name, f"{side.messages:,}", reported(found, side), f"{side.parts:,}",
             f"{side.reported_parts:,}", _cost(side.cost),
             grouped(side.reported_cost.brief) if side.reported_cost.high else "–"]
            for name, side in [*sides, ("total", found.total)]
        ),
    )  # fmt: skip
    statuses = table(
        "",
        ["status (code)", "reports"],
        ([name, f"{count:,}"] for name, count in found.statuses.items()),
    )
    differences = table(
        "",
        ["difference", "messages", "parts", "amount", "why"],
        (
            [each.kind, f"{each.messages:,}", f"{each.parts:+,}",
             " ".join(f"{name} {amount:+f}" for name, amount in each.amounts.items()) or "–",
             each.text]
            for each in found.differences
        ),
        texts=(0, 4),
    )  # fmt: skip
    title = (
        count(len(found.differences), "kind") + " of difference"
        if found.differences
        else "no difference shows"
    )
    return page(
        head(title),
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
            [name, f"{count.messages:,}", f"{count.parts:,}", _cost(count.cost)][: len(header)]
            for name, count in counts.items()
        ),
    )


def _cost(cost: Cost) -> str:
    if not cost.high:
        return "no price"
    return grouped(cost.brief) + (f", {cost.unpriced:,} without a price" if cost.unpriced else "")
