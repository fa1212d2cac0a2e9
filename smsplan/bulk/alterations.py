"""What messages would take were a piece of them shorter, longer or another: for whole batches.

Rows whose values have the same shapes are one group. A group's size is a sum, so what an alteration
takes is decided by sums and bounds, as the kernel does; where the bounds differ the shapes are put
together and cut part by part. Where a profile lets more than sums decide (Auto Encoding, national
tables, whole clusters), the rows that it may concern are planned by the kernel, once an alteration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.bulk import parts as counting
from smsplan.bulk.cells import text_cells
from smsplan.bulk.changes import Changes
from smsplan.bulk.classes import ASTRAL, FIELD, WIDE, Classes, Sizes
from smsplan.bulk.kernel import Kernel
from smsplan.bulk.octets import Bytes, Ints, Mask, Octets
from smsplan.bulk.options import Options
from smsplan.bulk.parts import Characters, Room
from smsplan.bulk.shapes import CLASS, Shapes, cut_places, prefix_sizes, shape_of, shapes_of
from smsplan.dryruns import MAX_PARTS
from smsplan.encoding import Encoding, part_capacity, ucs2
from smsplan.encoding.substitution import AUTO_ENCODING
from smsplan.encoding.ucs2 import shortened

# What 255 parts hold.
MOST_CHARACTERS = MAX_PARTS * part_capacity(Encoding.GSM, parts=2)
# Cells of a table, and octets of shapes, that are looked at together.
_CELLS = 1 << 20
_CHUNK = 1 << 21
# Octets of a batch that is not cut into smaller ones.
_OCTETS = 1 << 23
_FLAGS = 3 * FIELD
_SUMS = (1 << _FLAGS) - 1
_OUTSIDE = 1 << _FLAGS
# Up to so many kinds are counted without sorting.
_KINDS = 1 << 21


class Tally:
    """What alterations of a plan would be: of the template, of each parameter, with its default.

    ``template`` counts characters from ``-cut`` on; ``parameters`` from 0 to the ``longest`` value;
    ``defaults`` has the rows and parts that a default would save, and how messages move.
    """

    def __init__(self, cut: int) -> None:
        self.cut = cut
        self.template = Changes()
        self.parameters: dict[str, Changes] = {}
        self.longest: dict[str, int] = {}
        self.defaults: dict[str, Changes] = {}
        self.saved: dict[str, tuple[int, int]] = {}

    def parameter(self, key: str) -> Changes:
        """Return the curve of a parameter."""
        return self.parameters.setdefault(key, Changes())

    def reach(self, key: str, longest: int) -> None:
        """Note how long a value is."""
        self.longest[key] = max(self.longest.get(key, 0), longest)

    def save(self, key: str, places: Ints, old: Ints, new: Ints, messages: Ints) -> None:
        """Note what a default would save: where a message would have fewer parts."""
        less = np.flatnonzero(new < old)
        rows, parts = self.saved.get(key, (0, 0))
        rows += int(messages[less].sum())
        parts += int(((old - new) * messages)[less].sum())
        self.saved[key] = rows, parts
        nothing = np.zeros(len(less), np.int64)
        changes = self.defaults.setdefault(key, Changes())
        changes.move(nothing, places[less], old[less], new[less], messages[less])


class Alterations:
    """The alterations of one plan, batch by batch: see :class:`Tally`.

    ``longer`` is how many letters are added at most at the end of the last fixed text.
    """

    def __init__(self, options: Options, longer: int) -> None:
        self._kernel = Kernel(options, numbers=False)
        self._bodies = {id(kernel): _Body(kernel.options, longer) for kernel in self._kernel.each}
        cut = max(len(body.last) for body in self._bodies.values())
        self.points = range(-cut, longer + 1)
        for body in self._bodies.values():
            body.points = self.points
        self.tally = Tally(cut)
        for body in self._bodies.values():
            for key in body.keys:
                self.tally.reach(key, 0)
                if key in options.defaults:
                    self.tally.save(key, *(np.zeros(0, np.int64),) * 4)

    def add(self, batch: pa.RecordBatch, places: Ints, billed: Ints) -> None:
        """Count rows that are sent: what decides the price of each, and its billed parts."""
        if not batch.num_rows:
            return
        # Of long values that are all different, what is looked at grows with their octets.
        step = max(batch.num_rows * _OCTETS // max(batch.nbytes, _OCTETS), 1)
        for start in range(0, batch.num_rows, step):
            some = slice(start, start + step)
            self._add(batch.slice(start, step), places[some], billed[some])

    def _add(self, batch: pa.RecordBatch, places: Ints, billed: Ints) -> None:
        for rows, kernel in self._kernel.groups(batch):
            body = self._bodies[id(kernel)]
            some = batch if len(rows) == batch.num_rows else batch.take(pa.array(rows))
            body.add(some, places[rows], billed[rows], self.tally)
            for key in self.tally.longest:
                if key not in body.keys:
                    # No cut of this parameter concerns these rows.
                    _appear(self.tally.parameter(key), places[rows], billed[rows])


def _appear(changes: Changes, places: Ints, parts: Ints) -> None:
    """Count rows that are alike at every point."""
    kinds, counts = np.unique(places << FIELD | parts, return_counts=True)
    nothing = np.zeros(len(kinds), np.int64)
    changes.move(nothing, kinds >> FIELD, nothing, kinds & (1 << FIELD) - 1, counts)


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


@dataclass(slots=True)
class _Cuts:
    """The prefixes of the shapes of a column: their sizes, their ends, and where those begin."""

    sizes: Ints
    ends: Ints
    starts: Ints


class _Body:
    """The alterations of one template."""

    points: range

    def __init__(self, options: Options, longer: int) -> None:
        self._options = options
        profile = options.profile
        self._profile = profile
        self._classes = Classes(profile)
        self._utf16 = profile.unicode_unit == "utf16"
        limit = options.max_number_of_message_parts
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
        self.template = options.template.under(dollar_escapes=profile.double_dollar == "escape")
        literals = self.template.literals
        filled = [place for place, text in enumerate(literals) if text]
        self._at = filled[-1] if filled else len(literals) - 1
        self.last = literals[self._at]
        self._longer = longer
        # Keys of columns, and texts: literals, and what stands for a parameter without a column.
        self._pieces: list[tuple[str | None, str]] = []
        for place, piece in enumerate(self.template.pieces):
            if place % 2 == 0:
                self._pieces.append((None, piece))
            elif piece in options.columns:
                self._pieces.append((piece, ""))
            else:
                self._pieces.append((None, options.default(piece) or ""))
        self.keys = tuple(
            dict.fromkeys(key for key in self.template.parameters if key in options.columns)
        )
        self._times = {key: sum(key == other for other, _ in self._pieces) for key in self.keys}
        self._kernels: dict[int, Kernel] = {}
        self._made = False

    def _make(self) -> None:
        """Measure the literals: only where something is sent, since some cannot be encoded."""
        if self._made:
            return
        self._made = True
        texts = [text + "a" * self._longer * (place == 2 * self._at)
                 for place, (_, text) in enumerate(self._pieces)]  # fmt: skip
        self._literals = [shape_of(text, self._classes) for text in texts]
        fixed = [
            self._classes.size(text)
            for place, (_, text) in enumerate(self._pieces)
            if place != 2 * self._at
        ]
        self._fixed = _joined(*fixed)
        last = self._literals[2 * self._at]
        every = Octets(last | np.uint8(8), np.array([0, len(last)]))
        self._last_sizes, _ = prefix_sizes(every)

    # Which rows sums decide.

    def add(self, batch: pa.RecordBatch, places: Ints, billed: Ints, tally: Tally) -> None:
        """Count the alterations of rows that are sent."""
        if self._options.truncate_concat:
            self._one_part(batch, places, billed, tally)
            return
        self._make()
        columns = {
            key: shapes_of(
                self._limited(batch, key),
                self._options.columns[key],
                self._options.default(key) or "",
                self._classes,
            )
            for key in self.keys
        }
        unsure = self._unsure(batch, columns)
        if unsure is None:
            self._by_sums(columns, places, billed, tally)
            return
        sure, rest = np.flatnonzero(~unsure), np.flatnonzero(unsure)
        if len(sure):
            some = {
                key: shapes._replace(codes=shapes.codes[sure]) for key, shapes in columns.items()
            }
            self._by_sums(some, places[sure], billed[sure], tally)
        if len(rest):
            self._by_kernel(batch.take(pa.array(rest)), places[rest], billed[rest], tally)

    def _limited(self, batch: pa.RecordBatch, key: str) -> Any:
        """Return the values of a key, cut to its limit."""
        name, limit = self._options.columns[key], self._options.limits.get(key)
        if limit is None:
            return batch.column(name)
        text = text_cells(batch.column(name), name).text.cast(pa.large_string())
        over = pc.fill_null(pc.greater(pc.utf8_length(text), limit), False)
        short = [shortened(value, limit) for value in text.filter(over).to_pylist()]
        return pc.replace_with_mask(text, over, pa.array(short, text.type)) if short else text

    def _unsure(self, batch: pa.RecordBatch, columns: dict[str, Shapes]) -> Mask | None:
        """Mark rows of which sums do not decide every alteration; None: there are none."""
        profile = self._profile
        if profile.values_in_values == "again" or profile.line_breaks == "crlf_to_lf":
            return np.ones(batch.num_rows, bool)
        marked = np.zeros(batch.num_rows, bool)
        telling = 0
        if profile.unicode_boundary == "grapheme" or self._options.substitute is not None:
            telling |= _OUTSIDE
        if profile.languages:
            telling |= _OUTSIDE | _SUMS >> FIELD << FIELD
        if telling:
            fixed = _joined(self._fixed, *self._last_sizes[-1:].tolist())
            marked[:] = bool(fixed & telling)
            for shapes in columns.values():
                sizes = _sizes(shapes)
                # The default may stand in any row.
                marked |= bool(sizes[shapes.missing] & telling)
                marked |= ((sizes & telling) > 0)[shapes.codes]
        if profile.auto_encoding != "off":
            # Other texts stay as they are.
            fixed_texts = [text for _, text in self._pieces]
            fixed_texts += [self._options.defaults.get(key, "") for key in self.keys]
            marked |= any(ord(point) in AUTO_ENCODING for point in "".join(fixed_texts))
            look_alikes = "[" + "".join(map(re.escape, map(chr, AUTO_ENCODING))) + "]"
            for key in self.keys:
                name = self._options.columns[key]
                texts = text_cells(batch.column(name), name).text
                found = pc.fill_null(pc.match_substring_regex(texts, look_alikes), False)
                marked |= found.to_numpy(zero_copy_only=False)
        return marked if marked.any() else None

    def _one_part(self, batch: pa.RecordBatch, places: Ints, billed: Ints, tally: Tally) -> None:
        """Whatever the text, one part is sent."""
        _appear(tally.template, places, billed)
        for key in self.keys:
            _appear(tally.parameter(key), places, billed)
            name = self._options.columns[key]
            values = text_cells(self._limited(batch, key), name).text
            longest = pc.max(pc.utf8_length(values)).as_py()
            tally.reach(key, longest or 0)

    # By sums.

    def _by_sums(
        self, columns: dict[str, Shapes], places: Ints, billed: Ints, tally: Tally
    ) -> None:
        groups = _grouped(columns, places, billed)
        pool = self._pool(columns)
        sizes = {key: _sizes(shapes) for key, shapes in columns.items()}
        given = {key: self._given(sizes[key][groups.codes[key]], key) for key in columns}
        self._template(columns, groups, pool, given, tally)
        for key in columns:
            rest = _joined_columns(
                np.full(len(groups.billed), self._fixed),
                self._last_sizes[len(self.last)],
                *(sums for other, sums in given.items() if other != key),
            )
            self._parameter(key, columns, groups, pool, rest, tally)
            if key in self._options.defaults:
                absent = sizes[key][-1:]
                # What is longer is not sent.
                if Sizes.unpack(absent).chars[0] * self._times[key] <= MOST_CHARACTERS:
                    total = _joined_columns(rest, self._given(absent, key))
                    self._default(key, columns, groups, pool, total, tally)

    def _given(self, sizes: Ints, key: str) -> Ints:
        """Return what values add to a message, as often as they stand in it."""
        return (sizes & _SUMS) * self._times[key] | (sizes >> _FLAGS << _FLAGS)

    def _pool(self, columns: dict[str, Shapes]) -> _Pool:
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
        columns: dict[str, Shapes],
        groups: _Groups,
        pool: _Pool,
        given: dict[str, Ints],
        tally: Tally,
    ) -> None:
        """Cut or lengthen the last literal."""
        ends = np.maximum(np.arange(self.points.start, self.points.stop) + len(self.last), 0)
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
                start = np.full(len(chosen), pool.literals[2 * self._at])
                return {2 * self._at: (start, ends[point[chosen]])}

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
        columns: dict[str, Shapes],
        groups: _Groups,
        pool: _Pool,
        rest: Ints,
        tally: Tally,
    ) -> None:
        """Cut the values of a parameter; ``rest`` is what the others take."""
        shapes = columns[key]
        changes = tally.parameter(key)
        sizes, starts = prefix_sizes(shapes.octets)
        ends, _ = cut_places(shapes.octets)
        lengths = shapes.octets.lengths.copy()
        own = np.unique(groups.codes[key])
        tally.reach(key, int(lengths[own[own != shapes.missing]].max(initial=0)))
        # A default is nobody's value, and stays whole.
        starts[shapes.missing] += lengths[shapes.missing]
        lengths[shapes.missing] = 0
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
        columns: dict[str, Shapes],
        groups: _Groups,
        pool: _Pool,
        total: Ints,
        tally: Tally,
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
        return [place for place, (other, _) in enumerate(self._pieces) if other == key]

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
        columns: dict[str, Shapes],
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
            starts = np.zeros((len(chosen), len(self._pieces)), np.int64)
            lengths = np.zeros_like(starts)
            other = overridden(chosen)
            for place, (key, text) in enumerate(self._pieces):
                if place in other:
                    starts[:, place], lengths[:, place] = other[place]
                elif key is None:
                    starts[:, place], lengths[:, place] = pool.literals[place], len(text)
                else:
                    code = groups.codes[key][group[chosen]]
                    offsets = columns[key].octets.offsets
                    starts[:, place] = pool.columns[key] + offsets[code]
                    lengths[:, place] = offsets[code + 1] - offsets[code]
            kinds = pool.octets[_ranges(starts.ravel(), lengths.ravel())] & np.uint8(CLASS)
            offsets = np.zeros(len(chosen) + 1, np.int64)
            np.cumsum(lengths.sum(axis=1), out=offsets[1:])
            octets = Octets(kinds, offsets)
            narrow = Characters(octets, kinds, kinds == WIDE)
            broad = Characters(octets, kinds, kinds == ASTRAL)
            for encoding, characters in ((True, narrow), (False, broad)):
                rows = np.flatnonzero(gsm[chosen] == encoding)
                if len(rows):
                    room = self._rooms[encoding].part
                    parts[chosen[rows]] = counting.walked(characters.of(rows), room).parts
        parts[parts > self._limit] = 0
        return parts

    # By the kernel.

    def _by_kernel(self, batch: pa.RecordBatch, places: Ints, billed: Ints, tally: Tally) -> None:
        """Plan the distinct rows once for every point of every curve."""
        texts = {
            key: text_cells(self._limited(batch, key), name).text.cast(pa.large_string())
            for key, name in self._options.columns.items()
        }
        mixed = np.zeros(batch.num_rows, np.int64)
        for text in texts.values():
            codes = text.dictionary_encode(null_encoding="encode").indices.to_numpy()
            _, mixed = np.unique(mixed * (int(codes.max()) + 1) + codes, return_inverse=True)
        radix = int(places.max()) + 1
        kinds, first, rows = np.unique(
            mixed * radix + places, return_index=True, return_counts=True
        )
        _, row, pair = np.unique(kinds // radix, return_index=True, return_inverse=True)
        rep = pa.array(first[row])
        values = {key: text.take(rep) for key, text in texts.items()}
        place = kinds % radix

        def follow(changes: Changes, counted: Iterator[tuple[int, Ints]]) -> None:
            before = np.zeros(len(row), np.int64)
            for point, parts in counted:
                at = np.full(len(pair), point)
                changes.move(at, place, before[pair], parts[pair], rows)
                before = parts

        follow(
            tally.template,
            (
                (point, self._planned(self._lengthened(characters), values, len(row)))
                for point, characters in enumerate(self.points)
            ),
        )
        plain = self._lengthened(0)
        for key in self.keys:
            own = values[key].to_pylist()
            ends = [_ends(text) for text in own]
            longest = max((len(text) for text in own if text is not None), default=0)
            tally.reach(key, longest)

            def shorter(most: int, own: list[Any] = own, ends: list[list[int]] = ends) -> pa.Array:
                cut = [
                    None if text is None else text[: end[min(most, len(text))]]
                    for text, end in zip(own, ends, strict=True)
                ]
                return pa.array(cut, pa.large_string())

            follow(
                tally.parameter(key),
                (
                    (most, self._planned(plain, {**values, key: shorter(most)}, len(row)))
                    for most in range(longest + 1)
                ),
            )
            if key in self._options.defaults:
                nothing = pa.nulls(len(row), pa.large_string())
                parts = self._planned(plain, {**values, key: nothing}, len(row))
                now = billed[first[row]]
                parts = np.where(parts == 0, now, parts)
                tally.save(key, place, now[pair], parts[pair], rows)

    def _lengthened(self, characters: int) -> Kernel:
        """Return the kernel whose last literal has so many characters more."""
        if characters not in self._kernels:
            literals = list(self.template.literals)
            last = self.last[: max(len(self.last) + characters, 0)] + "a" * max(characters, 0)
            literals[self._at] = last
            options = replace(
                self._options,
                template=self.template.with_literals(literals),
                columns={key: key for key in self._options.columns},
                bodies=False,
            )
            self._kernels[characters] = Kernel(options, numbers=False)
        return self._kernels[characters]

    @staticmethod
    def _planned(kernel: Kernel, values: dict[str, Any], rows: int) -> Ints:
        """Return the billed parts of rows with these values; 0 where nothing would be sent."""
        # No key has a name like that; without parameters a batch has no column else.
        every = {" ": pa.nulls(rows), **values}
        batch = pa.RecordBatch.from_arrays(list(every.values()), names=list(every))
        billed: Ints = kernel(batch).column("billed_parts").to_numpy().astype(np.int64)
        return billed


def _ends(text: str | None) -> list[int]:
    """Where a text ends that is cut to 0, 1, 2 ... characters, as ``shortened`` cuts it."""
    ends = [0]
    for start, end in ucs2.clusters(text or ""):
        inside = [start] * (end - start - 1) if start else range(1, end)
        ends += [*inside, end]
    return ends


def _grouped(columns: dict[str, Shapes], places: Ints, billed: Ints) -> _Groups:
    """Group rows by the shapes of their values."""
    mixed = np.zeros(len(places), np.int64)
    kinds = 1
    for shapes in columns.values():
        if kinds * len(shapes.octets) > 1 << 40:
            distinct, mixed = np.unique(mixed, return_inverse=True)
            kinds = len(distinct)
        mixed = mixed * len(shapes.octets) + shapes.codes
        kinds *= len(shapes.octets)
    radix = int(places.max(initial=0)) + 1
    if kinds * radix > _KINDS:
        distinct, mixed = np.unique(mixed, return_inverse=True)
        kinds = len(distinct)
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
        members = self._order[_ranges(self._starts[chosen], counts)]
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


def _sizes(shapes: Shapes) -> Ints:
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


def _ranges(starts: Ints, lengths: Ints) -> Ints:
    """Return the numbers of all ranges, one behind the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    numbers: Ints = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
    return numbers


def _chunks(sizes: Ints, most: int) -> Iterator[slice]:
    """Cut a row of things into pieces of about so much, one thing at least."""
    ends = np.cumsum(sizes) // most
    start = 0
    for stop in [*(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(sizes)]:
        if stop > start:
            yield slice(start, stop)
        start = stop
