"""Plans: which arms a preset compares, what is refused, and what the lock is over."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.errors import RefusedPlan
from evaluations.plan import (
    DEFAULT_PAIR,
    default_rule,
    make_plan,
    plan_hash,
    read_plan_file,
)
from evaluations.records import Depth, Plan, Preset
from tests.evaluations.queued import LENGTHS, describe, document, some_text

MANY = [document(some_text(seed, 3_000), f"{seed}.log") for seed in range(20)]
FEW = MANY[:4]


def plan(preset=Preset.BEST_ZERO, documents=FEW, **changes) -> Plan:
    changes = {"lengths": LENGTHS, "describe": describe, **changes}
    return make_plan(preset, Depth.QUICK, documents, **changes).plan


CELLS = {"zero+reset:16", "zero+carry", "previous+reset:16", "previous+carry"}


@pytest.mark.parametrize(
    ("preset", "more_arms", "baseline"),
    [
        (
            Preset.BEST_ZERO,
            {"zero+reset:64", "zero+reset:256"},
            {"zero+reset:16", "zero+reset:64", "zero+reset:256", "zero+carry"},
        ),
        (Preset.MATCHED, set(), {"zero+carry"}),
        (Preset.PAPER, set(), {"zero+reset:16"}),
        (Preset.OPERATIONS, set(), {"previous+reset:16"}),
    ],
)
def test_a_preset_scores_all_four_cells_and_compares_the_arms_it_is_about(
    preset, more_arms, baseline
):
    made = plan(preset)
    assert {arm.name for arm in made.arms} == CELLS | more_arms
    assert set(made.baseline) == baseline
    assert made.candidate == "previous+carry"


def test_without_names_the_shipped_pair_is_compared():
    made = plan()
    assert {arm.checkpoint for arm in made.arms} == set(DEFAULT_PAIR)


def test_an_adapted_checkpoint_is_compared_with_the_control_that_its_record_names():
    made = plan(proposed="zero-adapted-t16")
    assert made.candidate == "zero_adapted+carry"
    assert {arm.name for arm in made.arms} >= {"zero_control+reset:16", "zero_control+carry"}


def test_short_texts_are_compared_with_the_zero_arm_that_sees_as_much_as_the_candidate():
    assert plan().short_baseline == "zero+carry"
    assert plan().rule.short_length == 16


def test_one_checkpoint_alone_is_a_comparison_of_reading_policies():
    made = plan(Preset.OPERATIONS, zero="zero-t16", proposed="zero-t16")
    assert {arm.name for arm in made.arms} == {"zero+reset:16", "zero+carry"}
    assert made.baseline == ("zero+reset:16",)


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ({"zero": "zero-t16", "proposed": "zero-t16"}, "plan.same_checkpoint"),
        ({"zero": "previous-t16", "proposed": "zero-adapted-t16"}, "plan.not_zero"),
        ({"zero": "zero-t16", "proposed": "zero-control-t16"}, "plan.not_proposed"),
        ({"zero": "zero-t64", "proposed": "previous-t16"}, "plan.training_lengths_differ"),
        ({"zero": "zero-t16"}, "plan.proposed_missing"),
        ({"proposed": "fitted-noise-t16"}, "plan.zero_missing"),
    ],
)
def test_checkpoints_that_cannot_be_compared_are_refused_with_the_reason(names, problem):
    with pytest.raises(RefusedPlan) as refused:
        plan(**names)
    assert refused.value.key == problem
    for language in ("ja", "en"):
        assert refused.value.words(language)


# --- documents -------------------------------------------------------------------------------


def test_with_ten_documents_or_more_a_fifth_only_chooses_the_zero_policy():
    made = make_plan(Preset.BEST_ZERO, Depth.QUICK, MANY, lengths=LENGTHS, describe=describe)
    assert len(made.plan.calibration) == 4
    roles = {part.document.id: part.role for part in made.run_documents}
    assert {roles[document] for document in made.plan.calibration} == {"calibration"}
    assert list(roles.values()).count("scored") == 16


def test_with_fewer_documents_or_a_single_baseline_none_is_set_aside():
    assert plan(documents=MANY[:9]).calibration == ()
    assert plan(Preset.MATCHED, documents=MANY).calibration == ()


def test_documents_of_one_group_stay_on_one_side():
    grouped = [
        document(some_text(seed, 3_000), f"{seed}.log", group=f"machine {seed % 7}")
        for seed in range(20)
    ]
    calibration = set(plan(documents=grouped).calibration)
    sides: dict[str, set[bool]] = {}
    for one in grouped:
        sides.setdefault(one.group, set()).add(one.id in calibration)
    assert calibration
    assert all(len(side) == 1 for side in sides.values())


def test_a_document_that_carries_no_length_is_planned_as_too_short():
    short = document(some_text(99, 300), "short.log")
    made = make_plan(Preset.MATCHED, Depth.QUICK, [*FEW, short], lengths=LENGTHS, describe=describe)
    roles = {part.document.name: part.role for part in made.run_documents}
    assert roles["short.log"] == "too_short"
    assert list(roles.values()).count("scored") == 4


@given(st.permutations(FEW), st.integers(0, 5))
def test_the_order_of_the_documents_depends_on_the_seed_not_on_how_they_were_given(given_as, seed):
    def order(documents):
        made = make_plan(
            Preset.MATCHED, Depth.QUICK, documents, lengths=LENGTHS, seed=seed, describe=describe
        )
        return [part.document.id for part in made.run_documents]

    assert order(given_as) == order(FEW)


def test_a_text_that_is_given_twice_counts_once():
    made = make_plan(Preset.MATCHED, Depth.QUICK, [*FEW, *FEW], lengths=LENGTHS, describe=describe)
    assert len(made.run_documents) == 4


# --- the rule --------------------------------------------------------------------------------


def test_by_default_the_longest_length_that_most_documents_reach_decides():
    carried = [LENGTHS] * 4 + [LENGTHS[:2]]
    assert default_rule(LENGTHS, 16, carried).primary_length == 256
    assert default_rule(LENGTHS, 16, [*carried, LENGTHS[:2]]).primary_length == 64


def test_fields_of_a_rule_that_are_not_given_are_the_default_ones():
    made = plan(rule={"margin": 0.05})
    assert (made.rule.margin, made.rule.primary_length) == (0.05, 256)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"primary_length": 1024}, "plan.length_not_scored"),
        ({"margin": -1}, "plan.rule_invalid"),
        ({"margn": 0.1}, "plan.rule_invalid"),
    ],
)
def test_a_rule_that_contradicts_the_plan_is_refused(rule, problem):
    with pytest.raises(RefusedPlan) as refused:
        plan(rule=rule)
    assert refused.value.key == problem


# --- the lock --------------------------------------------------------------------------------


def test_the_hash_is_over_everything_that_was_fixed():
    assert plan_hash(plan()) == plan_hash(plan())
    others = [
        plan(seed=1),
        plan(rule={"margin": 0.03}),
        plan(rule={"decider": "部長"}),
        plan(lengths=(16, 64)),
        plan(Preset.MATCHED),
        plan(proposed="zero-adapted-t16"),
    ]
    assert len({plan_hash(made) for made in [plan(), *others]}) == 7


def test_the_hash_survives_storing():
    made = plan(rule={"decider": "部長", "margin": 0.1 + 0.2})
    assert plan_hash(Plan.model_validate_json(made.model_dump_json())) == plan_hash(made)


# --- plan files ------------------------------------------------------------------------------


def test_a_plan_file_may_hold_a_plan_or_a_rule_alone(tmp_path):
    whole, rule = tmp_path / "plan.json", tmp_path / "rule.json"
    whole.write_text(json.dumps({"preset": "matched", "rule": {"margin": 0.01}}))
    rule.write_text(json.dumps({"margin": 0.01}), encoding="utf-8-sig")
    assert read_plan_file(whole).preset is Preset.MATCHED
    assert read_plan_file(rule).rule == read_plan_file(whole).rule == {"margin": 0.01}


@pytest.mark.parametrize(
    "content", ["", "not json", "[]", '{"presett": "matched"}', '{"lengths": ["long"]}']
)
def test_a_file_that_is_no_plan_is_refused_by_name(tmp_path, content):
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(RefusedPlan, match=r"plan\.json"):
        read_plan_file(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"seed": -1}', "seed cannot be -1; it must be ≥ 0"),
        ('{"preset": "best"}', "'best_zero', 'matched'"),
        ('{"margin": -0.5}', "margin cannot be -0.5; it must be ≥ 0"),
        ('{"seed": 1,\n"zero" 2}', "line 2"),
        ('{"decider": "\\ud800"}', "ud800"),
        ("[" * 100_000, "too deeply"),
    ],
)
def test_what_is_wrong_in_a_plan_file_is_said_before_there_is_a_plan(tmp_path, content, problem):
    path = tmp_path / "plan.json"
    path.write_text(content)
    with pytest.raises(RefusedPlan, match=problem):
        read_plan_file(path)


def test_a_plan_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(RefusedPlan, match=r"missing\.json"):
        read_plan_file(tmp_path / "missing.json")
