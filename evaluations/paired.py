"""The paired difference between two arms, with its uncertainty, from one partition of the text.

In reading order: `Estimate` (a difference and what is known about it), `by_group` (documents to
units), `compare` and `compare_all` (finished evaluation), `if_skewed` (how far its upper end could
be off), `watch` (one that is still running), `one_document` (a single long text), `holm`,
`curve_bands`, and `slowdown` for the time that both arms took. `power` says how many documents it
takes. `docs/calibration.md` shows what is true of them.

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

from evaluations.distributions import normal_level, normal_quantile, t_quantile
from evaluations.records import FloatArray, IntArray

LN2 = math.log(2)
MINIMUM_UNITS = 6  # five signs cannot reach 5 % two-sided; more for a higher confidence
EXACT_UNITS = 20  # from here on random splits instead of all
ASSUMED_SKEWNESS = 5.0
LEAST_ERROR = 0.05  # of a resample, as a share of the observed standard error
DRAWS = 10_000
CURVE_DRAWS = 2_000
WATCHED_UNITS, MIXED_UNITS = 20, 50  # where the always-valid interval begins; its mixture
WHOLE_BLOCKS, MOST_BLOCKS = 10, 500  # of one document; fewer carry no interval
DEPENDENT = 4  # block length over the length for which windows depend on each other
TIMED_PAIRS = 10  # pieces of equal work; a few say nothing on a machine that does other things
_CELLS = 2_000_000  # numbers held at a time while resampling


class Estimate(NamedTuple):
    """A difference in bits per byte; None where the units do not carry such a statement."""

    delta: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    method: str  # flips_and_bootstrap, block_bootstrap, confidence_sequence, none
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

    The interval spans two: all differences that the sign-flip test does not reject, and the
    studentized bootstrap of (d, b). The first is exact for symmetric differences however few, the
    second follows skewness; each fails where the other holds, and p is the larger of theirs, so
    p <= 1 - confidence exactly where the interval excludes 0. Below 6 units the estimate alone.

    Args:
        differences: d of each unit, nats.
        sizes: b of each unit, bytes, positive.
        rng: draws the resamples; the same state gives the same numbers.
        confidence: of the two-sided interval.
    """
    return compare_all(differences[:, None], sizes, rng, confidence)[0]


def compare_all(
    differences: FloatArray,
    sizes: FloatArray,
    rng: np.random.Generator,
    confidence: float = 0.95,
    draws: int = DRAWS,
) -> tuple[Estimate, ...]:
    """`compare` for every column of `differences` (units, contrasts), with shared resamples.

    Args:
        differences: (units, columns), nats.
        sizes: bytes, (units,) for all columns or (units, columns).
        draws: random splits and resamples, the observed one among them.
    """
    units, columns = differences.shape
    if units == 0 or sizes.sum() == 0:
        return tuple(NOTHING for _ in range(columns))
    each = sizes if sizes.ndim == 2 else np.broadcast_to(sizes[:, None], differences.shape)
    # copies: a sum over a strided column may round otherwise than the same column alone
    pairs = [(differences[:, k].copy(), each[:, k].copy()) for k in range(columns)]
    if units < minimum_units(confidence):
        return tuple(Estimate(ratio(d, b), None, None, None, "none", units) for d, b in pairs)
    flipped = _flipped(pairs, rng, draws)
    studentized = _studentized(pairs, rng, draws)
    found: list[Estimate] = [
        _spanning(d, b, flips, boot, confidence)
        for (d, b), flips, boot in zip(pairs, flipped, studentized, strict=True)
    ]
    return tuple(found)


def influence(differences: FloatArray, sizes: FloatArray) -> FloatArray:
    """What each unit adds to the estimate, in bits per byte around it: mean 0, spread s.

    s / sqrt(n) is the standard error of the ratio.
    """
    rest = differences / LN2 - ratio(differences, sizes) * sizes
    spread: FloatArray = rest / sizes.mean()
    return spread


class _Test(NamedTuple):
    """One test of every possible difference: those it does not reject, and its p at zero."""

    low: float
    high: float
    p_value: float


def _spanning(
    differences: FloatArray,
    sizes: FloatArray,
    flips: tuple[FloatArray, FloatArray],
    studentized: FloatArray,
    confidence: float,
) -> Estimate:
    delta = ratio(differences, sizes)
    one = _flip_test(*flips, confidence)
    other = _studentized_test(differences, sizes, studentized, confidence)
    if one is None or other is None:  # so few draws do not reach the level
        return Estimate(delta, None, None, None, "none", len(sizes))
    return Estimate(
        delta=delta,
        ci_low=min(one.low, other.low) + 0.0,
        ci_high=max(one.high, other.high) + 0.0,
        p_value=max(one.p_value, other.p_value),
        method="flips_and_bootstrap",
        units=len(sizes),
    )


