"""A saved plan keeps its prices, so that it can be explained without the rate card's file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from smsplan import OperatorMix, Plan, Rate, RateCard, Terms, plan

CARD = RateCard(
    [
        Rate(country="US", price=Decimal("0.0079"), currency="USD", line=2),
        Rate(country="US", mccmnc="310410", kind="surcharge", price=Decimal("0.0035"),
             currency="USD", valid_from=date(2026, 1, 1), source="list, with a comma", line=3),
        Rate(country="GB", price=Decimal("0.04000"), currency="GBP", per="message", line=4),
        Rate(country="FR", kind="reject", price=Decimal(0), currency="", line=5),
        Rate(country="DE", price=Decimal("0"), currency="EUR", line=6),
        Rate(country="DE", price=Decimal("0.05"), currency="EUR", tier_from=100, line=7),
    ],
    mixed_currencies=True,
)  # fmt: skip


def test_terms_as_json() -> None:
    """Terms come back as they were: rows with their lines, the mix, what was used before."""
    mix = OperatorMix.of({"US": {"310410": "40%", "*": "60%"}})
    terms = CARD.terms(on=date(2026, 11, 1), mix=mix, used={"DE": 7})
    again = Terms.from_dict(terms.to_dict())
    assert again == terms
    assert [rate.line for rate in again.card.rates] == [rate.line for rate in terms.card.rates]
    assert again.digest == terms.digest


def test_plan_keeps_prices(tmp_path: Path) -> None:
    """A plan that is opened has the prices it was made with, bounds and digest included."""
    rows = ["+12025550123", "+447700900123", "+491700000000", "+33600000000"]
    made = plan(rows, "Hi", rates=CARD.terms(on=date(2026, 11, 1)))
    made.save(tmp_path / "plan.parquet")
    opened = Plan.open(tmp_path / "plan.parquet")
    assert opened.terms == made.terms
    assert opened.rates_digest == made.rates_digest
    assert opened.cost == made.cost
    assert [row["cost_high"] for row in opened.rows.to_pylist()] == [
        row["cost_high"] for row in made.rows.to_pylist()
    ]
