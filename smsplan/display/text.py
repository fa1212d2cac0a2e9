"""Tables for terminals, and the same as plain text.

Nothing of the input reaches a terminal as markup or as a control sequence: see :func:`safe`.
"""

from __future__ import annotations

import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from smsplan.display.figures import (
    NONE,
    difference,
    dry_run_line,
    how,
    money,
    money_of,
    schedule_head,
    signed,
    summary_totals,
)
from smsplan.display.grids import Grid, View
from smsplan.plurals import counted
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    from smsplan.encoding.explanation import Explanation
    from smsplan.money.reconciliation import Reconciliation
    from smsplan.money.schedules import Schedule
    from smsplan.totals.summary import Count, Summary

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
    """Return the tables of a summary, then findings."""
    parts: list[RenderableType] = [_head(summary)]
    if summary.messages:
        lengths = ((str(number), count) for number, count in summary.lengths.items())
        parts += [
            _counts("encoding", summary.encodings.items(), summary),
            _counts("parts per message", lengths, summary),
            _counts("country", _countries(summary), summary),
        ]
    if summary.lines:
        lines = ([line.text, money(line.cost)] for line in summary.lines)
        parts.append(_table("in the total beside the messages", ["cost"], lines))
    for title, counts in (("problem", summary.problems), ("note", summary.notes)):
        if counts:
            parts.append(_rows(title, counts.items()))
    parts.append(_dry_run(summary))
    if summary.findings:
        title = "\nWhy, most expensive first" if summary.priced else "\nWhy"
        parts.append(Text(title, style="bold"))
        for number, finding in enumerate(summary.findings, 1):
            parts.append(_numbered(number, finding.sentence))
    return Group(*parts)


def schedule_text(schedule: Schedule) -> str:
    """Return a schedule as plain text, 100 columns wide."""
    return plain(schedule_table(schedule))


def schedule_table(schedule: Schedule) -> RenderableType:
    """Return when the messages of a plan go out, and what cannot."""
    parts: list[RenderableType] = [Text(schedule_head(schedule), style="bold")]
    rows = (
        [
            f"{portion.begin:%Y-%m-%d %H:%M:%S}",
            f"{portion.end:%Y-%m-%d %H:%M:%S}",
            f"{portion.recipients:,}",
            f"{portion.parts:,}",
            zones_text(schedule.groups[portion.group].zones),
        ]
        for portion in schedule.portions[:SHOWN_PORTIONS]
    )
    columns = ["until", "recipients", "parts", "time zones"]
    parts.append(_table("from (UTC)", columns, rows, texts=(4,), widths=(19, 19)))
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
            f", and {counted(once.expired, 'recipient')} ({counted(once.expired_parts, 'part')}) "
            "would expire before"
        )
    if once.in_quiet_hours:
        lines[0] += f"; {once.in_quiet_hours:,} would be texted in quiet hours"
    for group in schedule.groups:
        if group.why:
            lines.append(
                f"not scheduled: {counted(group.recipients, 'recipient')} "
                f"({zones_text(group.zones)}): {group.why}"
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
    """A table of which no figure is cut or wrapped, however narrow the terminal is.

    It goes without bars where they do not fit, texts fold, and where figures do not fit side by
    side each row is said in words. ``widths`` are what the first columns have, if there is room.
    """

    grid: Grid
    widths: Sequence[int] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        grid, room = self.grid, options.max_width
        cells = [[isolated(safe(clipped(cell))) for cell in row] for row in grid.rows]
        names = [safe(name) for name in grid.header]
        columns = [[row[place] for row in cells] for place in range(len(names))]
        least = [
            _least(name, column, text=place in grid.texts)
            for place, (name, column) in enumerate(zip(names, columns, strict=True))
        ]
        room -= _GAP * (len(least) - 1)
        if sum(least) > room:
            yield from (_record(names, row) for row in cells)
            return
        bars = grid.bars if sum(least) + BAR + _GAP <= room else []
        if bars:
            room -= BAR + _GAP
        asked = [*self.widths, *[0] * len(names)]
        wished = [
            max(cell_len(name), *map(cell_len, column), asked[place])
            for place, (name, column) in enumerate(zip(names, columns, strict=True))
        ]
        yield _drawn(grid, names, cells, _shared(least, wished, room), bars)


_GAP = 2
_FOLDED = 12
# A text in another direction would turn the figures beside it round: FIRST STRONG ISOLATE and POP
# DIRECTIONAL ISOLATE (Unicode standard annex 9, 2.1.2) keep it to itself.
_FSI, _PDI = "\u2068", "\u2069"


def isolated(text: str) -> str:
    """Return a text that leaves the direction of what is around it alone, word by word.

    A line may end behind any word, and an isolate that is open there would take the figures in.

    >>> isolated("Ana"), isolated("\u05d0 1") == "\u2068\u05d0\u2069 1"
    ('Ana', True)
    """

    def turns(word: str) -> bool:
        return any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in word)

    return " ".join(f"{_FSI}{word}{_PDI}" if turns(word) else word for word in text.split(" "))


