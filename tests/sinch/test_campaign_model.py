"""Campaigns against a service in memory with a clock of its own: many interruptions, in seconds."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smsplan import TextBatch, plan
from smsplan.live import journal as journals
from smsplan.live.campaigns import Campaign
from smsplan.live.journal import State
from smsplan.live.operations import BatchPage
from smsplan.sinch import ApiError, SentBatch

HOLD, SETTLE, MARGIN = 600.0, 120.0, 30.0
TRIES = 15
START = 1_800_000_000.0


class Killed(BaseException):
    """The sender ends at once, as by SIGKILL."""


@dataclass
class Kept:
    """A batch of the service: when it is accepted, listed, sent, and perhaps cancelled."""

    id: str
    batch: TextBatch
    accepted: float
    listed: float
    send_at: float
    cancelled: float | None = None

    @property
    def went_out(self) -> bool:
        """Whether its recipients got it."""
        return self.cancelled is None or self.cancelled >= self.send_at


class Service:
    """Has every fault, and answers within a second; ``late`` is D + L of what it accepts late."""

    def __init__(self, seed: int, late: tuple[float, float]) -> None:
        self.chance = random.Random(seed)
        self.late = late
        self.now = START
        self.kill = 0.01
        self.batches: dict[str, Kept] = {}

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += max(0.0, seconds)
        self._moment()

    def _moment(self) -> None:
        if self.chance.random() < self.kill:
            raise Killed

    def _faulty(self, operation: str, *kinds: tuple[int | None, str]) -> None:
        self._moment()
        self.now += self.chance.random()
        for status, reason in kinds:
            if self.chance.random() < 0.1:
                raise ApiError(operation, status, reason=reason)

    def send(self, batch: Any) -> SentBatch:
        """Accept a batch: at once, or late; the answer may be lost."""
        self._faulty("send", (429, ""), (500, ""), (None, "no connection"))
        lost, delay, lag = self.chance.random() < 0.5, 0.0, 0.0
        if lost and self.chance.random() < 0.7:
            delay = self.chance.uniform(*self.late) * (share := self.chance.random())
            lag = delay / share - delay
        at = self.now + delay
        due = datetime.fromisoformat(batch.send_at).timestamp()
        made = Kept(f"B{len(self.batches)}", batch, at, at + lag, max(due, at))
        self.batches[made.id] = made
        if lost:
            self.now += 10
            self._moment()
            raise ApiError("send", None, reason="it took too long")
        self._moment()
        return self._answer(made)

    def _answer(self, made: Kept) -> SentBatch:
        at = datetime.fromtimestamp(made.accepted, UTC)
        return SentBatch(id=made.id, batch=made.batch, canceled=made.cancelled is not None,
                         created_at=at, modified_at=at)  # fmt: skip

    def list(
        self, *, client_reference: str, start_date: datetime, page_size: int = 100
    ) -> BatchPage:
        """List what is listed by now."""
        self._faulty("list", (500, ""))
        found = [
            self._answer(each)
            for each in self.batches.values()
            if each.listed <= self.now
            and each.batch.client_reference == client_reference
            and each.accepted >= start_date.timestamp()
        ]
        return BatchPage(page=0, count=len(found), batches=tuple(found[:page_size]))

    def cancel(self, batch_id: str) -> SentBatch:
        """Cancel a batch; the answer may be lost."""
        self._faulty("cancel", (500, ""))
        made = self.batches[batch_id]
        if made.cancelled is None:
            made.cancelled = self.now
        self._faulty("cancel", (None, "it took too long"))
        return self._answer(made)


def outcome(
    service: Service, path: Path, down: float, monkeypatch: pytest.MonkeyPatch, cancel_at: int = -1
) -> tuple[Campaign, Counter[str]]:
    """Send with every interruption; returns the campaign, and how often each number was texted."""
    connect = journals._connect

    def quick(path: Path) -> sqlite3.Connection:
        db = connect(path)
        # Nothing here takes the power away.
        db.execute("PRAGMA synchronous=OFF")
        return db

    monkeypatch.setattr(journals, "_connect", quick)
    times: Any = {"clock": service.clock, "sleep": service.sleep}
    made = plan([f"4477009{place:05}" for place in range(60)], "Hello!")
    Campaign.create(made, path, hold=HOLD, settle=SETTLE, margin=MARGIN, size=7, **times).close()
    api: Any = service
    for run in range(500):
        with Campaign.open(path, **times) as campaign:
            try:
                if 0 <= cancel_at <= run:
                    campaign.cancel(api)
                else:
                    campaign.send(api, unverified=True)
                    if run < cancel_at:
                        continue
            except Killed:
                service.now += service.chance.uniform(0, down)
            except ApiError:
                service.now += 5
            else:
                break
    service.now += 10 * HOLD
    texted = Counter(
        to for each in service.batches.values() if each.went_out for to in each.batch.to
    )
    return Campaign.open(path), texted


@pytest.mark.parametrize("down", [20.0, 4000.0])
@pytest.mark.parametrize("seed", range(TRIES))
def test_below_settle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, down: float
) -> None:
    """Listed within settle, everybody is texted once, however often and long the sender is down."""
    campaign, texted = outcome(Service(seed, (0, SETTLE - 5)), tmp_path / "c.db", down, monkeypatch)
    with campaign:
        assert campaign.status().done
    assert len(texted) == 60
    assert set(texted.values()) == {1}


@pytest.mark.parametrize("seed", range(TRIES))
def test_above_settle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Listed later, but within hold, nobody is texted twice; who is not is unresolved."""
    service = Service(seed, (SETTLE + 5, HOLD - 2 * MARGIN))
    campaign, texted = outcome(service, tmp_path / "c.db", 10.0, monkeypatch)
    with campaign:
        unresolved = campaign.status().recipients.get(State.UNRESOLVED, 0)
    assert set(texted.values()) == {1}
    assert len(texted) >= 60 - unresolved


@pytest.mark.parametrize("seed", range(TRIES))
def test_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Cancelled in the middle, nobody is texted, though the cancelling is interrupted too."""
    service = Service(seed, (0, SETTLE - 5))
    service.kill = 0.2
    campaign, texted = outcome(service, tmp_path / "c.db", 3.0, monkeypatch, cancel_at=2)
    with campaign:
        assert set(campaign.status().batches) == {State.CANCELLED}
    assert not texted
