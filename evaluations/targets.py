"""Which tokens of a document are scored, and after how much context.

`context_lengths` (the lengths of a plan), `choose_targets` (the same tokens for every arm and
length, drawn by a seed), `blocks` (one blank start each), `effective_context` (a reset arm never
sees more than its window), `seen` (what the targets had really read) and `target_hash` (equal for
all arms, or nothing is compared). The worker reads and scores the blocks; here are only numbers of
tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from evaluations.errors import RefusedPlan
from evaluations.records import (
    Arm,
    Block,
    Depth,
    DocumentTargets,
    IntArray,
    Policy,
    Span,
    TokenLosses,
)


class Amount(NamedTuple):
    """How much of a document is read and scored at one depth, in tokens."""

    prefix: int | None  # read from the start; None: the whole document
    spans: int
    span: int | None  # targets in each span; None: everything after the burn-in
    minimum_targets: int  # a length with fewer targets behind it is not carried
    longest: int  # no context length beyond it, unless there would be too few


AMOUNTS: dict[Depth, Amount] = {
    Depth.QUICK: Amount(prefix=8_192, spans=2, span=512, minimum_targets=512, longest=4_096),
    Depth.STANDARD: Amount(
        prefix=32_768, spans=4, span=1_024, minimum_targets=1_024, longest=65_536
    ),
    Depth.PRECISE: Amount(prefix=None, spans=1, span=None, minimum_targets=1_024, longest=65_536),
}
READ_WHOLE = 4 << 20  # tokens up to which a precise run reads and scores all of a document
_PRECISE_OF_LONG = Amount(
    prefix=READ_WHOLE, spans=64, span=65_536, minimum_targets=1_024, longest=65_536
)
SHIPPED_LENGTHS = (16, 64, 256, 1_024, 4_096)  # T is 16 or 64
SHORTEST, LEAST_LENGTHS, LEAST_BEYOND = 16, 5, 2


def amount_of(depth: Depth, tokens: int) -> Amount:
    """How much of a document of so many tokens is read: never more for being longer still."""
    is_long = depth is Depth.PRECISE and tokens > READ_WHOLE
    return _PRECISE_OF_LONG if is_long else AMOUNTS[depth]


@dataclass(frozen=True)
class TooShort:
    """A document that cannot be scored at any context length, with what it would have needed."""

    document: str
    tokens: int
    needed: int  # tokens, for the shortest context length
    burn_in: int
    minimum_targets: int


# --- lengths ---------------------------------------------------------------------------------


def context_lengths(
    training_length: int, depth: Depth, requested: Sequence[int] | None = None
) -> tuple[int, ...]:
    """Context lengths of a plan, ascending: at least five, at least two beyond the training length.

    With T = 16 or 64 both are the same ladder, so that pairs can be laid side by side; otherwise
    T/4, T, 4T, 16T, ... What was `requested` is taken as it is, with T added: short texts are
    compared there.

    Raises:
        RefusedPlan: a requested length is not positive.
    """
    if requested is not None:
        if not requested or min(requested) < 1:
            raise RefusedPlan("plan.lengths_invalid", lengths=", ".join(map(str, requested)))
        return tuple(sorted({int(c) for c in requested} | {training_length}))
    if training_length in (16, 64):
        return SHIPPED_LENGTHS if depth is Depth.QUICK else (*SHIPPED_LENGTHS, 16_384)
    longest = AMOUNTS[depth].longest
    beyond = [c for k in range(1, 5) if (c := training_length * 4**k) <= longest]
    if len(beyond) < LEAST_BEYOND:  # a long training length: two lengths beyond it all the same
        beyond = [2 * training_length, 4 * training_length]
    below = [c for k in range(1, LEAST_LENGTHS) if (c := training_length // 4**k) >= SHORTEST]
    below = below[: max(1, LEAST_LENGTHS - 1 - len(beyond))]
    between = [c for k in range(4) if (c := training_length * 2 * 4**k) <= longest]
    missing = max(0, LEAST_LENGTHS - 1 - len(beyond) - len(below))
    return tuple(sorted({*below, training_length, *between[:missing], *beyond}))


def effective_context(arm: Arm, context_length: int) -> int:
    """The context length that `arm` can use: a reset arm drops its state after W tokens.

    Resets count from the document's start, so every blank start W or more before a block gives
    the same losses: a curve above W is one computation. A `window` arm reaches further back than
    its W, through its layers.
    """
    if arm.policy is Policy.RESET and arm.window is not None:
        return min(context_length, arm.window)
    return context_length


# --- targets ---------------------------------------------------------------------------------


def choose_targets(
    document_id: str,
    tokens: int,
    lengths: Sequence[int],
    burn_in: int,
    depth: Depth,
    seed: int,
) -> DocumentTargets | TooShort:
    """The tokens of a document that all arms score at all the lengths that it can carry.

    A length c is carried when `minimum_targets` tokens are left after the first max(burn_in, c)
    tokens. All targets lie behind the longest carried length, so that they are the same at every
    length. One span is drawn in each of equal strata of that region; where it is too small for
    that, all of it is scored.

    Args:
        document_id: SHA-256 of the text; with `seed` it places the spans.
        tokens: of the whole document.
        lengths: context lengths of the plan.
        burn_in: tokens at the start that belong to the cold start, the largest T or W of all arms.
        depth: how many spans of how many targets.
        seed: of the plan.
    """
    amount = amount_of(depth, tokens)
    carried = tuple(
        c for c in sorted(lengths) if _first_target(burn_in, c) + amount.minimum_targets <= tokens
    )
    if not carried:
        needed = _first_target(burn_in, min(lengths)) + amount.minimum_targets
        return TooShort(document_id, tokens, needed, burn_in, amount.minimum_targets)
    first = _first_target(burn_in, carried[-1])
    spans = _stratified(first, tokens, amount, _generator(document_id, seed))
    prefix = tokens if amount.prefix is None else min(tokens, amount.prefix)
    return DocumentTargets(document_id, spans, carried, prefix)


def least_tokens(context_length: int, burn_in: int, depth: Depth) -> int:
    """Tokens that a document must have to be scored with so much context."""
    return _first_target(burn_in, context_length) + AMOUNTS[depth].minimum_targets


def blocks(targets: DocumentTargets, context_length: int) -> tuple[Block, ...]:
    """The spans cut into blocks of at most c targets, each read from a blank state c before it.

    A target sees c to 2c - 1 tokens before it. Blocks never overlap: each target is scored once.
    """
    return tuple(
        Block(max(0, start - context_length), Span(start, min(start + context_length, span.stop)))
        for span in targets.spans
        for start in range(span.start, span.stop, context_length)
    )


class Seen(NamedTuple):
    """Tokens that targets had read since the last blank state: sum and extremes."""

    total: int
    targets: int
    least: int
    most: int

    @classmethod
    def of(cls, contexts: IntArray) -> Seen:
        """Over the context of each target, at least one."""
        return cls(int(contexts.sum()), len(contexts), int(contexts.min()), int(contexts.max()))

    def with_more(self, other: Seen) -> Seen:
        """Both together."""
        return Seen(
            self.total + other.total,
            self.targets + other.targets,
            min(self.least, other.least),
            max(self.most, other.most),
        )


def seen(targets: DocumentTargets, arm: Arm, context_length: int) -> Seen:
    """What the targets had read at one context length.

    A target at offset p of a block that is read from a blank state at r has read p - r tokens:
    c to 2c - 1. Under `reset` the state is dropped again at every multiple of W before it, where
    the token in front of the border is read again, so it has read W at most.
    """
    c = effective_context(arm, context_length)

    def of_piece(offsets: IntArray, span: Span) -> Seen:
        block = span.start + (offsets - span.start) // c * c
        return Seen.of(offsets - np.maximum(block - c, _blank_before(arm, offsets)))

    pieces = ((offsets, span) for span in targets.spans for offsets in _offsets(span))
    return reduce(Seen.with_more, (of_piece(offsets, span) for offsets, span in pieces))


def seen_from_start(arm: Arm, start: int, stop: int) -> Seen:
    """What the tokens [start, stop) of a document had read, under the arm's own policy."""
    pieces = _offsets(Span(start, stop))
    return reduce(Seen.with_more, (Seen.of(at - _blank_before(arm, at)) for at in pieces))


