"""Which rows of a plan are asked about: one or more of every kind, and as many at random.

One pass over the plan, in columns: what kind each row is of is one integer, and rows are kept where
the integer is new, where chance has chosen them, or where a switch may change them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.profiles import Profile
from smsplan.encoding import Encoding, part_capacity
from smsplan.errors import Note, Problem
from smsplan.kernel.cells import number_cells
from smsplan.kernel.dictionaries import places
from smsplan.kernel.kernel import ENCODINGS, PROBLEMS, Kernel
from smsplan.kernel.numbers.msisdns import shapes
from smsplan.kernel.numbers.ranges import COUNTRIES
from smsplan.live.alternatives import alternatives
from smsplan.totals.plan_view import Planned
from smsplan.whatif import switch_characters as suspects
from smsplan.whatif.other_answers import CANDIDATES, BatchLook, CandidateRows

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# A part is nearly full with so many units left, and has just begun with so many in it.
_NEAR = 3
_SHORT, _LONG = 6, 13
# Nothing can be asked about rows with another problem.
_ASKED = np.array([*(bool(problem.kind) for problem in Problem), True])
_FLAGS = tuple(note for note in Note if note.kind and note.number is None)
_FORMS = tuple(note for note in Note if note.kind and note.number is not None)
_LEVELS: tuple[tuple[str, ...], ...] = (
    (*ENCODINGS, ""),
    ("", "1 part", "2 parts", "3 parts", "4 or more parts"),
    ("", "nearly full", "just begun"),
    ("", "extension"),
    (*(problem.kind for problem in Problem), ""),
    *(("", note.kind) for note in _FLAGS),
    (
        "plain number",
        *(note.kind for note in _FORMS),
        "short number",
        "long number",
        "number begins with 0",
    ),
    (*COUNTRIES, "no country"),
)
"""The kinds that a row is of: one of each line; an empty name is no kind to speak of."""
_ORDER = {name: at for at, name in enumerate(name for names in _LEVELS for name in names if name)}
_CANDIDATES_OF_A_SWITCH = 256
_OF_A_BATCH = 32


def pair_name(one: str, other: str) -> str:
    """Return the name of a pair of kinds."""
    return f"{one} × {other}"


def with_pairs(kinds: Iterable[str]) -> frozenset[str]:
    """Return kinds, and every pair of them; a switch that changes a row is in no pair.

    >>> sorted(with_pairs(["1 part", "GSM", "spaces=space"]))
    ['1 part', 'GSM', 'GSM × 1 part', 'spaces=space']
    """
    every = frozenset(kinds)
    ordered = sorted((kind for kind in every if kind in _ORDER), key=_ORDER.__getitem__)
    return every | {pair_name(*two) for two in combinations(ordered, 2)}


def kinds_of(code: int) -> tuple[str, ...]:
    """Return the names of the kinds that an integer stands for."""
    names = []
    for levels in _LEVELS:
        code, level = divmod(code, len(levels))
        names.append(levels[level])
    return tuple(name for name in names if name)


@dataclass(slots=True)
class Drawn:
    """A row to be asked about.

    ``number`` is as it goes into a request; ``values`` are those of its own, by parameter;
    ``kinds`` includes the switches that change it, such as ``spaces=space``. ``planned``: its
    encoding and parts, where the row is sent; ``choice`` chooses its body.
    """

    row: int
    number: str
    country: str | None
    problem: str | None
    values: Mapping[str, str]
    choice: Any
    text: str | None
    planned: tuple[str, int] | None
    kinds: frozenset[str]
    at_random: bool = False
    duplicate: bool = field(init=False)

    def __post_init__(self) -> None:
        self.duplicate = self.problem == Problem.DUPLICATE_RECIPIENT


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows that are asked about, and every kind and pair of kinds that the plan has."""

    rows: tuple[Drawn, ...]
    present: frozenset[str]
    messages: int


