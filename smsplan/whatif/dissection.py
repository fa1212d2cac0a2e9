"""A plan's messages taken apart, batch by batch, and exact sums of shares of their parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from smsplan.totals.plan_view import Planned
from smsplan.totals.shares import Share

if TYPE_CHECKING:
    from smsplan.kernel.octets import Ints
    from smsplan.kernel.prices import PriceTable
    from smsplan.whatif.anatomy import Anatomist, Anatomy


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages of one body that are sent: what they are made of, and what each is billed.

    ``rate`` is the place of each row in the plan's prices, ``billed`` its parts.
    """

    anatomy: Anatomy
    rate: Ints
    billed: Ints


def sent(plan: Planned, anatomist: Anatomist) -> Iterator[Sent]:
    """Yield the messages of a plan that are sent, some of them at a time."""
    import numpy as np
    import pyarrow as pa

    for theirs, ours in plan.batches():
        rows = np.flatnonzero(ours.column("sendable").to_numpy(zero_copy_only=False))
        if not len(rows):
            continue
        rate, billed = (
            ours.column(name).to_numpy(zero_copy_only=False)[rows].astype(np.int64)
            for name in ("rate", "billed_parts")
        )
        source = theirs if len(rows) == theirs.num_rows else theirs.take(pa.array(rows))
        for some, anatomy in anatomist(source):
            yield Sent(anatomy, rate[some], billed[some])


@dataclass(slots=True)
class Sum:
    """Parts, each a share of a message's: ``amounts[rate, billed, of]`` adds up ``of``-ths.

    Kept as whole numbers, so that the state is as small as there are kinds of messages.
    """

    amounts: Counter[tuple[int, int, int]] = field(default_factory=Counter)

    def add(self, groups: Iterable[tuple[int, ...]]) -> None:
        """Add groups of ``(rate, billed, of, amount)``."""
        for rate, billed, of, amount in groups:
            self.amounts[rate, billed, of] += amount

    @property
    def parts(self) -> Fraction:
        """All of it."""
        return sum((Fraction(amount, of) for (*_, of), amount in self.amounts.items()), Fraction())

    def cost(self, prices: PriceTable | None) -> Share | None:
        """What it costs: its share of each message's parts, times what that costs."""
        if prices is None:
            return None
        kinds: dict[tuple[int, int], Fraction] = {}
        for (rate, billed, of), amount in self.amounts.items():
            if rate >= 0:
                known = kinds.get((rate, billed), Fraction())
                kinds[rate, billed] = known + Fraction(amount, of * billed)
        total = Share()
        for (rate, billed), part in kinds.items():
            total += Share.of(prices.cost(rate, billed, 1), part)
        return total


class CulpritSums:
    """Sums by character and place: each distinct culprit of a row has an equal share of it."""

    def __init__(self) -> None:
        self.sums: dict[tuple[int, int], Sum] = {}

    def add(self, some: Sent, amounts: Ints, mask: Any = None) -> None:
        """Share out each row's amount; ``mask`` says which culprits take part, by code point."""
        import numpy as np

        from smsplan.totals.grouping import grouped

        found = some.anatomy
        own, common = found.culprits, found.common
        if mask is not None:
            own, common = own.only(mask(own.points)), common.only(mask(common.points))
        of = np.bincount(own.rows, minlength=len(amounts)) + found.shared * len(common.rows)
        which = own.only(amounts[own.rows] != 0)
        at = which.rows
        for place, point, *group in grouped(
            [which.places, which.points, some.rate[at], some.billed[at], of[at]], amounts[at]
        ):
            self._of(place, point).add([tuple(group)])
        rows = np.flatnonzero(found.shared & (amounts != 0))
        if len(common.rows) and len(rows):
            groups = list(grouped([some.rate[rows], some.billed[rows], of[rows]], amounts[rows]))
            for point in common.points.tolist():
                self._of(0, point).add(groups)

    def _of(self, place: int, point: int) -> Sum:
        return self.sums.setdefault((place, point), Sum())


def place_names(keys: tuple[str, ...]) -> list[str]:
    """Name the places of an anatomy."""
    return ["template", *(f"parameter '{key}'" for key in keys)]


def weight(cost: Share | None, parts: Fraction | int) -> tuple[Any, Any]:
    """What the dearest is found by: the most that it costs in any currency, then its parts."""
    amounts = [] if cost is None else list(cost.high.values())
    return max(amounts, default=Fraction()), parts
