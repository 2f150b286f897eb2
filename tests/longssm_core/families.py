"""One small model of every family, with start weights that forget slowly."""

from __future__ import annotations

import torch

from longssm_core.config import Mamba2Config, MambaConfig, ModelConfig, S5Config
from longssm_core.models import LanguageModel, initialize

SMALL = {"vocabulary": 40, "d_model": 16, "n_layers": 2, "bos": 39}

FAMILIES: dict[str, ModelConfig] = {
    "mamba2": Mamba2Config(**SMALL, n_heads=4, d_head=8, d_state=8),
    "mamba2-groups": Mamba2Config(
        **SMALL, n_heads=4, d_head=8, d_state=8, n_groups=2, tied=False, projection_bias=True
    ),
    "mamba": MambaConfig(**SMALL, d_inner=32, d_state=4, delta_rank=2),
    "falcon-mamba": MambaConfig(
        **SMALL, d_inner=48, d_state=4, delta_rank=2, tied=False, mixer_norm_epsilon=1e-6
    ),
    "s5": S5Config(**SMALL, d_state=12),
}
WITH_CONVOLUTION = tuple(name for name in FAMILIES if name != "s5")


def make_model(family: str | ModelConfig) -> LanguageModel:
    """A model whose memory is long and matters: random weights, then larger read-outs."""
    model = LanguageModel(FAMILIES[family] if isinstance(family, str) else family)
    initialize(model, seed=3)
    noise = torch.Generator().manual_seed(4)
    with torch.no_grad():
        model.backbone.embeddings.weight.normal_(0.0, 1.0, generator=noise)
        for name, weight in model.named_parameters():
            if name.endswith(("bias", "norm.weight", "norm_f.weight", ".D")):
                weight.add_(0.1 * torch.randn(weight.shape, generator=noise))
            elif "out_proj" in name or name.endswith((".B", ".C")):
                weight.mul_(4.0)
    return model.eval().requires_grad_(False)


def make_tokens(batch: int = 2, length: int = 300) -> torch.Tensor:
    """Ids, (batch, length); never the start token."""
    noise = torch.Generator().manual_seed(5)
    return torch.randint(0, SMALL["vocabulary"] - 1, (batch, length), generator=noise)


def exact(model: LanguageModel) -> LanguageModel:
    """The same weights in float64."""
    double = LanguageModel(model.config).double()
    double.load_state_dict(model.state_dict())
    return double.eval().requires_grad_(False)
