"""Plans verified against sandboxes: every planted deviation is found, and its switch is named."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from smsplan import Plan, Profile, TextBatch, dry_run, plan
from smsplan.api.batches import Batch
from smsplan.api.dryruns import DryRun
from smsplan.errors import InputError, RequestRefused
from smsplan.live.sampling import kinds_of, sample, with_pairs
from smsplan.live.verification import SWITCHES, upper_bound
from smsplan.sandbox import running
from smsplan.sinch import ApiError, Credentials, Replay, SinchApi, verify
from smsplan.writing.row_stores import ChangedRows
from tests.sinch.disguises import Account as Disguised
from tests.sinch.disguises import Disguise
from tests.test_switches import FAMILY, NOT_IN_A_PLAN
from tests.test_switches import SWITCHES as VALUES

# 13 septets or 11 code units of fixed text, in which three switches of templates have a say.
BODY = "$${n}${aaaaaaaaaaaaaaaaa}: ${a b}${t}"
SMILE = "\U0001f600"
TEXTS = [
    "Hello",
    "a" * (152 - 13) + "€" + "a" * 152,
    "я" * (66 - 11) + SMILE + "я" * 66,
    "я" * (66 - 11) + "e\u0301" + "я" * 66,
    SMILE * 36,
    "a" * (306 - 13),
    "ş" * 71,
    "a\fb" + "a" * 80,
    "a\r\nb",
    "a\u00a0b",
    "a\0b",
    "\u0391" + "a" * 70,
    "ç" + "a" * 70,
    "\u201c" + "a" * 70,
    "\u201c\u2026" + "a" * 69 + SMILE,
    "${n}",
]
CUT = [
    "a" * 200,
    "a" * (160 - 13) + SMILE + "a" * 20,
    "я" * (67 - 11) + FAMILY,
    "\u201c" + "a" * 80,
    "Hello",
]


def rows(texts: list[str], *more: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a recipient for each text, and others."""
    made = [
        {"to": f"+4670123456{place:02}", "n": "N", "k": "k", "t": text}
        for place, text in enumerate(texts)
    ]
    return [*made, *({**made[0], **each} for each in more)]


@cache
def of_kind(kind: str) -> Plan:
    """Return one of the plans that together hold every kind of row."""
    key: dict[str, Any] = {"columns": {"aaaaaaaaaaaaaaaaa": "k"}}
    if kind == "number":
        return plan([{"to": "+46701234567"}, {"to": "1"}], "Hello")
    if kind == "sender":
        return plan(["+46701234567", "+46701234568"], "Hello", from_="Кафе")
    if kind == "empty":
        return plan(["+46701234567", "+46701234568"], "")
    if kind == "long":
        return plan(["+46701234567", "+46701234568"], "a" * 1700)
    if kind in ("cut", "encoded cut"):
        profile = Profile(auto_encoding="off" if kind == "cut" else "on")
        return plan(rows(CUT), BODY, truncate_concat=True, profile=profile, **key)
    return plan(
        rows(
            TEXTS,
            {"to": "+46701234600"},
            {"to": "+46701234600"},
            {"to": "+46701234601", "n": None},
            {"to": "+46701234602", "t": "a" * 1500},
            {"to": "+46701234603", "t": SMILE * 801},
            {"to": "123456"},
            {"to": "4670123456789"},
            {"to": "+0701234567"},
        ),
        BODY,
        max_number_of_message_parts=6,
        profile=Profile(auto_encoding="on" if kind == "encoded" else "off"),
        **key,
    )


KIND_OF: dict[tuple[str, Any] | str, str] = {
    "empty_body": "empty",
    "body_limit": "long",
    "sender_characters": "sender",
    ("min_digits", 1): "number",
    "truncation": "cut",
    "truncation_encoding": "cut",
    "truncation_boundary": "cut",
    "auto_encoding_partial": "encoded",
    "auto_encoding_order": "encoded cut",
}
DEVIATIONS = [
    (switch, value)
    for switch, (values, _) in VALUES.items()
    if switch not in NOT_IN_A_PLAN
    for value in (*values, *((1,) if switch == "min_digits" else ()))
    if value != getattr(Profile(), switch)
    # A body of more than 2,000 characters is no plan by default.
    and (switch, value) != ("body_limit", None)
]


