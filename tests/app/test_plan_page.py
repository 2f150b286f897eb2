"""The Plan page: a draft, the lock, and the evaluation that is begun with it."""

from __future__ import annotations

import re

import pytest

from evaluations import rules
from evaluations.documents import ingest_bytes
from evaluations.entries import history
from evaluations.records import Depth, Kpi
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS
from tests.evaluations.test_kpis import FOUND, HOURS, amended_later, asked

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def saved(store):
    return rules.rules(store.database, archived=True)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_first_visit_shows_the_form_and_what_locking_means(open_page, language):
    screen = open_page("plan", language)
    assert say("app.rule.lock.means", language) in screen.text
    assert say("app.rule.power.none", language) in screen.text
    assert screen.buttons["lock_rule"] == say("app.rule.lock", language)
    assert not screen.test.exception
    if language == "en":
        assert not JAPANESE.search(screen.text.replace("日本語", ""))


def test_what_is_filled_in_is_what_is_locked_and_cannot_be_changed_after(open_page, store):
    screen = open_page("plan", "en")
    screen.test.text_input(key="rule__name").set_value("<b>Plan</b> [x](y)")
    screen.test.number_input(key="rule__margin").set_value(0.05)
    screen.test.number_input(key="rule__documents").set_value(24)
    screen.test.text_input(key="rule__decider").set_value("製造本部長")
    screen.test.text_input(key="rule__kpi_0_name").set_value("triage time")
    screen.test.number_input(key="rule__kpi_0_target").set_value(30.0).run()
    assert say("app.rule.kpi.incomplete", "en", name="triage time") in screen.text  # no side is set
    screen.test.selectbox(key="rule__kpi_0_direction").set_value("at_most")
    screen.test.text_input(key="rule__kpi_0_unit").set_value("min").run()
    sentence = say(
        "app.rule.words.kpi.at_most", "en", name="triage time", target="30", counted="min"
    )
    assert screen.text.count(sentence) == 2  # under the figure, and where the plan is locked
    assert say("app.rule.quick", "en") not in screen.text
    screen.test.radio(key="rule__depth").set_value(Depth.QUICK).run()
    assert say("app.rule.quick", "en") in screen.text
    screen.press("lock_rule")

    (rule,) = saved(store)
    assert rule.locked is not None
    decision = rule.decision
    assert (decision.margin, decision.documents, decision.decider) == (0.05, 24, "製造本部長")
    assert [(kpi.name, kpi.target) for kpi in decision.kpis] == [("triage time", 30.0)]
    assert screen.test.query_params["rule"] in (rule.id, [rule.id])
    assert {"next", "copy_rule", "archive_rule"} <= screen.buttons.keys()
    assert "lock_rule" not in screen.buttons
    assert "&lt;b&gt;Plan&lt;/b&gt;" in screen.text
    assert not screen.test.exception


def test_a_draft_comes_back_by_its_address_and_can_be_changed(open_page, store):
    screen = open_page("plan")
    assert say("app.rule.words.review", "ja", limit="40", margin="10", b="提案方式") in screen.text
    screen.test.number_input(key="rule__review_margin").set_value(15.0)
    screen.test.number_input(key="rule__margin").set_value(0.04).run()
    assert say("app.rule.words.review", "ja", limit="35", margin="15", b="提案方式") in screen.text
    screen.press("save_rule")
    (draft,) = saved(store)
    assert (draft.locked, draft.decision.margin) == (None, 0.04)
    assert draft.decision.review_margin == 0.15
    again = open_page("plan", rule=draft.id)
    assert again.test.number_input(key=f"rule_{draft.id}_margin").value == 0.04
    again.test.number_input(key=f"rule_{draft.id}_margin").set_value(0.06).run()
    again.press("save_rule")
    assert [rule.decision.margin for rule in saved(store)] == [0.06]


