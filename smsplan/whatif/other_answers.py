"""A plan under other values of a switch, from the few rows that a value can change.

Cheap scans find the rows that may change (never too few); these alone are planned again, under the
plan's profile and under each other one, and what they add up to is taken from the plan's totals and
put back. Where a value changes which rows can be sent or counted, other rows of the same numbers
change with them: such a question is asked again, with all rows of these numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.profiles import Profile
from smsplan.encoding import Encoding, part_capacity
from smsplan.errors import Note, Problem
from smsplan.kernel.cells import number_cells, text_cells
from smsplan.kernel.dictionaries import note_bits, places
from smsplan.kernel.duplicates import Duplicates, Flags, among
from smsplan.kernel.kernel import ENCODINGS, PROBLEMS, Kernel
from smsplan.kernel.numbers.msisdns import OPEN, Msisdns, read_all, shapes, taken
from smsplan.kernel.numbers.ranges import COUNTRIES
from smsplan.kernel.octets import Bits, Ints, Mask, Octets
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.settlement import Settled, judged, recipient_keys, settle
from smsplan.kernel.texts.measures import Texts
from smsplan.totals.plan_view import Planned
from smsplan.totals.summary import RowGroup, Summary, SummaryTally, accepted
from smsplan.whatif import switch_characters as suspects

Places = npt.NDArray[np.int16]

# Rows wait until there are so many: planning a handful costs as much as planning hundreds.
_TOGETHER = 1 << 16
# What these decide is how a dry run counts; the rows are planned alike under all their values.
_COUNTING = frozenset({"duplicates", "exceeded_parts"})
# These are about numbers; the texts are the same.
_NUMBERS = frozenset({"min_digits", "max_digits", "leading_zero"})
_CHANGED = Note.TRUNCATED.bit | Note.SUBSTITUTED.bit


class AnswerTotals(NamedTuple):
    """What a plan adds up to under one profile."""

    summary: Summary
    dry_run_recipients: int
    dry_run_messages: int


class Replanned(NamedTuple):
    """The totals under each profile asked for, and how many rows differ under any of them."""

    rows: int
    totals: tuple[AnswerTotals, ...]


def replanned(planned: Planned, asked: dict[str, tuple[Profile, ...]]) -> dict[str, Replanned]:
    """Say what a plan would be under other profiles, which differ from its own by one switch each.

    ``asked`` names the switch and the profiles that differ by it.
    """
    questions = [
        _Question(planned, switch, profiles)
        for switch, profiles in asked.items()
        if profiles and switch in CANDIDATES
    ]
    whole = SummaryTally(planned.settings.profile, planned.prices, planned.terms)
    _pass(planned, questions, whole)
    again = [question.again() for question in questions if question.entangled]
    if again:
        _pass(planned, again, None)
    found = {question.switch: question.found(whole) for question in (*questions, *again)}
    same = _totals(planned.summary)
    return {
        switch: found.get(switch) or Replanned(0, (same,) * len(profiles))
        for switch, profiles in asked.items()
    }


def _pass(planned: Planned, questions: list[_Question], whole: SummaryTally | None) -> None:
    """Read the plan once, and hand each question its rows."""
    look = BatchLook(planned.settings)
    for theirs, ours in planned.batches():
        if whole is not None:
            whole.add(Settled.of(ours))
        rows = CandidateRows(look, planned, theirs, ours)
        for question in questions:
            question.look(rows)
    for question in questions:
        question.flush()


class BatchLook:
    """What is known before the first row: of each body the bits of its fixed text."""

    def __init__(self, settings: RowSettings) -> None:
        self.settings = settings
        self.kernel = Kernel(replace(settings, bodies=False))
        self.known: dict[str, tuple[Any, Ints]] = {}
        profile = settings.profile
        self.rooms = {
            gsm: part_capacity(encoding, parts=2, reference_bits=profile.reference_bits)
            for gsm, encoding in ((True, Encoding.GSM), (False, Encoding.UNICODE))
        }

    def fixed(self, settings: RowSettings) -> int:
        """Return the bits of a body and of its defaults; of ``$`` only those that matter."""
        body = settings.message.template.body
        bits = suspects.text_bits(body) & ~(suspects.DOLLAR | suspects.EXTENSION)
        # Braces of a placeholder are not sent.
        sent = "".join(settings.message.template.pieces[::2])
        bits |= suspects.text_bits(sent) & suspects.EXTENSION
        for default in settings.message.defaults.values():
            bits |= suspects.text_bits(default)
        return bits | (_DOUBLE if "$$" in body else 0)


# Beside the bits of ``suspects``: a body that has two dollars in a row.
_DOUBLE = suspects.SPARE


class CandidateRows:
    """A batch of the plan, and what scans find in it, each when it is asked for."""

    def __init__(
        self, look: BatchLook, planned: Planned, theirs: pa.RecordBatch, ours: pa.RecordBatch
    ) -> None:
        self.theirs = theirs
        self.settings = look.settings
        self.profile = look.settings.profile
        self.accepts = accepted(self.profile)
        self._look = look
        self._ours = ours
        self.problem = places(ours.column("problem"), PROBLEMS)

    def none(self) -> Mask:
        """No row."""
        return np.zeros(self.theirs.num_rows, bool)

    def of_problem(self, problem: Problem) -> Mask:
        """Rows that have this problem."""
        found: Mask = self.problem == PROBLEMS.index(problem)
        return found

    @cached_property
    def counted_unsent(self) -> Mask:
        """Rows that a dry run may count though nothing is sent to them."""
        found: Mask = self.accepts[self.problem] & (self.problem >= 0)
        return found

    @cached_property
    def repeated(self) -> Mask:
        """Rows of a number that an earlier row is sent to."""
        return self.of_problem(Problem.DUPLICATE_RECIPIENT)

    @cached_property
    def keys(self) -> Ints:
        """The integers that tell numbers apart."""
        return recipient_keys(self._ours.column("recipient"))

    @cached_property
    def numbers(self) -> tuple[Any, Places]:
        """The numbers that the plan takes, and their countries."""
        recipients = self._ours.column("recipient").cast(pa.large_string())
        return recipients, places(self._ours.column("country"), COUNTRIES)

    @cached_property
    def open_numbers(self) -> tuple[Any, Places]:
        """The numbers that some profile takes, and their countries: only the others are read."""
        recipients, countries = self.numbers
        refused = recipients.is_null()
        if refused.true_count:
            name = self.settings.reading.to
            cells = number_cells(self.theirs.column(name).filter(refused), name)
            others = read_all(cells, self.settings.reading.region, OPEN)
            recipients = pc.replace_with_mask(recipients, refused, others.recipients)
            countries = countries.copy()
            countries[_mask(refused)] = others.countries
        return recipients, countries

    @cached_property
    def shapes(self) -> tuple[Ints, Mask]:
        """The digits of each number that some profile takes, and which begin with 0."""
        return shapes(self.open_numbers[0])

    @cached_property
    def gsm(self) -> Mask:
        """Whether each message is GSM."""
        found: Mask = places(self._ours.column("encoding"), ENCODINGS) == 0
        return found

    @cached_property
    def parts(self) -> Ints:
        """The parts of each message."""
        parts: Ints = self._ours.column("number_of_parts").to_numpy()
        return parts

    @cached_property
    def notes(self) -> Bits:
        """The notes of each row."""
        return note_bits(self._ours.column("note"))

    @property
    def cut(self) -> Mask:
        """Rows that may have been longer than one part before they were cut."""
        return self.changed if self.settings.message.truncate_concat else self.none()

    @cached_property
    def changed(self) -> Mask:
        """Rows that may have been cut or replaced in; notes are only of rows that go out."""
        found: Mask = (self.notes & _CHANGED != 0) | (self.problem >= 0)
        return found

    @cached_property
    def _values(self) -> tuple[Ints, Ints, Mask]:
        """Of each row the bits, the octets of its longest value, and whether it lacks a value."""
        rows = self.theirs.num_rows
        bits, longest, missing = np.zeros(rows, np.int64), np.zeros(rows, np.int64), self.none()
        for key, name in self.settings.reading.columns.items():
            some, octets, absent = self._column(name)
            bits |= some
            np.maximum(longest, octets, out=longest)
            if key not in self.settings.message.defaults and absent is not None:
                missing |= absent
        for at, kernel in self._look.kernel.groups(self.theirs):
            fixed = self._look.fixed(kernel.settings)
            if fixed:
                bits[at] |= fixed
        return bits, longest, missing

    def _column(self, name: str) -> tuple[Ints, Ints | int, Mask | None]:
        array = self.theirs.column(name)
        kind = array.type
        # Of a small slice of a large dictionary only the values in it are looked at.
        if (
            pa.types.is_dictionary(kind)
            and _is_text(kind.value_type)
            and len(array.dictionary) <= 2 * len(array)
        ):
            return self._dictionary(name, array)
        text = text_cells(array, name).text
        octets = Octets.of(text)
        missing = _mask(text.is_null()) if text.null_count else None
        return suspects.bits(octets).astype(np.int64), octets.lengths, missing

    def _dictionary(self, name: str, array: Any) -> tuple[Ints, Ints, Mask | None]:
        """Scan distinct values once over all batches that share their dictionary."""
        values = array.dictionary
        known = self._look.known.get(name)
        if known is None or not known[0].equals(values):
            octets = Octets.of(values)
            # Length and bits of a value in one integer; one value more for a dictionary of none.
            mixed = octets.lengths << 16 | suspects.bits(octets)
            known = values, np.append(mixed, 0)
            self._look.known[name] = known
        at = pc.fill_null(array.indices, 0).to_numpy(zero_copy_only=False)
        mixed = known[1][at]
        missing = None
        if array.null_count or values.null_count:
            missing = ~_mask(pc.is_valid(array.cast(values.type)))
        return mixed & 0xFFFF, mixed >> 16, missing

    def has(self, bits: int) -> Mask:
        """Rows whose fixed text, values or defaults have such a character."""
        found: Mask = self._values[0] & bits != 0
        return found

    def longer(self, octets: int) -> Mask:
        """Rows with a value of more octets, which are never fewer than its characters."""
        found: Mask = self._values[1] > octets
        return found

    @property
    def missing(self) -> Mask:
        """Rows without a value for a parameter that has no default."""
        return self._values[2]

    @cached_property
    def lowest(self) -> Ints:
        """The parts that each message needs at least: ceil(units / room)."""
        return self._parts_of(0)

    @cached_property
    def highest(self) -> Ints:
        """The parts that it needs at most, each a unit short."""
        return self._parts_of(1)

    def _parts_of(self, short: int) -> Ints:
        rooms = np.where(self.gsm, self._look.rooms[True], self._look.rooms[False]) - short
        parts: Ints = -(-self._ours.column("units").to_numpy() // rooms)
        return parts


Candidates = Callable[[CandidateRows, tuple[Profile, ...]], Mask]


def _has(bits: int) -> Candidates:
    return lambda rows, _: rows.has(bits)


def _unmatched(rows: CandidateRows, _: Any) -> Mask:
    found = rows.missing | rows.of_problem(Problem.UNMATCHED_PARAMETER)
    if rows.profile.values_in_values == "again":
        # A value may name a parameter that nothing is known of.
        found = found | rows.has(suspects.DOLLAR)
    return found


def _duplicates(rows: CandidateRows, _: Any) -> Mask:
    if rows.settings.reading.duplicates == "keep":
        # Each row is a request of its own.
        return rows.none()
    return rows.repeated | rows.counted_unsent


def _length_unit(rows: CandidateRows, _: Any) -> Mask:
    limit = rows.profile.value_limit
    if limit is None:
        return rows.none()
    found: Mask = rows.longer(limit) & rows.has(suspects.ASTRAL)
    return found


def _value_limit(rows: CandidateRows, profiles: tuple[Profile, ...]) -> Mask:
    limits = [each.value_limit for each in (rows.profile, *profiles) if each.value_limit]
    return rows.longer(min(limits))


def _digits(rows: CandidateRows, profiles: tuple[Profile, ...]) -> Mask:
    own = taken(*rows.shapes, rows.profile)
    found = rows.none()
    for each in profiles:
        found |= taken(*rows.shapes, each) != own
    return found


def _auto_encoding(rows: CandidateRows, _: Any) -> Mask:
    found = _look_alikes(rows)
    if rows.profile.auto_encoding == "off" and not rows.settings.message.truncate_concat:
        found &= ~rows.gsm & (rows.parts > 1)
    return found


def _look_alikes(rows: CandidateRows) -> Mask:
    # A substitution composes characters first, to some that are on the list.
    return (
        rows.has(suspects.LOOK_ALIKE)
        if rows.settings.message.substitution is None
        else ~rows.none()
    )


def _auto_encoding_option(rows: CandidateRows, _: Any) -> Mask:
    return rows.none() if rows.profile.auto_encoding == "off" else _look_alikes(rows)


def _auto_encoding_order(rows: CandidateRows, profiles: tuple[Profile, ...]) -> Mask:
    if not rows.settings.message.truncate_concat or rows.profile.truncation != "cut":
        return rows.none()
    return _auto_encoding_option(rows, profiles)


def _gsm_boundary(rows: CandidateRows, _: Any) -> Mask:
    return _boundary(rows, rows.gsm, dense=rows.profile.gsm_boundary == "dense", joiners=False)


def _unicode_boundary(rows: CandidateRows, _: Any) -> Mask:
    dense = rows.profile.unicode_boundary == "dense"
    return _boundary(rows, ~rows.gsm, dense=dense, joiners=True)


def _boundary(rows: CandidateRows, encoding: Mask, *, dense: bool, joiners: bool) -> Mask:
    long: Mask = rows.parts > 1
    if rows.settings.message.substitution is not None:
        # Whether anything is replaced depends on what the message needs with it and without.
        return long | rows.changed
    if rows.profile.languages:
        # Which tables a message takes depends on what it needs with each.
        return long | rows.cut
    if rows.settings.message.truncate_concat and rows.profile.truncation != "ignored":
        return rows.none()
    # A dense plan has the fewest parts; any other may have them too.
    found: Mask = (rows.lowest != rows.highest) if dense else (rows.parts != rows.lowest)
    if joiners:
        found = found | rows.has(suspects.JOINER)
    found &= long & encoding
    return found


def _truncation(rows: CandidateRows, _: Any) -> Mask:
    return rows.cut


def _truncation_of_cut(rows: CandidateRows, _: Any) -> Mask:
    return rows.cut if rows.profile.truncation == "cut" else rows.none()


def _exceeded_parts(rows: CandidateRows, _: Any) -> Mask:
    return rows.of_problem(Problem.EXCEEDED_PARTS_LIMIT)


CANDIDATES: dict[str, Candidates] = {
    "unmatched": _unmatched,
    "double_dollar": _has(_DOUBLE),
    "values_in_values": _has(suspects.DOLLAR),
    "duplicates": _duplicates,
    "length_unit": _length_unit,
    "value_limit": _value_limit,
    "min_digits": _digits,
    "max_digits": _digits,
    "leading_zero": _digits,
    "form_feed": _has(suspects.FORM_FEED),
    **{name: _has(bit) for name, bit in suspects.REPLACED.items()},
    "auto_encoding": _auto_encoding,
    "auto_encoding_partial": _auto_encoding_option,
    "auto_encoding_order": _auto_encoding_order,
    "gsm_boundary": _gsm_boundary,
    "unicode_boundary": _unicode_boundary,
    "unicode_unit": _has(suspects.ASTRAL),
    "truncation": _truncation,
    "truncation_encoding": _truncation_of_cut,
    "truncation_boundary": _truncation_of_cut,
    "exceeded_parts": _exceeded_parts,
}
"""Rows that a switch may change: all of them, and as few others as a scan can tell.

