"""Several wordings over the same recipients: which is cheaper, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smsplan.insight.summary import Summary
from smsplan.ratecards import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """How recipients change sides between the first variant and another one.

    ``rows`` by their billed parts under both (first, other; 0: not sent). ``fewer_rows``,
    ``more_rows`` and ``same_rows`` add them up; ``first_fewer`` and ``first_more`` are the first
    rows of each, counted from 1.
    """

    rows: Mapping[tuple[int, int], int]
    fewer_rows: int
    more_rows: int
    same_rows: int
    first_fewer: tuple[int, ...]
    first_more: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeUse:
    """Where another channel is cheaper than a variant: messages, what they cost in both."""

    alternative: str
    price: Cost
    messages: int
    cost_sms: Cost
    cost_alternative: Cost
    saved: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One wording: the summary of its plan, differences to the first one, and alternatives."""

    name: str
    body: str
    summary: Summary
    parts_difference: int
    cost_difference: Cost | None
    moves: Moves | None
    alternatives: tuple[AlternativeUse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Variants in the order given; the first one is what the others are compared with."""

    variants: tuple[Variant, ...]
    priced: bool

    @property
    def cheapest(self) -> Variant:
        """The variant that costs least (without prices: has fewest parts); the earlier on a tie."""
        raise NotImplementedError

    def __str__(self) -> str:
        from smsplan.display.views import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.views import as_html

        return as_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        raise NotImplementedError
