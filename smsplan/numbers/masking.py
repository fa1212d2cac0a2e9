"""What stands for a number where it must not be read: enough to know one's own list by."""

from __future__ import annotations

HIDDEN = "•••"


def masked_number(recipient: str | None, country: str | None) -> str:
    """Return the country of a number and its last two digits.

    >>> masked_number("447700900123", "GB"), masked_number("12", None)
    ('GB ••• 23', '•••')
    """
    end = recipient[-2:] if recipient is not None and len(recipient) > 6 else ""
    return " ".join(filter(None, [country, HIDDEN, end]))
