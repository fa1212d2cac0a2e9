"""Replacing look-alikes of GSM characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple
from unicodedata import normalize

import regex

from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.segmentation import Encoding, Measure, culprits, measure
from smsplan.errors import InputError

AUTO_ENCODING = {
    ord(character): entry.replacement
    for character, entry in LOOK_ALIKES.items()
    if entry.auto_encoding
}


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
GREEK_CAPITAL = "greek capital look-alike"
# Letters and the marks on them: what belongs to one word.
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_MARK = regex.compile(r"\p{M}")
_CLUSTER = regex.compile(r"\X")


class Change(NamedTuple):
    """One replacement: ``position`` is the index of its first code point in the text as given.

    ``kind`` is the class of the character (``typographic``, ``accent``, ``invisible``, …), or
    ``composed`` where characters became one by NFC.
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
    :class:`~smsplan.errors.InputError` for another level or time.

    >>> Substitution().apply("“Hello”" + "a" * 70).text[:7]
    '"Hello"'
    """

    level: Level = "safe"
    when: When = "saves"
    partial: bool = False
    above_one_part: bool = False

    def __post_init__(self) -> None:
        if self.level not in ("safe", "lossy"):
            raise InputError(f"level='{self.level}': write 'safe' or 'lossy'")
        if self.when not in ("saves", "always"):
            raise InputError(f"when='{self.when}': write 'saves' or 'always'")

    @classmethod
    def of(cls, value: Substitution | Level | None) -> Substitution | None:
        """Return the substitution that a level names; None is none.

        >>> Substitution.of("lossy").partial
        False
        """
        if value is None or isinstance(value, Substitution):
            return value
        return cls(value)

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
        changes = tuple(replacements(text, self.level))
        made = _changed(text, changes)
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
) -> Substituted:
    """Replace what forces Unicode by what the GSM alphabet has, and say what was replaced.

    ``safe`` is typographic and keeps the meaning: quotes, dashes, spaces, wide forms; it drops
    invisible characters, and takes Greek capitals for Latin ones that look the same, in words whose
    other letters are in the alphabet. ``lossy`` also takes accents away and spells out symbols and
    letters. Composes first (NFC): ``e`` and an accent may be one character of the alphabet.

    ``when="saves"`` changes a text only where that lowers the number of parts; ``"always"`` also
    where it stays. No mode raises it. A text in which something outside the alphabet would be left
    is not changed, but for ``partial``; ``above_one_part`` leaves alone what fits one part.

    Raises :class:`~smsplan.errors.InputError` for another level or time.

    >>> made = substitute("“Hello” – " + "a" * 61)
    >>> made.text[:12], made.before.number_of_parts, made.after.number_of_parts
    ('"Hello" - aa', 2, 1)
    >>> made.changes[0]
    Change(position=0, original='“', replacement='"', kind='typographic')
    >>> substitute("“Hello”").changes
    ()
    """
    return Substitution(level, when, partial, above_one_part).apply(text)


def replaced(text: str, level: Level) -> str:
    """Replace all that a level replaces, whatever that saves.

    >>> replaced("“Zoë”", "lossy")
    '"Zoe"'
    """
    return _changed(text, replacements(text, level)) if culprits(text) else text


def _changed(text: str, changes: Iterable[Change]) -> str:
    out, done = [], 0
    for change in changes:
        out += [text[done : change.position], change.replacement]
        done = change.position + len(change.original)
    return "".join([*out, text[done:]])


def replacements(text: str, level: Level) -> list[Change]:
    """Return every replacement of a level, in the order of the text, whatever it saves.

    >>> replacements("“Hi” 😀", "safe")[1]
    Change(position=3, original='”', replacement='"', kind='typographic')
    """
    found: list[Change] = []
    capitals: list[Change] = []
    for match in _CLUSTER.finditer(text):
        cluster, start = match[0], match.start()
        composed = normalize("NFC", cluster)
        replaced = [_replacement(character, level) for character in composed]
        whole = "".join(new for new, _ in replaced)
        if whole == cluster:
            continue
        if composed != cluster or normalize("NFC", whole) != whole:
            # What was several characters is reported as the one change that it is.
            kind = next((kind for _, kind in replaced if kind), "composed")
            whole = _settled(whole, level)
            if whole != cluster:
                found.append(Change(start, cluster, whole, kind))
            continue
        for place, (character, (new, kind)) in enumerate(zip(composed, replaced, strict=True)):
            # Without it, a mark behind it would stand on another letter.
            if new == character or (not new and _mark_left(text, start + place + 1, level)):
                continue
            change = Change(start + place, character, new, kind)
            (capitals if kind == GREEK_CAPITAL else found).append(change)
    if capitals:
        found += _in_latin_words(text, found, capitals)
    return sorted(found)


def _settled(text: str, level: Level) -> str:
    """Compose and replace until nothing changes: a wide letter and a mark are a letter with one."""
    while True:
        composed = normalize("NFC", text)
        new = "".join(_replacement(character, level)[0] for character in composed)
        if new == text:
            return new
        text = new


def _mark_left(text: str, start: int, level: Level) -> bool:
    """Whether a mark stands here that is one still when all is replaced."""
    for place in range(start, len(text)):
        if not _MARK.match(text[place]):
            return False
        new = _replacement(text[place], level)[0]
        if new:
            return _MARK.match(new) is not None
    return False


def _replacement(character: str, level: Level) -> tuple[str, str]:
    entry = LOOK_ALIKES.get(character)
    if entry is None or not (entry.safe or level == "lossy"):
        return character, ""
    return entry.replacement, entry.kind


def _in_latin_words(text: str, found: list[Change], capitals: list[Change]) -> Iterator[Change]:
    """Yield the Greek capitals of words whose other letters are, or become, of the alphabet."""
    # The text as the other changes leave it, in as many characters; ``A`` is of the alphabet.
    letters = list(text)
    for change in capitals:
        letters[change.position] = "A"
    for change in found:
        end = change.position + len(change.original)
        if not culprits(change.replacement):
            # What becomes a quote parts words, what is dropped joins them.
            within = _WORD.fullmatch(change.replacement) or not change.replacement
            letters[change.position : end] = ("A" if within else " ") * len(change.original)
    words = [
        match.span()
        for match in _WORD.finditer("".join(letters))
        if not culprits(match[0])
    ]  # fmt: skip
    at = 0
    for change in capitals:
        while at < len(words) and words[at][1] <= change.position:
            at += 1
        if at < len(words) and words[at][0] <= change.position:
            yield change
