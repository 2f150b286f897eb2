"""The kind `report`: what a worker makes is what the command writes, stored by its content."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from evaluations import database as tables
from evaluations.errors import UnknownRun
from evaluations.reports import UnknownReportFormat, report_bytes
from tests.evaluations.queued import queue_run, work_off


@pytest.fixture
def run(store) -> str:
    made = queue_run(store, size=2_000)
    with store.database.write() as connection:
        connection.execute(update(tables.tasks).values(state="done"))
    return made


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_format_is_stored_under_its_name(settings, store, run, language):
    job = store.request_report(run, ["md", "json", "md"], language)
    work_off(settings)
    found = store.job(job)
    assert (found.state, found.done, found.total) == ("done", 2, 2)
    assert list(found.result) == ["md", "json"]
    for name, made in found.result.items():
        expected = report_bytes(store.snapshot(run), name, language)
        assert store.files.read(made["sha256"]) == expected
        assert made["name"].endswith(f".{name}")
    assert language in found.result["md"]["name"]


def test_a_report_is_made_again_only_where_it_would_say_something_else(settings, store, run):
    first = store.request_report(run, ["json"], "en")
    work_off(settings)
    assert store.request_report(run, ["json"], "en") == first
    store.rename_run(run, "another name")
    assert store.request_report(run, ["json"], "en") != first


def test_a_format_or_an_evaluation_that_does_not_exist_is_refused(store, run):
    with pytest.raises(UnknownReportFormat):
        store.request_report(run, ["docm"], "en")
    with pytest.raises(UnknownRun):
        store.request_report("0" * 16, ["md"], "en")
