"""What results of ``insight`` look like: described once, shown in terminals and notebooks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import singledispatch
from itertools import pairwise
from typing import TYPE_CHECKING

from smsplan.display.figures import (
    NONE,
    count,
    difference,
    how,
    money,
    part_texts,
    signed,
)
from smsplan.display.grids import Grid, View
from smsplan.display.markup import bar, head, listed, page, symbol, table
from smsplan.insight.assumptions import Answer, Assumptions, Question
from smsplan.insight.characters import Characters, CharacterShare, ScriptShare
from smsplan.insight.comparison import Comparison
from smsplan.insight.lengths import Curve, Lengths, Point
from smsplan.insight.list_audit import Audit
from smsplan.insight.waterfall import Cause, Waterfall
from smsplan.planning.estimates import Estimate
from smsplan.ratecards.costs import amount_text
from smsplan.whatif.open_questions import shown

if TYPE_CHECKING:
    from rich.console import RenderableType

# What the shares of a waterfall do not say.
NO_SAVING = (
    "Each step adds to the one before it, so what a parameter or a character adds here is not what "
    "you save without it: characters() and by_length() (smsplan lengths) say what you save."
)
# The most rows of a table whose rows are as many as there are characters.
MOST = 25


@singledispatch
def view(result: object) -> View:
    """Describe a result of ``insight``."""
    raise TypeError(f"{type(result).__name__} has no view")


def as_text(result: object) -> str:
    """Return a result as plain text, 100 columns wide."""
    from smsplan.display.text import plain

    return plain(as_rich(result))


def as_rich(result: object) -> RenderableType:
    """Return a result as what rich prints, in colours where the terminal has them."""
    from smsplan.display.text import view_table

    return view_table(view(result))


def as_line(result: object) -> str:
    """Return the line of a result that says the most, for its ``repr``."""
    from smsplan.display.text import clipped, safe

    return safe(clipped(view(result).head.rstrip(".")))


def as_html(result: object) -> str:
    """Return a result as HTML that shows itself in a notebook."""
    seen = view(result)
    return page(head(seen.head), *map(grid_html, seen.grids), listed(seen.remarks))


def grid_html(grid: Grid) -> str:
    """Return a table as HTML."""
    bars = [bar(start, share) for start, share in grid.bars]
    made = table(grid.title, grid.header, grid.rows, texts=grid.texts, bars=bars)
    return made + (f"<p>and {grid.more:,} more</p>" if grid.more else "")


def cut(rows: Sequence[Sequence[str]], most: int = MOST) -> tuple[Sequence[Sequence[str]], int]:
    """Return the first rows, and how many are left out: never a single one."""
    if len(rows) <= most + 1:
        return rows, 0
    return rows[:most], len(rows) - most


@view.register
def waterfall_view(result: Waterfall) -> View:
    """Describe a waterfall: the steps, then what they are due to."""
    steps = [step for step in result.steps if step.parts or step.cost is not None or step.rows]
    starts, shares = floating([step.parts for step in steps])
    header = ["step", "messages", "parts"] + (["cost"] if result.priced else [])
    rows = [
        [
            step.label,
            count(step.rows),
            signed(step.parts) if place else count(step.parts),
            money(step.cost),
        ]
        for place, step in enumerate(steps)
    ]
    rows.append(["the bill", count(result.messages), count(result.parts), money(result.cost)])
    grids = [
        Grid(
            title="from one part each to the bill",
            header=header,
            rows=[row[: len(header)] for row in rows],
            shares=[*shares, ends(starts, shares)],
            starts=[*starts, 0.0],
        )
    ]
    causes = [
        (step, cause, parts)
        for step in steps
        for cause, parts in zip(
            step.causes, part_texts([cause.parts for cause in step.causes]), strict=True
        )
    ]
    causes.sort(key=lambda one: -abs(one[1].parts))
    if causes:
        lines = [
            [cause_text(cause), step.label, parts, money(cause.cost)][: len(header)]
            for step, cause, parts in causes
        ]
        shown_rows, more = cut(lines)
        names = ["due to", "step", "parts", "cost"][: len(header)]
        grids.append(Grid(title="why", header=names, rows=shown_rows, texts=(0, 1), more=more))
    return View(head=total_head(result), grids=grids, remarks=[NO_SAVING] if causes else [])


def floating(parts: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return where the bar of each step begins and how long it is, of the highest total as 1."""
    totals = [0]
    for each in parts:
        totals.append(totals[-1] + each)
    whole = max(totals) or 1
    return [total / whole for total in totals[:-1]], [each / whole for each in parts]


def ends(starts: Sequence[float], shares: Sequence[float]) -> float:
    """Return where the last bar ends."""
    return starts[-1] + shares[-1] if shares else 0.0


