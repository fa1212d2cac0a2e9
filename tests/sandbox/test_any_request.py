"""No request is answered with a 5xx, nor makes a later one so, whatever it has wherever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsplan.sandbox.account import Account
from smsplan.sandbox.app import make_app
from smsplan.sandbox.settings import Settings
from smsplan.sandbox.store import Store
from tests.sandbox.conftest import NUMBER

HALF = "\ud83d"
TOKEN = b"Bearer token"
PLAN = "/xms/v1/demo"
LATER = "2100-01-01T00:00:00Z"
BATCH = {"to": [NUMBER], "body": "Hi"}


class Api:
    """A sandbox without a network: any octets as path, query, header and body."""

    def __init__(self) -> None:
        self._account = Account(Settings(token="token"), Store())
        self._app = make_app(self._account)
        self._runner = asyncio.Runner()
        self.batch = self.done("POST", f"{PLAN}/batches", {**BATCH, "send_at": LATER})["id"]
        self.fed = self.done(
            "POST", f"{PLAN}/batches", {**BATCH, "send_at": LATER, "feedback_enabled": True}
        )["id"]
        self.binary = self.done(
            "POST", f"{PLAN}/batches",
            {"to": [NUMBER], "type": "mt_binary", "body": "SGk=", "udh": "", "send_at": LATER},
        )["id"]  # fmt: skip
        self.group = self.done("POST", f"{PLAN}/groups", {"name": "us"})["id"]

    def close(self) -> None:
        """End it."""
        self._runner.close()
        self._account.close()

    def answer(
        self,
        method: str,
        path: str,
        payload: bytes = b"",
        query: bytes = b"",
        headers: list[tuple[bytes, bytes]] = [],  # noqa: B006
    ) -> tuple[int, bytes]:
        """Return status and body."""
        said: list[Any] = []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query,
            "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
            "headers": [
                (b"authorization", TOKEN), (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(payload)), *headers,
            ],
        }  # fmt: skip

        async def receive() -> Any:
            return {"type": "http.request", "body": payload, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        self._runner.run(self._app(scope, receive, send))
        return said[0]["status"], b"".join(one.get("body", b"") for one in said)

    def done(self, method: str, path: str, payload: Any = None) -> Any:
        """Return the JSON of an answer that is a success."""
        status, body = self.answer(method, path, json.dumps(payload).encode())
        assert status < 300, body
        return json.loads(body) if body else None

    def writes(self) -> dict[str, tuple[str, str, Any]]:
        """Every request that has a body, by name, with one that is right."""
        return {
            "send": ("POST", f"{PLAN}/batches", {
                **BATCH, "from": "Shop", "send_at": LATER, "expire_at": "2100-01-02T00:00:00Z",
                "callback_url": "http://127.0.0.1:1/x", "client_reference": "a",
                "delivery_report": "full", "parameters": {"a": {NUMBER: "b", "default": "c"}},
                "unknown": [{"x": "y"}],
            }),
            "media": ("POST", f"{PLAN}/batches", {
                "type": "mt_media", "to": [NUMBER],
                "body": {"url": "http://x/y", "message": "a", "subject": "b", "other": "c"},
            }),
            "binary": ("POST", f"{PLAN}/batches", {
                "type": "mt_binary", "to": [NUMBER], "body": "SGk=", "udh": "06050423F423F4",
            }),
            "dry run": ("POST", f"{PLAN}/batches/dry_run", BATCH),
            "update": ("POST", f"{PLAN}/batches/{self.batch}", {
                "to_add": ["447700900124"], "to_remove": ["447700900124"], "body": "Ho",
                "client_reference": "b", "unknown": "z",
            }),
            "update binary": ("POST", f"{PLAN}/batches/{self.binary}", {
                "type": "mt_binary", "body": "SGk=", "client_reference": "b",
            }),
            "replace": ("PUT", f"{PLAN}/batches/{self.batch}", {**BATCH, "send_at": LATER}),
            "feedback": ("POST", f"{PLAN}/batches/{self.fed}/delivery_feedback", {
                "recipients": [NUMBER], "unknown": "z",
            }),
            "group": ("POST", f"{PLAN}/groups", {
                "name": "them", "members": [NUMBER], "child_groups": [self.group],
                "auto_update": {"to": "1", "add": {"first_word": "a", "second_word": "b"},
                                "remove": {"first_word": "a", "other": "c"}},
            }),
            "update group": ("POST", f"{PLAN}/groups/{self.group}", {
                "name": "we", "add": [NUMBER], "remove": [NUMBER], "add_from_group": self.group,
                "auto_update": {"to": "1"},
            }),
            "replace group": ("PUT", f"{PLAN}/groups/{self.group}", {"name": "all"}),
            "faults": ("POST", "/sandbox/faults", [{"kind": "429", "operation": "token"}]),
            "clock": ("POST", "/sandbox/clock", {"advance": 0, "now": "x", "unknown": "y"}),
            "reset": ("POST", "/sandbox/reset", {"unknown": "y"}),
        }  # fmt: skip

    def reads(self) -> list[str]:
        """Every path that only tells."""
        batch, group = f"{PLAN}/batches/{self.batch}", f"{PLAN}/groups/{self.group}"
        return [
            f"{PLAN}/batches", batch, f"{batch}/delivery_report",
            f"{batch}/delivery_report/{NUMBER}", f"{PLAN}/delivery_reports", f"{PLAN}/groups",
            group, f"{group}/members", "/sandbox/clock", "/sandbox/state", "/openapi.json",
        ]  # fmt: skip

    def check_reads(self) -> None:
        """What has been kept can be told: nothing that was accepted spoils a later answer."""
        for path in self.reads():
            status, body = self.answer("GET", path)
            # 429 where the faults that were asked for say so.
            assert status in (200, 404, 429), (path, status, body)


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """Return a sandbox that all share, as requests do."""
    api = Api()
    yield api
    api.close()


NAMES = [
    "send", "media", "binary", "dry run", "update", "update binary", "replace", "feedback",
    "group", "update group", "replace group", "faults", "clock", "reset",
]  # fmt: skip


def test_names(api: Api) -> None:
    """The tests below run for every request that has a body."""
    assert [*api.writes()] == NAMES


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Where a JSON value has texts: their paths, and whether it is the name of a field."""
    if isinstance(value, str):
        yield path, False
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name), True
            yield from texts(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from texts(inner, (*path, place))


def halved(value: Any, path: tuple[Any, ...], *, name: bool) -> Any:
    """Return the value with half a character in one text or name."""
    if not path:
        return value + HALF
    at, *rest = path
    if isinstance(value, list):
        return [
            halved(inner, tuple(rest), name=name) if place == at else inner
            for place, inner in enumerate(value)
        ]
    if name and not rest:
        return {key + HALF if key == at else key: inner for key, inner in value.items()}
    return {
        key: halved(inner, tuple(rest), name=name) if key == at else inner
        for key, inner in value.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_half_a_character_anywhere_in_json(api: Api, name: str) -> None:
    """Half a character in any text or name of any request is a 400 with JSON, and kept nowhere."""
    method, path, right = api.writes()[name]
    before = api.answer("GET", "/sandbox/state")[1].partition(b'"batches"')[2]
    places = list(texts(right))
    assert places
    for place, is_name in places:
        wrong = halved(right, place, name=is_name)
        status, body = api.answer(method, path, json.dumps(wrong).encode())
        assert status == 400, (place, status, body)
        assert set(json.loads(body)) == {"code", "text"}
    assert api.answer("GET", "/sandbox/state")[1].partition(b'"batches"')[2] == before
    api.check_reads()


@pytest.mark.parametrize("raw", [b"\xed\xa0\xbd", b"\xff", b"a\xed\xb8\x80b"])
def test_no_text_in_query_or_path(api: Api, raw: bytes) -> None:
    """What is no UTF-8 is a 400 in every query and path, escaped or not."""
    escaped = quote_from_bytes(raw).encode()
    for path in api.reads():
        for name in (b"client_reference", b"from", b"status", b"page", b"other"):
            for query in (name + b"=" + escaped, name + b"=" + raw, escaped + b"=1"):
                status, body = api.answer("GET", path, query=query)
                assert status == 400, (path, query, status)
                assert set(json.loads(body)) == {"code", "text"}
    for method, path, payload in api.writes().values():
        status, _ = api.answer(method, path, json.dumps(payload).encode(), query=b"x=" + escaped)
        assert status == 400, (method, path)
    status, _ = api.answer("GET", f"{PLAN}/batches/{escaped.decode()}")
    assert status == 400


@pytest.mark.parametrize("name", [b"authorization", b"content-type", b"x-any"])
def test_half_a_character_in_a_header(api: Api, name: bytes) -> None:
    """Half a character in a header is a 400; Latin-1, which headers may be, is none."""
    for path in api.reads():
        assert api.answer("GET", path, headers=[(name, b"a\xed\xa0\xbd")])[0] == 400
        assert api.answer("GET", path, headers=[(b"x-any", "Müller".encode("latin-1"))])[0] < 405


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False),
        st.sampled_from([
            10**400, -(10**400), 1e308, "", "\x00", HALF, "\udc00", "0" * 5000, "9" * 30, LATER,
            "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "mt_text", "mt_media",
            "http://[::1", "http://\x00", "${a}", "+" * 50, NUMBER, "late", "*",
        ]),
        st.text(st.characters(codec=None)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from([
                    "to", "from", "body", "type", "parameters", "name", "members", "add", "remove",
                    "auto_update", "first_word", "url", "kind", "count", "delay", "advance", "now",
                ]),
                st.text(st.characters(codec=None), max_size=6),
            ),
            inner, max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=40)
