import json
import time
from dataclasses import replace

import numpy as np
import pytest

from evaluations import evidence
from evaluations.paired import LN2, holm
from evaluations.records import STORED, CurveKind, Depth, Outcome, Preset, Snapshot, Speed
from evaluations.reports.statistics import statistics
from evaluations.wording import LANGUAGES, say
from tests.evaluations import made_runs
from tests.evaluations.made_runs import (
    LENGTHS,
    OWN_ARMS,
    PRIMARY,
    ZERO_ARMS,
    B,
    arm,
    document,
    plan,
    seeded,
    snapshot,
    usual_level,
)


def at(found, arm_a, length=PRIMARY):
    return next(c for c in found.contrasts if (c.arm_a, c.context_length) == (arm_a, length))


def test_the_same_inputs_give_the_same_snapshot():
    assert snapshot(9, 3) == snapshot(9, 3)


def test_a_snapshot_survives_being_stored():
    found = snapshot(24, 6)
    assert Snapshot.model_validate_json(found.model_dump_json()) == found


def test_the_comparison_is_the_ratio_of_sums_over_the_documents_of_the_table():
    found = snapshot(8, 2, tokens=[30_000, 6_000], own=0.1)
    rows = [row for row in found.documents if row.role == "scored"]
    sizes = np.array([row.target_bytes for row in rows])
    deltas = np.array([row.delta for row in rows])
    expected = (deltas * sizes).sum() / sizes.sum()
    assert found.comparison.delta_bits_per_byte == pytest.approx(expected)
    assert [row.delta for row in rows] == pytest.approx([row.arm_b - row.arm_a for row in rows])


def test_the_zero_policy_is_chosen_on_calibration_documents_alone():
    # on the calibration documents reset:256 is best, on the scored ones reset:64
    calibrating = {document(i).id for i in (8, 9)}

    class Level:
        current = ""

    def level(name, c):
        best = "zero+reset:256" if Level.current in calibrating else "zero+reset:64"
        return usual_level(name, c) - (0.5 if name == best else 0)

    from tests.evaluations.made_runs import MadeLosses

    honest = MadeLosses._losses

    def noting(self, name, *rest):
        Level.current = name
        return honest(self, name, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MadeLosses, "_losses", noting)
        found = snapshot(8, 2, level=level)
    assert min(found.calibration, key=found.calibration.get) == "zero+reset:256"
    assert found.comparison.arm_a == "zero+reset:256"
    assert found.comparison.documents == 8


def test_without_calibration_the_hardest_zero_arm_is_the_comparison():
    found = snapshot(24)
    assert found.calibration == {}
    uppers = {name: at(found, name).ci_high for name in plan().baseline}
    assert found.comparison.arm_a == max(uppers, key=uppers.get)
    assert found.verdict.reason.key == "results.reason.go.every"


def test_b_is_compared_with_every_zero_arm_at_every_length():
    found = snapshot(8)
    assert {(c.arm_a, c.context_length) for c in found.contrasts} == {
        (one.name, c) for one in ZERO_ARMS for c in LENGTHS
    }
    assert {c.arm_b for c in found.contrasts} == {B}


def test_the_same_losses_in_both_arms_differ_by_exactly_zero():
    found = snapshot(8, level=lambda name, c: 2.5 + 0.01 * np.log2(c), own=0.0)
    for c in LENGTHS:
        same = at(found, "zero+carry", c)
        assert (same.delta_bits_per_byte, same.ci_low, same.ci_high) == (0, 0, 0)
        assert same.p_value == 1
    # a reset arm sees less, and is worse or better for it
    assert at(found, "zero+reset:16").delta_bits_per_byte != 0