class _Codes:
    """Turns rows of a plan into the integers of their kinds."""

    def __init__(self, profile: Profile) -> None:
        self._rooms = {
            (gsm, parts): part_capacity(
                encoding, parts=parts, reference_bits=profile.reference_bits
            )
            for gsm, encoding in ((True, Encoding.GSM), (False, Encoding.UNICODE))
            for parts in (1, 2)
        }

    def __call__(self, rows: CandidateRows, ours: pa.RecordBatch) -> Ints:
        encoding = places(ours.column("encoding"), ENCODINGS).astype(np.int64)
        encoding[encoding < 0] = len(ENCODINGS)
        gsm = encoding == ENCODINGS.index(str(Encoding.GSM))
        units = ours.column("units").to_numpy().astype(np.int64)
        parts = ours.column("number_of_parts").to_numpy().astype(np.int64)
        problem = rows.problem.astype(np.int64)
        digits, zero = shapes(ours.column("recipient"))
        forms = np.zeros(len(encoding), np.int64)
        for form, mask in (
            *((note.kind, rows.notes & note.bit != 0) for note in reversed(_FORMS)),
            ("number begins with 0", zero),
            ("long number", digits >= _LONG),
            ("short number", (digits > 0) & (digits <= _SHORT)),
        ):
            forms = np.where(mask, _LEVELS[-2].index(form), forms)
        country = places(ours.column("country"), COUNTRIES).astype(np.int64)
        levels = (
            encoding,
            np.minimum(parts, 4),
            self._boundary(gsm, units, parts),
            (rows.has(suspects.EXTENSION) & gsm).astype(np.int64),
            np.where(problem < 0, len(PROBLEMS), problem),
            *((rows.notes & note.bit != 0).astype(np.int64) for note in _FLAGS),
            forms,
            np.where(country < 0, len(COUNTRIES), country),
        )
        code = np.zeros(len(encoding), np.int64)
        for level, names in zip(reversed(levels), reversed(_LEVELS), strict=True):
            code = code * len(names) + level
        return code

    def _boundary(self, gsm: Mask, units: Ints, parts: Ints) -> Ints:
        alone = np.where(gsm, self._rooms[True, 1], self._rooms[False, 1])
        room = np.where(gsm, self._rooms[True, 2], self._rooms[False, 2])
        one = parts <= 1
        left = np.where(one, alone - units, room * parts - units)
        begun = np.where(parts == 2, units - alone, units - room * (parts - 1))
        just = ~one & (begun > 0) & (begun <= _NEAR)
        full = (left >= 0) & (left < _NEAR)
        return np.where(full, 1, np.where(just, 2, 0))


