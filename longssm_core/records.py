"""What a checkpoint says about itself, readable without torch.

A checkpoint is a folder: `config.json`, weights and `tokenizer.json` in the Hugging Face form, and
`record.json`, how it was made (`CheckpointRecord`). `find_checkpoint` finds the files of any;
`describe_checkpoint` also reads the record, which a comparison needs; `shipped_checkpoints` lists
the folders in `pretrained/`.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from longssm_core.errors import CheckpointError
from longssm_core.overlap import Sketch, from_text

PRETRAINED = Path(__file__).parent / "pretrained"
CONFIG, WEIGHTS, RECORD = "config.json", "model.safetensors", "record.json"
START = "initial_state.safetensors"  # what `learned` has learned, beside the weights
LOCK = ".training.lock"  # in a folder that is trained into
SHARDS, TOKENIZER = "model.safetensors.index.json", "tokenizer.json"
# what `train` makes, by the name of its training in a record
SHIPPED_ARMS = ("zero", "previous", "zero_adapted", "zero_control")
ARMS = (*SHIPPED_ARMS, "state_passing", "fitted_noise", "learned")

Count = Annotated[int, Field(ge=0)]
Length = Annotated[int, Field(ge=1)]
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*@[0-9a-f]{40}")


@dataclass(frozen=True)
class TrainingStage:
    """One stretch of training under one initialization; `unknown_stage` where nobody noted it."""

    initialization: str  # how a window's state started
    steps: Count
    training_length: Length  # T, tokens per window
    tokens: Count
    state_age: Length  # the longest time, in tokens, since a state was blank


def unknown_stage() -> TrainingStage:
    """What came before, where no record says it: no steps and the least of every length."""
    return TrainingStage("unknown", steps=0, training_length=1, tokens=0, state_age=1)


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
    generator: str  # SHA-256 of the generator's source; "": no text is generated
    sources: tuple[TextSource, ...]


@dataclass(frozen=True)
class CheckpointRecord:
    """How a checkpoint was made; travels with it."""

    name: str
    training_initialization: str  # zero, previous, zero_adapted, zero_control, or unknown
    training_length: Length  # T, tokens
    training_tokens: Count
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
    # the ZERO checkpoint that this one is fairly compared with: see `partner_source`
    partner: str | None = None

    @property
    def state_age(self) -> int | None:
        """Longest state age met in training, in tokens."""
        return max((stage.state_age for stage in self.stages), default=None)

    @property
    def documents(self) -> frozenset[str]:
        """SHA-256 of every document that it was trained on, as far as they are listed."""
        listed = self.settings.get("documents")
        return frozenset(map(str, listed)) if isinstance(listed, list | tuple) else frozenset()

    @property
    def text(self) -> Sketch | None:
        """A sketch of the documents that it was trained on; None: there is none."""
        stored = self.settings.get("text_sketch")
        try:
            return from_text(stored) if isinstance(stored, str) and stored else None
        except ValueError:
            return None


@dataclass(frozen=True)
class CheckpointFiles:
    """A checkpoint that was found: where, and exactly which weights."""

    source: str  # as it was asked for
    folder: Path
    weights: tuple[Path, ...]  # one file, or the shards in their order
    fingerprint: str  # SHA-256 over config.json, weights, tokenizer and learned start
    tokenizer: str  # "bytes", or the SHA-256 of tokenizer.json


@dataclass(frozen=True)
class CheckpointDescription:
    """A checkpoint whose making is known."""

    source: str  # as it was asked for
    folder: Path
    fingerprint: str
    record: CheckpointRecord
    tokenizer: str = "bytes"


@dataclass(frozen=True)
class ShardIndex:
    """Which file holds a tensor: `model.safetensors.index.json`, as far as it is needed."""

    weight_map: dict[str, str]


def shipped_checkpoints() -> tuple[str, ...]:
    """Names of the checkpoints that come with the package."""
    return tuple(sorted(found.parent.name for found in PRETRAINED.glob(f"*/{RECORD}")))


def find_checkpoint(source: str) -> CheckpointFiles:
    """The files and the fingerprint of a shipped name, a local folder or a pinned hub id.

    Raises:
        CheckpointError: no such checkpoint, or its files are incomplete or malformed.
    """
    folder = checkpoint_folder(source)
    if not (folder / CONFIG).is_file():
        raise CheckpointError(source, "no_config")
    weights = _weight_files(source, folder)
    tokenizer = folder / TOKENIZER
    reads_bytes = not tokenizer.is_file()
    more = [path for path in (tokenizer, folder / START) if path.is_file()]
    files = [folder / CONFIG, *weights, *more]
    return CheckpointFiles(
        source,
        folder,
        weights,
        _fingerprint(files),
        "bytes" if reads_bytes else _sha256(tokenizer).hex(),
    )


def _weight_files(source: str, folder: Path) -> tuple[Path, ...]:
    """`model.safetensors`, or the shards that its index names."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if not (folder / SHARDS).is_file():
        raise CheckpointError(source, "no_weights")
    try:
        text = (folder / SHARDS).read_text(encoding="utf-8")
        names = sorted(set(_INDEX.validate_json(text).weight_map.values()))
    except (ValidationError, UnicodeDecodeError) as error:
        raise CheckpointError(source, "index_malformed", file=SHARDS) from error
    for name in names:
        if "/" in name or "\\" in name or not name.endswith(".safetensors"):
            raise CheckpointError(source, "index_name", file=SHARDS, name=name)
        if not (folder / name).is_file():
            raise CheckpointError(source, "no_shard", name=name)
    return tuple(folder / name for name in names)


