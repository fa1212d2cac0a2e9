"""Accounts of random profiles are asked, and every switch that can be known is recovered."""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Mapping
from typing import Any

import pytest

from smsplan import Profile, dry_run, plan
from smsplan.batches import Batch
from smsplan.dryruns import DryRun
from smsplan.errors import InputError, RequestRefused
from smsplan.sandbox import running
from smsplan.sinch import ApiError, Calibration, Credentials, SinchApi, calibrate
from smsplan.sinch.alternatives import values
from tests.test_switches import SWITCHES

FROM = "447700900999"
# Two hundred take some minutes: SMSPLAN_PROFILES=200. Each twentieth is asked over HTTP.
PROFILES = int(os.environ.get("SMSPLAN_PROFILES", "12"))


class Account:
    """An account without a network: what the sandbox answers."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.calls = 0

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Answer the JSON of a batch."""
        self.calls += 1
        try:
            made = dry_run(
                batch.to_dict(),
                per_recipient=per_recipient,
                number_of_recipients=number_of_recipients,
                profile=self.profile,
            )
        except RequestRefused as refused:
            fault = refused.faults[0]
            raise ApiError("dry run", fault.status, fault.code, fault.text) from None
        return DryRun.from_dict(made.to_dict())


def random_profile(seed: int) -> Profile:
    """Return a profile with a random value of every switch."""
    chance = random.Random(seed)
    return Profile(**{name: chance.choice(given) for name, (given, _) in SWITCHES.items()})


def answer(request: Mapping[str, Any], most: int, profile: Profile) -> Any:
    """What an account says, as JSON or as an error."""
    try:
        return dry_run(
            request, per_recipient=True, number_of_recipients=most, profile=profile
        ).to_dict()
    except RequestRefused as refused:
        return refused.to_dict()


def undecided(found: Calibration, truth: Profile, name: str, given: tuple[Any, ...]) -> list[Any]:
    """Return the other values of a switch under which every request is answered as in truth."""
    # Those that are said to decide it come first: most often one of them differs.
    order = sorted(found.evidence, key=lambda each: name not in each.decides)
    alike = []
    for value in given:
        if value == getattr(truth, name):
            continue
        other = truth.replace(**{name: value})
        if all(
            answer(each.request, each.number_of_recipients, other)
            == answer(each.request, each.number_of_recipients, truth)
            for each in order
        ):
            alike.append(value)
    return alike


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


@pytest.mark.parametrize("seed", range(PROFILES - PROFILES // 20))
def test_random_profiles(seed: int) -> None:
    """Every decidable switch of a random profile is recovered; what is said to be open is."""
    truth = random_profile(seed)
    account = Account(truth)
    found = calibrate(account, from_=FROM)
    assert found.calls == account.calls <= 26
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
    """An account that is as documented takes about twenty calls, and leaves three switches open."""
    found = calibrate(Account(Profile()))
    assert found.profile == Profile()
    assert found.calls <= 21
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


def test_something_else() -> None:
    """An account that no profile describes: what it answers is unexplained, the rest is found."""

    class Strange(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            made = super().dry_run(batch, **query)
            if getattr(batch, "body", "") != "":
                return made
            return DryRun(made.number_of_recipients, 77, made.per_recipient)

    found = calibrate(Strange(Profile(gsm_boundary="dense")))
    assert found.unexplained == ("empty body",)
    assert found.profile.gsm_boundary == "dense"
    assert "empty_body" in found.open
    assert "empty body" in str(found)
    assert "empty body" in found.to_toml()

    class Shuffled(Account):
        def dry_run(self, batch: Batch, **query: Any) -> DryRun:
            made = super().dry_run(batch, **query)
            items = list(made.per_recipient or ())
            random.Random(len(items)).shuffle(items)
            return dataclasses.replace(
                made, per_recipient=None if made.per_recipient is None else tuple(items)
            )

    truth = Profile(duplicates="counted", encoding_names="text/unicode")
    found = calibrate(Shuffled(truth))
    assert found.profile.replace(per_recipient_order="request") == truth


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
