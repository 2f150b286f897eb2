"""The shipped checkpoints: fair pairs, exact readers, and the effect that they are to show."""

from __future__ import annotations

import pytest
import torch

from longssm_core import describe_checkpoint, load_checkpoint, shipped_checkpoints
from longssm_core.corpus.generator import generator_fingerprint
from longssm_core.records import PRETRAINED
from tests.proofs.__main__ import main
from tests.proofs.pair import ARMS, SHORT, DocumentSet, context_table, generated, goals

LENGTHS = (16, 64)


@pytest.fixture(scope="module")
def documents():
    return generated(*SHORT)


def test_four_checkpoints_are_shipped_for_each_training_length():
    assert set(shipped_checkpoints()) == {f"{arm}-t{length}" for arm in ARMS for length in LENGTHS}


@pytest.mark.parametrize("length", LENGTHS)
def test_a_pair_differs_in_the_training_initialization_alone(length):
    zero = describe_checkpoint(f"zero-t{length}").record
    previous = describe_checkpoint(f"previous-t{length}").record
    assert zero.start_weights == previous.start_weights
    assert zero.data == previous.data
    assert zero.settings["model"] == previous.settings["model"]
    mine, theirs = zero.settings["training"], previous.settings["training"]
    assert {key for key in mine if mine[key] != theirs[key]} == {"initialization"}
    assert zero.training_tokens == previous.training_tokens >= 9_000_000
    assert previous.partner == zero.name
    assert zero.state_age == length < previous.state_age


@pytest.mark.parametrize("length", LENGTHS)
def test_the_adapted_checkpoint_and_its_control_have_the_same_further_steps(length):
    adapted = describe_checkpoint(f"zero-adapted-t{length}").record
    control = describe_checkpoint(f"zero-control-t{length}").record
    assert adapted.partner == control.name
    assert adapted.stages[0] == control.stages[0]
    assert adapted.stages[1].steps == control.stages[1].steps
    assert adapted.stages[1].steps / adapted.stages[0].steps == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("name", [f"{arm}-t{length}" for arm in ARMS for length in LENGTHS])
def test_a_checkpoint_is_small_named_and_made_with_the_frozen_generator(name):
    record = describe_checkpoint(name).record
    assert sum(file.stat().st_size for file in (PRETRAINED / name).iterdir()) < 10_000_000
    assert record.data is not None
    assert record.data.generator == generator_fingerprint()
    assert all(source.licence and source.version for source in record.data.sources)


@pytest.mark.slow
@pytest.mark.parametrize("length", LENGTHS)
def test_the_pair_shows_the_effect_on_held_back_documents(length, documents):
    torch.set_num_threads(1)
    models = {arm: load_checkpoint(f"{arm}-t{length}", device="cpu") for arm in ARMS}
    missed = [name for name, is_met in goals(models, length, documents).items() if not is_met]
    assert missed == []
    assert context_table(models, documents).count("\n") == 1 + len(ARMS)


def test_a_missed_goal_is_seen(documents):
    """The negative control: checkpoints under each other's names."""
    torch.set_num_threads(1)
    swapped = {"zero": "previous", "previous": "zero"}
    few = DocumentSet("few", documents.bytes[:2])
    models = {arm: load_checkpoint(f"{swapped.get(arm, arm)}-t16", device="cpu") for arm in ARMS}
    assert not all(goals(models, 16, few).values())


def test_a_file_that_is_too_short_is_refused_by_name(tmp_path, capsys):
    (tmp_path / "short.log").write_text("one line\n")
    assert main(["pair", str(tmp_path / "short.log"), "--training-length", "16"]) == 1
    assert "short.log: 8 bytes of text" in capsys.readouterr().err
