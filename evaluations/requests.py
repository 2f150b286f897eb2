"""Work that people ask for beside a run's plan: outputs, a pair of one's own, reports.

`request_outputs`, `request_training` and `request_report` queue it and give the ids of its jobs;
asked again for the same, they give those that are there. Of outputs, workers take their work from
`output_work` and store it with `output_row`; `outputs`, `outputs_summary` and `output_jobs` are
what is shown. Like `store`, this module holds queries.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, func, select
from sqlalchemy.engine import Row

from evaluations import additions
from evaluations import database as tables
from evaluations import tasks as queue
from evaluations.adaptation import Adaptation, check_amount
from evaluations.erasing import check_not_erased, erased_of
from evaluations.errors import RefusedAdaptation, RefusedPlan
from evaluations.job_rows import Job, job_of
from evaluations.outputs import (
    Output,
    OutputsRequest,
    OutputsSummary,
    choose_positions,
    compare_outputs,
    first_lines,
)
from evaluations.plan import burn_in
from evaluations.records import MOVING, Arm, Document, IntArray, RunDocument, Snapshot, Span
from evaluations.targets import AMOUNTS
from evaluations.tasks import NewJob
from evaluations.tokens import starts
from evaluations.wording import Language

if TYPE_CHECKING:
    from evaluations.store import Store

MOST_READ = 262_144  # tokens of a document that are read for its outputs, at any depth
SIDES = ("a", "b")
_ONE_AT_A_TIME = 0x10_55_5A_B1  # key of the PostgreSQL advisory lock under which jobs are asked for


def _once(connection: Connection, wanted: Sequence[NewJob]) -> list[int]:
    """The tasks of these jobs: those that are there, unless they failed or were cancelled."""
    task = tables.tasks
    if connection.dialect.name != "sqlite":  # there only one writes at a time
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
    found = []
    for new in wanted:
        rows = connection.execute(
            select(task.c.id, task.c.request)
            .where(
                task.c.kind == new.kind,
                task.c.run_id.is_not_distinct_from(new.run),
                task.c.document_id.is_not_distinct_from(new.document),
                task.c.state.in_(("queued", "running", "done")),
                task.c.error_key.is_(None),  # else its document was erased, and what it gave
            )
            .order_by(task.c.id)
        ).all()
        same = [row.id for row in rows if row.request == dict(new.request)]
        found.append(same[0] if same else queue.enqueue_job(connection, new))
    return found


# --- outputs ---------------------------------------------------------------------------------


def request_outputs(
    store: Store, run: str, wanted: OutputsRequest, document: str | None = None
) -> list[int]:
    """Have A and B of a run continue its first documents; the ids of the tasks.

    Which arm A is, is known with the result: the tasks wait for it, and for nothing else.

    Args:
        document: continue this one of its scored documents alone.

    Raises:
        UnknownRun: no evaluation has that id.
        RefusedPlan: no document has a line start after the cold start.
    """
    plan, parts = store.plan(run), store.run_documents(run)
    least, read = burn_in(plan.arms), AMOUNTS[plan.depth].prefix or MOST_READ
    new: list[NewJob] = []
    with store.database.read() as connection:
        erased = erased_of(connection, run)
    scored = [p for p in parts if p.role == "scored" and p.document.id not in erased]
    if document is not None:
        scored = [part for part in scored if part.document.id == document]
    for part in scored:
        if len(new) == len(SIDES) * wanted.documents:
            break
        text = _beginning(store, part, read)
        positions = choose_positions(
            text.text, text.sizes, least, wanted.items, part.document.id, plan.seed
        )
        if positions:
            new += [_outputs_of(run, part, side, positions, wanted) for side in SIDES]
    if not new:
        raise RefusedPlan("outputs.no_point", documents=len(scored), least=least, unit=plan.unit)
    with store.database.write() as connection:
        # who erases one of them waits, and then finds the tasks
        check_not_erased(connection, sorted({str(one.document) for one in new}))
        return _once(connection, new)


def _outputs_of(
    run: str, part: RunDocument, side: str, positions: Sequence[int], wanted: OutputsRequest
) -> NewJob:
    request = {
        "side": side,
        "positions": list(positions),
        "length": wanted.length,
        "lines": wanted.lines,
    }
    return NewJob(
        kind="generate",
        name=part.document.name,
        request=request,
        total=positions[-1] + len(positions) * wanted.length,
        run=run,
        document=part.document.id,
        parts=len(positions),
    )


class Beginning(NamedTuple):
    """The first tokens of a document.

    sizes: bytes of each; None: one each. text: what they spell, in UTF-8, perhaps cut.
    """

    ids: IntArray
    sizes: IntArray | None
    text: bytes

    @property
    def starts(self) -> IntArray:
        """The first byte of every token, and the end behind them, (tokens + 1,)."""
        return np.arange(len(self.ids) + 1) if self.sizes is None else starts(self.sizes)

    def spelled(self, span: Span) -> bytes:
        """The bytes of some of the tokens."""
        at = self.starts
        return self.text[at[span.start] : at[span.stop]]


def _beginning(store: Store, part: RunDocument, count: int) -> Beginning:
    """At most `count` tokens; no more of the text is read than that."""
    if part.tokens is None:
        text = _first_bytes(store, part.document.id, count)
        return Beginning(np.frombuffer(text, dtype=np.uint8).astype(np.int64), None, text)
    tokens = store.mapped_tokens(part.tokens.file)
    ids, sizes = tokens.ids(0, count), tokens.sizes(0, count)
    return Beginning(ids, sizes, _first_bytes(store, part.document.id, int(sizes.sum())))


def _first_bytes(store: Store, document: str, count: int) -> bytes:
    with store.files.path(document).open("rb") as file:
        return file.read(count)


class OutputWork(NamedTuple):
    """What a worker needs to continue a document: the arm, the points, and the text around them."""

    arm: Arm
    positions: tuple[int, ...]
    length: int
    lines: int
    beginning: Beginning  # up to the truth beside the last point

    def reference(self, position: int) -> Span:
        """Where the truth stands: `lines` lines, at most `length` tokens, whole tokens only."""
        at = self.beginning.starts
        stop = min(position + self.length, len(at) - 1)
        here = self.beginning.spelled(Span(position, stop))
        reached = at[position] + len(first_lines(here, self.lines))
        return Span(position, min(stop, int(np.searchsorted(at, reached))))


def output_work(store: Store, task: queue.Task) -> OutputWork:
    """What `task` continues, and as which arm."""
    assert task.run is not None
    request = task.request or {}
    plan = store.plan(task.run)
    comparison = store.snapshot(task.run).comparison
    name = comparison.arm_a if request["side"] == "a" else comparison.arm_b
    part = next(p for p in store.run_documents(task.run) if p.document.id == task.document)
    positions = tuple(request["positions"])
    return OutputWork(
        arm=next(arm for arm in plan.arms if arm.name == name),
        positions=positions,
        length=request["length"],
        lines=request["lines"],
        beginning=_beginning(store, part, positions[-1] + request["length"]),
    )


def output_row(
    connection: Connection, task: queue.Task, item: int, found: Output, seconds: float, worker: str
) -> None:
    """Store one continuation, inside the transaction that stores its part."""
    request = task.request or {}
    connection.execute(
        tables.outputs.insert().values(
            task_id=task.id,
            item=item,
            run_id=task.run,
            document_id=found.document,
            arm=found.arm,
            position=found.position,
            prompt_tokens=found.position,
            settings={"temperature": 0, "most": request["length"], "lines": found.lines},
            generated=found.written,
            reference=found.reference,
            nll=found.nll.astype("<f4").tobytes(),
            details={"reference_nll": found.reference_nll.astype("<f4").tobytes().hex()},
            seconds=seconds,
            worker=worker,
            stored_at=tables.now(connection),
        )
    )


def outputs(store: Store, run: str) -> list[Output]:
    """The continuations of a run's documents, by document, point and arm; the last of each."""
    output = tables.outputs
    query = select(output).where(output.c.run_id == run).order_by(output.c.task_id, output.c.item)
    with store.database.read() as connection:
        rows = connection.execute(query).all()
    last = {(row.document_id, row.position, row.arm): _output(row) for row in rows}
    return [last[key] for key in sorted(last)]


