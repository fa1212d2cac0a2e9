"""What results of ``insight`` look like: described once, shown in terminals and notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: the first column is text, the others are figures unless they are named in ``texts``.

    ``shares`` (0 to 1, one a row; negative where something is saved) are drawn as bars.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: Sequence[int] = (0,)
    shares: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A result: one line, tables, remarks."""

    head: str
    grids: Sequence[Grid] = ()
    remarks: Sequence[str] = ()


def view(result: object) -> View:
    """Describe a result of ``insight``."""
    raise NotImplementedError


def as_text(result: object) -> str:
    """Return a result as plain text, 100 columns wide."""
    raise NotImplementedError


def as_html(result: object) -> str:
    """Return a result as HTML that shows itself in a notebook."""
    raise NotImplementedError