def total_head(result: Waterfall) -> str:
    """Return the totals of a plan in one line."""
    line = f"{count(result.messages, 'message')} · {count(result.parts, 'part')}"
    return f"{line} · {money(result.cost)}" if result.priced else line


def cause_text(cause: Cause) -> str:
    """Name what parts are due to: a character where there is one, and its place."""
    if not cause.character:
        return cause.place
    return f"{named(cause.character)} in {cause.place}"


def named(character: str) -> str:
    """Return a character and its code point; of one that cannot be seen the code point alone."""
    codes = " ".join(f"U+{ord(each):04X}" for each in character)
    seen = all(symbol(each) == each for each in character)
    return f"{character} {codes}" if seen else codes


@view.register
def characters_view(result: Characters) -> View:
    """Describe the characters that force Unicode: with a replacement, and by script without."""
    if not (result.characters or result.scripts):
        return View(head="no character makes a message Unicode")
    line = f"{count(result.parts, 'part')} because of characters outside GSM"
    if result.saved_together_parts:
        line += f"; look-alikes instead would save {count(result.saved_together_parts)}"
        if result.saved_together_cost is not None:
            line += f" ({money(result.saved_together_cost)})"
    # Both tables round parts together, so that they add up to the total.
    every: list[CharacterShare | ScriptShare] = [*result.characters, *result.scripts]
    parts = part_texts([each.share_parts for each in every])
    priced = any(each.share_cost is not None for each in every)
    first = len(result.characters)
    grids = []
    if result.characters:
        grids.append(replaced_grid(result.characters, parts[:first], priced=priced))
    if result.scripts:
        shares = [float(each.share_parts / (result.parts or 1)) for each in result.scripts]
        grids.append(scripts_grid(result.scripts, parts[first:], shares, priced=priced))
    return View(head=line, grids=grids)


def replaced_grid(
    characters: Sequence[CharacterShare], parts: Sequence[str], *, priced: bool
) -> Grid:
    """Return the characters that have a look-alike; what is saved in money, or without it parts."""
    header = ["character", "name", "place", "messages", "parts", "instead", "saves alone"]
    header.append("together")
    together = part_texts([each.saved_together_parts for each in characters])
    rows = [
        [
            named(each.character) if each.code_point else each.character,
            each.name.lower(),
            each.place,
            count(each.rows),
            part,
            instead(each.replacement, each.level, each.kind),
            money(each.saved_alone_cost) if priced else count(each.saved_alone_parts),
            money(each.saved_together_cost) if priced else saved,
        ]
        for each, part, saved in zip(characters, parts, together, strict=True)
    ]
    if priced:
        header.insert(5, "cost")
        for row, each in zip(rows, characters, strict=True):
            row.insert(5, money(each.share_cost))
    shown_rows, more = cut(rows)
    title = "characters that have a look-alike"
    texts = (0, 1, 2, header.index("instead"))
    return Grid(title=title, header=header, rows=shown_rows, texts=texts, more=more)


def scripts_grid(
    scripts: Sequence[ScriptShare],
    parts: Sequence[str],
    shares: Sequence[float],
    *,
    priced: bool,
) -> Grid:
    """Return the scripts whose characters have no look-alike, each with its share of the total."""
    header = ["script", "place", "such as", "characters", "messages", "parts"]
    header += ["cost"] if priced else []
    rows = [
        [
            each.label,
            each.place,
            each.examples,
            count(each.characters),
            count(each.rows),
            part,
            money(each.share_cost),
        ][: len(header)]
        for each, part in zip(scripts, parts, strict=True)
    ]
    shown_rows, more = cut(rows)
    return Grid(
        title="characters that have none",
        header=header,
        rows=shown_rows,
        texts=(0, 1, 2),
        shares=shares[: len(shown_rows)],
        more=more,
    )


_UNSEEN = {"": "nothing", " ": "a space", "\n": "a line feed"}


def instead(replacement: str, level: str, kind: str) -> str:
    """Return what would be in the place of a character."""
    return f"{_UNSEEN.get(replacement, replacement)} ({how(level, kind)})"


@view.register
def lengths_view(result: Lengths) -> View:
    """Describe the curves: where they step, nearest to the plan first."""
    grids = [
        curve_grid("characters cut from, or added to, the text", result.template, of_template=True)
    ]
    for name, curve in result.parameters.items():
        grids.append(curve_grid(f"most characters of '{name}'", curve, of_template=False))
    defaults = [each for each in result.defaults if each.parts]
    if defaults:
        priced = any(each.cost is not None for each in defaults)
        grids.append(
            Grid(
                title="the default in place of the value, where that saves a part",
                header=["parameter", "messages", "saved parts", "saved"][: 4 if priced else 3],
                rows=[
                    [each.parameter, count(each.rows), count(each.parts), money(each.cost)][
                        : 4 if priced else 3
                    ]
                    for each in defaults
                ],
            )
        )
    first = result.sentences[0] if result.sentences else "what a shorter or longer text would cost"
    return View(head=first, grids=grids, remarks=result.sentences[1:])


