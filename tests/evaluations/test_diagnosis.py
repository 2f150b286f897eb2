"""What is said about memory: planted keys, trials and the newline test by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evaluations.diagnosis import (
    CANDIDATES,
    LEAD,
    VALUE_LENGTH,
    distances_within,
    newline_test,
    plant,
    recall,
)
from longssm_core.corpus.generator import generate

LOG = generate(9_000_000_123, 30_000, kind="syslog", language="en").text.rstrip("\n")
LOG_JA = generate(9_000_000_123, 8_000, kind="machine_log", language="ja").text.rstrip("\n")


@pytest.mark.parametrize("distance", [64, 1_024, 16_384])
def test_a_key_stands_early_and_is_asked_for_after_the_distance(distance):
    planted = plant(LOG, distance, np.random.default_rng(1))
    question = planted.text.rsplit("\n", 1)[1]
    before, after = planted.text.split(question + planted.values[0] + "\n")
    between = len(after.encode()) - len(question)
    longest = max(len(line.encode()) for line in LOG.split("\n")) + 1
    assert distance <= between < distance + longest
    assert LEAD <= len(before.encode()) < LEAD + longest
    assert len(set(planted.values)) == CANDIDATES
    assert {len(value) for value in planted.values} == {VALUE_LENGTH}
    assert not any(value in planted.text for value in planted.values[1:])
    assert planted.control == before + after  # the same log without that line
    assert set(after.split("\n")[:-1]) <= set(LOG.split("\n"))  # nothing but the log in between


def test_keys_speak_the_language_of_the_log_and_differ_from_trial_to_trial():
    one, other = (plant(LOG_JA, 64, np.random.default_rng(seed)) for seed in (1, 2))
    assert "照合キー" in one.text
    assert set(one.values).isdisjoint(other.values)


def test_a_log_is_not_asked_for_more_than_it_holds():
    assert distances_within("x" * 1_000) == (64, 256)
    assert distances_within("x" * (LEAD + 1_024)) == (64, 256, 1_024)
    assert distances_within("short") == ()


def test_recall_counts_first_places_and_the_distance_to_the_other_values():
    nats = VALUE_LENGTH * np.log(2)  # one bit a byte
    losses = np.array([[1.0, 3.0, 3.0], [1.0, 2.0, 4.0], [3.0, 2.0, 4.0], [2.0, 2.0, 2.0]]) * nats
    found = recall(256, losses, np.zeros((4, 3)))
    assert found.first == 0.5  # a tie is no first place
    assert found.chance == pytest.approx(1 / 3)
    assert found.advantage == pytest.approx((2 + 2 + 0 + 0) / 4)
    half = 3.182446 * np.std([2, 2, 0, 0], ddof=1) / 2
    assert (found.low, found.high) == pytest.approx((1 - half, 1 + half), rel=1e-5)


def test_what_is_likely_without_the_key_line_is_no_recall():
    control = np.array([[1.0, 5.0, 5.0], [2.0, 5.0, 5.0]])
    found = recall(256, control, control)
    assert (found.first, found.advantage) == (0, 0)
    helped = control - [[4.0, 0.5, 0.5], [4.0, 0.5, 0.5]]
    assert recall(256, helped, control).first == 1
    assert recall(256, helped, control).advantage == pytest.approx(3.5 / (8 * np.log(2)))


def newlines(nll: list[float], norms: list[float]):
    positions = np.arange(1.0, len(nll) + 1) * 16
    return newline_test(np.array(nll), positions, np.array(norms), 32, 256, 100.0)


def test_the_newline_test_passes_where_the_end_is_no_worse_than_guessing():
    found = newlines([4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5], [1.0, 2.0] + [3.0] * 6)
    assert (found.early, found.late, found.growth, found.tokens) == (3.0, 0.5, 1.5, 128)
    assert found.passed


@pytest.mark.parametrize(
    ("nll", "norms"),
    [
        ([1.0] * 6 + [6.0, 6.0], [1.0] * 8),  # ln 256 = 5.55
        ([1.0] * 8, [1.0] * 7 + [101.0]),
        ([1.0] * 7 + [np.nan], [1.0] * 8),
        ([1.0] * 3 + [np.inf] + [1.0] * 4, [1.0] * 8),
    ],
)
def test_the_newline_test_fails_where_predictions_or_the_state_collapse(nll, norms):
    assert not newlines(nll, norms).passed
