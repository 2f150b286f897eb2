"""One worker process: claims tasks, computes them unit by unit, and stores what it found.

`python -m evaluations.worker_process` is started by the supervisor in `worker`, never by hand.
`work` is its loop, `run_task` one task. A unit is computed outside any transaction, then stored
with the state after it and the progress in one; so a process that is killed loses one unit. A
thread keeps the lease; when it is lost (cancelled, or taken over while this process slept), the
task is dropped. An error ends its task, never the process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluations import database as tables
from evaluations import tasks
from evaluations.baselines import second_half, simple_models
from evaluations.database import Database, is_outage, now, upsert
from evaluations.errors import EvaluationError, LeaseLost, UnusableCheckpoint
from evaluations.log import about, start_logging
from evaluations.plan import versions
from evaluations.records import Baselines, Check, IntArray, Reason
from evaluations.scorer import Device, Scorer
from evaluations.settings import Settings, load_settings
from evaluations.store import Store, Work, open_store
from evaluations.tasks import Task, UnitResult
from evaluations.units import BlocksUnit, PrefixUnit, SharedUnit, Unit, as_carry, work_key
from evaluations.validity import chunk_invariance, self_comparison, state_norm
from longssm_core.errors import CheckpointError
from longssm_core.memory import watched_memory
from longssm_core.overlap import Sketch, sketch

DATABASE_PATIENCE = 600.0  # seconds to wait for a database that does not answer
OUTAGE_PAUSE = 2.0  # seconds between two tries
PULSE = 2.0  # seconds between signs of life for the supervisor

log = logging.getLogger("longssm.worker")


def work(
    settings: Settings,
    scorer: Scorer,
    stop: threading.Event,
    until_idle: bool = False,
    name: str | None = None,
) -> int:
    """Take tasks until `stop` is set, or, with `until_idle`, until none is left; the exit code."""
    store = open_store(settings)
    heart = Heart(store.database, name or worker_name(), scorer.device(), settings.lease_seconds)
    try:
        with heart.beating():
            while not stop.is_set():
                try:
                    code = _step(store, scorer, heart, stop, until_idle)
                except Exception as error:
                    if not is_outage(error):
                        raise
                    log.warning("waiting for the database: %s", error.orig)
                    stop.wait(OUTAGE_PAUSE)
                    continue
                if code is not None:
                    return code
    finally:
        store.close()
    return 0


def _step(
    store: Store, scorer: Scorer, heart: Heart, stop: threading.Event, until_idle: bool
) -> int | None:
    """One look into the queue; an exit code where this process should end."""
    database, settings = store.database, store.settings
    is_idle = tasks.is_idle(database)
    if is_idle and until_idle:
        return 0
    if not is_idle and tasks.is_waiting(database, heart.name):
        task = tasks.claim(database, heart.name, settings.lease_seconds, heart.device.words)
        if task is not None:
            with about(run=task.run, task=task.id):
                run_task(store, scorer, heart, task, stop)
    elif not is_idle and tasks.waits_for_another_process(database, heart.name):
        return tasks.STEP_ASIDE
    else:
        stop.wait(settings.poll_seconds)
    return None


def run_task(store: Store, scorer: Scorer, heart: Heart, task: Task, stop: threading.Event) -> None:
    """Compute one task to its end, to a failure that is stored beside it, or until `stop`."""
    try:
        with heart.holding(task):
            if task.kind == "probe":
                _probe(store, scorer, heart, task)
            else:
                _score(store, scorer, heart, task, stop)
    except LeaseLost:
        log.info("task %d is no longer ours", task.id)
        return
    except Exception as error:  # whatever one task does, the others go on
        if is_outage(error):  # not the task's fault
            log.warning("task %d goes back: %s", task.id, error.orig)
            _unless_lost(tasks.release, store.database, task)
            return
        log.exception("task %d failed", task.id)
        _unless_lost(tasks.fail, store.database, task, reason_of(error))
    if store.has_ended(task.run):
        _keep_result(store, task.run)


def _score(store: Store, scorer: Scorer, heart: Heart, task: Task, stop: threading.Event) -> None:
    """The units from the first one that is not stored.

    What was computed before, under the same key, is taken over; not by A/A, which is to find out
    whether it would come out the same.
    """
    work = store.work_of(task)
    tokens = work.tokens.ids
    again = task.kind == "again"
    reuses = store.settings.reuse_losses and not again
    known = Known(store, task.document, work, scorer_identity(heart.device) if reuses else None)
    first, state = _where_to_go_on(store.database, task, work, known)
    for index in range(first, len(work.units)):
        if stop.is_set():
            tasks.release(store.database, task)
            return
        heart.check()
        taken = known.result(index)
        if taken is None and state is None and _goes_on(work.units[index]):
            log.warning("task %d: what it took over is gone; it starts over", task.id)
            tasks.start_over(store.database, task, len(work.units))
            _score(store, scorer, heart, replace(task, next_unit=0, units=len(work.units)), stop)
            return
        result = taken or _compute(scorer, work, tokens, index, state, known, heart)
        state = result.state
        is_last = index + 1 == len(work.units)
        findings = [_compare(store, task, index, result.nll)] if is_last and again else []
        if is_last and not store.has_facts(task.run, task.document):
            store.store_facts(task.run, task.document, *_facts(work))
        _patiently(tasks.store_unit, store.database, task, result, is_last, findings)


def _goes_on(unit: Unit) -> bool:
    """Whether the unit is read on from a state."""
    return isinstance(unit, PrefixUnit) and unit.span.start > 0


def _where_to_go_on(
    database: Database, task: Task, work: Work, known: Known
) -> tuple[int, bytes | None]:
    """The first unit that is not stored, and the state before it."""
    if task.units != len(work.units):
        log.warning("task %d: an earlier version cut its work otherwise; it starts over", task.id)
        tasks.start_over(database, task, len(work.units))
        return 0, None
    needs_state = 0 < task.next_unit < len(work.units) and isinstance(
        work.units[task.next_unit], PrefixUnit
    )
    if not needs_state or known.prefix:
        return task.next_unit, None
    state = tasks.stored_state(database, task)
    if state is not None:
        return task.next_unit, state
    log.warning("task %d: its stored state is missing or damaged; it starts over", task.id)
    tasks.start_over(database, task, len(work.units))
    return 0, None


def _compute(
    scorer: Scorer,
    work: Work,
    tokens: IntArray,
    index: int,
    state: bytes | None,
    known: Known,
    heart: Heart,
) -> UnitResult:
    unit = work.units[index]
    scorer.prepare(work.arm)
    with measured(scorer) as measure:
        nll, state = _losses(scorer, work, tokens, unit, state)
    is_finite = bool(np.isfinite(nll).all())  # what is not may be gone when it is tried again
    return UnitResult(
        unit=index,
        context_length=unit.context_length,
        ranges=unit.ranges,
        nll=nll,
        read_tokens=unit.read_tokens,
        seconds=measure.seconds,
        peak_memory=measure.peak_memory,
        state=state,
        worker=heart.name,
        key=None if isinstance(unit, SharedUnit) or not is_finite else known.key(index),
    )


def _losses(
    scorer: Scorer, work: Work, tokens: IntArray, unit: Unit, state: bytes | None
) -> tuple[NDArray[np.float32], bytes | None]:
    """Losses in the order of the unit's ranges, and the state that the next unit reads on from."""
    match unit:
        case PrefixUnit():
            read = tokens[unit.span.start : unit.span.stop]
            found = scorer.read_prefix(work.arm, read, state)
            return found.nll, found.state
        case SharedUnit():
            carry = as_carry(work.arm)
            return unit.taken(scorer.score_blocks(carry, tokens, unit.batch.blocks)), None
        case BlocksUnit():
            return scorer.score_blocks(work.arm, tokens, unit.blocks).reshape(-1), None


