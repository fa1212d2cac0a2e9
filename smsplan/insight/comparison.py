"""Several wordings over the same recipients: which is cheaper, and for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, gt, lt
from typing import TYPE_CHECKING, Any

from smsplan.errors import InputError
from smsplan.ratecards import Cost, Terms, money
from smsplan.ratecards.costs import EXACT
from smsplan.showing import Shown
from smsplan.totals.findings import FindingsTally
from smsplan.totals.summary import Summary, SummaryTally, accepted
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from smsplan.kernel.kernel import Kernel
    from smsplan.kernel.prices import PriceTable
    from smsplan.kernel.settings import RowSettings
    from smsplan.kernel.settlement import Settled
    from smsplan.lists.source import Source
    from smsplan.totals.tabular import Frame

# So many rows are named of those that change sides.
FIRST_ROWS = 10


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

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "rows": [
                {"parts_first": first, "parts": other, "rows": rows}
                for (first, other), rows in self.rows.items()
            ],
            "fewer_rows": self.fewer_rows,
            "more_rows": self.more_rows,
            "same_rows": self.same_rows,
            "first_fewer": list(self.first_fewer),
            "first_more": list(self.first_more),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeUse:
    """Where another channel is cheaper than a variant: messages, what they cost in both."""

    alternative: str
    price: Cost
    messages: int
    cost_sms: Cost
    cost_alternative: Cost
    saved: Cost

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "alternative": self.alternative,
            "price": self.price.to_dict(),
            "messages": self.messages,
            "cost_sms": self.cost_sms.to_dict(),
            "cost_alternative": self.cost_alternative.to_dict(),
            "saved": self.saved.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One wording: the summary of its plan, differences to the first one, and alternatives.

    ``cost_difference`` is null without prices, ``moves`` for the first variant.
    """

    name: str
    body: str
    summary: Summary
    parts_difference: int
    cost_difference: Cost | None
    moves: Moves | None
    alternatives: tuple[AlternativeUse, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        difference = self.cost_difference
        return {
            "name": self.name,
            "body": self.body,
            "summary": self.summary.to_dict(),
            "parts_difference": self.parts_difference,
            "cost_difference": None if difference is None else difference.to_dict(),
            "moves": None if self.moves is None else self.moves.to_dict(),
            "alternatives": [each.to_dict() for each in self.alternatives],
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(Shown):
    """Variants in the order given; the first one is what the others are compared with.

    ``warnings`` are remarks about the bodies and the prices.
    """

    variants: tuple[Variant, ...]
    priced: bool
    warnings: tuple[str, ...] = ()

    @property
    def by_cost(self) -> bool:
        """Whether money decides which variant is the cheapest, else the number of parts.

        Amounts in several currencies cannot be compared, so then parts decide, as they do where no
        message has a price.
        """
        return len({name for each in self.variants for name in each.summary.cost.currencies}) == 1

    @property
    def equal(self) -> tuple[Variant, ...]:
        """The variants that cost least (have fewest parts): one, or those that are equal.

        By what is expected, where operators decide.
        """
        totals = [
            sum(each.summary.cost.expected.values()) if self.by_cost else each.summary.parts
            for each in self.variants
        ]
        least = min(totals)
        return tuple(
            each for each, total in zip(self.variants, totals, strict=True) if total == least
        )

    @property
    def cheapest(self) -> Variant:
        """The variant that costs least (has fewest parts): the first of :attr:`equal`."""
        return self.equal[0]

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return the variants as a pandas DataFrame, with the totals of each one's plan.

        ``fewer_rows``, ``more_rows`` and ``same_rows`` are against the first variant, as are the
        differences. ``unpriced`` counts messages without a price. Money is exact, what is expected,
        in ``currency``, which is named where amounts are in several; ``bounds`` adds ``..._low``
        and ``..._high``.
        """
        columns = {
            "name": ANY,
            "body": ANY,
            "rows": COUNT,
            "messages": COUNT,
            "parts": COUNT,
            "parts_difference": COUNT,
            "cost": MONEY,
            "cost_difference": MONEY,
            "unpriced": COUNT,
            "currency": CURRENCY,
            "fewer_rows": COUNT,
            "more_rows": COUNT,
            "same_rows": COUNT,
        }
        rows = (
            {
                "name": each.name,
                "body": each.body,
                "rows": each.summary.rows,
                "messages": each.summary.messages,
                "parts": each.summary.parts,
                "parts_difference": each.parts_difference,
                "cost": each.summary.cost if self.priced else None,
                "cost_difference": each.cost_difference,
                "unpriced": each.summary.cost.unpriced,
                "fewer_rows": 0 if each.moves is None else each.moves.fewer_rows,
                "more_rows": 0 if each.moves is None else each.moves.more_rows,
                "same_rows": each.summary.rows if each.moves is None else each.moves.same_rows,
            }
            for each in self.variants
        )
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "priced": self.priced,
            "cheapest": self.cheapest.name,
            "equal": [each.name for each in self.equal],
            "variants": [each.to_dict() for each in self.variants],
            "warnings": list(self.warnings),
        }


class _MovesTally:
    """Counts rows by their parts under two bodies."""

    def __init__(self) -> None:
        self._rows: Counter[tuple[int, int]] = Counter()
        self._first: dict[str, list[int]] = {"fewer": [], "more": []}
        self._before = 0

    def add(self, first: npt.NDArray[np.int32], other: npt.NDArray[np.int32]) -> None:
        """Count a batch: the billed parts of its rows under the first body and under the other."""
        import numpy as np

        # What is sent has at most 255 parts, so that two numbers of them fit 32 bits.
        width = int(other.max(initial=0)) + 1
        counts = np.bincount(first * np.int32(width) + other)
        for pair in np.flatnonzero(counts).tolist():
            self._rows[divmod(pair, width)] += int(counts[pair])
        for name, compared in (("fewer", np.less), ("more", np.greater)):
            known = self._first[name]
            if len(known) < FIRST_ROWS:
                rows = np.flatnonzero(compared(other, first))[: FIRST_ROWS - len(known)]
                known += (rows + self._before + 1).tolist()
        self._before += len(first)

    def moves(self) -> Moves:
        """Return what was counted."""
        fewer, more, same = (
            sum(rows for (first, other), rows in self._rows.items() if sign(first, other))
            for sign in (gt, lt, eq)
        )
        return Moves(
            rows=dict(sorted(self._rows.items())),
            fewer_rows=fewer,
            more_rows=more,
            same_rows=same,
            first_fewer=tuple(self._first["fewer"]),
            first_more=tuple(self._first["more"]),
        )


class _VariantTally:
    """Counts what becomes of the rows with one body, and how it moves them from the first."""

    def __init__(
        self,
        kernel: Kernel,
        prices: PriceTable | None,
        terms: Terms | None,
        first: _VariantTally | None,
    ) -> None:
        self.totals = SummaryTally(kernel.settings.profile, prices, terms)
        beside = None if first is None else first._findings
        self._findings: FindingsTally = FindingsTally(kernel, prices, beside=beside)
        self._moves = None if first is None else _MovesTally()

    def add(self, batch: pa.RecordBatch, rows: Settled, first: Settled) -> None:
        """Count a batch: what its rows are with this body, and with the first."""
        self.totals.add(rows)
        self._findings.add(batch, rows)
        if self._moves is not None:
            self._moves.add(first.billed, rows.billed)

    def summary(self) -> Summary:
        """Return the totals with their reasons."""
        summary = self.totals.summary()
        return summary.with_findings(self._findings.findings(summary))

    def moves(self) -> Moves | None:
        """Return how rows change sides; None for the first body."""
        return None if self._moves is None else self._moves.moves()


def comparison(
    source: Source,
    settings: Mapping[str, RowSettings],
    terms: Terms | None,
    alternatives: Mapping[str, str] | None,
    progress: Callable[[int], None] | None,
) -> Comparison:
    """Compare bodies over recipients, which are read once: :func:`smsplan.compare`."""
    from smsplan.kernel.price_tables import price_table
    from smsplan.whatif.several_bodies import Variants

    prices = None if terms is None else price_table(terms)
    channels = _channels(alternatives or {}, prices)
    bodies = list(settings.values())
    variants = Variants(source, bodies, prices, accepted(bodies[0].profile))
    tallies: list[_VariantTally] = []
    for kernel in variants.kernels:
        tallies.append(_VariantTally(kernel, prices, terms, tallies[0] if tallies else None))
    done = 0
    for batch, planned in variants:
        for rows, tally in zip(planned, tallies, strict=True):
            tally.add(batch, rows, planned[0])
        done += batch.num_rows
        if progress is not None:
            progress(done)
    summaries = [tally.summary() for tally in tallies]
    base = summaries[0]
    made = tuple(
        Variant(
            name=name,
            body=each.message.template.body,
            summary=summary,
            parts_difference=summary.parts - base.parts,
            cost_difference=None if prices is None else summary.cost - base.cost,
            moves=tally.moves(),
            alternatives=_uses(channels, tally.totals, prices),
        )
        for (name, each), summary, tally in zip(settings.items(), summaries, tallies, strict=True)
    )
    said = ["there is one body; name another to compare it with"] if len(settings) == 1 else []
    said += [
        f"body '{name}': {text}"
        for name, each in settings.items()
        for text in each.warnings(source.columns)
    ]
    remarks = () if terms is None else terms.remarks
    return Comparison(variants=made, priced=prices is not None, warnings=(*said, *remarks))


def _channels(
    alternatives: Mapping[str, str], prices: PriceTable | None
) -> dict[str, tuple[Decimal, str]]:
    """Read the prices of other channels, which are in the currency of the rates."""
    if alternatives and prices is None:
        raise InputError(
            "alternatives are compared with what SMS cost; give rates= (--rates or --price)"
        )
    found = {name: money(price, f"alternative '{name}'") for name, price in alternatives.items()}
    faults = [
        f"alternative '{name}' is in {currency} and the rates are in {', '.join(known)}; give both "
        f"in one currency, such as rates.terms(exchange=..., on=...) (--exchange)"
        for name, (_, currency) in found.items()
        if prices is not None and (known := prices.currencies) and known != (currency,)
    ]
    if faults:
        raise InputError("\n".join(faults))
    return found


def _uses(
    channels: Mapping[str, tuple[Decimal, str]], totals: SummaryTally, prices: PriceTable | None
) -> tuple[AlternativeUse, ...]:
    """Say of each other channel where it would be cheaper; there are none without prices."""
    if prices is None:
        return ()
    return tuple(
        _use(channel, amount, currency, totals, prices)
        for channel, (amount, currency) in channels.items()
    )


def _use(
    name: str, amount: Decimal, currency: str, totals: SummaryTally, prices: PriceTable
) -> AlternativeUse:
    """Count the messages of a variant that cost more than by another channel."""
    messages, cost = 0, Cost()
    for group, rows in totals.groups.items():
        if group.problem is not None or group.rate < 0:
            continue
        one = prices.cost(group.rate, group.billed, 1)
        if one.expected.get(currency, 0) > amount:
            messages += rows
            cost += prices.cost(group.rate, group.billed, rows)
    other = Cost({currency: EXACT.multiply(amount, Decimal(messages))}) if messages else Cost()
    return AlternativeUse(
        alternative=name,
        price=Cost({currency: amount}),
        messages=messages,
        cost_sms=cost,
        cost_alternative=other,
        saved=cost - other,
    )
