"""Disk full, database locked, server restarted: nothing fails, nothing is lost, all goes on.

`disk`: a small file system of its own (where mounting is allowed) is filled to a random rest at
many moments of taking documents in, computing and exporting. `lock`: another program holds SQLite's
write lock. `restart`: PostgreSQL is stopped at once and started again under workers. Afterwards
every task is done, the rows are bit-equal to those of a quiet run, no half-written document is
listed and no half-written report lies about; what waits says so.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import random
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from evaluations import jobs
from evaluations.commands.failures import in_words
from evaluations.errors import EvaluationError
from evaluations.reports import write_report
from evaluations.store import Store
from evaluations.worker_process import work
from tests.evaluations.databases import own_server
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import ingested, some_text
from tests.proofs.faults import (
    Rows,
    Workers,
    has_ended,
    is_sound,
    place,
    queue,
    quiet,
    wait_until,
)
from tests.proofs.nursery import ADDRESS, Nursery

STALLS = ("disk", "lock", "restart")
SHORT_SIZES, FULL_SIZES = (3_000,) * 6, (3_000,) * 30 + (34_000,) * 4
DISK = 48 << 20  # bytes of the small file system
REST = 256 << 10  # bytes that are left at most
FORMATS = ("md", "json")


@dataclass(frozen=True)
class Outcome:
    """What became of one kind of stall."""

    name: str
    stalls: int
    failed: int = 0  # tasks
    lost: int = 0
    different: int = 0
    half_written: int = 0  # documents or files
    without_words: int = 0  # errors that no sentence says
    said: int = 0  # how often somebody said that it waits
    seconds: float = 0.0

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        wrong = self.failed + self.lost + self.different + self.half_written + self.without_words
        return wrong == 0 and self.said > 0

    def line(self) -> str:
        """The figures."""
        return (
            f"{self.name}: {self.stalls} stalls, failed tasks {self.failed}, "
            f"rows lost {self.lost}, "
            f"tasks or results that differ {self.different}, half-written {self.half_written}, "
            f"errors without words {self.without_words}, said that it waits {self.said}, "
            f"{self.seconds:.0f} s: {'met' if self.met else 'MISSED'}"
        )


# --- disk full ---------------------------------------------------------------------------------


class SmallDisk:
    """A folder on a file system of its own, that can be filled up."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"

    def fill(self, rest: int) -> None:
        """Leave so many bytes."""
        with self._ballast.open("ab") as file:
            while (left := self._left()) > rest:
                try:
                    os.write(file.fileno(), bytes(min(1 << 20, left - rest)))
                except OSError:  # somebody else was faster
                    return

    def free(self) -> None:
        """Give it all back."""
        self._ballast.unlink(missing_ok=True)

    def _left(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


@contextmanager
def small_disk() -> Iterator[SmallDisk | None]:
    """The file system; None: nobody may mount one here."""
    with tempfile.TemporaryDirectory(prefix="longssm-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder]
        if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
            yield None
            return
        try:
            yield SmallDisk(Path(folder))
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def disk_full(points: int, sizes: tuple[int, ...], disk: SmallDisk, seed: int = 0) -> Outcome:
    """A third of the points in taking in, computing and exporting each."""
    started, rng, third = time.monotonic(), random.Random(seed), max(1, points // 3)
    expected = quiet(sizes, FakeScorer())
    waited = _Waits()
    chosen = {"data_dir": disk.folder / "data", "reuse_losses": True}
    with place("sqlite", sizes, **chosen) as where, where.store() as store, waited:
        half, silent = _take_in(store, disk, third, rng)
        run = queue(store, where)
        _compute(store, run, disk, third, rng)
        found = Rows.of(store, run)
        more, quiet_ones = _export(store, run, disk, third, rng)
        disk.free()
        return Outcome(
            name="disk full",
            stalls=3 * third,
            failed=found.states.get("failed", 0),
            lost=found.lost,
            different=found.differences(expected) + (not is_sound(store)),
            half_written=half + more,
            without_words=silent + quiet_ones,
            said=waited.count,
            seconds=time.monotonic() - started,
        )


def _take_in(store: Store, disk: SmallDisk, points: int, rng: random.Random) -> tuple[int, int]:
    """Add documents to a full disk; half-written ones, and errors that no sentence says."""
    half = silent = 0
    for point in range(points):
        text = some_text(1_000 + point, 40_000)
        disk.fill(rng.randrange(REST))
        try:
            store.add_documents(ingested([text]), text.encode())
        except (OSError, DBAPIError, EvaluationError) as error:
            silent += in_words(error, store.settings) is None
        finally:
            disk.free()
        half += sum(not _is_whole(store, one.id) for one in store.documents())
        half += len(list(store.settings.files_dir.rglob("*.part")))
        store.add_documents(ingested([text]), text.encode())
        half += text not in {store.document_text(one.id) for one in store.documents()}
    return half, silent


def _is_whole(store: Store, document: str) -> bool:
    try:
        text = store.document_text(document)
    except FileNotFoundError:
        return False
    return hashlib.sha256(text.encode()).hexdigest() == document


def _compute(store: Store, run: str, disk: SmallDisk, points: int, rng: random.Random) -> None:
    """Work while the disk is filled and freed again and again."""
    pause, jobs.OUTAGE_PAUSE = jobs.OUTAGE_PAUSE, 0.05
    done = threading.Event()

    def compute() -> None:
        for name in ("first", "second"):
            scorer = FakeScorer(before_unit=lambda _arm, _start: time.sleep(0.02))
            work(store.settings, scorer, threading.Event(), True, name)
        done.set()

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        for _ in range(points):
            time.sleep(rng.uniform(0, 0.1))
            disk.fill(rng.randrange(REST) if rng.random() < 0.5 else 0)
            time.sleep(rng.uniform(0.05, 0.25))
            disk.free()
        wait_until(lambda: done.is_set() or not thread.is_alive(), "the run is done")
    finally:
        thread.join()
        jobs.OUTAGE_PAUSE = pause
    assert has_ended(store, run)


def _export(
    store: Store, run: str, disk: SmallDisk, points: int, rng: random.Random
) -> tuple[int, int]:
    """Write reports to a full disk; half-written ones, and errors that no sentence says."""
    snapshot, half, silent = store.snapshot(run), 0, 0
    sizes = {path.name: path.read_bytes() for path in
             write_report(snapshot, FORMATS, disk.folder / "good", "en")}  # fmt: skip
    for point in range(points):
        folder = disk.folder / f"report-{point}"
        disk.fill(rng.randrange(REST // 8))
        try:
            write_report(snapshot, FORMATS, folder, "en")
        except (OSError, EvaluationError) as error:
            silent += in_words(error, store.settings) is None
        finally:
            disk.free()
        written = list(folder.iterdir()) if folder.exists() else []
        half += sum(sizes.get(path.name) != path.read_bytes() for path in written)
    return half, silent


class _Waits:
    """Counts what is said about waiting for the database."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> _Waits:
        self._handler = logging.Handler()
        self._handler.emit = self._emit  # type: ignore[method-assign]
        logging.getLogger("longssm").addHandler(self._handler)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("longssm").removeHandler(self._handler)

    def _emit(self, record: logging.LogRecord) -> None:
        self.count += "waiting for the database" in str(record.msg)


# --- database away -----------------------------------------------------------------------------


def locked(stalls: int, seconds: float, sizes: tuple[int, ...], nursery: str) -> Outcome:
    """Another program holds SQLite's write lock for so long, so many times."""
    started, expected = time.monotonic(), quiet(sizes)
    with place("sqlite", sizes) as where, where.store() as store:
        run = queue(store, where)
        workers = Workers(where, **{ADDRESS: nursery})
        with workers.working():
            wait_until(lambda: len(workers.alive()) == 2, "the workers are there")
            for _ in range(stalls):
                _hold(where.settings.data_dir / "longssm.sqlite3", seconds)
                time.sleep(0.5)
            wait_until(lambda: has_ended(store, run), "the run is done")
            workers.stop()
            said = workers.log().count("waiting for the database")
        found = Rows.of(store, run)
        return Outcome(
            name=f"write lock held for {seconds:.0f} s",
            stalls=stalls,
            failed=found.states.get("failed", 0),
            lost=found.lost,
            different=found.differences(expected) + (not is_sound(store)),
            said=said if seconds > 30 else 1,  # before that, SQLite itself waits in silence
            seconds=time.monotonic() - started,
        )


def _hold(file: Path, seconds: float) -> None:
    connection = sqlite3.connect(file, timeout=60, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    time.sleep(seconds)
    connection.execute("ROLLBACK")
    connection.close()


def restarted(restarts: int, sizes: tuple[int, ...], nursery: str, processes: int = 2) -> Outcome:
    """PostgreSQL goes away for some seconds, so many times, under workers."""
    started, expected, rng = time.monotonic(), quiet(sizes), random.Random(0)
    with ExitStack() as stack:
        server = stack.enter_context(own_server())
        assert server is not None, "no PostgreSQL: its server's programs are not installed"
        where = stack.enter_context(place(server.address, sizes))
        store = stack.enter_context(where.store())
        run = queue(store, where)
        workers = Workers(where, processes, **{ADDRESS: nursery})
        with workers.working():
            wait_until(lambda: len(workers.alive()) == processes, "the workers are there")
            for _ in range(restarts):
                time.sleep(rng.uniform(0, 1.0))
                server.restart(rng.uniform(0, 3.0))
            wait_until(lambda: has_ended(store, run), "the run is done")
            workers.stop()
            said = workers.log().count("waiting for the database")
        found = Rows.of(store, run)
        return Outcome(
            name="PostgreSQL restarted",
            stalls=restarts,
            failed=found.states.get("failed", 0),
            lost=found.lost,
            different=found.differences(expected),
            said=said,
            seconds=time.monotonic() - started,
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which stalls, and how many."""
    parser.add_argument("--stalls", default=",".join(STALLS))
    parser.add_argument("--full", action="store_true", help="100 points, 60 s locks, 10 restarts")


def run(options: argparse.Namespace) -> int:
    """Print what became of each; 1 when a goal is missed."""
    met, full = True, options.full
    sizes = FULL_SIZES if full else SHORT_SIZES
    wanted = options.stalls.split(",")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        nursery = stack.enter_context(Nursery(Path(folder))).address
        outcomes: list[Outcome] = []
        disk = stack.enter_context(small_disk()) if "disk" in wanted else None
        if disk is not None:
            outcomes.append(disk_full(100 if full else 12, sizes, disk))
        elif "disk" in wanted:
            print("disk full: nobody may mount a file system here")
            met = False
        if "lock" in wanted:
            outcomes.append(locked(3 if full else 1, 60.0 if full else 3.0, sizes, nursery))
        if "restart" in wanted:
            outcomes.append(restarted(10 if full else 2, sizes, nursery, 8 if full else 2))
    for outcome in outcomes:
        print(outcome.line())
        met = met and outcome.met
    return 0 if met else 1
