"""The queue: a task is claimed under a lease, written under its fencing token, and ends once.

A task of a run is document x arm. Its kinds: `score` (the losses of the comparison), `again` (A/A:
the same losses once more, in a process that computed none of the first) and `probe` (is this
checkpoint's scoring exact and its state stable). A long document has `part` tasks: each stores some
units of its `score` task, which joins them once all are done. A task without a run is a job: its
`request` says what to do, its `result` what it gave; `kinds` lists all kinds. In the order of a
task's life: `enqueue` or `enqueue_job`, `claim` (and `claim_company` beside it), `extend`
(heartbeat), `store_unit` (losses, state and progress in one transaction) or, in jobs, `store_part`
and `report_progress`, `finish`; or
`release` (the worker stops), `release_owner` (the worker died), `fail`, after which
`requeue_failed` can give it another chance; `cancel`, `cancel_task` and `pause` from outside.

Every write compares the fencing token: a worker whose lease has gone to another one gets LeaseLost
and must not write. The same part stored twice is stored once: the answer to the first try may have
been lost with the connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.engine import Row

from evaluations.database import (
    Database,
    checks,
    insert_once,
    losses,
    now,
    run_documents,
    runs,
    states,
    tasks,
    workers,
)
from evaluations.errors import LeaseLost
from evaluations.kinds import KINDS, OF_A_PLAN, priority_of
from evaluations.notifications import job_ended
from evaluations.records import Check, Reason, Span
from evaluations.units import PREFIX_UNIT

FIRST_RESULT_MISSING = "task.first_result_missing"  # error key of an A/A task without its first
DOCUMENT_ERASED = "task.document_erased"  # error key of a task whose document is gone
STEP_ASIDE = 75  # exit code of a worker process: a fresh one is wanted, to check its work
SILENT_AFTER = timedelta(seconds=15)  # a worker that has not been heard of for so long is gone
DEATHS_ALLOWED = 3  # workers that a task may take with it before it is parked


@dataclass(frozen=True)
class NewTask:
    """A task of a run as it is queued: its units [first, units), before which others do them."""

    kind: str
    document: str
    arm: str
    position: int
    units: int
    total_tokens: int
    first: int = 0


@dataclass(frozen=True)
class NewJob:
    """A task without a run as it is queued, or one of a run that is no part of its plan.

    request: what is to be done, in JSON values. total: its work in units of its own, for the
    progress; it may be corrected while it runs.
    """

    kind: str
    name: str
    request: Mapping[str, Any]
    total: int
    run: str | None = None
    document: str | None = None
    arm: str | None = None
    level: int = 0  # of kinds.LEVELS
    parts: int = 1


class Part(NamedTuple):
    """Of which part of a run a task is."""

    run: str
    document: str
    arm: str


@dataclass(frozen=True)
class Task:
    """A task that this worker holds; `token` fences its writes."""

    id: int
    run: str | None  # None: a job of its own
    kind: str
    document: str | None
    arm: str | None
    token: int
    next_unit: int
    units: int  # as it was queued
    request: Mapping[str, Any] | None = None  # of a job

    @property
    def part(self) -> Part:
        """Run, document and arm of a task that has all three."""
        assert self.run is not None
        assert self.document is not None
        assert self.arm is not None
        return Part(self.run, self.document, self.arm)


@dataclass(frozen=True)
class UnitResult:
    """What one unit computed.

    state: the reading state after it, None where none goes on. key: all that the losses depend on
    (`units.work_key`), so that nobody computes them again; None: not to be taken over. worker: who
    computed them. source: the run in which they were computed; None: this one. broken_layer: see
    `PrefixLosses`.
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
    broken_layer: int | None = None


def enqueue(connection: Connection, run: str, new: Sequence[NewTask]) -> None:
    """Queue tasks, inside the transaction that stores their run."""
    if new:
        level = connection.scalar(select(runs.c.priority).where(runs.c.id == run)) or 0
        present = now(connection)
        connection.execute(
            insert(tasks),
            [
                {
                    **_BLANK,
                    "run_id": run,
                    "kind": task.kind,
                    "document_id": task.document,
                    "arm": task.arm,
                    "position": task.position,
                    "priority": priority_of(task.kind, level),
                    "units": task.units,
                    "next_unit": task.first,
                    "total_tokens": task.total_tokens,
                    "requested_at": present,
                }
                for task in new
            ],
        )


