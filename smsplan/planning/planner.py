"""``plan()`` and ``compare()``: recipients and a body in, what goes out and what it costs out.

A thin facade: ``arguments`` checks what is asked, ``runs`` plans the rows and writes them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from smsplan.api.profiles import Profile
from smsplan.errors import InputError, packages_needed
from smsplan.outputs import check_distinct
from smsplan.planning.pipeline import Pipeline, Selection
from smsplan.planning.plans import Plan
from smsplan.planning.runs import Outputs, run
from smsplan.ratecards import RateCard, Terms
from smsplan.templates import Template

if TYPE_CHECKING:
    from smsplan.encoding.substitution import Substitution
    from smsplan.insight.comparison import Comparison
    from smsplan.money.reconciliation import Reconciliation
    from smsplan.money.schedules import Schedule
    from smsplan.reports import Report


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
    outputs = Outputs(output, rejects, for_spreadsheets, resume)
    return run(pipeline, source, outputs, progress=progress, on_error=on_error)


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


def schedule(plan: Plan, rate: str | None = None, **given: Any) -> Schedule:
    """Say when a plan goes out: :meth:`Plan.schedule`."""
    return plan.schedule(rate, **given)


def reconcile(
    plan: Plan, reports: str | os.PathLike[str] | Iterable[Report | Mapping[str, Any]], **given: Any
) -> Reconciliation:
    """Compare a plan with reports or an invoice: :meth:`Plan.reconcile`."""
    return plan.reconcile(reports, **given)
