"""The API's requests as frozen values, validated field by field under the API's own names.

A request with faults raises :class:`~smsplan.errors.RequestRefused`, which holds all of them, each
with the API's error code, the path of the field and a text. The API names only the first.
Sinch SMS API, batches: send, dry run, update.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, Self
from urllib.parse import urlsplit

from smsplan.api.doubtful import doubtful_header, doubtful_sender
from smsplan.api.profiles import Profile
from smsplan.errors import Fault, RequestRefused
from smsplan.numbers import normalise
from smsplan.templates import Template
from smsplan.templates.placeholders import KEY

DELIVERY_REPORTS = ("none", "summary", "full", "per_recipient", "per_recipient_final")
MAX_RECIPIENTS = 1000
MAX_URL = 2048
# TP-UD: header and body of a binary message share 140 octets (TS 23.040 9.2.3.16).
MAX_BINARY_OCTETS = 140

# A ULID today, 12 to 16 random characters formerly: digits alone are a number, letters a word.
_GROUP = re.compile(r"(?:[0-9A-Z]{26}|(?=.*[A-Za-z])[A-Za-z0-9]{12,16})\Z")
_KEY = re.compile(rf"{KEY}\Z")
_LONE = re.compile("[\ud800-\udfff]")


class _Absent:
    """The value of a field that an update does not mention; not the same as null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    def __copy__(self) -> _Absent:
        return self

    def __deepcopy__(self, memo: object) -> _Absent:
        return self

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()

Parameters = Mapping[str, Mapping[str, str]]


def is_group_id(text: str) -> bool:
    """Whether an element of ``to`` is the id of a group rather than a number."""
    return _GROUP.match(text) is not None


