"""Whether a backup made while workers write brings everything back, and work goes on from there.

Real workers with real (tiny) checkpoints compute a run, on SQLite and PostgreSQL. At random moments
a backup is made and restored elsewhere, to either kind of database in turn. The run that was
finished before has the same digest there (every row of it, results included), every document's text
is there, and the run that was going on is finished there: its losses have the digest that they have
where nobody interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import select

from evaluations import database as tables
from evaluations.backup import back_up, restore
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from tests.evaluations.databases import empty_database, postgres_server
from tests.evaluations.queued import ingested, queue_run, some_text
from tests.evaluations.tiny_pair import save_tiny_pair

SHORT, FULL = 1, 4  # backups of each kind of database
DATABASES = ("sqlite", "postgresql")
SIZE = 12_000  # bytes of each document
PATIENCE = 300.0  # seconds for a run


class Row(NamedTuple):
    """One backup, restored."""

    source: str
    into: str
    form: str
    units: int  # of the run that was going on, in the backup
    of: int  # that it has in the end
    seconds: float  # to make and verify it
    same_finished: bool
    same_unfinished: bool

    @property
    def met(self) -> bool:
        """Whether both runs came out with the bytes that they have where they were made."""
        return self.same_finished and self.same_unfinished


def run_digest(store: Store, run: str, results: bool) -> str:
    """SHA-256 over a run's losses and checks; with `results`, its plan and stored result too."""
    task, loss, check = tables.tasks, tables.losses, tables.checks
    own = task.c.run_id == run
    named = (task.c.kind, task.c.document_id, task.c.arm)
    queries = [
        select(*named, loss.c.unit, loss.c.context_length, loss.c.ranges, loss.c.nll)
        .join(task, task.c.id == loss.c.task_id)
        .where(own)
        .order_by(*named, loss.c.unit),
        select(*named, check.c.check, check.c.passed)
        .join(task, task.c.id == check.c.task_id)
        .where(own)
        .order_by(*named, check.c.check),
    ]
    if results:
        queries += [
            select(tables.runs.c.plan, tables.runs.c.name).where(tables.runs.c.id == run),
            select(tables.snapshots.c.snapshot).where(tables.snapshots.c.run_id == run),
        ]
    digest = hashlib.sha256()
    with store.database.read() as connection:
        for query in queries:
            for row in connection.execute(query):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def units_of(store: Store, run: str) -> int:
    """Units of a run that are stored."""
    query = select(tables.losses.c.unit).join(tables.tasks).where(tables.tasks.c.run_id == run)
    with store.database.read() as connection:
        return len(connection.execute(query).all())


class Team(Protocol):
    """Who computes."""

    pair: tuple[str, str] | None  # checkpoints; None: they exist by name only

    def start(self, settings: Settings) -> Callable[[], None]:
        """Begin to compute all that is queued; what is returned waits for the end of it."""


class RealTeam:
    """Two worker processes with real (tiny) checkpoints, as an operator starts them."""

    def __init__(self, folder: Path) -> None:
        self.pair = save_tiny_pair(folder)

    def start(self, settings: Settings) -> Callable[[], None]:
        """Start them; they end when nothing is queued."""
        command = [sys.executable, "-m", "evaluations", "worker", "--processes", "2"]
        worker = subprocess.Popen(
            [*command, "--until-idle", "--with-parent"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **settings.environment()},
        )

        def ended() -> None:
            worker.wait(PATIENCE)
            if worker.stdin is not None:
                worker.stdin.close()

        return ended


def backups(source: str, count: int, folder: Path, server: str | None, team: Team) -> list[Row]:
    """Backups of one kind of database under load, each restored and worked off."""
    with ExitStack() as stack:
        settings = _settings(source, folder / "here", server, stack)
        store = stack.enter_context(closing(open_store(settings)))
        finished = queue_run(store, documents=2, size=SIZE, pair=team.pair)
        team.start(settings)()
        store.snapshot(finished)
        begun = queue_run(store, documents=2 * count, size=SIZE, seed=100, pair=team.pair)
        made = _made_under_load(store, begun, count, folder, team)
        return [
            _row(source, number, one, (finished, begun), store, folder, server, team)
            for number, one in enumerate(made)
        ]


