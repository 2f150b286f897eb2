"""Empty databases for tests: a SQLite file, or a real PostgreSQL where there is one.

PostgreSQL is the server of TEST_POSTGRES_URL, else a cluster that is started from the installed
server's programs in a temporary folder, else nothing: those tests skip and say why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from evaluations.settings import Settings

PROGRAMS = Path("/usr/lib/postgresql")


def server_programs() -> Path | None:
    """Folder of the newest installed server's programs."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name.split(".")[0]))
    beside = shutil.which("initdb")
    return Path(beside).parent if beside else None


class OwnServer(NamedTuple):
    """A server that was started here: its address, and how to stop and start it again."""

    address: str
    restart: Callable[[float], None]  # seconds that it stays away


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """Address of a server on which databases may be created; None: there is none."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
    with own_server() as server:
        yield None if server is None else server.address


@contextmanager
def own_server() -> Iterator[OwnServer | None]:
    """A new cluster of the installed server's programs; None: they are not there."""
    programs = server_programs()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="longssm-pg-"))
    as_postgres: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        as_postgres = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_postgres)

    cluster = str(folder / "cluster")

    def start() -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run("pg_ctl", "-D", cluster, "-w", "-l", str(folder / "log"), "-o", options, "start")

    def stop() -> None:
        run("pg_ctl", "-D", cluster, "-w", "-m", "immediate", "stop")

    def restart(seconds: float) -> None:
        stop()
        time.sleep(seconds)
        start()

    run("initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    start()
    try:
        yield OwnServer(f"postgresql+psycopg://postgres@/postgres?host={folder}", restart)
    finally:
        stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """Address of a new database on `server`; dropped afterwards."""
    name = f"test_{uuid4().hex}"
    # pre-ping: a proof restarts the server meanwhile
    engine = create_engine(server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    try:
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        engine.dispose()


def printed_at_once(code: str, settings: Settings, processes: int) -> list[tuple[int, str]]:
    """Exit code and output of so many processes that run `code` at the same time."""

    def start(_number: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **settings.environment()},
            capture_output=True,
            text=True,
            check=False,
        )

    with ThreadPoolExecutor(processes) as pool:
        found = list(pool.map(start, range(processes)))
    return [(one.returncode, one.stdout.strip()) for one in found]
