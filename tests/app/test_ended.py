"""What ended since somebody looked, above every page."""

from __future__ import annotations

import pytest

from evaluations import notifications
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import NASTY, VARIANTS


@pytest.fixture
def announced(settings, store) -> str:
    """An evaluation with a hostile name that has just ended; its id."""
    found = VARIANTS["go"]().model_copy(update={"name": NASTY[2]})
    run = put(settings, found, "run-go")
    with store.database.write() as connection:
        notifications.run_ended(connection, found.model_copy(update={"run": run}))
    return run


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("page", ["plan", "data"])
def test_it_is_said_above_a_page_until_it_is_dismissed(open_page, store, announced, page, language):
    screen = open_page(page, language)
    (one,) = notifications.unseen(store.database)
    assert screen.buttons[f"look_{one.id}"] == say("app.ended.look", language)
    assert "<script" not in screen.text
    assert "lab-notice good" in screen.text

    screen.press(f"dismiss_{one.id}")
    assert f"look_{one.id}" not in screen.buttons
    assert f"look_{one.id}" not in open_page(page, language).buttons


def test_home_says_it_once_in_its_own_words(open_page, store, announced):
    screen = open_page("home")
    assert not [key for key in screen.buttons if key.startswith("look_")]
    assert say("app.list.now.last", "ja", n=0) in screen.text
    screen.press("home_next")
    assert notifications.unseen(store.database) == []


def test_it_leads_to_the_result(open_page, store, announced):
    screen = open_page("data")
    (one,) = notifications.unseen(store.database)
    screen.press(f"look_{one.id}")
    assert say("results.outcome.go", "ja") in screen.text
    assert notifications.unseen(store.database) == []


def test_who_has_the_result_before_him_is_not_told(open_page, store, announced):
    screen = open_page("results", run=announced)
    assert not [key for key in screen.buttons if key.startswith("look_")]
    assert notifications.unseen(store.database) == []
