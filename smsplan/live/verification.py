"""A plan checked against the account's own dry runs: few calls, every kind of row.

What is compared are dry runs of the very requests, made here and made by the account. For whatever
differs, each other value of each switch is tried here, so that a difference has a name. What an
account calls encodings and errors is no difference: its own words are told apart.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from smsplan.api.batches import TextBatch
from smsplan.api.dryruns import DryRun, RecipientDryRun
from smsplan.api.profiles import REPLACING, Profile
from smsplan.api.profiles import SWITCHES as EVERY
from smsplan.errors import InputError
from smsplan.live.account_words import Words, certain
from smsplan.live.alternatives import (
    Explaining,
    Switches,
    alternatives,
    as_dict,
    in_words,
    nearest,
)
from smsplan.live.answers import Answer, Refused, items, number_of, ours, refusal, same, theirs
from smsplan.live.api_error import place_in_to
from smsplan.live.asking import CALLS, LENIENT, Asked, DryRuns, narrowed
from smsplan.plurals import counted
from smsplan.showing import drawn
from smsplan.totals.tabular import ANY, frame

if TYPE_CHECKING:
    from smsplan.live.asking import Write
    from smsplan.live.sampling import Drawn, Sample
    from smsplan.planning.plans import Plan
    from smsplan.totals.tabular import Frame

SWITCHES = tuple(name for name, each in EVERY.items() if each.effect not in ("batch", "form"))
"""The switches that a dry run of a plan's messages may depend on."""
_SURE = 0.95
_FORBIDDEN = 403
_ENCODINGS = ("GSM", "UNICODE")
# Under these a text is as it was written.
_AS_WRITTEN = {
    **{name: getattr(Profile(), name) for name in REPLACING},
    "auto_encoding": "off",
    "truncation": "ignored",
}
# A text that is cut keeps its first characters.
_NEVER_CUT = 10
_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDifference:
    """Where the account answers otherwise.

    ``recipient`` is the country and the last two digits, null where a whole request differs;
    ``row`` counts from 1. ``field`` is ``number_of_parts``, ``encoding``, ``body``, ``listed`` (how
    often the recipient is in the answer), ``request`` (refused or not), ``per_recipient`` (nothing
    is said of single recipients), ``number_of_recipients``, ``number_of_messages`` or ``plan`` (the
    plan's own row is not what this version computes). Of a body only its length and the first
    character that differs are told. ``explained_by``: every switch with a value under which this
    recipient (or request) would be answered so; pairs of switches only where no single one explains
    it.
    """

    recipient: str | None
    row: int | None
    field: str
    ours: str
    theirs: str
    explained_by: tuple[Switches, ...] = ()

    @property
    def why(self) -> str:
        """What would explain it, in words."""
        return " or ".join(map(in_words, self.explained_by)) or "no switch explains it"

    @property
    def who(self) -> str:
        """Whom it is about, in words."""
        where = "" if self.row is None else f" (row {self.row:,})"
        return f"{self.recipient or 'request'}{where}"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "recipient": self.recipient,
            "row": self.row,
            "field": self.field,
            "ours": self.ours,
            "theirs": self.theirs,
            "explained_by": [as_dict(switches) for switches in self.explained_by],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a verification found.

    ``sample`` rows were asked about in ``calls`` dry runs, ``random`` of them chosen at random from
    the plan's ``messages``; ``different`` of these were answered otherwise. ``covered`` and
    ``uncovered`` are kinds of rows, and pairs of them, that the plan has. ``differences`` of whole
    requests stand first. ``explained_by``: the switches under which every answer is as the account
    gave it. ``words`` are those that the account has for documented ones and the profile does not
    know; they make no difference.
    """

    profile: Profile
    messages: int
    sample: int
    random: int
    different: int
    covered: frozenset[str]
    uncovered: tuple[str, ...]
    differences: tuple[AnswerDifference, ...]
    explained_by: tuple[Switches, ...]
    calls: int
    expanded: int
    seed: int
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        """Whether the account answered all that it was asked as planned."""
        return not self.differences

    @property
    def bound(self) -> float:
        """The largest share of the plan's messages that may be answered otherwise, at 95 %.

        From the random half alone: the exact binomial bound. 1 where nothing was asked at random;
        the share itself where everything was.
        """
        if self.random >= self.messages:
            return self.different / self.messages if self.messages else 0.0
        return upper_bound(self.different, self.random)

    @property
    def sentence(self) -> str:
        """What the bound means, in words."""
        if not self.messages:
            return "Nothing is sent, so nothing is left unseen."
        if self.random >= self.messages:
            return (
                f"All {self.messages:,} messages were asked about; {self.different:,} were "
                "answered otherwise."
            )
        return (
            f"Of {self.random:,} messages chosen at random {self.different:,} were answered "
            f"otherwise: with 95 % confidence at most {_percent(self.bound)} of all "
            f"{self.messages:,} are."
        )

    def to_frame(self) -> Frame:
        """Return the differences as a pandas DataFrame, with the fields of each.

        ``recipient`` and ``row`` are None where a whole request differs; ``explained_by`` are lists
        of switches and values, as in :meth:`to_dict`.
        """
        names = ("recipient", "row", "field", "ours", "theirs", "explained_by")
        return frame(dict.fromkeys(names, ANY), (each.to_dict() for each in self.differences))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "profile": self.profile.to_dict(),
            "agrees": self.agrees,
            "messages": self.messages,
            "sample": self.sample,
            "random": self.random,
            "different": self.different,
            "bound": self.bound,
            "sentence": self.sentence,
            "covered": sorted(self.covered),
            "uncovered": list(self.uncovered),
            "differences": [difference.to_dict() for difference in self.differences],
            "explained_by": [as_dict(switches) for switches in self.explained_by],
            "calls": self.calls,
            "expanded": self.expanded,
            "seed": self.seed,
            "words": {documented: list(words) for documented, words in self.words.items()},
        }

    @property
    def head(self) -> str:
        """How much was asked, and how much differs."""
        rows, calls = counted(self.sample, "row"), counted(self.calls, "dry run")
        return f"{rows} asked about in {calls}: {_count(len(self.differences))}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What holds of everything that was asked: the bound, and what explains all of it."""
        lines = [self.sentence]
        if self.expanded:
            lines.append(
                f"The texts of {self.expanded:,} rows were expanded here: there are more bodies "
                "than calls."
            )
        if self.words:
            own = (
                f"{' or '.join(map(_quoted, some))} for {documented}"
                for documented, some in self.words.items()
            )
            lines.append(f"The account has words of its own, no differences: {', '.join(own)}.")
        if self.explained_by:
            every = "; or ".join(map(in_words, self.explained_by))
            lines.append(f"Every answer is as it would be with {every}.")
        elif self.differences:
            lines.append(self._unexplained)
        return tuple(lines)

    @property
    def _unexplained(self) -> str:
        """What is left where no profile explains every answer."""
        left = [each for each in self.differences if not each.explained_by]
        report = "please report it, with the exchanges that --record writes."
        if not left:
            return f"No profile explains all of it together: {report}"
        return (
            f"No switch explains {len(left):,} of {_count(len(self.differences))}, the first for "
            f"{left[0].who} in {left[0].field}: {report}"
        )

    def __repr__(self) -> str:
        return f"<Verification of {self.messages:,} messages: {self.head}>"

    def _repr_html_(self) -> str:
        return drawn("live_views.as_html", self)

    def __str__(self) -> str:
        bound, *remarks = self.remarks
        lines = [self.head, bound]
        for difference in self.differences[:_SHOWN]:
            lines.append(
                f"  {difference.who}: {difference.field}: planned {difference.ours}, answered "
                f"{difference.theirs}; {difference.why}"
            )
        lines += _more(self.differences) + remarks
        if self.uncovered:
            lines.append(
                f"Not covered, of {len(self.covered) + len(self.uncovered):,} kinds and "
                "pairs of kinds in the plan:"
            )
            lines += [f"  {name}" for name in self.uncovered[:_SHOWN]]
            lines += _more(self.uncovered)
        else:
            lines.append(f"All {len(self.covered):,} kinds and pairs of kinds are covered.")
        return "\n".join(lines)


