"""Streaming losses: chunks never show, every token is scored once, blank starts are exact."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from longssm_core.errors import PolicyError, ShapeError
from longssm_core.scoring import ReadingState, score, score_blocks, segments


def assert_close(found, expected, atol=1e-4):
    torch.testing.assert_close(found, expected, atol=atol, rtol=0)


def by_definition(model, tokens, first, start, stop):
    """Losses of targets [start, stop) of one document, step by step in float64."""
    exact = type(model)(model.config).double()
    exact.load_state_dict(model.state_dict())
    state = exact.initial_state(1)
    state = state.from_tensors({k: v.double() for k, v in state.to_tensors().items()})
    inputs = (
        tokens[first : stop - 1]
        if first >= 0
        else torch.cat([torch.tensor([model.config.bos]), tokens[: stop - 1]])
    )
    with torch.no_grad():
        logits = exact(inputs[None], state, sequential=True).logits.double()
    return F.cross_entropy(logits[0, start - stop :], tokens[start:stop], reduction="none").float()


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_carry_gives_the_same_losses_for_every_chunk_size(slowly_forgetting_model, tokens, chunk):
    whole = score(slowly_forgetting_model, tokens, policy="carry", chunk=300)
    parts = score(slowly_forgetting_model, tokens, policy="carry", chunk=chunk)
    blank = score(slowly_forgetting_model, tokens, policy="reset", window=64)
    assert_close(parts.nll, whole.nll)
    assert (blank.nll - whole.nll).abs().max() > 0.1  # nats: memory matters here


def test_carry_agrees_with_the_definition_in_float64(slowly_forgetting_model, tokens):
    found = score(slowly_forgetting_model, tokens[:1], policy="carry").nll[0]
    assert_close(found, by_definition(slowly_forgetting_model, tokens[0], -1, 0, 300))


@pytest.mark.parametrize(("window", "chunk"), [(16, 512), (16, 40), (64, 16), (7, 100), (1, 8)])
def test_reset_starts_blank_before_every_multiple_of_the_window(
    slowly_forgetting_model, tokens, window, chunk
):
    found = score(slowly_forgetting_model, tokens[:1], "reset", window, chunk).nll[0]
    expected = torch.cat(
        [
            by_definition(
                slowly_forgetting_model, tokens[0], start - 1, start, min(start + window, 300)
            )
            for start in range(0, 300, window)
        ]
    )
    assert_close(found, expected)


def test_reset_with_a_window_longer_than_the_document_is_carry(slowly_forgetting_model, tokens):
    carried = score(slowly_forgetting_model, tokens, "carry")
    reset = score(slowly_forgetting_model, tokens, "reset", window=4096)
    assert torch.equal(reset.nll, carried.nll)


@pytest.mark.parametrize(("policy", "window"), [("carry", None), ("reset", 64), ("reset", 16)])
def test_reading_goes_on_from_stored_bytes_exactly(slowly_forgetting_model, tokens, policy, window):
    whole = score(slowly_forgetting_model, tokens, policy, window, chunk=50)
    first = score(slowly_forgetting_model, tokens[:, :100], policy, window, chunk=50)
    stored = ReadingState.from_bytes(first.final_state.to_bytes())
    second = score(slowly_forgetting_model, tokens[:, 100:], policy, window, chunk=50, state=stored)
    assert_close(torch.cat([first.nll, second.nll], dim=1), whole.nll)
    assert second.final_state.position == 300
    assert torch.equal(stored.model.layers[0].hidden, first.final_state.model.layers[0].hidden)


def test_a_lost_state_or_lost_convolution_inputs_would_be_seen(slowly_forgetting_model, tokens):
    whole = score(slowly_forgetting_model, tokens, "carry").nll[:, 100:]
    reading = score(slowly_forgetting_model, tokens[:, :100], "carry").final_state
    for kind in ("hidden", "convolution"):
        tensors = {
            name: value.zero_() if name.startswith(kind) else value
            for name, value in ReadingState.from_bytes(reading.to_bytes())
            .model.to_tensors()
            .items()
        }
        forgetful = ReadingState(type(reading.model).from_tensors(tensors), reading.last, 100)
        broken = score(slowly_forgetting_model, tokens[:, 100:], "carry", state=forgetful).nll
        assert (broken - whole).abs().max() > 0.05


def test_documents_of_a_batch_do_not_see_each_other(slowly_forgetting_model, tokens):
    together = score(slowly_forgetting_model, tokens, "carry").nll
    alone = score(slowly_forgetting_model, tokens[1:], "carry").nll
    assert_close(together[1:], alone)


@pytest.mark.parametrize(("policy", "window"), [("carry", None), ("reset", 16), ("reset", 100)])
@pytest.mark.parametrize("block", [(0, 0, 9), (0, 40, 72), (37, 69, 101), (200, 232, 264)])
def test_a_block_is_read_from_its_own_blank_start(
    slowly_forgetting_model, tokens, policy, window, block
):
    found = score_blocks(slowly_forgetting_model, tokens[0], [block], policy, window)[0]
    expected, blank = [], block[0] if block[0] > 0 else -1
    for target in range(block[1], block[2]):
        first = max(blank, target // window * window - 1) if policy == "reset" else blank
        expected.append((first, target))
    for first in {first for first, _ in expected}:
        same = [target for start, target in expected if start == first]
        exact = by_definition(slowly_forgetting_model, tokens[0], first, same[0], same[-1] + 1)
        assert_close(found[same[0] - block[1] : same[-1] + 1 - block[1]], exact)


def test_blocks_give_what_they_give_alone(slowly_forgetting_model, tokens):
    blocks = [(start, start + 32, start + 64) for start in (0, 5, 64, 128, 200)]
    together = score_blocks(slowly_forgetting_model, tokens[0], blocks, chunk=20)
    alone = [score_blocks(slowly_forgetting_model, tokens[0], [block])[0] for block in blocks]
    assert_close(together, torch.stack(alone))


def test_a_reset_block_sees_at_most_the_window(slowly_forgetting_model):
    for first, start, stop in segments((100, 164, 228), "reset", 16):
        assert stop - 1 - first <= 16
        assert start >= 164
    parts = segments((100, 164, 228), "reset", 16)
    assert [t for s in parts for t in range(s.start, s.stop)] == list(range(164, 228))


def test_more_context_than_the_window_changes_nothing_for_reset(slowly_forgetting_model, tokens):
    near = score_blocks(slowly_forgetting_model, tokens[0], [(200, 216, 232)], "reset", 16)
    far = score_blocks(slowly_forgetting_model, tokens[0], [(20, 216, 232)], "reset", 16)
    assert torch.equal(near, far)
    whole = score(slowly_forgetting_model, tokens[:1], "reset", 16).nll[:, 216:232]
    assert_close(near, whole)


@pytest.mark.parametrize(
    ("policy", "window"), [("keep", None), ("reset", None), ("reset", 0), ("carry", 16)]
)
def test_a_policy_that_does_not_exist_or_fit_its_window_is_refused(
    slowly_forgetting_model, tokens, policy, window
):
    with pytest.raises(PolicyError):
        score(slowly_forgetting_model, tokens, policy, window)


def test_blocks_outside_the_document_are_refused(slowly_forgetting_model, tokens):
    with pytest.raises(ShapeError):
        score_blocks(slowly_forgetting_model, tokens[0], [(280, 290, 301)])
