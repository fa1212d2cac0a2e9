"""Rows as CSV lines, by whole columns: missing is nothing, ``""`` is the empty text.

Where a spreadsheet opens the file, text that it would run as a formula gets an apostrophe.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.kernel.octets import Ints, Octets

# A dictionary or a range of so many values still makes few kinds of rows.
_FEW = 1 << 12
_WHOLE = np.iinfo(np.int64).max


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run a cell rather than show it; numbers are shown.

    OWASP, CSV Injection: cells that begin with ``=``, ``+``, ``-``, ``@``, a tab, a carriage return
    or a line feed; sheets strip what is blank before them.

    >>> is_formula("=1+1"), is_formula("+447700900123"), is_formula("@SUM(A1)"), is_formula("\\n=1")
    (True, False, True, True)
    """
    return re.match(_FORMULA, text) is not None


# For ``re`` and for Arrow's RE2 alike, which take different characters for spaces.
_BLANK = "\x00-\x20\x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
# A sign before digits is a number, which a sheet shows.
_FORMULA = f"^(?s:[\t\r\n]|[{_BLANK}]*(?:[=@\uff1d\uff20]|[+\\-\uff0b\uff0d].*[^0-9 ().\\-/]))"
# The empty text, what CSV gives a meaning, and what a reader might strip.
_QUOTE = r'^$|[,"\r\n]|^\s|\s$|^[\x{a0}\x{3000}]|[\x{a0}\x{3000}]$'


class Lines:
    """Makes lines of batches; ``guarded`` counts the cells that got an apostrophe."""

    def __init__(self, *, guard: bool) -> None:
        self.guarded = 0
        self._guard = guard

    def header(self, names: Sequence[str]) -> memoryview:
        """Return the line of names."""
        return _octets([self._text(pa.array([name], pa.large_string()), None) for name in names])

    def of(self, batch: pa.RecordBatch) -> memoryview:
        """Return the lines of a batch."""
        cells: list[Any] = []
        run: list[Any] = []
        kinds = _Kinds(batch.num_rows)
        for column in batch.columns:
            if kinds.add(column):
                run.append(column)
                continue
            cells += self._few(run, kinds)
            run, kinds = [], _Kinds(batch.num_rows)
            if kinds.add(column):
                run.append(column)
            else:
                cells.append(self._one(column))
        cells += self._few(run, kinds)
        return _octets(cells)

    def _few(self, columns: list[Any], kinds: _Kinds) -> list[Any]:
        """Return the cells of columns in which few kinds of rows stand: each kind is made once."""
        if len(columns) > 1 and (found := kinds.found()) is not None:
            first, of_row = found
            distinct = [column.take(first) for column in columns]
            times = np.bincount(of_row.to_numpy(), minlength=len(first))
            joined = _row([self._one(column, times) for column in distinct])
            return [joined.take(of_row)]
        return [self._one(column) for column in columns]

    def _one(self, column: Any, times: Ints | None = None) -> Any:
        """Return the cells of a column, of which each stands in so many rows (None: in one)."""
        kind = column.type
        if pa.types.is_nested(kind):
            values = column.to_pylist()
            texts = pa.array([None if value is None else json.dumps(value) for value in values])
            return _quoted(texts.cast(pa.large_string()))
        if not _holds_text(kind):
            return column.cast(pa.string()).cast(pa.large_string())
        if pa.types.is_dictionary(kind) and len(column.dictionary) < len(column):
            each = np.ones(len(column), np.int64) if times is None else times
            valid = pc.is_valid(column.indices).to_numpy(zero_copy_only=False)
            places = column.indices.filter(pa.array(valid)).to_numpy(zero_copy_only=False)
            times = np.bincount(places, each[valid], len(column.dictionary)).astype(np.int64)
            return self._text(column.dictionary, times).take(column.indices)
        return self._text(column, times)

    def _text(self, column: Any, times: Ints | None) -> Any:
        """Guard and quote texts."""
        texts = column.cast(pa.large_string())
        if self._guard:
            formulas = _matching(texts, _FORMULA, _may_be_formulas)
            if formulas is not None:
                at = formulas.to_numpy(zero_copy_only=False)
                self.guarded += int(at.sum() if times is None else times[at].sum())
                texts = pc.if_else(formulas, _joined("'", texts), texts)
        return _quoted(texts)


class _Kinds:
    """Numbers the kinds of rows that columns of few values make: a digit for each column.

    The digits' bases are what the columns hold, so that no two kinds get the same number.
    """

    def __init__(self, rows: int) -> None:
        self._numbers: Ints = np.zeros(rows, np.int64)
        self._most = 1

    def add(self, column: Any) -> bool:
        """Add a column; False where its values are too many, and nothing is changed."""
        digits = _digits(column)
        if digits is None or self._most * digits[1] > _WHOLE:
            return False
        self._numbers = self._numbers * digits[1] + digits[0]
        self._most *= digits[1]
        return True

    def found(self) -> tuple[pa.Array, pa.Array] | None:
        """Return the first row of each kind and the kind of each row; None where all differ."""
        rows = len(self._numbers)
        encoded = pc.dictionary_encode(pa.array(self._numbers))
        if len(encoded.dictionary) * 2 > rows:
            return None
        of_row = encoded.indices.to_numpy()
        first = np.empty(len(encoded.dictionary), np.int64)
        first[of_row[::-1]] = np.arange(rows)[::-1]
        return pa.array(first), encoded.indices


