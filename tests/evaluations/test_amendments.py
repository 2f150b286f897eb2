"""A locked rule is amended by appending: nothing is lost, and nobody moves the goal afterwards."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import delete, select, update

from evaluations import database as tables
from evaluations.amendments import in_hindsight, is_unbroken, rule_in_force, seal
from evaluations.contract import snapshot_json
from evaluations.errors import RefusedPlan, UnknownRun
from evaluations.plan import canonical_json, make_plan
from evaluations.records import (
    DecisionRule,
    Depth,
    Outcome,
    Preset,
    Reason,
    Snapshot,
    Verdict,
)
from evaluations.reports.markdown import markdown_text
from tests.evaluations.queued import LENGTHS, describe, queue_run, work_off

RULE = DecisionRule(primary_length=256, short_length=16, margin=0.02)


def amendment(previous: str = "plan", number: int = 1, after_results: bool = False, margin=0.01):
    rule = RULE.model_copy(update={"margin": margin})
    moment = "2026-11-28T10:00:00+00:00"
    return seal(previous, number, RULE, rule, "because", "me", moment, after_results)


def rule_check(found: Snapshot):
    return next(one for one in found.validity if one.check == "rule_locked")


def test_the_last_amendment_before_any_result_decides_and_a_later_one_does_not(store):
    plan = store.plan(queue_run(store))
    early, second = amendment(margin=0.01), amendment(margin=0.03)
    late = amendment(margin=0.0, after_results=True)
    assert rule_in_force(plan, ()) == plan.rule
    assert rule_in_force(plan, (late,)) == plan.rule
    assert rule_in_force(plan, (early, second, late)).margin == 0.03


def test_a_chain_is_unbroken_only_as_it_was_appended():
    first = amendment()
    second = amendment(previous=first.hash, number=2)
    assert is_unbroken("plan", ())
    assert is_unbroken("plan", (first, second))
    assert not is_unbroken("plan", (second,))
    assert not is_unbroken("another plan", (first, second))
    assert not is_unbroken("plan", (first, second, second))
    for changed in ({"reason": "other"}, {"after_results": True}, {"rule": RULE}):
        assert not is_unbroken("plan", (first.model_copy(update=changed), second))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_rule_made_in_hindsight_never_says_go(outcome):
    verdict = Verdict(outcome=outcome, reason=Reason(key="results.reason.go.reading"))
    found = in_hindsight(verdict)
    assert found.outcome is not Outcome.GO
    assert (found == verdict) == (outcome is not Outcome.GO)
    if outcome is Outcome.GO:
        assert found.reason.key == "results.reason.conditional.amended.reading"


def test_before_the_first_loss_the_amended_rule_decides(settings, store):
    run = queue_run(store)
    made = store.amend_run(run, {"margin": 0.001}, "the plan said so", "Suzuki")
    assert not made.after_results
    work_off(settings)
    found = store.snapshot(run)
    assert found.plan.rule.margin == 0.001
    assert store.plan(run).rule.margin == 0.02  # what was locked stays readable
    assert found.amended_verdict is None
    assert rule_check(found).passed
    assert next(c for c in found.verdict.criteria if c.key.endswith("primary")).target == -0.001


def test_once_results_could_be_seen_the_locked_rule_goes_on_deciding(settings, store):
    run = queue_run(store)
    work_off(settings)
    before = store.snapshot(run)
    made = store.amend_run(run, {"margin": 0.5, "maximum_slowdown": 9.0}, "too strict", "Sato")
    assert made.after_results
    found = store.snapshot(run)
    assert found.plan.rule == before.plan.rule
    assert found.verdict == before.verdict
    amended = {one.key: one.target for one in found.amended_verdict.criteria}
    assert amended["results.criterion.primary"] == -0.5
    assert store.snapshot(run) == found  # and it is what is stored

    for language in ("ja", "en"):
        said = markdown_text(found, language)
        assert "0.02 → 0.5" in said
        assert "too strict" in said
    values = json.loads(json.dumps(snapshot_json(found)))
    assert values["amendments"][0]["reason"] == "too strict"
    assert values["rule"]["margin"] == 0.02
    assert values["amended_verdict"]["outcome"] == found.amended_verdict.outcome.value

    figure = {"name": "time", "unit": "h", "target": 4}
    store.amend_run(run, {"kpis": [figure]}, "forgotten")
    store.enter_kpi(run, "time", 3.0)
    assert store.snapshot(run).kpi_actuals[0].is_late
    with pytest.raises(RefusedPlan, match="Keep the unit"):
        store.amend_run(run, {"kpis": [{**figure, "unit": "min"}]}, "other unit")


def test_an_amendment_leaves_the_stored_result_as_it_was(settings, store):
    """Also where it was put together by an earlier version, whose numbers came out otherwise."""
    run = queue_run(store)
    work_off(settings)
    before = store.snapshot(run)
    earlier = before.model_copy(update={"device": "as an earlier version said it"})
    with store.database.write() as connection:
        text = earlier.model_dump_json()
        connection.execute(update(tables.snapshots).values(snapshot=text))
    store.amend_run(run, {"margin": 0.5}, "too strict")
    found = store.snapshot(run)
    assert found.amendments
    assert found.amended_verdict is not None
    added = {"amendments": (), "amended_verdict": None}
    assert found.model_copy(update=added) == earlier
    assert store.snapshot(run) == found


def test_who_evaluated_these_documents_before_could_have_seen_the_result(settings, store):
    """Losses are taken over: a second evaluation is known before it begins."""
    first = queue_run(store)
    work_off(settings)
    second = queue_run(store)
    made = store.amend_run(second, {"margin": 0.001}, "easier")
    assert made.after_results
    assert store.snapshot(first).plan.rule == store.snapshot(second).plan.rule


@pytest.mark.parametrize(
    ("changes", "easier"),
    [
        ({}, []),
        ({"margin": 0.03, "maximum_slowdown": 1.1, "decider": "x"}, []),
        ({"margin": 0.01}, ["margin"]),
        ({"primary_length": 64}, ["primary_length"]),
        ({"confidence": 0.9}, ["confidence"]),
        (
            {"short_margin": 0.03, "maximum_memory_ratio": 2.0},
            ["maximum_memory_ratio", "short_margin"],
        ),
        ({"maximum_slowdown": 1.3, "review_margin": 0.05}, ["maximum_slowdown"]),
        ({"review_margin": 0.15}, ["review_margin"]),
    ],
)
def test_a_rule_that_asks_for_less_than_before_forbids_go(settings, store, changes, easier):
    queue_run(store)
    work_off(settings)
    (document,) = store.documents()
    planned = make_plan(
        Preset.MATCHED,
        Depth.QUICK,
        [document],
        lengths=LENGTHS,
        rule={"primary_length": 256, "short_length": 16, **changes},
        seed=1,
        describe=describe,
    )
    run = store.create_run("again", planned.plan, planned.run_documents)
    check = next(c for c in store.snapshot(run).validity if c.check == "rule_not_easier")
    assert (check.value, check.passed, check.warning) == (easier, not easier, True)


def test_documents_that_are_new_need_no_such_check(settings, store):
    queue_run(store)
    work_off(settings)
    run = queue_run(store, seed=9)
    assert "rule_not_easier" not in {c.check for c in store.snapshot(run).validity}


def test_amendments_add_up(store):
    run = queue_run(store)
    store.amend_run(run, {"margin": 0.01}, "first")
    second = store.amend_run(run, {"short_margin": 0.03}, "second")
    assert (second.rule.margin, second.rule.short_margin) == (0.01, 0.03)
    assert [one.number for one in store.amendments(run)] == [1, 2]
    assert second.previous == store.amendments(run)[0].hash


@pytest.mark.parametrize(
    ("changes", "reason", "key"),
    [
        ({"margin": 0.02}, "nothing changes", "amend.nothing"),
        ({}, "nothing at all", "amend.nothing"),
        ({"margin": 0.01}, " \n ", "amend.reason"),
        ({"margin": -1}, "negative", "plan.rule_invalid"),
        ({"margin": float("nan")}, "no number", "plan.rule_invalid"),
        ({"primary_length": 333}, "not scored", "plan.length_not_scored"),
        ({"arms": []}, "no part of the rule", "plan.rule_invalid"),
    ],
)
def test_what_is_no_amendment_is_refused_and_leaves_nothing(store, changes, reason, key):
    run = queue_run(store)
    with pytest.raises(RefusedPlan) as refused:
        store.amend_run(run, changes, reason)
    assert refused.value.key == key
    assert store.amendments(run) == ()


def test_an_unknown_run_is_not_amended(store):
    with pytest.raises(UnknownRun):
        store.amend_run("nowhere", {"margin": 0.01}, "why")


def test_a_plan_that_was_changed_by_hand_withholds_the_verdict(settings, store):
    run = queue_run(store)
    work_off(settings)
    assert rule_check(store.snapshot(run)).passed
    plan = store.plan(run)
    easier = plan.model_copy(update={"rule": plan.rule.model_copy(update={"margin": 0.0})})
    with store.database.write() as connection:
        connection.execute(update(tables.runs).values(plan=canonical_json(easier)))
    found = store.snapshot(run)  # not the one that was stored before
    assert not rule_check(found).passed
    assert found.verdict.outcome is Outcome.WITHHELD
    assert found.verdict.reason.key == "results.reason.withheld.rule_locked"


@pytest.mark.parametrize("damage", ["changed", "taken back"])
def test_an_amendment_that_was_changed_or_taken_back_is_found(store, damage):
    run = queue_run(store)
    store.amend_run(run, {"margin": 0.01}, "first")
    store.amend_run(run, {"margin": 0.03}, "second")
    table = tables.amendments
    with store.database.write() as connection:
        if damage == "changed":
            text = connection.scalar(select(table.c.amendment).where(table.c.number == 1))
            text = text.replace('"margin":0.01', '"margin":0.5')
            connection.execute(update(table).where(table.c.number == 1).values(amendment=text))
        else:
            connection.execute(delete(table).where(table.c.number == 1))
    assert not rule_check(store.snapshot(run)).passed
