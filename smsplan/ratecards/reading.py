"""Text to rates: files, mappings, single prices."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from smsplan.errors import InputError, nearest
from smsplan.ratecards.costs import ISO_4217
from smsplan.ratecards.faults import (
    CardFault,
    RateCardError,
    Row,
    fault_at,
    not_text,
    rate_faults,
)
from smsplan.ratecards.mcc import country_of
from smsplan.ratecards.rate import COLUMNS, Rate
from smsplan.ratecards.shapes import Shape, json_rows, shape_of

# Columns that decide a price in other people's cards and that are none of ours.
_DECISIVE = ("network", "carrier", "number_type")
_NOTHING = Decimal(0)
_EMPTY = dict.fromkeys(COLUMNS, "")
# Where a whole file is written in another way, one need not fix every price.
_HINT = ", or say how the card writes them: decimal=',' (smsplan rates convert --decimal ,)"


class Unreadable(Exception):
    """Text that is not what its field holds; the message is the text of the fault.

    ``marks``: whether it would be read if it were known which mark is the decimal one.
    """

    def __init__(self, text: str, *, marks: bool = False) -> None:
        super().__init__(text)
        self.marks = marks


@lru_cache(maxsize=4096)
def price_of(text: str, decimal: str | None = None) -> Decimal:
    """Read a price, exactly as written; ``decimal`` is the mark before its decimals, if known."""
    if decimal is not None:
        thousands = "." if decimal == "," else ","
        marks = re.escape(thousands) + r"\u00a0\u202f '’"
        grouped = rf"[0-9]{{1,3}}(?:[{marks}][0-9]{{3}})+(?:{re.escape(decimal)}[0-9]*)?"
        if re.fullmatch(grouped, text):
            text = re.sub(f"[{marks}]", "", text)
        if decimal == "," and "." not in text:
            text = text.replace(",", ".")
    if re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text):
        return Decimal(text)
    if not text:
        raise Unreadable(
            "price is empty; write it like 0.034, or remove the row: no price is not 0"
        )
    if re.fullmatch(r"0?,[0-9]{1,18}|[0-9]{1,12},([0-9]{1,2}|[0-9]{4,18})", text):
        raise Unreadable(f"price has a decimal comma; write {text.replace(',', '.')}", marks=True)
    if re.fullmatch(r"[0-9]{1,12},[0-9]{3}", text):
        point, none = text.replace(",", "."), text.replace(",", "")
        raise Unreadable(
            f"price has a comma; write {point} or {none}, whichever is meant", marks=True
        )
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+\.[0-9]{1,18}", text):
        raise Unreadable(
            f"price has commas between thousands; write {text.replace(',', '')}", marks=True
        )
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{3})+,[0-9]{1,18}", text):
        plain = text.replace(".", "").replace(",", ".")
        raise Unreadable(f"price has a decimal comma; write {plain}", marks=True)
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{0,9})?[eE][-+]?[0-9]", text):
        raise Unreadable(f"price has an exponent; write {Decimal(text):f}")
    if re.fullmatch(r"[-−][0-9.,]+", text):
        raise Unreadable("price is negative; write 0 or more")
    if text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        raise Unreadable("price is not a number (nan or inf); write it like 0.034")
    if re.search(r"[$€£¥]", text):
        raise Unreadable("price has a currency symbol; write the code of ISO 4217: 0.034 GBP")
    raise Unreadable("price is not a decimal number; write it like 0.034")


@lru_cache(maxsize=4096)
def split_price(text: str) -> tuple[str, str]:
    """Split ``0.034 GBP``, ``GBP 0.034`` or ``0.034GBP`` into price and currency (or ``""``)."""
    pieces = text.split()
    if len(pieces) > 1:
        if pieces[-1].isalpha() and pieces[-1].lower() not in ("nan", "inf"):
            return " ".join(pieces[:-1]), pieces[-1]
        if pieces[0].isalpha():
            return " ".join(pieces[1:]), pieces[0]
    glued = re.fullmatch(r"(.*[0-9.,])([A-Za-z]{3})", text)
    return (glued[1], glued[2]) if glued else (text, "")


def is_price(text: str) -> bool:
    """Whether text that stands for a card is meant as a price, not as a file."""
    text = text.strip()
    if re.search(r"[/\\]|\.[A-Za-z]\w*$", text):
        return False
    return bool(re.match(r"[-+−$€£¥]?\s*[.,]?[0-9]|[A-Za-z]{3}\s+[-+−]?[.,]?[0-9]", text)) or bool(
        re.fullmatch(r"\S+\s+[A-Z]{3}", text)
    )


def upper(currency: str) -> str:
    """Read ``gbp`` as GBP; ``GBp`` is left alone, for it is pence."""
    return currency.upper() if currency.islower() else currency


def from_mapping(mapping: Mapping[str, str], *, named: bool) -> tuple[list[Row], list[CardFault]]:
    """Read countries, prefixes and ``*`` to prices, as far as they can be read."""
    rows: list[Row] = []
    faults: list[CardFault] = []
    for key, value in mapping.items():
        rate, wrong = from_item(key, value)
        place = f"'{key}'" if named else ""
        rows.append(Row(rate, tuple(name for name, _ in wrong), place))
        faults += [fault_at(rows[-1], text) for _, text in wrong if text]
    return rows, faults


def from_item(key: object, value: object) -> tuple[Rate, list[tuple[str, str]]]:
    """Read one entry; with field and text of each fault, no text where another one says it."""
    wrong: list[tuple[str, str]] = []
    country = prefix = currency = ""
    price = Decimal(0)
    name = key.strip() if isinstance(key, str) else ""
    if not name:
        step = "write a country 'GB', a prefix '+44', or '*' for the default"
        wrong.append(("country", f"the key is not text or empty; {step}"))
    elif re.fullmatch(r"\+?[0-9]+", name):
        prefix = name.removeprefix("+")
    elif name != "*":
        country = name.upper()
    if isinstance(value, str):
        text, currency = split_price(value.strip())
        try:
            price = price_of(text)
        except Unreadable as error:
            wrong.append(("price", str(error)))
        if not currency:
            text = "the price has no currency; write it like '0.034 GBP'"
            wrong.append(("currency", "" if "price" in dict(wrong) else text))
    else:
        hint = not_text(value) or "the price is not text: write it"
        wrong += [("price", f"{hint}: '0.034 GBP'"), ("currency", "")]
    rate = Rate(country=country, prefix=prefix, price=price, currency=upper(currency))
    return rate, wrong


def money(text: object, what: str) -> tuple[Decimal, str]:
    """Read an amount with its currency, such as ``500 EUR``; ``what`` names it in the error.

    Raises :class:`~smsplan.errors.InputError` where it is none.

    >>> money("500 EUR", "max_cost")
    (Decimal('500'), 'EUR')
    """
    rate, wrong = from_item("*", text)
    faults = [fault for _, fault in wrong if fault]
    faults += [fault for name, fault in rate_faults(rate) if name not in dict(wrong)]
    if faults:
        said = "; ".join(fault.replace("price", "amount") for fault in faults)
        raise InputError(f"{what}: {said.replace('0.034 GBP', '500 EUR')}")
    return rate.price, rate.currency


def fault(text: str, line: int | None = None) -> RateCardError:
    """Return the error of a file that has one fault."""
    return RateCardError([CardFault(line, text)])


def text_of(path: Path) -> str:
    """Read a file, or say why not."""
    try:
        octets = path.read_bytes()
    except FileNotFoundError:
        step = "check the name, or give a price such as '0.034 GBP'"
        raise fault(f"there is no such file; {step}") from None
    except IsADirectoryError:
        raise fault("this is a folder; name the CSV file in it") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a file name"
        raise fault(f"the file cannot be read ({reason}); check its name and rights") from None
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise fault("the file is not UTF-8 text; save it as CSV in UTF-8", line) from None
    if not text.strip():
        raise fault("the file is empty; it needs a line of column names and rows of prices")
    return text


def mapped_names(columns: Mapping[str, str] | None) -> dict[str, str] | None:
    """Check a mapping of our names to the file's; returns the file's names to ours."""
    if columns is None:
        return None
    for name in columns:
        if name not in COLUMNS:
            hint = nearest(name, COLUMNS, f"use {', '.join(COLUMNS)}")
            raise InputError(f"columns: a rate card has no '{name}'; {hint}")
    if len(set(columns.values())) < len(columns):
        raise InputError("columns: two names are mapped to one column; map each to its own")
    return {theirs: ours for ours, theirs in columns.items()}


def _renamed(header: list[str], wanted: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return our names of a file's columns (empty: not read), and what is wrong with them."""
    written = [name.strip() for name in header]
    faults = []
    for theirs, ours in wanted.items():
        if theirs not in written:
            folded = {name.casefold(): name for name in written}
            close = difflib.get_close_matches(theirs.casefold(), folded, n=1)
            listed = ", ".join(f"'{name}'" for name in written if name)
            hint = f"did you mean '{folded[close[0]]}'?" if close else f"there are {listed}"
            faults.append(f"no column '{theirs}' for {ours}; {hint}")
    return [wanted.get(name, "") for name in written], faults


