"""Sending campaigns against the sandbox with faults, and killed at random moments."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from smsplan import Profile, plan
from smsplan.api.batches import TextBatch, TextUpdate
from smsplan.errors import InputError, OutputError, PlanRejected
from smsplan.live.api_error import PROXY
from smsplan.live.campaigns import Campaign
from smsplan.live.journal import State
from smsplan.sandbox import Sandbox, running
from smsplan.sinch import ApiError, Credentials, SinchApi, verify
from tests.sinch.sender import GONE, send

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
    numbers = [*people(40), "12345"]
    with running(profile=Profile(min_digits=7)) as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "c.db", numbers, size=20) as campaign:
            assert campaign.send(api, unverified=True).done
            assert campaign.left_out() == [("12345", "syntax_invalid_parameter_format")]
        assert len(reached(sandbox)) == 40


def test_number_that_nobody_names(tmp_path: Path) -> None:
    """A refusal that does not say whose number it is: found by halves, the others go on."""
    numbers = people(40)
    with running(refused=[numbers[13]]) as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "c.db", numbers, size=20) as campaign:
            assert campaign.send(api, unverified=True).done
            assert campaign.left_out() == [(numbers[13], "illegal_number_type")]
        assert set(reached(sandbox)) == set(numbers) - {numbers[13]}
        assert set(reached(sandbox).values()) == {1}


def test_lost_and_then_refused(tmp_path: Path) -> None:
    """A lost request that is refused the next time stops nobody else, and is sent once if asked."""
    numbers = people(60)
    with running(refused=[numbers[13]]) as sandbox, api_of(sandbox) as api:
        sandbox.fail("lost")
        with campaign_of(sandbox, tmp_path / "c.db", numbers, size=20) as campaign:
            status = campaign.send(api, unverified=True)
            assert status.recipients == {State.UNRESOLVED: 20, State.ACCEPTED: 40}
            assert campaign.send(api, unverified=True).recipients == status.recipients
            assert campaign.send(api, unverified=True, resend=True).done
            assert campaign.left_out() == [(numbers[13], "illegal_number_type")]
        assert set(reached(sandbox)) == set(numbers) - {numbers[13]}
        assert set(reached(sandbox).values()) == {1}


def test_verification_goes_with_it(tmp_path: Path) -> None:
    """What verify found lets it go out; one with differences, or of another profile, does not."""
    made = plan([*people(3), "12345"], "Hello!")
    with (
        running(profile=Profile(min_digits=7)) as sandbox,
        api_of(sandbox) as api,
        campaign_of(sandbox, tmp_path / "c.db", people(3)) as campaign,
    ):
        with pytest.raises(InputError, match="1 difference"):
            campaign.send(api, verification=verify(made, api))
        with pytest.raises(InputError, match="another profile"):
            campaign.send(api, verification=verify(made, api, profile=Profile(min_digits=7)))
        assert not reached(sandbox)
        # By what other words the account was known makes no difference.
        words = Profile(vocabulary={"GSM": "GSM7"})
        good = verify(plan(people(3), "Hello!"), api, profile=words)
        assert campaign.send(api, verification=good).done
        assert campaign.verified


def test_reports_are_reconciled(tmp_path: Path) -> None:
    """Delivery reports go to the plan as they come, or by a file; those of others are left out."""
    made = plan(people(150), "a" * 161)
    with running(outcomes={402: 0.2}) as sandbox, api_of(sandbox) as api:
        api.send(TextBatch(to=["+447700900999"], body="Hi", delivery_report="full"))
        clock: dict[str, Any] = {"clock": lambda: sandbox.now.timestamp(), "sleep": sandbox.advance}
        with Campaign.create(made, tmp_path / "c.db", size=50, **clock) as campaign:
            campaign.send(api, unverified=True)
            sandbox.advance(HOLD)
            found = made.reconcile(campaign.delivery_reports(api))
            assert campaign.reports(api, tmp_path / "reports.csv") == 150
    assert (found.total.reported, found.total.reported_parts) == (150, 300)
    assert [each.kind for each in found.differences] == ["not_delivered"]
    assert made.reconcile(tmp_path / "reports.csv").to_dict() == found.to_dict()


def test_guards(tmp_path: Path) -> None:
    """A breached guard, a changed plan, a second sender and an unverified profile are refused."""
    made = plan(people(3), "Hello!")
    with pytest.raises(PlanRejected):
        Campaign.create(made, tmp_path / "a.db", guard={"max_parts": 1})
    assert not (tmp_path / "a.db").exists()
    short: list[tuple[dict[str, Any], int]] = [
        ({"hold": 10}, 300),
        ({"hold": 299}, 300),
        ({"hold": 1e3, "settle": 500}, 1120),
        ({"hold": 60, "settle": 20, "margin": 30}, 70),
    ]
    for given, least in short:
        with pytest.raises(InputError, match=f"use at least {least},"):
            Campaign.create(made, tmp_path / "a.db", **given)
        Campaign.create(made, tmp_path / f"{least}.db", **{**given, "hold": least}).close()
        (tmp_path / f"{least}.db").unlink()
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
            if kills:
                sender.join(chance.expovariate(1))
            else:
                # The first is killed in any case, somewhere on its way through 20 requests.
                wanted = chance.randrange(16)
                while sender.exitcode is None and len(sandbox.inspect()["batches"]) < wanted:
                    time.sleep(0.002)
            if sender.exitcode is None:
                sender.kill()
                sender.join()
                kills += 1
            # On a machine that stands still for seconds a sender gives up, and is run again.
            assert sender.exitcode in (0, GONE, -signal.SIGKILL)
            if sender.exitcode == 0:
                break
        assert kills
        with Campaign.open(path) as campaign:
            assert campaign.status().done, campaign.status()
        sandbox.advance(2 * HOLD)
        counts = reached(sandbox)
    assert len(counts) == 20_000
    assert set(counts.values()) == {1}


def test_cancel_stops_everything(tmp_path: Path) -> None:
    """Cancelled in the middle, nothing goes out: neither what was lost, nor twins, nor the rest."""
    with running() as sandbox, api_of(sandbox) as api:
        sandbox.fail("late", delay=30, listed_after=10)
        sandbox.fail("lost")

        class Interrupting(SinchApi):
            """Is interrupted by its user at the fourth batch."""

            sent = 0

            def send(self, batch: Any) -> Any:
                self.sent += 1
                if self.sent == 4:
                    raise KeyboardInterrupt
                return api.send(batch)

        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        with campaign_of(sandbox, tmp_path / "c.db", people(50), size=10) as campaign:
            with pytest.raises(KeyboardInterrupt):
                campaign.send(Interrupting(keys, sleep=lambda _: None), unverified=True)
            counts: list[int] = []
            assert campaign.cancel(api, progress=counts.append) == 2
            assert counts
            assert campaign.status().recipients == {State.CANCELLED: 50}
            assert campaign.send(api, unverified=True).batches == {State.CANCELLED: 5}
            sandbox.advance(2 * HOLD)
            # The one that the service took notice of later than promised is there.
            assert len(reached(sandbox)) == 10
            assert campaign.cancel(api) == 1
        assert not reached(sandbox)


def test_cancel_takes_twins(tmp_path: Path) -> None:
    """Of a request that was created twice, both are cancelled."""
    with running() as sandbox, api_of(sandbox) as api:
        sandbox.fail("late", delay=100)
        with campaign_of(sandbox, tmp_path / "c.db", people(10)) as campaign:

            def interrupted(_: float) -> None:
                raise KeyboardInterrupt

            with pytest.raises(KeyboardInterrupt):
                campaign.send(api, unverified=True, waiting=interrupted)
            sandbox.advance(150)
            assert set(reached(sandbox).values()) == {2}
            assert campaign.cancel(api) == 2
            assert campaign.cancel(api) == 0
        assert not reached(sandbox)


def test_cancel_where_a_second_one_is_unknown(tmp_path: Path) -> None:
    """A batch that is cancelled already stops nobody from cancelling the others."""
    with running(second_cancel="not_found") as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "c.db", people(20), size=10) as campaign:
            campaign.send(api, unverified=True)
            sandbox.fail("lost", operation="cancel")
            assert campaign.cancel(api) == 2
        assert not reached(sandbox)


def test_list_of_others(tmp_path: Path) -> None:
    """A batch of somebody else is neither kept nor cancelled, whatever a list answers."""
    with running() as sandbox, api_of(sandbox) as api:
        others = [api.send(TextBatch(to=["447700900999"], body="Hi")).id for _ in range(2)]

        class Careless(SinchApi):
            """Its lists do not filter."""

            send = staticmethod(api.send)

            def list(self, **given: Any) -> Any:
                return api.list(**{**given, "client_reference": None})

        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        sandbox.fail("500")
        with campaign_of(sandbox, tmp_path / "c.db", people(10)) as campaign:
            status = campaign.send(Careless(keys, sleep=lambda _: None), unverified=True)
        assert (status.done, status.cancelled_doubles) == (True, 0)
        assert not any(api.retrieve(one).canceled for one in others)
        assert len(reached(sandbox)) == 11


def test_references_are_unique(tmp_path: Path) -> None:
    """Two campaigns of one name never find each other's batches."""
    with running() as sandbox, api_of(sandbox) as api:
        for name in ("a.db", "b.db"):
            numbers = people(10)
            given = {"client_reference": "march"}
            with campaign_of(sandbox, tmp_path / name, numbers, **given) as campaign:
                campaign.send(api, unverified=True)
        found = {batch["client_reference"] for batch in sandbox.inspect()["batches"]}
    assert len(found) == 2
    assert all(one.startswith("march-") for one in found)


