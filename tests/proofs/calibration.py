"""Whether the intervals, p-values and powers that the product states are true, by simulation.

Every row draws evaluations from a distribution with a known difference, gives them to the functions
that the product calls (`evaluations.paired`, `power`, `seeds`), and counts. A row is met when its
share, less what counting itself may add (three binomial standard errors), lies within its bounds.
The distributions, sizes and the goals of coverage, false winners and power were fixed before the
results were looked at; those of the mixture (see `MIXTURE`), one document, bands, seeds and
extended evaluations after first short runs. `docs/calibration.md` holds the last full table.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.signal import lfilter

from evaluations.paired import (
    LN2,
    WATCHED_UNITS,
    Estimate,
    always_valid,
    by_group,
    compare_all,
    curve_bands,
    if_skewed,
    one_document,
)
from evaluations.power import detectable_effect
from evaluations.records import FloatArray
from evaluations.seeds import across_seeds
from evaluations.validity import holds_if_skewed

SHORT, FULL = 200, 10_000  # simulated evaluations of a row
SIZES = (6, 10, 20, 50)  # documents
AT_A_TIME = 50  # evaluations that share their draws
SIMULATED_DRAWS = 1_000  # instead of 10,000: the ends are noisier, if anything
DIFFERENCE, SPREAD = -0.03, 0.05  # bits per byte: true difference, deviation of a document's own
MARGIN = -DIFFERENCE  # δ: the truth lies just where nothing may be proven
LOOKS = 100  # documents of an evaluation that is looked at after each
PILOTS, PILOT_UNITS = 20, 200
EXTENDED = (20, 40)  # documents at the first and at the second decision
SEEDS = 3
TEXT, WINDOW = 8_192, 64  # targets of one long document, and the longest window of its arms


class Documents(NamedTuple):
    """Differences in nats and sizes in bytes of the units of one evaluation."""

    differences: FloatArray
    sizes: FloatArray


Draw = Callable[[np.random.Generator, int, float], Documents]


# --- distributions: every one has the given difference as its ratio of expectations ------------


def _documents(noise: FloatArray, sizes: FloatArray, difference: float) -> Documents:
    return Documents(LN2 * sizes * (difference + SPREAD * noise), sizes)


def equal(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """Normal noise, documents of one length."""
    return _documents(rng.normal(size=units), np.full(units, 1e4), difference)


def long_and_short(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """Normal noise, lengths log-normal (deviation 1: the longest of 50 is ten times the median)."""
    return _documents(rng.normal(size=units), _lengths(rng, units), difference)


def skewed(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """Exponential noise (skewness 2), lengths log-normal (deviation 0.5)."""
    noise = rng.exponential(size=units) - 1
    return _documents(noise, _lengths(rng, units, 0.5), difference)


def heavy_tails(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """Student's t with 3 degrees of freedom, lengths log-normal (deviation 0.5)."""
    noise = rng.standard_t(3, size=units) / math.sqrt(3)
    return _documents(noise, _lengths(rng, units, 0.5), difference)


