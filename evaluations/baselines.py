"""Two simple models of a text, to see whether a checkpoint knows it at all.

`simple_models` fits a unigram and an order-2 byte model on the first half of a text and scores
its second half. Smoothing is Witten-Bell interpolation down to the uniform distribution over 256
bytes: P_k(x | context) = (count(context x) + kinds(context) P_{k-1}(x)) / (count(context) +
kinds(context)), where kinds is the number of different bytes seen after the context. A checkpoint
is compared on the same second half, though it has read the first half just once, untrained on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluations.errors import NothingToScore
from evaluations.records import Baselines, FloatArray, IntArray

SYMBOLS = 256


def second_half(token_bytes: IntArray) -> int:
    """Index of the first token of the half that is scored: no byte of it lies before the middle."""
    before = np.cumsum(token_bytes) - token_bytes
    return int(np.searchsorted(before, token_bytes.sum() // 2))


def simple_models(text: bytes, half: int | None = None) -> Baselines:
    """Bits per byte of the unigram and the order-2 model on the second half of `text`.

    Args:
        half: first byte of what is scored, where a checkpoint's tokens do not part in the middle.

    Raises:
        NothingToScore: no byte in one of the two parts.
    """
    if half is None:
        half = len(text) // 2
    if not 0 < half < len(text):
        raise NothingToScore("error.nothing_to_score")
    symbols = np.frombuffer(text, dtype=np.uint8).astype(np.int64)
    probability: FloatArray = np.full(len(text) - half, 1 / SYMBOLS)
    bits: list[float] = []
    for order in range(3):
        probability = _interpolate(symbols, half, order, probability)
        bits.append(float(-np.log2(probability).mean()))
    return Baselines(unigram=bits[0], order2=bits[2])


def pooled_baselines(parts: Sequence[tuple[Baselines, int]]) -> Baselines | None:
    """The baselines of several documents, each weighted by its scored bytes; None without any."""
    total = sum(size for _, size in parts)
    if total == 0:
        return None
    return Baselines(
        unigram=sum(one.unigram * size for one, size in parts) / total,
        order2=sum(one.order2 * size for one, size in parts) / total,
    )


def _interpolate(symbols: IntArray, half: int, order: int, lower: FloatArray) -> FloatArray:
    """P_order of every byte of the second half, given P_{order-1} of the same bytes.

    A context at the start of the second half reaches back into the first.
    """
    context = np.zeros(len(symbols), dtype=np.int64)
    for back in range(1, order + 1):
        context[order:] += symbols[order - back : len(symbols) - back] * SYMBOLS ** (back - 1)
    event = context * SYMBOLS + symbols
    fitted, scored = slice(order, half), slice(half, len(symbols))
    seen_events, event_counts = np.unique(event[fitted], return_counts=True)
    seen_contexts, context_counts = np.unique(context[fitted], return_counts=True)
    kinds_contexts, kinds = np.unique(seen_events // SYMBOLS, return_counts=True)
    followed_by = _look_up(seen_events, event_counts, event[scored])
    followed = _look_up(seen_contexts, context_counts, context[scored])
    different = _look_up(kinds_contexts, kinds, context[scored])
    known = followed > 0
    result = lower.copy()  # an unseen context says nothing: the lower order stands
    result[known] = (followed_by[known] + different[known] * lower[known]) / (
        followed[known] + different[known]
    )
    return result


def _look_up(keys: IntArray, counts: IntArray, wanted: IntArray) -> FloatArray:
    """The count of every wanted key, 0 where it was never seen."""
    if keys.size == 0:
        return np.zeros(len(wanted))
    index = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: FloatArray = np.where(keys[index] == wanted, counts[index], 0).astype(np.float64)
    return found
