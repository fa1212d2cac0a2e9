"""One question, one answer: whatever door it is asked through."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan import (
    InputError,
    Plan,
    Rate,
    RateCard,
    TextBatch,
    compare,
    dry_run,
    estimate,
    plan,
    plan_batch,
)
from smsplan.display.report import content_of, report_html
from smsplan.display.views import as_text

# Few numbers, so that they repeat; of several countries, one of them with prefixes, and of none.
NUMBERS = ["+447700900123", "447700900123", "+447700900456", "+447911123456", "+12025550123",
           "+33612345678", "+88213123456", "12", None]  # fmt: skip
NAMES = ["Ana", "Zo\u00eb", "\u0410\u043d\u043d\u0430 " * 12, "a" * 150, "{}[]" * 20, None]
BODY = "Hi ${name}, " + "b" * 40
ROWS = st.lists(
    st.fixed_dictionaries({"to": st.sampled_from(NUMBERS), "name": st.sampled_from(NAMES)}),
    min_size=1,
    max_size=12,
)
PRICES = st.sampled_from([Decimal(0), Decimal("0.04"), Decimal("0.0075"), Decimal("1.25")])
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "defaults": st.just({"name": "you"}),
        "max_number_of_message_parts": st.sampled_from([1, 2]),
        "truncate_concat": st.just(True),
        "duplicates": st.just("keep"),
        "substitute": st.sampled_from(["safe", "lossy"]),
    },
)


@st.composite
def cards(draw: st.DrawFn) -> RateCard:
    """Draw a card with prices, rejects, tiers, fees, operators: whatever a total depends on."""
    rates: list[Rate] = []
    # Tiers among prices by operator are refused.
    other = draw(st.sampled_from(["tiers", "operators"]))
    for country, prefix in draw(
        st.lists(
            st.sampled_from([("GB", ""), ("GB", "447911"), ("US", ""), ("FR", ""), ("", "")]),
            min_size=1,
            unique=True,
        )
    ):
        kind = draw(st.sampled_from(["base", "base", other, "reject"]))
        common: dict[str, Any] = {"country": country, "prefix": prefix, "currency": "GBP"}
        if kind == "reject":
            rates.append(Rate(**common, kind="reject", price=Decimal(0)))
            continue
        per = draw(st.sampled_from(["part", "part", "message"]))
        rates.append(Rate(**common, price=draw(PRICES), per=per))
        if kind == "tiers":
            at = draw(st.integers(1, 9))
            rates.append(Rate(**common, price=draw(PRICES), per=per, tier_from=at))
        if kind == "operators" and country:
            rates.append(Rate(**common, price=draw(PRICES), per=per, mccmnc="23410"))
    if draw(st.booleans()):
        fee = draw(st.sampled_from(["", "GB", "US"]))
        rates.append(Rate(country=fee, kind="fixed", price=Decimal(7), currency="GBP"))
    return RateCard(rates)


def figures(made: Plan) -> dict[str, Any]:
    """Return everything that a plan says in figures: its totals and its rows."""
    rows = made.rows
    return {
        "summary": made.summary.to_dict(),
        "rows": rows if isinstance(rows, list) else rows.to_pylist(),
    }


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, card=cards(), before=st.none() | cards(), options=OPTIONS)
def test_pricing_again_is_planning_with_the_card(
    rows: list[dict[str, Any]], card: RateCard, before: RateCard | None, options: dict[str, Any]
) -> None:
    """``plan(rows).price(card)`` is ``plan(rows, rates=card)``, also with another card before."""
    whole = plan(rows, BODY, rates=card, **options)
    first = plan(rows, BODY, rates=before, **options)
    if "rejected_by_rate_card" in first.summary.problems:
        with pytest.raises(InputError, match="plan again"):
            first.price(card)
        return
    assert figures(first.price(card)) == figures(whole)
    if before is not None:
        assert figures(first.price(card).price(before)) == figures(first)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, card=st.none() | cards(), options=OPTIONS)
def test_an_estimate_of_the_whole_list_is_the_plan(
    rows: list[dict[str, Any]], card: RateCard | None, options: dict[str, Any]
) -> None:
    """Messages, parts, cost with its bounds, and the share without a price."""
    made = plan(rows, BODY, rates=card, **options)
    found = estimate(rows, BODY, rates=card, **options)
    assert found.is_exact
    for ours, theirs in ((found.messages, made.messages), (found.parts, made.parts)):
        assert {ours.low, ours.expected, ours.high} == {Decimal(theirs)}
    for currency, interval in found.cost.items():
        assert interval.low == made.cost.low.get(currency, 0)
        assert interval.high == made.cost.high.get(currency, 0)
        off = abs(Decimal(interval.expected) - made.cost.rounded(8).get(currency, Decimal(0)))
        assert off <= Decimal("0.005") if not made.cost.is_exact else not off
    assert set(made.cost.currencies) <= set(found.cost)
    assert found.unpriced * made.messages == (made.cost.unpriced if card else 0)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, card=st.none() | cards(), options=OPTIONS)
def test_comparing_one_text_is_planning_it(
    rows: list[dict[str, Any]], card: RateCard | None, options: dict[str, Any]
) -> None:
    """Each summary of a comparison is that of the plan, findings included."""
    other = {"A": BODY, "B": "Hello ${name}!"}
    for name, each in zip(other, compare(rows, other, rates=card, **options).variants, strict=True):
        assert each.summary == plan(rows, other[name], rates=card, **options).summary


def test_a_rejected_number_that_repeats() -> None:
    """Of the rows of a number that the card rejects none is a duplicate, whenever it is priced."""
    card = RateCard([
        Rate(country="FR", kind="reject", price=Decimal(0), currency=""),
        Rate(country="GB", price=Decimal("0.04"), currency="GBP"),
    ])  # fmt: skip
    people = ["+33612345678", "+447700900123", "+33612345678", "+447700900123"]
    for made in (plan(people, "Hi", rates=card), plan(people, "Hi").price(card)):
        assert made.rows["problem"].to_pylist() == [
            "rejected_by_rate_card", None, "rejected_by_rate_card", "duplicate_recipient",
        ]  # fmt: skip


def test_a_plan_is_not_changed_by_questions(tmp_path: Path) -> None:
    """Whatever a plan is asked, it prints and saves the same before and after, and has the same."""
    rows = [{"to": "+447700900123", "name": "Fran\u00e7ois"}, {"to": "+447700900456", "name": "Bo"}]
    made = plan(rows, BODY + "c" * 30, rates="0.034 GBP")
    has = {each.name: getattr(made, each.name) for each in fields(made)}
    before = str(made.summary), made._record.to_json()
    made.assumptions()
    made.report(tmp_path / "report.html")
    made.explain()
    made.characters()
    made.by_length()
    made.audit()
    made.dry_run()
    list(made.batches())
    made.price("0.05 EUR")
    made.worst(1)
    assert (str(made.summary), made._record.to_json()) == before
    assert all(getattr(made, name) is value for name, value in has.items())


def test_nothing_is_set_on_a_plan(tmp_path: Path) -> None:
    """However a plan was made, nothing can be set on it, or in what it says of itself."""
    path = tmp_path / "plan.parquet"
    made = plan(["+447700900123"], "Hi", rates="0.034 GBP", output=path)
    batch = TextBatch(to=["+447700900123"], body="Hi")
    for each in (made, made.price("0.05 EUR"), Plan.open(path), plan_batch(batch)):
        for name in ("warnings", "stats", "options", "terms", "summary", "rows", "anything"):
            with pytest.raises(AttributeError):
                setattr(each, name, ())
        with pytest.raises(AttributeError):
            setattr(each._record, "summary", None)  # noqa: B010


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, card=st.none() | cards(), options=OPTIONS)
def test_what_look_alikes_would_save_is_what_they_save(
    rows: list[dict[str, Any]], card: RateCard | None, options: dict[str, Any]
) -> None:
    """``characters()`` and a plan of the changed texts agree, in parts and money, with tiers."""
    options = {**options, "duplicates": "keep", "substitute": None}
    options.pop("max_number_of_message_parts", None)
    body = BODY + "\u201cnow\u201d e\u0301"
    before = plan(rows, body, rates=card, **options)
    after = plan(rows, body, rates=card, **{**options, "substitute": "lossy"})
    found = before.characters()
    assert found.saved_together_parts == before.parts - after.parts
    if card is not None:
        assert found.saved_together_cost is not None
        saved = before.cost - after.cost
        for end in ("low", "expected", "high"):
            assert {name: at for name, at in getattr(saved, end).items() if at} == {
                name: at for name, at in getattr(found.saved_together_cost, end).items() if at
            }


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, card=st.none() | cards(), options=OPTIONS, most=st.integers(1, 160))
def test_what_a_shorter_name_would_save_is_what_it_saves(
    rows: list[dict[str, Any]], card: RateCard | None, options: dict[str, Any], most: int
) -> None:
    """A point of ``by_length()`` is the plan with that limit, to the last digit."""
    options = {**options, "duplicates": "keep"}
    options.pop("max_number_of_message_parts", None)
    made = plan(rows, BODY, rates=card, **options)
    curve = made.by_length().parameters.get("name")
    if curve is None or not made.messages:
        return
    point = curve.at(min(most, curve.points[-1].characters))
    shorter = plan(rows, BODY, rates=card, **options, limits={"name": most})
    assert (point.messages, point.parts) == (shorter.messages, shorter.parts)
    assert point.cost is None if card is None else point.cost == shorter.cost


def test_both_frames_of_tables() -> None:
    """A pyarrow table and a list of dicts are the same question."""
    rows = [{"to": "+447700900123", "name": "Zo\u00eb"}]
    assert plan(pa.Table.from_pylist(rows), BODY).summary == plan(rows, BODY).summary


def test_a_batch_without_parameters_uses_no_default() -> None:
    """``${name}`` of a batch without parameters is text: nobody's default is used."""
    batch = TextBatch(to=["+447700900123"], body="Hi ${name}!")
    made = plan_batch(batch)
    assert [row["note"] for row in made.rows] == ["fictitious"]
    (shown,) = dry_run(batch, per_recipient=True).per_recipient or ()
    assert shown.body == "Hi ${name}!"
    batch = TextBatch(to=["+447700900123"], body="Hi ${a}", parameters={"a": {"default": "you"}})
    assert [row["note"] for row in plan_batch(batch).rows] == ["fictitious;default_used"]


