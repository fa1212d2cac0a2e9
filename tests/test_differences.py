"""``difference``: what a change of a batch would change, against both batches planned apart."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsplan import (
    ABSENT,
    BinaryBatch,
    InputError,
    Profile,
    RequestRefused,
    TextBatch,
    TextUpdate,
    difference,
    plan_batch,
)

NUMBERS = ["447700900123", "+447700900124", "12025550123", "491701234567"]
VALUES = st.sampled_from(["Ana", "Zoë Łukasz", "x" * 80])
PARAMETERS = st.dictionaries(
    st.just("name"),
    st.dictionaries(st.sampled_from([*NUMBERS, "default"]), VALUES, min_size=1),
    min_size=1,
)
BODIES = st.sampled_from(["Hi", "Hi ${name}!", "“Hi” ${name}" + "x" * 60, "y" * 161])
TO = st.lists(st.sampled_from(NUMBERS), min_size=1, unique=True)
LIMITS = st.sampled_from([None, 1, 2])
RATES = {"GB": "0.034 GBP", "US": "0.001 GBP", "DE": "0.07 GBP"}
BATCHES = st.builds(
    TextBatch,
    to=TO,
    body=BODIES,
    parameters=st.one_of(st.none(), PARAMETERS),
    truncate_concat=st.sampled_from([None, True]),
    max_number_of_message_parts=LIMITS,
)


def maybe(values: Any) -> Any:
    """A field of an update: left out, reset, or new."""
    return st.one_of(st.just(ABSENT), st.none(), values)


UPDATES = st.builds(
    TextUpdate,
    to_add=st.one_of(st.just(ABSENT), TO),
    to_remove=st.one_of(st.just(ABSENT), st.lists(st.sampled_from(NUMBERS), max_size=1)),
    body=st.one_of(st.just(ABSENT), BODIES),
    parameters=maybe(PARAMETERS),
    truncate_concat=maybe(st.booleans()),
    max_number_of_message_parts=maybe(st.sampled_from([1, 2])),
)


def digits(numbers: Iterable[str]) -> set[str]:
    """The numbers, however they are written."""
    return {number.lstrip("+") for number in numbers}


def planned(batch: TextBatch) -> Any:
    """Plan a batch by the way that knows whole tables."""
    return plan_batch(batch, rates=RATES)


@given(batch=BATCHES, change=st.one_of(UPDATES, BATCHES))
def test_equal_to_two_plans(batch: TextBatch, change: Any) -> None:
    """Messages, parts and cost are those of the plan after, less those of the plan before."""
    if isinstance(change, TextUpdate):
        sets = change.to_dict()
        added, gone = sets.get("to_add", ()), sets.get("to_remove", ())
        if not digits([*batch.to, *added]) - digits(gone):
            with pytest.raises(RequestRefused, match="at least one recipient"):
                difference(batch, change, rates=RATES)
            return
    made = difference(batch, change, rates=RATES)
    changed = batch.updated(change) if isinstance(change, TextUpdate) else change
    before, after = planned(batch), planned(changed)
    assert made.messages == after.messages - before.messages
    assert made.parts == after.parts - before.parts
    assert made.cost is not None
    # A plan that sends nothing costs 0 in the currency of its card.
    both = (made.cost.expected, (after.cost - before.cost).expected)
    assert [{name: at for name, at in each.items() if at} for each in both] == [
        {name: at for name, at in both[0].items() if at}
    ] * 2
    old, new = batch.to_dict(), changed.to_dict()
    assert set(made.fields) <= {*old, *new}
    if old == new:
        assert made.fields == ()
        assert made.parts == 0
    assert ("body" in made.fields) == (old["body"] != new["body"])
    assert ("to" in made.fields) == (digits(old["to"]) != digits(new["to"]))
    if "parameters" in made.fields:
        assert old.get("parameters") != new.get("parameters")


def test_json_of_the_api() -> None:
    """Both may be JSON; what the service adds to a batch is no change."""
    batch = {"id": "x", "type": "mt_text", "to": ["447700900123"], "body": "Hi", "canceled": False,
             "created_at": "2026-12-01T00:00:00Z", "delivery_report": "none"}  # fmt: skip
    made = difference(batch, {"body": "H" * 161, "delivery_report": None})
    assert (made.messages, made.parts, made.cost, made.fields) == (0, 1, None, ("body",))
    assert str(made) == "1 message, 1 part -> 1 message, 2 parts; changes: body"


def test_what_means_the_same_is_no_change() -> None:
    """Numbers and times written otherwise, and an expiry that is the default, change nothing."""
    sent = {
        "to": ["447700900123", "447700900124"],
        "from": "447700900125",
        "body": "Hi",
        "parameters": {"name": {"+447700900123": "Ana"}},
        "flash_message": False,
        "send_at": "2099-03-01T10:00:00.000Z",
        "expire_at": "2099-03-04T10:00:00.000Z",
    }
    again = {
        "to": ["+447700900124", "00447700900123"],
        "from": "+447700900125",
        "body": "Hi",
        "parameters": {"name": {"447700900123": "Ana"}},
        "send_at": "2099-03-01T11:00+01:00",
    }
    assert difference(sent, TextBatch.from_dict(again)).fields == ()
    less = TextBatch.from_dict({**again, "parameters": {"name": {"447700900123": "Bo"}}})
    assert difference(sent, less).fields == ("parameters",)
    shorter = TextBatch.from_dict({**again, "expire_at": "2099-03-02T10:00Z"})
    assert difference(sent, shorter).fields == ("expire_at",)
    twice = TextBatch.from_dict({**again, "to": [*again["to"], "447700900123"]})
    assert difference(sent, twice).fields == ()
    assert difference(sent, twice, profile=Profile(duplicates="counted")).fields == ("to",)


def test_an_expiry_that_is_the_default_moves_with_the_time() -> None:
    """A batch as the API answers it can be put off by weeks: what it expires at is the default."""
    sent = {
        "to": ["447700900123"],
        "body": "Hi",
        "send_at": "2099-03-01T10:00:00.000Z",
        "expire_at": "2099-03-04T10:00:00.000Z",
    }
    assert difference(sent, {"send_at": "2099-03-20T10:00:00Z"}).fields == ("send_at",)
    sent["expire_at"] = "2099-03-02T10:00:00.000Z"
    with pytest.raises(RequestRefused, match="after send_at"):
        difference(sent, {"send_at": "2099-03-20T10:00:00Z"})


def test_recipients_that_are_not_reached_are_no_parts() -> None:
    """The dry run counts whom a send does not reach; the difference counts what is billed."""
    batch = TextBatch(to=["447700900123"], body="Hi")
    made = difference(batch, TextUpdate(body="Hi ${name}", parameters={"nobody": {"default": "x"}}))
    assert made.after.number_of_messages == 1
    assert (made.messages, made.parts) == (-1, -1)


def test_what_cannot_be_compared() -> None:
    """A change that the API refuses is refused; a batch that is not text has no parts."""
    batch = TextBatch(to=["447700900123"], body="Hi")
    with pytest.raises(RequestRefused):
        difference(batch, {"to_remove": ["447700900123"]})
    with pytest.raises(RequestRefused):
        difference(batch, TextUpdate(body="x" * 2001), profile=Profile())
    with pytest.raises(InputError, match="text batches"):
        difference(batch, BinaryBatch(to=["447700900123"], body="SGk=", udh="06050423f423f4"))


def test_shown() -> None:
    """In a notebook both sides stand beside each other, and what is added."""
    batch = TextBatch(to=["447700900123", "447700900124"], body="a" * 161)
    made = difference(batch, TextUpdate(to_add=["447700900125"]), rates=RATES)
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", made._repr_html_())
    assert " ".join(html.unescape(text).split()) == (
        "changes: to before after change messages 2 3 +1 parts 4 6 +2 "
        "cost GBP 0.136 GBP 0.204 GBP +0.068"
    )
    assert repr(made).startswith("<Difference: 2 messages, 4 parts, GBP 0.136 -> 3 messages")
    assert "447700900123" not in repr(made)
    assert "nothing changes" in difference(batch, batch)._repr_html_()
