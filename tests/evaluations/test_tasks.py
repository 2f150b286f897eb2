"""The queue on both databases: leases, fencing, cancelling, parking."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import func, select, update

from evaluations import database as tables
from evaluations import tasks
from evaluations.database import now
from evaluations.errors import LeaseLost
from evaluations.records import Reason, Span
from evaluations.store import Store
from evaluations.tasks import Task, UnitResult
from tests.evaluations.queued import queue_run


def a_unit(unit: int = 0, worker: str = "worker") -> UnitResult:
    nll = np.array([1.0, 2.0, 3.0], dtype=np.float32)
    return UnitResult(unit, None, (Span(0, 3),), nll, 3, 0.1, 1_000, b"state", worker)


def let_leases_run_out(store: Store) -> None:
    with store.database.write() as connection:
        past = now(connection) - timedelta(seconds=1)
        running = tables.tasks.c.state == "running"
        connection.execute(update(tables.tasks).where(running).values(lease_until=past))


def claimed(store: Store, owner: str = "worker") -> Task:
    task = tasks.claim(store.database, owner, lease_seconds=30)
    assert task is not None
    return task


def count(store: Store, table) -> int:
    with store.database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def row(store: Store, task: Task):
    with store.database.read() as connection:
        return connection.execute(select(tables.tasks).where(tables.tasks.c.id == task.id)).one()


def test_workers_that_claim_at_once_never_hold_the_same_task(store):
    queue_run(store, documents=5)

    def claim_all(owner: str) -> list[int]:
        found = []
        while (task := tasks.claim(store.database, owner, lease_seconds=60)) is not None:
            found.append(task.id)
        return found

    with ThreadPoolExecutor(4) as pool:
        held = list(pool.map(claim_all, ["a", "b", "c", "d"]))

    everything = [task for own in held for task in own]
    ready = 2 + 5 * 4  # two probes and document x arm; A/A waits for its first result
    assert len(everything) == len(set(everything)) == ready


def test_a_worker_that_wakes_up_after_its_lease_cannot_write(store):
    queue_run(store)
    zombie = claimed(store, "zombie")
    let_leases_run_out(store)
    healthy = claimed(store, "healthy")
    assert healthy.id == zombie.id

    for late_write in (
        lambda: tasks.store_unit(store.database, zombie, a_unit(), is_last=False),
        lambda: tasks.finish(store.database, zombie),
        lambda: tasks.fail(store.database, zombie, Reason(key="task.out_of_memory")),
        lambda: tasks.release(store.database, zombie),
        lambda: tasks.extend(store.database, zombie, 30),
        lambda: tasks.start_over(store.database, zombie, 2),
    ):
        with pytest.raises(LeaseLost):
            late_write()

    assert count(store, tables.losses) == 0
    tasks.store_unit(store.database, healthy, a_unit(), is_last=False)
    assert count(store, tables.losses) == 1


def test_losses_state_and_progress_of_a_unit_are_stored_together_or_not_at_all(store):
    queue_run(store)
    task = claimed(store)
    tasks.store_unit(store.database, task, a_unit(0), is_last=False)
    unstorable = replace(a_unit(1), seconds=None)
    with pytest.raises(Exception):  # noqa: B017, PT011 - each database has its own error
        tasks.store_unit(store.database, task, unstorable, is_last=False)

    assert count(store, tables.losses) == 1
    assert row(store, task).next_unit == 1
    assert row(store, task).done_tokens == 3
    assert tasks.stored_state(store.database, task) == b"state"


def test_a_unit_whose_answer_was_lost_is_stored_once(store):
    queue_run(store)
    task = claimed(store)
    for _ in range(2):
        tasks.store_unit(store.database, task, a_unit(0), is_last=False)
    assert (row(store, task).next_unit, row(store, task).done_tokens) == (1, 3)
    for _ in range(2):
        tasks.store_unit(store.database, task, a_unit(1), is_last=True)
    assert (row(store, task).state, row(store, task).done_tokens) == ("done", 6)
    assert count(store, tables.losses) == 2
    with pytest.raises(LeaseLost):
        tasks.store_unit(store.database, replace(task, token=0), a_unit(1), is_last=True)


def test_a_damaged_state_is_not_read_on_from(store):
    queue_run(store)
    task = claimed(store)
    tasks.store_unit(store.database, task, a_unit(0), is_last=False)
    with store.database.write() as connection:
        connection.execute(update(tables.states).values(state=b"stale"))

    assert tasks.stored_state(store.database, task) is None
    tasks.start_over(store.database, task, 2)
    assert row(store, task).next_unit == 0
    assert count(store, tables.losses) == 0


def test_a_task_that_takes_three_workers_with_it_is_parked_and_the_others_go_on(store):
    run = queue_run(store, documents=2)
    with store.database.write() as connection:  # the probes are not what this is about
        probes = tables.tasks.c.kind == "probe"
        connection.execute(update(tables.tasks).where(probes).values(state="done"))
    deadly = claimed(store)
    for _ in range(2):
        let_leases_run_out(store)
        assert claimed(store).id == deadly.id
    let_leases_run_out(store)

    assert claimed(store).id != deadly.id
    failures = store.progress(run).failures
    assert [failure.reason.key for failure in failures] == ["task.parked"]


def test_a_task_that_gets_on_between_two_deaths_is_not_parked(store):
    queue_run(store)
    for unit in range(6):
        task = claimed(store)
        tasks.store_unit(store.database, task, a_unit(unit), is_last=False)
        let_leases_run_out(store)

    assert row(store, task).state == "running"


def test_a_worker_that_stops_gives_its_task_back_without_blame(store):
    queue_run(store)
    task = claimed(store)
    tasks.store_unit(store.database, task, a_unit(), is_last=False)
    tasks.release(store.database, task)

    again = claimed(store, "another")
    assert again == replace(task, token=task.token + 1, next_unit=1)
    assert row(store, task).deaths == 0


def test_what_failed_is_queued_again_and_its_old_worker_is_fenced(store):
    run = queue_run(store)
    with store.database.write() as connection:  # the probes are not what this is about
        probes = tables.tasks.c.kind == "probe"
        connection.execute(update(tables.tasks).where(probes).values(state="done"))
    task = claimed(store)
    tasks.store_unit(store.database, task, a_unit(), is_last=False)
    tasks.fail(store.database, task, Reason(key="task.out_of_memory"))
    missing = select(func.count()).where(tables.tasks.c.error_key == tasks.FIRST_RESULT_MISSING)
    with store.database.read() as connection:
        assert connection.scalar(missing) == 1

    with store.database.write() as connection:
        assert tasks.requeue_failed(connection, run) == 2
    with store.database.read() as connection:
        assert connection.scalar(missing) == 0
    found = row(store, task)
    assert (found.state, found.deaths, found.error_key, found.error_values) == (
        "queued", 0, None, None
    )  # fmt: skip
    assert found.finished_at is None
    with pytest.raises(LeaseLost):
        tasks.store_unit(store.database, task, a_unit(1), is_last=False)
    again = claimed(store, "another")
    assert (again.id, again.next_unit) == (task.id, 1)
    with store.database.write() as connection:
        assert tasks.requeue_failed(connection, run) == 0


def test_a_parked_task_gets_all_its_chances_again(store):
    run = queue_run(store)
    with store.database.write() as connection:
        everything = update(tables.tasks).where(tables.tasks.c.run_id == run)
        connection.execute(everything.values(state="failed", deaths=tasks.DEATHS_ALLOWED))
        tasks.requeue_failed(connection, run)
    task = claimed(store)
    let_leases_run_out(store)
    assert claimed(store).id == task.id


def test_what_a_dead_worker_held_is_free_at_once(store):
    queue_run(store)
    task = claimed(store, "dead")
    tasks.release_owner(store.database, "dead")
    assert claimed(store, "another").id == task.id


def test_a_cancelled_run_refuses_the_next_write_of_its_workers(store):
    run = queue_run(store)
    task = claimed(store)
    store.cancel_run(run)

    with pytest.raises(LeaseLost):
        tasks.store_unit(store.database, task, a_unit(), is_last=False)
    assert tasks.claim(store.database, "worker", 30) is None
    assert store.progress(run).status == "cancelled"


def test_an_urgent_run_goes_first_and_others_take_turns(store):
    first, second = queue_run(store, documents=3), queue_run(store, documents=1, seed=100)
    seen = [claimed(store).run for _ in range(2 + 2 + 4 + 4)]
    assert set(seen[:4]) == {first, second}  # the probes of both
    assert seen[4:].count(second) == 4  # its only document comes with the first one of the other


def test_a_process_never_checks_what_it_computed_itself(store):
    queue_run(store)
    while (task := tasks.claim(store.database, "first", 30)) is not None:
        if task.kind == "probe":
            tasks.finish(store.database, task)
        else:
            tasks.store_unit(store.database, task, a_unit(worker="first"), is_last=True)

    assert tasks.waits_for_another_process(store.database, "first")
    assert not tasks.is_waiting(store.database, "first")
    assert claimed(store, "second").kind == "again"