def test_a_locked_plan_is_copied_to_a_draft_and_archived(open_page, store):
    open_page("plan").press("lock_rule")
    (locked,) = saved(store)
    screen = open_page("plan", "en", rule=locked.id).press("copy_rule")
    copy = next(rule for rule in saved(store) if rule.id != locked.id)
    assert (copy.locked, copy.text) == (None, locked.text)
    assert "lock_rule" in screen.buttons
    open_page("plan", rule=locked.id).press("archive_rule")
    assert [rule.id for rule in rules.rules(store.database)] == [copy.id]
    archived = open_page("plan", "en", rule=locked.id)
    assert "next" not in archived.buttons
    assert archived.buttons["archive_rule"] == say("app.rule.unarchive", "en")


def test_an_unknown_plan_in_the_address_is_one_sentence(open_page):
    screen = open_page("plan", "en", rule="none")
    assert say("app.rule.gone", "en") in screen.text
    assert not screen.test.exception


def test_a_run_by_a_locked_plan_says_on_the_results_page_when_it_was_locked(open_page, store):
    screen = open_page("plan", "en")
    screen.test.radio(key="rule__preset").set_value("matched").run()
    screen.press("lock_rule")
    (locked,) = saved(store)
    for i in range(6):
        text = "\n".join(f"{i} line {n} of a log that is long enough" for n in range(900))
        store.add_documents(ingest_bytes(f"log{i}.log", text.encode()))

    screen = open_page("run", "en", rule=locked.id)
    assert screen.text.count("lab-rule") == 1
    assert say("app.plan.preset.matched.why", "en") in screen.text
    assert not screen.test.radio  # nothing is left to choose
    screen.press("start")
    (run,) = store.runs()
    plan = store.plan(run.id)
    assert (plan.rule_hash, plan.rule) == (locked.hash, locked.decision)
    lock = store.snapshot(run.id).rule_lock
    assert lock is not None
    assert lock.stage == "before_documents"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_came_out_of_a_business_figure_is_entered_on_the_results_page(
    open_page, settings, store, language
):
    found = VARIANTS["go"]()
    kpi = Kpi(name="![x](http://a) time", unit="min", target=30, direction="at_most")
    rule = found.plan.rule.model_copy(update={"kpis": (kpi,)})
    plan = found.plan.model_copy(update={"rule": rule})
    put(settings, found.model_copy(update={"plan": plan}), "run")
    screen = open_page("results", language, run="run")
    assert say("results.outcome.conditional", language) in screen.text
    screen.test.number_input(key="kpi_run_0").set_value(25.0)
    screen.test.text_input(key="kpi_author").set_value("佐藤")
    screen.press("kpi_send")
    assert say("results.outcome.go", language) in screen.text
    assert say("app.kpi.history", language) in screen.text
    assert not screen.test.exception
    (entry,) = history(store.database, "run", "kpi")
    assert (entry.values, entry.author) == ({"actual": 25.0}, "佐藤")


def test_a_figure_that_an_amendment_added_is_entered_on_the_results_page(
    open_page, settings, store
):
    put(settings, amended_later(VARIANTS["go"](), FOUND), "run")
    screen = open_page("results", "en", run="run")
    assert "added after the lock" in screen.test.number_input(key="kpi_run_0").label
    screen.test.number_input(key="kpi_run_0").set_value(95.0)
    screen.press("kpi_send")
    assert "it decides nothing. Actual: 95 % (met)" in screen.text
    assert say("results.outcome.go", "en") in screen.text
    assert not screen.test.exception


def test_what_others_entered_meanwhile_is_not_taken_back(open_page, settings, store):
    put(settings, asked("go", HOURS, FOUND), "run")
    store.enter_kpi("run", HOURS.name, 9.0, "田中")
    screen = open_page("results", "en", run="run")
    store.enter_kpi("run", HOURS.name, 3.0, "鈴木")
    screen.test.number_input(key="kpi_run_1").set_value(95.0)
    screen.press("kpi_send")
    found = store.snapshot("run").kpi_actuals
    assert [(one.name, one.actual) for one in found] == [(HOURS.name, 3.0), (FOUND.name, 95.0)]


@pytest.mark.parametrize(("name", "links"), [("go", 1), ("conditional", 1), ("no_go", 0)])
def test_the_results_page_hands_over_after_a_go_alone(open_page, settings, name, links):
    put(settings, VARIANTS[name](), "run")
    assert open_page("results", "en", run="run").text.count('data-format="zip"') == links
