"""Rules about the length of the fixed text: SMS2xx."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smsplan.linting.rules.registry import Violation, rule
from smsplan.linting.template_look import Spot, TemplateLook, is_gsm
from smsplan.plurals import counted


def _over(look: TemplateLook) -> int:
    """By how many characters, few, the fixed text is over a part; 0: it is not."""
    encoding, _, parts, *_ = look.measure
    for characters in range(1, min(look.settings.near, len(look.fixed) - 1) + 1):
        less = look.parts_of(look.fixed[:-characters])
        if less.encoding is encoding and less.number_of_parts < parts:
            return characters
    return 0


def _doubled(look: TemplateLook) -> tuple[int, int]:
    """How many extension characters there are, and what parts they cost."""
    if not is_gsm(look.measure) or look.measure.number_of_parts == 1:
        return 0, 0
    single = re.sub(r"[\^{}\\\[~\]|€\f]", "x", look.fixed)
    less = look.parts_of(single).number_of_parts
    return look.measure.units - len(single), look.measure.number_of_parts - less


def _unit(look: TemplateLook) -> str:
    return "septet" if is_gsm(look.measure) else "code unit"


@rule(
    "SMS201",
    "too-long",
    "warning",
    "The fixed text alone takes more parts than a message may have",
    why="Values only make it longer. One part is the limit unless `max-parts` says otherwise. "
    "SMS202 and SMS203 are said instead where they are the reason.",
    example="Our spring sale starts on Friday. " * 6 + "See you!",
    counterexample="Our spring sale starts on Friday. See you!",
)
def too_long(look: TemplateLook) -> Iterator[Violation]:
    """Count the fixed text."""
    parts, most = look.measure.number_of_parts, look.settings.max_parts or 1
    cut = look.settings.truncate_concat
    if parts > most and not cut and not _over(look) and not _doubled(look)[1]:
        yield Violation(
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
def just_over(look: TemplateLook) -> Iterator[Violation]:
    """Cut from the end until a part less is enough."""
    over = 0 if look.settings.truncate_concat or _doubled(look)[1] else _over(look)
    if over:
        parts = look.measure.number_of_parts
        end = look.fixed_places[-1]
        yield Violation(
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
    why="^ { } \\ [ ~ ] | € take two septets. Usually that is no matter; it is said where they "
    "cost a part.",
    example="[Sale] " * 18 + "Everything must go, 20 % off",
    counterexample="(Sale) " * 18 + "Everything must go, 20 % off",
)
def extension_characters(look: TemplateLook) -> Iterator[Violation]:
    """Count them as one."""
    extra, dear = _doubled(look)
    if dear and not look.settings.truncate_concat:
        found = re.search(r"[\^{}\\\[~\]|€\f]", look.masked) or re.search(r"\Z", look.masked)
        assert found is not None
        yield Violation(
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
def trailing_space(look: TemplateLook) -> Iterator[Violation]:
    """Look at the ends."""
    if not look.body.strip():
        return
    for match in re.finditer(r"\s+\Z|[^\S\r\n]+(?=\r?\n)", look.masked):
        number = counted(match.end() - match.start(), "character")
        where = "text" if match.end() == len(look.body) else "line"
        yield Violation(
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
def crlf(look: TemplateLook) -> Iterator[Violation]:
    """Count carriage returns in front of line feeds."""
    number = look.body.count("\r\n")
    if number:
        start = look.body.index("\r\n")
        yield Violation(
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
def cut_off(look: TemplateLook) -> Iterator[Violation]:
    """Compose the fixed text as it would be sent."""
    if look.settings.truncate_concat:
        empty = dict.fromkeys(look.template.parameters, "")
        made = look.composer(empty)
        if made.truncated:
            kept = min(len(made.text), len(look.fixed))
            yield Violation(
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
def repeated_space(look: TemplateLook) -> Iterator[Violation]:
    """Look for spaces between what is seen."""
    for match in re.finditer(r"(?<=\S) {2,}(?=\S)", look.masked):
        number = match.end() - match.start()
        yield Violation(
            Spot(match.start(), match.end(), " "), f"{number} spaces in a row, all billed"
        )
