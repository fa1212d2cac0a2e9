"""Charts of the report: drawn as SVG that stretches, with words beside it that do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from smsplan.display.figures import count, signed
from smsplan.encoding import Encoding, part_capacity
from smsplan.insight.lengths import Curve, Point
from smsplan.totals.length_counts import Units

# How far from the plan a curve is drawn, and the most bars of a distribution.
REACH = 160
BARS = 120


def step_chart(curve: Curve, plan: Point, what: str, *, signs: bool) -> str:
    """Draw parts against characters: a line of steps, the plan marked."""
    points = [each for each in curve.points if abs(each.characters - plan.characters) <= REACH]
    first, last = points[0].characters, points[-1].characters
    across = max(last - first, 1)
    parts = [point.parts for point in points]
    low, high = min(parts), max(parts)
    # From zero, unless the steps could not be seen then.
    base = 0 if (high - low) * 8 > high else max(low - (high - low) // 4 - 1, 0)
    up = max(high - base, 1)

    def x(characters: int) -> float:
        return (characters - first) / across * 1000

    def y(parts: int) -> float:
        return 200 - (parts - base) / up * 190

    path = f"M0 {y(points[0].parts):.1f}"
    for before, point in pairwise(points):
        if point.parts != before.parts:
            path += f"H{x(point.characters):.1f}V{y(point.parts):.1f}"
    path += "H1000"
    at = x(plan.characters)
    ticks = [(first, "start"), (last, "end")]
    if 0.12 < at / 1000 < 0.88:
        ticks.insert(1, (plan.characters, "middle"))
    shown = signed if signs else count
    labels = "".join(
        f'<span class="tick {side}" style="left:{x(characters) / 10:.1f}%">'
        f"{shown(characters)}{' (the plan)' if characters == plan.characters else ''}</span>"
        for characters, side in ticks
    )
    svg = (
        '<svg class="plot" viewBox="0 0 1000 200" preserveAspectRatio="none" aria-hidden="true">'
        f'<line class="now" x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="200"/>'
        f'<path class="area" d="{path}V200H0Z"/><path class="steps" d="{path}"/></svg>'
    )
    alternative = (
        f"{what}: {count(points[0].parts)} parts at {shown(first)} characters, "
        f"{count(plan.parts)} in the plan, {count(points[-1].parts)} at {shown(last)}"
    )
    return figure(
        svg,
        f'<span class="top">{count(high, "part")}</span>',
        labels,
        alternative,
        bottom=count(base),
    )


def units_chart(found: Units, reference_bits: int) -> str:
    """Draw how many messages have how many units, a chart for each encoding."""
    return "".join(
        _units(Encoding(encoding), counts, reference_bits) for encoding, counts in found.items()
    )


def _units(encoding: Encoding, counts: Mapping[int, int], bits: int) -> str:
    one, more = (part_capacity(encoding, parts=parts, reference_bits=bits) for parts in (1, 2))
    longest = max(counts)
    bounds = [one]
    while bounds[-1] < longest:
        bounds.append(more * (len(bounds) + 1))
    end = bounds[-1]
    width = -(-end // BARS)
    heights: dict[int, int] = {}
    for length, messages in counts.items():
        place = min(max(length - 1, 0), end - 1) // width
        heights[place] = heights.get(place, 0) + messages
    top = max(heights.values())
    bars = "".join(
        f'<rect x="{place * width / end * 1000:.1f}" y="{200 - 190 * height / top:.1f}" '
        f'width="{max(width / end * 1000 - 0.6, 0.6):.1f}" height="{190 * height / top:.1f}"/>'
        for place, height in sorted(heights.items())
    )
    lines = "".join(
        f'<line class="now" x1="{bound / end * 1000:.1f}" x2="{bound / end * 1000:.1f}" '
        'y1="0" y2="200"/>'
        for bound in bounds[:-1]
    )
    shown = bounds if len(bounds) <= 6 else [bounds[0], bounds[len(bounds) // 2], bounds[-1]]
    labels = "".join(
        f'<span class="tick {"end" if bound / end > 0.9 else "middle"}" '
        f'style="left:{bound / end * 100:.1f}%">{bound:,}</span>'
        for bound in shown
    )
    unit = "septets" if encoding is Encoding.GSM else "code units"
    messages = sum(counts.values())
    several = sum(each for length, each in counts.items() if length > one)
    words = (
        f"{encoding}: {count(messages, 'message')}, {count(several)} of them longer than the "
        f"{one} {unit} of one part; lines are where another part begins"
    )
    svg = (
        '<svg class="plot" viewBox="0 0 1000 200" preserveAspectRatio="none" aria-hidden="true">'
        f"{bars}{lines}</svg>"
    )
    return figure(svg, f'<span class="top">{count(top)}</span>', labels, words, bottom="0")


def figure(svg: str, top: str, labels: str, words: str, *, bottom: str = "") -> str:
    """Return a chart with the words that say the same."""
    return (
        f'<figure class="chart"><figcaption>{escape(words)}</figcaption><div class="frame">'
        f'<div class="side" aria-hidden="true">{top}<span class="low">{escape(bottom)}</span></div>'
        f'<div class="field">{svg}<div class="ticks" aria-hidden="true">{labels}</div></div>'
        "</div></figure>"
    )


def range_bars(values: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Scale (low, expected, high) of several bars to the largest of them."""
    top = max((high for _, _, high in values), default=0.0) or 1.0
    return [(low / top, middle / top, high / top) for low, middle, high in values]
