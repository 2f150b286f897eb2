"""What a worker process computes and stores, with a scorer that anyone can compute by hand."""

from __future__ import annotations

import os
import threading
import time
from typing import ClassVar

import numpy as np
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from evaluations import database as tables
from evaluations import tasks, worker_process
from evaluations.files import OLD_PART
from evaluations.heart import Heart
from evaluations.records import Policy, Span
from evaluations.scorer import PrefixLosses
from evaluations.scoring import largest_difference
from evaluations.stored_losses import StoredLosses
from evaluations.tasks import STEP_ASIDE
from evaluations.units import positions
from evaluations.validity import CHUNK_INVARIANCE, SELF_COMPARISON, STATE_NORM
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.outages import ON_POSTGRESQL, OUTAGES
from tests.evaluations.queued import LENGTHS, queue_run, work_off


def stored_losses(store, run) -> StoredLosses:
    plan = store.plan(run)
    with store.database.read() as connection:
        rows = connection.execute(
            select(tables.tasks).where(
                tables.tasks.c.run_id == run,
                tables.tasks.c.kind == "score",
                tables.tasks.c.state == "done",
            )
        ).all()
    finished = {(row.document_id, row.arm): row.id for row in rows}
    return StoredLosses(store.database, plan, finished, tokens=lambda _document: None)


def test_a_run_ends_with_the_losses_of_every_document_under_every_arm(settings, store):
    run = queue_run(store, documents=2)
    work_off(settings)

    progress = store.progress(run)
    assert progress.status == "done"
    assert progress.done == progress.total
    assert progress.failures == ()
    losses = stored_losses(store, run)
    assert len(losses.finished) == 2 * 4
    for part in store.run_documents(run):
        for arm in store.plan(run).arms:
            prefix = losses.prefix(part.document.id, arm.name)
            assert prefix.positions.tolist() == list(range(part.document.bytes))
            assert prefix.token_bytes.sum() == part.document.bytes
            targets = [losses.targets(part.document.id, arm.name, c) for c in LENGTHS]
            assert all(np.array_equal(found.positions, targets[0].positions) for found in targets)


def test_the_stored_losses_are_those_of_the_recurrence(settings, store):
    run = queue_run(store)
    work_off(settings)

    (part,) = store.run_documents(run)
    tokens = np.frombuffer(store.document_text(part.document.id).encode(), np.uint8)
    losses = stored_losses(store, run)
    for arm in store.plan(run).arms:
        shift = 0.0 if arm.training_initialization == "zero" else 0.25
        h, expected = 0.0, []
        for t, token in enumerate(tokens.tolist()):
            if arm.policy is Policy.RESET and t % arm.window == 0:
                h = 0.0
            expected.append(1 + abs(np.sin(h + token + shift)))
            h = 0.99 * h + token / 256
        prefix = losses.prefix(part.document.id, arm.name)
        assert np.array_equal(prefix.nll, np.array(expected, dtype=np.float32))


def test_a_reset_arm_shares_one_computation_above_its_window(settings, store):
    run = queue_run(store)
    work_off(settings)

    losses = stored_losses(store, run)
    (part,) = store.run_documents(run)
    first, *others = [losses.targets(part.document.id, "zero+reset:16", c) for c in LENGTHS]
    assert all(np.array_equal(first.nll, other.nll) for other in others)
    carry = [losses.targets(part.document.id, "zero+carry", c) for c in LENGTHS]
    assert not np.array_equal(carry[0].nll, carry[1].nll)


def test_the_checks_of_a_finished_run_are_there_and_pass(settings, store):
    run = queue_run(store, documents=2)
    work_off(settings)

    checks = {check.check: check for check in store.snapshot(run).validity}
    assert checks[SELF_COMPARISON].passed
    assert checks[SELF_COMPARISON].value == 0
    assert checks[CHUNK_INVARIANCE].passed
    assert checks[STATE_NORM].value == 1.5


