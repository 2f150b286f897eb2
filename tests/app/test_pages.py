"""Every page in its empty, normal and failed state, in both languages."""

from __future__ import annotations

import re

import pytest

from evaluations.documents import ingest_bytes
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import NASTY, VARIANTS

PAGES = ("home", "data", "run", "results", "report")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_without_any_data_says_what_to_do_next(open_page, page, language):
    screen = open_page(page, language)
    first_steps = {
        "home": "app.home.list.empty",
        "data": "app.data.empty",
        "run": "app.plan.no_documents",
        "results": "app.empty.none",
        "report": "app.empty.none",
    }
    assert say(first_steps[page], language) in screen.text
    assert not screen.test.exception


@pytest.mark.parametrize("page", PAGES)
def test_an_english_page_holds_no_japanese_beside_the_language_switch(open_page, page):
    words = open_page(page, "en").text.replace("日本語", "")
    assert not JAPANESE.search(words)


def test_home_lists_evaluations_with_their_verdict(open_page, settings):
    put(settings, VARIANTS["go"](), "run-go")
    put(settings, VARIANTS["withheld"](), "run-withheld")
    screen = open_page("home")
    assert say("results.outcome.go", "ja") in screen.text
    assert say("results.outcome.withheld", "ja") in screen.text
    assert screen.buttons["open_run-go"] == say("app.home.open.results", "ja")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", ["go", "conditional", "close", "no_go", "quick", "one_document"])
def test_results_begin_with_the_verdict_and_its_reason(open_page, settings, name, language):
    found = VARIANTS[name]()
    put(settings, found, "run")
    text = open_page("results", language, run="run").text
    outcome = say(f"results.outcome.{found.verdict.outcome.value}", language)
    assert outcome in text
    assert text.index(outcome) < text.index(say("app.results.validity", language))
    assert say("app.results.curve", language) in text


def test_a_withheld_verdict_hides_the_numbers_and_names_the_check(open_page, settings):
    put(settings, VARIANTS["withheld"](), "run")
    text = open_page("results", run="run").text
    assert say("results.check.self_comparison.failed", "ja") in text
    assert say("app.results.curve", "ja") not in text
    assert say("app.results.delta", "ja") not in text


def test_names_from_a_user_stay_text_on_every_page(open_page, settings):
    found = VARIANTS["nasty"]()
    put(settings, found, "run")
    text = open_page("results", run="run").text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    for name in NASTY:
        assert name.split("]")[0].replace('"', "&quot;") in text


def test_one_checkpoint_is_called_a_reading_comparison_and_nothing_is_proposed(open_page, settings):
    put(settings, VARIANTS["one_checkpoint"](), "run")
    text = open_page("results", "en", run="run").text
    assert say("results.note.reading_policy", "en") in text
    assert "Proposed method" not in text


def test_the_three_curves_can_be_switched(open_page, settings):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("results", run="run")
    for kind in ("prefix", "position"):
        screen.test.session_state["curve_kind"] = kind
        screen.test.run()
        assert say(f"app.results.curve.{kind}.why", "ja") in screen.text


def test_experts_see_hashes_when_they_ask(open_page, settings):
    found = VARIANTS["go"]()
    put(settings, found, "run")
    screen = open_page("results", run="run")
    assert found.plan_hash not in screen.text
    screen.test.toggle(key="expert").set_value(True).run()
    assert found.plan_hash in screen.text


def test_the_report_page_offers_three_files_under_signed_links(open_page, settings):
    put(settings, VARIANTS["go"](), "run")
    text = open_page("report", run="run").text
    for format in ("pdf", "md", "json"):
        assert f'data-format="{format}"' in text
    assert text.count("/api/download/") == 4  # and the preview


def test_an_unknown_evaluation_is_one_sentence_not_a_traceback(open_page):
    screen = open_page("results", "en", run="no-such-run")
    assert say("run.unknown", "en", run="no-such-run") in screen.text
    assert "Traceback" not in screen.text
    assert not screen.test.exception


def test_an_unforeseen_failure_is_one_sentence_with_a_record_number(open_page, monkeypatch):
    import session

    def breaks() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(session, "open_store", breaks)
    screen = open_page("home", "en")
    assert "Something unexpected happened" in screen.text
    assert "secret detail" not in screen.text
    assert not screen.test.exception


def test_stored_documents_can_be_chosen_and_too_few_say_how_many_more(open_page, store):
    for i in range(3):
        text = "\n".join(f"{i} line {n}" for n in range(2_000))
        store.add_documents(ingest_bytes(f"log{i}.log", text.encode()))
    screen = open_page("data")
    assert say("app.data.enough.few", "ja", n=3, needed=3) in screen.text
    assert screen.buttons["next"] == say("app.data.next", "ja")


def test_the_language_switch_changes_every_word_and_stays_in_the_address(open_page):
    screen = open_page("data", "en")
    assert say("app.data.lead", "en") in screen.text
    screen.test.segmented_control(key="language_choice").set_value("ja").run()
    assert say("app.data.lead", "ja") in screen.text
    assert say("app.data.lead", "en") not in screen.text
    assert screen.test.query_params["lang"] in ("ja", ["ja"])
