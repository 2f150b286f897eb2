"""Training: both arms of a pair see the same windows; only the state they start from differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from longssm_core.checkpoint import load_checkpoint, save_checkpoint
from longssm_core.config import Mamba2Config
from longssm_core.corpus.generator import generator_fingerprint
from longssm_core.corpus.installed import Source, SourceText
from longssm_core.corpus.mixture import SHARES, Corpus, build_corpus
from longssm_core.errors import CheckpointError, ConfigError, TrainingDiverged
from longssm_core.initialization import INITIALIZATIONS, initialization
from longssm_core.pair import make_pair
from longssm_core.records import describe_checkpoint, record_from_json, record_to_json
from longssm_core.training import (
    TrainingConfig,
    Windows,
    start_model,
    train,
    uses_fused_kernels,
    weights_fingerprint,
    window_loss,
)

TINY = Mamba2Config(d_model=16, n_layers=1, n_heads=2, d_head=16, d_state=8)
SHORT = TrainingConfig("zero", training_length=16, steps=6, tokens_per_step=128)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return build_corpus(60_000, seed=1, texts=[])


def test_every_stream_walks_its_document_window_by_window(corpus):
    windows = Windows(corpus, streams=3, length=16, bos=256, seed=0)
    batches = iter(windows)
    documents = {corpus.document(i)[:16].tobytes(): i for i in range(len(corpus))}
    first = next(batches)
    assert first.fresh.all()
    assert (first.inputs[:, 0] == 256).all()
    rows = [documents[row.astype(np.uint8).tobytes()] for row in first.targets]
    for step in range(1, 5):
        batch = next(batches)
        for row, number in enumerate(rows):
            expected = corpus.document(number)[16 * step - 1 : 16 * step + 16]
            assert batch.inputs[row].tolist() == expected[:-1].tolist()
            assert batch.targets[row].tolist() == expected[1:].tolist()
            assert not batch.fresh[row]


def test_every_document_is_read_once_before_any_is_read_again(corpus):
    windows = Windows(corpus, streams=2, length=64, bos=256, seed=0)
    starts: list[bytes] = []
    for batch in windows:
        starts += [row.astype(np.uint8).tobytes() for row in batch.targets[batch.fresh]]
        if len(starts) >= len(corpus):
            break
    assert set(starts[: len(corpus)]) == {
        corpus.document(number)[:64].tobytes() for number in range(len(corpus))
    }
    assert windows.longest <= int(np.diff(corpus.offsets).max())


def test_previous_takes_over_the_state_and_zero_does_not(corpus):
    model = start_model(TINY, seed=0)
    blank = model.initial_state(2)
    with torch.no_grad():
        _, after = model(torch.randint(0, 256, (2, 16)), blank)
    fresh = torch.tensor([False, True])
    carried = INITIALIZATIONS["previous"](after, blank, fresh)
    assert torch.equal(carried.layers[0].hidden[0], after.layers[0].hidden[0])
    assert torch.equal(carried.layers[0].convolution[0], after.layers[0].convolution[0])
    assert not carried.layers[0].hidden[1].any()
    assert not carried.layers[0].convolution[1].any()
    assert not INITIALIZATIONS["zero"](after, blank, fresh).layers[0].hidden.any()


def test_no_gradient_crosses_the_border_of_a_window():
    model = start_model(TINY, seed=0)
    _, after = model(torch.randint(0, 256, (2, 16)), model.initial_state(2))
    carried = INITIALIZATIONS["previous"](
        after, model.initial_state(2), torch.tensor([False, False])
    )
    assert after.layers[0].hidden.requires_grad
    assert not carried.layers[0].hidden.requires_grad


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="twice"):
        initialization("zero")(INITIALIZATIONS["zero"])


def test_the_fused_step_and_plain_torch_train_alike():
    config = Mamba2Config()
    model, random = start_model(config, seed=0), torch.Generator().manual_seed(0)
    tokens = torch.randint(0, 256, (8, 17), generator=random)
    inputs, targets, state = tokens[:, :-1], tokens[:, 1:], model.initial_state(8)
    assert uses_fused_kernels(model, 16)
    fused, _ = window_loss(model, inputs, targets, state)
    logits, _ = model(inputs, state)
    plain = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    assert abs(fused.item() - plain.item()) < 1e-5
    assert not uses_fused_kernels(model, 256)


def test_training_again_gives_the_same_weights_and_the_arms_start_alike(corpus):
    fingerprints = []
    for initialization_name in ("zero", "zero", "previous"):
        model = start_model(TINY, seed=5)
        start = weights_fingerprint(model)
        train(model, corpus, replace(SHORT, initialization=initialization_name))
        fingerprints.append((start, weights_fingerprint(model)))
    assert fingerprints[0] == fingerprints[1]
    assert fingerprints[0][0] == fingerprints[2][0]
    assert fingerprints[0][1] != fingerprints[2][1]


def test_an_interrupted_training_goes_on_to_the_same_weights(corpus):
    config = replace(SHORT, initialization="previous")
    whole, kept = start_model(TINY, seed=5), []
    train(whole, corpus, config, save=kept.append, save_every=2)
    again = start_model(TINY, seed=99)
    resumed = train(again, corpus, config, resume=kept[1])
    assert kept[1].step == 4
    assert weights_fingerprint(again) == weights_fingerprint(whole)
    assert resumed.stage.steps == 6


def test_the_record_says_how_old_a_state_became(corpus):
    carried = train(start_model(TINY, 0), corpus, replace(SHORT, initialization="previous"))
    blank = train(start_model(TINY, 0), corpus, SHORT)
    assert blank.stage.state_age == 16
    assert carried.stage.state_age == 6 * 16  # six windows, every document longer than that


def test_a_loss_that_is_not_finite_stops_the_training(corpus):
    model = start_model(TINY, seed=0)
    with torch.no_grad():
        model.backbone.embeddings.weight[0] = torch.nan
        model.backbone.norm_f.weight.fill_(torch.nan)
    with pytest.raises(TrainingDiverged, match="step 0"):
        train(model, corpus, SHORT)


@pytest.mark.parametrize(
    "change", [{"initialization": "warm"}, {"training_length": 100}, {"training_length": 1}]
)
def test_a_configuration_that_cannot_be_trained_is_refused(change):
    with pytest.raises(ConfigError):
        replace(SHORT, **change)


def test_the_learning_rate_warms_up_and_falls_to_its_final_share():
    config = replace(SHORT, steps=200)
    rates = [config.rate(step) for step in range(200)]
    assert rates[0] == pytest.approx(3e-3 / 10)
    assert max(rates) == pytest.approx(3e-3)
    assert rates[-1] == pytest.approx(3e-4, rel=0.01)


def test_a_corpus_is_mixed_by_bytes_named_and_reproducible(tmp_path):
    manual = SourceText(
        Source("a manual", "1.2", "MIT", "documentation", "en", "a-doc"),
        ["Read this first.\n" * 60] * 9,
    )
    log = SourceText(
        Source("a tool", "3", "own output", "log", "en", None), ["12:00 start\n" * 50] * 99
    )
    mixed = build_corpus(100_000, 0, [manual, log])
    again = build_corpus(100_000, 0, [manual, log])
    assert mixed.record == again.record
    amounts = {source.name: source.bytes for source in mixed.record.sources}
    assert abs(amounts["a tool"] / 100_000 - SHARES["log"]) < 0.01
    assert amounts["a manual"] == 9 * 60 * 17  # less than its share: all of it
    assert sum(amounts.values()) == mixed.record.bytes == len(mixed.tokens)
    assert mixed.record.generator == generator_fingerprint()
    assert build_corpus(100_000, 1, [manual, log]).record.fingerprint != mixed.record.fingerprint
    mixed.save(tmp_path)
    loaded = Corpus.load(tmp_path)
    assert loaded.record == mixed.record
    assert np.array_equal(loaded.tokens, mixed.tokens)


@pytest.mark.slow
def test_one_command_makes_a_fair_pair_and_its_adaptation(corpus, tmp_path):
    corpus.save(tmp_path / "corpus")
    config = replace(SHORT, steps=60)
    folders = make_pair(config, TINY, tmp_path / "corpus", tmp_path / "made")
    records = {
        folder.name: record_from_json((folder / "record.json").read_text(encoding="utf-8"))
        for folder in folders
    }
    zero, previous = records["zero-t16"], records["previous-t16"]
    assert zero.start_weights == previous.start_weights
    assert zero.data == previous.data
    assert zero.training_tokens == previous.training_tokens == 60 * 128
    assert (zero.partner, previous.partner) == (None, "zero-t16")
    adapted, control = records["zero-adapted-t16"], records["zero-control-t16"]
    assert [stage.initialization for stage in adapted.stages] == ["zero", "previous"]
    assert [stage.initialization for stage in control.stages] == ["zero", "zero"]
    assert adapted.training_tokens == control.training_tokens == 63 * 128
    assert adapted.partner == "zero-control-t16"
    fingerprints = {describe_checkpoint(str(folder)).fingerprint for folder in folders}
    assert len(fingerprints) == 4


# --- checkpoints ------------------------------------------------------------------------------


@pytest.fixture
def saved(corpus, tmp_path):
    corpus.save(tmp_path / "corpus")
    return make_pair(SHORT, TINY, tmp_path / "corpus", tmp_path / "made", arms=("zero",))[0]


@pytest.mark.slow
def test_a_checkpoint_is_read_back_exactly_and_damage_is_named(saved, tmp_path):
    from safetensors.torch import load_file, save_file

    model = load_checkpoint(saved)
    assert not model.training
    record = model.description.record
    assert record_from_json(record_to_json(record)) == record
    again = tmp_path / "again"
    save_checkpoint(model, record, again)
    assert describe_checkpoint(str(again)).fingerprint == model.description.fingerprint

    weights = load_file(again / "model.safetensors")
    name = "backbone.layers.0.mixer.A_log"
    for change, words in (
        ({name: weights[name][:1]}, "has shape"),
        ({name: weights[name] * torch.nan}, "not finite"),
        ({"extra": torch.zeros(1)}, "extra is not part"),
    ):
        save_file(weights | change, again / "model.safetensors")
        with pytest.raises(CheckpointError, match=words):
            load_checkpoint(again)
    save_file({k: v for k, v in weights.items() if k != name}, again / "model.safetensors")
    with pytest.raises(CheckpointError, match="A_log is missing"):
        load_checkpoint(again)
    (again / "model.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(CheckpointError):
        load_checkpoint(again)


def test_a_checkpoint_that_is_not_there_is_answered_with_what_there_is():
    with pytest.raises(CheckpointError, match="Give a shipped name"):
        describe_checkpoint("no-such-checkpoint")
