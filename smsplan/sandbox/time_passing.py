"""What time brings: batches fall due, and their reports are posted to who asked for them.

A clock that meets a full disk says so and goes on; a host that does not answer holds up nobody.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool

from smsplan.errors import OutputError
from smsplan.sandbox.account import Account
from smsplan.sandbox.store import Callback

# Reports that are posted at the same time: in all, and of these to one host.
POSTS, POSTS_OF_A_HOST = 64, 8
POST_SECONDS = 5.0
_TICK = 0.05
# After something went wrong.
_PAUSE = 0.5
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def say(text: str) -> None:
    """Write a line to stderr, if that can be written to."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def described(error: Exception) -> str:
    """Say what went wrong, and nothing of a request: of a surprise, its type and its place."""
    if isinstance(error, OutputError):
        return f"error: {error}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = ""
    if trace is not None:
        place = f" in {trace.tb_frame.f_globals.get('__name__')}, line {trace.tb_lineno}"
    return f"internal error: {type(error).__name__}{place}; please report it"


async def pass_time(account: Account) -> None:
    """Dispatch what is due, and post callbacks, until it is cancelled; then all posts end too."""
    posts = Posts(account)
    said = ""
    try:
        while True:
            wrong = ""
            try:
                await run_in_threadpool(account.tick)
                await posts.start_due()
            except Exception as error:
                wrong = described(error)
            if wrong != said:
                say(wrong or "the sandbox's clock goes on")
                said = wrong
            if wrong:
                await asyncio.sleep(_PAUSE)
            else:
                await posts.ended(_TICK)
    finally:
        await posts.close()


class Posts:
    """The reports that are being posted."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._under_way: dict[int, Callback] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        # The host of the post that was begun last.
        self._last = ""
        self._client: Any = None

    async def start_due(self) -> None:
        """Begin to post what is due, as far as there is room."""
        due = await run_in_threadpool(
            self._account.callbacks,
            dict(self._under_way),
            after=self._last,
            each=POSTS_OF_A_HOST,
            most=POSTS,
        )
        for callback in due:
            self._last = callback.host
            self._under_way[callback.id] = callback
            task = asyncio.create_task(self._deliver(callback))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def ended(self, seconds: float) -> None:
        """Wait until a post has ended, but no longer than so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)

    async def close(self) -> None:
        """End every post; what was not answered is posted again when the sandbox is next run."""
        for task in self._tasks:
            # A second time would interrupt how it closes its connection.
            if not task.cancelling():
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _deliver(self, callback: Callback) -> None:
        done = await self._post(callback)
        # Until that is written down it is under way: who forgets it would post it once more.
        while True:
            try:
                await run_in_threadpool(self._account.callback_done, callback, done=done)
                break
            except Exception:  # as at the clock, which says so
                await asyncio.sleep(_PAUSE)
        del self._under_way[callback.id]

    async def _post(self, callback: Callback) -> bool:
        """Post a report; True where it is done with. Other machines get none unless meant to."""
        import httpx

        remote = self._account.settings.remote_callbacks
        try:
            url = httpx.URL(callback.url)
            if url.host not in _LOCAL and not remote:
                return True
            if self._client is None:
                # Nor does a proxy, which would be another machine.
                self._client = httpx.AsyncClient(
                    headers={"Content-Type": "application/json"}, timeout=None, trust_env=remote
                )
            # All of it in time, however slowly it answers; of the answer, its status alone.
            async with (
                asyncio.timeout(POST_SECONDS),
                self._client.stream("POST", url, content=callback.payload) as answer,
            ):
                return bool(answer.status_code < 300)
        except Exception:  # whatever a URL or a server brings about, it has not taken the report
            return False
