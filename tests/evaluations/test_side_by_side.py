"""Documents that one pass reads side by side: the same bits, each under its own lease."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import numpy as np
import pytest
from sqlalchemy import Row, delete, false, or_, select

from evaluations import database as tables
from evaluations import tasks
from evaluations.core_scorer import CoreScorer
from evaluations.errors import LeaseLost
from evaluations.plan import make_plan, plan_hash
from evaluations.records import Depth, Policy, Preset
from evaluations.reproduction import compared, copied_record
from evaluations.store import Store, open_store
from evaluations.worker_process import work
from longssm_core.records import describe_checkpoint
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import LENGTHS, describe, ingested, some_text
from tests.evaluations.tiny_pair import TINY, save_tiny_pair

ROWS = 3
SIZES = (9_000, 5_000, 4_096, 700)  # two units, two, one and a short one
SLOW = 0.3  # weights so far from those of the start that heads remember long

# where nothing depends on the database
on_sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return save_tiny_pair(tmp_path_factory.mktemp("pair"), TINY, SLOW)


def queued(store: Store, numbers=(0, 1, 2, 3), rows=ROWS, pair=None, order=None) -> str:
    texts = [some_text(number, SIZES[number]) for number in numbers]
    documents = store.add_documents(ingested(texts))
    planned = make_plan(
        Preset.MATCHED,
        Depth.QUICK,
        documents,
        *(pair or (None, None)),
        lengths=LENGTHS,
        rows=rows,
        describe=describe if pair is None else describe_checkpoint,
    )
    parts = planned.run_documents
    if order is not None:
        parts = tuple(
            part.model_copy(update={"order": place})
            for part, place in zip(parts, order, strict=True)
        )
    return store.create_run("a run", planned.plan, parts)


def computed(store: Store, scorer=None, names=("first", "second")) -> None:
    for name in names:
        work(store.settings, scorer or CoreScorer("cpu"), threading.Event(), True, name)


def prefixes(store: Store, run: str) -> dict[tuple[str, str, int], bytes]:
    """(document, arm, unit) -> losses of the prefixes under carry."""
    task, loss = tables.tasks, tables.losses
    carry = [arm.name for arm in store.plan(run).arms if arm.policy is Policy.CARRY]
    query = (
        select(task.c.document_id, task.c.arm, loss.c.unit, loss.c.nll)
        .join(task, task.c.id == loss.c.task_id)
        .where(task.c.run_id == run, task.c.kind == "score", loss.c.context_length.is_(None))
    )
    with store.database.read() as connection:
        rows = connection.execute(query.where(task.c.arm.in_(carry))).all()
    return {(row.document_id, row.arm, row.unit): bytes(row.nll) for row in rows}


class Counting(FakeScorer):
    """Writes down how many documents every pass held, and lets something happen before it."""

    def __init__(self, before=lambda texts: None) -> None:
        super().__init__()
        self.passes: list[int] = []
        self.arms: list[str] = []  # of the same passes
        self._before = before

    def read_side_by_side(self, arm, texts, rows):
        self.passes.append(len(texts))
        self.arms.append(arm.name)
        self._before(texts)
        return super().read_side_by_side(arm, texts, rows)


@on_sqlite
def test_company_order_and_an_end_in_the_middle_change_no_bit(settings, pair):
    unlike = settings.model_copy(update={"reuse_losses": False})
    scorer = CoreScorer("cpu")
    with closing(open_store(unlike)) as store:
        together = scores_only(store, queued(store, pair=pair))
        computed(store, scorer, ["first"])
        found = prefixes(store, together)
        reordered = scores_only(store, queued(store, (3, 1, 0, 2), pair=pair, order=(2, 0, 3, 1)))
        stop = threading.Event()
        work(store.settings, Stopping(2, stop), stop, True, "stops")
        assert stop.is_set()
        computed(store, scorer, ["goes on"])
        assert prefixes(store, reordered) == found
        alone = scores_only(store, queued(store, (1,), pair=pair))
        one_row = scores_only(store, queued(store, (1,), rows=1, pair=pair))
        computed(store, scorer, ["first"])
        own, others = prefixes(store, alone), prefixes(store, one_row)
        assert len(own) == 2 * 2
        assert {key: found[key] for key in own} == own
        assert others != own  # the shape is what decides
        for key, nll in others.items():
            apart = np.frombuffer(found[key], "<f4") - np.frombuffer(nll, "<f4")
            assert np.abs(apart).max() < 1e-4  # nats


def scores_only(store: Store, run: str, every_arm: bool = False) -> str:
    """The run without its checks and, as a rule, without what is read one by one anyway."""
    carry = [arm.name for arm in store.plan(run).arms if arm.policy is Policy.CARRY]
    others = tables.tasks.c.kind != "score"
    if not every_arm:
        others = or_(others, tables.tasks.c.arm.not_in(carry))
    with store.database.write() as connection:
        connection.execute(delete(tables.tasks).where(tables.tasks.c.run_id == run, others))
    return run


class Stopping(CoreScorer):
    """The real scorer, told to stop in the middle of a pass."""

    def __init__(self, passes: int, stop: threading.Event) -> None:
        super().__init__("cpu")
        self._left, self._stop = passes, stop

    def read_side_by_side(self, arm, texts, rows):
        self._left -= 1
        if self._left == 0:
            self._stop.set()
        return super().read_side_by_side(arm, texts, rows)


def test_a_pass_holds_as_many_documents_as_the_plan_says(settings):
    with closing(open_store(settings)) as store:
        run, scorer = queued(store), Counting()
        computed(store, scorer, ["first"])
        assert max(scorer.passes) == ROWS
        per_arm = sum(scorer.passes) / 2  # carry arms of two checkpoints
        assert per_arm == len(prefixes(store, run)) / 2 == 2 + 2 + 1 + 1


def test_a_worker_that_dies_in_a_pass_takes_nothing_else_with_it(settings):
    """Its tasks go on from their last stored unit, each alone, so none is parked for another."""
    with closing(open_store(settings)) as store:
        run = queued(store)
        with pytest.raises(Killed):
            computed(store, Counting(die_in_second_units), ["killed"])
        before = prefixes(store, run)
        died = held_by(store, "killed")
        assert 0 < len(died) < ROWS  # what had been read to its end was let go before
        tasks.release_owner(store.database, "killed")
        scorer = Counting()
        computed(store, scorer)
        after = prefixes(store, run)
        assert store.progress(run).status == "done"
        assert len(before) >= 2
        assert {key: after[key] for key in before} == before
        (arm,) = {task.arm for task in died}  # that of the other checkpoint may come first
        alone = [held for held, read in zip(scorer.passes, scorer.arms, strict=True) if read == arm]
        assert set(alone[: len(died)]) == {1}
        assert max(scorer.passes) == ROWS
        with copied_record(store, run) as again:
            computed(again, FakeScorer())
            assert compared(store, again, run).same


def held_by(store: Store, worker: str) -> list[Row]:
    task = tables.tasks
    with store.database.read() as connection:
        query = select(task).where(task.c.state == "running", task.c.lease_owner == worker)
        return list(connection.execute(query))


class Killed(BaseException):
    """A signal that nothing catches."""


def die_in_second_units(texts) -> None:
    if any(text.state is not None for text in texts):
        raise Killed


def test_a_lost_lease_drops_its_row_alone_and_its_late_write_is_refused(settings, monkeypatch):
    refused, lost, honest = [], [], tasks.store_unit

    def store_unit(database, task, *more):
        try:
            honest(database, task, *more)
        except LeaseLost:
            refused.append(task.id)
            raise

    monkeypatch.setattr(tasks, "store_unit", store_unit)
    with closing(open_store(settings)) as store:

        def take_over(texts):
            if lost or len(texts) < ROWS:
                return
            with store.database.write() as connection:
                held = tables.tasks.c.state == "running"
                lost.append(connection.scalar(select(tables.tasks.c.id).where(held)))
                taken = tables.tasks.update().where(tables.tasks.c.id == lost[0])
                token = tables.tasks.c.lease_token + 1
                connection.execute(taken.values(lease_token=token, state="queued"))

        run = queued(store)
        computed(store, Counting(take_over))
        assert refused == lost
        assert store.progress(run).status == "done"
        assert not store.progress(run).failures


def test_a_cancelled_run_stops_the_pass_and_what_was_stored_is_kept(settings):
    with closing(open_store(settings)) as store:
        run = queued(store)
        scorer = Counting(lambda texts: texts[0].state is not None and store.cancel_run(run))
        computed(store, scorer)
        assert store.progress(run).status == "cancelled"
        assert len(scorer.passes) == 2
        assert prefixes(store, run)


def test_a_pass_that_lacks_memory_parks_its_documents_with_what_it_needs(settings):
    def short(texts):
        raise MemoryError("tried to allocate 12.5 GiB")

    with closing(open_store(settings)) as store:
        run, scorer = queued(store, (0, 1)), Counting(short)
        computed(store, scorer)
        failed = {failure.reason.key for failure in store.progress(run).failures}
        assert "task.out_of_memory_needed" in failed
        assert set(scorer.passes) == {2}  # fewer would need as much: nobody tries


@on_sqlite
def test_each_document_took_its_share_of_the_time_of_a_pass(settings):
    with closing(open_store(settings)) as store:
        run = queued(store, (1, 2, 3))
        computed(store, Counting(lambda texts: time.sleep(0.3)), ["first"])
        loss = tables.losses
        query = select(loss.c.seconds).where(loss.c.unit == 0, loss.c.context_length.is_(None))
        with store.database.read() as connection:
            seconds = list(connection.scalars(query))
        assert sum(0.1 <= one < 0.3 for one in seconds) >= 6
        assert store.plan(run).rows == ROWS


def test_one_row_is_what_always_was_so_hashes_of_stored_plans_stay(settings):
    with closing(open_store(settings)) as store:
        plan = store.plan(queued(store, (0,), rows=1))
        assert "rows" not in plan.model_dump(mode="json")
        assert plan_hash(plan) != plan_hash(plan.model_copy(update={"rows": 2}))


@on_sqlite
def test_losses_are_taken_over_only_from_passes_of_the_same_shape(settings):
    with closing(open_store(settings.model_copy(update={"reuse_losses": True}))) as store:
        scorer = Counting()
        queued(store, (0, 1))
        computed(store, scorer)
        for rows, reads_again in ((2, True), (2, False), (ROWS, False)):
            scorer.passes.clear()
            scores_only(store, queued(store, (0, 1), rows=rows), every_arm=True)
            computed(store, scorer, ["third"])
            assert bool(scorer.passes) is reads_again


@on_sqlite
@pytest.mark.parametrize("broken", [0, 1])
def test_an_ended_run_is_kept_whoever_of_a_company_failed(settings, monkeypatch, broken):
    """All blocks are known, so that tasks end with their prefix."""
    reused = settings.model_copy(update={"reuse_losses": True})
    with closing(open_store(reused)) as store:
        computed(store, FakeScorer(), [scores_only(store, queued(store, (2, 3), rows=1))])
        run = scores_only(store, queued(store, (2, 3), rows=2))
        part = sorted(store.run_documents(run), key=lambda part: part.order)[broken]
        work_of = store.work_of

        def without_one(self, task):
            if task.document == part.document.id:
                raise FileNotFoundError
            return work_of(task)

        monkeypatch.setattr(Store, "work_of", without_one)
        computed(store, FakeScorer(), ["second"])
        assert len(store.progress(run).failures) == 2  # under two arms
        with store.database.read() as connection:
            assert run in connection.scalars(select(tables.snapshots.c.run_id)).all()


@on_sqlite
def test_an_error_that_one_document_makes_fails_that_one_alone(settings):
    def unreadable(texts):
        if any(len(text.tokens) == SIZES[3] for text in texts):
            raise ValueError("no such token")

    with closing(open_store(settings)) as store:
        run = scores_only(store, queued(store, (1, 2, 3)))
        computed(store, Counting(unreadable), ["first"])
        failures = store.progress(run).failures
        assert [failure.reason.key for failure in failures] == ["task.unexpected"] * 2
        assert len(prefixes(store, run)) == 2 * (2 + 1)


@on_sqlite
@pytest.mark.parametrize("rows", [1, ROWS])
def test_what_fails_while_company_is_looked_for_ends_no_process(settings, monkeypatch, rows):
    def fails(_store, _task):
        raise ValueError("of a later version")

    monkeypatch.setattr(Store, "rows_of", fails)
    with closing(open_store(settings)) as store:
        run = scores_only(store, queued(store, (2, 3), rows=rows))
        computed(store, FakeScorer(), ["first"])
        assert store.progress(run).status == "done"


def test_no_company_is_claimed_of_a_run_that_was_paused_meanwhile(settings, monkeypatch):
    with closing(open_store(settings)) as store:
        run = scores_only(store, queued(store))
        first = tasks.claim(store.database, "worker", 60.0)
        store.pause_run(run)
        # as on PostgreSQL, whose query saw the runs as they were when it began
        monkeypatch.setattr(tasks, "_is_paused", false)
        monkeypatch.setattr(tasks, "_holds", lambda task: tables.tasks.c.id == task.id)
        assert tasks.claim_company(store.database, "worker", first, ROWS, 60.0) == []


@pytest.mark.parametrize(
    "settings", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_a_process_that_is_killed_in_a_pass_loses_one_unit_of_each(settings, worker):
    with closing(open_store(settings)) as store:
        run = scores_only(store, queued(store))
        killed = worker("killed")
        patience = time.monotonic() + 60.0
        while not prefixes(store, run):
            assert time.monotonic() < patience
            time.sleep(0.02)
        killed.kill()
        killed.wait()
        before, died = prefixes(store, run), held_by(store, "killed")
        assert died
        tasks.release_owner(store.database, "killed")
        computed(store, FakeScorer(), ["second"])
        after, undisturbed = prefixes(store, run), scores_only(store, queued(store))
        assert store.progress(run).status == "done"
        assert {key: after[key] for key in before} == before
        computed(store, FakeScorer(), ["second"])
        assert after == prefixes(store, undisturbed)