def test_the_effects_of_the_2x2_add_up_and_the_total_is_the_contrast():
    found = snapshot(24)
    effects = found.effects
    parts = [effects.training, effects.reading, effects.interaction]
    total = sum(part.delta_bits_per_byte for part in parts)
    assert effects.total.delta_bits_per_byte == pytest.approx(total, abs=1e-12)
    # 2.69 - 2.70 for training; +0.15 for zero read on to 1,024; -0.15 and -0.15 beyond
    assert effects.training.delta_bits_per_byte == pytest.approx(-0.01, abs=0.01)
    assert effects.reading.delta_bits_per_byte == pytest.approx(0.15, abs=0.01)
    assert effects.interaction.delta_bits_per_byte == pytest.approx(-0.30, abs=0.02)
    contrast = at(found, "zero+reset:16")
    assert (effects.total.ci_low, effects.total.ci_high) == (contrast.ci_low, contrast.ci_high)
    assert all(part.ci_low < part.delta_bits_per_byte < part.ci_high for part in parts)


def test_one_checkpoint_has_a_reading_effect_only_and_is_never_proposed():
    own = plan(
        preset=Preset.OPERATIONS,
        arms=OWN_ARMS,
        baseline=(OWN_ARMS[0].name,),
        short_baseline=OWN_ARMS[0].name,
    )
    found = snapshot(24, made_plan=own)
    assert found.effects.reading.delta_bits_per_byte == found.comparison.delta_bits_per_byte
    assert (found.effects.training, found.effects.total) == (None, None)
    assert found.verdict.reason.key.endswith(".reading")


def test_an_adapted_checkpoint_with_its_control_has_the_same_four_cells():
    control = [arm("zero_control", w) for w in (16, None)]
    adapted = [arm("zero_adapted", w) for w in (16, None)]
    made = plan(
        arms=(*control, *adapted),
        baseline=tuple(one.name for one in control),
        candidate=adapted[1].name,
        short_baseline=control[1].name,
    )
    effects = snapshot(8, made_plan=made).effects
    assert effects.training.arm_b == "zero_adapted+reset:16"
    assert None not in (effects.training, effects.reading, effects.interaction, effects.total)


def test_bands_over_all_lengths_contain_the_point_and_are_wider_than_one_interval_needs():
    found = snapshot(24, own=0.05)
    for one in found.contrasts:
        assert one.band_low < one.delta_bits_per_byte < one.band_high


# --- while it runs ---------------------------------------------------------------------------


def test_a_running_evaluation_uses_the_completed_beginning_of_its_order():
    missing = {(document(20).id, "zero+carry"), (document(23).id, B)}
    found = snapshot(26, status="running", missing=missing)
    assert found.comparison.documents == 20
    assert found.comparison.method == "confidence_sequence"
    assert found.verdict.outcome is Outcome.UNDECIDED
    assert found.verdict.reason.key == "results.reason.undecided.running"
    assert all(point.documents == 20 for point in found.curve)
    # a finished document behind the gap has its own row already
    assert found.documents[22].delta is not None
    assert found.documents[23].arm_b is None


def test_the_running_interval_is_wider_than_the_final_one():
    running, final = snapshot(24, status="running"), snapshot(24)
    one, other = at(running, "zero+carry"), at(final, "zero+carry")
    assert one.delta_bits_per_byte == other.delta_bits_per_byte
    assert one.ci_high - one.ci_low > other.ci_high - other.ci_low


@pytest.mark.parametrize("status", ["queued", "running"])
def test_an_evaluation_without_a_finished_document_is_shown_empty(status):
    everything = {(document(i).id, one.name) for i in range(8) for one in plan().arms}
    found = snapshot(8, status=status, missing=everything)
    assert found.curve == ()
    assert found.comparison.delta_bits_per_byte is None
    assert found.verdict.reason.key == "results.reason.undecided.waiting"
    assert found.baselines is None


def test_a_cancelled_evaluation_says_so():
    found = snapshot(8, status="cancelled", missing={(document(5).id, B)})
    assert found.verdict.reason.key == "results.reason.undecided.cancelled"


