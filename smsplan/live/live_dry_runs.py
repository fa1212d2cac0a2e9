"""One batch, asked about: what the account answers, and where we compute otherwise.

The very request is asked about, also where it would be refused here. A dry run sends nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from smsplan.api.batches import Batch, msisdn
from smsplan.api.dryruns import DryRun, RecipientDryRun, dry_run, every_recipient
from smsplan.api.profiles import SWITCHES as EVERY
from smsplan.api.profiles import Profile
from smsplan.errors import RequestRefused
from smsplan.live.alternatives import Explaining, Switches, as_dict, in_words
from smsplan.live.answers import Answer, Refused, items, refused_by, same, theirs
from smsplan.live.api_error import ApiError
from smsplan.live.asking import DryRuns
from smsplan.live.verification import AnswerDifference, fields_of, whole
from smsplan.numbers import country, masked_number
from smsplan.plurals import counted
from smsplan.showing import drawn

SWITCHES = tuple(name for name, each in EVERY.items() if each.effect != "form")
"""The switches that the answer to a dry run of one batch may depend on."""
_ALL = 1000
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDryRun:
    """What an account answers to a batch, and what is computed here.

    ``answer`` and ``computed`` are null where the batch is refused: there by ``refusal``, here by
    ``refused``. ``listed`` of ``recipients`` are told of one by one by the account, and compared;
    ``row`` of a difference is the place in ``to``, from 1. ``explained_by``: the switches under
    which the whole answer is as the account gave it. ``remarks`` say what else is to be known.
    """

    profile: Profile
    answer: DryRun | None
    computed: DryRun | None
    refusal: ApiError | None
    refused: RequestRefused | None
    listed: int
    differences: tuple[AnswerDifference, ...]
    explained_by: tuple[Switches, ...]
    remarks: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the account answers as is computed here."""
        return not self.differences

    @property
    def head(self) -> str:
        """How much differs, in words."""
        if self.differences:
            return f"{counted(len(self.differences), 'difference')} from what is computed here"
        if self.answer is None:
            return "no difference: the batch is refused here, too"
        recipients = self.answer.number_of_recipients
        parts = counted(self.answer.number_of_messages, "part")
        said = f"no difference: {counted(recipients, 'recipient')}, {parts}, as computed here"
        if self.listed >= recipients:
            return said
        listed = counted(self.listed, "recipient is", "recipients are")
        return f"{said}; {listed} listed one by one"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        answer: dict[str, Any] = {}
        if self.answer is not None:
            answer = self.answer.to_dict()
        elif self.refusal is not None:
            answer = {"code": self.refusal.code, "text": self.refusal.text}
        computed = self.computed or self.refused
        return {
            "agrees": self.agrees,
            "accepted": self.answer is not None,
            "answer": answer,
            "computed": {} if computed is None else computed.to_dict(),
            "listed": self.listed,
            "profile": self.profile.to_dict(),
            "differences": [difference.to_dict() for difference in self.differences],
            "explained_by": [as_dict(switches) for switches in self.explained_by],
            "remarks": list(self.remarks),
        }

    def __repr__(self) -> str:
        return f"<LiveDryRun: {self.head}>"

    def _repr_html_(self) -> str:
        return drawn("live_views.as_html", self)

    def __str__(self) -> str:
        lines = [self.head]
        for each in self.differences[:_SHOWN]:
            who = "the batch" if each.recipient is None else each.recipient
            where = "" if each.row is None else f" (to[{each.row - 1}])"
            lines.append(
                f"  {who}{where}: {each.field}: computed {each.ours}, answered {each.theirs}; "
                f"{each.why}"
            )
        if len(self.differences) > _SHOWN:
            lines.append(f"  and {len(self.differences) - _SHOWN:,} more")
        return "\n".join([*lines, *self.remarks])


