"""Columns of numbers to MSISDNs: what ``numbers.read`` and ``batches.msisdn`` say, all at once.

Numbers that the API itself understands are read from their octets: separators dropped, ``+`` or
``00`` taken away, digits to integers. What needs a repair is read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.batches import msisdn
from smsplan.api.profiles import Profile
from smsplan.errors import Note
from smsplan.kernel.cells import NumberCells
from smsplan.kernel.numbers.ranges import COUNTRIES, DIGITS, FEWEST_DIGITS, POWERS, has, ranges
from smsplan.kernel.octets import Bits, Ints, Mask, Octets
from smsplan.numbers import Grade, country, grade, read
from smsplan.numbers._tables import REGIONS

_PLUS, _ZERO = ord("+"), ord("0")
# What the API ignores on input: spaces, dashes, brackets.
_IGNORED = tuple(map(ord, " -()"))

_PLACES = {name: place for place, name in enumerate(COUNTRIES)}


class ReadNumbers(NamedTuple):
    """What one cell stands for: the MSISDN or null, its country and the bits of its notes."""

    recipient: str | None
    country: str | None
    notes: int


def read_one(text: str | None, repaired: bool, region: str | None, profile: Profile) -> ReadNumbers:
    """Read one cell: the reference for :func:`read_all`."""
    reading = None if text is None else read(text, region=region)
    recipient = None
    if reading is not None and reading.msisdn is not None:
        recipient = msisdn(reading.msisdn, profile)
    if reading is None or recipient is None:
        return ReadNumbers(None, None, 0)
    notes = 0
    if repaired or reading.repaired:
        notes |= Note.REPAIRED.bit
    if reading.national:
        notes |= Note.NATIONAL.bit
    elif recipient.startswith("0"):
        notes |= Note.LOOKS_NATIONAL.bit
    match grade(recipient):
        case Grade.FICTITIOUS:
            notes |= Note.FICTITIOUS.bit
        case Grade.POSSIBLE | Grade.INVALID:
            notes |= Note.DOUBTFUL.bit
    return ReadNumbers(recipient, country(recipient), notes)


@dataclass(slots=True)
class Msisdns:
    """A column of numbers, read.

    ``keys`` are integers that tell numbers apart, leading zeros included: the digits behind a 1; 0
    where there is no number. ``countries`` are places in ``COUNTRIES``, -1 where not known.
    ``alone`` says how many were read one by one.
    """

    recipients: Any
    keys: Ints
    countries: npt.NDArray[np.int16]
    notes: Bits
    alone: int = 0

    def limited(self, profile: Profile) -> Msisdns:
        """Return those that a profile takes, of numbers that were read by :data:`OPEN`."""
        refused = (self.keys > 0) & ~taken(*shapes(self.recipients), profile)
        if not refused.any():
            return self
        return Msisdns(
            pc.if_else(pa.array(~refused), self.recipients, None),
            np.where(refused, 0, self.keys),
            np.where(refused, np.int16(-1), self.countries),
            np.where(refused, np.int32(0), self.notes),
            self.alone,
        )


OPEN = Profile(min_digits=1, max_digits=18)
"""Takes every number that some profile takes."""


def shapes(recipients: Any) -> tuple[Ints, Mask]:
    """Return how many digits each number has, 0 where there is none, and which begin with 0."""
    lengths = pc.fill_null(pc.binary_length(recipients), 0).to_numpy(zero_copy_only=False)
    zero = _mask(pc.fill_null(pc.starts_with(recipients, "0"), False))
    return lengths.astype(np.int64), zero


def taken(digits: Ints, zero: Mask, profile: Profile) -> Mask:
    """Say which numbers a profile takes, by their digits and whether they begin with 0."""
    found: Mask = (digits >= profile.min_digits) & (digits <= profile.max_digits)
    return found & ~zero if profile.leading_zero == "refused" else found


def read_all(cells: NumberCells, region: str | None, profile: Profile) -> Msisdns:
    """Read a column of numbers."""
    text = cells.text
    missing = _mask(text.is_null())
    digits, marked, odd = _digits(text, missing)
    lengths, zero = digits.lengths, _begin_with_zero(digits)
    odd |= (lengths < FEWEST_DIGITS) | (lengths > DIGITS)
    # `+0...` may be a slip, with or without a region; `000...` is no number.
    odd |= marked & zero
    odd &= ~missing
    usual = ~(odd | missing)
    everyone = bool(usual.all())
    array = digits.array()
    read_rows = np.arange(len(text)) if everyone else np.flatnonzero(usual)
    recipients = array if everyone else array.take(pa.array(read_rows))
    numbers = pc.cast(recipients, pa.int64()).to_numpy(zero_copy_only=False)
    lengths, zero, marked = lengths[read_rows], zero[read_rows], marked[read_rows]
    notes = np.zeros(len(read_rows), np.int32)
    again = np.zeros(len(read_rows), bool)

    table = ranges()
    kinds = table.find(numbers, lengths)
    # A calling code never begins with 0, whatever range such a number would fall in.
    kinds[zero] = 0
    fictitious, sound = _graded(kinds, lengths)
    if region is not None and not marked.all():
        changed, numbers, lengths, again = _national(
            region, recipients, numbers, lengths, sound, marked
        )
        if changed.any():
            kinds[changed] = table.find(numbers[changed], lengths[changed])
            notes[changed] |= Note.NATIONAL.bit
            zero &= ~changed
            fictitious, sound = _graded(kinds, lengths)
            dialled = pa.array(numbers[changed]).cast(pa.large_string())
            recipients = pc.replace_with_mask(recipients, pa.array(changed), dialled)
    # Only a number that is wrong as it stands can have a trunk prefix too many.
    again |= ~sound & table.trunk[kinds] & ~zero
    notes[zero] |= Note.LOOKS_NATIONAL.bit
    notes[fictitious] |= Note.FICTITIOUS.bit
    notes[~sound] |= Note.DOUBTFUL.bit
    repaired = cells.repaired
    if repaired.true_count:
        notes[_mask(repaired)[read_rows]] |= Note.REPAIRED.bit

    refused = ~taken(lengths, zero, profile)
    keys = np.where(refused, 0, numbers + POWERS[lengths])
    countries = np.where(refused, np.int16(-1), table.country[kinds])
    notes[refused] = 0
    if refused.any():
        recipients = pc.if_else(pa.array(~refused), recipients, None)
    if everyone and not again.any():
        return Msisdns(recipients, keys, countries, notes)
    return _put_together(
        cells, region, profile, read_rows, recipients, keys, countries, notes, odd, again
    )


def _begin_with_zero(digits: Octets) -> Mask:
    zero = np.zeros(len(digits), bool)
    some = digits.lengths > 0
    zero[some] = digits.data[digits.offsets[:-1][some]] == _ZERO
    return zero


def _graded(kinds: npt.NDArray[Any], lengths: Ints) -> tuple[Mask, Mask]:
    """Return which numbers are reserved for fiction, and which are that or assigned."""
    table = ranges()
    fictitious = has(table.fictitious, kinds, lengths)
    return fictitious, fictitious | has(table.valid, kinds, lengths)


def _put_together(
    cells: NumberCells,
    region: str | None,
    profile: Profile,
    read_rows: Ints,
    recipients: Any,
    keys: Ints,
    countries: npt.NDArray[np.int16],
    notes: Bits,
    odd: Mask,
    again: Mask,
) -> Msisdns:
    """Read the rest one by one, and put all rows in their places."""
    rows = len(odd)
    odd[read_rows[again]] = True
    alone = np.flatnonzero(odd)
    all_keys, all_countries = np.zeros(rows, np.int64), np.full(rows, -1, np.int16)
    all_notes = np.zeros(rows, np.int32)
    all_keys[read_rows], all_countries[read_rows] = keys, countries
    all_notes[read_rows] = notes
    place = np.full(rows, -1, np.int64)
    place[read_rows] = np.arange(len(read_rows))
    found = []
    chosen = pa.array(alone)
    texts = cells.text.take(chosen).to_pylist()
    marks = cells.repaired.take(chosen).to_pylist()
    for row, text, repaired in zip(alone.tolist(), texts, marks, strict=True):
        reading = read_one(text, repaired, region, profile)
        found.append(reading.recipient)
        digits = reading.recipient
        all_keys[row] = 0 if digits is None else int("1" + digits)
        all_countries[row] = -1 if reading.country is None else _PLACES[reading.country]
        all_notes[row] = reading.notes
    place[alone] = len(read_rows) + np.arange(len(alone))
    pool = pa.chunked_array([recipients, pa.array(found, pa.large_string())]).combine_chunks()
    if isinstance(pool, pa.ChunkedArray):
        pool = pool.chunk(0)
    whole = pool.take(pa.array(place, mask=place < 0))
    return Msisdns(whole, all_keys, all_countries, all_notes, len(alone))


def _digits(text: Any, missing: Mask) -> tuple[Octets, Mask, Mask]:
    """Return the digits of each row, which had a ``+`` or ``00``, and which are no plain number."""
    octets = Octets.of(text)
    odd = np.zeros(len(octets), bool)
    # Wraps below zero: digits alone are below ten.
    digit = (octets.data - _ZERO) < 10
    plus = octets.data == _PLUS
    if not (digit | plus).all():
        ignored = np.isin(octets.data, _IGNORED)
        other = np.flatnonzero(~(digit | plus | ignored))
        odd[octets.rows_of(other)] = True
        octets = octets.keep(digit | plus)
        digit = octets.data != _PLUS
        plus = ~digit
    filled = np.flatnonzero(octets.lengths > 0)
    marked = np.zeros(len(octets), bool)
    marked[filled] = plus[octets.offsets[:-1][filled]]
    if np.count_nonzero(plus) != np.count_nonzero(marked):
        inside = plus.copy()
        inside[octets.offsets[:-1][marked]] = False
        odd[octets.rows_of(np.flatnonzero(inside))] = True
    if marked.any():
        octets = octets.keep(digit)
    # `00` in the place of `+`; behind it, or behind `+`, another `00` is no number.
    start = octets.offsets[:-1]
    long = np.flatnonzero(octets.lengths >= 2)
    zeros = np.zeros(len(octets), bool)
    first = start[long]
    zeros[long] = (octets.data[first] == _ZERO) & (octets.data[first + 1] == _ZERO)
    if zeros.any():
        odd |= zeros & marked
        cut = start[zeros & ~marked]
        keep = np.ones(len(octets.data), bool)
        keep[cut] = keep[cut + 1] = False
        octets = octets.keep(keep)
        marked |= zeros
    odd[missing] = False
    return octets, marked, odd


def _national(
    region: str, recipients: Any, numbers: Ints, lengths: Ints, sound: Mask, marked: Mask
) -> tuple[Mask, Ints, Ints, Mask]:
    """Read unmarked numbers as dialled in a region: as ``numbers.national`` does.

    Returns which changed; numbers and lengths with them; and which to read one by one.
    """
    table = ranges()
    code = REGIONS[region][0]
    behind = np.maximum(lengths - len(code), 0)
    # A number that has the region's calling code and is complete as it stands stays.
    own = sound & (numbers // POWERS[behind] == int(code)) & (numbers >= POWERS[lengths - 1])
    rows = np.flatnonzero(~marked & ~own)
    changed, open_ = np.zeros(len(numbers), bool), np.zeros(len(numbers), bool)
    numbers, lengths = numbers.copy(), lengths.copy()
    texts = recipients.take(pa.array(rows))
    rest, unclear = _without_trunk(region, texts)
    open_[rows[unclear]] = True
    waiting = ~unclear
    for candidate in (rest, texts):
        size = pc.binary_length(candidate).to_numpy(zero_copy_only=False) + len(code)
        at = np.flatnonzero(waiting & (size >= FEWEST_DIGITS) & (size <= DIGITS))
        # Too short for the ranges: one by one.
        open_[rows[waiting & (size < FEWEST_DIGITS)]] = True
        prefix, nothing = (pa.scalar(text, pa.large_string()) for text in (code, ""))
        whole = pc.binary_join_element_wise(prefix, candidate.take(pa.array(at)), nothing)
        made, size = pc.cast(whole, pa.int64()).to_numpy(zero_copy_only=False), size[at]
        good = has(table.valid | table.fictitious, table.find(made, size), size)
        where = rows[at[good]]
        numbers[where], lengths[where], changed[where] = made[good], size[good], True
        waiting[at[good]] = False
    return changed & ~open_, numbers, lengths, open_


def _without_trunk(region: str, texts: Any) -> tuple[Any, Mask]:
    """Take trunk prefixes away as libphonenumber does; also say which rows need its whole rule."""
    _, _, _, _, trunk, pattern, rule, general, _ = REGIONS[region]
    if not pattern:
        return texts, np.zeros(len(texts), bool)
    rest = pc.replace_substring_regex(texts, f"^(?:{pattern})", "", max_replacements=1)
    gone = pc.subtract(pc.binary_length(texts), pc.binary_length(rest))
    removed = gone.to_numpy(zero_copy_only=False)
    cut = np.flatnonzero(removed)
    # A trunk prefix that may be part of the number is kept.
    whole, less = (
        _mask(pc.match_substring_regex(column.take(pa.array(cut)), f"^(?:{general})$"))
        for column in (texts, rest)
    )
    kept = np.zeros(len(texts), bool)
    kept[cut[whole & ~less]] = True
    if kept.any():
        rest = pc.if_else(pa.array(kept), texts, rest)
    unclear = ~kept & (removed > 0) & (removed != len(trunk)) & bool(rule)
    return rest, unclear


def _mask(array: Any) -> Mask:
    mask: Mask = array.to_numpy(zero_copy_only=False)
    return mask
