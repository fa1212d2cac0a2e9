"""Options, each written once: a field of a frozen value with its name, type, default and sentence.

``plan(...)`` and its like take them as keywords (:func:`takes`), the command line as options
(``cli/options.py``), and ``_keywords.py`` repeats their types for type checkers.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from smsplan.errors import nearest

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Option:
    """What is said of a field besides its name, type and default.

    ``sentence`` is its help. On the command line it is ``name`` (empty: the field's own), its
    values are written as ``form``, and it is ``least`` or more; ``python_only``
    says that the command line has it in another form.
    """

    sentence: str
    name: str = ""
    form: str = ""
    least: int | None = None
    python_only: bool = False


def option(
    default: Any,
    sentence: str,
    *,
    name: str = "",
    form: str = "",
    least: int | None = None,
    python_only: bool = False,
) -> Any:
    """Return a field of a frozen value that is an option; see :class:`Option`."""
    said = {"option": Option(sentence, name, form, least, python_only)}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=said)
    return field(default=default, metadata=said)


def options(group: type) -> dict[str, tuple[dataclasses.Field[Any], Option]]:
    """Return the options of a group, by the names of their fields."""
    return {
        each.name: (each, each.metadata["option"])
        for each in dataclasses.fields(group)
        if "option" in each.metadata
    }


def default_of(each: dataclasses.Field[Any]) -> Any:
    """Return the default of an option."""
    if each.default_factory is not dataclasses.MISSING:
        return each.default_factory()
    return each.default


def chosen(given: Mapping[str, Any], group: type) -> dict[str, Any]:
    """Return those keywords that are options of a group; None leaves an option as it is."""
    own = options(group)
    return {name: value for name, value in given.items() if name in own and value is not None}


def taken(given: dict[str, Any], group: type) -> dict[str, Any]:
    """Take the options of a group out of those that were given, and return them."""
    own = chosen(given, group)
    for name in own:
        del given[name]
    return own


def changed(value: T, given: Mapping[str, Any]) -> T:
    """Return a frozen value with the keywords that are its options."""
    own = chosen(given, type(value))
    return dataclasses.replace(value, **own) if own else value  # type: ignore[type-var]


def takes(
    *groups: type, without: Collection[str] = (), renamed: Mapping[str, str] | None = None
) -> Callable[[F], F]:
    """Give a function the options of these groups as keywords, in signature, help and checks.

    A keyword that is none of them raises TypeError with the nearest name, or with the new one where
    it was ``renamed``.
    """
    known = {
        name: found
        for group in groups
        for name, found in options(group).items()
        if name not in without
    }

    def give(function: F) -> F:
        signature = inspect.signature(function)
        own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        names = [*known, *(each.name for each in own)]
        added = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default_of(each), annotation=each.type
            )
            for name, (each, _) in known.items()
        ]

        @functools.wraps(function)
        def checked(*args: Any, **keywords: Any) -> Any:
            for name in keywords:
                if name not in names:
                    new = (renamed or {}).get(name)
                    hint = (
                        f"it is '{new}' now" if new else nearest(name, names, "help() lists them")
                    )
                    raise TypeError(f"{function.__name__}() has no keyword '{name}'; {hint}")
            return function(*args, **keywords)

        checked.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        checked.__doc__ = _documented(function.__doc__ or "", groups, known)
        return checked  # type: ignore[return-value]

    return give


def _documented(text: str, groups: tuple[type, ...], known: Collection[str]) -> str:
    """Put the options, group by group, in place of the line ``{options}``."""
    lines = []
    for group in groups:
        lines += [(group.__doc__ or "").splitlines()[0], ""]
        lines += [
            f"* ``{name}``: {said.sentence}"
            for name, (_, said) in options(group).items()
            if name in known
        ]
        lines.append("")
    indent = " " * 4
    listed = "\n".join(f"{indent}{line}".rstrip() for line in lines).strip()
    return text.replace("{options}", listed)
