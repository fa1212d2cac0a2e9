"""Prices by operator, surcharges, rejects, tiers and fees: held to their definition."""

from __future__ import annotations

import csv
import decimal
import json
import pickle
import random
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smsplan import DryRun, InputError, Plan, PlanRejected, Rate, RateCard, dry_run, plan
from smsplan.kernel.price_tables import price_table
from smsplan.numbers import country
from smsplan.ratecards import Cost, OperatorMix, RateCardError, Terms
from smsplan.ratecards.costs import _ROUNDINGS, rounded

NUMBERS = ["447700900123", "447781123456", "441481960194", "12025550123", "12045550123",
           "77012345678", "79123456789", "33612345678", "88213123456"]  # fmt: skip
OPERATORS = ["23415", "23433", "310410", "310260"]
RATES = st.builds(
    Rate,
    country=st.sampled_from(["", "", "GB", "GG", "US", "CA", "KZ"]),
    prefix=st.sampled_from(["", "", "1", "44", "447", "4477", "120", "7", "77"]),
    mccmnc=st.sampled_from(["", "", *OPERATORS]),
    kind=st.sampled_from(["base", "base", "surcharge", "reject"]),
    per=st.sampled_from(["part", "part", "message"]),
    price=st.decimals(0, 1, places=4),
    currency=st.just("USD"),
)
CARDS = st.lists(
    RATES.filter(lambda rate: not rate.mccmnc or bool(rate.country or rate.prefix)),
    min_size=1,
    max_size=10,
    unique_by=lambda r: (r.country, r.prefix, r.mccmnc, r.kind == "surcharge"),
)


def best(rates: list[Rate], number: str, place: str, operator: str, surcharge: bool) -> Rate | None:
    """Of the rows whose filled keys all match: operator, then prefix, then country."""
    found = [
        rate
        for rate in rates
        if (rate.kind == "surcharge") == surcharge
        and rate.country in ("", place)
        and number.startswith(rate.prefix)
        and rate.mccmnc in ("", operator)
    ]
    return max(found, key=lambda r: (bool(r.mccmnc), len(r.prefix), bool(r.country)), default=None)


def possible(rates: list[Rate], number: str, parts: int) -> dict[str, Fraction]:
    """What a message costs by operator; ``*`` is one that no row names."""
    place = country(number) or ""
    out = {}
    for operator in ["*", *OPERATORS]:
        base = best(rates, number, place, operator, surcharge=False)
        extra = best(rates, number, place, operator, surcharge=True)
        named = any(rate is not None and rate.mccmnc for rate in (base, extra))
        if base is None or (operator != "*" and not named):
            continue
        rows = [] if base.kind == "reject" else [row for row in (base, extra) if row is not None]
        out[operator] = sum(
            (Fraction(row.price) * (parts if row.per == "part" else min(parts, 1)) for row in rows),
            Fraction(0),
        )
    return out


@settings(max_examples=600, deadline=None)
@given(CARDS, st.lists(st.tuples(st.sampled_from(NUMBERS), st.integers(0, 12)), max_size=12))
def test_equal_to_the_definition(rates: list[Rate], rows: list[tuple[str, int]]) -> None:
    """Bounds and totals are those of every operator in turn, number by number and by columns."""
    terms = RateCard(rates).terms()
    table = price_table(terms)
    places = [country(number) for number, _ in rows]
    parts = np.array([parts for _, parts in rows], np.int64)
    found = table.lookup(pa.array([n for n, _ in rows], pa.string()), pa.array(places, pa.string()))
    costs, lows, highs = (ends.to_pylist() for ends in table.cost_arrays(found, parts))
    assert costs == [low if low == high else None for low, high in zip(lows, highs, strict=True)]
    low = high = expected = Fraction(0)
    for (number, count), from_, to, row in zip(rows, lows, highs, found.tolist(), strict=True):
        outcomes = possible(rates, number, count).values()
        charge = terms.charge(number)
        assert (charge is None) == (not outcomes) == (row < 0)
        if charge is None:
            assert from_ is None
            assert to is None
            continue
        assert [Fraction(charge.low(count)), Fraction(charge.high(count))] == [
            min(outcomes), max(outcomes),
        ] == [Fraction(from_), Fraction(to)]  # fmt: skip
        cost = charge.cost(count)
        assert min(outcomes) <= cost.expected.get("USD", 0) <= max(outcomes)
        low, high = low + min(outcomes), high + max(outcomes)
        expected += cost.expected.get("USD", Fraction(0))
    total = table.totals(found, parts)
    assert [Fraction(total.low.get("USD", Decimal(0))), total.expected.get("USD", 0),
            Fraction(total.high.get("USD", Decimal(0)))] == [low, expected, high]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(CARDS, st.data())
