"""The short form of `python -m tests.proofs cancel`."""

from __future__ import annotations

import pytest

from tests.proofs.cancel import prove


@pytest.mark.slow
def test_what_is_cancelled_or_paused_is_let_go_and_nothing_is_left_or_lost():
    outcome = prove(3, tiny=True, seed=1, documents=3, size=20_000, lines=100_000, alone=False)
    assert set(outcome.seconds) == {"cancel", "pause", "file"}
    assert outcome.is_met, outcome