def describe_checkpoint(source: str) -> CheckpointDescription:
    """Record and fingerprint of a shipped name, a local folder or a pinned hub id.

    Raises:
        CheckpointError: no such checkpoint, its files are incomplete or malformed, or nothing says
            how it was trained.
    """
    files = find_checkpoint(source)
    record = read_record(source, files.folder)
    if record is None:
        raise CheckpointError(source, "no_record")
    return CheckpointDescription(source, files.folder, files.fingerprint, record, files.tokenizer)


def partner_source(checkpoint: CheckpointDescription) -> str | None:
    """The ZERO checkpoint that the record names, as it can be asked for.

    Where that name is a folder beside the checkpoint, it is meant, also after both were moved.
    """
    partner, place = checkpoint.record.partner, checkpoint.folder.parent
    if partner is None or place == PRETRAINED or not (place / partner / CONFIG).is_file():
        return partner
    return str(place / partner)


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
    raise CheckpointError(source, "unknown", shipped=", ".join(shipped_checkpoints()) or "none")


def _from_hub(source: str) -> Path:
    from huggingface_hub import snapshot_download  # only here: a network library
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    repository, revision = source.split("@")
    try:
        return Path(
            snapshot_download(
                repository,
                revision=revision,
                allow_patterns=[CONFIG, "*.safetensors", SHARDS, TOKENIZER, RECORD],
            )
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise CheckpointError(source, "not_fetched") from error


def read_record(source: str, folder: Path) -> CheckpointRecord | None:
    """How the checkpoint in `folder` was made; None where nothing says so.

    Raises:
        CheckpointError: there is a record, but not one of this form.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        return record_from_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CheckpointError(source, "record_malformed", detail=_first_line(error)) from error


def _first_line(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        found = error.errors()[0]
        return f"{'.'.join(map(str, found['loc'])) or 'the whole'}: {found['msg']}"
    return str(error)


def record_to_json(record: CheckpointRecord) -> str:
    """The record as it is stored beside the weights."""
    return json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n"


def record_from_json(text: str) -> CheckpointRecord:
    """The inverse of `record_to_json`.

    Raises:
        ValueError: not such a record.
    """
    return _RECORD.validate_json(text)


_RECORD = TypeAdapter(CheckpointRecord)
_INDEX = TypeAdapter(ShardIndex)


def _fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(_sha256(file))
    return digest.hexdigest()


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
