"""A sample of rows as few dry runs: what may be refused apart from what may not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from smsplan.api.batches import MAX_RECIPIENTS, Batch, TextBatch, text_length
from smsplan.api.dryruns import Composer, DryRun
from smsplan.api.profiles import Profile
from smsplan.errors import Problem
from smsplan.templates import Template

if TYPE_CHECKING:
    from smsplan.kernel.settings import RowSettings
    from smsplan.live.sampling import Drawn

CALLS = 5
# What is built here is asked whether or not the profile would refuse it.
LENIENT = Profile(
    body_limit=None, value_limit=None, reference_limit=None, min_digits=1, max_digits=18
)
_TEXT = "text"
# Values and numbers above or below what some documentation or account allows.
_LONG_VALUE, _FEW_DIGITS, _MANY_DIGITS = 160, 7, 12


class DryRuns(Protocol):
    """What can be asked: any :class:`~smsplan.sinch.BatchesApi`, a recorder, a replay."""

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Answer a dry run; raises :class:`~smsplan.sinch.ApiError`."""


class Risk(IntEnum):
    """Why rows are asked about together, the most important first."""

    PLAIN = 0
    UNMATCHED = 1
    LIMITS = 2
    # Numbers and values that some documentation or account refuses.
    ODD = 3
    LONG_VALUE_REFUSED = 4
    NUMBER_REFUSED = 5


_ALONE = frozenset({Problem.INVALID_NUMBER, Problem.VALUE_TOO_LONG})


@dataclass(frozen=True, slots=True)
class Asked:
    """One dry run, and the rows that it asks about; ``expanded``: texts were expanded here."""

    batch: TextBatch
    rows: tuple[Drawn, ...]
    expanded: bool = False


@dataclass(frozen=True, slots=True)
class _Written:
    """How a row stands in a request: the body, its defaults, and its values."""

    body: str
    defaults: tuple[tuple[str, str], ...] | None
    values: Mapping[str, str]


Write = Callable[["Drawn"], "_Written | None"]


def writer(settings: RowSettings) -> Write:
    """Return what says how rows of a plan are written into requests: as its batches are."""
    from smsplan.outgoing.request_forms import Ways

    known: dict[Any, Ways] = {}

    def write(row: Drawn) -> _Written | None:
        if row.choice not in known:
            one = settings if settings.message.body_by is None else settings.of_body(row.choice)
            known[row.choice] = Ways(one)
        way = known[row.choice](row.values, row.text)
        if way is None:
            return None
        made = way.settings
        named = bool({*made.reading.columns, *made.message.defaults})
        return _Written(
            made.message.template.body,
            tuple(made.message.defaults.items()) if named else None,
            way.values,
        )

    return write


def batch_writer(batch: TextBatch) -> Write:
    """Return what says how recipients of a batch are written: as they are in it."""
    defaults = None
    if batch.parameters is not None:
        defaults = tuple(
            (key, values["default"])
            for key, values in batch.parameters.items()
            if "default" in values
        )
    return lambda row: _Written(batch.body, defaults, row.values if batch.parameters else {})


def requests(
    rows: Iterable[Drawn], write: Write, fields: Mapping[str, Any], profile: Profile
) -> list[Asked]:
    """Return at most five dry runs (more only for more than a thousand rows to one of them).

    Every body has a request of its own for each kind of rows, where that are five or fewer. Else
    texts of all bodies but the one with the most rows are expanded here, and travel as the one
    value of ``${text}``. Of two rows of one number that say different things one is left out.
    """
    written = [(row, one) for row in rows if (one := write(row)) is not None]
    groups: dict[tuple[Risk, str, Any], list[tuple[Drawn, _Written]]] = {}
    for row, one in written:
        kind = _kind(row, one, profile)
        groups.setdefault((kind, one.body, one.defaults), []).append((row, one))
    order = sorted(groups, key=lambda key: (key[0], -len(groups[key])))
    plain: dict[Any, tuple[Drawn, _Written]] = {}
    for key in order:
        if key[0] is Risk.PLAIN:
            plain[key[1:]] = groups[key][0]
    made: list[tuple[list[tuple[Drawn, _Written]], bool]] = []
    if len(order) <= CALLS:
        made = [(groups[key], False) for key in order]
    else:
        for kind in Risk:
            of_kind = [groups[key] for key in order if key[0] is kind]
            made += _together(of_kind, kind, profile)
        made = made[:CALLS]
    out = []
    for group, expanded in made:
        if group[0][0].problem == Problem.UNMATCHED_PARAMETER:
            # One whose value is there, so that the parameter is known to the request.
            control = plain.get((group[0][1].body, group[0][1].defaults))
            group = group if control is None else [control, *group]
        for start in range(0, len(group), MAX_RECIPIENTS):
            some = group[start : start + MAX_RECIPIENTS]
            out.append(_request(some, fields, expanded=expanded))
    # Of what is refused one row is asked about in a call: in those to spare, but the last, more.
    alone = [one for group, _ in made if group[0][0].problem in _ALONE for one in group[1:]]
    spare = max(CALLS - 1 - len(out), 0)
    out += [_request([one], fields, expanded=False) for one in alone[:spare]]
    return out