def enqueue_job(connection: Connection, job: NewJob) -> int:
    """Queue a job; its task's id. Of two jobs of one priority the older one goes first."""
    made = connection.execute(
        insert(tasks)
        .values(
            **_BLANK,
            run_id=job.run,
            kind=job.kind,
            document_id=job.document,
            arm=job.arm,
            name=job.name,
            request=dict(job.request),
            position=0,
            priority=priority_of(job.kind, job.level),
            units=job.parts,
            total_tokens=job.total,
            requested_at=now(connection),
        )
        .returning(tasks.c.id)
    )
    return int(made.scalar_one())


_BLANK = {
    "state": "queued",
    "lease_token": 0,
    "attempts": 0,
    "deaths": 0,
    "next_unit": 0,
    "done_tokens": 0,
}


def is_waiting(database: Database, owner: str) -> bool:
    """Whether `owner` could claim a task now; a read only, so that idling costs nothing."""
    with database.read() as connection:
        return connection.execute(_claimable(connection, owner)).first() is not None


def is_idle(database: Database) -> bool:
    """Whether no task is queued or running, by any worker; those of a paused run do not count."""
    with database.read() as connection:
        moving = tasks.c.state.in_(("queued", "running"))
        unfinished = select(tasks.c.id).where(moving, _is_known(), ~_is_paused())
        return connection.execute(unfinished.limit(1)).first() is None


def works_alone(database: Database, owner: str) -> bool:
    """Whether no other worker has been heard of lately."""
    with database.read() as connection:
        heard = workers.c.heartbeat_at > now(connection) - SILENT_AFTER
        others = select(workers.c.name).where(heard, workers.c.name != owner)
        return connection.execute(others.limit(1)).first() is None


def waits_for_another_process(database: Database, owner: str) -> bool:
    """Whether all that is left is to check what `owner` computed itself."""
    with database.read() as connection:
        free = or_(tasks.c.state == "queued", _is_expired(connection))
        checks_itself = and_(_first_result_is_there(), _computed_by(owner))
        own = select(tasks.c.id).where(free, ~_is_paused(), tasks.c.kind == "again", checks_itself)
        return (
            connection.execute(own.limit(1)).first() is not None
            and connection.execute(_claimable(connection, owner)).first() is None
        )


def claim(
    database: Database,
    owner: str,
    lease_seconds: float,
    device: str = "",
    parked: list[str] | None = None,
) -> Task | None:
    """The next task, now held by `owner` on `device`; None: nothing to do.

    A task whose worker went silent is taken over where it stopped. One that took DEATHS_ALLOWED
    workers with it, without storing a unit in between, is parked with that reason.

    Args:
        parked: gets the runs of the tasks that were parked, which may have ended with it.
    """
    with database.write() as connection:
        while (row := _next(connection, owner)) is not None:
            if _was_paused(connection, row):
                continue  # the next look knows it too
            deaths = row.deaths + (row.state == "running")
            if deaths >= DEATHS_ALLOWED:
                reason = Reason(key="task.parked", values={"deaths": deaths})
                _end(connection, row, "failed", reason)
                if parked is not None and row.run_id is not None:
                    parked.append(row.run_id)
                continue
            return _take(connection, row, owner, lease_seconds, device, deaths)
    return None


def claim_company(
    database: Database, owner: str, first: Task, most: int, lease_seconds: float, device: str = ""
) -> list[Task]:
    """Up to `most` tasks whose documents are read side by side with that of `first`, now held.

    They are of the same run, kind and arm, and like it in their prefix. A task that took a worker
    with it is read alone, as first or as company, so that it takes no other with it again.
    """
    same = (
        tasks.c.run_id == first.run,
        tasks.c.kind == first.kind,
        tasks.c.arm == first.arm,
        tasks.c.deaths == 0,
        _reads_prefix(),
    )
    with database.write() as connection:
        if connection.execute(select(tasks.c.id).where(_holds(first), *same)).first() is None:
            return []
        free = _claimable(connection, owner).where(*same, tasks.c.state == "queued").limit(most)
        found = connection.execute(free.with_for_update(skip_locked=True, of=tasks)).all()
        return [
            _take(connection, row, owner, lease_seconds, device, 0)
            for row in found
            if not _was_paused(connection, row)
        ]