def test_creation_takes_longer_than_hold(tmp_path: Path) -> None:
    """What was lost at the beginning is cleared up in time, though much is still to be created."""
    with running() as sandbox, api_of(sandbox) as api:

        class Slow(SinchApi):
            """Takes minutes for each batch."""

            list = staticmethod(api.list)
            cancel = staticmethod(api.cancel)

            def send(self, batch: Any) -> Any:
                sandbox.advance(45)
                return api.send(batch)

        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        slow = Slow(keys, sleep=lambda _: None)
        # The first is never accepted, the second later than settle: its twin must not go out.
        sandbox.fail("500")
        sandbox.fail("late", delay=60)
        with campaign_of(sandbox, tmp_path / "c.db", people(300), size=10) as campaign:
            status = campaign.send(slow, unverified=True)
        assert status.batches == {State.ACCEPTED: 30}
        sandbox.advance(2 * HOLD)
        assert len(reached(sandbox)) == 300
        assert set(reached(sandbox).values()) == {1}


def test_locked_by_another_name(tmp_path: Path) -> None:
    """A journal that is a link is the same journal: one sender at a time."""
    (tmp_path / "elsewhere").mkdir()
    made = plan(people(3), "Hello!")
    with Campaign.create(made, tmp_path / "c.db") as campaign:
        link = tmp_path / "elsewhere" / "link.db"
        link.symlink_to(tmp_path / "c.db")
        with (
            Campaign.open(link) as other,
            campaign._journal.locked(),
            pytest.raises(InputError, match="already"),
            other._journal.locked(),
        ):
            raise AssertionError


