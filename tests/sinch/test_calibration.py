"""Accounts of random profiles are asked, and every switch that can be known is recovered.

Whatever they call things, however they write them: see ``tests/sinch/disguises.py``.
"""

from __future__ import annotations

import dataclasses
import json
import os
import random
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import pytest

from smsplan import Profile, TextBatch, dry_run, plan
from smsplan.api.batches import Batch
from smsplan.api.dryruns import DryRun
from smsplan.errors import InputError, RequestRefused
from smsplan.live.account_words import Words
from smsplan.live.alternatives import values
from smsplan.live.answers import Answer, refused_by
from smsplan.live.calibrating import probes as requests
from smsplan.live.calibrating.deciding import VARIABLES, attributes, profile_of
from smsplan.sandbox import running
from smsplan.sinch import ApiError, Calibration, Credentials, SinchApi, calibrate
from tests.sinch.disguises import Account, Disguise, disguised
from tests.test_switches import SWITCHES

FROM = "447700900999"
# Two hundred take some minutes: SMSPLAN_PROFILES=200. Each twentieth is asked over HTTP.
PROFILES = int(os.environ.get("SMSPLAN_PROFILES", "12"))
# So many are asked behind a proxy that says everything in another way.
DISGUISES = int(os.environ.get("SMSPLAN_DISGUISES", "24"))


def random_profile(seed: int) -> Profile:
    """Return a profile with a random value of every switch."""
    chance = random.Random(seed)
    return Profile(**{name: chance.choice(given) for name, (given, _) in SWITCHES.items()})


@lru_cache(2000)
def answer(asked: str, profile: Profile) -> Any:
    """What an account says, as JSON or as an error; ``asked``: request and number of recipients."""
    request, most = json.loads(asked)
    try:
        return dry_run(
            request, per_recipient=True, number_of_recipients=most, profile=profile
        ).to_dict()
    except RequestRefused as refused:
        return refused.to_dict()


def undecided(found: Calibration, truth: Profile, name: str, given: tuple[Any, ...]) -> list[Any]:
    """Return the other values of a switch under which every request is answered as in truth."""
    # Those that are said to decide it come first: most often one of them differs.
    every = sorted(found.evidence, key=lambda each: name not in each.decides)
    asked = dict.fromkeys(
        json.dumps([dict(each.request), each.number_of_recipients]) for each in every
    )
    return [
        value
        for value in given
        if value != getattr(truth, name)
        and all(
            answer(each, truth.replace(**{name: value})) == answer(each, truth) for each in asked
        )
    ]


def check(found: Calibration, truth: Profile) -> None:
    """Hold a calibration to brute force over its own requests."""
    for name, (given, _) in SWITCHES.items():
        alike = undecided(found, truth, name, tuple(given))
        recovered = getattr(found.profile, name)
        assert recovered == getattr(truth, name) or recovered in alike, name
        if alike:
            assert name in found.open, name
        elif name in found.open:
            # A value that nobody planted may be as good.
            assert undecided(found, truth, name, values(name)), name
    assert found.unexplained == ()
    assert found.profile.vocabulary == ()


