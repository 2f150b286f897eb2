"""Checkpoints on disk: safetensors weights, `config.json` in Hugging Face form, `record.json`.

`load_checkpoint` reads a shipped name, a folder or a pinned hub id; `save_checkpoint` writes a
folder whose files appear whole or not at all. No pickle, no code from a checkpoint, and no
architecture outside the allow-list in `config`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from longssm_core.config import from_hugging_face
from longssm_core.errors import CheckpointError, ConfigError
from longssm_core.models import LanguageModel
from longssm_core.records import (
    CONFIG,
    RECORD,
    WEIGHTS,
    CheckpointRecord,
    describe_checkpoint,
    record_to_json,
)


def load_checkpoint(
    source: str | Path, device: str | None = None, dtype: torch.dtype | None = None
) -> LanguageModel:
    """The model of a shipped name, a local folder or a hub id `owner/name@commit`, ready to read.

    Args:
        device: None takes CUDA when there is one, else Apple's MPS, else the CPU.
        dtype: of the weights; None keeps float32. The state is float32 in any case.

    Raises:
        CheckpointError: not found, incomplete, of another architecture, or with weights that are
            missing, superfluous, of a wrong shape or not finite.
    """
    description = describe_checkpoint(str(source))
    try:
        config = from_hugging_face(
            json.loads((description.folder / CONFIG).read_text(encoding="utf-8"))
        )
        weights = load_file(description.folder / WEIGHTS)
    except (ConfigError, ValueError, SafetensorError) as error:
        raise CheckpointError(str(source), str(error)) from error
    model = LanguageModel(config)
    _check_weights(str(source), model, weights)
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    model.description = description
    return model.to(device=device or default_device(), dtype=dtype).eval().requires_grad_(False)


def _check_weights(source: str, model: LanguageModel, weights: dict[str, torch.Tensor]) -> None:
    weights.pop("lm_head.weight", None)  # tied to the embedding
    expected = {name: value.shape for name, value in model.state_dict().items()}
    for name in sorted(expected.keys() ^ weights.keys()):
        state = "missing" if name in expected else "not part of this architecture"
        raise CheckpointError(source, f"tensor {name} is {state}")
    for name, value in weights.items():
        if value.shape != expected[name]:
            found, wanted = tuple(value.shape), tuple(expected[name])
            raise CheckpointError(source, f"tensor {name} has shape {found}, expected {wanted}")
        if not torch.isfinite(value).all():
            raise CheckpointError(source, f"tensor {name} holds values that are not finite")


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
    config = json.dumps(model.config.to_hugging_face(), indent=2) + "\n"
    for name, text in ((CONFIG, config), (RECORD, record_to_json(record))):
        part = folder / f".{name}.part"
        part.write_text(text, encoding="utf-8")
        os.replace(part, folder / name)
