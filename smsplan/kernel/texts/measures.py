"""What the messages of a batch take, and why they are Unicode; columns of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsplan.api.dryruns import ComposedMessage
from smsplan.encoding import Encoding
from smsplan.kernel.octets import Ints, Mask


@dataclass(slots=True)
class Texts:
    """What the messages of a batch take; ``alone`` marks rows that have to be composed one by one.

    ``gsm``: the encoding; ``units`` septets or code units; ``parts`` as a dry run shows them,
    ``billed`` as they are sent.
    """

    gsm: Mask
    units: Ints
    parts: Ints
    billed: Ints
    alone: Mask
    unencodable: Mask
    too_long: Mask
    unmatched: Mask
    default_used: Mask
    shortened: Mask
    substituted: Mask
    truncated: Mask
    # Two-unit characters of each, by its encoding.
    pairs: Ints
    no_body: Mask
    # The texts, where they are asked for or changed on the way.
    bodies: Any = None

    @classmethod
    def blank(cls, rows: int, *, bodies: bool = False) -> Texts:
        """Return messages of which nothing is known yet."""
        return cls(
            gsm=np.ones(rows, bool),
            units=np.zeros(rows, np.int64),
            parts=np.ones(rows, np.int64),
            billed=np.ones(rows, np.int64),
            pairs=np.zeros(rows, np.int64),
            bodies=pa.nulls(rows, pa.large_string()) if bodies else None,
            **{name: np.zeros(rows, bool) for name in _MARKS},
        )

    def scatter(self, rows: Ints, some: Texts) -> None:
        """Put the messages of some rows, which ascend, in their places."""
        for name in ("gsm", "units", "parts", "billed", "pairs", *_MARKS):
            getattr(self, name)[rows] = getattr(some, name)
        if some.bodies is not None:
            self.put_bodies(rows, some.bodies)

    def put_bodies(self, rows: Ints, texts: Any) -> None:
        """Put texts in their rows, which ascend."""
        if self.bodies is not None:
            if len(rows) == len(self.gsm):
                self.bodies = texts
                return
            mask = np.zeros(len(self.gsm), bool)
            mask[rows] = True
            self.bodies = pc.replace_with_mask(self.bodies, pa.array(mask), texts)

    def put(self, row: int, message: ComposedMessage | None) -> None:
        """Put in a message that was composed alone; None cannot be encoded."""
        if message is None:
            self.unencodable[row] = True
            return
        self.gsm[row] = message.encoding is Encoding.GSM
        self.units[row] = message.units
        self.parts[row] = message.number_of_parts
        self.billed[row] = message.billed_parts or message.number_of_parts
        self.unmatched[row] = bool(message.unmatched)
        self.shortened[row] = message.shortened
        self.substituted[row] = message.substituted
        self.truncated[row] = message.truncated


_MARKS = (
    "alone",
    "unencodable",
    "too_long",
    "unmatched",
    "default_used",
    "shortened",
    "substituted",
    "truncated",
    "no_body",
)


class Reasons(NamedTuple):
    """Why messages are Unicode.

    ``places`` are bits: 1 the template, then each key in order. ``plain_parts`` is what a message
    would take if its characters outside the alphabet were in it. ``rows`` and ``points`` are the
    distinct pairs of a row and a character of it that is outside.
    """

    places: Ints
    plain_parts: Ints
    rows: Ints
    points: Ints

    @classmethod
    def blank(cls, rows: int) -> Reasons:
        """Return reasons for rows of which nothing is known yet."""
        none = np.zeros(0, np.int64)
        return cls(np.zeros(rows, np.int64), np.ones(rows, np.int64), none, none)

    def array(self, rows: Ints, count: int) -> Any:
        """Return them as a column of ``count`` rows, which travels; they are of these rows."""
        order = np.argsort(self.rows, kind="stable")
        ends = np.zeros(count + 1, np.int32)
        np.cumsum(np.bincount(rows[self.rows], minlength=count), out=ends[1:])
        points = pa.ListArray.from_arrays(pa.array(ends), pa.array(self.points[order]))
        counts = np.zeros((2, count), np.int64)
        counts[:, rows] = self.places, self.plain_parts
        return pa.StructArray.from_arrays([*map(pa.array, counts), points], fields=list(REASONS))

    @classmethod
    def of(cls, column: Any) -> Reasons:
        """Take apart what :meth:`array` made, or some rows of it."""
        places, plain, points = column.flatten()
        every = pc.list_parent_indices(points), points.flatten()
        return cls(*(each.to_numpy(zero_copy_only=False) for each in (places, plain, *every)))

    def with_rows(self, rows: Ints, some: Reasons, order: list[int]) -> Reasons:
        """Add the reasons of some rows; ``order`` says where their keys stand among all."""
        self.plain_parts[rows] = some.plain_parts
        self.places[rows] = some.places & 1
        for place, other in enumerate(order, 1):
            self.places[rows] |= (some.places >> place & 1) << (other + 1)
        return self._replace(
            rows=np.concatenate([self.rows, rows[some.rows]]),
            points=np.concatenate([self.points, some.points]),
        )


REASONS = pa.struct(
    [
        pa.field("places", pa.int64()),
        pa.field("plain_parts", pa.int64()),
        pa.field("points", pa.list_(pa.int64())),
    ]
)
"""The type of :meth:`Reasons.array`."""
