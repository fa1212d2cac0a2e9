"""The live API: an adapter on the official SDK, and what checks plans against it and sends them.

``api`` has the eight operations with our values, ``credentials`` where the account's keys are from.
Nothing here knows the sandbox: the two meet over HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smsplan.sinch.api import ApiError, BatchesApi, BatchPage, SentBatch, SinchApi
    from smsplan.sinch.credentials import Credentials
    from smsplan.sinch.recording import Replay
    from smsplan.sinch.verification import Difference, Verification, verify

__all__ = ["ApiError", "BatchPage", "BatchesApi", "Credentials", "Difference", "Replay",
           "SentBatch", "SinchApi", "Verification", "verify"]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in ("ApiError", "BatchPage", "BatchesApi", "SentBatch", "SinchApi"):
        from smsplan.sinch import api

        return getattr(api, name)
    if name == "Credentials":
        from smsplan.sinch import credentials

        return credentials.Credentials
    if name == "Replay":
        from smsplan.sinch import recording

        return recording.Replay
    if name in ("Difference", "Verification", "verify"):
        from smsplan.sinch import verification

        return getattr(verification, name)
    raise AttributeError(f"module 'smsplan.sinch' has no attribute '{name}'")
