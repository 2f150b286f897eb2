"""The store on both databases: documents, runs and results as pages and commands see them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from evaluations import database as tables
from evaluations.errors import UnknownRun
from evaluations.plan import canonical_json, make_plan, plan_hash
from evaluations.records import Depth, Preset, Snapshot
from evaluations.store import open_store
from tests.evaluations.queued import (
    LENGTHS,
    describe,
    ingested,
    queue_run,
    some_text,
    work_off,
)


def planned(store, texts, **changes):
    documents = store.add_documents(ingested(texts))
    return make_plan(
        Preset.MATCHED, Depth.QUICK, documents, lengths=LENGTHS, describe=describe, **changes
    )


# --- documents -------------------------------------------------------------------------------


def test_a_document_comes_back_as_it_was_stored_with_its_original(store):
    text = "設備01 起動 🙂\n異常なし"
    original = text.encode("cp932", errors="replace")
    (added,) = store.add_documents(ingested([text]), original)

    assert store.documents() == [added]
    assert store.document_text(added.id) == text
    assert original in [
        path.read_bytes() for path in store.files.folder.rglob("*") if path.is_file()
    ]


def test_the_same_text_is_stored_once_under_its_newest_name(store):
    store.add_documents(ingested(["text"], name="old.log"))
    store.add_documents(ingested(["text"], name="new.log"))
    assert [document.name for document in store.documents()] == ["0-new.log"]


def test_a_run_keeps_the_names_that_it_was_locked_with(store):
    texts = [some_text(0, 6_000)]
    made = planned(store, texts)
    run = store.create_run("run", made.plan, made.run_documents)
    store.add_documents(ingested(texts, name="renamed.log"))
    assert [part.document.name for part in store.run_documents(run)] == ["0-some.log"]


# --- runs ------------------------------------------------------------------------------------


def test_a_queued_run_holds_the_plan_exactly_as_it_was_locked(store):
    made = planned(store, [some_text(0, 6_000)], rule={"decider": "部長", "margin": 0.1 + 0.2})
    run = store.create_run("run", made.plan, made.run_documents)

    assert store.plan(run) == made.plan
    with store.database.read() as connection:
        row = connection.execute(select(tables.runs)).one()
    assert row.plan == canonical_json(made.plan)
    assert row.plan_hash == plan_hash(made.plan)
    assert store.snapshot(run).plan_hash == plan_hash(made.plan)


def test_repeating_a_command_finds_its_run_and_another_text_starts_a_new_one(store):
    texts = [some_text(0, 6_000), some_text(1, 6_000)]
    made = planned(store, texts)
    run = store.start_run("first", made.plan, made.run_documents)
    again = planned(store, texts[::-1])
    assert store.start_run("again", again.plan, again.run_documents) == run

    fewer = planned(store, texts[:1])
    assert store.start_run("fewer", fewer.plan, fewer.run_documents) != run


@pytest.mark.parametrize("put_away", ["cancel_run", "archive_run"])
def test_a_run_that_was_put_away_is_not_taken_up_again(store, put_away):
    made = planned(store, [some_text(0, 6_000)])
    run = store.start_run("first", made.plan, made.run_documents)
    getattr(store, put_away)(run)
    assert store.start_run("again", made.plan, made.run_documents) != run


def test_the_list_shows_the_newest_first_and_hides_what_is_archived(store):
    first, second = queue_run(store), queue_run(store, seed=10)
    assert [summary.id for summary in store.runs()] == [second, first]
    store.archive_run(second)
    assert [summary.id for summary in store.runs()] == [first]
    assert [summary.archived for summary in store.runs(archived=True)] == [True, False]
    store.archive_run(second, archived=False)
    assert len(store.runs()) == 2


def test_the_list_says_how_far_a_run_is_and_what_came_out(settings, store):
    run = queue_run(store, documents=2)
    (queued,) = store.runs()
    assert (queued.status, queued.done, queued.outcome) == ("queued", 0, None)
    work_off(settings)
    (done,) = store.runs()
    assert (done.status, done.done) == ("done", done.total)
    assert done.outcome == store.snapshot(run).verdict.outcome
    assert done.documents == 2


def test_a_finished_run_can_be_renamed_and_nothing_else_about_it_changes(settings, store):
    run = queue_run(store)
    work_off(settings)
    before = store.snapshot(run)
    store.rename_run(run, "新しい名前")
    after = store.snapshot(run)
    assert after == before.model_copy(update={"name": "新しい名前"})
    assert store.runs()[0].name == "新しい名前"


def test_a_finished_run_cannot_be_cancelled(settings, store):
    run = queue_run(store)
    work_off(settings)
    store.cancel_run(run)
    assert store.progress(run).status == "done"


@pytest.mark.parametrize(
    "method", ["progress", "snapshot", "plan", "run_documents", "cancel_run", "archive_run"]
)
def test_an_unknown_run_is_named(store, method):
    with pytest.raises(UnknownRun, match="no-such-run"):
        getattr(store, method)("no-such-run")


# --- results ---------------------------------------------------------------------------------


def test_the_result_of_a_finished_run_is_put_together_once(settings, store, monkeypatch):
    run = queue_run(store, documents=2)
    work_off(settings)
    first = store.snapshot(run)

    monkeypatch.setattr("evaluations.store.assemble", lambda **_: pytest.fail("computed again"))
    assert store.snapshot(run) == first
    other_process = open_store(settings)
    assert other_process.snapshot(run) == first
    other_process.close()


def test_two_processes_that_notice_the_end_together_store_one_result(settings, store):
    run = queue_run(store)
    work_off(settings)
    stored = store.snapshot(run)
    store._keep(stored.model_copy(update={"device": "another one"}))
    assert store.snapshot(run) == stored
    with store.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.snapshots)) == 1


def test_before_the_end_the_result_is_that_of_what_is_there(store):
    run = queue_run(store, documents=2)
    snapshot = store.snapshot(run)
    assert snapshot.status == "queued"
    assert snapshot.comparison.delta_bits_per_byte is None
    with store.database.read() as connection:
        assert connection.execute(select(tables.snapshots)).all() == []


def test_a_stored_result_is_read_back_to_the_last_digit(settings, store):
    run = queue_run(store, documents=3)
    work_off(settings)
    with store.database.read() as connection:
        text = connection.scalar(select(tables.snapshots.c.snapshot))
    assert Snapshot.model_validate_json(text) == store.snapshot(run)


def test_every_arm_has_a_speed_and_the_device_is_named(settings, store):
    run = queue_run(store)
    work_off(settings)
    snapshot = store.snapshot(run)
    assert {speed.arm for speed in snapshot.speed} == {arm.name for arm in snapshot.plan.arms}
    assert all(speed.tokens_per_second > 0 for speed in snapshot.speed)
    assert all(speed.peak_memory_bytes > 10_000_000 for speed in snapshot.speed)
    assert snapshot.device == "a test's processor"


def test_documents_that_are_too_short_end_a_run_at_once_without_a_verdict(store):
    made = planned(store, [some_text(0, 300)])
    run = store.create_run("short", made.plan, made.run_documents)
    snapshot = store.snapshot(run)
    assert snapshot.status == "done"
    assert [document.role for document in snapshot.documents] == ["too_short"]
    assert snapshot.verdict.outcome in ("withheld", "undecided")


def test_nobody_is_said_to_work_when_no_worker_was_heard_of(store):
    progress = store.progress(queue_run(store))
    assert not progress.worker_alive
    assert progress.seconds_left is None
    assert progress.device == ""
