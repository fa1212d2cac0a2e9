"""What is saved of a plan: its rows in a file or folder, and beside them what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from smsplan.errors import InputError
from smsplan.planning.pipeline import Pair, Pipeline, Selection
from smsplan.ratecards import Terms

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.lists.source import Source
    from smsplan.settings import Settings
    from smsplan.totals.summary import Summary
    from smsplan.writing.row_stores import RowStore

METADATA_KEY = "smsplan"
# Plans of format 2 had no checksums and are the same otherwise.
FORMAT, _UNSEALED = 3, 2


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What a plan says of itself: its question, the kind of frame it was asked of, its totals.

    ``names`` are the columns that were selected, without a prefix (None: every column); there is no
    ``summary`` where these leave half of the columns out.
    """

    settings: Settings
    kind: str
    terms: Terms | None
    names: tuple[str, ...] | None
    summary: Summary | None = None

    def to_json(self) -> str:
        """Return what travels in the metadata of a file, or in the manifest of a folder."""
        from smsplan.version import VERSION

        return json.dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "kind": self.kind,
                "options": self.settings.to_dict(),
                "rates": None if self.terms is None else self.terms.to_dict(),
                "names": None if self.names is None else list(self.names),
                "summary": None if self.summary is None else self.summary.to_dict(),
            }
        )

    @classmethod
    def of(cls, data: Any) -> PlanRecord:
        """Read :meth:`to_json`; LookupError, TypeError, ... where that is not what it was."""
        from smsplan.settings import Settings
        from smsplan.totals.summary import Summary

        return cls(
            Settings.from_dict(data["options"]),
            data["kind"],
            None if data["rates"] is None else Terms.from_dict(data["rates"]),
            None if data["names"] is None else tuple(data["names"]),
            None if data["summary"] is None else Summary.from_dict(data["summary"]),
        )

    def columns(self) -> tuple[str, ...]:
        """Return the names of our columns, as they are written."""
        from smsplan.kernel.settlement import RANGE

        prefix = self.settings.prefix
        ours = Pipeline(self.settings, None, Selection.of(self.names)).names
        if self.terms is not None and self.terms.is_ranged and self.names is None:
            behind = ours.index(prefix + "cost") + 1
            ours = (*ours[:behind], *(prefix + name for name in RANGE), *ours[behind:])
        return ours


class SavedPlan(NamedTuple):
    """A plan that was saved: what it says of itself, its rows, and what is to be said of both."""

    record: PlanRecord
    rows: RowStore
    warnings: tuple[str, ...]


def opened(source: Source) -> SavedPlan | None:
    """Return the plan that a file or folder holds; None where it is mere recipients.

    Raises :class:`~smsplan.errors.InputError` where it is damaged, or of another version.
    """
    from smsplan.lists.parquet_files import ParquetSource
    from smsplan.writing.part_folders import saved_folder

    found = saved_folder(source.path) if source.kind == "folder" and source.path else None
    if found is not None:
        return _opened(found.plan, found.source, sealed=found.sealed)
    if not isinstance(source, ParquetSource):
        return None
    text = (source.schema.metadata or {}).get(METADATA_KEY.encode())
    return None if text is None else _opened(text, source, sealed=source.sealed)


def _opened(said: bytes | dict[str, Any], source: Source, *, sealed: bool) -> SavedPlan:
    """Return the plan of a file or folder, by what it says of itself."""
    try:
        found = _of_format(said if isinstance(said, dict) else json.loads(said), source, sealed)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        found = None
    if found is None:
        raise InputError(
            f"'{source.path}' is damaged, or was saved by another version of smsplan; plan again, "
            "or use that version"
        )
    return found


def _of_format(data: dict[str, Any], source: Source, sealed: bool) -> SavedPlan | None:
    """Return the plan; None where its format is not known, or has checksums and these are gone."""
    import pyarrow as pa

    from smsplan.writing.row_stores import FileRows

    if data["format"] not in (FORMAT, _UNSEALED) or (data["format"] == FORMAT and not sealed):
        return None
    record = PlanRecord.of(data)
    schema = pa.schema([source.schema.field(name) for name in record.columns()])
    unsealed = (
        f"'{source.path}' was saved by an older version, without checksums: that it is damaged "
        "would not be noticed; plan again to have them"
    )
    rows = FileRows(partial(saved_rows, source, schema), record.kind)
    return SavedPlan(record, rows, () if sealed else (unsealed,))


def saved_rows(source: Source, schema: pa.Schema, columns: Sequence[str] | None) -> Iterator[Pair]:
    """Read rows of a plan back; a CSV file has text only, so our columns get their types again."""
    import pyarrow as pa

    theirs = [name for name in source.columns if name not in schema.names]
    wanted = theirs if columns is None else list(columns)
    for batch in source.batches([*wanted, *schema.names]):
        ours = [
            # Words may be read as plain text, and are as good.
            column if pa.types.is_dictionary(field.type) else column.cast(field.type)
            for field in schema
            for column in (batch.column(field.name),)
        ]
        yield batch.select(wanted), pa.RecordBatch.from_arrays(ours, names=schema.names)
