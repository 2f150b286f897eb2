"""What a model writes on is what it would find likeliest, had it read everything from scratch."""

from __future__ import annotations

import pytest
import torch

from longssm_core.errors import ShapeError
from longssm_core.generation import write_on
from longssm_core.models import LanguageModel
from longssm_core.scoring import ReadingState, score
from tests.longssm_core.families import FAMILIES, exact, make_model, make_tokens

POLICIES = [("carry", None), ("reset", 7), ("window", 9)]
READ, MOST = 40, 16  # tokens; 7 divides neither, so that borders fall into what is written


def from_scratch(model: LanguageModel, tokens: list[int], policy: str, window: int | None):
    """Log-probabilities of the token after `tokens`, with nothing kept from an earlier call."""
    inputs = [model.config.bos, *tokens]
    if policy == "window":
        features, _ = model.read(torch.tensor([inputs]), model.initial_sliding_state(1, window))
        return torch.log_softmax(model.head(features[0, -1]), dim=-1)
    if policy == "reset":
        inputs = inputs[len(tokens) // window * window :]
    logits, _ = model(torch.tensor([inputs]), model.initial_state(1), sequential=True)
    return torch.log_softmax(logits[0, -1], dim=-1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("policy", "window"), POLICIES)
def test_every_token_is_the_likeliest_after_all_that_was_read_and_written(family, policy, window):
    model, tokens = exact(make_model(family)), make_tokens(1, READ)
    reading = score(model, tokens, policy, window, chunk=11).final_state
    written = write_on(model, reading, MOST)
    so_far = tokens[0].tolist()
    for token, nll in zip(written.tokens.tolist(), written.nll.tolist(), strict=True):
        expected = from_scratch(model, so_far, policy, window)
        assert token == int(expected.argmax())
        assert nll == pytest.approx(-float(expected[token]), abs=1e-5)
        so_far.append(token)
    assert len(so_far) == READ + MOST


def test_a_carried_state_remembers_what_a_reset_has_dropped(slowly_forgetting_model, tokens):
    read = tokens[:1, :READ]
    other = torch.cat([read[:, :20].flip(1), read[:, 20:]], dim=1)  # before the reset's last border

    def first_loss(read: torch.Tensor, policy: str, window: int | None) -> float:
        state = score(slowly_forgetting_model, read, policy, window).final_state
        return float(write_on(slowly_forgetting_model, state, 1).nll)

    assert first_loss(read, "reset", 7) == first_loss(other, "reset", 7)
    assert abs(first_loss(read, "carry", None) - first_loss(other, "carry", None)) > 0.02  # nats


@pytest.mark.parametrize(("policy", "window"), POLICIES)
def test_a_state_that_was_stored_is_written_on_from_to_the_same_bits(policy, window):
    model, tokens = make_model("mamba2"), make_tokens(1, READ)
    reading = score(model, tokens, policy, window).final_state
    stored = ReadingState.from_bytes(reading.to_bytes())
    first, second = write_on(model, reading, MOST), write_on(model, stored, MOST)
    assert torch.equal(first.tokens, second.tokens)
    assert torch.equal(first.nll.view(torch.int32), second.nll.view(torch.int32))


def test_it_ends_with_the_token_that_is_enough():
    model, tokens = make_model("mamba2"), make_tokens(1, READ)
    reading = score(model, tokens).final_state
    whole = write_on(model, reading, MOST).tokens.tolist()
    last = whole[9]
    short = write_on(model, reading, MOST, lambda so_far: so_far[-1] == last).tokens.tolist()
    assert short == whole[: whole.index(last) + 1]


def test_it_ends_before_the_token_that_ends_a_document():
    model, tokens = make_model("mamba2"), make_tokens(1, READ)
    reading = score(model, tokens).final_state
    whole = write_on(model, reading, MOST)
    end = int(whole.tokens[9])
    first = whole.tokens.tolist().index(end)
    written = write_on(model, reading, MOST, end=end)
    assert torch.equal(written.tokens, whole.tokens[:first])
    assert torch.equal(written.nll, whole.nll[:first])


def test_nothing_to_write_and_two_documents_at_once_are_refused():
    model, tokens = make_model("mamba2"), make_tokens(2, 10)
    with pytest.raises(ShapeError, match="exactly 1"):
        write_on(model, score(model, tokens).final_state, 5)
    with pytest.raises(ShapeError, match="at least 1"):
        write_on(model, score(model, tokens[:1]).final_state, 0)
