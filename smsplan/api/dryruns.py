"""One batch to a dry run, recipient by recipient: the reference implementation.

Slow and obviously right: whatever is faster is held to this module by property tests. The order of
steps for one recipient is limits, expansion, characters, substitution, Auto Encoding, truncation,
segmentation; the first and the fourth are ours, so only a plan has them.
Sinch SMS API, ``POST /xms/v1/{service_plan_id}/batches/dry_run``.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from smsplan.api.batches import (
    Batch,
    BinaryBatch,
    MediaBatch,
    TextBatch,
    batch_from_dict,
    msisdn,
)
from smsplan.api.profiles import Profile, replacements
from smsplan.encoding import Culprit, Encoding, culprits, cut, measure
from smsplan.encoding.segmentation import parted
from smsplan.encoding.substitution import Substitution, auto_encode
from smsplan.encoding.ucs2 import shortened
from smsplan.errors import Fault, InputError, Problem, RequestRefused
from smsplan.ratecards import Charge, Cost, CostLine, RateCard, Terms
from smsplan.showing import drawn
from smsplan.templates import Filled, Template

if TYPE_CHECKING:
    from smsplan.encoding import Measure

MAX_PARTS = 255


class ComposedMessage(NamedTuple):
    """What one recipient gets: the text as sent, and what it takes.

    ``units`` are septets for ``GSM`` and code units for ``UNICODE``. ``number_of_parts`` is what a
    dry run shows, ``billed_parts`` what is sent: 0 where ``problem`` says why nothing is.
    ``shortened``: a value was cut to its limit; ``substituted``: characters were replaced, by us
    or by Auto Encoding; ``truncated``: the text was cut to one part.
    """

    text: str
    encoding: Encoding
    units: int
    number_of_parts: int
    billed_parts: int
    unmatched: tuple[str, ...]
    shortened: bool
    substituted: bool
    truncated: bool
    problem: Problem | None
    culprits: Callable[[], tuple[Culprit, ...]]


class Composer:
    """Turns the values of one recipient into its message, by one profile.

    ``limits`` are the most code points of the values of each key; ``substitution`` replaces
    characters where the profile would bill less for it. The API knows neither of them: what they
    make is what a plan sends.

    >>> Composer(Template("Hi ${name}"), Profile())({"name": "Ana"}).number_of_parts
    1
    """

    def __init__(
        self,
        template: Template,
        profile: Profile,
        *,
        parameters: bool = True,
        truncate_concat: bool = False,
        max_number_of_message_parts: int | None = None,
        substitution: Substitution | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.template = template.under(dollar_escapes=profile.double_dollar == "escape")
        self.profile = profile
        self.literal = not parameters and profile.no_parameters == "literal"
        self.truncate_concat = truncate_concat
        self.limit = max_number_of_message_parts
        self.substitution = substitution
        self.limits = limits or {}
        self._measuring: dict[str, Any] = {
            "gsm_boundary": profile.gsm_boundary,
            "unicode_boundary": profile.unicode_boundary,
            "unicode_unit": profile.unicode_unit,
            "reference_bits": profile.reference_bits,
            "languages": profile.languages,
        }
        self._cutting = {
            **self._measuring,
            "gsm_boundary": "pair",
            "unicode_boundary": profile.truncation_boundary,
            "order": profile.truncation_encoding,
            "forcing": "\f" if profile.form_feed == "unicode" else "",
        }

    def __call__(self, values: Mapping[str, str | None]) -> ComposedMessage:
        """Compose the message; raises UnencodableText for a lone surrogate in a value."""
        within = self.within_limits(values)
        filled = self.expand(within)
        if not filled.complete:
            return self._over(filled, shortened=within != values)
        return self.of_text(filled.text, filled.unmatched, shortened=within != values)

    def of_text(
        self, text: str, unmatched: tuple[str, ...] = (), *, shortened: bool = False
    ) -> ComposedMessage:
        """Make the message of a text that was expanded before."""
        text = characters(text, self.profile)
        replaced = self.replaced(text)
        if replaced is not None:
            # What is sent in the place of the text goes through the profile's characters.
            text = characters(replaced, self.profile)
        whole = text
        text, substituted, truncated, kept = self._shorten(text)
        encoding, units, parts, *_ = self.measure(text, kept)
        if kept is None:
            whole = text
        billed = parts
        if self.truncate_concat and self.profile.truncation != "cut" and parts > 1:
            # The dry run does not show the cut; what is sent is one part all the same.
            truncated, billed = True, 1
            if self.profile.truncation == "parts_only":
                parts = 1
        problem = None
        if unmatched:
            # 405 is documented for the send, whatever a dry run shows in its place.
            problem = Problem.UNMATCHED_PARAMETER
        elif billed > MAX_PARTS:
            problem = Problem.OVER_255_PARTS
        elif self.limit is not None and billed > self.limit:
            problem = Problem.EXCEEDED_PARTS_LIMIT
        return ComposedMessage(
            text,
            encoding,
            units,
            parts,
            0 if problem else billed,
            unmatched,
            shortened,
            substituted or replaced is not None,
            truncated,
            problem,
            partial(self._culprits, encoding, whole),
        )

    def _over(self, filled: Filled, *, shortened: bool) -> ComposedMessage:
        """Make the message of an expansion that was stopped: more than any message holds."""
        text = characters(filled.text, self.profile)
        encoding, units, parts, *_ = self.measure(text)
        return ComposedMessage(
            text,
            encoding,
            units,
            max(parts, MAX_PARTS + 1),
            0,
            filled.unmatched,
            shortened,
            False,
            False,
            Problem.UNMATCHED_PARAMETER if filled.unmatched else Problem.OVER_255_PARTS,
            partial(self._culprits, encoding, text),
        )

    def within_limits(self, values: Mapping[str, str | None]) -> Mapping[str, str | None]:
        """Cut the values that have a limit."""
        if not self.limits:
            return values
        return {
            key: value
            if value is None or key not in self.limits
            else shortened(value, self.limits[key])
            for key, value in values.items()
        }

    def sent(self, values: Mapping[str, str | None]) -> str | None:
        """Return the text that is sent in the place of template and values; None: these are."""
        filled = self.expand(self.within_limits(values))
        return self.replaced(characters(filled.text, self.profile)) if filled.complete else None

    def replaced(self, text: str) -> str | None:
        """Return what the substitution makes of an expanded text; None where it changes nothing."""
        if self.substitution is None:
            return None

        def billed(text: str) -> Measure:
            return self.measure(characters(text, self.profile))

        made = self.substitution.apply(text, billed).text
        return None if made == text else made

    def _culprits(self, encoding: Encoding, whole: str) -> tuple[Culprit, ...]:
        if encoding is Encoding.GSM:
            return ()
        return culprits(whole, languages=self.profile.languages)

    def measure(self, text: str, kept: Encoding | None = None) -> Measure:
        """Count a text as the profile does; ``kept`` is an encoding that was chosen before."""
        return measure(text, **self._measuring, encoding=kept or self._forced(text))

    def parted(self, text: str, spans: Sequence[tuple[int, int]]) -> tuple[bool, ...]:
        """Say of spans of a text whether they begin in one part and end in another."""
        return parted(text, spans, **self._measuring, encoding=self._forced(text))

    def _forced(self, text: str) -> Encoding | None:
        if self.profile.form_feed == "unicode" and "\f" in text:
            return Encoding.UNICODE
        return None

    def expand(self, values: Mapping[str, str | None]) -> Filled:
        """Return the text of these values, and the keys that have none."""
        if self.literal:
            return Filled(self.template.body, (), complete=True)
        return self.template.filled(
            values,
            unmatched="empty" if self.profile.unmatched == "empty" else "verbatim",
            again=self.profile.values_in_values == "again",
        )

    def _shorten(self, text: str) -> tuple[str, bool, bool, Encoding | None]:
        """Auto Encoding and truncation, in the profile's order.

        Returns the text, whether each did something, and the encoding if a cut must not change it.
        """
        before = self.profile.auto_encoding_order == "before_truncation"
        encoded = self._auto_encode(text) if before else text
        short = self._truncate(encoded)
        final = short if before else self._auto_encode(short)
        truncated, kept = len(short) < len(encoded), None
        if truncated and self.profile.truncation_encoding == "before":
            kept = self.measure(encoded).encoding
        return final, encoded != text or final != short, truncated, kept

    def _auto_encode(self, text: str) -> str:
        # Only where the Unicode form would not fit one part.
        if self.profile.auto_encoding == "off":
            return text
        encoding, _, parts, *_ = self.measure(text)
        if encoding is Encoding.GSM or parts == 1:
            return text
        return auto_encode(text, partial=self.profile.auto_encoding_partial == "partial")

    def _truncate(self, text: str) -> str:
        if not self.truncate_concat or self.profile.truncation != "cut":
            return text
        return cut(text, **self._cutting)


def characters(text: str, profile: Profile) -> str:
    """Apply the profile's character switches to an expanded text; by default there are none.

    >>> characters("a\\r\\nb", Profile(line_breaks="crlf_to_lf"))
    'a\\nb'
    """
    for old, new in replacements(profile):
        text = text.replace(old, new)
    return text


@dataclass(frozen=True, slots=True, eq=False)
class RecipientDryRun:
    """One element of ``per_recipient``, under the API's names.

    The API has two vocabularies for the encoding, and they are equal: ``GSM`` and ``text``,
    ``UNICODE`` and ``unicode``; so are numbers with ``+`` and without. ``missing`` names the fields
    that an answer left out: what they hold here is 0 or empty, and says nothing.

    >>> RecipientDryRun("447700900123", 1, "Hi", "GSM") == RecipientDryRun(
    ...     "+447700900123", 1, "Hi", "text")
    True
    """

    recipient: str
    number_of_parts: int
    body: str
    encoding: str
    missing: frozenset[str] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """Return the element as the API's JSON has it."""
        return {
            name: getattr(self, name)
            for name in ("recipient", "number_of_parts", "body", "encoding")
            if name not in self.missing
        }

    @classmethod
    def from_dict(cls, payload: Mapping[str, Any]) -> RecipientDryRun:
        """Read an element leniently; raises ValueError where it names no recipient.

        >>> RecipientDryRun.from_dict({"recipient": 15551231234, "number_of_parts": "2"}).missing
        frozenset({...})
        """
        given = {name: value for name, value in payload.items() if value is not None}
        names = ("number_of_parts", "body", "encoding")
        recipient = given["recipient"]
        return cls(
            recipient.strip() if isinstance(recipient, str) else str(_whole(recipient, 10**18)),
            _whole(given.get("number_of_parts", 0)),
            str(given.get("body", "")),
            str(given.get("encoding", "")).strip(),
            frozenset(name for name in names if name not in given),
        )

    def _repr_html_(self) -> str:
        return drawn("messages.recipient_html", self)

    def _key(self) -> tuple[Any, ...]:
        encoding = _SAME_ENCODINGS.get(self.encoding.lower(), self.encoding)
        number = self.recipient.removeprefix("+")
        return number, self.number_of_parts, self.body, encoding, self.missing

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, RecipientDryRun) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())


