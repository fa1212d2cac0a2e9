"""Rate cards in the shapes in which providers publish them, turned into our columns.

Each is known by its names alone: of the columns of a table, or of the keys of JSON. None is guessed
at: a file of another shape is read by a mapping of its columns.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from smsplan.errors import InputError
from smsplan.ratecards.mcc import country_of

Cells = dict[str, str]
# A row in our columns, with where it stands in the file.
Placed = tuple[str, Cells]


class Shape(NamedTuple):
    """A table of a provider: the columns that it is known by, and its rows in ours."""

    columns: frozenset[str]
    rows: Callable[[Cells], Iterator[Cells]]


def shape_of(names: list[str]) -> Shape | None:
    """Return the shape of a table with these columns, None where it is none of those."""
    return next((shape for shape in _TABLES if shape.columns <= set(names)), None)


def _twilio(row: Cells) -> Iterator[Cells]:
    """``AFGHANISTAN Outbound SMS - Etisalat``; ``- Other`` is every other operator."""
    _, dash, operator = row["description"].rpartition(" - ")
    operator = operator.strip() if dash else ""
    yield {
        "country": row["iso"],
        "operator": "" if operator.casefold() == "other" else operator,
        "price": row["price_/_msg"],
        "per": "part",
    }


def _didww(row: Cells) -> Iterator[Cells]:
    """Prices in USD by the prefix of the recipient, and of the sender where there is one."""
    sender = row["source_prefix"].strip().removeprefix("+")
    rejected = row["reject_sms"].strip().casefold() in ("yes", "true", "1", "y")
    mcc, mnc = row["mcc"].strip(), row["mnc"].strip()
    yield {
        "prefix": row["destination_prefix"],
        "country": country_of(mcc) or "",
        "mccmnc": mcc + mnc if mnc else "",
        "sender_type": f"+{sender}" if sender else "",
        "kind": "reject" if rejected else "base",
        "price": "" if rejected else row["price"],
        "currency": "USD",
    }


def _melrose(row: Cells) -> Iterator[Cells]:
    """A price for what is submitted, and one for what is delivered: one of them is paid."""
    for charge_on, name in (("submitted", "pricesubmit"), ("delivered", "pricedelivered")):
        if row[name].strip():
            yield {
                "mccmnc": row["mccmnc"],
                "charge_on": charge_on,
                "price": row[name],
                "currency": row["currency"],
                "valid_from": row["effective"].strip()[:10],
            }


_TABLES = (
    Shape(frozenset({"iso", "country", "description", "price_/_msg"}), _twilio),
    Shape(
        frozenset(
            {"source_prefix", "destination_prefix", "country", "mcc", "mnc", "reject_sms", "price"}
        ),
        _didww,
    ),
    Shape(
        frozenset({"mccmnc", "pricesubmit", "pricedelivered", "currency", "effective"}), _melrose
    ),
)


def json_rows(text: str) -> Iterator[Placed]:
    """Yield the rows of a JSON file, in our columns.

    Raises :class:`~smsplan.errors.InputError` where it is no JSON, or of no known shape.
    """
    try:
        # As text: the digits of a price are those of the file.
        data = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise InputError(f"it is no JSON (line {line}); save it anew, or as CSV") from None
    return _json(data, "")


def _json(data: Any, place: str) -> Iterator[Placed]:
    if isinstance(data, list):
        for number, item in enumerate(data, start=1):
            yield from _json(item, f"entry {number}")
        return
    if isinstance(data, dict):
        for known, rows in _OBJECTS:
            if known in data:
                yield from rows(data, place)
                return
    where = f" ({place})" if place else ""
    raise InputError(
        f"its JSON{where} has none of the shapes that are known (Twilio, Vonage, MessageBird, "
        "Plivo); save it as CSV and name its columns: columns={...} (smsplan rates convert "
        "--column)"
    )


def _each(items: Any, place: str, word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a list, each with its place."""
    before = f"{place}, " if place else ""
    if not isinstance(items, list):
        raise InputError(f"its JSON has no list where {before}{word} 1 should be; save it anew")
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise InputError(f"its JSON has no object at {before}{word} {number}; save it anew")
        yield f"{before}{word} {number}", item


