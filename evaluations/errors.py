"""Errors of this room.

EvaluationError            carries a wording key and its values; the words are made in `wording`
├── RefusedDocument        this file cannot be read; the others go on
├── RefusedPlan            the arms, lengths or rule that were asked for contradict each other
├── RefusedAdaptation      the documents cannot be trained on and held out as asked for
├── RefusedOption          an option or a setting has a value that cannot be used
├── UnusablePlace          a file or folder cannot be made, read or written
├── DatabaseUnusable       the database cannot be opened, or does not answer
├── FilesAway              the store of files does not answer: waiting helps
├── DamagedFileStored      a stored file is not what it was
├── UnusableCheckpoint     a checkpoint cannot be read, said in the user's language
├── RefusedBackup          a backup cannot be made there, or is not what it says it is
├── UnknownRun             no evaluation of that id
├── UnknownJob             no task of that id
├── UnknownDocument        no document of that id or name, or of several the name says nothing
├── DeviceLost             the accelerator failed: this process can compute nothing any more
├── TrainingFailed         a pair of one's own that was queued could not be made
├── LeaseLost              another worker holds the task now: stop writing
├── DatabaseTooNew         the database was written by a later version
└── NothingToScore         no target has any bytes
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Self

from evaluations.wording import Language, say

if TYPE_CHECKING:  # the child that reads files starts without what the records need
    from evaluations.records import Reason
    from longssm_core.errors import CheckpointError


class EvaluationError(Exception):
    """A broken promise with words for people: `key` in the catalogue, `values` for its fields.

    A value that is a `Reason` is said in the same language as the sentence around it.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def words(self, language: Language) -> str:
        """What was found, what was expected, what to do."""
        return say(self.key, language, **{n: _said(v, language) for n, v in self.values.items()})

    def __str__(self) -> str:
        return self.words("en")


class RefusedDocument(EvaluationError):
    """This file cannot be read; the message names it, the reason and the fix."""


class RefusedPlan(EvaluationError):
    """The arms, lengths or rule that were asked for contradict each other."""


class RefusedAdaptation(EvaluationError):
    """The documents cannot be trained on, and held out, as it was asked for."""


class RefusedOption(EvaluationError):
    """An option of a command or a variable of the environment has a value that cannot be used."""


class UnusablePlace(EvaluationError):
    """A file or folder cannot be made, read or written."""

    @classmethod
    def of(cls, path: Path | str, error: OSError) -> Self:
        """What `error` says about `path`."""
        return cls("place.unusable", path=path, problem=place_problem(error))


class DatabaseUnusable(EvaluationError):
    """The database cannot be opened, or does not answer."""


class FilesAway(EvaluationError):
    """The store of files cannot be reached for now: nothing is wrong with who asked for a file.

    orig: what its own library said.
    """

    def __init__(self, place: str, orig: BaseException) -> None:
        super().__init__("files.away", place=place, problem=type(orig).__name__)
        self.orig = orig


class DamagedFileStored(EvaluationError):
    """What is stored under a SHA-256 has another one: it is refused."""


class ErasedMeanwhile(EvaluationError):
    """A stored file was erased before the row that names it was written; nothing was written."""


class TokenizingEnded(EvaluationError):
    """The process that read a text with its tokenizer was ended; nothing of it is stored."""


class UnusableCheckpoint(EvaluationError):
    """A checkpoint cannot be read."""

    @classmethod
    def of(cls, error: CheckpointError) -> Self:
        """What the core's `error` says."""
        from longssm_core.records import shipped_checkpoints

        values = {"shipped": ", ".join(shipped_checkpoints()), **error.values}
        return cls(f"checkpoint.{error.key}", source=error.source, **values)


class RefusedBackup(EvaluationError):
    """A backup cannot be made or brought back: the place is taken, or it is not what it says."""


class RefusedHandover(EvaluationError):
    """There is nothing to hand over: the outcome does not say that anything is to be changed."""


class UnknownRun(EvaluationError):
    """No evaluation has that id."""


class UnknownRule(EvaluationError):
    """No saved rule has that id."""


class UnknownJob(EvaluationError):
    """No task has that id."""


class UnknownDocument(EvaluationError):
    """No document has that id or name, or several have that name."""


class DeviceLost(EvaluationError):
    """The accelerator failed, and all that this process asks of it will fail: another one must."""


class TrainingFailed(EvaluationError):
    """A pair that was queued could not be made: what the process that trained said of it."""


class LeaseLost(EvaluationError):
    """The task's fencing token has moved on: what this worker computed must not be written."""


class DatabaseTooNew(EvaluationError):
    """The database's schema comes from a later version of the product."""


class NothingToScore(EvaluationError):
    """No target has any bytes."""


def place_problem(error: OSError) -> Reason:
    """Why a file or folder cannot be used: a few words inside a sentence."""
    found = _PLACE_PROBLEMS.get(error.errno or 0, "other")
    from evaluations.records import Reason

    return Reason(key=f"place.problem.{found}")


_PLACE_PROBLEMS = {
    errno.ENOENT: "missing",
    errno.EISDIR: "folder",
    errno.ENOTDIR: "no_folder",
    errno.EEXIST: "no_folder",  # mkdir found a file there
    errno.EACCES: "no_access",
    errno.EPERM: "no_access",
    errno.EROFS: "no_access",
    errno.ENOSPC: "full",
    errno.ENAMETOOLONG: "long",
}


def _said(value: object, language: Language) -> object:
    from evaluations.records import Reason

    return say(value.key, language, **value.values) if isinstance(value, Reason) else value
