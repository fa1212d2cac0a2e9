"""What decides a row besides the row itself: one value that travels with a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smsplan.api.batches import TextBatch
from smsplan.api.doubtful import doubtful_sender
from smsplan.api.profiles import Profile
from smsplan.errors import Faults, InputError, RequestRefused, nearest
from smsplan.message import Message, unknown_parameters
from smsplan.recipients import Reading, no_column

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSettings:
    """A message, how its recipients are read, and how the account behaves.

    ``bodies`` keeps the texts, ``prefix`` is put before the names of our columns. The ``reading``
    has the column of every parameter that has one.
    """

    message: Message
    reading: Reading = field(default_factory=Reading)
    profile: Profile = field(default_factory=Profile)
    bodies: bool = False
    prefix: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """The caller's columns that a plan reads, each once."""
        by = () if self.message.body_by is None else (self.message.body_by,)
        return tuple(dict.fromkeys((self.reading.to, *self.reading.columns.values(), *by)))

    def of_body(self, value: str) -> RowSettings:
        """Return the settings of one of the bodies."""
        message = self.message.of_body(value)
        return replace(
            self, message=message, reading=self.reading.of_parameters(message.parameters)
        )

    def saying(self, **changes: Any) -> RowSettings:
        """Return the settings of another message."""
        return replace(self, message=replace(self.message, **changes))

    def each(self) -> list[RowSettings]:
        """Return the settings of every body."""
        if self.message.body_by is None:
            return [self]
        return [self.of_body(value) for value in self.message.templates]

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            **self.message.to_dict(),
            **self.reading.to_dict(),
            "profile": self.profile.to_dict(),
            "bodies": self.bodies,
            "prefix": self.prefix,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RowSettings:
        """Read what :meth:`to_dict` wrote."""
        return cls(
            message=Message.from_dict(data),
            reading=Reading.from_dict(data),
            profile=Profile.from_dict(data["profile"]),
            bodies=data["bodies"],
            prefix=data["prefix"],
        )

    def for_list(self, known: Sequence[str], *, numbers: bool = True) -> RowSettings:
        """Return the settings for a list that has these columns: each parameter with its own.

        ``numbers`` says whether the column of numbers is read. Raises
        :class:`~smsplan.errors.InputError` with everything that is wrong with them.
        """
        faults = Faults()
        columns, wrong = _columns(self.message, self.reading.columns, known)
        faults.add(*wrong)
        if numbers:
            faults.add(*self.reading.faults(known))
        by = self.message.body_by
        if by is not None and by not in known:
            faults.add(no_column(by, known, "the choice of the body", "body_by"))
        for each in self.each():
            with faults.of():
                each.check_message()
        faults.end()
        return replace(self, reading=replace(self.reading, columns=columns))

    def check_message(self) -> None:
        """Refuse what the API would refuse for every row: body, defaults, sender."""
        message = self.message
        try:
            TextBatch(
                to=("1" * self.profile.min_digits,),
                body=message.template.body,
                from_=message.from_,
                parameters={
                    key: {} if (default := message.default(key)) is None else {"default": default}
                    for key in message.template.parameters
                },
                profile=self.profile,
            )
        except RequestRefused as refused:
            listed = "\n".join(f"{fault.text} ({fault.code})" for fault in refused.faults)
            raise InputError(f"the API would refuse this message; change it:\n{listed}") from None

    def warnings(self, known: Sequence[str]) -> tuple[str, ...]:
        """What is worth saying about the message, to recipients that have these columns."""
        sender = self.message.from_
        doubtful = None if sender is None else doubtful_sender(sender)
        several = self.message.body_by is not None
        found = [] if doubtful is None else [doubtful]
        found += [
            f"body '{value}': {warning}" if several else str(warning)
            for value, template in self.message.templates.items()
            for warning in template.warnings_for(known)
        ]
        return tuple(found)

    def check_names(self, names: Sequence[str], known: Sequence[str]) -> None:
        """Refuse names of ours that the caller's columns have already."""
        clash = [name for name in names if name in known]
        if clash:
            listed = ", ".join(f"'{name}'" for name in clash)
            raise InputError(
                f"the recipients already have columns {listed}, which a plan adds; "
                f"pass prefix='{self.prefix}plan_' (--prefix {self.prefix}plan_) or rename yours"
            )


def _columns(
    message: Message, columns: Mapping[str, str], known: Sequence[str]
) -> tuple[dict[str, str], list[str]]:
    """Find the column of each parameter; return them, and what is wrong."""
    faults = list(unknown_parameters(message.parameters, columns=columns))
    found = {}
    for key in message.parameters:
        column = columns.get(key, key)
        if column in known:
            found[key] = column
        elif key in columns:
            faults.append(
                f"parameter '{key}' should take column '{column}', which is not there; "
                f"{nearest(column, known)}"
            )
        elif key not in message.defaults:
            faults.append(
                f"parameter '{key}' has no column and no default; "
                f"{nearest(key, known)} Map it with columns={{'{key}': ...}} "
                f"(--column {key}=...) or give a default (--default {key}=...)"
            )
    return found, faults
