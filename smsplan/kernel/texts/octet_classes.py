"""What each octet of a text means for its length: classes of octets, and sizes of whole columns.

A message's size is a sum (TS 23.038 6.2.1): of its characters, of those that take two septets, of
those beyond the BMP, which take two code units, and of those outside the alphabet. All four are
counted from UTF-8 without decoding it: every character has one octet that is not a continuation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smsplan.api.profiles import Profile, replacements
from smsplan.encoding.gsm7 import tables
from smsplan.kernel.octets import Bytes, Ints, Octets

# The class of an octet. ``NARROW`` is 0, so that a plain text has no octet of any other.
NARROW, WIDE, OUTSIDE, CONTINUATION, REMOVED, ASTRAL, _TWO, _THREE = range(8)

# Sizes travel as four fields of one integer, so that adding sizes is adding integers. A field is
# wide enough for more units than 255 parts hold; a longer value is measured alone (`row_loop`).
FIELD = 18
FIELD_MASK = (1 << FIELD) - 1
# So many octets fit in a field, whatever they are.
MOST_OCTETS = FIELD_MASK

# Octets that are looked at together: what is made of them stays near the processor.
_BLOCK = 1 << 18

# What an octet of each class adds to its row's octets: those that are no character of their own go.
_WEIGHTS = np.zeros(8, np.int64)
_WEIGHTS[[CONTINUATION, REMOVED]] = -1
_WEIGHTS[WIDE] = 1 << FIELD
_WEIGHTS[ASTRAL] = 1 << 2 * FIELD

_CR, _LF = 0x0D, 0x0A


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of messages: characters, how many take two septets, two code units, are outside."""

    chars: Ints
    wide: Ints
    astral: Ints
    outside: Ints

    @classmethod
    def unpack(cls, packed: Ints) -> Sizes:
        """Take the four fields apart."""
        chars, wide, astral = (packed >> shift * FIELD & FIELD_MASK for shift in range(3))
        return cls(chars, wide, astral, packed >> 3 * FIELD)


