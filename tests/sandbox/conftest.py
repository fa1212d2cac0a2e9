"""A sandbox for each test, and a client that speaks plain HTTP to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from smsplan.sandbox import Sandbox, running

NUMBER = "447700900123"


class Client:
    """Plain HTTP: method, path below the service plan, JSON."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._http = httpx.Client(
            base_url=sandbox.url, headers={"Authorization": f"Bearer {sandbox.token}"}, timeout=20
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def __call__(self, method: str, path: str, json: Any = None, **query: Any) -> httpx.Response:
        """Return the answer."""
        prefix = "" if path.startswith("/sandbox") else f"/xms/v1/{self.sandbox.service_plan_id}"
        return self._http.request(method, prefix + path, json=json, params=query)

    def send(self, **fields: Any) -> dict[str, Any]:
        """Send a batch that is accepted, and return it."""
        answer = self("POST", "/batches", {"to": [NUMBER], "body": "Hello!", **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run an empty sandbox."""
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """Return a client of the sandbox."""
    with Client(sandbox) as client:
        yield client
