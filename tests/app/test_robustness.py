"""The robustness section of the Results page, in each of its states and both languages."""

from __future__ import annotations

import pytest

from evaluations.records import Perturbation
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.queued import queue_run, work_off
from tests.evaluations.reports.snapshots import VARIANTS

DROPPED = Perturbation(kind="dropped_lines", strength=0.1)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_finished_evaluation_offers_to_check_its_robustness(open_page, settings, language):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("results", language, run="run")
    assert say("app.results.robustness.empty", language, kinds=7) in screen.text
    label = say("app.results.robustness.start", language)
    assert screen.buttons["robustness_start"] == label


@pytest.mark.parametrize("name", ["withheld", "running"])
def test_where_there_is_no_result_there_is_nothing_to_re_run(open_page, settings, name):
    put(settings, VARIANTS[name](), "run")
    assert "robustness_start" not in open_page("results", run="run").buttons


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_re_run_says_what_it_is_and_leads_to_its_parent(open_page, settings, language):
    put(settings, VARIANTS["go"](), "parent")
    found = VARIANTS["go"]()
    plan = found.plan.model_copy(update={"perturbation": DROPPED, "parent": "parent"})
    put(settings, found.model_copy(update={"plan": plan}), "child")
    screen = open_page("results", language, run="child")
    assert say("robustness.kind.dropped_lines", language) in screen.text
    assert "robustness_start" not in screen.buttons
    screen.press("to_parent")
    assert screen.test.query_params["run"] in ("parent", ["parent"])


def test_home_folds_re_runs_below_their_evaluation(open_page, settings):
    put(settings, VARIANTS["go"](), "parent")
    found = VARIANTS["go"]()
    plan = found.plan.model_copy(update={"perturbation": DROPPED, "parent": "parent"})
    put(settings, found.model_copy(update={"plan": plan, "name": "re-run"}), "child")
    screen = open_page("home", "en")
    assert say("app.home.reruns", "en", n=1) in screen.text
    assert "archive_child" not in screen.buttons


def test_the_button_queues_re_runs_that_are_watched_and_end_as_a_table(open_page, settings, store):
    run = queue_run(store, documents=2, size=1_200)
    work_off(settings)
    assert store.snapshot(run).verdict.outcome == "undecided"

    screen = open_page("results", "en", run=run).press("robustness_start")
    reruns = [one for one in store.runs() if one.parent == run]
    assert len(reruns) == 6  # the made texts hold no times
    unchanged = say("robustness.kind.clock_skew", "en")
    moving = say("app.results.robustness.moving", "en", done=0, total=6)
    assert moving in screen.text
    assert say("command.status.queued", "en") in screen.text

    store.cancel_run(reruns[0].id)
    work_off(settings)
    screen = open_page("results", "en", run=run)
    for kind in ("ocr", "dropped_lines", "foreign_site"):
        assert say(f"robustness.kind.{kind}", "en") in screen.text
    assert unchanged not in screen.text
    assert say("command.status.cancelled", "en") in screen.text
    assert screen.buttons["robustness_start"] == say("app.results.robustness.again", "en")
    assert not screen.test.exception
