"""Jobs as pages and commands see them: tasks that have a request of their own, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, select
from sqlalchemy.engine import Row

from evaluations.database import tasks
from evaluations.errors import UnknownJob
from evaluations.records import Reason

JobState = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Job:
    """A task with a request of its own. done and total: in its own units (bytes, steps, items)."""

    id: int
    kind: str
    name: str
    state: JobState
    done: int
    total: int
    request: Mapping[str, Any]
    result: Mapping[str, Any] | None  # None: it has given nothing yet
    reason: Reason | None  # why it failed
    run: str | None
    requested: datetime | None
    finished: datetime | None

    @property
    def is_moving(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in ("queued", "running")


def listed(connection: Connection, kind: str | None) -> list[Job]:
    """All jobs, or those of one kind, the newest first."""
    query = select(tasks).where(tasks.c.request.is_not(None))
    if kind is not None:
        query = query.where(tasks.c.kind == kind)
    rows = connection.execute(query.order_by(tasks.c.requested_at.desc(), tasks.c.id.desc()))
    return [job_of(row) for row in rows]


def one(connection: Connection, job: int) -> Job:
    """The job of that id.

    Raises:
        UnknownJob: there is none.
    """
    query = select(tasks).where(tasks.c.id == job, tasks.c.request.is_not(None))
    row = connection.execute(query).first()
    if row is None:
        raise UnknownJob("job.unknown", job=job)
    return job_of(row)


def reason_of(row: Row[Any]) -> Reason:
    """Why a task failed, from its row."""
    return Reason(key=row.error_key, values=row.error_values or {})


def job_of(row: Row[Any]) -> Job:
    """A task with a request of its own, from its row."""
    return Job(
        id=row.id,
        kind=row.kind,
        name=row.name or "",
        state=cast("JobState", row.state),
        done=row.done_tokens,
        total=row.total_tokens,
        request=row.request,
        result=row.result,
        reason=None if row.error_key is None else reason_of(row),
        run=row.run_id,
        requested=row.requested_at,
        finished=row.finished_at,
    )
