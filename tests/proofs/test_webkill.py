"""The proof that runs do not notice a killed web server, in short; and how it is stopped."""

from __future__ import annotations

import pytest

from evaluations.worker import is_running, stop_worker
from tests.evaluations.tiny_pair import save_tiny_pair
from tests.proofs.webkill import kills, running_site


@pytest.mark.slow
def test_a_run_does_not_notice_that_the_web_server_was_killed(tmp_path):
    pair = save_tiny_pair(tmp_path / "pair")
    with running_site(tmp_path) as (site, store):
        (row,), (run,) = kills(site, store, 1, pair)
        assert row.same_worker
        assert not row.torch
        assert row.seconds < 30  # 5 on a quiet machine, see docs/proofs/webkill.md
        assert store.progress(run).failures == ()
        assert site.stop() == 0
        assert is_running(store.settings)  # the worker outlives the app
        assert stop_worker(store.settings) is True
        assert stop_worker(store.settings) is None
