"""What one task computes, in which order: pure, and the same on every machine.

`units_of(arm, targets)` is the list of units of a task (document x arm): the prefix in chunks that
carry their state on, then, for every effective context length, its blocks in batches of equal
shape. Batch shapes decide float32 bits, so they follow from the targets alone, never from what is
left to do: a resumed task computes the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from evaluations.records import Arm, Block, DocumentTargets, IntArray, Span
from evaluations.targets import blocks, effective_context, spans_of

PREFIX_UNIT = 4_096  # tokens; a multiple of every chunk length
READ_TOKENS = 32_768  # in one batch of blocks, unless a single block is longer


@dataclass(frozen=True)
class PrefixUnit:
    """Tokens [start, stop) from the document's start, read on from the state at `start`."""

    span: Span

    @property
    def context_length(self) -> None:
        """None: the prefix is read under the arm's own policy."""
        return None

    @property
    def ranges(self) -> tuple[Span, ...]:
        """Positions of the losses, in their order."""
        return (self.span,)

    @property
    def read_tokens(self) -> int:
        """Tokens that the model reads."""
        return self.span.stop - self.span.start


@dataclass(frozen=True)
class BlocksUnit:
    """Blocks of one shape, read in one batch, each from a blank state."""

    context_length: int  # effective: what the arm can see at most
    blocks: tuple[Block, ...]

    @property
    def ranges(self) -> tuple[Span, ...]:
        """Positions of the losses, in their order; neighbours are joined."""
        return spans_of(positions(block.targets for block in self.blocks))

    @property
    def read_tokens(self) -> int:
        """Tokens that the model reads."""
        return sum(block.targets.stop - block.read_from for block in self.blocks)


Unit = PrefixUnit | BlocksUnit


def units_of(arm: Arm, targets: DocumentTargets) -> tuple[Unit, ...]:
    """All units of one document under one arm, in the order in which they are computed."""
    prefix = [
        PrefixUnit(Span(start, min(start + PREFIX_UNIT, targets.prefix)))
        for start in range(0, targets.prefix, PREFIX_UNIT)
    ]
    contexts = sorted({effective_context(arm, length) for length in targets.lengths})
    batches = [
        BlocksUnit(context, batch)
        for context in contexts
        for batch in _batches(blocks(targets, context))
    ]
    return (*prefix, *batches)


def read_tokens(units: Iterable[Unit]) -> int:
    """The work in `units`, in tokens read."""
    return sum(unit.read_tokens for unit in units)


def positions(ranges: Iterable[Span]) -> IntArray:
    """Token offsets of `ranges`, one after the other."""
    parts = [np.arange(span.start, span.stop, dtype=np.int64) for span in ranges]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _batches(found: Iterable[Block]) -> Iterator[tuple[Block, ...]]:
    """Blocks of one shape together, as many as READ_TOKENS allow."""
    shapes: dict[tuple[int, int], list[Block]] = {}
    for block in found:
        context = block.targets.start - block.read_from
        shapes.setdefault((context, block.targets.stop - block.targets.start), []).append(block)
    for (context, scored), same in shapes.items():
        rows = max(1, READ_TOKENS // (context + scored))
        for first in range(0, len(same), rows):
            yield tuple(same[first : first + rows])
