"""What the API answers: values in, values out. No clock, no file, no network.

Sinch SMS API, batches, delivery reports and groups. Where the documentation is silent, ``Settings``
has a switch, or docs/sandbox.md says what is assumed.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from smsplan.api.batches import (
    BATCH_TYPES,
    Batch,
    TextBatch,
    TextUpdate,
    batch_from_dict,
    is_group_id,
    lone_surrogate,
    msisdn,
    parse_time,
)
from smsplan.api.dryruns import ValuesByRecipient, composer_of, resolve
from smsplan.api.profiles import Profile
from smsplan.errors import RequestRefused
from smsplan.sandbox.settings import Settings

LIFETIME = timedelta(days=3)
KEPT = timedelta(days=14)
LISTED = timedelta(days=1)
_END = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
MAX_PAGE_SIZE = 100
PAGE_SIZE = 30
MAX_NAME, MAX_MEMBERS, MAX_CHILDREN = 20, 10_000, 10
# Of JSON; no request needs more than three.
MAX_DEPTH = 32

# Delivery receipt codes and their status, as the documentation lists them.
STATUSES = {
    0: "Delivered",
    400: "Queued",
    401: "Dispatched",
    402: "Aborted",
    403: "Rejected",
    404: "Failed",
    405: "Aborted",
    406: "Expired",
    407: "Cancelled",
    408: "Rejected",
    410: "Aborted",
    411: "Aborted",
    412: "Aborted",
    413: "Aborted",
}
_REJECTED = 408
# Crockford's base 32, as a ULID has it.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refusal(Exception):
    """An answer that is no success: its HTTP status, and the API's code and text where it has one.

    ``code`` is empty where the documentation gives none (401, 404, 405, 415, 429).
    """

    def __init__(self, status: int, code: str = "", text: str = "") -> None:
        super().__init__(status, code, text)
        self.status, self.code, self.text = status, code, text


def refusal(error: RequestRefused) -> Refusal:
    """Return the API's answer to a request with faults: it names the first."""
    fault = error.faults[0]
    return Refusal(fault.status, fault.code, fault.text)


def check_texts(payload: Any) -> None:
    """Refuse JSON with half a character in any text or name, or nested too deeply.

    Raises :class:`Refusal`; without recursion, whatever it is given.
    """
    left: list[tuple[str, int, Any]] = [("", 0, payload)]
    while left:
        path, depth, value = left.pop()
        if isinstance(value, str):
            fault = lone_surrogate(path, value)
            if fault is not None:
                raise Refusal(fault.status, fault.code, fault.text)
        elif depth == MAX_DEPTH and isinstance(value, dict | list):
            raise Refusal(400, "syntax_invalid_json", "The request is nested too deeply.")
        elif isinstance(value, dict):
            for name, inner in reversed(value.items()):
                inside = f"{path}.{name}" if path else name
                left += ((inside, depth + 1, inner), (inside, depth, name))
        elif isinstance(value, list):
            left += (
                (f"{path}[{place}]", depth + 1, value[place])
                for place in reversed(range(len(value)))
            )


def _later(time: datetime, by: timedelta) -> datetime:
    return time + by if time <= _END - by else _END


def ulid(now: datetime, chance: random.Random) -> str:
    """Return a new id: 48 bits of milliseconds, 80 of chance.

    >>> len(ulid(datetime(2026, 11, 1, tzinfo=UTC), random.Random(1)))
    26
    """
    number = int(now.timestamp() * 1000) << 80 | chance.getrandbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))


