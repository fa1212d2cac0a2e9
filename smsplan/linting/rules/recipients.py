"""Rules over a plan of real recipients: SMS5xx."""

from __future__ import annotations

from collections.abc import Iterator

from smsplan.encoding.segmentation import Encoding
from smsplan.errors import Problem
from smsplan.limits import Limits, share
from smsplan.linting.rules.registry import Violation, rule
from smsplan.linting.template_look import Spot, TemplateLook, any_of, is_gsm
from smsplan.plurals import counted
from smsplan.totals.summary import facts

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
def longer_with_values(look: TemplateLook) -> Iterator[Violation]:
    """Compare the parts of the messages with those of the fixed text."""
    if look.summary is not None:
        bare, messages = look.measure.number_of_parts, look.summary.messages
        longer = sum(n.messages for parts, n in look.summary.lengths.items() if parts > bare)
        allowed = share("max_longer", look.settings.max_longer, messages)
        if longer > allowed:
            yield Violation(
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
def unicode_values(look: TemplateLook) -> Iterator[Violation]:
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
            if any(_said(look, "mojibake")):
                where += "; some look like UTF-8 read as another encoding (SMS508)"
            yield Violation(
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
def no_value(look: TemplateLook) -> Iterator[Violation]:
    """Count the problem."""
    number = _problems(look, Problem.UNMATCHED_PARAMETER)
    if number:
        keys = [k for k in look.template.parameters if k not in look.settings.defaults]
        where = look.placeholders[keys[0]] if len(keys) == 1 else Spot(0, 0)
        yield Violation(
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
def api_limits(look: TemplateLook) -> Iterator[Violation]:
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
            yield Violation(Spot(0, 0), sentence)


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
def too_many_parts(look: TemplateLook) -> Iterator[Violation]:
    """Count the messages above the limit."""
    most = look.settings.max_parts
    if look.summary is not None and most is not None:
        longer = {n: c.messages for n, c in look.summary.lengths.items() if n > most}
        if longer:
            yield Violation(
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
def over_budget(look: TemplateLook) -> Iterator[Violation]:
    """Compare the cost with the budget."""
    if look.summary is not None and look.settings.max_cost is not None:
        for breach, _ in Limits(max_cost=look.settings.max_cost).breaches(facts(look.summary)):
            yield Violation(Spot(0, 0), breach.text)


def _said(look: TemplateLook, kind: str, *, of_values: bool = True) -> Iterator[Violation]:
    """Repeat the plan's finding of a kind; what is in the text alone has a rule of its own."""
    for finding in () if look.summary is None else look.summary.findings:
        if finding.kind == kind and not (of_values and finding.places == ("template",)):
            yield Violation(Spot(0, 0), finding.sentence.removesuffix("."))


@rule(
    "SMS507",
    "no-values",
    "warning",
    "Values that are an error or a missing value",
    why="#N/A, #REF!, NULL, nan, undefined: a spreadsheet, a database or a program had no value "
    "and wrote that down. They are values, and people are greeted by them. Null is a surname and "
    "is not meant.",
    example="Hi ${name}!",
    counterexample="Hi!",
    rows=[_ANA, {"to": "+447700900456", "name": "#N/A"}],
)
def no_values(look: TemplateLook) -> Iterator[Violation]:
    """Repeat the finding."""
    return _said(look, "no_values")


@rule(
    "SMS508",
    "mojibake-values",
    "warning",
    "Values that are UTF-8 read as another encoding",
    why="The list was UTF-8 and was read as something else on its way here: ZoÃ© for Zoé. Names go "
    "out so, and often make the message Unicode. SMS116 says it of the text.",
    example="Hi ${name}!",
    counterexample="Hi!",
    rows=[_ANA, {"to": "+447700900456", "name": "TomÅ¡"}],
)
def mojibake_values(look: TemplateLook) -> Iterator[Violation]:
    """Repeat the finding."""
    return _said(look, "mojibake")


@rule(
    "SMS509",
    "escapes-in-values",
    "warning",
    "Values with an escape that was not undone",
    why="A name of a web form may be stored as O&#39;Neil, and arrives so. SMS604 says it of the "
    "text.",
    example="Hi ${name}!",
    counterexample="Hi!",
    rows=[_ANA, {"to": "+447700900456", "name": "O&#39;Neil"}],
)
def escapes_in_values(look: TemplateLook) -> Iterator[Violation]:
    """Repeat the finding."""
    return _said(look, "escapes")


@rule(
    "SMS510",
    "cut-links",
    "info",
    "Messages with a link that begins in one part and ends in the next",
    why="As SMS605, with the values of real recipients, and counted; links that are values count "
    "too. Messages whose characters were replaced, and parts with national tables, are not looked "
    "at.",
    example=_TEXT + "Come and see: https://shop.example/spring-sale Reply STOP for no more offers.",
    counterexample="https://shop.example/spring-sale "
    + _TEXT
    + "Come and see all of it, and bring your friends! Reply STOP for no more offers like this.",
    given={"max_parts": 2, "max_longer": "100%"},
    rows=[_ANA, {**_LONG, "name": "M" * 60}],
)
def cut_links(look: TemplateLook) -> Iterator[Violation]:
    """Repeat the finding."""
    return _said(look, "link_cut", of_values=False)


def _of(some: int, every: int) -> str:
    percent = f"{100 * some / every:.3g} %"
    return f"{some:,} of {counted(every, 'message')} ({percent})"


def _problems(look: TemplateLook, problem: Problem) -> int:
    return 0 if look.summary is None else look.summary.problems.get(problem, 0)