_SAME_ENCODINGS = {"text": "GSM", "gsm": "GSM", "unicode": "UNICODE"}
_WHOLE = re.compile(r"\s*(\+?\d{1,19})(?:\.0*)?\s*", re.ASCII)


def _whole(value: Any, most: int = 10**9) -> int:
    """Read a whole number that may be a text, or written as 2.0; raises ValueError for no such."""
    found = _WHOLE.fullmatch(value if isinstance(value, str) else "")
    if found:
        value = int(found[1])
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError("no whole number")
    if value != int(value):
        raise ValueError("no whole number")
    return int(value)


@dataclass(frozen=True, slots=True)
class Detail:
    """What the API does not say about a recipient.

    ``units``: septets (``GSM``) or code units (``UNICODE``). ``problem`` is null or why nothing
    would be sent, ``code`` the delivery code that says so later (405, 411). ``culprits`` are the
    characters that force Unicode, with their positions in the body (in the body before the cut,
    where the encoding was chosen before it). ``price`` is for one part or message as the card says,
    ``cost`` for the message, before tiers and fees; both null without a price, and where the
    operator decides: then ``cost_low`` and ``cost_high`` say between what. ``charge`` is what its
    number is charged, null without rates or price.
    """

    recipient: str
    body: str
    encoding: Encoding
    units: int
    number_of_parts: int
    billed_parts: int
    unmatched: tuple[str, ...] = ()
    substituted: bool = False
    truncated: bool = False
    problem: Problem | None = None
    culprits: tuple[Culprit, ...] = ()
    price: Decimal | None = None
    currency: str | None = None
    cost: Decimal | None = None
    charge: Charge | None = None

    @property
    def cost_low(self) -> Decimal | None:
        """The least that the message costs; null without a price."""
        return self._end(0)

    @property
    def cost_high(self) -> Decimal | None:
        """The most that the message costs; null without a price."""
        return self._end(1)

    def _end(self, end: int) -> Decimal | None:
        if self.charge is None or self.problem is not None:
            return self.cost
        return (self.charge.low, self.charge.high)[end](self.billed_parts)

    @property
    def code(self) -> int | None:
        """The delivery report's code where nothing would be sent: 405, 411, or null."""
        return (self.problem.delivery or None) if self.problem else None


