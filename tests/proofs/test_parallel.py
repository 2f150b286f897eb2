"""The proof of parts in two processes, in short."""

from __future__ import annotations

import pytest

from tests.proofs.parallel import is_met, rounds


@pytest.mark.parametrize(
    ("gain", "possible", "expected"),
    [(1.7, 1.9, True), (1.5, 1.9, False), (1.2, 1.3, True), (1.0, 1.3, False)],
)
def test_a_busy_machine_is_no_excuse_for_more_than_it_takes(gain, possible, expected):
    assert is_met(gain, possible) is expected


@pytest.mark.slow
def test_two_processes_compute_one_document_to_the_same_bits():
    (one,) = rounds(40_000, 1)
    assert (one.whole.workers, one.parts.workers) == (1, 2)
    assert one.is_equal