def test_a_scorer_that_differs_between_processes_is_found(settings, store):
    run = queue_run(store)
    work(settings, FakeScorer(), threading.Event(), until_idle=True, name="first")

    class Another(FakeScorer):
        def read_prefix(self, arm, tokens, state):
            found = super().read_prefix(arm, tokens, state)
            nll = found.nll.copy()
            nll[-1] = np.nextafter(nll[-1], np.float32(9))  # one bit of one token
            return PrefixLosses(nll, found.state)

    work(settings, Another(), threading.Event(), until_idle=True, name="second")
    checks = {check.check: check for check in store.snapshot(run).validity}
    assert not checks[SELF_COMPARISON].passed
    assert 0 < checks[SELF_COMPARISON].value < 1e-6
    assert store.snapshot(run).verdict.outcome == "withheld"


def test_a_process_that_is_left_with_its_own_work_to_check_steps_aside(settings, store):
    queue_run(store)
    code = work(settings, FakeScorer(), threading.Event(), until_idle=True, name="alone")
    assert code == STEP_ASIDE


def test_a_loss_that_is_not_a_number_is_stored_and_found_not_lost(settings, store):
    run = queue_run(store, documents=2)

    class Broken(FakeScorer):
        def read_prefix(self, arm, tokens, state):
            found = super().read_prefix(arm, tokens, state)
            nll = found.nll.copy()
            if arm.name == "previous+carry":
                nll[5] = np.nan
            return PrefixLosses(nll, found.state)

    work_off(settings, Broken())
    assert store.progress(run).status == "done"
    snapshot = store.snapshot(run)
    failed = {check.check for check in snapshot.validity if not check.passed}
    assert "finite_losses" in failed
    assert SELF_COMPARISON not in failed  # the same NaN twice is the same
    assert snapshot.verdict.outcome == "withheld"


def test_an_error_in_one_task_is_kept_beside_it_and_the_others_finish(settings, store):
    run = queue_run(store, documents=2)

    def fail_on_one_arm(arm, _start):
        if arm.name == "zero+carry":
            raise MemoryError

    work_off(settings, FakeScorer(before_unit=fail_on_one_arm))
    progress = store.progress(run)
    assert progress.status == "done"
    assert {failure.arm for failure in progress.failures} == {"zero+carry"}
    assert {failure.reason.key for failure in progress.failures} == {"task.out_of_memory"}
    done = {arm for _, arm in stored_losses(store, run).finished}
    assert done == {"zero+reset:16", "previous+reset:16", "previous+carry"}


class Counting(FakeScorer):
    """Short of memory for the blocks of one arm, once; counts its readings of the start."""

    def __init__(self) -> None:
        super().__init__()
        self.fails, self.begun = True, 0

    def read_prefix(self, arm, tokens, state):
        self.begun += state is None and arm.name == "zero+carry"
        return super().read_prefix(arm, tokens, state)

    def score_blocks(self, arm, tokens, blocks):
        if self.fails and arm.name == "zero+carry":
            self.fails = False
            raise MemoryError
        return super().score_blocks(arm, tokens, blocks)


def test_what_failed_is_tried_again_from_where_it_was(settings, store):
    run, scorer = queue_run(store), Counting()
    work_off(settings, scorer)
    assert len(store.progress(run).failures) == 1
    store.retry_run(run)
    work_off(settings, scorer)
    assert store.progress(run).failures == ()
    assert scorer.begun == 2  # for the losses and for A/A
    with store.database.read() as connection:
        assert connection.execute(select(tables.states)).all() == []


def test_cancelling_forgets_the_state_of_what_failed(settings, store):
    run, stop = queue_run(store), threading.Event()

    class FailsAndStops(Counting):
        def score_blocks(self, arm, tokens, blocks):
            stop.set()
            return super().score_blocks(arm, tokens, blocks)

    work(settings, FailsAndStops(), stop, name="one")
    assert len(store.progress(run).failures) == 1
    store.cancel_run(run)
    with store.database.read() as connection:
        assert connection.execute(select(tables.states)).all() == []


