"""How long a worker holds on to what was cancelled, and whether processes or rows are left behind.

A real worker computes evaluations of real checkpoints and reads uploaded files. In every round what
it is at is cancelled (in every fourth one paused) at a random moment, and the clock runs until it
has claimed a task of something else, by the database. Then: is every unit that was stored before
still there to the last bit, is any process left that the job had started? At the end an evaluation
is finished by the same worker, and the same one by a fresh worker: both must be equal to the last
bit, and so must whatever the cancelled ones had stored. The goal: 95 % of the rounds under 5 s, no
process left, no row changed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import select

from evaluations import database as tables
from evaluations.kinds import LEVELS
from evaluations.plan import PlannedRun, make_plan
from evaluations.records import Depth, Preset
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker import start_worker
from tests.evaluations.queued import ingested, some_text
from tests.evaluations.tiny_pair import save_tiny_pair

ROUNDS, FULL = 20, 100
GOAL = 5.0  # seconds, for 95 % of the rounds
PATIENCE = 300.0  # seconds until the worker does what it should, on a busy machine
MOST_UNITS = 12  # stored before the cancelling
LONGEST_WAIT = 0.5  # seconds from there to the cancelling
DOCUMENTS, SIZE = 6, 60_000
UPLOAD_LINES = 400_000  # tens of megabytes: seconds of reading
FILE_EVERY, PAUSE_EVERY = 5, 4  # rounds
READERS = ("evaluations.ingesting", "evaluations.documents.child")

Rows = dict[tuple[str, str, int], bytes]  # (document, arm, unit) -> losses


@dataclass
class Outcome:
    """What the rounds found. seconds: until the worker was at something else, by kind of work."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    orphans: int = 0
    lost: int = 0
    same_bits: bool = False

    @property
    def all_seconds(self) -> list[float]:
        """Of all rounds."""
        return [one for found in self.seconds.values() for one in found]

    @property
    def is_met(self) -> bool:
        """Whether the goal is."""
        quick = float(np.percentile(self.all_seconds, 95)) < GOAL
        return quick and not self.orphans and not self.lost and self.same_bits


class Bench:
    """A store, a worker on it, and evaluations to cancel."""

    def __init__(
        self, folder: Path, pair: tuple[str, str] | None, documents: int, size: int
    ) -> None:
        self.settings = Settings(
            data_dir=folder / "data", worker_processes=1, reuse_losses=False, language="en"
        )
        self.store = open_store(self.settings)
        zero, proposed = pair or (None, None)
        added = self.store.add_documents(ingested([some_text(n, size) for n in range(documents)]))
        self.planned: PlannedRun = make_plan(
            Preset.MATCHED, Depth.QUICK, added, zero=zero, proposed=proposed
        )

    def queue(self, level: str) -> str:
        """The evaluation once more."""
        plan, parts = self.planned.plan, self.planned.run_documents
        return self.store.create_run("to be cancelled", plan, parts, LEVELS[level])


def cancel_rounds(bench: Bench, rounds: int, upload: Path, rng: random.Random) -> Outcome:
    """Cancel what the worker is at, again and again; then finish one to compare."""
    outcome, store = Outcome(), bench.store
    worker = start_worker(bench.settings)
    try:
        current = bench.queue("normal")
        for number in range(rounds):
            units = rng.randint(0 if number else 1, MOST_UNITS)  # first: the models are there
            _wait(lambda run=current, n=units: _has(store, run, n), "the worker does not begin")
            after = bench.queue("low")
            if number % FILE_EVERY == FILE_EVERY - 1:
                # a file is read before an evaluation goes on: both are cancelled, the file first
                name, end = "file", _read_file(store, upload, current)
            elif number % PAUSE_EVERY == PAUSE_EVERY - 1:
                name, end = "pause", lambda run=current: store.pause_run(run)
            else:
                name, end = "cancel", lambda run=current: store.cancel_run(run)
            time.sleep(rng.uniform(0, LONGEST_WAIT))
            before = _rows(store, current)
            end()
            started = time.monotonic()
            _wait(lambda run=after: _is_at(store, run), "the worker does not let go")
            outcome.seconds.setdefault(name, []).append(time.monotonic() - started)
            outcome.lost += sum(_rows(store, current).get(k) != v for k, v in before.items())
            outcome.orphans += len(_readers_left(bench.settings))
            store.cancel_run(current)
            store.set_priority(after, LEVELS["normal"])
            current = after
        last = bench.queue("high")
        store.cancel_run(current)
        _wait(lambda: store.progress(last).status == "done", "the last one is not finished")
        outcome.same_bits = _all_equal(store, _rows(store, last))
        family = psutil.Process(worker.pid).children(recursive=True)
    finally:
        _end(worker)
    outcome.orphans += sum(process.is_running() for process in family)
    return outcome


def _read_file(store: Store, upload: Path, current: str) -> Callable[[], None]:
    """Have a file read in place of the evaluation; how to cancel that."""
    job = store.request_ingest(upload, "upload.log")
    store.cancel_run(current)
    _wait(lambda: store.job(job).state != "queued", "the file is not begun")
    return lambda: store.cancel_job(job)


def finished_alone(bench: Bench) -> Rows:
    """The losses of the same evaluation by a worker from which nothing is ever taken away."""
    run = bench.queue("normal")
    worker = start_worker(bench.settings)
    try:
        _wait(lambda: bench.store.progress(run).status == "done", "the quiet one is not finished")
    finally:
        _end(worker)
    return _rows(bench.store, run)


