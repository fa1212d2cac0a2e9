"""A plan as a folder of part files with a manifest: interrupted work goes on where it stopped.

Parts are cut by the position of the input rows alone, and each gets its name when it is complete;
so what one run writes is what several write, to the last octet. The manifest says of what the
folder is a plan; a run that would add something else is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.fs

from smsplan.errors import InputError, OutputError
from smsplan.lists.frames import open_source
from smsplan.lists.parquet_files import FolderSource
from smsplan.lists.seals import is_sealed
from smsplan.outputs import lock, sweep, unlock, whole_file
from smsplan.writing.writers import Sink, sink

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
        self._lock: int | None = None
        if not self.path.parent.is_dir():
            raise OutputError(f"no folder '{self.path.parent}' for '{self.path}'; make it first")
        try:
            if self.path.is_dir():
                self._take_over(resume=resume)
        except BaseException:
            self.release()
            raise

    def _take_over(self, *, resume: bool) -> None:
        """Go on with what is in the folder, if that is asked for and nobody else does."""
        self._locked()
        # Before anything else: a run that was killed at its beginning left nothing but that.
        sweep(self.path, rf"part-\d+\.parquet|{re.escape(MANIFEST)}")
        if resume and (self.path / MANIFEST).exists():
            self._go_on()
        elif any(self.path.iterdir()):
            raise InputError(
                f"folder '{self.path}' is not empty; name a new one, or go on with what is in it: "
                "resume=True (--resume)"
            )

    def _locked(self) -> None:
        """Keep others out until :meth:`release`, or the end of the process."""
        try:
            self._lock = lock(self.path)
        except BlockingIOError:
            raise InputError(
                f"another run writes into folder '{self.path}'; wait until it has ended, or name "
                "another folder"
            ) from None

    def release(self) -> None:
        """Let others in."""
        unlock(self._lock)
        self._lock = None

    @property
    def rows(self) -> int:
        """Rows that are planned and written."""
        return sum(part["rows"] for part in self.parts)

    def files(self) -> list[Path]:
        """The complete part files in order."""
        return [self.path / part["name"] for part in self.parts]

    def _go_on(self) -> None:
        data = _manifest(self.path)
        before, parts = data["of"], data["parts"]
        self.complete, self.unread = data["complete"], data["unread"]
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
            _check_part(self.path / part["name"], part["sha256"])
        self.parts = parts

    def begin(self) -> None:
        """Make the folder, with its manifest, when the first rows are there."""
        if self._lock is None:
            try:
                self.path.mkdir()
            except FileExistsError:
                raise InputError(
                    f"another run has made folder '{self.path}' meanwhile; name another folder"
                ) from None
            except OSError as error:
                raise OutputError(f"folder '{self.path}' was not made: {error.strerror}") from None
            self._locked()
        self._write(None)

    def add(self, name: str, rows: int) -> None:
        """Enter a part that has its name."""
        with (self.path / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
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
        sealed = {**data, "digest": _digest(data)}
        try:
            with whole_file(self.path / MANIFEST) as file:
                file.write(json.dumps(sealed, indent=1).encode())
        except OutputError as error:
            raise OutputError(f"{error}; make room and go on with --resume") from None


class FolderSink:
    """Writes batches to part files; stands where a :class:`~smsplan.writing.writers.Sink` does."""

    read_back = True

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


class PartsSource(FolderSource):
    """The parts of a saved plan; each is compared with the manifest when it is first read."""

    def __init__(self, path: str, parts: Sequence[Mapping[str, Any]]) -> None:
        folder = Path(path).absolute()
        self._digests = {str(folder / part["name"]): part["sha256"] for part in parts}
        for file in self._digests:
            is_sealed(pa.fs.LocalFileSystem(), file, file)
        files = list(self._digests)
        super().__init__(path, pa.fs.LocalFileSystem(), str(folder), files=files, skip=False)

    def _check_file(self, file: str) -> None:
        digest = self._digests.pop(file, None)
        if digest is not None:
            _check_part(Path(file), digest)


def _check_part(path: Path, digest: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        found = ""
    if found != digest:
        raise InputError(
            f"part file '{path}' is not what was written: it is damaged; plan into a new folder"
        )


def _digest(data: Mapping[str, Any]) -> str:
    """Return the digest of what a manifest says, however it is written."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    """Read a manifest; InputError where it is none, or not what was written."""
    try:
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        digest = data.pop("digest", None)
        if not (_is_manifest(data) and digest in (None, _digest(data))):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"the manifest of folder '{folder}' cannot be read: it is damaged, or no manifest; "
            "plan into a new folder"
        ) from None
    # Before there were digests.
    data["sealed"] = digest is not None
    return dict(data)


def _is_manifest(data: Any) -> bool:
    """Whether everything that is read of a manifest is there, and of its type."""
    plan, parts = data["plan"], data["parts"]
    return (
        isinstance(data["of"], dict)
        and isinstance(data["complete"], bool)
        and isinstance(data["rows"], int)
        and isinstance(data["unread"], list)
        and (isinstance(plan, dict) if data["complete"] else plan is None)
        and all(
            re.fullmatch(r"part-\d{5,}\.parquet", part["name"])
            and isinstance(part["rows"], int)
            and isinstance(part["sha256"], str)
            for part in parts
        )
        and sum(part["rows"] for part in parts) == data["rows"]
    )


class SavedFolder(NamedTuple):
    """A saved plan in a folder: what it says of itself, its rows, and whether damage shows."""

    plan: dict[str, Any]
    source: PartsSource
    sealed: bool


def saved_folder(path: str | os.PathLike[str]) -> SavedFolder | None:
    """Open the plan in a folder; None where it has no manifest.

    Raises InputError where the plan is not complete, or the manifest is damaged.
    """
    folder = Path(path)
    if not (folder / MANIFEST).exists():
        return None
    data = _manifest(folder)
    if not data["complete"]:
        raise InputError(
            f"the plan in folder '{folder}' is not complete ({data['rows']:,} rows are); go on "
            "with --resume"
        )
    return SavedFolder(data["plan"], PartsSource(str(folder), data["parts"]), data["sealed"])


def written(folder: Folder) -> Iterator[Any]:
    """Read the rows of the complete parts, to go on behind them."""
    for path in folder.files():
        yield from open_source(path).batches()