def verify(
    plan_or_batch: Plan | TextBatch,
    api: DryRuns,
    sample: int = 200,
    *,
    profile: Profile | str | os.PathLike[str] | None = None,
    seed: int = 0,
    record: str | os.PathLike[str] | None = None,
    record_bodies: bool = False,
) -> Verification:
    """Ask an account about a sample of a plan or batch, and say where it answers otherwise.

    Half of ``sample`` rows are chosen at random by ``seed``, half so that every kind of row and
    every pair of kinds is among them. ``profile`` is the plan's where none is given. ``record`` is
    a file of the exchanges for :class:`~smsplan.sinch.Replay`; numbers in it are fictitious, texts
    are there with ``record_bodies`` only.

    A difference raises nothing. Raises :class:`~smsplan.sinch.ApiError` where the account cannot be
    asked, or refuses even the plainest request, :class:`~smsplan.errors.InputError` for a batch to
    groups.

    >>> from smsplan.sandbox import running
    >>> from smsplan.sinch import Credentials, SinchApi
    >>> batch = TextBatch(to=["+447700900123", "+447700900124"], body="Garçon!")
    >>> with running(profile=Profile(small_c_cedilla="gsm")) as sandbox:
    ...     api = SinchApi(Credentials(service_plan_id="demo", api_token=sandbox.token,
    ...                                base_url=sandbox.url))
    ...     found = verify(batch, api)
    >>> found.agrees, found.explained_by
    (False, ((('small_c_cedilla', 'gsm'),),))
    """
    from smsplan.live.asking import requests
    from smsplan.live.recording import Recorder
    from smsplan.live.sampling import sample as draw

    if sample < 1:
        raise InputError(f"sample={sample} asks about nothing; use a number of 1 or more")
    plan, chosen, write, fields = _subject(plan_or_batch, profile)
    drawn = draw(plan._planned(), sample, profile=chosen, switches=SWITCHES, seed=seed)
    asked = requests(drawn.rows, write, fields, chosen)
    asking = api if record is None else Recorder(api, record, bodies=record_bodies)
    bodies = bool(getattr(api, "bodies", True))
    # Words are told apart, whatever they are.
    wordless = chosen.replace(vocabulary={})
    exchanges = list(_exchanges(asked, asking, wordless, bodies=bodies))
    own = wordless == plan.settings.profile.replace(vocabulary={})
    return _verification(chosen, drawn, exchanges, planned=own, seed=seed)


