"""A finished evaluation whose arms have continued its documents, without anything computed."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from evaluations import database as tables
from evaluations.database import now
from evaluations.records import Snapshot
from evaluations.store import Store
from tests.evaluations.queued import queue_run
from tests.evaluations.reports.snapshots import VARIANTS

WORDS = {"a": "blue tit", "b": "robin"}  # how to tell in a test who wrote a text; "same" at the end


def reviewable(
    store: Store,
    documents: int = 7,
    items: int = 1,
    snapshot: Snapshot | None = None,
    identical: int = 1,
    written: bool = True,
) -> str:
    """A run with the result `snapshot` (a Go); A and B differ at all points but `identical`."""
    found = snapshot or VARIANTS["go"]()
    run = queue_run(store, documents, size=1_500)
    arms = {"a": found.comparison.arm_a, "b": found.comparison.arm_b}
    with store.database.write() as connection:
        connection.execute(update(tables.tasks).values(state="done"))
        task = connection.scalar(select(tables.tasks.c.id).where(tables.tasks.c.run_id == run))
        connection.execute(
            insert(tables.snapshots).values(
                run_id=run,
                snapshot=found.model_copy(update={"run": run}).model_dump_json(),
                outcome=found.verdict.outcome.value,
                created_at=now(connection),
            )
        )
        parts = tables.run_documents
        ids = connection.scalars(select(parts.c.document_id).where(parts.c.run_id == run)).all()
        points = [(document, 700 + 90 * n) for document in ids for n in range(items)]
        for number, (document, position) in enumerate(points if written else []):
            for side, arm in arms.items():
                same = number >= len(points) - identical
                text = f"<b>{number}</b> {'same' if same else WORDS[side]}\n".encode()
                row = {
                    "task_id": task, "item": 2 * number + (side == "b"), "run_id": run,
                    "document_id": document, "arm": arm, "position": position,
                    "prompt_tokens": position, "settings": {"lines": 1}, "generated": text,
                    "reference": b"wren\n", "nll": bytes(4), "details": {"reference_nll": ""},
                    "seconds": 1.0, "worker": "w", "stored_at": now(connection),
                }  # fmt: skip
                connection.execute(insert(tables.outputs).values(row))
    return run
