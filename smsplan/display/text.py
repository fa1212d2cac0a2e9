"""Tables for terminals, and the same as plain text.

Nothing of the input reaches a terminal as markup or as a control sequence: see :func:`safe`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from smsplan.insight.summary import Count, Summary

WIDTH = 100
TOP_COUNTRIES = 15


def safe(text: str) -> str:
    """Return a text that no terminal acts upon: control and format characters are escaped.

    >>> safe("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def summary_text(summary: Summary) -> str:
    """Return the tables of a summary as plain text, 100 columns wide."""
    out = io.StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, force_terminal=False)
    console.print(summary_table(summary))
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def summary_table(summary: Summary) -> RenderableType:
    """Return the tables of a summary, findings last."""
    parts: list[RenderableType] = [_head(summary)]
    if summary.messages:
        parts.append(_counts("encoding", summary.encodings.items(), summary))
        parts.append(
            _counts("parts a message", ((str(n), c) for n, c in summary.lengths.items()), summary)
        )
        parts.append(_counts("country", _countries(summary), summary))
    if summary.lines:
        parts.append(_lines(summary))
    for title, counts in (("problem", summary.problems), ("note", summary.notes)):
        if counts:
            parts.append(_rows(title, counts.items()))
    parts.append(_dry_run(summary))
    if summary.findings:
        parts.append(Text("\nWhy, dearest first" if summary.priced else "\nWhy", style="bold"))
        for number, finding in enumerate(summary.findings, 1):
            parts.append(_numbered(number, finding.sentence))
    return Group(*parts)


def _head(summary: Summary) -> Text:
    text = Text()
    for value, word, style in (
        (summary.rows, "rows", ""),
        (summary.messages, "messages", "bold"),
        (summary.parts, "parts", "bold"),
    ):
        text.append(f"{value:,}", style=style)
        text.append(f" {word if value != 1 else word[:-1]} · ", style=style)
    text.append(str(summary.cost) if summary.priced else "no rates given", style="bold green")
    return text


def _counts(title: str, counts: Iterable[tuple[str, Count]], summary: Summary) -> Table:
    table = _table(title, ["messages", "parts"] + (["cost"] if summary.priced else []))
    for name, count in counts:
        cells = [safe(name), f"{count.messages:,}", f"{count.parts:,}"]
        table.add_row(*map(Text, [*cells, _cost(count.cost)][: len(table.columns)]))
    return table


def _cost(cost: Cost) -> str:
    return cost.brief + (f", {cost.unpriced:,} without a price" if cost.unpriced else "")


def _lines(summary: Summary) -> Table:
    table = _table("in the total beside the messages", ["cost"])
    for line in summary.lines:
        table.add_row(Text(safe(line.text)), Text(line.cost.brief))
    return table


def _countries(summary: Summary) -> Iterable[tuple[str, Count]]:
    named = [(country or "unknown", count) for country, count in summary.countries.items()]
    yield from named[:TOP_COUNTRIES]
    rest = named[TOP_COUNTRIES:]
    if rest:
        total = rest[0][1]
        for _, count in rest[1:]:
            total += count
        yield f"{len(rest)} others", total


def _rows(title: str, counts: Iterable[tuple[str, int]]) -> Table:
    table = _table(title, ["rows"])
    for name, count in counts:
        table.add_row(Text(safe(name)), Text(f"{count:,}"))
    return table


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column("\n" + title, min_width=24)
    for column in columns:
        table.add_column("\n" + column, justify="right", min_width=10)
    return table


def _dry_run(summary: Summary) -> RenderableType:
    recipients, parts = summary.dry_run_recipients, summary.dry_run_messages
    text = (
        f"\nThe API's dry run: {recipients:,} recipients, {parts:,} messages (its word for parts)."
    )
    if (recipients, parts) != (summary.messages, summary.parts):
        text += (
            " It differs from what is sent: it counts recipients that a send accepts and then does"
            " not reach."
        )
    return Text(text, style="dim")


def _numbered(number: int, sentence: str) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    grid.add_row(Text(f"{number}.", style="bold"), Text(safe(sentence)))
    return Padding(grid, (0, 0, 0, 1))
