"""Quality against length: sums of one document under one arm, and the three curves made of them.

`arm_sums` reduces losses to `ArmSums` (after it nothing looks at single tokens), `curve_points`
pools them over documents into `CurvePoint`s: matched (the same targets, more and more context),
prefix (mean up to a position) and position (mean inside a bucket), both log-spaced. Intervals are
by document, or by group where one is declared, and hold for all points of one curve at once.
`document_curves` are the same curves of each text by itself. Where a reset arm is compared, a
fourth curve goes by the place in its window, for all arms: what a blank start costs (place).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from evaluations.baselines import second_half
from evaluations.metrics import Totals, bits_per_byte, perplexity
from evaluations.paired import by_group, curve_bands
from evaluations.records import (
    Arm,
    CurveKind,
    CurvePoint,
    Document,
    DocumentCurve,
    DocumentTargets,
    RunLosses,
    Span,
    TokenLosses,
)
from evaluations.targets import (
    Seen,
    byte_spans,
    effective_context,
    seen,
    seen_from_start,
    target_hash,
)

FIRST_EDGE = 4  # tokens; positions double from here
DIGITS = 6  # of the curves of single documents
REACHED = 0.5  # share of the documents below which a position is not drawn


@dataclass(frozen=True)
class ArmSums:
    """One document under one arm: sums over its targets and its prefix."""

    matched: Mapping[int, Totals]  # by context length
    spans: Mapping[int, tuple[Span, ...]]  # bytes that were scored, by context length
    contexts: Mapping[int, Seen]  # what the targets had read, by context length
    prefix: tuple[Totals, ...]  # up to each of `edges`
    second_half: Totals  # of the prefix, counted in bytes: where the simple models are scored
    places: Mapping[int, tuple[Totals, ...]]  # by window W: the prefix by place in windows of W
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


def places(window: int) -> tuple[int, ...]:
    """Upper edges of the buckets of places in a window of W tokens: 1, 2, 4, ... W."""
    return (*(2**k for k in range((window - 1).bit_length())), window)


# --- one document under one arm --------------------------------------------------------------


def arm_sums(
    targets: DocumentTargets, arm: Arm, losses: RunLosses, windows: Sequence[int] = ()
) -> ArmSums | None:
    """The sums of one document under one arm; None while any of its losses is missing.

    Args:
        windows: of the reset arms of the plan.
    """
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
            Totals.of(at_length),
            byte_spans(at_length),
            seen(targets, arm, context),
            _is_finite(at_length),
        )
    by_length = {c: found[effective_context(arm, c)] for c in targets.lengths}
    return ArmSums(
        matched={c: scored.totals for c, scored in by_length.items()},
        spans={c: scored.spans for c, scored in by_length.items()},
        contexts={c: scored.seen for c, scored in by_length.items()},
        prefix=_prefix_totals(prefix, edges(targets.prefix)),
        second_half=_second_half(prefix),
        places={window: _place_totals(prefix, window) for window in windows},
        is_finite=_is_finite(prefix) and all(scored.is_finite for scored in found.values()),
    )


class _Scored(NamedTuple):
    totals: Totals
    spans: tuple[Span, ...]
    seen: Seen
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
    first = second_half(prefix.token_bytes)
    return Totals(
        float(prefix.nll[first:].sum(dtype="float64")),
        len(prefix.nll) - first,
        int(prefix.token_bytes[first:].sum()),
    )


def _place_totals(prefix: TokenLosses, window: int) -> tuple[Totals, ...]:
    """The prefix by place in windows of W tokens, without the first window: it is the cold start.

    Place 1 is the first token after a reset.
    """
    at = places(window)
    bucket = np.searchsorted(at, prefix.positions[window:] % window + 1)
    nll, sizes, tokens = (
        np.bincount(bucket, weights=values, minlength=len(at))
        for values in (prefix.nll[window:], prefix.token_bytes[window:], np.ones(len(bucket)))
    )
    return tuple(
        Totals(float(nats), int(count), int(size))
        for nats, count, size in zip(nll, tokens, sizes, strict=True)
    )


# --- curves over documents -------------------------------------------------------------------


class _Column(NamedTuple):
    """One point of one curve before pooling: the totals of each document, None where it ends."""

    kind: CurveKind
    arm: str
    length: int
    totals: list[Totals | None]
    seen: Seen | None
    target_hash: str


def curve_points(
    arms: Sequence[Arm],
    lengths: Sequence[int],
    scored: Sequence[Scored],
    rng: np.random.Generator,
    confidence: float = 0.95,
    window: int | None = None,
) -> tuple[CurvePoint, ...]:
    """All points of all curves that at least one document reaches.

    Args:
        arms: of the plan.
        lengths: context lengths of the matched curve, ascending.
        scored: documents that are complete under every arm.
        rng: draws the resamples, shared by all points.
        confidence: of the intervals; None below six documents.
        window: of the reset arm that is compared; None: there is no curve by place.
    """
    found = _columns(arms, lengths, scored, window) if scored else ()
    # a token may have no byte of its own, where a character counts with the token before
    columns = [one for one in found if any(totals and totals.bytes for totals in one.totals)]
    if not columns:
        return ()
    groups = [one.document.group for one in scored]
    nll = _matrix(columns, groups, lambda totals: totals.nll)
    sizes = _matrix(columns, groups, lambda totals: float(totals.bytes))
    of_curve: dict[tuple[str, CurveKind], list[int]] = {}
    for k, column in enumerate(columns):
        of_curve.setdefault((column.arm, column.kind), []).append(k)
    low, high = curve_bands(nll, sizes, list(of_curve.values()), rng, confidence)
    return tuple(_point(column, float(low[k]), float(high[k])) for k, column in enumerate(columns))


def document_curves(
    arms: Sequence[Arm], scored: Sequence[Scored], window: int | None = None
) -> tuple[DocumentCurve, ...]:
    """Every curve of every document under `arms`, as far as that document reaches."""
    return tuple(
        curve
        for one in scored
        for arm in arms
        for kind in CurveKind
        if (curve := _document_curve(one, arm.name, kind, window)).lengths
    )


def _document_curve(one: Scored, arm: str, kind: CurveKind, window: int | None) -> DocumentCurve:
    sums = one.sums[arm]
    if kind is CurveKind.MATCHED:
        found = dict(sums.matched)
    elif kind is CurveKind.PREFIX:
        found = {totals.tokens: totals for totals in sums.prefix}
    elif kind is CurveKind.PLACE:
        found = (
            {} if window is None else dict(zip(places(window), sums.places[window], strict=True))
        )
    else:
        buckets = [_bucket(sums.prefix, k) for k in range(len(sums.prefix))]
        ends = [totals.tokens for totals in sums.prefix]
        found = {end: here for end, here in zip(ends, buckets, strict=True) if here is not None}
    found = {length: totals for length, totals in found.items() if totals.bytes}
    return DocumentCurve(
        document=one.document.id,
        arm=arm,
        kind=kind,
        lengths=tuple(found),
        bits_per_byte=tuple(round(bits_per_byte(totals), DIGITS) for totals in found.values()),
        perplexity=tuple(round(perplexity(totals), DIGITS) for totals in found.values()),
        target_bytes=tuple(totals.bytes for totals in found.values()),
    )


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
    arms: Sequence[Arm], lengths: Sequence[int], scored: Sequence[Scored], window: int | None
) -> Iterable[_Column]:
    positions = edges(max((one.targets.prefix for one in scored), default=0))
    positions = positions[: _reached_by_enough(scored, positions)]
    for arm in arms:
        yield from _matched_columns(arm, lengths, scored)
        sums = [one.sums[arm.name] for one in scored]
        buckets = [
            seen_from_start(arm, start, stop)
            for start, stop in zip((0, *positions), positions, strict=False)
        ]
        so_far = list(accumulate(buckets, Seen.with_more))
        for k, stop in enumerate(positions):
            totals = [one.prefix[k] if k < len(one.prefix) else None for one in sums]
            yield _Column(
                CurveKind.PREFIX,
                arm.name,
                stop,
                totals,
                so_far[k],
                _range_hash(scored, arm, None, k),
            )
        for k, stop in enumerate(positions):
            totals = [_bucket(one.prefix, k) for one in sums]
            yield _Column(
                CurveKind.POSITION,
                arm.name,
                stop,
                totals,
                buckets[k],
                _range_hash(scored, arm, k - 1 if k else None, k),
            )
        if window is not None:
            yield from _place_columns(arm, window, scored)


def _place_columns(arm: Arm, window: int, scored: Sequence[Scored]) -> Iterable[_Column]:
    sums = [one.sums[arm.name].places[window] for one in scored]
    first = 1
    for k, last in enumerate(places(window)):
        totals = [own[k] if own[k].tokens else None for own in sums]
        where = f"places {first}-{last} of {window}"
        chosen = target_hash(
            (f"{one.document.id} {where}", (Span(0, one.targets.in_bytes.prefix),))
            for one, found in zip(scored, totals, strict=True)
            if found is not None
        )
        yield _Column(CurveKind.PLACE, arm.name, last, totals, None, chosen)
        first = last + 1


def _matched_columns(
    arm: Arm, lengths: Sequence[int], scored: Sequence[Scored]
) -> Iterable[_Column]:
    sums = [one.sums[arm.name] for one in scored]
    for c in lengths:
        contexts = [one.contexts[c] for one in sums if c in one.contexts]
        if contexts:
            yield _Column(
                CurveKind.MATCHED,
                arm.name,
                c,
                [one.matched.get(c) for one in sums],
                reduce(Seen.with_more, contexts),
                matched_hash(scored, arm.name, c),
            )


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


def _range_hash(scored: Sequence[Scored], arm: Arm, before: int | None, k: int) -> str:
    """The hash of what lies between two of the `edges`, or before the first of them, in bytes."""
    reaching = [(one, one.sums[arm.name].prefix) for one in scored]
    return target_hash(
        (one.document.id, (Span(0 if before is None else prefix[before].bytes, prefix[k].bytes),))
        for one, prefix in reaching
        if k < len(prefix)
    )


def _matrix(
    columns: Sequence[_Column], groups: Sequence[str | None], value: Callable[[Totals], float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(units, columns) of sums, 0 where a document does not reach."""
    rows = [[0.0 if one is None else value(one) for one in column.totals] for column in columns]
    return by_group(np.array(rows).T, groups)


def _point(column: _Column, low: float, high: float) -> CurvePoint:
    reached = [totals for totals in column.totals if totals is not None]
    total, seen = pooled(reached), column.seen
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
        context_mean=seen and seen.total / seen.targets,
        context_min=seen and seen.least,
        context_max=seen and seen.most,
    )