def _verification(
    profile: Profile, drawn: Sample, exchanges: Sequence[_Exchange], *, planned: bool, seed: int
) -> Verification:
    """Put together what the answers say; ``planned``: the plan is by this profile."""
    wordless = profile.replace(vocabulary={})
    words = _translated(exchanges, profile)
    differences = _differences(exchanges, wordless, planned=planned)
    rows = {id(row): row for each in exchanges for row in each.one.rows}
    expanded = {id(row) for each in exchanges if each.one.expanded for row in each.one.rows}
    wrong = {row for each in exchanges for row in each.wrong}
    covered = drawn.present & _covered(exchanges)
    at_random = [row for row in rows.values() if row.at_random]
    return Verification(
        profile=profile,
        messages=drawn.messages,
        sample=len(rows),
        random=len(at_random),
        different=sum(row.row in wrong for row in at_random),
        covered=frozenset(covered),
        uncovered=tuple(sorted(drawn.present - covered, key=lambda kind: (kind.count("×"), kind))),
        differences=differences,
        explained_by=_overall(wordless, exchanges, differences) if differences else (),
        calls=sum(each.calls for each in exchanges),
        expanded=len(expanded),
        seed=seed,
        words=_new_words(words, profile),
    )


def _covered(exchanges: Sequence[_Exchange]) -> set[str]:
    """Return the kinds, and pairs of kinds, of the rows that the account answered or refused."""
    answered = [row for each in exchanges if not each.lost for row in each.one.rows]
    refused = [row for each in exchanges for row in each.refused or ()]
    return {kind for row in (*answered, *refused) for kind in _kinds(row)}


def _new_words(words: Words, profile: Profile) -> dict[str, tuple[str, ...]]:
    """Return the account's own words that its profile does not know."""
    return {
        documented: some
        for documented, some in words.own().items()
        if not set(some) <= set(profile.own_words.get(documented, ()))
    }


class _Subject(NamedTuple):
    """What an account is asked about: by which profile, how a row is written, the other fields."""

    plan: Plan
    profile: Profile
    write: Write
    fields: dict[str, Any]


def _subject(
    plan_or_batch: Plan | TextBatch, profile: Profile | str | os.PathLike[str] | None
) -> _Subject:
    from smsplan.live.asking import batch_writer, writer
    from smsplan.planning.batch_plans import plan_batch

    if isinstance(plan_or_batch, TextBatch):
        chosen = Profile.of(profile)
        plan = plan_batch(plan_or_batch, profile=chosen)
        return _Subject(plan, chosen, batch_writer(plan_or_batch), _fields(plan_or_batch))
    settings = plan_or_batch.settings
    chosen = settings.profile if profile is None else Profile.of(profile)
    fields = {
        "from_": settings.message.from_,
        "truncate_concat": settings.message.truncate_concat or None,
        "max_number_of_message_parts": settings.message.max_number_of_message_parts,
    }
    return _Subject(plan_or_batch, chosen, writer(settings), fields)


def _differences(
    exchanges: Sequence[_Exchange], profile: Profile, *, planned: bool
) -> tuple[AnswerDifference, ...]:
    """Return where the account answers otherwise; those of whole requests first.

    A request that is refused hides what its rows would be.
    """
    every = (
        difference
        for each in exchanges
        for difference in each.differences(_Explaining(profile, each), planned=planned)
    )
    return tuple(
        sorted(every, key=lambda each: each.field != "request" and each.recipient is not None)
    )


def _exchanges(
    asked: Sequence[Asked], api: DryRuns, profile: Profile, *, bodies: bool
) -> Iterator[_Exchange]:
    """Make the dry runs; where a number is refused again without it, as long as calls last."""
    spare = CALLS - len(asked)
    numbers = [row.number for one in asked for row in one.rows]
    accepts = False
    for one in asked:
        left: Asked | None = one
        while left is not None:
            exchange = _Exchange(
                left, ours(left.batch, profile), theirs(api, left.batch), bodies=bodies
            )
            if not accepts or exchange.forbidden:
                exchange.calls += _check(api, exchange, numbers)
            accepts = True
            yield exchange
            left = exchange.rest() if spare > 0 else None
            spare -= left is not None


def _check(api: DryRuns, exchange: _Exchange, numbers: Sequence[str]) -> int:
    """Ask the plainest request, to the first and the last number; returns how many dry runs it was.

    Only where the answer refuses, and names nothing of the request. Raises
    :class:`~smsplan.sinch.ApiError` where they are refused too: the account is at fault.
    """
    refused = exchange.their
    if not isinstance(refused, Refused) or refused.parameters:
        return 0
    sender = exchange.one.batch.from_
    for calls, number in enumerate(dict.fromkeys((numbers[0], numbers[-1])), start=1):
        plainest = TextBatch(to=[number], body="Hi", from_=sender, profile=LENIENT)
        if not isinstance(theirs(api, plainest), Refused):
            return calls
    raise refusal(refused, "it refuses the plainest request, too")


def _translated(exchanges: Sequence[_Exchange], profile: Profile) -> Words:
    """Put documented words in the place of the account's own, and return these.

    Whatever the profile, some texts have one encoding: what they are answered with is its word.
    Another new word is that of the encoding it always stands for, where the parts are the same.
    """
    words = Words(profile)
    unknown: dict[str, set[tuple[str, bool]]] = {}
    for each in exchanges:
        mine, their = each.mine, each.their
        if isinstance(mine, Refused) and isinstance(their, Refused) and mine.agrees(their):
            words.hear(mine.code, their.code)
        if isinstance(mine, Refused) or isinstance(their, Refused):
            continue
        new = [
            item
            for item in their.per_recipient or ()
            if item.encoding and words.meaning(item.encoding) is None
        ]
        if new:
            here = {item.recipient: item for item in mine.per_recipient or ()}
            texts = each.texts(profile)
            for item in new:
                number = number_of(item)
                if number in texts and (encoding := texts[number]) is not None:
                    words.hear(encoding, item.encoding)
                elif number in here:
                    alike = here[number].number_of_parts == item.number_of_parts
                    unknown.setdefault(item.encoding, set()).add((here[number].encoding, alike))
    for word, stands_for in unknown.items():
        if len(stands_for) == 1 and words.meaning(word) is None:
            ((encoding, alike),) = stands_for
            documented = "GSM" if encoding in ("GSM", "text") else "UNICODE"
            if alike and not any(word.casefold() in words.heard(each) for each in _ENCODINGS):
                words.hear(documented, word)
    for each in exchanges:
        each.translate(words)
    return words


