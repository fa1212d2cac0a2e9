"""A rate card as the table that the bulk rooms price by."""

from __future__ import annotations

from fractions import Fraction

from smsplan.bulk.prices import PriceTable
from smsplan.ratecards import RateCard


def price_table(card: RateCard) -> PriceTable:
    """Return the table of a card: row i of the table is ``card.rates[i]``.

    >>> price_table(RateCard.of({"GB": "0.034 GBP", "*": "0.1 GBP"})).scaled
    (34, 100)
    """
    card.check_settled()
    # Fraction: exact whatever the caller's decimal context.
    scaled = [Fraction(rate.price) * 10**card.scale for rate in card.rates]
    assert all(price.denominator == 1 for price in scaled), "the scale holds every decimal"
    return PriceTable(
        countries=tuple(rate.country for rate in card.rates),
        prefixes=tuple(rate.prefix for rate in card.rates),
        scaled=tuple(price.numerator for price in scaled),
        scale=card.scale,
        per=tuple(rate.per for rate in card.rates),
        currency=tuple(rate.currency for rate in card.rates),
    )
