"""To whom: a list, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from smsplan.errors import Faults, nearest
from smsplan.keywords import changed, chosen, option
from smsplan.message import as_mapping, of_parameters
from smsplan.numbers import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Recipients: how the list is read.

    The fields are the keywords of :func:`smsplan.plan`. Raises
    :class:`~smsplan.errors.InputError` with every fault that can be seen without the list.

    >>> how = Reading(to="phone", region="gb")
    >>> how.region, how == Reading.from_dict(how.to_dict())
    ('GB', True)
    """

    to: str = option("to", "The column of numbers.", form="COLUMN")
    columns: Mapping[str, str] = option(
        {},
        "The column of a parameter that has another name.",
        name="column",
        form="PARAMETER=COLUMN",
    )
    region: str | None = option(
        None, "Read national numbers of this country, such as GB.", form="COUNTRY"
    )
    duplicates: Literal["flag", "keep"] = option(
        "flag", "flag: send once to a number; keep: send every row."
    )
    encoding: str | None = option(
        None, "The encoding of a file of text, such as cp1252; else UTF-8."
    )
    on_error: Literal["stop", "skip"] = option(
        "stop", "Where a file cannot be read: stop, or skip and list the rows."
    )

    def __post_init__(self) -> None:
        faults = Faults()
        with faults.of():
            object.__setattr__(self, "columns", as_mapping("columns", self.columns))
        if self.duplicates not in ("flag", "keep"):
            faults.add(f"duplicates cannot be '{self.duplicates}'; use 'flag' or 'keep'")
        if self.on_error not in ("stop", "skip"):
            faults.add(f"unknown on_error '{self.on_error}'; use 'stop' or 'skip'")
        if self.region is not None:
            object.__setattr__(self, "region", self.region.upper())
            with faults.of():
                read("", region=self.region)
        faults.end()

    def faults(self, known: Sequence[str]) -> list[str]:
        """Return what is wrong for a list that has these columns: there are no numbers."""
        return [] if self.to in known else [no_column(self.to, known, "the numbers", "to")]

    def of_parameters(self, parameters: Sequence[str]) -> Reading:
        """Return the reading with the columns of these parameters alone."""
        return replace(self, columns=of_parameters(self.columns, parameters))

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Reading:
        """Read what :meth:`to_dict` wrote, or before there were all of its fields."""
        return cls(**{each.name: data[each.name] for each in fields(cls) if each.name in data})


@dataclass(frozen=True, slots=True, repr=False)
class Recipients:
    """A list and how it is read.

    ``source`` is a pandas, polars or pyarrow frame, a DuckDB relation or any Arrow stream, a list
    of dicts or of numbers, or the path of a file or folder.

    >>> Recipients.of(["+447700900123"], {"region": "GB"})
    Recipients(list, region='GB')
    """

    source: Any
    reading: Reading = Reading()

    @classmethod
    def of(cls, recipients: Any, given: Mapping[str, Any]) -> Recipients:
        """Return recipients as they are, or those of a source; what is given goes before."""
        if isinstance(recipients, Recipients):
            return replace(recipients, reading=changed(recipients.reading, given))
        return cls(recipients, Reading(**chosen(given, Reading)))

    def __repr__(self) -> str:
        own = [
            f"{each.name}={getattr(self.reading, each.name)!r}"
            for each in fields(Reading)
            if getattr(self.reading, each.name) != getattr(Reading(), each.name)
        ]
        return f"Recipients({', '.join([type(self.source).__name__, *own])})"


def no_column(name: str, known: Sequence[str], what: str, argument: str) -> str:
    """Say that a column is not there, and how to name another."""
    return (
        f"no column '{name}' for {what}; {nearest(name, known)} "
        f"Name it with {argument}= (--{argument.replace('_', '-')})"
    )