@dataclass(frozen=True)
class DryRun:
    """The API's answer to a dry run, and in ``details`` what it does not say.

    ``number_of_messages`` is the API's word for the total of **parts**; ``per_recipient`` is null
    unless asked for. ``details`` has every recipient of a text batch, in the order of the request.
    ``missing`` names the totals that an answer left out: they are 0 here, and say nothing.
    ``warnings`` name what the API may take and phones may not: a sender, a header.
    """

    number_of_recipients: int
    number_of_messages: int
    per_recipient: tuple[RecipientDryRun, ...] | None = None
    details: tuple[Detail, ...] = ()
    lines: tuple[CostLine, ...] = ()
    missing: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def _repr_html_(self) -> str:
        return drawn("messages.dry_run_html", self)

    @cached_property
    def cost(self) -> Cost:
        """What sending would cost per currency: messages, and ``lines`` (tiers, fixed fees).

        Messages without a price are counted; bounds where operators decide.
        """
        total = sum((line.cost for line in self.lines), Cost())
        for detail in self.details:
            if detail.problem is None:
                charge = detail.charge
                total += Cost(unpriced=1) if charge is None else charge.cost(detail.billed_parts)
        return total

    def check(self, **limits: Any) -> None:
        """Raise :class:`~smsplan.errors.PlanRejected` where the batch is above its limits.

        ``limits`` are those of :class:`~smsplan.limits.Limits`; ``rows`` of a breach are places in
        ``details``, from 1. A dry run that was read from the API's answer has no details.

        >>> made = dry_run({"to": ["447700900123"], "body": "a" * 161}, rates="0.034 GBP")
        >>> made.check(max_cost="0.05 GBP")
        Traceback (most recent call last):
        smsplan.errors.PlanRejected: above the limits:
          max_cost: it costs GBP 0.068, and GBP 0.05 are allowed
        """
        from smsplan.limits import Facts, Limits, RowKind, check
        from smsplan.numbers import country

        if self.number_of_recipients and not self.details:
            raise InputError("this dry run has no details to check; make it with dry_run()")
        allowed = Limits(**limits)
        sent = [detail for detail in self.details if detail.problem is None]
        facts = Facts(
            rows=len(self.details),
            messages=len(sent),
            parts=sum(detail.billed_parts for detail in sent),
            lengths=Counter(detail.number_of_parts for detail in sent),
            unicode=sum(detail.encoding == Encoding.UNICODE for detail in sent),
            cost=self.cost,
            problems=len(self.details) - len(sent),
            countries=Counter(country(detail.recipient) for detail in sent),
        )

        def at_fault(rows: RowKind) -> Iterator[int]:
            for place, detail in enumerate(self.details, start=1):
                if detail.problem is not None:
                    if rows is RowKind.PROBLEM:
                        yield place
                elif (
                    (rows is RowKind.LONG and allowed.too_long(detail.number_of_parts))
                    or (rows is RowKind.UNPRICED and detail.charge is None)
                    or (rows is RowKind.UNICODE and detail.encoding == Encoding.UNICODE)
                    or (rows is RowKind.ELSEWHERE and allowed.elsewhere(country(detail.recipient)))
                ):
                    yield place

        check(allowed, facts, at_fault)

    def to_dict(self) -> dict[str, Any]:
        """Return the API's JSON, field for field.

        >>> dry_run({"to": ["15551231234"], "body": "Test Message"}).to_dict()
        {'number_of_recipients': 1, 'number_of_messages': 1}
        """
        out: dict[str, Any] = {
            name: getattr(self, name) for name in _TOTALS if name not in self.missing
        }
        if self.per_recipient is not None:
            out["per_recipient"] = [item.to_dict() for item in self.per_recipient]
        return out

    def agrees(self, other: DryRun) -> bool:
        """Whether two answers say the same; the order of ``per_recipient`` says nothing.

        >>> request = {"to": ["15551231234", "15551256344"], "body": "Hi"}
        >>> ours = dry_run(request, per_recipient=True)
        >>> theirs = DryRun(2, 2, tuple(reversed(ours.per_recipient)))
        >>> ours.agrees(theirs)
        True
        """
        return (self.number_of_recipients, self.number_of_messages, self.missing) == (
            other.number_of_recipients,
            other.number_of_messages,
            other.missing,
        ) and (
            Counter(self.per_recipient or ()) == Counter(other.per_recipient or ())
            if (self.per_recipient is None) == (other.per_recipient is None)
            else False
        )

    @classmethod
    def from_dict(cls, payload: Mapping[str, Any]) -> DryRun:
        """Read the API's answer, leniently: numbers may be text and text numbers.

        Raises ValueError (or TypeError, KeyError) where it is no answer to a dry run.

        >>> DryRun.from_dict({"number_of_recipients": "1", "number_of_messages": 1.0,
        ...     "per_recipient": [{"recipient": 15551231234, "number_of_parts": 1,
        ...     "body": "Test Message", "encoding": "GSM"}]}).per_recipient[0].recipient
        '15551231234'
        """
        given = {name: value for name, value in payload.items() if value is not None}
        missing = frozenset(name for name in _TOTALS if name not in given)
        items = given.get("per_recipient")
        if len(missing) == len(_TOTALS) and not items:
            raise ValueError("it says nothing")
        return cls(
            _whole(given.get("number_of_recipients", 0)),
            _whole(given.get("number_of_messages", 0)),
            None if items is None else tuple(map(RecipientDryRun.from_dict, items)),
            missing=missing,
        )


