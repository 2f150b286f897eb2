"""What a checkpoint says about itself, readable without torch.

A checkpoint is a folder: `config.json` and `model.safetensors` in the Hugging Face form, and
`record.json`, how it was made (`CheckpointRecord`). `describe_checkpoint` reads the record and the
fingerprint of the weights; `shipped_checkpoints` lists the folders in `pretrained/`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from longssm_core.errors import CheckpointError

PRETRAINED = Path(__file__).parent / "pretrained"
CONFIG, WEIGHTS, RECORD = "config.json", "model.safetensors", "record.json"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*@[0-9a-f]{40}")


@dataclass(frozen=True)
class TrainingStage:
    """One stretch of training under one initialization."""

    initialization: str  # zero or previous: how a window's state started
    steps: int
    training_length: int  # T, tokens per window
    tokens: int
    state_age: int  # the longest time, in tokens, since a state was blank


@dataclass(frozen=True)
class TextSource:
    """One source of training text."""

    name: str
    version: str
    licence: str
    bytes: int


@dataclass(frozen=True)
class DataRecord:
    """The training text: enough to say whether two checkpoints saw the same."""

    fingerprint: str  # SHA-256 over all documents in order
    documents: int
    bytes: int
    generator: str  # SHA-256 of the generator's source
    sources: tuple[TextSource, ...]


@dataclass(frozen=True)
class CheckpointRecord:
    """How a checkpoint was made; travels with it."""

    name: str
    training_initialization: str  # zero, previous, zero_adapted, zero_control, or unknown
    training_length: int  # T, tokens
    training_tokens: int
    stages: tuple[TrainingStage, ...]
    seed: int
    parameters: int
    code_version: str
    device: str
    seconds: float
    final_loss: float  # bits per byte, mean over the last steps
    start_weights: str  # SHA-256: equal for the two arms of a pair
    data: DataRecord | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    partner: str | None = None  # the ZERO checkpoint that this one is fairly compared with

    @property
    def state_age(self) -> int | None:
        """Longest state age met in training, in tokens."""
        return max((stage.state_age for stage in self.stages), default=None)


@dataclass(frozen=True)
class CheckpointDescription:
    """A checkpoint that was found: where, exactly which weights, and how they were made."""

    source: str  # as it was asked for
    folder: Path
    fingerprint: str  # SHA-256 over config.json and the weights
    record: CheckpointRecord
    tokenizer: str = "bytes"


def shipped_checkpoints() -> tuple[str, ...]:
    """Names of the checkpoints that come with the package."""
    return tuple(sorted(found.parent.name for found in PRETRAINED.glob(f"*/{RECORD}")))


def describe_checkpoint(source: str) -> CheckpointDescription:
    """Record and fingerprint of a shipped name, a local folder or a pinned hub id.

    Raises:
        CheckpointError: no such checkpoint, or its files are incomplete or malformed.
    """
    folder = checkpoint_folder(source)
    for needed in (CONFIG, WEIGHTS):
        if not (folder / needed).is_file():
            raise CheckpointError(source, f"{needed} is missing from the folder")
    record = _read_record(source, folder / RECORD)
    return CheckpointDescription(source, folder, _fingerprint(folder), record)


def checkpoint_folder(source: str) -> Path:
    """The folder of a checkpoint; a hub id `owner/name@<40 hex digits>` is fetched once.

    Raises:
        CheckpointError: no such checkpoint; the message lists what there is.
    """
    if (PRETRAINED / source / CONFIG).is_file() and "/" not in source:
        return PRETRAINED / source
    if Path(source).is_dir():
        return Path(source)
    if _HUB_ID.fullmatch(source):
        return _from_hub(source)
    shipped = ", ".join(shipped_checkpoints()) or "none"
    raise CheckpointError(
        source,
        "no such checkpoint. Give a shipped name "
        f"({shipped}), a folder with {CONFIG} and {WEIGHTS}, or a hub id owner/name@commit",
    )


def _from_hub(source: str) -> Path:
    from huggingface_hub import snapshot_download  # only here: a network library
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    repository, revision = source.split("@")
    try:
        return Path(
            snapshot_download(
                repository, revision=revision, allow_patterns=[CONFIG, WEIGHTS, RECORD]
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise CheckpointError(
            source, "could not be fetched. Without a network, give a local folder instead"
        ) from error


def _read_record(source: str, path: Path) -> CheckpointRecord:
    if not path.is_file():
        raise CheckpointError(
            source, f"{RECORD} is missing: how it was trained decides what it may be compared with"
        )
    try:
        return record_from_json(path.read_text(encoding="utf-8"))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(source, f"{RECORD} is malformed ({error})") from error


def record_to_json(record: CheckpointRecord) -> str:
    """The record as it is stored beside the weights."""
    return json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n"


def record_from_json(text: str) -> CheckpointRecord:
    """The inverse of `record_to_json`.

    Raises:
        KeyError, TypeError, ValueError: not such a record.
    """
    values = json.loads(text)
    values["stages"] = tuple(TrainingStage(**stage) for stage in values["stages"])
    data = values.get("data")
    if data is not None:
        data["sources"] = tuple(TextSource(**source) for source in data["sources"])
        values["data"] = DataRecord(**data)
    return CheckpointRecord(**values)


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (CONFIG, WEIGHTS):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
