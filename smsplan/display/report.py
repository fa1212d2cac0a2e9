"""One page about a plan that is forwarded to somebody without Python.

Self-contained: style and scripts are in the page, a strict policy allows these scripts by their
hashes and no other, and nothing is fetched. What recipients wrote stands in texts, escaped, never
in a script or an attribute that acts. Numbers and values are masked unless asked for.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from smsplan.display.blocks import key_html, parts_html
from smsplan.display.charts import range_bars, step_chart, units_chart
from smsplan.display.figures import NONE, count, difference, money, percent, signed
from smsplan.display.grids import Grid
from smsplan.display.markup import bar, foreign, sentence, shown, style, table
from smsplan.display.masking import (
    masked_characters,
    masked_sentence,
    masked_waterfall,
    masker,
)
from smsplan.display.playground import (
    component_html,
    component_script,
    component_style,
    source_hash,
)
from smsplan.display.views import (
    curve_grid,
    named,
    plan_point,
    view,
)
from smsplan.encoding import Segmentation, segment
from smsplan.errors import InputError, Note, Problem, SmsplanError
from smsplan.insight.heaviest import RankedMessage, heaviest
from smsplan.insight.list_audit import WASTED
from smsplan.numbers import masked_number
from smsplan.outputs import check_target, whole_file
from smsplan.ratecards import Cost
from smsplan.templates import Template
from smsplan.templates.opt_out import opt_out_at
from smsplan.totals.common_characters import common_characters
from smsplan.totals.length_counts import Units, units
from smsplan.whatif.open_questions import shown as value_text

if TYPE_CHECKING:
    from smsplan.insight.assumptions import Assumptions
    from smsplan.insight.characters import Characters
    from smsplan.insight.lengths import Lengths
    from smsplan.insight.list_audit import Audit
    from smsplan.insight.waterfall import Waterfall
    from smsplan.planning.plans import Plan
from smsplan.api.profiles import Profile

T = TypeVar("T")
# So many rows are looked at for so many texts that differ.
HEAVIEST, DRAWN_TEXTS = 60, 6
CHOICES = 6
PARAMETERS = 6
PHONES = 3
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the page shows: a plan, and what insight says of it (text: why it does not)."""

    plan: Plan
    title: str
    made: date
    # The characters of values that may be shown; None: all.
    common: frozenset[str] | None
    units: Units
    first: RankedMessage | None
    heaviest: tuple[RankedMessage, ...]
    waterfall: Waterfall | str
    characters: Characters | str
    lengths: Lengths | str
    assumptions: Assumptions | str
    audit: Audit | str


def write_report(
    plan: Plan,
    path: str | os.PathLike[str],
    *,
    show_recipients: bool = False,
    title: str | None = None,
    made: date | None = None,
) -> None:
    """Write a plan's page, whole or not at all: :meth:`Plan.report`."""
    if Path(path).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"report '{path}' is a page; give it a name that ends with .html")
    check_target(path)
    page = report_html(content_of(plan, show_recipients=show_recipients, title=title, made=made))
    with whole_file(path, private=show_recipients) as file:
        file.write(page.encode("utf-8"))


def content_of(
    plan: Plan, *, show_recipients: bool = False, title: str | None = None, made: date | None = None
) -> Content:
    """Compute what the page shows. What cannot be said of a plan is left out, with the reason."""
    planned = plan._planned()
    common = None if show_recipients else common_characters(planned)
    mask = None if common is None else masker(plan.settings.profile.languages, common=common)
    first, most = heaviest(planned, HEAVIEST, mask)
    return Content(
        plan=plan,
        title=title or "SMS plan",
        made=made or date.today(),
        units=units(planned),
        first=first,
        heaviest=most,
        common=common,
        waterfall=_asked(
            lambda: plan.explain() if common is None else masked_waterfall(plan.explain(), common)
        ),
        characters=_asked(
            lambda: (
                plan.characters()
                if common is None
                else masked_characters(plan.characters(), common)
            )
        ),
        lengths=_asked(plan.by_length),
        assumptions=_asked(plan.assumptions),
        audit=_asked(plan.audit),
    )


