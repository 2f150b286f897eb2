"""The store on both databases: documents, runs and results as pages and commands see them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from evaluations import database as tables
from evaluations import store as store_module
from evaluations import tasks
from evaluations.documents import ingest_bytes
from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import UnknownRun
from evaluations.plan import canonical_json, make_plan, plan_hash
from evaluations.records import DERIVED, Depth, Perturbation, Preset, Reason, RunDocument, Snapshot
from evaluations.store import open_store
from tests.evaluations.fake_scorer import FakeScorer
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
    text = "設備01 起動\n異常なし"
    original = text.encode("cp932")
    (added,) = store.add_documents(ingest_bytes("a.log", original, "cp932"), original)

    assert store.documents() == [added]
    assert store.document_text(added.id) == text
    assert original in [
        path.read_bytes() for path in store.files.folder.rglob("*") if path.is_file()
    ]


def test_derived_documents_are_stored_and_not_listed_and_reruns_are_found_by_their_parent(store):
    made = planned(store, [some_text(0, 6_000)])
    parent = store.create_run("parent", made.plan, made.run_documents)
    other = store.create_run("other", made.plan, made.run_documents)
    listed = store.documents()
    (extracted,) = ingested([some_text(1, 6_000)]).documents
    document = extracted.document.model_copy(update={"format": DERIVED})
    perturbation = Perturbation(kind="ocr", strength=0.1)
    plan = made.plan.model_copy(update={"parent": parent, "perturbation": perturbation})
    parts = [RunDocument(document=document, role="scored", order=0)]
    derived = [ExtractedDocument(document, extracted.text)]
    first = store.create_run("first", plan, parts, derived=derived)
    assert store.documents() == listed
    assert store.document_text(document.id) == extracted.text
    last = store.create_run("the same again", plan, parts)
    assert first != last
    assert store.reruns(parent) == [last]
    assert store.reruns(other) == []
    assert {run.id for run in store.runs() if run.parent == parent} == {first, last}
    store.archive_run(last)
    assert store.reruns(parent) == [first]


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


def failing_once(store, run, settings):
    """Work the run off by a worker that runs out of memory under one arm."""

    def out_of_memory(arm, _start):
        if arm.name == "zero+carry":
            raise MemoryError

    work_off(settings, FakeScorer(before_unit=out_of_memory))
    assert {failure.reason.key for failure in store.progress(run).failures} == {
        "task.out_of_memory"
    }


def test_repeating_a_command_computes_what_failed_and_nothing_else(settings, store):
    made = planned(store, [some_text(0, 6_000), some_text(1, 6_000)])
    run = store.start_run("first", made.plan, made.run_documents)
    failing_once(store, run, settings)
    failed = store.snapshot(run)
    assert failed.verdict.reason.key == "results.reason.withheld.pairs_complete"

    assert store.start_run("again", made.plan, made.run_documents) == run
    assert store.progress(run).status == "running"
    assert store.progress(run).failures == ()
    computed = []
    work_off(settings, FakeScorer(before_unit=lambda arm, _start: computed.append(arm.name)))
    assert set(computed) == {"zero+carry"}
    assert store.progress(run).status == "done"
    assert store.progress(run).failures == ()
    again = store.snapshot(run)
    complete = next(check for check in again.validity if check.check == "pairs_complete")
    assert complete.passed
    assert next(c for c in again.validity if c.check == "self_comparison").passed


def test_a_run_that_failed_altogether_is_computed_by_the_same_command(settings, store):
    made = planned(store, [some_text(0, 6_000)])
    run = store.start_run("first", made.plan, made.run_documents)

    def no_device(_arm, _start):
        raise RuntimeError("no such device")

    work_off(settings, FakeScorer(before_unit=no_device))
    assert store.snapshot(run).status == "failed"
    assert store.start_run("again", made.plan, made.run_documents) == run
    work_off(settings)
    assert store.snapshot(run).status == "done"
    assert store.runs()[0].outcome == store.snapshot(run).verdict.outcome


def test_a_finished_run_is_not_queued_again(settings, store):
    made = planned(store, [some_text(0, 6_000)])
    run = store.start_run("first", made.plan, made.run_documents)
    work_off(settings)
    before = store.snapshot(run)
    store.start_run("again", made.plan, made.run_documents)
    assert store.progress(run).status == "done"
    with store.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.snapshots)) == 1
    assert store.snapshot(run) == before


def test_a_cancelled_run_is_left_alone(settings, store):
    run = queue_run(store)
    failing = tasks.claim(store.database, "worker", 30)
    tasks.fail(store.database, failing, Reason(key="task.out_of_memory"))
    store.cancel_run(run)
    store.retry_run(run)
    assert store.progress(run).status == "cancelled"


def test_a_result_of_before_the_second_try_is_not_kept(settings, store, monkeypatch):
    made = planned(store, [some_text(0, 6_000)])
    run = store.start_run("first", made.plan, made.run_documents)
    failing_once(store, run, settings)
    with store.database.write() as connection:
        connection.execute(tables.snapshots.delete())

    honest = store_module.assemble

    def meanwhile(**given):  # the command is repeated while the result is put together
        store.start_run("again", made.plan, made.run_documents)
        return honest(**given)

    monkeypatch.setattr(store_module, "assemble", meanwhile)
    store.snapshot(run)
    monkeypatch.undo()
    with store.database.read() as connection:
        assert connection.execute(select(tables.snapshots)).all() == []
    work_off(settings)
    assert store.snapshot(run).status == "done"


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


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("n\x1b[31m\nline2", "n␛[31m line2"),
        ("  第3工場 \t 設備ログ ", "第3工場 設備ログ"),
        ("2026/11 a\\b", "2026/11 a\\b"),
        ("\u202egol.txt", "\ufffdgol.txt"),
        ("bad\udcff", "bad\ufffd"),
        ("nul\x00", "nul␀"),
    ],
)
def test_a_name_holds_nothing_that_a_terminal_would_obey(store, given, shown):
    made = planned(store, [some_text(0, 6_000)])
    run = store.create_run(given, made.plan, made.run_documents)
    assert store.runs()[0].name == shown
    store.rename_run(run, "other")
    store.rename_run(run, given)
    assert store.runs()[0].name == shown
    assert store.snapshot(run).name == shown


def test_a_run_whose_rule_would_be_refused_today_is_still_shown(store):
    made = planned(store, [some_text(0, 6_000)])
    rule = made.plan.rule.model_copy(update={"confidence": 0.9995, "margin": 9.0})
    old = made.plan.model_copy(update={"rule": rule})
    run = store.create_run("of an earlier version", old, made.run_documents)
    assert store.plan(run) == old
    assert store.snapshot(run).plan == old
    task = tasks.claim(store.database, "worker", 30)
    assert store.work_of(task).units


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
    attempt = store_module._attempt
    with store.database.read() as connection:
        now_at = attempt(connection, run)
    store._keep(stored.model_copy(update={"device": "another one"}), now_at)
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
