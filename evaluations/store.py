"""The store: documents and evaluations, as pages and commands see them.

`open_store(settings)` gives a `Store`. In the order of use: `add_documents`, `create_run` (locks
the plan and queues its tasks in one transaction), `progress`, `snapshot` (everything that is shown
about a run: stored once when the run has ended, computed from what is there before); `pause_run`,
`resume_run`, `set_priority`, `cancel_run` while it moves. Jobs without a run: `request_ingest`,
`jobs`, `cancel_job`. `erase_document` takes a document out of everything. Workers use `work_of`,
`store_facts` and the queue in `tasks`. Beside it: `stored_losses`, `job_rows` and `erasing`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, and_, delete, func, insert, select, update
from sqlalchemy.engine import Row

from evaluations import database as tables
from evaluations import entries, erasing, job_rows, kpis, notifications, requests, reviews
from evaluations import tasks as queue
from evaluations.amendments import (
    amended_rule,
    check_units,
    in_hindsight,
    is_unbroken,
    late_rule,
    rule_in_force,
    seal,
)
from evaluations.database import Database, insert_once, now, open_database, upsert
from evaluations.documents.cleaning import one_line
from evaluations.erasing import Erased, check_not_erased, erased_among, erased_of, is_whole
from evaluations.errors import ErasedMeanwhile, RefusedPlan, UnknownRun
from evaluations.evidence import assemble
from evaluations.files import ContentFiles, file_pieces, open_files, sha256_of
from evaluations.job_rows import Job
from evaluations.keeping import check_kept, erase_unnamed, kept
from evaluations.kinds import OF_A_PLAN
from evaluations.kpis import with_actuals
from evaluations.outputs import Output, OutputsRequest, OutputsSummary
from evaluations.plan import canonical_json, plan_hash, targets_of
from evaluations.records import (
    COMPUTED_BY,
    DERIVED,
    MOVING,
    STORED,
    Amendment,
    Arm,
    Baselines,
    Check,
    ComputedBy,
    DecisionRule,
    Document,
    DocumentTargets,
    InBytes,
    NotFinite,
    Plan,
    Policy,
    Reason,
    RunDocument,
    RunFacts,
    Snapshot,
    Span,
    Speed,
    Status,
    Timing,
    TokenMap,
)
from evaluations.rules import rule_lock, rule_of
from evaluations.run_list import Reader, RunSummary, Summaries
from evaluations.settings import LONGEST_SHOWN, Settings
from evaluations.stored_losses import StoredLosses, nll_of
from evaluations.targets import TooShort
from evaluations.tokenizing import packed_tokens
from evaluations.tokens import (
    ByteTokens,
    DocumentTokens,
    MappedTokens,
    in_bytes,
    token_count,
)
from evaluations.units import Unit, parts_of, read_tokens, units_of
from evaluations.unlisted import note, noted
from evaluations.validity import (
    CHUNK_INVARIANCE,
    NOT_FINITE,
    SELF_COMPARISON,
    STATE_NORM,
    distinct_documents,
    rule_locked,
    rule_not_easier,
)
from evaluations.verdict import completed
from evaluations.wording import Language
from longssm_core.overlap import SKETCHED, Sketch
from longssm_core.records import CheckpointDescription
from longssm_core.tokenizer import Tokens, tokenizer_in

if TYPE_CHECKING:
    from evaluations.adaptation import Adaptation
    from evaluations.documents import ExtractedDocument, Ingested, Masking, Split

SILENT_AFTER = timedelta(seconds=15)  # a worker that has not been heard of for so long is gone
CHECKED_ANEW = 16 << 20  # bytes of a stored file that is checked whenever it is opened
KEYS_AT_ONCE = 1_000  # in one query
SAME_DOCUMENTS = 0.5  # share of its documents that make an earlier evaluation one of the same
RECENT_UNITS = 200  # for the time that is left
PROBE_PREFIX = 8_192  # tokens over which the state's norm is watched
CHECKED_BY: dict[str, tuple[str, ...]] = {
    "again": (SELF_COMPARISON,),
    "probe": (CHUNK_INVARIANCE, STATE_NORM),
}
_FIRST, _LAST = -1, 1 << 30  # places in a run's queue


@dataclass(frozen=True)
class DocumentProgress:
    """How far one document is, over all arms. done and total: work in tokens read."""

    id: str
    name: str
    role: Literal["scored", "calibration", "too_short"]
    done: int
    total: int


@dataclass(frozen=True)
class Failure:
    """A task that failed: the others go on."""

    document: str  # its name
    arm: str
    reason: Reason


@dataclass(frozen=True)
class Progress:
    """How far a run is. done and total: work in tokens read, the checks included."""

    status: Status
    done: int
    total: int
    documents: tuple[DocumentProgress, ...]
    seconds_left: float | None  # None: nothing was measured yet, or nobody works
    failures: tuple[Failure, ...]
    worker_alive: bool
    device: str  # in plain words; empty: no worker has been heard of
    seconds_taken: float | None = None  # from the first task's start to the last one's end


@dataclass(frozen=True)
class WorkerFacts:
    """A worker process that has been heard of just now, on whichever machine."""

    name: str
    host: str
    process: int
    device: str  # in plain words
    threads: int
    started: datetime


class Work(NamedTuple):
    """What a worker needs to compute a task."""

    run: str
    arms: tuple[Arm, ...]  # all of the plan
    arm: Arm
    units: tuple[Unit, ...]
    prefix: int  # tokens that the arm reads from the document's start
    text: Path  # UTF-8, of any size: nobody holds all of it
    tokens: DocumentTokens
    rows: int  # documents that are read side by side under `carry`, by the plan


class KnownLosses(NamedTuple):
    """Losses of one unit, what they cost when they were computed, and who did, in which run."""

    nll: NDArray[np.float32]
    seconds: float
    peak_memory: int
    worker: str
    run: str


class Store:
    """Documents, runs and results of one database and one folder of files."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.files = open_files(settings)
        self._tokenizers: dict[str, Tokens] = {}  # by checkpoint
        self._maps: dict[tuple[str, str], TokenMap] = {}  # by document and tokenizer
        self._summaries = Summaries()
        self._large: dict[str, tuple[int, int]] = {}  # checked files: their inode and size

    # --- documents ---------------------------------------------------------------------------

    def add_documents(
        self, ingested: Ingested, original: bytes | Path | None = None
    ) -> list[Document]:
        """Store the documents of one ingested file, and the file as it was uploaded.

        A text that is already there is stored once; the newer name is the one that is listed.
        Runs keep the names that they were locked with.

        Args:
            ingested: what was read from the file; a refused one has no documents.
            original: the file's bytes or where they are; None: they are not kept, as becomes a
                file of which something was masked.
        """
        keeps = {"original_kept": original is not None}
        found = [one.document.model_copy(update=keeps) for one in ingested.documents]
        upload = None if original is None else _upload(original)
        uploads = [] if upload is None else [upload.sha256]

        def put(notes: Path) -> set[str]:
            named = {*uploads, *(document.id for document in found)}
            note(notes, *sorted(named))
            if upload is not None:
                self.files.put_pieces(upload.pieces(), upload.sha256)
            for extracted in ingested.documents:
                keep_text(self.files, extracted)
            return named

        def name(named: set[str]) -> None:
            with self.database.write() as connection:
                check_kept(connection, self.files, named)
                note(notes, *list_documents(connection, found))

        with noted(self) as notes:
            kept(partial(put, notes), name)
        return found

    def documents(self) -> list[Document]:
        """All documents that were uploaded and not erased, those added last first."""
        table = tables.documents
        uploaded = select(table).where(table.c.format != DERIVED, table.c.erased_at.is_(None))
        query = uploaded.order_by(table.c.added_at.desc(), table.c.name)
        with self.database.read() as connection:
            return [_document(row) for row in connection.execute(query)]

    def document_text(self, document: str) -> str:
        """The stored text of a document.

        Raises:
            FileNotFoundError: there is no such document in this data folder.
            RefusedPlan: it was erased.
        """
        return self.text_file(document).read_bytes().decode("utf-8")

    def text_file(self, document: str) -> Path:
        """The file of that text, which may be too large to hold; errors as of `document_text`."""
        try:
            return self._checked(document)
        except FileNotFoundError:
            with self.database.read() as connection:
                check_not_erased(connection, [document], writing=False)
            raise

    def mapped_tokens(self, file: str) -> MappedTokens:
        """The stored tokens of a document.

        Raises:
            FileNotFoundError: they were never stored, or were erased.
        """
        return MappedTokens(self._checked(file))

    def tokenize(self, document: Document, checkpoint: CheckpointDescription) -> TokenMap:
        """A document as a checkpoint's tokenizer reads it, stored for all who score it.

        Raises:
            CheckpointError: the tokenizer is malformed, or not that of the model.
            FileNotFoundError: the text is not in this data folder.
        """
        if checkpoint.fingerprint not in self._tokenizers:
            self._tokenizers[checkpoint.fingerprint] = tokenizer_in(checkpoint)
        known = self._maps.get((document.id, checkpoint.tokenizer))
        if known is None or not self.files.is_there(known.file):
            tokenizer, text = self._tokenizers[checkpoint.fingerprint], self.text_file(document.id)
            file = self.files.put_made(packed_tokens(text, tokenizer, checkpoint.folder))
            known = TokenMap(count=token_count(self.files.path(file)), file=file)
            self._forget_late(document.id, known)
            self._maps[document.id, checkpoint.tokenizer] = known
        return known

    def _forget_late(self, document: str, tokens: TokenMap) -> None:
        """Raise RefusedPlan where a document was erased while its text was read.

        An erasure that comes later finds the tokens among the files, see `erasing`.
        """
        try:
            with self.database.read() as connection:
                check_not_erased(connection, [document], writing=False)
        except RefusedPlan:
            erase_unnamed(self, [tokens.file])
            raise

    def forget_maps(self, documents: Sequence[str]) -> None:
        """Take the token maps of documents for unknown: their files are gone."""
        for key in [key for key in self._maps if key[0] in documents]:
            del self._maps[key]

    def document_start(self, document: str) -> str:
        """The stored text of a document; of a long one as much as is compared with other texts.

        Raises:
            FileNotFoundError: there is no such document in this data folder.
        """
        with self.files.path(document).open("rb") as file:
            return file.read(SKETCHED).decode("utf-8", "ignore")

    def _checked(self, name: str) -> Path:
        """A stored file that is what it was; a large one is looked at once by each process.

        Raises:
            FileNotFoundError: it was never stored, or was erased.
            DamagedFileStored: something else is stored there now.
        """
        path = self.files.path(name)
        found = path.stat()
        marks = (found.st_ino, found.st_size)
        if self._large.get(name) != marks:
            self.files.check(name)
            if found.st_size > CHECKED_ANEW:
                self._large[name] = marks
        return path

    def _with_bytes(self, targets: DocumentTargets, part: RunDocument) -> DocumentTargets:
        """The targets, with their places in bytes where a token is none."""
        if part.tokens is None:
            return targets
        try:
            tokens = self.mapped_tokens(part.tokens.file)
        except FileNotFoundError as error:
            raise RefusedPlan("erase.planned_tokens") from error
        return replace(targets, other_bytes=in_bytes(targets, tokens))

    # --- runs --------------------------------------------------------------------------------

    def create_run(
        self,
        name: str,
        plan: Plan,
        documents: Sequence[RunDocument],
        level: int = 0,
        derived: Sequence[ExtractedDocument] = (),
    ) -> str:
        """Lock the plan and queue its tasks, in one transaction; the run's id.

        Args:
            level: how urgent it is, of kinds.LEVELS.
            derived: those of the documents that were made from others; they are stored with the
                run, and `documents` does not list them. A text that a user has uploaded stays the
                user's.

        Raises:
            RefusedPlan: one of the documents was erased meanwhile, or what they were made from, or
                the plan names a locked rule that there is not. Nothing of it is left here.
        """
        if not derived:
            return self._create_run(name, plan, documents, level, ())
        with noted(self) as notes:
            return kept(
                partial(self._put_derived, notes, derived),
                lambda texts: self._create_run(name, plan, documents, level, texts),
            )

    def _put_derived(self, notes: Path, derived: Sequence[ExtractedDocument]) -> Sequence[Document]:
        texts = [extracted.document for extracted in derived]
        note(notes, *sorted(document.id for document in texts))
        for extracted in derived:
            keep_text(self.files, extracted)
        return texts

    def _create_run(
        self,
        name: str,
        plan: Plan,
        documents: Sequence[RunDocument],
        level: int,
        derived: Sequence[Document],
    ) -> str:
        run = secrets.token_hex(8)
        parts = sorted(documents, key=lambda part: part.order)
        targets = {
            part.document.id: self._with_bytes(found, part)
            for part in parts
            if part.role != "too_short"
            and not isinstance(found := targets_of(part, plan), TooShort)
        }
        new = _new_tasks(plan, parts, targets)
        with self.database.write() as connection:
            _check_sources(connection, plan, parts, derived)
            _list_derived(connection, derived)
            check_kept(connection, self.files, [document.id for document in derived])
            self._check_tokens(connection, parts)
            present = now(connection)
            connection.execute(
                insert(tables.runs).values(
                    id=run,
                    name=one_line(name),
                    created_at=present,
                    plan=canonical_json(plan),
                    plan_hash=plan_hash(plan),
                    documents_hash=_documents_hash(parts),
                    locked_at=present,
                    priority=level,
                    rule_id=rule_of(connection, plan),
                )
            )
            connection.execute(
                insert(tables.run_documents), [_part(run, part, targets) for part in parts]
            )
            queue.enqueue(connection, run, new)
        return run

    def _check_tokens(self, connection: Connection, parts: Sequence[RunDocument]) -> None:
        """Raise RefusedPlan where tokens that the plan names are gone: it is made anew.

        With new tokens: a copy may still be here of what another machine has erased.
        """
        named = {part.document.id: part.tokens.file for part in parts if part.tokens is not None}
        if named:
            try:
                check_kept(connection, self.files, named.values())
            except ErasedMeanwhile as error:
                self.forget_maps(tuple(named))
                raise RefusedPlan("erase.planned_tokens") from error

    def start_run(
        self,
        name: str,
        plan: Plan,
        documents: Sequence[RunDocument],
        level: int | None = None,
        derived: Sequence[ExtractedDocument] = (),
    ) -> str:
        """The run of that plan over those documents: the one that is there, or a new one.

        So an interrupted command that is repeated finishes what it began, and what is computed
        already is shown; what failed is tried again.

        Args:
            level: how urgent it is, of kinds.LEVELS; None: as it is, normal for a new one.
            derived: see `create_run`; a run that is there has them.
        """
        existing = self.find_run(plan_hash(plan), documents)
        if existing is None:
            return self.create_run(name, plan, documents, level or 0, derived)
        self.retry_run(existing)
        if level is not None:
            self.set_priority(existing, level)
        return existing

    def retry_run(self, run: str) -> None:
        """Queue again what failed in a run, with what it had stored; its result is made anew.

        Whatever was in the way may be gone: the device, the memory, the document's file. Without
        a failed task, and where the run was cancelled or a document of it erased, nothing changes:
        the result that is stored could not be had again.
        """
        runs = tables.runs
        may_try = runs.c.cancelled_at.is_(None) & is_whole(runs.c.id)
        with self.database.write() as connection:
            _lock_run(connection, run)
            tries = connection.scalar(select(may_try).where(runs.c.id == run))
            if tries and queue.requeue_failed(connection, run):
                stored = tables.snapshots
                connection.execute(delete(stored).where(stored.c.run_id == run))

    def find_run(self, plan_hash: str, documents: Sequence[RunDocument]) -> str | None:
        """The last run of that plan hash over exactly those documents; None: there is none.

        Cancelled and archived runs are left alone, as are those that erasing took something from.
        """
        query = select(tables.runs.c.id).where(
            tables.runs.c.plan_hash == plan_hash,
            tables.runs.c.documents_hash == _documents_hash(documents),
            tables.runs.c.cancelled_at.is_(None),
            tables.runs.c.archived_at.is_(None),
            is_whole(tables.runs.c.id),
        )
        with self.database.read() as connection:
            return connection.scalar(query.order_by(tables.runs.c.created_at.desc()).limit(1))

    def runs(self, archived: bool = False) -> list[RunSummary]:
        """All evaluations, the newest first; archived ones only where asked for."""
        with self.database.read() as connection:
            return self._summaries.listed(connection, archived)

    def newest_runs(self, most: int) -> list[RunSummary]:
        """The first of `runs`, as fast however many others there are."""
        with self.database.read() as connection:
            return self._summaries.newest(connection, most)

    def has_archived(self) -> bool:
        """Whether any evaluation was taken out of the list."""
        archived = select(tables.runs.c.id).where(tables.runs.c.archived_at.is_not(None)).limit(1)
        with self.database.read() as connection:
            return connection.execute(archived).first() is not None

    def summary(self, run: str) -> RunSummary:
        """One line of that list.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        with self.database.read() as connection:
            return self._summaries.one(connection, _run(connection, run).id)

    def reruns(self, run: str) -> list[str]:
        """Ids of the re-runs of a run on perturbed documents, the oldest first.

        Of the same one that was begun several times, the last.
        """
        with self.database.read() as connection:
            return self._summaries.reruns(connection, run)

    def readers(self) -> Mapping[str, list[Reader]]:
        """Evaluations by the fingerprint of a checkpoint that they read with, the newest first."""
        with self.database.read() as connection:
            return self._summaries.readers(connection)

    def losses(self, run: str) -> StoredLosses:
        """The losses of a run's finished score tasks.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        with self.database.read() as connection:
            plan = _plan(_run(connection, run))
            rows, parts = _tasks(connection, run), _parts(connection, run)
        return StoredLosses(self.database, plan, _finished(rows), self._tokens_of(parts))

    def plan(self, run: str) -> Plan:
        """The locked plan.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        with self.database.read() as connection:
            return _plan(_run(connection, run))

    def run_documents(self, run: str) -> tuple[RunDocument, ...]:
        """The documents of a run in their order, with the names that it was locked with."""
        with self.database.read() as connection:
            _run(connection, run)
            return tuple(_run_document(row) for row in _parts(connection, run))

    def rename_run(self, run: str, name: str) -> None:
        """Give an evaluation another name; its stored result says the new one as well."""
        self._change_run(run, name=one_line(name))

    def amendments(self, run: str) -> tuple[Amendment, ...]:
        """The amendments of a run's rule, in their order."""
        with self.database.read() as connection:
            _run(connection, run)
            return _amendments(connection, run)

    def erased(self, run: str) -> tuple[str, ...]:
        """Ids of the documents of a run that were erased since."""
        with self.database.read() as connection:
            return erased_of(connection, run)

    def amend_run(
        self, run: str, changes: Mapping[str, Any], reason: str, author: str = ""
    ) -> Amendment:
        """Append a changed rule; the locked one stays, and decides where results could be seen.

        Args:
            changes: fields of DecisionRule with their new values.
            reason: why, in the user's words; not empty.
            author: who.

        Raises:
            UnknownRun: no evaluation has that id.
            RefusedPlan: no reason, or not a rule of this plan.
        """
        reason, author = one_line(reason), one_line(author)
        if not reason:
            raise RefusedPlan("amend.reason")
        with self.database.write() as connection:
            row = _lock_run(connection, run)
            plan, earlier = _plan(row), _amendments(connection, run)
            before = earlier[-1].rule if earlier else plan.rule
            after = _has_losses(connection, run) or bool(_seen_before(connection, row, plan))
            rule = amended_rule(plan, before, changes)
            if after:
                check_units((before, rule_in_force(plan, earlier)), rule)
            amendment = seal(
                previous=earlier[-1].hash if earlier else row.plan_hash,
                number=len(earlier) + 1,
                before=before,
                rule=rule,
                reason=reason,
                author=author,
                made_at=now(connection).isoformat(timespec="seconds"),
                after_results=after,
            )
            connection.execute(
                insert(tables.amendments).values(
                    run_id=run, number=amendment.number, amendment=amendment.model_dump_json()
                )
            )
        return amendment

    def archive_run(self, run: str, archived: bool = True) -> None:
        """Take an evaluation out of the list, or put it back."""
        with self.database.write() as connection:
            present = now(connection)
            _update_run(connection, run, archived_at=present if archived else None)

    def cancel_run(self, run: str) -> None:
        """Stop an evaluation within one unit of each task; what was computed stays.

        A run that has ended already is not changed.
        """

        def cancel(connection: Connection) -> None:
            row = _lock_run(connection, run)
            # asked of the tasks themselves: the last one may have ended since we looked
            if _status(connection, row) in MOVING and queue.cancel(connection, run):
                _update_run(connection, run, cancelled_at=now(connection))

        self.database.change(cancel)

    def pause_run(self, run: str) -> None:
        """Let nobody work on an evaluation until `resume_run`; a unit at work is dropped.

        What was stored stays, and the rest is computed from there to the same bits. A run that has
        ended already is not changed.

        Raises:
            UnknownRun: no evaluation has that id.
        """

        def pause(connection: Connection) -> None:
            row = _lock_run(connection, run)
            # a pause without anything left to do would hold up what is asked for afterwards
            if _status(connection, row) in MOVING and queue.pause(connection, run):
                _update_run(connection, run, paused_at=now(connection))

        self.database.change(pause)

    def resume_run(self, run: str) -> None:
        """Let workers go on with a paused evaluation.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        with self.database.write() as connection:
            _update_run(connection, run, paused_at=None)

    def set_priority(self, run: str, level: int) -> None:
        """Make an evaluation more or less urgent than the others, what is queued included.

        Args:
            level: of kinds.LEVELS.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        with self.database.write() as connection:
            _update_run(connection, run, priority=level)
            queue.set_priority(connection, tables.tasks.c.run_id == run, level)

    # --- jobs --------------------------------------------------------------------------------

    def request_ingest(
        self,
        source: Path,
        name: str,
        encoding: str | None = None,
        split: Split | None = None,
        level: int = 0,
        *,
        columns: Sequence[str] | None = None,
        masking: Masking | None = None,
        keep_original: bool = True,
    ) -> int:
        """Queue the reading and storing of a file, for any worker; the job's id.

        Its result (`job(id).result`) lists the documents, or says why there are none.

        Args:
            source: the file; it is stored as it is, and forgotten where nothing comes of it.
            name: as the user named it.
            encoding, split, columns, masking: as for `ingest_path`.
            keep_original: whether it stays stored beside its texts when they are read.
        """
        upload = _upload(source)
        names = _name_list(masking)
        size = source.stat().st_size
        request = {
            "file": upload.sha256,
            "bytes": size,
            "name": name,
            "encoding": encoding,
            "split": None if split is None else asdict(split),
            "columns": None if columns is None else list(columns),
            "masking": None if masking is None else list(masking.kinds),
            "names": None if names is None else names.sha256,  # not here: requests are kept
            "keep_original": keep_original,
        }
        put_files = [upload] if names is None else [upload, names]
        job = queue.NewJob("ingest", one_line(name), request, size, level=level)

        def put(notes: Path) -> list[str]:
            note(notes, *(file.sha256 for file in put_files))
            return [self.files.put_pieces(file.pieces(), file.sha256) for file in put_files]

        def name_it(files: list[str]) -> int:
            with self.database.write() as connection:
                check_kept(connection, self.files, files)
                return queue.enqueue_job(connection, job)

        with noted(self) as notes:
            return kept(partial(put, notes), name_it)

    def request_job(self, job: queue.NewJob) -> int:
        """Queue a job of any kind; its id."""
        with self.database.write() as connection:
            return queue.enqueue_job(connection, job)

    def jobs(self, kind: str | None = None) -> list[Job]:
        """All tasks with a request of their own, the newest first."""
        with self.database.read() as connection:
            return job_rows.listed(connection, kind)

    def job(self, job: int) -> Job:
        """One of them.

        Raises:
            UnknownJob: there is none of that id.
        """
        with self.database.read() as connection:
            return job_rows.one(connection, job)

    def cancel_job(self, job: int) -> None:
        """End a job; a worker that is at it drops it within seconds. An ended one is not changed.

        Raises:
            UnknownJob: there is none of that id.
        """
        with self.database.write() as connection:
            found = job_rows.one(connection, job)
            queue.cancel_task(connection, job)
        if found.kind == "ingest":
            erasing.forget_upload(self, found.request)

    def request_outputs(
        self, run: str, wanted: OutputsRequest | None = None, document: str | None = None
    ) -> list[int]:
        """Have A and B of a run continue its documents; the jobs' ids, see `requests`.

        Raises:
            UnknownRun: no evaluation has that id.
            RefusedPlan: no document has a line to continue.
        """
        return requests.request_outputs(self, run, wanted or OutputsRequest(), document)

    def outputs(self, run: str) -> list[Output]:
        """What both arms wrote, by document, point and arm."""
        return requests.outputs(self, run)

    def outputs_summary(self, run: str) -> OutputsSummary | None:
        """A against B at the points that both continued; None: there are none."""
        return requests.outputs_summary(self, run)

    def request_training(self, name: str, documents: Sequence[str], wanted: Adaptation) -> int:
        """Queue the making of a pair from stored documents; the job's id, see `requests`.

        Raises:
            RefusedAdaptation: no documents, or one that is not there.
        """
        return requests.request_training(self, name, documents, wanted)

    def request_report(self, run: str, formats: Sequence[str], language: Language) -> int:
        """Queue the reports of an evaluation; the job's id, see `requests`.

        Raises:
            UnknownRun: no evaluation has that id.
            UnknownReportFormat: before anything is queued.
        """
        return requests.request_report(self, run, formats, language)

    # --- erasing -----------------------------------------------------------------------------

    def find_document(self, named: str) -> Document:
        """The document with this id, or the only one with this name.

        Raises:
            UnknownDocument: there is none, or several have that name.
        """
        return erasing.find(self, named)

    def erase_document(self, document: str) -> Erased:
        """Take a document out of everything, for good; what remains is its name in old results.

        Its text, the upload where no other document needs it, token maps, losses, states, sketches
        and outputs of all runs go, as do the perturbed copies of re-runs. Finished results keep
        their figures and say that the document was erased; what is queued ends with that reason.

        Raises:
            UnknownDocument: no document has that id.
        """
        return erasing.erase(self, document)

    def progress(self, run: str) -> Progress:
        """How far a run is, what failed, and whether anybody works on it.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        with self.database.read() as connection:
            status = _status(connection, _run(connection, run))
            parts = [_run_document(row) for row in _parts(connection, run)]
            rows = _tasks(connection, run)
            alive = _living_workers(connection)
            names = {part.document.id: part.document.name for part in parts}
            done, total = _work(rows)
            return Progress(
                status=status,
                done=done,
                total=total,
                documents=tuple(_document_progress(part, rows) for part in parts),
                seconds_left=_seconds_left(connection, run, total - done, len(alive)),
                failures=_failures(rows, names),
                worker_alive=bool(alive),
                device=_device(alive) or _devices(rows),
                seconds_taken=_seconds_taken(rows),
            )

    def snapshot(self, run: str, until: datetime | None = None) -> Snapshot:
        """Everything that is shown about a run: what was computed, and what people said since.

        First the blind review, then the figures of the business: each may open one more item.

        Args:
            until: what they said later does not count; None: all of it does.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        return self._shown(self.computed(run), until)

    def _shown(self, found: Snapshot, until: datetime | None = None) -> Snapshot:
        if found.status not in MOVING:
            found = reviews.reviewed(self, found, until)
        entered = entries.latest(self.database, found.run, kpis.KIND, until)
        return with_actuals(found, entered)

    def enter_kpi(self, run: str, name: str, actual: float, author: str = "") -> None:
        """Append what came out of a figure of the business; the list shows what follows.

        Raises:
            UnknownRun: no evaluation has that id.
            RefusedPlan: neither its rule nor an amendment has such a figure, or that is no number.
        """
        kpis.enter(self.database, self.computed(run), name, actual, author)
        self.list_outcome(run)

    def list_outcome(self, run: str) -> None:
        """Let the list say the outcome that is shown."""
        stored, shown = tables.snapshots, self.snapshot(run)
        outcome = {"outcome": shown.verdict.outcome.value}
        with self.database.write() as connection:
            connection.execute(update(stored).where(stored.c.run_id == run).values(**outcome))

    def computed(self, run: str) -> Snapshot:
        """What was computed of a run; stored once when the run has ended.

        Raises:
            UnknownRun: no evaluation has that id.
        """
        with self.database.read() as connection:
            row = _run(connection, run)
            status = _status(connection, row)
            attempt = _attempt(connection, run)
            text = connection.scalar(
                select(tables.snapshots.c.snapshot).where(tables.snapshots.c.run_id == run)
            )
            amendments = _amendments(connection, run)
            erased = erased_of(connection, run)
        if text is not None and _is_locked(row, amendments):
            found = Snapshot.model_validate_json(text, context=STORED)
            verdict = completed(found.verdict, found.plan.rule)
            now_true = {"name": row.name, "verdict": verdict, "erased": erased}
            found = found.model_copy(update=now_true)
            is_current = found.amendments == amendments
            return found if is_current else self._amended(row, status, found, amendments)
        found = self._assemble(row, status)
        if status in ("done", "failed", "cancelled"):
            self._keep(found, attempt)
        return found

    # --- for workers -------------------------------------------------------------------------

    def work_of(self, task: queue.Task) -> Work:
        """What a worker needs to compute `task`."""
        run, document, name = task.part
        with self.database.read() as connection:
            plan = _plan(_run(connection, run))
            row = connection.execute(
                select(tables.run_documents.c.targets).where(
                    tables.run_documents.c.run_id == run,
                    tables.run_documents.c.document_id == document,
                )
            ).one()
        arm = next(arm for arm in plan.arms if arm.name == name)
        targets = _targets(document, row.targets)
        text, tokens_file = self._checked(document), row.targets.get("tokens")
        tokens = self.mapped_tokens(tokens_file) if tokens_file else ByteTokens(text)
        units = units_of(arm, targets)
        return Work(run, plan.arms, arm, units, targets.prefix, text, tokens, plan.rows)

    def rows_of(self, task: queue.Task) -> int:
        """How many documents a task's arm reads side by side: under `carry` as the plan says."""
        run, _, name = task.part
        plan = self.plan(run)
        arm = next(arm for arm in plan.arms if arm.name == name)
        return plan.rows if arm.policy is Policy.CARRY else 1

    def first_result(self, task: queue.Task) -> dict[int, NDArray[np.float32]]:
        """Losses by unit of the score task whose work `task` repeats."""
        query = (
            select(tables.losses.c.unit, tables.losses.c.nll)
            .join(tables.tasks, tables.tasks.c.id == tables.losses.c.task_id)
            .where(
                tables.tasks.c.run_id == task.run,
                tables.tasks.c.kind == "score",
                tables.tasks.c.document_id == task.document,
                tables.tasks.c.arm == task.arm,
            )
        )
        with self.database.read() as connection:
            return {row.unit: nll_of(row.nll) for row in connection.execute(query)}

    def own_result(self, task: queue.Task) -> dict[int, NDArray[np.float32]]:
        """Losses by unit that `task` itself has stored."""
        loss = tables.losses
        query = select(loss.c.unit, loss.c.nll).where(loss.c.task_id == task.id)
        with self.database.read() as connection:
            return {row.unit: nll_of(row.nll) for row in connection.execute(query)}

    def knows_all(self, keys: Sequence[str], run: str) -> bool:
        """Whether `run` computed losses under every one of `keys`."""
        loss = tables.losses
        with self.database.read() as connection:
            for start in range(0, len(keys), KEYS_AT_ONCE):
                part = keys[start : start + KEYS_AT_ONCE]
                query = _computed(loss.c.work_key, run).where(loss.c.work_key.in_(part))
                if set(connection.scalars(query)) != set(part):
                    return False
        return True

    def runs_that_know(self, keys: Sequence[str]) -> list[str]:
        """Runs that computed losses under every one of `keys`."""
        loss, task = tables.losses, tables.tasks
        query = _computed(task.c.run_id, None).where(loss.c.work_key.in_(keys))
        query = query.group_by(task.c.run_id).order_by(task.c.run_id)
        enough = func.count(loss.c.work_key.distinct()) == len(set(keys))
        with self.database.read() as connection:
            return list(connection.scalars(query.having(enough)))

    def known_losses(self, key: str, run: str | None = None) -> KnownLosses | None:
        """The losses that were computed under `key`, in `run` or in any; None: nobody has yet."""
        loss, task = tables.losses, tables.tasks
        query = _computed((loss, task.c.run_id), run).where(loss.c.work_key == key)
        with self.database.read() as connection:
            row = connection.execute(query.order_by(loss.c.stored_at).limit(1)).first()
        if row is None:
            return None
        return KnownLosses(nll_of(row.nll), row.seconds, row.peak_memory, row.worker, row.run_id)

    def has_facts(self, run: str, document: str) -> bool:
        """Whether the simple models and the sketch of a document are stored."""
        part = tables.run_documents
        own = (part.c.run_id == run) & (part.c.document_id == document)
        with self.database.read() as connection:
            return connection.scalar(select(part.c.unigram).where(own)) is not None

    def store_facts(self, run: str, document: str, simple: Baselines, sketch: Sketch) -> None:
        """Keep what simple models make of a document, and its sketch, beside its part."""
        part = tables.run_documents
        own = (part.c.run_id == run) & (part.c.document_id == document)
        with self.database.write() as connection:
            if erased_among(connection, [document]):
                return
            connection.execute(
                update(part)
                .where(own)
                .values(
                    unigram=simple.unigram,
                    order2=simple.order2,
                    sketch=sketch.astype("<u8").tobytes(),
                )
            )

    def has_ended(self, run: str) -> bool:
        """Whether no task of a run is left."""
        with self.database.read() as connection:
            return _status(connection, _run(connection, run)) not in MOVING

    def is_locked(self, run: str) -> bool:
        """Whether plan and amendments are what they were when they were hashed."""
        with self.database.read() as connection:
            return _is_locked(_run(connection, run), _amendments(connection, run))

    def workers(self) -> tuple[WorkerFacts, ...]:
        """The living worker processes of all machines, by host and process."""
        with self.database.read() as connection:
            found = _living_workers(connection)
        return tuple(
            WorkerFacts(row.name, row.host, row.process, row.device, row.threads, row.started_at)
            for row in sorted(found, key=lambda row: (row.host, row.process))
        )

    def close(self) -> None:
        """Give the database's connections back."""
        self.database.close()

    def _change_run(self, run: str, **values: Any) -> None:
        with self.database.write() as connection:
            _update_run(connection, run, **values)

    def _keep(self, found: Snapshot, attempt: int) -> None:
        """Store a final snapshot, unless another process was faster: both are the same.

        Nor where tasks were queued again while it was put together: it would stay for good.
        """
        shown = self._shown(found)
        with self.database.write() as connection:
            _lock_run(connection, found.run)
            stored = tables.snapshots
            is_there = select(stored.c.run_id).where(stored.c.run_id == found.run)
            if (
                _attempt(connection, found.run) != attempt
                or connection.execute(is_there).first() is not None
            ):
                return
            connection.execute(
                insert(stored).values(
                    run_id=found.run,
                    snapshot=found.model_dump_json(),
                    outcome=shown.verdict.outcome.value,
                    created_at=now(connection),
                )
            )
            notifications.run_ended(connection, shown)

    def _assemble(
        self, row: Row[Any], status: Status, rule: DecisionRule | None = None
    ) -> Snapshot:
        """The result from what is stored now; under `rule`, or the one that decides."""
        with self.database.read() as connection:
            parts = _parts(connection, row.id)
            rows = _tasks(connection, row.id)
            plan = _plan(row)
            read = _read_starts(connection, row.id)
            checks = _checks(connection, row.id, rows)
            not_finite = _not_finite(connection, row.id)
            amendments = _amendments(connection, row.id)
            before = _seen_before(connection, row, plan)
            erased = erased_of(connection, row.id)
            computed_by = _computed_by(connection, row.id)
            lock = rule_lock(connection, row)
        make = partial(
            assemble,
            run=RunFacts(
                run=row.id,
                name=row.name,
                created=row.created_at.isoformat(timespec="seconds"),
                status=status,
                plan_hash=row.plan_hash,
                locked_at=row.locked_at.isoformat(timespec="seconds"),
                device=_devices(rows),
            ),
            documents=[_run_document(part) for part in parts],
            targets={
                part.document_id: _targets(part.document_id, part.targets)
                for part in parts
                if part.targets is not None
            },
            losses=StoredLosses(self.database, plan, _finished(rows), self._tokens_of(parts)),
            checks=[
                rule_locked(_is_locked(row, amendments)),
                *rule_not_easier(plan, before),
                *checks,
            ],
            not_finite=not_finite,
            speed=[speed for arm in plan.arms if (speed := _speed(read, arm.name)) is not None],
            timings=[
                Timing(
                    one.document_id, one.arm, one.unit, one.device or "", one.seconds, one.source
                )
                for one in read
            ],
            baselines=_baselines(parts),
        )
        in_force = plan.model_copy(update={"rule": rule or rule_in_force(plan, amendments)})
        added = {
            "amendments": amendments,
            "erased": erased,
            "computed_by": computed_by,
            "rule_lock": lock,
        }
        found = make(plan=in_force).model_copy(update=added)
        late = late_rule(amendments)
        if late is None or rule is not None:
            return found
        other = make(plan=plan.model_copy(update={"rule": late})).verdict
        return found.model_copy(update={"amended_verdict": in_hindsight(other)})

    def _amended(
        self, row: Row[Any], status: Status, found: Snapshot, amendments: tuple[Amendment, ...]
    ) -> Snapshot:
        """A stored result with what was appended to its rule since; what it said stays as it was.

        The amended rule is applied with today's statistics: they may have moved since.
        """
        late = late_rule(amendments)
        verdict = None if late is None else in_hindsight(self._assemble(row, status, late).verdict)
        found = found.model_copy(update={"amendments": amendments, "amended_verdict": verdict})
        stored = tables.snapshots
        with self.database.write() as connection:
            connection.execute(
                update(stored)
                .where(stored.c.run_id == row.id)
                .values(snapshot=found.model_dump_json())
            )
        return found

    def _tokens_of(self, parts: Sequence[Row[Any]]) -> Callable[[str], MappedTokens | None]:
        """The tokens of a document; the file of the last one that was asked for stays open."""
        files = {part.document_id: _map_file(part.targets) for part in parts}

        @lru_cache(maxsize=1)
        def tokens(document: str) -> MappedTokens | None:
            file = files[document]
            return None if file is None else self.mapped_tokens(file)

        return tokens


