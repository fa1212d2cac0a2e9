"""What programs leave in texts: values that are no values, and escapes that were not undone."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from html.entities import name2codepoint
from quopri import decodestring
from typing import NamedTuple
from urllib.parse import unquote

from smsplan.templates.links import links

# Errors of Excel, LibreOffice and Google Sheets as a CSV file has them, in English, German, French,
# Italian, Spanish, Portuguese, Dutch, Swedish, Polish, Turkish and Russian.
_ERRORS = """
#N/A #REF! #VALUE! #NAME? #DIV/0! #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #ERROR!
#NV #BEZUG! #WERT! #ZAHL! #VALEUR! #NOM? #NOMBRE! #NUL! #N/D #RIF! #VALORE! #NOME? #NULLO!
#¡REF! #¡VALOR! #¿NOMBRE? #¡DIV/0! #¡NULO! #¡NUM! #VALOR! #NÚM! #NULO! #N/B #WAARDE! #VERW!
#NAAM? #GETAL! #LEEG! #DEEL/0! #SAKNAS! #REFERENS! #VÄRDEFEL! #NAMN? #OGILTIGT! #DIVISION/0!
#BRAK #ADR! #ARG! #NAZWA? #LICZBA! #DZIEL/0! #YOK #BAŞV! #DEĞER! #AD? #SAYI! #SAYI/0!
#Н/Д #ССЫЛКА! #ЗНАЧ! #ИМЯ? #ЧИСЛО! #ДЕЛ/0! #ПУСТО!
"""
NO_VALUES: Mapping[str, str] = {
    # A formula found nothing, and a person is greeted by that.
    **dict.fromkeys(re.findall(r"\S+", _ERRORS), "an error of a spreadsheet"),
    # Missing values of databases and languages.
    "NULL": "SQL's missing value, written by an export",
    "null": "the missing value of JSON, Java and JavaScript, put into text",
    "(null)": "C's and Objective-C's text of a missing value",
    "(NULL)": "HeidiSQL's text of a missing value",
    "[NULL]": "DBeaver's text of a missing value",
    "<null>": "DataGrip's text of a missing value",
    "<NULL>": "a missing value as SQL tools show it",
    "\\N": "MySQL's and PostgreSQL's missing value in an export",
    "nan": "a missing number of Python",
    "NaN": "a missing number of pandas and JavaScript",
    "NaT": "a missing time of pandas",
    "<NA>": "pandas' missing value",
    "None": "Python's missing value, put into text",
    "<nil>": "Go's missing value, put into text",
    "undefined": "JavaScript's missing value, put into text",
    "[object Object]": "a JavaScript object, put into text",
    "Invalid Date": "JavaScript's date of no text",
    "Invalid date": "Moment.js' date of no text",
    # What people and exports write where they have nothing.
    "N/A": "not available",
    "n/a": "not available",
    "0000-00-00": "MySQL's missing date",
}
"""Values that are exactly an error or a missing value, each with where it comes from.

