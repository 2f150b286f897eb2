"""A pair of one's own: one start, the same text and steps, only the initialization differs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from longssm_core import pair
from longssm_core.adaptation import (
    LEAST_WINDOWS,
    UNRECORDED_LENGTH,
    adapt_pair,
    adaptation_plans,
    choose_work,
    cut,
    note_held_out,
    read_start,
)
from longssm_core.checkpoint import load_checkpoint, save_checkpoint
from longssm_core.config import MambaConfig, S5Config
from longssm_core.corpus.generator import generate
from longssm_core.errors import CheckpointError, ConfigError, FolderTaken
from longssm_core.models import LanguageModel, initialize
from longssm_core.records import describe_checkpoint, partner_source
from longssm_core.training import weights_fingerprint
from tests.evaluations.tiny_pair import TINY, save_tiny_pair

BOTH = ("previous", "zero")


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    """A tiny checkpoint with the record of a ZERO one."""
    return save_tiny_pair(tmp_path_factory.mktemp("start"))[0]


@pytest.fixture(scope="module")
def streams() -> list[np.ndarray]:
    texts = [generate(9_800_000_000 + number, 3_000).text.encode() for number in range(3)]
    return [np.frombuffer(text, dtype=np.uint8) for text in texts]


def plans(start: str, streams, output: Path, initializations=BOTH, steps=3, **more):
    work = choose_work(read_start(start, "cpu"), streams, initializations, steps, **more)
    return adaptation_plans(work, output, "cpu")


@pytest.fixture(scope="module")
def made(start, streams, tmp_path_factory):
    return adapt_pair(plans(start, streams, tmp_path_factory.mktemp("made")))


def test_the_two_differ_in_the_initialization_of_their_last_stage_alone(made, start):
    previous, zero = (one.record for one in made)
    before = describe_checkpoint(start).record.stages
    assert previous.stages[:-1] == zero.stages[:-1] == before
    assert (previous.stages[-1].initialization, zero.stages[-1].initialization) == BOTH
    assert previous.stages[-1].steps == zero.stages[-1].steps == 3
    assert previous.stages[-1].tokens == zero.stages[-1].tokens
    assert (previous.stages[-1].state_age, zero.stages[-1].state_age) == (48, 16)
    assert previous.data == zero.data
    assert previous.start_weights == zero.start_weights
    assert previous.seed == zero.seed
    assert previous.training_tokens == before[0].tokens + previous.stages[-1].tokens


def test_both_load_and_have_moved_from_the_start_and_from_each_other(made, start):
    found = {weights_fingerprint(load_checkpoint(one.folder, "cpu")) for one in made}
    assert len(found | {weights_fingerprint(load_checkpoint(start, "cpu"))}) == 3


def test_every_document_is_listed_by_its_hash_and_every_step_by_its_loss(made, streams):
    expected = {hashlib.sha256(stream.tobytes()).hexdigest() for stream in streams}
    for one in made:
        assert one.record.documents == expected
        assert one.record.data.documents == len(streams)
        assert one.record.data.bytes == sum(map(len, streams))
        assert len(one.losses) == 3
        assert all(2 < loss < 12 for loss in one.losses)


def test_the_partner_is_the_folder_beside_it_wherever_both_are_moved(made, tmp_path):
    previous, zero = made
    assert (previous.record.partner, zero.record.partner) == ("zero", None)
    assert partner_source(describe_checkpoint(str(previous.folder))) == str(zero.folder)
    elsewhere = tmp_path / "elsewhere"
    for one in made:
        model = load_checkpoint(one.folder, "cpu")
        save_checkpoint(model, one.record, elsewhere / one.folder.name)
    moved = describe_checkpoint(str(elsewhere / "previous"))
    assert partner_source(moved) == str(elsewhere / "zero")


def test_a_shipped_partner_keeps_its_name():
    assert partner_source(describe_checkpoint("previous-t16")) == "zero-t16"


def test_a_second_adaptation_knows_the_documents_of_the_first(made, streams, tmp_path):
    more = np.frombuffer(generate(9_800_000_007, 3_000).text.encode(), dtype=np.uint8)
    again = plans(str(made[1].folder), [more], tmp_path, ("zero",), 1)
    (record,) = (one.record for one in adapt_pair(again))
    assert record.documents > made[1].record.documents
    assert [stage.initialization for stage in record.stages] == ["zero", "zero", "zero"]


# --- going on after an interruption ----------------------------------------------------------


def interrupt(of: str, at: int, plan, progress) -> None:
    if (plan.name, progress.step) == (of, at):
        raise KeyboardInterrupt


@pytest.mark.parametrize("name", BOTH)
def test_an_interrupted_pair_goes_on_to_the_same_bits(start, streams, tmp_path, name, monkeypatch):
    monkeypatch.setattr("longssm_core.adaptation.SAVE_EVERY", 2)
    whole = adapt_pair(plans(start, streams, tmp_path / "whole", steps=6))
    asked = plans(start, streams, tmp_path / "parts", steps=6)
    with pytest.raises(KeyboardInterrupt):
        adapt_pair(asked, partial(interrupt, name, 4))
    assert (tmp_path / "parts" / name / pair.SNAPSHOT).is_file()
    steps = []
    parts = adapt_pair(
        plans(start, streams, tmp_path / "parts", steps=6),
        lambda plan, progress: steps.append((plan.name, progress.step)),
    )
    assert steps[0] == (name, 4)
    for one, other in zip(whole, parts, strict=True):
        weights = [(each.folder / "model.safetensors").read_bytes() for each in (one, other)]
        assert weights[0] == weights[1]
        assert one.losses == other.losses
        assert replace(one.record, seconds=0) == replace(other.record, seconds=0)


def test_half_a_line_in_the_loss_log_is_dropped(start, streams, tmp_path, monkeypatch):
    monkeypatch.setattr("longssm_core.adaptation.SAVE_EVERY", 1)
    with pytest.raises(KeyboardInterrupt):
        adapt_pair(plans(start, streams, tmp_path), partial(interrupt, "previous", 1))
    with (tmp_path / "previous" / pair.LOSSES).open("a", encoding="utf-8") as file:
        file.write('{"step": 1, "lo')
    made = adapt_pair(plans(start, streams, tmp_path))
    assert [len(one.losses) for one in made] == [3, 3]
    for line in (tmp_path / "previous" / pair.LOSSES).read_text(encoding="utf-8").splitlines():
        json.loads(line)


@pytest.mark.parametrize("change", [{"steps": 4}, {"seed": 1}])
def test_a_folder_of_other_settings_is_refused(start, streams, tmp_path, change):
    adapt_pair(plans(start, streams, tmp_path, ("zero",)))
    with pytest.raises(FolderTaken) as refused:
        plans(start, streams, tmp_path, ("zero",), **change)
    assert refused.value.folder == tmp_path / "zero"


def test_a_folder_of_another_text_is_refused(start, streams, tmp_path):
    plans(start, streams, tmp_path)
    with pytest.raises(FolderTaken) as refused:
        plans(start, streams[:-1], tmp_path)
    assert refused.value.folder == tmp_path


# --- the start -------------------------------------------------------------------------------


def test_a_start_without_a_record_begins_its_stages_with_unknown(start, streams, tmp_path):
    model = load_checkpoint(start, "cpu")
    save_checkpoint(model, describe_checkpoint(start).record, tmp_path / "start")
    (tmp_path / "start" / "record.json").unlink()
    assert read_start(str(tmp_path / "start"), "cpu").training_length == UNRECORDED_LENGTH
    asked = plans(str(tmp_path / "start"), streams, tmp_path, training_length=32)
    previous, zero = (one.record for one in adapt_pair(asked))
    assert (previous.training_initialization, zero.training_initialization) == BOTH
    assert [stage.initialization for stage in zero.stages] == ["unknown", "zero"]
    assert zero.stages[0].tokens == 0
    assert (previous.training_length, previous.state_age) == (32, 96)
    assert previous.start_weights == zero.start_weights == weights_fingerprint(model)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("zero-t16", "zero_adapted"),
        ("zero-control-t16", "zero_adapted"),
        ("zero-adapted-t16", "zero_adapted"),
        ("previous-t16", "previous"),
    ],
)
def test_a_record_tells_of_all_training_and_not_of_the_last_alone(source, kind, tmp_path):
    text = [np.zeros(4_096, dtype=np.uint8)]
    (plan,) = adaptation_plans(choose_work(read_start(source), text, ("previous",)), tmp_path)
    assert (plan.training_initialization, plan.training.initialization) == (kind, "previous")


def test_a_start_that_reads_no_bytes_is_refused(start, tmp_path):
    with_tokenizer = tmp_path / "tokenizer"
    save_checkpoint(load_checkpoint(start), describe_checkpoint(start).record, with_tokenizer)
    (with_tokenizer / "tokenizer.json").write_text("{}", encoding="utf-8")
    other = tmp_path / "vocabulary"
    model = LanguageModel(replace(TINY, vocabulary=300, bos=0))
    save_checkpoint(model, describe_checkpoint(start).record, other)
    for folder in (with_tokenizer, other):
        with pytest.raises(CheckpointError, match="does not read bytes"):
            read_start(str(folder))


def test_a_start_with_a_learned_state_is_refused(start, tmp_path):
    model = load_checkpoint(start, "cpu")
    model.learned_start = model.initial_state(1)
    save_checkpoint(model, describe_checkpoint(start).record, tmp_path)
    with pytest.raises(CheckpointError, match="learned state"):
        read_start(str(tmp_path))


def test_no_zero_arm_is_made_of_a_checkpoint_that_was_trained_with_the_state_carried(tmp_path):
    carried, text = read_start("previous-t16"), [np.zeros(4_096, dtype=np.uint8)]
    with pytest.raises(CheckpointError, match="leave zero out"):
        choose_work(carried, text, ("previous", "zero"))
    (plan,) = adaptation_plans(choose_work(carried, text, ("previous",)), tmp_path)
    assert plan.partner is None


# --- the text --------------------------------------------------------------------------------


def test_pieces_are_the_text_again_and_begin_with_a_window():
    streams = [np.arange(n, dtype=np.int64).astype(np.uint8) for n in (50_003, 700, 9_000)]
    pieces = cut(streams, 16, rows=8)
    assert np.array_equal(np.concatenate(pieces), np.concatenate(streams))
    assert len(pieces) >= 8
    starts = np.cumsum([0, *map(len, pieces)])
    borders = np.cumsum([0, *map(len, streams)])
    for piece, first in zip(pieces, starts, strict=False):
        stream_begins = borders[np.searchsorted(borders, first, side="right") - 1]
        assert (first - stream_begins) % 16 == 0
        assert len(piece) >= min(700, 16 * LEAST_WINDOWS)


def test_a_batch_never_holds_more_rows_than_there_are_pieces(start, tmp_path):
    short = [np.full(1_000, 65, dtype=np.uint8)] * 3
    asked = plans(start, short, tmp_path)
    assert {plan.training.tokens_per_step for plan in asked} == {3 * 16}


@pytest.mark.parametrize(("size", "steps"), [(1_024, 128), (2_048, 128), (30_000, 130)])
def test_without_a_number_of_steps_a_small_text_is_read_twice(start, tmp_path, size, steps):
    (plan,) = plans(start, [np.full(size, 65, dtype=np.uint8)], tmp_path, ("zero",), None)
    assert plan.training.steps == steps
    assert abs(steps * plan.training.tokens_per_step - 2 * size) < plan.training.tokens_per_step


def test_without_a_number_of_steps_a_large_text_is_read_in_part(start, tmp_path):
    large = [np.full(2_000_000, 65, dtype=np.uint8)]
    (plan,) = plans(start, large, tmp_path, ("zero",), None)
    assert (plan.training.steps, plan.training.tokens_per_step) == (200, 8_192)


def test_many_documents_stay_whole():
    streams = [np.full(2_000, 65, dtype=np.uint8)] * 40
    assert [len(piece) for piece in cut(streams, 16, rows=20)] == [2_000] * 40


def test_too_little_text_is_refused(start, tmp_path):
    short = [np.full(15, 65, dtype=np.uint8)] * 9
    with pytest.raises(ConfigError, match="no text has 16 tokens"):
        plans(start, short, tmp_path)
    with pytest.raises(ConfigError, match="needs 2 windows side by side"):
        plans(start, [np.full(99, 65, dtype=np.uint8)], tmp_path, ("state_passing",))


@pytest.mark.parametrize("family", ["mamba", "s5"])
def test_families_without_fused_kernels_are_continued_too(start, streams, tmp_path, family):
    configs = {
        "mamba": MambaConfig(d_model=16, n_layers=1, d_inner=32, d_state=4, delta_rank=2),
        "s5": S5Config(d_model=16, n_layers=1),
    }
    model = LanguageModel(configs[family])
    initialize(model, seed=0)
    save_checkpoint(model, describe_checkpoint(start).record, tmp_path / "start")
    made = adapt_pair(plans(str(tmp_path / "start"), streams, tmp_path, steps=1))
    assert [one.record.settings["kernels"] for one in made] == ["torch", "torch"]
    assert type(load_checkpoint(made[0].folder, "cpu").config) is type(configs[family])


# --- when to end -----------------------------------------------------------------------------


def test_texts_that_are_checked_on_decide_which_weights_are_kept(start, streams, tmp_path):
    asked = plans(start, streams[:2], tmp_path / "pair", checked_on=streams[2:])
    made = adapt_pair(asked)
    for one in made:
        checks = one.record.settings["checks"]
        assert [check["step"] for check in checks] == [0, 3]
        best = min(checks, key=lambda check: check["loss"])
        assert one.record.stages[-1].steps == best["step"]
        assert one.record.documents == {
            hashlib.sha256(each.tobytes()).hexdigest() for each in streams
        }
        assert one.record.data.documents == 2
    with pytest.raises(FolderTaken):
        plans(start, streams[:2], tmp_path / "pair")


def test_the_record_says_how_unseen_text_is_read(start, streams, tmp_path):
    (one,) = adapt_pair(plans(start, streams, tmp_path, ("zero",)))
    noted = note_held_out(one, 2.5, 3.25)
    record = describe_checkpoint(str(one.folder)).record
    assert noted.record == record
    assert record.settings["held_out_bits_per_byte"] == {"before": 2.5, "after": 3.25}
    (again,) = adapt_pair(plans(start, streams, tmp_path, ("zero",)))
    assert again.record == record
