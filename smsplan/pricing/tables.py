"""Terms as the table that the bulk rooms price by."""

from __future__ import annotations

import os
from collections.abc import Mapping

from smsplan.bulk.prices import PriceTable
from smsplan.ratecards import RateCard, Terms


def price_table(rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str]) -> PriceTable:
    """Return the table of what stands for rates.

    >>> table = price_table({"GB": "0.034 GBP", "*": "0.1 GBP"})
    >>> table.countries, table.scale
    (('GB', ''), 3)
    """
    terms = Terms.of(rates)
    found = [(place, terms.at(*place)) for place in terms.places()]
    priced = [(place, charge) for place, charge in found if charge is not None]
    return PriceTable(
        countries=tuple(country for (country, _), _ in priced),
        prefixes=tuple(prefix for (_, prefix), _ in priced),
        charges=tuple(charge for _, charge in priced),
        scale=terms.scale,
    )
