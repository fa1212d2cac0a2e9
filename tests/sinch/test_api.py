"""The adapter against the sandbox: the eight operations, retries, errors that say whose fault."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from smsplan import BinaryBatch, TextBatch, TextUpdate
from smsplan.errors import InputError
from smsplan.sandbox import Sandbox, running
from smsplan.sinch import ApiError, Credentials, SinchApi

NUMBER, OTHER = "447700900123", "447700900222"
BATCH = TextBatch(to=[NUMBER], from_="12345", body="Hello!")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox."""
    with running(project_id="project", key_id="key", key_secret="secret") as sandbox:
        yield sandbox


def credentials(sandbox: Sandbox, kind: str = "plan") -> Credentials:
    """Return the keys of the sandbox's account."""
    if kind == "project":
        return Credentials(
            project_id="project", key_id="key", key_secret="secret", base_url=sandbox.url
        )
    return Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)


@pytest.fixture
def waits() -> list[float]:
    """Return the waits of the adapter, which are not waited for."""
    return []


@pytest.fixture
def api(sandbox: Sandbox, waits: list[float]) -> Iterator[SinchApi]:
    """Return the adapter on the sandbox."""
    with SinchApi(credentials(sandbox), sleep=waits.append) as api:
        yield api


@pytest.mark.parametrize("kind", ["plan", "project"])
def test_every_operation(sandbox: Sandbox, kind: str) -> None:
    """Each of the eight takes and returns our values, with both kinds of credentials."""
    with SinchApi(credentials(sandbox, kind)) as api:
        later = (sandbox.now + timedelta(days=1)).isoformat()
        made = api.send(
            TextBatch(
                to=[f"+{NUMBER}"],
                from_="12345",
                body="Hi ${name}",
                parameters={"name": {NUMBER: "Ana"}},
                send_at=later,
                feedback_enabled=True,
                client_reference="a/b ü",
            )
        )
        assert isinstance(made.batch, TextBatch)
        assert made.batch.to == (NUMBER,)
        assert made.created_at is not None
        assert api.retrieve(made.id) == made
        assert api.list(client_reference="a/b ü").batches == (made,)
        assert api.list(from_=["999"]).count == 0
        updated = api.update(made.id, TextUpdate(to_add=(OTHER,), client_reference=None))
        assert updated.batch.to == (NUMBER, OTHER)
        assert updated.batch.client_reference is None
        dried = api.dry_run(updated.batch, per_recipient=True)
        assert dried.per_recipient is not None
        assert [each.body for each in dried.per_recipient] == ["Hi Ana", "Hi ${name}"]
        replaced = api.replace(
            made.id, TextBatch(to=[NUMBER], body="x", send_at=later, feedback_enabled=True)
        )
        assert replaced.batch.body == "x"
        api.feedback(made.id, [NUMBER])
        assert sandbox.inspect()["batches"][0]["feedback"] == [NUMBER]
        assert api.cancel(made.id).canceled is True


def test_binary(api: SinchApi) -> None:
    """Other types of batches come back as what they are."""
    made = api.send(BinaryBatch(to=[NUMBER], body="SGVsbG8gV29ybGQh", udh="06050423F423F4"))
    assert isinstance(api.retrieve(made.id).batch, BinaryBatch)


def test_reports(api: SinchApi) -> None:
    """Reports come page by page, as ``reconcile`` reads them."""
    numbers = [f"4477009{place:05}" for place in range(250)]
    api.send(TextBatch(to=numbers, body="Hi", delivery_report="per_recipient",
                       client_reference="march", max_number_of_message_parts=1))  # fmt: skip
    found = list(api.reports(client_reference="march"))
    assert sorted(report.recipient for report in found) == numbers
    assert {(report.code, report.number_of_message_parts) for report in found} == {(0, 1)}


def test_retries(sandbox: Sandbox, api: SinchApi, waits: list[float]) -> None:
    """Idempotent calls are made again after 429, 5xx and lost answers; a send never is."""
    made = api.send(BATCH)
    for kind in ("429", "500", "lost"):
        sandbox.fail(kind, operation="retrieve", count=2)
        assert api.retrieve(made.id).id == made.id
    assert len(waits) == 6
    assert all(0.1 <= wait <= 2 for wait in waits)
    for kind in ("429", "500"):
        sandbox.fail(kind)
        with pytest.raises(ApiError):
            api.send(BATCH)
    assert api.list().count == 1
    sandbox.fail("500", operation="list", count=10)
    with pytest.raises(ApiError) as caught:
        api.list()
    assert caught.value.status == 500