def test_full_disk(tmp_path: Path) -> None:
    """Where the journal cannot be written nothing is sent, and it is said in words."""
    with running() as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "c.db", people(3000), size=10) as campaign:
            db = campaign._journal._db
            db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
            with pytest.raises(OutputError, match=r"is full.*go on"):
                campaign.send(api, unverified=True)
            sent = len(sandbox.inspect()["batches"])
            assert sent < 300
            # With room again, it goes on where it was.
            db.execute("PRAGMA max_page_count = 100000")
            assert campaign.send(api, unverified=True).done
        assert len(reached(sandbox)) == 3000
        assert set(reached(sandbox).values()) == {1}


def test_unreachable(tmp_path: Path) -> None:
    """Without a connection nothing is lost: it is planned as before, and the network is named."""
    with running() as sandbox, campaign_of(sandbox, tmp_path / "c.db", people(9), size=3) as made:
        keys = Credentials(service_plan_id="demo", api_token="t", base_url="http://127.0.0.1:9")
        nowhere = SinchApi(keys, sleep=lambda _: None)
        with pytest.raises(ApiError, match=r"no connection.*the network") as raised:
            made.send(nowhere, unverified=True)
        assert not raised.value.outcome_unknown
        assert made.status().batches == {State.PLANNED: 3}
        with api_of(sandbox) as api:
            assert made.send(api, unverified=True).done


def test_update_of_half_a_campaign(tmp_path: Path) -> None:
    """An update waits until all is sent: what is sent later would be as it was."""
    with running() as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "c.db", people(20), size=10) as campaign:
            with pytest.raises(InputError, match="not all of the campaign"):
                campaign.update(api, TextUpdate(body="Bye"))
            campaign.send(api, unverified=True)
            assert campaign.update(api, TextUpdate(body="Bye")) == 2
        assert {batch["body"] for batch in sandbox.inspect()["batches"]} == {"Bye"}


