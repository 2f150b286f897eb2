"""A worker process as it is, that writes down what it is doing and may carry a fault.

`python -m tests.proofs.watched_process` takes the arguments of `evaluations.worker_process`. In
PROOF_FOLDER it keeps NAME.pid, NAME.phase (what it is doing now, to be read when it is dead) and, a
byte for every time: NAME.units (a unit that it began to compute), NAME.refused (a late write that
was refused) and NAME.left (a lost task that it left before it wrote). PROOF_FAULT names one of
FAULTS.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from evaluations import core_scorer, scoring, tasks, worker_process
from evaluations.database import Database
from evaluations.errors import LeaseLost
from evaluations.heart import Heart
from evaluations.jobs import Job
from evaluations.store import Store

PHASE_WIDTH = 16  # bytes of a phase's name
FREEZE_INSIDE = "freeze-inside"  # file that asks the process named in it to stop inside a write


class Watch:
    """Where one process writes down what it does."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.folder = name, folder
        self._phase = os.open(folder / f"{name}.phase", os.O_CREAT | os.O_WRONLY)
        self._now = "start"
        self._set("between")
        (folder / f"{name}.pid").write_text(str(os.getpid()))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """The process is doing `name` while the block runs."""
        before = self._now
        self._set(name)
        try:
            yield
        finally:
            self._set(before)

    def count(self, what: str) -> None:
        """One more of `what`."""
        with (self.folder / f"{self.name}.{what}").open("ab") as file:
            file.write(b".")

    def _set(self, name: str) -> None:
        self._now = name
        os.pwrite(self._phase, name.encode().ljust(PHASE_WIDTH), 0)


def watch_all(watch: Watch) -> None:
    """Put the watch around everything that a worker process does."""

    def around(owner: Any, attribute: str, phase: str, counted: str | None = None) -> None:
        honest = getattr(owner, attribute)

        @wraps(honest)
        def watched(*arguments: Any, **named: Any) -> Any:
            with watch.phase(phase):
                if counted:
                    watch.count(counted)
                return honest(*arguments, **named)

        setattr(owner, attribute, watched)

    scorer = core_scorer.CoreScorer
    around(scorer, "prepare", "load")
    around(scorer, "probe", "probe")
    around(scorer, "read_prefix", "compute", "units")
    around(scorer, "score_blocks", "compute", "units")
    around(tasks, "claim", "claim")
    around(tasks, "claim_company", "claim")
    around(tasks, "store_unit", "write")
    around(scoring, "_compare", "check")
    around(Store, "store_facts", "check")
    around(Store, "snapshot", "snapshot")
    _count_refusals(watch)


def _count_refusals(watch: Watch) -> None:
    honest = tasks.store_unit

    @wraps(honest)
    def store_unit(*arguments: Any, **named: Any) -> None:
        try:
            honest(*arguments, **named)
        except LeaseLost:
            watch.count("refused")
            raise

    tasks.store_unit = store_unit
    check = Heart.check

    @wraps(check)
    def checked(*arguments: Any) -> None:
        try:
            check(*arguments)
        except LeaseLost:
            watch.count("left")
            raise

    Heart.check = checked  # type: ignore[method-assign]


# --- faults ----------------------------------------------------------------------------------


def two_transactions(_watch: Watch) -> None:
    """The negative control: state and progress in one transaction, the losses in another one.

    A process that dies between the two has lost a unit, and nobody sees it.
    """
    honest = tasks.store_unit

    @wraps(honest)
    def store_unit(database: Database, *arguments: Any) -> None:
        later: list[tuple[Any, tuple[Any, ...]]] = []
        begin = database.write

        @contextmanager
        def without_losses() -> Iterator[Any]:
            with begin() as connection:
                yield _Holding(connection, later)

        database.write = without_losses  # type: ignore[method-assign]
        try:
            honest(database, *arguments)
        finally:
            del database.write
        time.sleep(float(os.environ.get("PROOF_PAUSE", "0")))
        with database.write() as connection:
            for statement, parameters in later:
                connection.execute(statement, *parameters)

    tasks.store_unit = store_unit


class _Holding:
    """A connection that puts aside what is inserted into `losses`."""

    def __init__(self, connection: Any, later: list[tuple[Any, tuple[Any, ...]]]) -> None:
        self._connection, self._later = connection, later

    def execute(self, statement: Any, *parameters: Any) -> Any:
        if statement.is_insert and statement.table.name == "losses":
            self._later.append((statement, parameters))
            return None
        return self._connection.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def freeze_inside(watch: Watch) -> None:
    """Stop inside a write transaction, with its lock, whenever the file FREEZE_INSIDE asks for it.

    The file is taken away first: whoever is woken up goes on.
    """
    honest, asked = tasks._write, watch.folder / FREEZE_INSIDE

    @wraps(honest)
    def write(*arguments: Any, **named: Any) -> Any:
        row = honest(*arguments, **named)
        if "next_unit" in named and asked.exists() and asked.read_text() == watch.name:
            asked.unlink()
            os.kill(os.getpid(), signal.SIGSTOP)
        return row

    tasks._write = write


def dies_on_poison(_watch: Watch) -> None:
    """Kill this process when it begins with the document that PROOF_POISON names."""
    honest = scoring.run

    @wraps(honest)
    def run(job: Job) -> None:
        if job.task.document == os.environ["PROOF_POISON"] and job.task.kind == "score":
            os.kill(os.getpid(), signal.SIGKILL)
        honest(job)

    scoring.run = run


FAULTS: dict[str, Callable[[Watch], None]] = {
    "two_transactions": two_transactions,
    "freeze_inside": freeze_inside,
    "poison": dies_on_poison,
}


def main(arguments: list[str]) -> int:
    """Run the process under watch."""
    watch = Watch(Path(os.environ["PROOF_FOLDER"]), arguments[arguments.index("--name") + 1])
    if fault := os.environ.get("PROOF_FAULT"):
        FAULTS[fault](watch)
    watch_all(watch)
    return worker_process.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
