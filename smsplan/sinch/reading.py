"""What the answers of an interview come to: a profile, what is open and why, what fits nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from smsplan.dryruns import DryRun
from smsplan.encoding.alphabets import LANGUAGES
from smsplan.profiles import SWITCHES, Profile
from smsplan.sinch.answers import Refused, ours
from smsplan.sinch.api import ApiError
from smsplan.sinch.asking import LENIENT
from smsplan.sinch.contradictions import Contradiction, contradiction
from smsplan.sinch.deciding import (
    ACCEPTED,
    CODE,
    PER_RECIPIENT,
    VARIABLES,
    Decision,
    Fact,
    decide,
    facts_of,
    table,
)
from smsplan.sinch.interview import Call, Interview
from smsplan.sinch.probes import Probe, language
from smsplan.sinch.words import Words, certain

# Less often than once in so many times recipients are in one order by chance.
_NO_CHANCE = 10**6
_VOCABULARIES = ("GSM/UNICODE", "text/unicode")


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
        self._against = list(self._contradictions())

    def findings(self) -> Findings:
        values = {switch: self._value(switch) for switch in SWITCHES}
        self._codes(values)
        profile = Profile(**values, vocabulary=self._words.own())
        decides = {call: tuple(dict.fromkeys(names)) for call, names in self._decides.items()}
        return Findings(profile, self._open, decides, tuple(self._against))

    def _value(self, switch: str) -> Any:
        """Return the value of a switch, or the documented one where it stays open."""
        if switch == "encoding_names":
            return self._encoding_names()
        if switch == "per_recipient_order":
            return self._order()
        if switch == "languages":
            return self._languages()
        if switch in VARIABLES:
            left = self._left(switch, [switch])[switch]
            documented = getattr(Profile(), switch)
            return documented if documented in left else left[0]
        found = self._interview.found.get(switch)
        if found is None:
            return self._leave(switch, self._interview.doubts[switch])
        self._decided(switch, found.calls)
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
        facts: list[Fact] = []
        for place, call in enumerate(self._calls):
            answer = call.answer
            if isinstance(answer, ApiError):
                continue
            if isinstance(answer, Refused) and call.probe.key not in self._interview.believed:
                continue
            for number, probe in call.parts:
                own = number.removeprefix("+")
                facts += [fact for fact in facts_of(place, probe, answer, self._words)
                          if fact.attribute[1] == own]  # fmt: skip
            if call.probe.asks is not None:
                facts += facts_of(place, call.probe, answer, self._words)
        # Where details are left out now and then, it says nothing that they are left out once.
        whims = any(
            fact.attribute == PER_RECIPIENT and fact.observed not in fact.possible for fact in facts
        )
        for fact in facts:
            details = fact.attribute == PER_RECIPIENT and "no_details" in (fact.probe.asks or ())
            if not (whims and details):
                yield fact

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
        left = self._left("languages", [language(name) for name in LANGUAGES])
        if not any((False,) == values for values in left.values()) and (
            "languages" not in self._open
        ):
            return "all"
        return tuple(name for name in LANGUAGES if left[language(name)] == (True,))

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
        if not _about(names, decision.facts):
            return f"no answer says anything of it; {values} are possible"
        return f"the answers are the same for {values}, the other switches being as they are"

    # By themselves --------------------------------------------------------------------------------

    def _encoding_names(self) -> Any:
        """Return the documented vocabulary of which every word is; casing says nothing."""
        heard = {name: self._words.heard(name) for name in ("GSM", "UNICODE")}
        if not any(heard.values()):
            return self._leave("encoding_names", "no answer names an encoding")
        fit = [
            value
            for value in _VOCABULARIES
            if all(
                heard[name] <= {word.casefold()}
                for name, word in zip(heard, value.split("/"), strict=True)
            )
        ]
        calls = [place for place, call in enumerate(self._calls) if _encodings(call)]
        if len(fit) == 1:
            self._decided("encoding_names", calls[:1])
            return fit[0]
        if fit:
            return self._leave("encoding_names", f"the answers are the same for {', '.join(fit)}")
        words = tuple(sorted({word for some in heard.values() for word in some}))
        self._add(calls[0], "encoding", words, _VOCABULARIES, ("encoding_names",))
        return self._leave("encoding_names", "the account's answer fits no value")

    def _order(self) -> Any:
        """Return in which order texts to many recipients were answered, every time."""
        fit, chance, calls = {"request", "number"}, 1, []
        for place, call in enumerate(self._calls):
            answer = call.answer
            if not call.parts or not isinstance(answer, DryRun) or not answer.per_recipient:
                continue
            asked = [number.removeprefix("+") for number, _ in call.parts]
            got = [item.recipient.removeprefix("+") for item in answer.per_recipient]
            if sorted(got) != sorted(asked):
                continue
            calls.append(place)
            chance *= math.factorial(len(got))
            fit -= {"request"} if got != asked else set()
            fit -= {"number"} if got != sorted(asked) else set()
        switch = "per_recipient_order"
        if calls and not fit:
            self._add(calls[0], "per_recipient", "another order", ("request", "number"), (switch,))
            return self._leave(switch, "the account's answer fits no value")
        if len(fit) > 1 or chance < _NO_CHANCE:
            return self._leave(switch, "no answer lists enough recipients")
        self._decided(switch, calls)
        return fit.pop()

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
            answers = [call.answer for call in self._calls if call.probe.key == probe.key]
            said = {answer.code for answer in answers if isinstance(answer, Refused)}
            if len(said) == 1:
                self._words.hear(code, said.pop())

    # What fits nothing ----------------------------------------------------------------------------

    def _add(self, call: int, field: str, answered: Any, possible: Any, switches: Any) -> None:
        made = self._calls[call]
        self._against.append(
            contradiction(made.probe, made.answer, field, answered,
                          possible=possible, switches=switches)
        )  # fmt: skip

    def _contradictions(self) -> Iterator[Contradiction]:
        """Yield every attribute that no profile has, once for each dry run and field."""
        seen: set[tuple[str, str]] = set()
        for fact in (*self._decision.unexplained, *self._decision.clashing):
            field = fact.attribute[0]
            if (fact.probe.key, field) in seen:
                continue
            seen.add((fact.probe.key, field))
            answer = self._calls[fact.call].answer
            if isinstance(answer, DryRun) and self._calls[fact.call].parts:
                answer = _of_number(answer, fact.attribute[1])
            yield contradiction(
                fact.probe, answer, field, fact.observed,
                possible=tuple(fact.possible), switches=_switches(fact.probe),
            )  # fmt: skip
        for call in self._interview.odd:
            made = self._calls[call]
            assert isinstance(made.answer, DryRun)
            yield contradiction(
                made.probe, made.answer, "number_of_recipients", made.answer.number_of_recipients,
                possible=(len(made.probe.payload["to"]),),
            )  # fmt: skip
        for calls in self._interview.unsteady[:1]:
            some = [self._calls[call] for call in calls]
            refused = next(call for call in some if isinstance(call.answer, Refused))
            yield contradiction(refused.probe, refused.answer, "accepted", "accepted and refused")
        for call in self._calls:
            if call.parts and isinstance(call.answer, DryRun) and not _adds_up(call.answer):
                listed = sum(item.number_of_parts for item in call.answer.per_recipient or ())
                yield contradiction(
                    call.probe, call.answer, "number_of_messages", call.answer.number_of_messages,
                    possible=(listed,),
                )  # fmt: skip


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
        probe = texts.get(item.recipient.removeprefix("+"), call.probe)
        said = {row.get(("encoding", item.recipient.removeprefix("+")), [None])[0]
                for _, row in table(probe)} if probe.asks is not None else set()  # fmt: skip
        if len(said) == 1 and "encoding" not in item.missing:
            found.append((said.pop(), item.encoding))
    return found


def _about(names: Sequence[str], facts: Iterable[Fact]) -> bool:
    return any(name in (fact.probe.asks or ()) for fact in facts for name in names)


def _switches(probe: Probe) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.split(" ")[0] for name in probe.asks or ()))


def _of_number(answer: DryRun, number: str) -> DryRun:
    """Return what an answer says of one recipient."""
    own = tuple(
        item for item in answer.per_recipient or () if item.recipient.removeprefix("+") == number
    )
    return DryRun(len(own), sum(item.number_of_parts for item in own), own)


def _adds_up(answer: DryRun) -> bool:
    """Whether the total is that of the parts that are listed, as far as both are there."""
    items = answer.per_recipient or ()
    if not items or "number_of_messages" in answer.missing or any(
        "number_of_parts" in item.missing for item in items
    ):  # fmt: skip
        return True
    return answer.number_of_messages == sum(item.number_of_parts for item in items)