def test_expected_by_a_mix(rates: list[Rate], data: st.DataObject) -> None:
    """With shares of the operators what is expected is their weighted cost, as a fraction."""
    number, count = data.draw(st.sampled_from(NUMBERS)), data.draw(st.integers(1, 5))
    place = country(number)
    outcomes = possible(rates, number, count)
    assume(place is not None and outcomes)
    counts = data.draw(
        st.dictionaries(st.sampled_from(["*", *OPERATORS]), st.integers(1, 9), min_size=1)
    )
    try:
        charge = RateCard(rates).terms(mix={str(place): counts}).charge(number)
    except InputError:
        # Some operator of the mix has no price, somewhere in the country.
        assert not all(rate.mccmnc == "" for rate in rates if rate.kind != "surcharge")
        return
    assert charge is not None
    whole = sum(counts.values())
    expected = sum(
        (outcomes[key if key in outcomes else "*"] * share for key, share in counts.items()),
        Fraction(0),
    )
    cost = charge.cost(count)
    assert cost.expected.get("USD", Fraction(0)) == expected / whole
    assert cost.basis in ((), ("given",))


US = RateCard([
    Rate(country="US", price=Decimal("0.0079"), currency="USD"),
    Rate(country="US", kind="surcharge", mccmnc="310410", price=Decimal("0.0035"), currency="USD"),
    Rate(country="US", kind="surcharge", mccmnc="310260", price=Decimal("0.0045"), currency="USD"),
    Rate(country="GB", price=Decimal("0.04"), currency="USD"),
])  # fmt: skip
PEOPLE = ["+12025550123", "+12025550124", "+447700900123", "+33612345678"]


def test_a_plan_by_operator(tmp_path: Path) -> None:
    """Rows say between what they cost, the total what is expected and why, and all is saved."""
    made = plan(PEOPLE, "a" * 161, rates=US)
    rows = made.rows.to_pylist()
    assert [row["cost"] for row in rows] == [None, None, Decimal("0.08"), None]
    assert [row["cost_low"] for row in rows[:3]] == [Decimal("0.0158")] * 2 + [Decimal("0.08")]
    assert [row["cost_high"] for row in rows] == [Decimal("0.0248")] * 2 + [Decimal("0.08"), None]
    assert rows[3]["note"] == "unpriced"
    assert made.cost.low["USD"] == Decimal("0.1116")
    assert made.cost.high["USD"] == Decimal("0.1296")
    assert made.cost.expected["USD"] == 2 * 2 * Fraction("0.0119") + Fraction("0.08")
    assert made.cost.basis == ("mean",)
    assert made.cost.unpriced == 1
    assert made.summary.countries["GB"].cost.is_exact
    with pytest.raises(InputError, match=r"use cost\.low, cost\.expected and cost\.high"):
        _ = made.cost.amounts
    path = tmp_path / "plan.parquet"
    made.save(path)
    again = Plan.open(path)
    assert again.cost == made.cost
    assert again.rows.column_names == made.rows.column_names
    assert str(again.price("1 EUR").cost) == "EUR 8.00"
    assert again.price("1 EUR").price(US).cost == made.cost
    answer = dry_run({"to": PEOPLE, "body": "a" * 161}, rates=US)
    assert answer.cost == made.cost
    for checked in (made, answer):
        with pytest.raises(PlanRejected, match=r"it costs up to USD 0.1296") as caught:
            checked.check(max_cost="0.12 USD", max_unpriced=1)
        assert "1 message" not in str(caught.value)
        with pytest.raises(PlanRejected, match=r"1 message has no price.*row 4"):
            checked.check(max_cost="1 USD")


def test_a_card_that_rejects() -> None:
    """What the card rejects is not sent, costs nothing, and is counted by a dry run."""
    card = RateCard([
        Rate(country="GB", price=Decimal("0.04"), currency="GBP"),
        Rate(country="US", kind="reject", price=Decimal(0), currency=""),
    ])  # fmt: skip
    made = plan(PEOPLE, "Hi", rates=card)
    assert made.summary.problems == {"rejected_by_rate_card": 2}
    assert (made.messages, made.parts, str(made.cost)) == (
        2, 2, "GBP 0.04, 1 message without a price",
    )  # fmt: skip
    answer = dry_run({"to": PEOPLE, "body": "Hi"}, rates=card)
    assert answer.cost == made.cost
    assert made.dry_run() == DryRun(4, 4)
    assert (answer.number_of_recipients, answer.number_of_messages) == (4, 4)
    assert answer.details[0].problem == "rejected_by_rate_card"
    with pytest.raises(InputError, match=r"2 rows were left out.*plan again"):
        made.price("1 GBP")
    # Two rows of such a number are both rejected: none is a duplicate of what is not sent.
    twice = plan(["+12025550123", "+12025550123", "+447700900123"], "Hi", rates=card)
    assert twice.summary.problems == {"rejected_by_rate_card": 2}
    # Priced after planning, the same; and then by another card all are there again.
    priced = plan(PEOPLE, "Hi").price(card)
    assert priced.summary.problems == made.summary.problems
    assert priced.summary.lengths == made.summary.lengths
    assert str(priced.price("1 GBP").cost) == "GBP 4.00"
    assert sum(len(batch.to) for batch in priced.batches()) == 2


