"""The kind `generate`: A and B of a run continue its documents, behind and beside its losses."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import delete, select, update

from evaluations import database as tables
from evaluations import tasks
from evaluations.errors import RefusedPlan
from evaluations.outputs import OutputsRequest
from evaluations.plan import burn_in, make_plan
from evaluations.records import Depth, Policy, Preset
from evaluations.requests import (
    open_outputs,
    output_jobs,
    outputs,
    outputs_summary,
    request_outputs,
)
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import LENGTHS, describe, ingested, queue_run, work_off

WANTED = OutputsRequest(documents=2, items=3, length=40)
SIZE = 2_000  # bytes of a document


def scored_run(store, documents=1, seed=0):
    """A run whose losses nobody waits for: they are as good as there."""
    run = queue_run(store, documents, size=SIZE, seed=seed)
    with store.database.write() as connection:
        connection.execute(update(tables.tasks).values(state="done"))
    return run


def text_of(store, run, name):
    return store.document_text(name).encode()


def rows_of(store, run):
    output = tables.outputs
    query = select(output).where(output.c.run_id == run).order_by(output.c.task_id, output.c.item)
    with store.database.read() as connection:
        return connection.execute(query).all()


def written_bits(store, run):
    """Every stored byte of what was written, by document, arm and point."""
    return {
        (row.document_id, row.arm, row.position): (
            *(row.generated, row.reference, row.nll),
            row.details,
        )
        for row in rows_of(store, run)
    }


def test_both_arms_continue_the_same_points_of_the_first_documents(settings, store):
    run = scored_run(store, documents=3)
    queued = request_outputs(store, run, WANTED)
    assert len(queued) == 2 * 2
    work_off(settings)

    found, plan = outputs(store, run), store.plan(run)
    comparison = store.snapshot(run).comparison
    points = {arm: set() for arm in (comparison.arm_a, comparison.arm_b)}
    for one in found:
        points[one.arm].add((one.document, one.position))
        text = text_of(store, run, one.document)
        assert text[one.position - 1 : one.position] == b"\n"
        assert one.position >= burn_in(plan.arms)
        assert text[one.position :].startswith(one.reference)
        assert one.reference.endswith(b"\n") or len(one.reference) == WANTED.length
        assert len(one.reference_nll) == len(one.reference)
    a, b = points.values()
    assert a == b
    assert len(a) == 2 * 3
    first = [part.document.id for part in store.run_documents(run)][:2]
    assert {document for document, _ in a} == set(first)


def test_what_is_written_follows_from_all_that_the_arm_has_read(settings, store):
    run = scored_run(store)
    request_outputs(store, run, WANTED)
    work_off(settings)
    arms = {arm.name: arm for arm in store.plan(run).arms}
    for one in outputs(store, run):
        text, h = text_of(store, run, one.document), 0.0
        for t, token in enumerate(text[: one.position]):
            if arms[one.arm].policy is Policy.RESET and t % arms[one.arm].window == 0:
                h = 0.0
            h = 0.99 * h + token / 256
        kind = arms[one.arm].training_initialization
        assert one.written == f"{kind} {one.position} {h:.9f}\n".encode()[: WANTED.length]


def test_the_losses_come_first_and_the_result_does_not_change(settings, store):
    run = queue_run(store, size=SIZE)
    request_outputs(store, run, WANTED)
    kinds = []

    class Watching(FakeScorer):
        def read_prefix(self, arm, tokens, state):
            with store.database.read() as connection:
                query = select(tables.tasks.c.kind).where(tables.tasks.c.state == "running")
                kinds.append(connection.scalar(query))
            return super().read_prefix(arm, tokens, state)

    work_off(settings, Watching())
    first = kinds.index("generate")
    assert set(kinds[first:]) == {"generate"}
    found = store.snapshot(run)
    assert len(outputs(store, run)) == 2 * 3
    with store.database.write() as connection:  # as if nobody had asked
        connection.execute(delete(tables.outputs))
        connection.execute(delete(tables.tasks).where(tables.tasks.c.kind == "generate"))
        connection.execute(delete(tables.snapshots))
    assert store.snapshot(run) == found


def test_a_run_is_done_with_its_losses_whatever_is_still_written(settings, store):
    run = scored_run(store)

    class Refusing(FakeScorer):
        def write_on(self, *_):
            raise MemoryError

    request_outputs(store, run, WANTED)
    work_off(settings, Refusing())
    progress = store.progress(run)
    assert (progress.status, progress.failures) == ("done", ())
    assert progress.done == progress.total
    with store.database.read() as connection:
        query = select(tables.tasks).where(tables.tasks.c.kind == "generate")
        states = {(row.state, row.error_key) for row in connection.execute(query)}
    assert states == {("failed", "task.out_of_memory")}
    assert outputs_summary(store, run) is None

    request_outputs(store, run, WANTED)  # what failed is asked for anew
    work_off(settings)
    assert outputs_summary(store, run).points == 3


def test_asking_again_queues_nothing_again(settings, store):
    run = scored_run(store)
    queued = request_outputs(store, run, WANTED)
    assert request_outputs(store, run, WANTED) == queued
    work_off(settings)
    assert request_outputs(store, run, WANTED) == queued
    assert open_outputs(store, run) == (0, 2)
    more = request_outputs(store, run, WANTED.model_copy(update={"items": 5}))
    assert not set(more) & set(queued)


def test_one_document_alone_is_continued_and_its_jobs_say_how_far(settings, store):
    run = scored_run(store, documents=3)
    chosen, other = (part.document.id for part in store.run_documents(run)[1:])
    queued = store.request_outputs(run, WANTED, document=chosen)
    assert [job.id for job in output_jobs(store, run, chosen)] == queued
    assert [job.request["side"] for job in output_jobs(store, run, chosen)] == ["a", "b"]
    assert output_jobs(store, run, other) == []
    work_off(settings)
    assert {job.state for job in output_jobs(store, run, chosen)} == {"done"}
    assert {one.document for one in outputs(store, run)} == {chosen}
    with pytest.raises(RefusedPlan):
        store.request_outputs(run, WANTED, document="0" * 64)


def test_what_was_erased_is_written_again_for_the_same_text(settings, store):
    run = scored_run(store)
    queued = request_outputs(store, run, WANTED)
    work_off(settings)
    (part,) = store.run_documents(run)
    text = store.document_text(part.document.id)
    store.erase_document(part.document.id)
    assert outputs(store, run) == []
    store.add_documents(ingested([text]))
    assert set(request_outputs(store, run, WANTED)).isdisjoint(queued)
    work_off(settings)
    assert len(outputs(store, run)) == 2 * 3


@pytest.mark.parametrize("is_state_there", [True, False])
def test_an_interrupted_task_goes_on_to_the_same_bits(settings, store, is_state_there):
    quiet, broken = scored_run(store, seed=5), scored_run(store, seed=5)
    for run in (quiet, broken):
        request_outputs(store, run, WANTED)

    stop, written = threading.Event(), []

    class Stopping(FakeScorer):
        def write_on(self, arm, state, most, lines):
            if len(written) == 7:
                stop.set()
            written.append((arm.name, state))
            return super().write_on(arm, state, most, lines)

    work(settings, Stopping(), stop, until_idle=True, name="second")
    assert stop.is_set()
    with store.database.write() as connection:
        if not is_state_there:
            connection.execute(tables.states.delete())
    items = len(written_bits(store, quiet)) + len(written_bits(store, broken))
    assert 0 < items < 12
    seen = len(written)
    stop.clear()
    work(settings, Stopping(), stop, until_idle=True, name="third")
    assert written_bits(store, quiet).keys() == written_bits(store, broken).keys()
    assert written_bits(store, quiet) == written_bits(store, broken)
    assert len(written) - seen <= 12 - items + 1  # nothing that was stored is written again


def test_a_worker_that_is_killed_costs_one_text_and_no_bit(settings, store, worker):
    run = scored_run(store, seed=5)
    request_outputs(store, run, WANTED)
    first, patience = worker("here:1"), time.monotonic() + 200
    while len(rows_of(store, run)) < 1:
        assert time.monotonic() < patience, "nothing is written"
        time.sleep(0.01)
    first.kill()
    first.wait()
    before = rows_of(store, run)
    assert 0 < len(before) < 6
    tasks.release_owner(store.database, "here:1")
    assert worker("here:2", "--until-idle").wait(200) == 0
    assert rows_of(store, run)[: len(before)] == before  # not even their time of writing
    killed = written_bits(store, run)

    quiet = scored_run(store, seed=5)
    request_outputs(store, quiet, WANTED)
    work_off(settings)
    assert killed == written_bits(store, quiet)
    assert len(killed) == 2 * 3


def test_cancelling_a_run_ends_its_outputs(settings, store):
    run = queue_run(store, size=SIZE)
    request_outputs(store, run, WANTED)
    store.cancel_run(run)
    work_off(settings)
    assert outputs(store, run) == []
    assert open_outputs(store, run) == (0, 2)


def test_documents_without_a_line_to_continue_are_refused_in_words(store):
    added = store.add_documents(ingested(["x" * 6_000]))
    planned = make_plan(Preset.MATCHED, Depth.QUICK, added, lengths=LENGTHS, describe=describe)
    run = store.create_run("one line", planned.plan, planned.run_documents)
    with pytest.raises(RefusedPlan) as refused:
        request_outputs(store, run, WANTED)
    assert "first 16 bytes" in refused.value.words("en")
    assert "冒頭 16 バイト" in refused.value.words("ja")
