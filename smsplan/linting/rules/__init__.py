"""The rules of the linter: one small function each, with what its documentation says.

``docs/lint.md`` is written from here by ``docs/make_lint.py``; every example is run by a test.
"""

from smsplan.linting.rules import characters, content, lengths, parameters, recipients
from smsplan.linting.rules.registry import (
    RULES,
    SEVERITIES,
    Rule,
    Severity,
    Violation,
    check_codes,
    chosen,
)

__all__ = [
    "RULES",
    "SEVERITIES",
    "Rule",
    "Severity",
    "Violation",
    "characters",
    "check_codes",
    "chosen",
    "content",
    "lengths",
    "parameters",
    "recipients",
]
