"""The queue: a task is claimed under a lease, written under its fencing token, and ends once.

A task is document x arm. Its kinds: `score` (the losses of the comparison), `again` (A/A: the same
losses once more, in a process that computed none of the first) and `probe` (is this checkpoint's
scoring exact and its state stable). In the order of a task's life: `enqueue`, `claim`, `extend`
(heartbeat), `store_unit` (losses, state and progress in one transaction), `finish`; or `release`
(the worker stops), `release_owner` (the worker died), `fail`, after which `requeue_failed` can give
it another chance. Every write compares the fencing
token: a worker whose lease has gone to another one gets LeaseLost and must not write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Row

from evaluations.database import Database, checks, losses, now, states, tasks, workers
from evaluations.errors import LeaseLost
from evaluations.records import Check, Reason, Span

Kind = Literal["score", "again", "probe"]
FIRST_RESULT_MISSING = "task.first_result_missing"  # error key of an A/A task without its first
STEP_ASIDE = 75  # exit code of a worker process: a fresh one is wanted, to check its work
DEATHS_ALLOWED = 3  # workers that a task may take with it before it is parked


@dataclass(frozen=True)
class NewTask:
    """A task as it is queued."""

    kind: Kind
    document: str
    arm: str
    position: int
    units: int
    total_tokens: int


@dataclass(frozen=True)
class Task:
    """A task that this worker holds; `token` fences its writes."""

    id: int
    run: str
    kind: Kind
    document: str
    arm: str
    token: int
    next_unit: int
    units: int  # as it was queued


@dataclass(frozen=True)
class UnitResult:
    """What one unit computed.

    state: the reading state after it, None where none goes on. key: all that the losses depend on
    (`units.work_key`), so that nobody computes them again; None: not to be taken over. worker: who
    computed them. source: the run in which they were computed; None: this one.
    """

    unit: int
    context_length: int | None
    ranges: tuple[Span, ...]
    nll: NDArray[np.float32]
    read_tokens: int
    seconds: float
    peak_memory: int
    state: bytes | None
    worker: str
    key: str | None = None
    source: str | None = None


def enqueue(connection: Connection, run: str, new: Sequence[NewTask]) -> None:
    """Queue tasks, inside the transaction that stores their run."""
    if new:
        connection.execute(
            insert(tasks),
            [
                {
                    "run_id": run,
                    "kind": task.kind,
                    "document_id": task.document,
                    "arm": task.arm,
                    "position": task.position,
                    "priority": 0,
                    "state": "queued",
                    "lease_token": 0,
                    "attempts": 0,
                    "deaths": 0,
                    "next_unit": 0,
                    "units": task.units,
                    "done_tokens": 0,
                    "total_tokens": task.total_tokens,
                }
                for task in new
            ],
        )


def is_waiting(database: Database, owner: str) -> bool:
    """Whether `owner` could claim a task now; a read only, so that idling costs nothing."""
    with database.read() as connection:
        return connection.execute(_claimable(connection, owner)).first() is not None


def is_idle(database: Database) -> bool:
    """Whether no task is queued or running, by any worker."""
    with database.read() as connection:
        unfinished = select(tasks.c.id).where(tasks.c.state.in_(("queued", "running")))
        return connection.execute(unfinished.limit(1)).first() is None


def waits_for_another_process(database: Database, owner: str) -> bool:
    """Whether all that is left is to check what `owner` computed itself."""
    with database.read() as connection:
        queued = select(tasks.c.id).where(tasks.c.state == "queued")
        own = queued.where(tasks.c.kind == "again", _first_result_is_there(), _computed_by(owner))
        return (
            connection.execute(own.limit(1)).first() is not None
            and connection.execute(_claimable(connection, owner)).first() is None
        )


def claim(database: Database, owner: str, lease_seconds: float, device: str = "") -> Task | None:
    """The next task, now held by `owner` on `device`; None: nothing to do.

    A task whose worker went silent is taken over where it stopped. One that took DEATHS_ALLOWED
    workers with it, without storing a unit in between, is parked with that reason.
    """
    with database.write() as connection:
        while (row := _next(connection, owner)) is not None:
            deaths = row.deaths + (row.state == "running")
            if deaths >= DEATHS_ALLOWED:
                parked = Reason(key="task.parked", values={"deaths": deaths})
                _end(connection, row, "failed", parked)
                continue
            token = row.lease_token + 1
            present = now(connection)
            connection.execute(
                update(tasks)
                .where(tasks.c.id == row.id)
                .values(
                    state="running",
                    lease_owner=owner,
                    device=device,
                    lease_until=present + timedelta(seconds=lease_seconds),
                    lease_token=token,
                    attempts=row.attempts + 1,
                    deaths=deaths,
                    started_at=row.started_at or present,
                )
            )
            kind = cast("Kind", row.kind)
            return Task(
                row.id,
                row.run_id,
                kind,
                row.document_id,
                row.arm,
                token,
                row.next_unit,
                row.units,
            )
    return None


def extend(database: Database, task: Task, lease_seconds: float) -> None:
    """Keep the task for another `lease_seconds`.

    Raises:
        LeaseLost: it was cancelled, or another worker holds it.
    """
    with database.write() as connection:
        until = now(connection) + timedelta(seconds=lease_seconds)
        _write(connection, task, lease_until=until)


def stored_state(database: Database, task: Task) -> bytes | None:
    """The reading state after the last stored unit; None: there is none, or it is damaged."""
    with database.read() as connection:
        row = connection.execute(select(states).where(states.c.task_id == task.id)).first()
    if row is None or hashlib.sha256(row.state).hexdigest() != row.checksum:
        return None
    return bytes(row.state)


def store_unit(
    database: Database,
    task: Task,
    result: UnitResult,
    is_last: bool,
    findings: Iterable[Check] = (),
) -> None:
    """Losses, state and progress of one unit, and the task's end with its last: all or nothing.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    ranges = np.array([(span.start, span.stop) for span in result.ranges], dtype="<i8")
    with database.write() as connection:
        present = now(connection)
        row = _write(
            connection,
            task,
            next_unit=result.unit + 1,
            deaths=0,
            done_tokens=tasks.c.done_tokens + result.read_tokens,
        )
        connection.execute(
            insert(losses).values(
                task_id=task.id,
                unit=result.unit,
                context_length=result.context_length,
                ranges=ranges.tobytes(),
                nll=result.nll.astype("<f4").tobytes(),
                read_tokens=result.read_tokens,
                seconds=result.seconds,
                peak_memory=result.peak_memory,
                worker=result.worker,
                stored_at=present,
                work_key=result.key,
                source=result.source,
            )
        )
        connection.execute(delete(states).where(states.c.task_id == task.id))
        if result.state is not None and not is_last:
            checksum = hashlib.sha256(result.state).hexdigest()
            connection.execute(
                insert(states).values(task_id=task.id, state=result.state, checksum=checksum)
            )
        if is_last:
            _store_checks(connection, task, findings)
            _end(connection, row, "done")


