"""A worker that is killed with SIGKILL loses nothing: its losses are those of a quiet run.

Real worker processes with real (tiny) checkpoints, on both databases: a few kills, each at a random
moment after the first and before the last stored unit.
"""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from evaluations import database as tables
from evaluations import tasks
from evaluations.settings import Settings
from evaluations.store import Store
from tests.evaluations.queued import queue_run
from tests.evaluations.tiny_pair import save_tiny_pair
from tests.evaluations.unhurried_worker import PAUSE

KILLS = 3
LONGEST_WAIT = 2 * PAUSE  # seconds from a stored unit to the kill: into the next two units
PATIENCE = 300.0  # seconds for one run, on a busy machine


@pytest.mark.slow
def test_losses_after_kills_are_bit_equal_to_those_of_an_uninterrupted_run(
    settings, store, tmp_path
):
    pair = save_tiny_pair(tmp_path / "checkpoints")
    quiet = queue_run(store, size=20_000, pair=pair)
    assert finish(settings, store, quiet, kills=0) == 0
    killed = queue_run(store, size=20_000, pair=pair)
    interrupted = finish(settings, store, killed, kills=KILLS)

    assert interrupted == KILLS
    assert store.progress(killed).failures == ()
    assert losses_of(store, killed) == losses_of(store, quiet)
    assert resumed_tasks(store, killed) > 0


def finish(settings: Settings, store: Store, run: str, kills: int) -> int:
    """Work until the run is done; how many kills on the way left a state to go on from.

    Another one follows where a kill fell between two tasks or into a first unit.
    """
    rng, interrupted, names = random.Random(0), 0, (f"worker-{n}" for n in itertools.count())
    patience = time.monotonic() + PATIENCE
    worker = start(settings, name := next(names))
    while store.progress(run).status != "done":
        assert time.monotonic() < patience, "the run does not end"
        wait_for_units(store, run, stored_units(store, run) + 1, worker, patience)
        if interrupted < kills and worker.poll() is None:
            time.sleep(rng.uniform(0, LONGEST_WAIT))
            worker.kill()
            worker.wait()
            interrupted += leaves_state(store, name)
        elif worker.poll() is None:
            continue
        else:  # it stepped aside, to have its work checked by another
            assert worker.returncode == tasks.STEP_ASIDE
        worker = start(settings, name := next(names))
    worker.kill()
    worker.wait()
    return interrupted


def start(settings: Settings, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.evaluations.unhurried_worker", "--name", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **settings.environment(), "OMP_NUM_THREADS": "1"},
    )


def stored_units(store: Store, run: str) -> int:
    with store.database.read() as connection:
        query = select(func.count()).select_from(tables.losses).join(tables.tasks)
        return connection.scalar(query.where(tables.tasks.c.run_id == run))


def wait_for_units(
    store: Store, run: str, wanted: int, worker: subprocess.Popen[bytes], patience: float
) -> None:
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


def leaves_state(store: Store, name: str) -> bool:
    """Whether a worker holds a task with a state after its last stored unit."""
    query = select(tables.states.c.task_id).join(tables.tasks)
    with store.database.read() as connection:
        return (
            connection.execute(query.where(tables.tasks.c.lease_owner == name)).first() is not None
        )


def resumed_tasks(store: Store, run: str) -> int:
    """Tasks whose units were stored by more than one worker."""
    by_task = (
        select(tables.losses.c.task_id)
        .join(tables.tasks)
        .where(tables.tasks.c.run_id == run)
        .group_by(tables.losses.c.task_id)
        .having(func.count(tables.losses.c.worker.distinct()) > 1)
    )
    with store.database.read() as connection:
        return len(connection.execute(by_task).all())
