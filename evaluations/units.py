"""What one task computes, in which order: pure, and the same on every machine.

`units_of(arm, targets)` is the list of units of a task (document x arm): the prefix in chunks that
carry their state on, then, for every effective context length, its blocks in batches of equal
shape. Batch shapes decide float32 bits, so they follow from the targets alone, never from what is
left to do: a resumed task computes the same numbers.

`parts_of` cuts the units of a long document into parts that several workers compute at the same
time: blocks need nothing of each other, nor do the windows of a prefix under `reset`. The units
stay what they are, so the bits do too.

Arms of one checkpoint share what they compute until their states part: in a block that no reset
falls into, a reset arm reads what the carry arm reads. Such blocks are taken from the carry arm's
batches, and `work_key` names a unit by all that its losses depend on, so that equal units are
computed once, in this evaluation or another one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluations.records import Arm, Block, Canonical, DocumentTargets, IntArray, Policy, Span
from evaluations.targets import blocks, effective_context, is_unbroken, spans_of
from longssm_core.canonical import CHUNK, DTYPE, TOKENS_AT_ONCE

PREFIX_UNIT = 4_096  # tokens; a multiple of every chunk length
PART_TOKENS = 32_768  # read in one part, at least: a shorter task is not worth its claim
MOST_PARTS = 32  # of one task
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


@dataclass(frozen=True)
class SharedUnit:
    """The losses that a reset arm has in common with the carry arm of its checkpoint.

    batch: as the carry arm reads it; unbroken: for each of its blocks, whether no reset falls
    into it. The others are read again, with their resets.
    """

    batch: BlocksUnit
    unbroken: tuple[bool, ...]

    @property
    def context_length(self) -> int:
        """Of the batch."""
        return self.batch.context_length

    @property
    def ranges(self) -> tuple[Span, ...]:
        """Positions of the losses that are taken over, in their order."""
        return BlocksUnit(self.context_length, self._kept).ranges

    @property
    def read_tokens(self) -> int:
        """None: the carry arm's task has read them, as a rule."""
        return 0

    def taken(self, nll: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of the losses of the whole batch, those of the unbroken blocks."""
        rows = nll.reshape(len(self.batch.blocks), -1)
        taken: NDArray[np.float32] = rows[np.array(self.unbroken)].reshape(-1)
        return taken

    @property
    def _kept(self) -> tuple[Block, ...]:
        pairs = zip(self.batch.blocks, self.unbroken, strict=True)
        return tuple(block for block, is_kept in pairs if is_kept)


Unit = PrefixUnit | BlocksUnit | SharedUnit


def canonical() -> Canonical:
    """What this version computes at a time."""
    return Canonical(
        chunk=CHUNK,
        tokens_at_once=TOKENS_AT_ONCE,
        prefix_unit=PREFIX_UNIT,
        batch_tokens=READ_TOKENS,
        dtype=DTYPE,
    )


def units_of(arm: Arm, targets: DocumentTargets) -> tuple[Unit, ...]:
    """All units of one document under one arm, in the order in which they are computed."""
    prefix = [
        PrefixUnit(Span(start, min(start + PREFIX_UNIT, targets.prefix)))
        for start in range(0, targets.prefix, PREFIX_UNIT)
    ]
    contexts = sorted({effective_context(arm, length) for length in targets.lengths})
    batches = [unit for c in contexts for unit in _block_units(arm, targets, c)]
    return (*prefix, *batches)


class Part(NamedTuple):
    """Units [start, stop) of a task; the first one needs no state of those before it."""

    start: int
    stop: int


def parts_of(arm: Arm, units: Sequence[Unit]) -> tuple[Part, ...]:
    """All units in pieces that need nothing of each other; empty: they are done in one go.

    Under `carry` the prefix is one piece, since every unit of it goes on from the one before; under
    `reset` a new one may begin where a unit and a window do.
    """
    size = max(PART_TOKENS, -(-read_tokens(units) // MOST_PARTS))
    starts, held = [0], 0
    for index, unit in enumerate(units):
        if held >= size and begins_blank(arm, unit):
            starts.append(index)
            held = 0
        held += unit.read_tokens
    pieces = zip(starts, [*starts[1:], len(units)], strict=True)
    return tuple(Part(*piece) for piece in pieces) if len(starts) > 1 else ()


def begins_blank(arm: Arm, unit: Unit) -> bool:
    """Whether reading the unit needs no state of the units before it."""
    if not isinstance(unit, PrefixUnit) or unit.span.start == 0:
        return True
    return arm.policy is Policy.RESET and unit.span.start % (arm.window or 1) == 0


def work_key(
    document: str, arm: Arm, unit: PrefixUnit | BlocksUnit, scorer: str, rows: int = 1
) -> str:
    """SHA-256 over all that the losses of a unit depend on: equal keys, equal bits.

    Args:
        document: SHA-256 of its text.
        arm: whose checkpoint reads, and how.
        unit: tokens and shape of the batch.
        scorer: what computes: versions of the code and its libraries, and the device.
        rows: documents that the run reads side by side; prefixes under `carry` depend on it.
    """
    if isinstance(unit, PrefixUnit):
        read: object = ["prefix", unit.span.start, unit.span.stop]
    else:
        read = [[one.read_from, one.targets.start, one.targets.stop] for one in unit.blocks]
    facts = [document, arm.fingerprint, arm.policy.value, arm.window, read, scorer]
    if rows > 1 and isinstance(unit, PrefixUnit) and arm.policy is Policy.CARRY:
        facts.append(rows)
    return hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode("utf-8")).hexdigest()


def as_carry(arm: Arm) -> Arm:
    """The arm that reads a `SharedUnit`'s batch: the same checkpoint, its state never dropped."""
    return arm.model_copy(update={"policy": Policy.CARRY, "window": None})


class Gathered(NamedTuple):
    """Blocks of a document moved next to each other, so that only what they read is held.

    blocks: where they are now; reads: which tokens of the document belong where; length: of all.
    """

    blocks: tuple[Block, ...]
    reads: tuple[tuple[int, Span], ...]
    length: int


def gathered(blocks: Sequence[Block], window: int | None) -> Gathered:
    """The same blocks, in the same order, with what lies between them left out.

    Each is moved by a multiple of the window: resets are counted from the document's start. One
    that is read from the document's start stays there.
    """
    grid, end = window or 1, 0
    moved, reads = [], []
    for block in sorted(set(blocks), key=lambda block: block.read_from):
        by = 0
        if block.read_from > 0:  # 0 is the document's start, which no other block may come to
            by = -((block.read_from - max(1, end)) // grid) * grid
        moved.append((block, by))
        end = max(end, block.targets.stop + by)
        reads.append((block.read_from + by, Span(block.read_from, block.targets.stop)))
    shifts = dict(moved)
    return Gathered(tuple(_moved(block, shifts[block]) for block in blocks), tuple(reads), end)


def _moved(block: Block, by: int) -> Block:
    targets = Span(block.targets.start + by, block.targets.stop + by)
    return Block(block.read_from + by, targets)


def read_tokens(units: Iterable[Unit]) -> int:
    """The work in `units`, in tokens read."""
    return sum(unit.read_tokens for unit in units)


def positions(ranges: Iterable[Span]) -> IntArray:
    """Token offsets of `ranges`, one after the other."""
    parts = [np.arange(span.start, span.stop, dtype=np.int64) for span in ranges]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _block_units(
    arm: Arm, targets: DocumentTargets, context: int
) -> Iterator[BlocksUnit | SharedUnit]:
    """All blocks of one effective context: what is shared with carry first, then the rest."""
    found = blocks(targets, context)
    if arm.policy is Policy.RESET and context in targets.lengths:  # else carry does not read them
        for batch in _batches(found):
            unbroken = tuple(is_unbroken(block, arm) for block in batch)
            if any(unbroken):
                yield SharedUnit(BlocksUnit(context, batch), unbroken)
        found = tuple(block for block in found if not is_unbroken(block, arm))
    for batch in _batches(found):
        yield BlocksUnit(context, batch)


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
