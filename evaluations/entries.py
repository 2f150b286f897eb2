"""What people add to an evaluation after its lock: edits of a report, actual KPIs, money.

`add` appends, `latest` reads the last entry of every key, `history` all of them. Nothing is
overwritten: who entered what, and when, stays. What each kind's values are, says the module that
uses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from evaluations import database as tables
from evaluations.database import Database, now


@dataclass(frozen=True)
class Entry:
    """One thing that somebody entered."""

    kind: str
    key: str  # empty: there is only one of its kind
    values: dict[str, Any]
    author: str
    entered_at: datetime


def add(
    database: Database, run: str, kind: str, values: dict[str, Any], key: str = "", author: str = ""
) -> None:
    """Append an entry to an evaluation."""
    with database.write() as connection:
        row = {"run_id": run, "kind": kind, "key": key, "values": values, "author": author}
        connection.execute(insert(tables.entries).values(**row, entered_at=now(connection)))


def history(
    database: Database, run: str, kind: str, until: datetime | None = None
) -> tuple[Entry, ...]:
    """All entries of a kind, or those that were there at `until`, the oldest first."""
    of = tables.entries.c
    rows = select(of.kind, of.key, of["values"], of.author, of.entered_at).where(
        of.run_id == run, of.kind == kind
    )
    with database.read() as connection:
        found = [Entry(*row) for row in connection.execute(rows.order_by(of.id))]
    return tuple(entry for entry in found if until is None or entry.entered_at <= until)


def latest(
    database: Database, run: str, kind: str, until: datetime | None = None
) -> dict[str, Entry]:
    """The last entry of every key, or what was the last at `until`."""
    return {entry.key: entry for entry in history(database, run, kind, until)}