TIERS = """country,price,currency,tier_from,kind,source
GB,0,GBP,,base,
GB,0.04,GBP,10,base,
GB,0.03,GBP,100,base,
GB,0.02,GBP,1000,base,
,5,GBP,,fixed,number rental
US,7,GBP,,fixed,
"""


@pytest.mark.parametrize("used", [0, 5, 10, 50, 99, 100, 950, 5000])
@pytest.mark.parametrize("messages", [1, 7, 300])
def test_tiers(tmp_path: Path, used: int, messages: int) -> None:
    """Each part costs what the tier says in which it falls; fees come once."""
    path = tmp_path / "card.csv"
    path.write_text(TIERS.replace("\n,5", "\n*,5"))
    card = RateCard.read(path)

    def price(part: int) -> Decimal:
        ends = ((1000, "0.02"), (100, "0.03"), (10, "0.04"), (0, "0"))
        return Decimal(next(price for start, price in ends if part >= start))

    made = plan(
        [f"+44770090{n:04}" for n in range(messages)], "a" * 161, rates=card.terms(used=used)
    )
    parts = 2 * messages
    expected = sum((price(used + part) for part in range(parts)), Decimal(5))
    assert made.cost.amounts["GBP"] == expected
    assert made.summary.countries["GB"].cost.amounts["GBP"] == parts * Decimal("0.04")
    texts = [line.text for line in made.summary.lines]
    assert texts[-1] == "fixed fee (number rental)"
    if used < 10:
        assert texts[0] == f"GB: {min(10 - used, parts)} parts free"
    assert made.price(card.terms(used={"GB": used})).cost == made.cost
    answer = dry_run({"to": ["+447700900123"], "body": "Hi"}, rates=card.terms(used=used))
    assert answer.cost.amounts["GBP"] == price(used) + 5


def test_what_no_card_can_say() -> None:
    """Ladders without a start, tiers among operators, two currencies for one number."""

    def us(**fields: object) -> Rate:
        return Rate(**{"country": "US", "price": Decimal("1"), "currency": "USD", **fields})  # type: ignore[arg-type]

    with pytest.raises(RateCardError, match="no row with the same keys for what comes before"):
        RateCard([us(tier_from=5)])
    with pytest.raises(RateCardError, match="differs from rate 1 in more than its price"):
        RateCard([us(), us(tier_from=5, per="message")])
    with pytest.raises(RateCardError, match="has an operator and no country"):
        RateCard([Rate(mccmnc="310410", price=Decimal(1), currency="USD")])
    with pytest.raises(RateCardError, match="goes by country alone"):
        RateCard([us(kind="fixed", prefix="1")])
    with pytest.raises(InputError, match=r"tiers .* among prices by operator"):
        RateCard([us(), us(tier_from=5), us(mccmnc="310410")]).terms()
    mixed = RateCard([us(), us(kind="surcharge", currency="EUR")], mixed_currencies=True)
    with pytest.raises(InputError, match="prices one number in EUR and USD"):
        plan(PEOPLE, "Hi", rates=mixed)
    converted = mixed.terms(exchange={"EUR": "1.10 USD"}, on=date(2026, 11, 1))
    assert plan(PEOPLE[:1], "Hi", rates=converted).cost == Cost({"USD": Decimal("2.10")})
    assert "1 EUR = 1.10 USD (2026-11-01)" in plan(PEOPLE, "Hi", rates=converted).warnings[-1]
    with pytest.raises(InputError, match="the card has no prices in CHF"):
        mixed.terms(exchange={"CHF": "1.10 USD"}, on=date(2026, 11, 1))
    with pytest.raises(InputError, match="is no day"):
        mixed.terms(on="2026-11-01")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="exchange: rates are those of a day"):
        mixed.terms(exchange={"EUR": "1.10 USD"})
    with pytest.raises(InputError, match="the mix has operator 310410 of US, for which"):
        RateCard([us(mccmnc="310260")]).terms(mix={"US": {"310410": 1}})
    with pytest.raises(InputError, match="has no tiers at 'FR'; it has US"):
        RateCard([us(), us(tier_from=5)]).terms(used={"FR": 1})
    with pytest.raises(InputError, match="the card has tiers at none"):
        US.terms(used=1)


