"""Requests: what is read, what is refused, and that every fault is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from smsplan import (
    MediaBatch,
    Profile,
    RequestRefused,
    TextBatch,
    TextUpdate,
    batch_from_dict,
    dry_run,
)
from smsplan.api.batches import unknown_fields

SAMPLES = json.loads((Path(__file__).parent / "vectors" / "sinch-samples.json").read_text())


def faults(payload: dict[str, Any], **keywords: Any) -> list[tuple[str, str]]:
    """Code and field of every fault of a request."""
    with pytest.raises(RequestRefused) as caught:
        batch_from_dict(payload, **keywords)
    return [(fault.code, fault.field) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"from": "Кафе"}, "'К' (U+041A CYRILLIC CAPITAL LETTER KA)"),
        ({"from": "日本"}, "outside the GSM 7-bit default alphabet"),
        ({"from": "[Brand]"}, "'[' (U+005B LEFT SQUARE BRACKET)"),
        ({"from": " Brand"}, "begins or ends with a blank"),
        ({"from": "Café 24"}, None),
        ({"from": "+447700900123"}, None),
        ({"udh": "0b0003010201"}, "UDHL 0x0b names 11 octets and 5 follow"),
        ({"udh": "060504"}, "UDHL 0x06 names 6 octets and 2 follow"),
        ({"udh": "0100"}, "information element 0x00 goes beyond the end"),
        ({"udh": "03000401"}, "information element 0x00 goes beyond the end"),
        ({"udh": ""}, "it is empty"),
        ({"udh": "06050423F423F4"}, None),
        ({"udh": "0A0003010201240101"}, "UDHL 0x0a names 10 octets and 8 follow"),
        ({"udh": "080003010201240101"}, None),
    ],
)
def test_doubtful(fields: dict[str, str], says: str | None) -> None:
    """What no document refuses is accepted and named; a switch refuses it."""
    request = {"to": ["+447700900123"], "body": "AAECAw=="}
    if "udh" in fields:
        request["type"] = "mt_binary"
    request |= fields
    made = dry_run(request)
    assert [says is not None and says in each for each in made.warnings] == [True] * bool(says)
    strict = Profile(sender_characters="gsm", malformed_header="refused")
    if says is None:
        assert dry_run(request, profile=strict) == made
    else:
        with pytest.raises(RequestRefused, match=re.escape(says)):
            dry_run(request, profile=strict)


@pytest.mark.parametrize("sample", SAMPLES["requests"], ids=lambda sample: sample["label"])
def test_sample_requests(sample: dict[str, Any]) -> None:
    """The documentation's samples are read where they can be, and all their faults named."""
    read = TextUpdate.from_dict if sample["type"] == "update" else batch_from_dict
    if sample["faults"]:
        with pytest.raises(RequestRefused) as caught:
            read(sample["payload"])
        found = [[fault.code, fault.field] for fault in caught.value.faults]
        assert found == sample["faults"]
    else:
        assert read(sample["payload"]).to_dict() == sample["read"]


@pytest.mark.parametrize("sample", SAMPLES["responses"], ids=lambda sample: sample["label"])
def test_sample_responses(sample: dict[str, Any]) -> None:
    """A batch in a response is read leniently: numbers, text booleans, "" for absent."""
    assert batch_from_dict(sample["payload"], response=True).to_dict() == sample["read"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"to": []}, ("syntax_constraint_violation", "to")),
        ({"to": None}, ("syntax_constraint_violation", "to")),
        ({"to": "15551231234"}, ("syntax_invalid_json", "to")),
        ({"to": ["15551231234"] * 1001}, ("syntax_constraint_violation", "to")),
        ({"to": [True]}, ("syntax_invalid_json", "to[0]")),
        ({"to": ["abc"]}, ("syntax_invalid_parameter_format", "to[0]")),
        ({"body": None}, ("syntax_constraint_violation", "body")),
        ({"body": "a" * 2001}, ("syntax_constraint_violation", "body")),
        ({"body": 5}, ("syntax_invalid_json", "body")),
        ({"body": "\ud83d"}, ("syntax_invalid_json", "body")),
        ({"from": "twelve chars"}, ("syntax_invalid_parameter_format", "from")),
        ({"from": "1" * 19}, ("syntax_invalid_parameter_format", "from")),
        ({"delivery_report": "report"}, ("syntax_invalid_parameter_format", "delivery_report")),
        ({"send_at": "tomorrow"}, ("syntax_invalid_parameter_format", "send_at")),
        ({"callback_url": "myCallbackUrl"}, ("syntax_invalid_parameter_format", "callback_url")),
        (
            {"callback_url": "https://example.com/" + "a" * 2048},
            ("syntax_constraint_violation", "callback_url"),
        ),
        ({"client_reference": "a" * 2049}, ("syntax_constraint_violation", "client_reference")),
        ({"feedback_enabled": "yes"}, ("syntax_invalid_json", "feedback_enabled")),
        ({"from_ton": 1}, ("syntax_constraint_violation", "from_npi")),
        ({"from_ton": 7, "from_npi": 1}, ("syntax_constraint_violation", "from_ton")),
        ({"from_ton": 1, "from_npi": 19}, ("syntax_constraint_violation", "from_npi")),
        ({"flash_message": 1}, ("syntax_invalid_json", "flash_message")),
        (
            {"max_number_of_message_parts": 0},
            ("syntax_constraint_violation", "max_number_of_message_parts"),
        ),
        ({"parameters": []}, ("syntax_invalid_json", "parameters")),
        ({"parameters": {"a b": {}}}, ("syntax_invalid_parameter_format", "parameters.a b")),
        (
            {"parameters": {"a": {"default": "x" * 1601}}},
            ("syntax_constraint_violation", "parameters.a.default"),
        ),
        ({"type": "mt_voice"}, ("syntax_invalid_parameter_format", "type")),
    ],
)
def test_one_fault(change: dict[str, Any], expected: tuple[str, str]) -> None:
    """Each broken rule is named by the API's code and the path of the field."""
    assert faults({"to": ["15551231234"], "body": "Hi", **change}) == [expected]


