"""A body as its alterations see it: its pieces, and its last fixed text at any length."""

from __future__ import annotations

from smsplan.kernel.settings import RowSettings
from smsplan.templates import Template
from smsplan.templates.opt_out import opt_out_at

# What is added at the end of a text: a letter of the GSM alphabet, so one septet each.
LETTER = "a"


class Wording:
    """A template under the settings of a plan.

    ``pieces`` are fixed texts and keys of columns, in order; where a parameter has no column its
    default is fixed. ``last`` is the last literal of the template that is not empty (``""`` where
    all of them are), up to the words of the opt-out, which no alteration cuts; ``at`` is its place
    among the pieces, and behind it is what is ``kept``.

    >>> from smsplan import Message, Reading
    >>> made = Wording(RowSettings(message=Message("Hi ${a}!${b}", defaults={"b": "x"}),
    ...                         reading=Reading(columns={"a": "a"})))
    >>> made.last, made.at, made.pieces
    ('!', 2, ((None, 'Hi '), ('a', ''), (None, '!'), (None, 'x'), (None, '')))
    """

    def __init__(self, settings: RowSettings) -> None:
        self.settings = settings
        escapes = settings.profile.double_dollar == "escape"
        self.template = settings.message.template.under(dollar_escapes=escapes)
        literals = self.template.literals
        filled = [place for place, text in enumerate(literals) if text]
        self.at = 2 * (filled[-1] if filled else len(literals) - 1)
        text = self.template.pieces[self.at]
        begin = opt_out_at(text)
        self.last, self.kept = text[:begin], "" if begin is None else text[begin:]
        pieces: list[tuple[str | None, str]] = []
        for place, piece in enumerate(self.template.pieces):
            if place % 2 == 0:
                pieces.append((None, piece))
            elif piece in settings.reading.columns:
                pieces.append((piece, ""))
            else:
                pieces.append((None, settings.message.default(piece) or ""))
        if self.kept:
            pieces[self.at : self.at + 1] = [(None, self.last), (None, self.kept)]
        self.pieces = tuple(pieces)
        self.keys = tuple(dict.fromkeys(key for key, _ in pieces if key is not None))

    def longer(self, characters: int) -> Template:
        """Return the template with so many characters more; below 0: so many less."""
        literals = list(self.template.literals)
        text = self.last[: max(len(self.last) + characters, 0)] + LETTER * max(characters, 0)
        literals[self.at // 2] = text + self.kept
        return self.template.with_literals(literals)
