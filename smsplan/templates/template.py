"""``${parameter}`` templates: parsed once, expanded per recipient.

The Sinch SMS API documents ``${key}``, case sensitive, every occurrence replaced. Escaping, nesting
and malformed placeholders are not documented: by default they are literal text, expanded in one
pass; a value is never expanded again.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import Literal, NamedTuple

from smsplan.errors import InputError
from smsplan.templates.placeholders import KEY, advice, in_own_syntax, placeholders

_PLACEHOLDER = re.compile(rf"\$\{{({KEY})\}}")
_ESCAPABLE = re.compile(rf"(\$?)\$\{{({KEY})\}}")


# The most code points of a text whose values have parameters: 255 parts of GSM hold no more. A
# dozen values that name each other could ask for millions. Of values that name themselves the
# placeholders are bounded too; in other texts that fit there are never so many.
MOST_EXPANDED = 255 * 153
MOST_PLACEHOLDERS = 1 << 18


class Filled(NamedTuple):
    """A text with its values, the keys that had none, and whether it is all there."""

    text: str
    unmatched: tuple[str, ...]
    complete: bool


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
        :class:`smsplan.Profile` because the API does not say. What grows beyond 255 parts
        that way raises :class:`~smsplan.errors.InputError`.
        """
        filled = self.filled(values, unmatched=unmatched, again=again)
        if not filled.complete:
            raise InputError(
                "the values expand to more than 255 parts hold; take the parameters out of the "
                "values, or expand with again=False"
            )
        return Expansion(filled.text, filled.unmatched)

    def filled(
        self,
        values: Mapping[str, str | None],
        *,
        unmatched: Literal["verbatim", "empty"] = "verbatim",
        again: bool = False,
    ) -> Filled:
        """As :meth:`expand`; what is too much ends where it was stopped, and says so.

        >>> doubled = {"a": "${b}${b}", "b": "x" * 20_000}
        >>> Template("${a}").filled(doubled, again=True).complete
        False
        """
        if again:
            return _fill_again(self.pieces, values, unmatched)
        out, missing = list(self.pieces), dict[str, None]()
        for index in range(1, len(out), 2):
            key = out[index]
            value = values.get(key)
            if value is None:
                missing[key] = None
            out[index] = _absent(key, unmatched) if value is None else value
        return Filled("".join(out), tuple(missing), complete=True)

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


def _absent(key: str, unmatched: str) -> str:
    return "${" + key + "}" if unmatched == "verbatim" else ""


@dataclass(slots=True)
class _Open:
    """A value that is being expanded: its key, the pieces that are left, where its text begins.

    ``least`` is the outermost depth of a key that was met inside its own expansion.
    """

    key: str | None
    rest: Iterator[tuple[int, str]]
    begins: int
    least: int = sys.maxsize


def _fill_again(
    pieces: tuple[str, ...], values: Mapping[str, str | None], unmatched: str
) -> Filled:
    """Expand values too, as far as :data:`MOST_EXPANDED` and :data:`MOST_PLACEHOLDERS` go."""
    out: list[str] = []
    missing: dict[str, None] = {}
    # Texts of keys that are the same wherever they stand: no key around them is in them.
    known: dict[str, str] = {}
    depths: dict[str, int] = {}
    stack = [_Open(None, iter(enumerate(pieces)), 0)]
    characters = placeholders = 0
    # A text whose values have no parameters is no longer than they are: it is not stopped.
    grows = False
    while stack:
        top = stack[-1]
        index, piece = next(top.rest, (-1, ""))
        if index < 0:
            stack.pop()
            if top.key is not None:
                depth = depths.pop(top.key)
                if top.least > depth:
                    known[top.key] = "".join(out[top.begins :])
                    out[top.begins :] = [known[top.key]]
                stack[-1].least = min(stack[-1].least, top.least)
            continue
        text = piece
        if index % 2:
            placeholders += len(stack) > 1
            value = values.get(piece)
            if value is None:
                missing[piece] = None
                text = _absent(piece, unmatched)
            elif piece in known:
                text = known[piece]
            elif piece in depths:
                top.least = min(top.least, depths[piece])
                text = "${" + piece + "}"
            else:
                depths[piece] = len(stack)
                nested = _PLACEHOLDER.split(value)
                grows = grows or len(nested) > 1
                stack.append(_Open(piece, iter(enumerate(nested)), len(out)))
                text = ""
        characters += len(text)
        out.append(text)
        if grows and (characters > MOST_EXPANDED or placeholders > MOST_PLACEHOLDERS):
            return Filled("".join(out)[: MOST_EXPANDED + 1], tuple(missing), complete=False)
    return Filled("".join(out), tuple(missing), complete=True)