_TOTALS = ("number_of_recipients", "number_of_messages")


def dry_run(
    batch: Batch | Mapping[str, Any],
    *,
    per_recipient: bool | str = False,
    number_of_recipients: int = 100,
    profile: Profile | str | os.PathLike[str] | None = None,
    groups: Mapping[str, Iterable[str]] | None = None,
    rates: Terms | RateCard | Mapping[str, str] | str | os.PathLike[str] | None = None,
) -> DryRun:
    """Answer a dry run of one batch, as the API does.

    ``batch`` is a batch or the API's JSON as a dict. ``number_of_recipients`` (0..1000) caps
    ``per_recipient`` only. ``groups`` resolves group ids to numbers. Raises
    :class:`~smsplan.errors.RequestRefused` where the API would refuse the request.

    >>> answer = dry_run({"to": ["+12017777777", "+12018888888"], "body": "Hello ${name}!",
    ...     "parameters": {"name": {"+12017777777": "John", "default": "there"}}},
    ...     per_recipient=True)
    >>> [item.body for item in answer.per_recipient]
    ['Hello John!', 'Hello there!']
    """
    chosen = Profile.of(profile)
    detailed, shown = _query(per_recipient, number_of_recipients, chosen)
    kind = batch.get("type") if isinstance(batch, Mapping) else getattr(batch, "type", None)
    if chosen.other_types == "refused" and kind in (BinaryBatch.type, MediaBatch.type):
        # Before anything else of it is looked at.
        said = f"A dry run of type '{kind}' is not supported."
        raise RequestRefused((Fault("syntax_constraint_violation", "type", said),))
    if not isinstance(batch, (TextBatch, BinaryBatch, MediaBatch)):
        batch = batch_from_dict(batch, profile=chosen)
    elif faults := batch.check(chosen):
        raise RequestRefused(faults)
    recipients = resolve(batch.to, chosen, groups)
    if not isinstance(batch, TextBatch):
        return DryRun(len(recipients), len(recipients), warnings=batch.warnings)

    terms = None if rates is None else Terms.of(rates)
    composer = composer_of(batch, chosen)
    values = ValuesByRecipient(batch, chosen)
    details = tuple(
        _detail(recipient, composer(values(recipient)), terms) for recipient in recipients
    )
    refused = tuple(fault for detail in details for fault in _row_faults(detail, composer))
    if refused:
        raise RequestRefused(refused)
    seen = [detail for detail in details if counted(detail.problem, chosen)]
    listed = seen
    if chosen.per_recipient_order == "number":
        listed = sorted(seen, key=lambda detail: detail.recipient)
    answers: tuple[RecipientDryRun, ...] | None = None
    if detailed and (shown or chosen.no_details == "empty_list"):
        answers = tuple(_answer(detail, chosen) for detail in listed[:shown])
    return DryRun(
        len(seen),
        sum(shown_parts(detail.number_of_parts, detail.problem, chosen) for detail in seen),
        answers,
        details,
        _lines(terms, details) if terms is not None and terms.has_lines else (),
        warnings=batch.warnings,
    )


