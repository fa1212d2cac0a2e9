"""Sending a plan so that nobody gets a message twice and nobody is forgotten.

The API has no idempotency key, and may accept a request after its caller gave up. So every batch is
created with a ``send_at`` some minutes ahead (``hold``); a journal on disk is written before and
after each call; and each batch has a ``client_reference`` of its own by which a lost one is looked
for. What is found is kept; what is not found within ``settle`` is created again, ``hold`` ahead;
and before that goes out, it is looked for once more: of two, the one that would go out later is
cancelled.

Promised: each recipient is in exactly one accepted batch, as long as the service lists what it
accepts within ``settle`` after it closed the connection. Where it takes longer, but less than
``hold``, what is unclear is ``unresolved``, reported, and never sent again unless that is asked
for; nothing goes out twice.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smsplan.api.batches import TextUpdate
from smsplan.api.profiles import SWITCHES
from smsplan.errors import InputError
from smsplan.live.api_error import ApiError
from smsplan.live.journal import Entry, Journal, State
from smsplan.live.operations import BatchesApi, ReportsApi
from smsplan.live.sending import POLL, SKEW, Sender
from smsplan.numbers import normalise
from smsplan.outputs import check_distinct, whole_file
from smsplan.plurals import counted
from smsplan.reports import Report
from smsplan.showing import drawn

if TYPE_CHECKING:
    from smsplan.live.verification import Verification
    from smsplan.money.schedules import Schedule
    from smsplan.planning.plans import Plan

HOLD = 600.0
SETTLE = 120.0
# So long before a batch goes out it is looked for the last time: a list and a cancel take a minute
# each where every try but the last gets no answer (``api.PATIENCE``).
MARGIN = 120.0
# What one batch is refused with does not stop the others of an update or of feedback.
_OF_ONE_BATCH = frozenset({400, 403, 404})


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a campaign stands: requests and recipients by state, and whom the API refused."""

    batches: Mapping[State, int]
    recipients: Mapping[State, int]
    left_out: int
    cancelled_doubles: int

    @property
    def done(self) -> bool:
        """Whether nothing is left to be sent, or to be cleared up."""
        open_ = (State.PLANNED, State.CALLING, State.LOST, State.UNRESOLVED)
        return not any(self.batches.get(state) for state in open_)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "done": self.done,
            "batches": {str(state): self.batches.get(state, 0) for state in State},
            "recipients": {str(state): self.recipients.get(state, 0) for state in State},
            "left_out": self.left_out,
            "cancelled_doubles": self.cancelled_doubles,
        }

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be known besides."""
        lines = []
        if self.left_out:
            lines.append(f"left out: {counted(self.left_out, 'recipient')}, refused by the API")
        if self.cancelled_doubles:
            lines.append(
                f"{self.cancelled_doubles:,} second batches cancelled before they went out"
            )
        if self.batches.get(State.UNRESOLVED):
            lines.append(
                "unresolved: it is not known whether these were accepted; look at the account, "
                "and send them again only if they were not (resend)"
            )
        return tuple(lines)

    def _repr_html_(self) -> str:
        return drawn("live_views.as_html", self)

    def __str__(self) -> str:
        lines = [
            f"{state}: {counted(self.batches[state], 'batch', 'batches')}, "
            f"{counted(self.recipients[state], 'recipient')}"
            for state in State
            if self.batches.get(state)
        ]
        return "\n".join([*lines, *self.remarks])


class Campaign:
    """A plan that is being sent, and the journal of it.

    ``clock`` gives the time in seconds, ``sleep`` waits; both for tests. Use it as a context
    manager, or :meth:`close` it.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"<Campaign {self._journal.path}>"

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    @classmethod
    def create(
        cls,
        plan: Plan,
        journal: str | os.PathLike[str],
        *,
        schedule: Schedule | None = None,
        hold: float = HOLD,
        settle: float = SETTLE,
        margin: float | None = None,
        guard: Mapping[str, Any] | None = None,
        plan_file: str | os.PathLike[str] | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        **options: Any,
    ) -> Campaign:
        """Write a campaign's journal; nothing is sent.

        ``guard`` are limits of :meth:`Plan.check`, ``options`` fields of :meth:`Plan.batches`.
        ``hold`` is how many seconds ahead each batch is created, ``settle`` how many the service
        may take until it lists what it accepted, ``margin`` how long before a batch goes out it is
        looked for the last time (a fifth of ``hold``, two minutes at most). ``plan_file`` is the
        file of a saved plan, which has to be the same when it is sent.

        Raises :class:`~smsplan.errors.PlanRejected` where the plan is above its limits.
        """
        if margin is None:
            margin, least = min(MARGIN, hold / 5), min(2 * settle + MARGIN, 2.5 * settle)
        else:
            least = 2 * settle + margin
        if hold < least:
            raise InputError(
                f"hold={hold:g} seconds leave no time to look for a lost batch twice; use at least "
                f"{least:g}, or a shorter settle"
            )
        plan.check(**(guard or {}))
        if not plan.messages:
            raise InputError("the plan sends nothing; see its problems")
        # By its reference a batch is looked for, and a second one cancelled: no other campaign may
        # ever have the same.
        name = f"{options.pop('client_reference', None) or 'smsplan'}-{secrets.token_hex(4)}"
        meta = {
            "reference": name,
            "hold": hold,
            "settle": settle,
            "margin": margin,
            "messages": plan.messages,
            "parts": plan.parts,
            "profile": plan.settings.profile.to_dict(),
            "plan_file": None if plan_file is None else os.path.abspath(plan_file),  # noqa: PTH100
            "plan_digest": None if plan_file is None else _digest(plan_file),
            "verified": False,
        }

        def requests() -> Iterator[tuple[str, Mapping[str, Any]]]:
            for number, batch in enumerate(plan.batches(schedule=schedule, **options), start=1):
                request = batch.to_dict()
                request.pop("client_reference", None)
                yield f"{name}-{number:06}", request

        return cls(Journal.create(journal, meta, requests()), clock=clock, sleep=sleep)

    @classmethod
    def open(
        cls,
        journal: str | os.PathLike[str],
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Campaign:
        """Open a campaign that was created before."""
        return cls(Journal.open(journal), clock=clock, sleep=sleep)

    @property
    def messages(self) -> int:
        """How many messages the plan sends."""
        return int(self._journal.meta("messages"))

    @property
    def parts(self) -> int:
        """How many parts they are billed as."""
        return int(self._journal.meta("parts"))

    @property
    def verified(self) -> bool:
        """Whether the plan's profile was verified on an account, without differences."""
        return bool(self._journal.meta("verified"))

    def set_verified(self, profile: Mapping[str, Any], differences: int) -> None:
        """Note a verification; raises InputError where it is of another profile, or differs."""
        # What an account calls things decides nothing of what is sent.
        own = self._journal.meta("profile")
        if any(profile.get(switch) != own.get(switch) for switch in SWITCHES):
            raise InputError("the verification is of another profile than the plan's; verify anew")
        if differences:
            raise InputError(
                f"the verification found {differences:,} differences; plan again with the profile "
                "that explains them"
            )
        self._journal.put_meta("verified", True)

    def status(self) -> Status:
        """Say where the campaign stands."""
        counts = self._journal.counts()
        return Status(
            batches={state: count for state, (count, _) in counts.items()},
            recipients={state: people for state, (_, people) in counts.items()},
            left_out=self._journal.count_left_out(),
            cancelled_doubles=self._journal.doubles(),
        )

    def left_out(self) -> list[tuple[str, str]]:
        """Return the recipients that the API refused, each with its code."""
        return self._journal.left_out()

    def batches(self) -> list[Entry]:
        """Return the requests of the campaign, each with its state and the id of its batch.

        They come without their texts: ``request`` is empty.
        """
        return self._journal.entries()

    # Sending.

    def send(
        self,
        api: BatchesApi,
        *,
        verification: Verification | None = None,
        unverified: bool = False,
        resend: bool = False,
        progress: Callable[[int], None] | None = None,
        waiting: Callable[[float], None] | None = None,
    ) -> Status:
        """Send what is not sent yet, and clear up what is unclear; interrupted, call it again.

        Returns when every request is accepted, refused or unresolved: where a batch had to be
        created again, that is within ``hold``. ``verification`` is what ``verify`` found
        of the plan; ``unverified`` sends although the profile was never verified; ``resend`` sends
        unresolved requests again, which may send them twice.
        ``progress`` is called with the number of recipients that are accepted, ``waiting`` about
        every second with the seconds until what was created again is looked for the last time.

        Raises :class:`~smsplan.errors.InputError` where the plan's file has changed or somebody is
        sending already, and :class:`~smsplan.sinch.ApiError` where the account refuses to send.
        """
        if verification is not None:
            self.set_verified(verification.profile.to_dict(), len(verification.differences))
        self._check_sendable(unverified=unverified)
        with self._journal.locked():
            self._sender(api, progress, waiting).run(resend=resend)
        return self.status()

    def _sender(
        self,
        api: BatchesApi,
        progress: Callable[[int], None] | None = None,
        waiting: Callable[[float], None] | None = None,
    ) -> Sender:
        return Sender(
            self._journal,
            api,
            clock=self._clock,
            sleep=self._sleep,
            progress=progress,
            waiting=waiting,
        )

    def _check_sendable(self, *, unverified: bool) -> None:
        path, digest = self._journal.meta("plan_file"), self._journal.meta("plan_digest")
        if path is not None and Path(path).exists() and _digest(path) != digest:
            raise InputError(
                f"the plan '{path}' has changed since the campaign was created; create it anew"
            )
        if not self.verified and not unverified:
            raise InputError(
                "the plan's profile was never verified on the account; run smsplan verify and name "
                "its result (--verification), or say that you send all the same (--unverified)"
            )

    # The whole campaign.

    def cancel(self, api: BatchesApi, *, progress: Callable[[int], None] | None = None) -> int:
        """Stop the campaign: cancel every batch of it; returns how many.

        What is not sent yet never will be. What was lost is looked for until ``settle`` has passed,
        and cancelled too; ``progress`` is called meanwhile with how many were cancelled. Called
        again, it looks again for what was not found.
        """
        with self._journal.locked():
            self._journal.recover(self._clock(), lambda _: False)
            self._journal.call_off()
            sender = self._sender(api)
            count = 0
            for entry in self._journal.entries(State.ACCEPTED):
                found = {batch.id for batch in sender.batches_of(entry)} if entry.unsure else set()
                for id_ in sorted(found | {entry.batch_id or ""} - {""}):
                    sender.cancel(entry, id_)
                    count += 1
                self._journal.set(entry.number, state=State.CANCELLED, unsure=0)
            open_ = self._journal.entries(State.LOST, State.UNRESOLVED, State.CANCELLED)
            open_ = [entry for entry in open_ if entry.created and entry.batch_id is None]
            while open_:
                count += sum(self._cancel_lost(sender, entry) for entry in open_)
                open_ = self._journal.entries(State.LOST)
                if progress is not None:
                    progress(count)
                if open_:
                    self._sleep(min(POLL, self._journal.meta("settle") / 4))
        return count

    def _cancel_lost(self, sender: Sender, entry: Entry) -> int:
        """Cancel what there is of a request whose answer is missing; returns how many."""
        found = sender.batches_of(entry)
        for batch in found:
            sender.cancel(entry, batch.id)
        now = self._clock()
        settled = now - (now if entry.lost_at is None else entry.lost_at)
        if found:
            self._journal.set(entry.number, state=State.CANCELLED, batch_id=found[0].id)
        elif entry.state is State.LOST and settled >= self._journal.meta("settle"):
            self._journal.set(entry.number, state=State.CANCELLED)
        return len(found)

    def update(self, api: BatchesApi, update: TextUpdate) -> int:
        """Update every batch that was accepted, such as its ``send_at``; returns how many.

        Recipients cannot be added to a whole campaign, and all of it has to be sent: raises
        InputError.
        """
        if {"to_add", "client_reference"} & set(update.to_dict()):
            raise InputError(
                "recipients and references belong to single batches; see: smsplan batches update"
            )
        open_ = self._journal.entries(State.PLANNED, State.CALLING, State.LOST)
        if open_ or self._journal.unsure():
            raise InputError(
                "not all of the campaign is sent and clear, and the rest would go out as it was; "
                "first go on with it: campaign send"
            )
        return self._each("update", lambda entry: api.update(entry.batch_id or "", update))

    def feedback(self, api: BatchesApi, recipients: Sequence[str] | None = None) -> int:
        """Say that messages arrived: of these recipients, or of all; returns how many batches."""
        wanted = None if recipients is None else {normalise(one) or one for one in recipients}

        def give(entry: Entry) -> bool:
            here = []
            if wanted is not None:
                to = self._journal.entry(entry.number).request["to"]
                here = [number for number in to if number in wanted]
                if not here:
                    return False
            api.feedback(entry.batch_id or "", here)
            return True

        return self._each("feedback", give)

    def _each(self, operation: str, do: Callable[[Entry], Any]) -> int:
        """Do something with every accepted batch, also where some of them are refused."""
        count = 0
        refused: list[tuple[str, ApiError]] = []
        with self._journal.locked():
            entries = [one for one in self._journal.entries(State.ACCEPTED) if one.batch_id]
            for entry in entries:
                call = self._journal.begin(entry.number, operation, self._clock())
                try:
                    count += do(entry) is not False
                except ApiError as error:
                    self._journal.end(call, self._clock(), error.code or str(error.status), None)
                    refused.append((entry.batch_id or "", error))
                    if error.status not in _OF_ONE_BATCH:
                        break
                else:
                    self._journal.end(call, self._clock(), "done", None)
        if refused:
            id_, first = refused[0]
            done = f"{count:,} of {counted(len(entries), 'batch', 'batches')} took the {operation}"
            raise InputError(f"{done}, {len(refused):,} did not, first '{id_}': {first}")
        return count

    def delivery_reports(self, api: ReportsApi) -> Iterator[Report]:
        """Yield the delivery reports of the campaign: what :meth:`Plan.reconcile` takes."""
        entries = self._journal.entries()
        ids = {entry.batch_id for entry in entries if entry.batch_id is not None}
        start = min((entry.started for entry in entries if entry.started), default=None)
        since = None if start is None else datetime.fromtimestamp(start, UTC) - SKEW
        return (report for report in api.reports(start_date=since) if report.batch_id in ids)

    def reports(self, api: ReportsApi, output: str | os.PathLike[str]) -> int:
        """Write the delivery reports of the campaign as CSV, which ``reconcile`` reads.

        Returns how many there are; whole or not at all.
        """
        names = [
            one.name for one in fields(Report) if one.name not in ("place", "price", "currency")
        ]
        check_distinct({"output": output}, {"the journal": self._journal.path})
        count = 0
        with whole_file(output, private=True) as file:
            writer = csv.writer(codecs.getwriter("utf-8")(file))
            writer.writerow(names)
            for report in self.delivery_reports(api):
                cells = [getattr(report, name) for name in names]
                writer.writerow(["" if cell is None else cell for cell in cells])
                count += 1
        return count


def _digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 (hex) of a file, or of all files of a folder with their names."""
    found = hashlib.sha256()
    root = Path(path)
    for each in sorted(root.rglob("*")) if root.is_dir() else [root]:
        if each.is_file():
            found.update(each.name.encode())
            with each.open("rb") as file:
                while block := file.read(1 << 20):
                    found.update(block)
    return found.hexdigest()
