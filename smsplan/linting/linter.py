"""Faults of a template that can be named before anything is sent: :func:`lint`, and fixing them.

The rules are in ``rules/``, with an example and a reason each.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from smsplan.encoding import ucs2
from smsplan.errors import InputError
from smsplan.linting.rules import RULES, SEVERITIES, Rule, Severity, Violation, check_codes, chosen
from smsplan.linting.template_look import LintSettings, PlanTotals, TemplateLook, harmless, is_gsm
from smsplan.ratecards.garbage import search_put_off
from smsplan.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a rule finds in a template.

    ``severity`` is ``error``, ``warning`` or ``info``; ``message`` one line that no terminal acts
    upon. ``line`` and ``column`` count from 1, in code points, ``end_line`` and ``end_column`` are
    those behind the place; ``start`` and ``end`` are the same as indices into the body. ``fix`` is
    what may safely stand there instead (null: nothing). What concerns all recipients stands at the
    beginning.
    """

    code: str
    name: str
    severity: Severity
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    fix: str | None = None

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.code} {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {name: getattr(self, name) for name in self.__slots__}


# How often fixes are tried together, at most, for each time that a text is linted.
_TRIALS = 200
_BREAKS = frozenset({"\r\n", "\r", "\n"})
_LINES = re.compile(r"\r\n|[\s\S]")


class FixedText(NamedTuple):
    """A text after its fixes: the complaints that are fixed, in order, and those that are left."""

    text: str
    done: tuple[Complaint, ...]
    left: tuple[Complaint, ...]


@search_put_off()
def lint(
    template: str | Template, *, plan: PlanTotals | None = None, **settings: Any
) -> tuple[Complaint, ...]:
    """Say what is wrong with a template, in the order of the text.

    With ``plan``, a :class:`smsplan.Plan` of the same template, also what is wrong with its
    messages. ``settings`` are those of :class:`~smsplan.linting.template_look.LintSettings`:
    ``select``, ``ignore``, ``defaults``, ``max_parts``, ``opt_out``, … Every rule is in
    ``docs/lint.md``.

    Raises :class:`~smsplan.errors.InputError` where a setting is none.

    >>> for complaint in lint("It’s here"):
    ...     print(complaint.line, complaint.column, complaint.code, complaint.message)
    1 3 SMS102 '’' (U+2019 RIGHT SINGLE QUOTATION MARK) makes every message Unicode: 70 characters
    fit one part instead of 160
    >>> [(one.code, one.fix) for one in lint("“Hi” {{name}}", ignore=["SMS3"])]
    [('SMS102', '"'), ('SMS102', '"')]
    """
    given = _settings(settings)
    return _lint(_template(template, given), given, plan)


@search_put_off()
def fix_text(
    text: str, *, plan: PlanTotals | None = None, of_file: bool = False, **settings: Any
) -> FixedText:
    """Make the fixes of the rules that are asked, until none is left.

    Parameters, and what looks like one, stay as they are: a fix that would change them, or make
    one of a text that is none, is not made. Fixing what is fixed changes nothing. ``of_file``
    reads line breaks of any kind as LF, and leaves them as they are written.

    >>> made = fix_text("“Hi ${name}”…")
    >>> made.text, [one.code for one in made.done], [one.code for one in made.left]
    ('"Hi ${name}"...', ['SMS102', 'SMS102', 'SMS104'], ['SMS304'])
    """
    given = _settings(settings)
    # How each code point that the rules see is written.
    written = _LINES.findall(text) if of_file else list(text)
    line = next((one for one in written if one in _BREAKS), "\n")
    done: list[Complaint] = []
    while True:
        seen = "".join("\n" if of_file and one in _BREAKS else one for one in written)
        found = _lint(Template(seen, syntax=given.syntax), given, plan)
        fixes = [one for one in found if one.fix is not None]
        if not fixes:
            return FixedText("".join(written), tuple(done), found)
        fixed: list[str] = []
        behind = 0
        for one in fixes:
            fixed += written[behind : one.start]
            fixed += [line if of_file and new == "\n" else new for new in one.fix or ""]
            behind = one.end
        written = fixed + written[behind:]
        done += fixes


def _settings(settings: dict[str, Any]) -> LintSettings:
    known = LintSettings.__dataclass_fields__
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise InputError(
            f"lint has no setting '{unknown[0]}'; there are {', '.join(sorted(known))}"
        )
    given = LintSettings(**settings)
    for what in ("select", "ignore"):
        check_codes(getattr(given, what), what)
    return given


def _template(template: str | Template, given: LintSettings) -> Template:
    return template if isinstance(template, Template) else Template(template, syntax=given.syntax)


def _lint(
    template: Template, given: LintSettings, plan: PlanTotals | None
) -> tuple[Complaint, ...]:
    look = TemplateLook(template, given, plan)
    # A text that cannot be encoded cannot be measured.
    first = RULES["SMS001"]
    broken = list(first.check(look))
    asked = [first] if broken else RULES.values()
    lines = [0, *(match.end() for match in re.finditer("\n", template.body))]
    found = [
        _complaint(lines, rule, one)
        for rule in asked
        if chosen(rule, given.select, given.ignore)
        for one in rule.check(look)
    ]
    found.sort(key=lambda one: (one.start, one.code))
    return tuple(_certain(look, found))


def _complaint(lines: Sequence[int], rule: Rule, found: Violation) -> Complaint:
    spot = found.spot
    (line, column), (end_line, end_column) = (_place(lines, at) for at in (spot.start, spot.end))
    return Complaint(
        code=rule.code,
        name=rule.name,
        severity=rule.severity,
        message=harmless(found.message),
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        start=spot.start,
        end=spot.end,
        fix=spot.fix,
    )


def _place(lines: Sequence[int], index: int) -> tuple[int, int]:
    """Return line and column, from 1, of a code point; ``lines`` are where the lines begin."""
    line = bisect_right(lines, index)
    return line, index - lines[line - 1] + 1


def _certain(look: TemplateLook, complaints: Sequence[Complaint]) -> Iterable[Complaint]:
    """Take away fixes that overlap an earlier one, touch parameters together, or cost parts."""
    body = look.body
    fixes: list[Complaint] = []
    for one in complaints:
        if one.fix is not None and (not fixes or one.start >= fixes[-1].end):
            fixes.append(one)
    if fixes:
        before = _parameters(look)
        fixes = _kept(fixes, lambda some: _parameters(_fixed(look, some)) == before)
    if not _worth_it(look, fixes):
        fixes = [one for one in fixes if not _longer(body, one)]
    certain = {id(one) for one in fixes}
    for one in complaints:
        yield one if one.fix is None or id(one) in certain else replace(one, fix=None)


def _kept(
    fixes: Sequence[Complaint], allowed: Callable[[Sequence[Complaint]], bool]
) -> list[Complaint]:
    """Return the fixes that may be made together, in order; each trial reads the whole text.

    So many at once are tried, and halves of what may not be made: where most may, that takes few
    trials. Behind so many trials the rest is left as it is.
    """
    kept: list[Complaint] = []
    left = [list(fixes)]
    trials = 0
    while left and trials < _TRIALS:
        some = left.pop()
        trials += 1
        if allowed([*kept, *some]):
            kept += some
        elif len(some) > 1:
            half = len(some) // 2
            left += [some[half:], some[:half]]
    return kept


def _longer(body: str, one: Complaint) -> bool:
    """Whether a fix takes more units than what it replaces, as three dots for an ellipsis do."""
    return ucs2.units(one.fix or "") > ucs2.units(body[one.start : one.end])


def _worth_it(look: TemplateLook, fixes: Sequence[Complaint]) -> bool:
    """Whether fixes may make the fixed text longer: only for GSM, and never for more parts."""
    if not any(_longer(look.body, one) for one in fixes):
        return True
    after = look.parts_of("".join(_fixed(look, fixes).template.literals))
    return is_gsm(after) and after.number_of_parts <= look.measure.number_of_parts


def _fixed(look: TemplateLook, fixes: Sequence[Complaint]) -> TemplateLook:
    """Look at the text after fixes."""
    body = _applied(look.body, fixes)
    return TemplateLook(Template(body, syntax=look.settings.syntax), look.settings, look.plan)


def _parameters(look: TemplateLook) -> tuple[object, ...]:
    """What fixes must not change: the parameters, and what looks like one."""
    return look.template.pieces[1::2], tuple((each.kind, each.text) for each in look.suspects)


def _applied(text: str, fixes: Sequence[Complaint]) -> str:
    out, done = [], 0
    for one in fixes:
        out += [text[done : one.start], one.fix or ""]
        done = one.end
    return "".join([*out, text[done:]])


def worst(complaints: Iterable[Complaint]) -> Severity | None:
    """Return the highest severity; None where there is nothing.

    >>> worst(lint("Hi ${name}")), worst(lint("Hi"))
    ('info', None)
    """
    found = {one.severity for one in complaints}
    return next((severity for severity in SEVERITIES if severity in found), None)
