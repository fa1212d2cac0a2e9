"""The rules of the linter: one small function each, with what its documentation says.

``docs/lint.md`` is written from here by ``docs/make_lint.py``; every example is run by a test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from smsplan.encoding import ucs2
from smsplan.encoding.segmentation import Encoding, culprits
from smsplan.errors import InputError, Problem
from smsplan.insight.lint_text import Look, Spot, any_of, counted, is_gsm, shown
from smsplan.limits import Limits, share

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


class Found(NamedTuple):
    """What a rule complains of: where, in code points of the body, and in which words."""

    spot: Spot
    message: str


Check = Callable[[Look], Iterator[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: what it is called, why it is there, and a template that breaks it.

    ``given`` are the settings, ``rows`` the recipients of its example and counterexample.
    """

    code: str
    name: str
    severity: Severity
    title: str
    why: str
    example: str
    counterexample: str
    check: Check = field(repr=False)
    given: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Mapping[str, str | None]] = ()
    counterrows: Sequence[Mapping[str, str | None]] = ()

    @property
    def fixable(self) -> bool:
        """Whether a fix is offered for the example."""
        return self.code in FIXABLE


RULES: dict[str, Rule] = {}
"""Every rule by its code, in order."""

FIXABLE = frozenset(
    f"SMS{number}" for number in (101, 102, 103, 104, 105, 108, 109, 111, 112, 114, 115, 204, 207)
)
"""The rules that offer a fix, for what has a safe one."""


def rule(
    code: str, name: str, severity: Severity, title: str, **words: Any
) -> Callable[[Check], Check]:
    """Enter a function as a rule."""

    def enter(check: Check) -> Check:
        RULES[code] = Rule(
            code=code, name=name, severity=severity, title=title, check=check, **words
        )
        return check

    return enter