def curve_grid(title: str, curve: Curve, *, of_template: bool, most: int = 6) -> Grid:
    """Return the largest steps of a curve on either side of the plan, the nearest, and the plan."""
    plan = plan_point(curve, of_template=of_template)
    points = shown_steps(curve, plan, most)
    priced = any(point.cost is not None for point in points)
    header = ["characters", "messages", "parts", "against the plan", "cost", "against the plan"]
    signs = of_template
    rows = [
        [
            "the plan"
            if point is plan and signs
            else f"{count(point.characters)} (the plan)"
            if point is plan
            else signed(point.characters)
            if signs
            else count(point.characters),
            count(point.messages),
            count(point.parts),
            NONE if point is plan else signed(point.parts - plan.parts),
            money(point.cost),
            NONE
            if point is plan or point.cost is None or plan.cost is None
            else difference(point.cost - plan.cost),
        ][: 6 if priced else 4]
        for point in points
    ]
    top = max(point.parts for point in points) or 1
    return Grid(
        title=title,
        header=header[: 6 if priced else 4],
        rows=rows,
        shares=[point.parts / top for point in points],
    )


def plan_point(curve: Curve, *, of_template: bool) -> Point:
    """Return the point that is the plan: 0 of a template, the last one of a parameter."""
    if not of_template:
        return curve.points[-1]
    return next(point for point in curve.points if point.characters == 0)


def shown_steps(curve: Curve, plan: Point, most: int) -> list[Point]:
    """Return the plan, and on either side of it the nearest step and the largest ones.

    Of the points that are alike the one nearest to the plan stands for all.
    """
    before: list[tuple[int, Point]] = []
    behind: list[tuple[int, Point]] = []
    for one, next_ in pairwise(curve.points):
        if (one.parts, one.messages) == (next_.parts, next_.messages):
            continue
        size = abs(next_.parts - one.parts)
        if one.characters < plan.characters:
            before.append((size, one))
        else:
            behind.append((size, next_))
    kept = []
    for side, nearest in ((before, before[-1:]), (behind, behind[:1])):
        largest = sorted(side, key=lambda step: -step[0])[: most - 1]
        kept += [point for _, point in {id(step[1]): step for step in nearest + largest}.values()]
    return sorted([plan, *kept], key=lambda point: point.characters)


@view.register
def comparison_view(result: Comparison) -> View:
    """Describe variants beside each other, who changes sides, and other channels."""
    grids = [variants_grid(result)]
    moved = [
        [
            each.name,
            count(moves.fewer_rows),
            count(moves.more_rows),
            count(moves.same_rows),
            row_numbers(moves.first_fewer),
            row_numbers(moves.first_more),
        ]
        for each in result.variants
        if (moves := each.moves) is not None
    ]
    if moved:
        title = f"recipients against '{result.variants[0].name}'"
        header = ["variant", "fewer parts", "more parts", "the same"]
        header += ["first rows with fewer", "first rows with more"]
        grids.append(Grid(title=title, header=header, rows=moved, texts=(0, 4, 5)))
    uses = [
        [
            each.name,
            use.alternative,
            money(use.price),
            count(use.messages),
            money(use.cost_sms),
            money(use.cost_alternative),
            money(use.saved),
        ]
        for each in result.variants
        for use in each.alternatives
    ]
    if uses:
        title = "where another channel is cheaper"
        header = ["variant", "instead", "price", "messages", "as SMS", "instead", "saved"]
        grids.append(Grid(title=title, header=header, rows=uses, texts=(0, 1)))
    return View(head=comparison_head(result), grids=grids)


def variants_grid(result: Comparison) -> Grid:
    """Return the totals of the variants, and how they differ from those of the first."""
    first = result.variants[0]
    header = ["variant", "messages", "parts", "against the first", "Unicode"]
    header += ["cost", "against the first"] if result.priced else []
    rows = []
    for each in result.variants:
        unicode = each.summary.encodings.get("UNICODE")
        rows.append(
            [
                each.name,
                count(each.summary.messages),
                count(each.summary.parts),
                NONE if each is first else signed(each.parts_difference),
                count(unicode.messages if unicode else 0),
                money(each.summary.cost),
                NONE if each is first else difference(each.cost_difference),
            ][: len(header)]
        )
    top = max(each.summary.parts for each in result.variants) or 1
    shares = [each.summary.parts / top for each in result.variants]
    return Grid(title="variants", header=header, rows=rows, shares=shares)


