"""Tables for notebooks: self-contained, everything escaped, readable in light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from smsplan.display.text import schedule_head, schedule_remarks, zones_text
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from smsplan.insight.summary import Count, Summary
    from smsplan.pricing.schedule import Schedule

_STYLE = (
    "<style>.smsplan table{border-collapse:collapse;margin:0 2em 1em 0;display:inline-table;"
    "vertical-align:top}.smsplan th,.smsplan td{padding:.15em .8em;text-align:right;border:0;"
    "border-bottom:1px solid rgba(128,128,128,.25);background:none}.smsplan th:first-child,"
    ".smsplan td:first-child{text-align:left}.smsplan .big{font-size:1.3em;margin:.2em 0 .8em}"
    ".smsplan .dim{opacity:.7}.smsplan ol{margin:.3em 0;padding-left:1.4em}</style>"
)


def summary_html(summary: Summary) -> str:
    """Return a summary as HTML: head, tables side by side, findings."""
    cost = str(summary.cost) if summary.priced else "no rates given"
    head = (
        f"{summary.rows:,} rows · <b>{summary.messages:,} messages</b> · "
        f"<b>{summary.parts:,} parts</b> · <b>{escape(cost)}</b>"
    )
    tables = []
    if summary.messages:
        lengths = {str(length): count for length, count in summary.lengths.items()}
        countries = {country or "unknown": count for country, count in summary.countries.items()}
        for title, counts in (
            ("encoding", summary.encodings),
            ("parts a message", lengths),
            ("country", countries),
        ):
            tables.append(_counts(title, counts, priced=summary.priced))
    if summary.lines:
        lines = ((line.text, line.cost.brief) for line in summary.lines)
        tables.append(_table(["in the total beside the messages", "cost"], lines))
    tables += [
        _table([title, "rows"], ((name, f"{rows:,}") for name, rows in counts.items()))
        for title, counts in (("problem", summary.problems), ("note", summary.notes))
        if counts
    ]
    dry_run = (
        f"The API's dry run: {summary.dry_run_recipients:,} recipients, "
        f"{summary.dry_run_messages:,} messages (its word for parts)."
    )
    findings = "".join(f"<li>{escape(finding.sentence)}</li>" for finding in summary.findings)
    return (
        f'<div class="smsplan">{_STYLE}<div class="big">{head}</div>{"".join(tables)}'
        f'<div class="dim">{dry_run}</div><ol>{findings}</ol></div>'
    )


def schedule_html(schedule: Schedule) -> str:
    """Return a schedule as HTML."""
    rows = (
        (
            f"{portion.begin:%Y-%m-%d %H:%M:%S}",
            f"{portion.end:%Y-%m-%d %H:%M:%S}",
            f"{portion.recipients:,}",
            f"{portion.parts:,}",
            zones_text(schedule.groups[portion.group].zones),
        )
        for portion in schedule.portions
    )
    table = _table(["from (UTC)", "until", "recipients", "parts", "time zones"], rows)
    remarks = "".join(f"<li>{escape(line)}</li>" for line in schedule_remarks(schedule))
    return (
        f'<div class="smsplan">{_STYLE}<div class="big">{escape(schedule_head(schedule))}</div>'
        f"{table}<ul>{remarks}</ul></div>"
    )


def _counts(title: str, counts: Mapping[str, Count], *, priced: bool) -> str:
    header = [title, "messages", "parts"] + (["cost"] if priced else [])
    return _table(
        header,
        (
            [name, f"{count.messages:,}", f"{count.parts:,}", _cost(count.cost)][: len(header)]
            for name, count in counts.items()
        ),
    )


def _cost(cost: Cost) -> str:
    if not cost.high:
        return "no price"
    return cost.brief + (f", {cost.unpriced:,} without a price" if cost.unpriced else "")


def _table(header: list[str], rows: Iterable[Iterable[str]]) -> str:
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
