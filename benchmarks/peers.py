"""What others do, and what one would write oneself: the other side of each ratio."""

from __future__ import annotations

import csv
import re
import string
from pathlib import Path
from typing import Any

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_NARROW = frozenset(GSM)
_WIDE = frozenset("^{}\\[~]|€\f")
_PLAIN = bytes(code for code in range(128) if chr(code) in _NARROW)

Row = tuple[str, int, int]


def naive(body: str, names: list[str | None], cities: list[str]) -> list[Row]:
    """``string.Template`` and a look-up of every character in a set."""
    template = string.Template(body)
    out = []
    for name, city in zip(names, cities, strict=True):
        text = template.substitute(name=name or "there", city=city)
        units = 0
        for character in text:
            if character in _NARROW:
                units += 1
            elif character in _WIDE:
                units += 2
            else:
                out.append(_unicode(text))
                break
        else:
            out.append(_gsm(units))
    return out


def best(
    body: str, names: list[str | None], cities: list[str], missing: str = "there"
) -> list[Row]:
    """The best that one row at a time can do: ``str.format``, ``isascii``, ``bytes.translate``.

    Escape pairs on a boundary are left out, in its favour.
    """
    fill = re.sub(r"\$\{\w+\}", "{}", body).format
    whole = _NARROW.issuperset
    out = []
    for name, city in zip(names, cities, strict=True):
        text = fill(name or missing, city)
        if (text.isascii() and not text.encode().translate(None, _PLAIN)) or whole(text):
            units = len(text)
            out.append(("GSM", units, 1 if units <= 160 else -(-units // 153)))
        else:
            wide = sum(map(text.count, "^{}\\[~]|€\f"))
            left = [c for c in text if c not in _NARROW and c not in _WIDE]
            out.append(_unicode(text) if left else _gsm(len(text) + wide))
    return out


def _gsm(units: int) -> Row:
    return "GSM", units, 1 if units <= 160 else -(-units // 153)


def _unicode(text: str) -> Row:
    units = len(text.encode("utf-16-le")) // 2
    return "UNICODE", units, 1 if units <= 70 else -(-units // 67)


def truncated(body: str, names: list[str | None], cities: list[str]) -> list[str]:
    """A naive loop that cuts to one part."""
    template = string.Template(body)
    out = []
    for name, city in zip(names, cities, strict=True):
        text = template.substitute(name=name or "there", city=city)
        gsm = all(character in _NARROW or character in _WIDE for character in text)
        room, made = (160 if gsm else 70), []
        for character in text:
            room -= 2 if (character in _WIDE if gsm else character > "\uffff") else 1
            if room < 0:
                break
            made.append(character)
        out.append("".join(made))
    return out


def csv_loop(source: Path, target: Path, body: str, prices: dict[str, Any]) -> int:
    """``csv.DictReader`` to ``csv.DictWriter``, with parts and a price by prefix."""
    template = string.Template(body)
    with source.open(newline="") as read, target.open("w", newline="") as write:
        reader = csv.DictReader(read)
        names = [*(reader.fieldnames or ()), "encoding", "units", "number_of_parts", "cost"]
        writer = csv.DictWriter(write, names)
        writer.writeheader()
        rows = 0
        for row in reader:
            text = template.substitute(name=row["name"] or "there", city=row["city"])
            units = 0
            for character in text:
                if character in _NARROW:
                    units += 1
                elif character in _WIDE:
                    units += 2
                else:
                    found = _unicode(text)
                    break
            else:
                found = _gsm(units)
            number = row["to"].lstrip("+")
            price = next(
                (prices[number[:end]] for end in range(4, 0, -1) if number[:end] in prices), 0
            )
            row["encoding"], row["units"], row["number_of_parts"] = found
            row["cost"] = price * found[2]
            writer.writerow(row)
            rows += 1
    return rows
