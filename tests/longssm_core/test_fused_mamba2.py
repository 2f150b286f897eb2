"""Reading with Mamba-2 by its kernel: the definition in float64, at any length, bit by bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from longssm_core import fused_mamba2, mixers
from longssm_core.config import Mamba2Config
from longssm_core.fused_mamba2 import read_fused_mamba2
from longssm_core.mixers import Mamba2Mixer
from longssm_core.scan import head_scan
from longssm_core.scoring import score
from longssm_core.state import LayerState
from tests.longssm_core.families import SMALL, make_model

ONE_GROUP = Mamba2Config(**SMALL, n_heads=3, d_head=32, d_state=16)
CONFIGS = {
    "one group": ONE_GROUP,
    "narrow heads in groups": replace(ONE_GROUP, n_heads=4, d_head=16, d_state=32, n_groups=2),
    "limited steps, no bias": replace(
        ONE_GROUP, d_head=48, delta_limit=(0.01, 0.5), convolution_bias=False
    ),
}


def a_state(config: Mamba2Config, batch: int) -> LayerState:
    random = torch.Generator().manual_seed(batch)
    return LayerState(
        torch.randn(batch, *config.hidden_shape, generator=random),
        torch.randn(batch, *config.convolution_shape, generator=random),
    )


def a_mixer(config: Mamba2Config = ONE_GROUP) -> Mamba2Mixer:
    mixer = make_model(config).backbone.layers[0].mixer
    assert isinstance(mixer, Mamba2Mixer)
    return mixer


def in_double(state: LayerState) -> LayerState:
    return LayerState(state.hidden.double(), state.convolution.double())


def distance(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Relative, in the Euclidean norm."""
    assert found.shape == expected.shape
    return float((found.double() - expected).norm() / expected.norm())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize(("length", "batch"), [(1, 1), (2, 3), (32, 1), (33, 2), (100, 2)])
def test_values_and_state_are_those_of_the_definition_at_any_length(config, length, batch):
    assert fused_mamba2.is_supported(config)
    mixer, state = a_mixer(config), a_state(config, batch)
    x = torch.randn(batch, length, config.d_model, generator=torch.Generator().manual_seed(length))
    with torch.no_grad():
        found, after = mixer(x, state)
        expected, exact = a_mixer(config).double()(x.double(), in_double(state), sequential=True)
    assert distance(found, expected) < 3e-6
    assert distance(after.hidden, exact.hidden) < 3e-6
    assert distance(after.convolution, exact.convolution) < 3e-6


@pytest.mark.parametrize("delta", [1e-6, 1e-3, 3.0, 300.0])
def test_slow_and_fast_decays_agree_with_the_recurrence_in_float64(delta):
    """With steps of 1e-6 a state is still there after the text, at 300 each step erases it."""
    config, length = ONE_GROUP, 500
    random = torch.Generator().manual_seed(1)
    mixer, state = a_mixer(), a_state(config, 1)
    projected = torch.randn(1, length, config.d_projected, generator=random)
    with torch.no_grad():
        mixer.dt_bias.zero_()
        wanted = delta * (1 + torch.rand(1, length, config.n_heads, generator=random))
        # the inverse of softplus, where float32 has the digits for it
        projected[..., -config.n_heads :] = (wanted + torch.log(-torch.expm1(-wanted))).float()
        _, after = read_fused_mamba2(mixer, projected, state)
    middle = projected[..., config.d_inner : config.d_inner + config.d_convolved].double()
    convolved, _ = mixer.conv1d.double()(middle, state.convolution.double())
    u, B, C = convolved.split([config.d_inner, config.d_state, config.d_state], dim=-1)
    steps = torch.nn.functional.softplus(projected[..., -config.n_heads :].double())
    exact = head_scan(
        u.view(1, length, config.n_heads, -1), steps, mixers.decay_rate(mixer.A_log.double()),
        B[:, :, None], C[:, :, None], state.hidden.double(),
    )  # fmt: skip
    assert distance(after.hidden, exact.final_state) < 1e-5


