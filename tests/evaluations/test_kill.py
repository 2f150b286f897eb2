"""A worker that is killed with SIGKILL loses nothing: its losses are those of a quiet run.

The short form of `python -m tests.proofs kill`: a few kills, each at a random moment after the
first and before the last stored unit, on both databases.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from evaluations import database as tables
from evaluations.settings import Settings
from evaluations.store import Store
from tests.evaluations.queued import queue_run, work_off

KILLS = 4
PAUSE = 0.1  # seconds that a unit takes, so that there is a moment to die in
PATIENCE = 120.0


@pytest.mark.slow
def test_losses_after_kills_are_bit_equal_to_those_of_an_uninterrupted_run(settings, store):
    quiet = queue_run(store, size=20_000)
    work_off(settings)
    killed = queue_run(store, size=20_000)
    impatient = settings.model_copy(update={"lease_seconds": 1.0})
    rng = random.Random(0)

    deaths = 0
    worker = start(impatient)
    while store.progress(killed).status != "done":
        before = stored_units(store, killed)
        wait_for_units(store, killed, before + 1, worker)
        if deaths < KILLS and store.progress(killed).status != "done":
            time.sleep(rng.uniform(0, 3 * PAUSE))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            deaths += 1
            worker = start(impatient)
        elif worker.poll() is not None:  # it stepped aside, to have its work checked by another
            worker = start(impatient)
    worker.kill()
    worker.wait()

    assert deaths == KILLS
    assert store.progress(killed).failures == ()
    assert losses_of(store, killed) == losses_of(store, quiet)
    assert attempts(store, killed) > len(losses_of(store, killed))  # some were taken up again


def start(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.evaluations.fake_scorer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **settings.environment(), "FAKE_PAUSE": str(PAUSE)},
    )


def stored_units(store: Store, run: str) -> int:
    with store.database.read() as connection:
        query = select(func.count()).select_from(tables.losses).join(tables.tasks)
        return connection.scalar(query.where(tables.tasks.c.run_id == run))


def wait_for_units(store: Store, run: str, wanted: int, worker: subprocess.Popen[bytes]) -> None:
    patience = time.monotonic() + PATIENCE
    while stored_units(store, run) < wanted and worker.poll() is None:
        assert time.monotonic() < patience, "the worker stores nothing"
        if store.progress(run).status == "done":
            return
        time.sleep(0.02)


def losses_of(store: Store, run: str) -> dict[tuple[str, str], list[tuple[int, bytes, bytes]]]:
    """Every stored byte of a run, by kind of task and arm."""
    found: dict[tuple[str, str], list[tuple[int, bytes, bytes]]] = {}
    query = (
        select(tables.tasks.c.kind, tables.tasks.c.arm, tables.losses)
        .join(tables.tasks)
        .where(tables.tasks.c.run_id == run)
        .order_by(tables.losses.c.unit)
    )
    with store.database.read() as connection:
        for row in connection.execute(query):
            own = found.setdefault((row.kind, row.arm), [])
            own.append((row.unit, bytes(row.ranges), bytes(row.nll)))
    return found


def attempts(store: Store, run: str) -> int:
    with store.database.read() as connection:
        total = func.sum(tables.tasks.c.attempts)
        return connection.scalar(select(total).where(tables.tasks.c.run_id == run))
