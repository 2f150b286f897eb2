import math
from dataclasses import replace

import numpy as np
import pytest

from evaluations.records import Baselines, Outcome
from evaluations.validity import (
    REQUIRED_OF_WORKER,
    chunk_invariance,
    distinct_documents,
    from_worker,
    self_comparison,
    similar_documents,
    state_norm,
)
from longssm_core.overlap import sketch
from tests.evaluations.made_runs import GOOD_CHECKS, B, MadeLosses, document, plan, snapshot


def check(found, name):
    return next(one for one in found.validity if one.check == name)


def test_a_good_run_passes_every_check():
    assert all(one.passed for one in snapshot(8).validity)


def test_a_missing_task_makes_the_pairs_incomplete():
    found = snapshot(8, missing={(document(2).id, "zero+carry")})
    assert check(found, "pairs_complete").value == {"complete": 47, "expected": 48}
    assert found.verdict.outcome is Outcome.WITHHELD
    assert found.comparison.documents == 7


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_a_number_withholds_the_verdict_and_stays_out_of_the_sums(value):
    found = snapshot(8, spoiled={(document(2).id, B): value})
    assert check(found, "finite_losses").value == {"broken": 1, "documents": 1, "arms": [B]}
    assert found.verdict.outcome is Outcome.WITHHELD
    assert all(math.isfinite(point.bits_per_byte) for point in found.curve)
    assert found.documents[2].arm_b is None


def test_an_arm_that_scored_other_tokens_is_noticed(monkeypatch):
    honest = MadeLosses.targets

    def shifted(self, name, arm, context_length):
        losses = honest(self, name, arm, context_length)
        if (name, arm, context_length) != (document(1).id, B, 256):
            return losses
        return replace(losses, positions=losses.positions + 1, byte_offsets=losses.byte_offsets + 1)

    monkeypatch.setattr(MadeLosses, "targets", shifted)
    found = snapshot(8)
    assert check(found, "same_targets").value == {"differing_lengths": [256]}
    assert found.verdict.outcome is Outcome.WITHHELD


def test_the_same_tokens_with_other_bytes_are_noticed(monkeypatch):
    honest = MadeLosses.targets

    def wider(self, name, arm, context_length):
        losses = honest(self, name, arm, context_length)
        if arm != B:
            return losses
        return replace(losses, token_bytes=losses.token_bytes * 2)

    monkeypatch.setattr(MadeLosses, "targets", wider)
    assert not check(snapshot(8), "same_targets").passed


def test_a_carry_arm_with_the_same_loss_at_every_length_raises_the_alarm():
    found = snapshot(8, level=lambda arm, c: 2.5 if arm == B else 2.6 + 0.01 * math.log2(c))
    assert check(found, "curves_not_flat").value == {"arms": [B]}
    assert found.verdict.outcome is Outcome.WITHHELD


def test_a_reset_arm_is_flat_above_its_window_by_right_and_below_it_by_mistake():
    def level(arm, c):
        return 2.5 if arm == "zero+reset:256" else 2.6 + 0.01 * math.log2(c)

    # zero+reset:16 has the same loss at 16 and at 4,096 tokens: it never sees more than 16
    assert check(snapshot(8, level=level), "curves_not_flat").value == {"arms": ["zero+reset:256"]}


def test_short_documents_are_listed_and_only_a_run_of_nothing_else_is_withheld():
    some = snapshot(8, tokens=[30_000, 1_500])
    assert check(some, "documents_long_enough").value["too_short"] == [document(1).id]
    assert some.verdict.outcome is not Outcome.WITHHELD
    assert some.documents[1].role == "too_short"
    none = snapshot(2, tokens=[1_500, 1_500])
    assert not check(none, "documents_long_enough").passed
    assert none.verdict.outcome is Outcome.WITHHELD
    assert none.verdict.reason.key == "results.reason.withheld.documents_long_enough"


def test_a_model_worse_than_byte_frequencies_withholds_the_verdict():
    found = snapshot(8, baselines=Baselines(unigram=2.4, order2=2.0))
    assert not check(found, "better_than_unigram").passed
    assert found.verdict.outcome is Outcome.WITHHELD


