"""Pausing, priorities, erasing and large files, as a visitor meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from evaluations import database as tables
from evaluations.kinds import LEVELS
from evaluations.wording import say
from tests.evaluations.queued import ingested, queue_run, some_text, work_off

BOX = "b" * 32
REFRESH_SECONDS = 2.0  # of the list of files that are read


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_run_is_paused_and_resumed_on_its_page(store, open_page, language):
    run = queue_run(store)
    screen = open_page("run", language, run=run)
    assert screen.buttons["pause"] == say("app.progress.pause", language)
    screen.press("pause")
    assert store.progress(run).status == "paused"
    assert say("app.progress.paused", language) in screen.text
    assert say("app.status.paused", language) in screen.text
    assert screen.buttons["pause"] == say("app.progress.resume", language)
    screen.press("pause")
    assert store.progress(run).status == "queued"


def test_a_run_is_made_more_urgent_on_its_page(store, open_page):
    run = queue_run(store)
    screen = open_page("run", run=run)
    screen.test.button_group(key=f"priority_{run}").set_value(LEVELS["high"]).run()
    assert store.summary(run).priority == LEVELS["high"]


def test_a_finished_run_says_how_long_it_took(settings, store, open_page):
    run = queue_run(store)
    assert store.progress(run).seconds_taken is None
    work_off(settings)
    began = datetime(2026, 5, 1, 9, 0, 10, tzinfo=UTC)
    with store.database.write() as connection:
        values = {"started_at": began, "finished_at": began + timedelta(seconds=48)}
        connection.execute(update(tables.tasks).values(**values))
    took = say("app.time.seconds", "ja", n=50)
    assert say("app.progress.took", "ja", duration=took) in open_page("run", run=run).text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_document_is_erased_on_the_data_page_and_its_result_says_so(
    settings, store, open_page, language
):
    run = queue_run(store)
    work_off(settings)
    (document,) = store.documents()
    screen = open_page("data", language)
    assert screen.test.button(key="erase_yes").disabled  # nothing is chosen
    screen.test.selectbox(key="erase_document").select(document.id).run()
    screen.press("erase_yes")
    assert store.documents() == []
    assert document.name in screen.text
    assert say("erase.in_result", language, n=1, documents=document.name) in (
        open_page("results", language, run=run).text
    )


def test_a_large_file_is_handed_to_a_worker_and_can_be_cancelled(
    settings, store, open_page, monkeypatch
):
    monkeypatch.setattr("components.files_at_work.LARGE_BYTES", 1_000)
    monkeypatch.setattr("components.files_at_work.ensure_worker", lambda _settings: None)
    from uploads import Box

    data = some_text(0, 6_000).encode()
    box = Box(settings.data_dir / "uploads", BOX)
    for file in ("f" * 16, "e" * 16):
        box.begin(file, f"{file[0]}.log", len(data), 0)
        box.append(file, data)
        box.finish(file)
    screen = open_page("data", "en", box=BOX)
    screen.press(f"start_{'f' * 16}")
    (job,) = store.jobs()
    assert (job.name, job.state) == ("f.log", "queued")
    assert say("app.data.jobs.queued", "en") in screen.text
    assert [upload.name for upload in box.complete()] == ["e.log"]
    screen.press(f"cancel_{job.id}")
    assert store.job(job.id).state == "cancelled"
    screen.press(f"start_{'e' * 16}")
    work_off(settings)
    screen.test.run()
    assert say("app.data.jobs.done", "en", documents=1) in screen.text
    assert [one.name for one in store.documents()] == ["e.log"]


def test_the_files_that_are_read_are_looked_at_again_only_while_one_of_them_moves(
    settings, store, open_page, looks, tmp_path
):
    (tmp_path / "a.log").write_text(some_text(0, 6_000))
    job = store.request_ingest(tmp_path / "a.log", "a.log")
    screen = open_page("data", "en")
    screen.test.session_state["my_files"] = [job]
    assert say("app.data.jobs.queued", "en") in screen.text
    assert REFRESH_SECONDS in looks
    work_off(settings)
    looks.clear()
    screen.test.run()
    assert say("app.data.jobs.done", "en", documents=1) in screen.text
    assert screen.test.session_state["ticked"]  # it is chosen, and stands in the list
    assert REFRESH_SECONDS not in looks


def test_an_uploaded_file_of_usual_size_is_read_at_once_as_before(settings, store, open_page):
    store.add_documents(ingested([some_text(1, 3_000)]))
    screen = open_page("data", "en")
    assert say("app.data.jobs", "en") not in screen.text