def stamp(time: datetime) -> str:
    """Return a time as the API writes it: UTC with milliseconds.

    >>> stamp(datetime(2026, 11, 1, 9, 30, tzinfo=UTC))
    '2026-11-01T09:30:00.000Z'
    """
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A batch that was accepted; ``request`` is its JSON, effective fields left out."""

    id: str
    request: Mapping[str, Any]
    created_at: datetime
    modified_at: datetime
    canceled: bool = False
    # When the service takes notice of it, and when its lists do.
    accepted_at: datetime
    listed_at: datetime
    dispatched_at: datetime | None = None

    @property
    def batch(self) -> Batch:
        """The request as a value; its rules were checked when it was accepted."""
        return batch_from_dict(self.request, response=True)

    @property
    def send_at(self) -> datetime:
        """When it is due: when it was accepted, or later where it says so."""
        given = self.request.get("send_at")
        return self.accepted_at if given is None else max(parse_time(given), self.accepted_at)

    @property
    def expire_at(self) -> datetime:
        """When the service gives up: as given, else three days after it is sent."""
        given = self.request.get("expire_at")
        if given is not None:
            return parse_time(given)
        start = self.request.get("send_at")
        return _later(self.created_at if start is None else parse_time(start), LIFETIME)

    @property
    def gives_up_at(self) -> datetime:
        """When delivery ends: ``send_at`` in the past means now, and the three days begin then."""
        given = self.request.get("expire_at")
        return _later(self.send_at, LIFETIME) if given is None else parse_time(given)

    def answer(self, profile: Profile) -> dict[str, Any]:
        """Return the API's JSON: the fields of the request, and what the service adds."""
        request = dict(self.request)
        out: dict[str, Any] = {
            "id": self.id,
            "to": [msisdn(element, profile) or element for element in request.pop("to")],
        }
        sender = request.pop("from", None)
        if sender is not None:
            out["from"] = sender_of(sender)
        out["canceled"] = self.canceled
        out.update(request)
        if "send_at" in request:
            out["send_at"] = stamp(parse_time(request["send_at"]))
        out["expire_at"] = stamp(self.expire_at)
        out["created_at"] = stamp(self.created_at)
        out["modified_at"] = stamp(self.modified_at)
        out["type"] = request.get("type", "mt_text")
        out["delivery_report"] = request.get("delivery_report", "none")
        if out["type"] == "mt_text":
            out["flash_message"] = request.get("flash_message", False)
        return out


def sender_of(text: str) -> str:
    """Return an originator as responses have it: a number without ``+``, a name as it is."""
    digits = msisdn(text, Profile(min_digits=1, max_digits=18))
    return text if digits is None or any(map(str.isalpha, text)) else digits


def accepted(payload: Any, settings: Settings, groups: Mapping[str, Sequence[str]]) -> Batch:
    """Check a request to send; raises :class:`Refusal`."""
    try:
        batch = batch_from_dict(payload, profile=settings.profile)
        recipients = resolve(batch.to, settings.profile, groups)
    except RequestRefused as error:
        raise refusal(error) from None
    _check_recipients(recipients, settings)
    _check_callback(batch, settings)
    return batch


def _check_recipients(recipients: Iterable[str], settings: Settings) -> None:
    if any(recipient in settings.refused for recipient in recipients):
        # As the API: whose number it is, it does not say.
        raise Refusal(403, "illegal_number_type", "A recipient's number is of an illegal type.")


def _check_callback(batch: Batch, settings: Settings) -> None:
    wanted = batch.delivery_report not in (None, "none")
    if wanted and batch.callback_url is None and not settings.default_callback:
        raise Refusal(
            403,
            "missing_callback_url",
            "Requesting delivery report without any callback URL.",
        )


def updated(
    stored: Stored,
    payload: Any,
    settings: Settings,
    groups: Mapping[str, Sequence[str]],
    now: datetime,
) -> Stored:
    """Apply a partial update: absent fields stay, null resets; raises :class:`Refusal`."""
    _check_open(stored)
    if not isinstance(payload, Mapping):
        raise Refusal(400, "syntax_invalid_json", "The request is not a JSON object.")
    kind = stored.request.get("type", "mt_text")
    given = payload.get("type")
    if given != kind and (given is not None or kind != "mt_text"):
        raise Refusal(
            400,
            "syntax_invalid_parameter_format",
            f"The format of parameter 'type' is invalid; the batch is of type '{kind}'.",
        )
    profile = settings.profile
    try:
        # A text has rules for every field; of the other types, the two lists have the same.
        checked = (
            payload
            if kind == "mt_text"
            else {name: payload[name] for name in ("to_add", "to_remove") if name in payload}
        )
        lists = TextUpdate.from_dict(checked, profile=profile)
        fields_ = {
            name: value
            for name, value in payload.items()
            if name not in ("type", "to", "to_add", "to_remove", "to_replace")
        }
        request = {**stored.request, **fields_}
        to = {msisdn(one, profile) or one: one for one in stored.request["to"]}
        add = {msisdn(one, profile) or one: one for one in _listed(lists.to_add)}
        remove = {msisdn(one, profile) or one for one in _listed(lists.to_remove)}
        if settings.update_order == "add_first":
            kept = {**add, **to}
            order = [*to, *(one for one in add if one not in to)]
            left = [kept[one] for one in order if one not in remove]
        else:
            kept = {one: text for one, text in to.items() if one not in remove}
            left = list({**kept, **{one: add[one] for one in add if one not in kept}}.values())
        request["to"] = left
        request = {name: value for name, value in request.items() if value is not None}
        batch = batch_from_dict(request, profile=profile)
        recipients = resolve(batch.to, profile, groups)
    except RequestRefused as error:
        raise refusal(error) from None
    _check_recipients(recipients, settings)
    _check_callback(batch, settings)
    return replace(stored, request=kept_fields(request), modified_at=now)


