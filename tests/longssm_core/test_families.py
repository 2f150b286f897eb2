"""Laws of every family: the definition, any split into pieces, the state as a whole, gradients."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from longssm_core.config import from_hugging_face
from longssm_core.errors import ShapeError
from longssm_core.state import ModelState
from tests.longssm_core.families import (
    FAMILIES,
    WITH_CONVOLUTION,
    exact,
    make_model,
    make_tokens,
)

every_family = pytest.mark.parametrize("family", FAMILIES)


def in_double(state: ModelState) -> ModelState:
    return ModelState.from_tensors({k: v.double() for k, v in state.to_tensors().items()})


def some_state(model, batch=2):
    """The state after other text: neither blank nor small."""
    return model(make_tokens(batch, 50), model.initial_state(batch)).state


@every_family
@pytest.mark.parametrize("length", [1, 7, 64, 150])
def test_the_fast_form_is_the_step_by_step_definition_in_float64(family, length):
    model, tokens = make_model(family), make_tokens(2, length)
    state = some_state(model)
    found = model(tokens, state)
    expected = exact(model)(tokens, in_double(state), sequential=True)
    scale = expected.logits.abs().max()
    assert (found.logits - expected.logits).abs().max() / scale < 1e-5
    for fast, slow in zip(found.state.layers, expected.state.layers, strict=True):
        torch.testing.assert_close(fast.hidden.double(), slow.hidden, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(
            fast.convolution.double(), slow.convolution, rtol=1e-4, atol=1e-4
        )


@every_family
@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 199), max_size=6, unique=True))
def test_any_split_into_pieces_gives_the_whole_pass(family, cuts):
    model, tokens = exact(make_model(family)), make_tokens(2, 200)
    blank = in_double(model.initial_state(2))
    whole = model(tokens, blank)
    borders = [0, *sorted(cuts), 200]
    state, outputs = blank, []
    for start, stop in pairwise(borders):
        logits, state = model(tokens[:, start:stop], state)
        outputs.append(logits)
    torch.testing.assert_close(torch.cat(outputs, dim=1), whole.logits, rtol=1e-9, atol=1e-9)
    for found, expected in zip(state.layers, whole.state.layers, strict=True):
        torch.testing.assert_close(found.hidden, expected.hidden, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("family", "half"),
    [(name, "hidden") for name in FAMILIES] + [(name, "convolution") for name in WITH_CONVOLUTION],
)
def test_a_lost_half_of_the_state_changes_what_follows(family, half):
    model, tokens = make_model(family), make_tokens(2, 20)
    state = some_state(model)
    forgetful = ModelState.from_tensors(
        {
            name: torch.zeros_like(value) if name.startswith(half) else value
            for name, value in state.to_tensors().items()
        }
    )
    difference = model(tokens, forgetful).logits - model(tokens, state).logits
    assert difference.abs().max() > 0.05


@every_family
def test_the_memory_of_a_token_reaches_over_two_hundred_others(family):
    model, tokens = make_model(family), make_tokens(1, 220)
    other = tokens.clone()
    other[0, 0] = (other[0, 0] + 1) % 39
    blank = model.initial_state(1)
    apart = (model(tokens, blank).logits - model(other, blank).logits).abs()
    assert apart[0, -1].max() > 1e-4


@every_family
def test_rows_of_a_batch_do_not_see_each_other(family):
    model, tokens = make_model(family), make_tokens(3, 60)
    state = some_state(model, 3)
    together = model(tokens, state).logits
    alone = model(tokens[1:2], state.rows(torch.tensor([1]))).logits
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-4)


@every_family
def test_gradients_through_the_initial_state_are_those_of_the_definition(family):
    model, tokens = exact(make_model(family)), make_tokens(2, 40)
    start = in_double(some_state(make_model(family)))
    gradients = []
    for sequential in (True, False):
        leaves = {k: v.clone().requires_grad_() for k, v in start.to_tensors().items()}
        output = model(tokens, ModelState.from_tensors(leaves), sequential)
        output.logits.square().mean().backward()
        gradients.append([leaf.grad for name, leaf in leaves.items() if leaf.numel()])
    for found, expected in zip(gradients[1], gradients[0], strict=True):
        assert expected.abs().max() > 0
        torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


@every_family
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_weights_keep_a_float32_state(family, dtype):
    model, tokens = make_model(family), make_tokens(2, 100)
    expected = model(tokens, model.initial_state(2))
    half = make_model(family).cast_products(dtype)
    found = half(tokens, half.initial_state(2))
    assert {v.dtype for v in found.state.to_tensors().values()} == {torch.float32}
    assert found.logits.dtype == torch.float32
    apart = (found.logits - expected.logits).abs().mean() / expected.logits.std()
    assert 0 < apart < 0.03


@every_family
def test_a_state_of_another_model_or_batch_is_refused(family):
    model, tokens = make_model(family), make_tokens(2, 5)
    for other in FAMILIES:
        if FAMILIES[other].hidden_shape != model.config.hidden_shape:
            with pytest.raises(ShapeError, match="expected"):
                model(tokens, make_model(other).initial_state(2))
    with pytest.raises(ShapeError, match="expected"):
        model(tokens, model.initial_state(3))


@every_family
def test_the_configuration_survives_its_hugging_face_form(family):
    config = FAMILIES[family]
    assert from_hugging_face(config.to_hugging_face()) == config


@pytest.mark.slow
@pytest.mark.parametrize("family", WITH_CONVOLUTION)
def test_logits_agree_with_transformers_on_the_same_weights(family):
    import transformers

    model, tokens = make_model(family), make_tokens(2, 200)
    values = model.config.to_hugging_face()
    name = values["architectures"][0].removesuffix("ForCausalLM")
    configuration = getattr(transformers, f"{name}Config").from_dict(values)
    reference = getattr(transformers, f"{name}ForCausalLM")(configuration).eval()
    missing, superfluous = reference.load_state_dict(model.state_dict(), strict=False)
    assert superfluous == []
    assert missing == (["lm_head.weight"] if model.config.tied else [])
    reference.tie_weights()
    with torch.no_grad():
        expected = reference(tokens, use_cache=False).logits
    found = model(tokens, model.initial_state(2)).logits
    assert (found - expected).abs().max() / expected.abs().max() < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("family", ["mamba", "falcon-mamba"])
def test_transformers_drops_the_state_of_mamba_between_pieces_and_ours_does_not(family):
    """Why transformers is a reference for one pass only: SPEC section 12.10."""
    import transformers

    model, tokens = make_model(family), make_tokens(1, 120)
    values = model.config.to_hugging_face()
    name = values["architectures"][0].removesuffix("ForCausalLM")
    configuration = getattr(transformers, f"{name}Config").from_dict(values)
    reference = getattr(transformers, f"{name}ForCausalLM")(configuration).eval()
    reference.load_state_dict(model.state_dict(), strict=False)
    reference.tie_weights()
    with torch.no_grad():
        whole = reference(tokens, use_cache=False).logits[:, 60:]
        first = reference(tokens[:, :60], use_cache=True)
        second = reference(tokens[:, 60:], cache_params=first.cache_params, use_cache=True)
    state = model(tokens[:, :60], model.initial_state(1)).state
    ours = model(tokens[:, 60:], state).logits
    assert (ours - whole).abs().max() < 1e-3
    assert (second.logits - whole).abs().max() > 0.1
