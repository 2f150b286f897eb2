"""The blind review page in each of its states, and that nothing on it tells the arms apart."""

from __future__ import annotations

import re

import pytest

from evaluations import reviews
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS
from tests.evaluations.reviewable import WORDS, reviewable

TELLING = re.compile(
    r"zero|previous|propos|提案|従来|引継|ゼロ|carry|reset|lab-a\b|lab-b\b|-t16", re.IGNORECASE
)

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def begin(open_page, run: str, language: str = "en", name: str = "Sato"):
    screen = open_page("review", language, run=run)
    screen.test.text_input(key="review_name").set_value(name)
    return screen.press("begin")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_without_an_evaluation_or_before_its_end_it_says_what_to_do(open_page, settings, language):
    assert say("app.empty.none", language) in open_page("review", language).text
    put(settings, VARIANTS["go"]().model_copy(update={"status": "failed"}), "run")
    screen = open_page("review", language, run="run")
    assert say("app.review.unfinished", language) in screen.text
    assert "to_run" in screen.buttons


def test_a_withheld_verdict_is_not_reviewed(open_page, settings):
    put(settings, VARIANTS["withheld"](), "run")
    screen = open_page("review", "en", run="run")
    assert say("app.review.withheld", "en") in screen.text
    assert "begin" not in screen.buttons


def test_texts_are_asked_for_and_waited_for(open_page, store, monkeypatch):
    run = reviewable(store, written=False)
    monkeypatch.setattr("evaluations.worker.ensure_worker", lambda _settings: None)
    screen = open_page("review", "en", run=run)
    assert "continue 6 documents at 4 points" in screen.text
    screen.press("request_outputs")
    assert not screen.test.exception
    assert say("app.review.waiting", "en", done=0, total=12) in screen.text


def test_texts_of_too_few_documents_are_joined_by_more(open_page, store, monkeypatch):
    monkeypatch.setattr("evaluations.worker.ensure_worker", lambda _settings: None)
    assert "request_more" not in open_page("review", "en", run=reviewable(store)).buttons
    screen = open_page("review", "en", run=reviewable(store, documents=3))
    assert say("app.review.few", "en", documents=3, needed=6) in screen.text
    screen.press("request_more")
    assert not screen.test.exception
    assert say("app.review.waiting", "en", done=0, total=6) in screen.text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_nothing_on_the_page_names_a_method_until_the_review_is_finished(
    open_page, store, language
):
    run = reviewable(store, documents=4)
    screen = open_page("review", language, run=run)
    pages = [screen.text]
    screen = begin(open_page, run, language)
    for vote in ("left", "right", "both_bad"):
        pages.append(screen.text)
        assert language == "ja" or not JAPANESE.search(screen.text.replace("日本語", ""))
        assert "&lt;b&gt;" in screen.text  # what a model wrote is text
        assert "wren" in screen.text  # what really came next, which no arm wrote
        screen.press(f"vote_{vote}")
    assert say("app.review.end", language, points=3, voted=3) in screen.text
    pages.append(screen.text)
    for text in pages:
        assert not TELLING.search(text.replace("lab-bar", "")), TELLING.search(text)

    screen.press("finish")
    assert say("app.review.thanks", language, name="Sato", votes=3) in screen.text
    assert not TELLING.search(screen.text)
    screen.test.toggle(key="review_reveal").set_value(True).run()
    assert not screen.test.exception
    for side in "ab":
        assert f'class="lab-{side}"' in screen.text
    assert 'data-format="reviews"' in screen.text
    results = open_page("results", language, run=run).text
    assert say("review.line.rate", language) in results


def test_votes_are_kept_with_their_remarks_and_can_be_changed(open_page, store):
    run = reviewable(store)
    screen = begin(open_page, run)
    screen.press("skip").press("back")
    item = next(one.key for one in screen.test.text_input).removeprefix("comment_")
    assert screen.test.button_group(key=f"wrong_{item}").value in (None, [])  # nothing beforehand
    screen.test.button_group(key=f"wrong_{item}").set_value("left")
    screen.test.text_input(key=f"comment_{item}").set_value("<i>17</i> is not there")
    screen.press("vote_right")
    found = store.snapshot(run)
    first = reviews.items(store, found, "Sato")[0]
    assert (first.vote, first.wrong, first.comment) == ("right", "left", "<i>17</i> is not there")
    screen.press("back")
    assert screen.test.button(key="vote_right").proto.type == "primary"
    screen.press("vote_same")
    first = reviews.items(store, found, "Sato")[0]
    assert (first.vote, first.wrong) == ("same", "left")
    for answer, kept in (("none", "none"), (None, None)):  # "no", and no answer any more
        screen.press("back")
        screen.test.button_group(key=f"wrong_{item}").set_value(answer)
        screen.press("vote_same")
        assert reviews.items(store, found, "Sato")[0].wrong == kept

    again = begin(open_page, run, name=" Sato ")  # as after a refresh: on with the next one
    assert say("app.review.progress", "en", number=2, points=6, voted=1) in again.text
    again.press("stop")
    assert say("app.review.end.open", "en", open=5) in again.text


def test_an_erased_document_is_gone_and_a_vote_on_it_is_refused(open_page, store):
    run = reviewable(store)
    screen = begin(open_page, run)
    shown = reviews.items(store, store.snapshot(run), "Sato")[0]
    store.erase_document(shown.document)
    screen.press("vote_left")
    assert not screen.test.exception
    assert say("app.review.late", "en") in screen.text
    assert say("app.review.progress", "en", number=2, points=5, voted=0) in screen.text
    assert WORDS["a"] in screen.text


def test_a_name_is_needed(open_page, store):
    run = reviewable(store)
    screen = begin(open_page, run, name="  ")
    assert say("app.review.name.missing", "en") in screen.text
    assert reviews.begun(store, run) == []
