"""An audit counted row by row: kinds by the reader of single numbers, money by the rows."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsplan import Cost, InputError, Plan, Profile, Rate, RateCard, plan, segment
from smsplan.errors import Note
from smsplan.insight.list_audit import IN_DOUBT, KINDS, WASTED, Audit
from smsplan.kernel.numbers.msisdns import read_one
from smsplan.lists import source as lists_source
from smsplan.numbers.freephone import is_toll_free

NUMBERS = st.sampled_from(
    [
        "+447700900123",
        "447700900123.0",
        "07700 900123",
        "07911 123456",
        "+4915112345678",
        "+18005550123",
        "18005550123",
        "+12025550123",
        "+448081570123",
        "0123456789",
        "+4499999999",
        "+33612345678",
        "+33612345678 ",
        "12",
        "n/a",
        None,
    ]
)
CARD = RateCard(
    [
        *RateCard.of({"GB": "0.03 GBP", "US": "0.01 GBP", "FR": "0.06 GBP"}).rates,
        Rate(country="GB", mccmnc="23415", price=Decimal("0.05"), currency="GBP"),
        Rate(country="DE", kind="reject", price=Decimal(0), currency="GBP"),
    ]
)
NOTES = (Note.REPAIRED, Note.NATIONAL, Note.LOOKS_NATIONAL, Note.FICTITIOUS, Note.DOUBTFUL)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of three rows, so that duplicates and row numbers go over their borders."""
    monkeypatch.setattr(lists_source, "BATCH_ROWS", 3)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(NUMBERS, max_size=14),
    body=st.sampled_from(["Hi", "x" * 161, "я" * 71]),
    region=st.sampled_from([None, "GB", "US"]),
    duplicates=st.sampled_from(["flag", "keep"]),
    truncate=st.booleans(),
    limit=st.sampled_from([None, 1]),
    rates=st.sampled_from([None, "0.034 GBP", {"GB": "0.034 GBP", "+1": "0.5 USD"}, CARD]),
    profile=st.sampled_from(
        [Profile(), Profile(leading_zero="refused"), Profile(truncation="ignored")]
    ),
)
def test_counted_row_by_row(
    small_batches: None,
    numbers: list[str | None],
    body: str,
    region: str | None,
    duplicates: Any,
    truncate: bool,
    limit: int | None,
    rates: Any,
    profile: Profile,
) -> None:
    """Rows, messages, parts and every amount of every kind are those of a loop over the rows."""
    if isinstance(rates, dict):
        rates = RateCard.of(rates, mixed_currencies=True)
    made = plan(
        pa.table({"to": pa.array(numbers, pa.string())}),
        body,
        region=region,
        duplicates=duplicates,
        truncate_concat=truncate,
        max_number_of_message_parts=limit,
        rates=rates,
        profile=profile,
    )
    found = made.audit()
    expected = counted(made, numbers, body, region, profile)
    lines = {line.kind: line for line in found.lines}
    assert found.rows == len(numbers)
    assert found.priced == (rates is not None)
    assert set(lines) == {kind for kind, each in expected.items() if each["rows"]}
    for kind, line in lines.items():
        each = expected[kind]
        assert line.rows == len(each["rows"])
        assert line.first_rows == tuple(each["rows"][:10])
        assert (line.messages, line.parts) == (each["messages"], each["parts"])
        for name in ("cost", "wasted", "in_doubt", "saved"):
            cost = getattr(line, name)
            if rates is None:
                assert cost is None
            else:
                ends = {key: (cost.low[key], cost.high[key]) for key in cost.currencies}
                assert ends == {key: tuple(ends) for key, ends in each[name].items()}, (kind, name)
    check_totals(found)