def test_a_model_worse_than_an_order_2_model_warns_and_forbids_go():
    good = snapshot(24)
    assert good.verdict.outcome is Outcome.GO
    found = snapshot(24, baselines=Baselines(unigram=4.9, order2=2.55))
    assert not check(found, "better_than_order2").passed
    assert check(found, "better_than_order2").warning
    assert found.verdict.outcome is Outcome.CONDITIONAL
    assert found.verdict.reason.key == "results.reason.conditional.warnings"


@pytest.mark.parametrize("missing", REQUIRED_OF_WORKER)
def test_a_check_that_was_not_made_counts_as_failed_once_the_run_is_done(missing):
    given = [one for one in GOOD_CHECKS if one.check != missing]
    assert [one.check for one in from_worker(given, is_final=True) if not one.passed] == [missing]
    assert all(one.passed for one in from_worker(given, is_final=False))
    assert snapshot(8, checks=given).verdict.outcome is Outcome.WITHHELD


def test_the_same_arm_twice_must_agree_to_the_last_bit():
    assert self_comparison(0.0).passed
    assert not self_comparison(1e-9).passed
    assert not self_comparison(math.nan).passed


def test_chunks_may_differ_by_a_ten_thousandth_nat():
    assert chunk_invariance(1e-4).passed
    assert not chunk_invariance(1.01e-4).passed
    assert not chunk_invariance(math.nan).passed


def test_a_growing_state_fails():
    assert state_norm(3.0).passed
    assert not state_norm(1e6).passed
    assert not state_norm(math.inf).passed


def test_a_failed_check_of_the_worker_withholds_whatever_the_numbers_say():
    found = snapshot(24, checks=(*GOOD_CHECKS[1:], self_comparison(0.013)))
    assert found.verdict.outcome is Outcome.WITHHELD
    assert found.verdict.reason.key == "results.reason.withheld.self_comparison"


# --- near duplicates -------------------------------------------------------------------------


def log(seed, lines=400):
    rng = np.random.default_rng(seed)
    return "".join(
        f"2026-11-{rng.integers(1, 29):02d} {rng.integers(0, 24):02d}:{rng.integers(0, 60):02d} "
        f"host{rng.integers(0, 9)} order {rng.integers(0, 10**6):06d} moved to state "
        f"{rng.choice(['ready', 'running', 'failed'])}\n"
        for _ in range(lines)
    ).encode()


def test_a_copy_with_small_changes_is_found_and_logs_of_one_format_are_not():
    text = log(1)
    changed = text[:3000] + b"one more line\n" + text[3000:] + b"the end\n"
    sketches = {"a": sketch(text), "b": sketch(changed), "c": sketch(log(2)), "d": sketch(log(3))}
    found = similar_documents(sketches)
    assert [(one, other) for one, other, _ in found] == [("a", "b")]
    assert found[0][2] > 0.9
    result = distinct_documents(sketches)
    assert (result.passed, result.warning) == (False, True)


def test_a_short_part_of_a_long_text_is_found():
    text = log(1, lines=4_000)
    cut = {"a": sketch(text), "b": sketch(text[100_000:110_000]), "c": sketch(log(2))}
    found = similar_documents(cut)
    assert [(one, other) for one, other, _ in found] == [("a", "b")]
    assert found[0][2] == 1.0


def test_two_texts_that_have_half_in_common_are_two_texts():
    text = log(1)
    half = text[: len(text) // 2]
    assert not similar_documents({"a": sketch(half + log(2)), "b": sketch(half + log(3))})


def test_a_hundred_copies_of_one_text_are_found():
    copies = {f"{n:03}": sketch(log(1) + f"the end {n}".encode()) for n in range(100)}
    found = similar_documents(copies)
    assert {name for pair in found for name in pair[:2]} == copies.keys()


def test_a_thousand_documents_are_compared_in_a_moment():
    sketches = {str(n): sketch(log(n, lines=40)) for n in range(300)}
    sketches |= {f"{n} again": sketch(log(n, lines=40) + b"end") for n in (3, 200)}
    found = [(one, other) for one, other, _ in similar_documents(sketches)]
    assert found == [("200", "200 again"), ("3", "3 again")]


def test_texts_shorter_than_a_shingle_are_the_same_only_if_they_are_equal():
    assert not similar_documents({"a": sketch(b"short"), "b": sketch(b"other")})
    assert similar_documents({"a": sketch(b"short"), "b": sketch(b"short")})


def test_the_plan_of_these_tests_compares_what_the_product_compares():
    assert plan().candidate == B
