"""What messages are made of: fixed text, values, what forces Unicode; and what edits would do.

The sizes of the pieces are those that the kernel adds up. Where they do not say enough (national
tables, clusters, values in values) rows are taken apart one by one, each distinct one once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.dryruns import Composer, characters
from smsplan.encoding import Encoding, culprits
from smsplan.encoding.gsm7 import tables
from smsplan.encoding.substitution import Change, Substitution, changed
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.octets import Ints, Mask, Octets
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.texts import parts as counting
from smsplan.kernel.texts.composing import (
    NEAR,
    OUTSIDE,
    Column,
    TextKernel,
    plain_texts,
)
from smsplan.kernel.texts.culprit_kinds import Kinds, contextual
from smsplan.kernel.texts.look_alikes import CONTEXT, MOVES, Table
from smsplan.kernel.texts.measures import Texts
from smsplan.kernel.texts.octet_classes import FIELD, FIELD_MASK, Sizes
from smsplan.templates import Template

_POINT = 21
_Pieces = list[tuple[int, str]]
# Characters of the alphabet that belong to no word and compose with nothing.
_APART = frozenset("@£$¥\n\r_ !\"#%&'()*+,-./:;?{}\\[~]|€")


class Culprits(NamedTuple):
    """Characters that force Unicode: each once for a row and place, and how often it is there.

    ``points`` are numbers of :class:`~smsplan.kernel.texts.culprit_kinds.Kinds`.
    """

    rows: Ints
    places: Ints
    points: Ints
    counts: Ints

    @classmethod
    def of(cls, found: Sequence[tuple[int, int, int, int]]) -> Culprits:
        """Make columns of tuples."""
        table = np.array(found, np.int64).reshape(-1, 4)
        return cls(*(np.ascontiguousarray(column) for column in table.T))

    def joined(self, *others: Culprits) -> Culprits:
        """Return these and others."""
        return Culprits(*(np.concatenate(columns) for columns in zip(self, *others, strict=True)))

    def only(self, mask: Mask) -> Culprits:
        """Return those that are marked."""
        return Culprits(*(column[mask] for column in self))


class Edited(NamedTuple):
    """What rows take where every occurrence of a character in a place is replaced."""

    rows: Ints
    places: Ints
    points: Ints
    parts: Ints


@dataclass(slots=True)
class Anatomy:
    """Messages of one body, taken apart before anything is replaced or cut.

    Of each row: ``fixed``, the characters of the fixed text, and ``chars``, those of all; ``gsm``,
    ``units`` and ``parts`` as the text is, ``after``: its parts once look-alikes are replaced.
    Of each place (0 the template, then the columns: ``places`` says which of all) and row:
    ``sizes``, its characters, and ``wide``, those that take two septets (exact for GSM rows).
    ``culprits`` are those of values, and in rows that were taken apart alone those of the template
    too; every other row has the same ones, ``common``, in place 0: ``shared`` says which rows.
    """

    body: str | None
    places: tuple[int, ...]
    fixed: Ints
    chars: Ints
    gsm: Mask
    units: Ints
    parts: Ints
    after: Ints
    sizes: Ints
    wide: Ints
    culprits: Culprits
    common: Culprits
    shared: Mask
    _source: _Source

    @property
    def distinct_culprits(self) -> Ints:
        """How many culprits each row has, by character and place."""
        own = np.bincount(self.culprits.rows, minlength=len(self.gsm))
        return own + self.shared * len(self.common.rows)

    def replaced_alone(self) -> Iterator[Edited]:
        """Yield what messages take where one character in one place is replaced, all else kept.

        Only what something stands in for; parts are those before a cut.
        """
        return self._source.body.replaced_alone(self)

    def replaced_together(self) -> tuple[Ints, Ints]:
        """Return the Unicode rows, and the parts that a plan by ``lossy`` would bill for them."""
        return self._source.body.replaced_together(self)


class _Source(NamedTuple):
    """What an anatomy was made of."""

    body: _Body
    batch: pa.RecordBatch
    columns: dict[str, Column]
    sizes: Sizes


class Anatomist:
    """Takes batches of messages apart, all of which are sent.

    ``keys`` are the parameters that have a column: place n of an anatomy is ``keys[n - 1]``.
    ``kinds`` are what the numbers of culprits stand for.
    """

    def __init__(self, settings: RowSettings) -> None:
        self._kernel = Kernel(settings, numbers=False)
        self.keys = self._kernel.keys
        self.kinds = Kinds()
        bodies: dict[str | None, Kernel] = dict(self._kernel.bodies.items())
        bodies = bodies or {None: self._kernel}
        self._bodies = {
            kernel: _Body(name, kernel, self.keys, self.kinds) for name, kernel in bodies.items()
        }

    def __call__(self, batch: pa.RecordBatch) -> Iterator[tuple[Ints, Anatomy]]:
        """Yield the rows of each body, and what their messages are made of."""
        for rows, kernel in self._kernel.groups(batch):
            whole = len(rows) == batch.num_rows
            some = batch if whole else batch.take(pa.array(rows))
            yield rows, self._bodies[kernel].anatomy(some)

    def dense(self, units: Ints, *, gsm: bool) -> Ints:
        """Return the parts of units in one run, without any lost at boundaries."""
        room = next(iter(self._bodies.values())).rooms[gsm]
        return np.where(units <= room.alone, 1, -(-units // room.part))


class _Reference(NamedTuple):
    """A message that was taken apart alone; as the fields of :class:`Anatomy`."""

    fixed: int
    chars: int
    gsm: bool
    units: int
    parts: int
    after: int
    sizes: list[int]
    wide: list[int]
    culprits: list[tuple[int, int, int]]


class _Body(TextKernel):
    """Takes the messages of one body apart."""

    def __init__(
        self, name: str | None, kernel: Kernel, keys: tuple[str, ...], kinds: Kinds
    ) -> None:
        settings, profile = kernel.settings, kernel.settings.profile
        if (
            settings.message.truncate_concat
            and profile.truncation == "cut"
            and profile.auto_encoding_order == "after_truncation"
        ):
            # What was cut to one part is not replaced.
            profile = profile.replace(auto_encoding="off")
        composer = Composer(
            settings.message.template,
            profile,
            substitution=settings.message.substitution,
            limits=settings.message.limits,
        )
        super().__init__(replace(settings.saying(truncate_concat=False), bodies=False), composer)
        self._name = name
        self._kernel = kernel
        self._kinds_known = kinds
        lossy = replace(settings.message.substitution or Substitution(), level="lossy")
        self._lossy = Kernel(
            replace(settings.saying(substitute=lossy), profile=profile, bodies=False),
            numbers=False,
        )
        self.rooms = self._rooms
        self._places = (0, *(keys.index(key) + 1 for key in self.keys))
        self._auto_encodes = profile.auto_encoding != "off"
        self._replaces = self._auto_encodes or settings.message.substitution is not None
        # Where edits do more than change sizes.
        self._edits_alone = (
            self._replaces
            or bool(profile.languages)
            or profile.unicode_boundary == "grapheme"
            or profile.line_breaks == "crlf_to_lf"
        )
        fixed = "".join(text for key, text in self._pieces if key is None)
        self._fixed_chars = len(characters(fixed, profile))
        none = np.zeros(0, np.int64)
        self._common = Culprits(none, none, none, none)
        self._fixed_wide = 0
        literals = [text for key, text in self._pieces if key is None]
        if self._encodable and literals:
            self._fixed_wide = self._fixed >> FIELD & FIELD_MASK
            _, found, times = self._counted(pa.array(literals, pa.large_string()))
            points, at = np.unique(found, return_inverse=True)
            zeros = np.zeros(len(points), np.int64)
            counts = np.bincount(at, times, len(points)).astype(np.int64)
            self._common = Culprits(zeros, zeros, points, counts)
        self._sheltered = self._are_sheltered()

    def anatomy(self, batch: pa.RecordBatch) -> Anatomy:
        """Take messages apart."""
        rows = batch.num_rows
        made = self._blank(rows)
        columns = {key: self._column(batch, key, made) for key in self.keys}
        sizes = Sizes.unpack(np.zeros(rows, np.int64))
        if not self._encodable or self._always_alone:
            made.alone[:] = True
        else:
            total = self._total(columns, made)
            sizes = Sizes.unpack(total)
            self._measure(columns, total, made)
        natural = made.gsm.copy(), made.units.copy(), made.parts.copy()
        if self._replaces and not made.alone.all():
            self._replace(columns, made)
            if self._auto_encodes:
                self._auto_encode(columns, made)
        own = self._culprits(columns, made.alone)
        if not self._sheltered:
            # What stands around a value may decide what stands in for a character of it.
            telling = self._tell(own.points)
            if self._tell(self._common.points).any():
                made.alone |= ~natural[0]
            made.alone[own.rows[telling]] = True
            own = own.only(~made.alone[own.rows])
        found = Anatomy(
            self._name,
            self._places,
            np.full(rows, self._fixed_chars),
            sizes.chars,
            *natural,
            made.parts,
            *self._by_place(columns, rows),
            own,
            self._common,
            ~made.alone & ~natural[0],
            _Source(self, batch, columns, sizes),
        )
        alone = np.flatnonzero(made.alone)
        if len(alone):
            self._put_alone(batch, alone, found)
        return found

    def _try_tables(self, columns: dict[str, Column], made: Texts, rows: Ints) -> None:
        """Each row may have national tables of its own: they are taken apart alone."""
        made.alone[rows] = True

    def _by_place(self, columns: dict[str, Column], rows: int) -> tuple[Ints, Ints]:
        sizes = np.zeros((len(self.keys) + 1, rows), np.int64)
        wide = np.zeros((len(self.keys) + 1, rows), np.int64)
        sizes[0], wide[0] = self._fixed_chars, self._fixed_wide
        for place, key in enumerate(self.keys, 1):
            packed, times = columns[key].sizes, self._times[key]
            np.multiply(packed & FIELD_MASK, times, out=sizes[place])
            np.multiply(packed >> FIELD & FIELD_MASK, times, out=wide[place])
        return sizes, wide

    # What forces Unicode.

    def _are_sheltered(self) -> bool:
        """Whether each parameter has something around it that belongs to no word, and no value."""
        for place, (key, text) in enumerate(self._pieces):
            if key is None:
                edges = [text[:1]] * (place > 0) + [text[-1:]] * (place + 1 < len(self._pieces))
                if any(each not in _APART for each in edges):
                    return False
            elif place and self._pieces[place - 1][0] is not None:
                return False
        return True

    def _tell(self, numbers: Ints) -> Mask:
        """Mark the numbers of what depends on its neighbours, or may do something to them."""
        distinct, at = np.unique(numbers, return_inverse=True)
        table = Table.of("lossy")
        mask = np.array(
            [
                bool(
                    np.any(
                        table.kinds(np.array([*map(ord, self._kinds_known.of(number).original)]))
                        & (CONTEXT | MOVES)
                    )
                )
                for number in distinct.tolist()
            ],
            bool,
        )
        found: Mask = mask[at]
        return found

    def _culprits(self, columns: dict[str, Column], alone: Mask) -> Culprits:
        found = [self._common.only(np.zeros(len(self._common.rows), bool))]
        for place, key in zip(self._places[1:], self.keys, strict=True):
            if self._times[key]:
                rows, points, counts = self._in_column(columns[key], key, alone)
                places = np.full(len(rows), place)
                found.append(Culprits(rows, places, points, counts * self._times[key]))
        return found[0].joined(*found[1:])

    def _in_column(self, column: Column, key: str, alone: Mask) -> tuple[Ints, Ints, Ints]:
        rows = np.flatnonzero((column.sizes >= OUTSIDE) & ~alone)
        missing = column.missing[rows] if column.missing is not None else np.zeros(len(rows), bool)
        own, absent = rows[~missing], rows[missing]
        found = [self._counted(plain_texts(column.text.take(pa.array(own))), own)]
        if len(absent):
            _, points, counts = self._counted(pa.array([self._absent[key]], pa.large_string()))
            many = len(absent)
            tiled = np.tile(points, many), np.tile(counts, many)
            found.append((absent.repeat(len(points)), *tiled))
        first, second, third = zip(*found, strict=True)
        return np.concatenate(first), np.concatenate(second), np.concatenate(third)

    def _counted(self, texts: Any, rows: Ints | None = None) -> tuple[Ints, Ints, Ints]:
        """The rows of texts, each culprit in them, and how often."""
        rows = np.arange(len(texts)) if rows is None else rows
        some = contextual(texts)
        if not some.true_count:
            return self._counted_points(texts, rows)
        mask = some.to_numpy(zero_copy_only=False)
        found = [
            self._counted_points(texts.filter(pc.invert(some)), rows[~mask]),
            self._counted_tokens(texts.filter(some), rows[mask]),
        ]
        first, second, third = zip(*found, strict=True)
        return np.concatenate(first), np.concatenate(second), np.concatenate(third)

    def _counted_tokens(self, texts: Any, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """As :meth:`_counted`, each distinct text by the reference."""
        coded = texts.dictionary_encode()
        counts = [
            self._tokens_of(characters(text, self._profile))
            for text in coded.dictionary.to_pylist()
        ]
        sizes = np.array([*map(len, counts)])
        ends = np.cumsum(sizes)
        codes = coded.indices.to_numpy()
        every = np.array([[*each] for some in counts for each in some.items()], np.int64)
        every = every.reshape(-1, 2)
        lengths = sizes[codes]
        # Places of each row's pairs: from its text's first on.
        starts = np.repeat((ends - sizes)[codes], lengths)
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        chosen = every[starts + within]
        return np.repeat(rows, lengths), chosen[:, 0], chosen[:, 1]

    def _tokens_of(self, text: str) -> Counter[int]:
        outside = self._outside(text)
        return Counter(each.number for each in self._kinds_known.tokens(text, outside))

    def _outside(self, text: str) -> set[str]:
        """The characters of a text that force Unicode, under the profile."""
        outside = {one.character for one in culprits(text, languages=self._profile.languages)}
        if self._profile.form_feed == "unicode":
            outside |= {"\f"} & set(text)
        return outside

    def _counted_points(self, texts: Any, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """As :meth:`_counted`, of texts whose characters say for themselves what they are."""
        found, counts = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for where, block in Octets.of(texts).blocks(NEAR):
            each = self._characters(block.array(), gsm=False)
            outside = each.outside()
            # Empty texts begin where the next one does; ``right`` finds the last of them.
            text = np.searchsorted(each.first, outside, side="right") - 1 + where.start
            keys, count = _distinct(text << _POINT | each.points(outside))
            found.append(keys)
            counts.append(count)
        every = np.concatenate(found)
        text = every >> _POINT
        points = every & (1 << _POINT) - 1
        return rows[text], points, np.concatenate(counts)

    # Rows that are taken apart alone.

    def _pieces_of(self, values: Mapping[str, str]) -> _Pieces:
        """The texts of the message's pieces in order, with their places, as they are expanded."""
        given = self._composer.within_limits({**self._settings.message.defaults, **values})
        unmatched: Any = "empty" if self._profile.unmatched == "empty" else "verbatim"
        where = dict(zip(self.keys, self._places[1:], strict=True))
        pieces = []
        for number, piece in enumerate(self._composer.template.pieces):
            if number % 2:
                expanded = Template(f"${{{piece}}}").expand(
                    given, unmatched=unmatched, again=self._again
                )
                pieces.append((where.get(piece, 0), expanded.text))
            else:
                pieces.append((0, piece))
        return pieces

    def _alone_values(self, batch: pa.RecordBatch, rows: Ints) -> list[dict[str, str]]:
        return [values for values, _ in self._kernel.values(batch.take(pa.array(rows)))]

    def _put_alone(self, batch: pa.RecordBatch, rows: Ints, found: Anatomy) -> None:
        known: dict[tuple[tuple[str, str], ...], _Reference] = {}
        more = []
        for row, values in zip(rows.tolist(), self._alone_values(batch, rows), strict=True):
            key = tuple(values.items())
            if key not in known:
                known[key] = self._reference(self._pieces_of(values))
            one = known[key]
            found.fixed[row], found.chars[row] = one.fixed, one.chars
            found.gsm[row], found.units[row] = one.gsm, one.units
            found.parts[row], found.after[row] = one.parts, one.after
            found.sizes[:, row], found.wide[:, row] = one.sizes, one.wide
            more += [(row, *culprit) for culprit in one.culprits]
        found.culprits = found.culprits.joined(Culprits.of(more))

    def _reference(self, pieces: _Pieces) -> _Reference:
        profile = self._profile
        raw = "".join(text for _, text in pieces)
        whole = characters(raw, profile)
        measured = self._composer.measure(whole)
        gsm = measured.encoding is Encoding.GSM
        fixed = characters("".join(text for place, text in pieces if not place), profile)
        by_place = [
            [characters(text, profile) for at, text in pieces if at == place]
            for place in self._places
        ]
        after = self._composer.of_text(raw).number_of_parts if self._replaces else 0
        found: list[tuple[int, int, int]] = []
        wide = [0] * len(by_place)
        if gsm:
            escaped = tables(measured.locking, measured.single_shift).wide.findall
            wide = [sum(len(escaped(text)) for text in texts) for texts in by_place]
        else:
            outside = self._outside(whole)
            switched = [(place, characters(text, profile)) for place, text in pieces]
            times = Counter((place, number) for place, number, _ in self._placed(switched, outside))
            found = sorted((*key, count) for key, count in times.items())
        return _Reference(
            len(fixed),
            len(whole),
            gsm,
            measured.units,
            measured.number_of_parts,
            after if self._replaces else measured.number_of_parts,
            [sum(map(len, texts)) for texts in by_place],
            wide,
            found,
        )

    def _placed(
        self, pieces: _Pieces, outside: Collection[str]
    ) -> Iterator[tuple[int, int, Change | None]]:
        """Yield the place of each culprit, its number and its change, of texts in places."""
        ends = [*accumulate(len(text) for _, text in pieces)]
        whole = "".join(text for _, text in pieces)
        for position, number, change in self._kinds_known.tokens(whole, outside):
            yield pieces[bisect_right(ends, position)][0], number, change

    # What edits would do.

    def replaced_alone(self, found: Anatomy) -> Iterator[Edited]:
        """As :meth:`Anatomy.replaced_alone`."""
        alone = self._edits_alone | ~found.shared
        every = found.culprits
        own = every.only(self._kinds_known.replaceable(every.points))
        if own.rows.size:
            mine = own.only(~alone[own.rows])
            yield self._one_replaced(found, mine)
            yield self._alone_replaced(found, own.only(alone[own.rows]))
        rows = np.flatnonzero(found.shared)
        common = found.common.only(self._kinds_known.replaceable(found.common.points))
        for point, count in zip(common.points, common.counts, strict=True):
            if not len(rows):
                continue
            one = Culprits(rows, *(np.full(len(rows), each) for each in (0, point, count)))
            edit = self._alone_replaced if self._edits_alone else self._one_replaced
            yield edit(found, one)

    def _one_replaced(self, found: Anatomy, some: Culprits) -> Edited:
        """Replace one character in each of some rows, from the sizes."""
        rows, places, points, counts = some
        sizes = found._source.sizes
        more_chars, more_wide, more_astral = self._kinds_known.sizes(points)
        chars = sizes.chars[rows] + counts * more_chars
        wide = sizes.wide[rows] + counts * more_wide
        astral = sizes.astral[rows] + counts * more_astral

        def walk(doubt: Ints, gsm: bool) -> Ints:
            out = np.zeros(len(doubt), np.int64)
            kinds = places[doubt] << _POINT | points[doubt]
            order = np.argsort(kinds, kind="stable")
            for which in np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1):
                first = doubt[which[0]]
                out[which] = self._walk_edited(
                    found, rows[doubt[which]], int(places[first]), int(points[first]), gsm=gsm
                )
            return out

        gsm = found.distinct_culprits[rows] == 1
        return Edited(rows, places, points, self._parts(gsm, chars, wide, astral, walk))

    def _parts(
        self,
        gsm: Mask,
        chars: Ints,
        wide: Ints,
        astral: Ints,
        walk: Callable[[Ints, bool], Ints],
    ) -> Ints:
        """Count parts from sizes; ``walk`` is given the places that sizes do not decide."""
        parts = np.ones(len(gsm), np.int64)
        for encoding in (True, False):
            chosen = np.flatnonzero(gsm == encoding)
            pairs = wide[chosen] if encoding else astral[chosen] * self._utf16
            boundary = self._profile.gsm_boundary if encoding else self._profile.unicode_boundary

            def doubtful(doubt: Ints, chosen: Ints = chosen, encoding: bool = encoding) -> Ints:
                return walk(chosen[doubt], encoding)

            parts[chosen] = counting.count(
                chars[chosen] + pairs,
                pairs,
                self._rooms[encoding],
                dense=boundary == "dense",
                walk=doubtful,
            )
        return parts

    def _walk_edited(
        self, found: Anatomy, rows: Ints, place: int, number: int, *, gsm: bool
    ) -> Ints:
        """Count parts from the edited texts."""
        edited = copy(self)
        if not place:
            edited._pieces = [
                (key, text if key else self._swapped([text], number)[0])
                for key, text in self._pieces
            ]
        columns = {}
        for at, key in zip(self._places[1:], self.keys, strict=True):
            column = found._source.columns[key]
            text = pc.fill_null(plain_texts(column.text.take(pa.array(rows))), self._absent[key])
            if place == at:
                text = pa.array(self._swapped(text.to_pylist(), number), pa.large_string())
            octets = Octets.of(text).lengths
            columns[key] = Column(text, np.zeros(0, np.int64), octets, None)
        return edited._walk(columns, np.arange(len(rows)), self._rooms[gsm].part, gsm=gsm)

    def _swapped(self, texts: list[str], number: int) -> list[str]:
        """Replace a culprit in texts of one place."""
        kind = self._kinds_known.of(number)
        if kind.original not in "".join(texts):
            return texts
        every = dict.fromkeys(texts, "")
        for text in every:
            tokens = self._kinds_known.tokens(text, kind.original)
            every[text] = changed(
                text, [each.change for each in tokens if each.number == number and each.change]
            )
        return [every[text] for text in texts]

    def _alone_replaced(self, found: Anatomy, some: Culprits) -> Edited:
        """Replace one character in each of some rows, by the reference."""
        known: dict[tuple[Any, ...], int] = {}
        parts = np.ones(len(some.rows), np.int64)
        values = self._alone_values(found._source.batch, some.rows)
        for at, (place, point, each) in enumerate(
            zip(some.places.tolist(), some.points.tolist(), values, strict=True)
        ):
            key = (place, point, *each.items())
            if key not in known:
                known[key] = self._edited(each, place, point)
            parts[at] = known[key]
        return Edited(some.rows, some.places, some.points, parts)

    def _edited(self, values: Mapping[str, str], place: int, number: int) -> int:
        """Return the parts of a message where a culprit of a place is replaced."""
        pieces = self._pieces_of(values)
        whole = "".join(text for _, text in pieces)
        outside = {one.character for one in culprits(self._kinds_known.of(number).original)}
        changes = [
            change
            for at, its, change in self._placed(pieces, outside)
            if (at, its) == (place, number) and change is not None
        ]
        return self._composer.of_text(changed(whole, changes)).number_of_parts

    def replaced_together(self, found: Anatomy) -> tuple[Ints, Ints]:
        """As :meth:`Anatomy.replaced_together`."""
        rows = np.flatnonzero(~found.gsm)
        batch = found._source.batch.take(pa.array(rows))
        return rows, self._lossy.compose_all(batch).billed


def _distinct(keys: Ints) -> tuple[Ints, Ints]:
    """Return each number once, in order, and how often it is there."""
    ordered = np.sort(keys)
    first = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    at = np.flatnonzero(first)
    return ordered[at], np.diff(np.append(at, len(ordered)))
