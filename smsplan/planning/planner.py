"""``plan()`` and :class:`Plan`: recipients and a body in, what goes out and what it costs out.

A thin facade: ``planning`` composes the rows, ``bulk`` writes them, ``insight`` explains them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from smsplan.api.dryruns import DryRun
from smsplan.api.profiles import Profile
from smsplan.errors import InputError, Problem, packages_needed
from smsplan.outputs import check_distinct, is_stream
from smsplan.planning.pipeline import (
    Pair,
    Pipeline,
    PlanTally,
    Selection,
    Stats,
    saved_rows,
    words_as_text,
)
from smsplan.plurals import counted
from smsplan.ratecards import Cost, RateCard, Terms
from smsplan.showing import display, plotted
from smsplan.templates import Template

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.axes import Axes

    from smsplan.api.batches import TextBatch
    from smsplan.encoding.substitution import Substitution
    from smsplan.insight.assumptions import Assumptions
    from smsplan.insight.characters import Characters
    from smsplan.insight.comparison import Comparison
    from smsplan.insight.lengths import Lengths
    from smsplan.insight.list_audit import Audit
    from smsplan.insight.waterfall import Waterfall
    from smsplan.lists.source import Source
    from smsplan.money.reconciliation import Reconciliation
    from smsplan.money.schedules import QuietHours, Schedule
    from smsplan.options import Options
    from smsplan.reports import Report
    from smsplan.totals.finding import Finding
    from smsplan.totals.plan_view import Planned
    from smsplan.totals.summary import Count, Summary
    from smsplan.writing.part_folders import Folder, FolderSink
    from smsplan.writing.row_stores import RowStore
    from smsplan.writing.writers import Sink

METADATA_KEY = "smsplan"
# Plans of format 2 had no checksums and are the same otherwise.
FORMAT, _UNSEALED = 3, 2


@packages_needed()
def plan(
    recipients: Any,
    body: str | Template | Mapping[str, str | Template],
    *,
    body_by: str | None = None,
    to: str = "to",
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    limits: Mapping[str, int] | None = None,
    substitute: Literal["safe", "lossy"] | Substitution | None = None,
    transliterate: str | Sequence[str] | None = None,
    region: str | None = None,
    from_: str | None = None,
    truncate_concat: bool = False,
    max_number_of_message_parts: int | None = None,
    duplicates: Literal["flag", "keep"] = "flag",
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
    profile: Profile | str | os.PathLike[str] | None = None,
    bodies: bool = False,
    output: str | os.PathLike[str] | None = None,
    rejects: str | os.PathLike[str] | None = None,
    select: Sequence[str] | None = None,
    prefix: str = "",
    encoding: str | None = None,
    for_spreadsheets: bool = False,
    progress: Callable[[int], None] | None = None,
    resume: bool = False,
    jobs: int = 1,
    on_error: Literal["stop", "skip"] = "stop",
) -> Plan:
    """Plan a message to every recipient of a table: parts, cost, and what is wrong with which row.

    ``recipients`` is a pandas, polars or pyarrow frame, a DuckDB relation or any Arrow stream, a
    list of dicts or of numbers, or a path to CSV, Parquet, JSON Lines or a folder of Parquet files.
    Column ``to`` has the numbers; each ``${name}`` of the body takes the column ``name``, or the
    one that ``columns`` maps it to, or its ``defaults``. ``body_by`` names the column whose value
    chooses among several bodies, such as ``{"en": ..., "sv": ...}``; ``"*"`` is for other values.
    ``limits={"name": 12}`` cuts values to so many characters, never inside a grapheme cluster.
    ``substitute`` replaces what forces Unicode where that saves a part: ``"safe"``, ``"lossy"``, or
    a :class:`~smsplan.Substitution` with other policies; ``transliterate=("el", "uk")`` also writes
    words of these languages in Latin letters (``substitute`` is ``"safe"`` then unless given). What
    is changed has a note, and goes into the requests of :meth:`Plan.batches` as it was planned.
    ``region`` reads numbers without ``+`` or ``00`` as national ones where they are valid there.
    ``output`` (``.parquet``, ``.csv``) streams the rows to a file, ``rejects`` those that are not
    sent. A CSV ``output`` has values as they are; ``for_spreadsheets`` puts an apostrophe before
    what a spreadsheet would run as a formula, as ``rejects`` always does. An ``output`` that ends
    with ``/`` is a folder of part files with a manifest; ``resume`` goes on where a run into it was
    interrupted, and the files are the same to the last octet.
    ``select`` computes only these columns. ``progress`` is called with the number of rows done.
    ``on_error="skip"`` goes on where a file cannot be read: such rows have the problem
    ``unreadable``, and ``warnings`` names what nobody knows the number of.
    ``jobs`` plans in so many processes, which pays for long Unicode texts and for little else.

    Raises :class:`~smsplan.errors.InputError` once, before any output, where the input is at fault,
    and :class:`~smsplan.errors.OutputError` where the surroundings are. A bad row never raises: it
    has a ``problem``.

    >>> made = plan([{"to": "+447700900123", "name": "Ana"}, {"to": "12", "name": "Bo"}],
    ...             "Hello ${name}!", rates="0.034 GBP")
    >>> made.messages, made.parts, str(made.cost)
    (1, 1, 'GBP 0.034')
    >>> [row["problem"] for row in made.rows]
    [None, 'invalid_number']
    """
    import pyarrow as pa

    from smsplan.arguments import check_names, make_options
    from smsplan.lists.frames import open_source

    given = {"the rate card": rates, "the profile": profile}
    check_distinct(
        {"output": output, "rejects": rejects},
        {what: path for what, path in given.items() if isinstance(path, str | os.PathLike)},
    )
    terms = None if rates is None else Terms.of(rates)
    if on_error not in ("stop", "skip"):
        raise InputError(f"unknown on_error '{on_error}'; use 'stop' or 'skip'")
    source = open_source(recipients, encoding=encoding, skip=on_error == "skip")
    if not source.replayable and output is None:
        # The caller's columns belong to the rows, and a one-shot stream cannot be read again.
        source = open_source(pa.Table.from_batches(list(source.batches())))
    if source.kind == "numbers":
        to = source.columns[0]
    wanted = Selection.of(select)
    options = make_options(
        body,
        source.columns,
        body_by=body_by,
        to=to,
        columns=columns,
        defaults=defaults,
        limits=limits,
        substitute=substitute,
        transliterate=transliterate,
        region=region,
        from_=from_,
        truncate_concat=truncate_concat,
        max_number_of_message_parts=max_number_of_message_parts,
        duplicates=duplicates,
        profile=profile,
        bodies=bodies,
        prefix=prefix,
        select=select,
        numbers=wanted is None or wanted.numbers,
    )
    if jobs < 1:
        raise InputError(f"jobs={jobs} plans nothing; use a number of 1 or more")
    pipeline = Pipeline(options, terms, wanted, jobs)
    check_names(pipeline.names, source.columns, prefix)
    return _run(
        pipeline, source, terms, output, rejects, for_spreadsheets, progress, resume, on_error
    )


@packages_needed()
def compare(
    recipients: Any,
    bodies: Mapping[str, str | Template],
    *,
    alternatives: Mapping[str, str] | None = None,
    to: str = "to",
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    limits: Mapping[str, int] | None = None,
    substitute: Literal["safe", "lossy"] | Substitution | None = None,
    transliterate: str | Sequence[str] | None = None,
    region: str | None = None,
    from_: str | None = None,
    truncate_concat: bool = False,
    max_number_of_message_parts: int | None = None,
    duplicates: Literal["flag", "keep"] = "flag",
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
    profile: Profile | str | os.PathLike[str] | None = None,
    encoding: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Compare several bodies over the same recipients, which are read once.

    ``bodies`` are texts by name; the first is what the others are compared with. Each summary is
    that of :func:`plan` with this body, findings included. ``columns``, ``defaults`` and ``limits``
    are for all bodies, and a parameter needs one only where it stands. ``alternatives`` are other
    channels, by name, with their price of a message: in which messages an SMS would cost more (what
    is expected, before tiers and fees), and what the other channel would save there. Everything
    else is as for :func:`plan`.

    Raises :class:`~smsplan.errors.InputError` once, with the faults of every body; and where
    alternatives have no rates, or another currency, to be compared with.

    >>> made = compare([{"to": "+447700900123", "name": "Ana"}, {"to": "+447700900124",
    ...                 "name": "Bo\u017eena"}], {"long": "Dear ${name}, " + "a" * 60, "short":
    ...                "Hi ${name}!"}, rates="0.034 GBP", alternatives={"mms": "0.05 GBP"})
    >>> [(each.name, each.summary.parts, str(each.cost_difference)) for each in made.variants]
    [('long', 3, 'GBP 0.00'), ('short', 2, 'GBP -0.034')]
    >>> made.cheapest.name, made.variants[1].moves.rows
    ('short', {(1, 1): 1, (2, 1): 1})
    >>> [(each.messages, str(each.saved)) for each in made.variants[0].alternatives]
    [(1, 'GBP 0.018')]
    """
    from smsplan.arguments import make_variants
    from smsplan.insight.comparison import comparison
    from smsplan.lists.frames import open_source
    from smsplan.lists.parquet_files import compact

    terms = None if rates is None else Terms.of(rates)
    source = open_source(recipients, encoding=encoding)
    if source.kind == "numbers":
        to = source.columns[0]
    options = make_variants(
        bodies,
        source.columns,
        to=to,
        columns=columns,
        defaults=defaults,
        limits=limits,
        substitute=substitute,
        transliterate=transliterate,
        region=region,
        from_=from_,
        truncate_concat=truncate_concat,
        max_number_of_message_parts=max_number_of_message_parts,
        duplicates=duplicates,
        profile=profile,
    )
    return comparison(compact(source, {to}), options, terms, alternatives, progress)