def open_store(settings: Settings) -> Store:
    """The store of `settings`; its database is created or migrated where needed.

    Raises:
        DatabaseTooNew: a later version of the product wrote it.
    """
    return Store(settings, open_database(settings))


# --- rows to values --------------------------------------------------------------------------


class _Upload(NamedTuple):
    """A file as it was uploaded: its content, as often as it is stored, and its SHA-256."""

    pieces: Callable[[], Iterable[bytes]]
    sha256: str


def _upload(original: bytes | Path) -> _Upload:
    if isinstance(original, Path):
        return _Upload(partial(file_pieces, original), sha256_of(original))
    return _Upload(lambda: (original,), hashlib.sha256(original).hexdigest())


def _name_list(masking: Masking | None) -> _Upload | None:
    """The names that are to be masked, as a file, one a line."""
    if masking is None or not masking.names:
        return None
    return _upload("\n".join(masking.names).encode("utf-8"))


def keep_text(files: ContentFiles, extracted: ExtractedDocument) -> None:
    """Store the text of one document of a file that was read, under its id."""
    files.put_pieces(extracted.pieces(), extracted.document.id)


def list_documents(connection: Connection, found: Sequence[Document]) -> list[str]:
    """Put documents on the list, under their newest names; an erased one is there again.

    When a text was first put in stays: a rule that was locked later did not come before it.
    Answers the uploads that they were listed with before, which are to be noted: a text names
    only its newest one, and who erases it would leave the others.
    """
    added_at, table = now(connection), tables.documents
    known = table.c.id.in_([document.id for document in found])
    listed = select(table.c.original_sha256).where(
        known, table.c.original_kept, table.c.format != DERIVED
    )
    before = list(connection.scalars(listed.distinct()))
    for document in found:
        row = {**document.model_dump(), "added_at": added_at, "erased_at": None}
        upsert(connection, table, row, kept=("added_at",))
    return before


