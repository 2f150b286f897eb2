"""Home: what is going on, and many evaluations found, sorted and laid side by side."""

from __future__ import annotations

import pytest

from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS


def put_many(settings, count: int) -> None:
    found = VARIANTS["go"]()
    for i in range(count):
        put(settings, found.model_copy(update={"name": f"Line {i:02d}"}), f"run-{i:02d}")


def names(screen) -> list[str]:
    return [f"Line {i:02d}" for i in range(40) if f"Line {i:02d}" in screen.text]


def test_many_evaluations_are_shown_a_page_at_a_time_and_found_by_name(open_page, settings):
    put_many(settings, 12)
    screen = open_page("home", "en")
    assert say("app.list.page", "en", first=1, last=10, n=12) in screen.text
    screen.press("list_next")
    assert names(screen) == ["Line 00", "Line 10", "Line 11"]  # and the latest, on top
    screen.test.text_input(key="list_find").set_value("ｌｉｎｅ 07").run()
    assert names(screen) == ["Line 00", "Line 07"]
    screen.test.text_input(key="list_find").set_value("nothing").run()
    assert say("app.list.none", "en") in screen.text


def test_evaluations_can_be_sorted_by_outcome(open_page, settings):
    for name in ("no_go", "go", "conditional"):
        put(settings, VARIANTS[name](), f"run-{name}")
    screen = open_page("home", "en")
    screen.test.selectbox(key="list_sort").set_value("outcome").run()
    order = [key for key in screen.buttons if key.startswith("open_")]
    assert order == ["open_run-go", "open_run-conditional", "open_run-no_go"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_ticked_evaluations_stand_side_by_side_and_in_the_address(open_page, settings, language):
    put(settings, VARIANTS["go"](), "run-go")
    put(settings, VARIANTS["withheld"](), "run-withheld")
    screen = open_page("home", language)
    screen.test.checkbox(key="tick_run-go").set_value(True).run()
    assert say("app.list.compare.more", language) in screen.text
    screen.test.checkbox(key="tick_run-withheld").set_value(True).run()
    assert screen.test.query_params["with"] in ("run-go,run-withheld", ["run-go,run-withheld"])
    shared = open_page("home", language, **{"with": "run-go,run-withheld,gone"})
    for found in (screen, shared):
        table = found.text.split(say("app.list.compare.why", language))[1].split("</table>")[0]
        assert say("results.outcome.go", language) in table
        assert say("results.outcome.withheld", language) in table
        row = table.split(say("app.list.compare.difference", language))[1].split("</tr>")[0]
        assert "−0." in row
        assert "<td>-</td>" in row  # a withheld verdict carries no number
        assert not found.test.exception
    assert "tick_run-go" not in shared.press("compare_clear").test.query_params
    assert say("app.list.compare.why", language) not in shared.text


def test_an_archived_evaluation_is_found_and_put_back(open_page, settings, store):
    put_many(settings, 1)
    screen = open_page("home", "en").press("archive_run-00")
    assert say("app.list.empty", "en") in screen.text
    screen.test.toggle(key="list_archived").set_value(True).run()
    assert screen.buttons["archive_run-00"] == say("app.list.unarchive", "en")
    screen.press("archive_run-00")
    assert [run.id for run in store.runs()] == ["run-00"]


def test_home_leads_to_what_runs_or_to_the_latest_result(open_page, settings):
    put_many(settings, 1)
    screen = open_page("home", "en")
    assert screen.buttons["home_next"] == say("app.home.open.results", "en")
    screen.press("home_sample")
    screen = open_page("home", "en")
    assert say("app.list.now.moving", "en", n=1) in screen.text
    assert screen.buttons["home_next"] == say("app.home.open.run", "en")


def test_the_chooser_offers_the_newest_and_the_way_to_the_others(open_page, settings):
    put_many(settings, 32)
    screen = open_page("results", "en", run="run-31")
    chooser = screen.test.selectbox(key="evaluation_choice")
    assert len(chooser.options) == 32  # thirty, the one in view, and the way
    assert chooser.value == "run-31"
    chooser.set_value("*").run()
    assert say("app.list.page", "en", first=1, last=10, n=32) in screen.text
    assert not screen.test.exception
