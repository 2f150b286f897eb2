"""The schema on both databases: made once, the same as the tables say, never a later one's."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic import command
from sqlalchemy import func, inspect, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from evaluations import database as tables
from evaluations.database import (
    alembic_config,
    check_writable,
    is_outage,
    metadata,
    now,
    open_database,
    upsert,
)
from evaluations.errors import DatabaseTooNew
from evaluations.settings import Settings
from tests.evaluations.databases import printed_at_once
from tests.evaluations.outages import ON_POSTGRESQL, OUTAGES
from tests.evaluations.queued import queue_run


def test_an_empty_database_gets_every_table(settings):
    database = open_database(settings)
    found = set(inspect(database.engine).get_table_names())
    database.close()
    assert found == {*metadata.tables, "alembic_version"}


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(settings):
    database = open_database(settings)
    with database.engine.connect() as connection:
        command.check(alembic_config(connection))  # raises where they differ
    database.close()


def test_opening_again_keeps_the_rows(settings, store):
    run = queue_run(store)
    again = open_database(settings)
    with again.read() as connection:
        assert connection.scalar(select(tables.runs.c.id)) == run
    again.close()


def test_the_schema_can_be_taken_back_and_made_again(settings):
    database = open_database(settings)
    with database.engine.connect() as connection:
        command.downgrade(alembic_config(connection), "base")
        connection.commit()
        assert inspect(connection).get_table_names() == ["alembic_version"]
        command.upgrade(alembic_config(connection), "head")
        connection.commit()
    with database.read() as connection:
        assert connection.execute(select(tables.runs)).all() == []
    database.close()


def test_processes_that_start_at_once_on_an_empty_database_all_find_it_ready(settings):
    code = (
        "from evaluations.settings import load_settings; "
        "from evaluations.store import open_store; print(open_store(load_settings()).runs())"
    )

    assert printed_at_once(code, settings, 3) == [(0, "[]")] * 3


def test_a_database_of_a_later_version_is_refused_and_left_alone(settings):
    database = open_database(settings)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()

    with pytest.raises(DatabaseTooNew) as refused:
        open_database(settings)
    assert "9999" in str(refused.value)


def test_a_time_without_a_zone_is_refused_and_others_come_back_in_utc(store):
    row = {
        "name": "w", "host": "h", "process": 1, "device": "d", "threads": 1,
        "started_at": datetime(2026, 1, 2, 12, tzinfo=timezone(timedelta(hours=9))),
        "heartbeat_at": datetime(2026, 1, 2, tzinfo=UTC),
    }  # fmt: skip
    with store.database.write() as connection:
        upsert(connection, tables.workers, row)
        found = connection.execute(select(tables.workers)).one()
    assert found.started_at == datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert found.started_at.utcoffset() == timedelta(0)

    naive = {**row, "started_at": datetime(2026, 1, 2)}
    with store.database.write() as connection, pytest.raises(StatementError, match="naive"):
        upsert(connection, tables.workers, naive)


def test_what_a_transaction_wrote_before_it_failed_is_not_there(store):
    def write_and_die() -> None:
        with store.database.write() as connection:
            present = now(connection)
            row = {"name": "w", "host": "h", "process": 1, "device": "d", "threads": 1}
            times = {"started_at": present, "heartbeat_at": present}
            upsert(connection, tables.workers, {**row, **times})
            raise RuntimeError("the worker dies here")

    with pytest.raises(RuntimeError):
        write_and_die()
    with store.database.read() as connection:
        assert connection.execute(select(tables.workers)).all() == []


def test_a_read_transaction_sees_one_moment(store):
    queue_run(store)
    count = select(func.count()).select_from(tables.runs)
    with store.database.read() as connection:
        assert connection.scalar(count) == 1
        queue_run(store, seed=1)
        assert connection.scalar(count) == 1
    with store.database.read() as connection:
        assert connection.scalar(count) == 2


@pytest.mark.parametrize("outage", list(OUTAGES))
@pytest.mark.parametrize("settings", [ON_POSTGRESQL], indirect=True)
def test_what_postgresql_calls_internal_or_read_only_is_an_outage(store, outage):
    with pytest.raises(DBAPIError) as raised:
        OUTAGES[outage](store.database)
    assert is_outage(raised.value)
    check_writable(store.database)  # on a new connection


@pytest.mark.parametrize("settings", [ON_POSTGRESQL], indirect=True)
def test_after_a_failover_no_old_connection_is_used_again(store):
    with store.database.read() as connection:
        before = connection.scalar(text("SELECT pg_backend_pid()"))
    with pytest.raises(DBAPIError):
        OUTAGES["takes no writes"](store.database)
    with store.database.read() as connection:
        assert connection.scalar(text("SELECT pg_backend_pid()")) != before


def test_a_mistake_of_ours_is_not_an_outage(store):
    present = datetime.now(UTC)
    row = {
        "name": "w", "host": None, "process": 1, "device": "d", "threads": 1,
        "started_at": present, "heartbeat_at": present,
    }  # fmt: skip
    with store.database.write() as connection, pytest.raises(DBAPIError) as raised:
        upsert(connection, tables.workers, row)
    assert not is_outage(raised.value)
    assert not is_outage(ValueError("a mistake"))


def test_sqlite_is_durable_and_checks_its_references(tmp_path):
    database = open_database(Settings(data_dir=tmp_path))
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    database.close()
    full = 2
    assert pragmas == {
        "journal_mode": "wal", "synchronous": full, "foreign_keys": 1, "busy_timeout": 30_000
    }  # fmt: skip


def test_a_writer_waits_for_a_lock_that_another_process_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "BUSY_TIMEOUT", 0.1)  # SQLite gives up soon, the writer does not
    database = open_database(Settings(data_dir=tmp_path))
    holder = sqlite3.connect(database.engine.url.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(check_writable, database)
        with pytest.raises(TimeoutError):
            writing.result(timeout=0.5)
        holder.execute("COMMIT")
        writing.result(timeout=30)
    holder.close()
    database.close()