def _check_sources(
    connection: Connection, plan: Plan, parts: Sequence[RunDocument], derived: Sequence[Document]
) -> None:
    """Raise RefusedPlan where a document of a run was erased, or one that its texts come from."""
    donors = () if plan.perturbation is None else plan.perturbation.donors
    made = {document.id for document in derived}
    sources = {*donors, *(document.original_sha256 for document in derived)}
    sources |= {part.document.id for part in parts} - made
    # in one order, as whoever erases one; a copy that is its origin's own text is not put back
    check_not_erased(connection, sorted(sources | made), back=made - sources)


def _list_derived(connection: Connection, derived: Sequence[Document]) -> None:
    """Put documents that were made from others beside those of users."""
    added_at = now(connection)
    table = tables.documents
    for document in sorted(derived, key=lambda one: one.id):  # in one order, as others at once
        insert_once(connection, table, {**document.model_dump(), "added_at": added_at})
        back = and_(table.c.id == document.id, table.c.erased_at.is_not(None))
        connection.execute(update(table).where(back).values(erased_at=None))


def _run(connection: Connection, run: str) -> Row[Any]:
    row = connection.execute(select(tables.runs).where(tables.runs.c.id == run)).first()
    if row is None:
        raise UnknownRun("run.unknown", run=run[:LONGEST_SHOWN])
    return row