class Known:
    """What the database holds already of a task's losses, computed for whichever task.

    A unit's key names all that its losses depend on, so they are the same to the last bit. The
    prefix is taken over as a whole or not at all: losses are stored for good, states only until
    their task has ended. And only from a run that read it under every arm: what reading cost is
    compared between arms, and times of two moments are not comparable.
    """

    def __init__(self, store: Store, document: str, work: Work, scorer: str | None) -> None:
        self._store = store
        self._document = document
        self._work = work
        self._scorer = scorer  # None: nothing is taken over, nothing offered
        self._prefix_run = self._find_prefix()

    @property
    def prefix(self) -> bool:
        """Whether the prefix is taken over."""
        return self._prefix_run is not None

    def key(self, index: int) -> str | None:
        """The key under which the losses of a unit are found; None where nothing is shared."""
        if self._scorer is None:
            return None
        arm, unit = self._work.arm, self._work.units[index]
        if isinstance(unit, SharedUnit):
            arm, unit = as_carry(arm), unit.batch
        return work_key(self._document, arm, unit, self._scorer)

    def result(self, index: int) -> UnitResult | None:
        """The unit as it was computed before; None: it has to be computed."""
        unit, key = self._work.units[index], self.key(index)
        is_prefix = isinstance(unit, PrefixUnit)
        if key is None or (is_prefix and not self.prefix):
            return None
        found = self._store.known_losses(key, self._prefix_run if is_prefix else None)
        if found is None:
            return None
        return UnitResult(
            unit=index,
            context_length=unit.context_length,
            ranges=unit.ranges,
            nll=unit.taken(found.nll) if isinstance(unit, SharedUnit) else found.nll,
            read_tokens=unit.read_tokens,
            seconds=found.seconds,
            peak_memory=found.peak_memory,
            state=None,
            worker=found.worker,
            source=found.run,
        )

    def _find_prefix(self) -> str | None:
        """The run whose losses of the prefix are taken over; None: they have to be computed."""
        chunks = [unit for unit in self._work.units if isinstance(unit, PrefixUnit)]
        if self._scorer is None or not chunks:
            return None
        firsts = [work_key(self._document, arm, chunks[0], self._scorer) for arm in self._work.arms]
        own = [work_key(self._document, self._work.arm, unit, self._scorer) for unit in chunks]
        for run in self._store.runs_that_know(firsts):
            if run != self._work.run and self._store.knows_all(own, run):
                return run
        return None


