"""The short form of `python -m tests.proofs invariance`, and that it can fail."""

from __future__ import annotations

import pytest

from tests.proofs import invariance
from tests.proofs.__main__ import main


@pytest.mark.slow
def test_a_document_has_the_same_bits_alone_among_others_and_resumed(capsys):
    assert main(["invariance"]) == 0
    printed = capsys.readouterr().out
    assert "resumed" in printed
    assert "MISSED" not in printed


def test_a_bit_that_differs_and_a_unit_that_is_missing_are_seen():
    """The negative control."""
    first = {("a", 0): b"\x00" * 8, ("a", 1): b"\x00" * 4}
    flipped = {**first, ("a", 0): b"\x01" + b"\x00" * 7}
    assert invariance._row("same", first, [dict(first)]).met
    assert not invariance._row("flipped", first, [flipped]).met
    assert not invariance._row("missing", first, [{("a", 0): first["a", 0]}]).met
    assert not invariance._row("control", first, [dict(first)], same=False).met
