"""A switch is one entry: its default, what it asks, what its values do, and a request that decides.

:class:`~smsplan.Profile` has one for each open question of the API. Its type lists the values; the
questions of ``Plan.assumptions()``, what a verification tries, and the tables of the documentation
follow from the entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Effect = Literal["plan", "plan_requests", "batch", "form", "documented"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is to be known of a switch besides its type and its default.

    ``effect`` is what its values can change: rows of a ``plan``; how the API reads the requests of
    a plan (``plan_requests``); the answer to a ``batch`` that no plan makes; the ``form`` of
    answers alone; or plans, but it is ``documented``, and so not asked about. ``values`` are those
    to try where its type does not list them, ``says`` what a value does where its name does not say
    it, ``cell`` what the documentation has instead where they are no list. ``replaces`` are the
    characters that a text has others for (or nothing), by value: whatever reads texts follows from
    it. ``requests`` are dry runs among which is one that decides.
    """

    question: str
    effect: Effect = "plan"
    remark: str = ""
    values: tuple[Any, ...] = ()
    says: Mapping[Any, str] = field(default_factory=dict)
    cell: str = ""
    replaces: Mapping[Any, Mapping[str, str]] = field(default_factory=dict)
    requests: tuple[Mapping[str, Any], ...] = ()


def switch(default: Any, question: str, **given: Any) -> Any:
    """Return the field of a profile that is a switch."""
    return field(default=default, metadata={"switch": Switch(question=question, **given)})


# Numbers that are reserved for fiction; no data of anybody.
A, B = "+447700900123", "+447700900124"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def one(body: str, **fields: Any) -> dict[str, Any]:
    """Return a request to one recipient."""
    return {"to": [A], "body": body, **fields}


def two(first: str, second: str, **fields: Any) -> dict[str, Any]:
    """Return a request with a text for each of two recipients."""
    return {"to": [A, B], "body": "${t}", "parameters": {"t": {A: first, B: second}}, **fields}


def of_values(**values: str) -> dict[str, Any]:
    """Return a request whose body is these parameters."""
    body = "".join(f"${{{key}}}" for key in values)
    return one(body, parameters={key: {A: value} for key, value in values.items()})
