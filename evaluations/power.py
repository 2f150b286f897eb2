"""How many documents it takes: the power of the test that `paired.compare` makes, by simulation.

In reading order: `ends` (intervals of imitated evaluations), `detectable_effect`, `power`,
`documents_needed`, `documents_to_add`. An evaluation of n units is imitated by n drawn from the
units that are there, a pilot's or those of the evaluation itself, and the product's own interval is
made of them. The interval moves with the truth, so one set of imitations gives the power against
every distance from -δ.
"""

from __future__ import annotations

import math

import numpy as np

from evaluations.paired import LN2, Bounds, compare_all, minimum_units, ratio
from evaluations.records import FloatArray

POWER = 0.8
NEEDED_CAP = 10_000
IMITATED = 300  # evaluations: their share is within 2.3 points of the power
DRAWS = 600  # of each of them
SIMULATED_UNITS = 60  # beyond them the ends shrink with the root of the number


def ends(
    differences: FloatArray,
    sizes: FloatArray,
    units: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
    imitated: int = IMITATED,
) -> Bounds:
    """Lower and upper ends of imitated evaluations less the truth, bits per byte, (imitated,).

    Args:
        differences, sizes: d and b of the pilot's units, nats and bytes.
        units: of each imitated evaluation.
        imitated: how many.
    """
    known = len(sizes)
    # drawn units vary less than those they were drawn from, by (n - 1) / n
    rest = (differences - LN2 * ratio(differences, sizes) * sizes) * math.sqrt(known / (known - 1))
    simulated = min(units, max(SIMULATED_UNITS, minimum_units(confidence)))
    drawn = rng.integers(0, known, size=(simulated, imitated))
    # a high confidence asks for the second of many draws
    draws = max(DRAWS, math.ceil(4 / (1 - confidence)))
    found = compare_all(rest[drawn], sizes[drawn], rng, confidence, draws)
    shrunk = math.sqrt(simulated / units)
    low = [shrunk * (-math.inf if e.ci_low is None else e.ci_low) for e in found]
    high = [shrunk * (math.inf if e.ci_high is None else e.ci_high) for e in found]
    return Bounds(np.array(low), np.array(high))


def detectable_effect(
    differences: FloatArray,
    sizes: FloatArray,
    units: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
    imitated: int = IMITATED,
) -> float | None:
    """How far below -δ the truth must lie to be found there in 80 of 100 evaluations of `units`.

    None where so few units never find anything, or the pilot has too few to imitate any.
    """
    if len(sizes) < minimum_units(confidence) or units < minimum_units(confidence):
        return None
    found = ends(differences, sizes, units, rng, confidence, imitated)
    reached = float(np.quantile(found.high, POWER))
    return reached if math.isfinite(reached) else None


def power(bounds: Bounds, gap: float) -> float:
    """Share of evaluations whose interval leaves -δ when the truth is -δ + `gap`."""
    left = bounds.high < -gap if gap < 0 else bounds.low > -gap
    return float(np.mean(left))


def documents_needed(
    differences: FloatArray,
    sizes: FloatArray,
    margin: float,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> int:
    """Further units until the interval leaves -margin, with a power of 80 %; at most the cap.

    On whichever side of -margin the estimate lies, as if it were the truth.

    Args:
        differences, sizes: d and b of the units so far, nats and bytes; at least two.
        margin: δ, positive, bits per byte.
    """
    units, least = len(sizes), minimum_units(confidence)
    gap = ratio(differences, sizes) + margin
    if gap == 0:
        return NEEDED_CAP
    seeds = iter(rng.spawn(64))

    def is_enough(total: int) -> bool:
        found = ends(differences, sizes, total, next(seeds), confidence)
        return power(found, gap) >= POWER

    most = ends(differences, sizes, SIMULATED_UNITS, next(seeds), confidence)
    if power(most, gap) < POWER:
        reached = np.quantile(most.high if gap < 0 else -most.low, POWER)
        total = SIMULATED_UNITS * (float(reached) / abs(gap)) ** 2
        return NEEDED_CAP if total >= NEEDED_CAP else max(0, math.ceil(total) - units)
    low, high = least, max(SIMULATED_UNITS, least)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return max(0, low - units)


def documents_to_add(further: int, share: float) -> int:
    """Documents to add so that `further` of them are scored, when a share only calibrates."""
    return min(NEEDED_CAP, math.ceil(further / (1 - share) - 1e-9))