def _currency_of(name: str) -> str:
    """Find the one currency in the name of a column, such as ``Price (EUR)``."""
    found = [word for word in re.findall(r"[A-Z]{3}", name) if word in ISO_4217]
    return found[0] if len(found) == 1 else ""


def parsed(
    lines: Iterator[tuple[int, list[str]]],
    wanted: dict[str, str] | None = None,
    decimal: str | None = None,
    *,
    currency: str = "",
    merged: bool = False,
) -> tuple[list[Row], list[CardFault]]:
    """Read the rows of a file: the rates as far as they could be read, and what could not.

    ``currency`` holds where the file names none. ``merged``: of a workbook, where a column
    without a name is one whose name is merged away.
    """
    number, header = next(lines, (1, []))
    if not any(header):
        raise fault("the file is empty; it needs a line of column names and rows of prices")
    names, shape, named = _read_header(number, header, wanted, currency)
    rows: list[Row] = []
    faults: list[CardFault] = []
    seen = False
    # Columns with values and no name, and the first line with one.
    unnamed: dict[int, int] = {}
    for line, cells in lines:
        seen = True
        if len(cells) != len(names):
            faults.append(
                CardFault(
                    line,
                    f"it has {len(cells)} cells and the first line {len(names)}; make them as "
                    "many, and put a cell with a comma, also a decimal one, in quotes",
                )
            )
            continue
        if merged:
            for place, (name, cell) in enumerate(zip(header, cells, strict=True), start=1):
                if cell.strip() and not name.strip():
                    unnamed.setdefault(place, line)
        values = dict(zip(names, cells, strict=True))
        for item in shape.rows(values) if shape else (values,):
            if named:
                item.setdefault("currency", named)
            rate, wrong = _row(item, line, decimal)
            faults += [CardFault(line, text) for _, text in wrong]
            rows.append(Row(rate, tuple(name for name, _ in wrong)))
    faults += [
        CardFault(
            line,
            f"column {place} has values and no name; name every column in line {number} (is a cell "
            "merged there?) or remove it",
        )
        for place, line in unnamed.items()
    ]
    if not seen:
        raise fault("there are column names and no rows below them; add the prices")
    if "currency" not in names and rows and all(not row.rate.currency for row in rows):
        return rows, _without_currency(faults, number)
    return rows, faults


