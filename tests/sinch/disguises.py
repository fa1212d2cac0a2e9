"""A proxy before an account, that says everything in another way: what is asked must not notice.

``Disguise(seed)`` chooses at random what it calls errors and encodings, and in which case; how it
writes numbers; the order of fields and of recipients; what it leaves out or adds; and the format
and the HTTP status of a refusal. ``before`` puts it before an account without a network,
``disguised`` before a sandbox over HTTP.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from smsplan import Profile, dry_run
from smsplan.api.batches import Batch
from smsplan.api.dryruns import DryRun
from smsplan.errors import RequestRefused, SmsplanError
from smsplan.sandbox import app, running
from smsplan.sinch import ApiError, Credentials, SinchApi

WORDS: tuple[dict[str, str], ...] = (
    {},
    {"GSM": "GSM7", "UNICODE": "UCS2"},
    {"GSM": "7bit", "UNICODE": "UTF-16BE"},
    {"UNICODE": "UCS-2"},
    {"GSM": "GSM_03.38", "UNICODE": "16 bit"},
)
CASES: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper, str.title, str.swapcase)
CODES = ("E1001", "invalid_request", "40003", "INVALID_PARAMETER", "syntax_constraint_violation",
         "syntax_invalid_parameter_format", "constraint_violation", "bad request")  # fmt: skip
FORMATS = ("api", "spring", "problem", "html", "empty", "nested", "text")
# Neither what waiting helps against, nor a wrong token.
STATUSES = (400, 402, 403, 404, 406, 409, 410, 412, 413, 415, 418, 422, 451)
OPTIONAL = ("body", "encoding", "number_of_parts")
TOTALS = ("number_of_recipients", "number_of_messages")


@dataclass
class Disguise:
    """How a proxy says what an account says.

    ``words`` and ``codes`` stand for the documented ones; ``drops`` are fields that are left out,
    each time or (``seldom``) once in a while; ``shuffles``: recipients are in no order.
    """

    seed: int
    drops: tuple[str, ...] = ()
    seldom: bool = False
    shuffles: bool = False
    words: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        chance = self._chance = random.Random(f"disguise {self.seed}")
        self.words = chance.choice(WORDS)
        self.case = chance.choice((*CASES, None))
        documented = ("syntax_invalid_json", "syntax_invalid_parameter_format",
                      "syntax_constraint_violation")  # fmt: skip
        self.codes = {
            "all as they are": {},
            "one for all": dict.fromkeys(documented, chance.choice(CODES)),
            "others": dict(zip(documented, chance.sample(CODES, 3), strict=True)),
        }[chance.choice(("all as they are", "one for all", "others"))]
        self.format = chance.choice(FORMATS)
        self.status = chance.choice((None, *STATUSES))
        self.numbers = chance.choice(("as they are", "texts", "floats", "any"))
        self.recipients = chance.choice(("as they are", "+", "integers", "any"))
        self.sorts_fields = chance.choice((False, True))
        self.adds = chance.choice((False, True))

    @classmethod
    def any(cls, seed: int) -> Disguise:
        """Return one that may also leave fields out, or shuffle recipients."""
        chance = random.Random(f"any disguise {seed}")
        drops = chance.choice(
            (
                (),
                OPTIONAL[:1],
                OPTIONAL[1:2],
                OPTIONAL[2:],
                OPTIONAL[:2],
                TOTALS[:1],
                TOTALS[1:],
                ("per_recipient",),
                ("text",),
                ("code",),
            )
        )
        return cls(seed, drops, chance.random() < 0.3, chance.random() < 0.4)  # fmt: skip

    def __call__(self, status: int, payload: Any) -> tuple[int, str, bytes]:
        """Return the status, the content type and the body of an answer."""
        if not isinstance(payload, Mapping):
            return status, "application/json", b""
        if status >= 400:
            return self._refusal(status, dict(payload))
        return status, "application/json", json.dumps(self._answer(dict(payload))).encode()

    def _refusal(self, status: int, payload: dict[str, Any]) -> tuple[int, str, bytes]:
        status = self.status or status
        code = self.codes.get(payload["code"], payload["code"])
        text = payload["text"] if self._chance.random() < 0.5 else "Something is wrong."
        made: Any = {
            "api": {"code": code, "text": text},
            "spring": {"timestamp": "2026-07-01T10:00:00.000+00:00", "status": status,
                       "error": "Bad Request", "path": "/xms/v1/x/batches/dry_run"},
            "problem": {"type": f"https://example.com/problems/{code}", "title": "Bad request",
                        "status": status, "detail": text},
            "nested": {"error": {"code": code, "message": text}},
        }.get(self.format)  # fmt: skip
        if made is None:
            html = b"<!doctype html><title>400</title><h1>Bad Request</h1>"
            content = {"html": html, "text": b"Bad Request"}.get(self.format, b"")
            return status, "text/html", content
        made = {name: value for name, value in made.items() if not self._drops(name)}
        kind = "application/problem+json" if self.format == "problem" else "application/json"
        return status, kind, json.dumps(self._fields(made)).encode()

    def _answer(self, payload: dict[str, Any]) -> dict[str, Any]:
        for name in TOTALS:
            if name in payload:
                payload[name] = self._number(payload[name])
        if payload.get("per_recipient") is not None:
            items = [self._item(item) for item in payload["per_recipient"]]
            if self.shuffles:
                self._chance.shuffle(items)
            payload["per_recipient"] = items
        return self._fields({k: v for k, v in payload.items() if not self._drops(k)})

    def _item(self, item: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {
            "recipient": self._recipient(item["recipient"]),
            "number_of_parts": self._number(item["number_of_parts"]),
            "body": item["body"],
            "encoding": self._word(item["encoding"]),
        }
        return self._fields({k: v for k, v in made.items() if not self._drops(k)})

    def _drops(self, name: str) -> bool:
        return name in self.drops and (not self.seldom or self._chance.random() < 0.3)

    def _fields(self, made: dict[str, Any]) -> dict[str, Any]:
        if self.adds:
            made |= {"request_id": "01FC66621XXXXX119Z8PMV1QPQ", "warnings": None, "price": 0.034}
        names = list(made)
        if self.sorts_fields:
            self._chance.shuffle(names)
        return {name: made[name] for name in names}

    def _word(self, word: str) -> str:
        documented = {"text": "GSM", "unicode": "UNICODE"}.get(word, word)
        return (self.case or self._chance.choice(CASES))(self.words.get(documented, word))

    def _number(self, value: int) -> Any:
        how = self.numbers
        if how == "any":
            how = self._chance.choice(("as they are", "texts", "floats", "signs"))
        return {"texts": str(value), "floats": float(value), "signs": f"+{value}"}.get(how, value)

    def _recipient(self, number: str) -> Any:
        how = self.recipients
        if how == "any":
            how = self._chance.choice(("as they are", "+", "integers"))
        if how == "integers" and not number.startswith("0"):
            return int(number)
        return f"+{number}" if how == "+" else number


def read(status: int, content: bytes) -> DryRun:
    """Read an answer as the adapter does."""
    payload: Any
    try:
        payload = json.loads(content) if content else {}
    except ValueError:
        payload = None
    if 200 <= status < 300:
        try:
            return DryRun.from_dict(payload)
        except (AttributeError, KeyError, TypeError, ValueError, SmsplanError):
            raise ApiError("dry run", 200, reason="the answer cannot be read") from None
    given = payload if isinstance(payload, Mapping) else {}
    raise ApiError("dry run", status, str(given.get("code", "")), str(given.get("text", "")))


class Account:
    """An account without a network: what the sandbox answers, through a disguise if there is one.

    ``moods`` says before each call what is answered instead, or None.
    """

    def __init__(
        self,
        profile: Profile,
        disguise: Disguise | None = None,
        moods: Callable[[int], tuple[int, bytes] | None] = lambda _: None,
    ) -> None:
        self.profile = profile
        self.disguise = disguise
        self.moods = moods
        self.calls = 0
        self.asked: list[Batch] = []

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Answer the JSON of a batch."""
        self.calls += 1
        self.asked.append(batch)
        mood = self.moods(self.calls)
        if mood is not None:
            return read(*mood)
        try:
            status, payload = 200, dry_run(
                batch.to_dict(),
                per_recipient=per_recipient,
                number_of_recipients=number_of_recipients,
                profile=self.profile,
            ).to_dict()  # fmt: skip
        except RequestRefused as refused:
            fault = refused.faults[0]
            status = fault.status
            payload = {"code": self.profile.word(fault.code), "text": fault.text}
        if self.disguise is None:
            return read(status, json.dumps(payload).encode())
        status, _, content = self.disguise(status, payload)
        return read(status, content)


