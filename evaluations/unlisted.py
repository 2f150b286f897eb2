"""Texts that were stored and never listed, since their reading was cancelled or killed: removed.

A text is stored before a row names it. So a reading notes on this machine what it stores
(`noted`, `note`), as does whoever stores and lists in one go, and `forget_unlisted` takes away what
was noted and what nothing names. Only what was noted is ever looked at: a file that this database
does not name may be another one's. Who notes holds a lock beside the notes, which ends with its
process: what is about to be listed is left to it. Where another reading, here or on another
machine, has just stored the same text, it finds that gone when it lists it, and reads once more
(`keeping`); these notes are gone by then. Notes of files that a job needs (the upload, a list of
names) stay until it has ended, since it may fail, or be parked, and leave them to nobody.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from evaluations.database import is_outage
from evaluations.keeping import erase_unnamed, is_awaited

if TYPE_CHECKING:
    from evaluations.store import Store

_SHA256 = re.compile(r"^[0-9a-f]{64}$", re.MULTILINE)
log = logging.getLogger("longssm.worker")


@contextmanager
def noted(store: Store) -> Iterator[Path]:
    """A file for `note`; behind the block its texts are listed, or forgotten as soon as may be."""
    folder = store.settings.readings
    folder.mkdir(parents=True, exist_ok=True)
    notes = folder / f"{secrets.token_hex(8)}.txt"
    lock = FileLock(_lock_of(notes))
    try:
        with lock:
            yield notes
    finally:
        _drop(lock.lock_file)
        forget_unlisted(store)


def note(notes: Path, *named: str) -> None:
    """Have on the disk that these texts, by their SHA-256, are about to be stored."""
    notes.parent.mkdir(parents=True, exist_ok=True)
    with notes.open("a", encoding="ascii") as file:
        file.writelines(f"{sha256}\n" for sha256 in named)
        file.flush()
        os.fsync(file.fileno())


def forget_unlisted(store: Store) -> int:
    """Erase what readings of this machine have stored in vain; how many texts.

    Nothing while the database or the files are away; the notes stay for the next time.
    """
    try:
        return sum(_forget(store, one) for one in sorted(store.settings.readings.glob("*.txt")))
    except Exception as error:
        if not is_outage(error):
            raise
        log.warning("texts that were read in vain are looked for later: %s", error.orig)
        return 0


def _forget(store: Store, notes: Path) -> int:
    """How many texts of these notes went; none where somebody is at it."""
    try:
        with FileLock(_lock_of(notes), timeout=0):
            # a power cut may have halved the last line, whose text was not stored then
            named = _SHA256.findall(notes.read_bytes().decode("ascii", "replace"))
            # asked first: what a job needs that ends meanwhile is looked for the next time
            is_needed = is_awaited(store, named)
            vain = erase_unnamed(store, named)
            if is_needed:
                return vain
            notes.unlink()
    except (Timeout, FileNotFoundError):  # another process has them, or was faster
        return 0
    _drop(_lock_of(notes))
    return vain


def _drop(lock: str | Path) -> None:
    """Take a lock's file away, unless another process looks at it, which on Windows keeps it."""
    with suppress(OSError):
        Path(lock).unlink()


def _lock_of(notes: Path) -> Path:
    return notes.with_suffix(".lock")
