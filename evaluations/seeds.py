"""The difference between two ways of training, from several training runs of each.

`across_seeds` is for arms whose checkpoints were trained more than once, with other seeds: its
interval speaks about the way of training. `paired.compare` speaks about the two checkpoints that it
was given. A plan has one checkpoint per arm; the losses of several evaluations of one set of
documents, one per seed, are the columns here.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import t

from evaluations.paired import (
    CURVE_DRAWS,
    LN2,
    NOTHING,
    Estimate,
    minimum_units,
    ratio,
    standard_error,
)
from evaluations.records import FloatArray

LEAST_SEEDS = 3  # of each arm; the spread of two says hardly anything


def across_seeds(
    nll_a: FloatArray,
    nll_b: FloatArray,
    sizes: FloatArray,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Estimate:
    """B - A in bits per byte over documents and training seeds, both resampled.

    The seeds of A and of B are independent of each other. Levels are those of Student's t with the
    degrees of freedom of the two levels together (Satterthwaite), since three seeds are few. Below
    three seeds of an arm, or six documents, the estimate alone.

    Args:
        nll_a, nll_b: (documents, seeds of that arm), nats.
        sizes: bytes of each document, positive.
    """
    units = len(sizes)
    if units == 0 or 0 in (nll_a.shape[1], nll_b.shape[1]):
        return NOTHING
    differences = nll_b.mean(axis=1) - nll_a.mean(axis=1)
    delta = ratio(differences, sizes)
    if units < minimum_units(confidence) or min(nll_a.shape[1], nll_b.shape[1]) < LEAST_SEEDS:
        return Estimate(delta, None, None, None, "none", units)
    error = float(_resampled(nll_a, nll_b, sizes, rng).std())
    by_document = standard_error(differences, sizes) ** 2
    parts = [(by_document, units - 1), (_variance(nll_a, sizes), nll_a.shape[1] - 1),
             (_variance(nll_b, sizes), nll_b.shape[1] - 1)]  # fmt: skip
    total = sum(variance for variance, _ in parts)
    if total == 0 or error == 0:
        return Estimate(delta, delta, delta, float(delta == 0), "two_level", units)
    freedom = total**2 / sum(variance**2 / own for variance, own in parts)
    half = error * float(t.ppf((1 + confidence) / 2, freedom))
    p_value = 2 * float(t.sf(abs(delta) / error, freedom))
    return Estimate(delta, delta - half, delta + half, p_value, "two_level", units)


def _variance(nll: FloatArray, sizes: FloatArray) -> float:
    """Of the mean over an arm's seeds, (bits per byte)^2."""
    by_seed = nll.sum(axis=0) / (LN2 * sizes.sum())
    return float(by_seed.var(ddof=1) / len(by_seed))


def _resampled(
    nll_a: FloatArray, nll_b: FloatArray, sizes: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Differences of resampled documents and seeds, bits per byte, (draws,)."""
    units = len(sizes)
    # drawn deviations are smaller than those they were drawn from, by (n - 1) / n
    weights = rng.multinomial(units, np.full(units, 1 / units), size=CURVE_DRAWS).astype(float)
    weights = 1 + (weights - 1) * math.sqrt(units / (units - 1))
    sides = []
    for nll in (nll_a, nll_b):
        seeds = nll.shape[1]
        shares = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=CURVE_DRAWS) / seeds
        shares = 1 / seeds + (shares - 1 / seeds) * math.sqrt(seeds / (seeds - 1))
        sides.append(((weights @ nll) * shares).sum(axis=1))
    resampled: FloatArray = (sides[1] - sides[0]) / (LN2 * (weights @ sizes))
    return resampled
