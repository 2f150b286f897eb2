"""Whether a stored evaluation comes out the same when it is computed again from its record alone.

`check_record` refuses a record whose inputs are no longer what they were: the plan, a document's
text or tokens, a checkpoint. `copied_record` is a database of its own with the same plan and
targets and nothing computed, over the same stored files: fresh worker processes compute it there,
so the stored evaluation is never touched and an interrupted attempt leaves nothing. `compared` sets
both side by side: every unit bit by bit where the same class of device and code computed both,
within TOLERANCE where another one did, and the figures of the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Select, Table, insert, select
from sqlalchemy.engine import Row

from evaluations import database as tables
from evaluations.errors import EvaluationError
from evaluations.records import COMPUTED_BY, ComputedBy, Frozen, Plan, RunDocument, Snapshot
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from longssm_core.errors import CheckpointError
from longssm_core.records import find_checkpoint

TOLERANCE = 1e-5  # nats: mean difference of one document under one arm, on another kind of device
FIGURE_TOLERANCE = 1e-3  # of a figure, where losses may differ within TOLERANCE
FIGURES = (  # parts of a result that follow from losses, plan and amendments alone
    "curve",
    "document_curves",
    "contrasts",
    "comparison",
    "effects",
    "calibration",
    "extension",
    "context_sensitive",
    "documents",
)
FRESH = {  # a task that nobody has begun
    "state": "queued",
    "lease_owner": None,
    "lease_until": None,
    "lease_token": 0,
    "attempts": 0,
    "deaths": 0,
    "next_unit": 0,
    "done_tokens": 0,
    "device": None,
    "error_key": None,
    "error_values": None,
    "started_at": None,
    "finished_at": None,
}


class ChangedRecord(EvaluationError):
    """What an evaluation was computed from is no longer there as it was."""


class Reproduction(Frozen):
    """What came out the second time, beside the first. Differences in nats."""

    run: str
    same: bool
    same_class: bool  # one class of device and one version of the code computed both
    then: tuple[ComputedBy, ...]  # empty: an earlier version kept no record of it
    now: tuple[ComputedBy, ...]
    changed: tuple[str, ...]  # which facts about device and versions differ
    tolerance: float | None  # None: bit by bit
    documents: int
    documents_in_all: int
    units: int
    equal_units: int  # bit by bit
    losses: int
    missing: int  # tasks that could not be computed again
    largest_difference: float
    largest_mean_difference: float  # of a document under an arm
    figures: int | None  # None: not all documents were computed again
    different_figures: tuple[str, ...] = ()


# --- the record ------------------------------------------------------------------------------


def check_record(store: Store, run: str) -> None:
    """Raise unless plan, documents, tokens and checkpoints are what they were.

    Raises:
        ChangedRecord: one of them is not, or the evaluation has not ended.
        UnknownRun: no evaluation has that id.
        CheckpointError: a checkpoint is not there.
        FilesAway: the store of files does not answer.
    """
    plan, parts = store.plan(run), store.run_documents(run)
    if not store.has_ended(run):
        raise ChangedRecord("reproduce.not_ended", run=run)
    if not store.is_locked(run):
        raise ChangedRecord("reproduce.plan_changed", run=run)
    for part in parts:
        _check_document(store, part)
    for source, fingerprint in {(arm.checkpoint, arm.fingerprint) for arm in plan.arms}:
        _check_checkpoint(source, fingerprint)


def _check_document(store: Store, part: RunDocument) -> None:
    wanted = [part.document.id, *([] if part.tokens is None else [part.tokens.file])]
    for file in wanted:
        try:
            store.files.check(file)
        except FileNotFoundError as error:
            raise ChangedRecord("reproduce.document_missing", file=part.document.name) from error
        except EvaluationError as error:
            if error.key != "files.damaged":
                raise
            raise ChangedRecord("reproduce.document_changed", file=part.document.name) from error


def _check_checkpoint(source: str, fingerprint: str) -> None:
    try:
        found = find_checkpoint(source).fingerprint
    except CheckpointError as error:
        raise ChangedRecord("reproduce.checkpoint_missing", checkpoint=source) from error
    if found != fingerprint:
        raise ChangedRecord("reproduce.checkpoint_changed", checkpoint=source)


# --- the same work, once more ----------------------------------------------------------------


@contextmanager
def copied_record(store: Store, run: str, documents: int | None = None) -> Iterator[Store]:
    """A store of its own in which the run is queued and nothing of it computed.

    Args:
        documents: how many, chosen by a hash of run and document; None: all.
    """
    with TemporaryDirectory(prefix="longssm-reproduce-") as folder:
        again = open_store(_settings_of_copy(store.settings, Path(folder)))
        try:
            with store.database.read() as source, again.database.write() as target:
                _copy(source, target, run, chosen(store.run_documents(run), run, documents))
            yield again
        finally:
            again.close()


def chosen(parts: Sequence[RunDocument], run: str, documents: int | None) -> frozenset[str]:
    """Ids of the documents that are computed again."""
    ids = [part.document.id for part in parts if part.role != "too_short"]
    ids.sort(key=lambda document: hashlib.sha256(f"{run}:{document}".encode()).digest())
    return frozenset(ids[:documents])


def _settings_of_copy(settings: Settings, folder: Path) -> Settings:
    changed = {
        "data_dir": folder,
        "database_url": "",
        "files": settings.object_store or str(settings.files_dir),
        "reuse_losses": False,
        "notify": "",  # nobody is told of it a second time
    }
    return settings.model_copy(update=changed)


def _copy(source: Connection, target: Connection, run: str, documents: frozenset[str]) -> None:
    run_documents, task = tables.run_documents, tables.tasks
    own = select(run_documents.c.document_id).where(run_documents.c.run_id == run)
    _copy_rows(source, target, tables.documents, tables.documents.c.id.in_(own))
    by_rule = select(tables.runs.c.rule_id).where(tables.runs.c.id == run)
    _copy_rows(source, target, tables.rules, tables.rules.c.id.in_(by_rule))
    freed = {"cancelled_at": None, "archived_at": None, "paused_at": None}
    _copy_rows(source, target, tables.runs, tables.runs.c.id == run, freed)
    _copy_rows(source, target, tables.amendments, tables.amendments.c.run_id == run)
    not_known = {"unigram": None, "order2": None, "sketch": None}
    _copy_rows(source, target, run_documents, run_documents.c.run_id == run, not_known)
    finished = (task.c.run_id == run) & (task.c.kind == "score") & (task.c.state == "done")
    _copy_rows(source, target, task, finished & task.c.document_id.in_(documents), FRESH)


def _copy_rows(
    source: Connection,
    target: Connection,
    table: Table,
    which: Any,
    changed: Mapping[str, Any] | None = None,
) -> None:
    rows = source.execute(select(table).where(which)).mappings()
    copied = [{**row, **(changed or {})} for row in rows]
    if copied:
        target.execute(insert(table), copied)


# --- side by side ----------------------------------------------------------------------------


@dataclass
class _Tally:
    """What was seen so far."""

    units: int = 0
    equal: int = 0
    losses: int = 0
    missing: int = 0
    differs: bool = False
    other_class: bool = False
    largest: float = 0.0
    largest_mean: float = 0.0


def compared(store: Store, again: Store, run: str) -> Reproduction:
    """Both evaluations side by side, once the second one has ended."""
    tally = _Tally()
    first, second = _finished(store, run), _finished(again, run)
    asked_for = _asked_for(again, run)
    for key in sorted(asked_for):
        if key in second:
            _compare_task(store, again, first[key], second[key], tally)
        else:
            tally.missing += 1
    then, now = _computed_by(first, asked_for), _computed_by(second, asked_for)
    scored = {document for document, _ in asked_for}
    in_all = {document for document, _ in first}
    figures: int | None = None
    different: tuple[str, ...] = ()
    if scored == in_all and not tally.missing:
        allowed = FIGURE_TOLERANCE if tally.other_class else 0.0
        figures, different = _figures(store.computed(run), again.computed(run), allowed)
    return Reproduction(
        run=run,
        same=not (tally.differs or tally.missing or different) and tally.units > 0,
        same_class=not tally.other_class,
        then=then,
        now=now,
        changed=_changed(store.plan(run), then, now),
        tolerance=TOLERANCE if tally.other_class else None,
        documents=len(scored),
        documents_in_all=len(in_all),
        units=tally.units,
        equal_units=tally.equal,
        losses=tally.losses,
        missing=tally.missing,
        largest_difference=tally.largest,
        largest_mean_difference=tally.largest_mean,
        figures=figures,
        different_figures=different,
    )


class _Maker(NamedTuple):
    """Who computed the units of a task before `stop` that none before it in a list did."""

    stop: int
    device: str | None
    by: ComputedBy | None  # None: an earlier version kept no record of it


@dataclass(frozen=True)
class _Task:
    """A score task; makers: of its parts in their order, then who joined them or did all of it."""

    id: int
    makers: tuple[_Maker, ...]

    def maker(self, unit: int) -> _Maker:
        """Who computed that unit."""
        return next((one for one in self.makers if unit < one.stop), self.makers[-1])


def _finished(store: Store, run: str) -> dict[tuple[str, str], _Task]:
    """(document, arm) -> its finished score task."""
    task, check = tables.tasks, tables.checks
    own = (check.c.task_id == task.c.id) & (check.c.check == COMPUTED_BY)
    columns = (task.c.id, task.c.kind, task.c.document_id, task.c.arm, task.c.units, task.c.device)
    query = (
        select(*columns, check.c.value)
        .outerjoin(check, own)
        .where(task.c.run_id == run, task.c.kind.in_(("score", "part")), task.c.state == "done")
        .order_by(task.c.units, task.c.kind)  # the last part before the whole
    )
    finished: dict[tuple[str, str], int] = {}
    makers: dict[tuple[str, str], list[_Maker]] = {}
    with store.database.read() as connection:
        for row in connection.execute(query):
            if row.kind == "part" and row.value is None:
                continue  # it was cut otherwise: who joined the parts computed its units
            by = None if row.value is None else ComputedBy(**row.value)
            makers.setdefault((row.document_id, row.arm), []).append(
                _Maker(row.units, row.device, by)
            )
            if row.kind == "score":
                finished[row.document_id, row.arm] = row.id
    return {key: _Task(found, tuple(makers[key])) for key, found in finished.items()}


def _asked_for(again: Store, run: str) -> set[tuple[str, str]]:
    task = tables.tasks
    query = select(task.c.document_id, task.c.arm).where(task.c.run_id == run)
    with again.database.read() as connection:
        return {(row.document_id, row.arm) for row in connection.execute(query)}


def _compare_task(store: Store, again: Store, first: _Task, second: _Task, tally: _Tally) -> None:
    """Unit by unit, and the mean over all of them."""
    others = {row.unit: row for row in _units(again, second)}
    total, count, other_class = 0.0, 0, False
    for row in _units(store, first):
        other = others.pop(row.unit, None)
        tally.units += 1
        if other is None or len(other.nll) != len(row.nll) or other.ranges != row.ranges:
            tally.differs = True
            tally.largest = float("inf")
            continue
        tally.losses += len(row.nll) // 4
        makers = first.maker(row.unit), second.maker(row.unit)
        is_other = not _is_same_class(*makers, row.work_key, other.work_key)
        other_class |= is_other
        if other.nll == row.nll:
            tally.equal += 1
            count += len(row.nll) // 4
            continue
        tally.differs |= not is_other
        difference = _nll(other.nll) - _nll(row.nll)
        tally.largest = max(tally.largest, _size(np.abs(difference).max()))
        total, count = total + float(difference.sum()), count + len(difference)
    mean = _size(abs(total) / max(1, count))
    tally.differs |= bool(others) or mean > TOLERANCE
    tally.other_class |= other_class
    tally.largest_mean = max(tally.largest_mean, mean)


def _is_same_class(first: _Maker, second: _Maker, key: str | None, other_key: str | None) -> bool:
    """Whether equal bits are asked for: the keys say it best, then the records of the tasks."""
    if key is not None and other_key is not None:
        return key == other_key
    if first.by is None or second.by is None:  # an earlier version: the same words must do
        return first.device == second.device
    return first.by.identity == second.by.identity


def _units(store: Store, task: _Task) -> Iterator[Row[Any]]:
    loss = tables.losses
    query: Select[Any] = (
        select(loss.c.unit, loss.c.ranges, loss.c.nll, loss.c.work_key)
        .where(loss.c.task_id == task.id)
        .order_by(loss.c.unit)
    )
    with store.database.read() as connection:
        yield from connection.execute(query).all()


def _nll(stored: bytes) -> Any:
    return np.frombuffer(stored, dtype="<f4").astype(np.float64)


def _size(difference: Any) -> float:
    """NaN is no small difference."""
    return float(np.nan_to_num(difference, nan=np.inf, posinf=np.inf))


def _computed_by(
    found: Mapping[tuple[str, str], _Task], which: set[tuple[str, str]]
) -> tuple[ComputedBy, ...]:
    makers = [maker for key, task in found.items() if key in which for maker in task.makers]
    known = {maker.by.identity: maker.by for maker in makers if maker.by}
    return tuple(known[identity] for identity in sorted(known))


def _changed(plan: Plan, then: Sequence[ComputedBy], now: Sequence[ComputedBy]) -> tuple[str, ...]:
    """Names of the facts that are not the same, then and now."""

    def facts(found: Sequence[ComputedBy]) -> dict[str, set[str]]:
        named: dict[str, set[str]] = {}
        for by in found:
            own = {"device": by.device, "threads": str(by.threads), "arithmetic": by.arithmetic}
            for name, value in {**own, **by.versions}.items():
                named.setdefault(name, set()).add(value)
        return named

    before = facts(then) or {name: {value} for name, value in plan.versions.items()}
    after = facts(now)
    return tuple(
        sorted(name for name in before.keys() & after.keys() if before[name] != after[name])
    )


def _figures(stored: Snapshot, computed: Snapshot, allowed: float) -> tuple[int, tuple[str, ...]]:
    """How many figures the result has, and the names of those that came out otherwise.

    A part that an earlier version did not store is not compared.
    """
    first, second = (
        one.model_dump(mode="json", include=set(FIGURES)) for one in (stored, computed)
    )
    count, different = 0, []
    for part in FIGURES:
        if not first[part]:
            continue
        before, after = dict(_leaves(first[part], part)), dict(_leaves(second[part], part))
        count += len(before)
        different += [
            name for name, value in before.items() if not _is_near(value, after.get(name), allowed)
        ]
    return count, tuple(different)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every number and word in it, with the path to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{name}[{index}]")
    else:
        yield name, value


def _is_near(value: Any, other: Any, allowed: float) -> bool:
    if value == other or not allowed:
        return bool(value == other)
    if isinstance(value, float) and isinstance(other, int | float):
        return abs(value - other) <= allowed
    return False
