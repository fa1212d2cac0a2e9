"""``${parameter}`` templates: parsed once, expanded per recipient.

The Sinch SMS API documents ``${key}``, case sensitive, every occurrence replaced. Escaping, nesting
and malformed placeholders are not documented: by default they are literal text, expanded in one
pass; a value is never expanded again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Literal, NamedTuple

from smsplan.errors import InputError
from smsplan.placeholders import KEY, advice, in_own_syntax, placeholders

_PLACEHOLDER = re.compile(rf"\$\{{({KEY})\}}")
_ESCAPABLE = re.compile(rf"(\$?)\$\{{({KEY})\}}")


class Expansion(NamedTuple):
    """An expanded text and the keys that had no value, in order of appearance.

    ``str`` is the text, as that of a :class:`Template` is its body.

    >>> print(Template("Hi ${name}!").expand({"name": "Ana"}))
    Hi Ana!
    """

    text: str
    unmatched: tuple[str, ...]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class TemplateWarning:
    """Something that looks like a parameter but is sent as it is.

    ``kind`` is ``malformed``, ``malformed_angle``, ``unclosed``, ``angle`` or a family of other
    tools' placeholders, such as ``double_braces``; ``position`` is
    the index of its first code point in the body.
    """

    kind: str
    position: int
    text: str
    advice: str

    def __str__(self) -> str:
        return f"'{self.text}' at position {self.position} {self.advice}"


@dataclass(frozen=True, slots=True, init=False)
class Template:
    """A message body with parameters.

    ``syntax="$<>"`` reads ``$<key>`` as well, which no shell touches, and turns it into the API's
    ``${key}``. So do, for what other tools write, ``"{{}}"`` (``{{key}}``, ``{{1}}``), ``"(())"``,
    ``"*||*"``, ``"%%"``, ``"[]"`` and ``"<%=%>"``; blanks in a key become ``_``. ``body`` is always
    in the API's form.

    >>> hello = Template("Hello ${name}, ${name}!")
    >>> hello.parameters
    ('name',)
    >>> hello.expand({"name": "Ana"})
    Expansion(text='Hello Ana, Ana!', unmatched=())
    >>> hello.expand({})
    Expansion(text='Hello ${name}, ${name}!', unmatched=('name',))
    >>> Template("Hi {{name}}").warnings[0].kind
    'double_braces'
    """

    body: str
    # Literal, key, literal, key, ..., literal.
    pieces: tuple[str, ...] = field(repr=False, compare=False)
    # By which rule the body was taken apart; None: it was not, its pieces were given.
    dollar_escapes: bool | None = field(repr=False, compare=False)

    def __init__(self, body: str, *, syntax: str = "${}", dollar_escapes: bool = False) -> None:
        if not isinstance(body, str):
            raise InputError(f"the body is {type(body).__name__}, not text; pass a string")
        body = in_own_syntax(body, syntax)
        object.__setattr__(self, "body", body)
        object.__setattr__(self, "pieces", _split(body, dollar_escapes=dollar_escapes))
        object.__setattr__(self, "dollar_escapes", dollar_escapes)

    def under(self, *, dollar_escapes: bool) -> Template:
        """Return the template as the rule for ``$${key}`` reads it; given pieces stay as they are.

        >>> Template("$${a}").under(dollar_escapes=True).parameters
        ()
        """
        if self.dollar_escapes in (None, dollar_escapes):
            return self
        return Template(self.body, dollar_escapes=dollar_escapes)

    def with_literals(self, literals: Sequence[str]) -> Template:
        """Return other fixed texts around the same parameters; they are not looked at for more.

        >>> Template("Hi ${name}!").with_literals(["${a} ", ""]).expand({"name": "Ana", "a": "x"})
        Expansion(text='${a} Ana', unmatched=())
        """
        pieces = list(self.pieces)
        pieces[::2] = literals
        keys = ["${" + key + "}" for key in self.pieces[1::2]]
        made = object.__new__(Template)
        body = "".join(chain.from_iterable(zip_longest(literals, keys, fillvalue="")))
        object.__setattr__(made, "body", body)
        object.__setattr__(made, "pieces", tuple(pieces))
        object.__setattr__(made, "dollar_escapes", None)
        return made

    @property
    def parameters(self) -> tuple[str, ...]:
        """The keys, each once, in order of appearance."""
        return tuple(dict.fromkeys(self.pieces[1::2]))

    @property
    def literals(self) -> tuple[str, ...]:
        """The fixed texts around the parameters: one more than there are placeholders."""
        return self.pieces[::2]

    @property
    def warnings(self) -> tuple[TemplateWarning, ...]:
        """What looks like a parameter and is not, in order of position."""
        return self.warnings_for(())

    def warnings_for(self, columns: Collection[str]) -> tuple[TemplateWarning, ...]:
        """Return the warnings for a list with these columns.

        ``[x]``, ``#x#`` and other forms that prose has count where ``x`` is one of the columns, or
        names a field as people call them.

        >>> [one.text for one in Template("Hi [size], [sic]").warnings_for(["Size"])]
        ['[size]']
        """
        return tuple(
            TemplateWarning(found.kind, found.start, found.text, advice(found, columns))
            for found in placeholders(self.body, columns)
            if found.kind != "parameter"
        )

    def expand(
        self,
        values: Mapping[str, str | None],
        *,
        unmatched: Literal["verbatim", "empty"] = "verbatim",
        again: bool = False,
    ) -> Expansion:
        """Put the values in place of the parameters, in one pass.

        A key that is absent or ``None`` is unmatched: its placeholder stays (``verbatim``) or
        goes (``empty``). ``again=True`` also expands placeholders inside values, except a
        parameter inside its own expansion: what some template engines do, and a switch of
        :class:`smsplan.Profile` because the API does not say.
        """
        missing: dict[str, None] = {}
        text = _fill(self.pieces, values, unmatched, missing, () if again else None)
        return Expansion(text, tuple(missing))

    def __str__(self) -> str:
        return self.body


def _split(body: str, *, dollar_escapes: bool) -> tuple[str, ...]:
    if not dollar_escapes:
        return tuple(_PLACEHOLDER.split(body))
    pieces, literal, end = [], "", 0
    for match in _ESCAPABLE.finditer(body):
        literal += body[end : match.start()]
        if match.group(1):
            literal += match.group()[1:]
        else:
            pieces += [literal, match.group(2)]
            literal = ""
        end = match.end()
    return (*pieces, literal + body[end:])


def _fill(
    pieces: tuple[str, ...],
    values: Mapping[str, str | None],
    unmatched: str,
    missing: dict[str, None],
    inside: tuple[str, ...] | None,
) -> str:
    """Join literals and values; ``inside`` is the chain of keys being expanded, None: one pass."""
    out = list(pieces)
    for index in range(1, len(pieces), 2):
        key = pieces[index]
        value = values.get(key)
        if value is None:
            missing[key] = None
            out[index] = "${" + key + "}" if unmatched == "verbatim" else ""
        elif inside is None:
            out[index] = value
        elif key in inside:
            out[index] = "${" + key + "}"
        else:
            nested = tuple(_PLACEHOLDER.split(value))
            out[index] = _fill(nested, values, unmatched, missing, (*inside, key))
    return "".join(out)