def finish(database: Database, task: Task, findings: Iterable[Check] = ()) -> None:
    """The task is done; what it found is stored with its end.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    with database.write() as connection:
        row = _write(connection, task, done_tokens=tasks.c.total_tokens)
        _store_checks(connection, task, findings)
        _end(connection, row, "done")


def start_over(database: Database, task: Task, units: int) -> None:
    """Forget the task's units: the state to go on from is damaged, or they were cut otherwise.

    Args:
        units: how many the task has now.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    with database.write() as connection:
        _write(connection, task, next_unit=0, done_tokens=0, units=units)
        connection.execute(delete(losses).where(losses.c.task_id == task.id))
        connection.execute(delete(states).where(states.c.task_id == task.id))


def release(database: Database, task: Task) -> None:
    """Back into the queue, with what was stored: this worker stops.

    Raises:
        LeaseLost: another worker holds the task.
    """
    with database.write() as connection:
        _write(connection, task, state="queued", lease_owner=None, lease_until=None)


def release_owner(database: Database, owner: str) -> None:
    """End the leases of a worker that is known to be dead, so that others need not wait."""
    with database.write() as connection:
        connection.execute(
            update(tasks)
            .where(tasks.c.state == "running", tasks.c.lease_owner == owner)
            .values(lease_until=now(connection) - timedelta(seconds=1))
        )


def forget_worker(database: Database, name: str) -> None:
    """Take a worker that has ended out of the list."""
    with database.write() as connection:
        connection.execute(delete(workers).where(workers.c.name == name))


class Listed(NamedTuple):
    """A worker process in the list; silence: seconds since it was last heard of."""

    name: str
    process: int
    started: datetime
    silence: float


def workers_on(database: Database, host: str) -> list[Listed]:
    """The worker processes of one machine, dead or alive."""
    query = select(workers).where(workers.c.host == host)
    with database.read() as connection:
        present = now(connection)
        return [
            Listed(
                row.name,
                row.process,
                row.started_at,
                (present - row.heartbeat_at).total_seconds(),
            )
            for row in connection.execute(query)
        ]


