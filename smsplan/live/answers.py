"""What an account answers to a dry run, or a profile in its place: the same kind of value."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from smsplan.api.batches import Batch, known_fields
from smsplan.api.dryruns import DryRun, RecipientDryRun, dry_run
from smsplan.api.profiles import Profile
from smsplan.errors import RequestRefused
from smsplan.live.api_error import ApiError
from smsplan.live.asking import DryRuns
from smsplan.live.recording import named
from smsplan.numbers import normalise

_MOST = 1000


# Said by whoever gave up waiting, or asks to wait: no answer to the request.
_NO_ANSWER = frozenset({408, 425, 429, 444, 460, 499})
# Said of an account, an address or a version of this software, not of a request.
ELSEWHERE = frozenset({401, 404, 405, 407, 415})


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was refused; ``parameters`` are those at fault, as far as they are named.

    ``error`` is what the account answered, null where the answer was made here.
    """

    code: str
    parameters: tuple[str, ...]
    error: ApiError | None = field(default=None, compare=False)

    def agrees(self, other: Refused) -> bool:
        """Whether the two may be the same refusal: of the same parameter, where both name one.

        What a refusal is called is a matter of words, unless the API has a code for another thing.
        """
        if {self.code, other.code} & _OTHER_THINGS and self.code != other.code:
            return False
        if not self.parameters or not other.parameters:
            return True
        return bool(set(self.parameters) & set(other.parameters))

    def __str__(self) -> str:
        status = "" if self.error is None else f"{self.error.status} "
        return f"refused: {status}{self.code}".rstrip(": ")


_FIELD = re.compile(r"[.\[]")
_FIELDS = {*known_fields({}), "per_recipient", "number_of_recipients"}
# Codes of the API that are about neither a text nor a number.
_OTHER_THINGS = frozenset({"unknown_group", "missing_callback_url", "blocked_account"})
Answer = DryRun | Refused


def theirs(api: DryRuns, batch: Batch, most: int = _MOST, *, every: bool = False) -> Answer:
    """Ask an account; what is no answer to the request (401, 429, 5xx, unreadable) raises ApiError.

    ``every``: a refusal is an answer whatever its status is, as for whoever asks further whether it
    has to do with the request.
    """
    try:
        return api.dry_run(batch, per_recipient=True, number_of_recipients=most)
    except ApiError as error:
        status = error.status
        if status is None or not 400 <= status < 500 or status in _NO_ANSWER:
            raise
        if status in ELSEWHERE and not every:
            raise
        where = named(error.text)
        # A text may quote what is no field of a request.
        known = _FIELD.split(where, maxsplit=1)[0] in _FIELDS
        return Refused(error.code, (where,) if known else (), error)


def refusal(refused: Refused, why: str) -> ApiError:
    """Return the error of an account that refuses whatever it is asked."""
    error = refused.error
    assert error is not None, "it came from an account"
    blocked = error.code.casefold() == "blocked_account"
    reason = "the account is blocked" if blocked else error.reason or why
    return ApiError(error.operation, error.status, error.code, error.text, reason=reason)


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


def number_of(item: RecipientDryRun) -> str:
    """Return the digits of a recipient, however the account writes them.

    >>> number_of(RecipientDryRun("+44 7700 900123", 1, "Hi", "GSM"))
    '447700900123'
    """
    return normalise(item.recipient) or item.recipient


def same(one: Answer, other: Answer, *, bodies: bool = True) -> bool:
    """Whether two answers say the same; without ``bodies`` texts are not compared."""
    if isinstance(one, Refused):
        return isinstance(other, Refused) and one.agrees(other)
    if isinstance(other, Refused):
        return False
    if (one.number_of_recipients, one.number_of_messages, one.missing) != (
        other.number_of_recipients,
        other.number_of_messages,
        other.missing,
    ):
        return False
    if one.per_recipient is None or other.per_recipient is None:
        return one.per_recipient is other.per_recipient
    return items(one, bodies=bodies) == items(other, bodies=bodies)


def items(answer: DryRun, *, bodies: bool = True) -> dict[str, Counter[RecipientDryRun]]:
    """Return what is said of each recipient."""
    found: dict[str, Counter[RecipientDryRun]] = {}
    for item in answer.per_recipient or ():
        number = number_of(item)
        if not bodies:
            item = replace(item, body="", missing=item.missing - {"body"})
        found.setdefault(number, Counter())[item] += 1
    return found