@contextmanager
def account(profile: Profile) -> Iterator[SinchApi]:
    """Run a sandbox of a profile, and connect to it."""
    with (
        running(profile=profile) as sandbox,
        SinchApi(
            Credentials(
                service_plan_id=sandbox.service_plan_id,
                api_token=sandbox.token,
                base_url=sandbox.url,
            )
        ) as api,
    ):
        yield api


class Account:
    """An account without a network; what it is asked is kept."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.asked: list[TextBatch] = []

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Answer, as the sandbox does."""
        assert isinstance(batch, TextBatch)
        self.asked.append(batch)
        try:
            return dry_run(
                batch,
                per_recipient=per_recipient,
                number_of_recipients=number_of_recipients,
                profile=self.profile,
            )
        except RequestRefused as refused:
            fault = refused.faults[0]
            raise ApiError("dry run", fault.status, fault.code, fault.text) from None


@pytest.mark.parametrize(("switch", "value"), DEVIATIONS)
def test_planted_deviation(switch: str, value: Any) -> None:
    """A sandbox that deviates by one value of one switch: found, and that value explains it all."""
    made = of_kind(KIND_OF.get((switch, value)) or KIND_OF.get(switch, "every"))
    with account(made.settings.profile.replace(**{switch: value})) as api:
        found = verify(made, api)
    assert not found.agrees
    planted = ((switch, tuple(value) if isinstance(value, list) else value),)
    assert planted in found.explained_by
    assert all(planted in difference.explained_by for difference in found.differences)
    assert found.calls <= 5
    assert f"{switch} = " in str(found)


@pytest.mark.parametrize("kind", ["every", "encoded", "cut", "encoded cut", "number", "empty"])
def test_same_profile(kind: str) -> None:
    """A sandbox of the plan's own profile: no difference, in five calls or fewer."""
    made = of_kind(kind)
    with account(made.settings.profile) as api:
        found = verify(made, api)
    assert found.differences == ()
    assert found.explained_by == ()
    assert found.agrees
    assert found.calls <= 5
    # Of what an account is expected to refuse one row is asked about in a call.
    refused = ("invalid number", "value too long", "no country", "min_digits", "max_digits")
    assert all(any(name in each for name in refused) for each in found.uncovered)
    assert (not found.uncovered) or kind in ("every", "encoded")


def test_every_switch_is_planted() -> None:
    """Whatever can change a plan is among the deviations, and is tried as an explanation."""
    planted = {switch for switch, _ in DEVIATIONS}
    assert planted == set(VALUES) - NOT_IN_A_PLAN
    assert planted <= set(SWITCHES)


def test_a_refused_number_hides_nobody() -> None:
    """Where an account refuses a number that was planned, the others are asked again without it."""
    odd = [{"to": "+35471"}, *({"to": f"+467012345678{n:02}"} for n in range(3))]
    made = plan([*({"to": f"+4670123{n:04}"} for n in range(300)), *odd], "Hello")
    with account(Profile(min_digits=7)) as api:
        found = verify(made, api)
    # The kinds of the others are known, though they were in one request with it.
    (refused,) = found.differences
    assert (refused.row, refused.recipient, refused.field) == (301, "IS •••", "request")
    assert refused.theirs.startswith("refused")
    assert (("min_digits", 6),) in found.explained_by
    assert (found.calls, found.uncovered) == (3, ())
    # Without a call to spare what else was in the request is not known.
    with account(Profile(min_digits=12)) as api:
        found = verify(made, api)
    assert found.calls == 5
    assert not found.agrees


def test_calls_to_spare_cover_what_is_refused() -> None:
    """Of several kinds of refused numbers more than one is asked about, each in its own call."""
    odd = [{"to": "1", "t": "a"}, {"to": "2", "t": "ж"}, {"to": "46" * 9, "t": "a" * 200}]
    made = plan([*({"to": f"+4670123{n:04}", "t": "a"} for n in range(20)), *odd], "Hi ${t}")
    api = Account(Profile())
    found = verify(made, api)
    assert found.agrees
    # Two of the three have all kinds between them.
    assert [len(batch.to) for batch in api.asked] == [20, 1, 1]
    assert found.uncovered == ()


def test_pairs_of_switches() -> None:
    """Where no single switch explains it, the pair that does is named."""
    batch = TextBatch(to=["+46701234567"], body="\u201c\u2026" + "a" * 69 + SMILE)
    wrong = Account(Profile(auto_encoding="on", auto_encoding_partial="partial"))
    found = verify(batch, wrong)
    pair = (("auto_encoding", "on"), ("auto_encoding_partial", "partial"))
    assert any(pair in difference.explained_by for difference in found.differences)
    assert all(len(each) == 2 for one in found.differences for each in one.explained_by)