class Plan:
    """What will go out: rows, totals and reasons. Made by :func:`plan` or :meth:`Plan.open`.

    ``options`` are the message and how the recipients are read; ``terms`` are the prices (None
    without rates), which ``rates_digest`` identifies; ``warnings`` are remarks about the template
    and the output; ``stats`` says how the rows were planned (null for a plan that was opened).
    """

    def __init__(
        self,
        options: Options,
        rows: RowStore,
        summary: Summary | None,
        *,
        kind: str,
        terms: Terms | None = None,
        warnings: tuple[str, ...] = (),
        names: tuple[str, ...] | None = None,
    ) -> None:
        self.options = options
        self.terms = terms
        self.warnings = warnings
        self._store = rows
        self._summary = summary
        self._kind = kind
        self._names = names
        # Of a plan that was priced again: the one whose rows it has.
        self._unpriced: Plan | None = None
        self._assumptions: Assumptions | None = None
        # The list that was planned; None of a plan that was opened.
        self._source: Source | None = None
        self.stats: Stats | None = None

    def __repr__(self) -> str:
        if self._summary is None:
            return f"<Plan of columns {', '.join(self._names or ())}>"
        return (
            f"<Plan of {self._summary.rows:,} rows: {self.messages:,} messages, "
            f"{self.parts:,} parts, {self.cost}>"
        )

    def _repr_html_(self) -> str:
        return self.summary._repr_html_()

    @cached_property
    def rows(self) -> Any:
        """The caller's kind of frame: its own columns untouched, then ours, the same rows.

        A pyarrow Table for files, streams, DuckDB and lists of numbers.
        """
        return self._store.native(lambda ours: ours)

    @property
    def recipient_columns(self) -> tuple[str, ...]:
        """The names of the list's columns; none of a plan that was opened."""
        return () if self._source is None else tuple(self._source.columns)

    @property
    def rates_digest(self) -> str | None:
        """What identifies the rate card: SHA-256 (hex); None without one."""
        return None if self.terms is None else self.terms.digest

    @property
    def _ranged(self) -> bool:
        return self.terms is not None and self.terms.is_ranged

    @property
    def summary(self) -> Summary:
        """The totals, broken down, with the findings; ``print`` shows a table."""
        if self._summary is None:
            raise InputError(
                "this plan has the selected columns only and no totals; plan without select="
            )
        return self._summary

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
        totals = facts(self.summary)
        pipeline = Pipeline(self.options, None, None)

        def rows() -> Iterator[pa.RecordBatch]:
            return (pipeline.bare(ours) for _, ours in self._store.batches(()))

        check(allowed, totals, partial(at_fault, rows, allowed))

    def worst(self, n: int = 10, *, by: Literal["cost", "parts"] | None = None) -> Any:
        """Return the ``n`` most expensive rows, the most expensive first, as the caller's kind.

        By money where the plan has prices in one currency (what is expected, then the highest
        amount), else by parts; ``by`` chooses. Then by units.

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
        return self._store.native(lambda ours: ours, [row for _, row in best])

    def price(self, rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str]) -> Plan:
        """Price the same rows by other rates, without planning them again.

        Raises :class:`~smsplan.errors.InputError` where rates have left out rows before: those
        have to be planned again.

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
        pipeline = Pipeline(self.options, terms)
        rows = ChangedRows(base._store, pipeline.reprice)
        tally = pipeline.tally()
        for theirs, ours in base._store.batches(self.options.needed):
            tally.add(theirs, pipeline.priced(ours)[1])
        # What a dry run counts does not depend on prices, nor on what is kept of a row.
        summary = replace(
            tally.summary(),
            dry_run_recipients=totals.dry_run_recipients,
            dry_run_messages=totals.dry_run_messages,
        )
        made = Plan(
            self.options,
            rows,
            summary,
            kind=self._kind,
            terms=terms,
            warnings=base.warnings + terms.remarks,
        )
        made._unpriced, made._source = base, base._source
        return made

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
            "max_number_of_message_parts": self.options.max_number_of_message_parts
            or max(self.summary.lengths, default=None),
        }
        given = {name: value for name, value in fields.items() if value is not None}
        times = None
        if schedule is not None:
            if send_at is not None or expire_at is not None:
                raise InputError("the schedule says when; leave send_at and expire_at out")
            if schedule.unscheduled and unscheduled != "leave_out":
                why = "; ".join(dict.fromkeys(group.why for group in schedule.groups if group.why))
                raise InputError(
                    f"{schedule.unscheduled:,} recipients are not scheduled ({why}); send to the "
                    "others with unscheduled='leave_out' (--leave-out)"
                )
            times = schedule.times()
        pipeline = Pipeline(self.options, None, None)
        stored = self._store.batches(self.options.needed)
        pairs = ((theirs, pipeline.bare(ours)) for theirs, ours in stored)
        return requests(self.options, pairs, size=size, fields=given, times=times)

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

        >>> from datetime import UTC, datetime
        >>> made = plan(["+12025550123", "+447700900123"], "Hi")
        >>> when = made.schedule("1 recipients/s", start=datetime(2026, 12, 1, 4, tzinfo=UTC),
        ...                      quiet_hours="21:00-08:00")
        >>> [f"{portion.begin:%H:%M}" for portion in when.portions]
        ['08:00', '13:00']
        """
        from smsplan.money.schedules import make_schedule

        pipeline = Pipeline(self.options, None)
        return make_schedule(
            lambda: (pipeline.bare(ours) for _, ours in self._store.batches(())),
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

        >>> from smsplan.reports import Report
        >>> made = plan(["+447700900123"], "a" * 161)
        >>> report = Report(recipient="447700900123", status="Delivered", code=0,
        ...                 number_of_message_parts=1)
        >>> [(each.kind, each.parts) for each in made.reconcile([report]).differences]
        [('truncated', -1)]
        """
        from smsplan.money.reconciliation import reconcile

        # With what rates by operator add: the bounds of a cost.
        prefix = self.options.prefix
        names = Pipeline(self.options, None).names
        if self._ranged:
            names += tuple(prefix + name for name in ("cost_low", "cost_high"))

        def rows() -> Iterator[pa.RecordBatch]:
            for _, ours in self._store.batches(()):
                bare = [name.removeprefix(prefix) for name in names]
                yield ours.select(list(names)).rename_columns(bare)

        bits = self.options.profile.reference_bits
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

    def assumptions(self) -> Assumptions:
        """Say which open questions of the API change this plan, and by how much.

        Each with rows, parts and cost under every value of its switch, the others as they are in
        the plan, and with a request whose free dry run decides it.

        >>> made = plan([{"to": "+447700900123", "name": "Zoë"},
        ...              {"to": "+447700900124", "name": "François"}],
        ...             "Hello ${name}, your order is ready for collection. Reply STOP to opt out.",
        ...             rates="0.034 GBP", from_="Shop")
        >>> print(made.assumptions().sentence)
        1 open question of the API changes this plan: 2 to 3 parts, GBP 0.068 to GBP 0.102.
        >>> [question.switch for question in made.assumptions().questions]
        ['small_c_cedilla']
        """
        if self._assumptions is None:
            from smsplan.insight.assumptions import assumptions

            self._assumptions = assumptions(self._planned())
        return self._assumptions

    def audit(self) -> Audit:
        """Say what is wrong with the recipients, and what that wastes.

        Numbers that were repaired, read as national, look national, are invalid, repeated,
        fictitious, doubtful, toll-free or have no price: how many, what is sent to them, what it
        costs, and the first rows of each, from 1. No number is told. So are values that are no
        values (``#N/A``), mojibake and escapes: in the parameters' columns, or in every column of
        text where the plan has no parameters.

        >>> made = plan(["+447700900123", "+18005550123", "12"], "Hi", rates="0.034 GBP").audit()
        >>> [(line.kind, line.rows, str(line.wasted), str(line.in_doubt)) for line in made.lines]
        [('fictitious', 1, 'GBP 0.034', 'nothing'), ('toll_free', 1, 'nothing', 'GBP 0.034'),
         ('invalid', 1, 'nothing', 'nothing')]
        """
        from smsplan.insight.list_audit import audit

        # What no text reads is looked at where there is no text.
        return audit(self._planned_with(self.options.needed if self.options.columns else None))

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

    def _planned(self) -> Planned:
        return self._planned_with(self.options.needed)

    def _planned_with(self, columns: Sequence[str] | None) -> Planned:
        """The plan as insight sees it, with these columns of the caller's (None: all)."""
        from smsplan.totals.plan_view import Planned

        pipeline = Pipeline(self.options, self.terms)

        def batches() -> Iterator[Pair]:
            for theirs, ours in self._store.batches(columns):
                yield theirs, pipeline.priced(ours)[0]

        return Planned(self.options, pipeline.prices, self.summary, batches, self.terms)

    def save(self, path: str | os.PathLike[str], *, for_spreadsheets: bool = False) -> None:
        """Write the rows to Parquet (or CSV, without what :meth:`open` needs), whole or not at all.

        Body, options, profile, prices and summary travel in the Parquet metadata. In CSV
        ``for_spreadsheets`` puts an apostrophe before what one would run as a formula.
        """
        from smsplan.writing.row_stores import beside
        from smsplan.writing.writers import is_csv, sink

        if for_spreadsheets and not is_csv(path):
            raise InputError("for_spreadsheets is for CSV; leave it out, or save a .csv file")
        if self._source is not None and self._source.would_read(path):
            raise InputError(f"'{path}' is the list that was planned; choose another name")
        pairs = self._store.batches(None)
        first = next(pairs)
        words = words_as_text(first[1].schema)
        with sink(path, beside(*first).schema, guard=for_spreadsheets, words=words) as out:
            for theirs, ours in chain([first], pairs):
                out.write(beside(theirs, ours))
            out.metadata[METADATA_KEY] = self._metadata()

    def _metadata(self) -> str:
        from smsplan.version import VERSION

        return json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "kind": self._kind,
                "options": self.options.to_dict(),
                "rates": None if self.terms is None else self.terms.to_dict(),
                "names": None if self._names is None else list(self._names),
                "summary": None if self._summary is None else self._summary.to_dict(),
            }
        )

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
    from smsplan.lists.parquet_files import ParquetSource
    from smsplan.writing.part_folders import saved_folder

    found = saved_folder(source.path) if source.kind == "folder" and source.path else None
    if found is not None:
        return _saved(found.plan, found.source, sealed=found.sealed)
    if not isinstance(source, ParquetSource):
        return None
    text = (source.schema.metadata or {}).get(METADATA_KEY.encode())
    return None if text is None else _saved(text, source, sealed=source.sealed)


