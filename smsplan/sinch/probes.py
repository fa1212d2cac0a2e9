"""The requests that decide the switches of an account, each a dry run that sends nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from smsplan.batches import Batch, TextBatch, batch_from_dict
from smsplan.profiles import Profile
from smsplan.sinch.asking import LENIENT

_SMILE = "\U0001f600"
_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
_CLUSTER = "e\u0301"
_PIECES = 4
_CHARACTERS = frozenset(
    {"form_feed", "line_breaks", "spaces", "controls", "greek_capitals", "small_c_cedilla"}
)
_PARTS = frozenset(
    {
        "gsm_boundary",
        "unicode_boundary",
        "unicode_unit",
        "reference_bits",
        "languages",
        "auto_encoding",
        "auto_encoding_partial",
    }
)
_TEXT = _CHARACTERS | _PARTS
_CUTTING = frozenset(
    {"truncation", "truncation_encoding", "truncation_boundary", "auto_encoding_order"}
)
LETTERS = {
    "tr": "ş", "es": "Í", "pt": "ã", "bn": "অ", "gu": "અ", "hi": "अ", "kn": "ಅ", "ml": "അ",
    "or": "ଅ", "pa": "ਅ", "ta": "அ", "te": "అ", "ur": "ا",
}  # fmt: skip
"""A letter of each language with national tables that is outside GSM."""

# Long enough to need a second part in the encoding that they would have otherwise.
TEXTS: tuple[str, ...] = (
    "plain",
    # An escape pair, a surrogate pair and a cluster on a boundary; for references of 8 and 16 bits.
    *("a" * n + "€" + "a" * n for n in (152, 151)),
    *("я" * n + middle + "я" * n for n in (66, 65) for middle in (_SMILE, _CLUSTER)),
    _SMILE * 36,
    "a" * 306,
    "я" * 134,
    *(letter * 71 for letter in LETTERS.values()),
    "a\f" + "a" * 80,
    "a\r\n" + "a" * 158,
    "a\u00a0\t\u2028" + "a" * 70,
    "a\0\x1b" + "a" * 70,
    "\u0391" + "a" * 70,
    "ç" + "a" * 70,
    "\u201c" + "a" * 70,
    "\u201c\u2026" + "a" * 69 + _SMILE,
)
CUT_TEXTS: tuple[str, ...] = (
    "a" * 161,
    "a" * 160 + _SMILE,
    "я" * 67 + _FAMILY,
    "\u201c" + "a" * 80,
    "я" * 60 + _SMILE * 8,
)


@dataclass(frozen=True, slots=True)
class Probe:
    """A request as the API's JSON; ``asks`` are the switches that its answer may depend on.

    ``most`` is the query ``number_of_recipients``. ``compare`` says what of the answer is looked
    at: ``content``, the ``names`` of encodings, or the ``order`` of recipients.
    """

    name: str
    payload: Mapping[str, Any]
    asks: frozenset[str]
    most: int = 1000
    compare: str = "content"

    @property
    def batch(self) -> Batch:
        """What goes to the API."""
        if all(isinstance(to, int) for to in self.payload["to"]):
            text = {**self.payload, "to": [str(to) for to in self.payload["to"]]}
            made = TextBatch.from_dict(text, profile=LENIENT)
            return _Integers(
                **{field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
            )
        return batch_from_dict(self.payload, profile=LENIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Integers(TextBatch):
    """A batch whose numbers are integers in JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return the request as the API's JSON has it."""
        return {**TextBatch.to_dict(self), "to": [int(to) for to in self.to]}


