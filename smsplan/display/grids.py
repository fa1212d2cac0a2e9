"""What is shown, before it is drawn: lines, tables, remarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: the first column is text, the others are figures unless they are named in ``texts``.

    ``shares`` (0 to 1, one a row; negative where something is saved) are drawn as bars, each from
    its place in ``starts`` on (default: 0). ``more`` rows are left out.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: Sequence[int] = (0,)
    shares: Sequence[float] = ()
    starts: Sequence[float] = ()
    more: int = 0

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.header) for row in self.rows), "a cell for each column"
        assert not self.shares or len(self.shares) == len(self.rows), "a bar for each row"

    @property
    def bars(self) -> list[tuple[float, float]]:
        """Where each bar begins, and how long it is."""
        starts = self.starts or [0.0] * len(self.shares)
        return list(zip(starts, self.shares, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A result: one line, tables, remarks."""

    head: str
    grids: Sequence[Grid] = ()
    remarks: Sequence[str] = ()
