"""Every value of every switch of a profile makes a difference that somebody can see."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

import pytest

from smsplan import Profile, RequestRefused, dry_run, plan
from smsplan.api import profiles
from smsplan.errors import InputError

A, B = "46701234567", "46701234568"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def batch(body: str, *, to: tuple[Any, ...] = (A,), **fields: Any) -> dict[str, Any]:
    """A request as the API's JSON."""
    return {"to": list(to), "body": body, **fields}


def one(value: str | None) -> dict[str, dict[str, str]]:
    """Parameter n with a value for recipient A."""
    return {"n": {} if value is None else {A: value}}


# For each switch its values (as whole profiles) and the requests that tell each pair of them apart.
SWITCHES: dict[str, tuple[list[Any], list[dict[str, Any]]]] = {
    "unmatched": (
        ["verbatim", "empty", "absent", "error"],
        [batch("Hi ${n}", to=(A, B), parameters=one("Ana"))],
    ),
    "no_parameters": (["literal", "unmatched"], [batch("Hi ${n}")]),
    "malformed_placeholder": (["literal", "error"], [batch("Hi ${a b}")]),
    "double_dollar": (["expand", "escape"], [batch("Hi $${n}", parameters=one("Ana"))]),
    "values_in_values": (
        ["single_pass", "again"],
        [batch("${n}${b}", parameters={"n": {A: "${b}"}, "b": {A: "X"}})],
    ),
    "duplicates": (["merged", "counted"], [batch("Hi", to=("+46701234567", "0046701234567"))]),
    "length_unit": (["utf16", "code_point"], [batch("\U0001f600" * 1001)]),
    "body_limit": ([2000, 1600, None], [batch("a" * 1601), batch("a" * 2001)]),
    "key_limit": ([None, 16], [batch("${aaaaaaaaaaaaaaaaa}", parameters={"a" * 17: {A: "x"}})]),
    "value_limit": (
        [1600, 160, None],
        [batch("${n}", parameters=one("a" * 161)), batch("${n}", parameters=one("a" * 1601))],
    ),
    "reference_limit": (
        [2048, 128, None],
        [batch("a", client_reference="a" * 129), batch("a", client_reference="a" * 2049)],
    ),
    "empty_body": (["accepted", "refused"], [batch("")]),
    "min_digits": ([5, 7], [batch("a", to=("123456",))]),
    "max_digits": ([15, 12], [batch("a", to=("1234567890123",))]),
    "leading_zero": (["accepted", "refused"], [batch("a", to=("0701234567",))]),
    "integer_numbers": (["accepted", "refused"], [batch("a", to=(46701234567,))]),
    "default_originator": ([True, False], [batch("a")]),
    "sender_characters": (["any", "gsm"], [{**batch("a"), "from": "Кафе"}]),
    "malformed_header": (
        ["accepted", "refused"],
        [{"type": "mt_binary", "to": [A], "udh": "0b0003010201", "body": "AAECAw=="}],
    ),
    "form_feed": (["extension", "unicode"], [batch("a\fb")]),
    "line_breaks": (["kept", "crlf_to_lf"], [batch("a\r\nb")]),
    "spaces": (["kept", "space"], [batch("a\u00a0b")]),
    "controls": (["kept", "removed"], [batch("a\0b")]),
    "greek_capitals": (["kept", "latin"], [batch("\u0391")]),
    "small_c_cedilla": (["unicode", "gsm"], [batch("\u00e7")]),
    "auto_encoding": (["off", "on"], [batch("\u201c" + "a" * 70)]),
    "auto_encoding_partial": (
        ["all_or_nothing", "partial"],
        [batch("\u201c\u2026" + "a" * 69 + "\U0001f600")],
    ),
    "auto_encoding_order": (
        ["before_truncation", "after_truncation"],
        [batch("\u201c" + "a" * 80, truncate_concat=True)],
    ),
    "gsm_boundary": (["pair", "dense"], [batch("a" * 152 + "\u20ac" + "a" * 152)]),
    "unicode_boundary": (
        ["pair", "grapheme", "dense"],
        [
            batch("\u044f" * 66 + "\U0001f600" + "\u044f" * 66),
            batch("\u044f" * 66 + "e\u0301" + "\u044f" * 66),
        ],
    ),
    "unicode_unit": (["utf16", "code_point"], [batch("\U0001f600" * 36)]),
    "reference_bits": ([8, 16], [batch("a" * 306)]),
    "languages": ([(), ("tr",), "all"], [batch("\u015f" * 71), batch("\u0915" * 71)]),
    "truncation": (
        ["cut", "parts_only", "ignored"],
        [batch("a" * 161, truncate_concat=True)],
    ),
    "truncation_encoding": (
        ["before", "after"],
        [batch("a" * 160 + "\U0001f600", truncate_concat=True)],
    ),
    "truncation_boundary": (
        ["pair", "grapheme"],
        [batch("\u044f" * 67 + FAMILY, truncate_concat=True)],
    ),
    "exceeded_parts": (
        ["counted", "zero", "absent", "error"],
        [batch("a" * 400, max_number_of_message_parts=1)],
    ),
    "encoding_names": (["GSM/UNICODE", "text/unicode"], [batch("a")]),
    "per_recipient_order": (["request", "number"], [batch("a", to=(B, A))]),
    "no_details": (["empty_list", "absent"], [batch("a")]),
    "details_over_1000": (["error", "capped"], [batch("a")]),
    "other_types": (
        ["one_part", "refused"],
        [{"type": "mt_binary", "to": [A], "udh": "06050423F423F4", "body": "SGVsbG8gV29ybGQh"}],
    ),
}
# A probe of these needs the switch that they are an option of.
WITH = {
    "auto_encoding_partial": {"auto_encoding": "on"},
    "auto_encoding_order": {"auto_encoding": "on"},
}
QUERY = {"no_details": 0, "details_over_1000": 1001}
# What these decide is only in a request or an answer of the API, which a plan does not have: a
# plan always fills every parameter or names it, reads whole numbers, and has rows for an answer.
NOT_IN_A_PLAN = {
    "no_parameters",
    "reference_limit",
    "integer_numbers",
    "encoding_names",
    "per_recipient_order",
    "no_details",
    "details_over_1000",
    "other_types",
    "malformed_header",
}