def test_risky_rows_have_calls_of_their_own() -> None:
    """What may have a request refused is in no request with what may not."""
    api = Account(Profile())
    verify(of_kind("every"), api)
    missing, long, odd = "46701234601", "46701234602", {"123456", "4670123456789", "0701234567"}
    of = [set(batch.to) for batch in api.asked]
    assert sum(missing in to for to in of) == 1
    assert all(len(to) <= 2 for to in of if missing in to)
    assert [to for to in of if long in to] == [{long}]
    assert all("46701234500" not in to and "46701234501" not in to for to in of if to & odd)


def test_many_bodies() -> None:
    """More bodies than calls: texts of the rarer ones are expanded here, and this is said."""
    bodies = {str(place): f"Text {place} for ${{n}}" for place in range(12)}
    people = [{"to": f"+46701{place:06}", "n": "Ana", "b": str(place % 12)} for place in range(400)]
    made = plan(people, bodies, body_by="b")
    api = Account(Profile())
    found = verify(made, api)
    assert found.agrees
    assert found.calls <= 5
    assert found.expanded > 50
    assert "expanded here" in str(found)
    sent = {batch.body for batch in api.asked}
    assert "${text}" in sent


def test_replaced_texts() -> None:
    """Rows whose characters a plan replaces are asked about as they are sent."""
    made = plan(
        [{"to": f"+46701{place:06}", "n": "“x”" + "a" * place} for place in range(80)],
        "Hi ${n}",
        substitute="safe",
        limits={"n": 75},
    )
    api = Account(Profile())
    assert verify(made, api).agrees
    values = [text for batch in api.asked for text in (batch.parameters or {})["n"].values()]
    assert any(text.startswith('"x"') for text in values)
    assert any(text.startswith("“x”") for text in values)


def reference_kinds(row: dict[str, Any], text: str | None) -> set[str]:
    """Say of what kinds a row is: slow, from its own columns."""
    kinds = {row["country"] or "no country"}
    gsm = row["encoding"] == "GSM"
    parts, units = row["number_of_parts"], row["units"]
    if row["encoding"]:
        kinds.add(row["encoding"])
    if parts:
        kinds.add({1: "1 part", 2: "2 parts", 3: "3 parts"}.get(parts, "4 or more parts"))
    alone, room = (160, 153) if gsm else (70, 67)
    ends = [alone] if parts <= 1 else [room * parts]
    begins = [] if parts <= 1 else [alone if parts == 2 else room * (parts - 1)]
    if any(0 <= end - units <= 2 for end in ends):
        kinds.add("nearly full")
    elif any(1 <= units - begin <= 3 for begin in begins):
        kinds.add("just begun")
    # Braces that stay because a value is missing are no characters of the message.
    if gsm and row["problem"] != "unmatched_parameter" and text and set(text) & set("\f^{}\\[~]|€"):
        kinds.add("extension")
    named = {
        "unmatched_parameter": "unmatched parameter",
        "exceeded_parts_limit": "above the limit of parts",
        "duplicate_recipient": "duplicate number",
        "invalid_number": "invalid number",
        "value_too_long": "value too long",
    }
    if row["problem"]:
        kinds.add(named[row["problem"]])
    notes = (row["note"] or "").split(";")
    kinds |= {
        name for note, name in {"truncated": "truncated", "default_used": "default used"}.items()
        if note in notes
    }  # fmt: skip
    number = row["recipient"] or ""
    form = "repaired number" if "repaired" in notes else "plain number"
    form = "number looks national" if "looks_national" in notes else form
    if number.startswith("0"):
        form = "number begins with 0"
    if len(number) >= 13:
        form = "long number"
    if 0 < len(number) <= 6:
        form = "short number"
    return kinds | {form}