def _read_header(
    line: int, header: list[str], wanted: dict[str, str] | None, currency: str
) -> tuple[list[str], Shape | None, str]:
    """Return the names of the columns, whose shape they are, and the currency of every price."""
    unmapped: list[str] = []
    if wanted is None:
        names = [re.sub(r"[\s-]+", "_", name.strip().lower()) for name in header]
    else:
        names, unmapped = _renamed(header, wanted)
    as_written = dict(zip(names, (name.strip() for name in header), strict=True))
    shape = shape_of(names) if wanted is None else None
    wrong_names = [] if shape else _header_faults(names, as_written)
    if unmapped or wrong_names:
        raise RateCardError([CardFault(line, fault) for fault in unmapped or wrong_names])
    if "currency" in names:
        return names, shape, ""
    return names, shape, _currency_of(as_written.get("price", "")) or currency


def _without_currency(faults: list[CardFault], line: int | None) -> list[CardFault]:
    """Return one fault for the file instead of the same one in every line."""
    kept = [fault for fault in faults if "no currency" not in fault.text]
    missing = (
        "no column 'currency', none in the name of the price column, and no price that names one; "
        "add the column, or say currency='EUR' (smsplan rates convert --currency EUR)"
    )
    return [CardFault(line, missing), *kept]


def parsed_json(
    text: str, decimal: str | None = None, *, currency: str = ""
) -> tuple[list[Row], list[CardFault]]:
    """Read the rows of a provider's JSON, as :func:`parsed` does those of a table."""
    rows: list[Row] = []
    faults: list[CardFault] = []
    for place, cells in json_rows(text):
        item = dict(cells)
        if currency and not item.get("currency"):
            item["currency"] = currency
        rate, wrong = _row(item, None, decimal)
        rows.append(Row(rate, tuple(name for name, _ in wrong), place))
        faults += [fault_at(rows[-1], text) for _, text in wrong]
    if not rows:
        raise fault("it has no prices; save it anew")
    if all(not row.rate.currency for row in rows):
        return rows, _without_currency(faults, None)
    return rows, faults