def _listed(given: Any) -> Sequence[str]:
    return given if isinstance(given, tuple) else ()


def replaced(
    stored: Stored,
    payload: Any,
    settings: Settings,
    groups: Mapping[str, Sequence[str]],
    now: datetime,
) -> Stored:
    """Give a batch all fields anew; same id and ``created_at``. Raises :class:`Refusal`."""
    if settings.replace_dispatched == "refused":
        _check_open(stored)
    accepted(payload, settings, groups)
    return replace(stored, request=kept_fields(payload), modified_at=now)


def _check_open(stored: Stored) -> None:
    if stored.dispatched_at is not None or stored.canceled:
        raise Refusal(
            403, "batch_already_dispatched", f"Batch '{stored.id}' is already dispatched."
        )


def kept_fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request that the API knows, nulls left out."""
    kind = payload.get("type") or "mt_text"
    known = {one.name for one in fields(BATCH_TYPES[kind])} - {"from_"}
    kept = {
        name: payload[name]
        for name in ("type", "to", "from", *sorted(known - {"to"}))
        if payload.get(name) is not None
    }
    kept["to"] = [str(one) for one in kept["to"]]
    if "from" in kept:
        kept["from"] = str(kept["from"])
    return kept


# Delivery -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What becomes of one recipient of a batch that was dispatched."""

    recipient: str
    dispatched_at: datetime
    code: int
    final_at: datetime
    encoding: str = ""
    parts: int = 0
    operator: str = ""

    def code_at(self, now: datetime) -> int:
        """Return the code that a report has at a time: dispatched, until it is final."""
        return self.code if now >= self.final_at else 401

    def at(self, now: datetime) -> datetime:
        """Return when the code became what it is."""
        return self.final_at if now >= self.final_at else self.dispatched_at


def deliveries(
    stored: Stored, settings: Settings, groups: Mapping[str, Sequence[str]], now: datetime
) -> Iterator[Delivery]:
    """Dispatch a batch: what each recipient gets, and what becomes of it."""
    batch = stored.batch
    known = {element: groups.get(element, ()) for element in batch.to if is_group_id(element)}
    recipients = resolve(batch.to, settings.profile, known)
    text = batch if isinstance(batch, TextBatch) else None
    if text is not None:
        compose = composer_of(text, settings.profile)
        values = ValuesByRecipient(text, settings.profile)
    for recipient in recipients:
        code, encoding, parts = 0, "", 1
        if text is not None:
            message = compose(values(recipient))
            code = (message.problem.delivery or _REJECTED) if message.problem else 0
            encoding = str(message.encoding)
            parts = message.billed_parts or message.number_of_parts
        final = now
        if not code:
            code = outcome(recipient, settings)
            final = now + timedelta(seconds=settings.delivery_seconds)
        if code == 0 and final > stored.gives_up_at:
            code, final = 406, stored.gives_up_at
        yield Delivery(
            recipient=recipient,
            dispatched_at=now,
            code=code,
            final_at=final,
            encoding=encoding,
            parts=parts,
            operator=_operator(recipient, settings),
        )


def outcome(recipient: str, settings: Settings) -> int:
    """Return the final code of a recipient: by its number and the seed, the same every time."""
    at = _chance(f"{settings.seed}:{recipient}")
    for code, share in sorted(settings.outcomes.items()):
        if at < share:
            return code
        at -= share
    return 0


