"""Links in a text: what a phone makes a link of."""

from __future__ import annotations

import re

# With a scheme, with www., or a domain with a path. Punctuation at the end is not of the link.
_BODY = r"[^\s<>\"'“”«»‘’]"
_TAIL = r"[^\s<>\"'“”«»‘’.,;:!?)\]}…]"
_LINK = re.compile(
    rf"(?:https?://|www\.){_BODY}*{_TAIL}"
    rf"|(?<![\w@.\-])(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{{2,24}}/{_BODY}*{_TAIL}",
    re.IGNORECASE,
)


def links(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each link begins and ends.

    >>> text = "See https://shop.example/a?b=1, or sms.example/x1 (not a.m./p.m.)."
    >>> [text[start:end] for start, end in links(text)]
    ['https://shop.example/a?b=1', 'sms.example/x1']
    """
    return tuple(match.span() for match in _LINK.finditer(text))
