"""The account over HTTP: paths, tokens, JSON, limits, and what goes wrong on request.

Sinch SMS API, ``/xms/v1/{service_plan_id}``; OAuth2 client credentials; ``/sandbox`` for tests.
Nothing of a token or a body is logged.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, unquote_to_bytes

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from smsplan.errors import InputError, OutputError
from smsplan.sandbox.account import Account, Answer
from smsplan.sandbox.openapi import document
from smsplan.sandbox.rules import Refusal, check_texts, stamp
from smsplan.sandbox.settings import Failure
from smsplan.sandbox.time_passing import described, pass_time, say

MAX_BODY = 1 << 22
BODY_SECONDS = 10.0
# An id that is none of ours is unknown; it reaches no statement and no path.
_ID = re.compile(r"[0-9A-Za-z]{1,32}\Z")
# Half a character, in what would be UTF-8 if it had them.
_HALF = re.compile(rb"\xed[\xa0-\xbf]")


class _Json(JSONResponse):
    """JSON in ASCII: an error that quotes a lone surrogate can be answered too."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


Handler = Callable[[Request], Any]
# Its name, by which faults are asked for, and what it does with the account and a body.
Operation = tuple[str, Callable[[Account, Request, Any], Answer]]
# Where a request says that its answer is to be lost.
_LOST = "smsplan.lost"


def make_app(account: Account, *, max_body: int = MAX_BODY) -> Any:
    """Return the ASGI application of an account."""
    app = Starlette(
        routes=[
            *(
                _route(f"/xms/v1/{{plan}}/{path}", account, max_body, methods)
                for path, methods in _OPERATIONS.items()
            ),
            Route("/oauth2/token", _token(account, max_body), methods=["POST"]),
            Route("/openapi.json", lambda _: JSONResponse(document()), methods=["GET"]),
            *(
                Route(f"/sandbox/{name}", _control(account, max_body, do), methods=[method])
                for name, method, do in _CONTROLS
            ),
        ],
        lifespan=_passing_time(account),
        exception_handlers={
            Refusal: lambda _, error: _refused(account, error),
            OutputError: _failed,
            Exception: _failed,
            HTTPException: _unknown(account),
        },
    )
    app.router.redirect_slashes = False
    return _Outer(app, account)


def _passing_time(account: Account) -> Any:
    """Let the time of an account pass as long as the application runs."""

    @asynccontextmanager
    async def lifespan(_: Any) -> Any:
        task = asyncio.create_task(pass_time(account))
        try:
            yield
        finally:
            if not task.cancelling():
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan


class _Outer:
    """Refuses what is no text before anybody reads it, and loses answers that are to be lost.

    For that it closes the connection: a real network gives no status.
    """

    def __init__(self, app: Any, account: Account) -> None:
        self._app, self._account = app, account

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        place = _no_text(scope) if scope["type"] == "http" else ""
        if place:
            refused = Refusal(
                400, "syntax_invalid_parameter_format", f"The {place} is not valid UTF-8."
            )
            await _refused(self._account, refused)(scope, receive, send)
            return
        lost = scope[_LOST] = asyncio.Event()

        async def unless_lost(message: Any) -> None:
            if not lost.is_set():
                await send(message)

        await self._app(scope, receive, unless_lost)
        if lost.is_set():
            # uvicorn's cycle holds the connection; ASGI itself has no word for this.
            send.__self__.transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass


def _no_text(scope: Any) -> str:
    """Which part of a request is no text, or nothing: as UTF-8 has it, without half characters."""
    for place, raw in (("path", scope.get("raw_path")), ("query", scope["query_string"])):
        try:
            unquote_to_bytes(raw or b"").decode("utf-8")
        except UnicodeDecodeError:
            return place
    # Headers may be Latin-1.
    halves = any(_HALF.search(value) for _, value in scope["headers"])
    return "value of a header" if halves else ""


def _no_answer(request: Request) -> Response:
    request.scope[_LOST].set()
    return Response()


