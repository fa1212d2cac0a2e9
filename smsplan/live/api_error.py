"""What an error of the API says: whose fault it is, whether it was done all the same, what to do.

A request that changes something and whose answer is missing, or cannot be used, may have been
accepted: the error says what to look for, and never that it be made again. What is certain:

* no connection came about, or no token: nothing was asked for;
* 4xx: it was refused, but for those that say no more than that somebody gave up waiting.

A message holds no secret, no whole number of a recipient, and nothing that the service wrote but a
code that looks like one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsplan.api.batches import Batch
from smsplan.errors import SmsplanError
from smsplan.numbers import country, masked_number, normalise

# Reasons for which an answer is missing, or cannot be used.
UNREACHABLE = "no connection"
LOST = "the connection was lost"
SLOW = "it took too long"
CUT_OFF = "the answer was cut off"
UNREADABLE = "the answer cannot be read"
PROXY = "the answer came from a proxy, not from the API"

_READS = frozenset({"dry run", "list", "retrieve", "reports"})
# Request Timeout, and what proxies say of a request that was broken off: nobody knows how far it
# came. Too Early (425) and 429 refuse it.
_LEAVES_OPEN = frozenset({408, 444, 460, 499})
_PASSING = _LEAVES_OPEN | {425, 429}
# What means the same whoever says it, a proxy too.
_PLAIN = _LEAVES_OPEN | {401, 407, 413, 429}
# What refuses the request for what is in it.
_OF_REQUEST = frozenset({400, 403, 409, 413, 422})
# Who is at fault.
_WHOSE = {
    400: "the request",
    401: "the credentials",
    403: "the account or the request",
    404: "the request: there is no such batch",
    405: "this version of smsplan",
    407: "a proxy: it asks for a password",
    413: "the request: it is too large",
    415: "this version of smsplan",
    429: "the rate: too many requests are outstanding",
}
# What is to be done.
_STEPS = {
    400: "check the request",
    401: "check the token or key, the service plan and the region",
    403: "check what the account may do",
    404: "check the id, and that the batch is of this account and region",
    405: "report it, please",
    407: "put the proxy's password into HTTPS_PROXY",
    413: "ask for fewer recipients, or shorter values, at a time",
    415: "report it, please",
    429: "send slower, or try again later",
}
# What is to be done about the API's codes that say it without their text.
_OF_CODE = {
    "batch_already_dispatched": "it was sent or cancelled, and can no longer be changed",
    "unknown_group": "name a group that the account has",
    "blocked_account": "the account is blocked: ask the provider",
    "missing_callback_url": "give a callback_url, or ask for no delivery_report",
}
# A number behind a parameter's key is left away.
_FIELD = re.compile(
    r"[Pp]arameter '("
    r"(?:to|to_add|to_remove)\[\d+\]"
    r"|[A-Za-z]+(?:_[A-Za-z]+)*(?:\.[A-Za-z_]\w*)?"
    r")['.]"
)
_CODE = re.compile(r"(?!.*\d{5})[A-Za-z0-9_. /:-]{1,64}")
_SHORT_NUMBER = 6
_LONGEST = 80


def place_in_to(field: str) -> int | None:
    """Return the place in ``to`` that the name of a field has.

    >>> place_in_to("to[3]"), place_in_to("body")
    (3, None)
    """
    found = re.fullmatch(r"to\[(\d+)\]", field)
    return None if found is None else int(found[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What to look for where nobody knows whether a request was accepted.

    ``batch_id`` is what it was to change; of a send these are known: the ``client_reference``, the
    ``sender`` (null: the account's own), and the first recipient, masked. ``asked_at`` is in UTC.

    >>> from smsplan import TextBatch
    >>> batch = TextBatch(to=["+447700900123"], from_="Shop", body="Hi")
    >>> Sought.of(batch, datetime(2026, 7, 1, 10)).where
    "for a batch from 'Shop' to GB ••• 23, asked for at 2026-07-01 10:00:00 UTC,"
    """

    asked_at: datetime | None = None
    batch_id: str | None = None
    client_reference: str | None = None
    sender: str | None = None
    first_recipient: str | None = None

    @classmethod
    def of(cls, batch: Batch, asked_at: datetime) -> Sought:
        """Return what to look for after a batch was sent."""
        first = batch.to[0]
        digits = normalise(first)
        return cls(
            asked_at=asked_at,
            client_reference=batch.client_reference,
            sender=batch.from_,
            first_recipient=f"group {_quoted(first)}"
            if digits is None
            else masked_number(digits, country(digits)),
        )

    @property
    def where(self) -> str:
        """Where to look, in words."""
        if self.batch_id is not None:
            return f"at batch {_quoted(self.batch_id)}"
        if self.client_reference:
            return f"for client_reference {_quoted(self.client_reference)}"
        if self.first_recipient is None:
            return "into the account"
        digits = normalise(self.sender or "") or ""
        if self.sender is None:
            sender = "the account's own sender"
        elif len(digits) > _SHORT_NUMBER:
            sender = masked_number(digits, country(digits))
        else:
            sender = _quoted(self.sender)
        return (
            f"for a batch from {sender} to {self.first_recipient}, asked for at "
            f"{self.asked_at:%Y-%m-%d %H:%M:%S} UTC,"
        )


