"""What an operator asks of the app: is it ready, and what goes on; answered to no other site."""

from __future__ import annotations

import gc

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.evaluations.queued import queue_run


@pytest.fixture
def client(settings):
    from routes import ROUTES

    with TestClient(Starlette(routes=ROUTES)) as opened:
        yield opened


def test_it_is_ready_when_the_database_is_there(client, settings, store):
    reply = client.get("/api/ready")
    assert (reply.status_code, reply.json()) == (200, {"status": "ready"})
    assert reply.headers["cache-control"] == "private, no-store"


def test_what_is_missing_is_named_and_nothing_else_is_said(client, settings):
    reply = client.get("/api/ready")
    assert (reply.status_code, reply.json()) == (503, {"status": "not ready", "check": "database"})
    assert str(settings.data_dir) not in reply.text


def test_a_check_that_hangs_is_not_waited_for_and_not_asked_twice(client, store, monkeypatch):
    import threading

    import routes

    asked, go_on = [], threading.Event()

    def hanging(_settings):
        asked.append(1)
        go_on.wait(30)

    monkeypatch.setattr(routes, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(routes, "failed_check", hanging)
    for _ in range(2):
        reply = client.get("/api/ready")
        assert (reply.status_code, reply.json()["check"]) == (503, "time")
    assert len(asked) == 1
    go_on.set()


def test_figures_are_told_only_where_the_settings_offer_them(client, store, monkeypatch):
    assert client.get("/api/metrics").status_code == 404
    monkeypatch.setenv("LONGSSM_METRICS", "true")
    run = queue_run(store)
    reply = client.get("/api/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'longssm_runs{status="queued"} 1.0' in reply.text
    assert run not in reply.text


def test_without_a_database_there_are_no_figures_and_no_words_about_it(
    client, settings, monkeypatch
):
    monkeypatch.setenv("LONGSSM_METRICS", "true")
    reply = client.get("/api/metrics")
    assert (reply.status_code, reply.text) == (503, "not available\n")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/api/ready", "/api/metrics"])
def test_another_site_is_told_nothing(client, store, monkeypatch, path, headers):
    monkeypatch.setenv("LONGSSM_METRICS", "true")
    assert client.get(path, headers=headers).status_code == 403
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert client.get(path, headers=own).status_code == 200


def test_streamlits_own_figures_are_closed_and_everything_else_passes(settings):
    from routes import ROUTES
    from serving import OnlyOurMetrics
    from starlette.middleware import Middleware

    app = Starlette(routes=ROUTES, middleware=[Middleware(OnlyOurMetrics)])
    with TestClient(app) as client:
        for path in ("/_stcore/metrics", "/_stcore/metrics/"):
            assert client.get(path).status_code == 404
        assert client.get("/api/health").status_code == 200


def test_garbage_collections_after_a_page_leave_out_what_is_loaded(open_page):
    from serving import spare_modules

    gc.unfreeze()
    spare_modules.cache_clear()  # as in a new process
    try:
        open_page("results")
        assert gc.get_freeze_count() > len(gc.get_objects())  # which tells the others alone
    finally:
        gc.unfreeze()
