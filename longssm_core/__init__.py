"""State-space language models with an explicit state: tensors in, tensors out.

Main names: `load_checkpoint`, `score` (with `ReadingState` to continue), `describe_checkpoint`.
They are loaded on first use, so that a process which only reads checkpoint records (a web page)
never imports torch. This room knows no documents, users or databases.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from longssm_core.checkpoint import load_checkpoint
    from longssm_core.models import LanguageModel
    from longssm_core.records import (
        CheckpointDescription,
        CheckpointRecord,
        describe_checkpoint,
        shipped_checkpoints,
    )
    from longssm_core.scoring import ReadingState, ScoreResult, score, score_blocks
    from longssm_core.state import ModelState

_HOME = {
    "load_checkpoint": "checkpoint",
    "LanguageModel": "models",
    "CheckpointDescription": "records",
    "CheckpointRecord": "records",
    "describe_checkpoint": "records",
    "shipped_checkpoints": "records",
    "ReadingState": "scoring",
    "ScoreResult": "scoring",
    "score": "scoring",
    "score_blocks": "scoring",
    "ModelState": "state",
}

__all__ = [
    "CheckpointDescription",
    "CheckpointRecord",
    "LanguageModel",
    "ModelState",
    "ReadingState",
    "ScoreResult",
    "describe_checkpoint",
    "load_checkpoint",
    "score",
    "score_blocks",
    "shipped_checkpoints",
]


def __getattr__(name: str) -> object:
    """The public name, imported from its module on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
