"""Which values of a column are damaged: no values, mojibake, escapes that were not undone.

``leftovers.py`` and ``mojibake.py`` say of one text what is; here octets say which texts cannot be
any of it, so that only the few others are looked at, each distinct one once.
"""

from __future__ import annotations

from functools import cache
from string import ascii_letters, hexdigits
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.kernel.cells import as_text, text_cells
from smsplan.kernel.dictionaries import indices_of
from smsplan.kernel.octets import Bytes, Ints, Mask, Octets, distinct
from smsplan.templates.leftovers import NO_VALUES, escapes, undone
from smsplan.templates.mojibake import misread, repaired

NO_VALUE, MOJIBAKE, ESCAPE = 1, 2, 4
_BLOCK = 1 << 17
# Every escape begins with one of these, and with these behind it.
_ESCAPES = rb"\&<%=_]"
_BEHIND = {
    "\\": rb"ntruUx\'/" + b'"',
    "&": b"#" + ascii_letters.encode(),
    "<": b"/!" + ascii_letters.encode(),
    "%": hexdigits.encode(),
    "=": b"CDEF?",
    "_": b"x",
    "]": b"]",
}
# The octets of the longest entity, and how those begin that need no end.
_ENTITY, _OPEN = 10, (b"nbs", b"amp", b"quo")
# As much as Arrow's expressions can say of them: a list of links passes.
_MAY_BE_ESCAPES = (
    r"""\\+[ntruUx"'/]|&(#|nbsp|amp|quot|[A-Za-z]{2,8}[0-9]{0,2};)|<[/!A-Za-z]|\]\]>"""
    r"|%[0-9A-Fa-f]{2}|=[C-F][0-9A-F]=[89AB]|=\?|_x[0-9A-F]{4}_"
)
_LONG = 63  # more octets than any of them has
_NO_VALUES = pa.array(list(NO_VALUES), pa.large_string())


class Damage:
    """The damaged values of a column of a batch: their rows, texts, and bits of what is wrong."""

    def __init__(self, rows: Ints, texts: list[str], bits: npt.NDArray[np.uint8]) -> None:
        self.rows = rows
        self.texts = texts
        self.bits = bits

    def having(self, bit: int) -> list[tuple[int, str]]:
        """Return the rows that have a bit, with their texts."""
        return [(int(self.rows[at]), self.texts[at]) for at in np.flatnonzero(self.bits & bit)]


def damage(array: Any, name: str) -> Damage | None:
    """Return what is damaged in a column; None where nothing is.

    >>> found = damage(pa.array(["Ana", "#N/A", "ZoÃ©", "A &amp; B", "Zoé"]), "name")
    >>> found.rows.tolist(), found.bits.tolist()
    ([1, 2, 3], [1, 2, 4])
    """
    if pa.types.is_dictionary(array.type) and len(array.dictionary) <= len(array):
        found = damage(array.dictionary, name)
        if found is None:
            return None
        # Each row has the place of its value.
        indices = indices_of(array)
        order = np.searchsorted(found.rows, indices)
        at = np.minimum(order, len(found.rows) - 1)
        rows = np.flatnonzero(found.rows[at] == indices)
        return _damage(rows, [found.texts[place] for place in at[rows]], found.bits[at[rows]])
    text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    texts = array if text else text_cells(array, name).text
    octets = Octets.of(texts)
    rows = np.flatnonzero(_suspects(texts, octets))
    if not len(rows):
        return None
    values = texts.take(pa.array(rows)).dictionary_encode()
    known = values.dictionary.to_pylist()
    bits = np.array([*map(bits_of, known), 0], np.uint8)
    places = pc.fill_null(values.indices, len(known)).to_numpy(zero_copy_only=False)
    kept = np.flatnonzero(bits[places])
    return _damage(rows[kept], [known[place] for place in places[kept]], bits[places[kept]])


def text_column(array: Any) -> Any | None:
    """Return a column as text, cells of several types as they are written; None: it is none."""
    array = as_text(array)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return array if text or pa.types.is_string_view(kind) else None


def _damage(rows: Ints, texts: list[str], bits: npt.NDArray[np.uint8]) -> Damage | None:
    return Damage(rows, texts, bits) if len(rows) else None


def bits_of(text: str) -> int:
    """Say what is wrong with one value.

    >>> bits_of("NULL"), bits_of("Null"), bits_of("ZoÃ©<br>")
    (1, 0, 6)
    """
    if text in NO_VALUES:
        return NO_VALUE
    return MOJIBAKE * bool(misread(text)) | ESCAPE * any(True for _ in escapes(text))


