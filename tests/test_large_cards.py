"""Rate cards of hundreds of thousands of prefixes: as exact as small ones, and near linear."""

from __future__ import annotations

import gc
import random
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan import Rate, RateCard, plan
from smsplan.kernel.numbers.prefixes import PrefixTree
from smsplan.kernel.price_tables import price_table
from smsplan.ratecards.garbage import search_put_off

PRICES = st.sampled_from([Decimal("0.1"), Decimal("0.10"), Decimal("0.2"), Decimal(0)])
RATES = st.builds(
    Rate,
    country=st.sampled_from(["", "GB", "US"]),
    prefix=st.text("0149", max_size=5).filter(lambda text: text[:2] != "00"),
    per=st.sampled_from(["part", "message"]),
    kind=st.sampled_from(["base", "base", "reject"]),
    price=PRICES,
    currency=st.sampled_from(["GBP", "EUR"]),
    tier_from=st.just(0),
)


@given(st.lists(RATES, min_size=1, max_size=12, unique_by=lambda r: (r.country, r.prefix)))
def test_places_that_share_a_price(rates: list[Rate]) -> None:
    """What many rows share is made once; each place has the charge that it has by itself."""
    terms = RateCard(rates, mixed_currencies=True).terms()
    charges = terms.charges()
    assert list(charges.places) == list(terms.places())
    for place, charge in zip(charges.places, charges, strict=True):
        alone = terms.at(*place)
        assert alone == charge
        assert alone is not None
        assert str(alone.outcomes) == str(charge.outcomes)
    shown = {(str(rate.price), rate.per, rate.kind, rate.currency) for rate in rates}
    assert len(charges.distinct) == len(shown)


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "GB", "US"]), st.text("0129", max_size=18)),
        max_size=14,
        unique=True,
    ),
    st.lists(st.text("0129", min_size=1, max_size=17), max_size=30),
)
def test_the_tree_is_the_longest_prefix(keys: list[tuple[str, str]], numbers: list[str]) -> None:
    """Row by row: the longest prefix that begins the number, with its country before without."""
    import numpy as np

    from smsplan.kernel.numbers.ranges import COUNTRIES

    tree = PrefixTree.of(tuple(country for country, _ in keys), tuple(p for _, p in keys))
    place = COUNTRIES.index("GB")
    found = tree.find(
        np.array([int(f"1{number}") for number in numbers], np.int64),
        np.full(len(numbers), place),
    )
    for number, row in zip(numbers, found.tolist(), strict=True):
        fitting = [
            (len(prefix), country == "GB", at)
            for at, (country, prefix) in enumerate(keys)
            if number.startswith(prefix) and country in ("", "GB")
        ]
        assert row == (max(fitting)[2] if fitting else -1)


def card(path: Path, rows: int, prices: int) -> Path:
    """A card of prefixes of 7 digits, of which some are in others."""
    chance = random.Random(rows)
    lines = [
        f"{prefix},0.{chance.randrange(prices):05}1,EUR\n"
        for prefix in chance.sample(range(1_000_000, 10_000_000), rows)
    ]
    path.write_text("prefix,price,currency\n447,0.04,EUR\n" + "".join(lines))
    return path


@pytest.mark.parametrize("prices", [200, 100_000])
def test_near_linear(prices: int, tmp_path: Path) -> None:
    """100,000 prefixes take about 1.5 s of the processor, not 8; asking again takes none."""
    path = card(tmp_path / "rates.csv", 100_000, prices)
    people = [f"+44791{row:07}" for row in range(1_000)]
    plan(people, "Hi", rates="0.03 EUR")
    start = time.process_time()
    terms = RateCard.read(path).terms()
    made = plan(people, "Hi", rates=terms)
    assert time.process_time() - start < 5
    assert made.messages == 1_000
    assert made.cost.unpriced == 0
    start = time.process_time()
    made.explain()
    made.price(terms)
    assert time.process_time() - start < 1.5
    assert price_table(terms) is price_table(terms)


def test_the_search_for_garbage_goes_on() -> None:
    """It is put off while a card is made, also where that fails, and stays off for who wants it."""
    with search_put_off(), search_put_off():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError):
        RateCard.read("none.csv")
    assert gc.isenabled()
    gc.disable()
    try:
        RateCard.of("0.03 EUR").terms()
        assert not gc.isenabled()
    finally:
        gc.enable()