def _asked(question: Callable[[], T]) -> T | str:
    try:
        return question()
    except SmsplanError as error:
        return str(error)


def report_html(content: Content) -> str:
    """Return the page."""
    sections = [
        ("cheaper", "What would make it cheaper", _cheaper(content)),
        ("message", "The message", _phones(content)),
        ("why", "Where the parts come from", _waterfall(content)),
        ("countries", "Countries", _countries(content)),
        ("long", "How long the messages are", _units(content)),
        ("characters", "Characters", _view(content.characters, "characters")),
        ("length", "A shorter or a longer text", _lengths(content)),
        ("heaviest", "The most expensive messages", _heaviest(content)),
        ("try", "Try a text", _try(content)),
        ("problems", "Not sent, and to look at", _problems(content)),
        ("assumptions", "What is assumed", _assumptions(content)),
        ("audit", "The list of recipients", _view(content.audit, "audit")),
        ("prices", "Prices", _prices(content)),
        ("glossary", "Glossary", _glossary()),
    ]
    kept = [(name, title, html) for name, title, html in sections if html]
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title, _ in kept)
    body = "".join(
        f'<section id="{name}" class="{name}"><h2>{title}</h2>{html}</section>'
        for name, title, html in kept
    )
    scripts = [Path(__file__).with_name("report.js").read_text(encoding="utf-8")]
    scripts.append(component_script())
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        f"form-action 'none'; script-src {' '.join(map(source_hash, scripts))}"
    )
    styles = style("notebook.css") + style("report.css") + component_style()
    # The policy stands before everything that it is about.
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(_unmarked(content.title))}</title>"
        f"<style>{styles}</style></head>"
        f'<body><main class="report smsplan"><header><h1>{foreign(content.title)}</h1>'
        f'<p class="lead">{_sentence(content)}</p>{_masked(content)}</header>'
        f'<nav aria-label="Contents">{links}</nav>{body}<footer>{_footer(content)}</footer></main>'
        f"{''.join(f'<script>{script}</script>' for script in scripts)}</body></html>\n"
    )


def _unmarked(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)[:200]


# --- the sentence ---------------------------------------------------------------------------------


def _sentence(content: Content) -> str:
    """Say it in one: people, people left out, parts, cost, prices, day."""
    summary = content.plan.summary
    people = "<b>1 person</b> gets"
    if summary.messages != 1:
        people = f"<b>{count(summary.messages)} people</b> get"
    out = summary.rows - summary.messages
    left = (
        "nobody is left out"
        if not out
        else (
            "<b>1 row</b> of the list is left out"
            if out == 1
            else f"<b>{count(out)} rows</b> of the list are left out"
        )
    )
    cost = "what it costs is not known, because no prices were given"
    if summary.priced:
        verb = "costs" if not summary.cost.high or summary.cost.is_exact else "costs between"
        said = str(summary.cost)
        if verb != "costs":
            said = said.replace(" to ", " and ", 1)
        cost = f"{verb} <b>{escape(said)}</b> {_by_prices(content)}"
        if not summary.messages:
            cost = f"costs <b>{escape(said)}</b>, because nothing is sent"
        elif not summary.cost.high:
            cost = "what it costs is not known: the rate card has no price for these numbers"
    return (
        f"{people} this message and {left}; it goes out as "
        f"<b>{count(summary.parts, 'part')}</b> and {cost} "
        f"(worked out on {day_text(content.made)})."
    )


def _by_prices(content: Content) -> str:
    terms = content.plan.terms
    if terms is None:
        return "by prices that were not kept"
    sources, days = _sources(content.plan)
    by = "by prices"
    if sources:
        more = f" and {len(sources) - 1} other sources" if len(sources) > 1 else ""
        by += f" of {foreign(sources[0])}{more}"
    else:
        by += " of a rate card that names no source"
    if days:
        valid = day_text(days[-1])
        by += f", valid from {valid}" if len(days) == 1 else f", valid from {valid} at the latest"
    else:
        by += ", without a date"
    return by


