"""Pictures of results by matplotlib (``pip install 'smsplan[plots]'``).

Each function draws on ``ax``, or on a new figure, and returns the axes. Money is one currency,
which the axis names; where there are several, parts are drawn. Nothing is said by colour alone.
"""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smsplan.display.figures import count, signed
from smsplan.display.text import clipped, safe, zones_text
from smsplan.display.views import named, plan_point
from smsplan.encoding import Encoding, part_capacity
from smsplan.insight.characters import Characters
from smsplan.insight.lengths import Curve, Lengths
from smsplan.insight.waterfall import Waterfall
from smsplan.ratecards import Cost
from smsplan.totals.length_counts import units

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from smsplan.money.schedules import Schedule
    from smsplan.planning.plans import Plan

INK, ACCENT, OTHER = "0.25", "#2f76b8", "#d97706"
MOST = 15
# Units that are drawn as one bar: so many bars at most.
BINS = 160


def plot_parts(plan: Plan, ax: Axes | None = None) -> Axes:
    """Draw how many messages have how many units, and where another part begins."""
    axes = _axes(ax)
    found = units(plan._planned())
    bits = plan.settings.profile.reference_bits
    longest = max((max(counts) for counts in found.values()), default=1)
    shortest = min((min(counts) for counts in found.values()), default=1)
    width = -(-(longest - shortest + 1) // BINS)
    patterns = {"GSM": ("", ACCENT, "-"), "UNICODE": ("////", OTHER, "--")}
    for encoding, counts in found.items():
        hatch, colour, line = patterns[encoding]
        heights: dict[int, int] = {}
        for length, messages in counts.items():
            place = (length - shortest) // width
            heights[place] = heights.get(place, 0) + messages
        axes.bar(
            [shortest + place * width + (width - 1) / 2 for place in heights],
            list(heights.values()),
            width=width,
            label=f"{encoding}: {count(sum(counts.values()), 'message')}",
            facecolor="none" if hatch else colour,
            edgecolor=colour,
            hatch=hatch,
            linewidth=0.5,
        )
        for parts, bound in _bounds(Encoding(encoding), bits, max(counts)):
            axes.axvline(bound + 0.5, color=colour, linestyle=line, linewidth=1)
            axes.annotate(
                f"{bound}: {count(parts, 'part')}",
                (bound + 0.5, 1),
                xycoords=("data", "axes fraction"),
                xytext=(-3, -4),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="top",
                fontsize="small",
                color=INK,
                bbox={"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 1},
            )
    # Room above the bars for what the lines are.
    axes.set_ylim(top=axes.get_ylim()[1] * 1.25)
    axes.set_xlabel("units: septets (GSM), code units (Unicode)")
    axes.set_ylabel("messages" if width == 1 else f"messages by {width} units")
    if found:
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return _calm(axes)


def _bounds(encoding: Encoding, bits: Any, longest: int) -> list[tuple[int, int]]:
    """Return numbers of parts and the most units of each, up to the one that holds the longest."""
    one, more = (part_capacity(encoding, parts=parts, reference_bits=bits) for parts in (1, 2))
    bounds = [(1, one)]
    while bounds[-1][1] < longest and len(bounds) < 8:
        parts = len(bounds) + 1
        bounds.append((parts, parts * more))
    return bounds


def plot_countries(plan: Plan, ax: Axes | None = None) -> Axes:
    """Draw what messages to each country cost, from low to high; parts without one currency."""
    axes = _axes(ax)
    totals = plan.summary.countries
    names = [country or "unknown" for country in totals]
    currency = plan.summary.cost.currency
    if currency is None:
        rows = [(float(each.parts), 0.0, 0.0) for each in totals.values()]
        axes.set_xlabel("parts")
    else:
        rows = [_ends(each.cost, currency) for each in totals.values()]
        axes.set_xlabel(f"cost in {currency}")
    order = sorted(range(len(rows)), key=lambda place: -rows[place][0])
    shown, rest = order[:MOST], order[MOST:]
    values = [rows[place] for place in shown]
    labels = [names[place] for place in shown]
    if rest:
        values.append(tuple(sum(rows[place][end] for place in rest) for end in range(3)))  # type: ignore[arg-type]
        labels.append(f"{len(rest)} others")
    middles = [value for value, _, _ in values]
    axes.barh(labels, middles, color=ACCENT)
    if any(below or above for _, below, above in values):
        errors = [[below for _, below, _ in values], [above for _, _, above in values]]
        axes.errorbar(middles, labels, xerr=errors, fmt="none", ecolor=INK, capsize=3, linewidth=1)
    axes.invert_yaxis()
    axes.set_title("by country")
    return _calm(axes)


def plot_waterfall(made: Waterfall, ax: Axes | None = None) -> Axes:
    """Draw the steps from one part a message to the bill, in parts; savings are hatched."""
    axes = _axes(ax)
    steps = [step for step in made.steps if step.parts]
    total = 0
    for place, step in enumerate(steps):
        saved = step.parts < 0
        axes.barh(
            place,
            step.parts,
            left=total,
            facecolor="none" if saved else ACCENT,
            edgecolor=ACCENT,
            hatch="////" if saved else "",
        )
        end = max(total, total + step.parts)
        total += step.parts
        axes.annotate(
            signed(step.parts) if place else count(step.parts),
            (end, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    axes.barh(len(steps), made.parts, color=INK)
    axes.annotate(
        f"{made.parts:,}",
        (made.parts, len(steps)),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
    )
    axes.set_yticks(range(len(steps) + 1), [*(step.label for step in steps), "the bill"])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    axes.set_xlabel("parts")
    axes.set_title("from one part each to the bill")
    return _calm(axes)


def plot_lengths(made: Lengths, ax: Axes | None = None, *, parameter: str | None = None) -> Axes:
    """Draw the curve of the template, or of a ``parameter``: cost (parts) against characters."""
    axes = _axes(ax)
    curve: Curve = made.template if parameter is None else made.parameters[parameter]
    costs = [point.cost for point in curve.points]
    currency = sum((cost for cost in costs if cost is not None), Cost()).currency
    at = [point.characters for point in curve.points]
    if currency is None:
        axes.step(at, [point.parts for point in curve.points], where="post", color=ACCENT)
        axes.set_ylabel("parts")
    else:
        ends = [(0.0, 0.0, 0.0) if cost is None else _ends(cost, currency) for cost in costs]
        middles = [middle for middle, _, _ in ends]
        axes.step(at, middles, where="post", color=ACCENT)
        if any(below or above for _, below, above in ends):
            low = [middle - below for middle, below, _ in ends]
            high = [middle + above for middle, _, above in ends]
            axes.fill_between(
                at, low, high, step="post", color=ACCENT, alpha=0.15, label="from low to high"
            )
            axes.legend(frameon=False)
        axes.set_ylabel(f"cost in {currency}")
    plan = plan_point(curve, of_template=parameter is None)
    axes.axvline(plan.characters, color=INK, linestyle=":", linewidth=1)
    axes.annotate(
        "the plan",
        (plan.characters, 1),
        xycoords=("data", "axes fraction"),
        xytext=(3, -4),
        textcoords="offset points",
        va="top",
        color=INK,
    )
    axes.set_xlabel(
        "characters cut (−) or added (+) at the end of the fixed text"
        if parameter is None
        else f"most characters of '{_text(parameter)}'"
    )
    return _calm(axes)


def plot_characters(made: Characters, ax: Axes | None = None) -> Axes:
    """Draw the parts that characters outside GSM cost; hatched are those without a look-alike."""
    axes = _axes(ax)
    rows = [
        (f"{named(one.character)}, {one.place}", one.share_parts, True) for one in made.characters
    ]
    rows += [(f"{one.label}, {one.place}", one.share_parts, False) for one in made.scripts]
    rows.sort(key=lambda row: -row[1])
    for kept, label, hatch in ((True, "has a look-alike", ""), (False, "has none", "////")):
        some = [(place, row) for place, row in enumerate(rows[:MOST]) if row[2] is kept]
        if some:
            axes.barh(
                [place for place, _ in some],
                [float(parts) for _, (_, parts, _) in some],
                facecolor="none" if hatch else ACCENT,
                edgecolor=ACCENT,
                hatch=hatch,
                label=label,
            )
    axes.set_yticks(range(len(rows[:MOST])), [_text(name) for name, _, _ in rows[:MOST]])
    axes.invert_yaxis()
    axes.set_xlabel("parts")
    axes.set_title("characters that make messages Unicode")
    if rows:
        axes.legend(frameon=False)
    return _calm(axes)


def plot_schedule(made: Schedule, ax: Axes | None = None) -> Axes:
    """Draw when messages go out: a line for each group of time zones, UTC."""
    axes = _axes(ax)
    from matplotlib import dates

    # matplotlib's dates carry no types.
    tools: Any = dates
    at = tools.date2num
    labels = []
    for place, group in enumerate(made.groups):
        bars = [
            (at(portion.begin), at(portion.end) - at(portion.begin))
            for portion in made.portions
            if portion.group == place
        ]
        axes.broken_barh(bars, (place - 0.35, 0.7), facecolor=ACCENT, edgecolor=INK, linewidth=0.5)
        name = f"{_text(zones_text(group.zones))}: {count(group.recipients)}"
        labels.append(f"{name} (not scheduled)" if group.why else name)
    axes.set_xlim(at(made.start), max(at(made.finish), at(made.start) + 1e-4))
    locator = tools.AutoDateLocator(tz=UTC)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(tools.ConciseDateFormatter(locator, tz=UTC))
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.set_xlabel("UTC")
    axes.set_title(f"{made.rate}, done {made.finish:%Y-%m-%d %H:%M} UTC")
    return _calm(axes)


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"plots need '{error.name}'; install it: pip install 'smsplan[plots]'", name=error.name
        ) from None
    made: Axes = plt.subplots(figsize=(8, 4.5), layout="constrained")[1]
    return made


def _calm(axes: Axes) -> Axes:
    """Leave the frame out, and put thousands apart."""
    from matplotlib.ticker import FuncFormatter, ScalarFormatter

    axes.spines[["top", "right"]].set_visible(False)
    for axis in (axes.xaxis, axes.yaxis):
        if isinstance(axis.get_major_formatter(), ScalarFormatter):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    return axes


def _text(text: str) -> str:
    """Return a text that a plot shows as it is: no formula between dollars."""
    return safe(clipped(text, 60)).replace("$", r"\$")


def _ends(cost: Cost, currency: str) -> tuple[float, float, float]:
    """Return what is expected, and how far it is from the least and the most, for drawing."""
    middle = cost.expected.get(currency, Fraction(0))
    low, high = (Fraction(bound.get(currency, Decimal(0))) for bound in (cost.low, cost.high))
    return float(middle), float(middle - low), float(high - middle)


__all__ = [
    "plot_characters",
    "plot_countries",
    "plot_lengths",
    "plot_parts",
    "plot_schedule",
    "plot_waterfall",
]