def test_a_run_in_which_nothing_could_be_computed_has_failed(settings, store):
    run = queue_run(store)

    def fail(_arm, _start):
        raise RuntimeError("a defect")

    work_off(settings, FakeScorer(before_unit=fail))
    assert store.progress(run).status == "failed"
    assert store.snapshot(run).status == "failed"


def test_cancelling_takes_effect_within_one_unit(settings, store):
    run = queue_run(store, documents=3)
    computed = []

    def cancel_in_the_middle(_arm, start):
        computed.append(start)
        if len(computed) == 3:
            store.cancel_run(run)

    work_off(settings, FakeScorer(before_unit=cancel_in_the_middle))
    assert len(computed) == 3
    assert store.progress(run).status == "cancelled"
    with store.database.read() as connection:
        units = connection.execute(select(tables.losses.c.unit)).all()
    assert len(units) == 2  # what was stored before stays


def test_a_worker_that_is_told_to_stop_leaves_the_rest_to_the_next_one(settings, store):
    run = queue_run(store)
    stop, computed = threading.Event(), []

    def stop_in_the_middle(_arm, start):
        computed.append(start)
        if len(computed) == 2:
            stop.set()

    work(settings, FakeScorer(before_unit=stop_in_the_middle), stop, name="leaves")
    assert len(computed) == 2
    interrupted = store.progress(run)
    assert interrupted.status == "running"

    work_off(settings)
    assert store.progress(run).status == "done"
    with store.database.read() as connection:
        attempts = connection.scalars(select(tables.tasks.c.attempts)).all()
    assert max(attempts) == 2


def test_a_worker_that_goes_on_takes_away_what_others_leave_half_written(
    settings, store, monkeypatch
):
    monkeypatch.setattr(worker_process, "TIDIED_EVERY", 0.0)
    queue_run(store, size=1_000)
    halves = []

    def somebody_is_killed(_arm, _start) -> None:
        halves.append(store.files.folder / f"{len(halves)}.part")
        halves[-1].write_bytes(b"tokens of a text")
        long_ago = time.time() - 2 * OLD_PART
        os.utime(halves[-1], (long_ago, long_ago))

    work(settings, FakeScorer(somebody_is_killed), threading.Event(), until_idle=True, name="one")
    assert halves
    assert not any(half.exists() for half in halves)


def test_a_damaged_state_makes_the_document_start_over_with_the_same_result(settings, store):
    whole, broken = queue_run(store, size=9_000), queue_run(store, size=9_000)
    stop = threading.Event()

    def stop_in_the_second_chunk(arm, start):
        if start == 4_096:
            stop.set()

    work(settings, FakeScorer(before_unit=stop_in_the_second_chunk), stop, name="one")
    stop.clear()
    with store.database.write() as connection:
        changed = connection.execute(
            update(tables.states).values(checksum="0" * 64).returning(tables.states.c.task_id)
        ).all()
    assert changed
    work_off(settings)

    (part,) = store.run_documents(whole)
    for arm in store.plan(whole).arms:
        results = [
            stored_losses(store, run).prefix(part.document.id, arm.name) for run in (whole, broken)
        ]
        assert np.array_equal(results[0].nll, results[1].nll)


def test_a_database_that_goes_away_for_a_moment_costs_nothing(settings, store, monkeypatch):
    run = queue_run(store)
    monkeypatch.setattr("evaluations.jobs.OUTAGE_PAUSE", 0.01)
    monkeypatch.setattr("evaluations.worker_process.OUTAGE_PAUSE", 0.01)
    outages, store_unit = iter([True, False, True, True]), tasks.store_unit

    def sometimes_away(*arguments):
        if next(outages, False):
            raise OperationalError("INSERT", {}, Exception("the server closed the connection"))
        store_unit(*arguments)

    monkeypatch.setattr(tasks, "store_unit", sometimes_away)
    work_off(settings)
    assert store.progress(run).status == "done"
    assert store.progress(run).failures == ()


