"""One exchange over the SDK's connection, and what came back of it: limited in size and in time.

The SDK reads without end, follows redirects, and forgets the status of an answer that is no JSON.
Here every octet of an answer, of its headers too, comes through ``_Within``, which counts it and
looks at the clock; nothing is followed; and a ``Reply`` always keeps what is known: the status,
whether anything of the request may have left this machine, and why the body cannot be used.
"""

from __future__ import annotations

import io
import json
import logging
import math
import re
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from sinch import SinchClient
from sinch.core.adapters.requests_http_transport import HTTPTransportRequests
from sinch.core.clients.retry_configuration import RetryConfiguration
from sinch.core.endpoint import HTTPEndpoint
from sinch.core.enums import HTTPAuthentication
from sinch.core.models.http_response import HTTPResponse as SdkResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from smsplan.live.api_error import CUT_OFF, LOST, PROXY, SLOW, UNREACHABLE, UNREADABLE
from smsplan.sinch.credentials import Credentials

_CHUNK = 1 << 16
# The deepest of the API's answers has six: a value of a parameter of a batch of a list.
_DEEPEST = 32
# Decoded here piece by piece; another encoding was not asked for.
_ENCODINGS = ("", "identity", "gzip", "deflate")
_WAIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*")
_LONGEST_WAIT = 1e9
_TOKEN = ("access_token", "expires_in", "scope", "token_type")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back of a request.

    ``status`` is null where no answer came; ``body`` is the JSON of the answer (of an empty one
    ``{}``), null where ``reason`` says why there is none. ``retry_after``: so many seconds the
    service asks to wait. ``limited``: the answer was above a limit. ``token``: it is the answer to
    the request for a token, so that nothing else was asked for.
    """

    status: int | None
    body: Any = None
    reason: str = ""
    retry_after: float | None = None
    limited: bool = False
    token: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


class Connection:
    """An account's connection. ``timeout`` is for connecting and for each read, in seconds.

    ``answer_time`` (seconds) and ``largest`` (octets, decoded) are the limits of an answer. What is
    logged is nothing.
    """

    def __init__(
        self, credentials: Credentials, *, timeout: float, answer_time: float, largest: int
    ) -> None:
        self._client = _client(credentials)
        self._transport = _Transport(self._client, timeout, answer_time, largest)
        self._client.configuration.transport = self._transport

    def close(self) -> None:
        """Close the sockets."""
        self._transport.http_session.close()

    def exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        query: Mapping[str, Any] | None,
        until: float,
    ) -> Reply:
        """Make one request, with a token where the account has none yet.

        ``until`` is when the answer has to be here, by ``time.monotonic``.
        """
        call = _call(self._client, method, path, body, query)
        return self._transport.exchange(call, until)


def _client(credentials: Credentials) -> Any:
    """Make the SDK's client; its logger, which would write bodies and tokens, writes nothing."""
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
    if credentials.base_url:
        base = credentials.base_url.rstrip("/")
        client.configuration.sms_origin_with_service_plan_id = base
        client.configuration.sms_origin = base
        client.configuration.auth_origin = base
    return client


def _call(
    client: Any,
    method: str,
    path: str,
    body: Mapping[str, Any] | None,
    query: Mapping[str, Any] | None,
) -> Any:
    """Return the SDK's description of a request."""
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
            return f"{origin}/xms/v1/{quote(account, safe='')}/{path}"

        def build_headers(self) -> dict[str, str]:
            return {} if body is None else {"Content-Type": "application/json"}

        def build_query_params(self) -> dict[str, Any]:
            return {name: value for name, value in (query or {}).items() if value is not None}

        def request_body(self) -> Any:
            return None if body is None else json.dumps(body)

        def handle_response(self, response: Any) -> Any:
            return response.body

    return Call(account, None)


