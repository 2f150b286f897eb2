"""Signs of life: that this process lives, that it keeps its task, and what has gone from it.

`Heart` beats in a thread of its own while the main thread computes. It asks every LOOK seconds
whether the task is still this worker's: cancelling and pausing only change the database. What a
task started outside this process (`children`) is killed the moment that the task is lost. Several
tasks are held at once where their documents are read side by side; each has a lease of its own.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from evaluations import database as tables
from evaluations import tasks
from evaluations.children import Children
from evaluations.database import Database, is_outage, now, upsert
from evaluations.errors import LeaseLost
from evaluations.scorer import Device
from evaluations.tasks import Task

LOOK = 0.5  # seconds between two looks whether the task is still ours
LONGEST_PAUSE = 5.0  # seconds between two beats
STUCK_AFTER = 15.0  # seconds for the main thread to drop a lost task; a new process costs many

log = logging.getLogger("longssm.worker")


class Heart:
    """Tells the database that this process lives, and keeps the leases of the tasks it holds.

    Args:
        lease: seconds for which a task is kept with every beat.
        stuck: called when all that is held is lost and its code does not let go of it; None: it is
            waited for, however long that takes.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        device: Device,
        lease: float,
        stuck: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.device = device
        self.children = Children()
        self._database = database
        self._lease = lease
        self._stuck = stuck
        self._started: datetime | None = None  # by the database's clock, as all times there
        self._held: dict[int, Task] = {}
        self._lost: dict[int, float] = {}  # which of them, since when
        self._changing = threading.Lock()  # both, which the beating thread changes as well
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
    def holding(self, *held: Task) -> Iterator[None]:
        """Keep the leases of `held` while the block runs; what they started ends with it."""
        with self._changing:
            self._held, self._lost = {task.id: task for task in held}, {}
        try:
            yield
        finally:
            for task in held:
                self.drop(task)

    def drop(self, task: Task) -> None:
        """Keep the lease of `task` no longer; what the last one started ends."""
        with self._changing:
            self._held.pop(task.id, None)
            self._lost.pop(task.id, None)
        if not self._held:
            self.children.kill()

    def check(self, task: Task | None = None) -> None:
        """Raise LeaseLost if `task` has gone to somebody else, or was cancelled or paused.

        Only a look at what the beating thread found: it costs nothing, call it often.

        Args:
            task: one of those that are held; None: all of them must have gone.
        """
        with self._changing:
            if self._all_lost() if task is None else task.id in self._lost:
                raise LeaseLost("task.lease_lost", task=task.id if task else min(self._lost))

    def _all_lost(self) -> bool:
        return bool(self._held) and len(self._lost) == len(self._held)

    def _beat(self) -> None:
        pause = min(LONGEST_PAUSE, self._lease / 3)
        beaten = time.monotonic()
        while not self._wake.wait(min(LOOK, pause)):
            try:
                if time.monotonic() - beaten >= pause:
                    beaten = time.monotonic()
                    self._announce()
                    for task in self._still_held():
                        self._extend(task)
                else:
                    self._look()
                self._let_go()
            except Exception as error:  # without a heartbeat the lease would run out unseen
                if is_outage(error):
                    log.warning("heartbeat: waiting for the database: %s", error.orig)
                else:
                    log.exception("heartbeat")
                self._wake.wait(pause)  # asking twice a second does not bring it back

    def _still_held(self) -> list[Task]:
        with self._changing:
            return [task for task in self._held.values() if task.id not in self._lost]

    def _look(self) -> None:
        for task in self._still_held():
            if not tasks.is_held(self._database, task):
                self._lose(task)

    def _extend(self, task: Task) -> None:
        try:
            tasks.extend(self._database, task, self._lease)
        except LeaseLost:
            self._lose(task)

    def _lose(self, task: Task) -> None:
        with self._changing:  # else the next task could be taken for this one, and dropped
            if self._held.get(task.id) is not task:  # it ended while we asked
                return
            self._lost.setdefault(task.id, time.monotonic())
            if self._all_lost():
                self.children.kill()

    def _let_go(self) -> None:
        """End a process whose code goes on with lost tasks: nothing else frees the machine."""
        with self._changing:
            if self._stuck is None or not self._all_lost():
                return
            last, since = max(self._lost.items(), key=lambda lost: lost[1])
        if time.monotonic() - since > STUCK_AFTER:
            log.warning("task %d is lost and does not end: this process does", last)
            self.children.kill()
            self._stuck()

    def _leave(self) -> None:
        try:
            tasks.forget_worker(self._database, self.name)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("not taken out of the list of workers: %s", error.orig)

    def _announce(self) -> None:
        with self._database.write() as connection:
            present = now(connection)
            self._started = self._started or present
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
                    "heartbeat_at": present,
                },
            )


def worker_name() -> str:
    """A name that no other process has or had."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
