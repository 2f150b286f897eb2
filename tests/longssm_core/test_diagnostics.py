"""What is said about a model's memory, against models whose memory is known."""

from __future__ import annotations

import pytest
import torch

from longssm_core.diagnostics import (
    continuation_losses,
    decay_lengths,
    effective_remembrance,
    repeated_token,
    state_norms,
)
from longssm_core.errors import ShapeError
from longssm_core.models import LanguageModel, initialize
from longssm_core.scoring import score
from tests.longssm_core.families import FAMILIES, make_model, make_tokens

every_family = pytest.mark.parametrize("family", FAMILIES)


@every_family
def test_norms_are_those_of_the_states_that_scoring_leaves(family):
    model, tokens = make_model(family), make_tokens(2, 100)
    found = state_norms(model, tokens, every=40)
    assert found.positions == (40, 80, 100)
    state = score(model, tokens[:, :80], chunk=40).final_state.model
    torch.testing.assert_close(found.norms[1], state.norms())
    by_hand = state.layers[1].hidden[0].square().sum().sqrt()
    torch.testing.assert_close(found.norms[1, 1, 0], by_hand)


@every_family
def test_remembrance_is_the_distance_between_two_predictions(family):
    model, tokens = make_model(family), make_tokens(1, 80)[0]
    near, far = effective_remembrance(model, tokens, [1, 79])
    blank = model.initial_state(1)
    start = torch.tensor([model.config.bos])
    whole = model(torch.cat([start, tokens])[None], blank).logits[0, -1].softmax(-1)
    last = model(tokens[None, 79:], blank).logits[0, -1].softmax(-1)
    torch.testing.assert_close(far, 0.5 * (whole - last).abs().sum(), rtol=1e-3, atol=1e-4)
    assert 0 <= near < far <= 1


def test_a_model_without_memory_remembers_nothing():
    model = make_model("mamba2")
    for block in model.backbone.blocks():  # decays at once, and a convolution of one tap
        block.mixer.A_log.fill_(20.0)
        block.mixer.conv1d.weight[:, :, :-1] = 0.0
    found = effective_remembrance(model, make_tokens(1, 50)[0], [1, 25, 40])
    assert found.max() < 1e-5


@pytest.mark.parametrize("t", [0, 50, 51])
def test_forgetting_nothing_or_everything_is_refused(t):
    with pytest.raises(ShapeError, match="expected 1 to 49"):
        effective_remembrance(make_model("s5"), make_tokens(1, 50)[0], [t])


@every_family
def test_decay_lengths_of_start_weights_span_two_to_two_thousand_tokens(family):
    model = LanguageModel(FAMILIES[family])
    initialize(model, seed=0)
    for length in decay_lengths(model.eval(), make_tokens(2, 64)):
        slowest = length[..., 0] if family in ("mamba", "falcon-mamba") else length
        assert 1.5 < slowest.min() < 3
        assert 1_200 < slowest.max() < 3_000


@every_family
def test_a_repeated_token_is_read_like_any_text(family):
    model, tokens = make_model(family), torch.full((1, 100), 10)
    found = repeated_token(model, 10, 100, every=40)
    whole = score(model, tokens)
    assert found.positions == (40, 80, 100)
    torch.testing.assert_close(found.nll[1], whole.nll[0, 40:80].mean(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.norms[2], whole.final_state.model.norms())


@every_family
@pytest.mark.parametrize(("policy", "window"), [("carry", None), ("reset", 16), ("window", 16)])
def test_continuations_are_scored_from_one_state_each_by_itself(family, policy, window):
    model, drawn = make_model(family), make_tokens(1, 73)[0]
    tokens, ends = drawn[:60], [drawn[60:65], drawn[65:]]
    found = continuation_losses(model, tokens, ends, policy, window)
    for end, loss in zip(ends, found, strict=True):
        whole = score(model, torch.cat([tokens, end])[None], policy=policy, window=window)
        torch.testing.assert_close(loss, whole.nll[0, 60:].sum(), rtol=1e-4, atol=1e-3)
