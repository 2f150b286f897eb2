"""Texts that were stored and never listed, since their reading was cancelled or killed: removed.

A text is stored before a row names it. So a reading notes on this machine what it stores
(`noted`, `note`), and `forget_unlisted` takes away what was noted and what nothing names, once no
reading goes on, on any machine. Only what was noted is ever looked at: a file that this database
does not name may be another one's.
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, or_, select

from evaluations import database as tables
from evaluations.database import is_outage

if TYPE_CHECKING:
    from evaluations.store import Store

log = logging.getLogger("longssm.worker")


@contextmanager
def noted(store: Store) -> Iterator[Path]:
    """A file for `note`; behind the block its texts are listed, or forgotten as soon as may be."""
    folder = store.settings.readings
    try:
        yield folder / f"{secrets.token_hex(8)}.txt"
    finally:
        forget_unlisted(store)


def note(notes: Path, sha256: str) -> None:
    """Have on the disk that a text is about to be stored."""
    notes.parent.mkdir(parents=True, exist_ok=True)
    with notes.open("a", encoding="ascii") as file:
        file.write(f"{sha256}\n")
        file.flush()
        os.fsync(file.fileno())


def forget_unlisted(store: Store) -> int:
    """Erase what readings of this machine have stored in vain; how many texts.

    Nothing while a file is read or waits for it, by whomever: the same text may be its own. And
    nothing while the database or the files are away; the notes stay for the next time.
    """
    try:
        notes = sorted(store.settings.readings.glob("*.txt"))
        if not notes or _is_reading(store):
            return 0
        return sum(_forget(store, one) for one in notes)
    except Exception as error:
        if not is_outage(error):
            raise
        log.warning("texts that were read in vain are looked for later: %s", error.orig)
        return 0


def _forget(store: Store, notes: Path) -> int:
    stored = set(notes.read_text("ascii").split())
    with store.database.read() as connection:
        vain = [one for one in sorted(stored) if not _is_named(connection, one)]
    for sha256 in vain:
        store.files.erase(sha256)
    notes.unlink(missing_ok=True)  # another process may have been at it too
    return len(vain)


def _is_reading(store: Store) -> bool:
    task = tables.tasks
    moving = task.c.state.in_(("queued", "running"))
    query = select(task.c.id).where(task.c.kind == "ingest", moving).limit(1)
    with store.database.read() as connection:
        return connection.execute(query).first() is not None


def _is_named(connection: Connection, sha256: str) -> bool:
    """Whether a document is this text or comes from it, or a report has the same bytes."""
    table, task = tables.documents, tables.tasks
    own = or_(table.c.id == sha256, table.c.original_sha256 == sha256)
    document = select(table.c.id).where(own, table.c.erased_at.is_(None))
    if connection.execute(document.limit(1)).first() is not None:
        return True
    results = connection.scalars(select(task.c.result).where(task.c.kind == "report"))
    return any(one["sha256"] == sha256 for made in results if made for one in made.values())
