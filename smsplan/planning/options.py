"""Options of a plan besides its message and its list: where rows go, and how the work is done.

Commands read them before anything is planned: what a run needs is imported where it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from smsplan.errors import InputError
from smsplan.keywords import option

if TYPE_CHECKING:
    from smsplan.lists.source import Source
    from smsplan.planning.pipeline import Pipeline
    from smsplan.writing.part_folders import Folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Output: where the rows go, and with which columns."""

    output: str | os.PathLike[str] | None = option(
        None,
        "Write the rows: .parquet, .csv, .csv.gz, a folder: DIR/, or - (CSV, stdout).",
        form="PATH",
    )
    rejects: str | os.PathLike[str] | None = option(
        None, "Write the rows that are not sent; yours alone to read.", form="PATH"
    )
    select: Sequence[str] | None = option(None, "Compute only these columns.", python_only=True)
    bodies: bool = option(False, "Add the texts to the rows.")
    prefix: str = option("", "Put before the names of the columns that are added.")
    for_spreadsheets: bool = option(
        False, "Put an apostrophe before CSV cells that a spreadsheet would run."
    )
    resume: bool = option(False, "Go on where a run into the folder was interrupted.")

    def check(self, pipeline: Pipeline, source: Source, folder: Folder | None) -> None:
        """Refuse, before the first row, what could not be written in the end."""
        from smsplan.writing.writers import check_output, is_for_spreadsheets

        output = None if folder else self.output
        for what, path in (("output", output), ("rejects", self.rejects)):
            if path is not None:
                check_output(path)
                if source.would_read(path):
                    raise InputError(f"{what} '{path}' is also the input; choose another name")
        if self.for_spreadsheets and (output is None or not is_for_spreadsheets(output)):
            raise InputError(
                "for_spreadsheets (--for-spreadsheets) is for a CSV output, which this plan has "
                "not; leave it out (rejects are always safe for spreadsheets)"
            )
        if self.rejects is not None and not pipeline.complete:
            raise InputError("rejects needs every column; plan without select=")

    @contextmanager
    def folder(self, pipeline: Pipeline, source: Source) -> Iterator[Folder | None]:
        """Hold the folder that a plan is written to; InputError where it is of something else."""
        from smsplan.version import VERSION
        from smsplan.writing.part_folders import PART_ROWS, Folder, is_folder

        if self.output is None or not is_folder(self.output):
            if self.resume:
                raise InputError("resume needs a folder as output; name one that ends with /")
            yield None
            return
        if self.rejects is not None:
            raise InputError(
                "rejects goes with an output file; filter the folder's rows by problem"
            )
        if source.would_read(Path(self.output, "part-00000.parquet")):
            raise InputError(
                f"output '{self.output}' is in the folder that is read; choose another"
            )
        digest = None if source.path is None else source.digest()
        if self.resume and digest is None:
            raise InputError("a frame cannot be told from another; resume a plan of a file")
        said = pipeline.settings.to_dict()
        of = {
            "version": VERSION,
            "options": said,
            "rates": None if pipeline.terms is None else pipeline.terms.digest,
            "source": digest,
            "part_rows": PART_ROWS,
            "columns": list(pipeline.names),
            "on_error": said.pop("on_error"),
        }
        folder = Folder(self.output, of, resume=self.resume)
        try:
            yield folder
        finally:
            folder.release()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Work: how it is done."""

    jobs: int = option(1, "Processes to plan in; pays for long Unicode texts.", least=1)
    progress: Callable[[int], None] | None = option(
        None, "Called with the number of rows done.", python_only=True
    )

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise InputError(f"jobs={self.jobs} plans nothing; use a number of 1 or more")
