"""Text as UTF-16 code units, which is what handsets read in UCS-2 messages. TS 23.038 6.2.3."""

from __future__ import annotations

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


def cluster_ends(text: str) -> list[int]:
    """Return the index behind every grapheme cluster (UAX #29), in linear time.

    >>> cluster_ends("e\\u0301x")
    [2, 3]
    """
    return [match.end() for match in _CLUSTERS.finditer(text)]