def if_skewed(differences: FloatArray, sizes: FloatArray, ci_high: float) -> float:
    """The upper end, if a few documents lost far more than the rest: skewness 5, as log-normal.

    A sample of few documents often misses those few, and then looks better, and surer, than it is;
    its own skewness cannot tell. So the end moves by what skewness adds to a t of 2 (two standard
    errors, the usual place of the end): skewness (2 t^2 + 1) / (6 sqrt(n)) standard errors.

    Source: the term of first order in Hall 1992, The Bootstrap and Edgeworth Expansion, 2.6.
    """
    moved = ASSUMED_SKEWNESS * (2 * 2**2 + 1) / (6 * math.sqrt(len(sizes)))
    return ci_high + moved * standard_error(differences, sizes)


# --- the inverted sign-flip test -------------------------------------------------------------


def _flip_test(low: FloatArray, high: FloatArray, confidence: float) -> _Test | None:
    """All Δ that the sign-flip test of the residuals d - ln 2 Δ b does not reject.

    Flipping the signs of one part of the units gives a total at least as far from zero exactly if
    Δ lies between the ratios of the two parts. So p(Δ) is the share of splits whose two ratios
    enclose Δ, and the interval ends at order statistics of the lower and of the upper ratios: no
    search. With signs the studentized statistic orders the flips like the plain sum (the sum of
    squares does not change). Levels are discrete and rounded down: conservative.

    Args:
        low, high: the two ratios of every split but the empty one, which encloses everything.
    """
    splits = len(low) + 1
    allowed = math.floor((1 - confidence) * splits * (1 + 1e-12))
    if allowed == 0:
        return None
    enclosing_zero = int(((low <= 0) & (high >= 0)).sum()) + 1
    return _Test(
        low=float(np.partition(low, allowed - 1)[allowed - 1]),
        high=float(np.partition(high, len(high) - allowed)[-allowed]),
        p_value=enclosing_zero / splits,
    )


def _flipped(
    pairs: Sequence[tuple[FloatArray, FloatArray]], rng: np.random.Generator, draws: int
) -> list[tuple[FloatArray, FloatArray]]:
    """The lower and the upper ratio of the two parts of every split, for each (d, b).

    All splits below 20 units, else (or where fewer draws than usual are asked for) random ones.
    """
    units = len(pairs[0][0])
    if units < EXACT_UNITS and (draws >= DRAWS or 2 ** (units - 1) <= draws):
        return [_enclosing(_subset_sums(d), _subset_sums(b), d, b) for d, b in pairs]
    found: list[list[tuple[FloatArray, FloatArray]]] = [[] for _ in pairs]
    both = [np.stack(pair, axis=1) for pair in pairs]
    for portion in _portions(draws - 1, units):
        parts = rng.integers(0, 2, size=(portion, units), dtype=np.int8).astype(np.float64)
        inside = parts.sum(axis=1)
        parts = parts[(inside > 0) & (inside < units)]
        for own, columns, (d, b) in zip(found, both, pairs, strict=True):
            sums = parts @ columns
            own.append(_enclosing(sums[:, 0], sums[:, 1], d, b))
    return [_joined(own) for own in found]


