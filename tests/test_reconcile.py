"""A plan beside its reports and its invoice: every difference is found, and named."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from smsplan import InputError, Plan, Profile, Rate, RateCard, plan
from smsplan.cli import app
from smsplan.ratecards import Cost
from smsplan.reports import Report, read_reports

CARD = RateCard([
    Rate(country="US", price=Decimal("0.0080"), currency="USD"),
    Rate(country="US", mccmnc="310410", kind="surcharge", price=Decimal("0.0030"), currency="USD"),
    Rate(country="US", mccmnc="310260", kind="surcharge", price=Decimal("0.0050"), currency="USD"),
    Rate(country="GB", price=Decimal("0.04"), currency="USD"),
])  # fmt: skip


def delivered(made: Plan, **more: Any) -> list[dict[str, Any]]:
    """Return the reports of a campaign in which everything went as planned."""
    return [
        {
            "type": "recipient_delivery_report_sms", "batch_id": "01FC66621XXXXX119Z8PMV1QPQ",
            "recipient": row["recipient"], "code": 0, "status": "Delivered",
            "at": "2026-12-01T10:00:00Z", "encoding": row["encoding"],
            "number_of_message_parts": row["number_of_parts"], **more,
        }
        for row in made.rows
        if row["problem"] is None
    ]  # fmt: skip


@pytest.fixture
def made() -> Plan:
    """Texts of several lengths in both encodings, to two countries; one number twice."""
    texts = ["a" * 100, "a" * 305, "я" * 100, "a" * 152 + "€" + "a" * 152]
    to = ["+12025550123", "+12025550124", "+447700900123", "+447700900124"]
    rows = [{"to": number, "text": text} for number in to for text in texts[:1]]
    rows += [{"to": f"+1202555{n:04}", "text": texts[n % 4]} for n in range(200, 240)]
    rows.append({"to": "+12025550123", "text": "again"})
    return plan(rows, "${text}", rates=CARD, duplicates="keep")


def test_nothing_differs(made: Plan, tmp_path: Path) -> None:
    """Reports as planned: no difference, whatever their order and the shape of their file."""
    reports = delivered(made)
    lines = tmp_path / "reports.jsonl"
    lines.write_text("\n".join(map(json.dumps, sorted(reports, key=lambda r: r["recipient"]))))
    found = made.reconcile(lines)
    assert found.differences == ()
    assert (found.total.reported, found.total.reported_parts) == (made.messages, made.parts)
    assert found.statuses == {"Delivered (0)": made.messages}
    assert found.without_price == made.messages
    assert "carry no price; the invoice has it" in found.remarks[-1]
    assert found.total.cost.low == made.cost.low
    assert found.total.cost.high == made.cost.high
    assert "no difference shows" in str(found)
    bare = [{k: v for k, v in r.items() if k not in ("encoding", "number_of_message_parts")}
            for r in reports]  # fmt: skip
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"delivery_reports": bare}))
    found = made.reconcile(page)
    assert (found.without_parts, found.without_encoding) == (made.messages, made.messages)
    assert "they do where the request sets max_number_of_message_parts" in found.remarks[0]


def test_every_planted_difference(made: Plan, tmp_path: Path) -> None:
    """Each kind that is planted is found, as often as it was, with its parts and its money."""
    chance = random.Random(3)
    reports = delivered(made)
    planted: Counter[str] = Counter()
    kept = []
    for report in reports:
        kind = chance.choice(["", "", "lost", "405", "411", "failed", "encoding", "truncated"])
        if report["number_of_message_parts"] == 1 and kind == "truncated":
            kind = ""
        if report["encoding"] == "GSM" and kind == "encoding":
            kind = ""
        planted[kind] += 1
        if kind == "lost":
            continue
        if kind in ("405", "411"):
            report |= {"code": int(kind), "status": "Aborted"}
        elif kind == "failed":
            report |= {"code": 402, "status": "Failed"}
        elif kind == "encoding":
            report |= {"encoding": "GSM", "number_of_message_parts": 1}
        elif kind == "truncated":
            report |= {"number_of_message_parts": 1}
        kept.append(report)
    kept.append({**reports[0], "recipient": "33612345678"})
    path = tmp_path / "reports.json"
    path.write_text(json.dumps(kept))
    out = tmp_path / "details.parquet"
    found = {each.kind: each for each in made.reconcile(path, output=out).differences}
    details = pq.read_table(out).to_pylist()
    assert [row["row"] for row in details] == [*range(1, len(reports) + 1), None]
    named = Counter(kind for row in details for kind in (row["differences"] or "").split(";"))
    assert {kind: count for kind, count in named.items() if kind} == {
        kind: each.messages for kind, each in found.items()
    }
    for row, report in zip(details, reports, strict=False):
        assert row["recipient"] == report["recipient"]
        assert row["parts"] >= 1
        if row["differences"] != "not_reported":
            assert row["reported_parts"] == report["number_of_message_parts"]
    counts = {kind: each.messages for kind, each in found.items()}
    expected = {
        "not_reported": planted["lost"], "not_in_plan": 1, "405": planted["405"],
        "411": planted["411"], "not_delivered": planted["failed"],
        "encoding": planted["encoding"], "truncated": planted["truncated"],
    }  # fmt: skip
    assert counts == {kind: count for kind, count in expected.items() if count}
    assert found["encoding"].parts == -planted["encoding"]
    rows = made.rows
    for place in found["not_reported"].rows:
        assert rows[place - 1]["problem"] is None


def test_a_boundary_that_is_counted_in_units(made: Plan) -> None:
    """Where the service counts an extension on the boundary, one part less explains itself."""
    reports = [
        Report(**{k: v for k, v in r.items() if k not in ("type",)})
        for r in delivered(made)
    ]  # fmt: skip
    changed = [
        report if report.number_of_message_parts != 3 else _with_parts(report, 2)
        for report in reports
    ]
    found = made.reconcile(changed)
    assert {each.kind for each in found.differences} == {"boundary"}
    three = sum(report.number_of_message_parts == 3 for report in reports)
    assert found.differences[0].messages == three > 0
    assert found.differences[0].parts == -three


@pytest.mark.parametrize("bits", [8, 16])
def test_references_of_the_other_size(bits: Literal[8, 16]) -> None:
    """Parts that are a septet or code unit shorter or longer than planned name their switch."""
    people = [{"to": "+447700900123"}, {"to": "+447700900124"}]
    other: Literal[8, 16] = 16 if bits == 8 else 8
    for text in ("a" * 306, "ж" * 134):
        made, billed = (
            plan(people, text, profile=Profile(reference_bits=each)) for each in (bits, other)
        )
        found = made.reconcile(delivered(billed))
        (difference,) = found.differences
        assert (difference.kind, difference.messages) == ("reference", 2)
        assert difference.parts == billed.parts - made.parts
        assert "reference_bits" in difference.text
        assert not made.reconcile(delivered(made)).differences


def _with_parts(report: Report, parts: int) -> Report:
    from dataclasses import replace

    return replace(report, number_of_message_parts=parts)


def test_prices_by_operator(made: Plan, tmp_path: Path) -> None:
    """A price within the operators' range; with the card, that of the reported operator."""
    operators = ["310410", "310260", "310999"]
    prices = {"310410": Decimal("0.0110"), "310260": Decimal("0.0130"), "310999": Decimal("0.0080")}
    path = tmp_path / "reports.csv"
    total = Decimal(0)
    with path.open("w", newline="") as file:
        writer: Any = None
        for n, report in enumerate(delivered(made)):
            us = report["recipient"].startswith("1")
            operator = operators[n % 3]
            paid = (prices[operator] if us else Decimal("0.04")) * report["number_of_message_parts"]
            total += paid
            line = {**report, "operator": operator, "price": paid, "currency": "USD"}
            writer = writer or csv.DictWriter(file, list(line))
            if n == 0:
                writer.writeheader()
            writer.writerow(line)
    found = made.reconcile(path)
    assert [each.kind for each in found.differences] == ["operator_price"]
    assert found.total.reported_cost == Cost({"USD": total})
    assert found.total.cost.low["USD"] <= total <= found.total.cost.high["USD"]
    assert made.reconcile(path, rates=CARD).differences == ()
    dearer = RateCard([*(r for r in CARD.rates if r.country == "US"),
                       Rate(country="GB", price=Decimal("0.03"), currency="USD")])  # fmt: skip
    (price,) = made.reconcile(path, rates=dearer).differences
    assert (price.kind, price.messages, price.amounts) == ("price", 2, {"USD": Decimal("0.02")})


