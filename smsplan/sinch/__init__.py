"""The live API: an adapter on the official SDK, and what checks plans against it and sends them.

``api`` has the eight operations with our values, ``credentials`` where the account's keys are from.
Nothing here knows the sandbox: the two meet over HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smsplan.sinch.api import ApiError, BatchesApi, BatchPage, SentBatch, SinchApi
    from smsplan.sinch.credentials import Credentials

__all__ = ["ApiError", "BatchPage", "BatchesApi", "Credentials", "SentBatch", "SinchApi"]


def __getattr__(name: str) -> Any:
    if name in ("ApiError", "BatchPage", "BatchesApi", "SentBatch", "SinchApi"):
        from smsplan.sinch import api

        return getattr(api, name)
    if name == "Credentials":
        from smsplan.sinch import credentials

        return credentials.Credentials
    raise AttributeError(f"module 'smsplan.sinch' has no attribute '{name}'")