# --- documents -------------------------------------------------------------------------------


def test_the_matched_curve_has_the_same_documents_up_to_the_deciding_length():
    # 3,000 tokens carry 1,024 and not 4,096; 1,500 carry no length that decides
    found = snapshot(8, tokens=[30_000, 3_000, 1_500])
    matched = {
        p.context_length: p for p in found.curve if (p.kind, p.arm) == (CurveKind.MATCHED, B)
    }
    assert [matched[c].documents for c in LENGTHS] == [7, 7, 7, 7, 6]
    assert len({matched[c].target_hash for c in LENGTHS[:4]}) == 1
    assert found.documents[2].role == "too_short"


def test_three_documents_need_three_more():
    found = snapshot(3)
    assert found.verdict.documents_needed == 3
    assert found.comparison.method == "none"
    assert found.comparison.ci_low is None


@pytest.mark.parametrize("status", ["running", "cancelled"])
def test_the_first_of_eight_documents_has_no_interval_yet(status):
    missing = {(document(i).id, B) for i in range(1, 8)}
    found = snapshot(8, status=status, missing=missing)
    assert found.comparison.documents == 1
    assert {one.method for one in found.contrasts} == {"none"}
    if status == "running":
        assert found.verdict.reason.key == "results.reason.undecided.running.few"


def test_the_only_document_of_a_running_evaluation_speaks_about_itself_only():
    found = snapshot(1, status="running")
    assert at(found, "zero+carry").method == "block_bootstrap"
    assert found.verdict.reason.key == "results.reason.undecided.running.one_document"
    sentence = say(found.verdict.reason.key, "en", **found.verdict.reason.values)
    assert "one document only" in sentence
    assert "again and again" not in sentence


def test_one_document_gets_an_interval_about_itself():
    found = snapshot(1)
    assert at(found, "zero+carry").method == "block_bootstrap"
    # the hardest ZERO arm may be any; the verdict speaks about this document only
    assert found.verdict.outcome is Outcome.UNDECIDED
    assert found.verdict.documents_needed == 5


def test_groups_are_what_is_counted():
    found = snapshot(24, groups=[f"machine {i % 4}" for i in range(24)])
    assert (found.comparison.documents, found.comparison.groups) == (24, 4)
    assert found.verdict.documents_needed == 2


def test_a_quick_run_of_a_clear_gain_is_not_go():
    assert snapshot(24, made_plan=plan(depth=Depth.QUICK)).verdict.outcome is Outcome.UNDECIDED


def test_tokens_of_more_than_one_byte_are_counted_in_bytes():
    one, three = snapshot(8), snapshot(8, token_bytes=3)
    assert three.comparison.delta_bits_per_byte == pytest.approx(
        one.comparison.delta_bits_per_byte, abs=1e-6
    )
    assert three.documents[0].target_bytes == 3 * one.documents[0].target_bytes
    nats = one.curve[0].bits_per_byte * LN2
    assert three.curve[0].perplexity == pytest.approx(np.exp(3 * nats), rel=1e-5)


def criterion(found, name):
    return next(row for row in found.verdict.criteria if row.key.endswith(name))


def test_a_side_that_takes_twice_as_long_for_the_same_pieces_is_no_go():
    found = snapshot(24, seconds=lambda name, *_: 0.4 if name == B else 0.2)
    row = criterion(found, "slowdown")
    assert (row.actual, row.low, row.high, row.mark) == (2.0, 2.0, 2.0, "missed")
    assert found.verdict.outcome is Outcome.NO_GO
    assert found.verdict.reason.values["slowdown"] == "2.00"


def test_a_busy_machine_does_not_make_arms_of_equal_cost_no_go():
    # the machine does something else during a whole document under one arm, in every third one
    def seconds(name, document, unit):
        disturbed = seeded(name, document).random() < 1 / 3
        return 0.2 * (3.0 if disturbed else 1.0) * seeded(name, document, str(unit)).uniform(1, 1.2)

    for documents in (6, 8, 24):
        found = snapshot(documents, seconds=seconds)
        assert criterion(found, "slowdown").mark in ("met", "open")
        assert found.verdict.outcome is not Outcome.NO_GO


