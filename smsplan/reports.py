"""Delivery reports of the API, as JSON or CSV: one for each recipient, in order.

JSON may be a report, a list of reports, a page of the API (``delivery_reports``) or one report a
line, as a callback appends them. CSV has the API's field names as its columns.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smsplan.errors import InputError

_LONGEST_CELL = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the API reports of one recipient; empty or null: not reported.

    ``operator`` is its MCCMNC. ``encoding`` is ``GSM`` or ``UNICODE``, ``number_of_message_parts``
    the parts of the message; the API fills them on its own conditions. ``price`` is no field of the
    API: it is read where an invoice or an export has it, as written. ``place`` is where it stands.
    """

    batch_id: str = ""
    recipient: str = ""
    status: str = ""
    code: int | None = None
    operator: str = ""
    at: str = ""
    encoding: str = ""
    number_of_message_parts: int | None = None
    client_reference: str = ""
    price: str = ""
    currency: str = ""
    place: str = ""


def read_reports(path: str | os.PathLike[str]) -> Iterator[Report]:
    """Yield the reports of a file; a CSV file or JSON lines of any size are streamed.

    Raises :class:`~smsplan.errors.InputError` with the place of what is no report.
    """
    name = os.fspath(path)
    if not Path(name).is_file():
        raise InputError(f"there is no file '{name}'; check the name")
    try:
        if name.lower().endswith(".csv"):
            yield from _csv(name)
        else:
            yield from _json(name)
    except UnicodeDecodeError:
        raise InputError(f"'{name}' is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise InputError(f"'{name}' cannot be read: {error.strerror}") from None


def _csv(name: str) -> Iterator[Report]:
    csv.field_size_limit(_LONGEST_CELL)
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        columns = reader.fieldnames or ()
        if "recipient" not in columns:
            raise InputError(
                f"'{name}' has no column 'recipient'; delivery reports have the API's field names "
                "as columns: recipient, status, code, operator"
            )
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise InputError(
                        f"'{name}', line {reader.line_num}: not as many cells as columns; fix it"
                    )
                yield _report(row, f"line {reader.line_num}", name)
        except csv.Error as error:
            raise InputError(f"'{name}', line {reader.line_num}: {error}") from None


def _json(name: str) -> Iterator[Report]:
    with Path(name).open(encoding="utf-8-sig") as file:
        first = next((line for line in file if line.strip()), "")
        try:
            lines = isinstance(json.loads(first), dict) and "recipient" in first
        except ValueError:
            lines = False
        file.seek(0)
        try:
            if lines:
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        yield from _reports(json.loads(line), f"line {number}", name)
            else:
                yield from _reports(json.load(file), "", name)
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            where = getattr(error, "lineno", 1)
            raise InputError(
                f"'{name}' is neither CSV (.csv) nor JSON; the first fault is near line {where}"
            ) from None


def _reports(data: Any, place: str, name: str) -> Iterator[Report]:
    if isinstance(data, dict) and isinstance(data.get("delivery_reports"), list):
        data = data["delivery_reports"]
    if isinstance(data, list):
        for number, item in enumerate(data, start=1):
            yield from _reports(item, f"report {number}", name)
    elif isinstance(data, dict) and "recipient" in data:
        yield _report(data, place or "report 1", name)
    elif isinstance(data, dict) and "statuses" in data:
        raise InputError(
            f"'{name}' has the report of a batch, which names no operators; list the reports of "
            "its recipients: GET /delivery_reports"
        )
    else:
        raise InputError(f"'{name}', {place or 'its content'}: no delivery report of a recipient")


def report_of(data: Mapping[str, Any], place: str = "the report") -> Report:
    """Read a report as the API answers it; InputError where it is none of a recipient.

    >>> report_of({"recipient": "+447700900123", "status": "Delivered", "code": 0}).recipient
    '447700900123'
    """
    if not isinstance(data, Mapping) or "recipient" not in data:
        raise InputError(f"{place} is no delivery report of a recipient; pass those of the API")
    return _report(data, place, "the reports")


def _report(row: Mapping[Any, Any], place: str, name: str) -> Report:
    def text(field: str) -> str:
        value = row.get(field)
        # A few words in millions of reports: each is kept once.
        return "" if value is None else sys.intern(str(value).strip())

    def number(field: str) -> int | None:
        value = text(field)
        if not value:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise InputError(f"'{name}', {place}: {field} is no whole number; fix it")
        return int(value)

    return Report(
        batch_id=text("batch_id"),
        recipient=text("recipient").removeprefix("+"),
        status=text("status"),
        code=number("code"),
        operator=text("operator"),
        at=text("operator_status_at") or text("at"),
        encoding=text("encoding"),
        number_of_message_parts=number("number_of_message_parts"),
        client_reference=text("client_reference"),
        price=text("price"),
        currency=text("currency"),
        place=place,
    )