def _joined(portions: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    lows, highs = zip(*portions, strict=True)
    return np.concatenate(lows), np.concatenate(highs)


def _enclosing(
    part_d: FloatArray, part_b: FloatArray, differences: FloatArray, sizes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    one = part_d / (LN2 * part_b)
    other = (differences.sum() - part_d) / (LN2 * (sizes.sum() - part_b))
    return np.minimum(one, other), np.maximum(one, other)


def _subset_sums(values: FloatArray) -> FloatArray:
    """Sums over every non-empty part that leaves out the last value: each split once."""
    sums = np.zeros(1)
    for value in values[:-1]:
        sums = np.concatenate([sums, sums + value])
    return sums[1:]


# --- the studentized bootstrap ---------------------------------------------------------------


def _studentized_test(
    differences: FloatArray, sizes: FloatArray, studentized: FloatArray, confidence: float
) -> _Test | None:
    """Estimate less (quantiles of the resamples' t) standard errors.

    Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 12.5.
    """
    draws = len(studentized) + 1  # with the observed one
    tail = math.floor((1 - confidence) / 2 * draws * (1 + 1e-12))
    if tail == 0:
        return None
    delta, error = ratio(differences, sizes), standard_error(differences, sizes)
    if error == 0:
        return _Test(delta, delta, 1.0 if delta == 0 else 0.0)
    observed = delta / error
    beyond = min((studentized >= observed).sum(), (studentized <= observed).sum())
    ordered = np.partition(studentized, [tail - 1, len(studentized) - tail])
    return _Test(
        low=delta - error * float(ordered[-tail]),
        high=delta - error * float(ordered[tail - 1]),
        p_value=min(1.0, 2 * (1 + int(beyond)) / draws),
    )


def standard_error(differences: FloatArray, sizes: FloatArray) -> float:
    """Of the ratio, linearised, in bits per byte; units without bytes do not count."""
    all_units, units = len(sizes), int((sizes > 0).sum())
    spread = float((influence(differences, sizes) ** 2).sum())
    error = math.sqrt(spread / all_units**2 * units / (units - 1))
    return error if error > 1e-12 * float(np.abs(differences).sum() / sizes.sum()) else 0.0


def _studentized(
    pairs: Sequence[tuple[FloatArray, FloatArray]], rng: np.random.Generator, draws: int
) -> list[FloatArray]:
    """(ratio of a resample - ratio) / its own standard error, for each (d, b), (draws - 1,)."""
    units = len(pairs[0][0])
    terms = [_terms(d, b) for d, b in pairs]
    found: list[list[FloatArray]] = [[] for _ in pairs]
    for portion in _portions(draws - 1, units):
        weights = _weights(portion, units, rng)
        for own, columns in zip(found, terms, strict=True):
            own.append(_t_values(weights @ columns, columns))
    return [np.concatenate(own) for own in found]


def _terms(differences: FloatArray, sizes: FloatArray) -> FloatArray:
    """(units, 5): what a resample's ratio and its variance are sums of."""
    rest = influence(differences, sizes)
    share = sizes / sizes.mean()
    return np.ascontiguousarray(np.stack([rest, share, rest**2, rest * share, share**2], axis=1))


def _t_values(sums: FloatArray, terms: FloatArray) -> FloatArray:
    rest, share, square, cross, share_square = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        away = rest / share
        variance = (square - 2 * away * cross + away**2 * share_square) / share**2
    # a resample of a few equal units has hardly any spread: its t would be without bound
    least = LEAST_ERROR**2 * float(terms[:, 2].sum()) / len(terms) ** 2
    error = np.sqrt(np.maximum(variance, least))
    with np.errstate(invalid="ignore", divide="ignore"):
        t_values: FloatArray = np.where(away == 0, 0.0, away / error)
    # a resample that misses every unit of a column says nothing good about it
    return np.where(share > 0, t_values, np.inf)


def _weights(draws: int, units: int, rng: np.random.Generator) -> FloatArray:
    """How often each unit is in each resample, (draws, units)."""
    drawn = rng.integers(0, units, size=(draws, units))
    rows = np.arange(draws)[:, None] * units
    counts = np.bincount((drawn + rows).ravel(), minlength=draws * units)
    return counts.reshape(draws, units).astype(np.float64)


# --- levels of Student's t --------------------------------------------------------------------


@cache
def _half_width(units: int, confidence: float) -> float:
    """Standard errors on each side of a two-sided interval whose spread is that of n, not n - 1."""
    return float(math.sqrt(units / (units - 1)) * t_quantile((1 + confidence) / 2, units - 1))


@cache
def _widening(units: int, confidence: float) -> float:
    """What an estimated deviation adds to a normal interval."""
    return _half_width(units, confidence) / normal_quantile((1 + confidence) / 2)


# --- an evaluation that is still running -----------------------------------------------------


def watch(differences: FloatArray, sizes: FloatArray, confidence: float = 0.95) -> Estimate:
    """The difference with an interval that may be looked at after every document.

    Asymptotic confidence sequence (a normal mixture); in exchange wider than the final interval,
    2.6 times at 20 units, 1.9 times at 50, 1.7 times at 100. It starts at 20 units and is so wide
    there because skewed differences would leave it too often early on.

    Source: Waudby-Smith et al., arXiv:2103.06476, theorem 2.2 with 1 / rho^2 = 50.
    """
    units = len(sizes)
    if units == 0 or sizes.sum() == 0:
        return NOTHING
    delta = ratio(differences, sizes)
    if units < max(WATCHED_UNITS, minimum_units(confidence)):
        return Estimate(delta, None, None, None, "none", units)
    bound = standard_error(differences, sizes) * always_valid(units, confidence)
    return Estimate(delta, delta - bound, delta + bound, None, "confidence_sequence", units)


def always_valid(units: int, confidence: float) -> float:
    """Standard errors on each side of the interval that `watch` gives after so many units."""
    spread = (1 + MIXED_UNITS / units) * math.log(
        (units + MIXED_UNITS) / (MIXED_UNITS * (1 - confidence) ** 2)
    )
    # the estimated deviation makes tails of Student's t out of normal ones
    return math.sqrt(spread) * _widening(units, confidence)


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
    blocks are whole windows, and long enough for what one window tells about the next. No interval
    below ten whole blocks: a text that depends on itself for longer says too little.

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
    length = _block_length(differences - LN2 * delta * sizes, window)
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
    level = normal_level(_half_width(blocks, confidence))
    low, high = (float(bound) for bound in np.quantile(resampled, [1 - level, level]))
    if facing < 0:
        low, high = -high, -low
    return Estimate(delta, low + 0.0, high + 0.0, None, "block_bootstrap", 1)


def _block_length(rest: FloatArray, window: int) -> int:
    """Tokens of a block: whole windows, four times as long as windows depend on each other."""
    targets = len(rest)
    wanted = max(window, 2 * targets ** (1 / 3), targets / MOST_BLOCKS)
    whole = targets // window
    if whole > 1:
        sums = rest[: whole * window].reshape(whole, window).sum(axis=1)
        wanted = max(wanted, DEPENDENT * window * _correlation_time(sums))
    return window * math.ceil(float(wanted) / window)


def _correlation_time(series: FloatArray) -> float:
    """How many neighbours count as one: 1 + 2 sum of autocorrelations, at least 1.

    The sum ends at the first lag of five times its value; what the subtracted mean takes from every
    autocorrelation is added back. Source: Sokal 1997, Monte Carlo Methods in Statistical Mechanics.
    """
    rest, n = series - series.mean(), len(series)
    transformed = np.fft.rfft(rest, 2 * n)
    products = np.fft.irfft(transformed * np.conj(transformed))[:n]
    if products[0] <= 0:
        return 1.0
    times = 2 * np.cumsum(products / products[0]) - 1
    ended = np.flatnonzero(np.arange(n) >= 5 * times)
    last = int(ended[0]) if len(ended) else n - 1
    return max(1.0, float(times[last]) * (1 + (2 * last + 1) / n))


def _circular_sums(values: FloatArray, length: int) -> FloatArray:
    """The sum of the `length` values from each place on, going round at the end."""
    running = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[:length]]))])
    sums: FloatArray = running[length : length + len(values)] - running[: len(values)]
    return sums


