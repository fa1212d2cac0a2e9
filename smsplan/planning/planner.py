"""``plan()`` and ``compare()``: recipients and a body in, what goes out and what it costs out.

A thin facade: the values check what is asked, ``runs`` plans the rows and writes them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsplan.api.conditions import Conditions
from smsplan.errors import Faults, InputError, packages_needed
from smsplan.kernel.settings import RowSettings
from smsplan.keywords import chosen, takes
from smsplan.message import Message, as_mapping, of_parameters, unknown_parameters
from smsplan.outputs import check_distinct
from smsplan.planning.options import Outputs, Run
from smsplan.planning.pipeline import Pipeline, Selection
from smsplan.planning.plans import Plan
from smsplan.planning.runs import run
from smsplan.ratecards import Terms
from smsplan.recipients import Reading
from smsplan.templates import Template

if TYPE_CHECKING:
    from typing import Unpack

    from smsplan._keywords import CampaignKeywords, PlanKeywords
    from smsplan.insight.comparison import Comparison
    from smsplan.money.reconciliation import Reconciliation
    from smsplan.money.schedules import Schedule
    from smsplan.reports import Report


@packages_needed()
@takes(Message, Reading, Conditions, Outputs, Run, renamed={"body": "message"})
def plan(
    recipients: Any,
    message: str | Template | Mapping[str, str | Template] | Message,
    **options: Unpack[PlanKeywords],
) -> Plan:
    """Plan a message to every recipient of a list: parts, cost, and what is wrong with which row.

    ``plan("people.csv", "Hi ${name}!", to="phone", region="GB", rates="rates.csv")``

    ``recipients`` is a pandas, polars or pyarrow frame, a DuckDB relation or any Arrow stream, a
    list of dicts or of numbers, a path to CSV, Parquet, JSON Lines, a workbook or a folder of
    Parquet files, or :class:`~smsplan.Recipients`. ``message`` is a text, several texts by the
    value of the column ``body_by`` (``{"en": ..., "*": ...}``), or a :class:`~smsplan.Message`.
    Each ``${name}`` takes the column ``name``, or the one that ``columns`` maps it to, or its
    ``defaults``. What is given beside a Message or Recipients goes before their own.

    {options}

    ``limits={"name": 12}`` never cuts inside a grapheme cluster. ``substitute`` may also be a
    :class:`~smsplan.Substitution` with other policies; it is ``"safe"`` where ``transliterate`` is
    given alone. What is changed has a note, and goes into the requests of :meth:`Plan.batches` as
    it was planned. ``region`` reads numbers without ``+`` or ``00`` as national ones where they are
    valid there. An ``output`` that ends with ``/`` is a folder of part files with a manifest, which
    ``resume`` completes to the last octet. With ``on_error="skip"`` rows that cannot be read have
    the problem ``unreadable``, and ``warnings`` names what nobody knows the number of.

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

    from smsplan.lists.frames import open_source
    from smsplan.planning.opening import open_list

    outputs = Outputs(**chosen(options, Outputs))
    reads = {"the rate card": options.get("rates"), "the profile": options.get("profile")}
    check_distinct(
        {"output": outputs.output, "rejects": outputs.rejects},
        {what: path for what, path in reads.items() if isinstance(path, str | os.PathLike)},
    )
    terms = None if (rates := options.get("rates")) is None else Terms.of(rates)
    faults = Faults()
    said = wanted = None
    working = Run()
    with faults.of():
        said = Message.of(message, options)
    with faults.of():
        wanted = Selection.of(outputs.select)
    with faults.of():
        working = Run(**chosen(options, Run))
    source, reading, profile = open_list(recipients, options, faults)
    faults.end()
    assert said is not None
    if not source.replayable and outputs.output is None:
        # The caller's columns belong to the rows, and a one-shot stream cannot be read again.
        source = open_source(pa.Table.from_batches(list(source.batches())))
    settings = RowSettings(
        message=said,
        reading=reading,
        profile=profile,
        bodies=outputs.bodies or (wanted is not None and "body" in wanted.names),
        prefix=outputs.prefix,
    ).for_list(source.columns, numbers=wanted is None or wanted.numbers)
    pipeline = Pipeline(settings, terms, wanted, working.jobs)
    settings.check_names(pipeline.names, source.columns)
    return run(pipeline, source, outputs, working.progress)


@packages_needed()
@takes(Message, Reading, Conditions)
def compare(
    recipients: Any,
    bodies: Mapping[str, str | Template | Mapping[str, str | Template] | Message],
    *,
    alternatives: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
    **options: Unpack[CampaignKeywords],
) -> Comparison:
    """Compare several messages over the same recipients, which are read once.

    ``bodies`` are texts by name (or bodies by the value of ``body_by``, or a
    :class:`~smsplan.Message`); the first is what the others are compared with. Each summary is that
    of :func:`plan` with this body, findings included. ``alternatives`` are other channels, by name,
    with their price of a message: in which messages an SMS would cost more (what is expected,
    before tiers and fees), and what the other channel would save there. Everything else is as for
    :func:`plan`; ``columns``, ``defaults`` and ``limits`` are for all bodies that have the
    parameter.

    {options}

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
    from smsplan.insight.comparison import comparison
    from smsplan.lists.parquet_files import compact
    from smsplan.planning.opening import open_list

    terms = None if (rates := options.get("rates")) is None else Terms.of(rates)
    if not isinstance(bodies, Mapping) or not bodies:
        raise InputError("there is nothing to compare; give bodies by name: {'A': ..., 'B': ...}")
    faults = Faults()
    messages = dict(_messages(bodies, options, faults))
    source, reading, profile = open_list(recipients, options, faults)
    every = [key for each in messages.values() for key in each.parameters]
    faults.add(*unknown_parameters(every, "any body", columns=reading.columns))
    faults.add(*reading.faults(source.columns))
    settings = {}
    for name, message in messages.items():
        its = RowSettings(
            message=message, reading=reading.of_parameters(message.parameters), profile=profile
        )
        with faults.of(f"body '{name}'"):
            settings[name] = its.for_list(source.columns, numbers=False)
    faults.end()
    return comparison(compact(source, {reading.to}), settings, terms, alternatives, progress)


def _messages(
    bodies: Mapping[str, Any], options: Mapping[str, Any], faults: Faults
) -> Iterator[tuple[str, Message]]:
    """Yield each body with what is said of its own parameters."""
    named = {name: options.get(name) for name in ("defaults", "limits")}
    with faults.of():
        named = {name: as_mapping(name, given) for name, given in named.items()}
    if faults:
        return
    rest = {name: value for name, value in options.items() if name not in named}
    every: set[str] = set()
    for name, body in bodies.items():
        with faults.of(f"body '{name}'"):
            bare = Message.of(body, rest)
            every.update(bare.parameters)
            own: dict[str, Any] = {
                key: {**getattr(bare, key), **of_parameters(given or {}, bare.parameters)}
                for key, given in named.items()
            }
            yield name, replace(bare, **own)
    if not faults:
        faults.add(*unknown_parameters(list(every), "any body", **named))  # type: ignore[arg-type]


def schedule(plan: Plan, rate: str | None = None, **given: Any) -> Schedule:
    """Say when a plan goes out: :meth:`Plan.schedule`."""
    return plan.schedule(rate, **given)


def reconcile(
    plan: Plan, reports: str | os.PathLike[str] | Iterable[Report | Mapping[str, Any]], **given: Any
) -> Reconciliation:
    """Compare a plan with reports or an invoice: :meth:`Plan.reconcile`."""
    return plan.reconcile(reports, **given)
