"""What goes wrong on request: refusals, lost answers, batches that are accepted later."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from smsplan.sandbox import running
from smsplan.sandbox.account import Account
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


def test_delays_without_end(client: Client) -> None:
    """A delay that no clock reaches is refused, not a fault of the server."""
    answer = client("POST", "/sandbox/faults", [{"kind": "late", "delay": 1e308}])
    assert answer.status_code == 400
    client.send()


def test_a_surprise(
    client: Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A mistake of ours is a 500 with JSON and a line on stderr, which quotes nothing."""

    def mistaken(_: Account) -> None:
        raise KeyError(NUMBER)

    monkeypatch.setattr(Account, "inspect", mistaken)
    answer = client("GET", "/sandbox/state")
    assert (answer.status_code, answer.json()["code"]) == (500, "sandbox")
    said = capfd.readouterr().err
    assert "internal error: KeyError in tests.sandbox.test_faults, line" in said
    assert NUMBER not in said + answer.text
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