def msisdn(text: str, profile: Profile) -> str | None:
    """Return the digits of a number that the API takes, or None; its digit rule is the profile's.

    >>> msisdn("+1 (201) 777-7777", Profile())
    '12017777777'
    >>> msisdn("+1", Profile()) is None
    True
    """
    digits = normalise(text)
    if digits is None or not profile.min_digits <= len(digits) <= profile.max_digits:
        return None
    if profile.leading_zero == "refused" and digits.startswith("0"):
        return None
    return digits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """The fields that every type of batch has."""

    type: ClassVar[str]

    to: Sequence[str]
    from_: str | None = None
    delivery_report: str | None = None
    send_at: str | None = None
    expire_at: str | None = None
    callback_url: str | None = None
    client_reference: str | None = None
    feedback_enabled: bool | None = None
    from_ton: int | None = None
    from_npi: int | None = None
    profile: InitVar[Profile | str | None] = None

    def __post_init__(self, profile: Profile | str | None) -> None:
        chosen = Profile.of(profile)
        faults = tuple(self._faults(chosen))
        if faults:
            raise RequestRefused(faults)
        object.__setattr__(self, "to", tuple(_text(element) for element in self.to))
        if isinstance(self.from_, int):
            object.__setattr__(self, "from_", str(self.from_))

    def check(self, profile: Profile) -> tuple[Fault, ...]:
        """Return every fault that this request has under another profile."""
        return tuple(self._faults(profile))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the API may take and phones may not: the sender, the header."""
        return tuple(self._doubts())

    def _doubts(self) -> Iterator[str]:
        if self.from_ is not None and (doubt := doubtful_sender(self.from_)) is not None:
            yield doubt

    def _faults(self, profile: Profile) -> Iterator[Fault]:
        yield from _to_faults("to", self.to, profile, required=True)
        yield from _from_faults(self.from_, profile)
        yield from _common_faults(self, profile)

    def to_dict(self) -> dict[str, Any]:
        """Return the request as the API's JSON has it; absent fields are left out."""
        out: dict[str, Any] = {"type": self.type}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None:
                out["from" if field.name == "from_" else field.name] = _plain(value)
        return out

    @classmethod
    def from_dict(
        cls,
        payload: Mapping[str, Any],
        *,
        profile: Profile | str | None = None,
        response: bool = False,
    ) -> Self:
        """Read a request, or (``response=True``, leniently) the batch in a response.

        Fields that the API does not know are ignored, as the service does; see
        :func:`unknown_fields`. A null is the same as an absent field. Raises
        :class:`~smsplan.errors.RequestRefused`.
        """
        if not isinstance(payload, Mapping):
            raise _wrong_type("", "an object")
        if cls.type == "mt_binary" and payload.get("parameters") is not None and not response:
            raise RequestRefused((_constraint("parameters", "a binary batch has none"),))
        if payload.get("type") not in (None, cls.type):
            raise RequestRefused(
                (
                    Fault(
                        "syntax_invalid_parameter_format",
                        "type",
                        f"The format of parameter 'type' is invalid; this reads '{cls.type}'.",
                    ),
                )
            )
        if response:
            payload = _lenient(payload)
        names = {field.name for field in dataclasses.fields(cls)}
        values = {name: payload.get("from" if name == "from_" else name) for name in names}
        present = {name: value for name, value in values.items() if value is not None}
        required = {
            field.name for field in dataclasses.fields(cls) if field.default is dataclasses.MISSING
        }
        # A required field that is missing must meet its own rule, not Python's TypeError.
        absent: dict[str, Any] = dict.fromkeys(required - present.keys())
        if response:
            made: Self = _unchecked(cls, present)
            return made
        return cls(**present, **absent, profile=profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBatch(_Batch):
    """``mt_text``: a text to up to 1,000 recipients, with parameters.

    ``to`` holds numbers and group ids; ``parameters`` is the API's map
    ``{key: {number: value, "default": value}}``. ``profile`` decides the limits and is not kept.

    >>> batch = TextBatch(to=["+12017777777"], body="Hello ${name}!",
    ...                   parameters={"name": {"default": "there"}})
    >>> batch.to_dict()["parameters"]
    {'name': {'default': 'there'}}
    >>> TextBatch(to=["+1"], body="Hello")
    Traceback (most recent call last):
        ...
    smsplan.errors.RequestRefused: syntax_invalid_parameter_format: The format of parameter
    'to[0]' is invalid; value '+1' is not a valid MSISDN or group ID.
    """

    type: ClassVar[str] = "mt_text"

    body: str
    parameters: Parameters | None = None
    flash_message: bool | None = None
    truncate_concat: bool | None = None
    max_number_of_message_parts: int | None = None

    def __post_init__(self, profile: Profile | str | None) -> None:
        _Batch.__post_init__(self, profile)
        _freeze_parameters(self)

    def _faults(self, profile: Profile) -> Iterator[Fault]:
        yield from _Batch._faults(self, profile)
        yield from _body_faults("body", self.body, profile)
        yield from _parameters_faults(self.parameters, profile)
        yield from _text_option_faults(self)

    def updated(self, update: TextUpdate, *, profile: Profile | str | None = None) -> TextBatch:
        """Return the batch after an update: adds first, then removes; null resets a field.

        Raises :class:`~smsplan.errors.RequestRefused` where the result breaks a rule, such as
        nobody left in ``to``.
        """
        chosen = Profile.of(profile)
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        for name in values:
            value = getattr(update, name, ABSENT)
            if value is not ABSENT:
                values[name] = value
        added = update.to_add if isinstance(update.to_add, tuple) else ()
        removed = update.to_remove if isinstance(update.to_remove, tuple) else ()
        by_identity = {_identity(element, chosen): element for element in (*self.to, *added)}
        # The first spelling of a number stays.
        for element in (*added[::-1], *self.to[::-1]):
            by_identity[_identity(element, chosen)] = element
        gone = {_identity(element, chosen) for element in removed}
        values["to"] = tuple(v for key, v in by_identity.items() if key not in gone)
        return TextBatch(**values, profile=chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryBatch(_Batch):
    """``mt_binary``: ``body`` in base64 and ``udh`` in hex, together at most 140 octets."""

    type: ClassVar[str] = "mt_binary"

    body: str
    udh: str

    def _faults(self, profile: Profile) -> Iterator[Fault]:
        yield from _Batch._faults(self, profile)
        octets = 0
        for name, value, decode in (
            ("body", self.body, _from_base64),
            ("udh", self.udh, _from_hex),
        ):
            if value is None:
                yield _missing(name)
            elif not isinstance(value, str):
                yield _type_fault(name, "a string")
            else:
                try:
                    decoded = decode(value)
                except ValueError:
                    form = "base64" if name == "body" else "hexadecimal"
                    yield _format(name, f"it is not {form}")
                    continue
                octets += len(decoded)
                if name == "udh" and profile.malformed_header == "refused":
                    doubt = doubtful_header(decoded)
                    if doubt is not None:
                        yield _format(name, doubt)
        if octets > MAX_BINARY_OCTETS:
            yield _constraint(
                "body", f"body and udh have {octets} octets, at most {MAX_BINARY_OCTETS} fit"
            )

    def _doubts(self) -> Iterator[str]:
        yield from _Batch._doubts(self)
        doubt = doubtful_header(_from_hex(self.udh))
        if doubt is not None:
            yield doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaBatch(_Batch):
    """``mt_media``: ``body`` is ``{"url": ..., "message": ..., "subject": ...}`` (US only)."""

    type: ClassVar[str] = "mt_media"

    body: Mapping[str, str]
    parameters: Parameters | None = None
    strict_validation: bool | None = None

    def __post_init__(self, profile: Profile | str | None) -> None:
        _Batch.__post_init__(self, profile)
        _freeze_parameters(self)
        object.__setattr__(self, "body", dict(self.body))

    def _faults(self, profile: Profile) -> Iterator[Fault]:
        yield from _Batch._faults(self, profile)
        if self.body is None:
            yield _missing("body")
        elif not isinstance(self.body, Mapping):
            yield _type_fault("body", "an object")
        else:
            url = self.body.get("url")
            if url is None:
                yield _missing("body.url")
            else:
                yield from _url_faults("body.url", url)
            for name, limit in (("message", 2000), ("subject", 80)):
                value = self.body.get(name)
                if value is not None:
                    yield from _length_faults(f"body.{name}", value, limit, profile)
        yield from _parameters_faults(self.parameters, profile)
        yield from _boolean_faults(self, ("strict_validation",))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextUpdate:
    """A partial update of a text batch: an absent field stays, a null (``None``) resets it.

    >>> batch = TextBatch(to=["15551231234"], body="Hi", flash_message=True)
    >>> batch.updated(TextUpdate(to_add=("15551256344",), flash_message=None)).to
    ('15551231234', '15551256344')
    """

    type: ClassVar[str] = "mt_text"

    to_add: Sequence[str] | _Absent = ABSENT
    to_remove: Sequence[str] | _Absent = ABSENT
    from_: str | None | _Absent = ABSENT
    body: str | _Absent = ABSENT
    parameters: Parameters | None | _Absent = ABSENT
    delivery_report: str | None | _Absent = ABSENT
    send_at: str | None | _Absent = ABSENT
    expire_at: str | None | _Absent = ABSENT
    callback_url: str | None | _Absent = ABSENT
    client_reference: str | None | _Absent = ABSENT
    feedback_enabled: bool | None | _Absent = ABSENT
    flash_message: bool | None | _Absent = ABSENT
    truncate_concat: bool | None | _Absent = ABSENT
    max_number_of_message_parts: int | None | _Absent = ABSENT
    from_ton: int | None | _Absent = ABSENT
    from_npi: int | None | _Absent = ABSENT
    profile: InitVar[Profile | str | None] = None

    def __post_init__(self, profile: Profile | str | None) -> None:
        faults = tuple(self._faults(Profile.of(profile)))
        if faults:
            raise RequestRefused(faults)
        for name in ("to_add", "to_remove"):
            value = getattr(self, name)
            if value is not ABSENT:
                object.__setattr__(self, name, tuple(_text(element) for element in value))

    def _faults(self, profile: Profile) -> Iterator[Fault]:
        for name in ("to_add", "to_remove"):
            value = getattr(self, name)
            if value is not ABSENT:
                yield from _to_faults(name, value, profile, required=False)
        # The rules of a request hold for every field that is given; an absent one has no fault.
        given = _Given(self)
        if given.from_ is not None:
            yield from _from_faults(given.from_, profile)
        yield from _common_faults(given, profile)
        if self.body is not ABSENT:
            yield from _body_faults("body", self.body, profile)
        yield from _parameters_faults(given.parameters, profile)
        yield from _text_option_faults(given)

    def to_dict(self) -> dict[str, Any]:
        """Return the update as the API's JSON has it: absent fields left out, nulls kept."""
        out: dict[str, Any] = {"type": self.type}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not ABSENT:
                out["from" if field.name == "from_" else field.name] = _plain(value)
        return out

    @classmethod
    def from_dict(
        cls, payload: Mapping[str, Any], *, profile: Profile | str | None = None
    ) -> TextUpdate:
        """Read an update; raises :class:`~smsplan.errors.RequestRefused` with every fault."""
        if not isinstance(payload, Mapping):
            raise _wrong_type("", "an object")
        if payload.get("type") not in (None, cls.type):
            raise RequestRefused((_format("type", f"this reads an update of '{cls.type}'"),))
        names = [field.name for field in dataclasses.fields(cls)]
        values = {
            name: payload[key]
            for name in names
            if (key := "from" if name == "from_" else name) in payload
        }
        # "No change" and null are the same for the two lists.
        values = {
            name: value
            for name, value in values.items()
            if not (value is None and name in ("to_add", "to_remove"))
        }
        return cls(**values, profile=profile)


class _Given:
    """An update seen as a request in which the absent fields are null."""

    def __init__(self, update: TextUpdate) -> None:
        self._update = update

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._update, name)
        return None if value is ABSENT else value


Batch = TextBatch | BinaryBatch | MediaBatch
BATCH_TYPES: dict[str, type[TextBatch] | type[BinaryBatch] | type[MediaBatch]] = {
    "mt_text": TextBatch,
    "mt_binary": BinaryBatch,
    "mt_media": MediaBatch,
}


def batch_from_dict(
    payload: Mapping[str, Any], *, profile: Profile | str | None = None, response: bool = False
) -> Batch:
    """Read a batch of any type from the API's JSON; see :meth:`TextBatch.from_dict`.

    >>> batch_from_dict({"to": ["15551231234"], "body": "Hi"})
    TextBatch(to=('15551231234',), from_=None, delivery_report=None, send_at=None, \
expire_at=None, callback_url=None, client_reference=None, feedback_enabled=None, from_ton=None, \
from_npi=None, body='Hi', parameters=None, flash_message=None, truncate_concat=None, \
max_number_of_message_parts=None)
    """
    if not isinstance(payload, Mapping):
        raise _wrong_type("", "an object")
    kind = payload.get("type")
    if kind is not None and not isinstance(kind, str):
        raise _wrong_type("type", "a string")
    cls = BATCH_TYPES.get("mt_text" if kind is None else kind)
    if cls is None:
        raise RequestRefused(
            (
                Fault(
                    "syntax_invalid_parameter_format",
                    "type",
                    f"The format of parameter 'type' is invalid; use {', '.join(BATCH_TYPES)}.",
                ),
            )
        )
    return cls.from_dict(payload, profile=profile, response=response)


def known_fields(payload: Mapping[str, Any], *, update: bool = False) -> tuple[str, ...]:
    """Return the fields that the API knows of a request, of its type, or of an update."""
    kind = payload.get("type", "mt_text")
    cls = BATCH_TYPES.get(kind if isinstance(kind, str) else "", TextBatch)
    names = [field.name for field in dataclasses.fields(TextUpdate if update else cls)]
    return ("type", *("from" if name == "from_" else name for name in names))


def unknown_fields(payload: Mapping[str, Any], *, update: bool = False) -> tuple[str, ...]:
    """Return the fields of a request, or of an update, that the API does not know and would ignore.

    >>> unknown_fields({"to": ["15551231234"], "body": "Hi", "flash": True})
    ('flash',)
    >>> unknown_fields({"to": ["15551231234"]}, update=True)
    ('to',)
    """
    known = known_fields(payload, update=update)
    return tuple(name for name in payload if name not in known)


# Faults ------------------------------------------------------------------------------------------


def _place(path: str) -> str:
    return f"parameter '{path}'" if path else "the request"


def _type_fault(path: str, expected: str) -> Fault:
    return Fault(
        "syntax_invalid_json", path, f"The JSON type of {_place(path)} is invalid; use {expected}."
    )


def _wrong_type(path: str, expected: str) -> RequestRefused:
    return RequestRefused((_type_fault(path, expected),))


def _format(path: str, why: str) -> Fault:
    return Fault(
        "syntax_invalid_parameter_format",
        path,
        f"The format of parameter '{path}' is invalid; {why}.",
    )


def _constraint(path: str, why: str) -> Fault:
    return Fault(
        "syntax_constraint_violation", path, f"Parameter '{path}' violates a constraint; {why}."
    )


def _missing(path: str) -> Fault:
    return _constraint(path, "it is required")


def text_length(text: str, profile: Profile) -> int:
    """Return what the limits of body, value and reference count; its unit is the profile's.

    >>> text_length("\U0001f600", Profile())
    2
    """
    if profile.length_unit == "code_point":
        return len(text)
    return len(text) + sum(character > "\uffff" for character in text)


def lone_surrogate(path: str, text: str) -> Fault | None:
    r"""Return the fault of a text that has half a character, or None.

    JSON is UTF-8 on the wire, which has no lone surrogates (RFC 8259 § 8.1).

    >>> lone_surrogate("name", "ab\ud83d").text
    "The text of parameter 'name' has a lone surrogate at position 2."
    """
    lone = _LONE.search(text)
    if lone is None:
        return None
    return Fault(
        "syntax_invalid_json",
        path,
        f"The text of {_place(path)} has a lone surrogate at position {lone.start()}.",
    )


def _length_faults(path: str, value: Any, limit: int | None, profile: Profile) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield _type_fault(path, "a string")
        return
    if (fault := lone_surrogate(path, value)) is not None:
        yield fault
    if limit is not None and (length := text_length(value, profile)) > limit:
        yield _constraint(path, f"it has {length} characters, at most {limit} are allowed")


def _body_faults(path: str, body: Any, profile: Profile) -> Iterator[Fault]:
    if body is None:
        yield _missing(path)
        return
    yield from _length_faults(path, body, profile.body_limit, profile)
    if body == "" and profile.empty_body == "refused":
        yield _constraint(path, "it is empty")
    if isinstance(body, str) and profile.malformed_placeholder == "error":
        for warning in Template(body).warnings:
            if warning.kind in ("malformed", "unclosed"):
                yield _format(path, f"the placeholder at position {warning.position} is malformed")


def _to_faults(path: str, to: Any, profile: Profile, *, required: bool) -> Iterator[Fault]:
    if to is None:
        yield _missing(path)
        return
    if isinstance(to, (str, Mapping)) or not isinstance(to, Iterable):
        yield _type_fault(path, "a list of strings")
        return
    elements = list(to)
    if required and not elements:
        yield _constraint(path, "it needs at least one recipient")
    if len(elements) > MAX_RECIPIENTS:
        yield _constraint(
            path, f"it has {len(elements)} elements, at most {MAX_RECIPIENTS} are allowed"
        )
    for index, element in enumerate(elements):
        whole = isinstance(element, int) and not isinstance(element, bool)
        if whole and profile.integer_numbers == "accepted":
            element = str(element)
        if not isinstance(element, str):
            yield _type_fault(f"{path}[{index}]", "a string")
        elif msisdn(element, profile) is None and not is_group_id(element):
            yield Fault(
                "syntax_invalid_parameter_format",
                f"{path}[{index}]",
                f"The format of parameter '{path}[{index}]' is invalid; "
                f"value '{element}' is not a valid MSISDN or group ID.",
            )


def _from_faults(from_: Any, profile: Profile) -> Iterator[Fault]:
    if from_ is None:
        if not profile.default_originator:
            yield _constraint("from", "it is required, the account has no default originator")
        return
    whole = isinstance(from_, int) and not isinstance(from_, bool)
    if whole and profile.integer_numbers == "accepted":
        from_ = str(from_)
    if not isinstance(from_, str):
        yield _type_fault("from", "a string")
        return
    # A number has up to 18 characters, an alphanumeric sender up to 11.
    digits = normalise(from_)
    if (digits is None or len(digits) > 18) and not (
        0 < len(from_) <= 11 and from_.isprintable() and any(map(str.isalpha, from_))
    ):
        yield _format(
            "from", "it is neither a number of up to 18 digits nor a name of up to 11 characters"
        )
    elif profile.sender_characters == "gsm" and (doubt := doubtful_sender(from_)) is not None:
        yield _format("from", doubt)


def _parameters_faults(parameters: Any, profile: Profile) -> Iterator[Fault]:
    if parameters is None:
        return
    if not isinstance(parameters, Mapping):
        yield _type_fault("parameters", "an object")
        return
    for key, values in parameters.items():
        path = f"parameters.{key}"
        if not isinstance(key, str) or not _KEY.match(key):
            yield _format(path, "a key has letters, digits, '_', '.' and '-' only")
        elif profile.key_limit is not None and len(key) > profile.key_limit:
            yield _constraint(path, f"a key has at most {profile.key_limit} characters")
        if not isinstance(values, Mapping):
            yield _type_fault(path, "an object")
            continue
        for number, value in values.items():
            if isinstance(number, str):
                # Whether UTF-8 can carry it; a number that nothing is sent to is harmless.
                yield from _length_faults(path, number, None, profile)
            if value is not None:
                yield from _length_faults(f"{path}.{number}", value, profile.value_limit, profile)


def _common_faults(batch: Any, profile: Profile) -> Iterator[Fault]:
    report = batch.delivery_report
    if report is not None and not isinstance(report, str):
        yield _type_fault("delivery_report", "a string")
    elif report is not None and report not in DELIVERY_REPORTS:
        yield Fault(
            "syntax_invalid_parameter_format",
            "delivery_report",
            f"'{report}' is not a valid report type",
        )
    yield from _time_faults(batch)
    if batch.callback_url is not None:
        yield from _url_faults("callback_url", batch.callback_url)
    if batch.client_reference is not None:
        yield from _length_faults(
            "client_reference", batch.client_reference, profile.reference_limit, profile
        )
    yield from _boolean_faults(batch, ("feedback_enabled",))
    for name, limit in (("from_ton", 6), ("from_npi", 18)):
        yield from _integer_faults(name, getattr(batch, name), 0, limit)
    if (batch.from_ton is None) != (batch.from_npi is None):
        absent = "from_ton" if batch.from_ton is None else "from_npi"
        yield _constraint(absent, "from_ton and from_npi are given together or not at all")


def _text_option_faults(batch: Any) -> Iterator[Fault]:
    yield from _boolean_faults(batch, ("flash_message", "truncate_concat"))
    yield from _integer_faults(
        "max_number_of_message_parts", batch.max_number_of_message_parts, 1, None
    )


def _boolean_faults(batch: Any, names: tuple[str, ...]) -> Iterator[Fault]:
    for name in names:
        value = getattr(batch, name)
        if value is not None and not isinstance(value, bool):
            yield _type_fault(name, "true or false")


def _integer_faults(path: str, value: Any, low: int, high: int | None) -> Iterator[Fault]:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        yield _type_fault(path, "an integer")
    elif value < low or (high is not None and value > high):
        allowed = f"{low} to {high}" if high is not None else f"{low} or more"
        yield _constraint(path, f"{allowed} is allowed")


def _url_faults(path: str, url: Any) -> Iterator[Fault]:
    if not isinstance(url, str):
        yield _type_fault(path, "a string")
        return
    if len(url) > MAX_URL:
        yield _constraint(path, f"it has {len(url)} characters, at most {MAX_URL} are allowed")
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname)
        # Neither spaces nor line breaks, and nothing that UTF-8 cannot carry.
        valid = valid and url.isprintable() and " " not in url
    except ValueError:
        valid = False
    if not valid:
        yield _format(path, "it is not a valid URL")


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time; the offset may be missing (UTC), and so may the seconds.

    Raises ValueError. The result is in UTC.

    >>> parse_time("2024-06-06T09:25Z").isoformat()
    '2024-06-06T09:25:00+00:00'
    """
    if "T" not in text.upper() and " " not in text:
        raise ValueError("no time of day")
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _time_faults(batch: Any) -> Iterator[Fault]:
    times: dict[str, datetime] = {}
    for name in ("send_at", "expire_at"):
        value = getattr(batch, name)
        if value is None:
            continue
        if not isinstance(value, str):
            yield _type_fault(name, "a string")
            continue
        try:
            times[name] = parse_time(value)
        except (ValueError, OverflowError):
            yield _format(name, "it is not an ISO 8601 time such as 2026-06-06T09:25:00Z")
    if len(times) == 2:
        if times["expire_at"] <= times["send_at"]:
            yield _constraint("expire_at", "it must be after send_at")
        elif times["expire_at"] - times["send_at"] > timedelta(days=3):
            yield _constraint("expire_at", "it may be at most three days after send_at")


# Values ------------------------------------------------------------------------------------------


def _text(element: str | int) -> str:
    return str(element)


def _identity(element: str, profile: Profile) -> str:
    """What makes two elements of ``to`` the same: the normalised number, or the group id."""
    return msisdn(element, profile) or element


def _freeze_parameters(batch: TextBatch | MediaBatch) -> None:
    """Copy the maps, so that the caller's later changes do not reach the batch; drop nulls."""
    if batch.parameters is not None:
        copied = {
            key: {number: value for number, value in values.items() if value is not None}
            for key, values in batch.parameters.items()
        }
        object.__setattr__(batch, "parameters", copied)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _from_base64(text: str) -> bytes:
    # White space is tolerated, as the service does.
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _from_hex(text: str) -> bytes:
    return bytes.fromhex(text)


