"""The requests that decide the switches of an account, each a dry run that sends nothing."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from smsplan.api.batches import Batch, TextBatch, batch_from_dict
from smsplan.api.profiles import Profile
from smsplan.live.asking import LENIENT

_SMILE = "\U0001f600"
_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
_CLUSTER = "e\u0301"
_PIECES = 4
# More than 255 parts hold: what is accepted so long has no limit.
_ENDLESS = 40_000
LETTERS = {
    "tr": "ş", "es": "Í", "pt": "ã", "bn": "অ", "gu": "અ", "hi": "अ", "kn": "ಅ", "ml": "അ",
    "or": "ଅ", "pa": "ਅ", "ta": "அ", "te": "అ", "ur": "ا",
}  # fmt: skip
"""A letter of each language with national tables that is outside GSM."""


def language(name: str) -> str:
    """Return the name of the question whether an account has the national tables of a language."""
    return f"languages {name}"


def _asks(switches: str, *languages: str) -> tuple[str, ...]:
    return (*switches.split(), *map(language, languages))


# Each with what its parts, its encoding or its body may depend on. Long enough to need a second
# part in the encoding that they would have otherwise.
TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("plain", _asks("encoding_names")),
    # An escape pair, a surrogate pair and a cluster on a boundary; for references of 8 and 16 bits.
    *(("a" * n + "€" + "a" * n, _asks("gsm_boundary reference_bits")) for n in (152, 151)),
    *(("я" * n + _SMILE + "я" * n, _asks("unicode_boundary reference_bits unicode_unit"))
      for n in (66, 65)),
    *(("я" * n + _CLUSTER + "я" * n, _asks("unicode_boundary reference_bits")) for n in (66, 65)),
    (_SMILE * 36, _asks("unicode_unit")),
    ("a" * 306, _asks("reference_bits")),
    ("я" * 134, _asks("reference_bits encoding_names")),
    *((letter * 71, _asks("", name, *("pt",) * (name == "es")))
      for name, letter in LETTERS.items()),
    ("a\f" + "a" * 80, _asks("form_feed")),
    ("a\r\n" + "a" * 158, _asks("line_breaks")),
    ("a\u00a0\t\u2028" + "a" * 70, _asks("spaces auto_encoding")),
    ("a\0\x1b" + "a" * 70, _asks("controls auto_encoding auto_encoding_partial")),
    ("\u0391" + "a" * 70, _asks("greek_capitals")),
    ("ç" + "a" * 70, _asks("small_c_cedilla", "tr", "es", "pt")),
    ("\u201c" + "a" * 70, _asks("auto_encoding")),
    ("\u201c\u2026" + "a" * 69 + _SMILE, _asks("auto_encoding auto_encoding_partial")),
)  # fmt: skip
CUT_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a" * 161, _asks("truncation")),
    ("a" * 160 + _SMILE, _asks("truncation truncation_encoding")),
    ("я" * 67 + _FAMILY, _asks("truncation truncation_boundary unicode_unit")),
    ("\u201c" + "a" * 80, _asks("truncation auto_encoding auto_encoding_order")),
    ("я" * 60 + _SMILE * 8, _asks("truncation unicode_unit")),
)


@dataclass(frozen=True, eq=False)
class Probe:
    """A request as the API's JSON; ``asks`` is what its answer may depend on.

    ``asks`` is null where no more is looked at than whether it is accepted. ``most`` is the query
    ``number_of_recipients``. A refusal says something of ``asks`` only beside the ``twin``, which
    differs in nothing else and is accepted.
    """

    name: str
    payload: Mapping[str, Any]
    asks: tuple[str, ...] | None = None
    most: int = 1000
    twin: Probe | None = None

    @cached_property
    def key(self) -> str:
        """What is the same for the same request."""
        return json.dumps([self.payload, self.most], sort_keys=True)

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


def plain(number: str, common: Mapping[str, Any], asks: str = "") -> Probe:
    """Return the plainest request; ``common`` are fields of each."""
    name = f"plain{', no originator' * bool(asks)}"
    return Probe(name, {"to": [number], "body": "Hi", **common}, tuple(asks.split()))


def fixed(numbers: tuple[str, ...], common: Mapping[str, Any]) -> Iterator[Probe]:
    """Yield the probes that do not depend on other answers."""
    one, other = numbers[0], numbers[1]
    digits = one.lstrip("+")
    hi = plain(one, common)

    def probe(name: str, asks: str, *, twin: Probe = hi, most: int = 1000, to: Any = (),
              body: str = "Hi", **fields: Any) -> Probe:  # fmt: skip
        payload = {"to": list(to) or [one], "body": body, **common, **fields}
        return Probe(name, payload, tuple(asks.split()), most, twin)

    first, second = sorted((one, other), reverse=True)
    again = "00" + first.lstrip("+")
    two = probe("two recipients", "", to=(first, second))
    yield probe("duplicates", "duplicates", to=(first, second, again), twin=two)
    yield probe("over 1,000 details", "details_over_1000", most=1001)
    binary = {
        "type": "mt_binary",
        "to": [one],
        "udh": "06050423F423F4",
        "body": "SGVsbG8gV29ybGQh",
        **common,
    }
    yield Probe("binary", binary, ("other_types",), twin=hi)
    # Its length names an octet more than follows.
    malformed = {**binary, "udh": "07050423F423F4"}
    yield Probe("malformed header", malformed, ("other_types", "malformed_header"), twin=hi)
    latin = Probe("sender", {**hi.payload, "from": "Kafe"}, ())
    cyrillic = {**hi.payload, "from": "Кафе"}
    yield Probe("sender of other letters", cyrillic, ("sender_characters",), twin=latin)
    yield probe("integers", "integer_numbers", to=(int(digits),))
    matched = probe("matched parameter", "", to=(one, other), body="Hi ${n}",
                    parameters={"n": {one: "Ana", other: "Bo"}})  # fmt: skip
    yield probe("unmatched parameter", "unmatched", twin=matched, to=(one, other), body="Hi ${n}",
                parameters={"n": {one: "Ana"}})  # fmt: skip
    yield probe("no parameters", "no_parameters unmatched", body="Hi ${n}")
    yield probe("malformed", "malformed_placeholder", body="Hi ${a b}")
    yield probe("dollars", "double_dollar values_in_values", body="$${n} ${v}",
                parameters={"n": {one: "Ana"}, "v": {one: "${n}"}})  # fmt: skip
    yield probe("empty body", "empty_body", body="")
    within = probe("parts within the limit", "", body="a" * 400, max_number_of_message_parts=9)
    yield probe("parts above the limit", "exceeded_parts", twin=within, body="a" * 400,
                max_number_of_message_parts=1)  # fmt: skip
    stem = _stem(one)
    yield probe("leading zero", "leading_zero", to=("0" + stem[:9],),
                twin=probe("no leading zero", "", to=("1" + stem[:9],)))  # fmt: skip
    # Twice, since what is left out by chance is no answer to this.
    for _ in range(2):
        yield probe("no details", "no_details", most=0)


def _stem(number: str) -> str:
    return number.lstrip("+").rstrip("0").ljust(18, "1")


@dataclass(frozen=True, slots=True)
class Limit:
    """A switch that is a limit, and in what steps it is looked for.

    A step further is a character more, or a digit more or fewer. ``guesses`` are limits that some
    documentation has, the latest first; ``top`` is the last step that is asked about.
    """

    switch: str
    guesses: tuple[int, ...]
    top: int
    least: int = 1

    def size(self, step: int) -> int:
        """Return the size at a step: characters or digits."""
        return 11 - step if self.switch == "min_digits" else step

    def value(self, step: int) -> int | None:
        """Return the limit where this is the last step that an account accepts."""
        endless = step == self.top and not self.switch.endswith("_digits")
        return None if endless else self.size(step)


LIMITS = (
    Limit("body_limit", (2000, 1600), _ENDLESS),
    Limit("key_limit", (1000, 16), 1000),
    Limit("value_limit", (1600, 160), _ENDLESS),
    Limit("reference_limit", (2048, 128), _ENDLESS),
    Limit("min_digits", (6,), 10),
    Limit("max_digits", (15,), 18, 10),
)


def sized(
    own: Mapping[str, int],
    base: Mapping[str, int],
    number: str,
    common: Mapping[str, Any],
    *,
    fill: str = "a",
) -> Probe:
    """Return the probe of some sizes, by the switch that limits them; all else is as in ``base``.

    >>> made = sized({"value_limit": 3}, {"key_limit": 2}, "+447700900123", {})
    >>> made.payload
    {'to': ['+447700900123'], 'body': '${kk}', 'parameters': {'kk': {'+447700900123': 'aaa'}}}
    >>> made.name
    'value_limit 3, all else at its limit'
    """
    sizes = {**base, **own}
    said = ", ".join(f"{switch} {size}" for switch, size in own.items())
    beside = "all else at its limit" if own else "all at their limits"
    name = ", ".join(filter(None, [said, beside * bool(base)])) + " emoji" * (fill != "a")
    digits = [sizes[name] for name in ("min_digits", "max_digits") if name in sizes]
    to = [_stem(number)[:count] for count in digits] or [number]
    payload: dict[str, Any] = {"to": to, "body": "Hi"}
    if "key_limit" in sizes or "value_limit" in sizes:
        key, value = "k" * sizes.get("key_limit", 1), fill * sizes.get("value_limit", 1)
        payload |= {"body": f"${{{key}}}", "parameters": {key: dict.fromkeys(to, value)}}
    if "body_limit" in sizes:
        body = payload["body"] if "parameters" in payload else ""
        payload["body"] = body + fill * (sizes["body_limit"] - len(body))
    if "reference_limit" in sizes:
        payload["client_reference"] = fill * sizes["reference_limit"]
    return Probe(name, {**payload, **common})


def documented_sizes() -> dict[str, int]:
    """Return every size at its limit by the documentation of today.

    >>> documented_sizes()["body_limit"]
    2000
    """
    made = {limit.switch: getattr(Profile(), limit.switch) for limit in LIMITS}
    return {limit.switch: made[limit.switch] or limit.top for limit in LIMITS}


SMILE = _SMILE
