"""The profile of an account, found by asking it: free dry runs that send nothing.

Every answer is compared with what a profile would answer, computed here. The profile is sought that
gives every answer; what two values of a switch answer alike stays open, and is said.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from smsplan.dryruns import DryRun, dry_run
from smsplan.errors import InputError, RequestRefused
from smsplan.numbers import normalise
from smsplan.profiles import Profile
from smsplan.sinch import probes
from smsplan.sinch.alternatives import alternatives
from smsplan.sinch.answers import Answer, Refused, items, refused_by, theirs
from smsplan.sinch.asking import DryRuns
from smsplan.sinch.probes import Probe

# Reserved for fiction: nobody has them.
NUMBERS = tuple(f"+447700900{place}" for place in range(123, 163))
_SWITCHES = tuple(field.name for field in dataclasses.fields(Profile))
_SWEEPS = 8
# Options of one thing are sought together: one alone may explain as much as it spoils.
_TOGETHER = (
    ("auto_encoding", "auto_encoding_partial", "auto_encoding_order"),
    ("truncation", "truncation_encoding", "truncation_boundary"),
)
_UNITS = (*((name,) for name in _SWITCHES), *_TOGETHER)
# What of an answer shows these switches, and nothing else.
_COMPARES = {"names": "encoding_names", "order": "per_recipient_order"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A dry run that was made: the request, what was answered, and the switches it decides."""

    name: str
    request: Mapping[str, Any]
    number_of_recipients: int
    answer: str
    decides: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "name": self.name,
            "request": dict(self.request),
            "number_of_recipients": self.number_of_recipients,
            "answer": self.answer,
            "decides": list(self.decides),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """An account's profile.

    ``evidence`` are the dry runs, in order. ``open`` has every switch that they leave open, with
    the reason; it keeps the documented default where that is among what is possible.
    ``unexplained`` names the dry runs that no value of any switch answers.
    """

    profile: Profile
    evidence: tuple[Evidence, ...]
    open: Mapping[str, str]
    unexplained: tuple[str, ...]
    date: str
    region: str = ""

    @property
    def calls(self) -> int:
        """How many dry runs were made."""
        return len(self.evidence)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "profile": self.profile.to_dict(),
            "changes": self.profile.changes(),
            "evidence": [each.to_dict() for each in self.evidence],
            "open": dict(self.open),
            "unexplained": list(self.unexplained),
            "calls": self.calls,
            "date": self.date,
            "region": self.region,
        }

    def to_toml(self) -> str:
        """Return the profile as TOML, with date, region and evidence as comments.

        ``plan(profile="profile.toml")`` reads it.
        """
        where = f", region {self.region}" if self.region else ""
        head = [f"Found on {self.date}{where} by {self.calls} dry runs, which sent nothing.", ""]
        head += [
            f"{each.name}: {each.answer}"
            + (f" (decides {', '.join(each.decides)})" if each.decides else "")
            for each in self.evidence
        ]
        if self.open:
            head += ["", "Left open, and as documented where that is possible:"]
            head += [f"{switch}: {why}" for switch, why in self.open.items()]
        if self.unexplained:
            head += ["", "No switch explains the answers to: " + ", ".join(self.unexplained)]
        comments = "\n".join(f"# {_plain(line)}".rstrip() for line in head)
        return f"{comments}\n\n{self.profile.to_toml()}"

    @property
    def head(self) -> str:
        """How much was asked, and how much that decides."""
        decided = len(_SWITCHES) - len(self.open)
        return f"{self.calls} dry runs; {decided} of {len(_SWITCHES)} switches decided"

    def __repr__(self) -> str:
        changes = ", ".join(self.profile.changes()) or "nothing"
        return f"<Calibration: {self.head}; other than documented: {changes}>"

    def _repr_html_(self) -> str:
        from smsplan.sinch.views import as_html

        return as_html(self)

    def __str__(self) -> str:
        lines = [self.head]
        changes = self.profile.changes()
        if changes:
            lines.append("other than documented:")
            lines += [f"  {switch} = {_plain(str(value))}" for switch, value in changes.items()]
        else:
            lines.append("All that is decided is as documented.")
        if self.open:
            lines.append("left open:")
            lines += [f"  {switch}: {why}" for switch, why in self.open.items()]
        if self.unexplained:
            lines.append("no switch explains the answers to: " + ", ".join(self.unexplained))
        return "\n".join(lines)


@dataclass(slots=True)
class _Item:
    """What one answer says of one request, or of one text of it."""

    probe: Probe
    answer: Answer
    call: int
    known: dict[Profile, bool] = dataclasses.field(default_factory=dict)

    def agrees(self, profile: Profile) -> bool:
        """Whether an account of this profile would answer so."""
        found = self.known.get(profile)
        if found is None:
            found = _alike(self.probe, _ours(self.probe, profile), self.answer)
            self.known[profile] = found
        return found


