"""A plan as a folder of part files with a manifest: interrupted work goes on where it stopped.

Parts are cut by the position of the input rows alone, and each gets its name when it is complete;
so what one run writes is what several write, to the last octet. The manifest says of what the
folder is a plan; a run that would add something else is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from smsplan.bulk.frames import open_source
from smsplan.bulk.sinks import Sink, sink
from smsplan.errors import InputError, OutputError

MANIFEST = "_manifest.json"
# Input rows of a part file.
PART_ROWS = 1 << 20
_FORMAT = 1
_NAMES = {
    "version": "the version of smsplan",
    "options": "the options",
    "rates": "the rate card",
    "source": "the source",
    "part_rows": "the size of the parts",
    "columns": "the columns",
    "on_error": "what is done about faults of the source",
}


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether an output names a folder: it ends with a slash, or is one."""
    text = os.fspath(path)
    return text.endswith(("/", os.sep)) or Path(text).is_dir()


class Folder:
    """The folder that a plan is written to, and what is complete in it."""

    def __init__(self, path: str | os.PathLike[str], of: dict[str, Any], *, resume: bool) -> None:
        self.path = Path(path)
        self.of = {"format": _FORMAT, **of}
        self.parts: list[dict[str, Any]] = []
        self.complete = False
        self.unread: list[str] = []
        if not self.path.parent.is_dir():
            raise OutputError(f"no folder '{self.path.parent}' for '{self.path}'; make it first")
        there = self.path.is_dir() and any(self.path.iterdir())
        if resume and (self.path / MANIFEST).is_file():
            self._go_on()
        elif there:
            raise InputError(
                f"folder '{self.path}' is not empty; name a new one, or go on with what is in it: "
                "resume=True (--resume)"
            )
        self._swept()

    @property
    def rows(self) -> int:
        """Rows that are planned and written."""
        return sum(part["rows"] for part in self.parts)

    def files(self) -> list[Path]:
        """The complete part files in order."""
        return [self.path / part["name"] for part in self.parts]

    def _go_on(self) -> None:
        try:
            data = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
            before, parts = data["of"], data["parts"]
            self.complete, self.unread = data["complete"], data["unread"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"the manifest of folder '{self.path}' cannot be read; plan into a new folder"
            ) from None
        changed = [
            _NAMES.get(name, name)
            for name in self.of
            if before.get(name) != json.loads(json.dumps(self.of[name]))
        ]
        if changed:
            raise InputError(
                f"folder '{self.path}' was begun with other inputs: {', '.join(changed)} changed; "
                "plan into a new folder, or with what it was begun with"
            )
        for part in parts:
            path = self.path / part["name"]
            if not path.is_file() or digest_of(path) != part["sha256"]:
                raise InputError(
                    f"part file '{path}' is not what was written; plan into a new folder"
                )
        self.parts = parts

    def _swept(self) -> None:
        """Take away what a run that was killed left half-written."""
        if self.path.is_dir():
            for left in self.path.glob(".*.part"):
                left.unlink(missing_ok=True)

    def begin(self) -> None:
        """Make the folder, with its manifest, when the first rows are there."""
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"folder '{self.path}' was not made: {error.strerror}") from None
        self._write(None)

    def add(self, name: str, rows: int) -> None:
        """Enter a part that has its name."""
        digest = digest_of(self.path / name)
        self.parts.append({"name": name, "rows": rows, "sha256": digest})
        self._write(None)

    def finish(self, plan: str, rows: int, unread: Sequence[str]) -> None:
        """Enter the whole plan, and what was left out; OutputError where rows are missing."""
        if self.rows != rows:
            raise OutputError(
                f"{rows:,} rows were read and {self.rows:,} written; plan into a new folder"
            )
        self._write(json.loads(plan), unread)

    def _write(self, plan: Any, unread: Sequence[str] = ()) -> None:
        data = {
            "of": self.of,
            "complete": plan is not None,
            "rows": self.rows,
            "parts": self.parts,
            "unread": list(unread),
            "plan": plan,
        }
        path = self.path / MANIFEST
        part = path.with_name(f".{MANIFEST}.part")
        try:
            with part.open("w", encoding="utf-8") as file:
                json.dump(data, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise OutputError(
                f"'{path}' was not written: {error.strerror}; make room and go on with --resume"
            ) from None


class FolderSink:
    """Writes batches to part files; stands where a :class:`~smsplan.bulk.sinks.Sink` does."""

    def __init__(
        self, folder: Folder, schema: Any, unique: Collection[str], words: Mapping[str, Any]
    ) -> None:
        self.metadata: dict[str, str] = {}
        self.guarded = 0
        self._folder = folder
        self._schema = schema
        self._unique, self._words = unique, words
        self._rows = 0
        self._open: Any = None
        self._part: Sink | None = None
        folder.begin()

    def write(self, batch: Any) -> None:
        """Append a batch, cut where a part ends."""
        while batch.num_rows:
            if self._part is None:
                path = self._folder.path / self._name
                self._open = sink(path, self._schema, unique=self._unique, words=self._words)
                self._part = self._open.__enter__()
            room = PART_ROWS - self._rows
            self._part.write(batch.slice(0, room))
            self._rows += min(room, batch.num_rows)
            batch = batch.slice(room)
            if self._rows == PART_ROWS:
                self._close()

    @property
    def _name(self) -> str:
        return f"part-{len(self._folder.parts):05}.parquet"

    def _close(self) -> None:
        if self._part is not None:
            self._part = None
            opened, self._open = self._open, None
            opened.__exit__(None, None, None)
            self._folder.add(self._name, self._rows)
            self._rows = 0

    def close(self) -> None:
        """Complete the last part; a folder of no rows has one part of none."""
        if self._part is None and not self._folder.parts:
            path = self._folder.path / self._name
            self._open = sink(path, self._schema, unique=self._unique, words=self._words)
            self._part = self._open.__enter__()
            self._part.write(pa.RecordBatch.from_pylist([], schema=self._schema))
        self._close()

    def discard(self, error: BaseException) -> None:
        """Leave the complete parts, and nothing else."""
        if self._open is not None:
            self._open.__exit__(type(error), error, error.__traceback__)


@contextmanager
def folder_sink(
    folder: Folder, schema: Any, unique: Collection[str], words: Mapping[str, Any]
) -> Iterator[FolderSink]:
    """Write to the parts of a folder; what is complete stays, whatever happens."""
    out = FolderSink(folder, schema, unique, words)
    try:
        yield out
        out.close()
    except BaseException as error:
        out.discard(error)
        raise


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return what a folder's manifest says of its plan; None where it has none.

    Raises InputError where the plan is not complete.
    """
    manifest = Path(path) / MANIFEST
    if not manifest.is_file():
        return None
    data = json.loads(manifest.read_text(encoding="utf-8"))
    if not data["complete"]:
        raise InputError(
            f"the plan in folder '{Path(path)}' is not complete ({data['rows']:,} rows are); go on "
            "with --resume"
        )
    plan: dict[str, Any] = data["plan"]
    return plan


def written(folder: Folder) -> Iterator[Any]:
    """Read the rows of the complete parts, to go on behind them."""
    for path in folder.files():
        yield from open_source(path).batches()