class _Ended(Exception):
    """Leaves the SDK where it could not go on."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


class _Transport(HTTPTransportRequests):  # type: ignore[misc] # the SDK ships no types
    """The SDK's transport: its requests and tokens, our reading."""

    def __init__(self, client: Any, timeout: float, answer_time: float, largest: int) -> None:
        super().__init__(client)
        self._timeout = timeout
        self._answer_time = answer_time
        self._largest = largest
        self._watch = _Watch()
        adapter = _Adapter(self._watch)
        for scheme in ("http://", "https://"):
            self.http_session.mount(scheme, adapter)
        self.http_session.headers["Accept-Encoding"] = "gzip, deflate"

    def exchange(self, call: Any, until: float) -> Reply:
        """Make a request, behind that for a token where there is none yet."""
        self._watch.deadline = until
        try:
            reply: Reply = self.request(call)
        except _Ended as ended:
            return ended.reply
        return reply

    def send_request(self, request_data: Any) -> Any:
        """Make one round trip; the body of what is returned is a :class:`Reply`."""
        # Only the request for a token has a name and a password.
        token = bool(request_data.auth)
        reply = replace(self._reply(request_data), token=token)
        if reply.status is None:
            raise _Ended(reply)
        if not token:
            return SdkResponse(reply.status, reply.headers, reply)
        given = reply.body if isinstance(reply.body, Mapping) else {}
        if reply.status >= 300 or not all(isinstance(given.get(one), str | int) for one in _TOKEN):
            raise _Ended(replace(reply, reason=reply.reason or UNREADABLE * (reply.status < 300)))
        return SdkResponse(reply.status, reply.headers, given)

    def _reply(self, asked: Any) -> Reply:
        left = self._watch.begin(self._answer_time, self._largest)
        try:
            response = self.http_session.request(
                method=asked.http_method,
                url=asked.url,
                data=asked.request_body,
                auth=asked.auth,
                headers=asked.headers,
                params=asked.query_params,
                timeout=max(min(self._timeout, left), 0.001),
                stream=True,
                # Where it leads, a POST would become a GET, and a text go to somebody else.
                allow_redirects=False,
            )
        except (OSError, HTTPError, HTTPException) as error:
            if not self._watch.left:
                return Reply(None, reason=UNREACHABLE)
            return self._failed(None, SLOW if isinstance(error, requests.Timeout) else LOST)
        with closing(response):
            status = response.status_code
            if status < 200:
                # Another answer follows, on a connection that is closed here.
                return Reply(None, reason=UNREADABLE)
            try:
                content = self._content(response)
            except requests.exceptions.ContentDecodingError:
                reply = Reply(status, reason=UNREADABLE)
            except (OSError, HTTPError, HTTPException) as error:
                slow = error.args and isinstance(error.args[0], ReadTimeoutError)
                reply = self._failed(status, SLOW if slow else CUT_OFF)
            else:
                reply = Reply(status, *_read(response.headers.get("Content-Type", ""), content))
        return replace(reply, retry_after=retry_after(response.headers), headers=response.headers)

    def _failed(self, status: int | None, reason: str) -> Reply:
        above = self._watch.above
        return Reply(status, reason=above or reason, limited=bool(above))

    def _content(self, response: requests.Response) -> bytearray:
        """Return the body, decoded; raises an OSError where it is above the limit, or broken."""
        if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
            return bytearray(b"?")  # nobody here can read it
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._largest:
                raise self._watch.too_large()
        return content


def _read(kind: str, content: bytearray) -> tuple[Any, str]:
    """Return the JSON of a body, or null and the reason."""
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        # So the API answers 202, 401, 404, 429.
        return {}, ""
    try:
        return _json(content), ""
    except (ValueError, RecursionError):
        json_like = "json" in kind.lower() or text.startswith((b"{", b"[", b'"'))
        return None, UNREADABLE if json_like and not text.startswith(b"<") else PROXY


