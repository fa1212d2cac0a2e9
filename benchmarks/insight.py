"""What it takes to say why a plan costs what it costs, against making the plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.measure import Run, alternate
from benchmarks.people import BODY, DEFAULTS, RATES, People
from smsplan import Plan, compare, plan
from smsplan.insight.assumptions import Assumptions

# Wordings of one message; one is Unicode for everybody, by its dash.
VARIANTS = {
    "as it is": BODY,
    "Hi": BODY.replace("Hello", "Hi"),
    "longer": BODY + " Have a nice day, and see you soon ${name}!",
    "short": "${name}: collect in ${city}.",
    "a dash": BODY.replace("shopping", "shopping \u2013 really"),
}
FLAGS: dict[str, Any] = {"defaults": DEFAULTS, "duplicates": "keep", "rates": RATES}


def asked(made: Plan) -> Assumptions:
    """Ask anew: a plan keeps its answer."""
    return replace(made).assumptions()


def calls(made: Plan) -> dict[str, Callable[[], Any]]:
    """What is measured, over a default plan of string columns."""
    return {
        "assumptions()": lambda: asked(made),
        "explain()": made.explain,
        "characters()": made.characters,
        "audit()": made.audit,
        "by_length()": made.by_length,
    }


def insight(run: Run, data: People) -> None:
    """Each answer against one default plan of the same recipients, at most 3 times as long."""
    table = data.plain.slice(0, min(data.plain.num_rows, 1_000_000))
    made = plan(table, BODY, **FLAGS)
    each = calls(made)
    taken = alternate({"default plan": lambda: plan(table, BODY, **FLAGS), **each}, run.rounds)
    run.section(f"insight, {table.num_rows:,} rows", "ns a row", "times the default plan")
    for name, seconds in taken.items():
        times = seconds / taken["default plan"]
        run.line(name, f"{seconds / table.num_rows * 1e9:,.0f}", f"{times:.2f}")
    _check(run, made)
    _compare(run, table)
    with TemporaryDirectory() as folder:
        path, start = Path(folder) / "report.html", time.perf_counter()
        made.report(path)
        seconds = time.perf_counter() - start
        size = path.stat().st_size
    run.line(
        f"report(), all of it on one page of {size / 1000:,.0f} kB",
        f"{seconds / table.num_rows * 1e9:,.0f}",
        f"{seconds / taken['default plan']:.2f}",
    )
    run.check("the page weighs less than 1.5 MB", size < 1_500_000)


def _check(run: Run, made: Plan) -> None:
    """What adds up, adds up exactly."""
    waterfall, characters = made.explain(), made.characters()
    now = made.by_length().template.at(0)
    run.check("by_length() at the plan's length", (now.parts, now.cost) == (made.parts, made.cost))
    steps = {step.kind: step.parts for step in waterfall.steps}
    run.check("parts of the waterfall", sum(steps.values()) == made.parts)
    money = sum(
        (step.cost.expected.get("GBP", Fraction()) for step in waterfall.steps if step.cost),
        Fraction(),
    )
    run.check("cost of the waterfall", money == made.cost.expected["GBP"])
    shares = [one.share_parts for one in characters.characters]
    shares += [one.share_parts for one in characters.scripts]
    run.check("shares of characters", sum(shares, Fraction()) == steps.get("unicode", 0))


def _compare(run: Run, table: Any) -> None:
    """Five wordings against one plan, with duplicates sent and left out."""
    for how in ("keep", "flag"):
        flags = {**FLAGS, "duplicates": how}
        one, all_ = partial(plan, table, BODY, **flags), partial(compare, table, VARIANTS, **flags)
        taken = alternate({"plan": one, "compare": all_}, run.rounds)
        run.line(
            f"compare() of {len(VARIANTS)} wordings, duplicates={how}",
            f"{taken['compare'] / table.num_rows * 1e9:,.0f}",
            f"{taken['compare'] / taken['plan']:.2f}",
        )
        for each in all_().variants:
            single = plan(table, VARIANTS[each.name], **flags)
            run.check(f"summary of '{each.name}'", each.summary == single.summary)
