"""A sandbox that runs: in a thread of its own for tests, or in the foreground."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from smsplan.errors import InputError, OutputError
from smsplan.sandbox.account import Account
from smsplan.sandbox.settings import Failure, Settings
from smsplan.sandbox.store import Store

_START_SECONDS = 20.0


class Sandbox:
    """A running sandbox: where it is, and what tests ask of it.

    ``url`` is what SDKs take for the API's host, ``token`` the account's, for
    ``service_plan_id``.
    """

    def __init__(self, url: str, account: Account) -> None:
        self.url = url
        self._account = account

    def __repr__(self) -> str:
        return f"<Sandbox at {self.url}>"

    @property
    def token(self) -> str:
        """The token of the service plan."""
        return self._account.settings.token

    @property
    def service_plan_id(self) -> str:
        """The service plan."""
        return self._account.settings.service_plan_id

    @property
    def now(self) -> datetime:
        """The sandbox's time."""
        return self._account.now

    def advance(self, seconds: float) -> datetime:
        """Move the clock on: what is scheduled meanwhile is dispatched. Returns the new time."""
        return self._account.advance(seconds)

    def reset(self) -> None:
        """Forget all that was sent, and every fault."""
        self._account.reset()

    def fail(self, kind: str, **given: Any) -> None:
        """Make something go wrong: see :class:`~smsplan.sandbox.settings.Failure`."""
        self._account.add_fault(Failure(kind=kind, **given))

    def inspect(self) -> dict[str, Any]:
        """Return all batches, groups and the time, also what the API would not show yet."""
        return self._account.inspect()


@contextmanager
def running(
    settings: Settings | None = None,
    *,
    db: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    **given: Any,
) -> Iterator[Sandbox]:
    """Run a sandbox while the block runs; ``given`` are fields of ``Settings``.

    Raises :class:`~smsplan.errors.InputError` where the extra is not installed.

    >>> import httpx
    >>> with running() as sandbox:
    ...     answer = httpx.post(
    ...         f"{sandbox.url}/xms/v1/{sandbox.service_plan_id}/batches",
    ...         json={"to": ["+447700900123"], "body": "Hello!"},
    ...         headers={"Authorization": f"Bearer {sandbox.token}"},
    ...     )
    >>> answer.status_code, answer.json()["to"]
    (201, ['447700900123'])
    """
    settings = with_token(replace(settings or Settings(), **given))
    account = Account(settings, Store(db))
    try:
        listening = listen(host, port)
        server = make_server(account)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            _wait(server, thread)
            yield Sandbox(address(listening), account)
        finally:
            server.should_exit = True
            server.force_exit = True
            thread.join(_START_SECONDS)
            listening.close()
    finally:
        # A thread of the server's may be at work still.
        account.close()


def with_token(settings: Settings) -> Settings:
    """Return settings with a token; without one, it is made."""
    if settings.token:
        return settings
    return replace(settings, token=secrets.token_hex(16))


def listen(host: str, port: int) -> socket.socket:
    """Listen on a port; 0 is any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay off, 40 ms an answer, only where the protocol is named.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(256)
    except (OSError, OverflowError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"cannot listen on {host}, port {port}: {why}; use --port 0 for a free one"
        ) from None
    return listening


def address(listening: socket.socket) -> str:
    """Return the base URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(account: Account) -> Any:
    """Return the HTTP server of an account, which logs nothing of a request."""
    try:
        import uvicorn

        from smsplan.sandbox.app import make_app
        from smsplan.sandbox.connections import PatientConnection
    except ImportError as error:
        raise InputError(
            f"the sandbox needs '{error.name}'; install it: pip install 'smsplan[sandbox]'"
        ) from None
    config = uvicorn.Config(
        make_app(account),
        http=PatientConnection,
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return uvicorn.Server(config)


def _wait(server: Any, thread: threading.Thread) -> None:
    end = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise OutputError("the sandbox did not start; try again")
        time.sleep(0.005)
