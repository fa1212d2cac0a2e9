"""Where a text can be cut without cutting a grapheme cluster, known from two characters alone.

UAX #29 breaks before every character of the class Other, unless a Prepend stands before it or it
goes on an emoji (GB11: behind a joiner) or an Indic conjunct (GB9c). Such a cut is clear without
its neighbourhood; any other is left to ``encoding``, one text at a time.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import regex

from smsplan.kernel.octets import Ints, Mask

_OPENS = 1  # a cluster begins before it, whatever there is but a Prepend
_PREPEND = 2
_PICTURE = 4  # a cluster begins before it, whatever there is but a Prepend or a joiner
_JOINER = 0x200D


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """Three bits for every code point, from the properties that ``regex`` has."""
    kinds = np.zeros(0x110000, np.uint8)
    # Surrogates cannot stand in a text.
    for first, last in ((0, 0xD800), (0xE000, 0x110000)):
        every = "".join(map(chr, range(first, last)))
        for pattern, kind in (
            (r"(?V1)[\p{GCB=Other}--\p{ExtPict}--\p{InCB=Consonant}]+", _OPENS),
            (r"(?V1)[\p{GCB=Other}&&\p{ExtPict}]+", _PICTURE),
            (r"\p{GCB=Prepend}+", _PREPEND),
        ):
            for match in regex.finditer(pattern, every):
                kinds[first + match.start() : first + match.end()] = kind
    return kinds


def clear(before: Ints, after: Ints) -> Mask:
    """Whether a text can be cut between code points: True is sure, False is not known."""
    kinds = _kinds()
    behind = kinds[after]
    opens = (behind == _OPENS) | (behind == _PICTURE) & (before != _JOINER)
    sure: Mask = opens & (kinds[before] != _PREPEND)
    return sure
