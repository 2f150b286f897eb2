"""Files and the rows that name them: no row without its file, also where two are at it at once.

A file is stored before a row names it, and erased when none does any more; neither a folder nor an
object store takes part in a transaction. So whoever names files looks whether they are still there,
in the transaction that names them (`check_kept`; `kept` stores them again where one has gone), and
whoever erases some looks in a transaction whether they are named by now (`erase_unnamed`). The two
exclude each other: SQLite has one writer, and on PostgreSQL both take a lock.

All others wait for SQLite's one writer, heartbeats as well, so nobody who names files asks an
object store meanwhile: SQLite is the database of one machine with one data folder, and what was
erased there since it was stored is marked there (`ContentFiles.erased`). On PostgreSQL only those
who erase wait for the answer, and the lease of the task that is ended, which nobody can take then.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, func, select

from evaluations import database as tables
from evaluations.errors import ErasedMeanwhile
from evaluations.files import ContentFiles
from evaluations.records import DERIVED

if TYPE_CHECKING:
    from evaluations.store import Store

AT_ONCE = 100  # files that are erased in one transaction, which others wait for
LONGEST = 1.0  # seconds after which such a transaction ends with the file that it is at
TRIES = 5  # times that files are stored which somebody erases before they are named
_LOCK = 0x10_55_5A_B2  # key of the PostgreSQL advisory lock

Put = TypeVar("Put")
Named = TypeVar("Named")


def kept(put: Callable[[], Put], name: Callable[[Put], Named]) -> Named:
    """What `name` gives, which writes the rows that name the files of `put`.

    Raises:
        ErasedMeanwhile: somebody erased them again and again.
    """
    for _ in range(TRIES - 1):
        try:
            return name(put())
        except ErasedMeanwhile:
            continue
    return name(put())


def check_kept(connection: Connection, files: ContentFiles, named: Collection[str]) -> None:
    """Raise ErasedMeanwhile where one of the files is gone; none goes before this transaction ends.

    Raises:
        ErasedMeanwhile
        FilesAway: their store does not answer.
    """
    if connection.dialect.name == "sqlite":
        gone = files.erased(named)
    else:
        connection.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))
        gone = files.missing(named)
    if gone:
        raise ErasedMeanwhile("files.erased_meanwhile")


def erase_unnamed(store: Store, files: Iterable[str]) -> int:
    """Erase those of the files that no row names; how many.

    Raises:
        FilesAway: their store does not answer; some may be erased.
    """
    left, erased = deque(sorted(set(files))), 0
    while left:
        store.files.missing([left[0]])  # a store that is away says so here, where nobody waits
        with store.database.write() as connection:
            if not store.database.is_sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            part, until = list(islice(left, AT_ONCE)), time.monotonic() + LONGEST
            named = named_among(connection, part)
            for sha256 in part:
                if sha256 not in named:
                    connection.execute(select(1))  # a session that the server has ended has no lock
                    store.files.erase(sha256)
                    erased += 1
                left.popleft()
                if time.monotonic() >= until:
                    break
    return erased


def named_among(connection: Connection, files: Sequence[str]) -> set[str]:
    """Those of the files that are needed.

    As a document, as the upload that one comes from or that a job will read, as a report, or as the
    tokens of a document of a run.
    """
    wanted, table = set(files), tables.documents
    is_there = table.c.erased_at.is_(None)
    texts = select(table.c.id).where(table.c.id.in_(wanted), is_there)
    uploads = select(table.c.original_sha256).where(
        table.c.original_sha256.in_(wanted),
        table.c.original_kept,
        table.c.format != DERIVED,
        is_there,
    )
    found = set(connection.scalars(texts)) | set(connection.scalars(uploads))
    for more in (_of_jobs, _of_reports, _of_runs):
        if found >= wanted:
            break
        found |= more(connection) & wanted
    return found


def _of_jobs(connection: Connection) -> set[str]:
    """Uploads that will be read, or are just now."""
    task = tables.tasks
    moving = task.c.state.in_(("queued", "running"))
    requests = connection.scalars(select(task.c.request).where(task.c.kind == "ingest", moving))
    return {file for request in requests for file in files_of(request)}


def is_awaited(store: Store, files: Collection[str]) -> bool:
    """Whether a job that waits or works needs one of the files, which it may leave to nobody."""
    with store.database.read() as connection:
        return not _of_jobs(connection).isdisjoint(files)


def files_of(request: Mapping[str, Any]) -> list[str]:
    """The files that a request to read one needs: the upload, and the list of names to mask."""
    return [request["file"], *filter(None, [request.get("names")])]


def _of_reports(connection: Connection) -> set[str]:
    task = tables.tasks
    results = connection.scalars(select(task.c.result).where(task.c.kind == "report"))
    return {one["sha256"] for made in results if made for one in made.values()}


def _of_runs(connection: Connection) -> set[str]:
    """Tokens of documents that were not erased."""
    part, table = tables.run_documents, tables.documents
    query = (
        select(part.c.targets)
        .join(table, table.c.id == part.c.document_id)
        .where(part.c.targets.is_not(None), table.c.erased_at.is_(None))
    )
    return {one["tokens"] for one in connection.scalars(query) if one.get("tokens")}
