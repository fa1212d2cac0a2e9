"""Look-alikes replaced in a whole plan, against a naive loop."""

from __future__ import annotations

import string
from functools import partial
from typing import Any

import pyarrow.compute as pc

from benchmarks.measure import Run, alternate
from benchmarks.peers import GSM
from benchmarks.people import DEFAULTS, People
from smsplan import plan
from smsplan.encoding.look_alikes import LOOK_ALIKES

BODY = (
    "Hello ${name}, your “order” is ready for collection in ${city} – reply STOP to opt out. "
    "Thank you for shopping with us!"
)
_SAFE = {ord(each): entry.replacement for each, entry in LOOK_ALIKES.items() if entry.safe}
_WIDE = frozenset("^{}\\[~]|€\f")
_gsm = (frozenset(GSM) | _WIDE).issuperset


def naive(body: str, names: list[str | None], cities: list[str]) -> list[str]:
    """A loop that fills in, looks characters up in a set, and keeps what saves a part."""
    template = string.Template(body)
    out = []
    for name, city in zip(names, cities, strict=True):
        text = template.substitute(name=name or "there", city=city)
        if not _gsm(text):
            new = text.translate(_SAFE)
            if _gsm(new) and _parts(new) < _parts(text):
                text = new
        out.append(text)
    return out


def _parts(text: str) -> int:
    if _gsm(text):
        units = len(text) + sum(each in _WIDE for each in text)
        return 1 if units <= 160 else -(-units // 153)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= 70 else -(-units // 67)


def substitution(run: Run, data: People) -> None:
    """Quotes in the template and in 3 % of the names; then in half of these a letter that stays."""
    table = data.plain.slice(0, 200_000)
    rows = table.num_rows
    run.section(f"substitute, {rows:,} rows with bodies", "ns a row", "times naive", "row loop")
    for what, letters in (("all of them saved", "[çşžя]"), ("1 in 130 stays Unicode", "[çşž]")):
        names = pc.replace_substring_regex(table["name"], letters, "’")
        people = table.set_column(table.schema.get_field_index("name"), "name", names)
        texts: dict[str, Any] = {"names": names.to_pylist(), "cities": table["city"].to_pylist()}
        how: dict[str, Any] = {"defaults": DEFAULTS, "duplicates": "keep", "bodies": True}
        taken = alternate(
            {
                "naive loop": partial(naive, BODY, **texts),
                "plan, nothing replaced": partial(plan, people, BODY, **how),
                "plan": partial(plan, people, BODY, **how, substitute="safe"),
            },
            run.rounds,
        )
        made = plan(people, BODY, **how, substitute="safe")
        share = run.check_row_loop(f"substitute, {what}", made)
        for name, seconds in taken.items():
            run.line(
                f"{name}; {what}",
                f"{seconds / rows * 1e9:,.0f}",
                f"{taken['naive loop'] / seconds:.1f}",
                share if name == "plan" else "",
            )
        right = made.rows["body"].to_pylist() == naive(BODY, **texts)
        run.check(f"bodies of substitute, {what}", right)