def extend(database: Database, task: Task, lease_seconds: float) -> None:
    """Keep the task for another `lease_seconds`.

    Raises:
        LeaseLost: it was cancelled, or another worker holds it.
    """
    with database.write() as connection:
        until = now(connection) + timedelta(seconds=lease_seconds)
        _write(connection, task, lease_until=until)


def is_held(database: Database, task: Task) -> bool:
    """Whether the task is still this worker's: not cancelled, paused or taken over; a read only."""
    with database.read() as connection:
        held = select(tasks.c.id).where(_holds(task), tasks.c.state == "running")
        return connection.execute(held).first() is not None


def stored_state(database: Database, task: Task) -> bytes | None:
    """The reading state after the last stored unit; None: there is none, or it is damaged."""
    with database.read() as connection:
        row = connection.execute(select(states).where(states.c.task_id == task.id)).first()
    if row is None or hashlib.sha256(row.state).hexdigest() != row.checksum:
        return None
    return bytes(row.state)


def stored_units(database: Database, task: Task) -> int:
    """How many units of the task are stored, by its parts or itself."""
    query = select(func.count()).select_from(losses).where(losses.c.task_id == task.id)
    with database.read() as connection:
        return int(connection.scalar(query) or 0)


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

    def write(connection: Connection) -> None:
        connection.execute(
            insert(losses).values(
                task_id=_whole(connection, task),
                unit=result.unit,
                context_length=result.context_length,
                ranges=ranges.tobytes(),
                nll=result.nll.astype("<f4").tobytes(),
                read_tokens=result.read_tokens,
                seconds=result.seconds,
                peak_memory=result.peak_memory,
                worker=result.worker,
                stored_at=now(connection),
                work_key=result.key,
                source=result.source,
            )
        )
        _store_checks(connection, task, findings)

    store_part(
        database,
        task,
        StoredPart(result.unit, result.read_tokens, result.state, is_last),
        write,
    )


class StoredPart(NamedTuple):
    """What is said about a part of a task when it is stored.

    number: from 0, in order; done: its share of the work, in the task's units; state: what the
    next part goes on from; is_last: the task is done with it; result: what the task gave.
    """

    number: int
    done: int
    state: bytes | None = None
    is_last: bool = False
    result: Mapping[str, Any] | None = None


def store_part(
    database: Database, task: Task, part: StoredPart, write: Callable[[Connection], None]
) -> None:
    """Rows of one part, the state after it and the progress, in one transaction: all or nothing.

    A part that this worker has stored already is left alone.

    Args:
        write: stores the part's rows, inside the transaction.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    with database.write() as connection:
        if _is_stored(connection, task, part):
            return
        row = _write(
            connection,
            task,
            next_unit=part.number + 1,
            deaths=0,
            done_tokens=tasks.c.done_tokens + part.done,
            **({} if part.result is None else {"result": dict(part.result)}),
        )
        write(connection)
        connection.execute(delete(states).where(states.c.task_id == task.id))
        if part.state is not None and not part.is_last:
            checksum = hashlib.sha256(part.state).hexdigest()
            connection.execute(
                insert(states).values(task_id=task.id, state=part.state, checksum=checksum)
            )
        if part.is_last:
            _end(connection, row, "done")


def report_progress(database: Database, task: Task, done: int, total: int | None = None) -> None:
    """How far a job is, in units of its own; total: where it is known better now.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    more = {} if total is None else {"total_tokens": total}
    with database.write() as connection:
        _write(connection, task, done_tokens=done, **more)


