"""What a plan adds up to: counted batch by batch, so that a file of any size fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smsplan.dryruns import counted, shown_parts
from smsplan.errors import Problem
from smsplan.insight.findings import Finding
from smsplan.profiles import Profile
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    import pyarrow as pa


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The totals of a plan; ``print`` shows a table.

    ``rows`` went in, ``messages`` are recipients that get one, ``parts`` are billed. ``encodings``,
    ``lengths`` (by number of parts) and ``countries`` (None: not known) break the messages down;
    ``problems`` and ``notes`` count rows. ``dry_run_recipients`` and ``dry_run_messages`` are the
    API's totals over all rows that it would accept. ``priced`` is False where no rates were given.
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

    def __str__(self) -> str:
        from smsplan.display.text import summary_text

        return summary_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.html import summary_html

        return summary_html(self)

    def with_findings(self, findings: tuple[Finding, ...]) -> Summary:
        """Return the summary with its reasons."""
        return replace(self, findings=findings)

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
        )


_KEYS = ["encoding", "number_of_parts", "country", "problem", "note", "currency"]


class SummaryTally:
    """Adds up batches of planned rows; exact, and as small as the number of distinct kinds."""

    def __init__(self, profile: Profile, *, priced: bool) -> None:
        self._profile = profile
        self._priced = priced
        self._rows = 0
        self._encodings: Counter[str] = Counter()
        self._groups: dict[tuple[Any, ...], tuple[int, int, Any, int]] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch, which has every column of a plan."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self._rows += batch.num_rows
        # One pass of a hash aggregation instead of six counts; decimal sums are exact.
        table = pa.Table.from_batches([batch]).select([*_KEYS, "billed_parts", "cost"])
        if pa.types.is_decimal(table.schema.field("cost").type):
            scale = table.schema.field("cost").type.scale
            table = table.set_column(
                table.schema.get_field_index("cost"),
                "cost",
                pc.cast(table["cost"], pa.decimal128(38, scale)),
            )
        grouped = table.group_by(_KEYS, use_threads=False).aggregate(
            [([], "count_all"), ("billed_parts", "sum"), ("cost", "sum"), ("cost", "count")]
        )
        for row in grouped.to_pylist():
            key = tuple(row[name] for name in _KEYS)
            new = (row["count_all"], row["billed_parts_sum"], row["cost_sum"], row["cost_count"])
            old = self._groups.get(key)
            if old is not None:
                cost = _sum(key[5], old[2], new[2])
                new = (old[0] + new[0], old[1] + new[1], cost, old[3] + new[3])
            self._groups[key] = new

    def summary(self) -> Summary:
        """Return the totals so far."""
        encodings: dict[str, Count] = {}
        lengths: dict[int, Count] = {}
        countries: dict[str | None, Count] = {}
        problems: Counter[str] = Counter()
        notes: Counter[str] = Counter()
        total = Count()
        recipients = shown = 0
        for key, (rows, parts, amount, known) in self._groups.items():
            encoding, length, country, problem, note, currency = key
            if self._accepted(problem):
                recipients += rows
                shown += rows * shown_parts(length, _problem(problem), self._profile)
            if problem is not None:
                problems[problem] += rows
                continue
            for name in (note or "").split(";"):
                if name:
                    notes[name] += rows
            amounts = {currency: amount} if currency is not None and known else {}
            count = Count(rows, parts, Cost(amounts, unpriced=rows - known))
            total += count
            encodings[encoding] = encodings.get(encoding, Count()) + count
            lengths[length] = lengths.get(length, Count()) + count
            countries[country] = countries.get(country, Count()) + count
        return Summary(
            rows=self._rows,
            messages=total.messages,
            parts=total.parts,
            cost=total.cost,
            priced=self._priced,
            encodings=dict(sorted(encodings.items())),
            lengths=dict(sorted(lengths.items())),
            countries=dict(
                sorted(countries.items(), key=lambda item: (-item[1].parts, item[0] or "~"))
            ),
            problems={name: problems[name] for name in Problem if name in problems},
            notes=dict(notes.most_common()),
            dry_run_recipients=recipients,
            dry_run_messages=shown,
        )

    def _accepted(self, problem: str | None) -> bool:
        """Whether a dry run would count the row; the others make the API refuse the request."""
        match problem:
            case None | Problem.OVER_255_PARTS:
                return True
            case Problem.UNMATCHED_PARAMETER if self._profile.unmatched == "error":
                return False
            case Problem.EXCEEDED_PARTS_LIMIT if self._profile.exceeded_parts == "error":
                return False
            case Problem.UNMATCHED_PARAMETER | Problem.EXCEEDED_PARTS_LIMIT:
                return counted(_problem(problem), self._profile)
            case Problem.DUPLICATE_RECIPIENT:
                return self._profile.duplicates == "counted"
            case _:
                return False


def _problem(name: str | None) -> Problem | None:
    return None if name is None else Problem(name)


def _sum(currency: str | None, first: Any, second: Any) -> Any:
    """Add two exact amounts, either of which may be unknown."""
    if first is None or second is None or currency is None:
        return first if second is None else second
    return (Cost({currency: first}) + Cost({currency: second})).amounts[currency]