def test_lost_send(sandbox: Sandbox, api: SinchApi) -> None:
    """A send whose answer is lost may have been accepted, and the error says so."""
    sandbox.fail("lost")
    with pytest.raises(ApiError) as caught:
        api.send(BATCH)
    assert caught.value.outcome_unknown
    assert caught.value.status is None
    assert caught.value.at_fault == "the network"
    assert api.list().count == 1


def test_errors(sandbox: Sandbox, api: SinchApi) -> None:
    """An error names the status, the code, whose fault it is and the next step; no content."""
    with pytest.raises(ApiError) as caught:
        api.send(TextBatch(to=["01FC66621VHDBN119Z8PMV1QPU"], body="a secret text"))
    error = caught.value
    assert (error.status, error.code) == (403, "unknown_group")
    assert not error.outcome_unknown
    assert "01FC66621VHDBN119Z8PMV1QPU" in error.text
    assert "01FC66621VHDBN119Z8PMV1QPU" not in str(error)
    assert "secret" not in str(error)
    assert pickle.loads(pickle.dumps(error)).text == error.text
    with pytest.raises(ApiError, match="there is no such batch"):
        api.retrieve("x/../../y")
    sent = api.send(TextBatch(to=["447700900123"], body="Hi"))
    with pytest.raises(ApiError, match="can no longer be changed"):
        api.update(sent.id, TextUpdate(body="Ho"))
    with pytest.raises(ApiError, match="and was sent with feedback_enabled"):
        api.feedback(sent.id, [])
    wrong = Credentials(service_plan_id="demo", api_token="no-such-token", base_url=sandbox.url)
    with SinchApi(wrong) as other, pytest.raises(ApiError) as caught:
        other.list()
    assert caught.value.status == 401
    assert "no-such-token" not in str(caught.value)
    assert "check the token" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("The format of parameter 'to[0]' is invalid; value '+447700900123' is no MSISDN", "to[0]"),
        (
            "Parameter 'max_number_of_message_parts' violates a constraint",
            "max_number_of_message_parts",
        ),
        ("Parameter 'parameters.name.+447700900123' is too long", "parameters.name"),
        ("Group 'customers' is unknown or deleted", ""),
        ("", ""),
    ],
)
def test_errors_name_the_field(text: str, field: str) -> None:
    """What is to be fixed is named, and nobody's number with it."""
    error = ApiError("send", 400, "syntax_constraint_violation", text)
    assert error.field == field
    assert (f"fix '{field}'" in str(error)) == bool(field)
    assert "447700900123" not in str(error)


def test_nothing_is_logged(
    sandbox: Sandbox, api: SinchApi, caplog: pytest.LogCaptureFixture
) -> None:
    """No token, number or text reaches a log at any level."""
    caplog.set_level(logging.DEBUG)
    api.send(TextBatch(to=[NUMBER], body="a secret text"))
    assert sandbox.token not in caplog.text
    assert NUMBER not in caplog.text
    assert "secret" not in caplog.text
    assert sandbox.token not in repr(api)


def test_no_connection(waits: list[float]) -> None:
    """Where nobody answers, the network is at fault."""
    nobody = Credentials(service_plan_id="demo", api_token="t", base_url="http://127.0.0.1:9")
    with SinchApi(nobody, sleep=waits.append, tries=2) as api:
        with pytest.raises(ApiError, match="check the connection") as caught:
            api.list()
        assert caught.value.at_fault == "the network"
    assert len(waits) == 1


def test_rate(sandbox: Sandbox, waits: list[float]) -> None:
    """Calls are kept apart by the rate that is asked for."""
    with SinchApi(credentials(sandbox), requests_per_second=2, sleep=waits.append) as api:
        api.list()
        api.list()
    assert len(waits) == 1
    assert 0.2 < waits[0] <= 0.5


