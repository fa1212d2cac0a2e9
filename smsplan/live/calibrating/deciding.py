"""What answers say of the switches: attribute by attribute, each by itself.

A :class:`Fact` is one attribute of one answer: whether the request was accepted, a total, who is
listed, or the parts, the encoding or the body of one recipient. What a profile would answer is
computed here, for every value of the few switches that the request asks about. A value goes when no
profile that has it answers so; a switch is decided when one value is left.

An attribute that no profile has is **unexplained**, and decides nothing. Where attributes that are
possible each by itself are not so together, the switches that they share stay open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any, get_args, get_type_hints

from smsplan.api.dryruns import dry_run
from smsplan.api.profiles import SWITCHES, Profile
from smsplan.encoding.alphabets import LANGUAGES
from smsplan.errors import RequestRefused
from smsplan.live.account_words import Words
from smsplan.live.answers import Answer, Refused, number_of, refused_by
from smsplan.live.asking import LENIENT
from smsplan.live.calibrating.probes import LIMITS, Probe, language

# Attributes: the field, and the recipient whose it is; of the whole answer empty.
Attribute = tuple[str, str]
ACCEPTED, CODE, ORDER = ("accepted", ""), ("code", ""), ("order", "")
PER_RECIPIENT = ("per_recipient", "")
# Looked at only where they are asked about: of most requests they say nothing new.
_ASKED_ONLY = {"word": "encoding_names", "order": "per_recipient_order"}
# What an account does with every answer: where one fits nothing, others fit by chance.
_HABITS = frozenset({"word", "order", "per_recipient"})
# Pairs of requests decide these: see ``interview``.
_BY_PAIRS = frozenset({*(limit.switch for limit in LIMITS), "length_unit"})


def _variables() -> dict[str, tuple[Any, ...]]:
    made: dict[str, tuple[Any, ...]] = {}
    for switch, hint in get_type_hints(Profile).items():
        if switch == "languages":
            made |= {language(name): (False, True) for name in LANGUAGES}
        elif switch in SWITCHES and switch not in _BY_PAIRS:
            made[switch] = (True, False) if hint is bool else get_args(hint)
    return made


VARIABLES = _variables()
"""What facts decide, with every value; each national table is a question of its own."""


def profile_of(values: Mapping[str, Any]) -> Profile:
    """Return a profile of some values, without limits.

    >>> profile_of({"unmatched": "empty", "languages tr": True}).languages
    ('tr',)
    """
    switches = {name: value for name, value in values.items() if name in Profile.__slots__}
    languages = [name for name in LANGUAGES if values.get(language(name))]
    return LENIENT.replace(**switches, languages=languages)


def attributes(answer: Answer, words: Words) -> dict[Attribute, Any]:
    """Return the attributes of an answer, as far as they are there and can be understood."""
    if isinstance(answer, Refused):
        return {ACCEPTED: False, CODE: answer.code}
    made: dict[Attribute, Any] = {ACCEPTED: True}
    for name in ("number_of_recipients", "number_of_messages"):
        if name not in answer.missing:
            made[name, ""] = getattr(answer, name)
    made[PER_RECIPIENT] = "absent" if answer.per_recipient is None else "listed"
    if answer.per_recipient is None:
        return made
    by_number: dict[str, list[Any]] = {}
    for item in answer.per_recipient:
        by_number.setdefault(number_of(item), []).append(item)
    made["listed", ""] = {number: len(some) for number, some in sorted(by_number.items())}
    made[ORDER] = list(by_number)
    for number, some in by_number.items():
        values: dict[str, list[Any]] = {
            "number_of_parts": [item.number_of_parts for item in some],
            "encoding": [item.encoding.casefold() for item in some],
            "body": [item.body for item in some],
        }
        for name in {name for item in some for name in item.missing}:
            del values[name]
        if "encoding" in values:
            values["word"] = values.pop("encoding")
            meanings = [words.meaning(word) for word in values["word"]]
            values |= {} if None in meanings else {"encoding": meanings}
        made |= {(name, number): sorted(each) for name, each in values.items()}
    return made


Row = tuple[tuple[Any, ...], dict[Attribute, Any]]


def table(probe: Probe) -> tuple[Row, ...]:
    """Return what is answered to a probe under all values of what it asks."""
    return _table(_Hashed(probe.key, probe.asks or (), probe))


@dataclass(frozen=True)
class _Hashed:
    key: str
    asks: tuple[str, ...]
    probe: Probe = field(compare=False)


@lru_cache(4096)
def _table(of: _Hashed) -> tuple[Row, ...]:
    words, probe = Words(), of.probe
    rows = []
    for values in product(*(VARIABLES[name] for name in of.asks)):
        profile = profile_of(dict(zip(of.asks, values, strict=True)))
        try:
            answer: Answer = dry_run(
                probe.payload, per_recipient=True, number_of_recipients=probe.most, profile=profile
            )
        except RequestRefused as refused:
            answer = refused_by(refused)
        rows.append((values, attributes(answer, words)))
    return tuple(rows)


@dataclass(frozen=True, eq=False)
class Fact:
    """One attribute of the answer to one call."""

    call: int
    probe: Probe
    attribute: Attribute
    observed: Any

    @property
    def about(self) -> tuple[str, ...]:
        """What the attribute may decide."""
        asked = _ASKED_ONLY.get(self.attribute[0])
        return (asked,) if asked else self.probe.asks or ()

    @property
    def possible(self) -> list[Any]:
        """Every value that some profile has for the attribute."""
        found: list[Any] = []
        for _, predicted in table(self.probe):
            if self.attribute in predicted and predicted[self.attribute] not in found:
                found.append(predicted[self.attribute])
        return found

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the values of what the probe asks under which the attribute is as observed.

        A recipient who is left out under some of them has no attributes there, and contradicts
        nothing: that it is listed is a fact of its own.
        """
        if self.observed not in self.possible:
            return []
        return [
            values
            for values, predicted in table(self.probe)
            if predicted.get(self.attribute, self.observed) == self.observed
            and (predicted[ACCEPTED] or self.attribute == ACCEPTED)
        ]


