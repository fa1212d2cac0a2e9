"""Plots: what they draw is what the results say."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from smsplan import Cost, Plan, plan
from smsplan.display.plots import (
    plot_characters,
    plot_countries,
    plot_lengths,
    plot_parts,
    plot_schedule,
    plot_waterfall,
)
from smsplan.insight.characters import Characters, ScriptShare
from smsplan.insight.lengths import Curve, Lengths, Point
from smsplan.insight.waterfall import Step, Waterfall
from smsplan.ratecards import Rate, RateCard
from smsplan.totals.length_counts import units
from smsplan.totals.shares import Share

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close what was drawn."""
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


PEOPLE: list[dict[str, str | None]] = [
    {"to": "+447700900123", "name": "a" * 155},
    {"to": "+447700900124", "name": "a" * 300},
    {"to": "+12025550123", "name": "Łó"},
    {"to": "+12025550124", "name": "я" * 100},
    {"to": "n/a", "name": "я" * 100},
]


@pytest.fixture(scope="module")
def made() -> Plan:
    """Return a plan to two countries, with prices that differ by operator in one."""
    card = RateCard([
        Rate(country="GB", price=Decimal("0.034"), currency="GBP"),
        Rate(country="US", mccmnc="310410", price=Decimal("0.01"), currency="GBP"),
        Rate(country="US", mccmnc="310260", price=Decimal("0.03"), currency="GBP"),
    ])  # fmt: skip
    return plan(PEOPLE, "Hi ${name}", rates=card)


def drawn(axes: Any, path: Path) -> Any:
    """Write a plot, so that everything of it is laid out."""
    axes.figure.savefig(path / "plot.png")
    assert (path / "plot.png").stat().st_size > 1000
    return axes


def test_units_by_the_rows(made: Plan) -> None:
    """Units are counted as the rows have them, of what is sent, encoding by encoding."""
    wanted: dict[str, Counter[int]] = {}
    for row in made.rows:
        if row["sendable"]:
            wanted.setdefault(row["encoding"], Counter())[row["units"]] += 1
    assert units(made._planned()) == wanted


def test_parts(made: Plan, tmp_path: Path) -> None:
    """Bars add up to the messages, below what the lines behind 160, 306 and 70, 134 units say."""
    axes = drawn(made.plot_parts(), tmp_path)
    assert sum(bar.get_height() for bar in axes.patches) == made.messages
    assert axes.get_ylim()[1] > 1.25 * max(bar.get_height() for bar in axes.patches)
    assert [text.get_text() for text in axes.texts] == [
        "160: 1 part", "306: 2 parts", "70: 1 part", "134: 2 parts",
    ]  # fmt: skip
    assert [line.get_xdata()[0] for line in axes.lines] == [160.5, 306.5, 70.5, 134.5]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "GSM: 2 messages", "UNICODE: 2 messages",
    ]  # fmt: skip


def test_one_part_has_one_line(tmp_path: Path) -> None:
    """Lines go no further than the longest message needs."""
    axes = drawn(plot_parts(plan(["+447700900123"], "Hi")), tmp_path)
    assert [text.get_text() for text in axes.texts] == ["160: 1 part"]


def test_countries(made: Plan, tmp_path: Path) -> None:
    """A bar for each country with what is expected, a line from low to high where they differ."""
    axes = drawn(made.plot_countries(), tmp_path)
    names = [label.get_text() for label in axes.get_yticklabels()]
    expected = {name or "": each.cost for name, each in made.summary.countries.items()}
    for name, bar in zip(names, axes.patches, strict=True):
        assert bar.get_width() == pytest.approx(float(expected[name].expected["GBP"]))
    assert axes.get_xlabel() == "cost in GBP"
    (ends,) = axes.collections
    us = expected["US"]
    assert ends.get_segments()[names.index("US")][:, 0] == pytest.approx(
        [float(us.low["GBP"]), float(us.high["GBP"])]
    )
    bare = drawn(plot_countries(plan(PEOPLE, "Hi ${name}")), tmp_path)
    assert bare.get_xlabel() == "parts"


def test_many_countries(tmp_path: Path) -> None:
    """Fifteen countries have a bar, the others one together."""
    prefixes = [44, 1202, 33, 34, 39, 43, 45, 46, 47, 48, 49, 351, 352, 353, 358, 420, 421, 36, 40]
    numbers = [f"+{prefix}{'5550123456'[: 11 - len(str(prefix))]}" for prefix in prefixes]
    made = plan(numbers, "Hi", rates="0.01 EUR")
    assert len(made.summary.countries) > 17
    axes = drawn(plot_countries(made), tmp_path)
    assert len(axes.patches) == 16
    total = sum(bar.get_width() for bar in axes.patches)
    assert total == pytest.approx(float(made.cost.amounts["EUR"]))


