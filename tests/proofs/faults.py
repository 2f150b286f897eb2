"""What the proofs of faults share: a database of their own, real workers over it, and what is left.

In reading order: `Place` (settings, checkpoints and documents of one proof), `queue` (one
evaluation of all of them), `Workers` (the product's supervisor with its processes, watched),
`Rows` (every stored byte of an evaluation, to be compared with those of a `quiet` one).
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import func, select, text

from evaluations import database as tables
from evaluations.core_scorer import CoreScorer
from evaluations.database import is_outage
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.scorer import Scorer
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker_process import work
from tests.evaluations.databases import empty_database, postgres_server
from tests.evaluations.queued import ingested, some_text
from tests.evaluations.tiny_pair import save_tiny_pair
from tests.proofs.nursery import ADDRESS, Begun, begin

ROOT = Path(__file__).resolve().parents[2]
LENGTHS = (16, 64, 256)
PATIENCE = 600.0  # seconds for anything that has to happen, on a busy machine
POLL = 0.02
LAST_WORDS = 2_000  # characters of a log that are shown
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Place:
    """Where one proof happens."""

    settings: Settings
    pair: tuple[str, str]
    sizes: tuple[int, ...]  # bytes of its documents

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, closed afterwards."""
        opened = open_store(self.settings)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def place(database: str, sizes: Sequence[int], **chosen: Any) -> Iterator[Place]:
    """A folder, an empty database and a pair of tiny checkpoints; gone afterwards.

    Args:
        database: one of DATABASES, or the address of a PostgreSQL server.
        sizes: bytes of the documents.
        chosen: other settings.
    """
    with tempfile.TemporaryDirectory(prefix="longssm-proof-", ignore_cleanup_errors=True) as folder:
        pair = save_tiny_pair(Path(folder) / "checkpoints")
        values = {"data_dir": Path(folder) / "data", "language": "en", "device": "cpu", **chosen}
        if database == "sqlite":
            yield Place(Settings(**values), pair, tuple(sizes))
        elif database == "postgresql":
            with postgres_server() as server:
                if server is None:
                    raise SystemExit("no PostgreSQL: its server's programs are not installed")
                with empty_database(server) as url:
                    yield Place(Settings(**values, database_url=url), pair, tuple(sizes))
        else:
            with empty_database(database) as url:
                yield Place(Settings(**values, database_url=url), pair, tuple(sizes))


def queue(store: Store, where: Place, more: Sequence[str] = (), **chosen: Any) -> str:
    """One evaluation of all documents, and texts besides, under four arms; its id."""
    texts = [some_text(number, size) for number, size in enumerate(where.sizes)] + [*more]
    documents = store.add_documents(ingested(texts))
    zero, proposed = where.pair
    planned = make_plan(
        Preset.MATCHED,
        Depth.STANDARD,
        documents,
        zero=zero,
        proposed=proposed,
        lengths=LENGTHS,
        **chosen,
    )
    return store.create_run("a run", planned.plan, planned.run_documents)


def quiet(sizes: Sequence[int], scorer: Scorer | None = None) -> Rows:
    """The rows of an evaluation that nothing disturbs."""
    with place("sqlite", sizes) as where, where.store() as store:
        run = queue(store, where)
        for name in ("first", "second"):  # the second checks what the first computed
            work(where.settings, scorer or CoreScorer("cpu"), threading.Event(), True, name)
        return Rows.of(store, run)


class InVain(Exception):
    """What a proof waits for, or is to disturb, will not happen any more; the message says why."""


def wait_until(
    true: Callable[[], bool],
    what: str,
    patience: float = PATIENCE,
    vain: Callable[[], str | None] = lambda: None,
) -> float:
    """Wait; the seconds that it took.

    Args:
        vain: why it cannot happen any more; None: it still can.

    Raises:
        InVain: at once, with that reason.
        TimeoutError: it did not happen.
    """
    started = time.monotonic()
    while not true():
        waited = time.monotonic() - started
        if (why := vain()) is not None:
            if true():
                break  # it happened just before
            raise InVain(f"after {waited:.0f} s of waiting until {what}: {why}")
        if waited > patience:
            raise TimeoutError(f"waited {patience:.0f} s until {what}")
        time.sleep(POLL)
    return time.monotonic() - started


# --- workers ---------------------------------------------------------------------------------


