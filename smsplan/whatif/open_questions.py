"""The open questions: what each switch asks, its values, and a dry run that decides it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, get_args, get_type_hints

from smsplan.api.dryruns import dry_run
from smsplan.api.profiles import SWITCHES, Profile
from smsplan.api.switches import A, of_values, one
from smsplan.errors import RequestRefused
from smsplan.plurals import counted

CLOSED = frozenset(name for name, each in SWITCHES.items() if each.effect == "documented")
ANSWERS = frozenset(
    name for name, each in SWITCHES.items() if each.effect not in ("plan", "documented")
)
"""These are about requests and answers alone: they change no plan."""
QUESTIONS = {name: each.question for name, each in SWITCHES.items() if each.effect == "plan"}
"""What each switch asks, that can change a plan."""


@cache
def _listed() -> dict[str, tuple[Any, ...]]:
    """The values of switches that have words for them."""
    return {name: get_args(hint) for name, hint in get_type_hints(Profile).items()}


def shown(value: Any) -> str:
    """Return a value of a switch as text, as JSON and TOML write it; ``none`` is no limit.

    >>> shown(None), shown(True), shown(160), shown("verbatim")
    ('none', 'true', '160', 'verbatim')
    """
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def alternatives(switch: str, profile: Profile) -> tuple[Profile, ...]:
    """Return the profile with every value of a switch, its own first.

    >>> [each.min_digits for each in alternatives("min_digits", Profile(min_digits=6))]
    [6, 5, 1, 7]
    """
    own = getattr(profile, switch)
    values = SWITCHES[switch].values or _listed()[switch]
    others = [value for value in values if value != own]
    if switch == "min_digits":
        others = [value for value in others if value <= profile.max_digits]
    if switch == "max_digits":
        others = [value for value in others if value >= profile.min_digits]
    return (profile, *(profile.replace(**{switch: value}) for value in others))


def _probes(switch: str, profiles: Iterable[Profile]) -> tuple[dict[str, Any], ...]:
    """Return the requests among which is one that decides; limits are asked for one above each."""
    if SWITCHES[switch].requests:
        return tuple(map(dict, SWITCHES[switch].requests))
    if switch == "length_unit":
        smile = "\U0001f600"
        own = next(iter(profiles))
        return (
            *(one(smile * (limit // 2 + 1)) for limit in (own.body_limit,) if limit),
            *(of_values(a=smile * (limit // 2 + 1)) for limit in (own.value_limit,) if limit),
        )
    limits = sorted({limit for each in profiles if (limit := getattr(each, switch)) is not None})
    if switch == "body_limit":
        return tuple(one("a" * (limit + 1)) for limit in limits)
    if switch == "value_limit":
        return (of_values(**{f"v{limit + 1}": "a" * (limit + 1) for limit in limits}),)
    if switch == "min_digits":
        lengths = [limit - 1 for limit in reversed(limits) if limit > 1]
    else:
        lengths = [limit + 1 for limit in limits if limit < 18]
    return ({"to": [A[1:].ljust(18, "0")[:length] for length in lengths], "body": "Hi"},)


def probe(
    switch: str, profiles: dict[str, Profile], apart: list[tuple[str, str]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a request, and in words what its dry run answers under each value of a switch.

    ``apart`` are pairs of values that the answers should tell apart: the first request that tells
    most of them is taken.
    """
    best: tuple[int, dict[str, Any], dict[str, str]] | None = None
    for request in _probes(switch, profiles.values()):
        if switch != "default_originator":
            request = {**_originator(profiles), **request}
        said = {value: answer(request, profile) for value, profile in profiles.items()}
        told = sum(said[first] != said[second] for first, second in apart)
        if best is None or told > best[0]:
            best = told, request, said
    assert best is not None, "every switch has a probe"
    return best[1], best[2]


def _originator(profiles: dict[str, Profile]) -> dict[str, str]:
    """An account without an originator asks for one."""
    has_one = all(profile.default_originator for profile in profiles.values())
    return {} if has_one else {"from": "447700900100"}


def answer(request: dict[str, Any], profile: Profile) -> str:
    """Say in words what a dry run of a request answers under a profile.

    >>> answer({"to": ["+447700900123"], "body": "Hi"}, Profile())
    "1 recipient, 1 part (447700900123: 1 part, GSM, 'Hi')"
    """
    try:
        made = dry_run(request, per_recipient=True, profile=profile)
    except RequestRefused as refused:
        return "refused: " + " ".join(fault.text for fault in refused.faults)
    shown = ", ".join(
        f"{item.recipient}: {counted(item.number_of_parts, 'part')}, {item.encoding}, "
        f"{_body(item.body)}"
        for item in made.per_recipient or ()
    )
    recipients = counted(made.number_of_recipients, "recipient")
    return f"{recipients}, {counted(made.number_of_messages, 'part')}" + f" ({shown})" * bool(shown)


def _body(text: str) -> str:
    return ascii(text) if len(text) <= 20 else counted(len(text), "character")
