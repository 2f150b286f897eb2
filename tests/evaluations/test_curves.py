import math

import numpy as np
import pytest

from evaluations.curves import arm_sums, edges
from evaluations.records import CurveKind, DocumentTargets, Span
from tests.evaluations.made_runs import (
    LENGTHS,
    OWN_ARMS,
    PRIMARY,
    ZERO_ARMS,
    B,
    MadeLosses,
    plan,
    snapshot,
)

ONE = DocumentTargets("d" * 64, (Span(5000, 6000), Span(7000, 7500)), LENGTHS, 8192)


def points(found, kind, arm=B):
    return {p.context_length: p for p in found.curve if (p.kind, p.arm) == (kind, arm)}


def test_positions_double_from_four_to_the_end_of_the_prefix():
    assert edges(100) == (4, 8, 16, 32, 64)
    assert edges(128) == (4, 8, 16, 32, 64, 128)
    assert edges(3) == ()


def test_the_prefix_is_the_running_mean_and_the_buckets_are_its_parts():
    losses = MadeLosses({ONE.document: ONE}, token_bytes=3)
    found = arm_sums(ONE, ZERO_ARMS[0], losses)
    nll = losses.prefix(ONE.document, ZERO_ARMS[0].name).nll.astype(float)
    for totals, stop in zip(found.prefix, edges(8192), strict=True):
        assert totals.nll == pytest.approx(nll[:stop].sum())
        assert (totals.tokens, totals.bytes) == (stop, 3 * stop)


def test_the_second_half_is_counted_in_bytes():
    losses = MadeLosses({ONE.document: ONE}, token_bytes=3)
    found = arm_sums(ONE, ZERO_ARMS[0], losses)
    assert found.second_half.bytes == 3 * 8192 // 2
    nll = losses.prefix(ONE.document, ZERO_ARMS[0].name).nll.astype(float)
    assert found.second_half.nll == pytest.approx(nll[4096:].sum())


def test_a_reset_arm_is_asked_for_its_window_once_and_shown_at_every_length():
    asked = []

    class Watching(MadeLosses):
        def targets(self, document, arm, context_length):
            asked.append(context_length)
            return super().targets(document, arm, context_length)

    found = arm_sums(ONE, ZERO_ARMS[1], Watching({ONE.document: ONE}))
    assert asked == [16, 64]
    assert found.matched[64] == found.matched[256] == found.matched[4096]
    assert found.matched[16] != found.matched[64]
    assert found.spans[4096] == ONE.spans


def test_a_document_with_a_missing_task_has_no_sums():
    losses = MadeLosses({ONE.document: ONE}, missing={(ONE.document, B)})
    assert arm_sums(ONE, OWN_ARMS[1], losses) is None
    assert arm_sums(ONE, OWN_ARMS[0], losses) is not None


def test_every_arm_has_all_three_curves():
    found = snapshot(8)
    assert {(p.kind, p.arm) for p in found.curve} == {
        (kind, arm.name) for kind in CurveKind for arm in plan().arms
    }
    assert list(points(found, CurveKind.MATCHED)) == list(LENGTHS)
    assert list(points(found, CurveKind.PREFIX)) == list(edges(30_000))


def test_a_point_pools_documents_by_their_bytes():
    # 30,000 tokens have 4,096 targets, 6,000 tokens 1,903: everything behind 4,097
    found = snapshot(2, tokens=[30_000, 6_000], own=0.2)
    rows = found.documents
    assert [row.target_bytes for row in rows] == [4096, 1903]
    expected = sum(row.arm_b * row.target_bytes for row in rows) / (4096 + 1903)
    point = points(found, CurveKind.MATCHED)[PRIMARY]
    assert point.bits_per_byte == pytest.approx(expected)
    assert point.target_bytes == 4096 + 1903
    assert point.perplexity == pytest.approx(2**expected)  # one byte a token


def test_every_point_has_an_interval_by_document_around_it():
    for point in snapshot(10).curve:
        assert point.ci_low < point.bits_per_byte < point.ci_high
        assert point.documents == 10


def test_one_document_has_points_and_no_intervals():
    for point in snapshot(1).curve:
        assert point.ci_low is None
        assert point.ci_high is None
        assert math.isfinite(point.bits_per_byte)


def test_documents_of_one_group_do_not_make_the_interval_narrower():
    alone = points(snapshot(6, own=0.05), CurveKind.MATCHED)[PRIMARY]
    grouped = points(snapshot(6, groups=["m1"] * 2, own=0.05), CurveKind.MATCHED)[PRIMARY]
    assert alone.ci_low is not None
    assert grouped.ci_low is None  # five units: the two of one group are one
    assert grouped.documents == 6


def test_the_target_hash_is_the_same_for_all_arms_and_for_all_lengths_of_the_same_targets():
    found = snapshot(4)
    hashes = {p.target_hash for p in found.curve if p.kind is CurveKind.MATCHED}
    assert len(hashes) == 1
    for kind in (CurveKind.PREFIX, CurveKind.POSITION):
        per_position = {
            c: {points(found, kind, arm.name)[c].target_hash for arm in plan().arms}
            for c in points(found, kind)
        }
        assert all(len(h) == 1 for h in per_position.values())
        assert len(set().union(*per_position.values())) == len(per_position)


def test_positions_that_few_documents_reach_are_not_drawn():
    found = snapshot(3, tokens=[30_000, 6_000, 6_000])
    assert max(points(found, CurveKind.PREFIX)) == 4096
    assert max(points(snapshot(3), CurveKind.PREFIX)) == 16_384


def test_bands_hold_for_all_lengths_at_once_so_they_are_wider_than_one_interval():
    found = snapshot(24, level=lambda arm, c: 2.5 + 0.0001 * c, own=0.05)
    band = points(found, CurveKind.MATCHED)[PRIMARY]
    values = np.array([row.arm_b for row in found.documents])
    alone = 2 * 1.96 * values.std(ddof=1) / math.sqrt(24)
    assert band.ci_high - band.ci_low > 0.95 * alone