def _lock_run(connection: Connection, run: str) -> Row[Any]:
    """The same, until the transaction ends for this one alone (SQLite: it has the only lock)."""
    _run(connection, run)
    # not FOR UPDATE: a worker that ends a task holds its row, and PostgreSQL looks at the run then
    locked = select(tables.runs).where(tables.runs.c.id == run).with_for_update(key_share=True)
    return connection.execute(locked).one()


def _attempt(connection: Connection, run: str) -> int:
    """A number that grows whenever a task of the run is claimed, queued again or cancelled.

    And with every amendment.
    """
    task, amendment = tables.tasks, tables.amendments
    tokens = select(func.coalesce(func.sum(task.c.lease_token), 0)).where(_of_plan(run))
    changes = select(func.count()).select_from(amendment).where(amendment.c.run_id == run)
    return int(connection.scalar(tokens) or 0) + int(connection.scalar(changes) or 0)


def _amendments(connection: Connection, run: str) -> tuple[Amendment, ...]:
    amendment = tables.amendments
    query = select(amendment.c.amendment).where(amendment.c.run_id == run)
    found = connection.scalars(query.order_by(amendment.c.number)).all()
    return tuple(Amendment.model_validate_json(text, context=STORED) for text in found)


def _is_locked(run: Row[Any], amendments: Sequence[Amendment]) -> bool:
    """Whether plan and amendments are what they were when they were hashed."""
    plan_is_same = hashlib.sha256(run.plan.encode("utf-8")).hexdigest() == run.plan_hash
    return plan_is_same and is_unbroken(run.plan_hash, amendments)