class ApiError(SmsplanError):
    """The API refused a call, or did not answer in a way that can be used.

    ``status`` is the HTTP status, null where none came, also where the body is a proxy's page, or
    cannot be read; ``code`` and ``text`` are the API's, empty where it has none. ``reason`` says
    why an answer cannot be used. ``outcome_unknown``: what was asked for may have been done; then
    ``client_reference``, ``sender`` (null: the account's own), ``first_recipient`` (masked),
    ``batch_id`` and ``asked_at`` (UTC) are what to look for, as far as they are known.
    ``retry_after`` is how many seconds the service asks to wait, null where it does not. The
    message never holds a secret, a whole number of a recipient or a text of the request.
    """

    def __init__(
        self,
        operation: str,
        status: int | None,
        code: str = "",
        text: str = "",
        *,
        reason: str = "",
        retry_after: float | None = None,
        sought: Sought | None = None,
        token: bool = False,
        limited: bool = False,
        earlier: bool = False,
    ) -> None:
        """Tell what happened.

        ``token``: it was the token that could not be had, so that nothing was asked for.
        ``limited``: the answer was above a limit of ours. ``earlier``: what was asked for before,
        without an answer that can be used, may have been done.
        """
        self.operation = operation
        self.status = status
        self.code = code
        self.text = text
        self.reason = reason
        self.retry_after = retry_after
        self.sought = found = sought or Sought()
        self.client_reference = found.client_reference
        self.sender = found.sender
        self.first_recipient = found.first_recipient
        self.batch_id = found.batch_id
        self.asked_at = found.asked_at
        self._token = token
        self._limited = limited
        self._earlier = earlier
        super().__init__(self._message())

    def after(self, earlier: ApiError | None) -> ApiError:
        """Return this error as that of a later try, after one that perhaps was accepted."""
        if earlier is None or not earlier.outcome_unknown:
            return self
        said, more = self._given
        return _error(said, {**more, "earlier": True})

    @property
    def unreachable(self) -> bool:
        """Whether there was no connection at all: nothing was asked for, nothing done."""
        return self.status is None and self.reason == UNREACHABLE

    @property
    def outcome_unknown(self) -> bool:
        """Whether it may have been done all the same; what changes nothing never is."""
        if self.operation in _READS:
            return False
        return self._earlier or self._open

    @property
    def _open(self) -> bool:
        """Whether it is of the last try that nobody knows."""
        if self._token or self.unreachable:
            return False
        refused = self.status is not None and 400 <= self.status < 500
        return not refused or self.status in _LEAVES_OPEN

    @property
    def passing(self) -> bool:
        """Whether the same call may be answered otherwise a little later."""
        if self._limited:
            return False
        if self.status is None or self.status >= 500 or self.status in _PASSING:
            return True
        return self.status < 300 and self.reason in (CUT_OFF, SLOW)

    @property
    def refused(self) -> bool:
        """Whether the answer is no, and will be: it was not that nobody could answer."""
        return self.status is not None and 300 <= self.status < 500 and not self.passing

    @property
    def from_proxy(self) -> bool:
        """Whether the answer is not the API's, but that of a proxy or firewall in between."""
        return self.reason == PROXY

    @property
    def not_of_request(self) -> bool:
        """Whether any other request would have been refused as well."""
        if self.from_proxy or self.code == "blocked_account":
            return True
        return self.status not in _OF_REQUEST

    @property
    def _stopped(self) -> bool:
        """Whether the request did not get through to the API."""
        return self.from_proxy and (self.status or 0) < 500 and self.status not in _PLAIN

    @property
    def field(self) -> str:
        """The field of the request that the API's text names, such as ``to[3]``; else empty."""
        found = _FIELD.search(self.text)
        return found[1] if found else ""

    @property
    def place(self) -> int | None:
        """The place in ``to`` of the recipient that the API's text names; else None."""
        return place_in_to(self.field)

    @property
    def at_fault(self) -> str:
        """Whose fault it is."""
        if self.status is None:
            return "the network"
        if 300 <= self.status < 400:
            return "the address: it leads elsewhere"
        if self._token and self.status in (400, 403):
            return _WHOSE[401]
        if self._stopped:
            return "a proxy or firewall on the way"
        ours = 400 <= self.status < 500
        return _WHOSE.get(self.status, "the request" if ours else "the service")

    def _message(self) -> str:
        asked = f"the token request before {self.operation}" if self._token else self.operation
        if self.status is None:
            said = f"no answer to {asked} ({self.reason or LOST})"
        else:
            code = f", {self.code}" if _CODE.fullmatch(self.code) else ""
            said = f"{asked} was answered with {self.status}{code}"
            if self.reason:
                said += f" ({self.reason})"
        step = self._look() if self.outcome_unknown else self._step()
        return f"{said}; at fault is {self.at_fault}; {step}"

    def _look(self) -> str:
        what = "it" if self._open else "an earlier try"
        again = "give feedback" if self.operation == "feedback" else self.operation
        return f"{what} may have been accepted: look {self.sought.where} before you {again} again"

    def _step(self) -> str:
        if self.retry_after is not None and self.passing:
            return f"come back in {_seconds(self.retry_after)}"
        if self.status is None:
            step = "check the connection and try again"
            if self.operation in _READS:
                return step
            return f"nothing was {'sent' if self.operation == 'send' else 'changed'}; {step}"
        if 300 <= self.status < 400 or (self.status == 404 and self._stopped):
            return "check the region, or SINCH_BASE_URL"
        if self._stopped:
            return "ask who runs it to let the request through"
        status = 401 if self._token and self.status in (400, 403) else self.status
        if self.code in _OF_CODE:
            return _OF_CODE[self.code]
        if self.text and status not in (401, 404, 429):
            step = "see the API's text in error.text"
            return f"fix '{self.field}' of the request, or {step}" if self.field else step
        step = _STEPS.get(status, "try again later")
        if status == 404 and self.operation == "feedback":
            step += ", and was sent with feedback_enabled"
        return step

    @property
    def _given(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What it was made of."""
        return (self.operation, self.status, self.code, self.text), {
            "reason": self.reason,
            "retry_after": self.retry_after,
            "sought": self.sought,
            "token": self._token,
            "limited": self._limited,
            "earlier": self._earlier,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        return _error, self._given


def _error(said: tuple[Any, ...], more: dict[str, Any]) -> ApiError:
    return ApiError(*said, **more)


def _seconds(seconds: float) -> str:
    """Return a time to wait in words, never too short."""
    if seconds <= 120:
        return f"{math.ceil(seconds):,} seconds"
    return f"{math.ceil(seconds / 60):,} minutes"


def _quoted(text: str) -> str:
    """Return a text in quotes, short, and harmless in a terminal."""
    plain = "".join(one if one.isprintable() else "?" for one in text)
    return f"'{plain}'" if len(plain) <= _LONGEST else f"'{plain[:_LONGEST]}…'"
