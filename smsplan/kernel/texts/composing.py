"""Templates and columns to what each message takes: ``dryruns.Composer`` for a whole batch.

A message's size is the sum of the sizes of its pieces, so the pieces are measured, not the
messages: literals once, a column once a distinct value where it is a dictionary already, else by
its octets. Texts are only put together where the sum does not decide: on a boundary, for a cut,
for replaced characters, or because the bodies are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any
from unicodedata import normalize

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.dryruns import Composer
from smsplan.api.dryruns import characters as switched
from smsplan.api.profiles import replacements
from smsplan.encoding import Encoding, part_capacity
from smsplan.encoding.substitution import AUTO_ENCODING
from smsplan.encoding.ucs2 import shortened
from smsplan.kernel.cells import text_cells
from smsplan.kernel.octets import Ints, Mask, Octets, counted, distinct
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.texts import parts as counting
from smsplan.kernel.texts.cluster_cuts import clear
from smsplan.kernel.texts.look_alikes import (
    CONTEXT,
    MOVES,
    PLAIN,
    STAYS,
    TONE,
    Table,
    risky,
    settled,
    settled_whole,
    toneless,
)
from smsplan.kernel.texts.measures import Reasons, Texts
from smsplan.kernel.texts.national_tables import cheapest, lacking
from smsplan.kernel.texts.octet_classes import FIELD, MOST_OCTETS, Classes, Sizes
from smsplan.kernel.texts.parts import CharacterColumn, Room

# Texts are put together in pieces of so many octets at most.
_CHUNK = 1 << 21
# Octets that are looked at together character by character.
NEAR = 1 << 18
OUTSIDE = 1 << 3 * FIELD
_EMPTY = pa.scalar("", pa.large_string())


@dataclass(slots=True)
class Column:
    """A column of values: its texts, how often it stands in the body, and what its cells take."""

    text: Any
    sizes: Ints
    octets: Ints | int
    missing: Mask | None

    # Which of its values were cut to the limit.
    cut: Mask | None = None
    # Once looked for: the pairs of its values, for all bodies that know the column.
    pairs: list[Ints] = field(default_factory=list)


Known = dict[tuple[str, int | None], tuple[Column, Mask | None]]
"""Columns of one batch by name and limit, as they were measured, and what cannot be encoded."""


class TextKernel:
    """Composes the messages of whole batches for one plan.

    Kernels of several bodies and one profile measure a batch's columns once: they hand on what is
    ``known`` of it, empty at first.
    """

    def __init__(self, settings: RowSettings, composer: Composer) -> None:
        profile = composer.profile
        self._settings = settings
        self._profile = profile
        self._composer = composer
        self._classes = Classes(profile)
        # Line breaks are replaced in texts that are put together.
        self._composed = Classes(profile.replace(line_breaks="kept"))
        self._utf16 = profile.unicode_unit == "utf16"
        self._cuts = settings.message.truncate_concat and profile.truncation == "cut"
        self._substitution = settings.message.substitution
        changes = [self._substitution is not None, profile.auto_encoding != "off", self._cuts]
        self._keeps = settings.bodies or sum(changes) > 1
        self._rooms = {
            gsm: Room(
                *(
                    part_capacity(encoding, parts=count, reference_bits=profile.reference_bits)
                    for count in (1, 2)
                )
            )
            for gsm, encoding in ((True, Encoding.GSM), (False, Encoding.UNICODE))
        }
        self._fix(*self._parse())
        self._always_unmatched = any(
            key not in settings.reading.columns and key not in settings.message.defaults
            for key in composer.template.parameters
        )
        self._again = profile.values_in_values == "again"
        self._always_alone = self._again and any(
            "${" in text for text in settings.message.defaults.values()
        )
        # A default that is cut to its limit: of a column, and of a parameter without one.
        self._cut_defaults = {
            key
            for key, text in settings.message.defaults.items()
            if settings.message.default(key) != text
        }
        self._always_shortened = not self._cut_defaults <= set(settings.reading.columns)
        # Texts and values that were looked at one by one.
        self.looped = 0
        self._known: dict[str, tuple[Any, Any, Mask | None, Ints, Ints]] = {}
        if self._substitution is not None and self._encodable:
            how = self._substitution
            self._prepare(Table.of(how.level, how.languages))

    def _fix(self, pieces: list[tuple[str | None, str]], absent: dict[str, str]) -> None:
        """Measure what is the same in every text, and what stands for a missing value."""
        self._pieces, self._absent = pieces, absent
        # A column may be looked at and stand nowhere: the profile can escape its placeholder.
        self.keys = tuple(self._settings.reading.columns)
        self._times = {key: sum(key == other for other, _ in pieces) for key in self.keys}
        literals = [text for key, text in pieces if key is None]
        # Octets of a text at most, without the values of columns.
        most = [self._times[key] * len(absent.get(key, "")) for key in self.keys]
        self._most_fixed = 4 * (sum(map(len, literals)) + sum(most))
        self._fixed = 0
        self._sizes_absent: dict[str, int] = dict.fromkeys(self.keys, 0)
        self._encodable = True
        try:
            sizes = [self._classes.size(text) for text in literals]
            self._fixed = sum(size % OUTSIDE for size in sizes)
            self._fixed += max((size - size % OUTSIDE for size in sizes), default=0)
            for key, text in absent.items():
                self._sizes_absent[key] = self._classes.size(text)
        except UnicodeEncodeError:
            self._encodable = False

    def _prepare(self, table: Table) -> None:
        """Look at the fixed texts for a substitution, and replace in them what can be replaced."""
        self._table = table
        pieces, self._fixed_kinds = [], 0
        for key, text in self._pieces:
            if key is None:
                text, kinds = self._piece(text)
                self._fixed_kinds |= kinds
            pieces.append((key, text))
        self._absent_kinds = {}
        absent = {}
        for key, text in self._absent.items():
            absent[key], self._absent_kinds[key] = self._piece(text)
        self._twin = copy(self)
        self._twin._fix(pieces, absent)

    def _piece(self, text: str) -> tuple[str, int]:
        """Replace what a piece has, and say what its characters are."""
        text = switched(text, self._profile)
        kinds = self._kinds_of(pa.array([text], pa.large_string()))
        assert self._substitution is not None
        if kinds & MOVES and not self._substitution.partial:
            composed = normalize("NFC", text)
            own = self._kinds_of(pa.array([composed], pa.large_string()))
            if settled(own):
                return self._table.text(composed), PLAIN | int(own[0])
        return self._table.text(text), int(kinds[0])

    def _kinds_of(self, texts: Any) -> npt.NDArray[np.uint8]:
        """Say what the characters outside the alphabet are that each text has."""
        kinds = np.zeros(len(texts), np.uint8)
        for where, block in Octets.of(texts).blocks(NEAR):
            characters = self._characters(block.array(), gsm=False)
            outside = characters.outside()
            text = np.searchsorted(characters.first, outside, side="right") - 1
            found = self._table.kinds(characters.points(outside))
            np.bitwise_or.at(kinds[where], text, found)
        return kinds

    def _parse(self) -> tuple[list[tuple[str | None, str]], dict[str, str]]:
        """Return literals and keys in order, and what stands for each key without a value."""
        template = self._composer.template
        pieces: list[tuple[str | None, str]] = []
        absent: dict[str, str] = {}
        for place, piece in enumerate(template.pieces):
            if place % 2:
                text = "" if self._profile.unmatched == "empty" else f"${{{piece}}}"
                default = self._settings.message.default(piece)
                absent[piece] = text if default is None else default
                if piece in self._settings.reading.columns:
                    pieces.append((piece, ""))
                    continue
                piece = absent[piece]
            if pieces and pieces[-1][0] is None:
                piece = pieces.pop()[1] + piece
            pieces.append((None, piece))
        return pieces, absent

    def __call__(self, batch: pa.RecordBatch, known: Known | None = None) -> Texts:
        """Measure the messages of a batch."""
        made = self._blank(batch.num_rows)
        columns = {key: self._column(batch, key, made, known) for key in self.keys}
        if not self._encodable or self._always_alone:
            made.alone[:] = True
            made.bodies = pa.nulls(batch.num_rows, pa.large_string())
            return made
        total = self._total(columns, made)
        self._measure(columns, total, made)
        self._replace(columns, made)
        if self._profile.auto_encoding != "off":
            self._auto_encode(columns, made)
        made.billed = made.parts
        if self._settings.message.truncate_concat:
            self._truncate(columns, made)
        if not self._settings.bodies:
            made.bodies = None
        return made

    def _blank(self, rows: int) -> Texts:
        made = Texts.blank(rows)
        made.unmatched |= self._always_unmatched
        made.shortened |= self._always_shortened
        return made

    # What the cells of a column take.

    def _column(
        self, batch: pa.RecordBatch, key: str, made: Texts, known: Known | None = None
    ) -> Column:
        name = self._settings.reading.columns[key]
        its = name, self._settings.message.limits.get(key)
        measured = None if known is None else known.get(its)
        if measured is None:
            measured = self._measured(batch.column(name), name, key)
            if known is not None:
                known[its] = measured
        column, unencodable = replace(measured[0]), measured[1]
        if unencodable is not None:
            made.unencodable |= unencodable
        if column.cut is not None:
            made.shortened |= column.cut
        if column.missing is not None:
            column.sizes = np.where(column.missing, self._sizes_absent[key], column.sizes)
            made.default_used |= column.missing
            if key in self._cut_defaults:
                made.shortened |= column.missing
            if key not in self._settings.message.defaults and self._times[key]:
                made.unmatched |= column.missing
        self._check_values(column, made)
        return column

    def _measured(self, array: Any, name: str, key: str) -> tuple[Column, Mask | None]:
        """Measure the values of a column as they are, missing ones as empty."""
        if _is_text_dictionary(array):
            return self._dictionary(array, key), None
        cells = text_cells(array, name)
        text, cut = self._shortened(cells.text, key)
        octets = Octets.of(text)
        column = Column(text, self._classes.sizes(octets), octets.lengths, None, cut)
        if text.null_count:
            column.missing = _mask(text.is_null())
        return column, _mask(cells.unencodable) if cells.unencodable.true_count else None

    def _shortened(self, texts: Any, key: str) -> tuple[Any, Mask | None]:
        """Cut the values of a key to its limit; also says which, if there are any."""
        limit = self._settings.message.limits.get(key)
        if limit is None:
            return texts, None
        # Octets are never fewer than characters.
        long = np.flatnonzero(Octets.of(texts).lengths > limit)
        some = plain_texts(texts.take(pa.array(long)))
        over = _mask(pc.fill_null(pc.greater(pc.utf8_length(some), limit), False))
        if not over.any():
            return texts, None
        some = some.filter(pa.array(over))
        short = pc.utf8_slice_codeunits(some, 0, limit)
        around = Octets.of(pc.utf8_slice_codeunits(some, limit - 1, limit + 1))
        points = counting.code_points(around)
        unclear = np.flatnonzero(~clear(points[::2], points[1::2]))
        if len(unclear):
            self.looped += len(unclear)
            mask = np.zeros(len(some), bool)
            mask[unclear] = True
            one_by_one = [
                shortened(text, limit) for text in some.take(pa.array(unclear)).to_pylist()
            ]
            short = pc.replace_with_mask(short, pa.array(mask), pa.array(one_by_one, short.type))
        cut = np.zeros(len(texts), bool)
        cut[long[over]] = True
        return pc.replace_with_mask(plain_texts(texts), pa.array(cut), short), cut

    def _dictionary(self, array: Any, key: str) -> Column:
        """Measure the distinct values, each once over all batches that share their dictionary."""
        values = array.dictionary
        places = array.indices
        if len(values) > 2 * len(array):
            # A small slice of a large dictionary: only the values in it.
            values = array.cast(values.type)
            places = pa.array(np.arange(len(array)), mask=_mask(array.is_null()))
        known = self._known.get(key)
        if known is not None and known[0].equals(values):
            _, texts, cut, sizes, lengths = known
        else:
            texts, cut = self._shortened(values, key)
            octets = Octets.of(texts)
            sizes, lengths = self._classes.sizes(octets), octets.lengths
            self._known[key] = (values, texts, cut, sizes, lengths)
        if not len(values):
            sizes, lengths = np.zeros(1, np.int64), np.zeros(1, np.int64)
        at = pc.fill_null(places, 0) if places.null_count else places
        index = at.to_numpy(zero_copy_only=False)
        missing = None
        if array.null_count or values.null_count:
            missing = ~_mask(pc.is_valid(places))
            if values.null_count:
                missing |= _mask(values.is_null())[index]
        if cut is not None:
            array = pa.DictionaryArray.from_arrays(places, texts)
            cut = cut[index] if missing is None else cut[index] & ~missing
        longest = int(lengths.max(initial=0))
        few = longest if longest <= self._short else lengths[index]
        return Column(array, sizes[index], few, missing, cut)

    @property
    def _short(self) -> int:
        """A value of so many octets is surely not too long, and surely fits."""
        limit = self._profile.value_limit
        return MOST_OCTETS // 1024 if limit is None else min(limit, MOST_OCTETS // 1024)

    def _check_values(self, column: Column, made: Texts) -> None:
        """Find values that are too long, and those that the sum cannot be taken of."""
        limit = self._profile.value_limit
        octets = column.octets
        if limit is not None and not isinstance(octets, int):
            long = np.flatnonzero(octets > limit)
            if column.missing is not None:
                long = long[~column.missing[long]]
            if len(long):
                # Only these few are counted: octets are never fewer than characters.
                texts = plain_texts(column.text.take(pa.array(long)))
                length = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
                if self._profile.length_unit == "utf16":
                    view = Octets.of(texts)
                    length = length + view.count(view.data >= 0xF0)
                made.too_long[long[length > limit]] = True
        if self._profile.line_breaks == "crlf_to_lf" or self._again:
            pattern = r"^$|^\n|\r$" if self._profile.line_breaks == "crlf_to_lf" else ""
            if self._again:
                pattern += "|" * bool(pattern) + r"\$\{"
            found = pc.fill_null(pc.match_substring_regex(plain_texts(column.text), pattern), False)
            # A line break may go over two pieces; a value may have parameters of its own.
            made.alone |= _mask(found)

    def _total(self, columns: dict[str, Column], made: Texts) -> Ints:
        """Add up the sizes; rows that do not fit the fields are composed alone."""
        longest: Any = self._most_fixed
        for key, column in columns.items():
            longest = longest + self._times[key] * column.octets
        if np.max(longest, initial=0) > MOST_OCTETS:
            made.alone |= longest > MOST_OCTETS
        total = np.full(len(made.gsm), self._fixed, np.int64)
        for key, column in columns.items():
            times = self._times[key]
            total += column.sizes if times == 1 else column.sizes * times
        total[made.alone] = 0
        return total

    # What the messages take.

    def _measure(self, columns: dict[str, Column], total: Ints, made: Texts) -> None:
        sizes = Sizes.unpack(total)
        made.gsm = sizes.outside == 0
        astral = sizes.astral if self._utf16 else np.zeros_like(sizes.astral)
        made.pairs = pairs = np.where(made.gsm, sizes.wide, astral)
        made.units = sizes.chars + pairs
        made.parts = np.ones(len(total), np.int64)
        for gsm in (True, False):
            rows = np.flatnonzero((made.gsm == gsm) & (made.units > self._rooms[gsm].alone))
            if len(rows):
                self._count(columns, made, pairs, rows, gsm=gsm)

        if self._profile.languages:
            several = (made.units > self._rooms[True].alone) & (sizes.wide > 0)
            self._try_tables(columns, made, np.flatnonzero((~made.gsm | several) & ~made.alone))

    def _try_tables(self, columns: dict[str, Column], made: Texts, rows: Ints) -> None:
        """Measure with the national tables that the profile allows."""
        for where, texts in self._chunks(columns, rows):
            best = cheapest(
                self._characters(texts, gsm=False),
                self._profile.languages,
                reference_bits=self._profile.reference_bits,
                dense=self._profile.gsm_boundary == "dense",
                form_feed=self._profile.form_feed != "unicode",
            )
            at = rows[where[best.gsm]]
            made.gsm[at] = True
            made.units[at], made.parts[at] = best.units[best.gsm], best.parts[best.gsm]

    def _count(
        self, columns: dict[str, Column], made: Texts, pairs: Ints, rows: Ints, *, gsm: bool
    ) -> None:
        boundary = self._profile.gsm_boundary if gsm else self._profile.unicode_boundary
        room = self._rooms[gsm]
        if boundary == "grapheme":
            made.parts[rows] = self._walk(columns, rows, room.part, gsm=gsm, clusters=True)
            unclear = made.parts[rows] < 0
            made.alone[rows[unclear]] = True
            return
        made.parts[rows] = counting.count(
            made.units[rows],
            pairs[rows],
            room,
            dense=boundary == "dense",
            walk=lambda doubt: self._walk(columns, rows[doubt], room.part, gsm=gsm),
        )

    def _walk(
        self,
        columns: dict[str, Column],
        rows: Ints,
        room: int,
        *,
        gsm: bool,
        clusters: bool = False,
    ) -> Ints:
        """Count parts from the texts themselves; -1 where a cluster needs its neighbourhood."""
        parts = np.zeros(len(rows), np.int64)
        for where, texts in self._chunks(columns, rows):
            characters = self._characters(texts, gsm=gsm)
            unclear: list[Ints] = []

            def check(
                active: Ints, at: Ints, characters: Any = characters, un: Any = unclear
            ) -> None:
                un.append(active[~self._clear(characters, at)])

            parts[where] = counting.walked(characters, room, check if clusters else None).parts
            for active in unclear:
                parts[where[active]] = -1
        return parts

    def _clear(self, characters: CharacterColumn, at: Ints) -> Mask:
        return clear(characters.points(at - 1), characters.points(at))

    def _characters(self, texts: Any, *, gsm: bool) -> CharacterColumn:
        octets = Octets.of(texts)
        kinds = self._composed.of(octets)
        encodings = np.full(len(octets), gsm)
        pairs = counting.pairs_of(kinds, octets, encodings, utf16=self._utf16)
        return CharacterColumn(octets, kinds, pairs)

    # Substitution.

    def _replace(self, columns: dict[str, Column], made: Texts) -> None:
        """Replace look-alikes where that pays, and keep the texts where they are needed."""
        found = self._substitute(columns, made, texts=self._keeps)
        if not self._keeps:
            return
        if len(found) == 1 and len(found[0][0]) == len(made.gsm):
            made.bodies = found[0][1]
            return
        made.bodies = self._bodies(columns, None, len(made.gsm))
        for rows, texts in found:
            made.put_bodies(rows, texts)

    def _substitute(
        self, columns: dict[str, Column], made: Texts, *, texts: bool
    ) -> list[tuple[Ints, Any]]:
        """Replace look-alikes where that pays; returns rows with the ``texts`` that they get."""
        if self._substitution is None:
            return []
        at_least = max(self._substitution.least_saved, int(self._substitution.above_one_part))
        rows = np.flatnonzero(~made.gsm & (made.parts > at_least) & ~made.alone)
        if self._profile.languages or self._profile.line_breaks == "crlf_to_lf":
            # Tables of its own for each row; what is dropped may bring CR and LF together.
            made.alone[rows] = True
            return []
        kinds, composed = self._kinds(columns, rows)
        depends = kinds & (MOVES | CONTEXT) != 0
        if self._substitution.partial:
            plain = ~depends & (kinds & PLAIN != 0)
        else:
            plain = settled(kinds)
            depends &= kinds & STAYS == 0
        tones = kinds[plain] & TONE != 0
        return [
            *self._substitute_pieces(columns, rows[plain], composed, tones, made, texts=texts),
            *self._substitute_texts(columns, rows[depends], made, texts=texts),
        ]

    def _kinds(
        self, columns: dict[str, Column], rows: Ints
    ) -> tuple[npt.NDArray[np.uint8], set[str]]:
        """Say what the characters outside the alphabet are that each of these rows has.

        Also returns the keys that have values which are PLAIN once they are composed.
        """
        kinds = np.full(len(rows), self._fixed_kinds, np.uint8)
        composed: set[str] = set()
        assert self._substitution is not None
        if self._fixed_kinds & STAYS and not self._substitution.partial:
            return kinds, composed
        for key in self.keys:
            column = columns[key]
            if not self._times[key]:
                continue
            places = np.flatnonzero(column.sizes[rows] >= OUTSIDE)
            if column.missing is not None:
                missing = column.missing[rows[places]]
                kinds[places[missing]] |= self._absent_kinds[key]
                places = places[~missing]
            texts = self._replaced(plain_texts(column.text.take(pa.array(rows[places]))))
            own = self._kinds_of(texts)
            depends = np.flatnonzero((own & MOVES != 0) & (own & STAYS == 0))
            if len(depends) and not self._substitution.partial:
                some = pc.utf8_normalize(texts.take(pa.array(depends)), "NFC")
                its = self._kinds_of(some)
                done = depends[settled(its)]
                own[done] = PLAIN | its[settled(its)]
                composed |= {key} if len(done) else set()
            kinds[places] |= own
        return kinds, composed

    def _substitute_pieces(
        self,
        columns: dict[str, Column],
        rows: Ints,
        composed: set[str],
        tones: Mask,
        made: Texts,
        *,
        texts: bool,
    ) -> list[tuple[Ints, Any]]:
        """Replace the pieces of texts: what they take then is a sum again.

        ``tones`` says which rows lose all of them; a letter takes as much without.
        """
        if not len(rows):
            return []
        some = {
            key: self._replaced_column(columns[key], rows, key, compose=key in composed)
            for key in self.keys
        }
        fresh = Texts.blank(len(rows))
        self._twin._measure(some, self._twin._total(some, fresh), fresh)
        made.alone[rows[fresh.alone]] = True
        kept = self._kept(made, rows, fresh)
        if not texts:
            return []
        at = None if kept.all() else np.flatnonzero(kept)
        count = int(np.count_nonzero(kept))
        bodies = self._twin._bodies(some, at, count)
        return [(rows[kept], _toneless(bodies, tones[kept]))]

    def _kept(self, made: Texts, rows: Ints, fresh: Texts) -> Mask:
        """Take over what replacing does to rows, where that is what the policies ask for."""
        assert self._substitution is not None
        kept = ~fresh.alone & (fresh.parts <= made.parts[rows] - self._substitution.least_saved)
        if not self._substitution.partial:
            kept &= fresh.gsm
        taken = rows[kept]
        made.substituted[taken] = True
        for name in ("gsm", "units", "parts", "pairs"):
            getattr(made, name)[taken] = getattr(fresh, name)[kept]
        return kept

    def _replaced_column(self, column: Column, rows: Ints, key: str, *, compose: bool) -> Column:
        """Return some rows of a column, replaced."""
        every = len(rows) == len(column.sizes)
        text = column.text if every else column.text.take(pa.array(rows))
        sizes, missing = column.sizes[rows], None
        octets = column.octets if isinstance(column.octets, int) else column.octets[rows]
        outside = sizes >= OUTSIDE
        if column.missing is not None:
            missing = column.missing[rows]
            sizes[missing] = self._twin._sizes_absent[key]
            outside &= ~missing
        at = np.flatnonzero(outside)
        if not len(at):
            return Column(text, sizes, octets, missing)
        text = plain_texts(text)
        own = self._replaced(text.take(pa.array(at)))
        new = self._translated(pc.utf8_normalize(own, "NFC") if compose else own)
        sizes[at] = self._classes.sizes(Octets.of(new))
        text = new if len(at) == len(text) else pc.replace_with_mask(text, pa.array(outside), new)
        return Column(text, sizes, Octets.of(text).lengths, missing)

    def _translated(self, texts: Any) -> Any:
        """Replace, character by character, what the level replaces."""
        blocks = [
            self._table.texts(self._characters(block.array(), gsm=False)).array()
            for _, block in Octets.of(texts).blocks(NEAR)
        ]
        return pa.concat_arrays(blocks) if blocks else texts

    def _substitute_texts(
        self, columns: dict[str, Column], rows: Ints, made: Texts, *, texts: bool
    ) -> list[tuple[Ints, Any]]:
        """Replace whole texts; those that composing does not settle by the reference."""
        assert self._substitution is not None
        out = []
        for where, whole in self._chunks(columns, rows):
            at = rows[where]
            rest = np.ones(len(at), bool)
            if not self._substitution.partial:
                composed = pc.utf8_normalize(whole, "NFC")
                kinds = self._kinds_of(composed)
                done = settled_whole(kinds)
                done[done] = ~_mask(pc.match_substring_regex(composed.filter(done), risky()))
                rest = ~done & (kinds & (MOVES | CONTEXT) != 0) & (kinds & STAYS == 0)
                new = self._replaced(self._translated(composed.filter(pa.array(done))))
                new = _toneless(new, kinds[done] & TONE != 0)
                fresh = Texts.blank(len(new))
                self._remeasure(fresh, np.arange(len(new)), new)
                kept = self._kept(made, at[done], fresh)
                out.append((at[done][kept], new.filter(pa.array(kept))))
            out.append(self._by_reference(whole.filter(pa.array(rest)), at[rest], made))
        return out if texts else []

    def _by_reference(self, texts: Any, rows: Ints, made: Texts) -> tuple[Ints, Any]:
        """Replace texts by the reference, each distinct one once."""
        coded = texts.dictionary_encode()
        self.looped += len(coded.dictionary)
        sent = [self._composer.replaced(text) for text in coded.dictionary.to_pylist()]
        new = [None if text is None else switched(text, self._profile) for text in sent]
        changed = pa.array(new, pa.large_string()).take(coded.indices)
        at, changed = rows[_mask(changed.is_valid())], changed.drop_null()
        made.substituted[at] = True
        self._remeasure(made, at, changed)
        return at, changed

    # Auto Encoding and truncation.

    def _auto_encode(self, columns: dict[str, Column], made: Texts) -> None:
        """Replace look-alikes in Unicode messages of several parts."""
        if self._cuts and self._profile.auto_encoding_order == "after_truncation":
            # What was cut to one part, or fits one, is not replaced.
            return
        rows = np.flatnonzero(~made.gsm & (made.parts > 1) & ~made.alone)
        if self._profile.form_feed == "unicode" or self._profile.languages:
            made.alone[rows] = True
            return
        partial = self._profile.auto_encoding_partial == "partial"
        for where, texts in self._chunks(columns, rows, made):
            characters = self._characters(texts, gsm=False)
            replaced = texts
            for point in distinct(characters.points(characters.outside())).tolist():
                if point in AUTO_ENCODING:
                    replaced = pc.replace_substring(replaced, chr(point), AUTO_ENCODING[point])
            gsm = self._composed.sizes(Octets.of(replaced)) < OUTSIDE
            taken = _mask(pc.not_equal(replaced, texts)) & (gsm | partial)
            made.substituted[rows[where[taken]]] = True
            chosen = pa.array(np.flatnonzero(taken))
            self._remeasure(made, rows[where[taken]], replaced.take(chosen))

    def _remeasure(self, made: Texts, rows: Ints, texts: Any) -> None:
        """Measure rows anew whose text is no longer what the template makes."""
        made.put_bodies(rows, texts)
        octets = Octets.of(texts)
        kinds = self._composed.of(octets)
        sizes = Sizes.unpack(self._composed.sizes(octets))
        gsm = sizes.outside == 0
        made.gsm[rows] = gsm
        pairs = np.where(gsm, sizes.wide, sizes.astral if self._utf16 else 0)
        made.pairs[rows] = pairs
        made.units[rows] = sizes.chars + pairs
        if self._profile.unicode_boundary == "grapheme":
            made.alone[rows[~gsm]] = True
        characters = CharacterColumn(
            octets, kinds, counting.pairs_of(kinds, octets, gsm, utf16=self._utf16)
        )
        for encoding in (True, False):
            chosen = np.flatnonzero(gsm == encoding)
            boundary = self._profile.gsm_boundary if encoding else self._profile.unicode_boundary
            room = self._rooms[encoding]

            def walk(doubt: Ints, chosen: Any = chosen, room: Any = room) -> Ints:
                return counting.walked(characters.of(chosen[doubt]), room.part).parts

            made.parts[rows[chosen]] = counting.count(
                made.units[rows[chosen]],
                pairs[chosen],
                room,
                dense=boundary == "dense",
                walk=walk,
            )

    def _truncate(self, columns: dict[str, Column], made: Texts) -> None:
        """Cut messages of several parts to one, as the profile says."""
        several = (made.parts > 1) & ~made.alone
        made.truncated = several
        made.billed = np.where(several, 1, made.parts)
        if not self._cuts:
            if self._profile.truncation == "parts_only":
                made.parts = made.billed
            return
        rows = np.flatnonzero(several)
        after = self._profile.truncation_encoding == "after"
        if self._profile.languages or (after and self._profile.form_feed == "unicode"):
            made.alone[rows] = True
            return
        rows = rows[~self._cut_plain(made, rows, after=after)]
        for where, texts in self._chunks(columns, rows, made):
            at = rows[where]
            octets = Octets.of(texts)
            kinds = self._composed.of(octets)
            for gsm in (True, False):
                chosen = np.flatnonzero(made.gsm[at] == gsm)
                if len(chosen):
                    self._cut(made, at[chosen], octets, kinds, chosen, gsm=gsm, after=after)
        made.parts = made.billed

    def _cut_plain(self, made: Texts, rows: Ints, *, after: bool) -> Mask:
        """Cut messages without pairs: after so many characters, all alike. Says which."""
        done: Mask = made.pairs[rows] == 0
        if after or self._profile.truncation_boundary == "grapheme":
            done &= made.gsm[rows]
        for gsm in (True, False):
            chosen = rows[done & (made.gsm[rows] == gsm)]
            if not len(chosen):
                continue
            room = self._rooms[gsm].alone
            if made.bodies is not None:
                texts = made.bodies
                if len(chosen) < len(texts):
                    texts = texts.take(pa.array(chosen))
                length = pc.binary_length(texts).to_numpy()
                if gsm and np.array_equal(length, made.units[chosen]):
                    # One octet a character.
                    octets = pc.binary_slice(texts.view(pa.large_binary()), 0, room)
                    short = octets.view(pa.large_string())
                else:
                    short = pc.utf8_slice_codeunits(texts, 0, room)
                if len(chosen) < len(made.bodies):
                    made.put_bodies(chosen, short)
                else:
                    made.bodies = short
            made.units[chosen] = room
        return done

    def _cut(
        self,
        made: Texts,
        rows: Ints,
        octets: Octets,
        kinds: npt.NDArray[np.uint8],
        chosen: Ints,
        *,
        gsm: bool,
        after: bool,
    ) -> None:
        encoding = np.full(len(octets), gsm)
        pairs = counting.pairs_of(kinds, octets, encoding, utf16=self._utf16)
        characters = CharacterColumn(octets, kinds, pairs)
        places, units = self._fitting(characters, chosen, self._rooms[gsm].alone)
        if not gsm and after:
            # A prefix before the first character outside has septets, and more room.
            septets = CharacterColumn(octets, kinds, counting.pairs_of(kinds, octets, ~encoding))
            short, size = self._fitting(septets, chosen, self._rooms[True].alone)
            outside = septets.outside()
            border = outside[np.searchsorted(outside, septets.first[chosen])]
            plain = places <= border
            ends = np.minimum(short, border)
            size = septets.units[ends] - septets.units[septets.first[chosen]]
            places, units = np.where(plain, ends, places), np.where(plain, size, units)
            made.gsm[rows[plain]] = True
        if self._profile.truncation_boundary == "grapheme":
            unicode_ = np.flatnonzero(~made.gsm[rows])
            unclear = unicode_[~self._clear(characters, places[unicode_])]
            made.alone[rows[unclear]] = True
        made.units[rows] = units
        if self._settings.bodies:
            starts = octets.offsets[:-1][chosen]
            ends = np.append(characters.starts, len(octets.data))[places]
            made.put_bodies(rows, _spans(octets, starts, ends))

    @staticmethod
    def _fitting(characters: CharacterColumn, chosen: Ints, room: int) -> tuple[Ints, Ints]:
        """The character behind the last that fits in a room, and the units before it."""
        base = characters.units[characters.first[chosen]]
        at = characters.at_or_before(base + room)
        at = np.minimum(at, characters.last[chosen])
        return at, characters.units[at] - base

    # Reasons, for a few rows.

    def reasons(self, batch: pa.RecordBatch, known: Known | None = None) -> Reasons:
        """Say which characters make Unicode messages of these rows, and what they would be else."""
        made = self._blank(batch.num_rows)
        columns = {key: self._column(batch, key, made, known) for key in self.keys}
        total = self._total(columns, made)
        places = np.full(len(total), int(self._fixed >= OUTSIDE), np.int64)
        for place, key in enumerate(self.keys, 1):
            if self._times[key]:
                places |= (columns[key].sizes >= OUTSIDE).astype(np.int64) << place
        sizes = Sizes.unpack(total)
        units = sizes.chars + sizes.wide
        room = self._rooms[True]
        plain = counting.count(
            units,
            sizes.wide,
            room,
            dense=self._profile.gsm_boundary == "dense",
            walk=lambda doubt: self._walk(columns, doubt, room.part, gsm=True),
        )
        if self._profile.languages:
            return Reasons(places, plain, *self._lacking(columns, len(total)))
        fixed = self._outside_points("".join(text for key, text in self._pieces if key is None))
        every = np.arange(len(total))
        found = [np.concatenate([every[:0], *(every << 21 | point for point in fixed)])]
        found += [
            self._points(columns[key], key) if self._times[key] else every[:0] for key in self.keys
        ]
        pairs = _together(found)
        if self._substitution is not None and self._substitution.partial:
            pairs = self._left(columns, total, made, found, pairs, places, plain)
        points = pairs & (1 << 21) - 1
        if self._profile.auto_encoding_partial == "partial" and self._profile.auto_encoding == "on":
            # These were replaced.
            left = ~np.isin(points, list(AUTO_ENCODING))
            pairs, points = pairs[left], points[left]
        return Reasons(places, plain, pairs >> 21, points)

    def _left(
        self,
        columns: dict[str, Column],
        total: Ints,
        made: Texts,
        found: list[Ints],
        pairs: Ints,
        places: Ints,
        plain: Ints,
    ) -> Ints:
        """Correct the reasons of rows whose characters were replaced in part; returns their pairs.

        ``found`` are the pairs of each place.
        """
        self._measure(columns, total, made)
        left = []
        for rows, texts in self._substitute(columns, made, texts=True):
            left.append(self._pairs(texts, rows))
            sizes = Sizes.unpack(self._composed.sizes(Octets.of(texts)))
            characters = self._characters(texts, gsm=True)
            room = self._rooms[True]

            def walk(doubt: Ints, characters: Any = characters, room: Any = room) -> Ints:
                return counting.walked(characters.of(doubt), room.part).parts

            dense = self._profile.gsm_boundary == "dense"
            units = sizes.chars + sizes.wide
            plain[rows] = counting.count(units, sizes.wide, room, dense=dense, walk=walk)
        changed = np.flatnonzero(made.substituted)
        still = distinct(np.concatenate([changed[:0], *left]))
        # A place is one still where a character of it is left; what was composed has no place.
        for place, its in enumerate(found):
            gone = np.setdiff1d(changed, its[np.isin(its, still)] >> 21)
            others = places[gone] & ~np.int64(1 << place)
            places[gone] = np.where(others == 0, places[gone], others)
        return np.concatenate([pairs[~made.substituted[pairs >> 21]], still])

    def _lacking(self, columns: dict[str, Column], rows: int) -> tuple[Ints, Ints]:
        """Each row may have national tables of its own, so that whole texts are looked at."""
        found = []
        for where, texts in self._chunks(columns, np.arange(rows)):
            characters = self._characters(texts, gsm=False)
            outside = lacking(characters, self._profile.languages)
            text = np.searchsorted(characters.first, outside, side="right") - 1
            found.append(distinct(where[text] << 21 | characters.points(outside)))
        pairs = np.concatenate(found) if found else np.zeros(0, np.int64)
        return pairs >> 21, pairs & (1 << 21) - 1

    def _points(self, column: Column, key: str) -> Ints:
        """The rows of a column with the code points outside the alphabet in their values."""
        rows = np.flatnonzero(column.sizes >= OUTSIDE)
        missing = column.missing[rows] if column.missing is not None else np.zeros(len(rows), bool)
        own, absent = rows[~missing], rows[missing]
        default = self._outside_points(self._absent[key])
        missed = absent.repeat(len(default)) << 21 | np.tile(default, len(absent))
        if not column.pairs:
            column.pairs.append(self._pairs(column.text.take(pa.array(own)), own))
        return np.concatenate([missed, *column.pairs])

    def _pairs(self, texts: Any, rows: Ints) -> Ints:
        """Return each row, the texts of which these are, with its characters that are outside."""
        found = [rows[:0]]
        # A text has far fewer distinct characters than characters; what is looked at together
        # stays near the processor.
        for where, block in Octets.of(plain_texts(texts)).blocks(NEAR):
            characters = self._characters(block.array(), gsm=False)
            outside = characters.outside()
            # Empty texts begin where the next one does; ``right`` finds the last of them.
            text = np.searchsorted(characters.first, outside, side="right") - 1
            found.append(distinct(rows[where][text] << 21 | characters.points(outside)))
        return np.concatenate(found)

    def _outside_points(self, text: str) -> Ints:
        characters = self._characters(pa.array([text], pa.large_string()), gsm=False)
        return distinct(characters.points(characters.outside()))

    def last_units(self, batch: pa.RecordBatch, *, gsm: bool) -> Ints:
        """Return the units in the last part of messages of one encoding."""
        made = self._blank(batch.num_rows)
        columns = {key: self._column(batch, key, made) for key in self.keys}
        units = np.zeros(batch.num_rows, np.int64)
        for where, texts in self._chunks(columns, np.arange(batch.num_rows)):
            characters = self._characters(texts, gsm=gsm)
            units[where] = counting.walked(characters, self._rooms[gsm].part).last_units
        if self._substitution is not None:
            self._measure(columns, self._total(columns, made), made)
            for rows, texts in self._substitute(columns, made, texts=True):
                characters = self._characters(texts, gsm=gsm)
                units[rows] = counting.walked(characters, self._rooms[gsm].part).last_units
        return units

    def sent(self, batch: pa.RecordBatch) -> tuple[list[str | None], Mask]:
        """Return the texts that these rows are replaced by, null where nothing is replaced.

        The mask says for which rows only the reference knows.
        """
        made = self._blank(batch.num_rows)
        texts: list[str | None] = [None] * batch.num_rows
        columns = {key: self._column(batch, key, made) for key in self.keys}
        if not self._encodable or self._always_alone:
            made.alone[:] = True
            return texts, made.alone
        self._measure(columns, self._total(columns, made), made)
        for rows, found in self._substitute(columns, made, texts=True):
            for row, text in zip(rows.tolist(), found.to_pylist(), strict=True):
                texts[row] = text
        return texts, made.alone

    # Texts, where they are needed.

    def _bodies(self, columns: dict[str, Column], rows: Ints | None, count: int) -> Any:
        """Put the texts of rows together (None: all of them)."""
        pieces: list[Any] = []
        for key, literal in self._pieces:
            if key is None:
                pieces.append(pa.scalar(literal, pa.large_string()))
                continue
            text = columns[key].text
            if rows is not None:
                text = text.take(pa.array(rows))
            pieces.append(pc.fill_null(plain_texts(text), self._absent[key]))
        if not any(key for key, _ in self._pieces):
            texts = pa.repeat(pieces[0], count)
        else:
            texts = pc.binary_join_element_wise(*pieces, _EMPTY)
        return self._replaced(texts)

    def _replaced(self, texts: Any) -> Any:
        """Apply the character switches, as ``dryruns.characters`` does."""
        for old, new in replacements(self._profile):
            texts = pc.replace_substring(texts, old, new)
        return texts

    def _chunks(
        self,
        columns: dict[str, Column],
        rows: Ints,
        made: Texts | None = None,
    ) -> Iterator[tuple[Ints, Any]]:
        """Yield places in ``rows`` and their texts, some megaoctets at a time."""
        size = np.full(len(rows), self._most_fixed, np.int64)
        for key, column in columns.items():
            octets = column.octets
            size += self._times[key] * (octets if isinstance(octets, int) else octets[rows])
        ends = np.cumsum(size) // _CHUNK
        for where in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(ends)) + 1):
            if len(where):
                if made is not None and made.bodies is not None:
                    texts = made.bodies.take(pa.array(rows[where]))
                else:
                    texts = self._bodies(columns, rows[where], len(where))
                yield where, texts


def _toneless(texts: Any, which: Mask) -> Any:
    """Take the marks of tones from some of the texts."""
    if not which.any():
        return texts
    mask = pa.array(which)
    return pc.replace_with_mask(plain_texts(texts), mask, toneless(texts.filter(mask)))


def _together(found: list[Ints]) -> Ints:
    """Return the pairs of all places once: those of fixed text, which stand first, and the others.

    In no place is a pair twice, and fixed text has the same characters in every row.
    """
    fixed, *others = found
    some = [pairs for pairs in others if len(pairs)]
    rest = distinct(np.concatenate(some)) if len(some) > 1 else some[0] if some else fixed[:0]
    if not len(fixed) or not len(rest):
        return rest if len(rest) else fixed
    points = 1 << 21
    return np.concatenate([fixed, rest[~np.isin(rest % points, counted(fixed % points)[0])]])


def _spans(octets: Octets, starts: Ints, ends: Ints) -> Any:
    """Return the octets from starts to ends, a row each."""
    marks = np.zeros(len(octets.data) + 1, np.int8)
    np.add.at(marks, starts, 1)
    np.subtract.at(marks, ends, 1)
    kept = octets.data[np.cumsum(marks[:-1], dtype=np.int8).astype(bool)]
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(ends - starts, out=offsets[1:])
    return Octets(kept, offsets).array()


def _is_text_dictionary(array: Any) -> bool:
    kind = array.type
    return bool(pa.types.is_dictionary(kind)) and bool(
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    )


def plain_texts(text: Any) -> Any:
    """Return large strings, whatever held them."""
    return text if pa.types.is_large_string(text.type) else text.cast(pa.large_string())


def _mask(array: Any) -> Mask:
    mask: Mask = array.to_numpy(zero_copy_only=False)
    return mask
