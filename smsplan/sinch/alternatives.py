"""Which other profiles would explain what an account answers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from smsplan.encoding.alphabets import LANGUAGES
from smsplan.profiles import SWITCHES, Profile

# The documentation has had these limits; of digits any number may be the limit.
_LIMITS: dict[str, tuple[int | None, ...]] = {
    "body_limit": (2000, 1600, None),
    "key_limit": (16, None),
    "value_limit": (1600, 160, None),
    "reference_limit": (2048, 128, None),
    "min_digits": tuple(range(1, 10)),
    "max_digits": tuple(range(10, 19)),
}


def values(switch: str) -> tuple[Any, ...]:
    """Return the values of a switch that an account may have.

    >>> values("double_dollar"), values("value_limit")
    (('expand', 'escape'), (1600, 160, None))
    """
    if switch in _LIMITS:
        return _LIMITS[switch]
    if switch == "default_originator":
        return (True, False)
    if switch not in SWITCHES:
        return (getattr(Profile(), switch),)
    if switch == "languages":
        return ((), *((name,) for name in LANGUAGES), "all")
    found: tuple[Any, ...] = get_args(_hints()[switch])
    return found


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Profile)


def alternatives(profile: Profile, switches: tuple[str, ...]) -> Iterator[tuple[str, Any, Profile]]:
    """Yield each profile that differs by one value of one of the switches."""
    for switch in switches:
        own = getattr(profile, switch)
        for value in values(switch):
            if value == own or (switch == "min_digits" and value > profile.max_digits):
                continue
            if switch == "max_digits" and value < profile.min_digits:
                continue
            yield switch, value, profile.replace(**{switch: value})


def nearest(profile: Profile, found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Of limits that explain the same keep the one nearest to the profile's.

    >>> nearest(Profile(), [("max_digits", 10), ("max_digits", 12), ("spaces", "space")])
    [('max_digits', 12), ('spaces', 'space')]
    """
    best: dict[str, tuple[str, Any]] = {}
    for switch, value in found:
        if switch not in _LIMITS:
            continue
        own = getattr(profile, switch)

        def distance(value: int | None, own: int | None = own) -> float:
            ends = [float("inf") if one is None else one for one in (value, own)]
            return abs(ends[0] - ends[1]) if ends[0] != ends[1] else 0.0

        if switch not in best or distance(value) < distance(best[switch][1]):
            best[switch] = (switch, value)
    return [one for one in found if one[0] not in _LIMITS or best[one[0]] == one]
