"""How things are measured: in alternation, by medians, outputs compared with the dry run.

What reads and writes files does it in a process of its own.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.people import DEFAULTS
from smsplan import Plan, TextBatch, dry_run

ROOT = Path(__file__).parent.parent
THREE = ("encoding", "units", "number_of_parts")


class Run:
    """Lines of results, the curves to be drawn, and whether every output was right."""

    def __init__(self, rows: int, *, quick: bool) -> None:
        self.rows = rows
        self.quick = quick
        self.rounds = 1 if quick else 5
        self.lines: list[tuple[str, ...]] = []
        self.curves: dict[str, dict[int, float]] = {}
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

    def check_row_loop(self, what: str, made: Plan) -> str:
        """Return the share of rows that left the vectorised path; more than 5 % is a failure."""
        assert made.stats is not None
        share = made.stats.row_loop / max(made.stats.rows, 1)
        self.check(f"row loop of {what}", share <= 0.05)
        return f"{share:.1%}"

    def check_sample(
        self, what: str, rows: Any, table: pa.Table, body: str, **message: Any
    ) -> None:
        """Compare 200 rows or so with the dry run of its one recipient."""
        keys = [name for name in table.column_names if name != "to"]
        defaults = {key: DEFAULTS[key] for key in keys if key in DEFAULTS}
        for row in range(0, table.num_rows, max(1, table.num_rows // 200)):
            number = table["to"][row].as_py()
            parameters = {
                key: {
                    **({} if (value := table[key][row].as_py()) is None else {number: value}),
                    **({"default": defaults[key]} if key in defaults else {}),
                }
                for key in keys
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
            found = tuple(rows[name][row].as_py() for name in THREE)
            self.check(f"{what}, row {row}: {found} for {expected}", found == expected)


def alternate(calls: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each call, taken in turn, each behind one that does not count.

    Memory that a process touches for the first time costs as much as planning: what another call
    gave back to the system would be counted here.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            call()
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds, libraries loaded, and the most memory of the process in MB (VmHWM)."""

    seconds: float
    peak: float


def child(*words: str | Path, cores: int = 2) -> Took:
    """Do one thing of :mod:`benchmarks.child` in a process of its own, on so many cores."""
    mine = sorted(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        # As the command does, so that memory that is given back is given back.
        env={**os.environ, "ARROW_DEFAULT_MEMORY_POOL": "system"},
        preexec_fn=lambda: os.sched_setaffinity(0, mine[:cores]),
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Took(**json.loads(done.stdout))


def children(
    calls: dict[str, Sequence[str | Path]], rounds: int, cores: int = 2
) -> dict[str, Took]:
    """Return the median of each, taken in turn."""
    taken: dict[str, list[Took]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, words in calls.items():
            taken[name].append(child(*words, cores=cores))
    return {name: _median(each) for name, each in taken.items()}


def _median(taken: Iterable[Took]) -> Took:
    each = list(taken)
    return Took(
        statistics.median(one.seconds for one in each), statistics.median(one.peak for one in each)
    )
