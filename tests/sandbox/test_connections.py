"""Connections over which a request does not come to its end: they are closed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from smsplan.sandbox import Sandbox, connections, running
from tests.sandbox.conftest import NUMBER, Client

HALF = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\nX-Hal"
WHOLE = b"GET /sandbox/clock HTTP/1.1\r\nHost: x\r\n\r\n"
SECONDS = 0.6


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Run a sandbox that waits for a header no longer than ``SECONDS``."""
    monkeypatch.setattr(connections, "HEADER_SECONDS", SECONDS)
    with running() as sandbox:
        yield sandbox


def connected(sandbox: Sandbox) -> socket.socket:
    """Return a connection to the sandbox."""
    place = urlsplit(sandbox.url)
    return socket.create_connection((place.hostname, place.port), timeout=SECONDS * 4)


def until_closed(connection: socket.socket) -> bytes:
    """Return what comes before the connection is closed; in time, or TimeoutError."""
    said = b""
    while octets := connection.recv(65536):
        said += octets
    return said


def test_four_hundred_halves(sandbox: Sandbox) -> None:
    """Each of 400 connections with half a header is closed, with 408; others are answered."""
    opened = [connected(sandbox) for _ in range(400)]
    for connection in opened:
        connection.sendall(HALF)
    with Client(sandbox) as client:
        client.send()
    for connection in opened:
        with connection:
            assert until_closed(connection).startswith(b"HTTP/1.1 408 ")


def test_no_request_at_all(sandbox: Sandbox) -> None:
    """A connection that says nothing is closed without a word."""
    with connected(sandbox) as connection:
        assert until_closed(connection) == b""


def test_octet_by_octet(sandbox: Sandbox) -> None:
    """The time is that of the whole header: more of it does not set the clock back."""
    with connected(sandbox) as connection:
        start = time.monotonic()
        with pytest.raises(OSError):  # noqa: PT012
            for octet in HALF + b"x" * 1000:
                connection.sendall(bytes((octet,)))
                time.sleep(0.05)
        assert time.monotonic() - start < SECONDS * 4


def test_half_a_second_request(sandbox: Sandbox) -> None:
    """What follows a whole request has no more time than the first; silence has more."""
    with connected(sandbox) as connection, connected(sandbox) as silent:
        silent.sendall(WHOLE)
        assert silent.recv(65536).startswith(b"HTTP/1.1 401 ")
        connection.sendall(WHOLE + HALF)
        assert until_closed(connection).count(b"HTTP/1.1 408 ") == 1
        # Kept alive for the next request.
        time.sleep(SECONDS)
        silent.sendall(WHOLE)
        assert silent.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_rest_of_a_body(sandbox: Sandbox) -> None:
    """A body that goes on after the answer is not waited for."""
    with connected(sandbox) as connection:
        connection.sendall(
            b"POST /xms/v1/demo/batches HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
        )
        assert until_closed(connection).startswith(b"HTTP/1.1 401 ")


def test_requests_one_behind_the_other(sandbox: Sandbox) -> None:
    """Who is slow in all, but in time with each header, is answered every time."""
    with connected(sandbox) as connection:
        # Between two answers there is always half a header that has none yet.
        half, rest = WHOLE[:20], WHOLE[20:]
        connection.sendall(half)
        for _ in range(8):
            time.sleep(SECONDS / 4)
            connection.sendall(rest + half)
            assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
    with Client(sandbox) as client:
        assert client.send()["to"] == [NUMBER]
