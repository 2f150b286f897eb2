"""The paired difference between two arms, with its uncertainty, from one partition of the text.

In reading order: `Estimate` (a difference and what is known about it), `by_group` (documents to
units), `compare` and `compare_all` (finished evaluation), `watch` (one that is still running),
`one_document` (a single long text), `documents_needed`, `resampled_ratios`, `pointwise_intervals`,
`simultaneous_bands` for curves, and `slowdown` for the time that both arms took.

Everywhere the difference of a unit is d = NLL_B - NLL_A in nats and its size b the UTF-8 bytes of
the same targets; the estimate is sum(d) / (ln 2 sum(b)) bits per byte, negative where B is better.
The unit is the document, or its declared group. Randomness is passed in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nct, norm, t

from evaluations.records import FloatArray, IntArray

LN2 = math.log(2)
MINIMUM_UNITS = 6  # five signs cannot reach 5 % two-sided; more for a higher confidence
BOOTSTRAP_UNITS = 20
EVEN_UNITS = 15  # fewer equally large units than this: the bootstrap sees too little
DOMINANT = 0.5  # share of the variation that one unit may have under the bootstrap
DRAWS = 10_000
CURVE_DRAWS = 2_000
WHOLE_BLOCKS, MOST_BLOCKS = 10, 500  # of one document; fewer carry no interval
NEEDED_CAP = 10_000
POWER = 0.8
TIMED_PAIRS = 10  # pieces of equal work; a few say nothing on a machine that does other things
_CELLS = 2_000_000  # numbers held at a time while resampling


class Estimate(NamedTuple):
    """A difference in bits per byte; None where the units do not carry such a statement."""

    delta: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    method: str  # bca_bootstrap, sign_flip, block_bootstrap, confidence_sequence, none
    units: int


NOTHING = Estimate(None, None, None, None, "none", 0)


def by_group(values: FloatArray, groups: Sequence[str | None]) -> FloatArray:
    """Rows summed within their group, in order of first appearance; without a group, a row is one.

    Args:
        values: (documents, columns), sums over targets.
        groups: the group of each document, or None.
    """
    if not any(groups):
        return values
    index: dict[tuple[str, int], int] = {}
    unit = [index.setdefault((g, -1) if g else ("", i), len(index)) for i, g in enumerate(groups)]
    pooled = np.zeros((len(index), values.shape[1]))
    np.add.at(pooled, unit, values)
    return pooled


def ratio(differences: FloatArray, sizes: FloatArray) -> float:
    """sum(d) / (ln 2 sum(b)), bits per byte."""
    return float(differences.sum() / (LN2 * sizes.sum())) + 0.0


def minimum_units(confidence: float = 0.95) -> int:
    """The fewest units whose signs can reach the level: 2^(1 - n) <= 1 - confidence."""
    return max(MINIMUM_UNITS, 1 + math.ceil(math.log2(1 / (1 - confidence)) - 1e-9))


# --- a finished evaluation -------------------------------------------------------------------


def compare(
    differences: FloatArray, sizes: FloatArray, rng: np.random.Generator, confidence: float = 0.95
) -> Estimate:
    """The difference over units, its interval and two-sided p, from the same units.

    From 20 units: BCa bootstrap of (d, b) together, p from sign flips. From 6, and where the
    bootstrap covers too little (few units hold most bytes, or one unit most of the variation):
    the inverted sign-flip test. Below 6 the estimate alone.

    Args:
        differences: d of each unit, nats.
        sizes: b of each unit, bytes, positive.
        rng: draws the resamples; the same state gives the same numbers.
        confidence: of the two-sided interval.
    """
    return compare_all(differences[:, None], sizes, rng, confidence)[0]


def compare_all(
    differences: FloatArray, sizes: FloatArray, rng: np.random.Generator, confidence: float = 0.95
) -> tuple[Estimate, ...]:
    """`compare` for every column of `differences` (units, contrasts), with shared resamples."""
    units, columns = differences.shape
    if units == 0 or sizes.sum() == 0:
        return tuple(NOTHING for _ in range(columns))
    if units < minimum_units(confidence):
        return tuple(
            Estimate(ratio(differences[:, k], sizes), None, None, None, "none", units)
            for k in range(columns)
        )
    bootstrapped = [
        k for k in range(columns) if _bootstrap_covers(influence(differences[:, k], sizes), sizes)
    ]
    estimates: list[Estimate | None] = [None] * columns
    if bootstrapped:
        found = _bca(differences[:, bootstrapped], sizes, rng, confidence)
        for k, estimate in zip(bootstrapped, found, strict=True):
            estimates[k] = estimate
    if len(bootstrapped) < columns:
        halves = _splits(units, rng)
        for k in range(columns):
            if estimates[k] is None:
                estimates[k] = _sign_flip(differences[:, k], sizes, halves, confidence)
    return tuple(estimate for estimate in estimates if estimate is not None)


def influence(differences: FloatArray, sizes: FloatArray) -> FloatArray:
    """What each unit adds to the estimate, in bits per byte around it: mean 0, spread s.

    s / sqrt(n) is the standard error of the ratio.
    """
    rest = differences / LN2 - ratio(differences, sizes) * sizes
    spread: FloatArray = rest / sizes.mean()
    return spread


def _bootstrap_covers(spread: FloatArray, sizes: FloatArray) -> bool:
    if len(sizes) < BOOTSTRAP_UNITS or sizes.sum() ** 2 < EVEN_UNITS * (sizes**2).sum():
        return False
    total = float((spread**2).sum())
    return total == 0 or float((spread**2).max()) <= DOMINANT * total


def _bca(
    differences: FloatArray, sizes: FloatArray, rng: np.random.Generator, confidence: float
) -> list[Estimate]:
    # towards negative, so that swapping the arms flips the sign to the last bit
    facing = np.where(differences.sum(axis=0) > 0, -1.0, 1.0)
    turned = differences * facing
    all_sizes = np.broadcast_to(sizes[:, None], turned.shape)
    resampled = resampled_ratios(turned, all_sizes, rng, DRAWS) / LN2
    p_values = _sign_flip_p(differences, rng)
    estimates = []
    for k in range(turned.shape[1]):
        low, high = bca_interval(resampled[:, k], turned[:, k], sizes, confidence)
        if facing[k] < 0:
            low, high = -high, -low
        estimates.append(
            Estimate(
                ratio(differences[:, k], sizes),
                low + 0.0,
                high + 0.0,
                float(p_values[k]),
                "bca_bootstrap",
                len(sizes),
            )
        )
    return estimates


def bca_interval(
    resampled: FloatArray,
    differences: FloatArray,
    sizes: FloatArray,
    confidence: float,
    widened: bool = True,
) -> tuple[float, float]:
    """Bias-corrected and accelerated interval of the ratio, from its resamples.

    `widened` takes the levels from Student's t with n - 1 degrees, times sqrt(n / (n - 1)): the
    bootstrap's spread is that of n, not n - 1, and its plain levels cover 92-93 % at n = 20.

    Source: Efron 1987, JASA 82; widened levels as in Hesterberg 2015, arXiv:1411.5279.
    """
    estimate = ratio(differences, sizes)
    if np.ptp(resampled) == 0:
        return estimate, estimate
    below = (np.mean(resampled < estimate) + np.mean(resampled <= estimate)) / 2
    bias = norm.ppf(np.clip(below, 0.5 / len(resampled), 1 - 0.5 / len(resampled)))
    left_out = (differences.sum() - differences) / (LN2 * (sizes.sum() - sizes))
    distance = left_out.mean() - left_out
    spread = float((distance**2).sum())
    acceleration = float((distance**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    z = bias + _half_width(len(sizes), confidence, widened) * np.array([-1.0, 1.0])
    levels = norm.cdf(bias + z / np.maximum(1 - acceleration * z, 1e-9))
    low, high = np.quantile(resampled, levels)
    return float(low), float(high)


@cache
def _half_width(units: int, confidence: float, widened: bool = True) -> float:
    """Standard errors on each side of a two-sided interval."""
    if not widened:
        return float(norm.ppf((1 + confidence) / 2))
    return float(math.sqrt(units / (units - 1)) * t.ppf((1 + confidence) / 2, units - 1))


def _widening(units: int, confidence: float) -> float:
    """What an estimated deviation adds to a normal interval."""
    return _half_width(units, confidence) / _half_width(units, confidence, widened=False)


def _sign_flip_p(differences: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Two-sided p of each column under random signs of its units; never 0."""
    units, columns = differences.shape
    observed = np.abs(differences.sum(axis=0)) * (1 - 1e-12)
    as_far = np.zeros(columns)
    for draws in _portions(DRAWS - 1, units):
        signs = rng.integers(0, 2, size=(draws, units)) * 2.0 - 1
        for k in range(columns):
            as_far[k] += (np.abs(signs @ differences[:, k]) >= observed[k]).sum()
    p_values: FloatArray = (1 + as_far) / DRAWS
    return p_values


