"""What the answers of an interview come to: a profile, what is open and why, what fits nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from smsplan.api.dryruns import DryRun
from smsplan.api.profiles import SWITCHES, Profile
from smsplan.encoding.alphabets import LANGUAGES
from smsplan.live.account_words import Words
from smsplan.live.answers import Refused, number_of, ours
from smsplan.live.api_error import ApiError
from smsplan.live.asking import LENIENT
from smsplan.live.calibrating.contradictions import Contradiction, contradiction
from smsplan.live.calibrating.deciding import (
    ACCEPTED,
    CODE,
    ORDER,
    VARIABLES,
    Fact,
    decide,
    facts_of,
    table,
)
from smsplan.live.calibrating.interview import Call, Interview
from smsplan.live.calibrating.probes import Probe, language


@dataclass(frozen=True, slots=True)
class Findings:
    """What an interview comes to; ``decides`` are the switches that each call decides."""

    profile: Profile
    open: dict[str, str]
    decides: dict[int, tuple[str, ...]]
    contradictions: tuple[Contradiction, ...]


def read(interview: Interview) -> Findings:
    """Return what the answers of an interview come to."""
    return _Reading(interview).findings()


class _Reading:
    def __init__(self, interview: Interview) -> None:
        self._interview = interview
        self._calls = interview.calls
        self._words = _words(interview.calls)
        self._decision = decide(list(self._facts()))
        self._open: dict[str, str] = {}
        self._decides: dict[int, list[str]] = {}

    def findings(self) -> Findings:
        values = {switch: self._value(switch) for switch in SWITCHES}
        self._codes(values)
        profile = Profile(**values, vocabulary=self._words.own())
        decides = {call: tuple(dict.fromkeys(names)) for call, names in self._decides.items()}
        return Findings(profile, self._open, decides, tuple(self._contradictions()))

    def _value(self, switch: str) -> Any:
        """Return the value of a switch, or the documented one where it stays open."""
        if switch == "languages":
            return self._languages()
        if switch in VARIABLES:
            left = self._left(switch, [switch])[switch]
            documented = getattr(Profile(), switch)
            return documented if documented in left else left[0]
        found = self._interview.found.get(switch)
        if found is None:
            return self._leave(switch, self._interview.doubts[switch])
        for probe in filter(None, (found.accepted, found.refused)):
            self._decided(switch, self._interview.calls_of(probe))
        return found.value

    def _leave(self, switch: str, why: str) -> Any:
        self._open[switch] = why
        return getattr(Profile(), switch)

    def _decided(self, switch: str, calls: Iterable[int]) -> None:
        for call in calls:
            self._decides.setdefault(call, []).append(switch)

    # By facts -------------------------------------------------------------------------------------

    def _facts(self) -> Iterator[Fact]:
        """Yield what may be believed, attribute by attribute."""
        for place, call in enumerate(self._calls):
            answer = call.answer
            if isinstance(answer, ApiError):
                continue
            if isinstance(answer, Refused) and call.probe.key not in self._interview.believed:
                continue
            if call.probe.asks is not None:
                made = facts_of(place, call.probe, answer, self._words)
                # Of texts together, what is said of each is held against its own request.
                yield from (fact for fact in made if not call.parts or fact.attribute == ORDER)
            for number, probe in call.parts:
                made = facts_of(place, probe, answer, self._words)
                own = number.removeprefix("+")
                yield from (fact for fact in made if fact.attribute[1] == own)

    def _left(self, switch: str, names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """Return the values that facts leave; the switch is open where these are several."""
        left = {name: self._decision.possible[name] for name in names}
        several = [name for name in names if len(left[name]) > 1 and not self._idle(name)]
        if several:
            self._open[switch] = self._why(several)
        else:
            for name in names:
                self._decided(switch, self._decision.decided_by.get(name, ()))
        return left

    def _languages(self) -> Any:
        names = [language(name) for name in LANGUAGES]
        left = self._left("languages", names)
        if "languages" not in self._open and (False,) not in left.values():
            return "all"
        return _tables([name for name in names if left[name] == (True,)])

    def _idle(self, name: str) -> bool:
        """Whether it makes no difference: the Portuguese tables have all that the Spanish has."""
        portuguese = self._decision.possible[language("pt")] == (True,)
        return name == language("es") and portuguese

    def _why(self, names: Sequence[str]) -> str:
        """Say why several values are left."""
        decision, doubts = self._decision, self._interview.doubts
        if _about(names, decision.clashing):
            return "the account's answers contradict each other"
        if _about(names, decision.unexplained):
            return "the account's answer fits no value"
        for name in names:
            if name in doubts:
                return doubts[name]
        values = ", ".join(map(str, decision.possible[names[0]]))
        if decision.possible[names[0]] == (False, True):
            values = f"an account with and one without the tables of {', '.join(_tables(names))}"
        if not _about(names, decision.facts):
            return f"no answer says anything of it; {values} are possible"
        return f"the answers are the same for {values}, the other switches being as they are"

    # Beside the switches --------------------------------------------------------------------------

    def _codes(self, values: dict[str, Any]) -> None:
        """Hear what the account calls the reasons for which requests were refused."""
        refused: list[tuple[Probe, str]] = []
        for call in self._calls:
            if call.probe.key in self._interview.believed and call.probe.asks:
                codes = {row[CODE] for _, row in table(call.probe) if not row[ACCEPTED]}
                refused += [(call.probe, code) for code in codes if len(codes) == 1]
        for switch, found in self._interview.found.items():
            if found.refused is not None:
                limits = {name: value for name, value in values.items() if name == switch}
                if switch == "length_unit":
                    limits = values
                made = ours(found.refused.batch, LENIENT.replace(**limits))
                refused += [(found.refused, made.code)] if isinstance(made, Refused) else []
        for probe, code in refused:
            answers = [self._calls[call].answer for call in self._interview.calls_of(probe)]
            said = {answer.code for answer in answers if isinstance(answer, Refused)}
            if len(said) == 1:
                self._words.hear(code, said.pop())

    # What fits nothing ----------------------------------------------------------------------------

    def _contradictions(self) -> Iterator[Contradiction]:
        """Yield every attribute that no profile has, once for each dry run and field."""
        seen: set[tuple[str, str]] = set()
        for fact in (*self._decision.unexplained, *self._decision.clashing):
            field = fact.attribute[0]
            if (fact.probe.key, field) in seen:
                continue
            seen.add((fact.probe.key, field))
            answer = self._calls[fact.call].answer
            if isinstance(answer, DryRun) and fact.probe is not self._calls[fact.call].probe:
                answer = _of_number(answer, fact.attribute[1])
            yield contradiction(
                fact.probe,
                answer,
                field,
                fact.observed,
                possible=tuple(fact.possible),
                switches=_switches(fact.about),
            )
        for place in self._interview.odd:
            made = self._calls[place]
            assert isinstance(made.answer, DryRun)
            yield contradiction(
                made.probe,
                made.answer,
                "number_of_recipients",
                made.answer.number_of_recipients,
                possible=(len(made.probe.payload["to"]),),
            )
        for places in self._interview.unsteady[:1]:
            some = [self._calls[place] for place in places]
            refused = next(call for call in some if isinstance(call.answer, Refused))
            yield contradiction(refused.probe, refused.answer, "accepted", "accepted and refused")


def _words(calls: Sequence[Call]) -> Words:
    """Return the words for texts whose encoding is the same under every profile."""
    words = Words()
    for call in calls:
        for encoding, word in _encodings(call):
            words.hear(encoding, word)
    return words


def _encodings(call: Call) -> list[tuple[str, str]]:
    """Return what an answer calls the encodings that are certain: the documented words first."""
    if not isinstance(call.answer, DryRun):
        return []
    texts = {number.removeprefix("+"): probe for number, probe in call.parts}
    found = []
    for item in call.answer.per_recipient or ():
        probe = texts.get(number_of(item), call.probe)
        said = (
            {row.get(("encoding", number_of(item)), [None])[0] for _, row in table(probe)}
            if probe.asks is not None
            else set()
        )
        if len(said) == 1 and "encoding" not in item.missing:
            found.append((said.pop(), item.encoding))
    return found


def _about(names: Sequence[str], facts: Iterable[Fact]) -> bool:
    return any(name in fact.about for fact in facts for name in names)


def _tables(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in LANGUAGES if language(name) in names)


def _switches(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.split(" ")[0] for name in names))


def _of_number(answer: DryRun, number: str) -> DryRun:
    """Return what an answer says of one recipient."""
    own = tuple(item for item in answer.per_recipient or () if number_of(item) == number)
    return DryRun(len(own), sum(item.number_of_parts for item in own), own)