def test_the_most_expensive_rows() -> None:
    """By money where there is one currency: expected, then the highest; ``by`` chooses."""
    people = [{"to": "+447700900123", "text": "a" * 450}, {"to": "+33612345678", "text": "a" * 200},
              {"to": "+12025550123", "text": "a"}, {"to": "12", "text": "a"}]  # fmt: skip
    made = plan(people, "${text}", rates={"GB": "0.01 GBP", "FR": "0.50 GBP"})

    def first(made: Plan, **by: Any) -> list[str]:
        return [row["to"][:3] for row in made.worst(9, **by)]

    assert first(made) == ["+33", "+44", "+12", "12"]
    assert first(made, by="parts") == ["+44", "+33", "+12", "12"]
    assert first(plan(people, "${text}")) == ["+44", "+33", "+12", "12"]
    mixed = RateCard.of({"GB": "0.01 GBP", "FR": "0.50 EUR"}, mixed_currencies=True)
    assert first(made.price(mixed)) == ["+44", "+33", "+12", "12"]
    with pytest.raises(InputError, match="one currency"):
        made.price(mixed).worst(1, by="cost")
    ranged = RateCard([
        Rate(country="GB", price=Decimal("0.02"), currency="GBP"),
        Rate(country="FR", price=Decimal("0.01"), currency="GBP"),
        Rate(country="FR", price=Decimal("9"), currency="GBP", mccmnc="20801"),
    ])  # fmt: skip
    assert first(plan(people, "${text}", rates=ranged))[:2] == ["+44", "+33"]
    assert first(made.price(ranged))[0] == "+44"


