"""Pausing, priorities and jobs without a run, on both databases."""

from __future__ import annotations

import threading
from dataclasses import asdict

import pytest
from sqlalchemy import select, update

from evaluations import database as tables
from evaluations import tasks
from evaluations.documents import Split
from evaluations.errors import LeaseLost, UnknownJob
from evaluations.kinds import KINDS, LEVELS, Kind
from evaluations.store import Store
from evaluations.tasks import NewJob, StoredPart, Task
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import queue_run, some_text, work_off


def claimed(store: Store, owner: str = "worker") -> Task | None:
    return tasks.claim(store.database, owner, lease_seconds=30)


def losses_of(store: Store, run: str) -> list[bytes]:
    query = (
        select(tables.losses.c.nll)
        .join(tables.tasks)
        .where(tables.tasks.c.run_id == run)
        .order_by(tables.tasks.c.position, tables.tasks.c.id, tables.losses.c.unit)
    )
    with store.database.read() as connection:
        return list(connection.scalars(query))


# --- pausing ---------------------------------------------------------------------------------


def test_nothing_of_a_paused_run_is_claimed_and_what_ran_is_fenced(store):
    run, other = queue_run(store), queue_run(store, seed=1)
    task = claimed(store)
    assert task.run == run
    store.pause_run(run)

    assert store.progress(run).status == "paused"
    assert store.summary(run).status == "paused"
    assert not tasks.is_held(store.database, task)
    with pytest.raises(LeaseLost):
        tasks.extend(store.database, task, 30)
    claims = [claimed(store) for _ in range(3)]
    assert {claim.run for claim in claims} == {other}


def test_a_run_paused_in_the_middle_goes_on_to_the_same_losses(settings, store):
    quiet, paused = queue_run(store, size=9_000), queue_run(store, size=9_000)
    units = []

    def pause_in_the_middle(_arm, _start):
        units.append(1)
        if len(units) == 8:
            store.pause_run(paused)

    work_off(settings, FakeScorer(before_unit=pause_in_the_middle))  # ends: what is left is paused
    assert store.progress(quiet).status == "done"
    assert store.progress(paused).status == "paused"
    assert losses_of(store, paused) != losses_of(store, quiet)
    store.resume_run(paused)
    work_off(settings)
    assert store.progress(paused).status == "done"
    assert losses_of(store, paused) == losses_of(store, quiet)
    with store.database.read() as connection:
        assert max(connection.scalars(select(tables.tasks.c.deaths))) == 0


def test_a_paused_run_can_be_cancelled_and_an_ended_one_not_paused(settings, store):
    run = queue_run(store)
    store.pause_run(run)
    store.cancel_run(run)
    assert store.progress(run).status == "cancelled"
    store.pause_run(run)
    assert store.progress(run).status == "cancelled"


# --- priorities ------------------------------------------------------------------------------


def test_an_urgent_run_goes_first_and_a_job_that_is_quickly_done_before_it(store, tmp_path):
    queue_run(store)
    urgent = queue_run(store, seed=1)
    store.set_priority(urgent, LEVELS["high"])
    assert store.summary(urgent).priority == LEVELS["high"]
    file = tmp_path / "a.log"
    file.write_text("text")
    job = store.request_ingest(file, "a.log", level=LEVELS["low"])

    assert claimed(store).id == job
    assert claimed(store).run == urgent
    store.set_priority(urgent, LEVELS["low"])
    assert claimed(store).run != urgent


# --- jobs ------------------------------------------------------------------------------------


def test_a_file_is_read_by_a_worker_and_its_documents_are_listed(settings, store, tmp_path):
    file = tmp_path / "upload"
    text = "\n".join(some_text(n, 4_000) for n in range(3))
    file.write_text(text)
    job = store.request_ingest(file, "工場.log", split=Split(pieces=3))
    file.unlink()  # the worker finds what was stored
    work_off(settings)

    found = store.job(job)
    assert (found.state, found.reason, found.done) == ("done", None, found.total)
    assert found.name == "工場.log"
    documents = store.documents()
    assert len(documents) == 3
    assert {one["id"] for one in found.result["documents"]} == {one.id for one in documents}
    assert sum(len(store.document_text(one.id)) for one in documents) >= len(text) - 3
    assert store.jobs("ingest") == [found]


def test_a_refused_file_is_a_result_with_its_reason_and_is_not_kept(settings, store, tmp_path):
    file = tmp_path / "upload"
    file.write_bytes(b"\x7fELF" + bytes(300))
    job = store.request_ingest(file, "program.log")
    work_off(settings)
    found = store.job(job)
    assert found.state == "done"
    assert found.result["status"] == "reject"
    assert found.result["messages"][0]["values"]["file"] == "program.log"
    assert not store.files.is_there(found.request["file"])


def test_a_cancelled_upload_leaves_no_file_unless_another_job_needs_it(store, tmp_path):
    file = tmp_path / "upload"
    file.write_text("text")
    first, second = store.request_ingest(file, "a.log"), store.request_ingest(file, "b.log")
    sha256 = store.job(first).request["file"]
    store.cancel_job(first)
    assert store.job(first).state == "cancelled"
    assert store.files.is_there(sha256)
    store.cancel_job(second)
    assert not store.files.is_there(sha256)
    assert claimed(store) is None


def test_an_unknown_job_is_named(store):
    queue_run(store)  # tasks of a run are no jobs
    for method in (store.job, store.cancel_job):
        with pytest.raises(UnknownJob, match="1"):
            method(1)


@pytest.fixture
def counting(monkeypatch):
    """A kind of job that counts, part by part."""
    monkeypatch.setitem(KINDS, "count", Kind("tests.evaluations.counting"))


def test_a_job_resumes_where_it_stored_a_part_and_its_result_is_stored_once(
    settings, store, counting
):
    job = store.request_job(NewJob("count", "counting", {"to": 4, "stop_at": 2}, total=4, parts=4))
    stop = threading.Event()
    work(settings, FakeScorer(), stop, until_idle=True, name="one")
    found = store.job(job)
    assert (found.state, found.done, found.result) == ("done", 4, {"sum": 0 + 1 + 2 + 3})
    with store.database.read() as connection:
        assert connection.scalar(select(tables.tasks.c.attempts)) == 2  # it gave itself back once


def test_a_part_that_is_stored_twice_counts_once(store, counting):
    store.request_job(NewJob("count", "counting", {"to": 4}, total=4, parts=4))
    task = claimed(store)
    written = []
    for _ in range(2):
        part = StoredPart(0, done=1, state=b"0")
        tasks.store_part(store.database, task, part, lambda _connection: written.append(1))
    assert written == [1]
    assert store.jobs()[0].done == 1
    for _ in range(2):
        tasks.finish(store.database, task, result={"sum": 0})
    assert store.jobs()[0].state == "done"


def test_a_kind_that_this_version_does_not_know_waits_for_a_later_one(store, counting, monkeypatch):
    store.request_job(NewJob("count", "counting", {}, total=1))
    monkeypatch.delitem(KINDS, "count")
    assert claimed(store) is None
    assert tasks.is_idle(store.database)


def test_tasks_of_before_are_as_they_were(store):
    """What the first version queued has no request: it is no job."""
    queue_run(store)
    with store.database.write() as connection:
        connection.execute(update(tables.tasks).values(requested_at=None))
    assert store.jobs() == []
    assert asdict(claimed(store))["request"] is None
