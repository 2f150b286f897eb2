import math

import numpy as np
import pytest

from evaluations.baselines import pooled_baselines, simple_models
from evaluations.errors import NothingToScore
from evaluations.records import Baselines


def test_the_unigram_model_is_the_one_computed_by_hand():
    # fitted on "aab": P(a) = (2 + 2/256) / (3 + 2), P(b) = (1 + 2/256) / 5, P(c) = (2/256) / 5
    p = {"a": (2 + 2 / 256) / 5, "b": (1 + 2 / 256) / 5, "c": (2 / 256) / 5}
    expected = -sum(math.log2(p[x]) for x in "abc") / 3
    assert simple_models(b"aababc").unigram == pytest.approx(expected)


def test_the_order_2_model_is_the_one_written_out_with_dictionaries():
    text = b"time=10 state=ok\ntime=20 state=ok\ntime=30 state=ng\n" * 3

    def probability(order: int, at: int) -> float:
        if order < 0:
            return 1 / 256
        lower = probability(order - 1, at)
        context = text[at - order : at]
        half = len(text) // 2
        followers = [text[i] for i in range(order, half) if text[i - order : i] == context]
        kinds = len(set(followers))
        if not followers:
            return lower
        return (followers.count(text[at]) + kinds * lower) / (len(followers) + kinds)

    scored = range(len(text) // 2, len(text))
    expected = -sum(math.log2(probability(2, at)) for at in scored) / len(scored)
    assert simple_models(text).order2 == pytest.approx(expected)


def test_noise_cannot_be_predicted_and_repetition_can():
    noise = np.random.default_rng(0).integers(0, 256, 60_000, dtype=np.uint8).tobytes()
    # 8 bits, and what smoothing costs; order 2 has seen next to nothing, so it stays near it
    assert 8 <= simple_models(noise).unigram < 8.1
    repeated = simple_models(b"2026-11-24 state=running\n" * 2000)
    assert repeated.order2 < 0.5 < 3 < repeated.unigram


def test_pooled_baselines_weigh_documents_by_their_bytes():
    short, long = Baselines(unigram=4.0, order2=2.0), Baselines(unigram=5.0, order2=4.0)
    assert pooled_baselines([(short, 100), (long, 300)]) == Baselines(unigram=4.75, order2=3.5)
    assert pooled_baselines([]) is None


def test_an_empty_text_has_no_baseline():
    with pytest.raises(NothingToScore):
        simple_models(b"")
