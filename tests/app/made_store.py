"""A store that holds finished evaluations without anything having been computed.

`put(settings, snapshot)` writes a made-up snapshot as the stored result of a run of that name.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

from evaluations import database as tables
from evaluations.plan import canonical_json, plan_hash
from evaluations.records import Snapshot
from evaluations.settings import Settings
from evaluations.store import open_store


def put(settings: Settings, snapshot: Snapshot, run: str) -> str:
    """Store `snapshot` as the result of run `run`; its id."""
    found = snapshot.model_copy(update={"run": run})
    store = open_store(settings)
    moment = datetime(2026, 11, 24, 5, 12, tzinfo=UTC)
    cancelled = moment if found.status == "cancelled" else None
    with store.database.write() as connection:
        connection.execute(
            insert(tables.runs).values(
                id=run,
                name=found.name,
                created_at=moment,
                plan=canonical_json(found.plan),
                plan_hash=plan_hash(found.plan),
                documents_hash="0" * 64,
                locked_at=moment,
                cancelled_at=cancelled,
            )
        )
        for one in found.amendments:
            connection.execute(
                insert(tables.amendments).values(
                    run_id=run, number=one.number, amendment=one.model_dump_json()
                )
            )
        connection.execute(
            insert(tables.snapshots).values(
                run_id=run,
                snapshot=found.model_dump_json(),
                outcome=found.verdict.outcome.value,
                created_at=moment,
            )
        )
    store.close()
    return run
