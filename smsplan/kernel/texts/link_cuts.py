"""Which messages of several parts have a link on both sides of a part's end.

A link is one of the body, with the values in it, or a value that is a link. Where a part ends is
known from sizes alone unless characters of two units stand before; then the text is walked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.kernel.cells import text_cells
from smsplan.kernel.dictionaries import indices_of
from smsplan.kernel.octets import Ints, Mask, Octets
from smsplan.kernel.texts import parts as counting
from smsplan.kernel.texts.composing import OUTSIDE, Column, TextKernel
from smsplan.kernel.texts.octet_classes import Sizes
from smsplan.templates.links import links

# In the place of a value: neither white space nor punctuation, so that a link goes on.
_VALUE = "\ue000"
# http and www, in any case.
_BEGINS = np.isin(np.arange(256), list(b"hHwW"))
_IS_LINK = r"^(?i:https?://|www\.)\S+$"


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a body: the packed size of the fixed text before it, and the keys before it."""

    fixed: int
    keys: tuple[str, ...]

    def sizes(self, columns: dict[str, Column], rows: int) -> Sizes:
        """Return what stands before it in each row."""
        packed = np.full(rows, self.fixed, np.int64)
        for key in self.keys:
            packed += columns[key].sizes % OUTSIDE
        return Sizes.unpack(packed)


