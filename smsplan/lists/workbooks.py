"""Workbooks (Excel, OpenDocument): the first sheet that is not hidden, or the one that is named.

Every number of a workbook is a float; a whole one stands for its digits, as the cell shows it. An
empty cell is missing, and so is one whose formula failed. A format holds a million rows at most, so
the sheet is read whole.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from smsplan.errors import InputError
from smsplan.kernel.cells import MAX_WHOLE, objects
from smsplan.lists.arrow_frames import ArrowSource
from smsplan.lists.file_source import FileSource, reading, unique_columns

ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


class WorkbookSource(FileSource):
    """A sheet of a workbook."""

    kind = "workbook"

    def __init__(self, path: str, filesystem: Any, place: str, sheet: str | None) -> None:
        super().__init__(path, filesystem, place, skip=False)
        rows = self._rows(sheet)
        header = next(rows, None)
        if header is None:
            raise InputError(f"'{path}' has an empty sheet; export it again, or name another sheet")
        self.columns = unique_columns([str(_value(cell) or "").strip() for cell in header], path)
        table = self._table(list(rows))
        if not table.num_rows:
            raise InputError(f"'{path}' has a header and no rows; export it again")
        self._rows_as = ArrowSource(table, "pyarrow")

    def _own_schema(self) -> Any:
        """The types of the cells over the whole sheet."""
        return self._rows_as.schema

    def _read(self, names: list[str]) -> Iterator[Any]:
        return self._rows_as.batches(names)

    def _rows(self, sheet: str | None) -> Iterator[list[Any]]:
        """Yield the rows of the sheet in which anything stands."""
        try:
            from python_calamine import CalamineError, CalamineWorkbook
        except ImportError:
            raise InputError(
                f"'{self._name}' is a workbook, which needs python-calamine; "
                "pip install 'smsplan[xlsx]', or save it as CSV (UTF-8)"
            ) from None
        opened = self._filesystem.open_input_file
        with self.unchanged(), reading(self._name), opened(self._place) as file:
            octets = file.read()
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(octets))
            cells = book.get_sheet_by_name(self._sheet(book, sheet)).to_python()
        except CalamineError:
            raise InputError(
                f"'{self._name}' is no whole workbook; save it again, without a password"
            ) from None
        return iter([row for row in cells if any(cell != "" for cell in row)])

    def _sheet(self, book: Any, sheet: str | None) -> str:
        from python_calamine import SheetTypeEnum, SheetVisibleEnum

        names: list[str] = [
            info.name
            for info in book.sheets_metadata
            if info.visible == SheetVisibleEnum.Visible and info.typ == SheetTypeEnum.WorkSheet
        ]
        if sheet is not None and sheet in book.sheet_names:
            return sheet
        if sheet is None and len(names) == 1:
            return names[0]
        listed = ", ".join(f"'{name}'" for name in names)
        if sheet is None:
            raise InputError(
                f"'{self._name}' has the sheets {listed}; name one: '{self._name}#{names[0]}'"
                if names
                else f"'{self._name}' has no sheet that is not hidden"
            )
        raise InputError(f"'{self._name}' has no sheet '{sheet}'; it has {listed}")

    def _table(self, rows: list[list[Any]]) -> Any:
        columns = {}
        for place, name in enumerate(self.columns):
            values = [_value(row[place]) for row in rows]
            kinds = {type(value) for value in values} - {type(None)}
            # Numbers that somebody typed as text stand among the others: cell by cell.
            plain = kinds <= {str} or kinds <= {int}
            columns[name] = pa.array(values) if plain else objects(values, name)
        return pa.table(columns)


def _value(cell: Any) -> Any:
    if cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < MAX_WHOLE:
        return int(cell)
    return cell
