"""What an operator is told: readiness, counts, figures; and that asking never hangs."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from evaluations import operations, tasks
from evaluations.database import GLANCE, glance, upsert
from evaluations.database import now as database_now
from evaluations.database import workers as workers_table
from evaluations.operations import failed_check, work_facts
from evaluations.records import Reason
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.telemetry import Pace, Telemetry
from tests.evaluations.queued import queue_run, work_off


def facts_of(settings):
    with glance(settings) as connection:
        return work_facts(connection)


def hear_of_a_worker(store):
    with store.database.write() as connection:
        present = database_now(connection)
        upsert(
            connection,
            workers_table,
            {"name": "w", "host": "h", "process": 1, "device": "d", "threads": 1,
             "started_at": present, "heartbeat_at": present},
        )  # fmt: skip


def test_counts_say_what_the_store_says_of_each_run(settings, store):
    queue_run(store)
    work_off(settings)
    cancelled = queue_run(store, seed=1)
    store.cancel_run(cancelled)
    waiting = queue_run(store, seed=2)
    broken = queue_run(store, seed=3)
    while (task := tasks.claim(store.database, "w", 60.0)) is not None:
        if task.run == broken:
            tasks.fail(store.database, task, Reason(key="task.parked", values={"deaths": 3}))
        else:
            assert task.run == waiting  # now it is running
    paused = queue_run(store, seed=4)
    store.pause_run(paused)
    statuses = [run.status for run in store.runs(archived=True)]
    found = facts_of(settings)
    assert found.runs == {status: statuses.count(status) for status in set(statuses)}
    assert set(found.runs) == {"done", "cancelled", "running", "failed", "paused"}
    assert found.parked > 0
    assert found.in_state("failed") == sum(found.failures.values())
    assert found.stored_units > 0


def test_workers_are_alive_as_long_as_they_are_heard_of(settings, store, monkeypatch):
    nobody = facts_of(settings)
    assert (nobody.workers_alive, nobody.heartbeat_age) == (0, None)
    hear_of_a_worker(store)
    assert facts_of(settings).workers_alive == 1
    monkeypatch.setattr(operations, "SILENT_AFTER", operations.SILENT_AFTER * 0)
    assert facts_of(settings).workers_silent == 1


def test_it_is_ready_once_the_database_is_there_and_somebody_may_work(settings):
    only_services = settings.model_copy(update={"start_worker": False})
    assert failed_check(settings) == "database"
    store = open_store(settings)
    try:
        assert failed_check(settings) is None
        assert failed_check(only_services) == "worker"
        hear_of_a_worker(store)
        assert failed_check(only_services) is None
    finally:
        store.close()


def test_a_full_disk_and_a_folder_that_cannot_be_written_are_not_ready(settings, monkeypatch):
    open_store(settings).close()
    monkeypatch.setattr(operations, "LEAST_FREE", 1 << 60)
    assert failed_check(settings) == "disk"
    taken = settings.data_dir / "taken"
    taken.write_text("a file")
    inside = settings.model_copy(update={"data_dir": taken / "inside"})
    assert failed_check(inside) == "data_folder"


@pytest.fixture
def locked(tmp_path):
    """A database in which another process holds the only lock there is."""
    settings = Settings(data_dir=tmp_path / "data")
    store = open_store(settings)
    queue_run(store)
    store.close()
    code = (
        "import sqlite3, sys\n"
        "held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "held.execute('PRAGMA locking_mode=EXCLUSIVE')\n"
        "held.execute('BEGIN EXCLUSIVE')\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    file = str(settings.data_dir / "longssm.sqlite3")
    holder = subprocess.Popen(
        [sys.executable, "-c", code, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    yield settings
    holder.kill()
    holder.wait()


def test_a_locked_database_is_not_waited_for(locked):
    started = time.monotonic()
    assert failed_check(locked) == "database"
    assert time.monotonic() - started < GLANCE + 3


def test_looking_makes_and_changes_nothing(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    with pytest.raises(Exception, match="unable to open"), glance(settings):
        pass
    assert not settings.data_dir.exists()
    open_store(settings).close()
    with glance(settings) as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(workers_table.delete())


def test_figures_are_in_the_format_of_prometheus_and_name_nobody(settings, store):
    run = queue_run(store)
    text = Telemetry(settings).text().decode()
    families = {found.name: found for found in text_string_to_metric_families(text)}
    tasks_by_state = {
        (one.labels["kind"], one.labels["state"]): one.value
        for one in families["longssm_tasks"].samples
    }
    assert tasks_by_state["score", "queued"] == 4
    assert families["longssm_runs"].samples[0].labels == {"status": "queued"}
    assert families["longssm_queue_age_seconds"].samples[0].value >= 0
    assert not families["longssm_heartbeat_age_seconds"].samples  # absent, not zero
    assert families["process_resident_memory_bytes"].samples[0].value > 1e6
    for word in (run, "a run", "some.log", str(settings.data_dir)):
        assert word not in text


def test_speeds_are_told_between_two_looks_and_never_of_work_that_was_taken_back():
    pace = Pace()
    assert pace.after(0.0, 10, 1_000) is None
    assert pace.after(1.0, 20, 3_000) is None  # too close to be a speed
    assert pace.after(10.0, 30, 6_000) == (2.0, 500.0)
    assert pace.after(20.0, 5, 6_000) is None
    assert pace.after(400.0, 25, 7_000) is None  # the one before is too long ago
    assert pace.after(410.0, 35, 9_000) == (1.0, 200.0)


def test_the_check_of_a_folder_leaves_nothing_behind(tmp_path):
    operations.check_folder(tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileExistsError):
        operations.check_folder(tmp_path / "file")


def test_the_clocks_of_one_machine_agree(settings, store):
    with store.database.read() as connection:
        assert abs(operations.clock_difference(connection)) < 1.0
