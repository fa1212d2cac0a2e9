"""A plan of one batch, as a request or the API's answer has it: what it will be, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from smsplan.api.batches import TextBatch, is_group_id, msisdn
from smsplan.api.dryruns import ValuesByRecipient
from smsplan.api.profiles import Profile
from smsplan.errors import InputError
from smsplan.message import Message
from smsplan.planning.planner import plan
from smsplan.planning.plans import Plan
from smsplan.plurals import counted
from smsplan.ratecards import RateCard, Terms
from smsplan.templates import Template


def plan_batch(
    batch: TextBatch,
    *,
    profile: Profile | str | os.PathLike[str] | None = None,
    groups: Mapping[str, Iterable[str]] | None = None,
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
) -> Plan:
    """Plan the recipients of a batch, one row each, in the order of ``to``.

    ``groups`` names the members of the groups that ``to`` names. ``warnings`` of the plan say which
    parameters stand nowhere in the body and how many values are for numbers that the batch does not
    text. Raises :class:`~smsplan.errors.InputError` for a group whose members are not given.

    >>> batch = TextBatch(to=["+447700900123", "+447700900124"], body="Hello ${name}!",
    ...     parameters={"name": {"+447700900123": "Ana"}, "nmae": {"default": "you"}})
    >>> made = plan_batch(batch)
    >>> made.messages, [row["problem"] for row in made.rows]
    (1, [None, 'unmatched_parameter'])
    >>> made.warnings
    ("parameter 'nmae' of the batch stands nowhere in its body; write ${nmae} or leave it out",)
    """
    chosen = Profile.of(profile)
    keys = Template(batch.body).parameters
    values = ValuesByRecipient(batch, chosen)
    defaults = {key: text for key, text in values.defaults.items() if key in keys}
    # Without parameters a placeholder is text, and goes to everybody as it is.
    literal = not batch.parameters and chosen.no_parameters == "literal"
    columns = {key: f"parameter {place}" for place, key in enumerate(keys)}
    rows: list[dict[str, str | None]] = []
    strangers = {number for own in values.own.values() for number in own}
    for to in _recipients(batch, chosen, groups or {}):
        digits = msisdn(to, chosen) or ""
        strangers.discard(digits)
        own = {
            columns[key]: f"${{{key}}}" if literal else values.own.get(key, {}).get(digits)
            for key in keys
        }
        rows.append({"to": to, **own})
    made = plan(
        rows,
        Message(
            batch.body,
            defaults=defaults,
            from_=batch.from_,
            truncate_concat=bool(batch.truncate_concat),
            max_number_of_message_parts=batch.max_number_of_message_parts,
        ),
        columns=columns,
        profile=chosen,
        rates=rates,
    )
    mistakes = tuple(_mistakes(batch, keys, len(strangers)))
    return replace(made, warnings=made.warnings + mistakes)


def _recipients(
    batch: TextBatch, profile: Profile, groups: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    for to in batch.to:
        if to in groups:
            yield from groups[to]
        elif is_group_id(to) and msisdn(to, profile) is None:
            raise InputError(
                f"the members of groups, such as '{to}', are not known here; name them: "
                f"groups={{'{to}': [...]}}, or --group {to}=FILE"
            )
        else:
            yield to


def _mistakes(batch: TextBatch, keys: tuple[str, ...], strangers: int) -> Iterator[str]:
    for key in batch.parameters or {}:
        if key not in keys:
            yield (
                f"parameter '{key}' of the batch stands nowhere in its body; "
                f"write ${{{key}}} or leave it out"
            )
    if strangers:
        yield (
            f"values of parameters are for {counted(strangers, 'number')} that the batch does not "
            "text; "
            "compare the keys of 'parameters' with 'to'"
        )
