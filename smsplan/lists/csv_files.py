"""CSV files, batch by batch.

Everything in them is text: an empty unquoted field is missing, ``""`` is a value. Messages of
libraries may quote a row's content, so they are replaced by the place and the next step.
"""

from __future__ import annotations

import codecs
import csv
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from smsplan.errors import InputError, OutputError
from smsplan.kernel.unreadable_rows import MARK, with_gaps, without_bad_text
from smsplan.lists.file_source import MAX_ROW, PackedSource, reading, unique_columns
from smsplan.lists.source import BATCH_ROWS

# What is read at once; Arrow parses four such blocks together, and takes many times as much for it.
BLOCK = 1 << 19
# The first line has so many characters at most.
_MAX_HEADER = 1 << 24
_limit_lock = threading.Lock()


class CsvSource(PackedSource):
    """A CSV file: comma, semicolon or tab, found from the header; every field is text."""

    kind = "csv"

    def __init__(self, *place: Any, skip: bool) -> None:
        super().__init__(*place, skip=skip)
        with self.unchanged():
            header = self._header()
        fields = {mark: _fields(header, mark) for mark in ",;\t"}
        self._delimiter = max(fields, key=lambda mark: len(fields[mark]))
        names = fields[self._delimiter]
        if not names:
            raise InputError(f"'{self._name}' has a first line that is no CSV; export it again")
        self.columns = unique_columns([name.strip() for name in names], self._name)

    def _own_schema(self) -> Any:
        """Text, every column."""
        return pa.schema([pa.field(name, pa.string()) for name in self.columns])

    def _header(self) -> str:
        with self._faults(), self._text(self._octets(), newline="") as text:
            line = text.readline(_MAX_HEADER)
            if "\0" in line:
                raise InputError(f"'{self._name}' is no CSV file; export it as CSV")
            if line.count('"') % 2:
                line += self._rest_of_quoted(text, _MAX_HEADER - len(line))
            if len(line) >= _MAX_HEADER:
                raise InputError(
                    f"'{self._name}' has more than {_MAX_HEADER >> 20} MiB in its first line, or a "
                    "quote that is not closed; put the names of the columns there"
                )
            if not line.strip():
                raise InputError(f"'{self._name}' has no header in its first line; add one")
            if not line.isascii():
                try:
                    line.encode()
                except UnicodeEncodeError:
                    raise self._not_in_encoding() from None
            rest = "\n"
            while rest and not rest.strip():
                rest = text.read(BLOCK)
            if not rest:
                raise InputError(f"'{self._name}' has a header and no rows; export it again")
        return str(line).rstrip("\r\n")

    def _rest_of_quoted(self, text: Any, most: int) -> str:
        """Read on behind an open quote: a quoted name may hold line breaks."""
        lines: list[str] = []
        closed = False
        while not closed and most and (more := text.readline(most)):
            lines.append(more)
            most -= len(more)
            closed = bool(more.count('"') % 2)
        return "".join(lines)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        with reading(self._name):
            try:
                yield
            except UnicodeError:
                raise self._not_in_encoding() from None
            except OSError as error:
                if isinstance(error, (PermissionError, FileNotFoundError, OutputError)):
                    raise
                raise InputError(
                    f"'{self._name}' {self._not_whole}; export or copy it again"
                ) from None
            except csv.Error:
                raise InputError(
                    f"'{self._name}' has a line that is no CSV; export it again"
                ) from None

    def _read(self, names: list[str]) -> Iterator[Any]:
        sent = 0
        for block in (BLOCK << 2, MAX_ROW):
            try:
                start = 0
                for batch in self._by_blocks(names, block):
                    # Rows that went out before a row was too long for the smaller block.
                    new = batch.slice(max(sent - start, 0))
                    start += batch.num_rows
                    if new.num_rows or not start:
                        sent += new.num_rows
                        yield new
                return
            except _RowTooLong:
                continue
        what = f"has a row of more than {MAX_ROW >> 20} MiB, or a quote that is not closed"
        if not self._skip:
            raise InputError(f"'{self._name}' {what}; fix that row")
        self._leave_from(sent, what)

    def _leave_from(self, rows: int, why: str) -> None:
        self._leave(f"'{self._name}' from row {rows + 1:,} under the header on: it {why}")

    def _by_blocks(self, names: list[str], block: int) -> Iterator[Any]:
        rows = _Rows(skip=self._skip)
        with self._faults():
            # Arrow checks UTF-8 itself when it makes texts of it.
            plain = self._encoding == "utf-8"
            octets = self._octets()
            stream = _Utf8(octets) if plain else _Recoded(self._text(octets, newline=""))
            try:
                reader = pa.csv.open_csv(
                    pa.PythonFile(stream, mode="r"),
                    read_options=pa.csv.ReadOptions(
                        use_threads=False,
                        block_size=block,
                        column_names=list(self.columns),
                        skip_rows=0,
                    ),
                    parse_options=pa.csv.ParseOptions(
                        delimiter=self._delimiter,
                        newlines_in_values=True,
                        invalid_row_handler=rows.refuse,
                        ignore_empty_lines=len(self.columns) > 1,
                    ),
                    convert_options=pa.csv.ConvertOptions(
                        column_types=dict.fromkeys(
                            self.columns, pa.binary() if self._skip else pa.string()
                        ),
                        null_values=[""],
                        strings_can_be_null=True,
                        quoted_strings_can_be_null=False,
                        # A row that is unreadable is so whatever is asked for.
                        include_columns=None if self._skip else names or None,
                    ),
                )
                chosen = [*names, MARK] if self._skip else names
                for batch in rows.whole(reader, self._own_schema()):
                    yield from _small(batch.select(chosen), BATCH_ROWS)
                why = self._why_unread(stream, octets)
                last = rows.last(cut=why is not None)
                if last is not None:
                    yield from _small(last.select(chosen), BATCH_ROWS)
                if why is not None:
                    self._leave_from(rows.number - 2, why)
            except pa.ArrowInvalid as error:
                if stream.fault is not None:
                    raise stream.fault from None
                if "invalid UTF8" in str(error):
                    raise self._not_in_encoding() from None
                if rows.ragged and not self._skip:
                    raise self._ragged(*rows.ragged[0]) from None
                if "straddling" in str(error) or "too large" in str(error).lower():
                    last = rows.last(cut=False)
                    if last is not None:
                        yield from _small(last.select(chosen), BATCH_ROWS)
                    raise _RowTooLong from None
                raise InputError(
                    f"'{self._name}' has a row that is no CSV; export it again"
                ) from None

    def _why_unread(self, stream: _Utf8, octets: Any) -> str | None:
        """Say why the rows that were read are not all, and the last one not whole."""
        if octets.fault is not None:
            return self._not_whole
        if stream.quotes % 2 and self._has_open_quote():
            why = "has a quote that is not closed"
            if self._skip:
                return why
            raise InputError(
                f"'{self._name}' {why}, so that a field runs to the end of the file; close or "
                "remove it"
            )
        return None

    def _has_open_quote(self) -> bool:
        """Tell a quote inside a field from one that swallows the rest of the file."""
        try:
            with _fields_of_any_size(), self._text(self._octets(), newline="") as text:
                for _ in csv.reader(text, delimiter=self._delimiter, strict=True):
                    pass
        except csv.Error as error:
            return "unexpected end" in str(error)
        return False

    def _ragged(self, number: int, found: int) -> InputError:
        """Name a row by its line: a row may have several, and blank lines are none."""
        place = f"row {number - 1} under the header"
        with _fields_of_any_size(), self._text(self._octets(), newline="") as text:
            reader = csv.reader(text, delimiter=self._delimiter)
            start = 1
            for row in reader:
                if row or len(self.columns) == 1:
                    number -= 1
                if not number:
                    if len(row) == found:
                        place = f"line {start}"
                    break
                start = reader.line_num + 1
        return InputError(
            f"'{self._name}', {place}: {found} field{'' if found == 1 else 's'} where the header "
            f"has {len(self.columns)}; fix the row, or quote fields that hold the delimiter "
            f"'{self._delimiter}'"
        )


