"""The list of evaluations, fast however many there are.

`Summaries.listed` asks three questions for all runs together; `Summaries.readers` says which of
them read with which checkpoint. What cannot change any more is remembered between two calls: of a
plan its preset, depth and checkpoints for good, of a run that has a stored result the counts of its
tasks, as long as that very result is stored (what is queued again deletes it in the same
transaction). Everything else is asked anew, so the lists are never behind the database.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, select
from sqlalchemy.engine import Row

from evaluations import database as tables
from evaluations.kinds import OF_A_PLAN
from evaluations.records import Depth, Outcome, Preset, Status

AT_ONCE = 500  # ids in one query


@dataclass(frozen=True)
class RunSummary:
    """One line in the list of evaluations. done and total: work in tokens read."""

    id: str
    name: str
    created: datetime
    status: Status
    done: int
    total: int
    outcome: Outcome | None  # None: not finished
    preset: Preset
    depth: Depth
    documents: int
    archived: bool
    parent: str | None = None  # the run that this one re-runs on perturbed documents
    priority: int = 0  # level, of kinds.LEVELS


class Reader(NamedTuple):
    """An evaluation that reads with a checkpoint."""

    run: str
    name: str


class _Locked(NamedTuple):
    """What a plan says for the lists: it never changes."""

    preset: Preset
    depth: Depth
    parent: str | None
    documents: int
    fingerprints: tuple[str, ...]  # of its checkpoints


class _Counts(NamedTuple):
    """The tasks of one run."""

    done: int
    total: int
    is_open: bool
    is_begun: bool
    is_scored: bool  # it has tasks that score
    has_scores: bool  # and one of them is done


_NOTHING = _Counts(0, 0, False, False, False, False)


class Summaries:
    """The list of one database, with what it has seen that cannot change."""

    def __init__(self) -> None:
        self._locked: dict[str, _Locked] = {}
        self._ended: dict[str, tuple[datetime, _Counts]] = {}  # by run: when its result was stored

    def listed(self, connection: Connection, archived: bool) -> list[RunSummary]:
        """All evaluations, the newest first; archived ones only where asked for."""
        runs = tables.runs
        query = _rows().order_by(runs.c.created_at.desc(), runs.c.id)
        if not archived:
            query = query.where(runs.c.archived_at.is_(None))
        return self._of(connection, connection.execute(query).all())

    def newest(self, connection: Connection, most: int) -> list[RunSummary]:
        """The first `most` of those that are not archived; the others are not looked at."""
        runs = tables.runs
        order = runs.c.created_at.desc(), runs.c.id
        first = select(runs.c.id).where(runs.c.archived_at.is_(None)).order_by(*order).limit(most)
        query = _rows().where(runs.c.id.in_(first)).order_by(*order)
        return self._of(connection, connection.execute(query).all())

    def one(self, connection: Connection, run: str) -> RunSummary:
        """One line of that list, of a run that is there."""
        query = _rows().where(tables.runs.c.id == run)
        return self._of(connection, connection.execute(query).all())[0]

    def reruns(self, connection: Connection, run: str) -> list[str]:
        """Ids of the re-runs of a run that are not archived, the oldest first.

        Of the same one that was begun several times, the last.
        """
        runs = tables.runs
        query = select(runs.c.id, runs.c.plan_hash).where(runs.c.archived_at.is_(None))
        rows = connection.execute(query.order_by(runs.c.created_at, runs.c.id)).all()
        self._learn(connection, [row.id for row in rows if row.id not in self._locked])
        own = [row for row in rows if self._locked[row.id].parent == run]
        return list({row.plan_hash: row.id for row in own}.values())

    def readers(self, connection: Connection) -> Mapping[str, list[Reader]]:
        """Evaluations by the fingerprint of a checkpoint that they read with, the newest first."""
        runs = tables.runs
        query = select(runs.c.id, runs.c.name).order_by(runs.c.created_at.desc(), runs.c.id)
        rows = connection.execute(query).all()
        self._learn(connection, [row.id for row in rows if row.id not in self._locked])
        found: defaultdict[str, list[Reader]] = defaultdict(list)
        for row in rows:
            for fingerprint in self._locked[row.id].fingerprints:
                found[fingerprint].append(Reader(row.id, row.name))
        return found

    def _of(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[RunSummary]:
        self._learn(connection, [row.id for row in rows if row.id not in self._locked])
        known = {row.id: counts for row in rows if (counts := self._kept(row)) is not None}
        counted = _counts(connection, [row.id for row in rows if row.id not in known])
        for row in rows:
            if row.id not in known and row.stored_at is not None:
                self._ended[row.id] = (row.stored_at, counted.get(row.id, _NOTHING))
        return [
            _summary(row, self._locked[row.id], known.get(row.id) or counted.get(row.id, _NOTHING))
            for row in rows
        ]

    def _kept(self, row: Row[Any]) -> _Counts | None:
        stored, counts = self._ended.get(row.id, (None, _NOTHING))
        return counts if stored is not None and stored == row.stored_at else None

    def _learn(self, connection: Connection, runs: Sequence[str]) -> None:
        part, table = tables.run_documents, tables.runs
        for ids in _parts(runs):
            number = select(part.c.run_id, func.count()).where(part.c.run_id.in_(ids))
            counted: dict[str, int] = {}
            for run, count in connection.execute(number.group_by(part.c.run_id)):
                counted[run] = count
            plans = select(table.c.id, table.c.plan).where(table.c.id.in_(ids))
            for row in connection.execute(plans):
                plan = json.loads(row.plan)
                preset, depth = Preset(plan["preset"]), Depth(plan["depth"])
                self._locked[row.id] = _Locked(
                    preset, depth, plan.get("parent"), counted.get(row.id, 0), _fingerprints(plan)
                )


def _fingerprints(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the checkpoints of a plan; one string in memory for each, however many plans name it."""
    return tuple(sys.intern(one) for one in {arm["fingerprint"] for arm in plan["arms"]})


