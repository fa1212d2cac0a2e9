"""Results as frames: what they add up to is the plan, exactly, and their columns never change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from smsplan import Cost, InputError, Plan, Rate, RateCard, compare, estimate, plan
from smsplan.totals.shares import Share
from smsplan.totals.tabular import CURRENCY, MONEY, frame

NAMES = ["Olivia", "Małgorzata", "Bo 😀", "Maximilian-Alexander", "Zoë – “Zo”"]
NUMBERS = ["+4477009001", "+1202555010", "+331099000", "+4477009001", "+8190000000"]
PEOPLE = [{"to": f"{NUMBERS[n % 5]}{n:02}", "name": NAMES[n % 3 + n % 2]} for n in range(45)]
PEOPLE.append(PEOPLE[0])
BODY = "Hi ${name}, our sale ends on Friday. " + "x" * 110
# Of three operators the mean is no decimal; Japan has no price.
CARD = RateCard([
    Rate(country="US", price=Decimal("0.0080"), currency="GBP"),
    Rate(country="US", mccmnc="310410", kind="surcharge", price=Decimal("0.0030"), currency="GBP"),
    Rate(country="US", mccmnc="310260", kind="surcharge", price=Decimal("0.0050"), currency="GBP"),
    Rate(country="US", mccmnc="310120", kind="surcharge", price=Decimal("0.0011"), currency="GBP"),
    Rate(country="GB", price=Decimal("0.040"), currency="GBP", tier_from=0),
    Rate(country="GB", price=Decimal("0.031"), currency="GBP", tier_from=10),
    Rate(country="FR", price=Decimal("0.06"), currency="GBP"),
])  # fmt: skip


def made(**more: Any) -> Plan:
    """A plan with ranges, tiers, messages without a price, and all kinds of characters."""
    return plan(PEOPLE, BODY, **{"rates": CARD, "defaults": {"name": "you"}, **more})


def reported(of: Plan) -> list[dict[str, Any]]:
    """Return reports of the first thirty messages, one part and a price each."""
    sent = [row for row in of.rows if row["problem"] is None][:30]
    return [
        {"recipient": row["recipient"], "status": "Delivered", "code": 0, "price": "0.035",
         "currency": "GBP", "number_of_message_parts": 1, "encoding": row["encoding"]}
        for row in sent
    ]  # fmt: skip


RESULTS: dict[str, Callable[[Plan], Any]] = {
    "waterfall": lambda of: of.explain(),
    "characters": lambda of: of.characters(),
    "lengths": lambda of: of.by_length(longer=10),
    "assumptions": lambda of: of.assumptions(),
    "audit": lambda of: of.audit(),
    "summary": lambda of: of.summary,
    "reconciliation": lambda of: of.reconcile(reported(of)),
    "schedule": lambda of: of.schedule("1 recipients/s", start=datetime(2026, 12, 1, tzinfo=UTC)),
}
# Of these the money is that of the rates alone.
MONEYED = [name for name in RESULTS if name not in ("schedule", "reconciliation")]


@pytest.fixture(scope="module")
def full() -> Plan:
    """The plan."""
    return made()


def ends(found: pd.DataFrame, name: str) -> tuple[Any, Any, Any]:
    """Add up a column of money: least, expected, most."""
    low, middle, high = (
        sum(each for each in found[column] if each is not None)
        for column in (f"{name}_low", name, f"{name}_high")
    )
    return low, middle, high


def of(cost: Cost | Share | None) -> tuple[Any, Any, Any]:
    """Return a cost in pounds: least, expected, most; nothing is 0."""
    assert cost is not None
    return tuple(each.get("GBP", 0) for each in (cost.low, cost.expected, cost.high))  # type: ignore[return-value]


def test_waterfall_adds_up_to_the_plan(full: Plan) -> None:
    """Parts, and each end of the cost, tiers included; what is expected are fractions here."""
    found = full.explain().to_frame(bounds=True)
    assert found["parts"].sum() == full.parts
    assert ends(found, "cost") == of(full.cost)
    assert {type(each) for each in found["cost"]} == {Fraction}
    assert found["kind"].tolist()[-1] == "beside"


def test_characters_add_up_to_the_unicode_step(full: Plan) -> None:
    """Shares of both lists are the step; what is saved together is the total."""
    characters, steps = full.characters(), full.explain().steps
    found = characters.to_frame(bounds=True)
    (step,) = (each for each in steps if each.kind == "unicode")
    assert sum(found["share_parts"]) == step.parts == characters.parts
    assert ends(found, "share_cost") == of(step.cost)
    assert sum(found["saved_together_parts"]) == characters.saved_together_parts
    assert len(found) == len(characters.characters) + len(characters.scripts)
    assert found["character"].isna().sum() == len(characters.scripts) > 0
    # Of money, shares are before tiers: they add up where there are none.
    plain = full.price("0.034 GBP").characters()
    shares = ends(plain.to_frame(bounds=True), "saved_together_cost")
    assert shares[1] == of(plain.saved_together_cost)[1]


def test_lengths_hold_the_plan(full: Plan) -> None:
    """A row for each point of each curve; the template's 0 is the plan."""
    lengths = full.by_length(longer=10)
    found = lengths.to_frame(bounds=True)
    assert len(found) == len(lengths.template.points) + len(lengths.parameters["name"].points)
    template = found[found["parameter"].isna()]
    (row,) = template[template["characters"] == 0].to_dict("records")
    assert (row["messages"], row["parts"]) == (full.messages, full.parts)
    assert (row["cost_low"], row["cost"], row["cost_high"]) == of(full.cost)
    assert row["unpriced"] == full.cost.unpriced == 9
    last = found[found["parameter"] == "name"].iloc[-1]
    assert last["parts"] == full.parts


def test_assumptions_have_a_row_for_each_value(full: Plan) -> None:
    """The value of the plan is the first of its switch; a refused one has no cost."""
    questions = full.assumptions()
    found = questions.to_frame()
    assert len(found) == sum(len(each.answers) for each in questions.questions)
    for _, some in found.groupby("switch"):
        assert some["parts"].iloc[0] == full.parts
        assert some["cost"].iloc[0] == of(full.cost)[1]
    assert all((row["cost"] is None) == bool(row["refused"]) for row in found.to_dict("records"))


def test_audit_adds_up() -> None:
    """What is wasted, in doubt and saved adds up to the audit's totals."""
    audit = made(duplicates="flag").audit()
    found = audit.to_frame(bounds=True)
    assert ends(found, "wasted") == of(audit.wasted)
    assert ends(found, "in_doubt") == of(audit.in_doubt)
    assert ends(found, "saved") == of(audit.saved)
    assert of(audit.wasted)[2] > 0
    assert of(audit.saved)[2] > 0
    assert found["rows"].tolist() == [line.rows for line in audit.lines]


def test_comparison_has_the_plan_of_each() -> None:
    """A row for each variant, as it would be planned alone; moves are of all rows."""
    both = compare(PEOPLE, {"A": BODY, "B": BODY[:-9] + "–"}, rates=CARD, defaults={"name": "you"})
    found = both.to_frame(bounds=True)
    for row, body in zip(found.to_dict("records"), (BODY, BODY[:-9] + "–"), strict=True):
        alone = plan(PEOPLE, body, rates=CARD, defaults={"name": "you"})
        assert (row["messages"], row["parts"]) == (alone.messages, alone.parts)
        assert (row["cost_low"], row["cost"], row["cost_high"]) == of(alone.cost)
        assert row["fewer_rows"] + row["more_rows"] + row["same_rows"] == len(PEOPLE)
    differences = found["parts"] - found["parts"].iloc[0]
    assert found["parts_difference"].tolist() == differences.tolist()


def test_summary_adds_up_to_the_plan(full: Plan) -> None:
    """Countries are all messages and parts, and all money but for the lines beside them."""
    found = full.summary.to_frame(bounds=True)
    assert found["messages"].sum() == full.messages
    assert found["parts"].sum() == full.parts
    assert found["unpriced"].sum() == full.cost.unpriced
    beside = sum((line.cost for line in full.summary.lines), Cost())
    assert beside.low["GBP"] < 0
    added = zip(ends(found, "cost"), of(beside), strict=True)
    assert tuple(one + other for one, other in added) == of(full.cost)
    japan = found[found["country"] == "JP"].to_dict("records")[0]
    assert japan["cost"] is None
    assert japan["currency"] == "GBP"


def test_reconciliation_adds_up_to_both_sides(full: Plan) -> None:
    """Planned and reported; without prices in the reports their cost is not known."""
    result = full.reconcile(reported(full))
    found = result.to_frame(bounds=True)
    for name in ("messages", "parts", "reported", "reported_parts"):
        assert found[name].sum() == getattr(result.total, name)
    assert ends(found, "cost") == of(result.total.cost)
    assert ends(found, "reported_cost") == of(result.total.reported_cost)
    bare = [{**each, "price": "", "currency": ""} for each in reported(full)]
    told = full.reconcile(bare).to_frame()
    assert set(told.loc[told["reported"] > 0, "reported_cost"]) == {None}


