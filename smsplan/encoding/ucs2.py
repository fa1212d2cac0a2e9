"""Text as UTF-16 code units, which is what handsets read in UCS-2 messages. TS 23.038 6.2.3."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from smsplan.errors import UnencodableText

_CLUSTERS = regex.compile(r"\X")


def encode(text: str) -> bytes:
    """Return UTF-16, big endian; UnencodableText names the position of a lone surrogate."""
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise UnencodableText(error.start) from None


def units(text: str) -> int:
    """Return the number of UTF-16 code units.

    >>> units("я\\U0001f600")
    3
    """
    return len(encode(text)) // 2


def clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield where every grapheme cluster (UAX #29) starts and ends, in linear time.

    >>> list(clusters("e\\u0301x"))
    [(0, 2), (2, 3)]
    """
    # ``regex`` counts a run of regional indicators anew at each of them, which windows bound. A
    # boundary depends on what is before it and one code point behind it, so only the last cluster
    # of a window may go on; it starts the next one, twice as wide if it was the only one.
    start, width = 0, 128
    while start + width < len(text):
        spans = [match.span() for match in _CLUSTERS.finditer(text[start : start + width])]
        for first, last in spans[:-1]:
            yield start + first, start + last
        width = 128 if len(spans) > 1 else 2 * width
        start += spans[-1][0]
    for match in _CLUSTERS.finditer(text[start:]):
        yield start + match.start(), start + match.end()


def shortened(text: str, most: int) -> str:
    """Return the longest start of at most so many code points that cuts no grapheme cluster.

    A first cluster that is longer is cut between its code points.

    >>> shortened("Zoe\u0308 M", 3), shortened("e\u0308", 1)
    ('Zo', 'e')
    """
    if len(text) <= most:
        return text
    end = 0
    for _, last in clusters(text):
        if last > most:
            break
        end = last
    return text[: end or most]
