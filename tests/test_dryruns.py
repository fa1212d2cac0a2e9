"""The dry run against cases whose answers are known from the API's documentation."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from smsplan import (
    BinaryBatch,
    DryRun,
    Encoding,
    Problem,
    Profile,
    RequestRefused,
    TextBatch,
    batch_from_dict,
    dry_run,
)

HELLO = {
    "from": "+12015555555",
    "to": ["+12017777777", "+12018888888", "+12019999999"],
    "parameters": {"name": {"+12017777777": "John", "default": "there"}},
    "body": "Hello ${name}!",
}


def test_parameters_and_default() -> None:
    """A recipient gets its own value, the others the default (known case 1)."""
    answer = dry_run(HELLO, per_recipient=True)
    assert answer.to_dict() == {
        "number_of_recipients": 3,
        "number_of_messages": 3,
        "per_recipient": [
            {"recipient": number, "number_of_parts": 1, "body": body, "encoding": "GSM"}
            for number, body in (
                ("12017777777", "Hello John!"),
                ("12018888888", "Hello there!"),
                ("12019999999", "Hello there!"),
            )
        ],
    }


def test_per_recipient_only_when_asked_for() -> None:
    """Without per_recipient the answer has the two totals alone (known case 2)."""
    request = {
        "type": "mt_text",
        "body": "Hello",
        "to": ["555555555", "987654321"],
        "from": "12345",
    }
    assert dry_run(request).to_dict() == {"number_of_recipients": 2, "number_of_messages": 2}


def test_value_before_default() -> None:
    """Known case 3."""
    request = {
        "to": ["123456789", "987654321"],
        "body": "Hi ${name}! How are you?",
        "parameters": {"name": {"123456789": "Joe", "default": "there"}},
    }
    answer = dry_run(request, per_recipient=True)
    assert [item.body for item in answer.per_recipient or ()] == [
        "Hi Joe! How are you?",
        "Hi there! How are you?",
    ]


@pytest.mark.parametrize(
    ("letter", "length", "parts"),
    [
        *(("a", n, p) for n, p in ((160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4))),
        ("a", 918, 6),
        *(("я", n, p) for n, p in ((70, 1), (71, 2), (134, 2), (201, 3), (202, 4), (402, 6))),
        ("я", 403, 7),
    ],
)
def test_boundaries(letter: str, length: int, parts: int) -> None:
    """160 and 153 septets, 70 and 67 code units (known case 8)."""
    assert dry_run({"to": ["15551231234"], "body": letter * length}).number_of_messages == parts


def test_binary() -> None:
    """A binary message is one part a recipient, without details (known case 9)."""
    request = {
        "type": "mt_binary",
        "to": ["15551231234", "15551256344"],
        "udh": "06050423F423F4",
        "body": "SGVsbG8gV29ybGQh",
    }
    assert isinstance(batch_from_dict(request), BinaryBatch)
    answer = dry_run(request, per_recipient=True)
    assert answer.to_dict() == {"number_of_recipients": 2, "number_of_messages": 2}


def test_invalid_number_has_the_api_text() -> None:
    """The text of a refused number is known to the letter."""
    with pytest.raises(RequestRefused) as caught:
        dry_run({"to": ["+1"], "body": "a"})
    assert caught.value.to_dict() == {
        "code": "syntax_invalid_parameter_format",
        "text": "The format of parameter 'to[0]' is invalid; "
        "value '+1' is not a valid MSISDN or group ID.",
    }


def test_per_recipient_query() -> None:
    """`True`, as the official SDK writes it, is read; `tru` is refused in the API's words."""
    assert dry_run(HELLO, per_recipient="True").per_recipient is not None
    with pytest.raises(RequestRefused) as caught:
        dry_run(HELLO, per_recipient="tru")
    assert caught.value.faults[0].text == "'tru' is not a valid boolean"


