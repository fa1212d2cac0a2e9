"""What a campaign has done so far, on disk before and after each call; SQLite.

One file holds the requests, their state and every call. A second file beside it is locked while
somebody sends, and is free again when that process ends, however it ends.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from smsplan.errors import InputError, OutputError
from smsplan.outputs import private_opener

FORMAT = 1
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE, request TEXT NOT NULL,
    recipients INTEGER NOT NULL, state TEXT NOT NULL, batch_id TEXT, send_at TEXT, started REAL,
    lost_at REAL, unsure INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE calls (
    id INTEGER PRIMARY KEY, number INTEGER, operation TEXT NOT NULL, started REAL NOT NULL,
    ended REAL, outcome TEXT
);
CREATE TABLE left_out (recipient TEXT NOT NULL, code TEXT NOT NULL, number INTEGER NOT NULL);
CREATE TABLE doubles (batch_id TEXT PRIMARY KEY, number INTEGER NOT NULL, at REAL NOT NULL);
"""
_ROW = (
    "number, reference, request, recipients, state, batch_id, send_at, started, lost_at, unsure, "
    "created"
)


class State(StrEnum):
    """What is known of a request."""

    PLANNED = "planned"
    CALLING = "calling"
    LOST = "lost"
    ACCEPTED = "accepted"
    UNRESOLVED = "unresolved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A request of a campaign and what is known of it.

    ``started`` is when it was first sent, ``lost_at`` since when its answer is missing.
    ``unsure``: it was created again, so that there may be two until ``send_at`` comes near.
    ``created`` counts the calls that may have made a batch.
    """

    number: int
    reference: str
    request: Mapping[str, Any]
    recipients: int
    state: State
    batch_id: str | None
    send_at: datetime | None
    started: float | None
    lost_at: float | None
    unsure: bool
    created: int


class Journal:
    """The file of a campaign. Raises OutputError where it cannot be written."""

    def __init__(self, path: str | os.PathLike[str], db: sqlite3.Connection) -> None:
        self.path = Path(path)
        self._db = db

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        meta: Mapping[str, Any],
        requests: Iterable[tuple[str, Mapping[str, Any]]],
    ) -> Journal:
        """Write a new journal, whole or not at all; ``requests`` are references and their JSON."""
        target = Path(path)
        if target.exists():
            raise InputError(
                f"'{target}' is there already; a campaign has a journal of its own: name another, "
                "or go on with this one: campaign send"
            )
        part = target.with_name(f".{target.name}.part")
        try:
            part.unlink(missing_ok=True)
            # SQLite gives the files beside it the same mode.
            os.close(private_opener(str(part), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            db = _connect(part)
            try:
                db.executescript(_TABLES)
                with _transaction(db):
                    for name, value in {"format": FORMAT, **meta}.items():
                        db.execute("INSERT INTO meta VALUES (?,?)", (name, json.dumps(value)))
                    db.executemany(
                        "INSERT INTO batches (number, reference, request, recipients, state) "
                        "VALUES (?,?,?,?,?)",
                        (
                            (
                                number,
                                reference,
                                json.dumps(request),
                                len(request["to"]),
                                State.PLANNED,
                            )
                            for number, (reference, request) in enumerate(requests, start=1)
                        ),
                    )
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                db.close()
            part.replace(target)
        except (sqlite3.Error, OSError) as error:
            raise OutputError(
                f"the journal '{target}' cannot be written ({error}); name another place"
            ) from None
        finally:
            for left in (part, Path(f"{part}-wal"), Path(f"{part}-shm")):
                # Where nothing could be written, nothing is left.
                with suppress(OSError):
                    left.unlink(missing_ok=True)
        return cls.open(target)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Journal:
        """Open a journal; raises InputError where there is none."""
        target = Path(path)
        if not target.is_file():
            raise InputError(f"there is no journal '{target}'; make one with campaign create")
        try:
            db = _connect(target)
            made = cls(target, db)
            if made.meta("format") != FORMAT:
                raise InputError(f"'{target}' is a journal of another version of smsplan")
        except sqlite3.Error:
            raise InputError(f"'{target}' is no journal of a campaign") from None
        return made

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other sender out; raises InputError where there is one."""
        # Under another name, by a link, it is the same journal.
        real = self.path.resolve()
        beside = real.with_name(f"{real.name}.lock")
        with self._writing():
            lock = sqlite3.connect(beside, timeout=0.2, isolation_level=None)
        try:
            try:
                with self._writing():
                    lock.execute("BEGIN EXCLUSIVE")
            except OutputError as error:
                if "locked" not in str(error):
                    raise
                raise InputError(
                    f"somebody is sending '{self.path}' already; wait until that has ended"
                ) from None
            yield
        finally:
            lock.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise OutputError(
                f"the journal '{self.path}' cannot be written ({error}); what was sent is known "
                "all the same: make room, and go on"
            ) from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._writing(), _transaction(self._db):
            yield

    def _write(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self._writing():
            self._db.execute(statement, values)

    def meta(self, name: str) -> Any:
        """Return what stands under a name; None where nothing does."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put_meta(self, name: str, value: Any) -> None:
        """Write something down under a name."""
        self._write("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, json.dumps(value)))

    def entries(self, *states: State) -> list[Entry]:
        """Return the requests in some states (none: all), in order; without their texts."""
        where = f"WHERE state IN ({','.join('?' * len(states))})" if states else ""
        slim = _ROW.replace("request,", "'{}',", 1)
        rows = self._db.execute(f"SELECT {slim} FROM batches {where} ORDER BY number", states)
        return [_entry(row) for row in rows]

    def unsure(self) -> list[Entry]:
        """Return the accepted requests of which there may be two."""
        slim = _ROW.replace("request,", "'{}',", 1)
        rows = self._db.execute(
            f"SELECT {slim} FROM batches WHERE unsure = 1 AND state = 'accepted' ORDER BY number"
        )
        return [_entry(row) for row in rows]

    def entry(self, number: int) -> Entry:
        """Return one request, whole."""
        row = self._db.execute(f"SELECT {_ROW} FROM batches WHERE number = ?", (number,)).fetchone()
        return _entry(row)

    def counts(self) -> dict[State, tuple[int, int]]:
        """Return requests and recipients by state."""
        rows = self._db.execute(
            "SELECT state, COUNT(*), SUM(recipients) FROM batches GROUP BY state"
        )
        return {State(state): (count, recipients) for state, count, recipients in rows}

    def set(self, number: int, **values: Any) -> None:
        """Change what is known of a request; it is on the disk when this returns."""
        names = ", ".join(f"{name} = ?" for name in values)
        cells = [
            value.isoformat() if isinstance(value, datetime) else value for value in values.values()
        ]
        self._write(f"UPDATE batches SET {names} WHERE number = ?", [*cells, number])

    def begin(self, number: int | None, operation: str, at: float, **values: Any) -> int:
        """Write down that a call is about to be made; returns its id."""
        with self._transaction():
            if number is not None and values:
                self.set(number, **values)
            cursor = self._db.execute(
                "INSERT INTO calls (number, operation, started) VALUES (?,?,?)",
                (number, operation, at),
            )
        return cursor.lastrowid or 0

    def begun(self, number: int, operation: str) -> list[float]:
        """Return when the calls of a request began."""
        rows = self._db.execute(
            "SELECT started FROM calls WHERE number = ? AND operation = ?", (number, operation)
        )
        return [row[0] for row in rows]

    def end(self, call: int, at: float, outcome: str, number: int | None, **values: Any) -> None:
        """Write down how a call ended."""
        with self._transaction():
            self._db.execute(
                "UPDATE calls SET ended = ?, outcome = ? WHERE id = ?", (at, outcome, call)
            )
            if number is not None and values:
                self.set(number, **values)

    def recover(self, at: float, too_late: Callable[[Entry], bool]) -> None:
        """Take calls that were broken off for lost since now; what is too late gets a new time."""
        with self._transaction():
            self._db.execute(
                "UPDATE batches SET state = 'lost', lost_at = ? WHERE state = 'calling'", (at,)
            )
            for entry in self.entries(State.LOST):
                if too_late(entry):
                    self.set(entry.number, send_at=None)

    def call_off(self) -> None:
        """Take what was never sent for cancelled."""
        self._write("UPDATE batches SET state = 'cancelled' WHERE state = 'planned'")

    def leave_out(self, entry: Entry, recipients: Sequence[str], code: str) -> None:
        """Take recipients that the API refuses out of a request; none left is a refused one."""
        gone = set(recipients)
        request = {**entry.request, "to": [to for to in entry.request["to"] if to not in gone]}
        with self._transaction():
            self._db.executemany(
                "INSERT INTO left_out VALUES (?,?,?)",
                [(recipient, code, entry.number) for recipient in recipients],
            )
            self.set(
                entry.number,
                request=json.dumps(_used(request)),
                recipients=len(request["to"]),
                state=entry.state if request["to"] else State.REFUSED,
            )

    def split(self, entry: Entry) -> None:
        """Make two requests of one, half of the recipients each."""
        to = entry.request["to"]
        middle = len(to) // 2
        first, second = ({**entry.request, "to": half} for half in (to[:middle], to[middle:]))
        with self._transaction():
            number = self._db.execute("SELECT MAX(number) + 1 FROM batches").fetchone()[0]
            base = entry.reference.rpartition("-")[0]
            self.set(
                entry.number,
                request=json.dumps(_used(first)),
                recipients=middle,
                state=State.PLANNED,
            )
            self._db.execute(
                "INSERT INTO batches (number, reference, request, recipients, state) "
                "VALUES (?,?,?,?,?)",
                (
                    number,
                    f"{base}-{number:06}",
                    json.dumps(_used(second)),
                    len(to) - middle,
                    State.PLANNED,
                ),
            )

    def left_out(self) -> list[tuple[str, str]]:
        """Return the recipients that the API refused, each with its code."""
        return list(self._db.execute("SELECT recipient, code FROM left_out ORDER BY rowid"))

    def count_left_out(self) -> int:
        """Return how many recipients the API refused."""
        count: int = self._db.execute("SELECT COUNT(*) FROM left_out").fetchone()[0]
        return count

    def put_double(self, batch_id: str, number: int, at: float) -> None:
        """Write down a second batch of a request, which was cancelled."""
        self._write("INSERT OR IGNORE INTO doubles VALUES (?,?,?)", (batch_id, number, at))

    def doubles(self) -> int:
        """Return how many second batches were cancelled."""
        count: int = self._db.execute("SELECT COUNT(*) FROM doubles").fetchone()[0]
        return count


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=10)
    db.execute("PRAGMA journal_mode=WAL")
    # Every line is on the disk before the call that it announces is made.
    db.execute("PRAGMA synchronous=FULL")
    return db


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        # A full disk has undone it already.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _used(request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the values of recipients that are not in the request."""
    out = dict(request)
    if "parameters" in out:
        to = {*out["to"], "default"}
        out["parameters"] = {
            key: {number: value for number, value in values.items() if number in to}
            for key, values in out["parameters"].items()
        }
    return out


def _entry(row: Sequence[Any]) -> Entry:
    number, reference, request, recipients, state, id_, send_at, started, lost, unsure, made = row
    return Entry(
        number=number,
        reference=reference,
        request=json.loads(request),
        recipients=recipients,
        state=State(state),
        batch_id=id_,
        send_at=None if send_at is None else datetime.fromisoformat(send_at).astimezone(UTC),
        started=started,
        lost_at=lost,
        unsure=bool(unsure),
        created=made,
    )
