"""The eight operations on batches with our values, and reports; on the official ``sinch`` SDK.

Authentication, token renewal and regions are the SDK's, ``transport`` reads what comes back; what
goes over it is read leniently and written strictly by ``batches`` and ``dryruns``. Retries are
ours: of idempotent calls alone, since a send may have been accepted although no answer came.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

from smsplan.api.batches import Batch, TextUpdate
from smsplan.api.dryruns import DryRun
from smsplan.errors import InputError, SmsplanError
from smsplan.live.api_error import UNREADABLE, ApiError, Sought
from smsplan.live.operations import BatchPage, SentBatch
from smsplan.reports import Report
from smsplan.sinch.credentials import Credentials

if TYPE_CHECKING:
    from smsplan.sinch.transport import Connection

SECONDS = 10.0
TRIES = 4
ANSWER_TIME = 30.0
# A list and a cancel fit into the time that a campaign leaves for them.
PATIENCE = 60.0
# A page of a hundred batches to a thousand recipients each, with a value for every one.
LARGEST = 64 << 20
_PAGE = 100
T = TypeVar("T")


class SinchApi:
    """:class:`BatchesApi` on the official SDK (``pip install 'smsplan[sinch]'``).

    ``timeout`` is for connecting and for each read, ``answer_time`` for a whole answer, both in
    seconds; ``largest_answer`` in octets. ``requests_per_second`` keeps calls apart. ``tries`` is
    how often an idempotent call is made that was answered with 429 or 5xx, or not at all, with
    waits that double, or of the length that the service asks for (``Retry-After``). All tries of a
    call and the waits between them are over within ``patience`` seconds: where a service asks for
    more, the error says when to come back (``retry_after``). What is logged is nothing.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        timeout: float = SECONDS,
        answer_time: float = ANSWER_TIME,
        largest_answer: int = LARGEST,
        patience: float = PATIENCE,
        requests_per_second: float | None = None,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``credentials`` are those of the environment where none are given."""
        chosen = credentials or Credentials.from_environment()
        self.region = chosen.region
        self._connection = _connection(
            chosen, timeout=timeout, answer_time=answer_time, largest=largest_answer
        )
        self._patience = patience
        self._tries = tries
        self._sleep = sleep
        self._between = 0.0 if requests_per_second is None else 1 / requests_per_second
        self._next = 0.0

    def __repr__(self) -> str:
        return "<SinchApi>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def send(self, batch: Batch) -> SentBatch:
        """Send a batch, once: see :meth:`BatchesApi.send`."""
        self._take_turn()
        return self._call(
            _Call("send", "POST", "batches", batch.to_dict()),
            SentBatch.from_dict,
            Sought.of(batch, datetime.now(UTC)),
            time.monotonic() + self._patience,
        )

    def dry_run(
        self,
        batch: Batch | Mapping[str, Any],
        *,
        per_recipient: bool = False,
        number_of_recipients: int = 100,
    ) -> DryRun:
        """Ask what a batch would be; free of charge, as the documentation says.

        A mapping is the API's JSON, which is asked about as it is.
        """
        body = batch if isinstance(batch, Mapping) else batch.to_dict()
        query = {
            "per_recipient": str(per_recipient).lower(),
            "number_of_recipients": number_of_recipients,
        }
        call = _Call("dry run", "POST", "batches/dry_run", body, query)
        return self._again(call, DryRun.from_dict)

    def list(
        self,
        *,
        page: int = 0,
        page_size: int = 30,
        from_: Sequence[str] = (),
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        client_reference: str | None = None,
    ) -> BatchPage:
        """List batches, newest first."""
        query = {
            "page": page,
            "page_size": page_size,
            "from": ",".join(from_) or None,
            "start_date": None if start_date is None else start_date.isoformat(),
            "end_date": None if end_date is None else end_date.isoformat(),
            "client_reference": client_reference,
        }
        return self._again(
            _Call("list", "GET", "batches", query=query),
            lambda answer: BatchPage(
                page=int(answer.get("page", page)),
                count=int(answer["count"]),
                batches=tuple(map(SentBatch.from_dict, answer["batches"])),
            ),
        )

    def retrieve(self, batch_id: str) -> SentBatch:
        """Return a batch."""
        return self._batch("retrieve", "GET", batch_id)

    def update(self, batch_id: str, update: TextUpdate) -> SentBatch:
        """Change some fields of a batch; it is idempotent, and so repeated where need be."""
        return self._batch("update", "POST", batch_id, update.to_dict())

    def replace(self, batch_id: str, batch: Batch) -> SentBatch:
        """Give a batch all fields anew."""
        return self._batch("replace", "PUT", batch_id, batch.to_dict())

    def cancel(self, batch_id: str) -> SentBatch:
        """Cancel a batch."""
        return self._batch("cancel", "DELETE", batch_id)

    def feedback(self, batch_id: str, recipients: Sequence[str]) -> None:
        """Say what was delivered; no recipients are all."""
        path = f"batches/{_id(batch_id)}/delivery_feedback"
        call = _Call("feedback", "POST", path, {"recipients": list(recipients)})
        self._again(call, lambda _: None, batch_id)

    def reports(
        self,
        *,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        client_reference: str | None = None,
    ) -> Iterator[Report]:
        """Yield the delivery reports of recipients, page by page: what ``reconcile`` reads.

        One for each recipient of a batch, also where reports come in meanwhile.
        """
        page, again = 0, False
        seen: set[bytes] = set()
        while True:
            query = {
                "page": page,
                "page_size": _PAGE,
                "start_date": None if start_date is None else start_date.isoformat(),
                "end_date": None if end_date is None else end_date.isoformat(),
                "client_reference": client_reference,
            }
            found, count = self._again(
                _Call("reports", "GET", "delivery_reports", query=query),
                lambda answer: (
                    tuple(map(_report, answer["delivery_reports"])),
                    int(answer["count"]),
                ),
            )
            # Newest first: what comes in or changes meanwhile moves the others, or itself.
            new = [one for one in found if _key(one) not in seen]
            seen.update(map(_key, new))
            yield from new
            page += 1
            ended = not found or page * _PAGE >= count
            if (ended and page == 1) or (again and (ended or not new)):
                return
            if ended:
                page, again = 0, True

    def _batch(
        self, operation: str, method: str, batch_id: str, body: Mapping[str, Any] | None = None
    ) -> SentBatch:
        """Make a call that answers a batch."""
        call = _Call(operation, method, f"batches/{_id(batch_id)}", body)
        return self._again(call, SentBatch.from_dict, batch_id)

    def _again(self, call: _Call, read: Callable[[Any], T], batch_id: str | None = None) -> T:
        """Make an idempotent call, and again where the service could not answer.

        ``batch_id`` is the batch that it is to change.
        """
        earlier: ApiError | None = None
        for attempt in range(1, self._tries + 1):
            self._take_turn()
            if attempt == 1:
                until = time.monotonic() + self._patience
                sought = Sought(asked_at=datetime.now(UTC), batch_id=batch_id)
            try:
                return self._call(call, read, sought, until)
            except ApiError as error:
                last = error.after(earlier)
                # Full jitter: many who wait do not come back together.
                wait = random.uniform(0.1, 0.5 * 2**attempt)
                if error.retry_after is not None:
                    wait = error.retry_after + random.uniform(0, 0.25)
                late = max(time.monotonic() + wait, self._next) > until
                if not error.passing or late or attempt == self._tries:
                    raise last from None
                earlier = last
            self._sleep(wait)
        raise AssertionError("there is at least one try")

    def _take_turn(self) -> None:
        """Keep calls apart."""
        wait = self._next - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._next = time.monotonic() + self._between

    def _call(self, call: _Call, read: Callable[[Any], T], sought: Sought, until: float) -> T:
        """Make a call, once, and read its answer; raises :class:`ApiError`."""
        reply = self._connection.exchange(call.method, call.path, call.body, call.query, until)
        reason, code, text = reply.reason, "", ""
        if reply.status is not None and not reply.token and not reason:
            if 200 <= reply.status < 300:
                try:
                    return read(reply.body)
                except (
                    ArithmeticError,
                    LookupError,
                    TypeError,
                    ValueError,
                    AttributeError,
                    SmsplanError,
                ):
                    reason = UNREADABLE
            else:
                code, text = _refusal(reply.body)
        raise ApiError(
            call.operation,
            reply.status,
            code,
            text,
            reason=reason,
            retry_after=reply.retry_after,
            sought=sought,
            token=reply.token,
            limited=reply.limited,
        )


@dataclass(frozen=True, slots=True)
class _Call:
    """A call: the operation in words, and the request."""

    operation: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] | None = None


def _refusal(body: Any) -> tuple[str, str]:
    """Return the code and the text of a refusal: the API's, else the text that a gateway writes.

    ``title`` and ``detail`` are RFC 9457's, ``error`` and ``message`` are common elsewhere; none of
    them is a code by which an account could be told from others.

    >>> _refusal({"code": "unknown_group", "text": "Group 'x' is unknown"})
    ('unknown_group', "Group 'x' is unknown")
    >>> _refusal({"title": "Too Many Requests", "detail": "The rate limit was exceeded."})
    ('', 'The rate limit was exceeded.')
    """
    given = body if isinstance(body, Mapping) else {}

    def first(*names: str) -> str:
        found = (given.get(name) for name in names)
        return next((str(one) for one in found if isinstance(one, str | int) and one != ""), "")

    return first("code"), first("text", "message", "detail", "error", "title")


def _connection(credentials: Credentials, **limits: Any) -> Connection:
    try:
        from smsplan.sinch.transport import Connection
    except ImportError as error:
        raise InputError(
            f"the live API needs '{error.name}'; install it: pip install 'smsplan[sinch]'"
        ) from None
    return Connection(credentials, **limits)


def _id(batch_id: str) -> str:
    return quote(batch_id, safe="")


def _key(report: Report) -> bytes:
    """Return what tells a report from every other, in few octets: there may be millions."""
    return blake2b(f"{report.batch_id} {report.recipient}".encode(), digest_size=16).digest()


def _report(payload: Mapping[str, Any]) -> Report:
    parts, code = payload.get("number_of_message_parts"), payload.get("code")
    return Report(
        batch_id=str(payload.get("batch_id", "")),
        recipient=str(payload.get("recipient", "")),
        status=str(payload.get("status", "")),
        code=None if code is None else int(code),
        operator=str(payload.get("operator") or ""),
        at=str(payload.get("at") or ""),
        encoding=str(payload.get("encoding") or ""),
        number_of_message_parts=None if parts is None else int(parts),
        client_reference=str(payload.get("client_reference") or ""),
    )