@pytest.mark.parametrize(("documents", "tokens"), [(5, 30_000), (8, 4_096)])
def test_a_few_timings_are_none(documents, tokens):
    # five documents; or eight pieces in all
    found = snapshot(
        documents,
        tokens=[tokens] * documents,
        seconds=lambda name, *_: 9.0 if name == B else 0.2,
        made_plan=plan(lengths=LENGTHS[:4], rule={"maximum_memory_ratio": 1.25}),
    )
    row = criterion(found, "slowdown")
    assert (row.actual, row.mark) == (None, "open")


def test_times_of_two_devices_are_not_compared(monkeypatch):
    honest = made_runs.timings

    def on_two_devices(*given):
        return [replace(one, device="gpu" if one.arm == B else "cpu") for one in honest(*given)]

    monkeypatch.setattr(made_runs, "timings", on_two_devices)
    assert criterion(snapshot(24), "slowdown").actual is None


def test_memory_is_compared_between_the_two_sides():
    speed = [
        Speed(
            arm=one.name,
            tokens_per_second=20_000.0,
            peak_memory_bytes=600 if one.name == B else 300,
        )
        for one in plan().arms
    ]
    found = snapshot(24, speed=speed)
    assert found.verdict.outcome is Outcome.NO_GO
    assert found.verdict.reason.values["memory"] == "2.00"


def test_a_result_of_an_earlier_version_is_read_as_it_was_stored():
    # criteria without an interval, and a confidence that a new rule may not ask for any more
    stored = json.loads(snapshot(24).model_dump_json())
    for row in stored["verdict"]["criteria"]:
        del row["low"], row["high"]
    for one in (*stored["contrasts"], stored["comparison"]):
        one["method"] = "bca_bootstrap"
        for name in ("macro", "macro_low", "macro_high", "holm_p_value"):
            one.pop(name, None)
    del stored["detectable"]
    stored["plan"]["rule"]["confidence"] = 0.9995
    found = Snapshot.model_validate_json(json.dumps(stored), context=STORED)
    assert found.plan.rule.confidence == 0.9995
    assert criterion(found, "slowdown").low is None
    assert found.comparison.macro is None
    assert found.detectable == ()
    for language in LANGUAGES:
        assert statistics(found, language)


def close(name, context_length):
    return usual_level(name, context_length) if name != B else 2.66 - 1e-5 * context_length


def test_what_is_only_just_proven_is_no_go_but_conditional():
    found = snapshot(
        12,
        level=lambda name, c: usual_level(name, c) - 0.02 * (name == B),
        own=0.085,
        made_plan=plan(rule={"short_margin": 1.0}),
    )
    upper = found.comparison.ci_high
    check = next(one for one in found.validity if one.check == "holds_if_skewed")
    assert upper < -0.02 < check.value["upper_if_skewed"]
    assert found.verdict.outcome is Outcome.CONDITIONAL
    clear = snapshot(12, own=0.01)
    assert next(c for c in clear.validity if c.check == "holds_if_skewed").passed
    assert clear.verdict.outcome is Outcome.GO


@pytest.mark.parametrize("changes", [{"status": "running"}, {"documents": 5}, {"documents": 1}])
def test_without_a_final_interval_skewness_is_not_judged(changes):
    assert "holds_if_skewed" not in {c.check for c in snapshot(**changes).validity}


def test_the_mean_by_document_counts_a_long_document_like_a_short_one():
    found = snapshot(8, tokens=[30_000, 6_000], own=0.1)
    deltas = [row.delta for row in found.documents]
    assert found.comparison.macro == pytest.approx(np.mean(deltas))
    assert found.comparison.macro != pytest.approx(found.comparison.delta_bits_per_byte, abs=1e-4)
    assert found.comparison.macro_low < found.comparison.macro < found.comparison.macro_high


