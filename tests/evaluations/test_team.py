"""A team: machines that share one PostgreSQL and one S3 store, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import select

from evaluations import database as tables
from evaluations.core_scorer import CoreScorer
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker_process import work
from tests.evaluations.outages import ON_POSTGRESQL
from tests.evaluations.queued import queue_run
from tests.evaluations.s3_server import s3_server
from tests.evaluations.tiny_pair import save_tiny_pair

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0
# what gives a process the name of another host; `site` imports it when Python starts
HOST = "import os, socket\nname = os.environ['A_HOST']\nsocket.gethostname = lambda: name\n"


@contextmanager
def machine(name: str, settings: Settings, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor with one process, on a host of that name with a data folder of its own."""
    own = settings.model_copy(update={"data_dir": folder / name})
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(HOST)
    environment = {
        **os.environ, **own.environment(), "A_HOST": name, "PYTHONPATH": f"{site}:{ROOT}"
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "evaluations", "worker", "--processes", "1"], env=environment
    )
    try:
        yield process
    finally:
        end_at_once(process)


def end_at_once(process: subprocess.Popen[bytes]) -> None:
    """As if the plug was pulled: the supervisor and all that it started."""
    if process.poll() is None:
        machine = psutil.Process(process.pid)
        for one in [machine, *machine.children(recursive=True)]:
            one.kill()
    process.wait()


def wait_until(true: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < patience, "waited too long"
        time.sleep(0.02)


def held_by(store: Store, host: str) -> bool:
    """Whether that host computes something and has stored a part of it."""
    task = tables.tasks
    query = select(task.c.id).where(
        task.c.state == "running", task.c.next_unit > 0, task.c.lease_owner.startswith(f"{host}:")
    )
    with store.database.read() as connection:
        return connection.execute(query.limit(1)).first() is not None


def losses_of(store: Store, run: str) -> dict[tuple[str, str, str, int], bytes]:
    task, loss = tables.tasks, tables.losses
    query = select(task.c.kind, task.c.document_id, task.c.arm, loss.c.unit, loss.c.nll).join(
        task, task.c.id == loss.c.task_id
    )
    with store.database.read() as connection:
        rows = connection.execute(query.where(task.c.run_id == run)).all()
    return {(row.kind, row.document_id, row.arm, row.unit): bytes(row.nll) for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize("settings", [ON_POSTGRESQL], indirect=True)
def test_machines_that_share_a_database_and_a_store_compute_what_one_computes(
    settings, tmp_path, monkeypatch
):
    pair = save_tiny_pair(tmp_path / "checkpoints")
    alone = open_store(Settings(data_dir=tmp_path / "alone", reuse_losses=False))
    expected = queue_run(alone, documents=3, size=20_000, pair=pair)
    for name in ("first", "second"):
        work(alone.settings, CoreScorer("cpu"), threading.Event(), until_idle=True, name=name)

    hosts = ["machine-1", "machine-2", "machine-3"]
    with s3_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        shared = settings.model_copy(
            update={"files": server.url, "lease_seconds": 2.0, "poll_seconds": 0.05}
        )
        web = open_store(shared)
        with (
            machine(hosts[0], shared, tmp_path),
            machine(hosts[1], shared, tmp_path) as doomed,
            machine(hosts[2], shared, tmp_path),
        ):
            wait_until(lambda: [worker.host for worker in web.workers()] == hosts)
            assert all(worker.device and worker.threads == 1 for worker in web.workers())
            run = queue_run(web, documents=3, size=20_000, pair=pair)
            wait_until(lambda: held_by(web, hosts[1]))
            end_at_once(doomed)
            wait_until(lambda: web.progress(run).status not in ("queued", "running"))
            assert web.progress(run).status == "done"
            assert web.progress(run).failures == ()

        assert losses_of(web, run) == losses_of(alone, expected)
        result = web.snapshot(run)
        assert {check.check: check.passed for check in result.validity}["self_comparison"]
        assert len(result.computed_by) == 1
        for host in hosts:
            assert (tmp_path / host / "files-cache").is_dir()
            assert not (tmp_path / host / "files").exists()
        web.close()
    alone.close()


@pytest.mark.parametrize("settings", [ON_POSTGRESQL], indirect=True)
def test_a_lease_lasts_as_long_as_the_database_says(store, monkeypatch):
    """Every machine's own clock may be wrong."""
    import evaluations.database as database

    class NoClock(database.datetime):
        @classmethod
        def now(cls, tz=None):
            raise AssertionError("a machine asked itself for the time")

    monkeypatch.setattr(database, "datetime", NoClock)
    from tests.evaluations.fake_scorer import FakeScorer

    run = queue_run(store)
    for name in ("first", "second"):
        work(store.settings, FakeScorer(), threading.Event(), until_idle=True, name=name)
    assert store.progress(run).status == "done"
    assert store.snapshot(run).computed_by
