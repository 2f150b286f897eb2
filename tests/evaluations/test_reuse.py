"""Work is done once: arms of a checkpoint share blocks, later evaluations take over losses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from sqlalchemy import select, update

from evaluations import database as tables
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.scorer import Device, Scorer
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.tasks import Task
from evaluations.units import BlocksUnit
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import describe, ingested, queue_run, some_text


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings.model_copy(update={"reuse_losses": True}))
    yield opened
    opened.close()


@dataclass
class Counting(FakeScorer):
    """Counts the blocks and the chunks that it is asked for."""

    words: str = "a test's processor"
    blocks: int = 0
    chunks: int = 0
    _before_unit: object = field(default=lambda arm, start: None)

    def device(self) -> Device:
        return Device(self.words, 1)

    def read_prefix(self, arm, tokens, state):
        self.chunks += 1
        return super().read_prefix(arm, tokens, state)

    def score_blocks(self, arm, tokens, blocks):
        self.blocks += len(blocks)
        return super().score_blocks(arm, tokens, blocks)


def compute(store: Store, scorer: Scorer, name: str = "first") -> None:
    """All but A/A, which another process has to do."""
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            left = [row.state for row in tasks_of(store) if row.kind != "again"]
            if not {"queued", "running"} & set(left):
                stop.set()
            stop.wait(0.05)

    threading.Thread(target=look, daemon=True).start()
    work(store.settings, scorer, stop, until_idle=True, name=name)
    stop.set()
    assert all(row.state == "done" for row in tasks_of(store) if row.kind != "again")


def tasks_of(store: Store):
    with store.database.read() as connection:
        return connection.execute(select(tables.tasks)).all()


def losses_of(store: Store, run: str, kind: str = "score"):
    query = (
        select(tables.losses, tables.tasks.c.arm)
        .join(tables.tasks, tables.tasks.c.id == tables.losses.c.task_id)
        .where(tables.tasks.c.run_id == run, tables.tasks.c.kind == kind)
        .order_by(tables.tasks.c.arm, tables.losses.c.unit)
    )
    with store.database.read() as connection:
        return connection.execute(query).all()


def queue(store: Store, preset: Preset) -> str:
    """A run of that preset over the one document that `queue_run` makes."""
    documents = store.add_documents(ingested([some_text(0, 6_000)]))
    planned = make_plan(preset, Depth.QUICK, documents, lengths=(16, 64, 256), describe=describe)
    return store.create_run("a run", planned.plan, planned.run_documents)


def test_arms_of_one_checkpoint_compute_what_they_share_once(store):
    run, scorer = queue(store, Preset.BEST_ZERO), Counting()
    compute(store, scorer)
    rows = losses_of(store, run)
    taken = {(row.arm, row.context_length) for row in rows if row.source}
    assert {("zero+reset:64", 16), ("zero+reset:256", 16), ("zero+reset:256", 64)} <= taken
    assert not any(arm.endswith("carry") for arm, _ in taken)
    units = [
        unit
        for part in store.run_documents(run)
        for arm in store.plan(run).arms
        for unit in store.work_of(task_of(store, run, part.document.id, arm.name)).units
    ]
    own = [unit for unit in units if isinstance(unit, BlocksUnit)]
    assert scorer.blocks == sum(len(unit.blocks) for unit in own)


def task_of(store: Store, run: str, document: str, arm: str):
    rows = [row for row in tasks_of(store) if row.run_id == run and row.kind == "score"]
    row = next(row for row in rows if (row.document_id, row.arm) == (document, arm))
    return Task(row.id, run, "score", document, arm, row.lease_token, row.next_unit, row.units)


def test_the_same_plan_again_computes_nothing_but_the_checks(store):
    first = queue_run(store, size=9_000)
    compute(store, Counting())
    second, scorer = queue_run(store, size=9_000), Counting()
    compute(store, scorer)
    assert (scorer.blocks, scorer.chunks) == (0, 0)
    for one, other in zip(losses_of(store, first), losses_of(store, second), strict=True):
        assert (one.arm, one.unit, one.ranges, one.nll) == (
            other.arm,
            other.unit,
            other.ranges,
            other.nll,
        )
        assert other.source == first
        assert other.seconds == one.seconds  # what it cost when it was computed


@pytest.mark.parametrize("changed", ["device", "switched off", "text"])
def test_nothing_is_taken_over_where_it_could_be_something_else(store, changed):
    queue_run(store)
    compute(store, Counting())
    scorer = Counting(words="another processor" if changed == "device" else Counting.words)
    run = queue_run(store, seed=1 if changed == "text" else 0)
    if changed == "switched off":
        store.settings = store.settings.model_copy(update={"reuse_losses": False})
    compute(store, scorer)
    assert scorer.chunks > 0
    assert scorer.blocks > 0
    carried = [row for row in losses_of(store, run) if row.arm.endswith("carry")]
    assert not any(row.source for row in carried)


def test_what_reading_cost_is_only_taken_over_for_all_arms_together(store):
    """The zero arms are known, the other checkpoint is not: their times are of two moments."""
    first = queue(store, Preset.MATCHED)
    compute(store, Counting())
    documents = store.add_documents(ingested([some_text(0, 6_000)]))
    planned = make_plan(
        Preset.MATCHED,
        Depth.QUICK,
        documents,
        zero="zero-t64",
        proposed="zero-adapted-t64",
        lengths=(16, 64, 256),
        describe=describe,
    )
    store.create_run("another checkpoint", planned.plan, planned.run_documents)
    compute(store, Counting())
    other = make_plan(
        Preset.MATCHED, Depth.QUICK, documents, "zero-t64", "previous-t64", (16, 64, 256),
        describe=describe,
    )  # fmt: skip
    run, scorer = store.create_run("a third", other.plan, other.run_documents), Counting()
    compute(store, scorer)
    rows = losses_of(store, run)
    prefix = [row for row in rows if row.context_length is None]
    assert {row.source for row in prefix} == {None}
    carried = [row for row in rows if row.arm == "zero+carry" and row.context_length]
    assert carried
    assert all(row.source not in (None, first) for row in carried)


def test_a_prefix_that_is_gone_meanwhile_is_computed_from_its_start(store, monkeypatch):
    first = queue_run(store, size=20_000)
    compute(store, Counting())
    run, known_losses = queue_run(store, size=20_000), Store.known_losses
    looked = []

    def vanishing(self, key, run=None):
        looked.append(key)
        return None if len(looked) == 2 else known_losses(self, key, run)

    monkeypatch.setattr(Store, "known_losses", vanishing)
    compute(store, Counting())
    for one, other in zip(losses_of(store, first), losses_of(store, run), strict=True):
        assert one.nll == other.nll


def test_losses_that_are_not_finite_are_computed_again(store):
    class Broken(Counting):
        def score_blocks(self, arm, tokens, blocks):
            return super().score_blocks(arm, tokens, blocks) * np.float32(np.nan)

    queue_run(store)
    compute(store, Broken())
    run, scorer = queue_run(store), Counting()
    compute(store, scorer)
    assert scorer.blocks > 0
    rows = [row for row in losses_of(store, run) if row.context_length]
    assert not any(np.isnan(np.frombuffer(row.nll, dtype="<f4")).any() for row in rows)


def test_the_second_run_of_the_same_arm_computes_all_of_it_anew(store):
    run = queue_run(store)
    compute(store, Counting())
    scorer = Counting()
    work(store.settings, scorer, threading.Event(), until_idle=True, name="second")
    again = losses_of(store, run, "again")
    assert again
    assert not any(row.source for row in again)
    assert {row.worker for row in again} == {"second"}
    check = next(c for c in store.snapshot(run).validity if c.check == "self_comparison")
    assert check.passed


def test_a_wrong_loss_that_was_taken_over_is_found_by_the_second_run(store):
    queue_run(store)
    compute(store, Counting())
    loss = tables.losses
    with store.database.write() as connection:
        row = connection.execute(select(loss).where(loss.c.context_length == 256)).first()
        wrong = np.frombuffer(row.nll, dtype="<f4") + np.float32(0.001)
        same = (loss.c.task_id == row.task_id) & (loss.c.unit == row.unit)
        connection.execute(update(loss).where(same).values(nll=wrong.tobytes()))
    run = queue_run(store)
    for name in ("second", "third"):
        work(store.settings, Counting(), threading.Event(), until_idle=True, name=name)
    check = next(c for c in store.snapshot(run).validity if c.check == "self_comparison")
    assert not check.passed


def test_a_prefix_that_was_taken_over_in_part_is_taken_over_to_its_end(store):
    """Its state is not stored: a worker that stops between two chunks leaves none."""
    queue_run(store, size=20_000)
    compute(store, Counting())
    run, stop = queue_run(store, size=20_000), threading.Event()
    known_losses, looked = store.__class__.known_losses, []

    class Stopping(Store):
        def known_losses(self, key, run=None):
            looked.append(key)
            if len(looked) == 1:
                stop.set()
            return known_losses(self, key, run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "evaluations.worker_process.open_store", lambda s: Stopping(s, store.database)
        )
        patch.setattr(store.database, "close", lambda: None)
        work(store.settings, Counting(), stop, name="leaves")
        compute(store, Counting(), "takes over")
    assert len(looked) > 1
    assert all(row.source for row in losses_of(store, run))


def test_another_preset_over_the_same_documents_takes_over_the_arms_it_has_in_common(store):
    queue_run(store)
    compute(store, Counting())
    run, scorer = queue(store, Preset.OPERATIONS), Counting()
    compute(store, scorer)
    assert scorer.chunks == 0
    assert all(row.source for row in losses_of(store, run))
