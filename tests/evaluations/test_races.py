"""Two who write at the same moment: nothing is lost, done twice, or left half way.

SQLite has one writer at a time; what can only meet on PostgreSQL is tried there.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from evaluations import database as tables
from evaluations import erasing, requests, tasks
from evaluations import store as stores
from evaluations.database import Database
from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import LeaseLost, RefusedPlan
from evaluations.heart import Heart
from evaluations.records import Baselines
from evaluations.scorer import Device
from evaluations.settings import Settings
from evaluations.shared_files import ObjectStore, SharedFiles
from evaluations.store import Store, open_store
from evaluations.tasks import NewJob
from longssm_core.overlap import sketch
from tests.evaluations.databases import empty_database
from tests.evaluations.queued import document, queue_run, some_text

on_postgresql = pytest.mark.postgres


@pytest.fixture
def team(postgres: str, tmp_path: Path) -> Iterator[Store]:
    """The empty store of a team."""
    with empty_database(postgres) as url:
        opened = open_store(Settings(data_dir=tmp_path / "data", database_url=url, language="en"))
        yield opened
        opened.close()


def states_of(store: Store, run: str) -> list[str]:
    task = tables.tasks
    with store.database.read() as connection:
        return list(connection.scalars(select(task.c.state).where(task.c.run_id == run)))


def end_all_but_one(store: Store, run: str) -> tasks.Task:
    """The last task of a run, held."""
    last = None
    while (task := tasks.claim(store.database, "worker", 60.0)) is not None:
        last = task
        with store.database.read() as connection:
            left = tables.tasks.c.state.in_(("queued", "running"))
            query = select(tables.tasks.c.id).where(tables.tasks.c.run_id == run, left)
            if len(connection.scalars(query).all()) == 1:
                break
        tasks.finish(store.database, task)
    assert last is not None
    return last


@on_postgresql
def test_a_run_whose_last_task_ends_while_it_is_cancelled_or_paused_is_done(team, monkeypatch):
    def meanwhile(action: str) -> str:
        """Ask for something; the last task is finished after it was looked whether any is left."""
        run = queue_run(team, size=1_000, seed=len(action))
        last = end_all_but_one(team, run)
        looked = stores._status

        def look(connection, row):
            found = looked(connection, row)
            monkeypatch.setattr(stores, "_status", looked)
            tasks.finish(team.database, last)
            return found

        monkeypatch.setattr(stores, "_status", look)
        getattr(team, action)(run)
        return run

    cancelled, paused = meanwhile("cancel_run"), meanwhile("pause_run")
    assert [team.progress(run).status for run in (cancelled, paused)] == ["done", "done"]
    with team.database.read() as connection:
        runs = tables.runs.c
        left = connection.execute(select(runs.cancelled_at, runs.paused_at)).all()
    assert {tuple(row) for row in left} == {(None, None)}  # nothing that is asked for later waits


@on_postgresql
def test_no_task_is_claimed_while_its_run_is_being_paused(team, monkeypatch):
    run = queue_run(team, size=1_000)
    pause = tasks.pause

    def slowly(connection, run):
        paused = pause(connection, run)
        assert tasks.claim(team.database, "worker", 60.0) is None
        return paused

    monkeypatch.setattr(stores.queue, "pause", slowly)
    team.pause_run(run)
    assert set(states_of(team, run)) == {"queued"}


@on_postgresql
def test_the_same_request_made_twice_at_once_is_one_job(team):
    ids: list[int] = []

    def ask(before_it_ends: threading.Event | None = None) -> None:
        with team.database.write() as connection:
            ids.extend(requests._once(connection, [NewJob("train", "one", {"a": 1}, total=0)]))
            if before_it_ends is not None:
                before_it_ends.wait(0.3)  # the other one asks now

    both = [threading.Thread(target=ask, args=(threading.Event(),)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(ids) == 2
    assert len(set(ids)) == 1


@on_postgresql
def test_a_sketch_that_comes_while_its_document_is_erased_does_not_stay(team, monkeypatch):
    run = queue_run(team, size=1_000)
    (part,) = team.run_documents(run)
    text = team.document_text(part.document.id)
    facts = (run, part.document.id, Baselines(unigram=1.0, order2=1.0), sketch(text.encode()))
    late = threading.Thread(target=team.store_facts, args=facts)
    delete_rows = erasing._delete_rows

    def erase_slowly(connection, documents):
        found = delete_rows(connection, documents)
        late.start()
        late.join(0.3)
        return found

    monkeypatch.setattr(erasing, "_delete_rows", erase_slowly)
    team.erase_document(part.document.id)
    late.join()
    with team.database.read() as connection:
        assert connection.scalars(select(tables.run_documents.c.sketch)).all() == [None]


@on_postgresql
def test_of_two_who_wait_for_each_other_one_tries_again(team):
    rows = [queue_run(team, size=1_000, seed=seed) for seed in (1, 2)]
    together = threading.Barrier(2)

    def rename(order: list[str]) -> None:
        tries = []

        def write(connection) -> None:
            tries.append(1)
            stores._update_run(connection, order[0], name="new")
            if len(tries) == 1:
                together.wait(10)
            stores._update_run(connection, order[1], name="new")

        team.database.change(write)
        tried.append(len(tries))

    tried: list[int] = []
    both = [threading.Thread(target=rename, args=(order,)) for order in (rows, rows[::-1])]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(tried) == 2  # both have written
    assert max(tried) >= 2


def test_other_errors_of_a_change_are_not_tried_again(tmp_path):
    database, tries = Database(f"sqlite:///{tmp_path / 'a.sqlite3'}"), []

    def write(_connection) -> None:
        tries.append(1)
        raise OperationalError("", {}, Exception("disk I/O error"))

    with pytest.raises(OperationalError):
        database.change(write)
    database.close()
    assert tries == [1]


def test_nothing_is_made_of_a_document_that_was_erased_meanwhile(store):
    """A re-run had read its text, and stores the copy after the erasure."""
    run = queue_run(store, size=1_000)
    (part,) = store.run_documents(run)
    store.erase_document(part.document.id)
    text = some_text(99, 1_000)
    record = document(text).model_copy(
        update={"format": "derived", "original_sha256": part.document.id}
    )
    with pytest.raises(RefusedPlan):
        store.add_derived([ExtractedDocument(record, text)])
    assert not store.files.is_there(record.id)


def test_the_next_task_is_not_dropped_for_one_that_had_just_ended():
    """The heart had found the first one gone, and says so when the next is held already."""
    heart = Heart(Database("sqlite://"), "worker", Device("cpu", 1), 60.0)
    first, other = (tasks.Task(number, None, "score", None, None, 1, 0, 1) for number in (1, 2))
    claimed_again = replace(first, token=2)
    for second in (other, claimed_again):
        with heart.holding(first):
            pass
        with heart.holding(second):
            heart._lose(first)
            heart.check()
            heart.check(second)
            heart._lose(second)
            with pytest.raises(LeaseLost):
                heart.check()
            with pytest.raises(LeaseLost):
                heart.check(second)


def test_of_several_tasks_the_lost_one_alone_is_dropped():
    heart = Heart(Database("sqlite://"), "worker", Device("cpu", 1), 60.0)
    first, other = (tasks.Task(number, None, "score", None, None, 1, 0, 1) for number in (1, 2))
    with heart.holding(first, other):
        child = heart.children.start([sys.executable, "-c", "input()"])
        heart._lose(first)
        heart.check()  # the pass goes on for the other
        heart.check(other)
        with pytest.raises(LeaseLost):
            heart.check(first)
        heart.drop(first)
        heart.check()
        assert child.poll() is None
        heart._lose(other)
        assert child.poll() is not None
        with pytest.raises(LeaseLost):
            heart.check()


def test_a_copy_on_its_way_to_the_object_store_is_not_taken_for_erased(tmp_path, monkeypatch):
    objects = ObjectStore(f"file://{tmp_path / 'objects'}")
    (tmp_path / "objects").mkdir()
    files, other = (SharedFiles(tmp_path / "copies", objects, 1 << 20) for _ in range(2))
    upload, cleaning = ObjectStore.upload, threading.Thread(target=other.drop_erased)

    def slowly(self, source, name):
        cleaning.start()
        cleaning.join(0.3)
        (tmp_path / "objects" / name[:2]).mkdir()
        upload(self, source, name)

    monkeypatch.setattr(ObjectStore, "upload", slowly)
    name = files.put(b"of somebody")
    cleaning.join()
    assert files.read(name) == b"of somebody"
    assert (tmp_path / "copies" / name[:2] / name).exists()
    objects.remove(f"{name[:2]}/{name}")
    assert other.drop_erased() == 1