def without(text: str, bit: int) -> str:
    """Return a text without the damage of a kind."""
    return repaired(text) if bit == MOJIBAKE else undone(text)


def _suspects(texts: Any, octets: Octets) -> Mask:
    """Mark the rows that are no values, and those that have to be looked at."""
    marked = np.zeros(len(octets), bool)
    if not len(octets.data):
        return marked
    firsts = octets.data.take(octets.offsets[:-1], mode="clip")
    shapes = _shapes()
    begins: Mask = shapes.max(axis=1)
    some = np.flatnonzero(begins[firsts])
    lengths = octets.offsets[some + 1] - octets.offsets[some]
    some = some[shapes[firsts[some], np.minimum(lengths, _LONG)]]
    found = pc.is_in(texts.take(pa.array(some)).cast(_NO_VALUES.type), _NO_VALUES)
    marked[some] = found.to_numpy(zero_copy_only=False)
    at = _leads(octets.data)
    if len(at):
        marked[octets.rows_of(at)] = True
    at = _escapes(octets.data)
    if len(at):
        some = distinct(octets.rows_of(at))
        found = pc.match_substring_regex(texts.take(pa.array(some)), _MAY_BE_ESCAPES)
        marked[some[pc.fill_null(found, False).to_numpy(zero_copy_only=False)]] = True
    return marked


@cache
def _shapes() -> Mask:
    """Say of each first octet which lengths a value has that is none."""
    shapes = np.zeros((256, _LONG + 1), bool)
    for value in NO_VALUES:
        octets = value.encode()
        shapes[octets[0], len(octets)] = True
    return shapes


def _escapes(data: Bytes) -> Ints:
    """Return the places of octets with which an escape may begin."""
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(data), _BLOCK):
        octets = data[start : start + _BLOCK].tobytes()
        if any(octet in octets for octet in _ESCAPES):
            # ``translate`` looks up an octet in half a nanosecond, fancy indexing in three.
            at = np.flatnonzero(np.frombuffer(octets.translate(_begins()), bool)) + start
            pairs = data[at].astype(np.int64) << 8 | data.take(at + 1, mode="clip")
            found.append(at[_pairs()[pairs]])
    at = np.concatenate(found)
    entities = np.flatnonzero(data[at] == ord("&"))
    if not len(entities):
        return at
    # A link has many of these, an entity a semicolon soon behind it; three do without.
    starts = at[entities]
    ends = np.append(np.flatnonzero(data == ord(";")), len(data) + _ENTITY + 1)
    left = ends[np.searchsorted(ends, starts)] - starts > _ENTITY
    three = sum(data.take(starts + n, mode="clip").astype(np.int64) << 8 * n for n in (1, 2, 3))
    left &= ~np.isin(three, [int.from_bytes(b"\0" + one, "little") for one in _OPEN])
    return np.delete(at, entities[left])


@cache
def _begins() -> bytes:
    return bytes(octet in _ESCAPES for octet in range(256))


@cache
def _pairs() -> Mask:
    """Which two octets an escape may begin with."""
    table = np.zeros(1 << 16, bool)
    for first, behind in _BEHIND.items():
        table[(ord(first) << 8) + np.frombuffer(behind, np.uint8).astype(np.int64)] = True
    return table


def _leads(data: Bytes) -> Ints:
    """Return where a character that mojibake begins with stands before another above ASCII."""
    if not len(data) or data.max() < 0xC3:
        return np.zeros(0, np.int64)

    def octet(places: Ints) -> Bytes:
        return data.take(places, mode="clip")

    at = np.flatnonzero(data >= 0xC3)
    lead, second, third = data[at], octet(at + 1), octet(at + 2)
    # Of Windows-1252 and ISO 8859-1 Â to ô; ƒ and Γ, which other code pages have there.
    two = ((lead == 0xC3) & (second >= 0x82) & (second <= 0xB4)) | (
        ((lead == 0xC6) & (second == 0x92)) | ((lead == 0xCE) & (second == 0x93))
    )
    # √ ≈ ‚ and what tables are drawn with.
    three = (lead == 0xE2) & (
        (second == 0x94)
        | ((second == 0x88) & (third == 0x9A))
        | ((second == 0x89) & (third == 0x88))
        | ((second == 0x80) & (third == 0x9A))
    )
    places: Ints = at[(two & (third >= 0x80)) | (three & (octet(at + 3) >= 0x80))]
    return places
