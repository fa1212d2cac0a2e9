"""HTTP connections that wait for nobody longer than they must."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# For a request's line and header, from its first octet or from the connection on.
HEADER_SECONDS = 10.0


class PatientConnection(H11Protocol):
    """Uvicorn's, with an end to requests of which a part is missing: their connection is closed.

    That is a header that does not end, and what is left of a body after the answer. Before the
    answer the application sets the time for a body; between requests uvicorn does.
    """

    _timer: asyncio.TimerHandle | None = None
    _timed: object = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first header."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see whether all of it has."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """See whether anything of the request is still to come."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._wait(None)

    def _watch(self) -> None:
        if self.transport.is_closing():
            self._wait(None)
        elif self.conn.their_state is h11.IDLE:
            begun = self.cycle is None or self.conn.trailing_data[0]
            self._wait((self.cycle, "header") if begun else None)
        elif self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete:
            self._wait((self.cycle, "body"))
        else:
            self._wait(None)

    def _wait(self, what: object) -> None:
        """Wait for something; more of the same does not set the clock back."""
        if what == self._timed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timed = what
        self._timer = None
        if what is not None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _too_slow(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            headers = [(b"connection", b"close"), (b"content-length", b"0")]
            answer = h11.Response(status_code=408, headers=headers, reason=b"Request Timeout")
            self.transport.write(self.conn.send(answer) or b"")
            self.conn.send(h11.EndOfMessage())
        self.transport.close()
