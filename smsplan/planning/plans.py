"""A plan: what goes out, what it costs, and whatever can be asked about it afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from smsplan.api.dryruns import DryRun
from smsplan.errors import InputError, Problem
from smsplan.outputs import METADATA_KEY
from smsplan.planning.pipeline import Pair, Pipeline, Stats, words_as_text
from smsplan.planning.saved_plans import PlanRecord, opened
from smsplan.ratecards import Cost, RateCard, Terms
from smsplan.showing import display, plotted

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.axes import Axes

    from smsplan.api.batches import TextBatch
    from smsplan.insight.assumptions import Assumptions
    from smsplan.insight.characters import Characters
    from smsplan.insight.lengths import Lengths
    from smsplan.insight.list_audit import Audit
    from smsplan.insight.waterfall import Waterfall
    from smsplan.kernel.settings import RowSettings
    from smsplan.lists.source import Source
    from smsplan.money.reconciliation import Reconciliation
    from smsplan.money.schedules import QuietHours, Schedule
    from smsplan.reports import Report
    from smsplan.totals.finding import Finding
    from smsplan.totals.plan_view import Planned
    from smsplan.totals.summary import Count, Summary
    from smsplan.writing.row_stores import RowStore


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """What will go out: rows, totals and reasons. Made by :func:`plan` or :meth:`Plan.open`.

    No question changes it. ``warnings`` are remarks about the template and the output; ``stats``
    says how the rows were planned (None for a plan that was opened).
    """

    _record: PlanRecord
    _stored: RowStore
    # The list that was planned; None of a plan that was opened.
    _source: Source | None = None
    warnings: tuple[str, ...] = ()
    stats: Stats | None = None
    # Of a plan that was priced again: the one whose rows it has.
    _unpriced: Plan | None = None

    def __repr__(self) -> str:
        if self._record.summary is None:
            return f"<Plan of columns {', '.join(self._record.names or ())}>"
        return (
            f"<Plan of {self.summary.rows:,} rows: {self.messages:,} messages, "
            f"{self.parts:,} parts, {self.cost}>"
        )

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()

    @property
    def settings(self) -> RowSettings:
        """The message, and how the recipients are read."""
        return self._record.settings

    @property
    def terms(self) -> Terms | None:
        """The prices, which :attr:`rates_digest` identifies; None without rates."""
        return self._record.terms

    @cached_property
    def rows(self) -> Any:
        """The caller's kind of frame: its own columns untouched, then ours, the same rows.

        A pyarrow Table for files, streams, DuckDB and lists of numbers.
        """
        return self._stored.native(lambda ours: ours)

    @property
    def recipient_columns(self) -> tuple[str, ...]:
        """The names of the list's columns; none of a plan that was opened."""
        return () if self._source is None else tuple(self._source.columns)

    @property
    def rates_digest(self) -> str | None:
        """What identifies the rate card: SHA-256 (hex); None without one."""
        return None if self.terms is None else self.terms.digest

    @property
    def summary(self) -> Summary:
        """The totals, broken down, with the findings; ``print`` shows a table."""
        if self._record.summary is None:
            raise InputError(
                "this plan has the selected columns only and no totals; plan without select="
            )
        return self._record.summary

    @property
    def messages(self) -> int:
        """Recipients that get a message."""
        return self.summary.messages

    @property
    def parts(self) -> int:
        """Parts that are billed."""
        return self.summary.parts

    @property
    def encodings(self) -> Mapping[str, Count]:
        """Messages, parts and cost by encoding."""
        return self.summary.encodings

    @property
    def cost(self) -> Cost:
        """What it costs: exact per currency; messages without a price are counted."""
        return self.summary.cost

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Damaged texts, and at most five reasons for the total, most expensive first."""
        return self.summary.findings

    def dry_run(self) -> DryRun:
        """The API's two totals over all rows that it would accept.

        They differ from :attr:`messages` and :attr:`parts`: a dry run counts recipients that a
        send would not reach (405, 411) as the profile says.
        """
        return DryRun(self.summary.dry_run_recipients, self.summary.dry_run_messages)

    def check(self, **limits: Any) -> None:
        """Raise :class:`~smsplan.errors.PlanRejected` where the plan is above its limits.

        ``limits`` are those of :class:`~smsplan.limits.Limits`: ``max_cost``, ``max_parts``,
        ``max_messages``, ``max_parts_per_message``, ``max_unpriced``, ``max_problems``,
        ``allow_unicode``, ``countries``. Every limit that is breached is named, with its figures
        and the first rows at fault, counted from 1. For jobs, and for what calls before it sends.

        >>> from smsplan import plan
        >>> made = plan(["+447700900123", "12"], "a" * 161, rates="0.034 GBP")
        >>> made.check(max_cost="0.05 GBP", max_parts_per_message=1, max_problems="1%")
        Traceback (most recent call last):
        smsplan.errors.PlanRejected: above the limits:
          max_cost: it costs GBP 0.068, and GBP 0.05 are allowed
          max_parts_per_message: 1 message has more than 1 part, up to 2 (first in row 1)
          max_problems: 1 row is not sent (50 % of 2), and 1% are allowed (first in row 2)
        """
        from smsplan.limits import Limits, check
        from smsplan.money.guard import at_fault
        from smsplan.totals.summary import facts

        allowed = Limits(**limits)
        check(allowed, facts(self.summary), partial(at_fault, self._bare_rows, allowed))

    def worst(self, n: int = 10, *, by: Literal["cost", "parts"] | None = None) -> Any:
        """Return the ``n`` most expensive rows, the most expensive first, as the caller's kind.

        By money where the plan has prices in one currency (what is expected, then the highest
        amount), else by parts; ``by`` chooses. Then by units.

        >>> from smsplan import plan
        >>> made = plan([{"to": "+447700900123"}, {"to": "+33612345678"}], "a" * 161,
        ...             rates={"GB": "0.01 GBP", "FR": "0.50 GBP"})
        >>> [row["country"] for row in made.worst(1)]
        ['FR']
        """
        import numpy as np

        from smsplan.insight.heaviest import Key, Ranking

        if n < 1:
            raise InputError(f"worst({n}) asks for no rows; use a number of 1 or more")
        planned = self._planned()
        ranking = Ranking(planned, by)
        best: list[tuple[Key, int]] = []
        start = 0
        for _, ours in planned.batches():
            found = ranking.best(ours, np.arange(ours.num_rows), n)
            best = sorted([*best, *((key, start + row) for key, row in found)])[:n]
            start += ours.num_rows
        return self._stored.native(lambda ours: ours, [row for _, row in best])

    def price(self, rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str]) -> Plan:
        """Price the same rows by other rates, without planning them again.

        Raises :class:`~smsplan.errors.InputError` where rates have left out rows before: those
        have to be planned again.

        >>> from smsplan import plan
        >>> made = plan(["+447700900123"], "Hello")
        >>> str(made.cost), str(made.price("0.05 EUR").cost)
        ('no price for 1 message', 'EUR 0.05')
        """
        from smsplan.writing.row_stores import ChangedRows

        base, totals = self._unpriced or self, self.summary
        rejected = base.summary.problems.get(Problem.REJECTED_BY_RATE_CARD, 0)
        if rejected:
            raise InputError(
                f"{rejected:,} rows were left out because the rate card rejects their numbers; "
                "plan again with the new rates: plan(..., rates=)"
            )
        terms = Terms.of(rates)
        pipeline = Pipeline(self.settings, terms)
        tally = pipeline.tally()
        for theirs, ours in base._pairs(self.settings.needed):
            tally.add(theirs, pipeline.priced(ours)[1])
        # What a dry run counts does not depend on prices, nor on what is kept of a row.
        summary = replace(
            tally.summary(),
            dry_run_recipients=totals.dry_run_recipients,
            dry_run_messages=totals.dry_run_messages,
        )
        return replace(
            base,
            _record=replace(base._record, terms=terms, names=None, summary=summary),
            _stored=ChangedRows(base._stored, pipeline.reprice),
            warnings=base.warnings + terms.remarks,
            stats=None,
            _unpriced=base,
        )

    def batches(
        self,
        *,
        size: int = 1000,
        delivery_report: str | None = "full",
        feedback_enabled: bool = True,
        client_reference: str | None = None,
        callback_url: str | None = None,
        send_at: str | None = None,
        expire_at: str | None = None,
        flash_message: bool | None = None,
        schedule: Schedule | None = None,
        unscheduled: Literal["refuse", "leave_out"] = "refuse",
    ) -> Iterator[TextBatch]:
        """Yield the API's requests: every row that is sent, in exactly one of them.

        At most ``size`` recipients to a request, with the values that these use and no others. Two
        rows of one number are never in one request, which would send to it once. The fields are
        the API's; ``client_reference`` is followed by the number of the request. The defaults make
        it possible to report feedback and to compare reports with the plan later: they hold part
        counts only where ``max_number_of_message_parts`` is set, so it is the plan's longest.

        ``schedule`` (:meth:`schedule`) sets ``send_at`` and ``expire_at`` of each request. Where it
        has recipients to whom nothing can be sent, say so: ``unscheduled="leave_out"``.

        Raises :class:`~smsplan.errors.RequestRefused` where the API would refuse a field.

        >>> from smsplan import plan
        >>> made = plan([{"to": "+447700900123", "name": "Ana"}, {"to": "12", "name": "Bo"}],
        ...             "Hello ${name}!")
        >>> [batch.to_dict()["parameters"] for batch in made.batches()]
        [{'name': {'447700900123': 'Ana'}}]
        """
        from smsplan.outgoing.requests import requests

        fields = {
            "delivery_report": delivery_report,
            "feedback_enabled": feedback_enabled or None,
            "client_reference": client_reference,
            "callback_url": callback_url,
            "send_at": send_at,
            "expire_at": expire_at,
            "flash_message": flash_message,
            "max_number_of_message_parts": self.settings.message.max_number_of_message_parts
            or max(self.summary.lengths, default=None),
        }
        given = {name: value for name, value in fields.items() if value is not None}
        if schedule is not None and (send_at is not None or expire_at is not None):
            raise InputError("the schedule says when; leave send_at and expire_at out")
        times = None if schedule is None else schedule.times(unscheduled)
        pairs = self._bare(self.settings.needed)
        return requests(self.settings, pairs, size=size, fields=given, times=times)

    def schedule(
        self,
        rate: str | None = None,
        *,
        start: datetime,
        quiet_hours: QuietHours | Sequence[QuietHours] | None = None,
        sender: str | None = None,
        daily_cap: int | None = None,
        cap_zone: str = "America/Los_Angeles",
        expire_after: timedelta = timedelta(days=3),
        presets: str | os.PathLike[str] | None = None,
    ) -> Schedule:
        """Say when the messages go out, and which would expire were all handed over at once.

        ``rate`` is what the account lets through, with its unit: ``"30 recipients/s"`` or
        ``"3 parts/s"``. ``sender`` names a published limit instead (``us_toll_free``; the file
        ``sender_limits.toml`` of the package has them, with dates; ``presets`` is a file of your
        own). ``quiet_hours`` are those of the recipients, ``"21:00-08:00"`` for all, by country
        (``{"US": "21:00-08:00"}``), a preset (``us_federal``), or several of these: a number that
        may lie in several time zones is texted only where it is no quiet hour in any.
        ``daily_cap`` is in the unit of the rate, from midnight to midnight in ``cap_zone``.
        ``expire_after`` is what ``expire_at`` will be behind ``send_at``.

        >>> from smsplan import plan
        >>> from datetime import UTC, datetime
        >>> made = plan(["+12025550123", "+447700900123"], "Hi")
        >>> when = made.schedule("1 recipients/s", start=datetime(2026, 12, 1, 4, tzinfo=UTC),
        ...                      quiet_hours="21:00-08:00")
        >>> [f"{portion.begin:%H:%M}" for portion in when.portions]
        ['08:00', '13:00']
        """
        from smsplan.money.schedules import make_schedule

        return make_schedule(
            self._bare_rows,
            rate=rate,
            start=start,
            quiet_hours=quiet_hours,
            sender=sender,
            daily_cap=daily_cap,
            cap_zone=cap_zone,
            expire_after=expire_after,
            presets=None if presets is None else os.fspath(presets),
        )

    def reconcile(
        self,
        reports: str | os.PathLike[str] | Iterable[Report | Mapping[str, Any]],
        *,
        rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
        output: str | os.PathLike[str] | None = None,
    ) -> Reconciliation:
        """Compare the plan with what was reported, or invoiced: counts, parts, encodings, prices.

        ``reports`` are the API's delivery reports of recipients (JSON, one a line, or CSV), with
        ``price`` and ``currency`` of the message where an export has them; or an invoice, a CSV
        file with ``country``, ``amount``, ``currency`` and, if it has them, ``parts``. With
        ``rates`` the price of a message is that of the operator that its report names. ``output``
        (CSV or Parquet) gets both sides of every message, and how they differ. The reports are held
        in memory, the plan is not.

        Raises :class:`~smsplan.errors.InputError` where no report belongs to the plan.

        >>> from smsplan import plan
        >>> from smsplan.reports import Report
        >>> made = plan(["+447700900123"], "a" * 161)
        >>> report = Report(recipient="447700900123", status="Delivered", code=0,
        ...                 number_of_message_parts=1)
        >>> [(each.kind, each.parts) for each in made.reconcile([report]).differences]
        [('truncated', -1)]
        """
        from smsplan.money.reconciliation import reconcile

        # With what rates by operator add: the bounds of a cost.
        prefix = self.settings.prefix
        names = Pipeline(self.settings, None).names
        if self.terms is not None and self.terms.is_ranged:
            names += tuple(prefix + name for name in ("cost_low", "cost_high"))

        def rows() -> Iterator[pa.RecordBatch]:
            for _, ours in self._pairs(()):
                bare = [name.removeprefix(prefix) for name in names]
                yield ours.select(list(names)).rename_columns(bare)

        bits = self.settings.profile.reference_bits
        return reconcile(rows, reports, rates=rates, output=output, reference_bits=bits)

    def explain(self) -> Waterfall:
        """Take the total apart: a waterfall from "every message one part" to the bill."""
        from smsplan.insight.waterfall import waterfall

        return waterfall(self._planned())

    def characters(self) -> Characters:
        """Say which characters make messages Unicode, and what replacing them would save."""
        from smsplan.insight.characters import characters

        return characters(self._planned())

    def by_length(self, *, longer: int = 160) -> Lengths:
        """Say what a shorter or longer text would cost, over these recipients."""
        from smsplan.insight.lengths import lengths

        return lengths(self._planned(), longer=longer)

    @cached_property
    def _assumptions(self) -> Assumptions:
        from smsplan.insight.assumptions import assumptions

        return assumptions(self._planned())

    def assumptions(self) -> Assumptions:
        """Say which open questions of the API change this plan, and by how much.

        Each with rows, parts and cost under every value of its switch, the others as they are in
        the plan, and with a request whose free dry run decides it.

        >>> from smsplan import plan
        >>> made = plan([{"to": "+447700900123", "name": "Zoë"},
        ...              {"to": "+447700900124", "name": "François"}],
        ...             "Hello ${name}, your order is ready for collection. Reply STOP to opt out.",
        ...             rates="0.034 GBP", from_="Shop")
        >>> print(made.assumptions().sentence)
        1 open question of the API changes this plan: 2 to 3 parts, GBP 0.068 to GBP 0.102.
        >>> [question.switch for question in made.assumptions().questions]
        ['small_c_cedilla']
        """
        return self._assumptions

    def audit(self) -> Audit:
        """Say what is wrong with the recipients, and what that wastes.

        Numbers that were repaired, read as national, look national, are invalid, repeated,
        fictitious, doubtful, toll-free or have no price: how many, what is sent to them, what it
        costs, and the first rows of each, from 1. No number is told. So are values that are no
        values (``#N/A``), mojibake and escapes: in the parameters' columns, or in every column of
        text where the plan has no parameters.

        >>> from smsplan import plan
        >>> made = plan(["+447700900123", "+18005550123", "12"], "Hi", rates="0.034 GBP").audit()
        >>> [(line.kind, line.rows, str(line.wasted), str(line.in_doubt)) for line in made.lines]
        [('fictitious', 1, 'GBP 0.034', 'nothing'), ('toll_free', 1, 'nothing', 'GBP 0.034'),
         ('invalid', 1, 'nothing', 'nothing')]
        """
        from smsplan.insight.list_audit import audit

        # What no text reads is looked at where there is no text.
        return audit(
            self._planned_with(self.settings.needed if self.settings.reading.columns else None)
        )

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        show_recipients: bool = False,
        title: str | None = None,
        made: date | None = None,
    ) -> None:
        """Write one page (HTML) about the plan, for somebody without Python; whole or not at all.

        It is self-contained and asks no network. Numbers and values of parameters are masked
        unless ``show_recipients``. ``made`` is the day it says it was made on (default: today).

        Raises :class:`~smsplan.errors.InputError` where ``path`` is no name of a page or the plan
        has no totals, :class:`~smsplan.errors.OutputError` where it cannot be written.
        """
        display("report.write_report")(
            self, path, show_recipients=show_recipients, title=title, made=made
        )

    def plot_parts(self, ax: Axes | None = None) -> Axes:
        """Draw how many messages have how many units, and where another part begins."""
        return plotted("plots.plot_parts", self, ax)

    def plot_countries(self, ax: Axes | None = None) -> Axes:
        """Draw what messages to each country cost, from low to high."""
        return plotted("plots.plot_countries", self, ax)

    def _pairs(self, columns: Sequence[str] | None) -> Iterator[Pair]:
        """Return the rows: these columns of the caller's (None: all), and every one of ours."""
        if self._record.names is not None:
            raise InputError("this plan has the selected columns only; plan without select=")
        return self._stored.batches(columns)

    def _planned(self) -> Planned:
        return self._planned_with(self.settings.needed)

    def _planned_with(self, columns: Sequence[str] | None) -> Planned:
        """The plan as insight sees it, with these columns of the caller's (None: all)."""
        from smsplan.totals.plan_view import Planned

        pipeline = Pipeline(self.settings, self.terms)

        def batches() -> Iterator[Pair]:
            for theirs, ours in self._pairs(columns):
                yield theirs, pipeline.priced(ours)[0]

        return Planned(self.settings, pipeline.prices, self.summary, batches, self.terms)

    def _bare(self, columns: Sequence[str]) -> Iterator[Pair]:
        """Yield these columns of the caller's, and ours without the prefix."""
        pipeline = Pipeline(self.settings, None)
        for theirs, ours in self._pairs(columns):
            yield theirs, pipeline.bare(ours)

    def _bare_rows(self) -> Iterator[pa.RecordBatch]:
        return (ours for _, ours in self._bare(()))

    def save(self, path: str | os.PathLike[str], *, for_spreadsheets: bool = False) -> None:
        """Write the rows to Parquet (or CSV, without what :meth:`open` needs), whole or not at all.

        Body, settings, profile, prices and summary travel in the Parquet metadata. In CSV
        ``for_spreadsheets`` puts an apostrophe before what one would run as a formula.
        """
        from smsplan.writing.row_stores import beside
        from smsplan.writing.writers import is_for_spreadsheets, sink

        if for_spreadsheets and not is_for_spreadsheets(path):
            raise InputError("for_spreadsheets is for CSV; leave it out, or save a .csv file")
        if self._source is not None and self._source.would_read(path):
            raise InputError(f"'{path}' is the list that was planned; choose another name")
        # A plan that was saved without a column is saved without it again.
        columns = list(self._record.columns())
        pairs = ((theirs, ours.select(columns)) for theirs, ours in self._stored.batches(None))
        first = next(pairs)
        words = words_as_text(first[1].schema)
        with sink(path, beside(*first).schema, guard=for_spreadsheets, words=words) as out:
            for theirs, ours in chain([first], pairs):
                out.write(beside(theirs, ours))
            out.metadata[METADATA_KEY] = self._record.to_json()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Plan:
        """Open a plan that was saved as, or streamed to, a Parquet file or a folder.

        Raises :class:`~smsplan.errors.InputError` where the file is not a plan.
        """
        from smsplan.lists.frames import open_source

        made = saved_plan(open_source(path))
        if made is None:
            raise InputError(
                f"'{os.fspath(path)}' is not a saved plan; make one with plan.save(), or "
                "smsplan plan --output"
            )
        return made


def saved_plan(source: Source) -> Plan | None:
    """Return the plan that a file or folder holds; None where it is mere recipients.

    Raises :class:`~smsplan.errors.InputError` where it is damaged, or of another version.
    """
    found = opened(source)
    return found and Plan(found.record, found.rows, warnings=found.warnings)