def test_equal_steps_do_not_add_up_the_rounding_of_a_decay_near_one():
    """exp(x) in float32 errs to the same side at every step; exp(x) - 1 hardly errs at all."""
    mixer, state = a_mixer(), a_state(ONE_GROUP, 1)
    projected, length = torch.zeros(1, 3_000, ONE_GROUP.d_projected), 3_000
    with torch.no_grad():
        mixer.conv1d.bias.zero_()  # nothing enters: the state only decays
        mixer.A_log.zero_()
        mixer.dt_bias.copy_(torch.tensor([1.3e-6, 1.1e-4, 3e-3]).log())
        _, after = read_fused_mamba2(
            mixer, projected, LayerState(state.hidden, torch.zeros_like(state.convolution))
        )
    steps = torch.nn.functional.softplus(mixer.dt_bias.double())
    left = torch.exp(-length * steps)[None, :, None, None]
    assert distance(after.hidden, left * state.hidden.double()) < 2e-6


def test_a_row_is_read_to_the_same_bits_in_any_company():
    random = torch.Generator().manual_seed(9)
    projected = torch.randn(4, 70, ONE_GROUP.d_projected, generator=random)
    state, mixer = a_state(ONE_GROUP, 4), a_mixer()
    together, after = read_fused_mamba2(mixer, projected, state)
    one = LayerState(state.hidden[2:3], state.convolution[2:3])
    alone, after_alone = read_fused_mamba2(mixer, projected[2:3], one)
    assert torch.equal(together[2:3], alone)
    assert torch.equal(after.hidden[2:3], after_alone.hidden)


def test_the_state_that_is_given_stays_as_it_was():
    state = a_state(ONE_GROUP, 1)
    before = state.hidden.clone(), state.convolution.clone()
    read_fused_mamba2(a_mixer(), torch.randn(1, 40, ONE_GROUP.d_projected), state)
    assert torch.equal(state.hidden, before[0])
    assert torch.equal(state.convolution, before[1])


def test_what_is_not_a_number_reaches_the_state_and_later_outputs_only():
    projected = torch.randn(1, 96, ONE_GROUP.d_projected)
    projected[0, 40, -1] = torch.nan  # the step size of the last head
    out, after = read_fused_mamba2(a_mixer(), projected, a_state(ONE_GROUP, 1))
    assert out[0, :40].isfinite().all()
    assert out[0, 40:].isnan().all()  # the norm runs over all heads
    broken = after.hidden.isnan().flatten(2).all(dim=2)
    assert broken.tolist() == [[False, False, True]]


def test_scoring_reads_through_the_kernel_and_a_gradient_does_not(monkeypatch):
    read = []
    monkeypatch.setattr(
        fused_mamba2,
        "read_fused_mamba2",
        lambda *given: read.append(1) or read_fused_mamba2(*given),
    )
    model = make_model(ONE_GROUP)
    tokens = torch.zeros(1, 50, dtype=torch.int64)
    fast = score(model, tokens).nll
    assert len(read) == model.config.n_layers
    with torch.enable_grad():
        model(tokens, model.initial_state(1))
    assert len(read) == model.config.n_layers  # a gradient to the state needs the plain form
    monkeypatch.setattr(mixers, "_has_numba", lambda: False)
    plain = score(model, tokens).nll
    assert len(read) == model.config.n_layers  # nor without numba
    assert not np.array_equal(fast, plain)
    torch.testing.assert_close(fast, plain, rtol=1e-5, atol=1e-5)


def test_what_the_tiles_do_not_fit_is_read_in_plain_torch():
    assert not fused_mamba2.is_supported(replace(ONE_GROUP, d_head=24, n_heads=2))
    assert not fused_mamba2.is_supported(replace(ONE_GROUP, d_state=24))
    odd = replace(ONE_GROUP, d_conv=3)
    assert not fused_mamba2.is_supported(odd)
    assert score(make_model(odd), torch.zeros(1, 5, dtype=torch.int64)).nll.isfinite().all()
