"""The types of a plan's columns are those of docs/design.md, in memory and in files."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from smsplan import Rate, RateCard, plan
from smsplan.kernel.columns import PLAN_COLUMNS
from tests.test_operators import US

DESIGN = Path(__file__).parents[1] / "docs" / "design.md"


def documented() -> dict[str, str]:
    """The types that the design names, by column."""
    section = DESIGN.read_text(encoding="utf-8").split("| column | type |\n")[1].split("\n\n")[0]
    out = {}
    for line in section.splitlines()[1:]:
        names, kind = line.strip("| ").split(" | ")
        for name in re.findall(r"`(\w+)`", names):
            out[name] = kind.split("`")[1]
    return out


def test_types(tmp_path: Path) -> None:
    """Every column, with and without rates, for tables and for files."""
    known = documented()
    assert set(known) == set(PLAN_COLUMNS)
    table = pa.table({"to": ["+12025550123", "12"]})
    path = tmp_path / "plan.parquet"
    for rates, scale in ((None, 4), (US, 4), (RateCard([Rate(price=US.rates[0].price,
                                                             currency="USD")]), 4)):  # fmt: skip
        made = plan(table, "Hi", rates=rates, bodies=True, output=path)
        memory = plan(table, "Hi", rates=rates, bodies=True).rows
        for schema in (pq.read_schema(path), memory.schema, made.rows.schema):
            for field in schema:
                kind = field.type
                if field.name == "to":
                    continue
                if pa.types.is_dictionary(kind):
                    kind = kind.value_type
                expected = known[field.name].replace("s)", f"{scale})")
                assert str(kind).replace("large_", "") == expected, field.name
