"""Text to septets and back, and the packing of septets into octets. TS 23.038 6.1.2, 6.2.1."""

from __future__ import annotations

import re
from functools import lru_cache

from smsplan.encoding.alphabets import (
    ESC,
    LANGUAGES,
    LOCKING,
    SINGLE_SHIFT,
    SINGLE_SHIFT_DECODE_ONLY,
    UNASSIGNED,
)
from smsplan.errors import InputError

ESCAPE = 0x1B


class Tables:
    """One pair of tables: a locking table and the single shift table behind its escape.

    ``septets`` maps each character to its octets of one septet, or two with the escape before.
    """

    __slots__ = ("locking", "outside", "septets", "single_shift", "text", "wide")

    def __init__(self, locking: int, single_shift: int) -> None:
        if locking not in LOCKING:
            known = ", ".join(map(str, LOCKING))
            raise InputError(f"no locking shift table {locking}; use one of {known}")
        if single_shift not in SINGLE_SHIFT:
            raise InputError(f"no single shift table {single_shift}; use 0 to 13")
        self.locking = locking
        self.single_shift = single_shift
        septets: dict[str, bytes] = {}
        # Of two cells with the same character the lowest encodes it.
        for code, character in enumerate(LOCKING[locking]):
            if character not in (UNASSIGNED, ESC):
                septets.setdefault(character, bytes((code,)))
        for code, character in sorted(SINGLE_SHIFT[single_shift].items()):
            septets.setdefault(character, bytes((ESCAPE, code)))
        self.septets = septets
        narrow = "".join(c for c, code in septets.items() if len(code) == 1)
        wide = "".join(c for c, code in septets.items() if len(code) == 2)
        # Whole texts are classified by one match; ``re`` is faster here than ``regex``.
        self.text = re.compile(f"[{re.escape(narrow + wide)}]*").fullmatch
        self.wide = re.compile(f"[{re.escape(wide)}]")
        self.outside = re.compile(f"[^{re.escape(narrow + wide)}]")

    def reach(self, text: str) -> int:
        """Return how many first characters of a text these tables express."""
        first = self.outside.search(text)
        return first.start() if first else len(text)

    def encode(self, text: str) -> bytes:
        """Return the septets, one an octet; KeyError for a character outside the tables."""
        return b"".join(map(self.septets.__getitem__, text))

    @property
    def headers(self) -> int:
        """How many national tables the header has to name."""
        return bool(self.locking) + bool(self.single_shift)


@lru_cache(maxsize=256)
def tables(locking: int = 0, single_shift: int = 0) -> Tables:
    """Return a pair of tables by language identifiers; InputError where there is none."""
    return Tables(locking, single_shift)


@lru_cache(maxsize=64)
def allowed_tables(languages: tuple[str, ...] | str) -> tuple[Tables, ...]:
    """Return the pairs that a route allows, fewest headers first, then lowest numbers."""
    if languages == "all":
        numbers = tuple(LANGUAGES.values())
    elif isinstance(languages, str):
        raise InputError(f"languages cannot be '{languages}'; use a list such as ('tr',) or 'all'")
    else:
        unknown = [name for name in languages if name not in LANGUAGES]
        if unknown:
            raise InputError(
                f"no national table for language {', '.join(map(repr, unknown))}; "
                f"use {', '.join(LANGUAGES)}"
            )
        numbers = tuple(LANGUAGES[name] for name in languages)
    pairs = [
        tables(locking, single)
        for locking in sorted({0, *numbers} & LOCKING.keys())
        for single in sorted({0, *numbers})
    ]
    return tuple(sorted(pairs, key=lambda pair: (pair.headers, pair.locking, pair.single_shift)))


def pack(septets: bytes, fill_bits: int = 0) -> bytes:
    """Pack septets into octets behind ``fill_bits`` zero bits. TS 23.038 6.1.2.1.

    >>> pack(b"hello").hex()
    'e8329bfd06'
    """
    value = 0
    for index, septet in enumerate(septets):
        value |= septet << (7 * index)
    return (value << fill_bits).to_bytes((7 * len(septets) + fill_bits + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill_bits: int = 0) -> bytes:
    """Return ``count`` septets, one an octet.

    >>> unpack(bytes.fromhex("e8329bfd06"), 5)
    b'hello'
    """
    value = int.from_bytes(octets, "little") >> fill_bits
    return bytes((value >> (7 * index)) & 0x7F for index in range(count))


def decode(septets: bytes, locking: int = 0, single_shift: int = 0) -> str:
    """Return the text that a receiver shows. TS 23.038 6.2.1.1.

    ESC ESC shows a space; ESC before a code that the single shift table lacks shows the main
    table's character; an unassigned cell shows a space.

    >>> decode(bytes((0x1B, 0x65)))
    '€'
    """
    main = LOCKING[locking].replace(UNASSIGNED, " ")
    shifted = {**SINGLE_SHIFT_DECODE_ONLY.get(single_shift, {}), **SINGLE_SHIFT[single_shift]}
    out = []
    codes = iter(septets)
    for code in codes:
        if code != ESCAPE:
            out.append(main[code])
            continue
        after = next(codes, ESCAPE)
        out.append(" " if after == ESCAPE else shifted.get(after, main[after]))
    return "".join(out)
