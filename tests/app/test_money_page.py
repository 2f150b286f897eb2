"""The Money page in its states: nothing entered, a part, all of it, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from evaluations.additions import Edit, read, write_edit, write_money
from evaluations.entries import history
from evaluations.money import MoneyInputs, money
from evaluations.reports.money import money_sheet
from evaluations.wording import LANGUAGES, say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS, snapshot
from tests.evaluations.test_money import INPUTS, NOTHING


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_assumptions_no_payback_is_shown_and_it_is_said_what_is_missing(
    open_page, settings, language
):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("money", language, run="run")
    assert say("money.input.one_off_yen", language) in screen.text
    sheet = money_sheet(VARIANTS["go"](), MoneyInputs(), language)
    assert sheet.conclusion in screen.text
    assert "month" not in sheet.conclusion.split("Missing")[0]
    assert say("money.turns", language) not in screen.text
    assert all(field.value is None for field in screen.test.number_input)
    assert not screen.test.exception


def test_what_is_entered_is_saved_with_its_author_and_converted(open_page, settings, store):
    put(settings, VARIANTS["go"](), "run")
    screen = open_page("money", "en", run="run")
    for field in screen.test.number_input:
        name = field.key.removeprefix("money_").split("_run_")[0]
        field.set_value(getattr(INPUTS, name))
    screen.press("save_money")
    assert say("app.money.unnamed", "en") in screen.text
    next(one for one in screen.test.text_input if one.key == "money_author").set_value("Suzuki")
    screen.press("save_money")

    entered = read(store.database, "run").money
    assert entered is not None
    assert (entered.author, entered.value) == ("Suzuki", INPUTS)
    made = VARIANTS["go"]()
    assert money(made, INPUTS).pays
    assert money_sheet(made, INPUTS, "en").conclusion in screen.text
    assert say("money.turns", "en") in screen.text
    assert "Suzuki" in screen.text
    assert say("app.money.to_report", "en") in screen.buttons["to_report"]


@pytest.mark.parametrize(
    ("variant", "refusal"), [("withheld", "withheld"), ("no_go", "not_better")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_yen_that_the_run_does_not_carry_are_refused(
    open_page, settings, store, variant, refusal, language
):
    put(settings, VARIANTS[variant](), "run")
    write_money(store.database, "run", INPUTS, "鈴木")
    screen = open_page("money", language, run="run")
    assert say(f"money.refusal.{refusal}", language) in screen.text
    assert say("app.money.scenarios", language) not in screen.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_there_is_only_cost_the_page_begins_with_that_it_does_not_pay_back(
    open_page, settings, store, language
):
    put(settings, VARIANTS["no_go"](), "run")  # slower, and not shown to be better
    for _ in ("nothing entered", "all entered"):
        text = open_page("money", language, run="run").text
        said = text.split('class="lab-notice warning"')[1].split("</p>")[0]
        assert said.split("<p>")[1].startswith(say("money.refusal.never", language))
        write_money(store.database, "run", INPUTS, "鈴木")


def test_what_somebody_else_saved_meanwhile_is_shown_before_it_is_replaced(
    open_page, settings, store
):
    put(settings, VARIANTS["go"](), "run")
    write_money(store.database, "run", INPUTS, "田中")
    screen = open_page("money", "en", run="run")
    theirs = INPUTS.model_copy(update={"one_off_yen": 1_000_000.0})
    write_money(store.database, "run", theirs, "鈴木")
    next(one for one in screen.test.text_input if one.key == "money_author").set_value("佐藤")
    labour = next(one for one in screen.test.number_input if "labour" in one.key)
    labour.set_value(4000.0)
    screen.press("save_money")
    assert read(store.database, "run").money.value == theirs  # not replaced unseen
    assert "One-off cost (yen): saved 1,000,000, yours 900,000" in screen.text
    assert "Labour (yen per hour): saved 3,000, yours 4,000" in screen.text
    screen.press("save_money")
    mine = INPUTS.model_copy(update={"yen_per_labour_hour": 4000.0})
    assert read(store.database, "run").money.value == mine
    kept = [entry.author for entry in history(store.database, "run", "money")]
    assert kept == ["田中", "鈴木", "佐藤"]
    assert not screen.test.exception


def test_measured_and_assumed_figures_carry_different_badges(open_page, settings, store):
    put(settings, VARIANTS["go"](), "run")
    write_money(store.database, "run", INPUTS, "鈴木")
    text = open_page("money", run="run").text
    assert 'class="lab-badge lab-measured"' in text
    assert 'class="lab-badge lab-assumed"' in text


def test_a_withheld_evaluation_shows_no_measurement(open_page, settings):
    put(settings, VARIANTS["withheld"](), "run")
    text = open_page("money", run="run").text
    assert "20,610" not in text
    assert say("reports.unmeasured", "ja") in text


def test_a_net_effect_of_zero_says_that_it_never_pays_back(open_page, settings, store):
    put(settings, snapshot(slowdown=1.0), "run")
    write_money(store.database, "run", NOTHING, "鈴木")
    text = open_page("money", run="run").text
    assert say("money.conclusion.zero", "ja") in text
    assert say("money.alternative.back.never", "ja") in text


def test_when_something_was_entered_is_said_in_the_viewers_own_time(
    open_page, settings, store, monkeypatch
):
    put(settings, VARIANTS["go"](), "run")
    write_money(store.database, "run", INPUTS, "鈴木")
    write_edit(store.database, "run", "ja", Edit(subject="件名"), "田中")
    added = read(store.database, "run")
    monkeypatch.setattr("components.format._zone", lambda: ZoneInfo("Asia/Tokyo"))
    for page, at in (("money", added.money.at), ("report", added.edits["ja"].at)):
        local = at + timedelta(hours=9)
        text = open_page(page, run="run").text
        assert f"{local.month}月{local.day}日 {local:%H:%M}" in text
        assert "UTC" not in text