def finish(
    database: Database,
    task: Task,
    findings: Iterable[Check] = (),
    result: Mapping[str, Any] | None = None,
    write: Callable[[Connection], None] = lambda _connection: None,
) -> None:
    """The task is done; what it found or made is stored with its end, as are the rows of `write`.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    with database.write() as connection:
        if _has_ended(connection, task):  # the answer to an earlier try was lost
            return
        made = {} if result is None else {"result": dict(result)}
        row = _write(connection, task, done_tokens=tasks.c.total_tokens, **made)
        write(connection)
        _store_checks(connection, task, findings)
        _end(connection, row, "done")


def start_over(database: Database, task: Task, units: int, first: int = 0) -> None:
    """Forget the task's units: the state to go on from is damaged, or they were cut otherwise.

    Args:
        units, first: the task has the units [first, units) now.

    Raises:
        LeaseLost: another worker holds the task; nothing was written.
    """
    with database.write() as connection:
        _write(connection, task, next_unit=first, done_tokens=0, units=units)
        stored = delete(losses).where(losses.c.task_id == _whole(connection, task))
        if task.kind == "part":
            stored = stored.where(losses.c.unit >= first, losses.c.unit < units)
        connection.execute(stored)
        connection.execute(delete(states).where(states.c.task_id == task.id))
        connection.execute(delete(checks).where(checks.c.task_id.in_(_found_in(task))))


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
    """Queue what failed in a run's plan once more, with what it had stored; how many tasks.

    The token grows, so that a worker that still believes in its lease cannot write.
    """
    requeued = connection.execute(
        update(tasks)
        .where(
            tasks.c.run_id == run,
            tasks.c.kind.in_(OF_A_PLAN),
            tasks.c.state == "failed",
            tasks.c.error_key.is_distinct_from(DOCUMENT_ERASED),
        )
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


def cancel(connection: Connection, run: str) -> bool:
    """End what is queued, and fence what is running: its next write is refused.

    False: the run's plan had nothing left to end, and nothing was changed.
    """
    own = tasks.c.run_id == run
    if not _cancel(connection, own & tasks.c.kind.in_(OF_A_PLAN)):
        return False
    _cancel(connection, own)
    return True


def cancel_task(connection: Connection, task: int) -> bool:
    """The same for one task; whether it had not ended yet."""
    return _cancel(connection, tasks.c.id == task) > 0


def end_all(connection: Connection, which: ColumnElement[bool], reason: Reason) -> int:
    """End as failed what is not done yet, whoever is at it; how many tasks."""
    moving = tasks.c.state.in_(("queued", "running"))
    fenced = update(tasks).where(which, moving).values(lease_token=tasks.c.lease_token + 1)
    found = connection.execute(fenced.returning(*tasks.c)).all()
    if found:
        _set_end(connection, tasks.c.id.in_([row.id for row in found]), "failed", reason)
    for row in found:
        job_ended(connection, row, "failed")
    return len(found)


def pause(connection: Connection, run: str) -> bool:
    """Take what is running back into the queue: its worker is fenced and loses one unit at most.

    Nothing of a paused run is claimed; reports of what there is are made all the same. Queued
    tasks are written as well, so that nobody claims one before the pause is stored. False: the
    run's plan had nothing left to do.
    """
    moving = tasks.c.state.in_(("queued", "running"))
    paused = connection.execute(
        update(tasks)
        .where(tasks.c.run_id == run, tasks.c.kind != "report", moving)
        .values(
            state="queued",
            lease_owner=None,
            lease_until=None,
            lease_token=tasks.c.lease_token + 1,
        )
        .returning(tasks.c.kind)
    )
    return any(kind in OF_A_PLAN for kind in paused.scalars())


def set_priority(connection: Connection, which: ColumnElement[bool], level: int) -> None:
    """Make what is not done yet more or less urgent, each kind above or below its own place."""
    for kind in KINDS:
        connection.execute(
            update(tasks)
            .where(which, tasks.c.kind == kind, tasks.c.state.in_(("queued", "running")))
            .values(priority=priority_of(kind, level))
        )


def _cancel(connection: Connection, which: ColumnElement[bool]) -> int:
    cancelled = connection.execute(
        update(tasks)
        .where(which, tasks.c.state.in_(("queued", "running")))
        .values(
            state="cancelled",
            lease_owner=None,
            lease_until=None,
            lease_token=tasks.c.lease_token + 1,
            finished_at=now(connection),
        )
        .returning(tasks.c.id)
    ).all()
    if cancelled:  # what they would have gone on from
        ended = select(tasks.c.id).where(which)  # what failed is not tried again either
        connection.execute(delete(states).where(states.c.task_id.in_(ended)))
    return len(cancelled)


# --- pieces of the transactions above --------------------------------------------------------


def _claimable(connection: Connection, owner: str) -> Select[Any]:
    """The task that `owner` would get now."""
    ready = case(
        (tasks.c.kind == "again", and_(_first_result_is_there(), ~_computed_by(owner))),
        (tasks.c.kind == "score", ~_waits_for_parts()),
        else_=true(),
    )
    free = or_(tasks.c.state == "queued", _is_expired(connection))
    return (
        select(tasks)
        .where(free, ready, _is_known(), ~_is_paused())
        .where(_losses_are_there(), _machine_is_free(connection, owner), _owes_no_check(owner))
        .order_by(tasks.c.priority.desc(), tasks.c.position, tasks.c.id)
        .limit(1)
    )


def _next(connection: Connection, owner: str) -> Row[Any] | None:
    """The same, locked: no other worker can have it (SQLite: it holds the only write lock)."""
    locked = _claimable(connection, owner).with_for_update(skip_locked=True, of=tasks)
    return connection.execute(locked).first()


def _take(
    connection: Connection,
    row: Row[Any],
    owner: str,
    lease_seconds: float,
    device: str,
    deaths: int,
) -> Task:
    """The task, now held by `owner`."""
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
    return Task(
        row.id,
        row.run_id,
        row.kind,
        row.document_id,
        row.arm,
        token,
        row.next_unit,
        row.units,
        row.request,
    )


def _write(connection: Connection, task: Task, **values: Any) -> Row[Any]:
    """Set `values` if the fencing token is still this task's: compare and set."""
    row = connection.execute(
        update(tasks)
        .where(_holds(task), tasks.c.state == "running")
        .values(**(values or {"lease_token": task.token}))
        .returning(*tasks.c)
    ).first()
    if row is None:
        raise LeaseLost("task.lease_lost", task=task.id)
    return row


