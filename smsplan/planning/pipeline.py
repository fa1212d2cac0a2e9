"""The rows of a plan, batch by batch: kernel, duplicates and prices in a row, and their totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smsplan.errors import Faults, InputError, nearest
from smsplan.kernel.columns import PLAN_COLUMNS, Stage, of_stages

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.kernel.settings import RowSettings
    from smsplan.kernel.settlement import Flagging, Settled
    from smsplan.lists.source import Source
    from smsplan.ratecards import Terms
    from smsplan.totals.summary import Summary
    from smsplan.writing.part_folders import Folder

_TEXT_COLUMNS = of_stages(Stage.TEXT)
_NUMBER_COLUMNS = of_stages(Stage.NUMBER, Stage.PRICE)
# What no other row and no price has a say in.
_KERNEL_DECIDES = of_stages(Stage.NUMBER, Stage.TEXT)

# The caller's columns of some rows, and ours beside them.
Pair = tuple["pa.RecordBatch", "pa.RecordBatch"]


@dataclass(frozen=True, slots=True)
class Stats:
    """How a plan was made: ``row_loop`` rows left the path that plans whole columns."""

    rows: int
    row_loop: int


class Selection:
    """Which of our columns are asked for, and what has to be computed for them."""

    @classmethod
    def of(cls, select: Sequence[str] | None) -> Selection | None:
        """Return the selection; InputError where a name is no column of a plan."""
        if select is None:
            return None
        if isinstance(select, str) or not select:
            raise InputError("select is not a list of columns; write select=('number_of_parts',)")
        faults = Faults()
        faults.add(
            *(
                f"select names '{name}', which is no column of a plan; "
                f"{nearest(name, PLAN_COLUMNS)}"
                for name in select
                if name not in PLAN_COLUMNS
            )
        )
        faults.end()
        return cls(tuple(select))

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.texts = not _NUMBER_COLUMNS.issuperset(names)
        self.numbers = not _TEXT_COLUMNS.issuperset(names)


class Pipeline:
    """Kernel, duplicates and prices in a row, batch by batch, and the totals beside them."""

    def __init__(
        self,
        settings: RowSettings,
        terms: Terms | None,
        selection: Selection | None = None,
        jobs: int = 1,
    ) -> None:
        from smsplan.kernel.kernel import Kernel
        from smsplan.kernel.price_tables import price_table
        from smsplan.kernel.settlement import names_with

        self.settings = settings
        self.terms = terms
        self.prices = None if terms is None else price_table(terms)
        self.selection = selection
        self.stats: Stats | None = None
        self._jobs = jobs
        self._halves = {
            "numbers": selection is None or selection.numbers,
            "texts": selection is None or selection.texts,
        }
        self.kernel = Kernel(settings, **self._halves)
        self._columns = names_with(self.prices, bodies=settings.bodies)
        if selection is not None:
            self._columns = selection.names
        self.names = tuple(settings.prefix + name for name in self._columns)

    @property
    def complete(self) -> bool:
        """Whether there are totals: not where half of the columns is left out."""
        return self.selection is None or (self.selection.numbers and self.selection.texts)

    def run(
        self,
        source: Source,
        columns: Sequence[str] | None,
        tally: PlanTally | None = None,
        progress: Callable[[int], None] | None = None,
        folder: Folder | None = None,
    ) -> Iterator[Pair]:
        """Plan a source: its columns asked for (None: all), and ours, named and selected.

        Rows that are in the parts of a folder already are counted and left out.
        """
        import pyarrow as pa

        from smsplan.kernel.duplicates import duplicates_of
        from smsplan.kernel.unreadable_rows import unmarked
        from smsplan.lists.threads import ahead

        flag = self.settings.reading.duplicates == "flag" and self.complete
        duplicates = duplicates_of(source, self.settings) if flag else None
        needed = self.needed(source)
        wanted = None if columns is None else list(dict.fromkeys([*columns, *needed]))
        rows, done = 0, 0 if folder is None else folder.rows
        if folder is not None and tally is not None:
            self._count_again(folder, duplicates, tally)
        batches = _behind(source.batches(wanted), done)
        # Totals are added up while the next rows are planned: where a core is free for it, and
        # not of a caller's stream, which may know no thread but the caller's.
        beside = tally and (source.in_memory or (source.path and pa.cpu_count() > 2))
        composed = self._composed(ahead(batches) if source.path else batches)
        for batch, planned in ahead(composed) if beside else composed:
            ours = planned
            if self.complete or not _KERNEL_DECIDES.issuperset(self._columns):
                ours, settled = self._settled(planned, duplicates)
                if tally is not None:
                    known = planned.schema.get_field_index("reasons")
                    tally.add(batch, settled, None if known < 0 else planned.column(known))
            rows += batch.num_rows
            self.stats = Stats(done + rows, self.kernel.row_loop)
            if progress is not None:
                progress(done + rows)
            theirs = unmarked(batch) if columns is None else batch.select(list(columns))
            yield theirs, self.dressed(ours)

    def _composed(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Pair]:
        if self._jobs == 1:
            for batch in batches:
                yield batch, self.kernel(batch)
            return
        from smsplan.cluster.processes import planned

        for batch, ours, alone in planned(batches, self._jobs, self.settings, **self._halves):
            self.kernel.row_loop += alone
            yield batch, ours

    def _settled(
        self, planned: pa.RecordBatch, duplicates: Flagging | None = None
    ) -> tuple[pa.RecordBatch, Settled]:
        from smsplan.kernel.settlement import settled_rows
        from smsplan.totals.summary import accepted

        return settled_rows(
            planned,
            duplicates=duplicates,
            prices=self.prices,
            accepted=accepted(self.settings.profile),
        )

    def _count_again(self, folder: Folder, duplicates: Flagging | None, tally: PlanTally) -> None:
        """Bring duplicates and totals to where the parts of a folder end."""
        from smsplan.writing.part_folders import written

        for rows in written(folder):
            ours = self.bare(rows.select(list(self.names)))
            tally.add(rows, self._settled(ours, duplicates)[1])

    def settled(self, rows: pa.Table, repeated: Any | None) -> Iterator[Settled]:
        """Plan some rows of a list; ``repeated`` are those that repeat a number of the whole list.

        None: they are the whole list.
        """
        from smsplan.kernel.duplicates import duplicates_of
        from smsplan.kernel.settlement import AsFlagged
        from smsplan.lists.frames import open_source

        flagging: Flagging | None = None
        if self.settings.reading.duplicates == "flag" and repeated is None:
            flagging = duplicates_of(open_source(rows), self.settings)
        start = 0
        for batch in rows.to_batches():
            if repeated is not None:
                flagging = AsFlagged(repeated[start : start + batch.num_rows])
            start += batch.num_rows
            yield self._settled(self.kernel(batch), flagging)[1]

    def needed(self, source: Source) -> list[str]:
        """The caller's columns that the kernel reads."""
        return [name for name in self.settings.needed if name in source.columns]

    def tally(self) -> PlanTally:
        """Return an empty tally for this plan."""
        return PlanTally(self)

    def dressed(self, ours: pa.RecordBatch) -> pa.RecordBatch:
        """Select our columns, their notes as words, and give them the plan's prefix."""
        from smsplan.kernel.settlement import in_words

        return in_words(ours).select(list(self._columns)).rename_columns(list(self.names))

    def bare(self, ours: pa.RecordBatch) -> pa.RecordBatch:
        """Take the prefix away again, and what rates by operator add."""
        from smsplan.kernel.settlement import RANGE

        kept = [name for name in self._columns if name not in RANGE]
        prefix = self.settings.prefix
        return ours.select([prefix + name for name in kept]).rename_columns(kept)

    def priced(self, ours: pa.RecordBatch) -> tuple[pa.RecordBatch, Settled]:
        """Settle a plan's rows by these prices; every column, without the prefix."""
        return self._settled(self.bare(ours))

    def reprice(self, ours: pa.RecordBatch) -> pa.RecordBatch:
        """As :meth:`priced`, in the form of the plan's rows."""
        return self.dressed(self.priced(ours)[0])