@dataclass(slots=True)
class Decision:
    """What facts leave possible of each variable, and what decided it.

    ``unexplained``: facts that no profile has; ``clashing``: those that others rule out.
    """

    possible: dict[str, tuple[Any, ...]]
    decided_by: dict[str, list[int]]
    unexplained: list[Fact]
    clashing: list[Fact]
    facts: Sequence[Fact]


def decide(facts: Sequence[Fact]) -> Decision:
    """Return what facts leave possible."""
    known = [(fact, fact.rows()) for fact in facts]
    unexplained = [fact for fact, rows in known if not rows]
    odd = {fact.attribute[0] for fact in unexplained} & _HABITS
    left = [(fact, rows) for fact, rows in known if rows and fact.attribute[0] not in odd]
    contested: frozenset[str] = frozenset()
    clashing: list[Fact] = []
    while True:
        possible, decided_by, clash = _narrowed(left, contested)
        if clash is None:
            break
        # Which of them is wrong nobody knows.
        contested |= {name for name in clash.probe.asks or () if possible[name] != VARIABLES[name]}
        clashing.append(clash)
    return Decision(possible, decided_by, unexplained, clashing, facts)


def _narrowed(
    facts: Iterable[tuple[Fact, list[tuple[Any, ...]]]], contested: frozenset[str]
) -> tuple[dict[str, tuple[Any, ...]], dict[str, list[int]], Fact | None]:
    """Take away what no fact allows, until nothing goes; the fact is one that allows nothing."""
    possible = dict(VARIABLES)
    decided_by: dict[str, list[int]] = {}
    changed = True
    while changed:
        changed = False
        for fact, rows in facts:
            asks = fact.probe.asks or ()
            allowed = [
                row
                for row in rows
                if all(value in possible[name] for name, value in zip(asks, row, strict=True))
            ]
            if not allowed:
                return possible, decided_by, fact
            for place, name in enumerate(asks):
                if name in contested:
                    continue
                some = {row[place] for row in allowed}
                kept = tuple(value for value in possible[name] if value in some)
                if kept != possible[name]:
                    possible[name], changed = kept, True
                    decided_by.setdefault(name, []).append(fact.call)
    return possible, decided_by, None


def facts_of(call: int, probe: Probe, answer: Answer, words: Words) -> Iterator[Fact]:
    """Yield the facts of an answer to a probe."""
    asks = probe.asks or ()
    for attribute, observed in attributes(answer, words).items():
        asked = _ASKED_ONLY.get(attribute[0])
        if attribute != CODE and (asked is None or asked in asks):
            yield Fact(call, probe, attribute, observed)
