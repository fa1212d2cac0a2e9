"""Results in one line, as their tables are headed and ``repr`` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smsplan.display.figures import count, duration_text

if TYPE_CHECKING:
    from smsplan.money.reconciliation import Reconciliation
    from smsplan.money.schedules import Schedule
    from smsplan.totals.summary import Summary


def summary_totals(summary: Summary) -> tuple[str, str, str, str]:
    """Return rows, messages, parts and cost, each with its word."""
    cost = str(summary.cost) if summary.priced else "no rates given"
    if not summary.messages:
        cost += " (nothing is sent)"
    return (
        count(summary.rows, "row"),
        count(summary.messages, "message"),
        count(summary.parts, "part"),
        cost,
    )


def summary_head(summary: Summary) -> str:
    """Return the totals of a plan in one line."""
    return " · ".join(summary_totals(summary))


def dry_run_line(summary: Summary) -> str:
    """Return the totals of the API's dry run, in its words."""
    recipients = count(summary.dry_run_recipients, "recipient")
    parts = count(summary.dry_run_messages, "message")
    return f"The API's dry run: {recipients}, {parts} (the API calls parts messages)."


def schedule_head(schedule: Schedule) -> str:
    """Return a schedule in one line."""
    recipients = sum(portion.recipients for portion in schedule.portions)
    parts = sum(portion.parts for portion in schedule.portions)
    return (
        f"{count(recipients, 'recipient')} · {count(parts, 'part')} · {schedule.rate} · "
        f"{duration_text(schedule.duration)} · done {schedule.finish:%Y-%m-%d %H:%M:%S} UTC"
    )


def reconciliation_head(found: Reconciliation) -> str:
    """Return in how many ways a plan and its reports differ."""
    if not found.differences:
        return "no difference shows"
    return f"{count(len(found.differences), 'kind')} of difference"
