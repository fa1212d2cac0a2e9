"""What goes wrong on request: refusals, lost answers, batches that are accepted later."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from smsplan.sandbox import running
from smsplan.sandbox.server import listen
from tests.sandbox.conftest import NUMBER, Client

BATCH = {"to": [NUMBER], "body": "Hi"}


def test_answers_are_not_delayed() -> None:
    """The socket names TCP, without which asyncio leaves Nagle's 40 ms in every large answer."""
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_refusals(client: Client) -> None:
    """The next requests are refused and nothing is done; then all is well again."""
    client.sandbox.fail("429", count=2)
    client.sandbox.fail("500", operation="list")
    statuses = [client("POST", "/batches", BATCH).status_code for _ in range(3)]
    assert statuses == [429, 429, 201]
    assert [client("GET", "/batches").status_code for _ in range(2)] == [500, 200]
    assert client("GET", "/batches").json()["count"] == 1


def test_refused_numbers() -> None:
    """A number of Settings.refused refuses every send and update, named by nobody, no dry run."""
    with running(refused=["+" + NUMBER]) as sandbox, Client(sandbox) as client:
        assert client("POST", "/batches/dry_run", BATCH).status_code == 200
        refused = client("POST", "/batches", {**BATCH, "to": ["447700900999", "+" + NUMBER]})
        assert (refused.status_code, refused.json()["code"]) == (403, "illegal_number_type")
        assert NUMBER not in refused.text
        path = "/batches/" + client.send(to=["447700900999"], send_at="2100-01-01T00:00:00Z")["id"]
        assert client("POST", path, {"to_add": [NUMBER]}).status_code == 403
        assert client("PUT", path, BATCH).status_code == 403
        assert client("GET", path).json()["to"] == ["447700900999"]


def test_lost_answer(client: Client) -> None:
    """The connection is closed without an answer, and the batch is accepted all the same."""
    client.sandbox.fail("lost")
    with pytest.raises(httpx.RemoteProtocolError):
        client("POST", "/batches", BATCH)
    assert client("GET", "/batches").json()["count"] == 1
    client.sandbox.fail("lost", operation="cancel")
    id_ = client("GET", "/batches").json()["batches"][0]["id"]
    with pytest.raises(httpx.RemoteProtocolError):
        client("DELETE", f"/batches/{id_}")
    assert client("GET", f"/batches/{id_}").json()["canceled"] is True


def test_accepted_later(client: Client) -> None:
    """A batch is accepted after the caller has gone, and listed later still."""
    client.sandbox.fail("late", delay=30, listed_after=60)
    with pytest.raises(httpx.RemoteProtocolError):
        client("POST", "/batches", BATCH)
    assert client("GET", "/batches").json()["count"] == 0
    made = client("GET", "/sandbox/state").json()["batches"][0]
    path = f"/batches/{made['id']}"
    assert client("GET", path).status_code == 404
    client.sandbox.advance(31)
    assert client("GET", path).status_code == 200
    assert client("GET", "/batches").json()["count"] == 0
    client.sandbox.advance(60)
    assert client("GET", "/batches").json()["count"] == 1
    report = client("GET", f"{path}/delivery_report").json()
    assert report["total_message_count"] == 1


def test_some_of_the_time() -> None:
    """A share of the requests goes wrong, the same ones for the same seed."""
    seen = []
    for _ in range(2):
        with running(seed=3) as sandbox, Client(sandbox) as client:
            sandbox.fail("429", count=1000, share=0.3)
            seen.append([client("POST", "/batches", BATCH).status_code for _ in range(40)])
    assert seen[0] == seen[1]
    assert 4 < seen[0].count(429) < 24


def test_control_by_http(client: Client) -> None:
    """Clock, faults, state and reset are there over HTTP too, for tests in other languages."""
    answer = client("POST", "/sandbox/faults", [{"kind": "429", "count": 1}])
    assert answer.json() == {"added": 1}
    assert client("POST", "/batches", BATCH).status_code == 429
    client.send(send_at="2100-01-01T00:00:00Z")
    assert client("POST", "/sandbox/clock", {"now": "2099-12-31T00:00:00Z"}).status_code == 200
    client("POST", "/sandbox/clock", {"advance": 86_401})
    state = client("GET", "/sandbox/state").json()
    assert state["batches"][0]["dispatched"] is True
    client("POST", "/sandbox/reset", {})
    assert client("GET", "/sandbox/state").json()["batches"] == []
    for path, wrong in (
        ("/sandbox/faults", [{"kind": "x"}]), ("/sandbox/faults", [{"kind": "429", "of": 1}]),
        ("/sandbox/faults", [{"kind": "429", "count": "1"}]), ("/sandbox/faults", {}),
        ("/sandbox/clock", {}), ("/sandbox/clock", {"advance": -1}),
        ("/sandbox/clock", {"now": "soon"}),
    ):  # fmt: skip
        assert client("POST", path, wrong).status_code == 400
    assert httpx.get(f"{client.sandbox.url}/sandbox/state").status_code == 401