def _operator(recipient: str, settings: Settings) -> str:
    names = settings.operators
    return (
        names[int(_chance(f"operator:{settings.seed}:{recipient}") * len(names))] if names else ""
    )


def _chance(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / (1 << 48)


# Reports ------------------------------------------------------------------------------------------


class Filter(NamedTuple):
    """Which recipients a report has: codes and statuses, none for all."""

    codes: frozenset[int] = frozenset()
    statuses: frozenset[str] = frozenset()

    def takes(self, code: int) -> bool:
        """Whether a code is asked for."""
        if self.codes and code not in self.codes:
            return False
        return not self.statuses or STATUSES.get(code, "Unknown").lower() in self.statuses


def summary_report(
    stored: Stored,
    sent: Iterable[Delivery],
    now: datetime,
    *,
    full: bool,
    wanted: Filter,
) -> dict[str, Any]:
    """Return the delivery report of a batch; one that was not dispatched has no statuses."""
    counts: Counter[int] = Counter()
    recipients: dict[int, list[str]] = {}
    total = 0
    for delivery in sent:
        total += 1
        code = delivery.code_at(now)
        if wanted.takes(code):
            counts[code] += 1
            recipients.setdefault(code, []).append(delivery.recipient)
    statuses = [
        {
            "code": code,
            "status": STATUSES.get(code, "Unknown"),
            "count": counts[code],
            **({"recipients": sorted(recipients[code])} if full else {}),
        }
        for code in sorted(counts)
    ]
    kind = "mms" if stored.request.get("type") == "mt_media" else "sms"
    return {
        "type": f"delivery_report_{kind}",
        "batch_id": stored.id,
        "total_message_count": total,
        "statuses": statuses,
        **_reference(stored),
    }


def recipient_report(
    stored: Stored, delivery: Delivery, settings: Settings, now: datetime
) -> dict[str, Any]:
    """Return the delivery report of one recipient."""
    code = delivery.code_at(now)
    kind = "mms" if stored.request.get("type") == "mt_media" else "sms"
    out: dict[str, Any] = {
        "type": f"recipient_delivery_report_{kind}",
        "batch_id": stored.id,
        "recipient": delivery.recipient,
        "code": code,
        "status": STATUSES.get(code, "Unknown"),
        "at": stamp(delivery.at(now)),
        **_reference(stored),
    }
    if "from" not in stored.request:
        out["applied_originator"] = settings.default_originator
    if settings.smart_encoding and delivery.encoding:
        out["encoding"] = delivery.encoding
    if "max_number_of_message_parts" in stored.request and delivery.parts:
        out["number_of_message_parts"] = delivery.parts
    if delivery.operator and code == 0:
        out["operator"] = delivery.operator
        out["operator_status_at"] = out["at"]
    return out


def _reference(stored: Stored) -> dict[str, str]:
    reference = stored.request.get("client_reference")
    return {} if reference is None else {"client_reference": reference}


def feedback(stored: Stored, payload: Any, profile: Profile) -> tuple[str, ...]:
    """Return the recipients that feedback is about, none for all; raises :class:`Refusal`."""
    if not stored.request.get("feedback_enabled"):
        raise Refusal(404)
    if not isinstance(payload, Mapping):
        raise Refusal(400, "syntax_invalid_json", "The request is not a JSON object.")
    recipients = payload.get("recipients")
    if recipients is None:
        raise Refusal(
            400,
            "syntax_constraint_violation",
            "Parameter 'recipients' violates a constraint; it is required.",
        )
    if not isinstance(recipients, list) or not all(
        isinstance(one, str | int) for one in recipients
    ):
        raise Refusal(
            400,
            "syntax_invalid_json",
            "The JSON type of parameter 'recipients' is invalid; use a list of strings.",
        )
    if not recipients and any(is_group_id(one) for one in stored.request["to"]):
        raise Refusal(
            400,
            "syntax_constraint_violation",
            "Parameter 'recipients' violates a constraint; a batch to a group needs them.",
        )
    out = []
    for place, one in enumerate(recipients):
        digits = msisdn(str(one), profile)
        if digits is None:
            raise Refusal(
                400,
                "syntax_invalid_parameter_format",
                f"The format of parameter 'recipients[{place}]' is invalid; value '{one}' is not a "
                "valid MSISDN.",
            )
        out.append(digits)
    return tuple(out)


# Groups -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusGroup:
    """A group of numbers, and of other groups."""

    id: str
    created_at: datetime
    modified_at: datetime
    name: str | None = None
    members: tuple[str, ...] = ()
    child_groups: tuple[str, ...] = ()
    auto_update: Mapping[str, Any] | None = None

    def answer(self) -> dict[str, Any]:
        """Return the API's JSON."""
        out: dict[str, Any] = {
            "id": self.id,
            "size": len(self.members),
            "created_at": stamp(self.created_at),
            "modified_at": stamp(self.modified_at),
        }
        if self.name is not None:
            out["name"] = self.name
        if self.child_groups:
            out["child_groups"] = list(self.child_groups)
        if self.auto_update is not None:
            out["auto_update"] = dict(self.auto_update)
        return out


class Members(Mapping[str, tuple[str, ...]]):
    """The members of each group, those of its child groups included; found when asked for."""

    def __init__(self, groups: Mapping[str, StatusGroup]) -> None:
        self._groups = groups

    def __getitem__(self, name: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        seen: set[str] = set()
        # No recursion, and each group once: however they stand in one another.
        left = [self._groups[name].id]
        while left:
            group = self._groups.get(left.pop())
            if group is not None and group.id not in seen:
                seen.add(group.id)
                found.update(dict.fromkeys(group.members))
                left += reversed(group.child_groups)
        return tuple(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


def made_group(
    payload: Any, id_: str, now: datetime, groups: Mapping[str, StatusGroup], profile: Profile
) -> StatusGroup:
    """Create a group, or replace one; raises :class:`Refusal`."""
    _check_object(payload)
    return StatusGroup(
        id=id_,
        created_at=now,
        modified_at=now,
        name=_name(payload),
        members=_numbers(payload, "members", profile),
        child_groups=_children(payload, groups),
        auto_update=_auto_update(payload),
    )


def updated_group(
    group: StatusGroup,
    payload: Any,
    now: datetime,
    groups: Mapping[str, StatusGroup],
    profile: Profile,
) -> StatusGroup:
    """Add, remove, rename; null removes the name. Raises :class:`Refusal`."""
    _check_object(payload)
    members = dict.fromkeys(group.members)
    members.update(dict.fromkeys(_numbers(payload, "add", profile)))
    members.update(dict.fromkeys(_of_group(payload, "add_from_group", groups)))
    for number in (
        *_numbers(payload, "remove", profile),
        *_of_group(payload, "remove_from_group", groups),
    ):
        members.pop(number, None)
    if len(members) > MAX_MEMBERS:
        raise _constraint("add", f"a group has at most {MAX_MEMBERS:,} members")
    return replace(
        group,
        modified_at=now,
        members=tuple(members),
        name=_name(payload) if "name" in payload else group.name,
        auto_update=_auto_update(payload) if "auto_update" in payload else group.auto_update,
    )


def _check_object(payload: Any) -> None:
    if not isinstance(payload, Mapping):
        raise Refusal(400, "syntax_invalid_json", "The request is not a JSON object.")


def _constraint(name: str, why: str) -> Refusal:
    return Refusal(
        400, "syntax_constraint_violation", f"Parameter '{name}' violates a constraint; {why}."
    )


def _wrong_type(name: str, expected: str) -> Refusal:
    return Refusal(
        400,
        "syntax_invalid_json",
        f"The JSON type of parameter '{name}' is invalid; use {expected}.",
    )


def _name(payload: Mapping[str, Any]) -> str | None:
    name = payload.get("name")
    if name is not None and not isinstance(name, str):
        raise _wrong_type("name", "a string")
    if name is not None and len(name) > MAX_NAME:
        raise _constraint("name", f"it has {len(name)} characters, at most {MAX_NAME} are allowed")
    return name


def _list(payload: Mapping[str, Any], name: str, most: int) -> list[str]:
    given = payload.get(name)
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise _wrong_type(name, "a list of strings")
    if len(given) > most:
        raise _constraint(name, f"it has {len(given)} elements, at most {most} are allowed")
    return given


def _numbers(payload: Mapping[str, Any], name: str, profile: Profile) -> tuple[str, ...]:
    out: dict[str, None] = {}
    for place, one in enumerate(_list(payload, name, MAX_MEMBERS)):
        digits = msisdn(one, profile)
        if digits is None:
            raise Refusal(
                400,
                "syntax_invalid_parameter_format",
                f"The format of parameter '{name}[{place}]' is invalid; value '{one}' is not a "
                "valid MSISDN.",
            )
        out[digits] = None
    return tuple(out)


def _children(payload: Mapping[str, Any], groups: Mapping[str, StatusGroup]) -> tuple[str, ...]:
    children = _list(payload, "child_groups", MAX_CHILDREN)
    for child in children:
        _known(child, groups)
    return tuple(dict.fromkeys(children))


def _of_group(
    payload: Mapping[str, Any], name: str, groups: Mapping[str, StatusGroup]
) -> tuple[str, ...]:
    other = payload.get(name)
    if other is None:
        return ()
    if not isinstance(other, str):
        raise _wrong_type(name, "a string")
    _known(other, groups)
    return groups[other].members


def _known(name: str, groups: Mapping[str, StatusGroup]) -> None:
    if name not in groups:
        raise Refusal(403, "unknown_group", f"Group '{name}' is unknown or deleted")


def _auto_update(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
    value = payload.get("auto_update")
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise _wrong_type("auto_update", "an object")
    if not isinstance(value.get("to"), str):
        raise _constraint("auto_update.to", "it is required")
    for name in ("add", "remove"):
        word = value.get(name)
        if word is not None and not (
            isinstance(word, Mapping)
            and isinstance(word.get("first_word"), str)
            and isinstance(word.get("second_word", ""), str)
        ):
            raise _wrong_type(f"auto_update.{name}", "an object with 'first_word'")
    return {
        name: each
        for name, each in value.items()
        if name in ("to", "add", "remove") and each is not None
    }


# Queries ------------------------------------------------------------------------------------------


class Page(NamedTuple):
    """Which part of a list is asked for."""

    page: int
    size: int


def _invalid(text: str) -> Refusal:
    return Refusal(400, "syntax_invalid_parameter_format", text)


def page_of(query: Mapping[str, str]) -> Page:
    """Read ``page`` and ``page_size``."""
    return Page(
        _whole(query, "page", 0, 0, 1 << 31),
        _whole(query, "page_size", PAGE_SIZE, 1, MAX_PAGE_SIZE),
    )


def _whole(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
        raise _invalid(f"The format of parameter '{name}' is invalid; use {low} to {high}.")
    return int(text)


def time_of(query: Mapping[str, str], name: str) -> datetime | None:
    """Read a time or a day of a query, UTC where it names no offset."""
    text = query.get(name)
    if text is None:
        return None
    try:
        # A plus in a query is a space where it was not escaped.
        text = text.replace(" ", "+")
        return parse_time(text if "T" in text.upper() else f"{text}T00:00:00")
    except (ValueError, OverflowError):
        raise _invalid(
            f"The format of parameter '{name}' is invalid; use an ISO 8601 time."
        ) from None


def filter_of(query: Mapping[str, str]) -> Filter:
    """Read ``status`` and ``code``, lists parted by commas."""
    codes = set()
    for text in filter(None, query.get("code", "").split(",")):
        if not re.fullmatch(r"[0-9]{1,6}", text.strip()):
            raise _invalid("The format of parameter 'code' is invalid; use codes such as 0,401.")
        codes.add(int(text))
    statuses = {text.strip().lower() for text in query.get("status", "").split(",") if text.strip()}
    return Filter(frozenset(codes), frozenset(statuses))


def report_type(query: Mapping[str, str]) -> bool:
    """Read ``type`` of a batch's report; returns whether it is the full one."""
    text = query.get("type", "summary")
    if text not in ("summary", "full"):
        raise _invalid(f"'{text}' is not a valid report type")
    return text == "full"


def number_of(query: Mapping[str, str]) -> tuple[str, int]:
    """Read the query of a dry run."""
    text = query.get("number_of_recipients", "100")
    number = int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else -1
    return query.get("per_recipient", "false"), number
