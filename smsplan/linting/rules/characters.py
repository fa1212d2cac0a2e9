"""Rules about single characters: SMS0xx and SMS1xx."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smsplan.encoding import ucs2
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.names import named
from smsplan.encoding.segmentation import culprits
from smsplan.linting.rules.registry import Violation, rule
from smsplan.linting.template_look import Spot, TemplateLook
from smsplan.plurals import counted
from smsplan.templates.mojibake import misread, repaired, word_at


def _characters(look: TemplateLook, code: str, sentence: str) -> Iterator[Violation]:
    """Complain of the characters of a rule: each that can be fixed, each other kind once."""
    others: dict[str, list[Spot]] = {}
    said: dict[str, str] = {}
    for spot in look.spots.get(code, ()):
        text = look.body[spot.start : spot.end]
        if spot.fix is None:
            others.setdefault(text, []).append(spot)
        else:
            if text not in said:
                said[text] = sentence.format(what=_named(text), dear=look.dearness)
            yield Violation(spot, said[text])
    for text, spots in others.items():
        times = f", {len(spots)} times" if spots[1:] else ""
        yield Violation(spots[0], sentence.format(what=_named(text) + times, dear=look.dearness))


def _named(text: str) -> str:
    if len(text) == 1:
        return named(text)
    return f"{named(text[0])} with {counted(len(text) - 1, 'more character')}"


_EVERY = "{what} makes every message Unicode: {dear}"


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
def lone_surrogate(look: TemplateLook) -> Iterator[Violation]:
    """Look for code points that no encoding has."""
    for match in re.finditer("[\ud800-\udfff]", look.body):
        yield Violation(
            Spot(match.start(), match.end()),
            f"half of a surrogate pair (U+{ord(match[0]):04X}) cannot be sent; restore the other "
            "half or remove it",
        )


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
def special_space(look: TemplateLook) -> Iterator[Violation]:
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
def curly_quote(look: TemplateLook) -> Iterator[Violation]:
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
def dash(look: TemplateLook) -> Iterator[Violation]:
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
def ellipsis_character(look: TemplateLook) -> Iterator[Violation]:
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
def invisible_character(look: TemplateLook) -> Iterator[Violation]:
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
def emoji(look: TemplateLook) -> Iterator[Violation]:
    """Look for emoji, each as the cluster that one sees."""
    return _characters(look, "SMS106", _EVERY)


@rule(
    "SMS107",
    "letter",
    "warning",
    "A Latin letter that the GSM alphabet does not have",
    why="The alphabet has à, è, é, ì, ò, ù, ä, ö, ü, ñ, å, ø, æ, ß and Ç, and not á, í, ó, ú, â, "
    "ê, ç, ł or ş. Leaving the accent away changes a word, so the author decides: there is no fix.",
    example="Até amanhã",
    counterexample="Até logo",
)
def letter(look: TemplateLook) -> Iterator[Violation]:
    """Look for letters."""
    for spot, message in _characters(look, "SMS107", _EVERY):
        entry = LOOK_ALIKES.get(look.body[spot.start : spot.end])
        near = f"; nearest in the alphabet: '{entry.replacement}'" if entry else ""
        yield Violation(spot, message + near)


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
def decomposed(look: TemplateLook) -> Iterator[Violation]:
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
        yield Violation(spot, message)


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
def greek_capital(look: TemplateLook) -> Iterator[Violation]:
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
def mixed_script(look: TemplateLook) -> Iterator[Violation]:
    """Look for words in two scripts."""
    return _characters(look, "SMS110", "{what} stands in a Latin word and makes it Unicode: {dear}")


@rule(
    "SMS111",
    "control-character",
    "warning",
    "A tab or another control character",
    why="The GSM alphabet has line feed and carriage return (and form feed in two septets), no "
    "others: a tab makes the message Unicode, and handsets show it in many ways. U+0080 to U+009F "
    "are quotes, dashes or the euro sign of a text in Windows-1252 that was read as ISO 8859-1.",
    example="Name:\tAna",
    counterexample="Name: Ana",
)
def control_character(look: TemplateLook) -> Iterator[Violation]:
    """Look for controls."""
    for spot, message in _characters(look, "SMS111", _EVERY):
        octet = look.body[spot.start]
        # Alone, NEXT LINE is what its name says.
        if "\x80" <= octet <= "\x9f" and not (octet == "\x85" and spot.fix == "\n"):
            meant = "another encoding" if spot.fix is None else "Windows-1252"
            message += f"; the text was decoded wrongly: it is in {meant}, read as ISO 8859-1"
        yield Violation(spot, message)


@rule(
    "SMS112",
    "direction-control",
    "warning",
    "A control of the writing direction in left-to-right text",
    why="It is not seen, can turn the order of what follows (a way to forge links), and makes the "
    "message Unicode. In Arabic and Hebrew texts only the overrides are reported.",
    example="Pay \u200e123 now",
    counterexample="Pay 123 now",
)
def direction_control(look: TemplateLook) -> Iterator[Violation]:
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
def script(look: TemplateLook) -> Iterator[Violation]:
    """Say it once for the whole text."""
    if look.foreign is not None:
        word, start, end = look.foreign
        character = next(each for each in word if culprits(each))
        yield Violation(
            Spot(start, end),
            f"{named(character)} and its script make every message Unicode: {look.dearness}",
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
def symbol(look: TemplateLook) -> Iterator[Violation]:
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
def styled_letter(look: TemplateLook) -> Iterator[Violation]:
    """Look for characters that NFKC undresses."""
    return _characters(look, "SMS115", _EVERY)


@rule(
    "SMS116",
    "mojibake",
    "warning",
    "UTF-8 that was read as another encoding",
    why="Ã© is where é was: the text was saved as UTF-8 and read as Windows-1252, ISO 8859-1 or "
    "Mac OS Roman. Everybody gets it so, and it mostly makes the message Unicode. Only what nobody "
    "would write is reported. Save the file again, or paste the text again.",
    example="Hi ZoÃ©, it is ready",
    counterexample="Hi Zoé, it is ready",
)
def mojibake(look: TemplateLook) -> Iterator[Violation]:
    """Look for runs that are UTF-8 again, word by word; in defaults too."""
    words: dict[tuple[int, int], str] = {}
    for one in look.misread:
        words.setdefault(word_at(look.body, one.start), one.encoding)
    for (start, end), encoding in words.items():
        word = look.body[start:end]
        yield Violation(
            Spot(start, end), f"'{word}' looks like UTF-8 read as {encoding}: {repaired(word)}"
        )
    for key, spot in look.placeholders.items():
        value = look.settings.defaults.get(key, "")
        for one in misread(value)[:1]:
            yield Violation(
                spot,
                f"the default of '{key}' looks like UTF-8 read as {one.encoding}: "
                f"{repaired(value)}",
            )
