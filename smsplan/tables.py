"""Small tables as text, whatever file holds them: the rows of a workbook or a Parquet file.

For files that people keep by hand, such as rate cards: every cell is what one sees in it.
Recipients are read by :mod:`smsplan.lists`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from smsplan.errors import InputError, packages_needed

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
Line = tuple[int, list[str]]


def is_binary(path: str) -> bool:
    """Whether a path names a file that is no text: a workbook, or Parquet."""
    return path.partition("#")[0].lower().endswith((*WORKBOOKS, ".parquet", ".pq"))


def lines_of(path: str) -> Iterator[Line]:
    """Yield the rows that have anything in them, from the names of the columns on, numbered from 1.

    ``book.xlsx#Sheet`` names a sheet. Raises :class:`~smsplan.errors.InputError` where the file
    cannot be read.
    """
    name, _, sheet = path.partition("#")
    if not Path(name).is_file():
        raise InputError(f"there is no file '{name}'; check the name")
    rows = _workbook(name, sheet) if name.lower().endswith(WORKBOOKS) else _parquet(name)
    for line, cells in enumerate(rows, start=1):
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield line, texts


def _workbook(name: str, sheet: str) -> Iterator[list[Any]]:
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError:
        raise InputError(
            f"'{name}' is a workbook, which needs python-calamine; pip install 'smsplan[xlsx]', or "
            "save it as CSV (UTF-8)"
        ) from None
    try:
        book = CalamineWorkbook.from_path(name)
        names = book.sheet_names
        if not sheet and len(names) == 1:
            sheet = names[0]
        if sheet not in names:
            listed = ", ".join(f"'{each}'" for each in names)
            raise InputError(f"'{name}' has the sheets {listed}; name one: '{name}#{names[0]}'")
        yield from book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except CalamineError:
        raise InputError(
            f"'{name}' is no whole workbook; save it again, without a password"
        ) from None


def _parquet(name: str) -> Iterator[list[Any]]:
    with packages_needed():
        import pyarrow as pa
        import pyarrow.parquet

    try:
        table = pa.parquet.read_table(name)
    except (pa.ArrowException, OSError):
        raise InputError(f"'{name}' is no whole Parquet file; export or copy it again") from None
    yield table.column_names
    yield from map(list, zip(*(column.to_pylist() for column in table.columns), strict=True))


def _text(cell: Any) -> str:
    """Return a cell as one sees it: a float has fifteen digits, as in a spreadsheet."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return "" if cell != cell else f"{Decimal(f'{cell:.15g}'):f}"
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    return str(cell).strip()
