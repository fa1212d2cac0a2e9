"""PriceTable: what the rate card gives number by number, for whole columns."""

from __future__ import annotations

import decimal
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan.kernel.price_tables import price_table
from smsplan.kernel.prices import PriceTable
from smsplan.ratecards import Rate, RateCard

# Few digits and few countries, so that prefixes nest, share countries and meet short numbers.
COUNTRIES = ["GB", "GG", "US", "EG"]
PREFIXES = (st.text("0149", max_size=5) | st.text("0123456789", max_size=15)).filter(
    lambda text: text[:2] != "00"
)
RATES = st.builds(
    Rate,
    country=st.sampled_from(["", *COUNTRIES]),
    prefix=PREFIXES,
    per=st.sampled_from(["part", "message"]),
    price=st.decimals(0, 1, places=4) | st.decimals(0, 10**12 - 1, places=18),
    currency=st.sampled_from(["GBP", "EUR"]),
)
CARDS = st.lists(RATES, min_size=1, max_size=12, unique_by=lambda r: (r.country, r.prefix)).map(
    lambda rates: RateCard(rates, mixed_currencies=True)
)
NUMBERS = st.none() | st.text("0149", max_size=7) | st.text("0123456789", max_size=24)
ROWS = st.lists(
    st.tuples(NUMBERS, st.none() | st.sampled_from([*COUNTRIES, "FR"]), st.integers(0, 255)),
    max_size=20,
)
TYPES = st.sampled_from([pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])


def column(values: list[str | None], kind: pa.DataType, before: int, after: int) -> pa.Array:
    """Return an array of this type, sliced out of a longer one."""
    padded = [*["0"] * before, *values, *["1"] * after]
    return pa.array(padded, pa.string()).cast(kind).slice(before, len(values))


@settings(max_examples=600, deadline=None)
@given(card=CARDS, rows=ROWS, kinds=st.tuples(TYPES, TYPES), before=st.integers(0, 9))
def test_equal_to_the_rate_card(
    card: RateCard, rows: list[Any], kinds: tuple[Any, Any], before: int
) -> None:
    """Row, price, currency, cost and totals are those of ``card.rate``, number by number.

    Slices, nulls, empty columns and strings of every Arrow type included.
    """
    table = price_table(card)
    numbers = [number for number, _, _ in rows]
    countries = [country for _, country, _ in rows]
    parts = np.array([parts for _, _, parts in rows], dtype=np.int32)
    expected = [
        None if number is None else card.rate(number, country=country or "")
        for number, country, _ in rows
    ]
    found = table.lookup(
        column(numbers, kinds[0], before, 3), column(countries, kinds[1], before, 0)
    )
    assert found.dtype == np.int32
    assert [None if row < 0 else card.rates[row] for row in found.tolist()] == expected
    with decimal.localcontext(prec=3):
        prices, costs = table.price_array(found), table.cost_arrays(found, parts)[0]
        currencies, totals = table.currency_array(found), table.totals(found, parts)
    assert prices.type == costs.type == pa.decimal128(38, card.scale)
    assert prices.to_pylist() == [rate and rate.price for rate in expected]
    assert currencies.to_pylist() == [rate and rate.currency for rate in expected]
    assert costs.to_pylist() == [
        rate and rate.cost(count) for rate, count in zip(expected, parts.tolist(), strict=True)
    ]
    sums: dict[str, Fraction] = {}
    for rate, count in zip(expected, parts.tolist(), strict=True):
        if rate is not None and count:
            units = count if rate.per == "part" else 1
            sums[rate.currency] = sums.get(rate.currency, Fraction(0)) + units * Fraction(
                rate.price
            )
    assert {currency: Fraction(total) for currency, total in totals.amounts.items()} == sums


def test_the_default_needs_no_country() -> None:
    """A column of nothing but nulls has a type of its own, and the default applies all the same."""
    table = price_table(RateCard.of({"GB": "1 GBP", "*": "2 GBP"}))
    assert table.lookup(pa.array(["999", "44"]), pa.nulls(2)).tolist() == [1, 1]
    assert table.lookup(pa.nulls(2), pa.nulls(2)).tolist() == [-1, -1]


