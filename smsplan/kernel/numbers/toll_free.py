"""Which numbers of a whole column are toll-free: ``numbers.freephone``, all at once."""

from __future__ import annotations

from functools import cache

import numpy as np

from smsplan.kernel.numbers.ranges import DIGITS, POWERS
from smsplan.kernel.octets import Ints, Mask
from smsplan.numbers.freephone import starts


@cache
def _ranges() -> tuple[Ints, Ints]:
    first, masks = (np.array(column, np.int64) for column in starts())
    return first, masks


def toll_free(keys: Ints) -> Mask:
    """Say which numbers are toll-free; ``keys`` are their digits behind a 1, 0 where there is none.

    >>> toll_free(np.array([118005550123, 1447700900123, 0])).tolist()
    [True, False, False]
    """
    first, masks = _ranges()
    # No number is as the number 0: of one digit, and in no range.
    keys = np.where(keys > 0, keys, 10)
    lengths = np.searchsorted(POWERS, keys, side="right") - 1
    padded = (keys - POWERS[lengths]) * POWERS[DIGITS - lengths]
    mask = masks[np.searchsorted(first, padded, side="right") - 1]
    found: Mask = (mask >> lengths & 1).astype(bool)
    return found
