"""What is said: a text or several, and how it is sent. The same for every list and account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Literal, TypeVar, get_args

from smsplan.encoding.substitution import Level, Substitution
from smsplan.encoding.transliteration import checked
from smsplan.encoding.ucs2 import shortened
from smsplan.errors import Faults, InputError, nearest
from smsplan.keywords import changed, chosen, option
from smsplan.templates import Template

T = TypeVar("T")
# The body for all other values of ``body_by``; of a single body it is the name.
OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Message:
    """Message: what is said.

    ``body`` is a text with ``${parameters}``, or several by the value of the column ``body_by``;
    ``"*"`` is for other values. The other fields are the keywords of :func:`smsplan.plan`. Raises
    :class:`~smsplan.errors.InputError` with every fault that can be seen without a list.

    >>> hello = Message("Hi ${name}!", defaults={"name": "there"})
    >>> hello.parameters, hello == Message.from_dict(hello.to_dict())
    (('name',), True)
    """

    body: str | Template | Mapping[str, str | Template]
    _: KW_ONLY
    body_by: str | None = option(
        None, "The column whose value chooses among several bodies.", form="COLUMN"
    )
    defaults: Mapping[str, str] = option(
        {},
        "The text of a parameter for rows without a value.",
        name="default",
        form="PARAMETER=TEXT",
    )
    limits: Mapping[str, int] = option(
        {},
        "The most characters of a parameter; longer values are cut.",
        name="limit",
        form="PARAMETER=CHARACTERS",
    )
    substitute: Literal["safe", "lossy"] | Substitution | None = option(
        None, "Replace what makes a message Unicode where that saves a part: safe or lossy."
    )
    transliterate: str | Sequence[str] = option(
        (),
        "Write words of this language in Latin letters there: el, ru, uk or bg.",
        form="LANGUAGE",
    )
    from_: str | None = option(None, "The sender.", name="from")
    truncate_concat: bool = option(False, "Cut every message to one part.")
    max_number_of_message_parts: int | None = option(None, "Do not send longer messages.", least=1)

    def __post_init__(self) -> None:
        faults = Faults()
        with faults.of():
            self._set("body", _bodies(self.body, self.body_by))
            for name in ("defaults", "limits"):
                with faults.of():
                    self._set(name, as_mapping(name, getattr(self, name)))
            if not faults:
                faults.add(*self._faults_of_parameters())
        with faults.of():
            self._set("substitute", _substitution(self.substitute, self.transliterate))
            self._set("transliterate", ())
        most = self.max_number_of_message_parts
        if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
            faults.add("max_number_of_message_parts is not a whole number of 1 or more; change it")
        if not isinstance(self.truncate_concat, bool):
            faults.add("truncate_concat is neither True nor False; pass one of them")
        faults.end()

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _faults_of_parameters(self) -> Iterator[str]:
        yield from unknown_parameters(self.parameters, defaults=self.defaults, limits=self.limits)
        for key, text in self.defaults.items():
            if not isinstance(text, str):
                yield f"the default of '{key}' is not text; write it as text"
        for key, most in self.limits.items():
            if isinstance(most, bool) or not isinstance(most, int) or most < 1:
                yield (
                    f"the limit of '{key}' is not a whole number of 1 or more; write "
                    f"limits={{'{key}': 12}} (--limit {key}=12)"
                )

    @classmethod
    def of(cls, message: Any, given: Mapping[str, Any]) -> Message:
        """Return a message as it is, or one of a text; what is given of its fields goes before."""
        if isinstance(message, Message):
            return changed(message, given)
        return cls(message, **chosen(given, cls))

    @property
    def templates(self) -> Mapping[str, Template]:
        """The bodies by the value that chooses them; a single one is of ``*``."""
        return {OTHERS: self.body} if isinstance(self.body, Template) else self.body  # type: ignore[return-value]

    @property
    def template(self) -> Template:
        """The body; of several the first."""
        return next(iter(self.templates.values()))

    @property
    def substitution(self) -> Substitution | None:
        """What is replaced, languages included; None: nothing."""
        return self.substitute  # type: ignore[return-value]  # a level became one when it was made

    @property
    def parameters(self) -> tuple[str, ...]:
        """The keys of every body, each once."""
        return tuple(
            dict.fromkeys(key for each in self.templates.values() for key in each.parameters)
        )

    def default(self, key: str) -> str | None:
        """Return the default of a parameter, within its limit."""
        text, limit = self.defaults.get(key), self.limits.get(key)
        return text if text is None or limit is None else shortened(text, limit)

    @property
    def cut_defaults(self) -> dict[str, str]:
        """The defaults, each within its limit."""
        return {key: self.default(key) or "" for key in self.defaults}

    def of_body(self, value: str) -> Message:
        """Return the message of one of the bodies, with what is said of its parameters."""
        template = self.templates[value]
        return replace(
            self,
            body=template,
            body_by=None,
            defaults=of_parameters(self.defaults, template.parameters),
            limits=of_parameters(self.limits, template.parameters),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        how = self.substitution
        return {
            "body": self.template.body,
            "body_by": self.body_by,
            "templates": {}
            if self.body_by is None
            else {value: each.body for value, each in self.templates.items()},
            "defaults": dict(self.defaults),
            "limits": dict(self.limits),
            "substitute": None if how is None else how.to_dict(),
            "from": self.from_,
            "truncate_concat": self.truncate_concat,
            "max_number_of_message_parts": self.max_number_of_message_parts,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        """Read what :meth:`to_dict` wrote."""
        # Plans that were saved before there was substitution have none.
        how = data.get("substitute")
        names = ("body_by", "defaults", "limits", "truncate_concat", "max_number_of_message_parts")
        return cls(
            data["templates"] or data["body"],
            substitute=None if how is None else Substitution(**how),
            from_=data["from"],
            **{name: data[name] for name in names},
        )


def as_mapping(name: str, given: Any) -> dict[Any, Any]:
    """Return what is said of parameters by their names; InputError for another form."""
    if given is not None and not isinstance(given, Mapping):
        raise InputError(
            f"{name} is {type(given).__name__}, not a mapping; write {name}={{'name': ...}}"
        )
    return dict(given or {})


def of_parameters(named: Mapping[str, T], parameters: Sequence[str]) -> dict[str, T]:
    """Return what is said of these parameters."""
    return {key: value for key, value in named.items() if key in parameters}


def unknown_parameters(
    parameters: Sequence[str], what: str = "the body", **named: Mapping[str, Any]
) -> Iterator[str]:
    """Yield a fault for each name that is no parameter of the body (``what``)."""
    keys = list(dict.fromkeys(key for each in named.values() for key in each))
    if keys and not parameters:
        yield (
            f"the body has no ${{parameter}}, but {' and '.join(n for n in named if named[n])} "
            f"name {', '.join(map(repr, keys))}; a shell eats ${{name}} in double quotes: use "
            "single quotes, or the syntax '$<>' with $<name>; if the body is as you mean it, leave "
            "the names out"
        )
        return
    for key in keys:
        if key not in parameters:
            where = " and ".join(name for name, each in named.items() if key in each)
            yield f"{where}: '{key}' is not a parameter of {what}; {nearest(key, parameters)}"


def _bodies(given: Any, by: str | None) -> Template | dict[str, Template]:
    if isinstance(given, Mapping) != (by is not None):
        raise InputError(
            "several bodies and body_by go together: plan(df, {'en': ..., 'sv': ...}, "
            "body_by='language')"
        )
    if not isinstance(given, Mapping):
        return given if isinstance(given, Template) else Template(given)
    if not given:
        raise InputError("there is no body; give one for every value of the column")
    return {
        value: text if isinstance(text, Template) else Template(text)
        for value, text in given.items()
    }


def _substitution(given: Any, languages: Any) -> Substitution | None:
    if not (given is None or isinstance(given, Substitution) or given in get_args(Level)):
        raise InputError(
            f"substitute cannot be '{given}'; use 'safe', 'lossy' or a Substitution, or leave it "
            "out"
        )
    return Substitution.of(given, checked(languages))