@pytest.mark.parametrize("seed", range(PROFILES - PROFILES // 20))
def test_random_profiles(seed: int) -> None:
    """Every decidable switch of a random profile is recovered; what is said to be open is."""
    truth = random_profile(seed)
    account = Account(truth)
    found = calibrate(account, from_=FROM)
    assert found.calls == account.calls <= 77
    check(found, truth)


@pytest.mark.parametrize("seed", range(1000, 1000 + max(PROFILES // 20, 2)))
def test_sandboxes(seed: int) -> None:
    """The same against sandboxes, over HTTP."""
    truth = random_profile(seed)
    with running(profile=truth) as sandbox:
        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        with SinchApi(keys) as api:
            found = calibrate(api, from_=FROM)
    check(found, truth)


def test_documented() -> None:
    """An account that is as documented takes 37 calls, and leaves three switches open."""
    found = calibrate(Account(Profile()))
    assert found.profile == Profile()
    assert found.calls <= 37
    assert set(found.open) == {"no_parameters", "auto_encoding_partial", "auto_encoding_order"}
    check(found, Profile())


@pytest.mark.parametrize("place", range(14))
def test_exact_limits(place: int) -> None:
    """Digits are found to the number, and each language by its letter."""
    truth = Profile(
        min_digits=place % 9 + 1, max_digits=place % 7 + 12, languages=values("languages")[place]
    )
    found = calibrate(Account(truth))
    assert found.profile == truth


@pytest.mark.parametrize(
    ("switch", "limit"),
    [
        ("value_limit", 320),
        ("value_limit", 159),
        ("value_limit", 3_999),
        ("body_limit", 1_999),
        ("key_limit", 31),
        ("key_limit", 15),
        ("reference_limit", 255),
    ],
)
def test_limits_that_no_documentation_has(switch: str, limit: int) -> None:
    """A limit is where a character more is refused, wherever that is."""
    truth = Profile.from_dict({switch: limit})
    found = calibrate(Account(truth))
    assert found.profile == truth
    decided = [each for each in found.evidence if switch in each.decides]
    assert {each.answer.startswith("refused") for each in decided} == {True, False}
    assert len([each for each in decided if each.answer.startswith("refused")]) == 3


def test_limits_are_pairs() -> None:
    """What decides a limit are two requests that differ in length alone, each asked twice."""
    found = calibrate(Account(Profile(value_limit=160)))
    decided = [each for each in found.evidence if "value_limit" in each.decides]
    lengths = [len(next(iter(each.request["parameters"]["k"].values()))) for each in decided]
    assert sorted(lengths) == [160, 160, 161, 161]
    assert [each.answer.startswith("refused") for each in decided] == [n > 160 for n in lengths]
    rest = [{**each.request, "parameters": None} for each in decided]
    assert all(request == rest[0] for request in rest)


def test_several_languages() -> None:
    """National tables of several languages are found together."""
    truth = Profile(languages=("tr", "hi", "ur"))
    assert calibrate(Account(truth)).profile.languages == truth.languages


def test_few_numbers() -> None:
    """An account in test mode may only name verified numbers: more calls, the same profile."""
    truth = random_profile(5)
    many = calibrate(Account(truth), from_=FROM)
    few = calibrate(Account(truth), numbers=("+447700900123", "+447700900124"), from_=FROM)
    assert few.profile == many.profile
    assert few.calls > many.calls
    with pytest.raises(InputError, match="two numbers"):
        calibrate(Account(truth), numbers=("+447700900123",))


def test_originator() -> None:
    """An account without a default originator asks for one, and that is found."""
    truth = Profile(default_originator=False)
    with pytest.raises(InputError, match="--from"):
        calibrate(Account(truth))
    assert calibrate(Account(truth), from_=FROM).profile == truth


# Other words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(DISGUISES))
def test_disguises(seed: int) -> None:
    """Codes, words, cases, forms of numbers, order of fields, format and status of refusals.

    Nothing of it makes a difference to what is decided, but for the words themselves.
    """
    truth, disguise = random_profile(seed), Disguise(seed)
    plainly = calibrate(Account(truth), from_=FROM)
    found = calibrate(Account(truth, disguise), from_=FROM)
    words = {"encoding_names"} if disguise.words else set()
    assert set(found.open) == set(plainly.open) | words
    assert found.profile.replace(
        vocabulary={}, **{name: getattr(truth, name) for name in words}
    ) == plainly.profile.replace(**{name: getattr(truth, name) for name in words})
    assert {each.dry_run for each in found.contradictions} <= {"text 1", "text 10"}
    assert bool(found.contradictions) == bool(words)
    own = {name: {word.casefold() for word in some}
           for name, some in found.profile.own_words.items()}  # fmt: skip
    for name, word in disguise.words.items():
        assert own[name] == {word.casefold()}
    check_decided(found, truth)


@pytest.mark.parametrize("seed", range(DISGUISES, 2 * DISGUISES))
def test_disguises_that_leave_out(seed: int) -> None:
    """Fields are left out, always or now and then, or recipients come in no order: never wrong."""
    truth = random_profile(seed)
    check_decided(calibrate(Account(truth, Disguise.any(seed)), from_=FROM), truth)


@pytest.mark.parametrize("seed", range(2000, 2000 + max(DISGUISES // 20, 2)))
def test_disguised_sandboxes(seed: int) -> None:
    """The same through a proxy, over HTTP."""
    truth, disguise = random_profile(seed), Disguise(seed)
    disguise.format = "problem" if seed % 2 else "spring"
    with disguised(truth, disguise) as api:
        found = calibrate(api, from_=FROM)
    plainly = calibrate(Account(truth), from_=FROM)
    assert set(found.open) - {"encoding_names"} == set(plainly.open)
    check_decided(found, truth)


def check_decided(found: Calibration, truth: Profile) -> None:
    """Hold what is decided to the truth; tables of Spanish make no difference to Portuguese."""
    for name in SWITCHES:
        if name not in found.open:
            assert getattr(found.profile, name) == getattr(truth, name), name


def renaming(code: str = "syntax_invalid_parameter_format", **words: str) -> Disguise:
    """Return a disguise that gives one code to every refusal, and these words to encodings."""
    made = Disguise(0)
    made.codes = dict.fromkeys(("syntax_invalid_json", "syntax_constraint_violation",
                                "syntax_invalid_parameter_format"), code)  # fmt: skip
    made.words, made.case, made.format, made.status = words, str, "api", None
    return made


def test_other_codes() -> None:
    """A refusal is one, whatever its code; the codes are learnt, and a sandbox has them."""
    truth = Profile(value_limit=160, empty_body="refused")
    found = calibrate(Account(truth, renaming()))
    vocabulary = {"syntax_constraint_violation": "syntax_invalid_parameter_format"}
    assert found.profile == truth.replace(vocabulary=vocabulary)
    assert found.contradictions == ()
    assert "All that is decided is as documented" not in str(found)
    assert "'syntax_invalid_parameter_format' for syntax_constraint_violation" in str(found)
    again = Profile.from_toml(found.to_toml())
    assert again == found.profile
    with running(profile=again) as sandbox:
        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        with SinchApi(keys) as api, pytest.raises(ApiError) as caught:
            api.dry_run(TextBatch(to=["447700900123"], body=""))
    assert caught.value.code == "syntax_invalid_parameter_format"


def test_other_words() -> None:
    """A third vocabulary: part counts decide, and the words are learnt and told."""
    truth = Profile(gsm_boundary="dense", unicode_boundary="dense")
    account = Account(truth, renaming(GSM="GSM7", UNICODE="UCS2"))
    found = calibrate(account)
    own = {"GSM": "GSM7", "UNICODE": "UCS2"}
    codes = {"syntax_constraint_violation": "syntax_invalid_parameter_format"}
    assert found.profile.replace(vocabulary={}) == truth
    assert found.profile == truth.replace(vocabulary=own | codes)
    assert found.open["encoding_names"] == "the account's answer fits no value"
    assert len(found.open) == 4
    lines = str(found).splitlines()
    assert lines[0].startswith("The account's answer fits no value of any switch")
    assert lines[1].endswith('text 1: word: "gsm7" ("gsm" or "text" would fit)')
    assert lines[2].startswith('    asked {"to": ["•••')
    assert '"encoding": "GSM7"' in lines[3]
    batch = TextBatch(to=["447700900123"], body="Hi")
    ours = dry_run(batch, per_recipient=True, profile=found.profile)
    assert ours.agrees(account.dry_run(batch, per_recipient=True))


def test_several_words_and_codes() -> None:
    """An account that has two words for one thing is known by both; a code that varies by none."""
    chance = random.Random(3)

    class Two(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            try:
                made = super().dry_run(batch, **query)
            except ApiError as error:
                other = f"E{chance.random()}" if batch.type == "mt_binary" else error.code
                long = getattr(batch, "client_reference", None) and "E2"
                raise ApiError("dry run", 422, long or other, error.text) from None
            items = [
                dataclasses.replace(item, encoding="GSM_EXT")
                if "€" in item.body else item
                for item in made.per_recipient or ()
            ]  # fmt: skip
            return dataclasses.replace(
                made, per_recipient=None if made.per_recipient is None else tuple(items)
            )

    found = calibrate(Two(Profile(other_types="refused")))
    assert found.profile.own_words == {
        "GSM": ["GSM", "GSM_EXT"],
        "syntax_constraint_violation": ["syntax_constraint_violation", "E2"],
    } or found.profile.own_words["syntax_constraint_violation"] == [
        "E2", "syntax_constraint_violation"]  # fmt: skip
    check_decided(found, Profile(other_types="refused"))


def test_one_word_for_both() -> None:
    """An account that calls every encoding the same says nothing by it; its parts decide."""
    truth = Profile(small_c_cedilla="gsm", unicode_unit="code_point")
    found = calibrate(Account(truth, renaming(GSM="sms", UNICODE="sms")))
    assert found.profile.replace(vocabulary={}) == truth
    assert not set(found.profile.own_words) & {"GSM", "UNICODE"}


# What may not be believed -----------------------------------------------------------------------

TOO_MANY = b'{"code": "too_many", "text": "later"}'
Mood = Callable[[int], "tuple[int, bytes] | None"]


def moods() -> dict[str, Callable[[int], Mood]]:
    """Return how an account may be, each by a seed."""
    made: dict[str, Callable[[int], Mood]] = {}
    for status, content, shares in (
        (400, TOO_MANY, (0.02, 0.1, 0.3)), (503, b"<html>", (0.05, 0.3, 0.6)), (429, b"", (0.1,)),
        (200, b"{}", (0.2,)), (200, b"<html>", (0.2,)), (200, b"", (0.2,)), (200, b"[1]", (0.2,)),
        (200, b'{"number_of_recipients": 1e400}', (0.2,)),
        (200, b'{"number_of_recipients": %s}' % (b"9" * 4000), (0.2,)),
    ):  # fmt: skip
        for share in shares:
            name = f"{share} {status} {content[:30]!r}"
            made[name] = partial(now_and_then, share, status, content)
    for accepts, refuses in ((1, 1), (2, 1), (1, 2), (2, 2), (6, 2), (10, 5)):
        made[f"{accepts} in {accepts + refuses}"] = partial(in_turns, accepts, refuses)
    for status in (400, 403, 429, 500):
        for calls in (0, 8, 25, 45):
            made[f"{status} after {calls}"] = partial(after, calls, status)
    return made


def now_and_then(share: float, status: int, content: bytes, seed: int) -> Mood:
    """Answer some calls, by chance, with this."""
    chance = random.Random(seed)
    return lambda _: (status, content) if chance.random() < share else None


def in_turns(accepts: int, refuses: int, seed: int) -> Mood:
    """Answer so many calls, refuse so many, and so on."""
    turn = accepts + refuses
    return lambda call: (403, TOO_MANY) if call > 2 and (call + seed) % turn >= accepts else None


def after(calls: int, status: int, seed: int, content: bytes = TOO_MANY) -> Mood:
    """Answer with this from some call on."""
    return lambda call: (status, content) if call > calls + seed else None


@pytest.mark.parametrize("mood", moods())
def test_moods(mood: str) -> None:
    """An account that refuses, or does not answer, for reasons of its own: never a wrong switch."""
    for seed in range(4):
        # Of many tables each is tried on each text, which takes its time.
        truth = random_profile(seed).replace(languages=())
        account = Account(truth, moods=moods()[mood](seed))
        try:
            found = calibrate(account, from_=FROM)
        except (ApiError, InputError):
            continue
        check_decided(found, truth)
        assert account.calls < 200


def test_refused_and_accepted() -> None:
    """Whoever refuses what it accepts may refuse anything: the limits stay open, and it is told."""
    found = calibrate(Account(Profile(), moods=lambda call: (409, TOO_MANY) if call == 5 else None))
    assert {"body_limit", "value_limit", "length_unit", "details_over_1000"} <= set(found.open)
    assert "gsm_boundary" not in found.open
    assert all(
        "accepts 'binary' and refuses it" in found.open[name]
        for name in ("body_limit", "length_unit", "details_over_1000")
    )
    (against,) = found.contradictions
    assert (against.dry_run, against.field) == ("binary", "accepted")
    assert against.answer == "refused: 409 too_many"


def test_no_answer() -> None:
    """What is not answered stays open, with the status; three in a row end it."""

    class Broken(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            made = super().dry_run(batch, **query)
            if batch.type == "mt_binary":
                raise ApiError("dry run", 502)
            return made

    found = calibrate(Broken(Profile()))
    assert found.open["other_types"] == "'binary' has no answer (502)"
    assert [each.answer for each in found.evidence if each.name == "binary"] == ["no answer (502)"]
    with pytest.raises(ApiError, match="500"):
        calibrate(Account(Profile(), moods=after(20, 500, 0)))
    with pytest.raises(ApiError, match="429"):
        calibrate(Account(Profile(), moods=after(0, 429, 0)))


@pytest.mark.parametrize("calls", [1, 9])
def test_blocked_meanwhile(calls: int) -> None:
    """An account that refuses from some call on even the plainest request is an error."""
    blocked = b'{"code": "blocked_account", "text": "blocked"}'
    account = Account(Profile(), moods=after(calls, 403, 0, blocked))
    with pytest.raises(ApiError, match="the account is blocked"):
        calibrate(account)
    assert account.calls < 40
    unnamed = Account(Profile(), moods=after(calls, 403, 0, b""))
    with pytest.raises(ApiError, match="refuses now what it accepted"):
        calibrate(unnamed)


def test_wrong_address() -> None:
    """A wrong token or address is the error that it is everywhere."""
    with pytest.raises(ApiError, match="token"):
        calibrate(Account(Profile(), moods=after(0, 401, 0, b"")))
    with pytest.raises(ApiError, match="404"):
        calibrate(Account(Profile(), moods=after(0, 404, 0, b"")))


def test_refused_for_another_reason() -> None:
    """A text that an account refuses for itself leaves its switches open, and no others."""

    class Strict(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            if "\0" in str(batch.to_dict()) or "\\x00" in str(batch.to_dict()):
                raise ApiError("dry run", 400, "E1", "NUL")
            return super().dry_run(batch, **query)

    truth = Profile(spaces="space", auto_encoding="on")
    found = calibrate(Strict(truth))
    assert found.open["controls"] == "the account's answer fits no value"
    assert {each.field for each in found.contradictions} == {"accepted"}
    assert found.profile == truth
    check_decided(found, truth)


# What fits nothing ------------------------------------------------------------------------------


class Counting(Account):
    """Counts an empty body otherwise."""

    def dry_run(self, batch: Batch, **query: Any) -> DryRun:
        """Answer."""
        made = super().dry_run(batch, **query)
        if getattr(batch, "body", "") != "":
            return made
        return DryRun(made.number_of_recipients, 77, made.per_recipient)


def test_something_else() -> None:
    """An account that no profile describes: it is said first, with the exchange; the rest decides.

    Numbers are masked in it.
    """
    mine = ["+467012345678", "+467012345679"]
    found = calibrate(Counting(Profile(gsm_boundary="dense")), numbers=mine, from_="46700000001")
    assert found.unexplained == ("empty body",)
    assert found.profile.gsm_boundary == "dense"
    assert found.profile.empty_body == "accepted"
    assert "empty_body" not in found.open
    (against,) = found.contradictions
    assert (against.field, against.answered, against.possible) == (
        "number_of_messages",
        "77",
        ("1",),
    )
    assert against.switches == ("empty_body",)
    lines = str(found).splitlines()
    assert lines[0].startswith("The account's answer fits no value")
    assert lines[1] == "  empty body: number_of_messages: 77 (1 would fit)"
    assert lines[2] == '    asked {"to": ["•••78"], "body": "", "from": "•••01"}'
    assert '"number_of_messages": 77' in lines[3]
    assert "4670" not in str(found)
    assert "empty body" in found.to_toml().splitlines()[1]
    assert json.loads(json.dumps(found.to_dict()))["contradictions"] == [against.to_dict()]


def test_answers_that_contradict_each_other() -> None:
    """A total for one value, the list for another: the switch is open, and nothing else is."""

    class Torn(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            made = super().dry_run(batch, **query)
            return dataclasses.replace(
                made, number_of_recipients=len(batch.to) - (batch.type == "mt_text" and
                                                            getattr(batch, "body", "") == "Hi ${n}")
            )  # fmt: skip

    found = calibrate(Torn(Profile(languages=("tr",))))
    assert found.open["unmatched"] == "the account's answers contradict each other"
    assert found.profile.languages == ("tr",)
    assert "unmatched parameter" in found.unexplained


def test_no_order() -> None:
    """Recipients in no order that a value has: open, and told."""

    class Shuffled(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            made = super().dry_run(batch, **query)
            items = list(made.per_recipient or ())
            random.Random(len(items)).shuffle(items)
            return dataclasses.replace(
                made, per_recipient=None if made.per_recipient is None else tuple(items)
            )

    truth = Profile(duplicates="counted", encoding_names="text/unicode")
    for numbers in (None, ["+447700900123", "+447700900124"]):
        more = {} if numbers is None else {"numbers": numbers}
        found = calibrate(Shuffled(truth), **more)  # type: ignore[arg-type]
        assert found.profile.replace(per_recipient_order="request") == truth
        assert numbers or "per_recipient_order" in found.open


def test_no_details_at_all() -> None:
    """An account that never lists recipients: the totals decide what they can."""

    class Terse(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            made = super().dry_run(batch, **query)
            return DryRun(made.number_of_recipients, made.number_of_messages)

    truth = Profile(gsm_boundary="dense", unicode_unit="code_point", small_c_cedilla="gsm",
                    exceeded_parts="zero", truncation="ignored", duplicates="counted")  # fmt: skip
    found = calibrate(Terse(truth))
    check_decided(found, truth)
    assert not {"gsm_boundary", "unicode_unit", "small_c_cedilla", "exceeded_parts", "truncation",
                "duplicates", "form_feed"} & set(found.open)  # fmt: skip
    assert {"no_details", "unmatched", "double_dollar"} <= set(found.open)


# What is asked ----------------------------------------------------------------------------------


def asked() -> list[requests.Probe]:
    """Every probe of which more is looked at than whether it is accepted, and the texts alone."""
    numbers = ("+447700900123", "+447700900124")
    made = list(requests.fixed(numbers, {}))
    made += [probe.twin for probe in made if probe.twin is not None]
    for texts, fields in ((requests.TEXTS, {}), (requests.CUT_TEXTS, {"truncate_concat": True})):
        made += [
            requests.Probe(text[:9], requests.together([(numbers[0], text)], **fields), asks)
            for text, asks in texts
        ]
    return made


@pytest.mark.parametrize("probe", asked(), ids=lambda probe: ascii(probe.name))
def test_what_an_answer_depends_on(probe: requests.Probe) -> None:
    """Profiles that are the same in what a probe asks give it the same answer, whatever else."""
    chance = random.Random(probe.name)
    assert probe.asks is not None

    def answered(values: Mapping[str, Any]) -> dict[Any, Any]:
        try:
            said: Answer = dry_run(probe.payload, per_recipient=True, profile=profile_of(values),
                                   number_of_recipients=probe.most)  # fmt: skip
        except RequestRefused as refused:
            said = refused_by(refused)
        made = attributes(said, Words())
        return {name: value for name, value in made.items() if name[0] not in ("word", "order")}

    for _ in range(30):
        one, other = ({name: chance.choice(some) for name, some in VARIABLES.items()}
                      for _ in range(2))  # fmt: skip
        for name in (*probe.asks, *("default_originator" for _ in "-")):
            other[name] = one[name]
        assert answered(one) == answered(other)


def test_spanish_in_portuguese() -> None:
    """The Portuguese tables have all that the Spanish have, beside any other table."""
    from smsplan.encoding import measure

    chance = random.Random(1)
    letters = "aÁÍÓÚáíóúçñÑ^{}[]~|\\€ãõşğ"
    for _ in range(2000):
        text = "".join(chance.choices(letters, k=chance.choice([20, 75, 140])))
        some = ["pt", *chance.sample(["tr", "hi"], chance.choice([0, 1, 2]))]
        one, both = (measure(text, languages=tuple(each)) for each in (some, [*some, "es"]))
        assert one[:3] == both[:3]


def test_toml() -> None:
    """The TOML is a profile with evidence, date and region as comments; a plan takes it."""
    truth = Profile(body_limit=None, small_c_cedilla="gsm", languages=("tr",))
    found = calibrate(Account(truth), region="eu")
    text = found.to_toml()
    assert Profile.from_toml(text) == found.profile == truth
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert found.date in comments[0]
    assert "region eu" in comments[0]
    assert any("decides" in line and "small_c_cedilla" in line for line in comments)
    assert any("auto_encoding_order" in line for line in comments)
    assert plan(["+447700900123"], "ç", profile=Profile.from_toml(text)).encodings.keys() == {"GSM"}


def test_hostile_answers() -> None:
    """What an account says reaches neither terminal nor TOML as it is."""

    class Hostile(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            if batch.type == "mt_binary":
                raise ApiError("dry run", 400, "x\x1b[31m\nlanguages = 1", "")
            return super().dry_run(batch, **query)

    found = calibrate(Hostile(Profile()))
    assert "\x1b" not in found.to_toml() + str(found)
    assert Profile.from_toml(found.to_toml()) == found.profile


@pytest.mark.parametrize("from_", [None, FROM])
def test_an_account_that_refuses_everything(from_: str | None) -> None:
    """Nothing is learnt from it: no profile is made up, after two calls at most."""

    class Blocked(Account):
        def dry_run(self, *_: Any, **__: Any) -> DryRun:
            self.calls += 1
            raise ApiError("dry run", 403, "blocked_account")

    account = Blocked(Profile())
    with pytest.raises(InputError, match=r"blocked_account.*numbers="):
        calibrate(account, from_=from_)
    assert account.calls == (1 if from_ is None else 2)


def test_one_number_twice() -> None:
    """A number that is written in two ways is one, and one is too few."""
    with pytest.raises(InputError, match="two numbers"):
        calibrate(Account(Profile()), numbers=["+46701234567", "46701234567"])