def lines_of_text(
    text: str, wanted: Mapping[str, str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that have anything in them, each with the line on which it begins."""
    first = next(line for line in text.splitlines() if line.strip())
    names = COLUMNS if wanted is None else [name.lower() for name in wanted]
    delimiter = max(",;\t", key=lambda mark: _known(first, mark, names))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        step = "close the quotes or double those inside a cell"
        raise fault(f"a cell with quotes cannot be read; {step}", line) from None


def _known(header: str, delimiter: str, names: Collection[str]) -> int:
    """Count the column names that a delimiter finds."""
    return sum(name.strip(' "').lower() in names for name in header.split(delimiter))


def _header_faults(names: list[str], as_written: dict[str, str]) -> list[str]:
    faults = []
    strange = [name for name in names if name and name not in (*COLUMNS, *_DECISIVE, "mcc", "mnc")]
    first = "name the columns in the first line"
    if "price" not in names:
        faults.append(f"no column 'price'; {_meant('price', strange, as_written) or first}")
    if not {"country", "prefix", "mccmnc", "mcc"} & set(names):
        guess = _meant("country", strange, as_written) or _meant("prefix", strange, as_written)
        faults.append(f"no column 'country' and none 'prefix'; {guess or first}")
    for name in sorted({name for name in names if name in COLUMNS and names.count(name) > 1}):
        faults.append(f"the column '{name}' is there twice; remove one")
    if faults:
        return faults
    for name in strange:
        # A misspelt column that is not required would go unread and the rows be priced without it.
        for meant in difflib.get_close_matches(name, COLUMNS, n=1, cutoff=0.82):
            if meant not in names:
                faults.append(
                    f"unknown column '{as_written[name]}'; did you mean '{meant}'? rename or "
                    "remove it"
                )
    return faults


def _meant(name: str, strange: list[str], as_written: dict[str, str]) -> str | None:
    close = difflib.get_close_matches(name, strange, n=1)
    return f"did you mean '{as_written[close[0]]}'? rename it" if close else None


def _row(
    cells: dict[str, str], line: int | None, decimal: str | None = None
) -> tuple[Rate, list[tuple[str, str]]]:
    """Read a row; with field and text of each fault, for which a stand-in is in the rate."""
    get = dict(_EMPTY)
    for name, cell in cells.items():
        if cell and name in get:
            get[name] = cell.strip()
    kind = get["kind"].lower() or "base"
    price, currency, wrong = _price(
        get, decimal, rejected=kind == "reject", elsewhere="currency" in cells
    )
    dates: dict[str, date] = {}
    for name in ("valid_from", "valid_to") if get["valid_from"] or get["valid_to"] else ():
        try:
            if get[name]:
                dates[name] = date.fromisoformat(get[name])
        except ValueError:
            wrong.append((name, f"{name} is not a date; write it like 2026-04-01"))
    mccmnc = get["mccmnc"]
    if not mccmnc and ("mcc" in cells or "mnc" in cells):
        mccmnc = cells.get("mcc", "").strip() + cells.get("mnc", "").strip()
    prefix = get["prefix"].removeprefix("+")
    if get["prefix"] and not prefix:
        wrong.append(("prefix", "prefix has no digits; write them behind the +"))
    country = get["country"].upper()
    for name in _DECISIVE:
        # Where operators are named by their codes, their names decide nothing.
        if name in cells and cells[name].strip() and not (name != "number_type" and mccmnc):
            hint = "sender_type" if name == "number_type" else "operator"
            wrong.append((name, f"'{name}' has a value; name it by the column '{hint}'"))
    tier = get["tier_from"] and re.sub(r"\.0+$", "", get["tier_from"])
    if tier and not re.fullmatch(r"[0-9]{0,15}", tier):
        wrong.append(("tier_from", "tier_from is no whole number; write one without marks: 150000"))
        tier = ""
    if mccmnc and country in ("", "*") and not prefix:
        country = country_of(mccmnc) or ""
    rate = Rate(
        country="" if country == "*" else country,
        prefix=prefix,
        mccmnc=mccmnc,
        operator=get["operator"],
        sender_type=get["sender_type"],
        kind=kind,
        per=get["per"].lower() or "part",
        charge_on=get["charge_on"].lower(),
        tier_from=int(tier or 0),
        price=price,
        currency=currency,
        valid_from=dates.get("valid_from"),
        valid_to=dates.get("valid_to"),
        source=cells.get("source", ""),
        line=line,
    )
    return rate, wrong


def _price(
    get: Mapping[str, str], decimal: str | None, *, rejected: bool, elsewhere: bool
) -> tuple[Decimal, str, list[tuple[str, str]]]:
    """Read the price of a row and its currency, with field and text of each fault.

    What is ``rejected`` needs neither; ``elsewhere``: there is a column of currencies.
    """
    wrong: list[tuple[str, str]] = []
    text, own = split_price(get["price"])
    price = _NOTHING
    try:
        if text or not rejected:
            price = price_of(text, decimal)
    except Unreadable as error:
        wrong.append(("price", f"{error}{_HINT if error.marks else ''}"))
    named, own = upper(get["currency"]), upper(own)
    if named and own and named != own:
        wrong.append(("currency", "price and currency name two currencies; remove the wrong one"))
    elif not named and not own and not elsewhere and not rejected:
        wrong.append(("currency", "price has no currency; write it like '0.034 GBP'"))
    return price, named or own, wrong
