"""Rate cards: which row applies to a number, and what a message then costs, exactly.

Pure and scalar; what prices many recipients at once is made from it by
:mod:`smsplan.kernel.price_tables` and held to it by a property test.

**Which row applies.** A row applies when all its filled keys match: ``mccmnc`` (the operator),
``prefix`` (the first digits of the number) and ``country`` (ISO 3166 alpha-2). Of the rows of a
kind that apply the most specific wins: one for the operator, then the longest prefix, then a
country before none; a row with none of them is the default. A message costs its ``base`` price and
the ``surcharge`` that applies. Where the row that wins is a ``reject``, nothing can be sent.

**Operators.** No number tells its operator. So where rows differ by operator a message has a lowest
and a highest cost, and an expected one: by the shares of operators that are given
(:class:`OperatorMix`), else by the row for the other operators, else by the mean of those listed.

**Tiers.** Rows that differ in ``tier_from`` alone are one price: each holds for the parts (or
messages) of a month behind the number that it names. A first tier of price 0 is an allowance. What
a row of a plan costs is the price of the first tier that costs anything; the difference, and
``fixed`` fees, are lines of the total. ``failed`` rows are left out: all is taken as delivered.

**Choices.** A card may have prices by sender, by date, and by what is charged for: then
:meth:`RateCard.terms` says which hold, and without it such a card prices nothing. Two rows that no
number could tell apart are refused.

**Columns.** ``price``, and at least one of ``country``, ``prefix`` and ``mccmnc`` (or ``mcc`` and
``mnc``); ``currency``, unless every price names its own (``0.034 GBP``). Others of the canonical
names are read where they are there. A column that is none of these is left alone, unless its name
is nearly one of them (``curency``) or is known to decide a price (``operator``) and has a value.
Should another such column tell rows apart, those rows look the same without it, and the same rows
are an error.
"""

from smsplan.ratecards.card import RateCard
from smsplan.ratecards.costs import Cost
from smsplan.ratecards.faults import CardFault, RateCardError
from smsplan.ratecards.mixes import OperatorMix
from smsplan.ratecards.rate import COUNTRIES, Rate
from smsplan.ratecards.reading import money
from smsplan.ratecards.terms import Charge, CostLine, Terms

__all__ = [
    "COUNTRIES",
    "CardFault",
    "Charge",
    "Cost",
    "CostLine",
    "OperatorMix",
    "Rate",
    "RateCard",
    "RateCardError",
    "Terms",
    "money",
]