def _seen_before(connection: Connection, run: Row[Any], plan: Plan) -> list[Plan]:
    """Plans of earlier evaluations of the same B on most of these documents, with losses.

    Who started this one could have looked at them.
    """
    own = _document_ids(connection, run.id)
    candidate = _fingerprint(plan)
    runs = tables.runs
    query = select(runs).where(
        runs.c.id != run.id,
        runs.c.created_at < run.created_at,
        runs.c.plan.contains(candidate, autoescape=True),
    )
    return [
        other
        for row in connection.execute(query).all()
        if _fingerprint(other := _plan(row)) == candidate
        and len(own & _document_ids(connection, row.id)) >= SAME_DOCUMENTS * len(own)
        and _has_losses(connection, row.id)
    ]


def _fingerprint(plan: Plan) -> str:
    """Of the checkpoint of B."""
    return next(arm.fingerprint for arm in plan.arms if arm.name == plan.candidate)


def _document_ids(connection: Connection, run: str) -> set[str]:
    part = tables.run_documents
    return set(connection.scalars(select(part.c.document_id).where(part.c.run_id == run)))


def _has_losses(connection: Connection, run: str) -> bool:
    """Whether anything of the run could have been looked at."""
    task, loss = tables.tasks, tables.losses
    query = select(loss.c.task_id).join(task, task.c.id == loss.c.task_id)
    return connection.execute(query.where(task.c.run_id == run).limit(1)).first() is not None


