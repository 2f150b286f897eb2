"""Rows that earlier versions wrote are there after the upgrade, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command, op
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, select, text

from evaluations import database as tables
from evaluations.database import (
    HEAD,
    MIGRATIONS,
    Database,
    alembic_config,
    metadata,
    open_database,
)
from evaluations.errors import DatabaseTooNew
from evaluations.settings import Settings
from tests.evaluations.databases import printed_at_once

MOMENT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
DOCUMENT, RUN = "d" * 64, "r" * 16
FIRST_ROWS: dict[str, dict[str, Any]] = {  # one row of every table of revision 0001
    "documents": {
        "id": DOCUMENT, "name": "設備.log", "bytes": 9_000, "characters": 9_000,
        "encoding": "cp932", "format": "log", "original_sha256": "0" * 64, "group": "工場",
        "added_at": MOMENT,
    },
    "runs": {
        "id": RUN, "name": "first", "created_at": MOMENT, "plan": "{}", "plan_hash": "1" * 64,
        "documents_hash": "2" * 64, "locked_at": MOMENT, "cancelled_at": None, "archived_at": None,
    },
    "run_documents": {
        "run_id": RUN, "document_id": DOCUMENT, "order": 0, "role": "scored", "document": "{}",
        "targets": {"spans": [[0, 9]], "lengths": [16], "prefix": 9_000}, "unigram": 4.5,
        "order2": 3.25, "sketch": b"\x01\x02",
    },
    "tasks": {
        "id": 7, "run_id": RUN, "kind": "score", "document_id": DOCUMENT, "arm": "zero+carry",
        "position": 0, "priority": 0, "state": "running", "lease_owner": "w", "lease_until": MOMENT,
        "lease_token": 3, "attempts": 3, "deaths": 1, "next_unit": 1, "units": 2,
        "done_tokens": 4_096, "total_tokens": 9_000, "device": "a processor", "error_key": None,
        "error_values": {"deaths": 1}, "started_at": MOMENT, "finished_at": None,
    },
    "states": {"task_id": 7, "state": b"state", "checksum": "3" * 64},
    "losses": {
        "task_id": 7, "unit": 0, "context_length": None, "ranges": b"\x00" * 16,
        "nll": b"\x00\x01\x02\x03", "read_tokens": 4_096, "seconds": 0.5, "peak_memory": 1 << 40,
        "worker": "w", "stored_at": MOMENT,
    },
    "checks": {"task_id": 7, "check": "self_comparison", "passed": True, "value": 0.0},
    "snapshots": {"run_id": RUN, "snapshot": "{}", "outcome": "go", "created_at": MOMENT},
    "workers": {
        "name": "w", "host": "h", "process": 1, "device": "a processor", "threads": 1,
        "started_at": MOMENT, "heartbeat_at": MOMENT,
    },
}  # fmt: skip
SECOND_ROWS = {
    **FIRST_ROWS,
    "losses": {**FIRST_ROWS["losses"], "work_key": "4" * 64, "source": RUN},
    "amendments": {"run_id": RUN, "number": 1, "amendment": "{}"},
}
THIRD_ROWS = {
    **SECOND_ROWS,
    "documents": {**FIRST_ROWS["documents"], "erased_at": MOMENT},
    "runs": {**FIRST_ROWS["runs"], "paused_at": MOMENT, "priority": 2},
    "tasks": {
        **FIRST_ROWS["tasks"], "name": "a job", "request": {"rows": 1}, "result": {"bytes": 2},
        "requested_at": MOMENT,
    },
    "outputs": {
        "task_id": 7, "item": 0, "run_id": RUN, "document_id": DOCUMENT, "arm": "zero+carry",
        "position": 4_096, "prompt_tokens": 512, "settings": {"seed": 1}, "generated": b"\x01",
        "reference": b"\x02", "nll": b"\x03", "details": {"chrf": 0.5}, "seconds": 0.25,
        "worker": "w", "stored_at": MOMENT, "work_key": "5" * 64,
    },
    "notifications": {
        "id": 3, "created_at": MOMENT, "kind": "done", "run_id": RUN, "task_id": 7,
        "values": {"name": "first"}, "channel": "app", "state": "waiting", "attempts": 0,
        "tried_at": None, "last_error": None, "seen_at": None,
    },
}  # fmt: skip
FOURTH_ROWS = {
    **THIRD_ROWS,
    "rules": {
        "id": "u" * 32, "name": "計画", "rule": "{}", "rule_hash": "6" * 64, "created_at": MOMENT,
        "locked_at": None, "archived_at": None,
    },
    "runs": {**THIRD_ROWS["runs"], "rule_id": "u" * 32},
    "entries": {
        "id": 2, "run_id": RUN, "kind": "kpi", "key": "待ち時間", "values": {"actual": 3.5},
        "author": "係長", "entered_at": MOMENT,
    },
    "reviews": {
        "id": 4, "run_id": RUN, "reviewer": "班長", "number": 1, "document_id": DOCUMENT,
        "position": 4_096, "left_arm": "zero+carry", "right_arm": "previous+carry",
        "shown_at": MOMENT, "vote": "left", "wrong": "none", "comment": None, "voted_at": MOMENT,
    },
}  # fmt: skip
ROWS = {"0001": FIRST_ROWS, "0002": SECOND_ROWS, "0003": THIRD_ROWS, "0004": FOURTH_ROWS}


def test_no_earlier_schema_is_forgotten():
    """Whoever adds a revision adds the rows of the one before it."""
    earlier = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD
    assert set(ROWS) == earlier - {HEAD}


def written_by(settings: Settings, revision: str) -> None:
    """A database as the version of that revision left it, with a row in every table."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url)
    with database.engine.connect() as connection:
        command.upgrade(alembic_config(connection), revision)
        connection.commit()
    earlier = MetaData()
    earlier.reflect(database.engine)
    assert set(earlier.tables) == {*ROWS[revision], "alembic_version"}
    with database.write() as connection:
        for name in sorted(ROWS[revision], key=list(metadata.tables).index):
            there = {column["name"] for column in inspect(connection).get_columns(name)}
            assert there == set(ROWS[revision][name]), f"{name} has other columns"
            connection.execute(metadata.tables[name].insert().values(ROWS[revision][name]))
    database.close()