def _output(row: Row[Any]) -> Output:
    return Output(
        document=row.document_id,
        arm=row.arm,
        position=row.position,
        written=bytes(row.generated),
        reference=bytes(row.reference),
        nll=np.frombuffer(row.nll, dtype="<f4"),
        reference_nll=np.frombuffer(bytes.fromhex(row.details["reference_nll"]), dtype="<f4"),
        lines=row.settings["lines"],
    )


def prompt_end(store: Store, part: RunDocument, position: int, most: int) -> bytes:
    """The last lines of a document before token `position`, at most `most` bytes of them."""
    before = _beginning(store, part, position).text[-most:]
    if len(before) == most:  # cut: it begins with a line, or at least with a character
        before = before[before.find(b"\n") + 1 :].lstrip(bytes(range(0x80, 0xC0)))
    return before


def outputs_summary(store: Store, run: str) -> OutputsSummary | None:
    """A and B of a run at the points that both continued; None: there are none."""
    found = outputs(store, run)
    if not found:
        return None
    snapshot = store.snapshot(run)
    digest = hashlib.sha256(f"outputs {snapshot.plan_hash}".encode()).digest()
    return compare_outputs(
        found,
        snapshot.comparison.arm_a,
        snapshot.comparison.arm_b,
        {document.id: document.group for document in snapshot.documents},
        np.random.default_rng(int.from_bytes(digest[:8], "little")),
        snapshot.plan.rule.confidence,
    )


