"""Replacing look-alikes of GSM characters.

:func:`replacements` decides what becomes of a text: composing (NFC), what stands in for a character
or a word, and what may be dropped. Whatever names a replacement asks it: :func:`substitute`, and
:func:`stand_ins` for the explanations.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal, NamedTuple
from unicodedata import category, normalize

import regex

from smsplan.encoding import look_alikes
from smsplan.encoding.gsm7 import tables
from smsplan.encoding.look_alikes import GREEK, GREEK_CAPITAL, LOOK_ALIKES, is_latin
from smsplan.encoding.segmentation import Encoding, Measure, culprits, measure
from smsplan.encoding.transliteration import checked, transliterations
from smsplan.errors import InputError

AUTO_ENCODING = {ord(character): new for character, new in look_alikes.AUTO_ENCODING.items()}


def auto_encode(text: str, *, partial: bool = False) -> str:
    """Replace what a provider's Auto Encoding replaces: the look-alikes on its list.

    All or nothing: the text stays as it is where something outside the GSM alphabet would be left,
    such as an emoji; ``partial`` replaces what it can.

    >>> auto_encode("“Hi”"), auto_encode("“Hi” \\U0001f600")
    ('"Hi"', '“Hi” 😀')
    """
    replaced = text.translate(AUTO_ENCODING)
    return replaced if partial or not culprits(replaced) else text


Level = Literal["safe", "lossy"]
When = Literal["saves", "always"]
TRANSLITERATED = "transliterated"
# What only stands in for a letter in a word of which all becomes of the alphabet.
_BORROWED = (GREEK, GREEK_CAPITAL)

_ALPHABET = tables().septets
_is_gsm = tables().text
# A run of the alphabet, up to what may change its last character; else a grapheme cluster, UAX #29,
# or an octet that was no control, and marks that go with what it is. Of the clusters, pairs of
# regional indicators first: ``\X`` counts all those before it anew at each.
_PIECE = regex.compile(
    rf"(?:[{regex.escape(''.join(_ALPHABET))}](?![\p{{M}}\u200c\u200d]))+|[\x80-\x9f]\p{{M}}+"
    r"|[\U0001f1e6-\U0001f1ff]{2}[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*|\X",
    regex.V0,
)
# Letters and the marks on them: what belongs to one word.
_WORD = regex.compile(r"[\p{L}\p{M}]+")
# A mark of no script, which goes with that of its letter. Those of a script stay with it.
SHARED_MARK = regex.compile(r"[\p{M}&&\p{Script=Inherited}]", regex.V1)
_GREEK_LETTER = regex.compile(r"\p{Script=Greek}")
_SMALL = regex.compile(r"\p{Ll}")
# What is in a cluster and no part of the character: joiners, and what chooses a look.
_BESIDE = regex.compile(r"[\u200c\u200d\ufe0e\ufe0f]|[^\u200c\u200d\ufe0e\ufe0f]+")
# UTF-8 read as ISO 8859-1: two octets of a Latin letter or symbol, three of punctuation or the
# euro sign. As Windows-1252 it would be no better.
_UTF_8 = regex.compile(r"[\xc2\xc3][\x80-\x9f]|\xe2[\x80-\x84][\x80-\xbf]")
# Letters of languages that write tones (Vietnamese, Yoruba, Igbo, pinyin). The alphabet has a grave
# on every vowel, so that half of the marks would stay, and a syllable without one has a tone too.
TONAL = regex.compile(r"[\u01a0\u01a1\u01af\u01b0\u01cd-\u01dc\u1ea0-\u1ef9]")
TONES = str.maketrans("àèéìòùÉ", "aeeiouE")


class Change(NamedTuple):
    """One replacement: ``position`` is the index of its first code point in the text as given.

    ``kind`` is the class of the character (``typographic``, ``accent``, ``invisible``, …),
    ``composed`` where characters became one by NFC, ``transliterated`` of a word.
    """

    position: int
    original: str
    replacement: str
    kind: str


@dataclass(frozen=True, slots=True)
class Substituted:
    """A text and what was changed in it, also as a pair; what it takes ``before`` and ``after``.

    >>> text, changes = substitute("“Hello”", when="always")
    >>> text, len(changes)
    ('"Hello"', 2)
    """

    text: str
    changes: tuple[Change, ...]
    before: Measure
    after: Measure

    def __iter__(self) -> Iterator[Any]:
        return iter((self.text, self.changes))


@dataclass(frozen=True, slots=True)
class Substitution:
    """What is replaced and when: the level and the policies of :func:`substitute`, as one value.

    ``plan(..., substitute=Substitution("lossy", above_one_part=True))``. Raises
    :class:`~smsplan.errors.InputError` for another level, time or language.

    >>> Substitution().apply("“Hello”" + "a" * 70).text[:7]
    '"Hello"'
    """

    level: Level = "safe"
    when: When = "saves"
    partial: bool = False
    above_one_part: bool = False
    transliterate: str | Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "transliterate", checked(self.transliterate))
        if self.level not in ("safe", "lossy"):
            raise InputError(f"level='{self.level}': write 'safe' or 'lossy'")
        if self.when not in ("saves", "always"):
            raise InputError(f"when='{self.when}': write 'saves' or 'always'")

    @classmethod
    def of(
        cls,
        value: Substitution | Level | None,
        transliterate: str | Sequence[str] | None = None,
    ) -> Substitution | None:
        """Return the substitution that a level names; None is none, but with languages ``safe``.

        >>> Substitution.of("lossy").partial
        False
        >>> Substitution.of(None, "el").level
        'safe'
        """
        if not transliterate:
            return value if value is None or isinstance(value, Substitution) else cls(value)
        how = value if isinstance(value, Substitution) else cls(value or "safe")
        return replace(how, transliterate=transliterate)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages whose words are transliterated."""
        return checked(self.transliterate)

    @property
    def least_saved(self) -> int:
        """The parts that a replacement has to save at least."""
        return int(self.when == "saves")

    def looked_at(self, number_of_parts: int) -> bool:
        """Whether a Unicode text of so many parts could be replaced at all.

        >>> Substitution().looked_at(1), Substitution(when="always").looked_at(1)
        (False, True)
        """
        return number_of_parts > max(self.least_saved, int(self.above_one_part))

    def apply(self, text: str, measured: Callable[[str], Measure] = measure) -> Substituted:
        """Substitute in a text; ``measured`` says what a text takes, as it will be billed."""
        before = measured(text)
        unchanged = Substituted(text, (), before, before)
        if before.encoding is Encoding.GSM or not self.looked_at(before.number_of_parts):
            return unchanged
        changes = tuple(replacements(text, self.level, self.languages))
        made = changed(text, changes)
        after = measured(made)
        if after.number_of_parts > before.number_of_parts - self.least_saved or (
            after.encoding is Encoding.UNICODE and not self.partial
        ):
            return unchanged
        return Substituted(made, changes, before, after)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self)


