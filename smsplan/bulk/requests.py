"""A plan as the API's requests: every row that is sent, once, at most 1,000 to a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from smsplan.batches import MAX_RECIPIENTS, TextBatch
from smsplan.bulk.kernel import Kernel
from smsplan.bulk.options import Options
from smsplan.errors import InputError

# Of a batch and what is sent of it: the portion of each row, and the fields of a request that
# begins with a row.
Times = Callable[[pa.RecordBatch, Any], tuple[Any, Callable[[int], Mapping[str, Any]]]]


class _Open:
    """A request that is being filled: the values of each number."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields
        self.values: dict[str, Mapping[str, str]] = {}


def requests(
    options: Options,
    pairs: Iterable[tuple[pa.RecordBatch, pa.RecordBatch]],
    *,
    size: int,
    fields: Mapping[str, Any],
    times: Times | None = None,
) -> Iterator[TextBatch]:
    """Yield the requests of a plan; ``pairs`` are the caller's columns and ours, without a prefix.

    Rows keep their order within the rows of one body. A number that comes again goes into a later
    request: in one, the API would send to it once. ``fields`` are those of the batch that are the
    same in all. ``times`` gives each row the portion of a schedule (-1: none, left out) and the
    fields of the request that it begins: no request has rows of two portions.
    """
    if not 1 <= size <= MAX_RECIPIENTS:
        raise InputError(f"size={size}: a request has 1 to {MAX_RECIPIENTS:,} recipients")
    reference = fields.get("client_reference")
    number = count(1)
    kernel = Kernel(options)
    waiting: dict[tuple[int, int], tuple[Kernel, list[_Open]]] = {}

    def made(kernel: Kernel, open_: _Open) -> TextBatch:
        own = {} if reference is None else {"client_reference": f"{reference}-{next(number):06}"}
        return _request(kernel.options, open_.values, {**fields, **open_.fields, **own})

    for theirs, ours in pairs:
        sent = pc.is_null(ours.column("problem")).to_numpy(zero_copy_only=False)
        portions, begins = (None, None) if times is None else times(ours, sent)
        if portions is not None:
            sent = sent & (portions >= 0)
        for rows, one in kernel.groups(theirs):
            taken = rows[sent[rows]]
            chosen = pa.array(taken)
            values = one.values(theirs.take(chosen))
            recipients = ours.column("recipient").take(chosen).to_pylist()
            for row, to, (each, _) in zip(taken.tolist(), recipients, values, strict=True):
                portion = -1 if portions is None else int(portions[row])
                _, opened = waiting.setdefault((id(one), portion), (one, []))
                place = next((o for o in opened if to not in o.values), None)
                if place is None:
                    place = _Open({} if begins is None else begins(row))
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
