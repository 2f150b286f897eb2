"""Whether the intervals, p-values and powers that the product states are true, by simulation.

Every row draws evaluations from a distribution with a known difference, gives them to the functions
that the product calls (`evaluations.paired`), and counts. A row is met when its share, less what
counting itself may add (three binomial standard errors), lies within its bounds.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from evaluations.paired import LN2, POWER, Estimate, by_group, compare, one_document, power, watch
from evaluations.records import FloatArray

SHORT, FULL = 200, 10_000  # simulated evaluations of a row
SIZES = (6, 10, 20, 50)  # documents
DIFFERENCE, SPREAD = -0.03, 0.05  # bits per byte: true difference, deviation of a document's own
MARGIN = 0.02
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


def same_twice(draw: Draw, rng: np.random.Generator, units: int) -> Documents:
    """An A/A evaluation: each document's difference has a sign by chance."""
    one = draw(rng, units, 0.0)
    return Documents(one.differences * rng.choice([-1.0, 1.0], size=units), one.sizes)


def one_text(rng: np.random.Generator, difference: float) -> FloatArray:
    """Token differences, nats: autocorrelated (0.9), and worse after every window's blank start."""
    noise = rng.normal(size=TEXT + 200)
    for t in range(1, len(noise)):
        noise[t] += 0.9 * noise[t - 1]
    periodic = np.where(np.arange(TEXT) % WINDOW < 8, 1.0, -8 / (WINDOW - 8))
    return LN2 * (difference + 0.1 * noise[200:] * math.sqrt(1 - 0.81) + 0.2 * periodic)


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
    without: float  # share of evaluations that state nothing: too few, no interval

    @property
    def tolerance(self) -> float:
        """Three standard errors of counting, at the nearer bound."""
        near = min(max(self.share, self.low), self.high)
        near = min(max(near, 1 / self.evaluations), 1 - 1 / self.evaluations)
        return 3 * math.sqrt(near * (1 - near) / self.evaluations)

    @property
    def met(self) -> bool:
        """Whether the share can be that of a calibrated method."""
        return self.low - self.tolerance <= self.share <= self.high + self.tolerance


def rows(evaluations: int, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> Iterator[Row]:
    """Every row, as it is counted."""
    for name, draw in DISTRIBUTIONS.items():
        for units in sizes:
            rng = np.random.default_rng([seed, units, len(name)])
            yield false_winners(name, draw, units, evaluations, rng)
            yield coverage(name, draw, units, evaluations, rng)
    for name in ("normal, equal lengths", "skewed", "heavy tails"):
        rng = np.random.default_rng([seed, 1, len(name)])
        yield false_winners_while_watching(name, DISTRIBUTIONS[name], max(sizes), evaluations, rng)
    for units in sizes:
        rng = np.random.default_rng([seed, 2, units])
        yield stated_power("normal, equal lengths", equal, units, evaluations, rng)
    yield coverage_of_one_text(evaluations, np.random.default_rng([seed, 3]))


def false_winners(
    name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator
) -> Row:
    """A/A: how often the interval leaves zero, on either side."""
    found = [compare(*same_twice(draw, rng, units), rng) for _ in range(evaluations)]
    lost = sum(e.ci_low is None for e in found)
    wrong = sum(not _covers(e, 0.0) for e in found)
    return Row(
        "A/A false winners", name, units, wrong / evaluations, 0, 0.05, evaluations,
        lost / evaluations,
    )  # fmt: skip


def coverage(name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator) -> Row:
    """How often the interval holds the true difference; with 6 documents at least that often."""
    found = [compare(*draw(rng, units, DIFFERENCE), rng) for _ in range(evaluations)]
    stated = [e for e in found if e.ci_low is not None]
    held = sum(_covers(e, DIFFERENCE) for e in stated)
    low, high = (0.93, 1.0) if units < 10 else (0.93, 0.97)
    return Row(
        "coverage of 95 %", name, units, held / max(1, len(stated)), low, high, evaluations,
        1 - len(stated) / evaluations,
    )  # fmt: skip


def _covers(found: Estimate, value: float) -> bool:
    """Whether the interval does not exclude the value; no interval excludes none."""
    low, high = found.ci_low, found.ci_high
    return low is None or high is None or low <= value <= high


def false_winners_while_watching(
    name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator
) -> Row:
    """A/A looked at after every document: how often any look excludes zero."""
    wrong = 0
    for _ in range(evaluations):
        differences, sizes = same_twice(draw, rng, units)
        looks = (watch(differences[:n], sizes[:n], MARGIN) for n in range(1, units + 1))
        wrong += any(not _covers(e, 0.0) for e in looks)
    share = wrong / evaluations
    return Row("A/A false winners, all looks", name, units, share, 0, 0.05, evaluations, 0)


def stated_power(
    name: str, draw: Draw, units: int, evaluations: int, rng: np.random.Generator
) -> Row:
    """The effect that is said to be found in 80 of 100 evaluations: how often it is, against -δ."""
    if power(1e3, units) < POWER:
        return Row("stated power of 80 %", name, units, POWER, 0.77, 0.83, evaluations, 1.0)
    effect = brentq(lambda size: power(size, units) - POWER, 1e-3, 30.0)
    truth = -MARGIN - effect * SPREAD
    found = [compare(*draw(rng, units, truth), rng) for _ in range(evaluations)]
    proven = sum(e.ci_high is not None and e.ci_high < -MARGIN for e in found)
    return Row(
        "stated power of 80 %", name, units, proven / evaluations, 0.77, 0.83, evaluations, 0
    )


def coverage_of_one_text(evaluations: int, rng: np.random.Generator) -> Row:
    """One long document under reset and carry: autocorrelated, periodic in the window."""
    sizes = np.ones(TEXT, dtype=np.int64)
    held = 0
    for _ in range(evaluations):
        found = one_document(one_text(rng, DIFFERENCE), sizes, WINDOW, rng)
        held += found.ci_low is not None and _covers(found, DIFFERENCE)
    name = "autocorrelated, periodic"
    return Row("coverage, one document", name, 1, held / evaluations, 0.93, 0.97, evaluations, 0)


# --- the command -----------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this proof."""
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} evaluations a row")
    parser.add_argument("--evaluations", type=int, default=None)


def line(row: Row) -> str:
    """A row of the printed table."""
    goal = f"{row.low:.0%} to {row.high:.0%}" if row.low else f"at most {row.high:.0%}"
    cells = (
        row.what,
        row.distribution,
        str(row.units),
        f"{row.share:.1%} ± {row.tolerance:.1%}",
        goal,
        f"{row.without:.0%}",
        "○" if row.met else "×",
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
