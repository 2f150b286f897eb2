"""A model that forgets slowly: random default weights forget so fast that a broken carry passes."""

from __future__ import annotations

import pytest
import torch

from longssm_core.config import Mamba2Config
from longssm_core.models import LanguageModel, initialize

torch.set_num_threads(1)  # tiny products: a second thread would only wait for the first

SMALL = Mamba2Config(d_model=32, n_layers=2, n_heads=4, d_head=16, d_state=16)


@pytest.fixture(scope="session")
def slowly_forgetting_model() -> LanguageModel:
    """Two layers whose heads remember 2 to 2,000 tokens, with outputs large enough to matter."""
    model = LanguageModel(SMALL)
    initialize(model, seed=3)
    noise = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("in_proj.weight", "out_proj.weight", "embeddings.weight")):
                parameter.add_(torch.randn(parameter.shape, generator=noise) * 0.3)
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="session")
def tokens() -> torch.Tensor:
    """Two documents of 300 random bytes."""
    return torch.randint(0, 256, (2, 300), generator=torch.Generator().manual_seed(5))