def _json(content: bytearray) -> Any:
    """Read JSON of finite numbers and few levels; raises ValueError or RecursionError."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    def finite(text: str) -> float:
        number = float(text)
        return number if math.isfinite(number) else refuse(text)

    read = json.loads(content, parse_constant=refuse, parse_float=finite)
    level = [read]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return read
    raise ValueError("too deep")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the service asks to wait: seconds, or a date (RFC 9110, 10.2.3).

    A date is taken by the service's own clock, where it tells it.

    >>> retry_after({"Retry-After": "3"}), retry_after({"Retry-After": "soon"})
    (3.0, None)
    >>> retry_after({"Date": "Wed, 01 Jul 2026 10:00:00 GMT",
    ...              "Retry-After": "Wed, 01 Jul 2026 10:00:07 GMT"})
    7.0
    """
    given = headers.get("Retry-After", "")
    if found := _WAIT.fullmatch(given):
        return min(float(found[1]), _LONGEST_WAIT)
    at = _date(given)
    if at is None:
        return None
    now = _date(headers.get("Date", "")) or datetime.now(UTC)
    return min(max((at - now).total_seconds(), 0.0), _LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class _Above(OSError):
    """An answer is above a limit."""


class _Watch(threading.local):
    """What is known of the exchange that a thread makes, and its limits.

    ``left``: something of the request may have left this machine. ``above``: the limit that the
    answer broke, in words. ``deadline`` is when all has to be done, by ``time.monotonic``.
    """

    left = False
    above = ""
    deadline = math.inf

    def begin(self, seconds: float, most: int) -> float:
        """Begin anew, and return how many seconds there are."""
        self.left, self.above = False, ""
        self._most, self._count = most, 0
        self._seconds = min(seconds, self.deadline - time.monotonic())
        self._until = time.monotonic() + self._seconds
        return self._seconds

    def remaining(self) -> float:
        """Return how many seconds there are left; raises an OSError where there are none."""
        remaining = self._until - time.monotonic()
        if remaining <= 0:
            self.above = f"the answer took longer than {self._seconds:.3g} seconds"
            raise _Above(self.above)
        return remaining

    def count(self, octets: int) -> None:
        """Count what came; raises an OSError where it is too much."""
        self._count += octets
        if self._count > self._most:
            raise self.too_large()

    def too_large(self) -> _Above:
        """Return the error of an answer that is too large."""
        self.above = f"the answer is larger than {self._most:,} octets"
        return _Above(self.above)


class _Within(io.RawIOBase):
    """What comes over a socket, as long as it is within the limits."""

    def __init__(self, raw: io.RawIOBase, sock: Any, watch: _Watch) -> None:
        self._raw = raw
        self._sock = sock
        self._each = sock.gettimeout()
        self._watch = watch

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is."""
        remaining = self._watch.remaining()
        self._sock.settimeout(remaining if self._each is None else min(self._each, remaining))
        try:
            count = self._raw.readinto(buffer)
        except TimeoutError:
            self._watch.remaining()
            raise
        self._watch.count(count or 0)
        return count

    def close(self) -> None:
        """Close the socket's file."""
        self._raw.close()
        super().close()


class _Adapter(HTTPAdapter):
    """The way into requests, proxies included: its pools make connections that are watched."""

    def __init__(self, watch: _Watch) -> None:
        self._watch = watch
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*given, **named)
        _watched(self.poolmanager, self._watch)

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        """Return the pools of connections through a proxy."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **named)
        return manager if known else _watched(manager, self._watch)


def _watched(manager: Any, watch: _Watch) -> Any:
    """Let the pools of a manager make connections whose exchanges are watched."""

    class Response(HTTPResponse):
        def __init__(self, sock: Any, *given: Any, **named: Any) -> None:
            super().__init__(sock, *given, **named)
            self.fp = io.BufferedReader(_Within(self.fp.detach(), sock, watch))

    class Watched:
        response_class = Response

        def endheaders(self: Any, *given: Any, **named: Any) -> None:
            # Whatever goes wrong before has kept the request here.
            if self.sock is None and self.auto_open:
                self.connect()
            watch.left = True
            super().endheaders(*given, **named)  # type: ignore[misc]

    manager.pool_classes_by_scheme = {
        scheme: type(
            pool.__name__,
            (pool,),
            {"ConnectionCls": type(pool.__name__, (Watched, pool.ConnectionCls), {})},
        )
        for scheme, pool in manager.pool_classes_by_scheme.items()
    }
    return manager