_BOOLEANS = ("feedback_enabled", "flash_message", "truncate_concat", "strict_validation")
_INTEGERS = ("max_number_of_message_parts", "from_ton", "from_npi")


def _lenient(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Read a response as a sensible reader would: numbers as text, text booleans, "" for absent."""
    out: dict[str, Any] = {}
    for name, value in payload.items():
        if value is None or (value == "" and name != "body"):
            continue
        if name in _BOOLEANS and isinstance(value, str):
            out[name] = value.strip().lower() == "true"
        elif name in _INTEGERS and isinstance(value, str) and value.strip().isdecimal():
            out[name] = int(value)
        elif name == "from" and isinstance(value, int):
            out[name] = str(value)
        elif name == "to" and isinstance(value, (list, tuple)):
            out[name] = [str(element) for element in value]
        elif name == "parameters" and isinstance(value, Mapping):
            out[name] = {
                key: {str(number): str(item) for number, item in values.items() if item is not None}
                for key, values in value.items()
                if isinstance(values, Mapping)
            }
        else:
            out[name] = value
    return out


def _unchecked(cls: Any, values: dict[str, Any]) -> Any:
    """Build a batch from a response, whose rules are the service's affair, not ours."""
    batch = object.__new__(cls)
    for field in dataclasses.fields(cls):
        default = None if field.default is dataclasses.MISSING else field.default
        value = values.get(field.name, default)
        object.__setattr__(batch, field.name, tuple(value or ()) if field.name == "to" else value)
    return batch