def _holds(task: Task) -> ColumnElement[bool]:
    """The task's row, if nobody has claimed, cancelled or paused it since."""
    return and_(tasks.c.id == task.id, tasks.c.lease_token == task.token)


def _is_stored(connection: Connection, task: Task, part: StoredPart) -> bool:
    """Whether this worker has stored that part already, under the claim that it still has."""
    row = connection.execute(select(tasks.c.next_unit, tasks.c.state).where(_holds(task))).first()
    still_ours = row is not None and row.state in ("running", "done")
    return still_ours and row is not None and row.next_unit > part.number


def _whole(connection: Connection, task: Task) -> int:
    """The task whose losses these are: a part computes those of a `score` task."""
    if task.kind != "part":
        return task.id
    query = select(tasks.c.id).where(
        tasks.c.run_id == task.run,
        tasks.c.kind == "score",
        tasks.c.document_id == task.document,
        tasks.c.arm == task.arm,
    )
    return int(connection.execute(query).scalar_one())


def _found_in(task: Task) -> Select[Any]:
    """The tasks whose findings are about this one's losses: with a whole, those of its parts."""
    parts = (
        tasks.c.kind == "part",
        tasks.c.run_id == task.run,
        tasks.c.document_id == task.document,
        tasks.c.arm == task.arm,
    )
    which = tasks.c.id == task.id
    return select(tasks.c.id).where(or_(which, and_(*parts)) if task.kind == "score" else which)


def _has_ended(connection: Connection, task: Task) -> bool:
    """Whether the task was done under this worker's claim."""
    state = connection.scalar(select(tasks.c.state).where(_holds(task)))
    return state == "done"


def _is_expired(connection: Connection) -> ColumnElement[bool]:
    """Its worker has gone silent."""
    return and_(tasks.c.state == "running", tasks.c.lease_until < now(connection))


def _is_known() -> ColumnElement[bool]:
    """A later version may queue kinds that this worker cannot do."""
    return tasks.c.kind.in_(tuple(KINDS))