# --- the inverted sign-flip test -------------------------------------------------------------


def _splits(units: int, rng: np.random.Generator) -> NDArray[np.bool_] | None:
    """Random splits of the units in two; None: few enough to take all of them."""
    if units < BOOTSTRAP_UNITS:
        return None
    return rng.integers(0, 2, size=(DRAWS - 1, units)).astype(bool)


def _sign_flip(
    differences: FloatArray,
    sizes: FloatArray,
    splits: NDArray[np.bool_] | None,
    confidence: float,
) -> Estimate:
    """All Δ that the sign-flip test of the residuals d - ln 2 Δ b does not reject.

    Flipping the signs of one part of the units gives a total at least as far from zero exactly if
    Δ lies between the ratios of the two parts. So p(Δ) is the share of splits whose two ratios
    enclose Δ, and the interval ends at order statistics of the lower and of the upper ratios: no
    search. With signs the studentized statistic orders the flips like the plain sum (the sum of
    squares does not change). Levels are discrete and rounded down: conservative.
    """
    low, high = _enclosing(differences, sizes, splits)
    splits_in_all = len(low) + 1  # with the empty split, which encloses everything
    allowed = math.floor((1 - confidence) * splits_in_all * (1 + 1e-12))
    if allowed == 0:  # so few splits do not reach the level
        return Estimate(ratio(differences, sizes), None, None, None, "none", len(sizes))
    enclosing_zero = int(((low <= 0) & (high >= 0)).sum()) + 1
    return Estimate(
        delta=ratio(differences, sizes),
        ci_low=float(np.partition(low, allowed - 1)[allowed - 1]) + 0.0,
        ci_high=-float(np.partition(-high, allowed - 1)[allowed - 1]) + 0.0,
        p_value=enclosing_zero / splits_in_all,
        method="sign_flip",
        units=len(sizes),
    )


