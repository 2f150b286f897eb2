"""lm-evaluation-harness beside the product, on the same weights and texts: `pytest -m harness`.

Needs requirements-harness.txt, so that these tests run only where they are asked for. Nothing is
fetched: tasks and texts are files that are written here, and sockets refuse.
"""

from __future__ import annotations

import json
import math
import os
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from evaluations.metrics import Totals, bits_per_byte
from longssm_core.checkpoint import load_checkpoint, save_checkpoint, tokenizer_of
from longssm_core.config import Mamba2Config
from longssm_core.corpus.generator import generate
from longssm_core.likelihood import rolling_segments
from longssm_core.records import describe_checkpoint, find_checkpoint
from longssm_core.scoring import score
from longssm_core.tokenizer import load_tokenizer
from tests.longssm_core.families import make_model

pytestmark = [pytest.mark.harness, pytest.mark.slow]

BYTES = ("zero-t16", "previous-t16")
METRICS = ("bits_per_byte", "byte_perplexity", "word_perplexity")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")

    def refuse(*_: object) -> None:
        raise AssertionError("something asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def byte_pairs(tmp_path_factory) -> str:
    """A Mamba-2 checkpoint with a byte-pair vocabulary of its own; its weights are random."""
    folder = tmp_path_factory.mktemp("byte-pairs")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1_500,
        special_tokens=["<|start|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [generate(9_500_000_000 + number, 6_000).text for number in range(8)]
    tokenizer.train_from_iterator(texts, trainer)
    config = Mamba2Config(vocabulary=1_500, d_model=32, n_layers=2, n_heads=4, d_head=16, bos=0)
    model = make_model(config)
    model.backbone.embeddings.weight.mul_(0.05)  # a head that is not surer than a trained one
    save_checkpoint(model, describe_checkpoint("zero-t16").record, folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return str(folder)


class Ours(NamedTuple):
    """The product's own numbers of some texts."""

    bits_per_byte: float
    byte_perplexity: float
    word_perplexity: float


def ours(source: str, texts: list[str], policy: str, window: int | None = None) -> Ours:
    """By `score` and the metrics of the pages and reports; words as the harness counts them."""
    model, totals, words = load_checkpoint(source, "cpu"), Totals(0.0, 0, 0), 0
    for text in texts:
        tokens = tokenizer_of(model).encode(text)
        nll = score(model, torch.from_numpy(tokens[None]), policy, window).nll[0].double()
        totals += Totals(float(nll.sum()), len(tokens), len(text.encode()))
        words += len(re.split(r"\s+", text))
    bits = bits_per_byte(totals)
    return Ours(bits, 2**bits, math.exp(totals.nll / words))


def cut_to(source: str, window: int, texts: Sequence[str] = ()) -> list[str]:
    """Texts cut to a whole number of windows of tokens; those of the generator if none is given."""
    files = find_checkpoint(source)
    config = json.loads((files.folder / "config.json").read_text())
    tokenizer = load_tokenizer(files, config["vocab_size"], config["bos_token_id"])
    cut = []
    for text in texts or [generate(9_500_000_100 + n, 6_000).text for n in range(2)]:
        while len(tokenizer.encode(text)) % window:
            text = text[:-1]
        cut.append(text)
    return cut


def in_words() -> list[str]:
    """Generated texts with spaces between their words, as a perplexity per word supposes.

    That number multiplies the rounding of two float32 models by the nats of a word.
    """
    made = (generate(9_500_000_300 + number, 6_000).text for number in range(60))
    spaced = [text for text in made if len(text.encode()) < 9 * len(text.split())]
    assert len(spaced) > 2
    return spaced[:3]


def write_task(folder: Path, texts: list[str], kind: str = "loglikelihood_rolling") -> str:
    """A task of the harness over a local file; its name."""
    rows = [json.dumps({"text": text, "start": text[:300]}) for text in texts]
    (folder / "texts.jsonl").write_text("\n".join(rows), encoding="utf-8")
    about = {
        "task": "own_texts",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(folder / "texts.jsonl")}},
        "test_split": "test",
        "output_type": kind,
    }
    kinds = {
        "loglikelihood_rolling": {
            "doc_to_text": "",
            "doc_to_target": "{{text}}",
            "metric_list": [{"metric": name} for name in METRICS],
        },
        "multiple_choice": {
            "doc_to_text": "{{start}}",
            "doc_to_choice": "{{[text[300:340], 'zq' * 20]}}",
            "doc_to_target": 0,
            "target_delimiter": "",
            "metric_list": [{"metric": "acc"}],
        },
        "generate_until": {
            "doc_to_text": "{{start}}",
            "doc_to_target": "{{text}}",
            "generation_kwargs": {"until": ["\n"], "max_gen_toks": 24, "do_sample": False},
            "metric_list": [{"metric": "exact_match"}],
        },
    }
    # JSON is YAML
    (folder / "own_texts.yaml").write_text(json.dumps(about | kinds[kind]), encoding="utf-8")
    return "own_texts"


def evaluate(folder: Path, texts: list[str], model, kind="loglikelihood_rolling", **arguments):
    """What the harness itself says of a model, by its own way in."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    import longssm_core.harness  # noqa: F401 - makes `longssm` known

    task = write_task(folder, texts, kind)
    return simple_evaluate(
        model=model,
        model_args=arguments or None,
        tasks=[task],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=0,
        verbosity="ERROR",
    )


def numbers(results) -> Ours:
    return Ours(*(results["results"]["own_texts"][f"{name},none"] for name in METRICS))


def check_equal(found: Ours, expected: Ours) -> None:
    differences = [abs(a / b - 1) for a, b in zip(found, expected, strict=True)]
    shown = ", ".join(f"{one:.1e}" for one in differences)
    print(f"bits per byte {expected.bits_per_byte:.6f}; relative differences {shown}")
    assert max(differences) < 1e-6


# --- the same numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("window", [16, 256, 1024])
@pytest.mark.parametrize("source", [*BYTES, "byte_pairs"])
def test_reset_is_rolling_on_texts_of_whole_windows(request, tmp_path, source, window):
    source = request.getfixturevalue("byte_pairs") if source == "byte_pairs" else source
    texts = cut_to(source, window)
    expected = ours(source, texts, "reset", window)
    for arguments in ({"max_length": window}, {"policy": f"reset:{window}"}):
        results = evaluate(tmp_path, texts, "longssm", checkpoint=source, **arguments)
        check_equal(numbers(results), expected)


@pytest.mark.parametrize("source", [*BYTES, "byte_pairs"])
def test_under_carry_no_window_is_cut(request, tmp_path, source):
    source = request.getfixturevalue("byte_pairs") if source == "byte_pairs" else source
    texts = [generate(9_500_000_200 + number, 7_000).text for number in range(2)]
    results = evaluate(tmp_path, texts, "longssm", checkpoint=source)
    check_equal(numbers(results), ours(source, texts, "carry"))
    assert results["config"]["policy"] == "carry"
    assert results["config"]["model_sha"] == find_checkpoint(source).fingerprint


def transformers_model(source: str, window: int):
    """The harness's own model for transformers, on the weights of `source`: nothing is ours."""
    import transformers
    from lm_eval.models.huggingface import HFLM

    files = find_checkpoint(source)
    model = transformers.Mamba2ForCausalLM.from_pretrained(files.folder).eval()
    if files.tokenizer == "bytes":
        letters = pre_tokenizers.ByteLevel.alphabet()
        own = Tokenizer(models.BPE({_letter(byte): byte for byte in range(256)}, []))
        assert len(letters) == 256
        own.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        own.add_special_tokens(["<|start|>"])
    else:
        own = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=own, bos_token="<|start|>", eos_token="<|start|>"
    )
    assert tokenizer.bos_token_id == model.config.bos_token_id
    return HFLM(model, tokenizer=tokenizer, max_length=window, batch_size=16, device="cpu")