def pieces(text: str) -> tuple[str, ...]:
    """Cut a text into four pieces, each short enough for the smallest limit of a value.

    >>> pieces("abcdefghij")
    ('ab', 'cde', 'fg', 'hij')
    """
    ends = [len(text) * place // _PIECES for place in range(_PIECES + 1)]
    return tuple(text[start:end] for start, end in pairwise(ends))


def together(texts: Iterable[tuple[str, str]], **fields: Any) -> dict[str, Any]:
    """Return a request of one text to each number; pairs are a number and its text."""
    pairs = [(number, pieces(text)) for number, text in texts]
    return {
        "to": [number for number, _ in pairs],
        "body": "".join(f"${{p{place}}}" for place in range(_PIECES)),
        "parameters": {
            f"p{place}": {number: cut[place] for number, cut in pairs} for place in range(_PIECES)
        },
        **fields,
    }


def text_asks(*, cut: bool) -> frozenset[str]:
    """Return the switches that the answer for a text may depend on."""
    return _TEXT | _CUTTING if cut else _TEXT


def fixed(numbers: tuple[str, ...], common: Mapping[str, Any]) -> Iterator[Probe]:
    """Yield the probes that do not depend on other answers; ``common`` are fields of each."""
    one, other = numbers[0], numbers[1]
    digits = one.lstrip("+")

    def probe(name: str, asks: str, *, most: int = 1000, to: Any = (), body: str = "Hi",
              **fields: Any) -> Probe:  # fmt: skip
        payload = {"to": list(to) or [one], "body": body, **common, **fields}
        return Probe(name, payload, frozenset(asks.split()), most)

    first, second = sorted((one, other), reverse=True)
    again = "00" + first.lstrip("+")
    asks = "duplicates per_recipient_order encoding_names"
    yield probe("duplicates and order", asks, to=(first, second, again))
    yield probe("over 1,000 details", "details_over_1000", most=1001)
    yield Probe(
        "binary",
        {"type": "mt_binary", "to": [one], "udh": "06050423F423F4", "body": "SGVsbG8gV29ybGQh",
         **common},
        frozenset({"other_types"}),
    )  # fmt: skip
    yield probe("integers", "integer_numbers", to=(int(digits),))
    yield probe("unmatched parameter", "unmatched", to=(one, other), body="Hi ${n}",
                parameters={"n": {one: "Ana"}})  # fmt: skip
    yield probe("no parameters", "no_parameters unmatched", body="Hi ${n}")
    yield probe("malformed", "malformed_placeholder", body="Hi ${a b}")
    yield probe("dollars", "double_dollar values_in_values", body="$${n} ${v}",
                parameters={"n": {one: "Ana"}, "v": {one: "${n}"}})  # fmt: skip
    yield probe("empty body", "empty_body", body="")
    asks = "exceeded_parts reference_bits gsm_boundary"
    yield probe("parts above the limit", asks, body="a" * 400, max_number_of_message_parts=1)
    stem = digits.rstrip("0").ljust(18, "1")
    few = "min_digits max_digits"
    # An account names the first number that it refuses.
    yield probe("few digits", few, to=tuple(stem[:n] for n in range(10, 0, -1)))
    yield probe("many digits", few, to=tuple(stem[:n] for n in range(10, 19)))
    yield probe("leading zero", "leading_zero", to=("0" + stem[:9],))


def modest(numbers: tuple[str, ...], common: Mapping[str, Any]) -> tuple[Probe, ...]:
    """Return the probes of lengths that the documentation of today allows, together and alone.

    Where the first is accepted, the others need not be made.
    """
    one, key = numbers[0], "k" * 17
    parameters = {key: {one: "a" * 161}}
    body = "${" + key + "}" + "a" * 1581
    whole = {"to": [one], "body": body, "parameters": parameters, "client_reference": "a" * 129}
    switches = ("key_limit", "value_limit", "body_limit", "reference_limit")
    alone = {"to": [one], "body": "${" + key + "}", "parameters": {key: {one: "x"}}, **common}
    return (
        Probe("modest lengths", {**whole, **common}, frozenset({*switches, *_TEXT})),
        Probe("key of 17", alone, frozenset({"key_limit"})),
        limit("value_limit", "a" * 161, numbers, common),
        limit("body_limit", "a" * 1601, numbers, common),
        limit("reference_limit", "a" * 129, numbers, common),
    )


def great(profile: Profile, numbers: tuple[str, ...], common: Mapping[str, Any]) -> Iterator[Probe]:
    """Yield the probes of lengths above today's limits, where smaller ones were accepted."""
    for switch, most in (("value_limit", 1600), ("body_limit", 2000), ("reference_limit", 2048)):
        own = getattr(profile, switch)
        if own is None or own >= most:
            yield limit(switch, "a" * (most + 1), numbers, common)


def limit(switch: str, text: str, numbers: tuple[str, ...], common: Mapping[str, Any]) -> Probe:
    """Return the probe of a limit of a text."""
    one = numbers[0]
    asks = frozenset({switch, "length_unit", *_TEXT})
    name = f"{switch} {len(text)}"
    payload: dict[str, Any] = {"to": [one], **common}
    if switch == "value_limit":
        payload |= {"body": "${v}", "parameters": {"v": {one: text}}}
    elif switch == "body_limit":
        payload |= {"body": text}
    else:
        payload |= {"body": "Hi", "client_reference": text}
    return Probe(name, payload, asks)


def length_unit(
    profile: Profile, numbers: tuple[str, ...], common: Mapping[str, Any]
) -> Probe | None:
    """Return the probe of the unit of lengths, where some limit of the account shows it."""
    for switch in ("value_limit", "body_limit", "reference_limit"):
        most = getattr(profile, switch)
        if most is not None:
            return limit(switch, _SMILE * (most // 2 + 1), numbers, common)
    return None


def first(number: str, **common: Any) -> Probe:
    """Return the probe of a default originator, and of an answer without details."""
    name = "no details" if common else "no originator, no details"
    payload = {"to": [number], "body": "Hi", **common}
    return Probe(name, payload, frozenset({"default_originator", "no_details"}), 0)