def test_three_tries(tmp_path: Path) -> None:
    """Each of several tries may be accepted minutes late: before it goes out it is cancelled."""
    with running() as sandbox, api_of(sandbox) as api:
        # 400 + 60 seconds, and again: the second is there only after the first has gone out.
        sandbox.fail("late", count=3, delay=400, listed_after=60)
        with campaign_of(sandbox, tmp_path / "c.db", people(10)) as campaign:
            status = campaign.send(api, unverified=True)
        assert status.batches == {State.ACCEPTED: 1}
        assert status.cancelled_doubles == 3
        sandbox.advance(2 * HOLD)
        dispatched = [one for one in sandbox.inspect()["batches"] if one["dispatched"]]
        assert len(dispatched) == 1
        assert len(dispatched[0]["to"]) == 10


def test_gone_out_is_kept(tmp_path: Path) -> None:
    """Of two batches that which went out is kept, whichever the service lists as the older."""
    with running() as sandbox, api_of(sandbox) as api:
        sandbox.fail("late", delay=560, listed_after=10)
        with campaign_of(sandbox, tmp_path / "c.db", people(10)) as campaign:
            assert campaign.send(api, unverified=True).cancelled_doubles == 1
        sandbox.advance(2 * HOLD)
        dispatched = [one for one in sandbox.inspect()["batches"] if one["dispatched"]]
        assert [one["canceled"] for one in dispatched] == [False]


class Refusing(SinchApi):
    """Refuses requests with certain numbers, and does not say which they are."""

    def __init__(self, sandbox: Sandbox, end: str, error: ApiError) -> None:
        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        super().__init__(keys, sleep=lambda _: None)
        self.end, self.error, self.calls = end, error, 0

    def send(self, batch: Any) -> Any:
        """Send, or refuse."""
        self.calls += 1
        if any(to.endswith(self.end) for to in batch.to):
            raise self.error
        return super().send(batch)


class Answering(SinchApi):
    """Answers sends with errors, then as the sandbox does."""

    def __init__(self, sandbox: Sandbox, *errors: ApiError) -> None:
        keys = Credentials(service_plan_id="demo", api_token=sandbox.token, base_url=sandbox.url)
        super().__init__(keys, sleep=lambda _: None)
        self.errors, self.calls = list(errors), 0

    def send(self, batch: Any) -> Any:
        """Send, or do not answer."""
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return super().send(batch)


def test_retry_after(tmp_path: Path) -> None:
    """What the service asks to wait is waited for, up to a minute; else the campaign stops."""
    with running() as sandbox:
        before = sandbox.now
        api = Answering(sandbox, ApiError("send", 429, retry_after=50))
        with api, campaign_of(sandbox, tmp_path / "a.db", people(5)) as campaign:
            assert campaign.send(api, unverified=True).done
        assert 50 <= (sandbox.now - before).total_seconds() < 60
        api = Answering(sandbox, ApiError("send", 429, retry_after=3600))
        with api, campaign_of(sandbox, tmp_path / "b.db", people(5)) as campaign:
            with pytest.raises(ApiError, match="come back in 60 minutes"):
                campaign.send(api, unverified=True)
            assert campaign.status().batches == {State.PLANNED: 1}
            assert campaign.send(api, unverified=True).done


def test_no_token(tmp_path: Path) -> None:
    """Where there is no token nothing was sent: it is waited for, and nothing is looked for."""
    broken = ApiError("send", 503, token=True)
    with running() as sandbox, Answering(sandbox, broken, broken) as api:
        before = sandbox.now
        with campaign_of(sandbox, tmp_path / "a.db", people(5)) as campaign:
            assert campaign.send(api, unverified=True).done
        assert (sandbox.now - before).total_seconds() < SETTLE
        assert len(sandbox.inspect()["batches"]) == 1
        api.errors = [broken] * 100
        with campaign_of(sandbox, tmp_path / "b.db", people(5)) as campaign:
            with pytest.raises(ApiError, match="the token request before send"):
                campaign.send(api, unverified=True)
            assert campaign.status().batches == {State.PLANNED: 1}


def test_proxy(tmp_path: Path) -> None:
    """A proxy that refuses says nothing of any number: nobody is left out, and it stops."""
    for status in (400, 403, 413):
        error = ApiError("send", status, reason=PROXY)
        path = tmp_path / f"{status}.db"
        with (
            running() as sandbox,
            Answering(sandbox, error) as api,
            campaign_of(sandbox, path, people(9)) as campaign,
        ):
            with pytest.raises(ApiError, match="came from a proxy"):
                campaign.send(api, unverified=True)
            assert campaign.status().batches == {State.PLANNED: 1}
            assert not campaign.left_out()
            assert api.calls == 1
            assert campaign.send(api, unverified=True).done


