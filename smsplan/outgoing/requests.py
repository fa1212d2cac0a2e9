"""A plan as the API's requests: every row that is sent, once, at most 1,000 to a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.batches import MAX_RECIPIENTS, TextBatch
from smsplan.errors import InputError
from smsplan.kernel.kernel import Kernel
from smsplan.kernel.settings import RowSettings
from smsplan.outgoing.request_forms import Way, Ways

# Of a batch and what is sent of it: the portion of each row, and the fields of a request that
# begins with a row.
Times = Callable[[pa.RecordBatch, Any], tuple[Any, Callable[[int], Mapping[str, Any]]]]


class _Open:
    """A request that is being filled: the values of each number."""

    def __init__(self, settings: RowSettings, fields: Mapping[str, Any]) -> None:
        self.settings = settings
        self.fields = fields
        self.values: dict[str, Mapping[str, str]] = {}


class _Requests:
    """The requests that are not full yet, by their message and their portion."""

    def __init__(self, size: int, fields: Mapping[str, Any]) -> None:
        self._size = size
        self._fields = fields
        self._number = count(1)
        # With the settings, so that no others get their id.
        self._waiting: dict[tuple[int, int], tuple[RowSettings, list[_Open]]] = {}

    def add(
        self, way: Way, to: str, portion: int, row: int, begins: Callable[[int], Mapping[str, Any]]
    ) -> TextBatch | None:
        """Put a row into the first request that can take it; return that once it is full.

        ``begins`` gives the fields of a request that begins with a row.
        """
        opened: list[_Open] = []
        if not way.alone:
            key = (id(way.settings), portion)
            _, opened = self._waiting.setdefault(key, (way.settings, opened))
        for place in opened:
            if to not in place.values:
                break
        else:
            place = _Open(way.settings, begins(row))
            opened.append(place)
        place.values[to] = way.values
        if not way.alone and len(place.values) < self._size:
            return None
        opened.remove(place)
        return self._made(place)

    def rest(self) -> Iterator[TextBatch]:
        """Yield the requests that are not full."""
        for _, opened in self._waiting.values():
            yield from map(self._made, opened)

    def _made(self, place: _Open) -> TextBatch:
        reference = self._fields.get("client_reference")
        own = {}
        if reference is not None:
            own["client_reference"] = f"{reference}-{next(self._number):06}"
        return _request(place.settings, place.values, {**self._fields, **place.fields, **own})


def requests(
    settings: RowSettings,
    pairs: Iterable[tuple[pa.RecordBatch, pa.RecordBatch]],
    *,
    size: int,
    fields: Mapping[str, Any],
    times: Times | None = None,
) -> Iterator[TextBatch]:
    """Yield the requests of a plan; ``pairs`` are the caller's columns and ours, without a prefix.

    Rows keep their order within those of one body that are written in one way
    (``request_forms.py``). A number that comes again goes into a later request: in one, the API
    would send to it once. ``fields`` are those of the batch that are the same in all. ``times``
    gives each row the portion of a schedule (-1: none, left out) and the fields of the request that
    it begins: no request has rows of two portions. Raises InputError for a row that there is no way
    of writing.
    """
    if not 1 <= size <= MAX_RECIPIENTS:
        raise InputError(f"size={size}: a request has 1 to {MAX_RECIPIENTS:,} recipients")
    made = _Requests(size, fields)
    kernel = Kernel(settings)
    ways: dict[int, Ways] = {}
    start = 0
    for theirs, ours in pairs:
        sent = pc.is_null(ours.column("problem")).to_numpy(zero_copy_only=False)
        portions, begins = (None, _no_fields) if times is None else times(ours, sent)
        if portions is not None:
            sent = sent & (portions >= 0)
        for rows, one in kernel.groups(theirs):
            taken = rows[sent[rows]]
            chosen = pa.array(taken)
            some = theirs.take(chosen)
            values = one.values(some)
            recipients = ours.column("recipient").take(chosen).to_pylist()
            texts = one.sent(some, values)
            of_one = ways.setdefault(id(one), Ways(one.settings))
            for row, to, (each, _), text in zip(
                taken.tolist(), recipients, values, texts, strict=True
            ):
                way = of_one(each, text)
                if way is None:
                    raise InputError(
                        f"row {start + row + 1}: its text fits neither the API's limit of a value "
                        "nor that of a body once characters are replaced in it; shorten it, or "
                        "plan without substitute"
                    )
                portion = -1 if portions is None else int(portions[row])
                full = made.add(way, to, portion, row, begins)
                if full is not None:
                    yield full
        start += theirs.num_rows
    yield from made.rest()


def _no_fields(_: int) -> Mapping[str, Any]:
    return {}


def _request(
    settings: RowSettings, values: Mapping[str, Mapping[str, str]], fields: Mapping[str, Any]
) -> TextBatch:
    """Make a request, with the values and the defaults that it uses and no others."""
    given = {*settings.reading.columns, *settings.message.defaults}
    parameters: dict[str, dict[str, str]] | None = None
    if given:
        parameters = {}
        for key in settings.message.template.parameters:
            if key not in given:
                continue
            parameters[key] = {to: each[key] for to, each in values.items() if key in each}
            if key in settings.message.defaults and len(parameters[key]) < len(values):
                parameters[key]["default"] = settings.message.defaults[key]
    return TextBatch(
        to=list(values),
        from_=settings.message.from_,
        body=settings.message.template.body,
        parameters=parameters,
        truncate_concat=settings.message.truncate_concat or None,
        profile=settings.profile,
        **fields,
    )
