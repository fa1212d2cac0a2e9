"""Toll-free numbers: a call to them costs the caller nothing, and most receive no SMS."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache

from smsplan.numbers._toll_free import TOLL_FREE

# Digits that the ranges are padded to; a number has no more.
DIGITS = 18


@cache
def starts() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where ranges start, padded, and the numbers of digits (as bits) that are toll-free."""
    pairs = sorted(
        (int(start.ljust(DIGITS, "0")), lengths)
        for lengths, words in TOLL_FREE
        for start in words.split()
    )
    first, masks = zip(*pairs, strict=True)
    return first, masks


def is_toll_free(msisdn: str) -> bool:
    """Say whether a number in international format is in a toll-free range of libphonenumber's.

    >>> is_toll_free("18005550123"), is_toll_free("448081570123"), is_toll_free("447700900123")
    (True, True, False)
    """
    if len(msisdn) > DIGITS:
        return False
    first, masks = starts()
    mask = masks[bisect_right(first, int(msisdn.ljust(DIGITS, "0"))) - 1]
    return bool(mask >> len(msisdn) & 1)