def _route(path: str, account: Account, max_body: int, methods: Mapping[str, Operation]) -> Route:
    """Return the route of a path: its methods, behind token, faults, body and JSON."""

    async def endpoint(request: Request) -> Response:
        operation, do = methods["GET" if request.method == "HEAD" else request.method]
        _authorise(account, request)
        if path.endswith("/batches/{id}") and request.path_params["id"] == "dry_run":
            # No batch, but the path of another operation.
            raise HTTPException(405, headers={"Allow": "POST"})
        fault = account.fault(operation)
        if fault is not None and fault.kind in ("429", "500"):
            return Response(status_code=int(fault.kind))
        payload = None
        if request.method in ("POST", "PUT"):
            payload = await _json(request, max_body)
        if fault is not None:
            # It is done all the same, whatever the answer would be.
            with suppress(Refusal):
                if operation == "send":
                    await run_in_threadpool(
                        account.send, payload, delay=fault.delay, listed_after=fault.listed_after
                    )
                else:
                    await run_in_threadpool(do, account, request, payload)
            return _no_answer(request)
        answer: Answer = await run_in_threadpool(do, account, request, payload)
        status, body = answer
        if body is None:
            return Response(status_code=status)
        return _Json(body, status_code=status)

    return Route(path, endpoint, methods=list(methods))


