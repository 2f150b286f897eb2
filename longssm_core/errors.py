"""Errors of this room.

CoreError
├── ConfigError        a configuration contradicts itself or asks for what is not offered
├── ShapeError         a tensor or state belongs to another batch, length or model
├── PolicyError        a reading policy that does not exist, or a window that it needs
├── CheckpointError    a checkpoint that cannot be read, and what to do about it
├── FolderTaken        a folder holds what another plan made
├── FolderInUse        another process is training into a folder
└── TrainingDiverged   a loss, gradient or weight that is not finite
"""

from __future__ import annotations

from pathlib import Path


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


class TrainingDiverged(CoreError):
    """A loss, a gradient or a weight was not finite."""