def _digits(column: Any) -> tuple[npt.NDArray[Any], int] | None:
    """Return a small number for each value of a column, 0 for null, and the bound of them."""
    kind = column.type
    if column.null_count == len(column):
        return np.zeros(len(column), np.int64), 1
    if pa.types.is_dictionary(kind):
        if len(column.dictionary) > _FEW:
            return None
        places = pc.fill_null(column.indices.cast(pa.int64()), -1)
        return places.to_numpy() + 1, len(column.dictionary) + 1
    missing = None if not column.null_count else pc.is_null(column).to_numpy(zero_copy_only=False)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        if pa.types.is_uint64(kind):
            return None
        values = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    elif pa.types.is_decimal128(kind):
        words = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)
        values, high = words[column.offset : column.offset + len(column)].T
        if missing is not None:
            values, high = np.where(missing, 0, values), np.where(missing, 0, high)
        if (high != values >> 63).any():
            return None
    else:
        return None
    least, most = int(values.min()), int(values.max())
    if most - least > _FEW * _FEW:
        return None
    digits = values - (least - 1)
    if missing is not None:
        digits[missing] = 0
    return digits, most - least + 2


def _quoted(texts: Any) -> Any:
    """Quote the cells that need it."""
    needed = _matching(texts, _QUOTE, _may_need_quotes)
    if needed is None:
        return texts
    quoted = _joined('"', pc.replace_substring(texts, '"', '""'), '"')
    return pc.if_else(needed, quoted, texts)


def _matching(texts: Any, pattern: str, may: Callable[[Octets], Any]) -> Any:
    """Return which texts match; None if none do. Only those that may are looked at."""
    rows = np.flatnonzero(may(Octets.of(texts)))
    if not len(rows):
        return None
    found = pc.match_substring_regex(texts.take(pa.array(rows)), pattern)
    matching = np.zeros(len(texts), bool)
    matching[rows[pc.fill_null(found, False).to_numpy(zero_copy_only=False)]] = True
    return pa.array(matching) if matching.any() else None


def _table(octets: bytes) -> bytes:
    """A table for ``bytes.translate`` that marks these octets."""
    return bytes(octet in octets for octet in range(256))


# First octets of what may be a formula, and of what may begin or end with a space.
_SIGNS = _table(b"=@+-\x7f\xc2\xe1\xe2\xe3\xef" + bytes(range(0x21)))
_SPACES = _table(b" \t\n\r\f\v\xc2\xe3\xa0\x80")
_IN_NUMBERS = _table(b"0123456789 ().-/")
_MEANT = _table(b',"\r\n')


def _marked(octets: npt.NDArray[np.uint8], table: bytes) -> npt.NDArray[np.bool_]:
    return np.frombuffer(octets.tobytes().translate(table), np.bool_)


def _may_be_formulas(octets: Octets) -> Any:
    """The rows whose first octet is that of a formula, unless the column holds numbers alone."""
    first, filled = octets.offsets[:-1], octets.lengths > 0
    may = np.zeros(len(octets), bool)
    may[filled] = _marked(octets.data[first[filled]], _SIGNS)
    if may.any():
        plus = octets.data == ord("+")
        leading = np.count_nonzero(plus[first[filled]])
        if np.count_nonzero(plus) == leading and (_marked(octets.data, _IN_NUMBERS) | plus).all():
            may[:] = False
    return may


def _may_need_quotes(octets: Octets) -> Any:
    """The rows that are empty, that hold an octet of CSV's own, or that may end with a space."""
    filled = octets.lengths > 0
    may = ~filled
    for edge in (octets.offsets[:-1][filled], octets.offsets[1:][filled] - 1):
        may[filled] |= _marked(octets.data[edge], _SPACES)
    meant = np.flatnonzero(_marked(octets.data, _MEANT))
    may[octets.rows_of(meant)] = True
    return may


def _octets(cells: Sequence[Any]) -> memoryview:
    """Join cells to lines; the octets of their buffer are those of the file."""
    last = _joined(pc.fill_null(cells[-1], ""), "\r\n")
    lines = _row([*cells[:-1], last])
    _, offsets, octets = lines.buffers()
    ends = memoryview(offsets).cast("q")
    return memoryview(octets)[ends[lines.offset] : ends[lines.offset + len(lines)]]


def _row(cells: Sequence[Any]) -> Any:
    """Join cells with commas; missing is empty."""
    return pc.binary_join_element_wise(
        *cells, _large(","), null_handling="replace", null_replacement=""
    )


def _joined(*pieces: Any) -> Any:
    texts = [_large(piece) if isinstance(piece, str) else piece for piece in pieces]
    return pc.binary_join_element_wise(*texts, _large(""))


def _large(text: str) -> Any:
    return pa.scalar(text, pa.large_string())


def _holds_text(kind: Any) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )
