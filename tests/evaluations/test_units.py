"""What a task computes: every target once at every length, in batches that never depend on luck."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluations.records import Arm, DocumentTargets, Policy, Span
from evaluations.targets import effective_context
from evaluations.units import (
    PREFIX_UNIT,
    READ_TOKENS,
    BlocksUnit,
    PrefixUnit,
    SharedUnit,
    as_carry,
    gathered,
    positions,
    read_tokens,
    units_of,
    work_key,
)
from longssm_core.scoring import segments

CARRY = Arm(
    name="previous+carry",
    checkpoint="c",
    fingerprint="f",
    training_initialization="previous",
    training_length=16,
    policy=Policy.CARRY,
)
RESET = CARRY.model_copy(update={"name": "r", "policy": Policy.RESET, "window": 64})


@st.composite
def some_targets(draw) -> DocumentTargets:
    lengths = tuple(sorted(draw(st.sets(st.sampled_from([16, 64, 256, 1024, 4096]), min_size=1))))
    starts = sorted(draw(st.sets(st.integers(0, 20), min_size=1, max_size=4)))
    first = lengths[-1] + 1
    size = draw(st.integers(1, 500))
    spans = tuple(Span(first + 1_000 * start, first + 1_000 * start + size) for start in starts)
    return DocumentTargets("d", spans, lengths, prefix=draw(st.integers(1, 20_000)))


@given(some_targets())
def test_every_target_is_scored_once_at_every_effective_length(targets):
    expected = sorted(positions(targets.spans).tolist())
    for arm in (CARRY, RESET):
        units = [unit for unit in units_of(arm, targets) if not isinstance(unit, PrefixUnit)]
        for context in {effective_context(arm, length) for length in targets.lengths}:
            own = [unit for unit in units if unit.context_length == context]
            scored = sorted(t for unit in own for t in positions(unit.ranges).tolist())
            assert scored == expected


@given(some_targets())
def test_the_prefix_is_read_once_from_its_start_to_its_end(targets):
    prefix = [unit for unit in units_of(CARRY, targets) if isinstance(unit, PrefixUnit)]
    read = [t for unit in prefix for t in positions(unit.ranges).tolist()]
    assert read == list(range(targets.prefix))
    assert all(unit.read_tokens <= PREFIX_UNIT for unit in prefix)


@given(some_targets())
def test_a_batch_has_one_shape_and_a_bounded_size(targets):
    for unit in units_of(CARRY, targets):
        if isinstance(unit, BlocksUnit):
            shapes = {
                (block.targets.start - block.read_from, block.targets.stop - block.targets.start)
                for block in unit.blocks
            }
            assert len(shapes) == 1
            assert unit.read_tokens <= READ_TOKENS or len(unit.blocks) == 1


def test_a_reset_arm_computes_nothing_twice_above_its_window():
    targets = DocumentTargets("d", (Span(5_000, 5_500),), (16, 64, 256, 1024, 4096), prefix=100)
    contexts = {unit.context_length for unit in units_of(RESET, targets)}
    assert contexts == {None, 16, 64}
    assert read_tokens(units_of(RESET, targets)) < read_tokens(units_of(CARRY, targets))


def test_neighbouring_blocks_are_stored_as_one_range():
    targets = DocumentTargets("d", (Span(100, 180),), (16,), prefix=10)
    _, blocks = units_of(CARRY, targets)
    assert blocks.ranges == (Span(100, 180),)


@given(some_targets(), st.sampled_from([1, 16, 64, 100, 256]))
def test_a_reset_arm_takes_exactly_the_blocks_that_no_reset_falls_into_from_carry(targets, window):
    arm = RESET.model_copy(update={"window": window})
    carry = {unit for unit in units_of(as_carry(arm), targets) if isinstance(unit, BlocksUnit)}
    for unit in units_of(arm, targets):
        if isinstance(unit, SharedUnit):
            assert unit.batch in carry  # the same batch, so the same bits
        for block, shared in blocks_of(unit):
            spec = (block.read_from, block.targets.start, block.targets.stop)
            same = segments(spec, "reset", window) == segments(spec, "carry", None)
            assert shared == (same and unit.context_length in targets.lengths)


def blocks_of(unit):
    """Every block whose losses the unit gives, and whether they come from the carry arm."""
    if isinstance(unit, SharedUnit):
        pairs = zip(unit.batch.blocks, unit.unbroken, strict=True)
        return [(block, True) for block, unbroken in pairs if unbroken]
    return [(block, False) for block in unit.blocks] if isinstance(unit, BlocksUnit) else []


def test_a_key_names_everything_that_the_losses_depend_on():
    targets = DocumentTargets("d", (Span(5_000, 5_500),), (16, 64), prefix=100)
    prefix, first, second, *_ = units_of(CARRY, targets)
    other_weights = CARRY.model_copy(update={"fingerprint": "g"})
    renamed = CARRY.model_copy(update={"name": "another", "checkpoint": "elsewhere"})
    keys = [
        work_key("d", CARRY, prefix, "s"),
        work_key("d", CARRY, first, "s"),
        work_key("d", CARRY, second, "s"),
        work_key("e", CARRY, first, "s"),
        work_key("d", other_weights, first, "s"),
        work_key("d", RESET, first, "s"),
        work_key("d", CARRY, first, "another machine"),
    ]
    assert len(set(keys)) == len(keys)
    assert work_key("d", renamed, first, "s") == keys[1]


@given(some_targets(), st.sampled_from([CARRY, RESET]))
def test_what_is_gathered_for_a_batch_is_what_its_blocks_read_in_their_places(targets, arm):
    document = np.arange(40_000) % 251
    for unit in units_of(arm, targets):
        if not isinstance(unit, BlocksUnit):
            continue
        together = gathered(unit.blocks, arm.window)
        read = np.full(together.length, -1)
        for start, span in together.reads:
            read[start : start + span.stop - span.start] = document[span.start : span.stop]
        assert len(read) <= sum(b.targets.stop - b.read_from + 64 for b in unit.blocks) + 64
        for before, after in zip(unit.blocks, together.blocks, strict=True):
            moved = after.read_from - before.read_from
            assert moved % (arm.window or 1) == 0
            assert (after.read_from == 0) == (before.read_from == 0)
            assert after.targets.start - before.targets.start == moved
            same = document[before.read_from : before.targets.stop]
            assert (read[after.read_from : after.targets.stop] == same).all()
