"""What a cell of the caller's table means: a number, a parameter's value, or missing.

Null and NaN are missing. Text is taken as it is. What could be written in more than one way (1.5,
dates, booleans) raises once for the column, with the line that formats it; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.errors import InputError

# Python's floats count whole numbers exactly below this.
MAX_WHOLE = 2**53
_LOSSY = "?"  # no number: what stands where digits may be lost

# How a column of Python objects travels through Arrow: the text of each cell, and what it was. A
# lone surrogate cannot enter Arrow, so such a cell has no text and the kind ``unencodable``.
OBJECTS = pa.struct([pa.field("text", pa.large_string()), pa.field("kind", pa.string())])
_NUMBER_KINDS = ["text", "integer", "whole", "decimal"]


class NumberCells(NamedTuple):
    """The text of each number, null where missing, and which were repaired."""

    text: Any
    repaired: Any


class TextCells(NamedTuple):
    """The text of each value, null where missing, and which cannot be encoded."""

    text: Any
    unencodable: Any


def number_cells(array: Any, column: str) -> NumberCells:
    """Read a column of numbers.

    Integers are their digits. Floats are repaired where every digit is present: whole and below
    2**53; 32-bit floats and the rest become text that is no number, never a stranger's.
    """
    array = _decoded(array)
    none = pa.array(np.zeros(len(array), dtype=bool))
    kind = array.type
    if _is_objects(kind):
        kinds = pc.struct_field(array, "kind")
        known = pc.or_(pc.is_in(kinds, pa.array(_NUMBER_KINDS)), pc.is_null(kinds))
        text = pc.struct_field(array, "text")
        # The API ignores a dash in text; a number below zero is no number of anybody.
        below = pc.and_(pc.not_equal(kinds, "text"), pc.starts_with(text, "-"))
        known = pc.and_(known, pc.invert(pc.fill_null(below, False)))
        text = pc.if_else(known, text, _LOSSY)
        return NumberCells(text, pc.fill_null(pc.equal(kinds, "whole"), False))
    if _is_text(kind) or pa.types.is_null(kind):
        return NumberCells(array.cast(pa.large_string()), none)
    if pa.types.is_integer(kind):
        text = array.cast(pa.large_string())
        if (pc.min(array).as_py() or 0) < 0:
            text = pc.if_else(pc.less(array, 0), _LOSSY, text)
        return NumberCells(text, none)
    if pa.types.is_floating(kind):
        values = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        with np.errstate(invalid="ignore"):
            whole = (np.floor(values) == values) & (values >= 0) & (values < MAX_WHOLE)
        if not pa.types.is_float64(kind):
            whole = np.zeros(len(values), dtype=bool)
        missing = pa.array(np.isnan(values))
        digits = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(pa.large_string())
        text = pc.if_else(pa.array(whole), digits, pa.scalar(_LOSSY, pa.large_string()))
        text = pc.if_else(missing, pa.scalar(None, pa.large_string()), text)
        return NumberCells(text, pa.array(whole))
    if pa.types.is_decimal(kind):
        text = _decimal_text(array)
        whole = pc.match_substring_regex(text, r"^\d+$")
        return NumberCells(pc.if_else(whole, text, _LOSSY), none)
    raise InputError(
        f"column '{column}' holds {_kind_name(kind)}, not numbers; name the column of numbers"
    )


def text_cells(array: Any, column: str) -> TextCells:
    """Read a column of parameter values; InputError where a format would have to be guessed."""
    array = _decoded(array)
    none = pa.array(np.zeros(len(array), dtype=bool))
    kind = array.type
    if _is_objects(kind):
        kinds = pc.struct_field(array, "kind")
        for name in pc.unique(kinds).to_pylist():
            if name in _FORMATS:
                raise _format_error(column, name)
        return TextCells(
            pc.struct_field(array, "text"), pc.fill_null(pc.equal(kinds, "unencodable"), False)
        )
    if _is_text(kind) or pa.types.is_null(kind) or pa.types.is_integer(kind):
        return TextCells(array.cast(pa.large_string()), none)
    if pa.types.is_floating(kind):
        values = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        missing = np.isnan(values)
        known = values[~missing]
        if not np.all((np.floor(known) == known) & (np.abs(known) < MAX_WHOLE)):
            raise _format_error(column, "decimals")
        digits = pa.array(np.where(missing, 0, values).astype(np.int64)).cast(pa.large_string())
        null = pa.scalar(None, pa.large_string())
        return TextCells(pc.if_else(pa.array(missing), null, digits), none)
    if pa.types.is_decimal(kind):
        return TextCells(_decimal_text(array), none)
    raise _format_error(column, _kind_name(kind))


_FORMATS = {
    "decimals": "'{:.2f}'.format",
    "dates": "'{:%d.%m.%Y}'.format",
    "times": "'{:%d.%m.%Y %H:%M}'.format",
    "booleans": "{True: 'yes', False: 'no'}.get",
    "lists or objects": "str",
}


def objects(values: Iterable[Any], column: str) -> Any:
    """Turn Python objects into Arrow, cell by cell: see :data:`OBJECTS`."""
    rows = [_object(value, column) for value in values]
    return pa.array(
        [None if row is None else {"text": row[0], "kind": row[1]} for row in rows], OBJECTS
    )


class Lossy(float):
    """A float of which the digits are not all known, such as ``4.4770E+11`` as it was written."""


def _object(value: Any, column: str) -> tuple[str | None, str] | None:
    """Return the text and the kind of a cell, or None where it is missing."""
    # A float of 32 bits has lost digits of a number before it came here.
    lossy = isinstance(value, Lossy) or type(value).__name__ in ("float32", "float16")
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return None, "unencodable"
        return str(value), "text"
    if isinstance(value, bool):
        return str(value).lower(), "booleans"
    if isinstance(value, int):
        return str(value), "integer"
    if isinstance(value, float):
        if value != value:
            return None
        if value.is_integer() and abs(value) < MAX_WHOLE:
            return str(int(value)), "lossy" if lossy else "whole"
        return repr(float(value)), "decimals"
    if isinstance(value, decimal.Decimal):
        return None if value.is_nan() else (f"{value:f}", "decimal")
    if isinstance(value, dt.datetime):
        return value.isoformat(), "times"
    if isinstance(value, dt.date):
        return value.isoformat(), "dates"
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=str), "lists or objects"
    raise InputError(
        f"column '{column}' holds {type(value).__name__} values, neither text nor numbers; "
        "convert it to text"
    )


def as_text(array: Any) -> Any:
    """Return a column of objects as its texts, and any other as it is."""
    return pc.struct_field(array, "text").cast(pa.string()) if _is_objects(array.type) else array


def _format_error(column: str, kind: str) -> InputError:
    return InputError(
        f"column '{column}' holds {kind}, which can be written in many ways; say how, such as "
        f"df['{column}'] = df['{column}'].map({_FORMATS.get(kind, 'str')}, na_action='ignore')"
    )


def _decoded(array: Any) -> Any:
    if pa.types.is_dictionary(array.type):
        return array.cast(array.type.value_type)
    return array


def _is_objects(kind: Any) -> bool:
    return bool(pa.types.is_struct(kind)) and kind.equals(OBJECTS)


def _is_text(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _decimal_text(array: Any) -> Any:
    # Arrow prints decimals of a negative scale or many digits with an exponent.
    return pa.array(
        [None if value is None else f"{value:f}" for value in array.to_pylist()],
        pa.large_string(),
    )


def _kind_name(kind: Any) -> str:
    if pa.types.is_boolean(kind):
        return "booleans"
    if pa.types.is_date(kind):
        return "dates"
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return "times"
    return f"values of type {kind}"