def test_schedule_adds_up_to_what_is_sent(full: Plan) -> None:
    """Portions are all recipients and parts, at their times."""
    when = full.schedule("90 parts/min", start=datetime(2026, 12, 1, tzinfo=UTC), daily_cap=40)
    found = when.to_frame()
    assert len(found) == len(when.portions) > 1
    assert found["recipients"].sum() == full.messages
    assert found["parts"].sum() == full.parts
    assert found["send_at"].iloc[0].to_pydatetime() == when.portions[0].begin
    assert (found["expire_at"] - found["send_at"]).unique().tolist() == [when.expire_after]


def test_estimates_are_rows_of_ends() -> None:
    """Messages, parts, and cost by currency; each end as it is in the estimate."""
    about = estimate(BODY, lengths={"name": NAMES}, messages=900, country="FR", rates=CARD)
    found = about.to_frame()
    assert found["figure"].tolist() == ["messages", "parts", "cost"]
    assert found["currency"].tolist() == [None, None, "GBP"]
    cost = about.cost["GBP"]
    assert found.iloc[2][["low", "expected", "high"]].tolist() == [
        cost.low, cost.expected, cost.high,
    ]  # fmt: skip
    assert found.dtypes.astype(str).unique().tolist() == ["object"]


@pytest.mark.parametrize("name", RESULTS)
def test_columns_never_change(name: str, full: Plan) -> None:
    """Whatever is in a result, or nothing: the same columns of the same types."""
    result = RESULTS[name](full)
    many, free = result.to_frame(), RESULTS[name](made(rates=None)).to_frame()
    assert len(many) > 0
    if name == "reconciliation":
        # It needs a report that belongs to the plan.
        none = replace(result, countries={}).to_frame()
    else:
        none = RESULTS[name](plan([{"to": "n/a"}], "Hi", rates=CARD)).to_frame()
    for other in (free, none):
        assert list(other.columns) == list(many.columns)
        assert other.dtypes.tolist() == many.dtypes.tolist()
    if name not in ("lengths", "assumptions", "audit"):
        assert len(none) == 0


@pytest.mark.parametrize("name", MONEYED)
def test_money_that_is_not_known_is_none(name: str) -> None:
    """Without rates no amount is there, and nothing is in a currency."""
    told = RESULTS[name](made(rates=None)).to_frame(bounds=True)
    money = [column for column in told if "cost" in column or column in ("wasted", "saved")]
    assert money
    for column in [*money, "currency"]:
        assert told[column].isna().all(), column


def test_a_plan_in_two_currencies() -> None:
    """Countries have their own; where one line has both, the one to show is named, and adds up."""
    rates = {"GB": "0.034 GBP", "US": "0.0079 USD", "FR": "0.06 GBP"}
    mixed = plan(PEOPLE, BODY, rates=RateCard.of(rates, mixed_currencies=True))
    own = dict(mixed.summary.to_frame()[["country", "currency"]].to_numpy().tolist())
    assert own == {"GB": "GBP", "US": "USD", "FR": "GBP", "JP": None}
    steps = mixed.explain()
    with pytest.raises(InputError, match=r"GBP and USD; name the one: to_frame\(currency='GBP'\)"):
        steps.to_frame()
    for currency in ("GBP", "USD"):
        one = steps.to_frame(currency=currency)
        assert sum(one["cost"]) == mixed.cost.amounts[currency]
        assert set(one["currency"]) == {currency}
        countries = mixed.summary.to_frame(currency=currency)
        assert sum(filter(None, countries["cost"])) == mixed.cost.amounts[currency]
    with pytest.raises(InputError, match="nothing is in 'EUR'; name one of GBP, USD"):
        steps.to_frame(currency="EUR")


def test_amounts_are_exact() -> None:
    """No context rounds them; a column is Decimal, or Fraction where one of it is no decimal."""
    long = Decimal("1234567890123456789012345678901234567890.123456789")
    third = Share.of(Cost({"GBP": Decimal(1)}), Fraction(1, 3))
    with localcontext(prec=3):
        rows: list[dict[str, Any]] = [{"cost": Share.of(Cost({"GBP": long}))}, {"cost": None}]
        decimals = frame({"cost": MONEY, "currency": CURRENCY}, rows)["cost"].tolist()
        fractions = frame({"cost": MONEY}, [*rows, {"cost": third}])["cost"].tolist()
    assert decimals == [long, None]
    assert type(decimals[0]) is Decimal
    assert fractions == [Fraction(long), None, Fraction(1, 3)]


def test_pandas_is_loaded_when_a_frame_is_made() -> None:
    """What shows no frame loads no pandas."""
    code = (
        "import sys, smsplan.insight.waterfall as w; from smsplan import Cost; "
        "made = w.Waterfall(steps=(), messages=0, parts=0, cost=Cost(), priced=True); "
        "assert 'pandas' not in sys.modules; "
        "assert list(made.to_frame()) == ['kind', 'label', 'rows', 'parts', 'cost', 'currency']; "
        "assert 'pandas' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