def calibrate(
    api: DryRuns,
    *,
    numbers: Sequence[str] = NUMBERS,
    from_: str | None = None,
    region: str = "",
) -> Calibration:
    """Ask an account what it makes of every open question, by about twenty dry runs.

    ``numbers`` (two or more) are asked about; nothing is sent to them. An account in test mode may
    only name verified ones: give those; fewer than about forty need more calls. ``from_`` is for an
    account without a default originator.

    Raises :class:`~smsplan.sinch.ApiError` where the account cannot be asked, and
    :class:`~smsplan.errors.InputError` where it needs ``from_``.

    >>> from smsplan.sandbox import running
    >>> from smsplan.sinch import Credentials, SinchApi
    >>> with running(profile=Profile(gsm_boundary="dense", body_limit=1600)) as sandbox:
    ...     found = calibrate(SinchApi(Credentials(
    ...         service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)))
    >>> found.profile.changes()
    {'body_limit': 1600, 'gsm_boundary': 'dense'}
    """
    # Written in two ways it is one number all the same.
    given = tuple({normalise(number) or number: number for number in numbers}.values())
    if len(given) < 2:
        raise InputError("two numbers are asked about at least; give another with numbers=")
    asking = _Asking(api)
    common = {} if from_ is None else {"from": from_}
    answer = asking.ask(probes.first(given[0]))
    if isinstance(answer, Refused) and from_ is not None:
        answer = asking.ask(probes.first(given[0], **common))
    if isinstance(answer, Refused):
        # An account that refuses the plainest request tells nothing by refusing others.
        sender = "" if from_ else "have no default originator: give one with from_= (--from); or "
        raise InputError(
            f"the account refused the plainest dry run ({_plain(answer.code)}); it may {sender}be "
            "in test mode: give verified numbers with numbers= (--number)"
        )
    for probe in probes.fixed(given, common):
        asking.ask(probe)
    whole, *alone = probes.modest(given, common)
    if isinstance(asking.ask(whole), Refused):
        for probe in alone:
            asking.ask(probe)
    for texts, cut in ((probes.TEXTS, False), (probes.CUT_TEXTS, True)):
        fields = {**common, "truncate_concat": True} if cut else common
        for start in range(0, len(texts), len(given)):
            some = list(zip(given, texts[start : start + len(given)], strict=False))
            asking.ask_texts(some, fields, cut=cut)
    profile = _fitted(asking.items)
    for probe in probes.great(profile, given, common):
        asking.ask(probe)
    profile = _fitted(asking.items, profile)
    unit = probes.length_unit(profile, given, common)
    if unit is not None:
        asking.ask(unit)
        profile = _fitted(asking.items, profile)
    return _calibration(profile, asking, region)


class _Asking:
    """The dry runs that were made, and what each of them says."""

    def __init__(self, api: DryRuns) -> None:
        self._api = api
        self.items: list[_Item] = []
        self.calls: list[tuple[Probe, Answer]] = []

    def ask(self, probe: Probe) -> Answer:
        """Ask one question."""
        answer = theirs(self._api, probe.batch, probe.most)
        for compare, asks in (
            ("content", probe.asks - set(_COMPARES.values())),
            *((how, {switch} & probe.asks) for how, switch in _COMPARES.items()),
        ):
            if asks:
                own = dataclasses.replace(probe, asks=frozenset(asks), compare=compare)
                self.items.append(_Item(own, answer, len(self.calls)))
        self.calls.append((probe, answer))
        return answer

    def ask_texts(
        self, texts: Sequence[tuple[str, str]], fields: Mapping[str, Any], *, cut: bool
    ) -> None:
        """Ask about many texts at once, each to a number of its own."""
        asks = probes.text_asks(cut=cut)
        name = f"{len(texts)} texts{', truncated' if cut else ''}"
        whole = Probe(name, probes.together(texts, **fields), asks)
        answer = theirs(self._api, whole.batch, whole.most)
        for number, text in texts:
            own = Probe(name, probes.together([(number, text)], **fields), asks)
            self.items.append(_Item(own, _of_number(answer, number), len(self.calls)))
        self.calls.append((whole, answer))


def _of_number(answer: Answer, number: str) -> Answer:
    """Return what an answer says of one recipient."""
    if isinstance(answer, Refused) or answer.per_recipient is None:
        return answer
    own = tuple(
        item for item in answer.per_recipient if item.recipient.lstrip("+") == number.lstrip("+")
    )
    return DryRun(len(own), sum(item.number_of_parts for item in own), own)


def _ours(probe: Probe, profile: Profile) -> Answer:
    try:
        return dry_run(
            probe.payload, per_recipient=True, number_of_recipients=probe.most, profile=profile
        )
    except RequestRefused as refused:
        return refused_by(refused)


def _alike(probe: Probe, mine: Answer, their: Answer) -> bool:
    if isinstance(mine, Refused) or isinstance(their, Refused):
        return isinstance(mine, Refused) and isinstance(their, Refused) and mine.agrees(their)
    listed = [answer.per_recipient or () for answer in (mine, their)]
    if probe.compare == "names":
        said: list[Any] = [{item.encoding for item in some} for some in listed]
    elif probe.compare == "order":
        said = [[item.recipient.lstrip("+") for item in some] for some in listed]
    else:
        said = [
            (
                answer.number_of_recipients,
                answer.number_of_messages,
                answer.per_recipient is None,
                items(answer),
            )
            for answer in (mine, their)
        ]
    return bool(said[0] == said[1])


