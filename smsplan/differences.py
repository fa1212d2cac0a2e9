"""What an update or a replacement of a batch would change, before it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from smsplan.batches import Batch, TextBatch, TextUpdate, batch_from_dict
from smsplan.dryruns import DryRun, dry_run
from smsplan.errors import InputError
from smsplan.profiles import Profile
from smsplan.ratecards import Cost, RateCard, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A batch before and after: what it would be, and what changes.

    ``recipients`` and ``parts`` are more (negative: fewer) than before, ``cost`` is what is added;
    null without rates. ``fields`` are the fields of the request that change.
    """

    before: DryRun
    after: DryRun
    fields: tuple[str, ...]
    recipients: int
    parts: int
    cost: Cost | None

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "fields": list(self.fields),
            "recipients": self.recipients,
            "parts": self.parts,
            "cost": None if self.cost is None else self.cost.to_dict(),
        }


def difference(
    batch: TextBatch,
    change: TextUpdate | Batch | Mapping[str, Any],
    *,
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
    profile: Profile | str | os.PathLike[str] | None = None,
    groups: Mapping[str, Iterable[str]] | None = None,
) -> Difference:
    """Say what an update or a replacement of a batch would change in messages, parts and cost.

    ``change`` is an update, a whole batch that replaces it, or the API's JSON of an update.
    ``groups`` resolves group ids to numbers. Raises :class:`~smsplan.errors.RequestRefused` where
    the API would refuse it.

    >>> batch = TextBatch(to=["447700900123"], body="a" * 160)
    >>> made = difference(batch, TextUpdate(body="a" * 161, to_add=["447700900124"]),
    ...                   rates="0.034 GBP")
    >>> made.recipients, made.parts, str(made.cost), made.fields
    (1, 3, 'GBP 0.102', ('body', 'to'))
    """
    chosen = Profile.of(profile)
    if isinstance(change, Mapping):
        change = TextUpdate.from_dict(change, profile=chosen)
    changed = batch.updated(change, profile=chosen) if isinstance(change, TextUpdate) else change
    if not isinstance(batch, TextBatch) or not isinstance(changed, TextBatch):
        raise InputError("only text batches have parts to compare; give two of them")
    before, after = (
        dry_run(each, profile=chosen, groups=groups, rates=rates) for each in (batch, changed)
    )
    # As the API's JSON has them, so that a default that is written out is no change.
    old, new = (batch_from_dict(each.to_dict()).to_dict() for each in (batch, changed))
    return Difference(
        before=before,
        after=after,
        fields=tuple(name for name in sorted({*old, *new}) if old.get(name) != new.get(name)),
        recipients=after.number_of_recipients - before.number_of_recipients,
        parts=after.number_of_messages - before.number_of_messages,
        cost=None if rates is None else after.cost - before.cost,
    )
