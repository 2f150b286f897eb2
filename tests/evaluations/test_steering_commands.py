"""`pause`, `resume`, `priority`, `cancel` and `erase` as a user types them."""

from __future__ import annotations

import pytest

from evaluations.__main__ import main
from evaluations.kinds import LEVELS
from evaluations.store import open_store
from tests.evaluations.queued import queue_run


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LONGSSM_LANGUAGE", "en")
    monkeypatch.delenv("LONGSSM_DATABASE_URL", raising=False)
    from evaluations.settings import load_settings

    opened = open_store(load_settings())
    yield opened
    opened.close()


def test_an_evaluation_is_paused_resumed_made_urgent_and_cancelled(store, capsys):
    run = queue_run(store)
    assert main(["pause", run]) == 0
    assert store.progress(run).status == "paused"
    assert main(["resume", run]) == 0
    assert main(["priority", run, "high"]) == 0
    assert store.summary(run).priority == LEVELS["high"]
    assert main(["cancel", run]) == 0
    assert store.progress(run).status == "cancelled"
    assert capsys.readouterr().out.splitlines() == [
        "a run: paused", "a run: queued", "a run: priority high (queued)", "a run: cancelled"
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["pause", "resume", "cancel"])
def test_an_unknown_evaluation_is_named(store, command, capsys):
    assert main([command, "no-such-run"]) == 1
    assert "no-such-run" in capsys.readouterr().err


def test_a_level_that_does_not_exist_is_refused_with_those_that_do(store, capsys):
    run = queue_run(store)
    assert main(["priority", run, "urgent"]) == 1
    said = capsys.readouterr().err
    assert "urgent" in said
    assert all(level in said for level in LEVELS)


def test_a_document_is_erased_by_its_name(store, capsys):
    queue_run(store)
    (document,) = store.documents()
    assert main(["erase", document.name]) == 0
    assert store.documents() == []
    assert f"{document.name} was erased" in capsys.readouterr().out
    assert main(["erase", document.name]) == 1
    assert document.name in capsys.readouterr().err
