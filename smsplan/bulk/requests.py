"""A plan as the API's requests: every row that is sent, once, at most 1,000 to a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from smsplan.batches import MAX_RECIPIENTS, TextBatch
from smsplan.bulk.kernel import Kernel
from smsplan.bulk.options import Options
from smsplan.errors import InputError

_Rows = Iterator[tuple[str, Mapping[str, str]]]


class _Open:
    """A request that is being filled: the values of each number."""

    def __init__(self) -> None:
        self.values: dict[str, Mapping[str, str]] = {}


def requests(
    options: Options,
    pairs: Iterable[tuple[pa.RecordBatch, pa.RecordBatch]],
    *,
    size: int,
    fields: Mapping[str, Any],
) -> Iterator[TextBatch]:
    """Yield the requests of a plan; ``pairs`` are the caller's columns and ours, without a prefix.

    Rows keep their order within the rows of one body. A number that comes again goes into a later
    request: in one, the API would send to it once. ``fields`` are those of the batch that are the
    same in all.
    """
    if not 1 <= size <= MAX_RECIPIENTS:
        raise InputError(f"size={size}: a request has 1 to {MAX_RECIPIENTS:,} recipients")
    reference = fields.get("client_reference")
    number = count(1)
    kernel = Kernel(options)
    waiting: dict[int, tuple[Kernel, list[_Open]]] = {}

    def made(kernel: Kernel, open_: _Open) -> TextBatch:
        own = {} if reference is None else {"client_reference": f"{reference}-{next(number):06}"}
        return _request(kernel.options, open_.values, {**fields, **own})

    for theirs, ours in pairs:
        sent = pc.is_null(ours.column("problem")).to_numpy(zero_copy_only=False)
        for rows, one in kernel.groups(theirs):
            _, opened = waiting.setdefault(id(one), (one, []))
            chosen = pa.array(rows[sent[rows]])
            values = one.values(theirs.take(chosen))
            for to, (each, _) in zip(
                ours.column("recipient").take(chosen).to_pylist(), values, strict=True
            ):
                place = next((o for o in opened if to not in o.values), None)
                if place is None:
                    place = _Open()
                    opened.append(place)
                place.values[to] = each
                if len(place.values) == size:
                    opened.remove(place)
                    yield made(one, place)
    for one, opened in waiting.values():
        for place in opened:
            yield made(one, place)


def _request(
    options: Options, values: Mapping[str, Mapping[str, str]], fields: Mapping[str, Any]
) -> TextBatch:
    """Make a request, with the values and the defaults that it uses and no others."""
    given = {*options.columns, *options.defaults}
    parameters: dict[str, dict[str, str]] | None = None
    if given:
        parameters = {}
        for key in options.template.parameters:
            if key not in given:
                continue
            parameters[key] = {to: each[key] for to, each in values.items() if key in each}
            if key in options.defaults and len(parameters[key]) < len(values):
                parameters[key]["default"] = options.defaults[key]
    return TextBatch(
        to=list(values),
        from_=options.from_,
        body=options.template.body,
        parameters=parameters,
        truncate_concat=options.truncate_concat or None,
        profile=options.profile,
        **fields,
    )
