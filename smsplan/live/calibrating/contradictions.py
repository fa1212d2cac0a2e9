"""What an account answered that fits nothing, shown without anybody's number."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from smsplan.api.dryruns import DryRun
from smsplan.live.answers import Answer, Refused
from smsplan.live.api_error import ApiError
from smsplan.live.calibrating.probes import Probe
from smsplan.plurals import counted

_NUMBER = re.compile(r"(?<!\w)\+?\d{5,}(?=\d\d(?!\w))")
_LONG, _KEPT, _LISTED = 24, 8, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """What an account answered, and no value of any switch answers.

    ``field`` is that of the answer, or ``accepted``; ``answered`` what it has, ``possible`` what it
    would have under some profile. ``switches`` are those that it would have decided. Request and
    answer are JSON, long texts cut and numbers masked.
    """

    dry_run: str
    field: str
    answered: str
    possible: tuple[str, ...]
    switches: tuple[str, ...]
    request: str
    answer: str

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {**asdict(self), "possible": [*self.possible], "switches": [*self.switches]}

    def __str__(self) -> str:
        some = " or ".join(self.possible)
        fits = f" ({some} would fit)" if some else ""
        return f"{self.dry_run}: {self.field}: {self.answered}{fits}"


def contradiction(
    probe: Probe,
    answer: Answer | ApiError,
    field: str,
    answered: Any,
    *,
    possible: tuple[Any, ...] = (),
    switches: tuple[str, ...] = (),
) -> Contradiction:
    """Return what fits nothing, with the exchange."""
    return Contradiction(
        dry_run=probe.name,
        field=field,
        answered=_alone(answered),
        possible=tuple(map(_alone, possible)),
        switches=switches,
        request=shown(probe.payload),
        answer=shown(answer.to_dict()) if isinstance(answer, DryRun) else said(answer),
    )


def _alone(value: Any) -> str:
    """Show what is said of a recipient who is listed once without the list."""
    return shown(value[0] if isinstance(value, list) and len(value) == 1 else value)


def shown(value: Any) -> str:
    """Return a value as JSON without whole numbers of recipients, its long texts and lists cut.

    >>> shown({"to": ["+447700900123"], "body": "a" * 161})
    '{"to": ["•••23"], "body": "aaaaaaaa… (161 characters)"}'
    """
    return plain(_NUMBER.sub("•••", json.dumps(_short(value), ensure_ascii=False)))


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONG:
        return f"{value[:_KEPT]}… ({counted(len(value), 'character')})"
    if isinstance(value, Mapping):
        return {_short(str(key)): _short(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        more = len(value) - _LISTED
        return [*map(_short, value[:_LISTED]), *([f"and {more:,} more"] if more > 0 else [])]
    return value


def said(answer: Answer | ApiError) -> str:
    """Return what was answered in a few words, harmless in comments and terminals."""
    if isinstance(answer, ApiError):
        status = "" if answer.status is None else str(answer.status)
        reason = ", ".join(filter(None, [status, answer.reason]))
        return plain(f"no answer ({reason})")
    if isinstance(answer, Refused):
        return plain(str(answer))
    totals = [
        counted(getattr(answer, name), word)
        for name, word in (("number_of_recipients", "recipient"), ("number_of_messages", "part"))
        if name not in answer.missing
    ]
    return ", ".join(totals)


def plain(text: str) -> str:
    """Return a text of an account as one line that is harmless in comments and terminals.

    >>> plain("a\\x1bb")
    'a?b'
    """
    return "".join(one if one.isprintable() else "?" for one in text)
