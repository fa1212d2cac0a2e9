"""The live API: an adapter on the official SDK, and what checks plans against it and sends them.

``api`` has the eight operations with our values, ``credentials`` where the account's keys are from.
Nothing here knows the sandbox: the two meet over HTTP.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smsplan.sinch.api import SinchApi
    from smsplan.sinch.api_error import ApiError
    from smsplan.sinch.calibration import Calibration, calibrate
    from smsplan.sinch.campaigns import Campaign, Status
    from smsplan.sinch.credentials import Credentials
    from smsplan.sinch.journal import State
    from smsplan.sinch.live_dry_runs import LiveDryRun, live_dry_run
    from smsplan.sinch.operations import BatchesApi, BatchPage, SentBatch
    from smsplan.sinch.recording import Replay
    from smsplan.sinch.verification import Difference, Verification, verify

__all__ = ["ApiError", "BatchPage", "BatchesApi", "Calibration", "Campaign", "Credentials",
           "Difference", "LiveDryRun", "Replay", "SentBatch", "SinchApi", "State", "Status",
           "Verification", "calibrate", "live_dry_run", "verify"]  # fmt: skip


_MODULES = {
    "BatchPage": "operations",
    "BatchesApi": "operations",
    "SentBatch": "operations",
    "ApiError": "api_error",
    "Calibration": "calibration",
    "calibrate": "calibration",
    "Campaign": "campaigns",
    "Credentials": "credentials",
    "LiveDryRun": "live_dry_runs",
    "live_dry_run": "live_dry_runs",
    "State": "journal",
    "Status": "campaigns",
    "Replay": "recording",
    "Difference": "verification",
    "Verification": "verification",
    "verify": "verification",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'smsplan.sinch' has no attribute '{name}'")
    module = import_module(f"smsplan.sinch.{_MODULES.get(name, 'api')}")
    return getattr(module, name)
