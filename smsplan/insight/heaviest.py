"""The messages of a plan that have the most parts, with their texts; and one to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsplan.ratecards import Cost

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.bulk.options import Options
    from smsplan.insight.planned import Planned

Change = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
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


def heaviest(
    plan: Planned, most: int = 10, change: Change | None = None
) -> tuple[Message | None, tuple[Message, ...]]:
    """Return the first message that is sent, and the ``most`` heaviest, in one pass.

    Heaviest are those with the most parts, then units; the earlier row on a tie. ``change`` is
    applied to every value before it stands in a text: to mask it.
    """
    import numpy as np
    import pyarrow as pa

    best: list[tuple[tuple[int, int, int], pa.RecordBatch, pa.RecordBatch]] = []
    first: list[tuple[tuple[int, int, int], pa.RecordBatch, pa.RecordBatch]] = []
    start = 0
    for theirs, ours in plan.batches():
        parts = ours.column("billed_parts").to_numpy()
        units = ours.column("units").to_numpy()
        sent = np.flatnonzero(ours.column("sendable").to_numpy(zero_copy_only=False))
        order = sent[np.lexsort((sent, -units[sent], -parts[sent]))][:most]
        chosen = order.tolist() + ([] if first or not len(sent) else [int(sent[0])])
        for number, row in enumerate(chosen):
            key = (-int(parts[row]), -int(units[row]), start + row)
            # Copies: a slice would keep the whole batch.
            at = pa.array([row])
            into = best if number < len(order) else first
            if into is first or len(best) < most or key < best[-1][0]:
                into.append((key, theirs.take(at), ours.take(at)))
        best = sorted(best, key=lambda one: one[0])[:most]
        start += ours.num_rows
    every = [*first, *best]
    if not every:
        return None, ()
    made = _messages(plan, every, change)
    return made[0], tuple(made[1:])


def _messages(plan: Planned, rows: Sequence[Any], change: Change | None) -> list[Message]:
    import pyarrow as pa

    from smsplan.bulk.cells import text_cells
    from smsplan.bulk.kernel import Kernel

    options = plan.options
    texts: list[dict[str, str | None]] = []
    choices: list[str | None] = []
    for _, theirs, _ in rows:
        read = {
            name: text_cells(theirs.column(name), name).text[0].as_py()
            for name in options.needed
            if name != options.to or name in options.columns.values()
        }
        texts.append({key: read.get(column) for key, column in options.columns.items()})
        choices.append(None if options.body_by is None else read[options.body_by])
    alone = _alone(options)

    def composed(values: Sequence[Mapping[str, str | None]]) -> list[dict[str, Any]]:
        columns = {alone.to: pa.array(["0"] * len(values), pa.large_string())}
        for key, column in alone.columns.items():
            columns[column] = pa.array([each[key] for each in values], pa.large_string())
        if alone.body_by is not None:
            columns[alone.body_by] = pa.array(choices, pa.large_string())
        batch = pa.RecordBatch.from_pydict(columns)
        return list(Kernel(alone, numbers=False)(batch).to_pylist())

    shown = texts
    if change is not None:
        shown = [
            {key: None if value is None else change(value) for key, value in each.items()}
            for each in texts
        ]
    out = []
    for (key, _, ours), values, choice, made, real in zip(
        rows, shown, choices, composed(shown), composed(texts) if change else [None] * len(rows),
        strict=True,
    ):  # fmt: skip
        (planned,) = ours.to_pylist()
        facts = ("encoding", "units", "number_of_parts")
        body, alike = made["body"] or "", True
        if change is not None and real is not None and any(made[k] != real[k] for k in facts):
            # A rule of the profile does something else to the changed values.
            body, alike = change(real["body"] or ""), False
        out.append(
            Message(
                row=key[2] + 1,
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


def _alone(options: Options) -> Options:
    """Return options whose parameters have a column each, so that one value is in one place."""
    return replace(
        options,
        to="number",
        columns={key: f"value of {key}" for key in options.columns},
        body_by=None if options.body_by is None else "choice",
        bodies=True,
    )


def _cost(plan: Planned, planned: Mapping[str, Any]) -> Cost | None:
    if plan.prices is None or planned["rate"] < 0:
        return None
    return plan.prices.cost(planned["rate"], planned["billed_parts"], 1)