class PlanTally:
    """The summary and the findings of the batches so far."""

    def __init__(self, pipeline: Pipeline) -> None:
        from smsplan.totals.findings import FindingsTally
        from smsplan.totals.summary import SummaryTally

        self._totals = SummaryTally(pipeline.settings.profile, pipeline.prices, pipeline.terms)
        self._findings = FindingsTally(pipeline.kernel, pipeline.prices)

    def add(self, theirs: pa.RecordBatch, settled: Settled, reasons: Any | None = None) -> None:
        """Count a batch: the caller's columns, and what was decided about its rows."""
        self._totals.add(settled)
        self._findings.add(theirs, settled, reasons)

    def summary(self) -> Summary:
        """Return the totals with their reasons."""
        summary = self._totals.summary()
        return summary.with_findings(self._findings.findings(summary))


def _behind(batches: Iterator[pa.RecordBatch], done: int) -> Iterator[pa.RecordBatch]:
    """Leave out the first rows; at least one batch is left, if of no rows."""
    last = None
    for batch in batches:
        if done >= batch.num_rows > 0:
            done -= batch.num_rows
            last = batch.slice(batch.num_rows)
            continue
        last = None
        yield batch.slice(done) if done else batch
        done = 0
    if last is not None:
        yield last


def words_as_text(schema: pa.Schema) -> dict[str, Any]:
    """Return our columns that are words: dictionaries for us, text for whoever reads the file."""
    import pyarrow as pa

    return {field.name: pa.string() for field in schema if pa.types.is_dictionary(field.type)}
