"""What a rule of the linter looks at: a template, its fixed text, and what stands in it where."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, Protocol
from unicodedata import category, name, normalize

import regex

from smsplan.api.dryruns import Composer, characters
from smsplan.api.profiles import Profile
from smsplan.encoding import ucs2
from smsplan.encoding.look_alikes import AUTO_ENCODING, GREEK_CAPITAL, LOOK_ALIKES
from smsplan.encoding.segmentation import Encoding, Measure, culprits
from smsplan.encoding.substitution import Change, replacements
from smsplan.errors import InputError
from smsplan.limits import Limits
from smsplan.templates import Template, TemplateWarning
from smsplan.templates.mojibake import Misread, misread
from smsplan.templates.placeholders import syntax_of
from smsplan.totals.summary import Summary

# Stands in for what no rule about characters may touch; visible, no letter, and in no list.
_MASK = "\ue000"
_MASKS = re.compile(f"{_MASK}+")

# Between two of ASCII or mask a cluster ends in any case: those beside others, with the others.
_CLUSTERS = re.compile(rf"[ -~{_MASK}]?(?:[^ -~{_MASK}]+[ -~{_MASK}]?)+")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_LATIN = regex.compile(r"\p{Script=Latin}")
_NO_SCRIPT = regex.compile(r"[\p{Script=Common}\p{Script=Inherited}]")
_RIGHT_TO_LEFT = regex.compile(r"[\p{L}&&[\p{Bidi_Class=R}\p{Bidi_Class=AL}]]", regex.V1)
_BIDI = regex.compile(r"\p{Bidi_Control}")
_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}|\p{Cf}")
_EMOJI = regex.compile(
    r"\p{Emoji_Presentation}|\uFE0F|\u20E3|[\U00010000-\U0010FFFF&&\p{So}]", regex.V1
)
_JOINERS = "\u200c\u200d"
_OVERRIDES = "\u202d\u202e"
_SENTENCE_ENDS = {"'", '"', "<", ">"}


class PlanTotals(Protocol):
    """A plan, of which the rules over recipients read the totals."""

    @property
    def summary(self) -> Summary:
        """The totals."""

    @property
    def recipient_columns(self) -> Sequence[str]:
        """The names of the columns of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """What the rules measure by, and which of them are asked.

    ``select`` and ``ignore`` are codes or their beginnings (``SMS1``): the longest that fits a rule
    decides, ``ignore`` where both are as long. ``defaults`` are the values of parameters for
    recipients without one; ``syntax`` is that of :class:`smsplan.Template`. ``max_parts`` is how
    many parts a message may have (null: the fixed text one, with recipients any), ``near`` up to
    how many characters over a part are few. ``truncate_concat`` says that messages are cut to one
    part. ``opt_out`` are words of which one has to be there; ``max_url`` the characters of a link.
    ``max_longer`` is the share of messages that may take more parts than the fixed text,
    ``max_cost`` the budget, as in :class:`smsplan.Limits`.

    Raises :class:`~smsplan.errors.InputError` where a setting is none.
    """

    select: Sequence[str] = ("SMS",)
    ignore: Sequence[str] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    syntax: str = "${}"
    profile: Profile | str | None = None
    max_parts: int | None = None
    near: int = 10
    truncate_concat: bool = False
    opt_out: Sequence[str] = ()
    max_url: int = 40
    max_longer: int | str = "10%"
    max_cost: str | Sequence[str] | None = None

    def __post_init__(self) -> None:
        faults = [
            f'{key}={value!r} is no list of texts; write ["..."]'
            for key in ("select", "ignore", "opt_out")
            if not _texts(value := getattr(self, key))
        ]
        if not isinstance(self.defaults, Mapping) or not _texts(list(self.defaults.values())):
            faults.append('defaults are no texts by parameter; write {name = "there"}')
        try:
            syntax_of(self.syntax)
        except InputError as error:
            faults.append(str(error))
        least = {"near": 0, "max_url": 1, "max_parts": 1}
        for key, low in least.items():
            value = getattr(self, key)
            if (value is not None or key != "max_parts") and (
                not isinstance(value, int) or isinstance(value, bool) or value < low
            ):
                faults.append(f"{key}={value!r} is no number of {low} or more; write one")
        if not isinstance(self.truncate_concat, bool):
            faults.append("truncate_concat is neither true nor false; write one of them")
        try:
            Limits(max_cost=self.max_cost, max_problems=self.max_longer)
        except InputError as error:
            faults.append(str(error).replace("max_problems", "max_longer"))
        if faults:
            raise InputError("\n".join(faults))
        object.__setattr__(self, "profile", Profile.of(self.profile))

    @property
    def by(self) -> Profile:
        """The profile."""
        return Profile.of(self.profile)


