"""A worker on a real Ray cluster of this machine, watched with every process that it had."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import psutil
from sqlalchemy import select

from evaluations import database as tables
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.settings import Settings
from evaluations.store import Store
from evaluations.tasks import DEATHS_ALLOWED
from tests.evaluations.queued import ingested, some_text

PATIENCE = 400.0  # seconds, on a busy machine
SIZE = 20_000  # bytes of a document: some units of its prefix


class Watched:
    """A worker on Ray with every process that it ever had."""

    def __init__(self, settings: Settings, *options: str) -> None:
        command = [sys.executable, "-m", "evaluations", "worker", "--engine", "ray", *options]
        environment = {**os.environ, **settings.environment(), "LONGSSM_DEVICE": "cpu"}
        self.worker = psutil.Popen(command, env=environment)
        self.family: set[psutil.Process] = set()

    def wait_until(self, true: Callable[[], bool]) -> None:
        patience, looked = time.monotonic() + PATIENCE, 0.0
        while not true():
            assert self.worker.is_running(), "the worker has ended"
            assert time.monotonic() < patience, "waited too long"
            if time.monotonic() - looked > 0.5:
                self.look()
                looked = time.monotonic()
            time.sleep(0.01)

    def look(self) -> None:
        self.family.update(self.worker.children(recursive=True))

    def alive(self) -> list[psutil.Process]:
        return [one for one in self.family if one.is_running() and one.status() != "zombie"]

    def listening_beyond_loopback(self) -> list[str]:
        return [
            f"{process.name()} on {connection.laddr.ip}"
            for process in self.alive()
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN and not _is_loopback(connection.laddr.ip)
        ]

    def files_of_ray(self) -> Iterator[Path]:
        start = "--temp_dir="
        words = {word for process in self.alive() for word in process.cmdline()}
        (folder,) = {word.removeprefix(start) for word in words if word.startswith(start)}
        assert stat.S_IMODE(Path(folder).parent.stat().st_mode) == 0o700
        yield from (path for path in Path(folder).rglob("*") if path.is_file())


@contextmanager
def worker_on_ray(settings: Settings, *options: str) -> Iterator[Watched]:
    watched = Watched(settings, *options)
    try:
        yield watched
    finally:
        if watched.worker.is_running():
            watched.worker.terminate()
        watched.worker.wait(PATIENCE)
    assert watched.alive() == []


def _is_loopback(address: str) -> bool:
    found = ip_address(address)
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def queue_long(store: Store, pair: tuple[str, str], documents: int = 1, size: int = SIZE) -> str:
    """A run of long documents, read from their start to their end."""
    added = store.add_documents(ingested([some_text(seed, size) for seed in range(documents)]))
    zero, proposed = pair
    planned = make_plan(
        *(Preset.MATCHED, Depth.PRECISE, added), zero=zero, proposed=proposed, lengths=(16, 64)
    )
    return store.create_run("a run", planned.plan, planned.run_documents)


def in_the_middle(store: Store, run: str) -> int | None:
    """The process that holds a task of which some units are stored; None: there is none now.

    Not one whose task another death would set aside.
    """
    task, worker = tables.tasks, tables.workers
    query = (
        select(worker.c.process)
        .join(task, task.c.lease_owner == worker.c.name)
        .where(task.c.run_id == run, task.c.state == "running", task.c.next_unit >= 1)
        .where(task.c.deaths + 1 < DEATHS_ALLOWED)
    )
    with store.database.read() as connection:
        return connection.scalar(query.limit(1))


def stored(store: Store, run: str) -> dict[tuple[str, str, str, int], bytes]:
    task, loss = tables.tasks, tables.losses
    query = (
        select(task.c.document_id, task.c.kind, task.c.arm, loss.c.unit, loss.c.nll)
        .join(task, task.c.id == loss.c.task_id)
        .where(task.c.run_id == run)
    )
    with store.database.read() as connection:
        return {tuple(row[:4]): bytes(row.nll) for row in connection.execute(query)}
