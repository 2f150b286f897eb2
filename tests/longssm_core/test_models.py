"""The model: the definition, its fast form, transformers' weights, and the state between pieces."""

from __future__ import annotations

import pytest
import torch

from longssm_core.config import Mamba2Config, from_hugging_face
from longssm_core.errors import ConfigError, ShapeError
from longssm_core.models import LanguageModel, initialize
from longssm_core.scan import chunked_head_scan, head_scan


def scan_inputs(length, slow, dtype=torch.float64):
    random = torch.Generator().manual_seed(length)
    batch, heads, width, states = 2, 3, 5, 4

    def normal(*shape):
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    delta = normal(batch, length, heads).exp() * (1e-3 if slow else 1.0)
    return [
        value.to(dtype)
        for value in (
            normal(batch, length, heads, width),
            delta,
            -normal(heads).exp(),
            normal(batch, length, 1, states),
            normal(batch, length, 1, states),
            normal(batch, heads, width, states),
        )
    ]


@pytest.mark.parametrize("length", [1, 5, 64, 150])
@pytest.mark.parametrize("slow", [True, False])
def test_the_chunked_scan_is_the_definition_in_values_and_final_state(length, slow):
    y, final = head_scan(*scan_inputs(length, slow))
    fast_y, fast_final = chunked_head_scan(*scan_inputs(length, slow), chunk=16)
    torch.testing.assert_close(fast_y, y, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(fast_final, final, rtol=1e-10, atol=1e-10)


def test_the_chunked_scan_in_float32_agrees_with_the_definition_in_float64():
    y, final = head_scan(*scan_inputs(500, slow=True))
    fast_y, fast_final = chunked_head_scan(*scan_inputs(500, slow=True, dtype=torch.float32))
    scale = y.abs().max()
    assert (fast_y.double() - y).abs().max() / scale < 5e-6
    assert (fast_final.double() - final).abs().max() / final.abs().max() < 5e-6


def test_the_scan_chains_from_a_state_and_a_lost_state_shows():
    u, delta, A, B, C, h0 = scan_inputs(100, slow=True)
    y, final = head_scan(u, delta, A, B, C, h0)
    _, half = chunked_head_scan(u[:, :37], delta[:, :37], A, B[:, :37], C[:, :37], h0)
    rest = (u[:, 37:], delta[:, 37:], A, B[:, 37:], C[:, 37:])
    second = chunked_head_scan(*rest, half)
    torch.testing.assert_close(second.y, y[:, 37:], rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(second.final_state, final, rtol=1e-10, atol=1e-10)
    assert (chunked_head_scan(*rest, torch.zeros_like(half)).y - y[:, 37:]).abs().max() > 0.1


def test_fast_decay_over_a_long_chunk_stays_finite():
    u, delta, A, B, C, h0 = scan_inputs(64, slow=False, dtype=torch.float32)
    y, final = chunked_head_scan(u, delta * 1000, A, B, C, h0)
    assert torch.isfinite(y).all()
    assert torch.isfinite(final).all()


def test_gradients_reach_the_initial_state_like_in_the_definition():
    *values, h0 = scan_inputs(40, slow=True)
    gradients = []
    for scan in (head_scan, chunked_head_scan):
        start = h0.clone().requires_grad_()
        y, final = scan(*values, start)
        (y.square().sum() + final.square().sum()).backward()
        gradients.append(start.grad)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-9, atol=1e-9)


def test_a_head_at_the_start_remembers_for_its_time_constant():
    model = LanguageModel(Mamba2Config())
    initialize(model, seed=0)
    bias = model.backbone.layers[0].mixer.dt_bias
    memory = 1 / torch.nn.functional.softplus(bias.detach())
    torch.testing.assert_close(memory[[0, -1]], torch.tensor([2.0, 2000.0]), rtol=1e-3, atol=0)


def test_pieces_of_any_length_give_the_whole_pass(slowly_forgetting_model, tokens):
    whole = slowly_forgetting_model(tokens, slowly_forgetting_model.initial_state(2))
    state, outputs = slowly_forgetting_model.initial_state(2), []
    for piece in tokens.split([1, 2, 64, 100, 133], dim=1):
        logits, state = slowly_forgetting_model(piece, state)
        outputs.append(logits)
    torch.testing.assert_close(torch.cat(outputs, 1), whole.logits, rtol=0, atol=1e-4)
    for found, expected in zip(state.layers, whole.state.layers, strict=True):
        torch.testing.assert_close(found.hidden, expected.hidden, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(found.convolution, expected.convolution, rtol=1e-4, atol=1e-4)


def test_a_state_of_another_batch_is_refused(slowly_forgetting_model, tokens):
    with pytest.raises(ShapeError, match="expected"):
        slowly_forgetting_model(tokens, slowly_forgetting_model.initial_state(3))


@pytest.mark.slow
def test_logits_agree_with_transformers_on_the_same_weights(slowly_forgetting_model, tokens):
    from transformers import Mamba2Config, Mamba2ForCausalLM

    config = slowly_forgetting_model.config
    reference = Mamba2ForCausalLM(Mamba2Config.from_dict(config.to_hugging_face())).eval()
    weights = slowly_forgetting_model.state_dict()
    missing, superfluous = reference.load_state_dict(weights, strict=False)
    assert (missing, superfluous) == (["lm_head.weight"], [])
    reference.tie_weights()
    with torch.no_grad():
        expected = reference(tokens).logits
        found = slowly_forgetting_model(tokens, slowly_forgetting_model.initial_state(2)).logits
    assert (found - expected).abs().max() / expected.abs().max() < 1e-5


def test_the_configuration_survives_its_hugging_face_form():
    config = Mamba2Config(d_model=64, n_heads=4, d_head=32, delta_limit=(0.0, 0.5))
    assert from_hugging_face(config.to_hugging_face()) == config
    assert from_hugging_face(Mamba2Config().to_hugging_face()) == Mamba2Config()


@pytest.mark.parametrize(
    "change",
    [
        {"architectures": ["LlamaForCausalLM"]},
        {"n_groups": 3},
        {"hidden_act": "gelu"},
        {"hidden_size": "x"},
    ],
)
def test_another_architecture_or_option_is_refused(change):
    with pytest.raises(ConfigError):
        from_hugging_face(Mamba2Config().to_hugging_face() | change)
