"""Laws of the reading policies, over all families: nothing but the policy shows in the losses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from longssm_core.errors import PolicyError, ShapeError
from longssm_core.generation import generate
from longssm_core.scoring import ReadingState, score, score_blocks, start_reading
from tests.longssm_core.families import FAMILIES, exact, make_model, make_tokens

POLICIES = [("carry", None), ("reset", 16), ("reset", 100), ("window", 16), ("window", 100)]
every_family = pytest.mark.parametrize("family", FAMILIES)
every_policy = pytest.mark.parametrize(("policy", "window"), POLICIES)


@every_family
@every_policy
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_the_chunk_is_never_visible(family, policy, window, chunk):
    model, tokens = make_model(family), make_tokens(2, 150)
    whole = score(model, tokens, policy, window)
    parts = score(model, tokens, policy, window, chunk)
    assert (parts.nll - whole.nll).abs().max() < 2e-3 * whole.nll.mean()
    double = exact(model)
    whole, parts = (score(double, tokens, policy, window, n) for n in (150, chunk))
    torch.testing.assert_close(parts.nll, whole.nll, rtol=1e-5, atol=1e-5)


@every_family
@every_policy
def test_reading_goes_on_from_stored_bytes_to_the_same_bits(family, policy, window):
    model, tokens = make_model(family), make_tokens(2, 192)
    whole = score(model, tokens, policy, window, chunk=64)
    first = score(model, tokens[:, :64], policy, window, chunk=64)
    stored = ReadingState.from_bytes(first.final_state.to_bytes())
    again = score(model, tokens[:, :64], policy, window, chunk=64).final_state
    rest = [
        score(model, tokens[:, 64:], policy, window, 64, state).nll for state in (stored, again)
    ]
    assert torch.equal(*rest)
    torch.testing.assert_close(rest[0], whole.nll[:, 64:], rtol=1e-3, atol=1e-3)
    assert stored.position == 64


@every_family
def test_the_order_and_company_of_documents_do_not_matter(family):
    model, tokens = exact(make_model(family)), make_tokens(3, 80)
    together = score(model, tokens).nll
    turned = score(model, tokens.flip(0)).nll.flip(0)
    alone = torch.cat([score(model, row[None]).nll for row in tokens])
    torch.testing.assert_close(together, turned, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)


@every_family
def test_each_token_is_scored_once_from_the_logits_before_it(family):
    model, tokens = make_model(family), make_tokens(2, 90)
    start = torch.full((2, 1), model.config.bos)
    logits, _ = model(torch.cat([start, tokens[:, :-1]], dim=1), model.initial_state(2))
    expected = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none")
    found = score(model, tokens, chunk=32).nll
    torch.testing.assert_close(found.flatten(), expected, rtol=1e-3, atol=1e-3)


@every_family
def test_a_window_longer_than_the_text_is_carry(family):
    model, tokens = exact(make_model(family)), make_tokens(2, 100)
    carried = score(model, tokens, "carry").nll
    for policy in ("reset", "window"):
        torch.testing.assert_close(
            score(model, tokens, policy, 200).nll, carried, rtol=1e-5, atol=1e-5
        )


def outputs_of_last(mixer, entered, window):
    """y_t from a state that starts blank W - 1 tokens before t, step by step: the definition."""
    outputs = []
    for t in range(entered.inflow[0].shape[1]):
        span = slice(max(0, t + 1 - window), t + 1)
        inflow = tuple(value[:, span] for value in entered.inflow)
        read_out = tuple(value[:, span] for value in entered.read_out)
        blank = torch.zeros(
            entered.inflow[0].shape[0], *mixer.config.hidden_shape, dtype=torch.float64
        )
        y, _ = mixer.scan(inflow, read_out, blank, sequential=True)
        outputs.append(y[:, -1:])
    return torch.cat(outputs, dim=1)


@every_family
@pytest.mark.parametrize("window", [1, 5, 40])
def test_under_window_every_layer_reads_exactly_its_last_inputs(family, window):
    model, tokens = exact(make_model(family)), make_tokens(2, 60)
    sliding = model.initial_sliding_state(2, window)
    sliding = type(sliding).from_tensors({k: v.double() for k, v in sliding.to_tensors().items()})
    found = model.read(tokens, sliding).features

    x = model.backbone.embeddings(tokens)
    for block, state in zip(model.backbone.blocks(), sliding.layers, strict=True):
        entered = block.mixer.enter(block.norm(x), state.convolution)
        y = outputs_of_last(block.mixer, entered, window)
        x = x + block.mixer.leave(y, entered.beside)
    torch.testing.assert_close(found, model.backbone.norm_f(x), rtol=1e-8, atol=1e-8)


@every_family
def test_a_stack_reads_back_to_its_layers_times_the_window_and_no_further(family):
    window, layers, taps = 8, 2, 0 if family == "s5" else 3
    model, tokens = exact(make_model(family)), make_tokens(1, 60)
    reach = layers * (window - 1 + taps)

    def last_loss(changed):
        other = tokens.clone()
        other[0, changed] = (other[0, changed] + 1) % 39
        return score(model, other, "window", window).nll[0, -1]

    untouched = score(model, tokens, "window", window).nll[0, -1]
    assert abs(last_loss(60 - 2 - reach - 1) - untouched) < 1e-6
    assert abs(last_loss(60 - 2 - window - 2) - untouched) > 1e-6  # beyond one layer's window


@every_family
def test_blocks_under_window_are_read_from_their_own_blank_start(family):
    model, tokens = exact(make_model(family)), make_tokens(1, 120)[0]
    found = score_blocks(model, tokens, [(40, 60, 80)], "window", 16)[0]
    double = start_reading(model, 1, "window", 16)
    reading = ReadingState(double.model, tokens[40:41], 0)
    expected = score(model, tokens[None, 41:80], "window", 16, state=reading).nll[0, -20:]
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_a_large_chunk_of_short_windows_is_read_without_recursion():
    model, tokens = make_model("mamba2"), make_tokens(1, 5_003)
    whole = score(model, tokens, "reset", 4, chunk=20_000).nll
    parts = score(model, tokens, "reset", 4, chunk=100).nll
    torch.testing.assert_close(whole, parts, rtol=1e-3, atol=1e-3)


def test_the_state_of_another_policy_is_refused():
    model, tokens = make_model("mamba2"), make_tokens(1, 10)
    sliding = score(model, tokens, "window", 8).final_state
    with pytest.raises(PolicyError, match="another policy"):
        score(model, tokens, "carry", state=sliding)
    with pytest.raises(PolicyError, match="another policy"):
        score(model, tokens, "window", 9, state=sliding)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    ("left_by", "read_on"),
    [
        (("carry", None), ("reset", 8)),
        (("reset", 8), ("carry", None)),
        (("reset", 8), ("reset", 4)),
    ],
)
def test_a_carried_state_is_not_read_on_by_reset_nor_the_reverse(left_by, read_on, stored):
    model, tokens = make_model("mamba2"), make_tokens(1, 10)
    state = score(model, tokens, *left_by).final_state
    if stored:
        state = ReadingState.from_bytes(state.to_bytes())
    with pytest.raises(PolicyError, match="another policy"):
        score(model, tokens, *read_on, state=state)
    score(model, tokens, *left_by, state=state)


def test_a_state_that_an_earlier_version_stored_is_read_on():
    model, tokens = make_model("mamba2"), make_tokens(1, 10)
    state = score(model, tokens, "reset", 8).final_state
    earlier = ReadingState.from_bytes(replace(state, read_under=None).to_bytes())
    assert earlier.read_under is None
    known, unknown = (score(model, tokens, "reset", 8, state=s).nll for s in (state, earlier))
    assert torch.equal(known, unknown)


@pytest.mark.parametrize("tokens", [torch.full((1, 3), 40), torch.full((1, 3), -1)])
def test_ids_outside_the_vocabulary_are_refused(tokens):
    with pytest.raises(ShapeError, match="ids are from 0 to 39"):
        score(make_model("mamba2"), tokens)


@pytest.mark.parametrize("shape", [(0, 3), (1, 0)])
def test_nothing_to_score_is_refused(shape):
    with pytest.raises(ShapeError, match="expected"):
        score(make_model("mamba2"), torch.zeros(shape, dtype=torch.int64))


@every_family
def test_greedy_writing_takes_the_likeliest_token_and_can_be_continued(family):
    model, tokens = make_model(family), make_tokens(2, 30)
    reading = score(model, tokens).final_state
    written = generate(model, reading, 12)
    context = torch.cat([torch.full((2, 1), model.config.bos), tokens, written.tokens], dim=1)
    logits, _ = model(context[:, :-1], model.initial_state(2))
    assert torch.equal(logits[:, 30:].argmax(-1), written.tokens)
    first = generate(model, reading, 5)
    second = generate(model, first.final_state, 7)
    assert torch.equal(torch.cat([first.tokens, second.tokens], dim=1), written.tokens)


def test_samples_repeat_with_their_seed_and_follow_the_distribution():
    model, tokens = make_model("mamba2"), make_tokens(1, 30)
    reading = score(model, tokens).final_state
    assert torch.equal(*(generate(model, reading, 20, 1.0, seed=1).tokens for _ in range(2)))
    drawn = [generate(model, reading, 1, 1.0, seed).tokens.item() for seed in range(600)]
    features, _ = model.read(reading.last[:, None], reading.model)
    chances = torch.softmax(model.head(features[0, -1]), dim=-1)
    share = torch.bincount(torch.tensor(drawn), minlength=40) / 600
    assert (share - chances).abs().max() < 0.08