def _plan(run: Row[Any]) -> Plan:
    """The plan exactly as it was locked, by this version or an earlier one."""
    return Plan.model_validate_json(run.plan, context=STORED)


def _update_run(connection: Connection, run: str, **values: Any) -> None:
    _run(connection, run)
    connection.execute(update(tables.runs).where(tables.runs.c.id == run).values(**values))


def _parts(connection: Connection, run: str) -> Sequence[Row[Any]]:
    part = tables.run_documents
    query = select(part).where(part.c.run_id == run).order_by(part.c.order)
    return connection.execute(query).all()


def _tasks(connection: Connection, run: str) -> Sequence[Row[Any]]:
    task = tables.tasks
    query = select(task).where(_of_plan(run)).order_by(task.c.position, task.c.id)
    return connection.execute(query).all()


def _of_plan(run: str) -> Any:
    """The tasks that a run's result rests on: what else was asked for is beside it."""
    task = tables.tasks
    return (task.c.run_id == run) & task.c.kind.in_(OF_A_PLAN)


def _finished(rows: Sequence[Row[Any]]) -> dict[tuple[str, str], int]:
    """(document, arm) -> task that has its losses."""
    return {
        (row.document_id, row.arm): row.id
        for row in rows
        if row.kind == "score" and row.state == "done"
    }


