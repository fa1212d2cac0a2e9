"""What a plan adds up to: counted batch by batch, so that a file of any size fits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from smsplan.api.dryruns import counted, shown_parts
from smsplan.api.profiles import Profile
from smsplan.errors import Note, Problem
from smsplan.limits import Facts
from smsplan.ratecards import Cost, CostLine, Terms
from smsplan.showing import drawn
from smsplan.totals.finding import Finding
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame

if TYPE_CHECKING:
    from smsplan.kernel.prices import PriceTable
    from smsplan.kernel.settlement import Settled
    from smsplan.ratecards.terms import Ladder
    from smsplan.totals.tabular import Frame


# A column of so many values at most is counted as it is.
_FEW = 8


@dataclass(frozen=True, slots=True)
class Count:
    """Messages, the parts they are billed as, and what those cost."""

    messages: int = 0
    parts: int = 0
    cost: Cost = field(default_factory=Cost)

    def __add__(self, other: Count) -> Count:
        return Count(
            self.messages + other.messages, self.parts + other.parts, self.cost + other.cost
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {"messages": self.messages, "parts": self.parts, "cost": self.cost.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Count:
        """Read what :meth:`to_dict` wrote."""
        return cls(data["messages"], data["parts"], Cost.from_dict(data["cost"]))


@dataclass(frozen=True, slots=True)
class PriceCount:
    """Messages that are charged alike: where, by which ``rows`` of the card, and what they cost.

    ``place`` is how the price is found: ``GB``, ``+44``, both, or ``*``. ``rows`` are those of
    which one applies, as lines of the file of the card; empty where it was none.
    """

    place: str
    rows: tuple[int, ...]
    count: Count

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {"place": self.place, "rows": list(self.rows), **self.count.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PriceCount:
        """Read what :meth:`to_dict` wrote."""
        return cls(data["place"], tuple(data["rows"]), Count.from_dict(data))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Summary:
    """The totals of a plan; ``print`` shows a table.

    ``rows`` went in, ``messages`` are recipients that get one, ``parts`` are billed. ``encodings``,
    ``lengths`` (by number of parts) and ``countries`` (None: not known) break the messages down;
    ``problems`` and ``notes`` count rows. ``dry_run_recipients`` and ``dry_run_messages`` are the
    API's totals over all rows that it would accept. ``priced`` is False where no rates were given.
    ``prices`` are messages by what they are charged by; ``lines`` are what ``cost`` has beside the
    messages: tiers, allowances, fixed fees. Everything else is before them.
    """

    rows: int
    messages: int
    parts: int
    cost: Cost
    priced: bool
    encodings: Mapping[str, Count]
    lengths: Mapping[int, Count]
    countries: Mapping[str | None, Count]
    problems: Mapping[str, int]
    notes: Mapping[str, int]
    dry_run_recipients: int
    dry_run_messages: int
    findings: tuple[Finding, ...] = ()
    prices: tuple[PriceCount, ...] = ()
    lines: tuple[CostLine, ...] = ()

    @property
    def messages_cost(self) -> Cost:
        """What the messages cost by themselves: ``cost`` without ``lines``."""
        return sum((count.cost for count in self.encodings.values()), Cost())

    def __str__(self) -> str:
        return drawn("text.summary_text", self)

    def __repr__(self) -> str:
        return f"<Summary: {drawn('figures.summary_head', self)}>"

    def _repr_html_(self) -> str:
        return drawn("html.summary_html", self)

    def with_findings(self, findings: tuple[Finding, ...]) -> Summary:
        """Return the summary with its reasons."""
        return replace(self, findings=findings)

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return the countries as a pandas DataFrame; the one that is not known is None.

        Messages and parts add up to the plan's, and so does money but for ``lines``. ``unpriced``
        counts messages without a price. ``cost`` is exact, what is expected, in ``currency``, which
        is named where amounts are in several; ``bounds`` adds ``cost_low`` and ``cost_high``.
        """
        columns = {
            "country": ANY,
            "messages": COUNT,
            "parts": COUNT,
            "cost": MONEY,
            "unpriced": COUNT,
            "currency": CURRENCY,
        }
        rows = (
            {
                "country": country,
                "messages": count.messages,
                "parts": count.parts,
                "cost": count.cost,
                "unpriced": count.cost.unpriced,
            }
            for country, count in self.countries.items()
        )
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold: money as text, the unknown country as ``""``."""
        return {
            "rows": self.rows,
            "messages": self.messages,
            "parts": self.parts,
            "cost": self.cost.to_dict(),
            "priced": self.priced,
            "encodings": {key: count.to_dict() for key, count in self.encodings.items()},
            "lengths": {str(key): count.to_dict() for key, count in self.lengths.items()},
            "countries": {key or "": count.to_dict() for key, count in self.countries.items()},
            "problems": dict(self.problems),
            "notes": dict(self.notes),
            "dry_run": {
                "number_of_recipients": self.dry_run_recipients,
                "number_of_messages": self.dry_run_messages,
            },
            "findings": [finding.to_dict() for finding in self.findings],
            "prices": [price.to_dict() for price in self.prices],
            "lines": [line.to_dict() for line in self.lines],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Summary:
        """Read what :meth:`to_dict` wrote."""
        counts = {
            name: {key: Count.from_dict(count) for key, count in data[name].items()}
            for name in ("encodings", "lengths", "countries")
        }
        return cls(
            rows=data["rows"],
            messages=data["messages"],
            parts=data["parts"],
            cost=Cost.from_dict(data["cost"]),
            priced=data["priced"],
            encodings=counts["encodings"],
            lengths={int(key): count for key, count in counts["lengths"].items()},
            countries={key or None: count for key, count in counts["countries"].items()},
            problems=data["problems"],
            notes=data["notes"],
            dry_run_recipients=data["dry_run"]["number_of_recipients"],
            dry_run_messages=data["dry_run"]["number_of_messages"],
            findings=tuple(Finding.from_dict(item) for item in data["findings"]),
            prices=tuple(PriceCount.from_dict(item) for item in data["prices"]),
            lines=tuple(CostLine.from_dict(item) for item in data["lines"]),
        )


class RowGroup(NamedTuple):
    """What rows have in common that are counted together; ``note`` is the sum of bits."""

    encoding: str | None
    parts: int
    billed: int
    country: str | None
    problem: str | None
    note: int
    rate: int
    counted: bool


class SummaryTally:
    """Adds up batches of planned rows; exact, and as small as the number of distinct kinds."""

    def __init__(
        self, profile: Profile, prices: PriceTable | None, terms: Terms | None = None
    ) -> None:
        self._profile = profile
        self._prices = prices
        self._terms = terms
        self._groups: Counter[RowGroup] = Counter()

    def add(self, settled: Settled) -> None:
        """Count the rows of a batch."""
        import numpy as np

        from smsplan.kernel.kernel import ENCODINGS, PROBLEMS
        from smsplan.kernel.numbers.ranges import COUNTRIES
        from smsplan.kernel.octets import counted

        texts = {"encoding": ENCODINGS, "country": COUNTRIES, "problem": PROBLEMS}
        columns = [getattr(settled, name) for name in RowGroup._fields]
        # All columns in one integer: a column's value less its least one, or where values lie far
        # apart the place among them.
        mixed = np.zeros(len(settled.problem), np.int64)
        kinds: list[Any] = []
        for column in columns:
            low, high = int(column.min(initial=0)), int(column.max(initial=0))
            values = np.arange(low, high + 1)
            if low < high:
                above = column.astype(np.int64)
                above -= low
                if len(values) > _FEW:
                    found = np.flatnonzero(np.bincount(above))
                    place = np.zeros(len(values), np.int64)
                    place[found] = np.arange(len(found))
                    values, above = values[found], place[above]
                mixed *= len(values)
                mixed += above
            kinds.append(values)
        keys, counts = counted(mixed)
        parts = []
        for values in reversed(kinds):
            parts.append(values[keys % len(values)].tolist())
            keys = keys // len(values)
        named = [
            [None if at < 0 else texts[name][at] for at in column] if name in texts else column
            for name, column in zip(RowGroup._fields, reversed(parts), strict=True)
        ]
        for group, count in zip(zip(*named, strict=True), counts.tolist(), strict=True):
            self._groups[RowGroup(*group)] += count

    @property
    def groups(self) -> Mapping[RowGroup, int]:
        """How many rows there are of each kind so far."""
        return self._groups

    def count(self, groups: Mapping[RowGroup, int]) -> None:
        """Count rows by their kinds; what is 0 is none."""
        for group, rows in groups.items():
            if rows:
                self._groups[group] += rows

    def summary(self) -> Summary:
        """Return the totals so far."""
        summary = summarise(
            self._groups, self._profile, self._cost, priced=self._prices is not None
        )
        if self._prices is None:
            return summary
        by_row: dict[int, Counter[int]] = {}
        for group, rows in self._groups.items():
            if group.problem is None and group.rate >= 0:
                by_row.setdefault(group.rate, Counter())[group.billed] += rows
        lines = self.lines()
        cost = summary.cost if summary.messages else self._prices.nothing
        return replace(
            summary,
            cost=sum((line.cost for line in lines), cost),
            prices=tuple(
                self._price_count(row, lengths) for row, lengths in sorted(by_row.items())
            ),
            lines=lines,
        )

    def lines(self, weight: Fraction = Fraction(1)) -> tuple[CostLine, ...]:
        """Return what the cost has beside the messages, each row standing for ``weight`` rows."""
        if self._prices is None or self._terms is None:
            return ()
        units: Counter[Ladder] = Counter()
        sent = [(group, rows) for group, rows in self._groups.items() if group.problem is None]
        for group, rows in sent:
            if group.rate >= 0:
                for ladder in self._prices.charges[group.rate].tiered:
                    units[ladder] += ladder.units(group.billed, rows)
        weighed = {ladder: round(count * weight) for ladder, count in units.items()}
        return self._terms.lines(weighed, {group.country for group, _ in sent})

    def cost_of(self, group: RowGroup) -> Cost:
        """Return what one message of a kind costs, before tiers and fees."""
        return self._cost(group.rate, group.billed, 1)

    def _price_count(self, row: int, lengths: Mapping[int, int]) -> PriceCount:
        assert self._prices is not None, "a row is one of prices"
        country, prefix = self._prices.countries[row], self._prices.prefixes[row]
        charge = self._prices.charges[row]
        lines = {
            rate.line
            for ladder in (*charge.base, *charge.surcharges)
            for rate in ladder.rates
            if rate.line is not None
        }
        place = " ".join(filter(None, [country, f"+{prefix}" if prefix else ""])) or "*"
        count = count_of({(row, parts): rows for parts, rows in lengths.items()}, self._cost)
        return PriceCount(place, tuple(sorted(lines)), count)

    def _cost(self, rate: int, parts: int, rows: int) -> Cost:
        """What messages cost that are sent."""
        if self._prices is None or rate < 0:
            return Cost(unpriced=rows)
        return self._prices.cost(rate, parts, rows)


# Messages that cost the same: by the row of the rate card and billed parts.
Charged = Mapping[tuple[int, int], int]


def summarise(
    groups: Mapping[RowGroup, int],
    profile: Profile,
    cost: Callable[[int, int, int], Cost],
    *,
    priced: bool,
) -> Summary:
    """Add up groups of rows: how many there are of each, and what they cost.

    ``cost`` says what messages cost by row of the rate card, billed parts and their number.
    """
    problems: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    total: Counter[tuple[int, int]] = Counter()
    kinds: dict[str, dict[Any, Counter[tuple[int, int]]]] = {
        name: defaultdict(Counter) for name in ("encoding", "parts", "country")
    }
    recipients = shown = 0
    for group, rows in groups.items():
        problem = _problem(group.problem)
        if group.counted:
            recipients += rows
            shown += rows * shown_parts(group.parts, problem, profile)
        if problem is not None:
            problems[problem] += rows
            continue
        for note in Note:
            if group.note & note.bit:
                notes[note.value] += rows
        charged = group.rate, group.billed
        total[charged] += rows
        for name, by_key in kinds.items():
            by_key[getattr(group, name)][charged] += rows
    messages = count_of(total, cost)
    by_encoding, by_length, by_country = (
        {key: count_of(kind, cost) for key, kind in by_key.items()} for by_key in kinds.values()
    )
    return Summary(
        rows=sum(groups.values()),
        messages=messages.messages,
        parts=messages.parts,
        cost=messages.cost,
        priced=priced,
        encodings=dict(sorted(by_encoding.items())),
        lengths=dict(sorted(by_length.items())),
        countries=dict(
            sorted(by_country.items(), key=lambda item: (-item[1].parts, item[0] or "~"))
        ),
        problems={name: problems[name] for name in Problem if name in problems},
        notes=dict(notes.most_common()),
        dry_run_recipients=recipients,
        dry_run_messages=shown,
    )


def count_of(charged: Charged, cost: Callable[[int, int, int], Cost]) -> Count:
    """Return what messages add up to that are charged alike, each kind of them at once."""
    total = Cost()
    for (rate, parts), rows in charged.items():
        total += cost(rate, parts, rows)
    return Count(
        sum(charged.values()), sum(parts * rows for (_, parts), rows in charged.items()), total
    )


def facts(summary: Summary) -> Facts:
    """Return what limits are compared with."""
    return Facts(
        rows=summary.rows,
        messages=summary.messages,
        parts=summary.parts,
        lengths={parts: count.messages for parts, count in summary.lengths.items()},
        unicode=summary.encodings.get("UNICODE", Count()).messages,
        cost=summary.cost,
        problems=sum(summary.problems.values()),
        countries={name: count.messages for name, count in summary.countries.items()},
    )


def accepted(profile: Profile) -> Any:
    """Say of every problem, and at the end of none, whether a dry run counts a row that has it.

    The others make the API refuse the request. Of the rows of a number it counts one.
    """
    import numpy as np

    def counts(problem: Problem) -> bool:
        match problem:
            case Problem.OVER_255_PARTS | Problem.REJECTED_BY_RATE_CARD:
                return True
            case Problem.UNMATCHED_PARAMETER:
                return profile.unmatched != "error" and counted(problem, profile)
            case Problem.EXCEEDED_PARTS_LIMIT:
                return profile.exceeded_parts != "error" and counted(problem, profile)
            case _:
                return False

    return np.array([*map(counts, Problem), True])


def _problem(name: str | None) -> Problem | None:
    return None if name is None else Problem(name)
