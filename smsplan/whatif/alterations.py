"""What messages would take were a piece of them shorter, longer or another: for whole batches.

Sums decide nearly everything. Where a profile lets more than sums decide (Auto Encoding, national
tables, whole clusters, substitution), the rows that it may concern are planned once an alteration.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smsplan.kernel.cells import text_cells
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.octets import Ints, Mask, Octets, distinct
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.texts.octet_classes import FIELD, Classes
from smsplan.whatif.altered_rows import AlteredRows
from smsplan.whatif.altered_sums import OUTSIDE, PAIRS, AlteredSums, whole_sizes
from smsplan.whatif.step_counts import Changes, StepTally
from smsplan.whatif.switch_characters import LOOK_ALIKE, bits, text_bits
from smsplan.whatif.template_edits import Wording
from smsplan.whatif.text_shapes import Shapes, shapes_of

# Octets of a batch that is not cut into smaller ones.
_OCTETS = 1 << 23


class Alterations:
    """The alterations of one plan, batch by batch: see ``StepTally``.

    ``longer`` is how many letters are added at most at the end of the last fixed text. ``points``
    are the lengths of it that are counted, 0 that of the plan; ``keeps`` says whether an opt-out
    stands behind it that is never cut.
    """

    def __init__(self, settings: RowSettings, longer: int) -> None:
        self._kernel = Kernel(settings, numbers=False)
        wordings = {id(kernel): Wording(kernel.settings) for kernel in self._kernel.each}
        cut = max(len(wording.last) for wording in wordings.values())
        self.points = range(-cut, longer + 1)
        self.keeps = any(wording.kept for wording in wordings.values())
        self.tally = StepTally()
        for wording in wordings.values():
            for key in wording.keys:
                self.tally.begin(key, has_default=key in settings.message.defaults)
        self._bodies = {each: _Body(wordings[each], self.points) for each in wordings}

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


class _Body:
    """The alterations of one template."""

    def __init__(self, wording: Wording, points: range) -> None:
        self._settings = wording.settings
        self.keys = wording.keys
        self._classes = Classes(self._settings.profile)
        self._texts = [text for _, text in wording.pieces]
        self._texts += [self._settings.message.default(key) or "" for key in self.keys]
        self._sums = AlteredSums(wording, points, self._classes)
        self._rows = AlteredRows(wording, points)

    def add(self, batch: pa.RecordBatch, places: Ints, billed: Ints, tally: StepTally) -> None:
        """Count the alterations of rows that are sent."""
        columns = {key: self._shapes(batch, key) for key in self.keys}
        for key, shapes in columns.items():
            tally.reach(key, shapes.octets.lengths[shapes.codes])
        if self._settings.message.truncate_concat:
            # Whatever the text, one part is sent.
            for changes in (tally.template, *map(tally.parameter, self.keys)):
                _appear(changes, places, billed)
            return
        unsure = self._unsure(batch, columns)
        if not unsure.any():
            self._sums.add(columns, places, billed, tally)
            return
        sure, rest = np.flatnonzero(~unsure), np.flatnonzero(unsure)
        if len(sure):
            self._sums.add(_some(columns, sure), places[sure], billed[sure], tally)
        longest = {key: _longest(shapes) for key, shapes in _some(columns, rest).items()}
        some = batch.take(pa.array(rest))
        self._rows.add(some, places[rest], billed[rest], longest, tally)

    def _shapes(self, batch: pa.RecordBatch, key: str) -> Shapes:
        name, absent = (
            self._settings.reading.columns[key],
            self._settings.message.default(key) or "",
        )
        limit = self._settings.message.limits.get(key)
        return shapes_of(batch.column(name), name, absent, self._classes, limit=limit)

    def _unsure(self, batch: pa.RecordBatch, columns: dict[str, Shapes]) -> Mask:
        """Mark rows of which sums do not decide every alteration."""
        profile = self._settings.profile
        marked = np.zeros(batch.num_rows, bool)
        if profile.values_in_values == "again" or profile.line_breaks == "crlf_to_lf":
            marked[:] = True
            return marked
        telling = 0
        if (
            profile.unicode_boundary == "grapheme"
            or self._settings.message.substitution is not None
        ):
            telling |= OUTSIDE
        if profile.languages:
            telling |= OUTSIDE | PAIRS
        if telling:
            marked |= bool(self._sums.fixed & telling)
            for shapes in columns.values():
                sizes = whole_sizes(shapes)
                # The default may come to stand in any row.
                marked |= bool(sizes[shapes.missing] & telling)
                marked |= ((sizes & telling) > 0)[shapes.codes]
        if profile.auto_encoding != "off":
            # Texts without any of its characters stay as they are.
            marked |= any(text_bits(text) & LOOK_ALIKE for text in self._texts)
            for key in self.keys:
                name = self._settings.reading.columns[key]
                texts = text_cells(batch.column(name), name).text
                marked |= bits(Octets.of(texts)) & LOOK_ALIKE > 0
        return marked


def _some(columns: dict[str, Shapes], rows: Ints) -> dict[str, Shapes]:
    return {key: shapes._replace(codes=shapes.codes[rows]) for key, shapes in columns.items()}


def _longest(shapes: Shapes) -> int:
    """Return the characters of the longest text in any row."""
    return int(shapes.octets.lengths[distinct(shapes.codes)].max(initial=0))


def _appear(changes: Changes, places: Ints, parts: Ints) -> None:
    """Count rows that are alike at every point."""
    kinds, counts = np.unique(places << FIELD | parts, return_counts=True)
    nothing = np.zeros(len(kinds), np.int64)
    changes.move(nothing, kinds >> FIELD, nothing, kinds & (1 << FIELD) - 1, counts)