def _saved(said: bytes | dict[str, Any], source: Source, *, sealed: bool) -> Plan:
    """Return the plan of a file or folder, by what it says of itself."""
    try:
        data = said if isinstance(said, dict) else json.loads(said)
        made = _of_format(data, source, sealed=sealed)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        made = None
    if made is None:
        raise InputError(
            f"'{source.path}' is damaged, or was saved by another version of smsplan; plan again, "
            "or use that version"
        )
    if not sealed:
        made.warnings += (
            f"'{source.path}' was saved by an older version, without checksums: that it is damaged "
            "would not be noticed; plan again to have them",
        )
    return made


def _of_format(data: Mapping[str, Any], source: Source, *, sealed: bool) -> Plan | None:
    """Return the plan; None where its format is not known, or has checksums and these are gone."""
    import pyarrow as pa

    from smsplan.kernel.settlement import RANGE
    from smsplan.options import Options
    from smsplan.totals.summary import Summary
    from smsplan.writing.row_stores import FileRows

    if data["format"] not in (FORMAT, _UNSEALED) or (data["format"] == FORMAT and not sealed):
        return None
    options = Options.from_dict(data["options"])
    names = None if data["names"] is None else tuple(data["names"])
    pipeline = Pipeline(options, None, None if names is None else Selection(names))
    ours = pipeline.names
    terms = None if data["rates"] is None else Terms.from_dict(data["rates"])
    if terms is not None and terms.is_ranged and names is None:
        behind = ours.index(options.prefix + "cost") + 1
        added = tuple(options.prefix + name for name in RANGE)
        ours = (*ours[:behind], *added, *ours[behind:])
    schema = pa.schema([source.schema.field(name) for name in ours])
    return Plan(
        options,
        FileRows(partial(saved_rows, source, schema), data["kind"]),
        None if data["summary"] is None else Summary.from_dict(data["summary"]),
        kind=data["kind"],
        terms=terms,
        names=names,
    )


