"""Time zones of numbers: those in which the people behind a prefix may live."""

from __future__ import annotations

from functools import cache

from smsplan.numbers._zones import ZONES


@cache
def zones_by_prefix() -> dict[str, tuple[str, ...]]:
    """Return the zones (IANA) of each prefix; the longest one that begins a number decides."""
    return {
        prefix: tuple(zones.split()) for zones, prefixes in ZONES for prefix in prefixes.split()
    }


def time_zones(msisdn: str) -> tuple[str, ...]:
    """Return the zones in which the owner of a number may live; none where none is known.

    >>> time_zones("12025550123"), time_zones("447700900123")
    (('America/New_York',), ('Europe/Guernsey', 'Europe/Isle_of_Man', 'Europe/London'))
    >>> time_zones("88213123456")
    ()
    """
    known = zones_by_prefix()
    for end in range(len(msisdn), 0, -1):
        if msisdn[:end] in known:
            return known[msisdn[:end]]
    return ()
