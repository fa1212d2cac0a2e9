"""One account of the sandbox: rules, what is kept, and a clock that can be moved."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smsplan.api.batches import msisdn, parse_time
from smsplan.api.dryruns import dry_run
from smsplan.errors import InputError, RequestRefused
from smsplan.sandbox import rules
from smsplan.sandbox.rules import Refusal, Stored
from smsplan.sandbox.settings import Failure, Settings
from smsplan.sandbox.store import Callback, Store

Answer = tuple[int, Any]
TOKEN_LIFE = timedelta(hours=1)
TOKEN_REMEMBERED = timedelta(days=1)
# How far the clock may be moved in all: to before the last year that a date can have.
_FARTHEST = 2 * 10**11
# Posts of a callback that failed are tried again so many seconds later.
RETRIES = (1, 5, 30, 120)


class Account:
    """Answers the operations of the API; every method is whole, from any thread.

    Raises :class:`~smsplan.sandbox.rules.Refusal` where the API would refuse, and
    :class:`~smsplan.errors.OutputError` where the disk does: then nothing was done.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self._store = store
        self._lock = threading.RLock()
        self._chance = random.Random(secrets.randbits(64))
        self._faulty = random.Random(settings.seed)
        self._faults: list[Failure] = []
        self._left: list[int] = []
        self._tokens: dict[str, datetime] = {}
        with store.transaction():
            self._offset = store.offset()

    def close(self) -> None:
        """Close the file, when nobody is using it; whoever comes later gets an OutputError."""
        with self._lock:
            self._store.close()

    @property
    def now(self) -> datetime:
        """The sandbox's time, in whole milliseconds, as the API writes it."""
        now = datetime.now(UTC) + timedelta(seconds=self._offset)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    @contextmanager
    def _holding(self) -> Iterator[datetime]:
        """One thing at a time; all of it is kept, or nothing."""
        with self._lock, self._store.transaction():
            yield self.now

    @contextmanager
    def _doing(self) -> Iterator[datetime]:
        """As :meth:`_holding`, with what is due done before."""
        with self._holding() as now:
            self._dispatch(now)
            yield now

    def _groups(self) -> rules.Members:
        return rules.Members(self._store.groups())

    def _batch(self, id_: str, now: datetime) -> Stored:
        batch = self._store.batch(id_, now)
        if batch is None:
            raise Refusal(404)
        return batch

    def _put(self, batch: Stored) -> None:
        sender = batch.request.get("from", self.settings.default_originator)
        self._store.put(batch, rules.sender_of(sender))

    # Batches.

    def send(self, payload: Any, *, delay: float = 0.0, listed_after: float = 0.0) -> Answer:
        """Accept a batch: after a ``delay``, and in lists some seconds after that."""
        with self._doing() as now:
            rules.accepted(payload, self.settings, self._groups())
            at = now + timedelta(seconds=delay)
            batch = Stored(
                id=rules.ulid(at, self._chance),
                request=rules.kept_fields(payload),
                created_at=at,
                modified_at=at,
                accepted_at=at,
                listed_at=at + timedelta(seconds=listed_after),
            )
            self._put(batch)
            answer = batch.answer(self.settings.profile)
            self._dispatch(now)
            return 201, answer

    def dry_run(self, payload: Any, query: Mapping[str, str]) -> Answer:
        """Answer what a batch would be."""
        with self._holding():
            groups = self._groups()
        per_recipient, number = rules.number_of(query)
        try:
            made = dry_run(
                payload,
                per_recipient=per_recipient,
                number_of_recipients=number,
                profile=self.settings.profile,
                groups=groups,
            )
        except RequestRefused as error:
            raise rules.refusal(error) from None
        return 200, made.to_dict()

    def list_batches(self, query: Mapping[str, str]) -> Answer:
        """List batches, newest first."""
        page = rules.page_of(query)
        start, end = (rules.time_of(query, name) for name in ("start_date", "end_date"))
        senders = [
            rules.sender_of(text.strip())
            for text in query.get("from", "").split(",")
            if text.strip()
        ]
        with self._doing() as now:
            count, batches = self._store.batches(
                listed=now,
                start=max(now - rules.KEPT, now - rules.LISTED if start is None else start),
                end=end,
                senders=senders,
                reference=query.get("client_reference"),
                page=page.page,
                size=page.size,
            )
        return 200, {
            "page": page.page,
            "page_size": len(batches),
            "count": count,
            "batches": [batch.answer(self.settings.profile) for batch in batches],
        }

    def retrieve(self, id_: str) -> Answer:
        """Return a batch."""
        with self._doing() as now:
            return 200, self._batch(id_, now).answer(self.settings.profile)

    def update(self, id_: str, payload: Any) -> Answer:
        """Change some fields of a batch that is not dispatched."""
        with self._doing() as now:
            batch = self._batch(id_, now)
            changed = rules.updated(batch, payload, self.settings, self._groups(), now)
            self._put(changed)
            answer = changed.answer(self.settings.profile)
            self._dispatch(now)
            return 200, answer

    def replace(self, id_: str, payload: Any) -> Answer:
        """Give a batch all fields anew."""
        with self._doing() as now:
            batch = self._batch(id_, now)
            changed = rules.replaced(batch, payload, self.settings, self._groups(), now)
            self._put(changed)
            answer = changed.answer(self.settings.profile)
            self._dispatch(now)
            return 200, answer

    def cancel(self, id_: str) -> Answer:
        """Cancel a batch: what is not final yet will not be delivered."""
        with self._doing() as now:
            batch = self._batch(id_, now)
            if batch.canceled and self.settings.second_cancel == "not_found":
                raise Refusal(404)
            if not batch.canceled:
                batch = replace(batch, canceled=True, modified_at=now)
                self._put(batch)
                sent = self._store.deliveries(id_)
                open_ = {one.recipient for one in sent if one.final_at > now}
                sent = [
                    replace(one, code=407, final_at=now) if one.recipient in open_ else one
                    for one in sent
                ]
                self._store.dispatch(batch, sent)
                if open_:
                    # What was to be reported as delivered no longer is.
                    self._store.drop_callbacks(id_, now)
                    self._call_back(batch, sent, open_)
            return 200, batch.answer(self.settings.profile)

    def feedback(self, id_: str, payload: Any) -> Answer:
        """Take feedback on deliveries."""
        with self._doing() as now:
            batch = self._batch(id_, now)
            recipients = rules.feedback(batch, payload, self.settings.profile)
            self._store.put_feedback(id_, recipients, now)
            return 202, None

    # Reports.

    def report(self, id_: str, query: Mapping[str, str]) -> Answer:
        """Return the delivery report of a batch."""
        full, wanted = rules.report_type(query), rules.filter_of(query)
        with self._doing() as now:
            batch = self._batch(id_, now)
            sent = self._store.deliveries(id_)
            return 200, rules.summary_report(batch, sent, now, full=full, wanted=wanted)

    def recipient_report(self, id_: str, recipient: str) -> Answer:
        """Return the delivery report of one recipient."""
        number = msisdn(recipient, self.settings.profile)
        with self._doing() as now:
            batch = self._batch(id_, now)
            delivery = None if number is None else self._store.delivery(id_, number)
            if delivery is None:
                raise Refusal(404)
            return 200, rules.recipient_report(batch, delivery, self.settings, now)

    def reports(self, query: Mapping[str, str]) -> Answer:
        """List delivery reports of recipients, newest first."""
        page, wanted = rules.page_of(query), rules.filter_of(query)
        start, end = (rules.time_of(query, name) for name in ("start_date", "end_date"))
        with self._doing() as now:
            count, found = self._store.reports(
                now,
                since=now - rules.KEPT - rules.LIFETIME,
                start=max(now - rules.KEPT, now - rules.LISTED if start is None else start),
                end=end,
                takes=wanted.takes,
                reference=query.get("client_reference"),
                page=page.page,
                size=page.size,
            )
            batches = {id_: self._batch(id_, now) for id_ in {id_ for id_, _ in found}}
            return 200, {
                "page": page.page,
                "page_size": len(found),
                "count": count,
                "delivery_reports": [
                    rules.recipient_report(batches[id_], delivery, self.settings, now)
                    for id_, delivery in found
                ],
            }

    # Groups.

    def create_group(self, payload: Any) -> Answer:
        """Create a group."""
        with self._doing() as now:
            id_ = rules.ulid(now, self._chance)
            group = rules.made_group(payload, id_, now, self._store.groups(), self.settings.profile)
            self._store.put_group(group)
            return 201, group.answer()

    def list_groups(self, query: Mapping[str, str]) -> Answer:
        """List groups, newest first."""
        page = rules.page_of(query)
        with self._holding():
            every = list(self._store.groups().values())[::-1]
        shown = every[page.page * page.size : (page.page + 1) * page.size]
        return 200, {
            "page": page.page,
            "page_size": len(shown),
            "count": len(every),
            "groups": [group.answer() for group in shown],
        }

    def _group(self, id_: str) -> rules.StatusGroup:
        group = self._store.groups().get(id_)
        if group is None:
            raise Refusal(404)
        return group

    def group(self, id_: str) -> Answer:
        """Return a group."""
        with self._holding():
            return 200, self._group(id_).answer()

    def members(self, id_: str) -> Answer:
        """Return the numbers of a group."""
        with self._holding():
            return 200, list(self._group(id_).members)

    def update_group(self, id_: str, payload: Any) -> Answer:
        """Add, remove and rename."""
        with self._doing() as now:
            group = rules.updated_group(
                self._group(id_), payload, now, self._store.groups(), self.settings.profile
            )
            self._store.put_group(group)
            return 200, group.answer()

    def replace_group(self, id_: str, payload: Any) -> Answer:
        """Give a group all fields anew."""
        with self._doing() as now:
            before = self._group(id_)
            group = rules.made_group(payload, id_, now, self._store.groups(), self.settings.profile)
            group = replace(group, created_at=before.created_at)
            self._store.put_group(group)
            return 200, group.answer()

    def delete_group(self, id_: str) -> Answer:
        """Delete a group."""
        with self._doing():
            self._group(id_)
            self._store.delete_group(id_)
            return 200, None

    # Tokens.

    def issue_token(self) -> dict[str, Any]:
        """Issue a token for the project, as the OAuth2 endpoint does."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            now = datetime.now(UTC)
            self._tokens = {
                name: end for name, end in self._tokens.items() if end > now - TOKEN_REMEMBERED
            }
            self._tokens[token] = now + TOKEN_LIFE
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
            "scope": "",
        }

    def allows(self, plan: str, token: str) -> bool:
        """Whether a token may use a service plan, or a project."""
        settings = self.settings
        if settings.token and plan == settings.service_plan_id:
            return secrets.compare_digest(token.encode(), settings.token.encode())
        if settings.project_id and plan == settings.project_id:
            with self._lock:
                return self._tokens.get(token, datetime.min.replace(tzinfo=UTC)) > datetime.now(UTC)
        return False

    def expired(self, plan: str, token: str) -> bool:
        """Whether a token might have used a project, some time ago."""
        if not self.settings.project_id or plan != self.settings.project_id:
            return False
        with self._lock:
            end = self._tokens.get(token)
            return end is not None and end <= datetime.now(UTC)

    # What time brings.

    def tick(self) -> None:
        """Dispatch what is due."""
        with self._doing():
            pass

    def _dispatch(self, now: datetime) -> None:
        groups: rules.Members | None = None
        for batch in self._store.due(now):
            if groups is None:
                groups = self._groups()
            # The moment it was due, not the moment somebody looked.
            at = min(now, batch.send_at)
            sent = tuple(rules.deliveries(batch, self.settings, groups, at))
            batch = replace(batch, dispatched_at=at)
            self._put(batch)
            self._store.dispatch(batch, sent)
            self._call_back(batch, sent)

    def _call_back(
        self,
        batch: Stored,
        sent: Sequence[rules.Delivery],
        cancelled: Container[str] | None = None,
    ) -> None:
        """Queue the reports of a batch; of the recipients that were ``cancelled``, the last one."""
        kind, url = batch.request.get("delivery_report", "none"), batch.request.get("callback_url")
        if url is None or kind == "none" or not sent:
            return
        if kind in ("summary", "full"):
            end = max(delivery.final_at for delivery in sent)
            report = rules.summary_report(
                batch, sent, end, full=kind == "full", wanted=rules.Filter()
            )
            self._store.put_callback(url, report, end)
            return
        for delivery in sent:
            if cancelled is not None and delivery.recipient not in cancelled:
                continue
            times = [delivery.final_at]
            sent_before = cancelled is None and delivery.final_at > delivery.dispatched_at
            if kind == "per_recipient" and sent_before:
                times.insert(0, delivery.dispatched_at)
            for at in times:
                report = rules.recipient_report(batch, delivery, self.settings, at)
                self._store.put_callback(url, report, at)

    def callbacks(self, under_way: Mapping[int, Callback], **limits: Any) -> list[Callback]:
        """Return the callbacks to post now: see :meth:`~smsplan.sandbox.store.Store.callbacks`."""
        with self._holding() as now:
            return self._store.callbacks(now, under_way, **limits)

    def callback_done(self, callback: Callback, *, done: bool) -> None:
        """Say that a post succeeded, or failed: then it is tried again, five times in all."""
        with self._holding() as now:
            retry = None
            if not done and callback.attempts < len(RETRIES):
                retry = now + timedelta(seconds=RETRIES[callback.attempts])
            self._store.callback_done(callback.id, retry)

    # What tests ask of a sandbox.

    def advance(self, seconds: float) -> datetime:
        """Move the clock on; what becomes due meanwhile is done."""
        if not 0 <= seconds <= 10**10:
            raise InputError("the clock moves on, by 0 to 10**10 seconds; restart it to go back")
        with self._lock:
            offset = self._offset + seconds
            if offset > _FARTHEST:
                raise InputError("the clock is far on already; reset the sandbox to go back")
            with self._holding() as now:
                self._store.put_offset(offset)
                self._dispatch(now + timedelta(seconds=seconds))
            self._offset = offset
            return self.now

    def reset(self) -> None:
        """Forget batches, groups, faults, and how far the clock was moved."""
        with self._lock:
            with self._holding():
                self._store.clear()
            self._faults, self._left, self._offset = [], [], 0.0

    def add_fault(self, fault: Failure) -> None:
        """Make something go wrong."""
        with self._lock:
            self._faults.append(fault)
            self._left.append(fault.count)

    def fault(self, operation: str) -> Failure | None:
        """Return what goes wrong with a request, and count it."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if self._left[place] and fault.operation in (operation, "*"):
                    if self._faulty.random() >= fault.share:
                        continue
                    self._left[place] -= 1
                    return fault
        return None

    def inspect(self) -> dict[str, Any]:
        """Return all that there is, also what the API would not show yet."""
        with self._holding() as now:
            return {
                "now": rules.stamp(now),
                "batches": [
                    {
                        **batch.answer(self.settings.profile),
                        "accepted_at": rules.stamp(batch.accepted_at),
                        "dispatched": batch.dispatched_at is not None,
                        "feedback": self._store.feedback(batch.id),
                    }
                    for batch in self._store.every_batch()
                ],
                "groups": [group.answer() for group in self._store.groups().values()],
                "faults_left": sum(self._left),
            }

    def set_now(self, text: str) -> datetime:
        """Move the clock on to a time."""
        try:
            seconds = (parse_time(text) - self.now).total_seconds()
        except (ValueError, OverflowError):
            raise InputError("'now' is no ISO 8601 time such as 2026-12-01T09:00:00Z") from None
        return self.advance(seconds)
