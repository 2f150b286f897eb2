"""The estimate of a run counts what the queue will hold, and a rehearsal copies nobody's text."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from evaluations import database as tables
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.rehearsal import seconds_beside
from evaluations.run_estimate import Check, Pace, Work, ends, work_of
from evaluations.settings import Settings
from tests.evaluations.queued import LENGTHS, describe, ingested, some_text

PROBE, FACTS = 7_000_000.0, 9_000_000.0  # seconds: no task reads so many tokens


@pytest.fixture
def planned(store):
    documents = store.add_documents(ingested([some_text(n, 6_000 + n) for n in range(3)]))
    return make_plan(Preset.BEST_ZERO, Depth.QUICK, documents, lengths=LENGTHS, describe=describe)


def a_second_a_token(plan, unit: float = 0.0) -> Pace:
    kinds = [(arm.name, length) for arm in plan.arms for length in (None, *plan.lengths)]
    return Pace(token=dict.fromkeys(kinds, 1.0), unit=unit, probe=PROBE, facts=FACTS, process=0.0)


def queued(store, planned):
    run = store.create_run("a run", planned.plan, planned.run_documents)
    query = select(tables.tasks).where(tables.tasks.c.run_id == run).order_by(tables.tasks.c.id)
    with store.database.read() as connection:
        return connection.execute(query).all()


def test_the_tasks_are_those_of_the_queue_and_take_what_they_read(store, planned):
    rows = queued(store, planned)
    found = work_of(planned.plan, planned.run_documents, a_second_a_token(planned.plan))
    assert found.tasks.count(PROBE) == sum(row.kind == "probe" for row in rows) == 2
    assert found.tasks.count(FACTS) == 3
    scored = [seconds for seconds in found.tasks if seconds not in (PROBE, FACTS)]
    assert scored == [float(row.total_tokens) for row in rows if row.kind == "score"]
    again = [float(row.total_tokens) for row in rows if row.kind == "again"]
    # what a reset arm takes over from the carry arm is computed when it is checked
    for check, tokens, arm in zip(found.checks, again, planned.plan.arms, strict=True):
        has_in_common = arm.window in (64, 256)  # no block of windows of 16 is without a reset
        assert (check.seconds > tokens) == has_in_common == (len(check.of) == 2)


def test_what_a_unit_costs_beside_its_tokens_counts_for_every_unit(store, planned):
    units = sum(row.units for row in queued(store, planned) if row.kind != "probe")

    def seconds(unit: float) -> float:
        pace = a_second_a_token(planned.plan, unit)
        tasks, checks = work_of(planned.plan, planned.run_documents, pace)
        return sum(tasks) + sum(check.seconds for check in checks)

    assert seconds(unit=10.0) - seconds(unit=0.0) == 10.0 * units


def test_a_process_that_is_free_takes_the_next_task():
    assert ends(Work([3.0, 1.0, 1.0, 1.0], []), processes=2, process=9.0) == 3.0
    assert ends(Work([1.0, 1.0, 3.0], []), processes=2, process=9.0) == 4.0
    assert ends(Work([1.0, 2.0, 3.0], []), processes=1, process=9.0) == 6.0


def test_nobody_checks_what_he_has_computed_so_a_new_process_may_be_needed():
    tasks = [1.0, 2.0]
    by_other = Work(tasks, [Check(1.0, frozenset({0})), Check(1.0, frozenset({1}))])
    assert ends(by_other, processes=2, process=9.0) == 3.0  # each checks the other's
    by_nobody = Work(tasks, [Check(1.0, frozenset({0, 1}))])
    assert ends(by_nobody, processes=2, process=9.0) == 1.0 + 9.0 + 1.0
    assert ends(Work(tasks, [Check(1.0, frozenset({0}))]), processes=1, process=9.0) == 13.0


def test_a_rehearsal_is_quick_stores_no_text_and_computes_every_unit(tmp_path, planned):
    part = planned.run_documents[0]
    states = {arm.name: b"state" for arm in planned.plan.arms}
    began = time.perf_counter()
    seconds = seconds_beside(Settings(data_dir=tmp_path), tmp_path, planned.plan, part, states)
    assert 0 < seconds < time.perf_counter() - began
    stored = [path.read_bytes() for path in (tmp_path / "files").glob("??/*")]
    assert stored == [b"a" * part.document.bytes]
