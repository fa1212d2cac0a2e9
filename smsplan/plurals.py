"""A number and its word."""

from __future__ import annotations


def counted(number: int, one: str, several: str | None = None) -> str:
    """Write a number with its word: ``1 part``, ``2 parts``.

    >>> counted(1, "part"), counted(1200, "part"), counted(2, "is", "are")
    ('1 part', '1,200 parts', '2 are')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"
