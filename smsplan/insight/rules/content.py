"""Rules about the request and what one reads: SMS4xx and SMS6xx."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smsplan.encoding import ucs2
from smsplan.insight.lint_text import Look, Spot, any_of
from smsplan.insight.rules.registry import Found, rule


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
    why="Every character of it is billed. `max-url` is how many a link may have (40); the values "
    "of parameters in it are not counted.",
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
