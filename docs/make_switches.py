"""Write the tables of switches in docs/design.md from Profile: ``python docs/make_switches.py``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

from smsplan.api.profiles import SWITCHES, Profile
from smsplan.whatif.open_questions import shown

PAGE = Path(__file__).with_name("design.md")
# The first switch under each heading.
HEADINGS = {
    "Templates": "unmatched",
    "Requests": "duplicates",
    "Characters": "form_feed",
    "Parts": "gsm_boundary",
    "The answer": "encoding_names",
}
# Placeholders, and names with an underscore.
_CODE = re.compile(r"\$+\{[^}]*\}|\$\{|\w+_\w+(?:=\d+)?")
BEGINS, ENDS = "### Templates\n", "`vocabulary` is no switch"


def values(name: str) -> str:
    """Return the cell of a switch's values, its default first."""
    entry = SWITCHES[name]
    if entry.cell:
        return entry.cell
    listed = entry.values or get_args(get_type_hints(Profile)[name])
    return " · ".join(_value(value, entry.says.get(value)) for value in listed)


def _value(value: Any, says: str | None) -> str:
    cell = "none" if value is None else f"`{shown(value)}`"
    return cell if says is None else f"{cell}: {says}"


def _sentence(name: str) -> str:
    entry = SWITCHES[name]
    said = entry.question if not entry.remark else f"{entry.question}; {entry.remark}"
    return _CODE.sub(r"`\g<0>`", said)


def tables() -> Iterator[str]:
    """Yield the lines of the tables."""
    begins = {first: heading for heading, first in HEADINGS.items()}
    for name in SWITCHES:
        if name in begins:
            yield from (
                f"### {begins[name]}",
                "",
                "| switch | values | question |",
                "|---|---|---|",
            )
        yield f"| `{name}` | {values(name)} | {_sentence(name)} |"
        following = [*SWITCHES, ""][[*SWITCHES].index(name) + 1]
        if following in begins or not following:
            yield ""


def page(text: str) -> str:
    """Return the page with the tables of today."""
    begin, end = text.index(BEGINS), text.index(ENDS)
    return text[:begin] + "\n".join(tables()) + "\n" + text[end:]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