Speaks = Callable[[int, Any], "tuple[int, str, bytes]"]


@contextmanager
def behind(speaks: Speaks) -> Iterator[None]:
    """Put a proxy before every sandbox that starts in the block; it says each answer its way."""
    make = app.make_app

    def wrapped(account: Any) -> Any:
        inner = make(account)

        async def proxy(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await inner(scope, receive, send)
                return
            started: dict[str, Any] = {}
            parts: list[bytes] = []

            async def keep(message: Any) -> None:
                if message["type"] == "http.response.start":
                    started.update(message)
                    return
                parts.append(message.get("body", b""))
                if message.get("more_body"):
                    return
                payload = json.loads(b"".join(parts) or b"null")
                status, kind, content = speaks(started["status"], payload)
                headers = [(b"content-type", kind.encode()),
                           (b"content-length", str(len(content)).encode())]  # fmt: skip
                await send({**started, "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": content})

            await inner(scope, receive, keep)

        return proxy

    with patch.object(app, "make_app", wrapped):
        yield


@contextmanager
def disguised(profile: Profile, disguise: Disguise) -> Iterator[SinchApi]:
    """Run a sandbox behind a disguise, and connect to it."""
    with behind(disguise), running(profile=profile) as sandbox:
        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        with SinchApi(keys, sleep=lambda _: None) as api:
            yield api