@pytest.mark.parametrize("outage", list(OUTAGES))
@pytest.mark.parametrize("settings", [ON_POSTGRESQL], indirect=True)
def test_no_outage_of_postgresql_fails_a_task(settings, store, monkeypatch, outage):
    run = queue_run(store)
    monkeypatch.setattr("evaluations.jobs.OUTAGE_PAUSE", 0.01)
    monkeypatch.setattr("evaluations.worker_process.OUTAGE_PAUSE", 0.01)
    stored, read = iter([True, False, True]), iter([False, True])
    store_unit, stored_state, claim = tasks.store_unit, tasks.stored_state, tasks.claim

    def sometimes_away(happens, honest):
        def call(database, *arguments):
            if next(happens, False):
                OUTAGES[outage](database)
            return honest(database, *arguments)

        return call

    monkeypatch.setattr(tasks, "store_unit", sometimes_away(stored, store_unit))
    monkeypatch.setattr(tasks, "stored_state", sometimes_away(iter([True]), stored_state))
    monkeypatch.setattr(tasks, "claim", sometimes_away(read, claim))
    work_off(settings)
    assert store.progress(run).status == "done"
    assert store.progress(run).failures == ()


@pytest.mark.parametrize("error", [ValueError("a defect"), OSError("no room")])
def test_the_heart_goes_on_beating_whatever_goes_wrong_once(store, monkeypatch, error):
    heart = Heart(store.database, "worker", FakeScorer().device(), lease=0.03)
    announce, beats, enough = heart._announce, [], threading.Event()

    def failing_once():
        beats.append(len(beats))
        if len(beats) == 2:
            raise error
        if len(beats) > 4:
            enough.set()
        announce()

    monkeypatch.setattr(heart, "_announce", failing_once)
    with heart.beating():
        assert enough.wait(timeout=20)


def test_a_database_that_is_away_at_the_end_does_not_hide_what_ended_the_work(store, monkeypatch):
    def away(*_):
        raise OperationalError("DELETE", {}, Exception("the server closed the connection"))

    def work_and_fail():
        with Heart(store.database, "worker", FakeScorer().device(), lease=5.0).beating():
            raise ValueError("what happened")

    monkeypatch.setattr(tasks, "forget_worker", away)
    with pytest.raises(ValueError, match="what happened"):
        work_and_fail()


def test_loading_a_checkpoint_is_in_no_measured_time(settings, store):
    queue_run(store)

    class Slow(FakeScorer):
        loaded: ClassVar[set[str]] = set()

        def prepare(self, arm):
            if arm.fingerprint not in self.loaded:
                time.sleep(0.5)
            self.loaded.add(arm.fingerprint)

        def read_prefix(self, arm, tokens, state):
            self.prepare(arm)
            return super().read_prefix(arm, tokens, state)

    work(settings, Slow(), threading.Event(), until_idle=True, name="first")
    with store.database.read() as connection:
        seconds = connection.scalars(select(tables.losses.c.seconds)).all()
    assert seconds
    assert max(seconds) < 0.5


@pytest.mark.parametrize(
    ("again", "expected"),
    [([1.0, 2.0], 0.0), ([1.0, 2.5], 0.5), ([1.0, np.nan], np.inf), ([1.0], np.inf)],
)
def test_the_difference_of_two_results_is_that_of_their_worst_token(again, expected):
    first = {0: np.array([1.0, 2.0], dtype=np.float32)}
    assert largest_difference(first, {0: np.array(again, dtype=np.float32)}) == expected


def test_a_unit_that_only_one_result_has_is_a_difference():
    unit = np.zeros(1, dtype=np.float32)
    assert largest_difference({0: unit}, {0: unit, 1: unit}) == np.inf


def test_positions_follow_the_ranges():
    assert positions([Span(5, 7), Span(2, 4)]).tolist() == [5, 6, 2, 3]
