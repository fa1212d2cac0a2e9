"""What is wrong with a list of recipients, and the money that it wastes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from smsplan.insight.planned import Planned
from smsplan.ratecards import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """Rows of one kind: ``messages`` of them go out, as ``parts``, and cost this much.

    ``kind``: ``repaired``, ``national``, ``looks_national``, ``invalid``, ``duplicate``,
    ``fictitious``, ``doubtful``, ``toll_free``, ``unpriced``. ``first_rows`` count from 1.
    ``wasted``: what the messages cost (or would have cost) that reach nobody or the wrong person.
    """

    kind: str
    sentence: str
    rows: int
    messages: int
    parts: int
    cost: Cost | None
    wasted: Cost | None
    first_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """An audit of recipients, the dearest kind first."""

    rows: int
    lines: tuple[AuditLine, ...]
    priced: bool

    def __str__(self) -> str:
        from smsplan.display.views import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from smsplan.display.views import as_html

        return as_html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        raise NotImplementedError


def audit(plan: Planned) -> Audit:
    """Audit the recipients of a plan: :meth:`Plan.audit`."""
    raise NotImplementedError
