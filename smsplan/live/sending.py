"""Creating the batches of a campaign, and clearing up those whose answer was lost.

What is promised, and why it holds, stands in ``campaigns``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from smsplan.api.batches import TextBatch, parse_time
from smsplan.api.profiles import Profile
from smsplan.errors import InputError
from smsplan.live.api_error import ApiError
from smsplan.live.journal import Entry, Journal, State
from smsplan.live.operations import BatchesApi, SentBatch

POLL = 2.0
# The service's clock may be so far from ours; a reference is a batch's own, however old.
SKEW = timedelta(days=1)
_NO_TIME = datetime.max.replace(tzinfo=UTC)
# Waits after 429, in seconds, doubled each time up to the second figure; what the service asks for
# is waited for up to that.
_WAIT, _LONGEST_WAIT, _REFUSALS = 1.0, 60.0, 12
# So often a request whose answer is lost is created again by one run.
_TRIES = 3
# As many waits, where there is no connection at all, or no token.
_UNREACHABLE = 6
# So many recipients in a row that are refused alike are no single bad numbers.
_ALL_BAD = 25
# So many requests in a row that are refused for no named reason: it is not for a number in them.
_ALL_REFUSED = 64


class Sender:
    """One run over a campaign's journal against an account.

    ``progress`` is called with the number of recipients that are accepted, ``waiting`` with the
    seconds that are left of a wait.
    """

    def __init__(
        self,
        journal: Journal,
        api: BatchesApi,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        progress: Callable[[int], None] | None = None,
        waiting: Callable[[float], None] | None = None,
    ) -> None:
        self._journal = journal
        self._api = api
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._waiting = waiting
        self._tries: Counter[int] = Counter()
        # Requests that were refused since one was accepted, and those to one number among them.
        self._in_a_row = 0
        self._doubted: dict[int, ApiError] = {}
        # When this run looked for a request that was created again.
        self._looked: dict[int, float] = {}
        # Since when it could not.
        self._failing: dict[int, float] = {}
        # So many seconds the service asked to be left alone when it was looked into.
        self._asked = 0.0

    def run(self, *, resend: bool = False) -> None:
        """Create what is not created yet, until all is clear or ``unresolved``."""
        now = self._clock()
        self._journal.recover(now, lambda entry: self._too_late(entry, now))
        for entry in self._journal.entries(State.UNRESOLVED):
            # Perhaps it has come up meanwhile.
            if not self._keep_one(entry) and resend:
                self._journal.set(
                    entry.number, state=State.PLANNED, send_at=None, started=None, created=0
                )
        self._create_all()
        self._clear_up()

    def _create_all(self) -> None:
        refused = 0
        while planned := self._journal.entries(State.PLANNED):
            for entry in planned:
                before = self._journal.count_left_out()
                self._create(self._journal.entry(entry.number))
                gone = self._journal.count_left_out() - before
                refused = refused + gone if gone else 0
                if refused >= _ALL_BAD:
                    raise InputError(
                        f"the API refused {refused:,} recipients one after the other; look at them "
                        "(campaign status --left-out) before you go on"
                    )
                self._say()
                self._see_to()
            if self._doubted and len(self._doubted) == len(self._journal.entries(State.PLANNED)):
                raise next(iter(self._doubted.values()))

    def _say(self) -> None:
        if self._progress is not None:
            _, recipients = self._journal.counts().get(State.ACCEPTED, (0, 0))
            self._progress(recipients)

    def _see_to(self) -> None:
        """Clear up what is due although not all is created yet: that may take longer than hold."""
        settle = self._journal.meta("settle")
        for entry in self._journal.entries(State.LOST):
            if entry.lost_at is None or self._clock() - entry.lost_at >= settle:
                self._look(entry)
        for entry in self._journal.unsure():
            self._look_again(entry)

    def _create(self, entry: Entry) -> None:
        """Create a batch, with waits where the service asks for them, or cannot be reached."""
        wait = _WAIT
        for attempt in range(1, _REFUSALS + 1):
            batch, send_at = self._batch(entry)
            now = self._clock()
            call = self._journal.begin(
                entry.number,
                "send",
                now,
                state=State.CALLING,
                send_at=send_at,
                started=now if entry.started is None else entry.started,
                unsure=int(entry.created > 0),
                created=entry.created + 1,
            )
            try:
                sent = self._api.send(batch)
            except ApiError as error:
                if error.passing and not error.outcome_unknown:
                    # For sure, nothing was made.
                    self._back(call, entry, str(error.status or error.reason))
                    asked = error.retry_after or 0.0
                    if asked > _LONGEST_WAIT or (error.status != 429 and attempt >= _UNREACHABLE):
                        raise
                    self._say()
                    self._sleep(max(random.uniform(wait / 2, wait), asked))
                    wait = min(2 * wait, _LONGEST_WAIT)
                    continue
                self._failed(call, entry, error)
            else:
                self._accepted(call, entry, sent)
            return
        raise InputError(
            f"the service answered {_REFUSALS} times in a row that it has too many requests; go on "
            "later: campaign send"
        )

    def _batch(self, entry: Entry) -> tuple[TextBatch, datetime]:
        """Return the batch that is sent, and its ``send_at``.

        Each try is ``hold`` ahead: however late it is accepted within that time, it can still be
        cancelled. Of two, the one that goes out first is kept.
        """
        soonest = datetime.fromtimestamp(self._clock(), UTC) + timedelta(
            seconds=self._journal.meta("hold")
        )
        given = entry.request.get("send_at")
        send_at = soonest if given is None else max(parse_time(given), soonest)
        request = {
            **entry.request,
            "send_at": send_at.isoformat(),
            "client_reference": entry.reference,
        }
        expires = request.get("expire_at")
        if expires is not None and parse_time(expires) <= send_at:
            raise InputError(
                "the schedule has passed: batches would expire before they are sent; make the "
                "schedule anew"
            )
        # What the plan's profile allows, the account may refuse all the same.
        return TextBatch.from_dict(
            request, profile=Profile.from_dict(self._journal.meta("profile"))
        ), send_at

    def _back(self, call: int, entry: Entry, outcome: str) -> None:
        """Write down that nothing was made: the request is as it was before the call."""
        state = State.PLANNED if not entry.created else State.LOST
        self._journal.end(
            call,
            self._clock(),
            outcome,
            entry.number,
            state=state,
            created=entry.created,
            unsure=int(entry.created > 1),
            lost_at=entry.lost_at,
            **({} if entry.created else {"send_at": None, "started": None}),
        )

    def _accepted(self, call: int, entry: Entry, sent: SentBatch) -> None:
        self._in_a_row = 0
        self._doubted.clear()
        self._journal.end(
            call,
            self._clock(),
            "accepted",
            entry.number,
            state=State.ACCEPTED,
            batch_id=sent.id,
            lost_at=None,
        )

    def _failed(self, call: int, entry: Entry, error: ApiError) -> None:
        outcome = error.code or str(error.status or error.reason)
        if error.outcome_unknown:
            at = self._clock()
            self._journal.end(call, at, outcome, entry.number, state=State.LOST, lost_at=at)
            return
        self._back(call, entry, outcome)
        entry = self._journal.entry(entry.number)
        to, place = entry.request["to"], error.place
        if place is not None and place < len(to):
            self._journal.leave_out(entry, [to[place]], error.code)
        elif error.code == "illegal_number_type" or (
            error.status == 400 and not error.field and not error.from_proxy
        ):
            if entry.created:
                # One that was lost may be there whole: as it is, it cannot be split any more.
                self._journal.set(entry.number, state=State.UNRESOLVED)
                return
            self._in_a_row += 1
            if self._in_a_row > _ALL_REFUSED:
                raise error
            if len(to) > 1:
                self._journal.split(entry)
            elif self._journal.counts().get(State.ACCEPTED):
                self._journal.leave_out(entry, to, error.code)
            else:
                # Nothing was accepted yet: perhaps it is not the number that is refused.
                self._doubted[entry.number] = error
        else:
            raise error

    # Clearing up.

    def _clear_up(self) -> None:
        """Look for what is lost until it is clear, and for seconds of what was created again."""
        poll = min(POLL, self._journal.meta("settle") / 4)
        while True:
            lost = self._journal.entries(State.LOST)
            for entry in lost:
                self._look(entry)
            if lost:
                self._say()
            for entry in self._journal.unsure():
                self._look_again(entry)
            lost, unsure = self._journal.entries(State.LOST), self._journal.unsure()
            if lost:
                # What may be there twice cannot wait.
                self._sleep(poll if unsure else max(poll, min(self._asked, _LONGEST_WAIT)))
                self._asked = 0.0
            elif unsure:
                ends = [self._next_looks(entry) for entry in unsure]
                soonest = max(min(end[0] for end in ends), self._clock() + poll)
                self._wait(soonest, max(end[-1] for end in ends))
            else:
                return

    def _wait(self, end: float, last: float) -> None:
        """Wait, in a person's sight where somebody is looking; ``last`` ends the last wait."""
        while self._waiting is not None and end - self._clock() > 1:
            self._waiting(last - self._clock())
            self._sleep(1)
        self._sleep(max(0.0, end - self._clock()))

    def _deadlines(self, entry: Entry) -> list[float]:
        """Until when each try of a request can be looked for, before it may go out."""
        ahead = float(self._journal.meta("hold")) - float(self._journal.meta("margin"))
        return sorted(at + ahead for at in self._journal.begun(entry.number, "send"))

    def _too_late(self, entry: Entry, now: float) -> bool:
        return entry.send_at is not None and now >= self._deadlines(entry)[-1]

    def _look(self, entry: Entry) -> None:
        """Look for a lost request: keep what is found, create it again, or give up."""
        listed = True
        try:
            if self._keep_one(entry):
                return
        except ApiError as error:
            if error.refused:
                raise
            listed = False
            self._asked = error.retry_after or 0.0
        now = self._clock()
        lost_at = now if entry.lost_at is None else entry.lost_at
        settled = listed and now - lost_at >= self._journal.meta("settle")
        if settled and self._tries[entry.number] < _TRIES:
            self._tries[entry.number] += 1
            self._create(self._journal.entry(entry.number))
        elif self._too_late(entry, now) and (
            settled or (not listed and self._failing_long(entry, now))
        ):
            self._journal.set(entry.number, state=State.UNRESOLVED)

    def _look_again(self, entry: Entry) -> None:
        """Look, shortly before each of its tries goes out, what of them is there."""
        now, ends = self._clock(), self._next_looks(entry)
        if now < ends[0]:
            return
        try:
            self._keep_one(entry)
        except ApiError as error:
            if error.refused:
                raise
            if now < ends[-1] or not self._failing_long(entry, now):
                return
            self._journal.set(entry.number, state=State.UNRESOLVED)
        self._looked[entry.number] = now
        if now >= ends[-1]:
            self._journal.set(entry.number, unsure=0)

    def _failing_long(self, entry: Entry, now: float) -> bool:
        """Whether looking has failed for so long that nothing is to be hoped for."""
        since = self._failing.setdefault(entry.number, now)
        return bool(now - since >= self._journal.meta("settle"))

    def _next_looks(self, entry: Entry) -> list[float]:
        """Return when a request is looked for again: shortly before each of its tries may go out.

        What is scheduled for later is not waited for: by then all is there that is accepted within
        ``hold``.
        """
        after = self._looked.get(entry.number, 0.0)
        return [end for end in self._deadlines(entry) if end > after] or [0.0]

    def batches_of(self, entry: Entry) -> list[SentBatch]:
        """Return the batches of a request that are not cancelled, the first to go out first."""
        started = self._clock() if entry.started is None else entry.started
        page = self._api.list(
            client_reference=entry.reference,
            start_date=datetime.fromtimestamp(started, UTC) - SKEW,
            page_size=100,
        )
        # Whatever a list holds, only what is ours may be kept, or cancelled.
        made = [
            batch
            for batch in page.batches
            if not batch.canceled and batch.batch.client_reference == entry.reference
        ]
        return sorted(made, key=_goes_out)

    def _keep_one(self, entry: Entry) -> bool:
        """Keep what goes out first of a request, and cancel the others; False where none is."""
        found = self.batches_of(entry)
        self._failing.pop(entry.number, None)
        if not found:
            return False
        for other in found[1:]:
            self.cancel(entry, other.id)
            self._journal.put_double(other.id, entry.number, self._clock())
        self._journal.set(entry.number, state=State.ACCEPTED, batch_id=found[0].id, lost_at=None)
        return True

    def cancel(self, entry: Entry, id_: str) -> None:
        """Cancel one batch of a request; one that is cancelled already is that as well."""
        call = self._journal.begin(entry.number, "cancel", self._clock())
        try:
            self._api.cancel(id_)
        except ApiError as error:
            # Some services know a batch no more that is cancelled already.
            if error.status != 404 or not self._api.retrieve(id_).canceled:
                raise
        self._journal.end(call, self._clock(), "cancelled", None)


def _goes_out(batch: SentBatch) -> tuple[datetime, datetime, str]:
    """When a batch goes out; of those that do so together the older comes first."""
    made = batch.created_at or _NO_TIME
    try:
        due = max(parse_time(batch.batch.send_at or ""), made)
    except ValueError:
        due = made
    return due, made, batch.id
