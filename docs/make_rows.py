"""Write what rows have into docs/design.md, as tables: ``python docs/make_rows.py``."""

from __future__ import annotations

import re
from pathlib import Path

from smsplan.errors import Note, Problem, Weight
from smsplan.kernel.columns import PLAN_COLUMNS, PlanColumn

PAGE = Path(__file__).with_name("design.md")
MATTERS = {
    Weight.TOLD: "says what was done",
    Weight.CORRECT: "better corrected",
    Weight.IN_DOUBT: "money in doubt",
    Weight.WASTED: "money wasted",
}
MONEY = {Weight.IN_DOUBT: "in doubt", Weight.WASTED: "wasted"}
# A name with an underscore that is not marked as code yet.
_CODE = re.compile(r"(?<![`\w])\w+_\w+(?![`\w])")


def _meaning(entry: Problem | Note) -> str:
    sentence = _CODE.sub(r"`\g<0>`", entry.sentence)
    return f"{sentence}; {entry.more}"


def _column(column: PlanColumn) -> str:
    return column.meaning + (f"; only with {column.only}" if column.only else "")


TYPES = {
    "words": "`string` (words)",
    "money": "`decimal128(38, s)`: s decimals, as many as the rate card has",
}
# The lines of each table, by its head.
TABLES = {
    "| column | meaning | decided by |": [
        f"| `{name}` | {_column(each)} | {each.stage} |" for name, each in PLAN_COLUMNS.items()
    ],
    "| column | type |": [
        f"| `{name}` | {TYPES.get(each.type, f'`{each.type}`')} |"
        for name, each in PLAN_COLUMNS.items()
    ],
    "| `problem` | when |": [f"| `{each}` | {_meaning(each)} |" for each in Problem],
    "| `note` | meaning | weight |": [
        f"| `{each}` | {_meaning(each)} | {MATTERS[each.weight]} |" for each in Note
    ],
    "| `kind` | what is counted | money |": [
        f"| `{each}` | {each.sentence} | {MONEY.get(each.weight, 'none wasted')} |"
        for each in Note
        if each.number is not None
    ],
}


def page(text: str) -> str:
    """Return the page with the tables of today; an audit has kinds besides, which stay."""
    for head, lines in TABLES.items():
        before, rest = text.split(f"{head}\n", 1)
        table, behind = rest.split("\n\n", 1)
        rule, *old = table.split("\n")
        names = tuple(line.partition(" | ")[0] for line in lines)
        kept = [each for each in old if "money" in head and not each.startswith(names)]
        text = "\n".join([before + head, rule, *lines, *kept, "", behind])
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
