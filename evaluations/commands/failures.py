"""From an error to the one sentence that a user can act on: `in_words`, `computing_on`.

Errors of this room carry their words; those of the database, the disk and the core get theirs
here. Everything else is a defect of ours and stays what it is.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from evaluations.documents.cleaning import normal_text, stored_text
from evaluations.errors import (
    DatabaseUnusable,
    EvaluationError,
    RefusedOption,
    UnusableCheckpoint,
    UnusablePlace,
    place_problem,
)
from evaluations.records import Reason
from evaluations.settings import Settings
from evaluations.shortage import is_out_of_memory
from longssm_core.errors import (
    CheckpointError,
    DamagedFile,
    FolderInUse,
    FolderTaken,
    TrainingDiverged,
)

DISK_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


def in_words(error: BaseException, settings: Settings | None) -> EvaluationError | None:
    """The error that says what is wrong in both languages; None: a defect."""
    if isinstance(error, EvaluationError):
        return error
    if isinstance(error, CheckpointError):
        return UnusableCheckpoint.of(error)
    if isinstance(error, FolderTaken):
        return UnusablePlace("place.taken", path=error.folder)
    if isinstance(error, FolderInUse):
        return UnusablePlace("place.in_use", path=error.folder)
    if isinstance(error, DamagedFile):
        problem = Reason(key=f"place.damage.{error.problem}")
        return UnusablePlace("place.damaged", path=error.path, folder=error.folder, problem=problem)
    if isinstance(error, TrainingDiverged):
        return EvaluationError("command.adapt.diverged")
    if isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError):
        return None if settings is None else _database(error, settings)
    if isinstance(error, OSError) and error.filename is not None:
        return _place(error, settings)
    if isinstance(error, OSError) and error.errno in DISK_FULL and settings is not None:
        problem = place_problem(error)  # of a file that was open: the error does not name it
        return UnusablePlace("place.data_dir", path=settings.data_dir, problem=problem)
    return None


@contextmanager
def computing_on(device: str | None, out_of_memory: str) -> Iterator[None]:
    """Says of torch's own errors inside that memory is short, or that `device` is not there.

    Args:
        device: None: the best there is, which can only run out of memory.
        out_of_memory: key of the sentence for that.
    """
    try:
        yield
    except (RuntimeError, AssertionError, MemoryError) as error:
        if is_out_of_memory(error):
            raise EvaluationError(out_of_memory) from error
        if device in (None, "cpu"):
            raise
        # torch says by either kind of error that a device is not there
        raise RefusedOption("settings.device_failed", found=device) from error


def one_line(sentence: str) -> str:
    """A sentence without the line ends and control characters that a user's value may hold."""
    return " ".join(stored_text(normal_text(sentence)).text.split())


def _database(error: DBAPIError, settings: Settings) -> EvaluationError:
    url = make_url(settings.url)
    if not url.drivername.startswith("sqlite"):
        shown = url.render_as_string(hide_password=True)
        return DatabaseUnusable("database.unreachable", database=shown)
    no_database = "file is not a database" in str(error.orig)
    key = "database.not_sqlite" if no_database else "database.file"
    return DatabaseUnusable(key, database=url.database)


def _place(error: OSError, settings: Settings | None) -> EvaluationError:
    if settings is not None and _meets(Path(str(error.filename)), settings.data_dir):
        return UnusablePlace("place.data_dir", path=settings.data_dir, problem=place_problem(error))
    return UnusablePlace.of(str(error.filename), error)


def _meets(path: Path, folder: Path) -> bool:
    """Whether one lies in the other: a folder cannot be made where its parent is a file."""
    return path.is_relative_to(folder) or folder.is_relative_to(path)
