"""Ray as the engine: the same tasks, the same bits, and nothing of it left behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys

import pytest
from sqlalchemy import select

from evaluations import database as tables
from evaluations import ray_engine
from evaluations.__main__ import main
from evaluations.core_scorer import CoreScorer
from evaluations.errors import RefusedOption
from evaluations.settings import Settings
from evaluations.wording import LANGUAGES, say
from tests.evaluations.outages import ON_POSTGRESQL
from tests.evaluations.queued import work_off
from tests.evaluations.tiny_pair import save_tiny_pair
from tests.evaluations.watched_ray import (
    PATIENCE,
    in_the_middle,
    queue_long,
    stored,
    worker_on_ray,
)

LONG_LEASE = 3_600.0  # a test that had to wait for its end would not end in time


@pytest.mark.slow
@pytest.mark.parametrize("settings", [ON_POSTGRESQL], indirect=True)
def test_an_actor_that_is_killed_in_a_document_changes_no_bit(settings, store, tmp_path):
    settings = settings.model_copy(update={"lease_seconds": LONG_LEASE})
    pair = save_tiny_pair(tmp_path / "checkpoints")
    quiet = queue_long(store, pair)
    work_off(settings, CoreScorer("cpu"))

    run = queue_long(store, pair)
    with worker_on_ray(settings, "--processes", "2", "--until-idle") as watched:
        watched.wait_until(lambda: in_the_middle(store, run) is not None)
        victim = in_the_middle(store, run)
        os.kill(victim, signal.SIGKILL)
        assert watched.listening_beyond_loopback() == []
        line = store.document_text(store.run_documents(run)[0].document.id)[:40].encode()
        assert not any(line in path.read_bytes() for path in watched.files_of_ray())
        watched.wait_until(lambda: store.progress(run).status == "done")
        assert watched.worker.wait(PATIENCE) == 0
        assert watched.alive() == []

    assert store.progress(run).failures == ()
    assert stored(store, run) == stored(store, quiet)
    with store.database.read() as connection:
        assert max(connection.scalars(select(tables.tasks.c.attempts))) == 2
        assert list(connection.scalars(select(tables.workers.c.name))) == []


@pytest.mark.slow
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_worker_on_ray_that_is_told_to_stop_leaves_the_rest_in_the_queue(
    settings, store, tmp_path
):
    run = queue_long(store, save_tiny_pair(tmp_path / "checkpoints"), documents=4)
    with worker_on_ray(settings, "--processes", "2") as watched:
        watched.wait_until(lambda: in_the_middle(store, run) is not None)
        with store.database.read() as connection:
            (host,) = set(connection.scalars(select(tables.workers.c.host)))
            (device,) = set(connection.scalars(select(tables.workers.c.device)))
        watched.worker.terminate()
        assert watched.worker.wait(PATIENCE) == 0
        assert watched.alive() == []
    assert (host, device) == (socket.gethostname(), CoreScorer("cpu").device().words)
    with store.database.read() as connection:
        states = set(connection.scalars(select(tables.tasks.c.state)))
        assert list(connection.scalars(select(tables.workers.c.name))) == []
    assert states == {"queued", "done"}


def test_the_token_is_made_once_and_only_its_owner_reads_it(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    path = ray_engine.kept_token(settings)
    token = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(token) == 64
    assert ray_engine.kept_token(settings).read_text() == token


def test_a_file_is_no_database_for_several_machines(tmp_path):
    on_file = Settings(data_dir=tmp_path)
    on_server = Settings(data_dir=tmp_path, database_url="postgresql://server/longssm")
    here = socket.gethostname()
    ray_engine.check_database(on_file, {here})
    ray_engine.check_database(on_server, {here, "other"})
    for machines in ({here, "other"}, {"other"}):
        with pytest.raises(RefusedOption) as refused:
            ray_engine.check_database(on_file, machines)
        assert refused.value.key == "command.worker.sqlite_on_cluster"
        for language in LANGUAGES:
            assert "PostgreSQL" in say(refused.value.key, language, **refused.value.values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_ray_the_worker_says_how_to_install_it(monkeypatch, capsys, tmp_path, language):
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LONGSSM_LANGUAGE", language)
    monkeypatch.setattr(ray_engine, "find_spec", lambda _name: None)
    assert main(["worker", "--engine", "ray"]) == 1
    assert capsys.readouterr().err.strip() == say("command.worker.no_ray", language)


def test_an_address_needs_ray(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LONGSSM_LANGUAGE", "en")
    assert main(["worker", "--address", "10.0.0.1:6379"]) == 1
    assert "--engine ray" in capsys.readouterr().err


def test_planning_a_worker_on_ray_loads_neither_ray_nor_torch():
    code = (
        "import sys, evaluations.commands.worker; "
        "sys.exit(bool({'ray', 'torch'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
