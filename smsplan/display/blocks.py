"""A message drawn part by part: what is where, what costs room, what forces Unicode."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from html import escape

from smsplan.display.markup import DRAWN, is_unseen, more_text, symbol
from smsplan.encoding.names import title_of
from smsplan.encoding.segmentation import Encoding, Part, Segmentation, part_capacity, segment
from smsplan.errors import InputError


def parts_html(made: Segmentation, *, most: int = DRAWN) -> str:
    """Draw the parts of a text, at most so many characters of it."""
    unit = "septet" if made.encoding is Encoding.GSM else "code unit"
    forcing = {culprit.position for culprit in made.culprits}
    room = part_capacity(
        made.encoding,
        parts=made.number_of_parts,
        reference_bits=made._asked.reference_bits,
        locking=made.locking,
        single_shift=made.single_shift,
    )
    drawn, position = [], 0
    every, note = _parts(made)
    for number, part in enumerate(every, start=1):
        if position >= most:
            left = len(every) - number + 1
            drawn.append(
                '<li class="sp-part"><span class="sp-label"></span><span class="sp-more">'
                f"… {left:,} more part{'' if left == 1 else 's'}</span></li>"
            )
            break
        text = part.text[: most - position]
        inner = characters_html(text, position, forcing, wide(made))
        drawn.append(
            f'<li class="sp-part"><span class="sp-label">part {number} of {len(every)} · '
            f"{part.units} of {room} {unit}s</span>"
            f'<span class="sp-text" dir="auto">{inner}'
            f"{more_text(len(part.text) - len(text))}</span></li>"
        )
        position += len(part.text)
    return f'<ol class="sp-parts">{"".join(drawn)}</ol>{note}'


def _parts(made: Segmentation) -> tuple[tuple[Part, ...], str]:
    """Return the parts; where a cut goes through a pair, those that keep it whole, and say so."""
    try:
        return made.parts, ""
    except InputError:
        note = f"<p>counted as {made.number_of_parts:,} parts, drawn with pairs kept whole</p>"
        return segment(made.text, **{**made._asked._asdict(), "boundary": "pair"}).parts, note


def wide(made: Segmentation) -> Callable[[str], bool]:
    """Return what says of a character whether it takes two units of a text."""
    tables = made._tables
    if tables is None:
        return lambda character: character > "\uffff"
    return lambda character: tables.wide.match(character) is not None


def characters_html(
    text: str, position: int, forcing: Collection[int], two_units: Callable[[str], bool]
) -> str:
    """Return characters as HTML, each marked by what it does."""
    out = []
    for place, character in enumerate(text, start=position):
        what = ""
        if place in forcing:
            what = "forces Unicode"
        elif two_units(character):
            what = "takes 2 units"
        seen = symbol(character)
        inner = f'<span class="sp-c">{seen}</span>' if is_unseen(character) else escape(character)
        if character == "\n":
            inner += "\n"
        if what:
            kind = "sp-u" if place in forcing else "sp-e"
            title = escape(f"{title_of(character)}: {what}")
            inner = f'<mark class="{kind}" title="{title}">{inner}</mark>'
        elif is_unseen(character):
            inner = inner.replace(
                '<span class="sp-c">', f'<span class="sp-c" title="{escape(title_of(character))}">'
            )
        out.append(inner)
    return "".join(out)


def key_html(made: Sequence[Segmentation]) -> str:
    """Say what the marks mean, those that stand there."""
    lines = []
    if any(each.culprits for each in made):
        lines.append('<mark class="sp-u">underlined</mark>: forces Unicode')
    if any(any(map(wide(each), each.text[:DRAWN])) for each in made):
        lines.append('<mark class="sp-e">dotted</mark>: takes two units')
    return f'<p class="sp-key">{" · ".join(lines)}</p>' if lines else ""
