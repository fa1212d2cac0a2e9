"""The open questions: what each switch asks, its values, and a dry run that decides it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, get_args, get_type_hints

from smsplan.api.dryruns import dry_run
from smsplan.api.profiles import Profile
from smsplan.errors import RequestRefused
from smsplan.plurals import counted

# The documentation says it, or it is about requests and answers alone: these change no plan.
CLOSED = frozenset({"reference_bits", "languages"})
ANSWERS = frozenset(
    {
        "no_parameters",
        "integer_numbers",
        "reference_limit",
        "encoding_names",
        "per_recipient_order",
        "no_details",
        "details_over_1000",
        "other_types",
        "malformed_header",
    }
)

QUESTIONS = {
    "unmatched": "what a dry run shows for a recipient without a value and default",
    "malformed_placeholder": "whether ${a b}, ${} and an unclosed ${ are text or refused",
    "double_dollar": "whether $${a} is a dollar and the value, or the text ${a}",
    "values_in_values": "whether a value that contains ${b} is expanded again",
    "duplicates": "whether numbers that come twice are merged or counted",
    "length_unit": "the unit of the limits of body and value",
    "body_limit": "the longest body",
    "key_limit": "the longest key of a parameter",
    "value_limit": "the longest value of a parameter",
    "empty_body": "whether a body of no characters is accepted",
    "min_digits": "the fewest digits of a number",
    "max_digits": "the most digits of a number",
    "leading_zero": "whether a number that begins with 0 is accepted",
    "default_originator": "whether the account has an originator for a message without 'from'",
    "sender_characters": "whether a sender may have characters outside the GSM alphabet",
    "form_feed": "whether a form feed (U+000C) is in the extension table",
    "line_breaks": "whether CR LF is counted as one character or two",
    "spaces": "whether TAB, no-break space and U+2028 become spaces",
    "controls": "whether NUL and ESC are removed",
    "greek_capitals": "whether Greek capitals that look Latin are replaced",
    "small_c_cedilla": "whether the small c with cedilla is counted as the capital",
    "auto_encoding": "whether the account has Auto Encoding",
    "auto_encoding_partial": "whether Auto Encoding replaces where the rest stays Unicode",
    "auto_encoding_order": "whether Auto Encoding comes before or after a cut to one part",
    "gsm_boundary": "whether an escape pair may be split over two parts",
    "unicode_boundary": "whether a surrogate pair or a cluster may be split over two parts",
    "unicode_unit": "the unit of 70 and 67 beyond the Basic Multilingual Plane",
    "truncation": "what a dry run shows for truncate_concat",
    "truncation_encoding": "whether the encoding is that of the whole text or of what is left",
    "truncation_boundary": "whether a cut to one part may go through a grapheme cluster",
    "exceeded_parts": "what a dry run shows above max_number_of_message_parts",
}
"""What each switch asks, that can change a plan."""

_DOCUMENTED: dict[str, tuple[Any, ...]] = {
    "body_limit": (2000, 1600, None),
    "key_limit": (None, 16),
    "value_limit": (1600, 160, None),
    "min_digits": (5, 1, 7),
    "max_digits": (15, 18),
    "default_originator": (True, False),
}


@cache
def _listed() -> dict[str, tuple[Any, ...]]:
    """The values of switches that have words for them."""
    return {name: get_args(hint) for name, hint in get_type_hints(Profile).items()}


def shown(value: Any) -> str:
    """Return a value of a switch as text, as JSON and TOML write it; ``none`` is no limit.

    >>> shown(None), shown(True), shown(160), shown("verbatim")
    ('none', 'true', '160', 'verbatim')
    """
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def alternatives(switch: str, profile: Profile) -> tuple[Profile, ...]:
    """Return the profile with every value of a switch, its own first.

    >>> [each.min_digits for each in alternatives("min_digits", Profile(min_digits=6))]
    [6, 5, 1, 7]
    """
    own = getattr(profile, switch)
    values = _DOCUMENTED.get(switch) or _listed()[switch]
    others = [value for value in values if value != own]
    if switch == "min_digits":
        others = [value for value in others if value <= profile.max_digits]
    if switch == "max_digits":
        others = [value for value in others if value >= profile.min_digits]
    return (profile, *(profile.replace(**{switch: value}) for value in others))


# Numbers that are reserved for fiction; no data of anybody.
A, B = "+447700900123", "+447700900124"
_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def _one(body: str, **fields: Any) -> dict[str, Any]:
    return {"to": [A], "body": body, **fields}


def _two(first: str, second: str, **fields: Any) -> dict[str, Any]:
    """A text for each of two recipients."""
    return {"to": [A, B], "body": "${t}", "parameters": {"t": {A: first, B: second}}, **fields}


def _values(**values: str) -> dict[str, Any]:
    body = "".join(f"${{{key}}}" for key in values)
    return _one(body, parameters={key: {A: value} for key, value in values.items()})


_LONG_GSM = "a" * 152 + "€" + "a" * 152
_PAIR, _CLUSTER = ("я" * 66 + middle + "я" * 66 for middle in ("\U0001f600", "e\u0301"))
_PROBES: dict[str, tuple[dict[str, Any], ...]] = {
    "unmatched": ({"to": [A, B], "body": "Hi ${n}", "parameters": {"n": {A: "Ana"}}},),
    "malformed_placeholder": (_one("Hi ${a b}"),),
    "double_dollar": (_one("Hi $${n}", parameters={"n": {A: "Ana"}}),),
    "values_in_values": (_values(a="${b}", b="X"),),
    "duplicates": ({"to": [A, "00" + A[1:]], "body": "Hi"},),
    "key_limit": (_values(**{"a" * 17: "x"}),),
    "empty_body": (_one(""),),
    "leading_zero": ({"to": ["0" + A[3:]], "body": "Hi"},),
    "default_originator": (_one("Hi"),),
    "sender_characters": ({**_one("Hi"), "from": "Кафе"},),
    "form_feed": (_one("a\f" + "a" * 69),),
    "line_breaks": (_one("a\r\n" + "a" * 158), _one("a\r\na")),
    "spaces": (_one("\u00a0" + "a" * 70),),
    "controls": (_one("\0" + "a" * 70),),
    "greek_capitals": (_one("\u0391" + "a" * 70), _one("\u0391" + "a" * 69)),
    "small_c_cedilla": (_one("ç" + "a" * 70), _one("ç" + "a" * 69)),
    "auto_encoding": (_one("\u201c" + "a" * 70),),
    "auto_encoding_partial": (_one("\u201c\u2026" + "a" * 69 + "\U0001f600"),),
    "auto_encoding_order": (_one("\u201c" + "a" * 80, truncate_concat=True),),
    "gsm_boundary": (_one(_LONG_GSM),),
    "unicode_boundary": (_two(_PAIR, _CLUSTER),),
    "unicode_unit": (_one("\U0001f600" * 36),),
    "truncation": (_one("a" * 161, truncate_concat=True),),
    "truncation_encoding": (_one("a" * 160 + "\U0001f600", truncate_concat=True),),
    "truncation_boundary": (_one("я" * 67 + _FAMILY, truncate_concat=True),),
    "exceeded_parts": (_one("a" * 400, max_number_of_message_parts=1),),
}


def _probes(switch: str, profiles: Iterable[Profile]) -> tuple[dict[str, Any], ...]:
    """Return the requests among which is one that decides; limits are asked for one above each."""
    if switch in _PROBES:
        return _PROBES[switch]
    if switch == "length_unit":
        smile = "\U0001f600"
        own = next(iter(profiles))
        return (
            *(_one(smile * (limit // 2 + 1)) for limit in (own.body_limit,) if limit),
            *(_values(a=smile * (limit // 2 + 1)) for limit in (own.value_limit,) if limit),
        )
    limits = sorted({limit for each in profiles if (limit := getattr(each, switch)) is not None})
    if switch == "body_limit":
        return tuple(_one("a" * (limit + 1)) for limit in limits)
    if switch == "value_limit":
        return (_values(**{f"v{limit + 1}": "a" * (limit + 1) for limit in limits}),)
    if switch == "min_digits":
        lengths = [limit - 1 for limit in reversed(limits) if limit > 1]
    else:
        lengths = [limit + 1 for limit in limits if limit < 18]
    return ({"to": [A[1:].ljust(18, "0")[:length] for length in lengths], "body": "Hi"},)


def probe(
    switch: str, profiles: dict[str, Profile], apart: list[tuple[str, str]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a request, and in words what its dry run answers under each value of a switch.

    ``apart`` are pairs of values that the answers should tell apart: the first request that tells
    most of them is taken.
    """
    best: tuple[int, dict[str, Any], dict[str, str]] | None = None
    for request in _probes(switch, profiles.values()):
        if switch != "default_originator":
            request = {**_originator(profiles), **request}
        said = {value: answer(request, profile) for value, profile in profiles.items()}
        told = sum(said[first] != said[second] for first, second in apart)
        if best is None or told > best[0]:
            best = told, request, said
    assert best is not None, "every switch has a probe"
    return best[1], best[2]


def _originator(profiles: dict[str, Profile]) -> dict[str, str]:
    """An account without an originator asks for one."""
    has_one = all(profile.default_originator for profile in profiles.values())
    return {} if has_one else {"from": "447700900100"}


def answer(request: dict[str, Any], profile: Profile) -> str:
    """Say in words what a dry run of a request answers under a profile.

    >>> answer({"to": ["+447700900123"], "body": "Hi"}, Profile())
    "1 recipient, 1 part (447700900123: 1 part, GSM, 'Hi')"
    """
    try:
        made = dry_run(request, per_recipient=True, profile=profile)
    except RequestRefused as refused:
        return "refused: " + " ".join(fault.text for fault in refused.faults)
    shown = ", ".join(
        f"{item.recipient}: {counted(item.number_of_parts, 'part')}, {item.encoding}, "
        f"{_body(item.body)}"
        for item in made.per_recipient or ()
    )
    recipients = counted(made.number_of_recipients, "recipient")
    return f"{recipients}, {counted(made.number_of_messages, 'part')}" + f" ({shown})" * bool(shown)


def _body(text: str) -> str:
    return ascii(text) if len(text) <= 20 else counted(len(text), "character")
