"""The Report page: what people write is kept, marked and shown; a report is of one moment."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from streamlit.testing.v1 import AppTest

from evaluations.additions import Edit, read, write_edit
from evaluations.reports.content import automatic
from evaluations.wording import LANGUAGES, say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS
from tests.evaluations.test_kpis import HOURS, asked


def field(test: AppTest, name: str):
    """The text area or input whose key begins so."""
    fields = [*test.text_area, *test.text_input]
    return next(one for one in fields if one.key and one.key.startswith(name))


def save(test: AppTest) -> AppTest:
    return next(one for one in test.button if one.key == "save_edit").click().run()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_begins_with_the_texts_of_the_numbers(open_page, settings, language):
    put(settings, VARIANTS["go"](), "run")
    test = open_page("report", language, run="run").test
    made = automatic(VARIANTS["go"](), language)
    assert field(test, "edit_recommendation").value == made.recommendation
    assert field(test, "edit_risk_1").value == made.risks[0].risk
    assert field(test, "edit_role_4").value == made.approvals[3].role
    assert not test.exception


def test_what_is_written_is_saved_with_its_author_and_shown_in_the_history(
    open_page, settings, store
):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("report", run="run")
    field(screen.test, "edit_recommendation").set_value("ラインAから始める。")
    field(screen.test, "edit_due_1").set_value("2026-12-11")
    save(screen.test)
    assert say("app.report.edit.unnamed", "ja") in screen.text
    assert not read(store.database, "run").edits

    field(screen.test, "edit_author").set_value("鈴木")
    save(screen.test)

    entered = read(store.database, "run").edits["ja"]
    assert entered.author == "鈴木"
    assert entered.value.parts == ("recommendation", "steps")
    assert entered.value.steps is not None
    assert entered.value.steps[0].due == "2026-12-11"
    assert say("app.report.edit.saved", "ja") in screen.text
    assert "ラインAから始める。" in screen.text
    assert field(screen.test, "edit_recommendation").value == "ラインAから始める。"

    field(screen.test, "edit_recommendation").set_value("")
    field(screen.test, "edit_due_1").set_value("")
    save(screen.test)
    made = automatic(VARIANTS["go"](), "ja")
    assert read(store.database, "run").edits["ja"].value == Edit()
    assert field(screen.test, "edit_recommendation").value == made.recommendation
    assert say("app.report.history.back", "ja") in screen.text


def test_nobody_overwrites_what_another_saved_meanwhile_without_being_told(
    open_page, settings, store
):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("report", run="run")
    write_edit(store.database, "run", "ja", Edit(subject="田中の件名"), "田中")
    field(screen.test, "edit_author").set_value("鈴木")
    field(screen.test, "edit_recommendation").set_value("鈴木の推奨")
    save(screen.test)
    assert say("app.report.edit.meanwhile", "ja") in screen.text
    assert read(store.database, "run").edits["ja"].author == "田中"
    save(screen.test)
    assert read(store.database, "run").edits["ja"].value.recommendation == "鈴木の推奨"


def test_texts_that_page_one_cannot_hold_are_not_saved(open_page, settings, store):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("report", run="run")
    field(screen.test, "edit_author").set_value("鈴木")
    for number in (1, 2, 3):
        for name, longest in (("risk", 240), ("measure", 240), ("action", 140)):
            field(screen.test, f"edit_{name}_{number}").set_value("長" * longest)
    for name, longest in (("recommendation", 300), ("request", 300), ("subject", 160)):
        field(screen.test, f"edit_{name}").set_value("長" * longest)
    save(screen.test)
    assert say("app.report.edit.too_long", "ja") in screen.text
    assert not read(store.database, "run").edits


def test_a_business_figure_is_something_that_was_entered(open_page, settings, store):
    put(settings, asked("go", HOURS), "run")
    store.enter_kpi("run", HOURS.name, 3.0)
    text = open_page("report", "en", run="run").text
    assert say("app.report.source.none", "en") not in text
    assert "what was entered until" in text


@pytest.mark.parametrize(
    ("variant", "status", "notice"),
    [
        ("running", "running", "app.report.interim"),
        ("go", "cancelled", "app.report.partial"),
        ("go", "failed", "app.report.partial"),
    ],
)
def test_an_evaluation_that_did_not_finish_says_so(
    open_page, settings, monkeypatch, variant, status, notice
):
    made = VARIANTS[variant]().model_copy(update={"status": status, "run": "run"})
    put(settings, made, "run")
    import session

    monkeypatch.setattr(session.open_store().__class__, "snapshot", lambda _store, _run: made)
    screen = open_page("report", "en", run="run")
    assert say(notice, "en") in screen.text
    assert 'data-format="pdf"' in screen.text
    assert not screen.test.exception


def test_beside_which_verdict_own_words_stand_is_said_when_they_are_saved(open_page, settings):
    put(settings, VARIANTS["no_go"](), "run")
    screen = open_page("report", "en", run="run")
    field(screen.test, "edit_author").set_value("Suzuki")
    field(screen.test, "edit_recommendation").set_value("Adopt it on line A.")
    field(screen.test, "edit_request").set_value("Please decide.")
    save(screen.test)
    verdict = say("results.outcome.no_go", "en")
    assert say("app.report.edit.saved", "en") in screen.text
    for name in ("recommendation", "request"):
        part = say(f"reports.{name}", "en")
        assert say("app.report.edit.beside", "en", part=part, verdict=verdict) in screen.text


def test_what_is_typed_and_not_saved_is_said_above_the_files_until_it_is(open_page, settings):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("report", run="run")
    unsaved = say("app.report.edit.unsaved", "ja")
    assert unsaved not in screen.text
    field(screen.test, "edit_author").set_value("鈴木").run()
    assert unsaved not in screen.text
    field(screen.test, "edit_recommendation").set_value("ラインAから始める。").run()
    assert unsaved in screen.text
    save(screen.test)
    assert unsaved not in screen.text
    assert say("app.report.edit.saved", "ja") in screen.text
    field(screen.test, "edit_recommendation").set_value("ラインBから始める。").run()
    assert say("app.report.edit.saved", "ja") not in screen.text
    assert unsaved in screen.text


def test_all_pages_can_be_seen_large(open_page, settings):
    from preview import LARGE, SMALL
    from report_files import Wanted, made, page_count
    from report_files import asked as wanted_of

    put(settings, VARIANTS["go"](), "run")
    screen = open_page("report", "en", run="run").press("enlarge")
    assert not screen.test.exception
    small = Wanted("run", "png", "en")
    large = replace(small, page=page_count(small), pixels_per_inch=LARGE)
    widths = [int.from_bytes(made(one)[16:20]) for one in (small, large)]  # of a PNG's header
    assert widths == [pytest.approx(210 / 25.4 * inch, abs=1) for inch in (SMALL, LARGE)]
    assert wanted_of(asdict(large)) == large
    older = {name: value for name, value in asdict(small).items() if name != "pixels_per_inch"}
    assert wanted_of(older) == small  # a link of an earlier version
