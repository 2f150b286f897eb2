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
from longssm_core.initialization import INITIALIZATIONS
from longssm_core.pair import make_pair
from longssm_core.records import describe_checkpoint, record_from_json, record_to_json
from longssm_core.training import (
    TrainingConfig,
    Windows,
    _optimizer,
    _restore,
    _Run,
    start_model,
    train,
    uses_fused_kernels,
    weights_fingerprint,
    window_loss,
)
from tests.longssm_core.families import FAMILIES

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
    assert (first.before == -1).all()
    rows = [documents[row.astype(np.uint8).tobytes()] for row in first.targets]
    for step in range(1, 5):
        batch = next(batches)
        for row, number in enumerate(rows):
            expected = corpus.document(number)[16 * step - 1 : 16 * step + 16]
            assert batch.inputs[row].tolist() == expected[:-1].tolist()
            assert batch.targets[row].tolist() == expected[1:].tolist()
            assert not batch.fresh[row]
            assert (batch.before[row], batch.documents[row]) == (number, number)


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


def test_a_loss_that_is_not_finite_stops_the_training(corpus):
    model = start_model(TINY, seed=0)
    with torch.no_grad():
        model.backbone.embeddings.weight[0] = torch.nan
        model.backbone.norm_f.weight.fill_(torch.nan)
    with pytest.raises(TrainingDiverged, match="step 0"):
        train(model, corpus, SHORT)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_gradient_that_is_not_finite_stops_the_training(corpus, value):
    model = start_model(TINY, seed=0)
    model.backbone.norm_f.weight.register_hook(lambda gradient: gradient * value)
    before = weights_fingerprint(model)
    with pytest.raises(TrainingDiverged, match=r"gradient's norm is .* at step 0"):
        train(model, corpus, SHORT)
    assert weights_fingerprint(model) == before


@pytest.mark.parametrize("save_every", [1, 100])  # neither in a snapshot nor at the end
def test_weights_that_are_not_finite_are_no_result(corpus, save_every):
    model, kept = start_model(TINY, seed=0), []

    def spoil(_: object) -> None:
        model.backbone.norm_f.weight.data[3] = torch.inf

    with pytest.raises(TrainingDiverged, match=r"norm_f.weight holds values .* after step 0"):
        train(model, corpus, replace(SHORT, steps=1), spoil, kept.append, save_every=save_every)
    assert not kept


@pytest.mark.parametrize(
    "change",
    [
        {"initialization": "warm"},
        {"training_length": 100},
        {"training_length": 1},
        {"steps": 0},
        {"steps": -3},
        {"tokens_per_step": 0},
        {"tokens_per_step": -128},
        {"learning_rate": 0.0},
        {"learning_rate": -1e-3},
        {"learning_rate": float("inf")},
        {"learning_rate": float("nan")},
    ],
)
def test_a_configuration_that_cannot_be_trained_is_refused(change):
    with pytest.raises(ConfigError):
        replace(SHORT, **change)


@pytest.mark.parametrize("family", FAMILIES)
def test_one_step_lowers_the_loss_of_every_family(corpus, family):
    model = start_model(replace(FAMILIES[family], vocabulary=257, bos=256), seed=0)
    batch = next(iter(Windows(corpus, 8, 16, bos=256, seed=0)))
    tokens = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
    before, _ = window_loss(model, *tokens, model.initial_state(8))
    train(model, corpus, replace(SHORT, steps=1))
    after, _ = window_loss(model, *tokens, model.initial_state(8))
    assert after < before - 0.01  # nats per token


@pytest.mark.parametrize("family", FAMILIES)
def test_an_interrupted_training_of_every_family_goes_on_to_the_same_weights(corpus, family):
    config, kept = replace(SHORT, initialization="previous"), []
    whole, resumed = (
        start_model(replace(FAMILIES[family], vocabulary=257, bos=256), seed) for seed in (0, 9)
    )
    train(whole, corpus, config, save=kept.append, save_every=2)
    train(resumed, corpus, config, resume=kept[1])
    assert kept[1].step == 4
    assert weights_fingerprint(resumed) == weights_fingerprint(whole)


def test_a_resumed_training_is_where_its_model_is(corpus):
    """A snapshot is read from a file to the CPU; "meta" stands for a GPU."""
    config, kept = replace(SHORT, initialization="fitted_noise"), []
    train(start_model(TINY, seed=0), corpus, config, save=kept.append, save_every=2)
    model = start_model(TINY, seed=0).to("meta")
    run = _Run(model, config, None, dict(model.named_parameters()))
    optimizer = _optimizer(run.trained.values(), config)
    memory = _restore(kept[0], run, optimizer)
    states = (memory.ended.state, memory.fitted.mean, memory.fitted.variance)
    tensors = [tensor for state in states for tensor in state.to_tensors().values()]
    moments = [
        state[key] for state in optimizer.state.values() for key in ("exp_avg", "exp_avg_sq")
    ]
    assert {tensor.device.type for tensor in [*tensors, *moments, memory.ended.age]} == {"meta"}
    assert {state["step"].device.type for state in optimizer.state.values()} == {"cpu"}  # AdamW's


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("initialization", INITIALIZATIONS)
def test_a_training_goes_on_on_a_gpu(corpus, initialization):
    config, kept = replace(SHORT, initialization=initialization), []
    whole = train(start_model(TINY, seed=0).cuda(), corpus, config, save=kept.append, save_every=2)
    on_file = {name: tensor.cpu() for name, tensor in kept[0].tensors.items()}
    resumed = train(
        start_model(TINY, seed=0).cuda(), corpus, config, resume=kept[0]._replace(tensors=on_file)
    )
    assert resumed.final_loss == pytest.approx(whole.final_loss, rel=1e-5)


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
    described = describe_checkpoint(str(saved))
    record = described.record
    assert record_from_json(record_to_json(record)) == record
    again = tmp_path / "again"
    save_checkpoint(model, record, again)
    assert describe_checkpoint(str(again)).fingerprint == described.fingerprint

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
