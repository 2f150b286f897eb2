"""The worker that keeps processes running: replaces what dies, ends when it should, starts once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest
from sqlalchemy import select

from evaluations import database as tables
from evaluations import worker
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker import (
    ensure_worker,
    is_running,
    sensible_processes,
    start_worker,
)
from tests.evaluations.queued import ingested, queue_run, some_text
from tests.evaluations.tiny_pair import save_tiny_pair

PATIENCE = 180.0


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        worker_processes=1,
        lease_seconds=5.0,
        language="en",
        reuse_losses=False,
    )


@pytest.fixture
def store(settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


def queue_real_run(store: Store, tmp_path) -> str:
    zero, proposed = save_tiny_pair(tmp_path / "checkpoints")
    documents = store.add_documents(ingested([some_text(0, 20_000)]))
    planned = make_plan(Preset.MATCHED, Depth.QUICK, documents, zero=zero, proposed=proposed)
    return store.create_run("a run", planned.plan, planned.run_documents)


def wait_until(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < patience, "waited too long"
        time.sleep(0.05)


def listed_processes(store: Store) -> list[int]:
    with store.database.read() as connection:
        return list(connection.scalars(select(tables.workers.c.process)))


def children(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(worker.pid).children(recursive=True)


@pytest.mark.slow
def test_a_process_that_is_killed_is_replaced_and_the_run_finishes(settings, store, tmp_path):
    run = queue_real_run(store, tmp_path)
    worker = start_worker(settings)
    wait_until(lambda: bool(listed_processes(store)))
    (first,) = listed_processes(store)
    os.kill(first, signal.SIGKILL)

    wait_until(lambda: store.progress(run).status == "done")
    assert store.progress(run).failures == ()
    worker.stdin.close()
    assert worker.wait(PATIENCE) == 0
    assert listed_processes(store) == []  # those that ended are no longer listed


@pytest.mark.slow
def test_closing_its_input_ends_the_worker_and_all_its_processes(settings, store):
    worker = start_worker(settings)
    wait_until(lambda: bool(listed_processes(store)))
    family = children(worker)
    assert family
    assert is_running(settings)

    worker.stdin.close()
    assert worker.wait(PATIENCE) == 0
    assert [process for process in family if process.is_running()] == []
    assert not is_running(settings)


@pytest.mark.slow
def test_a_worker_that_is_killed_takes_its_processes_with_it(settings, store):
    worker = start_worker(settings)
    wait_until(lambda: bool(listed_processes(store)))
    family = children(worker)
    worker.kill()
    worker.wait()
    wait_until(lambda: not any(process.is_running() for process in family))


@pytest.mark.slow
def test_a_frozen_process_is_killed_and_replaced(settings, store, monkeypatch):
    code = (
        "from evaluations import worker; from evaluations.settings import load_settings; "
        "worker.LEAST_FROZEN = 3.0; worker.supervise(load_settings(), with_parent=True)"
    )
    supervisor = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        env={**os.environ, **settings.model_copy(update={"lease_seconds": 1.0}).environment()},
    )
    wait_until(lambda: bool(listed_processes(store)))
    (first,) = listed_processes(store)
    os.kill(first, signal.SIGSTOP)
    wait_until(lambda: listed_processes(store) not in ([], [first]))
    assert not psutil.pid_exists(first)
    supervisor.stdin.close()
    assert supervisor.wait(PATIENCE) == 0


@pytest.mark.slow
def test_only_one_detached_worker_starts_and_sigterm_ends_it(settings, store):
    assert ensure_worker(settings)
    wait_until(lambda: is_running(settings))
    assert not ensure_worker(settings)
    second = start_worker(settings)
    assert second.wait(PATIENCE) == 0  # it sees the first one and ends

    wait_until(lambda: bool(listed_processes(store)))
    supervisor = psutil.Process(listed_processes(store)[0]).parent()
    family = [supervisor, *supervisor.children()]
    supervisor.terminate()
    psutil.wait_procs(family, timeout=PATIENCE)
    assert not is_running(settings)
    assert listed_processes(store) == []


def test_there_is_at_least_one_process_and_at_most_one_a_processor():
    assert 1 <= sensible_processes() <= (os.cpu_count() or 1)


def test_starting_workers_does_not_load_torch():
    code = "import sys, evaluations.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_log_begins_anew_while_it_is_written_to_and_the_one_before_is_kept(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(worker, "LOG_LIMIT", 1_000)
    path = tmp_path / "worker.log"
    with path.open("ab", buffering=0) as somebody:
        for number in range(300):
            somebody.write(f"line {number:04d}\n".encode())
            worker.shorten_log(path)
        assert path.stat().st_size <= 1_000
    kept = path.with_suffix(".old.log").read_text() + path.read_text()
    assert kept.splitlines()[-1] == "line 0299"
    assert "\0" not in kept
    worker.shorten_log(tmp_path / "none.log")  # there is nothing to do


@pytest.mark.slow
def test_a_worker_that_is_asked_to_stop_stores_its_unit_and_ends(settings, tmp_path):
    assert worker.stop_worker(settings) is None
    store = open_store(settings)
    try:
        run = queue_run(store, size=40_000, pair=save_tiny_pair(tmp_path / "pair"))
        assert worker.ensure_worker(settings)
        patience = time.monotonic() + 120
        while store.progress(run).done == 0:
            assert time.monotonic() < patience
            time.sleep(0.05)
        started = time.monotonic()
        assert worker.stop_worker(settings) is True
        assert time.monotonic() - started < worker.STOP_SECONDS
        held = select(tables.tasks.c.id).where(tables.tasks.c.lease_owner.is_not(None))
        with store.database.read() as connection:
            assert connection.execute(held.where(tables.tasks.c.state == "running")).all() == []
        assert not settings.worker_stop.exists()
    finally:
        store.close()