def _texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


class Spot(NamedTuple):
    """A place in the body, in code points from 0, and what may stand there instead, if anything."""

    start: int
    end: int
    fix: str | None = None


class TemplateLook:
    """A template under settings, and the totals of its recipients where there are any."""

    def __init__(self, template: Template, settings: LintSettings, plan: PlanTotals | None) -> None:
        self.template = template
        self.body = template.body
        self.settings = settings
        self.plan = plan
        self.summary = None if plan is None else plan.summary
        self.composer = Composer(template, settings.by, truncate_concat=settings.truncate_concat)

    @cached_property
    def fixed(self) -> str:
        """The text with nothing in place of its parameters."""
        return "".join(self.template.literals)

    @cached_property
    def _pieces(self) -> list[tuple[str | None, Spot]]:
        """The pieces of the body in order, with their places: a key, or None for fixed text."""
        found: list[tuple[str | None, Spot]] = []
        start = 0
        for index, piece in enumerate(self.template.pieces):
            end = start + len(piece) + (len("${}") if index % 2 else 0)
            found.append((piece if index % 2 else None, Spot(start, end)))
            start = end
        return found

    @cached_property
    def fixed_places(self) -> list[int]:
        """Where each code point of the fixed text stands in the body; at last, the end."""
        fixed = [spot for key, spot in self._pieces if key is None]
        return [*(n for spot in fixed for n in range(spot.start, spot.end)), len(self.body)]

    @cached_property
    def placeholders(self) -> dict[str, Spot]:
        """Where each parameter first stands."""
        # Of the same key the last wins, which backwards is the first.
        backwards = {key: spot for key, spot in reversed(self._pieces) if key is not None}
        return dict(reversed(backwards.items()))

    @cached_property
    def measure(self) -> Measure:
        """What the fixed text takes."""
        return self.parts_of(self.fixed)

    def parts_of(self, text: str) -> Measure:
        """What a text takes under the profile."""
        return self.composer.measure(characters(text, self.settings.by))

    @cached_property
    def suspects(self) -> tuple[TemplateWarning, ...]:
        """What looks like a parameter and is not."""
        columns = () if self.plan is None else self.plan.recipient_columns
        return self.template.warnings_for(columns)

    @cached_property
    def misread(self) -> tuple[Misread, ...]:
        """Where the body looks like UTF-8 read as something else."""
        return misread(self.body)

    @cached_property
    def masked(self) -> str:
        """The body, as long as it is, without parameters and what looks like one."""
        hidden = [spot[:2] for key, spot in self._pieces if key is not None]
        hidden += [(one.position, one.position + len(one.text)) for one in self.suspects]
        # Their characters are nobody's: SMS116 says what was meant.
        hidden += [(one.start, one.end) for one in self.misread]
        out = list(self.body)
        for start, end in hidden:
            out[start:end] = _MASK * (end - start)
        return "".join(out)

    @cached_property
    def outside(self) -> Sequence[int]:
        """Where characters stand that no alphabet of the profile has, in order."""
        profile = self.settings.by
        # A space is in every alphabet.
        found = culprits(self.masked.replace(_MASK, " "), languages=profile.languages)
        strange = {
            character
            for character in {each.character for each in found}
            if culprits(characters(character, profile), languages=profile.languages)
        }
        if profile.auto_encoding == "on" and strange <= AUTO_ENCODING.keys():
            # The account replaces them, wherever it matters.
            return ()
        return [place for character, place in found if character in strange]

    def _outside(self, start: int, end: int) -> Sequence[int]:
        """Those of :attr:`outside` between two places."""
        first = bisect_left(self.outside, start)
        return self.outside[first : bisect_left(self.outside, end, first)]

    @cached_property
    def _strange_words(self) -> list[tuple[int, int]]:
        """Where words begin and end that have characters outside, in order."""
        return [
            word.span()
            for word in (_WORD.finditer(self.masked) if self.outside else ())
            if not word[0].isascii() and self._outside(*word.span())
        ]

    @cached_property
    def foreign(self) -> tuple[str, int, int] | None:
        """The first word of another script than Latin, without which there would be no Unicode."""
        for start, end in self._strange_words:
            word = self.masked[start:end]
            strange = [
                character
                for character in map(self.masked.__getitem__, self._outside(start, end))
                if not _NO_SCRIPT.match(character) and culprits(normalize("NFC", character))
            ]
            kinds = set(map(_kind, strange))
            if strange and kinds != {GREEK_CAPITAL} and not _LATIN.search(word):
                return word, start, end
        return None

    @cached_property
    def right_to_left(self) -> bool:
        """Whether there are letters that are written from right to left."""
        return _RIGHT_TO_LEFT.search(self.masked) is not None

    @cached_property
    def _changes(self) -> dict[int, Change]:
        """What may stand in for what, by its place."""
        # One mask is as good as many.
        short = _MASKS.sub(_MASK, self.masked)
        changes = replacements(short, "safe")
        ends = [match.end() for match in _MASKS.finditer(self.masked)]
        # How many masks are left out before the end of each run, and that end in the short text.
        gone = [0, *accumulate(len(each) - 1 for each in _MASKS.findall(self.masked))]
        near = [end - less for end, less in zip(ends, gone[1:], strict=True)]
        places = (each.position + gone[bisect_right(near, each.position)] for each in changes)
        return dict(zip(places, changes, strict=True))

    @cached_property
    def spots(self) -> Mapping[str, Sequence[Spot]]:
        """The characters outside the alphabet, by the code of the rule that they are a case of."""
        found: dict[str, list[Spot]] = {}
        fixes = self._changes
        latin = {
            place
            for start, end in self._strange_words
            if _LATIN.search(self.masked, start, end)
            for place in self._outside(start, end)
        }
        for start, end, outside in self._clusters():
            # What only chooses the look of a digit makes no emoji of it.
            if _is_emoji(self.masked[start:end]) and not fixes.keys() >= set(outside):
                found.setdefault("SMS106", []).append(Spot(start, end))
                continue
            whole = fixes.get(start)
            if (
                whole is not None
                and whole.kind == "composed"
                and (len(whole.original) > 1 or not culprits(whole.replacement))
            ):
                found.setdefault("SMS108", []).append(Spot(start, end, whole.replacement))
                continue
            for place in outside:
                change = fixes.get(place)
                fix = None
                if (
                    change is not None
                    and len(change.original) == 1
                    # Nothing that a parameter could be made of.
                    and not set(change.replacement) & set("${}<>")
                ):
                    fix = change.replacement
                code = _code(self.body[place], place in latin)
                found.setdefault(code, []).append(Spot(place, place + 1, fix))
        return {code: self._allowed(code, spots) for code, spots in found.items()}

    def _clusters(self) -> Iterator[tuple[int, int, Sequence[int]]]:
        """Yield where grapheme clusters begin and end that have characters outside, and these."""
        places, at = self.outside, 0
        for match in _CLUSTERS.finditer(self.masked) if places else ():
            while at < len(places) and places[at] < match.start():
                yield places[at], places[at] + 1, places[at : at + 1]
                at += 1
            if at == len(places):
                return
            if places[at] >= match.end():
                continue
            for start, end in _cut(match[0]):
                first, end = at, match.start() + end
                while at < len(places) and places[at] < end:
                    at += 1
                if at > first:
                    yield match.start() + start, end, places[first:at]
        yield from ((place, place + 1, [place]) for place in places[at:])

    def _allowed(self, code: str, spots: list[Spot]) -> Sequence[Spot]:
        """Leave out what is right in a text of another script: it is Unicode anyway."""
        if code == "SMS112":
            if self.right_to_left:
                return [Spot(*s[:2]) for s in spots if self.body[s.start] in _OVERRIDES]
            return spots
        if self.foreign is None or code in ("SMS108", "SMS110"):
            return spots
        if code == "SMS105":
            return [spot for spot in spots if self.body[spot.start] not in _JOINERS]
        return []

    @cached_property
    def dearness(self) -> str:
        """What it means that the fixed text is Unicode, in figures."""
        now = self.measure.number_of_parts
        text = characters(self.fixed, self.settings.by)
        plain = text.translate({ord(each): "x" for each in set(text) if culprits(each)})
        less = self.parts_of(plain).number_of_parts
        if now > less:
            return f"{now} parts instead of {less}"
        return "70 characters fit one part instead of 160"


