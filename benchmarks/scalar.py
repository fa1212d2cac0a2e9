"""One text at a time, beside the fastest other counter, which is JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Run, alternate
from benchmarks.people import people
from smsplan import TextBatch, dry_run, segment
from smsplan.errors import TooManyParts

PEER = "@trt2/gsm-charset-utils@1.0.13"
_COUNT = """
const counter = require('@trt2/gsm-charset-utils')
const texts = JSON.parse(require('fs').readFileSync(process.argv[2]))
const times = []
let parts = 0
for (let round = 0; round < 7; round++) {
  const start = process.hrtime.bigint()
  parts = 0
  for (const text of texts) parts += counter.getCharCount(text).msgCount
  times.push(Number(process.hrtime.bigint() - start) / 1e9)
}
console.log(JSON.stringify({ seconds: times.sort((a, b) => a - b)[3], parts }))
"""
_FIRST = """
import time
from smsplan import TextBatch, dry_run
batch = TextBatch(to=["+447911123456"], body="Hello ${name}!",
                  parameters={"name": {"default": "there"}})
start = time.perf_counter()
dry_run(batch, rates="0.034 GBP")
print(time.perf_counter() - start)
"""


def scalar(run: Run) -> None:
    """Count, and dry run one recipient."""
    texts = _texts()
    seconds = alternate(
        {name: _counting(each) for name, each in texts.items()}, 1 if run.quick else 7
    )
    peer = {} if run.quick else _peer(texts)
    run.section("segment(text).number_of_parts", "a second", f"{PEER} a second", "times")
    for name, each in texts.items():
        ours = len(each) / seconds[name]
        if name in peer:
            theirs = len(each) / peer[name]
            run.line(name, f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.2f}")
        else:
            run.line(name, f"{ours:,.0f}", "not measured", "")
    batch = TextBatch(to=["+447911123456"], body="Hello ${name}!",
                      parameters={"name": {"default": "there"}})  # fmt: skip
    taken = alternate({"dry run": lambda: [dry_run(batch, rates="0.034 GBP") for _ in range(100)]},
                      run.rounds)  # fmt: skip
    first = subprocess.run([sys.executable, "-c", _FIRST], cwd=ROOT, capture_output=True, text=True,
                           check=True)  # fmt: skip
    run.section("dry_run of one recipient with a price", "")
    run.line("first call of a process, ms", f"{float(first.stdout) * 1e3:.1f}")
    run.line("calls a second", f"{100 / taken['dry run']:,.0f}")


def _texts() -> dict[str, list[str]]:
    """The reference messages, twenty times over, and texts of 75 characters."""
    lines = (ROOT / "tests" / "vectors" / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    known = [text for line in lines if _whole(text := json.loads(line).get("body"))]
    names = people(20_000).plain["name"].to_pylist()
    template = "Hello {}, your order is ready for collection. Reply STOP to opt out. Thank you!!"
    return {
        f"{len(known)} reference messages": known * 20,
        "texts of 75 characters": [template.format(name)[:75] for name in names],
    }


def _whole(text: Any) -> bool:
    """No half of a surrogate pair: JavaScript could not read it from a file."""
    return isinstance(text, str) and text == text.encode("utf-8", "ignore").decode()


def _counting(texts: list[str]) -> Callable[[], None]:
    def count() -> None:
        for text in texts:
            try:
                segment(text).number_of_parts  # noqa: B018
            except TooManyParts:
                continue

    return count


def _peer(texts: dict[str, list[str]]) -> dict[str, float]:
    """Seconds of the peer, installed into a folder that goes away; none where there is no npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print(f"{PEER} is not measured: no npm here", file=sys.stderr)
        return {}
    out = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund", PEER], cwd=place,
                       check=True)  # fmt: skip
        (place / "count.js").write_text(_COUNT, encoding="utf-8")
        for name, each in texts.items():
            (place / "texts.json").write_text(json.dumps(each), encoding="utf-8")
            done = subprocess.run([node, "count.js", "texts.json"], cwd=place, capture_output=True,
                                  text=True, check=True)  # fmt: skip
            out[name] = json.loads(done.stdout)["seconds"]
    return out
