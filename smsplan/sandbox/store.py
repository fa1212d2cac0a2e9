"""What a sandbox keeps: SQLite, in memory or in one file that survives being killed."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from smsplan.errors import OutputError
from smsplan.sandbox.rules import Delivery, StatusGroup, Stored

# Scheme, host and port of a URL: what lies before the slash that follows "http://" and a character.
_HOST = "substr(url, 1, instr(substr(url, 9) || '/', '/') + 7)"
_TABLES = f"""
CREATE TABLE IF NOT EXISTS batches (
    id TEXT PRIMARY KEY, request TEXT NOT NULL, sender TEXT, reference TEXT,
    created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, canceled INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL, listed_at INTEGER NOT NULL, due INTEGER NOT NULL,
    dispatched_at INTEGER
);
CREATE INDEX IF NOT EXISTS batches_created ON batches (created_at);
CREATE INDEX IF NOT EXISTS batches_due ON batches (due) WHERE dispatched_at IS NULL;
CREATE TABLE IF NOT EXISTS deliveries (
    batch_id TEXT NOT NULL, recipient TEXT NOT NULL, dispatched_at INTEGER NOT NULL,
    code INTEGER NOT NULL, final_at INTEGER NOT NULL, encoding TEXT NOT NULL,
    parts INTEGER NOT NULL, operator TEXT NOT NULL, PRIMARY KEY (batch_id, recipient)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_at ON deliveries (dispatched_at);
CREATE TABLE IF NOT EXISTS contact_groups (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS feedback (
    batch_id TEXT NOT NULL, recipient TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, payload TEXT NOT NULL,
    attempts INTEGER NOT NULL, next_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS callbacks_host ON callbacks ({_HOST}, next_at);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_BATCH = "id, request, created_at, modified_at, canceled, accepted_at, listed_at, dispatched_at"
_DELIVERY = "recipient, dispatched_at, code, final_at, encoding, parts, operator"


class Callback(NamedTuple):
    """A report that waits to be posted to a URL.

    ``host`` is the URL's scheme, host and port; ``about`` the batch, or the batch and recipient.
    """

    id: int
    url: str
    payload: str
    attempts: int
    host: str
    about: str


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Store:
    """Batches, deliveries, groups and callbacks; the caller keeps threads apart.

    Everything but :meth:`close` stands in a :meth:`transaction`. Both raise
    :class:`~smsplan.errors.OutputError` where the file cannot be used.
    """

    def __init__(self, path: str | None = None) -> None:
        self._path = path or ":memory:"
        try:
            self._db = sqlite3.connect(
                self._path, check_same_thread=False, isolation_level=None, timeout=5
            )
            self._db.execute("PRAGMA journal_mode=WAL")
            # What was answered is on the disk.
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)
        except sqlite3.Error as error:
            raise OutputError(
                f"'{path}' cannot be used as the sandbox's file ({error}); name another"
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all of what is done inside, or nothing."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            finally:
                # A full disk may have undone it already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise OutputError(self._failed(error)) from None

    def _failed(self, error: sqlite3.Error) -> str:
        primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return f"the sandbox cannot write '{self._path}' ({error}); make room on its disk"
        return f"the sandbox cannot use '{self._path}' ({error}); see what else uses it"

    def clear(self) -> None:
        """Forget everything."""
        for table in ("batches", "deliveries", "contact_groups", "feedback", "callbacks", "meta"):
            self._db.execute(f"DELETE FROM {table}")

    # Batches.

    def put(self, batch: Stored, sender: str) -> None:
        """Keep a batch as it is now."""
        self._db.execute(
            "INSERT OR REPLACE INTO batches VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                batch.id,
                json.dumps(batch.request),
                sender,
                batch.request.get("client_reference"),
                _milliseconds(batch.created_at),
                _milliseconds(batch.modified_at),
                batch.canceled,
                _milliseconds(batch.accepted_at),
                _milliseconds(batch.listed_at),
                _milliseconds(batch.send_at),
                None if batch.dispatched_at is None else _milliseconds(batch.dispatched_at),
            ),
        )

    def batch(self, id_: str, now: datetime) -> Stored | None:
        """Return a batch that has been accepted."""
        row = self._db.execute(
            f"SELECT {_BATCH} FROM batches WHERE id = ? AND accepted_at <= ?",
            (id_, _milliseconds(now)),
        ).fetchone()
        return None if row is None else _batch(row)

    def batches(
        self,
        *,
        listed: datetime,
        start: datetime,
        end: datetime | None,
        senders: Sequence[str],
        reference: str | None,
        page: int,
        size: int,
    ) -> tuple[int, list[Stored]]:
        """Return how many batches match, and a page of them, newest first."""
        where = ["listed_at <= ?", "created_at >= ?"]
        values: list[Any] = [_milliseconds(listed), _milliseconds(start)]
        if end is not None:
            where.append("created_at < ?")
            values.append(_milliseconds(end))
        if senders:
            where.append(f"sender IN ({','.join('?' * len(senders))})")
            values += senders
        if reference is not None:
            where.append("reference = ?")
            values.append(reference)
        condition = " AND ".join(where)
        count = self._db.execute(
            f"SELECT COUNT(*) FROM batches WHERE {condition}", values
        ).fetchone()[0]
        rows = self._db.execute(
            f"SELECT {_BATCH} FROM batches WHERE {condition} "
            "ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
            [*values, size, page * size],
        )
        return count, [_batch(row) for row in rows]

    def every_batch(self) -> list[Stored]:
        """Return all batches, those not yet accepted included, oldest first."""
        rows = self._db.execute(f"SELECT {_BATCH} FROM batches ORDER BY accepted_at, id")
        return [_batch(row) for row in rows]

    def due(self, now: datetime) -> list[Stored]:
        """Return the batches that are to be dispatched."""
        rows = self._db.execute(
            f"SELECT {_BATCH} FROM batches WHERE dispatched_at IS NULL AND canceled = 0 "
            "AND due <= ? AND accepted_at <= ? ORDER BY due, id",
            (_milliseconds(now), _milliseconds(now)),
        )
        return [_batch(row) for row in rows]

    # Deliveries.

    def dispatch(self, batch: Stored, sent: Iterable[Delivery]) -> None:
        """Keep what becomes of the recipients of a batch."""
        self._db.executemany(
            "INSERT OR REPLACE INTO deliveries VALUES (?,?,?,?,?,?,?,?)",
            (
                (
                    batch.id,
                    one.recipient,
                    _milliseconds(one.dispatched_at),
                    one.code,
                    _milliseconds(one.final_at),
                    one.encoding,
                    one.parts,
                    one.operator,
                )
                for one in sent
            ),
        )

    def deliveries(self, id_: str) -> list[Delivery]:
        """Return what becomes of the recipients of a batch."""
        rows = self._db.execute(f"SELECT {_DELIVERY} FROM deliveries WHERE batch_id = ?", (id_,))
        return [_delivery(row) for row in rows]

    def delivery(self, id_: str, recipient: str) -> Delivery | None:
        """Return what becomes of one recipient."""
        row = self._db.execute(
            f"SELECT {_DELIVERY} FROM deliveries WHERE batch_id = ? AND recipient = ?",
            (id_, recipient),
        ).fetchone()
        return None if row is None else _delivery(row)

    def reports(
        self,
        now: datetime,
        *,
        since: datetime,
        start: datetime,
        end: datetime | None,
        takes: Callable[[int], bool],
        reference: str | None,
        page: int,
        size: int,
    ) -> tuple[int, list[tuple[str, Delivery]]]:
        """Return how many deliveries to report there are, and a page of them, newest first.

        Of batches that asked for reports and were dispatched ``since``; ``takes`` says of a code
        whether it is wanted. Each comes with the id of its batch.
        """
        at = _milliseconds(now)
        found = self._db.execute("SELECT DISTINCT code FROM deliveries").fetchall()
        wanted = [code for code in {401, *(row[0] for row in found)} if takes(code)]
        # Columns of a report hang on whether it is final, as those of Delivery do.
        told = (
            f"SELECT batch_id, {_DELIVERY}, iif(final_at <= ?, final_at, dispatched_at) AS at, "
            "iif(final_at <= ?, code, 401) AS told FROM deliveries WHERE dispatched_at >= ? "
            "AND batch_id IN (SELECT id FROM batches WHERE accepted_at <= ? AND "
            "coalesce(json_extract(request, '$.delivery_report'), 'none') <> 'none'"
        )
        values: list[Any] = [at, at, _milliseconds(since), at]
        if reference is not None:
            told += " AND reference = ?"
            values.append(reference)
        told += ")"
        condition = f"at >= ? AND told IN ({','.join('?' * len(wanted))})"
        values += [_milliseconds(start), *wanted]
        if end is not None:
            condition += " AND at < ?"
            values.append(_milliseconds(end))
        count = self._db.execute(
            f"SELECT COUNT(*) FROM ({told}) WHERE {condition}", values
        ).fetchone()[0]
        rows = self._db.execute(
            f"SELECT batch_id, {_DELIVERY} FROM ({told}) WHERE {condition} "
            "ORDER BY at DESC, batch_id DESC, recipient DESC LIMIT ? OFFSET ?",
            [*values, size, page * size],
        )
        return count, [(row[0], _delivery(row[1:])) for row in rows]

    def put_feedback(self, id_: str, recipients: Sequence[str], now: datetime) -> None:
        """Keep feedback; no recipients are all."""
        self._db.executemany(
            "INSERT INTO feedback VALUES (?,?,?)",
            [(id_, one, _milliseconds(now)) for one in recipients or ("*",)],
        )

    def feedback(self, id_: str) -> list[str]:
        """Return the recipients that feedback named, ``*`` for all."""
        rows = self._db.execute("SELECT recipient FROM feedback WHERE batch_id = ?", (id_,))
        return [row[0] for row in rows]

    # Groups.

    def put_group(self, group: StatusGroup) -> None:
        """Keep a group as it is now."""
        data = {
            "created_at": _milliseconds(group.created_at),
            "modified_at": _milliseconds(group.modified_at),
            "name": group.name,
            "members": group.members,
            "child_groups": group.child_groups,
            "auto_update": group.auto_update,
        }
        self._db.execute(
            "INSERT OR REPLACE INTO contact_groups VALUES (?,?)", (group.id, json.dumps(data))
        )

    def delete_group(self, id_: str) -> None:
        """Forget a group."""
        self._db.execute("DELETE FROM contact_groups WHERE id = ?", (id_,))

    def groups(self) -> dict[str, StatusGroup]:
        """Return all groups by id, in the order in which they were made."""
        rows = self._db.execute("SELECT id, data FROM contact_groups ORDER BY id")
        return {id_: _group(id_, json.loads(data)) for id_, data in rows}

    # Callbacks.

    def put_callback(self, url: str, payload: Mapping[str, Any], at: datetime) -> None:
        """Keep a report that is to be posted from a time on."""
        self._db.execute(
            "INSERT INTO callbacks (url, payload, attempts, next_at) VALUES (?,?,0,?)",
            (url, json.dumps(payload), _milliseconds(at)),
        )

    def drop_callbacks(self, batch_id: str, now: datetime) -> None:
        """Forget the reports of a batch that are to be posted later."""
        self._db.execute(
            "DELETE FROM callbacks WHERE attempts = 0 AND next_at > ? "
            "AND json_extract(payload, '$.batch_id') = ?",
            (_milliseconds(now), batch_id),
        )

    def callbacks(
        self,
        now: datetime,
        under_way: Mapping[int, Callback],
        *,
        after: str = "",
        each: int,
        most: int,
    ) -> list[Callback]:
        """Return the reports that are to be posted besides those ``under_way``.

        A host gets ``each`` at a time and all hosts together ``most``; those with the fewest under
        way come first, and of these the next ``after`` a host: one that hangs holds up itself
        alone. Reports about the same come one after another, the oldest first.
        """
        if len(under_way) >= most:
            return []
        posts = Counter(one.host for one in under_way.values())
        told = {one.about for one in under_way.values()}
        found: list[tuple[int, Callback]] = []
        hosts = sorted(self._hosts(), key=lambda host: (host <= after, host))
        for host in hosts:
            rows = self._db.execute(
                f"SELECT id, url, payload, attempts, {_HOST}, "
                "json_extract(payload, '$.batch_id') || "
                "coalesce(json_extract(payload, '$.recipient'), '') "
                f"FROM callbacks WHERE {_HOST} = ? AND next_at <= ? ORDER BY next_at, id LIMIT ?",
                # Those under way, and two that wait for each that can go.
                (host, _milliseconds(now), 4 * each),
            )
            for callback in map(Callback._make, rows):
                if posts[host] < each and callback.about not in told:
                    found.append((posts[host], callback))
                    posts[host] += 1
                told.add(callback.about)
        found.sort(key=lambda one: one[0])
        return [callback for _, callback in found[: most - len(under_way)]]

    def _hosts(self) -> Iterator[str]:
        """The hosts that reports wait for: by the index, however many reports there are."""
        host = ""
        while True:
            row = self._db.execute(
                f"SELECT min({_HOST}) FROM callbacks WHERE {_HOST} > ?", (host,)
            ).fetchone()
            if row[0] is None:
                return
            host = row[0]
            yield host

    def callback_done(self, id_: int, retry_at: datetime | None) -> None:
        """Forget a report, or post it again later."""
        if retry_at is None:
            self._db.execute("DELETE FROM callbacks WHERE id = ?", (id_,))
        else:
            self._db.execute(
                "UPDATE callbacks SET attempts = attempts + 1, next_at = ? WHERE id = ?",
                (_milliseconds(retry_at), id_),
            )

    # The clock.

    def offset(self) -> float:
        """Return how far the sandbox's clock is ahead, in seconds."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'offset'").fetchone()
        return 0.0 if row is None else float(row[0])

    def put_offset(self, seconds: float) -> None:
        """Keep how far the clock is ahead."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('offset', ?)", (str(seconds),))


def _batch(row: Sequence[Any]) -> Stored:
    id_, request, created, modified, canceled, accepted, listed, dispatched = row
    return Stored(
        id=id_,
        request=json.loads(request),
        created_at=_time(created),
        modified_at=_time(modified),
        canceled=bool(canceled),
        accepted_at=_time(accepted),
        listed_at=_time(listed),
        dispatched_at=None if dispatched is None else _time(dispatched),
    )


def _delivery(row: Sequence[Any]) -> Delivery:
    recipient, dispatched, code, final, encoding, parts, operator = row
    return Delivery(
        recipient=recipient,
        dispatched_at=_time(dispatched),
        code=code,
        final_at=_time(final),
        encoding=encoding,
        parts=parts,
        operator=operator,
    )


def _group(id_: str, data: Mapping[str, Any]) -> StatusGroup:
    return StatusGroup(
        id=id_,
        created_at=_time(data["created_at"]),
        modified_at=_time(data["modified_at"]),
        name=data["name"],
        members=tuple(data["members"]),
        child_groups=tuple(data["child_groups"]),
        auto_update=data["auto_update"],
    )