The other switches are of the message: the API refuses it, or takes it, for all rows alike.
"""


class _Lane:
    """The rows of a question under one profile."""

    def __init__(self, planned: Planned, profile: Profile, duplicates: Duplicates | None) -> None:
        self.profile = profile
        self.accepts = accepted(profile)
        self.merges = profile.duplicates == "merged"
        self.duplicates = duplicates
        self.kernel = Kernel(replace(planned.settings, profile=profile, bodies=False))
        self.tally = SummaryTally(profile, planned.prices)


class _Waiting(NamedTuple):
    """Rows of a batch, their numbers, and which the plan has flagged as duplicates."""

    theirs: pa.RecordBatch
    recipients: Any
    countries: Places
    repeated: Mask


class _Question:
    """A switch, the rows that it may change, and what these add up to under each value."""

    def __init__(
        self,
        planned: Planned,
        switch: str,
        profiles: tuple[Profile, ...],
        numbers: Ints | None = None,
    ) -> None:
        self.switch = switch
        self._planned = planned
        self._profiles = profiles
        self._candidates = CANDIDATES[switch]
        self._of_numbers = switch in _NUMBERS
        self._flag = planned.settings.reading.duplicates == "flag"
        # Numbers whose rows are all looked at together, sorted; None: each row for itself.
        self._numbers = numbers
        self._lanes: list[_Lane] = []
        self._waiting: list[_Waiting] = []
        self._rows = 0
        self._seen: list[Ints] = []
        accepts = accepted(planned.settings.profile)
        self.entangled = False
        # A number may be counted by a row that is not sent: then who is counted is not in the plan.
        self._unclear = self._flag and any(
            accepts[PROBLEMS.index(problem)] for problem in planned.summary.problems
        )

    def again(self) -> _Question:
        """Return the question of all rows of the numbers that it concerns."""
        every = np.unique(np.concatenate(self._seen)) if self._seen else np.zeros(0, np.int64)
        return _Question(self._planned, self.switch, self._profiles, every[every > 0])

    def look(self, rows: CandidateRows) -> None:
        """Take the rows that matter from a batch."""
        mask = self._candidates(rows, self._profiles)
        if self._numbers is not None:
            mask = mask | among(self._numbers, rows.keys)
        mask = mask & ~rows.of_problem(Problem.UNREADABLE)
        at = np.flatnonzero(mask)
        if not len(at):
            return
        recipients, countries = rows.open_numbers if self._of_numbers else rows.numbers
        self._waiting.append(
            _Waiting(
                _taken(rows.theirs, at),
                recipients.take(pa.array(at)),
                countries[at],
                rows.repeated[at],
            )
        )
        if sum(len(each.repeated) for each in self._waiting) >= _TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Plan the rows that wait, under every profile."""
        if not self._waiting:
            return
        theirs = _together([each.theirs for each in self._waiting])
        recipients = pa.concat_arrays([each.recipients for each in self._waiting])
        countries = np.concatenate([each.countries for each in self._waiting])
        repeated = np.concatenate([each.repeated for each in self._waiting])
        self._waiting = []
        # What is noted of a number changes no total.
        notes = np.zeros(len(repeated), np.int32)
        numbers = Msisdns(recipients, recipient_keys(recipients), countries, notes)
        if not self._lanes:
            every = (self._planned.settings.profile, *self._profiles)
            self._lanes = [_Lane(self._planned, each, self._duplicates(each)) for each in every]
        own, *others = self._lanes
        texts = own.kernel.compose_all(theirs)
        planned = self._planned_by(own, numbers, texts)
        before = self._settled(own, planned, repeated)
        differs = np.zeros(len(repeated), bool)
        for lane in others:
            if self.switch in _COUNTING:
                other = planned
            else:
                if not self._of_numbers:
                    texts = lane.kernel.compose_all(theirs)
                other = self._planned_by(lane, numbers, texts)
            after = self._settled(lane, other, repeated)
            differs |= _differ(before, own.profile, after, lane.profile)
            if self._flag and self._numbers is None:
                self._remember(own, planned, lane, other)
        self._rows += int(np.count_nonzero(differs))

    def _planned_by(self, lane: _Lane, numbers: Msisdns, texts: Texts) -> pa.RecordBatch:
        taken = numbers.limited(lane.profile) if self._of_numbers else numbers
        return lane.kernel.planned(taken, texts, np.zeros(len(numbers.keys), bool))

    def _remember(
        self, own: _Lane, planned: pa.RecordBatch, lane: _Lane, other: pa.RecordBatch
    ) -> None:
        """Note the numbers of rows that begin or cease to be sent to, or counted."""
        keys, new_keys = (each.column("key").to_numpy() for each in (planned, other))
        problem, new = (places(each.column("problem"), PROBLEMS) for each in (planned, other))
        changed = (keys != new_keys) | ((problem < 0) != (new < 0))
        changed |= own.accepts[problem] != lane.accepts[new]
        if self._unclear:
            changed[:] = True
        if changed.any():
            self.entangled = True
            self._seen += [keys[changed], new_keys[changed]]

    def _duplicates(self, profile: Profile) -> Duplicates | None:
        if self._numbers is None:
            return None
        return Duplicates(merged=profile.duplicates == "merged")

    def _settled(self, lane: _Lane, planned: pa.RecordBatch, repeated: Mask) -> Settled:
        duplicates = _Repeats(repeated, lane, self._numbers) if self._flag else None
        (rows,) = settle(
            planned.column("key").to_numpy(),
            places(planned.column("country"), COUNTRIES),
            [judged(planned)],
            duplicates=duplicates,
            prices=self._planned.prices,
            accepted=lane.accepts,
        )
        lane.tally.add(rows)
        return rows

    def found(self, whole: SummaryTally) -> Replanned:
        """Return the totals under each of the profiles."""
        summary = self._planned.summary
        if not self._lanes:
            return Replanned(0, (_totals(summary),) * len(self._profiles))
        own, *others = self._lanes
        left = _sent(whole.groups)
        left.subtract(_sent(own.tally.groups))
        before = own.tally.summary()
        totals = []
        for lane in others:
            every = Counter(left)
            every.update(_sent(lane.tally.groups))
            tally = SummaryTally(lane.profile, self._planned.prices, self._planned.terms)
            tally.count(every)
            after = lane.tally.summary()
            totals.append(
                AnswerTotals(
                    tally.summary(),
                    summary.dry_run_recipients
                    - before.dry_run_recipients
                    + after.dry_run_recipients,
                    summary.dry_run_messages - before.dry_run_messages + after.dry_run_messages,
                )
            )
        return Replanned(self._rows, tuple(totals))