def comparison_head(result: Comparison) -> str:
    """Say which variant is the cheapest, or which are equal."""
    *others, last = [f"'{each.name}'" for each in result.equal]
    least = "cost least" if result.by_cost else "take the fewest parts"
    if not others:
        return f"{last} {'costs least' if result.by_cost else 'takes the fewest parts'}"
    if len(result.equal) == len(result.variants):
        least = "cost the same" if result.by_cost else "take the same number of parts"
    return f"{', '.join(others)} and {last} are equal: they {least}"


def row_numbers(rows: Sequence[int]) -> str:
    """Return the numbers of rows."""
    return ", ".join(f"{row:,}" for row in rows) or NONE


@view.register
def assumptions_view(result: Assumptions) -> View:
    """Describe the open questions: the plan under every value, and the dry run that decides."""
    remarks = [
        f"{question.switch}: a free dry run decides it: "
        f"{json.dumps(question.dry_run, ensure_ascii=False)}"
        + "".join(f"; {value}: {expected}" for value, expected in question.expected.items())
        for question in result.questions
    ]
    remarks += [
        f"{question.switch}: {shown(answer.value)}: refused, {answer.refused}"
        for question in result.questions
        for answer in question.answers
        if answer.refused
    ]
    return View(head=result.sentence, grids=assumptions_grids(result), remarks=remarks)


def assumptions_grids(result: Assumptions) -> list[Grid]:
    """Return a table for each open question."""
    grids = []
    for question in result.questions:
        header = ["value", "messages", "parts", "against the plan", "a dry run counts"]
        header += ["cost", "against the plan"] if result.priced else []
        grids.append(
            Grid(
                title=f"{question.switch}: {question.text} ({count(question.rows, 'row')})",
                header=header,
                rows=[answer_row(question, answer)[: len(header)] for answer in question.answers],
                texts=(0,),
            )
        )
    return grids


def answer_row(question: Question, answer: Answer) -> list[str]:
    """Return what a plan would be under one value of a switch."""
    value, first = shown(answer.value), question.answers[0]
    if answer is first:
        value += " (assumed)"
    if answer.refused:
        return [f"{value}: refused", *[NONE] * 6]
    return [
        value,
        count(answer.messages),
        count(answer.parts),
        NONE if answer is first else signed(answer.parts - first.parts),
        f"{answer.dry_run_recipients:,} / {answer.dry_run_messages:,}",
        money(answer.cost),
        NONE if answer is first else difference(answer.cost - first.cost),
    ]


@view.register
def estimate_view(result: Estimate) -> View:
    """Describe an estimate: between what its figures lie, and how sure that is."""
    if result.is_exact:
        return View(head=result.head, remarks=result.notes)
    rows = [
        [name, *(f"{end:,}" for end in (each.low, each.expected, each.high))]
        for name, each in (("messages", result.messages), ("parts", result.parts))
    ]
    rows += [
        [
            f"cost in {currency}",
            *(amount_text(currency, end) for end in (each.low, each.expected, each.high)),
        ]
        for currency, each in result.cost.items()
    ]
    grid = Grid(title="estimated", header=["", "at least", "expected", "at most"], rows=rows)
    return View(head=result.head, grids=[grid], remarks=result.notes)


@view.register
def audit_view(result: Audit) -> View:
    """Describe what is wrong with recipients, and what it wastes."""
    if not result.lines:
        return View(head=f"{count(result.rows, 'row')}, nothing to remark")
    line = f"{count(result.rows, 'row')}, {count(len(result.lines), 'kind')} of remarks"
    totals = {"wasted": result.wasted, "in doubt": result.in_doubt, "saved": result.saved}
    told = {name: total for name, total in totals.items() if total is not None and total.high}
    line += "".join(f"; {money(total)} {name}" for name, total in told.items())
    header = ["kind", "rows", "sent", "parts", *(["cost", *told] if result.priced else [])]
    rows = [
        [
            each.kind.replace("_", " "),
            count(each.rows),
            count(each.messages),
            count(each.parts),
            *([money(each.cost)] if result.priced else []),
            *(money(getattr(each, name.replace(" ", "_"))) for name in told),
            row_numbers(each.first_rows),
        ]
        for each in result.lines
    ]
    header.append("first rows")
    most = max(each.rows for each in result.lines) or 1
    return View(
        head=line,
        grids=[
            Grid(
                title="recipients to look at",
                header=header,
                rows=rows,
                texts=(0, len(header) - 1),
                shares=[each.rows / most for each in result.lines],
            )
        ],
        remarks=[each.sentence for each in result.lines],
    )
