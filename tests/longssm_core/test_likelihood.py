"""Likelihoods and continuations as harnesses ask for them: the same numbers as `score`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from longssm_core.errors import ConfigError, PolicyError
from longssm_core.likelihood import Reader, read_policy, rolling_segments
from longssm_core.scoring import Segment, score, start_reading
from longssm_core.tokenizer import ByteTokenizer

POLICIES = pytest.mark.parametrize(
    ("policy", "window"), [("carry", None), ("reset", 16), ("reset", 7), ("window", 24)]
)


def reader(model, policy: str = "carry", window: int | None = None, longest: int | None = None):
    return Reader(model, ByteTokenizer(), policy, window, longest)


@pytest.fixture(scope="module")
def text(tokens) -> list[int]:
    return tokens[0].tolist()


def losses(model, text: list[int], policy: str = "carry", window: int | None = None):
    return score(model, torch.tensor([text]), policy, window).nll[0].double()


@POLICIES
def test_a_whole_text_is_as_likely_as_score_says(slowly_forgetting_model, text, policy, window):
    found = reader(slowly_forgetting_model, policy, window).log_likelihood([], text)
    expected = float(losses(slowly_forgetting_model, text, policy, window).sum())
    assert -found.log_likelihood == pytest.approx(expected, rel=1e-6)


@POLICIES
@pytest.mark.parametrize("context", [0, 1, 16, 150, 299, 300])
def test_a_continuation_is_the_end_of_its_document(
    slowly_forgetting_model, text, policy, window, context
):
    asked = reader(slowly_forgetting_model, policy, window)
    found = asked.log_likelihood(text[:context], text[context:])
    expected = float(losses(slowly_forgetting_model, text, policy, window)[context:].sum())
    assert -found.log_likelihood == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_rolling_windows_are_those_that_the_harness_documents():
    """Its example: ten tokens, a longest context of four; the last window reads back."""
    assert rolling_segments(0, 10, 4) == [Segment(-1, 0, 4), Segment(3, 4, 8), Segment(5, 8, 10)]
    assert rolling_segments(0, 3, 4) == [Segment(-1, 0, 3)]
    assert rolling_segments(0, 0, 4) == []


@pytest.mark.parametrize("window", [1, 10, 60, 100, 300])
def test_rolling_windows_of_a_whole_number_of_them_are_reset(slowly_forgetting_model, text, window):
    found = reader(slowly_forgetting_model, longest=window).log_likelihood([], text)
    expected = float(losses(slowly_forgetting_model, text, "reset", window).sum())
    carried = float(losses(slowly_forgetting_model, text).sum())
    assert -found.log_likelihood == pytest.approx(expected, rel=1e-6)
    assert abs(expected - carried) > 0.1 or window == 300  # nats: windows matter here


def test_a_last_window_that_is_cut_reads_further_back_than_reset(slowly_forgetting_model, text):
    """Of 300 tokens by 64, the last 44 are read after 20 more tokens; `reset` starts them blank."""
    found = reader(slowly_forgetting_model, longest=64).log_likelihood([], text)
    whole = losses(slowly_forgetting_model, text[:256], "reset", 64).sum()
    blank = start_reading(slowly_forgetting_model, 1)
    blank.last[0] = text[235]
    last = score(slowly_forgetting_model, torch.tensor([text[236:]]), state=blank).nll[0, -44:]
    assert -found.log_likelihood == pytest.approx(float(whole + last.double().sum()), rel=1e-6)
    reset = float(losses(slowly_forgetting_model, text, "reset", 64).sum())
    assert abs(-found.log_likelihood - reset) > 1e-3


def test_a_continuation_of_a_limited_context_reads_its_last_inputs_alone(
    slowly_forgetting_model, text
):
    asked = reader(slowly_forgetting_model, longest=20)
    found = asked.log_likelihood(text[:100], text[100:105])
    again = asked.log_likelihood([255] * 15 + text[84:100], text[100:105])
    other = asked.log_likelihood([*text[:84], 255, *text[85:100]], text[100:105])
    assert found == again
    assert found != other  # the first input is token 84


def test_a_continuation_is_greedy_if_every_token_is_the_likeliest(slowly_forgetting_model, text):
    asked = reader(slowly_forgetting_model, "reset", 16)
    context, written = text[:100], []
    for _ in range(40):
        logits = _last_logits(slowly_forgetting_model, context + written, 16)
        written.append(int(logits.argmax()))
    assert asked.log_likelihood(context, written).is_greedy
    for place in (0, 20, 39):
        other = written.copy()
        other[place] = (other[place] + 1) % 256
        assert not asked.log_likelihood(context, other).is_greedy


def _last_logits(model, text: list[int], window: int) -> torch.Tensor:
    """After a text that is read by `reset`: from the border before it, whose input is known."""
    border = len(text) // window * window
    inputs = [model.config.bos, *text][border:]
    return model(torch.tensor([inputs]), model.initial_state(1)).logits[0, -1]


# --- writing on ------------------------------------------------------------------------------


class Letters:
    """A vocabulary of texts that any random model can write."""

    name = "letters"

    def encode(self, text: str) -> np.ndarray:
        return np.array([ord(letter) % 256 for letter in text], dtype=np.int64)

    def decode(self, tokens: np.ndarray) -> str:
        return "".join(chr(0x3041 + int(token) % 80) for token in tokens)


NO_END = -1  # a token that is never written


def written(model, most: int = 30, stops=(), end: int = NO_END, **how) -> str:
    return Reader(model, Letters(), **how).continuation("some text to go on from", stops, most, end)


@pytest.mark.parametrize(
    "how", [{}, {"policy": "reset", "window": 8}, {"policy": "window", "window": 24}]
)
def test_what_is_written_is_what_is_greedy(slowly_forgetting_model, how):
    asked = Reader(slowly_forgetting_model, Letters(), **how)
    text = "some text to go on from"
    tokens = list(asked._tokens_after(text, 10))  # further on two are likely to six digits
    assert asked.log_likelihood(Letters().encode(text), tokens).is_greedy
    assert asked.continuation(text, (), 10, NO_END) == Letters().decode(np.array(tokens))


def test_writing_ends_before_the_first_stop_and_at_the_token_that_ends_a_text(
    slowly_forgetting_model,
):
    model = slowly_forgetting_model
    whole = written(model)
    assert len(whole) == 30
    stops = (whole[20:22], "", "not in it", whole[9:12])
    assert written(model, stops=stops) == whole[: min(whole.index(s) for s in (stops[0], stops[3]))]
    assert written(model, most=4) == whole[:4]
    (first,) = Reader(model, Letters())._tokens_after("some text to go on from", 1)
    assert written(model, end=first) == ""


def test_a_limited_context_leaves_room_for_what_is_written(slowly_forgetting_model):
    model = slowly_forgetting_model
    short = Reader(model, Letters(), longest=16)
    whole, last = (short.continuation("ab" * pairs, (), 6, NO_END) for pairs in (40, 9))
    assert whole == last
    with pytest.raises(ConfigError, match="16 tokens to write and a longest context of 16"):
        short.continuation("ab", (), 16, NO_END)


# --- ways of reading -------------------------------------------------------------------------


def test_a_policy_is_one_word():
    assert read_policy("carry") == ("carry", None)
    assert read_policy("reset:256") == ("reset", 256)
    assert read_policy("window:3") == ("window", 3)


@pytest.mark.parametrize("word", ["", "reset", "reset:", "reset:0", "reset:-1", "carry:3", "x:1"])
def test_a_word_that_is_no_policy_is_refused(word):
    with pytest.raises(PolicyError):
        read_policy(word)


def test_a_longest_context_stands_alone(slowly_forgetting_model):
    for policy, window, longest in (("reset", 16, 16), ("carry", None, 0)):
        with pytest.raises(PolicyError, match="longest context"):
            reader(slowly_forgetting_model, policy, window, longest)
