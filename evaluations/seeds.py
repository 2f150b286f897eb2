"""The difference between two ways of training, from several training runs of each.

`across_seeds` is for arms whose checkpoints were trained more than once, with other seeds: its
interval speaks about the way of training. `paired.compare` speaks about the two checkpoints that it
was given. A plan has one checkpoint per arm, so `across_evaluations` takes the losses from several
evaluations of one set of documents, one per seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from evaluations.distributions import t_beyond, t_quantile
from evaluations.errors import RefusedPlan
from evaluations.paired import (
    CURVE_DRAWS,
    LN2,
    NOTHING,
    Estimate,
    by_group,
    minimum_units,
    ratio,
    standard_error,
)
from evaluations.records import CurveKind, DocumentResult, FloatArray, Outcome, Snapshot

LEAST_SEEDS = 3  # of each arm; the spread of two says hardly anything


def across_evaluations(snapshots: Sequence[Snapshot], rng: np.random.Generator) -> Estimate:
    """B - A at the primary length over all documents and training seeds of several evaluations.

    Args:
        snapshots: finished evaluations of the same targets, each with its own pair of checkpoints.

    Raises:
        RefusedPlan: an evaluation is not finished or not valid, two have a checkpoint in common, or
            they do not compare the same arms on the same targets.
    """
    first = snapshots[0]
    for one in snapshots:
        _check_complete(one)
        if _compared(one) != _compared(first):
            raise RefusedPlan("combine.different", run=one.run, first=first.run)
    _check_seeds(snapshots)
    scored = [_scored(one) for one in snapshots]
    groups = [document.group for document in scored[0]]
    sizes = np.array([[document.target_bytes] for document in scored[0]], dtype=np.float64)
    bits = np.array([[(d.arm_a, d.arm_b) for d in documents] for documents in scored])
    nll = LN2 * bits.transpose(2, 1, 0) * sizes  # arm, document, seed
    pooled = [by_group(values, groups) for values in (*nll, sizes)]
    confidence = first.plan.rule.confidence
    return across_seeds(pooled[0], pooled[1], pooled[2][:, 0], rng, confidence)


def _check_complete(one: Snapshot) -> None:
    if one.status != "done" or one.verdict.outcome is Outcome.WITHHELD or not _scored(one):
        raise RefusedPlan("combine.unfinished", run=one.run)


def _check_seeds(snapshots: Sequence[Snapshot]) -> None:
    """No checkpoint stands twice on one side: it would count as two trainings."""
    for side in ("arm_a", "arm_b"):
        seen: dict[str, str] = {}
        for one in snapshots:
            name = getattr(one.comparison, side)
            fingerprint = next(arm.fingerprint for arm in one.plan.arms if arm.name == name)
            if fingerprint in seen:
                raise RefusedPlan("combine.same", run=one.run, first=seen[fingerprint])
            seen[fingerprint] = one.run


def _compared(one: Snapshot) -> tuple[object, ...]:
    """What has to be the same in evaluations that differ by their seeds alone."""
    result = one.comparison
    arms = [
        (arm.training_initialization, arm.training_length, arm.policy, arm.window)
        for name in (result.arm_a, result.arm_b)
        for arm in one.plan.arms
        if arm.name == name
    ]
    targets = {
        point.target_hash
        for point in one.curve
        if point.kind is CurveKind.MATCHED and point.context_length == result.primary_length
    }
    documents = [(document.id, document.group) for document in _scored(one)]
    return arms, result.primary_length, targets, documents


def _scored(one: Snapshot) -> list[DocumentResult]:
    """The documents that count, in the order of their ids."""
    found = [
        document
        for document in one.documents
        if document.role == "scored" and None not in (document.arm_a, document.arm_b)
    ]
    return sorted(found, key=lambda document: document.id)


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
    half = error * t_quantile((1 + confidence) / 2, freedom)
    p_value = 2 * t_beyond(abs(delta) / error, freedom)
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
