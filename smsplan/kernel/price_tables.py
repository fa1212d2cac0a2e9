"""Terms as the table that the bulk rooms price by."""

from __future__ import annotations

import os
from collections.abc import Mapping

from smsplan.kernel.prices import PriceTable
from smsplan.ratecards import RateCard, Terms
from smsplan.ratecards.garbage import search_put_off


@search_put_off()
def price_table(rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str]) -> PriceTable:
    """Return the table of what stands for rates.

    >>> table = price_table({"GB": "0.034 GBP", "*": "0.1 GBP"})
    >>> table.countries, table.scale
    (('GB', ''), 3)
    """
    terms = Terms.of(rates)
    if terms.table is None:
        charges = terms.charges()
        terms.table = PriceTable(
            countries=tuple(country for country, _ in charges.places),
            prefixes=tuple(prefix for _, prefix in charges.places),
            charges=charges,
            distinct=charges.distinct,
            kinds=charges.kinds,
            scale=terms.scale,
        )
    made: PriceTable = terms.table
    return made
