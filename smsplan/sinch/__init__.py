"""The live API: an adapter on the official SDK, and what checks plans against it and sends them.

``api`` has the eight operations with our values, ``credentials`` where the account's keys are from.
Nothing here knows the sandbox: the two meet over HTTP.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smsplan.live.api_error import ApiError
    from smsplan.live.calibrating.calibration import Calibration, calibrate
    from smsplan.live.campaigns import Campaign, Status
    from smsplan.live.journal import State
    from smsplan.live.live_dry_runs import LiveDryRun, live_dry_run
    from smsplan.live.operations import BatchesApi, BatchPage, SentBatch
    from smsplan.live.recording import Replay
    from smsplan.live.verification import AnswerDifference, Verification, verify
    from smsplan.sinch.adapter import SinchApi
    from smsplan.sinch.credentials import Credentials

__all__ = [
    "AnswerDifference",
    "ApiError",
    "BatchPage",
    "BatchesApi",
    "Calibration",
    "Campaign",
    "Credentials",
    "LiveDryRun",
    "Replay",
    "SentBatch",
    "SinchApi",
    "State",
    "Status",
    "Verification",
    "calibrate",
    "live_dry_run",
    "verify",
]


_MODULES = {
    "BatchPage": "live.operations",
    "BatchesApi": "live.operations",
    "SentBatch": "live.operations",
    "ApiError": "live.api_error",
    "Calibration": "live.calibrating.calibration",
    "calibrate": "live.calibrating.calibration",
    "Campaign": "live.campaigns",
    "Credentials": "sinch.credentials",
    "LiveDryRun": "live.live_dry_runs",
    "live_dry_run": "live.live_dry_runs",
    "State": "live.journal",
    "Status": "live.campaigns",
    "Replay": "live.recording",
    "AnswerDifference": "live.verification",
    "Verification": "live.verification",
    "verify": "live.verification",
}


def __getattr__(name: str) -> Any:
    if name == "Difference":
        raise AttributeError("smsplan.sinch.Difference is called AnswerDifference now")
    if name not in __all__:
        raise AttributeError(f"module 'smsplan.sinch' has no attribute '{name}'")
    module = import_module(f"smsplan.{_MODULES.get(name, 'sinch.adapter')}")
    return getattr(module, name)