def _kinds(row: Drawn) -> frozenset[str]:
    from smsplan.live.sampling import with_pairs

    return with_pairs(row.kinds)


def _fields(batch: TextBatch) -> dict[str, Any]:
    names = (
        "from_",
        "truncate_concat",
        "max_number_of_message_parts",
        "from_ton",
        "from_npi",
        "flash_message",
    )
    return {name: getattr(batch, name) for name in names}


class _Exchange:
    """A dry run as it was answered here and there."""

    def __init__(self, one: Asked, mine: Answer, their: Answer, *, bodies: bool) -> None:
        self.one = one
        self.mine = mine
        self.their = their
        self.bodies = bodies
        self.calls = 1
        self.wrong: set[int] = set()
        # Because of which rows it was refused, where the others are asked about again.
        self.refused: tuple[Drawn, ...] | None = None

    def texts(self, profile: Profile) -> dict[str, str | None]:
        """Return the encoding of each text, by recipient, where every profile has the same."""
        made = ours(self.one.batch, profile.replace(**_AS_WRITTEN))
        if isinstance(made, Refused):
            return {}
        found = {item.recipient: certain(item.body) for item in made.per_recipient or ()}
        if self.one.batch.truncate_concat:
            # What makes a text Unicode may be cut off.
            for item in made.per_recipient or ():
                if found[item.recipient] != certain(item.body[:_NEVER_CUT]):
                    found[item.recipient] = None
        return found

    def translate(self, words: Words) -> None:
        """Put documented words in the place of the account's own."""
        their = self.their
        if isinstance(their, DryRun) and their.per_recipient is not None:
            some = (
                replace(item, encoding=words.meaning(item.encoding) or item.encoding)
                for item in their.per_recipient
            )
            self.their = replace(their, per_recipient=tuple(some))

    def rest(self) -> Asked | None:
        """Return what is to be asked again, without the number that the refusal names."""
        their, batch = self.their, self.one.batch
        if not self.lost or not isinstance(their, Refused):
            return None
        for where in their.parameters:
            place = place_in_to(where)
            if place is None or place >= len(batch.to):
                continue
            number = batch.to[place]
            kept = tuple(row for row in self.one.rows if row.number != number)
            if kept:
                self.refused = tuple(row for row in self.one.rows if row.number == number)
                numbers = {row.number for row in kept}
                return replace(self.one, batch=narrowed(batch, numbers), rows=kept)
        return None

    @property
    def forbidden(self) -> bool:
        """Whether it was refused, against the plan, as an account is that may do nothing."""
        error = self.their.error if isinstance(self.their, Refused) else None
        return self.lost and error is not None and error.status == _FORBIDDEN

    @property
    def lost(self) -> bool:
        """Whether nothing is known of its rows, because the whole was refused, against the plan."""
        return isinstance(self.their, Refused) and not isinstance(self.mine, Refused)

    def unlike(self, profile: Profile) -> int:
        """Return for how many recipients a profile answers otherwise than the account did."""
        mine = ours(self.one.batch, profile)
        if same(mine, self.their, bodies=self.bodies):
            return 0
        if isinstance(mine, Refused) or isinstance(self.their, Refused):
            return len(self.one.batch.to)
        here, there = (items(answer, bodies=self.bodies) for answer in (mine, self.their))
        return sum(here.get(number) != there.get(number) for number in {*here, *there}) or 1

    def differences(self, explaining: _Explaining, *, planned: bool) -> list[AnswerDifference]:
        """Return what differs; the rows concerned are ``wrong`` from now on."""
        if isinstance(self.mine, Refused) or isinstance(self.their, Refused):
            if same(self.mine, self.their):
                return []
            at_fault = self.one.rows if self.refused is None else self.refused
            self.wrong.update(row.row for row in at_fault)
            said = [whole(answer) for answer in (self.mine, self.their)]
            return [self._of_request("request", said, explaining)]
        if self.their.per_recipient is None:
            # Nothing is known of any recipient, whatever the totals are.
            self.wrong.update(row.row for row in self.one.rows)
            said = [f"{len(self.mine.per_recipient or ()):,} listed", "none listed"]
            return [self._of_request("per_recipient", said, explaining)]
        made = self._of_recipients(self.mine, self.their, explaining)
        if planned:
            made += self._of_plan(self.their)
        if not made:
            for name in ("number_of_recipients", "number_of_messages"):
                said = [_given(answer, name) for answer in (self.mine, self.their)]
                if said[0] != said[1]:
                    made.append(self._of_request(name, said, explaining))
        return made

    def _of_request(self, name: str, said: list[str], explaining: _Explaining) -> AnswerDifference:
        row = self.refused[0] if self.refused else None
        return AnswerDifference(
            recipient=None if row is None else _masked(row, row.number),
            row=None if row is None else row.row,
            field=name,
            ours=said[0],
            theirs=said[1],
            explained_by=explaining.of_request(),
        )

    def _of_recipients(
        self, mine: DryRun, their: DryRun, explaining: _Explaining
    ) -> list[AnswerDifference]:
        here, there = (items(answer, bodies=self.bodies) for answer in (mine, their))
        made = []
        by_number = {row.number.lstrip("+"): row for row in self.one.rows}
        for number in sorted({*here, *there}):
            one, other = here.get(number), there.get(number)
            if one == other:
                continue
            row = by_number.get(number)
            if row is not None:
                self.wrong.add(row.row)
            why = explaining.of_recipient(number)
            for name, said in fields_of(list(one or {}), list(other or {}), one, other):
                made.append(
                    AnswerDifference(
                        recipient=_masked(row, number),
                        row=None if row is None else row.row,
                        field=name,
                        ours=said[0],
                        theirs=said[1],
                        explained_by=why,
                    )
                )
        return made

    def _of_plan(self, their: DryRun) -> list[AnswerDifference]:
        """Compare with the plan's rows, which another version may have made."""
        found = items(their, bodies=False)
        made = []
        for row in self.one.rows:
            number = row.number.lstrip("+")
            if row.planned is None or number not in found or row.row in self.wrong:
                continue
            encoding, parts = row.planned
            if RecipientDryRun(number, parts, "", encoding) in found[number]:
                continue
            self.wrong.add(row.row)
            said = next(iter(found[number]))
            made.append(
                AnswerDifference(
                    recipient=_masked(row, number),
                    row=row.row,
                    field="plan",
                    ours=f"{encoding}, {parts}",
                    theirs=f"{said.encoding}, {said.number_of_parts}",
                )
            )
        return made


