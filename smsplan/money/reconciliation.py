"""What was planned against what was reported or invoiced: how they differ, and why where it shows.

Delivery reports are matched to rows by number; where a number was sent to several times, in the
order of both. They carry part counts only where the request set ``max_number_of_message_parts``,
encodings only with Auto Encoding, and no price: what is not there is counted, not assumed.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from smsplan.encoding import Encoding, part_capacity
from smsplan.errors import InputError
from smsplan.outputs import check_distinct
from smsplan.ratecards import Cost, RateCard, Terms, money
from smsplan.reports import Report, read_reports, report_of
from smsplan.showing import drawn
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame
from smsplan.writing.writers import Sink, check_output, sink

if TYPE_CHECKING:
    from smsplan.totals.tabular import Frame

# Rows that wait to be written.
_WRITTEN = 1 << 14
Batches = Callable[[], Iterable[pa.RecordBatch]]
_KINDS = {
    "not_reported": "sent by the plan, and no report of it",
    "not_in_plan": "reported, and not sent by the plan",
    "405": "delivery code 405: a parameter had no value in the request that was sent",
    "411": "delivery code 411: more parts than max_number_of_message_parts of the request",
    "not_delivered": "another status than Delivered; what it costs is the provider's rule",
    "encoding": "another encoding: the text was changed on the way, or Auto Encoding is on",
    "boundary": "the service counts units and does not keep pairs whole at the end of a part: the "
    "profile's switches gsm_boundary and unicode_boundary",
    "reference": "as with references of the other size, 152 and 66 units a part with 16 bits and "
    "153 and 67 with 8: the profile's switch reference_bits",
    "truncated": "one part where several were planned: the request was sent with truncate_concat",
    "parts": "another number of parts, for no reason that shows in the report",
    "operator_price": "within the range of the operators",
    "price": "another price than the plan's rate card has",
}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Messages that differ in one way: how many, by how many parts, and by how much money.

    ``parts`` and ``amounts`` are reported less planned. ``rows`` are the first five, from 1.
    """

    kind: str
    messages: int
    parts: int
    amounts: Mapping[str, Decimal]
    rows: tuple[int, ...]

    @property
    def text(self) -> str:
        """What it means."""
        return _KINDS[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        amounts = {currency: format(amount, "f") for currency, amount in self.amounts.items()}
        return {
            "kind": self.kind,
            "text": self.text,
            "messages": self.messages,
            "parts": self.parts,
            "amounts": amounts,
            "rows": list(self.rows),
        }


@dataclass(slots=True)
class Side:
    """What is planned and what is reported: of a country, or of all."""

    messages: int = 0
    parts: int = 0
    cost: Cost = field(default_factory=Cost)
    reported: int = 0
    reported_parts: int = 0
    reported_cost: Cost = field(default_factory=Cost)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "messages": self.messages,
            "parts": self.parts,
            "cost": self.cost.to_dict(),
            "reported": self.reported,
            "reported_parts": self.reported_parts,
            "reported_cost": self.reported_cost.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reconciliation:
    """A plan beside what was reported; ``print`` shows a table.

    ``total`` and ``countries`` have both sides; ``statuses`` count reports by status and code;
    ``differences`` the ways in which messages differ. ``without_parts``, ``without_encoding`` and
    ``without_price`` count reports that do not carry it; ``remarks`` say what cannot be told.
    """

    total: Side
    countries: Mapping[str | None, Side]
    statuses: Mapping[str, int]
    differences: tuple[Discrepancy, ...]
    without_parts: int
    without_encoding: int
    without_price: int
    remarks: tuple[str, ...]

    def __str__(self) -> str:
        return drawn("text.reconciliation_text", self)

    def __repr__(self) -> str:
        return f"<Reconciliation: {drawn('figures.reconciliation_head', self)}>"

    def _repr_html_(self) -> str:
        return drawn("html.reconciliation_html", self)

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return the countries as a pandas DataFrame; both sides add up to ``total``.

        The country that is not known is None, and so is ``reported_cost`` where the reports have no
        price. ``unpriced`` counts planned messages without a price. Money is exact, what is
        expected, in ``currency``, which is named where amounts are in several; ``bounds`` adds
        ``..._low`` and ``..._high``.
        """
        columns = {
            "country": ANY, "messages": COUNT, "parts": COUNT, "cost": MONEY, "reported": COUNT,
            "reported_parts": COUNT, "reported_cost": MONEY, "unpriced": COUNT,
            "currency": CURRENCY,
        }  # fmt: skip
        rows = (
            {
                "country": country, "messages": side.messages, "parts": side.parts,
                "cost": side.cost, "reported": side.reported,
                "reported_parts": side.reported_parts,
                "reported_cost": None if side.reported and not side.reported_cost.high
                else side.reported_cost,
                "unpriced": side.cost.unpriced,
            }
            for country, side in self.countries.items()
        )  # fmt: skip
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "total": self.total.to_dict(),
            "countries": {name or "": side.to_dict() for name, side in self.countries.items()},
            "statuses": dict(self.statuses),
            "differences": [each.to_dict() for each in self.differences],
            "without_parts": self.without_parts,
            "without_encoding": self.without_encoding,
            "without_price": self.without_price,
            "remarks": list(self.remarks),
        }


class _Row(NamedTuple):
    """A planned message."""

    place: int
    recipient: str
    encoding: str
    units: int
    parts: int
    country: str | None
    currency: str | None
    low: Decimal | None
    high: Decimal | None


def reconcile(
    batches: Batches,
    reports: str | os.PathLike[str] | Iterable[Report | Mapping[str, Any]],
    *,
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str] | None = None,
    reference_bits: int = 8,
) -> Reconciliation:
    """Compare a plan with reports or an invoice: see ``Plan.reconcile``."""
    terms = None if rates is None else Terms.of(rates)
    if output is not None:
        check_output(output)
    if isinstance(reports, str | os.PathLike):
        check_distinct({"output": output}, {"the file of reports": reports})
        path = os.fspath(reports)
        if _is_invoice(path):
            if output is not None:
                raise InputError("an invoice has no recipients to write; leave output= out")
            return _with_invoice(batches, path)
        reports = read_reports(path)
    waiting: dict[str, list[Report]] = {}
    statuses: Counter[str] = Counter()
    read = 0
    for given in reports:
        read += 1
        report = given if isinstance(given, Report) else report_of(given, f"report {read}")
        waiting.setdefault(report.recipient, []).append(report)
        code = "" if report.code is None else f" ({report.code})"
        statuses[f"{report.status or 'no status'}{code}"] += 1
    if not read:
        raise InputError("there are no reports; name the file of the campaign's delivery reports")
    for several in waiting.values():
        several.reverse()
    found = _Found(reference_bits)
    with ExitStack() as stack:
        out = None if output is None else stack.enter_context(_Details.to(output))
        for row in _rows(batches):
            mine = waiting.get(row.recipient)
            own = mine.pop() if mine else None
            kinds = found.add(row, own, terms)
            if out is not None:
                out.add(row, own, kinds)
        if found.total.reported == 0:
            raise InputError(
                f"none of the {read:,} reports belongs to this plan: no number is in both; name "
                "the reports of this campaign"
            )
        for several in waiting.values():
            for left in reversed(several):
                found.strange(left)
                if out is not None:
                    out.add(None, left, ["not_in_plan"])
        if out is not None:
            out.close()
    return found.result(statuses)


class _Details:
    """A row for each message and for each report without one, written as they come."""

    schema = pa.schema(
        [
            ("row", pa.int64()),
            ("recipient", pa.string()),
            ("encoding", pa.string()),
            ("reported_encoding", pa.string()),
            ("parts", pa.int64()),
            ("reported_parts", pa.int64()),
            ("currency", pa.string()),
            ("cost_low", pa.string()),
            ("cost_high", pa.string()),
            ("reported_price", pa.string()),
            ("status", pa.string()),
            ("code", pa.int64()),
            ("differences", pa.string()),
        ]
    )

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._rows: list[tuple[Any, ...]] = []

    @classmethod
    @contextmanager
    def to(cls, path: str | os.PathLike[str]) -> Iterator[_Details]:
        """Write to CSV or Parquet, whole or not at all."""
        with sink(path, cls.schema, guard=True, private=True, unique=("recipient",)) as out:
            yield cls(out)

    def add(self, row: _Row | None, report: Report | None, kinds: list[str]) -> None:
        """Put both sides beside each other; what is not known is null."""

        def text(value: Decimal | str | None) -> str | None:
            return None if value is None else str(value) or None

        planned = (None,) * 6 if row is None else (
            row.place, row.encoding, row.parts, row.currency, text(row.low), text(row.high),
        )  # fmt: skip
        told = (None,) * 5 if report is None else (
            text(report.encoding), report.number_of_message_parts, text(report.price),
            text(report.status), report.code,
        )  # fmt: skip
        recipient = row.recipient if row is not None else report.recipient if report else None
        self._rows.append((planned[0], recipient, planned[1], told[0], planned[2], told[1],
                           *planned[3:], *told[2:], ";".join(kinds) or None))  # fmt: skip
        if len(self._rows) == _WRITTEN:
            self.close()

    def close(self) -> None:
        """Write what is waiting."""
        columns = zip(*self._rows, strict=True) if self._rows else [()] * len(self.schema)
        arrays = [
            pa.array(cells, kind.type) for cells, kind in zip(columns, self.schema, strict=True)
        ]
        self._out.write(pa.RecordBatch.from_arrays(arrays, schema=self.schema))
        self._rows = []


def _rows(batches: Batches) -> Iterator[_Row]:
    place = 0
    for batch in batches():
        names = set(batch.schema.names)
        ends = ("cost_low", "cost_high") if "cost_low" in names else ("cost", "cost")
        columns = [
            batch.column(name).to_pylist()
            for name in (
                "problem", "recipient", "encoding", "units", "billed_parts", "country", "currency",
                *ends,
            )
        ]  # fmt: skip
        for problem, *cells in zip(*columns, strict=True):
            place += 1
            if problem is None:
                yield _Row(place, *cells)


class _Found:
    """Adds matched rows up."""

    def __init__(self, reference_bits: int = 8) -> None:
        self._bits = reference_bits
        self.total = Side()
        self.countries: dict[str | None, Side] = {}
        self.without = Counter[str]()
        self._kinds: dict[str, tuple[Counter[str], dict[str, Decimal], list[int]]] = {}
        self._money: Counter[tuple[str | None, str, Decimal, Decimal]] = Counter()
        self._paid: dict[tuple[str | None, str], Fraction] = {}
        self._unpriced: Counter[str | None] = Counter()
        self._now: list[str] = []

    def plan(self, row: _Row) -> Side:
        """Count a message, and what it costs."""
        side = self.countries.setdefault(row.country, Side())
        for each in (self.total, side):
            each.messages += 1
            each.parts += row.parts
        if row.low is None or row.high is None or row.currency is None:
            self._unpriced[row.country] += 1
        else:
            self._money[row.country, row.currency, row.low, row.high] += 1
        return side

    def invoice(self, country: str | None, parts: int, amount: tuple[Decimal, str]) -> None:
        """Count a line of an invoice."""
        for each in (self.total, self.countries.setdefault(country, Side())):
            each.reported_parts += parts
        key = country, amount[1]
        self._paid[key] = self._paid.get(key, Fraction(0)) + Fraction(amount[0])

    def compare(self, *, with_parts: bool) -> None:
        """Compare an invoice with the plan, country by country."""
        planned: dict[tuple[str | None, str], list[Fraction]] = {}
        for (country, currency, low, high), count in self._money.items():
            ends = planned.setdefault((country, currency), [Fraction(0), Fraction(0)])
            ends[0] += Fraction(low) * count
            ends[1] += Fraction(high) * count
        for key in {**planned, **self._paid}:
            country, currency = key
            side = self.countries[country]
            change = side.reported_parts - side.parts if with_parts else 0
            least, most = planned.get(key, [Fraction(0), Fraction(0)])
            paid = self._paid.get(key, Fraction(0))
            near = min(max(paid, least), most)
            if key not in planned:
                kind = "not_in_plan" if not side.messages else "price"
            elif key not in self._paid:
                kind = "not_reported"
            elif change:
                kind = "parts"
            else:
                kind = "price"
            if change or paid != near:
                self._differs(
                    kind, 0, change, (currency, _decimal(paid - near)), messages=side.messages
                )

    def add(self, row: _Row, report: Report | None, terms: Terms | None) -> list[str]:
        """Compare a message with its report; returns in which ways they differ."""
        self._now = []
        side = self.plan(row)
        if report is None:
            self._differs("not_reported", row.place)
            return self._now
        for each in (self.total, side):
            each.reported += 1
            each.reported_parts += report.number_of_message_parts or 0
        self._status(row, report)
        self._text(row, report)
        self._price(row, report, terms)
        return self._now

    def strange(self, report: Report) -> None:
        """Count a report that has no row."""
        self._differs("not_in_plan", 0, report.number_of_message_parts or 0)

    def _status(self, row: _Row, report: Report) -> None:
        if report.code in (405, 411):
            self._differs(str(report.code), row.place)
        elif report.status and report.status.casefold() != "delivered":
            self._differs("not_delivered", row.place)

    def _text(self, row: _Row, report: Report) -> None:
        # Reports say GSM and UNICODE; some answers of the API text and unicode.
        said = {"text": "GSM", "gsm": "GSM", "unicode": "UNICODE"}.get(report.encoding.casefold())
        if not report.encoding:
            self.without["encoding"] += 1
        elif said != row.encoding:
            self._differs("encoding", row.place)
        parts = report.number_of_message_parts
        if parts is None:
            self.without["parts"] += 1
        elif parts != row.parts:
            change = parts - row.parts
            if said is not None and said != row.encoding:
                self._differs("encoding", row.place, change, again=True)
            elif parts == _counted(row, self._bits):
                self._differs("boundary", row.place, change)
            elif parts == _counted(row, 24 - self._bits):
                self._differs("reference", row.place, change)
            elif parts == 1:
                self._differs("truncated", row.place, change)
            else:
                self._differs("parts", row.place, change)

    def _price(self, row: _Row, report: Report, terms: Terms | None) -> None:
        if not report.price:
            self.without["price"] += 1
            return
        text = f"{report.price} {report.currency}" if report.currency else report.price
        paid, currency = money(text, f"price in {report.place or 'a report'}")
        key = row.country, currency
        self._paid[key] = self._paid.get(key, Fraction(0)) + Fraction(paid)
        low, high = row.low, row.high
        if terms is not None and report.operator:
            # With the operator there is one price, but for those that no row names.
            charge = terms.charge(row.recipient, operator=report.operator)
            if charge is not None and charge.currency == currency:
                low, high = charge.low(row.parts), charge.high(row.parts)
        if low is None or high is None or currency != row.currency:
            self._differs("price", row.place, amount=(currency, paid))
        elif paid == low == high:
            return
        elif low <= paid <= high:
            self._differs("operator_price", row.place, amount=(currency, paid - high))
        else:
            near = low if paid < low else high
            self._differs("price", row.place, amount=(currency, paid - near))

    def _differs(
        self,
        kind: str,
        place: int,
        parts: int = 0,
        amount: tuple[str, Decimal] | None = None,
        *,
        messages: int = 1,
        again: bool = False,
    ) -> None:
        counts, amounts, rows = self._kinds.setdefault(kind, (Counter(), {}, []))
        counts["messages"] += 0 if again else messages
        if not again:
            self._now.append(kind)
        counts["parts"] += parts
        if amount is not None:
            before = amounts.get(amount[0], Decimal(0))
            amounts[amount[0]] = (Cost({"": before}) + Cost({"": amount[1]})).high[""]
        if place and not again and len(rows) < 5:
            rows.append(place)

    def result(self, statuses: Counter[str]) -> Reconciliation:
        """Return what was found."""
        for (country, currency, low, high), count in self._money.items():
            ends = [Cost({currency: end}) for end in (low, high)]
            cost = _times(ends[0], ends[1], currency, count)
            for side in (self.total, self.countries[country]):
                side.cost += cost
        for place, count in self._unpriced.items():
            for side in (self.total, self.countries[place]):
                side.cost += Cost(unpriced=count)
        for (country, currency), paid in self._paid.items():
            for side in (self.total, self.countries[country]):
                side.reported_cost += Cost({currency: _decimal(paid)})
        return Reconciliation(
            total=self.total,
            countries=dict(sorted(self.countries.items(), key=lambda item: -item[1].messages)),
            statuses=dict(statuses.most_common()),
            differences=tuple(
                Discrepancy(kind, counts["messages"], counts["parts"], amounts, tuple(rows))
                for kind, (counts, amounts, rows) in sorted(
                    self._kinds.items(), key=lambda item: list(_KINDS).index(item[0])
                )
            ),
            without_parts=self.without["parts"],
            without_encoding=self.without["encoding"],
            without_price=self.without["price"],
            remarks=self._remarks(),
        )

    def _remarks(self) -> tuple[str, ...]:
        out = []
        if count := self.without["parts"]:
            out.append(
                f"{count:,} reports carry no part count; they do where the request sets "
                "max_number_of_message_parts"
            )
        if count := self.without["encoding"]:
            out.append(
                f"{count:,} reports carry no encoding; they do where the account has Auto Encoding"
            )
        if count := self.without["price"]:
            out.append(f"{count:,} reports carry no price; the invoice has it")
        return tuple(out)


def _times(low: Cost, high: Cost, currency: str, count: int) -> Cost:
    """Return what so many messages cost between two ends."""
    ends = [_decimal(Fraction(end.high[currency]) * count) for end in (low, high)]
    if ends[0] == ends[1]:
        return Cost({currency: ends[1]})
    middle = (Fraction(ends[0]) + Fraction(ends[1])) / 2
    return Cost.between(currency, low=ends[0], expected=middle, high=ends[1], basis="mean")


def _decimal(amount: Fraction) -> Decimal:
    """Return a fraction that is a decimal as one, exactly."""
    scale = 0
    while (amount * 10**scale).denominator != 1:
        scale += 1
    return Decimal(f"{(amount * 10**scale).numerator}E-{scale}")


def _counted(row: _Row, reference_bits: int) -> int:
    """Return the number of parts by units alone, without pairs kept whole."""
    single, several = (
        part_capacity(Encoding(row.encoding), parts=parts, reference_bits=reference_bits)
        for parts in (1, 2)
    )
    return 1 if row.units <= single else -(-row.units // several)


# --- an invoice -------------------------------------------------------------------------------


def _is_invoice(path: str) -> bool:
    """Whether a file has a country and an amount a line, and no recipients."""
    if not path.lower().endswith(".csv") or not Path(path).is_file():
        return False
    with Path(path).open(encoding="utf-8-sig", newline="", errors="replace") as file:
        names = {name.strip().lower() for name in next(csv.reader(file), [])}
    return "recipient" not in names and {"country", "amount"} <= names


def _with_invoice(batches: Batches, path: str) -> Reconciliation:
    """Compare the plan with the lines of an invoice, by country."""
    found = _Found()
    for row in _rows(batches):
        found.plan(row)
    cells: dict[str, str] = {}
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            cells = {
                str(name).strip().lower(): str(cell or "").strip() for name, cell in line.items()
            }
            country = cells["country"].upper() or None
            text = f"{cells['amount']} {cells.get('currency', '')}".strip()
            amount = money(text, f"amount of {country or 'no country'} in '{path}'")
            parts = cells.get("parts", "")
            if parts and not parts.isdecimal():
                raise InputError(f"'{path}': parts of {country} is no whole number; fix it")
            found.invoice(country, int(parts or 0), amount)
    found.compare(with_parts="parts" in cells)
    return found.result(Counter())