def test_neighbours_are_no_ancestors() -> None:
    """Where the row of a prefix is for another country, the prefix before it has no say."""
    table = price_table(RateCard([
        Rate(prefix="1", price=Decimal(1), currency="GBP"),
        Rate(prefix="2", country="EG", price=Decimal(2), currency="GBP"),
        Rate(price=Decimal(3), currency="GBP"),
    ]))  # fmt: skip
    found = table.lookup(pa.array(["19", "20", "21"]), pa.array(["US", "EG", "SS"]))
    assert found.tolist() == [0, 1, 2]


def test_short_numbers() -> None:
    """A number does not match a prefix longer than itself, though zeros behind it would."""
    table = price_table(RateCard.of({"4400": "1 GBP", "44": "2 GBP", "070": "3 GBP"}))
    found = table.lookup(pa.array(["4400", "440", "44", "4", "070", "07"]), pa.nulls(6))
    assert found.tolist() == [0, 1, 1, -1, 2, -1]


def test_the_longest_number_and_prefix() -> None:
    """A prefix of 15 digits is found in numbers of 15, 18 and 40 digits, and not in one of 14."""
    prefix = "987654321098765"
    table = price_table(RateCard.of({prefix: "1 GBP", "9": "2 GBP"}))
    numbers = [prefix, prefix + "000", prefix + "9" * 25, prefix[:-1], "9" * 40]
    found = table.lookup(pa.array(numbers), pa.nulls(5, pa.string()))
    assert found.tolist() == [0, 0, 0, 1, 1]


def test_a_million_parts_at_the_largest_price() -> None:
    """12 digits before the point and 18 behind it, times 10**6: all 36 digits are right."""
    price = "999999999999.999999999999999999"
    table = price_table(RateCard.of(f"{price} GBP"))
    rows, parts = np.zeros(2, dtype=np.int32), np.array([10**6, 1])
    million = Decimal("999999999999999999.999999999999000000")
    assert table.cost_arrays(rows, parts)[0].to_pylist() == [million, Decimal(price)]


@pytest.mark.parametrize("price", ["9.223372036854775807", "9.223372036854775808"])
@pytest.mark.parametrize("parts", [1, 2])
def test_at_the_end_of_64_bits(price: str, parts: int) -> None:
    """Costs are exact on both sides of the largest int64."""
    table = price_table(RateCard.of(f"{price} GBP"))
    rows = np.array([0, -1], dtype=np.int32)
    cost, _, _ = table.cost_arrays(rows, np.array([parts, parts]))
    assert cost.to_pylist() == [Decimal(int(price.replace(".", "")) * parts).scaleb(-18), None]


def test_ten_thousand_million_parts() -> None:
    """Totals are counted as integers: 10**10 parts at eight decimals are right to the last one."""
    table = price_table(RateCard.of({"44": "0.12345678 GBP", "1": "0.00000001 USD"},
                                    mixed_currencies=True))  # fmt: skip
    rows = np.array([0, 0, 1, -1], dtype=np.int32)
    with decimal.localcontext(prec=3):
        totals = table.totals(rows, np.array([10**10, 1, 10**10 + 1, 7]))
    assert totals.amounts == {"GBP": Decimal("1234567800.12345678"), "USD": Decimal("100.00000001")}


def test_only_what_is_billed_has_a_currency() -> None:
    """Rows of no parts bring no currency into the total; a price of 0 does."""
    table = price_table(RateCard.of({"44": "1 GBP", "1": "0 USD"}, mixed_currencies=True))
    rows = np.array([0, 1], dtype=np.int32)
    assert table.totals(rows, np.array([0, 2])).amounts == {"USD": Decimal(0)}


def test_a_table_is_a_value() -> None:
    """Equal cards give equal tables, which travel to other processes and name their currencies."""
    card = RateCard.of({"GB": "0.034 GBP", "+1": "0.01 USD"}, mixed_currencies=True)
    table = price_table(card)
    again: PriceTable = pickle.loads(pickle.dumps(table))
    assert again == table == price_table(RateCard(card.rates, mixed_currencies=True))
    assert table.currencies == ("GBP", "USD")
    numbers, countries = pa.array(["447700900123", "1555"]), pa.array(["GB", "US"])
    assert again.lookup(numbers, countries).tolist() == [0, 1]
