"""Files out: whole under their names or not at all, in the right place, for the right eyes.

A file is written beside its place, under a hidden name, and gets its name when it is complete.

* An existing file keeps its mode, and its owner where that can be. A new one gets what the umask
  leaves; one that is ``private`` can be read by its owner alone.
* A link stays a link: what it leads to is written. What is no file (a pipe, a device) is written
  into, and so is standard output, which is ``-``.
* Who writes holds a lock on the hidden file, which ends with the process, however that ends. What
  is left of one that was killed is taken away by the next that writes in the same place.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, BinaryIO

from smsplan.errors import InputError, OutputError

# What a plan says of itself, in the metadata of its file.
METADATA_KEY = "smsplan"
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_STDIN = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
# What the system shows of a process: no place where a file could be put beside another.
_DESCRIPTORS = ("/dev/fd/", "/proc/self/fd/", "/dev/stderr")

PathLike = str | os.PathLike[str]


def is_stdout(path: PathLike) -> bool:
    """Whether a path means standard output."""
    return os.fspath(path) in _STDOUT


def is_stdin(path: PathLike) -> bool:
    """Whether a path that is read means standard input."""
    return os.fspath(path) in _STDIN


def is_stream(path: PathLike) -> bool:
    """Whether a path is written into as it is, such as a pipe: nothing can be read back."""
    if is_stdout(path) or os.fspath(path).startswith(_DESCRIPTORS):
        return True
    with suppress(OSError):
        return not stat.S_ISREG(Path(path).stat().st_mode) and not Path(path).is_dir()
    return False


def check_target(path: PathLike) -> None:
    """Refuse, before anything is made, what could not be written in the end.

    Raises :class:`~smsplan.errors.OutputError`, with the next step.
    """
    shown = os.fspath(path)
    if is_stream(path):
        if is_stdout(path):
            return
        if not os.access(path, os.W_OK):
            raise OutputError(f"'{shown}' may not be written to; choose another")
        if stat.S_ISBLK(Path(path).stat().st_mode):
            raise OutputError(f"'{shown}' is a disk; name a file")
        return
    target = _place(path)
    if not target.parent.is_dir():
        raise OutputError(f"no folder '{target.parent}' for '{shown}'; make it first")
    if target.is_dir():
        raise OutputError(f"'{shown}' is a folder; name a file in it")
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"folder '{target.parent}' may not be written to; choose another")


def check_distinct(
    writes: Mapping[str, PathLike | None], reads: Mapping[str, PathLike | None] | None = None
) -> None:
    """Refuse what is written twice, or read and written, by whatever names and links.

    Keys say what each is, such as ``output`` and ``the input``; None is none. Raises
    :class:`~smsplan.errors.InputError`.

    >>> check_distinct({"output": "rows.csv", "rejects": "./rows.csv"})
    Traceback (most recent call last):
    smsplan.errors.InputError: output and rejects are the same file; give them different names
    """
    seen: dict[Any, str] = {}
    for what, path in (reads or {}).items():
        if path is not None and (known := _identity(path, reading=True)) is not None:
            seen.setdefault(known, what)
    for what, path in writes.items():
        known = None if path is None else _identity(path)
        if known is None:
            continue
        other = seen.setdefault(known, what)
        if other != what and other in writes:
            raise InputError(f"{other} and {what} are the same file; give them different names")
        if other != what:
            raise InputError(f"{what} '{path}' is also {other}; choose another name")


def same_file(one: PathLike, other: PathLike) -> bool:
    """Whether two paths lead to one file, be it there or not."""
    known = _identity(one)
    return known is not None and known == _identity(other)


def _identity(path: PathLike, *, reading: bool = False) -> Any:
    """Return what is equal for one file, whatever it is called; None where that does not matter."""
    std = is_stdin(path) if reading else is_stdout(path)
    try:
        if std:
            found = os.fstat((sys.stdin if reading else sys.stdout).fileno())
        else:
            found = Path(path).stat()
    except (OSError, ValueError, AttributeError):
        if std:
            return None if reading else "-"
        with suppress(OSError, RuntimeError):
            target = Path(path).resolve()
            folder = target.parent.stat()
            name = target.name
            if _folds_case(target.parent):
                name = unicodedata.normalize("NFC", name).casefold()
            return folder.st_dev, folder.st_ino, name
        return os.fspath(path)
    if stat.S_ISCHR(found.st_mode) and (reading or not std):
        return None  # such as /dev/null, or a terminal
    return found.st_dev, found.st_ino


def _folds_case(folder: Path) -> bool:
    """Whether two names that differ in case alone are one file here."""
    for place in (folder, *folder.parents):
        other = place.with_name(place.name.swapcase()) if place.name else place
        if other.name != place.name:
            with suppress(OSError):
                return other.samefile(place)
            return False
    return False


def _place(path: PathLike) -> Path:
    """Return where a file is put: where a link leads."""
    target = Path(path)
    with suppress(OSError, RuntimeError):
        if target.is_symlink():
            target = target.resolve()
    if target.is_symlink():
        raise OutputError(f"'{os.fspath(path)}' is a link that leads nowhere; name a file")
    return target


@contextmanager
def whole_file(path: PathLike, *, private: bool = False) -> Iterator[BinaryIO]:
    """Write a file, which is there when the block ends and not before.

    Raises :class:`~smsplan.errors.OutputError` where it cannot be written; then, and whatever else
    ends the block, nothing is left of it. That the reader of a pipe has gone is a BrokenPipeError.
    """
    if is_stream(path):
        with _stream(path) as file:
            yield file
        return
    target = _place(path)
    sweep(target.parent, re.escape(target.name))
    # Named before it is made: a signal may come between the two.
    part = _hidden(target)
    try:
        before = _status(target)
        mode = 0o666 if before is None and not private else _PRIVATE_FILE
        while not _is_held(descriptor := os.open(part, _NEW_FILE, mode), part):
            os.close(descriptor)
            part.unlink(missing_ok=True)
            part = _hidden(target)
        with os.fdopen(descriptor, "wb") as file:
            if before is not None:
                _like(part, before)
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException as error:
        with suppress(OSError):
            part.unlink()
        raise _told(error, path) from None


@contextmanager
def private_folder(path: PathLike) -> Iterator[Path]:
    """Make a new folder, as :func:`whole_file` makes a file, which its owner alone can read.

    Yields the folder in which its files are to be made.
    """
    target = Path(path)
    sweep(target.parent, re.escape(target.name))
    part = _hidden(target)
    locked: int | None = None
    try:
        part.mkdir(_PRIVATE_FOLDER)
        with suppress(BlockingIOError):
            locked = lock(part)
        yield part
        part.rename(target)
    except BaseException as error:
        shutil.rmtree(part, ignore_errors=True)
        raise _told(error, path) from None
    finally:
        unlock(locked)


def private_opener(path: str, flags: int) -> int:
    """Open a file that is its owner's alone where it is new: for ``open(..., opener=)``."""
    return os.open(path, flags, _PRIVATE_FILE)


