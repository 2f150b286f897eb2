"""Tokens and the bytes behind them: they add up to the text, whatever the vocabulary."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from longssm_core.errors import CheckpointError
from longssm_core.records import CheckpointFiles
from longssm_core.tokenizer import ByteTokenizer, FileTokenizer, load_tokenizer

TEXT = "状態 state 409: order 17 → retry, 注文番号 A-17 を確認\n" * 40


@pytest.fixture(scope="module")
def byte_pairs(tmp_path_factory):
    """A byte-pair vocabulary in the form of the Mamba checkpoints', learned here."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([TEXT], trainer)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.mark.parametrize(
    "text", [TEXT, "", "a", "é", "\u304b\u3099 e\u0301", "👩‍👩‍👧", "ｱｲｳ", "  \n"]
)
def test_bytes_add_up_to_the_text(byte_pairs, text):
    for tokenizer in (FileTokenizer(byte_pairs), ByteTokenizer()):
        tokens = tokenizer.encode(text)
        counted = tokenizer.count_bytes(text, tokens)
        assert counted.shape == tokens.shape
        assert counted.min(initial=0) >= 0
        assert counted.sum() == len(text.encode())


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_bytes_add_up_to_any_text(byte_pairs, text):
    tokenizer = FileTokenizer(byte_pairs)
    tokens = tokenizer.encode(text)
    assert tokenizer.count_bytes(text, tokens).sum() == len(text.encode())


def test_a_token_counts_its_own_bytes(byte_pairs):
    tokenizer = FileTokenizer(byte_pairs)
    tokens = tokenizer.encode("state 409")
    sizes = [len(tokenizer.decode(tokens[i : i + 1]).encode()) for i in range(len(tokens))]
    assert tokenizer.count_bytes("state 409", tokens).tolist() == sizes
    assert len(tokens) < 9  # something was merged


def test_text_survives_tokens(byte_pairs):
    for tokenizer in (FileTokenizer(byte_pairs), ByteTokenizer()):
        assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_truncation_and_padding_in_the_file_do_not_apply(byte_pairs, tmp_path):
    tokenizer = Tokenizer.from_file(str(byte_pairs))
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    found = FileTokenizer(tmp_path / "tokenizer.json").encode(TEXT)
    assert found.tolist() == FileTokenizer(byte_pairs).encode(TEXT).tolist()
    assert len(found) > 64
    assert len(FileTokenizer(tmp_path / "tokenizer.json").encode("a")) == 1


def test_tokens_of_another_text_are_refused(byte_pairs):
    tokenizer = FileTokenizer(byte_pairs)
    with pytest.raises(ValueError, match="not the tokens"):
        tokenizer.count_bytes("one", tokenizer.encode("two"))


def files(folder) -> CheckpointFiles:
    return CheckpointFiles("somewhere", folder, (), "0", "bytes")


def test_a_checkpoint_gets_its_own_tokenizer(byte_pairs, tmp_path):
    assert isinstance(load_tokenizer(files(tmp_path), 257, 256), ByteTokenizer)
    assert isinstance(load_tokenizer(files(byte_pairs.parent), 400, 0), FileTokenizer)


def test_a_vocabulary_without_its_tokenizer_is_not_taken_for_bytes(tmp_path):
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is missing"):
        load_tokenizer(files(tmp_path), 50280, 0)


def test_a_tokenizer_larger_than_the_model_or_malformed_is_refused(byte_pairs, tmp_path):
    with pytest.raises(CheckpointError, match="the model 300"):
        load_tokenizer(files(byte_pairs.parent), 300, 0)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": 1}))
    with pytest.raises(CheckpointError, match="malformed"):
        load_tokenizer(files(tmp_path), 400, 0)
