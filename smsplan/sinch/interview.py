"""The dry runs of a calibration: what is asked, what is asked again, and what may be believed.

An accepted request is believed at once. A refused one says something only where a request that
differs in one thing is accepted, and both are asked twice: an account may refuse for reasons of its
own. A limit is such a pair, of which one is a character or a digit longer. Where one and the same
request is accepted and refused, no refusal is believed at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Never

from smsplan.dryruns import DryRun
from smsplan.errors import InputError
from smsplan.plurals import counted
from smsplan.sinch import probes
from smsplan.sinch.answers import ELSEWHERE, Answer, Refused, theirs
from smsplan.sinch.api import ApiError
from smsplan.sinch.asking import DryRuns
from smsplan.sinch.contradictions import plain, said
from smsplan.sinch.probes import Limit, Probe

# How often a request is made that is not answered; and how many of those end it.
_TRIES = 3
_UNANSWERED = 3


@dataclass(frozen=True, eq=False)
class Call:
    """A dry run that was made; ``answer`` is an error where there was none.

    ``parts`` are the requests of one recipient that it has, where each asks something.
    """

    probe: Probe
    answer: Answer | ApiError
    parts: tuple[tuple[str, Probe], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a pair of requests says of a limit, or of its unit, and the calls that say it."""

    value: Any
    calls: tuple[int, ...]
    refused: Probe | None = None


