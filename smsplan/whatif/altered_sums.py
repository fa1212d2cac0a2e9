"""Alterations of messages by sums: rows of the same shapes at once, all points together.

A group's size is a sum, so what an alteration takes is decided by sums and bounds, as the kernel
does; where the bounds differ the shapes are put together and cut part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from smsplan.api.dryruns import MAX_PARTS
from smsplan.encoding import Encoding, part_capacity
from smsplan.kernel.octets import Bytes, Ints, Octets
from smsplan.kernel.texts import parts as counting
from smsplan.kernel.texts.octet_classes import ASTRAL, FIELD, WIDE, Classes, Sizes
from smsplan.kernel.texts.parts import CharacterColumn, Room
from smsplan.whatif.step_counts import Changes, StepTally
from smsplan.whatif.template_edits import LETTER, Wording
from smsplan.whatif.text_shapes import (
    CLASS,
    OPENS,
    Shapes,
    cut_places,
    prefix_sizes,
    ranges,
    shape_of,
)

# What 255 parts hold.
MOST_CHARACTERS = MAX_PARTS * part_capacity(Encoding.GSM, parts=2)
# Cells of a table, and octets of shapes, that are looked at together.
_CELLS = 1 << 20
_CHUNK = 1 << 21
# Up to so many kinds are counted without sorting.
_KINDS = 1 << 21
_FLAGS = 3 * FIELD
_SUMS = (1 << _FLAGS) - 1
OUTSIDE = 1 << _FLAGS
PAIRS = _SUMS >> FIELD << FIELD


class _Groups(NamedTuple):
    """Rows whose messages are alike. The rows of a group at each place are a pair."""

    codes: dict[str, Ints]
    billed: Ints
    # Of each pair.
    group: Ints
    place: Ints
    rows: Ints


class _Pool(NamedTuple):
    """Shapes of literals and of all columns in one array, and where each begins."""

    octets: Bytes
    literals: tuple[int, ...]
    columns: dict[str, int]


class AlteredSums:
    """Counts alterations of the rows of a batch of which sums decide."""

    def __init__(self, wording: Wording, points: range, classes: Classes) -> None:
        settings = wording.settings
        profile = settings.profile
        self._wording = wording
        self._points = points
        self._profile = profile
        self._utf16 = profile.unicode_unit == "utf16"
        limit = settings.message.max_number_of_message_parts
        self._limit = MAX_PARTS if limit is None else min(limit, MAX_PARTS)
        self._rooms = {
            gsm: Room(
                *(
                    part_capacity(encoding, parts=count, reference_bits=profile.reference_bits)
                    for count in (1, 2)
                )
            )
            for gsm, encoding in ((True, Encoding.GSM), (False, Encoding.UNICODE))
        }
        keys = [key for key, _ in wording.pieces]
        self._times = {key: keys.count(key) for key in wording.keys}
        texts = [text for _, text in wording.pieces]
        self._fixed = _joined(
            *(classes.size(text) for place, text in enumerate(texts) if place != wording.at)
        )
        texts[wording.at] += LETTER * (points.stop - 1)
        self._literals = [shape_of(text, classes) for text in texts]
        # Fixed text is cut between any two code points.
        last = self._literals[wording.at] | np.uint8(OPENS)
        self._last_sizes, _ = prefix_sizes(Octets(last, np.array([0, len(last)])))

    @property
    def fixed(self) -> int:
        """The packed size of all fixed texts, the last one at its longest."""
        return _joined(self._fixed, int(self._last_sizes[-1]))

    def add(
        self, columns: Mapping[str, Shapes], places: Ints, billed: Ints, tally: StepTally
    ) -> None:
        """Count the alterations of rows that are sent."""
        groups = _grouped(columns, places, billed)
        pool = self._pool(columns)
        sizes = {key: whole_sizes(shapes) for key, shapes in columns.items()}
        given = {key: self._given(sizes[key][groups.codes[key]], key) for key in columns}
        self._template(columns, groups, pool, given, tally)
        for key in columns:
            rest = _joined_columns(
                np.full(len(groups.billed), self._fixed),
                self._last_sizes[len(self._wording.last)],
                *(sums for other, sums in given.items() if other != key),
            )
            self._parameter(key, columns, groups, pool, rest, tally)
            if key in self._wording.settings.message.defaults:
                absent = sizes[key][-1:]
                # What is longer is not sent.
                if Sizes.unpack(absent).chars[0] * self._times[key] <= MOST_CHARACTERS:
                    total = _joined_columns(rest, self._given(absent, key))
                    self._default(key, columns, groups, pool, total, tally)

    def _given(self, sizes: Ints, key: str) -> Ints:
        """Return what values add to a message, as often as they stand in it."""
        return (sizes & _SUMS) * self._times[key] | (sizes >> _FLAGS << _FLAGS)

    def _pool(self, columns: Mapping[str, Shapes]) -> _Pool:
        arrays, starts, length = [], [], 0
        for shape in self._literals:
            starts.append(length)
            arrays.append(shape)
            length += len(shape)
        keys = {}
        for key, shapes in columns.items():
            keys[key] = length
            arrays.append(shapes.octets.data)
            length += len(shapes.octets.data)
        return _Pool(np.concatenate(arrays), tuple(starts), keys)

    def _template(
        self,
        columns: Mapping[str, Shapes],
        groups: _Groups,
        pool: _Pool,
        given: dict[str, Ints],
        tally: StepTally,
    ) -> None:
        """Cut or lengthen the last literal."""
        ends = np.maximum(
            np.arange(self._points.start, self._points.stop) + len(self._wording.last), 0
        )
        last = self._last_sizes[ends]
        total = _joined_columns(np.full(len(groups.billed), self._fixed), *given.values())
        sums, of = np.unique(total, return_inverse=True)
        members = _Members(of, len(sums))
        pairs = _Members(of[groups.group], len(sums))
        for first in range(0, len(sums), max(_CELLS // len(ends), 1)):
            some = sums[first : first + max(_CELLS // len(ends), 1)]
            cells = _joined_columns(some[:, None], last[None, :])
            parts, doubt = self._decided(cells.ravel())
            parts = parts.reshape(cells.shape)
            self._moves(parts, first, pairs, groups, tally.template)
            if not len(doubt):
                continue
            rows, at = np.divmod(doubt, len(ends))
            which, group = members.of(first + rows)
            point = at[which]

            def overridden(chosen: Ints, point: Ints = point) -> dict[int, tuple[Ints, Ints]]:
                start = np.full(len(chosen), pool.literals[self._wording.at])
                return {self._wording.at: (start, ends[point[chosen]])}

            real = self._walked(
                columns, groups, pool, group, cells.ravel()[doubt[which]], overridden
            )
            guess = parts.ravel()[doubt[which]]
            _correct(
                tally.template, groups, group, point, guess, real, np.full(len(point), len(ends))
            )

    def _moves(
        self, parts: Ints, first: int, pairs: _Members, groups: _Groups, changes: Changes
    ) -> None:
        """Count messages along the rows of a table of parts, a row for each distinct sum."""
        before = np.zeros_like(parts)
        before[:, 1:] = parts[:, :-1]
        row, point = np.nonzero(parts != before)
        which, pair = pairs.of(first + row)
        changes.move(
            point[which],
            groups.place[pair],
            before[row, point][which],
            parts[row, point][which],
            groups.rows[pair],
        )

    def _parameter(
        self,
        key: str,
        columns: Mapping[str, Shapes],
        groups: _Groups,
        pool: _Pool,
        rest: Ints,
        tally: StepTally,
    ) -> None:
        """Cut the values of a parameter; ``rest`` is what the others take."""
        shapes = columns[key]
        changes = tally.parameter(key)
        sizes, starts = prefix_sizes(shapes.octets)
        ends, _ = cut_places(shapes.octets)
        lengths = shapes.octets.lengths
        kinds, of_rest = np.unique(rest, return_inverse=True)
        classes, of = np.unique(
            of_rest * len(shapes.octets) + groups.codes[key], return_inverse=True
        )
        base, code = kinds[classes // len(shapes.octets)], classes % len(shapes.octets)
        members = _Members(of, len(classes))
        pairs = _Members(of[groups.group], len(classes))
        counts = lengths[code] + 1
        for chunk in _chunks(counts, _CELLS):
            count = counts[chunk]
            begin = np.cumsum(count) - count
            row = np.repeat(np.arange(len(count)), count)
            point = np.arange(len(row)) - begin[row]
            prefix = starts[code[chunk]][row] + point
            cells = _joined_columns(base[chunk][row], self._given(sizes[prefix], key))
            parts, doubt = self._decided(cells)
            before = np.zeros_like(parts)
            before[1:] = parts[:-1]
            before[begin] = 0
            moved = np.flatnonzero(parts != before)
            which, pair = pairs.of(chunk.start + row[moved])
            moved = moved[which]
            changes.move(
                point[moved], groups.place[pair], before[moved], parts[moved], groups.rows[pair]
            )
            if not len(doubt):
                continue
            which, group = members.of(chunk.start + row[doubt])
            doubt = doubt[which]
            begins = shapes.octets.offsets[:-1][code[chunk]][row[doubt]]
            length = ends[prefix[doubt]] - begins

            def overridden(
                chosen: Ints, begins: Ints = begins, length: Ints = length
            ) -> dict[int, tuple[Ints, Ints]]:
                start = pool.columns[key] + begins[chosen]
                return dict.fromkeys(self._of_key(key), (start, length[chosen]))

            real = self._walked(columns, groups, pool, group, cells[doubt], overridden)
            _correct(changes, groups, group, point[doubt], parts[doubt], real, count[row[doubt]])

    def _default(
        self,
        key: str,
        columns: Mapping[str, Shapes],
        groups: _Groups,
        pool: _Pool,
        total: Ints,
        tally: StepTally,
    ) -> None:
        """Put the default in the place of every value."""
        parts, doubt = self._decided(total)
        shapes = columns[key]
        absent = int(shapes.octets.offsets[-2])
        length = len(shapes.octets.data) - absent
        # What cannot be less than now need not be known better.
        doubt = doubt[parts[doubt] < groups.billed[doubt]]
        if len(doubt):

            def overridden(chosen: Ints) -> dict[int, tuple[Ints, Ints]]:
                start = np.full(len(chosen), pool.columns[key] + absent)
                return dict.fromkeys(self._of_key(key), (start, np.full(len(chosen), length)))

            parts[doubt] = self._walked(columns, groups, pool, doubt, total[doubt], overridden)
        parts = np.where((parts == 0) | (groups.codes[key] == shapes.missing), groups.billed, parts)
        tally.save(key, groups.place, groups.billed[groups.group], parts[groups.group], groups.rows)

    def _of_key(self, key: str) -> list[int]:
        return [place for place, (other, _) in enumerate(self._wording.pieces) if other == key]

    def _decided(self, packed: Ints) -> tuple[Ints, Ints]:
        """Return parts, at least, of messages of these sizes, and for which that is not sure."""
        sizes = Sizes.unpack(packed)
        gsm = sizes.outside == 0
        pairs = np.where(gsm, sizes.wide, sizes.astral if self._utf16 else 0)
        units = sizes.chars + pairs
        parts = np.ones(len(packed), np.int64)
        unsure: list[Ints] = []
        for encoding, boundary in (
            (True, self._profile.gsm_boundary),
            (False, self._profile.unicode_boundary),
        ):
            room = self._rooms[encoding]
            rows = np.flatnonzero((gsm == encoding) & (units > room.alone))
            if not len(rows):
                continue
            low = -(-units[rows] // room.part)

            def noted(doubt: Ints, rows: Ints = rows, low: Ints = low) -> Ints:
                unsure.append(rows[doubt])
                return low[doubt]

            parts[rows] = counting.count(
                units[rows], pairs[rows], room, dense=boundary == "dense", walk=noted
            )
        parts[parts > self._limit] = 0
        doubt = np.concatenate(unsure) if unsure else np.zeros(0, np.int64)
        return parts, np.sort(doubt[parts[doubt] > 0])

    def _walked(
        self,
        columns: Mapping[str, Shapes],
        groups: _Groups,
        pool: _Pool,
        group: Ints,
        packed: Ints,
        overridden: Callable[[Ints], dict[int, tuple[Ints, Ints]]],
    ) -> Ints:
        """Put shapes of groups together, some of their pieces others, and count their parts."""
        parts = np.zeros(len(group), np.int64)
        gsm = packed >> _FLAGS == 0
        chars = Sizes.unpack(packed).chars
        for chunk in _chunks(chars + 1, _CHUNK):
            chosen = np.arange(chunk.start, chunk.stop)
            starts = np.zeros((len(chosen), len(self._wording.pieces)), np.int64)
            lengths = np.zeros_like(starts)
            other = overridden(chosen)
            for place, (key, text) in enumerate(self._wording.pieces):
                if place in other:
                    starts[:, place], lengths[:, place] = other[place]
                elif key is None:
                    starts[:, place], lengths[:, place] = pool.literals[place], len(text)
                else:
                    code = groups.codes[key][group[chosen]]
                    offsets = columns[key].octets.offsets
                    starts[:, place] = pool.columns[key] + offsets[code]
                    lengths[:, place] = offsets[code + 1] - offsets[code]
            kinds = pool.octets[ranges(starts.ravel(), lengths.ravel())] & np.uint8(CLASS)
            offsets = np.zeros(len(chosen) + 1, np.int64)
            np.cumsum(lengths.sum(axis=1), out=offsets[1:])
            octets = Octets(kinds, offsets)
            narrow = CharacterColumn(octets, kinds, kinds == WIDE)
            broad = CharacterColumn(octets, kinds, kinds == ASTRAL)
            for encoding, characters in ((True, narrow), (False, broad)):
                rows = np.flatnonzero(gsm[chosen] == encoding)
                if len(rows):
                    room = self._rooms[encoding].part
                    parts[chosen[rows]] = counting.walked(characters.of(rows), room).parts
        parts[parts > self._limit] = 0
        return parts


def _grouped(columns: Mapping[str, Shapes], places: Ints, billed: Ints) -> _Groups:
    """Group rows by the shapes of their values."""
    mixed = np.zeros(len(places), np.int64)
    kinds = 1
    for shapes in columns.values():
        if kinds * len(shapes.octets) > 1 << 40:
            known, mixed = np.unique(mixed, return_inverse=True)
            kinds = len(known)
        mixed = mixed * len(shapes.octets) + shapes.codes
        kinds *= len(shapes.octets)
    radix = int(places.max(initial=0)) + 1
    if kinds * radix > _KINDS:
        known, mixed = np.unique(mixed, return_inverse=True)
        kinds = len(known)
    mixed = mixed * radix + places
    if kinds * radix <= _KINDS:
        counts = np.bincount(mixed)
        first = np.zeros(len(counts), np.int64)
        first[mixed] = np.arange(len(mixed))
        pairs = np.flatnonzero(counts)
        rows, first = counts[pairs], first[pairs]
    else:
        pairs, first, rows = np.unique(mixed, return_index=True, return_counts=True)
    _, at, group = np.unique(pairs // radix, return_index=True, return_inverse=True)
    one = first[at]
    return _Groups(
        {key: shapes.codes[one] for key, shapes in columns.items()},
        billed[one].astype(np.int64),
        group,
        pairs % radix,
        rows.astype(np.int64),
    )


class _Members:
    """What belongs to each of some classes."""

    def __init__(self, classes: Ints, count: int) -> None:
        self._order = np.argsort(classes, kind="stable")
        self._counts = np.bincount(classes, minlength=count)
        self._starts = np.cumsum(self._counts) - self._counts

    def of(self, chosen: Ints) -> tuple[Ints, Ints]:
        """Return the members of some classes, and for each the place in ``chosen``."""
        counts = self._counts[chosen]
        members = self._order[ranges(self._starts[chosen], counts)]
        return np.repeat(np.arange(len(chosen)), counts), members


def _correct(
    changes: Changes, groups: _Groups, group: Ints, point: Ints, guess: Ints, real: Ints, stop: Ints
) -> None:
    """Put right what was guessed for groups at single points; ``stop`` is where a curve ends."""
    wrong = np.flatnonzero(guess != real)
    which, pair = _Members(groups.group, len(groups.billed)).of(group[wrong])
    wrong = wrong[which]
    place, rows = groups.place[pair], groups.rows[pair]
    changes.move(point[wrong], place, guess[wrong], real[wrong], rows)
    back = np.flatnonzero(point[wrong] + 1 < stop[wrong])
    wrong, place, rows = wrong[back], place[back], rows[back]
    changes.move(point[wrong] + 1, place, real[wrong], guess[wrong], rows)


def whole_sizes(shapes: Shapes) -> Ints:
    """Return the packed size of every shape."""
    sizes, starts = prefix_sizes(shapes.octets)
    whole: Ints = sizes[starts + shapes.octets.lengths]
    return whole


def _joined(*sizes: int) -> int:
    """Add up packed sizes; whether any is outside is known once."""
    return sum(size & _SUMS for size in sizes) | (any(size >> _FLAGS for size in sizes) << _FLAGS)


def _joined_columns(*sizes: Any) -> Ints:
    """Add up packed sizes, place by place."""
    total, flags = sizes[0] & _SUMS, sizes[0] >> _FLAGS
    for size in sizes[1:]:
        total = total + (size & _SUMS)
        flags = flags | size >> _FLAGS
    joined: Ints = total | flags << _FLAGS
    return joined


def _chunks(sizes: Ints, most: int) -> Iterator[slice]:
    """Cut a row of things into pieces of about so much, one thing at least."""
    ends = np.cumsum(sizes) // most
    start = 0
    for stop in [*(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(sizes)]:
        if stop > start:
            yield slice(start, stop)
        start = stop