def _rows() -> Select[Any]:
    runs, stored = tables.runs, tables.snapshots
    return select(
        *(runs.c.id, runs.c.name, runs.c.created_at, runs.c.cancelled_at, runs.c.archived_at),
        *(runs.c.paused_at, runs.c.priority),
        stored.c.outcome,
        stored.c.created_at.label("stored_at"),
    ).select_from(runs.outerjoin(stored, stored.c.run_id == runs.c.id))


def _counts(connection: Connection, runs: Sequence[str]) -> Mapping[str, _Counts]:
    """By run, over the tasks that its result rests on."""
    task = tables.tasks
    scored = task.c.kind == "score"

    def any_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(case((condition, 1), else_=0))

    found: dict[str, _Counts] = {}
    for ids in _parts(runs):
        query = (
            select(
                task.c.run_id,
                func.coalesce(func.sum(done_tokens()), 0),
                func.coalesce(func.sum(task.c.total_tokens), 0),
                any_of(task.c.state.in_(("queued", "running"))),
                any_of(task.c.started_at.is_not(None)),
                any_of(scored),
                any_of(scored & (task.c.state == "done")),
            )
            .where(task.c.run_id.in_(ids), task.c.kind.in_(OF_A_PLAN))
            .group_by(task.c.run_id)
        )
        for run, done, total, *flags in connection.execute(query):
            found[run] = _Counts(int(done), int(total), *map(bool, flags))
    return found


def done_tokens() -> Any:
    """Work that is behind us: a task that failed is not waited for."""
    task = tables.tasks
    ended = task.c.state.in_(("done", "failed"))
    return case((ended, task.c.total_tokens), else_=task.c.done_tokens)


def _summary(row: Row[Any], locked: _Locked, counts: _Counts) -> RunSummary:
    return RunSummary(
        id=row.id,
        name=row.name,
        created=row.created_at,
        status=_status(row, counts),
        done=counts.done,
        total=counts.total,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        preset=locked.preset,
        depth=locked.depth,
        documents=locked.documents,
        archived=row.archived_at is not None,
        parent=locked.parent,
        priority=row.priority,
    )


def _status(row: Row[Any], counts: _Counts) -> Status:
    if row.cancelled_at is not None:
        return "cancelled"
    if counts.is_open:
        if row.paused_at is not None:
            return "paused"
        return "running" if counts.is_begun else "queued"
    return "failed" if counts.is_scored and not counts.has_scores else "done"


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