def substitute(
    text: str,
    level: Level = "safe",
    when: When = "saves",
    *,
    partial: bool = False,
    above_one_part: bool = False,
    transliterate: str | Sequence[str] = (),
) -> Substituted:
    """Replace what forces Unicode by what the GSM alphabet has, and say what was replaced.

    ``safe`` is typographic and keeps the meaning: quotes, dashes, spaces, wide forms; it drops what
    shows nothing where it does nothing, reads U+0080 to U+009F as the Windows-1252 that they were,
    and takes Greek capitals for Latin ones that look the same, in words whose other letters are in
    the alphabet. ``lossy`` also takes the marks from Latin letters and spells out symbols and
    letters; a Greek word only as a whole. Composes first (NFC): ``e`` and an accent may be one
    character of the alphabet. ``transliterate`` writes words of languages in Latin letters, by the
    standards of ``encoding.transliteration``: ``"el"``, ``"ru"``, ``"uk"``, ``"bg"``.

    ``when="saves"`` changes a text only where that lowers the number of parts; ``"always"`` also
    where it stays. No mode raises it. A text in which something outside the alphabet would be left
    is not changed, but for ``partial``; ``above_one_part`` leaves alone what fits one part.

    Raises :class:`~smsplan.errors.InputError` for another level, time or language.

    >>> made = substitute("“Hello” – " + "a" * 61)
    >>> made.text[:12], made.before.number_of_parts, made.after.number_of_parts
    ('"Hello" - aa', 2, 1)
    >>> made.changes[0]
    Change(position=0, original='“', replacement='"', kind='typographic')
    >>> substitute("“Hello”").changes
    ()
    """
    return Substitution(level, when, partial, above_one_part, transliterate).apply(text)