class _Listener(BaseHTTPRequestHandler):
    """Takes callbacks; refuses the first two."""

    seen: list[dict[str, Any]]
    refused: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        if server.refuse:
            server.refuse -= 1
            self.send_response(503)
        else:
            server.seen.append(json.loads(body))
            self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@contextmanager
def listening(refuse: int = 0) -> Iterator[Any]:
    """Run a local server that takes callbacks."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Listener)
    server.seen, server.refuse = [], refuse
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def until(true: Any, seconds: float = 10) -> bool:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize(
    ("kind", "codes"),
    [("per_recipient", [401, 0]), ("per_recipient_final", [0]), ("none", []), ("full", None)],
)
def test_callbacks(kind: str, codes: list[int] | None) -> None:
    """Reports are posted as the batch asked for them, when they become true."""
    with running(delivery_seconds=60) as sandbox, Client(sandbox) as client, listening() as hook:
        url = f"http://127.0.0.1:{hook.server_port}/hook"
        made = client.send(delivery_report=kind, callback_url=url)
        first = 1 if kind == "per_recipient" else 0
        assert until(lambda: len(hook.seen) == first)
        sandbox.advance(61)
        wanted = 1 if codes is None else len(codes)
        assert until(lambda: len(hook.seen) == wanted)
        time.sleep(0.2)
        assert len(hook.seen) == wanted
        if codes is None:
            assert hook.seen[0]["statuses"][0]["recipients"] == [NUMBER]
        else:
            assert [each["code"] for each in hook.seen] == codes
        assert all(each["batch_id"] == made["id"] for each in hook.seen)


def test_callbacks_are_repeated() -> None:
    """A callback that is refused is posted again; one to another machine is not posted."""
    with running() as sandbox, Client(sandbox) as client, listening(refuse=2) as hook:
        url = f"http://127.0.0.1:{hook.server_port}/hook"
        client.send(delivery_report="summary", callback_url=url)
        assert until(lambda: hook.refuse == 1)
        sandbox.advance(2)
        assert until(lambda: hook.refuse == 0)
        assert not hook.seen
        sandbox.advance(6)
        assert until(lambda: len(hook.seen) == 1)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [("per_recipient", [401, 407]), ("per_recipient_final", [407]), ("summary", None)],
)
def test_callbacks_of_a_cancelled_batch(kind: str, codes: list[int] | None) -> None:
    """Cancelled on the way, no callback says that it was delivered."""
    with running(delivery_seconds=60) as sandbox, Client(sandbox) as client, listening() as hook:
        url = f"http://127.0.0.1:{hook.server_port}/hook"
        made = client.send(delivery_report=kind, callback_url=url)
        if kind == "per_recipient":
            assert until(lambda: len(hook.seen) == 1)
        client("DELETE", f"/batches/{made['id']}")
        sandbox.advance(120)
        assert until(lambda: len(hook.seen) == (1 if codes is None else len(codes)))
        time.sleep(0.2)
        if codes is None:
            assert [[one["code"] for one in each["statuses"]] for each in hook.seen] == [[407]]
        else:
            assert [each["code"] for each in hook.seen] == codes


def test_delays_without_end(client: Client) -> None:
    """A delay that no clock reaches is refused, not a fault of the server."""
    answer = client("POST", "/sandbox/faults", [{"kind": "late", "delay": 1e308}])
    assert answer.status_code == 400
    client.send()


def test_killed_and_started_again(tmp_path: Path) -> None:
    """Of what was acknowledged nothing is lost when the sandbox is killed."""
    db, token = str(tmp_path / "sandbox.db"), "a-token"
    acknowledged: list[str] = []
    for _ in range(3):
        command = [sys.executable, "-m", "smsplan", "sandbox", "--port", "0", "--db", db]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**__import__("os").environ, "SMSPLAN_SANDBOX_TOKEN": token},
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        with process.stdout as out, process.stderr:
            url = out.readline().strip()
            with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as http:
                for number in range(5):
                    answer = http.post(f"{url}/xms/v1/demo/batches",
                                       json={**BATCH, "body": str(number)})  # fmt: skip
                    acknowledged.append(answer.json()["id"])
                listed = http.get(f"{url}/xms/v1/demo/batches", params={"page_size": 100}).json()
                assert {each["id"] for each in listed["batches"]} == set(acknowledged)
                reports = http.get(f"{url}/xms/v1/demo/batches/{acknowledged[0]}/delivery_report")
                assert reports.json()["statuses"][0]["code"] == 0
            process.send_signal(signal.SIGKILL)
            process.wait(10)
