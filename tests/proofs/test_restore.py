"""The proof of backups, in short, and that it would see one that is not of one moment."""

from __future__ import annotations

import threading
import time

from sqlalchemy import update

from evaluations import database as tables
from evaluations.settings import Settings
from evaluations.store import open_store
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import queue_run, work_off
from tests.proofs.restore import backups, run_digest


class SlowScorer(FakeScorer):
    """There is a moment to make a backup in."""

    def read_prefix(self, arm, tokens, state):
        time.sleep(0.02)
        return super().read_prefix(arm, tokens, state)

    def score_blocks(self, arm, tokens, blocks):
        time.sleep(0.02)
        return super().score_blocks(arm, tokens, blocks)


class Threads:
    """Workers of this process: two names, one after the other."""

    pair = None

    def start(self, settings):
        thread = threading.Thread(target=work_off, args=(settings, SlowScorer()))
        thread.start()
        return thread.join


def test_a_backup_in_the_middle_of_a_run_goes_on_to_the_same_bits(tmp_path):
    (row,) = backups("sqlite", 1, tmp_path, None, Threads())
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