class LinkCuts:
    """Finds the messages of one body that are cut in a link."""

    def __init__(self, kernel: TextKernel) -> None:
        self._kernel = kernel
        profile = kernel._profile
        boundaries = profile.gsm_boundary, profile.unicode_boundary
        # Elsewhere each row has room of its own, or parts end where it depends on the text.
        self.known = not (profile.languages or kernel._again or "grapheme" in boundaries)
        self.known &= profile.line_breaks == "kept" and kernel._encodable
        self._dense = {
            gsm: boundary == "dense"
            for gsm, boundary in zip((True, False), boundaries, strict=True)
        }
        # The batch at hand: the longest value of each key, and which values are links.
        self._source: pa.RecordBatch | None = None
        self._longest: dict[str, int] = {}
        self._linked: dict[str, Mask] = {}
        self._fixed: list[tuple[_Place, _Place]] = []
        self._values: list[tuple[str, _Place, _Place]] = []
        if self.known:
            self._parse()

    def _parse(self) -> None:
        body, keys = "", list[tuple[int, str]]()
        for key, text in self._kernel._pieces:
            if key is not None:
                keys.append((len(body), key))
            body += text if key is None else _VALUE
        spans = links(body)
        if body.count(_VALUE) == len(keys):
            self._fixed = [(self._at(body, keys, a), self._at(body, keys, b)) for a, b in spans]
            self._values = [
                (key, self._at(body, keys, at), self._at(body, keys, at + 1))
                for at, key in keys
                if not any(start <= at < end for start, end in spans)
            ]

    def _at(self, body: str, keys: list[tuple[int, str]], place: int) -> _Place:
        fixed = self._kernel._classes.size(body[:place].replace(_VALUE, ""))
        return _Place(fixed % OUTSIDE, tuple(key for at, key in keys if at < place))

    def __call__(self, source: pa.RecordBatch, rows: Ints, units: Ints, *, gsm: bool) -> Ints:
        """Return those of ``rows`` that are cut in a link.

        They are of several parts and of one encoding, and have so many ``units``.
        """
        found = [rows[:0]]
        if source is not self._source:
            self._source, self._longest, self._linked = source, {}, {}
        for start, end in self._fixed:
            may = self._may_be(start, end, units, gsm=gsm)
            found.append(self._cut(source, rows[may], start, end, gsm=gsm))
        for key, start, end in self._values:
            name = self._kernel._settings.reading.columns[key]
            if key not in self._linked:
                self._linked[key] = _links_in(source.column(name), name)
            some = self._linked[key][rows]
            if some.any():
                some &= self._may_be(start, end, units, gsm=gsm)
                found.append(self._cut(source, rows[some], start, end, gsm=gsm))
        every: Ints = np.unique(np.concatenate(found))
        return every

    def _may_be(self, start: _Place, end: _Place, units: Ints, *, gsm: bool) -> Mask:
        """Say which rows need a look at their values.

        What is before and behind a place adds up to the units of the message.
        """

        def most(keys: tuple[str, ...]) -> int:
            # An octet of UTF-8 makes one code unit at most, or two septets.
            return (1 + gsm) * sum(map(self._octets, keys))

        def fixed(packed: int) -> int:
            made, _ = self._units(_Place(packed, ()), {}, 1, gsm=gsm)
            return int(made[0])

        whole = self._whole
        rest = fixed(whole.fixed - start.fixed) + most(whole.keys[len(start.keys) :])
        starts = np.maximum(units - rest, fixed(start.fixed))
        ends = np.minimum(units - fixed(whole.fixed - end.fixed), fixed(end.fixed) + most(end.keys))
        return self._possible(starts, ends, gsm=gsm)

    def _octets(self, key: str) -> int:
        """The octets of the longest value of a key, or of what is in its place."""
        if key not in self._longest:
            assert self._source is not None
            array = self._source.column(self._kernel._settings.reading.columns[key])
            if pa.types.is_dictionary(array.type) and len(array.dictionary) <= len(array):
                array = array.dictionary
            lengths = Octets.of(_texts(array, key)).lengths
            absent = len(self._kernel._absent[key].encode())
            self._longest[key] = max(int(lengths.max(initial=0)), absent)
        return self._longest[key]

    def _units(
        self, place: _Place, columns: dict[str, Column], rows: int, *, gsm: bool
    ) -> tuple[Ints, Ints]:
        """Return the units before a place in each row, and how many characters take two."""
        sizes = place.sizes(columns, rows)
        pairs: Ints = sizes.wide if gsm else sizes.astral * int(self._kernel._utf16)
        return sizes.chars + pairs, pairs

    @cached_property
    def _whole(self) -> _Place:
        """The end of the body."""
        pieces, size = self._kernel._pieces, self._kernel._classes.size
        fixed = sum(size(text) % OUTSIDE for key, text in pieces if key is None)
        return _Place(fixed, tuple(key for key, _ in pieces if key is not None))

    def _possible(self, starts: Ints, ends: Ints, *, gsm: bool) -> Mask:
        """Say whether a part may end inside; the n-th part ends behind n parts, or n units less."""
        room = self._kernel._rooms[gsm].part
        mask: Mask = ends > (starts // room + 1) * (room if self._dense[gsm] else room - 1)
        return mask

    def _cut(
        self, source: pa.RecordBatch, rows: Ints, start: _Place, end: _Place, *, gsm: bool
    ) -> Ints:
        """Return those of some rows that have a part's end between two places."""
        if not len(rows):
            return rows
        kernel = self._kernel
        named = kernel._settings.reading.columns
        batch = source.select([named[key] for key in dict.fromkeys(end.keys)])
        # Without columns a batch has no rows to take.
        if end.keys and len(rows) < source.num_rows:
            batch = batch.take(pa.array(rows))
        made = kernel._blank(len(rows))
        columns = {key: kernel._column(batch, key, made) for key in dict.fromkeys(end.keys)}
        room = kernel._rooms[gsm].part
        starts, _ = self._units(start, columns, len(rows), gsm=gsm)
        ends, pairs = self._units(end, columns, len(rows), gsm=gsm)
        exact = (pairs == 0) | self._dense[gsm]
        cut = exact & (ends > (starts // room + 1) * room)
        doubt = np.flatnonzero(~exact & self._possible(starts, ends, gsm=gsm))
        if len(doubt):
            cut[doubt] = self._walked(source, rows[doubt], starts[doubt], ends[doubt], gsm=gsm)
        left: Ints = rows[cut]
        return left

    def _walked(
        self, source: pa.RecordBatch, rows: Ints, starts: Ints, ends: Ints, *, gsm: bool
    ) -> Mask:
        """Walk texts part by part, and say which end a part inside."""
        kernel, batch = self._kernel, source.take(pa.array(rows))
        made = kernel._blank(len(rows))
        columns = {key: kernel._column(batch, key, made) for key in kernel.keys}
        cut = np.zeros(len(rows), bool)
        for where, texts in kernel._chunks(columns, np.arange(len(rows))):
            characters = self._kernel._characters(texts, gsm=gsm)

            def check(
                active: Ints, at: Ints, characters: Any = characters, where: Ints = where
            ) -> None:
                begins = characters.units[at] - characters.units[characters.first[active]]
                of = where[active]
                cut[of] |= (starts[of] < begins) & (begins < ends[of])

            counting.walked(characters, self._kernel._rooms[gsm].part, check)
        return cut


def _links_in(array: Any, name: str) -> Mask:
    """Say which values of a column are links."""
    if pa.types.is_dictionary(array.type) and len(array.dictionary) <= len(array):
        known = _links_in(array.dictionary, name)
        mask: Mask = np.append(known, False)[indices_of(array)]
        return mask
    texts = _texts(array, name)
    octets = Octets.of(texts)
    marked = np.zeros(len(texts), bool)
    if len(octets.data):
        starts = octets.offsets[:-1]
        some = np.flatnonzero(_BEGINS[octets.data.take(starts, mode="clip")])
        seconds = octets.data.take(starts[some] + 1, mode="clip") | 0x20
        some = some[(seconds == ord("t")) | (seconds == ord("w"))]
        found = pc.match_substring_regex(texts.take(pa.array(some)), _IS_LINK)
        marked[some] = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return marked


def _texts(array: Any, name: str) -> Any:
    """Return a column's texts, as they are where they are text."""
    text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    return array if text else text_cells(array, name).text