def _end(worker: subprocess.Popen[bytes]) -> None:
    if worker.stdin is not None:
        worker.stdin.close()
    worker.wait()


def _wait(true: Callable[[], bool], otherwise: str) -> None:
    patience = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > patience:
            raise RuntimeError(otherwise)
        time.sleep(0.05)


def _is_at(store: Store, run: str) -> bool:
    """Whether a worker is at a task of the run."""
    with store.database.read() as connection:
        running = select(tables.tasks.c.id).where(
            tables.tasks.c.run_id == run, tables.tasks.c.state == "running"
        )
        return connection.execute(running.limit(1)).first() is not None


def _has(store: Store, run: str, units: int) -> bool:
    """Whether a worker is at the run and has stored so many units."""
    return _is_at(store, run) and len(_rows(store, run)) >= units


def _rows(store: Store, run: str | None = None) -> Rows:
    """The stored losses of a run's score tasks, or of all that were ever stored, one of each."""
    task, loss = tables.tasks, tables.losses
    query = (
        select(task.c.document_id, task.c.arm, loss.c.unit, loss.c.nll)
        .join(task, task.c.id == loss.c.task_id)
        .where(task.c.kind == "score")
    )
    if run is not None:
        query = query.where(task.c.run_id == run)
    with store.database.read() as connection:
        return {
            (row.document_id, row.arm, row.unit): hashlib.sha256(row.nll).digest()
            for row in connection.execute(query)
        }


def _all_equal(store: Store, wanted: Rows) -> bool:
    """Whether all rows of all runs are those of the one that was finished."""
    task = tables.tasks.c.run_id
    with store.database.read() as connection:
        runs: list[Any] = list(connection.scalars(select(task).distinct()))
    return all(
        wanted.get(key) == value
        for run in runs
        if run is not None
        for key, value in _rows(store, run).items()
    )


def _readers_left(settings: Settings) -> list[psutil.Process]:
    """Processes that read an upload of this data folder, one second after nobody wants them."""
    time.sleep(1.0)
    return [
        process
        for process in psutil.process_iter()
        if _is_reader(process) and _belongs_to(process, settings)
    ]


def _is_reader(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(name in process.cmdline() for name in READERS)
    return False


def _belongs_to(process: psutil.Process, settings: Settings) -> bool:
    """A reader itself gets no settings: there it is the process that started it, or nobody's."""
    with contextlib.suppress(psutil.Error):
        parent = process.parent()
        for one in (process, *([parent] if parent is not None else [])):
            if one.environ().get("LONGSSM_DATA_DIR") == str(settings.data_dir):
                return True
    return False


@contextlib.contextmanager
def benches(tiny: bool, documents: int, size: int) -> Iterator[tuple[Bench, Bench]]:
    """Two of them over the same documents and checkpoints, in two data folders."""
    with tempfile.TemporaryDirectory(prefix="longssm-cancel-") as name:
        folder = Path(name)
        pair = save_tiny_pair(folder / "checkpoints") if tiny else None
        both = [Bench(folder / which, pair, documents, size) for which in ("busy", "quiet")]
        try:
            yield both[0], both[1]
        finally:
            for bench in both:
                bench.store.close()


def prove(
    rounds: int,
    tiny: bool,
    seed: int,
    documents: int = DOCUMENTS,
    size: int = SIZE,
    lines: int = UPLOAD_LINES,
) -> Outcome:
    """All of it with one pair of checkpoints."""
    with benches(tiny, documents, size) as (busy, quiet):
        upload = quiet.settings.data_dir / "upload.log"
        text = some_text(9, 40_000)
        upload.write_text("\n".join(f"{n} {text[n % 30_000 :][:80]}" for n in range(lines)))
        outcome = cancel_rounds(busy, rounds, upload, random.Random(seed))
        outcome.same_bits &= _all_equal(busy.store, finished_alone(quiet))
    return outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How often, and with which checkpoints."""
    parser.add_argument("--n", type=int, default=None, help=f"rounds; usually {ROUNDS}")
    parser.add_argument("--full", action="store_true", help=f"{FULL} rounds")
    parser.add_argument("--checkpoints", choices=("tiny", "shipped", "both"), default="both")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print the figures; 1 when the goal is missed."""
    rounds = options.n or (FULL if options.full else ROUNDS)
    met = True
    for name in ("tiny", "shipped"):
        if options.checkpoints in (name, "both"):
            outcome = prove(rounds, name == "tiny", options.seed)
            _print(name, outcome)
            met = met and outcome.is_met
    return 0 if met else 1


def _print(name: str, outcome: Outcome) -> None:
    print(f"{name} checkpoints: seconds until the worker is at something else")
    for kind, seconds in [*outcome.seconds.items(), ("all", outcome.all_seconds)]:
        middle, high = np.percentile(seconds, [50, 95])
        print(
            f"  {kind:8}{len(seconds):>4} rounds   p50 {middle:5.2f}   p95 {high:5.2f}   "
            f"max {max(seconds):5.2f}"
        )
    equal = "equal" if outcome.same_bits else "DIFFERENT"
    print(f"  processes left: {outcome.orphans}; units lost or changed: {outcome.lost}")
    print(f"  bits of a finished evaluation: {equal}{'' if outcome.is_met else '   MISSED'}")
