import json
import math
from dataclasses import replace

import numpy as np
import pytest

from evaluations import curves
from evaluations.charts import curve_chart, curve_kinds, document_title, of_document
from evaluations.curves import arm_sums, edges
from evaluations.metrics import Totals
from evaluations.records import CurveKind, Depth, DocumentTargets, Preset, Span
from evaluations.targets import choose_targets
from tests.evaluations.made_runs import (
    LENGTHS,
    OWN_ARMS,
    PRIMARY,
    ZERO_ARMS,
    B,
    MadeLosses,
    document,
    plan,
    snapshot,
    usual_level,
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


def test_places_in_a_window_start_after_a_reset_and_leave_out_the_first_window():
    assert [curves.places(window) for window in (1, 2, 10, 16)] == [
        (1,), (1, 2), (1, 2, 4, 8, 10), (1, 2, 4, 8, 16),
    ]  # fmt: skip
    eight = DocumentTargets("d" * 64, (Span(5, 8),), (1,), prefix=8)

    class Counting(MadeLosses):
        def prefix(self, document, arm):
            losses = super().prefix(document, arm)
            return replace(losses, nll=np.arange(8, dtype=np.float32))

    # windows of 3: tokens 3 4 5, 6 7 are at the places 1 2 3, 1 2
    found = arm_sums(eight, ZERO_ARMS[0], Counting({eight.document: eight}, token_bytes=2), (3,))
    assert found.places[3] == (Totals(3 + 6, 2, 4), Totals(4 + 7, 2, 4), Totals(5, 1, 2))


def test_places_are_those_of_the_reset_arm_that_is_compared():
    calibrated = snapshot(8, level=lambda arm, c: 2.0 if "64" in arm else usual_level(arm, c))
    assert calibrated.comparison.arm_a == "zero+reset:64"
    assert list(points(calibrated, CurveKind.PLACE)) == [1, 2, 4, 8, 16, 32, 64]
    both_carry = snapshot(
        8, made_plan=plan(preset=Preset.MATCHED, baseline=("zero+carry",), arms=PAIR)
    )
    assert points(both_carry, CurveKind.PLACE) == {}
    assert curve_kinds(both_carry) == (CurveKind.MATCHED, CurveKind.PREFIX, CurveKind.POSITION)


PAIR = (ZERO_ARMS[-1], *OWN_ARMS)


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


def test_every_arm_has_all_curves():
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


def test_a_point_says_what_its_targets_had_really_read():
    # one document: a single span of 1,024 targets or more is cut into blocks of c
    found = snapshot(4)
    own = points(found, CurveKind.MATCHED)
    for c in (16, 64, 256, 1024):
        assert (own[c].context_min, own[c].context_max) == (c, 2 * c - 1)
        assert own[c].context_mean == pytest.approx(1.5 * c - 0.5)
    assert own[4096].context_mean == pytest.approx(4096 + 1023 / 2)  # spans are shorter than c
    reset = points(found, CurveKind.MATCHED, "zero+reset:64")
    assert reset[4096].context_max == 64
    assert reset[16].context_max == 31
    first = points(found, CurveKind.PREFIX)[4]
    assert (first.context_min, first.context_mean, first.context_max) == (0, 1.5, 3)
    bucket = points(found, CurveKind.POSITION)[8]
    assert (bucket.context_min, bucket.context_mean, bucket.context_max) == (4, 5.5, 7)


def test_a_place_whose_tokens_have_no_bytes_of_their_own_has_no_point(monkeypatch):
    honest = MadeLosses.prefix

    def split(self, name, arm):
        losses = honest(self, name, arm)
        sizes = losses.token_bytes.copy()
        sizes[:8] = [8, 0, 0, 0, 0, 0, 0, 0]
        return replace(losses, token_bytes=sizes)

    monkeypatch.setattr(MadeLosses, "prefix", split)
    found = snapshot(2)
    assert 4 in points(found, CurveKind.POSITION)
    assert 8 not in points(found, CurveKind.POSITION)
    assert 8 in points(found, CurveKind.PREFIX)
    assert 8 not in curves_of(found, 0)[CurveKind.POSITION].lengths


def curves_of(found, number, arm=B):
    return {
        one.kind: one
        for one in found.document_curves
        if (one.document, one.arm) == (document(number).id, arm)
    }


def test_every_document_has_the_three_curves_of_a_and_b():
    found = snapshot(4)
    for number in range(4):
        for arm in (found.comparison.arm_a, B):
            assert set(curves_of(found, number, arm)) == set(CurveKind)
    own = curves_of(found, 2)[CurveKind.MATCHED]
    row = next(one for one in found.documents if one.id == document(2).id)
    assert own.bits_per_byte[own.lengths.index(PRIMARY)] == pytest.approx(row.arm_b, abs=1e-6)
    assert own.perplexity[own.lengths.index(PRIMARY)] == pytest.approx(2**row.arm_b, abs=1e-5)


def test_the_curves_of_documents_make_up_that_of_all():
    found = snapshot(3, tokens=[30_000, 6_000, 6_000])
    for kind in CurveKind:
        for at, point in points(found, kind).items():
            parts = [
                (one.bits_per_byte[one.lengths.index(at)], one.target_bytes[one.lengths.index(at)])
                for number in range(3)
                for one in (curves_of(found, number)[kind],)
                if at in one.lengths
            ]
            assert len(parts) == point.documents
            total = sum(size for _, size in parts)
            assert total == point.target_bytes
            mean = sum(bits * size for bits, size in parts) / total
            assert mean == pytest.approx(point.bits_per_byte, abs=1e-5)


def test_a_short_document_leaves_the_curve_where_it_ends_and_the_count_says_so():
    found = snapshot(4, tokens=[30_000, 30_000, 30_000, 2_300])
    counts = {at: p.documents for at, p in points(found, CurveKind.MATCHED).items()}
    assert counts == {16: 4, 64: 4, 256: 4, 1024: 4, 4096: 3}
    assert max(curves_of(found, 3)[CurveKind.MATCHED].lengths) == 1024
    assert "n=3" in json.dumps(curve_chart(found, "en").to_dict())


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_chart_of_one_document_is_that_documents_alone(language):
    found = snapshot(4)
    alone = of_document(found, document(2).id)
    own = curves_of(found, 2)[CurveKind.MATCHED]
    drawn = points(alone, CurveKind.MATCHED)
    assert [p.bits_per_byte for p in drawn.values()] == list(own.bits_per_byte)
    title = document_title(alone, document(2).id, language)
    assert "log 2.txt" in title
    assert f"{own.bits_per_byte[-1]:.3f}" in title
    assert curve_chart(alone, language).to_dict()


def test_the_bands_of_each_curve_hold_for_all_its_points_at_once(monkeypatch):
    honest, groups = curves.curve_bands, []

    def watched(nll, sizes, together, *more):
        groups.extend(together)
        return honest(nll, sizes, together, *more)

    monkeypatch.setattr(curves, "curve_bands", watched)
    found = curves.curve_points(
        plan().arms, LENGTHS, scored_documents(4), np.random.default_rng(1), 0.95, 16
    )
    own = [{(found[k].arm, found[k].kind) for k in group} for group in groups]
    assert [len(curve) for curve in own] == [1] * len(plan().arms) * len(CurveKind)
    assert sorted(k for group in groups for k in group) == list(range(len(found)))


def scored_documents(count):
    made = [document(number) for number in range(count)]
    chosen = {
        one.id: choose_targets(one.id, one.bytes, LENGTHS, 256, Depth.STANDARD, 7) for one in made
    }
    losses = MadeLosses(chosen)
    return [
        curves.Scored(
            one,
            chosen[one.id],
            {arm.name: arm_sums(chosen[one.id], arm, losses, (16,)) for arm in plan().arms},
        )
        for one in made
    ]


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
