"""Kernels in processes of their own: for long texts, where one core is what a plan waits for.

A worker is ``python -m smsplan.cluster.processes``; it speaks Arrow's stream format on its standard
input and output, so nothing has to be importable or picklable but the settings. Rows keep their
order, and at most one batch more than there are workers is on its way.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from smsplan.encoding import Encoding
from smsplan.errors import InputError, OutputError
from smsplan.kernel.dictionaries import places
from smsplan.kernel.kernel import ENCODINGS, PROBLEMS, SCHEMA, Kernel
from smsplan.kernel.settings import RowSettings
from smsplan.kernel.texts.measures import REASONS
from smsplan.kernel.unreadable_rows import MARK

Planned = tuple[Any, Any, int]
_REFUSED = 3


def planned(
    batches: Iterator[pa.RecordBatch],
    jobs: int,
    settings: RowSettings,
    *,
    numbers: bool,
    texts: bool,
) -> Iterator[Planned]:
    """Yield each batch with what a kernel makes of it, and how many rows it planned one by one.

    To say why messages are Unicode takes about as long as to measure them, so that is done here as
    well: it comes in a column ``reasons``.
    """
    first = {"options": settings.to_dict(), "numbers": numbers, "texts": texts}
    # The workers end first, so that no thread of the pool waits for an answer.
    with ThreadPoolExecutor(jobs) as pool, ExitStack() as stack:
        idle: SimpleQueue[_Worker] = SimpleQueue()
        for _ in range(jobs):
            idle.put(stack.enter_context(_Worker(first)))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        waiting: deque[tuple[pa.RecordBatch, Future[tuple[pa.RecordBatch, int]]]] = deque()

        def work(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
            worker = idle.get()
            try:
                return worker(batch)
            finally:
                idle.put(worker)

        def done() -> Planned:
            batch, future = waiting.popleft()
            return batch, *future.result()

        for batch in batches:
            names = [name for name in (*settings.needed, MARK) if name in batch.schema.names]
            waiting.append((batch, pool.submit(work, batch.select(names))))
            if len(waiting) > jobs:
                yield done()
        while waiting:
            yield done()


class _Worker:
    """One process; it ends with the block."""

    def __init__(self, first: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "smsplan.cluster.processes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=1 << 20,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(first).encode() + b"\n")
        self._schema: pa.Schema | None = None
        self._writer: Any = None
        self._reader: Any = None

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
        """Plan a batch; also say how many rows were planned one by one."""
        try:
            if self._writer is None or batch.schema != self._schema:
                if self._writer is not None:
                    self._writer.close()
                self._writer = pa.ipc.new_stream(self._process.stdin, batch.schema)
                self._schema = batch.schema
            self._writer.write_batch(batch)
            assert self._process.stdin is not None
            self._process.stdin.flush()
            if self._reader is None:
                self._reader = pa.ipc.open_stream(self._process.stdout)
            planned, metadata = self._reader.read_next_batch_with_custom_metadata()
        except (OSError, pa.ArrowException, StopIteration):
            raise self._fault() from None
        return planned, int(metadata[b"row_loop"])

    def _fault(self) -> Exception:
        """Say why the process answers no more."""
        self._process.kill()
        assert self._process.stderr is not None
        said = self._process.stderr.read().decode("utf-8", "replace")
        if self._process.wait() == _REFUSED or said.startswith('{"refused"'):
            with suppress(ValueError, KeyError):
                return InputError(json.loads(said)["refused"])
        return OutputError(
            f"a worker process ended with code {self._process.returncode}; where memory is short, "
            "use fewer jobs"
        )

    def __enter__(self) -> _Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()


def _batches(source: Any) -> Iterator[pa.RecordBatch]:
    """Read one stream for each schema, until nobody writes any more."""
    while True:
        try:
            stream = pa.ipc.open_stream(source)
        except pa.ArrowInvalid:
            return
        yield from stream


def _with_reasons(kernel: Kernel, batch: pa.RecordBatch, planned: pa.RecordBatch) -> pa.RecordBatch:
    """Add why the messages are Unicode, of those that may be sent."""
    unicode = places(planned.column("encoding"), ENCODINGS) == ENCODINGS.index(Encoding.UNICODE)
    rows = np.flatnonzero(unicode & (places(planned.column("problem"), PROBLEMS) < 0))
    if len(rows):
        reasons = kernel.reasons(batch.take(pa.array(rows))).array(rows, len(unicode))
    else:
        reasons = pa.nulls(len(unicode), REASONS)
    return planned.append_column("reasons", reasons)


def main() -> None:
    """Be a worker."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    first = json.loads(source.readline())
    kernel = Kernel(
        RowSettings.from_dict(first["options"]), numbers=first["numbers"], texts=first["texts"]
    )
    writer = pa.ipc.new_stream(target, SCHEMA.append(pa.field("reasons", REASONS)))
    try:
        for batch in _batches(source):
            before = kernel.row_loop
            planned = _with_reasons(kernel, batch, kernel(batch))
            alone = str(kernel.row_loop - before)
            writer.write_batch(planned, custom_metadata={"row_loop": alone})
            target.flush()
    except InputError as error:
        sys.stderr.write(json.dumps({"refused": str(error)}))
        sys.stderr.flush()
        sys.exit(_REFUSED)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt, BrokenPipeError):
        main()
