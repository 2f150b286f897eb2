import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.errors import RefusedPlan
from evaluations.records import Depth, DocumentTargets, InBytes, Span, TokenLosses
from evaluations.targets import (
    Seen,
    TooShort,
    blocks,
    byte_spans,
    choose_targets,
    context_lengths,
    effective_context,
    seen,
    seen_from_start,
    spans_of,
    target_hash,
)
from evaluations.tokens import MappedTokens, in_bytes, packed, starts
from longssm_core.scoring import segments
from longssm_core.tokenizer import TokenizedText
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
    positions = np.array([5, 6, 7, 10, 20, 21])
    assert spans_of(positions) == (Span(5, 8), Span(10, 11), Span(20, 22))
    assert spans_of(positions[:0]) == ()


# --- what the targets had really read ---------------------------------------------------------

EIGHT = DocumentTargets("d" * 64, (Span(100, 108),), (4,), 200)


def test_a_target_behind_a_blank_start_has_read_c_to_2c_minus_1_tokens():
    # blocks [100, 104) from 96 and [104, 108) from 100: 4, 5, 6, 7 and again
    assert seen(EIGHT, arm("zero", None), 4) == Seen(total=44, targets=8, least=4, most=7)


def test_a_target_of_a_reset_arm_has_read_its_window_at_most():
    # with W = 3 state is dropped at 99, 102, 105 and the token in front of the border read again:
    # 2 3, 1 2 3, 1 2 3
    assert seen(EIGHT, arm("zero", 3), 4) == Seen(total=17, targets=8, least=1, most=3)


def test_from_the_start_a_token_has_read_what_is_before_it():
    assert seen_from_start(arm("zero", None), 0, 4) == Seen(0 + 1 + 2 + 3, 4, 0, 3)
    # W = 2: 0 1, then 1 2, 1 2 with the token in front of the border
    assert seen_from_start(arm("zero", 2), 0, 6) == Seen(0 + 1 + 1 + 2 + 1 + 2, 6, 0, 2)


@given(
    tokens=st.integers(600, 5_000),
    window=st.sampled_from([None, 7, 16, 64, 300]),
    context=st.sampled_from([4, 16, 64, 256]),
)
def test_what_was_read_is_what_the_core_reads(tokens, window, context):
    targets = choose_targets("a" * 64, tokens, (context,), 16, Depth.QUICK, seed=3)
    if isinstance(targets, TooShort):
        return
    reads = arm("zero", window)
    found = [
        target - max(segment.first, 0)
        for block in blocks(targets, effective_context(reads, context))
        for segment in segments(
            (block.read_from, block.targets.start, block.targets.stop), reads.policy.value, window
        )
        for target in range(segment.start, segment.stop)
    ]
    assert seen(targets, reads, context) == Seen(sum(found), len(found), min(found), max(found))


# --- which bytes the targets are ----------------------------------------------------------------


def test_the_bytes_of_tokens_are_those_from_the_first_to_the_last_of_a_run(tmp_path):
    # tokens of 2, 0, 3, 1, 1 and 4 bytes; the second, third and last are scored
    sizes = np.array([2, 0, 3, 1, 1, 4])
    at, chosen = starts(sizes), np.array([1, 2, 5])
    losses = TokenLosses("d", "a", 4, chosen, np.zeros(3, np.float32), sizes[chosen], at[chosen])
    assert byte_spans(losses) == (Span(2, 5), Span(7, 11))
    planned = DocumentTargets("d", (Span(1, 3), Span(5, 6)), (4,), prefix=4)
    (tmp_path / "map").write_bytes(packed(TokenizedText(np.zeros(6, np.int64), sizes)))
    tokens = MappedTokens(tmp_path / "map")
    assert in_bytes(planned, tokens) == InBytes(byte_spans(losses), prefix=6)


def test_for_bytes_the_spans_and_so_the_hash_are_those_of_the_tokens():
    chosen = np.array([5, 6, 7, 10, 20, 21])
    ones = np.ones(6, dtype=np.int64)
    losses = TokenLosses("d", "a", 4, chosen, np.zeros(6, np.float32), ones, chosen)
    assert byte_spans(losses) == spans_of(chosen)
    # as stored by the version before this one
    expected = hashlib.sha256(b"d:5-8,10-11,20-22\n").hexdigest()
    assert target_hash([("d", byte_spans(losses))]) == expected


def test_the_target_hash_knows_the_documents_and_the_tokens_but_not_their_order():
    one, other = ("a", (Span(1, 5),)), ("b", (Span(2, 9), Span(12, 14)))
    assert target_hash([one, other]) == target_hash([other, one])
    assert target_hash([one]) != target_hash([one, other])
    assert target_hash([("a", (Span(1, 6),))]) != target_hash([one])
    assert target_hash([("c", (Span(1, 5),))]) != target_hash([one])