@dataclass(slots=True)
class Interview:
    """The calls, in order, and what they say of limits.

    ``believed`` are refused requests beside which another was accepted; ``doubts`` says of a switch
    why an answer decides nothing. ``unsteady``: calls of a request that was accepted and refused.
    ``odd``: requests that were accepted for another number of recipients.
    """

    api: DryRuns
    numbers: tuple[str, ...]
    common: Mapping[str, Any]
    calls: list[Call] = field(default_factory=list)
    believed: set[str] = field(default_factory=set)
    found: dict[str, Found] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    unsteady: list[tuple[int, ...]] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)
    _by_key: dict[str, list[int]] = field(default_factory=dict)
    _unanswered: int = 0

    def run(self) -> None:
        """Ask everything; raises :class:`ApiError` where the account cannot be asked."""
        self._begin()
        for probe in probes.fixed(self.numbers, self.common):
            self._settle(probe, fresh=probe.name == "no details")
        self._texts(probes.TEXTS, self.common)
        self._texts(probes.CUT_TEXTS, {**self.common, "truncate_concat": True})
        self._limits()
        self._length_unit()
        # Whether the account is as it was at first.
        self._ask(probes.plain(self.numbers[0], self.common))
        if self.unsteady:
            self._disbelieve()

    def _disbelieve(self) -> None:
        """Believe no refusal: whoever refuses what it accepts may refuse anything."""
        name = self.calls[self.unsteady[0][0]].probe.name
        why = f"the account accepts '{name}' and refuses it, so that no refusal decides"
        for call in self.calls:
            if call.probe.key in self.believed:
                self._doubt(call.probe, why)
        self.believed.clear()
        for switch in [switch for switch, found in self.found.items() if found.refused]:
            self.doubts[switch] = why
            del self.found[switch]

    # One request ----------------------------------------------------------------------------------

    def _ask(self, probe: Probe, parts: tuple[tuple[str, Probe], ...] = ()) -> Answer | None:
        """Ask; null where there is no answer, though it was asked for several times."""
        for _ in range(_TRIES):
            try:
                answer = theirs(self.api, probe.batch, probe.most, every=True)
            except ApiError as error:
                last = error
                continue
            self._unanswered = 0
            before = self._by_key.setdefault(probe.key, [])
            before.append(len(self.calls))
            self.calls.append(Call(probe, answer, parts))
            if len({isinstance(self.calls[call].answer, Refused) for call in before}) == 2:
                self.unsteady.append(tuple(before))
            return answer
        self._unanswered += 1
        if self._unanswered == _UNANSWERED or not self.calls:
            raise last
        self.calls.append(Call(probe, last, parts))
        self._doubt(probe, f"'{probe.name}' has {said(last)}")
        return None

    def _accepts(self, probe: Probe, times: int = 1) -> bool | None:
        """Whether the account accepts a request, asked so often; null: it is not known."""
        while len(self._by_key.get(probe.key, ())) < times:
            if self._ask(probe) is None:
                return None
        refused = [isinstance(self.calls[call].answer, Refused) for call in self._by_key[probe.key]]
        return None if len(set(refused)) == 2 else not refused[0]

    def _settle(self, probe: Probe, *, fresh: bool = False) -> bool | None:
        """Ask a probe; where it is refused again, and its twin where that is."""
        if fresh and self._ask(probe) is None:
            return None
        accepted = self._accepts(probe)
        if accepted is not False or probe.twin is None:
            return accepted
        if self._accepts(probe, 2) is not False:
            return None
        answer = self._ask(probe.twin)
        if isinstance(answer, DryRun):
            self.believed.add(probe.key)
            return False
        if answer is not None:
            self._doubt(probe, f"'{probe.twin.name}' was refused like '{probe.name}'")
        return None

    def _doubt(self, probe: Probe, why: str) -> None:
        for name in probe.asks or ():
            self.doubts.setdefault(name, why)

    def _begin(self) -> None:
        """Ask the plainest request; raises InputError where it is refused."""
        number = self.numbers[0]
        bare = probes.plain(number, {}, "default_originator")
        with_sender = probes.plain(number, self.common)
        if self.common:
            bare = Probe(bare.name, bare.payload, bare.asks, twin=with_sender)
        if self._accepts(bare):
            return
        if self.common and self._accepts(with_sender):
            self._settle(bare)
            return
        answer = self.calls[-1].answer
        if isinstance(answer, ApiError):
            raise answer
        assert isinstance(answer, Refused)
        _refused(answer, sender=bool(self.common))

    # Texts ----------------------------------------------------------------------------------------

    def _texts(
        self, texts: Sequence[tuple[str, tuple[str, ...]]], fields: Mapping[str, Any]
    ) -> None:
        """Ask about many texts at once, each to a number of its own."""
        # Not in the order of numbers, so that the order of the answer says something.
        numbers = self.numbers[::-1]
        cut = ", truncated" if "truncate_concat" in fields else ""
        for start in range(0, len(texts), len(numbers)):
            some = list(zip(numbers, texts[start : start + len(numbers)], strict=False))
            parts = tuple(
                (
                    number,
                    Probe(
                        f"text {start + place}{cut}",
                        probes.together([(number, text)], **fields),
                        asks,
                        twin=probes.plain(self.numbers[0], self.common),
                    ),
                )
                for place, (number, (text, asks)) in enumerate(some, start=1)
            )
            payload = probes.together([(number, text) for number, (text, _) in some], **fields)
            whole = Probe(f"{counted(len(some), 'text')}{cut}", payload)
            if not any(self._listed(whole, parts) for _ in range(2)):
                # Alone, the total says how many parts, and a refusal which text is at fault.
                for _, probe in parts:
                    self._settle(probe)

    def _listed(self, whole: Probe, parts: tuple[tuple[str, Probe], ...]) -> bool:
        """Ask about texts together; whether the answer says something of each."""
        answer = self._ask(whole, parts)
        if not isinstance(answer, DryRun):
            return False
        listed = {
            item.recipient.removeprefix("+")
            for item in answer.per_recipient or ()
            if "number_of_parts" not in item.missing
        }
        return listed == {number.removeprefix("+") for number, _ in parts}

    # Limits ---------------------------------------------------------------------------------------

    def _limits(self) -> None:
        """Look for the limits: at once where all are as documented, else one by one."""
        sizes = probes.documented_sizes()
        together = self._fits(probes.sized(sizes, self.numbers[0], self.common))
        for limit in probes.LIMITS:
            self._limit(limit, sizes if together else {})

    def _fits(self, probe: Probe, times: int = 1) -> bool | None:
        accepted = self._accepts(probe, times)
        call = self._by_key.get(probe.key, [0])[-1]
        answer = self.calls[call].answer
        if accepted and isinstance(answer, DryRun) and (
            "number_of_recipients" not in answer.missing
            and answer.number_of_recipients != len(probe.payload["to"])
        ):  # fmt: skip
            # It was left out, or merged with another: neither accepted nor refused.
            self.odd.append(call)
            return None
        return accepted

    def _limit(self, limit: Limit, base: Mapping[str, int]) -> None:
        """Find the last step that is accepted, beside the first that is not."""

        def probe(step: int) -> Probe:
            sizes = {**base, limit.switch: limit.size(step)}
            return probes.sized(sizes, self.numbers[0], self.common)

        def doubt(step: int, why: str) -> None:
            self.doubts.setdefault(limit.switch, f"'{_name(limit, step)}' {why}")

        low, high = 0, limit.top + 1
        steps = [step for guess in limit.guesses for step in (guess, guess + 1)]
        while True:
            # Where documentation says nothing: as far as can be, then by halves.
            rest = [limit.top, limit.least, (low + high) // 2]
            step = next((step for step in (*steps, *rest) if low < step < high), 0)
            if not step:
                break
            fits = self._fits(probe(step))
            if fits is None:
                return doubt(step, "is answered neither as accepted nor as refused")
            low, high = (step, high) if fits else (low, step)
            if high <= limit.least:
                return doubt(limit.least, "is refused, and nothing is shorter")
        if high > limit.top:
            self.found[limit.switch] = Found(limit.value(low), self._calls(probe(low)))
        elif self._fits(probe(high), 2) is False and self._fits(probe(low), 2):
            calls = self._calls(probe(low)) + self._calls(probe(high))
            self.found[limit.switch] = Found(limit.value(low), calls, probe(high))
        else:
            doubt(high, "is answered now so, now otherwise")
        return None

    def _length_unit(self) -> None:
        """Ask for half a limit of emoji, which are two code units each, and one more."""
        for switch in ("value_limit", "body_limit", "reference_limit"):
            limit = self.found.get(switch)
            if limit is None or limit.value is None or limit.value < 2:
                continue
            shorter, longer = (
                probes.sized({switch: count}, self.numbers[0], self.common, fill=probes.SMILE)
                for count in (limit.value // 2, limit.value // 2 + 1)
            )
            if self._fits(longer):
                self.found["length_unit"] = Found("code_point", self._calls(longer))
            elif self._fits(shorter) and self._fits(longer, 2) is False and self._fits(shorter, 2):
                calls = self._calls(shorter) + self._calls(longer)
                self.found["length_unit"] = Found("utf16", calls, longer)
            else:
                why = f"'{longer.name}' is answered otherwise than '{shorter.name}', or not at all"
                self.doubts.setdefault("length_unit", why)
            return
        self.doubts.setdefault("length_unit", "no limit is known by which its unit would show")

    def _calls(self, probe: Probe) -> tuple[int, ...]:
        return tuple(self._by_key.get(probe.key, ()))


def _name(limit: Limit, step: int) -> str:
    return f"{limit.switch} {limit.size(step)}"


def _refused(answer: Refused, *, sender: bool) -> Never:
    """Raise what says why nothing can be asked."""
    error = answer.error
    assert error is not None
    if error.status in ELSEWHERE:
        raise error
    how = ", ".join(filter(None, [str(error.status), plain(error.code)]))
    steps = [] if sender else ["have no default originator: give one with from_= (--from)"]
    steps.append("be in test mode: give verified numbers with numbers= (--number)")
    steps.append("be blocked: ask the provider")
    raise InputError(
        f"the account refused the plainest dry run ({how}); it may {'; or '.join(steps)}"
    )
