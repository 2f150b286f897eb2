"""Workers frozen past their lease, half of them inside a write: late writes are refused.

Rounds alternate. Frozen while it computes (SIGSTOP), a process is woken up when another one has
taken its task: its write must be refused, and none of its rows may be there. Frozen inside a
write transaction it holds a lock: it is woken up after its lease, or left, in every
fifth of these rounds, until the supervisor kills it. Meanwhile nobody else may die, no task may
fail, and another process must store a unit within 60 seconds of the freeze.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select

from evaluations import database as tables
from evaluations.store import Store
from tests.proofs.faults import (
    DATABASES,
    POLL,
    InVain,
    Rows,
    Workers,
    check_some_done,
    failed_tasks,
    has_ended,
    is_sound,
    place,
    queue,
    quiet,
    wait_until,
)
from tests.proofs.nursery import ADDRESS, Nursery
from tests.proofs.watched_process import FREEZE_INSIDE

SHORT_DOCUMENTS, FULL_DOCUMENTS = (3_000,) * 12 + (34_000,), (3_000,) * 30 + (34_000,) * 6
PATIENCE = 120.0  # seconds
LEASE = 2.0  # seconds, so that a round takes few
OTHERS_GO_ON = 60.0  # seconds, at most
LEFT_TO_THE_SUPERVISOR = 5  # every fifth of those that hold a lock
PROCESSES = 3


@dataclass
class Outcome:
    """What the rounds on one database came to."""

    database: str
    computing: int = 0  # rounds in which a process was frozen while it computed
    refused: int = 0  # of them, late writes refused
    left: int = 0  # of them, tasks that it left before it wrote
    written_late: int = 0  # rows that a late write left
    inside: int = 0  # rounds in which it was frozen inside a transaction
    by_supervisor: int = 0  # of them, ended by the supervisor
    waits: list[float] = field(default_factory=list)  # seconds until another one stored a unit
    died: int = 0  # processes that were not frozen
    failed: int = 0
    lost: int = 0
    duplicated: int = 0
    different: int = 0
    unsound: int = 0

    @property
    def rounds(self) -> int:
        """In all."""
        return self.computing + self.inside

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        wrong = self.lost + self.duplicated + self.different + self.unsound
        return (
            self.refused + self.left == self.computing
            and wrong + self.written_late + self.died + self.failed == 0
            and max(self.waits, default=0.0) <= OTHERS_GO_ON
        )

    def lines(self) -> list[str]:
        """The figures."""
        waits = sorted(self.waits) or [0.0]
        return [
            f"{self.database}: {self.rounds} rounds past a lease of {LEASE:.0f} s",
            f"  frozen while computing {self.computing}: late writes refused {self.refused}, "
            f"left before a write {self.left}, rows written late {self.written_late}",
            f"  frozen inside a write {self.inside}, of which the supervisor ended "
            f"{self.by_supervisor}",
            f"  another process stored a unit after: median {waits[len(waits) // 2]:.1f} s, "
            f"longest {waits[-1]:.1f} s (goal {OTHERS_GO_ON:.0f})",
            f"  others that died {self.died}, failed tasks {self.failed}, rows lost {self.lost}, "
            f"scored twice {self.duplicated}, tasks or results that differ {self.different}, "
            f"damaged databases {self.unsound}",
            f"  {'met' if self.met else 'MISSED'}",
        ]


def zombies(
    database: str, rounds: int, sizes: tuple[int, ...], expected: Rows, **environment: str
) -> Outcome:
    """Evaluations over `sizes`, one after the other, until so many rounds are over."""
    outcome, rng = Outcome(database), random.Random(0)
    while outcome.rounds < rounds:
        with place(database, sizes, lease_seconds=LEASE) as where, where.store() as store:
            run, killed = queue(store, where), set[str]()
            workers = Workers(where, PROCESSES, PROOF_FAULT="freeze_inside", **environment)
            with workers.working():
                while not has_ended(store, run):
                    if (why := workers.ended()) is not None:
                        raise InVain(why)
                    if outcome.rounds < rounds:
                        _round(workers, store, run, outcome, killed, rng)
                    time.sleep(POLL)
                workers.stop()
            check_some_done(store, run)
            outcome.died += len(_dead(workers.log()) - killed)
            _look_at(store, run, expected, outcome)
    return outcome


def _round(
    workers: Workers,
    store: Store,
    run: str,
    outcome: Outcome,
    killed: set[str],
    rng: random.Random,
) -> None:
    alive = workers.alive()
    if len(alive) < PROCESSES:
        return
    name = rng.choice(sorted(alive))
    time.sleep(rng.uniform(0, 0.3))
    if outcome.computing <= outcome.inside:
        _freeze_computing(workers, store, run, name, alive[name], outcome)
    else:
        _freeze_inside(workers, store, run, name, alive[name], outcome, killed)


def _freeze_computing(
    workers: Workers, store: Store, run: str, name: str, process: int, outcome: Outcome
) -> None:
    """Freeze a process while it computes; wake it when its task is another one's."""
    if not _signal(process, signal.SIGSTOP):
        return
    try:
        # it may be at its last write while it stops: only then one looks what it holds
        wait_until(lambda: _is_stopped(process) or not _is_there(process), "it stands still")
        held = _held(store, name)
        if workers.phase(name) != "compute" or held is None:
            return
        task, token = held
        stored, others = _stored(store, name, task), _by_others(store, name)
        wait = _Wait(lambda: _by_others(store, name) > others, store, run)
        wait_until(
            lambda: wait.look() and _token(store, task) != token,
            "it is taken over",
            vain=lambda: _why_over(workers, store, run),
        )
    finally:
        refused, left = workers.count(name, "refused"), workers.count(name, "left")
        _signal(process, signal.SIGCONT)
    wait_until(
        lambda: (
            workers.count(name, "refused") > refused
            or workers.count(name, "left") > left
            or name not in workers.alive()
        ),
        "it lets go of its task",
        PATIENCE,
        workers.ended,
    )
    outcome.computing += 1
    outcome.refused += workers.count(name, "refused") > refused
    outcome.left += workers.count(name, "refused") == refused
    outcome.written_late += _stored(store, name, task) - stored
    outcome.waits.append(wait.seconds)


