"""HTML that is safe whatever a text holds, and the one style sheet of notebooks.

Everything is escaped; what cannot be seen (controls, spaces of other widths, marks that turn the
direction) is shown by its code point. No script, nothing from a network.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path

from smsplan.encoding.names import title_of

# The most characters of a text in a table, and in a text that is drawn.
CELL = 120
# A text of more characters than these gets room beside figures.
WIDE = 24
DRAWN = 1000

_SYMBOLS = {"\n": "↵", "\r": "␍", "\t": "⇥", "\f": "␌", "\x1b": "␛", "\x00": "␀", "\xa0": "⍽"}


def is_unseen(character: str) -> bool:
    """Whether a character shows nothing of its own: controls, formats, spaces but the usual one."""
    return unicodedata.category(character)[0] in "CZ" and character != " "


def symbol(character: str) -> str:
    """Return what stands for a character that cannot be seen.

    >>> symbol("\\u200b"), symbol("\\n"), symbol("a")
    ('U+200B', '↵', 'a')
    """
    if not is_unseen(character):
        return character
    return _SYMBOLS.get(character) or f"U+{ord(character):04X}"


def shown(text: str, *, most: int | None = None) -> str:
    """Return a text as HTML: escaped, clipped, what cannot be seen made visible.

    >>> shown("<b>\\u202e", most=3)
    '&lt;b&gt;<span class="sp-more">… 1 more character</span>'
    """
    more = 0 if most is None else max(len(text) - most, 0)
    out = "".join(
        f'<span class="sp-c" title="{escape(title_of(each))}">{symbol(each)}</span>'
        if is_unseen(each)
        else escape(each)
        for each in (text[:most] if more else text)
    )
    return out + more_text(more)


def more_text(more: int) -> str:
    """Say how many characters are left out."""
    if not more:
        return ""
    return f'<span class="sp-more">… {more:,} more character{"" if more == 1 else "s"}</span>'


def foreign(text: str, *, most: int = CELL, direction: str = "auto") -> str:
    """Return a text of somebody else's: as :func:`shown`, and its direction ends where it ends.

    ``direction="ltr"`` is for sentences of ours that hold such a text: it does not turn them.
    """
    # A run without a space breaks anywhere; words do not.
    long = ' class="sp-long"' if re.search(r"\S{32}", text) else ""
    return f'<bdi dir="{direction}"{long}>{shown(text, most=most)}</bdi>'


def sentence(text: str, *, most: int = 20 * CELL) -> str:
    """Return a sentence of ours that may hold a text of somebody else's, which does not turn it."""
    return foreign(text, most=most, direction="ltr")


def bar(start: float, share: float, *, low: float | None = None, high: float | None = None) -> str:
    """Draw a bar from ``start`` on, both of a whole of 1; outlined where something is saved.

    ``low`` and ``high`` add a line from one to the other.
    """
    left, width = (start, share) if share >= 0 else (start + share, -share)
    drawn = (
        ""
        if not share
        else (
            f'<rect{_SAVED if share < 0 else ""} x="{left * 1000:.1f}" y="1" '
            f'width="{max(width * 1000, 1):.1f}" height="8"/>'
        )
    )
    if low is not None and high is not None and high > low:
        drawn += f'<line x1="{low * 1000:.1f}" x2="{high * 1000:.1f}" y1="5" y2="5"/>'
        for end in (low, high):
            drawn += f'<line x1="{end * 1000:.1f}" x2="{end * 1000:.1f}" y1="1" y2="9"/>'
    return (
        '<svg class="sp-bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        f"{drawn}</svg>"
    )


_SAVED = ' class="sp-saved"'


def table(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    texts: Sequence[int] = (0,),
    bars: Sequence[str] = (),
    raw: bool = False,
) -> str:
    """Return a table: a caption, headers with scope, the first column heads its row.

    Columns in ``texts`` are texts, the others figures. ``bars`` are drawn behind the last column.
    ``raw`` cells are HTML already.
    """
    kinds = ["" if place in texts else ' class="sp-n"' for place in range(len(header))]
    head = "".join(
        f'<th scope="col"{kind}>{shown(cell, most=CELL)}</th>'
        for kind, cell in zip(kinds, header, strict=True)
    )
    if bars:
        head += '<th class="sp-bars" aria-hidden="true"></th>'
    body = []
    for number, row in enumerate(rows):
        cells = [cell if raw else sentence(cell, most=4 * CELL) for cell in row]
        # Figures beside it never break: a text would be left a column of single words.
        sorts = [
            ' class="sp-wide"' if not kind and len(cell) > WIDE else kind
            for kind, cell in zip(kinds, row, strict=True)
        ]
        line = f'<th scope="row"{kinds[0]}>{cells[0]}</th>' + "".join(
            f"<td{kind}>{cell}</td>" for kind, cell in zip(sorts[1:], cells[1:], strict=True)
        )
        if bars:
            line += f'<td class="sp-bars" aria-hidden="true">{bars[number]}</td>'
        body.append(f"<tr>{line}</tr>")
    caption = f"<caption>{shown(title, most=4 * CELL)}</caption>" if title else ""
    return (
        f'<table class="sp">{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def listed(items: Iterable[str], *, ordered: bool = False) -> str:
    """Return sentences as a list; nothing where there are none."""
    kind = "ol" if ordered else "ul"
    lines = "".join(f"<li>{sentence(item)}</li>" for item in items)
    return f"<{kind}>{lines}</{kind}>" if lines else ""


def head(text: str) -> str:
    """Return the line that says the most."""
    return f'<div class="sp-head">{sentence(text, most=4 * CELL)}</div>'


def page(*pieces: str) -> str:
    """Return pieces as what a notebook shows: the style sheet, and all of it in one element."""
    return f'<div class="smsplan"><style>{style("notebook.css")}</style>{"".join(pieces)}</div>'


@cache
def style(name: str) -> str:
    """Return a style sheet of the package, without comments and line breaks."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    while "/*" in text:
        before, _, rest = text.partition("/*")
        text = before + rest.partition("*/")[2]
    return " ".join(text.split())
