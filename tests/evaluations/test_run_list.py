"""The list of evaluations says what the database says, however much of it is remembered."""

from __future__ import annotations

from sqlalchemy import update

from evaluations import database as tables
from evaluations.store import open_store
from tests.evaluations.queued import queue_run, work_off


def test_what_is_remembered_is_never_behind_the_database(store, settings):
    run = queue_run(store)
    other = open_store(settings)
    try:
        (queued,) = store.runs()
        assert (queued.status, queued.done, queued.documents) == ("queued", 0, 1)
        work_off(settings)
        store.snapshot(run)
        (done,) = store.runs()
        assert (done.status, done.done, done.outcome) == ("done", done.total, "undecided")

        with other.database.write() as connection:  # another process: a task failed, is retried
            task = tables.tasks
            failed = update(task).where(task.c.run_id == run, task.c.kind == "score")
            connection.execute(failed.values(state="failed", done_tokens=0))
        other.retry_run(run)
        (again,) = store.runs()
        assert again.status == "running"
        assert again.done < again.total
        assert again == other.runs()[0]

        other.rename_run(run, "new")
        other.cancel_run(run)
        assert (store.summary(run).name, store.summary(run).status) == ("new", "cancelled")
        assert store.newest_runs(2) == store.runs()
        other.archive_run(run)
        assert store.runs() == store.newest_runs(2) == []
        assert store.runs(archived=True)[0].archived
        assert store.has_archived()
    finally:
        other.close()


def test_the_newest_are_the_first_of_the_list(store):
    for seed in range(3):
        queue_run(store, seed=seed)
    assert store.newest_runs(2) == store.runs()[:2]
    assert store.newest_runs(9) == store.runs()