def test_credentials(tmp_path: Path) -> None:
    """Keys come from the environment or from a file that nobody else can read."""
    given = {"SINCH_SERVICE_PLAN_ID": "p", "SINCH_API_TOKEN": "t", "SINCH_SMS_REGION": "eu"}
    found = Credentials.from_environment(given)
    assert (found.service_plan_id, found.api_token, found.region) == ("p", "t", "eu")
    assert "'t'" not in repr(found)
    path = tmp_path / "keys.toml"
    path.write_text('service_plan_id = "p"\napi_token = "hidden"\nregion = "eu"\n')
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600") as caught:
        Credentials.from_file(path)
    assert "hidden" not in str(caught.value)
    path.chmod(0o600)
    assert Credentials.from_file(path).api_token == "hidden"
    path.write_text("hidden")
    with pytest.raises(InputError, match="not TOML") as caught:
        Credentials.from_file(path)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"service_plan_id": "p", "region": "eu"},
        {"service_plan_id": "p", "api_token": "t"},
        {"service_plan_id": "p", "api_token": "t", "region": "mars"},
        {"project_id": "p", "key_id": "k", "key_secret": "s", "region": "br"},
        {"service_plan_id": "p", "api_token": "t", "base_url": "http://example.com"},
        {"service_plan_id": "p", "api_token": "t", "region": "eu", "project_id": "p",
         "key_id": "k", "key_secret": "s"},
    ],
)  # fmt: skip
def test_incomplete_credentials(fields: dict[str, Any]) -> None:
    """Half a key, no region and an address without TLS are refused, with the variables to set."""
    with pytest.raises(InputError, match="SINCH_"):
        Credentials(**fields)


class _Strange(BaseHTTPRequestHandler):
    """Answers every request with one body, which is no batch."""

    body = b""
    kind = "application/json"

    def do_POST(self) -> None:
        """Answer 200."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    "body",
    ["", "<html>busy</html>", "[]", "null", "7", "{}", '{"id": "X", "type": "mt_other"}',
     '{"id": null}', '{"id": "X", "parameters": 3, "to": 5}'],
)  # fmt: skip
def test_answer_that_cannot_be_read(body: str) -> None:
    """A success that is no batch leaves open what was done: an error of ours, no traceback."""
    handler = type("Handler", (_Strange,), {"body": body.encode()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        keys = Credentials(service_plan_id="demo", api_token="t", base_url=url)
        with SinchApi(keys, tries=1) as api:
            with pytest.raises(ApiError) as caught:
                api.send(BATCH)
            assert caught.value.outcome_unknown
            with pytest.raises(ApiError):
                api.dry_run(BATCH)
        server.shutdown()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80@example.com", "http://localhost:x@example.com", "http://[::1"]
)
def test_only_this_machine_without_encryption(url: str) -> None:
    """A token goes over plain HTTP to this machine alone, however an address is dressed up."""
    with pytest.raises(InputError, match="https"):
        Credentials(service_plan_id="demo", api_token="t", base_url=url)


def test_reports_that_come_in_meanwhile(sandbox: Sandbox, api: SinchApi) -> None:
    """Lists that move while they are read give every recipient once."""
    numbers = [f"4477009{place:05}" for place in range(150)]
    fields: Any = {"body": "Hi", "delivery_report": "per_recipient", "client_reference": "march"}
    api.send(TextBatch(to=numbers, **fields))
    more = [f"4477008{place:05}" for place in range(60)]
    seen = []
    for place, report in enumerate(api.reports(client_reference="march")):
        if place == 10:
            api.send(TextBatch(to=more, **fields))
        seen.append(report.recipient)
    assert sorted(seen) == sorted([*numbers, *more])


def test_token_that_expires(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour the service says that a token expired, and the SDK gets a new one."""
    with SinchApi(credentials(sandbox, "project")) as api:
        monkeypatch.setattr("smsplan.sandbox.account.TOKEN_LIFE", timedelta(seconds=0))
        with pytest.raises(ApiError, match="401"):
            api.list()
        monkeypatch.setattr("smsplan.sandbox.account.TOKEN_LIFE", timedelta(seconds=0.3))
        api.list()
        time.sleep(0.4)
        monkeypatch.undo()
        assert api.send(BATCH).id
        assert api.list().count == 1
