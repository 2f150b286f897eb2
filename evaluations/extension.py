"""Does a model get worse on texts longer than its training windows? One class for each arm.

L(c) is the loss of an arm on the same targets after c tokens of context. It is compared with L(T),
T the training length, at every longer length of the plan up to the one that decides, on the
documents that carry all of them:

* fails: L(c) > L(T) + epsilon for some c > T,
* weak: L(c) < L(T) + epsilon for all of them,
* monotone: weak, and no rise from one length to the next,
* strong: monotone, and L at the longest length < L(T) - delta,
* cannot tell: none of these is shown.

epsilon and delta are the rule's margins. Tests are one-sided at (1 - confidence) / 2, by random
signs of the documents' (or groups') residuals from the margin, studentized. "fails" and "a rise"
ask for the largest statistic over all lengths (max-t: the chance that any of them is wrong is at
most the level); "weak" must hold at every length by itself, which needs no correction
(intersection-union). "monotone" is what was not refuted: a rise that so few documents cannot show
stays unseen. Signs are exact where residuals are symmetric about the margin; how often a class is
false, also where they are skewed, is counted by `python -m tests.proofs extension`.

A `reset` arm never sees more than W tokens: it is compared up to W, and not at all where W = T.

Source: notes of this project on length extension (words); Westfall and Young 1993 (max-t).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from evaluations.curves import Scored
from evaluations.paired import LN2, by_group, minimum_units, ratio
from evaluations.records import (
    Arm,
    DecisionRule,
    Extension,
    ExtensionClass,
    FloatArray,
)
from evaluations.targets import effective_context

DRAWS = 10_000  # signs; all of them where there are no more, up to 13 units
_CELLS = 2_000_000  # numbers held at a time
_ROUNDING = 1e-9  # of a studentized statistic


class Losses(NamedTuple):
    """One arm on the documents that carry all compared lengths, by unit.

    nll: nats, (units, lengths), the first column at T; sizes: UTF-8 bytes of the targets, (units,).
    """

    nll: FloatArray
    sizes: FloatArray


def extension_classes(
    arms: Sequence[Arm],
    lengths: Sequence[int],
    rule: DecisionRule,
    scored: Sequence[Scored],
    rng: np.random.Generator,
) -> tuple[ExtensionClass, ...]:
    """The class of every arm, over documents that are complete under all of them."""
    return tuple(
        extension_class(arm.name, compared, _losses(arm, compared, scored), rule, rng)
        for arm in arms
        for compared in (compared_lengths(arm, lengths, rule.primary_length),)
    )


def compared_lengths(arm: Arm, lengths: Sequence[int], longest: int) -> tuple[int, ...]:
    """T, and the longer lengths up to `longest` at which the arm reads further."""
    beyond = [
        c
        for c in sorted(lengths)
        if arm.training_length < effective_context(arm, c) == c <= longest
    ]
    return (arm.training_length, *beyond)


def extension_class(
    arm: str,
    lengths: tuple[int, ...],
    losses: Losses,
    rule: DecisionRule,
    rng: np.random.Generator,
) -> ExtensionClass:
    """The class of one arm, with the tests behind it.

    Args:
        lengths: as `compared_lengths` gives them.
        losses: at these lengths.
        rule: margins and confidence.
        rng: draws the signs; the same state gives the same class.
    """
    units = len(losses.sizes)
    found = ExtensionClass(
        arm=arm,
        extension=Extension.CANNOT_TELL,
        reason="no_longer_length",
        lengths=lengths,
        units=units,
    )
    if len(lengths) < 2:
        return found
    differences = losses.nll[:, 1:] - losses.nll[:, :1]
    few = units < minimum_units(rule.confidence)
    if units:
        changes = tuple(ratio(column, losses.sizes) for column in differences.T)
        found = found.model_copy(update={"changes": changes})
    if few:
        return found.model_copy(update={"reason": "few_units"})
    tests = _tests(differences, losses.sizes, rule.short_margin, rule.margin, rng)
    level = (1 - rule.confidence) / 2 * (1 + 1e-12)
    return found.model_copy(
        update={"extension": _class_of(tests, level), "reason": "tested", **tests._asdict()}
    )


class _Tests(NamedTuple):
    """One-sided p-values; their names are those of `ExtensionClass`."""

    p_worse: tuple[float, ...]
    p_within: tuple[float, ...]
    p_rise: tuple[float, ...]
    p_better: float


def _class_of(tests: _Tests, level: float) -> Extension:
    if min(tests.p_worse) <= level:
        return Extension.FAILS
    if max(tests.p_within) > level:
        return Extension.CANNOT_TELL
    if min(tests.p_rise) <= level:
        return Extension.WEAK
    return Extension.STRONG if tests.p_better <= level else Extension.MONOTONE


def _losses(arm: Arm, lengths: Sequence[int], scored: Sequence[Scored]) -> Losses:
    carrying = [one for one in scored if set(lengths) <= set(one.targets.lengths)]
    rows = [
        [one.sums[arm.name].matched[c].nll for c in lengths]
        + [float(one.sums[arm.name].matched[lengths[0]].bytes)]
        for one in carrying
    ]
    values = by_group(
        np.array(rows).reshape(len(carrying), len(lengths) + 1),
        [one.document.group for one in carrying],
    )
    return Losses(values[:, :-1], values[:, -1])


def _tests(
    differences: FloatArray,
    sizes: FloatArray,
    epsilon: float,
    delta: float,
    rng: np.random.Generator,
) -> _Tests:
    """All tests of one arm, under the same signs.

    Args:
        differences: NLL at each longer length less that at T, (units, longer lengths), nats.
        sizes: bytes of each unit.
        epsilon, delta: bits per byte.
    """
    k = differences.shape[1]
    worse = differences - LN2 * epsilon * sizes[:, None]
    rise = np.diff(differences, axis=1, prepend=0.0)
    better = -(differences[:, -1:] + LN2 * delta * sizes[:, None])
    residuals = np.concatenate([worse, rise, better], axis=1)
    norms = np.sqrt((residuals**2).sum(axis=0))
    residuals = residuals / np.where(norms > 0, norms, 1.0)
    observed = residuals.sum(axis=0)
    counts = np.zeros((2, 2 * k + 1))  # signs at least as far up, and (below) down
    drawn = 0
    for signs in _signs(len(sizes), rng):
        flipped = signs @ residuals
        largest = flipped.copy()
        for group in (slice(0, k), slice(k, 2 * k)):
            largest[:, group] = flipped[:, group].max(axis=1, keepdims=True)
        counts[0] += (largest >= observed - _ROUNDING).sum(axis=0)
        counts[1] += (flipped <= observed + _ROUNDING).sum(axis=0)
        drawn += len(signs)
    up, down = counts / drawn
    return _Tests(
        p_worse=tuple(up[:k].tolist()),
        p_within=tuple(down[:k].tolist()),
        p_rise=tuple(up[k : 2 * k].tolist()),
        p_better=float(up[-1]),
    )


def _signs(units: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Rows of signs, (rows, units): all there are, or the unchanged ones and random ones."""
    if 2**units <= DRAWS:
        patterns = np.arange(2**units)[:, None] >> np.arange(units) & 1
        yield np.asarray(1 - 2 * patterns, dtype=np.float64)
        return
    yield np.ones((1, units))
    left, at_a_time = DRAWS - 1, max(1, _CELLS // units)
    while left > 0:
        rows = min(left, at_a_time)
        yield np.asarray(rng.integers(0, 2, size=(rows, units)) * 2 - 1, dtype=np.float64)
        left -= rows
