"""What is saved of a plan: its rows in a file or folder, and beside them what it says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from smsplan.errors import InputError
from smsplan.kernel.columns import names, type_of
from smsplan.outputs import METADATA_KEY
from smsplan.planning.pipeline import Pair
from smsplan.ratecards import Terms

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.kernel.settings import RowSettings
    from smsplan.lists.source import Source
    from smsplan.totals.summary import Summary
    from smsplan.writing.row_stores import RowStore

# Plans of format 2 had no checksums and are the same otherwise.
FORMAT, _UNSEALED = 3, 2
# The columns of plans that do not say which they have: all that there were before.
_FIRST = (
    *("recipient", "encoding", "units", "number_of_parts", "sendable", "billed_parts", "country"),
    *("price", "currency", "cost", "cost_low", "cost_high", "problem", "note", "body"),
)


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """What a plan says of itself: its question, the kind of frame it was asked of, its totals.

    ``names`` are the columns that were selected, without a prefix (None: every column); there is no
    ``summary`` where these leave half of the columns out. ``missing`` are columns of today that
    the plan was saved without.
    """

    settings: RowSettings
    kind: str
    terms: Terms | None
    names: tuple[str, ...] | None
    summary: Summary | None = None
    missing: frozenset[str] = frozenset()

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
                "columns": list(self._saved),
                "summary": None if self.summary is None else self.summary.to_dict(),
            }
        )

    @classmethod
    def of(cls, data: Any) -> PlanRecord:
        """Read :meth:`to_json`; LookupError, TypeError, ... where that is not what it was."""
        from smsplan.kernel.settings import RowSettings
        from smsplan.totals.summary import Summary

        made = cls(
            RowSettings.from_dict(data["options"]),
            data["kind"],
            None if data["rates"] is None else Terms.from_dict(data["rates"]),
            None if data["names"] is None else tuple(data["names"]),
            None if data["summary"] is None else Summary.from_dict(data["summary"]),
        )
        return replace(made, missing=frozenset(made._ours).difference(data.get("columns", _FIRST)))

    @property
    def _ours(self) -> tuple[str, ...]:
        """Our columns, without the prefix, that a plan of today has."""
        ranged = self.terms is not None and self.terms.is_ranged
        return self.names or names(ranged=ranged, bodies=self.settings.bodies)

    @property
    def _saved(self) -> tuple[str, ...]:
        return tuple(name for name in self._ours if name not in self.missing)

    def columns(self) -> tuple[str, ...]:
        """Return the names of our columns, as they are written."""
        return tuple(self.settings.prefix + name for name in self._saved)

    @property
    def missing_columns(self) -> frozenset[str]:
        """``missing`` as they would be written."""
        return frozenset(self.settings.prefix + name for name in self.missing)

    def schema(self, written: pa.Schema) -> pa.Schema:
        """Return our columns, as a plan of today has them; LookupError where one was lost.

        ``written`` is what the file has. What the plan was saved without is taken for null.
        """
        import pyarrow as pa

        return pa.schema(
            pa.field(self.settings.prefix + name, type_of(name))
            if name in self.missing
            else written.field(self.settings.prefix + name)
            for name in self._ours
        )


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
    clash = found.record.missing_columns & set(source.columns)
    if clash:
        listed = ", ".join(f"'{name}'" for name in sorted(clash))
        raise InputError(
            f"'{source.path}' has columns of its list that are named as a plan's are by now: "
            f"{listed}; plan the list again"
        )
    return found


def _of_format(data: dict[str, Any], source: Source, sealed: bool) -> SavedPlan | None:
    """Return the plan; None where its format is not known, or has checksums and these are gone."""
    from smsplan.writing.row_stores import FileRows

    if data["format"] not in (FORMAT, _UNSEALED) or (data["format"] == FORMAT and not sealed):
        return None
    record = PlanRecord.of(data)
    rows = FileRows(partial(saved_rows, source, record.schema(source.schema)), record.kind)
    return SavedPlan(record, rows, tuple(_remarks(record, source, sealed)))


def _remarks(record: PlanRecord, source: Source, sealed: bool) -> Iterator[str]:
    """Say what a plan of today has and this one has not."""
    if not sealed:
        yield (
            f"'{source.path}' was saved by an older version, without checksums: that it is damaged "
            "would not be noticed; plan again to have them"
        )
    if record.missing:
        listed = ", ".join(f"'{name}'" for name in sorted(record.missing_columns))
        one = len(record.missing) == 1
        yield (
            f"'{source.path}' was saved by an older version, without the "
            f"{'column' if one else 'columns'} {listed}, which {'is' if one else 'are'} null here; "
            f"plan again to have {'it' if one else 'them'}"
        )


def saved_rows(source: Source, schema: pa.Schema, columns: Sequence[str] | None) -> Iterator[Pair]:
    """Read rows of a plan back; a CSV file has text only, so our columns get their types again.

    A column of the schema that the source has not is null.
    """
    import pyarrow as pa

    theirs = [name for name in source.columns if name not in schema.names]
    saved = [name for name in schema.names if name in source.columns]
    wanted = theirs if columns is None else list(columns)
    for batch in source.batches([*wanted, *saved]):
        ours = [
            pa.nulls(batch.num_rows, field.type)
            if field.name not in saved
            # Words may be read as plain text, and are as good.
            else batch.column(field.name)
            if pa.types.is_dictionary(field.type)
            else batch.column(field.name).cast(field.type)
            for field in schema
        ]
        yield batch.select(wanted), pa.RecordBatch.from_arrays(ours, names=schema.names)
