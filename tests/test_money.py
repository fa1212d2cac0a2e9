"""Money at full size: a million rows to the last digit, and no binary fraction on the way."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from smsplan import Rate, RateCard, plan
from smsplan.kernel.price_tables import price_table

ROWS = 1_000_000
# The first digits of numbers of a country, and how many follow.
PLACES = {"GB": ("447400", 6), "US": ("120255", 5), "DE": ("491512", 7), "FR": ("336123", 5),
          "IN": ("919812", 6)}  # fmt: skip
OPERATORS = ("00001", "00002", "00003")


@pytest.fixture(scope="module")
def card() -> RateCard:
    """Prices of eight decimals: by country, by operator, with surcharges, one with tiers."""
    chance = np.random.default_rng(8)

    def price() -> Decimal:
        return Decimal(int(chance.integers(1, 10**8))).scaleb(-8)

    priced = [place for place in PLACES if place != "FR"]
    rates = [Rate(country=place, price=price(), currency="EUR") for place in priced]
    for operator in OPERATORS:
        rates.append(Rate(country="DE", mccmnc=operator, price=price(), currency="EUR"))
        rates.append(Rate(country="US", mccmnc=operator, kind="surcharge", per="message",
                          price=price(), currency="EUR"))  # fmt: skip
        rates.append(Rate(country="US", prefix="1202555", mccmnc=operator, price=price(),
                          currency="EUR"))  # fmt: skip
    rates.append(Rate(country="GB", price=price(), currency="EUR", tier_from=100_000))
    return RateCard(rates)


def test_a_million_rows_to_the_last_digit(card: RateCard) -> None:
    """Bounds, expectation and tiers are those of a loop of fractions over all rows."""
    chance = np.random.default_rng(9)
    place = chance.integers(0, len(PLACES), ROWS)
    first = np.array([int(digits) for digits, _ in PLACES.values()])
    spans = np.array([10**left for _, left in PLACES.values()])
    to = pa.array(first[place] * spans[place] + chance.integers(0, spans[place])).cast(pa.string())
    texts = pa.array(["x" * 140, "x" * 300, "я" * 40])
    text = texts.take(pa.array(chance.integers(0, 3, ROWS)))
    table = pa.table({"to": pc.binary_join_element_wise("+", to, ""), "text": text})
    terms = card.terms(mix={"US": {"00001": 1, "00002": 2, "*": 4}}, used=99_000)
    made = plan(table, "${text} ${text}", rates=terms, duplicates="keep")
    rows = made.rows
    low = expected = high = Fraction(0)
    billed = 0
    columns = [rows[name].to_pylist() for name in ("recipient", "billed_parts", "country")]
    unpriced = 0
    for number, parts, country in zip(*columns, strict=True):
        found = _by_hand(card, number, country, parts)
        if found is None:
            unpriced += 1
            continue
        billed += parts if country == "GB" else 0
        low, expected, high = low + found[0], expected + found[1], high + found[2]
    listed, behind = (Fraction(rate.price) for rate in card.rates if rate.country == "GB")
    tier = (behind - listed) * (billed - 1_000)
    cost = made.cost
    assert (Fraction(cost.low["EUR"]), cost.expected["EUR"], Fraction(cost.high["EUR"])) == (
        low + tier, expected + tier, high + tier,
    )  # fmt: skip
    assert cost.unpriced == unpriced == int((place == list(PLACES).index("FR")).sum())
    assert pc.sum(rows["cost_low"]).as_py() == low
    assert pc.sum(rows["cost_high"]).as_py() == high
    for name in ("price", "cost", "cost_low", "cost_high"):
        assert rows.schema.field(name).type == pa.decimal128(38, 8)


def _by_hand(
    card: RateCard,
    number: str,
    country: str,
    parts: int,
    known: dict[object, object] = {},  # noqa: B006
) -> tuple[Fraction, Fraction, Fraction] | None:
    """Return low, expected and high of one row; looked up where the same row was there before."""
    key = (number.startswith("1202555"), country, parts)
    if key not in known:
        known[key] = _computed(card, number, country, parts)
    return known[key]  # type: ignore[return-value]


def _computed(
    card: RateCard, number: str, country: str, parts: int
) -> tuple[Fraction, Fraction, Fraction] | None:
    rates = [r for r in card.rates if r.country == country and number.startswith(r.prefix)]
    rates = [rate for rate in rates if not rate.tier_from]

    def cost(operator: str) -> Fraction | None:
        found = Fraction(0)
        for surcharge in (False, True):
            kind = [r for r in rates if (r.kind == "surcharge") == surcharge]
            kind = [rate for rate in kind if rate.mccmnc in ("", operator)]
            if not kind:
                if not surcharge:
                    return None
                continue
            best = max(kind, key=lambda rate: (bool(rate.mccmnc), len(rate.prefix)))
            found += Fraction(best.price) * (1 if best.per == "message" else parts)
        return found

    named = sorted({rate.mccmnc for rate in rates} - {""})
    costs = {operator: cost(operator) for operator in [*named, "*"]}
    outcomes = {operator: value for operator, value in costs.items() if value is not None}
    if not outcomes:
        return None
    if country == "US":
        shares = {"00001": Fraction(1, 7), "00002": Fraction(2, 7), "*": Fraction(4, 7)}
        expected = sum((outcomes[key] * share for key, share in shares.items()), Fraction(0))
    else:
        expected = outcomes["*"]
    return min(outcomes.values()), expected, max(outcomes.values())


def test_no_binary_fractions(card: RateCard) -> None:
    """Whatever holds a price or a cost is a decimal, an integer or a fraction."""
    terms = card.terms(mix={"US": {"00001": 1, "*": 4}}, used=99_000)
    table = price_table(terms)
    kinds: set[type] = set()
    for charge in table.charges:
        kinds |= {type(price) for outcome in charge.outcomes for price in outcome}
        kinds |= {type(price) for price in charge.expected}
        kinds |= {type(end(3)) for end in (charge.low, charge.high)}
    made = plan(["+12025550123", "+447400123456"], "Hi", rates=terms)
    for cost in (made.cost, *(line.cost for line in made.summary.lines)):
        for amounts in (cost.low, cost.expected, cost.high):
            kinds |= {type(amount) for amount in amounts.values()}
    assert kinds == {Decimal, Fraction}
    for name in ("price", "cost", "cost_low", "cost_high"):
        assert made.rows.schema.field(name).type == pa.decimal128(38, 8)
