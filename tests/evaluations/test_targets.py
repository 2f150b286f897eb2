import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.errors import RefusedPlan
from evaluations.records import Depth, DocumentTargets, Span
from evaluations.targets import (
    TooShort,
    blocks,
    choose_targets,
    context_lengths,
    effective_context,
    spans_of,
    target_hash,
)
from tests.evaluations.made_runs import arm

LENGTHS = (16, 64, 256, 1024, 4096)


@pytest.mark.parametrize("depth", list(Depth))
@pytest.mark.parametrize("training_length", [8, 16, 32, 64, 100, 128, 256, 512, 1024, 2048, 8192])
def test_a_plan_has_five_lengths_and_two_beyond_the_training_length(training_length, depth):
    lengths = context_lengths(training_length, depth)
    assert len(lengths) >= 5
    assert sum(c > training_length for c in lengths) >= 2
    assert training_length in lengths
    assert list(lengths) == sorted(set(lengths))


def test_both_shipped_training_lengths_have_the_same_ladder():
    assert context_lengths(16, Depth.QUICK) == context_lengths(64, Depth.QUICK) == LENGTHS
    assert context_lengths(64, Depth.STANDARD) == (*LENGTHS, 16_384)


def test_requested_lengths_are_kept_and_the_training_length_is_added():
    assert context_lengths(16, Depth.QUICK, [1024, 256]) == (16, 256, 1024)


@pytest.mark.parametrize("requested", [[], [0], [256, -1]])
def test_a_length_that_is_not_positive_is_refused(requested):
    with pytest.raises(RefusedPlan):
        context_lengths(16, Depth.QUICK, requested)


def test_a_document_of_24_kilobytes_carries_4096_behind_a_burn_in_of_1024():
    targets = choose_targets("a" * 64, 24_576, LENGTHS, 1024, Depth.STANDARD, seed=1)
    assert isinstance(targets, DocumentTargets)
    assert targets.lengths == LENGTHS
    assert targets.prefix == 24_576
    assert sum(span.stop - span.start for span in targets.spans) == 4096


def test_spans_are_spread_over_the_document():
    targets = choose_targets("a" * 64, 404_097, LENGTHS, 1024, Depth.STANDARD, seed=1)
    quarters = [(span.start - 4097) // 100_000 for span in targets.spans]
    assert quarters == [0, 1, 2, 3]


def test_a_document_keeps_the_lengths_that_leave_enough_targets():
    # burn-in 64; 256 + 1 + 512 targets fit into 800 tokens, 1024 + 1 + 512 do not
    targets = choose_targets("a" * 64, 800, LENGTHS, 64, Depth.QUICK, seed=1)
    assert targets.lengths == (16, 64, 256)
    assert targets.spans == (Span(257, 800),)


def test_a_length_is_carried_from_exactly_the_token_on_that_completes_its_targets():
    for tokens, carried in [(769, (16, 64, 256)), (768, (16, 64))]:
        assert choose_targets("a" * 64, tokens, LENGTHS, 64, Depth.QUICK, 1).lengths == carried


def test_a_document_too_short_for_any_length_says_how_much_it_needs():
    found = choose_targets("a" * 64, 500, LENGTHS, 64, Depth.QUICK, seed=1)
    assert found == TooShort("a" * 64, 500, needed=577, burn_in=64, minimum_targets=512)
    assert isinstance(
        choose_targets("a" * 64, found.needed, LENGTHS, 64, Depth.QUICK, 1), DocumentTargets
    )


def test_the_place_of_the_targets_depends_on_the_seed_and_the_text_only():
    first = choose_targets("a" * 64, 99_999, LENGTHS, 64, Depth.STANDARD, seed=1)
    assert choose_targets("a" * 64, 99_999, LENGTHS, 64, Depth.STANDARD, seed=1) == first
    assert (
        choose_targets("a" * 64, 99_999, LENGTHS, 64, Depth.STANDARD, seed=2).spans != first.spans
    )
    assert (
        choose_targets("b" * 64, 99_999, LENGTHS, 64, Depth.STANDARD, seed=1).spans != first.spans
    )


@settings(deadline=None)  # a busy machine is no defect
@given(
    tokens=st.integers(600, 60_000),
    burn_in=st.sampled_from([16, 64, 256, 1024]),
    depth=st.sampled_from(list(Depth)),
    context=st.sampled_from(LENGTHS),
)
def test_every_target_is_scored_once_at_every_length_and_never_before_the_burn_in(
    tokens, burn_in, depth, context
):
    targets = choose_targets("a" * 64, tokens, LENGTHS, burn_in, depth, seed=3)
    if isinstance(targets, TooShort) or context not in targets.lengths:
        return
    wanted = [p for span in targets.spans for p in range(span.start, span.stop)]
    cut = blocks(targets, context)
    assert [p for b in cut for p in range(b.targets.start, b.targets.stop)] == wanted
    assert len(set(wanted)) == len(wanted)
    assert min(wanted) > max(burn_in, targets.lengths[-1])
    assert max(wanted) < tokens
    for block in cut:
        assert 0 < block.targets.stop - block.targets.start <= context
        assert block.targets.start - block.read_from == context
        assert block.read_from > 0  # no block has the document's start before it


def test_a_reset_arm_never_uses_more_context_than_its_window():
    assert [effective_context(arm("zero", 64), c) for c in (16, 64, 256)] == [16, 64, 64]
    assert [effective_context(arm("zero", None), c) for c in (16, 64, 256)] == [16, 64, 256]


def test_spans_are_found_again_from_the_positions():
    import numpy as np

    positions = np.array([5, 6, 7, 10, 20, 21])
    assert spans_of(positions) == (Span(5, 8), Span(10, 11), Span(20, 22))
    assert spans_of(positions[:0]) == ()


def test_the_target_hash_knows_the_documents_and_the_tokens_but_not_their_order():
    one, other = ("a", (Span(1, 5),)), ("b", (Span(2, 9), Span(12, 14)))
    assert target_hash([one, other]) == target_hash([other, one])
    assert target_hash([one]) != target_hash([one, other])
    assert target_hash([("a", (Span(1, 6),))]) != target_hash([one])
    assert target_hash([("c", (Span(1, 5),))]) != target_hash([one])
