"""A worker that is killed with SIGKILL loses nothing: its losses are those of a quiet run.

Real worker processes with real (tiny) checkpoints, on both databases: a few kills, each at a random
moment after the first and before the last stored unit.
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
from tests.evaluations.queued import queue_run
from tests.evaluations.tiny_pair import save_tiny_pair

KILLS = 3
LONGEST_WAIT = 0.6  # seconds from a stored unit to the kill: about as long as a unit takes
PATIENCE = 300.0


@pytest.mark.slow
def test_losses_after_kills_are_bit_equal_to_those_of_an_uninterrupted_run(
    settings, store, tmp_path
):
    pair = save_tiny_pair(tmp_path / "checkpoints")
    quiet = queue_run(store, size=9_000, pair=pair)
    assert finish(settings, store, quiet, kills=0) == 0
    killed = queue_run(store, size=9_000, pair=pair)
    assert finish(settings, store, killed, kills=KILLS) == KILLS

    assert store.progress(killed).failures == ()
    assert losses_of(store, killed) == losses_of(store, quiet)
    assert attempts(store, killed) > attempts(store, quiet)  # some tasks were taken up again


def finish(settings: Settings, store: Store, run: str, kills: int) -> int:
    """Work until the run is done, killing the worker process on the way; how often it was."""
    impatient = settings.model_copy(update={"lease_seconds": 1.0})
    rng, deaths, worker = random.Random(0), 0, start(impatient)
    while store.progress(run).status != "done":
        wait_for_units(store, run, stored_units(store, run) + 1, worker)
        if deaths < kills and store.progress(run).status != "done":
            time.sleep(rng.uniform(0, LONGEST_WAIT))
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            deaths += 1
            worker = start(impatient)
        elif worker.poll() is not None:  # it stepped aside, to have its work checked by another
            worker = start(impatient)
    worker.kill()
    worker.wait()
    return deaths


def start(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "evaluations.worker_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **settings.environment()},
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
