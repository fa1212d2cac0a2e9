"""What an account answers to a dry run, or a profile in its place: the same kind of value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from smsplan.batches import Batch
from smsplan.dryruns import DryRun, RecipientDryRun, dry_run
from smsplan.errors import RequestRefused
from smsplan.profiles import Profile
from smsplan.sinch.api import ApiError
from smsplan.sinch.asking import DryRuns
from smsplan.sinch.recording import named

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was refused; ``parameters`` are those at fault, as far as they are named."""

    code: str
    parameters: tuple[str, ...]

    def agrees(self, other: Refused) -> bool:
        """Whether the two are the same refusal: the code, and the parameter where both name one."""
        if self.code != other.code:
            return False
        if not self.parameters or not other.parameters:
            return True
        return bool(set(self.parameters) & set(other.parameters))

    def __str__(self) -> str:
        return f"refused: {self.code}"


Answer = DryRun | Refused


def theirs(api: DryRuns, batch: Batch, most: int = _MOST) -> Answer:
    """Ask an account; what is no answer to the request (401, 429, 5xx) raises ApiError."""
    try:
        return api.dry_run(batch, per_recipient=True, number_of_recipients=most)
    except ApiError as error:
        if error.status not in (400, 403):
            raise
        where = named(error.text)
        return Refused(error.code, (where,) if where else ())


def ours(batch: Batch, profile: Profile, most: int = _MOST) -> Answer:
    """Answer as an account of this profile would."""
    try:
        return dry_run(batch, per_recipient=True, number_of_recipients=most, profile=profile)
    except RequestRefused as refused:
        return refused_by(refused)


def refused_by(refused: RequestRefused) -> Refused:
    """Return the answer that the API gives to faults: it names the first."""
    first = refused.faults[0]
    return Refused(first.code, tuple({first.field, named(first.text)} - {""}))


def same(one: Answer, other: Answer, *, bodies: bool = True) -> bool:
    """Whether two answers say the same; without ``bodies`` texts are not compared."""
    if isinstance(one, Refused):
        return isinstance(other, Refused) and one.agrees(other)
    if isinstance(other, Refused):
        return False
    if (one.number_of_recipients, one.number_of_messages) != (
        other.number_of_recipients,
        other.number_of_messages,
    ):
        return False
    if one.per_recipient is None or other.per_recipient is None:
        return one.per_recipient is other.per_recipient
    return items(one, bodies=bodies) == items(other, bodies=bodies)


def items(answer: DryRun, *, bodies: bool = True) -> dict[str, Counter[RecipientDryRun]]:
    """Return what is said of each recipient."""
    found: dict[str, Counter[RecipientDryRun]] = {}
    for item in answer.per_recipient or ():
        if not bodies:
            item = RecipientDryRun(item.recipient, item.number_of_parts, "", item.encoding)
        number = item.recipient.lstrip("+")
        found.setdefault(number, Counter())[
            RecipientDryRun(number, item.number_of_parts, item.body, item.encoding)
        ] += 1
    return found