``Null`` and ``Nan`` are names of people, ``NA`` may be initials or Namibia, ``nil`` and ``-`` may
be meant: they are values.
"""


class Escape(NamedTuple):
    """An escape from ``start`` to ``end``: its ``text``, and what was ``meant`` (empty: nothing).

    ``kind``: ``backslash``, ``entity``, ``tag``, ``percent``, ``quoted_printable``, ``header`` or
    ``spreadsheet``.
    """

    start: int
    end: int
    kind: str
    text: str
    meant: str


_TAGS = (
    "br|p|div|span|b|strong|i|em|u|s|small|font|center|ul|ol|li|table|tr|td|th|h[1-6]|hr|html|body"
)
_UTF8 = r"(?:%[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f])+)"
# Turkish writes "%20 indirim": 20 % off. So signs are escaped between what they part alone.
_SIGN = r"%(?:20|0[AaDd]|2[1-9A-Fa-f]|3[A-Fa-f])"
_SURROGATES = r"u[dD][89abAB][0-9A-Fa-f]{2}\\+u[dD][c-fC-F][0-9A-Fa-f]{2}"
# A path of Windows has backslashes of its own.
_PATH = re.compile(r"(?<!\S)(?:[A-Za-z]:|\\\\\w)\\?[^\s]*\\[^\s]*")
_ESCAPE = re.compile(
    # With what any of them begins: most characters are passed at once.
    r"(?=[\\&<%=_\]])(?:"
    rf"(?P<backslash>(?<!\\)\\++(?:r\\+n|[ntr]|{_SURROGATES}|u[0-9A-Fa-f]{{4}}|U[0-9A-Fa-f]{{8}}"
    r"|x[0-9A-Fa-f]{2}|[\"'])|(?<=:)\\/\\/)"
    rf"|(?P<entity>&(?:#\d{{1,7}}|#[xX][0-9A-Fa-f]{{1,6}}|{'|'.join([*name2codepoint, 'apos'])});"
    r"|&(?:nbsp|amp|quot)(?![\w;]))"
    rf"|(?P<tag></?(?:{_TAGS})(?:\s[^<>]*)?/?>|<a\s[^<>]*>|</a>|<img\s[^<>]*>|<!\[CDATA\[|\]\]>)"
    rf"|(?P<percent>(?:(?<=[^\W\d])|(?<=[,.;:!?)])){_SIGN}(?=[\w%$])|(?<!\d)%0[Dd]%0[Aa]|{_UTF8})"
    r"|(?P<quoted_printable>(?:=[C-F][0-9A-F](?:=[89AB][0-9A-F])+)+)"
    r"|(?P<header>=\?[\w\-]+\?[BbQq]\?[^?\s]*\?=)"
    r"|(?P<spreadsheet>_x[0-9A-F]{4}_))"
)
_IN_LINKS = frozenset({"percent", "quoted_printable"})
_BACKSLASHES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'"}


def escapes(text: str) -> Iterator[Escape]:
    r"""Yield the escapes of a text that were not undone; in a link ``%20`` is right.

    >>> [one.text for one in escapes(r"Hi<br>there\nSmith &amp; Sons, caf\u00e9 %20 off")]
    ['<br>', '\\n', '&amp;', '\\u00e9']
    """
    paths = [match.span() for match in _PATH.finditer(text)] if "\\" in text else []
    inside: tuple[tuple[int, int], ...] | None = None
    for match in _ESCAPE.finditer(text):
        kind = match.lastgroup or ""
        if kind == "backslash" and _within(match.start(), paths):
            continue
        if kind in _IN_LINKS:
            inside = links(text) if inside is None else inside
            if _within(match.start(), inside):
                continue
        try:
            meant = _meant(kind, match[0])
        except (ValueError, OverflowError):
            continue
        yield Escape(match.start(), match.end(), kind, match[0], meant)


def _within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a place is in one of some spans, which ascend."""
    at = bisect_right(spans, place, key=lambda span: span[0]) - 1
    return at >= 0 and place < spans[at][1]


def undone(text: str) -> str:
    r"""Return a text with its escapes undone.

    >>> undone(r"Hi\nSmith &amp; Sons<br>Caf=C3=A9")
    'Hi\nSmith & Sons\nCafé'
    """
    out, done = [], 0
    for one in escapes(text):
        out += [text[done : one.start], one.meant]
        done = one.end
    return "".join([*out, text[done:]])


def _meant(kind: str, text: str) -> str:
    match kind:
        case "entity":
            return unescape(text if text.endswith(";") else text + ";")
        case "tag":
            return "\n" if re.match(r"<(?:br|/p|/div|/li|/tr)\b", text) else ""
        case "percent":
            return unquote(text, errors="strict")
        case "quoted_printable":
            return decodestring(text.encode()).decode()
        case "header":
            return _of_header(text)
        case "spreadsheet":
            return chr(int(text[2:6], 16))
    plain = text.lstrip("\\")
    if plain.startswith("/"):
        return "//"
    if plain[0] in "uUx":
        units = [int(one, 16) for one in re.split(r"\\+[uUx]", plain[1:])]
        made = "".join(map(chr, units)).encode("utf-16", "surrogatepass")
        return made.decode("utf-16", "ignore")
    return "\n" if plain.startswith("r\\") else _BACKSLASHES[plain[0]]


def _of_header(text: str) -> str:
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError):
        return ""