def _offsets(span: Span) -> Iterator[IntArray]:
    """Its tokens, at most a million at a time."""
    for start in range(span.start, span.stop, 1 << 20):
        yield np.arange(start, min(start + (1 << 20), span.stop), dtype=np.int64)


def _blank_before(arm: Arm, offsets: IntArray) -> IntArray:
    """The first token that is still remembered at each offset, from the document's start on."""
    if arm.policy is not Policy.RESET or arm.window is None:
        return np.zeros_like(offsets)
    return np.maximum(offsets // arm.window * arm.window - 1, 0)


def is_unbroken(block: Block, arm: Arm) -> bool:
    """Whether `arm` keeps its state from the block's blank start to its last target.

    A reset arm drops it before every token whose offset is a multiple of W. Dropped before the
    first token that is predicted, it was blank already.
    """
    if arm.policy is not Policy.RESET or arm.window is None:
        return True
    predicted = block.read_from + 1 if block.read_from > 0 else 0
    return (block.targets.stop - 1) // arm.window * arm.window <= predicted


def spans_of(positions: IntArray) -> tuple[Span, ...]:
    """Runs of consecutive token offsets."""
    if positions.size == 0:
        return ()
    breaks = np.flatnonzero(np.diff(positions) != 1)
    starts = np.concatenate([positions[:1], positions[breaks + 1]])
    stops = np.concatenate([positions[breaks], positions[-1:]]) + 1
    return tuple(Span(int(a), int(b)) for a, b in zip(starts, stops, strict=True))


def byte_spans(losses: TokenLosses) -> tuple[Span, ...]:
    """The bytes of the text that were scored: one span for every run of consecutive tokens."""
    starts, ends = losses.byte_offsets, losses.byte_offsets + losses.token_bytes
    breaks = np.flatnonzero(np.diff(losses.positions) != 1) + 1
    first, last = np.append(0, breaks), np.append(breaks, len(starts)) - 1
    if not len(starts):
        return ()
    return tuple(Span(int(starts[a]), int(ends[b])) for a, b in zip(first, last, strict=True))


def target_hash(targets: Iterable[tuple[str, Sequence[Span]]]) -> str:
    """SHA-256 over document ids (hashes of their text) and the bytes of them that were scored.

    Args:
        targets: document id and spans in UTF-8 bytes of its text, whatever the tokenizer.
    """
    digest = hashlib.sha256()
    for document, spans in sorted(targets, key=lambda pair: pair[0]):
        ranges = ",".join(f"{span.start}-{span.stop}" for span in spans)
        digest.update(f"{document}:{ranges}\n".encode())
    return digest.hexdigest()


def _first_target(burn_in: int, context_length: int) -> int:
    # one more, so that no block starts at the document's start: all blank starts are of one kind
    return max(burn_in, context_length) + 1


def _stratified(
    first: int, tokens: int, amount: Amount, rng: np.random.Generator
) -> tuple[Span, ...]:
    available = tokens - first
    if amount.span is None or available < amount.spans * amount.span:
        return (Span(first, tokens),)
    edges = [first + available * k // amount.spans for k in range(amount.spans + 1)]
    starts = [int(rng.integers(low, high - amount.span + 1)) for low, high in pairwise(edges)]
    return _joined([Span(start, start + amount.span) for start in starts])


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans that touch are one: `spans_of` finds the same ones from the positions."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].stop == span.start:
            joined[-1] = Span(joined[-1].start, span.stop)
        else:
            joined.append(span)
    return tuple(joined)


def _generator(document_id: str, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(f"targets:{seed}:{document_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
