"""The eight operations on batches with our values, and reports; on the official ``sinch`` SDK.

Authentication, token renewal, regions and the connection are the SDK's; what goes over it is read
leniently and written strictly by ``batches`` and ``dryruns``. Retries are ours: of idempotent calls
alone, since a send may have been accepted although no answer came.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import quote

from smsplan.batches import Batch, TextUpdate, batch_from_dict, parse_time
from smsplan.dryruns import DryRun
from smsplan.errors import InputError, SmsplanError
from smsplan.reports import Report
from smsplan.sinch.credentials import Credentials

SECONDS = 10.0
TRIES = 4
_PAGE = 100
T = TypeVar("T")
# Who is at fault, and what is to be done.
_WHOSE = {
    400: "the request",
    401: "the credentials",
    403: "the account or the request",
    404: "the request: there is no such batch",
    405: "this version of smsplan",
    413: "the request: it is too large",
    415: "this version of smsplan",
    429: "the rate: too many requests are outstanding",
}
# What is to be done about the API's codes that say it without their text.
_STEPS = {
    "batch_already_dispatched": "it was sent or cancelled, and can no longer be changed",
    "unknown_group": "name a group that the account has",
    "missing_callback_url": "give a callback_url, or ask for no delivery_report",
}
# A number behind a parameter's key is left away.
_FIELD = re.compile(
    r"[Pp]arameter '("
    r"(?:to|to_add|to_remove)\[\d+\]"
    r"|[A-Za-z]+(?:_[A-Za-z]+)*(?:\.[A-Za-z_]\w*)?"
    r")['.]"
)
_LEAVES_OPEN = frozenset({408, 500, 502, 503, 504})
_UNREACHABLE = "no connection"


def place_in_to(field: str) -> int | None:
    """Return the place in ``to`` that the name of a field has.

    >>> place_in_to("to[3]"), place_in_to("body")
    (3, None)
    """
    found = re.fullmatch(r"to\[(\d+)\]", field)
    return None if found is None else int(found[1])


class ApiError(SmsplanError):
    """The API refused a call, or did not answer.

    ``status`` is the HTTP status, null where no answer came; ``code`` and ``text`` are the API's.
    ``outcome_unknown``: what was asked for may have been done. The message never holds a secret, a
    number or a text of the request.
    """

    def __init__(
        self,
        operation: str,
        status: int | None,
        code: str = "",
        text: str = "",
        *,
        reason: str = "",
    ) -> None:
        self.operation = operation
        self.status = status
        self.code = code
        self.text = text
        self.reason = reason
        super().__init__(self._message())

    @property
    def unreachable(self) -> bool:
        """Whether there was no connection at all: nothing was asked for, nothing done."""
        return self.status is None and self.reason == _UNREACHABLE

    @property
    def outcome_unknown(self) -> bool:
        """Whether it may have been done all the same."""
        if self.status is None:
            return not self.unreachable
        # A success that cannot be read is one all the same.
        return self.status >= 500 or self.status in _LEAVES_OPEN or self.status < 300

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
        ours = 300 <= self.status < 500
        return _WHOSE.get(self.status, "the request" if ours else "the service")

    def _message(self) -> str:
        if self.status is None:
            said = f"no answer to {self.operation} ({self.reason or 'the connection was lost'})"
        else:
            code = f", {self.code}" if self.code else ""
            said = f"{self.operation} was answered with {self.status}{code}"
            if self.reason:
                said += f" ({self.reason})"
        named = "see the API's text in error.text" if self.text else "try again later"
        if self.field:
            named = f"mend '{self.field}' of the request, or {named}"
        step = {
            None: "check the connection and try again",
            401: "check the token or key, the service plan and the region",
            404: "check the id, and that the batch is of this account and region",
            429: "send slower, or try again later",
        }.get(self.status, _STEPS.get(self.code, named))
        if self.status == 404 and self.operation == "feedback":
            step += ", and was sent with feedback_enabled"
        return f"{said}; at fault is {self.at_fault}; {step}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _error, (self.operation, self.status, self.code, self.text, self.reason)


def _error(operation: str, status: int | None, code: str, text: str, reason: str) -> ApiError:
    return ApiError(operation, status, code, text, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """A batch as the API answers it: what was sent, and what the service added."""

    id: str
    batch: Batch
    canceled: bool
    created_at: datetime | None
    modified_at: datetime | None

    @classmethod
    def from_dict(cls, payload: Mapping[str, Any]) -> SentBatch:
        """Read the API's JSON, leniently: numbers as integers, booleans as text."""
        if not payload.get("id"):
            raise InputError("this is no batch of the API: it has no 'id'")
        times = [_time(payload.get(name)) for name in ("created_at", "modified_at")]
        return cls(
            id=str(payload["id"]),
            batch=batch_from_dict(payload, response=True),
            canceled=str(payload.get("canceled", False)).lower() == "true",
            created_at=times[0],
            modified_at=times[1],
        )