@dataclass
class _Heard:
    """Asks an account, and keeps how it refused."""

    api: DryRuns
    refusal: ApiError | None = None

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Ask."""
        try:
            return self.api.dry_run(
                batch, per_recipient=per_recipient, number_of_recipients=number_of_recipients
            )
        except ApiError as error:
            self.refusal = error
            raise


def live_dry_run(
    batch: Batch | Mapping[str, Any],
    api: DryRuns,
    *,
    number_of_recipients: int = _ALL,
    profile: Profile | str | os.PathLike[str] | None = None,
    groups: Mapping[str, Iterable[str]] | None = None,
) -> LiveDryRun:
    """Ask an account what a batch would be, and say where its answer differs from ours.

    ``batch`` is a batch, or (of :class:`~smsplan.sinch.SinchApi`) the API's JSON, which is asked
    about as it is, also where it has faults. ``number_of_recipients`` are listed, and compared, one
    by one. ``groups`` are the members of groups, by id, which else only the account knows.

    A difference raises nothing. Raises :class:`~smsplan.sinch.ApiError` where the account cannot be
    asked.

    >>> from smsplan.sandbox import running
    >>> from smsplan.sinch import Credentials, SinchApi
    >>> batch = {"to": ["+447700900123", "+447700900124"], "body": "Garçon!"}
    >>> with running(profile=Profile(small_c_cedilla="gsm")) as sandbox:
    ...     found = live_dry_run(batch, SinchApi(Credentials(service_plan_id="demo",
    ...         api_token=sandbox.token, base_url=sandbox.url)))
    >>> print(found.differences[0].recipient, found.differences[0].why)
    GB ••• 23 small_c_cedilla = gsm
    """
    chosen = Profile.of(profile)
    heard = _Heard(api)
    their = theirs(heard, cast(Batch, batch), number_of_recipients)
    if heard.refusal is not None and heard.refusal.not_of_request:
        raise heard.refusal
    question = _Question(batch, number_of_recipients, groups)
    mine = question.answered(chosen)
    comparison = _Comparison(question, chosen, their)
    found = tuple(comparison.differences())
    everything = comparison.explaining(comparison.agrees) if found else ()
    return LiveDryRun(
        profile=chosen,
        answer=their if isinstance(their, DryRun) else None,
        computed=mine if isinstance(mine, DryRun) else None,
        refusal=None if isinstance(their, DryRun) else heard.refusal,
        refused=mine if isinstance(mine, RequestRefused) else None,
        listed=len(their.per_recipient or ()) if isinstance(their, DryRun) else 0,
        differences=found,
        explained_by=everything,
        remarks=tuple(_remarks(chosen, mine, found, everything)),
    )


def _remarks(
    profile: Profile,
    mine: DryRun | RequestRefused,
    found: Sequence[AnswerDifference],
    everything: Sequence[Switches],
) -> Iterator[str]:
    """Say of all differences together what would explain them, or what to do."""
    if not found:
        return
    if isinstance(mine, RequestRefused) and mine.faults[0].code == "unknown_group":
        yield "The members of groups are known to the account alone: name them (groups, --group)."
    elif everything:
        yield f"The whole answer is as it would be with {'; or '.join(map(in_words, everything))}."
    elif not profile.changes():
        yield "No switch explains all of it: smsplan calibrate finds the account's profile."
    else:
        yield "No switch explains all of it."


@dataclass(frozen=True, slots=True)
class _Computed:
    """What an account of a profile answers, and what that says of each recipient, listed or not."""

    answer: Answer
    every: Mapping[str, Counter[RecipientDryRun]]


@dataclass(frozen=True, slots=True)
class _Question:
    """What the account is asked, to be answered here; ``most`` recipients are listed."""

    batch: Batch | Mapping[str, Any]
    most: int
    groups: Mapping[str, Iterable[str]] | None

    @property
    def request(self) -> Mapping[str, Any]:
        """The API's JSON."""
        return self.batch if isinstance(self.batch, Mapping) else self.batch.to_dict()

    def answered(
        self, profile: Profile, to: Sequence[Any] | None = None
    ) -> DryRun | RequestRefused:
        """Answer as an account of a profile would; ``to`` narrows it to some recipients."""
        asked = self.batch if to is None else {**self.request, "to": list(to)}
        try:
            return dry_run(
                asked,
                per_recipient=True,
                number_of_recipients=self.most,
                profile=profile,
                groups=self.groups,
            )
        except RequestRefused as refused:
            return refused

    def computed(self, profile: Profile, to: Sequence[Any] | None = None) -> _Computed:
        """Answer so that it can be compared."""
        answer = self.answered(profile, to)
        if isinstance(answer, RequestRefused):
            return _Computed(refused_by(answer), {})
        every = items(replace(answer, per_recipient=every_recipient(answer, profile)))
        # Of many profiles the answers are kept; their reasons are not.
        return _Computed(replace(answer, details=()), every)


