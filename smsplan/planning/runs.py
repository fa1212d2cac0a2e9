"""A source is planned, once: into files where these are asked for, else into memory or nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from smsplan.outputs import METADATA_KEY, is_stream
from smsplan.planning.options import Outputs
from smsplan.planning.pipeline import Pair, Pipeline, Stats, words_as_text
from smsplan.planning.plans import Plan
from smsplan.planning.saved_plans import PlanRecord, opened, saved_rows
from smsplan.plurals import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from smsplan.lists.source import Source
    from smsplan.writing.part_folders import Folder, FolderSink
    from smsplan.writing.row_stores import RowStore
    from smsplan.writing.writers import Sink

Progress = Callable[[int], None] | None


class _Planned(NamedTuple):
    """What a run has come to: what the plan says of itself, and where its rows are."""

    record: PlanRecord
    rows: RowStore
    warnings: tuple[str, ...] = ()


def run(pipeline: Pipeline, source: Source, outputs: Outputs, progress: Progress) -> Plan:
    """Plan a source; what is at fault is said before any output."""
    from smsplan.lists.frames import open_source

    terms = pipeline.terms
    names = None if pipeline.selection is None else pipeline.selection.names
    record = PlanRecord(pipeline.settings, source.kind, terms, names)
    with outputs.folder(pipeline, source) as folder:
        outputs.check(pipeline, source, folder)
        said = pipeline.settings.warnings(source.columns) + (() if terms is None else terms.remarks)
        if folder is not None and folder.complete:
            # A run that had ended: its parts are what was written, and the source is the same.
            before = opened(open_source(folder.path))
            assert before is not None
            done = _Planned(before.record, before.rows)
            stats: Stats | None = Stats(folder.rows, 0)
            unread: Sequence[str] = folder.unread
        else:
            if outputs.output is not None or outputs.rejects is not None:
                done = _into_files(pipeline, source, record, outputs, folder, progress)
            else:
                done = _into_memory(pipeline, source, record, progress)
            stats, unread = pipeline.stats, source.unread
    said += done.warnings + tuple(f"not read: {what}" for what in unread)
    return Plan(done.record, done.rows, source, said, stats)


def _into_memory(
    pipeline: Pipeline, source: Source, record: PlanRecord, progress: Progress
) -> _Planned:
    """Plan a frame, whose rows are kept beside it, or a file, which is planned again for them."""
    import pyarrow as pa

    from smsplan.lists.parquet_files import compact
    from smsplan.writing.row_stores import FileRows, FrameRows

    tally = pipeline.tally() if pipeline.complete else None
    rows: RowStore
    if source.in_memory:
        ours = [ours for _, ours in pipeline.run(source, (), tally, progress)]
        # One dictionary a column: Arrow's own files take no other.
        rows = FrameRows(source, pa.Table.from_batches(ours).unify_dictionaries())
    else:
        for _ in pipeline.run(compact(source, {pipeline.settings.reading.to}), (), tally, progress):
            pass
        rows = FileRows(partial(pipeline.run, source), source.kind)
    return _Planned(replace(record, summary=None if tally is None else tally.summary()), rows)


def _into_files(
    pipeline: Pipeline,
    source: Source,
    record: PlanRecord,
    outputs: Outputs,
    folder: Folder | None,
    progress: Progress,
) -> _Planned:
    """Stream the rows to their files, which appear together when the last row is written."""
    from smsplan.lists.frames import open_source
    from smsplan.lists.parquet_files import compact
    from smsplan.lists.threads import behind
    from smsplan.writing.row_stores import FileRows, beside

    tally = pipeline.tally() if pipeline.complete else None
    compacted = compact(source, {pipeline.settings.reading.to})
    pairs = pipeline.run(compacted, None, tally, progress, folder)
    first = next(pairs)
    with ExitStack() as stack:
        sinks = _opened_sinks(stack, outputs, folder, source, record, first)
        with behind(sinks.write) as hand_over:
            for theirs, ours in chain([first], pairs):
                hand_over(beside(theirs, ours))
        record = replace(record, summary=None if tally is None else tally.summary())
        if sinks.main is not None:
            sinks.main.metadata[METADATA_KEY] = record.to_json()
    if folder is not None:
        assert pipeline.stats is not None
        folder.finish(record.to_json(), pipeline.stats.rows, source.unread)
    stream = partial(pipeline.run, source)
    output, main = outputs.output, sinks.main
    # Not from where it went by, nor where cells are changed.
    if output and main and main.read_back and not main.guarded and not is_stream(output):
        stream = partial(saved_rows, open_source(output), first[1].schema)
    return _Planned(record, FileRows(stream, source.kind), tuple(sinks.warnings()))


class _Sinks(NamedTuple):
    """The outputs that are open: all rows go to ``main``, those that are not sent to ``rejected``.

    ``problem`` is the column that tells, ``texts`` are the types that rejected rows get again.
    """

    main: Sink | FolderSink | None
    rejected: Sink | None
    problem: str
    texts: dict[str, Any]

    def write(self, rows: pa.RecordBatch) -> None:
        """Write a batch to where it belongs."""
        from smsplan.writing.writers import restored

        if self.main is not None:
            self.main.write(rows)
        if self.rejected is not None:
            # A few rows of many batches would keep all their dictionaries.
            chosen = rows.filter(rows.column(self.problem).is_valid())
            self.rejected.write(restored(chosen, self.texts))

    def warnings(self) -> Iterator[str]:
        """Say what was changed on the way."""
        guarded = sum(out.guarded for out in (self.main, self.rejected) if out is not None)
        if guarded:
            yield (
                f"{counted(guarded, 'cell')} that a spreadsheet would run as a formula got an "
                "apostrophe in the CSV output"
            )


def _opened_sinks(
    stack: ExitStack,
    outputs: Outputs,
    folder: Folder | None,
    source: Source,
    record: PlanRecord,
    first: Pair,
) -> _Sinks:
    """Open the outputs for rows like the first; the stack closes them."""
    from smsplan.writing.part_folders import folder_sink
    from smsplan.writing.row_stores import beside
    from smsplan.writing.writers import compacted, restored_schema, sink

    prefix = record.settings.prefix
    both = beside(*first).schema
    texts = compacted(source, first[0].schema)
    how: dict[str, Any] = {
        "unique": {record.settings.reading.to, prefix + "recipient", prefix + "body"},
        "words": {**words_as_text(first[1].schema), **texts},
    }
    main: Sink | FolderSink | None = None
    rejected: Sink | None = None
    if folder is not None:
        main = stack.enter_context(folder_sink(folder, both, **how))
    elif outputs.output is not None:
        guard = outputs.for_spreadsheets
        main = stack.enter_context(sink(outputs.output, both, guard=guard, **how))
    if outputs.rejects is not None:
        plain = restored_schema(both, texts)
        rejected = stack.enter_context(
            sink(outputs.rejects, plain, guard=True, private=True, **how)
        )
    return _Sinks(main, rejected, prefix + "problem", texts)
