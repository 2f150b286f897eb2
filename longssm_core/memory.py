"""How much memory this process holds while something runs: `watched_memory`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

LOOK_EVERY = 0.02  # seconds


class Memory:
    """Resident memory of the whole process, the largest that was seen, in bytes."""

    peak = 0


@contextmanager
def watched_memory() -> Iterator[Memory]:
    """Looks at the memory of this process every 20 ms while the block runs."""
    found, process, over = Memory(), psutil.Process(), threading.Event()

    def look() -> None:
        while True:
            found.peak = max(found.peak, process.memory_info().rss)
            if over.wait(LOOK_EVERY):
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
