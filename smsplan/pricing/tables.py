"""A rate card as the bulk stages want it."""

from __future__ import annotations

from smsplan.bulk.prices import PriceTable
from smsplan.ratecards import RateCard


def price_table(card: RateCard) -> PriceTable:
    """Return the card's rows as keys and whole numbers.

    >>> price_table(RateCard.of({"GB": "0.034 GBP"})).units
    (34,)
    """
    scale = card.scale
    return PriceTable(
        keys=tuple((rate.prefix, rate.country) for rate in card.rates),
        units=tuple(int(rate.price.scaleb(scale)) for rate in card.rates),
        scale=scale,
        per_message=tuple(rate.per == "message" for rate in card.rates),
        currencies=tuple(rate.currency for rate in card.rates),
    )
