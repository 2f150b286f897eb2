"""Checkpoints in the Hugging Face form: read as their makers wrote them, refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from longssm_core.checkpoint import load_checkpoint, save_checkpoint
from longssm_core.errors import CheckpointError
from longssm_core.records import (
    CheckpointRecord,
    TrainingStage,
    describe_checkpoint,
    find_checkpoint,
    record_from_json,
    record_to_json,
)
from tests.longssm_core.families import FAMILIES, WITH_CONVOLUTION, make_model, make_tokens

every_family = pytest.mark.parametrize("family", FAMILIES)

RECORD = CheckpointRecord(
    name="made-here",
    training_initialization="previous",
    training_length=16,
    training_tokens=1000,
    stages=(TrainingStage("previous", 10, 16, 1000, 160),),
    seed=0,
    parameters=1,
    code_version="test",
    device="cpu",
    seconds=1.0,
    final_loss=2.0,
    start_weights="0",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small Mamba-2 checkpoint."""
    return saved("mamba2", tmp_path)


def saved(family: str, tmp_path: Path) -> Path:
    place = tmp_path / family
    save_checkpoint(make_model(family), RECORD, place)
    return place


def change_config(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


def logits(model) -> torch.Tensor:
    return model(make_tokens(2, 40), model.initial_state(2)).logits


@every_family
def test_what_is_saved_is_loaded_to_the_bit(family, tmp_path):
    found = load_checkpoint(saved(family, tmp_path), device="cpu")
    assert torch.equal(logits(found), logits(make_model(family)))
    assert describe_checkpoint(str(tmp_path / family)).record == RECORD


@pytest.mark.slow
@pytest.mark.parametrize("shard", [None, "8KB"])
@pytest.mark.parametrize("family", WITH_CONVOLUTION)
def test_what_transformers_saved_is_loaded_whole_and_in_shards(family, shard, tmp_path):
    import transformers

    values = make_model(family).config.to_hugging_face()
    name = values["architectures"][0].removesuffix("ForCausalLM")
    torch.manual_seed(0)
    configuration = getattr(transformers, f"{name}Config").from_dict(values)
    reference = getattr(transformers, f"{name}ForCausalLM")(configuration).eval()
    reference.save_pretrained(tmp_path, **({"max_shard_size": shard} if shard else {}))
    assert len(find_checkpoint(str(tmp_path)).weights) > (1 if shard else 0)

    found = load_checkpoint(tmp_path, device="cpu")
    with torch.no_grad():
        expected = reference(make_tokens(2, 40), use_cache=False).logits
    assert (logits(found) - expected).abs().max() / expected.abs().max() < 1e-5


@every_family
def test_weights_stored_in_half_precision_are_read_exactly(family, tmp_path):
    place = saved(family, tmp_path)
    weights = load_file(place / "model.safetensors")
    halved = {name: value.bfloat16() for name, value in weights.items()}
    save_file(halved, place / "model.safetensors", metadata={"format": "pt"})
    found = load_checkpoint(place, device="cpu").state_dict()
    assert all(torch.equal(found[name], value.float()) for name, value in halved.items())


@every_family
def test_products_can_be_computed_in_half_precision(family, tmp_path):
    place = saved(family, tmp_path)
    exact, half = (load_checkpoint(place, "cpu", dtype) for dtype in (None, torch.bfloat16))
    difference = (logits(half) - logits(exact)).abs().mean() / logits(exact).std()
    assert 0 < difference < 0.03
    assert half.backbone.embeddings.weight.dtype == torch.bfloat16


def test_a_checkpoint_without_a_record_can_be_read_but_not_compared(folder):
    (folder / "record.json").unlink()
    assert load_checkpoint(folder, device="cpu").files.tokenizer == "bytes"
    with pytest.raises(CheckpointError, match=r"record\.json is missing"):
        describe_checkpoint(str(folder))


def test_the_first_name_of_the_embedding_is_understood(folder):
    weights = load_file(folder / "model.safetensors")
    weights["backbone.embedding.weight"] = weights.pop("backbone.embeddings.weight")
    save_file(weights, folder / "model.safetensors")
    assert torch.equal(logits(load_checkpoint(folder, "cpu")), logits(make_model("mamba2")))


def test_a_copy_of_the_embedding_may_stand_for_the_head_but_nothing_else(folder):
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = weights["backbone.embeddings.weight"].clone()
    save_file(weights, folder / "model.safetensors")
    load_checkpoint(folder, device="cpu")
    weights["lm_head.weight"] += 1
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="differs from the embedding"):
        load_checkpoint(folder, device="cpu")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"architectures": ["LlamaForCausalLM"]}, "not offered"),
        ({"architectures": 5}, "not offered"),
        ({"architectures": [{}]}, "not offered"),
        ({"vocab_size": 10**12}, "dimension"),
        ({"vocab_size": 41}, "expected"),
        ({"num_hidden_layers": 3}, "is missing"),
        ({"num_hidden_layers": 1}, "not part of this architecture"),
        ({"layer_norm_epsilon": float("nan")}, "epsilon"),
        ({"time_step_limit": [1.0, 0.5]}, "not a range"),
        ({"expand": 7}, "expand"),
        ({"hidden_act": "gelu"}, "hidden_act"),
        ({"state_size": None}, "incomplete or malformed"),
        ({"conv_kernel": 10**19}, "taps"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(folder, change, reason):
    change_config(folder, **change)
    with pytest.raises(CheckpointError, match=reason):
        load_checkpoint(folder, device="cpu")


@pytest.mark.parametrize("text", ["[]", "5", "{", "nothing", ""])
def test_a_configuration_that_is_no_object_is_refused(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(CheckpointError):
        load_checkpoint(folder, device="cpu")


def test_weights_that_are_not_finite_are_refused(folder):
    weights = load_file(folder / "model.safetensors")
    weights["backbone.norm_f.weight"][0] = torch.nan
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="not finite"):
        load_checkpoint(folder, device="cpu")


def test_a_truncated_file_is_refused(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError):
        load_checkpoint(folder, device="cpu")


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        ({"weight_map": {"a": "../other.safetensors"}}, "not a shard's name"),
        ({"weight_map": {"a": "model.bin"}}, "not a shard's name"),
        ({"weight_map": {"a": "gone.safetensors"}}, "missing"),
        ([], "malformed"),
        ({}, "malformed"),
        ({"weight_map": []}, "malformed"),
        ({"weight_map": {"a": 1}}, "malformed"),
    ],
)
def test_an_index_of_shards_leads_nowhere_else(folder, index, reason):
    (folder / "model.safetensors").rename(folder / "somewhere.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=reason):
        load_checkpoint(folder, device="cpu")


@pytest.mark.parametrize(
    "change", [{"training_length": "sixteen"}, {"training_length": -1}, {"stages": 5}]
)
def test_a_record_that_cannot_be_meant_is_refused(folder, change):
    record = json.loads((folder / "record.json").read_text())
    (folder / "record.json").write_text(json.dumps(record | change))
    with pytest.raises(CheckpointError, match=r"record\.json is malformed"):
        describe_checkpoint(str(folder))


def test_a_record_survives_its_json_form():
    record = replace(RECORD, settings={"learning_rate": 0.003}, partner="zero")
    assert record_from_json(record_to_json(record)) == record


@pytest.mark.parametrize("source", ["nobody/nothing", "a--b/c..d@" + "0" * 40])
def test_a_hub_name_that_cannot_be_fetched_says_what_to_do(source, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckpointError, match=r"local folder|folder with"):
        load_checkpoint(source)


def test_a_pinned_hub_checkpoint_is_read_from_the_offline_cache(folder, tmp_path, monkeypatch):
    """The cache as huggingface-hub lays it out, so that no network is needed."""
    commit = "a" * 40
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    place = tmp_path / "hub" / "models--some--mamba" / "snapshots" / commit
    place.parent.mkdir(parents=True)
    folder.rename(place)
    found = load_checkpoint(f"some/mamba@{commit}", device="cpu")
    assert found.files.folder == place


@every_family
def test_a_learned_start_travels_with_the_checkpoint_in_place_of_the_blank_state(family, tmp_path):
    model = make_model(family)
    fingerprint = find_checkpoint(str(saved(family, tmp_path))).fingerprint
    model.learned_start = model(make_tokens(1, 9), model.initial_state(1)).state
    save_checkpoint(model, RECORD, tmp_path / family)
    found = load_checkpoint(tmp_path / family, device="cpu")
    assert found.files.fingerprint != fingerprint
    assert torch.equal(logits(found), logits(model))
    assert not torch.allclose(logits(found), logits(make_model(family)))
    alone, twice = found.initial_state(1), found.initial_state(2)
    assert torch.equal(twice.layers[0].hidden[1:], alone.layers[0].hidden)


def test_a_learned_start_of_another_model_is_refused(folder):
    other = make_model("s5")
    save_file(other.initial_state(1).to_tensors(), folder / "initial_state.safetensors")
    with pytest.raises(CheckpointError, match=r"initial_state\.safetensors is malformed"):
        load_checkpoint(folder, device="cpu")