def _freeze_inside(
    workers: Workers,
    store: Store,
    run: str,
    name: str,
    process: int,
    outcome: Outcome,
    killed: set[str],
) -> None:
    """Have a process freeze inside a write; wake it later, or leave it to the supervisor."""
    asked = workers.folder / FREEZE_INSIDE
    asked.write_text(name)
    wait_until(
        lambda: _is_stopped(process) or not _is_there(process) or has_ended(store, run),
        "it is frozen",
        vain=workers.ended,
    )
    if not _is_stopped(process):
        asked.unlink(missing_ok=True)
        return
    others = _by_others(store, name)
    wait = _Wait(lambda: _by_others(store, name) > others, store, run)
    outcome.inside += 1
    if outcome.inside % LEFT_TO_THE_SUPERVISOR == 0:
        killed.add(name)
        while _is_stopped(process):
            wait.look()
            time.sleep(POLL)
        outcome.by_supervisor += 1
    else:
        until = time.monotonic() + 2 * LEASE
        while time.monotonic() < until:
            wait.look()
            time.sleep(POLL)
        _signal(process, signal.SIGCONT)
    wait_until(wait.look, "others go on", vain=workers.ended)
    outcome.waits.append(wait.seconds)


class _Wait:
    """Seconds until something happened, or the run was over."""

    def __init__(self, happened: Callable[[], bool], store: Store, run: str) -> None:
        self._happened, self._store, self._run = happened, store, run
        self._started = time.monotonic()
        self._seconds: float | None = None

    def look(self) -> bool:
        """Whether it has happened by now."""
        if self._seconds is None and (self._happened() or has_ended(self._store, self._run)):
            self._seconds = time.monotonic() - self._started
        return self._seconds is not None

    @property
    def seconds(self) -> float:
        """Until then; until now where it has not happened."""
        return time.monotonic() - self._started if self._seconds is None else self._seconds


def _held(store: Store, name: str) -> tuple[int, int] | None:
    task = tables.tasks
    query = select(task.c.id, task.c.lease_token).where(
        task.c.state == "running", task.c.lease_owner == name
    )
    with store.database.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else (row.id, row.lease_token)


def _token(store: Store, task: int) -> int:
    with store.database.read() as connection:
        query = select(tables.tasks.c.lease_token).where(tables.tasks.c.id == task)
        return int(connection.scalar(query) or 0)


def _stored(store: Store, name: str, task: int) -> int:
    loss = tables.losses
    query = select(func.count()).where(loss.c.worker == name, loss.c.task_id == task)
    with store.database.read() as connection:
        return int(connection.scalar(query) or 0)


def _by_others(store: Store, name: str) -> int:
    query = select(func.count()).where(tables.losses.c.worker != name)
    with store.database.read() as connection:
        return int(connection.scalar(query) or 0)


def _signal(process: int, number: int) -> bool:
    """Whether the process was there to get it."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True


def _is_stopped(process: int) -> bool:
    try:
        return psutil.Process(process).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


def _is_there(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _why_over(workers: Workers, store: Store, run: str) -> str | None:
    """Why nobody will take over any task; None: somebody may."""
    if has_ended(store, run):
        reasons = ", ".join(f"{reason} {n}" for reason, n in failed_tasks(store, run).items())
        return f"the run has ended; failed: {reasons or 'none'}"
    return workers.ended()


def _dead(log: str) -> set[str]:
    """Processes that ended as they should not, by the supervisor's log."""
    return set(re.findall(r"worker process (\S+) ended with", log))


def _look_at(store: Store, run: str, expected: Rows, outcome: Outcome) -> None:
    found = Rows.of(store, run)
    outcome.lost += found.lost
    outcome.duplicated += found.duplicated
    outcome.different += found.differences(expected)
    outcome.failed += found.states.get("failed", 0)
    outcome.unsound += not is_sound(store)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many rounds, and where."""
    parser.add_argument("--rounds", type=int, help="on each database; unset: 4, with --full 50")
    parser.add_argument("--database", default=",".join(DATABASES))
    parser.add_argument("--full", action="store_true", help="50 rounds on each database")


def run(options: argparse.Namespace) -> int:
    """Print the figures of each database; 1 when a goal is missed."""
    sizes = FULL_DOCUMENTS if options.full else SHORT_DOCUMENTS
    rounds = options.rounds or (50 if options.full else 4)
    started, met, expected = time.monotonic(), True, quiet(sizes)
    with tempfile.TemporaryDirectory() as folder, Nursery(Path(folder)) as nursery:
        for database in options.database.split(","):
            outcome = zombies(database, rounds, sizes, expected, **{ADDRESS: nursery.address})
            print("\n".join(outcome.lines()), flush=True)
            met = met and outcome.met
    print(f"{time.monotonic() - started:.0f} s")
    return 0 if met else 1