def _kind(row: Drawn, one: _Written, profile: Profile) -> Risk:
    if row.problem == Problem.INVALID_NUMBER:
        return Risk.NUMBER_REFUSED
    if row.problem == Problem.VALUE_TOO_LONG:
        return Risk.LONG_VALUE_REFUSED
    if row.problem == Problem.UNMATCHED_PARAMETER:
        return Risk.UNMATCHED
    if row.problem in (Problem.EXCEEDED_PARTS_LIMIT, Problem.OVER_255_PARTS):
        return Risk.LIMITS
    digits = len(row.number.lstrip("+"))
    if not _FEW_DIGITS <= digits <= _MANY_DIGITS or row.number.startswith("0"):
        return Risk.ODD
    longest = max((text_length(value, profile) for value in one.values.values()), default=0)
    return Risk.ODD if longest > _LONG_VALUE else Risk.PLAIN


def _together(
    groups: list[list[tuple[Drawn, _Written]]], kind: Risk, profile: Profile
) -> list[tuple[list[tuple[Drawn, _Written]], bool]]:
    """Join what several bodies have of one kind."""
    if len(groups) <= 1 or kind not in (Risk.PLAIN, Risk.LIMITS, Risk.ODD):
        return [(group, False) for group in groups[:1]]
    joined = []
    for group in groups[1:] if kind is Risk.PLAIN else groups:
        for row, one in group:
            text = _expanded(one, profile)
            limit = profile.value_limit
            if limit is None or text_length(text, profile) <= limit:
                joined.append((row, _Written(f"${{{_TEXT}}}", (), {_TEXT: text})))
    own = [(groups[0], False)] if kind is Risk.PLAIN else []
    return [*own, (joined, True)] if joined else own


def _expanded(one: _Written, profile: Profile) -> str:
    composer = Composer(Template(one.body), profile, parameters=one.defaults is not None)
    values: dict[str, str | None] = {**dict(one.defaults or ()), **one.values}
    return composer.expand(values)[0]


def _request(
    group: list[tuple[Drawn, _Written]], fields: Mapping[str, Any], *, expanded: bool
) -> Asked:
    to: list[str] = []
    rows: list[Drawn] = []
    values: dict[str, Mapping[str, str]] = {}
    for row, one in group:
        if row.problem in _ALONE and rows:
            # Which of several an account refuses it does not say.
            break
        known = values.get(row.number)
        if known is not None and not row.duplicate:
            continue
        values.setdefault(row.number, one.values)
        again = 2 if row.duplicate and known is None else 1
        if len(to) + again > MAX_RECIPIENTS:
            break
        to += [row.number] * again
        rows.append(row)
    first = group[0][1]
    parameters: dict[str, dict[str, str]] | None = None
    if first.defaults is not None:
        defaults = dict(first.defaults)
        keys = [*Template(first.body).parameters, *(k for v in values.values() for k in v)]
        parameters = {}
        for key in dict.fromkeys(keys):
            own = {number: each[key] for number, each in values.items() if key in each}
            if key in defaults:
                own["default"] = defaults[key]
            parameters[key] = own
    batch = TextBatch(to=to, body=first.body, parameters=parameters, profile=LENIENT, **fields)
    return Asked(batch, tuple(rows), expanded)


def narrowed(batch: TextBatch, numbers: Iterable[str]) -> TextBatch:
    """Return a batch to some of its recipients."""
    wanted = set(numbers)
    parameters = None
    if batch.parameters is not None:
        parameters = {
            key: {to: text for to, text in values.items() if to == "default" or to in wanted}
            for key, values in batch.parameters.items()
        }
    to = [number for number in batch.to if number in wanted]
    return replace(batch, to=to, parameters=parameters, profile=LENIENT)
