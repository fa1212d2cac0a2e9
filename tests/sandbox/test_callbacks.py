"""Reports that are posted: when, how often, and past hosts that do not answer."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from smsplan.sandbox import running, time_passing
from tests.sandbox.conftest import NUMBER, Client
from tests.sandbox.hooks import listening, until


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


class Hanging:
    """A server that accepts connections and says what it is given, octet by octet, or nothing."""

    def __init__(self, *, drips: bytes) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._drips, self._taken = drips, list[socket.socket]()
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/hook"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def connections(self) -> int:
        """How many have been made in all."""
        return len(self._taken)

    def _accept(self) -> None:
        while True:
            try:
                taken, _ = self._listening.accept()
            except OSError:
                return
            self._taken.append(taken)
            if self._drips:
                threading.Thread(target=self._drip, args=(taken,), daemon=True).start()

    def _drip(self, taken: socket.socket) -> None:
        try:
            for octet in self._drips:
                taken.sendall(bytes((octet,)))
                time.sleep(0.05)
        except OSError:
            return

    def close(self) -> None:
        """Let everybody go."""
        # A thread in accept() is woken by that alone.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)
        for taken in self._taken:
            taken.close()


@contextmanager
def hanging(drips: bytes = b"") -> Iterator[Hanging]:
    """Run a server that does not answer, or never to the end."""
    server = Hanging(drips=drips)
    try:
        yield server
    finally:
        server.close()


def report_to(client: Client, url: str, **fields: Any) -> str:
    """Send a batch that is reported on at once; return its id."""
    id_: str = client.send(delivery_report="summary", callback_url=url, **fields)["id"]
    return id_


@pytest.mark.parametrize(
    "drips", [b"", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000], ids=["silent", "dripping"]
)
def test_who_hangs_holds_up_nobody(drips: bytes) -> None:
    """A report to one host is posted at once, however many wait for an answer of another."""
    with (
        running() as sandbox, Client(sandbox) as client, hanging(drips) as host, listening() as hook
    ):  # fmt: skip
        for _ in range(20):
            report_to(client, host.url)
        assert until(lambda: host.connections == time_passing.POSTS_OF_A_HOST)
        id_ = report_to(client, f"http://127.0.0.1:{hook.server_port}/hook")
        assert until(lambda: [each["batch_id"] for each in hook.seen] == [id_], 2)
        # No more than its share, at any time before the first gives up.
        assert host.connections == time_passing.POSTS_OF_A_HOST


def test_many_that_hang_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all posts that there may be hang, a host that answers has its turn with the next."""
    monkeypatch.setattr(time_passing, "POST_SECONDS", 1.0)
    monkeypatch.setattr(time_passing, "POSTS", 8)
    with (
        running() as sandbox, Client(sandbox) as client, listening() as hook, ExitStack() as stack
    ):  # fmt: skip
        hosts = [stack.enter_context(hanging()) for _ in range(10)]
        for _ in range(10):
            for host in hosts:
                report_to(client, host.url)
        assert until(lambda: sum(host.connections for host in hosts) == 8)
        report_to(client, f"http://127.0.0.1:{hook.server_port}/hook")
        assert until(lambda: len(hook.seen) == 1, 6)
        # And every one of the others had one too.
        assert until(lambda: all(host.connections for host in hosts), 6)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000])
def test_a_post_ends(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    """A post without an answer fails in time and is repeated; of an answer the status is enough."""
    monkeypatch.setattr(time_passing, "POST_SECONDS", 0.5 if not answer else 60)
    with running() as sandbox, Client(sandbox) as client, hanging(answer) as host:
        report_to(client, host.url)
        assert until(lambda: host.connections == 1)
        time.sleep(2)
        sandbox.advance(2)
        assert until(lambda: host.connections == 2, 3) is (not answer)


def test_posts_end_with_the_server() -> None:
    """Stopping a sandbox waits for no host that hangs."""
    with hanging() as host:
        with running() as sandbox, Client(sandbox) as client:
            for _ in range(3):
                report_to(client, host.url)
            assert until(lambda: host.connections == 3)
            start = time.monotonic()
        assert time.monotonic() - start < 2


def test_posts_end_with_the_command() -> None:
    """Nor does Ctrl-C wait."""
    with (
        hanging() as host,
        subprocess.Popen(
            [sys.executable, "-m", "smsplan", "sandbox", "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "SMSPLAN_SANDBOX_TOKEN": "t"},
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        answer = httpx.post(
            f"{process.stdout.readline().strip()}/xms/v1/demo/batches",
            json={
                "to": [NUMBER], "body": "Hi", "delivery_report": "full", "callback_url": host.url,
            },
            headers={"Authorization": "Bearer t"},
        )  # fmt: skip
        assert answer.status_code == 201
        assert until(lambda: host.connections == 1)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert time.monotonic() - start < 3
    assert "Traceback" not in said


def test_reports_about_one_recipient_keep_their_order() -> None:
    """What became due together is posted together, but of one recipient the first comes first."""
    with running(delivery_seconds=60) as sandbox, Client(sandbox) as client, listening() as hook:
        people = [f"4477009001{number:02}" for number in range(30)]
        client.send(
            to=people, delivery_report="per_recipient",
            callback_url=f"http://127.0.0.1:{hook.server_port}/hook",
            send_at=(sandbox.now + timedelta(seconds=60)).isoformat(),
        )  # fmt: skip
        sandbox.advance(180)
        assert until(lambda: len(hook.seen) == 60)
    for number in people:
        assert [each["code"] for each in hook.seen if each["recipient"] == number] == [401, 0]
