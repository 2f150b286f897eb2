"""Erasing a document: its text and all that text could be made out of again, everywhere.

`erase(store, document)` is the whole; `find` looks a document up by id or name. Order matters:
results that are complete are stored first, then the rows go in one transaction (from then on
nobody can compute on the text any more), then the files, then what the database file still holds
in pages and log that it no longer uses. Doing it again finishes what was interrupted.

Pairs that workers trained on it lose the texts beside them and keep their weights, which is said.
A tombstone stays (`documents.erased_at`): the name, the size and the figures of finished results.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select, update

from evaluations import database as tables
from evaluations import tasks as queue
from evaluations.database import Database, now
from evaluations.errors import RefusedPlan, UnknownDocument
from evaluations.keeping import erase_unnamed, files_of
from evaluations.kinds import OF_A_PLAN
from evaluations.pair_folders import forget_texts, pair_folder
from evaluations.records import DERIVED, STORED, Document, Plan, Reason, Snapshot
from evaluations.settings import LONGEST_SHOWN
from evaluations.tokens import text_bytes
from evaluations.unlisted import note, noted
from evaluations.wording import Language, say

if TYPE_CHECKING:
    from evaluations.store import Store

log = logging.getLogger("longssm.erasing")
LOG_PATIENCE = 20.0  # seconds to wait until nobody reads what the log holds


@dataclass(frozen=True)
class Erased:
    """What was erased.

    copies: documents made from it by re-runs; losses: units of them; ended: tasks that were not
    done; others: documents that come from the same uploaded file, which is kept for them; log_kept:
    the database's log could not be emptied, since somebody goes on reading: erase again.
    pairs: folders of pairs that were trained on it, from which all texts were taken; pairs_left:
    those from which they could not be, or that are on another machine.
    """

    document: Document
    copies: int
    losses: int
    ended: int
    others: int
    log_kept: bool
    pairs: tuple[str, ...] = ()
    pairs_left: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it is left where it could be taken away."""
        return not self.log_kept and not self.pairs_left


def find(store: Store, named: str) -> Document:
    """The document with this id, or the only one with this name that is not erased yet.

    Raises:
        UnknownDocument: there is none, or several have that name.
    """
    table = tables.documents
    by_name = (table.c.name == named) & table.c.erased_at.is_(None) & (table.c.format != DERIVED)
    with store.database.read() as connection:
        rows = connection.execute(select(table).where(or_(table.c.id == named, by_name))).all()
    if len(rows) == 1:
        return _document(rows[0])
    key = "erase.unknown" if not rows else "erase.several"
    ids = ", ".join(row.id for row in rows)
    raise UnknownDocument(key, named=named[:LONGEST_SHOWN], ids=ids)


def erase(store: Store, document: str) -> Erased:
    """Take a document out of everything.

    Raises:
        UnknownDocument: no document has that id.
    """
    found = find(store, document)
    if found.id != document:
        raise UnknownDocument("erase.unknown", named=document[:LONGEST_SHOWN], ids="")
    with store.database.read() as connection:
        gone = [found.id, *_copies(connection, found.id)]
        affected = _runs_of(connection, gone)
    for run in affected:
        if store.has_ended(run):
            store.snapshot(run)  # stores the result while all of it is there
    with noted(store) as notes:  # where this breaks off, the files go later
        with store.database.write() as connection:
            # nobody plans with it, copies it or writes about it any more: see `erased_among`
            _lock(connection, gone)
            gone = [found.id, *_copies(connection, found.id)]
            _lock(connection, gone)
            affected = _runs_of(connection, gone)
            maps = _token_maps(connection, gone)
            ended = _end_tasks(connection, gone)
            trained = _trained_on(connection, found.id)
            ended += queue.end_all(
                connection,
                tables.tasks.c.id.in_([row.id for row in trained]),
                Reason(key=queue.DOCUMENT_ERASED),
            )
            losses = _delete_rows(connection, gone)
            others = _needing(connection, found.original_sha256)
            note(notes, *gone, *maps, found.original_sha256)
        stray = _stray_maps(store, found.bytes)
        erase_unnamed(store, {*gone, *maps, *stray, found.original_sha256})
    store.forget_maps(gone)
    _announce_ended(store, affected)
    pairs, left = _forget_training(store, trained)
    log_kept = not _forget_pages(store.database)
    return Erased(found, len(gone) - 1, losses, ended, others, log_kept, pairs, left)


def forget_upload(store: Store, request: Mapping[str, Any]) -> None:
    """Erase the files of a request that no document needs, and no other job that reads files."""
    erase_unnamed(store, files_of(request))


