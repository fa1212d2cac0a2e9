"""A local server of the batches API, for trying out and for tests; nothing is sent to anybody.

``rules`` say what the API answers and know no time, file or network; ``store`` keeps what was
accepted (SQLite); ``account`` is the two together by a clock; ``app`` speaks HTTP (Starlette),
``connections`` wait for nobody too long, and ``time_passing`` moves batches and posts reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smsplan.sandbox.server import Sandbox, running
    from smsplan.sandbox.settings import Failure, Settings

__all__ = ["Failure", "Sandbox", "Settings", "running"]


def __getattr__(name: str) -> Any:
    if name in ("Sandbox", "running"):
        from smsplan.sandbox import server

        return getattr(server, name)
    if name in ("Failure", "Settings"):
        from smsplan.sandbox import settings

        return getattr(settings, name)
    if name == "Fault":
        raise AttributeError("smsplan.sandbox.Fault is called Failure now")
    raise AttributeError(f"module 'smsplan.sandbox' has no attribute '{name}'")