def _enclosing(
    differences: FloatArray, sizes: FloatArray, splits: NDArray[np.bool_] | None
) -> tuple[FloatArray, FloatArray]:
    """The lower and the upper ratio of the two parts, for every split but the empty one."""
    if splits is None:
        part_d, part_b = _subset_sums(differences), _subset_sums(sizes)
    else:
        splits = splits[splits.any(axis=1) & ~splits.all(axis=1)]
        part_d, part_b = splits @ differences, splits @ sizes
    one = part_d / (LN2 * part_b)
    other = (differences.sum() - part_d) / (LN2 * (sizes.sum() - part_b))
    return np.minimum(one, other), np.maximum(one, other)


def _subset_sums(values: FloatArray) -> FloatArray:
    """Sums over every non-empty part that leaves out the last value: each split once."""
    sums = np.zeros(1)
    for value in values[:-1]:
        sums = np.concatenate([sums, sums + value])
    return sums[1:]


# --- an evaluation that is still running -----------------------------------------------------


def watch(
    differences: FloatArray, sizes: FloatArray, margin: float, confidence: float = 0.95
) -> Estimate:
    """The difference with an interval that may be looked at after every document.

    Normal-mixture confidence sequence with mixing deviation τ = `margin`, the smallest effect of
    interest, fixed beforehand; wider than the final interval in exchange. The deviation is
    estimated, so it starts at 6 units.

    Source: Johari, Pekelis and Walsh, arXiv:1512.04922.
    """
    units = len(sizes)
    if units == 0 or sizes.sum() == 0:
        return NOTHING
    delta = ratio(differences, sizes)
    if units < minimum_units(confidence):
        return Estimate(delta, None, None, None, "none", units)
    variance = float(influence(differences, sizes).var(ddof=1))
    # the estimated deviation makes tails of Student's t out of normal ones
    variance *= _widening(units, confidence) ** 2
    mixing = units * max(margin, 0.005) ** 2
    bound = 0.0
    if variance > 0:
        spread = variance + mixing
        alpha = 1 - confidence
        bound = math.sqrt(
            variance * spread / (units * mixing) * math.log(spread / (variance * alpha**2))
        )
    return Estimate(delta, delta - bound, delta + bound, None, "confidence_sequence", units)