@pytest.mark.parametrize("seed", range(6))
def test_kinds(seed: int) -> None:
    """Every kind and pair of kinds that a slow look at all rows finds is known, and no other."""
    chance = random.Random(seed)
    numbers = ["+4670123", "+44770090", "46 (0)70 123", "0701", "12", "12345678", "+1201555"]
    people = []
    for _ in range(300):
        number = chance.choice(numbers)
        if number not in ("12",):
            number += "".join(chance.choices("0123456789", k=chance.choice([2, 4, 4, 5])))
        middle = chance.choice(["", "", "€", "я"])
        text = "a" * chance.choice([3, 70, 158, 160, 161, 163, 306, 307, 1601]) + middle
        people.append({"to": number, "t": chance.choice([text, text, text, None])})
    made = plan(people, "${t}", max_number_of_message_parts=4,
                defaults={"t": "d"} if seed % 2 else None, bodies=True)  # fmt: skip
    expected: set[str] = set()
    for row in made.rows:
        expected |= with_pairs(reference_kinds(row, row["body"]))
    got = sample(made._planned(), 100, profile=Profile(), switches=(), seed=seed)
    assert got.present == expected
    assert len([row for row in got.rows if row.at_random]) == min(50, made.messages)
    assert len(got.rows) <= 100
    for row in got.rows:
        assert row.kinds == reference_kinds(made.rows[row.row - 1],
                                            made.rows[row.row - 1]["body"])  # fmt: skip


def test_single_kinds_are_covered() -> None:
    """A sample that has room for every kind has every kind, one row in a million or not."""
    people = [{"to": f"+46701{place:06}", "t": "a"} for place in range(3000)]
    people[2500]["t"] = "я" * 71
    people[2700]["to"] = "+447700900123"
    people[2900]["t"] = "a\u00a0"
    made = plan(people, "${t}")
    for seed in range(5):
        found = verify(made, Account(Profile()), 40, seed=seed)
        assert {"2 parts", "UNICODE", "GB", "spaces=space"} <= found.covered
        assert found.random == 20


def test_random_half() -> None:
    """The random half is uniform: over many seeds every row is drawn about as often."""
    made = plan([f"+46701{place:06}" for place in range(40)], "Hi")
    counts = dict.fromkeys(range(1, 41), 0)
    for seed in range(400):
        for row in sample(made._planned(), 20, profile=Profile(), switches=(), seed=seed).rows:
            if row.at_random:
                counts[row.row] += 1
    # 100 expected of each; five standard deviations.
    assert all(57 <= count <= 143 for count in counts.values())
    assert sum(counts.values()) == 4000


@pytest.mark.parametrize("share", [0.0, 0.02, 0.2])
def test_bound_holds(share: float) -> None:
    """The bound is above the true share in at least 95 % of samples (exact, by binomial tails)."""
    from math import comb

    for asked in (10, 100):
        missed = sum(
            comb(asked, k) * share**k * (1 - share) ** (asked - k)
            for k in range(asked + 1)
            if upper_bound(k, asked) < share
        )
        assert missed <= 0.05


def test_bound_counts_the_random_half_only() -> None:
    """A difference among the rows that were chosen by kind says nothing about the rest."""
    people = [{"to": f"+46701{place:06}", "t": "a"} for place in range(2000)]
    people[1234]["t"] = "ç" * 71
    found = verify(plan(people, "${t}"), Account(Profile(small_c_cedilla="gsm")))
    assert found.differences
    assert (found.random, found.different) == (100, 0)
    assert found.bound == upper_bound(0, 100) == 0.0296
    assert "at most 2.96 %" in found.sentence


def test_no_numbers_and_no_texts() -> None:
    """Neither the words nor the JSON of a result have a number or a text of anybody."""
    people = [{"to": "+46701234567", "t": "secret ç"}]
    found = verify(plan(people, "${t}"), Account(Profile(small_c_cedilla="gsm")))
    assert found.differences
    for text in (str(found), json.dumps(found.to_dict())):
        assert "46701234567" not in text
        assert "secret" not in text
        assert "SE ••• 67" in json.loads(json.dumps(text)) or "SE \\u2022" in text


def test_batch() -> None:
    """A single batch is verified by its recipients, also one whose placeholders are text."""
    batch = TextBatch(to=["+46701234567", "46701234568"], body="Hi ${n}",
                      parameters={"n": {"+46701234567": "Ana", "default": "you"}})  # fmt: skip
    found = verify(batch, Account(Profile()))
    assert found.agrees
    assert (found.sample, found.random, found.bound) == (2, 2, 0.0)
    plain = TextBatch(to=["+46701234567"], body="Hi ${n}")
    base = Profile(unmatched="empty")
    assert verify(plain, Account(base), profile=base).agrees
    wrong = verify(plain, Account(base.replace(no_parameters="unmatched")), profile=base)
    assert (("no_parameters", "unmatched"),) in wrong.explained_by
    with pytest.raises(InputError, match="groups"):
        verify(TextBatch(to=["01FC66621VHDBN119Z8PMV1QPU"], body="Hi"), Account(Profile()))