def answer(name: str, value: Any, request: dict[str, Any]) -> Any:
    """What a dry run says, to be compared."""
    profile = Profile(**{**WITH.get(name, {}), name: value})
    try:
        made = dry_run(
            request,
            per_recipient=True,
            number_of_recipients=QUERY.get(name, 100),
            profile=profile,
        )
    except RequestRefused as refused:
        return refused.to_dict()
    return made.to_dict(), [detail.code for detail in made.details]


def planned(name: str, value: Any, request: dict[str, Any]) -> Any:
    """What a plan of the same recipients says, to be compared."""
    profile = Profile(**{**WITH.get(name, {}), name: value})
    parameters = request.get("parameters", {})
    rows = [
        {"to": number, **{key: values.get(number) for key, values in parameters.items()}}
        for number in request["to"]
    ]
    try:
        made = plan(
            rows,
            request["body"],
            from_=request.get("from"),
            profile=profile,
            truncate_concat=request.get("truncate_concat", False),
            max_number_of_message_parts=request.get("max_number_of_message_parts"),
            bodies=True,
        )
    except InputError as refused:
        return str(refused)
    return made.rows, made.dry_run().to_dict()


def pairs() -> list[tuple[str, Any, Any]]:
    """Every pair of values of every switch."""
    return [
        (name, first, second)
        for name, (values, _) in SWITCHES.items()
        for first, second in combinations(values, 2)
    ]


def test_every_switch_is_here() -> None:
    """A field of Profile without a probe is a field that nobody can see."""
    fields = {field.name for field in dataclasses.fields(Profile)}
    assert set(SWITCHES) == set(profiles.SWITCHES) == fields - {"vocabulary"}


def test_words_of_an_account() -> None:
    """The account's own words are in its answers, its profile file and its equality; not in plans.

    A hand-written table may have one word for a text, or a list of them.
    """
    own = Profile.from_toml('[vocabulary]\nUNICODE = ["UCS2", "UTF16"]\nGSM = "GSM7"\n')
    assert own == Profile.from_toml(own.to_toml()) == Profile.from_dict(own.to_dict()) != Profile()
    assert hash(own) == hash(own.replace()) != hash(Profile())
    assert own.changes() == {"vocabulary": {"GSM": ["GSM7"], "UNICODE": ["UCS2", "UTF16"]}}
    assert "vocabulary" not in Profile().to_toml()
    two = batch("${t}", to=(A, B), parameters={"t": {A: "a", B: "я"}})
    made = dry_run(two, per_recipient=True, profile=own)
    assert [item.encoding for item in made.per_recipient or ()] == ["GSM7", "UCS2"]
    made_plan = plan(["+46701234567"], "я", profile=own)
    assert made_plan.encodings == plan(["+46701234567"], "я").encodings
    mixed = Profile(vocabulary={"GSM": "GSM7"}, encoding_names="text/unicode")
    assert (mixed.word("GSM"), mixed.word("UNICODE")) == ("GSM7", "unicode")
    assert Profile().word("unknown_group") == "unknown_group"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"GMS": "x"}, "did you mean 'GSM'"),
        ({"GSM": ""}, "'GSM' is no word"),
        ({"GSM": []}, "'GSM' is no word"),
        ({"GSM": [3]}, "'GSM' is no word"),
        ({3: "x"}, "no word for '3'"),
        ("GSM7", "no table of words"),
        (3, "no table of words"),
    ],
)
def test_words_that_are_none(given: Any, said: str) -> None:
    """A word for nothing that is documented, or that is none, is a fault of the profile."""
    with pytest.raises(InputError, match=said):
        Profile(vocabulary=given)


@pytest.mark.parametrize(("name", "first", "second"), pairs())
def test_dry_run_differs(name: str, first: Any, second: Any) -> None:
    """Any two values of a switch give different dry runs of some request."""
    probes = SWITCHES[name][1]
    assert any(answer(name, first, probe) != answer(name, second, probe) for probe in probes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name, (values, _) in SWITCHES.items()
        if name not in NOT_IN_A_PLAN
        for value in values
    ],
)
def test_plan_differs(name: str, value: Any) -> None:
    """Every value shows in a plan of the same recipients, against some other value.

    Not against each: a plan asks for every recipient alone, so that a recipient who is left out and
    one for whom the request is refused are the same there.
    """
    values, probes = SWITCHES[name]
    assert any(
        planned(name, value, probe) != planned(name, other, probe)
        for other in values
        if other != value
        for probe in probes
    )


@pytest.mark.parametrize("name", sorted(NOT_IN_A_PLAN))
def test_plan_does_not_differ(name: str) -> None:
    """What is listed as no matter of a plan is none, whatever its value."""
    values, probes = SWITCHES[name]
    for probe in probes:
        if probe.get("type", "mt_text") == "mt_text":
            assert len({repr(planned(name, value, probe)) for value in values}) == 1