def every_recipient(made: DryRun, profile: Profile) -> tuple[RecipientDryRun, ...]:
    """Return what an answer that was computed here says of all recipients, also unasked.

    >>> [each.body for each in every_recipient(dry_run({"to": ["15551231234"], "body": "Hi"}),
    ...                                        Profile())]
    ['Hi']
    """
    seen = (detail for detail in made.details if counted(detail.problem, profile))
    return tuple(_answer(detail, profile) for detail in seen)


def _lines(terms: Terms, details: Iterable[Detail]) -> tuple[CostLine, ...]:
    """Return what the total has beside its messages."""
    from smsplan.numbers import country

    units: Counter[Any] = Counter()
    countries = set()
    for detail in details:
        if detail.problem is None:
            countries.add(country(detail.recipient))
            for ladder in detail.charge.tiered if detail.charge else ():
                units[ladder] += ladder.units(detail.billed_parts, 1)
    return terms.lines(units, countries)


def counted(problem: Problem | None, profile: Profile) -> bool:
    """Whether a dry run counts a recipient that has this problem."""
    if problem is Problem.UNMATCHED_PARAMETER:
        return profile.unmatched != "absent"
    if problem is Problem.EXCEEDED_PARTS_LIMIT:
        return profile.exceeded_parts != "absent"
    return True


