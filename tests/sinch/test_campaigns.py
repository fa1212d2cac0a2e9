"""Sending campaigns against the sandbox with faults, and killed at random moments."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from smsplan import plan
from smsplan.errors import InputError, PlanRejected
from smsplan.sandbox import Sandbox, running
from smsplan.sinch import Credentials, SinchApi
from smsplan.sinch.campaigns import Campaign
from smsplan.sinch.journal import State
from tests.sinch.sender import send

HOLD, SETTLE, MARGIN = 600.0, 20.0, 30.0
# Its modules are loaded once, so that a sender begins at once, and can be killed at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.sinch.sender", "sinch", "requests"])


def people(count: int) -> list[str]:
    """Numbers, all different."""
    return [f"4477{place:08}" for place in range(count)]


def api_of(sandbox: Sandbox) -> SinchApi:
    """The adapter, which does not wait."""
    keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
    return SinchApi(keys, sleep=lambda _: None)


def campaign_of(sandbox: Sandbox, path: Path, numbers: list[str], **given: Any) -> Campaign:
    """A campaign by the sandbox's clock."""

    def sleep(seconds: float) -> None:
        sandbox.advance(seconds)

    return Campaign.create(
        plan(numbers, "Hello!"),
        path,
        hold=HOLD,
        settle=SETTLE,
        margin=MARGIN,
        clock=lambda: sandbox.now.timestamp(),
        sleep=sleep,
        **given,
    )


def reached(sandbox: Sandbox) -> Counter[str]:
    """How many accepted batches that are not cancelled each recipient is in."""
    counts: Counter[str] = Counter()
    for batch in sandbox.inspect()["batches"]:
        if not batch["canceled"]:
            counts.update(batch["to"])
    return counts


def test_plain(tmp_path: Path) -> None:
    """Every recipient is in one batch, minutes ahead, each with a reference of its own."""
    numbers = people(2500)
    with (
        running() as sandbox,
        api_of(sandbox) as api,
        campaign_of(sandbox, tmp_path / "c.db", numbers, size=1000) as campaign,
    ):
        status = campaign.send(api, unverified=True)
        assert status.done
        assert status.recipients[State.ACCEPTED] == 2500
        assert set(reached(sandbox).values()) == {1}
        batches = sandbox.inspect()["batches"]
        assert len({batch["client_reference"] for batch in batches}) == 3
        assert not any(batch["dispatched"] for batch in batches)
        # Again: nothing is left to be sent.
        campaign.send(api, unverified=True)
        assert len(sandbox.inspect()["batches"]) == 3
        assert campaign.cancel(api) == 3
        assert not reached(sandbox)


@pytest.mark.parametrize("kind", ["429", "500", "lost"])
def test_every_answer_fails_once(tmp_path: Path, kind: str) -> None:
    """Whatever happens to the first answers, each recipient is in exactly one batch."""
    with running() as sandbox, api_of(sandbox) as api:
        sandbox.fail(kind, count=5)
        with campaign_of(sandbox, tmp_path / "c.db", people(30), size=10) as campaign:
            assert campaign.send(api, unverified=True).done
        assert len(reached(sandbox)) == 30
        assert set(reached(sandbox).values()) == {1}


def test_accepted_late(tmp_path: Path) -> None:
    """Later than expected: the second batch is cancelled before it goes out."""
    with running() as sandbox, api_of(sandbox) as api:
        sandbox.fail("late", delay=100, listed_after=20)
        with campaign_of(sandbox, tmp_path / "c.db", people(10)) as campaign:
            left: list[float] = []
            status = campaign.send(api, unverified=True, waiting=left.append)
            assert status.done
            assert status.cancelled_doubles == 1
        # Nobody waits for minutes without hearing of it.
        assert left == sorted(left, reverse=True)
        assert left[0] > 300
        assert max(a - b for a, b in pairwise(left)) < 2
        sandbox.advance(2 * HOLD)
        assert set(reached(sandbox).values()) == {1}


def test_never_clear(tmp_path: Path) -> None:
    """Where the service never answers, the request is unresolved, and not sent again unasked."""
    with running() as sandbox, api_of(sandbox) as api:
        sandbox.fail("500", count=10_000)
        with campaign_of(sandbox, tmp_path / "c.db", people(10)) as campaign:
            status = campaign.send(api, unverified=True)
            assert status.batches == {State.UNRESOLVED: 1}
            sandbox.reset()
            assert campaign.send(api, unverified=True).batches == {State.UNRESOLVED: 1}
            assert not reached(sandbox)
            assert campaign.send(api, unverified=True, resend=True).done
        assert len(reached(sandbox)) == 10


def test_bad_number(tmp_path: Path) -> None:
    """A number that the account refuses is left out and named; the others go on."""
    from smsplan import Profile

    numbers = [*people(40), "12345"]
    with running(profile=Profile(min_digits=7)) as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "c.db", numbers, size=20) as campaign:
            assert campaign.send(api, unverified=True).done
            assert campaign.left_out() == [("12345", "syntax_invalid_parameter_format")]
        assert len(reached(sandbox)) == 40


def test_guards(tmp_path: Path) -> None:
    """A breached guard, a changed plan, a second sender and an unverified profile are refused."""
    made = plan(people(3), "Hello!")
    with pytest.raises(PlanRejected):
        Campaign.create(made, tmp_path / "a.db", guard={"max_parts": 1})
    assert not (tmp_path / "a.db").exists()
    with pytest.raises(InputError, match="hold"):
        Campaign.create(made, tmp_path / "a.db", hold=10)
    file = tmp_path / "plan.parquet"
    made.save(file)
    with running() as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "a.db", people(3), plan_file=file) as campaign:
            with pytest.raises(InputError, match="never verified"):
                campaign.send(api)
            with campaign._journal.locked(), pytest.raises(InputError, match="already"):
                campaign.send(api, unverified=True)
            plan(people(4), "Hello!").save(file)
            with pytest.raises(InputError, match="has changed"):
                campaign.send(api, unverified=True)
        with pytest.raises(InputError, match="there already"):
            campaign_of(sandbox, tmp_path / "a.db", people(3))
        assert not reached(sandbox)


@pytest.mark.parametrize("seed", range(int(os.environ.get("SMSPLAN_CAMPAIGNS", "10"))))
def test_killed(tmp_path: Path, seed: int) -> None:
    """Killed at random moments, with every fault: each recipient is in exactly one batch."""
    chance = random.Random(seed)
    path = tmp_path / "c.db"
    with running(seed=seed) as sandbox:
        for kind, share in (("429", 0.1), ("500", 0.1), ("lost", 0.15)):
            sandbox.fail(kind, count=200, share=share)
        sandbox.fail("late", count=200, share=0.15, delay=8, listed_after=8)
        sandbox.fail("500", operation="list", count=20, share=0.1)
        campaign_of(sandbox, path, people(20_000)).close()
        kills = 0
        for _ in range(60):
            sender = PROCESSES.Process(target=send, args=(sandbox.url, sandbox.token, str(path)))
            sender.start()
            # The first is killed in any case: alone it takes longer.
            sender.join(chance.expovariate(1) if kills else chance.uniform(0, 0.8))
            if sender.exitcode is None:
                sender.kill()
                sender.join()
                kills += 1
            assert sender.exitcode in (0, -signal.SIGKILL)
            if sender.exitcode == 0:
                break
        assert kills
        with Campaign.open(path) as campaign:
            assert campaign.status().done, campaign.status()
        sandbox.advance(2 * HOLD)
        counts = reached(sandbox)
    assert len(counts) == 20_000
    assert set(counts.values()) == {1}