def test_number_of_recipients_caps_the_details_only() -> None:
    """Totals are over all recipients, whatever the cap; above 1000 is refused."""
    answer = dry_run(HELLO, per_recipient=True, number_of_recipients=1)
    assert answer.number_of_recipients == 3
    assert len(answer.per_recipient or ()) == 1
    assert dry_run(HELLO, per_recipient=True, number_of_recipients=0).per_recipient == ()
    for wrong in (-1, 1001, "all"):
        with pytest.raises(RequestRefused, match="syntax_invalid_parameter_format"):
            dry_run(HELLO, per_recipient=True, number_of_recipients=wrong)  # type: ignore[arg-type]


def test_keys_of_values_are_normalised() -> None:
    """A value under `+1 (201) 777-7777` is the value of recipient 0012017777777."""
    request = {
        "to": ["0012017777777"],
        "body": "${n}",
        "parameters": {"n": {"+1 (201) 777-7777": "x"}},
    }
    assert dry_run(request).details[0].body == "x"


def test_unmatched_is_405_and_costs_nothing() -> None:
    """The placeholder stays, its parts are counted, the recipient is marked and not charged."""
    request = {"to": ["15551231234"], "body": "Hi ${n}", "parameters": {"n": {"1555000000": "x"}}}
    detail = dry_run(request, rates="0.01 USD").details[0]
    assert (detail.body, detail.unmatched, detail.code) == ("Hi ${n}", ("n",), 405)
    assert detail.problem is Problem.UNMATCHED_PARAMETER
    assert (detail.number_of_parts, detail.billed_parts, detail.cost) == (1, 0, Decimal(0))


def test_exceeded_parts_is_411() -> None:
    """The dry run shows the real number of parts; nothing is sent or charged."""
    request = {"to": ["15551231234"], "body": "a" * 400, "max_number_of_message_parts": 2}
    answer = dry_run(request, rates={"US": "0.01 USD"})
    assert answer.number_of_messages == 3
    assert (answer.details[0].code, answer.details[0].cost) == (411, Decimal(0))
    assert answer.cost.amounts == {}


def test_truncation_comes_first() -> None:
    """A message that is cut to one part cannot exceed a limit; no pair is cut in half."""
    request = {
        "to": ["15551231234"],
        "body": "a" * 159 + "€" + "b",
        "truncate_concat": True,
        "max_number_of_message_parts": 1,
    }
    detail = dry_run(request).details[0]
    assert (detail.body, detail.units, detail.problem) == ("a" * 159, 159, None)
    assert detail.truncated


def test_groups() -> None:
    """Members of a group are counted once; an unknown group is the API's error."""
    group = "01FC66621VHDBN119Z8PMV1QPU"
    request = {"to": ["15551231234", group], "body": "a"}
    answer = dry_run(request, groups={group: ["+15551231234", "15551256344"]})
    assert answer.number_of_recipients == 2
    with pytest.raises(RequestRefused) as caught:
        dry_run(request)
    assert caught.value.status == 403
    assert caught.value.to_dict() == {
        "code": "unknown_group",
        "text": f"Group '{group}' is unknown or deleted",
    }


def test_price_and_cost() -> None:
    """Cost is price times parts; a recipient without a price is counted, never 0."""
    request = {"to": ["+447700900123", "+46701234567"], "body": "a" * 161}
    answer = dry_run(request, rates={"GB": "0.034 GBP"})
    assert [detail.cost for detail in answer.details] == [Decimal("0.068"), None]
    assert answer.cost.amounts == {"GBP": Decimal("0.068")}
    assert answer.cost.unpriced == 1


def test_culprits() -> None:
    """The characters that force Unicode are named with their positions."""
    detail = dry_run({"to": ["15551231234"], "body": "a“b”"}).details[0]
    assert detail.encoding is Encoding.UNICODE
    assert [
        tuple(culprit)[:2] if isinstance(culprit, tuple) else (culprit.character, culprit.position)
        for culprit in detail.culprits
    ] == [("“", 1), ("”", 3)]


