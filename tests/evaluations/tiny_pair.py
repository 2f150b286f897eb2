"""Two real checkpoints that are tiny: saved by longssm_core, loaded by real workers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from longssm_core.checkpoint import save_checkpoint
from longssm_core.config import Mamba2Config
from longssm_core.models import LanguageModel, initialize
from tests.evaluations.queued import describe

TINY = Mamba2Config(d_model=16, n_layers=1, n_heads=2, d_head=16, d_state=8)


def save_tiny_pair(folder: Path) -> tuple[str, str]:
    """Folders of a ZERO and a PROPOSED checkpoint; their weights differ a little."""
    sources = []
    for number, name in enumerate(("zero-t16", "previous-t16")):
        model = LanguageModel(TINY)
        initialize(model, seed=7)
        noise = torch.Generator().manual_seed(number)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=noise) * 0.02)
        place = folder / name
        save_checkpoint(model, replace(describe(name).record, parameters=1), place)
        sources.append(str(place))
    return sources[0], sources[1]