def shown_parts(parts: int, problem: Problem | None, profile: Profile) -> int:
    """Return the number of parts that a dry run shows for a recipient that it counts."""
    if problem is Problem.EXCEEDED_PARTS_LIMIT and profile.exceeded_parts == "zero":
        return 0
    return parts


def resolve(
    to: Iterable[str], profile: Profile, groups: Mapping[str, Iterable[str]] | None = None
) -> tuple[str, ...]:
    """Return the recipients of ``to``: normalised, groups resolved, duplicates merged.

    Raises :class:`~smsplan.errors.RequestRefused` for a group that ``groups`` does not have.

    >>> resolve(["+46701234567", "0046701234567"], Profile())
    ('46701234567',)
    """
    out: list[str] = []
    faults: list[Fault] = []
    for index, element in enumerate(to):
        # What the caller names as a group is one, also where its id looks like a number.
        members = None if groups is None else groups.get(element)
        digits = msisdn(element, profile) if members is None else None
        if digits is not None:
            out.append(digits)
            continue
        if members is None:
            text = f"Group '{element}' is unknown or deleted"
            faults.append(Fault("unknown_group", f"to[{index}]", text, 403))
            continue
        # Members are counted once, also where duplicates in ``to`` are not merged.
        numbers = dict.fromkeys(msisdn(str(member), profile) for member in members)
        if None in numbers:
            faults.append(
                Fault(
                    "syntax_invalid_parameter_format",
                    f"to[{index}]",
                    f"Group '{element}' has a member that is not a valid MSISDN.",
                )
            )
        out += [number for number in numbers if number is not None]
    if faults:
        raise RequestRefused(tuple(faults))
    return tuple(dict.fromkeys(out)) if profile.duplicates == "merged" else tuple(out)