class Made(NamedTuple):
    """A backup that was made while work went on."""

    place: Path
    seconds: float


def _made_under_load(store: Store, begun: str, count: int, folder: Path, team: Team) -> list[Made]:
    """Backups at random moments of a run, which goes on to its end."""
    rng, made = random.Random(0), []
    ended = team.start(store.settings)
    for number in range(count):
        enough = units_of(store, begun) + rng.randint(1, 6)
        while units_of(store, begun) < enough and store.progress(begun).status != "done":
            time.sleep(0.01)
        place = folder / (f"{number}.tar" if number % 2 == 0 else f"{number}")
        started = time.perf_counter()
        back_up(store.settings, place)
        made.append(Made(place, time.perf_counter() - started))
        more = ingested([some_text(10_000 + number, 2_000)], name=f"more-{number}.log")
        store.add_documents(more)  # pages write as well
    ended()
    return made


def _row(
    source: str,
    number: int,
    made: Made,
    runs: tuple[str, str],
    store: Store,
    folder: Path,
    server: str | None,
    team: Team,
) -> Row:
    kinds = DATABASES if server is not None else DATABASES[:1]
    into = kinds[number % len(kinds)]
    with ExitStack() as stack:
        settings = _settings(into, folder / f"there-{number}", server, stack)
        started = time.perf_counter()
        restore(made.place, settings)
        seconds = made.seconds + time.perf_counter() - started
        there = stack.enter_context(closing(open_store(settings)))
        units = units_of(there, runs[1])
        same = run_digest(there, runs[0], True) == run_digest(store, runs[0], True)
        same &= all(
            there.document_text(document.id) == store.document_text(document.id)
            for document in there.documents()
        )
        team.start(settings)()
        ended = run_digest(there, runs[1], False) == run_digest(store, runs[1], False)
        ended &= store.progress(runs[1]).status == "done"  # else there is nothing to compare with
        form = "tar" if made.place.suffix else "folder"
        of = units_of(store, runs[1])
    return Row(source, into, form, units, of, seconds, same, ended)


def _settings(kind: str, folder: Path, server: str | None, stack: ExitStack) -> Settings:
    url = ""
    if kind == "postgresql":
        assert server is not None
        url = stack.enter_context(empty_database(server))
    return Settings(data_dir=folder, database_url=url, reuse_losses=False, lease_seconds=5.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many backups, and of which databases."""
    parser.add_argument("--full", action="store_true", help=f"{FULL} backups of each database")
    parser.add_argument("--db", default="sqlite,postgresql", help="which, separated by commas")


def run(options: argparse.Namespace) -> int:
    """Print every backup; 1 when a digest differs, or none fell into a run."""
    started, count = time.perf_counter(), FULL if options.full else SHORT
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        for source in options.db.split(","):
            if source == "postgresql" and server is None:
                print("no PostgreSQL is installed: not shown")
                return 1
            place = Path(folder) / source
            place.mkdir()
            rows += backups(source, count, place, server, RealTeam(place / "pair"))
    print(f"{'from':12}{'into':12}{'form':8}{'units then':>12}{'in the end':>12}{'seconds':>9}")
    for row in rows:
        print(
            f"{row.source:12}{row.into:12}{row.form:8}{row.units:>12}{row.of:>12}"
            f"{row.seconds:>9.2f}{'' if row.met else '  MISSED'}"
        )
    inside = sum(0 < row.units < row.of for row in rows)
    equal = sum(row.met for row in rows)
    print(
        f"{len(rows)} backups, {inside} in the middle of a run: {equal} with equal digests of the "
        f"finished run and, worked off, of the other; {time.perf_counter() - started:.0f} s"
    )
    return 0 if equal == len(rows) and inside else 1
