"""Plans that are locked on their own: what locking closes, and what an evaluation says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from evaluations import database as tables
from evaluations import rules
from evaluations.errors import RefusedPlan, UnknownRule
from evaluations.plan import PlanFile, make_plan, plan_hash, read_plan_file
from evaluations.records import DecisionRule, Depth, Kpi, Plan, Preset
from evaluations.reproduction import compared, copied_record
from tests.evaluations.queued import LENGTHS, describe, ingested, some_text, work_off

KPI = {"name": "一次切り分けの時間", "unit": "分", "target": 30.0, "direction": "at_most"}
FILE = PlanFile(
    preset=Preset.MATCHED,
    depth=Depth.QUICK,
    proposed="previous-t16",
    lengths=LENGTHS,
    rule={"primary_length": 64, "short_length": 16, "margin": 0.05, "kpis": [KPI]},
)


def planned(documents, rule: rules.Rule):
    file = rule.plan
    return make_plan(
        file.preset,
        file.depth,
        documents,
        proposed=file.proposed,
        lengths=file.lengths,
        rule=file.rule,
        describe=describe,
        rule_hash=rule.hash,
    )


def some_documents(store, seed: int):
    return store.add_documents(ingested([some_text(seed + i, 2_000) for i in range(2)]))


def test_a_draft_can_be_changed_and_a_locked_plan_only_archived_or_copied(store):
    database = store.database
    made = rules.save(database, "計画 1", FILE)
    other = FILE.model_copy(update={"rule": {**FILE.rule, "margin": 0.1}})
    assert rules.save(database, "計画 1b", other, made) == made
    assert rules.find(database, made).decision.margin == 0.1

    locked = rules.lock(database, made)
    assert locked.locked is not None
    assert rules.lock(database, made) == locked  # once and for all
    with pytest.raises(RefusedPlan, match="cannot be changed"):
        rules.save(database, "x", FILE, made)
    assert rules.find(database, made) == locked

    copied = rules.find(database, rules.copy(database, made, "写し"))
    assert (copied.locked, copied.text, copied.name) == (None, locked.text, "写し")
    rules.archive(database, made)
    assert [rule.id for rule in rules.rules(database)] == [copied.id]
    assert {rule.id for rule in rules.rules(database, archived=True)} == {made, copied.id}
    with pytest.raises(UnknownRule):
        rules.find(database, "none")


def test_the_text_of_a_locked_plan_is_a_plan_file_that_finds_it_again(store, tmp_path):
    locked = rules.lock(store.database, rules.save(store.database, "計画", FILE))
    path = tmp_path / "plan.json"
    path.write_text(locked.text, encoding="utf-8")
    read = read_plan_file(path)
    assert rules.locked_like(store.database, read) == locked.hash
    changed = read.model_copy(update={"rule": {**(read.rule or {}), "margin": 0.01}})
    assert rules.locked_like(store.database, changed) is None
    assert DecisionRule.model_validate(read.rule).kpis == (Kpi(**KPI),)


def test_a_run_by_a_locked_plan_carries_its_hash_and_says_how_early_it_was_locked(store):
    locked = rules.lock(store.database, rules.save(store.database, "計画", FILE))
    made = planned(some_documents(store, 1), locked)
    run = store.start_run("run", made.plan, made.run_documents)
    assert store.plan(run).rule_hash == locked.hash
    assert store.plan(run).rule == locked.decision
    lock = store.snapshot(run).rule_lock
    assert lock is not None
    assert (lock.stage, lock.name, lock.rule_hash) == ("before_documents", "計画", locked.hash)

    late = rules.lock(store.database, rules.save(store.database, "あと", FILE))
    again = planned(store.documents(), late)
    stage = store.snapshot(store.create_run("again", again.plan, again.run_documents)).rule_lock
    assert stage is not None
    assert stage.stage == "before_documents"  # the same text: what was locked first counts


def test_a_plan_that_is_locked_after_the_documents_came_says_so(store):
    documents = some_documents(store, 1)
    locked = rules.lock(store.database, rules.save(store.database, "計画", FILE))
    made = planned(documents, locked)
    run = store.start_run("run", made.plan, made.run_documents)
    lock = store.snapshot(run).rule_lock
    assert lock is not None
    assert lock.stage == "before_results"


def test_how_early_a_plan_was_locked():
    locked = datetime(2026, 11, 1, tzinfo=UTC)
    before, after = locked - timedelta(days=1), locked + timedelta(days=1)
    assert rules.stage_of(locked, after, None) == "before_documents"
    assert rules.stage_of(locked, before, None) == "before_results"
    assert rules.stage_of(locked, before, after) == "before_results"
    assert rules.stage_of(locked, after, before) == "after_results"


def test_a_plan_that_names_no_locked_rule_or_asks_for_something_else_is_refused(store):
    rule = rules.find(store.database, rules.save(store.database, "draft", FILE))
    made = planned(some_documents(store, 1), rule)
    with pytest.raises(RefusedPlan, match="no locked plan"):
        store.create_run("run", made.plan, made.run_documents)
    rules.lock(store.database, rule.id)
    easier = made.plan.model_copy(
        update={"rule": made.plan.rule.model_copy(update={"margin": 0.0})}
    )
    with pytest.raises(RefusedPlan, match="no locked plan"):
        store.create_run("run", easier, made.run_documents)
    with store.database.write() as connection:  # by hand
        connection.execute(update(tables.rules).values(rule=rule.text.replace("0.05", "0.01")))
    with pytest.raises(RefusedPlan, match="no locked plan"):
        store.create_run("run", made.plan, made.run_documents)


def test_an_evaluation_by_a_locked_plan_comes_out_the_same_whatever_was_entered_since(store):
    locked = rules.lock(store.database, rules.save(store.database, "計画", FILE))
    made = planned(some_documents(store, 1), locked)
    run = store.start_run("run", made.plan, made.run_documents)
    work_off(store.settings)
    store.enter_kpi(run, KPI["name"], 12.0)
    with copied_record(store, run, None) as again:
        work_off(again.settings)
        assert compared(store, again, run).same


def test_what_asks_for_nothing_leaves_the_hashes_of_earlier_plans_as_they_were():
    rule = DecisionRule(primary_length=64, short_length=16)
    assert not {"documents", "kpis", "review_margin"} & rule.model_dump().keys()
    assert DecisionRule.model_validate(rule.model_dump()).review_margin == 0.1
    wider = rule.model_copy(update={"review_margin": 0.15})
    assert DecisionRule.model_validate_json(wider.model_dump_json()) == wider
    plan = Plan(
        preset=Preset.MATCHED,
        depth=Depth.QUICK,
        lengths=(16,),
        arms=(),
        baseline=(),
        candidate="",
        short_baseline="",
        rule=rule,
    )
    assert "rule_hash" not in plan.model_dump()
    asks = plan.model_copy(update={"rule": rule.model_copy(update={"kpis": (Kpi(**KPI),)})})
    assert plan_hash(asks) != plan_hash(plan)