def _time(text: Any) -> datetime | None:
    try:
        return parse_time(text) if isinstance(text, str) and text else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """A page of a list: ``count`` batches match, ``batches`` are those of the page."""

    page: int
    count: int
    batches: tuple[SentBatch, ...]


class BatchesApi(Protocol):
    """The eight operations; whatever has them can be verified against, and sent with.

    All raise :class:`ApiError`.
    """

    def send(self, batch: Batch) -> SentBatch:
        """Send a batch; it may be accepted although an error is raised (``outcome_unknown``)."""

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Ask what a batch would be."""

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

    def retrieve(self, batch_id: str) -> SentBatch:
        """Return a batch."""

    def update(self, batch_id: str, update: TextUpdate) -> SentBatch:
        """Change some fields of a batch."""

    def replace(self, batch_id: str, batch: Batch) -> SentBatch:
        """Give a batch all fields anew."""

    def cancel(self, batch_id: str) -> SentBatch:
        """Cancel a batch."""

    def feedback(self, batch_id: str, recipients: Sequence[str]) -> None:
        """Say what was delivered; no recipients are all."""


class SinchApi:
    """:class:`BatchesApi` on the official SDK (``pip install 'smsplan[sinch]'``).

    ``timeout`` is for connecting and for each read, in seconds; ``requests_per_second`` keeps calls
    apart; ``tries`` is how often an idempotent call is made that was answered with 429 or 5xx, or
    not at all, with waits that double. What is logged is nothing.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        timeout: float = SECONDS,
        requests_per_second: float | None = None,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``credentials`` are those of the environment where none are given."""
        chosen = credentials or Credentials.from_environment()
        self.region = chosen.region
        self._client = _client(chosen, timeout)
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
        self._client.configuration.transport.http_session.close()

    def send(self, batch: Batch) -> SentBatch:
        """Send a batch, once: see :meth:`BatchesApi.send`."""
        return _read(
            "send", SentBatch.from_dict, self._call("send", "POST", "batches", batch.to_dict())
        )

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Ask what a batch would be; free of charge, as the documentation says."""
        query = {
            "per_recipient": str(per_recipient).lower(),
            "number_of_recipients": number_of_recipients,
        }
        answer = self._again("dry run", "POST", "batches/dry_run", batch.to_dict(), query)
        return _read("dry run", DryRun.from_dict, answer)

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
        answer = self._again("list", "GET", "batches", None, query)
        return _read(
            "list",
            lambda answer: BatchPage(
                page=int(answer.get("page", page)),
                count=int(answer.get("count", 0)),
                batches=tuple(map(SentBatch.from_dict, answer.get("batches") or ())),
            ),
            answer,
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
        body = {"recipients": list(recipients)}
        self._again("feedback", "POST", f"batches/{_id(batch_id)}/delivery_feedback", body)

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
            answer = self._again("reports", "GET", "delivery_reports", None, query)
            found, count = _read(
                "reports",
                lambda answer: (
                    tuple(map(_report, answer.get("delivery_reports") or ())),
                    int(answer.get("count", 0)),
                ),
                answer,
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
        answer = self._again(operation, method, f"batches/{_id(batch_id)}", body)
        return _read(operation, SentBatch.from_dict, answer)

    def _again(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Make an idempotent call, and again where the service could not answer."""
        for attempt in range(1, self._tries + 1):
            try:
                return self._call(operation, method, path, body, query)
            except ApiError as error:
                passing = error.outcome_unknown or error.unreachable or error.status == 429
                if not passing or attempt == self._tries:
                    raise
            # Full jitter: many who wait do not come back together.
            self._sleep(random.uniform(0.1, 0.5 * 2**attempt))
        raise AssertionError("there is at least one try")

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        wait = self._next - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._next = time.monotonic() + self._between
        return _exchange(self._client, operation, method, path, body, query)


def _read(operation: str, read: Callable[[Any], T], answer: Any) -> T:
    """Read the JSON of a success; raises :class:`ApiError` where it is not what is documented."""
    try:
        return read(answer)
    except (AttributeError, KeyError, TypeError, ValueError, SmsplanError):
        raise ApiError(operation, 200, reason="the answer cannot be read") from None


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


def _client(credentials: Credentials, timeout: float) -> Any:
    """Make the SDK's client; its logger, which would write bodies and tokens, writes nothing."""
    try:
        from sinch import SinchClient
        from sinch.core.clients.retry_configuration import RetryConfiguration
    except ImportError as error:
        raise InputError(
            f"the live API needs '{error.name}'; install it: pip install 'smsplan[sinch]'"
        ) from None
    logger = logging.Logger("smsplan.sinch")
    logger.disabled = True
    common: dict[str, Any] = {
        "sms_region": credentials.region or "us",
        "logger": logger,
        "retry_configuration": RetryConfiguration(max_retries=0),
    }
    if credentials.service_plan_id:
        client = SinchClient(
            service_plan_id=credentials.service_plan_id,
            sms_api_token=credentials.api_token,
            **common,
        )
    else:
        client = SinchClient(
            project_id=credentials.project_id,
            key_id=credentials.key_id,
            key_secret=credentials.key_secret,
            **common,
        )
    client.configuration.connection_timeout = timeout
    if credentials.base_url:
        base = credentials.base_url.rstrip("/")
        client.configuration.sms_origin_with_service_plan_id = base
        client.configuration.sms_origin = base
        client.configuration.auth_origin = base
    return client


def _exchange(
    client: Any,
    operation: str,
    method: str,
    path: str,
    body: Mapping[str, Any] | None,
    query: Mapping[str, Any] | None,
) -> Any:
    """Make one call over the SDK's transport; returns the JSON, raises :class:`ApiError`."""
    import requests
    from sinch.core.endpoint import HTTPEndpoint
    from sinch.core.enums import HTTPAuthentication
    from sinch.core.exceptions import SinchException
    from urllib3.exceptions import NewConnectionError

    configuration = client.configuration
    plan_token = bool(configuration.service_plan_id)
    account = configuration.service_plan_id if plan_token else configuration.project_id

    class Call(HTTPEndpoint):  # type: ignore[misc] # the SDK ships no types
        ENDPOINT_URL = path
        HTTP_METHOD = method
        HTTP_AUTHENTICATION = (
            HTTPAuthentication.SMS_TOKEN if plan_token else HTTPAuthentication.OAUTH
        ).value

        def build_url(self, sinch: Any) -> str:
            origin = sinch.configuration.get_sms_origin_for_auth()
            return f"{origin}/xms/v1/{_id(account)}/{path}"

        def build_headers(self) -> dict[str, str]:
            return {} if body is None else {"Content-Type": "application/json"}

        def build_query_params(self) -> dict[str, Any]:
            return {name: value for name, value in (query or {}).items() if value is not None}

        def request_body(self) -> Any:
            return None if body is None else json.dumps(body)

        def handle_response(self, response: Any) -> Any:
            return response

    try:
        response = configuration.transport.request(Call(account, None))
    except requests.ConnectTimeout:
        raise ApiError(operation, None, reason=_UNREACHABLE) from None
    except requests.Timeout:
        raise ApiError(operation, None, reason="it took too long") from None
    except requests.RequestException as error:
        # Only a connection that never was leaves no doubt.
        cause = getattr(error.args[0] if error.args else None, "reason", None)
        unreachable = isinstance(cause, NewConnectionError)
        reason = _UNREACHABLE if unreachable else type(error).__name__
        raise ApiError(operation, None, reason=reason) from None
    except SinchException as error:
        # No JSON, or no token: a proxy or the token endpoint answered.
        raise ApiError(operation, error.response_status_code) from None
    status, answer = response.status_code, response.body
    if 200 <= status < 300:
        return answer
    answer = answer if isinstance(answer, Mapping) else {}
    raise ApiError(operation, status, str(answer.get("code", "")), str(answer.get("text", "")))
