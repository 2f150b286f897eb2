"""Checkpoints on disk: safetensors weights, `config.json` in Hugging Face form, `record.json`.

`load_checkpoint` reads a shipped name, a folder or a pinned hub id; `save_checkpoint` writes a
folder whose files appear whole or not at all. No pickle, no code from a checkpoint, and no
architecture outside the allow-list in `config`.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from longssm_core.config import ModelConfig, read_config
from longssm_core.errors import CheckpointError, ModelRefused, ShapeError
from longssm_core.models import LanguageModel
from longssm_core.records import (
    CONFIG,
    RECORD,
    START,
    WEIGHTS,
    CheckpointFiles,
    CheckpointRecord,
    find_checkpoint,
    record_to_json,
)
from longssm_core.state import ModelState, check_state
from longssm_core.tokenizer import ByteTokenizer, Tokens, load_tokenizer

HEAD, EMBEDDING = "lm_head.weight", "backbone.embeddings.weight"
OLD_NAMES = {"backbone.embedding.weight": EMBEDDING}  # in the first conversions of Mamba


def load_checkpoint(
    source: str | Path, device: str | None = None, dtype: torch.dtype | None = None
) -> LanguageModel:
    """The model of a shipped name, a local folder or a hub id `owner/name@commit`, ready to read.

    Args:
        device: None takes CUDA when there is one, else Apple's MPS, else the CPU.
        dtype: of projections and embedding, such as torch.bfloat16; None is float32, whatever the
            dtype of the file. All else and the state are float32 in any case.

    Raises:
        CheckpointError: not found, incomplete, of another architecture, or with weights that are
            missing, superfluous, of a wrong shape or not finite.
    """
    files = find_checkpoint(str(source))
    try:
        config = read_config(files.folder)
        with torch.device("meta"):  # names and shapes only: nothing is allocated yet
            model = LanguageModel(config)
        weights = _read_weights(files, model)
    except ModelRefused as error:
        raise CheckpointError(str(source), error.key, **error.values) from error
    except SafetensorError as error:
        raise CheckpointError(str(source), "weights_malformed", detail=error) from error
    model.load_state_dict(weights, assign=True)
    model.files = files
    device = device or default_device()
    model.learned_start = _read_start(files, config, device)
    if dtype is not None:
        model.cast_products(dtype)
    return model.to(device=device).eval().requires_grad_(False)


def _read_start(files: CheckpointFiles, config: ModelConfig, device: str) -> ModelState | None:
    """The state that `learned` has learned, of one row, where the checkpoint has one."""
    if not (files.folder / START).is_file():
        return None
    try:
        start = ModelState.from_tensors(load_file(files.folder / START, device=device))
        check_state(start, config, batch_size=1)
    except (SafetensorError, KeyError, IndexError, ShapeError) as error:
        raise CheckpointError(files.source, "start_malformed", file=START, detail=error) from error
    return start


def tokenizer_of(model: LanguageModel) -> Tokens:
    """The tokenizer of a model that `load_checkpoint` gave; of bytes for any other.

    Raises:
        CheckpointError: as `load_tokenizer`.
    """
    if model.files is None:
        return ByteTokenizer()
    return load_tokenizer(model.files, model.config.vocabulary, model.config.bos)


def _read_weights(files: CheckpointFiles, model: LanguageModel) -> dict[str, Tensor]:
    """All tensors of the model in float32, after their names and shapes were checked."""
    with ExitStack() as stack:
        found = {}
        for path in files.weights:
            opened = stack.enter_context(safe_open(path, framework="pt"))
            for stored in opened.keys():  # noqa: SIM118 - not a mapping
                found[OLD_NAMES.get(stored, stored)] = (opened, stored)
        expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
        head = _pop_tied_head(found, expected)
        _check_tensors(files.source, found, expected)
        weights = {name: file.get_tensor(stored).float() for name, (file, stored) in found.items()}
        if head is not None and not torch.equal(head.float(), weights[EMBEDDING]):
            raise CheckpointError(files.source, "head_differs", name=HEAD)
    for name, value in weights.items():
        if not torch.isfinite(value).all():
            raise CheckpointError(files.source, "tensor_not_finite", name=name)
    return weights


def _pop_tied_head(found: dict[str, Any], expected: dict[str, tuple[int, ...]]) -> Tensor | None:
    """The head's copy of the embedding, where a file holds one and the model has none."""
    if HEAD in expected or HEAD not in found:
        return None
    file, stored = found.pop(HEAD)
    head: Tensor = file.get_tensor(stored)
    return head


def _check_tensors(
    source: str, found: dict[str, Any], expected: dict[str, tuple[int, ...]]
) -> None:
    """Raise CheckpointError unless names and shapes are those of the model."""
    for name in sorted(expected.keys() ^ found.keys()):
        key = "tensor_missing" if name in expected else "tensor_unknown"
        raise CheckpointError(source, key, name=name)
    for name, (file, stored) in found.items():
        shape = tuple(file.get_slice(stored).get_shape())
        if shape != expected[name]:
            raise CheckpointError(
                source, "tensor_shape", name=name, found=shape, expected=expected[name]
            )


def default_device() -> str:
    """CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def save_checkpoint(model: LanguageModel, record: CheckpointRecord, folder: Path) -> None:
    """Write weights, configuration and record into `folder`, each file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()
    }
    temporary = folder / f".{WEIGHTS}.part"
    save_file(weights, temporary, metadata={"format": "pt"})
    os.replace(temporary, folder / WEIGHTS)
    if model.learned_start is not None:
        tensors = model.learned_start.detach().to_tensors().items()
        save_file({name: value.cpu() for name, value in tensors}, folder / START)
    config = json.dumps(model.config.to_hugging_face(), indent=2) + "\n"
    for name, text in ((CONFIG, config), (RECORD, record_to_json(record))):
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        os.replace(part, folder / name)