# --- further contrasts -----------------------------------------------------------------------


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """p adjusted for being one of several, in the same order; None stays None.

    Source: Holm 1979, Scandinavian Journal of Statistics 6.
    """
    known = sorted((p, k) for k, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, k) in enumerate(known):
        highest = max(highest, min(1.0, (len(known) - rank) * p))
        adjusted[k] = highest
    return adjusted


# --- curves ----------------------------------------------------------------------------------


class Bounds(NamedTuple):
    """Lower and upper ends, one per column; NaN where there is none."""

    low: FloatArray
    high: FloatArray


def curve_bands(
    numerators: FloatArray,
    denominators: FloatArray,
    together: Sequence[Sequence[int]],
    rng: np.random.Generator,
    confidence: float,
) -> Bounds:
    """Intervals of sum(numerators) / (ln 2 sum(denominators)), one per column.

    Studentized bootstrap over units, symmetric: estimate ± quantile of |t| × standard error. The
    columns of one entry of `together` share the quantile of their largest |t|, so that their bands
    hold in all of them at once. No band below six units: the resamples of fewer say too little.

    Args:
        numerators, denominators: (units, columns); denominators 0 where a unit does not reach.
    """
    columns = numerators.shape[1]
    low, high = np.full(columns, np.nan), np.full(columns, np.nan)
    units = (denominators > 0).sum(axis=0)
    usable = [k for k in range(columns) if units[k] >= minimum_units(confidence)]
    if not usable:
        return Bounds(low, high)
    drawn = _studentized([(numerators[:, k], denominators[:, k]) for k in usable], rng, CURVE_DRAWS)
    away = {k: np.abs(t_values) for k, t_values in zip(usable, drawn, strict=True)}
    shared = {k: [j for j in group if j in away] for group in together for k in group}
    for k in usable:
        largest = np.max([away[j] for j in shared.get(k, [k])], axis=0)
        above = math.floor((1 - confidence) * CURVE_DRAWS * (1 + 1e-12))
        multiplier = -float(np.partition(-largest, above - 1)[above - 1])
        delta = ratio(numerators[:, k], denominators[:, k])
        half = multiplier * standard_error(numerators[:, k], denominators[:, k])
        low[k], high[k] = delta - half, delta + half
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
    level = normal_level(_half_width(len(names), confidence))
    low, high = np.quantile(np.concatenate(medians), [1 - level, level])
    return Slowdown(float(np.median(ratios)), float(low), float(high))


def _portions(draws: int, units: int) -> Iterator[int]:
    """`draws` in pieces that keep memory small, the same for the same numbers."""
    at_a_time = max(1, _CELLS // max(1, units))
    while draws > 0:
        yield min(draws, at_a_time)
        draws -= at_a_time
