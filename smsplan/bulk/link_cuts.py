"""Which messages of several parts have a link on both sides of a part's end.

A link is one of the body, with the values in it, or a value that is a link. Where a part ends is
known from sizes alone unless characters of two units stand before; then the text is walked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.bulk import parts as counting
from smsplan.bulk.cells import text_cells
from smsplan.bulk.classes import Sizes
from smsplan.bulk.octets import Ints, Mask
from smsplan.bulk.texts import OUTSIDE, Column, TextKernel
from smsplan.links import links

# In the place of a value: neither white space nor punctuation, so that a link goes on.
_VALUE = "\ue000"
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
        for place, (start, end) in enumerate(self._fixed):
            some = rows[self._may_be(start, end, units, gsm=gsm)]
            found.append(self._cut(source, some, [self._fixed[place]], gsm=gsm))
        for key, start, end in self._values:
            name = self._kernel._options.columns[key]
            some = rows[_links_in(source.column(name), name)[rows]]
            found.append(self._cut(source, some, [(start, end)], gsm=gsm))
        every: Ints = np.unique(np.concatenate(found))
        return every

    def _may_be(self, start: _Place, end: _Place, units: Ints, *, gsm: bool) -> Mask:
        """Say which rows need a look at their values."""
        whole = self._at_end()
        if len(whole.keys) == len(end.keys):
            # Everything behind the link is fixed.
            after, _ = self._units(_Place(whole.fixed - end.fixed, ()), {}, 1, gsm=gsm)
            inside, _ = self._units(_Place(end.fixed - start.fixed, ()), {}, 1, gsm=gsm)
            if len(start.keys) == len(end.keys):
                ends = units - after
                return self._possible(ends - inside, ends, gsm=gsm)
        return np.ones(len(units), bool)

    def _units(
        self, place: _Place, columns: dict[str, Column], rows: int, *, gsm: bool
    ) -> tuple[Ints, Ints]:
        """Return the units before a place in each row, and how many characters take two."""
        sizes = place.sizes(columns, rows)
        if gsm:
            return sizes.chars + sizes.wide, sizes.wide
        pairs = sizes.astral if self._kernel._utf16 else np.zeros_like(sizes.astral)
        return sizes.chars + pairs, pairs

    def _at_end(self) -> _Place:
        pieces = self._kernel._pieces
        fixed = sum(
            self._kernel._classes.size(text) % OUTSIDE for key, text in pieces if key is None
        )
        return _Place(fixed, tuple(key for key, _ in pieces if key is not None))

    def _possible(self, starts: Ints, ends: Ints, *, gsm: bool) -> Mask:
        """Say whether a part may end inside; the n-th part ends behind n parts, or n units less."""
        room = self._kernel._rooms[gsm].part
        mask: Mask = ends > (starts // room + 1) * (room if self._dense[gsm] else room - 1)
        return mask

    def _cut(
        self, source: pa.RecordBatch, rows: Ints, links: list[tuple[_Place, _Place]], *, gsm: bool
    ) -> Ints:
        """Return those of some rows that have one of these links on both sides of a part's end."""
        if not len(rows):
            return rows
        kernel = self._kernel
        batch = source.take(pa.array(rows))
        made = kernel._blank(len(rows))
        columns = {key: kernel._column(batch, key, made) for key in kernel.keys}
        kernel._total(columns, made)  # marks what is too long for a sum
        room = kernel._rooms[gsm].part
        cut = np.zeros(len(rows), bool)
        for start, end in links:
            starts, _ = self._units(start, columns, len(rows), gsm=gsm)
            ends, pairs = self._units(end, columns, len(rows), gsm=gsm)
            exact = (pairs == 0) | self._dense[gsm]
            cut |= exact & (ends > (starts // room + 1) * room)
            doubt = np.flatnonzero(~exact & self._possible(starts, ends, gsm=gsm))
            cut[doubt] |= self._walked(columns, doubt, starts[doubt], ends[doubt], gsm=gsm)
        return rows[cut & ~made.alone]

    def _walked(
        self, columns: dict[str, Column], rows: Ints, starts: Ints, ends: Ints, *, gsm: bool
    ) -> Mask:
        """Walk texts part by part, and say which end a part inside."""
        cut = np.zeros(len(rows), bool)
        for where, texts in self._kernel._chunks(columns, rows):
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
        found = _links_in(array.dictionary, name)
        places = pc.fill_null(array.indices, -1).to_numpy(zero_copy_only=False)
        mask: Mask = np.append(found, False)[places]
        return mask
    texts = text_cells(array, name).text
    begins = pc.or_(
        pc.starts_with(texts, "http", ignore_case=True),
        pc.starts_with(texts, "www", ignore_case=True),
    )
    some = np.flatnonzero(pc.fill_null(begins, False).to_numpy(zero_copy_only=False))
    mask = np.zeros(len(texts), bool)
    if len(some):
        found = pc.match_substring_regex(texts.take(pa.array(some)), _IS_LINK)
        mask[some] = found.to_numpy(zero_copy_only=False)
    return mask
