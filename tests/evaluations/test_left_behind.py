"""Texts on a disk outside the data folder: gone with whoever read them, also when it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from evaluations import ingesting, unlisted
from evaluations.children import Children
from evaluations.documents import texts
from evaluations.errors import LeaseLost
from evaluations.jobs import Stopping
from evaluations.tasks import NewJob
from evaluations.unlisted import forget_unlisted, note
from tests.evaluations.queued import queue_run, work_off

WRITES_AND_WAITS = """
import os, pathlib, tempfile, time
pathlib.Path(tempfile.mkdtemp(), "1.text").write_text("secret")
print(tempfile.gettempdir(), flush=True)
time.sleep(600)
"""


def test_a_reader_that_is_killed_with_its_job_leaves_no_text(store):
    children, places = Children(), []

    def start(_command, environment):
        return children.start([sys.executable, "-c", WRITES_AND_WAITS], environment=environment)

    def lines(reader):
        places.append(Path(reader.stdout.readline().decode().strip()))
        assert [path.read_text() for path in places[0].rglob("*.text")] == ["secret"]
        raise Stopping
        yield

    job = SimpleNamespace(
        request={"file": "1" * 64, "bytes": 9, "name": "a.log"},
        store=store,
        progress=lambda *_: None,
        start=start,
        lines=lines,
    )
    with pytest.raises(Stopping):
        ingesting.run(job)
    assert not places[0].exists()


def test_texts_of_a_reading_that_was_killed_go_and_what_anything_names_stays(store):
    """With its worker: the next one finds the notes, whatever else waits for being read."""
    listed = queue_run(store, size=1_000)
    (part,) = store.run_documents(listed)
    vain = store.files.put(b"read in vain")
    foreign = store.files.put(b"of another database")
    notes = store.settings.readings / "killed.txt"
    for one in (vain, part.document.id, "0" * 64):  # the last was not stored any more
        note(notes, one)

    store.request_job(NewJob("ingest", "a.log", {"file": "1" * 64, "bytes": 1}, 1))
    assert forget_unlisted(store)
    assert not store.files.is_there(vain)
    assert store.files.is_there(part.document.id)
    assert store.files.is_there(foreign)
    assert not notes.exists()


def test_a_reading_that_is_cancelled_while_it_stores_leaves_no_text(store, tmp_path, monkeypatch):
    (tmp_path / "a.log").write_text("2026-04-01 order accepted\n" * 50)
    job = store.request_ingest(tmp_path / "a.log", "a.log")
    stored = []

    def cancelled(connection, documents):
        stored.extend(document.id for document in documents)
        raise LeaseLost("task.lease_lost", task=job)

    monkeypatch.setattr(ingesting, "list_documents", cancelled)
    forget = unlisted.forget_unlisted

    def after_it_was_cancelled(store):
        assert all(store.files.is_there(one) for one in stored)
        store.cancel_job(job)
        return forget(store)

    monkeypatch.setattr(unlisted, "forget_unlisted", after_it_was_cancelled)
    work_off(store.settings)
    assert stored
    assert not any(store.files.is_there(one) for one in stored)
    assert list(store.files.names()) == []  # nor the upload


def test_folders_of_processes_that_are_no_more_are_removed(tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = (f"longssm-{gone.pid}-a", f"longssm-{gone.pid}-young", f"longssm-{os.getpid()}-b")
    for name in (*names, "longssm-doctor-c"):
        (tmp_path / name).mkdir()
        if not name.endswith("young"):
            past = time.time() - 2 * texts.LEFT_SECONDS
            os.utime(tmp_path / name, (past, past))
    monkeypatch.setattr(texts.tempfile, "gettempdir", lambda: str(tmp_path))
    scratch = texts.Scratch()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[1:], "longssm-doctor-c", scratch.folder.name}
    del scratch