def replaced(text: str, level: Level, languages: Sequence[str] = ()) -> str:
    """Replace all that a level replaces, whatever that saves.

    >>> replaced("“Zoë”", "lossy"), replaced("“Αθήνα”", "safe", ["el"])
    ('"Zoe"', '"Athina"')
    """
    return changed(text, replacements(text, level, languages))


def changed(text: str, changes: Iterable[Change]) -> str:
    """Return a text with some of its changes made.

    >>> changed("“Hi”", replacements("“Hi”", "safe")[:1])
    '"Hi”'
    """
    out, done = [], 0
    for change in changes:
        out += [text[done : change.position], change.replacement]
        done = change.position + len(change.original)
    return "".join([*out, text[done:]])


class StandIn(NamedTuple):
    """What stands in for characters at a place: a change that leaves only the alphabet there."""

    change: Change
    level: Level


def stand_ins(text: str) -> list[StandIn]:
    """Return the best change for each place of a text, ``safe`` before ``lossy``, in order.

    >>> [(each.change.replacement, each.level) for each in stand_ins("Zoe\\u0301 “ş” ж")]
    [('é', 'safe'), ('"', 'safe'), ('s', 'lossy'), ('"', 'safe')]
    """
    found: dict[int, StandIn] = {}
    levels: tuple[Level, ...] = ("lossy", "safe")
    for level in levels:
        for change in replacements(text, level):
            if _is_gsm(change.replacement) and not _is_gsm(change.original):
                found[change.position] = StandIn(change, level)
    return [found[place] for place in sorted(found)]


@lru_cache(maxsize=1 << 12)
def stand_in(character: str) -> StandIn | None:
    """Return what stands in for a character by itself, wherever it stands.

    >>> stand_in("½").change.replacement, stand_in("ж")
    ('1/2', None)
    """
    levels: tuple[Level, ...] = ("safe", "lossy")
    for level in levels:
        new, kind = _settled(character, level)
        if new != character and _is_gsm(new):
            return StandIn(Change(0, character, new, kind), level)
    return None


def replacements(text: str, level: Level, languages: Sequence[str] = ()) -> list[Change]:
    """Return every replacement of a level, in the order of the text, whatever it saves.

    Words of ``languages`` that have characters outside the alphabet are transliterated as a whole.

    >>> replacements("“Hi” 😀", "safe")[1]
    Change(position=3, original='”', replacement='"', kind='typographic')
    """
    if _is_gsm(text):
        return []
    units = list(_units(text, level))
    if languages:
        units = _transliterated(text, units, languages)
    _hold_words(units)
    _hold_numbers(units)
    _hold_dropped(units)
    return [
        Change(unit.start, unit.original, unit.new, unit.kind)
        for unit in units
        if unit.new != unit.original
    ]


