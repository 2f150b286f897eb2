"""What a kind of task gets, and all that it has to do for it: `Job`.

A kind is a module with `run(job)`. The contract:

* Call `check()` at least every second or two, and before anything that is not undone: it raises
  LeaseLost where the task was cancelled, paused or taken over, Stopping where this worker ends.
  Let both through. A process whose code goes on with a lost task for `heart.STUCK_AFTER` seconds is
  ended.
* Store results under the task's token only: `keep` one part (rows, the state to go on from,
  progress) in one transaction, `finish` the task with its result. Both may be repeated: the same
  part is stored once. Nothing else may be written to the database; files are written through
  `store.files`, which are named by their content.
* Resume: `task.next_unit` is the first part that is not stored, `state()` the bytes that were kept
  with the part before it. A worker that is killed costs the part it was at; three in a row without
  a stored part and the task is parked, so long work keeps parts.
* Say how far it is by `progress(done, total)` in units of its own (bytes, steps, tokens), as often
  as it likes: it is written about once a second.
* Run other programs through `start` and read them by `lines`: they are killed, with all that they
  started, when the task is lost, ends or fails.
* An error ends the task and is stored beside it: raise an EvaluationError for words of its own.
* Randomness comes from `request`, never from the clock.
"""

from __future__ import annotations

import logging
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from evaluations import tasks
from evaluations.database import is_outage
from evaluations.tasks import StoredPart, Task

if TYPE_CHECKING:
    from evaluations.heart import Heart
    from evaluations.scorer import Scorer
    from evaluations.store import Store

DATABASE_PATIENCE = 600.0  # seconds to wait for a database that does not answer
OUTAGE_PAUSE = 2.0  # seconds between two tries
PROGRESS_PAUSE = 1.0  # seconds between two written progresses
CHILD_POLL = 0.2  # seconds between two looks at a child's output

log = logging.getLogger("longssm.worker")


class Stopping(Exception):
    """This worker ends; the task goes back with what was stored."""


class Outcome(Enum):
    """How a step of a task went, as far as this worker is concerned."""

    WENT_WELL = auto()
    FAILED = auto()  # which ended the task, and is stored
    LEFT = auto()  # it is somebody else's, or back in the queue


class Job:
    """One claimed task, and what its kind may use to do it."""

    def __init__(
        self, store: Store, scorer: Scorer, heart: Heart, task: Task, stop: threading.Event
    ) -> None:
        self.store = store
        self.scorer = scorer
        self.heart = heart
        self.task = task
        self._stop = stop
        self._said_at = float("-inf")

    @property
    def request(self) -> Mapping[str, Any]:
        """What is to be done, as it was queued."""
        return self.task.request or {}

    def check(self) -> None:
        """Raise LeaseLost if the task is no longer ours, Stopping if this worker ends."""
        self.heart.check(self.task)
        if self._stop.is_set():
            raise Stopping

    def wait(self, seconds: float) -> None:
        """Let time pass, unless this worker ends."""
        self._stop.wait(seconds)

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the job is, in units of its own; written about once a second.

        Raises:
            LeaseLost: the task is no longer ours.
        """
        if time.monotonic() - self._said_at >= PROGRESS_PAUSE:
            self._said_at = time.monotonic()
            patiently(tasks.report_progress, self.store.database, self.task, done, total)

    def state(self) -> bytes | None:
        """What was kept with the part before `task.next_unit`; None: nothing, or it is damaged."""
        return tasks.stored_state(self.store.database, self.task)

    def keep(
        self,
        number: int,
        done: int,
        state: bytes | None = None,
        write: Callable[[Connection], None] = lambda _connection: None,
        result: Mapping[str, Any] | None = None,
    ) -> None:
        """Store part `number`, in one transaction with what the next one goes on from.

        Args:
            done: its share of the work, in the job's units.
            state: bytes to go on from.
            write: stores its rows.
            result: what the job gave so far, shown before it ends.

        Raises:
            LeaseLost: the task is no longer ours; nothing was written.
        """
        part = StoredPart(number, done, state, result=result)
        patiently(tasks.store_part, self.store.database, self.task, part, write)

    def finish(
        self,
        result: Mapping[str, Any] | None = None,
        write: Callable[[Connection], None] = lambda _connection: None,
    ) -> None:
        """End the task with its result and the rows of `write`.

        Raises:
            LeaseLost: the task is no longer ours; nothing was written.
        """
        patiently(tasks.finish, self.store.database, self.task, (), result, write)

    def start(self, command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
        """Run another program for this task, see `Children.start`; it ends with the task."""
        return self.heart.children.start(command, **options)

    def lines(self, child: subprocess.Popen[bytes]) -> Iterator[bytes]:
        """What a program of `start` prints, line by line, until it ends; checks meanwhile.

        Raises:
            LeaseLost, Stopping: as `check`; the program is killed when the task is left.
        """
        found: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=_read_lines, args=(child, found), daemon=True).start()
        while True:
            self.check()
            try:
                line = found.get(timeout=CHILD_POLL)
            except queue.Empty:
                continue
            if line is None:
                break
            yield line
        child.wait()
        self.check()  # it may have ended because the task was lost


def _read_lines(child: subprocess.Popen[bytes], found: queue.Queue[bytes | None]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        found.put(line)
    found.put(None)


def patiently(write: Callable[..., None], *arguments: object) -> None:
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
