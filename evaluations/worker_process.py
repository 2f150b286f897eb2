"""One worker process: claims tasks and hands each to the module of its kind.

`python -m evaluations.worker_process` is started by the supervisor in `worker`, never by hand.
`work` is its loop, `run_task` one task. A thread keeps the lease (`heart`); when it is lost
(cancelled, paused, or taken over while this process slept), the task is dropped. An error ends its
task, never the process.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from evaluations import tasks
from evaluations.database import Database, is_outage
from evaluations.errors import DeviceLost, EvaluationError, LeaseLost, UnusableCheckpoint
from evaluations.heart import Heart, worker_name
from evaluations.jobs import OUTAGE_PAUSE, Job, Outcome, Stopping, patiently
from evaluations.kinds import OF_A_PLAN, runner_of
from evaluations.log import about, start_logging
from evaluations.records import Reason
from evaluations.scorer import Scorer
from evaluations.settings import Settings, load_settings
from evaluations.shortage import is_out_of_memory, needed_gib
from evaluations.store import Store, open_store
from evaluations.tasks import Task
from evaluations.unlisted import forget_unlisted
from longssm_core.errors import CheckpointError

TIDIED_EVERY = 3_600.0  # seconds between two looks for files that somebody left half written
PULSE = 2.0  # seconds between signs of life for the supervisor

log = logging.getLogger("longssm.worker")


def work(
    settings: Settings,
    scorer: Scorer,
    stop: threading.Event,
    until_idle: bool = False,
    name: str | None = None,
    stuck: Callable[[], None] | None = None,
) -> int:
    """Take tasks until `stop` is set, or, with `until_idle`, until none is left; the exit code.

    Args:
        stuck: see `Heart`.
    """
    store = open_store(settings)
    heart = Heart(
        store.database, name or worker_name(), scorer.device(), settings.lease_seconds, stuck
    )
    try:
        with heart.beating():
            _tidy_files(store)
            forget_unlisted(store)  # of readings that were killed with their worker
            tidied = time.monotonic()
            while not stop.is_set():
                if time.monotonic() - tidied >= TIDIED_EVERY:
                    store.files.drop_unfinished()  # a worker may run for months
                    forget_unlisted(store)  # of jobs that were parked
                    tidied = time.monotonic()
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


def _tidy_files(store: Store) -> None:
    """Have no copies here of files that were erased while this machine was not looking.

    Nor halves of files, which hold texts as well, by whomever they were left.
    """
    try:
        store.files.drop_unfinished()
        store.files.drop_erased()
    except Exception as error:
        if not is_outage(error):
            raise
        log.warning("copies of erased files are looked for later: %s", error.orig)


def _step(
    store: Store, scorer: Scorer, heart: Heart, stop: threading.Event, until_idle: bool
) -> int | None:
    """One look into the queue; an exit code where this process should end."""
    database, settings = store.database, store.settings
    is_idle = tasks.is_idle(database)
    if is_idle and until_idle:
        return 0
    if not is_idle and tasks.is_waiting(database, heart.name):
        parked: list[str] = []
        task = tasks.claim(database, heart.name, settings.lease_seconds, heart.device.words, parked)
        for run in parked:
            _keep_if_ended(store, run)
        if task is not None:
            with about(run=task.run, task=task.id):
                run_task(store, scorer, heart, task, stop)
    elif not is_idle and tasks.waits_for_another_process(database, heart.name):
        return tasks.STEP_ASIDE
    else:
        stop.wait(settings.poll_seconds)
    return None


def run_task(store: Store, scorer: Scorer, heart: Heart, task: Task, stop: threading.Event) -> None:
    """Do one task to its end, to a failure that is stored beside it, or until `stop`.

    Where the plan reads documents side by side, others are claimed that read their prefix with it.
    """
    company = _company(store, heart, task)
    jobs = [Job(store, scorer, heart, one, stop) for one in (task, *company)]
    with heart.holding(task, *company):
        if company:
            from evaluations.scoring import run_side_by_side  # as `runner_of`: where it is needed

            has_ended = run_side_by_side(jobs, _attempt)
        else:
            has_ended = _attempt(jobs[0], lambda: runner_of(task.kind)(jobs[0])) is not Outcome.LEFT
    if has_ended and task.run is not None:
        _keep_if_ended(store, task.run)
    elif has_ended:
        forget_unlisted(store)  # of a file that could not be read, and the names to mask in it


def _company(store: Store, heart: Heart, task: Task) -> list[Task]:
    """The tasks whose documents are read side by side with that of `task`."""
    if task.kind not in OF_A_PLAN or task.kind == "probe":
        return []
    lease, device = store.settings.lease_seconds, heart.device.words
    try:
        rows = store.rows_of(task)
        if rows == 1:
            return []
        return tasks.claim_company(store.database, heart.name, task, rows - 1, lease, device)
    except Exception as error:  # it is read alone, to the same bits; what is wrong ends it there
        if is_outage(error):
            log.warning("waiting for the database: %s", error.orig)
        else:
            log.exception("task %d is read alone", task.id)
        return []


def _attempt(job: Job, action: Callable[[], None]) -> Outcome:
    """Do something for a task, and say how that went; a failure is stored."""
    store, task = job.store, job.task
    try:
        action()
    except LeaseLost:
        job.heart.drop(task)
        log.info("task %d is no longer ours", task.id)
        return Outcome.LEFT
    except Stopping:
        job.heart.drop(task)
        _unless_lost(tasks.release, store.database, task)
        return Outcome.LEFT
    except DeviceLost:
        raise  # with this process; another one goes on with the task, see `tasks.claim`
    except Exception as error:  # whatever one task does, the others go on
        job.heart.drop(task)
        if is_outage(error):  # not the task's fault
            log.warning("task %d goes back: %s", task.id, error.orig)
            _unless_lost(tasks.release, store.database, task)
            job.wait(OUTAGE_PAUSE)  # the files may be away while the queue is there
            return Outcome.LEFT
        log.exception("task %d failed", task.id)
        _unless_lost(tasks.fail, store.database, task, reason_of(error))
        return Outcome.FAILED
    return Outcome.WENT_WELL


def reason_of(error: Exception) -> Reason:
    """Why a task failed, in words that the pages and commands can say."""
    if isinstance(error, CheckpointError):
        error = UnusableCheckpoint.of(error)
    if isinstance(error, EvaluationError):
        return Reason(key=error.key, values={k: str(v) for k, v in error.values.items()})
    if isinstance(error, FileNotFoundError):
        return Reason(key="task.document_missing")
    if is_out_of_memory(error):
        gib = needed_gib(error)
        if gib is None:
            return Reason(key="task.out_of_memory")
        return Reason(key="task.out_of_memory_needed", values={"gib": f"{gib:.3g}"})
    return Reason(key="task.unexpected", values={"kind": type(error).__name__})


def _unless_lost(write: Callable[..., None], database: Database, task: Task, *more: object) -> None:
    """The last word on a task, if it is still ours to say."""
    try:
        patiently(write, database, task, *more)
    except LeaseLost:
        log.info("task %d is no longer ours", task.id)


def _keep_if_ended(store: Store, run: str) -> None:
    """Store what is shown about a run whose last task this may have been, which announces it."""
    if not store.has_ended(run):
        return
    try:
        store.snapshot(run)
    except Exception:  # the losses are stored: who asks for the result sees the error
        log.exception("the result of %s could not be put together", run)


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
    return work(settings, scorer, stop, chosen.until_idle, chosen.name, leave_at_once)


def leave_at_once() -> None:
    """End this process where it stands: the supervisor starts a fresh one."""
    os._exit(tasks.STEP_ASIDE)


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
