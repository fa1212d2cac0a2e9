"""From what people write to an MSISDN: the API's own rule, and repairs where they are certain.

A wrong repair texts a stranger. So a repair is made only where every digit is there and nothing
else can be meant; whatever is left over is None, and the row says so.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import NamedTuple

from smsplan.errors import InputError
from smsplan.numbers._tables import CALLING_CODES
from smsplan.numbers.numbering import REGIONS, national, plan, sound, without_trunk

# What the API ignores on input: spaces, dashes, brackets (Sinch SMS API, MSISDN).
_IGNORED = str.maketrans("", "", " -()")
# What people separate digits with besides.
_SEPARATORS = str.maketrans("", "", " -()[]./")
_PLUS = "\uff0b\ufe62"  # fullwidth, small
_APOSTROPHES = ("'", "\u2018", "\u2019")

_TEL = re.compile(r"tel:\s*", re.IGNORECASE)
_ALLOWED = re.compile(r"[0-9+\-()\[\] ./]+")
_SCIENTIFIC = re.compile(r"(\+?)([0-9]+)(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})")
_DECIMAL = re.compile(r"(\+?)([0-9]+)\.(0+)")
_LEAD = re.compile(r"[+0]*")

# E.164 6.2.1: at most 15 digits. A repair that gives more has joined two numbers.
_MOST_DIGITS = 15
# Two groups of so many digits, parted by a slash and without `+`, are two numbers.
_DIGITS_OF_ONE = 6

# What people call a region that has another code.
_OTHER_NAMES = {"UK": "GB", "EN": "GB", "EL": "GR", "USA": "US", "UAE": "AE"}


class ReadNumber(NamedTuple):
    """What a cell of text stands for.

    ``msisdn`` is None where it cannot be read. ``repaired``: the API would not have understood it
    so. ``national``: a calling code was put in front.
    """

    msisdn: str | None
    repaired: bool = False
    national: bool = False


class Written(NamedTuple):
    """Digits and how they were written.

    ``marker``: ``""`` for none, ``"+"`` for one ``+`` or ``00``, ``"?"`` for something like ``0+``
    or ``+00``. ``loose``: the separators are those of dates, amounts and alternatives too, so that
    only a number that exists will do.
    """

    marker: str
    digits: str
    repaired: bool = False
    loose: bool = False


def normalise(text: str) -> str | None:
    """Return the digits of a number by the API's rule alone, or None if it is not a number.

    Spaces, dashes and brackets are ignored; one leading ``+`` or ``00`` is dropped; what is left
    must be ASCII digits and no second ``00``.

    >>> normalise("+44 (7700) 900-123"), normalise("00447700900123"), normalise("07700900123")
    ('447700900123', '447700900123', '07700900123')
    >>> normalise("+44 7700 900123 ext 4") is None
    True
    """
    digits = text.translate(_IGNORED)
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    if not digits or not digits.isascii() or not digits.isdigit() or digits.startswith("00"):
        return None
    return digits


def read(text: str, *, region: str | None = None) -> ReadNumber:
    """Read a cell: as the API does, else with the repairs that are certain.

    ``region`` (``"GB"``) reads a number without ``+`` or ``00`` as dialled there, trunk prefix or
    not, where that gives a valid or fictitious number; a number that already begins with the
    region's calling code and is valid so stays. Without a region, reading the result again gives
    the same. Raises ``InputError`` for an unknown region.

    >>> read("07700 900123", region="GB")
    ReadNumber(msisdn='447700900123', repaired=False, national=True)
    >>> read("+44 (0)7700 900123")
    ReadNumber(msisdn='447700900123', repaired=True, national=False)
    >>> read("447700900123.0")
    ReadNumber(msisdn='447700900123', repaired=True, national=False)
    >>> read("4.4770E+11")
    ReadNumber(msisdn=None, repaired=False, national=False)
    """
    if region is not None and region not in REGIONS:
        raise _unknown(region)
    written = write_out(text)
    if written is None:
        return ReadNumber(None)
    certain = _certain(written, region)
    if certain is not None:
        return certain
    if (
        written.marker == "?"
        or written.loose
        or (written.repaired and len(written.digits) > _MOST_DIGITS)
    ):
        return ReadNumber(None)
    return ReadNumber(written.digits, written.repaired)


def _certain(written: Written, region: str | None) -> ReadNumber | None:
    """Read digits that can mean one thing only: the result is valid or fictitious."""
    marker, digits, repaired, _ = written
    if region is not None and not marker:
        if digits.startswith(plan(region).calling_code) and sound(digits):
            return ReadNumber(digits, repaired)
        dialled = national(digits, region)
        if dialled is not None:
            return ReadNumber(dialled, repaired, dialled != digits)
    if sound(digits):
        return ReadNumber(digits, repaired or marker == "?")
    shorter = without_trunk(digits)
    if shorter is not None:
        return ReadNumber(shorter, repaired=True)
    if marker == "+" and digits.startswith("0"):
        return _behind_zero(digits, region)
    return None


def _behind_zero(digits: str, region: str | None) -> ReadNumber | None:
    """Read ``+0`` and digits: a stray zero, or a stray plus before a national number."""
    abroad = digits[1:] if sound(digits[1:]) else without_trunk(digits[1:])
    home = national(digits, region) if region is not None else None
    if abroad is None and home is not None:
        return ReadNumber(home, repaired=True, national=True)
    if abroad is not None and home in (None, abroad):
        return ReadNumber(abroad, repaired=True)
    return None


def write_out(text: str) -> Written | None:
    """Return the digits of a cell and how they were written; None if it is not a number.

    Nothing is decided yet: no digit is added or taken away but those of ``.0`` and the marker.
    """
    plain = text.translate(_IGNORED)
    digits = normalise(text)
    if digits is not None:
        return Written("+" if len(plain) > len(digits) else "", digits)
    cleaned = _cleaned(text)
    if cleaned is None:
        return None
    return _whole_number(cleaned) or _grouped(cleaned)


def _cleaned(text: str) -> str | None:
    """Put ASCII in the place of what looks the same, and nothing in that of what is not seen."""
    out = []
    for character in text:
        if character.isascii():
            out.append(" " if character.isspace() else character)
            continue
        kind = unicodedata.category(character)
        if kind == "Nd":
            out.append(str(unicodedata.decimal(character)))
        elif kind in ("Zs", "Zl", "Zp"):
            out.append(" ")
        elif kind == "Pd" or character == "\u2212":
            out.append("-")
        elif character in _PLUS:
            out.append("+")
        elif "\uff01" <= character <= "\uff5e":  # fullwidth brackets, dots, slashes
            out.append(chr(ord(character) - 0xFEE0))
        elif character in _APOSTROPHES:
            out.append("'")
        elif kind != "Cf" and character != "\x85":  # zero-width and bidirectional marks go
            return None
    cleaned = "".join(out).strip().removeprefix("'")
    label = _TEL.match(cleaned)
    return cleaned[label.end() :] if label else cleaned


def _whole_number(cleaned: str) -> Written | None:
    """Read what spreadsheets and data frames make of a number, if every digit is there."""
    match = _SCIENTIFIC.fullmatch(cleaned)
    if match:
        plus, whole, fraction, exponent = match.groups(default="")
        missing = int(exponent) - len(fraction)
        # `4.4770E+11` stands for ten thousand million numbers.
        if missing > 0 or (missing < 0 and fraction[missing:].strip("0")):
            return None
        return Written(plus, (whole + fraction)[: len(whole) + int(exponent)], repaired=True)
    match = _DECIMAL.fullmatch(cleaned)
    if match:
        plus, whole, zeros = match.groups()
        # `447700.900` may be a float or a number with a dot: only the one that exists counts.
        if len(zeros) == 1 or (sound(whole) and not sound(whole + zeros)):
            return Written(plus, whole, repaired=True)
    return None


def _grouped(cleaned: str) -> Written | None:
    """Read digits with separators and whatever stands for the international prefix."""
    if not _ALLOWED.fullmatch(cleaned):
        return None
    plain = cleaned.translate(_SEPARATORS)
    lead = _lead(plain)
    digits = plain[len(lead) :]
    if not digits or "+" in digits:
        return None
    slash = "/" in cleaned
    if lead in ("", "0"):
        groups = [sum(map(str.isdigit, group)) for group in cleaned.split("/")]
        if sum(length >= _DIGITS_OF_ONE for length in groups) > 1:
            return None
        return Written("", lead + digits, repaired=True, loose=slash or "." in cleaned)
    if lead in ("+", "00"):
        return Written("+", digits, repaired=True, loose=slash)
    if lead in ("+0", "000"):
        return Written("+", "0" + digits, repaired=True, loose=slash)
    return Written("?", digits, repaired=True)


def _lead(plain: str) -> str:
    match = _LEAD.match(plain)
    return match.group() if match else ""


def _unknown(region: str) -> InputError:
    name = region.strip().upper()
    code = name.removeprefix("+").removeprefix("00")
    near = _OTHER_NAMES.get(name)
    if near is None and name in REGIONS:
        near = name
    if near is None and CALLING_CODES.get(code, "001") != "001":
        near = CALLING_CODES[code].split()[0]
    if near is None:
        near = next(iter(difflib.get_close_matches(name, sorted(REGIONS), n=1, cutoff=0.5)), None)
    hint = f"did you mean '{near}'?" if near else "use a code of two letters such as 'GB'"
    return InputError(f"region '{region}' is not known; {hint}")