def schedule(plan: Plan, rate: str | None = None, **given: Any) -> Schedule:
    """Say when a plan goes out: :meth:`Plan.schedule`."""
    return plan.schedule(rate, **given)


def reconcile(
    plan: Plan, reports: str | os.PathLike[str] | Iterable[Report | Mapping[str, Any]], **given: Any
) -> Reconciliation:
    """Compare a plan with reports or an invoice: :meth:`Plan.reconcile`."""
    return plan.reconcile(reports, **given)


def _folder(
    output: str | os.PathLike[str],
    pipeline: Pipeline,
    source: Source,
    terms: Terms | None,
    rejects: str | os.PathLike[str] | None,
    *,
    resume: bool,
    on_error: str,
) -> Folder:
    """Open the folder that a plan is written to; InputError where it is of something else."""
    from smsplan.version import VERSION
    from smsplan.writing.part_folders import PART_ROWS, Folder

    if rejects is not None:
        raise InputError("rejects goes with an output file; filter the folder's rows by problem")
    if source.would_read(Path(output, "part-00000.parquet")):
        raise InputError(f"output '{output}' is in the folder that is read; choose another")
    digest = None if source.path is None else source.digest()
    if resume and digest is None:
        raise InputError("a frame cannot be told from another; resume a plan of a file")
    of = {
        "version": VERSION,
        "options": pipeline.options.to_dict(),
        "rates": None if terms is None else terms.digest,
        "source": digest,
        "part_rows": PART_ROWS,
        "columns": list(pipeline.names),
        "on_error": on_error,
    }
    return Folder(output, of, resume=resume)