def test_nothing_is_sent() -> None:
    """A plan that sends nothing costs 0 in the currency of its card, and says so."""
    made = plan(["12"], "Hi", rates={"GB": "0.04 GBP"})
    assert str(made.cost) == "GBP 0.00"
    assert made.cost.amounts == {"GBP": 0}
    assert "nothing is sent" in str(made.summary)
    assert "nothing is sent" in made._repr_html_()
    assert "because nothing is sent" in report_html(content_of(made))
    assert str(plan(["12"], "Hi").cost) == "nothing"


def test_equal_wordings() -> None:
    """What costs the same is called equal, not the cheapest."""
    people = ["+447700900123"]
    made = compare(people, {"A": "Hi", "B": "Ho", "C": "a" * 161}, rates="0.04 GBP")
    assert [each.name for each in made.equal] == ["A", "B"]
    assert str(made).startswith("'A' and 'B' are equal: they cost least")
    made = compare(people, {"A": "Hi", "B": "Ho"})
    assert str(made).startswith("'A' and 'B' are equal: they take the same number of parts")
    assert compare(people, {"A": "Hi", "B": "a" * 161}).equal[0].name == "A"


def test_figures_are_the_same_wherever_they_are_shown() -> None:
    """The amounts and counts of a result in the terminal are those in the notebook."""
    rows = [{"to": number, "name": name} for number in NUMBERS[:6] for name in NAMES[:5]]
    card = {"GB": "0.0331 GBP", "US": "0.0079 GBP", "FR": "0.0625 GBP"}
    made = plan(rows, BODY + " \u201cnow\u201d", rates=card, duplicates="keep")
    results = [made.explain(), made.characters(), made.by_length(), made.audit(),
               compare(rows, {"A": BODY, "B": "Hi"}, rates=card)]  # fmt: skip
    page = unescape(re.sub(r"<[^>]*>", " ", report_html(content_of(made))))
    for result in results:
        html = unescape(re.sub(r"<[^>]*>", " ", result._repr_html_()))
        # Narrow cells wrap in neither: the view is drawn at the width of its figures.
        figures = set(re.findall(r"GBP [\u2212+]?[\d,.]*\d", as_text(result)))
        assert figures
        assert figures <= set(re.findall(r"GBP [\u2212+]?[\d,.]*\d", html))
    totals = re.findall(r"GBP [\d,.]*\d", str(made.cost))
    assert set(totals) <= set(re.findall(r"GBP [\d,.]*\d", page))
