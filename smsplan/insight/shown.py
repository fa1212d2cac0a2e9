"""How results of ``insight`` show themselves: as text, in a notebook, and in one line."""

from __future__ import annotations


class Shown:
    """Gives ``print``, a notebook and ``repr`` what :mod:`smsplan.display.views` says of a result.

    ``repr`` is the line that says the most: totals, and no value of a recipient.
    """

    __slots__ = ()

    def __str__(self) -> str:
        from smsplan.display.views import as_text

        return as_text(self)

    def __repr__(self) -> str:
        from smsplan.display.views import as_line

        return f"<{type(self).__name__}: {as_line(self)}>"

    def _repr_html_(self) -> str:
        from smsplan.display.views import as_html

        return as_html(self)