class _Comparison:
    """An account's answer beside the one that is computed here."""

    def __init__(self, question: _Question, profile: Profile, their: Answer) -> None:
        self._question = question
        self._profile = profile
        self._their = their
        self._mine = question.computed(profile)
        self._there = {} if isinstance(their, Refused) else items(their)
        listed = 0 if isinstance(their, Refused) else len(their.per_recipient or ())
        # More are counted than are listed, because no more were to be.
        self._capped = (
            isinstance(their, DryRun) and question.most <= listed < their.number_of_recipients
        )
        self.explaining = Explaining(profile, SWITCHES, question.computed)

    def agrees(self, one: _Computed) -> bool:
        """Whether the account answered this."""
        answer, their = one.answer, self._their
        if not self._capped or isinstance(answer, Refused) or isinstance(their, Refused):
            return same(answer, their)
        return (
            same(replace(answer, per_recipient=None), replace(their, per_recipient=None))
            and (answer.per_recipient is None) == (their.per_recipient is None)
            and all(one.every.get(number) == said for number, said in self._there.items())
        )

    def differences(self) -> Iterator[AnswerDifference]:
        """Yield what differs: of the request, else of recipients, else of the totals."""
        mine, their = self._mine.answer, self._their
        if self.agrees(self._mine):
            return
        if isinstance(mine, Refused) or isinstance(their, Refused):
            yield self._of_request("request", whole(mine), whole(their), self._as_accepted)
            return
        if (mine.per_recipient is None) != (their.per_recipient is None):
            ours, listed = (
                "none listed"
                if each.per_recipient is None
                else f"{len(each.per_recipient):,} listed"
                for each in (mine, their)
            )
            yield self._of_request("per_recipient", ours, listed, self._as_listed)
        elif their.per_recipient is not None:
            yield from self._of_recipients()
        for name in ("number_of_recipients", "number_of_messages"):
            counts = [
                "none" if name in answer.missing else f"{getattr(answer, name):,}"
                for answer in (mine, their)
            ]
            if counts[0] != counts[1]:
                yield self._of_request(name, counts[0], counts[1], partial(self._as_counted, name))

    def _as_accepted(self, one: _Computed) -> bool:
        return isinstance(one.answer, DryRun) and isinstance(self._their, DryRun)

    def _as_listed(self, one: _Computed) -> bool:
        return (
            isinstance(one.answer, DryRun)
            and isinstance(self._their, DryRun)
            and (one.answer.per_recipient is None) == (self._their.per_recipient is None)
        )

    def _as_counted(self, name: str, one: _Computed) -> bool:
        return isinstance(one.answer, DryRun) and getattr(one.answer, name) == getattr(
            self._their, name
        )

    def _of_request(
        self, name: str, ours: str, their: str, partly: Callable[[_Computed], bool]
    ) -> AnswerDifference:
        """Return a difference of the whole; what explains all of it is named before ``partly``."""
        return AnswerDifference(
            recipient=None,
            row=None,
            field=name,
            ours=ours,
            theirs=their,
            explained_by=self.explaining(self.agrees) or self.explaining(partly),
        )

    def _of_recipients(self) -> Iterator[AnswerDifference]:
        here, there = self._mine.every, self._there
        places = self._places()
        for number in sorted(there if self._capped else {*here, *there}):
            one, other = here.get(number), there.get(number)
            if one == other:
                continue
            why = self.explaining(
                lambda found, number=number, other=other: (  # type: ignore[misc]
                    isinstance(found.answer, DryRun) and found.every.get(number) == other
                ),
                self._alone(number),
            )
            for name, said in fields_of(list(one or {}), list(other or {}), one, other):
                yield AnswerDifference(
                    recipient=masked_number(number, country(number)),
                    row=places.get(number),
                    field=name,
                    ours=said[0],
                    theirs=said[1],
                    explained_by=why,
                )

    def _places(self) -> dict[str, int]:
        """Return where in ``to`` each number first stands, from 1."""
        places: dict[str, int] = {}
        for place, element in enumerate(self._question.request["to"], start=1):
            places.setdefault(msisdn(str(element), self._profile) or "", place)
        return places

    def _alone(self, number: str) -> Callable[[Profile], _Computed] | None:
        """Return the question about one recipient; null where it is none here."""
        to = self._question.request["to"]
        own = [one for one in to if msisdn(str(one), self._profile) == number]
        if not own and number not in self._mine.every:
            return None
        return partial(self._question.computed, to=own or [number])
