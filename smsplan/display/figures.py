"""Figures as people read them: counts, money, shares that add up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from smsplan.ratecards import Cost
from smsplan.ratecards.costs import amount_text
from smsplan.totals.shares import Share, largest_remainder

if TYPE_CHECKING:
    from smsplan.money.reconciliation import Reconciliation
    from smsplan.money.schedules import Schedule
    from smsplan.totals.summary import Summary

NONE = "–"
MINUS = "−"


def count(number: int, word: str = "") -> str:
    """Return a number with its thousands apart, and a word in singular or plural.

    >>> count(1200), count(1, "part"), count(2, "part")
    ('1,200', '1 part', '2 parts')
    """
    shown = f"{number:,}".replace("-", MINUS)
    return shown if not word else f"{shown} {word}{'' if number == 1 else 's'}"


# What a replacement is beside its level, where the character alone does not tell.
_KINDS = {"composed": "composed", "windows-1252": "read as Windows-1252"}


def how(level: str | None, kind: str | None) -> str:
    """Return of which level, and of which kind, a replacement is.

    >>> how("safe", "composed"), how("lossy", "accent")
    ('safe, composed', 'lossy')
    """
    return ", ".join(filter(None, (level, _KINDS.get(kind or ""))))


def signed(number: int) -> str:
    """Return a difference with its sign; none is 0.

    >>> signed(12), signed(-1200), signed(0)
    ('+12', '−1,200', '0')
    """
    return f"{number:+,}".replace("-", MINUS) if number else "0"


def money(cost: Cost | Share | None) -> str:
    """Return a cost for the cell of a table; what has no price is no 0.

    >>> from decimal import Decimal
    >>> money(Cost({"GBP": Decimal("-1283.184")})), money(Cost(unpriced=2)), money(None)
    ('GBP −1,283.18', 'no price', '–')
    """
    if cost is None:
        return NONE
    if isinstance(cost, Share):
        return _share(cost).replace("-", MINUS)
    if not cost.high and cost.unpriced:
        return "no price"
    return cost.brief.replace("-", MINUS) if cost.high else NONE


def _share(share: Share) -> str:
    texts = []
    for currency, amount in share.expected.items():
        least, most = (
            amount_text(currency, end.get(currency, Fraction(0))) for end in (share.low, share.high)
        )
        bounds = f" ({least} to {most})" if least != most else ""
        texts.append(f"{currency} {amount_text(currency, amount)}{bounds}")
    return " + ".join(texts) or NONE


def money_of(cost: Cost) -> str:
    """Return what messages cost, and how many of them have no price.

    >>> from decimal import Decimal
    >>> money_of(Cost({"GBP": Decimal(2)}, unpriced=3)), money_of(Cost())
    ('GBP 2.00, 3 without a price', 'nothing')
    """
    if not cost.high:
        return cost.brief
    return money(cost) + (f", {cost.unpriced:,} without a price" if cost.unpriced else "")


def difference(cost: Cost | None) -> str:
    """Return the difference of two costs with its sign.

    >>> from decimal import Decimal
    >>> difference(Cost({"GBP": Decimal("-12.5")})), difference(Cost({"GBP": Decimal(0)}))
    ('GBP −12.50', 'GBP 0.00')
    """
    if cost is None or not cost.high:
        return NONE
    more = all(low > 0 for low in cost.low.values())
    return re.sub(r" (?=\d)", " +", money(cost)) if more else money(cost)


def percent(part: int | Fraction, whole: int) -> str:
    """Return a share in percent, one decimal where it is small.

    >>> percent(1, 3), percent(1, 400), percent(1, 10**6), percent(0, 5)
    ('33 %', '0.2 %', 'under 0.1 %', '0 %')
    """
    share = Fraction(part) / whole if whole else Fraction(0)
    if not share:
        return "0 %"
    if abs(share) < Fraction(1, 1000):
        return "under 0.1 %"
    if abs(share) < Fraction(1, 10):
        return f"{float(share * 100):.1f} %".replace("-", MINUS)
    return f"{float(share * 100):.0f} %".replace("-", MINUS)


def duration_text(span: timedelta) -> str:
    """Return a duration in days, hours, minutes and seconds, the largest two that it has.

    >>> from datetime import timedelta
    >>> duration_text(timedelta(days=3, hours=20, minutes=35))
    '3 d 20 h'
    """
    seconds = -(-span // timedelta(seconds=1))
    sizes = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    found: list[str] = []
    for unit, size in sizes:
        count, seconds = divmod(seconds, size)
        if count or found:
            found.append(f"{count} {unit}")
    return " ".join(found[:2]) or "0 s"


def part_texts(shares: Sequence[Fraction]) -> list[str]:
    """Return shares of parts, rounded so that they add up.

    >>> part_texts([Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)])
    ['1', '0', '0']
    """
    return [count(int(rounded)) for rounded in largest_remainder(shares)]


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