class _Rows:
    """What Arrow makes of the rows, with gaps for those that it was told to leave out.

    With ``skip``, the last row is held back: only the end of the file says whether it is whole.
    """

    def __init__(self, *, skip: bool) -> None:
        # The numbers of rows that have too many fields or too few, and how many.
        self.ragged: deque[tuple[int, int]] = deque()
        # The next row's number: the header is 1, and read as a row, so that its names are ours.
        self.number = 1
        self._skip = skip
        self._held: Any = None

    def refuse(self, row: Any) -> str:
        """Say what to do with a row of too many fields, or too few."""
        self.ragged.append((row.number or 0, row.actual_columns))
        return "skip" if self._skip else "error"

    def whole(self, batches: Iterator[Any], schema: Any) -> Iterator[Any]:
        """Yield the rows but for the header."""
        for batch in batches:
            if self.number == 1:
                batch = batch.slice(1)
                self.number = 2
            if not self._skip:
                yield batch
                continue
            texts = [column.view(pa.string()) for column in batch.columns]
            batch = without_bad_text(pa.RecordBatch.from_arrays(texts, schema=schema))
            batch = self._with_gaps(batch)
            if self._held is None:
                self._held = batch
            elif batch.num_rows:
                yield self._held
                self._held = batch

    def _with_gaps(self, batch: Any) -> Any:
        """Put in the rows that were left out, as far as they lie in or right behind a batch."""
        places = []
        end = self.number + batch.num_rows
        while self.ragged and self.ragged[0][0] <= end:
            places.append(self.ragged.popleft()[0] - self.number)
            end += 1
        self.number = end
        return with_gaps(batch, np.array(places, np.int64))

    def last(self, *, cut: bool) -> Any | None:
        """Return what was held back, without the last row if that is not whole."""
        held, self._held = self._held, None
        if held is not None and cut and held.num_rows:
            self.number -= 1
            held = held.slice(0, held.num_rows - 1)
        return held


