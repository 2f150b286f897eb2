"""Errors of this room.

CoreError
├── ConfigError        a configuration contradicts itself or asks for what is not offered
│   └── ModelRefused   the dimensions or options of a model, as a `config.json` may hold them
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


class ModelRefused(ConfigError):
    """The dimensions or options of a model cannot be built.

    Attributes:
        key: of CHECKPOINT_PROBLEMS.
        values: of the fields of its sentence.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(CHECKPOINT_PROBLEMS[key].format(**values))
        self.key, self.values = key, values


class ShapeError(CoreError):
    """A tensor or state belongs to another batch, length or model."""


class PolicyError(CoreError):
    """An unknown reading policy, or a window missing or given where there is none."""


class CheckpointError(CoreError):
    """A checkpoint that cannot be read.

    Attributes:
        source: the name, folder or hub id as it was asked for.
        key: of CHECKPOINT_PROBLEMS: what is wrong with it.
        values: of the fields of its sentence.
    """

    def __init__(self, source: str, key: str, **values: object) -> None:
        super().__init__(f"{source}: {CHECKPOINT_PROBLEMS[key].format(**values)}")
        self.source, self.key, self.values = source, key, values


# what can be wrong with a checkpoint, for engineers; `detail` is what a library said
CHECKPOINT_PROBLEMS = {
    "unknown": "no such checkpoint. Give a shipped name ({shipped}), a folder with config.json and "
    "model.safetensors, or a hub id owner/name@commit",
    "not_fetched": "could not be fetched. Without a network, give a local folder instead",
    "no_config": "config.json is missing from the folder",
    "no_weights": "model.safetensors is missing from the folder",
    "index_malformed": "{file} is malformed",
    "index_name": "{file} names {name!r}, which is not a shard's name",
    "no_shard": "{name} is missing from the folder",
    "no_record": "record.json is missing: how it was trained decides what it may be compared with. "
    "Scoring a document alone works without it",
    "record_malformed": "record.json is malformed ({detail})",
    "not_bytes": "it does not read bytes: only byte-level checkpoints can be trained on and "
    "compared",
    "carried": "it was trained with a state that was not blank: further zero steps do not make a "
    "ZERO arm of it. Start from a checkpoint that was trained with zero alone, or leave zero out",
    "learned_start": "it starts from a learned state, which no other training would keep: give the "
    "checkpoint that it was made from",
    "start_malformed": "{file} is malformed ({detail})",
    "no_tokenizer": "tokenizer.json is missing, and {vocabulary} ids are not those of bytes. Put "
    "the file of the original model into the folder",
    "tokenizer_malformed": "tokenizer.json is malformed ({detail})",
    "tokenizer_larger": "tokenizer.json has {found} ids, the model {expected}",
    "weights_malformed": "the weights are malformed ({detail})",
    "tensor_missing": "tensor {name} is missing",
    "tensor_unknown": "tensor {name} is not part of this architecture",
    "tensor_shape": "tensor {name} has shape {found}, expected {expected}",
    "tensor_not_finite": "tensor {name} holds values that are not finite",
    "head_differs": "tensor {name} differs from the embedding, but the configuration does not say "
    '"tie_word_embeddings": false',
    "config_malformed": "config.json is incomplete or malformed ({detail})",
    "architecture": "architecture {found} is not offered; {offered} are",
    "option": "{option} = {found!r} is not offered; {expected!r} is",
    "dimension": "every dimension must be from 1 to {most:,}",
    "epsilon": "the norm's epsilon is {found}, expected between 0 and 1",
    "start_token": "start token {found} is outside the vocabulary",
    "width": "layers of {found} channels, but expand gives {expected:g}",
    "heads": "n_heads * d_head, {found}, must be a multiple of d_model, {expected}",
    "groups": "{heads} heads do not fall into {groups} groups",
    "step_limit": "step sizes are limited to {low} ... {high}: not a range",
    "taps": "the convolution needs 2 to {most:,} taps (d_conv)",
    "rank": "delta_rank must be from 1 to {most:,}",
}


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