@given(data=st.data())
@pytest.mark.parametrize("name", NAMES)
def test_any_json(api: Api, name: str, data: st.DataObject) -> None:
    """Any JSON at all, or a right request with any value in one field, is no 5xx."""
    method, path, right = api.writes()[name]
    value = data.draw(VALUES)
    if data.draw(st.booleans()):
        fields = right[0] if isinstance(right, list) else right
        changed = {**fields, data.draw(st.sampled_from([*fields])): value}
        value = [changed] if isinstance(right, list) else changed
    try:
        payload = json.dumps(value).encode()
    except ValueError:
        return  # more digits than Python writes
    if "reset" in path and isinstance(value, dict):
        path = path.replace("reset", "clock")
    status, body = api.answer(method, path, payload)
    assert status < 500, (status, body)
    if status == 400:
        assert set(json.loads(body)) == {"code", "text"}
    api.check_reads()


@pytest.mark.parametrize("depth", [31, 900, 100_000])
@pytest.mark.parametrize("name", NAMES)
def test_nested_json(api: Api, name: str, depth: int) -> None:
    """However deeply the JSON of a field is nested, no answer is a 5xx, now or later."""
    method, path, right = api.writes()[name]
    if name == "reset":
        return
    for field in [*(right[0] if isinstance(right, list) else right), "unknown"]:
        start = {key: value for key, value in right.items() if key != field} if isinstance(
            right, dict) else {}  # fmt: skip
        for wide in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
            payload = json.dumps(start).removesuffix("}") + ("," if start else "")
            status, body = api.answer(method, path, f'{payload}"{field}":{wide}}}'.encode())
            assert status < 500, (field, status, body)
    for inner in ('"add":{"first_word":"a","x":', '"to":"1","x":'):
        wide = "[" * depth + "]" * depth
        for end in ("}}}", "}}"):
            api.answer("POST", f"{PLAN}/groups", f'{{"auto_update":{{{inner}{wide}{end}'.encode())
    api.check_reads()


def test_numbers_without_end(api: Api) -> None:
    """A number of four thousand digits, twice, is counted or refused."""
    digits = "9" * 4300
    for fields in (f'"count":{digits}', f'"delay":{digits}', f'"share":{digits}'):
        for _ in range(2):
            body = f'[{{"kind":"429","operation":"token",{fields}}}]'.encode()
            assert api.answer("POST", "/sandbox/faults", body)[0] == 400
    api.check_reads()