def _status(connection: Connection, run: Row[Any]) -> Status:
    if run.cancelled_at is not None:
        return "cancelled"
    task = tables.tasks
    query = select(task.c.kind, task.c.state, task.c.started_at).where(_of_plan(run.id))
    rows = connection.execute(query).all()
    if any(row.state in ("queued", "running") for row in rows):
        if run.paused_at is not None:
            return "paused"
        return "running" if any(row.started_at for row in rows) else "queued"
    scored = [row.state for row in rows if row.kind == "score"]
    return "failed" if scored and "done" not in scored else "done"


def _work(rows: Sequence[Row[Any]]) -> tuple[int, int]:
    """Tokens done and in all."""
    ended = ("done", "failed")
    done = sum(row.total_tokens if row.state in ended else row.done_tokens for row in rows)
    return done, sum(row.total_tokens for row in rows)


def _seconds_taken(rows: Sequence[Row[Any]]) -> float | None:
    """From the first start to the last end, waiting included; None: not all have ended."""
    if not rows or any(row.started_at is None or row.finished_at is None for row in rows):
        return None
    first, last = min(row.started_at for row in rows), max(row.finished_at for row in rows)
    return float((last - first).total_seconds())


def _document_progress(part: RunDocument, rows: Sequence[Row[Any]]) -> DocumentProgress:
    own = [
        row for row in rows if row.document_id == part.document.id and row.kind in ("score", "part")
    ]
    done, total = _work(own)
    return DocumentProgress(part.document.id, part.document.name, part.role, done, total)


def _seconds_left(
    connection: Connection, run: str, tokens_left: int, processes: int
) -> float | None:
    """Time for `tokens_left` at the speed of the last units, shared by the living processes."""
    loss, task = tables.losses, tables.tasks
    query = (
        select(loss.c.read_tokens, loss.c.seconds)
        .join(task, task.c.id == loss.c.task_id)
        .where(task.c.run_id == run, loss.c.source.is_(None), loss.c.read_tokens > 0)
        .order_by(loss.c.stored_at.desc())
        .limit(RECENT_UNITS)
    )
    rows = connection.execute(query).all()
    tokens: int = sum(row.read_tokens for row in rows)
    seconds: float = sum(row.seconds for row in rows)
    if tokens_left == 0:
        return 0.0
    if tokens == 0 or processes == 0:
        return None
    return tokens_left * seconds / tokens / processes


def _living_workers(connection: Connection) -> Sequence[Row[Any]]:
    worker = tables.workers
    heard = worker.c.heartbeat_at > now(connection) - SILENT_AFTER
    return connection.execute(select(worker).where(heard).order_by(worker.c.name)).all()


def _device(alive: Sequence[Row[Any]]) -> str:
    counted = Counter(row.device for row in alive)
    return ", ".join(f"{words} × {count}" for words, count in sorted(counted.items()))


def _devices(task_rows: Sequence[Row[Any]]) -> str:
    return ", ".join(sorted({row.device for row in task_rows if row.device}))


def _failures(rows: Sequence[Row[Any]], names: Mapping[str, str]) -> tuple[Failure, ...]:
    """What failed by itself, not because something before it did."""
    return tuple(
        Failure(names[row.document_id], row.arm, job_rows.reason_of(row))
        for row in rows
        if row.state == "failed"
        and row.kind != "part"  # its document fails with it, for the same reason
        and row.error_key != queue.FIRST_RESULT_MISSING
    )


def _read_starts(connection: Connection, run: str) -> Sequence[Row[Any]]:
    """What reading the documents' starts cost, under each arm's own policy.

    A unit of a document has the same tokens under all arms. A part of the task may have been read
    on another device than the rest.
    """
    loss, task, part = tables.losses, tables.tasks, tables.tasks.alias()
    of_part = (
        select(part.c.device)
        .where(
            *(part.c.kind == "part", part.c.run_id == run, part.c.units > loss.c.unit),
            *(part.c.document_id == task.c.document_id, part.c.arm == task.c.arm),
        )
        .order_by(part.c.units)
        .limit(1)
        .scalar_subquery()
    )
    device = func.coalesce(of_part, task.c.device).label("device")
    measured = (
        *(loss.c.unit, loss.c.read_tokens, loss.c.seconds, loss.c.peak_memory),
        func.coalesce(loss.c.source, task.c.run_id).label("source"),
    )
    query: Select[Any] = (
        select(task.c.document_id, task.c.arm, device, *measured)
        .join(task, task.c.id == loss.c.task_id)
        .where(task.c.run_id == run, task.c.kind == "score", loss.c.context_length.is_(None))
    )
    return connection.execute(query).all()


def _computed(columns: Any, run: str | None) -> Select[Any]:
    """`columns` of losses where they were computed, not taken over; None: in any run."""
    loss, task = tables.losses, tables.tasks
    wanted = columns if isinstance(columns, tuple) else (columns,)
    query = select(*wanted).join(task, task.c.id == loss.c.task_id).where(loss.c.source.is_(None))
    return query if run is None else query.where(task.c.run_id == run)