def check_not_erased(
    connection: Connection,
    documents: Sequence[str],
    writing: bool = True,
    back: Collection[str] = (),
) -> None:
    """Raise RefusedPlan where one of the documents has been erased; see `erased_among`."""
    for name in erased_among(connection, documents, writing, back):
        raise RefusedPlan("erase.planned", document=name)


def erased_among(
    connection: Connection,
    documents: Sequence[str],
    writing: bool = True,
    back: Collection[str] = (),
) -> list[str]:
    """Names of those of the documents that have been erased.

    Args:
        back: of the documents, those that this transaction puts back: erased or not.
        writing: none of the others is erased until this transaction has ended: an erasure waits,
            and then finds what was written.
    """
    table = tables.documents
    query = select(table.c.id, table.c.name, table.c.erased_at).where(table.c.id.in_(documents))
    query = query.order_by(table.c.id)
    if writing:
        query = query.with_for_update(read=True)
    erased = [row for row in connection.execute(query) if row.erased_at is not None]
    return [row.name for row in erased if row.id not in back]


def erased_of(connection: Connection, run: str) -> tuple[str, ...]:
    """Ids of the documents of a run that were erased, in the run's order."""
    part, table = tables.run_documents, tables.documents
    query = (
        select(part.c.document_id)
        .join(table, table.c.id == part.c.document_id)
        .where(part.c.run_id == run, table.c.erased_at.is_not(None))
        .order_by(part.c.order)
    )
    return tuple(connection.scalars(query))


