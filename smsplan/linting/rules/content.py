"""Rules about the request and what one reads: SMS4xx and SMS6xx."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smsplan.api.dryruns import characters
from smsplan.encoding import ucs2
from smsplan.linting.rules.registry import Violation, rule
from smsplan.linting.template_look import Spot, TemplateLook, any_of
from smsplan.templates.leftovers import Escape, escapes
from smsplan.templates.links import links


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
def body_limit(look: TemplateLook) -> Iterator[Violation]:
    """Count the body as the profile does."""
    profile = look.settings.by
    units = ucs2.units(look.body) if profile.length_unit == "utf16" else len(look.body)
    if profile.body_limit is not None and units > profile.body_limit:
        yield Violation(
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
def empty(look: TemplateLook) -> Iterator[Violation]:
    """Look for something to read."""
    if not look.body.strip():
        yield Violation(
            Spot(0, len(look.body)), "the template has no text, and is billed all the same"
        )


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
def no_opt_out(look: TemplateLook) -> Iterator[Violation]:
    """Look for one of the words in the fixed text."""
    words = look.settings.opt_out
    found = any(
        re.search(rf"(?<!\w){re.escape(word)}(?!\w)", look.fixed, re.IGNORECASE) for word in words
    )
    if words and not found:
        end = len(look.body)
        yield Violation(
            Spot(end, end), f"none of the words of the opt-out is there: {any_of(words)}"
        )


_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


@rule(
    "SMS602",
    "long-link",
    "info",
    "A long link",
    why="Every character of it is billed. `max-url` is how many a link may have (40); the values "
    "of parameters in it are not counted.",
    example="https://shop.example/spring/sale/women/shoes?utm_source=sms",
    counterexample="https://shop.example/spring",
)
def long_link(look: TemplateLook) -> Iterator[Violation]:
    """Measure links."""
    for match in _LINK.finditer(look.masked):
        length = len(match[0].replace("\ue000", ""))
        if length > look.settings.max_url:
            yield Violation(
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
def insecure_link(look: TemplateLook) -> Iterator[Violation]:
    """Look at the beginnings of links."""
    for match in _LINK.finditer(look.masked):
        if match[0].lower().startswith("http:"):
            yield Violation(
                Spot(match.start(), match.end()), "the link is not encrypted; use https://"
            )


@rule(
    "SMS604",
    "escape",
    "warning",
    "An escape that was not undone",
    why="A backslash and an n are two characters to a phone, and so are the five of &amp; and "
    "the four of <br>: they arrive as they are, and are billed. They come from JSON, HTML, links "
    "and mails whose text was copied as it is stored. In a link %20 is right.",
    example="Line1\\nLine2",
    counterexample="Line1\nLine2",
)
def escape(look: TemplateLook) -> Iterator[Violation]:
    """Look for escapes, each kind of text once; in defaults too."""
    seen: dict[str, list[Escape]] = {}
    for one in escapes(look.body):
        seen.setdefault(one.text, []).append(one)
    for text, found in seen.items():
        times = f", {len(found)} times" if found[1:] else ""
        yield Violation(
            Spot(found[0].start, found[0].end),
            f"'{text}' is an escape that was not undone{times}, and is sent as it is"
            f"{_for(found[0])}",
        )
    for key, spot in look.placeholders.items():
        for one in [*escapes(look.settings.defaults.get(key, ""))][:1]:
            yield Violation(
                spot, f"the default of '{key}' has '{one.text}', an escape that was not undone"
            )


def _for(one: Escape) -> str:
    """Say what to write instead."""
    if one.meant == "\n":
        return "; write a line break"
    return f"; write {one.meant!r}" if one.meant.isprintable() and one.meant else "; leave it out"


@rule(
    "SMS605",
    "cut-link",
    "info",
    "A link that begins in one part and ends in the next",
    why="Phones put parts together; where one is late, or lost, or the phone does not, half of the "
    "link opens nothing. Values move the text: with recipients, SMS510 counts the messages.",
    example="Our spring sale starts on Friday. " * 4
    + "See https://shop.example/spring and come by!",
    counterexample="See https://shop.example/spring! "
    + "Our spring sale starts on Friday. " * 4
    + "Come!",
    given={"max_parts": 2},
)
def cut_link(look: TemplateLook) -> Iterator[Violation]:
    """Lay the fixed text out, and look at the ends of its parts."""
    spans = links(look.fixed)
    if not spans or look.measure.number_of_parts == 1 or look.settings.truncate_concat:
        return
    if characters(look.fixed, look.settings.by) != look.fixed:
        return
    for (start, end), cut in zip(spans, look.composer.parted(look.fixed, spans), strict=True):
        if cut:
            yield Violation(
                Spot(look.fixed_places[start], look.fixed_places[end - 1] + 1),
                f"the link '{look.fixed[start:end]}' begins in one part of the fixed text and ends "
                "in the next; move or shorten it",
            )
