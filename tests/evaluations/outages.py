"""Outages as a real PostgreSQL makes them: errors that its driver does not call operational.

`OUTAGES` maps what happens to a function that makes it happen in one transaction of a database.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from evaluations.database import Database

# for `parametrize("settings", [...], indirect=True)`: what only PostgreSQL does
ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)
IDLE = text("SET LOCAL idle_in_transaction_session_timeout = 20")  # milliseconds


def _frozen_before_a_statement(database: Database) -> None:
    with database.write() as connection:
        connection.execute(IDLE)
        time.sleep(0.2)
        connection.execute(text("SELECT 1"))


def _frozen_before_the_commit(database: Database) -> None:
    with database.write() as connection:
        connection.execute(IDLE)
        time.sleep(0.2)


def _takes_no_writes(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text("DELETE FROM workers"))


OUTAGES: dict[str, Callable[[Database], None]] = {
    "froze before a statement": _frozen_before_a_statement,
    "froze before the commit": _frozen_before_the_commit,
    "takes no writes": _takes_no_writes,
}