def sample(
    planned: Planned, size: int, *, profile: Profile, switches: tuple[str, ...], seed: int
) -> Sample:
    """Draw ``size`` rows: half of them at random from the rows that are sent, half by their kind.

    ``profile`` is the one that is verified, ``switches`` those that may be otherwise.
    """
    messages = planned.summary.messages
    by_chance = min(messages, size - size // 2)
    chosen = np.sort(random.Random(seed).sample(range(messages), by_chance))
    kept = _Kept(planned, profile, switches)
    kept.read(np.asarray(chosen, np.int64))
    rows = kept.rows()
    at_random = [row for row in rows if row.at_random]
    others = [row for row in rows if not row.at_random]
    covered = {kind for row in at_random for kind in with_pairs(row.kinds)}
    picked = _cover(others, covered, size - len(at_random))
    return Sample(
        tuple(sorted((*at_random, *picked), key=lambda row: row.row)), kept.present(), messages
    )


def _cover(rows: list[Drawn], covered: set[str], most: int) -> list[Drawn]:
    """Pick the rows that together are of the most kinds, then of the most pairs of kinds."""
    names: dict[str, int] = {}
    ids = [
        np.array([names.setdefault(kind, len(names)) for kind in with_pairs(row.kinds)], np.int64)
        for row in rows
    ]
    if not rows:
        return []
    # A kind counts for more than all pairs of a row.
    weight = np.array([1.0 if " × " in name else 1000.0 for name in names])
    weight[[at for name, at in names.items() if name in covered]] = 0
    width = max(map(len, ids))
    table = np.full((len(rows), width), len(names), np.int64)
    for at, some in enumerate(ids):
        table[at, : len(some)] = some
    weight = np.append(weight, 0.0)
    picked: list[Drawn] = []
    left = np.ones(len(rows), bool)
    while len(picked) < min(most, len(rows)):
        gain = np.where(left, weight[table].sum(axis=1), -1)
        best = int(gain.argmax())
        if gain[best] <= 0:
            break
        picked.append(rows[best])
        left[best] = False
        weight[table[best]] = 0
    return picked


class _Kept:
    """The rows that are kept on the way, and the kinds of all."""

    def __init__(self, planned: Planned, profile: Profile, switches: tuple[str, ...]) -> None:
        self._planned = planned
        self._profile = profile
        self._settings = replace(planned.settings, profile=profile, bodies=True)
        self._codes = _Codes(planned.settings.profile)
        self._known = pa.array([], pa.int64())
        self._others: dict[str, list[tuple[Any, Profile]]] = {}
        for switch, value, other in alternatives(profile, switches):
            if switch in CANDIDATES:
                self._others.setdefault(switch, []).append((value, other))
        self._of_switch: dict[str, list[int]] = {switch: [] for switch in self._others}
        self._theirs: list[pa.RecordBatch] = []
        self._ours: list[pa.RecordBatch] = []
        self._numbers: list[Ints] = []
        self._code: list[Ints] = []
        self._random: set[int] = set()
        self._changed: dict[str, set[Any]] = {}

    def read(self, chosen: Ints) -> None:
        """Read the plan once; ``chosen`` are places among the rows that are sent."""
        look = BatchLook(self._planned.settings)
        start = sent = 0
        for theirs, ours in self._planned.batches():
            rows = CandidateRows(look, self._planned, theirs, ours)
            code = self._codes(rows, ours)
            taken = [self._new(code, rows), self._chance(rows, chosen, sent)]
            self._random.update((taken[1] + start).tolist())
            for switch, others in self._others.items():
                so_far = self._of_switch[switch]
                if len(so_far) < _CANDIDATES_OF_A_SWITCH:
                    mask = CANDIDATES[switch](rows, tuple(other for _, other in others))
                    at = np.flatnonzero(mask & _ASKED[rows.problem])[:_OF_A_BATCH]
                    so_far += (at + start).tolist()
                    taken.append(at)
            at = np.unique(np.concatenate(taken))
            if len(at):
                self._theirs.append(_plain(theirs.take(pa.array(at))))
                self._ours.append(_plain(ours.take(pa.array(at))))
                self._numbers.append(at + start)
                self._code.append(code[at])
            start += theirs.num_rows
            sent += int(np.count_nonzero(rows.problem < 0))

    def _new(self, code: Ints, rows: CandidateRows) -> Ints:
        """Return the first row of each kind that was not seen before."""
        every = pa.array(code)
        asked = np.flatnonzero(_ASKED[rows.problem])
        distinct = pc.unique(every.take(pa.array(asked)))
        new = distinct.filter(pc.invert(pc.is_in(distinct, self._known)))
        self._known = pa.concat_arrays([self._known, new])
        first: Ints = pc.index_in(new, every).to_numpy(zero_copy_only=False).astype(np.int64)
        return first

    def _chance(self, rows: CandidateRows, chosen: Ints, before: int) -> Ints:
        here = np.flatnonzero(rows.problem < 0)
        some = chosen[(chosen >= before) & (chosen < before + len(here))] - before
        found: Ints = here[some]
        return found

    def present(self) -> frozenset[str]:
        """Return every kind and every pair of kinds that was seen."""
        found: set[str] = set()
        for code in self._known.to_pylist():
            found |= with_pairs(kinds_of(code))
        for switch, kinds in self._changed.items():
            found |= {f"{switch}={value}" for value in kinds}
        return frozenset(found)

    def rows(self) -> list[Drawn]:
        """Return what was kept, row by row."""
        if not self._theirs:
            return []
        theirs, ours = _together(self._theirs), _together(self._ours)
        numbers = np.concatenate(self._numbers)
        changes = self._changes(theirs, {int(row): at for at, row in enumerate(numbers)})
        cells = number_cells(theirs.column(self._settings.reading.to), self._settings.reading.to)
        to = [_number_text(value) for value in cells.text.to_pylist()]
        settings, kernel = self._settings, Kernel(self._settings)
        choices: list[Any] = [None] * len(numbers)
        values: list[dict[str, str]] = [{} for _ in numbers]
        texts: list[str | None] = [None] * len(numbers)
        names = list(settings.message.templates)
        grouped: set[int] = set()
        for some, one in kernel.groups(theirs):
            batch = theirs.take(pa.array(some))
            found = one.values(batch)
            sent = one.sent(batch, found)
            choice = None
            if settings.message.body_by is not None:
                choice = names[list(kernel.bodies.values()).index(one)]
            for row, (each, unencodable), text in zip(some.tolist(), found, sent, strict=True):
                choices[row], values[row], texts[row] = choice, each, text
                if not unencodable:
                    grouped.add(row)
        columns = {
            name: ours.column(name).to_pylist()
            for name in ("recipient", "country", "problem", "encoding", "number_of_parts")
        }
        codes = np.concatenate(self._code)
        made = []
        for at, row in enumerate(numbers.tolist()):
            problem = columns["problem"][at]
            number = columns["recipient"][at] or to[at]
            if at not in grouped or number is None or (problem and not Problem(problem).kind):
                continue
            planned = None
            if problem is None:
                planned = columns["encoding"][at], columns["number_of_parts"][at]
            made.append(
                Drawn(
                    row + 1,
                    number,
                    columns["country"][at],
                    problem,
                    values[at],
                    choices[at],
                    texts[at],
                    planned,
                    frozenset((*kinds_of(int(codes[at])), *changes.get(at, ()))),
                    row in self._random,
                )
            )
        return made

    def _changes(self, theirs: pa.RecordBatch, at: Mapping[int, int]) -> dict[int, set[str]]:
        """Say of the rows that a switch may change which of its values do."""
        changes: dict[int, set[str]] = {}
        own = Kernel(self._settings)
        for switch, others in self._others.items():
            some = sorted({at[row] for row in self._of_switch[switch]})
            if not some:
                continue
            batch = theirs.take(pa.array(some))
            before = own(batch)
            for value, other in others:
                after = Kernel(replace(self._settings, profile=other))(batch)
                differs = np.zeros(len(some), bool)
                for name in ("recipient", "encoding", "number_of_parts", "problem", "body"):
                    one, two = (
                        np.array(each.column(name).to_pylist(), object) for each in (before, after)
                    )
                    differs |= one != two
                for row in np.flatnonzero(differs).tolist():
                    changes.setdefault(some[row], set()).add(f"{switch}={value}")
                    self._changed.setdefault(switch, set()).add(value)
        return changes


def _number_text(value: str | None) -> str | None:
    """Return the digits of a number that a plan refuses; null where there is nothing to ask."""
    from smsplan.numbers import normalise

    digits = None if value is None else normalise(value)
    return digits if digits and len(digits) <= 18 else None


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Make dictionaries plain, so that rows of several batches go together."""
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _together(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches).combine_chunks()
    made: pa.RecordBatch = table.to_batches()[0]
    return made