def grows_with_length(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """The longer the document, the larger its difference: ratio and mean of ratios part."""
    sizes = _lengths(rng, units, 0.5)
    expected = 1e4 * math.exp(0.125)
    extra = LN2 * difference * (sizes - expected)
    found = _documents(rng.normal(size=units), sizes, difference)
    return Documents(found.differences + extra, sizes)


def groups(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """Groups of 1 to 9 documents that share half of their variance; the unit is the group."""
    counts = rng.integers(1, 10, size=units)
    names = [str(group) for group, count in enumerate(counts) for _ in range(count)]
    shared = np.repeat(rng.normal(size=units), counts)
    noise = (shared + rng.normal(size=len(names))) / math.sqrt(2)
    one = _documents(noise, np.full(len(names), 1e4), difference)
    return Documents(*by_group(np.column_stack(one), names).T)


def log_normal(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """Log-normal noise (deviation 1 of the logarithm, skewness 6), lengths log-normal (0.5)."""
    noise = (rng.lognormal(size=units) - math.exp(0.5)) / math.sqrt((math.e - 1) * math.e)
    return _documents(noise, _lengths(rng, units, 0.5), difference)


MIXTURE = 0.1  # a sample without any document of that kind cannot know of it: its share is allowed


def mixture(rng: np.random.Generator, units: int, difference: float) -> Documents:
    """One document in ten loses ten deviations of the others more; lengths log-normal (0.5)."""
    rare = rng.random(units) < MIXTURE
    noise = np.where(rare, 3.0, -1 / 3) + 0.3 * rng.normal(size=units)
    return _documents(noise, _lengths(rng, units, 0.5), difference)


def _lengths(rng: np.random.Generator, units: int, deviation: float = 1.0) -> FloatArray:
    return 1e4 * np.exp(deviation * rng.normal(size=units))


DISTRIBUTIONS: dict[str, Draw] = {
    "normal, equal lengths": equal,
    "normal, skewed lengths": long_and_short,
    "skewed": skewed,
    "heavy tails": heavy_tails,
    "grows with length": grows_with_length,
    "groups": groups,
}
EXTREME: dict[str, Draw] = {"log-normal": log_normal, "mixture": mixture}


def same_twice(draw: Draw, rng: np.random.Generator, units: int) -> Documents:
    """An A/A evaluation: each document's difference has a sign by chance."""
    one = draw(rng, units, 0.0)
    return Documents(one.differences * rng.choice([-1.0, 1.0], size=units), one.sizes)


def one_text(rng: np.random.Generator, difference: float, dependence: float = 0.9) -> FloatArray:
    """Token differences, nats: autocorrelated, and worse after every window's blank start."""
    drawn = rng.normal(size=TEXT + 2_000) * math.sqrt(1 - dependence**2)
    noise = lfilter([1.0], [1.0, -dependence], drawn)[2_000:]
    periodic = np.where(np.arange(TEXT) % WINDOW < 8, 1.0, -8 / (WINDOW - 8))
    found: FloatArray = LN2 * (difference + 0.1 * noise + 0.2 * periodic)
    return found


# --- rows ------------------------------------------------------------------------------------


class Row(NamedTuple):
    """One line of the table: a share that was counted, and where it has to lie."""

    what: str
    distribution: str
    units: int  # documents, or groups of them
    share: float
    low: float
    high: float
    evaluations: int
    without: float = 0.0  # share of evaluations that state nothing: too few, no interval
    has_goal: bool = True  # or only shown

    @property
    def tolerance(self) -> float:
        """Three standard errors of counting, at the nearer bound."""
        near = min(max(self.share, self.low), self.high)
        near = min(max(near, 1 / self.evaluations), 1 - 1 / self.evaluations)
        return 3 * math.sqrt(near * (1 - near) / self.evaluations)

    @property
    def met(self) -> bool:
        """Whether the share can be that of a calibrated method."""
        low, high = self.low - self.tolerance, self.high + self.tolerance
        return not self.has_goal or low <= self.share <= high


def rows(evaluations: int, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> Iterator[Row]:
    """Every row, as it is counted."""
    for name, draw in DISTRIBUTIONS.items():
        for units in sizes:
            rng = np.random.default_rng([seed, units, len(name)])
            yield false_winners(name, draw, units, evaluations, rng)
            yield from coverage(name, draw, units, evaluations, rng)
    for name, draw in EXTREME.items():
        for units in sizes:
            rng = np.random.default_rng([seed, units, len(name)])
            yield from coverage(name, draw, units, evaluations, rng)
    for name, draw in DISTRIBUTIONS.items():
        rng = np.random.default_rng([seed, 1, len(name)])
        yield from wrong_while_watching(name, draw, evaluations, rng)
    for name in ("normal, equal lengths", "skewed", "heavy tails", "groups"):
        for units in sizes:
            rng = np.random.default_rng([seed, 2, units, len(name)])
            yield stated_power(name, DISTRIBUTIONS[name], units, evaluations, rng)
    for name in ("normal, equal lengths", "skewed"):
        for confidence in (0.95, 0.975):
            rng = np.random.default_rng([seed, 4, len(name)])
            yield from extended_once(name, DISTRIBUTIONS[name], confidence, evaluations, rng)
    for name in ("normal, skewed lengths", "skewed"):
        for units in sizes[:-1]:
            rng = np.random.default_rng([seed, 5, units, len(name)])
            yield bands(name, DISTRIBUTIONS[name], units, evaluations, rng)
    yield several_seeds(20, evaluations, np.random.default_rng([seed, 6]))
    for dependence in (0.9, 0.99, 0.999):
        rng = np.random.default_rng([seed, 3, int(1e3 * dependence)])
        yield wrong_about_one_text(dependence, evaluations, rng)


class Found(NamedTuple):
    """One simulated evaluation and what the product says about it."""

    documents: Documents
    estimate: Estimate


def simulated(
    draw: Callable[[], Documents],
    evaluations: int,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Iterator[Found]:
    """Evaluations as the product computes them; those of a batch share their random draws."""
    for start in range(0, evaluations, AT_A_TIME):
        batch = [draw() for _ in range(min(AT_A_TIME, evaluations - start))]
        differences = np.stack([one.differences for one in batch], axis=1)
        sizes = np.stack([one.sizes for one in batch], axis=1)
        found = compare_all(differences, sizes, rng, confidence, SIMULATED_DRAWS)
        yield from map(Found, batch, found)


def false_winners(
    name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator
) -> Row:
    """A/A: how often the interval leaves zero, on either side."""
    found = [e for _, e in simulated(lambda: same_twice(draw, rng, units), evaluations, rng)]
    wrong = sum(not _covers(e, 0.0) for e in found)
    share, without = wrong / evaluations, _without(found)
    return Row("A/A false winners", name, units, share, 0, 0.05, evaluations, without)


def coverage(
    name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator
) -> Iterator[Row]:
    """How often the interval holds the true difference, and how often it is a false Go.

    With 6 documents it may hold more often. A false Go lies below the truth and passes the check
    on skewed differences.
    """
    found = list(simulated(lambda: draw(rng, units, DIFFERENCE), evaluations, rng))
    estimates = [e for _, e in found]
    held = sum(_covers(e, DIFFERENCE) for e in estimates) / evaluations
    without, is_usual = _without(estimates), name in DISTRIBUTIONS
    low, high = (0.93, 1.0) if units < 10 else (0.93, 0.97)
    yield Row(
        "coverage of 95 %", name, units, held, low, high, evaluations, without, has_goal=is_usual
    )
    below = [one for one in found if _is_below(one)]
    missing = (1 - MIXTURE) ** units if name == "mixture" else 0.0
    share = sum(_is_go(one) for one in below) / evaluations
    yield Row("false Go", name, units, share, 0, 0.025 + missing, evaluations, without)


def _is_below(one: Found) -> bool:
    return one.estimate.ci_high is not None and one.estimate.ci_high < DIFFERENCE


def _is_go(one: Found) -> bool:
    upper = one.estimate.ci_high
    assert upper is not None
    return holds_if_skewed(upper, if_skewed(*one.documents, upper), MARGIN).passed


def _covers(found: Estimate, value: float) -> bool:
    """Whether the interval does not exclude the value; no interval excludes none."""
    low, high = found.ci_low, found.ci_high
    return low is None or high is None or low <= value <= high


def _without(found: Sequence[Estimate]) -> float:
    return sum(e.ci_low is None for e in found) / len(found)


def wrong_while_watching(
    name: str, draw: Draw, evaluations: int, rng: np.random.Generator
) -> Iterator[Row]:
    """Looked at after every document: how often any look excludes the truth, A/A and not."""
    for what, truth in (("A/A false winners, all looks", 0.0), ("wrong in any look", DIFFERENCE)):
        wrong = 0
        for _ in range(evaluations):
            one = draw(rng, LOOKS, truth) if truth else same_twice(draw, rng, LOOKS)
            wrong += bool((np.abs(all_looks(one) - truth) > allowed(one)).any())
        yield Row(what, name, LOOKS, wrong / evaluations, 0, 0.05, evaluations)


def all_looks(one: Documents) -> FloatArray:
    """The estimate at every look at which `watch` gives an interval, bits per byte."""
    delta: FloatArray = np.cumsum(one.differences) / (LN2 * np.cumsum(one.sizes))
    return delta[WATCHED_UNITS - 1 :]


def allowed(one: Documents) -> FloatArray:
    """Half the width of the interval of `watch` at the same looks: all of them at once."""
    bits, sizes = one.differences / LN2, one.sizes
    delta = np.cumsum(bits) / np.cumsum(sizes)
    squares = np.cumsum(bits**2) - 2 * delta * np.cumsum(bits * sizes)
    squares += delta**2 * np.cumsum(sizes**2)
    looks = np.arange(WATCHED_UNITS, len(sizes) + 1)
    error = np.sqrt(np.maximum(squares, 0)[WATCHED_UNITS - 1 :] * looks / (looks - 1))
    error /= np.cumsum(sizes)[WATCHED_UNITS - 1 :]
    half: FloatArray = error * [always_valid(int(look), 0.95) for look in looks]
    return half


def stated_power(
    name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator
) -> Row:
    """The effect that is said to be found in 80 of 100 evaluations: how often it is, against -δ.

    Stated from 20 pilots of 200 units each.
    """
    each, proven, unstated = evaluations // PILOTS, 0, 0
    for _ in range(PILOTS):
        effect = detectable_effect(*draw(rng, PILOT_UNITS, DIFFERENCE), units, rng)
        if effect is None:
            unstated += 1
            continue
        truth = -MARGIN - effect
        found = simulated(lambda at=truth: draw(rng, units, at), each, rng)  # type: ignore[misc]
        proven += sum(e.ci_high is not None and e.ci_high < -MARGIN for _, e in found)
    share = proven / max(1, each * (PILOTS - unstated))
    without = unstated / PILOTS
    return Row("stated power of 80 %", name, units, share, 0.77, 0.83, evaluations, without)


def extended_once(
    name: str, draw: Draw, confidence: float, evaluations: int, rng: np.random.Generator
) -> Iterator[Row]:
    """The truth at -δ: how often 20 documents prove too much, or these and 20 more do.

    Go has to pass the check on skewed differences; without it the outcome is Conditional Go.
    """
    first, last = EXTENDED
    whole = [draw(rng, last, DIFFERENCE) for _ in range(evaluations)]
    short = iter([Documents(one.differences[:first], one.sizes[:first]) for one in whole])
    early = simulated(lambda: next(short), evaluations, rng, confidence)
    again = iter(whole)
    late = simulated(lambda: next(again), evaluations, rng, confidence)
    # an interval that holds -δ is extended, every other one decides
    decided = [
        other if _covers(one.estimate, DIFFERENCE) else one
        for one, other in zip(early, late, strict=True)
    ]
    below = [one for one in decided if _is_below(one)]
    go, any_go = (
        sum(_is_go(one) for one in below) / evaluations,
        len(below) / evaluations,
    )
    what = f"extended once at {confidence:.1%}"
    yield Row(f"false Go, {what}", name, last, go, 0, 0.025, evaluations)
    # as often as each of two looks may be wrong on one side
    most, is_usual = 1 - confidence, name != "skewed"
    yield Row(
        f"or conditional, {what}", name, last, any_go, 0, most, evaluations, has_goal=is_usual
    )


def bands(name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator) -> Row:
    """A curve of five lengths: how often its bands hold the truth at all lengths at once."""
    held = 0
    for _ in range(evaluations):
        one = draw(rng, units, DIFFERENCE)
        own = 0.5 * SPREAD * rng.normal(size=(units, 5))
        sizes = np.repeat(one.sizes[:, None], 5, axis=1)
        differences = one.differences[:, None] + LN2 * sizes * own
        found = curve_bands(differences, sizes, [range(5)], rng, 0.95)
        held += bool(((found.low <= DIFFERENCE) & (found.high >= DIFFERENCE)).all())
    return Row("bands of a curve", name, units, held / evaluations, 0.93, 1.0, evaluations)


def several_seeds(units: int, evaluations: int, rng: np.random.Generator) -> Row:
    """Three training runs of each arm, whose own deviation is that of ten documents."""
    held = 0
    for _ in range(evaluations):
        one = long_and_short(rng, units, DIFFERENCE)
        weights = LN2 * one.sizes[:, None] * SPREAD
        own = [
            weights
            * (rng.normal(size=SEEDS) / math.sqrt(10) + 0.3 * rng.normal(size=(units, SEEDS)))
            for _ in range(2)
        ]
        found = across_seeds(own[0], one.differences[:, None] + own[1], one.sizes, rng)
        held += _covers(found, DIFFERENCE)
    name = "normal, skewed lengths"
    return Row("coverage, 3 seeds an arm", name, units, held / evaluations, 0.93, 1.0, evaluations)


def wrong_about_one_text(dependence: float, evaluations: int, rng: np.random.Generator) -> Row:
    """One long document under reset and carry: how often its interval misses the truth."""
    sizes = np.ones(TEXT, dtype=np.int64)
    found = [
        one_document(one_text(rng, DIFFERENCE, dependence), sizes, WINDOW, rng)
        for _ in range(evaluations)
    ]
    wrong = sum(not _covers(e, DIFFERENCE) for e in found) / evaluations
    name = f"periodic, autocorrelation {dependence}"
    return Row("wrong, one document", name, 1, wrong, 0, 0.07, evaluations, _without(found))


# --- the command -----------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this proof."""
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} evaluations a row")
    parser.add_argument("--evaluations", type=int, default=None)


def line(row: Row) -> str:
    """A row of the printed table."""
    goal = f"{row.low:.0%} to {row.high:.0%}" if row.low else f"at most {row.high:.1%}"
    cells = (
        row.what,
        row.distribution,
        str(row.units),
        f"{row.share:.1%} ± {row.tolerance:.1%}",
        goal if row.has_goal else "(shown)",
        f"{row.without:.0%}",
        ("○" if row.met else "×") if row.has_goal else "",
    )
    return "| " + " | ".join(cells) + " |"


def run(options: argparse.Namespace) -> int:
    """Print the table; 1 where a row is missed."""
    evaluations = options.evaluations or (FULL if options.full else SHORT)
    started, missed = time.monotonic(), 0
    print("| what | distribution | documents | share | goal | without | |")
    print("|---|---|---|---|---|---|---|")
    for row in rows(evaluations):
        missed += not row.met
        print(line(row), flush=True)
    minutes = (time.monotonic() - started) / 60
    print(f"\n{evaluations:,} evaluations a row, {missed} rows missed, {minutes:.1f} minutes")
    return int(missed > 0)