def scorer_identity(device: Device) -> str:
    """What computes here: another code, library or device may round otherwise."""
    return json.dumps([sorted(versions().items()), _own_sources(), *device])


@cache
def _own_sources() -> str:
    """SHA-256 over what cuts and passes on the work in this room."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name in ("core_scorer.py", "targets.py", "units.py"):
        digest.update((here / name).read_bytes())
    return digest.hexdigest()[:16]


def _facts(work: Work) -> tuple[Baselines, Sketch]:
    """What simple models make of the document, and a sketch to find its near-copies by."""
    text, sizes = work.text.encode("utf-8"), work.tokens.sizes[: work.prefix]
    half = int(sizes[: second_half(sizes)].sum())  # where the checkpoints' half starts as well
    return simple_models(text[: int(sizes.sum())], half), sketch(text)


def _probe(store: Store, scorer: Scorer, heart: Heart, task: Task) -> None:
    work = store.work_of(task)
    tokens = work.tokens.ids
    found = scorer.probe(work.arm, tokens[: work.prefix])
    heart.check()
    findings = [chunk_invariance(found.chunk_difference), state_norm(found.state_growth)]
    _patiently(tasks.finish, store.database, task, findings)


def _compare(store: Store, task: Task, index: int, last: NDArray[np.float32]) -> Check:
    """A/A: the largest difference between the first result and this one must be exactly 0."""
    again = {**store.own_result(task), index: last}
    return self_comparison(largest_difference(store.first_result(task), again))


def largest_difference(
    first: Mapping[int, NDArray[np.float32]], again: Mapping[int, NDArray[np.float32]]
) -> float:
    """Largest absolute difference, in nats; infinite where one has what the other has not.

    Equal bits are equal, NaN among them.
    """
    worst = 0.0
    for unit in first.keys() | again.keys():
        a, b = first.get(unit), again.get(unit)
        if a is None or b is None or a.shape != b.shape:
            return float("inf")
        differs = a.view(np.int32) != b.view(np.int32)
        if differs.any():
            apart = np.abs(a[differs].astype(np.float64) - b[differs].astype(np.float64))
            worst = max(worst, float(np.nan_to_num(apart, nan=np.inf).max()))
    return worst


def reason_of(error: Exception) -> Reason:
    """Why a task failed, in words that the pages and commands can say."""
    if isinstance(error, CheckpointError):
        error = UnusableCheckpoint.of(error)
    if isinstance(error, EvaluationError):
        return Reason(key=error.key, values={k: str(v) for k, v in error.values.items()})
    if isinstance(error, FileNotFoundError):
        return Reason(key="task.document_missing")
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return Reason(key="task.out_of_memory")
    return Reason(key="task.unexpected", values={"kind": type(error).__name__})


def _unless_lost(write: Callable[..., None], database: Database, task: Task, *more: object) -> None:
    """The last word on a task, if it is still ours to say."""
    try:
        _patiently(write, database, task, *more)
    except LeaseLost:
        log.info("task %d is no longer ours", task.id)


def _keep_result(store: Store, run: str) -> None:
    """Store what is shown about a run that has just ended."""
    try:
        store.snapshot(run)
    except Exception:  # the losses are stored: who asks for the result sees the error
        log.exception("the result of %s could not be put together", run)


def _patiently(write: Callable[..., None], *arguments: object) -> None:
    """Call `write`, again and again while the database does not answer."""
    patience = time.monotonic() + DATABASE_PATIENCE
    while True:
        try:
            return write(*arguments)
        except Exception as error:
            if not is_outage(error) or time.monotonic() > patience:
                raise
            log.warning("waiting for the database: %s", error.orig)
            time.sleep(OUTAGE_PAUSE)


# --- signs of life ---------------------------------------------------------------------------


class Heart:
    """Tells the database that this process lives, and keeps the lease of the task it holds."""

    def __init__(self, database: Database, name: str, device: Device, lease: float) -> None:
        self.name = name
        self.device = device
        self._database = database
        self._lease = lease
        self._started = datetime.now(UTC)
        self._task: Task | None = None
        self._lost = threading.Event()
        self._wake = threading.Event()
        self._stopped = False

    @contextmanager
    def beating(self) -> Iterator[None]:
        """A thread that beats until the block ends; then this worker is no longer listed."""
        self._announce()
        thread = threading.Thread(target=self._beat, name="heart", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped = True
            self._wake.set()
            thread.join(timeout=5.0)
            self._leave()

    @contextmanager
    def holding(self, task: Task) -> Iterator[None]:
        """Keep the lease of `task` while the block runs."""
        self._lost.clear()
        self._task = task
        try:
            yield
        finally:
            self._task = None

    def check(self) -> None:
        """Raise LeaseLost if the held task has gone to somebody else or was cancelled."""
        if self._lost.is_set():
            raise LeaseLost("task.lease_lost", task=self._task.id if self._task else 0)

    def _beat(self) -> None:
        pause = min(5.0, self._lease / 3)
        while not self._wake.wait(pause):
            try:
                self._announce()
                if (task := self._task) is not None:
                    self._extend(task)
            except Exception as error:  # without a heartbeat the lease would run out unseen
                if is_outage(error):
                    log.warning("heartbeat: waiting for the database: %s", error.orig)
                else:
                    log.exception("heartbeat")

    def _leave(self) -> None:
        try:
            tasks.forget_worker(self._database, self.name)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("not taken out of the list of workers: %s", error.orig)

    def _extend(self, task: Task) -> None:
        try:
            tasks.extend(self._database, task, self._lease)
        except LeaseLost:
            if self._task is task:  # else it ended while we asked
                self._lost.set()

    def _announce(self) -> None:
        with self._database.write() as connection:
            upsert(
                connection,
                tables.workers,
                {
                    "name": self.name,
                    "host": socket.gethostname(),
                    "process": os.getpid(),
                    "device": self.device.words,
                    "threads": self.device.threads,
                    "started_at": self._started,
                    "heartbeat_at": now(connection),
                },
            )


def worker_name() -> str:
    """A name that no other process has or had."""
    return f"{socket.gethostname()}:{os.getpid()}:{time.time_ns():x}"


class Measure:
    """What one unit cost."""

    seconds = 0.0
    peak_memory = 0  # bytes


@contextmanager
def measured(scorer: Scorer) -> Iterator[Measure]:
    """Wall time of the block, and its peak memory.

    On an accelerator what was allocated there; else the resident memory of the whole process,
    looked at every 20 ms.
    """
    found = Measure()
    with watched_memory() as memory:
        started = time.perf_counter()
        try:
            yield found
        finally:
            found.seconds = time.perf_counter() - started
    on_device = scorer.peak_memory()
    found.peak_memory = memory.peak if on_device is None else on_device


# --- the process -----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Run one worker process until it is told to stop or its parent is gone."""
    from evaluations.core_scorer import CoreScorer  # only here: who imports this needs no torch

    parser = argparse.ArgumentParser(prog="python -m evaluations.worker_process")
    parser.add_argument("--name")
    parser.add_argument("--until-idle", action="store_true")
    chosen = parser.parse_args(arguments)
    settings = load_settings()
    start_logging(settings)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the supervisor
    _watch_parent(stop)
    scorer = CoreScorer(settings.device, settings.loaded_models)
    return work(settings, scorer, stop, chosen.until_idle, chosen.name)


def _watch_parent(stop: threading.Event) -> None:
    """Stop when the supervisor's end of our input closes; show it that we live on our output."""

    def listen() -> None:
        # os.read: a thread inside the buffered reader would abort the interpreter at its end
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stop.set()

    def pulse() -> None:
        try:
            while True:
                os.write(sys.stdout.fileno(), b".")
                time.sleep(PULSE)
        except OSError:
            stop.set()

    for target in (listen, pulse):
        threading.Thread(target=target, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