class _Repeats:
    """Duplicates as the plan has flagged them; of some numbers, all of whose rows come, anew."""

    def __init__(self, repeated: Mask, lane: _Lane, numbers: Ints | None) -> None:
        self._repeated = repeated
        self._lane = lane
        self._numbers = numbers

    def flag(self, keys: Ints, sendable: Sequence[Mask], counted: Sequence[Mask]) -> list[Flags]:
        """As :meth:`SharedDuplicates.flag`, of one body."""
        return [self._flags(keys, sendable[0], counted[0])]

    def _flags(self, keys: Ints, sendable: Mask, counted: Mask) -> Flags:
        sent = self._repeated & sendable
        once = counted & ~self._repeated if self._lane.merges else counted
        if self._numbers is None or self._lane.duplicates is None:
            return Flags(sent, once)
        inside = among(self._numbers, keys)
        anew = self._lane.duplicates.flag(keys, sendable & inside, counted & inside)
        return Flags(np.where(inside, anew.sent, sent), np.where(inside, anew.counted, once))


def _totals(summary: Summary) -> AnswerTotals:
    return AnswerTotals(summary, summary.dry_run_recipients, summary.dry_run_messages)


def _sent(groups: Mapping[RowGroup, int]) -> Counter[RowGroup]:
    """Count rows that are sent by what their cost depends on."""
    counts: Counter[RowGroup] = Counter()
    for group, rows in groups.items():
        if group.problem is None:
            key = RowGroup(None, 0, group.billed, group.country, None, 0, group.rate, False)
            counts[key] += rows
    return counts


