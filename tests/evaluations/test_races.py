"""Two who write at the same moment: nothing is lost, done twice, or left half way.

SQLite has one writer at a time; what can only meet on PostgreSQL is tried there.
"""

from __future__ import annotations

import hashlib
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from evaluations import database as tables
from evaluations import erasing, ingesting, keeping, requests, tasks
from evaluations import store as stores
from evaluations.database import Database
from evaluations.documents import ingest_bytes
from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import FilesAway, LeaseLost, RefusedPlan
from evaluations.heart import Heart
from evaluations.records import Baselines, Perturbation, RunDocument, TokenMap
from evaluations.scorer import Device
from evaluations.settings import Settings
from evaluations.shared_files import ObjectStore, SharedFiles
from evaluations.store import Store, open_store
from evaluations.tasks import NewJob
from evaluations.tokens import packed
from evaluations.unlisted import forget_unlisted, note, noted
from longssm_core.overlap import sketch
from longssm_core.tokenizer import ByteTokenizer
from tests.evaluations.databases import empty_database
from tests.evaluations.queued import (
    describe,
    document,
    ingested,
    queue_run,
    some_text,
    work_off,
)

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


@pytest.mark.parametrize("is_changed", [True, False])
def test_nothing_is_made_of_a_document_that_was_erased_meanwhile(store, is_changed):
    """A re-run had read its text, and stores the copy after the erasure."""
    run = queue_run(store, size=1_000)
    (part,) = store.run_documents(run)
    text = some_text(99, 1_000) if is_changed else store.document_text(part.document.id)
    store.erase_document(part.document.id)
    copy = derived_from(part.document.id, text)
    parts = [RunDocument(document=copy.document, role="scored", order=0)]
    with pytest.raises(RefusedPlan):
        store.create_run("a re-run", store.plan(run), parts, derived=[copy])
    assert not store.files.is_there(copy.document.id)


def derived_from(origin: str, text: str) -> ExtractedDocument:
    changes = {"format": "derived", "original_sha256": origin}
    return ExtractedDocument(document(text).model_copy(update=changes), text)


def test_nothing_is_made_of_a_donor_that_was_erased_before_the_run_is_there(
    store, monkeypatch, tmp_path
):
    """Its words are in the copy, and only the plan of the re-run says so; readings may go on."""
    (tmp_path / "waiting.log").write_text("a file that waits for a worker\n" * 9)
    store.request_ingest(tmp_path / "waiting.log", "waiting.log")
    run = queue_run(store, size=1_000)
    (part,) = store.run_documents(run)
    (donor,) = store.add_documents(ingested([some_text(7, 1_000)], "donor.log"))
    mixed = derived_from(part.document.id, some_text(8, 1_000))
    plan = store.plan(run).model_copy(
        update={
            "perturbation": Perturbation(kind="foreign_site", strength=0.5, donors=(donor.id,)),
            "parent": run,
        }
    )
    parts = [RunDocument(document=mixed.document, role="scored", order=0)]
    keep_text = stores.keep_text

    def then_it_is_erased(files, extracted):
        keep_text(files, extracted)
        assert store.erase_document(donor.id).copies == 0  # no run tells of this one yet

    monkeypatch.setattr(stores, "keep_text", then_it_is_erased)
    with pytest.raises(RefusedPlan):
        store.create_run("a re-run", plan, parts, derived=[mixed])
    assert not store.files.is_there(mixed.document.id)
    with store.database.read() as connection:
        listed = set(connection.scalars(select(tables.documents.c.id)))
    assert listed == {part.document.id, donor.id}


def test_a_text_that_is_uploaded_again_while_its_files_are_erased_is_there(store, monkeypatch):
    again = ingested([some_text(3, 1_000)])
    (one,) = store.add_documents(again)
    erase_unnamed = erasing.erase_unnamed

    def after_an_upload(store, files):
        store.add_documents(again)
        return erase_unnamed(store, files)

    monkeypatch.setattr(erasing, "erase_unnamed", after_an_upload)
    store.erase_document(one.id)
    assert [found.id for found in store.documents()] == [one.id]
    assert store.document_text(one.id)


def in_objects(store: Store, folder: Path) -> Store:
    """The store, with its files in an object store and copies of them in a folder."""
    store.files = SharedFiles(folder, ObjectStore(f"memory://{folder}"), 1 << 30)
    return store


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Store]:
    """The store of one machine whose files are in an object store."""
    opened = open_store(Settings(data_dir=tmp_path / "data", language="en"))
    yield in_objects(opened, tmp_path / "copies")
    opened.close()


@pytest.mark.parametrize("are_shared", [False, True])
def test_a_text_that_is_erased_between_its_storing_and_its_listing_is_stored_again(
    store, tmp_path, monkeypatch, are_shared
):
    if are_shared:
        in_objects(store, tmp_path / "copies")
    upload = some_text(3, 1_000).encode("utf-16")
    (one,) = store.add_documents(ingest_bytes("a.log", upload), upload)
    keep_text, kept = stores.keep_text, []

    def then_it_is_erased(files, extracted):
        keep_text(files, extracted)
        kept.append(extracted.document.id)
        if len(kept) == 1:
            store.erase_document(one.id)
            assert not store.files.is_there(one.id)

    monkeypatch.setattr(stores, "keep_text", then_it_is_erased)
    store.add_documents(ingest_bytes("a.log", upload), upload)
    assert kept == [one.id, one.id]
    assert store.document_text(one.id)
    assert store.files.is_there(hashlib.sha256(upload).hexdigest())