def _is_paused() -> ColumnElement[bool]:
    """Its run is; a report tells what there is by then, so it is made."""
    paused = exists().where(runs.c.id == tasks.c.run_id, runs.c.paused_at.is_not(None))
    return and_(tasks.c.kind != "report", paused)


def _was_paused(connection: Connection, row: Row[Any]) -> bool:
    """Whether the task that was just locked has been paused while it was looked for.

    PostgreSQL: the query that found it saw the runs as they were when it began.
    """
    query = select(runs.c.paused_at).where(runs.c.id == row.run_id)
    return row.kind != "report" and connection.scalar(query) is not None


def _reads_prefix() -> ColumnElement[bool]:
    """Whether the task's next unit is one of its document's prefix."""
    prefix = run_documents.c.targets["prefix"].as_integer()
    return exists().where(
        run_documents.c.run_id == tasks.c.run_id,
        run_documents.c.document_id == tasks.c.document_id,
        prefix > tasks.c.next_unit * PREFIX_UNIT,
    )


def _losses_are_there() -> ColumnElement[bool]:
    """Outputs illustrate a result: they wait until their run has one."""
    other = tasks.alias()
    moving = exists().where(
        other.c.run_id == tasks.c.run_id,
        other.c.kind.in_(OF_A_PLAN),
        other.c.state.in_(("queued", "running")),
    )
    return or_(tasks.c.kind != "generate", ~moving)


def _machine_is_free(connection: Connection, owner: str) -> ColumnElement[bool]:
    """One training at a time on the machine of `owner`: each takes a processor for itself."""
    other = tasks.alias()
    machine = f"{owner.partition(':')[0]}:"  # as in `heart.worker_name`
    trains = exists().where(
        other.c.kind == "train",
        other.c.id != tasks.c.id,
        other.c.state == "running",
        other.c.lease_until > now(connection),
        other.c.lease_owner.startswith(machine, autoescape=True),
    )
    return or_(tasks.c.kind != "train", ~trains)


def _owes_no_check(owner: str) -> ColumnElement[bool]:
    """Whose own work waits to be checked steps aside for a fresh process before it trains."""
    again, first = tasks.alias(), tasks.alias()
    waiting = exists().where(
        again.c.kind == "again",
        again.c.state == "queued",
        ~exists().where(runs.c.id == again.c.run_id, runs.c.paused_at.is_not(None)),
        first.c.run_id == again.c.run_id,
        first.c.kind == "score",
        first.c.state == "done",
        first.c.document_id == again.c.document_id,
        first.c.arm == again.c.arm,
        losses.c.task_id == first.c.id,
        losses.c.worker == owner,
    )
    return or_(tasks.c.kind != "train", ~waiting)


def _store_checks(connection: Connection, task: Task, findings: Iterable[Check]) -> None:
    """What was found; of one kind in several parts, the first."""
    for found in findings:
        values = {"check": found.check, "passed": found.passed, "value": found.value}
        insert_once(connection, checks, {"task_id": task.id, **values})


def _end(connection: Connection, row: Row[Any], state: str, reason: Reason | None = None) -> None:
    if state == "done" or row.kind not in OF_A_PLAN:  # else it may be tried again from there
        connection.execute(delete(states).where(states.c.task_id == row.id))
    _set_end(connection, tasks.c.id == row.id, state, reason)
    job_ended(connection, row, state)
    if state != "failed" or row.kind not in ("score", "part"):
        return
    same = (tasks.c.document_id == row.document_id) & (tasks.c.arm == row.arm)
    waiting = same & (tasks.c.run_id == row.run_id) & (tasks.c.state == "queued")
    if row.kind == "part":  # the whole cannot be had without it
        _set_end(connection, waiting & (tasks.c.kind == "score"), "failed", reason)
    # nothing is left to compare the second run with
    missing = Reason(key=FIRST_RESULT_MISSING)
    _set_end(connection, waiting & (tasks.c.kind == "again"), "failed", missing)


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


def _waits_for_parts() -> ColumnElement[bool]:
    part = tasks.alias()
    return exists().where(
        part.c.kind == "part",
        part.c.state != "done",
        part.c.document_id == tasks.c.document_id,
        part.c.run_id == tasks.c.run_id,
        part.c.arm == tasks.c.arm,
    )


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
