"""A disk that takes nothing more: answers say so, stderr names it, and the clock goes on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from smsplan.errors import OutputError
from smsplan.sandbox.account import Account
from smsplan.sandbox.settings import Settings
from smsplan.sandbox.store import Store
from tests.sandbox.conftest import NUMBER
from tests.sandbox.hooks import listening, until

BATCH = {"to": [NUMBER], "body": "Hi"}


class Process:
    """``smsplan sandbox --db`` in a process of its own, whose files can be kept from growing."""

    def __init__(self, folder: Path) -> None:
        self.db, self._said = folder / "sandbox.db", folder / "stderr"
        with self._said.open("w") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "smsplan", "sandbox", "--port", "0", "--db", str(self.db)],
                stdout=subprocess.PIPE, stderr=stderr, text=True,
                env={**os.environ, "SMSPLAN_SANDBOX_TOKEN": "t"},
            )  # fmt: skip
        assert self._process.stdout is not None
        self._http = httpx.Client(
            base_url=self._process.stdout.readline().strip(), headers={"Authorization": "Bearer t"}
        )

    def end(self) -> None:
        """Stop it."""
        self._http.close()
        self._process.terminate()
        self._process.communicate(timeout=20)

    def __call__(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """Return the answer."""
        prefix = "" if path.startswith("/sandbox") else "/xms/v1/demo"
        return self._http.request(method, prefix + path, json=json)

    @property
    def errors(self) -> list[str]:
        """The errors on stderr."""
        return [line for line in self._said.read_text().splitlines() if line.startswith("error")]

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing can be added to any file, as on a full disk."""
        sizes = [path.stat().st_size for path in self.db.parent.glob("sandbox.db*")]
        _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (max(sizes), hard))
        try:
            yield
        finally:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """Return a sandbox that keeps its file in ``tmp_path``."""
    process = Process(tmp_path)
    try:
        yield process
    finally:
        process.end()


def test_the_clock_goes_on(process: Process) -> None:
    """What fell due on a full disk is dispatched and reported when there is room again."""
    with listening() as hook:
        url = f"http://127.0.0.1:{hook.server_port}/hook"
        due = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
        made = process(
            "POST", "/batches",
            {**BATCH, "send_at": due, "delivery_report": "summary", "callback_url": url},
        )  # fmt: skip
        assert made.status_code == 201
        with process.full():
            assert until(lambda: bool(process.errors))
            assert str(process.db) in process.errors[0]
            assert "make room on its disk" in process.errors[0]
            state = process("GET", "/sandbox/state").json()
            assert [batch["dispatched"] for batch in state["batches"]] == [False]
        # The clock alone: asking for the state dispatches nothing.
        assert until(lambda: process("GET", "/sandbox/state").json()["batches"][0]["dispatched"])
        assert until(lambda: len(hook.seen) == 1)
        # Said once, not twenty times a second.
        assert len(process.errors) == 1


def test_every_write_says_so(process: Process) -> None:
    """A write on a full disk is 503 with the API's JSON, names the disk and leaves nothing."""
    later = {**BATCH, "send_at": "2100-01-01T00:00:00Z", "feedback_enabled": True}
    batch = f"/batches/{process('POST', '/batches', later).json()['id']}"
    group = f"/groups/{process('POST', '/groups', {'name': 'us'}).json()['id']}"
    before = process("GET", "/sandbox/state").json()
    writes: list[tuple[str, str, Any]] = [
        ("POST", "/batches", BATCH),
        ("POST", batch, {"body": "Other"}),
        ("PUT", batch, later),
        ("POST", f"{batch}/delivery_feedback", {"recipients": [NUMBER]}),
        ("DELETE", batch, None),
        ("POST", "/groups", {"name": "them"}),
        ("POST", group, {"name": "all"}),
        ("PUT", group, {"members": [NUMBER]}),
        ("DELETE", group, None),
        ("POST", "/sandbox/clock", {"advance": 60}),
        ("POST", "/sandbox/reset", {}),
    ]
    with process.full():
        for number, (method, path, payload) in enumerate(writes, 1):
            answer = process(method, path, payload)
            assert answer.status_code == 503, (method, path, answer.text)
            assert answer.headers["content-type"] == "application/json"
            assert set(answer.json()) == {"code", "text"}
            assert "make room on its disk" in answer.json()["text"]
            assert len(process.errors) == number
            assert str(process.db) in process.errors[-1]
        # What only asks is answered.
        assert process("POST", "/batches/dry_run", BATCH).status_code == 200
        for path in (batch, group, "/batches", "/groups", f"{batch}/delivery_report"):
            assert process("GET", path).status_code == 200
    after = process("GET", "/sandbox/state").json()
    assert after["batches"] == before["batches"]
    assert after["groups"] == before["groups"]
    # Nor has the clock moved.
    passed = datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"])
    assert passed < timedelta(seconds=50)
    for method, path, payload in writes:
        assert process(method, path, payload).status_code < 300, (method, path)


def test_closed_while_at_work() -> None:
    """Who closes a sandbox waits for what is being kept; who comes after that is told."""
    account = Account(Settings(token="t"), Store())
    with account._holding():
        closing = threading.Thread(target=account.close)
        closing.start()
        closing.join(0.2)
        assert closing.is_alive()
    closing.join(5)
    with pytest.raises(OutputError, match="closed database"):
        account.tick()


def test_a_file_of_others_says_so(tmp_path: Path) -> None:
    """A file that another process holds is no full disk, and not said to be one."""
    path = str(tmp_path / "sandbox.db")
    mine, other = Store(path), Store(path)
    mine._db.execute("PRAGMA busy_timeout=1")
    with (
        other.transaction(),
        pytest.raises(OutputError, match=r"database is locked.*see what else uses it"),
        mine.transaction(),
    ):
        pass
    mine.close()
    other.close()