def output_jobs(store: Store, run: str, document: str) -> list[Job]:
    """The last tasks that continue a document, at most one for each side; A before B."""
    task = tables.tasks
    query = select(task).where(
        task.c.run_id == run, task.c.kind == "generate", task.c.document_id == document
    )
    with store.database.read() as connection:
        rows = connection.execute(query.order_by(task.c.id)).all()
    last = {row.request["side"]: job_of(row) for row in rows if row.request}
    return [last[side] for side in SIDES if side in last]


def open_outputs(store: Store, run: str) -> tuple[int, int]:
    """Tasks of a run's outputs that have not ended, and all of them."""
    task = tables.tasks
    query = select(task.c.state).where(task.c.run_id == run, task.c.kind == "generate")
    with store.database.read() as connection:
        states = list(connection.scalars(query))
    return sum(state in ("queued", "running") for state in states), len(states)


# --- a pair of one's own ---------------------------------------------------------------------


def request_training(store: Store, name: str, documents: Sequence[str], wanted: Adaptation) -> int:
    """Queue the making of a pair from stored documents; the task's id.

    Args:
        documents: their ids.

    Raises:
        RefusedAdaptation: no documents, one that is not there, or too much text.
    """
    table = tables.documents
    ids = sorted(set(documents))
    request = {**wanted.model_dump(mode="json"), "documents": ids}
    # who erases one of them waits, and then finds the task
    there = select(table).where(table.c.id.in_(ids), table.c.erased_at.is_(None))
    there = there.order_by(table.c.id).with_for_update(read=True)
    with store.database.write() as connection:
        found = [_document(row) for row in connection.execute(there)]
        if not ids or len(found) < len(ids):
            raise RefusedAdaptation("train.documents", found=len(found), wanted=len(ids))
        check_amount(found)
        (task,) = _once(connection, [NewJob("train", name, request, total=0)])
    return task


def training_documents(store: Store, task: queue.Task) -> list[Document]:
    """The documents that a training reads, in the order of their ids."""
    table = tables.documents
    ids = (task.request or {})["documents"]
    query = select(table).where(table.c.id.in_(ids)).order_by(table.c.id)
    with store.database.read() as connection:
        return [_document(row) for row in connection.execute(query)]


def _document(row: Row[Any]) -> Document:
    return Document(**{name: row._mapping[name] for name in Document.model_fields})


# --- reports ---------------------------------------------------------------------------------


def request_report(store: Store, run: str, formats: Sequence[str], language: Language) -> int:
    """Queue the reports of an evaluation; the task's id. Its result names the stored files.

    Raises:
        UnknownRun: no evaluation has that id.
        UnknownReportFormat: before anything is queued.
    """
    from evaluations.reports import check_formats  # only here: workers of other kinds need none

    wanted = list(dict.fromkeys(formats))
    check_formats(wanted)
    snapshot = store.snapshot(run)
    request = {"formats": wanted, "language": language, "made_from": _made_from(store, snapshot)}
    new = NewJob("report", snapshot.name, request, total=len(wanted), run=run, parts=len(wanted))
    with store.database.write() as connection:
        (task,) = _once(connection, [new])
    return task


def _made_from(store: Store, snapshot: Snapshot) -> str:
    """The same as long as the same report would come out; of a run that moves, never."""
    if snapshot.status in MOVING:
        return secrets.token_hex(8)
    told = {"name", "status", "plan_hash", "comparison", "curve", "kpi_actuals", "review"}
    facts = snapshot.model_dump_json(include=told)
    moment = additions.read(store.database, snapshot.run).moment  # of the last thing people wrote
    hashes = [one.hash for one in snapshot.amendments]
    verdict = [snapshot.verdict.outcome, *(one.mark for one in snapshot.verdict.criteria)]
    words = [facts, str(verdict), str(snapshot.rule_lock), str(moment), *hashes, *snapshot.erased]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
