"""What an update or a replacement of a batch would change, before it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from smsplan.api.batches import Batch, TextBatch, TextUpdate, batch_from_dict, msisdn, parse_time
from smsplan.api.dryruns import DryRun, dry_run
from smsplan.api.profiles import Profile
from smsplan.errors import InputError
from smsplan.plurals import counted
from smsplan.ratecards import Cost, RateCard, Terms
from smsplan.showing import drawn

# A default that is written out is no change.
_DEFAULTS = {
    "delivery_report": "none",
    "feedback_enabled": False,
    "flash_message": False,
    "truncate_concat": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A batch before and after: what it would be, and what changes.

    ``messages`` and the billed ``parts`` are more (negative: fewer) than before, ``cost`` is what
    is added; null without rates. The dry runs count as the API does: also recipients that a send
    accepts and then does not reach. ``fields`` are the fields of the request that change; the same
    number or time written otherwise is no change, nor is a default that is written out.
    """

    before: DryRun
    after: DryRun
    fields: tuple[str, ...]
    messages: int
    parts: int
    cost: Cost | None

    def __str__(self) -> str:
        then, now = (
            f"{counted(_messages(one), 'message')}, {counted(_parts(one), 'part')}"
            + ("" if self.cost is None else f", {one.cost}")
            for one in (self.before, self.after)
        )
        return f"{then} -> {now}; changes: {', '.join(self.fields) or 'nothing'}"

    def __repr__(self) -> str:
        return f"<Difference: {self}>"

    def _repr_html_(self) -> str:
        return drawn("messages.difference_html", self)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "fields": list(self.fields),
            "messages": self.messages,
            "parts": self.parts,
            "cost": None if self.cost is None else self.cost.to_dict(),
        }


def _messages(answer: DryRun) -> int:
    return sum(detail.problem is None for detail in answer.details)


def _parts(answer: DryRun) -> int:
    return sum(detail.billed_parts for detail in answer.details)


def difference(
    batch: TextBatch | Mapping[str, Any],
    change: TextUpdate | Batch | Mapping[str, Any],
    *,
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
    profile: Profile | str | os.PathLike[str] | None = None,
    groups: Mapping[str, Iterable[str]] | None = None,
) -> Difference:
    """Say what an update or a replacement of a batch would change in messages, parts and cost.

    ``batch`` is one, or the API's JSON; ``change`` is an update (also as JSON), or a whole batch
    that replaces it.
    ``groups`` resolves group ids to numbers. Raises :class:`~smsplan.errors.RequestRefused` where
    the API would refuse it.

    >>> batch = TextBatch(to=["447700900123"], body="a" * 160)
    >>> made = difference(batch, TextUpdate(body="a" * 161, to_add=["447700900124"]),
    ...                   rates="0.034 GBP")
    >>> made.messages, made.parts, str(made.cost), made.fields
    (1, 3, 'GBP 0.102', ('body', 'to'))
    >>> print(made)
    1 message, 1 part, GBP 0.034 -> 2 messages, 4 parts, GBP 0.136; changes: body, to
    """
    chosen = Profile.of(profile)
    given = batch_from_dict(batch, response=True) if isinstance(batch, Mapping) else batch
    if isinstance(change, Mapping):
        change = TextUpdate.from_dict(change, profile=chosen)
    if not isinstance(given, TextBatch) or not isinstance(change, TextUpdate | TextBatch):
        raise InputError("only text batches have parts to compare; give two of them")
    # The API writes out what it would have taken anyway; it moves with send_at.
    given = _without_default_expiry(given, chosen)
    changed = given.updated(change, profile=chosen) if isinstance(change, TextUpdate) else change
    changed = _without_default_expiry(changed, chosen)
    before, after = (
        dry_run(each, profile=chosen, groups=groups, rates=rates) for each in (given, changed)
    )
    old, new = (_meaning(each, chosen) for each in (given, changed))
    return Difference(
        before=before,
        after=after,
        fields=tuple(name for name in sorted({*old, *new}) if old.get(name) != new.get(name)),
        messages=_messages(after) - _messages(before),
        parts=_parts(after) - _parts(before),
        cost=None if rates is None else after.cost - before.cost,
    )


def _without_default_expiry(batch: TextBatch, profile: Profile) -> TextBatch:
    """Return a batch without an ``expire_at`` that is three days after its ``send_at``."""
    if batch.expire_at is None or batch.send_at is None:
        return batch
    try:
        lifetime = parse_time(batch.expire_at) - parse_time(batch.send_at)
    except (ValueError, OverflowError):
        return batch  # no times: the dry run says so
    if lifetime != timedelta(days=3):
        return batch
    return replace(batch, expire_at=None, profile=profile)


def _meaning(batch: TextBatch, profile: Profile) -> dict[str, Any]:
    """Return the fields of a batch so that what means the same is the same."""

    def number(text: str) -> str:
        return msisdn(text, profile) or text

    out: dict[str, Any] = _DEFAULTS | batch.to_dict()
    to = sorted(number(element) for element in batch.to)
    out["to"] = to if profile.duplicates == "counted" else set(to)
    if batch.from_ is not None:
        out["from"] = number(batch.from_)
    for name in ("send_at", "expire_at"):
        if name in out:
            out[name] = parse_time(out[name])
    if batch.parameters is not None:
        out["parameters"] = {
            key: {number(each): value for each, value in values.items()}
            for key, values in batch.parameters.items()
        }
    return out
