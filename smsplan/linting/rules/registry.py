"""What a rule of the linter is, and the list of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from smsplan.errors import InputError
from smsplan.linting.template_look import Spot, TemplateLook, any_of

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


class Violation(NamedTuple):
    """What a rule complains of: where, in code points of the body, and in which words."""

    spot: Spot
    message: str


Check = Callable[[TemplateLook], Iterator[Violation]]


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
            "docs/lint.md, or: smsplan lint --explain SMS"
        )