@dataclass(slots=True)
class _Unit:
    """Characters that change together, and what they become."""

    start: int
    original: str
    new: str
    kind: str = ""

    @property
    def end(self) -> int:
        return self.start + len(self.original)

    @property
    def dropped(self) -> bool:
        return not self.new

    def hold(self) -> None:
        """Leave it as it is, but composed."""
        self.new, self.kind = normalize("NFC", self.original), "composed"


def _units(text: str, level: Level) -> Iterator[_Unit]:
    """Cut a text into units and look each up alone."""
    # In order, as a set that is looked up for each piece.
    misread = dict.fromkeys(match.span() for match in _UTF_8.finditer(text))
    windows = any(_kind(each) == look_alikes.MISREAD for each in set(_UTF_8.sub("", text)))
    tones = level == "lossy" and TONAL.search(normalize("NFC", text)) is not None
    for start, piece in _pieces(text, misread):
        if (start, start + len(piece)) in misread:
            yield _Unit(start, piece, piece)
        elif piece[0] in _ALPHABET and _is_gsm(piece):
            yield from _toneless(start, piece) if tones else (_Unit(start, piece, piece),)
        else:
            # Next to another octet of Windows-1252 it is its ellipsis, else the control NEXT LINE.
            meant = "…" if piece == "\x85" and windows else piece
            new, kind = _settled(meant, level)
            kind = look_alikes.MISREAD if meant != piece else kind
            yield _Unit(start, piece, new.translate(TONES) if tones else new, kind)


