"""Whole tables in memory, against Python row by row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

from benchmarks import peers
from benchmarks.measure import THREE, Run, alternate
from benchmarks.people import BODY, DEFAULTS, HOSTILE, OPERATORS, RATES, People, hostile
from smsplan import Profile, plan

FLAGS: dict[str, Any] = {"defaults": DEFAULTS, "duplicates": "keep"}
# Switches that change what a plan does with ordinary data.
SWITCHES: dict[str, dict[str, Any]] = {
    "values_in_values": {"values_in_values": "again"},
    "unmatched": {"unmatched": "empty"},
    "line_breaks": {"line_breaks": "crlf_to_lf"},
    "spaces": {"spaces": "space"},
    "controls": {"controls": "removed"},
    "greek_capitals": {"greek_capitals": "latin"},
    "auto_encoding": {"auto_encoding": "on"},
    "gsm_boundary": {"gsm_boundary": "dense"},
    "unicode_boundary": {"unicode_boundary": "grapheme"},
    "unicode_unit": {"unicode_unit": "code_point"},
    "reference_bits": {"reference_bits": 16},
    "languages": {"languages": ("tr",)},
}


def plans(run: Run, data: People) -> None:
    """Whole plans against Python row by row."""
    few = min(data.plain.num_rows, 200_000)
    names, cities = (data.plain[key].slice(0, few).to_pylist() for key in ("name", "city"))
    loops: dict[str, Callable[[], Any]] = {
        "naive loop": lambda: peers.naive(BODY, names, cities),
        "best per-row Python": lambda: peers.best(BODY, names, cities),
    }
    calls: dict[str, Callable[[], Any]] = {
        "three columns, dictionary": lambda: plan(data.dictionary, BODY, **FLAGS, select=THREE),
        "three columns, string": lambda: plan(data.plain, BODY, **FLAGS, select=THREE),
        "three columns and bodies": lambda: plan(
            data.plain, BODY, **FLAGS, select=(*THREE, "body")
        ),
        "default plan": lambda: plan(data.plain, BODY, **FLAGS, rates=RATES),
        "default plan, duplicates flagged": lambda: plan(
            data.plain, BODY, defaults=DEFAULTS, rates=RATES
        ),
        "default plan, two languages": lambda: plan(
            data.plain, {"A": BODY, "*": BODY[5:]}, body_by="city", **FLAGS, rates=RATES
        ),
    }
    _compare(run, data.plain.num_rows, few, loops, calls)
    made = plan(data.plain, BODY, **FLAGS, rates=RATES)
    run.check_row_loop("the default plan", made)
    run.check_sample("default plan", made.rows, data.plain, BODY)
    _frames(run, data, few, loops)
    _truncation(run, data, names, cities)
    _prices(run, data)
    _switches(run, data)


def _frames(run: Run, data: People, few: int, loops: dict[str, Callable[[], Any]]) -> None:
    """Frames of other libraries, in and out."""
    texts = data.plain.to_pandas()
    frames: dict[str, Any] = {
        "pandas str": texts,
        "pandas ArrowDtype": data.plain.to_pandas(types_mapper=pd.ArrowDtype),
        "pandas category": texts.astype({"name": "category", "city": "category"}),
        "pandas object": texts.astype(object),
        "polars": pl.from_arrow(data.plain),
        "DuckDB": duckdb.connect().from_arrow(data.plain),
    }
    calls: dict[str, Callable[[], Any]] = {}
    for name, frame in frames.items():
        for what, keywords in (("three", {"select": THREE}), ("all", {"rates": RATES})):
            calls[f"{name}, {what} columns"] = partial(_rows, frame, **FLAGS, **keywords)
    _compare(run, data.plain.num_rows, few, loops, calls)
    for name, frame in frames.items():
        rows = pa.table(_rows(frame, **FLAGS, rates=RATES))
        run.check_sample(name, rows, data.plain, BODY)


def _rows(frame: Any, **keywords: Any) -> Any:
    return plan(frame, BODY, **keywords).rows


def _compare(
    run: Run,
    rows: int,
    few: int,
    loops: dict[str, Callable[[], Any]],
    calls: dict[str, Callable[[], Any]],
) -> None:
    taken = alternate({**loops, **calls}, run.rounds)
    each = {name: seconds / (few if name in loops else rows) for name, seconds in taken.items()}
    run.section(f"{rows:,} rows", "ns a row", "times naive", "times best per-row")
    for name, seconds in each.items():
        run.line(
            name,
            f"{seconds * 1e9:,.0f}",
            f"{each['naive loop'] / seconds:.1f}",
            f"{each['best per-row Python'] / seconds:.1f}",
        )


def _truncation(run: Run, data: People, names: Any, cities: Any) -> None:
    """``truncate_concat`` with bodies against a naive loop."""
    body = BODY + " " + BODY
    few = len(names)
    table = data.plain.slice(0, few)
    keywords: dict[str, Any] = {**FLAGS, "truncate_concat": True, "bodies": True}
    taken = alternate(
        {
            "loop": lambda: peers.truncated(body, names, cities),
            "plan": lambda: plan(table, body, **keywords),
        },
        run.rounds,
    )
    run.section(f"truncate_concat with bodies, {few:,} rows", "ns a row", "times a naive loop")
    for name, seconds in taken.items():
        run.line(name, f"{seconds / few * 1e9:,.0f}", f"{taken['loop'] / seconds:.1f}")
    made = plan(table, body, **keywords)
    bodies = made.rows["body"].to_pylist()
    run.check("truncated bodies", bodies == peers.truncated(body, names, cities))
    run.check_row_loop("truncate_concat", made)
    run.check_sample("truncated", made.rows, table, body, truncate_concat=True)


def _prices(run: Run, data: People) -> None:
    """What prices add to a default plan."""
    made = plan(data.plain, BODY, **FLAGS)
    mix = {"US": {"310410": "40%", "310260": "35%", "*": "25%"}}
    calls: dict[str, Callable[[], Any]] = {
        "without rates": lambda: plan(data.plain, BODY, **FLAGS),
        "by country": lambda: plan(data.plain, BODY, **FLAGS, rates=RATES),
        "by operator, with surcharges": lambda: plan(data.plain, BODY, **FLAGS, rates=OPERATORS),
        "the same, with a mix": lambda: plan(
            data.plain, BODY, **FLAGS, rates=OPERATORS.terms(mix=mix)
        ),
        "a plan priced again, by operator": lambda: made.price(OPERATORS),
    }
    taken = alternate(calls, run.rounds)
    run.section("prices", "ns a row", "times without rates")
    for name, seconds in taken.items():
        run.line(
            name,
            f"{seconds / data.plain.num_rows * 1e9:,.0f}",
            f"{seconds / taken['without rates']:.2f}",
        )
    ranged = plan(data.plain, BODY, **FLAGS, rates=OPERATORS).cost
    run.check("bounds of prices by operator", ranged.low["GBP"] < ranged.high["GBP"])


def _switches(run: Run, data: People) -> None:
    """Every switch that does something to ordinary data, against the default plan."""
    few = min(data.plain.num_rows, 500_000)
    table = data.plain.slice(0, few)
    profiles = {name: Profile(**changed) for name, changed in SWITCHES.items()}
    calls: dict[str, Callable[[], Any]] = {
        "default": lambda: plan(table, BODY, **FLAGS, rates=RATES)
    }
    for name, profile in profiles.items():
        calls[name] = partial(plan, table, BODY, **FLAGS, rates=RATES, profile=profile)
    taken = alternate(calls, run.rounds)
    run.section(f"profile switch, {few:,} rows", "times the default plan", "row loop")
    for name, profile in profiles.items():
        made = plan(table, BODY, **FLAGS, rates=RATES, profile=profile)
        share = run.check_row_loop(name, made)
        run.line(name, f"{taken[name] / taken['default']:.2f}", share)
        run.check_sample(name, made.rows, table, BODY, profile=profile)


def adversaries(run: Run) -> None:
    """Hostile texts against Python row by row."""
    every = 4_000 if run.quick else 100_000
    run.section(
        f"hostile texts, {every:,} rows",
        "ns a row, three columns",
        "times best per-row",
        "ns a row, default plan",
        "times best per-row",
        "row loop",
    )
    long = Profile(value_limit=None)
    keywords: dict[str, Any] = {"duplicates": "keep", "profile": long}
    for kind in HOSTILE:
        table = hostile(kind, every)
        rows = table.num_rows
        texts = table["text"].to_pylist()
        nothing = [""] * rows
        taken = alternate(
            {
                "plan": partial(plan, table, "${text}", select=THREE, **keywords),
                "default": partial(plan, table, "${text}", rates=RATES, **keywords),
                "best": partial(peers.best, "{}{}", texts, nothing, ""),
            },
            run.rounds,
        )
        made = plan(table, "${text}", **keywords)
        share = run.check_row_loop(kind, made)
        run.line(
            kind,
            f"{taken['plan'] / rows * 1e9:,.0f}",
            f"{taken['best'] / taken['plan']:.1f}",
            f"{taken['default'] / rows * 1e9:,.0f}",
            f"{taken['best'] / taken['default']:.1f}",
            share,
        )
        run.check_sample(kind, made.rows, table, "${text}", profile=long)


def curve(run: Run, data: People) -> None:
    """Time against rows, beside the loops as far as one waits for them."""
    most = data.plain.num_rows
    for rows in (10**power for power in range(4, 8)):
        if rows > most:
            break
        table = data.plain.slice(0, rows)
        keywords: dict[str, Any] = {**FLAGS, "rates": RATES}
        calls: dict[str, Callable[[], Any]] = {
            "default plan": partial(plan, table, BODY, **keywords),
            "default plan, duplicates flagged": partial(
                plan, table, BODY, defaults=DEFAULTS, rates=RATES
            ),
        }
        if rows <= 1_000_000:
            names, cities = (table[key].to_pylist() for key in ("name", "city"))
            calls["naive loop, three columns"] = partial(peers.naive, BODY, names, cities)
            calls["best per-row Python, three columns"] = partial(peers.best, BODY, names, cities)
        for name, seconds in alternate(calls, 3).items():
            run.curves.setdefault(name, {})[rows] = seconds
