"""Actors of a real Ray cluster are killed in the middle of documents: no bit changes.

On each database one run is computed quietly in one process, then the same by two actors, whose
processes are killed at random moments in which they hold a task of which some is stored. Printed
are the kills, how often a task was claimed again, whether all stored losses are equal
to the last bit, how many tasks failed, what listened beyond loopback, and how many processes were
left. A task that one more death would set aside is spared: that is what `poison` proves.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from evaluations import database as tables
from evaluations.core_scorer import CoreScorer
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from tests.evaluations.databases import empty_database, postgres_server
from tests.evaluations.queued import work_off
from tests.evaluations.tiny_pair import save_tiny_pair
from tests.evaluations.watched_ray import in_the_middle, queue_long, stored, worker_on_ray

SHORT, FULL = (1, 40_000, 2), (6, 60_000, 12)  # documents, bytes of each, kills
BETWEEN = (1.0, 4.0)  # seconds from one kill to the next
LEASE = 3_600.0  # nobody waits for its end: a dead actor's tasks are released


class Row(NamedTuple):
    """What one run on Ray found."""

    database: str
    kills: int
    claims: int  # of tasks that had been claimed before
    is_equal: bool
    failed: int  # tasks
    listening: list[str]  # beyond loopback
    left: int  # processes, once the worker has ended
    seconds: float

    @property
    def is_met(self) -> bool:
        """Whether the kills were survived to the last bit, and nothing was left or open."""
        whole = self.is_equal and self.failed == 0
        return whole and not self.listening and self.left == 0 < self.kills


def killed(name: str, settings: Settings, documents: int, size: int, kills: int) -> Row:
    """One run, quiet and on Ray, with so many actors killed."""
    store = open_store(settings)
    pair = save_tiny_pair(settings.data_dir / "checkpoints")
    quiet = queue_long(store, pair, documents, size)
    work_off(settings, CoreScorer("cpu"))
    run, draw, done = queue_long(store, pair, documents, size), random.Random(size), 0
    listening: set[str] = set()
    started = time.monotonic()
    with worker_on_ray(settings, "--processes", "2", "--until-idle") as watched:
        while done < kills and not store.has_ended(run):
            due = time.monotonic() + draw.uniform(*BETWEEN)
            watched.wait_until(lambda due=due: time.monotonic() > due or store.has_ended(run))
            victim = in_the_middle(store, run)
            if victim is not None:
                listening.update(watched.listening_beyond_loopback())
                os.kill(victim, signal.SIGKILL)
                done += 1
        watched.wait_until(lambda: store.has_ended(run))
        watched.worker.wait()
        left = len(watched.alive())
    seconds = time.monotonic() - started
    equal = stored(store, run) == stored(store, quiet)
    claims, failed = _second_claims(store, run), len(store.progress(run).failures)
    store.close()
    return Row(name, done, claims, equal, failed, sorted(listening), left, seconds)


def _second_claims(store: Store, run: str) -> int:
    task = tables.tasks
    query = select(func.sum(task.c.attempts - 1)).where(task.c.run_id == run)
    with store.database.read() as connection:
        return int(connection.scalar(query) or 0)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Addresses of an empty database of each kind; PostgreSQL where there is one."""
    found = {"sqlite": ""}
    with postgres_server() as server:
        if server is None:
            yield found
            return
        with empty_database(server) as url:
            yield {**found, "postgresql": url}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to kill as often as the documentation says."""
    documents, size, kills = FULL
    words = f"{documents} documents of {size:,} bytes, {kills} kills a database"
    parser.add_argument("--full", action="store_true", help=words)


def run(options: argparse.Namespace) -> int:
    """Print a row for every database; 1 when one of them is missed."""
    documents, size, kills = FULL if options.full else SHORT
    print(f"{documents} document(s) of {size:,} bytes, two actors")
    titles = f"{'database':12}{'kills':>7}{'claimed again':>15}{'bits':>8}{'failed':>8}"
    print(f"{titles}{'left':>6}{'seconds':>9}")
    rows = []
    with tempfile.TemporaryDirectory() as folder, databases() as found:
        for name, url in found.items():
            settings = Settings(
                data_dir=Path(folder) / name,
                database_url=url,
                lease_seconds=LEASE,
                reuse_losses=False,
                device="cpu",
                language="en",
            )
            row = killed(name, settings, documents, size, kills)
            rows.append(row)
            bits = "equal" if row.is_equal else "DIFFER"
            print(
                f"{row.database:12}{row.kills:>7}{row.claims:>15}{bits:>8}{row.failed:>8}"
                f"{row.left:>6}{row.seconds:>9.0f}",
                *row.listening,
                flush=True,
            )
    return 0 if all(row.is_met for row in rows) else 1