def _sources(plan: Plan) -> tuple[list[str], list[date]]:
    """Return the sources of the prices, the commonest first, and the days from which they hold."""
    if plan.terms is None:
        return [], []
    times: dict[str, int] = {}
    days = set()
    for rate in plan.terms.card.rates:
        if rate.source:
            times[rate.source] = times.get(rate.source, 0) + 1
        if rate.valid_from is not None:
            days.add(rate.valid_from)
    return sorted(times, key=lambda source: -times[source]), sorted(days)


def day_text(day: date) -> str:
    """Return a day as people write it, whatever the locale.

    >>> day_text(date(2026, 4, 1))
    '1 April 2026'
    """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _masked(content: Content) -> str:
    if content.common is None:
        return (
            '<p class="masked">This page shows numbers and values of recipients. Pass it on to '
            "nobody who may not see them.</p>"
        )
    return (
        '<p class="masked">Numbers and values of recipients are masked: a number is its country '
        "and its last two digits, a letter of a value is x, a digit 0. Characters that cost more "
        "are shown where five people or more have them; each other one is ◆, and so is each of a "
        "value that is made of them.</p>"
    )


# --- what would make it cheaper -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to change, and what it saves alone; ``renames``: people get another name."""

    html: str
    parts: int
    cost: Cost | None
    renames: bool = False


def choices(content: Content) -> list[Choice]:
    """Return what saves most, each for itself, the best first; what renames people comes last."""
    found = [*_character_choices(content), *_length_choices(content), *_audit_choices(content)]
    priced = content.plan.summary.priced
    main = content.plan.cost.currency or ""

    def worth(choice: Choice) -> tuple[Fraction, int]:
        amounts = {} if choice.cost is None else choice.cost.expected
        return (amounts.get(main, Fraction(0)) if priced else Fraction(0), choice.parts)

    found = [choice for choice in found if worth(choice) > (0, 0)]
    return sorted(found, key=lambda one: (not one.renames, *worth(one)), reverse=True)[:CHOICES]


def _character_choices(content: Content) -> Iterable[Choice]:
    found = content.characters
    if isinstance(found, str):
        return
    in_text = [each for each in found.characters if each.place == "template"]
    for each in in_text[:3]:
        instead = "leave it out" if not each.replacement else f"write {shown(each.replacement)}"
        yield Choice(
            f"In the text, {instead if each.replacement else 'leave out'} "
            f"{'instead of ' if each.replacement else ''}{sentence(named(each.character))} "
            f"({escape(each.name.lower())})",
            each.saved_alone_parts,
            each.saved_alone_cost,
        )
    if found.saved_together_parts and (len(in_text) > 1 or len(found.characters) > len(in_text)):
        yield Choice(
            "Replace every look-alike, in the text and in the values "
            f"({count(len(found.characters), 'character')}; the section on characters lists them)",
            found.saved_together_parts,
            found.saved_together_cost,
        )


def _length_choices(content: Content) -> Iterable[Choice]:
    found = content.lengths
    if isinstance(found, str):
        return
    plan = plan_point(found.template, of_template=True)
    settings = content.plan.settings
    bodies = settings.message.templates.values()
    keeping = ""
    if any(opt_out_at(body.body) is not None for body in bodies):
        keeping = ", and leave the opt-out as it is"
    shorter = [point for point in found.template.points if -40 <= point.characters < 0]
    shorter.reverse()
    offered: list[int] = []
    for within in (10, 40):
        # The fewest characters that save as much as any number within reach.
        some = [point for point in shorter if -point.characters <= within]
        least = min((point.parts for point in some), default=plan.parts)
        point = next((each for each in some if each.parts == least < plan.parts), None)
        if point is not None and point.characters not in offered:
            offered.append(point.characters)
            yield Choice(
                f"Cut {count(-point.characters, 'character')} from the text{keeping}",
                plan.parts - point.parts,
                _less(plan.cost, point.cost),
            )
    for limit in found.limits:
        yield Choice(
            f"Cut values of {foreign(limit.parameter)} to {count(limit.characters, 'character')}, "
            f"which cuts {count(limit.values, 'value')}",
            limit.parts,
            limit.cost,
        )
    for each in found.defaults[:2]:
        yield Choice(
            f"Write {foreign(settings.message.defaults[each.parameter])} instead of "
            f"{foreign(each.parameter)} in the {count(each.rows, 'message')} where that saves a "
            "part",
            each.parts,
            each.cost,
            renames=True,
        )


