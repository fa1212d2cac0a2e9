"""The dry runs of a calibration: what is asked, what is asked again, and what may be believed.

An accepted request is believed at once. A refused one says something only where a request that
differs in one thing is accepted, since an account may refuse for reasons of its own; and both are
asked again at the end, since these may pass. A limit is such a pair, of which one is a character or
a digit longer. Where one and the same request is accepted and refused, no refusal is believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Never

from smsplan.api.dryruns import DryRun
from smsplan.errors import InputError
from smsplan.live.answers import ELSEWHERE, Answer, Refused, number_of, refusal, theirs
from smsplan.live.api_error import ApiError
from smsplan.live.asking import DryRuns
from smsplan.live.calibrating import probes
from smsplan.live.calibrating.contradictions import plain, said
from smsplan.live.calibrating.probes import Limit, Probe
from smsplan.plurals import counted

# How often a request is made that is not answered; how many of those one after the other, the last
# the plainest, end it, and how many of the plainest that are refused.
_TRIES = 3
_ENOUGH = 3


@dataclass(frozen=True, eq=False)
class Call:
    """A dry run that was made; ``answer`` is an error where there was none.

    ``parts`` are the requests of one recipient that it has, where each asks something.
    """

    probe: Probe
    answer: Answer | ApiError
    parts: tuple[tuple[str, Probe], ...] = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """A limit, or its unit, and the requests that show it.

    ``refused`` is the shortest that is refused, null where none is.
    """

    value: Any
    accepted: Probe
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
    believed: dict[str, Probe] = field(default_factory=dict)
    found: dict[str, Answers] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    unsteady: list[tuple[int, ...]] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)
    _by_key: dict[str, list[int]] = field(default_factory=dict)
    _again: dict[str, tuple[Probe, int]] = field(default_factory=dict)
    _unanswered: int = 0
    _plain_refused: int = 0

    def run(self) -> None:
        """Ask everything; raises :class:`ApiError` where the account cannot be asked."""
        self._begin()
        for probe in probes.fixed(self.numbers, self.common):
            self._settle(probe, fresh=probe.name == "no details")
        self._texts(probes.TEXTS, self.common)
        self._texts(probes.CUT_TEXTS, {**self.common, "truncate_concat": True})
        self._limits()
        self._length_unit()
        self._confirm()

    def calls_of(self, probe: Probe) -> tuple[int, ...]:
        """Return the places of the calls that made a request."""
        return tuple(self._by_key.get(probe.key, ()))

    def _confirm(self) -> None:
        """Ask again what was refused, and what was accepted beside it."""
        plainest = probes.plain(self.numbers[0], self.common)
        # The last question is whether the account is as it was at first.
        again = [(plainest, 1), *self._again.values()][::-1]
        unanswered = [
            probe
            for probe, times in again
            if self._accepts(probe, len(self.calls_of(probe)) + times) is None
        ]
        if self.unsteady:
            name = self.calls[self.unsteady[0][0]].probe.name
            why = f"the account accepts '{name}' and refuses it, so that no refusal decides"
            for probe in tuple(self.believed.values()):
                self._disbelieve(probe, why)
        for probe in unanswered:
            self._disbelieve(probe, f"'{probe.name}' was not answered again")

    def _believe(self, refused: Probe, accepted: Probe, times: int = 1) -> None:
        self.believed[refused.key] = refused
        if accepted.key != probes.plain(self.numbers[0], self.common).key:
            self._again[accepted.key] = accepted, 1
        self._again[refused.key] = refused, times

    def _disbelieve(self, probe: Probe, why: str) -> None:
        if self.believed.pop(probe.key, None):
            self._doubt(probe, why)
        for switch, found in list(self.found.items()):
            asked = (found.accepted, found.refused)
            if found.refused and any(each and each.key == probe.key for each in asked):
                del self.found[switch]
                self.doubts[switch] = why
                if self.found.pop("length_unit", None):
                    # It is asked about at a limit.
                    self.doubts["length_unit"] = why

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
        if self._unanswered > _ENOUGH or not self.calls:
            raise last
        self.calls.append(Call(probe, last, parts))
        self._doubt(probe, f"'{probe.name}' has {said(last)}")
        if self._unanswered == _ENOUGH:
            # Whether it is these requests that are not answered, or any.
            self._ask(probes.plain(self.numbers[0], self.common))
        return None

    def _accepts(self, probe: Probe, times: int = 1) -> bool | None:
        """Whether the account accepts a request, asked so often; null: it is not known."""
        while len(self._by_key.get(probe.key, ())) < times:
            if self._ask(probe) is None:
                return None
        refused = [isinstance(self.calls[call].answer, Refused) for call in self._by_key[probe.key]]
        return None if len(set(refused)) == 2 else not refused[0]

    def _settle(self, probe: Probe, *, fresh: bool = False) -> bool | None:
        """Ask a probe, and its twin where it is refused."""
        if fresh and self._ask(probe) is None:
            return None
        accepted = self._accepts(probe)
        if accepted is not False or probe.twin is None:
            return accepted
        answer = self._ask(probe.twin)
        if isinstance(answer, DryRun):
            self._plain_refused = 0
            self._believe(probe, probe.twin)
            return False
        if answer is not None:
            self._doubt(probe, f"'{probe.twin.name}' was refused like '{probe.name}'")
            self._plain_refused += probe.twin.key == probes.plain(self.numbers[0], self.common).key
            if self._plain_refused == _ENOUGH:
                raise refusal(answer, "it refuses now what it accepted")
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
            whole = Probe(f"{counted(len(some), 'text')}{cut}", payload, ("per_recipient_order",))
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
            number_of(item)
            for item in answer.per_recipient or ()
            if "number_of_parts" not in item.missing
        }
        return listed == {number.removeprefix("+") for number, _ in parts}

    # Limits ---------------------------------------------------------------------------------------

    def _limits(self) -> None:
        """Look for the limits: at once where all are as documented, else one by one."""
        sizes = probes.documented_sizes()
        together = self._fits(probes.sized({}, sizes, self.numbers[0], self.common))
        for limit in probes.LIMITS:
            self._limit(limit, sizes if together else {})

    def _fits(self, probe: Probe) -> bool | None:
        """Whether a request is accepted for all its recipients; null: it is not known."""
        accepted = self._accepts(probe)
        if not accepted:
            return accepted
        call = self.calls_of(probe)[-1]
        answer = self.calls[call].answer
        assert isinstance(answer, DryRun)
        told = "number_of_recipients" not in answer.missing
        if told and answer.number_of_recipients != len(probe.payload["to"]):
            # It was left out, or merged with another: neither accepted nor refused.
            self.odd.append(call)
            return None
        return True

    def _limit(self, limit: Limit, base: Mapping[str, int]) -> None:
        """Find the last step that is accepted, beside the first that is not."""

        def probe(step: int) -> Probe:
            size = {limit.switch: limit.size(step)}
            return probes.sized(size, base, self.numbers[0], self.common)

        low, high, why = 0, limit.top + 1, ""
        steps = [step for guess in limit.guesses for step in (guess, guess + 1)]
        while high > low + 1 and not why:
            # Where documentation says nothing: as far as can be, then by halves.
            rest = [limit.top, limit.least, (low + high) // 2]
            step = next(step for step in (*steps, *rest) if low < step < high)
            fits = self._fits(probe(step))
            if fits is None:
                why = f"'{probe(step).name}' is answered neither as accepted nor as refused"
            elif not fits and step <= limit.least:
                why = f"'{probe(step).name}' is refused, and so is all beyond"
            low, high = (step, high) if fits else (low, step)
        if why:
            self.doubts.setdefault(limit.switch, why)
            return
        refused = None if high > limit.top else probe(high)
        if refused is not None:
            # What no documentation has is asked once more.
            self._believe(refused, probe(low), 1 if low in limit.guesses else 2)
        self.found[limit.switch] = Answers(limit.value(low), probe(low), refused)

    def _length_unit(self) -> None:
        """Ask for half a limit of emoji, which are two code units each, and one more."""
        for switch in ("value_limit", "body_limit", "reference_limit"):
            limit = self.found.get(switch)
            if limit is None or limit.value is None or limit.value < 2:
                continue
            shorter, longer = (
                probes.sized({switch: count}, {}, self.numbers[0], self.common, fill=probes.SMILE)
                for count in (limit.value // 2, limit.value // 2 + 1)
            )
            fits = self._fits(longer)
            if fits:
                self.found["length_unit"] = Answers("code_point", longer)
            elif fits is False and self._fits(shorter):
                self.found["length_unit"] = Answers("utf16", shorter, longer)
                self._believe(longer, shorter)
            else:
                why = f"neither '{longer.name}' nor '{shorter.name}' is accepted"
                self.doubts.setdefault("length_unit", why)
            return
        self.doubts.setdefault("length_unit", "no limit is known by which its unit would show")


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