def test_record_and_replay(tmp_path: Path) -> None:
    """A recording has nobody's number or text, and gives the same verification again."""
    path = tmp_path / "exchanges.jsonl"
    made = of_kind("every")
    for other in (Profile(unmatched="error"), Profile(gsm_boundary="dense"), Profile()):
        first = verify(made, Account(other), record=path)
        text = path.read_text()
        assert "467012345" not in text
        assert "Hello" not in text
        assert verify(made, Replay(path)) == first
    verify(made, Account(Profile()), record=path, record_bodies=True)
    text = path.read_text()
    assert "467012345" not in text
    assert "Hello" in text
    assert verify(made, Replay(path)).agrees
    with pytest.raises(InputError, match="another verification"):
        verify(of_kind("number"), Replay(path))
    path.write_text("nothing")
    with pytest.raises(InputError, match="--record"):
        Replay(path)


def test_an_account_that_cannot_be_asked() -> None:
    """401 and the like are no differences: the verification ends with the error."""

    class Closed(Account):
        def dry_run(self, *_: Any, **__: Any) -> DryRun:
            raise ApiError("dry run", 401)

    with pytest.raises(ApiError, match="token"):
        verify(of_kind("cut"), Closed(Profile()))


BLOCKED = b'{"code": "blocked_account", "text": "The account is blocked."}'


@pytest.mark.parametrize(
    ("accepted", "status", "content", "said"),
    [
        (0, 403, BLOCKED, "the account is blocked"),
        (0, 403, b"", "refuses the plainest request"),
        (0, 400, b'{"status": 400, "error": "Bad Request"}', "refuses the plainest request"),
        (0, 422, b"<html>", "refuses the plainest request"),
        (0, 401, b"", "token"),
        (1, 403, BLOCKED, "the account is blocked"),
        (1, 403, b"", "refuses the plainest request"),
        (1, 401, b"", "token"),
    ],
)
def test_an_account_that_refuses_everything(
    accepted: int, status: int, content: bytes, said: str
) -> None:
    """A refusal that has nothing to do with the plan is an error that says so, no difference.

    Later on too, where the status says that the account may not do it.
    """

    def moods(call: int) -> tuple[int, bytes] | None:
        return (status, content) if call > accepted else None

    api = Disguised(Profile(), moods=moods)
    with pytest.raises(ApiError, match=said) as caught:
        verify(of_kind("every"), api)
    assert caught.value.status == status
    assert api.calls <= 4


def renamed(profile: Profile, code: str = "E1", **words: str) -> Disguised:
    """Return an account that has words of its own."""
    disguise = Disguise(0)
    disguise.codes = dict.fromkeys(
        ("syntax_constraint_violation", "syntax_invalid_parameter_format"), code
    )
    disguise.words, disguise.case, disguise.format, disguise.status = words, str, "api", None
    return Disguised(profile, disguise)


@pytest.mark.parametrize("kind", ["every", "encoded", "cut", "encoded cut", "number"])
@pytest.mark.parametrize("record", [False, True])
def test_words_are_no_differences(kind: str, record: bool, tmp_path: Path) -> None:
    """An account's own words are told apart; a profile that has them says nothing of them."""
    made = of_kind(kind)
    api = renamed(made.settings.profile, GSM="GSM7", UNICODE="UCS2")
    path = tmp_path / "exchanges.jsonl"
    found = verify(made, api, record=path if record else None)
    assert found.agrees, str(found)
    assert found.words["GSM"] == ("GSM7",)
    if kind not in ("cut", "number"):
        assert found.words["UNICODE"] == ("UCS2",)
    assert "The account has words of its own, no differences: 'GSM7' for GSM" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["words"]["GSM"] == ["GSM7"]
    if record:
        assert verify(made, Replay(path)) == found
    known = made.settings.profile.replace(vocabulary=dict(found.words))
    again = verify(made, api, profile=known)
    assert again.agrees
    assert again.words == {}
    assert again.profile == known