def _less(before: Cost | None, after: Cost | None) -> Cost | None:
    return None if before is None or after is None else before - after


def _audit_choices(content: Content) -> Iterable[Choice]:
    found = content.audit
    if isinstance(found, str):
        return
    for each in found.lines:
        if each.messages and each.kind in WASTED:
            yield Choice(f"Clean the list: {foreign(each.sentence)}", each.parts, each.cost)


def _cheaper(content: Content) -> str:
    found = choices(content)
    if not found:
        return "<p>Nothing was found that would save a part.</p>"
    lines = []
    for choice in found:
        saved = money(choice.cost) if choice.cost is not None and choice.cost.high else ""
        parts = count(choice.parts, "part")
        worth = f"{escape(saved)} less<small>{parts} less</small>" if saved else f"{parts} less"
        lines.append(f'<li><span>{choice.html}</span><span class="worth">{worth}</span></li>')
    return (
        f'<ol class="choices">{"".join(lines)}</ol>'
        '<p class="dim">Each is counted alone; what they save together is not their sum.</p>'
    )


# --- the message ----------------------------------------------------------------------------------


def _phones(content: Content) -> str:
    settings = content.plan.settings
    bodies = settings.message.templates
    several = settings.message.body_by is not None
    drawn = []
    for value, template in list(bodies.items())[:PHONES]:
        example = content.first
        values = {} if example is None else example.values
        filled = {
            key: settings.message.defaults[key]
            if key in settings.message.defaults
            else values.get(key)
            for key in template.parameters
        }
        drawn.append(_phone(template, filled, value if several else "", content))
    more = len(bodies) - PHONES
    rest = f"<p>and {count(more)} more texts</p>" if more > 0 else ""
    marks = []
    if any(template.parameters for template in bodies.values()):
        marks.append("dashed: from the list, here as an example")
    marks.append("a number in a ring: the part that begins there")
    return f'<div class="phones">{"".join(drawn)}</div>{rest}<p class="dim">{"; ".join(marks)}.</p>'


def _phone(
    template: Template, values: Mapping[str, str | None], choice: str, content: Content
) -> str:
    text, inside = "", []
    for place, piece in enumerate(template.pieces):
        if place % 2:
            filled = values.get(piece)
            piece = "${" + piece + "}" if filled is None else filled
        text += piece
        inside += [place % 2 == 1] * len(piece)
    made = drawable(text, content.plan.settings.profile)
    starts: set[int] = set()
    if made is not None and made.number_of_parts > 1:
        at = 0
        for part in made.parts:
            starts.add(at)
            at += len(part.text)
    out, part_number, open_ = "", 0, False
    most = 2000
    for at, character in enumerate(text[:most]):
        if inside[at] != open_:
            out += '<span class="value">' if inside[at] else "</span>"
            open_ = inside[at]
        if at in starts:
            part_number += 1
            ring = f'<span class="cut" title="part {part_number} begins">{part_number}</span>'
            out += f'</span>{ring}<span class="value">' if open_ else ring
        out += "\n" if character == "\n" else shown(character)
    out += "</span>" if open_ else ""
    if len(text) > most:
        out += f" … {count(len(text) - most, 'more character')}"
    sender = content.plan.settings.message.from_
    head = foreign(sender) if sender else "your sender"
    if choice:
        head += f" · {foreign(choice)}"
    takes = (
        ""
        if made is None
        else (
            f"{made.encoding}, {count(made.number_of_parts, 'part')}, {count(made.units)} "
            f"{'septets' if made.encoding == 'GSM' else 'code units'}"
        )
    )
    return (
        f'<div class="phone"><p class="from">{head}</p>'
        f'<p class="bubble" dir="auto">{out}</p><p class="takes">{takes}</p></div>'
    )


