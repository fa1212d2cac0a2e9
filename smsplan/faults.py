"""Faults of an input, collected to be raised together; and the name that was likely meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from smsplan.errors import InputError

# So many names are listed where none is close.
_LISTED = 12


class Faults:
    """Collects faults, to raise them in one error.

    >>> faults = Faults()
    >>> with faults.of("body 'A'"):
    ...     raise InputError("it is not text")
    >>> faults.add("jobs is 0")
    >>> faults.end()
    Traceback (most recent call last):
    smsplan.errors.InputError: body 'A': it is not text
    jobs is 0
    """

    def __init__(self) -> None:
        self._found: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    @contextmanager
    def of(self, what: str = "") -> Iterator[None]:
        """Keep what a block raises, as a fault of this."""
        try:
            yield
        except InputError as error:
            said = str(error).replace("\n", "\n  ") if what else str(error)
            self.add(f"{what}: {said}" if what else said)

    def add(self, *texts: str) -> None:
        """Keep these."""
        self._found += texts

    def end(self) -> None:
        """Raise what was found, each once."""
        if self._found:
            raise InputError("\n".join(dict.fromkeys(self._found)))


def nearest(
    name: str,
    known: Iterable[str],
    otherwise: str = "there are {}.",
    *,
    cutoff: float = 0.6,
) -> str:
    """Ask whether another name was meant; ``otherwise`` is said where none is close.

    >>> nearest("nmae", ["name", "city"]), nearest("x", ["name", "city"])
    ("did you mean 'name'?", "there are 'name', 'city'.")
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    if close:
        return f"did you mean '{close[0]}'?"
    if not names:
        return "there is none; leave it out."
    listed = ", ".join(f"'{one}'" for one in names[:_LISTED])
    return otherwise.format(listed + " and others" * (len(names) > _LISTED))
