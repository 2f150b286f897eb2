"""Whatever can be wrong with a checkpoint is said in the user's language, with what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter

import pytest
from safetensors.torch import load_file, save_file

from evaluations.errors import UnusableCheckpoint
from evaluations.wording import CATALOGUE, say
from evaluations.worker_process import reason_of
from longssm_core.checkpoint import load_checkpoint
from longssm_core.errors import CHECKPOINT_PROBLEMS, CheckpointError
from longssm_core.records import PRETRAINED
from tests.evaluations.tiny_pair import save_tiny_pair

CORE = Path(PRETRAINED).parent
every_key = pytest.mark.parametrize("key", sorted(CHECKPOINT_PROBLEMS))


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def some_error(key: str) -> CheckpointError:
    values: dict[str, object] = {name: f"<{name}>" for name in fields(CHECKPOINT_PROBLEMS[key])}
    numbers = {name: 512 for name in ("most", "expected") if name in values and key != "option"}
    return CheckpointError("my-model", key, **values | numbers)


@every_key
def test_every_problem_has_words_in_both_languages_that_hold_what_was_found(key):
    error = some_error(key)
    said = UnusableCheckpoint.of(error)
    japanese, english = said.words("ja"), said.words("en")
    assert re.search("[ぁ-ん]", japanese)
    assert not re.search(r"[a-z]{3,} [a-z]{2,}", japanese)
    assert not re.search("[ぁ-んァ-ヶ一-龠]", english)
    found = fields(CHECKPOINT_PROBLEMS[key]) - {"detail", "shipped"}  # details are a library's
    for name in found:
        assert str(error.values[name]) in japanese, name
        assert str(error.values[name]) in english, name
    for sentence in (japanese, english, str(error)):
        assert "my-model" in sentence
    assert japanese.endswith(("ください。", "か。")) or "指定してください" in japanese


@every_key
def test_every_problem_is_met_in_the_core(key):
    sources = (path.read_text(encoding="utf-8") for path in CORE.glob("*.py"))
    assert any(re.search(rf'(Error|Refused)\([^"]*"{key}"|key = .*"{key}"|else "{key}"', text)
               for text in sources)  # fmt: skip


def test_the_catalogue_knows_no_other_problem():
    known = {key.partition(".")[2] for key in CATALOGUE if key.startswith("checkpoint.")}
    assert known == set(CHECKPOINT_PROBLEMS)


def test_a_worker_stores_the_words_and_not_the_cores_sentence():
    reason = reason_of(some_error("tensor_shape"))
    assert reason.key == "checkpoint.tensor_shape"
    stored = json.loads(reason.model_dump_json())
    assert "<name>" in say(stored["key"], "ja", **stored["values"])


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    return Path(save_tiny_pair(tmp_path_factory.mktemp("checkpoint"))[0])


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"num_heads": 3}, "width"),
        ({"bos_token_id": 999}, "start_token"),
        ({"n_groups": 3}, "groups"),
        ({"architectures": ["GPT"]}, "architecture"),
        ({"rms_norm": False}, "option"),
        ({"state_size": "many"}, "config_malformed"),
    ],
)
def test_a_configuration_is_refused_by_its_problem(source, change, key):
    path = source / "config.json"
    before = path.read_text(encoding="utf-8")
    path.write_text(json.dumps(json.loads(before) | change), encoding="utf-8")
    with pytest.raises(CheckpointError) as refused:
        load_checkpoint(source, "cpu")
    path.write_text(before, encoding="utf-8")
    assert refused.value.key == key


def test_weights_are_refused_by_their_problem(source, tmp_path):
    path = source / "model.safetensors"
    before, weights = path.read_bytes(), load_file(source / "model.safetensors")
    name = "backbone.norm_f.weight"
    damaged = {
        "tensor_missing": {k: v for k, v in weights.items() if k != name},
        "tensor_unknown": weights | {"more": weights[name].clone()},
        "tensor_shape": weights | {name: weights[name][:3]},
        "tensor_not_finite": weights | {name: weights[name] / 0},
        "head_differs": weights | {"lm_head.weight": weights["backbone.embeddings.weight"] + 1},
    }
    for key, tensors in damaged.items():
        save_file(tensors, path)
        with pytest.raises(CheckpointError) as refused:
            load_checkpoint(source, "cpu")
        assert refused.value.key == key
    path.write_bytes(before[:-5])
    with pytest.raises(CheckpointError) as refused:
        load_checkpoint(source, "cpu")
    assert refused.value.key == "weights_malformed"
