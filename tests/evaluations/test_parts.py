"""A long document, computed in parts by whoever is free: the same as in one go."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import select, update

from evaluations import database as tables
from evaluations import tasks, units
from evaluations.core_scorer import CoreScorer
from evaluations.records import Arm, Block, Policy, Span
from evaluations.units import BlocksUnit, Part, PrefixUnit, parts_of
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import queue_run, work_off
from tests.evaluations.tiny_pair import save_tiny_pair

SIZE = 9_000  # bytes: two units of the prefix


def arm(policy: Policy, window: int | None) -> Arm:
    return Arm(
        name="an arm",
        checkpoint="somewhere",
        fingerprint="0" * 64,
        training_initialization="zero",
        training_length=16,
        policy=policy,
        window=window,
        state_age=16,
    )


def prefix(count: int) -> list[PrefixUnit]:
    size = units.PREFIX_UNIT
    return [PrefixUnit(Span(i * size, (i + 1) * size)) for i in range(count)]


@pytest.fixture
def small_parts(monkeypatch):
    """Parts of one unit of the prefix, so that a short document has some."""
    monkeypatch.setattr(units, "PART_TOKENS", units.PREFIX_UNIT)


def rows(store, run):
    query = select(tables.tasks).where(tables.tasks.c.run_id == run).order_by(tables.tasks.c.id)
    with store.database.read() as connection:
        return connection.execute(query).all()


def losses(store, run):
    task, loss = tables.tasks, tables.losses
    query = (
        select(task.c.arm, task.c.kind, loss.c.unit, loss.c.ranges, loss.c.nll)
        .join(task, task.c.id == loss.c.task_id)
        .where(task.c.run_id == run)
    )
    with store.database.read() as connection:
        return {tuple(row[:3]): tuple(row[3:]) for row in connection.execute(query)}


def in_one_go(store, monkeypatch, **options) -> str:
    with monkeypatch.context() as whole:
        whole.setattr(units, "PART_TOKENS", 1 << 30)
        run = queue_run(store, size=SIZE, **options)
    assert "part" not in {row.kind for row in rows(store, run)}
    return run


@pytest.mark.parametrize(
    ("policy", "window", "expected"),
    [
        (Policy.RESET, 16, [Part(0, 8), Part(8, 16), Part(16, 20)]),
        (Policy.RESET, 12 * 4_096, [Part(0, 12), Part(12, 20)]),  # a window holds 12 units
        (Policy.RESET, 100, []),  # its borders meet those of units at every 25th only
        (Policy.CARRY, None, []),
        (Policy.WINDOW, 16, []),  # what a layer forgot rounds otherwise than what it never knew
    ],
)
def test_a_prefix_is_cut_where_a_unit_and_a_window_begin(policy, window, expected):
    assert list(parts_of(arm(policy, window), prefix(20))) == expected


def test_short_documents_stay_whole_and_the_longest_have_few_parts():
    reset = arm(Policy.RESET, 16)
    assert parts_of(reset, prefix(8)) == ()
    parts = parts_of(reset, prefix(5_000))
    assert len(parts) == units.MOST_PARTS
    assert parts[0].start == 0
    assert parts[-1].stop == 5_000
    assert all(a.stop == b.start for a, b in pairwise(parts))


def test_blocks_are_cut_from_the_prefix_that_carries_its_state():
    block = BlocksUnit(16, tuple(Block(i, Span(i + 16, i + 32)) for i in range(0, 32_768, 32)))
    read = [*prefix(20), block, block]
    assert parts_of(arm(Policy.CARRY, None), read) == (Part(0, 20), Part(20, 21), Part(21, 22))


def test_all_parts_are_claimed_at_once_and_what_joins_them_afterwards(settings, store, small_parts):
    queue_run(store, size=SIZE)
    claimed = []
    while (task := tasks.claim(store.database, f"worker {len(claimed)}", 60.0)) is not None:
        claimed.append((task.kind, task.arm))
    assert claimed.count(("part", "zero+reset:16")) >= 2
    assert claimed.count(("part", "zero+carry")) >= 2
    assert {kind for kind, _ in claimed} == {"probe", "part"}


def test_in_parts_the_losses_are_the_same_bits(settings, store, small_parts, monkeypatch, tmp_path):
    pair = save_tiny_pair(tmp_path)
    whole, parts = in_one_go(store, monkeypatch, pair=pair), queue_run(store, size=SIZE, pair=pair)
    work_off(settings, CoreScorer("cpu"))
    assert losses(store, parts) == losses(store, whole)
    assert {row.state for row in rows(store, parts)} == {"done"}
    totals = [store.progress(run).total for run in (whole, parts)]
    assert totals[0] == totals[1] == store.progress(parts).done
    (document,) = store.progress(parts).documents
    assert document.done == document.total > 0
    speeds = [{one.arm for one in store.snapshot(run).speed} for run in (whole, parts)]
    assert speeds[0] == speeds[1]
    assert all(check.passed for check in store.snapshot(parts).validity if "self" in check.check)


def test_who_computed_a_part_does_not_check_it(settings, store, small_parts):
    queue_run(store, size=SIZE)
    code = work(settings, FakeScorer(), threading.Event(), until_idle=True, name="alone")
    assert code == tasks.STEP_ASIDE


def test_a_part_that_fails_fails_its_document_once_and_can_be_tried_again(
    settings, store, small_parts, monkeypatch
):
    run = queue_run(store, size=SIZE)

    def fail_in_the_second_part(arm, start):
        if arm.name == "zero+reset:16" and start == units.PREFIX_UNIT:
            raise MemoryError

    work_off(settings, FakeScorer(fail_in_the_second_part))
    failures = store.progress(run).failures
    assert [(one.arm, one.reason.key) for one in failures] == [
        ("zero+reset:16", "task.out_of_memory")
    ]
    store.retry_run(run)
    whole = in_one_go(store, monkeypatch)
    work_off(settings)
    assert store.progress(run).failures == ()
    assert losses(store, run) == losses(store, whole)


@pytest.mark.parametrize("kinds", [("part",), ("part", "score")])
def test_parts_of_another_cut_are_left_out_and_the_document_starts_over(
    settings, store, small_parts, monkeypatch, kinds
):
    whole, run = in_one_go(store, monkeypatch), queue_run(store, size=SIZE)
    task = tables.tasks
    with store.database.write() as connection:
        cut = update(task).where(task.c.run_id == run, task.c.kind.in_(kinds))
        connection.execute(cut.values(units=task.c.units + 1))
    work_off(settings)
    assert losses(store, run) == losses(store, whole)
    assert store.progress(run).failures == ()


def test_what_was_found_in_parts_goes_with_their_losses(settings, store, small_parts):
    run, task = queue_run(store, size=SIZE), tables.tasks
    with store.database.write() as connection:
        wholes = update(task).where(task.c.kind == "score")
        connection.execute(wholes.values(units=task.c.units + 1, next_unit=task.c.units + 1))

    class BreaksInParts(FakeScorer):
        def read_prefix(self, arm, tokens, state):
            found = super().read_prefix(arm, tokens, state)
            with store.database.read() as connection:
                kind = connection.scalar(select(task.c.kind).where(task.c.state == "running"))
            if kind == "part":
                found.nll[:] = np.nan
            return found

    work_off(settings, BreaksInParts())
    assert store.progress(run).failures == ()
    assert [one.not_finite for one in store.snapshot(run).documents] == [()]


def test_a_worker_that_dies_in_a_part_costs_one_unit(settings, store, monkeypatch):
    monkeypatch.setattr(units, "PART_TOKENS", 4_096)
    monkeypatch.setattr(units, "PREFIX_UNIT", 2_048)  # four units: two parts of two
    run = queue_run(store, size=SIZE)
    ends = [row.units for row in rows(store, run) if row.kind == "part" and "reset" in row.arm]
    assert ends[:2] == [2, 4]
    stop, read = threading.Event(), []

    def stop_in_a_part(arm, start):
        if arm.policy is Policy.RESET and start == 2 * 2_048:
            stop.set()  # its second unit is left
        read.append((arm.name, start))

    work(settings, FakeScorer(stop_in_a_part), stop, name="one")
    work_off(settings, FakeScorer(lambda arm, start: read.append((arm.name, start))))
    assert store.progress(run).failures == ()
    reset = [start for name, start in read if name == "zero+reset:16"]
    assert sorted(set(reset) & set(range(0, 8_192, 2_048))) == [0, 2_048, 4_096, 6_144]
    with store.database.read() as connection:
        attempts = connection.scalars(select(tables.tasks.c.attempts)).all()
    assert max(attempts) == 2
