"""Length extension as extrapolation, in the smallest model that shows it: for the Theory page.

One linear state-space layer, h_t = Λ h_{t-1} + B u_t, y_t = C h_t, remembers the input of k tokens
ago with the weight rho(k) = sum_i c_i lambda_i^k. Training on windows that start from a blank state
sees lags below the window's length only; carrying the state lets it see lags up to the state's age.
`illustrate` fits the same read-out both ways and looks beyond. Decays are fixed and the input is
white noise, so the fit is one weighted least squares problem (`seen`, `fit`). Randomness is passed
in. In Mamba the decays depend on the input: there this is an analogy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evaluations.records import FloatArray, IntArray

CARRIED_WINDOWS = 16  # age of a carried state, in training lengths
SHOWN_WINDOWS = 32  # how far the page looks, in training lengths
LONGEST_SCALE = 2048.0  # tokens after which the slowest state has forgotten all but 1 / e


@dataclass(frozen=True)
class Setting:
    """What the reader chooses."""

    training_length: int = 16  # T, tokens
    decay: float = 1.0  # the text's own memory is (1 + k)^-decay
    states: int = 4
    noise: float = 0.01  # of what training sees of that memory, in units of its value at lag 0


class Illustration(NamedTuple):
    """Memory by lag, and what is left unexplained by context length, for both initializations.

    lags: (lags,), from 0. truth, zero, carried: the memory at each lag. lengths: (lengths,).
    zero_error, carried_error: share of the output's variance that is missed when the model has read
    that many tokens.
    """

    age: int  # of the carried state, tokens
    lags: IntArray
    truth: FloatArray
    zero: FloatArray
    carried: FloatArray
    lengths: IntArray
    zero_error: FloatArray
    carried_error: FloatArray


def illustrate(setting: Setting, rng: np.random.Generator) -> Illustration:
    """Both fits of one setting; they see the same noise and differ in the lags that they see."""
    length = setting.training_length
    age, horizon = CARRIED_WINDOWS * length, SHOWN_WINDOWS * length
    lags = np.arange(horizon)
    truth: FloatArray = np.power(1.0 + lags, -setting.decay, dtype=np.float64)
    basis = memories(setting.states, horizon)
    drawn = setting.noise * rng.standard_normal(horizon)
    zero, carried = (
        np.matmul(basis, fit(basis, truth, seen(n, horizon), drawn)) for n in (length, age)
    )
    lengths = 2 ** np.arange(int(np.log2(horizon)) + 1)
    return Illustration(
        age=age,
        lags=lags,
        truth=truth,
        zero=zero,
        carried=carried,
        lengths=lengths,
        zero_error=missed(truth, zero, lengths),
        carried_error=missed(truth, carried, lengths),
    )


def memories(states: int, horizon: int) -> FloatArray:
    """lambda_i^k of every lag and state, (horizon, states); scales log-spaced from 1 to 2,048.

    Within a window much shorter than its scale, a state hardly differs from a polynomial in k of
    low degree: that is why fitting it there and using it further out is polynomial extrapolation.
    """
    scales = np.geomspace(1.0, LONGEST_SCALE, states)
    powers: FloatArray = np.exp(-np.arange(horizon)[:, None] / scales)
    return powers


def seen(length: int, horizon: int) -> FloatArray:
    """How often each lag occurs in a stream of `length` tokens from a blank state, per token.

    Position j has lags 0 to j before it, so lag k occurs at length - k positions. It is also the
    weight of lag k in the squared loss on white noise.
    """
    weights: FloatArray = np.maximum(0.0, 1.0 - np.arange(horizon) / length)
    return weights


def fit(basis: FloatArray, truth: FloatArray, weights: FloatArray, noise: FloatArray) -> FloatArray:
    """The read-out c that minimises sum_k w_k (sum_i c_i lambda_i^k - truth_k - noise_k/√w_k)^2.

    Lags without weight do not exist for it. A lag that occurs less often is known less well.

    Args:
        basis: (lags, states). truth, weights, noise: (lags,).
    """
    known = weights > 0
    root = np.sqrt(weights[known])
    rows = basis[known] * root[:, None]
    readout, *_ = np.linalg.lstsq(rows, truth[known] * root + noise[known], rcond=1e-12)
    return np.asarray(readout, dtype=np.float64)


def missed(truth: FloatArray, model: FloatArray, lengths: IntArray) -> FloatArray:
    """Share of the output's variance that is missed after c tokens since the blank state.

    Lags below c are weighted as the model does, the others not at all; 1: as without any memory.
    """
    wrong = np.concatenate([[0.0], np.cumsum((model - truth) ** 2)])
    rest = np.concatenate([[0.0], np.cumsum(truth**2)])
    return np.array((wrong[lengths] + rest[-1] - rest[lengths]) / rest[-1], dtype=np.float64)