def counted(
    made: Plan, numbers: list[str | None], body: str, region: str | None, profile: Profile
) -> dict[str, Any]:
    """Count by a loop: what the rows of each kind are, and what they cost at least and at most."""
    out: dict[str, Any] = {
        kind: {"rows": [], "messages": 0, "parts": 0}
        | {name: {} for name in ("cost", "wasted", "in_doubt", "saved")}
        for kind in KINDS
    }
    natural = 1 if made.settings.message.truncate_concat else segment(body).number_of_parts
    seen = set()
    for place, row in enumerate(made.rows.to_pylist(), 1):
        notes = read_one(numbers[place - 1], False, region, profile).notes
        sent, number = row["problem"] is None, row["recipient"]
        kinds = [str(note) for note in NOTES if notes & note.bit]
        if row["problem"] == "invalid_number":
            kinds.append("invalid")
        if row["problem"] == "duplicate_recipient" or (sent and number in seen):
            kinds.append("duplicate")
        if number is not None and is_toll_free(number):
            kinds.append("toll_free")
        if made.terms is not None and "unpriced" in (row["note"] or "").split(";"):
            kinds.append("unpriced")
        if sent:
            seen.add(number)
        dearest = row.get("cost_high", row["cost"])
        amounts = (row.get("cost_low", row["cost"]), dearest)
        currency = row["currency"]
        why = next((kind for kind in WASTED if kind in kinds), None) if sent else None
        doubt = next((kind for kind in IN_DOUBT if kind in kinds), None) if sent else None
        for kind in kinds:
            each = out[kind]
            each["rows"].append(place)
            if sent:
                each["messages"] += 1
                each["parts"] += row["billed_parts"]
                add(each["cost"], currency, amounts)
                if kind == why:
                    add(each["wasted"], currency, amounts)
                if kind == doubt and why is None:
                    add(each["in_doubt"], currency, amounts)
            elif kind == "duplicate" and currency is not None:
                charge = (
                    (Decimal("0.03"), Decimal("0.05"))
                    if made.terms is not None and made.terms.is_ranged and row["country"] == "GB"
                    else (row["price"], row["price"])
                )
                add(each["saved"], currency, tuple(end * natural for end in charge))
    return out


def add(totals: dict[str, list[Decimal]], currency: str | None, ends: Any) -> None:
    """Add up bounds; what has no price has none."""
    if currency is not None:
        known = totals.setdefault(currency, [Decimal(0), Decimal(0)])
        totals[currency] = [one + other for one, other in zip(known, ends, strict=True)]


def check_totals(found: Audit) -> None:
    """What is wasted adds up, and the dearest kind comes first."""
    json.dumps(found.to_dict())
    if not found.priced:
        assert found.wasted is None
        return
    for name in ("wasted", "in_doubt", "saved"):
        total = Cost()
        for line in found.lines:
            total += getattr(line, name)
        assert getattr(found, name) == total
    dearest = [max(line.wasted.high.values(), default=0) for line in found.lines if line.wasted]
    assert dearest == sorted(dearest, reverse=True)


def test_one_message_is_wasted_once() -> None:
    """A number that is repeated, fictitious and doubtful at once costs its message once."""
    made = plan(["+447700900123"] * 3, "Hi", duplicates="keep", rates="1 GBP").audit()
    wasted = {line.kind: line.wasted for line in made.lines}
    assert wasted == {
        "duplicate": Cost({"GBP": Decimal(2)}),
        "fictitious": Cost({"GBP": Decimal(1)}),
    }
    assert made.wasted == Cost({"GBP": Decimal(3)})


def test_saved_plans_and_files(tmp_path: Path) -> None:
    """A saved plan, a plan of a file and one that is priced later are audited alike."""
    numbers = ["+447700900123", "07700 900124", "+18005550123", "12", "+447700900123"] * 40
    source = tmp_path / "people.csv"
    source.write_text("to\n" + "\n".join(numbers), encoding="utf-8")
    here = plan(numbers, "Hi", region="GB", rates={"GB": "0.034 GBP"})
    path = tmp_path / "plan.parquet"
    here.save(path)
    expected = here.audit()
    assert len(expected.lines) == 6
    assert Plan.open(path).audit() == expected
    assert plan(source, "Hi", region="GB", rates={"GB": "0.034 GBP"}).audit() == expected
    later = plan(numbers, "Hi", region="GB").price({"GB": "0.034 GBP"})
    assert later.audit() == expected


def test_no_number_is_told() -> None:
    """Rows are named by their places: an audit can be forwarded, nobody's number is in it."""
    numbers = ["+447700900123", "0123456789", "+18005550123", "12", "+33612345678"] * 2
    made = plan(numbers, "Hi", duplicates="keep", rates="1 GBP").audit()
    text = json.dumps(made.to_dict()) + str(made) + made._repr_html_()
    for number in numbers:
        assert number.lstrip("+0") not in text or len(number) < 3


def test_nothing_to_remark() -> None:
    """A list without faults has no lines."""
    made = plan(["+33612345678"], "Hi", rates="1 EUR").audit()
    assert made.lines == ()
    assert "nothing to remark" in str(made)


def test_selected_columns_cannot_be_audited() -> None:
    """A plan of some columns alone has no totals, and says so."""
    with pytest.raises(InputError, match="plan without select="):
        plan(["+33612345678"], "Hi", select=["country"]).audit()
