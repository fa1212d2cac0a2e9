"""A server that answers as no API should: on real sockets, each answer a script of octets."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from smsplan.sinch import Credentials

# Plays one answer; the octets of the request were read.
Answer = Callable[[socket.socket], None]

HTML = b"<!DOCTYPE html>\n<html><head><title>Blocked</title></head><body>%s</body></html>" % (
    b"Request of 447700900123 denied. " * 20
)
BATCH = b'{"id": "01FC66621VHDBN119Z8PMV1QPQ", "to": ["447700900123"], "body": "Hi"}'
DRY_RUN = b'{"number_of_recipients": 1, "number_of_messages": 1}'


def http(status: int, body: bytes = b"", *headers: str, kind: str = "application/json") -> Answer:
    """Answer whole: a status, a body, and what headers there are besides."""
    return raw(head(status, *headers, f"Content-Length: {len(body)}", kind=kind) + body)


def head(status: int, *headers: str, kind: str = "application/json") -> bytes:
    """Return the octets before a body."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def raw(octets: bytes) -> Answer:
    """Answer with these octets, and close."""
    return lambda sock: sock.sendall(octets)


def silence(seconds: float = 30.0) -> Answer:
    """Say nothing, as long as somebody listens."""

    def play(sock: socket.socket) -> None:
        sock.settimeout(seconds)
        with suppress(OSError):
            sock.recv(1)

    return play


def drip(before: bytes, octets: bytes, every: float = 0.02) -> Answer:
    """Answer at once as far as ``before``, then octet by octet, without end."""

    def play(sock: socket.socket) -> None:
        sock.sendall(before)
        for _ in range(3000):
            for place in range(len(octets)):
                sock.sendall(octets[place : place + 1])
                time.sleep(every)

    return play


def flood(before: bytes, octets: bytes, times: int) -> Answer:
    """Answer with much, whoever wants to hear it."""

    def play(sock: socket.socket) -> None:
        sock.sendall(before)
        for _ in range(times):
            sock.sendall(octets)

    return play


def bomb(status: int, octets: int) -> Answer:
    """Answer with spaces that gzip makes a thousand times smaller."""
    body = gzip.compress(b" " * octets, compresslevel=9)
    return http(status, body, "Content-Encoding: gzip")


@dataclass
class Hostile:
    """The server: the answers that it gives, the last of them for ever, and what it was asked."""

    answers: list[Answer]
    url: str = ""
    asked: list[bytes] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    @property
    def credentials(self) -> Credentials:
        """The keys of an account at this address."""
        return Credentials(service_plan_id="demo", api_token="secret-token", base_url=self.url)

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(OSError):
            asked = b""
            while b"\r\n\r\n" not in asked:
                octets = sock.recv(65536)
                if not octets:
                    return
                asked += octets
            before, _, body = asked.partition(b"\r\n\r\n")
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in before.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                ),
                0,
            )
            while len(body) < length:
                body += sock.recv(65536)
            self.asked.append(before + b"\r\n\r\n" + body)
            self.at.append(time.monotonic())
            self.answers[min(len(self.asked), len(self.answers)) - 1](sock)
            # Closing with octets unread would throw away what was sent.
            sock.shutdown(socket.SHUT_WR)


@contextmanager
def hostile(*answers: Answer) -> Iterator[Hostile]:
    """Run a server that gives these answers in turn."""
    made = Hostile(list(answers))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def accept() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listening.accept()
                    threading.Thread(target=made._serve, args=(sock,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            # Ends the wait for the next connection.
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
