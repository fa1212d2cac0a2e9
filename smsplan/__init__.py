"""Offline SMS message planning and cost estimation.

Text to parts, a batch to the Sinch SMS API's dry run, a table of recipients to a plan. Importing
this module costs milliseconds: what needs pandas, pyarrow or numpy loads them when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from smsplan.errors import packages_needed
from smsplan.version import VERSION as __version__

if TYPE_CHECKING:
    from smsplan.api.batches import (
        ABSENT,
        BinaryBatch,
        MediaBatch,
        TextBatch,
        TextUpdate,
        batch_from_dict,
    )
    from smsplan.api.differences import difference
    from smsplan.api.dryruns import DryRun, dry_run
    from smsplan.api.profiles import Profile
    from smsplan.encoding import Encoding, segment, truncate
    from smsplan.encoding.explanation import explain
    from smsplan.encoding.substitution import Substitution, substitute
    from smsplan.errors import (
        InputError,
        Note,
        OutputError,
        PlanRejected,
        Problem,
        RequestRefused,
        SmsplanError,
        TooManyParts,
        UnencodableText,
    )
    from smsplan.limits import Limits
    from smsplan.linting.linter import lint
    from smsplan.message import Message
    from smsplan.planning.batch_plans import plan_batch
    from smsplan.planning.estimates import estimate
    from smsplan.planning.planner import compare, plan, reconcile, schedule
    from smsplan.planning.plans import Plan
    from smsplan.ratecards import Cost, OperatorMix, Rate, RateCard, Terms
    from smsplan.recipients import Reading, Recipients
    from smsplan.templates import Template

# The classes of answers, which nobody makes by hand, are here too, but for ``__all__``.
_MODULES = {
    "planning.batch_plans": ("plan_batch",),
    "api.batches": (
        "ABSENT",
        "BinaryBatch",
        "MediaBatch",
        "TextBatch",
        "TextUpdate",
        "batch_from_dict",
    ),
    "api.differences": ("Difference", "difference"),
    "api.dryruns": ("Detail", "DryRun", "RecipientDryRun", "dry_run"),
    "encoding": ("Encoding", "Part", "Segmentation", "segment", "truncate"),
    "encoding.explanation": ("Explained", "Explanation", "explain"),
    "encoding.substitution": ("Change", "Substituted", "Substitution", "substitute"),
    "errors": (
        "Breach",
        "Fault",
        "InputError",
        "Note",
        "OutputError",
        "PlanRejected",
        "Problem",
        "RequestRefused",
        "SmsplanError",
        "TooManyParts",
        "UnencodableText",
    ),
    "planning.estimates": ("Estimate", "estimate"),
    "linting.linter": ("Complaint", "lint"),
    "limits": ("Limits",),
    "message": ("Message",),
    "numbers": ("Grade",),
    "planning.planner": ("compare", "plan", "reconcile", "schedule"),
    "planning.plans": ("Plan",),
    "money.schedules": ("Schedule",),
    "api.profiles": ("Profile",),
    "ratecards": ("Cost", "OperatorMix", "Rate", "RateCard", "Terms"),
    "recipients": ("Reading", "Recipients"),
    "templates": ("Expansion", "Template", "TemplateWarning"),
}
_PLACES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "ABSENT",
    "BinaryBatch",
    "Cost",
    "DryRun",
    "Encoding",
    "InputError",
    "Limits",
    "MediaBatch",
    "Message",
    "Note",
    "OperatorMix",
    "OutputError",
    "Plan",
    "PlanRejected",
    "Problem",
    "Profile",
    "Rate",
    "RateCard",
    "Reading",
    "Recipients",
    "RequestRefused",
    "SmsplanError",
    "Substitution",
    "Template",
    "Terms",
    "TextBatch",
    "TextUpdate",
    "TooManyParts",
    "UnencodableText",
    "__version__",
    "batch_from_dict",
    "compare",
    "difference",
    "dry_run",
    "estimate",
    "explain",
    "lint",
    "plan",
    "plan_batch",
    "reconcile",
    "schedule",
    "segment",
    "substitute",
    "truncate",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'smsplan' has no attribute '{name}'")
    with packages_needed():
        value = getattr(import_module(f"smsplan.{_PLACES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
