"""Does a column hold national numbers although no region was given?

National numbers read as international ones are the commonest mistake with lists, and the dearest:
``2025550123``, Washington as a spreadsheet holds it, begins like Egypt, ``7911123456``, London
without its zero, like Russia.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from functools import cache

from smsplan.numbers._tables import CALLING_CODES, DENSITIES
from smsplan.numbers.numbering import country, national, plan, sound
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
# Of a national list so much may be anything else.
_DIRT = 0.05


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

    def add(self, texts: Iterable[str | None]) -> None:
        """Look at cells of the column of numbers; only the first 10,000 without ``+`` count."""
        if self._seen >= _LOOKED_AT:
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
        """Return the region to pass and how many of the numbers looked at it would mend.

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
        # All regions of a calling code read alike: the one that has most of them is named.
        places = Counter(country(msisdn) or main for msisdn in found)
        return places.most_common(1)[0][0], len(found)


def _likelihood(sample: list[str], code: str) -> float | None:
    """How much better than chance a calling code explains the numbers: a decimal logarithm.

    A number that fits counts the more, the fewer of all digit strings fit: German numbers have so
    many lengths that nearly everything is one. None where too few fit.
    """
    rules = plan(CALLING_CODES[code].split()[0])
    densities = _densities(code)
    score = 0.0
    misses = 0
    most_misses = (1 - _SHARE) * len(sample)
    for digits in sample:
        gain = None
        if _length_fits(len(digits), rules.longest, min(rules.lengths)):
            msisdn = national(digits, CALLING_CODES[code].split()[0])
            if msisdn is not None:
                length = len(msisdn) - len(code)
                # A trunk prefix is evidence too: a tenth of all strings begin with it.
                gain = max(len(digits) - length, 0) - densities.get(length, -length)
        if gain is None:
            misses += 1
            if misses > most_misses:
                return None
        score += math.log10(_DIRT + ((1 - _DIRT) * 10**gain if gain is not None else 0))
    return score


def _length_fits(length: int, longest: int, shortest: int) -> bool:
    # A trunk prefix and a carrier code have at most five digits.
    return shortest <= length <= longest + 5


@cache
def _densities(code: str) -> dict[int, float]:
    pairs = (item.split(":") for item in DENSITIES[code].split())
    return {int(length): float(share) for length, share in pairs}
