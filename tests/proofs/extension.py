"""Whether the classes of length extension are false no more often than they say, by simulation.

Every row draws evaluations in which the truth lies on the border of a class: at "fails" every
length is worse than the training length by exactly epsilon, at "strong" every one is better by
exactly delta, at "weak" the longest is worse by exactly epsilon. How often the class is given all
the same must stay below 5 %, less three binomial standard errors of the count. Where the documents'
differences are strongly skewed (exponential) signs are not exact: those rows may reach 10 %.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from evaluations.extension import Losses, extension_class
from evaluations.paired import LN2
from evaluations.records import DecisionRule, Extension, FloatArray

SHORT, FULL = 200, 1_000  # simulated evaluations of a row
UNITS = (6, 10, 20, 50)  # documents
SPREAD, SHARED = 0.02, 0.7  # bits per byte; share of the variance that all lengths have in common
LENGTHS = (16, 64, 256, 1024)
RULE = DecisionRule(primary_length=1024, short_length=16)

Noise = Callable[[np.random.Generator, tuple[int, int]], FloatArray]
DISTRIBUTIONS: dict[str, tuple[Noise, float]] = {  # mean 0, deviation 1; the share allowed
    "normal": (lambda rng, shape: rng.normal(size=shape), 0.05),
    "heavy tails": (lambda rng, shape: rng.standard_t(3, size=shape) / math.sqrt(3), 0.05),
    "skewed to worse": (lambda rng, shape: rng.exponential(size=shape) - 1, 0.10),
    "skewed to better": (lambda rng, shape: 1 - rng.exponential(size=shape), 0.10),
}
BORDERS: dict[str, tuple[tuple[float, float, float], frozenset[Extension]]] = {
    "fails": ((RULE.short_margin,) * 3, frozenset({Extension.FAILS})),
    "strong": ((-RULE.margin,) * 3, frozenset({Extension.STRONG})),
    "weak or better": (
        (0.0, 0.0, RULE.short_margin),
        frozenset({Extension.WEAK, Extension.MONOTONE, Extension.STRONG}),
    ),
}


class Row(NamedTuple):
    """How often a class was given that is false, and how often at most it may be."""

    false: str  # the class
    distribution: str
    units: int
    share: float
    allowed: float
    runs: int

    @property
    def met(self) -> bool:
        """Whether the share, less what counting itself may add, is allowed."""
        return self.share - 3 * math.sqrt(self.allowed * (1 - self.allowed) / self.runs) <= (
            self.allowed
        )


def drawn(noise: Noise, rng: np.random.Generator, units: int, changes: tuple[float, ...]) -> Losses:
    """An evaluation whose true changes from T are these; documents of log-normal length."""
    together, own = noise(rng, (units, 1)), noise(rng, (units, len(changes)))
    off = SPREAD * (math.sqrt(SHARED) * together + math.sqrt(1 - SHARED) * own)
    sizes = 1e4 * np.exp(0.5 * rng.normal(size=units))
    bits = 2.0 + np.concatenate([np.zeros((units, 1)), np.asarray(changes) + off], axis=1)
    return Losses(LN2 * sizes[:, None] * bits, sizes)


def extension_rows(runs: int, rng: np.random.Generator) -> list[Row]:
    """Every border under every distribution and number of documents."""
    return [
        one_row(border, name, units, runs, rng)
        for border in BORDERS
        for name in DISTRIBUTIONS
        for units in UNITS
    ]


def one_row(border: str, distribution: str, units: int, runs: int, rng: np.random.Generator) -> Row:
    """One row: `runs` evaluations with the truth on the border."""
    (noise, allowed), (changes, classes) = DISTRIBUTIONS[distribution], BORDERS[border]
    given = [
        extension_class("B", LENGTHS, drawn(noise, rng, units, changes), RULE, rng).extension
        for _ in range(runs)
    ]
    share = sum(one in classes for one in given) / runs
    return Row(border, distribution, units, share, allowed, runs)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether to count as long as the documentation says."""
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} evaluations a row")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print every row; 1 when one of them is missed."""
    started, runs = time.perf_counter(), FULL if options.full else SHORT
    rows = extension_rows(runs, np.random.default_rng(options.seed))
    print(f"{'false class':16}{'documents differ':20}{'n':>4}{'share':>9}{'allowed':>9}")
    for row in rows:
        print(
            f"{row.false:16}{row.distribution:20}{row.units:>4}{row.share:>9.4f}{row.allowed:>9.2f}"
            f"{'' if row.met else '  MISSED'}"
        )
    print(f"{runs:,} evaluations a row, seed {options.seed}, {time.perf_counter() - started:.0f} s")
    return 0 if all(row.met for row in rows) else 1
