"""What can be asked of an account: the operations on batches, and the values that they answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from smsplan.api.batches import Batch, TextUpdate, batch_from_dict, parse_time
from smsplan.api.dryruns import DryRun
from smsplan.errors import InputError
from smsplan.reports import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBatch:
    """A batch as the API answers it: what was sent, and what the service added."""

    id: str
    batch: Batch
    canceled: bool
    created_at: datetime | None
    modified_at: datetime | None

    @classmethod
    def from_dict(cls, payload: Mapping[str, Any]) -> SentBatch:
        """Read the API's JSON, leniently: numbers as integers, booleans as text."""
        if not isinstance(payload.get("id"), str | int) or not payload["id"]:
            raise InputError("this is no batch of the API: it has no 'id'")
        times = [_time(payload.get(name)) for name in ("created_at", "modified_at")]
        return cls(
            id=str(payload["id"]),
            batch=batch_from_dict(payload, response=True),
            canceled=str(payload.get("canceled", False)).lower() == "true",
            created_at=times[0],
            modified_at=times[1],
        )


def _time(text: Any) -> datetime | None:
    try:
        return parse_time(text) if isinstance(text, str) and text else None
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """A page of a list: ``count`` batches match, ``batches`` are those of the page."""

    page: int
    count: int
    batches: tuple[SentBatch, ...]


class BatchesApi(Protocol):
    """The eight operations; whatever has them can be verified against, and sent with.

    All raise :class:`ApiError`.
    """

    def send(self, batch: Batch) -> SentBatch:
        """Send a batch; it may be accepted although an error is raised (``outcome_unknown``)."""

    def dry_run(
        self, batch: Batch, *, per_recipient: bool = False, number_of_recipients: int = 100
    ) -> DryRun:
        """Ask what a batch would be."""

    def list(
        self,
        *,
        page: int = 0,
        page_size: int = 30,
        from_: Sequence[str] = (),
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        client_reference: str | None = None,
    ) -> BatchPage:
        """List batches, newest first."""

    def retrieve(self, batch_id: str) -> SentBatch:
        """Return a batch."""

    def update(self, batch_id: str, update: TextUpdate) -> SentBatch:
        """Change some fields of a batch."""

    def replace(self, batch_id: str, batch: Batch) -> SentBatch:
        """Give a batch all fields anew."""

    def cancel(self, batch_id: str) -> SentBatch:
        """Cancel a batch."""

    def feedback(self, batch_id: str, recipients: Sequence[str]) -> None:
        """Say what was delivered; no recipients are all."""


class ReportsApi(BatchesApi, Protocol):
    """The operations, and the delivery reports of recipients."""

    def reports(
        self,
        *,
        start_date: datetime | None = None,
        end_date: datetime | None = None,
        client_reference: str | None = None,
    ) -> Iterator[Report]:
        """Yield the delivery reports of recipients."""
