"""The short form of `python -m tests.proofs reproduce`, and that it can fail."""

from __future__ import annotations

import json
import random

import pytest

from evaluations.__main__ import main as command
from evaluations.core_scorer import CoreScorer
from tests.evaluations.queued import work_off
from tests.proofs import reproduce
from tests.proofs.__main__ import main


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    one = reproduce.Made(tmp_path_factory.mktemp("made"), 7)  # operations, standard depth
    yield one
    one.store.close()


@pytest.mark.slow
def test_an_evaluation_comes_out_the_same_in_fresh_processes_and_flipped_bits_are_refused(capsys):
    assert main(["reproduce"]) == 0
    assert "refused by name: 10 of 10" in capsys.readouterr().out


def test_a_flipped_bit_that_nobody_refuses_is_counted(made, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(reproduce, "check_record", lambda _store, _run: None)
    assert list(made.refusals(3, random.Random(0))) == [False] * 3


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_command_says_what_came_out(made, monkeypatch, capsys, language):
    for name, value in made.store.settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LONGSSM_LANGUAGE", language)
    monkeypatch.setattr(  # in this process: the proof starts real ones
        "evaluations.commands.reproduce.wait_for",
        lambda again, _runs, _language: work_off(again.settings, CoreScorer("cpu")),
    )
    assert command(["reproduce", made.run]) == 0
    words = capsys.readouterr().out
    assert made.run in words
    assert words.count("torch") == 2  # then and now
    assert command(["reproduce", made.run, "--documents", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["same"], found["documents"], found["figures"]) == (True, 1, None)

    weights = made.checkpoints[0] / "model.safetensors"
    kept = weights.read_bytes()
    weights.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    try:
        assert command(["reproduce", made.run]) == 1
    finally:
        weights.write_bytes(kept)
    refused = capsys.readouterr()
    assert str(made.checkpoints[0]) in refused.err
    assert (refused.out, len(refused.err.splitlines())) == ("", 1)