def _run(
    pipeline: Pipeline,
    source: Source,
    terms: Terms | None,
    output: str | os.PathLike[str] | None,
    rejects: str | os.PathLike[str] | None,
    for_spreadsheets: bool,
    progress: Callable[[int], None] | None,
    resume: bool,
    on_error: str,
) -> Plan:
    """Plan the source once: to files where asked for, else to memory or nowhere."""
    from smsplan.writing.part_folders import is_folder

    folder = None
    if output is not None and is_folder(output):
        folder = _folder(output, pipeline, source, terms, rejects, resume=resume, on_error=on_error)
    elif resume:
        raise InputError("resume needs a folder as output; name one that ends with /")
    try:
        return _planned(
            pipeline, source, terms, output, rejects, for_spreadsheets, progress, folder
        )
    finally:
        if folder is not None:
            folder.release()


def _planned(
    pipeline: Pipeline,
    source: Source,
    terms: Terms | None,
    output: str | os.PathLike[str] | None,
    rejects: str | os.PathLike[str] | None,
    for_spreadsheets: bool,
    progress: Callable[[int], None] | None,
    folder: Folder | None,
) -> Plan:
    """Plan the source; a ``folder`` is the output, of which parts may be there."""
    import pyarrow as pa

    from smsplan.arguments import warnings
    from smsplan.lists.frames import open_source
    from smsplan.lists.parquet_files import compact
    from smsplan.writing.row_stores import FileRows, FrameRows
    from smsplan.writing.writers import check_output, is_csv

    for what, path in (("output", None if folder else output), ("rejects", rejects)):
        if path is not None:
            check_output(path)
            if source.would_read(path):
                raise InputError(f"{what} '{path}' is also the input; choose another name")
    if for_spreadsheets and (folder is not None or output is None or not is_csv(output)):
        raise InputError(
            "for_spreadsheets (--for-spreadsheets) is for a CSV output, which this plan has not; "
            "leave it out (rejects are always safe for spreadsheets)"
        )
    if rejects is not None and not pipeline.complete:
        raise InputError("rejects needs every column; plan without select=")
    tally = pipeline.tally() if pipeline.complete else None
    made = Plan(
        pipeline.options,
        FileRows(partial(pipeline.run, source)),
        None,
        kind=source.kind,
        terms=terms,
        warnings=warnings(pipeline.options, source.columns)
        + (() if terms is None else terms.remarks),
        names=None if pipeline.selection is None else pipeline.selection.names,
    )
    made._source = source
    fast = compact(source, {pipeline.options.to})
    if folder is not None and folder.complete:
        # A run that had ended: its parts are what was written, and the source is the same.
        before = Plan.open(folder.path)
        made._store, made._summary = before._store, before._summary
        made.stats = Stats(folder.rows, 0)
        made.warnings += tuple(f"not read: {what}" for what in folder.unread)
        return made
    if output is not None or rejects is not None:
        pairs = pipeline.run(fast, None, tally, progress, folder)
        written = _write(made, source, pairs, tally, folder or output, rejects, for_spreadsheets)
        if folder is not None:
            assert pipeline.stats is not None
            folder.finish(made._metadata(), pipeline.stats.rows, source.unread)
        if output is not None and written.again:
            saved = partial(saved_rows, open_source(output), written.schema)
            made._store = FileRows(saved, source.kind)
        else:
            made._store = FileRows(partial(pipeline.run, source), source.kind)
    elif source.in_memory:
        ours = [ours for _, ours in pipeline.run(source, (), tally, progress)]
        made._store = FrameRows(source, pa.Table.from_batches(ours))
        made._summary = None if tally is None else tally.summary()
    else:
        for _ in pipeline.run(fast, (), tally, progress):
            pass
        made._summary = None if tally is None else tally.summary()
    made.stats = pipeline.stats
    made.warnings += tuple(f"not read: {what}" for what in source.unread)
    return made