def test_codes_are_no_differences() -> None:
    """What is refused here and there agrees, whatever it is called; the code is told."""
    made = of_kind("number")
    found = verify(made, renamed(Profile()))
    assert found.agrees
    assert found.words == {"syntax_invalid_parameter_format": ("E1",)}
    # A known code of another thing is another refusal.
    assert not verify(made, renamed(Profile(), "unknown_group")).agrees


def test_words_beside_differences() -> None:
    """Switches are found behind other words, and explain no more than they do."""
    made = of_kind("every")
    found = verify(made, renamed(Profile(small_c_cedilla="gsm"), GSM="GSM7", UNICODE="UCS2"))
    assert found.explained_by == ((("small_c_cedilla", "gsm"),),)
    assert {each.field for each in found.differences} == {"number_of_parts", "encoding", "body"}
    assert all((("small_c_cedilla", "gsm"),) in each.explained_by for each in found.differences)
    assert found.words["UNICODE"] == ("UCS2",)
    # A word for both is none: it confirms no encoding.
    found = verify(made, renamed(Profile(), GSM="sms", UNICODE="sms"))
    assert not found.agrees
    assert {each.field for each in found.differences} <= {"encoding", "plan"}


def test_several_switches_together() -> None:
    """Where several switches are otherwise, they are named together; nothing goes in circles."""
    truth = Profile(small_c_cedilla="gsm", gsm_boundary="dense", spaces="space")
    found = verify(of_kind("every"), Account(truth))
    (together,) = found.explained_by
    assert dict(together) == truth.changes()
    assert str(found).count("as it would be with") == 1
    assert "calibrate" not in str(found)
    again = of_kind("every").settings.profile.replace(**dict(together))
    assert verify(of_kind("every"), Account(truth), profile=again).agrees


def test_what_nothing_explains_after_a_calibration() -> None:
    """A plan of a calibrated account that differs all the same: whose it is, and to report it."""

    class Odd(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            made = super().dry_run(batch, **query)
            items = tuple(
                replace(item, number_of_parts=9) if item.body.startswith("Odd") else item
                for item in made.per_recipient or ()
            )
            return DryRun(made.number_of_recipients, sum(each.number_of_parts for each in items),
                          items)  # fmt: skip

    people = [{"to": f"+4670123456{n:02}", "t": "Odd" if n == 7 else "Even"} for n in range(20)]
    made = plan(people, "${t} day")
    found = verify(made, Odd(Profile()))
    assert found.remarks[-1] == (
        "No switch explains 1 of 1 difference, the first for SE ••• 07 (row 8) in "
        "number_of_parts: please report it, with the exchanges that --record writes."
    )
    assert "calibrate" not in str(found)


@pytest.mark.parametrize("name", ["number_of_parts", "body", "encoding", "number_of_messages"])
def test_fields_that_are_left_out(name: str) -> None:
    """What an account leaves out is not confirmed."""
    disguise = Disguise(0, drops=(name,))
    disguise.words = {}
    found = verify(of_kind("cut"), Disguised(of_kind("cut").settings.profile, disguise))
    assert not found.agrees
    assert {each.field for each in found.differences} == {name}
    assert {each.theirs for each in found.differences} == {"none"}


def test_row_of_another_version() -> None:
    """A plan whose rows are not what this version computes is told, though the dry runs agree."""
    import pyarrow as pa

    made = plan(["+46701234567"], "Hello")

    def two_parts(ours: Any) -> Any:
        at = ours.schema.get_field_index("number_of_parts")
        return ours.set_column(at, ours.schema.field(at), pa.array([2], pa.int32()))

    made = replace(made, _stored=ChangedRows(made._stored, two_parts))
    found = verify(made, Account(Profile()))
    assert [difference.field for difference in found.differences] == ["plan"]


def test_kinds_of_nothing() -> None:
    """A plan of nobody is verified by nothing."""
    found = verify(plan([{"to": "12"}], "Hi"), Account(Profile()))
    assert (found.messages, found.bound) == (0, 0.0)
    assert kinds_of(0)


def test_no_details() -> None:
    """An account that says nothing of single recipients has confirmed nothing."""

    class Terse(Account):
        def dry_run(self, *given: Any, **more: Any) -> DryRun:
            made = super().dry_run(*given, **more)
            return DryRun(made.number_of_recipients, made.number_of_messages)

    found = verify(of_kind("cut"), Terse(Profile()))
    assert not found.agrees
    assert {each.field for each in found.differences} == {"per_recipient"}
    assert found.different == found.random
