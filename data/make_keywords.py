"""Make smsplan/_keywords.py, the options of plan() and its like as types: for type checkers.

    python data/make_keywords.py

Each option is written once, as a field of its group (``smsplan.keywords``); a test compares.
"""

from __future__ import annotations

from pathlib import Path

from smsplan.api.conditions import Conditions
from smsplan.keywords import options
from smsplan.message import Message
from smsplan.planning.options import Outputs, Run
from smsplan.recipients import Reading

TARGET = Path(__file__).resolve().parent.parent / "smsplan" / "_keywords.py"
SETS = {
    "CampaignKeywords": (Message, Reading, Conditions),
    "PlanKeywords": (Outputs, Run),
}
HEAD = '''"""Options as types, for type checkers: made by data/make_keywords.py; do not edit."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypedDict

from smsplan.api.profiles import Profile
from smsplan.encoding.substitution import Substitution
from smsplan.ratecards import RateCard, Terms
'''


def written() -> str:
    """Return the text of the module."""
    lines = [HEAD]
    base = "TypedDict"
    for name, groups in SETS.items():
        lines.append(f"\nclass {name}({base}, total=False):")
        lines.append(f'    """Options: {", ".join(group.__name__ for group in groups)}."""\n')
        for group in groups:
            for field, (each, _) in options(group).items():
                kind = str(each.type).replace("'", '"')
                lines.append(f"    {field}: {kind if 'None' in kind else kind + ' | None'}")
        lines.append("")
        base = name
    return "\n".join(lines)


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
