"""The same kernel over a cluster: ``mapInArrow``, batch by batch, on every core.

A row's plan does not depend on other rows, so how Spark cuts batches does not matter; duplicates,
which do, are a window over the number. Needs the extra ``smsplan[spark]`` and Java 17.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from smsplan.api.conditions import Conditions
from smsplan.api.profiles import Profile
from smsplan.errors import InputError, Note, Problem
from smsplan.kernel.columns import PLAN_COLUMNS
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.prices import PriceTable
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.settlement import RANGE, in_words, names_with, settled_rows
from smsplan.keywords import chosen, takes
from smsplan.message import Message
from smsplan.recipients import Reading
from smsplan.templates import Template

if TYPE_CHECKING:
    from typing import Unpack

    from pyspark.sql import DataFrame

    from smsplan._keywords import CampaignKeywords

# Its names of Arrow's types; all others are text.
_TYPES = {"int32": "int", "bool": "boolean"}
_COSTS = ("cost", *RANGE)


@takes(Message, Reading, Conditions, without=("encoding", "on_error"))
def plan(
    df: DataFrame,
    message: str | Template | Mapping[str, str | Template] | Message,
    *,
    order_by: str | Sequence[str] | None = None,
    bodies: bool = False,
    prefix: str = "",
    **options: Unpack[CampaignKeywords],
) -> DataFrame:
    """Return the Spark frame with the columns of a plan behind its own, as :func:`smsplan.plan`.

    A frame on a cluster has no order: ``duplicates`` are kept unless ``"flag"`` is given, which
    needs ``order_by``, the columns that say which row of a number is the first. Faults of the
    arguments raise at once, a column that would have to be formatted when Spark runs; no row
    raises.

    {options}
    """
    from pyspark.sql import functions

    reading = Reading(**{"duplicates": "keep", **chosen(options, Reading)})
    duplicates = reading.duplicates
    settings = RowSettings(
        message=Message.of(message, options),
        reading=reading,
        profile=Profile.of(options.get("profile")),
        bodies=bodies,
        prefix=prefix,
    ).for_list(df.columns)
    if duplicates == "flag" and order_by is None:
        raise InputError(
            "a frame on a cluster has no first row; say with order_by= which row of a number is "
            "sent, or plan with duplicates='keep'"
        )
    prices = _price_table(options.get("rates"))
    ours = names_with(prices, bodies=bodies)
    settings.check_names([prefix + name for name in ours], df.columns)
    scale = 4 if prices is None else prices.scale
    spark = {**_TYPES, "money": f"decimal(38,{scale})"}
    theirs = ", ".join(f"{_quoted(f.name)} {f.dataType.simpleString()}" for f in df.schema.fields)
    added = ", ".join(
        f"{_quoted(prefix + name)} {spark.get(PLAN_COLUMNS[name].type, 'string')}" for name in ours
    )
    planned = df.mapInArrow(Worker(settings, prices, ours), f"{theirs}, {added}")
    if duplicates == "keep":
        return planned
    return _flagged(
        planned,
        functions,
        prefix,
        [order_by] if isinstance(order_by, str) else list(order_by or ()),
        scale,
    )


@dataclass(frozen=True, slots=True)
class Worker:
    """What every core of the cluster does; it is pickled, with everything that it needs."""

    settings: RowSettings
    prices: PriceTable | None
    names: tuple[str, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Plan batches as they come."""
        import numpy as np

        kernel = Kernel(self.settings)
        accepted = np.zeros(len(Problem) + 1, bool)
        for batch in batches:
            ours, _ = settled_rows(
                kernel(batch), duplicates=None, prices=self.prices, accepted=accepted
            )
            ours = in_words(ours)
            columns = [_spark_column(ours.column(name)) for name in self.names]
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, *columns],
                names=[*batch.schema.names, *(self.settings.prefix + name for name in self.names)],
            )


def _spark_column(column: Any) -> Any:
    """Spark reads neither dictionaries nor large strings."""
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.string())
    return column


def _flagged(
    planned: DataFrame, functions: Any, prefix: str, order_by: list[str], scale: int
) -> DataFrame:
    """Of the rows of a number that can be sent, send the first in this order."""
    from pyspark.sql import Window

    def ours(name: str) -> Any:
        return functions.col(_quoted(prefix + name))

    same = Window.partitionBy(ours("recipient"), ours("sendable"))
    place = functions.row_number().over(same.orderBy(*order_by))
    repeated = ours("sendable") & (place > 1)
    flag = prefix + "__repeated"
    out = planned.withColumn(flag, repeated)
    for name, value in (
        ("billed_parts", functions.lit(0)),
        *((name, functions.lit(Decimal(0)).cast(f"decimal(38,{scale})")) for name in _COSTS),
        ("problem", functions.lit(str(Problem.DUPLICATE_RECIPIENT))),
        ("note", functions.lit(None).cast("string")),
        ("sendable", functions.lit(False)),
    ):
        if prefix + name not in planned.columns:
            continue
        changed = functions.when(functions.col(_quoted(flag)), value).otherwise(ours(name))
        out = out.withColumn(prefix + name, changed)
    return out.drop(flag)


def totals(planned: DataFrame, *, prefix: str = "") -> DataFrame:
    """Add a plan up on the cluster: rows, messages, parts and cost by what rows have in common.

    One row for each encoding, number of parts, country, currency, problem and note; cost is exact,
    null where operators decide: then ``cost_low`` and ``cost_high`` add up.
    """
    from pyspark.sql import functions

    keys = ("encoding", "number_of_parts", "country", "currency", "problem", "note")
    by = [functions.col(_quoted(prefix + name)).alias(name) for name in keys]
    sent = functions.col(_quoted(prefix + "sendable"))
    cost = functions.col(_quoted(prefix + "cost"))
    note = functions.coalesce(functions.col(_quoted(prefix + "note")), functions.lit(""))
    ranged = prefix + RANGE[0] in planned.columns
    ends = [functions.sum(functions.col(_quoted(prefix + name))).alias(name) for name in RANGE]
    return planned.groupBy(*by).agg(
        functions.count(functions.lit(1)).alias("rows"),
        functions.sum(sent.cast("long")).alias("messages"),
        functions.sum(functions.col(_quoted(prefix + "billed_parts"))).alias("parts"),
        functions.sum(cost).alias("cost"),
        *(ends if ranged else ()),
        functions.sum((sent & note.contains(Note.UNPRICED)).cast("long")).alias("unpriced"),
    )


def _price_table(rates: Any) -> PriceTable | None:
    if rates is None or isinstance(rates, PriceTable):
        return rates
    from smsplan.kernel.price_tables import price_table

    return price_table(rates)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
