"""How results show themselves: the one place where they reach for the room that draws them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from smsplan.errors import packages_needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def display(name: str) -> Callable[..., Any]:
    """Return a function of :mod:`smsplan.display`, as ``module.function``."""
    module, function = name.split(".")
    with packages_needed():
        found: Callable[..., Any] = getattr(import_module(f"smsplan.display.{module}"), function)
    return found


def drawn(name: str, *what: Any) -> str:
    """Return the text or the HTML of a result."""
    return str(display(name)(*what))


def plotted(name: str, *what: Any, **how: Any) -> Axes:
    """Return the picture of a result."""
    axes: Axes = display(name)(*what, **how)
    return axes


class Shown:
    """Gives ``print``, a notebook and ``repr`` what :mod:`smsplan.display.views` says of a result.

    ``repr`` is the line that says the most: totals, and no value of a recipient.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return drawn("views.as_text", self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {drawn('views.as_line', self)}>"

    def _repr_html_(self) -> str:
        return drawn("views.as_html", self)
