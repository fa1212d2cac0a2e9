"""Run the benchmarks: ratios in one run, variants in alternation, medians; outputs checked.

    python -m benchmarks.run [--quick] [--rows N]

Only wrong outputs fail, more than 5 % of rows planned one by one, and more memory than a bound:
noise does not.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.cluster import cluster
from benchmarks.files import files
from benchmarks.insight import insight
from benchmarks.measure import Run
from benchmarks.memory import memory
from benchmarks.people import people
from benchmarks.scalar import scalar
from benchmarks.substitution import substitution
from benchmarks.tables import adversaries, curve, plans

HERE = Path(__file__).parent


def results(run: Run) -> str:
    """Return the results as Markdown."""
    names = ("numpy", "pyarrow", "pandas", "polars", "duckdb", "pyspark")
    out = [
        "# Results",
        "",
        "Made by `make bench`. Absolute figures hold for one machine and hour; ratios travel.",
        "",
        f"{dt.date.today()} · {platform.machine()}, {len(os.sched_getaffinity(0))} cores, Python "
        f"{platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in names),
        "",
        "![Time against rows](rows.svg)",
    ]
    out += [f"| {' | '.join(cells)} |" if cells else "" for cells in run.lines]
    return "\n".join(out) + "\n"


def draw(run: Run) -> None:
    """Draw time against rows, both logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "smsplan"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    greys = iter(("0.4", "0.65"))
    for name, points in run.curves.items():
        loop = "three columns" in name
        axes.plot(
            *zip(*points.items(), strict=True),
            label=name.replace(", three columns", "\n(three columns)"),
            marker="s" if loop else "o",
            markersize=4,
            linestyle="--" if loop else "-",
            color=next(greys) if loop else None,
        )
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds")
    axes.set_xticks([10**power for power in range(4, 8)], ["10,000", "100,000", "1 M", "10 M"])
    axes.set_yticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    figure.legend(loc="outside right center", frameon=False)
    figure.savefig(HERE / "rows.svg", metadata={"Date": None})


def main() -> int:
    """Run, print, and where it is not quick, write RESULTS.md and rows.svg."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int, default=None)
    arguments = parser.parse_args()
    rows = arguments.rows or (50_000 if arguments.quick else 10_000_000)
    run = Run(rows, quick=arguments.quick)
    scalar(run)
    data = people(rows)
    plans(run, data.head(2_000_000))
    insight(run, data)
    substitution(run, data)
    adversaries(run)
    files(run, data)
    memory(run)
    if not run.quick:
        cluster(run, data)
        curve(run, data)
        draw(run)
        (HERE / "RESULTS.md").write_text(results(run), encoding="utf-8")
    for what in run.wrong:
        print(f"wrong: {what}", file=sys.stderr)
    return int(bool(run.wrong))


if __name__ == "__main__":
    sys.exit(main())
