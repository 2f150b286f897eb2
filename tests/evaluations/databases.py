"""Empty databases for tests: a SQLite file, or a real PostgreSQL where there is one.

PostgreSQL is the server of TEST_POSTGRES_URL, else a cluster that is started from the installed
server's programs in a temporary folder, else nothing: those tests skip and say why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

PROGRAMS = Path("/usr/lib/postgresql")


def server_programs() -> Path | None:
    """Folder of the newest installed server's programs."""
    found = [path.parent for path in PROGRAMS.glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name.split(".")[0]))
    beside = shutil.which("initdb")
    return Path(beside).parent if beside else None


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """Address of a server on which databases may be created; None: there is none."""
    given, programs = os.environ.get("TEST_POSTGRES_URL"), server_programs()
    if given:
        yield given.replace("postgresql://", "postgresql+psycopg://", 1)
        return
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

    cluster = folder / "cluster"
    run("initdb", "-D", str(cluster), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    log = str(folder / "log")
    run("pg_ctl", "-D", str(cluster), "-w", "-l", log, "-o", options, "start")
    try:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(cluster), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """Address of a new database on `server`; dropped afterwards."""
    name = f"test_{uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        engine.dispose()