def fail(database: Database, task: Task, reason: Reason) -> None:
    """The task's end, with its error beside it; the other tasks go on.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    with database.write() as connection:
        row = _write(connection, task)
        _end(connection, row, "failed", reason)


def requeue_failed(connection: Connection, run: str) -> int:
    """Queue what failed in a run once more, with what it had stored; how many tasks.

    The token grows, so that a worker that still believes in its lease cannot write.
    """
    requeued = connection.execute(
        update(tasks)
        .where(tasks.c.run_id == run, tasks.c.state == "failed")
        .values(
            state="queued",
            lease_owner=None,
            lease_until=None,
            lease_token=tasks.c.lease_token + 1,
            deaths=0,
            error_key=None,
            error_values=None,
            finished_at=None,
        )
    )
    return int(requeued.rowcount)


def cancel(connection: Connection, run: str) -> None:
    """End what is queued, and fence what is running: its next write is refused."""
    connection.execute(
        update(tasks)
        .where(tasks.c.run_id == run, tasks.c.state.in_(("queued", "running")))
        .values(
            state="cancelled",
            lease_owner=None,
            lease_until=None,
            lease_token=tasks.c.lease_token + 1,
            finished_at=now(connection),
        )
    )


# --- pieces of the transactions above --------------------------------------------------------


def _claimable(connection: Connection, owner: str) -> Select[Any]:
    """The task that `owner` would get now."""
    expired = and_(tasks.c.state == "running", tasks.c.lease_until < now(connection))
    ready = or_(tasks.c.kind != "again", and_(_first_result_is_there(), ~_computed_by(owner)))
    return (
        select(tasks)
        .where(or_(tasks.c.state == "queued", expired), ready)
        .order_by(tasks.c.priority.desc(), tasks.c.position, tasks.c.id)
        .limit(1)
    )


def _next(connection: Connection, owner: str) -> Row[Any] | None:
    """The same, locked: no other worker can have it (SQLite: it holds the only write lock)."""
    locked = _claimable(connection, owner).with_for_update(skip_locked=True, of=tasks)
    return connection.execute(locked).first()


def _write(connection: Connection, task: Task, **values: Any) -> Row[Any]:
    """Set `values` if the fencing token is still this task's: compare and set."""
    held = (tasks.c.id == task.id) & (tasks.c.lease_token == task.token)
    row = connection.execute(
        update(tasks)
        .where(held, tasks.c.state == "running")
        .values(**(values or {"lease_token": task.token}))
        .returning(*tasks.c)
    ).first()
    if row is None:
        raise LeaseLost("task.lease_lost", task=task.id)
    return row


def _store_checks(connection: Connection, task: Task, findings: Iterable[Check]) -> None:
    rows = [
        {"task_id": task.id, "check": found.check, "passed": found.passed, "value": found.value}
        for found in findings
    ]
    if rows:
        connection.execute(insert(checks), rows)


def _end(connection: Connection, row: Row[Any], state: str, reason: Reason | None = None) -> None:
    connection.execute(delete(states).where(states.c.task_id == row.id))
    _set_end(connection, tasks.c.id == row.id, state, reason)
    if row.kind == "score" and state == "failed":  # nothing is left to compare the second run with
        again = (tasks.c.kind == "again") & (tasks.c.state == "queued")
        same = (tasks.c.document_id == row.document_id) & (tasks.c.arm == row.arm)
        missing = Reason(key=FIRST_RESULT_MISSING)
        _set_end(connection, again & same & (tasks.c.run_id == row.run_id), "failed", missing)


def _set_end(
    connection: Connection, which: ColumnElement[bool], state: str, reason: Reason | None
) -> None:
    connection.execute(
        update(tasks)
        .where(which)
        .values(
            state=state,
            lease_owner=None,
            lease_until=None,
            error_key=reason.key if reason else None,
            error_values=reason.values if reason else None,
            finished_at=now(connection),
        )
    )


def _first_result_is_there() -> ColumnElement[bool]:
    first = tasks.alias()
    return exists().where(_same_work(first), first.c.state == "done")


def _computed_by(owner: str) -> ColumnElement[bool]:
    first = tasks.alias()
    return exists().where(
        _same_work(first), losses.c.task_id == first.c.id, losses.c.worker == owner
    )


def _same_work(first: Any) -> ColumnElement[bool]:
    """`first` is the score task of the same document and arm."""
    return and_(
        first.c.run_id == tasks.c.run_id,
        first.c.kind == "score",
        first.c.document_id == tasks.c.document_id,
        first.c.arm == tasks.c.arm,
    )
