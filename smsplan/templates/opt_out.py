"""Where a text says how to stop it: words that no proposed cut may take away.

The keywords are those of the CTIA's Messaging Principles and Best Practices (2023, 5.1.3) and what
senders write in other languages. Words that mean something else in prose count in capitals, or
behind a verb that asks for an answer.
"""

from __future__ import annotations

import re

_ALONE = (
    r"unsubscribe|opt[ -]?out|abmelden|abbestellen|austragen|afmelden|uitschrijven|avregistrera|"
    r"d[ée]sabonn\w*|d[ée]sinscri\w*|darse? de baja|cancelar (?:la )?suscripci[oó]n|"
    r"annulla(?:re)? iscrizione|disiscriv\w*|descadastr\w*|wypisz|отписаться|відписатися"
)
_CAPITALS = r"STOP(?:ALL|P)?|ARR[EÊ]T|BAJA|SAIR|AFMELD|СТОП"
_ANSWERS = r"stop\w*|end|quit|cancel|arr[eê]t|baja|sair|no|stopp"
_VERBS = (
    r"reply|text|txt|send|sms|answer|antworten?|envoyez|r[ée]pond\w*|env[ií]a\w*|responde\w*|"
    r"rispondi"
)
_OPT_OUT = re.compile(
    rf"\b(?i:(?:{_VERBS})\s+(?:with\s+|with the word\s+)?)?[\"'“”«]?\b(?:{_CAPITALS})\b"
    rf"|\b(?i:(?:{_VERBS})\s+(?:with\s+)?[\"'“”«]?(?:{_ANSWERS})\b)"
    rf"|\b(?i:(?:to\s+)?(?:{_ALONE}))\b"
)


def opt_out_at(text: str) -> int | None:
    """Return where the words begin that say how to stop a text; None where there are none.

    >>> text = "Sale on Friday. Reply STOP to opt out"
    >>> text[opt_out_at(text):], opt_out_at("Stop by our shop")
    ('Reply STOP to opt out', None)
    """
    found = _OPT_OUT.search(text)
    return None if found is None else found.start()
