"""The columns of a plan, each once: its type, the stage that decides it, and what it means."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa


class Stage(StrEnum):
    """What decides a column, from one cell to the whole."""

    NUMBER = "the number alone"
    TEXT = "the text alone"
    ROW = "the whole row, and the rows before it"
    PRICE = "the number and the rate card"
    SETTLED = "the other columns"


class PlanColumn(NamedTuple):
    """A column of a plan.

    ``type`` is as Arrow says it; ``words`` are text in files and a dictionary of text in memory,
    ``money`` is a decimal of as many places as the rate card has. ``only`` says when a plan has it;
    empty: always. ``meaning`` is for the documentation.
    """

    type: str
    stage: Stage
    meaning: str
    only: str = ""


OPERATORS, BODIES = "prices by operator", "`bodies=True`"
PLAN_COLUMNS = {
    "recipient": PlanColumn(
        "string",
        Stage.NUMBER,
        "the number as the API answers it, digits without `+`; null where it is no number",
    ),
    "encoding": PlanColumn(
        "words", Stage.TEXT, "`GSM` or `UNICODE`; null for text that cannot be encoded"
    ),
    "units": PlanColumn(
        "int32", Stage.TEXT, "septets (`GSM`) or code units (`UNICODE`) of the text"
    ),
    "number_of_parts": PlanColumn(
        "int32", Stage.TEXT, "what a dry run shows, whatever the problem"
    ),
    "sendable": PlanColumn("bool", Stage.SETTLED, "whether a message goes out: `problem` is null"),
    "billed_parts": PlanColumn(
        "int32", Stage.ROW, "parts that are paid for: 0 where nothing is sent"
    ),
    "country": PlanColumn(
        "words",
        Stage.NUMBER,
        "ISO 3166 alpha-2 by longest prefix; null where the prefix belongs to none",
    ),
    "price": PlanColumn(
        "money",
        Stage.PRICE,
        "of the rate card's row that applies, its surcharge added; null without one, and where the "
        "operator decides",
    ),
    "currency": PlanColumn("words", Stage.PRICE, "of the price; null without one"),
    "cost": PlanColumn(
        "money",
        Stage.SETTLED,
        "price times billed parts, exact; 0 where nothing is sent, null where the price is unknown "
        "or operators differ",
    ),
    "cost_low": PlanColumn(
        "money",
        Stage.SETTLED,
        "the least that the cost may be; null where the price is unknown",
        OPERATORS,
    ),
    "cost_high": PlanColumn(
        "money",
        Stage.SETTLED,
        "the most that the cost may be; null where the price is unknown",
        OPERATORS,
    ),
    "problem": PlanColumn(
        "words", Stage.ROW, "null, or why nothing is sent: the first that applies"
    ),
    "note": PlanColumn("words", Stage.ROW, "remarks about a row that goes out, joined by `;`"),
    "body": PlanColumn("string", Stage.TEXT, "the text as sent", BODIES),
}


def of_stages(*stages: Stage) -> frozenset[str]:
    """Return the columns that these stages decide.

    >>> sorted(of_stages(Stage.PRICE))
    ['currency', 'price']
    """
    return frozenset(name for name, each in PLAN_COLUMNS.items() if each.stage in stages)


def names(*, ranged: bool = False, bodies: bool = False) -> tuple[str, ...]:
    """Return the columns of a plan; ``ranged``: prices are by operator; ``bodies``: texts too.

    >>> sorted(set(names(ranged=True, bodies=True)) - set(names()))
    ['body', 'cost_high', 'cost_low']
    """
    has = {"": True, OPERATORS: ranged, BODIES: bodies}
    return tuple(name for name, each in PLAN_COLUMNS.items() if has[each.only])


def type_of(name: str) -> pa.DataType:
    """Return the type of a column without any value, in a file.

    >>> type_of("units"), type_of("cost")
    (DataType(int32), Decimal128Type(decimal128(38, 4)))
    """
    import pyarrow as pa

    said = PLAN_COLUMNS[name].type
    others = {"words": pa.string(), "money": pa.decimal128(38, 4)}
    return others.get(said) or pa.type_for_alias(said)