def composer_of(batch: TextBatch, profile: Profile) -> Composer:
    """Return what composes the messages of a batch."""
    return Composer(
        Template(batch.body),
        profile,
        parameters=bool(batch.parameters),
        truncate_concat=bool(batch.truncate_concat),
        max_number_of_message_parts=batch.max_number_of_message_parts,
    )


class ValuesByRecipient:
    """The value of each parameter for one recipient: its own, else the default.

    ``own`` are by key and number, as digits; ``defaults`` by key.
    """

    def __init__(self, batch: TextBatch, profile: Profile) -> None:
        self.own: dict[str, dict[str, str]] = {}
        self.defaults: dict[str, str] = {}
        for key, values in (batch.parameters or {}).items():
            own = self.own[key] = {}
            for number, value in values.items():
                if number == "default":
                    self.defaults[key] = value
                # The keys of the map are matched after the same normalisation as ``to``.
                elif (digits := msisdn(number, profile)) is not None:
                    own.setdefault(digits, value)

    def __call__(self, recipient: str) -> dict[str, str | None]:
        """Return the values for a recipient, as digits; null where there is none."""
        return {key: own.get(recipient, self.defaults.get(key)) for key, own in self.own.items()}


def _query(
    per_recipient: bool | str, number_of_recipients: int, profile: Profile
) -> tuple[bool, int]:
    """Read the two query parameters as the API does."""
    faults = []
    text = str(per_recipient).lower()
    if text not in ("true", "false"):
        faults.append(
            Fault(
                "syntax_invalid_parameter_format",
                "per_recipient",
                f"'{per_recipient}' is not a valid boolean",
            )
        )
    valid = isinstance(number_of_recipients, int) and not isinstance(number_of_recipients, bool)
    over = valid and number_of_recipients > 1000
    if not valid or number_of_recipients < 0 or (over and profile.details_over_1000 == "error"):
        faults.append(
            Fault(
                "syntax_invalid_parameter_format",
                "number_of_recipients",
                f"'{number_of_recipients}' is not a valid number of recipients; use 0 to 1000",
            )
        )
    if faults:
        raise RequestRefused(tuple(faults))
    return text == "true", min(number_of_recipients, 1000)


def _detail(recipient: str, message: ComposedMessage, terms: Terms | None) -> Detail:
    charge = None if terms is None else terms.charge(recipient)
    problem, billed = message.problem, message.billed_parts
    if problem is None and charge is not None and charge.rejected:
        problem, billed = Problem.REJECTED_BY_RATE_CARD, 0
    cost = price = None
    if terms is not None and problem:
        # Nothing sent costs nothing, whether or not there is a price.
        cost = Decimal(0)
    if charge is not None:
        price = charge.price
        if not problem and len(charge.outcomes) == 1:
            cost = charge.outcomes[0].cost(billed)
    return Detail(
        recipient,
        message.text,
        message.encoding,
        message.units,
        message.number_of_parts,
        billed,
        message.unmatched,
        message.substituted,
        message.truncated,
        problem,
        message.culprits(),
        price,
        (charge.currency or None) if charge is not None else None,
        cost,
        charge,
    )


def _row_faults(detail: Detail, composer: Composer) -> Iterable[Fault]:
    """Refusals that some profiles have where the default lets the request pass."""
    profile = composer.profile
    if detail.problem is Problem.UNMATCHED_PARAMETER and profile.unmatched == "error":
        for key in detail.unmatched:
            yield Fault(
                "syntax_constraint_violation",
                f"parameters.{key}",
                f"Parameter '{key}' has no value for recipient '{detail.recipient}' "
                "and no default.",
            )
    if detail.problem is Problem.EXCEEDED_PARTS_LIMIT and profile.exceeded_parts == "error":
        yield Fault(
            "syntax_constraint_violation",
            "max_number_of_message_parts",
            f"The message to '{detail.recipient}' needs {detail.number_of_parts} parts, "
            f"at most {composer.limit} are allowed.",
        )


def _answer(detail: Detail, profile: Profile) -> RecipientDryRun:
    return RecipientDryRun(
        detail.recipient,
        shown_parts(detail.number_of_parts, detail.problem, profile),
        detail.body,
        profile.word(str(detail.encoding)),
    )