def _differ(before: Settled, own: Profile, after: Settled, other: Profile) -> Mask:
    """Say which rows are planned, or counted by a dry run, in another way."""
    differs: Mask = _shown(before, own) != _shown(after, other)
    for name in ("encoding", "units", "parts", "billed", "problem"):
        differs |= getattr(before, name) != getattr(after, name)
    return differs


def _shown(rows: Settled, profile: Profile) -> Ints:
    """The parts that a dry run shows of each row, -1 where it does not count it."""
    parts: Ints = rows.parts.astype(np.int64)
    if profile.exceeded_parts == "zero":
        parts[rows.problem == PROBLEMS.index(Problem.EXCEEDED_PARTS_LIMIT)] = 0
    parts[~rows.counted] = -1
    return parts


def _taken(batch: pa.RecordBatch, at: Ints) -> pa.RecordBatch:
    """Take rows; dictionaries become plain, so that rows of several batches go together."""
    chosen = pa.array(at)
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in (each.take(chosen) for each in batch.columns)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _together(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    made: Iterator[pa.RecordBatch] = iter(
        pa.Table.from_batches(batches).combine_chunks().to_batches()
    )
    return next(made)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _mask(array: Any) -> Mask:
    mask: Mask = array.to_numpy(zero_copy_only=False)
    return mask
