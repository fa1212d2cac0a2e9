"""Every result shows itself: one line as its repr, and money in one way everywhere."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from smsplan import Cost, compare, estimate, plan
from smsplan.display.figures import money
from smsplan.totals.shares import Share

NAMES = ["Olivia", "Małgorzata", "Bo 😀", "Maximilian-Alexander"]
PEOPLE = [{"to": f"+4477009001{n:02}", "name": NAMES[n % 4]} for n in range(40)]
BODY = "Hi ${name}, our sale ends on Friday. " + "x" * 110
RATES = "1234.5 GBP"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """One result of each kind, of a plan whose every amount is above a thousand."""
    made = plan(PEOPLE, BODY, rates=RATES, defaults={"name": "you"})
    reports = [
        {"recipient": row["recipient"], "status": "Delivered", "code": 0, "price": "1234.5",
         "currency": "GBP", "number_of_message_parts": 1, "encoding": row["encoding"]}
        for row in made.rows[:30]
    ]  # fmt: skip
    return {
        "Waterfall": made.explain(),
        "Characters": made.characters(),
        "Lengths": made.by_length(longer=20),
        "Assumptions": made.assumptions(),
        "Audit": made.audit(),
        "Comparison": compare(PEOPLE, {"A": BODY, "B": BODY[:-20]}, rates=RATES),
        "Summary": made.summary,
        "Schedule": made.schedule("1 recipients/s", start=datetime(2026, 12, 1, 9, tzinfo=UTC)),
        "Reconciliation": made.reconcile(reports),
        "Estimate": estimate(BODY, lengths={"name": NAMES}, messages=90_000, country="GB",
                             rates=RATES),
    }  # fmt: skip


KINDS = ["Waterfall", "Characters", "Lengths", "Assumptions", "Audit", "Comparison", "Summary",
         "Schedule", "Reconciliation", "Estimate"]  # fmt: skip


def seen(made: Any) -> str:
    """Return what a reader of the HTML sees."""
    text = re.sub(r"<style.*?</style>", "", made._repr_html_(), flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


@pytest.mark.parametrize("kind", KINDS)
def test_repr_is_one_line(kind: str, results: dict[str, Any]) -> None:
    """Its class and its totals, as its table is headed; no number or value of a recipient."""
    made = results[kind]
    line = repr(made)
    assert line.startswith(f"<{kind}: ")
    assert line.endswith(">")
    assert "\n" not in line
    assert len(line) < 300
    assert line[len(kind) + 3 : -1] in seen(made)
    for person in PEOPLE:
        assert person["name"] not in line
        assert person["to"][-9:] not in line


def test_repr_of_a_waterfall(results: dict[str, Any]) -> None:
    """Messages, parts and money."""
    assert repr(results["Waterfall"]) == ("<Waterfall: 40 messages · 80 parts · GBP 98,760.00>")
    assert repr(results["Summary"]) == (
        "<Summary: 40 rows · 40 messages · 80 parts · GBP 98,760.00>"
    )
    one = plan(PEOPLE[:1], "Hi", rates=RATES).summary
    assert repr(one) == "<Summary: 1 row · 1 message · 1 part · GBP 1,234.50>"


def test_repr_escapes_what_a_terminal_would_act_upon() -> None:
    """A name of a text is somebody else's: its controls are escaped, and it is clipped."""
    found = compare(PEOPLE[:2], {"\x1b[31m\u202e" + "x" * 999: "Hi"})
    assert repr(found).isprintable()
    assert len(repr(found)) < 400


@pytest.mark.parametrize("kind", KINDS)
def test_money_is_shown_in_one_way(kind: str, results: dict[str, Any]) -> None:
    """Thousands apart and two decimals, in text and in HTML; never four digits in a run."""
    for text in (str(results[kind]), seen(results[kind])):
        amounts = re.findall(r"GBP [+−-]?([\d,.]+\d)", text)
        assert amounts or kind in ("Schedule",)
        for amount in amounts:
            assert re.fullmatch(r"\d{1,3}(,\d{3})*\.\d\d|0", amount), amount


def test_estimates_show_themselves(results: dict[str, Any]) -> None:
    """A table of between what the figures lie; the whole list is exact and needs none."""
    made = results["Estimate"]
    text = seen(made)
    cost = made.cost["GBP"]
    for figure in (cost.low, cost.expected, cost.high, made.parts.low, made.parts.high):
        assert f"{figure:,}" in text
    assert "95 % confidence" in text
    assert 'scope="row"' in made._repr_html_()
    assert "<script" not in made._repr_html_()
    whole = estimate(PEOPLE, BODY, rates=RATES)
    assert whole.is_exact
    assert "<table" not in whole._repr_html_()
    assert "of the whole list: exact" in seen(whole)
    assert str(whole).splitlines()[0] == "40 messages · 80 parts · GBP 98,760.00"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.068", "GBP 0.068"),
        ("0.0680", "GBP 0.068"),
        ("0.5", "GBP 0.50"),
        ("1283.1849", "GBP 1,283.18"),
        ("0", "GBP 0.00"),
        ("-1283.185", "GBP −1,283.19"),
    ],
)
def test_shares_and_costs_look_alike(amount: str, text: str) -> None:
    """One amount is written in one way, whether it is a cost, a share, or alone in a column."""
    cost = Cost({"GBP": Decimal(amount)})
    assert str(cost).replace("-", "−") == text
    assert str(Share.of(cost)).replace("-", "−") == text
    assert money(Share.of(cost)) == text


def test_shares_are_rounded_each_for_itself() -> None:
    """One amount is one text, whatever stands beside it; a third of a penny has four decimals."""
    third = Share.of(Cost({"GBP": Decimal("0.01")}), Fraction(1, 3))
    assert [money(each) for each in (third, third * 3, third * 12)] == [
        "GBP 0.0033", "GBP 0.01", "GBP 0.04",
    ]  # fmt: skip
    assert money(Share.of(Cost({"GBP": Decimal("1966.375")}))) == "GBP 1,966.38"
    assert str(third) == "GBP 0.0033"
