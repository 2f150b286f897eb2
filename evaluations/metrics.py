"""Numbers made from losses: `Totals` (sums that can be added up) and one function per metric.

A metric is registered with `@metric(unit=..., direction=...)` and takes `Totals`; `METRICS` lists
them for screens and reports, `find_metric` names them on a miss. Every metric is a ratio of sums:
documents are pooled by adding their totals, never by averaging their ratios.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from evaluations.errors import NothingToScore
from evaluations.records import TokenLosses

Direction = Literal["lower", "higher"]


@dataclass(frozen=True)
class Totals:
    """Sums over scored tokens. `characters` is None where they were not counted."""

    nll: float  # nats
    tokens: int
    bytes: int  # UTF-8 bytes of the stored text
    characters: int | None = None

    @classmethod
    def of(cls, losses: TokenLosses, characters: int | None = None) -> Totals:
        """The sums of one document under one arm."""
        return cls(
            nll=float(losses.nll.sum(dtype="float64")),
            tokens=len(losses.nll),
            bytes=int(losses.token_bytes.sum()),
            characters=characters,
        )

    def __add__(self, other: Totals) -> Totals:
        both_counted = self.characters is not None and other.characters is not None
        return Totals(
            self.nll + other.nll,
            self.tokens + other.tokens,
            self.bytes + other.bytes,
            (self.characters or 0) + (other.characters or 0) if both_counted else None,
        )


@dataclass(frozen=True)
class Metric:
    """A registered metric: what it is called, in which unit, and which way is better."""

    name: str
    unit: str
    direction: Direction
    compute: Callable[[Totals], float]

    def __call__(self, totals: Totals) -> float:
        """The number itself."""
        return self.compute(totals)


_METRICS: dict[str, Metric] = {}
METRICS: Mapping[str, Metric] = MappingProxyType(_METRICS)


def metric(
    *, unit: str, direction: Direction
) -> Callable[[Callable[[Totals], float]], Callable[[Totals], float]]:
    """Registers a function of `Totals` under its own name.

    Raises:
        ValueError: another metric has that name.
    """

    def register(compute: Callable[[Totals], float]) -> Callable[[Totals], float]:
        name = compute.__name__
        if name in _METRICS:
            raise ValueError(f"metric {name!r} is registered twice")
        _METRICS[name] = Metric(name, unit, direction, compute)
        return compute

    return register


def find_metric(name: str) -> Metric:
    """The metric of that name.

    Raises:
        KeyError: there is none; the message lists those that exist.
    """
    if name not in _METRICS:
        raise KeyError(f"no metric {name!r}; there are {', '.join(sorted(_METRICS))}")
    return _METRICS[name]


@metric(unit="bit/byte", direction="lower")
def bits_per_byte(totals: Totals) -> float:
    """Total nats over ln 2 times the UTF-8 bytes of the targets: compares across vocabularies."""
    if totals.bytes == 0:
        raise NothingToScore("error.nothing_to_score")
    return totals.nll / (math.log(2) * totals.bytes)


@metric(unit="per token", direction="lower")
def perplexity(totals: Totals) -> float:
    """exp of the mean nats per token: compares within one vocabulary only."""
    if totals.tokens == 0:
        raise NothingToScore("error.nothing_to_score")
    mean = totals.nll / totals.tokens
    return math.exp(min(mean, 700.0))  # beyond it a float overflows; such a model is broken anyway


@metric(unit="bit/character", direction="lower")
def bits_per_character(totals: Totals) -> float:
    """Total nats over ln 2 times the characters, where those were counted.

    Japanese characters have three bytes each, which makes bits per byte look small.
    """
    if not totals.characters:
        raise NothingToScore("error.nothing_to_score")
    return totals.nll / (math.log(2) * totals.characters)