def test_expiry() -> None:
    """expire_at is after send_at, by three days at most."""
    good = {"to": ["15551231234"], "body": "Hi", "send_at": "2026-06-06T09:25Z"}
    batch_from_dict({**good, "expire_at": "2026-06-09T09:25:00+00:00"})
    for wrong in ("2026-06-06T09:25:00Z", "2026-06-09T09:25:01Z"):
        assert faults({**good, "expire_at": wrong}) == [
            ("syntax_constraint_violation", "expire_at")
        ]


def test_all_faults_together() -> None:
    """One refusal names everything, in the order of the fields."""
    assert faults({"to": ["x", "15551231234", "+1"], "from": "", "delivery_report": 1}) == [
        ("syntax_invalid_parameter_format", "to[0]"),
        ("syntax_invalid_parameter_format", "to[2]"),
        ("syntax_invalid_parameter_format", "from"),
        ("syntax_invalid_json", "delivery_report"),
        ("syntax_constraint_violation", "body"),
    ]


def test_binary_limits() -> None:
    """Body and udh share 140 octets; white space in base64 is tolerated."""
    good = {"type": "mt_binary", "to": ["15551231234"], "udh": "00", "body": "SGVs\nbG8="}
    batch_from_dict(good)
    assert faults({**good, "body": "AAAA" * 47}) == [("syntax_constraint_violation", "body")]
    assert faults({**good, "body": "*"}) == [("syntax_invalid_parameter_format", "body")]
    assert faults({**good, "udh": "0"}) == [("syntax_invalid_parameter_format", "udh")]


def test_media() -> None:
    """A media batch has a URL, and texts up to their limits."""
    good = {"type": "mt_media", "to": ["15551231234"], "body": {"url": "https://example.com/a.png"}}
    assert isinstance(batch_from_dict(good), MediaBatch)
    assert faults({**good, "body": {"message": "a" * 2001, "subject": "a" * 81}}) == [
        ("syntax_constraint_violation", "body.url"),
        ("syntax_constraint_violation", "body.message"),
        ("syntax_constraint_violation", "body.subject"),
    ]


def test_update() -> None:
    """Absent stays, null resets, adds come before removals, a number is added once."""
    batch = TextBatch(to=["+15551231234"], body="Hi", client_reference="x", flash_message=True)
    changed = batch.updated(
        TextUpdate(
            to_add=("15551256344", "0015551231234"),
            to_remove=("+1 555 125 6344",),
            body="Ho",
            client_reference=None,
        )
    )
    assert (changed.to, changed.body) == (("+15551231234",), "Ho")
    assert (changed.client_reference, changed.flash_message) == (None, True)
    assert TextUpdate(body="Ho", from_=None).to_dict() == {
        "type": "mt_text",
        "from": None,
        "body": "Ho",
    }
    with pytest.raises(RequestRefused, match="at least one recipient"):
        batch.updated(TextUpdate(to_remove=("15551231234",)))


def test_unknown_fields_are_ignored_and_named() -> None:
    """The service ignores what it does not know; who asks can see what that was."""
    payload = {"to": ["15551231234"], "body": "Hi", "flash": True, "id": "x"}
    assert "flash" not in batch_from_dict(payload).to_dict()
    assert unknown_fields(payload) == ("flash", "id")
    update = {"to": ["15551231234"], "to_add": ["15551231234"], "to_replace": [], "from": None}
    assert unknown_fields(update, update=True) == ("to", "to_replace")


def test_a_batch_does_not_share_the_callers_maps() -> None:
    """Changing the dict afterwards does not change the batch."""
    parameters = {"n": {"default": "a"}}
    batch = TextBatch(to=["15551231234"], body="${n}", parameters=parameters)
    parameters["n"]["default"] = "b"
    assert batch.parameters == {"n": {"default": "a"}}


def test_a_number_of_parameters_that_json_cannot_carry() -> None:
    """A lone surrogate in the number of a value is refused as one in the value is."""
    with pytest.raises(RequestRefused) as caught:
        TextBatch(to=["447700900123"], body="Hi", parameters={"n": {"4477\ud800": "x"}})
    assert [(f.code, f.field) for f in caught.value.faults] == [
        ("syntax_invalid_json", "parameters.n")
    ]


def test_update_of_another_type() -> None:
    """An update of another type of batch is not read as one of a text."""
    with pytest.raises(RequestRefused, match="mt_text"):
        TextUpdate.from_dict({"type": "mt_binary", "udh": "06"})
    assert TextUpdate.from_dict({"type": None, "body": "Hi"}).body == "Hi"


def test_limits_count_code_units() -> None:
    """An emoji counts two where the profile counts UTF-16, and one where it counts code points."""
    longest = {"to": ["447700900123"], "body": "\U0001f600" * 1000}
    assert batch_from_dict(longest).body == longest["body"]
    longer = {**longest, "body": "\U0001f600" * 1001}
    with pytest.raises(RequestRefused, match="it has 2002 characters, at most 2000 are allowed"):
        batch_from_dict(longer)
    assert batch_from_dict(longer, profile=Profile(length_unit="code_point")).body == longer["body"]