# --- one long document -----------------------------------------------------------------------


def one_document(
    differences: FloatArray,
    token_bytes: IntArray,
    window: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Estimate:
    """The difference within one text, by a circular block bootstrap over its targets.

    It speaks about this document only. With a reset the difference repeats every W tokens, so
    blocks are whole windows. No interval below ten whole blocks.

    Args:
        differences: d of each target in the order of the text, nats.
        token_bytes: its UTF-8 bytes.
        window: the longest W of both arms (T where both carry), in tokens.
    """
    targets = len(differences)
    sizes = token_bytes.astype(np.float64)
    if targets == 0 or sizes.sum() == 0:
        return NOTHING
    delta = ratio(differences, sizes)
    wanted = max(window, 2 * targets ** (1 / 3), targets / MOST_BLOCKS)
    length = window * math.ceil(wanted / window)
    if targets < WHOLE_BLOCKS * length:
        return Estimate(delta, None, None, None, "none", 1)
    facing = -1.0 if differences.sum() > 0 else 1.0
    block_d = _circular_sums(differences * facing, length)
    block_b = _circular_sums(sizes, length)
    blocks = math.ceil(targets / length)
    resampled = np.concatenate(
        [
            block_d[starts].sum(axis=1) / (LN2 * block_b[starts].sum(axis=1))
            for draws in _portions(CURVE_DRAWS, blocks)
            for starts in (rng.integers(0, targets, size=(draws, blocks)),)
        ]
    )
    level = norm.cdf(_half_width(blocks, confidence))
    low, high = (float(bound) for bound in np.quantile(resampled, [1 - level, level]))
    if facing < 0:
        low, high = -high, -low
    return Estimate(delta, low + 0.0, high + 0.0, None, "block_bootstrap", 1)


def _circular_sums(values: FloatArray, length: int) -> FloatArray:
    """The sum of the `length` values from each place on, going round at the end."""
    running = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[:length]]))])
    sums: FloatArray = running[length : length + len(values)] - running[: len(values)]
    return sums


# --- how many more ---------------------------------------------------------------------------


def documents_needed(
    delta: float, deviation: float, margin: float, units: int, confidence: float = 0.95
) -> int:
    """Further units until the interval leaves -margin, with a power of 80 %; at most the cap.

    On whichever side of -margin the estimate lies, as if it were the truth. The power is that of
    Student's t at the level that the sign-flip test reaches with so many units.

    Args:
        delta: estimate so far, bits per byte.
        deviation: of the units around it, as `influence` gives it, bits per byte.
        margin: δ, positive.
        units: documents or groups so far.
    """
    gap = abs(delta + margin)
    if gap == 0:
        return NEEDED_CAP
    if deviation == 0:
        return max(0, minimum_units(confidence) - units)
    for total in range(minimum_units(confidence), BOOTSTRAP_UNITS):
        if power(gap / deviation, total, confidence) >= POWER:
            return max(0, total - units)
    if power(gap / deviation, NEEDED_CAP, confidence) < POWER:
        return NEEDED_CAP
    low, high = BOOTSTRAP_UNITS, NEEDED_CAP
    while low < high:
        middle = (low + high) // 2
        if power(gap / deviation, middle, confidence) >= POWER:
            high = middle
        else:
            low = middle + 1
    return max(0, low - units)


def power(effect: float, units: int, confidence: float = 0.95) -> float:
    """Chance that the interval of `units` excludes a value `effect` deviations from the truth."""
    level = 1 - confidence
    if units < BOOTSTRAP_UNITS:
        flips = 2 ** (units - 1)
        level = math.floor(level * flips) / flips
        if level == 0:
            return 0.0
    critical = t.ppf(1 - level / 2, units - 1)
    # beyond 30 or so the noncentral t's own code loses digits and the normal is as good
    shift = effect * math.sqrt(units)
    if shift > 30:
        return float(norm.sf(critical - shift))
    return float(nct.sf(critical, units - 1, shift))


# --- resampling for curves -------------------------------------------------------------------