def _least(name: str, cells: Sequence[str], *, text: bool) -> int:
    """How narrow a column may be: figures are whole, texts fold, long words of them too."""
    words = (max(map(cell_len, one.split()), default=0) for one in cells)
    widest = min(_FOLDED, max(words, default=0)) if text else max(map(cell_len, cells), default=0)
    return max(widest, *map(cell_len, name.split()), 1)


def _shared(least: Sequence[int], wished: Sequence[int], room: int) -> list[int]:
    """Return the widths of columns: what they need, and of what is left as much as they wish."""
    widths = list(least)
    left = room - sum(widths)
    # The last one first: the text that explains is there, and it is the longest.
    for place in sorted(range(len(widths)), key=lambda at: wished[at] - least[at]):
        more = min(left, max(wished[place] - widths[place], 0))
        widths[place] += more
        left -= more
    return widths


def _record(names: Sequence[str], row: Sequence[str]) -> RenderableType:
    """Return a row as text: its first cell, then what each other column says."""
    rest = " · ".join(map(": ".join, zip(names[1:], row[1:], strict=True)))
    said = Padding(Text(rest, overflow="fold"), (0, 0, 0, 2))
    return Group(Text(row[0], style="bold", overflow="fold"), said)


def _drawn(
    grid: Grid,
    names: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    bars: Sequence[tuple[float, float]],
) -> Table:
    table = Table(
        box=None, padding=(0, _GAP, 0, 0), header_style="dim", show_edge=False, pad_edge=False
    )
    # Every width is said: left to itself, rich cuts figures where columns cannot shrink.
    for place, (name, width) in enumerate(zip(names, widths, strict=True)):
        justify: Any = "left" if place in grid.texts else "right"
        table.add_column(name, width=width, overflow="fold", justify=justify)
    if bars:
        table.add_column("", no_wrap=True, width=BAR)
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
        # The same mark on another letter is replaced by another.
        alike = Counter((each.character, each.replacement) for each in some)
        rows = (
            [
                each.character,
                str(alike[each.character, each.replacement]),
                each.code_point,
                each.name,
                NONE
                if each.replacement is None
                else f"{each.replacement!r} ({how(each.level, each.kind)})",
                NONE if each.parts_if_replaced is None else str(each.parts_if_replaced),
            ]
            for each in {(each.character, each.replacement): each for each in some}.values()
        )
        columns = ["times", "code point", "name", "instead", "then parts"]
        parts.append(_table(title, columns, rows, texts=(0, 2, 3, 4)))
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
    sides = [(name or "unknown", side) for name, side in found.countries.items()]
    rows = (
        [
            name,
            f"{side.messages:,}",
            f"{side.reported:,}" if found.total.reported else NONE,
            f"{side.parts:,}",
            f"{side.reported_parts:,}",
            money_of(side.cost),
            money(side.reported_cost),
        ]
        for name, side in [*sides, ("total", found.total)]
    )
    both = ["messages", "reported", "parts", "reported", "cost", "reported"]
    parts: list[RenderableType] = [_table("country", both, rows, widths=(10,))]
    if found.statuses:
        parts.append(_rows("status (code)", found.statuses.items()))
    if found.differences:
        rows = (
            [
                each.kind,
                f"{each.messages:,}",
                signed(each.parts),
                difference(Cost(each.amounts)),
                each.text,
            ]
            for each in found.differences
        )
        columns = ["messages", "parts", "amount", "why"]
        parts.append(_table("difference", columns, rows, texts=(0, 4)))
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


def _counts(title: str, counts: Iterable[tuple[str, Count]], summary: Summary) -> RenderableType:
    columns = ["messages", "parts", *(["cost"] if summary.priced else [])]
    rows = (
        [name, f"{count.messages:,}", f"{count.parts:,}", money_of(count.cost)][: len(columns) + 1]
        for name, count in counts
    )
    return _table(title, columns, rows)


def _countries(summary: Summary) -> Iterable[tuple[str, Count]]:
    named = [(country or "unknown", count) for country, count in summary.countries.items()]
    yield from named[:TOP_COUNTRIES]
    rest = named[TOP_COUNTRIES:]
    if rest:
        total = rest[0][1]
        for _, count in rest[1:]:
            total += count
        yield f"{len(rest)} others", total


def _rows(title: str, counts: Iterable[tuple[str, int]]) -> RenderableType:
    return _table(title, ["rows"], ([name, f"{count:,}"] for name, count in counts))


def _table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    texts: Sequence[int] = (),
    widths: Sequence[int] = (24, 10, 10),
) -> RenderableType:
    """Return a table whose first column is ``title``; ``widths`` align it with its neighbours."""
    grid = Grid(title="", header=[title, *columns], rows=list(rows), texts=(0, *texts))
    return Group(Text(""), Fitting(grid, widths))


def _dry_run(summary: Summary) -> RenderableType:
    recipients, parts = summary.dry_run_recipients, summary.dry_run_messages
    text = "\n" + dry_run_line(summary)
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
