"""One long document under `reset`, computed by two processes: how much sooner, and the same bits.

In every round four things are timed, each from its first claim to its last stored result: the
document whole in one process (as before), in parts in two processes, and, to know what a second
process could give at all on this machine at this minute, two independent documents of half its
length in one process and in two. The goal is 1.6 times, or, where other work keeps the second
processor busy, nine tenths of what two independent documents gain.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from sqlalchemy import func, select

from evaluations import database as tables
from evaluations import tasks, units
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker import start_worker
from tests.evaluations.queued import ingested, some_text

SHORT, FULL = (120_000, 1), (400_000, 5)  # bytes of the document, rounds
ARM = "zero+reset:16"
WANTED, WANTED_OF_POSSIBLE = 1.6, 0.9
PATIENCE = 1_800.0  # seconds
UNCUT = 1 << 60  # tokens of a part: there are no parts


class Timed(NamedTuple):
    """Seconds from the first claim to the last result, who computed, losses by document, unit."""

    seconds: float
    workers: int
    losses: dict[tuple[str, int], bytes]


class Round(NamedTuple):
    """What was timed in one round."""

    whole: Timed
    parts: Timed
    apart_by_one: Timed
    apart_by_two: Timed

    @property
    def gain(self) -> float:
        """How much sooner the document is done in parts by two processes."""
        return self.whole.seconds / self.parts.seconds

    @property
    def possible(self) -> float:
        """What a second process gives two documents that have nothing to do with each other."""
        return self.apart_by_one.seconds / self.apart_by_two.seconds

    @property
    def is_equal(self) -> bool:
        """Whether parts have the bits of the whole."""
        return self.whole.losses == self.parts.losses


class Pool:
    """A database of its own with so many worker processes."""

    def __init__(self, store: Store, processes: int) -> None:
        self._store = store
        self._processes = processes

    def time(self, texts: list[str], part_tokens: int = units.PART_TOKENS) -> Timed:
        """Score `texts` under ARM alone."""
        run = self._queue(texts, part_tokens)
        self._wait(lambda: self._store.has_ended(run))
        task, loss = tables.tasks, tables.losses
        own = task.c.run_id == run
        query = (
            select(task.c.document_id, loss.c.unit, loss.c.nll, loss.c.worker)
            .join(task, task.c.id == loss.c.task_id)
            .where(own)
        )
        with self._store.database.read() as connection:
            first, last = connection.execute(
                select(func.min(task.c.started_at), func.max(task.c.finished_at)).where(own)
            ).one()
            rows = connection.execute(query).all()
        assert self._store.progress(run).failures == ()
        losses = {(row.document_id, row.unit): bytes(row.nll) for row in rows}
        return Timed((last - first).total_seconds(), len({row.worker for row in rows}), losses)

    def wait_for_processes(self) -> None:
        """Until all of them have loaded what they need, the checkpoint included."""
        self._wait(lambda: self._listed() == self._processes)
        texts = [some_text(100 + number, 2_000) for number in range(8 * self._processes)]
        while self.time(texts).workers < self._processes:
            pass

    def _listed(self) -> int:
        with self._store.database.read() as connection:
            return connection.scalar(select(func.count(tables.workers.c.name)))

    def _queue(self, texts: list[str], part_tokens: int) -> str:
        documents = self._store.add_documents(ingested(texts))
        planned = make_plan(Preset.MATCHED, Depth.PRECISE, documents, lengths=(16, 64))
        enqueue = tasks.enqueue

        def only_the_arm(connection, run, new):
            kept = [one for one in new if one.arm == ARM and one.kind in ("score", "part")]
            enqueue(connection, run, kept)

        with (
            patch.object(tasks, "enqueue", only_the_arm),
            patch.object(units, "PART_TOKENS", part_tokens),
        ):
            return self._store.create_run("parallel", planned.plan, planned.run_documents)

    def _wait(self, true) -> None:
        patience = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < patience, "waited too long"
            time.sleep(0.05)


@contextmanager
def pool(folder: Path, processes: int) -> Iterator[Pool]:
    """So many processes, ready."""
    settings = Settings(
        data_dir=folder / str(processes),
        worker_processes=processes,
        reuse_losses=False,
        poll_seconds=0.1,
        device="cpu",
        language="en",
    )
    store = open_store(settings)
    worker = start_worker(settings)
    try:
        found = Pool(store, processes)
        found.wait_for_processes()
        yield found
    finally:
        worker.stdin.close()
        worker.wait()
        store.close()


def rounds(size: int, count: int) -> Iterator[Round]:
    """Time everything `count` times, on other texts every time."""
    with (
        tempfile.TemporaryDirectory() as folder,
        pool(Path(folder), 1) as one,
        pool(Path(folder), 2) as two,
    ):
        for number in range(count):
            long = [some_text(10 * number, size)]
            apart = [some_text(10 * number + half, size // 2) for half in (1, 2)]
            yield Round(
                whole=one.time(long, UNCUT),
                parts=two.time(long),
                apart_by_one=one.time(apart, UNCUT),
                apart_by_two=two.time(apart, UNCUT),
            )


def is_met(gain: float, possible: float) -> bool:
    """Whether two processes gain what they should, or what this machine had to give."""
    return gain >= min(WANTED, WANTED_OF_POSSIBLE * possible)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to time as long as the documentation says."""
    size, count = FULL
    parser.add_argument("--full", action="store_true", help=f"{size:,} bytes, {count} rounds")
    parser.add_argument("--rounds", type=int, help="another number of rounds")


def run(options: argparse.Namespace) -> int:
    """Print every round; 1 when the goal is missed or a bit differs."""
    size, count = FULL if options.full else SHORT
    count = options.rounds or count
    print(f"one document of {size:,} bytes under {ARM}; two of half its length beside it")
    print(f"{'whole, 1':>10}{'parts, 2':>10}{'gain':>7}{'apart, 1':>10}{'apart, 2':>10}{'gain':>7}")
    found = []
    for one in rounds(size, count):
        found.append(one)
        times = [one.whole, one.parts, one.apart_by_one, one.apart_by_two]
        seconds = [f"{timed.seconds:>8.2f} s" for timed in times]
        print(
            *(*seconds[:2], f"{one.gain:>6.2f}", *seconds[2:], f"{one.possible:>6.2f}"),
            "" if one.is_equal else "  BITS DIFFER",
            sep="",
            flush=True,
        )
    gain = statistics.median(one.gain for one in found)
    possible = statistics.median(one.possible for one in found)
    equal = all(one.is_equal for one in found)
    print(
        f"medians: {gain:.2f} times in parts, {possible:.2f} times for independent documents"
        f" ({gain / possible:.2f} of it); bits {'equal' if equal else 'DIFFER'}"
    )
    return 0 if equal and is_met(gain, possible) else 1
