"""A training that keeps the weights with which other text was read best."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from longssm_core.corpus.mixture import join_texts
from longssm_core.training import Checking, TrainingConfig, start_model, train, weights_fingerprint
from tests.evaluations.tiny_pair import TINY

CONFIG = TrainingConfig("previous", 16, steps=12, tokens_per_step=64)


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    return join_texts([rng.integers(65, 90, 600, dtype=np.uint8).tobytes() for _ in range(4)], ())


def listed(losses):
    """A check that finds these losses, one after the other."""
    found = iter(losses)
    return lambda _model: next(found)


def slow_model():
    """Decays so slow that a state is felt over many windows."""
    model = start_model(TINY, seed=0)
    with torch.no_grad():
        model.backbone.layers[0].mixer.A_log.fill_(-6.0)
    return model


def test_the_weights_of_the_best_look_are_kept(corpus):
    model, short = slow_model(), slow_model()
    checking = Checking(listed([3.0, 2.5, 2.0, 2.2, 2.4]), every=3, patience=9)
    done = train(model, corpus, CONFIG, checking=checking)
    seen = []
    train(short, corpus, CONFIG, lambda p: seen.append(weights_fingerprint(short)))
    assert weights_fingerprint(model) == seen[5]
    assert (done.stage.steps, done.stage.tokens, done.stage.state_age) == (6, 6 * 64, 96)
    assert [one.step for one in done.checks] == [0, 3, 6, 9, 12]


def test_a_training_that_only_harms_leaves_the_start_and_ends_early(corpus):
    model, steps = slow_model(), []
    before = weights_fingerprint(model)
    checking = Checking(listed([2.0, 2.1, 2.2, 2.3]), every=2, patience=2)
    done = train(model, corpus, CONFIG, lambda p: steps.append(p.step), checking=checking)
    assert weights_fingerprint(model) == before
    assert (done.stage.steps, done.stage.tokens, len(steps)) == (0, 0, 4)


def test_looking_changes_nothing_and_a_resumed_training_keeps_the_same(corpus):
    looked, plain, resumed, kept = slow_model(), slow_model(), slow_model(), []
    losses = [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]
    first = Checking(listed(losses), every=2, patience=9)
    rest = Checking(listed(losses[3:]), every=2, patience=9)
    whole = train(looked, corpus, CONFIG, save=kept.append, save_every=5, checking=first)
    train(plain, corpus, CONFIG)
    again = train(resumed, corpus, CONFIG, resume=kept[0], checking=rest)
    assert whole == again
    assert whole.stage.steps == CONFIG.steps
    assert len({weights_fingerprint(model) for model in (looked, plain, resumed)}) == 1
