"""Signs of life: that this process lives, that it keeps its task, and what has gone from it.

`Heart` beats in a thread of its own while the main thread computes. It asks every LOOK seconds
whether the task is still this worker's: cancelling and pausing only change the database. What a
task started outside this process (`children`) is killed the moment that the task is lost.
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
    """Tells the database that this process lives, and keeps the lease of the task it holds.

    Args:
        lease: seconds for which a task is kept with every beat.
        stuck: called when a task is lost and its code does not let go of it; None: it is waited
            for, however long that takes.
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
        self._task: Task | None = None
        self._holding = threading.Lock()  # which task is held, and whether it is lost, as one
        self._lost = threading.Event()
        self._lost_at = 0.0
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
        """Keep the lease of `task` while the block runs; what it started ends with it."""
        with self._holding:
            self._lost.clear()
            self._task = task
        try:
            yield
        finally:
            with self._holding:
                self._task = None
            self.children.kill()

    def check(self) -> None:
        """Raise LeaseLost if the held task has gone to somebody else, or was cancelled or paused.

        Only a look at what the beating thread found: it costs nothing, call it often.
        """
        if self._lost.is_set():
            raise LeaseLost("task.lease_lost", task=self._task.id if self._task else 0)

    def _beat(self) -> None:
        pause = min(LONGEST_PAUSE, self._lease / 3)
        beaten = time.monotonic()
        while not self._wake.wait(min(LOOK, pause)):
            try:
                if time.monotonic() - beaten >= pause:
                    beaten = time.monotonic()
                    self._announce()
                    if (task := self._task) is not None:
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

    def _look(self) -> None:
        task = self._task
        if task is None or self._lost.is_set() or tasks.is_held(self._database, task):
            return
        self._lose(task)

    def _extend(self, task: Task) -> None:
        try:
            tasks.extend(self._database, task, self._lease)
        except LeaseLost:
            self._lose(task)

    def _lose(self, task: Task) -> None:
        with self._holding:  # else the next task could be taken for this one, and dropped
            if self._task is task:  # else it ended while we asked
                if not self._lost.is_set():
                    self._lost_at = time.monotonic()
                self._lost.set()
                self.children.kill()

    def _let_go(self) -> None:
        """End a process whose code goes on with a lost task: nothing else frees the machine."""
        if self._stuck is None or self._task is None or not self._lost.is_set():
            return
        if time.monotonic() - self._lost_at > STUCK_AFTER:
            log.warning("task %d is lost and does not end: this process does", self._task.id)
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
