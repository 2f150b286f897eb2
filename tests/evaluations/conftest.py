"""What the tests of this room share: an empty database of each kind, settings and a store."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evaluations.settings import Settings
from evaluations.store import Store, open_store
from tests.evaluations.databases import empty_database, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a real PostgreSQL server."""
    with postgres_server() as server:
        if server is None:
            pytest.skip("no PostgreSQL: set TEST_POSTGRES_URL or install the server's programs")
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a new data folder and an empty database, of each kind.

    Nothing is reused: what a test computes twice it means to compare.
    """
    chosen = {
        "data_dir": tmp_path / "data",
        "lease_seconds": 5.0,
        "language": "en",
        "reuse_losses": False,
    }
    if request.param == "sqlite":
        yield Settings(**chosen)
        return
    with empty_database(request.getfixturevalue("postgres")) as url:
        yield Settings(**chosen, database_url=url)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def worker(settings: Settings) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts worker processes of these settings; none outlives the test."""
    environment = {**os.environ, **settings.environment(), "OMP_NUM_THREADS": "1"}
    started: list[subprocess.Popen[bytes]] = []

    def start_worker(name: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.evaluations.light_worker", "--name", name, *more]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
        started.append(subprocess.Popen(command, env=environment, **pipes))
        return started[-1]

    yield start_worker
    for one in started:
        one.kill()
        one.wait()