def chosen(rule_: Rule, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether a rule is asked: the longest beginning of its code decides, a tie ignores.

    >>> nbsp = RULES["SMS101"]
    >>> chosen(nbsp, ["SMS"], ["SMS1"]), chosen(nbsp, ["SMS101"], ["SMS1"])
    (False, True)
    """

    def longest(prefixes: Sequence[str]) -> int:
        return max((len(each) for each in prefixes if rule_.code.startswith(each)), default=-1)

    return longest(select) > longest(ignore)


def check_codes(codes: Sequence[str], what: str) -> None:
    """Refuse beginnings of no rule's code."""
    unknown = [code for code in codes if not code or not any(r.startswith(code) for r in RULES)]
    if unknown:
        raise InputError(
            f"{what} has {any_of(unknown)}, which no rule's code begins with; they are in "
            "docs/lint.md, or: smsplan lint --rules"
        )


def _characters(look: Look, code: str, sentence: str) -> Iterator[Found]:
    """Complain of the characters of a rule: each that can be mended, each other kind once."""
    others: dict[str, list[Spot]] = {}
    for spot in look.spots.get(code, ()):
        text = look.body[spot.start : spot.end]
        if spot.fix is None:
            others.setdefault(text, []).append(spot)
        else:
            what = _named(text)
            yield Found(spot, sentence.format(what=what, dear=look.dearness))
    for text, spots in others.items():
        times = f", {len(spots)} times" if spots[1:] else ""
        yield Found(spots[0], sentence.format(what=_named(text) + times, dear=look.dearness))


def _named(text: str) -> str:
    if len(text) == 1:
        return shown(text)
    return f"{shown(text[0])} with {counted(len(text) - 1, 'more character')}"


_EVERY = "{what} makes every message Unicode: {dear}"


# --- SMS0xx: what cannot be looked at ---


@rule(
    "SMS001",
    "lone-surrogate",
    "error",
    "Half of a surrogate pair cannot be sent",
    why="A lone surrogate is no character: neither UTF-8 nor an SMS can carry it. It comes from "
    "text that was cut in the middle of an emoji. No other rule looks at such a text.",
    example="Hello \ud83d",
    counterexample="Hello",
)
def lone_surrogate(look: Look) -> Iterator[Found]:
    """Look for code points that no encoding has."""
    for match in re.finditer("[\ud800-\udfff]", look.body):
        yield Found(
            Spot(match.start(), match.end()),
            f"half of a surrogate pair (U+{ord(match[0]):04X}) cannot be sent; restore the other "
            "half or remove it",
        )


# --- SMS1xx: characters ---


@rule(
    "SMS101",
    "special-space",
    "warning",
    "No-break space makes every message Unicode",
    why="It looks like a space, comes from word processors and web pages, and is not in the GSM "
    "alphabet: one of them makes 70 characters of 160. The other special spaces do the same.",
    example="Only 20\u00a0EUR until Sunday",
    counterexample="Only 20 EUR until Sunday",
)
def special_space(look: Look) -> Iterator[Found]:
    """Look for spaces that are not the space."""
    return _characters(look, "SMS101", _EVERY)


@rule(
    "SMS102",
    "curly-quote",
    "warning",
    "Curly quotes and other marks in place of ' and \"",
    why="Word processors write them by themselves. The straight ones are in the GSM alphabet.",
    example="It’s here",
    counterexample="It's here",
)
def curly_quote(look: Look) -> Iterator[Found]:
    """Look for quotation marks, apostrophes, primes and accents that stand for them."""
    return _characters(look, "SMS102", _EVERY)


@rule(
    "SMS103",
    "dash",
    "warning",
    "Dashes in place of the hyphen",
    why="En dash, em dash, minus and the no-break hyphen are outside the GSM alphabet.",
    example="Open 9–17",
    counterexample="Open 9-17",
)
def dash(look: Look) -> Iterator[Found]:
    """Look for dashes."""
    return _characters(look, "SMS103", _EVERY)


@rule(
    "SMS104",
    "ellipsis",
    "warning",
    "An ellipsis in place of three full stops",
    why="One character outside the GSM alphabet costs more than two septets: all of them count "
    "more than twice.",
    example="Wait for it…",
    counterexample="Wait for it...",
)
def ellipsis_character(look: Look) -> Iterator[Found]:
    """Look for the ellipsis."""
    return _characters(look, "SMS104", _EVERY)


@rule(
    "SMS105",
    "invisible-character",
    "warning",
    "A character that nobody sees",
    why="Zero-width spaces, soft hyphens and byte order marks arrive by copy and paste, make a "
    "message Unicode, and are billed. Joiners inside emoji and in scripts that need them are left "
    "alone.",
    example="Sale\u200b today",
    counterexample="Sale today",
)
def invisible_character(look: Look) -> Iterator[Found]:
    """Look for what is not shown."""
    sentence = _EVERY if look.foreign is None else "{what} is billed and not shown"
    return _characters(look, "SMS105", sentence)


@rule(
    "SMS106",
    "emoji",
    "warning",
    "An emoji makes every message Unicode",
    why="One of them does it, and takes two code units or more. It can be worth it: then ignore "
    "this rule. Nothing can stand in for it, so there is no fix.",
    example="Your parcel is here 📦",
    counterexample="Your parcel is here :)",
)
def emoji(look: Look) -> Iterator[Found]:
    """Look for emoji, each as the cluster that one sees."""
    return _characters(look, "SMS106", _EVERY)


@rule(
    "SMS107",
    "letter",
    "warning",
    "A Latin letter that the GSM alphabet does not have",
    why="The alphabet has à, è, é, ì, ò, ù, ä, ö, ü, ñ, å, ø, æ, ß and Ç, and not á, í, ó, ú, â, ê, "
    "ç, ł or ş. Leaving the accent away changes a word, so the author decides: there is no fix.",
    example="Até amanhã",
    counterexample="Até logo",
)
def letter(look: Look) -> Iterator[Found]:
    """Look for letters."""
    from smsplan.encoding.look_alikes import LOOK_ALIKES

    for spot, message in _characters(look, "SMS107", _EVERY):
        entry = LOOK_ALIKES.get(look.body[spot.start : spot.end])
        near = f"; nearest in the alphabet: '{entry.replacement}'" if entry else ""
        yield Found(spot, message + near)


@rule(
    "SMS108",
    "decomposed",
    "warning",
    "An accent as a character of its own",
    why="macOS file names and some databases store é as e and an accent (NFD). That looks the "
    "same, is outside the GSM alphabet where é is in it, and counts twice in a Unicode message.",
    example="Cafe\u0301",
    counterexample="Caf\u00e9",
)
def decomposed(look: Look) -> Iterator[Found]:
    """Look for what NFC makes shorter, or brings into the alphabet."""
    for spot in look.spots.get("SMS108", ()):
        composed = spot.fix or ""
        text = look.body[spot.start : spot.end]
        message = f"'{composed}' is written as {len(text)} characters"
        if culprits(composed):
            message += (
                f"; as one (NFC) it takes {counted(ucs2.units(composed), 'code unit')} instead of "
                f"{ucs2.units(text)}"
            )
        else:
            message += (
                f", which makes every message Unicode: {look.dearness}; as one (NFC) it is GSM"
            )
        yield Found(spot, message)


@rule(
    "SMS109",
    "greek-capital",
    "warning",
    "A Greek capital that looks like a Latin one",
    why="Α, Β, Ε and eleven others look Latin and are outside the GSM alphabet, which has only the "
    "Greek capitals without a Latin double. They come from keyboards, and from old handsets.",
    example="\u0391CME SALE",
    counterexample="ACME SALE",
)
def greek_capital(look: Look) -> Iterator[Found]:
    """Look for Greek capitals."""
    return _characters(look, "SMS109", _EVERY)


@rule(
    "SMS110",
    "mixed-script",
    "warning",
    "A letter of another script in a Latin word",
    why="A Cyrillic а or о in a Latin word is a mistake of the keyboard or the mark of a forged "
    "text; filters against spam look for it. It makes the message Unicode besides.",
    example="P\u0430yment received",
    counterexample="Payment received",
)
def mixed_script(look: Look) -> Iterator[Found]:
    """Look for words in two scripts."""
    return _characters(look, "SMS110", "{what} stands in a Latin word and makes it Unicode: {dear}")


@rule(
    "SMS111",
    "control-character",
    "warning",
    "A tab or another control character",
    why="The GSM alphabet has line feed and carriage return (and form feed in two septets), no "
    "others: a tab makes the message Unicode, and handsets show it in many ways.",
    example="Name:\tAna",
    counterexample="Name: Ana",
)
def control_character(look: Look) -> Iterator[Found]:
    """Look for controls."""
    return _characters(look, "SMS111", _EVERY)


@rule(
    "SMS112",
    "direction-control",
    "warning",
    "A control of the writing direction in left-to-right text",
    why="It is not seen, can turn the order of what follows (a way to forge links), and makes the "
    "message Unicode. In Arabic and Hebrew texts only the overrides are reported.",
    example="Pay \u202e123 now",
    counterexample="Pay 123 now",
)
def direction_control(look: Look) -> Iterator[Found]:
    """Look for bidirectional controls."""
    return _characters(look, "SMS112", "{what} can turn the order of what is read")


@rule(
    "SMS113",
    "script",
    "info",
    "The text is in a script that the GSM alphabet does not have",
    why="Then Unicode is right, 70 code units alone and 67 a part, and the rules about single "
    "characters are silent: replacing some of them saves nothing.",
    example="Ваша посылка прибыла",
    counterexample="Your parcel is here",
)
def script(look: Look) -> Iterator[Found]:
    """Say it once for the whole text."""
    if look.foreign is not None:
        word, start, end = look.foreign
        character = next(each for each in word if culprits(each))
        yield Found(
            Spot(start, end),
            f"{shown(character)} and its script make every message Unicode: {look.dearness}",
        )


@rule(
    "SMS114",
    "symbol",
    "warning",
    "A symbol that the GSM alphabet does not have",
    why="™, ©, °, •, → and the like make a message Unicode. Bullets and dots have a safe stand-in; "
    "what spells a symbol out, (c) for ©, changes the text and is not done for you.",
    example="Sale • Friday",
    counterexample="Sale - Friday",
)
def symbol(look: Look) -> Iterator[Found]:
    """Look for symbols and numbers."""
    return _characters(look, "SMS114", _EVERY)


@rule(
    "SMS115",
    "styled-letter",
    "warning",
    "Letters in costume: wide, bold, script, in circles",
    why="Web pages sell them as fonts. They are other characters: Unicode, often two code units "
    "each, read letter by letter or not at all by screen readers. Wide forms have a fix.",
    example="Ｓale",
    counterexample="Sale",
)
def styled_letter(look: Look) -> Iterator[Found]:
    """Look for characters that NFKC undresses."""
    return _characters(look, "SMS115", _EVERY)


# --- SMS2xx: length ---


def _over(look: Look) -> int:
    """By how many characters, few, the fixed text is over a part; 0: it is not."""
    encoding, _, parts, *_ = look.measure
    for characters in range(1, min(look.settings.near, len(look.fixed) - 1) + 1):
        less = look.parts_of(look.fixed[:-characters])
        if less.encoding is encoding and less.number_of_parts < parts:
            return characters
    return 0


def _doubled(look: Look) -> tuple[int, int]:
    """How many extension characters there are, and what parts they cost."""
    if not is_gsm(look.measure) or look.measure.number_of_parts == 1:
        return 0, 0
    single = re.sub(r"[\^{}\\\[~\]|€\f]", "x", look.fixed)
    less = look.parts_of(single).number_of_parts
    return look.measure.units - len(single), look.measure.number_of_parts - less


def _unit(look: Look) -> str:
    return "septet" if is_gsm(look.measure) else "code unit"


@rule(
    "SMS201",
    "too-long",
    "warning",
    "The fixed text alone takes more parts than a message may have",
    why="Values only make it longer. One part is the limit unless `max-parts` says otherwise. SMS202 "
    "and SMS203 are said instead where they are the reason.",
    example="Our spring sale starts on Friday. " * 6 + "See you!",
    counterexample="Our spring sale starts on Friday. See you!",
)
def too_long(look: Look) -> Iterator[Found]:
    """Count the fixed text."""
    parts, most = look.measure.number_of_parts, look.settings.max_parts or 1
    cut = look.settings.truncate_concat
    if parts > most and not cut and not _over(look) and not _doubled(look)[1]:
        yield Found(
            Spot(0, len(look.body)),
            f"the fixed text alone takes {parts} parts "
            f"({counted(look.measure.units, _unit(look))}), and {most} may be taken",
        )


@rule(
    "SMS202",
    "just-over",
    "warning",
    "A few characters over a part",
    why="The last part is billed in full for them. `near` says up to how many are few (10).",
    example="Our spring sale starts on Friday. " * 4 + "Come and see what is new.....",
    counterexample="Our spring sale starts on Friday. " * 4 + "Come and see what is new",
)
def just_over(look: Look) -> Iterator[Found]:
    """Cut from the end until a part less is enough."""
    over = 0 if look.settings.truncate_concat or _doubled(look)[1] else _over(look)
    if over:
        parts = look.measure.number_of_parts
        end = look.fixed_places[-1]
        yield Found(
            Spot(look.fixed_places[-1 - over], end),
            f"the fixed text is {counted(over, 'character')} over {counted(parts - 1, 'part')} "
            f"({counted(look.measure.units, _unit(look))}): shorten it, and save one of {parts} "
            "parts",
        )


@rule(
    "SMS203",
    "extension-characters",
    "warning",
    "Extension characters, two septets each, cost a part",
    why="^ { } \\ [ ~ ] | € take two septets. Usually that is no matter; it is said where they cost "
    "a part.",
    example="[Sale] " * 18 + "Everything must go, 20 % off",
    counterexample="(Sale) " * 18 + "Everything must go, 20 % off",
)
def extension_characters(look: Look) -> Iterator[Found]:
    """Count them as one."""
    extra, dear = _doubled(look)
    if dear and not look.settings.truncate_concat:
        found = re.search(r"[\^{}\\\[~\]|€\f]", look.masked) or re.search(r"\Z", look.masked)
        assert found is not None
        yield Found(
            Spot(found.start(), found.end()),
            f"{counted(extra, 'extension character')} of two septets each cost "
            f"{counted(dear, 'part')}: {look.measure.number_of_parts} parts, "
            f"{look.measure.units:,} septets",
        )


@rule(
    "SMS204",
    "trailing-space",
    "warning",
    "White space at the end of the text or of a line",
    why="Nobody sees it, and it is billed: a space or a line break is a character like any other. "
    "(Of a file, the last line break is not part of the text.)",
    example="See you on Friday! \n",
    counterexample="See you on Friday!",
)
def trailing_space(look: Look) -> Iterator[Found]:
    """Look at the ends."""
    if not look.body.strip():
        return
    for match in re.finditer(r"\s+\Z|[^\S\r\n]+(?=\r?\n)", look.masked):
        number = counted(match.end() - match.start(), "character")
        where = "text" if match.end() == len(look.body) else "line"
        yield Found(
            Spot(match.start(), match.end(), ""),
            f"the {where} ends with {number} of white space, billed and not seen",
        )


@rule(
    "SMS205",
    "crlf",
    "warning",
    "Line breaks of two characters",
    why="CR LF takes two septets where LF takes one, and handsets show them alike. Line breaks of "
    "template files are read as LF, as `smsplan plan --body-file` does.",
    example="Hello\r\nWorld",
    counterexample="Hello\nWorld",
)
def crlf(look: Look) -> Iterator[Found]:
    """Count carriage returns in front of line feeds."""
    number = look.body.count("\r\n")
    if number:
        start = look.body.index("\r\n")
        yield Found(
            Spot(start, start + 2),
            f"{counted(number, 'line break is', 'line breaks are')} CR LF: "
            f"{counted(number, _unit(look))} more than LF takes",
        )


@rule(
    "SMS206",
    "cut-off",
    "error",
    "truncate_concat cuts the fixed text",
    why="With `truncate_concat` a message is cut to one part. The end of a text is where the link "
    "and the opt-out stand.",
    example="Our spring sale starts on Friday. " * 5 + "Reply STOP to opt out",
    counterexample="Our spring sale starts on Friday. Reply STOP to opt out",
    given={"truncate_concat": True},
)
def cut_off(look: Look) -> Iterator[Found]:
    """Compose the fixed text as it would be sent."""
    if look.settings.truncate_concat:
        empty = dict.fromkeys(look.template.parameters, "")
        made = look.composer(empty)
        if made.truncated:
            kept = min(len(made.text), len(look.fixed))
            yield Found(
                Spot(look.fixed_places[kept], len(look.body)),
                f"truncate_concat cuts the last {counted(len(look.fixed) - kept, 'character')} "
                "of the fixed text, more where there are values",
            )


@rule(
    "SMS207",
    "repeated-space",
    "info",
    "Several spaces in a row",
    why="Each is billed; most are leftovers of editing.",
    example="Hello.  See you on Friday!",
    counterexample="Hello. See you on Friday!",
)
def repeated_space(look: Look) -> Iterator[Found]:
    """Look for spaces between what is seen."""
    for match in re.finditer(r"(?<=\S) {2,}(?=\S)", look.masked):
        number = match.end() - match.start()
        yield Found(Spot(match.start(), match.end(), " "), f"{number} spaces in a row, all billed")


# --- SMS3xx: parameters ---


@rule(
    "SMS301",
    "not-a-parameter",
    "warning",
    "It looks like a parameter and is sent as it stands",
    why="The API's parameters are written ${name}. What other template languages write, {{name}}, "
    "{name}, $name, %name%, arrives as it is, at everybody.",
    example="Hi {{name}}",
    counterexample="Hi ${name}",
    given={"defaults": {"name": "there"}},
)
def not_a_parameter(look: Look) -> Iterator[Found]:
    """Repeat the template's warnings."""
    return _suspects(look, {"angle", "double_braces", "dollar_name", "percent", "braces"})


@rule(
    "SMS302",
    "malformed-parameter",
    "error",
    "A parameter that is not closed, or whose name has strange characters",
    why="A name has letters, digits, '_', '.' and '-'. Everything else is sent as it stands.",
    example="Hi ${first name}",
    counterexample="Hi ${first_name}",
    given={"defaults": {"first_name": "there"}},
)
def malformed_parameter(look: Look) -> Iterator[Found]:
    """Repeat the template's warnings."""
    return _suspects(look, {"malformed", "unclosed", "malformed_angle"})


def _suspects(look: Look, kinds: set[str]) -> Iterator[Found]:
    for warning in look.template.warnings:
        if warning.kind in kinds:
            spot = Spot(warning.position, warning.position + len(warning.text))
            yield Found(spot, f"'{warning.text}' {warning.advice}")


@rule(
    "SMS303",
    "long-name",
    "info",
    "A parameter's name is longer than older documentation allows",
    why="The API's older documentation allows 16 characters, today's names no limit. A shorter name "
    "is right in both. A `profile` with another `key_limit` changes the limit.",
    example="Hi ${customer_first_name}",
    counterexample="Hi ${first_name}",
    given={"defaults": {"customer_first_name": "there", "first_name": "there"}},
)
def long_name(look: Look) -> Iterator[Found]:
    """Count the characters of the names."""
    limit = look.settings.by.key_limit or 16
    for key, spot in look.placeholders.items():
        if len(key) > limit:
            yield Found(spot, f"the name '{key}' has {len(key)} characters; {limit} are safe")


@rule(
    "SMS304",
    "no-default",
    "info",
    "No default is known for a parameter",
    why="A recipient without a value gets no message (delivery code 405). Name the default in the "
    "configuration or with `--default`; with recipients, SMS503 counts whom it concerns.",
    example="Hi ${name}",
    counterexample="Hi there",
)
def no_default(look: Look) -> Iterator[Found]:
    """Compare the parameters with the defaults."""
    if look.summary is None:
        for key, spot in look.placeholders.items():
            if key not in look.settings.defaults:
                yield Found(
                    spot,
                    f"parameter '{key}' has no default: a recipient without a value gets nothing "
                    "(405)",
                )


@rule(
    "SMS305",
    "same-name",
    "warning",
    "Two parameters differ only by capital letters",
    why="Names are case sensitive: ${Name} and ${name} are two parameters, and one has no value.",
    example="Hi ${Name}, ${name}!",
    counterexample="Hi ${name}, ${name}!",
    given={"defaults": {"name": "there", "Name": "there"}},
)
def same_name(look: Look) -> Iterator[Found]:
    """Compare the names without case."""
    seen: dict[str, str] = {}
    for key, spot in look.placeholders.items():
        other = seen.setdefault(key.casefold(), key)
        if other != key:
            yield Found(spot, f"parameter '{key}' is not '{other}': names are case sensitive")


@rule(
    "SMS306",
    "unicode-default",
    "warning",
    "A default makes messages Unicode",
    why="A default is meant for those of whom nothing is known, and stands in many messages.",
    example="Hi ${name}",
    counterexample="Hi you",
    given={"defaults": {"name": "“you”"}},
)
def unicode_default(look: Look) -> Iterator[Found]:
    """Measure the defaults beside a text that is GSM."""
    if is_gsm(look.measure):
        for key, spot in look.placeholders.items():
            value = look.settings.defaults.get(key, "")
            found = culprits(value, languages=look.settings.by.languages)
            if found and look.parts_of(value).encoding is Encoding.UNICODE:
                listed = ", ".join(dict.fromkeys(shown(one.character) for one in found))
                yield Found(spot, f"the default of '{key}' has {listed}: Unicode where it is used")


# --- SMS4xx: the API ---


@rule(
    "SMS401",
    "body-limit",
    "error",
    "The body is longer than the API takes",
    why="A request's body has at most 2,000 code units before expansion (older documentation: "
    "1,600); a `profile` with another `body_limit` changes it. The API refuses the batch.",
    example="Spam and eggs. " * 140 + "Spam",
    counterexample="Spam and eggs.",
    given={"max_parts": 20, "near": 0},
)
def body_limit(look: Look) -> Iterator[Found]:
    """Count the body as the profile does."""
    profile = look.settings.by
    units = ucs2.units(look.body) if profile.length_unit == "utf16" else len(look.body)
    if profile.body_limit is not None and units > profile.body_limit:
        yield Found(
            Spot(0, len(look.body)),
            f"the body has {units:,} characters, and the API takes {profile.body_limit:,}",
        )


@rule(
    "SMS402",
    "empty",
    "error",
    "There is no text",
    why="An empty message costs a part. A text of white space alone is hardly meant either.",
    example=" ",
    counterexample="Hi",
)
def empty(look: Look) -> Iterator[Found]:
    """Look for something to read."""
    if not look.body.strip():
        yield Found(Spot(0, len(look.body)), "the template has no text, and is billed all the same")


# --- SMS5xx: with recipients ---

_ANA = {"to": "+447700900123", "name": "Ana"}
_LONG = {"to": "+447700900456", "name": "Maximiliana Konstantina"}
_TEXT = "Hi ${name}, our spring sale starts on Friday, 20% off everything until Sunday! "
_FULL = _TEXT + "Come and see what is new, or reply STOP if you want no more offers."


@rule(
    "SMS501",
    "longer-with-values",
    "warning",
    "Values push messages into another part",
    why="The fixed text fits; with the names it does not. `max-longer` is the share of messages "
    "that may take more parts than the fixed text (10%).",
    example=_FULL,
    counterexample=_TEXT.strip(),
    rows=[_ANA, _LONG],
)
def longer_with_values(look: Look) -> Iterator[Found]:
    """Compare the parts of the messages with those of the fixed text."""
    if look.summary is not None:
        bare, messages = look.measure.number_of_parts, look.summary.messages
        longer = sum(n.messages for parts, n in look.summary.lengths.items() if parts > bare)
        allowed = share("max_longer", look.settings.max_longer, messages)
        if longer > allowed:
            yield Found(
                Spot(0, 0),
                f"{_of(longer, messages)} take more than the {counted(bare, 'part')} of the fixed "
                f"text; {look.settings.max_longer} may",
            )


@rule(
    "SMS502",
    "unicode-values",
    "warning",
    "Values make messages Unicode",
    why="The text is GSM, a name has ł or an emoji. `smsplan plan` says which characters, and what "
    "replacing them saves.",
    example="Hi ${name}!",
    counterexample="Hi there!",
    rows=[_ANA, {"to": "+447700900456", "name": "Małgorzata"}],
)
def unicode_values(look: Look) -> Iterator[Found]:
    """Count the messages in Unicode where the fixed text is not."""
    if look.summary is not None and is_gsm(look.measure):
        count = look.summary.encodings.get(Encoding.UNICODE)
        if count is not None and count.messages:
            places = dict.fromkeys(
                place
                for finding in look.summary.findings
                if finding.kind == "unicode"
                for place in finding.places
            )
            where = f", by {' and '.join(places)}" if places else ""
            yield Found(
                Spot(0, 0),
                f"{_of(count.messages, look.summary.messages)} are Unicode because of values"
                f"{where}",
            )


@rule(
    "SMS503",
    "no-value",
    "error",
    "Recipients have neither a value nor a default",
    why="They get nothing: delivery code 405, Unmatched Parameter.",
    example="Hi ${name}!",
    counterexample="Hi!",
    rows=[_ANA, {"to": "+447700900456", "name": None}],
)
def no_value(look: Look) -> Iterator[Found]:
    """Count the problem."""
    number = _problems(look, Problem.UNMATCHED_PARAMETER)
    if number:
        keys = [k for k in look.template.parameters if k not in look.settings.defaults]
        where = look.placeholders[keys[0]] if len(keys) == 1 else Spot(0, 0)
        yield Found(
            where,
            f"{counted(number, 'recipient has', 'recipients have')} no value for a parameter "
            f"without a default ({any_of(keys)}): nothing is sent",
        )


@rule(
    "SMS504",
    "api-limits",
    "error",
    "Messages that a limit of the API stops",
    why="A value of more than 1,600 characters, a message of more than 255 parts, a value that "
    "cannot be encoded: such a recipient gets nothing, or the request is refused.",
    example="Hi ${name}!",
    counterexample="Hi!",
    given={"max_longer": "100%"},
    rows=[_ANA, {"to": "+447700900456", "name": "x" * 1601}],
)
def api_limits(look: Look) -> Iterator[Found]:
    """Count the problems."""
    words = {
        Problem.VALUE_TOO_LONG: "a value that is too long",
        Problem.UNENCODABLE_TEXT: "a value that cannot be encoded",
        Problem.OVER_255_PARTS: "more than 255 parts",
    }
    for problem, what in words.items():
        number = _problems(look, problem)
        if number:
            sentence = f"{counted(number, 'message has', 'messages have')} {what}: nothing is sent"
            yield Found(Spot(0, 0), sentence)


@rule(
    "SMS505",
    "too-many-parts",
    "error",
    "Messages take more parts than `max-parts`",
    why="Said only where `max-parts` is set.",
    example=_FULL,
    counterexample=_TEXT.strip(),
    given={"max_parts": 1, "max_longer": "100%"},
    rows=[_ANA, _LONG],
)
def too_many_parts(look: Look) -> Iterator[Found]:
    """Count the messages above the limit."""
    most = look.settings.max_parts
    if look.summary is not None and most is not None:
        longer = {n: c.messages for n, c in look.summary.lengths.items() if n > most}
        if longer:
            yield Found(
                Spot(0, 0),
                f"{_of(sum(longer.values()), look.summary.messages)} take more than "
                f"{counted(most, 'part')}, up to {max(longer)}",
            )


@rule(
    "SMS506",
    "over-budget",
    "error",
    "The messages cost more than `max-cost`",
    why="Needs prices: `--rates` or `--price`. A message without a price breaks it too, because "
    "then the cost is not known.",
    example="Hi!",
    counterexample="Hi!",
    given={"max_cost": "0.05 GBP"},
    rows=[_ANA, _LONG],
    counterrows=[_ANA],
)
def over_budget(look: Look) -> Iterator[Found]:
    """Compare the cost with the budget."""
    from smsplan.insight.summary import facts

    if look.summary is not None and look.settings.max_cost is not None:
        for breach, _ in Limits(max_cost=look.settings.max_cost).breaches(facts(look.summary)):
            yield Found(Spot(0, 0), breach.text)


def _of(some: int, every: int) -> str:
    percent = f"{100 * some / every:.3g} %"
    return f"{some:,} of {counted(every, 'message')} ({percent})"


def _problems(look: Look, problem: Problem) -> int:
    return 0 if look.summary is None else look.summary.problems.get(problem, 0)


# --- SMS6xx: content ---


@rule(
    "SMS601",
    "no-opt-out",
    "warning",
    "No word of the opt-out",
    why="Many countries want marketing messages to say how to stop them. Said only where `opt-out` "
    'lists your words, such as ["STOP", "unsubscribe"]; case does not matter.',
    example="Sale on Friday",
    counterexample="Sale on Friday. Reply STOP to opt out",
    given={"opt_out": ["stop", "unsubscribe"]},
)
def no_opt_out(look: Look) -> Iterator[Found]:
    """Look for one of the words in the fixed text."""
    words = look.settings.opt_out
    found = any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", look.fixed, re.IGNORECASE) for word in words
    )
    if words and not found:
        end = len(look.body)
        yield Found(Spot(end, end), f"none of the words of the opt-out is there: {any_of(words)}")


_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


@rule(
    "SMS602",
    "long-link",
    "info",
    "A long link",
    why="Every character of it is billed. `max-url` is how many a link may have (40); the values of "
    "parameters in it are not counted.",
    example="https://shop.example/spring/sale/women/shoes?utm_source=sms",
    counterexample="https://shop.example/spring",
)
def long_link(look: Look) -> Iterator[Found]:
    """Measure links."""
    for match in _LINK.finditer(look.masked):
        length = len(match[0].replace("\ue000", ""))
        if length > look.settings.max_url:
            yield Found(
                Spot(match.start(), match.end()),
                f"the link takes {length} characters of the 160 or 70 that one part has",
            )


@rule(
    "SMS603",
    "insecure-link",
    "warning",
    "A link without encryption",
    why="What http:// carries can be read and changed on the way, and browsers warn of it.",
    example="See http://shop.example",
    counterexample="See https://shop.example",
)
def insecure_link(look: Look) -> Iterator[Found]:
    """Look at the beginnings of links."""
    for match in _LINK.finditer(look.masked):
        if match[0].lower().startswith("http:"):
            yield Found(Spot(match.start(), match.end()), "the link is not encrypted; use https://")
