"""The proof of backups, in short, and that it would see one that is not of one moment."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from evaluations import database as tables
from evaluations.settings import Settings
from evaluations.store import open_store
from tests.evaluations.queued import queue_run, work_off
from tests.proofs.restore import backups, run_digest


@pytest.mark.slow
def test_a_backup_in_the_middle_of_a_run_goes_on_to_the_same_bits(tmp_path):
    (row,) = backups("sqlite", 1, tmp_path, None)
    assert row.met, row
    assert 0 < row.units < row.of


def test_the_digest_sees_a_changed_loss_and_a_changed_result(tmp_path):
    settings = Settings(data_dir=tmp_path)
    store = open_store(settings)
    try:
        run = queue_run(store, size=1_000)
        work_off(settings)
        seen = {run_digest(store, run, True)}
        for table, column in ((tables.losses, "nll"), (tables.snapshots, "snapshot")):
            with store.database.write() as connection:
                changed = {column: b"\0\0\0\0" if column == "nll" else "{}"}
                connection.execute(update(table).values(**changed))
            seen.add(run_digest(store, run, True))
        assert len(seen) == 3
    finally:
        store.close()
