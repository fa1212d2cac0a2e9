"""Open questions of the API that change a plan: by how much, and which dry run decides them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smsplan.insight.planned import Planned
from smsplan.ratecards import Cost


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A switch of the profile that changes this plan.

    ``value`` is the one the plan was made with, ``answers`` those of every value, that one first.
    ``rows`` that differ under any of them. ``dry_run`` is a request whose free dry run on the
    account decides the question, ``expected`` what it answers under each value.
    """

    switch: str
    text: str
    value: Any
    rows: int
    answers: tuple[Answer, ...]
    dry_run: dict[str, Any]
    expected: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """The open questions that change a plan, the largest difference first."""

    questions: tuple[Question, ...]
    parts: int
    cost: Cost
    priced: bool

    @property
    def sentence(self) -> str:
        """One line: that none of the open questions changes the plan, or between what it lies."""
        raise NotImplementedError

    def __str__(self) -> str:
        from smsplan.display.views import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.views import as_html

        return as_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        raise NotImplementedError


def assumptions(plan: Planned) -> Assumptions:
    """Say which open questions change a plan: :meth:`Plan.assumptions`."""
    raise NotImplementedError