def _wrong(items: Iterable[_Item], profile: Profile) -> int:
    return sum(not item.agrees(profile) for item in items)


def _fitted(items: Sequence[_Item], profile: Profile | None = None) -> Profile:
    """Return the profile that gives the most answers, documented values first.

    Switch by switch, each by the items that ask it, until nothing improves; then by twos.
    """
    best = profile or Profile()
    about = {
        names: [item for item in items if item.probe.asks.intersection(names)] for names in _UNITS
    }
    for _ in range(_SWEEPS):
        before = best
        for names in _UNITS:
            best = _improved(best, names, about[names], items)
        if best == before:
            break
    left = [item for item in items if not item.agrees(best)]
    concerned = [name for name in _SWITCHES if any(name in item.probe.asks for item in left)]
    for two in combinations(concerned, 2):
        if not left:
            break
        some = [item for item in items if set(two) & item.probe.asks]
        best = _improved(best, two, some, items)
        left = [item for item in left if not item.agrees(best)]
    return best


def _improved(
    profile: Profile, names: tuple[str, ...], about: Sequence[_Item], items: Sequence[_Item]
) -> Profile:
    """Return the profile with other values of these switches, where that gives more answers."""
    best, least = profile, _wrong(about, profile)
    if least == 0:
        return best
    candidates = [profile]
    for name in names:
        candidates = [
            other
            for each in candidates
            for other in (each, *(found for *_, found in alternatives(each, (name,))))
        ]
    if "languages" in names:
        candidates.append(profile.replace(languages=_languages(items)))
    for other in candidates[1:]:
        wrong = _wrong(about, other)
        if wrong < least:
            best, least = other, wrong
    return best


def _languages(items: Sequence[_Item]) -> tuple[str, ...]:
    """Return the languages whose own letters were answered as GSM."""
    gsm = {
        one.body
        for item in items
        if isinstance(item.answer, DryRun)
        for one in item.answer.per_recipient or ()
        if one.encoding.lower() in ("gsm", "text")
    }
    return tuple(name for name, letter in probes.LETTERS.items() if letter * 71 in gsm)


def _calibration(profile: Profile, asking: _Asking, region: str) -> Calibration:
    decides: dict[int, list[str]] = {}
    left: dict[str, str] = {}
    chosen = profile
    for name in _SWITCHES:
        about = [item for item in asking.items if name in item.probe.asks]
        right = [item for item in about if item.agrees(profile)]
        possible, deciding = [], set()
        for _, value, other in alternatives(profile, (name,)):
            lost = {item.call for item in right if not item.agrees(other)}
            deciding |= lost
            if not lost:
                possible.append(value)
        if not possible:
            for call in deciding:
                decides.setdefault(call, []).append(name)
            continue
        left[name] = _reason(getattr(profile, name), possible, about)
        documented = getattr(Profile(), name)
        if documented in possible:
            other = chosen.replace(**{name: documented})
            if _wrong(asking.items, other) <= _wrong(asking.items, chosen):
                chosen = other
    unexplained = [asking.calls[item.call][0].name for item in asking.items
                   if not item.agrees(chosen)]  # fmt: skip
    return Calibration(
        profile=chosen,
        evidence=tuple(
            Evidence(
                probe.name,
                probe.payload,
                probe.most,
                _said(answer),
                tuple(dict.fromkeys(decides.get(call, ()))),
            )
            for call, (probe, answer) in enumerate(asking.calls)
        ),
        open=left,
        unexplained=tuple(dict.fromkeys(unexplained)),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        region=region,
    )


def _reason(value: Any, possible: Sequence[Any], about: Sequence[_Item]) -> str:
    few = [_plain(str(each)) for each in (value, *possible)]
    values = ", ".join(few[:4]) + (f" and {len(few) - 4} more" if len(few) > 4 else "")
    if not about:
        return f"nothing asks it; {values} are possible"
    return f"the answers are the same for {values}, the other switches being as they are"


def _said(answer: Answer) -> str:
    if isinstance(answer, Refused):
        return str(answer)
    recipients = f"{answer.number_of_recipients} recipients"
    return f"{recipients}, {answer.number_of_messages} parts"


def _plain(text: str) -> str:
    """Return a text of an account as one line that is harmless in comments and terminals."""
    return "".join(one if one.isprintable() else "?" for one in text)


def write(calibration: Calibration, path: str | os.PathLike[str]) -> None:
    """Write the profile as TOML."""
    from pathlib import Path

    from smsplan.errors import OutputError

    try:
        Path(path).write_text(calibration.to_toml(), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"'{os.fspath(path)}' cannot be written: {error.strerror}; name another file"
        ) from None