def test_nobody_waits_for_an_object_store_while_files_are_named(shared, tmp_path, monkeypatch):
    """SQLite has one writer: a heartbeat would wait as long as the store takes to answer."""
    size, asked = ObjectStore.size, []

    def while_another_one_writes(self, name):
        with closing(sqlite3.connect(shared.database.engine.url.database, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
        asked.append(name)
        return size(self, name)

    run = queue_run(shared, size=1_000)
    (part,) = shared.run_documents(run)
    copy = derived_from(part.document.id, some_text(8, 1_000))
    parts = [RunDocument(document=copy.document, role="scored", order=0)]
    (tmp_path / "a.log").write_text("2026-04-01 order accepted\n" * 50)
    monkeypatch.setattr(ObjectStore, "size", while_another_one_writes)
    shared.add_documents(ingested([some_text(3, 1_000)]))
    shared.request_ingest(tmp_path / "a.log", "a.log")
    shared.create_run("a re-run", shared.plan(run), parts, derived=[copy])
    assert asked


def test_what_is_put_while_it_is_erased_counts_as_erased_until_it_is_put_again(shared, monkeypatch):
    name, remove = shared.files.put(b"a text"), ObjectStore.remove
    other = SharedFiles(shared.files.folder, shared.files.store, 1 << 30)  # another process
    assert shared.files.erased([name]) == set()

    def after_it_was_put(self, object_name):
        assert other.put(b"a text") == name  # which finds it there
        remove(self, object_name)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ObjectStore, "remove", after_it_was_put)
        shared.files.erase(name)
    assert other.erased([name]) == other.missing([name]) == {name}
    other.put(b"a text")
    assert shared.files.erased([name]) == shared.files.missing([name]) == set()


def test_a_slow_store_is_waited_for_one_file_at_a_time(shared, monkeypatch):
    """While files are erased, which has to be in the transaction that looks who names them."""
    names = [shared.files.put(bytes([number])) for number in range(3)]
    write, begun = Database.write, []

    def counted(self):
        begun.append(1)
        return write(self)

    monkeypatch.setattr(Database, "write", counted)
    monkeypatch.setattr(keeping, "LONGEST", 0.0)
    assert keeping.erase_unnamed(shared, names) == 3
    assert len(begun) == 3
    assert list(shared.files.names()) == []

    def away(self, _name):
        raise FilesAway(self.url, ConnectionError("nobody answers"))

    monkeypatch.setattr(ObjectStore, "size", away)
    with pytest.raises(FilesAway):
        keeping.erase_unnamed(shared, names)
    assert len(begun) == 3  # nobody waits for a store that is away


def test_what_is_just_being_listed_is_not_erased_by_who_looked_before(store, monkeypatch):
    """The listing has begun and nobody else sees it yet: whoever erases waits for its end."""
    again = ingested([some_text(3, 1_000)])
    (one,) = store.add_documents(again)
    listing, looking, erased = threading.Event(), threading.Event(), threading.Event()
    erase_unnamed, list_documents = erasing.erase_unnamed, stores.list_documents

    def late(store, files):
        looking.set()
        assert listing.wait(10)
        found = erase_unnamed(store, files)
        erased.set()
        return found

    def slowly(connection, found):
        before = list_documents(connection, found)
        listing.set()
        assert not erased.wait(0.3)
        return before

    monkeypatch.setattr(erasing, "erase_unnamed", late)
    erasing_it = threading.Thread(target=store.erase_document, args=(one.id,))
    erasing_it.start()
    assert looking.wait(10)
    monkeypatch.setattr(stores, "list_documents", slowly)
    store.add_documents(again)
    erasing_it.join()
    assert erased.is_set()
    assert store.document_text(one.id)


def test_a_file_that_is_queued_for_reading_while_its_last_job_is_cancelled_stays(
    store, tmp_path, monkeypatch
):
    (tmp_path / "a.log").write_text("2026-04-01 order accepted\n")
    first = store.request_ingest(tmp_path / "a.log", "a.log")
    put, jobs = store.files.put_pieces, []

    def then_the_first_is_cancelled(pieces, sha256):
        put(pieces, sha256)
        if not jobs:
            jobs.append(first)
            store.cancel_job(first)
            assert not store.files.is_there(sha256)
        return sha256

    monkeypatch.setattr(store.files, "put_pieces", then_the_first_is_cancelled)
    second = store.request_ingest(tmp_path / "a.log", "a.log")
    assert store.files.is_there(store.job(second).request["file"])


def test_a_reading_whose_text_is_erased_before_it_is_listed_reads_again(
    store, tmp_path, monkeypatch
):
    (tmp_path / "a.log").write_text("2026-04-01 order accepted\n" * 50)
    job = store.request_ingest(tmp_path / "a.log", "a.log")
    readings, read = [], ingesting._read

    def then_it_is_erased(*arguments):
        found = read(*arguments)
        readings.append(found)
        if len(readings) == 1:
            store.files.erase(found["documents"][0]["id"])
        return found

    monkeypatch.setattr(ingesting, "_read", then_it_is_erased)
    work_off(store.settings)
    assert store.job(job).state == "done"
    assert len(readings) == 2
    (one,) = store.documents()
    assert store.document_text(one.id).startswith("2026-04-01")


def test_a_reading_reads_again_where_notes_of_a_killed_one_name_the_text_it_has_just_stored(
    store, tmp_path, monkeypatch
):
    (tmp_path / "a.log").write_text("2026-04-01 order accepted\n" * 50)
    job = store.request_ingest(tmp_path / "a.log", "a.log")
    readings, read = [], ingesting._read

    def then_the_notes_are_found(*arguments):
        found = read(*arguments)
        readings.append(found)
        if len(readings) == 1:
            note(store.settings.readings / "killed.txt", found["documents"][0]["id"])
        assert forget_unlisted(store) == (len(readings) == 1)
        return found

    monkeypatch.setattr(ingesting, "_read", then_the_notes_are_found)
    work_off(store.settings)
    assert (store.job(job).state, len(readings)) == ("done", 2)
    (one,) = store.documents()
    assert store.document_text(one.id).startswith("2026-04-01")


def test_what_a_living_process_is_about_to_list_is_left_to_it(store):
    with noted(store) as notes:
        text = store.files.put(b"about to be listed")
        note(notes, text)
        assert forget_unlisted(store) == 0
        assert store.files.is_there(text)
    assert not store.files.is_there(text)  # it was not, in the end
    assert list(store.settings.readings.iterdir()) == []


def test_notes_that_a_power_cut_has_halved_hold_nobody_up(store):
    text = store.files.put(b"read in vain")
    notes = store.settings.readings / "cut.txt"
    note(notes, text)
    with notes.open("ab") as file:
        file.write(b"0123\xff")
    assert forget_unlisted(store) == 1
    assert not store.files.is_there(text)
    assert not notes.exists()


def test_a_text_that_is_also_an_upload_or_a_report_is_not_erased_with_one_of_them(store):
    """The same bytes may be stored for several reasons."""
    text = some_text(5, 1_000)
    upload = store.files.put(text.encode())  # as it was dropped; the text came from an archive
    (one,) = store.add_documents(ingested([text]))
    assert one.id == upload
    erasing.forget_upload(store, {"file": upload})
    assert store.document_text(one.id) == text


def test_tokens_that_were_erased_after_the_plan_was_made_ask_for_a_new_plan(store):
    run = queue_run(store, size=1_000)
    (part,) = store.run_documents(run)
    tokens = TokenMap(count=1_000, file=store.files.put(packed(ByteTokenizer().read("a" * 1_000))))
    store.files.erase(tokens.file)
    parts = [part.model_copy(update={"tokens": tokens})]
    plan = store.plan(run).model_copy(update={"tokenizer": "a" * 64})
    with pytest.raises(RefusedPlan, match="Make the plan again"):
        store.create_run("late", plan, parts)


@on_postgresql
def test_tokens_that_another_machine_has_erased_are_made_anew_with_the_next_plan(
    team, tmp_path, monkeypatch
):
    """The text is there again; a copy of its tokens is left here."""
    monkeypatch.setattr(stores, "tokenizer_in", lambda _checkpoint: ByteTokenizer())
    elsewhere = SharedFiles(tmp_path / "elsewhere", in_objects(team, tmp_path).files.store, 1 << 30)
    run = queue_run(team, size=1_000)
    (part,) = team.run_documents(run)
    plan = team.plan(run).model_copy(update={"tokenizer": "a" * 64})

    def planned_and_begun() -> str:
        tokens = team.tokenize(part.document, describe("previous-t16"))
        return team.create_run("late", plan, [part.model_copy(update={"tokens": tokens})])

    elsewhere.erase(team.tokenize(part.document, describe("previous-t16")).file)
    with pytest.raises(RefusedPlan, match="Make the plan again"):
        planned_and_begun()
    (begun,) = team.run_documents(planned_and_begun())
    assert elsewhere.is_there(begun.tokens.file)


def test_tokens_of_a_text_that_was_erased_while_it_was_read_are_not_kept(store, monkeypatch):
    (one,) = store.add_documents(ingested([some_text(6, 1_000)]))
    checkpoint = describe("previous-t16")
    read = ByteTokenizer.read

    def then_it_is_erased(self, text):
        found = read(self, text)
        store.erase_document(one.id)
        return found

    monkeypatch.setattr(stores, "tokenizer_in", lambda _checkpoint: ByteTokenizer())
    monkeypatch.setattr(ByteTokenizer, "read", then_it_is_erased)
    with pytest.raises(RefusedPlan, match="erased"):
        store.tokenize(one, checkpoint)
    assert list(store.files.names()) == []


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