class _RowTooLong(Exception):
    """A row did not fit in a block."""


class _Utf8:
    """A stream of UTF-8 octets for Arrow; remembers the fault that stopped it, counts quotes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._first = True
        self.quotes = 0
        self.fault: Exception | None = None
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` octets; fewer only at the end."""
        try:
            octets = self._more(size)
            if self._first:
                self._first = False
                if octets.startswith(codecs.BOM_UTF8):
                    octets = octets[len(codecs.BOM_UTF8) :] + self._more(len(codecs.BOM_UTF8))
        except (UnicodeError, OSError, EOFError) as error:
            self.fault = error
            raise
        # To find the first takes much less time than to count.
        if b'"' in octets:
            self.quotes += octets.count(b'"')
        return octets

    def _more(self, size: int) -> bytes:
        octets: bytes = self._stream.read(None if size < 0 else size)
        return octets

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """No."""
        return False

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        self._stream.close()


class _Recoded(_Utf8):
    """A text of another encoding as UTF-8."""

    def __init__(self, text: Any) -> None:
        super().__init__(text)
        self._rest = b""

    def _more(self, size: int) -> bytes:
        while size < 0 or len(self._rest) < size:
            more = self._stream.read(BLOCK)
            if not more:
                break
            self._rest += more.encode("utf-8", "surrogateescape")
        if size < 0:
            size = len(self._rest)
        out, self._rest = self._rest[:size], self._rest[size:]
        return out


def _fields(header: str, delimiter: str) -> list[str]:
    """Split the first line; no fields where the delimiter cannot be this one."""
    with _fields_of_any_size():
        try:
            return next(csv.reader([header], delimiter=delimiter))
        except csv.Error:
            return []


@contextmanager
def _fields_of_any_size() -> Iterator[None]:
    """Let Python's reader take fields of more than 128 KiB; how long a row is, others look after.

    Its limit is one for the whole process: nobody else may put it back in between.
    """
    with _limit_lock:
        limit = csv.field_size_limit(MAX_ROW)
        try:
            yield
        finally:
            csv.field_size_limit(limit)


def _small(batch: Any, rows: int) -> Iterator[Any]:
    for start in range(0, max(batch.num_rows, 1), rows):
        yield batch.slice(start, rows)
