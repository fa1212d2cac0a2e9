"""Reader, worker and writer at the same time: Arrow reads and writes without Python's lock.

The queues are short, so memory stays bounded; a fault on either side stops the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import Any, TypeVar

T = TypeVar("T")
_DEPTH = 1
_END = object()


def ahead(source: Iterable[T]) -> Iterator[T]:
    """Iterate in a thread of its own, at most two items ahead.

    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    queue: Queue[Any] = Queue(_DEPTH)
    stop = threading.Event()
    fault: list[BaseException] = []

    def read() -> None:
        try:
            for item in source:
                if not _put(queue, item, stop):
                    return
        except BaseException as error:
            fault.append(error)
        finally:
            _put(queue, _END, stop)

    thread = threading.Thread(target=read, name="smsplan-reader", daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            yield item
        if fault:
            raise fault[0]
    finally:
        stop.set()
        thread.join()


@contextmanager
def behind(write: Callable[[T], None]) -> Iterator[Callable[[T], None]]:
    """Give a function that hands items to a writer in a thread of its own.

    Everything is written when the block ends; a fault of the writer is raised at the next item or
    there.

    >>> seen = []
    >>> with behind(seen.append) as write:
    ...     write(1)
    >>> seen
    [1]
    """
    queue: Queue[Any] = Queue(_DEPTH)
    stop = threading.Event()
    fault: list[BaseException] = []

    def work() -> None:
        try:
            while not stop.is_set():
                try:
                    item = queue.get(timeout=0.1)
                except Empty:
                    continue
                if item is _END:
                    return
                write(item)
        except BaseException as error:
            fault.append(error)
            stop.set()

    def hand_over(item: T) -> None:
        if not _put(queue, item, stop) and fault:
            raise fault[0]

    thread = threading.Thread(target=work, name="smsplan-writer", daemon=True)
    thread.start()
    try:
        yield hand_over
        _put(queue, _END, stop)
        thread.join()
    finally:
        stop.set()
        thread.join()
    if fault:
        raise fault[0]


def _put(queue: Queue[Any], item: Any, stop: threading.Event) -> bool:
    """Put an item; False where nobody takes any more."""
    while not stop.is_set():
        try:
            queue.put(item, timeout=0.1)
        except Full:
            continue
        return True
    return False
