"""Errors of this room.

CoreError
├── ConfigError        a configuration contradicts itself or asks for what is not offered
├── ShapeError         a tensor or state belongs to another batch, length or model
├── PolicyError        a reading policy that does not exist, or a window that it needs
├── CheckpointError    a checkpoint that cannot be read, and what to do about it
├── FolderTaken        a folder holds what another plan made
├── FolderInUse        another process is training into a folder
├── DamagedFile        a file that an earlier training left cannot be what it left
└── TrainingDiverged   a loss, gradient or weight that is not finite
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar


class CoreError(Exception):
    """A broken promise between tensors: the message says what was found and what was expected."""


class ConfigError(CoreError):
    """A configuration contradicts itself or asks for what is not offered."""


class ShapeError(CoreError):
    """A tensor or state belongs to another batch, length or model."""


class PolicyError(CoreError):
    """An unknown reading policy, or a window missing or given where there is none."""


class CheckpointError(CoreError):
    """A checkpoint that cannot be read.

    Attributes:
        source: the name, folder or hub id as it was asked for.
        problem: what is wrong with it and what to do, one English sentence.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem


class FolderTaken(CoreError):
    """A folder holds what another plan made: it is left alone, and never taken for one's own.

    Attributes:
        folder: which one.
    """

    def __init__(self, folder: Path, message: str) -> None:
        super().__init__(message)
        self.folder = folder


class FolderInUse(CoreError):
    """Another process is training into a folder.

    Attributes:
        folder: which one.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(f"another process is training into {folder}: wait for its end, or stop it")
        self.folder = folder


class DamagedFile(CoreError):
    """A file that an earlier training left is missing, cut short, or holds something else.

    Attributes:
        path: which one.
        folder: what to delete so that it is made anew.
        problem: a key of PROBLEMS.
    """

    PROBLEMS: ClassVar = {
        "missing": "it is missing",
        "malformed": "its content cannot be read",
        "foreign": "it does not fit the files beside it",
    }

    def __init__(self, path: Path, folder: Path, problem: str) -> None:
        super().__init__(
            f"{path} is damaged ({self.PROBLEMS[problem]}): delete {folder}, or choose another "
            "--output"
        )
        self.path, self.folder, self.problem = path, folder, problem


class TrainingDiverged(CoreError):
    """A loss, a gradient or a weight was not finite."""
