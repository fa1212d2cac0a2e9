"""How a sandbox answers: the account it plays, and what goes wrong on request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args, get_type_hints

from smsplan.api.profiles import Profile
from smsplan.errors import InputError

OPERATIONS = ("send", "dry_run", "list", "retrieve", "update", "replace", "cancel", "feedback",
              "report", "group", "token", "*")  # fmt: skip
# Seconds: longer than anything is kept.
_LATEST = 1e9
_MOST = 10**9
FAULTS = ("429", "500", "lost", "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The account that a sandbox plays.

    ``profile`` decides what a dry run can tell; the switches below are those that no dry run can.
    ``outcomes`` gives shares of final delivery codes, such as ``{402: 0.02}``; the rest is
    delivered (0). A recipient's outcome depends on ``seed`` and its number alone.
    ``delivery_seconds`` pass between dispatch and the final report.
    """

    profile: Profile = field(default_factory=Profile)
    service_plan_id: str = "demo"
    token: str = ""
    project_id: str = ""
    key_id: str = ""
    key_secret: str = ""
    # Whether the account has a default callback URL; without one, reports need ``callback_url``.
    default_callback: bool = True
    # The originator of requests without ``from``; reports name it.
    default_originator: str = "447700900000"
    smart_encoding: bool = True
    update_order: Literal["add_first", "remove_first"] = "add_first"
    second_cancel: Literal["accepted", "not_found"] = "accepted"
    replace_dispatched: Literal["refused", "accepted"] = "refused"
    outcomes: Mapping[int, float] = field(default_factory=dict)
    operators: tuple[str, ...] = ()
    # Numbers that no dry run complains of and no send accepts (403, illegal_number_type).
    refused: Collection[str] = frozenset()
    seed: int = 0
    delivery_seconds: float = 0.0
    remote_callbacks: bool = False

    def __post_init__(self) -> None:
        digits = frozenset(number.lstrip("+") for number in self.refused)
        object.__setattr__(self, "refused", digits)
        hints = get_type_hints(Settings)
        for name in ("update_order", "second_cancel", "replace_dispatched"):
            if getattr(self, name) not in get_args(hints[name]):
                allowed = ", ".join(map(repr, get_args(hints[name])))
                raise InputError(f"'{name}' cannot be {getattr(self, name)!r}; use {allowed}")
        if any(share < 0 for share in self.outcomes.values()) or sum(self.outcomes.values()) > 1:
            raise InputError("'outcomes' are shares of 0 to 1, together at most 1; change them")


SWITCHES = ("default_callback", "default_originator", "smart_encoding", "update_order",
            "second_cancel", "replace_dispatched")  # fmt: skip
"""The settings that say what no dry run tells."""


def settings_of(words: Mapping[str, str]) -> dict[str, Any]:
    """Read switches that are written as text.

    >>> settings_of({"smart_encoding": "false", "update_order": "remove_first"})
    {'smart_encoding': False, 'update_order': 'remove_first'}
    """
    hints = get_type_hints(Settings)
    out: dict[str, Any] = {}
    for name, text in words.items():
        if name not in SWITCHES:
            raise InputError(f"no setting '{name}'; use one of {', '.join(SWITCHES)}")
        if hints[name] is bool and text not in ("true", "false"):
            raise InputError(f"'{name}' cannot be '{text}'; use true or false")
        out[name] = text == "true" if hints[name] is bool else text
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something that goes wrong: the next ``count`` requests of an ``operation``, or a share.

    ``kind``: ``429`` and ``500`` answer so and do nothing; ``lost`` does it and closes the
    connection without an answer; ``late`` closes the connection, and what was asked for is accepted
    ``delay`` seconds later. A batch is in the list only ``listed_after`` seconds after it was
    accepted. ``share`` (0 to 1) leaves some requests alone, by the seed of the settings.
    """

    kind: str
    operation: str = "send"
    count: int = 1
    share: float = 1.0
    delay: float = 0.0
    listed_after: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise InputError(f"no fault '{self.kind}'; use one of {', '.join(FAULTS)}")
        if self.operation not in OPERATIONS:
            raise InputError(f"no operation '{self.operation}'; use one of {', '.join(OPERATIONS)}")
        late = all(0 <= one <= _LATEST for one in (self.delay, self.listed_after))
        if not 0 <= self.count <= _MOST or not 0 <= self.share <= 1 or not late:
            raise InputError(
                f"count is 0 to {_MOST:,}, share is 0 to 1, delay and listed_after are 0 to "
                f"{_LATEST:g}"
            )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Failure:
        """Read a fault; unknown fields are refused."""
        names = {one.name: one for one in fields(cls)}
        strange = sorted(set(data) - set(names))
        if strange or "kind" not in data:
            raise InputError(
                f"a fault has {', '.join(names)}"
                + (f" and no '{strange[0]}'" if strange else ", 'kind' always")
            )
        wanted: dict[str, type | tuple[type, ...]] = {
            "kind": str, "operation": str, "count": int, "share": (int, float),
            "delay": (int, float), "listed_after": (int, float),
        }  # fmt: skip
        for name, value in data.items():
            if not isinstance(value, wanted[name]) or isinstance(value, bool):
                raise InputError(f"'{name}' of a fault is of the wrong type")
        return cls(**data)