def _letter(byte: int) -> str:
    """What the byte-level vocabularies write for a byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    if byte in printable:
        return chr(byte)
    return chr(256 + [other for other in range(256) if other not in printable].index(byte))


@pytest.mark.parametrize("window", [16, 256])
@pytest.mark.parametrize("source", [*BYTES, "byte_pairs"])
def test_reset_is_what_the_harness_says_of_the_weights_in_transformers(
    request, tmp_path, source, window
):
    source = request.getfixturevalue("byte_pairs") if source == "byte_pairs" else source
    texts = cut_to(source, window, in_words())
    found = numbers(evaluate(tmp_path, texts, transformers_model(source, window)))
    check_equal(found, ours(source, texts, "reset", window))


def test_our_rolling_windows_are_those_of_the_harness():
    from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

    for length in (0, 1, 15, 16, 17, 31, 32, 100):
        for longest in (1, 2, 7, 16, 40):
            tokens = list(range(length))
            theirs = [
                make_disjoint_window(window)
                for window in get_rolling_token_windows(tokens, -1, longest, context_len=1)
            ]
            mine = [
                (list(range(part.first, part.start)), list(range(part.start, part.stop)))
                for part in rolling_segments(0, length, longest)
            ]
            assert mine == theirs


def test_a_text_that_is_no_whole_number_of_windows_differs_in_its_last_one_alone(tmp_path):
    (text,) = cut_to("zero-t16", 256, in_words()[:1])
    longer = text + "0123456789" * 10
    rolling = numbers(
        evaluate(tmp_path, [longer], "longssm", checkpoint="zero-t16", max_length=256)
    )
    reset = ours("zero-t16", [longer], "reset", 256)
    assert abs(rolling.bits_per_byte / reset.bits_per_byte - 1) > 1e-6
    whole = transformers_model("zero-t16", 256)
    check_equal(numbers(evaluate(tmp_path, [longer], whole)), rolling)


# --- other tasks -----------------------------------------------------------------------------


def test_choices_are_ranked_by_their_likelihood_after_the_start_token(tmp_path):
    texts = cut_to("zero-t16", 16)
    results = evaluate(tmp_path, texts, "longssm", "multiple_choice", checkpoint="zero-t16")
    assert results["results"]["own_texts"]["acc,none"] == 1
    model = load_checkpoint("zero-t16", "cpu")
    for sample in results["samples"]["own_texts"]:
        text = sample["doc"]["text"]
        nll = score(model, torch.tensor([list(text.encode())])).nll[0].double()
        start, stop = len(text[:300].encode()), len(text[:340].encode())
        expected = -float(nll[start:stop].sum())
        assert float(sample["filtered_resps"][0][0]) == pytest.approx(expected, rel=1e-5)


def test_texts_are_written_on_greedily_up_to_a_stop(tmp_path):
    texts = cut_to("zero-t16", 16)
    results = evaluate(tmp_path, texts, "longssm", "generate_until", checkpoint="zero-t16")
    for sample in results["samples"]["own_texts"]:
        (found,) = sample["filtered_resps"]
        assert 0 < len(found.encode()) <= 24 * 3
        assert "\n" not in found


def test_samples_are_refused():
    from lm_eval.api.instance import Instance

    from longssm_core.errors import ConfigError
    from longssm_core.harness import LongSSM

    for asked in ({"do_sample": True, "temperature": 0.7}, {"temperature": 0.7}):
        request = Instance("generate_until", {}, ("text", {"until": [], **asked}), 0)
        with pytest.raises(ConfigError, match="greedily"):
            LongSSM("zero-t16", device="cpu").generate_until([request], disable_tqdm=True)


def test_the_command_of_the_harness_knows_the_model(tmp_path):
    texts = cut_to("zero-t16", 16, in_words()[:1])
    task = write_task(tmp_path, texts)
    options = ("--tasks", task, "--include_path", str(tmp_path), "--output_path", str(tmp_path))
    arguments = "checkpoint=zero-t16,policy=reset:16"
    done = subprocess.run(
        [sys.executable, "-m", "longssm_core.harness", "run", "--model", "longssm",
         "--model_args", arguments, *options],
        env={**os.environ, "HF_HOME": str(tmp_path / "cache")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (written,) = tmp_path.rglob("results_*.json")
    check_equal(numbers(json.loads(written.read_text())), ours("zero-t16", texts, "reset", 16))