class _Explaining:
    """Says what would explain an exchange, and what is said of one recipient of it."""

    def __init__(self, profile: Profile, exchange: _Exchange) -> None:
        self._exchange = exchange
        self._found = Explaining(profile, SWITCHES, partial(ours, exchange.one.batch))

    def of_request(self) -> tuple[Switches, ...]:
        """Return what explains the whole answer."""
        exchange = self._exchange
        return self._found(
            lambda answer: same(answer, exchange.their, bodies=exchange.bodies),
            partial(ours, exchange.one.batch),
        )

    def of_recipient(self, number: str) -> tuple[Switches, ...]:
        """Return what explains the answer for one recipient."""
        exchange = self._exchange
        assert isinstance(exchange.their, DryRun)
        wanted = items(exchange.their, bodies=exchange.bodies).get(number)

        def explains(answer: Answer) -> bool:
            return (
                isinstance(answer, DryRun)
                and items(answer, bodies=exchange.bodies).get(number) == wanted
            )

        raw = [row.number for row in exchange.one.rows if row.number.lstrip("+") == number]
        narrower = partial(ours, narrowed(exchange.one.batch, raw)) if raw else None
        return self._found(explains, narrower)


def _overall(
    profile: Profile, exchanges: Sequence[_Exchange], differences: Sequence[AnswerDifference]
) -> tuple[Switches, ...]:
    """Return the switches that explain every answer, those that agree among them.

    Each alone; where none does, one set of those that explain the single differences.
    """
    # Those that differ first: most profiles are ruled out by them.
    order = sorted(exchanges, key=lambda each: same(each.mine, each.their, bodies=each.bodies))

    def explains(other: Profile) -> bool:
        return all(
            same(ours(each.one.batch, other), each.their, bodies=each.bodies) for each in order
        )

    single = [
        (switch, value)
        for switch, value, other in alternatives(profile, SWITCHES)
        if explains(other)
    ]
    if single:
        return tuple((one,) for one in nearest(profile, single))
    named = dict.fromkeys(one for each in differences for some in each.explained_by for one in some)
    chosen: dict[str, Any] = {}
    least = sum(each.unlike(profile) for each in exchanges)
    while least:
        tried = [
            (sum(each.unlike(profile.replace(**made)) for each in exchanges), made)
            for switch, value in named
            for made in ({**chosen, switch: value},)
            if switch not in chosen and _possible(profile, made)
        ]
        best, made = min(tried, key=lambda each: each[0], default=(least, chosen))
        if best >= least:
            return ()
        least, chosen = best, made
    return (tuple(chosen.items()),)