def _pieces(text: str, whole: Iterable[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """Yield runs of the alphabet and clusters; what is ``whole`` is one piece."""
    done = 0
    for start, end in [*whole, (len(text), len(text))]:
        for match in _PIECE.finditer(text[done:start]):
            for each in _BESIDE.finditer(match[0]):
                yield done + match.start() + each.start(), each[0]
        if start < end:
            yield start, text[start:end]
        done = end


def _toneless(start: int, piece: str) -> Iterator[_Unit]:
    for place, each in enumerate(piece, start):
        yield _Unit(place, each, each.translate(TONES), look_alikes.ACCENT)


def _transliterated(text: str, units: list[_Unit], languages: Sequence[str]) -> list[_Unit]:
    """Put one unit in the place of those of each word that is written in Latin letters."""
    found = [
        each for each in transliterations(text, languages) if not _is_gsm(text[slice(*each[:2])])
    ]
    units = list(_cut(units, sorted({place for each in found for place in each[:2]})))
    ends = {unit.end for unit in units}
    words = {start: (end, new) for start, end, new in found if end in ends}
    out: list[_Unit] = []
    done = 0
    for unit in units:
        if unit.start < done:
            continue
        if unit.start in words:
            done, new = words[unit.start]
            unit = _Unit(unit.start, text[unit.start : done], new, TRANSLITERATED)
        out.append(unit)
    return out


def _cut(units: Iterable[_Unit], places: Sequence[int]) -> Iterator[_Unit]:
    """Cut runs that stay at places: a word may begin with capitals that the alphabet has."""
    for unit in units:
        start = unit.start
        if unit.new == unit.original:
            for place in places[bisect_right(places, start) :]:
                if place >= unit.end:
                    break
                piece = unit.original[start - unit.start : place - unit.start]
                yield _Unit(start, piece, piece)
                start = place
        if start == unit.start:
            yield unit
        else:
            piece = unit.original[start - unit.start :]
            yield _Unit(start, piece, piece)


@lru_cache(maxsize=1 << 14)
def _settled(piece: str, level: Level) -> tuple[str, str]:
    """Compose and replace until nothing changes: a wide letter and a mark are a letter with one."""
    kind, text = "", piece
    while True:
        new = normalize("NFC", text)
        if level == "lossy" and len(new) > 1 and is_latin(new[0]) and SHARED_MARK.match(new[-1]):
            # The letter stands for itself; a mark of another script never goes.
            kind, new = kind or look_alikes.ACCENT, new[:-1]
        else:
            looked_up = [_looked_up(each, level) for each in new]
            kind = kind or next((each for _, each in looked_up if each), "")
            new = "".join(each for each, _ in looked_up)
        if new == text:
            return new, kind or "composed"
        text = new


def _looked_up(character: str, level: Level) -> tuple[str, str]:
    entry = LOOK_ALIKES.get(character)
    if entry is None or not (entry.safe or level == "lossy"):
        return character, ""
    return entry.replacement, entry.kind


def of_character(character: str, level: Level) -> str:
    """Return what becomes of a character by itself.

    >>> of_character("“", "safe"), of_character("\\x9a", "safe"), of_character("\\x9a", "lossy")
    ('"', 'š', 's')
    """
    return _settled(character, level)[0]


def _kind(character: str) -> str:
    entry = LOOK_ALIKES.get(character)
    return "" if entry is None else entry.kind


def _hold_words(units: list[_Unit]) -> None:
    """Leave letters of other scripts in words of which not all becomes of the alphabet.

    Nor may a word be of two scripts to the eye: the alphabet has ten Greek capitals, which go with
    capitals that look Greek, and with no small letter.
    """
    if not any(unit.kind in _BORROWED for unit in units):
        return
    # Words are those of the text as it becomes: a quote parts them, what is dropped joins them.
    ends = list(accumulate(len(unit.new) for unit in units))
    text = "".join(unit.new for unit in units)
    for match in _WORD.finditer(text):
        first, last = (bisect_right(ends, place) for place in (match.start(), match.end() - 1))
        borrowed = [at for at in range(first, last + 1) if units[at].kind in _BORROWED]
        if not _is_gsm(match[0]) or is_mixed(match[0]):
            for at in borrowed:
                units[at].hold()
            continue
        for at in borrowed:
            if units[at].original != "\u03bc":
                continue
            # Alone or with Latin letters it is no letter mu: micrograms are not milligrams.
            others = [
                each
                for other, each in enumerate(match[0], match.start())
                if (of := bisect_right(ends, other)) != at and units[of].kind not in _BORROWED
            ]
            if len(match[0]) == 1 or not all(map(_GREEK_LETTER.match, others)):
                units[at].new = "u"


def is_mixed(word: str) -> bool:
    """Whether a word of the alphabet is of two scripts to the eye.

    >>> is_mixed("\u03a0araskeyi"), is_mixed("A\u0398HNA"), is_mixed("Athina")
    (True, False, False)
    """
    return _GREEK_LETTER.search(word) is not None and _SMALL.search(word) is not None


def _hold_numbers(units: list[_Unit]) -> None:
    """Keep a number form from running into the digit before it: 1½ is not 11/2, nor 10² 102."""
    last = ""
    for unit in units:
        if unit.kind == look_alikes.NUMBER_FORM and last.isdecimal():
            if "/" in unit.new:
                unit.new = f" {unit.new}"
            else:
                unit.hold()
        last = unit.new[-1:] or last


def _hold_dropped(units: list[_Unit]) -> None:
    """Leave what shows nothing where it may do something: beside what is not of the alphabet.

    A joiner makes one of two emoji, a mark of direction turns letters that are written from right
    to left, and what parts words of Thai or Khmer parts no others. Controls are no characters that
    show nothing, but octets that went astray: two words that they part are not made one.
    """
    kept: list[_Unit | None] = [None, *(unit for unit in units if not unit.dropped), None]
    between: dict[int, list[_Unit]] = {}
    count = 0
    for unit in units:
        count += not unit.dropped
        if unit.dropped:
            between.setdefault(count, []).append(unit)
    for place, dropped in between.items():
        before, after = kept[place], kept[place + 1]
        left = "" if before is None else before.new[-1]
        right = "" if after is None else after.new[0]
        glued = left.isalnum() and right.isalnum()
        if not _is_gsm(left + right) or (
            glued and any(category(unit.original) == "Cc" for unit in dropped)
        ):
            for unit in dropped:
                unit.hold()