def _speed(read: Sequence[Row[Any]], arm: str) -> Speed | None:
    """How fast an arm reads, from its part of what was measured.

    tokens_per_second: of one process, the 90th percentile over the units, since what else the
    machine does can only slow one down. peak_memory_bytes: the whole process with its libraries
    and loaded checkpoints, or what was allocated on the accelerator.
    """
    own = [row for row in read if row.arm == arm]
    if not own:
        return None
    return Speed(
        arm=arm,
        tokens_per_second=float(np.percentile([row.read_tokens / row.seconds for row in own], 90)),
        peak_memory_bytes=max(row.peak_memory for row in own),
    )


def _checks(connection: Connection, run: str, rows: Sequence[Row[Any]]) -> tuple[Check, ...]:
    """What the workers checked, one row a check, once all its tasks have ended."""
    check, task = tables.checks, tables.tasks
    query = select(check).join(task, task.c.id == check.c.task_id).where(task.c.run_id == run)
    found = connection.execute(query).all()
    merged = []
    for kind, names in CHECKED_BY.items():
        states = [row.state for row in rows if row.kind == kind]
        if not states or {"queued", "running"} & set(states):
            continue
        for name in names:
            own = [row for row in found if row.check == name]
            if len(own) == len(states):  # else it was not made everywhere: it is missing
                passed = all(row.passed for row in own)
                merged.append(Check(check=name, passed=passed, value=_worst(own)))
    sketches = {
        row.document_id: np.frombuffer(row.sketch, dtype="<u8").astype(np.uint64)
        for row in _parts(connection, run)
        if row.sketch is not None
    }
    return (*merged, distinct_documents(sketches))


def _computed_by(connection: Connection, run: str) -> tuple[ComputedBy, ...]:
    """All kinds of machine and code that finished a task of the run."""
    check, task = tables.checks, tables.tasks
    query = (
        select(check.c.value)
        .join(task, task.c.id == check.c.task_id)
        .where(task.c.run_id == run, check.c.check == COMPUTED_BY)
    )
    found = {by["identity"]: by for by in connection.scalars(query)}
    return tuple(ComputedBy(**found[identity]) for identity in sorted(found))


def _not_finite(connection: Connection, run: str) -> dict[str, list[NotFinite]]:
    """By document, where its arms first met NaN or an infinity."""
    check, task = tables.checks, tables.tasks
    query = (
        select(task.c.document_id, task.c.arm, check.c.value)
        .join(task, task.c.id == check.c.task_id)
        .where(
            task.c.run_id == run,
            task.c.kind.in_(("score", "part")),
            check.c.check == NOT_FINITE,
        )
        .order_by(task.c.position, task.c.id)  # parts in the order of the document
    )
    found: dict[str, dict[str, NotFinite]] = {}
    for row in connection.execute(query):
        first = found.setdefault(row.document_id, {})
        first.setdefault(row.arm, NotFinite(arm=row.arm, **row.value))
    return {document: list(arms.values()) for document, arms in found.items()}


def _worst(found: Sequence[Row[Any]]) -> float | str | None:
    """The largest value; what is not a number is worse than any."""
    words = [row.value for row in found if isinstance(row.value, str)]
    return words[0] if words else max((row.value for row in found), default=None)


def _baselines(parts: Sequence[Row[Any]]) -> dict[str, Baselines]:
    return {
        row.document_id: Baselines(unigram=row.unigram, order2=row.order2)
        for row in parts
        if row.unigram is not None
    }


def _new_tasks(
    plan: Plan, parts: Sequence[RunDocument], targets: Mapping[str, DocumentTargets]
) -> list[queue.NewTask]:
    """The run's queue: probes of the checkpoints, documents in their order, A/A at the end."""
    scored = [part.document for part in parts if part.document.id in targets]
    if not scored:
        return []
    by_size = sorted(scored, key=lambda document: (document.bytes, document.id))
    sample, longest = by_size[0], by_size[-1]
    carrying = {arm.fingerprint: arm for arm in plan.arms if arm.policy is Policy.CARRY}
    # carry first: what the reset arms have in common with it is there when they begin
    arms = sorted(plan.arms, key=lambda arm: arm.policy is not Policy.CARRY)
    prefix = min(targets[longest.id].prefix, PROBE_PREFIX)
    probes = [
        queue.NewTask("probe", longest.id, arm.name, _FIRST, 1, prefix) for arm in carrying.values()
    ]
    scores = [
        task
        for order, document in enumerate(scored)
        for arm in arms
        for task in _score_tasks(arm, targets[document.id], order)
    ]
    return probes + scores + [_task("again", arm, targets[sample.id], _LAST) for arm in plan.arms]


def _score_tasks(arm: Arm, targets: DocumentTargets, position: int) -> list[queue.NewTask]:
    """What scores a document under an arm: one task, or its parts and one that joins them."""
    units, whole = units_of(arm, targets), _task("score", arm, targets, position)
    parts = [
        replace(
            whole,
            kind="part",
            first=part.start,
            units=part.stop,
            total_tokens=read_tokens(units[part.start : part.stop]),
        )
        for part in parts_of(arm, units)
    ]
    return [*parts, replace(whole, first=whole.units, total_tokens=0)] if parts else [whole]


def _task(kind: str, arm: Arm, targets: DocumentTargets, position: int) -> queue.NewTask:
    units = units_of(arm, targets)
    return queue.NewTask(kind, targets.document, arm.name, position, len(units), read_tokens(units))


def _part(run: str, part: RunDocument, targets: Mapping[str, DocumentTargets]) -> dict[str, Any]:
    found = targets.get(part.document.id)
    return {
        "run_id": run,
        "document_id": part.document.id,
        "order": part.order,
        "role": part.role,
        "document": part.document.model_dump_json(),
        "targets": None if found is None else _targets_to_json(found, part.tokens),
    }


def _run_document(row: Row[Any]) -> RunDocument:
    document, file = Document.model_validate_json(row.document), _map_file(row.targets)
    return RunDocument(
        document=document,
        role=row.role,
        order=row.order,
        tokens=None if file is None else TokenMap(count=row.targets["token_count"], file=file),
    )


def _map_file(targets: Mapping[str, Any] | None) -> str | None:
    """Where a document's tokens are; None: they are its bytes, or it has no targets."""
    return None if targets is None else targets.get("tokens")


def _targets_to_json(targets: DocumentTargets, tokens: TokenMap | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "spans": _pairs(targets.spans),
        "lengths": list(targets.lengths),
        "prefix": targets.prefix,
    }
    if tokens is not None:
        values |= {
            "tokens": tokens.file,
            "token_count": tokens.count,
            "byte_spans": _pairs(targets.in_bytes.spans),
            "byte_prefix": targets.in_bytes.prefix,
        }
    return values


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.stop] for span in spans]


def _targets(document: str, stored: Mapping[str, Any]) -> DocumentTargets:
    other = None
    if "byte_spans" in stored:
        other = InBytes(_from_pairs(stored["byte_spans"]), stored["byte_prefix"])
    return DocumentTargets(
        document=document,
        spans=_from_pairs(stored["spans"]),
        lengths=tuple(stored["lengths"]),
        prefix=stored["prefix"],
        other_bytes=other,
    )


def _from_pairs(stored: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple(Span(start, stop) for start, stop in stored)


def _documents_hash(parts: Sequence[RunDocument]) -> str:
    ids = sorted(part.document.id for part in parts)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def _document(row: Row[Any]) -> Document:
    return Document(**{name: row._mapping[name] for name in Document.model_fields})
