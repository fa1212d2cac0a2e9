"""Tables for terminals, and the same as plain text.

Nothing of the input reaches a terminal as markup or as a control sequence: see :func:`safe`.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from smsplan.display.figures import NONE, difference, how, money, money_of, signed
from smsplan.display.heads import schedule_head, summary_totals
from smsplan.plurals import counted
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from smsplan.display.views import Grid, View
    from smsplan.encoding.explanation import Explanation
    from smsplan.insight.summary import Count, Summary
    from smsplan.pricing.reconcile import Reconciliation
    from smsplan.pricing.schedule import Schedule

WIDTH = 100
TOP_COUNTRIES = 15
SHOWN_PORTIONS = 20


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
    return plain(summary_table(summary))


def plain(shown: RenderableType) -> str:
    """Return what rich prints as plain text, 100 columns wide."""
    out = io.StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, force_terminal=False)
    console.print(shown)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip("\n").split("\n"))


def summary_table(summary: Summary) -> RenderableType:
    """Return the tables of a summary, then findings, and what is open last."""
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
    if summary.assumptions:
        parts.append(Text(f"\n{safe(summary.assumptions)}"))
    return Group(*parts)


def schedule_text(schedule: Schedule) -> str:
    """Return a schedule as plain text, 100 columns wide."""
    return plain(schedule_table(schedule))


def schedule_table(schedule: Schedule) -> RenderableType:
    """Return when the messages of a plan go out, and what cannot."""
    parts: list[RenderableType] = [Text(schedule_head(schedule), style="bold")]
    table = _table("from (UTC)", ["until", "recipients", "parts"])
    table.add_column("time zones")
    for portion in schedule.portions[:SHOWN_PORTIONS]:
        zones = zones_text(schedule.groups[portion.group].zones)
        cells = [f"{portion.begin:%Y-%m-%d %H:%M:%S}", f"{portion.end:%Y-%m-%d %H:%M:%S}",
                 f"{portion.recipients:,}", f"{portion.parts:,}", safe(zones)]  # fmt: skip
        table.add_row(*map(Text, cells))
    parts.append(table)
    more = len(schedule.portions) - SHOWN_PORTIONS
    if more > 0:
        parts.append(Text(f"and {more:,} more, the last until {schedule.finish:%Y-%m-%d %H:%M:%S}"))
    parts += [Text(safe(line)) for line in schedule_remarks(schedule)]
    return Group(*parts)


def schedule_remarks(schedule: Schedule) -> list[str]:
    """Return what would happen without a schedule, who is not in it, and what is not known."""
    once = schedule.at_once
    lines = [f"handed over at once, it ends {once.finish:%Y-%m-%d %H:%M:%S} UTC"]
    if once.expired:
        lines[0] += (
            f", and {once.expired:,} recipients ({once.expired_parts:,} parts) would expire before"
        )
    if once.in_quiet_hours:
        lines[0] += f"; {once.in_quiet_hours:,} would be texted in quiet hours"
    for group in schedule.groups:
        if group.why:
            lines.append(
                f"not scheduled: {group.recipients:,} recipients ({zones_text(group.zones)}): "
                f"{group.why}"
            )
    return [*lines, *schedule.warnings]


def zones_text(zones: Sequence[str]) -> str:
    """Name time zones: two of them, and how many there are."""
    if len(zones) <= 3:
        return ", ".join(zones) or "any"
    return f"{zones[0]}, {zones[1]} and {len(zones) - 2} more"


def view_table(seen: View) -> RenderableType:
    """Return a result of ``insight``: its line, tables with bars, remarks."""
    pieces: list[RenderableType] = [Text(safe(seen.head), style="bold")]
    for grid in seen.grids:
        pieces += [Text("\n" + safe(grid.title), style="bold"), Fitting(grid)]
        if grid.more:
            pieces.append(Text(f"and {grid.more:,} more", style="dim"))
    if seen.remarks:
        pieces.append(Text(""))
    pieces += [_numbered(number, line) for number, line in enumerate(seen.remarks, start=1)]
    return Group(*pieces)


@dataclass(frozen=True, slots=True)
class Fitting:
    """A table that leaves out no figure: without bars where they do not fit, else row by row."""

    grid: Grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid, room = self.grid, options.max_width
        cells = [[safe(clipped(cell)) for cell in row] for row in grid.rows]
        names = [safe(name) for name in grid.header]
        least = [
            _least(name, [row[place] for row in cells], text=place in grid.texts)
            for place, name in enumerate(names)
        ]
        needed = sum(least) + _GAP * len(least)
        if needed > room:
            yield from (_record(names, row) for row in cells)
            return
        bars = grid.bars if needed + BAR + _GAP <= room else []
        yield _grid(grid, names, cells, least, bars)


_GAP = 2
_FOLDED = 12


def _least(name: str, cells: Sequence[str], *, text: bool) -> int:
    """How narrow a column may be: figures are whole, texts fold, long words of them too."""
    words = (max(map(cell_len, one.split()), default=0) for one in cells)
    widest = min(_FOLDED, max(words, default=0)) if text else max(map(cell_len, cells), default=0)
    return max(widest, *map(cell_len, name.split()), 1)


def _record(names: Sequence[str], row: Sequence[str]) -> RenderableType:
    """Return a row as text: its first cell, then what each other column says."""
    rest = " · ".join(map(": ".join, zip(names[1:], row[1:], strict=True)))
    said = Padding(Text(rest, overflow="fold"), (0, 0, 0, 2))
    return Group(Text(row[0], style="bold", overflow="fold"), said)


def _grid(
    grid: Grid,
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    least: Sequence[int],
    bars: Sequence[tuple[float, float]],
) -> Table:
    table = Table(box=None, padding=(0, _GAP, 0, 0), header_style="dim", show_edge=False)
    for place, (name, width) in enumerate(zip(names, least, strict=True)):
        if place in grid.texts:
            table.add_column(name, overflow="fold", min_width=width)
        else:
            table.add_column(name, justify="right", no_wrap=" " not in name, min_width=width)
    if bars:
        table.add_column("", no_wrap=True, min_width=BAR)
    for number, row in enumerate(cells):
        shown = [Text(cell) for cell in row]
        if bars:
            shown.append(Text(block_bar(*bars[number]), style="cyan"))
        table.add_row(*shown)
    return table


def clipped(text: str, most: int = 300) -> str:
    """Return the beginning of a text, and how many characters are left out.

    >>> clipped("a" * 5, most=3)
    'aaa… 2 more characters'
    """
    more = len(text) - most
    if more <= 0:
        return text
    return f"{text[:most]}… {more:,} more character{'' if more == 1 else 's'}"


BAR = 16
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def block_bar(start: float, share: float) -> str:
    """Return a bar of block characters; a saving is hatched.

    >>> block_bar(0.5, 0.25), block_bar(0.5, -0.25), block_bar(0, 0.001)
    ('        ████', '    ▒▒▒▒', '▏')
    """
    if share < 0:
        first, last = round((start + share) * BAR), round(start * BAR)
        return " " * first + "▒" * max(last - first, 1)
    if start:
        first, last = round(start * BAR), round((start + share) * BAR)
        return " " * first + ("█" * (last - first) or "▏" * (share > 0))
    whole, eighths = divmod(max(round(share * BAR * 8), int(share > 0)), 8)
    return "█" * whole + _EIGHTHS[eighths].strip()


def explanation_text(made: Explanation) -> str:
    """Return an explanation as plain text, 100 columns wide."""
    return plain(explanation_table(made))


def explanation_table(made: Explanation) -> RenderableType:
    """Return what a text takes, the characters that make it dear, and what would help."""
    text = made.segmentation
    head = Text(
        f"{text.encoding} · {counted(text.units, 'unit')} · "
        f"{counted(text.number_of_parts, 'part')} · {text.free_units} free",
        style="bold",
    )
    parts: list[RenderableType] = [head]
    dear = [each for each in made.characters if each.forces_unicode]
    wide = [each for each in made.characters if each.units > 1]
    for title, some in (("forces Unicode", dear), ("two units", wide)):
        if not some:
            continue
        table = _table(title, ["times", "code point"])
        for column in ("name", "instead", "then parts"):
            table.add_column(column)
        # The same mark on another letter is replaced by another.
        alike = Counter((each.character, each.replacement) for each in some)
        for each in {(each.character, each.replacement): each for each in some}.values():
            instead = (
                "-"
                if each.replacement is None
                else f"{each.replacement!r} ({how(each.level, each.kind)})"
            )
            then = "-" if each.parts_if_replaced is None else str(each.parts_if_replaced)
            times = alike[each.character, each.replacement]
            cells = [
                safe(each.character), str(times), each.code_point, each.name, safe(instead), then
            ]  # fmt: skip
            table.add_row(*map(Text, cells))
        parts.append(table)
    for level, found in (("safe", made.safe), ("lossy", made.lossy)):
        if found.changes:
            parts.append(
                Text(
                    f"substitute(level='{level}'): {counted(found.after.number_of_parts, 'part')} "
                    f"instead of {found.before.number_of_parts}, "
                    f"{counted(len(found.changes), 'change')}"
                )
            )
    return Group(*parts)


def reconciliation_text(found: Reconciliation) -> str:
    """Return a reconciliation as plain text, 100 columns wide."""
    return plain(reconciliation_table(found))


def reconciliation_table(found: Reconciliation) -> RenderableType:
    """Return what was planned beside what was reported, and how they differ."""
    both = ["messages", "reported", "parts", "reported", "cost", "reported"]
    table = _table("country", both, first=10, each=8)
    sides = [(name or "unknown", side) for name, side in found.countries.items()]
    for name, side in [*sides, ("total", found.total)]:
        cells = [safe(name), f"{side.messages:,}",
                 f"{side.reported:,}" if found.total.reported else NONE, f"{side.parts:,}",
                 f"{side.reported_parts:,}", money_of(side.cost),
                 money(side.reported_cost)]  # fmt: skip
        table.add_row(*map(Text, cells))
    parts: list[RenderableType] = [table]
    if found.statuses:
        parts.append(_rows("status (code)", found.statuses.items()))
    if found.differences:
        table = _table("difference", ["messages", "parts", "amount"])
        table.add_column("why")
        for each in found.differences:
            cells = [each.kind, f"{each.messages:,}", signed(each.parts),
                     difference(Cost(each.amounts)), each.text]  # fmt: skip
            table.add_row(*map(Text, cells))
        parts.append(table)
    else:
        parts.append(Text("no difference shows"))
    parts += [Text(safe(remark)) for remark in found.remarks]
    return Group(*parts)


def _head(summary: Summary) -> Text:
    text = Text()
    styles = ("", "bold", "bold", "bold green")
    for total, style in zip(summary_totals(summary), styles, strict=True):
        text.append((" · " if text else "") + total, style=style)
    return text


def _counts(title: str, counts: Iterable[tuple[str, Count]], summary: Summary) -> Table:
    table = _table(title, ["messages", "parts"] + (["cost"] if summary.priced else []))
    for name, count in counts:
        cells = [safe(name), f"{count.messages:,}", f"{count.parts:,}"]
        table.add_row(*map(Text, [*cells, money_of(count.cost)][: len(table.columns)]))
    return table


def _lines(summary: Summary) -> Table:
    table = _table("in the total beside the messages", ["cost"])
    for line in summary.lines:
        table.add_row(Text(safe(line.text)), Text(money(line.cost)))
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


def _table(title: str, columns: Sequence[str], first: int = 24, each: int = 10) -> Table:
    # Where columns cannot shrink, rich cuts off what does not fit: figures too.
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    table.add_column("\n" + title, min_width=first)
    for column in columns:
        table.add_column("\n" + column, justify="right", min_width=each)
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
