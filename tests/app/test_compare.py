"""The Compare page: empty, running, failed and finished, and what was written on a document."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from evaluations import database as tables
from evaluations.comparing import compared
from evaluations.outputs import OutputsRequest
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import ingested, queue_run, some_text, work_off
from tests.evaluations.reports.snapshots import VARIANTS


@pytest.fixture(autouse=True)
def no_worker_is_started(monkeypatch):
    monkeypatch.setattr("evaluations.worker.ensure_worker", lambda _settings: None)
    monkeypatch.setenv("LONGSSM_START_WORKER", "0")


def viewers(screen):
    return screen.data("longssm_token_viewer")


def finished(settings, store, **made):
    run = queue_run(store, **made)
    work_off(settings)
    return run


def test_a_finished_document_is_shown_token_by_token(settings, store, open_page):
    language = "en"
    run = finished(settings, store, size=9_000)
    (document,) = store.snapshot(run).documents
    screen = open_page("compare", language, run=run, document=document.id, at="5000")
    assert not screen.test.exception
    (viewer,) = viewers(screen)
    text = store.document_text(document.id)
    first, behind = viewer["strip"]["window"]
    assert (first, behind) == (4_096, 8_192)
    assert "".join(viewer["texts"]) == text[first:behind]
    a = store.losses(run).range(document.id, "zero+carry", first, behind).nll
    assert viewer["a"] == pytest.approx((a / 0.6931472).tolist(), abs=1e-3)
    assert viewer["at"] == 5_000
    assert viewer["strip"]["tokens"][-1] == 0  # a quick run reads 8,192 tokens from the start
    assert viewer["strip"]["edges"][-1] == len(text.encode())
    assert "read: p. 1–2" in viewer["labels"]["here"]
    assert viewer["moves"] == {"before": 0, "behind": None}  # page 3 was not read
    assert viewer["labels"]["behind"] == say("compare.page.behind.read", language)
    assert viewer["labels"]["caption"] == ""
    for kind in ("gain", "loss"):
        assert say(f"compare.{kind}", language, n=10) in screen.text
    assert screen.buttons["to_review"] == say("compare.to_review", language)


def test_a_jump_and_a_choice_stand_in_the_address(settings, store, open_page):
    run = finished(settings, store, documents=2, size=2_000)
    screen = open_page("compare", "en", run=run)
    screen.press("jump_gain_1")
    (viewer,) = viewers(screen)
    assert viewer["mark"][0] < viewer["mark"][1]
    assert screen.test.query_params["at"] in (str(viewer["mark"][0]), [str(viewer["mark"][0])])
    shown = screen.test.selectbox(key="compare_document").value
    other = next(one.id for one in store.snapshot(run).documents if one.id != shown)
    screen.test.selectbox(key="compare_document").set_value(other).run()
    assert screen.test.query_params["document"] in (other, [other])
    assert "at" not in screen.test.query_params
    screen.test.segmented_control(key="compare_reading").set_value("targets").run()
    (viewer,) = viewers(screen)
    targets = store.losses(run).targets(other, "zero+carry", 256)
    assert sum(viewer["strip"]["tokens"]) == len(targets.nll)
    assert not screen.test.exception


def test_a_button_leads_to_the_line_on_which_b_is_worst(settings, store, open_page):
    run = finished(settings, store, documents=3, size=2_000)
    found = store.snapshot(run)
    worst = max(found.documents, key=lambda one: one.delta)
    screen = open_page(
        "compare", "en", run=run, document=min(found.documents, key=lambda one: one.delta).id
    )
    names = screen.test.selectbox(key="compare_document").options
    assert names[0].strip("\u2068").startswith(worst.name[:6])
    screen.press("to_worst")
    there = compared(store, run, worst.id, found.comparison.arm_a, found.comparison.arm_b, "start")
    first = there.overview().losses[0]
    (viewer,) = viewers(screen)
    assert viewer["mark"] == [first.start, first.stop]
    caption = viewer["labels"]["caption"]
    assert caption.startswith("Framed: the line on which B is worst of all that was read (by")
    assert f"byte {first.start:,})" in caption
    assert say("compare.document.order", "en") in screen.text
    assert screen.test.selectbox(key="compare_document").value == worst.id
    assert not screen.test.exception
    assert say("compare.worst", "en") in open_page("results", "en", run=run).buttons.values()
    store.erase_document(worst.id)  # what is gone cannot be looked at: the next one is
    names = open_page("compare", "en", run=run).test.selectbox(key="compare_document").options
    assert not names[0].strip("\u2068").startswith(worst.name[:6])
    assert names[-1].strip("\u2068").startswith(worst.name[:6])


def test_what_waits_failed_was_erased_or_is_unknown_is_said(settings, store, open_page):
    run = queue_run(store, documents=2, size=2_000)
    assert say("compare.missing.waiting", "en") in open_page("compare", "en", run=run).text
    work_off(settings)
    one, other = (document.id for document in store.snapshot(run).documents)
    strange = open_page("compare", "en", run=run, document="f" * 64)
    assert say("compare.unknown", "en") in strange.text
    store.erase_document(one)
    screen = open_page("compare", "ja", run=run, document=one)
    assert say("compare.missing.erased", "ja") in screen.text
    assert viewers(screen) == []
    with store.database.write() as connection:
        connection.execute(update(tables.tasks).values(state="failed"))
    screen = open_page("compare", "ja", run=run, document=other)
    assert say("compare.missing.failed", "ja") in screen.text
    assert not screen.test.exception


def test_a_withheld_verdict_compares_nothing(settings, open_page):
    put(settings, VARIANTS["withheld"](), "run")
    screen = open_page("compare", "en", run="run")
    assert say("compare.withheld", "en") in screen.text
    assert list(screen.buttons) == ["to_results"]


def test_without_an_evaluation_it_says_what_to_do_next(open_page):
    assert say("app.empty.none", "ja") in open_page("compare").text


class Writing(FakeScorer):
    """Writes what a page must not obey."""

    def write_on(self, arm, state, most, lines):
        found = super().write_on(arm, state, most, lines)
        return found._replace(text=b"<b>x</b> " + found.text)


def test_outputs_are_asked_for_waited_for_and_laid_side_by_side(settings, store, open_page):
    run = finished(settings, store, size=2_000)
    document = store.snapshot(run).documents[0].id
    screen = open_page("compare", "en", run=run, document=document)
    assert say("compare.outputs.none", "en") in screen.text
    screen.press("ask_outputs")
    assert {job.kind for job in store.jobs("generate")} == {"generate"}
    assert len(store.jobs("generate")) == 2
    assert say("compare.outputs.queued", "en") in screen.text
    assert "ask_outputs" not in screen.buttons
    with store.database.write() as connection:
        kind = tables.tasks.c.kind == "generate"
        connection.execute(update(tables.tasks).where(kind).values(state="running"))
    screen.test.run()
    assert say("compare.outputs.running", "en", share="0") in screen.text
    with store.database.write() as connection:
        connection.execute(update(tables.tasks).where(kind).values(state="queued"))
    work_off(settings, Writing())
    screen = open_page("compare", "en", run=run, document=document)
    points = [one.position for one in store.outputs(run) if one.arm == "zero+carry"]
    assert len(points) == OutputsRequest().items
    assert "&lt;" in screen.text
    assert "<b>x" not in screen.text
    assert "◆" in screen.text
    for name in ("exact_match", "chrf", "edit_similarity", "reference_bits"):
        assert say(f"outputs.{name}", "en") in screen.text
    screen.test.segmented_control(key="output_point").set_value(points[2]).run()
    assert screen.test.query_params["point"] in (str(points[2]), [str(points[2])])
    assert not screen.test.exception


def test_outputs_that_failed_say_why_and_can_be_asked_for_again(settings, store, open_page):
    class Refusing(FakeScorer):
        def write_on(self, *_):
            raise MemoryError

    run = finished(settings, store, size=2_000)
    (document,) = store.snapshot(run).documents
    store.request_outputs(run, document=document.id)
    work_off(settings, Refusing())
    screen = open_page("compare", "ja", run=run)
    reason = say("task.out_of_memory", "ja")
    assert say("compare.outputs.failed", "ja", reason=reason) in screen.text
    screen.press("ask_outputs")
    assert say("compare.outputs.queued", "ja") in screen.text


def test_a_document_of_the_results_leads_to_its_comparison(settings, store, open_page):
    run = finished(settings, store, documents=2, size=2_000)
    screen = open_page("results", "en", run=run)
    (table,) = screen.data("longssm_sorted_table")
    assert [row["opens"] for row in table["rows"]] == [True, True]
    deltas = {one.id: one.delta for one in store.snapshot(run).documents}
    assert {row["id"]: row["values"][6] for row in table["rows"]} == deltas


def test_a_new_evaluation_can_have_outputs_written_as_well(store, open_page):
    store.add_documents(ingested([some_text(i, 6_000) for i in range(6)]))
    for language, runs in (("ja", 0), ("en", 6)):
        screen = open_page("run", language)
        box = screen.test.checkbox(key="outputs_quick")
        assert box.value is False
        if runs:
            box.check()
        screen.test.text_input(key="decider").set_value(language).run()
        screen.press("start")
        assert len(store.jobs("generate")) == 2 * runs