def test_an_invoice(made: Plan, tmp_path: Path) -> None:
    """By country, to the cent; what is on no list and what is missing is named."""
    path = tmp_path / "invoice.csv"
    us = made.summary.countries["US"]
    path.write_text(
        "country,parts,amount,currency\n"
        f"US,{us.parts},{us.cost.low['USD']},USD\nGB,2,0.09,USD\nFR,1,0.06,USD\n"
    )
    found = made.reconcile(path)
    assert [(each.kind, each.messages, each.parts, dict(each.amounts)) for each in
            found.differences] == [
        ("not_in_plan", 0, 1, {"USD": Decimal("0.06")}),
        ("price", 2, 0, {"USD": Decimal("0.01")}),
    ]  # fmt: skip
    assert found.countries["US"].reported_cost.amounts["USD"] == us.cost.low["USD"]
    # It tells parts and money; 0 messages would be a lie.
    line = next(line for line in str(found).splitlines() if line.startswith("US"))
    assert line.split()[:5] == ["US", str(us.messages), "–", str(us.parts), str(us.parts)]
    path.write_text("country,amount\nGB,lots EUR\n")
    with pytest.raises(InputError, match="amount of GB"):
        made.reconcile(path)


def test_reports_that_are_none(made: Plan, tmp_path: Path) -> None:
    """Reports of another campaign, of a batch, of nothing, and files that are no reports."""

    def fails(name: str, content: str, said: str) -> None:
        path = tmp_path / name
        path.write_text(content)
        with pytest.raises(InputError, match=said):
            made.reconcile(path)

    other = json.dumps({"recipient": "33612345678", "status": "Delivered", "code": 0})
    fails("other.json", other, "none of the 1 reports belongs to this plan")
    fails("empty.json", "[]", "there are no reports")
    fails("batch.json", '{"type": "delivery_report_sms", "statuses": []}', "the report of a batch")
    fails("x.json", "{", "neither CSV .* nor JSON; the first fault is near line 1")
    fails("x.csv", "a,b\n1,2\n", "no column 'recipient'")
    fails("y.csv", "recipient,code\n1\n", "line 2: not as many cells")
    fails("z.csv", "recipient,code\n12025550123,zero\n", "line 2: code is no whole number")
    fails("n.json", '{"anything": 1}', "no delivery report of a recipient")
    fails("l.jsonl", other + "\n{\n", "the first fault is near line")
    with pytest.raises(InputError, match="there is no file"):
        list(read_reports(tmp_path / "none.json"))
    # A callback appended: a report a line, with blank lines between.
    lines = tmp_path / "ok.jsonl"
    lines.write_text(f"{other}\n\n{other}\n")
    assert [report.place for report in read_reports(lines)] == ["line 1", "line 3"]


def test_the_command(made: Plan, tmp_path: Path) -> None:
    """``smsplan reconcile`` says the same, and exits with 3 where something differs."""
    saved, reports = tmp_path / "plan.parquet", tmp_path / "reports.json"
    made.save(saved)
    reports.write_text(json.dumps(delivered(made)))
    answer = CliRunner().invoke(app, ["reconcile", str(saved), str(reports), "--json"])
    assert answer.exit_code == 0, answer.output
    data = json.loads(answer.stdout)
    assert data["schema"] == "smsplan.reconciliation/1"
    assert data == {"schema": data["schema"], **made.reconcile(reports).to_dict()}
    reports.write_text(json.dumps(delivered(made)[1:]))
    answer = CliRunner().invoke(app, ["reconcile", str(saved), str(reports)])
    assert answer.exit_code == 3
    assert "not_reported" in answer.stdout
    assert "total" in answer.stdout
