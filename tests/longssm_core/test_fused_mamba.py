"""Reading with Mamba by its kernels: the definition in float64, at any length, bit by bit."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from longssm_core import fused_mamba
from longssm_core.config import MambaConfig
from longssm_core.fused_mamba import read_fused_mamba
from longssm_core.mixers import MambaMixer, decay_rate
from longssm_core.scan import selective_scan
from longssm_core.scoring import score
from longssm_core.state import LayerState
from tests.longssm_core.families import SMALL, make_model

CONFIG = MambaConfig(**SMALL, d_inner=128, d_state=16)
CONFIGS = {
    "published": CONFIG,
    "few states": replace(CONFIG, d_state=3),
    "odd states, inner norms": replace(CONFIG, d_state=11, mixer_norm_epsilon=1e-6),
    "no bias": replace(CONFIG, d_state=8, convolution_bias=False),
}


def a_state(config: MambaConfig, batch: int) -> LayerState:
    random = torch.Generator().manual_seed(batch)
    return LayerState(
        torch.randn(batch, *config.hidden_shape, generator=random),
        torch.randn(batch, *config.convolution_shape, generator=random),
    )


def a_mixer(config: MambaConfig = CONFIG) -> MambaMixer:
    mixer = make_model(config).backbone.layers[0].mixer
    assert isinstance(mixer, MambaMixer)
    return mixer


def distance(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Relative, in the Euclidean norm."""
    assert found.shape == expected.shape
    return float((found.double() - expected).norm() / expected.norm())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize(("length", "batch"), [(1, 1), (2, 3), (16, 1), (17, 2), (100, 2)])
def test_values_and_state_are_those_of_the_definition_at_any_length(config, length, batch):
    assert fused_mamba.is_supported(config)
    mixer, state = a_mixer(config), a_state(config, batch)
    x = torch.randn(batch, length, config.d_model, generator=torch.Generator().manual_seed(length))
    double = LayerState(state.hidden.double(), state.convolution.double())
    with torch.no_grad():
        found, after = mixer(x, state)
        expected, exact = a_mixer(config).double()(x.double(), double, sequential=True)
    assert distance(found, expected) < 3e-6
    assert distance(after.hidden, exact.hidden) < 3e-6
    assert distance(after.convolution, exact.convolution) < 3e-6


@pytest.mark.parametrize("uneven", [0.0, 1.0])
@pytest.mark.parametrize("delta", [1e-5, 1e-3, 0.5, 30.0])
def test_slow_and_fast_decays_agree_with_the_recurrence_in_float64(delta, uneven):
    """With steps of 1e-5 a state is still there after the text, at 30 each step erases it.

    With even steps exp(x), rounded to float32, would err to the same side at every one.
    """
    length, random = 3_000, torch.Generator().manual_seed(1)
    u, gate = torch.randn(2, length, CONFIG.d_inner, generator=random)
    wanted = delta * (1 + uneven * torch.rand(length, CONFIG.d_inner, generator=random)).double()
    raw = (wanted + torch.log(-torch.expm1(-wanted))).float()  # the inverse of softplus
    mixed = torch.randn(length, 2 * CONFIG.d_state, generator=random)
    rates, D = decay_rate(a_mixer().A_log).detach(), torch.ones(CONFIG.d_inner)
    start = torch.randn(CONFIG.d_inner, CONFIG.d_state, generator=random)
    h, out = start.t().contiguous(), torch.empty_like(u)
    fused_mamba._scan(
        u.numpy(), raw.numpy(), torch.zeros(CONFIG.d_inner).numpy(),
        (rates.t() / torch.tensor(2.0).log()).contiguous().numpy(), D.numpy(), mixed.numpy(),
        0, CONFIG.d_state, torch.cat([u, gate], dim=1).numpy(), h.numpy(), out.numpy(),
    )  # fmt: skip
    B, C = mixed.double()[None].chunk(2, dim=-1)
    exact = selective_scan(
        u.double()[None], F.softplus(raw.double())[None], rates.double(), B, C, start.double()[None]
    )
    assert distance(out, (exact.y[0] + u) * F.silu(gate.double())) < 1e-5
    assert distance(h.t(), exact.final_state[0]) < 1e-5


def test_a_row_is_read_to_the_same_bits_in_any_company_and_its_state_is_left_alone():
    projected = torch.randn(4, 70, 2 * CONFIG.d_inner, generator=torch.Generator().manual_seed(9))
    state, mixer = a_state(CONFIG, 4), a_mixer()
    before = state.hidden.clone()
    with torch.no_grad():
        together, after = read_fused_mamba(mixer, projected, state)
        one = LayerState(state.hidden[2:3], state.convolution[2:3])
        alone, after_alone = read_fused_mamba(mixer, projected[2:3], one)
    assert torch.equal(together[2:3], alone)
    assert torch.equal(after.hidden[2:3], after_alone.hidden)
    assert torch.equal(state.hidden, before)


def test_what_is_not_a_number_reaches_its_channel_from_there_on_only():
    projected, mixer = torch.randn(1, 40, 2 * CONFIG.d_inner), a_mixer()
    projected[0, 20, CONFIG.d_inner + 5] = torch.nan  # the gate: no other channel sees it
    state = a_state(CONFIG, 1)
    state.hidden[0, 9, 3] = torch.nan
    with torch.no_grad():
        out, after = read_fused_mamba(mixer, projected, state)
    broken = out[0].isnan()
    assert broken[:, 9].all()
    assert broken[:, 5].nonzero().tolist() == [[20]]
    assert broken.sum() == 41
    assert after.hidden.isnan().nonzero().tolist() == [[0, 9, 3]]


def test_scoring_reads_through_the_kernels_where_their_blocks_fit(monkeypatch):
    read = []
    monkeypatch.setattr(
        fused_mamba, "read_fused_mamba", lambda *given: read.append(1) or read_fused_mamba(*given)
    )
    tokens = torch.zeros(1, 20, dtype=torch.int64)
    score(make_model(CONFIG), tokens)
    assert len(read) == CONFIG.n_layers
    for other in (replace(CONFIG, d_inner=96), replace(CONFIG, d_conv=3)):
        assert score(make_model(other), tokens).nll.isfinite().all()
    assert len(read) == CONFIG.n_layers