class _Written(NamedTuple):
    """The schema of our columns in an output, and whether its rows can be read from it again."""

    schema: pa.Schema
    again: bool


def _write(
    made: Plan,
    source: Source,
    pairs: Iterator[Pair],
    tally: PlanTally | None,
    output: str | os.PathLike[str] | Folder | None,
    rejects: str | os.PathLike[str] | None,
    for_spreadsheets: bool,
) -> _Written:
    """Stream the rows to their files, which appear together when the last row is written."""
    from smsplan.lists.threads import behind
    from smsplan.writing.part_folders import Folder, folder_sink
    from smsplan.writing.row_stores import beside
    from smsplan.writing.writers import compacted, restored, restored_schema, sink

    first = next(pairs)
    schema = first[1].schema
    options = made.options
    problem = options.prefix + "problem"
    unique = {options.to, options.prefix + "recipient", options.prefix + "body"}
    both = beside(*first).schema
    texts = compacted(source, first[0].schema)
    words = {**words_as_text(schema), **texts}
    with ExitStack() as stack:
        how: dict[str, Any] = {"unique": unique, "words": words}
        sinks: list[Sink | FolderSink | None] = []
        for path in (output, rejects):
            if path is None:
                sinks.append(None)
            elif isinstance(path, Folder):
                sinks.append(stack.enter_context(folder_sink(path, both, unique, words)))
            elif path is output:
                sinks.append(stack.enter_context(sink(path, both, guard=for_spreadsheets, **how)))
            else:
                plain = restored_schema(both, texts)
                private = sink(path, plain, guard=True, private=True, **how)
                sinks.append(stack.enter_context(private))
        main, rejected = sinks

        def write(rows: pa.RecordBatch) -> None:
            if main is not None:
                main.write(rows)
            if rejected is not None:
                # A few rows of many batches would keep all their dictionaries.
                rejected.write(restored(rows.filter(rows.column(problem).is_valid()), texts))

        with behind(write) as hand_over:
            for theirs, ours in chain([first], pairs):
                hand_over(beside(theirs, ours))
        made._summary = None if tally is None else tally.summary()
        if main is not None:
            main.metadata[METADATA_KEY] = made._metadata()
    guarded = sum(out.guarded for out in sinks if out is not None)
    if guarded:
        made.warnings += (
            f"{counted(guarded, 'cell')} that a spreadsheet would run as a formula got an "
            "apostrophe in the CSV output",
        )
    # Not from where it went by, nor where cells are changed.
    again = main is not None and not main.guarded and not _is_gone(output)
    return _Written(schema, again)


def _is_gone(output: str | os.PathLike[str] | Folder | None) -> bool:
    return isinstance(output, str | os.PathLike) and is_stream(output)
