"""What single messages show in a notebook; needs nothing that is installed besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from smsplan.display.blocks import key_html, parts_html
from smsplan.display.figures import difference, how, money, signed
from smsplan.display.markup import foreign, head, listed, page, shown, table
from smsplan.encoding.names import title_of
from smsplan.encoding.segmentation import Encoding, Segmentation
from smsplan.plurals import counted
from smsplan.ratecards import Cost
from smsplan.ratecards.costs import amount_text

if TYPE_CHECKING:
    from smsplan.api.differences import Difference
    from smsplan.api.dryruns import DryRun, RecipientDryRun
    from smsplan.encoding.explanation import Explanation

SHOWN_ROWS = 20


def segmentation_html(made: Segmentation) -> str:
    """Return a text part by part, what costs room and what forces Unicode marked."""
    return page(head(segmentation_head(made)), parts_html(made), key_html([made]))


def segmentation_head(made: Segmentation) -> str:
    """Return what a text takes, in one line."""
    unit = "septets" if made.encoding is Encoding.GSM else "code units"
    parts = made.number_of_parts
    return (
        f"{made.encoding} · {parts:,} part{'' if parts == 1 else 's'} · {made.units:,} {unit} · "
        f"{made.free_units} free"
    )


def explanation_html(made: Explanation) -> str:
    """Return a text part by part, the characters that make it dear, and what would help."""
    text = made.segmentation
    # The same mark on another letter is replaced by another.
    times = Counter((each.character, each.replacement) for each in made.characters)
    rows = []
    for each in {(each.character, each.replacement): each for each in made.characters}.values():
        if not each.forces_unicode and each.units == 1:
            continue
        instead, then = "–", "–"
        if each.replacement is not None:
            instead = f"{shown(each.replacement) or 'nothing'} ({how(each.level, each.kind)})"
        if each.parts_if_replaced is not None:
            then = str(each.parts_if_replaced)
        what = "forces Unicode" if each.forces_unicode else "takes two units"
        rows.append(
            [
                foreign(each.character),
                escape(title_of(each.character)),
                what,
                f"{times[each.character, each.replacement]:,}",
                instead,
                then,
            ]
        )
    header = ["character", "what it is", "what it does", "times", "instead", "parts then"]
    tables = table("", header, rows, texts=(0, 1, 2, 4), raw=True) if rows else ""
    remarks = [
        f"substitute(level='{level}'): {counted(found.after.number_of_parts, 'part')} instead of "
        f"{found.before.number_of_parts}, {counted(len(found.changes), 'change')}"
        for level, found in (("safe", made.safe), ("lossy", made.lossy))
        if found.changes
    ]
    return page(
        head(segmentation_head(text)), parts_html(text), key_html([text]), tables, listed(remarks)
    )


def dry_run_html(made: DryRun) -> str:
    """Return the two totals of a dry run, and the first recipients where it has any."""
    title = (
        f"{counted(made.number_of_recipients, 'recipient')} · "
        f"{counted(made.number_of_messages, 'message')} (the API's word for parts)"
    )
    priced = any(detail.price is not None or detail.charge for detail in made.details)
    if priced or made.lines:
        title += f" · {made.cost}"
    pieces = [head(title)]
    if made.details:
        header = ["recipient", "encoding", "units", "parts", "billed"]
        header += ["cost"] if priced else []
        header += ["problem", "body"]
        rows = []
        for each in made.details[:SHOWN_ROWS]:
            cells = [
                each.recipient,
                str(each.encoding),
                f"{each.units:,}",
                f"{each.number_of_parts:,}",
                f"{each.billed_parts:,}",
            ]
            if priced:
                cost = None
                if each.cost is not None and each.currency is not None:
                    cost = Cost({each.currency: each.cost})
                cells.append(money(cost))
            rows.append([*cells, str(each.problem or "–"), each.body])
        texts = (0, 1, len(header) - 2, len(header) - 1)
        pieces += _rows_table(header, rows, texts, len(made.details))
    elif made.per_recipient:
        pieces += _rows_table(
            ["recipient", "encoding", "parts", "body"],
            (
                [each.recipient, each.encoding, f"{each.number_of_parts:,}", each.body]
                for each in made.per_recipient[:SHOWN_ROWS]
            ),
            (0, 1, 3),
            len(made.per_recipient),
        )
    return page(*pieces)


def difference_html(made: Difference) -> str:
    """Return a batch before and after a change."""
    sides = (made.before, made.after)
    messages = [sum(each.problem is None for each in side.details) for side in sides]
    parts = [sum(each.billed_parts for each in side.details) for side in sides]
    rows = [
        ["messages", *(f"{each:,}" for each in messages), signed(made.messages)],
        ["parts", *(f"{each:,}" for each in parts), signed(made.parts)],
    ]
    if made.cost is not None:
        rows.append(
            ["cost", money(made.before.cost), money(made.after.cost), difference(made.cost)]
        )
    fields = ", ".join(made.fields)
    return page(
        head(f"changes: {fields}" if fields else "nothing changes"),
        table("", ["", "before", "after", "change"], rows),
    )


def recipient_html(made: RecipientDryRun) -> str:
    """Return one recipient of a dry run."""
    parts = made.number_of_parts
    line = f"{made.encoding} · {parts:,} part{'' if parts == 1 else 's'}"
    return page(
        head(line), table("", ["recipient", "body"], [[made.recipient, made.body]], texts=(0, 1))
    )


def _rows_table(
    header: list[str], rows: Iterable[list[str]], texts: tuple[int, ...], every: int
) -> list[str]:
    more = every - SHOWN_ROWS
    shown_rows = table(
        "", header, ([foreign(cell) for cell in row] for row in rows), texts=texts, raw=True
    )
    return [shown_rows, f"<p>and {more:,} more</p>" if more > 0 else ""]


def cost_html(cost: Cost) -> str:
    """Return a cost: amounts, bounds and what the expected amount rests on."""
    if cost.is_exact:
        return page(head(str(cost)))
    middle = cost.rounded()
    rows = [
        [name, *(amount_text(name, end[name], exact=True) for end in (cost.low, middle, cost.high))]
        for name in cost.currencies
    ]
    return page(head(str(cost)), table("", ["currency", "at least", "expected", "at most"], rows))
