"""What a task computes: every target once at every length, in batches that never depend on luck."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evaluations.records import Arm, DocumentTargets, Policy, Span
from evaluations.targets import effective_context
from evaluations.units import PREFIX_UNIT, READ_TOKENS, BlocksUnit, positions, read_tokens, units_of

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
        units = [unit for unit in units_of(arm, targets) if isinstance(unit, BlocksUnit)]
        for context in {effective_context(arm, length) for length in targets.lengths}:
            own = [unit for unit in units if unit.context_length == context]
            scored = sorted(t for unit in own for t in positions(unit.ranges).tolist())
            assert scored == expected


@given(some_targets())
def test_the_prefix_is_read_once_from_its_start_to_its_end(targets):
    prefix = [unit for unit in units_of(CARRY, targets) if not isinstance(unit, BlocksUnit)]
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
    contexts = [unit.context_length for unit in units_of(RESET, targets)]
    assert contexts == [None, 16, 16, 64, 64]  # 500 targets leave a shorter block over
    assert read_tokens(units_of(RESET, targets)) < read_tokens(units_of(CARRY, targets))


def test_neighbouring_blocks_are_stored_as_one_range():
    targets = DocumentTargets("d", (Span(100, 180),), (16,), prefix=10)
    _, blocks = units_of(CARRY, targets)
    assert blocks.ranges == (Span(100, 180),)