def test_waterfall(tmp_path: Path) -> None:
    """Bars begin where the last one ended; a saving is hatched; the last one is the total."""
    steps = (
        Step("one_part", 10, 10, None),
        Step("unicode", 4, 6, None),
        Step("truncation", 2, -3, None),
    )
    made = Waterfall(steps=steps, messages=10, parts=13, cost=Cost(), priced=False)
    axes = drawn(made.plot(), tmp_path)
    bars = [(bar.get_x(), bar.get_width(), bool(bar.get_hatch())) for bar in axes.patches]
    assert bars == [(0, 10, False), (10, 6, False), (16, -3, True), (0, 13, False)]
    assert axes.get_yticklabels()[-1].get_text() == "the bill"


def test_lengths(tmp_path: Path) -> None:
    """The curve steps where the points do; the plan is marked; parameters have one of their own."""

    def points(*items: tuple[int, int]) -> tuple[Point, ...]:
        return tuple(Point(at, 9, n, Cost({"GBP": Decimal(n)})) for at, n in items)

    made = Lengths(
        template=Curve(points=points((-1, 4), (0, 6), (1, 9))),
        parameters={"$na$me": Curve(points=points((0, 3), (8, 6)))},
        defaults=(),
        sentences=(),
    )
    axes = drawn(made.plot(), tmp_path)
    assert list(axes.lines[0].get_ydata()) == [4, 6, 9]
    assert list(axes.lines[1].get_xdata()) == [0, 0]
    axes = drawn(made.plot(parameter="$na$me"), tmp_path)
    assert list(axes.lines[1].get_xdata()) == [8, 8]


def test_characters(tmp_path: Path) -> None:
    """A bar for each script, named with its place; values cannot write formulas."""
    made = Characters(
        characters=(),
        scripts=tuple(
            ScriptShare(script="Inherited", place=f"parameter '{name}'", characters=1, examples="я",
                        rows=3, share_parts=Fraction(7, 2),
                        share_cost=Share.of(Cost({"GBP": Decimal(1)})))
            for name in ("$x^2$", "\x1b[31m")
        ),
        parts=7, saved_together_parts=0, saved_together_cost=None,
    )  # fmt: skip
    axes = drawn(made.plot(), tmp_path)
    assert [bar.get_width() for bar in axes.patches] == [3.5, 3.5]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        r"combining marks, parameter '\$x^2\$'", "combining marks, parameter '\\x1b[31m'",
    ]  # fmt: skip


def test_schedule(made: Plan, tmp_path: Path) -> None:
    """A bar for each portion, on the line of its zones, as long as it takes."""
    when = made.schedule("1 recipients/h", start=datetime(2026, 12, 1, tzinfo=UTC),
                         quiet_hours="21:00-08:00")  # fmt: skip
    axes = drawn(when.plot(), tmp_path)
    bars = [path for each in axes.collections for path in each.get_paths()]
    assert len(bars) == len(when.portions)
    assert len(axes.get_yticklabels()) == len(when.groups)


def test_on_axes_that_are_given(made: Plan, tmp_path: Path) -> None:
    """Every function draws on the axes that it gets and returns them."""
    from matplotlib import pyplot as plt

    when = made.schedule("1 recipients/s", start=datetime(2026, 12, 1, tzinfo=UTC))
    nothing = Characters(characters=(), scripts=(), parts=0, saved_together_parts=0,
                         saved_together_cost=None)  # fmt: skip
    empty = Waterfall(steps=(), messages=0, parts=0, cost=Cost(), priced=False)
    flat = Lengths(template=Curve(points=(Point(0, 1, 1, None),)), parameters={}, defaults=(),
                   sentences=())  # fmt: skip
    for function, value in (
        (plot_parts, made), (plot_countries, made), (plot_schedule, when),
        (plot_characters, nothing), (plot_waterfall, empty), (plot_lengths, flat),
    ):  # fmt: skip
        _, axes = plt.subplots()
        drawing: Any = function
        assert drawing(value, axes) is axes
        drawn(axes, tmp_path)


def test_without_matplotlib(tmp_path: Path) -> None:
    """Where matplotlib is missing, the error names it and what to install; nothing else fails."""
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import smsplan\n"
        "made = smsplan.plan(['+447700900123'], 'Hi')\n"
        "print(made.summary)\n"
        "try: made.plot_parts()\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "plots need 'matplotlib'; install it: pip install 'smsplan[plots]'" in done.stdout
