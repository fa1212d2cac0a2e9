"""What can go wrong, as classes; what a row can carry, as codes.

Programs get errors, rows get problems: a bad recipient carries a :class:`Problem` and the others go
on; a bad template, column or rate card raises once, before the first row, all its faults together.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Self

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


class _Entry(StrEnum):
    """A code that a row can carry, and all that is said of it.

    ``sentence`` says what it means, ``more`` adds what the documentation says. ``kind`` names such
    rows among those that an account is asked about; empty: they are no kind of their own.
    """

    sentence: str
    more: str
    kind: str

    def __new__(
        cls, code: str, sentence: str = "", more: str = "", kind: str = "", *_: object
    ) -> Self:
        self = str.__new__(cls, code)
        self._value_ = code
        self.sentence, self.more, self.kind = sentence, more, kind
        return self


class Problem(_Entry):
    """Why nothing is sent for a row; the first that applies, in this order.

    ``delivery`` is the code of the delivery report, 0 where there is none. Where ``kind`` is empty,
    nothing can be asked about the row.
    """

    delivery: int

    UNREADABLE = (
        "unreadable",
        "the file cannot be read there",
        'the row\'s columns are empty (`on_error="skip"`)',
    )
    INVALID_NUMBER = (
        "invalid_number",
        "the number is not one the API takes",
        "the profile's digit rule refuses it, or it is missing",
        "invalid number",
    )
    NO_BODY = (
        "no_body",
        "there is no body for the row's value",
        "nor is there one for `*` (`body_by`)",
    )
    UNENCODABLE_TEXT = (
        "unencodable_text",
        "the text cannot be encoded",
        "a value has a lone surrogate, which neither an SMS nor JSON can carry",
    )
    VALUE_TOO_LONG = (
        "value_too_long",
        "a parameter's value is too long",
        "the profile's `value_limit` decides",
        "value too long",
    )
    UNMATCHED_PARAMETER = (
        "unmatched_parameter",
        "a parameter has no value and no default",
        "delivery code 405",
        "unmatched parameter",
        405,
    )
    OVER_255_PARTS = (
        "over_255_parts",
        "the text needs more than 255 parts",
        "the concatenation header has one octet for the total (TS 23.040 9.2.3.24.1)",
        "above 255 parts",
    )
    EXCEEDED_PARTS_LIMIT = (
        "exceeded_parts_limit",
        "the text exceeds max_number_of_message_parts",
        "delivery code 411",
        "above the limit of parts",
        411,
    )
    REJECTED_BY_RATE_CARD = (
        "rejected_by_rate_card",
        "the rate card rejects their numbers",
        "a row of kind `reject` applies; a dry run counts it all the same",
    )
    DUPLICATE_RECIPIENT = (
        "duplicate_recipient",
        "an earlier row has the same number",
        "that row is sent",
        "duplicate number",
    )

    def __init__(
        self, code: str, sentence: str = "", more: str = "", kind: str = "", delivery: int = 0
    ) -> None:
        self.delivery = delivery


class Weight(IntEnum):
    """How much a note matters."""

    TOLD = 0  # how the row was read, or what became of it
    CORRECT = 1  # the list or the text had better be corrected
    IN_DOUBT = 2  # the money may be wasted, or is not known
    WASTED = 3


@dataclass(frozen=True, slots=True)
class NumberWords:
    """What is said of numbers that have a note.

    ``counted`` stands behind a count; ``one`` and ``several`` are an audit's, with what to do about
    it. ``{region}`` is the region that national numbers are read by.
    """

    counted: str
    one: str
    several: str


class Note(_Entry):
    """A remark about a row that goes out; several are joined by ``;`` in this order.

    Inside, the notes of a row are the sum of their ``bit``: 0 where there is none.
    ``weight`` is how much it matters. ``number`` is what is said of numbers that have it; None: it
    is not about the number.

    >>> Note.REPAIRED.bit, Note.NATIONAL.bit, Note.joined(3), Note.bits("repaired;national;new")
    (1, 2, 'repaired;national', 3)
    """

    weight: Weight
    number: NumberWords | None
    bit: int

    REPAIRED = (
        "repaired",
        "the number was repaired where that is certain",
        "`447700900123.0` from a spreadsheet is one",
        "repaired number",
        Weight.CORRECT,
        NumberWords(
            "repaired",
            "1 number is repaired, where every digit is certain; fix it in the list",
            "{} numbers are repaired, where every digit is certain; fix them in the list",
        ),
    )
    NATIONAL = (
        "national",
        "read as a national number",
        "`region` names the country",
        "national number",
        Weight.TOLD,
        NumberWords(
            "read as national numbers of {region}",
            "1 number is read as dialled in {region}",
            "{} numbers are read as dialled in {region}",
        ),
    )
    LOOKS_NATIONAL = (
        "looks_national",
        "begins with 0, so it names no country",
        "pass `region`",
        "number looks national",
        Weight.IN_DOUBT,
        NumberWords(
            "begin with 0 and name no country",
            "1 number begins with 0 and names no country, so its price is in doubt; pass region= "
            "(--region)",
            "{} numbers begin with 0 and name no country, so their prices are in doubt; pass "
            "region= (--region)",
        ),
    )
    FICTITIOUS = (
        "fictitious",
        "a number that is reserved for fiction and reaches nobody",
        "+44 7700 900123 is one",
        "",
        Weight.WASTED,
        NumberWords(
            "reserved for fiction",
            "1 number is reserved for fiction: what goes there reaches nobody",
            "{} numbers are reserved for fiction: what goes there reaches nobody",
        ),
    )
    DOUBTFUL = (
        "doubtful",
        "in no numbering range that is known",
        "libphonenumber does not call it valid",
        "",
        Weight.IN_DOUBT,
        NumberWords(
            "not in any known numbering range",
            "1 number is in no range that libphonenumber knows: what goes there likely reaches "
            "nobody",
            "{} numbers are in no range that libphonenumber knows: what goes there likely reaches "
            "nobody",
        ),
    )
    DEFAULT_USED = (
        "default_used",
        "the row has no value, the default stands in",
        "the parameter has a column",
        "default used",
        Weight.TOLD,
    )
    SHORTENED = (
        "shortened",
        "a value was cut to its limit",
        "a default that stands in is cut too (`limits`)",
        "value shortened",
        Weight.TOLD,
    )
    SUBSTITUTED = (
        "substituted",
        "look-alikes were replaced",
        "by `substitute`, or by Auto Encoding of the profile",
        "substituted",
        Weight.TOLD,
    )
    TRUNCATED = (
        "truncated",
        "cut to one part",
        "by `truncate_concat`",
        "truncated",
        Weight.CORRECT,
    )
    UNPRICED = (
        "unpriced",
        "the rate card has no price for it",
        "its cost is unknown, not 0",
        "",
        Weight.IN_DOUBT,
    )

    def __init__(
        self,
        code: str,
        sentence: str = "",
        more: str = "",
        kind: str = "",
        weight: Weight = Weight.TOLD,
        number: NumberWords | None = None,
    ) -> None:
        self.weight, self.number = weight, number
        self.bit = 1 << len(type(self).__members__)

    @classmethod
    def joined(cls, bits: int) -> str:
        """Return the words of notes, as a row has them; empty where there is none."""
        return ";".join(note for note in cls if bits & note.bit)

    @classmethod
    def bits(cls, words: str | None) -> int:
        """Read what :meth:`joined` wrote; words that are not known, of a newer plan, are none."""
        said = set((words or "").split(";"))
        return sum(note.bit for note in cls if note in said)


# So many names are listed where none is close.
_LISTED = 12


class Faults:
    """Collects faults, to raise them in one error.

    >>> faults = Faults()
    >>> with faults.of("body 'A'"):
    ...     raise InputError("it is not text")
    >>> faults.add("jobs is 0")
    >>> faults.end()
    Traceback (most recent call last):
    smsplan.errors.InputError: body 'A': it is not text
    jobs is 0
    """

    def __init__(self) -> None:
        self._found: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    @contextmanager
    def of(self, what: str = "") -> Iterator[None]:
        """Keep what a block raises, as a fault of this."""
        try:
            yield
        except InputError as error:
            said = str(error).replace("\n", "\n  ") if what else str(error)
            self.add(f"{what}: {said}" if what else said)

    def add(self, *texts: str) -> None:
        """Keep these."""
        self._found += texts

    def end(self) -> None:
        """Raise what was found, each once."""
        if self._found:
            raise InputError("\n".join(dict.fromkeys(self._found)))


def nearest(
    name: str,
    known: Iterable[str],
    otherwise: str = "there are {}.",
    *,
    cutoff: float = 0.6,
) -> str:
    """Ask whether another name was meant; ``otherwise`` is said where none is close.

    >>> nearest("nmae", ["name", "city"]), nearest("x", ["name", "city"])
    ("did you mean 'name'?", "there are 'name', 'city'.")
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return "there is none; leave it out."
    listed = ", ".join(f"'{one}'" for one in names[:_LISTED])
    return otherwise.format(listed + " and others" * (len(names) > _LISTED))
