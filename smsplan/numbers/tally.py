"""Notices a column of national numbers when no region was given.

National numbers read as international ones are the commonest mistake with lists, and the dearest:
``2025550123``, Washington as a spreadsheet holds it, begins like Egypt, ``7911123456``, London
without its zero, like Russia.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from smsplan.numbers._tables import CALLING_CODES
from smsplan.numbers.numbering import country, mobile, national, plan, sound
from smsplan.numbers.reading import write_out

# Numbers without `+` or `00` that are looked at, and those of them that every region is tried on.
_LOOKED_AT = 10_000
_TRIED = 300
# Shorter ones are codes and customer numbers as often as telephone numbers.
_FEWEST_DIGITS = 7
# Real lists are dirty up to about 3 %. Where a fifth of the numbers without `+` are wrong as they
# stand and right in one and the same country, that is no dirt.
_SHARE = 0.2
_FEWEST = 2

# Many countries may fit: `7911123456` is a number in India and in Iraq too. What one expects of a
# national list for SMS: nearly all mobile, some fixed, little dirt.
_MOBILE, _FIXED, _DIRT = 0.93, 0.05, 0.02
# Of countries that fit as well, the one whose lists are met more often (a judgement, not a fact):
# each place further down is a little less likely, and so is a missing trunk prefix.
_MARKETS = (
    "US", "GB", "JP", "IN", "DE", "FR", "BR", "ES", "IT", "MX", "AU", "TR", "PL", "NL", "ID",
    "PH", "RU", "CN", "SE", "CO", "AR", "ZA", "NG", "VN", "TH", "MY", "PK", "BD", "SA", "AE",
    "EG", "BE", "CH", "AT", "PT", "GR", "IE", "DK", "NO", "FI", "CZ", "RO", "HU", "UA", "IL",
    "SG", "HK", "TW", "KR", "CL", "PE", "NZ", "KE", "GH", "MA", "CA", "KZ", "DO", "PR", "JM",
)  # fmt: skip
_RANK = 0.1
_BARE = 0.5
# A trunk prefix and a carrier code have at most so many digits.
_LONGEST_TRUNK = 5


class NationalTally:
    """Looks at numbers as they stream by and names the region that they seem to come from.

    >>> tally = NationalTally()
    >>> tally.add(["2025550123", "2125550147", "4155550199"])
    >>> tally.suggestion()
    ('US', 3)
    """

    def __init__(self) -> None:
        self._seen = 0
        self._doubtful: list[str] = []

    @property
    def full(self) -> bool:
        """Whether enough numbers have been looked at."""
        return self._seen >= _LOOKED_AT

    def add(self, texts: Iterable[str | None]) -> None:
        """Look at cells of the column of numbers; only the first 10,000 without ``+`` count."""
        if self.full:
            return
        for text in texts:
            written = write_out(text) if text is not None else None
            if written is None or written.marker:
                continue
            self._seen += 1
            if len(written.digits) >= _FEWEST_DIGITS and not sound(written.digits):
                self._doubtful.append(written.digits)
            if self._seen >= _LOOKED_AT:
                return

    def suggestion(self) -> tuple[str, int] | None:
        """Return the region to pass and how many of the numbers looked at it would fix.

        None unless at least two numbers, and a fifth of those without ``+`` or ``00``, are wrong as
        international numbers and right as national ones of one region.
        """
        enough = max(_FEWEST, math.ceil(_SHARE * self._seen))
        if len(self._doubtful) < enough:
            return None
        step = math.ceil(len(self._doubtful) / _TRIED)
        sample = self._doubtful[::step]
        scores = {
            code: score
            for code, regions in CALLING_CODES.items()
            if regions != "001" and (score := _likelihood(sample, code)) is not None
        }
        if not scores:
            return None
        code = max(scores, key=lambda code: scores[code])
        main = CALLING_CODES[code].split()[0]
        found = [msisdn for d in self._doubtful if (msisdn := national(d, main)) is not None]
        if len(found) < enough:
            return None
        # All regions of a calling code read alike: the one that has most of them is named, unless
        # it is small. The British `7911123456` of so many examples belongs to Guernsey.
        place = Counter(map(country, found)).most_common(1)[0][0]
        return place if place in _MARKETS else main, len(found)


def _likelihood(sample: list[str], code: str) -> float | None:
    """How well a calling code explains the numbers: a decimal logarithm, or None where few fit."""
    rules = plan(CALLING_CODES[code].split()[0])
    shortest, longest = min(rules.lengths), max(rules.lengths) + _LONGEST_TRUNK
    fixed = mobiles = bare = 0
    allowed = (1 - _SHARE) * len(sample)
    for looked_at, digits in enumerate(sample, 1):
        msisdn = None
        if shortest <= len(digits) <= longest:
            msisdn = national(digits, CALLING_CODES[code].split()[0])
        if msisdn is None:
            if looked_at - fixed - mobiles > allowed:
                return None
        elif mobile(msisdn):
            mobiles += 1
        else:
            fixed += 1
        # At home such a number is written with a trunk prefix: a spreadsheet took it away.
        if msisdn is not None and rules.trunk == "0" and not digits.startswith("0"):
            bare += 1
    misses = len(sample) - fixed - mobiles
    return (
        mobiles * math.log10(_MOBILE)
        + fixed * math.log10(_FIXED)
        + misses * math.log10(_DIRT)
        - _BARE * bare / len(sample)
        - _RANK * _rank(code)
    )


def _rank(code: str) -> int:
    main = CALLING_CODES[code].split()[0]
    return _MARKETS.index(main) if main in _MARKETS else len(_MARKETS)