UNNAMED = (ApiError("send", 403, "illegal_number_type"), ApiError("send", 400, "syntax_other"))


@pytest.mark.parametrize("error", UNNAMED)
@pytest.mark.parametrize("count", [500, 5])
def test_bad_numbers_that_are_not_named(tmp_path: Path, count: int, error: ApiError) -> None:
    """They are found by halves, left out and told; everybody else is reached."""
    numbers = people(count)
    end = numbers[count - 2][-4:]
    with running() as sandbox, Refusing(sandbox, end, error) as api:
        with campaign_of(sandbox, tmp_path / "c.db", numbers) as campaign:
            assert campaign.send(api, unverified=True).done
            assert campaign.left_out() == [(numbers[count - 2], error.code)]
        assert api.calls < 25
        assert sorted(reached(sandbox)) == sorted({*numbers} - {numbers[count - 2]})


@pytest.mark.parametrize("error", UNNAMED)
@pytest.mark.parametrize("count", [1, 7, 3000])
def test_everything_is_refused(tmp_path: Path, count: int, error: ApiError) -> None:
    """Where an account refuses all, no number is bad: nobody is left out, and it stops soon."""
    with running() as sandbox, Refusing(sandbox, "", error) as api:
        with campaign_of(sandbox, tmp_path / "c.db", people(count), size=1000) as campaign:
            with pytest.raises(ApiError, match=error.code):
                campaign.send(api, unverified=True)
            assert not campaign.left_out()
            assert api.calls <= 65
            # The account is fixed: all are reached.
            api.end = "none"
            assert campaign.send(api, unverified=True).recipients == {State.ACCEPTED: count}
        assert len(reached(sandbox)) == count


def test_feedback_in_any_spelling(tmp_path: Path) -> None:
    """A number of feedback is that of the plan, however it is written."""
    with running() as sandbox, api_of(sandbox) as api:
        with campaign_of(sandbox, tmp_path / "c.db", people(20), size=10) as campaign:
            campaign.send(api, unverified=True)
            assert campaign.feedback(api, ["00 44 77 0000 0003", "+44 (77) 0000-0004"]) == 1
        assert sandbox.inspect()["batches"][0]["feedback"] == people(5)[3:]


@pytest.mark.parametrize("count", [1, 1000])
def test_scheduled_for_later(tmp_path: Path, count: int) -> None:
    """What is scheduled for tomorrow is clear in minutes, though answers are lost."""
    with running() as sandbox, api_of(sandbox) as api:
        sandbox.fail("500", count=count)
        start = sandbox.now
        later = (start + timedelta(days=1)).isoformat()
        with campaign_of(sandbox, tmp_path / "c.db", people(10), send_at=later) as campaign:
            status = campaign.send(api, unverified=True)
        assert status.batches == {State.ACCEPTED if count == 1 else State.UNRESOLVED: 1}
        assert sandbox.now - start < timedelta(seconds=3 * HOLD)
        assert not any(one["dispatched"] for one in sandbox.inspect()["batches"])


def test_one_batch_that_is_refused_stops_no_other(tmp_path: Path) -> None:
    """Updates and feedback go to every batch; how many took them, and which did not, is said."""
    with (
        running() as sandbox,
        api_of(sandbox) as api,
        campaign_of(
            sandbox, tmp_path / "c.db", people(30), size=10, feedback_enabled=True
        ) as campaign,
    ):
        campaign.send(api, unverified=True)
        first, *others = campaign.batches()
        assert [each.state for each in (first, *others)] == [State.ACCEPTED] * 3
        assert first.batch_id is not None
        api.cancel(first.batch_id)
        with pytest.raises(InputError, match=f"2 of 3 batches .* first '{first.batch_id}'"):
            campaign.update(api, TextUpdate(body="Bye"))
        bodies = {each["id"]: each["body"] for each in sandbox.inspect()["batches"]}
        assert [bodies[each.batch_id or ""] for each in others] == ["Bye", "Bye"]
        # Where the service is out of reach, it is no use to go on.
        sandbox.fail("500", operation="feedback", count=5)
        with pytest.raises(InputError, match="0 of 3 batches took the feedback, 1 did not"):
            campaign.feedback(api)
        assert campaign.feedback(api, ["+447700000015", "447700000016"]) == 1


@pytest.mark.parametrize("place", ["missing/c.db", "file/c.db"])
def test_a_journal_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    """It is named, with the next step, also where its folder is none."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"cannot be written .* name another place"):
        Campaign.create(plan(people(1), "Hello!"), tmp_path / place)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