def _possible(profile: Profile, made: Mapping[str, Any]) -> bool:
    """Whether a profile may have these values together."""
    few, most = (made.get(name, getattr(profile, name)) for name in ("min_digits", "max_digits"))
    return bool(few <= most)


def upper_bound(different: int, asked: int) -> float:
    """Return the exact binomial upper bound (Clopper and Pearson) at 95 %, rounded up.

    >>> upper_bound(0, 100), upper_bound(1, 100), upper_bound(0, 0), upper_bound(3, 3)
    (0.0296, 0.0466, 1.0, 1.0)
    """
    if different >= asked:
        return 1.0

    def at_most(share: float) -> float:
        return math.fsum(
            math.exp(
                math.lgamma(asked + 1)
                - math.lgamma(count + 1)
                - math.lgamma(asked - count + 1)
                + (count * math.log(share))
                + (asked - count) * math.log1p(-share)
            )
            for count in range(different + 1)
        )

    low, high = 1e-12, 1 - 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(middle) > 1 - _SURE else (low, middle)
    return math.ceil(high * 10_000) / 10_000


def fields_of(
    one: list[RecipientDryRun], other: list[RecipientDryRun], here: Any, there: Any
) -> Iterable[tuple[str, tuple[str, str]]]:
    """Yield the fields in which what is said of a recipient differs, in words."""
    times = tuple(sum(counts.values()) if counts else 0 for counts in (here, there))
    if times[0] != times[1]:
        yield "listed", (f"{times[0]} times", f"{times[1]} times")
    if not one or not other:
        return
    mine, their = one[0], other[0]
    missing = mine.missing | their.missing
    if mine.number_of_parts != their.number_of_parts or "number_of_parts" in missing:
        yield "number_of_parts", (str(mine.number_of_parts), _given(their, "number_of_parts"))
    words = Words()
    if words.meaning(mine.encoding) != words.meaning(their.encoding):
        yield "encoding", (mine.encoding, _word(_given(their, "encoding")))
    if "body" in missing:
        yield "body", (counted(len(mine.body), "character"), "none")
    elif mine.body != their.body:
        yield "body", (_body(mine.body, their.body), _body(their.body, mine.body))


def _given(item: RecipientDryRun | DryRun, name: str) -> str:
    """Return what an answer has in a field, as text; ``none`` where it left it out."""
    value = getattr(item, name)
    if name in item.missing:
        return "none"
    return f"{value:,}" if isinstance(value, int) else value


def _body(text: str, other: str) -> str:
    """Say of a text how it differs from another, without its words."""
    at = next(
        (at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b),
        min(len(text), len(other)),
    )
    length = counted(len(text), "character")
    return f"{length}, U+{ord(text[at]):04X} at {at:,}" if at < len(text) else length


def whole(answer: Answer) -> str:
    """Say in words whether a request was refused."""
    if isinstance(answer, Refused):
        return _word(str(answer), 80)
    return f"accepted: {counted(answer.number_of_recipients, 'recipient')}"


def _word(text: str, most: int = 20) -> str:
    """Shorten what an account said, and keep terminals safe from it."""
    return "".join(one if one.isprintable() else "?" for one in text[:most])


def _masked(row: Drawn | None, number: str) -> str:
    from smsplan.numbers import country, masked_number

    return masked_number(number, row.country if row is not None else country(number))


def _quoted(word: str) -> str:
    return f"'{_word(word)}'"


def _count(number: int) -> str:
    return {0: "no difference", 1: "1 difference"}.get(number, f"{number:,} differences")


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %"


def _more(every: Sequence[Any]) -> list[str]:
    return [f"  and {len(every) - _SHOWN:,} more"] if len(every) > _SHOWN else []
