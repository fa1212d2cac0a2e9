"""Run the benchmarks: ratios in one run, variants in alternation, medians; outputs checked.

    python -m benchmarks.run [--quick] [--rows N]

Only wrong outputs fail, and more than 5 % of rows planned one by one: noise does not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from benchmarks import peers
from benchmarks.people import BODY, DEFAULTS, HOSTILE, RATES, People, hostile, people
from smsplan import Plan, Profile, TextBatch, dry_run, plan, segment

HERE = Path(__file__).parent
THREE = ("encoding", "units", "number_of_parts")
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


class Run:
    """Lines of results, and whether every output was right."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, ...]] = []
        self.wrong: list[str] = []

    def section(self, *titles: str) -> None:
        """Begin a table."""
        self.lines += [(), titles, ("---",) * len(titles)]
        print("\n" + " | ".join(titles), flush=True)

    def line(self, *cells: str) -> None:
        """Add a line of results."""
        self.lines.append(cells)
        print(" | ".join(cells), flush=True)

    def check(self, what: str, right: bool) -> None:
        """Remember a wrong output."""
        if not right:
            self.wrong.append(what)
            print(f"WRONG: {what}", flush=True)


def alternate(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each call, taken in turn."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def check_sample(
    run: Run, what: str, made: Any, table: pa.Table, body: str, **message: Any
) -> None:
    """Compare 200 rows or so with the dry run of its one recipient."""
    rows = made.rows
    keys = [name for name in table.column_names if name != "to"]
    defaults = {key: DEFAULTS[key] for key in keys if key in DEFAULTS}
    for row in range(0, table.num_rows, max(1, table.num_rows // 200)):
        number = table["to"][row].as_py()
        values = {key: table[key][row].as_py() for key in keys}
        parameters = {
            key: {
                **({} if value is None else {number: value}),
                **({"default": defaults[key]} if key in defaults else {}),
            }
            for key, value in values.items()
        }
        batch = TextBatch(
            to=[number],
            body=body,
            parameters=parameters,
            truncate_concat=message.get("truncate_concat"),
            profile=message.get("profile"),
        )
        detail = dry_run(batch, profile=message.get("profile")).details[0]
        expected = (str(detail.encoding), detail.units, detail.number_of_parts)
        run.check(
            f"{what}, row {row}", tuple(rows[name][row].as_py() for name in THREE) == expected
        )


def plans(run: Run, data: People, rounds: int) -> None:
    """Whole plans against Python row by row."""
    rows = data.plain.num_rows
    few = min(rows, 200_000)
    names, cities = (data.plain[key].slice(0, few).to_pylist() for key in ("name", "city"))
    frame = data.plain.to_pandas()
    calls: dict[str, Callable[[], Any]] = {
        "naive loop": lambda: peers.naive(BODY, names, cities),
        "best per-row Python": lambda: peers.best(BODY, names, cities),
        "three columns, dictionary": lambda: plan(data.dictionary, BODY, **FLAGS, select=THREE),
        "three columns, string": lambda: plan(data.plain, BODY, **FLAGS, select=THREE),
        "three columns and bodies": lambda: plan(
            data.plain, BODY, **FLAGS, select=(*THREE, "body")
        ),
        "default plan": lambda: plan(data.plain, BODY, **FLAGS, rates=RATES),
        "default plan, duplicates flagged": lambda: plan(
            data.plain, BODY, defaults=DEFAULTS, rates=RATES
        ),
        "pandas to pandas, three columns": lambda: plan(frame, BODY, **FLAGS, select=THREE).rows,
        "pandas to pandas, all columns": lambda: plan(frame, BODY, **FLAGS, rates=RATES).rows,
    }
    taken = alternate(calls, rounds)
    each = {
        name: seconds / (few if "loop" in name or "per-row" in name else rows)
        for name, seconds in taken.items()
    }
    run.section(f"{rows:,} rows", "ns a row", "times naive", "times best per-row")
    for name, seconds in each.items():
        run.line(
            name,
            f"{seconds * 1e9:,.0f}",
            f"{each['naive loop'] / seconds:.1f}",
            f"{each['best per-row Python'] / seconds:.1f}",
        )
    made = plan(data.plain, BODY, **FLAGS, rates=RATES)
    check_sample(run, "default plan", made, data.plain, BODY)
    truncation(run, data, names, cities, rounds)
    switches(run, data, rounds)


def truncation(run: Run, data: People, names: Any, cities: Any, rounds: int) -> None:
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
        rounds,
    )
    run.section(f"truncate_concat with bodies, {few:,} rows", "ns a row", "times a naive loop")
    for name, seconds in taken.items():
        run.line(name, f"{seconds / few * 1e9:,.0f}", f"{taken['loop'] / seconds:.1f}")
    made = plan(table, body, **keywords)
    bodies = made.rows["body"].to_pylist()
    run.check("truncated bodies", bodies == peers.truncated(body, names, cities))
    check_sample(run, "truncated", made, table, body, truncate_concat=True)


def switches(run: Run, data: People, rounds: int) -> None:
    """Every switch that does something to ordinary data, against the default plan."""
    few = min(data.plain.num_rows, 200_000)
    table = data.plain.slice(0, few)
    profiles = {name: Profile(**changed) for name, changed in SWITCHES.items()}
    calls: dict[str, Callable[[], Any]] = {
        "default": lambda: plan(table, BODY, **FLAGS, rates=RATES)
    }
    for name, profile in profiles.items():
        calls[name] = partial(plan, table, BODY, **FLAGS, rates=RATES, profile=profile)
    taken = alternate(calls, rounds)
    run.section(f"profile switch, {few:,} rows", "times the default plan", "row loop")
    for name, profile in profiles.items():
        made = plan(table, BODY, **FLAGS, rates=RATES, profile=profile)
        share = _row_loop(made)
        run.line(name, f"{taken[name] / taken['default']:.2f}", f"{share:.1%}")
        run.check(f"row loop of {name}", share <= 0.05)
        check_sample(run, name, made, table, BODY, profile=profile)


def adversaries(run: Run, rows: int, rounds: int) -> None:
    """Hostile texts against Python row by row."""
    run.section(f"hostile texts, {rows:,} rows", "ns a row", "times best per-row", "row loop")
    every = rows
    for kind in HOSTILE:
        # Nine thousand octets a row: fewer of them.
        rows = every // 10 if kind == "45 parts" else every
        table = hostile(kind, rows)
        texts = table["text"].to_pylist()
        nothing = [""] * rows
        taken = alternate(
            {
                "plan": partial(
                    plan, table, "${text}", duplicates="keep", select=THREE, profile=_LONG
                ),
                "best": partial(peers.best, "{}{}", texts, nothing),
            },
            rounds,
        )
        made = plan(table, "${text}", duplicates="keep", profile=_LONG)
        share = _row_loop(made)
        run.line(
            kind,
            f"{taken['plan'] / rows * 1e9:,.0f}",
            f"{taken['best'] / taken['plan']:.1f}",
            f"{share:.1%}",
        )
        run.check(f"row loop of {kind}", share <= 0.05)
        check_sample(run, kind, made, table, "${text}", profile=_LONG)


def _row_loop(made: Plan) -> float:
    """Return the share of rows that were planned one by one."""
    assert made.stats is not None
    return made.stats.row_loop / max(made.stats.rows, 1)


_LONG = Profile(value_limit=None)


def files(run: Run, data: People, rounds: int) -> None:
    """Files through, each in a process of its own, with the most memory it had."""
    rows = data.plain.num_rows
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pa.parquet.write_table(data.plain, place / "in.parquet", row_group_size=1 << 18)
        few = data.plain.slice(0, min(rows, 1_000_000))
        pa.csv.write_csv(few, place / "in.csv")
        plan(place / "in.parquet", BODY, **FLAGS, rates=RATES, output=place / "planned.parquet")
        prices = {"44": Decimal("0.034"), "49": Decimal("0.07"), "33": Decimal("0.06")}

        def copy() -> None:
            _copy(place / "in.parquet", place / "planned.parquet", place / "copy.parquet")

        calls: dict[str, Callable[[], Any]] = {
            "copy that writes the same columns": copy,
            "Parquet to Parquet": lambda: _child(place, "in.parquet", "keep", "out.parquet"),
            "the same, duplicates flagged": lambda: _child(
                place, "in.parquet", "flag", "out.parquet"
            ),
        }
        taken = alternate(calls, rounds)
        run.section(f"files, {rows:,} rows", "seconds", "times the copy", "peak memory, MB")
        for name, seconds in taken.items():
            peak = ""
            if "copy" not in name:
                how = "flag" if "flagged" in name else "keep"
                peak = f"{_child(place, 'in.parquet', how, 'out.parquet') / 1e6:,.0f}"
            ratio = seconds / taken["copy that writes the same columns"]
            run.line(name, f"{seconds:.2f}", f"{ratio:.2f}", peak)
        start = time.perf_counter()
        peers.csv_loop(place / "in.csv", place / "loop.csv", BODY, prices)
        loop = time.perf_counter() - start
        start = time.perf_counter()
        _child(place, "in.csv", "keep", "out.csv")
        ours = time.perf_counter() - start
        run.section(f"CSV to CSV, {few.num_rows:,} rows", "seconds", "times the loop")
        run.line("csv.DictReader loop", f"{loop:.2f}", "1.0")
        run.line("plan", f"{ours:.2f}", f"{loop / ours:.1f}")


def _copy(source: Path, like: Path, target: Path) -> None:
    """Read the same columns and write the columns of a plan, ours as constants."""
    schema = pa.parquet.read_schema(like).remove_metadata()
    file = pa.parquet.ParquetFile(source)
    first = next(pa.parquet.ParquetFile(like).iter_batches(1 << 10))
    with pa.parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in file.iter_batches(1 << 18):
            columns = [
                batch.column(field.name)
                if field.name in batch.schema.names
                else pa.array([first.column(field.name)[0].as_py()], field.type)
                .take(pa.array([0] * 1))
                .take(pa.array(_zeros(batch.num_rows)))
                for field in schema
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _zeros(rows: int) -> Any:
    import numpy as np

    return np.zeros(rows, np.int64)


_CHILD = """
import sys
from benchmarks.people import BODY, DEFAULTS, RATES
from smsplan import plan
source, how, target = sys.argv[1:]
plan(source, BODY, defaults=DEFAULTS, duplicates=how, rates=RATES, output=target)
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def _child(folder: Path, source: str, how: str, target: str) -> int:
    """Plan a file in a process of its own; returns its peak memory in octets."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder / source), how, str(folder / target)],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout) * 1024


def scalar(run: Run, rounds: int) -> None:
    """One text at a time."""
    texts = [
        f"Hello {name}, your order is ready for collection. Reply STOP to opt out."[:75].ljust(75)
        for name in people(1_000).plain["name"].to_pylist()
    ]
    gsm = [text for text in texts if text.isascii()]
    request = TextBatch(to=["+447911123456"], body="Hello ${name}!",
                        parameters={"name": {"default": "there"}})  # fmt: skip
    start = time.perf_counter()
    dry_run(request, rates="0.034 GBP")
    first = time.perf_counter() - start
    taken = alternate(
        {
            "segment(text).number_of_parts, 75 characters, GSM": lambda: [
                segment(text).number_of_parts for text in gsm
            ],
            "segment(text).number_of_parts, 75 characters, mixed": lambda: [
                segment(text).number_of_parts for text in texts
            ],
            "dry_run of one recipient with a price": lambda: [
                dry_run(request, rates="0.034 GBP") for _ in range(100)
            ],
        },
        rounds,
    )
    run.section("one at a time", "a second")
    counts = (len(gsm), len(texts), 100)
    for (name, seconds), count in zip(taken.items(), counts, strict=True):
        run.line(name, f"{count / seconds:,.0f}")
    run.line("first dry_run with a price, ms", f"{first * 1e3:.1f}")


def results(run: Run) -> str:
    """Return the results as Markdown."""
    out = [
        "# Results",
        "",
        "Made by `make bench`. Absolute figures hold for one machine and hour; ratios travel.",
        "",
        f"{dt.date.today()} · {platform.machine()}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("numpy", "pyarrow", "pandas")),
    ]
    out += [f"| {' | '.join(cells)} |" if cells else "" for cells in run.lines]
    return "\n".join(out) + "\n"


def main() -> int:
    """Run, print, and where it is not quick, write RESULTS.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int, default=None)
    arguments = parser.parse_args()
    rows = arguments.rows or (50_000 if arguments.quick else 2_000_000)
    rounds = 1 if arguments.quick else 3
    run = Run()
    data = people(rows)
    scalar(run, rounds)
    plans(run, data, rounds)
    adversaries(run, 4_000 if arguments.quick else 50_000, rounds)
    files(run, data, rounds)
    if not arguments.quick:
        (HERE / "RESULTS.md").write_text(results(run), encoding="utf-8")
    for what in run.wrong:
        print(f"wrong: {what}", file=sys.stderr)
    return int(bool(run.wrong))


if __name__ == "__main__":
    sys.exit(main())