def _text(item: dict[str, Any], *names: str) -> str:
    """Return the first of the fields that has a value."""
    return next((str(item[name]).strip() for name in names if item.get(name)), "")


def _twilio_api(data: dict[str, Any], place: str) -> Iterator[Placed]:
    for at, network in _each(data["outbound_sms_prices"], place, "network"):
        carrier = _text(network, "carrier")
        other = carrier.casefold() == "other"
        for where, price in _each(network.get("prices") or [], at, "price"):
            yield (
                where,
                {
                    "country": _text(data, "iso_country"),
                    "mccmnc": "" if other else _text(network, "mcc") + _text(network, "mnc"),
                    "operator": "" if other else carrier,
                    "sender_type": _text(price, "number_type"),
                    "price": _text(price, "current_price", "base_price"),
                    "currency": _text(data, "price_unit").upper(),
                },
            )


def _vonage(data: dict[str, Any], place: str) -> Iterator[Placed]:
    for at, entry in _each(data["countries"], place, "country"):
        networks = list(_each(entry.get("networks") or [], at, "network"))
        codes = {country_of(_text(network, "mcc")) for _, network in networks} - {None}
        # A country without a code of its own is told by its networks, or by its prefix.
        country = _text(entry, "countryCode") or (str(*codes) if len(codes) == 1 else "")
        keys = {"country": country} if country else {"prefix": _text(entry, "dialingPrefix")}
        currency = _text(entry, "currency")
        if _text(entry, "defaultPrice"):
            yield at, {**keys, "price": _text(entry, "defaultPrice"), "currency": currency}
        for where, network in networks:
            code = _text(network, "mcc") + _text(network, "mnc") or _text(network, "networkCode")
            name = _text(network, "networkName") or code
            yield (
                where,
                {
                    **keys,
                    "mccmnc": code if re.fullmatch(r"[0-9]{5,6}", code) else "",
                    "operator": name,
                    "price": _text(network, "price"),
                    "currency": _text(network, "currency") or currency,
                },
            )


def _messagebird(data: dict[str, Any], place: str) -> Iterator[Placed]:
    for at, price in _each(data["prices"], place, "price"):
        code = _text(price, "mccmnc")
        country = _text(price, "countryIsoCode")
        default = code in ("", "0") and country in ("", "XX")
        yield (
            at,
            {
                "country": "*" if default else country,
                # The MCC alone stands for every operator of the country.
                "mccmnc": code if len(code) > 3 else "",
                "operator": _text(price, "operatorName") if len(code) > 3 else "",
                "price": _text(price, "price"),
                "currency": _text(price, "currencyCode") or _text(data, "currencyCode"),
            },
        )


def _plivo(data: dict[str, Any], place: str) -> Iterator[Placed]:
    country, message = _text(data, "country_iso"), data["message"]
    outbound = message.get("outbound") if isinstance(message, dict) else None
    if not isinstance(outbound, dict):
        raise InputError(
            f"its JSON has no message.outbound{f' ({place})' if place else ''}; save it anew"
        )
    if _text(outbound, "rate"):
        yield place or "outbound", {"country": country, "price": _text(outbound, "rate")}
    for at, network in _each(message.get("outbound_networks_list") or [], place, "network"):
        name = _text(network, "group_name")
        other = re.search(r"\b(others?|default)$", name, re.IGNORECASE) is not None
        if not (other and _text(outbound, "rate")):
            yield (
                at,
                {
                    "country": country,
                    "operator": "" if other else name,
                    "price": _text(network, "rate"),
                },
            )


_Rows = Callable[[dict[str, Any], str], Iterator[Placed]]
_OBJECTS: tuple[tuple[str, _Rows], ...] = (
    ("outbound_sms_prices", _twilio_api),
    ("countries", _vonage),
    ("prices", _messagebird),
    ("message", _plivo),
)
