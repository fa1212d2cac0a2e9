"""A local server that takes callbacks, and how to wait for them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


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
