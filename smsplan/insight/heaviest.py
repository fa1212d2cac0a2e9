"""The most expensive messages of a plan, with their texts; and one to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from smsplan.errors import InputError
from smsplan.ratecards import Cost

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.kernel.octets import Ints
    from smsplan.kernel.settings import RowSettings
    from smsplan.totals.plan_view import Planned

Change = Callable[[str], str]
# What a message is ranked by, the least first.
Key = tuple[Fraction | int, ...]
# What it is ranked by, its row, the caller's columns and ours.
_Row = tuple[Key, int, "pa.RecordBatch", "pa.RecordBatch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedMessage:
    """A message that is sent: ``row`` counts from 1, ``cost`` is null without a price.

    ``values`` are those of the parameters (null: missing), ``choice`` is what chose the body, where
    there are several. ``body`` is the text as sent; where values were changed, with those.
    ``alike`` says whether it still has the encoding, units and parts of the plan.
    """

    row: int
    recipient: str
    country: str | None
    encoding: str
    units: int
    parts: int
    cost: Cost | None
    values: Mapping[str, str | None]
    choice: str | None
    body: str
    alike: bool = True


class Ranking:
    """Most expensive first: by cost, expected and then highest, or by parts; then by units.

    What has no price comes behind what has one, the earlier row first on a tie.
    """

    def __init__(self, plan: Planned, by: Literal["cost", "parts"] | None = None) -> None:
        """``by=None``: by cost where the plan has prices, in one currency."""
        if by not in (None, "cost", "parts"):
            raise InputError(f"by='{by}': write 'cost' or 'parts'")
        currency = plan.summary.cost.currency
        if by == "cost" and currency is None:
            raise InputError(
                "by='cost' needs prices in one currency; give rates=, convert them "
                "(terms(exchange=...)), or rank by='parts'"
            )
        self.by_cost = currency is not None if by is None else by == "cost"
        self._prices = plan.prices

    def best(self, ours: pa.RecordBatch, rows: Ints, most: int) -> list[tuple[Key, int]]:
        """Return the most expensive of some rows of a batch, with what they are ranked by."""
        import numpy as np

        rate, billed, units = (
            ours.column(name).to_numpy(zero_copy_only=False)[rows]
            for name in ("rate", "billed_parts", "units")
        )
        # Messages that are charged alike are few: they are ranked, and then looked up.
        width = int(billed.max(initial=0)) + 1
        kinds, kind = np.unique((rate.astype(np.int64) + 1) * width + billed, return_inverse=True)
        keys = [self._key(*divmod(int(each), width)) for each in kinds]
        rank = np.zeros(len(keys), np.int64)
        rank[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
        order = np.lexsort((rows, -units, rank[kind]))[:most]
        return [((*keys[kind[at]], -int(units[at])), int(rows[at])) for at in order]

    def _key(self, place: int, parts: int) -> Key:
        """Return what messages are ranked by, the least first; place 0 is no price."""
        cost = (
            Cost() if self._prices is None or not place else self._prices.cost(place - 1, parts, 1)
        )
        amounts = (
            -sum(cost.expected.values(), Fraction(0)),
            -sum(map(Fraction, cost.high.values()), Fraction(0)),
        )
        if not self.by_cost and len(cost.high) > 1:
            amounts = Fraction(0), Fraction(0)
        return (*amounts, -parts) if self.by_cost else (-parts, *amounts)


def heaviest(
    plan: Planned, most: int = 10, change: Change | None = None
) -> tuple[RankedMessage | None, tuple[RankedMessage, ...]]:
    """Return the first message that is sent, and the ``most`` expensive ones, in one pass.

    ``change`` is applied to every value before it stands in a text: to mask it.
    """
    import numpy as np
    import pyarrow as pa

    ranking = Ranking(plan)
    best: list[_Row] = []
    first: list[_Row] = []
    start = 0
    for theirs, ours in plan.batches():
        sent = np.flatnonzero(ours.column("sendable").to_numpy(zero_copy_only=False))

        def taken(key: Key, row: int, start: int = start, of: Any = (theirs, ours)) -> _Row:
            # Copies: a slice would keep the whole batch.
            at = pa.array([row])
            return key, start + row, of[0].take(at), of[1].take(at)

        if not first and len(sent):
            first.append(taken((), int(sent[0])))
        best += [
            taken(key, row)
            for key, row in ranking.best(ours, sent, most)
            if len(best) < most or key < best[-1][0]
        ]
        best = sorted(best, key=lambda one: one[:2])[:most]
        start += ours.num_rows
    every = [*first, *best]
    if not every:
        return None, ()
    made = _messages(plan, every, change)
    return made[0], tuple(made[1:])


def _messages(plan: Planned, rows: Sequence[_Row], change: Change | None) -> list[RankedMessage]:
    given = [_given(plan.settings, theirs) for _, _, theirs, _ in rows]
    changed = given
    if change is not None:
        changed = [
            _Given(
                {key: None if value is None else change(value) for key, value in values.items()},
                choice,
            )
            for values, choice in given
        ]
    shown = _composed(plan.settings, changed)
    real = shown if change is None else _composed(plan.settings, given)
    out = []
    for (_, row, _, ours), (values, choice), made, as_sent in zip(
        rows, changed, shown, real, strict=True
    ):
        (planned,) = ours.to_pylist()
        body = made["body"] or ""
        alike = all(made[name] == as_sent[name] for name in _FACTS)
        if change is not None and not alike:
            # A rule of the profile does something else to the changed values.
            body = change(as_sent["body"] or "")
        out.append(
            RankedMessage(
                row=row + 1,
                recipient=planned["recipient"],
                country=planned["country"],
                encoding=planned["encoding"],
                units=planned["units"],
                parts=planned["billed_parts"],
                cost=_cost(plan, planned),
                values=values,
                choice=choice,
                body=body,
                alike=alike,
            )
        )
    return out


_FACTS = ("encoding", "units", "number_of_parts")


class _Given(NamedTuple):
    """What a text is made of: the values of the parameters, and what chooses the body."""

    values: Mapping[str, str | None]
    choice: str | None


def _given(settings: RowSettings, theirs: pa.RecordBatch) -> _Given:
    """Read the values of one row."""
    from smsplan.kernel.cells import text_cells

    read = {
        name: text_cells(theirs.column(name), name).text[0].as_py()
        for name in settings.needed
        if name != settings.reading.to or name in settings.reading.columns.values()
    }
    values = {key: read.get(column) for key, column in settings.reading.columns.items()}
    by = settings.message.body_by
    return _Given(values, None if by is None else read[by])


def _composed(settings: RowSettings, given: Sequence[_Given]) -> list[dict[str, Any]]:
    """Plan texts without their numbers."""
    import pyarrow as pa

    from smsplan.kernel.kernel import Kernel

    alone = _alone(settings)
    columns = {alone.reading.to: pa.array(["0"] * len(given), pa.large_string())}
    for key, column in alone.reading.columns.items():
        columns[column] = pa.array([values[key] for values, _ in given], pa.large_string())
    if alone.message.body_by is not None:
        columns[alone.message.body_by] = pa.array(
            [choice for _, choice in given], pa.large_string()
        )
    batch = pa.RecordBatch.from_pydict(columns)
    return list(Kernel(alone, numbers=False)(batch).to_pylist())


def _alone(settings: RowSettings) -> RowSettings:
    """Return settings whose parameters have a column each, so that one value is in one place."""
    columns = {key: f"value of {key}" for key in settings.reading.columns}
    reading = replace(settings.reading, to="number", columns=columns)
    chosen = settings.message.body_by and "choice"
    return replace(settings.saying(body_by=chosen), reading=reading, bodies=True)


def _cost(plan: Planned, planned: Mapping[str, Any]) -> Cost | None:
    if plan.prices is None or planned["rate"] < 0:
        return None
    return plan.prices.cost(planned["rate"], planned["billed_parts"], 1)
