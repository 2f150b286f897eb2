"""The proofs of faults, in short, and that they would see what they look for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluations import tasks
from evaluations.records import Reason
from tests.proofs import kill, memory, nonfinite, poison, stalls, zombie
from tests.proofs.faults import (
    InVain,
    Rows,
    Workers,
    check_some_done,
    place,
    queue,
    quiet,
    wait_until,
)
from tests.proofs.nursery import ADDRESS, Nursery

SIZES = (3_000,) * 3 + (9_000,)
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where processes are copied from."""
    with Nursery(Path(tmp_path_factory.mktemp("nursery"))) as server:
        yield server.address


@pytest.fixture(scope="module")
def undisturbed() -> Rows:
    """The rows of a quiet run."""
    return quiet(SIZES)


@pytest.mark.parametrize("database", BOTH)
def test_nothing_is_lost_when_workers_are_killed(nursery, undisturbed, database):
    found = kill.killed(database, 4, SIZES, undisturbed, **{ADDRESS: nursery})
    assert found.met, found.lines()


def test_rows_and_progress_in_two_transactions_are_found(nursery, undisturbed):
    fault = {"PROOF_FAULT": "two_transactions", "PROOF_PAUSE": "0.5", ADDRESS: nursery}
    found = kill.killed("sqlite", 6, SIZES, undisturbed, **fault)
    assert found.lost > 0
    assert found.different > 0
    assert found.failed.total() == 0  # or it would be found for another reason
    assert not found.met


@pytest.mark.parametrize("database", BOTH)
def test_a_frozen_worker_writes_nothing_late_and_harms_nobody(nursery, database):
    sizes = (3_000,) * 6 + (34_000,)
    found = zombie.zombies(database, 2, sizes, quiet(sizes), **{ADDRESS: nursery})
    assert found.met, found.lines()


def test_a_wait_ends_with_its_reason_when_nothing_can_come_of_it():
    with pytest.raises(InVain, match="until it is taken over: the run has ended"):
        wait_until(lambda: False, "it is taken over", vain=lambda: "the run has ended")
    looks = iter([False, True])
    wait_until(lambda: next(looks), "it has just happened", vain=lambda: "the run has ended")


def test_a_proof_ends_when_every_task_fails():
    """As where the checkpoints cannot be read: there is never anything to disturb."""
    with place("sqlite", (3_000,)) as where, where.store() as store:
        run = queue(store, where)
        while (task := tasks.claim(store.database, "one", 60.0)) is not None:
            tasks.fail(store.database, task, Reason(key="task.unexpected"))
        with pytest.raises(InVain, match=r"no task .* was done; failed: .*task\.unexpected"):
            check_some_done(store, run)
        assert zombie._why_over(Workers(where), store, run).startswith("the run has ended; failed")


def test_a_poisoned_document_is_set_aside(nursery):
    found = poison.poisoned("sqlite", 3, nursery)
    assert found.met, found.lines()


def test_a_full_disk_fails_nothing():
    with stalls.small_disk() as disk:
        if disk is not None:  # elsewhere the next test is what can be tried
            found = stalls.disk_full(9, (3_000,) * 4, disk)
            assert found.met, found.line()


def test_a_locked_database_is_waited_for(nursery):
    found = stalls.locked(1, 2.0, SIZES, nursery)
    assert found.met, found.line()


@pytest.mark.postgres
def test_a_server_that_is_restarted_is_waited_for(nursery):
    found = stalls.restarted(1, SIZES, nursery)
    assert found.met, found.line()


def test_short_memory_changes_no_bit_and_no_shape():
    found = memory.tight((3_000,) * 2, seed=0)
    assert found.met, found


def test_numbers_that_break_are_found_where_they_break():
    found, wrong = nonfinite.spoil(4, seed=0)
    assert all(one.in_the_same_unit and one.place_is_right for one in found), found
    assert wrong == []