@pytest.mark.parametrize(
    ("mix", "said"),
    [
        ({"US": {"310410": "40%"}}, "add up to 40 and not to 100"),
        ({"USA": {"310410": 1}}, "'USA' is no code"),
        ({"US": {" ": 1}}, "' ' in 'US' is no operator"),
        ({"US": {"310410": 0.4}}, "write a whole number of messages, or a share as text"),
        ({"US": {"310410": 0}}, "'US' has no messages"),
        ({"US": {}}, "has no operators"),
        ("US", "give such as"),
    ],
)
def test_mixes_that_are_none(mix: object, said: str) -> None:
    """Every fault names its place and the next step."""
    with pytest.raises(InputError, match=said):
        OperatorMix.of(mix)  # type: ignore[arg-type]


def test_a_mix_learnt_from_reports(tmp_path: Path) -> None:
    """Reports of the API, in each of the shapes in which people keep them, say the same."""
    chance = random.Random(4)
    reports = [
        {
            "type": "recipient_delivery_report_sms", "batch_id": "01FC66621XXXXX119Z8PMV1QPQ",
            "recipient": chance.choice(["12025550123", "+447700900123", "881612345678"]),
            "code": 0, "status": "Delivered", "at": f"2026-10-0{1 + n % 9}T10:00:00Z",
            "operator": chance.choice(["310410", "310260", "", "23415"]),
        }
        for n in range(200)
    ]  # fmt: skip
    page = tmp_path / "page.json"
    page.write_text(json.dumps({"count": 200, "delivery_reports": reports}))
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps(reports, indent=1))
    lines = tmp_path / "reports.jsonl"
    lines.write_text("\n".join(map(json.dumps, reports)))
    table = tmp_path / "reports.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(reports[0]))
        writer.writeheader()
        writer.writerows(reports)
    mixes = [OperatorMix.from_reports(path) for path in (page, listed, lines, table)]
    assert all(mix == mixes[0] for mix in mixes)
    counts = Counter(
        (country(str(r["recipient"]).lstrip("+")), r["operator"]) for r in reports if r["operator"]
    )
    mix = mixes[0]
    for (place, operator), count in counts.items():
        if place is not None:
            assert mix.counts[place][str(operator)] == count
    assert mix.unknown == sum(
        not r["operator"] or r["recipient"] == "881612345678" for r in reports
    )
    assert (mix.first, mix.last) == ("2026-10-01", "2026-10-09")
    card = RateCard([*US.rates, Rate(country="GB", mccmnc="23415", price=Decimal("0.03"),
                                     currency="USD")])  # fmt: skip
    with_mix = plan(PEOPLE, "Hi", rates=card.terms(mix=mix))
    assert with_mix.cost.basis == ("reports",)
    assert "operators are those of" in with_mix.warnings[-1]
    said = OperatorMix.of({"US": {"310410": 1}}) | mix
    assert said.basis == {"GB": "reports", "US": "given"}
    empty = tmp_path / "empty.json"
    empty.write_text("[]")
    with pytest.raises(InputError, match=r"no report .* names the operator"):
        OperatorMix.from_reports(empty)


@settings(max_examples=200)
@given(st.fractions(-5, 5), st.integers(0, 6), st.sampled_from(sorted(_ROUNDINGS)))
def test_rounding_once(amount: Fraction, decimals: int, rounding: str) -> None:
    """A fraction is rounded as a decimal of many more digits would be."""
    with decimal.localcontext(prec=400):
        long = Decimal(amount.numerator) / Decimal(amount.denominator)
        expected = long.quantize(Decimal(1).scaleb(-decimals), rounding=_ROUNDINGS[rounding])
    assert rounded(amount, decimals, _ROUNDINGS[rounding]) == expected


def test_terms_travel() -> None:
    """Terms are values: equal, hashable, and themselves again in another process."""
    terms = US.terms(mix={"US": {"310410": 1, "*": 2}})
    again = pickle.loads(pickle.dumps(terms))
    assert again == terms
    assert hash(again) == hash(terms)
    assert again.digest == terms.digest
    assert Terms.of(terms) is terms
    assert US.terms() != terms
    assert US.terms().digest != terms.digest
    cost = plan(PEOPLE, "Hi", rates=terms).cost
    assert pickle.loads(pickle.dumps(cost)) == cost == Cost.from_dict(cost.to_dict())
