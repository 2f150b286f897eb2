"""What an operator asks: is all there that the product needs, what is queued, and who works on it.

`failed_check(settings)` is what keeps this product from serving, or None; `work_facts(connection)`
counts runs, tasks and workers. Both are asked again and again, so every question is bounded: no
stored loss is read, and a database that does not answer is given up on after GLANCE seconds.
No answer holds a name, a path or an address.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from evaluations import database as tables
from evaluations.database import glance, is_current, now
from evaluations.settings import Settings
from evaluations.store import SILENT_AFTER
from evaluations.worker import is_running

LEAST_FREE = 256 << 20  # bytes on the data folder's disk, without which nothing should start
PARKED = "task.parked"

log = logging.getLogger("longssm.operations")


@dataclass(frozen=True)
class WorkFacts:
    """What is queued and who works, at one moment of the database."""

    runs: Mapping[str, int]  # by status
    tasks: Mapping[tuple[str, str], int]  # by kind and state
    failures: Mapping[str, int]  # failed tasks by the key of their reason
    workers_alive: int
    workers_silent: int  # listed, but not heard of lately: killed, frozen or cut off
    heartbeat_age: (
        float | None
    )  # seconds since the living worker heard of least; None: there is none
    queue_age: float | None  # seconds since the oldest waiting task was asked for; None: none waits
    read_tokens: int  # of all tasks so far
    stored_units: int

    @property
    def parked(self) -> int:
        """Tasks that took too many workers with them."""
        return self.failures.get(PARKED, 0)

    def in_state(self, state: str) -> int:
        """Tasks of all kinds in that state."""
        return sum(count for (_, found), count in self.tasks.items() if found == state)


def work_facts(connection: Connection) -> WorkFacts:
    """Counts over the tables of runs, tasks and workers."""
    task, worker = tables.tasks, tables.workers
    present = now(connection)
    by_state = select(
        task.c.kind,
        task.c.state,
        func.count(),
        func.coalesce(func.sum(task.c.done_tokens), 0),
        func.coalesce(func.sum(task.c.next_unit), 0),
    ).group_by(task.c.kind, task.c.state)
    counted = connection.execute(by_state).all()
    heartbeats = connection.scalars(select(worker.c.heartbeat_at)).all()
    alive = [heard for heard in heartbeats if heard > present - SILENT_AFTER]
    paused = select(tables.runs.c.id).where(tables.runs.c.paused_at.is_not(None))
    waiting = select(func.min(task.c.requested_at)).where(
        task.c.state == "queued", or_(task.c.run_id.is_(None), task.c.run_id.not_in(paused))
    )
    waiting_since: datetime | None = connection.scalar(waiting)
    failed = (
        select(task.c.error_key, func.count())
        .where(task.c.state == "failed", task.c.error_key.is_not(None))
        .group_by(task.c.error_key)
    )
    return WorkFacts(
        runs=_runs_by_status(connection),
        tasks={(kind, state): count for kind, state, count, *_ in counted},
        failures=_pairs(connection.execute(failed)),
        workers_alive=len(alive),
        workers_silent=len(heartbeats) - len(alive),
        heartbeat_age=(present - min(alive)).total_seconds() if alive else None,
        queue_age=(present - waiting_since).total_seconds() if waiting_since else None,
        read_tokens=sum(int(tokens) for *_, tokens, _ in counted),
        stored_units=sum(int(units) for *_, units in counted),
    )


def _runs_by_status(connection: Connection) -> dict[str, int]:
    """Runs by status, as `Store` says it of each: one query for all."""
    task, run = tables.tasks, tables.runs
    scored = task.c.kind == "score"

    def any_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(case((condition, 1), else_=0))

    each = (
        select(
            task.c.run_id,
            any_of(task.c.state.in_(("queued", "running"))).label("open"),
            any_of(task.c.started_at.is_not(None)).label("started"),
            any_of(scored).label("scored"),
            any_of(scored & (task.c.state == "done")).label("found"),
        )
        .group_by(task.c.run_id)
        .subquery()
    )
    status = case(
        (run.c.cancelled_at.is_not(None), "cancelled"),
        ((each.c.open == 1) & run.c.paused_at.is_not(None), "paused"),
        ((each.c.open == 1) & (each.c.started == 1), "running"),
        (each.c.open == 1, "queued"),
        ((each.c.scored == 1) & (each.c.found == 0), "failed"),
        else_="done",
    ).label("status")
    counted = (
        select(status, func.count())
        .select_from(run.outerjoin(each, each.c.run_id == run.c.id))
        .group_by(status)
    )
    return _pairs(connection.execute(counted))


def _pairs(rows: Iterable[Any]) -> dict[str, int]:
    return {str(key): int(count) for key, count in rows}


# --- readiness ---------------------------------------------------------------------------------


def failed_check(settings: Settings) -> str | None:
    """Name of the first check that keeps the product from serving; None: it is ready."""
    for name, check in READINESS.items():
        try:
            passed = check(settings)
        except Exception as error:  # whatever stands in the way of a check, it has failed
            log.warning("not ready: the check of the %s failed: %s", name, error)
            passed = False
        if not passed:
            return name
    return None


def free_bytes(settings: Settings) -> int:
    """Free on the disk of the data folder, which may not exist yet."""
    return shutil.disk_usage(_existing(settings.data_dir)).free


def check_folder(folder: Path) -> None:
    """Raise OSError unless a file can be written in `folder` and synced; leaves nothing behind."""
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".probe-{secrets.token_hex(4)}"
    try:
        with probe.open("xb") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def clock_difference(connection: Connection) -> float:
    """Seconds by which the database's clock is ahead of ours; within half the time of asking."""
    before = time.time()
    theirs = now(connection)
    middle = (before + time.time()) / 2
    return (theirs - datetime.fromtimestamp(middle, UTC)).total_seconds()


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _is_folder_writable(settings: Settings) -> bool:
    check_folder(settings.data_dir)
    return True


def _has_room(settings: Settings) -> bool:
    return free_bytes(settings) >= LEAST_FREE


def _database_answers(settings: Settings) -> bool:
    with glance(settings) as connection:
        return is_current(connection)


def _is_worked_on(settings: Settings) -> bool:
    """A worker is alive on any machine, or this machine's is there or may be started."""
    with glance(settings) as connection:
        alive = tables.workers.c.heartbeat_at > now(connection) - SILENT_AFTER
        if connection.scalar(select(func.count()).where(alive)):
            return True
    return settings.start_worker or is_running(settings)


READINESS: dict[str, Callable[[Settings], bool]] = {
    "data_folder": _is_folder_writable,
    "disk": _has_room,
    "database": _database_answers,
    "worker": _is_worked_on,
}