@contextmanager
def _stream(path: PathLike) -> Iterator[BinaryIO]:
    if is_stdout(path):
        out: BinaryIO | None = getattr(sys.stdout, "buffer", None)
        if out is None:
            raise InputError("there is no standard output to write to; name a file")
        sys.stdout.flush()
        opened: AbstractContextManager[BinaryIO] = nullcontext(out)
    else:
        opened = open(path, "wb")  # noqa: PTH123, SIM115
    try:
        with opened as file:
            yield file
            file.flush()
    except BrokenPipeError:
        raise
    except BaseException as error:
        raise _told(error, path) from None


def _told(error: BaseException, path: PathLike) -> BaseException:
    """Return an error of the system as ours, any other as it is."""
    if not isinstance(error, OSError) or isinstance(error, OutputError):
        return error
    why = os.strerror(error.errno) if error.errno else "it could not be written"
    left = "" if is_stream(path) else "; nothing is left of it"
    return OutputError(f"'{os.fspath(path)}' was not written: {why}{left}")


def _status(target: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return target.stat()
    return None


def _like(part: Path, before: os.stat_result) -> None:
    """Give a file the mode, and if possible the owner, of the one whose place it takes."""
    if hasattr(os, "chown") and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.chown(part, before.st_uid, before.st_gid)
    part.chmod(stat.S_IMODE(before.st_mode))


# What a run that was killed leaves: a hidden name, and no lock.


def _hidden(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")


def sweep(folder: Path, names: str) -> None:
    """Take away what runs that are no more have left of files whose names match a pattern."""
    ours = re.compile(rf"\.(?:{names})\.[0-9a-f]{{8}}\.part")
    with suppress(OSError):
        for left in [each for each in folder.iterdir() if ours.fullmatch(each.name)]:
            _take_away(left)


def _take_away(left: Path) -> None:
    with suppress(OSError):
        locked = lock(left)
        if locked is None:
            return
        try:
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
        finally:
            unlock(locked)


def lock(path: Path) -> int | None:
    """Lock a file or folder until :func:`unlock`, or the end of the process.

    Raises BlockingIOError where somebody else holds the lock; None where there are no locks.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    opened: int | None = None
    try:
        opened = os.open(path, flags)
        _flock(opened)
    except BlockingIOError:
        unlock(opened)
        raise
    except OSError:
        unlock(opened)
        return None
    return opened


def _is_held(descriptor: int, part: Path) -> bool:
    """Lock a new file; False where another sweeps it away, which came between the two."""
    try:
        _flock(descriptor)
        return os.path.samestat(os.fstat(descriptor), part.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError:
        return True


def unlock(locked: int | None) -> None:
    """Give a lock back."""
    if locked is not None:
        os.close(locked)


def _flock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        raise OSError(errno.ENOLCK, "no locks") from None
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
