"""Quality against length: sums of one document under one arm, and the three curves made of them.

`arm_sums` reduces losses to `ArmSums` (after it nothing looks at single tokens), `curve_points`
pools them over documents into `CurvePoint`s: matched (the same targets, more and more context),
prefix (mean up to a position) and position (mean inside a bucket), both log-spaced. Intervals are
by document, or by group where one is declared; those of the matched curve hold for all lengths of
an arm at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from evaluations.metrics import Totals, bits_per_byte, perplexity
from evaluations.paired import by_group, curve_bands
from evaluations.records import (
    Arm,
    CurveKind,
    CurvePoint,
    Document,
    DocumentTargets,
    RunLosses,
    Span,
    TokenLosses,
)
from evaluations.targets import effective_context, spans_of, target_hash

FIRST_EDGE = 4  # tokens; positions double from here
REACHED = 0.5  # share of the documents below which a position is not drawn


@dataclass(frozen=True)
class ArmSums:
    """One document under one arm: sums over its targets and its prefix."""

    matched: Mapping[int, Totals]  # by context length
    spans: Mapping[int, tuple[Span, ...]]  # what was scored, by context length
    prefix: tuple[Totals, ...]  # up to each of `edges`
    second_half: Totals  # of the prefix, counted in bytes: where the simple models are scored
    is_finite: bool


@dataclass(frozen=True)
class Scored:
    """One document with the sums of all arms."""

    document: Document
    targets: DocumentTargets
    sums: Mapping[str, ArmSums]


def edges(prefix: int) -> tuple[int, ...]:
    """Positions of the prefix and position curve, in tokens: 4, 8, 16, ... up to `prefix`."""
    if prefix < FIRST_EDGE:
        return ()
    return tuple(FIRST_EDGE * 2**k for k in range(int(math.log2(prefix / FIRST_EDGE)) + 1))


# --- one document under one arm --------------------------------------------------------------


def arm_sums(targets: DocumentTargets, arm: Arm, losses: RunLosses) -> ArmSums | None:
    """The sums of one document under one arm; None while any of its losses is missing."""
    prefix = losses.prefix(targets.document, arm.name)
    if prefix is None or len(prefix.nll) < targets.prefix:
        return None
    found: dict[int, _Scored] = {}
    for c in targets.lengths:
        context = effective_context(arm, c)
        if context in found:
            continue
        at_length = losses.targets(targets.document, arm.name, context)
        if at_length is None:
            return None
        found[context] = _Scored(
            Totals.of(at_length), spans_of(at_length.positions), _is_finite(at_length)
        )
    by_length = {c: found[effective_context(arm, c)] for c in targets.lengths}
    return ArmSums(
        matched={c: scored.totals for c, scored in by_length.items()},
        spans={c: scored.spans for c, scored in by_length.items()},
        prefix=_prefix_totals(prefix, edges(targets.prefix)),
        second_half=_second_half(prefix),
        is_finite=_is_finite(prefix) and all(scored.is_finite for scored in found.values()),
    )


class _Scored(NamedTuple):
    totals: Totals
    spans: tuple[Span, ...]
    is_finite: bool


def _is_finite(losses: TokenLosses) -> bool:
    return bool(np.isfinite(losses.nll).all())


def _prefix_totals(prefix: TokenLosses, at: Sequence[int]) -> tuple[Totals, ...]:
    if not at:
        return ()
    starts = [0, *at[:-1]]
    nll = np.add.reduceat(prefix.nll[: at[-1]].astype(np.float64), starts).cumsum()
    sizes = np.add.reduceat(prefix.token_bytes[: at[-1]], starts).cumsum()
    return tuple(
        Totals(float(nats), tokens, int(size))
        for nats, tokens, size in zip(nll, at, sizes, strict=True)
    )


def _second_half(prefix: TokenLosses) -> Totals:
    before = np.cumsum(prefix.token_bytes) - prefix.token_bytes
    later = before >= prefix.token_bytes.sum() // 2
    return Totals(
        float(prefix.nll[later].sum(dtype="float64")),
        int(later.sum()),
        int(prefix.token_bytes[later].sum()),
    )


# --- curves over documents -------------------------------------------------------------------


class _Column(NamedTuple):
    """One point of one curve before pooling: the totals of each document, None where it ends."""

    kind: CurveKind
    arm: str
    length: int
    totals: list[Totals | None]
    target_hash: str


def curve_points(
    arms: Sequence[Arm],
    lengths: Sequence[int],
    scored: Sequence[Scored],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> tuple[CurvePoint, ...]:
    """All points of all curves that at least one document reaches.

    Args:
        arms: of the plan.
        lengths: context lengths of the matched curve, ascending.
        scored: documents that are complete under every arm.
        rng: draws the resamples, shared by all points.
        confidence: of the intervals; None below six documents.
    """
    columns = list(_columns(arms, lengths, scored)) if scored else []
    if not columns:
        return ()
    groups = [one.document.group for one in scored]
    nll = _matrix(columns, groups, lambda totals: totals.nll)
    sizes = _matrix(columns, groups, lambda totals: float(totals.bytes))
    matched = [
        [
            k
            for k, column in enumerate(columns)
            if column.arm == arm.name and column.kind is CurveKind.MATCHED
        ]
        for arm in arms
    ]
    low, high = curve_bands(nll, sizes, matched, rng, confidence)
    return tuple(_point(column, float(low[k]), float(high[k])) for k, column in enumerate(columns))


def pooled(totals: Iterable[Totals]) -> Totals:
    """All documents as one text: sums of sums."""
    return sum(totals, Totals(0.0, 0, 0))


def matched_hash(scored: Sequence[Scored], arm: str, context_length: int) -> str:
    """The hash of what `arm` really scored at one context length."""
    return target_hash(
        (one.document.id, one.sums[arm].spans[context_length])
        for one in scored
        if context_length in one.targets.lengths
    )


def _columns(
    arms: Sequence[Arm], lengths: Sequence[int], scored: Sequence[Scored]
) -> Iterable[_Column]:
    positions = edges(max((one.targets.prefix for one in scored), default=0))
    positions = positions[: _reached_by_enough(scored, positions)]
    prefix_hashes = [_range_hash(scored, 0, stop) for stop in positions]
    bucket_hashes = [
        _range_hash(scored, start, stop)
        for start, stop in zip((0, *positions), positions, strict=False)
    ]
    for arm in arms:
        sums = [one.sums[arm.name] for one in scored]
        for c in lengths:
            totals = [one.matched.get(c) for one in sums]
            if any(totals):
                yield _Column(
                    CurveKind.MATCHED, arm.name, c, totals, matched_hash(scored, arm.name, c)
                )
        for k, stop in enumerate(positions):
            totals = [one.prefix[k] if k < len(one.prefix) else None for one in sums]
            yield _Column(CurveKind.PREFIX, arm.name, stop, totals, prefix_hashes[k])
        for k, stop in enumerate(positions):
            totals = [_bucket(one.prefix, k) for one in sums]
            yield _Column(CurveKind.POSITION, arm.name, stop, totals, bucket_hashes[k])


def _reached_by_enough(scored: Sequence[Scored], positions: Sequence[int]) -> int:
    """How many positions half of the documents reach: behind them the mix of texts changes."""
    reached = [sum(one.targets.prefix >= stop for one in scored) for stop in positions]
    return sum(count >= REACHED * len(scored) for count in reached)


def _bucket(prefix: Sequence[Totals], k: int) -> Totals | None:
    """Tokens from the edge before up to edge k."""
    if k >= len(prefix):
        return None
    if k == 0:
        return prefix[0]
    here, before = prefix[k], prefix[k - 1]
    return Totals(here.nll - before.nll, here.tokens - before.tokens, here.bytes - before.bytes)


def _range_hash(scored: Sequence[Scored], start: int, stop: int) -> str:
    return target_hash(
        (one.document.id, (Span(start, stop),)) for one in scored if one.targets.prefix >= stop
    )


def _matrix(
    columns: Sequence[_Column], groups: Sequence[str | None], value: Callable[[Totals], float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(units, columns) of sums, 0 where a document does not reach."""
    rows = [[0.0 if one is None else value(one) for one in column.totals] for column in columns]
    return by_group(np.array(rows).T, groups)


def _point(column: _Column, low: float, high: float) -> CurvePoint:
    reached = [totals for totals in column.totals if totals is not None]
    total = pooled(reached)
    return CurvePoint(
        kind=column.kind,
        arm=column.arm,
        context_length=column.length,
        bits_per_byte=bits_per_byte(total),
        perplexity=perplexity(total),
        ci_low=None if math.isnan(low) else low,
        ci_high=None if math.isnan(high) else high,
        documents=len(reached),
        target_bytes=total.bytes,
        target_hash=column.target_hash,
    )
