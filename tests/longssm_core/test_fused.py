"""The fused layer and the fused loss against the eager model: values, state, every gradient."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from longssm_core import fused
from longssm_core.config import Mamba2Config
from longssm_core.errors import ConfigError, ShapeError
from longssm_core.fused import fused_loss, fused_mixer, is_supported
from longssm_core.models import LanguageModel, Mamba2Mixer, initialize
from longssm_core.state import LayerState, ModelState

CONFIG = Mamba2Config()
LENGTHS = [(1, 3), (7, 2), (16, 5), (33, 1), (64, 3)]


def a_model(dtype: torch.dtype = torch.float32, config: Mamba2Config = CONFIG) -> LanguageModel:
    """Start weights (slowly decaying heads), every one of them moved a little."""
    model = LanguageModel(config)
    initialize(model, seed=1)
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn(weight.shape, generator=random))
    return model.to(dtype)


def a_layer_state(batch: int, random: torch.Generator) -> LayerState:
    return LayerState(
        torch.randn(batch, CONFIG.n_heads, CONFIG.d_head, CONFIG.d_state, generator=random),
        torch.randn(batch, CONFIG.d_conv - 1, CONFIG.d_convolved, generator=random),
    )


def a_state(batch: int, seed: int = 3) -> ModelState:
    random = torch.Generator().manual_seed(seed)
    return ModelState(tuple(a_layer_state(batch, random) for _ in range(CONFIG.n_layers)))


def ids(batch: int, length: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(length)
    both = torch.randint(0, CONFIG.vocabulary, (2, batch, length), generator=random)
    return both[0], both[1]


def converted(state: LayerState, dtype: torch.dtype) -> LayerState:
    return LayerState(state.hidden.to(dtype), state.convolution.to(dtype))


def a_mixer(model: LanguageModel) -> Mamba2Mixer:
    mixer = model.backbone.layers[0].mixer
    assert isinstance(mixer, Mamba2Mixer)
    return mixer


def eager_mixer(
    mixer: Mamba2Mixer, projected: Tensor, state: LayerState
) -> tuple[Tensor, LayerState]:
    """The eager forward between the projections."""

    class Given(torch.nn.Module):
        weight = torch.empty(0)

        def forward(self, _: Tensor) -> Tensor:
            return projected

    in_proj, out_proj = mixer.in_proj, mixer.out_proj
    mixer.in_proj, mixer.out_proj = Given(), torch.nn.Identity()  # type: ignore[assignment]
    try:
        return mixer(projected, state)
    finally:
        mixer.in_proj, mixer.out_proj = in_proj, out_proj


def distance(found: Tensor | None, expected: Tensor | None) -> float:
    """Relative, in the Euclidean norm."""
    assert found is not None
    assert expected is not None
    assert found.shape == expected.shape
    found, expected = found.detach().double(), expected.detach().double()
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("length", "batch"), LENGTHS)
def test_mixer_has_the_values_state_and_gradients_of_the_eager_one(
    length: int, batch: int, dtype: torch.dtype
) -> None:
    ours, reference = a_mixer(a_model()), a_mixer(a_model(dtype))
    random = torch.Generator().manual_seed(length)
    projected = torch.randn(batch, length, CONFIG.d_projected, generator=random)
    d_out = torch.randn(batch, length, CONFIG.d_inner, generator=random)
    state = a_layer_state(batch, random)

    ours_in = projected.clone().requires_grad_()
    out, after = fused_mixer(ours, ours_in, state)
    out.backward(d_out)
    reference_in = projected.to(dtype).requires_grad_()
    expected, expected_after = eager_mixer(reference, reference_in, converted(state, dtype))
    expected.backward(d_out.to(dtype))

    assert distance(out, expected) < 2e-6
    assert distance(after.hidden, expected_after.hidden) < 2e-6
    assert torch.equal(after.convolution, expected_after.convolution.float())
    assert distance(ours_in.grad, reference_in.grad) < 2e-6
    steps = slice(CONFIG.d_projected - CONFIG.n_heads, None)
    assert ours_in.grad is not None
    assert reference_in.grad is not None
    assert distance(ours_in.grad[..., steps], reference_in.grad[..., steps]) < 5e-6
    trained = dict(reference.named_parameters())
    for name, weight in ours.named_parameters():
        if not name.startswith(("in_proj", "out_proj")):
            assert distance(weight.grad, trained[name].grad) < 1e-5, name


@pytest.mark.parametrize(("length", "batch"), [(1, 3), (16, 131), (64, 33)])
def test_loss_has_the_value_state_and_gradients_of_the_eager_model(length: int, batch: int) -> None:
    """More rows than one micro-batch, the last one incomplete; the loss enters with a factor."""
    tokens, targets = ids(batch, length)
    state = a_state(batch)
    ours, reference = a_model(), a_model(torch.float64)
    loss, after = fused_loss(ours, tokens, targets, state)
    (3 * loss).backward()
    exact = ModelState(tuple(converted(layer, torch.float64) for layer in state.layers))
    features, expected_after = reference.hidden(tokens, exact)
    logits = F.linear(features, reference.backbone.embeddings.weight)
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    (3 * expected).backward()

    assert distance(loss, expected) < 1e-6
    for layer, expected_layer in zip(after.layers, expected_after.layers, strict=True):
        assert distance(layer.hidden, expected_layer.hidden) < 1e-5
        assert distance(layer.convolution, expected_layer.convolution) < 1e-5
    trained = dict(reference.named_parameters())
    for name, weight in ours.named_parameters():
        assert distance(weight.grad, trained[name].grad) < 1e-4, name


def test_loss_in_float32_agrees_with_eager_float32() -> None:
    tokens, targets = ids(32, 16)
    state, ours, reference = a_state(32), a_model(), a_model()
    loss, _ = fused_loss(ours, tokens, targets, state)
    loss.backward()
    expected = F.cross_entropy(reference(tokens, state).logits.flatten(0, 1), targets.flatten())
    expected.backward()
    assert distance(loss, expected) < 1e-6
    for ours_weight, weight in zip(ours.parameters(), reference.parameters(), strict=True):
        assert distance(ours_weight.grad, weight.grad) < 1e-4


def test_loss_is_the_same_without_gradients_and_twice() -> None:
    tokens, targets = ids(5, 16)
    state, model = a_state(5), a_model()
    loss, after = fused_loss(model, tokens, targets, state)
    with torch.no_grad():
        again, after_again = fused_loss(model, tokens, targets, state)
    assert not again.requires_grad
    assert torch.equal(loss, again)
    assert torch.equal(after.layers[-1].hidden, after_again.layers[-1].hidden)


def test_gradients_accumulate_over_windows() -> None:
    tokens, targets = ids(4, 16)
    model, twice = a_model(), a_model()
    state = a_state(4)
    for _ in range(2):
        fused_loss(twice, tokens, targets, state)[0].backward()
    fused_loss(model, tokens, targets, state)[0].backward()
    for weight, doubled in zip(model.parameters(), twice.parameters(), strict=True):
        assert weight.grad is not None
        assert distance(doubled.grad, 2 * weight.grad) < 1e-6


def test_windows_chain_through_the_state() -> None:
    tokens, targets = ids(3, 48)
    model, state = a_model(), a_state(3)
    with torch.no_grad():
        whole = fused_loss(model, tokens, targets, state)
        losses = []
        for start in range(0, 48, 16):
            piece = slice(start, start + 16)
            loss, state = fused_loss(model, tokens[:, piece], targets[:, piece], state)
            losses.append(float(loss))
    assert math.isclose(sum(losses) / 3, float(whole[0]), rel_tol=1e-5)
    assert distance(state.layers[-1].hidden, whole[1].layers[-1].hidden) < 1e-5


@pytest.mark.parametrize("limit", [(0.0, 0.05), (0.02, math.inf)])
def test_a_limited_step_size_has_no_gradient(limit: tuple[float, float]) -> None:
    config = replace(CONFIG, delta_limit=limit)
    ours, reference = a_mixer(a_model(config=config)), a_mixer(a_model(config=config))
    random = torch.Generator().manual_seed(9)
    projected = torch.randn(2, 16, CONFIG.d_projected, generator=random)
    state = a_layer_state(2, random)
    out, _ = fused_mixer(ours, projected, state)
    out.square().sum().backward()
    expected, _ = eager_mixer(reference, projected, state)
    expected.square().sum().backward()
    assert distance(out, expected) < 2e-6
    assert distance(ours.dt_bias.grad, reference.dt_bias.grad) < 1e-4
    assert distance(ours.A_log.grad, reference.A_log.grad) < 1e-4


def test_large_inputs_stay_finite_and_agree() -> None:
    """Step sizes of hundreds: decays of e^-1000, gates shut and wide open."""
    ours, reference = a_mixer(a_model()), a_mixer(a_model(torch.float64))
    random = torch.Generator().manual_seed(5)
    projected = 100 * torch.randn(2, 64, CONFIG.d_projected, generator=random)
    state = a_layer_state(2, random)
    out, _ = fused_mixer(ours, projected, state)
    out.sum().backward()
    exact, _ = eager_mixer(reference, projected.double(), converted(state, torch.float64))
    exact.sum().backward()
    assert distance(out, exact) < 1e-4  # S is in the thousands, exact to 1e-7 of that
    for name, weight in ours.named_parameters():
        if not name.startswith(("in_proj", "out_proj")):
            assert weight.grad is not None
            assert weight.grad.isfinite().all(), name


def test_not_a_number_stays_one_and_leaves_no_trace() -> None:
    tokens, targets = ids(4, 16)
    model, state = a_model(), a_state(4)
    expected, _ = fused_loss(model, tokens, targets, state)
    broken = a_model()
    with torch.no_grad():
        a_mixer(broken).conv1d.bias.fill_(math.nan)  # type: ignore[union-attr]
    loss, _ = fused_loss(broken, tokens, targets, state)
    assert math.isnan(loss.item())
    loss.backward()
    again, _ = fused_loss(model, tokens, targets, state)
    again.backward()
    assert torch.equal(again, expected)
    assert all(
        weight.grad is not None and bool(weight.grad.isfinite().all())
        for weight in model.parameters()
    )


def test_threads_do_not_share_buffers() -> None:
    tokens, targets = ids(32, 16)
    state = a_state(32)
    expected = fused_loss(a_model(), tokens, targets, state)[0].item()
    found: list[float] = []

    def work() -> None:
        model = a_model()
        for _ in range(5):
            found.append(fused_loss(model, tokens, targets, state)[0].item())

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == pytest.approx([expected] * 10, rel=1e-6)


def test_new_state_has_no_gradient() -> None:
    mixer = a_mixer(a_model())
    projected = torch.randn(2, 16, CONFIG.d_projected, requires_grad=True)
    out, after = fused_mixer(mixer, projected, a_layer_state(2, torch.Generator()))
    assert out.requires_grad
    assert not after.hidden.requires_grad
    assert not after.convolution.requires_grad


def test_a_state_with_gradient_is_refused() -> None:
    model, state = a_model(), a_state(2)
    state.layers[0].hidden.requires_grad_()
    with pytest.raises(ShapeError, match="detach"):
        fused_mixer(a_mixer(model), torch.randn(2, 16, CONFIG.d_projected), state.layers[0])
    with pytest.raises(ShapeError, match="detach"):
        fused_loss(model, *ids(2, 16), state)


def test_what_it_cannot_compute_is_refused() -> None:
    model = a_model()
    with pytest.raises(ShapeError, match="1 to 64"):
        fused_loss(model, *ids(2, 65), a_state(2))
    with pytest.raises(ShapeError):
        fused_loss(model, *ids(2, 16), a_state(3))
    tokens, targets = ids(2, 16)
    with pytest.raises(ShapeError, match="ids"):
        fused_loss(model, tokens + CONFIG.vocabulary, targets, a_state(2))
    with pytest.raises(ShapeError, match="float32"):
        fused_loss(a_model(torch.float64), tokens, targets, a_state(2))
    small = replace(CONFIG, d_head=8, n_heads=32)
    assert is_supported(CONFIG)
    assert not is_supported(small)
    with pytest.raises(ConfigError, match="d_head"):
        fused_loss(LanguageModel(small), tokens, targets, LanguageModel(small).initial_state(2))


def test_buffers_do_not_pile_up_and_a_smaller_piece_is_a_part_of_the_larger():
    config, model = CONFIG, a_model()
    for batch, length in [(64, 64), (3, 64), (64, 32), (5, 16)]:
        with torch.no_grad():
            fused_loss(model, *ids(batch, length), a_state(batch))
    large, small = fused._model_buffers(config, 2048), fused._model_buffers(config, 80)
    assert small.logits.data_ptr() == large.logits.data_ptr()
    assert [part.shape[0] for part in (small.x, *small.layers[-1])] == [80] * 6
    assert fused._workspace(config, 16) is fused._workspace(config, 16)
    assert sum(isinstance(kept, tuple) for kept in vars(fused._BUFFERS).values()) == 2
    assert fused._BUFFERS.rows[0] == (config, 16)
