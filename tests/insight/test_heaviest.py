"""The heaviest messages of a plan, and the first one, with their texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan import Plan, plan
from smsplan.display.masking import masker
from smsplan.insight.heaviest import heaviest

NAMES = st.sampled_from(["Ana", "Łukasz", "Анна", "x" * 150, "я" * 70, "€" * 80, "", None, "${b}"])
NUMBERS = st.sampled_from(["+447700900123", "+12025550123", "12", None, "+4915112345678"])


@given(st.lists(st.fixed_dictionaries({"to": NUMBERS, "name": NAMES}), min_size=1, max_size=30))
def test_they_are_those_of_the_rows(people: list[dict[str, Any]]) -> None:
    """Sorting all rows that are sent gives the same messages, texts and costs."""
    made = plan(people, "Hi ${name} [€]", rates={"GB": "0.034 GBP", "US": "0.01 GBP"}, bodies=True,
                duplicates="keep")  # fmt: skip
    rows = [(place, row) for place, row in enumerate(made.rows, 1) if row["sendable"]]
    first, most = heaviest(made._planned(), 4)
    assert (first is None) == (not rows)
    if first is not None:
        assert first.row == rows[0][0]
        assert first.body == rows[0][1]["body"]
    # Most expensive first; what has no price comes last.
    rows.sort(
        key=lambda one: (
            -(one[1]["cost"] or 0) if made.summary.cost.high else 0,
            -one[1]["billed_parts"],
            -one[1]["units"],
            one[0],
        )
    )
    assert [each.row for each in most] == [place for place, _ in rows[:4]]
    for each, (_, row) in zip(most, rows, strict=False):
        assert (each.body, each.units, each.parts) == (
            row["body"], row["units"], row["billed_parts"],
        )  # fmt: skip
        assert (each.recipient, each.country) == (row["recipient"], row["country"])
        cost = None if each.cost is None else each.cost.amounts["GBP"]
        assert cost == row["cost"]
        assert each.values == {"name": row["name"]}


@pytest.mark.parametrize("size", [1, 3, 100])
def test_batches_do_not_matter(size: int, tmp_path: Path) -> None:
    """From a file of many row groups the same messages come as from a frame."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    people = [{"to": f"+44770090{n:04}", "name": "ab"[n % 2] * (n * 37 % 400)} for n in range(100)]
    path = tmp_path / "people.parquet"
    pq.write_table(pa.Table.from_pylist(people), path, row_group_size=size)
    wanted = heaviest(plan(people, "Hi ${name}")._planned())
    assert heaviest(plan(path, "Hi ${name}")._planned()) == wanted


def masked(made: Plan) -> list[str]:
    """The masked texts of the heaviest messages."""
    return [each.body for each in heaviest(made._planned(), 5, masker())[1]]


def test_masked_texts() -> None:
    """Values are changed before they stand in a text; the fixed text, and defaults, stay."""
    people = [
        {"to": "+447700900123", "name": "Olga Meyer"},
        {"to": "+447700900124", "name": None},
        {"to": "+447700900125", "name": 4711},
    ]
    made = plan(people[:2], "Hi ${name}, 20% off", defaults={"name": "there"})
    assert masked(made) == ["Hi Xxxx Xxxxx, 20% off", "Hi there, 20% off"]
    digits = plan([{"to": "+447700900125", "name": 4711}], "Hi ${name}")
    assert masked(digits) == ["Hi 0000"]


def test_a_column_that_is_many_things() -> None:
    """The number, a parameter and what chooses the body may be one column; all of it is masked."""
    made = plan(
        [{"to": "+447700900123", "kind": "gold"}],
        {"gold": "You are ${kind}, ${number}", "*": "Hi"},
        body_by="kind",
        columns={"kind": "kind", "number": "to"},
    )
    first, _ = heaviest(made._planned(), 5, masker())
    assert first is not None
    assert first.body == "You are xxxx, +000000000000"
    assert first.choice == "gold"


@pytest.mark.parametrize(
    ("change", "alike"), [(masker(), True), (lambda value: value + "a" * 200, False)]
)
def test_what_does_not_keep_its_room_is_said(change: Callable[[str], str], alike: bool) -> None:
    """Where a changed value changes the figures, the whole text is changed, and that is said."""
    made = plan([{"to": "+447700900123", "name": "Olga"}], "Hi ${name}")
    _, (each,) = heaviest(made._planned(), 1, change)
    assert each.alike is alike
    assert (each.units, each.parts) == (7, 1)
    assert "Olga" not in each.body or not alike
