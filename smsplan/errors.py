"""What can go wrong, as classes; what a row can carry, as codes.

Programs get errors, rows get problems: a bad recipient carries a :class:`Problem` and the others go
on; a bad template, column or rate card raises once, before the first row, all its faults together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# What `pip install smsplan` brings, as modules.
PACKAGES = frozenset({"numpy", "pandas", "pyarrow", "regex", "rich", "tomli_w", "typer"})


class SmsplanError(Exception):
    """Base of every error that smsplan raises on purpose."""


class InputError(SmsplanError, ValueError):
    """The input is at fault: a file, a column, a template, a profile, a rate card.

    The message names the place and ends with the next step; it never quotes a row's content.
    """


class OutputError(SmsplanError, OSError):
    """The surroundings are at fault: a disk, a folder, a service. Nothing half-written is left."""


class NotInstalled(SmsplanError, ImportError):
    """A package is missing, as after ``pip install --no-deps smsplan regex``; ``name`` is it.

    What is there suffices for single messages: segments, templates, batches, dry runs, rate cards.
    """

    def __init__(self, name: str) -> None:
        super().__init__(
            f"this needs '{name}', which is not installed; pip install smsplan", name=name
        )

    def __reduce__(self) -> tuple[type[NotInstalled], tuple[str]]:
        assert self.name is not None
        return NotInstalled, (self.name,)


@contextmanager
def packages_needed() -> Iterator[None]:
    """Where one of our packages is missing, raise :class:`NotInstalled`; also a decorator.

    >>> with packages_needed():
    ...     raise ModuleNotFoundError(name="pyarrow.compute")
    Traceback (most recent call last):
        ...
    smsplan.errors.NotInstalled: this needs 'pyarrow', which is not installed; pip install smsplan
    """
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in PACKAGES:
            raise
        raise NotInstalled(name) from None


class UnencodableText(SmsplanError, ValueError):
    """A lone surrogate: no SMS encoding, nor UTF-8, can carry it.

    ``position`` is the index of its code point in the text.

    >>> from smsplan import segment
    >>> try:
    ...     segment("ab\\ud83d")
    ... except UnencodableText as error:
    ...     error.position
    2
    """

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(
            f"the text has a lone surrogate at position {position}, which cannot be encoded; "
            "remove it or restore the other half of the pair"
        )

    def __reduce__(self) -> tuple[type[UnencodableText], tuple[int]]:
        return UnencodableText, (self.position,)


class TooManyParts(SmsplanError, ValueError):
    """More than 255 parts: the concatenation header has one octet for the total.

    TS 23.040 9.2.3.24.1. ``number_of_parts`` is what the text would need.
    """

    def __init__(self, number_of_parts: int) -> None:
        self.number_of_parts = number_of_parts
        super().__init__(
            f"the text needs {number_of_parts} parts and one message can have at most 255; "
            "shorten the text or send it as several messages"
        )

    def __reduce__(self) -> tuple[type[TooManyParts], tuple[int]]:
        return TooManyParts, (self.number_of_parts,)


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason for which the API refuses a request.

    ``code`` is the API's error code, ``field`` the path of the field in the request
    (``to[0]``, ``parameters.name.default``), ``text`` the sentence, ``status`` the HTTP status.
    """

    code: str
    field: str
    text: str
    status: int = 400


class RequestRefused(SmsplanError, ValueError):
    """The API would refuse this request; ``faults`` holds every reason, in the order of fields.

    ``to_dict()`` is the body of the API's answer, which names the first fault only.
    """

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(f"{fault.code}: {fault.text}" for fault in faults))

    @property
    def status(self) -> int:
        """The HTTP status of the API's answer."""
        return self.faults[0].status

    def to_dict(self) -> dict[str, str]:
        """Return the API's error body: ``code`` and ``text`` of the first fault."""
        return {"code": self.faults[0].code, "text": self.faults[0].text}

    def __reduce__(self) -> tuple[type[RequestRefused], tuple[tuple[Fault, ...]]]:
        return RequestRefused, (self.faults,)


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that a plan is above: the ``limit``'s name and the figures in a sentence.

    ``rows`` are the first that are at fault, counted from 1; none where all are together.
    """

    limit: str
    text: str
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        where = ""
        if self.rows:
            where = f" (first in row{'s' * (len(self.rows) > 1)} {', '.join(map(str, self.rows))})"
        return f"{self.limit}: {self.text}{where}"


class PlanRejected(SmsplanError):
    """A plan is above its limits; ``breaches`` has every one of them.

    Raised before anything is sent: by :meth:`smsplan.Plan.check` and :meth:`smsplan.DryRun.check`.
    """

    def __init__(self, breaches: tuple[Breach, ...]) -> None:
        self.breaches = breaches
        lines = "\n  ".join(map(str, breaches))
        super().__init__(f"above the limits:\n  {lines}")

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "breaches": [
                {"limit": breach.limit, "text": breach.text, "rows": list(breach.rows)}
                for breach in self.breaches
            ]
        }

    def __reduce__(self) -> tuple[type[PlanRejected], tuple[tuple[Breach, ...]]]:
        return PlanRejected, (self.breaches,)


class Problem(StrEnum):
    """Why nothing is sent for a row; the first that applies, in this order."""

    UNREADABLE = "unreadable"
    INVALID_NUMBER = "invalid_number"
    NO_BODY = "no_body"
    UNENCODABLE_TEXT = "unencodable_text"
    VALUE_TOO_LONG = "value_too_long"
    UNMATCHED_PARAMETER = "unmatched_parameter"
    OVER_255_PARTS = "over_255_parts"
    EXCEEDED_PARTS_LIMIT = "exceeded_parts_limit"
    REJECTED_BY_RATE_CARD = "rejected_by_rate_card"
    DUPLICATE_RECIPIENT = "duplicate_recipient"


class Note(StrEnum):
    """A remark about a row that goes out; several are joined by ``;`` in this order."""

    REPAIRED = "repaired"
    NATIONAL = "national"
    LOOKS_NATIONAL = "looks_national"
    FICTITIOUS = "fictitious"
    DOUBTFUL = "doubtful"
    DEFAULT_USED = "default_used"
    SHORTENED = "shortened"
    SUBSTITUTED = "substituted"
    TRUNCATED = "truncated"
    UNPRICED = "unpriced"
