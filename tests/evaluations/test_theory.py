"""Extrapolation in the smallest model: the fit against other solutions, and what it shows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import solve

from evaluations.theory import Setting, fit, illustrate, memories, missed, seen
from evaluations.theory_charts import memory_chart, missed_chart


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_the_weight_of_a_lag_is_how_often_a_window_holds_it():
    length = 7
    counted = np.zeros(10)
    for position in range(length):  # a position has the lags 0 to itself before it
        counted[: position + 1] += 1
    assert seen(length, 10) == pytest.approx(counted / length)


def test_the_fit_is_that_of_regressing_outputs_on_states_from_a_blank_start():
    """Normal equations summed position by position: white noise makes E[h h'] a sum over lags."""
    length, states, horizon = 12, 3, 40
    basis, truth = memories(states, horizon), (1.0 + np.arange(horizon)) ** -0.8
    squares, products = np.zeros((states, states)), np.zeros(states)
    for position in range(length):
        for lag in range(position + 1):
            squares += np.outer(basis[lag], basis[lag])
            products += basis[lag] * truth[lag]
    expected = solve(squares, products, assume_a="pos")
    found = fit(basis, truth, seen(length, horizon), np.zeros(horizon))
    assert found == pytest.approx(expected, rel=1e-6)


def test_one_state_has_its_closed_form():
    basis, weights = memories(1, 30), seen(10, 30)
    truth, power = np.linspace(1, 0, 30), basis[:, 0]
    expected = (weights * power * truth).sum() / (weights * power**2).sum()
    assert fit(basis, truth, weights, np.zeros(30)) == pytest.approx([expected])


def test_a_memory_that_the_model_can_have_is_found_from_short_windows_without_noise():
    basis = memories(3, 200)
    readout = np.array([0.5, -0.2, 0.7])
    found = fit(basis, basis @ readout, seen(20, 200), np.zeros(200))
    assert found == pytest.approx(readout, abs=1e-5)


def test_what_is_missed_counts_unread_lags_as_forgotten():
    truth, model = np.array([2.0, 1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    # all 6; after two tokens 1 of the first and 1 of the third; at the end 1 + 1
    expected = np.array([6, 3, 2, 2]) / 6
    assert missed(truth, model, np.array([0, 1, 2, 4])) == pytest.approx(expected)


@pytest.mark.parametrize("length", [8, 16, 64])
def test_from_zero_it_fails_beyond_its_length_and_carried_it_goes_on_improving(length):
    found = illustrate(Setting(training_length=length), rng())
    at, far = (int(np.log2(n)) for n in (length, found.age))
    assert found.zero_error[at] == pytest.approx(found.carried_error[at], rel=0.3)
    assert found.zero_error[far] > 10 * found.zero_error[at]
    assert (np.diff(found.carried_error[at : far + 1]) < 0).all()


def test_both_see_the_same_noise_and_the_same_seed_gives_the_same_picture():
    one, other = (illustrate(Setting(noise=0.02), rng()) for _ in range(2))
    assert (one.zero == other.zero).all()
    assert not (one.zero == illustrate(Setting(noise=0.0), rng()).zero).all()


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("chart", [memory_chart, missed_chart])
def test_charts_hold_only_numbers_that_json_has(chart, language):
    from evaluations.charts import LIGHT

    found = illustrate(Setting(training_length=4, states=10), rng())
    spec = chart(found, 4, language, LIGHT).to_json()
    assert "NaN" not in spec
    assert "Infinity" not in spec