class Classes:
    """Classes of octets by a profile, which may take characters for others.

    >>> import pyarrow as pa
    >>> Sizes.unpack(Classes(Profile()).sizes(Octets.of(pa.array(["a€", "ж😀"])))).wide.tolist()
    [1, 0]
    """

    def __init__(self, profile: Profile) -> None:
        self._crlf = profile.line_breaks == "crlf_to_lf"
        alphabet = {
            character: WIDE if len(code) == 2 else NARROW
            for character, code in tables().septets.items()
        }
        if profile.form_feed == "unicode":
            del alphabet["\f"]
        # As ``dryruns.characters``; two characters for one are looked for by themselves.
        replaced = {
            old: alphabet.get(new, OUTSIDE) if new else REMOVED
            for old, new in replacements(profile)
            if len(old) == 1
        }
        self.removed = frozenset(ord(old) for old, kind in replaced.items() if kind == REMOVED)
        table = np.full(256, OUTSIDE, np.uint8)
        table[0x80:0xC0] = CONTINUATION
        table[0xF0:] = ASTRAL
        # Of the characters above ASCII, those of the alphabet are looked up by their code point.
        self._two = np.full(0x800, OUTSIDE, np.uint8)
        self._three = np.full(0x10000, OUTSIDE, np.uint8)
        for character, kind in {**alphabet, **replaced}.items():
            point = ord(character)
            if point < 0x80:
                table[point] = kind
                continue
            two = point < 0x800
            (self._two if two else self._three)[point] = kind
            table[character.encode()[0]] = _TWO if two else _THREE
        self._table = table.tobytes()
        assert not table[~_suspects(np.arange(256, dtype=np.uint8))].any()

    def of(self, octets: Octets) -> Bytes:
        """Return the class of every octet: that of a character at its first one."""
        data = octets.data
        kinds = np.frombuffer(bytearray(self._translated(data)), np.uint8)
        for marker in (_TWO, _THREE):
            first = np.flatnonzero(kinds == marker)
            if len(first):
                kinds[first] = self._looked_up(marker, data, first)
        self._mark_returns(octets, kinds)
        return kinds

    def _translated(self, data: Bytes) -> bytes:
        """Return what each octet alone says: a character above ASCII is marked by its length."""
        # ``translate`` looks up an octet in half a nanosecond, fancy indexing in three.
        return data.tobytes().translate(self._table)

    def _looked_up(self, marker: int, data: Bytes, first: npt.NDArray[np.intp]) -> Bytes:
        """Return the classes of characters that begin at these octets."""
        bits, more, table = (0x1F, 1, self._two) if marker == _TWO else (0xF, 2, self._three)
        point = (data[first] & bits).astype(np.uint16)
        for step in range(1, more + 1):
            # A text behind a null may break off.
            point <<= 6
            point |= data.take(first + step, mode="clip") & 0x3F
        found: Bytes = table.take(point)
        return found

    def _mark_returns(self, octets: Octets, kinds: Bytes) -> None:
        if self._crlf:
            data = octets.data
            returns = np.flatnonzero(data == _CR)
            last = octets.offsets[octets.rows_of(returns) + 1] - 1
            inside = returns[returns < last]
            kinds[inside[data[inside + 1] == _LF]] = REMOVED

    def sizes(self, octets: Octets) -> Ints:
        """Return the packed size of every row."""
        if len(octets.data) > _BLOCK:
            sizes = [self._sizes(block) for _, block in octets.blocks(_BLOCK)]
            return np.concatenate(sizes)
        return self._sizes(octets)

    def _sizes(self, octets: Octets) -> Ints:
        if not self._crlf:
            suspects = _suspects(octets.data)
            several = np.count_nonzero(suspects)
            if several == 0:
                return octets.lengths
            if several * 4 < len(octets):
                special = np.flatnonzero(suspects)
                kinds = np.frombuffer(bytearray(self._translated(octets.data[special])), np.uint8)
                return self._sizes_of_few(octets, special, kinds)
        total = octets.lengths
        kinds = self.of(octets)
        for kind, weight in enumerate(_WEIGHTS.tolist()):
            mask = kinds == kind if weight or kind == OUTSIDE else None
            if mask is not None and mask.any():
                count = octets.count(mask)
                total += count * weight
                if kind in (OUTSIDE, ASTRAL):
                    # Whether any is outside; their number would not fit the field.
                    total |= np.minimum(count, 1) << 3 * FIELD
        return total

    def _sizes_of_few(self, octets: Octets, special: npt.NDArray[np.intp], kinds: Bytes) -> Ints:
        """As :meth:`sizes`, from the few octets that are not narrow characters of their own."""
        for marker in (_TWO, _THREE):
            at = np.flatnonzero(kinds == marker)
            if len(at):
                kinds[at] = self._looked_up(marker, octets.data, special[at])
        total = octets.lengths
        rows = octets.rows_of(special)
        np.add.at(total, rows, _WEIGHTS[kinds])
        total[rows[(kinds == OUTSIDE) | (kinds == ASTRAL)]] |= 1 << 3 * FIELD
        return total

    def size(self, text: str) -> int:
        """Return the packed size of one text."""
        data = np.frombuffer(text.encode(), np.uint8)
        sizes: npt.NDArray[np.int64] = self.sizes(Octets(data, np.array([0, len(data)])))
        return int(sizes[0])


def _suspects(data: Bytes) -> npt.NDArray[np.bool_]:
    """Return which octets may be other than ``NARROW``: whatever profile, the others are not.

    Letters, digits and most marks of ASCII take a septet each. Three comparisons of whole vectors
    find them four times as fast as a table does.
    """
    found: npt.NDArray[np.bool_] = data > 0x7A
    found |= data - np.uint8(0x5B) < 6  # wraps below, so that this is one comparison
    found |= data < 0x20
    return found