def resampled_ratios(
    numerators: FloatArray, denominators: FloatArray, rng: np.random.Generator, draws: int
) -> FloatArray:
    """sum(numerators) / sum(denominators) of resampled units, (draws, columns).

    All columns share their resamples. NaN where no drawn unit has any denominator. Each column is
    multiplied by itself, so that its digits do not depend on the columns beside it.
    """
    units = len(numerators)
    parts = []
    for portion in _portions(draws, units):
        drawn = rng.integers(0, units, size=(portion, units))
        rows = np.arange(portion)[:, None] * units
        counts = np.bincount((drawn + rows).ravel(), minlength=portion * units)
        weights = counts.reshape(portion, units).astype(np.float64)
        above, below = (
            np.stack([weights @ column for column in np.ascontiguousarray(values.T)], axis=1)
            for values in (numerators, denominators)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            parts.append(np.where(below > 0, above / below, np.nan))
    return np.concatenate(parts)


class Bounds(NamedTuple):
    """Lower and upper ends, one per column; NaN where there is none."""

    low: FloatArray
    high: FloatArray


def pointwise_intervals(resampled: FloatArray, units: IntArray, confidence: float) -> Bounds:
    """Percentile interval of each column by itself.

    Args:
        resampled: (draws, columns), from `resampled_ratios`.
        units: how many units each column has; below two there is no interval.
    """
    low, high = np.full(len(units), np.nan), np.full(len(units), np.nan)
    for n in np.unique(units[units >= 2]):
        columns = np.flatnonzero(units == n)
        level = norm.cdf(_half_width(int(n), confidence))
        drawn = resampled[:, columns]
        # a resample may miss every unit of a column that few units reach
        quantile = np.nanquantile if np.isnan(drawn).any() else np.quantile
        low[columns], high[columns] = quantile(drawn, [1 - level, level], axis=0)
    return Bounds(low, high)


def simultaneous_bands(
    resampled: FloatArray, estimates: FloatArray, units: IntArray, confidence: float
) -> Bounds:
    """Bands that hold in all columns at once: estimate ± max-t quantile × standard error.

    Args:
        resampled: (draws, columns), from `resampled_ratios`.
        estimates: of each column.
        units: how many units each column has; columns below two have no band.
    """
    low, high = np.full(len(units), np.nan), np.full(len(units), np.nan)
    usable = np.flatnonzero(units >= 2)
    if usable.size == 0:
        return Bounds(low, high)
    middle, drawn = estimates[usable], resampled[:, usable]
    error = np.nanstd(drawn, axis=0)
    error[error < 1e-12] = 0.0  # the same in every resample, but for rounding
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.where(error > 0, np.abs(drawn - middle) / error, 0.0)
    multiplier = np.quantile(np.nanmax(away, axis=1), confidence)
    half = error * multiplier * [_widening(int(n), confidence) for n in units[usable]]
    low[usable], high[usable] = middle - half, middle + half
    return Bounds(low, high)


# --- time ------------------------------------------------------------------------------------


class Slowdown(NamedTuple):
    """How many times as long B takes for the same work: median over pairs, with its interval."""

    ratio: float
    low: float
    high: float


def slowdown(
    ratios: FloatArray,
    documents: Sequence[str],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Slowdown | None:
    """The median of B's time over A's, by a bootstrap over documents with all their pairs.

    What else the machine does slows neighbouring pieces together, so pieces of one document are
    not independent. None below ten pairs or six documents (whose interval covers about 90 %).

    Args:
        ratios: time of B over time of A, one for every piece that both read, positive.
        documents: the document of each piece.
    """
    names, owner = np.unique(np.asarray(documents, dtype=np.str_), return_inverse=True)
    if len(ratios) < TIMED_PAIRS or len(names) < MINIMUM_UNITS:
        return None
    ascending = np.argsort(ratios, kind="stable")
    medians = []
    for portion in _portions(CURVE_DRAWS, len(ratios)):
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=portion)
        so_far = np.cumsum(drawn[:, owner[ascending]], axis=1)
        middle = np.argmax(2 * so_far >= so_far[:, -1:], axis=1)
        medians.append(ratios[ascending][middle])
    level = norm.cdf(_half_width(len(names), confidence))
    low, high = np.quantile(np.concatenate(medians), [1 - level, level])
    return Slowdown(float(np.median(ratios)), float(low), float(high))


def _portions(draws: int, units: int) -> Iterator[int]:
    """`draws` in pieces that keep memory small, the same for the same numbers."""
    at_a_time = max(1, _CELLS // max(1, units))
    while draws > 0:
        yield min(draws, at_a_time)
        draws -= at_a_time