def _refused(account: Account, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    headers = None
    if error.status == 401:
        # RFC 6750 3.1; by it the SDKs know that they need a new token.
        why = ' error="invalid_token", error_description="the token expired"' if error.text else ""
        headers = {"WWW-Authenticate": f"Bearer{why}"}
    if not error.code:
        return Response(status_code=error.status, headers=headers)
    body = {"code": account.settings.profile.word(error.code), "text": error.text}
    return _Json(body, status_code=error.status, headers=headers)


def _failed(_: Request, error: Exception) -> Response:
    """Answer where the fault is ours or the disk's; who runs the sandbox reads of it too."""
    what = described(error)
    say(what)
    status = 503 if isinstance(error, OutputError) else 500
    return _Json({"code": "sandbox", "text": what.partition(": ")[2]}, status_code=status)


def _unknown(account: Account) -> Callable[[Request, Exception], Response]:
    """Answer for paths and methods that there are not; not to everybody, of an account."""

    def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        _, *path = request.scope["path"].split("/")
        if path[0] in ("xms", "sandbox"):
            plan = path[2] if path[0] == "xms" and len(path) > 2 else ""
            try:
                _authorise(account, request, plan)
            except Refusal as refused:
                return _refused(account, refused)
        return Response(status_code=error.status_code, headers=error.headers)

    return answer


def _id(request: Request) -> str:
    text: str = request.path_params["id"]
    if not _ID.match(text):
        raise Refusal(404)
    return text


def _authorise(account: Account, request: Request, plan: str = "") -> None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    plan = plan or request.path_params.get("plan") or account.settings.service_plan_id
    if kind.lower() != "bearer" or not account.allows(plan, token.strip()):
        raise Refusal(401, text="expired" if account.expired(plan, token.strip()) else "")


async def _body(request: Request, max_body: int) -> bytes:
    """Read a body; one that is too large or too slow is cut off."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > max_body:
        raise Refusal(413)
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > max_body:
                    raise Refusal(413)
                parts.append(part)
    except TimeoutError:
        raise Refusal(408) from None
    except ClientDisconnect:
        raise Refusal(400) from None  # nobody is there to read it
    return b"".join(parts)


async def _json(request: Request, max_body: int) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    data = await _body(request, max_body)
    if kind != "application/json":
        raise Refusal(415)
    try:
        payload = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal(400, "syntax_invalid_json", "The request is not valid JSON.") from None
    check_texts(payload)
    return payload


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _token(account: Account, max_body: int) -> Handler:
    """OAuth2 client credentials: the key in HTTP Basic, the grant in a form (RFC 6749 4.4)."""

    async def endpoint(request: Request) -> Response:
        form = parse_qs((await _body(request, max_body)).decode("utf-8", "replace"))
        settings = account.settings
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        try:
            pair = base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            pair = b""
        right = f"{settings.key_id}:{settings.key_secret}".encode()
        known = bool(settings.project_id and settings.key_id)
        if kind.lower() != "basic" or not known or not secrets.compare_digest(pair, right):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        if form.get("grant_type") != ["client_credentials"]:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        fault = account.fault("token")
        if fault is not None and fault.kind in ("429", "500"):
            return Response(status_code=int(fault.kind))
        return JSONResponse(account.issue_token(), headers={"Cache-Control": "no-store"})

    return endpoint


# By path behind the plan's, and by method.
_OPERATIONS: dict[str, dict[str, Operation]] = {
    "batches": {
        "GET": ("list", lambda a, r, _: a.list_batches(r.query_params)),
        "POST": ("send", lambda a, _, body: a.send(body)),
    },
    "batches/dry_run": {
        "POST": ("dry_run", lambda a, r, body: a.dry_run(body, r.query_params)),
    },
    "batches/{id}": {
        "GET": ("retrieve", lambda a, r, _: a.retrieve(_id(r))),
        "POST": ("update", lambda a, r, body: a.update(_id(r), body)),
        "PUT": ("replace", lambda a, r, body: a.replace(_id(r), body)),
        "DELETE": ("cancel", lambda a, r, _: a.cancel(_id(r))),
    },
    "batches/{id}/delivery_feedback": {
        "POST": ("feedback", lambda a, r, body: a.feedback(_id(r), body)),
    },
    "batches/{id}/delivery_report": {
        "GET": ("report", lambda a, r, _: a.report(_id(r), r.query_params)),
    },
    "batches/{id}/delivery_report/{recipient}": {
        "GET": ("report", lambda a, r, _: a.recipient_report(_id(r), r.path_params["recipient"])),
    },
    "delivery_reports": {
        "GET": ("report", lambda a, r, _: a.reports(r.query_params)),
    },
    "groups": {
        "GET": ("group", lambda a, r, _: a.list_groups(r.query_params)),
        "POST": ("group", lambda a, _, body: a.create_group(body)),
    },
    "groups/{id}": {
        "GET": ("group", lambda a, r, _: a.group(_id(r))),
        "POST": ("group", lambda a, r, body: a.update_group(_id(r), body)),
        "PUT": ("group", lambda a, r, body: a.replace_group(_id(r), body)),
        "DELETE": ("group", lambda a, r, _: a.delete_group(_id(r))),
    },
    "groups/{id}/members": {
        "GET": ("group", lambda a, r, _: a.members(_id(r))),
    },
}


# What tests ask of a sandbox ----------------------------------------------------------------------


def _control(account: Account, max_body: int, do: Callable[[Account, Any], Any]) -> Handler:
    async def endpoint(request: Request) -> Response:
        _authorise(account, request)
        payload = None
        if request.method == "POST":
            payload = await _json(request, max_body)
        try:
            return _Json(await run_in_threadpool(do, account, payload))
        except InputError as error:
            raise Refusal(400, "sandbox", str(error)) from None

    return endpoint


def _clock(account: Account, payload: Any) -> Mapping[str, str]:
    given = payload if isinstance(payload, Mapping) else {}
    seconds, now = given.get("advance"), given.get("now")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        return {"now": stamp(account.advance(seconds))}
    if isinstance(now, str):
        return {"now": stamp(account.set_now(now))}
    raise InputError("say {'advance': seconds} or {'now': '2026-12-01T09:00:00Z'}")


def _reset(account: Account, _: Any) -> Mapping[str, str]:
    account.reset()
    return {"now": stamp(account.now)}


def _faults(account: Account, payload: Any) -> Mapping[str, int]:
    if not isinstance(payload, list) or not all(isinstance(one, Mapping) for one in payload):
        raise InputError("give a list of faults, such as [{'kind': '429', 'count': 2}]")
    faults = [Failure.from_dict(one) for one in payload]
    for fault in faults:
        account.add_fault(fault)
    return {"added": len(faults)}


_CONTROLS: tuple[tuple[str, str, Callable[[Account, Any], Any]], ...] = (
    ("clock", "GET", lambda account, _: {"now": stamp(account.now)}),
    ("clock", "POST", _clock),
    ("reset", "POST", _reset),
    ("faults", "POST", _faults),
    ("state", "GET", lambda account, _: account.inspect()),
)
