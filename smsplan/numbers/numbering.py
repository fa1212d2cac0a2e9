"""What a number is: its calling code, its country, its grade.

Everything is looked up in tables generated from libphonenumber's metadata. Digits are taken as they
are; turning what people write into digits is the job of ``reading``.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from smsplan.numbers._tables import CALLING_CODES
from smsplan.numbers._tables import PREFIXES as _PREFIXES
from smsplan.numbers._tables import REGIONS as _REGIONS
from smsplan.numbers.fiction import FICTION

REGIONS: frozenset[str] = frozenset(
    region for regions in CALLING_CODES.values() for region in regions.split() if region != "001"
)
"""The regions whose national numbers can be read: ISO 3166 alpha-2, and AC, TA and XK."""

PREFIXES: dict[str, str] = {
    prefix: country for country, prefixes in _PREFIXES.items() for prefix in prefixes.split()
}
"""Prefix to country; the longest that a number begins with decides. None is over 8 digits."""

_PREFIX_DIGITS = max(map(len, PREFIXES))
# libphonenumber's bounds for a national number (E.164 allows 15 digits in all; some have more).
_SHORTEST, _LONGEST = 2, 17


class Grade(StrEnum):
    """How far a number can be trusted. The grade never stops a row; see ``Note`` for what it does.

    ``valid``: libphonenumber knows its range. ``possible``: only its length is right.
    ``fictitious``: in a range set aside for fiction, whatever libphonenumber says.
    ``invalid``: none of these.
    """

    VALID = "valid"
    POSSIBLE = "possible"
    FICTITIOUS = "fictitious"
    INVALID = "invalid"


class _Plan:
    """The numbering plan of a region; patterns are compiled when first needed."""

    __slots__ = (
        "_general",
        "_matchers",
        "_mobile",
        "_patterns",
        "_trunk_pattern",
        "_trunk_rule",
        "calling_code",
        "leading",
        "lengths",
        "local_lengths",
        "longest",
        "trunk",
    )

    def __init__(self, region: str) -> None:
        (
            self.calling_code,
            lengths,
            local_lengths,
            leading,
            self.trunk,
            trunk_pattern,
            self._trunk_rule,
            general,
            self._patterns,
        ) = _REGIONS[region]
        self.lengths = frozenset(map(int, lengths.split()))
        self.local_lengths = frozenset(map(int, local_lengths.split()))
        self.longest = max(self.lengths)
        self.leading = _compiled(leading) if leading else None
        self._trunk_pattern = _compiled(trunk_pattern) if trunk_pattern else None
        self._general = _compiled(general)
        self._matchers: dict[int, re.Pattern[str] | None] = {}
        self._mobile: dict[int, re.Pattern[str] | None] = {}

    def valid(self, national: str) -> bool:
        """Say whether a national number is in a range of this region."""
        length = len(national)
        try:
            matcher = self._matchers[length]
        except KeyError:
            matcher = self._matchers[length] = self._matcher(length, mobile=False)
        return (
            matcher is not None
            and matcher.fullmatch(national) is not None
            and self._general.fullmatch(national) is not None
        )

    def mobile(self, national: str) -> bool:
        """Say whether a valid national number may be a mobile one."""
        length = len(national)
        if length not in self._mobile:
            self._mobile[length] = self._matcher(length, mobile=True)
        matcher = self._mobile[length]
        return matcher is not None and matcher.fullmatch(national) is not None

    def _matcher(self, length: int, *, mobile: bool) -> re.Pattern[str] | None:
        if length not in self.lengths:
            return None
        found = [
            pattern
            for lengths, is_mobile, pattern in self._patterns
            if str(length) in lengths.split() and (is_mobile or not mobile)
        ]
        return _compiled("|".join(found)) if found else None

    def without_trunk(self, digits: str) -> str:
        """Take the trunk prefix (and carrier code) away, as libphonenumber does it."""
        if self._trunk_pattern is None:
            return digits
        match = self._trunk_pattern.match(digits)
        if match is None:
            return digits
        groups = match.groups()
        if self._trunk_rule and groups[-1] is not None:
            rest = match.expand(self._trunk_rule) + digits[match.end() :]
        else:
            rest = digits[match.end() :]
        if self._general.fullmatch(digits) and not self._general.fullmatch(rest):
            return digits
        return rest


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


@cache
def plan(region: str) -> _Plan:
    """Return the numbering plan of a region, or of a calling code that has no place."""
    return _Plan(region)


@cache
def _members(code: str) -> tuple[_Plan, ...]:
    regions = CALLING_CODES[code]
    if regions == "001":
        return (plan(code),)
    return tuple(map(plan, regions.split()))


@cache
def _fiction(code: str) -> re.Pattern[str] | None:
    found = [pattern for calling_code, pattern, _ in FICTION if calling_code == code]
    return _compiled("|".join(found)) if found else None


def calling_code(msisdn: str) -> str | None:
    """Return the calling code that a number in international format begins with, or None.

    Codes without a place (800, 808, 870, 878, 881, 882, 883, 888, 979) are calling codes too.

    >>> calling_code("447700900123"), calling_code("12025550123"), calling_code("0123")
    ('44', '1', None)
    """
    for end in (1, 2, 3):
        if msisdn[:end] in CALLING_CODES:
            return msisdn[:end]
    return None


def country(msisdn: str) -> str | None:
    """Return the country of a number in international format: ISO 3166 alpha-2, or None.

    The longest known prefix decides, so that fictitious and invalid numbers can be priced too.
    None: no calling code fits, or it has no place (satellite, international freephone).
    Kosovo is XK, Ascension AC, Tristan da Cunha TA, as in libphonenumber.

    >>> country("447700900123"), country("447624000000"), country("12045550123")
    ('GB', 'IM', 'CA')
    >>> country("88213123456") is None
    True
    """
    for end in range(_PREFIX_DIGITS, 0, -1):
        found = PREFIXES.get(msisdn[:end])
        if found is not None:
            return found
    return None


@cache
def countries_of(prefix: str) -> frozenset[str]:
    """Return the countries of the numbers that begin with a prefix.

    >>> sorted(countries_of("447")), sorted(countries_of("1204"))
    (['GB', 'GG', 'IM', 'JE'], ['CA'])
    """
    found = {place for known, place in PREFIXES.items() if known.startswith(prefix)}
    own = country(prefix)
    return frozenset(found if own is None else {own, *found}) - {""}


def _sound(code: str, national: str) -> bool:
    """Valid or fictitious."""
    fiction = _fiction(code)
    if fiction is not None and fiction.fullmatch(national):
        return True
    return _valid(code, national)


def _valid(code: str, national: str) -> bool:
    members = _members(code)
    if len(members) == 1:
        return members[0].valid(national)
    for member in members:
        # Leading digits, where a region has them, decide alone.
        if member.leading is None:
            if member.valid(national):
                return True
        elif member.leading.match(national):
            return member.valid(national)
    return False


def sound(msisdn: str) -> bool:
    """Say whether a number is valid or fictitious exactly as it stands, no digit more or less."""
    code = calling_code(msisdn)
    return code is not None and _sound(code, msisdn[len(code) :])


def mobile(msisdn: str) -> bool:
    """Say whether a sound number may be a mobile one; fictitious numbers may be anything."""
    code = calling_code(msisdn)
    if code is None:
        return False
    rest = msisdn[len(code) :]
    fiction = _fiction(code)
    return (fiction is not None and fiction.fullmatch(rest) is not None) or any(
        member.mobile(rest) for member in _members(code)
    )


def national(digits: str, region: str) -> str | None:
    """Read digits as dialled within a region; None where that gives no valid or fictitious number.

    Regions that share a calling code share their dialling: a Canadian number is read with US too.
    """
    rules = plan(region)
    for candidate in dict.fromkeys((rules.without_trunk(digits), digits)):
        if _sound(rules.calling_code, candidate):
            return rules.calling_code + candidate
    return None


def without_trunk(msisdn: str) -> str | None:
    """Take a trunk prefix away that stands behind the calling code, as in +44 (0) 7700 900123.

    None unless the number is wrong as it stands and valid or fictitious without it.
    """
    code = calling_code(msisdn)
    if code is None:
        return None
    trunk = _members(code)[0].trunk
    rest = msisdn[len(code) :]
    if not trunk or not rest.startswith(trunk):
        return None
    shorter = rest[len(trunk) :]
    if _sound(code, rest) or not _sound(code, shorter):
        return None
    return code + shorter


def grade(msisdn: str) -> Grade:
    """Grade a number in international format, digits only.

    ``valid`` and ``possible`` are what libphonenumber says of ``+`` and these digits, which
    overlooks a trunk prefix behind the calling code.

    >>> grade("447700900123"), grade("12025550123")
    (<Grade.FICTITIOUS: 'fictitious'>, <Grade.FICTITIOUS: 'fictitious'>)
    >>> grade("447999999999"), grade("440000000000"), grade("44123")
    (<Grade.VALID: 'valid'>, <Grade.POSSIBLE: 'possible'>, <Grade.INVALID: 'invalid'>)
    """
    code = calling_code(msisdn)
    if code is None or not (msisdn.isascii() and msisdn.isdigit()):
        return Grade.INVALID
    rules = _members(code)[0]
    rest = msisdn[len(code) :]
    if len(rest) < _SHORTEST:
        return Grade.INVALID
    shorter = rules.without_trunk(rest)
    # Too long is taken as well; too short or between two lengths is not.
    length = len(shorter)
    if length in rules.lengths or (length > rules.longest and length not in rules.local_lengths):
        rest = shorter
    if not _SHORTEST <= len(rest) <= _LONGEST:
        return Grade.INVALID
    fiction = _fiction(code)
    if fiction is not None and fiction.fullmatch(rest):
        return Grade.FICTITIOUS
    if _valid(code, rest):
        return Grade.VALID
    if len(rest) in rules.lengths or len(rest) in rules.local_lengths:
        return Grade.POSSIBLE
    return Grade.INVALID