@pytest.mark.parametrize("revision", ROWS)
def test_every_row_of_an_earlier_version_survives_the_upgrade(settings, revision):
    written_by(settings, revision)
    database = open_database(settings)
    with database.read() as connection:
        for name, row in ROWS[revision].items():
            (found,) = connection.execute(select(metadata.tables[name])).mappings().all()
            assert {column: found[column] for column in row} == row, name
        task = connection.execute(select(tables.tasks)).one()
        run = connection.execute(select(tables.runs)).one()
        document = connection.execute(select(tables.documents)).one()
    database.close()
    before = ROWS[revision]
    assert (document.columns, document.masked, document.original_kept) == (None, [], True)
    assert task.requested_at == MOMENT
    assert (task.request, task.result) == tuple(map(before["tasks"].get, ("request", "result")))
    assert (run.priority, run.paused_at) == (
        before["runs"].get("priority", 0), before["runs"].get("paused_at")
    )  # fmt: skip
    assert run.rule_id == before["runs"].get("rule_id")


@pytest.mark.parametrize("revision", ROWS)
def test_after_the_upgrade_references_are_watched_as_before(settings, revision):
    written_by(settings, revision)
    database = open_database(settings)
    if database.is_sqlite:
        with database.read() as connection:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.write() as connection:
        connection.execute(tables.tasks.delete())  # its losses refer to it
    with database.engine.connect() as connection:
        command.check(alembic_config(connection))
    database.close()


def test_an_upgrade_that_fails_halfway_leaves_the_earlier_schema(settings, monkeypatch):
    written_by(settings, "0002")
    create = op.create_table

    def create_or_fail(name: str, *columns: Any) -> None:
        if name == "notifications":
            raise RuntimeError("the machine stops here")
        create(name, *columns)

    monkeypatch.setattr(op, "create_table", create_or_fail)
    with pytest.raises(RuntimeError):
        open_database(settings)
    monkeypatch.undo()
    database = Database(settings.url)
    assert "outputs" not in inspect(database.engine).get_table_names()
    database.close()
    open_database(settings).close()


def test_processes_that_upgrade_at_once_take_turns_and_all_find_every_row(settings):
    written_by(settings, "0001")
    code = (
        "from evaluations.settings import load_settings; "
        "from evaluations.database import open_database, losses, select; "
        "database = open_database(load_settings()); connection = database.engine.connect(); "
        "print(connection.execute(select(losses.c.seconds)).scalar_one())"
    )

    assert printed_at_once(code, settings, 2) == [(0, "0.5")] * 2


@pytest.mark.parametrize("revision", ROWS)
def test_a_schema_of_a_later_version_is_refused_with_all_rows_untouched(settings, revision):
    written_by(settings, revision)
    database = Database(settings.url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="9999"):
        open_database(settings)
    with database.read() as connection:
        assert connection.execute(text("SELECT seconds FROM losses")).scalar_one() == 0.5
        found = MigrationContext.configure(connection).get_current_revision()
    database.close()
    assert found == "9999"