def drawable(text: str, profile: Profile) -> Segmentation | None:
    """Return a text in parts by the rules of a profile; None where it cannot be drawn."""
    given: dict[str, Any] = {
        "reference_bits": profile.reference_bits,
        "languages": profile.languages,
    }
    try:
        made = segment(text, boundary=profile.gsm_boundary, **given)
        if made.encoding == "UNICODE" and profile.unicode_boundary != profile.gsm_boundary:
            made = segment(text, boundary=profile.unicode_boundary, **given)
        assert made.parts, "dense cuts may have none, and say so"
    except SmsplanError:
        try:
            return segment(text, **given)
        except SmsplanError:
            return None
    return made


# --- sections -------------------------------------------------------------------------------------


def _grid(grid: Grid, name: str) -> str:
    bars = [bar(start, share) for start, share in grid.bars]
    made = table(grid.title, grid.header, grid.rows, texts=grid.texts, bars=bars)
    return _framed(made, name) + (f"<p>and {count(grid.more)} more</p>" if grid.more else "")


def _framed(made: str, name: str) -> str:
    """Return a table that can be sorted, saved, and scrolled where the page is narrow."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    label = slug.replace("-", " ")
    made = made.replace('<table class="sp">', f'<table class="sp" data-name="{slug}">', 1)
    return f'<div class="wide" role="region" aria-label="table: {label}" tabindex="0">{made}</div>'


def _view(result: object | str, name: str) -> str:
    if isinstance(result, str):
        return _not_said(result)
    seen = view(result)
    grids = "".join(_grid(grid, f"{name}-{number}") for number, grid in enumerate(seen.grids, 1))
    remarks = "".join(f"<li>{sentence(line)}</li>" for line in seen.remarks)
    return f"<p>{sentence(seen.head)}.</p>{grids}" + (f"<ul>{remarks}</ul>" if remarks else "")


def _not_said(why: str) -> str:
    return f'<p class="dim">Cannot be said of this plan: {sentence(why)}</p>'


def _waterfall(content: Content) -> str:
    result = content.waterfall
    if isinstance(result, str):
        return _not_said(result)
    intro = (
        "<p>If every message fitted into one part of plain characters, it would be the first line. "
        "Each line below adds what one reason costs; outlined bars save.</p>"
    )
    grids = view(result).grids
    return intro + "".join(_grid(grid, f"waterfall-{n}") for n, grid in enumerate(grids, 1))


def _countries(content: Content) -> str:
    summary = content.plan.summary
    if not summary.messages:
        return ""
    priced = summary.priced
    header = ["country", "messages", "share", "parts"] + (["cost"] if priced else [])
    rows, ends = [], []
    # Of several currencies no bar is as long as another; parts are one unit.
    main = summary.cost.currency
    for country, each in summary.countries.items():
        rows.append(
            [
                country or "unknown",
                count(each.messages),
                percent(each.messages, summary.messages),
                count(each.parts),
                money(each.cost),
            ][: len(header)]
        )
        if priced and main is not None:
            cost = each.cost
            ends.append(
                (
                    float(cost.low.get(main, 0)),
                    float(cost.expected.get(main, 0)),
                    float(cost.high.get(main, 0)),
                )
            )
        else:
            ends.append((float(each.parts),) * 3)
    bars = [bar(0.0, middle, low=low, high=high) for low, middle, high in range_bars(ends)]
    made = _framed(table("by country", header, rows, bars=bars), "countries")
    ranged = any(low < high for low, _, high in ends)
    note = "<p class='dim'>Thin lines go from the lowest to the highest cost.</p>" if ranged else ""
    lines = ""
    if summary.lines:
        lines = _framed(
            table(
                "in the total beside the messages",
                ["what", "cost"],
                [[line.text, money(line.cost)] for line in summary.lines],
            ),
            "beside",
        )
    return made + note + lines


def _units(content: Content) -> str:
    if not content.units:
        return ""
    summary = content.plan.summary
    charts = units_chart(content.units, content.plan.settings.profile.reference_bits)
    priced = summary.priced
    header = ["parts per message", "messages", "share", "parts"] + (["cost"] if priced else [])
    rows = [
        [
            str(parts),
            count(each.messages),
            percent(each.messages, summary.messages),
            count(each.parts),
            money(each.cost),
        ][: len(header)]
        for parts, each in summary.lengths.items()
    ]
    most = max(each.messages for each in summary.lengths.values())
    bars = [bar(0.0, each.messages / most) for each in summary.lengths.values()]
    return charts + _framed(table("by number of parts", header, rows, bars=bars), "parts")


def _lengths(content: Content) -> str:
    result = content.lengths
    if isinstance(result, str):
        return _not_said(result)
    plan = plan_point(result.template, of_template=True)
    sentences = "".join(f"<li>{sentence(line)}</li>" for line in result.sentences)
    out = f"<ul>{sentences}</ul>" if sentences else ""
    out += step_chart(
        result.template,
        plan,
        "Parts by characters cut from (−) or added to (+) the text",
        signs=True,
    )
    out += _grid(
        curve_grid("characters cut from, or added to, the text", result.template, of_template=True),
        "length",
    )
    for name, curve in list(result.parameters.items())[:PARAMETERS]:
        most = f"most characters of '{name}'"
        end = plan_point(curve, of_template=False)
        out += f"<h3>Shorter values of {foreign(name)}</h3>"
        out += step_chart(curve, end, f"Parts by the {most}", signs=False)
        out += _grid(curve_grid(most, curve, of_template=False), f"length-of-{name}")
    more = len(result.parameters) - PARAMETERS
    return out + (f"<p>and {count(more, 'more parameter')}</p>" if more > 0 else "")


def _heaviest(content: Content) -> str:
    if not content.heaviest:
        return ""
    out, drawn = [], []
    alike: dict[str, list[RankedMessage]] = {}
    for each in content.heaviest:
        alike.setdefault(each.body, []).append(each)
    for each, *others in list(alike.values())[:DRAWN_TEXTS]:
        made = drawable(each.body, content.plan.settings.profile)
        who = (
            masked_number(each.recipient, each.country)
            if content.common is not None
            else f"{each.recipient}{f' ({each.country})' if each.country else ''}"
        )
        cost = f" · {money(each.cost)}" if each.cost is not None else ""
        note = "" if each.alike else " · the text is masked, the figures are of the real one"
        if others:
            rows = ", ".join(count(other.row) for other in others[:5])
            note += f" · the same in row{'' if len(others) == 1 else 's'} {rows}"
            note += " and others" if len(others) > 5 else ""
        shape = "" if made is None else parts_html(made)
        if made is not None:
            drawn.append(made)
        out.append(
            f'<div class="message"><p class="what"><b>{count(each.parts, "part")}</b>{cost} · row '
            f"{count(each.row)} · {foreign(who)} · {each.encoding}, {count(each.units)} units"
            f"{note}</p>{shape}</div>"
        )
    return "".join(out) + key_html(drawn)


def _try(content: Content) -> str:
    """A box that counts what one types; it begins with the text of the plan, not of a recipient."""
    text = content.plan.settings.message.template.body
    return (
        "<p>What one types is counted as one types it, by the rules of the standard. Nothing of it "
        f"leaves this page.</p>{component_html(text, heading=3)}"
    )


def _problems(content: Content) -> str:
    summary = content.plan.summary
    out = ""
    if summary.problems:
        rows = [
            [name.replace("_", " "), count(number), Problem(name).sentence]
            for name, number in summary.problems.items()
        ]
        out += _framed(
            table("rows that are not sent", ["problem", "rows", "why"], rows, texts=(0, 2)),
            "problems",
        )
    if summary.notes:
        rows = [
            [name.replace("_", " "), count(number), Note(name).sentence]
            for name, number in summary.notes.items()
        ]
        out += _framed(
            table(
                "rows that are sent, with a remark",
                ["remark", "rows", "what it means"],
                rows,
                texts=(0, 2),
            ),
            "remarks",
        )
    lines = [
        finding.sentence if content.common is None else masked_sentence(finding, content.common)
        for finding in summary.findings
    ]
    lines += [warning for warning in content.plan.warnings if warning not in lines]
    if lines:
        out += f"<ul>{''.join(f'<li>{sentence(line)}</li>' for line in lines)}</ul>"
    return out or "<p>Every row is sent, and there is nothing to remark.</p>"


def _assumptions(content: Content) -> str:
    result = content.assumptions
    if isinstance(result, str):
        return _not_said(result)
    out = f"<p>{sentence(result.sentence)}</p>"
    if not result.questions:
        return out
    header = ["question", "assumed", "if instead", "parts"] + (["cost"] if result.priced else [])
    rows, requests = [], []
    for question in result.questions:
        own, *others = question.answers
        for each in others:
            changes = [signed(each.parts - own.parts), difference(each.cost - own.cost)]
            rows.append(
                [
                    question.text,
                    value_text(own.value),
                    value_text(each.value),
                    *(["refused", NONE] if each.refused else changes),
                ][: len(header)]
            )
        # Made up by us: no request of a recipient's.
        request = json.dumps(question.dry_run, ensure_ascii=False)
        answers = "".join(
            f"<br>{foreign(str(value))}: {foreign(answer, most=400)}"
            for value, answer in question.expected.items()
        )
        requests.append(
            f"<li>{foreign(question.switch)}: <code>{foreign(request, most=1000)}</code>"
            f"{answers}</li>"
        )
    out += _framed(table("what would change", header, rows, texts=(0, 1, 2)), "assumptions")
    return (
        f"{out}<details><summary>Free dry runs that decide them</summary>"
        f"<ul>{''.join(requests)}</ul></details>"
    )


def _prices(content: Content) -> str:
    terms = content.plan.terms
    if terms is None:
        return ""
    sources, days = _sources(content.plan)
    listed = "; ".join(foreign(source) for source in sources[:5]) or "none named"
    valid = ", ".join(day_text(day) for day in days[-3:]) or "no date in the rate card"
    remarks = "".join(f"<li>{sentence(remark)}</li>" for remark in terms.remarks)
    cost = content.plan.cost
    basis = ""
    if not cost.is_exact:
        basis = (
            "<p>No number tells its operator, so the cost lies between the cheapest and the most "
            "expensive one that the rate card has.</p>"
        )
    return (
        f"<p>{count(len(terms.card.rates), 'price')} in {escape(', '.join(terms.currencies))}. "
        f"Source: {listed}. Valid from: {valid}. Nothing is rounded on the way to a total.</p>"
        f"{basis}" + (f"<ul>{remarks}</ul>" if remarks else "")
    )


_WORDS = {
    "Template": "The text with its parameters, as it is written once for all.",
    "Message": "What one person gets. A long one goes out as several parts.",
    "Part": "What is billed. One part holds 160 characters of GSM, or 70 of Unicode; of several "
    "parts each holds 153, or 67.",
    "GSM": "The usual encoding of text messages: Latin letters, digits, common signs.",
    "Unicode": "The encoding of everything else. One character outside GSM makes a whole message "
    "Unicode, and its parts hold less than half.",
    "Extension character": "One of ^ { } \\ [ ~ ] | and €: GSM, but it takes the room of two.",
    "Parameter": "A place in the text that is filled from the list for each person.",
    "Default": "What stands there for people without a value.",
    "Look-alike": "A character outside GSM that has a near one within, such as a curly quote.",
    "Dry run": "A free question to the provider: how many parts would this be? Nothing is sent.",
    "Expected cost": "Where prices differ by operator: the cost by the known or assumed shares of "
    "operators, between the lowest and the highest.",
}


def _glossary() -> str:
    return f"<dl>{''.join(f'<dt>{word}</dt><dd>{text}</dd>' for word, text in _WORDS.items())}</dl>"


def _footer(content: Content) -> str:
    from smsplan.version import VERSION

    return (
        f"Made by smsplan {VERSION} on {day_text(content.made)}. Nothing was sent, and this "
        "page asks no network. Parts and cost are computed, not billed: delivery, operators and "
        "provider settings are known to the provider alone."
    )