class Workers:
    """The supervisor with its processes, as a user starts them, in one process group."""

    def __init__(self, where: Place, processes: int = 2, **environment: str) -> None:
        self.folder = where.settings.data_dir / "watch"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._processes = processes
        self._environment = {
            **os.environ,
            **where.settings.environment(),
            **environment,
            "PYTHONPATH": str(ROOT),
            "PROOF_FOLDER": str(self.folder),
        }
        self.supervisor: subprocess.Popen[bytes] | Begun | None = None

    def start(self) -> None:
        """Start them, or start them again."""
        module, options = "tests.proofs.watched_supervisor", ["--processes", str(self._processes)]
        with (self.folder / "log").open("ab") as out:
            if ADDRESS in self._environment:
                self.supervisor = begin(module, options, self._environment, out.fileno())
                return
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", module, *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
            )

    def kill_all(self) -> None:
        """SIGKILL to the whole process group at once."""
        assert self.supervisor is not None
        os.killpg(self.supervisor.pid, signal.SIGKILL)
        self.supervisor.wait()
        wait_until(lambda: not self.alive(), "killed processes are gone")

    def stop(self) -> None:
        """Ask them to end, as a user would."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.terminate()
            self.supervisor.wait(PATIENCE)

    def alive(self) -> dict[str, int]:
        """Name -> process id of those that are at work: they have shown a phase and run."""
        found = {}
        group = self.supervisor.pid if self.supervisor else 0
        for file in self.folder.glob("*.pid"):
            name, process = file.stem, int(file.read_text() or 0)
            if process and _is_of(process, group):
                found[name] = process
        return found

    def phase(self, name: str) -> str:
        """What a process is doing, or was when it died."""
        return (self.folder / f"{name}.phase").read_text().strip() or "start"

    def count(self, name: str, what: str) -> int:
        """How often a process counted `what`."""
        file = self.folder / f"{name}.{what}"
        return file.stat().st_size if file.exists() else 0

    def total(self, what: str) -> int:
        """The same over all processes that there were."""
        return sum(file.stat().st_size for file in self.folder.glob(f"*.{what}"))

    def log(self) -> str:
        """What they printed."""
        return (self.folder / "log").read_text(errors="replace")

    def ended(self) -> str | None:
        """That their supervisor has ended by itself, with its last words; None: it works."""
        code = None if self.supervisor is None else self.supervisor.poll()
        if code is None:
            return None
        return f"the supervisor ended with {code}: {self.log()[-LAST_WORDS:]}"

    @contextmanager
    def working(self) -> Iterator[Workers]:
        """Started, and nothing left of them afterwards."""
        self.start()
        try:
            yield self
        finally:
            if self.supervisor is not None and self.supervisor.poll() is None:
                self.kill_all()


def _is_of(process: int, group: int) -> bool:
    """Whether it runs, in that process group."""
    try:
        is_dead = psutil.Process(process).status() == psutil.STATUS_ZOMBIE
        return not is_dead and os.getpgid(process) == group
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False


# --- what is in the database -----------------------------------------------------------------

Key = tuple[str, str, str]  # kind of task, document, arm


@dataclass(frozen=True)
class Rows:
    """Every stored byte of an evaluation, by task; what must not depend on what happened."""

    losses: dict[Key, list[tuple[int, int | None, bytes, bytes]]]
    checks: dict[Key, list[tuple[str, bool, Any]]]
    expected: dict[Key, int]  # units of each task
    states: dict[str, int]  # tasks by state
    shown: str  # curve, contrasts and effects of the stored result

    @classmethod
    def of(cls, store: Store, run: str) -> Rows:
        """As they are now."""
        task, loss, check = tables.tasks, tables.losses, tables.checks
        key = (task.c.kind, task.c.document_id, task.c.arm)
        rows: dict[Key, Any] = {}
        found: dict[Key, Any] = {}
        with store.database.read() as connection:
            own = select(*key, task.c.units, task.c.state).where(task.c.run_id == run)
            tasks = connection.execute(own).all()
            query = select(*key, loss).join(task, task.c.id == loss.c.task_id)
            query = query.where(task.c.run_id == run).order_by(loss.c.unit)
            for row in connection.execute(query):
                unit = (row.unit, row.context_length, bytes(row.ranges), bytes(row.nll))
                rows.setdefault((row.kind, row.document_id, row.arm), []).append(unit)
            query = select(*key, check).join(task, task.c.id == check.c.task_id)
            query = query.where(task.c.run_id == run).order_by(check.c.check)
            for row in connection.execute(query):
                one = (row.check, row.passed, row.value)
                found.setdefault((row.kind, row.document_id, row.arm), []).append(one)
        return cls(
            losses=rows,
            checks=found,
            expected={
                (one.kind, one.document_id, one.arm): one.units
                for one in tasks
                if one.kind in ("score", "again")  # the losses of a part are those of its score
            },
            states=dict(Counter(one.state for one in tasks)),
            shown=_shown(store, run),
        )

    @property
    def units(self) -> int:
        """Stored units."""
        return sum(map(len, self.losses.values()))

    @property
    def lost(self) -> int:
        """Units that should be there."""
        return sum(
            len(set(range(units)) - {one[0] for one in self.losses.get(key, ())})
            for key, units in self.expected.items()
        )

    @property
    def duplicated(self) -> int:
        """Positions that a task scored more than once at one context length."""
        return sum(map(_duplicated, self.losses.values()))

    def digest(self) -> str:
        """SHA-256 over all of it, in a fixed order."""
        digest = hashlib.sha256()
        for key in sorted(self.losses):
            digest.update(repr((key, self.losses[key], self.checks.get(key))).encode())
        for key in sorted(self.checks):
            digest.update(repr((key, self.checks[key])).encode())
        digest.update(self.shown.encode())
        return digest.hexdigest()

    def differences(self, other: Rows) -> int:
        """Tasks whose rows or checks differ."""
        keys = self.losses.keys() | other.losses.keys() | self.checks.keys() | other.checks.keys()
        return sum(
            self.losses.get(key) != other.losses.get(key)
            or self.checks.get(key) != other.checks.get(key)
            for key in keys
        ) + (self.shown != other.shown)


def _duplicated(units: list[tuple[int, int | None, bytes, bytes]]) -> int:
    scored: dict[int | None, list[int]] = {}
    for _, context, ranges, _nll in units:
        for start, stop in np.frombuffer(ranges, dtype="<i8").reshape(-1, 2).tolist():
            scored.setdefault(context, []).extend(range(start, stop))
    return sum(len(positions) - len(set(positions)) for positions in scored.values())


def _shown(store: Store, run: str) -> str:
    """What pages and reports show of the losses; not times, which are never the same twice."""
    try:
        snapshot = store.snapshot(run)
    except ValueError as error:  # where rows are missing, as in the negative control
        return f"no result: {error}"
    parts = {"curve", "contrasts", "effects", "comparison", "document_curves", "extension"}
    return snapshot.model_dump_json(include=parts)


def stored_units(store: Store, run: str) -> int:
    """Units that are stored, and tasks without units that have ended."""
    loss, task = tables.losses, tables.tasks
    rows = select(func.count()).select_from(loss).join(task, task.c.id == loss.c.task_id)
    ended = select(func.count()).select_from(task).where(task.c.state.not_in(("queued", "running")))
    with store.database.read() as connection:
        return int(connection.scalar(rows.where(task.c.run_id == run)) or 0) + int(
            connection.scalar(ended.where(task.c.run_id == run)) or 0
        )


def failed_tasks(store: Store, run: str) -> Counter[str]:
    """Failed tasks by kind and reason."""
    task = tables.tasks
    query = select(task.c.kind, task.c.error_key).where(
        task.c.run_id == run, task.c.state == "failed"
    )
    with store.database.read() as connection:
        return Counter(f"{row.kind} ({row.error_key})" for row in connection.execute(query))


def check_some_done(store: Store, run: str) -> None:
    """Raise InVain where nothing of a run was done: another one would not be disturbed either.

    Raises:
        InVain
    """
    task = tables.tasks
    done = select(task.c.id).where(task.c.run_id == run, task.c.state == "done").limit(1)
    with store.database.read() as connection:
        if connection.execute(done).first() is not None:
            return
    reasons = ", ".join(f"{reason} {n}" for reason, n in failed_tasks(store, run).items())
    raise InVain(f"no task of the evaluation was done; failed: {reasons}")


def stored_by(store: Store, name: str) -> int:
    """Units that a process computed and stored."""
    loss = tables.losses
    query = select(func.count()).where(loss.c.worker == name, loss.c.source.is_(None))
    with store.database.read() as connection:
        return int(connection.scalar(query) or 0)


def computed(store: Store) -> int:
    """Units that are stored and were computed for the task that has them."""
    loss = tables.losses
    with store.database.read() as connection:
        return int(
            connection.scalar(select(func.count()).select_from(loss).where(loss.c.source.is_(None)))
            or 0
        )


def is_sound(store: Store) -> bool:
    """Whether SQLite finds its file whole; PostgreSQL looks after itself."""
    if not store.database.is_sqlite:
        return True
    with store.database.read() as connection:
        return list(connection.scalars(text("PRAGMA integrity_check"))) == ["ok"]


def has_ended(store: Store, run: str) -> bool:
    """Whether a run is over; an outage of the database is waited for."""
    try:
        return store.has_ended(run)
    except Exception as error:
        if not is_outage(error):
            raise
        return False