def test_contrasts_beside_the_deciding_one_have_p_for_being_several():
    found = snapshot(10, 3, own=0.1)
    at_primary = [one for one in found.contrasts if one.context_length == PRIMARY]
    further = [one for one in at_primary if one.arm_a != found.comparison.arm_a]
    assert len(further) == 3
    adjusted = holm([one.p_value for one in further])
    assert [one.holm_p_value for one in further] == adjusted
    assert all(
        one.holm_p_value is None
        for one in found.contrasts
        if one.context_length != PRIMARY or one.arm_a == found.comparison.arm_a
    )
    effects = found.effects
    parts = [effects.training, effects.reading, effects.interaction]
    assert [one.holm_p_value for one in parts] == holm([one.p_value for one in parts])


def test_one_more_arm_moves_no_digit_of_another():
    few = plan(arms=(*ZERO_ARMS[:2], *OWN_ARMS), baseline=(ZERO_ARMS[0].name,),
               short_baseline=ZERO_ARMS[1].name)  # fmt: skip
    found = at(snapshot(9, made_plan=few), ZERO_ARMS[0].name)
    beside = at(snapshot(9), ZERO_ARMS[0].name)
    for name in ("delta_bits_per_byte", "ci_low", "ci_high", "p_value", "macro_low", "band_low"):
        assert getattr(found, name) == getattr(beside, name)


def test_the_smallest_detectable_effect_is_told_for_these_documents_and_for_usual_numbers():
    found = snapshot(8, own=0.1).detectable
    assert [one.units for one in found] == [8, 20, 50]
    assert [one.effect for one in found] == sorted((one.effect for one in found), reverse=True)
    assert snapshot(5).detectable == ()


def test_documents_that_will_only_calibrate_are_needed_too():
    without = snapshot(12, level=close, own=0.04).verdict.documents_needed
    named = plan(calibration=(document(0).id,))
    found = snapshot(12, level=close, own=0.04, made_plan=named).verdict.documents_needed
    assert found == int(np.ceil(without / 0.8))


def test_an_undecided_evaluation_says_how_many_documents_are_needed():
    found = snapshot(12, level=close, own=0.04)
    assert found.verdict.outcome is Outcome.UNDECIDED
    assert found.verdict.reason.key.endswith("undecided.interval")
    assert found.verdict.documents_needed > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_snapshot_exists(language):
    found = snapshot(8)
    for key in [
        f"results.outcome.{found.verdict.outcome}",
        *(criterion.key for criterion in found.verdict.criteria),
        *(f"results.check.{check.check}" for check in found.validity),
        *(f"results.check.{check.check}.action" for check in found.validity),
        *(f"results.method.{one.method}" for one in found.contrasts),
        *(f"results.curve.{kind}" for kind in CurveKind),
        *(f"results.preset.{preset}.question" for preset in Preset),
        *(f"results.depth.{depth}" for depth in Depth),
    ]:
        assert say(key, language)


def test_thirty_documents_take_less_than_two_seconds(monkeypatch):
    honest, taken = evidence.assemble, []

    def timed(**given):
        losses = given["losses"]
        kept = {}

        class Kept:
            def prefix(self, *key):
                if key not in kept:
                    kept[key] = losses.prefix(*key)
                return kept[key]

            def targets(self, *key):
                if key not in kept:
                    kept[key] = losses.targets(*key)
                return kept[key]

        given["losses"] = Kept()
        honest(**given)  # makes the losses
        started = time.process_time()
        found = honest(**given)
        taken.append(time.process_time() - started)
        return found

    monkeypatch.setattr("tests.evaluations.made_runs.assemble", timed)
    snapshot(30)
    assert taken[0] < 2
