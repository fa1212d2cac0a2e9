"""What an account calls encodings and errors: its own words beside the documented ones."""

from __future__ import annotations

from functools import lru_cache

from smsplan.api.dryruns import characters
from smsplan.api.profiles import REPLACING, Profile
from smsplan.encoding import Encoding, culprits
from smsplan.encoding.substitution import auto_encode

_KNOWN = {"gsm": "GSM", "text": "GSM", "unicode": "UNICODE"}
# Whatever of a text some profile makes GSM, this one does.
_EVERY = Profile(**{name: next(iter(values)) for name, values in REPLACING.items()})


class Words:
    """The words that were heard, by the documented word that was expected in their place.

    >>> words = Words()
    >>> words.hear("GSM", "gsm7")
    >>> words.hear("UNICODE", "UCS2")
    >>> words.meaning("GSM7"), words.meaning("Text"), words.meaning("x")
    ('GSM', 'GSM', None)
    >>> words.own()
    {'GSM': ('gsm7',), 'UNICODE': ('UCS2',)}
    """

    def __init__(self, profile: Profile | None = None) -> None:
        """``profile`` is an account's whose own words are known."""
        self._heard: dict[str, dict[str, str]] = {}
        for documented, words in (profile or Profile()).own_words.items():
            for word in words:
                self.hear(documented, word)

    def hear(self, documented: str, word: str) -> None:
        """Note a word of the account; one that cannot be printed is none."""
        if word and word.isascii() and word.isprintable() and len(word) <= 64:
            self._heard.setdefault(documented, {}).setdefault(word.casefold(), word)

    def heard(self, documented: str) -> frozenset[str]:
        """Return the words that were heard in the place of a documented one, in small letters."""
        return frozenset(self._heard.get(documented, ()))

    def meaning(self, word: str) -> str | None:
        """Return what a word says of the encoding, ``GSM`` or ``UNICODE``; None: nothing."""
        small = word.casefold()
        meant = [name for name in ("GSM", "UNICODE") if small in self.heard(name)]
        if not meant:
            return _KNOWN.get(small)
        return meant[0] if len(meant) == 1 else None

    def own(self) -> dict[str, tuple[str, ...]]:
        """Return the words that are not the documented ones, as a profile has them."""
        out = {}
        for documented, words in self._heard.items():
            encoding = documented in _KNOWN.values()
            some = {small: word for small, word in words.items()
                    if not encoding or self.meaning(small) == documented}  # fmt: skip
            same = {small for small in some if _KNOWN.get(small, small) == documented
                    or small == documented.casefold()}  # fmt: skip
            if set(some) - same:
                out[documented] = tuple(some.values())
        return dict(sorted(out.items()))


@lru_cache(1024)
def certain(text: str) -> str | None:
    """Return the encoding of a text that is the same under every profile; None: it depends.

    >>> certain("Hi"), certain("я"), certain("ç")
    ('GSM', 'UNICODE', None)
    """
    if "\f" not in text and not culprits(text):
        return str(Encoding.GSM)
    left = auto_encode(characters(text, _EVERY), partial=True)
    return str(Encoding.UNICODE) if culprits(left, languages="all") else None
