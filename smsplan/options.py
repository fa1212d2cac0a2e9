"""What decides a row besides the row itself: one value that travels with a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from smsplan.api.profiles import Profile
from smsplan.encoding.substitution import Substitution
from smsplan.encoding.ucs2 import shortened
from smsplan.templates import Template

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The message and how to read the recipients.

    ``to`` is the column of numbers, ``columns`` maps each parameter to its column, ``defaults`` a
    parameter to the text for recipients without a value, ``limits`` to the most code points of its
    values and its default.
    """

    template: Template
    to: str
    # A column whose value chooses the body, and the bodies; ``*`` is for all other values.
    body_by: str | None = None
    templates: Mapping[str, Template] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    substitute: Substitution | None = None
    region: str | None = None
    from_: str | None = None
    truncate_concat: bool = False
    max_number_of_message_parts: int | None = None
    duplicates: Literal["flag", "keep"] = "flag"
    profile: Profile = field(default_factory=Profile)
    bodies: bool = False
    prefix: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """The caller's columns that a plan reads, each once."""
        by = () if self.body_by is None else (self.body_by,)
        return tuple(dict.fromkeys((self.to, *self.columns.values(), *by)))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The keys of every body, each once."""
        every = self.templates.values() if self.body_by is not None else (self.template,)
        return tuple(dict.fromkeys(key for template in every for key in template.parameters))

    def default(self, key: str) -> str | None:
        """Return the default of a parameter, within its limit."""
        text = self.defaults.get(key)
        limit = self.limits.get(key)
        return text if text is None or limit is None else shortened(text, limit)

    def of_body(self, value: str) -> Options:
        """Return the options of one of the bodies."""
        template = self.templates[value]

        def its(named: Mapping[str, T]) -> dict[str, T]:
            return {key: each for key, each in named.items() if key in template.parameters}

        return replace(
            self,
            template=template,
            columns=its(self.columns),
            defaults=its(self.defaults),
            limits=its(self.limits),
            body_by=None,
            templates={},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            "body": self.template.body,
            "body_by": self.body_by,
            "templates": {value: template.body for value, template in self.templates.items()},
            "to": self.to,
            "columns": dict(self.columns),
            "defaults": dict(self.defaults),
            "limits": dict(self.limits),
            "substitute": None if self.substitute is None else self.substitute.to_dict(),
            "region": self.region,
            "from": self.from_,
            "truncate_concat": self.truncate_concat,
            "max_number_of_message_parts": self.max_number_of_message_parts,
            "duplicates": self.duplicates,
            "profile": self.profile.to_dict(),
            "bodies": self.bodies,
            "prefix": self.prefix,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Options:
        """Read what :meth:`to_dict` wrote."""
        read = ("body", "from", "profile", "templates", "substitute")
        rest = {key: data[key] for key in data if key not in read}
        # Plans that were saved before there was substitution have none.
        substitute = data.get("substitute")
        return cls(
            template=Template(data["body"]),
            substitute=None if substitute is None else Substitution(**substitute),
            templates={value: Template(body) for value, body in data["templates"].items()},
            from_=data["from"],
            profile=Profile.from_dict(data["profile"]),
            **rest,
        )