def is_whole(run: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether no document of `run` was erased since it was queued, uploaded again since or not.

    What is missing then is not computed again: a run with the same plan is a new one.
    """
    task = tables.tasks
    return ~exists().where(
        task.c.run_id == run,
        task.c.kind.in_(OF_A_PLAN),
        task.c.error_key == queue.DOCUMENT_ERASED,
    )


def erased_words(found: Snapshot, language: Language) -> str:
    """The sentence of a result whose documents were erased since; "" where none was."""
    names = [document.name for document in found.documents if document.id in found.erased]
    if not names:
        return ""
    return say("erase.in_result", language, n=len(names), documents=", ".join(names))


def left_words(erased: Erased, language: Language) -> list[str]:
    """What is to be known of an erasure beside that it was done, a sentence each."""
    found = []
    if erased.others:
        found.append(say("erase.others", language, others=erased.others))
    if erased.pairs:
        found.append(say("erase.pairs", language, pairs=", ".join(erased.pairs)))
    if erased.pairs_left:
        found.append(say("erase.pairs_left", language, pairs=", ".join(erased.pairs_left)))
    if erased.log_kept:
        found.append(say("erase.log_kept", language))
    return found


def _announce_ended(store: Store, runs: Sequence[str]) -> None:
    """Store the results of the runs that ended with an erasure, as a worker does with others'."""
    for run in runs:
        try:
            if store.has_ended(run):
                store.snapshot(run)
        except Exception:  # the erasure is done, whatever becomes of a result
            log.exception("the result of %s could not be put together", run)


# --- what belongs to it ----------------------------------------------------------------------


def _copies(connection: Connection, document: str) -> list[str]:
    """Documents that re-runs made from this one, or mixed it into."""
    table, part, run = tables.documents, tables.run_documents, tables.runs
    derived = table.c.format == DERIVED
    found = list(
        connection.scalars(select(table.c.id).where(derived, table.c.original_sha256 == document))
    )
    mentions = select(run.c.id, run.c.plan).where(run.c.plan.contains(document, autoescape=True))
    for row in connection.execute(mentions).all():
        perturbation = Plan.model_validate_json(row.plan, context=STORED).perturbation
        if perturbation is not None and document in perturbation.donors:
            query = select(part.c.document_id).join(table, table.c.id == part.c.document_id)
            found += connection.scalars(query.where(part.c.run_id == row.id, derived))
    return sorted(set(found) - {document})


def _lock(connection: Connection, documents: Sequence[str]) -> None:
    """Wait for whoever writes about these documents, and let nobody else (SQLite: nobody is)."""
    table = tables.documents
    query = select(table.c.id).where(table.c.id.in_(documents)).order_by(table.c.id)
    # not FOR UPDATE: who stores an output holds its task, and its row refers to a document
    connection.execute(query.with_for_update(key_share=True)).all()


def _runs_of(connection: Connection, documents: Sequence[str]) -> list[str]:
    part = tables.run_documents
    query = select(part.c.run_id).where(part.c.document_id.in_(documents)).distinct()
    return list(connection.scalars(query))


def _token_maps(connection: Connection, documents: Sequence[str]) -> list[str]:
    """Files in which their tokens are."""
    part = tables.run_documents
    query = select(part.c.targets).where(part.c.document_id.in_(documents))
    return [t["tokens"] for t in connection.scalars(query) if t is not None and t.get("tokens")]


def _needing(connection: Connection, original: str) -> int:
    """Documents that come from an uploaded file and are not erased, and jobs that will read it."""
    table, task = tables.documents, tables.tasks
    left = select(table.c.id).where(
        table.c.original_sha256 == original,
        table.c.original_kept,
        table.c.format != DERIVED,
        table.c.erased_at.is_(None),
    )
    reading = select(task.c.request).where(
        task.c.kind == "ingest", task.c.state.in_(("queued", "running"))
    )
    jobs = [request for request in connection.scalars(reading) if request["file"] == original]
    return len(connection.execute(left).all()) + len(jobs)


def _trained_on(connection: Connection, document: str) -> list[Any]:
    """Tasks of trainings that read it, those among them that never began."""
    task = tables.tasks
    query = select(task.c.id, task.c.request, task.c.started_at).where(task.c.kind == "train")
    rows = connection.execute(query).all()
    return [row for row in rows if row.request and document in row.request["documents"]]


def _forget_training(
    store: Store, trained: Sequence[Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take the texts out of the pairs of these trainings; the folders where that was done, or not.

    With a database that several machines share a folder that is not here may be on another one.
    """
    begun = [row.request for row in trained if row.started_at is not None]
    folders = sorted({pair_folder(store.settings, one, one["documents"]) for one in begun})
    done: list[str] = []
    left: list[str] = []
    for folder in folders:
        if folder.is_dir():
            (done if forget_texts(folder, LOG_PATIENCE) else left).append(str(folder))
        elif not store.database.is_sqlite:
            left.append(str(folder))
    return tuple(done), tuple(left)


def _stray_maps(store: Store, size: int) -> Iterable[str]:
    """Token maps of texts of so many bytes that no run names: made for a plan never started.

    Such a file is 8 bytes a token whose sizes add up to the text's, which no other file does but
    the map of a text of the same size: that one is made again when it is asked for.
    """
    with store.database.read() as connection:
        part, table = tables.run_documents, tables.documents
        named = set(connection.scalars(select(table.c.id)))
        named |= set(connection.scalars(select(table.c.original_sha256)))
        targets = connection.scalars(select(part.c.targets).where(part.c.targets.is_not(None)))
        named |= {found["tokens"] for found in targets if found.get("tokens")}
    for place in store.files.folder.glob("??/" + 64 * "?"):
        try:
            is_map = place.name not in named and text_bytes(place) == size
        except FileNotFoundError:  # another erasure was faster
            continue
        if is_map:
            yield place.name


# --- taking it away --------------------------------------------------------------------------


def _end_tasks(connection: Connection, documents: Sequence[str]) -> int:
    """End what is queued or running on them, with the reason."""
    which = tables.tasks.c.document_id.in_(documents)
    return queue.end_all(connection, which, Reason(key=queue.DOCUMENT_ERASED))


def _delete_rows(connection: Connection, documents: Sequence[str]) -> int:
    """Take away what was computed from their texts; how many units of losses."""
    task, part, table = tables.tasks, tables.run_documents, tables.documents
    own = select(task.c.id).where(task.c.document_id.in_(documents))
    states, outputs, losses = tables.states, tables.outputs, tables.losses
    reviews = tables.reviews
    connection.execute(delete(states).where(states.c.task_id.in_(own)))
    connection.execute(delete(outputs).where(outputs.c.document_id.in_(documents)))
    said = update(reviews).where(reviews.c.document_id.in_(documents))
    connection.execute(said.values(comment=None))  # may quote it; the vote itself does not
    deleted = connection.execute(delete(losses).where(losses.c.task_id.in_(own)))
    gave = (task.c.state == "done") & task.c.kind.in_(("score", "part", "generate"))
    connection.execute(  # it stays done, but what it gave is gone: see `is_whole`
        update(task)
        .where(task.c.document_id.in_(documents), gave)
        .values(error_key=queue.DOCUMENT_ERASED)
    )
    connection.execute(update(part).where(part.c.document_id.in_(documents)).values(sketch=None))
    connection.execute(
        update(table).where(table.c.id.in_(documents)).values(erased_at=now(connection))
    )
    return int(deleted.rowcount)


def _forget_pages(database: Database) -> bool:
    """Empty SQLite's log: deleted rows are zeros in the file (secure_delete), not yet there.

    False: others read through all of LOG_PATIENCE. PostgreSQL's own maintenance does it there.
    """
    if not database.is_sqlite:
        return True
    patience = time.monotonic() + LOG_PATIENCE
    while True:
        with database.engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if not busy:
            return True
        if time.monotonic() > patience:
            return False
        time.sleep(0.1)


def _document(row: Any) -> Document:
    return Document(**{name: row._mapping[name] for name in Document.model_fields})