def _kind(character: str) -> str:
    entry = LOOK_ALIKES.get(character)
    return "" if entry is None else entry.kind


@lru_cache(maxsize=1 << 12)
def _cut(text: str) -> tuple[tuple[int, int], ...]:
    """Return where clusters begin and end: what stands around odd characters recurs."""
    return tuple(ucs2.clusters(text))


@lru_cache(maxsize=1 << 12)
def _is_emoji(cluster: str) -> bool:
    return _EMOJI.search(cluster) is not None


@lru_cache(maxsize=1 << 12)
def _code(character: str, in_latin_word: bool) -> str:
    """Say which rule a character outside the alphabet is a case of."""
    entry = LOOK_ALIKES.get(normalize("NFC", character))
    group = category(character)
    if _BIDI.match(character):
        return "SMS112"
    if group == "Cc":
        return "SMS111"
    if _IGNORABLE.match(character):
        return "SMS105"
    if group[0] == "Z":
        return "SMS101"
    if _kind(character) == GREEK_CAPITAL:
        return "SMS109"
    if _kind(character) == "width form" or _styled(character):
        return "SMS115"
    if group[0] in "LM":
        if _LATIN.match(character) or _NO_SCRIPT.match(character):
            # Marks that count as quotes are letters by their category.
            quote = entry is not None and entry.replacement in _SENTENCE_ENDS and entry.safe
            return "SMS102" if quote else "SMS107"
        return "SMS110" if in_latin_word else "SMS113"
    if entry is not None and entry.safe and entry.replacement in _SENTENCE_ENDS:
        return "SMS102"
    if entry is not None and entry.safe and group != "Po" and set(entry.replacement) == {"-"}:
        return "SMS103"
    return "SMS104" if character == "…" else "SMS114"


def _styled(character: str) -> bool:
    """Whether a character is a letter or digit in costume: bold, script, in a circle."""
    plain = normalize("NFKC", character)
    return (
        character > "\u2000"
        and plain != character
        and plain.isascii()
        and (
            len(plain) == 1
            and plain.isalnum()
            and name(character, "").startswith(
                ("FULLWIDTH", "MATHEMATICAL", "CIRCLED", "SQUARED", "NEGATIVE")
            )
        )
    )


def harmless(text: str) -> str:
    """Escape what a terminal acts upon, line breaks too."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def is_gsm(measure: Measure) -> bool:
    """Whether a text needs no Unicode."""
    return measure.encoding is Encoding.GSM


def any_of(values: Any) -> str:
    """List names in quotes."""
    return ", ".join(f"'{value}'" for value in values)
