"""Open questions of the API that change a plan: by how much, and which dry run decides them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

from smsplan.errors import InputError
from smsplan.ratecards import Cost
from smsplan.showing import Shown
from smsplan.totals.plan_view import Planned
from smsplan.totals.tabular import ANY, COUNT, CURRENCY, MONEY, frame

if TYPE_CHECKING:
    from smsplan.totals.tabular import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a plan would be under one value of a switch.

    ``refused``: the API would refuse the requests, for this reason; then there are no counts.
    """

    value: Any
    messages: int
    parts: int
    cost: Cost
    dry_run_recipients: int
    dry_run_messages: int
    refused: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "value": self.value,
            "messages": self.messages,
            "parts": self.parts,
            "cost": self.cost.to_dict(),
            "dry_run": {
                "number_of_recipients": self.dry_run_recipients,
                "number_of_messages": self.dry_run_messages,
            },
            "refused": self.refused,
        }

    @property
    def _counts(self) -> tuple[Any, ...]:
        return (
            self.messages,
            self.parts,
            self.cost,
            self.dry_run_recipients,
            self.dry_run_messages,
            self.refused,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A switch of the profile that changes this plan.

    ``text`` says what is open. ``value`` is the one the plan was made with, ``answers`` those of
    every value, that one first. ``rows`` differ under any of them: planned in another way, or
    counted in another way by a dry run; all, where a value has the message refused. ``dry_run`` is
    a request whose free dry run on the account decides the question, ``expected`` what it answers
    under each value.
    """

    switch: str
    text: str
    value: Any
    rows: int
    answers: tuple[Answer, ...]
    dry_run: dict[str, Any]
    expected: dict[str, str]

    @property
    def counts(self) -> bool:
        """Whether a value changes counts or cost; else some only have the message refused."""
        own, *others = (answer._counts for answer in self.answers if not answer.refused)
        return any(other != own for other in others)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "switch": self.switch,
            "text": self.text,
            "value": self.value,
            "rows": self.rows,
            "answers": [answer.to_dict() for answer in self.answers],
            "dry_run": self.dry_run,
            "expected": self.expected,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Assumptions(Shown):
    """The open questions that change a plan, the largest difference first.

    Each is asked alone, the other switches as they are in the plan. Those under which the API would
    refuse the message, and that change nothing else, are last. ``parts`` and ``cost`` are the
    plan's; ``priced`` is False where no rates were given.
    """

    questions: tuple[Question, ...]
    parts: int
    cost: Cost
    priced: bool

    @property
    def sentence(self) -> str:
        """One line: that none of the open questions changes the plan, or between what it lies."""
        refusing = [
            question.switch
            for question in self.questions
            if any(answer.refused for answer in question.answers)
        ]
        changing = [
            question
            for question in self.questions
            if question.counts or question.switch not in refusing
        ]
        refused = f"the API would refuse it, were {' or '.join(refusing)} other than assumed"
        if not changing:
            if not refusing:
                return "None of the API's open questions changes this plan."
            return f"None of the API's open questions changes these counts; {refused}."
        count = len(changing)
        one = f"{count} open questions of the API change"
        if count == 1:
            one = "1 open question of the API changes"
        end = f"; {refused}." if refusing else "."
        between = self._range(changing)
        if not between:
            return f"{one} rows or the dry run of this plan, not its parts or cost{end}"
        alone = "" if count == 1 else ", one at a time"
        return f"{one} this plan{alone}: {between}{end}"

    def _range(self, questions: Iterable[Question]) -> str:
        """Between what parts and cost lie; empty where they are always the same."""
        answers = [
            answer for question in questions for answer in question.answers if not answer.refused
        ]
        parts = sorted({answer.parts for answer in answers})
        if len(parts) == 1 and all(answer.cost == self.cost for answer in answers):
            return ""
        said = f"{parts[0]:,} to {parts[-1]:,} parts" if len(parts) > 1 else f"{parts[0]:,} parts"
        if not self.priced:
            return said
        low, high = _ends(answer.cost for answer in answers)
        if low == high:
            return f"{said}, {self.cost.brief}"
        return f"{said}, {low.brief} to {high.brief}"

    def to_frame(self, *, currency: str | None = None, bounds: bool = False) -> Frame:
        """Return a pandas DataFrame with a row for each value of each open question.

        The first row of a ``switch`` is the value that the plan was made with. Where ``refused``
        says why the API would take no message, there are no counts, and ``cost`` is None.
        ``unpriced`` counts messages without a price. ``cost`` is exact, what is expected, in
        ``currency``, which is named where amounts are in several; ``bounds`` adds ``cost_low`` and
        ``cost_high``.
        """
        columns = {
            "switch": ANY,
            "text": ANY,
            "value": ANY,
            "rows": COUNT,
            "messages": COUNT,
            "parts": COUNT,
            "cost": MONEY,
            "unpriced": COUNT,
            "currency": CURRENCY,
            "number_of_recipients": COUNT,
            "number_of_messages": COUNT,
            "refused": ANY,
        }
        rows = (
            {
                "switch": question.switch,
                "text": question.text,
                "value": answer.value,
                "rows": question.rows,
                "messages": answer.messages,
                "parts": answer.parts,
                "cost": None if answer.refused else answer.cost,
                "unpriced": answer.cost.unpriced,
                "number_of_recipients": answer.dry_run_recipients,
                "number_of_messages": answer.dry_run_messages,
                "refused": answer.refused,
            }
            for question in self.questions
            for answer in question.answers
        )
        return frame(columns, rows, currency=currency, bounds=bounds)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; money is text."""
        return {
            "sentence": self.sentence,
            "parts": self.parts,
            "cost": self.cost.to_dict(),
            "priced": self.priced,
            "questions": [question.to_dict() for question in self.questions],
        }


def assumptions(plan: Planned) -> Assumptions:
    """Say which open questions change a plan: :meth:`Plan.assumptions`."""
    from smsplan.whatif.open_questions import QUESTIONS, alternatives
    from smsplan.whatif.other_answers import replanned

    settings, summary = plan.settings, plan.summary
    asked, refusals = {}, {}
    for switch in QUESTIONS:
        _, *others = alternatives(switch, settings.profile)
        refusals[switch] = [_refused(plan, profile) for profile in others]
        asked[switch] = tuple(
            profile
            for profile, refused in zip(others, refusals[switch], strict=True)
            if not refused
        )
    found = replanned(plan, asked)
    questions = []
    for switch, text in QUESTIONS.items():
        refused = refusals[switch]
        if not found[switch].rows and not any(refused):
            continue
        every = alternatives(switch, settings.profile)
        totals = iter(found[switch].totals)
        answers = [_answer(getattr(settings.profile, switch), summary, *_dry_run(summary))]
        for profile, reason in zip(every[1:], refused, strict=True):
            value = getattr(profile, switch)
            answers.append(_refusal(value, reason) if reason else _answer(value, *next(totals)))
        questions.append(_question(switch, text, every, answers, found[switch].rows, summary.rows))
    return Assumptions(
        questions=tuple(sorted(questions, key=_size)),
        parts=summary.parts,
        cost=summary.cost,
        priced=summary.priced,
    )


def _refused(plan: Planned, profile: Any) -> str:
    """Say why the API would refuse the message under a profile; empty where it would not."""
    settings = replace(plan.settings, profile=profile)
    for each in settings.each():
        try:
            each.check_message()
        except InputError as error:
            return str(error).partition("\n")[2] or str(error)
    return ""


def _dry_run(summary: Any) -> tuple[int, int]:
    return summary.dry_run_recipients, summary.dry_run_messages


def _answer(value: Any, summary: Any, recipients: int, messages: int) -> Answer:
    return Answer(
        value=value,
        messages=summary.messages,
        parts=summary.parts,
        cost=summary.cost,
        dry_run_recipients=recipients,
        dry_run_messages=messages,
    )


def _refusal(value: Any, reason: str) -> Answer:
    return Answer(
        value=value,
        messages=0,
        parts=0,
        cost=Cost(),
        dry_run_recipients=0,
        dry_run_messages=0,
        refused=reason,
    )


def _question(
    switch: str,
    text: str,
    profiles: tuple[Any, ...],
    answers: list[Answer],
    rows: int,
    all_rows: int,
) -> Question:
    from smsplan.whatif.open_questions import probe, shown

    named = {
        shown(answer.value): profile for answer, profile in zip(answers, profiles, strict=True)
    }
    apart = [
        (shown(first.value), shown(second.value))
        for first, second in combinations(answers, 2)
        if first._counts != second._counts
    ]
    # Where no total differs, rows do.
    request, expected = probe(switch, named, apart or list(combinations(named, 2)))
    return Question(
        switch=switch,
        text=text,
        value=answers[0].value,
        rows=all_rows if any(answer.refused for answer in answers) else rows,
        answers=tuple(answers),
        dry_run=request,
        expected=expected,
    )


def _size(question: Question) -> tuple[Any, ...]:
    """Sort what changes most first, and what only has the message refused last."""
    own, *others = (answer for answer in question.answers if not answer.refused)
    cost = max((_distance(own.cost, other.cost) for other in others), default=Decimal(0))
    parts = max((abs(other.parts - own.parts) for other in others), default=0)
    refuses = any(answer.refused for answer in question.answers) and not question.counts
    return refuses, -parts, -cost, -question.rows, question.switch


def _distance(first: Cost, second: Cost) -> Decimal:
    """How far apart two costs are, whatever the currency: only to put them in an order."""
    names = {*first.high, *second.high}
    zero = Decimal(0)
    return sum(
        (
            abs(mine.get(name, zero) - theirs.get(name, zero))
            for mine, theirs in ((first.low, second.low), (first.high, second.high))
            for name in names
        ),
        zero,
    )


def _ends(costs: Iterable[Cost]) -> tuple[Cost, Cost]:
    """The least and the most of some costs, each currency for itself."""
    every = list(costs)
    names = sorted({name for cost in every for name in cost.high})
    zero = Decimal(0)
    return (
        Cost({name: min(cost.low.get(name, zero) for cost in every) for name in names}),
        Cost({name: max(cost.high.get(name, zero) for cost in every) for name in names}),
    )