def test_answer_is_read_leniently() -> None:
    """The documentation's own sample has a number for the recipient."""
    payload = {
        "number_of_recipients": 1,
        "number_of_messages": 1,
        "per_recipient": [
            {
                "recipient": 15551231234,
                "number_of_parts": 1,
                "body": "Test Message",
                "encoding": "GSM",
            }
        ],
    }
    answer = DryRun.from_dict(payload)
    assert answer.to_dict()["per_recipient"][0]["recipient"] == "15551231234"


def test_a_batch_is_checked_by_the_profile_of_the_dry_run() -> None:
    """A value that is fine today is refused under the limits of 2021."""
    batch = TextBatch(to=["15551231234"], body="${n}", parameters={"n": {"15551231234": "x" * 161}})
    assert dry_run(batch).number_of_messages == 2
    with pytest.raises(RequestRefused, match="syntax_constraint_violation"):
        dry_run(batch, profile="xms-2021")


def test_errors_can_be_pickled() -> None:
    """A refusal survives the way out of a worker process."""
    with pytest.raises(RequestRefused) as caught:
        dry_run({"to": [], "body": None})
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.faults == caught.value.faults
    assert {fault.field for fault in copy.faults} == {"to", "body"}


def test_profile_by_name_or_value() -> None:
    """Wherever a profile goes, a name will do."""
    naive = Profile(gsm_boundary="dense", unicode_boundary="dense")
    request = {"to": ["15551231234"], "body": "a" * 152 + "€" + "a" * 152}
    assert dry_run(request).number_of_messages == 3
    assert dry_run(request, profile=naive).number_of_messages == 2
    assert dry_run(request, profile="current").number_of_messages == 3


def test_encoding_chosen_before_the_cut_stays() -> None:
    """By default the encoding is chosen first, then the cut: 70 code units, and Unicode stays."""
    request = {"to": ["447700900123"], "body": "a" * 160 + "\U0001f600", "truncate_concat": True}
    detail = dry_run(request).details[0]
    assert (detail.encoding, detail.units, detail.body) == (Encoding.UNICODE, 70, "a" * 70)
    detail = dry_run(request, profile=Profile(truncation_encoding="after")).details[0]
    assert (detail.encoding, detail.units, detail.body) == (Encoding.GSM, 160, "a" * 160)


def test_culprits_of_a_detail() -> None:
    """What forces Unicode is named also where it was cut away; national tables count."""
    request = {"to": ["447700900123"], "body": "a" * 160 + "\U0001f600", "truncate_concat": True}
    assert [c.position for c in dry_run(request).details[0].culprits] == [160]
    turkish = {"to": ["447700900123"], "body": "\u015f\u044f"}
    detail = dry_run(turkish, profile=Profile(languages=("tr",))).details[0]
    assert [culprit.character for culprit in detail.culprits] == ["\u044f"]


def test_two_vocabularies_of_the_encoding_are_equal() -> None:
    """GSM and text, UNICODE and unicode; and the order of per_recipient says nothing."""
    request = {"to": ["447700900123", "447700900124"], "body": "\u044f"}
    ours = dry_run(request, per_recipient=True)
    theirs = dry_run(request, per_recipient=True, profile=Profile(encoding_names="text/unicode"))
    assert ours.per_recipient == theirs.per_recipient
    assert ours.agrees(DryRun.from_dict(theirs.to_dict()))
    assert not ours.agrees(DryRun(2, 3, theirs.per_recipient))


def test_a_group_is_what_the_caller_names_so() -> None:
    """A group id may be letters alone, and may even look like a number."""
    for name in ("AbCdEfGhIjKl", "123456789012"):
        request = {"to": [name], "body": "Hi"}
        answer = dry_run(request, groups={name: ["+15551231234", "+15551231235"]})
        assert answer.number_of_recipients == 2
